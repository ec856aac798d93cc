//! Office documents made of XML: a value is planted in every place that one can hide in, each place with a value of its own.
//! All are read, none is left in what is written, and what is written is read without trouble.
#![allow(clippy::unwrap_used)]

use lazaret_docs::{Content, Document, Edit, File, Limits, Unwritable, Why, read, rewrite};
use std::collections::BTreeSet;
use std::io::{Cursor, Read, Write};
use zip::write::SimpleFileOptions;

/// A package: names and contents. `{7}` in a content is the seventh value, `{7<}` and `{7>}` its halves, `{#7}` the seventh number.
struct Case {
    name: &'static str,
    entries: &'static [(&'static str, &'static str)],
}

fn value(n: usize) -> String {
    format!("Quillon{n:03}Marsh")
}

fn number(n: usize) -> String {
    format!("73190{n:05}")
}

/// The content with its values, and which there are.
fn planted(content: &str, found: &mut BTreeSet<String>) -> String {
    let mut out = String::new();
    let mut rest = content;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((slot, after)) = after.split_once('}') else { panic!("{content}") };
        let digits: usize = slot.trim_matches(['#', '<', '>']).parse().unwrap();
        let whole = if slot.starts_with('#') { number(digits) } else { value(digits) };
        let (first, second) = whole.split_at(4);
        out.push_str(match slot.chars().last() {
            Some('<') => first,
            Some('>') => second,
            _ => &whole,
        });
        found.insert(whole);
        rest = after;
    }
    out.push_str(rest);
    out
}

fn built(case: &Case) -> (Vec<u8>, BTreeSet<String>) {
    let mut values = BTreeSet::new();
    if let [("", content)] = case.entries {
        return (planted(content, &mut values).into_bytes(), values);
    }
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in case.entries {
        let method =
            if *name == "mimetype" { zip::CompressionMethod::Stored } else { zip::CompressionMethod::Deflated };
        zip.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        zip.write_all(planted(content, &mut values).as_bytes()).unwrap();
    }
    (zip.finish().unwrap().into_inner(), values)
}

fn document(octets: &[u8]) -> Document {
    read(&File { octets, name: "", media_type: "", passwords: &[] }, &Limits::default())
}

fn texts(document: &Document) -> Vec<(&str, &str)> {
    let text = |part: &'_ lazaret_docs::Part| matches!(part.content, Content::Text(_));
    let parts = document.parts.iter().filter(|part| text(part));
    parts
        .map(|part| match &part.content {
            Content::Text(text) => (part.path.as_str(), text.as_str()),
            Content::Opaque(_) => unreachable!(),
        })
        .collect()
}

/// Every place of every value, as edits.
fn edits(document: &Document, values: &BTreeSet<String>) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (path, text) in texts(document) {
        for value in values {
            for (at, _) in text.match_indices(value.as_str()) {
                edits.push(Edit::Replace { path: path.into(), span: at..at + value.len(), with: "[x]".into() });
            }
        }
    }
    edits
}

/// The file and all that is packed in it.
fn streams(octets: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut all = vec![(String::new(), octets.to_vec())];
    if let Ok(mut zip) = zip::ZipArchive::new(Cursor::new(octets)) {
        for nth in 0..zip.len() {
            let mut entry = zip.by_index(nth).unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            let name = format!("{nth}!");
            all.extend(streams(&content).into_iter().map(|(inner, octets)| (format!("{name}{inner}"), octets)));
        }
    }
    all
}

/// A value in every form in which it could be left.
fn forms(value: &str) -> Vec<Vec<u8>> {
    let base64 = |octets: &[u8]| {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let bits: Vec<u8> = octets.iter().flat_map(|b| (0..8).rev().map(move |n| b >> n & 1)).collect();
        bits.chunks_exact(6).map(|c| ALPHABET[c.iter().fold(0, |n, b| n << 1 | usize::from(*b))]).collect::<Vec<u8>>()
    };
    let octets = value.as_bytes();
    vec![
        octets.to_vec(),
        value.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        value.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        base64(octets),
        base64(&octets[1..]),
        base64(&octets[2..]),
        octets.iter().map(|b| format!("{b:02x}")).collect::<String>().into_bytes(),
        octets.iter().map(|b| format!("{b:02X}")).collect::<String>().into_bytes(),
        octets.iter().map(|b| format!("&#{b};")).collect::<String>().into_bytes(),
    ]
}

fn residue(octets: &[u8], values: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, content) in streams(octets) {
        for value in values {
            for form in forms(value) {
                if content.windows(form.len()).any(|window| window == form) {
                    found.push(format!("{value} in {name}"));
                }
            }
        }
    }
    found
}

include!("office/cases.rs");

#[test]
fn every_value_is_read_and_none_is_left() {
    let limits = Limits::default();
    let keep = std::env::var("LAZARET_KEEP").ok();
    for case in CASES {
        let (octets, values) = built(case);
        let before = document(&octets);
        let all: String = texts(&before).iter().map(|(_, text)| *text).collect::<Vec<_>>().join("\n");
        let missing: Vec<_> = values.iter().filter(|value| !all.contains(value.as_str())).collect();
        assert!(missing.is_empty(), "{}: not read: {missing:?}", case.name);
        let edits = edits(&before, &values);
        let file = File { octets: &octets, name: "", media_type: "", passwords: &[] };
        let written = rewrite(&file, &limits, &edits);
        let written = written.unwrap_or_else(|why| panic!("{}: {why:?}", case.name));
        assert_eq!(rewrite(&file, &limits, &edits).as_ref(), Ok(&written), "{}: not the same twice", case.name);
        assert_eq!(residue(&written, &values), Vec::<String>::new(), "{}", case.name);
        let after = document(&written);
        let all: Vec<_> = texts(&after).iter().map(|(path, text)| format!("{path}: {text}")).collect();
        let left: Vec<_> = values.iter().filter(|value| all.iter().any(|text| text.contains(value.as_str()))).collect();
        assert!(left.is_empty(), "{}: left: {left:?}", case.name);
        assert!(all.iter().any(|text| text.contains("[x]")), "{}: {all:?}", case.name);
        let troubles = |document: &Document| {
            document.parts.iter().filter(|part| matches!(part.content, Content::Opaque(_))).count()
        };
        assert!(troubles(&after) <= troubles(&before), "{}: {after:?}", case.name);
        if let Some(folder) = &keep {
            std::fs::write(format!("{folder}/{}", case.name), &written).unwrap();
            std::fs::write(format!("{folder}/before-{}", case.name), &octets).unwrap();
        }
    }
}

#[test]
fn a_hole_would_be_seen() {
    let values = BTreeSet::from([value(1)]);
    for form in forms(&value(1)) {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("a", SimpleFileOptions::default()).unwrap();
        zip.write_all(&form).unwrap();
        assert_ne!(residue(&zip.finish().unwrap().into_inner(), &values), Vec::<String>::new());
    }
}

fn package(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn found<'d>(document: &'d Document, path: &str) -> Result<&'d str, Why> {
    match document.parts.iter().find(|part| part.path == path).map(|part| &part.content) {
        Some(Content::Text(text)) => Ok(text),
        Some(Content::Opaque(why)) => Err(*why),
        None => panic!("{path}: {document:?}"),
    }
}

const TYPES: &[u8] =
    b"<Types><Default Extension='xml' ContentType='application/xml'/><Override PartName='/odd/place.xml' \
    ContentType='application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml'/></Types>";

#[test]
fn parts_are_found_by_their_types_in_any_charset() {
    // Strict namespaces, UTF-16, a place that no program gives.
    let text = "<?xml version='1.0' encoding='UTF-16'?><w:document xmlns:w='http://purl.oclc.org/ooxml/wordprocessingml/main'>\
        <w:p><w:r><w:t>caf\u{e9} 4111</w:t></w:r></w:p></w:document>";
    let mut octets = vec![0xff, 0xfe];
    octets.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    let file = package(&[("[Content_Types].xml", TYPES), ("word/x", b""), ("odd/place.xml", &octets)]);
    let document = document(&file);
    assert_eq!(found(&document, "!document"), Ok("caf\u{e9} 4111\n"));
    let edit = Edit::Replace { path: "!document".into(), span: 6..10, with: "<\u{e9}&>".into() };
    let file = File { octets: &file, name: "", media_type: "", passwords: &[] };
    let written = rewrite(&file, &Limits::default(), &[edit]).unwrap();
    assert_eq!(found(&self::document(&written), "!document"), Ok("caf\u{e9} <\u{e9}&>\n"));
}

#[test]
fn entities_are_never_expanded() {
    let bomb =
        b"<!DOCTYPE d [<!ENTITY a 'lol'><!ENTITY b '&a;&a;&a;'>]><w:document><w:p><w:t>&b;</w:t></w:p></w:document>";
    let document = document(&package(&[("[Content_Types].xml", TYPES), ("word/x", b""), ("odd/place.xml", bomb)]));
    assert_eq!(found(&document, "!document/rest"), Err(Why::Malformed));
    assert!(texts(&document).iter().all(|(_, text)| !text.contains("lollol")));
}

#[test]
fn what_can_be_read_in_two_ways_is_not_written() {
    let part: &[u8] = b"<w:document><w:p><w:t>one</w:t></w:p></w:document>";
    // Names that differ by case alone are one name to programs.
    let file =
        package(&[("[Content_Types].xml", TYPES), ("word/x", b""), ("odd/place.xml", part), ("ODD/place.xml", part)]);
    let document = document(&file);
    assert_eq!(texts(&document).iter().filter(|(_, text)| *text == "one\n").count(), 2);
    let file = File { octets: &file, name: "", media_type: "", passwords: &[] };
    assert_eq!(rewrite(&file, &Limits::default(), &[]), Err(Unwritable::Ambiguous));
}

#[test]
fn a_member_that_is_removed_is_empty() {
    let part: &[u8] = b"<w:document><w:p><w:t>one</w:t></w:p></w:document>";
    let entries: &[(&str, &[u8])] =
        &[("[Content_Types].xml", TYPES), ("word/media/a.txt", b"secret"), ("odd/place.xml", part)];
    let file = package(entries);
    assert_eq!(found(&document(&file), "!2"), Ok("secret"));
    let file = File { octets: &file, name: "", media_type: "", passwords: &[] };
    let remove = |path: &str| rewrite(&file, &Limits::default(), &[Edit::Remove { path: path.into() }]).unwrap();
    assert_eq!(residue(&remove("!2"), &BTreeSet::from(["secret".to_owned()])), Vec::<String>::new());
    let written = document(&remove("!document"));
    assert!(texts(&written).iter().all(|(_, text)| !text.contains("one")));
}
