//! What goes in and what comes out.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Range;

/// A file and what is known of it from outside. Its name and type are hints: content decides.
#[derive(Clone, Copy)]
pub struct File<'a> {
    /// Its octets, transfer encoding undone.
    pub octets: &'a [u8],
    /// Its name as declared; empty if none.
    pub name: &'a str,
    /// Its media type as declared, in lower case; empty if none.
    pub media_type: &'a str,
    /// Passwords to try on what is encrypted.
    pub passwords: &'a [String],
}

/// Masked: octets and names are raw.
impl fmt::Debug for File<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "File({} octets)", self.octets.len())
    }
}

/// A file, read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// In the order in which they stand.
    pub parts: Vec<Part>,
    /// What became of its octets, members included.
    pub coverage: Coverage,
    /// Did a watch find something in what was unpacked? See [`read_watched`](crate::read_watched).
    pub watched: bool,
    /// The pictures that are named as opaque, for who can see what is in them; as many as the limits ask for.
    pub pictures: Vec<Picture>,
}

/// A picture of a file, as it stands there.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Of its part.
    pub path: String,
    /// In its own format.
    pub octets: Vec<u8>,
}

/// Masked: it is raw.
impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({}, {} octets)", self.path, self.octets.len())
    }
}

/// A text of a file, or a place without one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Below the file: numbers and fixed words.
    pub path: String,
    /// What it is in, as found; for a member the type of its own format.
    pub media_type: String,
    /// Its text or why it has none.
    pub content: Content,
    /// Its size in octets, decoded.
    pub size_bytes: u64,
}

/// Masked: text is raw.
impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.content {
            Content::Text(text) => write!(f, "Part({}, {}, {} bytes of text)", self.path, self.media_type, text.len()),
            Content::Opaque(why) => write!(f, "Part({}, {}, {})", self.path, self.media_type, why.as_str()),
        }
    }
}

/// What a part gives.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// Text in UTF-8: lines for paragraphs and rows, tabs between cells.
    Text(String),
    /// Nothing that can be read.
    Opaque(Why),
}

/// Why there is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// A picture, a sound, a film: nothing but metadata was read.
    Picture,
    /// Encrypted, and no password opened it.
    Encrypted,
    /// A format that is not read.
    Unsupported,
    /// Broken.
    Malformed,
    /// Beyond a limit.
    OverLimit,
}

impl Why {
    /// The word used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Why::Picture => "picture",
            Why::Encrypted => "encrypted",
            Why::Unsupported => "unsupported",
            Why::Malformed => "malformed",
            Why::OverLimit => "over_limit",
        }
    }
}

/// What became of the octets of a file: each counts once, where it was decoded to (a member's, not the archive's).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Coverage {
    /// Octets that gave text.
    pub scanned_bytes: u64,
    /// Octets of containers and of structure, whose content is counted in its own right.
    pub decoded_bytes: u64,
    /// Octets of parts that are named as opaque.
    pub unexamined_bytes: u64,
}

/// A change of a file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Edit {
    /// A span of the text of a part becomes another text.
    Replace {
        /// Of the part.
        path: String,
        /// In bytes of its text, on character boundaries. Spans of one part do not overlap.
        span: Range<usize>,
        /// What stands there then. Empty: nothing.
        with: String,
    },
    /// A member of a container is left out; one that the container cannot do without becomes empty.
    Remove {
        /// Of the member.
        path: String,
    },
}

impl Edit {
    /// The part or member that it changes.
    pub fn path(&self) -> &str {
        match self {
            Edit::Replace { path, .. } | Edit::Remove { path } => path,
        }
    }
}

/// Masked: marks are not raw, but spans tell lengths of values.
impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Edit({})", self.path())
    }
}

/// Why a file cannot be rewritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unwritable {
    /// A format that is only read.
    Format,
    /// It can be read in several ways, and the other readings would keep what is replaced in one.
    Ambiguous,
    /// An edit names no part, no boundary of characters, or text that no source stands behind.
    NoSuchPlace,
    /// Broken, or beyond a limit, on the second reading.
    Unreadable,
}

impl Unwritable {
    /// The word used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Unwritable::Format => "format",
            Unwritable::Ambiguous => "ambiguous",
            Unwritable::NoSuchPlace => "no_such_place",
            Unwritable::Unreadable => "unreadable",
        }
    }
}
