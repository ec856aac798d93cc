//! Filters of streams (ISO 32000-2, 7.4): those that give octets. Those that give pictures end the chain.

use super::lex::{Dict, digit, is_space};
use crate::Why;
use crate::budget::Budget;
use std::io::Read;

/// Filters in a row that are undone; files have one or two.
const FILTERS_MAX: usize = 6;

/// What is left of a stream when its filters are undone.
pub(super) struct Decoded {
    pub(super) octets: Vec<u8>,
    /// What went wrong, with what came out before.
    pub(super) why: Option<Why>,
    /// The filter of a picture that is left as it is.
    pub(super) picture: Option<&'static str>,
}

/// Undoes filters; `params` stand beside the names.
pub(super) fn decode(raw: Vec<u8>, filters: &[(Vec<u8>, Dict)], budget: &mut Budget) -> Decoded {
    let mut done = Decoded { octets: raw, why: None, picture: None };
    if filters.len() > FILTERS_MAX {
        return Decoded { octets: Vec::new(), why: Some(Why::OverLimit), picture: None };
    }
    for (name, params) in filters {
        let packed = done.octets.len() as u64;
        let (octets, why) = match name.as_slice() {
            b"FlateDecode" | b"Fl" => flate(&done.octets, packed, budget),
            b"LZWDecode" | b"LZW" => {
                let is_early = params.get("EarlyChange").int() != Some(0);
                budget.inflate_some(Lzw::new(&done.octets, is_early), packed)
            }
            b"ASCIIHexDecode" | b"AHx" => (hex(&done.octets), None),
            b"ASCII85Decode" | b"A85" => (base85(&done.octets), None),
            b"RunLengthDecode" | b"RL" => budget.inflate_some(RunLength::new(&done.octets), packed),
            b"Crypt" => continue,
            b"DCTDecode" | b"DCT" => {
                done.picture = Some("image/jpeg");
                return done;
            }
            b"JPXDecode" => {
                done.picture = Some("image/jp2");
                return done;
            }
            b"CCITTFaxDecode" | b"CCF" => {
                done.picture = Some("image/g3fax");
                return done;
            }
            b"JBIG2Decode" => {
                done.picture = Some("image/x-jbig2");
                return done;
            }
            _ => return Decoded { octets: Vec::new(), why: Some(Why::Unsupported), picture: None },
        };
        done.octets = match name.as_slice() {
            b"FlateDecode" | b"Fl" | b"LZWDecode" | b"LZW" => predicted(octets, params),
            _ => octets,
        };
        done.why = done.why.or(why);
    }
    budget.show(&done.octets);
    done
}

fn flate(packed: &[u8], size: u64, budget: &mut Budget) -> (Vec<u8>, Option<Why>) {
    // A line end too many before the data is a common mistake.
    let start = packed.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    let packed = packed.get(start..).unwrap_or_default();
    let is_zlib =
        matches!(packed, [a, b, ..] if a & 15 == 8 && (u16::from(*a) << 8 | u16::from(*b)).is_multiple_of(31));
    let (octets, why) = match is_zlib {
        // The check sum at the end is left aside: what came out is what readers show.
        true => budget.inflate_some(flate2::read::DeflateDecoder::new(packed.get(2..).unwrap_or_default()), size),
        false => budget.inflate_some(flate2::read::DeflateDecoder::new(packed), size),
    };
    if octets.is_empty() && why == Some(Why::Malformed) && !is_zlib {
        return budget.inflate_some(flate2::read::DeflateDecoder::new(packed.get(2..).unwrap_or_default()), size);
    }
    (octets, why)
}

fn hex(packed: &[u8]) -> Vec<u8> {
    let mut digits = packed.iter().take_while(|b| **b != b'>').filter_map(|b| digit(*b));
    let mut octets = Vec::with_capacity(packed.len() / 2);
    while let Some(high) = digits.next() {
        octets.push(high << 4 | digits.next().unwrap_or(0));
    }
    octets
}

fn base85(packed: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(packed.len() / 5 * 4);
    let (mut group, mut count) = (0u32, 0usize);
    let packed = packed.strip_prefix(b"<~").unwrap_or(packed);
    for octet in packed {
        match octet {
            b'~' => break,
            b'z' if count == 0 => octets.extend([0; 4]),
            b'!'..=b'u' => {
                group = group.wrapping_mul(85).wrapping_add(u32::from(octet - b'!'));
                count += 1;
                if count == 5 {
                    octets.extend(group.to_be_bytes());
                    (group, count) = (0, 0);
                }
            }
            b if is_space(*b) => {}
            _ => {}
        }
    }
    if count > 1 {
        for _ in count..5 {
            group = group.wrapping_mul(85).wrapping_add(84);
        }
        octets.extend(group.to_be_bytes().iter().take(count - 1));
    }
    octets
}

struct RunLength<'a> {
    rest: &'a [u8],
    /// Octets to copy, or times to repeat one.
    copy: usize,
    repeat: (u8, usize),
}

impl<'a> RunLength<'a> {
    fn new(packed: &'a [u8]) -> RunLength<'a> {
        RunLength { rest: packed, copy: 0, repeat: (0, 0) }
    }

    fn octet(&mut self) -> Option<u8> {
        loop {
            if self.repeat.1 > 0 {
                self.repeat.1 -= 1;
                return Some(self.repeat.0);
            }
            let (first, rest) = self.rest.split_first()?;
            self.rest = rest;
            if self.copy > 0 {
                self.copy -= 1;
                return Some(*first);
            }
            match first {
                0..=127 => self.copy = usize::from(*first) + 1,
                128 => self.rest = &[],
                _ => {
                    let (again, rest) = self.rest.split_first()?;
                    self.rest = rest;
                    self.repeat = (*again, 257 - usize::from(*first));
                }
            }
        }
    }
}

impl Read for RunLength<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        Ok(fill(out, || self.octet()))
    }
}

fn fill(out: &mut [u8], mut next: impl FnMut() -> Option<u8>) -> usize {
    let mut count = 0;
    for slot in out {
        let Some(octet) = next() else { break };
        *slot = octet;
        count += 1;
    }
    count
}

/// LZW as in TIFF: codes of 9 to 12 bits, 256 clears, 257 ends.
struct Lzw<'a> {
    packed: &'a [u8],
    bits: u32,
    bit_count: u32,
    /// What a code stands for: the code before it, and one octet more.
    table: Vec<(u16, u8)>,
    before: Option<u16>,
    ready: Vec<u8>,
    is_early: bool,
    is_over: bool,
}

impl<'a> Lzw<'a> {
    fn new(packed: &'a [u8], is_early: bool) -> Lzw<'a> {
        let table = (0..258u16).map(|code| (u16::MAX, code as u8)).collect();
        let (bits, bit_count, before) = (0, 0, None);
        Lzw { packed, bits, bit_count, table, before, ready: Vec::new(), is_early, is_over: false }
    }

    fn code(&mut self) -> Option<u16> {
        let width = match self.table.len() + usize::from(self.is_early) {
            0..=511 => 9,
            512..=1023 => 10,
            1024..=2047 => 11,
            _ => 12,
        };
        while self.bit_count < width {
            let (first, rest) = self.packed.split_first()?;
            self.packed = rest;
            self.bits = self.bits << 8 | u32::from(*first);
            self.bit_count += 8;
        }
        self.bit_count -= width;
        Some((self.bits >> self.bit_count & ((1 << width) - 1)) as u16)
    }

    /// Puts the octets of the next code into `ready`, the last one first.
    fn step(&mut self) -> Option<()> {
        match self.code()? {
            256 => {
                self.table.truncate(258);
                self.before = None;
            }
            257 => return None,
            code => {
                let known = usize::from(code) < self.table.len();
                let from = if known { code } else { self.before? };
                let mut at = from;
                while let Some((previous, octet)) = self.table.get(usize::from(at)) {
                    self.ready.push(*octet);
                    at = *previous;
                }
                let first = *self.ready.last()?;
                if !known {
                    self.ready.insert(0, first);
                }
                if let Some(before) = self.before
                    && self.table.len() < 4096
                {
                    self.table.push((before, first));
                }
                self.before = Some(code);
            }
        }
        Some(())
    }
}

impl Read for Lzw<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        Ok(fill(out, || {
            while self.ready.is_empty() {
                if self.is_over || self.step().is_none() {
                    self.is_over = true;
                    return None;
                }
            }
            self.ready.pop()
        }))
    }
}

/// Undoes the predictor of PNG or TIFF.
fn predicted(octets: Vec<u8>, params: &Dict) -> Vec<u8> {
    let number = |key: &str, or: i64, most: i64| params.get(key).int().unwrap_or(or).clamp(1, most) as usize;
    let predictor = number("Predictor", 1, 99);
    if predictor < 2 {
        return octets;
    }
    let bits = number("BitsPerComponent", 8, 16);
    let colors = number("Colors", 1, 64);
    let pixel = (bits * colors).div_ceil(8);
    let row = (bits * colors * number("Columns", 1, 1 << 24)).div_ceil(8);
    if predictor == 2 {
        return if bits == 8 { tiff(octets, row, colors) } else { octets };
    }
    let mut out: Vec<u8> = Vec::with_capacity(octets.len());
    let mut above = vec![0u8; row.min(octets.len())];
    for packed in octets.chunks(row + 1) {
        let Some((kind, packed)) = packed.split_first() else { break };
        let start = out.len();
        for (nth, octet) in packed.iter().enumerate() {
            let left = nth.checked_sub(pixel).and_then(|n| out.get(start + n).copied()).unwrap_or(0);
            let up = above.get(nth).copied().unwrap_or(0);
            let corner = nth.checked_sub(pixel).and_then(|n| above.get(n).copied()).unwrap_or(0);
            let guess = match kind {
                1 => left,
                2 => up,
                3 => ((u16::from(left) + u16::from(up)) / 2) as u8,
                4 => paeth(left, up, corner),
                _ => 0,
            };
            out.push(octet.wrapping_add(guess));
        }
        above.clear();
        above.extend_from_slice(out.get(start..).unwrap_or_default());
    }
    out
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let p = i16::from(left) + i16::from(up) - i16::from(corner);
    let distance = |other: u8| (p - i16::from(other)).abs();
    match (distance(left), distance(up), distance(corner)) {
        (a, b, c) if a <= b && a <= c => left,
        (_, b, c) if b <= c => up,
        _ => corner,
    }
}

fn tiff(mut octets: Vec<u8>, row: usize, colors: usize) -> Vec<u8> {
    for line in octets.chunks_mut(row.max(1)) {
        for nth in colors..line.len() {
            let left = line.get(nth - colors).copied().unwrap_or(0);
            if let Some(octet) = line.get_mut(nth) {
                *octet = octet.wrapping_add(left);
            }
        }
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use std::io::Write;

    fn undo(raw: &[u8], names: &[&str]) -> Decoded {
        let filters: Vec<_> = names.iter().map(|name| (name.as_bytes().to_vec(), Dict::default())).collect();
        decode(raw.to_vec(), &filters, &mut Budget::new(&Limits::default()))
    }

    pub(crate) fn zlib(octets: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(octets).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn filters_are_undone() {
        let cases: [(&[u8], &[&str], &[u8]); 6] = [
            (b"48 65 6c6C 6f>", &["ASCIIHexDecode"], b"Hello"),
            (b"87cURD_*#4DfTZ)~>", &["A85"], b"Hello, World"),
            (&[2, b'a', b'b', b'c', 254, b'x', 128, 9], &["RL"], b"abcxxx"),
            (&[0x80, 0x0b, 0x60, 0x50, 0x22, 0x0c, 0x0c, 0x85, 0x01], &["LZWDecode"], b"-----A---B"),
            (&zlib(b"plain"), &["Fl"], b"plain"),
            (b"789c4b4c4a06000249012 6>", &["AHx", "FlateDecode"], b"abc"),
        ];
        for (raw, names, want) in cases {
            assert_eq!(undo(raw, names).octets, want, "{names:?}");
        }
        assert_eq!(undo(b"x", &["DCTDecode"]).picture, Some("image/jpeg"));
        assert_eq!(undo(b"x", &["What"]).why, Some(Why::Unsupported));
    }

    #[test]
    fn chains_and_bombs_are_cut() {
        let mut raw = vec![0; 60 << 20];
        for _ in 0..3 {
            raw = zlib(&raw);
        }
        assert_eq!(undo(&raw, &["Fl", "Fl", "Fl"]).why, Some(Why::OverLimit));
        for (count, why) in [(5, None), (6, None), (7, Some(Why::OverLimit))] {
            assert_eq!(undo(b"", &vec!["AHx"; count]).why, why, "{count}");
        }
    }

    #[test]
    fn predictors_are_undone() {
        let mut params = Dict::default();
        params.set("Predictor", super::super::lex::Object::Int(12));
        params.set("Columns", super::super::lex::Object::Int(3));
        assert_eq!(predicted(vec![2, 1, 2, 3, 2, 1, 1, 1, 1, 5, 1, 1], &params), [1, 2, 3, 2, 3, 4, 5, 6, 7]);
    }
}
