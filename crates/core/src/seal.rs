//! Sealing: octets that only the holder of a private key elsewhere can read (HPKE, RFC 9180).
//!
//! A sealed file is a header and a body. The body is the message under AES-256-GCM with a key that is made for this file
//! and used once (so its nonce is zero); the header holds that key once per recipient, wrapped by HPKE in base mode
//! (DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM). The whole header is the body's associated data, and the label
//! is that of each wrapped key, so nothing of a file can be exchanged for the same piece of another.
//!
//! ```text
//! "lazaret-sealed-v1\n"  label length u16 · label  recipients u8 · (key id 8 · enc 32 · wrapped key 48)…  body length u64
//! body · tag 16
//! ```
//! Numbers are big-endian. A key id is the start of the SHA-256 of the public key.

mod keys;

pub use keys::{KeyError, OpeningKey, Recipient};

use crate::RawMessage;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use keys::key_id;
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256 as SUITE;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke, HpkePrivateKey};
use std::fmt;
use std::io::{self, Write};
use zeroize::Zeroizing;

const FAMILY: &[u8] = b"lazaret-sealed-v";
const MAGIC: &[u8] = b"lazaret-sealed-v1\n";
const KEY_ID_LEN: usize = 8;
const ENC_LEN: usize = 32;
const TAG_LEN: usize = 16;
const WRAPPED_LEN: usize = 32 + TAG_LEN;

/// Recipients of one sealed file at most.
pub const RECIPIENTS_MAX: usize = 16;
/// Octets of a label at most.
pub const LABEL_BYTES_MAX: usize = 4096;

/// Why octets could not be sealed or opened. It carries nothing of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Nobody to seal to.
    #[error("no recipient to seal to")]
    NoRecipient,
    /// More than [`RECIPIENTS_MAX`].
    #[error("more than {RECIPIENTS_MAX} recipients")]
    TooManyRecipients,
    /// More than [`LABEL_BYTES_MAX`].
    #[error("a label of more than {LABEL_BYTES_MAX} octets")]
    LabelTooLong,
    /// It does not begin as a sealed file does.
    #[error("not a sealed file")]
    NotSealed,
    /// A sealed file of a version that this build does not read.
    #[error("a sealed file of another version")]
    Version,
    /// It ends before its end, or goes on after it.
    #[error("the file is cut short or too long")]
    Truncated,
    /// Sealed to other keys.
    #[error("sealed to other keys than this one")]
    WrongKey,
    /// Not as it was written.
    #[error("the file was altered")]
    Altered,
    /// The cryptographic library refused; no randomness, for one.
    #[error("the cryptographic library refused")]
    Crypto,
}

/// A sealed message: ciphertext under the quarantine key. `Debug` prints its length.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    bytes: Vec<u8>,
}

impl Sealed {
    /// The sealed file, as it is stored and exported.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The sealed file, taken out.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Takes a stored file back. Checks that it has the form of a sealed file, so that nothing else is exported as one;
    /// whether it was altered only the private key tells.
    pub fn from_stored(bytes: Vec<u8>) -> Result<Sealed, SealError> {
        Header::read(&bytes)?;
        Ok(Sealed { bytes })
    }

    /// The label that was bound to it.
    pub fn label(&self) -> &[u8] {
        Header::read(&self.bytes).map_or(&[], |h| h.label)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.bytes.len())
    }
}

/// Seals a message to everyone named. `aad` is a label (ids, the digest) that anyone can read and nobody can exchange.
pub fn seal(message: &RawMessage, recipients: &[Recipient], aad: &[u8]) -> Result<Sealed, SealError> {
    let count = match recipients.len() {
        0 => return Err(SealError::NoRecipient),
        n if n > RECIPIENTS_MAX => return Err(SealError::TooManyRecipients),
        n => n as u8,
    };
    if aad.len() > LABEL_BYTES_MAX {
        return Err(SealError::LabelTooLong);
    }
    let mut content_key = Zeroizing::new([0; 32]);
    aws_lc_rs::rand::fill(content_key.as_mut_slice()).map_err(|_| SealError::Crypto)?;
    let octets = message.expose();
    let slots = recipients.len() * (KEY_ID_LEN + ENC_LEN + WRAPPED_LEN);
    let mut bytes = Vec::with_capacity(MAGIC.len() + aad.len() + slots + octets.len() + TAG_LEN + 11);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&(aad.len() as u16).to_be_bytes());
    bytes.extend_from_slice(aad);
    bytes.push(count);
    for recipient in recipients {
        let (enc, wrapped) =
            SUITE.seal(MAGIC, aad, content_key.as_slice(), &recipient.hpke()).map_err(|_| SealError::Crypto)?;
        bytes.extend_from_slice(&key_id(&recipient.public));
        bytes.extend_from_slice(&enc.0);
        bytes.extend_from_slice(&wrapped);
    }
    bytes.extend_from_slice(&(octets.len() as u64).to_be_bytes());
    let header = bytes.clone();
    let header_len = header.len();
    // Sealed in place at the end of the buffer, so that no second copy of the message lies in memory.
    bytes.extend_from_slice(octets);
    let body = bytes.get_mut(header_len..).ok_or(SealError::Crypto)?;
    let tag = body_key(&content_key)?
        .seal_in_place_separate_tag(once(), Aad::from(header.as_slice()), body)
        .map_err(|_| SealError::Crypto)?;
    bytes.extend_from_slice(tag.as_ref());
    Ok(Sealed { bytes })
}

/// Opens a sealed file with a private key.
pub fn open(sealed: &[u8], key: &OpeningKey) -> Result<RawMessage, SealError> {
    let header = Header::read(sealed)?;
    let id = key_id(&key.recipient.public);
    let slot = header.slots.iter().find(|slot| slot.key_id == id).ok_or(SealError::WrongKey)?;
    let private = HpkePrivateKey::from(key.private.to_vec());
    let content_key = SUITE
        .open(&EncapsulatedSecret(slot.enc.to_vec()), MAGIC, header.label, slot.wrapped, &private)
        .map(Zeroizing::new)
        .map_err(|_| SealError::Altered)?;
    let content_key = <[u8; 32]>::try_from(content_key.as_slice()).map_err(|_| SealError::Altered)?;
    let mut body = Zeroizing::new(header.body.to_vec());
    let plain_len = body_key(&Zeroizing::new(content_key))?
        .open_in_place(once(), Aad::from(header.octets), &mut body)
        .map_err(|_| SealError::Altered)?
        .len();
    body.truncate(plain_len);
    Ok(RawMessage::new(std::mem::take(&mut *body)))
}

impl RawMessage {
    /// The audited door: writes the octets out. Only for a person who opened a sealed original off the host, and for
    /// what they hand back for release.
    pub fn disclose_to(self, w: &mut impl Write) -> io::Result<()> {
        w.write_all(self.expose())
    }
}

fn body_key(content_key: &Zeroizing<[u8; 32]>) -> Result<LessSafeKey, SealError> {
    let key = UnboundKey::new(&AES_256_GCM, content_key.as_slice()).map_err(|_| SealError::Crypto)?;
    Ok(LessSafeKey::new(key))
}

/// Each content key encrypts one body, so its one nonce is zero.
fn once() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

struct Slot<'a> {
    key_id: [u8; KEY_ID_LEN],
    enc: &'a [u8],
    wrapped: &'a [u8],
}

/// A sealed file, taken apart.
struct Header<'a> {
    octets: &'a [u8],
    label: &'a [u8],
    slots: Vec<Slot<'a>>,
    body: &'a [u8],
}

impl<'a> Header<'a> {
    fn read(file: &'a [u8]) -> Result<Header<'a>, SealError> {
        let mut rest = match file.strip_prefix(MAGIC) {
            Some(rest) => rest,
            None if file.starts_with(FAMILY) && file.len() >= MAGIC.len() => return Err(SealError::Version),
            None if !file.is_empty() && MAGIC.starts_with(file) => return Err(SealError::Truncated),
            None => return Err(SealError::NotSealed),
        };
        let label_len = usize::from(u16::from_be_bytes(take_array(&mut rest)?));
        if label_len > LABEL_BYTES_MAX {
            return Err(SealError::Altered);
        }
        let label = take(&mut rest, label_len)?;
        let [count] = take_array(&mut rest)?;
        if count == 0 || usize::from(count) > RECIPIENTS_MAX {
            return Err(SealError::Altered);
        }
        let mut slots = Vec::with_capacity(usize::from(count));
        for _ in 0..count {
            let key_id = take_array(&mut rest)?;
            slots.push(Slot { key_id, enc: take(&mut rest, ENC_LEN)?, wrapped: take(&mut rest, WRAPPED_LEN)? });
        }
        let body_len = u64::from_be_bytes(take_array(&mut rest)?);
        if (rest.len() as u64).checked_sub(TAG_LEN as u64) != Some(body_len) {
            return Err(SealError::Truncated);
        }
        let octets = file.get(..file.len() - rest.len()).ok_or(SealError::Truncated)?;
        Ok(Header { octets, label, slots, body: rest })
    }
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> Result<&'a [u8], SealError> {
    let (head, tail) = rest.split_at_checked(len).ok_or(SealError::Truncated)?;
    *rest = tail;
    Ok(head)
}

fn take_array<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], SealError> {
    <[u8; N]>::try_from(take(rest, N)?).map_err(|_| SealError::Truncated)
}

#[cfg(test)]
mod tests;
