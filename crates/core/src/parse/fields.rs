//! The values of header fields: folding, encoded words (RFC 2047), parameters (RFC 2045, RFC 2231), addresses (RFC 5322
//! 3.4), message ids and dates. Everything is linear in the length of the field.

mod addresses;
mod encoded;
mod params;

use super::decode::decode_charset;
use encoded::decode_words;

pub(crate) use addresses::addresses;
use mail_parser::DateTime;
pub(crate) use params::{Structured, strip_comments, structured};

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
