//! Values with parameters (RFC 2045 5.1, RFC 2183), continued and encoded ones included (RFC 2231).

use super::encoded::{decode_words, hex_pair};
use super::unfold;
use crate::parse::decode::decode_charset;

/// A value with parameters: `Content-Type`, `Content-Disposition`.
#[derive(Clone, Default)]
pub(crate) struct Structured {
    /// The value, in lower case, without comments.
    pub(crate) value: String,
    /// Names in lower case, values decoded; the first of a name counts.
    pub(crate) params: Vec<(String, String)>,
}

impl Structured {
    /// A parameter's value.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// Most parameters that are read; real fields have under ten.
const PARAMS_MAX: usize = 64;

/// Reads a value with parameters.
pub(crate) fn structured(value: &[u8]) -> Structured {
    let text = unfold(value);
    let mut segments = segments(&text);
    let value = strip_comments(segments.next().unwrap_or_default()).to_ascii_lowercase();
    let value: String = value.split_whitespace().collect::<Vec<_>>().join("");
    let mut plain: Vec<(String, String)> = Vec::new();
    let mut extended: Vec<Piece> = Vec::new();
    for segment in segments.take(PARAMS_MAX) {
        let Some((name, value)) = segment.split_once('=') else { continue };
        let name = strip_comments(name).trim().to_ascii_lowercase();
        let value = param_value(value, &name);
        match Piece::parse(&name, &value) {
            Some(piece) => extended.push(piece),
            None if name.is_empty() => {}
            None => plain.push((name, decode_words(&value))),
        }
    }
    let mut params = assemble(extended);
    params.extend(plain);
    Structured { value, params }
}

/// Splits at semicolons outside of quoted strings.
fn segments(text: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |c: char| {
        if escaped {
            escaped = false;
            return false;
        }
        match c {
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ';' => return !quoted,
            _ => {}
        }
        false
    })
}

/// Text without its comments (RFC 5322 3.2.2).
pub(crate) fn strip_comments(text: &str) -> String {
    let mut depth = 0_u32;
    text.chars()
        .filter(|c| {
            match c {
                '(' => depth += 1,
                ')' if depth > 0 => {
                    depth -= 1;
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect()
}

/// A parameter's value without quotes. Names of files are often written without the quotes that they need.
fn param_value(value: &str, name: &str) -> String {
    let value = value.trim();
    if let Some(rest) = value.strip_prefix('"') {
        let mut out = String::with_capacity(rest.len());
        let mut chars = rest.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' => break,
                // A backslash before anything else is part of a path that a careless writer put here.
                '\\' => match chars.next_if(|c| matches!(c, '"' | '\\')) {
                    Some(c) => out.push(c),
                    None => out.push('\\'),
                },
                c => out.push(c),
            }
        }
        return out;
    }
    if name.starts_with("name") || name.starts_with("filename") {
        return value.to_owned();
    }
    value.split([' ', '\t', '(']).next().unwrap_or_default().to_owned()
}

/// One piece of a parameter in RFC 2231 form: `name*`, `name*0`, `name*0*`.
struct Piece {
    name: String,
    number: u32,
    encoded: bool,
    value: String,
}

impl Piece {
    fn parse(name: &str, value: &str) -> Option<Piece> {
        let (base, rest) = name.split_once('*')?;
        let (number, encoded) = match rest.strip_suffix('*') {
            Some(number) => (number, true),
            None if rest.is_empty() => ("0", true),
            None => (rest, false),
        };
        let number = number.parse().ok()?;
        Some(Piece { name: base.to_owned(), number, encoded, value: value.to_owned() })
    }
}

/// Joins pieces, in the order of their numbers and whatever is missing, and decodes each parameter once.
fn assemble(mut pieces: Vec<Piece>) -> Vec<(String, String)> {
    pieces.sort_by(|a, b| (&a.name, a.number).cmp(&(&b.name, b.number)));
    let mut out = Vec::new();
    for group in pieces.chunk_by(|a, b| a.name == b.name) {
        let Some(first) = group.first() else { continue };
        let mut charset = None;
        let mut octets = Vec::new();
        for (at, piece) in group.iter().enumerate() {
            let mut value = piece.value.as_str();
            if at == 0 && piece.encoded {
                let mut parts = value.splitn(3, '\'');
                if let (Some(set), Some(_), Some(rest)) = (parts.next(), parts.next(), parts.next()) {
                    charset = Some(set);
                    value = rest;
                }
            }
            if piece.encoded { percent_decode(value, &mut octets) } else { octets.extend(value.as_bytes()) }
        }
        let text = decode_charset(&octets, charset.filter(|c| !c.is_empty())).0;
        out.push((first.name.clone(), decode_words(&text)));
    }
    out
}

fn percent_decode(value: &str, out: &mut Vec<u8>) {
    let mut rest = value.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        match tail.get(..2).and_then(hex_pair).filter(|_| first == b'%') {
            Some(octet) => {
                out.push(octet);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => out.push(first),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters() {
        type Params<'a> = &'a [(&'a str, &'a str)];
        let cases: &[(&str, &str, Params<'_>)] = &[
            ("Text/Plain; Charset=UTF-8", "text/plain", &[("charset", "UTF-8")]),
            ("text/plain (a; b); charset=\"us-ascii\" (c)", "text/plain", &[("charset", "us-ascii")]),
            ("a/b; name=two words (1).txt", "a/b", &[("name", "two words (1).txt")]),
            ("a/b; name=\"C:\\tmp\\x \\\"y\\\".txt\"", "a/b", &[("name", "C:\\tmp\\x \"y\".txt")]),
            ("a/b; name=\"a;b\"; x=y", "a/b", &[("name", "a;b"), ("x", "y")]),
            ("a; filename*=iso-8859-1'en'%e4.txt", "a", &[("filename", "\u{e4}.txt")]),
            ("a; filename*1=b.txt; filename*0*=utf-8''%C3", "a", &[("filename", "\u{fffd}b.txt")]),
            ("a; filename*0*=utf-8''%C3; filename*1*=%A4; filename*3=c", "a", &[("filename", "\u{e4}c")]),
            ("a; filename=plain; filename*=utf-8''star", "a", &[("filename", "star"), ("filename", "plain")]),
            ("a; name=\"=?utf-8?Q?=C3=A4?=\"", "a", &[("name", "\u{e4}")]),
            ("", "", &[]),
            (";;=;a=", "", &[("a", "")]),
        ];
        for (text, value, params) in cases {
            let got = structured(text.as_bytes());
            let pairs: Vec<(&str, &str)> = got.params.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            assert_eq!((got.value.as_str(), pairs.as_slice()), (*value, *params), "{text}");
        }
    }
}
