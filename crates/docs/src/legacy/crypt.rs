//! Passwords of Office files (MS-OFFCRYPTO): RC4 and XOR of the binary formats, AES of packages.

mod agile;
pub(super) mod rc4;
pub(super) mod xor;

use super::bytes::Bytes;
use super::cfb::Storage;
use crate::budget::Budget;
use crate::reading::Reading;
use crate::{File, Why};
use aes::cipher::{Array, BlockCipherDecrypt, KeyInit};

/// What Office itself takes when nobody gave a password: a workbook and a presentation that are only protected.
const DEFAULTS: [&str; 3] = ["VelvetSweatshop", "/01Hannes Ruescher/01", ""];
const BLOCK_BYTES: usize = 16;
/// Rounds of the standard encryption.
const STANDARD_ROUNDS: usize = 50_000;

/// Passwords to try, in UTF-16 as all of these take them: the given ones, then those of Office.
pub(super) fn candidates(given: &[String]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let all = given.iter().map(String::as_str).chain(DEFAULTS);
    all.map(|password| password.encode_utf16().flat_map(u16::to_le_bytes).collect())
}

/// Reads a folder with an encrypted package in it.
pub(super) fn package(at: &str, storage: &Storage<'_>, reading: &mut Reading<'_>) {
    let info = storage.stream("EncryptionInfo").unwrap_or_default();
    let packed = storage.stream("EncryptedPackage").unwrap_or_default();
    let size = packed.len() as u64;
    match opened(&info, &packed, reading.passwords, &mut reading.budget) {
        Some(octets) => {
            reading.decoded(size + info.len() as u64);
            reading.embedded(
                &format!("{at}!package"),
                &File { octets: &octets, name: "", media_type: "", passwords: reading.passwords },
            );
        }
        None => reading.opaque(at, "application/x-ole-storage", Why::Encrypted, size),
    }
}

fn opened(info: &[u8], packed: &[u8], passwords: &[String], budget: &mut Budget) -> Option<Vec<u8>> {
    let body = Bytes::from(packed, 8);
    let mut octets = match (info.u16(0)?, info.u16(2)?) {
        (4, 4) => agile::opened(Bytes::from(info, 8), body, passwords, budget)?,
        (2..=4, 2) => standard(info, body, passwords, budget)?,
        _ => return None,
    };
    octets.truncate(usize::try_from(packed.u64(0)?).unwrap_or(usize::MAX));
    Some(octets)
}

/// Standard encryption (2.3.4.5): AES block by block, a key from SHA-1.
fn standard(info: &[u8], body: &[u8], passwords: &[String], budget: &mut Budget) -> Option<Vec<u8>> {
    let head = info.size(8)?;
    let key_bytes = info.size(12 + 16)? / 8;
    let verifier = Bytes::from(info, head.checked_add(12)?);
    let salt = verifier.get(4..20)?;
    for password in candidates(passwords) {
        if !budget.key_rounds(STANDARD_ROUNDS) {
            return None;
        }
        let mut hash = sha1(&[salt, &password]);
        for round in 0..STANDARD_ROUNDS as u32 {
            hash = sha1(&[&round.to_le_bytes(), &hash]);
        }
        let hash = sha1(&[&hash, &[0; 4]]);
        let padded = |fill: u8| {
            let mut block = [fill; 64];
            block.iter_mut().zip(&hash).for_each(|(to, from)| *to ^= from);
            sha1(&[&block])
        };
        let key = [padded(0x36), padded(0x5c)].concat();
        let key = key.get(..key_bytes)?;
        let input = aes(key, verifier.get(20..36)?, None)?;
        let expected = aes(key, verifier.get(40..72)?, None)?;
        if expected.get(..20)? == sha1(&[&input]) {
            return aes(key, body, None);
        }
    }
    None
}

pub(super) fn sha1(parts: &[&[u8]]) -> [u8; 20] {
    use sha1::Digest;
    let mut hash = sha1::Sha1::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

/// Decrypts whole blocks, chained if there is a start for that; `None` for an impossible key.
fn aes(key: &[u8], octets: &[u8], start: Option<&[u8]>) -> Option<Vec<u8>> {
    fn with<C: KeyInit + BlockCipherDecrypt<BlockSize = aes::cipher::consts::U16>>(
        key: &[u8],
        octets: &[u8],
        start: Option<&[u8]>,
    ) -> Option<Vec<u8>> {
        let cipher = C::new_from_slice(key).ok()?;
        let mut before = start;
        let mut out = Vec::with_capacity(octets.len());
        for chunk in octets.chunks_exact(BLOCK_BYTES) {
            let mut block = Array::try_from(chunk).ok()?;
            cipher.decrypt_block(&mut block);
            if let Some(before) = &mut before {
                block.iter_mut().zip(before.iter()).for_each(|(to, from)| *to ^= from);
                *before = chunk;
            }
            out.extend_from_slice(&block);
        }
        Some(out)
    }
    match key.len() {
        16 => with::<aes::Aes128>(key, octets, start),
        24 => with::<aes::Aes192>(key, octets, start),
        32 => with::<aes::Aes256>(key, octets, start),
        _ => None,
    }
}
