//! Encryption of OpenDocument packages (ODF 1.3 part 2, 3.4 and 4.8): each entry by itself, packed and then encrypted.

use super::ooxml::with_xml;
use super::package::Package;
use super::xml::{Tag, Token};
use crate::budget::Budget;
use crate::text::transfer::base64;
use aes::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::NoPadding};
use flate2::read::DeflateDecoder;
use sha1::{Digest, Sha1};
use sha2::Sha256;
use std::collections::HashMap;

/// The checksum is of so much of what is packed.
const CHECKED_BYTES: usize = 1024;

/// How an entry is encrypted, as its manifest tells.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Encryption {
    checksum: Vec<u8>,
    iv: Vec<u8>,
    salt: Vec<u8>,
    rounds: u32,
    key_bytes: usize,
    has_sha256_start: bool,
    has_sha256_checksum: bool,
    /// AES in CBC, with a key from a password.
    is_known: bool,
}

/// The entries that the manifest says are encrypted.
pub(crate) fn encrypted_entries(package: &Package<'_>, budget: &mut Budget) -> HashMap<String, Encryption> {
    let mut found: HashMap<String, Encryption> = HashMap::new();
    let mut name = String::new();
    with_xml(package, "META-INF/manifest.xml", budget, |token| {
        let Token::Start(tag) = token else { return };
        match tag.local {
            "file-entry" => name = tag.value("full-path").unwrap_or_default(),
            "encryption-data" => drop(found.insert(name.clone(), Encryption::default())),
            _ => {}
        }
        if let Some(encryption) = found.get_mut(&name) {
            encryption.take(tag);
        }
    });
    found
}

impl Encryption {
    fn take(&mut self, tag: &Tag<'_>) {
        let octets = |name| tag.raw(name).map(|coded| base64(coded.as_bytes())).unwrap_or_default();
        let has = |name, word: &str| tag.raw(name).is_some_and(|value| value.to_ascii_lowercase().contains(word));
        match tag.local {
            "encryption-data" => {
                self.checksum = octets("checksum");
                self.has_sha256_checksum = has("checksum-type", "sha256");
            }
            "algorithm" => {
                self.iv = octets("initialisation-vector");
                self.is_known = has("algorithm-name", "aes") && has("algorithm-name", "cbc");
            }
            "key-derivation" => {
                self.salt = octets("salt");
                self.rounds = tag.raw("iteration-count").and_then(|count| count.parse().ok()).unwrap_or(0);
                self.key_bytes = tag.raw("key-size").and_then(|size| size.parse().ok()).unwrap_or(16);
                self.is_known &= has("key-derivation-name", "pbkdf2");
            }
            "start-key-generation" => self.has_sha256_start = has("start-key-generation-name", "sha256"),
            _ => {}
        }
    }

    /// The key that a password gives; `None` if this is not known or costs too much.
    fn key(&self, password: &str, budget: &mut Budget) -> Option<Vec<u8>> {
        if !self.is_known || !matches!(self.key_bytes, 16 | 24 | 32) || self.rounds == 0 {
            return None;
        }
        // A key of more than 20 octets takes two sums in each round.
        let blocks = self.key_bytes.div_ceil(20);
        if !budget.key_rounds(usize::try_from(self.rounds).ok()?.checked_mul(blocks)?) {
            return None;
        }
        let mut key = vec![0; self.key_bytes];
        let start: Vec<u8> = match self.has_sha256_start {
            true => Sha256::digest(password).to_vec(),
            false => Sha1::digest(password).to_vec(),
        };
        pbkdf2::pbkdf2_hmac::<Sha1>(&start, &self.salt, self.rounds, &mut key);
        Some(key)
    }

    /// What is packed under the encryption; `None` if the key does not fit.
    fn decrypted(&self, key: &[u8], octets: &[u8]) -> Option<Vec<u8>> {
        let mut packed = match key.len() {
            16 => decrypted::<aes::Aes128>(key, &self.iv, octets),
            24 => decrypted::<aes::Aes192>(key, &self.iv, octets),
            _ => decrypted::<aes::Aes256>(key, &self.iv, octets),
        }?;
        let padding = usize::from(*packed.last()?);
        packed.truncate(packed.len().checked_sub(padding).filter(|_| (1..=16).contains(&padding))?);
        let checked = packed.get(..packed.len().min(CHECKED_BYTES))?;
        let is_right = match self.has_sha256_checksum {
            true => Sha256::digest(checked).as_slice() == self.checksum,
            false => Sha1::digest(checked).as_slice() == self.checksum,
        };
        is_right.then_some(packed)
    }
}

fn decrypted<C>(key: &[u8], iv: &[u8], octets: &[u8]) -> Option<Vec<u8>>
where
    C: aes::cipher::BlockCipherDecrypt + aes::cipher::KeyInit,
    cbc::Decryptor<C>: KeyIvInit,
{
    let decryptor = cbc::Decryptor::<C>::new_from_slices(key, iv).ok()?;
    let mut buffer = octets.to_vec();
    decryptor.decrypt_padded::<NoPadding>(&mut buffer).ok()?;
    Some(buffer)
}

/// Entries that a password opened, by their number.
#[derive(Default)]
pub(crate) struct Opened {
    packed: HashMap<usize, Vec<u8>>,
}

impl Opened {
    /// Opens what the first fitting password opens.
    pub(crate) fn new(
        package: &Package<'_>,
        encrypted: &HashMap<String, Encryption>,
        passwords: &[String],
        budget: &mut Budget,
    ) -> Opened {
        let entries = package.entries.iter().enumerate();
        let mut entries: Vec<_> =
            entries.filter_map(|(nth, entry)| Some((nth, entry, encrypted.get(&entry.name)?))).collect();
        // The smallest tells whether a password fits.
        entries.sort_by_key(|(_, entry, _)| entry.packed.len());
        for password in passwords {
            let mut opened = Opened::default();
            let mut keys: HashMap<(&[u8], u32, usize), Vec<u8>> = HashMap::new();
            for (nth, entry, encryption) in &entries {
                let same = (encryption.salt.as_slice(), encryption.rounds, encryption.key_bytes);
                let key = match keys.get(&same) {
                    Some(key) => Some(key.clone()),
                    None => encryption.key(password, budget),
                };
                let Some(key) = key else { break };
                // What is encrypted is stored as it is, or should be.
                let Ok((octets, _)) = entry.unpacked(budget) else { break };
                let Some(packed) = encryption.decrypted(&key, &octets) else { break };
                keys.insert(same, key);
                opened.packed.insert(*nth, packed);
            }
            if !opened.packed.is_empty() {
                return opened;
            }
        }
        Opened::default()
    }

    pub(crate) fn has(&self, nth: usize) -> bool {
        self.packed.contains_key(&nth)
    }

    /// The octets of an entry that is open.
    pub(crate) fn unpacked(&self, nth: usize, budget: &mut Budget) -> Option<Result<Vec<u8>, crate::Why>> {
        let packed = self.packed.get(&nth)?;
        Some(budget.inflate(DeflateDecoder::new(packed.as_slice()), packed.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use crate::office::package::built;
    use crate::{Content, File, Limits, Why, read};
    use ::base64::Engine;
    use ::base64::engine::general_purpose::STANDARD;
    use aes::cipher::{BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
    use sha1::Sha1;
    use sha2::{Digest, Sha256};
    use std::io::Write;

    const BASE64_SALT: &str = "c2FsdHNhbHRzYWx0c2FsdA==";
    const BASE64_IV: &str = "aXZpdml2aXZpdml2aXZpdg==";

    fn encrypted(content: &str, rounds: u32) -> Vec<u8> {
        let mut key = [0; 32];
        pbkdf2::pbkdf2_hmac::<Sha1>(&Sha256::digest("open"), b"saltsaltsaltsalt", rounds, &mut key);
        let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(content.as_bytes()).unwrap();
        let packed = packer.finish().unwrap();
        let sum = Sha256::digest(&packed[..packed.len().min(1024)]);
        let sum = STANDARD.encode(sum);
        let encryptor = cbc::Encryptor::<aes::Aes256>::new_from_slices(&key, b"iviviviviviviviv").unwrap();
        let mut octets = [packed.as_slice(), &[0; 16]].concat();
        let length = encryptor.encrypt_padded::<Pkcs7>(&mut octets, packed.len()).unwrap().len();
        octets.truncate(length);
        let manifest = format!(
            "<manifest><file-entry full-path=\"content.xml\"><encryption-data checksum-type=\"urn:x#sha256-1k\" \
             checksum=\"{sum}\"><algorithm algorithm-name=\"http://www.w3.org/2001/04/xmlenc#aes256-cbc\" \
             initialisation-vector=\"{BASE64_IV}\"/><key-derivation key-derivation-name=\"PBKDF2\" key-size=\"32\" \
             iteration-count=\"{rounds}\" salt=\"{BASE64_SALT}\"/><start-key-generation \
             start-key-generation-name=\"http://www.w3.org/2000/09/xmldsig#sha256\"/></encryption-data></file-entry></manifest>"
        );
        built(&[
            ("mimetype", b"application/vnd.oasis.opendocument.text"),
            ("content.xml", &octets),
            ("META-INF/manifest.xml", manifest.as_bytes()),
        ])
    }

    #[test]
    fn the_right_password_opens_within_the_rounds() {
        let file = encrypted("<p>secret text</p>", 1000);
        let limits = |key_rounds_max| Limits { key_rounds_max, ..Limits::default() };
        let content = |passwords: &[&str], rounds: usize| {
            let passwords: Vec<String> = passwords.iter().map(|p| (*p).to_owned()).collect();
            let file = File { octets: &file, name: "", media_type: "", passwords: &passwords };
            let part = read(&file, &limits(rounds)).parts.into_iter().find(|part| part.path == "!content");
            match part.unwrap().content {
                Content::Text(text) => Ok(text),
                Content::Opaque(why) => Err(why),
            }
        };
        let open = Ok("secret text\n".to_owned());
        assert_eq!(content(&["wrong", "open"], 4000), open);
        assert_eq!(content(&["open"], 2001), open);
        assert_eq!(content(&["open"], 2000), open);
        assert_eq!(content(&["open"], 1999), Err(Why::Encrypted));
        assert_eq!(content(&["wrong"], 4000), Err(Why::Encrypted));
        assert_eq!(content(&[], 4000), Err(Why::Encrypted));
    }
}
