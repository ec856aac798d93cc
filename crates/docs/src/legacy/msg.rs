//! Outlook message (MS-OXMSG).

use super::bytes::{Bytes, utf16};
use super::cfb::Storage;
use super::codepage::Charset;
use super::compound::{self, Rest};
use super::mapi::{OBJECT, Properties, Property};
use crate::reading::Reading;
use crate::writing::Writing;
use crate::{File, Format, Unwritable, Why};
use std::collections::HashMap;

const TABLE: &str = "__properties_version1.0";
const VALUE: &str = "__substg1.0_";
const NAMES: &str = "__nameid_version1.0";

/// Names of named properties, by their number in the file.
type Names = HashMap<u16, String>;

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    compound::read(at, file, reading);
}

/// Replaces spans of them.
pub(crate) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    let _ = (at, file, writing);
    Err(Unwritable::Format)
}

/// Reads a folder with a message in it.
pub(super) fn storage(at: &str, storage: &Storage<'_>, reading: &mut Reading<'_>) {
    let names = storage.storage(NAMES).map(|names| named(&names)).unwrap_or_default();
    message(at, storage, &names, reading);
}

fn message(at: &str, storage: &Storage<'_>, names: &Names, reading: &mut Reading<'_>) {
    let head_bytes = if storage.depth() == 0 { 32 } else { 24 };
    let mut rest = Rest::new(at);
    let mut properties = properties(storage, head_bytes, Charset::LATIN, names, &mut rest);
    let charset = properties.own_charset().unwrap_or(Charset::LATIN);
    properties.charset = charset;
    let mut recipients = Vec::new();
    let mut attachments = Vec::new();
    for (name, inner) in storage.storages() {
        match name {
            _ if name.starts_with("__recip_version1.0_") => {
                recipients.push(self::properties(&inner, 8, charset, names, &mut rest));
            }
            _ if name.starts_with("__attach_version1.0_") => attachments.push(inner),
            _ if name == NAMES => {}
            _ => rest.storage(&inner, &[], reading),
        }
    }
    properties.read(at, &recipients, reading);
    for inner in attachments {
        let at = rest.member();
        if reading.budget.member() {
            attachment(&at, &inner, charset, names, &mut rest, reading);
        } else {
            reading.opaque(&at, "application/octet-stream", Why::OverLimit, 0);
        }
    }
    rest.finish(reading);
}

fn attachment(
    at: &str,
    storage: &Storage<'_>,
    charset: Charset,
    names: &Names,
    rest: &mut Rest<'_>,
    reading: &mut Reading<'_>,
) {
    let properties = properties(storage, 8, charset, names, rest);
    properties.read_attachment(at, reading);
    let name = properties.attachment_name();
    if let Some(property) = properties.attached().filter(|property| property.kind != OBJECT) {
        return reading.member(at, &name, "", &property.octets);
    }
    if !name.is_empty() {
        reading.text(&format!("{at}/name"), "text/plain", name, 0);
    }
    for (_, inner) in storage.storages() {
        if inner.depth() > 2 * reading.limits().nesting_depth_max {
            reading.opaque(at, Format::Msg.media_type(), Why::OverLimit, 0);
        } else if inner.has(TABLE) {
            // Names stand in the outermost message alone.
            message(at, &inner, names, reading);
        } else {
            compound::storage(at, &inner, reading);
        }
    }
}

/// All properties in a folder: short ones stand in a table, long ones in streams of their own.
fn properties(
    storage: &Storage<'_>,
    head_bytes: usize,
    charset: Charset,
    names: &Names,
    rest: &mut Rest<'_>,
) -> Properties {
    let mut properties = Properties::new(charset);
    let name = |id: u16| names.get(&id).cloned().unwrap_or_default();
    for (stream, octets) in storage.contents() {
        if stream == TABLE {
            for entry in Bytes::from(octets.as_slice(), head_bytes).chunks_exact(16) {
                let (Some(kind), Some(id)) = (entry.u16(0), entry.u16(2)) else { continue };
                if matches!(kind, 0x02..=0x07 | 0x0a | 0x0b | 0x14 | 0x40) {
                    properties.list.push(Property { id, kind, name: name(id), octets: entry.part(8, 8).to_vec() });
                }
            }
            continue;
        }
        let tag = stream.strip_prefix(VALUE).map(|tag| tag.get(..8).unwrap_or(tag));
        match tag.and_then(|tag| u32::from_str_radix(tag, 16).ok()) {
            // Of a list of texts the stream without a number holds the lengths.
            Some(tag) if tag & 0x1000 != 0 && !stream.contains('-') => {}
            Some(tag) => {
                let (id, kind) = ((tag >> 16) as u16, tag as u16);
                properties.list.push(Property { id, kind, name: name(id), octets });
            }
            None => rest.strings(&octets),
        }
    }
    properties
}

/// The table of named properties (MS-OXMSG 2.2.3).
fn named(storage: &Storage<'_>) -> Names {
    let entries = storage.stream("__substg1.0_00030102").unwrap_or_default();
    let texts = storage.stream("__substg1.0_00040102").unwrap_or_default();
    let mut names = Names::new();
    // Names may overlap: together they are no longer than the stream, or they are not names.
    let mut left = 4 * texts.len();
    for entry in entries.chunks_exact(8) {
        let (Some(offset), Some(flags), Some(nth)) = (entry.size(0), entry.u16(4), entry.u16(6)) else { continue };
        if flags & 1 == 1 {
            let length = texts.size(offset).unwrap_or(0).min(512);
            let Some(rest) = left.checked_sub(length) else { break };
            left = rest;
            names.insert(nth.wrapping_add(0x8000), utf16(texts.part(offset.saturating_add(4), length)));
        }
    }
    names
}
