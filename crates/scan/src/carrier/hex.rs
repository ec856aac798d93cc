//! Runs of hexadecimal bytes in text, `3439…`, `34:39:…` or `3439 3239 …`, that decode to something printable.

use super::{is_printable, plain};
use crate::text::{before, byte};
use std::ops::Range;

/// Fewest bytes that are decoded.
const BYTES_MIN: usize = 16;
/// Most.
const BYTES_MAX: usize = 1 << 16;
/// Characters of a run at least.
const RUN_MIN: usize = 2 * BYTES_MIN;

fn is_run(b: u8) -> bool {
    b.is_ascii_hexdigit() || matches!(b, b' ' | b':' | b'-' | b',')
}

/// The next run from `from` on that can be read: its span and what it says. Looks at every 32nd byte first.
pub(super) fn next(bytes: &[u8], from: usize) -> Option<(Range<usize>, String)> {
    let mut from = from;
    while from + RUN_MIN <= bytes.len() {
        let probe = from + RUN_MIN - 1;
        let run = bytes.get(from..=probe)?.iter().rev().take_while(|b| is_run(**b)).count();
        if run < RUN_MIN {
            from = probe + 1 - run;
            continue;
        }
        let end = probe + 1 + bytes.iter().skip(probe + 1).take(8 * BYTES_MAX).take_while(|b| is_run(**b)).count();
        let mut at = from;
        while at < end {
            let (next, found) = stretch(bytes, at, end);
            if found.is_some() {
                return found;
            }
            at = next.max(at + 1);
        }
        from = end;
    }
    None
}

fn token(bytes: &[u8], at: usize, end: usize) -> usize {
    bytes.get(at..end).unwrap_or_default().iter().take_while(|b| b.is_ascii_hexdigit()).count()
}

/// Groups of one even size with one separator between them, from `at` on; answers where to go on.
fn stretch(bytes: &[u8], at: usize, end: usize) -> (usize, Option<(Range<usize>, String)>) {
    let size = token(bytes, at, end);
    if size == 0 || !size.is_multiple_of(2) || before(bytes, at).is_ascii_alphanumeric() {
        return (at + size, None);
    }
    let separator = byte(bytes, at + size);
    let mut decoded = Vec::new();
    let mut last = at;
    let mut group = at;
    loop {
        let digits = bytes.get(group..group + size).unwrap_or_default();
        decoded.extend(digits.chunks_exact(2).filter_map(|pair| match pair {
            [high, low] => {
                let digit = |b: &u8| char::from(*b).to_digit(16).and_then(|d| u8::try_from(d).ok());
                Some(digit(high)? << 4 | digit(low)?)
            }
            _ => None,
        }));
        last = last.max(group + size);
        // Most are told by their first bytes.
        if decoded.len() >= BYTES_MIN && !is_printable(decoded.get(..BYTES_MIN).unwrap_or_default())
            || decoded.len() >= BYTES_MAX
        {
            break;
        }
        group = last + 1;
        if separator == 0 || byte(bytes, last) != separator || !is_run(separator) || token(bytes, group, end) != size {
            break;
        }
    }
    let ends_here = !byte(bytes, last).is_ascii_alphanumeric();
    let is_text = ends_here && decoded.len() >= BYTES_MIN;
    (last, is_text.then(|| plain(decoded)).flatten().map(|text| (at..last, text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let says = "card 4929 1233 4567";
        let pairs: Vec<String> = says.bytes().map(|b| format!("{b:02x}")).collect();
        for joined in [pairs.concat(), pairs.join(":"), pairs.join(" ").to_uppercase(), pairs.join("-")] {
            let text = format!("the dump, {joined} of it");
            let at = text.find(&joined).expect("there");
            assert_eq!(next(text.as_bytes(), 0), Some((at..at + joined.len(), says.to_owned())), "{joined}");
        }
        for other in [
            "commit 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12 of",
            "aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99",
            "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20",
            "63617264203439323920313233",
            "",
        ] {
            assert_eq!(next(other.as_bytes(), 0), None, "{other}");
        }
    }
}
