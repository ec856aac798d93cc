//! gzip (RFC 1952).

use super::{STREAMS_MAX, Unpacked};
use crate::budget::Budget;
use crate::{Unwritable, Why};
use std::io::Write;

/// What a stream begins with.
struct Header<'o> {
    extra: &'o [u8],
    name: &'o [u8],
    comment: &'o [u8],
    bytes: usize,
}

fn header(octets: &[u8]) -> Option<Header<'_>> {
    let flags = *octets.get(3)?;
    let mut at = 10;
    let mut extra: &[u8] = &[];
    if flags & 4 != 0 {
        let [low, high] = *octets.get(at..)?.first_chunk::<2>()?;
        let length = usize::from(u16::from_le_bytes([low, high]));
        extra = octets.get(at + 2..at + 2 + length)?;
        at += 2 + length;
    }
    let mut words: [&[u8]; 2] = [&[], &[]];
    for (word, flag) in words.iter_mut().zip([8, 16]) {
        if flags & flag != 0 {
            let length = memchr::memchr(0, octets.get(at..)?)?;
            *word = octets.get(at..at + length)?;
            at += length + 1;
        }
    }
    if flags & 2 != 0 {
        at += 2;
    }
    let [name, comment] = words;
    Some(Header { extra, name, comment, bytes: at })
}

pub(super) fn unpack<'o>(octets: &'o [u8], budget: &mut Budget) -> Unpacked<'o> {
    let mut unpacked = Unpacked { rest: octets, ..Unpacked::default() };
    for nth in 0..STREAMS_MAX {
        if !unpacked.rest.starts_with(b"\x1f\x8b") {
            break;
        }
        let Some(header) = header(unpacked.rest) else {
            unpacked.trouble = Some(Why::Malformed);
            break;
        };
        note(&mut unpacked, &header, nth == 0);
        let body = unpacked.rest.get(header.bytes..).unwrap_or_default();
        let mut stream = flate2::bufread::DeflateDecoder::new(body);
        let is_whole = unpacked.add(budget.inflate_some(&mut stream, body.len() as u64));
        // Checksum and size follow; readers show the content whether they fit or not.
        unpacked.rest = if is_whole { stream.into_inner().get(8..).unwrap_or_default() } else { &[] };
    }
    unpacked
}

fn note<'o>(unpacked: &mut Unpacked<'o>, header: &Header<'o>, is_first: bool) {
    /// More of them are not told; a file of so many streams has no text in their headers.
    const NOTES_MAX: usize = 200;
    if is_first {
        unpacked.name = header.name;
    }
    let name = if header.name == unpacked.name { &[] } else { header.name };
    let notes = [name, header.comment, header.extra];
    let room = NOTES_MAX.saturating_sub(unpacked.notes.len());
    unpacked.notes.extend(notes.into_iter().filter(|note| note.iter().any(|b| *b != 0)).take(room));
}

/// One stream with the time and the system of the old one.
pub(super) fn pack(content: &[u8], name: &[u8], old: &[u8]) -> Result<Vec<u8>, Unwritable> {
    let lost = |_| Unwritable::Unreadable;
    let time = old.get(4..8).and_then(|time| time.first_chunk::<4>()).map_or(0, |time| u32::from_le_bytes(*time));
    let system = old.get(9).copied().unwrap_or(255);
    let mut builder = flate2::GzBuilder::new().mtime(time).operating_system(system);
    if !name.is_empty() {
        builder = builder.filename(name);
    }
    let mut packer = builder.write(Vec::new(), flate2::Compression::default());
    packer.write_all(content).map_err(lost)?;
    packer.finish().map_err(lost)
}

/// A name in ISO 8859-1 (RFC 1952 2.3.1), or as UTF-8 as most programs write it.
pub(super) fn latin1(name: &str) -> Vec<u8> {
    name.replace('\0', "").into_bytes()
}
