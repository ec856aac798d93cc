//! Texts, mails, archives and pictures with values in every place that can hide one: after rewriting there is none left,
//! neither for this crate nor for independent readers, in no stream and in no coding.
#![allow(clippy::indexing_slicing, clippy::string_slice)]

use lazaret_docs::{Content, Edit, File, Limits};
use std::io::{Cursor, Read, Write};

/// What is planted: digits, a name, a name that is not ASCII.
const VALUES: [&str; 3] = ["4929100200300400", "Wilhelmina", "Žofie"];

/// A sentence with all of them.
fn planted(place: &str) -> String {
    format!("{place}: card 4929100200300400 of Wilhelmina and Žofie.\n")
}

fn base64(octets: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in octets.chunks(3) {
        let bits = three.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - three.len()));
        for nth in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * nth) & 63) as usize];
            out.push(if nth <= three.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

/// A value as octets in every coding that it may be left in.
fn codings(value: &str) -> Vec<Vec<u8>> {
    let utf8 = value.as_bytes().to_vec();
    let hex: String = utf8.iter().map(|b| format!("{b:02x}")).collect();
    let percent: String =
        utf8.iter().map(|b| if b.is_ascii() { char::from(*b).to_string() } else { format!("%{b:02X}") }).collect();
    let mut out = vec![
        value.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        value.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        hex.to_uppercase().into_bytes(),
        hex.into_bytes(),
        percent.replace('%', "=").into_bytes(),
        percent.into_bytes(),
        value.chars().map(|c| format!("&#{};", u32::from(c))).collect::<String>().into_bytes(),
        encoding_rs_latin2(value),
        utf8.clone(),
    ];
    // Base64 at each of the three shifts, without what its neighbours decide.
    for shift in 0..3 {
        let coded = base64(&[&vec![0; shift], utf8.as_slice()].concat());
        let from = [0, 2, 3][shift];
        let whole = (shift + utf8.len()) / 3 * 4;
        out.push(coded.as_bytes()[from..whole].to_vec());
    }
    out.retain(|coding| coding.len() >= 5);
    out
}

/// ISO 8859-2 of what is planted.
fn encoding_rs_latin2(value: &str) -> Vec<u8> {
    value.chars().map(|c| if c == 'Ž' { 0xae } else { c as u8 }).collect()
}

fn zip(members: &[(&str, &[u8])], comment: &str) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.set_comment(comment).expect("fits");
    for (nth, (name, content)) in members.iter().enumerate() {
        let method = if nth % 2 == 0 { zip::CompressionMethod::Deflated } else { zip::CompressionMethod::Stored };
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        writer.start_file(*name, options).expect("starts");
        writer.write_all(content).expect("writes");
    }
    writer.finish().expect("finishes").into_inner()
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_username("Wilhelmina").expect("fits");
        builder.append_data(&mut header, name, *content).expect("writes");
    }
    builder.into_inner().expect("finishes")
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let builder =
        flate2::GzBuilder::new().filename("Wilhelmina.txt").comment("card 4929100200300400").extra("Wilhelmina!");
    let mut packer = builder.write(Vec::new(), flate2::Compression::default());
    packer.write_all(content).expect("writes");
    packer.finish().expect("finishes")
}

fn utf16(text: &str) -> Vec<u8> {
    [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

fn html() -> Vec<u8> {
    let entities = "&#52;929100200300400 Wilhelmina &#381;ofie";
    format!(
        "<html><head><title>{entities}</title><meta name=a content='{entities}'><script>var a='4929100200300400'</script>\
         </head><body><!-- {entities} --><p>49291002<b>00300400</b> Wil<i>helm</i>ina</p>\
         <div style='display:none'>Žofie</div><img alt=\"{entities}\" src='x?n=4929100200300400'></body></html>"
    )
    .into_bytes()
}

fn mail() -> Vec<u8> {
    let plain = planted("quoted").replace('Ž', "=C5=BD").replace("2003", "20=\r\n03");
    format!(
        "From: =?utf-8?Q?Wilhelmina_=C5=BDofie?= <a@example.org>\r\nTo: b@example.org\r\n\
         Subject: card\r\n 4929100200300400\r\nX-Note: =?utf-8?B?{}?=\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\npreamble Wilhelmina\r\n--b\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{plain}\r\n--b\r\n\
         Content-Type: application/octet-stream; name*=utf-8''Wilhelmina%20%C5%BDofie.zip\r\n\
         Content-Disposition: attachment; filename=\"4929100200300400.zip\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--b\r\n\
         Content-Type: text/html; charset=us-ascii\r\n\r\n<p>Wilhelmina &#381;ofie</p>\r\n--b--\r\nepilogue 4929100200300400\r\n",
        base64(planted("word").as_bytes()),
        base64(&zip(&[("Wilhelmina.txt", planted("inner").as_bytes())], "4929100200300400")),
    )
    .into_bytes()
}

fn card() -> Vec<u8> {
    let photo = base64(planted("photo").as_bytes());
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Wilhel\r\n mina Žofie\r\nNOTE:card 49291002\r\n 00300400\\, Wilhelmina\r\n\
         PHOTO;ENCODING=b:{photo}\r\nEND:VCARD\r\n"
    )
    .into_bytes()
}

fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut sum = flate2::Crc::new();
    sum.update(name);
    sum.update(content);
    [&(content.len() as u32).to_be_bytes()[..], name, content, &sum.sum().to_be_bytes()].concat()
}

fn png() -> Vec<u8> {
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(planted("packed").as_bytes()).expect("writes");
    let packed = packer.finish().expect("finishes");
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &[0; 13]),
        chunk(b"tEXt", b"Author\0Wilhelmina 4929100200300400"),
        chunk(b"zTXt", &[b"Note\0\0".as_slice(), &packed].concat()),
        chunk(b"iTXt", &[b"Wilhelmina\0\0\0\0\0".as_slice(), planted("text").as_bytes()].concat()),
        chunk(b"IDAT", b"pixels"),
        chunk(b"IEND", b""),
        planted("behind").into_bytes(),
    ]
    .concat()
}

fn mbox() -> Vec<u8> {
    let message = String::from_utf8(mail()).expect("is text").replace("\r\n", "\n");
    format!("From Wilhelmina Mon Jun 01 10:00:00 2009\n{message}\nFrom b@c Mon Jun 01 10:00:00 2009\nSubject: x\nFrom: Žofie\n\nWilhelmina\n")
        .into_bytes()
}

/// Every kind, with its name.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let text = planted("text");
    let mut hidden_zip = zip(&[("Wilhelmina.txt", text.as_bytes()), ("b.html", &html())], "of Wilhelmina");
    hidden_zip.splice(0..0, planted("before").into_bytes());
    let archive = tar(&[
        ("Wilhelmina/4929100200300400.txt", text.as_bytes()),
        (&format!("{}/a.vcf", "long-".repeat(30)), &card()),
        ("z.zip", &zip(&[("m.eml", &mail())], "")),
    ]);
    let latin =
        [b"<?xml version='1.0' encoding='iso-8859-2'?><a b='".as_slice(), &encoding_rs_latin2(&text), b"'/>"].concat();
    vec![
        ("a.txt", text.clone().into_bytes()),
        ("a.csv", utf16("name;card\nWilhelmina;4929100200300400\nŽofie;1\n")),
        ("a.xml", latin),
        ("a.json", b"{\"card\": 4929100200300400, \"name\": [\"Wilhelmina\", \"\xc5\xbdofie\"]}".to_vec()),
        ("a.html", html()),
        ("a.eml", mail()),
        ("a.mbox", mbox()),
        ("a.vcf", card()),
        ("a.zip", hidden_zip),
        ("a.tar", archive.clone()),
        ("a.tar.gz", [gzip(&archive), planted("behind").into_bytes()].concat()),
        ("a.png", png()),
        ("b.zip", zip(&[("a.png", &png()), ("a.mbox", &mbox()), ("a.tar", &archive), ("a.vcf", &card())], "")),
    ]
}

fn edits(name: &str, octets: &[u8]) -> Vec<Edit> {
    let document = lazaret_docs::read(&file(name, octets), &Limits::default());
    let mut out = Vec::new();
    for part in &document.parts {
        let Content::Text(text) = &part.content else { continue };
        for value in VALUES {
            for (at, _) in text.match_indices(value) {
                let with = "[protected value · C7K2QM4X]".into();
                out.push(Edit::Replace { path: part.path.clone(), span: at..at + value.len(), with });
            }
        }
    }
    out
}

fn file<'a>(name: &'a str, octets: &'a [u8]) -> File<'a> {
    File { octets, name, media_type: "", passwords: &[] }
}

/// Every stream that independent readers find in a file, the file among them.
fn streams(octets: &[u8], depth: usize) -> Vec<Vec<u8>> {
    let mut out = vec![octets.to_vec()];
    if depth == 0 {
        return out;
    }
    if let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(octets)) {
        for nth in 0..archive.len() {
            let mut content = Vec::new();
            archive.by_index(nth).expect("opens").read_to_end(&mut content).expect("reads");
            out.extend(streams(&content, depth - 1));
        }
    }
    if octets.get(257..262) == Some(b"ustar") {
        for entry in tar::Archive::new(octets).entries().expect("opens") {
            let mut content = Vec::new();
            entry.expect("reads").read_to_end(&mut content).expect("reads");
            out.extend(streams(&content, depth - 1));
        }
    }
    if octets.starts_with(b"\x1f\x8b") {
        let mut content = Vec::new();
        flate2::read::GzDecoder::new(octets).read_to_end(&mut content).expect("reads");
        out.extend(streams(&content, depth - 1));
    }
    // Lines of base64, as mails have them.
    let text = String::from_utf8_lossy(octets);
    for block in text.split("\r\n\r\n").chain(text.split("\n\n")).filter(|block| block.len() > 40) {
        let coded: Vec<u32> = block
            .split("\n--")
            .next()
            .unwrap_or_default()
            .bytes()
            .filter(|b| !b.is_ascii_whitespace())
            .map_while(|b| match b {
                b'A'..=b'Z' => Some(u32::from(b - b'A')),
                b'a'..=b'z' => Some(u32::from(b - b'a') + 26),
                b'0'..=b'9' => Some(u32::from(b - b'0') + 52),
                b'+' => Some(62),
                b'/' => Some(63),
                _ => None,
            })
            .collect();
        if coded.len() > 40 {
            let octets: Vec<u8> = coded
                .chunks(4)
                .flat_map(|four| {
                    let bits = four.iter().fold(0, |n, v| n << 6 | v) << (6 * (4 - four.len()));
                    bits.to_be_bytes()[1..].to_vec()
                })
                .collect();
            out.extend(streams(&octets, depth - 1));
        }
    }
    out
}

/// Values that are left, and in which stream.
fn residue(octets: &[u8]) -> Vec<String> {
    let mut out = Vec::new();
    for (nth, stream) in streams(octets, 5).iter().enumerate() {
        for value in VALUES {
            if codings(value)
                .iter()
                .any(|coding| stream.windows(coding.len()).any(|window| window == coding.as_slice()))
            {
                out.push(format!("{value} in stream {nth}"));
            }
        }
    }
    out
}

#[test]
fn nothing_is_left_of_what_was_replaced() {
    for (name, octets) in files() {
        assert!(!residue(&octets).is_empty(), "{name}: the search finds what is planted");
        let edits = edits(name, &octets);
        assert!(!edits.is_empty(), "{name}");
        let got = match lazaret_docs::rewrite(&file(name, &octets), &Limits::default(), &edits) {
            Ok(got) => got,
            Err(why) => panic!("{name}: {why:?}"),
        };
        assert_eq!(self::edits(name, &got).len(), 0, "{name}: read again");
        assert_eq!(residue(&got), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_writer_with_a_hole_is_caught() {
    let octets = mail();
    let mut edits = edits("a.eml", &octets);
    // The last value is forgotten.
    edits.pop();
    let got = lazaret_docs::rewrite(&file("a.eml", &octets), &Limits::default(), &edits).expect("is written");
    assert!(!residue(&got).is_empty());
}

#[test]
fn with_no_edits_what_is_seen_stays() {
    for (name, octets) in files() {
        let got = lazaret_docs::rewrite(&file(name, &octets), &Limits::default(), &[]).expect("is written");
        let texts = |octets: &[u8]| {
            let document = lazaret_docs::read(&file(name, octets), &Limits::default());
            let unseen = ["!gap", "!strays", "!trailing", "!note", "!exif", "/extra"];
            document
                .parts
                .into_iter()
                .filter(|part| !unseen.iter().any(|word| part.path.contains(word)))
                .map(|part| match part.content {
                    Content::Text(text) => format!("{}: {text}", part.path),
                    Content::Opaque(why) => format!("{}: {}", part.path, why.as_str()),
                })
                .collect::<Vec<_>>()
        };
        assert!(
            texts(&octets).iter().filter(|t| !t.contains("/name")).all(|text| texts(&got).contains(text)),
            "{name}"
        );
    }
}
