//! Runs of base64 in text. Only runs that decode to something printable are worth a look inside.

use super::{Carrier, is_printable, plain};
use crate::text::byte;
use crate::validator::{decode_base64, decode_base64_with};
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit, decompress_to_vec_zlib_with_limit};
use std::ops::Range;

/// Shortest run that is decoded, in characters.
const RUN_MIN: usize = 16;
/// Lines of a run are joined up to so many characters.
const RUN_MAX: usize = 1 << 16;
/// A line this long can go on in the next.
const LINE_MIN: usize = 40;
/// Bytes of a quote prefix at most.
const QUOTE_BYTES_MAX: usize = 8;
/// How a gzip member with deflated content begins.
const GZIP: [u8; 3] = [0x1f, 0x8b, 8];
/// How a zlib stream begins, at the levels that are in use.
const ZLIB: [[u8; 2]; 3] = [[0x78, 0x01], [0x78, 0x9c], [0x78, 0xda]];

fn is_base64(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_')
}

/// The next run from `from` on: its span, with padding and over line ends, and the text it decodes to, if printable.
/// Looks at every sixteenth byte and goes back from there, so that short words are mostly skipped.
fn next(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let mut from = from;
    while from + RUN_MIN <= bytes.len() {
        let probe = from + RUN_MIN - 1;
        let run = bytes.get(from..=probe)?.iter().rev().take_while(|b| is_base64(**b)).count();
        if run < RUN_MIN {
            from = probe + 1 - run;
            continue;
        }
        let end = line_end(bytes, probe + 1);
        // A dash or slash before the first letter belongs to the sentence.
        let lead = bytes.get(from..end)?.iter().take_while(|b| !b.is_ascii_alphanumeric()).count();
        if end - from - lead >= RUN_MIN {
            return Some(from + lead..end);
        }
        from = end;
    }
    None
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    at + bytes.iter().skip(at).take_while(|b| is_base64(**b)).count()
}

/// The next run that says something, with the lines that continue it.
pub(super) fn next_carrier(bytes: &[u8], from: usize, room: usize) -> Option<Carrier> {
    let mut at = from;
    while let Some(run) = next(bytes, at) {
        at = run.end;
        if let Some(carrier) = decode(bytes, &run, room) {
            return Some(carrier);
        }
    }
    None
}

/// Is this how something begins that can be read? Most runs are names and numbers: told by their first characters,
/// before anything is allocated.
fn is_promising(head: &[u8]) -> bool {
    let zeros = head.iter().filter(|b| **b == 0).count();
    is_printable(head)
        || head.starts_with(&GZIP)
        || ZLIB.iter().any(|z| head.starts_with(z))
        || zeros * 10 >= head.len() * 4
}

fn decode(bytes: &[u8], first: &Range<usize>, room: usize) -> Option<Carrier> {
    let mut head = [0; RUN_MIN];
    let mut len = 0;
    decode_base64_with(bytes.get(first.start..first.start + RUN_MIN)?, |byte| {
        if let Some(cell) = head.get_mut(len) {
            *cell = byte;
            len += 1;
        }
    })?;
    if !is_promising(head.get(..len)?) {
        return None;
    }
    let mut joined = bytes.get(first.clone())?.to_vec();
    let (mut end, mut length) = (first.end, first.len());
    while length >= LINE_MIN && length % 4 == 0 && joined.len() < RUN_MAX {
        let skip = if byte(bytes, end) == b'\r' { 2 } else { 1 };
        if byte(bytes, end + skip - 1) != b'\n' {
            break;
        }
        let quote =
            bytes.iter().skip(end + skip).take(QUOTE_BYTES_MAX).take_while(|b| matches!(b, b'>' | b' ')).count();
        let next = end + skip + quote;
        let next_end = line_end(bytes, next);
        if next_end == next {
            break;
        }
        joined.extend_from_slice(bytes.get(next..next_end)?);
        (end, length) = (next_end, next_end - next);
    }
    let padding = bytes.iter().skip(end).take(2).take_while(|b| **b == b'=').count();
    let (decoded, is_cut) = inflate(decode_base64(&joined)?, room);
    let mut carrier = Carrier::whole(first.start..end + padding, plain(decoded)?, "encoded");
    carrier.is_cut = is_cut;
    Some(carrier)
}

/// What gzip or zlib compressed, up to `room` bytes, and whether there was more.
fn inflate(bytes: Vec<u8>, room: usize) -> (Vec<u8>, bool) {
    let is_zlib = ZLIB.iter().any(|z| bytes.starts_with(z));
    let body = match bytes.strip_prefix(&GZIP) {
        Some(member) => gzip_body(member),
        None if is_zlib => Some(bytes.as_slice()),
        None => return (bytes, false),
    };
    let Some(body) = body else { return (bytes, false) };
    let inflated = match is_zlib {
        true => decompress_to_vec_zlib_with_limit(body, room),
        false => decompress_to_vec_with_limit(body, room),
    };
    match inflated {
        Ok(out) => (out, false),
        Err(stopped) => (stopped.output, stopped.status == TINFLStatus::HasMoreOutput),
    }
}

/// Past the rest of the header (RFC 1952) to the deflated bytes.
fn gzip_body(member: &[u8]) -> Option<&[u8]> {
    let (flags, mut rest) = (*member.first()?, member.get(7..)?);
    if flags & 4 != 0 {
        let length = usize::from(u16::from_le_bytes([*rest.first()?, *rest.get(1)?]));
        rest = rest.get(2 + length..)?;
    }
    for flag in [8, 16] {
        if flags & flag != 0 {
            rest = rest.get(rest.iter().position(|b| *b == 0)? + 1..)?;
        }
    }
    if flags & 2 != 0 { rest.get(2..) } else { Some(rest) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_and_decodes() {
        let read = |text: &str| {
            next_carrier(text.as_bytes(), 0, 1 << 16).map(|c| (c.span.clone(), c.text.to_string(), c.is_cut))
        };
        let cases = [
            ("see Y2FyZCA0MTExMTExMTExMTExMTEx and thatIsAVeryLongIdentifierIndeed ok", 4..32, "card 4111111111111111"),
            ("-/Y2FyZCA0MTExMTExMTExMTExMTEx", 2..30, "card 4111111111111111"),
            // UTF-16, little end first.
            ("YwBhAHIAZAAgADQAOQAyADkA", 0..24, "card 4929"),
            ("0L/QsNGA0L7Qu9GMIFdpbnRlcg==", 0..28, "пароль Winter"),
            ("> Y2FyZCBjYXJkIGNhcmQgY2FyZCBjYXJkIGNhcmQg\n> NDkyOQ==\n", 2..53, "card card card card card card 4929"),
            // gzip, and zlib.
            ("H4sIAAAAAAAC/0tOLEpRMLE0sgQAMMdzUAkAAAA=", 0..40, "card 4929"),
            ("eJxLTixKUTCxNLJUMDQyNgYAHiwDfA==", 0..32, "card 4929 1233"),
        ];
        for (text, span, says) in cases {
            assert_eq!(read(text), Some((span, says.to_owned(), false)), "{text}");
        }
        for other in
            ["thatIsAVeryLongIdentifierIndeed", "/usr/share/doc/package/copyright", "2fd4e1c67a2d28fced849ee1bb76e739"]
        {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn run_length_limit() {
        for (length, found) in [(RUN_MIN - 1, false), (RUN_MIN, true), (RUN_MIN + 1, true)] {
            let text = format!("a {} b", "Y".repeat(length));
            assert_eq!(next(text.as_bytes(), 0).is_some(), found, "{length}");
        }
    }
}
