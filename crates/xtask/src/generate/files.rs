//! Attachments: text, csv, pdf, docx, xlsx, zip and png by simple writers. Archives and streams are stored, not packed.

use super::checksum::{adler32, crc32};
use super::prose::{FIRST, LAST, NOUN, PARTICIPLE, paragraphs};
use super::rng::Rng;
use std::fmt::Write;

/// Kinds of attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Png,
    Pdf,
    Docx,
    Xlsx,
    Zip,
    Csv,
    Txt,
}

impl Kind {
    /// File name extension.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Kind::Png => "png",
            Kind::Pdf => "pdf",
            Kind::Docx => "docx",
            Kind::Xlsx => "xlsx",
            Kind::Zip => "zip",
            Kind::Csv => "csv",
            Kind::Txt => "txt",
        }
    }

    /// Media type as mailers write it.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Kind::Png => "image/png",
            Kind::Pdf => "application/pdf",
            Kind::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Kind::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Kind::Zip => "application/zip",
            Kind::Csv => "text/csv; charset=utf-8",
            Kind::Txt => "text/plain; charset=utf-8",
        }
    }
}

/// A file of about `size` bytes whose text holds `lines`.
pub(crate) fn make(rng: &mut Rng, kind: Kind, size: usize, lines: &[String]) -> Vec<u8> {
    match kind {
        Kind::Png => png(rng, size),
        Kind::Pdf => pdf(rng, size, lines),
        Kind::Docx => docx(rng, size, lines),
        Kind::Xlsx => xlsx(rng, size, lines),
        Kind::Zip => zip(rng, size, lines),
        Kind::Csv => csv(rng, size.min(600_000), lines),
        Kind::Txt => txt(rng, size.min(400_000), lines),
    }
}

fn txt(rng: &mut Rng, size: usize, lines: &[String]) -> Vec<u8> {
    let mut out = paragraphs(rng, size);
    for line in lines {
        let at = rng.below(out.len() + 1);
        out.insert(at, line.clone());
    }
    (out.join("\n\n") + "\n").into_bytes()
}

fn rows(rng: &mut Rng, size: usize, lines: &[String]) -> Vec<[String; 7]> {
    let mut out = vec![["row", "surname", "given", "course", "mark", "grade", "note"].map(String::from)];
    let mut have = 0;
    while have < size {
        let course = format!("{}{}", rng.pick(&["MATH", "CHEM", "HIST", "LAW", "BIOL"]), rng.between(100, 400));
        let row = [
            out.len().to_string(),
            rng.pick(LAST).to_string(),
            rng.pick(FIRST).to_string(),
            course,
            rng.between(30, 100).to_string(),
            rng.pick(&["A", "B", "C", "D", "F"]).to_string(),
            format!("{} {}", rng.pick(NOUN), rng.pick(PARTICIPLE)),
        ];
        have += row.iter().map(String::len).sum::<usize>() + 7;
        out.push(row);
    }
    for line in lines {
        let (last, first) = (rng.pick(LAST).to_string(), rng.pick(FIRST).to_string());
        let note = line.replace('\n', " ").replace(',', ";");
        let at = rng.between(1, out.len() + 1);
        out.insert(at, ["x".into(), last, first, "ADM100".into(), "0".into(), "-".into(), note]);
    }
    out
}

fn csv(rng: &mut Rng, size: usize, lines: &[String]) -> Vec<u8> {
    let rows = rows(rng, size, lines);
    rows.iter().map(|r| r.join(",") + "\r\n").collect::<String>().into_bytes()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

const XML: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";

fn docx(rng: &mut Rng, size: usize, lines: &[String]) -> Vec<u8> {
    let mut text = paragraphs(rng, (size / 4).clamp(2000, 60_000));
    for line in lines {
        let at = rng.below(text.len() + 1);
        text.splice(at..at, line.split('\n').map(String::from));
    }
    let mut body = String::new();
    for paragraph in &text {
        let _ = write!(
            body,
            "<w:p><w:pPr><w:jc w:val=\"left\"/></w:pPr><w:r><w:rPr><w:sz w:val=\"22\"/></w:rPr>\
             <w:t xml:space=\"preserve\">{}</w:t></w:r></w:p>",
            escaped(paragraph)
        );
    }
    let document = format!(
        "{XML}<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{body}</w:body></w:document>"
    );
    let types = format!(
        "{XML}<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/>\
         <Default Extension=\"png\" ContentType=\"image/png\"/><Override PartName=\"/word/document.xml\" ContentType=\
         \"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>"
    );
    let relations = format!(
        "{XML}<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"rId1\" Type=\"{OFFICE}/officeDocument\" \
         Target=\"word/document.xml\"/></Relationships>"
    );
    let filler = size.saturating_sub(document.len() + 1500);
    let mut members = vec![
        ("[Content_Types].xml", types.into_bytes()),
        ("_rels/.rels", relations.into_bytes()),
        ("word/document.xml", document.into_bytes()),
    ];
    if filler > 400 {
        members.push(("word/media/image1.png", png(rng, filler)));
    }
    archive(&members)
}

fn xlsx(rng: &mut Rng, size: usize, lines: &[String]) -> Vec<u8> {
    let rows = rows(rng, (size / 8).min(100_000), lines);
    let mut sheet = String::new();
    for (i, row) in rows.iter().enumerate() {
        let _ = write!(sheet, "<row r=\"{}\">", i + 1);
        for (column, value) in "ABCDEFG".chars().zip(row) {
            let cell = format!("{column}{}", i + 1);
            let number = (column == 'A' || column == 'E') && value.bytes().all(|b| b.is_ascii_digit());
            let _ = match number {
                true => write!(sheet, "<c r=\"{cell}\"><v>{value}</v></c>"),
                false => write!(sheet, "<c r=\"{cell}\" t=\"inlineStr\"><is><t>{}</t></is></c>", escaped(value)),
            };
        }
        sheet.push_str("</row>");
    }
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let spreadsheet = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    archive(&[
        (
            "[Content_Types].xml",
            format!(
                "{XML}<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" \
                 ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
                 <Override PartName=\"/xl/workbook.xml\" ContentType=\"{spreadsheet}.sheet.main+xml\"/>\
                 <Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"{spreadsheet}.worksheet+xml\"/></Types>"
            )
            .into_bytes(),
        ),
        (
            "_rels/.rels",
            format!(
                "{XML}<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"rId1\" Type=\"{OFFICE}/officeDocument\" \
                 Target=\"xl/workbook.xml\"/></Relationships>"
            )
            .into_bytes(),
        ),
        (
            "xl/workbook.xml",
            format!(
                "{XML}<workbook xmlns=\"{main}\" xmlns:r=\"{OFFICE}\"><sheets><sheet name=\"Sheet1\" sheetId=\"1\" r:id=\"rId1\"/>\
                 </sheets></workbook>"
            )
            .into_bytes(),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "{XML}<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"rId1\" Type=\"{OFFICE}/worksheet\" \
                 Target=\"worksheets/sheet1.xml\"/></Relationships>"
            )
            .into_bytes(),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!("{XML}<worksheet xmlns=\"{main}\"><sheetData>{sheet}</sheetData></worksheet>").into_bytes(),
        ),
    ])
}

fn zip(rng: &mut Rng, size: usize, lines: &[String]) -> Vec<u8> {
    let mut members = vec![
        ("export/students.csv", csv(rng, (size / 4).min(200_000), lines)),
        ("export/readme.txt", txt(rng, (size / 8).min(50_000), &[])),
    ];
    let filler = size.saturating_sub(members.iter().map(|m| m.1.len()).sum::<usize>() + 400);
    if filler > 500 {
        members.push(("export/photo.png", png(rng, filler)));
    }
    archive(&members)
}

/// A zip archive (APPNOTE 6.3), every member stored, dated 2026-03-01 09:00.
pub(crate) fn archive(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let (date, time) = ((46u16 << 9) | (3 << 5) | 1, 9u16 << 11);
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, data) in members {
        let mut common = Vec::new();
        for field in [20, 0, 0, time, date] {
            common.extend_from_slice(&u16::to_le_bytes(field));
        }
        for field in [crc32(&[data]), data.len() as u32, data.len() as u32] {
            common.extend_from_slice(&field.to_le_bytes());
        }
        common.extend_from_slice(&(name.len() as u16).to_le_bytes());
        common.extend_from_slice(&[0, 0]);
        directory.extend_from_slice(b"PK\x01\x02\x14\0");
        directory.extend_from_slice(&common);
        directory.extend_from_slice(&[0; 6]);
        directory.extend_from_slice(&(0o600u32 << 16).to_le_bytes());
        directory.extend_from_slice(&(out.len() as u32).to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"PK\x03\x04");
        out.extend_from_slice(&common);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(data);
    }
    let (at, length, count) = (out.len() as u32, directory.len() as u32, members.len() as u16);
    out.extend_from_slice(&directory);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&at.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out
}

/// A picture of noise, 256 pixels wide.
fn png(rng: &mut Rng, size: usize) -> Vec<u8> {
    const ROW: usize = 256 * 3 + 1;
    let height = (size.saturating_sub(80) / ROW).max(1);
    let mut pixels = rng.bytes(height * ROW);
    pixels.iter_mut().step_by(ROW).for_each(|filter| *filter = 0);
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend_from_slice(&256u32.to_be_bytes());
    header.extend_from_slice(&(height as u32).to_be_bytes());
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    for (tag, data) in [(b"IHDR", header), (b"IDAT", stored_deflate(&pixels)), (b"IEND", Vec::new())] {
        out.extend_from_slice(&(data.len() as u32).to_be_bytes());
        out.extend_from_slice(tag);
        out.extend_from_slice(&data);
        out.extend_from_slice(&crc32(&[tag, &data]).to_be_bytes());
    }
    out
}

/// A zlib stream (RFC 1950) of stored blocks.
fn stored_deflate(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let blocks = data.chunks(65_535).count();
    for (i, block) in data.chunks(65_535).enumerate() {
        out.push(u8::from(i + 1 == blocks));
        out.extend_from_slice(&(block.len() as u16).to_le_bytes());
        out.extend_from_slice(&(!(block.len() as u16)).to_le_bytes());
        out.extend_from_slice(block);
    }
    out.extend_from_slice(&adler32(data).to_be_bytes());
    out
}

/// Text pages (Helvetica, WinAnsi) and one image stream that brings the file to its size.
fn pdf(rng: &mut Rng, size: usize, lines: &[String]) -> Vec<u8> {
    let mut text: Vec<String> = Vec::new();
    for paragraph in paragraphs(rng, (size / 10).clamp(1500, 40_000)) {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if line.len() + word.len() > 92 {
                text.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        text.extend([line, String::new()]);
    }
    for line in lines {
        let at = rng.below(text.len() + 1);
        text.splice(at..at, line.split('\n').map(String::from));
    }
    let mut objects: Vec<Vec<u8>> = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        Vec::new(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>".to_vec(),
    ];
    let mut kids = Vec::new();
    for page in text.chunks(54) {
        let mut content = b"BT /F1 9 Tf 40 800 Td 14 TL\n".to_vec();
        for line in page {
            content.push(b'(');
            for byte in super::mail::encode(line, "windows-1252") {
                if matches!(byte, b'\\' | b'(' | b')') {
                    content.push(b'\\');
                }
                content.push(byte);
            }
            content.extend_from_slice(b") Tj T*\n");
        }
        content.extend_from_slice(b"ET");
        objects.push(stream("", &content));
        let contents = objects.len();
        objects.push(
            format!(
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {contents} 0 R/Resources<</Font<</F1 3 0 R>>>>>>"
            )
            .into_bytes(),
        );
        kids.push(format!("{} 0 R", objects.len()));
    }
    objects[1] = format!("<</Type/Pages/Kids[{}]/Count {}>>", kids.join(" "), kids.len()).into_bytes();
    let filler = size.saturating_sub(objects.iter().map(Vec::len).sum::<usize>() + 500);
    if filler > 0 {
        let image = rng.bytes(filler);
        objects.push(stream(
            "/Type/XObject/Subtype/Image/Width 100/Height 100/ColorSpace/DeviceRGB/BitsPerComponent 8",
            &image,
        ));
    }
    let mut out = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (i, object) in objects.iter().enumerate() {
        let _ = writeln!(table, "{:010} 00000 n ", out.len());
        out.extend_from_slice(format!("{} 0 obj\n", i + 1).as_bytes());
        out.extend_from_slice(object);
        out.extend_from_slice(b"\nendobj\n");
    }
    let at = out.len();
    out.extend_from_slice(table.as_bytes());
    out.extend_from_slice(
        format!("trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n", objects.len() + 1).as_bytes(),
    );
    out
}

fn stream(dictionary: &str, data: &[u8]) -> Vec<u8> {
    let mut out = format!("<<{dictionary}/Length {}>>\nstream\n", data.len()).into_bytes();
    out.extend_from_slice(data);
    out.extend_from_slice(b"\nendstream");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Kind; 7] = [Kind::Png, Kind::Pdf, Kind::Docx, Kind::Xlsx, Kind::Zip, Kind::Csv, Kind::Txt];

    #[test]
    fn every_readable_kind_holds_its_line_and_its_magic() {
        for kind in ALL {
            let data = make(&mut Rng::new(5), kind, 30_000, &["needle-4711".into()]);
            let magic: &[u8] = match kind {
                Kind::Png => b"\x89PNG",
                Kind::Pdf => b"%PDF",
                Kind::Docx | Kind::Xlsx | Kind::Zip => b"PK\x03\x04",
                Kind::Csv => b"row,",
                Kind::Txt => b"",
            };
            assert!(data.starts_with(magic), "{kind:?}");
            let holds = data.windows(11).any(|w| w == b"needle-4711");
            assert_eq!(holds, kind != Kind::Png, "{kind:?}");
            assert!((20_000..60_000).contains(&data.len()), "{kind:?}: {}", data.len());
        }
    }
}
