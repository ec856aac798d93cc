//! A text, and where in its source each piece of it stands: what makes rewriting in place possible.

use crate::Unwritable;
use std::ops::Range;

/// A text with its way back.
#[derive(Default)]
pub(crate) struct Mapped {
    text: String,
    /// In the order of the text, without what was made.
    pieces: Vec<Piece>,
}

/// A stretch of the text and the octets that it stands for.
struct Piece {
    text: Range<usize>,
    source: Range<usize>,
    kind: Kind,
}

/// How octets stand for text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// They are the text itself.
    Exact,
    /// They code it as a whole.
    Coded,
    /// They code it where no other text can stand: this does, once any of it is replaced.
    Fixed(&'static str),
}

/// Octets of a source, and what stands there instead.
pub(crate) type Change = (Range<usize>, Vec<u8>);

impl Mapped {
    /// What has been put in so far.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The text alone.
    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// Adds text that stands in the source as it is, from `at` on.
    pub(crate) fn exact(&mut self, text: &str, at: usize) {
        let (start, end) = (self.text.len(), self.text.len() + text.len());
        self.text.push_str(text);
        match self.pieces.last_mut() {
            Some(last) if last.kind == Kind::Exact && last.text.end == start && last.source.end == at => {
                last.text.end = end;
                last.source.end += text.len();
            }
            _ if text.is_empty() => {}
            _ => self.pieces.push(Piece { text: start..end, source: at..at + text.len(), kind: Kind::Exact }),
        }
    }

    /// Adds text that the octets at `source` stand for: an entity, an escape, a character of another charset.
    pub(crate) fn coded(&mut self, text: &str, source: Range<usize>) {
        self.piece(text, source, Kind::Coded);
    }

    /// Adds text that octets stand for in a place where other text cannot: `then` stands there once any of it is replaced.
    pub(crate) fn fixed(&mut self, text: &str, source: Range<usize>, then: &'static str) {
        self.piece(text, source, Kind::Fixed(then));
    }

    fn piece(&mut self, text: &str, source: Range<usize>, kind: Kind) {
        let start = self.text.len();
        self.text.push_str(text);
        if !text.is_empty() {
            self.pieces.push(Piece { text: start..self.text.len(), source, kind });
        }
    }

    /// Adds another text of the same source.
    pub(crate) fn append(&mut self, other: Mapped) {
        let by = self.text.len();
        self.text.push_str(&other.text);
        self.pieces.extend(
            other.pieces.into_iter().map(|piece| Piece { text: piece.text.start + by..piece.text.end + by, ..piece }),
        );
    }

    /// Adds a span of another text, whose source begins `by` octets further on.
    pub(crate) fn append_part(&mut self, other: &Mapped, span: &Range<usize>, by: usize) {
        let start = self.text.len();
        self.text.push_str(other.text.get(span.clone()).unwrap_or_default());
        let first = other.pieces.partition_point(|piece| piece.text.end <= span.start);
        let pieces = other.pieces.iter().skip(first).take_while(|piece| piece.text.start < span.end);
        self.pieces.extend(pieces.map(|piece| {
            let from = piece.text.start.max(span.start);
            let text = from - span.start + start..piece.text.end.min(span.end) - span.start + start;
            let source = match piece.kind {
                Kind::Exact => {
                    let at = piece.source.start + (from - piece.text.start) + by;
                    at..at + text.len()
                }
                Kind::Coded | Kind::Fixed(_) => piece.source.start + by..piece.source.end + by,
            };
            Piece { text, source, kind: piece.kind }
        }));
    }

    /// Does the text end in a line end, or is there none at all?
    pub(crate) fn is_at_line_start(&self) -> bool {
        self.text.is_empty() || self.text.ends_with('\n')
    }

    /// Adds text that stands nowhere: a line end after a paragraph, a tab between cells.
    pub(crate) fn made(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// The source with spans of the text replaced. A value that is split over several places goes from all of them; what
    /// comes instead stands at the first. `encode` codes text as the source does.
    ///
    /// # Errors
    /// [`Unwritable::NoSuchPlace`] if nothing of a span stands in the source or pieces overlap there.
    pub(crate) fn rewritten(
        &self,
        source: &[u8],
        edits: &[(Range<usize>, &str)],
        encode: impl Fn(&str) -> Vec<u8>,
    ) -> Result<Vec<u8>, Unwritable> {
        let mut changes = self.changes(edits, encode)?;
        changes.sort_by_key(|(at, _)| at.start);
        splice(source, &changes)
    }

    /// What is to be changed in the source for that, in the order of the text.
    ///
    /// # Errors
    /// [`Unwritable::NoSuchPlace`] if nothing of a span stands in the source.
    pub(crate) fn changes(
        &self,
        edits: &[(Range<usize>, &str)],
        encode: impl Fn(&str) -> Vec<u8>,
    ) -> Result<Vec<Change>, Unwritable> {
        let mut changes = Vec::new();
        let mut coded_done = 0;
        for (nth, (span, with)) in edits.iter().enumerate() {
            let first = self.pieces.partition_point(|piece| piece.text.end <= span.start);
            let pieces = self.pieces.iter().enumerate().skip(first);
            let mut with = Some(*with);
            let mut is_met = false;
            for (at, piece) in pieces.take_while(|(_, piece)| piece.text.start < span.end) {
                is_met = true;
                let hit = span.start.max(piece.text.start)..span.end.min(piece.text.end);
                match piece.kind {
                    Kind::Fixed(then) => changes.push((piece.source.clone(), then.as_bytes().to_vec())),
                    Kind::Exact => {
                        let from = piece.source.start + (hit.start - piece.text.start);
                        changes.push((from..from + hit.len(), encode(with.take().unwrap_or_default())));
                    }
                    Kind::Coded => {
                        let with = with.take().unwrap_or_default();
                        // All edits of such a piece are done with the first.
                        if coded_done <= at {
                            let text = self.coded_anew(piece, with, edits.get(nth..).unwrap_or_default())?;
                            changes.push((piece.source.clone(), encode(&text)));
                            coded_done = at + 1;
                        }
                    }
                }
            }
            if !is_met {
                return Err(Unwritable::NoSuchPlace);
            }
        }
        Ok(changes)
    }

    /// The text of octets that code several characters, with the edits that reach into it; `with` is the first one's.
    fn coded_anew(&self, piece: &Piece, with: &str, edits: &[(Range<usize>, &str)]) -> Result<String, Unwritable> {
        let mut out = String::new();
        let mut done = piece.text.start;
        let mut first = Some(with);
        for (span, own) in edits.iter().take_while(|(span, _)| span.start < piece.text.end) {
            out.push_str(self.text.get(done..span.start.max(done)).ok_or(Unwritable::NoSuchPlace)?);
            out.push_str(first.take().unwrap_or(own));
            done = span.end.min(piece.text.end);
        }
        out.push_str(self.text.get(done..piece.text.end).ok_or(Unwritable::NoSuchPlace)?);
        Ok(out)
    }
}

/// Changes by place, those that overlap joined: what comes instead is the first's.
pub(crate) fn joined(mut changes: Vec<Change>) -> Vec<Change> {
    changes.sort_by_key(|(at, _)| (at.start, at.end));
    let mut out: Vec<Change> = Vec::with_capacity(changes.len());
    for (at, with) in changes {
        match out.last_mut() {
            Some((last, _)) if at.start < last.end => last.end = last.end.max(at.end),
            _ => out.push((at, with)),
        }
    }
    out
}

/// The source with octets replaced; `changes` are in order.
pub(crate) fn splice(source: &[u8], changes: &[Change]) -> Result<Vec<u8>, Unwritable> {
    let mut out = Vec::with_capacity(source.len());
    let mut done = 0;
    for (at, with) in changes {
        // A piece that two spans meet in would be changed twice.
        out.extend_from_slice(source.get(done..at.start).ok_or(Unwritable::NoSuchPlace)?);
        out.extend_from_slice(with);
        done = at.end;
    }
    out.extend_from_slice(source.get(done..).ok_or(Unwritable::NoSuchPlace)?);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `<t>41</t><t>11&amp;x</t>` as the paragraph "4111&x\n".
    fn runs() -> (&'static str, Mapped) {
        let source = "<t>41</t><t>11&amp;x</t>";
        let mut mapped = Mapped::default();
        mapped.exact("4", 3);
        mapped.exact("1", 4);
        mapped.exact("11", 12);
        mapped.coded("&", 14..19);
        mapped.exact("x", 19);
        mapped.made("\n");
        (source, mapped)
    }

    #[test]
    fn a_value_goes_from_every_place_it_stands_in() {
        let (source, mapped) = runs();
        assert_eq!(mapped.text(), "4111&x\n");
        type Case = (&'static [(Range<usize>, &'static str)], Result<&'static str, Unwritable>);
        let cases: [Case; 7] = [
            (&[], Ok(source)),
            (&[(0..4, "[card]")], Ok("<t>[card]</t><t>&amp;x</t>")),
            (&[(1..3, "-")], Ok("<t>4-</t><t>1&amp;x</t>")),
            (&[(4..5, "+")], Ok("<t>41</t><t>11+x</t>")),
            (&[(0..1, ""), (5..7, "y")], Ok("<t>1</t><t>11&amp;y</t>")),
            (&[(6..7, "lost")], Err(Unwritable::NoSuchPlace)),
            (&[(0..9, "all")], Ok("<t>all</t><t></t>")),
        ];
        for (edits, want) in cases {
            let got = mapped.rewritten(source.as_bytes(), edits, |text| text.as_bytes().to_vec());
            assert_eq!(got, want.map(|w| w.as_bytes().to_vec()), "{edits:?}");
        }
    }

    #[test]
    fn where_no_text_can_stand_it_comes_next() {
        let mut mapped = Mapped::default();
        mapped.fixed("-", 0..4, "");
        mapped.exact("41", 4);
        let got = |span| mapped.rewritten(b"<-/>41", &[(span, "[x]")], |text| text.as_bytes().to_vec());
        assert_eq!(got(0..3), Ok(b"[x]".to_vec()));
        assert_eq!(got(0..1), Ok(b"41".to_vec()));
        let twice = vec![(0..3, b"a".to_vec()), (2..5, b"b".to_vec()), (5..5, b"c".to_vec())];
        assert_eq!(joined(twice), [(0..5, b"a".to_vec()), (5..5, b"c".to_vec())]);
    }

    #[test]
    fn what_is_coded_as_one_is_coded_anew() {
        let mut mapped = Mapped::default();
        mapped.coded("ffi", 2..3);
        let got = mapped.rewritten(b"a F b", &[(1..2, "-")], |text| text.to_uppercase().into_bytes());
        assert_eq!(got, Ok(b"a F-I b".to_vec()));
        let twice = mapped.rewritten(b"a F b", &[(0..1, ""), (2..3, "-")], |text| text.to_uppercase().into_bytes());
        assert_eq!(twice, Ok(b"a F- b".to_vec()));
    }
}
