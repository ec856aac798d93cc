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
    /// Are the octets the text itself? Else they code it as a whole.
    is_exact: bool,
}

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
            Some(last) if last.is_exact && last.text.end == start && last.source.end == at => {
                last.text.end = end;
                last.source.end += text.len();
            }
            _ if text.is_empty() => {}
            _ => self.pieces.push(Piece { text: start..end, source: at..at + text.len(), is_exact: true }),
        }
    }

    /// Adds text that the octets at `source` stand for: an entity, an escape, a character of another charset.
    pub(crate) fn coded(&mut self, text: &str, source: Range<usize>) {
        let start = self.text.len();
        self.text.push_str(text);
        if !text.is_empty() {
            self.pieces.push(Piece { text: start..self.text.len(), source, is_exact: false });
        }
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
        let mut changes: Vec<(Range<usize>, Vec<u8>)> = Vec::new();
        for (span, with) in edits {
            let first = self.pieces.partition_point(|piece| piece.text.end <= span.start);
            let pieces = self.pieces.get(first..).unwrap_or_default();
            let mut with = Some(*with);
            for piece in pieces.iter().take_while(|piece| piece.text.start < span.end) {
                let hit = span.start.max(piece.text.start)..span.end.min(piece.text.end);
                changes.push(self.change(piece, &hit, with.take().unwrap_or_default(), &encode)?);
            }
            if with.is_some() {
                return Err(Unwritable::NoSuchPlace);
            }
        }
        changes.sort_by_key(|(at, _)| at.start);
        splice(source, &changes)
    }

    fn change(
        &self,
        piece: &Piece,
        hit: &Range<usize>,
        with: &str,
        encode: &impl Fn(&str) -> Vec<u8>,
    ) -> Result<(Range<usize>, Vec<u8>), Unwritable> {
        if piece.is_exact {
            let from = piece.source.start + (hit.start - piece.text.start);
            return Ok((from..from + hit.len(), encode(with)));
        }
        // Octets that code several characters: what of them stays is coded anew.
        let rest = |range: Range<usize>| self.text.get(range).ok_or(Unwritable::NoSuchPlace);
        let whole = [rest(piece.text.start..hit.start)?, with, rest(hit.end..piece.text.end)?].concat();
        Ok((piece.source.clone(), encode(&whole)))
    }
}

/// The source with octets replaced; `changes` are in order.
pub(crate) fn splice(source: &[u8], changes: &[(Range<usize>, Vec<u8>)]) -> Result<Vec<u8>, Unwritable> {
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
        let cases: [(&[(Range<usize>, &str)], Result<&str, Unwritable>); 7] = [
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
    fn what_is_coded_as_one_is_coded_anew() {
        let mut mapped = Mapped::default();
        mapped.coded("ffi", 2..3);
        let got = mapped.rewritten(b"a F b", &[(1..2, "-")], |text| text.to_uppercase().into_bytes());
        assert_eq!(got, Ok(b"a F-I b".to_vec()));
        // Two spans in one coded piece cannot both be done.
        let twice = mapped.rewritten(b"a F b", &[(0..1, ""), (2..3, "")], |text| text.as_bytes().to_vec());
        assert_eq!(twice, Err(Unwritable::NoSuchPlace));
    }
}
