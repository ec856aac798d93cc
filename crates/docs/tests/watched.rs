//! What a watch is shown: every unpacked stream and every member, whether a text is read from it or not.

use lazaret_docs::{File, Limits, read_watched};
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const NEEDLE: &[u8] = b"kangaroo77";

fn holds(octets: &[u8], limits: &Limits) -> bool {
    let file = File { octets, name: "", media_type: "", passwords: &[] };
    let watch = |shown: &[u8]| shown.windows(NEEDLE.len()).any(|part| part == NEEDLE);
    read_watched(&file, limits, watch).watched
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        writer.start_file(*name, options).expect("starts");
        writer.write_all(content).expect("writes");
    }
    writer.finish().expect("finishes").into_inner()
}

/// A PDF with a stream that nothing leads to.
fn pdf(filter: &str, stream: &str) -> Vec<u8> {
    let length = stream.len();
    format!(
        "%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n\
         3 0 obj\n<</Length {length}/Filter/{filter}>>\nstream\n{stream}\nendstream\nendobj\n\
         trailer\n<</Root 1 0 R/Size 4>>\n"
    )
    .into_bytes()
}

#[test]
fn every_unpacked_stream_is_shown() {
    let (with, without) = ([NEEDLE, &[0, 1, 2, 255].repeat(50)].concat(), [0, 1, 2, 255].repeat(50));
    let hex: String = NEEDLE.iter().map(|b| format!("{b:02x}")).collect();
    let document =
        "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body/></w:document>";
    let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Override \
        PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
    let docx = |font: &[u8]| {
        zip(&[
            ("[Content_Types].xml", types.as_bytes()),
            ("word/document.xml", document.as_bytes()),
            ("word/fonts/font1.odttf", font),
        ])
    };
    let rows: &[(&str, Vec<u8>, bool)] = &[
        ("a member", zip(&[("a.bin", &with)]), true),
        ("a member without", zip(&[("a.bin", &without)]), false),
        ("a member of a member", zip(&[("b.zip", &zip(&[("a.bin", &with)]))]), true),
        ("a part of a package", docx(&with), true),
        ("a part without", docx(&without), false),
        ("a stream that nothing leads to", pdf("ASCIIHexDecode", &format!("{hex}>")), true),
        ("a stream without", pdf("ASCIIHexDecode", "0011>"), false),
        // The file itself is looked at by who has it.
        ("the file", with.clone(), false),
    ];
    for (what, octets, want) in rows {
        assert_eq!(holds(octets, &Limits::default()), *want, "{what}");
    }
}
