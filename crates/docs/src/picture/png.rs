//! PNG (ISO/IEC 15948).

use super::{Found, chunks, exif, words};
use std::io::Read;

/// A text chunk unpacks to no more.
const TEXT_BYTES_MAX: u64 = 1 << 20;

pub(super) fn inspect(octets: &[u8]) -> Found<'_> {
    let mut found = Found { media_type: "image/png", ..Found::default() };
    let chunks = chunks::png(octets);
    for chunk in &chunks {
        let content = octets.get(chunk.content.clone()).unwrap_or_default();
        let (keyword, value) = split(content);
        match &chunk.name {
            b"tEXt" => raw(keyword, value, &mut found),
            // The method, then the stream.
            b"zTXt" => raw(keyword, &unpacked(value.get(1..).unwrap_or_default()), &mut found),
            b"iTXt" => international(keyword, value, &mut found),
            b"eXIf" => exif::read(content, &mut found),
            b"iCCP" => found.note("Colour profile", keyword),
            b"sPLT" => found.note("Palette", keyword),
            b"IHDR" | b"PLTE" | b"IDAT" | b"IEND" | b"tRNS" | b"gAMA" | b"cHRM" | b"sRGB" | b"sBIT" | b"bKGD"
            | b"hIST" | b"pHYs" | b"tIME" | b"acTL" | b"fcTL" | b"fdAT" | b"cICP" | b"mDCV" | b"cLLI" => {}
            _ => found.note("Block", content),
        }
    }
    let end = chunks.last().map_or(8, |chunk| chunk.whole.end);
    found.rest = octets.get(end..).unwrap_or_default();
    found
}

fn split(content: &[u8]) -> (&[u8], &[u8]) {
    let zero = memchr::memchr(0, content).unwrap_or(content.len());
    (content.get(..zero).unwrap_or_default(), content.get(zero + 1..).unwrap_or_default())
}

fn unpacked(stream: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    // What came out before the trouble is what there is.
    let _ = flate2::bufread::ZlibDecoder::new(stream).take(TEXT_BYTES_MAX).read_to_end(&mut out);
    out
}

/// A text, or what ImageMagick wraps as one: hexadecimal of EXIF or IPTC.
fn raw(keyword: &[u8], value: &[u8], found: &mut Found<'_>) {
    if keyword.starts_with(b"Raw profile type ") {
        let digits: Vec<u32> = value.iter().skip(1).filter_map(|b| char::from(*b).to_digit(16)).collect();
        let octets: Vec<u8> =
            digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |n, d| n << 4 | *d as u8)).collect();
        if let Some(at) = memchr::memmem::find(&octets, b"Exif\0\0") {
            exif::read(octets.get(at + 6..).unwrap_or_default(), found);
        } else {
            exif::photoshop(&octets, found);
        }
    }
    found.line(&words(keyword), &words(value));
}

/// Keyword, packed or not, language, keyword in that language, text.
fn international(keyword: &[u8], value: &[u8], found: &mut Found<'_>) {
    let is_packed = value.first() == Some(&1);
    let (language, rest) = split(value.get(2..).unwrap_or_default());
    let (translated, text) = split(rest);
    let text = if is_packed { unpacked(text) } else { text.to_vec() };
    found.note("Keyword", translated);
    found.note("Language", language);
    found.line(&words(keyword), &words(&text));
}

pub(super) fn strip(octets: &[u8], orientation: u16) -> Option<Vec<u8>> {
    let chunks = chunks::png(octets);
    if chunks.last().map(|chunk| &chunk.name) != Some(b"IEND") {
        return None;
    }
    let mut out = octets.get(..8)?.to_vec();
    for chunk in chunks {
        match &chunk.name {
            b"IHDR" => {
                out.extend_from_slice(octets.get(chunk.whole)?);
                if orientation > 1 {
                    write(&mut out, b"eXIf", &exif::only_orientation(orientation));
                }
            }
            b"PLTE" | b"IDAT" | b"IEND" | b"tRNS" | b"gAMA" | b"cHRM" | b"sRGB" | b"sBIT" | b"bKGD" | b"hIST"
            | b"pHYs" | b"acTL" | b"fcTL" | b"fdAT" | b"cICP" | b"mDCV" | b"cLLI" => {
                out.extend_from_slice(octets.get(chunk.whole)?);
            }
            // Its name is free text.
            b"iCCP" => {
                let (_, profile) = split(octets.get(chunk.content)?);
                write(&mut out, b"iCCP", &[b"ICC profile\0", profile].concat());
            }
            _ => {}
        }
    }
    Some(out)
}

fn write(out: &mut Vec<u8>, name: &[u8; 4], content: &[u8]) {
    let mut sum = flate2::Crc::new();
    sum.update(name);
    sum.update(content);
    out.extend((content.len() as u32).to_be_bytes());
    out.extend_from_slice(name);
    out.extend_from_slice(content);
    out.extend(sum.sum().to_be_bytes());
}
