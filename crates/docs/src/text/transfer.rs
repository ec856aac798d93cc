//! Transfer encodings (RFC 2045): base64 and quoted-printable, read with patience and written by the book.

use ::base64::Engine;
use ::base64::engine::general_purpose::STANDARD;

/// Octets of base64; what is no letter of it is passed over, and several blocks may follow one another.
pub(crate) fn base64(coded: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(coded.len() / 4 * 3);
    let (mut bits, mut held) = (0u32, 0);
    for octet in coded {
        let value = match octet {
            b'A'..=b'Z' => octet - b'A',
            b'a'..=b'z' => octet - b'a' + 26,
            b'0'..=b'9' => octet - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                (bits, held) = (0, 0);
                continue;
            }
            _ => continue,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    out
}

/// Is there anything in it that is neither base64 nor white space?
pub(crate) fn has_junk(coded: &[u8]) -> bool {
    coded.iter().any(|b| !(b.is_ascii_alphanumeric() || b"+/=-_".contains(b) || b.is_ascii_whitespace()))
}

/// Base64 in lines of so many characters.
pub(crate) fn to_base64(octets: &[u8], line: usize, end: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len() / 3 * 4 + octets.len() / 50 + 4);
    for (nth, group) in octets.chunks(line / 4 * 3).enumerate() {
        if nth > 0 {
            out.extend_from_slice(end);
        }
        out.extend_from_slice(STANDARD.encode(group).as_bytes());
    }
    out
}

fn hex(octet: u8) -> Option<u8> {
    char::from(octet).to_digit(16).map(|digit| digit as u8)
}

/// One octet of quoted-printable at the start of a text: its value and its length. `None` is a soft line break, of the
/// length that comes with it.
pub(crate) fn quoted(coded: &[u8]) -> (Option<u8>, usize) {
    match coded {
        [b'=', high, low, ..] if hex(*high).is_some() && hex(*low).is_some() => {
            (Some(hex(*high).unwrap_or(0) << 4 | hex(*low).unwrap_or(0)), 3)
        }
        [b'=', rest @ ..] => {
            // White space may have come behind it on the way.
            let blanks = rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
            match rest.get(blanks..) {
                Some([b'\r', b'\n', ..]) => (None, blanks + 3),
                Some([b'\n', ..]) => (None, blanks + 2),
                Some([]) => (None, coded.len()),
                _ => (Some(b'='), 1),
            }
        }
        [octet, ..] => (Some(*octet), 1),
        [] => (None, 0),
    }
}

/// Octets of quoted-printable.
pub(crate) fn quoted_printable(mut coded: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(coded.len());
    while !coded.is_empty() {
        let plain = memchr::memchr(b'=', coded).unwrap_or(coded.len());
        let (head, rest) = coded.split_at_checked(plain).unwrap_or((coded, &[]));
        out.extend_from_slice(head);
        let (octet, length) = quoted(rest);
        if !rest.is_empty() {
            out.extend(octet);
        }
        coded = rest.get(length..).unwrap_or_default();
    }
    out
}

/// Quoted-printable; line ends stay line ends.
pub(crate) fn to_quoted_printable(octets: &[u8], end: &[u8]) -> Vec<u8> {
    const LINE_MAX: usize = 75;
    let mut out = Vec::with_capacity(octets.len() + octets.len() / 8);
    let mut column = 0;
    let mut rest = octets;
    while let Some((octet, after)) = rest.split_first() {
        if rest.starts_with(end) || *octet == b'\n' {
            let length = if rest.starts_with(end) { end.len() } else { 1 };
            out.extend_from_slice(rest.get(..length).unwrap_or_default());
            rest = rest.get(length..).unwrap_or_default();
            column = 0;
            continue;
        }
        // A blank at the end of a line would be lost.
        let is_last = after.is_empty() || after.starts_with(end) || after.starts_with(b"\n");
        let is_plain =
            matches!(octet, b' '..=b'~' | b'\t') && *octet != b'=' && !(is_last && matches!(octet, b' ' | b'\t'));
        let width = if is_plain { 1 } else { 3 };
        if column + width > LINE_MAX {
            out.push(b'=');
            out.extend_from_slice(end);
            column = 0;
        }
        match is_plain {
            true => out.push(*octet),
            false => out.extend(format!("={octet:02X}").bytes()),
        }
        column += width;
        rest = after;
    }
    out
}

/// Octets of a text in which `%` and two digits code one.
pub(crate) fn percent(mut coded: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(coded.len());
    while let Some((first, rest)) = coded.split_first() {
        match (first, rest) {
            (b'%', [high, low, after @ ..]) if hex(*high).is_some() && hex(*low).is_some() => {
                out.push(hex(*high).unwrap_or(0) << 4 | hex(*low).unwrap_or(0));
                coded = after;
            }
            _ => {
                out.push(*first);
                coded = rest;
            }
        }
    }
    out
}

/// Octets as RFC 5987 codes them in a parameter.
pub(crate) fn to_percent(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for octet in octets {
        match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => out.push(*octet),
            _ => out.extend(format!("%{octet:02X}").bytes()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for text in ["", "a", "ab", "abc", "a=b \nlong ", &"é x".repeat(60), "tab\t\r\nend. \t"] {
            let octets = text.as_bytes();
            for end in [b"\n".as_slice(), b"\r\n"] {
                assert_eq!(base64(&to_base64(octets, 76, end)), octets);
                assert_eq!(quoted_printable(&to_quoted_printable(octets, end)), octets, "{text:?}");
            }
            assert_eq!(percent(&to_percent(octets)), octets);
        }
    }

    #[test]
    fn what_others_write_is_read() {
        let cases: &[(&[u8], &[u8])] = &[
            (b"aGVs\r\nbG8=", b"hello"),
            (b"aGVsbG8=aGVsbG8=", b"hellohello"),
            (b"aG!Vsb*G8", b"hello"),
            (b"Y W\nI=", b"ab"),
        ];
        for (coded, want) in cases {
            assert_eq!(base64(coded), *want);
        }
        let cases: &[(&[u8], &[u8])] = &[
            (b"a=3Db", b"a=b"),
            (b"a=\r\nb", b"ab"),
            (b"a= \nb", b"ab"),
            (b"a=zb=", b"a=zb"),
            (b"=e9=E9", b"\xe9\xe9"),
        ];
        for (coded, want) in cases {
            assert_eq!(quoted_printable(coded), *want);
        }
    }
}
