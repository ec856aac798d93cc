//! Keys: root → tenant → ticket, and a fresh one for every write.
//!
//! The root key comes from outside and seals one small file, the *keyring*. In it are the tenant key and the keys that
//! must outlive a change of the root key (index, marks, tokens, digests, portal), all random: a new root key means a
//! new keyring file and nothing else. A ticket has its own random key in a record under the tenant key; whoever
//! destroys it has erased the ticket. No key ever encrypts twice: each write derives one by HKDF (RFC 5869) from 32
//! random octets, with tenant, kind, id and version as `info`, for AES-256-GCM, so nonces cannot repeat.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac, rand};
use lazaret_core::{DigestKey, MarkKey, TokenKey};
use zeroize::Zeroizing;

/// Octets of every key.
pub(crate) const KEY_BYTES: usize = 32;
/// Octets of the tag that AES-256-GCM adds.
pub(crate) const TAG_BYTES: usize = 16;

pub(crate) type KeyBytes = Zeroizing<[u8; KEY_BYTES]>;

/// The root key: opens the keyring. Not stored anywhere here.
#[derive(Clone)]
pub struct RootKey(KeyBytes);

impl RootKey {
    /// Takes key material over.
    pub fn new(bytes: [u8; 32]) -> RootKey {
        RootKey(Zeroizing::new(bytes))
    }

    /// Eight hexadecimal digits by which people tell keys apart; no way back to the key.
    pub fn fingerprint(&self) -> String {
        hex(&short_mac::<4>(&self.0, &[b"lazaret root key fingerprint"]))
    }
}

impl std::fmt::Debug for RootKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RootKey({})", self.fingerprint())
    }
}

/// The keys that live in the store and that others work with. None of them opens it.
#[derive(Clone, Debug)]
pub struct StoreKeys {
    /// For K2 and the digests of findings.
    pub digest: DigestKey,
    /// For the tags of marks.
    pub mark: MarkKey,
    /// For the tokens in our Message-IDs.
    pub token: TokenKey,
    /// Seed of the Ed25519 key (RFC 8032) that signs portal links.
    pub portal_seed: PortalSeed,
}

/// 32 octets that `Debug` does not print.
#[derive(Clone)]
pub struct PortalSeed(KeyBytes);

impl std::fmt::Debug for PortalSeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PortalSeed(..)")
    }
}

impl std::ops::Deref for PortalSeed {
    type Target = [u8; 32];
    fn deref(&self) -> &[u8; 32] {
        &self.0
    }
}

impl AsRef<[u8; 32]> for PortalSeed {
    fn as_ref(&self) -> &[u8; 32] {
        &self.0
    }
}

/// What the keyring holds.
pub(crate) struct Keyring {
    pub(crate) tenant: String,
    pub(crate) tenant_key: KeyBytes,
    pub(crate) index_key: KeyBytes,
    digest: KeyBytes,
    mark: KeyBytes,
    token: KeyBytes,
    portal: KeyBytes,
}

/// Why a keyring does not open.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum KeyringError {
    /// Sealed by the key with this fingerprint.
    OtherKey(String),
    /// Not what was written.
    Damaged,
    /// Of a later format.
    Version(u8),
}

const KEYRING_MAGIC: &[u8] = b"LZKR";
const KEYRING_FORMAT: u8 = 1;

impl Keyring {
    /// A keyring of new random keys.
    pub(crate) fn generate(tenant: &str) -> Keyring {
        let key = random_key;
        Keyring {
            tenant: tenant.to_owned(),
            tenant_key: key(),
            index_key: key(),
            digest: key(),
            mark: key(),
            token: key(),
            portal: key(),
        }
    }

    /// The keyring file: magic, format, fingerprint of the root key, salt, ciphertext.
    pub(crate) fn seal(&self, root: &RootKey) -> Vec<u8> {
        let mut plain = Zeroizing::new(Vec::with_capacity(6 * KEY_BYTES + self.tenant.len()));
        for key in [&self.tenant_key, &self.index_key, &self.digest, &self.mark, &self.token, &self.portal] {
            plain.extend_from_slice(&key[..]);
        }
        plain.extend_from_slice(self.tenant.as_bytes());
        let mut head = KEYRING_MAGIC.to_vec();
        head.push(KEYRING_FORMAT);
        head.extend_from_slice(root.fingerprint().as_bytes());
        let salt = random::<32>();
        head.extend_from_slice(&salt);
        let cipher = Cipher::derive(&root.0, &salt, &head);
        let sealed = cipher.seal([0; NONCE_LEN], &head, &plain);
        head.extend_from_slice(&sealed);
        head
    }

    /// Opens a keyring file: this is the canary that proves the root key, before the database is touched.
    pub(crate) fn open(file: &[u8], root: &RootKey) -> Result<Keyring, KeyringError> {
        let rest = file.strip_prefix(KEYRING_MAGIC).ok_or(KeyringError::Damaged)?;
        let (&format, rest) = rest.split_first().ok_or(KeyringError::Damaged)?;
        if format != KEYRING_FORMAT {
            return Err(KeyringError::Version(format));
        }
        let (fingerprint, rest) = rest.split_at_checked(8).ok_or(KeyringError::Damaged)?;
        if fingerprint != root.fingerprint().as_bytes() {
            return Err(KeyringError::OtherKey(String::from_utf8_lossy(fingerprint).into_owned()));
        }
        let (salt, sealed) = rest.split_first_chunk::<32>().ok_or(KeyringError::Damaged)?;
        let head = file.get(..file.len() - sealed.len()).ok_or(KeyringError::Damaged)?;
        let cipher = Cipher::derive(&root.0, salt, head);
        let plain = cipher.open([0; NONCE_LEN], head, sealed).ok_or(KeyringError::Damaged)?;
        let mut rest = plain.as_slice();
        let mut next = || -> Option<KeyBytes> {
            let (key, tail) = rest.split_first_chunk::<KEY_BYTES>()?;
            rest = tail;
            Some(Zeroizing::new(*key))
        };
        let mut take = || next().ok_or(KeyringError::Damaged);
        let (tenant_key, index_key, digest, mark, token, portal) =
            (take()?, take()?, take()?, take()?, take()?, take()?);
        let tenant = String::from_utf8(rest.to_vec()).map_err(|_| KeyringError::Damaged)?;
        Ok(Keyring { tenant, tenant_key, index_key, digest, mark, token, portal })
    }

    /// The keys that others work with.
    pub(crate) fn store_keys(&self) -> StoreKeys {
        StoreKeys {
            digest: DigestKey::new(*self.digest),
            mark: MarkKey::new(*self.mark),
            token: TokenKey::new(*self.token),
            portal_seed: PortalSeed(self.portal.clone()),
        }
    }

    /// What stands for a name in a key of the database: nobody without the index key can test a guess.
    pub(crate) fn index<const N: usize>(&self, parts: &[&[u8]]) -> [u8; N] {
        short_mac(&self.index_key, parts)
    }
}

/// One derived key, for one write.
pub(crate) struct Cipher(LessSafeKey);

impl Cipher {
    pub(crate) fn derive(key: &KeyBytes, salt: &[u8; 32], info: &[u8]) -> Cipher {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(&key[..]);
        let parts = [b"lazaret store v1".as_slice(), info];
        // Only an output longer than 255 hashes is refused, and this one is a single hash long.
        let okm = prk.expand(&parts, &AES_256_GCM).expect("32 octets are within the bound of HKDF");
        Cipher(LessSafeKey::new(UnboundKey::from(okm)))
    }

    pub(crate) fn seal(&self, nonce: [u8; NONCE_LEN], aad: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(plain.len() + TAG_BYTES);
        self.seal_onto(nonce, aad, plain, &mut out);
        out
    }

    /// Appends ciphertext and tag.
    pub(crate) fn seal_onto(&self, nonce: [u8; NONCE_LEN], aad: &[u8], plain: &[u8], out: &mut Vec<u8>) {
        let from = out.len();
        out.extend_from_slice(plain);
        let nonce = Nonce::assume_unique_for_key(nonce);
        // Only more than 64 GiB in one call is refused.
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce, Aad::from(aad), out.split_at_mut(from).1)
            .expect("the text is shorter than AES-GCM's bound");
        out.extend_from_slice(tag.as_ref());
    }

    /// `None` if anything, the place included, is not as it was written.
    pub(crate) fn open(&self, nonce: [u8; NONCE_LEN], aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut out = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key(nonce);
        let len = self.0.open_in_place(nonce, Aad::from(aad), &mut out).ok()?.len();
        out.truncate(len);
        Some(out)
    }
}

/// Random octets from the system's generator.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    // Without randomness nothing here is safe; the generator does not fail once the system has booted.
    rand::fill(&mut out).expect("the random generator works");
    out
}

pub(crate) fn random_key() -> KeyBytes {
    Zeroizing::new(random())
}

/// HMAC-SHA-256 over parts, each with its length before it, cut to N octets.
pub(crate) fn short_mac<const N: usize>(key: &KeyBytes, parts: &[&[u8]]) -> [u8; N] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &key[..]));
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut out = [0; N];
    for (to, from) in out.iter_mut().zip(context.sign().as_ref()) {
        *to = *from;
    }
    out
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The way back from [`hex`]; `None` unless there are exactly N octets.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |a, d| a << 4 | d)).collect();
    (digits.len() == 2 * N).then(|| bytes.try_into().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyring_opens_with_its_key_only() {
        let (root, other) = (RootKey::new([1; 32]), RootKey::new([2; 32]));
        let ring = Keyring::generate("acme");
        let file = ring.seal(&root);
        let back = Keyring::open(&file, &root).expect("opens");
        assert_eq!((back.tenant.as_str(), &back.tenant_key, &back.portal), ("acme", &ring.tenant_key, &ring.portal));
        assert_eq!(Keyring::open(&file, &other).err(), Some(KeyringError::OtherKey(root.fingerprint())));
        for at in 0..file.len() {
            let mut bad = file.clone();
            bad[at] ^= 1;
            assert!(Keyring::open(&bad, &root).is_err(), "octet {at}");
            assert!(Keyring::open(&file[..at], &root).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn hex_goes_both_ways() {
        for (text, want) in [("00ff10", Some([0, 255, 16])), ("00ff1", None), ("00ff1g", None), ("00ff1000", None)] {
            assert_eq!(unhex::<3>(text), want, "{text}");
        }
        assert_eq!(hex(&[0, 255, 16]), "00ff10");
    }

    #[test]
    fn debug_shows_no_key() {
        let ring = Keyring::generate("acme");
        let shown = format!("{:?} {:?}", RootKey::new([7; 32]), ring.store_keys());
        assert!(!shown.contains("7, 7") && !shown.contains("[") && shown.len() < 200, "{shown}");
    }
}
