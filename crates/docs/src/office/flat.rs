//! OpenDocument as one XML file, and other office documents in one XML file: Word 2003, Flat OPC, SpreadsheetML 2003.

use super::odf::{Content, content};
use super::parts::Spans;
use super::xml::{changed, decoded, escaped};
use crate::budget::Budget;
use crate::mapped::Change;
use crate::reading::Reading;
use crate::writing::Writing;
use crate::{File, Format, Unwritable};
use std::ops::Range;

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    let (source, _) = decoded(file.octets);
    let Content { texts, binaries, .. } = content(&source, &mut reading.budget, &mut |_| Spans::new());
    let media_type = Format::FlatOdf.or_declared(file);
    let binary_bytes: u64 = binaries.iter().map(|range| range.len() as u64).sum();
    let mut size = (file.octets.len() as u64).saturating_sub(binary_bytes);
    for (suffix, text) in texts.texts {
        reading.text(&format!("{at}{suffix}"), media_type, text.into_text(), std::mem::take(&mut size));
    }
    if let Some(why) = texts.why {
        reading.opaque(&format!("{at}/rest"), media_type, why, 0);
    }
    for (nth, range) in binaries.iter().enumerate() {
        let path = format!("{at}!binary{}", nth + 1);
        let octets = from_base64(source.get(range.clone()).unwrap_or_default());
        match reading.budget.member() {
            true => reading
                .embedded(&path, &File { octets: &octets, name: "", media_type: "", passwords: reading.passwords }),
            false => reading.opaque(&path, "application/octet-stream", crate::Why::OverLimit, octets.len() as u64),
        }
    }
}

/// Replaces spans of them.
pub(crate) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    let (source, _) = decoded(file.octets);
    let mut budget = Budget::new(&writing.budget.limits);
    let mut spans = |suffix: &str| {
        let edits = writing.edits(&format!("{at}{suffix}"));
        edits.iter().map(|(span, _)| span.clone()).collect()
    };
    let Content { texts, firm, binaries } = content(&source, &mut budget, &mut spans);
    if texts.why.is_some() {
        return Err(Unwritable::Unreadable);
    }
    let mut soft = Vec::new();
    for (suffix, text) in &texts.texts {
        soft.extend(text.changes(writing.edits(&format!("{at}{suffix}")), escaped)?);
    }
    for (nth, range) in binaries.into_iter().enumerate() {
        let path = format!("{at}!binary{}", nth + 1);
        soft.extend(binary(&path, &source, range, writing)?);
    }
    changed(&source, soft, firm)
}

/// A file in base64 with changes; left out, it is empty.
fn binary(
    path: &str,
    source: &str,
    range: Range<usize>,
    writing: &mut Writing<'_>,
) -> Result<Option<Change>, Unwritable> {
    if writing.is_removed(path) {
        writing.leave_out(path);
        return Ok(Some((range, Vec::new())));
    }
    if !writing.touches(path) {
        return Ok(None);
    }
    let octets = from_base64(source.get(range.clone()).unwrap_or_default());
    let file = File { octets: &octets, name: "", media_type: "", passwords: writing.passwords };
    let octets = writing.embedded(path, &file)?;
    Ok(Some((range, to_base64(&octets).into_bytes())))
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Octets that base64 stands for; other characters are passed over.
pub(crate) fn from_base64(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for b in text.bytes() {
        let value = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from((bits >> count) & 0xff).unwrap_or_default());
        }
    }
    out
}

pub(crate) fn to_base64(octets: &[u8]) -> String {
    let mut out = String::with_capacity(octets.len() / 3 * 4 + 4);
    for chunk in octets.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, b| (bits << 8) | u32::from(*b)) << (8 * (3 - chunk.len()));
        for nth in 0..4 {
            let value = usize::try_from((bits >> (18 - 6 * nth)) & 63).unwrap_or_default();
            match ALPHABET.get(value) {
                Some(c) if nth <= chunk.len() => out.push(char::from(*c)),
                _ => out.push('='),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_goes_both_ways() {
        for octets in [b"".as_slice(), b"a", b"ab", b"abc", b"\xff\x00\xfe\x01"] {
            assert_eq!(from_base64(&to_base64(octets)), octets);
        }
        assert_eq!(to_base64(b"ab"), "YWI=");
        assert_eq!(from_base64("Y W\nI="), b"ab");
    }
}
