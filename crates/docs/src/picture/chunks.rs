//! Chunks: a name of four letters and a size, as PNG and RIFF have them.

use std::ops::Range;

/// A chunk.
pub(super) struct Chunk {
    pub(super) name: [u8; 4],
    pub(super) whole: Range<usize>,
    pub(super) content: Range<usize>,
}

/// PNG: size, name, content, checksum.
pub(super) fn png(octets: &[u8]) -> Vec<Chunk> {
    let mut out = Vec::new();
    let mut at = 8;
    while let Some([a, b, c, d, n1, n2, n3, n4]) = octets.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let size = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        let end = at.saturating_add(12).saturating_add(size);
        if end > octets.len() {
            break;
        }
        let name = [*n1, *n2, *n3, *n4];
        out.push(Chunk { name, whole: at..end, content: at + 8..end - 4 });
        at = end;
        if &name == b"IEND" {
            break;
        }
    }
    out
}

/// RIFF: name, size, content, an octet if the size is odd.
pub(super) fn riff(octets: &[u8], end: usize) -> Vec<Chunk> {
    let mut out = Vec::new();
    let mut at = 12;
    while let Some([n1, n2, n3, n4, a, b, c, d]) = octets.get(at..end).and_then(|rest| rest.first_chunk::<8>()) {
        let size = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
        let content_end = at.saturating_add(8).saturating_add(size);
        if content_end > end {
            break;
        }
        let whole_end = (content_end + size % 2).min(end);
        out.push(Chunk { name: [*n1, *n2, *n3, *n4], whole: at..whole_end, content: at + 8..content_end });
        at = whole_end;
    }
    out
}
