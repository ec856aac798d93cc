//! The values of header fields: folding, encoded words (RFC 2047), parameters (RFC 2045, RFC 2231), addresses (RFC 5322
//! 3.4), message ids and dates. Everything is linear in the length of the field.

use super::decode::{base64, decode_charset};
use mail_parser::DateTime;
use std::borrow::Cow;

/// Largest number of octets of a message id that is kept.
const MESSAGE_ID_BYTES_MAX: usize = 250;

/// The value on one line, in its charset: UTF-8 if it is that, else windows-1252 (nobody declares one here).
pub(crate) fn unfold(value: &[u8]) -> String {
    let octets: Vec<u8> = value.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
    decode_charset(octets.trim_ascii(), None).0
}

/// The value as a person reads it: unfolded, encoded words decoded.
pub(crate) fn words(value: &[u8]) -> String {
    decode_words(&unfold(value))
}

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
        out.extend(decode_charset(&octets, Some(&charset)).0.chars().filter(|c| !matches!(c, '\r' | '\n')));
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

fn hex_pair(pair: &[u8]) -> Option<u8> {
    let digit = |at: usize| pair.get(at).and_then(|&b| char::from(b).to_digit(16));
    Some((digit(0)? * 16 + digit(1)?) as u8)
}

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

fn strip_comments(text: &str) -> String {
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

/// A mailbox as written.
pub(crate) struct Mailbox {
    /// Display name, or the comment that stands for one.
    pub(crate) name: String,
    /// Address, or what stands in its place.
    pub(crate) address: String,
}

/// The mailboxes of an address field, groups flattened; at most `max`, and whether that was all. Names of groups are
/// given beside them, since a person wrote them too.
pub(crate) fn addresses(value: &[u8], max: usize) -> (Vec<Mailbox>, Vec<String>, bool) {
    let text = unfold(value);
    let mut reader = Reader { found: Vec::new(), groups: Vec::new(), current: Current::default(), max, complete: true };
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => reader.current.quoted(&mut chars),
            '(' => reader.current.comment(&mut chars),
            '<' if reader.current.angle.is_none() => reader.current.angle(&mut chars),
            ',' => reader.end(),
            ';' => reader.end(),
            ':' if reader.current.angle.is_none() && !reader.current.bare.contains('@') => reader.group(),
            c => reader.current.push(c),
        }
    }
    reader.end();
    (reader.found, reader.groups, reader.complete)
}

struct Reader {
    found: Vec<Mailbox>,
    groups: Vec<String>,
    current: Current,
    max: usize,
    complete: bool,
}

/// The mailbox being read.
#[derive(Default)]
struct Current {
    /// What stands before the angle bracket, quotes taken off.
    phrase: String,
    /// The same with its quotes: the address, if no angle bracket comes.
    bare: String,
    comment: String,
    angle: Option<String>,
}

type Chars<'t> = std::iter::Peekable<std::str::Chars<'t>>;

impl Current {
    fn push(&mut self, c: char) {
        self.phrase.push(c);
        self.bare.push(c);
    }

    fn quoted(&mut self, chars: &mut Chars<'_>) {
        self.bare.push('"');
        while let Some(c) = chars.next() {
            match c {
                '"' => break,
                '\\' => {
                    if let Some(c) = chars.next() {
                        self.phrase.push(c);
                        self.bare.extend(['\\', c]);
                    }
                }
                c => self.push(c),
            }
        }
        self.bare.push('"');
    }

    fn comment(&mut self, chars: &mut Chars<'_>) {
        let mut depth = 1_u32;
        if !self.comment.is_empty() {
            self.comment.push(' ');
        }
        while let Some(c) = chars.next() {
            match c {
                '(' => depth += 1,
                ')' if depth == 1 => return,
                ')' => depth -= 1,
                '\\' => {
                    self.comment.extend(chars.next());
                    continue;
                }
                _ => {}
            }
            self.comment.push(c);
        }
    }

    fn angle(&mut self, chars: &mut Chars<'_>) {
        let mut inner = String::new();
        let mut quoted = false;
        for c in chars.by_ref() {
            match c {
                '"' => quoted = !quoted,
                '<' if !quoted => continue,
                '>' if !quoted => break,
                _ => {}
            }
            inner.push(c);
        }
        while chars.next_if_eq(&'>').is_some() {}
        // A source route (RFC 5322 4.4) says nothing of the mailbox.
        let address = match inner.trim().split_once(':') {
            Some((route, address)) if route.starts_with('@') => address,
            Some((scheme, address)) if scheme.eq_ignore_ascii_case("mailto") => address,
            _ => inner.trim(),
        };
        self.angle = Some(strip_comments(address).split_whitespace().collect());
    }

    fn mailbox(self) -> Option<Mailbox> {
        let clean = |text: &str| decode_words(text).split_whitespace().collect::<Vec<_>>().join(" ");
        let comment = clean(&self.comment);
        let phrase = clean(&self.phrase);
        if let Some(address) = self.angle {
            let name = if phrase.is_empty() { comment } else { phrase };
            return (!name.is_empty() || !address.is_empty()).then_some(Mailbox { name, address });
        }
        if !self.bare.contains('@') {
            let name = if phrase.is_empty() { comment } else { phrase };
            return (!name.is_empty()).then_some(Mailbox { name, address: String::new() });
        }
        // A quoted local part may hold blanks.
        let bare = self.bare.trim();
        if bare.starts_with('"')
            && bare.rsplit_once("\"@").is_some_and(|(_, domain)| !domain.contains(char::is_whitespace))
        {
            return Some(Mailbox { name: comment, address: bare.to_owned() });
        }
        // Blanks around the dots and the at sign are allowed; a blank elsewhere divides a name from an address.
        let squeezed = squeeze(&self.bare);
        let address = squeezed.split(' ').find(|w| w.contains('@')).unwrap_or_default().to_owned();
        let rest = squeezed.split(' ').filter(|w| *w != address).collect::<Vec<_>>().join(" ");
        let name = if rest.is_empty() { comment } else { clean(rest.trim_matches('"')) };
        let address = address.strip_prefix("mailto:").unwrap_or(&address).to_owned();
        Some(Mailbox { name, address })
    }
}

/// Blanks made single, and none around `@` and `.`.
fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let joins = word.starts_with(['@', '.']) || out.ends_with(['@', '.']);
        if !out.is_empty() && !joins {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

impl Reader {
    fn end(&mut self) {
        if let Some(mailbox) = std::mem::take(&mut self.current).mailbox() {
            if self.found.len() < self.max {
                self.found.push(mailbox);
            } else {
                self.complete = false;
            }
        }
    }

    fn group(&mut self) {
        let group = std::mem::take(&mut self.current);
        let name = decode_words(group.phrase.trim());
        if !name.is_empty() && self.groups.len() < self.max {
            self.groups.push(name);
        }
    }
}

/// Message ids (RFC 5322 3.6.4) without `<>`: no blanks, no control characters, at most 250 octets; at most `max`.
pub(crate) fn message_ids(value: &[u8], max: usize) -> Vec<String> {
    let text = unfold(value);
    let inside = |part: &str| part.split_once('>').map(|(id, _)| id.to_owned());
    let mut ids: Vec<String> =
        text.split('<').skip(1).filter_map(inside).filter_map(|id| message_id(&id)).take(max).collect();
    if ids.is_empty() {
        // Some writers leave the brackets out.
        let outside = strip_comments(&text);
        let alone = outside.split_whitespace().count() == 1;
        let plausible = |w: &&str| (alone || w.contains('@')) && !w.contains(['"', ',', ';']);
        ids = outside.split_whitespace().filter(plausible).filter_map(message_id).take(max).collect();
    }
    ids
}

fn message_id(text: &str) -> Option<String> {
    let id: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let id = id.trim_matches(['<', '>']);
    let good = !id.is_empty() && id.len() <= MESSAGE_ID_BYTES_MAX && !id.chars().any(|c| c.is_control() || c == '<');
    good.then(|| id.to_owned())
}

/// A date (RFC 5322 3.3, with the usual departures) in seconds since 1970, UTC.
pub(crate) fn date(value: &[u8]) -> Option<i64> {
    /// Longer ones are comments upon comments.
    const DATE_BYTES_MAX: usize = 400;
    if value.len() > DATE_BYTES_MAX {
        return None;
    }
    let text = strip_comments(&unfold(value));
    let date = match text.trim().get(..5).filter(|t| t.ends_with('-')) {
        Some(_) => DateTime::parse_rfc3339(text.trim())?,
        None => DateTime::parse_rfc822(&format!("{}\n", regular_date(&text)))?,
    };
    let seconds = date.is_valid().then(|| date.to_timestamp())?;
    // 0001-01-01 to 9999-12-31, what RFC 3339 can write.
    (-62_135_596_800..=253_402_300_799).contains(&seconds).then_some(seconds)
}

/// A date with the seconds, the zone and the 24 hours that many leave out.
fn regular_date(text: &str) -> String {
    let mut words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let afternoon = words.iter().position(|w| matches!(w.to_ascii_lowercase().as_str(), "am" | "pm"));
    let afternoon = afternoon.map(|at| words.remove(at).eq_ignore_ascii_case("pm"));
    let Some(at) = words.iter().position(|w| w.contains(':')) else { return words.join(" ") };
    if let Some(time) = words.get_mut(at) {
        let zone_at = time.find(['+', '-']).unwrap_or(time.len());
        let zone = time.split_off(zone_at);
        if time.matches(':').count() == 1 {
            time.push_str(":00");
        }
        if let (Some(pm), Some((hour, rest))) = (afternoon, time.split_once(':'))
            && let Ok(hour @ 1..=12) = hour.parse::<u32>()
        {
            *time = format!("{:02}:{rest}", hour % 12 + if pm { 12 } else { 0 });
        }
        if !zone.is_empty() {
            words.insert(at + 1, zone);
        }
    }
    match words.get_mut(at + 1) {
        None => words.push("+0000".to_owned()),
        Some(zone) if zone.len() == 4 && zone.starts_with(['+', '-']) => zone.insert(1, '0'),
        Some(_) => {}
    }
    words.join(" ")
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

    #[test]
    fn mailboxes_in_every_form() {
        let cases: &[(&str, &[(&str, &str)])] = &[
            ("a@b.example", &[("", "a@b.example")]),
            ("Ann Lee <a@b.example>", &[("Ann Lee", "a@b.example")]),
            ("\"Lee, Ann\" <a@b.example>, c@d.example", &[("Lee, Ann", "a@b.example"), ("", "c@d.example")]),
            ("a@b.example (Ann (A.) Lee)", &[("Ann (A.) Lee", "a@b.example")]),
            ("<a@x.example>(b@y.example)", &[("b@y.example", "a@x.example")]),
            (
                "Team: a@b.example, C <c@d.example>;, e@f.example",
                &[("", "a@b.example"), ("C", "c@d.example"), ("", "e@f.example")],
            ),
            ("undisclosed-recipients:;", &[]),
            ("=?utf-8?Q?=C3=84nn=2C_Lee?= <a@b.example>", &[("\u{c4}nn, Lee", "a@b.example")]),
            ("<@r.example,@s.example:a@b.example>", &[("", "a@b.example")]),
            ("<<a@b.example>>", &[("", "a@b.example")]),
            ("a . b @ c . example", &[("", "a.b@c.example")]),
            ("\"a b\"@c.example", &[("", "\"a b\"@c.example")]),
            ("MAILER-DAEMON", &[("MAILER-DAEMON", "")]),
            ("Ann Lee a@b.example", &[("Ann Lee", "a@b.example")]),
            ("Ann <a@b.example", &[("Ann", "a@b.example")]),
            (",,;", &[]),
        ];
        for (text, want) in cases {
            let (found, _, complete) = addresses(text.as_bytes(), 10);
            let got: Vec<(&str, &str)> = found.iter().map(|m| (m.name.as_str(), m.address.as_str())).collect();
            assert_eq!((got.as_slice(), complete), (*want, true), "{text}");
        }
    }

    #[test]
    fn ids_with_and_without_brackets() {
        let long = format!("<{}@x>", "a".repeat(250));
        let cases: &[(&str, &[&str])] = &[
            ("<a@b>", &["a@b"]),
            ("<a@b> <c@d>", &["a@b", "c@d"]),
            ("<a@\r\n b> (comment <x@y>)", &["a@b", "x@y"]),
            ("a@b", &["a@b"]),
            ("no-at-sign", &["no-at-sign"]),
            ("Your message of Tuesday", &[]),
            ("<>", &[]),
            (&long, &[]),
        ];
        for (text, want) in cases {
            assert_eq!(message_ids(text.as_bytes(), 10), *want, "{text}");
        }
    }

    #[test]
    fn dates_as_they_are_written() {
        let noon = Some(1_709_640_000);
        let cases = [
            ("Tue, 5 Mar 2024 12:00:00 +0000", noon),
            ("5 Mar 2024 12:00:00 GMT", noon),
            ("Tue, 5 Mar 2024 13:00:00 +0100 (CET)", noon),
            ("Tue, 5 Mar 2024 12:00:00", noon),
            ("Tue, 5 Mar 2024 12:00 +0000", noon),
            ("Tue, 5 Mar 24 12:00:00 +0000", noon),
            ("Tue, 5 Mar 2024 06:00:00 -600", noon),
            ("Tue 5 Mar 2024 12:00:00 PM GMT", noon),
            ("5 Mar 2024 12:00:00 AM", Some(1_709_596_800)),
            ("2024-03-05T12:00:00Z", noon),
            ("Tue, 55 Mar 2024 12:00:00 +0000", None),
            ("never", None),
            ("", None),
        ];
        for (text, want) in cases {
            assert_eq!(date(text.as_bytes()), want, "{text}");
        }
    }
}
