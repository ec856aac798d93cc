//! Drawings of Office (MS-ODRAW): the pictures in them and the texts of shapes.

use super::bytes::{Bytes, utf16_z};
use super::strings::strings;
use crate::reading::Reading;
use crate::{File, Why};

/// What drawings hold.
#[derive(Default)]
pub(crate) struct Drawings<'d> {
    pub(crate) pictures: Vec<Picture<'d>>,
    /// Names, descriptions, links and decorative text, a line each.
    pub(crate) texts: String,
}

/// A picture.
pub(crate) struct Picture<'d> {
    media_type: &'static str,
    is_packed: bool,
    octets: &'d [u8],
}

/// The head of a record: version and instance, type, length.
pub(crate) fn record(octets: &[u8], at: usize) -> Option<(u16, u16, usize)> {
    Some((octets.u16(at)?, octets.u16(at + 2)?, octets.size(at + 4)?))
}

impl<'d> Drawings<'d> {
    /// Walks records from the start of `octets`, into containers, to the end.
    pub(crate) fn walk(&mut self, octets: &'d [u8]) {
        let mut at = 0;
        while let Some((version, kind, length)) = record(octets, at) {
            let data = octets.part(at + 8, length);
            at += 8;
            match kind {
                _ if version & 15 == 15 => {}
                // An entry of the picture table, with the picture in it.
                0xf007 => at += (36 + usize::from(data.u8(33).unwrap_or(0))).min(length),
                0xf01a..=0xf02a => {
                    self.picture(kind, version >> 4, data);
                    at = at.saturating_add(length);
                }
                0xf00b | 0xf121 | 0xf122 => {
                    self.options(usize::from(version >> 4), data);
                    at = at.saturating_add(length);
                }
                _ => at = at.saturating_add(length),
            }
        }
    }

    fn picture(&mut self, kind: u16, instance: u16, data: &'d [u8]) {
        // Its checksum, twice if the instance is odd.
        let ids = if instance & 1 == 1 { 32 } else { 16 };
        let (media_type, is_packed, head) = match kind {
            0xf01a..=0xf01c => {
                let media_type = ["image/emf", "image/wmf", "image/pict"].get(usize::from(kind - 0xf01a));
                (media_type.copied().unwrap_or_default(), data.u8(ids + 32) == Some(0), ids + 34)
            }
            0xf01d | 0xf02a => ("image/jpeg", false, ids + 1),
            0xf01e => ("image/png", false, ids + 1),
            0xf01f => ("image/bmp", false, ids + 1),
            0xf029 => ("image/tiff", false, ids + 1),
            _ => return,
        };
        self.pictures.push(Picture { media_type, is_packed, octets: Bytes::from(data, head) });
    }

    /// Options of a shape: those that are longer than a number stand after the table.
    pub(crate) fn options(&mut self, count: usize, data: &[u8]) {
        let mut at = 6 * count;
        for nth in 0..count {
            let (Some(id), Some(length)) = (data.u16(6 * nth), data.size(6 * nth + 2)) else { break };
            if id & 0x8000 == 0 {
                continue;
            }
            let value = data.part(at, length);
            at = at.saturating_add(length);
            let texts = [0x00c0, 0x00c5, 0x0105, 0x0380, 0x0381, 0x038d, 0x038f, 0x0390, 0x0391, 0x03a9];
            let text = match id & 0x3fff {
                id if texts.contains(&id) => utf16_z(value),
                _ => strings(value),
            };
            if !text.trim().is_empty() {
                self.texts.push_str(text.trim());
                self.texts.push('\n');
            }
        }
    }
}

impl Picture<'_> {
    /// Octets as they are stored.
    pub(crate) fn stored_bytes(&self) -> u64 {
        self.octets.len() as u64
    }

    /// Reads it as a member.
    pub(crate) fn read(&self, at: &str, reading: &mut Reading<'_>) {
        if !self.media_type.ends_with("mf") && self.media_type != "image/pict" {
            let file =
                File { octets: self.octets, name: "", media_type: self.media_type, passwords: reading.passwords };
            return reading.embedded(at, &file);
        }
        let unpacked = if self.is_packed {
            let packed_bytes = self.octets.len() as u64;
            reading.budget.inflate(flate2::read::ZlibDecoder::new(self.octets), packed_bytes)
        } else {
            Ok(self.octets.to_vec())
        };
        match unpacked {
            Ok(octets) => metafile(at, self.media_type, &octets, reading),
            Err(why) => reading.opaque(at, self.media_type, why, self.octets.len() as u64),
        }
    }
}

/// A drawing of commands: the texts that it draws are in it as such.
fn metafile(at: &str, media_type: &str, octets: &[u8], reading: &mut Reading<'_>) {
    let text = strings(octets);
    if !text.is_empty() {
        reading.text(&format!("{at}!strings"), media_type, text, 0);
    }
    reading.opaque(at, media_type, Why::Picture, octets.len() as u64);
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A record.
    pub(crate) fn made(version: u16, kind: u16, data: &[u8]) -> Vec<u8> {
        [&version.to_le_bytes()[..], &kind.to_le_bytes(), &(data.len() as u32).to_le_bytes(), data].concat()
    }

    #[test]
    fn pictures_and_texts_are_found() {
        let png = made(0x6e00, 0xf01e, &[&[0; 17][..], b"\x89PNG"].concat());
        let entry = made(0x62, 0xf007, &[&[0; 36][..], &png].concat());
        let text: Vec<u8> = "alt".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let options = [&0x8381u16.to_le_bytes()[..], &6u32.to_le_bytes(), &text].concat();
        let shape = made(0x0f, 0xf004, &made(0x13, 0xf00b, &options));
        let octets = made(0x0f, 0xf000, &[made(0x0f, 0xf001, &entry), shape].concat());
        let mut drawings = Drawings::default();
        drawings.walk(&octets);
        assert_eq!(drawings.texts, "alt\n");
        assert_eq!(drawings.pictures.len(), 1);
        assert_eq!((drawings.pictures[0].media_type, drawings.pictures[0].octets), ("image/png", &b"\x89PNG"[..]));
        for cut in 0..octets.len() {
            Drawings::default().walk(&octets[..cut]);
        }
    }
}
