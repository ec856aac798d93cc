//! The two kinds of text, and the wall between them.
//!
//! `Raw` is text taken from a message: it has no `Debug`, `Display`, `Clone`, `Deref`, `AsRef`, `PartialEq` or
//! `Serialize`, so a struct that holds one cannot derive them either and the property spreads by itself. `Cleared` is
//! minted by redaction and, as the second and last place, by the frames between parent and worker ([`crate::wire`]).

use std::fmt;
use zeroize::Zeroizing;

/// The octets of one message (RFC 5322), as fetched.
pub struct RawMessage(Zeroizing<Vec<u8>>);

impl RawMessage {
    /// Takes the octets over; from here on only this crate can look inside.
    pub fn new(octets: Vec<u8>) -> RawMessage {
        RawMessage(Zeroizing::new(octets))
    }

    /// Size in octets.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Has it no octet at all?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }
}

/// Text taken from a message.
pub struct Raw(Zeroizing<String>);

impl Raw {
    /// Takes text over; from here on only this crate can look inside.
    pub fn new(text: String) -> Raw {
        Raw(Zeroizing::new(text))
    }

    /// Length in bytes of UTF-8.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Is it empty?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

/// Text that passed redaction and the scan after it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Cleared(String);

impl Cleared {
    pub(crate) fn mint(text: String) -> Cleared {
        Cleared(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, taken out.
    pub fn into_string(self) -> String {
        self.0
    }

    /// Is it empty?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The octets of a file that passed redaction and the scan after it, or in which nothing was found.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ClearedOctets(Vec<u8>);

impl ClearedOctets {
    pub(crate) fn mint(octets: Vec<u8>) -> ClearedOctets {
        ClearedOctets(octets)
    }

    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The octets, taken out.
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }
}

impl fmt::Debug for ClearedOctets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClearedOctets({} bytes)", self.0.len())
    }
}

impl fmt::Debug for Cleared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cleared({} bytes)", self.0.len())
    }
}

impl fmt::Display for Cleared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
