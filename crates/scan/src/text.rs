//! Looking at bytes of a text without ever being able to panic.

use std::ops::Range;

/// The byte at a position, 0 beyond the end.
pub(crate) fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

/// The byte before a position, 0 at the start.
pub(crate) fn before(bytes: &[u8], at: usize) -> u8 {
    at.checked_sub(1).map_or(0, |i| byte(bytes, i))
}

/// Eight bytes from a position on, the first the lowest; 0 beyond the end.
pub(crate) fn load8(bytes: &[u8], at: usize) -> u64 {
    match bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        Some(eight) => u64::from_le_bytes(*eight),
        None => bytes.iter().skip(at).rev().fold(0, |all, b| all << 8 | u64::from(*b)),
    }
}

/// Eight bytes with letters in one case: what sets bit 5 where bit 6 is set folds other bytes too, alike on both sides of
/// a comparison.
pub(crate) fn fold8(bytes: u64) -> u64 {
    bytes | (bytes >> 1 & 0x2020_2020_2020_2020)
}

/// The highest bit of each of eight bytes that is an ASCII letter.
fn letter_bits(bytes: u64) -> u64 {
    let every = |b: u64| b * 0x0101_0101_0101_0101;
    let low = (bytes | every(0x20)) & every(0x7F);
    let from_a = low + every(0x80 - 0x61);
    let beyond_z = low + every(0x80 - 0x7B);
    from_a & !beyond_z & !bytes & every(0x80)
}

/// ASCII letters in a row from a position on.
pub(crate) fn letters(bytes: &[u8], at: usize) -> usize {
    let mut end = at;
    loop {
        let others = !letter_bits(load8(bytes, end)) & 0x8080_8080_8080_8080;
        if others != 0 {
            return end + (others.trailing_zeros() / 8) as usize - at;
        }
        end += 8;
    }
}

/// The character that ends at a position.
pub(crate) fn char_before(text: &str, at: usize) -> Option<char> {
    text.get(..at)?.chars().next_back()
}

/// The character that starts at a position.
pub(crate) fn char_at(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

/// The nearest character boundary at or before a position.
pub(crate) fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The nearest character boundary at or after a position.
pub(crate) fn ceil(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

/// A range moved outwards to character boundaries.
pub(crate) fn snap(text: &str, span: Range<usize>) -> Range<usize> {
    floor(text, span.start)..ceil(text, span.end)
}

/// Is it a control character that stands for a blank where a text is shown? Tabs and ends of lines are none.
pub(crate) fn is_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r') || byte == 0x7f
}

/// Position of the first byte from `from` on that is not ASCII, or a control character; the length if there is none.
pub(crate) fn next_foldable(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    let is_plain = |b: &u8| b.is_ascii() && !is_control(*b);
    while let Some(chunk) = bytes.get(at..at + 16) {
        // Without a branch for each byte, so that it becomes few instructions.
        if chunk.iter().fold(false, |any, b| any | (*b >= 0x7f) | (*b < 0x20 && !matches!(*b, b'\t' | b'\n' | b'\r'))) {
            break;
        }
        at += 16;
    }
    while bytes.get(at).is_some_and(is_plain) {
        at += 1;
    }
    at.min(bytes.len())
}

/// Position of the first ASCII digit from `from` on; the length if there is none.
pub(crate) fn next_digit(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(chunk) = bytes.get(at..at + 16) {
        if chunk.iter().fold(false, |any, b| any | (b.wrapping_sub(b'0') < 10)) {
            break;
        }
        at += 16;
    }
    while bytes.get(at).is_some_and(|b| !b.is_ascii_digit()) {
        at += 1;
    }
    at.min(bytes.len())
}

/// Do two ranges share a byte?
pub(crate) fn overlaps(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// Is `inner` within `outer`?
pub(crate) fn contains(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_letters_are_counted_as_one_by_one() {
        let all: Vec<u8> = (0..=255).collect();
        let mixed: Vec<u8> = (0..2_000_u32).map(|n| (n.wrapping_mul(0x9E37_79B1) >> 24) as u8).collect();
        let words = b"a word, andanotherlongone; \xC3\x84 x  12345678901234567890 end".to_vec();
        for bytes in [all, mixed, words] {
            for at in 0..bytes.len() {
                let count = |is: fn(&&u8) -> bool| bytes.iter().skip(at).take_while(is).count();
                assert_eq!(letters(&bytes, at), count(|b| b.is_ascii_alphabetic()), "{at}");
            }
        }
    }
}
