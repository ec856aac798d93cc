//! WebP (RFC 9649).

use super::{Found, chunks, exif};

fn end(octets: &[u8]) -> usize {
    let size = octets.get(4..8).map_or(0, |n| n.iter().rev().fold(0, |n, b| n << 8 | usize::from(*b)));
    size.saturating_add(8).min(octets.len())
}

pub(super) fn inspect(octets: &[u8]) -> Found<'_> {
    let mut found = Found { media_type: "image/webp", ..Found::default() };
    let end = end(octets);
    for chunk in chunks::riff(octets, end) {
        let content = octets.get(chunk.content).unwrap_or_default();
        match &chunk.name {
            b"EXIF" => exif::read(content.strip_prefix(b"Exif\0\0").unwrap_or(content), &mut found),
            b"XMP " => found.xmp(content),
            b"VP8 " | b"VP8L" | b"VP8X" | b"ALPH" | b"ANIM" | b"ANMF" | b"ICCP" => {}
            _ => found.note("Block", content),
        }
    }
    found.rest = octets.get(end..).unwrap_or_default();
    found
}

pub(super) fn strip(octets: &[u8], orientation: u16) -> Option<Vec<u8>> {
    /// Bits of the extended header: EXIF, XMP.
    const HAS_EXIF: u8 = 8;
    const HAS_XMP: u8 = 4;
    let chunks = chunks::riff(octets, end(octets));
    let mut body = b"WEBP".to_vec();
    let mut is_extended = false;
    for chunk in &chunks {
        let whole = octets.get(chunk.whole.clone())?;
        match &chunk.name {
            b"VP8X" => {
                is_extended = true;
                let mut header = whole.to_vec();
                let flags = header.get_mut(8)?;
                *flags = *flags & !(HAS_EXIF | HAS_XMP) | if orientation > 1 { HAS_EXIF } else { 0 };
                body.extend(header);
            }
            b"VP8 " | b"VP8L" | b"ALPH" | b"ANIM" | b"ANMF" | b"ICCP" => body.extend_from_slice(whole),
            _ => {}
        }
    }
    if orientation > 1 && is_extended {
        let tiff = exif::only_orientation(orientation);
        body.extend_from_slice(b"EXIF");
        body.extend((tiff.len() as u32).to_le_bytes());
        body.extend(tiff);
    }
    let has_picture = chunks.iter().any(|chunk| matches!(&chunk.name, b"VP8 " | b"VP8L" | b"ANMF"));
    has_picture.then(|| [b"RIFF".as_slice(), &(body.len() as u32).to_le_bytes(), &body].concat())
}
