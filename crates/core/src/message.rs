//! What is known of a message beside its text: identity, addresses, class, verdict.

use crate::Cleared;
use std::fmt;

/// K1: the handle of a message at its source. UIDs and UIDVALIDITY are RFC 3501 numbers; a Maildir has validity 1 and
/// a UID given by its source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageKey {
    /// Name of the mailbox in the configuration.
    pub mailbox: String,
    /// Folder at the server.
    pub folder: String,
    /// UIDVALIDITY of the folder.
    pub uid_validity: u32,
    /// UID in the folder.
    pub uid: u32,
}

/// K2: the keyed hash of a message's octets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// From what [`to_hex`](Digest::to_hex) gave.
    pub fn from_hex(hex: &str) -> Option<Digest> {
        let mut digest = [0; 32];
        let pairs = hex.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        for (to, byte) in digest.iter_mut().zip(pairs) {
            *to = byte?;
        }
        (hex.len() == 64 && hex.is_ascii()).then_some(Digest(digest))
    }

    /// Lower-case hexadecimal.
    pub fn to_hex(&self) -> String {
        self.0.iter().map(|b| format!("{b:02x}")).collect()
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = self.to_hex();
        f.write_str(hex.get(..16).unwrap_or_default())
    }
}

/// A mail address, `local@domain`, checked: printable, one `@`, no white space, no control or quote characters outside a
/// quoted local part, at most 254 octets (RFC 5321 4.5.3.1). The domain is in lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Addr(String);

impl Addr {
    /// Checks an address; `None` if it is none that mail can be sent to.
    pub fn parse(text: &str) -> Option<Addr> {
        let (local, domain) = text.rsplit_once('@')?;
        let good = |c: char| {
            !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | ',' | ';' | '"' | '\\' | '(' | ')')
        };
        let label = |l: &str| {
            !l.is_empty()
                && l.len() <= 63
                && !l.starts_with('-')
                && !l.ends_with('-')
                && l.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
        };
        let ok = text.len() <= 254
            && (1..=64).contains(&local.len())
            && local.chars().all(good)
            && !local.contains('@')
            && domain.split('.').all(label);
        ok.then(|| Addr(format!("{local}@{}", domain.to_lowercase())))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the `@`, in lower case.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, d)| d)
    }

    /// The part before the `@`, as written.
    pub fn local(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(l, _)| l)
    }

    /// The form under which two spellings of an address are the same: all in lower case.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

/// Masked: an address is a personal datum and `Debug` ends in logs.
impl fmt::Debug for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Addr(…@{} bytes)", self.0.len())
    }
}

/// A name and an address (RFC 5322 3.4); groups are flattened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Display name, redacted.
    pub name: Cleared,
    /// The address; `None` if what stood there is no address.
    pub addr: Option<Addr>,
}

/// What kind of mail it is; the first thing that is decided, since every reply asks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// A person wrote it.
    Human,
    /// A robot wrote it (RFC 3834).
    Auto,
    /// A delivery status notification (RFC 3464) or what looks like one.
    Bounce,
    /// A mailing list or newsletter (RFC 2919, RFC 2369).
    List,
    /// Our own copy or our own address.
    Own,
    /// A feedback (RFC 5965) or disposition report (RFC 8098).
    Report,
}

impl Class {
    /// The word used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Human => "human",
            Class::Auto => "auto",
            Class::Bounce => "bounce",
            Class::List => "list",
            Class::Own => "own",
            Class::Report => "report",
        }
    }
}

/// Is the address in `From` the one who sent it (RFC 8601, read from the header that the mailbox's own server wrote)?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Proof {
    /// DMARC passed, or an aligned DKIM or SPF result did.
    Pass,
    /// DMARC failed.
    Fail,
    /// No trusted result.
    None,
}

impl Proof {
    /// The word used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Proof::Pass => "pass",
            Proof::Fail => "fail",
            Proof::None => "none",
        }
    }
}

/// The answer to a message as a whole, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The ticket holds the whole message.
    Allow,
    /// Values are replaced, parts withheld.
    Redact,
    /// Sealed; the ticket is a stub.
    Quarantine,
    /// Refused; the ticket is a stub of kinds and counts.
    Reject,
}

impl Verdict {
    /// Every verdict, mildest first.
    pub const ALL: [Verdict; 4] = [Verdict::Allow, Verdict::Redact, Verdict::Quarantine, Verdict::Reject];

    /// The word used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Allow => "allow",
            Verdict::Redact => "redact",
            Verdict::Quarantine => "quarantine",
            Verdict::Reject => "reject",
        }
    }

    /// The verdict that an action on one finding asks for: flag counts as allow, withhold as redact.
    pub fn of(action: lazaret_scan::Action) -> Verdict {
        use lazaret_scan::Action::*;
        match action {
            Allow | Flag => Verdict::Allow,
            Redact | Withhold => Verdict::Redact,
            Quarantine => Verdict::Quarantine,
            Reject => Verdict::Reject,
        }
    }
}

/// Names a text of a message, the same in every verb: `header/subject`, IMAP section `1.2`, `1.2/name`, `1.2!member`,
/// `text`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartPath(String);

impl PartPath {
    /// Takes a path made by us.
    pub fn new(path: impl Into<String>) -> PartPath {
        PartPath(path.into())
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Header facts that a ticket, a reply or a clean copy needs. Ids are without `<>`, at most 250 octets, without white
/// space or control characters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Envelope {
    /// `From`.
    pub from: Vec<Address>,
    /// `To`.
    pub to: Vec<Address>,
    /// `Cc`.
    pub cc: Vec<Address>,
    /// `Reply-To`.
    pub reply_to: Vec<Address>,
    /// `Return-Path` (RFC 5321 4.4).
    pub return_path: ReturnPath,
    /// `Date` in seconds since 1970, UTC.
    pub date: Option<i64>,
    /// `Message-ID`.
    pub message_id: Option<String>,
    /// `In-Reply-To`, the first id.
    pub in_reply_to: Option<String>,
    /// `References`, oldest first, at most 100.
    pub references: Vec<String>,
    /// Helpdesk tags such as `[#123]` in the subject, and our own references `LZ-XXXX-XXXX` anywhere in it.
    pub subject_refs: Vec<String>,
}

/// The reverse-path under which the mail came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ReturnPath {
    /// No such header: unknown, not null.
    #[default]
    Unknown,
    /// `<>`.
    Null,
    /// An address.
    Addr(Addr),
}
