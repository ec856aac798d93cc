//! Writes a ZIP anew: the members of the central directory, in their order, and nothing between them.

use super::directory::{Directory, Entry, State, kept_extra};
use super::{unpack, words};
use crate::writing::{Writing, replaced};
use crate::{File, Unwritable, Why};
use std::io::Write;

/// Names in UTF-8.
const UTF8: u16 = 0x800;
/// Sizes stand behind the data.
const SIZES_BEHIND: u16 = 8;

/// A new archive.
#[derive(Default)]
struct Output {
    octets: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

/// Replaces spans of them.
pub(crate) fn rewrite(at: &str, file: &File<'_>, writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    let octets = file.octets;
    let directory = Directory::read(octets, writing.budget.limits.members_max);
    if directory.is_cut || !directory.is_ended {
        return Err(Unwritable::Unreadable);
    }
    let mut output = Output::default();
    let (central, rest) = directory.entries.split_at(directory.central);
    for (nth, entry) in central.iter().enumerate() {
        if entry.state != State::Sound || !writing.budget.member() {
            return Err(Unwritable::Unreadable);
        }
        member(&format!("{at}!{}", nth + 1), octets, entry, writing, &mut output)?;
    }
    // What no reader of the directory sees is left out.
    for nth in 0..rest.len() {
        writing.left_out(&format!("{at}!{}", central.len() + nth + 1));
    }
    for nth in 0..directory.gaps.len() {
        writing.left_out(&format!("{at}!gap{}", nth + 1));
    }
    writing.left_out(&format!("{at}!strays"));
    let comment = noted(&format!("{at}!comment"), directory.comment, writing)?;
    output.finish(&comment)
}

/// A comment with its spans replaced: untouched it keeps its octets, else it becomes UTF-8.
fn noted(at: &str, comment: &[u8], writing: &mut Writing<'_>) -> Result<Vec<u8>, Unwritable> {
    let edits = writing.edits(at);
    match edits.is_empty() {
        true => Ok(comment.to_vec()),
        false => replaced(&words(comment), edits).map(String::into_bytes),
    }
}

fn member(
    at: &str,
    octets: &[u8],
    entry: &Entry<'_>,
    writing: &mut Writing<'_>,
    output: &mut Output,
) -> Result<(), Unwritable> {
    // The local header takes its name from the directory; odd fields are left out.
    writing.left_out(&format!("{at}/local"));
    writing.left_out(&format!("{at}/extra"));
    writing.left_out(&format!("{at}~2"));
    let old_name = entry.name();
    let comment = noted(&format!("{at}/comment"), entry.comment, writing)?;
    let is_touched = writing.touches(at) && !writing.is_removed(at);
    let content = match is_touched {
        false => Vec::new(),
        true => match unpack::unpack(octets, entry, &mut writing.budget, writing.passwords) {
            (content, None) => content,
            (_, Some(Why::Encrypted)) => return Err(Unwritable::Format),
            (_, Some(_)) => return Err(Unwritable::Unreadable),
        },
    };
    // Its content cannot be encrypted again in the same way each time.
    if is_touched && entry.is_encrypted() {
        return Err(Unwritable::Format);
    }
    let Some((name, changed)) = writing.member(at, &old_name, "", &content)? else { return Ok(()) };
    let is_renamed = name != old_name || entry.has_odd_name() || comment != entry.comment;
    let raw_name = if is_renamed { name.as_bytes() } else { entry.raw_name };
    let mut new = entry.clone();
    new.raw_name = raw_name;
    new.comment = &comment;
    new.flags = entry.flags & !SIZES_BEHIND | if is_renamed { UTF8 } else { 0 };
    if !is_touched {
        // An encrypted member keeps the bit: what its salt is checked with hangs on it.
        new.flags |= entry.flags & SIZES_BEHIND & if entry.is_encrypted() { SIZES_BEHIND } else { 0 };
        let packed = octets.get(entry.data.clone()).unwrap_or_default();
        return output.add(&new, packed);
    }
    new.method = if entry.method == 0 { 0 } else { 8 };
    new.size = changed.len() as u64;
    let mut sum = flate2::Crc::new();
    sum.update(&changed);
    new.crc = sum.sum();
    let packed = if new.method == 0 { changed } else { deflate(&changed)? };
    output.add(&new, &packed)
}

fn deflate(content: &[u8]) -> Result<Vec<u8>, Unwritable> {
    let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(content).and_then(|()| packer.finish()).map_err(|_| Unwritable::Unreadable)
}

fn narrow<T>(number: impl TryInto<T>) -> Result<T, Unwritable> {
    number.try_into().map_err(|_| Unwritable::Unreadable)
}

impl Output {
    fn add(&mut self, entry: &Entry<'_>, packed: &[u8]) -> Result<(), Unwritable> {
        let header_at: u32 = narrow(self.octets.len())?;
        let (packed_size, size): (u32, u32) = (narrow(packed.len())?, narrow(entry.size)?);
        let name_size: u16 = narrow(entry.raw_name.len())?;
        let mut sizes = entry.crc.to_le_bytes().to_vec();
        sizes.extend(packed_size.to_le_bytes());
        sizes.extend(size.to_le_bytes());
        let mut common = needed(entry).to_le_bytes().to_vec();
        common.extend(entry.flags.to_le_bytes());
        common.extend(entry.method.to_le_bytes());
        common.extend(entry.time.to_le_bytes());
        common.extend(&sizes);
        common.extend(name_size.to_le_bytes());
        for (signature, extra, is_central) in
            [(b"PK\x03\x04", entry.local_extra, false), (b"PK\x01\x02", entry.extra, true)]
        {
            let extra = kept_extra(extra, entry.is_encrypted());
            let out = if is_central { &mut self.directory } else { &mut self.octets };
            out.extend_from_slice(signature);
            if is_central {
                out.extend(entry.made_by.to_le_bytes());
            }
            out.extend(&common);
            out.extend(narrow::<u16>(extra.len())?.to_le_bytes());
            if is_central {
                out.extend(narrow::<u16>(entry.comment.len())?.to_le_bytes());
                out.extend(0u16.to_le_bytes());
                out.extend(entry.internal.to_le_bytes());
                out.extend(entry.external.to_le_bytes());
                out.extend(header_at.to_le_bytes());
            }
            out.extend_from_slice(entry.raw_name);
            out.extend(extra);
            out.extend_from_slice(if is_central { entry.comment } else { packed });
        }
        if entry.flags & SIZES_BEHIND != 0 {
            self.octets.extend_from_slice(b"PK\x07\x08");
            self.octets.extend(sizes);
        }
        self.count = self.count.checked_add(1).ok_or(Unwritable::Unreadable)?;
        Ok(())
    }

    fn finish(mut self, comment: &[u8]) -> Result<Vec<u8>, Unwritable> {
        let start: u32 = narrow(self.octets.len())?;
        let size: u32 = narrow(self.directory.len())?;
        self.octets.append(&mut self.directory);
        self.octets.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        self.octets.extend(self.count.to_le_bytes());
        self.octets.extend(self.count.to_le_bytes());
        self.octets.extend(size.to_le_bytes());
        self.octets.extend(start.to_le_bytes());
        self.octets.extend(narrow::<u16>(comment.len())?.to_le_bytes());
        self.octets.extend_from_slice(comment);
        Ok(self.octets)
    }
}

/// The version that a reader needs (APPNOTE 4.4.3.2).
fn needed(entry: &Entry<'_>) -> u16 {
    match entry.method {
        99 => 51,
        9 => 21,
        12 => 46,
        14 | 93 | 95 => 63,
        _ => 20,
    }
}
