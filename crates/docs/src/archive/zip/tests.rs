//! Archives that the tests make, and what is read from them.

use super::cp437;
use crate::{Content, Document, Edit, File, Limits, Unwritable, Why};
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{AesMode, CompressionMethod, ZipWriter};

/// An archive of members that are stored as they are.
pub(crate) fn stored(members: &[(&str, &[u8])]) -> Vec<u8> {
    packed(members, SimpleFileOptions::default().compression_method(CompressionMethod::Stored))
}

fn packed(members: &[(&str, &[u8])], options: SimpleFileOptions) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        writer.start_file(*name, options).expect("starts");
        writer.write_all(content).expect("writes");
    }
    writer.finish().expect("finishes").into_inner()
}

fn read_with(octets: &[u8], passwords: &[String], limits: &Limits) -> Document {
    crate::read(&File { octets, name: "a.zip", media_type: "", passwords }, limits)
}

fn read(octets: &[u8]) -> Document {
    read_with(octets, &[], &Limits::default())
}

fn told(document: &Document) -> Vec<(&str, &str)> {
    let words = |content: &'static str| content;
    document
        .parts
        .iter()
        .map(|part| match &part.content {
            Content::Text(text) => (part.path.as_str(), text.as_str()),
            Content::Opaque(why) => (part.path.as_str(), words(why.as_str())),
        })
        .collect()
}

#[test]
fn every_method_is_read() {
    let text = "The quick brown fox. ".repeat(200);
    for method in [
        CompressionMethod::Stored,
        CompressionMethod::Deflated,
        CompressionMethod::Bzip2,
        CompressionMethod::Zstd,
        CompressionMethod::Lzma,
        CompressionMethod::Xz,
    ] {
        let options = SimpleFileOptions::default().compression_method(method);
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        if writer.start_file("a.txt", options).is_err() {
            // The library only reads it.
            continue;
        }
        writer.write_all(text.as_bytes()).expect("writes");
        let octets = writer.finish().expect("finishes").into_inner();
        assert_eq!(told(&read(&octets)), [("!1/name", "a.txt"), ("!1", text.as_str())], "{method:?}");
    }
}

#[test]
fn passwords_open_members_and_without_one_they_are_named() {
    let old = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for options in [
        old.with_aes_encryption(AesMode::Aes256, "hunter2"),
        old.with_aes_encryption(AesMode::Aes128, "hunter2"),
        zip::unstable::write::FileOptionsExt::with_deprecated_encryption(old, b"hunter2").expect("an option"),
    ] {
        let octets = packed(&[("a.txt", b"secret text")], options);
        let sealed = [("!1/name", "a.txt"), ("!1", "encrypted")];
        assert_eq!(told(&read(&octets)), sealed);
        let tried = |passwords: &[&str]| {
            let passwords: Vec<String> = passwords.iter().map(|p| (*p).to_owned()).collect();
            read_with(&octets, &passwords, &Limits::default())
        };
        assert_eq!(told(&tried(&["wrong", "other"])), sealed);
        assert_eq!(told(&tried(&["wrong", "hunter2"])), [("!1/name", "a.txt"), ("!1", "secret text")]);
    }
}

#[test]
fn what_stands_beside_the_members_is_told() {
    let mut zip = stored(&[("a.txt", b"first")]);
    let other = stored(&[("b.txt", b"second")]);
    // A comment, something before, another archive before.
    let end = zip.len() - 2;
    zip[end] = 4;
    zip.extend(b"note");
    let octets = [b"before it ", other.as_slice(), &zip].concat();
    assert_eq!(
        told(&read(&octets)),
        [
            ("!1/name", "a.txt"),
            ("!1", "first"),
            ("!2/name", "b.txt"),
            ("!2", "second"),
            ("!comment", "note"),
            ("!strays", "b.txt\n"),
            ("!gap1", "before it "),
        ]
    );
    // The directory is cut off: local headers are left.
    let cut = &other[..other.len() - 60];
    assert_eq!(told(&read(cut))[..2], [("!1/name", "b.txt"), ("!1", "second")]);
}

#[test]
fn a_local_header_that_tells_something_else_is_a_second_reading() {
    let mut octets = stored(&[("a.txt", b"hello world")]);
    // Its local size is smaller, its local name another one.
    octets[18] = 5;
    octets[30] = b'b';
    assert_eq!(
        told(&read(&octets)),
        [("!1/local", "b.txt"), ("!1/name", "a.txt"), ("!1", "hello world"), ("!2/name", "b.txt"), ("!2", "hello"),]
    );
}

#[test]
fn names_are_text_and_nothing_else() {
    let names = ["../../etc/passwd", "/abs", "a\u{202e}txt.exe", "nul\0x", "C:\\x"];
    let members: Vec<_> = names.iter().map(|name| (*name, b"x".as_slice())).collect();
    let octets = stored(&members);
    let document = read(&octets);
    let texts = told(&document);
    for name in names {
        assert!(texts.iter().any(|(_, text)| *text == name), "{name:?} {texts:?}");
    }
    assert_eq!(cp437(b"M\x81ller"), "Müller");
}

#[test]
fn members_that_share_octets_are_rejected() {
    let one = stored(&[("a.txt", &[b'x'; 1000])]);
    // Three records of the directory for one member.
    let start = one.windows(4).position(|w| w == b"PK\x01\x02").expect("a record");
    let end = one.windows(4).position(|w| w == b"PK\x05\x06").expect("an end");
    let record = &one[start..end];
    let mut octets = [&one[..start], record, record, record].concat();
    let mut tail = one[end..].to_vec();
    tail[12..16].copy_from_slice(&((record.len() * 3) as u32).to_le_bytes());
    octets.extend(tail);
    let document = read(&octets);
    let malformed = document.parts.iter().filter(|p| p.content == Content::Opaque(Why::Malformed)).count();
    assert_eq!((document.parts.len(), malformed), (6, 2));
}

#[test]
fn bombs_are_bounded() {
    let limits = Limits { inflated_bytes_max: 1 << 20, ratio_free_bytes: 1 << 16, members_max: 3, ..Limits::default() };
    let deflated = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let zeros = vec![0; 4 << 20];
    let bomb = packed(&[("a", &zeros)], deflated);
    let document = read_with(&bomb, &[], &limits);
    assert_eq!(told(&document), [("!1/name", "a"), ("!1", "over_limit")]);
    // Nested ones.
    let mut nested = stored(&[("a.txt", b"deep")]);
    for _ in 0..8 {
        nested = stored(&[("n.zip", &nested)]);
    }
    let document = read(&nested);
    assert!(document.parts.last().map(|p| &p.content) == Some(&Content::Opaque(Why::OverLimit)));
    assert!(document.parts.len() < 12);
    // Too many members, at the limit and beyond it.
    for (count, is_over) in [(2, false), (3, false), (4, true)] {
        let names: Vec<String> = (0..count).map(|n| format!("{n}.txt")).collect();
        let members: Vec<_> = names.iter().map(|name| (name.as_str(), b"x".as_slice())).collect();
        let document = read_with(&stored(&members), &[], &limits);
        let over = document.parts.iter().any(|p| p.content == Content::Opaque(Why::OverLimit));
        assert_eq!(over, is_over, "{count}");
    }
}

fn rewrite(octets: &[u8], passwords: &[String], edits: &[Edit]) -> Result<Vec<u8>, Unwritable> {
    crate::rewrite(&File { octets, name: "a.zip", media_type: "", passwords }, &Limits::default(), edits)
}

fn replace(path: &str, span: std::ops::Range<usize>, with: &str) -> Edit {
    Edit::Replace { path: path.into(), span, with: with.into() }
}

#[test]
fn members_are_replaced_renamed_and_removed() {
    let deflated = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).unix_permissions(0o640);
    let octets = packed(
        &[
            ("Ann Smith/notes 4111.txt", b"card 4111 1111"),
            ("b.bin", &[0x7f, b'E', b'L', b'F', 0, 200]),
            ("c.txt", b"gone"),
        ],
        deflated,
    );
    let edits =
        [replace("!1/name", 0..9, "[name]"), replace("!1", 5..14, "[card]"), Edit::Remove { path: "!3".into() }];
    let got = rewrite(&octets, &[], &edits).expect("is written");
    let mut archive = zip::ZipArchive::new(Cursor::new(got.as_slice())).expect("opens");
    assert_eq!(archive.len(), 2);
    let one = archive.by_index(0).expect("opens");
    assert_eq!(
        (one.name().expect("a name").into_owned(), one.unix_mode().map(|m| m & 0o777), one.compression()),
        ("[name]/notes 4111.txt".to_owned(), Some(0o640), CompressionMethod::Deflated)
    );
    assert_eq!(std::io::read_to_string(one).expect("reads"), "card [card]");
    drop(archive);
    assert_eq!(told(&read(&got))[2..], [("!2/name", "b.bin"), ("!2", "unsupported")]);
    // With no edits what readers do not see is gone, and the rest is the same.
    let hidden = [b"card 4111 1111".as_slice(), &octets].concat();
    let got = rewrite(&hidden, &[], &[replace("!gap1", 0..4, "")]).expect("is written");
    assert_eq!(told(&read(&got)), told(&read(&octets)));
}

#[test]
fn encrypted_members_stay_or_are_refused() {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let old = zip::unstable::write::FileOptionsExt::with_deprecated_encryption(options, b"pw").expect("an option");
    for options in [old, options.with_aes_encryption(AesMode::Aes256, "pw")] {
        let octets = packed(&[("a.txt", b"secret text")], options);
        let passwords = ["pw".to_owned()];
        let got = rewrite(&octets, &passwords, &[replace("!1/name", 0..1, "x")]).expect("is written");
        let document = read_with(&got, &passwords, &Limits::default());
        assert_eq!(told(&document), [("!1/name", "x.txt"), ("!1", "secret text")]);
        assert_eq!(rewrite(&octets, &passwords, &[replace("!1", 0..6, "")]), Err(Unwritable::Format));
    }
}
