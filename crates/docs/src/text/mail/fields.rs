//! Header fields: unfolded, encoded words and parameters decoded, with the way back.

use crate::mapped::Mapped;
use crate::text::sections::Section;
use crate::text::{charset, transfer};
use encoding_rs::{Encoding, WINDOWS_1252};
use std::borrow::Cow;
use std::ops::Range;

/// How a stretch of a field is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    /// Words, where encoded words may stand.
    Words,
    /// A parameter in the form of RFC 2231: percent signs.
    Percent,
}

/// What the fields say that tell what a body is.
#[derive(Default)]
pub(super) struct Known {
    pub(super) media_type: String,
    pub(super) charset: Option<String>,
    pub(super) boundary: Option<Vec<u8>>,
    pub(super) name: String,
    pub(super) coding: String,
    pub(super) coding_at: Option<Range<usize>>,
    pub(super) is_ambiguous: bool,
    pub(super) is_plain: bool,
}

/// Header and body: they are parted by an empty line. What has no field at all is a body.
pub(super) fn split(octets: &[u8], within: &Range<usize>) -> (Range<usize>, Range<usize>) {
    let mut at = within.start;
    while at < within.end {
        let rest = octets.get(at..within.end).unwrap_or_default();
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n + 1);
        let line = rest.get(..length).unwrap_or_default();
        if line.trim_ascii().is_empty() {
            return (within.start..at, at + length..within.end);
        }
        // A body without an empty line before it.
        let is_field = name_of(line).is_some() || line.starts_with(b" ") || line.starts_with(b"\t");
        let is_envelope = at == within.start && (line.starts_with(b"From ") || line.starts_with(b">From "));
        if !is_field && !is_envelope && at == within.start {
            return (at..at, within.clone());
        }
        at += length;
    }
    (within.clone(), within.end..within.end)
}

/// The name of the field that a line begins.
fn name_of(line: &[u8]) -> Option<&[u8]> {
    let colon = memchr::memchr(b':', line)?;
    let name = line.get(..colon)?.trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    is_name.then_some(name)
}

/// Places of fields: a line and those that go on with it, without the last line break.
fn places(octets: &[u8], header: &Range<usize>) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    let mut at = header.start;
    while at < header.end {
        let rest = octets.get(at..header.end).unwrap_or_default();
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n + 1);
        let line = rest.get(..length).unwrap_or_default();
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        let end = at + bare.strip_suffix(b"\r").unwrap_or(bare).len();
        match out.last_mut() {
            Some(last) if line.starts_with(b" ") || line.starts_with(b"\t") => last.end = end,
            _ => out.push(at..end),
        }
        at += length;
    }
    out
}

impl Known {
    pub(super) fn read(octets: &[u8], header: &Range<usize>) -> Known {
        let mut known = Known { media_type: "text/plain".into(), is_plain: true, ..Known::default() };
        let (mut types, mut codings) = (0, 0);
        for place in places(octets, header) {
            let field = octets.get(place.clone()).unwrap_or_default();
            let Some(name) = name_of(field) else {
                known.is_plain = false;
                continue;
            };
            let value_at = memchr::memchr(b':', field).map_or(field.len(), |n| n + 1);
            let value = field.get(value_at..).unwrap_or_default();
            match name.to_ascii_lowercase().as_slice() {
                b"content-type" => {
                    types += 1;
                    if types == 1 {
                        known.take_type(value);
                    }
                }
                b"content-transfer-encoding" => {
                    codings += 1;
                    if codings == 1 {
                        let coding = value.trim_ascii();
                        let at = place.start + value_at + (value.len() - value.trim_ascii_start().len());
                        known.coding_at = Some(at..at + coding.len());
                        known.coding = String::from_utf8_lossy(coding).to_ascii_lowercase();
                    }
                }
                b"content-disposition" => {
                    let name = parameter(value, b"filename");
                    known.is_plain &= name.is_none() && memchr::memchr(b';', value).is_none();
                    known.name = name.unwrap_or(std::mem::take(&mut known.name));
                }
                b"mime-version" => {}
                _ => known.is_plain = false,
            }
        }
        known.is_ambiguous = types > 1 || codings > 1;
        known
    }

    fn take_type(&mut self, value: &[u8]) {
        let end = memchr::memchr(b';', value).unwrap_or(value.len());
        let media_type = value.get(..end).unwrap_or_default().trim_ascii();
        self.media_type = String::from_utf8_lossy(media_type).to_ascii_lowercase();
        self.charset = parameter(value, b"charset").filter(|c| c.bytes().all(|b| b.is_ascii_graphic() && b != b';'));
        self.boundary = parameter(value, b"boundary").filter(|b| !b.is_empty()).map(String::into_bytes);
        let name = parameter(value, b"name");
        let others = value.iter().filter(|b| **b == b';').count();
        let told = usize::from(self.charset.is_some()) + usize::from(self.boundary.is_some());
        self.is_plain &= name.is_none() && others <= told + 1;
        if self.name.is_empty() {
            self.name = name.unwrap_or_default();
        }
    }
}

/// A parameter's value: plain, quoted, or in numbered and percent-coded pieces (RFC 2231).
fn parameter(value: &[u8], name: &[u8]) -> Option<String> {
    let mut pieces: Vec<(usize, Vec<u8>, bool)> = Vec::new();
    let mut rest = value;
    while let Some(semicolon) = memchr::memchr(b';', rest) {
        rest = rest.get(semicolon + 1..).unwrap_or_default();
        let trimmed = rest.trim_ascii_start();
        let Some(equals) = memchr::memchr(b'=', trimmed) else { break };
        let key = trimmed.get(..equals).unwrap_or_default().trim_ascii();
        let after = trimmed.get(equals + 1..).unwrap_or_default().trim_ascii_start();
        let (content, next) = match after.strip_prefix(b"\"") {
            Some(quoted) => unquoted(quoted),
            None => {
                let end = after.iter().position(|b| *b == b';' || b.is_ascii_whitespace()).unwrap_or(after.len());
                (after.get(..end).unwrap_or_default().to_vec(), after.get(end..).unwrap_or_default())
            }
        };
        rest = next;
        let mut parts = key.split(|b| *b == b'*');
        if !parts.next().is_some_and(|base| base.eq_ignore_ascii_case(name)) {
            continue;
        }
        let number = parts.next().and_then(|n| std::str::from_utf8(n).ok()).and_then(|n| n.parse().ok());
        pieces.push((number.unwrap_or(0), content, key.ends_with(b"*")));
    }
    if pieces.is_empty() {
        return None;
    }
    pieces.sort_by_key(|(number, ..)| *number);
    let mut encoding = None;
    let mut out = Vec::new();
    for (number, content, is_coded) in pieces {
        match is_coded {
            true if number == 0 => {
                let (label, text) = label_of(&content);
                encoding = label;
                out.extend(transfer::percent(text));
            }
            true => out.extend(transfer::percent(&content)),
            false => out.extend(content),
        }
    }
    let text = match encoding {
        Some(encoding) => encoding.decode_without_bom_handling(&out).0.into_owned(),
        None => words(&out).into_owned(),
    };
    Some(decode_words(&text))
}

/// `charset'language'text`.
fn label_of(content: &[u8]) -> (Option<&'static Encoding>, &[u8]) {
    let mut parts = content.splitn(3, |b| *b == b'\'');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(label), Some(_), Some(text)) => (Encoding::for_label_no_replacement(label), text),
        _ => (None, content),
    }
}

/// The content of a quoted string and what follows it.
fn unquoted(mut rest: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut out = Vec::new();
    while let Some((first, after)) = rest.split_first() {
        match (first, after) {
            (b'"', after) => return (out, after),
            (b'\\', [escaped, after @ ..]) => {
                out.push(*escaped);
                rest = after;
            }
            (b'\r' | b'\n', after) => rest = after,
            (octet, after) => {
                out.push(*octet);
                rest = after;
            }
        }
    }
    (out, rest)
}

fn words(octets: &[u8]) -> Cow<'_, str> {
    charset::decode_short(octets, |octets| WINDOWS_1252.decode_without_bom_handling(octets).0.into_owned())
}

fn decode_words(text: &str) -> String {
    let mut mapped = Mapped::default();
    stretch(text.as_bytes(), 0, &mut mapped);
    mapped.into_text()
}

/// The fields of a header, each with its way back. A coded parameter is a section of its own.
pub(super) fn sections(octets: &[u8], header: &Range<usize>) -> Vec<Section<Code>> {
    let mut out = Vec::new();
    for place in places(octets, header) {
        let field = octets.get(place.clone()).unwrap_or_default();
        let mut mapped = Mapped::default();
        let mut at = 0;
        // `name*=` and `name*0*=`: only in the fields that have parameters.
        let has_parameters = name_of(field).is_some_and(|name| {
            name.eq_ignore_ascii_case(b"content-type") || name.eq_ignore_ascii_case(b"content-disposition")
        });
        let mut coded: Vec<(Range<usize>, &'static Encoding)> = Vec::new();
        let mut last = encoding_rs::UTF_8;
        for found in memchr::memmem::find_iter(field, b"*=").filter(|_| has_parameters) {
            let start = found + 2;
            let rest = field.get(start..).unwrap_or_default();
            let start = start + usize::from(rest.starts_with(b"\""));
            let rest = field.get(start..).unwrap_or_default();
            let end =
                rest.iter().position(|b| matches!(b, b';' | b'"') || b.is_ascii_whitespace()).unwrap_or(rest.len());
            let value = rest.get(..end).unwrap_or_default();
            let (label, text) = label_of(value);
            last = label.unwrap_or(last);
            coded.push((start + value.len() - text.len()..start + end, last));
        }
        let kind = if coded.is_empty() { Code::Words } else { Code::Percent };
        for (range, encoding) in coded {
            if range.start < at {
                continue;
            }
            stretch(field.get(at..range.start).unwrap_or_default(), at, &mut mapped);
            let value = transfer::percent(field.get(range.clone()).unwrap_or_default());
            let value = encoding.decode_without_bom_handling(&value).0;
            mapped.coded(&value, range.clone());
            at = range.end;
        }
        stretch(field.get(at..).unwrap_or_default(), at, &mut mapped);
        out.push(Section { source: place, mapped, kind });
    }
    out
}

/// A stretch of a field: folds are blanks, encoded words are decoded, all else stands as it is.
fn stretch(field: &[u8], base: usize, mapped: &mut Mapped) {
    let mut at = 0;
    while let Some(rest) = field.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some((text, length)) = encoded_words(rest) {
            mapped.coded(&text, base + at..base + at + length);
            at += length;
            continue;
        }
        if matches!(rest.first(), Some(b'\r' | b'\n')) {
            let length = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
            mapped.coded(" ", base + at..base + at + length);
            at += length;
            continue;
        }
        let skip = usize::from(rest.starts_with(b"=?"));
        let tail = rest.get(skip..).unwrap_or_default();
        let special = tail
            .iter()
            .enumerate()
            .position(|(n, b)| matches!(b, b'\r' | b'\n') || *b == b'=' && tail.get(n + 1) == Some(&b'?'));
        let length = skip + special.unwrap_or(tail.len());
        plain(rest.get(..length).unwrap_or_default(), base + at, mapped);
        at += length;
    }
}

/// Octets as they stand: UTF-8, or whatever charset they may be in.
fn plain(octets: &[u8], at: usize, mapped: &mut Mapped) {
    match std::str::from_utf8(octets) {
        Ok(text) => mapped.exact(text, at),
        Err(_) => mapped.coded(&words(octets), at..at + octets.len()),
    }
}

/// Encoded words that follow one another, blanks between them left out (RFC 2047 6.2), and their length.
fn encoded_words(rest: &[u8]) -> Option<(String, usize)> {
    let mut out = String::new();
    let mut length = 0;
    // Octets of words of one charset are decoded together: characters may be split over words.
    let mut held: Option<(&'static Encoding, Vec<u8>)> = None;
    loop {
        let tail = rest.get(length..).unwrap_or_default();
        let blanks = if length == 0 { 0 } else { tail.iter().take_while(|b| b.is_ascii_whitespace()).count() };
        let Some((encoding, octets, bytes)) = encoded_word(tail.get(blanks..).unwrap_or_default()) else { break };
        match &mut held {
            Some((same, all)) if *same == encoding => all.extend(octets),
            _ => {
                if let Some((encoding, all)) = held.replace((encoding, octets)) {
                    out.push_str(&encoding.decode_without_bom_handling(&all).0);
                }
            }
        }
        length += blanks + bytes;
    }
    let (encoding, all) = held?;
    out.push_str(&encoding.decode_without_bom_handling(&all).0);
    Some((out, length))
}

/// One encoded word: its charset, its octets, its length.
fn encoded_word(rest: &[u8]) -> Option<(&'static Encoding, Vec<u8>, usize)> {
    /// RFC 2047 allows 75; some programs write much longer ones.
    const WORD_BYTES_MAX: usize = 4000;
    let rest = rest.get(..rest.len().min(WORD_BYTES_MAX))?;
    let inner = rest.strip_prefix(b"=?")?;
    let mut parts = inner.splitn(3, |b| *b == b'?');
    let (label, coding, tail) = (parts.next()?, parts.next()?, parts.next()?);
    let end = memchr::memmem::find(tail, b"?=")?;
    let text = tail.get(..end)?;
    if label.is_empty()
        || label.iter().any(|b| !b.is_ascii_graphic())
        || text.iter().any(|b| matches!(b, b'\r' | b'\n'))
    {
        return None;
    }
    let label = label.split(|b| *b == b'*').next().unwrap_or_default();
    let encoding = Encoding::for_label_no_replacement(label).unwrap_or(encoding_rs::UTF_8);
    let octets = match coding {
        b"B" | b"b" => transfer::base64(text),
        b"Q" | b"q" => {
            let blanks: Vec<u8> = text.iter().map(|b| if *b == b'_' { b' ' } else { *b }).collect();
            transfer::quoted_printable(&blanks)
        }
        _ => return None,
    };
    let bytes = 2 + label_length(inner)? + coding.len() + 1 + end + 2;
    Some((encoding, octets, bytes))
}

/// The label and its question mark.
fn label_length(inner: &[u8]) -> Option<usize> {
    memchr::memchr(b'?', inner).map(|n| n + 1)
}

/// A text as it may stand in a field.
pub(super) fn encode(code: Code, text: &str) -> Vec<u8> {
    /// So many octets fill an encoded word.
    const WORD_BYTES: usize = 45;
    // Blanks between encoded words are not shown, so what can be plain is plain.
    let plain = |c: char| match charset::stand_in(c) {
        _ if c.is_control() => ' ',
        '?' => c,
        alike if c.is_ascii() || alike == '"' => c,
        alike => alike,
    };
    let clean: String = text.chars().filter(|c| !matches!(c, '"' | '\\')).map(plain).collect();
    if clean.is_ascii() && !clean.contains("=?") {
        return clean.into_bytes();
    }
    if code == Code::Percent {
        return transfer::to_percent(clean.as_bytes());
    }
    let mut words: Vec<Vec<u8>> = Vec::new();
    let mut word = String::new();
    let mut close = |word: &mut String| {
        if !word.is_empty() {
            words.push([b"=?utf-8?B?", transfer::to_base64(word.as_bytes(), 76, b"").as_slice(), b"?="].concat());
            word.clear();
        }
    };
    for c in clean.chars() {
        if word.len() + c.len_utf8() > WORD_BYTES {
            close(&mut word);
        }
        word.push(c);
    }
    close(&mut word);
    words.join(&b' ')
}
