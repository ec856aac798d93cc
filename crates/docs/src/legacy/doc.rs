//! Word before 2007 (MS-DOC): Word 6 to 2003, all subdocuments, and what fast saves left behind.

mod pieces;

use super::blips::{Drawings, record};
use super::bytes::Bytes;
use super::cfb::Storage;
use super::codepage::Charset;
use super::compound::{self, Rest};
use super::crypt::rc4::Key;
use crate::reading::Reading;
use crate::writing::Writing;
use crate::{File, Format, Unwritable, Why};
use pieces::Pieces;

/// The subdocuments, in the order of their characters.
const PARTS: [&str; 8] =
    ["!document", "!footnotes", "!headers", "!macrotext", "!comments", "!endnotes", "!textboxes", "!headertextboxes"];

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    compound::read(at, file, reading);
}

/// Replaces spans of them.
pub(crate) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    let _ = (at, file, writing);
    Err(Unwritable::Format)
}

/// The head of the main stream.
pub(super) struct Head {
    /// Before Word 97.
    pub(super) is_old: bool,
    pub(super) charset: Charset,
    /// Characters of each of [`PARTS`].
    counts: [usize; 8],
    /// Where the piece table stands, and in which stream.
    clx: (usize, usize),
    /// Text that has no piece table.
    plain: (usize, usize),
    /// Where the table of paragraph properties stands.
    paragraphs: (usize, usize),
    table: &'static str,
}

impl Head {
    fn parse(main: &[u8]) -> Option<Head> {
        let signature = main.u16(0)?;
        let version = main.u16(2)?;
        let flags = main.u16(0x0a)?;
        if !matches!(signature, 0xa5ec | 0xa5dc | 0xa5db | 0xa697 | 0xa698 | 0xa699) {
            return None;
        }
        let is_old = version < 106;
        let size = |at| main.size(at).unwrap_or(0);
        let (counts, clx, paragraphs) = if is_old { (0x34, 0x160, 0xc0) } else { (0x4c, 0x1a2, 0x102) };
        Some(Head {
            is_old,
            charset: Charset::of_language(main.u16(6)?),
            counts: std::array::from_fn(|nth| size(counts + 4 * nth)),
            clx: (size(clx), size(clx + 4)),
            plain: (size(0x18), size(0x1c)),
            paragraphs: (size(paragraphs), size(paragraphs + 4)),
            table: if flags & 0x200 == 0 { "0Table" } else { "1Table" },
        })
    }
}

/// Reads a folder with a document in it.
pub(super) fn storage(at: &str, storage: &Storage<'_>, reading: &mut Reading<'_>) {
    let mut rest = Rest::new(at);
    let mut main = storage.stream("WordDocument").unwrap_or_default();
    let Some(head) = Head::parse(&main) else {
        rest.strings(&main);
        reading.opaque(at, Format::Doc.media_type(), Why::Malformed, 0);
        rest.storage(storage, &["WordDocument"], reading);
        return rest.finish(reading);
    };
    let mut table = storage.stream(head.table).unwrap_or_default();
    let mut data = storage.stream("Data").unwrap_or_default();
    let is_encrypted = main.u16(0x0a).unwrap_or(0) & 0x100 != 0;
    let key = if is_encrypted { decrypted(&mut main, &mut table, &mut data, reading) } else { None };
    rest.encrypted_summary(storage, key.as_ref(), reading);
    if is_encrypted && key.is_none() {
        let size = main.len() + table.len() + data.len();
        reading.opaque(at, Format::Doc.media_type(), Why::Encrypted, size as u64);
        // Properties and objects may be in the clear.
        rest.storage(storage, &["WordDocument", head.table, "Data"], reading);
        return rest.finish(reading);
    }
    // What is encrypted is part of the head.
    let head = Head::parse(&main).unwrap_or(head);
    texts(at, &head, &main, &table, &mut rest, reading);
    rest.strings(&table);
    pictures(&data, &mut rest, reading);
    rest.storage(storage, &["WordDocument", head.table, "Data"], reading);
    rest.finish(reading);
}

/// Opens the streams of an encrypted document with a password; `None` if none fits.
fn decrypted(main: &mut [u8], table: &mut [u8], data: &mut [u8], reading: &Reading<'_>) -> Option<Key> {
    const BLOCK_BYTES: usize = 512;
    const PLAIN_BYTES: usize = 0x44;
    // XOR is another way, of Word 95.
    let is_mixed = main.u16(0x0a).unwrap_or(0) & 0x8000 != 0;
    let info = main.size(0x0e).map_or(&[][..], |length| table.part(0, length));
    let info_bytes = info.len();
    let key = Key::find(info, reading.passwords).filter(|_| !is_mixed)?;
    key.stream(main, BLOCK_BYTES, PLAIN_BYTES);
    key.stream(table, BLOCK_BYTES, info_bytes);
    key.stream(data, BLOCK_BYTES, 0);
    Some(key)
}

fn texts(at: &str, head: &Head, main: &[u8], table: &[u8], rest: &mut Rest<'_>, reading: &mut Reading<'_>) {
    let source = if head.is_old { main } else { table };
    let pieces = match head.clx {
        (from, length) if length > 0 => Pieces::parse(source.part(from, length), head, main),
        _ => Pieces::plain(head, main),
    };
    let characters = pieces.characters(main, &head.row_ends(main, source));
    let mut left = characters.as_slice();
    let mut octets = pieces.octets();
    for (path, count) in PARTS.iter().zip(head.counts) {
        let (part, after) = left.split_at_checked(count).unwrap_or((left, &[]));
        left = after;
        let text = readable(part);
        if !text.trim().is_empty() || *path == "!document" {
            reading.text(&format!("{at}{path}"), Format::Doc.media_type(), text, std::mem::take(&mut octets));
        }
    }
    let beyond = readable(left);
    if !beyond.trim().is_empty() {
        reading.text(&format!("{at}!further"), Format::Doc.media_type(), beyond, 0);
    }
    // Text that no piece names: earlier versions that a fast save kept.
    pieces.gaps(main).for_each(|gap| rest.strings(gap));
}

/// Characters of a subdocument as text: marks of structure become what they look like.
fn readable(units: &[u16]) -> String {
    let plain = |unit: u16| match unit {
        0x07 | 0x09 => 0x09,
        // Ends of lines, pages, columns, cells' rows.
        0x0a..=0x0e => 0x0a,
        0x1e => 0x2d,
        0x1f => 0xad,
        // The marks of a field part what it says from what it shows.
        0x13 | 0x14 => 0x20,
        // Symbol fonts show the octet behind the private character.
        0xf020..=0xf07e => unit - 0xf000,
        _ => unit,
    };
    let units = units.iter().map(|unit| plain(*unit)).filter(|unit| *unit >= 0x20 || matches!(unit, 0x09 | 0x0a));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Pictures in the stream `Data`, each in a head of its own.
fn pictures(data: &[u8], rest: &mut Rest<'_>, reading: &mut Reading<'_>) {
    let mut drawings = Drawings::default();
    let mut at = 0;
    while let (Some(length), Some(head)) = (data.size(at), data.u16(at + 4)) {
        let Some(picture) = data.get(at..at.saturating_add(length)).filter(|_| length > usize::from(head)) else {
            break;
        };
        let mut inner = Bytes::from(picture, usize::from(head));
        // A linked picture has its name before it.
        if picture.u16(6) == Some(0x66) {
            let name = usize::from(inner.u8(0).unwrap_or(0));
            rest.strings(inner.part(1, name));
            inner = Bytes::from(inner, name + 1);
        }
        match record(inner, 0) {
            Some((version, kind, _)) if kind >= 0xf000 && version & 15 == 15 => {
                let before = drawings.pictures.len();
                drawings.walk(inner);
                let pictures = drawings.pictures.get(before..).unwrap_or_default();
                let stored: u64 = pictures.iter().map(super::blips::Picture::stored_bytes).sum();
                reading.decoded((length as u64).saturating_sub(stored));
            }
            _ => rest.strings(inner),
        }
        at += length;
    }
    rest.strings(Bytes::from(data, at));
    rest.drawings(&drawings, reading);
}
