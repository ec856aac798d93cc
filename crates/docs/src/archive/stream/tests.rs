//! Streams that the tests make, and what is read from them.

use crate::{Content, Document, Edit, File, Limits, Unwritable};
use std::io::Write;

fn gzip(content: &[u8], name: &str) -> Vec<u8> {
    let mut packer = flate2::GzBuilder::new().filename(name).write(Vec::new(), flate2::Compression::default());
    packer.write_all(content).expect("writes");
    packer.finish().expect("finishes")
}

fn packed(kind: &str, content: &[u8]) -> Vec<u8> {
    match kind {
        "gz" => gzip(content, "a.txt"),
        "bz2" => {
            let mut packer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
            packer.write_all(content).expect("writes");
            packer.finish().expect("finishes")
        }
        "zst" => zstd::bulk::compress(content, 3).expect("packs"),
        "xz" => {
            let options = lzma_rust2::XzOptions::with_preset(1);
            let mut packer = lzma_rust2::XzWriter::new(Vec::new(), options).expect("starts");
            packer.write_all(content).expect("writes");
            packer.finish().expect("finishes")
        }
        _ => {
            let options = lzma_rust2::LzmaOptions::with_preset(1);
            let mut packer = lzma_rust2::LzmaWriter::new_use_header(Vec::new(), &options, None).expect("starts");
            packer.write_all(content).expect("writes");
            packer.finish().expect("finishes")
        }
    }
}

fn read(octets: &[u8], limits: &Limits) -> Document {
    crate::read(&File { octets, name: "a.txt.gz", media_type: "", passwords: &[] }, limits)
}

fn told(document: &Document) -> Vec<(&str, &str)> {
    fn text(content: &Content) -> &str {
        match content {
            Content::Text(text) => text.as_str(),
            Content::Opaque(why) => why.as_str(),
        }
    }
    document.parts.iter().filter(|p| !p.path.ends_with("/name")).map(|p| (p.path.as_str(), text(&p.content))).collect()
}

#[test]
fn streams_that_follow_one_another_are_one_file() {
    let limits = Limits::default();
    for kind in ["gz", "bz2", "zst", "xz", "lzma"] {
        let one = packed(kind, b"first ");
        assert_eq!(told(&read(&one, &limits)), [("!1", "first ")], "{kind}");
        if kind == "lzma" {
            continue;
        }
        let two = [one.as_slice(), &packed(kind, b"second"), b"behind it"].concat();
        assert_eq!(told(&read(&two, &limits)), [("!1", "first second"), ("!trailing", "behind it")], "{kind}");
    }
    let note = [b"\x50\x2a\x4d\x18\x04\0\0\0note".as_slice(), &packed("zst", b"x")].concat();
    let named = [b"\x28\xb5\x2f\xfd\x20\0\x01\0\0".as_slice(), &note].concat();
    assert_eq!(told(&read(&named, &limits)), [("!1", "x"), ("!note1", "note")]);
}

#[test]
fn what_a_stream_notes_of_its_file_is_text() {
    let mut packer = flate2::GzBuilder::new()
        .filename("Ann Smith.txt")
        .comment("card 4111")
        .write(Vec::new(), flate2::Compression::default());
    packer.write_all(b"hello").expect("writes");
    let octets = packer.finish().expect("finishes");
    let document = read(&octets, &Limits::default());
    assert!(document.parts[0].content == Content::Text("Ann Smith.txt".into()));
    assert_eq!(told(&document), [("!1", "hello"), ("!note1", "card 4111")]);
}

#[test]
fn what_is_broken_is_said_and_what_came_out_is_read() {
    let limits = Limits::default();
    for kind in ["gz", "bz2", "xz", "zst", "lzma"] {
        let text = "The quick brown fox jumps over the lazy dog. ".repeat(40);
        let octets = packed(kind, text.as_bytes());
        let document = read(&octets[..octets.len() - octets.len() / 3], &limits);
        assert_eq!(told(&document).last().map(|p| p.1), Some("malformed"), "{kind}");
    }
}

#[test]
fn bombs_are_bounded() {
    let limits = Limits { inflated_bytes_max: 1 << 20, ratio_free_bytes: 1 << 16, ..Limits::default() };
    for kind in ["gz", "bz2", "xz", "zst", "lzma"] {
        let octets = packed(kind, &vec![0; 3 << 20]);
        assert_eq!(told(&read(&octets, &limits)), [("!rest", "over_limit")], "{kind}");
    }
    // Windows beyond what a decoder may have.
    let small = Limits { decoder_bytes_max: 1 << 20, ..Limits::default() };
    let mut lzma = packed("lzma", b"hello");
    lzma[1..5].copy_from_slice(&(1u32 << 30).to_le_bytes());
    assert_eq!(told(&read(&lzma, &small)), [("!rest", "over_limit")]);
    // A frame of zstd with a window of 2 GiB.
    let wide = b"\x28\xb5\x2f\xfd\x00\xa8\x01\0\0";
    assert_eq!(told(&read(wide, &small)).len(), 1);
    // Streams in streams.
    let mut nested = b"deep".to_vec();
    for _ in 0..9 {
        nested = packed("gz", &nested);
    }
    assert_eq!(told(&read(&nested, &Limits::default())).last().map(|p| p.1), Some("over_limit"));
}

#[test]
fn values_are_replaced_in_the_stream() {
    for kind in ["gz", "bz2", "zst", "xz"] {
        let octets = [packed(kind, b"card 4111"), packed(kind, b"1111 end"), b"4111 behind".to_vec()].concat();
        let file = File { octets: &octets, name: "a.txt", media_type: "", passwords: &[] };
        let edits = [
            Edit::Replace { path: "!1".into(), span: 5..13, with: "[x]".into() },
            Edit::Replace { path: "!trailing".into(), span: 0..4, with: String::new() },
        ];
        let got = crate::rewrite(&file, &Limits::default(), &edits).expect("is written");
        assert_eq!(told(&read(&got, &Limits::default())), [("!1", "card [x] end")], "{kind}");
    }
    let octets = gzip(b"x", "Ann.txt");
    let file = File { octets: &octets, name: "a.gz", media_type: "", passwords: &[] };
    let edits = [Edit::Replace { path: "!1/name".into(), span: 0..3, with: "[name]".into() }];
    let got = crate::rewrite(&file, &Limits::default(), &edits).expect("is written");
    assert!(got.windows(10).any(|w| w == b"[name].txt") && !got.windows(3).any(|w| w == b"Ann"));
    let lzma = packed("lzma", b"card");
    let file = File { octets: &lzma, name: "a.lzma", media_type: "", passwords: &[] };
    let edits = [Edit::Replace { path: "!1".into(), span: 0..4, with: String::new() }];
    assert_eq!(crate::rewrite(&file, &Limits::default(), &edits), Err(Unwritable::Format));
}

#[test]
fn limits_hold_where_they_are_set() {
    // Files within files: the one that is too deep is a container at that depth.
    let limits = Limits { nesting_depth_max: 2, ..Limits::default() };
    for (layers, is_over) in [(2, false), (3, false), (4, true)] {
        let mut octets = b"text".to_vec();
        for _ in 0..layers {
            octets = packed("gz", &octets);
        }
        let document = read(&octets, &limits);
        assert_eq!(told(&document).last().map(|part| part.1 == "over_limit"), Some(is_over), "{layers}");
    }
    // Memory of a decoder, which is counted in KiB.
    let octets = packed("lzma", b"text");
    let window = u32::from_le_bytes([octets[1], octets[2], octets[3], octets[4]]);
    let needed = u64::from(lzma_rust2::lzma_get_memory_usage_by_props(window, octets[0]).expect("is sound")) * 1024;
    for (bytes, is_over) in [(needed - 1, true), (needed, false), (needed + 1, false)] {
        let limits = Limits { decoder_bytes_max: bytes, ..Limits::default() };
        assert_eq!(told(&read(&octets, &limits)).iter().any(|part| part.1 == "over_limit"), is_over, "{bytes}");
    }
}
