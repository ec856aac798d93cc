//! Pictures that the tests make, and what is read from and left of them.

use crate::{Content, Edit, File, Limits};
use rxing::{BarcodeFormat, MultiFormatWriter, Writer};

fn file(octets: &[u8]) -> File<'_> {
    File { octets, name: "a", media_type: "", passwords: &[] }
}

fn told(octets: &[u8]) -> Vec<(String, String)> {
    let one = |content: &Content| match content {
        Content::Text(text) => text.clone(),
        Content::Opaque(why) => why.as_str().to_owned(),
    };
    let document = crate::read(&file(octets), &Limits::default());
    document.parts.iter().map(|part| (part.path.clone(), one(&part.content))).collect()
}

/// A TIFF with a description, a turn, a position and a small picture's size.
fn tiff() -> Vec<u8> {
    let mut tags: Vec<(u16, u16, u32, [u8; 4])> = Vec::new();
    let mut data: Vec<u8> = Vec::new();
    let place = |data: &[u8]| ((200 + data.len()) as u32).to_be_bytes();
    tags.push((0x010e, 2, 9, place(&data)));
    data.extend(b"Ann 4111\0\0");
    tags.push((0x0112, 3, 1, [0, 6, 0, 0]));
    tags.push((0x8825, 4, 1, 100u32.to_be_bytes()));
    let mut gps: Vec<(u16, u16, u32, [u8; 4])> = vec![(1, 2, 2, *b"N\0\0\0"), (2, 5, 3, place(&data))];
    for number in [59u32, 1, 30, 1, 0, 1] {
        data.extend(number.to_be_bytes());
    }
    gps.push((3, 2, 2, *b"W\0\0\0"));
    gps.push((4, 5, 3, place(&data)));
    for number in [10u32, 1, 15, 1, 0, 1] {
        data.extend(number.to_be_bytes());
    }
    let folder = |tags: &[(u16, u16, u32, [u8; 4])]| {
        let mut out = (tags.len() as u16).to_be_bytes().to_vec();
        for (id, kind, count, value) in tags {
            out.extend(id.to_be_bytes());
            out.extend(kind.to_be_bytes());
            out.extend(count.to_be_bytes());
            out.extend(value);
        }
        out.extend([0; 4]);
        out
    };
    let mut out = b"MM\0*\0\0\0\x08".to_vec();
    out.extend(folder(&tags));
    out.resize(100, 0);
    out.extend(folder(&gps));
    out.resize(200, 0);
    out.extend(data);
    out
}

const XMP: &[u8] = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>by Bob</x:xmpmeta>";

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    [&[0xff, marker], &((content.len() + 2) as u16).to_be_bytes()[..], content].concat()
}

fn jpeg(with_metadata: bool) -> Vec<u8> {
    let mut out = vec![0xff, 0xd8];
    out.extend(segment(0xe0, b"JFIF\0\x01\x02\0\0\x48\0\x48\0\0"));
    if with_metadata {
        out.extend(segment(0xe1, &[b"Exif\0\0".as_slice(), &tiff()].concat()));
        out.extend(segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0".as_slice(), XMP].concat()));
        let iptc = b"\x1c\x02\x50\0\x05Carol";
        let block = [b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\x0a".as_slice(), iptc].concat();
        out.extend(segment(0xed, &block));
        out.extend(segment(0xfe, b"comment 4242"));
    }
    out.extend(segment(0xe2, b"ICC_PROFILE\0\x01\x01profile"));
    out.extend(segment(0xc0, &[8, 0, 1, 0, 1, 1, 1, 0x11, 0]));
    out.extend(segment(0xda, &[1, 1, 0, 0, 63, 0]));
    out.extend([0x12, 0xff, 0, 0x34, 0xff, 0xd9]);
    out
}

fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut sum = flate2::Crc::new();
    sum.update(name);
    sum.update(content);
    [&(content.len() as u32).to_be_bytes()[..], name, content, &sum.sum().to_be_bytes()].concat()
}

fn png(with_metadata: bool) -> Vec<u8> {
    use std::io::Write;
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(b"packed 4242").expect("writes");
    let packed = packer.finish().expect("finishes");
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    out.extend(chunk(b"IHDR", &[0; 13]));
    if with_metadata {
        out.extend(chunk(b"tEXt", b"Author\0Ann 4111"));
        out.extend(chunk(b"zTXt", &[b"Note\0\0".as_slice(), &packed].concat()));
        out.extend(chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0".as_slice(), XMP].concat()));
        out.extend(chunk(b"eXIf", &tiff()));
    }
    out.extend(chunk(b"IDAT", b"pixels"));
    out.extend(chunk(b"IEND", b""));
    out
}

fn gif(with_metadata: bool) -> Vec<u8> {
    let mut out = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
    out.extend(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0");
    if with_metadata {
        out.extend(b"\x21\xfe\x08Ann 4111\0");
        out.extend(b"\x21\xff\x0bOTHER APPxx\x07private\0");
    }
    out.extend(b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b");
    out
}

fn webp(with_metadata: bool) -> Vec<u8> {
    let riff = |name: &[u8; 4], content: &[u8]| {
        let pad = &[0][..content.len() % 2];
        [name.as_slice(), &(content.len() as u32).to_le_bytes(), content, pad].concat()
    };
    let mut body = b"WEBP".to_vec();
    body.extend(riff(b"VP8X", &[if with_metadata { 0x0c } else { 0 }, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
    body.extend(riff(b"VP8 ", b"pixels!"));
    if with_metadata {
        body.extend(riff(b"EXIF", &tiff()));
        body.extend(riff(b"XMP ", XMP));
    }
    [b"RIFF".as_slice(), &(body.len() as u32).to_le_bytes(), &body].concat()
}

#[test]
fn metadata_is_text_and_is_left_out() {
    type Make = fn(bool) -> Vec<u8>;
    let cases: [(&str, Make, &[&str], bool); 4] = [
        ("jpeg", jpeg, &["Ann 4111", "59.500000, -10.250000", "by Bob", "Carol", "comment 4242"], true),
        ("png", png, &["Author: Ann 4111", "packed 4242", "by Bob", "59.500000, -10.250000"], true),
        ("gif", gif, &["Ann 4111", "private"], false),
        ("webp", webp, &["Ann 4111", "by Bob"], true),
    ];
    for (name, make, texts, has_turn) in cases {
        let octets = [make(true).as_slice(), b"hidden 4343 behind"].concat();
        let parts = told(&octets);
        assert_eq!((parts[0].0.as_str(), parts[0].1.as_str()), ("", "picture"), "{name}");
        for text in texts {
            assert!(parts[1].1.contains(text), "{name}: {text} in {parts:?}");
        }
        assert_eq!(parts[2], ("!trailing".into(), "hidden 4343 behind".into()), "{name}");
        // Edits of what goes are done with it.
        let edits = [Edit::Replace { path: "!exif".into(), span: 0..3, with: "x".into() }];
        let got = crate::rewrite(&file(&octets), &Limits::default(), &edits).expect("is written");
        for value in ["4111", "4242", "4343", "Bob", "Carol", "private"] {
            assert!(!got.windows(value.len()).any(|w| w == value.as_bytes()), "{name}: {value}");
        }
        assert_eq!(told(&got).len(), 1, "{name}");
        // The turn stays, and without metadata nothing changes.
        assert_eq!(super::inspect(&got).orientation, if has_turn { 6 } else { 1 }, "{name}");
        let bare = make(false);
        assert_eq!(crate::rewrite(&file(&bare), &Limits::default(), &[]), Ok(bare.clone()), "{name}");
    }
}

#[test]
fn tiffs_and_films_are_searched() {
    let mut octets = tiff();
    assert!(told(&octets)[1].1.contains("Description: Ann 4111"));
    // Folders that lead to themselves end.
    let count = octets[9];
    let next = 10 + 12 * usize::from(count);
    octets[next + 3] = 8;
    assert!(told(&octets).len() >= 2);
    let heif = [b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".as_slice(), b"....Exif\0\0", &tiff(), XMP].concat();
    let parts = told(&heif);
    assert!(parts[1].1.contains("Ann 4111") && parts[1].1.contains("by Bob"), "{parts:?}");
    assert!(crate::rewrite(&file(&heif), &Limits::default(), &[]).is_err());
    let mp3 = b"ID3\x03\0\0\0\0\0\x14TPE1\0\0\0\x0a\0\0\0Ann Smith";
    assert!(told(mp3)[1].1.contains("Ann Smith"));
}

#[test]
fn many_pictures_in_a_row_are_bounded() {
    let parts = told(&gif(true).repeat(5_000));
    assert!(parts.len() < 200, "{}", parts.len());
}

/// A code as grey pixels, each module so many pixels wide, within a grey picture.
fn drawn(kind: BarcodeFormat, text: &str, module: u32, margin: u32, is_dark_on_light: bool) -> image::GrayImage {
    let height = if matches!(kind, BarcodeFormat::QR_CODE | BarcodeFormat::DATA_MATRIX) { 0 } else { 30 };
    let code = MultiFormatWriter.encode(text, &kind, 0, height).expect("can be encoded");
    let size = |modules: u32| modules * module + 2 * margin;
    image::GrayImage::from_fn(size(code.getWidth()), size(code.getHeight()), |x, y| {
        let at = |n: u32| n.checked_sub(margin).map(|n| n / module);
        let is_set = match (at(x), at(y)) {
            (Some(x), Some(y)) => x < code.getWidth() && y < code.getHeight() && code.get(x, y),
            _ => false,
        };
        image::Luma([if is_set == is_dark_on_light { 0 } else { 255 }])
    })
}

fn encoded(picture: &image::GrayImage, format: image::ImageFormat) -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    image::DynamicImage::from(picture.clone()).to_rgb8().write_to(&mut out, format).expect("can be written");
    out.into_inner()
}

#[test]
fn codes_are_text() {
    use image::ImageFormat::{Bmp, Gif, Jpeg, Png, WebP};
    let transfer = "BCD\n002\n1\nSCT\n\nAnn Smith\nDE89370400440532013000\nEUR12.3";
    for (kind, text, module, margin, is_dark, format) in [
        (BarcodeFormat::QR_CODE, transfer, 4, 20, true, Png),
        (BarcodeFormat::QR_CODE, transfer, 4, 20, true, Jpeg),
        (BarcodeFormat::QR_CODE, transfer, 4, 20, true, Gif),
        (BarcodeFormat::QR_CODE, transfer, 4, 20, true, WebP),
        (BarcodeFormat::QR_CODE, transfer, 4, 20, true, Bmp),
        (BarcodeFormat::QR_CODE, "Grüße an 4111111111111111", 3, 20, false, Png),
        // So large that it is shrunk.
        (BarcodeFormat::QR_CODE, transfer, 8, 600, true, Png),
        (BarcodeFormat::DATA_MATRIX, "4111111111111111", 5, 20, true, Png),
        (BarcodeFormat::CODE_128, "4111111111111111", 3, 20, true, Jpeg),
        (BarcodeFormat::EAN_13, "5901234123457", 3, 20, true, Png),
    ] {
        let octets = encoded(&drawn(kind, text, module, margin, is_dark), format);
        let parts = told(&octets);
        assert_eq!(parts[0], (String::new(), "picture".into()), "{kind:?} {format:?}");
        assert_eq!(parts.get(1), Some(&("!code1".into(), text.into())), "{kind:?} {format:?}: {parts:?}");
        // A picture is not painted over.
        let edits = [Edit::Replace { path: "!code1".into(), span: 0..3, with: "x".into() }];
        assert_eq!(crate::rewrite(&file(&octets), &Limits::default(), &edits), Err(crate::Unwritable::Format));
    }
}

#[test]
fn two_codes_are_two_texts_and_what_is_transparent_is_white() {
    let mut page = image::RgbaImage::new(700, 300);
    for (nth, text) in ["first 4111", "second 4242"].into_iter().enumerate() {
        let code = drawn(BarcodeFormat::QR_CODE, text, 4, 16, true);
        for (x, y, pixel) in code.enumerate_pixels() {
            page.put_pixel(20 + 350 * nth as u32 + x, 60 + y, image::Rgba([0, 0, 0, 255 - pixel.0[0]]));
        }
    }
    let mut out = std::io::Cursor::new(Vec::new());
    page.write_to(&mut out, image::ImageFormat::Png).expect("can be written");
    let texts: Vec<String> = told(out.get_ref()).into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, ["picture", "first 4111", "second 4242"]);
}

#[test]
fn pixels_are_counted_before_they_are_decoded() {
    let octets = encoded(&drawn(BarcodeFormat::QR_CODE, "4111", 4, 16, true), image::ImageFormat::Png);
    let pixels = super::codes::pixels(&octets).expect("is decoded");
    for (pixels_max, total_pixels_max, want) in [
        (pixels + 1, u64::MAX, 2),
        (pixels, u64::MAX, 2),
        (pixels - 1, u64::MAX, 1),
        (u64::MAX / 8, pixels + 1, 2),
        (u64::MAX / 8, pixels, 2),
        (u64::MAX / 8, pixels - 1, 1),
    ] {
        let kept_pictures_bytes_max = usize::MAX;
        let limits = Limits { pixels_max, total_pixels_max, kept_pictures_bytes_max, ..Limits::default() };
        let crate::Document { parts, pictures, coverage, .. } = crate::read(&file(&octets), &limits);
        let is_looked_at = want == 2;
        assert_eq!(parts.len(), want, "{pixels_max} {total_pixels_max}");
        // It stays a picture, which no policy on limits withholds.
        assert!(parts[0].content == Content::Opaque(crate::Why::Picture), "{pixels_max} {total_pixels_max}");
        assert_eq!(pictures.len(), usize::from(is_looked_at), "{pixels_max} {total_pixels_max}");
        assert_eq!(coverage.unexamined_bytes, octets.len() as u64, "{pixels_max} {total_pixels_max}");
    }
    // What it says of its size is believed for no longer than it takes to refuse it.
    let mut huge = octets.clone();
    huge[16..24].copy_from_slice(&[0, 0, 0x7f, 0xff, 0, 0, 0x7f, 0xff]);
    let mut sum = flate2::Crc::new();
    sum.update(&huge[12..29]);
    huge[29..33].copy_from_slice(&sum.sum().to_be_bytes());
    assert_eq!(told(&huge).into_iter().map(|(_, text)| text).collect::<Vec<_>>(), ["picture"]);
}
