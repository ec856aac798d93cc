//! GIF 87a and 89a.

use super::Found;
use std::ops::Range;

/// A block: what it is, all its octets, and the octets of its sub-blocks.
struct Block {
    /// 0x2c is a picture, others are extensions.
    kind: u8,
    whole: Range<usize>,
    content: Vec<u8>,
}

/// Where blocks begin, the blocks, and where they end if they do.
fn blocks(octets: &[u8]) -> (usize, Vec<Block>, Option<usize>) {
    /// Nobody's film has more pictures.
    const BLOCKS_MAX: usize = 100_000;
    let table = |flags: u8| if flags & 0x80 != 0 { 3 << ((flags & 7) + 1) } else { 0 };
    let start = 13 + table(octets.get(10).copied().unwrap_or(0));
    let mut at = start;
    let mut out = Vec::new();
    while out.len() < BLOCKS_MAX {
        let (kind, data) = match octets.get(at..) {
            Some([0x3b, ..]) => return (start, out, Some(at + 1)),
            Some([0x21, kind, ..]) => (*kind, at + 2),
            // Place, size, flags; a table; the size of codes.
            Some([0x2c, _, _, _, _, _, _, _, _, flags, ..]) => (0x2c, at + 10 + table(*flags) + 1),
            Some([_, ..]) => return (start, out, Some(at)),
            _ => break,
        };
        let is_picture = kind == 0x2c;
        let Some((end, content)) = sub_blocks(octets, data, !is_picture) else { break };
        out.push(Block { kind, whole: at..end, content });
        at = end;
    }
    (start, out, None)
}

/// Where sub-blocks end, and what they hold.
fn sub_blocks(octets: &[u8], mut at: usize, is_wanted: bool) -> Option<(usize, Vec<u8>)> {
    let mut content = Vec::new();
    loop {
        let size = usize::from(*octets.get(at)?);
        let data = octets.get(at + 1..at + 1 + size)?;
        at += 1 + size;
        if size == 0 {
            return Some((at, content));
        }
        if is_wanted {
            content.extend_from_slice(data);
        }
    }
}

pub(super) fn inspect(octets: &[u8]) -> Found<'_> {
    let mut found = Found { media_type: "image/gif", ..Found::default() };
    let (_, blocks, end) = blocks(octets);
    let end = end.or(blocks.last().map(|block| block.whole.end));
    for block in blocks {
        match block.kind {
            0xfe => found.note("Comment", &block.content),
            0x01 => found.note("Text", block.content.get(12..).unwrap_or_default()),
            0xff if block.content.starts_with(b"XMP DataXMP") => {
                // Sizes of sub-blocks are characters of the packet, which is written without them.
                let raw = octets.get(block.whole.start + 14..block.whole.end).unwrap_or_default();
                let end = memchr::memmem::rfind(raw, b"?>").map_or(raw.len(), |at| at + 2);
                found.xmp(raw.get(..end).unwrap_or_default());
            }
            0xff if block.content.starts_with(b"NETSCAPE2.0") || block.content.starts_with(b"ANIMEXTS1.0") => {}
            0x2c | 0xf9 => {}
            _ => found.note("Block", &block.content),
        }
    }
    found.rest = end.and_then(|end| octets.get(end..)).unwrap_or_default();
    found
}

pub(super) fn strip(octets: &[u8]) -> Option<Vec<u8>> {
    let (start, blocks, end) = blocks(octets);
    end?;
    let mut out = octets.get(..start)?.to_vec();
    for block in blocks {
        let loops = block.content.starts_with(b"NETSCAPE2.0") || block.content.starts_with(b"ANIMEXTS1.0");
        let is_kept = match block.kind {
            0x2c | 0xf9 => true,
            0xff => loops && block.content.len() <= 21,
            _ => false,
        };
        if is_kept {
            out.extend_from_slice(octets.get(block.whole)?);
        }
    }
    out.push(0x3b);
    Some(out)
}
