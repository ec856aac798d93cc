//! Compressed streams: gzip, bzip2, xz, lzma, zstd, compress. Streams that follow one another are one file; what stands behind
//! them, and what gzip notes of the file, is read as well.

mod compress;
mod gzip;

pub(crate) use compress::is_compress;

use crate::budget::Budget;
use crate::reading::Reading;
use crate::writing::Writing;
use crate::{File, Format, Unwritable, Why};
use std::io::Write;

/// What a file of streams says.
#[derive(Default)]
pub(super) struct Unpacked<'o> {
    content: Vec<u8>,
    trouble: Option<Why>,
    /// Names and comments (gzip), skippable frames (zstd).
    notes: Vec<&'o [u8]>,
    /// The name of the first stream (gzip).
    name: &'o [u8],
    /// What is no stream.
    rest: &'o [u8],
}

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, format: Format, reading: &mut Reading<'_>) {
    let unpacked = unpack(file.octets, format, &mut reading.budget);
    let member_at = format!("{at}!1");
    let inner = inner_name(&unpacked, file.name);
    reading.decoded((file.octets.len() - unpacked.rest.len()) as u64);
    if !unpacked.name.is_empty() {
        reading.text(&format!("{at}!1/name"), "text/plain", words(unpacked.name), 0);
    }
    if unpacked.trouble != Some(Why::OverLimit) && reading.budget.member() {
        let part = File { octets: &unpacked.content, name: &inner, media_type: "", passwords: reading.passwords };
        if unpacked.trouble.is_none() || !unpacked.content.is_empty() {
            reading.embedded(&member_at, &part);
        }
    }
    if let Some(why) = unpacked.trouble {
        reading.opaque(&format!("{at}!rest"), format.media_type(), why, 0);
    }
    for (nth, note) in unpacked.notes.iter().enumerate() {
        note_at(&format!("{at}!note{}", nth + 1), note, reading);
    }
    note_at(&format!("{at}!trailing"), unpacked.rest, reading);
}

fn note_at(at: &str, octets: &[u8], reading: &mut Reading<'_>) {
    if octets.iter().all(|b| *b == 0) {
        reading.decoded(octets.len() as u64);
    } else {
        reading.embedded(at, &File { octets, name: "", media_type: "", passwords: reading.passwords });
    }
}

fn words(octets: &[u8]) -> String {
    crate::text::charset::decode_short(octets, crate::text::charset::latin1).into_owned()
}

/// The name that decides between text formats: the one told, or that of the file without its last ending.
fn inner_name(unpacked: &Unpacked<'_>, outer: &str) -> String {
    if !unpacked.name.is_empty() {
        return words(unpacked.name);
    }
    outer.rsplit_once('.').map_or(outer, |(name, _)| name).to_owned()
}

/// Replaces spans of them.
pub(crate) fn rewrite(
    at: &str,
    file: &File<'_>,
    format: Format,
    writing: &mut Writing<'_>,
) -> Result<Vec<u8>, Unwritable> {
    let unpacked = unpack(file.octets, format, &mut writing.budget);
    if unpacked.trouble.is_some() {
        return Err(Unwritable::Unreadable);
    }
    let member_at = format!("{at}!1");
    // The name is changed where the member is; what stands behind is left out.
    for nth in 0..unpacked.notes.len() {
        writing.left_out(&format!("{at}!note{}", nth + 1));
    }
    writing.left_out(&format!("{at}!trailing"));
    let hint = inner_name(&unpacked, file.name);
    let old_name = words(unpacked.name);
    if writing.is_removed(&member_at) {
        writing.left_out(&member_at);
        return pack(&[], b"", file.octets, format);
    }
    let name = crate::writing::replaced(&old_name, writing.edits(&format!("{member_at}/name")))?;
    let part = File { octets: &unpacked.content, name: &hint, media_type: "", passwords: writing.passwords };
    let content = writing.embedded(&member_at, &part)?;
    let is_same = content == unpacked.content && name == old_name;
    if is_same && unpacked.notes.is_empty() && unpacked.rest.is_empty() {
        return Ok(file.octets.to_vec());
    }
    let name = if name == old_name { unpacked.name.to_vec() } else { gzip::latin1(&name) };
    pack(&content, &name, file.octets, format)
}

fn unpack<'o>(octets: &'o [u8], format: Format, budget: &mut Budget) -> Unpacked<'o> {
    match format {
        Format::Gzip => gzip::unpack(octets, budget),
        Format::Bzip2 => bzip2(octets, budget),
        Format::Zstd => zstd(octets, budget),
        Format::Compress => compress::unpack(octets, budget),
        _ if is_lzma(octets) => lzma(octets, budget),
        _ => xz(octets, budget),
    }
}

impl<'o> Unpacked<'o> {
    /// Takes what a stream gave; false if no other follows.
    fn add(&mut self, (content, trouble): (Vec<u8>, Option<Why>)) -> bool {
        if self.content.is_empty() {
            self.content = content;
        } else {
            self.content.extend(content);
        }
        self.trouble = trouble;
        trouble.is_none()
    }
}

/// Streams that follow one another, at most so many of them.
const STREAMS_MAX: usize = 10_000;

fn bzip2<'o>(octets: &'o [u8], budget: &mut Budget) -> Unpacked<'o> {
    let mut unpacked = Unpacked { rest: octets, ..Unpacked::default() };
    for _ in 0..STREAMS_MAX {
        if !unpacked.rest.starts_with(b"BZh") {
            break;
        }
        let mut stream = bzip2::bufread::BzDecoder::new(unpacked.rest);
        let packed = unpacked.rest.len() as u64;
        let is_whole = unpacked.add(budget.inflate_some(&mut stream, packed));
        unpacked.rest = stream.into_inner();
        if !is_whole {
            unpacked.rest = &[];
        }
    }
    unpacked
}

fn zstd<'o>(octets: &'o [u8], budget: &mut Budget) -> Unpacked<'o> {
    let window = budget.limits.decoder_bytes_max.max(2).ilog2();
    let mut unpacked = Unpacked { rest: octets, ..Unpacked::default() };
    for _ in 0..STREAMS_MAX {
        // A skippable frame: one of sixteen magic numbers, its size, anything (RFC 8878 3.1.2).
        if let Some([magic, 0x2a, 0x4d, 0x18, a, b, c, d]) = unpacked.rest.first_chunk::<8>()
            && magic & 0xf0 == 0x50
        {
            let size = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
            let Some((note, rest)) = unpacked.rest.get(8..).and_then(|rest| rest.split_at_checked(size)) else { break };
            unpacked.rest = rest;
            if !note.is_empty() && unpacked.notes.len() < 100 {
                unpacked.notes.push(note);
            }
            continue;
        }
        if !unpacked.rest.starts_with(b"\x28\xb5\x2f\xfd") {
            break;
        }
        let Ok(stream) = zstd::stream::read::Decoder::with_buffer(unpacked.rest) else {
            unpacked.trouble = Some(Why::Malformed);
            break;
        };
        let mut stream = stream.single_frame();
        if stream.window_log_max(window).is_err() {
            unpacked.trouble = Some(Why::OverLimit);
            break;
        }
        let packed = unpacked.rest.len() as u64;
        let is_whole = unpacked.add(budget.inflate_some(&mut stream, packed));
        unpacked.rest = stream.finish();
        if !is_whole {
            unpacked.rest = &[];
        }
    }
    unpacked
}

fn memory_kib(budget: &Budget) -> u32 {
    u32::try_from(budget.limits.decoder_bytes_max / 1024).unwrap_or(u32::MAX)
}

fn xz<'o>(octets: &'o [u8], budget: &mut Budget) -> Unpacked<'o> {
    let mut unpacked = Unpacked { rest: octets, ..Unpacked::default() };
    for _ in 0..STREAMS_MAX {
        // Padding is zeros by fours.
        let padding = unpacked.rest.iter().take_while(|b| **b == 0).count();
        let after = unpacked.rest.get(padding..).unwrap_or_default();
        if !after.starts_with(b"\xfd7zXZ\0") {
            break;
        }
        let mut stream = lzma_rust2::XzReader::new_mem_limit(after, false, memory_kib(budget));
        let is_whole = unpacked.add(budget.inflate_some(&mut stream, after.len() as u64));
        unpacked.rest = stream.into_inner();
        if !is_whole {
            unpacked.rest = &[];
        }
    }
    unpacked
}

fn lzma<'o>(octets: &'o [u8], budget: &mut Budget) -> Unpacked<'o> {
    let mut unpacked = Unpacked::default();
    match lzma_rust2::LzmaReader::new_mem_limit(octets, memory_kib(budget), None) {
        Ok(stream) => {
            unpacked.add(budget.inflate_some(stream, octets.len() as u64));
        }
        Err(e) if e.kind() == std::io::ErrorKind::OutOfMemory => unpacked.trouble = Some(Why::OverLimit),
        Err(_) => unpacked.trouble = Some(Why::Malformed),
    }
    unpacked
}

/// LZMA alone: properties, a window that is a power of two or one and a half, a size or none, and a stream that begins
/// with zero.
pub(crate) fn is_lzma(octets: &[u8]) -> bool {
    let Some([properties, a, b, c, d, size @ .., first]) = octets.first_chunk::<14>() else { return false };
    let window = u32::from_le_bytes([*a, *b, *c, *d]);
    let is_window = window >= 1 << 12
        && (window.count_ones() == 1 || window.count_ones() == 2 && window & window << 1 != 0)
        || window == u32::MAX;
    let size: &[u8] = size;
    let is_size = size.iter().all(|b| *b == 0xff) || size.get(5..) == Some(&[0, 0, 0]);
    matches!(properties, 0x5d | 0x5e | 0x2c | 0x6c | 0x00) && is_window && is_size && *first == 0
}

fn pack(content: &[u8], name: &[u8], old: &[u8], format: Format) -> Result<Vec<u8>, Unwritable> {
    let lost = |_| Unwritable::Unreadable;
    match format {
        Format::Gzip => gzip::pack(content, name, old),
        Format::Bzip2 => {
            let mut packer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
            packer.write_all(content).map_err(lost)?;
            packer.finish().map_err(lost)
        }
        Format::Zstd => zstd::bulk::compress(content, 3).map_err(lost),
        Format::Compress => Err(Unwritable::Format),
        _ if is_lzma(old) => Err(Unwritable::Format),
        _ => {
            let options = lzma_rust2::XzOptions::with_preset(6);
            let mut packer = lzma_rust2::XzWriter::new(Vec::new(), options).map_err(lost)?;
            packer.write_all(content).map_err(lost)?;
            packer.finish().map_err(lost)
        }
    }
}

#[cfg(test)]
mod tests;
