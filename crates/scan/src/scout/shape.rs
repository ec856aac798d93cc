//! Which shapes of identifiers can stand where a run of digits begins: by the letters before it, its length, and what
//! follows it. Nearly every run of digits in a text is ruled out by these three.

use super::around::{Around, Masks, Net};
use crate::RuleIx;
use crate::compiled::{Compiled, Kind, Shape, Token};
use crate::needs::ByteSet;
use crate::scout::digit::Group;
use std::ops::Range;

/// A shape of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ShapeOf {
    pub(crate) rule: RuleIx,
    /// Its place in the rule's shapes.
    pub(crate) at: usize,
    /// Nothing follows without a word of context.
    pub(crate) needs_word: bool,
}

/// The shapes of all rules.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    masks: Masks<ShapeOf>,
    /// Masks of those that are so many digits, …
    exact: Vec<Vec<u64>>,
    /// … of those that begin with so many and a letter, …
    lettered: Vec<Vec<u64>>,
    /// … and of those that begin with so many or fewer, where more may follow.
    open: Vec<Vec<u64>>,
    /// Mask of those that need no word of context, …
    free: Vec<u64>,
    /// … and by rule, in order, masks of cells of the others.
    needing: Vec<(RuleIx, usize, u64)>,
    /// Bit n: `exact` has some of n digits, and `lettered` has.
    counts: (u64, u64),
    /// Most digits that a shape begins with.
    digits_max: usize,
}

/// How many digits the first groups of a run have together.
struct Sums {
    /// Bit n: some of them have n.
    all: u64,
    /// The same of all of them: no digit follows.
    whole: u64,
    most: usize,
}

/// What follows on the first digits of a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Follow {
    Nothing,
    Letter,
    /// A digit or something else.
    Any,
}

impl Shapes {
    pub(crate) fn new<'r>(rules: impl Iterator<Item = (RuleIx, &'r Compiled)>) -> Shapes {
        let mut all = Vec::new();
        for (rule, compiled) in rules {
            let Kind::Token(token) = &compiled.kind else { continue };
            let needs_word = compiled.needs_word_abroad();
            for (at, shape) in token.shapes.iter().enumerate() {
                let head = head(token, shape);
                all.extend(
                    around(token, shape).into_iter().map(|around| (around, ShapeOf { rule, at, needs_word }, head)),
                );
            }
        }
        let heads = Masks::new(all.iter().map(|(around, _, head)| (*around, *head)).collect());
        let digits_max = all.iter().map(|(_, _, (digits, _))| *digits).max().unwrap_or(0);
        let of = |follow: Follow| (0..=digits_max).map(move |n| (follow, n));
        let of = |follow| of(follow).map(|head| heads.only(|(n, follow)| (*follow, *n) == head)).collect();
        let (exact, lettered) = (of(Follow::Nothing), of(Follow::Letter));
        let open =
            (0..=digits_max).map(|most| heads.only(|(n, follow)| *follow == Follow::Any && *n <= most)).collect();
        let has = |follow: Follow| all.iter().filter(move |(_, _, head)| head.1 == follow);
        let bits = |follow: Follow| has(follow).fold(0_u64, |bits, (_, _, (digits, _))| bits | 1 << digits);
        let counts = (bits(Follow::Nothing), bits(Follow::Letter));
        let masks: Masks<ShapeOf> = Masks::new(all.into_iter().map(|(around, of, _)| (around, of)).collect());
        let free = masks.only(|of| !of.needs_word);
        let mut rules: Vec<RuleIx> = masks.all().filter(|of| of.needs_word).map(|of| of.rule).collect();
        rules.dedup();
        let cells = |rule: RuleIx| {
            let mask = masks.only(|of| of.needs_word && of.rule == rule);
            mask.into_iter().enumerate().filter(|(_, cell)| *cell != 0).map(move |(at, cell)| (rule, at, cell))
        };
        let needing = rules.into_iter().flat_map(cells).collect();
        Shapes { masks, exact, lettered, open, free, needing, counts, digits_max }
    }

    /// A mask of the shapes of rules that need no word of context or have one.
    pub(crate) fn near(&self, has_word: impl Fn(RuleIx) -> bool, mask: &mut Vec<u64>) {
        mask.clear();
        mask.extend_from_slice(&self.free);
        for (_, at, cell) in self.needing.iter().filter(|(rule, ..)| has_word(*rule)) {
            mask.get_mut(*at).into_iter().for_each(|all| *all |= cell);
        }
    }

    /// Rules and shapes to try where the first of these groups begins, in the order of the rules. So many digits follow on
    /// each other up to the end of some group as the shape begins with. `near` are those that are possible by their context.
    pub(crate) fn at(&self, bytes: &[u8], groups: &[Group], near: &[u64], each: impl FnMut(ShapeOf)) {
        let (start, end) = groups.first().map_or((0, 0), |group| (group.start, group.end));
        let Sums { all, whole, most } = self.sums(groups);
        let (all, whole) = (all & self.counts.0, whole & self.counts.1);
        let some = move |word: usize| {
            let of = |masks: &[Vec<u64>], sum: usize| masks.get(sum).and_then(|m| m.get(word)).copied().unwrap_or(0);
            let (mut mask, mut rest) = (of(&self.open, most), all);
            while rest != 0 {
                mask |= of(&self.exact, rest.trailing_zeros() as usize);
                rest &= rest - 1;
            }
            rest = whole;
            while rest != 0 {
                mask |= of(&self.lettered, rest.trailing_zeros() as usize);
                rest &= rest - 1;
            }
            mask
        };
        self.masks.at(bytes, start, end, near, some, once(each));
    }

    fn sums(&self, groups: &[Group]) -> Sums {
        let any = u64::MAX >> (63 - self.digits_max.min(63));
        let (mut all, mut sum) = (0, 0);
        for group in groups {
            // A letter that stands for a digit ends them somewhere else.
            if group.lookalikes > 0 {
                return Sums { all: any, whole: any, most: self.digits_max };
            }
            sum += group.len();
            if sum > self.digits_max {
                return Sums { all, whole: 0, most: self.digits_max };
            }
            all |= 1 << sum;
        }
        Sums { all, whole: 1 << sum, most: sum }
    }

    /// The same behind a letter that stands for a digit, which ends a run of digits for them.
    pub(crate) fn at_run(&self, bytes: &[u8], run: &Range<usize>, near: &[u64], each: impl FnMut(ShapeOf)) {
        self.masks.at(bytes, run.start, run.end, near, |_| u64::MAX, once(each));
    }
}

/// Each shape once: what can stand around it is often of several kinds.
fn once(mut each: impl FnMut(ShapeOf)) -> impl FnMut(&ShapeOf) {
    let mut last = None;
    move |of| {
        if last.replace(*of) != Some(*of) {
            each(*of);
        }
    }
}

/// The digits that a shape begins with, and what follows them.
fn head(token: &Token, shape: &[Shape]) -> (usize, Follow) {
    let rest = || shape.iter().skip_while(|s| **s != Shape::Digit);
    let digits = rest().take_while(|s| set(**s).is_within(&ByteSet::DIGITS)).count();
    let follow = match rest().nth(digits) {
        None if token.is_open => Follow::Any,
        None => Follow::Nothing,
        Some(next) if set(*next).and(&ByteSet::DIGITS) == ByteSet::default() => Follow::Letter,
        Some(_) => Follow::Any,
    };
    (digits, follow)
}

/// What stands around the first digits of a shape.
fn around(token: &Token, shape: &[Shape]) -> Vec<Around> {
    let mut net = Net::new(ByteSet::ALPHANUMERIC.others());
    let letters = shape.iter().take_while(|s| **s != Shape::Digit).count();
    let (mut at, mut first) = (0, 0);
    for (nth, shape) in shape.iter().enumerate() {
        // Between the letters before the digits nothing stands, behind them a separator at most.
        if nth == letters {
            at = if nth > 0 { net.maybe(at, bytes(&token.separators)) } else { at };
            first = at;
        } else if nth > letters {
            at = gap(&mut net, at, token);
        }
        at = net.byte(at, set(*shape));
    }
    if token.is_open {
        at = net.any(at, ByteSet::ALL);
    }
    // Whether its first digits are all there is told apart; other kinds would only make the masks longer.
    let (whole, parts): (Vec<Around>, Vec<Around>) =
        net.around_first(first, at).into_iter().partition(|around| around.has_length_only(head(token, shape).0));
    [whole, parts].into_iter().filter_map(Around::either).collect()
}

/// What may stand between two characters, as the walk over an identifier takes it.
fn gap(net: &mut Net, from: usize, token: &Token) -> usize {
    let to = net.maybe(from, bytes(&token.separators));
    if token.separators.contains(&b' ') {
        let end = net.maybe(from, bytes(b" "));
        let end = net.maybe(end, bytes(b"\r"));
        let end = net.byte(end, bytes(b"\n"));
        let end = net.any(end, bytes(b"> "));
        net.skip(end, to);
    }
    to
}

fn bytes(all: &[u8]) -> ByteSet {
    all.iter().fold(ByteSet::default(), |all, b| all.with(&ByteSet::range(*b, *b)))
}

fn set(shape: Shape) -> ByteSet {
    let upper = ByteSet::range(b'A', b'Z');
    match shape {
        Shape::Upper => upper,
        Shape::Letter => upper.with(&ByteSet::range(b'a', b'z')),
        Shape::Digit => ByteSet::DIGITS,
        Shape::Either => upper.with(&ByteSet::DIGITS),
        Shape::Literal(b) => ByteSet::range(b, b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scout::digit;

    /// Which of some shapes are to be tried where the first digits of a text are.
    fn tried<'s>(shapes: &[&'s str], separators: &[u8], text: &str) -> Vec<&'s str> {
        let kind = |c: char| match c {
            'A' => Shape::Upper,
            'a' => Shape::Letter,
            '9' => Shape::Digit,
            'X' => Shape::Either,
            c => Shape::Literal(u8::try_from(c).expect("ASCII")),
        };
        let token = Token {
            shapes: shapes.iter().map(|shape| shape.chars().map(kind).collect()).collect(),
            separators: separators.to_vec(),
            is_open: false,
            heads: Vec::new(),
        };
        let rule = Compiled {
            kind: Kind::Token(token),
            context: Default::default(),
            need_near: false,
            score: Default::default(),
            validators: Vec::new(),
            country: None,
            beats: Vec::new(),
            canonical: crate::compiled::Canonical::Alphanumeric,
            has_tail: false,
        };
        let all = Shapes::new(std::iter::once((RuleIx(0), &rule)));
        let mut groups = Vec::new();
        digit::next_run(text.as_bytes(), 0, &mut groups, 24);
        let mut tried = Vec::new();
        all.at(text.as_bytes(), &groups, &[], |of| tried.extend(shapes.get(of.at)));
        tried
    }

    #[test]
    fn neighbours_rule_shapes_out() {
        let shapes = ["aa999999", "9999999A", "99999999", "aX9A99", "999A99"];
        let cases: [(&[u8], &str, &[&str]); 15] = [
            (b" ", "AB123456", &["aa999999"]),
            (b" ", "AB 12 34 56", &["aa999999"]),
            (b" ", "AB 12 345 6789", &[]),
            (b" ", "AB 12\n> 34 56", &["aa999999"]),
            (b"", "ABC123456", &[]),
            (b"", "AB 123456", &[]),
            (b" ", "1234567A", &["9999999A"]),
            (b" ", "1 2 3 4 5 6 7 A", &["9999999A"]),
            (b" ", "1 2 3 4 5 6 7 8 9", &["99999999"]),
            (b" ", "12345678", &["99999999"]),
            (b"", "12345678.", &["99999999"]),
            (b"", "123456789", &[]),
            (b"-", "x-B7-C-12", &[]),
            (b"-", "xB-7C12", &["aX9A99"]),
            (b"", "123A45", &["999A99"]),
        ];
        for (separators, text, wanted) in cases {
            assert_eq!(tried(&shapes, separators, text), wanted, "{text}");
        }
    }
}
