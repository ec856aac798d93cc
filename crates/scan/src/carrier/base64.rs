//! Runs of base64 in text. Only runs that decode to something printable are worth a look inside.

use crate::text::byte;
use crate::validator::{decode_base64, decode_base64_with};
use std::ops::Range;

/// Shortest run that is decoded, in characters.
pub(crate) const RUN_MIN: usize = 16;
/// Lines of a run are joined up to so many characters.
pub(crate) const RUN_MAX: usize = 1 << 16;
/// A line this long can go on in the next.
const LINE_MIN: usize = 40;

fn is_base64(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_')
}

/// The next run from `from` on: its span, with padding and over line ends, and the text it decodes to, if printable.
/// Looks at every sixteenth byte and goes back from there, so that short words are mostly skipped.
pub(crate) fn next(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let mut from = from;
    while from + RUN_MIN <= bytes.len() {
        let probe = from + RUN_MIN - 1;
        let run = bytes.get(from..=probe)?.iter().rev().take_while(|b| is_base64(**b)).count();
        if run < RUN_MIN {
            from = probe + 1 - run;
            continue;
        }
        let start = from;
        return Some(start..line_end(bytes, probe + 1));
    }
    None
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    at + bytes.iter().skip(at).take_while(|b| is_base64(**b)).count()
}

/// Decodes a run with the lines that continue it. Answers the whole span and the text.
pub(crate) fn decode(bytes: &[u8], first: &Range<usize>) -> Option<(Range<usize>, String)> {
    // Most runs are names and numbers: told by their first characters, before anything is allocated.
    let mut head = [0; RUN_MIN];
    let mut len = 0;
    decode_base64_with(bytes.get(first.start..first.start + RUN_MIN)?, |byte| {
        if let Some(cell) = head.get_mut(len) {
            *cell = byte;
            len += 1;
        }
    })?;
    if !is_printable(head.get(..len)?) {
        return None;
    }
    let mut joined = bytes.get(first.clone())?.to_vec();
    let (mut end, mut length) = (first.end, first.len());
    while length >= LINE_MIN && length % 4 == 0 && joined.len() < RUN_MAX {
        let skip = if byte(bytes, end) == b'\r' { 2 } else { 1 };
        if byte(bytes, end + skip - 1) != b'\n' {
            break;
        }
        let next = end + skip;
        let next_end = line_end(bytes, next);
        if next_end == next {
            break;
        }
        joined.extend_from_slice(bytes.get(next..next_end)?);
        (end, length) = (next_end, next_end - next);
    }
    let padding = bytes.iter().skip(end).take(2).take_while(|b| **b == b'=').count();
    let decoded = decode_base64(&joined)?;
    is_printable(&decoded).then(|| (first.start..end + padding, String::from_utf8_lossy(&decoded).into_owned()))
}

fn is_printable(bytes: &[u8]) -> bool {
    let good = bytes.iter().filter(|b| matches!(b, b'\t' | b'\r' | b'\n' | 0x20..=0x7e)).count();
    !bytes.is_empty() && good * 10 >= bytes.len() * 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_and_decodes() {
        let text = "see Y2FyZCA0MTExMTExMTExMTExMTEx and thatIsAVeryLongIdentifierIndeed ok";
        let run = next(text.as_bytes(), 0).expect("one");
        let (span, decoded) = decode(text.as_bytes(), &run).expect("printable");
        assert_eq!((span, decoded.as_str()), (4..32, "card 4111111111111111"));
        let second = next(text.as_bytes(), run.end).expect("another");
        assert_eq!(decode(text.as_bytes(), &second), None);
        assert_eq!(next(text.as_bytes(), second.end), None);
    }

    #[test]
    fn run_length_limit() {
        for (length, found) in [(RUN_MIN - 1, false), (RUN_MIN, true), (RUN_MIN + 1, true)] {
            let text = format!("a {} b", "Y".repeat(length));
            assert_eq!(next(text.as_bytes(), 0).is_some(), found, "{length}");
        }
    }
}
