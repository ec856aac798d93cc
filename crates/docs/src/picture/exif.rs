//! EXIF, which is a TIFF of its own; IPTC, which Photoshop's blocks hold.

use super::{Found, printable, words};
use std::collections::BTreeSet;

/// Folders of tags that are followed.
const FOLDERS_MAX: usize = 40;
/// Tags of all folders together.
const TAGS_MAX: usize = 5_000;
/// Octets of one value that are looked at.
const VALUE_BYTES_MAX: usize = 1 << 20;

struct Tiff<'o> {
    octets: &'o [u8],
    is_big: bool,
}

impl<'o> Tiff<'o> {
    fn number(&self, at: usize, count: usize) -> Option<usize> {
        let octets = self.octets.get(at..at.checked_add(count)?)?;
        let add = |n: usize, b: &u8| n << 8 | usize::from(*b);
        Some(if self.is_big { octets.iter().fold(0, add) } else { octets.iter().rev().fold(0, add) })
    }
}

/// A tag of a folder.
struct Tag<'o> {
    id: usize,
    kind: usize,
    count: usize,
    value: &'o [u8],
    /// Where its value stands.
    at: usize,
}

/// Reads tags: texts, positions, the turn, and blocks that hold more.
pub(super) fn read(octets: &[u8], found: &mut Found<'_>) {
    let is_big = match octets.get(..2) {
        Some(b"MM") => true,
        Some(b"II") => false,
        _ => return,
    };
    let tiff = Tiff { octets, is_big };
    let mut folders = vec![(tiff.number(4, 4).unwrap_or(0), false)];
    let mut seen = BTreeSet::new();
    let mut tags_left = TAGS_MAX;
    while let Some((at, is_gps)) = folders.pop() {
        if at == 0 || seen.len() >= FOLDERS_MAX || !seen.insert(at) {
            continue;
        }
        let is_first = seen.len() == 1;
        let count = tiff.number(at, 2).unwrap_or(0).min(tags_left);
        tags_left -= count;
        let mut position = Position::default();
        for nth in 0..count {
            let Some(tag) = tag(&tiff, at + 2 + 12 * nth) else { break };
            match tag.id {
                0x8769 | 0xa005 => folders.push((tiff.number(tag.at, 4).unwrap_or(0), false)),
                0x8825 => folders.push((tiff.number(tag.at, 4).unwrap_or(0), true)),
                0x014a => {
                    folders
                        .extend((0..tag.count.min(8)).filter_map(|n| Some((tiff.number(tag.at + 4 * n, 4)?, false))));
                }
                0x0112 if is_first => found.orientation = tiff.number(tag.at, 2).unwrap_or(1) as u16,
                0x0202 => found.thumbnails.push(tiff.number(tag.at, 4).unwrap_or(0)),
                _ if is_gps => gps(&tiff, &tag, &mut position, found),
                _ => value(&tag, found),
            }
        }
        position.tell(found);
        folders.push((tiff.number(at + 2 + 12 * count, 4).unwrap_or(0), is_gps));
    }
}

fn tag<'o>(tiff: &Tiff<'o>, at: usize) -> Option<Tag<'o>> {
    let (id, kind, count) = (tiff.number(at, 2)?, tiff.number(at + 2, 2)?, tiff.number(at + 4, 4)?);
    let width = match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        5 | 10 | 12 => 8,
        _ => 4,
    };
    let bytes = count.checked_mul(width)?;
    let start = if bytes <= 4 { at + 8 } else { tiff.number(at + 8, 4)? };
    let end = start.saturating_add(bytes).min(tiff.octets.len()).min(start.saturating_add(VALUE_BYTES_MAX));
    Some(Tag { id, kind, count, value: tiff.octets.get(start..end).unwrap_or_default(), at: start })
}

fn value(tag: &Tag<'_>, found: &mut Found<'_>) {
    let name = name(tag.id);
    match (tag.id, tag.kind) {
        // What Windows writes is in UTF-16.
        (0x9c9b..=0x9c9f, _) => {
            found.line(name, &encoding_rs::UTF_16LE.decode_without_bom_handling(tag.value).0);
        }
        (700, _) => found.xmp(tag.value),
        (33723, _) => iptc(tag.value, found),
        (34377, _) => photoshop(tag.value, found),
        // Eight octets tell the charset of a comment.
        (0x9286, _) => match tag.value.split_at_checked(8) {
            Some((b"UNICODE\0", text)) => {
                let is_big = text.first() == Some(&0);
                let encoding = if is_big { encoding_rs::UTF_16BE } else { encoding_rs::UTF_16LE };
                found.line(name, &encoding.decode_without_bom_handling(text).0);
            }
            Some((_, text)) => found.note(name, text),
            None => {}
        },
        (0x927c, _) => {
            let text = printable(tag.value);
            found.line(name, &text);
        }
        (_, 2) => {
            let text = words(tag.value).replace('\0', " ");
            found.line(name, &text);
        }
        (0x9000 | 0xa000 | 0x9101 | 0xa300 | 0xa301 | 0xa302, _) => {}
        (_, 7) => found.note(name, tag.value),
        _ => {}
    }
}

fn name(id: usize) -> &'static str {
    match id {
        0x010d => "Document name",
        0x010e => "Description",
        0x010f => "Make",
        0x0110 => "Model",
        0x0131 => "Software",
        0x0132 => "Changed",
        0x013b => "Artist",
        0x013c => "Computer",
        0x8298 => "Copyright",
        0x9003 => "Taken",
        0x9004 => "Digitised",
        0x927c => "Maker note",
        0x9286 => "Comment",
        0x9c9b => "Title",
        0x9c9c => "Comment",
        0x9c9d => "Author",
        0x9c9e => "Keywords",
        0x9c9f => "Subject",
        0xa420 => "Picture id",
        0xa430 => "Owner",
        0xa431 => "Camera serial number",
        0xa433 => "Lens make",
        0xa434 => "Lens model",
        0xa435 => "Lens serial number",
        _ => "Tag",
    }
}

/// A place on earth.
#[derive(Default)]
struct Position {
    latitude: Option<f64>,
    longitude: Option<f64>,
    is_south: bool,
    is_west: bool,
}

impl Position {
    fn tell(&self, found: &mut Found<'_>) {
        if let (Some(latitude), Some(longitude)) = (self.latitude, self.longitude) {
            let signed = |value: f64, is_negative| if is_negative { -value } else { value };
            let (latitude, longitude) = (signed(latitude, self.is_south), signed(longitude, self.is_west));
            found.line("GPS position", &format!("{latitude:.6}, {longitude:.6}"));
        }
    }
}

fn gps(tiff: &Tiff<'_>, tag: &Tag<'_>, position: &mut Position, found: &mut Found<'_>) {
    let ratio = |nth: usize| {
        let (above, below) = (tiff.number(tag.at + 8 * nth, 4)?, tiff.number(tag.at + 8 * nth + 4, 4)?);
        (below != 0).then(|| above as f64 / below as f64)
    };
    let degrees = || Some(ratio(0)? + ratio(1).unwrap_or(0.0) / 60.0 + ratio(2).unwrap_or(0.0) / 3600.0);
    match tag.id {
        1 => position.is_south = tag.value.first() == Some(&b'S'),
        2 => position.latitude = degrees(),
        3 => position.is_west = tag.value.first() == Some(&b'W'),
        4 => position.longitude = degrees(),
        6 => found.line("GPS altitude", &ratio(0).map_or(String::new(), |metres| format!("{metres:.1} m"))),
        0x1d => found.line("GPS date", &words(tag.value)),
        0x1b | 0x1c => found.note("GPS place", tag.value.get(8..).unwrap_or_default()),
        _ if tag.kind == 2 && tag.value.len() > 4 => found.line("GPS", &words(tag.value)),
        _ => {}
    }
}

/// Photoshop's blocks: `8BIM`, a number, a name, a size, octets.
pub(super) fn photoshop(mut rest: &[u8], found: &mut Found<'_>) {
    while let Some(block) = memchr::memmem::find(rest, b"8BIM").and_then(|at| rest.get(at + 4..)) {
        let id = block.get(..2).map_or(0, |id| id.iter().fold(0u16, |n, b| n << 8 | u16::from(*b)));
        let name = usize::from(block.get(2).copied().unwrap_or(0)) + 1;
        let size_at = 2 + name.next_multiple_of(2);
        let size = block.get(size_at..size_at + 4).map_or(0, |n| n.iter().fold(0, |n, b| n << 8 | usize::from(*b)));
        let data_at = size_at + 4;
        let data = block.get(data_at..data_at.saturating_add(size).min(block.len())).unwrap_or_default();
        found.note("Block", block.get(3..2 + name).unwrap_or_default());
        match id {
            0x0404 => iptc(data, found),
            0x0409 | 0x040c => found.thumbnails.push(data.len()),
            0x0422 | 0x0423 => read(data, found),
            0x0424 => found.xmp(data),
            0x03ed..=0x03ff
            | 0x0400..=0x0403
            | 0x0406
            | 0x0408
            | 0x040a
            | 0x040d
            | 0x0411
            | 0x0414..=0x0419
            | 0x041a
            | 0x041e
            | 0x0425..=0x0433
            | 0x2710 => {}
            _ => found.note("Block", data),
        }
        rest = block.get(data_at.saturating_add(data.len())..).unwrap_or_default();
    }
}

/// IPTC-IIM: records of 0x1c, record, dataset, size.
fn iptc(mut rest: &[u8], found: &mut Found<'_>) {
    while let Some([0x1c, record, dataset, high, low]) = rest.first_chunk::<5>() {
        let size = usize::from(u16::from_be_bytes([*high, *low]));
        let value = rest.get(5..5 + size).unwrap_or(rest.get(5..).unwrap_or_default());
        if *record != 1 && *dataset != 0 {
            found.line("IPTC", &words(value));
        }
        rest = rest.get(5 + size..).unwrap_or_default();
    }
}

/// A TIFF that says how a picture is to be turned, and nothing else.
pub(super) fn only_orientation(orientation: u16) -> Vec<u8> {
    let mut out = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec();
    out.extend(orientation.to_be_bytes());
    out.extend([0; 6]);
    out
}
