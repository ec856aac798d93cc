//! TIFF and HEIF that the tests make, without metadata and with it in every place that is known.

use crate::{Content, Edit, File, Limits, Unwritable};

fn file(octets: &[u8]) -> File<'_> {
    File { octets, name: "a", media_type: "", passwords: &[] }
}

fn metadata(octets: &[u8]) -> String {
    let document = crate::read(&file(octets), &Limits::default());
    let text = document.parts.into_iter().find(|part| part.path == "!exif").map(|part| part.content);
    match text {
        Some(Content::Text(text)) => text,
        _ => String::new(),
    }
}

fn strip(octets: &[u8]) -> Result<Vec<u8>, Unwritable> {
    crate::rewrite(&file(octets), &Limits::default(), &[])
}

fn has(octets: &[u8], what: &[u8]) -> bool {
    octets.windows(what.len()).any(|w| w == what)
}

const XMP: &[u8] = b"<x:xmpmeta>XMP 4111</x:xmpmeta>";

/// A TIFF of two pages, in either order of octets; `at` is where the strip of the first begins.
struct Tiff {
    is_big: bool,
    octets: Vec<u8>,
}

impl Tiff {
    fn n2(&self, n: u16) -> [u8; 2] {
        if self.is_big { n.to_be_bytes() } else { n.to_le_bytes() }
    }

    fn n4(&self, n: usize) -> [u8; 4] {
        if self.is_big { (n as u32).to_be_bytes() } else { (n as u32).to_le_bytes() }
    }

    fn put(&mut self, octets: &[u8]) -> usize {
        let at = self.octets.len();
        self.octets.extend_from_slice(octets);
        self.octets.resize(self.octets.len().next_multiple_of(2), 0);
        at
    }

    /// A folder of tags: id, kind, count, value or place.
    fn folder(&mut self, tags: &[(u16, u16, usize, usize)], next: usize) -> usize {
        let mut out = self.n2(tags.len() as u16).to_vec();
        for (id, kind, count, value) in tags {
            out.extend(self.n2(*id));
            out.extend(self.n2(*kind));
            out.extend(self.n4(*count));
            match kind {
                3 => out.extend([self.n2(*value as u16), [0, 0]].concat()),
                _ => out.extend(self.n4(*value)),
            }
        }
        out.extend(self.n4(next));
        self.put(&out)
    }
}

fn tiff(is_big: bool, more: &[(u16, u16, usize, usize)]) -> Vec<u8> {
    let head: &[u8] = if is_big { b"MM\0*\0\0\0\0" } else { b"II*\0\0\0\0\0" };
    let mut t = Tiff { is_big, octets: head.to_vec() };
    let pixels = [t.put(b"PIXELS-1"), t.put(b"PIXELS-2")];
    t.put(b"in no tag 4111");
    let resolution = [t.n4(72), t.n4(1)].concat();
    let (resolution, text, xmp) = (t.put(&resolution), t.put(b"Ann Smith 4111\0"), t.put(XMP));
    let folder = [(0x9003, 2, 15, text)];
    let (exif, gps) = (t.folder(&folder, 0), t.folder(&[(0x1d, 2, 15, text)], 0));
    let page = |pixels: usize| {
        let mut tags = vec![
            (256, 3, 1, 8),
            (257, 3, 1, 1),
            (258, 3, 1, 8),
            (259, 3, 1, 1),
            (262, 3, 1, 1),
            (270, 2, 15, text),
            (273, 4, 1, pixels),
            (274, 3, 1, 6),
            (278, 3, 1, 1),
            (279, 4, 1, 8),
            (282, 5, 1, resolution),
            (315, 2, 15, text),
            (700, 1, XMP.len(), xmp),
            (33723, 7, 15, text),
            (34665, 4, 1, exif),
            (34853, 4, 1, gps),
            (65000, 99, 15, text),
        ];
        tags.extend(more);
        tags
    };
    let second = t.folder(&page(pixels[1]), 0);
    let first = t.folder(&page(pixels[0]), second);
    let first = t.n4(first);
    t.octets[4..8].copy_from_slice(&first);
    t.octets
}

#[test]
fn a_tiff_keeps_what_is_seen() {
    for is_big in [true, false] {
        let octets = tiff(is_big, &[]);
        assert!(metadata(&octets).contains("Description: Ann Smith 4111"));
        let edits = [Edit::Replace { path: "!exif".into(), span: 0..3, with: "x".into() }];
        let got = crate::rewrite(&file(&octets), &Limits::default(), &edits).expect("is written");
        assert!(!has(&got, b"4111") && !has(&got, b"Ann"), "{is_big}");
        assert!(has(&got, b"PIXELS-1") && has(&got, b"PIXELS-2"));
        assert_eq!(metadata(&got), "");
        assert_eq!(super::inspect(&got).orientation, 6);
        // Again it is the same.
        assert_eq!(strip(&got), Ok(got.clone()));
    }
}

#[test]
fn a_tiff_that_is_not_certain_is_not_written() {
    let whole = tiff(true, &[]);
    let at = whole.windows(8).position(|w| w == b"PIXELS-1").expect("is there");
    let description = whole.windows(8).position(|w| w == b"Ann Smit").expect("is there");
    let first = usize::from(u16::from_be_bytes([whole[6], whole[7]]));
    let with = |place: usize, octets: &[u8]| {
        let mut out = whole.clone();
        out[place..place + octets.len()].copy_from_slice(octets);
        out
    };
    // The seventh tag is where the pixels are, the tenth how many.
    let (offset, count) = (first + 2 + 12 * 6 + 8, first + 2 + 12 * 9 + 8);
    assert_eq!(whole[offset..offset + 4], (at as u32).to_be_bytes());
    for (what, octets) in [
        ("a strip over a text", with(offset, &(description as u32).to_be_bytes())),
        ("a strip over folders", with(offset, &(first as u32).to_be_bytes())),
        ("a strip beyond the end", with(count, &u32::MAX.to_be_bytes())),
        ("a page that follows itself", with(first + 2 + 12 * 17, &(first as u32).to_be_bytes())),
        ("old JPEG", with(first + 2 + 12 * 3 + 8, &[0, 6])),
        ("a raw picture", tiff(true, &[(50706, 1, 4, 0)])),
        ("cut", whole[..whole.len() - 3].to_vec()),
    ] {
        assert_eq!(strip(&octets), Err(Unwritable::Unreadable), "{what}");
    }
    for cut in 0..whole.len() {
        let _ = strip(&whole[..cut]);
    }
}

fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&((content.len() + 8) as u32).to_be_bytes()[..], kind, content].concat()
}

/// A HEIF with a picture, EXIF and XMP; `idat` is what is in its own box of data.
fn heif(properties: &[u8], item: &[u8; 4], is_over: bool) -> Vec<u8> {
    let info = |id: u8, kind: &[u8; 4], rest: &[u8]| {
        boxed(b"infe", &[&[2, 0, 0, 0, 0, id, 0, 0], kind.as_slice(), rest].concat())
    };
    let infos = [
        &[0, 0, 0, 0, 0, 3][..],
        &info(1, item, b"Ann 4111\0"),
        &info(2, b"Exif", b"\0"),
        &info(3, b"mime", b"\0application/rdf+xml\0"),
    ];
    let tiff = tiff(true, &[]);
    let exif = [&[0, 0, 0, 0][..], &tiff].concat();
    let head = [boxed(b"ftyp", b"heic\0\0\0\0mif1heic"), boxed(b"free", b"free 4111")].concat();
    let meta = |at: [u32; 3]| {
        let mut places = vec![1, 0, 0, 0, 0x44, 0, 0, 3];
        for (id, method, at, length) in
            [(1u8, 0u8, at[0], 6u32), (2, 0, at[1], exif.len() as u32), (3, 1, at[2], XMP.len() as u32)]
        {
            places.extend([0, id, 0, method, 0, 0, 0, 1]);
            places.extend(at.to_be_bytes());
            places.extend(length.to_be_bytes());
        }
        let content = [
            &[0; 4][..],
            &boxed(b"hdlr", &[&[0; 8][..], b"pict", &[0; 12], b"Ann 4111\0"].concat()),
            &boxed(b"pitm", &[0, 0, 0, 0, 0, 1]),
            &boxed(b"iinf", &infos.concat()),
            &boxed(b"iprp", &boxed(b"ipco", properties)),
            &boxed(b"iloc", &places),
            &boxed(b"idat", XMP),
        ];
        boxed(b"meta", &content.concat())
    };
    let data_at = (head.len() + meta([0; 3]).len() + 8) as u32;
    let exif_at = data_at + 6 + 9 - if is_over { 11 } else { 0 };
    let data = [b"PIXELS".as_slice(), b"gone 4111", &exif].concat();
    [head, meta([data_at, exif_at, 0]), boxed(b"mdat", &data)].concat()
}

#[test]
fn a_heif_keeps_what_is_seen() {
    let properties = boxed(b"ispe", &[0; 12]);
    let octets = heif(&properties, b"hvc1", false);
    let text = metadata(&octets);
    assert!(text.contains("Ann Smith 4111") && text.contains("XMP 4111"), "{text}");
    let got = strip(&octets).expect("is written");
    assert!(!has(&got, b"4111") && !has(&got, b"Ann"), "{:?}", String::from_utf8_lossy(&got));
    assert!(has(&got, b"PIXELS") && got.len() == octets.len());
    assert_eq!(metadata(&got), "");
    assert_eq!(strip(&got), Ok(got.clone()));
    for (what, octets) in [
        ("a description", heif(&boxed(b"udes", b"Ann 4111"), b"hvc1", false)),
        ("an item that nobody knows", heif(&properties, b"abcd", false)),
        ("metadata over pixels", heif(&properties, b"hvc1", true)),
        ("a box that nobody knows", [octets.as_slice(), &boxed(b"uuid", b"Ann 4111")].concat()),
        ("octets behind it", [octets.as_slice(), b"Ann"].concat()),
        ("cut", octets[..octets.len() - 1].to_vec()),
    ] {
        assert_eq!(strip(&octets), Err(Unwritable::Unreadable), "{what}");
    }
    for cut in 0..octets.len() {
        let _ = strip(&octets[..cut]);
    }
}
