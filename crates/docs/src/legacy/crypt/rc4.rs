//! RC4 in the binary formats (MS-OFFCRYPTO 2.3.5 and 2.3.6): a key for every block.

use super::{candidates, sha1};
use crate::legacy::bytes::Bytes;
use ::rc4::{KeyInit, Rc4, StreamCipher};
use md5::Digest;

/// What the keys of blocks are made from.
pub(crate) enum Key {
    /// 40 bits, by MD5.
    Old([u8; 5]),
    /// By SHA-1, with so many octets of it.
    New([u8; 20], usize),
}

/// Makes a key of a password.
type KeyOf<'k> = Box<dyn Fn(&[u8]) -> Key + 'k>;

fn md5(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = md5::Md5::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

impl Key {
    /// The key, if a password fits; `info` begins with the version of the encryption.
    pub(crate) fn find(info: &[u8], passwords: &[String]) -> Option<Key> {
        let (key_of, verifier, hash): (KeyOf<'_>, &[u8], &[u8]) = match (info.u16(0)?, info.u16(2)?) {
            (1, 1) => {
                let salt = info.get(4..20)?;
                let key = move |password: &[u8]| {
                    let half = md5(&[password]);
                    let half = half.part(0, 5);
                    let hash = md5(&[&[half, salt].concat().repeat(16)]);
                    Key::Old(std::array::from_fn(|nth| hash.u8(nth).unwrap_or(0)))
                };
                (Box::new(key), info.get(20..36)?, info.get(36..52)?)
            }
            (2..=4, 2) => {
                let head = info.size(8)?;
                let bits = info.size(12 + 16)?;
                let key_bytes = if bits == 0 { 5 } else { (bits / 8).min(20) };
                let verifier = Bytes::from(info, head.checked_add(12)?);
                let salt = verifier.get(4..20)?;
                let key = move |password: &[u8]| Key::New(sha1(&[salt, password]), key_bytes);
                (Box::new(key), verifier.get(20..36)?, verifier.get(40..60)?)
            }
            _ => return None,
        };
        candidates(passwords).map(|password| key_of(&password)).find(|key| {
            let mut octets = [verifier, hash].concat();
            key.apply(0, &mut octets);
            let (input, expected) = octets.split_at_checked(verifier.len()).unwrap_or_default();
            match key {
                Key::Old(_) => md5(&[input]) == expected,
                Key::New(..) => sha1(&[input]) == expected,
            }
        })
    }

    /// Decrypts octets that begin with a block.
    pub(crate) fn apply(&self, block: u32, octets: &mut [u8]) {
        let key = match self {
            Key::Old(half) => md5(&[half, &block.to_le_bytes()]).to_vec(),
            Key::New(hash, key_bytes) => {
                let mut key = sha1(&[hash, &block.to_le_bytes()]).part(0, *key_bytes).to_vec();
                // 40 bits are filled up.
                if key.len() == 5 {
                    key.resize(16, 0);
                }
                key
            }
        };
        if let Ok(mut cipher) = Rc4::new_from_slice(&key) {
            cipher.apply_keystream(octets);
        }
    }

    /// Decrypts a stream of blocks of a length; its first octets stay as they are.
    pub(crate) fn stream(&self, octets: &mut [u8], block_bytes: usize, plain_bytes: usize) {
        let plain = octets.part(0, plain_bytes).to_vec();
        for (block, chunk) in (0..).zip(octets.chunks_mut(block_bytes)) {
            self.apply(block, chunk);
        }
        octets.iter_mut().zip(plain).for_each(|(to, from)| *to = from);
    }
}

/// The streams of property sets that are kept encrypted in one (2.3.5.4).
pub(crate) fn summaries(stream: &[u8], key: &Key) -> Vec<Vec<u8>> {
    let mut list = stream.part(stream.size(0).unwrap_or(usize::MAX), stream.size(4).unwrap_or(0)).to_vec();
    key.apply(0, &mut list);
    let count = list.size(0).unwrap_or(0);
    let mut streams = Vec::new();
    let mut at = 4;
    // Streams that overlap would be more than is there.
    let mut left = stream.len();
    for _ in 0..count {
        let (Some(from), Some(size), Some(block)) = (list.size(at), list.size(at + 4), list.u16(at + 8)) else { break };
        let mut octets = stream.part(from, size).to_vec();
        match left.checked_sub(octets.len()) {
            Some(rest) => left = rest,
            None => break,
        }
        key.apply(u32::from(block), &mut octets);
        streams.push(octets);
        at += 16 + 2 * (usize::from(list.u8(at + 10).unwrap_or(0)) + 1);
    }
    streams
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What stands before an encrypted stream, and its key.
    pub(crate) fn info(password: &str, is_new: bool) -> (Vec<u8>, Key) {
        let password: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let salt = [7u8; 16];
        let input = [9u8; 16];
        if !is_new {
            let hash = md5(&[&[&md5(&[&password])[..5], &salt].concat().repeat(16)]);
            let key = Key::Old(hash[..5].try_into().unwrap());
            let mut verifier = [&input[..], &md5(&[&input])].concat();
            key.apply(0, &mut verifier);
            return ([&[1, 0, 1, 0][..], &salt, &verifier].concat(), key);
        }
        let key = Key::New(sha1(&[&salt, &password]), 16);
        let mut secret = [&input[..], &sha1(&[&input])].concat();
        key.apply(0, &mut secret);
        let mut head = vec![0; 32];
        head[16] = 128;
        let verifier = [&16u32.to_le_bytes()[..], &salt, &secret[..16], &20u32.to_le_bytes(), &secret[16..]].concat();
        ([&[2, 0, 2, 0, 0, 0, 0, 0, 32, 0, 0, 0][..], &head, &verifier].concat(), key)
    }

    #[test]
    fn a_password_opens_what_it_closed() {
        for is_new in [false, true] {
            let (info, key) = info("secret", is_new);
            let mut octets = vec![5; 2000];
            key.stream(&mut octets, 512, 68);
            assert!(octets[..68] == [5; 68] && octets[68..] != [5; 1932]);
            let found = Key::find(&info, &["other".into(), "secret".into()]).unwrap();
            found.stream(&mut octets, 512, 68);
            assert_eq!(octets, vec![5; 2000]);
            assert!(Key::find(&info, &["other".into()]).is_none());
            for cut in 0..info.len() {
                assert!(Key::find(&info[..cut], &["secret".into()]).is_none());
            }
        }
    }
}
