//! Names and strings as IMAP writes them: modified UTF-7 (RFC 3501 5.1.3), quoted strings, dates.

use super::super::error::{ErrorKind, SourceError};
use base64::Engine as _;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Octets of a mailbox name on the wire.
const NAME_BYTES_MAX: usize = 1_000;

/// Base64 with `,` for `/` and no padding.
const MUTF7: GeneralPurpose = GeneralPurpose::new(
    &IMAP_MUTF7,
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// A folder name of the configuration as it goes on the wire, in quotes. `/` stands for the server's own delimiter.
pub(super) fn mailbox(name: &str, delimiter: char) -> Result<String, SourceError> {
    if name.is_empty() || name.contains(['\r', '\n', '\0']) {
        return Err(SourceError::new(ErrorKind::Config, "a folder name is empty or holds a line break or NUL"));
    }
    let name = if name.eq_ignore_ascii_case("INBOX") {
        "INBOX".to_owned()
    } else {
        encode(&name.replace('/', delimiter.encode_utf8(&mut [0; 4])))
    };
    if name.len() > NAME_BYTES_MAX {
        return Err(SourceError::new(ErrorKind::Config, "a folder name is longer than 1,000 octets"));
    }
    quoted(&name)
}

/// A name from a LIST reply as the configuration would write it.
pub(super) fn plain(wire: &str, delimiter: char) -> String {
    let name = decode(wire);
    if delimiter == '/' { name } else { name.replace(delimiter, "/") }
}

/// A quoted string (RFC 3501 4.3); ASCII without line breaks and NUL.
pub(super) fn quoted(text: &str) -> Result<String, SourceError> {
    if !text.is_ascii() || text.contains(['\r', '\n', '\0']) {
        return Err(SourceError::new(ErrorKind::Config, "a value for the server is not plain ASCII of one line"));
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    Ok(out)
}

/// Takes the backslashes out of a quoted string; the parser leaves them in.
pub(super) fn unquoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some(&next @ ('"' | '\\')) if c == '\\' => {
                out.push(next);
                chars.next();
            }
            _ => out.push(c),
        }
    }
    out
}

/// Modified UTF-7.
pub(in crate::source) fn encode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut run: Vec<u8> = Vec::new();
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            flush(&mut run, &mut out);
            out.push(c);
            if c == '&' {
                out.push('-');
            }
        } else {
            run.extend(c.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    flush(&mut run, &mut out);
    out
}

fn flush(run: &mut Vec<u8>, out: &mut String) {
    if !run.is_empty() {
        out.push('&');
        MUTF7.encode_string(&run, out);
        out.push('-');
        run.clear();
    }
}

/// The other way; what is not modified UTF-7 stays as it stands, so that a name is never lost.
pub(in crate::source) fn decode(wire: &str) -> String {
    let mut out = String::with_capacity(wire.len());
    let mut rest = wire;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let Some((shifted, after)) = after.split_once('-') else {
            out.push('&');
            rest = after;
            continue;
        };
        match shifted {
            "" => out.push('&'),
            _ => match utf16(shifted) {
                Some(text) => out.push_str(&text),
                None => {
                    out.push('&');
                    out.push_str(shifted);
                    out.push('-');
                }
            },
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

fn utf16(shifted: &str) -> Option<String> {
    let octets = MUTF7.decode(shifted).ok()?;
    let (pairs, rest) = octets.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    String::from_utf16(&units).ok()
}

/// The day of a moment in UTC, for SINCE (`1-Feb-1994`).
pub(super) fn day(seconds: i64) -> Result<String, SourceError> {
    let date = moment(seconds)?;
    Ok(format!("{}-{}-{}", date.day(), month(date.month()), date.year()))
}

/// A moment in UTC, for APPEND (` 1-Feb-1994 08:09:10 +0000`).
pub(super) fn date_time(seconds: i64) -> Result<String, SourceError> {
    let at = moment(seconds)?;
    Ok(format!(
        "{:2}-{}-{:04} {:02}:{:02}:{:02} +0000",
        at.day(),
        month(at.month()),
        at.year(),
        at.hour(),
        at.minute(),
        at.second()
    ))
}

fn moment(seconds: i64) -> Result<jiff::civil::DateTime, SourceError> {
    jiff::Timestamp::from_second(seconds)
        .ok()
        .map(|at| jiff::tz::Offset::UTC.to_datetime(at))
        .filter(|at| (1..=9999).contains(&at.year()))
        .ok_or(SourceError::new(ErrorKind::Config, "a date is outside of the years 1 to 9999"))
}

fn month(number: i8) -> &'static str {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    usize::try_from(number - 1).ok().and_then(|index| MONTHS.get(index)).copied().unwrap_or("Jan")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modified_utf7_both_ways() {
        // The first four stand in RFC 3501 5.1.3 or its errata, the others cover shifts, ampersands and surrogates.
        let cases = [
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("Hi Mom -☺-!", "Hi Mom -&Jjo--!"),
            ("日本語", "&ZeVnLIqe-"),
            ("Item 3 is £1.", "Item 3 is &AKM-1."),
            ("R&D", "R&-D"),
            ("Entwürfe", "Entw&APw-rfe"),
            ("😀", "&2D3eAA-"),
            ("a\tb", "a&AAk-b"),
            ("&-", "&--"),
            ("", ""),
        ];
        for (plain, wire) in cases {
            assert_eq!(encode(plain), wire);
            assert_eq!(decode(wire), plain);
        }
    }

    #[test]
    fn what_is_no_modified_utf7_stays() {
        for wire in ["&", "a&b", "&AKM", "&!!-", "&AA-", "&2D0-x", "&AKN-"] {
            assert_eq!(decode(wire), wire, "{wire}");
        }
    }

    #[test]
    fn mailbox_names() {
        let cases = [
            ("INBOX", '.', Some(r#""INBOX""#)),
            ("inbox", '/', Some(r#""INBOX""#)),
            ("Lazaret/Clean", '/', Some(r#""Lazaret/Clean""#)),
            ("Lazaret/Clean", '.', Some(r#""Lazaret.Clean""#)),
            (r#"a"b\c"#, '/', Some(r#""a\"b\\c""#)),
            ("50% *", '/', Some(r#""50% *""#)),
            ("x\r\nA1 DELETE INBOX", '/', None),
            ("x\ny", '/', None),
            ("x\0", '/', None),
            ("", '/', None),
        ];
        for (name, delimiter, wire) in cases {
            assert_eq!(mailbox(name, delimiter).ok().as_deref(), wire, "{name:?}");
        }
        assert!(mailbox(&"x".repeat(NAME_BYTES_MAX), '/').is_ok());
        assert!(mailbox(&"x".repeat(NAME_BYTES_MAX + 1), '/').is_err());
        assert_eq!(unquoted(r#"a\"b\\c\d"#), r#"a"b\c\d"#);
        assert_eq!(plain("Lazaret.Entw&APw-rfe", '.'), "Lazaret/Entwürfe");
    }

    #[test]
    fn dates() {
        assert_eq!(day(0).ok().as_deref(), Some("1-Jan-1970"));
        assert_eq!(day(760_060_800).ok().as_deref(), Some("1-Feb-1994"));
        assert_eq!(date_time(760_090_150).ok().as_deref(), Some(" 1-Feb-1994 08:09:10 +0000"));
        assert!(day(i64::MAX).is_err());
    }
}
