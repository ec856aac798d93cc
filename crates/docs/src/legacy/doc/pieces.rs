//! The piece table (MS-DOC 2.8.35): where the characters of a document stand.

use super::Head;
use crate::legacy::bytes::Bytes;
use crate::legacy::codepage::Charset;
use std::collections::BTreeSet;
use std::ops::Range;

const PAGE_BYTES: usize = 512;
/// `sprmPFTtp` set: the paragraph ends a row of a table. In Word 97 and before.
const ROW_END: [&[u8]; 2] = [&[0x17, 0x24, 1], &[0x19, 1]];

/// A stretch of characters.
struct Piece {
    span: Range<usize>,
    is_wide: bool,
}

/// The characters of a document, in order.
pub(super) struct Pieces {
    pieces: Vec<Piece>,
    charset: Charset,
}

impl Pieces {
    /// Of a document without a table.
    pub(super) fn plain(head: &Head, main: &[u8]) -> Pieces {
        let span = head.plain.0.min(main.len())..head.plain.1.min(main.len());
        let span = span.start..span.end.max(span.start);
        Pieces { pieces: vec![Piece { span, is_wide: false }], charset: head.narrow() }
    }

    pub(super) fn parse(clx: &[u8], head: &Head, main: &[u8]) -> Pieces {
        let mut at = 0;
        // Properties come before the table.
        while clx.u8(at) == Some(1) {
            at += 3 + usize::from(clx.u16(at + 1).unwrap_or(0));
        }
        let mut pieces = Vec::new();
        if clx.u8(at) == Some(2) {
            let table = clx.part(at + 5, clx.size(at + 1).unwrap_or(0));
            let count = table.len().saturating_sub(4) / 12;
            // Pieces that overlap give more characters than there are octets.
            let mut left = 2 * main.len();
            for nth in 0..count {
                let (Some(from), Some(to)) = (table.size(4 * nth), table.size(4 * nth + 4)) else { break };
                let Some(place) = table.size(4 * (count + 1) + 8 * nth + 2) else { break };
                let is_wide = !head.is_old && place & 0x4000_0000 == 0;
                let place = if head.is_old { place } else { place & 0x3fff_ffff };
                let start = if head.is_old || is_wide { place } else { place / 2 }.min(main.len());
                let bytes = to.saturating_sub(from).saturating_mul(if is_wide { 2 } else { 1 });
                let end = start.saturating_add(bytes).min(main.len());
                match left.checked_sub(end - start) {
                    Some(rest) => left = rest,
                    None => break,
                }
                pieces.push(Piece { span: start..end, is_wide });
            }
        }
        match pieces.is_empty() {
            true => Pieces::plain(head, main),
            false => Pieces { pieces, charset: head.narrow() },
        }
    }

    /// Octets that hold them.
    pub(super) fn octets(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.span.len() as u64).sum()
    }

    /// The characters as UTF-16; a mark at one of `row_ends` becomes a line end.
    pub(super) fn characters(&self, main: &[u8], row_ends: &BTreeSet<usize>) -> Vec<u16> {
        let mut out = Vec::new();
        for piece in &self.pieces {
            let octets = main.get(piece.span.clone()).unwrap_or_default();
            let from = out.len();
            let unit_bytes = if piece.is_wide {
                out.extend(octets.chunks_exact(2).filter_map(|two| two.u16(0)));
                2
            } else if octets.is_ascii() {
                out.extend(octets.iter().map(|b| u16::from(*b)));
                1
            } else {
                let text = self.charset.decode(octets);
                out.extend(text.encode_utf16());
                // With characters of two octets, places and characters do not match: rows end as cells there.
                if text.chars().count() == octets.len() { 1 } else { usize::MAX }
            };
            for end in row_ends.range(piece.span.clone()) {
                if let Some(unit @ 7) = out.get_mut(from.saturating_add((end - piece.span.start) / unit_bytes)) {
                    *unit = 0x0a;
                }
            }
        }
        out
    }

    /// Octets behind the head that are in no piece.
    pub(super) fn gaps<'m>(&self, main: &'m [u8]) -> impl Iterator<Item = &'m [u8]> {
        const HEAD_BYTES: usize = 0x20;
        let mut spans: Vec<Range<usize>> = self.pieces.iter().map(|piece| piece.span.clone()).collect();
        spans.sort_unstable_by_key(|span| span.start);
        spans.push(main.len()..main.len());
        let mut done = HEAD_BYTES;
        spans.into_iter().filter_map(move |span| {
            let gap = main.get(done..span.start);
            done = done.max(span.end);
            gap.filter(|gap| !gap.is_empty())
        })
    }
}

impl Head {
    fn narrow(&self) -> Charset {
        // Since Word 97 octets are Windows-1252 alone: the rest is wide.
        if self.is_old { self.charset } else { Charset::LATIN }
    }

    /// Places of the marks that end rows.
    pub(super) fn row_ends(&self, main: &[u8], table: &[u8]) -> BTreeSet<usize> {
        let bins = table.part(self.paragraphs.0, self.paragraphs.1);
        let number_bytes = if self.is_old { 2 } else { 4 };
        let count = bins.len().saturating_sub(4) / (4 + number_bytes);
        let mut pages = BTreeSet::new();
        for nth in 0..count {
            let at = 4 * (count + 1) + number_bytes * nth;
            pages.extend(if self.is_old { bins.u16(at).map(usize::from) } else { bins.size(at) });
        }
        let mut ends = BTreeSet::new();
        for page in pages {
            page_row_ends(main.part(page.saturating_mul(PAGE_BYTES), PAGE_BYTES), self.is_old, &mut ends);
        }
        ends
    }
}

/// A page of paragraph properties: places of paragraphs, then for each where its properties are in the page.
fn page_row_ends(page: &[u8], is_old: bool, ends: &mut BTreeSet<usize>) {
    let count = usize::from(page.u8(PAGE_BYTES - 1).unwrap_or(0));
    let entry_bytes = if is_old { 7 } else { 13 };
    for nth in 0..count {
        let Some(end) = page.size(4 * nth + 4) else { break };
        let offset = 2 * usize::from(page.u8(4 * (count + 1) + entry_bytes * nth).unwrap_or(0));
        if offset == 0 {
            continue;
        }
        let (at, words) = match page.u8(offset) {
            Some(0) => (offset + 2, 2 * usize::from(page.u8(offset + 1).unwrap_or(0))),
            Some(words) => (offset + 1, (2 * usize::from(words)).saturating_sub(1)),
            None => continue,
        };
        let properties = page.part(at, words);
        let mark = ROW_END.get(usize::from(is_old)).copied().unwrap_or_default();
        if properties.windows(mark.len()).any(|window| window == mark) {
            // The mark is the last character: its last octet stands there, be it one or two.
            ends.insert(end.saturating_sub(1));
        }
    }
}
