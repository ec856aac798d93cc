//! Source of macros (MS-OVBA).

use super::bytes::{Bytes, utf16};
use super::cfb::Storage;
use super::codepage::Charset;
use crate::budget::Budget;

/// Octets of a chunk, unpacked.
const CHUNK_BYTES: usize = 4096;

/// A module: its name and where its source begins.
struct Module {
    stream: String,
    offset: usize,
}

/// The sources in a folder `VBA`, in the order of the project; `None` if it is no project.
pub(crate) fn sources(storage: &Storage<'_>, budget: &mut Budget) -> Option<Vec<(String, usize)>> {
    let packed = storage.stream("dir")?;
    let directory = unpacked(&packed, budget)?;
    let (charset, modules) = modules(&directory);
    let source = |module: Module| {
        let stream = storage.stream(&module.stream)?;
        let source = unpacked(Bytes::from(stream.as_slice(), module.offset), budget)?;
        Some((charset.decode(&source).replace("\r\n", "\n"), stream.len()))
    };
    Some(modules.into_iter().filter_map(source).collect())
}

fn modules(directory: &[u8]) -> (Charset, Vec<Module>) {
    let mut charset = Charset::LATIN;
    let mut modules = Vec::new();
    let mut name = String::new();
    let mut at = 0;
    while let (Some(kind), Some(size)) = (directory.u16(at), directory.size(at + 2)) {
        let data = directory.part(at + 6, size);
        match kind {
            0x03 => charset = Charset::of_page(u32::from(data.u16(0).unwrap_or(1252))),
            0x1a => name = charset.decode(data),
            0x32 if !data.is_empty() => name = utf16(data),
            0x31 => {
                modules.push(Module { stream: std::mem::take(&mut name), offset: data.size(0).unwrap_or(usize::MAX) })
            }
            _ => {}
        }
        // The version of the project is longer than it says.
        let extra = if kind == 0x09 { 2 } else { 0 };
        at = at.saturating_add(6 + extra).saturating_add(size);
    }
    (charset, modules)
}

/// Unpacks a container; `None` if it is none, or beyond the budget.
pub(crate) fn unpacked(packed: &[u8], budget: &mut Budget) -> Option<Vec<u8>> {
    if packed.first() != Some(&1) {
        return None;
    }
    let mut out = Vec::new();
    let mut at = 1;
    while let Some(header) = packed.u16(at) {
        let size = usize::from(header & 0xfff) + 3;
        let chunk = packed.part(at + 2, size - 2);
        if header & 0x7000 != 0x3000 || !budget.inflated(CHUNK_BYTES as u64) {
            break;
        }
        match header & 0x8000 {
            0 => out.extend_from_slice(chunk),
            _ => unpack_chunk(chunk, &mut out),
        }
        at += size;
    }
    Some(out)
}

fn unpack_chunk(chunk: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    let mut at = 0;
    while let Some(flags) = chunk.u8(at) {
        at += 1;
        for bit in 0..8 {
            let done = out.len() - start;
            if done >= CHUNK_BYTES {
                return;
            }
            if flags >> bit & 1 == 0 {
                let Some(literal) = chunk.u8(at) else { return };
                out.push(literal);
                at += 1;
                continue;
            }
            let Some(token) = chunk.u16(at) else { return };
            at += 2;
            // The more is done, the more bits the way back takes.
            let offset_bits = (usize::BITS - done.saturating_sub(1).leading_zeros()).clamp(4, 12);
            let length = usize::from(token & (0xffff >> offset_bits)) + 3;
            let back = usize::from(token >> (16 - offset_bits)) + 1;
            if back > done {
                return;
            }
            for _ in 0..length.min(CHUNK_BYTES - done) {
                match out.get(out.len() - back).copied() {
                    Some(octet) => out.push(octet),
                    None => return,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn examples_of_the_specification_unpack() {
        // MS-OVBA 3.2.2 and 3.2.3.
        let normal = [
            0x01, 0x2f, 0xb0, 0x00, 0x23, 0x61, 0x61, 0x61, 0x62, 0x63, 0x64, 0x65, 0x82, 0x66, 0x00, 0x70, 0x61, 0x67,
            0x68, 0x69, 0x6a, 0x01, 0x38, 0x08, 0x61, 0x6b, 0x6c, 0x00, 0x30, 0x6d, 0x6e, 0x6f, 0x70, 0x06, 0x71, 0x02,
            0x70, 0x04, 0x10, 0x72, 0x73, 0x74, 0x75, 0x76, 0x10, 0x77, 0x78, 0x79, 0x7a, 0x00, 0x3c,
        ];
        let most = [0x01, 0x03, 0xb0, 0x02, 0x61, 0x45, 0x00];
        let unpack = |packed: &[u8]| unpacked(packed, &mut Budget::new(&Limits::default()));
        let normal = unpack(&normal);
        assert_eq!(normal.as_deref(), Some(&b"#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa"[..]));
        assert_eq!(unpack(&most), Some(vec![b'a'; 73]));
        assert_eq!(unpack(b"\x02"), None);
    }

    #[test]
    fn what_unpacks_is_counted() {
        let packed: Vec<u8> = std::iter::once(1).chain([0x03, 0xb0, 0x02, 0x61, 0xff, 0x0f].repeat(1000)).collect();
        let limits = Limits { inflated_bytes_max: 10 * CHUNK_BYTES as u64, ..Limits::default() };
        assert!(unpacked(&packed, &mut Budget::new(&limits)).unwrap().len() <= 10 * CHUNK_BYTES);
    }
}
