//! Encoded words (RFC 2047).

use crate::parse::decode::{base64, decode_word};
use std::borrow::Cow;

/// Replaces the encoded words of a text. Neighbours are joined without the blank between them, and octets of neighbours
/// in one charset are joined before they are decoded, since writers split characters.
pub(crate) fn decode_words(text: &str) -> String {
    if !text.contains("=?") {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut pending: Option<(String, Vec<u8>)> = None;
    let mut ends = Ends { text, next: Some(0) };
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
        let Some(found) = rest.find("=?") else { break };
        let start = at + found;
        let between = text.get(at..start).unwrap_or_default();
        match encoded_word(text, start, &mut ends) {
            Some((charset, octets, end)) => {
                let joins = pending.is_some() && between.chars().all(char::is_whitespace);
                match &mut pending {
                    Some((same, all)) if joins && same.eq_ignore_ascii_case(&charset) => all.extend(octets),
                    _ => {
                        flush(&mut pending, &mut out);
                        if !joins {
                            out.push_str(between);
                        }
                        pending = Some((charset, octets));
                    }
                }
                at = end;
            }
            None => {
                flush(&mut pending, &mut out);
                out.push_str(between);
                out.push_str("=?");
                at = start + 2;
            }
        }
    }
    flush(&mut pending, &mut out);
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

fn flush(pending: &mut Option<(String, Vec<u8>)>, out: &mut String) {
    if let Some((charset, octets)) = pending.take() {
        out.extend(decode_word(&octets, &charset).chars().filter(|c| !matches!(c, '\r' | '\n')));
    }
}

/// Finds `?=` from rising positions on, each stretch looked at once.
struct Ends<'t> {
    text: &'t str,
    next: Option<usize>,
}

impl Ends<'_> {
    fn from(&mut self, at: usize) -> Option<usize> {
        let known = self.next?;
        if known < at || known == 0 {
            self.next = self.text.get(at..)?.find("?=").map(|n| at + n);
        }
        self.next
    }
}

/// Charset, octets and end of the encoded word that starts at a position.
fn encoded_word(text: &str, start: usize, ends: &mut Ends<'_>) -> Option<(String, Vec<u8>, usize)> {
    let inner = text.get(start + 2..)?;
    let window = inner.get(..inner.len().min(64)).or_else(|| inner.get(..inner.find('?')?))?;
    let (charset, rest) = window.split_once('?')?;
    // A language may follow the charset (RFC 2231 section 5).
    let charset = charset.split_once('*').map_or(charset, |(c, _)| c);
    let mut rest = rest.chars();
    let encoding = rest.next()?.to_ascii_lowercase();
    if rest.next()? != '?' || charset.is_empty() || charset.contains(char::is_whitespace) {
        return None;
    }
    let data_at = start + 2 + window.find('?')? + 3;
    let end = ends.from(data_at)?;
    let data = text.get(data_at..end)?;
    let octets = match encoding {
        'b' => base64(data.as_bytes()).0,
        'q' => q_decode(data, charset),
        _ => return None,
    };
    Some((charset.to_owned(), octets, end + 2))
}

fn q_decode(data: &str, charset: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    // Octets above 127 that stand here against the rules are in the word's own charset; they were read as windows-1252.
    let octets = match charset.to_ascii_lowercase().starts_with("utf") {
        true => Cow::Borrowed(data.as_bytes()),
        false => encoding_rs::WINDOWS_1252.encode(data).0,
    };
    let mut rest = octets.as_ref();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'_' => out.push(b' '),
            b'=' => match tail.get(..2).and_then(hex_pair) {
                Some(octet) => {
                    out.push(octet);
                    rest = tail.get(2..).unwrap_or_default();
                }
                None => out.push(b'='),
            },
            other => out.push(other),
        }
    }
    out
}

pub(super) fn hex_pair(pair: &[u8]) -> Option<u8> {
    let digit = |at: usize| pair.get(at).and_then(|&b| char::from(b).to_digit(16));
    Some((digit(0)? * 16 + digit(1)?) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_words() {
        let cases = [
            ("plain", "plain"),
            ("=?utf-8?Q?a=C3=A4_b?=", "a\u{e4} b"),
            ("=?ISO-8859-1?B?5A==?= x", "\u{e4} x"),
            ("=?utf-8?B?w6Q=?=  =?utf-8?B?w6Q=?=", "\u{e4}\u{e4}"),
            ("=?utf-8?B?w6Q=?= =?iso-8859-1?Q?=E4?=", "\u{e4}\u{e4}"),
            ("=?utf-8*de?Q?x?=", "x"),
            ("=?utf-8?Q?=41?=b", "Ab"),
            ("=?utf-8?X?a?=", "=?utf-8?X?a?="),
            ("=?utf-8?Q?open", "=?utf-8?Q?open"),
            ("=?iso-8859-1?Q?Fr\u{f6}sche?=", "Fr\u{f6}sche"),
            ("=?iso-2022-jp?B?GyRCJUYbKEI=?=", "\u{30c6}"),
            ("a=?b", "a=?b"),
            ("=?", "=?"),
        ];
        for (text, want) in cases {
            assert_eq!(decode_words(text), want, "{text}");
        }
    }
}
