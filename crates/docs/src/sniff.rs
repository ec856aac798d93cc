//! What a file is, by its content: every plausible reading. Its name and declared type only decide between text formats.

mod known;
mod texts;

pub(crate) use known::media_type_of_unknown;

use crate::archive::zip::Directory;
use crate::{File, Format};
use memchr::memmem;

/// A PDF may begin behind this much of something else.
const PDF_HEAD_BYTES: usize = 1024;
/// The end record of a ZIP and the longest comment behind it.
const ZIP_TAIL_BYTES: usize = 66_000;

/// Every format that a file can be read in, the most plausible first; never empty.
pub fn sniff(file: &File<'_>) -> Vec<Format> {
    let octets = file.octets;
    let mut found = Vec::new();
    if octets.starts_with(b"PK\x03\x04") || octets.starts_with(b"PK\x05\x06") || octets.starts_with(b"PK00PK\x03\x04") {
        found.extend(package(octets));
    } else if octets.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        found.push(compound(octets));
    } else {
        found.extend(known::by_signature(octets));
    }
    let is_package = found.iter().any(|format| is_package(*format));
    let pdf_at = memmem::find(octets.get(..PDF_HEAD_BYTES).unwrap_or(octets), b"%PDF-");
    if pdf_at.is_some_and(|at| at > 0 && has(octets, b" obj")) {
        found.push(Format::Pdf);
    }
    // A ZIP is read from its end: anything can stand before it. In a container it is a member.
    if !is_package && has_zip_end(octets, found.first().is_some_and(|f| holds_files_as_they_are(*f))) {
        found.extend(package(octets));
    }
    // A volume begins behind sixteen sectors of anything.
    if crate::archive::iso::is_iso(octets) {
        found.push(Format::Iso);
    }
    // RAR and 7z are looked for behind pictures and programs, as self-extracting archives have them.
    if let Some(Format::Picture | Format::Unknown) = found.first() {
        for (signature, format) in known::APPENDED {
            if memmem::find(octets, signature).is_some_and(|at| at > 0) {
                found.push(format);
            }
        }
    }
    let is_only_pdf = found == [Format::Pdf] && pdf_at != Some(0);
    if found.is_empty() || is_only_pdf {
        let text = texts::by_text(file);
        if found.is_empty() || text != Format::Unknown {
            found.push(text);
        }
    }
    found
}

fn has(octets: &[u8], what: &[u8]) -> bool {
    memmem::find(octets, what).is_some()
}

fn is_package(format: Format) -> bool {
    use Format::{Docx, Epub, Odf, Pptx, Xlsb, Xlsx, Zip};
    matches!(format, Zip | Docx | Xlsx | Pptx | Odf | Epub | Xlsb)
}

/// May the octets of a file in it stand there as they are?
fn holds_files_as_they_are(format: Format) -> bool {
    use Format::{Ar, Compound, Cpio, Doc, Iso, Mbox, Msg, Ppt, Rar, SevenZip, Tar, Tnef, Xls};
    matches!(format, Tar | Ar | Cpio | Iso | Compound | Doc | Xls | Ppt | Msg | Tnef | SevenZip | Rar | Mbox)
}

/// Does a file end as a ZIP does? `exactly`: and with nothing behind it.
fn has_zip_end(octets: &[u8], exactly: bool) -> bool {
    let tail_at = octets.len().saturating_sub(ZIP_TAIL_BYTES);
    let tail = octets.get(tail_at..).unwrap_or_default();
    memmem::rfind_iter(tail, b"PK\x05\x06").take(8).any(|at| {
        let Some(record) = tail.get(at..at + 22) else { return false };
        let number = |from: usize, count: usize| {
            record.get(from..from + count).unwrap_or_default().iter().rev().fold(0, |n, b| n << 8 | usize::from(*b))
        };
        let (size, comment, entries) = (number(12, 4), number(20, 2), number(10, 2));
        let directory = (tail_at + at).checked_sub(size).and_then(|from| octets.get(from..from + 4));
        let is_at_end = at + 22 + comment == tail.len();
        let is_sound = entries > 0 && (directory == Some(b"PK\x01\x02") || size == 0xffff_ffff);
        is_sound && (is_at_end || !exactly)
    })
}

/// What a ZIP holds, by the names in it.
fn package(octets: &[u8]) -> Vec<Format> {
    let directory = Directory::read(octets, 1000);
    let names: Vec<String> = directory.names().map(|n| String::from_utf8_lossy(n).replace('\\', "/")).collect();
    let starts = |folder: &str| names.iter().any(|name| name.trim_start_matches('/').starts_with(folder));
    let holds = |whole: &str| names.iter().any(|name| name.trim_start_matches('/').eq_ignore_ascii_case(whole));
    let mimetype = directory.stored(octets, b"mimetype").unwrap_or_default();
    if mimetype.starts_with(b"application/epub") || holds("META-INF/container.xml") && has_end(&names, ".opf") {
        return vec![Format::Epub];
    }
    if mimetype.starts_with(b"application/vnd.oasis.opendocument.")
        || mimetype.starts_with(b"application/vnd.sun.xml.")
        || holds("META-INF/manifest.xml") && holds("content.xml")
    {
        return vec![Format::Odf];
    }
    let mut found = Vec::new();
    if holds("[Content_Types].xml") || holds("_rels/.rels") {
        if holds("xl/workbook.bin") {
            found.push(Format::Xlsb);
        } else if starts("xl/w") {
            found.push(Format::Xlsx);
        }
        for (start, format) in [("word/", Format::Docx), ("ppt/", Format::Pptx)] {
            if starts(start) {
                found.push(format);
            }
        }
    }
    if found.is_empty() {
        found.push(Format::Zip);
    }
    found
}

fn has_end(names: &[String], end: &str) -> bool {
    names.iter().any(|name| name.ends_with(end))
}

/// What a compound file holds, by the names of its streams, which stand in UTF-16.
fn compound(octets: &[u8]) -> Format {
    let has = |name: &str| has(octets, &name.bytes().flat_map(|b| [b, 0]).collect::<Vec<u8>>());
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

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(octets: &[u8], name: &str) -> Vec<Format> {
        sniff(&File { octets, name, media_type: "", passwords: &[] })
    }

    #[test]
    fn content_decides() {
        let tar_like = |magic: bool| {
            let mut block = vec![0; 1024];
            block[..5].copy_from_slice(b"a.txt");
            block[124..135].copy_from_slice(b"00000000000");
            if magic {
                block[257..262].copy_from_slice(b"ustar");
            }
            block[148..156].fill(b' ');
            let sum: u32 = block[..512].iter().map(|b| u32::from(*b)).sum();
            block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
            block
        };
        let mut iso = vec![0; 0x9000];
        iso[0x8001..0x8006].copy_from_slice(b"CD001");
        let (tar, old_tar) = (tar_like(true), tar_like(false));
        let cases: &[(&[u8], &str, &[Format])] = &[
            (b"%PDF-1.7", "a.txt", &[Format::Pdf]),
            (b"hello", "a.pdf", &[Format::Text]),
            (b"", "a.zip", &[Format::Text]),
            (b"The header of a PDF is %PDF-1.7.", "", &[Format::Text]),
            (b"junk\n%PDF-1.7\n1 0 obj", "", &[Format::Pdf, Format::Text]),
            (b"{\\rtf1 x}", "", &[Format::Rtf]),
            (b"\xff\xfeh\0i\0", "", &[Format::Text]),
            (&tar, "", &[Format::Tar]),
            (&old_tar, "", &[Format::Tar]),
            (&iso, "a.iso", &[Format::Iso]),
            (b"\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0\x20", "", &[Format::Xz]),
            (b"\x1f\x9d\x90abc", "a.Z", &[Format::Compress]),
            (b"\x1f\x9d\x91abc", "a.Z", &[Format::Unknown]),
            (b"!<arch>\n", "a.deb", &[Format::Ar]),
            (b"070701 is a number", "", &[Format::Text]),
            (b"MZ\x90\0\x03\0\0\0 program", "a.txt", &[Format::Unknown]),
            (b"RIFF\x24\0\0\0WAVEfmt ", "", &[Format::Picture]),
            (b"\0\0\0\x18ftypheic\0\0\0\0", "", &[Format::Picture]),
            (b"<!DOCTYPE html><p>x", "a.txt", &[Format::Html]),
            (b"<html><body>x", "", &[Format::Html]),
            (b"<p>One <b>two</b></p>", "", &[Format::Html]),
            (b"plain", "a.html", &[Format::Html]),
            (b"<?xml version='1.0'?><note>x</note>", "a.html.xml", &[Format::Text]),
            (b"<?xml version='1.0'?>\n<html xmlns='http://www.w3.org/1999/xhtml'><p>x</p></html>", "", &[Format::Html]),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "", &[Format::Text]),
            (b"From: a@example.org\r\nSubject: x\r\n\r\nHello", "a.txt", &[Format::Mail]),
            (b"From: me\nWe met on Monday.", "a.txt", &[Format::Text]),
            (b"Name: Ann\nPhone: 1\n\nx", "", &[Format::Text]),
            (b"From a@example.org Mon Jun 01 10:00:00 2009\nSubject: x\n\nHello", "", &[Format::Mbox]),
            (b"From here on we walk.\n", "", &[Format::Text]),
            (b"BEGIN:VCARD\r\nVERSION:3.0\r\n", "", &[Format::Calendar]),
            (b"\xef\xbb\xbfbegin:vcalendar\r\n", "", &[Format::Calendar]),
        ];
        for (octets, name, want) in cases {
            assert_eq!(
                kinds(octets, name),
                *want,
                "{name} {:?}",
                String::from_utf8_lossy(&octets[..octets.len().min(40)])
            );
        }
        let binary: Vec<u8> = (0..=255).rev().cycle().take(3000).collect();
        assert_eq!(kinds(&binary, "a.txt"), [Format::Unknown]);
    }

    #[test]
    fn what_is_two_things_is_read_as_both() {
        let zip = crate::archive::zip::tests::stored(&[("a.txt", b"hello")]);
        let with = |head: &[u8], tail: &[u8]| [head, zip.as_slice(), tail].concat();
        let gif = b"GIF89a\x01\0\x01\0\0\0\0;";
        let cases: &[(Vec<u8>, &[Format])] = &[
            (with(b"", b""), &[Format::Zip]),
            (with(gif, b""), &[Format::Picture, Format::Zip]),
            (with(b"\xff\xd8\xff\xe0 jpeg", b" trailing"), &[Format::Picture, Format::Zip]),
            (with(b"%PDF-1.7 1 0 obj", b""), &[Format::Pdf, Format::Zip]),
            (with(b"MZ\x90\0\x03\0\0\0 program", b""), &[Format::Unknown, Format::Zip]),
            (with(b"just a prefix ", b""), &[Format::Zip]),
            ([gif.as_slice(), b"Rar!\x1a\x07\x01\0"].concat(), &[Format::Picture, Format::Rar]),
            (b"%PDF-1.7 ... PK\x05\x06".to_vec(), &[Format::Pdf]),
        ];
        for (octets, want) in cases {
            assert_eq!(kinds(octets, ""), *want);
        }
    }

    #[test]
    fn packages_are_told_by_the_names_in_them() {
        let zip = |names: &[(&str, &[u8])]| crate::archive::zip::tests::stored(names);
        type Case<'a> = (&'a [(&'a str, &'a [u8])], Format);
        let cases: &[Case<'_>] = &[
            (&[("[Content_Types].xml", b""), ("word/document.xml", b"")], Format::Docx),
            (&[("[Content_Types].xml", b""), ("xl/workbook.xml", b"")], Format::Xlsx),
            (&[("[Content_Types].xml", b""), ("xl/workbook.bin", b"")], Format::Xlsb),
            (&[("ppt/presentation.xml", b""), ("[Content_Types].xml", b"")], Format::Pptx),
            (&[("mimetype", b"application/vnd.oasis.opendocument.text")], Format::Odf),
            (&[("mimetype", b"application/epub+zip")], Format::Epub),
            (&[("word/document.xml", b"")], Format::Zip),
            (&[("notes.txt", b"[Content_Types].xml word/document.xml")], Format::Zip),
        ];
        for (names, want) in cases {
            assert_eq!(kinds(&zip(names), "x"), [*want]);
        }
    }
}
