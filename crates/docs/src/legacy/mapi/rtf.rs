//! Compressed RTF (MS-OXRTFCP).

use crate::Why;
use crate::budget::Budget;
use crate::legacy::bytes::Bytes;

const COMPRESSED: u32 = 0x7546_5a4c;
const UNCOMPRESSED: u32 = 0x414c_454d;
const RING_BYTES: usize = 4096;
const START: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

/// Unpacks it; what is cut short comes as far as it goes.
pub(super) fn unpacked(packed: &[u8], budget: &mut Budget) -> Result<Vec<u8>, Why> {
    let kind = packed.u32(8).ok_or(Why::Malformed)?;
    let declared = packed.size(4).unwrap_or(0);
    let body = Bytes::from(packed, 16);
    if kind == UNCOMPRESSED {
        return Ok(body.part(0, declared).to_vec());
    }
    if kind != COMPRESSED {
        return Err(Why::Malformed);
    }
    let mut ring = [0; RING_BYTES];
    for (to, from) in ring.iter_mut().zip(START) {
        *to = *from;
    }
    let mut write = START.len();
    let mut out: Vec<u8> = Vec::new();
    let mut counted = 0;
    let mut put = |octet: u8, ring: &mut [u8; RING_BYTES], out: &mut Vec<u8>| {
        if let Some(to) = ring.get_mut(write) {
            *to = octet;
        }
        write = (write + 1) % RING_BYTES;
        out.push(octet);
        write
    };
    let mut at = 0;
    let mut position = START.len();
    'all: while let Some(flags) = body.u8(at) {
        at += 1;
        if out.len() > counted {
            if !budget.inflated((out.len() - counted) as u64) {
                return Err(Why::OverLimit);
            }
            counted = out.len();
        }
        for bit in 0..8 {
            if flags >> bit & 1 == 0 {
                let Some(literal) = body.u8(at) else { break 'all };
                at += 1;
                position = put(literal, &mut ring, &mut out);
                continue;
            }
            let Some(pair) = body.get(at..at + 2) else { break 'all };
            at += 2;
            let token = pair.iter().fold(0usize, |sum, b| sum << 8 | usize::from(*b));
            let (offset, length) = (token >> 4, (token & 15) + 2);
            // The place that is written next marks the end.
            if offset == position {
                break 'all;
            }
            for step in 0..length {
                let octet = ring.get((offset + step) % RING_BYTES).copied().unwrap_or(0);
                position = put(octet, &mut ring, &mut out);
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn unpack(packed: &[u8]) -> Result<Vec<u8>, Why> {
        unpacked(packed, &mut Budget::new(&Limits::default()))
    }

    #[test]
    fn examples_of_the_specification_unpack() {
        // MS-OXRTFCP 3.1 and 3.2.
        assert_eq!(START.len(), 207);
        let packed = b"\x2d\0\0\0\x2b\0\0\0LZFu\xf1\xc5\xc7\xa7\x03\0\x0a\0rcpg125\x42\x32\x0a\xf3 hel\x09\0\x20\x62\x77\x05\xb0\x6c\x64\x7d\x0a\x80\x0f\xa0";
        assert_eq!(unpack(packed).as_deref(), Ok(&b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"[..]));
        let crossing = b"\x1a\0\0\0\x1c\0\0\0LZFu\xe2\xd4\x4b\x51\x41\0\x04\x20WXYZ\x0d\x6e\x7d\x01\x0e\xb0";
        assert_eq!(unpack(crossing).as_deref(), Ok(&b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"[..]));
        assert_eq!(unpack(b"\x10\0\0\0\x02\0\0\0MELA\0\0\0\0hix").as_deref(), Ok(&b"hi"[..]));
        assert_eq!(unpack(b"\x10\0\0\0\x02\0\0\0what\0\0\0\0hix"), Err(Why::Malformed));
        for cut in 0..packed.len() {
            let _ = unpack(&packed[..cut]);
        }
    }
}
