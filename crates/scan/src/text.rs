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

/// Position of the first byte from `from` on that is not ASCII; the length if there is none.
pub(crate) fn next_non_ascii(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(chunk) = bytes.get(at..at + 16) {
        if chunk.iter().fold(0, |all, b| all | b) >= 0x80 {
            break;
        }
        at += 16;
    }
    while bytes.get(at).is_some_and(u8::is_ascii) {
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
