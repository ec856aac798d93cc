//! Our own marks, `[payment card ••••1111 · C7K2QM4X]`: what redaction wrote is never a finding.

use crate::text::{ceil, floor};
use std::ops::Range;

/// Between kind and tag.
const DOT: &str = " \u{b7} ";
/// Stands for hidden characters.
const BULLET: char = '\u{2022}';
/// Characters of a tag.
const TAG_CHARS: usize = 8;
/// Bytes of a mark at most; kinds are words in the ticket's language.
const MARK_BYTES_MAX: usize = 160;

/// The mark that begins at `start`, if one does.
pub(crate) fn at(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = text.get(start..ceil(text, start + MARK_BYTES_MAX))?.strip_prefix('[')?;
    let (kind, after) = rest.split_once(DOT)?;
    let (tag, tail) = after.split_at_checked(TAG_CHARS)?;
    let is_tag = tag.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let (words, shown) = kind.split_once(BULLET).unwrap_or((kind, ""));
    // Digits only after bullets: otherwise brackets would be a way past every rule.
    let is_word = |c: char| c.is_alphabetic() || matches!(c, ' ' | '-' | '/' | '\'' | ',') || u32::from(c) > 0x300;
    let shown = shown.trim_start_matches(BULLET);
    let is_kind = !words.is_empty() && words.chars().all(is_word) && shown.len() <= 4;
    let is_mark = is_tag && is_kind && shown.bytes().all(|b| b.is_ascii_alphanumeric()) && tail.starts_with(']');
    is_mark.then(|| start..start + 1 + kind.len() + DOT.len() + TAG_CHARS + 1)
}

/// A mark that shares a byte with `span`, if there is one.
pub(crate) fn overlapping(text: &str, span: &Range<usize>) -> Option<Range<usize>> {
    let from = floor(text, span.start.saturating_sub(MARK_BYTES_MAX));
    let brackets = text.get(from..ceil(text, span.end))?.match_indices('[');
    brackets.filter_map(|(i, _)| at(text, from + i)).find(|mark| mark.end > span.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let marks = [
            "[payment card ••••1111 · C7K2QM4X]",
            "[password · 9QKD2M7A]",
            "[carte de paiement ••••0005 · AAAA2222]",
            "[パスワード · 9QKD2M7A]",
        ];
        for mark in marks {
            assert_eq!(at(mark, 0), Some(0..mark.len()), "{mark}");
            let text = format!("x {mark} y");
            assert_eq!(overlapping(&text, &(6..8)), Some(2..2 + mark.len()));
            assert_eq!(overlapping(&text, &(0..2)), None);
        }
        for other in [
            "[payment card 4111111111111111 · C7K2QM4X]",
            "[password · 9qkd2m7a]",
            "[password · 9QKD2M7]",
            "[· 9QKD2M7A]",
            "[",
            "[password - 9QKD2M7A]",
        ] {
            assert_eq!(at(other, 0), None, "{other}");
        }
    }
}
