//! Words of a sentence around a keyword, forwards and backwards, across one line end (and the marks of a quoted line).

use crate::text::{byte, floor};
use std::ops::Range;

/// Bytes that are read on either side.
const REACH_BYTES: usize = 200;
/// Bytes of one word that are looked at.
const WORD_BYTES_MAX: usize = 96;

/// One run of characters without a space.
pub(super) struct Piece<'t> {
    /// Without quotes, brackets and punctuation around it.
    pub(super) word: &'t str,
    /// The whole run.
    pub(super) span: Range<usize>,
    /// A colon ends it.
    pub(super) is_label: bool,
    /// Punctuation that ends a clause ends it.
    pub(super) ends: bool,
}

impl<'t> Piece<'t> {
    fn new(text: &'t str, span: Range<usize>) -> Piece<'t> {
        let token = text.get(span.clone()).unwrap_or_default();
        let open = token.trim_end_matches(['"', '\'', '*', '_']);
        let is_around = |c: char| {
            matches!(c, '"' | '*' | '(' | ')' | '[' | ']' | '.' | ',' | ';' | ':' | '?' | '!' | '<' | '>' | '_')
        };
        let word = token.trim_matches(is_around).trim_matches('\'');
        Piece {
            word,
            span,
            is_label: open.ends_with(':') || open == "=",
            ends: open.ends_with(['.', ',', ';', '?', '!', ')']),
        }
    }
}

fn is_blank(b: u8) -> bool {
    b == b' ' || b == b'\t' || b == b'\r'
}

/// Skips blanks and one line end with the marks of a quoted line; `None` at an empty line or at a second end.
fn gap(bytes: &[u8], from: usize, crossed: &mut bool) -> Option<usize> {
    let mut at = from;
    let mut is_start = false;
    while at < from + 64 {
        match byte(bytes, at) {
            b if is_blank(b) => {}
            b'>' if is_start => {}
            b'\n' if !*crossed => {
                *crossed = true;
                is_start = true;
            }
            b'\n' | 0 => return None,
            _ => return Some(at),
        }
        at += 1;
    }
    None
}

/// Words from `at` on.
pub(super) fn forward(text: &str, at: usize) -> impl Iterator<Item = Piece<'_>> {
    let bytes = text.as_bytes();
    let (mut next, mut crossed) = (at, false);
    std::iter::from_fn(move || {
        let start = gap(bytes, next, &mut crossed)?;
        if start > at + REACH_BYTES {
            return None;
        }
        let rest = text.get(start..floor(text, start + WORD_BYTES_MAX))?;
        let length = rest.bytes().position(|b| is_blank(b) || b == b'\n');
        let end = start + length.unwrap_or(rest.len());
        next = end;
        Some(Piece::new(text, start..end))
    })
}

/// Words before `at`, the nearest first, on the line and the end of the one before.
pub(super) fn back(text: &str, at: usize) -> impl Iterator<Item = Piece<'_>> {
    let bytes = text.as_bytes();
    let least = at.saturating_sub(REACH_BYTES);
    let (mut next, mut crossed) = (at, false);
    std::iter::from_fn(move || {
        let mut end = next;
        while let Some(b) = end.checked_sub(1).map(|i| byte(bytes, i)) {
            if b == b'\n' {
                if crossed {
                    return None;
                }
                crossed = true;
            } else if !is_blank(b) && !(b == b'>' && (end < 2 || byte(bytes, end - 2) == b'\n')) {
                break;
            }
            end -= 1;
        }
        if end <= least {
            return None;
        }
        let from = end.saturating_sub(WORD_BYTES_MAX);
        let head = bytes.get(from..end)?;
        let start = head.iter().rposition(|b| is_blank(*b) || *b == b'\n').map_or(from, |i| from + i + 1);
        next = start;
        let start = crate::text::ceil(text, start);
        Some(Piece::new(text, start..end))
    })
}
