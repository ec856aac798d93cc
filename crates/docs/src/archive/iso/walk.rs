//! One walk over the folders of a volume, once for each kind of names that it has.

use crate::archive::members::words;
use std::collections::BTreeSet;
use std::ops::Range;

/// Everything begins at a multiple of so many octets.
pub(super) const SECTOR: usize = 2048;
/// Where descriptors of volumes begin.
const DESCRIPTORS_AT: usize = 16 * SECTOR;
/// Descriptors that are looked at.
const DESCRIPTORS_MAX: usize = 32;
/// Records, and ends of sectors, that are looked at: folders may lie over one another, and a record may be an octet.
pub(super) const RECORDS_MAX: usize = 1_000_000;
/// Places where fields of one record of a folder go on.
const CONTINUED_MAX: usize = 4;

/// Does it hold a volume?
pub(crate) fn is_iso(octets: &[u8]) -> bool {
    octets.get(DESCRIPTORS_AT + 1..DESCRIPTORS_AT + 6) == Some(b"CD001")
}

/// A file or folder.
pub(super) struct Entry {
    pub(super) name: String,
    /// Where a symbolic link leads.
    pub(super) link: String,
    pub(super) data: Range<usize>,
    pub(super) is_folder: bool,
    /// Are all its octets there?
    pub(super) is_whole: bool,
    /// Stands in pieces.
    pub(super) is_interleaved: bool,
}

/// A walk.
pub(super) struct Walk<'o> {
    octets: &'o [u8],
    entries_max: usize,
    records_left: usize,
    pub(super) entries: Vec<Entry>,
    /// What descriptors say in words, a line each.
    pub(super) volume: String,
    /// Where descriptors, folders and tables stand.
    pub(super) used: Vec<Range<usize>>,
    pub(super) is_cut: bool,
}

impl<'o> Walk<'o> {
    pub(super) fn new(octets: &'o [u8], entries_max: usize) -> Walk<'o> {
        let (entries, used) = (Vec::new(), Vec::new());
        Walk { octets, entries_max, records_left: RECORDS_MAX, entries, volume: String::new(), used, is_cut: false }
    }

    fn number(&self, at: usize, count: usize) -> usize {
        let octets = at.checked_add(count).and_then(|end| self.octets.get(at..end)).unwrap_or_default();
        octets.iter().rev().fold(0, |n, b| n << 8 | usize::from(*b))
    }

    /// So many octets from a sector on, as far as they are there.
    fn extent(&self, sector: usize, bytes: usize) -> Range<usize> {
        let start = sector.saturating_mul(SECTOR).min(self.octets.len());
        start..start.saturating_add(bytes).min(self.octets.len())
    }

    pub(super) fn all(&mut self) {
        for nth in 0..DESCRIPTORS_MAX {
            let at = DESCRIPTORS_AT + nth * SECTOR;
            let Some(descriptor) = self.octets.get(at..at + SECTOR) else { break };
            let kind = descriptor.first().copied().unwrap_or(0);
            if descriptor.get(1..6) != Some(b"CD001") {
                break;
            }
            match kind {
                1 | 2 => {
                    self.used.push(at..at + SECTOR);
                    self.descriptor(at, descriptor);
                }
                255 => {
                    self.used.push(at..at + 7);
                    break;
                }
                // What starts computers, and what no standard knows, is left to be a gap.
                _ => {}
            }
        }
    }

    fn descriptor(&mut self, at: usize, descriptor: &[u8]) {
        let escapes = descriptor.get(88..91).unwrap_or_default();
        let is_joliet = descriptor.first() == Some(&2) && matches!(escapes, b"%/@" | b"%/C" | b"%/E");
        let fields = [8..40, 40..72, 190..318, 318..446, 446..574, 574..702, 702..739, 739..776, 776..813, 813..2048];
        for field in fields {
            let field = descriptor.get(field).unwrap_or_default();
            let text = decoded(field, is_joliet);
            let is_text = text.chars().filter(|c| c.is_alphanumeric()).count() >= 2;
            if is_text && !self.volume.lines().any(|line| line == text) {
                self.volume.push_str(&text.replace(['\n', '\r'], " "));
                self.volume.push('\n');
            }
        }
        // Tables of folders, in two orders of octets, each perhaps twice.
        let size = self.number(at + 132, 4);
        for (place, is_big) in [(140, false), (144, false), (148, true), (152, true)] {
            let sector = self.number(at + place, 4) as u32;
            let sector = if is_big { sector.swap_bytes() } else { sector };
            if sector > 0 {
                self.used.push(self.extent(sector as usize, size));
            }
        }
        let root = self.extent(self.number(at + 158, 4), self.number(at + 166, 4));
        self.folders(root, is_joliet);
    }

    /// The folders from the root on, each once.
    fn folders(&mut self, root: Range<usize>, is_joliet: bool) {
        let mut seen = BTreeSet::new();
        let mut waiting = vec![root];
        while let Some(folder) = waiting.pop() {
            if !seen.insert(folder.start) {
                continue;
            }
            self.used.push(folder.clone());
            let mut at = folder.start;
            while at < folder.end {
                let Some(left) = self.records_left.checked_sub(1) else {
                    self.is_cut = true;
                    return;
                };
                self.records_left = left;
                let length = self.number(at, 1);
                if length == 0 {
                    // No record crosses the end of a sector.
                    at = (at / SECTOR + 1) * SECTOR;
                    continue;
                }
                if self.entries.len() >= self.entries_max {
                    self.is_cut = true;
                    return;
                }
                if let Some(entry) = self.record(at, length, is_joliet) {
                    if entry.is_folder {
                        waiting.push(entry.data.clone());
                    }
                    self.entries.push(entry);
                }
                at += length;
            }
        }
    }

    /// A record of a folder; none for the folder itself and the one above.
    fn record(&mut self, at: usize, length: usize, is_joliet: bool) -> Option<Entry> {
        let record = self.octets.get(at..at.saturating_add(length).min(self.octets.len()))?;
        let name_bytes = usize::from(*record.get(32)?);
        let name = record.get(33..33 + name_bytes)?;
        if matches!(name, [0 | 1]) {
            return None;
        }
        let flags = *record.get(25)?;
        let size = self.number(at + 10, 4);
        // Attributes of a file stand before it.
        let sector = self.number(at + 2, 4).saturating_add(self.number(at + 1, 1));
        let data = self.extent(sector, size);
        let mut entry = Entry {
            name: decoded(name, is_joliet),
            link: String::new(),
            is_folder: flags & 2 != 0,
            is_whole: data.len() == size,
            is_interleaved: self.number(at + 26, 2) != 0,
            data,
        };
        let fields_at = 33 + name_bytes + usize::from(name_bytes % 2 == 0);
        self.fields(at.saturating_add(fields_at)..at + record.len(), &mut entry);
        Some(entry)
    }

    /// Fields of Rock Ridge: other names, where links lead.
    fn fields(&mut self, first: Range<usize>, entry: &mut Entry) {
        let mut place = Some(first);
        let mut names: Vec<u8> = Vec::new();
        let mut links: Vec<u8> = Vec::new();
        for _ in 0..CONTINUED_MAX {
            let Some(mut range) = place.take().filter(|range| range.end.saturating_sub(range.start) >= 4) else {
                break;
            };
            while let Some(&[one, two, length, _]) = self.octets.get(range.clone()).and_then(|f| f.first_chunk::<4>()) {
                let length = usize::from(length);
                if length < 4 {
                    break;
                }
                let field = self.octets.get(range.start..(range.start + length).min(range.end)).unwrap_or_default();
                match [one, two] {
                    [b'N', b'M'] => names.extend_from_slice(field.get(5..).unwrap_or_default()),
                    // Components: flags, length, text.
                    [b'S', b'L'] => {
                        let mut rest = field.get(5..).unwrap_or_default();
                        while let Some(&[_, count]) = rest.first_chunk::<2>() {
                            let end = (2 + usize::from(count)).min(rest.len());
                            links.push(b'/');
                            links.extend_from_slice(rest.get(2..end).unwrap_or_default());
                            rest = rest.get(end..).unwrap_or_default();
                        }
                    }
                    [b'C', b'E'] => {
                        let start = self.number(range.start + 4, 4).saturating_mul(SECTOR);
                        let start = start.saturating_add(self.number(range.start + 12, 4)).min(self.octets.len());
                        let bytes = self.number(range.start + 20, 4).min(SECTOR);
                        place = Some(start..(start + bytes).min(self.octets.len()));
                        self.used.extend(place.clone());
                    }
                    _ => {}
                }
                range.start = (range.start + length).min(range.end);
            }
        }
        if !names.is_empty() {
            entry.name = format!("{}\n{}", words(&names), entry.name);
        }
        entry.link = words(&links);
    }
}

/// A text; Joliet has two octets a letter.
fn decoded(octets: &[u8], is_joliet: bool) -> String {
    if !is_joliet {
        return words(octets);
    }
    let text = encoding_rs::UTF_16BE.decode_without_bom_handling(octets).0;
    text.replace('\0', " ").trim().to_owned()
}
