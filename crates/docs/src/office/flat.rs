//! OpenDocument as one XML file, and other office documents in one XML file: Word 2003, Flat OPC, SpreadsheetML 2003.

use super::odf::{Content, content};
use super::parts::Spans;
use super::xml::{changed, decoded, escaped};
use crate::budget::Budget;
use crate::mapped::Change;
use crate::reading::Reading;
use crate::text::transfer::base64;
use crate::writing::Writing;
use crate::{File, Format, Unwritable};
use ::base64::Engine;
use ::base64::engine::general_purpose::STANDARD;
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
        let octets = base64(source.get(range.clone()).unwrap_or_default().as_bytes());
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
        writing.left_out(path);
        return Ok(Some((range, Vec::new())));
    }
    if !writing.touches(path) {
        return Ok(None);
    }
    let octets = base64(source.get(range.clone()).unwrap_or_default().as_bytes());
    let file = File { octets: &octets, name: "", media_type: "", passwords: writing.passwords };
    let octets = writing.embedded(path, &file)?;
    Ok(Some((range, STANDARD.encode(&octets).into_bytes())))
}
