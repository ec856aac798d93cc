//! PDF: what is read from files of every make, what is left of values that were to go, and what hostile files cost.
//! Every file here is built here.
#![allow(missing_docs, clippy::unwrap_used)]

use lazaret_docs::{Content, Document, Edit, File, Limits, Unwritable, Why, read, rewrite};
use std::io::{Read, Write};

/// A PDF being put together.
#[derive(Default)]
struct Builder {
    out: Vec<u8>,
    offsets: Vec<(u32, usize)>,
    trailer: String,
    previous: Option<usize>,
}

impl Builder {
    fn new() -> Builder {
        Builder { out: b"%PDF-1.7\n".to_vec(), trailer: "/Root 1 0 R".into(), ..Builder::default() }
    }

    fn object(&mut self, number: u32, body: &str) -> &mut Self {
        self.octets(number, body.as_bytes())
    }

    fn octets(&mut self, number: u32, body: &[u8]) -> &mut Self {
        self.offsets.push((number, self.out.len()));
        self.out.extend(format!("{number} 0 obj\n").bytes());
        self.out.extend(body);
        self.out.extend(b"\nendobj\n");
        self
    }

    fn stream(&mut self, number: u32, dict: &str, content: &[u8]) -> &mut Self {
        let packed = zlib(content);
        let mut body = format!("<<{dict}/Filter/FlateDecode/Length {}>>\nstream\n", packed.len()).into_bytes();
        body.extend(packed);
        body.extend(b"\nendstream");
        self.octets(number, &body)
    }

    /// Ends a revision.
    fn revision(&mut self) -> &mut Self {
        let start = self.out.len();
        self.out.extend(b"xref\n0 1\n0000000000 65535 f \n");
        for (number, offset) in std::mem::take(&mut self.offsets) {
            self.out.extend(format!("{number} 1\n{offset:010} 00000 n \n").bytes());
        }
        let previous = self.previous.map(|at| format!("/Prev {at}")).unwrap_or_default();
        let trailer = format!("trailer\n<</Size 100{}{previous}>>\nstartxref\n{start}\n%%EOF\n", self.trailer);
        self.out.extend(trailer.bytes());
        self.previous = Some(start);
        self
    }

    fn done(&mut self) -> Vec<u8> {
        self.revision();
        std::mem::take(&mut self.out)
    }

    /// A catalog, one page with a content stream (4), Helvetica as F1.
    fn page(&mut self, catalog: &str, page: &str, content: &str) -> &mut Self {
        self.object(1, &format!("<</Type/Catalog/Pages 2 0 R{catalog}>>"))
            .object(2, "<</Type/Pages/Count 1/Kids[3 0 R]/MediaBox[0 0 600 800]/Resources<</Font<</F1 5 0 R>>/XObject<</X1 9 0 R>>/Properties<</P1 8 0 R>>>>>>")
            .object(3, &format!("<</Type/Page/Parent 2 0 R/Contents 4 0 R{page}>>"))
            .stream(4, "", content.as_bytes())
            .object(5, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>")
    }
}

fn zlib(octets: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(octets).unwrap();
    encoder.finish().unwrap()
}

fn reading(octets: &[u8], passwords: &[&str]) -> Document {
    let passwords: Vec<String> = passwords.iter().map(|p| (*p).to_owned()).collect();
    read(&File { octets, name: "a.pdf", media_type: "", passwords: &passwords }, &Limits::default())
}

fn text(document: &Document, path: &str) -> String {
    let part = document.parts.iter().find(|part| part.path == path);
    match part.map(|part| &part.content) {
        Some(Content::Text(text)) => text.clone(),
        _ => panic!("{path} of {:?}", document.parts.iter().map(|p| &p.path).collect::<Vec<_>>()),
    }
}

/// Marks leave gaps around them.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn why(document: &Document, path: &str) -> Option<Why> {
    document.parts.iter().find(|part| part.path == path).and_then(|part| match part.content {
        Content::Opaque(why) => Some(why),
        Content::Text(_) => None,
    })
}

#[test]
fn content_becomes_lines() {
    let cases = [
        ("BT /F1 12 Tf 50 700 Td (Hello) Tj ET", "Hello\n"),
        ("BT /F1 12 Tf 50 700 Td [(He) 20 (l) -30 (lo) -300 (world)] TJ ET", "Hello world\n"),
        ("BT /F1 12 Tf 14 TL 50 700 Td (one) Tj (two) ' 1 2 (three) \" ET", "one\ntwo\nthree\n"),
        // Glyph by glyph.
        ("BT /F1 10 Tf 1 0 0 1 50 700 Tm (4) Tj 1 0 0 1 55.6 700 Tm (1) Tj 1 0 0 1 70 700 Tm (x) Tj ET", "41 x\n"),
        // Cells.
        (
            "BT /F1 10 Tf 50 700 Td (Name) Tj 200 0 Td (IBAN) Tj -200 -20 Td (Zora) Tj 200 0 Td (DE00) Tj ET",
            "Name\tIBAN\nZora\tDE00\n",
        ),
        // Labels first, then values, by place.
        (
            "BT /F1 10 Tf 50 700 Td (SSN:) Tj 0 -20 Td (Tel:) Tj ET BT /F1 10 Tf 90 700 Td (078) Tj 0 -20 Td (555) Tj ET",
            "SSN:\t078\nTel:\t555\n",
        ),
        // Drawn twice for a bold look.
        ("BT /F1 10 Tf 50 700 Td (Bold) Tj 0.3 0 Td (Bold) Tj ET", "Bold\n"),
        // Invisible, rotated.
        ("BT 3 Tr /F1 10 Tf 50 700 Td (unseen) Tj ET", "unseen\n"),
        ("q 0 1 -1 0 300 100 cm BT /F1 10 Tf (turned) Tj 0 -20 Td (round) Tj ET Q", "turned\nround\n"),
        ("BT /F1 10 Tf 50 700 Td <48656c6c6f> Tj ET", "Hello\n"),
        ("BI /W 2 /H 2 /BPC 8 /CS /G ID \0\x01(no) Tj EI\nBT /F1 10 Tf (yes) Tj ET", "yes\n"),
        // A glyph without a meaning reads as its alternative.
        ("/Span<</ActualText(deed)>>BDC BT /F1 10 Tf (\\001\\002) Tj ET EMC", "deed\n"),
    ];
    for (content, want) in cases {
        let document = reading(&Builder::new().page("", "", content).done(), &[]);
        assert_eq!(text(&document, "!page1"), want, "{content}");
    }
}

#[test]
fn fonts_give_characters() {
    let cmap =
        "1 begincodespacerange <0000> <ffff> endcodespacerange 2 beginbfchar <0001> <0058> <0002> <00660069> endbfchar";
    let cases: [(&str, &[u8], &str); 8] = [
        ("/Subtype/Type1/BaseFont/Helvetica/Encoding/MacRomanEncoding", b"\x8a", "ä"),
        ("/Subtype/Type1/BaseFont/Helvetica/Encoding<</Differences[65/Euro/f_i/uni0416]>>", b"ABC", "€fiЖ"),
        ("/Subtype/Type1/BaseFont/Symbol", b"ab", "αβ"),
        (
            "/Subtype/Type3/FontMatrix[.001 0 0 .001 0 0]/Encoding<</Differences[1/a/b]>>/CharProcs<<>>",
            b"\x01\x02",
            "ab",
        ),
        ("/Subtype/Type0/Encoding/Identity-H/DescendantFonts[<<>>]/ToUnicode 10 0 R", b"\0\x01\0\x02", "Xfi"),
        ("/Subtype/Type0/Encoding/UniGB-UCS2-H/DescendantFonts[<<>>]", b"\x4e\x2d\x65\x87", "中文"),
        ("/Subtype/Type0/Encoding/90ms-RKSJ-H/DescendantFonts[<<>>]", b"a\x93\xfa\x96\x7b", "a日本"),
        ("/Subtype/Type0/Encoding/GBK-EUC-H/DescendantFonts[<<>>]", b"\xd6\xd0", "中"),
    ];
    for (font, code, want) in cases {
        let hex: String = code.iter().map(|b| format!("{b:02x}")).collect();
        let mut builder = Builder::new();
        builder
            .page("", "/Resources<</Font<</F2 6 0 R>>>>", &format!("BT /F2 10 Tf <{hex}> Tj ET"))
            .object(6, &format!("<</Type/Font{font}>>"))
            .stream(10, "", cmap.as_bytes());
        let document = reading(&builder.done(), &[]);
        assert_eq!(text(&document, "!page1").trim_end(), want, "{font}");
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let image = "/Resources<</XObject<</I 9 0 R>>>>";
    let mut builder = Builder::new();
    builder.page("", image, "q 100 0 0 100 0 0 cm /I Do Q").stream(
        9,
        "/Type/XObject/Subtype/Image/Width 100/Height 100/BitsPerComponent 8/ColorSpace/DeviceGray",
        &[7; 10_000],
    );
    let document = reading(&builder.done(), &[]);
    assert_eq!(why(&document, "!page1"), Some(Why::Picture), "a scanned page");
    let font = "/Resources<</Font<</F2 6 0 R>>>>";
    let mut builder = Builder::new();
    builder
        .page("", font, "BT /F2 10 Tf <00010002000300040005> Tj /F1 9 Tf (x) Tj ET")
        .object(6, "<</Type/Font/Subtype/Type0/Encoding/Identity-H/DescendantFonts[<<>>]>>");
    let document = reading(&builder.done(), &[]);
    assert_eq!(why(&document, "!page1/glyphs"), Some(Why::Unsupported));
    assert_eq!(why(&reading(b"%PDF-1.7 and nothing else", &[]), ""), Some(Why::Malformed));
}

const CARD: &str = "4929-1177-0336-28";
const MAIL: &str = "zora.quill@mailbox.example";

fn utf16(text: &str) -> String {
    let hex: String = text.encode_utf16().map(|unit| format!("{unit:04X}")).collect();
    format!("<FEFF{hex}>")
}

/// The values in every place that a page, its document and its past have.
fn planted() -> Vec<u8> {
    let mut builder = Builder::new();
    // The past: a page's text and a title that were replaced.
    builder
        .page("", "", &format!("BT /F1 12 Tf 50 700 Td (old {CARD} {MAIL}) Tj ET"))
        .object(7, &format!("<</Title(old {MAIL})>>"));
    builder.revision();
    let split = "BT /F1 12 Tf 50 650 Td (card 4929-1) Tj [(177-) 12 (03) -8 (36-) 5 (28)] TJ ( end) Tj ET";
    let hex: String = MAIL.bytes().map(|b| format!("{b:02x}")).collect();
    let glyphs: String = MAIL.chars().map(|c| format!("{:04x}", c as u32 - 0x1f)).collect();
    let content = format!(
        "% by {MAIL}\nq BT /F1 12 Tf 50 700 Td (Reach {MAIL} now) Tj 0 -20 Td <{hex}> Tj 14 TL (next {CARD}) ' ET\n{split}\n\
         /Span<</ActualText({CARD})/Alt({MAIL})>>BDC BT /F1 9 Tf 50 600 Td (see) Tj ET EMC /P /P1 BDC EMC\n\
         BT 3 Tr /F1 9 Tf 50 580 Td (hidden {CARD}) Tj 0 Tr /F2 9 Tf 0 -20 Td <{glyphs}> Tj ET /X1 Do\n\
         BT /F1 9 Tf 50 500 Td (Bold {CARD}) Tj .2 0 Td (Bold {CARD}) Tj ET"
    );
    let page = "/Annots[11 0 R 12 0 R]/Resources<</Font<</F1 5 0 R/F2 6 0 R>>/XObject<</X1 9 0 R/X2 21 0 R>>/Properties<</P1 8 0 R>>>>\
                /PieceInfo<</App<</Private(x 4929-1177-0336-28)>>>>/StructParents 0";
    let catalog = format!(
        "/Outlines 13 0 R/AcroForm<</Fields[12 0 R]/XFA 15 0 R>>/Metadata 16 0 R/Names<</EmbeddedFiles<</Names[({MAIL}.txt) 17 0 R]>>\
         /JavaScript<</Names[(a)<</S/JavaScript/JS(alert\\('{CARD}'\\))>>]>>>>/StructTreeRoot 19 0 R/PageLabels<</Nums[0<</P({MAIL} )>>]>>"
    );
    builder
        .page(&catalog, page, &content)
        .object(
            6,
            "<</Type/Font/Subtype/Type0/BaseFont/Own/Encoding/Identity-H/DescendantFonts[<</Type/Font/Subtype/CIDFontType2/DW 500>>]/ToUnicode 10 0 R>>",
        )
        .object(7, &format!("<</Title{}/Author(x {CARD})/Keywords(a (nested) {MAIL})>>", utf16(&format!("Für {MAIL}"))))
        .object(8, &format!("<</ActualText({CARD})>>"))
        .stream(
            9,
            "/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</Font<</F1 5 0 R>>>>",
            format!("BT /F1 12 Tf 50 450 Td (In a form {MAIL}) Tj ET").as_bytes(),
        )
        .stream(
            10,
            "",
            b"1 begincodespacerange <0000> <ffff> endcodespacerange 1 beginbfrange <0001> <0060> <0020> endbfrange",
        )
        .object(
            11,
            &format!("<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/Contents{}/A<</S/URI/URI(mailto:{MAIL})>>>>", utf16(MAIL)),
        )
        .object(
            12,
            &format!("<</Type/Annot/Subtype/Widget/FT/Tx/T(card)/V({CARD})/DV({CARD})/Rect[50 400 300 420]/AP<</N 20 0 R>>>>"),
        )
        .object(13, "<</First 14 0 R/Last 14 0 R/Count 1>>")
        .object(14, &format!("<</Title(About {MAIL})/Parent 13 0 R>>"))
        .stream(15, "", format!("<xdp><field>{CARD}</field></xdp>").as_bytes())
        .stream(16, "/Type/Metadata/Subtype/XML", format!("<x:xmpmeta><dc:creator>{MAIL}</dc:creator></x:xmpmeta>").as_bytes())
        .object(17, &format!("<</Type/Filespec/F({MAIL}.txt)/UF({MAIL}.txt)/EF<</F 18 0 R>>/Desc({CARD})>>"))
        .stream(18, "/Type/EmbeddedFile/Subtype/text#2Fplain", format!("card {CARD}, mail {MAIL}\n").as_bytes())
        .object(19, &format!("<</Type/StructTreeRoot/K<</S/Figure/Alt({MAIL})/E({CARD})>>>>"))
        .stream(
            20,
            "/Type/XObject/Subtype/Form/BBox[0 0 250 20]/Resources<</Font<</F1 5 0 R>>>>",
            format!("/Tx BMC BT /F1 10 Tf 2 5 Td ({CARD}) Tj ET EMC").as_bytes(),
        )
        // Never drawn; never referred to.
        .stream(21, "/Subtype/Form/BBox[0 0 9 9]", format!("BT /F1 9 Tf ({CARD}) Tj ET").as_bytes())
        .object(22, &format!("<</Nobody(asks {MAIL})>>"))
        .stream(23, "", format!("lost text of {CARD}").as_bytes());
    builder.trailer.push_str("/Info 7 0 R/ID[<0011223344556677><0011223344556677>]");
    builder.done()
}

/// Replaces each value wherever it was read.
fn take_out(octets: &[u8], password: &str) -> Result<Vec<u8>, Unwritable> {
    let passwords = [password.to_owned()];
    let file = File { octets, name: "a.pdf", media_type: "", passwords: &passwords };
    let document = read(&file, &Limits::default());
    let mut edits = Vec::new();
    for part in &document.parts {
        let Content::Text(text) = &part.content else { continue };
        for value in [CARD, MAIL] {
            edits.extend(text.match_indices(value).map(|(at, _)| Edit::Replace {
                path: part.path.clone(),
                span: at..at + value.len(),
                with: "[gone]".into(),
            }));
        }
    }
    assert!(edits.len() > 10, "{} places", edits.len());
    rewrite(&file, &Limits::default(), &edits)
}

/// All that a file holds: its octets, and each of its streams unpacked.
fn unpacked(octets: &[u8]) -> Vec<Vec<u8>> {
    let mut all = vec![octets.to_vec()];
    let mut rest = octets;
    while let Some(at) = rest.windows(7).position(|window| window == b"stream\n") {
        rest = &rest[at + 7..];
        let mut out = Vec::new();
        // What is no zlib stream stands in the file itself.
        let _ = flate2::read::ZlibDecoder::new(rest).read_to_end(&mut out);
        all.push(out);
    }
    all
}

fn residue(octets: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for value in [CARD, MAIL] {
        let wide = |unit: fn(u16) -> [u8; 2]| value.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        let hex = |octets: &[u8]| octets.iter().map(|b| format!("{b:02x}")).collect::<String>();
        let glyphs: Vec<u8> = value.chars().flat_map(|c| (c as u16 - 0x1f).to_be_bytes()).collect();
        let forms: Vec<Vec<u8>> = vec![
            value.as_bytes().to_vec(),
            wide(u16::to_be_bytes),
            wide(u16::to_le_bytes),
            hex(value.as_bytes()).into_bytes(),
            hex(&wide(u16::to_be_bytes)).into_bytes(),
            hex(&glyphs).into_bytes(),
            glyphs,
        ];
        for (nth, stream) in unpacked(octets).iter().enumerate() {
            let lower = stream.to_ascii_lowercase();
            for form in &forms {
                if lower.windows(form.len()).any(|window| window == form.as_slice()) {
                    found.push(format!("{value} in stream {nth}"));
                }
            }
        }
    }
    found
}

#[test]
fn every_hiding_place_is_read() {
    let document = reading(&planted(), &[]);
    let texts: Vec<(&str, &String)> = document
        .parts
        .iter()
        .filter_map(|part| match &part.content {
            Content::Text(text) => Some((part.path.as_str(), text)),
            Content::Opaque(_) => None,
        })
        .collect();
    let count = |value: &str| texts.iter().map(|(_, text)| text.matches(value).count()).sum::<usize>();
    // Two of each are drawn twice or given in two orders of reading.
    assert!(count(CARD) >= 16, "{}: {texts:#?}", count(CARD));
    assert!(count(MAIL) >= 16, "{}: {texts:#?}", count(MAIL));
    for path in
        ["!page1", "!page1/notes", "!page1/annotations", "!meta", "!outline", "!strings", "!rest", "!1", "!1/name"]
    {
        assert!(
            texts.iter().any(|(of, text)| *of == path && (text.contains(CARD) || text.contains(MAIL))),
            "{path}: {texts:#?}"
        );
    }
    assert!(
        texts.iter().any(|(path, text)| path.starts_with("!revision1!page1") && text.contains("old")),
        "{texts:#?}"
    );
    assert!(text(&document, "!page1").contains("card 4929-1177-0336-28 end"), "a value over two operators");
}

#[test]
fn nothing_is_left_of_values() {
    let octets = planted();
    assert!(residue(&octets).len() > 10, "the search can find");
    let new = take_out(&octets, "").unwrap();
    assert_eq!(new, take_out(&octets, "").unwrap(), "always the same");
    assert_eq!(residue(&new), Vec::<String>::new());
    let document = reading(&new, &[]);
    for part in &document.parts {
        if let Content::Text(text) = &part.content {
            assert!(!text.contains(CARD) && !text.contains(MAIL), "{}", part.path);
        }
    }
    let page = words(&text(&document, "!page1"));
    for rest in [
        "Reach [gone] now",
        "next [gone]",
        "card [gone] end",
        "see",
        "hidden [gone]",
        "In a form [gone]",
        "Bold [gone]",
    ] {
        assert!(page.contains(rest), "{rest}: {page}");
    }
    assert_eq!(text(&document, "!1"), "card [gone], mail [gone]\n");
    assert_eq!(text(&document, "!1/name"), "[gone].txt");
    assert!(text(&document, "!meta").contains("Für [gone]"));
    assert!(!document.parts.iter().any(|part| part.path.starts_with("!revision") || part.path.starts_with("!rest")));
}

#[test]
fn the_rest_stays_where_it_is() {
    let content = "BT /F1 12 Tf 50 700 Td (Tel 555-0199 ext) Tj 1 0 0 1 300 700 Tm (right) Tj ET";
    let octets = Builder::new().page("", "", content).done();
    let file = File { octets: &octets, name: "", media_type: "", passwords: &[] };
    let edits = [Edit::Replace { path: "!page1".into(), span: 4..12, with: "#".into() }];
    let new = rewrite(&file, &Limits::default(), &edits).unwrap();
    assert_eq!(words(&text(&reading(&new, &[]), "!page1")), "Tel # ext right");
    let streams = unpacked(&new);
    let content = streams.iter().map(|s| String::from_utf8_lossy(s)).find(|s| s.contains("Tel")).unwrap().into_owned();
    // 555-0199 in Helvetica: seven digits of 556 and a hyphen of 333.
    assert!(content.contains("[(Tel )-4225( ext)] TJ"), "{content}");
    assert!(content.contains("(right) Tj"), "{content}");
}

#[test]
fn what_is_not_certain_is_not_written() {
    // Text under the picture of a scanned page: the picture still shows it.
    let page = "/Resources<</Font<</F1 5 0 R>>/XObject<</I 9 0 R>>>>";
    let mut builder = Builder::new();
    builder.page("", page, &format!("q /I Do Q BT 3 Tr /F1 10 Tf 50 700 Td ({CARD}) Tj ET")).stream(
        9,
        "/Type/XObject/Subtype/Image/Width 100/Height 100/BitsPerComponent 8/ColorSpace/DeviceGray",
        &[7; 10_000],
    );
    let octets = builder.done();
    let file = File { octets: &octets, name: "", media_type: "", passwords: &[] };
    let edit = |span| [Edit::Replace { path: "!page1".into(), span, with: "#".into() }];
    assert_eq!(rewrite(&file, &Limits::default(), &edit(0..CARD.len())), Err(Unwritable::Ambiguous));
    // What is broken for this reader may be whole for another.
    let mut builder = Builder::new();
    builder.page("", "", "").octets(4, b"<</Filter/FlateDecode/Length 9>>\nstream\n\x78\x9cgarbage\nendstream");
    let octets = builder.done();
    let file = File { octets: &octets, name: "", media_type: "", passwords: &[] };
    assert_eq!(rewrite(&file, &Limits::default(), &[]), Err(Unwritable::Unreadable));
    // Between cells there is nothing to replace.
    let octets = Builder::new().page("", "", "BT /F1 10 Tf (a) Tj 100 0 Td (b) Tj ET").done();
    let file = File { octets: &octets, name: "", media_type: "", passwords: &[] };
    assert_eq!(rewrite(&file, &Limits::default(), &edit(1..2)), Err(Unwritable::NoSuchPlace));
    assert!(rewrite(&file, &Limits::default(), &edit(0..1)).is_ok());
}

/// Files as another program writes them.
mod by_lopdf {
    use super::*;
    use lopdf::encryption::crypt_filters::{Aes128CryptFilter, Aes256CryptFilter, CryptFilter};
    use lopdf::{Document as Lopdf, EncryptionState, EncryptionVersion, Permissions};
    use std::collections::BTreeMap;
    use std::sync::Arc;

    fn document() -> Lopdf {
        Lopdf::load_mem(&planted()).unwrap()
    }

    fn filters(filter: Arc<dyn CryptFilter>) -> BTreeMap<Vec<u8>, Arc<dyn CryptFilter>> {
        BTreeMap::from([(b"StdCF".to_vec(), filter)])
    }

    fn encrypted(nth: usize) -> Vec<u8> {
        let mut pdf = document();
        let (owner_password, user_password) = ("owner", "user");
        let permissions = Permissions::all();
        let (stream_filter, string_filter) = (b"StdCF".to_vec(), b"StdCF".to_vec());
        let key = [7; 32];
        let version = match nth {
            0 => EncryptionVersion::V1 { document: &pdf, owner_password, user_password, permissions },
            1 => EncryptionVersion::V2 { document: &pdf, owner_password, user_password, key_length: 128, permissions },
            2 => EncryptionVersion::V4 {
                document: &pdf,
                encrypt_metadata: true,
                crypt_filters: filters(Arc::new(Aes128CryptFilter)),
                stream_filter,
                string_filter,
                owner_password,
                user_password,
                permissions,
            },
            _ => EncryptionVersion::V5 {
                encrypt_metadata: true,
                crypt_filters: filters(Arc::new(Aes256CryptFilter)),
                file_encryption_key: &key,
                stream_filter,
                string_filter,
                owner_password,
                user_password,
                permissions,
            },
        };
        let state = EncryptionState::try_from(version).unwrap();
        pdf.encrypt(&state).unwrap();
        let mut out = Vec::new();
        pdf.save_to(&mut out).unwrap();
        out
    }

    #[test]
    fn passwords_open_every_revision_of_encryption() {
        for nth in 0..4 {
            let octets = encrypted(nth);
            for passwords in [&[][..], &["wrong"]] {
                assert_eq!(why(&reading(&octets, passwords), ""), Some(Why::Encrypted), "{nth}");
            }
            for password in ["user", "owner"] {
                let document = reading(&octets, &["wrong", password]);
                assert!(text(&document, "!page1").contains(&format!("Reach {MAIL} now")), "{nth} {password}");
                assert!(text(&document, "!1").contains(CARD), "{nth} {password}");
                assert!(text(&document, "!meta").contains(MAIL), "{nth} {password}");
            }
            let file = File { octets: &octets, name: "", media_type: "", passwords: &[] };
            assert_eq!(rewrite(&file, &Limits::default(), &[]), Err(Unwritable::Unreadable));
            let new = take_out(&octets, "user").unwrap();
            assert_eq!(residue(&new), Vec::<String>::new());
            let page = words(&text(&reading(&new, &[]), "!page1"));
            assert!(page.contains("Reach [gone] now"), "written in the clear: {page}");
        }
    }

    #[test]
    fn object_streams_are_read_and_rewritten() {
        let mut out = Vec::new();
        document().save_modern(&mut out).unwrap();
        assert!(text(&reading(&out, &[]), "!page1").contains(MAIL));
        assert!(text(&reading(&out, &[]), "!outline").contains(MAIL));
        let new = take_out(&out, "").unwrap();
        assert_eq!(residue(&new), Vec::<String>::new());
        // Another reader agrees that the new file is one.
        let pdf = Lopdf::load_mem(&new).unwrap();
        assert_eq!(pdf.get_pages().len(), 1);
        assert!(pdf.extract_text(&[1]).unwrap().contains("Reach"));
    }
}

#[test]
fn broken_files_are_read_as_far_as_they_go() {
    let whole = Builder::new().page("", "", "BT /F1 10 Tf 50 700 Td (Hello) Tj ET").done();
    let text_of = |octets: &[u8]| reading(octets, &[]);
    let replaced = |from: &str, to: &str| {
        let text: Vec<u8> = whole.clone();
        let at = text.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
        [&text[..at], to.as_bytes(), &text[at + from.len()..]].concat()
    };
    let cases = [
        [b"rubbish before\n".as_slice(), &whole].concat(),
        [&whole, b"\0\0 rubbish after".as_slice()].concat(),
        replaced("startxref\n", "startxref\n9"),
        replaced("xref\n0 1", "xxxx\n0 1"),
        replaced("/Length ", "/Lenght "),
        whole[..whole.len() - 120].to_vec(),
    ];
    for (nth, octets) in cases.iter().enumerate() {
        assert_eq!(text(&text_of(octets), "!page1"), "Hello\n", "{nth}");
    }
}

#[test]
fn hostile_files_end() {
    let many = |what: &str, count: usize| what.repeat(count);
    let bomb = (0..3).fold(vec![b' '; 60 << 20], |octets, _| zlib(&octets));
    let mut chained = Builder::new();
    chained.page("", "", "").octets(4, &{
        let head = format!("<</Filter[/FlateDecode/FlateDecode/FlateDecode]/Length {}>>\nstream\n", bomb.len());
        [head.as_bytes(), &bomb, b"\nendstream"].concat()
    });
    let mut kids = Builder::new();
    kids.page("", "", "").object(2, "<</Type/Pages/Kids[2 0 R 3 0 R 2 0 R]/Parent 2 0 R>>");
    let mut forms = Builder::new();
    forms.page("", "/Resources<</XObject<</A 10 0 R>>>>", "/A Do");
    for number in 10..30 {
        let next = format!("/Type/XObject/Subtype/Form/Resources<</XObject<</A {} 0 R>>>>", number + 1);
        forms.stream(number, &next, "/A Do ".repeat(50).as_bytes());
    }
    let mut own = Builder::new();
    own.page("", "/Resources<</XObject<</A 10 0 R>>>>", "/A Do").stream(
        10,
        "/Subtype/Form/Resources<</XObject<</A 10 0 R>>>>",
        b"/A Do /A Do",
    );
    let cases: Vec<(&str, Vec<u8>)> = vec![
        (
            "deep",
            format!("%PDF-1.7\n1 0 obj {}{} endobj trailer<</Root 1 0 R>>", many("[", 10_380), many("]", 10_380))
                .into(),
        ),
        ("deep dictionaries", format!("%PDF-1.7\n1 0 obj {} endobj", many("<</A", 100_000)).into()),
        ("unclosed strings", format!("%PDF-1.7\n{}", many("1 0 obj (", 20_000)).into()),
        ("unclosed dictionaries", format!("%PDF-1.7\n{}", many("1 0 obj <</A ", 10_000)).into()),
        ("unclosed streams", format!("%PDF-1.7\n{}", many("1 0 obj <<>> stream\n", 20_000)).into()),
        ("trailers", format!("%PDF-1.7\n1 0 obj 1 endobj {}", many("trailer <<", 200_000)).into()),
        ("references in a ring", "%PDF-1.7\n1 0 obj 2 0 R endobj 2 0 obj 1 0 R endobj trailer<</Root 1 0 R>>".into()),
        (
            "sections in a ring",
            "%PDF-1.7\n1 0 obj<<>>endobj\nxref\n0 0\ntrailer<</Prev 27/Root 1 0 R>>\nstartxref\n27\n%%EOF".into(),
        ),
        ("sections without end", format!("%PDF-1.7\n1 0 obj 1 endobj {}", many("startxref 10 %%EOF\n", 50_000)).into()),
        ("filters in a chain", chained.done()),
        ("pages in a ring", kids.done()),
        ("forms by fifties", forms.done()),
        ("a form in itself", own.done()),
        ("saved states", Builder::new().page("", "", &many("q ", 100_000)).done()),
        ("operands", Builder::new().page("", "", &many("1 ", 200_000)).done()),
        ("single glyphs", Builder::new().page("", "", &format!("BT /F1 9 Tf {} ET", many("(a)'", 30_000))).done()),
        ("marked content", Builder::new().page("", "", &many("/A<</ActualText(a)>>BDC ", 20_000)).done()),
        ("pictures", Builder::new().page("", "", &many("BI ID ", 200_000)).done()),
    ];
    // Small, so that the test is quick: what matters is that something ends it.
    let limits = Limits { inflated_bytes_max: 1 << 20, ..Limits::default() };
    for (name, octets) in cases {
        let file = File { octets: &octets, name: "", media_type: "", passwords: &[] };
        let document = read(&file, &limits);
        assert!(!document.parts.is_empty(), "{name}");
        // An answer, whichever.
        let _ = rewrite(&file, &limits, &[]);
    }
}

#[test]
fn limits_are_kept_to_the_unit() {
    let mut builder = Builder::new();
    builder.object(1, "<</Type/Catalog/Pages 2 0 R>>");
    let kids: Vec<String> = (0..5).map(|nth| format!("{} 0 R", 10 + nth)).collect();
    builder.object(2, &format!("<</Type/Pages/Kids[{}]>>", kids.join(" ")));
    for nth in 0..5 {
        builder.object(10 + nth, "<</Type/Page/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>");
    }
    builder.stream(4, "", b"BT /F1 9 Tf (page) Tj ET").object(5, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>");
    let octets = builder.done();
    let file = File { octets: &octets, name: "", media_type: "", passwords: &[] };
    let over = |limits: &Limits| {
        let document = read(&file, limits);
        document.parts.iter().any(|part| part.content == Content::Opaque(Why::OverLimit))
    };
    for (pages_max, is_over) in [(4, true), (5, false), (6, false)] {
        assert_eq!(over(&Limits { pages_max, ..Limits::default() }), is_over, "{pages_max} pages");
    }
    // Nine objects.
    for (objects_max, is_over) in [(8, true), (9, false), (10, false)] {
        assert_eq!(over(&Limits { objects_max, ..Limits::default() }), is_over, "{objects_max} objects");
    }
}

#[test]
fn what_stands_outside_of_objects_is_read_and_is_not_written_again() {
    let good = Builder::new().page("", "", "BT /F1 10 Tf (seen) Tj ET").done();
    let in_between = {
        let text = String::from_utf8_lossy(&good).into_owned();
        let at = text.find("2 0 obj").unwrap();
        [&good[..at], b"% value 77 of nobody\n", &good[at..]].concat()
    };
    let behind = [good.as_slice(), b"\0\nPlease take value 77.\n"].concat();
    for (octets, want) in [(&in_between, "% value 77 of nobody\n"), (&behind, "\0\nPlease take value 77.\n")] {
        let read = text(&reading(octets, &[]), "!loose");
        assert!(read.ends_with(want), "{read:?}");
        let start = read.find("77").unwrap();
        let edit = Edit::Replace { path: "!loose".into(), span: start..start + 2, with: "[x]".into() };
        let file = File { octets, name: "a.pdf", media_type: "", passwords: &[] };
        let out = rewrite(&file, &Limits::default(), &[edit]).unwrap();
        assert!(!out.windows(8).any(|w| w == b"value 77"), "it is gone");
        assert_eq!(text(&reading(&out, &[]), "!page1"), "seen\n");
    }
    let document = reading(&good, &[]);
    assert!(document.parts.iter().all(|part| part.path != "!loose"), "nothing is loose");
}
