//! RAR: only named, for its licence lets nobody write what packs it.

use crate::reading::Reading;
use crate::{File, Format, Why};
use memchr::memmem;

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    let why = if is_encrypted(file.octets) { Why::Encrypted } else { Why::Unsupported };
    reading.opaque(at, Format::Rar.media_type(), why, file.octets.len() as u64);
}

/// Does a header say that headers or files are encrypted?
fn is_encrypted(octets: &[u8]) -> bool {
    let Some(start) = memmem::find(octets, b"Rar!\x1a\x07") else { return false };
    match octets.get(start + 6..) {
        Some([0, rest @ ..]) => is_encrypted_4(rest),
        Some([1, 0, rest @ ..]) => is_encrypted_5(rest),
        _ => false,
    }
}

/// RAR 4: checksum, type, flags, size, and for files the size of the packed octets.
fn is_encrypted_4(mut rest: &[u8]) -> bool {
    while let Some([_, _, kind, flags_low, flags_high, size_low, size_high]) = rest.first_chunk::<7>() {
        let flags = u16::from_le_bytes([*flags_low, *flags_high]);
        let is_sealed = match kind {
            0x73 => flags & 0x80 != 0,
            0x74 => flags & 4 != 0,
            _ => false,
        };
        if is_sealed {
            return true;
        }
        let packed = rest.get(7..11).filter(|_| flags & 0x8000 != 0 || *kind == 0x74);
        let packed = packed.map_or(0, |n| n.iter().rev().fold(0, |n, b| n << 8 | usize::from(*b)));
        let header = usize::from(u16::from_le_bytes([*size_low, *size_high]));
        match rest.get(header.max(7).saturating_add(packed)..) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    false
}

/// RAR 5: checksum, size, type, flags in numbers of seven bits; an encryption header, or a record of a file that says so.
fn is_encrypted_5(mut rest: &[u8]) -> bool {
    while let Some((header, after)) = header_5(rest) {
        if header.kind == 4 || matches!(header.kind, 2 | 3) && header.is_sealed() {
            return true;
        }
        let data = usize::try_from(header.data_bytes).unwrap_or(usize::MAX);
        match after.get(data..) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    false
}

struct Header5<'o> {
    kind: u64,
    data_bytes: u64,
    extra: &'o [u8],
}

fn header_5(rest: &[u8]) -> Option<(Header5<'_>, &[u8])> {
    let (size, body) = number(rest.get(4..)?)?;
    let (body, after) = body.split_at_checked(usize::try_from(size).ok()?)?;
    let (kind, body) = number(body)?;
    let (flags, body) = number(body)?;
    let (extra_bytes, body) = if flags & 1 != 0 { number(body)? } else { (0, body) };
    let data_bytes = if flags & 2 != 0 { number(body)?.0 } else { 0 };
    let extra = body.get(body.len().checked_sub(usize::try_from(extra_bytes).ok()?)?..)?;
    Some((Header5 { kind, data_bytes, extra }, after))
}

impl Header5<'_> {
    /// Is there an encryption record (type 1) in the extra area?
    fn is_sealed(&self) -> bool {
        let mut rest = self.extra;
        while let Some((size, record)) = number(rest) {
            if number(record).is_some_and(|(kind, _)| kind == 1) {
                return true;
            }
            match usize::try_from(size).ok().and_then(|size| record.get(size.max(1)..)) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        false
    }
}

/// A number in groups of seven bits, the lowest first.
fn number(octets: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (nth, octet) in octets.iter().take(9).enumerate() {
        value |= u64::from(octet & 0x7f) << (7 * nth);
        if octet & 0x80 == 0 {
            return Some((value, octets.get(nth + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encryption_is_told() {
        let four = |kind: u8, flags: u16| {
            let mut octets = b"Rar!\x1a\x07\0".to_vec();
            octets.extend([0, 0, 0x73, 0, 0, 13, 0, 0, 0, 0, 0, 0, 0]);
            octets.extend([0, 0, kind]);
            octets.extend(flags.to_le_bytes());
            octets.extend([20, 0]);
            octets.extend([0; 13]);
            octets
        };
        let five = |header: &[u8]| [b"Rar!\x1a\x07\x01\0".as_slice(), &[0; 4], &[header.len() as u8], header].concat();
        let cases = [
            (four(0x74, 0), false),
            (four(0x74, 4), true),
            (four(0x73, 0x80), true),
            (five(&[4, 0, 0]), true),
            (five(&[2, 1, 2, 0, 0]), false),
            (five(&[2, 1, 2, 1, 1]), true),
            (b"Rar!\x1a\x07\x01\0".to_vec(), false),
        ];
        for (octets, want) in cases {
            assert_eq!(is_encrypted(&octets), want, "{octets:?}");
        }
    }
}
