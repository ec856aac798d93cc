//! The ZIP package that an office document is: its entries by the central directory, what stands outside of them, and the
//! package written anew.
//!
//! Archives in general have a reader of their own. A package is stricter: what two readers could take in two ways (entries of
//! one name, headers that differ) is read and then not rewritten, and entries that overlap are refused.

use crate::budget::Budget;
use crate::{Unwritable, Why};
use flate2::Compression;
use flate2::bufread::DeflateDecoder;
use flate2::write::DeflateEncoder;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::ops::Range;

const END: &[u8] = b"PK\x05\x06";
const END_64: &[u8] = b"PK\x06\x06";
const CENTRAL: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";
/// 1980-01-01, the first day that ZIP knows: packages tell no time.
const DATE: u16 = 0x21;
/// Names are UTF-8 (APPNOTE 4.4.4, bit 11).
const UTF8: u16 = 1 << 11;

/// A package that is read.
pub(crate) struct Package<'a> {
    /// In the order of the central directory.
    pub(crate) entries: Vec<Entry<'a>>,
    /// Octets between and before entries, comments and unknown extra fields.
    pub(crate) outside: Vec<&'a [u8]>,
    /// Could another reader find other entries, or the same ones with other octets?
    pub(crate) is_ambiguous: bool,
}

/// An entry of a package.
pub(crate) struct Entry<'a> {
    /// With slashes, whatever it is written with.
    pub(crate) name: String,
    raw_name: &'a [u8],
    method: u16,
    is_encrypted: bool,
    crc: u32,
    /// As declared.
    size_bytes: u32,
    pub(crate) packed: &'a [u8],
}

impl<'a> Package<'a> {
    /// Finds the entries.
    ///
    /// # Errors
    /// [`Why::Malformed`] without a central directory or with entries that overlap, [`Why::OverLimit`] with too many.
    pub(crate) fn open(octets: &'a [u8], budget: &mut Budget) -> Result<Package<'a>, Why> {
        let end = find_end(octets).ok_or(Why::Malformed)?;
        let mut package = Package { entries: Vec::new(), outside: Vec::new(), is_ambiguous: false };
        let mut taken: Vec<Range<usize>> = std::iter::once(end.central.start..octets.len().min(end.end)).collect();
        let mut names = BTreeSet::new();
        let mut rest = octets.get(end.central.clone()).ok_or(Why::Malformed)?;
        while rest.starts_with(CENTRAL) {
            if !budget.member() {
                return Err(Why::OverLimit);
            }
            let central = Central::parse(rest).ok_or(Why::Malformed)?;
            rest = rest.get(central.length..).ok_or(Why::Malformed)?;
            let from = usize::try_from(central.offset).ok().and_then(|at| at.checked_add(end.base));
            let from = from.ok_or(Why::Malformed)?;
            let local = octets.get(from..).filter(|rest| rest.starts_with(LOCAL)).ok_or(Why::Malformed)?;
            let (name_len, extra_len) = (u16_at(local, 26)?, u16_at(local, 28)?);
            let raw_name = local.get(30..30 + usize::from(name_len)).ok_or(Why::Malformed)?;
            let head = 30 + usize::from(name_len) + usize::from(extra_len);
            let size = usize::try_from(central.packed_bytes).map_err(|_| Why::OverLimit)?;
            let packed = local.get(head..).and_then(|rest| rest.get(..size)).ok_or(Why::Malformed)?;
            let is_same = raw_name == central.name && u16_at(local, 8)? == central.method;
            package.is_ambiguous |= !is_same || !names.insert(central.name.to_ascii_lowercase());
            package.outside.extend(extras(central.extra));
            package.outside.extend(extras(local.get(30 + usize::from(name_len)..head).unwrap_or_default()));
            package.outside.extend((!is_same).then_some(raw_name));
            package.outside.extend((!central.comment.is_empty()).then_some(central.comment));
            taken.push(from..from + head + size + descriptor(local.get(head + size..).unwrap_or_default(), &central));
            package.entries.push(Entry {
                name: named(central.name),
                raw_name: central.name,
                method: central.method,
                is_encrypted: central.flags & 1 != 0,
                crc: central.crc,
                size_bytes: central.size_bytes,
                packed,
            });
        }
        if !rest.is_empty() {
            package.outside.push(rest);
        }
        if end.comment_bytes > 0 {
            package.outside.extend(octets.get(end.end - end.comment_bytes..end.end));
        }
        package.gaps(octets, taken)?;
        Ok(package)
    }

    /// What lies between entries; entries in each other are refused.
    fn gaps(&mut self, octets: &'a [u8], mut taken: Vec<Range<usize>>) -> Result<(), Why> {
        taken.sort_by_key(|range| (range.start, range.end));
        let mut done = 0;
        for range in taken {
            if range.start < done {
                return Err(Why::Malformed);
            }
            self.outside.extend(octets.get(done..range.start).filter(|gap| gap.iter().any(|b| *b != 0)));
            done = range.end;
        }
        self.outside.extend(octets.get(done..).filter(|gap| gap.iter().any(|b| *b != 0)));
        Ok(())
    }

    /// The entry of this name, whatever its case.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.entries.iter().position(|entry| entry.name.eq_ignore_ascii_case(name))
    }
}

impl Entry<'_> {
    pub(crate) fn is_folder(&self) -> bool {
        self.name.ends_with('/') && self.packed.is_empty()
    }

    /// Its octets, and how many of those packed were left when its stream had ended.
    ///
    /// # Errors
    /// Why it cannot be unpacked.
    pub(crate) fn unpacked(&self, budget: &mut Budget) -> Result<(Vec<u8>, usize), Why> {
        let packed_bytes = self.packed.len() as u64;
        match self.method {
            _ if self.is_encrypted => Err(Why::Encrypted),
            0 => Ok((budget.inflate(self.packed, packed_bytes)?, 0)),
            8 => {
                let mut decoder = DeflateDecoder::new(self.packed);
                let octets = budget.inflate(&mut decoder, packed_bytes)?;
                let left = self.packed.len().saturating_sub(usize::try_from(decoder.total_in()).unwrap_or(usize::MAX));
                Ok((octets, left))
            }
            _ => Err(Why::Unsupported),
        }
    }
}

/// The end record of the central directory.
struct End {
    central: Range<usize>,
    /// Octets before the first that offsets count.
    base: usize,
    end: usize,
    comment_bytes: usize,
}

fn find_end(octets: &[u8]) -> Option<End> {
    let from = octets.len().saturating_sub(66_000);
    let tail = octets.get(from..)?;
    let at = from + (0..tail.len()).rev().find(|at| tail.get(*at..).is_some_and(|rest| rest.starts_with(END)))?;
    let record = octets.get(at..)?;
    let comment_bytes = usize::from(u16_at(record, 20).ok()?);
    let end = (at + 22 + comment_bytes).min(octets.len());
    let (mut size, mut offset) = (u64::from(u32_at(record, 12)?), u64::from(u32_at(record, 16)?));
    let mut central_end = at;
    if size == u64::from(u32::MAX) || offset == u64::from(u32::MAX) {
        let locator = at.checked_sub(20)?;
        let record = usize::try_from(u64_at(octets.get(locator..)?, 8)?).ok()?;
        let end_64 = octets.get(record..).filter(|rest| rest.starts_with(END_64))?;
        (size, offset) = (u64_at(end_64, 40)?, u64_at(end_64, 48)?);
        central_end = record;
    }
    let start = central_end.checked_sub(usize::try_from(size).ok()?)?;
    let base = start.checked_sub(usize::try_from(offset).ok()?)?;
    let comment_bytes = comment_bytes.min(octets.len().saturating_sub(at + 22));
    Some(End { central: start..central_end, base, end, comment_bytes })
}

/// A header of the central directory (APPNOTE 4.3.12).
struct Central<'a> {
    flags: u16,
    method: u16,
    crc: u32,
    packed_bytes: u64,
    size_bytes: u32,
    offset: u64,
    name: &'a [u8],
    extra: &'a [u8],
    comment: &'a [u8],
    length: usize,
}

impl<'a> Central<'a> {
    fn parse(record: &'a [u8]) -> Option<Central<'a>> {
        let lengths = [28, 30, 32].map(|at| u16_at(record, at).map(usize::from));
        let [Ok(name_len), Ok(extra_len), Ok(comment_len)] = lengths else { return None };
        let name = record.get(46..46 + name_len)?;
        let extra = record.get(46 + name_len..46 + name_len + extra_len)?;
        let length = 46 + name_len + extra_len + comment_len;
        let comment = record.get(length - comment_len..length)?;
        let size_bytes = u32_at(record, 24)?;
        // Numbers that do not fit stand in an extra field, in this order.
        let mut wide = field(extra, 1).unwrap_or_default();
        let mut number = |short: u32| match short {
            u32::MAX => {
                let number = u64_at(wide, 0);
                wide = wide.get(8..).unwrap_or_default();
                number
            }
            short => Some(u64::from(short)),
        };
        number(size_bytes)?;
        let packed_bytes = number(u32_at(record, 20)?)?;
        let offset = number(u32_at(record, 42)?)?;
        Some(Central {
            flags: u16_at(record, 8).ok()?,
            method: u16_at(record, 10).ok()?,
            crc: u32_at(record, 16)?,
            packed_bytes,
            size_bytes,
            offset,
            name,
            extra,
            comment,
            length,
        })
    }
}

/// The octets of the data descriptor that stands behind an entry's data, if one does.
fn descriptor(rest: &[u8], central: &Central<'_>) -> usize {
    if central.flags & 8 == 0 {
        return 0;
    }
    let signature = if rest.starts_with(b"PK\x07\x08") { 4 } else { 0 };
    // An empty entry has the same octets in both forms: what follows tells.
    let is_narrow = rest.get(signature + 12..).is_some_and(|next| next.starts_with(b"PK"));
    let is_wide = !is_narrow && u64_at(rest, signature + 4) == Some(central.packed_bytes);
    match u32_at(rest, signature) == Some(central.crc) {
        true if is_wide => signature + 20,
        true => signature + 12,
        false => 0,
    }
}

fn field(mut extra: &[u8], wanted: u16) -> Option<&[u8]> {
    while let (Ok(id), Ok(size)) = (u16_at(extra, 0), u16_at(extra, 2)) {
        let data = extra.get(4..4 + usize::from(size))?;
        if id == wanted {
            return Some(data);
        }
        extra = extra.get(4 + usize::from(size)..)?;
    }
    None
}

/// Extra fields that are none of structure: times, owners and padding are.
fn extras(mut extra: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while let (Ok(id), Ok(size)) = (u16_at(extra, 0), u16_at(extra, 2)) {
        let Some(data) = extra.get(4..4 + usize::from(size)) else { break };
        let is_known = matches!(id, 0x0001 | 0x000a | 0x5455 | 0x5855 | 0x7855 | 0x7875 | 0xcafe | 0xd935 | 0xa220);
        if !is_known && data.iter().any(|b| *b != 0) {
            found.push(data);
        }
        extra = extra.get(4 + usize::from(size)..).unwrap_or_default();
    }
    if extra.iter().any(|b| *b != 0) {
        found.push(extra);
    }
    found
}

fn named(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(name) => name.replace('\\', "/"),
        Err(_) => raw.iter().map(|b| char::from(*b)).collect(),
    }
}

fn u16_at(octets: &[u8], at: usize) -> Result<u16, Why> {
    octets.get(at..).and_then(|rest| rest.first_chunk()).map(|chunk| u16::from_le_bytes(*chunk)).ok_or(Why::Malformed)
}

fn u32_at(octets: &[u8], at: usize) -> Option<u32> {
    octets.get(at..)?.first_chunk().map(|chunk| u32::from_le_bytes(*chunk))
}

fn u64_at(octets: &[u8], at: usize) -> Option<u64> {
    octets.get(at..)?.first_chunk().map(|chunk| u64::from_le_bytes(*chunk))
}

/// A package that is written. What stands outside of entries, times and extra fields are not kept.
#[derive(Default)]
pub(crate) struct Out {
    octets: Vec<u8>,
    central: Vec<u8>,
    count: u16,
}

impl Out {
    /// Adds an entry as it is.
    pub(crate) fn kept(&mut self, entry: &Entry<'_>) -> Result<(), Unwritable> {
        if entry.is_encrypted {
            return Err(Unwritable::Unreadable);
        }
        self.add(entry.raw_name, entry.method, entry.crc, entry.size_bytes, entry.packed)
    }

    /// Adds an entry with other octets, packed in the way it was.
    pub(crate) fn changed(&mut self, entry: &Entry<'_>, octets: &[u8]) -> Result<(), Unwritable> {
        let size = u32::try_from(octets.len()).map_err(|_| Unwritable::Unreadable)?;
        let mut crc = flate2::Crc::new();
        crc.update(octets);
        if entry.method == 0 {
            return self.add(entry.raw_name, 0, crc.sum(), size, octets);
        }
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(octets).map_err(|_| Unwritable::Unreadable)?;
        let packed = encoder.finish().map_err(|_| Unwritable::Unreadable)?;
        self.add(entry.raw_name, 8, crc.sum(), size, &packed)
    }

    fn add(&mut self, name: &[u8], method: u16, crc: u32, size: u32, packed: &[u8]) -> Result<(), Unwritable> {
        let number = |number: usize| u32::try_from(number).map_err(|_| Unwritable::Unreadable);
        let (offset, packed_size) = (number(self.octets.len())?, number(packed.len())?);
        let name_len = u16::try_from(name.len()).map_err(|_| Unwritable::Unreadable)?;
        let mut common = Vec::with_capacity(26);
        for field in [20, UTF8, method, 0, DATE] {
            common.extend_from_slice(&field.to_le_bytes());
        }
        for field in [crc, packed_size, size] {
            common.extend_from_slice(&field.to_le_bytes());
        }
        common.extend_from_slice(&name_len.to_le_bytes());
        common.extend_from_slice(&[0, 0]);
        self.octets.extend_from_slice(LOCAL);
        self.octets.extend_from_slice(&common);
        self.octets.extend_from_slice(name);
        self.octets.extend_from_slice(packed);
        self.central.extend_from_slice(CENTRAL);
        self.central.extend_from_slice(&20_u16.to_le_bytes());
        self.central.extend_from_slice(&common);
        self.central.extend_from_slice(&[0; 10]);
        self.central.extend_from_slice(&offset.to_le_bytes());
        self.central.extend_from_slice(name);
        self.count = self.count.checked_add(1).ok_or(Unwritable::Unreadable)?;
        Ok(())
    }

    /// The package.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, Unwritable> {
        let number = |number: usize| u32::try_from(number).map_err(|_| Unwritable::Unreadable);
        let (offset, size) = (number(self.octets.len())?, number(self.central.len())?);
        self.octets.append(&mut self.central);
        self.octets.extend_from_slice(END);
        self.octets.extend_from_slice(&[0; 4]);
        self.octets.extend_from_slice(&self.count.to_le_bytes());
        self.octets.extend_from_slice(&self.count.to_le_bytes());
        self.octets.extend_from_slice(&size.to_le_bytes());
        self.octets.extend_from_slice(&offset.to_le_bytes());
        self.octets.extend_from_slice(&[0; 2]);
        Ok(self.octets)
    }
}

/// A package of entries, for tests: names, and texts that are packed.
#[cfg(test)]
pub(crate) fn built(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Out::default();
    for (name, octets) in entries {
        let entry = Entry {
            name: (*name).to_owned(),
            raw_name: name.as_bytes(),
            method: if *name == "mimetype" { 0 } else { 8 },
            is_encrypted: false,
            crc: 0,
            size_bytes: 0,
            packed: &[],
        };
        out.changed(&entry, octets).unwrap();
    }
    out.finish().unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn opened(octets: &[u8]) -> Result<(Vec<String>, Vec<String>, bool), Why> {
        let mut budget = Budget::new(&Limits { members_max: 3, ..Limits::default() });
        Package::open(octets, &mut budget).map(|package| {
            let entries = package.entries.iter().map(|entry| {
                let (octets, left) = entry.unpacked(&mut budget).unwrap();
                format!("{}={}+{left}", entry.name, String::from_utf8(octets).unwrap())
            });
            let entries = entries.collect();
            let outside = package.outside.iter().map(|gap| String::from_utf8_lossy(gap).into_owned()).collect();
            (entries, outside, package.is_ambiguous)
        })
    }

    #[test]
    fn what_was_written_is_read() {
        let octets = built(&[("mimetype", b"x"), ("a/b.xml", b"<a/>")]);
        let entries = vec!["mimetype=x+0".to_owned(), "a/b.xml=<a/>+0".to_owned()];
        assert_eq!(opened(&octets), Ok((entries.clone(), vec![], false)));
        // Octets before the first entry move all offsets; those behind the end do not.
        let around = [b"before".as_slice(), &octets, b"behind"].concat();
        assert_eq!(opened(&around), Ok((entries, vec!["before".into(), "behind".into()], false)));
        let again = {
            let mut budget = Budget::new(&Limits::default());
            let package = Package::open(&octets, &mut budget).unwrap();
            let mut out = Out::default();
            package.entries.iter().for_each(|entry| out.kept(entry).unwrap());
            out.finish()
        };
        assert_eq!(again, Ok(octets));
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_told() {
        let twice = built(&[("a", b"1"), ("A", b"2")]);
        assert_eq!(opened(&twice), Ok((vec!["a=1+0".into(), "A=2+0".into()], vec![], true)));
        assert_eq!(opened(&built(&[("a", b""), ("b", b""), ("c", b"")])).map(|got| got.0.len()), Ok(3));
        assert_eq!(opened(&built(&[("a", b""), ("b", b""), ("c", b""), ("d", b"")])), Err(Why::OverLimit));
        // Two headers of the central directory that share one entry.
        let one = built(&[("a", b"1")]);
        let at = one.windows(4).position(|w| w == CENTRAL).unwrap();
        let header = &one[at..one.len() - 22];
        let mut overlap =
            [&one[..at], header, header, END, &[0; 4], &2_u16.to_le_bytes(), &2_u16.to_le_bytes()].concat();
        overlap.extend_from_slice(&(2 * header.len() as u32).to_le_bytes());
        overlap.extend_from_slice(&(at as u32).to_le_bytes());
        overlap.extend_from_slice(&[0; 2]);
        assert_eq!(opened(&overlap), Err(Why::Malformed));
        for cut in 0..one.len() {
            assert_eq!(opened(&one[..cut]), Err(Why::Malformed), "{cut}");
        }
    }
}
