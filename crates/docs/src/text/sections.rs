//! A file of logical lines, each coded in its own way: header fields, properties of a card. They are made one after
//! the other and none is kept.

use crate::Unwritable;
use crate::mapped::Mapped;
use std::ops::Range;

/// One of them.
pub(crate) struct Section<K> {
    /// Its octets.
    pub(crate) source: Range<usize>,
    /// Its text; places count from the start of its octets.
    pub(crate) mapped: Mapped,
    /// How it is coded.
    pub(crate) kind: K,
}

/// The text of all, a line each.
pub(crate) fn text<K>(sections: impl Iterator<Item = Section<K>>) -> String {
    let mut out = String::new();
    for section in sections {
        out.push_str(section.mapped.text());
        out.push('\n');
    }
    out
}

/// The octets with spans of that text replaced; what is in no section stays. A section may be given octets of its own.
///
/// # Errors
/// [`Unwritable::NoSuchPlace`] if nothing stands behind a span.
pub(crate) fn rewritten<K>(
    octets: &[u8],
    sections: impl Iterator<Item = Section<K>>,
    edits: &[(Range<usize>, &str)],
    encode: impl Fn(&K, &str) -> Vec<u8>,
) -> Result<Vec<u8>, Unwritable> {
    let mut out = Vec::with_capacity(octets.len());
    let (mut done, mut start) = (0, 0);
    let mut edits = edits.iter().peekable();
    // The edit that reaches over from the line before has left its text there.
    let mut reaching: Option<Range<usize>> = None;
    for section in sections {
        let length = section.mapped.text().len();
        let end = start + length;
        let mut own: Vec<(Range<usize>, &str)> = Vec::new();
        if let Some(span) = reaching.take() {
            let to = span.end.min(end);
            if to > start {
                own.push((0..to - start, ""));
            }
            if span.end > end + 1 {
                reaching = Some(span);
            }
        }
        while let Some((span, with)) = edits.next_if(|(span, _)| span.start < end) {
            own.push((span.start - start..span.end.min(end) - start, with));
            if span.end > end + 1 {
                reaching = Some(span.clone());
            }
        }
        // A line end is no place.
        if edits.next_if(|(span, _)| span.start == end).is_some() {
            return Err(Unwritable::NoSuchPlace);
        }
        out.extend_from_slice(octets.get(done..section.source.start).ok_or(Unwritable::NoSuchPlace)?);
        let source = octets.get(section.source.clone()).ok_or(Unwritable::NoSuchPlace)?;
        match own.is_empty() {
            true => out.extend_from_slice(source),
            false => out.extend(section.mapped.rewritten(source, &own, |text| encode(&section.kind, text))?),
        }
        done = section.source.end;
        start = end + 1;
    }
    if edits.next().is_some() || reaching.is_some() {
        return Err(Unwritable::NoSuchPlace);
    }
    out.extend_from_slice(octets.get(done..).unwrap_or_default());
    Ok(out)
}
