//! TIFF, HEIF, and what else is seen or heard: what of their metadata is found without knowing them.

use super::{Found, exif, heif, words};
use memchr::memmem;

/// Items of metadata that are read.
const ITEMS_MAX: usize = 20;

pub(super) fn inspect(octets: &[u8]) -> Found<'_> {
    let mut found = Found { media_type: media_type(octets), ..Found::default() };
    if octets.starts_with(b"II*\0") || octets.starts_with(b"MM\0*") {
        exif::read(octets, &mut found);
        return found;
    }
    if octets.starts_with(b"8BPS") {
        exif::photoshop(octets, &mut found);
    }
    let mut items = if octets.get(4..8) == Some(b"ftyp") { heif::metadata(octets) } else { Vec::new() };
    // Those beyond are looked for as in any other file.
    items.truncate(ITEMS_MAX);
    for (is_exif, item) in &items {
        let item = octets.get(item.clone()).unwrap_or_default();
        match is_exif {
            true => exif::read(heif::tiff(item), &mut found),
            false => found.note("XMP", item),
        }
    }
    let is_told = |at: usize| items.iter().any(|(_, item)| item.contains(&at));
    for at in memmem::find_iter(octets, b"Exif\0\0").filter(|at| !is_told(*at)).take(4) {
        exif::read(octets.get(at + 6..).unwrap_or_default(), &mut found);
    }
    let mut rest = octets;
    for _ in 0..8 {
        let Some(at) = memmem::find(rest, b"<x:xmpmeta") else { break };
        let packet = rest.get(at..).unwrap_or_default();
        let end = memmem::find(packet, b"</x:xmpmeta>").map_or(packet.len(), |end| end + 12);
        if !is_told(octets.len() - rest.len() + at) {
            found.xmp(packet.get(..end).unwrap_or_default());
        }
        rest = packet.get(end..).unwrap_or_default();
    }
    if octets.starts_with(b"ID3") {
        id3(octets, &mut found);
    }
    if octets.get(4..8) == Some(b"ftyp") {
        boxes(octets, &mut found);
    }
    found
}

/// ID3v2: frames whose names begin with T are texts; comments, addresses and lyrics have a language before.
fn id3(octets: &[u8], found: &mut Found<'_>) {
    let version = octets.get(3).copied().unwrap_or(0);
    let size = octets.get(6..10).map_or(0, |n| n.iter().fold(0, |n, b| n << 7 | usize::from(b & 0x7f)));
    let mut rest = octets.get(10..(10 + size).min(octets.len())).unwrap_or_default();
    if version < 3 {
        found.note("Tags", rest);
        return;
    }
    loop {
        let Some((head, after)) = rest.split_at_checked(10) else { return };
        let shift = if version >= 4 { 7 } else { 8 };
        let size = head.get(4..8).map_or(0, |n| n.iter().fold(0, |n: usize, b| n << shift | usize::from(*b)));
        let Some((frame, next)) = after.split_at_checked(size).filter(|_| size > 0) else { return };
        if matches!(head.first(), Some(b'T' | b'C' | b'W' | b'U')) && !head.starts_with(b"CHAP") {
            let text = match frame.split_first() {
                Some((1, text)) => {
                    let (encoding, text) = match text {
                        [0xfe, 0xff, text @ ..] => (encoding_rs::UTF_16BE, text),
                        [0xff, 0xfe, text @ ..] => (encoding_rs::UTF_16LE, text),
                        text => (encoding_rs::UTF_16LE, text),
                    };
                    encoding.decode_without_bom_handling(text).0.into_owned()
                }
                Some((2, text)) => encoding_rs::UTF_16BE.decode_without_bom_handling(text).0.into_owned(),
                Some((_, text)) => words(text),
                None => String::new(),
            };
            found.line("Tag", &text.replace('\0', " "));
        }
        rest = next;
    }
}

/// ISO base media: the texts below `udta` stand in boxes named `data`, or begin with a copyright sign.
fn boxes(octets: &[u8], found: &mut Found<'_>) {
    for at in memmem::find_iter(octets, b"udta").take(4) {
        let size = at.checked_sub(4).and_then(|at| octets.get(at..at + 4));
        let size = size.map_or(0, |n| n.iter().fold(0, |n, b| n << 8 | usize::from(*b))).min(1 << 20);
        let user = octets.get(at + 4..at.saturating_add(size).min(octets.len())).unwrap_or_default();
        found.note("User data", user);
    }
}

fn media_type(octets: &[u8]) -> &'static str {
    let at = |from: usize, what: &[u8]| octets.get(from..).is_some_and(|rest| rest.starts_with(what));
    const KNOWN: [(usize, &[u8], &str); 26] = [
        (0, b"II*\0", "image/tiff"),
        (0, b"MM\0*", "image/tiff"),
        (0, b"8BPS", "image/vnd.adobe.photoshop"),
        (0, b"BM", "image/bmp"),
        (0, b"\0\0\x01\0", "image/vnd.microsoft.icon"),
        (4, b"jP  ", "image/jp2"),
        (4, b"JXL ", "image/jxl"),
        (4, b"ftyphei", "image/heif"),
        (4, b"ftypmif", "image/heif"),
        (4, b"ftypavi", "image/avif"),
        (4, b"ftypM4A", "audio/mp4"),
        (4, b"ftypqt", "video/quicktime"),
        (4, b"ftyp", "video/mp4"),
        (4, b"moov", "video/quicktime"),
        (8, b"WAVE", "audio/wav"),
        (8, b"AVI ", "video/x-msvideo"),
        (8, b"AIF", "audio/aiff"),
        (0, b"ID3", "audio/mpeg"),
        (0, b"\xff\xfb", "audio/mpeg"),
        (0, b"OggS", "audio/ogg"),
        (0, b"fLaC", "audio/flac"),
        (0, b"\x1a\x45\xdf\xa3", "video/x-matroska"),
        (0, b"MThd", "audio/midi"),
        (0, b"#!AMR", "audio/amr"),
        (0, b"\x30\x26\xb2\x75", "video/x-ms-asf"),
        (40, b" EMF", "image/emf"),
    ];
    KNOWN.iter().find(|(from, what, _)| at(*from, what)).map_or("image/*", |(_, _, media_type)| media_type)
}
