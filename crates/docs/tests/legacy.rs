//! Binary formats of Office and Outlook: files are built here, so that each says what it should give.

#![allow(clippy::unwrap_used)]

use lazaret_docs::{Content, File, Limits, Unwritable, read, rewrite};
use std::io::{Cursor, Write};

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn compound(streams: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (path, octets) in streams {
        if let Some((folder, _)) = path.rsplit_once('/') {
            file.create_storage_all(folder).unwrap();
        }
        file.create_stream(path).unwrap().write_all(octets).unwrap();
    }
    file.into_inner().into_inner()
}

/// What each path gives; a reason in brackets where there is no text.
fn parts(octets: &[u8]) -> Vec<(String, String)> {
    let file = File { octets, name: "", media_type: "", passwords: &[] };
    let parts = read(&file, &Limits::default()).parts.into_iter();
    let parts = parts.map(|part| match part.content {
        Content::Text(text) => (part.path, text),
        Content::Opaque(why) => (part.path, format!("<{}>", why.as_str())),
    });
    parts.collect()
}

fn assert_parts(octets: &[u8], want: &[(&str, &str)]) {
    let parts = parts(octets);
    for (path, text) in want {
        let got = parts.iter().find(|(has, _)| has == path).map(|(_, text)| text.as_str());
        assert_eq!(got, Some(*text), "{path} of {parts:?}");
    }
    // Whatever a cut or an octet does, reading ends.
    for at in (0..octets.len()).step_by(211) {
        self::parts(&octets[..at]);
        let mut broken = octets.to_vec();
        broken[at] ^= 0xff;
        self::parts(&broken);
    }
    let file = File { octets, name: "", media_type: "", passwords: &[] };
    assert_eq!(rewrite(&file, &Limits::default(), &[]), Err(Unwritable::Format));
}

/// A Word 97 document: a piece in octets, then one in UTF-16; each subdocument has its characters.
fn word() -> Vec<u8> {
    let narrow = b"caf\xe9\r\x13 HYPERLINK x\x14shown\x15\r";
    let others = ["note\r", "head\r", "remark\r", "end\r", "box\r"];
    let broad = wide(&format!("Größe\r{}", others.concat()));
    let main_chars = (narrow.len() + 6) as u32;
    let mut main = vec![0; 0x400];
    main[..4].copy_from_slice(&[0xec, 0xa5, 0xc1, 0]);
    main[6..8].copy_from_slice(&0x407u16.to_le_bytes());
    main[0x0b] = 2;
    let chars = |text: &str| text.len() as u32;
    let counts =
        [main_chars, chars(others[0]), chars(others[1]), 0, chars(others[2]), chars(others[3]), chars(others[4])];
    for (nth, count) in counts.iter().enumerate() {
        main[0x4c + 4 * nth..0x50 + 4 * nth].copy_from_slice(&count.to_le_bytes());
    }
    main.extend(narrow);
    // What a fast save left.
    main.extend(b"\0\0what was deleted before\0\0");
    let broad_at = main.len() as u32;
    main.extend(&broad);
    let ends = [0, narrow.len() as u32, narrow.len() as u32 + broad.len() as u32 / 2];
    let mut pieces: Vec<u8> = ends.iter().flat_map(|end| end.to_le_bytes()).collect();
    for place in [(0x400 * 2) | 0x4000_0000u32, broad_at] {
        pieces.extend([&[0, 0][..], &place.to_le_bytes(), &[0, 0]].concat());
    }
    let table = [&[2][..], &(pieces.len() as u32).to_le_bytes(), &pieces].concat();
    main[0x1a2..0x1a6].copy_from_slice(&8u32.to_le_bytes());
    main[0x1a6..0x1aa].copy_from_slice(&(table.len() as u32).to_le_bytes());
    let table = [&[0; 8][..], &table, &wide("C:\\saved by somebody.doc")].concat();
    compound(&[("WordDocument", main), ("1Table", table)])
}

#[test]
fn word_gives_every_subdocument() {
    assert_parts(
        &word(),
        &[
            ("!document", "café\n  HYPERLINK x shown\nGröße\n"),
            ("!footnotes", "note\n"),
            ("!headers", "head\n"),
            ("!comments", "remark\n"),
            ("!endnotes", "end\n"),
            ("!textboxes", "box\n"),
            ("!strings", "what was deleted before\nC:\\saved by somebody.doc\n"),
        ],
    );
}

fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &(data.len() as u16).to_le_bytes(), data].concat()
}

fn counted(text: &str) -> Vec<u8> {
    [&(text.len() as u16).to_le_bytes()[..], &[0], text.as_bytes()].concat()
}

fn cell(kind: u16, row: u16, column: u16, style: u16, value: &[u8]) -> Vec<u8> {
    record(kind, &[&row.to_le_bytes()[..], &column.to_le_bytes(), &style.to_le_bytes(), value].concat())
}

/// An Excel 97 workbook of one sheet that is hidden.
fn excel() -> Vec<u8> {
    let begin = |kind: u8| record(0x809, &[0, 6, kind, 0, 0, 0, 0, 0]);
    let shared = [&[2, 0, 0, 0, 2, 0, 0, 0][..], &counted("shared"), &[3, 0, 0, b'o', b'n']].concat();
    let style = |format: u16| record(0xe0, &[&[0, 0][..], &format.to_le_bytes(), &[0; 16]].concat());
    let note_text = [record(0x1b6, &[&[0; 10][..], &[6, 0], &[0; 6]].concat()), record(0x3c, b"\0remark")].concat();
    let formula = |value: [u8; 8]| [&value[..], &[0; 6], &[7, 0, 0x17, 4, 0], b"text"].concat();
    let stream = [
        begin(5),
        style(0),
        style(164),
        record(0x41e, &[&164u16.to_le_bytes()[..], &counted("000-00-0000")].concat()),
        record(0x85, &[&[0; 4][..], &[1, 0, 6, 0], b"Secret"].concat()),
        record(0xfc, &shared),
        record(0x3c, b"\0e more"),
        record(0x0a, &[]),
        begin(0x10),
        record(0x14, &counted("&Lheader")),
        cell(0xfd, 0, 0, 0, &0u32.to_le_bytes()),
        cell(0xfd, 0, 2, 0, &1u32.to_le_bytes()),
        cell(0x203, 1, 0, 1, &123_456_789f64.to_le_bytes()),
        cell(0x27e, 1, 1, 0, &(42u32 << 2 | 2).to_le_bytes()),
        cell(0x06, 2, 0, 0, &formula([0, 0, 0, 0, 0, 0, 0xff, 0xff])),
        record(0x207, &counted("result")),
        cell(0x205, 2, 1, 0, &[1, 0]),
        note_text,
        record(0x1c, &[&[0; 8][..], &counted("A. Writer")].concat()),
        record(0x0a, &[]),
    ];
    compound(&[("Workbook", stream.concat())])
}

#[test]
fn excel_gives_cells_as_shown_and_as_stored() {
    assert_parts(
        &excel(),
        &[
            ("!sheet1", "shared\t\tone\n123-45-6789\t42\nresult\tTRUE"),
            ("!values1", "123456789"),
            ("!header1", "&Lheader\n"),
            ("!comments1", "text\nremark\nA. Writer\n"),
            ("!names", "Secret\n"),
        ],
    );
}

fn entry(id: u16, kind: u16, value: u64) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &id.to_le_bytes(), &[6, 0, 0, 0], &value.to_le_bytes()].concat()
}

#[test]
fn outlook_gives_head_bodies_and_attachments() {
    let table = [vec![0; 32], entry(0x3ffd, 3, 1251), entry(0x39, 0x40, 116_444_736_000_000_000)].concat();
    let inner = "__attach_version1.0_#00000001/__substg1.0_3701000D";
    let octets = compound(&[
        ("__properties_version1.0", table),
        ("__substg1.0_0037001F", wide("Größe")),
        ("__substg1.0_0C1A001E", b"\xcf\xf0\xe8".to_vec()),
        ("__substg1.0_1000001F", wide("body")),
        ("__substg1.0_10130102", b"<p>html</p>".to_vec()),
        ("__substg1.0_8000001F", wide("named value")),
        ("__recip_version1.0_#00000000/__properties_version1.0", vec![0; 8]),
        ("__recip_version1.0_#00000000/__substg1.0_3001001F", wide("B. Reader")),
        ("__recip_version1.0_#00000000/__substg1.0_39FE001F", wide("b@example.org")),
        ("__attach_version1.0_#00000000/__properties_version1.0", vec![0; 8]),
        ("__attach_version1.0_#00000000/__substg1.0_3707001F", wide("a.txt")),
        ("__attach_version1.0_#00000000/__substg1.0_37010102", b"attached".to_vec()),
        ("__attach_version1.0_#00000001/__properties_version1.0", vec![0; 8]),
        (&format!("{inner}/__properties_version1.0"), vec![0; 24]),
        (&format!("{inner}/__substg1.0_1000001F"), wide("inner body")),
        ("__nameid_version1.0/__substg1.0_00030102", [0, 0, 0, 0, 1, 0, 0, 0].to_vec()),
        ("__nameid_version1.0/__substg1.0_00040102", [vec![8, 0, 0, 0], wide("Case")].concat()),
    ]);
    assert_parts(
        &octets,
        &[
            (
                "!head",
                "from\tПри\nsubject\tGröße\ndate\t1970-01-01 00:00:00\nname\tB. Reader\naddress\tb@example.org\n",
            ),
            ("!text", "body"),
            ("!properties", "Case\tnamed value\n"),
            ("!1/name", "a.txt"),
            ("!1", "attached"),
            ("!2!text", "inner body"),
        ],
    );
    assert!(parts(&octets).iter().any(|(path, text)| path.starts_with("!html") && text.contains("html")));
}

fn attribute(level: u8, id: u16, kind: u16, data: &[u8]) -> Vec<u8> {
    let sum: u16 = data.iter().fold(0, |sum, b| sum.wrapping_add(u16::from(*b)));
    let head = [&[level][..], &id.to_le_bytes(), &kind.to_le_bytes(), &(data.len() as u32).to_le_bytes()].concat();
    [head, data.to_vec(), sum.to_le_bytes().to_vec()].concat()
}

#[test]
fn winmail_gives_attributes_properties_and_attachments() {
    let property = |id: u16, text: &str| {
        let value = wide(text);
        let head = [&0x1fu16.to_le_bytes()[..], &id.to_le_bytes(), &[1, 0, 0, 0], &(value.len() as u32).to_le_bytes()];
        let mut octets = [head.concat(), value].concat();
        octets.resize(octets.len().next_multiple_of(4), 0);
        octets
    };
    let list =
        |properties: &[Vec<u8>]| [(properties.len() as u32).to_le_bytes().to_vec(), properties.concat()].concat();
    let octets = [
        [0x78, 0x9f, 0x3e, 0x22, 1, 0].to_vec(),
        attribute(1, 0x9007, 6, &[0xe3, 4, 0, 0, 0, 0, 0, 0]),
        attribute(1, 0x8004, 1, b"\xcf\xf0\xe8\0"),
        attribute(1, 0x9003, 6, &list(&[property(0x1000, "body"), property(0x0c1a, "A. Writer")])),
        attribute(1, 0x9004, 6, &[1u32.to_le_bytes().to_vec(), list(&[property(0x3001, "B. Reader")])].concat()),
        attribute(2, 0x9002, 6, &[0; 14]),
        attribute(2, 0x800f, 6, b"attached"),
        attribute(2, 0x8010, 1, b"short.txt\0"),
        attribute(2, 0x9005, 6, &list(&[property(0x3707, "long name.txt")])),
        attribute(2, 0x9002, 6, &[0; 14]),
        attribute(2, 0x8010, 1, b"second.txt\0"),
        attribute(2, 0x800f, 6, b"more"),
        b"garbage at the end".to_vec(),
    ];
    assert_parts(
        &octets.concat(),
        &[
            ("!attributes", "При\n"),
            ("!head", "from\tA. Writer\nname\tB. Reader\n"),
            ("!text", "body"),
            ("!1/name", "long name.txt"),
            ("!1", "attached"),
            ("!1!names", "short.txt\n"),
            ("!2/name", "second.txt"),
            ("!2", "more"),
            ("!strings", "garbage at the end\n"),
        ],
    );
}

#[test]
fn what_nobody_knows_is_searched_for_text() {
    let package = {
        let file = b"packed file";
        let names = [&[2, 0][..], b"a.txt\0C:\\a.txt\0", &[0, 0, 3, 0], &[3, 0, 0, 0], b"C:\0"].concat();
        let body = [names, (file.len() as u32).to_le_bytes().to_vec(), file.to_vec()].concat();
        [(body.len() as u32).to_le_bytes().to_vec(), body].concat()
    };
    let octets = compound(&[
        ("Odd", [&[1, 2, 3][..], b"narrow text", &[0, 1], &wide("wide text")].concat()),
        ("Folder/Odd", b"\x01inner text\x02".to_vec()),
        ("Object/\u{1}Ole10Native", package),
    ]);
    assert_parts(
        &octets,
        &[
            ("!strings", "narrow text\nwide text\nFolder\ninner text\n"),
            ("!1!1/name", "a.txt"),
            ("!1!1", "packed file"),
            ("!1!1!paths", "C:\\a.txt\nC:"),
        ],
    );
}
