//! What a file is, by its content: every plausible reading. Its name and declared type only decide between text formats.

use crate::{File, Format};

/// Every format that a file can be read in, the most plausible first; never empty.
pub fn sniff(file: &File<'_>) -> Vec<Format> {
    let octets = file.octets;
    let mut found = Vec::new();
    if let Some(format) = by_signature(octets) {
        found.push(format);
    }
    let is_pdf = contains(octets.get(..1024).unwrap_or(octets), b"%PDF-");
    if is_pdf && !found.contains(&Format::Pdf) {
        found.push(Format::Pdf);
    }
    // A ZIP is read from its end: anything can stand before it.
    let is_zip = found.iter().any(|format| is_package(*format));
    if !is_zip && has_zip_end(octets) {
        found.push(package(octets));
    }
    if found.is_empty() {
        found.push(text(file));
    }
    found
}

fn by_signature(octets: &[u8]) -> Option<Format> {
    const SIGNATURES: [(&[u8], Format); 12] = [
        (b"%PDF-", Format::Pdf),
        (b"{\\rtf", Format::Rtf),
        (b"Rar!\x1a\x07", Format::Rar),
        (b"7z\xbc\xaf\x27\x1c", Format::SevenZip),
        (b"\x1f\x8b", Format::Gzip),
        (b"BZh", Format::Bzip2),
        (b"\xfd7zXZ\0", Format::Xz),
        (b"\x28\xb5\x2f\xfd", Format::Zstd),
        (b"\x78\x9f\x3e\x22", Format::Tnef),
        (b"\x89PNG\r\n\x1a\n", Format::Picture),
        (b"\xff\xd8\xff", Format::Picture),
        (b"GIF8", Format::Picture),
    ];
    let known = SIGNATURES.iter().find(|(signature, _)| octets.starts_with(signature));
    if let Some((_, format)) = known {
        return Some(*format);
    }
    if octets.starts_with(b"PK\x03\x04") || octets.starts_with(b"PK\x05\x06") {
        return Some(package(octets));
    }
    if octets.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Some(compound(octets));
    }
    if octets.get(257..262) == Some(b"ustar") {
        return Some(Format::Tar);
    }
    None
}

fn is_package(format: Format) -> bool {
    use Format::{Docx, Epub, Odf, Pptx, Xlsb, Xlsx, Zip};
    matches!(format, Zip | Docx | Xlsx | Pptx | Odf | Epub | Xlsb)
}

fn has_zip_end(octets: &[u8]) -> bool {
    let tail = octets.get(octets.len().saturating_sub(66_000)..).unwrap_or_default();
    contains(tail, b"PK\x05\x06")
}

/// What a ZIP holds, by the names in it: they stand in the clear.
fn package(octets: &[u8]) -> Format {
    let has = |name: &str| contains(octets, name.as_bytes());
    if has("mimetypeapplication/vnd.oasis.opendocument.") {
        return Format::Odf;
    }
    if has("mimetypeapplication/epub+zip") {
        return Format::Epub;
    }
    if has("[Content_Types].xml") {
        if has("xl/workbook.bin") {
            return Format::Xlsb;
        }
        for (folder, format) in [("word/", Format::Docx), ("xl/", Format::Xlsx), ("ppt/", Format::Pptx)] {
            if has(folder) {
                return format;
            }
        }
    }
    Format::Zip
}

/// What a compound file holds, by the names of its streams, which stand in UTF-16.
fn compound(octets: &[u8]) -> Format {
    let has = |name: &str| contains(octets, &name.bytes().flat_map(|b| [b, 0]).collect::<Vec<u8>>());
    if has("EncryptedPackage") {
        return Format::Compound;
    }
    for (name, format) in [
        ("__properties_version1.0", Format::Msg),
        ("WordDocument", Format::Doc),
        ("PowerPoint Document", Format::Ppt),
        ("Workbook", Format::Xls),
        ("Book", Format::Xls),
    ] {
        if has(name) {
            return format;
        }
    }
    Format::Compound
}

fn text(file: &File<'_>) -> Format {
    match std::str::from_utf8(file.octets) {
        Ok(_) => Format::Text,
        Err(_) => Format::Unknown,
    }
}

fn contains(octets: &[u8], what: &[u8]) -> bool {
    octets.windows(what.len()).any(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides() {
        let cases: &[(&[u8], &str, &[Format])] = &[
            (b"%PDF-1.7", "a.txt", &[Format::Pdf]),
            (b"hello", "a.pdf", &[Format::Text]),
            (b"{\\rtf1 x}", "", &[Format::Rtf]),
            (b"%PDF-1.7 ... PK\x05\x06", "a.pdf", &[Format::Pdf, Format::Zip]),
            (b"\xff\xfe\x00\xd8", "", &[Format::Unknown]),
        ];
        for (octets, name, want) in cases {
            let file = File { octets, name, media_type: "", passwords: &[] };
            assert_eq!(sniff(&file), *want, "{name}");
        }
    }
}
