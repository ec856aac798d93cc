//! The envelope around everything that reaches the disk.
//!
//! ```text
//! format 1 │ family 1 │ hint 1 │ body 1 │ tenant 8 │ key id 4 │ epoch 8 │ salt 32 │ owner 1 + n │ ciphertext, tag 16
//! ```
//!
//! All before the ciphertext, and the key it is stored under, is authenticated: a record that was moved, or given to
//! another tenant, does not open. `hint` is the one thing that is read without decrypting (is a UID done?), `owner` the
//! ticket whose key it is under, `body` says whether the content is here or in a blob file. A blob file has the same
//! head and then frames of 64 KiB, each with its number and whether it is the last in the nonce, so that a cut or
//! reordered file does not open either.

use crate::blob::BlobId;
use crate::codec::{Family, Key};
use crate::error::StoreError;
use crate::keys::{Cipher, KeyBytes, Keyring, TAG_BYTES, hex, random, short_mac};
use crate::model::TicketRef;
use aws_lc_rs::digest;
use zeroize::Zeroizing;

/// Format of envelopes that this program writes; it reads this one alone.
pub(crate) const FORMAT: u8 = 1;
const FIXED_BYTES: usize = 1 + 1 + 1 + 1 + 8 + 4 + 8 + 32 + 1;
const FRAME_BYTES: usize = 64 << 10;
/// Octets by which an envelope is longer than its content, at most.
pub(crate) const OVERHEAD_BYTES_MAX: usize = FIXED_BYTES + 255 + TAG_BYTES;

/// Where the content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// In the record.
    Inline,
    /// In a blob file; the record holds the reference.
    Blob,
}

/// The key under which a record is: the tenant's, or that of a ticket.
pub(crate) type Owner<'a> = Option<(&'a TicketRef, &'a KeyBytes)>;

/// Seals and opens.
pub(crate) struct Vault {
    pub(crate) keyring: Keyring,
    pub(crate) epoch: u64,
    tenant: [u8; 8],
    key_id: [u8; 4],
}

/// An envelope taken apart, not opened yet.
pub(crate) struct Parsed<'a> {
    pub(crate) hint: u8,
    pub(crate) body: Body,
    pub(crate) owner: Option<TicketRef>,
    salt: [u8; 32],
    head: &'a [u8],
    sealed: &'a [u8],
}

/// What a record holds if its content is in a blob file: id, length, SHA-256 of the content.
pub(crate) struct BlobRef {
    pub(crate) id: BlobId,
    len: u64,
    sha256: [u8; 32],
}

impl BlobRef {
    pub(crate) fn new(id: BlobId, content: &[u8]) -> BlobRef {
        BlobRef { id, len: content.len() as u64, sha256: sha256(content) }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        [self.id.to_bytes().as_slice(), &self.len.to_be_bytes(), &self.sha256].concat()
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<BlobRef> {
        let (id, rest) = bytes.split_first_chunk::<12>()?;
        let (len, rest) = rest.split_first_chunk::<8>()?;
        let id = BlobId::from_bytes(*id);
        Some(BlobRef { id, len: u64::from_be_bytes(*len), sha256: rest.try_into().ok()? })
    }

    /// Is this what was written?
    pub(crate) fn fits(&self, content: &[u8]) -> bool {
        self.len == content.len() as u64 && self.sha256 == sha256(content)
    }
}

fn sha256(content: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, content).as_ref());
    out
}

impl Vault {
    pub(crate) fn new(keyring: Keyring, epoch: u64) -> Vault {
        let tenant = keyring.index(&[b"tenant", keyring.tenant.as_bytes()]);
        let key_id = short_mac(&keyring.tenant_key, &[b"lazaret tenant key id"]);
        Vault { keyring, epoch, tenant, key_id }
    }

    fn head(&self, key: &Key, hint: u8, body: Body, owner: Owner<'_>, salt: &[u8; 32]) -> Vec<u8> {
        let owner = owner.map_or(&[][..], |(ticket, _)| ticket.0.as_bytes());
        let family = key.as_bytes().first().copied().unwrap_or_default();
        let mut head = Vec::with_capacity(FIXED_BYTES + owner.len());
        head.extend_from_slice(&[FORMAT, family, hint, body as u8]);
        head.extend_from_slice(&self.tenant);
        head.extend_from_slice(&self.key_id);
        head.extend_from_slice(&self.epoch.to_be_bytes());
        head.extend_from_slice(salt);
        // References are 12 octets; the bound is the store's own.
        head.push(owner.len() as u8);
        head.extend_from_slice(owner);
        head
    }

    fn cipher(&self, key: &Key, owner: Option<&KeyBytes>, salt: &[u8; 32]) -> Cipher {
        let info = [self.tenant.as_slice(), &[FORMAT], key.as_bytes()].concat();
        Cipher::derive(owner.unwrap_or(&self.keyring.tenant_key), salt, &info)
    }

    /// The value of a record.
    pub(crate) fn seal(&self, key: &Key, hint: u8, body: Body, owner: Owner<'_>, content: &[u8]) -> Vec<u8> {
        let salt = random();
        let mut out = self.head(key, hint, body, owner, &salt);
        let aad = [out.as_slice(), key.as_bytes()].concat();
        self.cipher(key, owner.map(|(_, k)| k), &salt).seal_onto([0; 12], &aad, content, &mut out);
        out
    }

    /// The content of a record. `owner` is the key of the ticket that [`Parsed::owner`] names.
    pub(crate) fn open(
        &self,
        family: Family,
        key: &Key,
        parsed: &Parsed<'_>,
        owner: Option<&KeyBytes>,
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let aad = [parsed.head, key.as_bytes()].concat();
        self.cipher(key, owner, &parsed.salt).open([0; 12], &aad, parsed.sealed).ok_or_else(|| StoreError::Corrupt {
            kind: family.name(),
            id: key.id(),
            why: "it does not decrypt",
        })
    }

    /// Content of a blob file.
    pub(crate) fn seal_blob(&self, key: &Key, owner: Owner<'_>, content: &[u8]) -> Vec<u8> {
        let salt = random();
        let mut out = self.head(key, 0, Body::Blob, owner, &salt);
        let aad = [b"blob", out.as_slice(), key.as_bytes()].concat();
        let cipher = self.cipher(key, owner.map(|(_, k)| k), &salt);
        out.reserve(content.len() + (content.len() / FRAME_BYTES + 1) * TAG_BYTES);
        let frames = content.len().div_ceil(FRAME_BYTES).max(1);
        for frame in 0..frames {
            let from = frame * FRAME_BYTES;
            let plain = content.get(from..content.len().min(from + FRAME_BYTES)).unwrap_or_default();
            cipher.seal_onto(frame_nonce(frame, frame + 1 == frames), &aad, plain, &mut out);
        }
        out
    }

    /// The way back; every frame, its place and the end are checked.
    pub(crate) fn open_blob(&self, key: &Key, file: &[u8], owner: Option<&KeyBytes>) -> Option<Vec<u8>> {
        let parsed = Parsed::new(Family::Blob, file).ok()?;
        let aad = [b"blob", parsed.head, key.as_bytes()].concat();
        let cipher = self.cipher(key, owner, &parsed.salt);
        let frames = parsed.sealed.chunks(FRAME_BYTES + TAG_BYTES);
        let last = frames.len().checked_sub(1)?;
        let mut out = Vec::with_capacity(parsed.sealed.len());
        for (number, frame) in frames.enumerate() {
            out.extend_from_slice(&cipher.open(frame_nonce(number, number == last), &aad, frame)?);
        }
        Some(out)
    }
}

fn frame_nonce(number: usize, last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    let (flag, counter) = nonce.split_at_mut(4);
    flag.copy_from_slice(&u32::from(last).to_be_bytes());
    counter.copy_from_slice(&(number as u64).to_be_bytes());
    nonce
}

impl<'a> Parsed<'a> {
    pub(crate) fn new(family: Family, value: &'a [u8]) -> Result<Parsed<'a>, StoreError> {
        let short = || StoreError::Corrupt { kind: family.name(), id: String::new(), why: "it is too short" };
        let &format = value.first().ok_or_else(short)?;
        if format != FORMAT {
            return Err(StoreError::UnknownVersion { kind: family.name(), found: format });
        }
        let (fixed, rest) = value.split_first_chunk::<FIXED_BYTES>().ok_or_else(short)?;
        let &[_, _, hint, body, .., owner_len] = fixed;
        let (owner, sealed) = rest.split_at_checked(usize::from(owner_len)).ok_or_else(short)?;
        let head = value.get(..FIXED_BYTES + owner.len()).ok_or_else(short)?;
        let salt = fixed.get(FIXED_BYTES - 33..FIXED_BYTES - 1).and_then(|s| s.try_into().ok()).ok_or_else(short)?;
        let owner = (!owner.is_empty()).then(|| TicketRef(String::from_utf8_lossy(owner).into_owned()));
        let body = if body == Body::Blob as u8 { Body::Blob } else { Body::Inline };
        Ok(Parsed { hint, body, owner, salt, head, sealed })
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vault(key {}, epoch {})", hex(&self.key_id), self.epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::random_key;

    fn vault() -> Vault {
        Vault::new(Keyring::generate("acme"), 7)
    }

    #[test]
    fn a_record_opens_in_its_place_only() {
        let (vault, key) = (vault(), Key::new(Family::Named, &[b"one"]));
        let value = vault.seal(&key, 3, Body::Inline, None, b"content");
        let parsed = Parsed::new(Family::Named, &value).expect("parses");
        assert_eq!((parsed.hint, parsed.body, parsed.owner.is_none()), (3, Body::Inline, true));
        assert_eq!(vault.open(Family::Named, &key, &parsed, None).expect("opens").as_slice(), b"content");
        let elsewhere = Key::new(Family::Named, &[b"two"]);
        assert!(vault.open(Family::Named, &elsewhere, &parsed, None).is_err());
        for at in 0..value.len() {
            let mut bad = value.clone();
            bad[at] ^= 1;
            let opened = Parsed::new(Family::Named, &bad).and_then(|p| vault.open(Family::Named, &key, &p, None));
            assert!(opened.is_err(), "octet {at}");
        }
    }

    #[test]
    fn another_tenant_cannot_read_it_even_with_the_same_keys() {
        let (vault, key) = (vault(), Key::new(Family::Named, &[b"one"]));
        let value = vault.seal(&key, 0, Body::Inline, None, b"content");
        let file = vault.keyring.seal(&crate::keys::RootKey::new([1; 32]));
        let mut ring = Keyring::open(&file, &crate::keys::RootKey::new([1; 32])).expect("opens");
        ring.tenant = "other".into();
        let other = Vault::new(ring, 7);
        let parsed = Parsed::new(Family::Named, &value).expect("parses");
        assert!(other.open(Family::Named, &key, &parsed, None).is_err());
    }

    #[test]
    fn blobs_of_every_size_around_a_frame_come_back_and_no_cut_one_does() {
        let (vault, key, ticket) = (vault(), Key::new(Family::Sealed, &[b"id"]), random_key());
        let owner = TicketRef("LZ-AAAA-AAAA".into());
        for len in [0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 2 * FRAME_BYTES, 2 * FRAME_BYTES + 5] {
            let content: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
            let file = vault.seal_blob(&key, Some((&owner, &ticket)), &content);
            assert!(vault.open_blob(&key, &file, Some(&ticket)) == Some(content), "{len}");
            assert!(vault.open_blob(&key, &file, None).is_none(), "{len}: other key");
            let frame = FRAME_BYTES + TAG_BYTES;
            for cut in [1, frame].into_iter().filter(|cut| file.len() > cut + FIXED_BYTES + 12) {
                assert!(vault.open_blob(&key, &file[..file.len() - cut], Some(&ticket)).is_none(), "{len} - {cut}");
            }
        }
    }

    #[test]
    fn a_format_from_the_future_is_named() {
        let (vault, key) = (vault(), Key::new(Family::Named, &[b"one"]));
        let mut value = vault.seal(&key, 0, Body::Inline, None, b"content");
        value[0] = FORMAT + 1;
        let error = Parsed::new(Family::Named, &value).err();
        assert_eq!(error, Some(StoreError::UnknownVersion { kind: "named", found: FORMAT + 1 }));
    }
}
