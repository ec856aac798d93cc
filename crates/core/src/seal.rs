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

use crate::{RawMessage, base32};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{agreement, digest};
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256 as SUITE;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke, HpkePrivateKey, HpkePublicKey};
use std::fmt;
use std::io::{self, Write};
use zeroize::Zeroizing;

const FAMILY: &[u8] = b"lazaret-sealed-v";
const MAGIC: &[u8] = b"lazaret-sealed-v1\n";
const RECIPIENT_PREFIX: &str = "lzq1";
const PRIVATE_PREFIX: &str = "LAZARET-QUARANTINE-KEY-1";
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

/// Why a text is no key. It carries nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Another beginning than keys of this kind have.
    #[error("it does not begin with {expected}")]
    Prefix {
        /// How keys of this kind begin.
        expected: &'static str,
    },
    /// The private half stands where the public one belongs.
    #[error("this is the private half of a key; the public half begins with {RECIPIENT_PREFIX}")]
    Private,
    /// A character that keys do not have.
    #[error("character {at} of the key is no letter a to z and no digit 2 to 7")]
    Letter {
        /// Position after the prefix, in characters from 1.
        at: usize,
    },
    /// Too short or too long.
    #[error("it is not as long as keys are")]
    Length,
    /// A typing error somewhere.
    #[error("its check does not match: a character is wrong")]
    Check,
    /// A point that no honest key is.
    #[error("it is no usable X25519 key")]
    Weak,
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

/// A public key that originals are sealed to. Its text, `lzq1…`, ends in a check of four octets.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient {
    public: [u8; 32],
}

impl Recipient {
    /// Reads the text form; white space around it and its case do not matter.
    pub fn parse(text: &str) -> Result<Recipient, KeyError> {
        let text = text.trim();
        if strip_prefix(text, PRIVATE_PREFIX).is_some() {
            return Err(KeyError::Private);
        }
        let public = unwrap_key(text, RECIPIENT_PREFIX)?;
        let recipient = Recipient { public: *public };
        // Low-order points fail here, at configuration, and not when the first message has to be sealed.
        SUITE.setup_sealer(MAGIC, &recipient.hpke()).map_err(|_| KeyError::Weak)?;
        Ok(recipient)
    }

    /// A short name for the key in listings: sixteen hexadecimal digits.
    pub fn key_id(&self) -> String {
        key_id(&self.public).iter().map(|b| format!("{b:02x}")).collect()
    }

    fn hpke(&self) -> HpkePublicKey {
        HpkePublicKey(self.public.to_vec())
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&wrap_key(RECIPIENT_PREFIX, &self.public).to_lowercase())
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({})", self.key_id())
    }
}

/// The private half: made once by `init`, kept off the host.
pub struct OpeningKey {
    private: Zeroizing<[u8; 32]>,
    recipient: Recipient,
}

impl OpeningKey {
    /// A new pair from the system's randomness.
    pub fn generate() -> (OpeningKey, Recipient) {
        let mut private = Zeroizing::new([0; 32]);
        aws_lc_rs::rand::fill(private.as_mut_slice()).expect("AWS-LC aborts where the system has no randomness");
        // X25519 takes any 32 octets for a private key (RFC 7748 section 5: they are clamped).
        let key = OpeningKey::from_private(private).expect("any 32 octets are an X25519 private key");
        let recipient = key.recipient.clone();
        (key, recipient)
    }

    /// Reads the text form; white space around it and its case do not matter.
    pub fn parse(text: &str) -> Result<OpeningKey, KeyError> {
        OpeningKey::from_private(unwrap_key(text.trim(), PRIVATE_PREFIX)?)
    }

    /// The public half.
    pub fn recipient(&self) -> &Recipient {
        &self.recipient
    }

    /// The text form, to be shown once and kept elsewhere.
    pub fn reveal_once(&self) -> Zeroizing<String> {
        wrap_key(PRIVATE_PREFIX, &self.private)
    }

    fn from_private(private: Zeroizing<[u8; 32]>) -> Result<OpeningKey, KeyError> {
        let key = agreement::PrivateKey::from_private_key(&agreement::X25519, private.as_slice());
        let public = key.map_err(|_| KeyError::Weak)?.compute_public_key().map_err(|_| KeyError::Weak)?;
        let public = <[u8; 32]>::try_from(public.as_ref()).map_err(|_| KeyError::Weak)?;
        Ok(OpeningKey { private, recipient: Recipient { public } })
    }
}

impl fmt::Debug for OpeningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpeningKey({})", self.recipient.key_id())
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

fn key_id(public: &[u8; 32]) -> [u8; KEY_ID_LEN] {
    start_of_hash(b"lazaret key id", public)
}

/// The first `N` octets of a SHA-256 over a purpose and some octets.
fn start_of_hash<const N: usize>(purpose: &[u8], octets: &[u8]) -> [u8; N] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(purpose);
    context.update(&[0]);
    context.update(octets);
    let mut out = [0; N];
    for (to, from) in out.iter_mut().zip(context.finish().as_ref()) {
        *to = *from;
    }
    out
}

fn wrap_key(prefix: &'static str, key: &[u8; 32]) -> Zeroizing<String> {
    let check: [u8; 4] = start_of_hash(prefix.as_bytes(), key);
    let octets = Zeroizing::new([key.as_slice(), &check].concat());
    let encoded = Zeroizing::new(base32::encode(&octets));
    let mut text = Zeroizing::new(String::with_capacity(prefix.len() + encoded.len()));
    text.push_str(prefix);
    text.push_str(&encoded);
    text
}

fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, tail) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(tail)
}

fn unwrap_key(text: &str, prefix: &'static str) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let tail = strip_prefix(text, prefix).ok_or(KeyError::Prefix { expected: prefix })?;
    if let Some(at) = tail.chars().position(|c| !base32::is_letter(c)) {
        return Err(KeyError::Letter { at: at + 1 });
    }
    let octets = base32::decode(tail).map_err(|_| KeyError::Length)?;
    let (key, check) = octets.split_first_chunk::<32>().ok_or(KeyError::Length)?;
    let check = <[u8; 4]>::try_from(check).map_err(|_| KeyError::Length)?;
    let key = Zeroizing::new(*key);
    if check != start_of_hash(prefix.as_bytes(), key.as_slice()) {
        return Err(KeyError::Check);
    }
    Ok(key)
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
