//! Which shapes of identifiers can stand where a run of digits begins: by the letters before it, its length, and what
//! follows it. Nearly every run of digits in a text is ruled out by these three.

use super::around::{Around, Masks, Net};
use crate::RuleIx;
use crate::compiled::{Compiled, Kind, Shape, Token};
use crate::needs::ByteSet;
use crate::scout::digit::Group;

/// A shape of a rule, by its place in the rule's shapes.
pub(crate) type ShapeOf = (RuleIx, usize);

/// The shapes of all rules.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    masks: Masks<ShapeOf>,
    /// Masks of those whose first digits are so many, and no more may follow …
    exact: Vec<Vec<u64>>,
    /// … and of those that begin with so many or fewer, where more may follow.
    open: Vec<Vec<u64>>,
}

impl Shapes {
    pub(crate) fn new<'r>(rules: impl Iterator<Item = (RuleIx, &'r Compiled)>) -> Shapes {
        let mut all = Vec::new();
        for (rule, compiled) in rules {
            let Kind::Token(token) = &compiled.kind else { continue };
            for (at, shape) in token.shapes.iter().enumerate() {
                let head = head(token, shape);
                all.extend(around(token, shape).into_iter().map(|around| (around, (rule, at), head)));
            }
        }
        let heads = Masks::new(all.iter().map(|(around, _, head)| (*around, *head)).collect());
        let exact = (0..=Token::CHARS_MAX).map(|n| heads.only(|(digits, is_open)| !is_open && *digits == n));
        let open = (0..=Token::CHARS_MAX).map(|n| heads.only(|(digits, is_open)| *is_open && *digits <= n));
        let (exact, open) = (exact.collect(), open.collect());
        Shapes { masks: Masks::new(all.into_iter().map(|(around, of, _)| (around, of)).collect()), exact, open }
    }

    /// Rules and shapes to try where the first of these groups begins, in the order of the rules. So many digits follow on
    /// each other up to the end of some group as the shape begins with.
    pub(crate) fn at(&self, bytes: &[u8], groups: &[Group]) -> impl Iterator<Item = ShapeOf> {
        let (start, end) = groups.first().map_or((0, 0), |group| (group.start, group.end));
        let (mut sums, mut sum) = (0_u64, 0);
        for group in groups {
            sum += group.len();
            // A letter that stands for a digit ends them somewhere else.
            sums |= if group.lookalikes > 0 { u64::MAX } else { 1 << sum.min(63) };
            if sum > Token::CHARS_MAX || group.lookalikes > 0 {
                break;
            }
        }
        let most = sum.min(Token::CHARS_MAX);
        let some = move |word: usize| {
            let at =
                |masks: &[Vec<u64>], digits: usize| masks.get(digits).and_then(|m| m.get(word)).copied().unwrap_or(0);
            let (mut mask, mut rest) = (at(&self.open, most), sums);
            while rest != 0 {
                mask |= at(&self.exact, rest.trailing_zeros() as usize);
                rest &= rest - 1;
            }
            mask
        };
        self.masks.at(bytes, start, end, some).copied()
    }

    /// The same behind a letter that stands for a digit, which ends a run of digits for them.
    pub(crate) fn at_run(&self, bytes: &[u8], start: usize, end: usize) -> impl Iterator<Item = ShapeOf> {
        self.masks.at(bytes, start, end, |_| u64::MAX).copied()
    }
}

/// The digits that a shape begins with, and whether more may follow them.
fn head(token: &Token, shape: &[Shape]) -> (usize, bool) {
    let rest = || shape.iter().skip_while(|s| **s != Shape::Digit);
    let digits = rest().take_while(|s| **s == Shape::Digit).count();
    let is_open =
        rest().nth(digits).map_or(token.is_open, |next| set(*next).and(&ByteSet::DIGITS) != ByteSet::default());
    (digits, is_open)
}

/// What stands around the first digits of a shape.
fn around(token: &Token, shape: &[Shape]) -> Vec<Around> {
    let mut net = Net::new(ByteSet::ALPHANUMERIC.others());
    let letters = shape.iter().take_while(|s| **s != Shape::Digit).count();
    let (mut at, mut first) = (0, 0);
    for (nth, shape) in shape.iter().enumerate() {
        // Between the letters of one group nothing stands.
        if nth > 0 && nth >= letters {
            at = gap(&mut net, at, token);
        }
        if nth == letters {
            first = at;
        }
        at = net.byte(at, set(*shape));
    }
    if token.is_open {
        at = net.any(at, ByteSet::ALL);
    }
    net.around_first(first, at)
}

/// What may stand between two characters, as the walk over an identifier takes it.
fn gap(net: &mut Net, from: usize, token: &Token) -> usize {
    let bytes = |bytes: &[u8]| bytes.iter().fold(ByteSet::default(), |all, b| all.with(&ByteSet::range(*b, *b)));
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
