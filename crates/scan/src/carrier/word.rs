//! Encoded words of RFC 2047 that were left in text, such as a subject that was encoded twice.

use super::escape::{Piece, Says};
use crate::text::byte;
use crate::validator::decode_base64;

/// Bytes of an encoded word that are read; RFC 2047 allows 75.
const WORD_BYTES_MAX: usize = 1_024;
/// Bytes of the name of its charset.
const CHARSET_BYTES_MAX: usize = 40;

/// The encoded word at `at`, with the blanks to the next one.
pub(super) fn read(text: &str, at: usize) -> Option<Piece> {
    let rest = text.get(at..)?.strip_prefix("=?")?;
    let name = rest.bytes().take(CHARSET_BYTES_MAX).take_while(|b| b.is_ascii_graphic() && *b != b'?').count();
    let rest = rest.get(name..)?.strip_prefix('?')?;
    let mut chars = rest.chars();
    let (encoding, content) = (chars.next()?, chars.as_str().strip_prefix('?')?);
    let length = content.bytes().take(WORD_BYTES_MAX).position(|b| matches!(b, b'?' | b'\n'))?;
    let (content, after) = content.split_at_checked(length)?;
    let after = after.strip_prefix("?=")?;
    let decoded = match encoding {
        'b' | 'B' => decode_base64(content.trim_end_matches('=').as_bytes())?,
        'q' | 'Q' => quoted(content.as_bytes()),
        _ => return None,
    };
    // Other charsets have ASCII where values are.
    let says = String::from_utf8(decoded).unwrap_or_else(|e| e.into_bytes().into_iter().map(char::from).collect());
    let blanks = after.len() - after.trim_start().len();
    let blanks = if after.trim_start().starts_with("=?") { blanks } else { 0 };
    Some(Piece { span: at..text.len() - after.len() + blanks, says: Says::Text(says) })
}

fn quoted(content: &[u8]) -> Vec<u8> {
    let hex = |at: usize| char::from(byte(content, at)).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let (mut out, mut at) = (Vec::with_capacity(content.len()), 0);
    while let Some(b) = content.get(at) {
        at += 1;
        out.push(match (b, hex(at), hex(at + 1)) {
            (b'=', Some(high), Some(low)) => {
                at += 2;
                high << 4 | low
            }
            (b'_', ..) => b' ',
            _ => *b,
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let cases = [
            ("=?utf-8?q?card_4929=20x?= y", Some(("card 4929 x", 25))),
            ("=?UTF-8?B?Y2FyZA==?= =?utf-8?q?x?=", Some(("card", 21))),
            ("=?iso-8859-1?Q?caf=E9?=", Some(("café", 23))),
            ("=?utf-8?x?card?=", None),
            ("=?utf-8?q?card", None),
            ("=?a?b", None),
        ];
        for (text, wanted) in cases {
            let read = read(text, 0).map(|p| match p.says {
                Says::Text(said) => (said, p.span.end),
                _ => (String::new(), 0),
            });
            assert_eq!(read.as_ref().map(|(said, end)| (said.as_str(), *end)), wanted, "{text}");
        }
    }
}
