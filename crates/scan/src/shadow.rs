//! The shadow text: what the scouts read in place of the source, with a map back.
//!
//! Mail writes one number in many ways: with zero-width characters in it, in full-width or Arabic digits, with no-break
//! spaces or en dashes between its groups. Instead of teaching every rule all of these, the text is folded once. Nothing
//! is replaced in the source: a finding in the shadow maps to the bytes of the source, so redaction edits what was written.
//! Control characters are blanks, as they are where the text is written again. Text that holds nothing to fold is its own
//! shadow and is not copied.

mod fold;

use crate::text::{before, byte, next_foldable};
use fold::{Fold, fold};
use std::borrow::Cow;
use std::ops::Range;

/// Begins a sequence that colours or moves on a terminal, and is not seen (ECMA-48).
const ESCAPE: char = '\u{1b}';
/// Octets of such a sequence.
const ESCAPE_BYTES_MAX: usize = 64;
/// Digits of one of its numbers: what is longer is no colour and no place, and is looked at.
const ESCAPE_DIGITS_MAX: usize = 4;

/// Octets of a control sequence `ESC [ parameters final`, or of the escape character alone.
fn escape_len(bytes: &[u8], at: usize) -> usize {
    let tail = bytes.get(at..bytes.len().min(at + ESCAPE_BYTES_MAX)).unwrap_or_default();
    let Some(rest) = tail.strip_prefix(b"\x1b[") else { return 1 };
    let Some(end) = rest.iter().position(|b| !(0x30..=0x3f).contains(b)) else { return 1 };
    let is_final = rest.get(end).is_some_and(|b| (0x40..=0x7e).contains(b));
    let mut numbers = rest.get(..end).unwrap_or_default().split(|b| !b.is_ascii_digit());
    if is_final && numbers.all(|number| number.len() <= ESCAPE_DIGITS_MAX) { end + 3 } else { 1 }
}

/// Letters of a word that are looked at, before and after a letter of another script.
const WORD_LETTERS_MAX: usize = 40;

/// The word that a letter of another script stands in.
#[derive(Default)]
struct Word {
    end: usize,
    is_latin: bool,
}

impl Word {
    /// Is the word around the letter at `at` Latin, but for letters that only look so? Looks at each word once.
    fn is_latin(&mut self, source: &str, at: usize) -> bool {
        if at < self.end {
            return self.is_latin;
        }
        let (head, tail) = source.split_at_checked(at).unwrap_or_default();
        let before = head.chars().rev().take(WORD_LETTERS_MAX).take_while(|c| c.is_alphabetic());
        let after = tail.chars().take(WORD_LETTERS_MAX).take_while(|c| c.is_alphabetic());
        let (mut latin, mut is_pure) = (0, true);
        for c in before {
            latin += usize::from(c.is_ascii());
            is_pure &= c.is_ascii() || matches!(fold(c), Fold::Lookalike(_));
        }
        self.end = at;
        for c in after {
            self.end += c.len_utf8();
            latin += usize::from(c.is_ascii());
            is_pure &= c.is_ascii() || matches!(fold(c), Fold::Lookalike(_));
        }
        self.is_latin = is_pure && latin > 0;
        self.is_latin
    }
}

/// From this byte of the shadow on, `source` is the byte of the source, one to one until the next segment.
#[derive(Clone, Copy)]
struct Segment {
    shadow: usize,
    source: usize,
}

/// A folded text and its way back.
pub(crate) struct Shadow<'a> {
    text: Cow<'a, str>,
    segments: Vec<Segment>,
    source_len: usize,
}

impl<'a> Shadow<'a> {
    /// Folds a text; borrows it if there is nothing to fold.
    pub(crate) fn new(source: &'a str) -> Shadow<'a> {
        let mut shadow = Shadow { text: Cow::Borrowed(source), segments: Vec::new(), source_len: source.len() };
        let bytes = source.as_bytes();
        let mut copied_to = 0;
        let mut folded = String::new();
        let mut word = Word::default();
        let mut at = next_foldable(bytes, 0);
        while let Some(c) = source.get(at..).and_then(|rest| rest.chars().next()) {
            let next = at + if c == ESCAPE { escape_len(bytes, at) } else { c.len_utf8() };
            let last = if at > copied_to { before(bytes, at) } else { before(folded.as_bytes(), folded.len()) };
            let to = match fold(c) {
                _ if next > at + c.len_utf8() => None,
                Fold::Drop => None,
                Fold::To(byte) => Some(byte),
                Fold::AfterDigit(to) if last.is_ascii_digit() => to,
                Fold::Lookalike(letter)
                    if last.is_ascii_digit() && byte(bytes, next).is_ascii_digit() || word.is_latin(source, at) =>
                {
                    Some(letter)
                }
                Fold::Keep | Fold::AfterDigit(_) | Fold::Lookalike(_) => {
                    at = next_foldable(bytes, next);
                    continue;
                }
            };
            if folded.capacity() == 0 {
                folded.reserve(source.len());
            }
            folded.push_str(source.get(copied_to..at).unwrap_or_default());
            if let Some(byte) = to {
                shadow.segment(folded.len(), at);
                folded.push(char::from(byte));
            }
            shadow.segment(folded.len(), next);
            copied_to = next;
            at = next_foldable(bytes, next);
        }
        if copied_to > 0 {
            folded.push_str(source.get(copied_to..).unwrap_or_default());
            shadow.text = Cow::Owned(folded);
        }
        shadow
    }

    fn segment(&mut self, shadow: usize, source: usize) {
        match self.segments.last_mut() {
            Some(last) if last.shadow == shadow => last.source = source,
            _ => self.segments.push(Segment { shadow, source }),
        }
    }

    /// The folded text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// A part of the shadow that holds what stands for a part of the source, and hardly more.
    pub(crate) fn around(&self, source: &Range<usize>) -> Range<usize> {
        let at = |source: usize| {
            let after = self.segments.partition_point(|s| s.source <= source);
            let segment = after.checked_sub(1).and_then(|i| self.segments.get(i));
            segment.map_or(source, |s| s.shadow + (source - s.source))
        };
        at(source.start).saturating_sub(char::MAX_LEN_UTF8)..at(source.end) + char::MAX_LEN_UTF8
    }

    /// The bytes of the source for bytes of the shadow; both ends must be character boundaries of the shadow.
    /// Characters that were dropped at the end of the span belong to it, those before its start do not.
    pub(crate) fn source(&self, span: &Range<usize>) -> Range<usize> {
        let start = self.source_at(span.start);
        start..self.source_at(span.end).max(start)
    }

    fn source_at(&self, at: usize) -> usize {
        let after = self.segments.partition_point(|s| s.shadow <= at);
        match after.checked_sub(1).and_then(|i| self.segments.get(i)) {
            Some(segment) => (segment.source + (at - segment.shadow)).min(self.source_len),
            None => at.min(self.source_len),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_and_plain_accents_are_borrowed() {
        for text in [
            "",
            "plain",
            "Grüße aus Kraków, 4111",
            "[payment card ••••1111 · C7K2QM4X]",
            "Привет, это карта",
            "e\u{301}t\u{301}e 🇩🇪",
            "カードの番号",
        ] {
            assert!(matches!(Shadow::new(text).text, Cow::Borrowed(t) if t == text));
        }
    }

    #[test]
    fn folds_and_maps_back() {
        let cases = [
            ("a\u{200b}b", "ab", "b", "b"),
            ("41\u{200b}11", "4111", "4111", "41\u{200b}11"),
            ("x \u{ff14}\u{ff11} y", "x 41 y", "41", "\u{ff14}\u{ff11}"),
            ("\u{660}\u{669}é1", "09é1", "é1", "é1"),
            ("4111\u{2011}1111!", "4111-1111!", "4111-1111", "4111\u{2011}1111"),
            ("\u{feff}pw\u{ff1a}a", "pw:a", "pw:", "pw\u{ff1a}"),
            ("n\u{a0}12\u{ad}", "n 12", "12", "12\u{ad}"),
            ("x4\u{fe0f}\u{20e3}9\u{fe0f}\u{20e3} y", "x49 y", "49", "4\u{fe0f}\u{20e3}9\u{fe0f}\u{20e3}"),
            ("\u{2463}\u{2468}\u{24ea} \u{2477}\u{2474}", "490 41", "490", "\u{2463}\u{2468}\u{24ea}"),
            ("\u{1d7d2}\u{1d7d7}\u{2074}\u{2089}", "4949", "49", "\u{1d7d2}\u{1d7d7}"),
            ("my \u{1d429}\u{1d41a}\u{1d42c}\u{1d42c}", "my pass", "pass", "\u{1d429}\u{1d41a}\u{1d42c}\u{1d42c}"),
            ("\u{1d5c9}\u{1d68a}\u{1d4c8}\u{210e}", "pash", "pash", "\u{1d5c9}\u{1d68a}\u{1d4c8}\u{210e}"),
            ("\u{24df}\u{24d0}\u{1f142}", "paS", "aS", "\u{24d0}\u{1f142}"),
            ("ᴘᴀss", "pass", "pass", "ᴘᴀss"),
            (
                "p\u{430}ssw\u{43e}rd \u{43f}\u{430}\u{440}",
                "password \u{43f}\u{430}\u{440}",
                "password",
                "p\u{430}ssw\u{43e}rd",
            ),
            ("4\u{41e}4 4\u{332}9\u{332}1", "4O4 491", "491", "4\u{332}9\u{332}1"),
            (
                "090\u{30fc}1234 \u{30ab}\u{30fc}\u{30c9}",
                "090-1234 \u{30ab}\u{30fc}\u{30c9}",
                "090-1234",
                "090\u{30fc}1234",
            ),
            ("a\u{3164}b\u{2800}c\u{fffc}d", "a b cd", "cd", "c\u{fffc}d"),
            ("1\u{2212}2\u{2215}3\u{2024}4", "1-2/3.4", "1-2/3.4", "1\u{2212}2\u{2215}3\u{2024}4"),
            ("card 4\u{c}9\u{b}1\u{1f}1", "card 4 9 1 1", "4 9 1 1", "4\u{c}9\u{b}1\u{1f}1"),
            ("my \u{1b}[1;31mpass\u{1b}[0m is x\u{1b}y", "my pass is x y", "pass", "pass\u{1b}[0m"),
            ("a\u{9b}b\u{84}c\u{7f}d\te\u{1b}[", "a b c d\te [", "b c d\te", "b\u{84}c\u{7f}d\te"),
            ("a\u{1b}[4111111111111111m", "a [4111111111111111m", "4111111111111111", "4111111111111111"),
            ("a\u{1b}[4111 1111m", "a [4111 1111m", "4111 1111", "4111 1111"),
            ("mia\u{fe6b}x\u{e0041}y", "mia@xy", "xy", "x\u{e0041}y"),
        ];
        for (source, folded, needle, back) in cases {
            let shadow = Shadow::new(source);
            assert_eq!(shadow.text(), folded);
            let at = folded.find(needle).expect("needle is in the folded text");
            assert_eq!(source.get(shadow.source(&(at..at + needle.len()))), Some(back), "{folded}");
        }
    }
}
