//! The two halves of a quarantine key, and their text forms: a prefix, then base32 of 32 octets and a check of four.

use super::{KEY_ID_LEN, MAGIC, SUITE};
use crate::base32;
use aws_lc_rs::{agreement, digest};
use rustls::crypto::hpke::{Hpke, HpkePublicKey};
use std::fmt;
use zeroize::Zeroizing;

pub(super) const RECIPIENT_PREFIX: &str = "lzq1";
const PRIVATE_PREFIX: &str = "LAZARET-QUARANTINE-KEY-1";

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

/// A public key that originals are sealed to. Its text, `lzq1…`, ends in a check of four octets.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient {
    pub(super) public: [u8; 32],
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

    pub(super) fn hpke(&self) -> HpkePublicKey {
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
    pub(super) private: Zeroizing<[u8; 32]>,
    pub(super) recipient: Recipient,
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

pub(super) fn key_id(public: &[u8; 32]) -> [u8; KEY_ID_LEN] {
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

pub(super) fn wrap_key(prefix: &'static str, key: &[u8; 32]) -> Zeroizing<String> {
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
