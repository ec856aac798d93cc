//! Cheap conditions that every match of an expression fulfils: asked of a window before the expression runs.
//!
//! Most windows are prose around a common word, and hold neither the long run of key characters nor the digits that a
//! match would. A look at every so many bytes tells that, where an expression would look at each one.

use crate::anchors::alphabet;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Evidence in bits from which a run is worth looking for.
const BITS_MIN: f32 = 6.0;
/// Fewest digits that are worth counting.
const DIGITS_MIN: usize = 5;
/// Parts of one sequence that are looked at in every combination.
const PARTS_MAX: usize = 24;
/// Shares of letters in text, in thousandths.
const LETTERS: [u8; 26] =
    [66, 12, 22, 34, 101, 18, 16, 48, 56, 1, 6, 33, 20, 56, 61, 16, 1, 48, 51, 72, 22, 8, 19, 1, 16, 1];

/// What a window must hold.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    /// So many bytes of a set in a row.
    run: Option<(Box<[bool; 256]>, usize)>,
    /// So many digits.
    digits: usize,
}

impl Needs {
    /// The needs of an expression.
    pub(crate) fn of(hir: &Hir) -> Needs {
        let mut best = (BITS_MIN, None);
        look(hir, &mut best);
        Needs { run: best.1, digits: digits_min(hir) }
    }

    /// Can a match lie in this window?
    pub(crate) fn are_met(&self, window: &[u8]) -> bool {
        let has_digits =
            self.digits < DIGITS_MIN || window.iter().filter(|b| b.is_ascii_digit()).count() >= self.digits;
        has_digits && self.run.as_ref().is_none_or(|(set, length)| has_run(window, set, *length))
    }
}

/// Does `window` hold `length` bytes of `set` in a row? Looks at one byte in `length` as long as there is none.
fn has_run(window: &[u8], set: &[bool; 256], length: usize) -> bool {
    let is_in = |at: usize| window.get(at).is_some_and(|b| set.get(usize::from(*b)) == Some(&true));
    // Up to here nothing needs to be looked at again.
    let mut from = 0;
    while from + length <= window.len() {
        match (from..from + length).rev().find(|at| !is_in(*at)) {
            Some(at) => from = at + 1,
            None => return true,
        }
    }
    false
}

/// Finds the run that says most, in a part that every match has.
fn look(hir: &Hir, best: &mut (f32, Option<(Box<[bool; 256]>, usize)>)) {
    let mut offer = |set: Box<[bool; 256]>, length: usize| {
        let bits = length as f32 * bits(&set);
        if bits > best.0 {
            *best = (bits, Some((set, length)));
        }
    };
    let length = |hir: &Hir| hir.properties().minimum_len().unwrap_or(0);
    match hir.kind() {
        HirKind::Concat(parts) if parts.len() <= PARTS_MAX => {
            for first in 0..parts.len() {
                let (mut set, mut sum) = (Box::new([false; 256]), 0);
                for part in parts.iter().skip(first) {
                    for (cell, is_in) in set.iter_mut().zip(alphabet(part).iter()) {
                        *cell |= is_in;
                    }
                    sum += length(part);
                    offer(set.clone(), sum);
                }
            }
            parts.iter().for_each(|part| look(part, best));
        }
        HirKind::Concat(parts) => parts.iter().for_each(|part| look(part, best)),
        HirKind::Capture(capture) => look(&capture.sub, best),
        HirKind::Repetition(rep) if rep.min > 0 => {
            offer(alphabet(hir), length(hir));
            look(&rep.sub, best);
        }
        HirKind::Class(_) | HirKind::Literal(_) | HirKind::Alternation(_) => offer(alphabet(hir), length(hir)),
        HirKind::Empty | HirKind::Look(_) | HirKind::Repetition(_) => {}
    }
}

/// Bits that one byte of a set says, by its share of text.
fn bits(set: &[bool; 256]) -> f32 {
    let share = |b: u8| match b {
        b'a'..=b'z' => 0.78 * f32::from(LETTERS.get(usize::from(b - b'a')).copied().unwrap_or(0)) / 1000.0,
        b' ' => 0.17,
        b'\n' => 0.02,
        b'.' | b',' | b'-' => 0.008,
        _ => 0.002,
    };
    let all: f32 = (0..=255_u8).zip(set).filter(|(_, is_in)| **is_in).map(|(b, _)| share(b)).sum();
    if set.get(usize::from(b' ')) == Some(&true) { 0.0 } else { -all.clamp(0.001, 1.0).log2() }
}

/// Digits that every match holds.
fn digits_min(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => literal.0.iter().filter(|b| b.is_ascii_digit()).count(),
        HirKind::Class(class) => {
            let is_digits = match class {
                Class::Bytes(c) => c.ranges().iter().all(|r| r.start().is_ascii_digit() && r.end().is_ascii_digit()),
                Class::Unicode(c) => c.ranges().iter().all(|r| r.start().is_ascii_digit() && r.end().is_ascii_digit()),
            };
            usize::from(is_digits)
        }
        HirKind::Repetition(rep) => digits_min(&rep.sub).saturating_mul(rep.min as usize),
        HirKind::Capture(capture) => digits_min(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(digits_min).sum(),
        HirKind::Alternation(parts) => parts.iter().map(digits_min).min().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(pattern: &str) -> Needs {
        let hir = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern);
        Needs::of(&hir.expect("valid"))
    }

    #[test]
    fn windows_without_a_match_are_told() {
        let hex = "0123456789abcdef0123456789abcdef";
        let cases: [(&str, &str, bool); 14] = [
            ("key.{0,9}[0-9a-f]{32}", hex, true),
            ("key.{0,9}[0-9a-f]{32}", hex.get(1..).expect("ASCII"), false),
            ("key.{0,9}(?:[0-9a-f]{32}|[0-9a-f]{16})x?", "the key is 0123456789abcdef", true),
            ("key.{0,9}(?:[0-9a-f]{32}|[0-9a-f]{16})x?", "the key is 0123456789-bcdef", false),
            ("[0-9]{4}-?[0-9]{4}-?[0-9]{4} x", "1234 5678 9012 ", false),
            ("[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}", "1234 5678 9012 ", true),
            ("[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}", "1234 5678 901 ", false),
            ("(?:[0-9]{3}|x) [0-9]{2}", "x 12", true),
            ("(?:[0-9]{8})?a", "a", true),
            ("(?:[0-9]{8})?abc", "abc", true),
            ("(?P<value>[A-Z0-9]{20})", "in the year 2019 ABCDEFGHIJKLMNOPQRS", false),
            ("(?P<value>[A-Z0-9]{20})", "in the year 2019 ABCDEFGHIJKLMNOPQRST", true),
            ("[0-9a-f]{8}-[0-9a-f]{4}", "01234567-89ab", true),
            ("[0-9a-f]{8}-[0-9a-f]{4}", "01234567 89ab", false),
        ];
        for (pattern, window, wanted) in cases {
            assert_eq!(needs(pattern).are_met(window.as_bytes()), wanted, "{pattern} in {window}");
        }
    }

    #[test]
    fn runs_are_found_wherever_they_stand() {
        let mut set = [false; 256];
        set.iter_mut().skip(usize::from(b'0')).take(10).for_each(|cell| *cell = true);
        for length in [1, 2, 5, 8] {
            for before in 0..20 {
                for run in 0..12 {
                    let text = format!("{}{}x", "12x".repeat(before), "7".repeat(run));
                    let wanted = text.split('x').map(str::len).max().unwrap_or(0) >= length;
                    assert_eq!(has_run(text.as_bytes(), &set, length), wanted, "{text} {length}");
                }
            }
        }
    }
}
