//! compress (`.Z`): LZW with codes of 9 to 16 bits. Only read.

use super::Unpacked;
use crate::Why;
use crate::budget::Budget;
use std::io::{Error, ErrorKind, Read, Result};

/// Codes below it are octets.
const LITERALS: usize = 256;
/// Empties the table, if the header says that it may.
const CLEAR: usize = 256;
const BITS_MIN: u32 = 9;
const BITS_MAX: u32 = 16;

/// Does one begin here? Two octets of its own, then flags: reserved ones are zero.
pub(crate) fn is_compress(octets: &[u8]) -> bool {
    matches!(octets, [0x1f, 0x9d, flags, ..] if flags & 0x60 == 0 && (BITS_MIN..=BITS_MAX).contains(&u32::from(flags & 0x1f)))
}

pub(super) fn unpack<'o>(octets: &'o [u8], budget: &mut Budget) -> Unpacked<'o> {
    let mut unpacked = Unpacked::default();
    match octets {
        [0x1f, 0x9d, flags, codes @ ..] if is_compress(octets) => {
            let packed = octets.len() as u64;
            unpacked.add(budget.inflate_some(Lzw::new(codes, *flags), packed));
        }
        _ => unpacked.trouble = Some(Why::Malformed),
    }
    unpacked
}

/// A stream of codes.
struct Lzw<'o> {
    codes: &'o [u8],
    /// Where the next code begins, and where those of its width do, in bits.
    at: usize,
    width_from: usize,
    width: u32,
    width_max: u32,
    has_clear: bool,
    /// For each code from the literals on: the code before, and the last octet.
    table: Vec<(u16, u8)>,
    before: Option<u16>,
    first: u8,
    /// What the last code stands for, its end first.
    out: Vec<u8>,
}

impl<'o> Lzw<'o> {
    fn new(codes: &'o [u8], flags: u8) -> Lzw<'o> {
        let mut lzw = Lzw {
            codes,
            at: 0,
            width_from: 0,
            width: BITS_MIN,
            width_max: u32::from(flags & 0x1f),
            has_clear: flags & 0x80 != 0,
            table: Vec::new(),
            before: None,
            first: 0,
            out: Vec::new(),
        };
        lzw.clear();
        lzw
    }

    /// An empty table; where clearing is allowed its code takes the first place.
    fn clear(&mut self) {
        self.table.clear();
        if self.has_clear {
            self.table.push((0, 0));
        }
        self.before = None;
    }

    /// Codes stand in groups of eight; where their width changes, the rest of a group is filled up.
    fn set_width(&mut self, width: u32) {
        let group = 8 * self.width as usize;
        self.at = self.width_from + (self.at - self.width_from).next_multiple_of(group);
        (self.width_from, self.width) = (self.at, width);
    }

    fn code(&mut self) -> Option<usize> {
        if LITERALS + self.table.len() >= 1 << self.width && self.width < self.width_max {
            self.set_width(self.width + 1);
        }
        let (octet, bit, width) = (self.at / 8, self.at % 8, self.width as usize);
        if self.at + width > self.codes.len() * 8 {
            return None;
        }
        let octets = self.codes.get(octet..)?.iter().take(3).enumerate();
        let bits = octets.fold(0, |bits, (nth, b)| bits | usize::from(*b) << (8 * nth));
        self.at += width;
        Some(bits >> bit & ((1 << width) - 1))
    }

    /// Takes a code; false at the end.
    fn step(&mut self) -> Result<bool> {
        let Some(code) = self.code() else { return Ok(false) };
        if code == CLEAR && self.has_clear {
            self.clear();
            self.set_width(BITS_MIN);
            return Ok(true);
        }
        let broken = || Error::from(ErrorKind::InvalidData);
        let mut link = u16::try_from(code).map_err(|_| broken())?;
        let next = LITERALS + self.table.len();
        if code >= next {
            // One that is only about to be made: what was before, and its first octet again.
            let before = self.before.filter(|_| code == next).ok_or_else(broken)?;
            self.out.push(self.first);
            link = before;
        }
        // Each link leads to a lower code.
        while let Some(at) = usize::from(link).checked_sub(LITERALS) {
            let (before, last) = *self.table.get(at).ok_or_else(broken)?;
            self.out.push(last);
            link = before;
        }
        self.first = link as u8;
        self.out.push(self.first);
        if let Some(before) = self.before
            && next < 1 << self.width_max
        {
            self.table.push((before, self.first));
        }
        self.before = u16::try_from(code).ok();
        Ok(true)
    }
}

impl Read for Lzw<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let mut count = 0;
        for place in into {
            while self.out.is_empty() {
                if !self.step()? {
                    return Ok(count);
                }
            }
            *place = self.out.pop().unwrap_or(0);
            count += 1;
        }
        Ok(count)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::Limits;
    use std::collections::HashMap;

    /// Packs as compress does, clearing the table once it is full where that is allowed.
    pub(crate) fn packed(content: &[u8], width_max: u32, has_clear: bool) -> Vec<u8> {
        let mut out = vec![0x1f, 0x9d, width_max as u8 | if has_clear { 0x80 } else { 0 }];
        let mut bits: Vec<bool> = Vec::new();
        let (mut width, mut from) = (BITS_MIN, 0);
        let first = if has_clear { 257 } else { 256 };
        let mut table: HashMap<(usize, u8), usize> = HashMap::new();
        // The reader is one entry behind.
        let (mut known, mut is_first) = (first, true);
        let mut put = |code: usize, known: &mut usize, is_first: &mut bool| {
            let mut set = |width: &mut u32, new: u32, bits: &mut Vec<bool>| {
                let group = 8 * *width as usize;
                bits.resize(from + (bits.len() - from).next_multiple_of(group), false);
                (from, *width) = (bits.len(), new);
            };
            if *known >= 1 << width && width < width_max {
                let next = width + 1;
                set(&mut width, next, &mut bits);
            }
            bits.extend((0..width).map(|bit| code >> bit & 1 == 1));
            if code == CLEAR && has_clear {
                set(&mut width, BITS_MIN, &mut bits);
                (*known, *is_first) = (first, true);
            } else {
                *known += usize::from(!*is_first && *known < 1 << width_max);
                *is_first = false;
            }
            bits.len()
        };
        let (mut entries, mut now) = (first, None);
        for octet in content {
            let Some(code) = now else {
                now = Some(usize::from(*octet));
                continue;
            };
            if let Some(longer) = table.get(&(code, *octet)) {
                now = Some(*longer);
                continue;
            }
            put(code, &mut known, &mut is_first);
            if entries < 1 << width_max {
                table.insert((code, *octet), entries);
                entries += 1;
            } else if has_clear {
                put(CLEAR, &mut known, &mut is_first);
                table.clear();
                entries = first;
            }
            now = Some(usize::from(*octet));
        }
        if let Some(code) = now {
            put(code, &mut known, &mut is_first);
        }
        out.extend(bits.chunks(8).map(|octet| octet.iter().rev().fold(0u8, |n, bit| n << 1 | u8::from(*bit))));
        out
    }

    fn unpacked(octets: &[u8]) -> (Vec<u8>, Option<Why>) {
        let unpacked = unpack(octets, &mut Budget::new(&Limits::default()));
        (unpacked.content, unpacked.trouble)
    }

    #[test]
    fn what_was_packed_is_unpacked() {
        let mut seed = 1u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            b'a' + (seed >> 28) as u8
        })
        .take(200_000)
        .collect();
        for content in [b"".as_slice(), b"a", b"to be or not to be or to be or not", &[b'x'; 5000], &noise] {
            for width_max in [9, 10, 12, 16] {
                for has_clear in [true, false] {
                    let got = unpacked(&packed(content, width_max, has_clear));
                    assert!(got == (content.to_vec(), None), "{} {width_max} {has_clear}", content.len());
                }
            }
        }
    }

    #[test]
    fn broken_codes_end_it() {
        // A code that is not made yet, as the first and as the second.
        for codes in [&[0x2c, 0x01][..], &[0x41, 0xfe, 0x03]] {
            let octets = [&[0x1f, 0x9d, 0x90], codes].concat();
            assert_eq!(unpacked(&octets).1, Some(Why::Malformed));
        }
        for flags in [0x88, 0x91, 0xb0] {
            assert!(!is_compress(&[0x1f, 0x9d, flags, 0x41, 0]), "{flags:x}");
        }
    }
}
