//! Our own marks, `[payment card ••••1111 · C7K2QM4X]`: what redaction wrote is never a finding.
//!
//! A mark has no room for a value: its kind is one of our words ([`KINDS`]), its tail at most four characters, its tag
//! eight letters of base32. So one that a sender forged hides nothing.

use crate::text::{ceil, floor};
use std::ops::Range;

/// What a value is called in a mark; one more language is more words here.
pub const KINDS: &[&str] = &[
    "IBAN",
    "IP address",
    "Medicare number",
    "NHS number",
    "PIN",
    "access key",
    "access token",
    "age",
    "bank account",
    "card expiry date",
    "card security code",
    "card track data",
    "citizen service number",
    "company number",
    "connection string",
    "crypto address",
    "date",
    "date of birth",
    "driving licence number",
    "e-mail address",
    "hardware address",
    "health number",
    "identity number",
    "link",
    "login header",
    "meeting passcode",
    "name",
    "national insurance number",
    "number plate",
    "one-time code",
    "one-time code key",
    "passport number",
    "password",
    "password or key",
    "payment card",
    "phone number",
    "postal code",
    "private key",
    "protected value",
    "records of many people",
    "recovery codes",
    "recovery phrase",
    "social security number",
    "street address",
    "student record",
    "tax file number",
    "tax number",
    "taxpayer number",
];
/// Stands for what is hidden of a card or account.
pub const DOTS: &str = " \u{2022}\u{2022}\u{2022}\u{2022}";
/// Between kind and tag.
pub const BEFORE_TAG: &str = " \u{b7} ";
/// The same where only ASCII can stand: in the header of a mail, in a text whose charset has no such characters.
const DOTS_PLAIN: &str = " ****";
const BEFORE_TAG_PLAIN: &str = " - ";
/// Letters of a tag (base32, RFC 4648): 40 bits.
pub const TAG_LETTERS: usize = 8;
/// Characters of a card or account that a mark may show.
pub const TAIL_CHARS_MAX: usize = 4;
/// Bytes from the bracket of a mark to its end at most; the longest kind is far shorter.
const MARK_BYTES_MAX: usize = 120;

/// The marks that stand in a text, by start.
pub fn all(text: &str) -> Vec<Range<usize>> {
    let by = |sign| text.match_indices(sign).filter_map(|(dot, _)| around(text, dot));
    let mut all: Vec<Range<usize>> = by(BEFORE_TAG).chain(by(BEFORE_TAG_PLAIN)).collect();
    all.sort_unstable_by_key(|mark| mark.start);
    all
}

/// The mark whose separator stands at `dot`. Looks only as far back as a mark reaches: a text full of what looks like
/// ends of marks costs no more than its length.
fn around(text: &str, dot: usize) -> Option<Range<usize>> {
    let from = floor(text, dot.saturating_sub(MARK_BYTES_MAX));
    let start = from + text.get(from..dot)?.rfind('[')?;
    at(text, start).filter(|mark| mark.contains(&dot))
}

/// The mark that begins at `start`, if one does.
pub(crate) fn at(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = text.get(start..ceil(text, start + MARK_BYTES_MAX))?.strip_prefix('[')?;
    let by = |sign| rest.split_once(sign).and_then(|(head, after)| tagged(head, after, sign));
    by(BEFORE_TAG).or_else(|| by(BEFORE_TAG_PLAIN)).map(|bytes| start..start + 1 + bytes)
}

/// Bytes after the bracket of a mark with this before and after its sign.
fn tagged(head: &str, after: &str, sign: &str) -> Option<usize> {
    let (tag, end) = after.split_at_checked(TAG_LETTERS)?;
    let is_tag = tag.bytes().all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b)) && end.starts_with(']');
    let kind = match head.rsplit_once(DOTS).or_else(|| head.rsplit_once(DOTS_PLAIN)) {
        Some((kind, tail)) if is_tail(tail) => kind,
        _ => head,
    };
    (is_tag && KINDS.contains(&kind)).then(|| head.len() + sign.len() + TAG_LETTERS + 1)
}

/// May a mark show this?
pub fn is_tail(tail: &str) -> bool {
    (1..=TAIL_CHARS_MAX).contains(&tail.len()) && tail.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// A mark that shares a byte with `span`, if there is one.
pub(crate) fn overlapping(text: &str, span: &Range<usize>) -> Option<Range<usize>> {
    let from = floor(text, span.start.saturating_sub(MARK_BYTES_MAX));
    let brackets = text.get(from..ceil(text, span.end))?.match_indices('[');
    brackets.filter_map(|(i, _)| at(text, from + i)).find(|mark| mark.end > span.start)
}

/// Is all that a span holds within marks? A mark hides itself alone: what a sender wrote against one, or around one, is
/// no part of it. Only letters and digits count, since quotes and full stops around a mark are no value.
pub(crate) fn hides(text: &str, span: &Range<usize>) -> bool {
    let outside = |range: Range<usize>| text.get(range).is_none_or(|t| t.chars().any(char::is_alphanumeric));
    let mut at = span.start;
    let mut touched = false;
    while let Some(mark) = overlapping(text, &(at..span.end)) {
        if mark.start > at && outside(at..mark.start) {
            return false;
        }
        touched = true;
        at = mark.end;
        if at >= span.end {
            return true;
        }
    }
    touched && !outside(at..span.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let marks = [
            "[payment card ••••1111 · C7K2QM4X]",
            "[password · QKDAM7AX]",
            "[IBAN ••••3000 · C7K2QM4X]",
            "[payment card ****1111 - C7K2QM4X]",
            "[password - QKDAM7AX]",
        ];
        for mark in marks {
            assert_eq!(at(mark, 0), Some(0..mark.len()), "{mark}");
            let text = format!("x {mark} y");
            assert_eq!(all(&text).first(), Some(&(2..2 + mark.len())));
            assert_eq!(overlapping(&text, &(6..8)), Some(2..2 + mark.len()));
            assert_eq!(overlapping(&text, &(0..2)), None);
        }
        for other in [
            "[payment card 4111111111111111 · C7K2QM4X]",
            "[payment card ••••11111 · C7K2QM4X]",
            "[swordfish · C7K2QM4X]",
            "[password swordfish · C7K2QM4X]",
            "[password · 1KDAM7AX]",
            "[password · qkdam7ax]",
            "[password · QKDAM7A]",
            "[password · QKDAM7AXX]",
            "[· QKDAM7AX]",
            "[",
            "[password - QKDAM7A]",
            "[password swordfish - C7K2QM4X]",
        ] {
            assert_eq!(at(other, 0), None, "{other}");
        }
    }
}
