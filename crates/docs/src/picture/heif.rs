//! HEIF and AVIF (ISO/IEC 23008-12): items of metadata are found by their table, and blanked where they stand.

use super::ranges;
use std::ops::Range;

/// Boxes of a file or of one box.
const BOXES_MAX: usize = 5_000;
/// Items, and pieces of all of them.
const ITEMS_MAX: usize = 20_000;

/// EXIF with a folder without tags.
const EMPTY_EXIF: &[u8] = b"\0\0\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0";

/// A box: its kind, and where its content stands.
struct Box {
    kind: [u8; 4],
    content: Range<usize>,
}

/// An item: what it is, its name, its octets.
struct Item {
    id: usize,
    kind: [u8; 4],
    name: Range<usize>,
    pieces: Vec<Range<usize>>,
}

impl Item {
    fn is_metadata(&self) -> bool {
        matches!(&self.kind, b"Exif" | b"mime" | b"uri ")
    }

    /// Is it a picture, or made of pictures?
    fn is_seen(&self) -> bool {
        matches!(&self.kind, b"hvc1" | b"av01" | b"avc1" | b"jpeg" | b"grid" | b"iden" | b"iovl" | b"tmap")
    }
}

/// Where a table of items and the octets that it knows stand.
struct File {
    meta: Vec<Box>,
    /// Boxes of octets: `mdat`, `idat`.
    data: Vec<Range<usize>>,
    /// Boxes that nobody reads.
    free: Vec<Range<usize>>,
    items: Vec<Item>,
}

fn number(octets: &[u8], at: usize, count: usize) -> Option<usize> {
    let octets = octets.get(at..at.checked_add(count)?)?;
    Some(octets.iter().fold(0, |n, b| n << 8 | usize::from(*b)))
}

/// The boxes in a place; none unless they fill it.
fn boxes(octets: &[u8], place: Range<usize>) -> Option<Vec<Box>> {
    let mut out = Vec::new();
    let mut at = place.start;
    while at < place.end {
        let (size, kind) = (number(octets, at, 4)?, octets.get(at + 4..at + 8)?);
        let (head, size) = match size {
            0 => (8, place.end - at),
            1 => (16, number(octets, at + 8, 8)?),
            size => (8, size),
        };
        let end = at.checked_add(size).filter(|end| size >= head && *end <= place.end)?;
        out.push(Box { kind: *kind.first_chunk::<4>()?, content: at + head..end });
        if out.len() > BOXES_MAX {
            return None;
        }
        at = end;
    }
    Some(out)
}

impl File {
    fn read(octets: &[u8]) -> Option<File> {
        let mut file = File { meta: Vec::new(), data: Vec::new(), free: Vec::new(), items: Vec::new() };
        for found in boxes(octets, 0..octets.len())? {
            match &found.kind {
                b"ftyp" => {}
                b"meta" if file.meta.is_empty() => {
                    file.meta = boxes(octets, found.content.start + 4..found.content.end)?;
                }
                b"mdat" => file.data.push(found.content),
                b"free" | b"skip" => file.free.push(found.content),
                _ => return None,
            }
        }
        let idat = file.only(b"idat").map(|found| found.content.clone());
        file.data.extend(idat.clone());
        file.infos(octets)?;
        file.places(octets, idat)?;
        Some(file)
    }

    /// The box of a kind, if there is no other.
    fn only(&self, kind: &[u8; 4]) -> Option<&Box> {
        let mut all = self.meta.iter().filter(|found| &found.kind == kind);
        all.next().filter(|_| all.next().is_none())
    }

    /// What items are (`iinf`).
    fn infos(&mut self, octets: &[u8]) -> Option<()> {
        let table = self.only(b"iinf")?.content.clone();
        let head = if number(octets, table.start, 1)? == 0 { 6 } else { 8 };
        for found in boxes(octets, table.start + head..table.end)? {
            let at = found.content.start;
            let id_bytes = match number(octets, at, 1)? {
                2 => 2,
                3 => 4,
                _ => return None,
            };
            let kind_at = at + 4 + id_bytes + 2;
            let kind = *octets.get(kind_at..found.content.end)?.first_chunk::<4>()?;
            let name = octets.get(kind_at + 4..found.content.end)?;
            let name = kind_at + 4..kind_at + 4 + name.iter().take_while(|b| **b != 0).count();
            self.items.push(Item { id: number(octets, at + 4, id_bytes)?, kind, name, pieces: Vec::new() });
        }
        self.items.sort_by_key(|item| item.id);
        Some(())
    }

    /// Where items stand (`iloc`): in the file, or in `idat`.
    fn places(&mut self, octets: &[u8], idat: Option<Range<usize>>) -> Option<()> {
        let table = self.only(b"iloc")?.content.clone();
        let version = number(octets, table.start, 1).filter(|version| *version <= 2)?;
        let sizes = number(octets, table.start + 4, 2)?;
        let size = |shift: usize| Some(sizes >> shift & 15).filter(|size| matches!(size, 0 | 4 | 8));
        let (offset, length, base) = (size(12)?, size(8)?, size(4)?);
        let index = if version > 0 { size(0)? } else { 0 };
        let mut at = table.start + 6;
        let mut take = |count: usize| {
            let number = number(octets, at, count).filter(|_| at + count <= table.end);
            at += count;
            number
        };
        let id_bytes = if version < 2 { 2 } else { 4 };
        let count = take(id_bytes)?;
        let mut left = ITEMS_MAX;
        for _ in 0..count {
            let id = take(id_bytes)?;
            let method = if version > 0 { take(2)? & 15 } else { 0 };
            let (is_elsewhere, base) = (take(2)? != 0, take(base)?);
            let from = match method {
                0 => 0..octets.len(),
                1 => idat.clone()?,
                _ => return None,
            };
            let extents = take(2)?;
            left = left.checked_sub(1 + extents).filter(|_| !is_elsewhere)?;
            let nth = self.items.binary_search_by_key(&id, |item| item.id).ok()?;
            for _ in 0..extents {
                take(index)?;
                let start = from.start.checked_add(base)?.checked_add(take(offset)?)?;
                let length = take(length).filter(|length| *length > 0)?;
                let piece = start..start.checked_add(length).filter(|end| *end <= from.end)?;
                self.items.get_mut(nth)?.pieces.push(piece);
            }
        }
        Some(())
    }
}

/// Where EXIF and XMP stand: whether it is EXIF, and all its octets where they are in one piece.
pub(super) fn metadata(octets: &[u8]) -> Vec<(bool, Range<usize>)> {
    let items = File::read(octets).map(|file| file.items).unwrap_or_default();
    let metadata = items.into_iter().filter(Item::is_metadata);
    metadata.flat_map(|item| item.pieces.into_iter().map(move |piece| (&item.kind == b"Exif", piece))).collect()
}

/// EXIF in an item: how far it is to the TIFF, and that.
pub(super) fn tiff(item: &[u8]) -> &[u8] {
    number(item, 0, 4).and_then(|skip| item.get(skip.checked_add(4)?..)).unwrap_or_default()
}

/// The same picture with nothing in its metadata; none if it is not certain what belongs to it.
pub(super) fn strip(octets: &[u8]) -> Option<Vec<u8>> {
    let file = File::read(octets)?;
    let is_known = |found: &Box| {
        let kind = &found.kind;
        matches!(
            kind,
            b"hdlr" | b"dinf" | b"pitm" | b"iinf" | b"iref" | b"iprp" | b"iloc" | b"idat" | b"grpl" | b"free"
        )
    };
    if !file.meta.iter().all(is_known) || !file.items.iter().all(|item| item.is_metadata() || item.is_seen()) {
        return None;
    }
    has_known_properties(octets, file.only(b"iprp")?)?;
    let pieces = |is_metadata: bool| {
        let items = file.items.iter().filter(move |item| item.is_metadata() == is_metadata);
        items.flat_map(|item| item.pieces.iter().cloned()).collect::<Vec<_>>()
    };
    let (mut kept, gone) = (pieces(false), pieces(true));
    let is_data = |piece: &Range<usize>| file.data.iter().any(|d| d.start <= piece.start && piece.end <= d.end);
    if kept.is_empty() || !kept.iter().chain(&gone).all(is_data) || ranges::overlap(&mut kept, &gone) {
        return None;
    }
    let mut out = octets.to_vec();
    let free = file.meta.iter().filter(|found| &found.kind == b"free").map(|found| found.content.clone());
    for range in file.data.iter().chain(&file.free).cloned().chain(free) {
        out.get_mut(range)?.fill(0);
    }
    ranges::copy(&kept, octets, &mut out)?;
    blank(&file, &mut out)?;
    Some(out)
}

/// Puts what is valid and says nothing in the place of metadata and names.
fn blank(file: &File, out: &mut [u8]) -> Option<()> {
    if let Some(handler) = file.only(b"hdlr") {
        out.get_mut((handler.content.start + 24).min(handler.content.end)..handler.content.end)?.fill(0);
    }
    for item in &file.items {
        out.get_mut(item.name.clone())?.fill(b'x');
        for piece in item.pieces.iter().filter(|_| item.is_metadata()) {
            let place = out.get_mut(piece.clone())?;
            // An empty TIFF behind its distance; XMP is text.
            let is_exif = &item.kind == b"Exif";
            place.fill(if is_exif { 0 } else { b' ' });
            if let Some(place) = place.get_mut(..EMPTY_EXIF.len()).filter(|_| is_exif && item.pieces.len() == 1) {
                place.copy_from_slice(EMPTY_EXIF);
            }
        }
    }
    Some(())
}

/// Properties of pictures that hold numbers and profiles of colours.
fn has_known_properties(octets: &[u8], properties: &Box) -> Option<()> {
    for found in boxes(octets, properties.content.clone())? {
        match &found.kind {
            b"ipma" => {}
            b"ipco" => {
                let is_known = |found: &Box| {
                    [
                        b"hvcC", b"av1C", b"avcC", b"jpgC", b"ispe", b"pixi", b"irot", b"imir", b"auxC", b"clap",
                        b"pasp", b"colr", b"clli", b"mdcv", b"cclv", b"amve", b"a1op", b"a1lx", b"lsel", b"rloc",
                    ]
                    .contains(&&found.kind)
                };
                boxes(octets, found.content)?.iter().all(is_known).then_some(())?;
            }
            _ => return None,
        }
    }
    Some(())
}
