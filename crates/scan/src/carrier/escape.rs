//! Characters written as escapes in running text: entities, percent signs, backslashes, quoted-printable, encoded words,
//! tags between the letters of a word, and values that go on in the next line. One pass reads them all, in windows around
//! them, so that a text without any costs one look at its bytes; an escape within an escape is opened in the next round.

use super::map::{Decoded, Map, reach};
use super::word;
use crate::blocks::{self, BLOCK};
use crate::text::{before, byte, char_before};
use std::ops::Range;

/// Bytes of plain text that are read before the first escape and after the last one, and twice as many between two.
const AROUND_BYTES: usize = 240;
/// Bytes of a tag or comment at most.
const TAG_BYTES_MAX: usize = 256;
/// Bytes of the name of an entity at most.
const ENTITY_BYTES_MAX: usize = 34;
/// Bytes of a quote prefix at most.
const QUOTE_BYTES_MAX: usize = 8;
/// Characters without a blank before a line end that may go on after it without one.
const LONG_WORD: usize = 20;
/// Letters and digits on either side of a line end that are two halves of a key.
const KEY_HALF: usize = 8;

/// Tags within which a word goes on.
const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img",
    "ins", "kbd", "label", "mark", "nobr", "o:p", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup",
    "time", "tt", "u", "var", "wbr",
];

/// One escape: its bytes and what they say.
pub(super) struct Piece {
    pub(super) span: Range<usize>,
    pub(super) says: Says,
}

/// What an escape says.
pub(super) enum Says {
    Nothing,
    Char(char),
    Text(String),
}

/// All windows with escapes, as one text: its span, what it says and the way back.
pub(super) fn read(text: &str) -> Option<(Range<usize>, String, Map)> {
    let mut piece = find(text, 0)?;
    let start = reach(text, piece.span.start, AROUND_BYTES, true);
    let mut decoded = Decoded::default();
    let mut at = start;
    loop {
        let Piece { span, says } = piece;
        if span.start > at + 2 * AROUND_BYTES {
            let (end, start) = (reach(text, at, AROUND_BYTES, false), reach(text, span.start, AROUND_BYTES, true));
            decoded.copy(text, at..end);
            decoded.leave_out(end..start);
            at = start;
        }
        decoded.copy(text, at..span.start);
        at = span.end;
        match says {
            Says::Nothing => decoded.say(span, ""),
            Says::Char(c) => decoded.say(span, c.encode_utf8(&mut [0; 4])),
            Says::Text(said) => decoded.say(span, &said),
        }
        match find(text, at) {
            Some(next) => piece = next,
            None => break,
        }
    }
    let end = reach(text, at, AROUND_BYTES, false);
    decoded.copy(text, at..end);
    let (says, map) = decoded.finish();
    Some((start..end, says, map))
}

fn is_marker(b: u8) -> bool {
    (b == b'%') | (b == b'&') | (b == b'<') | (b == b'=') | (b == b'\\') | (b == b'\n') | (b == b'+')
}

fn next_marker(bytes: &[u8], from: usize) -> usize {
    for at in (from..bytes.len()).step_by(BLOCK) {
        let markers = blocks::mask(&blocks::block(bytes, at), is_marker);
        if markers != 0 {
            return at + markers.trailing_zeros() as usize;
        }
    }
    bytes.len()
}

/// The first escape from `from` on.
fn find(text: &str, from: usize) -> Option<Piece> {
    let bytes = text.as_bytes();
    let mut at = next_marker(bytes, from);
    while at < bytes.len() {
        let read = match byte(bytes, at) {
            b'%' => percent(bytes, at),
            b'&' => entity(text, at),
            b'<' => tags(bytes, at),
            b'=' => equals(text, at),
            b'\\' => backslash(text, at),
            b'+' => plus(bytes, at),
            _ => line_end(text, at),
        };
        if let Some(piece) = read.filter(|p| p.span.start >= from) {
            return Some(piece);
        }
        at = next_marker(bytes, at + 1);
    }
    None
}

fn hex(bytes: &[u8], at: usize) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    Some(digit(byte(bytes, at))? << 4 | digit(byte(bytes, at + 1))?)
}

/// Reads one escape of a byte: the byte, and where it ends.
type ReadByte = fn(&[u8], usize) -> Option<(u8, usize)>;

/// One character of UTF-8 written as escapes of one byte each, which `next` reads; what is no UTF-8 is Latin-1.
fn utf8(bytes: &[u8], at: usize, next: ReadByte) -> Option<Piece> {
    let (first, mut end) = next(bytes, at)?;
    let mut read = vec![first];
    let single = end;
    let length = match first {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => 1,
    };
    while read.len() < length {
        let Some((b, after)) = next(bytes, end).filter(|(b, _)| *b & 0xC0 == 0x80) else { break };
        read.push(b);
        end = after;
    }
    let whole = std::str::from_utf8(&read).ok().and_then(|t| t.chars().next());
    let (c, end) = whole.map_or((char::from(first), single), |c| (c, end));
    Some(Piece { span: at..end, says: Says::Char(c) })
}

fn percent_byte(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    (byte(bytes, at) == b'%').then(|| hex(bytes, at + 1)).flatten().map(|b| (b, at + 3))
}

fn percent(bytes: &[u8], at: usize) -> Option<Piece> {
    if matches!(byte(bytes, at + 1), b'u' | b'U') {
        return code(bytes, at, at + 2, 4);
    }
    utf8(bytes, at, percent_byte)
}

/// The character of a number of some hexadecimal digits.
fn code(bytes: &[u8], start: usize, at: usize, digits: usize) -> Option<Piece> {
    let read = |at: usize| {
        let digits = std::str::from_utf8(bytes.get(at..at + digits)?).ok()?;
        digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    };
    let (mut value, mut end) = (read(at)?, at + digits);
    if (0xD800..0xDC00).contains(&value) && byte(bytes, end) == byte(bytes, start) {
        let low = read(end + 2).filter(|low| (0xDC00..0xE000).contains(low))?;
        value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
        end += 2 + digits;
    }
    Some(Piece { span: start..end, says: Says::Char(char::from_u32(value)?) })
}

fn slash_byte(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let is_escape = byte(bytes, at) == b'\\' && matches!(byte(bytes, at + 1), b'x' | b'X');
    is_escape.then(|| hex(bytes, at + 2)).flatten().map(|b| (b, at + 4))
}

fn backslash(text: &str, at: usize) -> Option<Piece> {
    let bytes = text.as_bytes();
    match byte(bytes, at + 1) {
        b'u' if byte(bytes, at + 2) == b'{' => {
            let digits = bytes.iter().skip(at + 3).take(7).take_while(|b| b.is_ascii_hexdigit()).count();
            let mut piece = code(bytes, at, at + 3, digits).filter(|_| digits > 0)?;
            piece.span.end += 1;
            (byte(bytes, piece.span.end - 1) == b'}').then_some(piece)
        }
        b'u' => code(bytes, at, at + 2, 4),
        b'U' => code(bytes, at, at + 2, 8),
        b'x' | b'X' => utf8(bytes, at, slash_byte),
        b'/' => Some(Piece { span: at..at + 2, says: Says::Char('/') }),
        // A line end within a quoted value; elsewhere it ends a word as it is.
        b'n' if before(bytes, at).is_ascii_digit() && byte(bytes, at + 2).is_ascii_digit() => {
            Some(Piece { span: at..at + 2, says: Says::Char('\n') })
        }
        _ => None,
    }
}

/// A plus that stands for a blank in a form's number.
fn plus(bytes: &[u8], at: usize) -> Option<Piece> {
    let head = bytes.get(at.checked_sub(3)?..at)?;
    let is_group = head.iter().all(u8::is_ascii_digit) && byte(bytes, at + 1).is_ascii_digit();
    is_group.then(|| Piece { span: at..at + 1, says: Says::Char(' ') })
}

fn entity(text: &str, at: usize) -> Option<Piece> {
    let bytes = text.as_bytes();
    let rest = bytes.get(at + 1..).unwrap_or_default();
    let name = rest.iter().take(ENTITY_BYTES_MAX).take_while(|b| b.is_ascii_alphanumeric() || **b == b'#').count();
    let end = at + 1 + name;
    let has_end = byte(bytes, end) == b';';
    let said = match rest.strip_prefix(b"#") {
        // Browsers read a number without its semicolon too.
        Some(number) => {
            let (digits, radix) = match number.strip_prefix(b"x").or(number.strip_prefix(b"X")) {
                Some(digits) => (digits.get(..name.checked_sub(2)?)?, 16),
                None => (number.get(..name.checked_sub(1)?)?, 10),
            };
            let value = u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()?;
            char::from_u32(value).filter(|c| *c != '\0')?.to_string()
        }
        None if has_end && name > 0 => {
            let whole = text.get(at..=end)?;
            let said = html_escape::decode_html_entities(whole);
            if said == whole {
                return None;
            }
            said.into_owned()
        }
        None => return None,
    };
    Some(Piece { span: at..end + usize::from(has_end), says: Says::Text(said) })
}

fn in_value(b: u8) -> bool {
    b.is_ascii_alphanumeric()
        || b >= 0x80
        || matches!(b, b'@' | b'.' | b'-' | b'_' | b'+' | b':' | b'=' | b'/' | b'&' | b';')
}

/// Tags and comments that a value goes through, all that follow each other at once.
fn tags(bytes: &[u8], at: usize) -> Option<Piece> {
    let blank_before = usize::from(before(bytes, at) == b' ');
    let left = before(bytes, at - blank_before);
    if !in_value(left) {
        return None;
    }
    let mut end = at;
    while byte(bytes, end) == b'<' {
        end = one_tag(bytes, end)?;
    }
    let blank_after = usize::from(byte(bytes, end) == b' ');
    let right = byte(bytes, end + blank_after);
    let in_group = |b: u8| b.is_ascii_digit() || b.is_ascii_uppercase();
    let goes_on = match blank_before + blank_after {
        0 => in_value(right),
        _ => in_group(left) && in_group(right),
    };
    goes_on.then_some(Piece { span: at..end, says: Says::Nothing })
}

fn one_tag(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at + 1..)?;
    if rest.starts_with(b"!--") {
        let mut end = rest.iter().take(TAG_BYTES_MAX).zip(rest.iter().skip(1)).zip(rest.iter().skip(2));
        let end = end.position(|((a, b), c)| (*a, *b, *c) == (b'-', b'-', b'>'))?;
        return Some(at + 1 + end + 3);
    }
    let close = rest.iter().take(TAG_BYTES_MAX).position(|b| matches!(b, b'>' | b'<'))?;
    let inside = rest.get(..close).filter(|_| rest.get(close) == Some(&b'>'))?;
    let inside = inside.strip_prefix(b"/").unwrap_or(inside);
    let length = inside.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b':').count();
    let (name, after) = inside.split_at_checked(length)?;
    let is_inline = INLINE.iter().any(|inline| inline.as_bytes().eq_ignore_ascii_case(name));
    (is_inline && matches!(after.first(), None | Some(b' ' | b'/' | b'\n' | b'\r' | b'\t')))
        .then_some(at + 1 + close + 1)
}

fn printable_byte(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    (byte(bytes, at) == b'=').then(|| hex(bytes, at + 1)).flatten().map(|b| (b, at + 3))
}

/// What begins with `=`: an encoded word, a soft line end, or a byte of quoted-printable.
fn equals(text: &str, at: usize) -> Option<Piece> {
    let bytes = text.as_bytes();
    match byte(bytes, at + 1) {
        b'?' => word::read(text, at),
        b'\r' | b'\n' => {
            let end = after_line_end(bytes, at + 1)?;
            let goes_on = before(bytes, at) != b'=' && before(bytes, at) >= b' ' && byte(bytes, end) > b' ';
            goes_on.then_some(Piece { span: at..end, says: Says::Nothing })
        }
        _ => {
            let value = hex(bytes, at + 1)?;
            // `id=4512` is no escape; what stands for a letter or digit does so among others of its kind.
            let in_row = || {
                hex(bytes, at + 4).is_some() && byte(bytes, at + 3) == b'='
                    || at >= 3 && byte(bytes, at - 3) == b'=' && hex(bytes, at - 2).is_some()
            };
            // Encoders write capitals; a letter alone has none of the codes of controls (`status=fails`, `item=8320`).
            let is_plain = |b: u8| !b.is_ascii_lowercase();
            let is_letter = value >= 0xA0 && is_plain(byte(bytes, at + 1)) && is_plain(byte(bytes, at + 2));
            let is_escape = match value {
                b'=' => true,
                0x80.. => is_letter || in_row(),
                b'\t' | b' ' => !byte(bytes, at + 3).is_ascii_alphanumeric() || in_row(),
                _ => in_row(),
            };
            is_escape.then(|| utf8(bytes, at, printable_byte)).flatten()
        }
    }
}

/// Past a line end and the quote prefix after it.
fn after_line_end(bytes: &[u8], at: usize) -> Option<usize> {
    let at = if byte(bytes, at) == b'\r' { at + 1 } else { at };
    if byte(bytes, at) != b'\n' {
        return None;
    }
    let quote = bytes.iter().skip(at + 1).take(QUOTE_BYTES_MAX).take_while(|b| matches!(b, b'>' | b' ')).count();
    Some(at + 1 + quote)
}

/// A line end, with a quote prefix or without, within a value: words of letters and digits on both its sides.
fn line_end(text: &str, at: usize) -> Option<Piece> {
    let bytes = text.as_bytes();
    let end = after_line_end(bytes, at)?;
    if !byte(bytes, end).is_ascii_alphanumeric() {
        return None;
    }
    let mut start = at - usize::from(before(bytes, at) == b'\r');
    let blank = usize::from(before(bytes, start) == b' ');
    start -= blank;
    let is_word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'@' | b'+' | b'/');
    let head = bytes.get(start.saturating_sub(2 * LONG_WORD)..start).unwrap_or_default();
    let left = head.iter().rev().take_while(|b| is_word(**b)).count();
    let right = bytes.iter().skip(end).take(2 * LONG_WORD).take_while(|b| is_word(**b)).count();
    let (left, right) = (head.get(head.len() - left..)?, bytes.get(end..end + right)?);
    if left.is_empty()
        || left.len() < LONG_WORD && char_before(text, start - left.len()).is_some_and(char::is_alphabetic)
    {
        return None;
    }
    let is_mixed = |word: &[u8]| word.iter().any(u8::is_ascii_digit);
    let is_key = |word: &[u8]| word.len() >= KEY_HALF && is_mixed(word) && word.iter().any(u8::is_ascii_alphabetic);
    let is_group = |word: &[u8]| {
        word.len() <= 8 && word.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'-')
    };
    let is_long = left.len() >= LONG_WORD && is_mixed(left) && is_mixed(right);
    let is_address = left.ends_with(b"@") && right.contains(&b'.');
    let is_joined = blank == 0 && (is_long || is_address || is_key(left) && is_key(right));
    if is_joined {
        return Some(Piece { span: start..end, says: Says::Nothing });
    }
    let is_hyphen = left.ends_with(b"-");
    let groups = is_group(left) && is_group(right) && is_mixed(right) && (is_mixed(left) || left.len() <= 4);
    groups.then_some(Piece { span: start..end, says: if is_hyphen { Says::Nothing } else { Says::Char(' ') } })
}
