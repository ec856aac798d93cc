//! The shadow text: what the scouts read in place of the source, with a map back.
//!
//! Mail writes one number in many ways: with zero-width characters in it, in full-width or Arabic digits, with no-break
//! spaces or en dashes between its groups. Instead of teaching every rule all of these, the text is folded once. Nothing
//! is replaced in the source: a finding in the shadow maps to the bytes of the source, so redaction edits what was written.
//! ASCII text, and other text that holds nothing to fold, is its own shadow and is not copied.

use crate::text::next_non_ascii;
use std::borrow::Cow;
use std::ops::Range;

/// Code points of the digit zero of every decimal set of Unicode 15.1 outside ASCII, sorted; nine digits follow each.
const ZEROS: [u32; 65] = [
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0, 0xF20,
    0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0,
    0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0,
    0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0,
    0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0,
];

enum Fold {
    Keep,
    Drop,
    To(u8),
}

/// What becomes of one character that is not ASCII.
fn fold(c: char) -> Fold {
    match c {
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => Fold::Drop,
        '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' => Fold::Drop,
        '\u{e0000}'..='\u{e007f}' | '\u{e0100}'..='\u{e01ef}' => Fold::Drop,
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Fold::To(b' '),
        '\u{2028}' | '\u{2029}' | '\u{85}' => Fold::To(b'\n'),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => Fold::To(b'-'),
        '\u{2018}' | '\u{2019}' => Fold::To(b'\''),
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}' => Fold::To(b'"'),
        // Full-width ASCII, digits among it.
        '\u{ff01}'..='\u{ff5e}' => u8::try_from(c as u32 - 0xFF01 + 0x21).map_or(Fold::Keep, Fold::To),
        '\u{b9}' => Fold::To(b'1'),
        '\u{b2}' => Fold::To(b'2'),
        '\u{b3}' => Fold::To(b'3'),
        '\u{2070}' | '\u{2074}'..='\u{2079}' => digit(c as u32 - 0x2070),
        '\u{2080}'..='\u{2089}' => digit(c as u32 - 0x2080),
        '\u{2460}'..='\u{2468}' => digit(c as u32 - 0x2460 + 1),
        _ => decimal(c as u32),
    }
}

fn digit(value: u32) -> Fold {
    u8::try_from(value).ok().filter(|v| *v < 10).map_or(Fold::Keep, |v| Fold::To(b'0' + v))
}

fn decimal(code: u32) -> Fold {
    if code < 0x660 {
        return Fold::Keep;
    }
    let after = ZEROS.partition_point(|zero| *zero <= code);
    match after.checked_sub(1).and_then(|i| ZEROS.get(i)) {
        Some(zero) => digit(code - zero),
        None => Fold::Keep,
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
        let mut at = next_non_ascii(bytes, 0);
        while let Some(c) = source.get(at..).and_then(|rest| rest.chars().next()) {
            let next = at + c.len_utf8();
            let to = match fold(c) {
                Fold::Keep => {
                    at = next_non_ascii(bytes, next);
                    continue;
                }
                Fold::Drop => None,
                Fold::To(byte) => Some(byte),
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
            at = next_non_ascii(bytes, next);
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
        for text in ["", "plain", "Grüße aus Kraków, 4111"] {
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
        ];
        for (source, folded, needle, back) in cases {
            let shadow = Shadow::new(source);
            assert_eq!(shadow.text(), folded);
            let at = folded.find(needle).expect("needle is in the folded text");
            assert_eq!(source.get(shadow.source(&(at..at + needle.len()))), Some(back), "{folded}");
        }
    }
}
