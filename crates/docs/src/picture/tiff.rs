//! TIFF 6.0 without metadata: tags that are needed to see it and what they lead to stay where they are, all else is zero.

use super::ranges;
use std::collections::BTreeSet;
use std::ops::Range;

/// Folders that are followed: each is a page, or a smaller copy of one.
const FOLDERS_MAX: usize = 1_000;
/// Tags of all folders together.
const TAGS_MAX: usize = 20_000;
/// Strips and tiles of all of them together.
const PIECES_MAX: usize = 1_000_000;

/// Where pieces begin, and how many octets each has.
const PIECES: [(usize, usize); 2] = [(273, 279), (324, 325)];
const SUB_FOLDERS: usize = 330;
const COMPRESSION: usize = 259;
/// JPEG as TIFF 6.0 first had it, with tables whose size nothing tells.
const OLD_JPEG: usize = 6;

/// Is it needed to see the picture? Numbers, tables of colours, and profiles of them.
fn is_seen(tag: usize) -> bool {
    matches!(
        tag,
        254..=259 | 262..=266 | 273 | 274 | 277..=284 | 290..=293 | 296 | 297 | 301 | 317..=325 | 330 | 332 | 334
            | 336 | 338..=342 | 347 | 529..=532 | 34675
    )
}

/// Raw pictures of cameras cannot be seen without tags that no standard knows.
fn is_raw(tag: usize) -> bool {
    matches!(tag, 33421 | 33422 | 50706)
}

/// A tag that stays, as it stands, and its value.
struct Tag {
    id: usize,
    kind: usize,
    entry: Range<usize>,
    value: Range<usize>,
}

/// The walk over folders.
struct Strip<'o> {
    octets: &'o [u8],
    is_big: bool,
    out: Vec<u8>,
    /// Values and pieces that stay.
    kept: Vec<Range<usize>>,
    /// Values that go, and folders as they were.
    gone: Vec<Range<usize>>,
    folders: Vec<Range<usize>>,
    tags_left: usize,
}

/// The same picture; none if it is not certain what belongs to it.
pub(super) fn strip(octets: &[u8]) -> Option<Vec<u8>> {
    let is_big = octets.starts_with(b"MM\0*");
    let mut strip = Strip {
        octets,
        is_big,
        out: vec![0; octets.len()],
        kept: Vec::new(),
        // The header.
        gone: Vec::from_iter(std::iter::once(0..8)),
        folders: Vec::new(),
        tags_left: TAGS_MAX,
    };
    let mut waiting = vec![strip.number(4, 4)?];
    let mut seen = BTreeSet::new();
    let mut new_folders = Vec::new();
    while let Some(at) = waiting.pop() {
        if at == 0 {
            continue;
        }
        if seen.len() >= FOLDERS_MAX || !seen.insert(at) {
            return None;
        }
        let (octets, next) = strip.folder(at, &mut waiting)?;
        new_folders.push((at, octets));
        waiting.push(next);
    }
    strip.gone.extend(strip.folders.iter().cloned());
    let overlaps = ranges::overlap_themselves(&mut strip.folders) || ranges::overlap(&mut strip.kept, &strip.gone);
    if new_folders.is_empty() || overlaps {
        return None;
    }
    ranges::copy(&strip.kept, octets, &mut strip.out)?;
    strip.out.get_mut(..8)?.copy_from_slice(octets.get(..8)?);
    for (at, folder) in new_folders {
        strip.out.get_mut(at..at + folder.len())?.copy_from_slice(&folder);
    }
    Some(strip.out)
}

impl Strip<'_> {
    fn number(&self, at: usize, count: usize) -> Option<usize> {
        let octets = self.octets.get(at..at.checked_add(count)?)?;
        let add = |n: usize, b: &u8| n << 8 | usize::from(*b);
        Some(if self.is_big { octets.iter().fold(0, add) } else { octets.iter().rev().fold(0, add) })
    }

    /// A folder with the tags that stay, and where the next one stands.
    fn folder(&mut self, at: usize, waiting: &mut Vec<usize>) -> Option<(Vec<u8>, usize)> {
        let count = self.number(at, 2)?;
        self.tags_left = self.tags_left.checked_sub(count)?;
        let end = at + 2 + 12 * count + 4;
        self.folders.push(at..end);
        let next = self.number(end - 4, 4)?;
        let mut tags = Vec::new();
        for nth in 0..count {
            tags.extend(self.tag(at + 2 + 12 * nth)?);
        }
        if self.value(tags.iter().find(|tag| tag.id == COMPRESSION)) == Some(OLD_JPEG) {
            return None;
        }
        let mut has_pieces = false;
        for (offsets, counts) in PIECES {
            has_pieces |= self.pieces(tags.iter().find(|t| t.id == offsets), tags.iter().find(|t| t.id == counts))?;
        }
        // A folder without pieces is no page.
        if !has_pieces {
            return None;
        }
        if let Some(tag) = tags.iter().find(|tag| tag.id == SUB_FOLDERS) {
            waiting.extend(self.numbers(tag)?.into_iter().take(FOLDERS_MAX));
        }
        let count = tags.len() as u16;
        let mut out = if self.is_big { count.to_be_bytes() } else { count.to_le_bytes() }.to_vec();
        for tag in tags {
            out.extend_from_slice(self.octets.get(tag.entry)?);
        }
        out.extend_from_slice(self.octets.get(end - 4..end)?);
        Some((out, next))
    }

    /// A tag, if it stays: `Some(None)` if not.
    #[expect(clippy::option_option, reason = "the outer one is a broken file, the inner one a tag that goes")]
    fn tag(&mut self, at: usize) -> Option<Option<Tag>> {
        let (id, kind, count) = (self.number(at, 2)?, self.number(at + 2, 2)?, self.number(at + 4, 4)?);
        let width = match kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            5 | 10 | 12 => 8,
            4 | 9 | 11 | 13 => 4,
            _ => return is_known_gone(id),
        };
        let bytes = count.checked_mul(width)?;
        let start = if bytes <= 4 { at + 8 } else { self.number(at + 8, 4)? };
        let value = start..start.checked_add(bytes)?;
        let is_far = bytes > 4;
        if is_raw(id) || value.end > self.octets.len() && is_seen(id) {
            return None;
        }
        if !is_seen(id) || kind == 2 {
            if is_far {
                self.gone.push(value.start.min(self.octets.len())..value.end.min(self.octets.len()));
            }
            return Some(None);
        }
        if is_far {
            self.kept.push(value.clone());
        }
        Some(Some(Tag { id, kind, entry: at..at + 12, value }))
    }

    /// Strips or tiles: both tags or none.
    fn pieces(&mut self, offsets: Option<&Tag>, counts: Option<&Tag>) -> Option<bool> {
        let (offsets, counts) = match (offsets, counts) {
            (Some(offsets), Some(counts)) => (self.numbers(offsets)?, self.numbers(counts)?),
            (None, None) => return Some(false),
            _ => return None,
        };
        if offsets.len() != counts.len() || self.kept.len() + offsets.len() > PIECES_MAX {
            return None;
        }
        for (start, count) in offsets.into_iter().zip(counts) {
            let range = start..start.checked_add(count)?;
            // Holes of sparse pictures have no octets.
            if !range.is_empty() {
                self.octets.get(range.clone())?;
                self.kept.push(range);
            }
        }
        Some(true)
    }

    fn numbers(&self, tag: &Tag) -> Option<Vec<usize>> {
        let width = match tag.kind {
            3 => 2,
            4 | 13 => 4,
            _ => return None,
        };
        tag.value.clone().step_by(width).map(|at| self.number(at, width)).collect()
    }

    fn value(&self, tag: Option<&Tag>) -> Option<usize> {
        self.numbers(tag?)?.first().copied()
    }
}

/// A tag of a kind that nobody knows goes, if it is none that is needed.
#[expect(clippy::option_option, reason = "as the tag that it stands for")]
fn is_known_gone(id: usize) -> Option<Option<Tag>> {
    (!is_seen(id) && !is_raw(id)).then_some(None)
}
