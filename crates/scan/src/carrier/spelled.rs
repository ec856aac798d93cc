//! Digits spelled out in English: "four nine two nine …". Only rows of many are read, so that prose costs nothing.

use super::map::{Decoded, Map, reach};
use crate::text::{before, byte};
use std::ops::Range;

/// Digits of a row at least.
const DIGITS_MIN: usize = 8;
/// The shortest row: words of three letters and blanks between them.
const RUN_MIN: usize = 4 * DIGITS_MIN - 1;
/// Bytes of plain text that are read around a row.
const AROUND_BYTES: usize = 240;
const WORDS: [(&str, u8); 11] = [
    ("zero", b'0'),
    ("oh", b'0'),
    ("one", b'1'),
    ("two", b'2'),
    ("three", b'3'),
    ("four", b'4'),
    ("five", b'5'),
    ("six", b'6'),
    ("seven", b'7'),
    ("eight", b'8'),
    ("nine", b'9'),
];

/// May it stand in a row? A word of prose seldom does without any other letter.
fn is_row(b: u8) -> bool {
    matches!(
        b | 0x20,
        b'e' | b'f' | b'g' | b'h' | b'i' | b'n' | b'o' | b'r' | b's' | b't' | b'u' | b'v' | b'w' | b'x' | b'z'
    ) || matches!(b, b' ' | b',' | b'-' | b'\n' | b'\r' | b'.')
}

/// The next row from `from` on, with its surroundings: span, what it says, and the way back.
pub(super) fn next(text: &str, from: usize) -> Option<(Range<usize>, String, Map)> {
    let bytes = text.as_bytes();
    let mut at = from;
    while at + RUN_MIN <= bytes.len() {
        let probe = at + RUN_MIN - 1;
        let run = bytes.get(at..=probe)?.iter().rev().take_while(|b| is_row(**b)).count();
        if run < RUN_MIN {
            at = probe + 1 - run;
            continue;
        }
        let end = probe + 1 + bytes.iter().skip(probe + 1).take_while(|b| is_row(**b)).count();
        while at < end {
            if !before(bytes, at).is_ascii_alphanumeric() {
                let words = row(text, at);
                if words.len() >= DIGITS_MIN {
                    return decode(text, from, &words);
                }
                at = words.last().map_or(at, |(span, _)| span.end);
            }
            at += 1;
        }
        at = end;
    }
    None
}

fn row(text: &str, from: usize) -> Vec<(Range<usize>, u8)> {
    let bytes = text.as_bytes();
    let (mut words, mut at) = (Vec::new(), from);
    loop {
        let length = bytes.iter().skip(at).take(6).take_while(|b| b.is_ascii_alphabetic()).count();
        let word = text.get(at..at + length).unwrap_or_default();
        let Some((_, digit)) = WORDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)) else { return words };
        words.push((at..at + length, *digit));
        let gap = bytes
            .iter()
            .skip(at + length)
            .take(3)
            .take_while(|b| matches!(b, b' ' | b',' | b'-' | b'\n' | b'\r' | b'.'))
            .count();
        at += length + gap;
        if gap == 0 || !byte(bytes, at).is_ascii_alphabetic() {
            return words;
        }
    }
}

fn decode(text: &str, from: usize, words: &[(Range<usize>, u8)]) -> Option<(Range<usize>, String, Map)> {
    let (first, last) = (words.first()?.0.start, words.last()?.0.end);
    let start = reach(text, first, AROUND_BYTES, true).max(from);
    let end = reach(text, last, AROUND_BYTES, false);
    let mut decoded = Decoded::default();
    decoded.copy(text, start..first);
    for (span, digit) in words {
        decoded.say(span.clone(), char::from(*digit).encode_utf8(&mut [0; 4]));
    }
    decoded.copy(text, last..end);
    let (says, map) = decoded.finish();
    // The next row may begin in what surrounds this one.
    Some((start..last, says, map))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let text = "My card: four nine two nine, one two three three\nfour five six seven eight nine oh eight, ok?";
        let (span, says, map) = next(text, 0).expect("a row");
        assert_eq!(says, "My card: 4929123345678908, ok?");
        assert_eq!(next(text, span.end).map(|n| n.1), None);
        let value = map.source(&(9..25)).expect("decoded");
        assert_eq!(text.get(value), text.get(9..text.len() - 5));
        for other in ["one two three four five six seven", "no one heres fine, then on to nine tones of the text"] {
            assert_eq!(next(other, 0).map(|n| n.1), None, "{other}");
        }
    }
}
