//! Which shapes of identifiers can stand where a run of digits begins: by the letters before it and its length.

use crate::RuleIx;
use crate::compiled::{Compiled, Kind, Shape, Token};
use crate::text::{before, byte};

/// A shape of a rule, and what must hold around its first digits.
#[derive(Debug, Clone, Copy)]
struct Entry {
    rule: RuleIx,
    /// Its place in the rule's shapes.
    shape: usize,
    /// Digits that it begins with; a shorter run must go on after a separator.
    digits: usize,
    has_gaps: bool,
    run_max: usize,
    /// Bit n: the letter before the digits can be the n-th of the alphabet; 0: there is none.
    last: u32,
    /// Letters and digits from its first digit on; 0: the beginning tells.
    rest: usize,
}

/// Lengths of runs that are told apart.
const RUNS: usize = 24;

/// Shapes by the length of the run of digits: one more list for longer ones.
type Runs = [Vec<Entry>; RUNS + 1];

/// Shapes by the number of letters before their first digit.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    tight: [Runs; Token::LETTERS_MAX + 1],
    /// Those with separators, which may have one between letters and digits.
    gapped: [Runs; Token::LETTERS_MAX + 1],
    /// Those in which what stands before the first digit can be digits.
    loose: Runs,
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
        let has_gaps = !token.separators.is_empty();
        let may_be_digit = |s: &Shape| match s {
            Shape::Digit | Shape::Either => true,
            Shape::Literal(l) => l.is_ascii_digit(),
            Shape::Upper | Shape::Letter => false,
        };
        let goes_on = token.is_open || shape.get(letters + digits).is_some_and(may_be_digit);
        let last = match letters.checked_sub(1).and_then(|i| shape.get(i)) {
            None => 0,
            Some(Shape::Literal(l)) if l.is_ascii_alphabetic() => 1 << (l & 31),
            Some(_) => u32::MAX,
        };
        let run_max = if goes_on { usize::MAX } else { digits };
        let rest = if token.is_open { 0 } else { shape.len() - letters };
        let entry = Entry { rule, shape: at, digits, has_gaps, run_max, last, rest };
        if shape.iter().take(letters).any(may_be_digit) {
            file(&mut self.loose, entry);
            return;
        }
        self.tight.get_mut(letters).into_iter().for_each(|runs| file(runs, entry));
        if has_gaps {
            self.gapped.get_mut(letters).into_iter().for_each(|runs| file(runs, entry));
        }
    }

    /// Rules and shapes to try where a run of digits begins at `digits`.
    pub(crate) fn at<'s>(
        &'s self,
        bytes: &[u8],
        digits: usize,
        run: usize,
    ) -> impl Iterator<Item = (RuleIx, usize)> + 's {
        let letters = letters_before(bytes, digits);
        let sign = before(bytes, digits);
        let gap = if letters == 0 && sign != 0 && !sign.is_ascii_alphanumeric() {
            letters_before(bytes, digits - 1)
        } else {
            0
        };
        let of_run =
            move |runs: Option<&'s Runs>| runs.and_then(|r| r.get(run.min(RUNS))).map_or(&[][..], Vec::as_slice);
        let tight = of_run(self.tight.get(letters));
        let gapped = if gap > 0 { of_run(self.gapped.get(gap)) } else { &[] };
        let all = run
            + bytes.iter().skip(digits + run).take(Token::CHARS_MAX).take_while(|b| b.is_ascii_alphanumeric()).count();
        let is_end = |b: u8| matches!(b, b'\r' | b'\n');
        let (behind, then) = (byte(bytes, digits + all), byte(bytes, digits + all + 1));
        let is_followed = then.is_ascii_alphanumeric() || is_end(behind) || is_end(then);
        // A run that is too short for a shape goes on behind one separator, or in the next line.
        let (after, next) = (byte(bytes, digits + run), byte(bytes, digits + run + 1));
        let goes_on = !after.is_ascii_alphanumeric()
            && (next.is_ascii_digit() || matches!(after, b'\r' | b'\n') || matches!(next, b'\r' | b'\n'));
        let fits = move |entry: &&Entry, letter: u8| {
            (run >= entry.digits || entry.has_gaps && goes_on)
                && run <= entry.run_max
                && (entry.rest == all || entry.rest == 0 || entry.rest > all && entry.has_gaps && is_followed)
                && (entry.last == 0 || entry.last >> (letter & 31) & 1 == 1)
        };
        let letter = before(bytes, digits.saturating_sub(1));
        let loose = if letters + gap > 0 { of_run(Some(&self.loose)) } else { &[] };
        let loose = loose.iter().filter(move |e| fits(e, if letters > 0 { sign } else { letter }));
        let tight = tight.iter().filter(move |e| fits(e, sign));
        let gapped = gapped.iter().filter(move |e| fits(e, letter));
        tight.chain(gapped).chain(loose).map(|e| (e.rule, e.shape))
    }
}

/// Puts a shape to every run of digits that it can begin with.
fn file(runs: &mut Runs, entry: Entry) {
    let begins = |run: usize| entry.has_gaps || run >= entry.digits || run == RUNS;
    let all = runs.iter_mut().enumerate().filter(|(run, _)| begins(*run) && *run <= entry.run_max);
    all.for_each(|(_, list)| list.push(entry));
}

/// Letters that end at `at`; one more than any shape has if there are more.
fn letters_before(bytes: &[u8], at: usize) -> usize {
    let head = bytes.get(at.saturating_sub(Token::LETTERS_MAX + 1)..at).unwrap_or_default();
    head.iter().rev().take_while(|b| b.is_ascii_alphabetic()).count()
}
