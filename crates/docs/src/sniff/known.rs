//! Formats that begin with octets of their own.

use crate::{File, Format};

/// What can stand behind a picture or a program.
pub(super) const APPENDED: [(&[u8], Format); 2] =
    [(b"Rar!\x1a\x07", Format::Rar), (b"7z\xbc\xaf\x27\x1c\0", Format::SevenZip)];

const READ: [(&[u8], Format); 10] = [
    (b"%PDF-", Format::Pdf),
    (b"{\\rtf", Format::Rtf),
    (b"{\\urtf", Format::Rtf),
    (b"Rar!\x1a\x07", Format::Rar),
    (b"7z\xbc\xaf\x27\x1c", Format::SevenZip),
    (b"\x1f\x8b", Format::Gzip),
    (b"\xfd7zXZ\0", Format::Xz),
    (b"\x28\xb5\x2f\xfd", Format::Zstd),
    (b"\x78\x9f\x3e\x22", Format::Tnef),
    (crate::archive::ar::MAGIC, Format::Ar),
];

/// Pictures, sounds and films.
const MEDIA: [&[u8]; 26] = [
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"II*\0",
    b"MM\0*",
    b"II+\0",
    b"MM\0+",
    b"8BPS\0",
    b"\0\0\0\x0cjP  \r\n",
    b"\0\0\0\x0cJXL \r\n",
    b"\xff\x4f\xff\x51",
    b"\xff\x0a",
    b"ID3\x02",
    b"ID3\x03",
    b"ID3\x04",
    b"OggS\0",
    b"fLaC\0",
    b"\x1a\x45\xdf\xa3",
    b"FLV\x01",
    b"MThd\0\0\0\x06",
    b"#!AMR",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",
    b"\0\0\x01\xba",
    b"\0\0\x01\xb3",
    b"\xd7\xcd\xc6\x9a",
];

/// Named and not read. Those with a letter first need octets that no text has.
const UNREAD: [(&[u8], &str); 27] = [
    (b"\x7fELF", "application/x-executable"),
    (b"\xca\xfe\xba\xbe", "application/java-vm"),
    (b"\xfe\xed\xfa\xce", "application/x-mach-binary"),
    (b"\xfe\xed\xfa\xcf", "application/x-mach-binary"),
    (b"\xce\xfa\xed\xfe", "application/x-mach-binary"),
    (b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (b"\0asm", "application/wasm"),
    (b"dex\n03", "application/x-dex"),
    (b"\x1f\x9d", "application/x-compress"),
    (b"\x1f\xa0", "application/x-compress"),
    (b"\x04\x22\x4d\x18", "application/x-lz4"),
    (b"LZIP\x01", "application/x-lzip"),
    (b"MSCF\0\0\0\0", "application/vnd.ms-cab-compressed"),
    (b"ITSF\x03\0\0\0", "application/vnd.ms-htmlhelp"),
    (b"\xc7\x71", "application/x-cpio"),
    (b"\xed\xab\xee\xdb", "application/x-rpm"),
    (b"SQLite format 3\0", "application/vnd.sqlite3"),
    (b"!BDN", "application/vnd.ms-outlook-pst"),
    (b"\0\x01\0\0\0", "font/sfnt"),
    (b"OTTO\0", "font/otf"),
    (b"wOFF\0", "font/woff"),
    (b"wOF2\0", "font/woff2"),
    (b"ttcf\0", "font/collection"),
    (b"\x4c\0\0\0\x01\x14\x02\0", "application/x-ms-shortcut"),
    (b"conectix", "application/x-virtual-disk"),
    (b"\x00\x01\x42\x44", "application/octet-stream"),
    (b"bplist00", "application/x-plist"),
];

/// The format that a file begins as.
pub(super) fn by_signature(octets: &[u8]) -> Option<Format> {
    if let Some((_, format)) = READ.iter().find(|(signature, _)| octets.starts_with(signature)) {
        return Some(*format);
    }
    if is_bzip2(octets) {
        return Some(Format::Bzip2);
    }
    if crate::archive::tar::is_header(octets) {
        return Some(Format::Tar);
    }
    if crate::archive::cpio::is_header(octets) {
        return Some(Format::Cpio);
    }
    if crate::archive::stream::is_compress(octets) {
        return Some(Format::Compress);
    }
    if is_media(octets) {
        return Some(Format::Picture);
    }
    if unread(octets).is_some() {
        return Some(Format::Unknown);
    }
    if crate::archive::stream::is_lzma(octets) {
        return Some(Format::Xz);
    }
    None
}

/// `BZh`, the size of blocks, and the first block or the end.
fn is_bzip2(octets: &[u8]) -> bool {
    let block = octets.get(4..10);
    octets.starts_with(b"BZh") && matches!(block, Some(b"1AY&SY" | b"\x17\x72\x45\x38\x50\x90"))
}

fn is_media(octets: &[u8]) -> bool {
    let at = |from: usize, what: &[u8]| octets.get(from..).is_some_and(|rest| rest.starts_with(what));
    let number =
        |from: usize| octets.get(from..from + 4).map(|n| n.iter().rev().fold(0, |n, b| n << 8 | u32::from(*b)));
    MEDIA.iter().any(|signature| octets.starts_with(signature))
        || at(0, b"RIFF") && [b"WEBP", b"WAVE", b"AVI "].iter().any(|kind| at(8, *kind))
        || at(0, b"FORM") && [b"AIFF", b"AIFC"].iter().any(|kind| at(8, *kind))
        || at(4, b"ftyp") && at(0, b"\0")
        || (at(4, b"moov") || at(4, b"mdat") || at(4, b"wide")) && at(0, b"\0")
        // A bitmap: reserved octets are zero, and its second header is of a known size.
        || at(0, b"BM") && number(6) == Some(0) && matches!(number(14), Some(12 | 40 | 52 | 56 | 64 | 108 | 124))
        // An icon: at least one picture, whose reserved octet is zero.
        || (at(0, b"\0\0\x01\0") || at(0, b"\0\0\x02\0")) && octets.get(4).is_some_and(|n| *n > 0) && at(9, b"\0")
        // MPEG layer III: a frame header that is none of the reserved ones.
        || matches!(octets, [0xff, 0xfb | 0xf3 | 0xf2 | 0xfa, third, ..] if third & 0xf0 != 0xf0 && third & 0x0c != 0x0c)
        || at(40, b" EMF") && at(0, b"\x01\0\0\0")
        || at(128, b"DICM")
}

fn unread(octets: &[u8]) -> Option<&'static str> {
    if octets.starts_with(b"MZ") && octets.iter().take(64).any(|b| *b == 0) {
        return Some("application/vnd.microsoft.portable-executable");
    }
    if octets.get(4..19) == Some(b"Standard Jet DB") || octets.get(4..19) == Some(b"Standard ACE DB") {
        return Some("application/vnd.ms-access");
    }
    UNREAD.iter().find(|(signature, _)| octets.starts_with(signature)).map(|(_, media_type)| *media_type)
}

/// The media type of a file that nobody reads.
pub(crate) fn media_type_of_unknown<'a>(file: &File<'a>) -> &'a str {
    match unread(file.octets) {
        Some(media_type) => media_type,
        None if file.media_type.is_empty() => "application/octet-stream",
        None => file.media_type,
    }
}
