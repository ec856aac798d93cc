//! Which shapes of identifiers can stand where a run of digits begins: by the letters before it, its length, and what
//! follows it. Nearly every run of digits in a text is ruled out by these three.

use crate::RuleIx;
use crate::compiled::{Compiled, Kind, Shape, Token};
use crate::scout::digit::Group;
use crate::text::{before, byte};

/// What a shape has behind its first digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Follow {
    /// Nothing.
    End,
    /// A letter.
    Letter,
    /// A letter or a digit.
    Either,
}

/// A shape of a rule, and what must hold around its first digits.
#[derive(Debug, Clone, Copy)]
struct Entry {
    rule: RuleIx,
    /// Its place in the rule's shapes.
    shape: usize,
    /// Characters of the word that it is, if it has no separators and its length is known; else 0.
    word: usize,
    /// Digits that it begins with; a shorter run must go on after a separator.
    digits: usize,
    follow: Follow,
    /// Bit n: the ASCII character n is a separator.
    separators: u128,
    /// Bit n: the letter before the digits can be the n-th of the alphabet; 0: there is none.
    last: u32,
}

impl Entry {
    fn separates(&self, b: u8) -> bool {
        b < 128 && self.separators >> b & 1 == 1
    }
}

/// Runs of so many digits and more share a place.
const RUN_MAX: usize = 15;

/// Shapes by the number of letters before their first digit.
#[derive(Debug, Default)]
struct ByRun {
    /// Those that begin with exactly so many digits.
    exact: [Vec<Entry>; RUN_MAX + 1],
    /// Those that begin with at most so many, where more may follow.
    open: [Vec<Entry>; RUN_MAX + 1],
    /// Those with separators that begin with more.
    parted: [Vec<Entry>; RUN_MAX + 1],
}

/// Shapes by what stands before their first digit.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    /// So many letters.
    tight: [ByRun; Token::LETTERS_MAX + 1],
    /// So many letters and a separator.
    gapped: [ByRun; Token::LETTERS_MAX + 1],
    /// Letters or digits.
    loose: ByRun,
}

impl Shapes {
    pub(crate) fn new<'r>(rules: impl Iterator<Item = (RuleIx, &'r Compiled)>) -> Shapes {
        let mut shapes = Shapes::default();
        for (rule, compiled) in rules {
            let Kind::Token(token) = &compiled.kind else { continue };
            for (at, (shape, (letters, digits))) in token.shapes.iter().zip(&token.heads).enumerate() {
                shapes.add(token, shape, *letters, *digits, (rule, at));
            }
        }
        shapes
    }

    fn add(&mut self, token: &Token, shape: &[Shape], letters: usize, digits: usize, (rule, at): (RuleIx, usize)) {
        let may_be_digit = |s: &Shape| match s {
            Shape::Digit | Shape::Either => true,
            Shape::Literal(l) => l.is_ascii_digit(),
            Shape::Upper | Shape::Letter => false,
        };
        let follow = match shape.get(letters + digits) {
            _ if token.is_open => Follow::Either,
            None => Follow::End,
            Some(s) if may_be_digit(s) => Follow::Either,
            Some(_) => Follow::Letter,
        };
        let last = match letters.checked_sub(1).and_then(|i| shape.get(i)) {
            None => 0,
            Some(Shape::Literal(l)) if l.is_ascii_alphabetic() => 1 << (l & 31),
            Some(_) => u32::MAX,
        };
        let separators = token.separators.iter().filter(|b| b.is_ascii()).fold(0_u128, |all, b| all | 1 << b);
        let word = if separators == 0 && !token.is_open { shape.len() } else { 0 };
        let entry = Entry { rule, shape: at, word, digits, follow, separators, last };
        if shape.iter().take(letters).any(may_be_digit) {
            self.loose.add(entry);
            return;
        }
        self.tight.get_mut(letters).into_iter().for_each(|all| all.add(entry));
        if separators != 0 && letters > 0 {
            self.gapped.get_mut(letters).into_iter().for_each(|all| all.add(entry));
        }
    }

    /// Rules and shapes to try where the first of these groups of digits begins.
    pub(crate) fn at(&self, bytes: &[u8], groups: &[Group]) -> impl Iterator<Item = (RuleIx, usize)> {
        let (digits, run) = groups.first().map_or((0, 0), |g| (g.start, g.len()));
        let letters = letters_before(bytes, digits);
        let sign = before(bytes, digits);
        let gap = if letters == 0 && sign != 0 && !sign.is_ascii_alphanumeric() {
            letters_before(bytes, digits - 1)
        } else {
            0
        };
        let letter = before(bytes, digits.saturating_sub(1));
        let after = After::new(bytes, digits + run, groups);
        let tight = self.tight.get(letters).into_iter().flat_map(move |all| all.at(run, sign, after));
        let gapped = self.gapped.get(gap).filter(|_| gap > 0);
        let gapped =
            gapped.into_iter().flat_map(move |all| all.at(run, letter, after)).filter(move |e| e.separates(sign));
        let loose = Some(&self.loose).filter(|_| letters + gap > 0).into_iter();
        let loose = loose
            .flat_map(move |all| all.at(run, if letters > 0 { sign } else { letter }, after))
            .filter(move |e| letters > 0 || e.separates(sign));
        let word = word_around(bytes, digits);
        let all = tight.chain(gapped).chain(loose).filter(move |e| e.word == 0 || e.word == word);
        all.map(|e| (e.rule, e.shape))
    }
}

/// What stands behind a run of digits.
#[derive(Clone, Copy)]
struct After {
    /// The next byte.
    sign: u8,
    /// The one after it, if the next is no letter and no digit.
    next: u8,
    /// A line ends here, or after a space.
    is_line_end: bool,
    /// Bit n: this and some of the groups that follow have n digits.
    sums: u64,
}

impl After {
    fn new(bytes: &[u8], end: usize, groups: &[Group]) -> After {
        let (sign, next) = (byte(bytes, end), byte(bytes, end + 1));
        let is_end = |b: u8| matches!(b, b'\r' | b'\n');
        let (mut sums, mut sum) = (0, 0);
        for group in groups {
            sum += group.len();
            if sum >= Token::CHARS_MAX {
                break;
            }
            sums |= 1 << sum;
        }
        After { sign, next, is_line_end: is_end(sign) || sign == b' ' && is_end(next), sums }
    }

    /// Do the groups make up the digits that the shape begins with?
    fn adds_up(&self, entry: &Entry) -> bool {
        match entry.follow {
            Follow::Either => self.sums >> entry.digits != 0,
            _ => self.sums >> entry.digits & 1 == 1,
        }
    }

    /// Can the shape go on behind the run with such a character?
    fn goes_on(&self, entry: &Entry, fits: impl Fn(u8) -> bool) -> bool {
        entry.separates(self.sign) && fits(self.next) || self.is_line_end && entry.separates(b' ')
    }
}

impl ByRun {
    fn add(&mut self, entry: Entry) {
        let at = entry.digits.min(RUN_MAX);
        if let Some(exact) = self.exact.get_mut(at) {
            exact.push(entry);
        }
        if entry.follow == Follow::Either {
            self.open.iter_mut().skip(at + 1).for_each(|open| open.push(entry));
        }
        if entry.separators != 0 {
            self.parted.iter_mut().take(at).for_each(|parted| parted.push(entry));
        }
    }

    /// Shapes for a run of so many digits behind such a letter.
    fn at(&self, run: usize, letter: u8, after: After) -> impl Iterator<Item = &Entry> {
        fn of(all: &[Vec<Entry>; RUN_MAX + 1], run: usize) -> &[Entry] {
            all.get(run.min(RUN_MAX)).map_or(&[], Vec::as_slice)
        }
        let exact = of(&self.exact, run).iter().filter(move |e| match e.follow {
            // A run of the last place may be longer than the shape has digits, or shorter.
            _ if run >= RUN_MAX => true,
            Follow::End => !after.sign.is_ascii_alphanumeric(),
            Follow::Letter => after.sign.is_ascii_alphabetic() || after.goes_on(e, |b| b.is_ascii_alphabetic()),
            Follow::Either => after.sign.is_ascii_alphanumeric() || after.goes_on(e, |b| b.is_ascii_alphanumeric()),
        });
        let is_split = !after.sign.is_ascii_alphanumeric() && (after.next.is_ascii_digit() || after.is_line_end);
        let parted = if is_split { of(&self.parted, run) } else { &[] };
        let parted = parted.iter().filter(move |e| after.adds_up(e) && after.goes_on(e, |b| b.is_ascii_digit()));
        let all = exact.chain(of(&self.open, run)).chain(parted);
        all.filter(move |e| e.last == 0 || e.last >> (letter & 31) & 1 == 1)
    }
}

/// Letters that end at `at`; one more than any shape has if there are more.
fn letters_before(bytes: &[u8], at: usize) -> usize {
    let head = bytes.get(at.saturating_sub(Token::LETTERS_MAX + 1)..at).unwrap_or_default();
    head.iter().rev().take_while(|b| b.is_ascii_alphabetic()).count()
}

/// Letters and digits of the word around `at`; one more than any shape has if there are more.
fn word_around(bytes: &[u8], at: usize) -> usize {
    let max = Token::CHARS_MAX + 1;
    let head = bytes.get(at.saturating_sub(max)..at).unwrap_or_default();
    let before = head.iter().rev().take_while(|b| b.is_ascii_alphanumeric()).count();
    let after = bytes.iter().skip(at).take(max).take_while(|b| b.is_ascii_alphanumeric()).count();
    (before + after).min(max)
}
