//! A message as understood: facts and texts in a flat list. Parsing does not fail; what is wrong with a message is data
//! here, and `decide` weighs it. Nothing of this leaves the crate.

use crate::html::Html;
use crate::{Addr, Class, Envelope, OpaqueWhy, PartPath, Proof, Raw};
use lazaret_docs::Coverage;
use lazaret_scan::Placement;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;
use zeroize::Zeroizing;

/// Where a text belongs in the ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    /// The subject.
    Subject,
    /// The display name of the n-th address of a field.
    Name(Field, usize),
    /// A plain-text body; several are joined in order.
    Body,
    /// An HTML body; several are joined in order.
    Html,
    /// The name of an attachment (index in `attachments`).
    AttachmentName(usize),
    /// Text of an attachment (index in `attachments`); several are joined in order (an enclosed message).
    Attachment(usize),
    /// Text within the file of an attachment (index in `attachments`): scanned and taken out there, not shown on the ticket.
    Member(usize),
    /// The value of a header field that a copy keeps (index in `kept`).
    Header(usize),
    /// Scanned, but not shown on the ticket: other header fields, preambles.
    Elsewhere,
}

/// An address field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    From,
    To,
    Cc,
    ReplyTo,
}

/// One text to scan.
pub(crate) struct Text {
    pub(crate) path: PartPath,
    pub(crate) home: Home,
    pub(crate) placement: Placement,
    pub(crate) source: Source,
}

/// Its form.
pub(crate) enum Source {
    /// Scanned and redacted as it stands.
    Plain(Raw),
    /// Scanned as its text, redacted in its source.
    Html(Html),
}

/// An attachment: anything that is no body.
pub(crate) struct Attached {
    pub(crate) path: PartPath,
    pub(crate) media_type: String,
    pub(crate) size_bytes: u64,
    /// Why it has no text, if it has none.
    pub(crate) opaque: Option<OpaqueWhy>,
    /// Keyless SHA-256 of the decoded octets; only for the `parse` verb.
    pub(crate) sha256: [u8; 32],
    pub(crate) file: Rc<OwnFile>,
    pub(crate) coverage: Coverage,
    /// Do its texts come from a reader of documents?
    pub(crate) is_document: bool,
    pub(crate) shown: Shown,
}

/// How a part asks to be shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown {
    /// Its `Content-ID` without `<>`.
    pub(crate) content_id: Option<String>,
    /// `Content-Disposition: inline`.
    pub(crate) inline: bool,
    /// Its declared charset under the name of the Encoding Standard.
    pub(crate) charset: Option<String>,
}

/// A field of the message's own header that a copy keeps, or takes from the envelope.
pub(crate) struct Kept {
    /// As written.
    pub(crate) name: String,
    pub(crate) value: KeptValue,
}

/// Where its value is.
pub(crate) enum KeptValue {
    /// In the envelope or a text of its own home; here is only its place among the others.
    Envelope,
    /// A text of the home [`Home::Header`].
    Text,
    /// Written by a program for programs: no finding in it counts, and with one it is not kept.
    Machinery(Raw),
}

/// A file, decoded.
pub(crate) struct OwnFile {
    /// Its name as declared; empty if none.
    pub(crate) name: Raw,
    /// Its media type as declared.
    pub(crate) media_type: String,
    pub(crate) octets: Zeroizing<Vec<u8>>,
}

impl OwnFile {
    /// As readers of formats take it.
    pub(crate) fn as_file<'a>(&'a self, passwords: &'a [String]) -> lazaret_docs::File<'a> {
        let OwnFile { name, media_type, octets } = self;
        lazaret_docs::File { octets, name: name.expose(), media_type, passwords }
    }
}

/// A file that waits for a reader of its format.
pub(crate) struct Unread {
    /// What the paths of its parts begin with.
    pub(crate) path: PartPath,
    /// The attachment that it is, or that it is in; none for one that is written into a text.
    pub(crate) attachment: Option<usize>,
    /// Is it the attachment itself?
    pub(crate) is_attachment: bool,
    /// Is it all that the message has?
    pub(crate) is_whole: bool,
    pub(crate) file: Rc<OwnFile>,
}

/// What is malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Defect {
    /// A word such as `bad-charset`, `bad-base64`, `no-header`, `nesting`.
    pub(crate) kind: &'static str,
}

/// A file that is written into a text, as lines that encode it. What is taken out of the file has to leave the text too.
pub(crate) struct Written {
    /// The text.
    pub(crate) within: PartPath,
    /// The path under which the file is read, or named as opaque.
    pub(crate) path: PartPath,
    /// The lines, in bytes of the text.
    pub(crate) span: Range<usize>,
}

/// Another way to decode the octets of a part than the one that is shown.
pub(crate) struct Reading {
    /// Its text.
    pub(crate) path: PartPath,
    /// The section number of the part.
    pub(crate) of: String,
}

/// The whole message. `envelope` has addresses without names (names are texts, since they are scanned).
pub(crate) struct Message {
    pub(crate) class: Class,
    pub(crate) staff: bool,
    pub(crate) proof: Proof,
    pub(crate) customer: Option<Addr>,
    pub(crate) envelope: Envelope,
    pub(crate) texts: Vec<Text>,
    pub(crate) attachments: Vec<Attached>,
    /// Every part without text, attachments included.
    pub(crate) opaque: Vec<(PartPath, OpaqueWhy)>,
    /// Files that wait for a reader of their format.
    pub(crate) unread: Vec<Unread>,
    /// What readers of formats say that a part is.
    pub(crate) types: BTreeMap<PartPath, String>,
    /// Passwords that were tried.
    pub(crate) passwords: Zeroizing<Vec<String>>,
    /// Files that stand in the texts.
    pub(crate) files: Vec<Written>,
    /// The texts that are second readings of shown ones.
    pub(crate) readings: Vec<Reading>,
    pub(crate) defects: Vec<Defect>,
    /// The message as a whole is encrypted (PGP/MIME, S/MIME).
    pub(crate) whole_encrypted: bool,
    /// A limit of parsing was hit: the message was not examined as a whole.
    pub(crate) over_limit: bool,
    pub(crate) language: Option<String>,
    pub(crate) own_copy: Option<String>,
    pub(crate) bounced_ids: Vec<String>,
    pub(crate) junk: bool,
    pub(crate) hops: u32,
    /// The addresses of each field as written, in the order of `envelope` and of the names; only for the `parse` verb,
    /// since the envelope keeps none that mail cannot be sent to.
    pub(crate) written: Vec<(Field, Raw)>,
    /// The header fields of a copy, in their order.
    pub(crate) kept: Vec<Kept>,
    /// Fields that a copy would keep, were they readable and within bounds.
    pub(crate) fields_left_out: u32,
}
