//! What a ZIP lists: central directory, local headers, and what lies between them.

use super::cp437;
use crate::text::charset;
use memchr::memmem;
use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

/// The record at the end and the longest comment behind it, and some octets that others have put there.
const TAIL_BYTES: usize = 70_000;

/// What a ZIP lists.
#[derive(Default)]
pub(crate) struct Directory<'o> {
    /// Those of the central directory, then those that only local headers have.
    pub(super) entries: Vec<Entry<'o>>,
    /// How many the central directory has.
    pub(super) central: usize,
    /// Of the archive.
    pub(super) comment: &'o [u8],
    /// Names and comments in records of directories that no reader follows, a line each.
    pub(super) strays: Vec<u8>,
    /// Octets that belong to nothing.
    pub(super) gaps: Vec<Range<usize>>,
    /// Is there a record at the end?
    pub(super) is_ended: bool,
    /// Are there more members than were asked for?
    pub(super) is_cut: bool,
}

/// May an entry be read?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Sound,
    /// Its octets are another one's too, or are not there.
    Broken,
}

/// A member.
#[derive(Clone)]
pub(super) struct Entry<'o> {
    pub(super) raw_name: &'o [u8],
    pub(super) comment: &'o [u8],
    /// Extra fields of the central and of the local header.
    pub(super) extra: &'o [u8],
    pub(super) local_extra: &'o [u8],
    local_name: &'o [u8],
    pub(super) made_by: u16,
    pub(super) flags: u16,
    pub(super) method: u16,
    /// MS-DOS time and date.
    pub(super) time: u32,
    pub(super) crc: u32,
    pub(super) size: u64,
    pub(super) internal: u16,
    pub(super) external: u32,
    /// Its local header begins here.
    header: usize,
    pub(super) data: Range<usize>,
    pub(super) state: State,
}

/// Little-endian numbers.
pub(super) fn number(octets: &[u8], at: usize, count: usize) -> Option<u64> {
    let octets = octets.get(at..at.checked_add(count)?)?;
    Some(octets.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b)))
}

fn short(octets: &[u8], at: usize) -> u16 {
    number(octets, at, 2).unwrap_or(0) as u16
}

fn long(octets: &[u8], at: usize) -> u32 {
    number(octets, at, 4).unwrap_or(0) as u32
}

fn place(octets: &[u8], at: usize, count: usize) -> usize {
    number(octets, at, count).and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX)
}

fn is_at(octets: &[u8], at: usize, signature: &[u8]) -> bool {
    octets.get(at..).is_some_and(|rest| rest.starts_with(signature))
}

/// The fields of an extra block: kind and content.
pub(super) fn fields(extra: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = extra;
    std::iter::from_fn(move || {
        let (head, after) = rest.split_at_checked(4)?;
        let length = usize::from(short(head, 2)).min(after.len());
        let (field, after) = after.split_at_checked(length)?;
        rest = after;
        Some((short(head, 0), field))
    })
}

impl<'o> Entry<'o> {
    fn field(&self, kind: u16) -> Option<&'o [u8]> {
        let (central, local) = (self.extra, self.local_extra);
        fields(central).chain(fields(local)).find(|(k, _)| *k == kind).map(|(_, field)| field)
    }

    /// Its name as text: UTF-8 if it says so, or else in the charset that fits.
    pub(super) fn name(&self) -> Cow<'o, str> {
        // Info-ZIP Unicode Path: version, checksum of the plain name, name.
        if let Some(name) = self.field(0x7075).and_then(|field| field.get(5..))
            && let Ok(name) = std::str::from_utf8(name)
            && !name.is_empty()
        {
            return Cow::Borrowed(name);
        }
        charset::decode_short(self.raw_name, cp437)
    }

    /// Is its name in extra fields too, or in another charset than UTF-8?
    pub(super) fn has_odd_name(&self) -> bool {
        self.field(0x7075).is_some() || std::str::from_utf8(self.raw_name).is_err()
    }

    /// The name in the local header if it is another one, or the plain one beside one in Unicode.
    pub(super) fn other_name(&self) -> &'o [u8] {
        let plain = if self.field(0x7075).is_some() { self.raw_name } else { &[] };
        if self.local_name != self.raw_name { self.local_name } else { plain }
    }

    /// Does the local header tell another method, size or encryption?
    fn differs(&self, octets: &[u8]) -> bool {
        let Some(record) = octets.get(self.header..self.header + 30).filter(|_| self.state == State::Sound) else {
            return false;
        };
        let (flags, packed) = (short(record, 6), place(record, 18, 4));
        let is_told = flags & 8 == 0 && packed != 0 && packed != 0xffff_ffff;
        short(record, 8) != self.method || (flags ^ self.flags) & 1 != 0 || is_told && packed != self.data.len()
    }

    pub(super) fn is_folder(&self) -> bool {
        self.raw_name.ends_with(b"/") && self.data.is_empty()
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.flags & 1 != 0
    }

    /// Extra fields that are no known structure, if they can be a text.
    pub(super) fn odd_extra(&self) -> &'o [u8] {
        let odd = |extra: &'o [u8]| {
            let is_odd = fields(extra).any(|(kind, field)| {
                !is_known_field(kind) && field.iter().filter(|b| b.is_ascii_graphic() || **b >= 0x80).count() >= 4
            });
            // Octets that do not even form fields.
            let formed: usize = fields(extra).map(|(_, field)| field.len() + 4).sum();
            is_odd || extra.len() > formed + 3
        };
        [self.extra, self.local_extra].into_iter().find(|extra| odd(extra)).unwrap_or(&[])
    }
}

/// Sizes, times, owners, encryption, alignment: structure.
fn is_known_field(kind: u16) -> bool {
    matches!(
        kind,
        0x0001
            | 0x0009
            | 0x000a
            | 0x000d
            | 0x0015
            | 0x0017
            | 0x5455
            | 0x5855
            | 0x7075
            | 0x6375
            | 0x7855
            | 0x7875
            | 0x9901
            | 0xa11e
            | 0xa220
            | 0xcafe
            | 0xd935
    )
}

/// Extra fields that a rewritten archive keeps: times and owners by number.
pub(super) fn kept_extra(extra: &[u8], with_encryption: bool) -> Vec<u8> {
    let mut out = Vec::new();
    for (kind, field) in fields(extra) {
        let keep = matches!(kind, 0x000a | 0x5455 | 0x5855 | 0x7855 | 0x7875) || with_encryption && kind == 0x9901;
        if keep && field.len() <= 64 {
            out.extend(kind.to_le_bytes());
            out.extend((field.len() as u16).to_le_bytes());
            out.extend_from_slice(field);
        }
    }
    out
}

impl<'o> Directory<'o> {
    /// Reads at most so many members. Never fails: what cannot be read is a gap.
    pub(crate) fn read(octets: &'o [u8], members_max: usize) -> Directory<'o> {
        let mut directory = Directory::default();
        let mut used = Vec::new();
        if let Some(end) = End::find(octets) {
            directory.is_ended = true;
            directory.comment = octets.get(end.comment.clone()).unwrap_or_default();
            let read_to = directory.central(octets, &end, members_max);
            used.push(end.start..read_to);
            used.push(end.records.clone());
            directory.central = directory.entries.len();
        }
        directory.reject_overlaps(octets, &mut used);
        directory.between(octets, used, members_max);
        // Readers that go by local headers see these members in another way.
        let differing: Vec<usize> =
            directory.entries.iter().take(directory.central).filter(|e| e.differs(octets)).map(|e| e.header).collect();
        for header in differing {
            if directory.entries.len() < members_max {
                directory.lone(octets, header, octets.len());
            }
        }
        directory
    }

    /// Names of members, as they stand.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'o [u8]> {
        self.entries.iter().map(|entry| entry.raw_name)
    }

    /// What a member holds that is stored as it is.
    pub(crate) fn stored(&self, octets: &'o [u8], name: &[u8]) -> Option<&'o [u8]> {
        let entry = self.entries.iter().find(|entry| entry.raw_name == name && entry.method == 0)?;
        octets.get(entry.data.clone())
    }

    /// Reads the central directory; where it ended.
    fn central(&mut self, octets: &'o [u8], end: &End, members_max: usize) -> usize {
        let mut at = end.start;
        let mut seen = HashSet::new();
        while is_at(octets, at, b"PK\x01\x02") {
            if self.entries.len() >= members_max {
                self.is_cut = true;
                return end.records.start;
            }
            let Some((mut entry, offset, next)) = central_record(octets, at) else { break };
            at = next;
            // Offsets count from the start of the archive, which something may stand before.
            let header = [offset.saturating_add(end.base), offset];
            let header = header.into_iter().find(|at| is_at(octets, *at, b"PK\x03\x04"));
            match header {
                Some(header) if seen.insert(header) => locate(octets, &mut entry, header),
                _ => entry.state = State::Broken,
            }
            self.entries.push(entry);
        }
        at
    }

    /// Members whose octets are another one's too are not read: that is how small archives become huge.
    fn reject_overlaps(&mut self, octets: &[u8], used: &mut Vec<Range<usize>>) {
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        order.sort_by_key(|at| self.entries.get(*at).map_or(0, |entry| entry.header));
        let mut done = 0;
        for at in order {
            let Some(entry) = self.entries.get_mut(at) else { continue };
            if entry.state == State::Broken {
                continue;
            }
            if entry.header < done {
                entry.state = State::Broken;
                continue;
            }
            done = entry.data.end;
            used.push(entry.header..descriptor_end(octets, entry));
        }
    }

    /// What lies between the members: local headers that no directory lists, records, and octets of nothing.
    fn between(&mut self, octets: &'o [u8], mut used: Vec<Range<usize>>, members_max: usize) {
        used.sort_by_key(|range| range.start);
        used.push(octets.len()..octets.len());
        let mut done = 0;
        for range in used {
            if range.start > done {
                self.records(octets, done..range.start, members_max);
            }
            done = done.max(range.end);
        }
    }

    fn records(&mut self, octets: &'o [u8], within: Range<usize>, members_max: usize) {
        let mut at = within.start;
        let mut gap = at;
        while at < within.end {
            let Some(next) = octets.get(at..within.end).and_then(|rest| memmem::find(rest, b"PK")) else { break };
            at += next;
            let rest = octets.get(at..within.end).unwrap_or_default();
            let after = match rest.get(2..4) {
                Some(b"\x03\x04") if self.entries.len() < members_max => self.lone(octets, at, within.end),
                Some(b"\x03\x04") => {
                    self.is_cut = true;
                    None
                }
                Some(b"\x01\x02") => central_record(octets, at).map(|(entry, _, next)| {
                    self.stray(entry.raw_name);
                    self.stray(entry.comment);
                    next
                }),
                Some(b"\x05\x06") => rest.get(..22).map(|record| {
                    let to = (at + 22 + usize::from(short(record, 20))).min(within.end);
                    self.stray(octets.get(at + 22..to).unwrap_or_default());
                    to
                }),
                Some(b"\x06\x06") => number(rest, 4, 8).and_then(|n| at.checked_add(12)?.checked_add(n as usize)),
                Some(b"\x06\x07") => Some(at + 20),
                Some(b"\x07\x08") => Some(at + 16),
                // The mark of a span that is whole.
                Some(b"00") if at == 0 => Some(4),
                _ => None,
            };
            match after.filter(|after| *after <= within.end) {
                Some(after) => {
                    self.gap(gap..at);
                    (at, gap) = (after, after);
                }
                None => at += 2,
            }
        }
        self.gap(gap..within.end);
    }

    fn gap(&mut self, gap: Range<usize>) {
        /// More of them are one.
        const GAPS_MAX: usize = 50;
        let is_full = self.gaps.len() >= GAPS_MAX;
        match self.gaps.last_mut() {
            _ if gap.is_empty() => {}
            Some(last) if is_full => last.end = gap.end,
            _ => self.gaps.push(gap),
        }
    }

    fn stray(&mut self, words: &[u8]) {
        if !words.is_empty() {
            self.strays.extend_from_slice(words);
            self.strays.push(b'\n');
        }
    }

    /// A member that only its local header tells of; where it ends.
    fn lone(&mut self, octets: &'o [u8], at: usize, end: usize) -> Option<usize> {
        let header = octets.get(at..at + 30)?;
        let mut entry = Entry {
            raw_name: &[],
            comment: &[],
            extra: &[],
            local_extra: &[],
            local_name: &[],
            made_by: 20,
            flags: short(header, 6),
            method: short(header, 8),
            time: long(header, 10),
            crc: long(header, 14),
            size: u64::from(long(header, 22)),
            internal: 0,
            external: 0,
            header: at,
            data: 0..place(header, 18, 4),
            state: State::Sound,
        };
        if entry.flags & 8 != 0 && entry.data.end == 0 {
            entry.data.end = usize::MAX;
            entry.size = u64::MAX;
        }
        locate(octets, &mut entry, at);
        entry.raw_name = entry.local_name;
        if entry.state == State::Broken || entry.data.end > end {
            // Its size is told behind it, or it is cut off: the next record ends it.
            let from = entry.data.start;
            let rest = octets.get(from..end)?;
            let next = memmem::find_iter(rest, b"PK")
                .find(|next| matches!(rest.get(next + 2..next + 4), Some(b"\x03\x04" | b"\x07\x08" | b"\x01\x02")));
            entry.data = from..next.map_or(end, |next| from + next);
            entry.state = State::Sound;
        }
        let after = entry.data.end;
        self.entries.push(entry);
        Some(after)
    }
}

/// A record of the central directory, the offset of its local header, and where the next record begins.
fn central_record(octets: &[u8], at: usize) -> Option<(Entry<'_>, usize, usize)> {
    let record = octets.get(at..at + 46)?;
    let (name, extra, comment) = (short(record, 28), short(record, 30), short(record, 32));
    let name_at = at + 46;
    let extra_at = name_at + usize::from(name);
    let comment_at = extra_at + usize::from(extra);
    let next = comment_at + usize::from(comment);
    let extra = octets.get(extra_at..comment_at)?;
    let (mut packed, mut size, mut offset) = (place(record, 20, 4), place(record, 24, 4), place(record, 42, 4));
    // ZIP64: what does not fit stands in the extra field, in this order.
    if let Some((_, field)) = fields(extra).find(|(kind, _)| *kind == 1) {
        let mut from = 0;
        for what in [&mut size, &mut packed, &mut offset] {
            if *what == 0xffff_ffff {
                *what = place(field, from, 8);
                from += 8;
            }
        }
    }
    let entry = Entry {
        raw_name: octets.get(name_at..extra_at)?,
        comment: octets.get(comment_at..next)?,
        extra,
        local_extra: &[],
        local_name: octets.get(name_at..extra_at)?,
        made_by: short(record, 4),
        flags: short(record, 8),
        method: short(record, 10),
        time: long(record, 12),
        crc: long(record, 16),
        size: size as u64,
        internal: short(record, 36),
        external: long(record, 38),
        header: 0,
        data: 0..packed,
        state: State::Sound,
    };
    Some((entry, offset, next))
}

/// Puts in what the local header says: where the data is.
fn locate<'o>(octets: &'o [u8], entry: &mut Entry<'o>, header: usize) {
    entry.header = header;
    let packed = entry.data.len();
    let Some(record) = octets.get(header..header + 30) else {
        entry.state = State::Broken;
        return;
    };
    let name_end = header + 30 + usize::from(short(record, 26));
    let start = name_end + usize::from(short(record, 28));
    entry.local_name = octets.get(header + 30..name_end).unwrap_or_default();
    entry.local_extra = octets.get(name_end..start).unwrap_or_default();
    match start.checked_add(packed).filter(|end| *end <= octets.len()) {
        Some(end) => entry.data = start..end,
        None => {
            entry.data = start.min(octets.len())..octets.len();
            entry.state = State::Broken;
        }
    }
}

/// Where the sizes that may stand behind a member end.
fn descriptor_end(octets: &[u8], entry: &Entry<'_>) -> usize {
    let end = entry.data.end;
    if entry.flags & 8 == 0 {
        return end;
    }
    let signature = if is_at(octets, end, b"PK\x07\x08") { 4 } else { 0 };
    let is_crc = number(octets, end + signature, 4) == Some(u64::from(entry.crc));
    let packed = entry.data.len() as u64;
    match () {
        () if !is_crc => end,
        () if number(octets, end + signature + 4, 4) == Some(packed) => end + signature + 12,
        () if number(octets, end + signature + 4, 8) == Some(packed) => end + signature + 20,
        () => end,
    }
}

/// The record at the end.
struct End {
    /// The central directory begins here.
    start: usize,
    /// What offsets are counted from.
    base: usize,
    /// This record, and those of ZIP64 before it.
    records: Range<usize>,
    comment: Range<usize>,
}

impl End {
    /// The last one that has a directory before it.
    fn find(octets: &[u8]) -> Option<End> {
        let tail_at = octets.len().saturating_sub(TAIL_BYTES);
        let tail = octets.get(tail_at..)?;
        memmem::rfind_iter(tail, b"PK\x05\x06").take(16).find_map(|at| End::at(octets, tail_at + at))
    }

    fn at(octets: &[u8], at: usize) -> Option<End> {
        let record = octets.get(at..at + 22)?;
        let comment = at + 22..(at + 22 + usize::from(short(record, 20))).min(octets.len());
        let (mut size, mut offset) = (place(record, 12, 4), place(record, 16, 4));
        let mut first = at;
        let locator = at.checked_sub(20).filter(|at| is_at(octets, *at, b"PK\x06\x07"));
        if let Some(locator) = locator {
            let told = place(octets, locator + 8, 8);
            let before = locator.checked_sub(56).unwrap_or(usize::MAX);
            if let Some(record) = [told, before].into_iter().find(|at| is_at(octets, *at, b"PK\x06\x06")) {
                (size, offset, first) = (place(octets, record + 40, 8), place(octets, record + 48, 8), record);
            }
        }
        let is_directory = |start: &usize| is_at(octets, *start, b"PK\x01\x02");
        let before = first.checked_sub(size).filter(is_directory);
        let is_empty = size == 0 && octets.len() == at + 22 + comment.len() && at == 0;
        let start = match before.or(Some(offset).filter(is_directory)) {
            Some(start) => start,
            None if is_empty => first,
            None => return None,
        };
        Some(End { start, base: start.saturating_sub(offset), records: first..comment.end, comment })
    }
}
