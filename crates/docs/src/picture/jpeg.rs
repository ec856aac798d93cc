//! JPEG (ITU-T T.81): segments, scans, the end.

use super::{Found, exif};
use std::ops::Range;

const EXIF: &[u8] = b"Exif\0\0";
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const MORE_XMP: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
const ICC: &[u8] = b"ICC_PROFILE\0";

/// A segment: its marker, all its octets, and its content.
struct Segment {
    marker: u8,
    whole: Range<usize>,
    content: Range<usize>,
}

/// The segments up to the end, and where that is. What follows the header of a scan belongs to it.
fn segments(octets: &[u8]) -> (Vec<Segment>, usize) {
    let mut out = Vec::new();
    let mut at = 2;
    loop {
        let Some([0xff, marker]) = octets.get(at..).and_then(|rest| rest.first_chunk::<2>()).copied() else {
            return (out, at);
        };
        match marker {
            0xff => {
                at += 1;
                continue;
            }
            0xd9 => return (out, at + 2),
            0x01 | 0xd0..=0xd8 => {
                at += 2;
                continue;
            }
            _ => {}
        }
        let size = octets.get(at + 2..at + 4).map(|n| n.iter().fold(0, |n, b| n << 8 | usize::from(*b)));
        let Some(size) = size.filter(|size| *size >= 2 && octets.len() >= at + 2 + size) else { return (out, at) };
        let mut end = at + 2 + size;
        let content = at + 4..end;
        if marker == 0xda {
            end = scan_end(octets, end);
        }
        out.push(Segment { marker, whole: at..end, content });
        at = end;
    }
}

/// Where a marker stands that is none of a scan's own.
fn scan_end(octets: &[u8], from: usize) -> usize {
    let scan = octets.get(from..).unwrap_or_default();
    let next =
        memchr::memchr_iter(0xff, scan).find(|at| !matches!(scan.get(at + 1), None | Some(0 | 0xff | 0xd0..=0xd7)));
    next.map_or(octets.len(), |at| from + at)
}

pub(super) fn inspect(octets: &[u8]) -> Found<'_> {
    let mut found = Found { media_type: "image/jpeg", ..Found::default() };
    let (segments, end) = segments(octets);
    for segment in segments {
        let content = octets.get(segment.content).unwrap_or_default();
        match segment.marker {
            0xe1 if content.starts_with(EXIF) => exif::read(content.get(EXIF.len()..).unwrap_or_default(), &mut found),
            0xe1 if content.starts_with(XMP) => found.xmp(content.get(XMP.len()..).unwrap_or_default()),
            // A digest, the whole size, the place.
            0xe1 if content.starts_with(MORE_XMP) => found.xmp(content.get(MORE_XMP.len() + 40..).unwrap_or_default()),
            0xed => exif::photoshop(content, &mut found),
            0xe0 if content.starts_with(b"JFIF\0") && content.len() <= 14 => {}
            0xe0 if content.starts_with(b"JFIF\0") => found.thumbnails.push(content.len() - 14),
            0xe0 if content.starts_with(b"JFXX\0") => found.thumbnails.push(content.len()),
            0xe2 if content.starts_with(ICC) || content.starts_with(b"MPF\0") => {}
            0xee if content.starts_with(b"Adobe") => {}
            0xe0..=0xef => found.note("Block", content),
            0xfe => found.note("Comment", content),
            _ => {}
        }
    }
    found.rest = octets.get(end..).unwrap_or_default();
    found
}

/// What is needed to see it, in its colours and its way up.
pub(super) fn strip(octets: &[u8], orientation: u16) -> Option<Vec<u8>> {
    let (segments, _) = segments(octets);
    if !segments.iter().any(|segment| segment.marker == 0xda) {
        return None;
    }
    let mut out = vec![0xff, 0xd8];
    let mut is_turned = orientation <= 1;
    for segment in segments {
        let content = octets.get(segment.content.clone())?;
        if segment.marker == 0xe0 && content.starts_with(b"JFIF\0") {
            // Without the small picture.
            out.extend([0xff, 0xe0, 0, 16]);
            out.extend_from_slice(content.get(..12)?);
            out.extend([0, 0]);
            continue;
        }
        if !is_turned {
            let tiff = exif::only_orientation(orientation);
            out.extend([0xff, 0xe1, 0, (2 + EXIF.len() + tiff.len()) as u8]);
            out.extend_from_slice(EXIF);
            out.extend(tiff);
            is_turned = true;
        }
        let is_kept = match segment.marker {
            0xe2 => content.starts_with(ICC),
            0xee => content.starts_with(b"Adobe") && content.len() <= 12,
            0xc0..=0xcf | 0xda..=0xdf => true,
            _ => false,
        };
        if is_kept {
            out.extend_from_slice(octets.get(segment.whole)?);
        }
    }
    out.extend([0xff, 0xd9]);
    Some(out)
}
