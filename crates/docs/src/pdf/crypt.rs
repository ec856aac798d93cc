//! The standard security handler (ISO 32000-2, 7.6): RC4 and AES with the keys of revisions 2 to 6.

use super::lex::{Dict, Id, Object};
use aes::{Aes128, Aes256};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use md5::{Digest, Md5};
use rc4::{KeyInit, Rc4, StreamCipher};
use sha2::{Sha256, Sha384, Sha512};
use std::collections::HashMap;

const PAD: [u8; 32] = *b"\x28\xbf\x4e\x5e\x4e\x75\x8a\x41\x64\x00\x4e\x56\xff\xfa\x01\x08\
                         \x2e\x2e\x00\xb6\xd0\x68\x3e\x80\x2f\x0c\xa9\xfe\x64\x53\x69\x7a";

/// How strings or streams are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    None,
    Rc4,
    Aes128,
    Aes256,
}

/// A file's encryption, opened or not.
pub(super) struct Crypt {
    /// Missing if no password opened it.
    key: Option<Vec<u8>>,
    pub(super) strings: Method,
    pub(super) streams: Method,
    pub(super) files: Method,
    /// Those that a stream may ask for by name.
    named: HashMap<Vec<u8>, Method>,
    /// The XMP stream is in the clear.
    pub(super) is_metadata_clear: bool,
}

/// What the keys are made from.
struct Secrets<'a> {
    revision: i64,
    length: usize,
    owner: &'a [u8],
    user: &'a [u8],
    permissions: i32,
    id: &'a [u8],
    is_metadata_clear: bool,
}

impl Crypt {
    /// From the dictionary `Encrypt` and the first part of the file's ID. Tries the empty password first, then the others,
    /// each as the user's and the owner's.
    pub(super) fn open(dict: &Dict, id: &[u8], passwords: &[String]) -> Crypt {
        let version = dict.get("V").int().unwrap_or(0);
        let (strings, streams, files) = methods(dict, version);
        let filters = dict.get("CF").dict().into_iter().flat_map(|filters| &filters.0);
        let named = filters.map(|(name, filter)| (name.clone(), method_of(filter))).collect();
        let is_metadata_clear = dict.get("EncryptMetadata") == &Object::Bool(false);
        let mut crypt = Crypt { key: None, strings, streams, files, named, is_metadata_clear };
        let (Some(owner), Some(user)) = (dict.get("O").octets(), dict.get("U").octets()) else { return crypt };
        if !dict.is("Filter", "Standard") {
            return crypt;
        }
        let bits = if version >= 4 { 128 } else { dict.get("Length").int().unwrap_or(40) };
        let length = if version == 1 { 5 } else { (bits / 8).clamp(5, 16) as usize };
        let revision = dict.get("R").int().unwrap_or(0);
        let permissions = dict.get("P").int().unwrap_or(0) as i32;
        let secrets = Secrets { revision, length, owner, user, permissions, id, is_metadata_clear };
        let empty = String::new();
        crypt.key = std::iter::once(&empty).chain(passwords).find_map(|password| match revision {
            2..=4 => secrets.old_key(password),
            5 | 6 => secrets.new_key(password, dict),
            _ => None,
        });
        crypt
    }

    /// The method that a stream asks for by name.
    pub(super) fn named(&self, name: &[u8]) -> Method {
        self.named.get(name).copied().unwrap_or(Method::None)
    }

    pub(super) fn is_open(&self) -> bool {
        self.key.is_some()
    }

    /// Decrypts what belongs to an object. What cannot be decrypted is empty.
    pub(super) fn decrypt(&self, octets: &[u8], id: Id, method: Method) -> Vec<u8> {
        let Some(key) = &self.key else { return if method == Method::None { octets.to_vec() } else { Vec::new() } };
        match method {
            Method::None => octets.to_vec(),
            Method::Rc4 => rc4(&object_key(key, id, false), octets),
            Method::Aes128 => aes(&object_key(key, id, true), octets),
            Method::Aes256 => aes(key, octets),
        }
    }
}

fn methods(dict: &Dict, version: i64) -> (Method, Method, Method) {
    if version < 4 {
        return (Method::Rc4, Method::Rc4, Method::Rc4);
    }
    let filters = dict.get("CF").dict();
    let method = |key: &str, or: Method| {
        let Some(name) = dict.get(key).name() else { return or };
        filters.and_then(|filters| filters.0.get(name)).map_or(Method::None, method_of)
    };
    let streams = method("StmF", Method::None);
    (method("StrF", Method::None), streams, method("EFF", streams))
}

fn method_of(filter: &Object) -> Method {
    match filter.dict().and_then(|filter| filter.get("CFM").name()) {
        Some(b"V2") => Method::Rc4,
        Some(b"AESV2") => Method::Aes128,
        Some(b"AESV3") => Method::Aes256,
        _ => Method::None,
    }
}

fn object_key(key: &[u8], (number, generation): Id, is_aes: bool) -> Vec<u8> {
    let mut hash = Md5::new();
    hash.update(key);
    hash.update(number.to_le_bytes().get(..3).unwrap_or_default());
    hash.update(generation.to_le_bytes());
    if is_aes {
        hash.update(b"sAlT");
    }
    let length = (key.len() + 5).min(16);
    hash.finalize().iter().copied().take(length).collect()
}

fn rc4(key: &[u8], octets: &[u8]) -> Vec<u8> {
    let mut out = octets.to_vec();
    if let Ok(mut cipher) = Rc4::new_from_slice(key) {
        cipher.apply_keystream(&mut out);
    }
    out
}

/// AES in CBC mode: the first block is the initialisation vector, the last one is padded.
fn aes(key: &[u8], octets: &[u8]) -> Vec<u8> {
    let Some((iv, body)) = octets.split_at_checked(16) else { return Vec::new() };
    let body = body.get(..body.len() / 16 * 16).unwrap_or_default();
    let mut out = cbc_decrypt(key, iv, body);
    if let Some(pad @ 1..=16) = out.last().copied() {
        out.truncate(out.len().saturating_sub(usize::from(pad)));
    }
    out
}

fn cbc_decrypt(key: &[u8], iv: &[u8], octets: &[u8]) -> Vec<u8> {
    let mut out = octets.to_vec();
    let done = if key.len() == 32 {
        cbc::Decryptor::<Aes256>::new_from_slices(key, iv).map(|c| c.decrypt_padded::<NoPadding>(&mut out).is_ok())
    } else {
        cbc::Decryptor::<Aes128>::new_from_slices(key, iv).map(|c| c.decrypt_padded::<NoPadding>(&mut out).is_ok())
    };
    if done != Ok(true) {
        out.clear();
    }
    out
}

impl Secrets<'_> {
    /// Algorithms 2, 6 and 7: MD5 and RC4.
    fn old_key(&self, password: &str) -> Option<Vec<u8>> {
        let password = latin(password);
        let by_user = self.key_of(&password);
        if self.is_users(&by_user) {
            return Some(by_user);
        }
        let mut hash = Md5::digest(padded(&password)).to_vec();
        if self.revision >= 3 {
            for _ in 0..50 {
                hash = Md5::digest(hash.get(..self.length)?).to_vec();
            }
        }
        let key = hash.get(..self.length)?;
        let mut users = self.owner.get(..32).unwrap_or(self.owner).to_vec();
        let rounds = if self.revision >= 3 { 20u8 } else { 1 };
        for round in (0..rounds).rev() {
            users = rc4(&key.iter().map(|b| b ^ round).collect::<Vec<u8>>(), &users);
        }
        let by_owner = self.key_of(&users);
        self.is_users(&by_owner).then_some(by_owner)
    }

    fn key_of(&self, password: &[u8]) -> Vec<u8> {
        let mut hash = Md5::new();
        hash.update(padded(password));
        hash.update(self.owner.get(..32).unwrap_or(self.owner));
        hash.update(self.permissions.to_le_bytes());
        hash.update(self.id);
        if self.revision >= 4 && self.is_metadata_clear {
            hash.update([0xff; 4]);
        }
        let mut key = hash.finalize().to_vec();
        if self.revision >= 3 {
            for _ in 0..50 {
                key = Md5::digest(key.get(..self.length).unwrap_or_default()).to_vec();
            }
        }
        key.truncate(self.length);
        key
    }

    fn is_users(&self, key: &[u8]) -> bool {
        if self.revision == 2 {
            return self.user.get(..32) == Some(&rc4(key, &PAD));
        }
        let mut hash = Md5::new();
        hash.update(PAD);
        hash.update(self.id);
        let mut check = hash.finalize().to_vec();
        for round in 0..20u8 {
            check = rc4(&key.iter().map(|b| b ^ round).collect::<Vec<u8>>(), &check);
        }
        self.user.get(..16) == Some(&check)
    }

    /// Algorithm 2.A: SHA-2 and AES-256.
    fn new_key(&self, password: &str, dict: &Dict) -> Option<Vec<u8>> {
        let password = password.as_bytes().get(..127).unwrap_or(password.as_bytes());
        let user = self.user.get(..48)?;
        let sets = [(user, "UE", &[][..]), (self.owner.get(..48)?, "OE", user)];
        for (check, sealed, salted) in sets {
            let hash = |salt: &[u8]| self.hash(password, salt, salted);
            if check.get(..32)? == hash(check.get(32..40)?).get(..32)? {
                let key = hash(check.get(40..48)?);
                let sealed = dict.get(sealed).octets()?.get(..32)?;
                return Some(cbc_decrypt(key.get(..32)?, &[0; 16], sealed));
            }
        }
        None
    }

    /// Algorithm 2.B.
    fn hash(&self, password: &[u8], salt: &[u8], user: &[u8]) -> Vec<u8> {
        let mut key = Sha256::digest([password, salt, user].concat()).to_vec();
        if self.revision < 6 {
            return key;
        }
        for round in 0..2048u32 {
            let mut block = [password, &key, user].concat().repeat(64);
            let length = block.len();
            let (Some(aes_key), Some(iv)) = (key.get(..16), key.get(16..32)) else { return Vec::new() };
            let Ok(cipher) = cbc::Encryptor::<Aes128>::new_from_slices(aes_key, iv) else { return Vec::new() };
            if cipher.encrypt_padded::<NoPadding>(&mut block, length).is_err() {
                return Vec::new();
            }
            let sum: u32 = block.iter().take(16).map(|b| u32::from(*b)).sum();
            key = match sum % 3 {
                0 => Sha256::digest(&block).to_vec(),
                1 => Sha384::digest(&block).to_vec(),
                _ => Sha512::digest(&block).to_vec(),
            };
            let last = block.last().copied().map_or(0, u32::from);
            if round >= 63 && last <= round + 1 - 32 {
                break;
            }
        }
        key.truncate(32);
        key
    }
}

fn padded(password: &[u8]) -> Vec<u8> {
    password.iter().chain(&PAD).copied().take(32).collect()
}

/// In PDFDocEncoding, as far as that is Latin-1.
fn latin(password: &str) -> Vec<u8> {
    password.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}
