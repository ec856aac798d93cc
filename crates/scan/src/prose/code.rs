//! Credentials in programs, configuration and markup: what a plain `name = value` does not cover.

use super::value::{self, Form, Said};
use super::words::{EMPTY, FOLLOWER};
use super::{Found, Keyword, Wanted, blanks, closers, separator};
use crate::text::{before, byte, floor};
use std::ops::Range;

/// Bytes of a name after its keyword.
const NAME_BYTES_MAX: usize = 32;
/// Bytes of tags that are skipped.
const TAG_BYTES_MAX: usize = 120;
/// Ends of names that say that no password is kept there: `password_hash_file`.
const OTHER_ENDS: &[&str] = &[
    "url",
    "uri",
    "path",
    "dir",
    "id",
    "ids",
    "name",
    "host",
    "port",
    "ttl",
    "age",
    "count",
    "file",
    "hash",
    "length",
    "len",
    "size",
    "type",
    "expires",
    "expiry",
    "date",
    "time",
    "at",
    "enabled",
    "required",
    "algorithm",
    "alg",
    "env",
    "ref",
    "arn",
    "secretname",
    "field",
    "label",
    "hint",
    "prompt",
    "reset",
    "regex",
    "pattern",
    "policy",
    "min",
    "max",
    "encoder",
    "command",
    "manager",
    "provider",
];

fn is_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

fn is_quote(b: u8) -> bool {
    matches!(b, b'"' | b'\'' | b'`')
}

/// Where a name of a program that goes on at `at` ends.
pub(super) fn name_end(bytes: &[u8], at: usize) -> usize {
    at + bytes.iter().skip(at).take(NAME_BYTES_MAX).take_while(|b| is_name(**b)).count()
}

/// Does a comparison, a call, an index or an attribute with the value follow a name?
pub(super) fn is_code(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    quoted(bytes, at).is_some() || byte(bytes, at) == b'"' && attribute_value(text, at + 1).is_some()
}

/// `password_prod = "x"`: the keyword is a part of a longer name.
pub(super) fn read_name(keyword: &Keyword<'_>) -> Option<Found> {
    let bytes = keyword.bytes();
    if !matches!(keyword.wanted, Wanted::Password | Wanted::Key) {
        return None;
    }
    let mut end = keyword.end;
    while matches!(byte(bytes, end), b'_' | b'-') || is_name(byte(bytes, end)) {
        end += 1;
        if end > keyword.end + NAME_BYTES_MAX {
            return None;
        }
    }
    let tail = keyword.text.get(keyword.end..end)?;
    let is_other = |part: &str| {
        OTHER_ENDS.iter().any(|w| w.eq_ignore_ascii_case(part))
            || part.len() > 2 && keyword.roles(part) & (FOLLOWER | EMPTY) != 0
    };
    if tail.split(['_', '-']).any(is_other) || tail.split_inclusive(char::is_uppercase).count() > 8 {
        return None;
    }
    if let Some(start) = quoted(bytes, end) {
        return value::at(keyword, start, Said::Stated, Form::Equals);
    }
    let (after, form) = separator(keyword.text, end)?;
    let is_quoted = is_quote(byte(bytes, blanks(bytes, after)));
    let is_env = form == Form::Equals && byte(bytes, after) != b' ' && byte(bytes, end) == b'=';
    (is_quoted || is_env).then(|| value::at(keyword, after, Said::Stated, form)).flatten()
}

/// The opening quote of what a name is compared with, called with, or set to by an index or a method.
fn quoted(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = blanks(bytes, at);
    // char password[25] = "x"
    if byte(bytes, at) == b'[' {
        at += bytes.iter().skip(at).take(12).position(|b| *b == b']')? + 1;
        at = blanks(bytes, at);
        at += usize::from(byte(bytes, at) == b'=');
    } else if matches!(byte(bytes, at), b'=' | b'!') && byte(bytes, at + 1) == b'=' {
        at += 2 + usize::from(byte(bytes, at + 2) == b'=');
    } else {
        // secret.assign("x"), secret("x"), password.equals("x")
        if byte(bytes, at) == b'.' {
            at = name_end(bytes, at + 1);
        }
        if byte(bytes, at) != b'(' {
            return None;
        }
        at += 1;
    }
    at = blanks(bytes, at);
    at += usize::from(matches!(byte(bytes, at), b'@' | b'L' | b'b' | b'r') && is_quote(byte(bytes, at + 1)));
    is_quote(byte(bytes, at)).then_some(at)
}

/// Forms that no separator or sentence covers.
pub(super) fn read(keyword: &Keyword<'_>, at: usize) -> Option<Found> {
    if !matches!(keyword.wanted, Wanted::Password | Wanted::Key) {
        return None;
    }
    let bytes = keyword.bytes();
    // Two letters and a bracket stand in any encoded file.
    if let Some(start) = quoted(bytes, at).filter(|_| keyword.word.len() >= 4) {
        return value::at(keyword, start, Said::Stated, Form::Equals);
    }
    match byte(bytes, at) {
        b'>' => return element(keyword, at),
        b'<' => return after_tags(keyword, at),
        _ => {}
    }
    let colon = at + usize::from(byte(bytes, at) == b':');
    if byte(bytes, colon) == b'<' {
        return after_tags(keyword, colon);
    }
    let end = closers(bytes, at);
    at_quote(keyword, end)
        .or_else(|| attribute(keyword, end))
        .or_else(|| compared(keyword).and_then(|span| value::quoted(keyword, span, Said::Stated)))
}

/// `private_key "x";`, `IDENTIFIED BY 'x'`, `-Password "x"`: a quote opens after the name and a space.
fn at_quote(keyword: &Keyword<'_>, end: usize) -> Option<Found> {
    let bytes = keyword.bytes();
    let start = blanks(bytes, end);
    if keyword.is_weak || start == end || !is_quote(byte(bytes, start)) {
        return None;
    }
    value::at(keyword, start, Said::Beside, Form::Equals)
}

/// `<password>x</password>`
fn element(keyword: &Keyword<'_>, at: usize) -> Option<Found> {
    let bytes = keyword.bytes();
    let head = bytes.get(keyword.word.start.saturating_sub(40)..keyword.word.start)?;
    let open = head.iter().rposition(|b| *b == b'<')?;
    let is_open = head.get(open + 1..)?.iter().all(|b| is_name(*b) || matches!(b, b':' | b'-' | b'.'));
    is_open.then(|| value::element(keyword, at + 1)).flatten()
}

/// `<td>Password</td><td>x</td>`, `<key>password</key><string>x</string>`
fn after_tags(keyword: &Keyword<'_>, at: usize) -> Option<Found> {
    let bytes = keyword.bytes();
    let mut next = at;
    while byte(bytes, next) == b'<' {
        let tag = bytes.iter().skip(next).take(TAG_BYTES_MAX).position(|b| *b == b'>')?;
        next += tag + 1;
        let mut space = bytes.iter().skip(next).take(40).take_while(|b| b.is_ascii_whitespace()).count();
        if byte(bytes, next + space) == b':' {
            space += 1;
            space += bytes.iter().skip(next + space).take(40).take_while(|b| b.is_ascii_whitespace()).count();
        }
        next += space;
        if next > at + 2 * TAG_BYTES_MAX {
            return None;
        }
    }
    value::element(keyword, next)
}

/// `name="password" value="x"`, `- name: DB_PASSWORD` over `value: x`
fn attribute(keyword: &Keyword<'_>, end: usize) -> Option<Found> {
    value::at(keyword, attribute_value(keyword.text, end)?, Said::Assigned, Form::Equals)
}

/// Where the value of an attribute `value` begins that follows at `end`.
fn attribute_value(text: &str, end: usize) -> Option<usize> {
    let rest = text.get(end..floor(text, end + 48))?;
    let lead = rest.trim_start_matches([' ', '\t', '\r', '\n', ',', '"', '\'', '-']);
    let value = lead.get(..5).filter(|v| v.eq_ignore_ascii_case("value"))?;
    let at = value.as_ptr() as usize - text.as_ptr() as usize + 5;
    if at == end + 5 {
        return None;
    }
    separator(text, at).map(|(after, _)| after)
}

/// `"x" == password`
fn compared(keyword: &Keyword<'_>) -> Option<Range<usize>> {
    let bytes = keyword.bytes();
    let mut at = keyword.word.start;
    while is_name(before(bytes, at)) && at + NAME_BYTES_MAX > keyword.word.start {
        at -= 1;
    }
    while before(bytes, at) == b' ' {
        at -= 1;
    }
    let signs = bytes.get(..at)?.iter().rev().take(3).take_while(|b| matches!(b, b'=' | b'!')).count();
    if signs < 2 {
        return None;
    }
    at -= signs;
    while before(bytes, at) == b' ' {
        at -= 1;
    }
    let quote = before(bytes, at);
    if !is_quote(quote) {
        return None;
    }
    let end = at - 1;
    let length = bytes.get(..end)?.iter().rev().take(120).position(|b| *b == quote)?;
    Some(end - length..end)
}

/// `password: string = "x"`: the value stands behind the type.
pub(super) fn typed(keyword: &Keyword<'_>, after: usize) -> Option<Found> {
    let bytes = keyword.bytes();
    let mut at = blanks(bytes, after);
    let start = at;
    while is_name(byte(bytes, at)) || matches!(byte(bytes, at), b'&' | b'?' | b'<' | b'>' | b'|' | b'\'') {
        at += 1;
        if at > start + 24 {
            return None;
        }
    }
    let sign = blanks(bytes, at);
    if at == start || sign == at || byte(bytes, sign) != b'=' {
        return None;
    }
    let value = blanks(bytes, sign + 1);
    is_quote(byte(bytes, value)).then(|| value::at(keyword, value, Said::Assigned, Form::Equals)).flatten()
}
