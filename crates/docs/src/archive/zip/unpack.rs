//! The octets of a member: decrypted and unpacked.

use super::directory::{Entry, number};
use crate::Why;
use crate::budget::Budget;
use std::io::{BufReader, Cursor, Read};
use zip::ZipArchive;
use zip::read::ZipReadOptions;

/// Unpacks a member; what came out before the trouble, and the trouble.
pub(super) fn unpack(
    octets: &[u8],
    entry: &Entry<'_>,
    budget: &mut Budget,
    passwords: &[String],
) -> (Vec<u8>, Option<Why>) {
    let packed = octets.get(entry.data.clone()).unwrap_or_default();
    if !entry.is_encrypted() {
        return inflate(packed, entry.method, entry, budget);
    }
    let method = method_of_encrypted(entry);
    for password in passwords {
        let Some(plain) = decrypt(packed, entry, password) else { continue };
        let (content, trouble) = inflate(&plain, method, entry, budget);
        let is_right = method != entry.method || is_sum(&content, entry.crc);
        if trouble == Some(Why::OverLimit) || trouble.is_none() && is_right {
            return (content, trouble);
        }
    }
    (Vec::new(), Some(Why::Encrypted))
}

/// Is the checksum right? One password in 256 gets past the check of ZipCrypto.
fn is_sum(content: &[u8], crc: u32) -> bool {
    let mut sum = flate2::Crc::new();
    sum.update(content);
    sum.sum() == crc
}

/// The method that AES (99) hides in its extra field: version, vendor, strength, method.
fn method_of_encrypted(entry: &Entry<'_>) -> u16 {
    let hidden = |extra| super::directory::fields(extra).find(|(kind, _)| *kind == 0x9901);
    let field = hidden(entry.extra).or_else(|| hidden(entry.local_extra));
    match field.and_then(|(_, field)| number(field, 5, 2)) {
        Some(method) if entry.method == 99 => method as u16,
        _ => entry.method,
    }
}

fn inflate(packed: &[u8], method: u16, entry: &Entry<'_>, budget: &mut Budget) -> (Vec<u8>, Option<Why>) {
    let size = packed.len() as u64;
    let memory_kib = u32::try_from(budget.limits.decoder_bytes_max / 1024).unwrap_or(u32::MAX);
    let failed = |why| (Vec::new(), Some(why));
    match method {
        0 => budget.inflate_some(packed, size),
        8 => budget.inflate_some(flate2::bufread::DeflateDecoder::new(packed), size),
        // PPMd tells the memory of its model in MiB, less one (APPNOTE 5.10).
        98 if (number(packed, 0, 2).unwrap_or(0) >> 4 & 0xff) + 1 > u64::from(memory_kib / 1024) => {
            failed(Why::OverLimit)
        }
        // These are read by the library, from an archive of this member alone.
        9 | 98 => match ZipArchive::new(Cursor::new(alone(packed, entry, method, 0))) {
            Ok(mut archive) => match archive.by_index_with_options(0, ZipReadOptions::new().ignore_crc32(true)) {
                Ok(stream) => budget.inflate_some(stream, size),
                Err(_) => failed(Why::Malformed),
            },
            Err(_) => failed(Why::Malformed),
        },
        12 => budget.inflate_some(bzip2::bufread::MultiBzDecoder::new(packed), size),
        14 => match lzma(packed, entry, memory_kib) {
            Ok(stream) => budget.inflate_some(stream, size),
            Err(why) => failed(why),
        },
        93 => match zstd::stream::read::Decoder::with_buffer(packed) {
            Ok(mut stream) => {
                let window = budget.limits.decoder_bytes_max.max(2).ilog2();
                match stream.window_log_max(window) {
                    Ok(()) => budget.inflate_some(stream, size),
                    Err(_) => failed(Why::OverLimit),
                }
            }
            Err(_) => failed(Why::Malformed),
        },
        95 => budget.inflate_some(lzma_rust2::XzReader::new_mem_limit(packed, true, memory_kib), size),
        _ => failed(Why::Unsupported),
    }
}

/// LZMA within ZIP: version, size of properties, properties, stream (APPNOTE 5.8.8).
fn lzma<'p>(packed: &'p [u8], entry: &Entry<'_>, memory_kib: u32) -> Result<impl Read + use<'p>, Why> {
    let (Some(5), Some(properties)) = (number(packed, 2, 2), packed.get(4)) else { return Err(Why::Malformed) };
    let window = number(packed, 5, 4).and_then(|n| u32::try_from(n).ok()).ok_or(Why::Malformed)?;
    let needed = lzma_rust2::lzma_get_memory_usage_by_props(window, *properties).map_err(|_| Why::Malformed)?;
    if needed > memory_kib {
        return Err(Why::OverLimit);
    }
    let has_end_mark = entry.flags & 2 != 0;
    let size = if has_end_mark { u64::MAX } else { entry.size };
    let stream = BufReader::new(packed.get(9..).unwrap_or_default());
    lzma_rust2::LzmaReader::new_with_props(stream, size, *properties, window, None).map_err(|_| Why::Malformed)
}

/// The octets that an encrypted member packs, if the password is the right one.
fn decrypt(packed: &[u8], entry: &Entry<'_>, password: &str) -> Option<Vec<u8>> {
    // Strong encryption (APPNOTE 7) is another thing.
    if entry.flags & 0x40 != 0 {
        return None;
    }
    let mut archive = ZipArchive::new(Cursor::new(alone(packed, entry, 0, 1))).ok()?;
    let options = ZipReadOptions::new().password(Some(password.as_bytes())).ignore_crc32(true);
    let stream = archive.by_index_with_options(0, options).ok()?;
    let mut plain = Vec::new();
    // It cannot be longer than what it is read from.
    stream.take(packed.len() as u64).read_to_end(&mut plain).ok()?;
    Some(plain)
}

/// An archive of one member, whose method may be another one.
fn alone(packed: &[u8], entry: &Entry<'_>, method: u16, encrypted: u16) -> Vec<u8> {
    let is_aes = encrypted != 0 && entry.method == 99;
    let extra = match is_aes {
        true => super::directory::fields(entry.extra)
            .chain(super::directory::fields(entry.local_extra))
            .find(|(kind, _)| *kind == 0x9901)
            .map_or(Vec::new(), |(_, field)| {
                let strength = field.get(..5).unwrap_or_default();
                [&b"\x01\x99\x07\x00"[..], strength, &method.to_le_bytes()].concat()
            }),
        false => Vec::new(),
    };
    // What ZipCrypto hides of the salt is the checksum, or the time where sizes stand behind.
    let flags = encrypted | if encrypted != 0 && !is_aes { entry.flags & 8 } else { 0 };
    let method = if is_aes { 99 } else { method };
    let overhead = if encrypted != 0 && !is_aes { 12 } else { 0 };
    let size = if matches!(method, 9 | 98) {
        entry.size.min(u64::from(u32::MAX - 1)) as u32
    } else {
        packed.len().saturating_sub(overhead) as u32
    };
    let mut common = Vec::new();
    common.extend(51u16.to_le_bytes());
    common.extend(flags.to_le_bytes());
    common.extend(method.to_le_bytes());
    common.extend(entry.time.to_le_bytes());
    common.extend(entry.crc.to_le_bytes());
    common.extend((packed.len() as u32).to_le_bytes());
    common.extend(size.to_le_bytes());
    common.extend(1u16.to_le_bytes());
    common.extend((extra.len() as u16).to_le_bytes());
    let local = [b"PK\x03\x04", common.as_slice(), b"m", &extra].concat();
    let central = [&b"PK\x01\x02\x33\0"[..], &common, &[0; 14], b"m", &extra].concat();
    let mut end = b"PK\x05\x06\0\0\0\0\x01\0\x01\0".to_vec();
    end.extend((central.len() as u32).to_le_bytes());
    end.extend(((local.len() + packed.len()) as u32).to_le_bytes());
    end.extend([0, 0]);
    [local.as_slice(), packed, &central, &end].concat()
}
