//! Compound files (MS-CFB): a file system in a file. Reads broken ones as far as they go.
//!
//! A sector belongs to one stream, the first that claims it: so cycles end, and all streams together are no longer than the
//! file, whatever sizes it declares.

use super::bytes::{Bytes, utf16_z};
use crate::{Limits, Why};

const SIGNATURE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// Numbers above are no sectors, but marks: end, free, table.
const SECTOR_MAX: u32 = 0xffff_fffa;
const ENTRY_BYTES: usize = 128;
const NO_ENTRY: u32 = 0xffff_ffff;
const ROOT: usize = 0;

/// A compound file, its directory read.
pub(crate) struct Compound<'f> {
    octets: &'f [u8],
    sector_bytes: usize,
    mini_sector_bytes: usize,
    /// Streams below that size live in the mini stream.
    mini_cutoff: u64,
    entries: Vec<Entry>,
    /// Sectors of the mini stream.
    mini: Vec<u32>,
    used: Vec<bool>,
}

/// A storage or stream.
#[derive(Default)]
struct Entry {
    name: String,
    is_stream: bool,
    size: u64,
    /// Sectors, mini ones for a short stream.
    chain: Vec<u32>,
    children: Vec<usize>,
    is_reached: bool,
}

/// A folder of a compound file; the root is one.
#[derive(Clone, Copy)]
pub(crate) struct Storage<'c> {
    file: &'c Compound<'c>,
    id: usize,
    depth: usize,
}

impl<'f> Compound<'f> {
    /// Reads header, allocation tables and directory.
    ///
    /// # Errors
    /// [`Why::Malformed`] without a header or directory, [`Why::OverLimit`] if there are too many entries.
    pub(crate) fn open(octets: &'f [u8], limits: &Limits) -> Result<Compound<'f>, Why> {
        let shift = octets.u16(0x1e).filter(|shift| (7..=16).contains(shift)).ok_or(Why::Malformed)?;
        let mini_shift = octets.u16(0x20).filter(|mini| (2..=shift).contains(mini)).unwrap_or(6);
        if !octets.starts_with(SIGNATURE) {
            return Err(Why::Malformed);
        }
        let sector_bytes = 1usize << shift;
        let sectors = octets.len().div_ceil(sector_bytes).saturating_sub(1);
        let mut file = Compound {
            octets,
            sector_bytes,
            mini_sector_bytes: 1 << mini_shift,
            mini_cutoff: u64::from(octets.u32(0x38).unwrap_or(4096)),
            entries: Vec::new(),
            mini: Vec::new(),
            used: vec![false; sectors],
        };
        let fat = file.fat();
        let directory = file.claim(&fat, octets.u32(0x30).unwrap_or(NO_ENTRY), usize::MAX);
        file.directory(&directory, shift, limits)?;
        file.chains(&fat);
        Ok(file)
    }

    /// The folder of everything.
    pub(crate) fn root(&self) -> Storage<'_> {
        Storage { file: self, id: ROOT, depth: 0 }
    }

    fn sector(&self, nth: u32) -> &'f [u8] {
        let at = (nth as usize).checked_add(1).and_then(|n| n.checked_mul(self.sector_bytes));
        at.map_or(&[][..], |at| self.octets.part(at, self.sector_bytes))
    }

    /// The allocation table: the sector after each sector.
    fn fat(&mut self) -> Vec<u32> {
        let mut tables: Vec<u32> = (0..109).filter_map(|n| self.octets.u32(0x4c + 4 * n)).collect();
        let mut next = self.octets.u32(0x44).unwrap_or(NO_ENTRY);
        while self.take(next) {
            let sector = self.sector(next);
            let numbers = sector.len() / 4;
            tables.extend((0..numbers.saturating_sub(1)).filter_map(|n| sector.u32(4 * n)));
            next = sector.u32(4 * numbers.saturating_sub(1)).unwrap_or(NO_ENTRY);
        }
        let mut fat = Vec::new();
        for table in tables {
            if table < SECTOR_MAX && fat.len() < self.used.len() {
                self.take(table);
                let sector = self.sector(table);
                fat.extend((0..self.sector_bytes / 4).map(|n| sector.u32(4 * n).unwrap_or(NO_ENTRY)));
            }
        }
        fat
    }

    /// Marks a sector as used; false if it is already, or is none.
    fn take(&mut self, sector: u32) -> bool {
        self.used.get_mut(sector as usize).is_some_and(|used| !std::mem::replace(used, true))
    }

    /// The sectors of a stream from its first on.
    fn claim(&mut self, fat: &[u32], first: u32, most: usize) -> Vec<u32> {
        let mut chain = Vec::new();
        let mut next = first;
        while chain.len() < most && self.take(next) {
            chain.push(next);
            next = fat.get(next as usize).copied().unwrap_or(NO_ENTRY);
        }
        chain
    }

    fn joined(&self, chain: &[u32]) -> Vec<u8> {
        chain.iter().flat_map(|sector| self.sector(*sector)).copied().collect()
    }

    fn directory(&mut self, chain: &[u32], shift: u16, limits: &Limits) -> Result<(), Why> {
        let octets = self.joined(chain);
        if octets.len() / ENTRY_BYTES > limits.objects_max {
            return Err(Why::OverLimit);
        }
        let raw: Vec<&[u8]> = octets.chunks_exact(ENTRY_BYTES).collect();
        self.entries = raw.iter().map(|entry| parse(entry, shift)).collect();
        if self.entries.is_empty() {
            return Err(Why::Malformed);
        }
        let link = |id: usize, at: usize| raw.get(id).and_then(|entry| entry.u32(at)).unwrap_or(NO_ENTRY) as usize;
        // Siblings are a tree of their own below the first child; each entry is reached once.
        let mut todo = vec![(ROOT, link(ROOT, 0x4c))];
        if let Some(root) = self.entries.first_mut() {
            root.is_reached = true;
        }
        while let Some((parent, id)) = todo.pop() {
            let Some(entry) = self.entries.get_mut(id).filter(|entry| !entry.is_reached) else { continue };
            entry.is_reached = true;
            if !entry.is_stream {
                todo.push((id, link(id, 0x4c)));
            }
            todo.push((parent, link(id, 0x48)));
            todo.push((parent, link(id, 0x44)));
            if let Some(parent) = self.entries.get_mut(parent) {
                parent.children.push(id);
            }
        }
        // What no folder names was deleted, or hidden: it stands in the root.
        let lost =
            |(id, entry): (usize, &Entry)| (!entry.is_reached && entry.is_stream && entry.size > 0).then_some(id);
        let lost: Vec<usize> = self.entries.iter().enumerate().filter_map(lost).collect();
        if let Some(root) = self.entries.first_mut() {
            root.children.extend(lost);
        }
        for id in 0..self.entries.len() {
            let mut children =
                self.entries.get_mut(id).map(|entry| std::mem::take(&mut entry.children)).unwrap_or_default();
            children.sort_unstable();
            if let Some(entry) = self.entries.get_mut(id) {
                entry.children = children;
            }
        }
        Ok(())
    }

    /// Gives every stream its sectors.
    fn chains(&mut self, fat: &[u32]) {
        let first = |entry: &Entry| entry.chain.first().copied().unwrap_or(NO_ENTRY);
        let mini_table = self.claim(fat, self.octets.u32(0x3c).unwrap_or(NO_ENTRY), usize::MAX);
        let mini_fat = self.joined(&mini_table);
        let root = self.entries.first().map_or(NO_ENTRY, first);
        self.mini = self.claim(fat, root, usize::MAX);
        let mut mini_used = vec![false; self.mini.len() * (self.sector_bytes / self.mini_sector_bytes)];
        for id in 1..self.entries.len() {
            let Some(entry) = self.entries.get(id).filter(|entry| entry.is_stream) else { continue };
            let (start, size) = (first(entry), entry.size);
            let sectors = |bytes: usize| usize::try_from(size.div_ceil(bytes as u64)).unwrap_or(usize::MAX);
            let chain = if size >= self.mini_cutoff {
                self.claim(fat, start, sectors(self.sector_bytes))
            } else {
                let (mut chain, mut next) = (Vec::new(), start);
                while chain.len() < sectors(self.mini_sector_bytes) {
                    match mini_used.get_mut(next as usize) {
                        Some(used) if !*used => *used = true,
                        _ => break,
                    }
                    chain.push(next);
                    next = mini_fat.u32(4 * next as usize).unwrap_or(NO_ENTRY);
                }
                chain
            };
            if let Some(entry) = self.entries.get_mut(id) {
                entry.chain = chain;
            }
        }
    }

    fn stream(&self, entry: &Entry) -> Vec<u8> {
        let mut octets = if entry.size >= self.mini_cutoff {
            self.joined(&entry.chain)
        } else {
            let per_sector = (self.sector_bytes / self.mini_sector_bytes) as u32;
            let mini = |nth: &u32| {
                let sector = self.mini.get((nth / per_sector) as usize).map_or(&[][..], |sector| self.sector(*sector));
                sector.part((nth % per_sector) as usize * self.mini_sector_bytes, self.mini_sector_bytes)
            };
            entry.chain.iter().flat_map(mini).copied().collect()
        };
        octets.truncate(usize::try_from(entry.size).unwrap_or(usize::MAX));
        octets
    }

    /// Octets of sectors that nothing claims: what was deleted.
    pub(crate) fn unused(&self) -> Vec<u8> {
        let free = self.used.iter().enumerate().filter(|(_, used)| !**used);
        free.flat_map(|(nth, _)| self.sector(nth as u32)).copied().collect()
    }
}

fn parse(raw: &[u8], shift: u16) -> Entry {
    let kind = raw.u8(0x42).unwrap_or(0);
    let mut size = raw.u64(0x78).unwrap_or(0);
    if shift < 12 {
        // The upper half is garbage in old files.
        size &= 0xffff_ffff;
    }
    let start = raw.u32(0x74).unwrap_or(NO_ENTRY);
    Entry { name: utf16_z(raw.part(0, 64)), is_stream: kind == 2, size, chain: vec![start], ..Entry::default() }
}

impl<'c> Storage<'c> {
    fn entry(&self) -> Option<&'c Entry> {
        self.file.entries.get(self.id)
    }

    fn children(&self) -> impl Iterator<Item = (usize, &'c Entry)> + use<'c> {
        let file = self.file;
        let ids = self.entry().map_or(&[][..], |entry| &entry.children);
        ids.iter().filter_map(move |id| file.entries.get(*id).map(|entry| (*id, entry)))
    }

    /// Folders between it and the root.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// Its folders, with their names.
    pub(crate) fn storages(&self) -> Vec<(&'c str, Storage<'c>)> {
        let inner = |id| Storage { file: self.file, id, depth: self.depth + 1 };
        self.children()
            .filter(|(_, entry)| !entry.is_stream)
            .map(|(id, entry)| (entry.name.as_str(), inner(id)))
            .collect()
    }

    /// A folder by its name.
    pub(crate) fn storage(&self, name: &str) -> Option<Storage<'c>> {
        self.storages().into_iter().find(|(has, _)| has.eq_ignore_ascii_case(name)).map(|(_, storage)| storage)
    }

    /// Is there a stream of that name?
    pub(crate) fn has(&self, name: &str) -> bool {
        self.children().any(|(_, entry)| entry.is_stream && entry.name.eq_ignore_ascii_case(name))
    }

    /// The octets of a stream, as far as they are there.
    pub(crate) fn stream(&self, name: &str) -> Option<Vec<u8>> {
        let found = self.children().find(|(_, entry)| entry.is_stream && entry.name.eq_ignore_ascii_case(name));
        found.map(|(_, entry)| self.file.stream(entry))
    }

    /// All streams, in the order of the directory: names may come twice.
    pub(crate) fn contents(&self) -> impl Iterator<Item = (&'c str, Vec<u8>)> + use<'c> {
        let file = self.file;
        self.children()
            .filter(|(_, entry)| entry.is_stream)
            .map(move |(_, entry)| (entry.name.as_str(), file.stream(entry)))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::io::{Cursor, Write};

    /// A compound file of streams by path.
    pub(crate) fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
        let mut file = ::cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        for (path, octets) in streams {
            if let Some((folder, _)) = path.rsplit_once('/') {
                file.create_storage_all(folder).unwrap();
            }
            file.create_stream(path).unwrap().write_all(octets).unwrap();
        }
        file.into_inner().into_inner()
    }

    #[test]
    fn short_and_long_streams_come_whole() {
        let long: Vec<u8> = (0..50_000u32).map(|n| n as u8).collect();
        let octets = compound(&[("a", b"short"), ("x/y/long", &long), ("x/edge", &long[..4096])]);
        let file = Compound::open(&octets, &Limits::default()).ok().unwrap();
        assert_eq!(file.root().stream("A").as_deref(), Some(&b"short"[..]));
        let x = file.root().storage("x").unwrap();
        assert_eq!(x.stream("edge").as_deref(), Some(&long[..4096]));
        assert_eq!(x.storage("y").unwrap().stream("long"), Some(long));
        assert_eq!(x.storage("y").unwrap().depth(), 2);
        assert!(!file.root().has("long"));
    }

    #[test]
    fn damage_ends_and_costs_no_memory() {
        let long = vec![7; 20_000];
        let whole = compound(&[("a", &long), ("b", b"short"), ("c/d", &long)]);
        // Each octet in turn, set so that counts, sizes and chains lie.
        for value in [0, 1, 0x7f, 0xff] {
            for at in (0..whole.len()).filter(|at| at % 4096 < 80 || at % 997 == 0) {
                let mut octets = whole.clone();
                octets[at] = value;
                if let Ok(file) = Compound::open(&octets, &Limits::default()) {
                    let mut todo = vec![file.root()];
                    let mut sum = 0;
                    while let Some(storage) = todo.pop() {
                        sum += storage.contents().map(|(_, octets)| octets.len()).sum::<usize>();
                        todo.extend(storage.storages().into_iter().map(|(_, inner)| inner));
                    }
                    assert!(sum <= 2 * octets.len(), "{at} {value}");
                }
            }
        }
        assert_eq!(Compound::open(&whole[..20], &Limits::default()).err(), Some(Why::Malformed));
    }

    #[test]
    fn entries_are_counted() {
        // A sector of the directory has room for 32.
        let octets = compound(&[("a", b"x"), ("b", b"x"), ("c", b"x")]);
        let open = |most| Compound::open(&octets, &Limits { objects_max: most, ..Limits::default() }).err();
        assert_eq!([open(31), open(32), open(33)], [Some(Why::OverLimit), None, None]);
    }
}
