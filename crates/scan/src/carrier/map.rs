//! What a stretch of text says, with the way back to the bytes that say it.

use crate::text::{ceil, floor};
use std::ops::Range;

/// Findings farther than this from everything decoded were seen in the text itself, where more of their context stands.
const NEAR_BYTES: usize = 64;

/// From this byte of the decoded text on it is the source, byte for byte, or one piece that stands for `atom` bytes of it.
#[derive(Debug, Clone, Copy)]
struct Piece {
    out: usize,
    source: usize,
    /// Bytes of the source for which the piece stands as a whole; 0: they are copied.
    atom: usize,
    /// It stands for what was left out.
    is_gap: bool,
}

/// Decoded text that grows piece by piece.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) text: String,
    pieces: Vec<Piece>,
}

impl Decoded {
    /// Copies bytes of the source.
    pub(super) fn copy(&mut self, source: &str, range: Range<usize>) {
        let Some(copied) = source.get(range.clone()).filter(|c| !c.is_empty()) else { return };
        self.pieces.push(Piece { out: self.text.len(), source: range.start, atom: 0, is_gap: false });
        self.text.push_str(copied);
    }

    /// Says `text` for bytes of the source; they may say nothing.
    pub(super) fn say(&mut self, range: Range<usize>, text: &str) {
        self.pieces.push(Piece { out: self.text.len(), source: range.start, atom: range.len(), is_gap: false });
        self.text.push_str(text);
    }

    /// Leaves bytes of the source out: nothing goes on beyond them.
    pub(super) fn leave_out(&mut self, range: Range<usize>) {
        if !self.text.is_empty() {
            self.pieces.push(Piece { out: self.text.len(), source: range.start, atom: range.len(), is_gap: true });
            self.text.push_str("\n\n\n");
        }
    }

    /// The text, and the way back.
    pub(super) fn finish(self) -> (String, Map) {
        (self.text, Map { pieces: self.pieces })
    }
}

/// The way back from decoded text to its source.
#[derive(Debug)]
pub(super) struct Map {
    pieces: Vec<Piece>,
}

impl Map {
    /// The bytes of the source for bytes of the decoded text; `None` if nothing decoded stands in or near them.
    pub(super) fn source(&self, span: &Range<usize>) -> Option<Range<usize>> {
        // Pieces that say nothing are beside their successor at the same place; the last one there begins the value.
        let start = self.at(span.start)?;
        let end = self.at(span.end.checked_sub(1)?)?;
        let from = start.source + if start.atom == 0 { span.start - start.out } else { 0 };
        let to = end.source + if end.atom == 0 { span.end - end.out } else { end.atom };
        self.is_near(span).then(|| from..to.max(from))
    }

    /// The parts of the decoded text that a finding must reach into: those near something decoded, in order, apart from
    /// each other.
    pub(super) fn near(&self) -> Vec<Range<usize>> {
        let mut all: Vec<Range<usize>> = Vec::new();
        for piece in self.pieces.iter().filter(|p| p.atom > 0 && !p.is_gap) {
            let part = piece.out.saturating_sub(NEAR_BYTES)..piece.out + piece.atom.max(NEAR_BYTES) + 1;
            match all.last_mut() {
                Some(last) if part.start <= last.end => last.end = last.end.max(part.end),
                _ => all.push(part),
            }
        }
        all
    }

    fn at(&self, out: usize) -> Option<Piece> {
        self.pieces.get(self.pieces.partition_point(|p| p.out <= out).checked_sub(1)?).copied()
    }

    /// Pieces come in turns, copied and decoded, so that few have to be looked at.
    fn is_near(&self, span: &Range<usize>) -> bool {
        let first = self.pieces.partition_point(|p| p.out + NEAR_BYTES < span.start).saturating_sub(1);
        let close = self.pieces.iter().skip(first).take_while(|p| p.out <= span.end + NEAR_BYTES);
        close.filter(|p| p.out + p.atom.max(NEAR_BYTES) >= span.start).any(|p| p.atom > 0 && !p.is_gap)
    }
}

/// Up to so many bytes of a text around a place, from a word's beginning to a word's end if there is one close.
pub(super) fn reach(text: &str, at: usize, bytes: usize, before: bool) -> usize {
    if before {
        let from = floor(text, at.saturating_sub(bytes));
        let head = text.get(from..at).unwrap_or_default();
        return if from == 0 { 0 } else { from + head.find(char::is_whitespace).unwrap_or(0) };
    }
    let to = ceil(text, at.saturating_add(bytes));
    let tail = text.get(at..to).unwrap_or_default();
    if to >= text.len() { text.len() } else { at + tail.rfind(char::is_whitespace).unwrap_or(tail.len()) }
}
