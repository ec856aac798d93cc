//! What one message gave: the only thing that leaves a worker.

use crate::fingerprint::Fingerprints;
use crate::{Class, Cleared, ClearedOctets, Coverage, Envelope, PartPath, Proof, Remembered, Verdict, mark};
use lazaret_scan::Action;
use std::ops::Range;

/// A finding: rule, place, span, score, action. Never the value; equal values share the tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Rule id.
    pub rule: String,
    /// Class of data.
    pub class: lazaret_scan::Class,
    /// Exact type.
    pub entity: String,
    /// Where.
    pub part: PartPath,
    /// Bytes of UTF-8 in what `extract` gives for that part.
    pub span: Range<usize>,
    /// 0 to 100.
    pub score: u8,
    /// What the policy does about it.
    pub action: Action,
    /// Keyed tag of the canonical value: eight characters of base32.
    pub tag: String,
}

/// Why a part has no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OpaqueWhy {
    /// A picture.
    Picture,
    /// A detached signature (PGP, S/MIME).
    Signature,
    /// Encrypted.
    Encrypted,
    /// A format that is not read.
    Unsupported,
    /// Broken.
    Malformed,
    /// Beyond a limit.
    OverLimit,
}

impl OpaqueWhy {
    /// The word used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            OpaqueWhy::Picture => "picture",
            OpaqueWhy::Signature => "signature",
            OpaqueWhy::Encrypted => "encrypted",
            OpaqueWhy::Unsupported => "unsupported",
            OpaqueWhy::Malformed => "malformed",
            OpaqueWhy::OverLimit => "over_limit",
        }
    }

    /// The same as words of a sentence, for a number of them.
    pub fn in_words(self) -> &'static str {
        match self {
            OpaqueWhy::Picture => "picture not examined",
            OpaqueWhy::Signature => "signature not examined",
            OpaqueWhy::Encrypted => "encrypted part",
            OpaqueWhy::Unsupported => "part in a format that is not read",
            OpaqueWhy::Malformed => "broken part",
            OpaqueWhy::OverLimit => "part beyond a limit",
        }
    }
}

/// A part that was not examined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opaque {
    /// Which.
    pub part: PartPath,
    /// Why.
    pub why: OpaqueWhy,
    /// What the policy does about it.
    pub action: Action,
}

/// One reason of a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Findings of one rule.
    Found {
        /// Rule id.
        rule: String,
        /// Class of data.
        class: lazaret_scan::Class,
        /// Exact type.
        entity: String,
        /// How many different values: the same one in text and HTML is one.
        count: u32,
        /// The strictest action among them.
        action: Action,
    },
    /// Records of people in one part or more.
    Records {
        /// About how many people, to two significant digits.
        about: u32,
        /// What the records hold, in words, the commonest first.
        kinds: Vec<String>,
        /// The strictest action.
        action: Action,
    },
    /// Parts that were not examined.
    Unexamined {
        /// Why.
        why: OpaqueWhy,
        /// How many.
        count: u32,
        /// The strictest action among them.
        action: Action,
    },
    /// The message as a whole is encrypted.
    WholeEncrypted,
    /// What redaction wrote still held something.
    Residue,
    /// Files that still held something after they were rewritten: they are left out.
    FileResidue {
        /// How many.
        count: u32,
    },
    /// The workers died on it.
    Poison,
    /// It is larger than what is fetched.
    OverSize,
    /// The message as a whole is beyond a limit of parsing.
    OverLimit,
    /// A person put it there: the stated reason is in the audit trail.
    Released,
}

impl Reason {
    /// The reason in plain words, for a stub or a listing: `2 × payment card (redact)`. It carries no text of a message.
    pub fn to_line(&self) -> String {
        match self {
            Reason::Found { class, entity, count, action, .. } => {
                format!("{count} × {} ({action})", mark::kind(*class, entity, mark::ENGLISH))
            }
            Reason::Records { about, kinds, action } => {
                format!("records of about {about} people: {} ({action})", kinds.join(", "))
            }
            Reason::Unexamined { why, count, action } => format!("{count} × {} ({action})", why.in_words()),
            Reason::WholeEncrypted => "the message is encrypted as a whole (quarantine)".to_owned(),
            Reason::Residue => "what was taken out could not be taken out completely (quarantine)".to_owned(),
            Reason::FileResidue { count } => {
                format!("{count} × file that still held something after redaction (withhold)")
            }
            Reason::Poison => "it could not be examined: three attempts failed (quarantine)".to_owned(),
            Reason::OverSize => "it is larger than what is fetched (held)".to_owned(),
            Reason::OverLimit => "it is beyond a limit of what is examined (quarantine)".to_owned(),
            Reason::Released => "it was released from quarantine".to_owned(),
        }
    }

    /// The verdict that this reason alone asks for.
    pub fn verdict(&self) -> Verdict {
        match self {
            Reason::Unexamined { why: OpaqueWhy::Picture | OpaqueWhy::Signature, .. } => Verdict::Allow,
            Reason::Found { action, .. } | Reason::Records { action, .. } | Reason::Unexamined { action, .. } => {
                Verdict::of(*action)
            }
            Reason::WholeEncrypted | Reason::Residue | Reason::Poison | Reason::OverSize | Reason::OverLimit => {
                Verdict::Quarantine
            }
            Reason::FileResidue { .. } => Verdict::Redact,
            Reason::Released => Verdict::Allow,
        }
    }
}

/// Header fields beside those of the envelope that a copy keeps at most.
pub const HEADER_FIELDS_MAX: usize = 100;
/// Octets of UTF-8 of all their values.
pub const HEADERS_BYTES_MAX: usize = 16 << 10;
/// Octets of the name of a header field.
pub const FIELD_NAME_BYTES_MAX: usize = 64;

/// A field of the original's header, for its copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderField {
    /// As written.
    pub name: String,
    /// Unfolded, decoded and redacted. Empty: it is in the envelope, and only its place among the others is told here.
    pub value: Cleared,
}

/// Is it a name that a header field may have everywhere? RFC 5322 3.6.8 allows more than letters, digits, `-` and `_`.
pub fn is_field_name(name: &str) -> bool {
    (1..=FIELD_NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// An attachment as the ticket shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Where it stood.
    pub part: PartPath,
    /// Its name, redacted; empty if it had none.
    pub name: Cleared,
    /// Declared media type, in lower case.
    pub media_type: String,
    /// Decoded size in octets.
    pub size_bytes: u64,
    /// Allow: shown as it is; redact: values replaced; withhold: left out.
    pub action: Action,
    /// Its text, redacted, where it is text and not withheld.
    pub text: Option<Cleared>,
    /// Set where it was not examined.
    pub opaque: Option<OpaqueWhy>,
    /// Its file: as it came where nothing was found in it, rewritten where something was; `None` where it is left out.
    pub file: Option<ClearedOctets>,
    /// What became of its octets, those of its members included.
    pub coverage: Coverage,
    /// Its `Content-ID` without `<>`, by which the HTML shows it.
    pub content_id: Option<String>,
    /// Does it ask to be shown with the text and not as a file?
    pub inline: bool,
    /// Charset of its file, where that is text and says one.
    pub charset: Option<String>,
}

impl Attachment {
    /// Leaves it out: its text and file go.
    pub(crate) fn leave_out(&mut self) {
        self.action = self.action.max(Action::Withhold);
        self.text = None;
        self.file = None;
    }
}

/// All that one message gave. For quarantine and reject every text is empty: the ticket is a stub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What kind of mail it is.
    pub class: Class,
    /// Is the sender in a staff domain, and proven?
    pub staff: bool,
    /// Is the sender proven?
    pub proof: Proof,
    /// Addresses, date and threading.
    pub envelope: Envelope,
    /// The person the ticket is for: `From`, or what a reporter names. `None` for several or none.
    pub customer: Option<crate::Addr>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why; never empty unless the verdict is allow.
    pub reasons: Vec<Reason>,
    /// At most `findings_max`.
    pub findings: Vec<Finding>,
    /// What the candidates of all texts scored, found or not; no value, no place.
    pub fingerprints: Fingerprints,
    /// Parts that were not examined.
    pub opaque: Vec<Opaque>,
    /// Subject, redacted.
    pub subject: Cleared,
    /// The plain-text bodies, joined, redacted; the HTML's text where there is no plain text.
    pub text: Cleared,
    /// The HTML body with its values replaced; it still renders. `None` where there is none or it is withheld.
    pub html: Option<Cleared>,
    /// Attachments.
    pub attachments: Vec<Attachment>,
    /// The header fields for a copy, in their order.
    pub headers: Vec<HeaderField>,
    /// Fields that could not be kept: not readable, beyond a limit, or something was left in them.
    pub headers_left_out: u32,
    /// Does a rule that fired say that nothing may be kept?
    pub keep_nothing: bool,
    /// Language of the text (ISO 639-1) if it is clear.
    pub language: Option<String>,
    /// Keyed tags in the message that claim to be ours (Message-ID tokens, own-copy header); the parent verifies them.
    pub own_copy: Option<String>,
    /// For a bounce: the Message-IDs of the mail that did not arrive.
    pub bounced_ids: Vec<String>,
    /// Is the message marked as spam by the mailbox's server?
    pub junk: bool,
    /// Number of `Received` fields.
    pub hops: u32,
    /// What later messages of the conversation are told.
    pub remembered: Remembered,
}

impl Outcome {
    /// The outcome of a message that nobody looked into (the workers died on it, it is too large): no text, no facts.
    pub fn unprocessed(reason: Reason, verdict: Verdict) -> Outcome {
        Outcome {
            class: Class::Human,
            staff: false,
            proof: Proof::None,
            envelope: Envelope::default(),
            customer: None,
            verdict,
            reasons: vec![reason],
            findings: Vec::new(),
            fingerprints: Fingerprints::default(),
            opaque: Vec::new(),
            subject: Cleared::default(),
            text: Cleared::default(),
            html: None,
            attachments: Vec::new(),
            headers: Vec::new(),
            headers_left_out: 0,
            keep_nothing: false,
            language: None,
            own_copy: None,
            bounced_ids: Vec::new(),
            junk: false,
            hops: 0,
            remembered: Remembered::default(),
        }
    }

    /// Makes it a stub: subject, bodies, attachments and other header fields go, facts and redacted display names stay.
    pub fn drop_text(&mut self) {
        self.subject = Cleared::default();
        self.text = Cleared::default();
        self.html = None;
        self.attachments.clear();
        self.headers.clear();
    }

    /// Does it hold any text that a stub may not hold?
    pub fn has_text(&self) -> bool {
        !self.subject.is_empty()
            || !self.text.is_empty()
            || self.html.is_some()
            || !self.attachments.is_empty()
            || !self.headers.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_fields() {
        let of = |bytes: usize| "x".repeat(bytes);
        let good = ["X-Priority", "x", "List_Id", &of(FIELD_NAME_BYTES_MAX - 1), &of(FIELD_NAME_BYTES_MAX)];
        for name in good {
            assert!(is_field_name(name), "{name}");
        }
        for name in ["", "a b", "a:b", "ä", "a\r\nb", &of(FIELD_NAME_BYTES_MAX + 1)] {
            assert!(!is_field_name(name), "{name}");
        }
    }

    #[test]
    fn reasons_read_as_plain_words() {
        let (class, secret) = (lazaret_scan::Class::CreditCard, lazaret_scan::Class::Secret);
        let cases = [
            (
                Reason::Found {
                    rule: "c".into(),
                    class,
                    entity: "credit_card".into(),
                    count: 2,
                    action: Action::Redact,
                },
                "2 × payment card (redact)",
            ),
            (
                Reason::Found {
                    rule: "p".into(),
                    class: secret,
                    entity: "password".into(),
                    count: 1,
                    action: Action::Redact,
                },
                "1 × password (redact)",
            ),
            (
                Reason::Unexamined { why: OpaqueWhy::Encrypted, count: 1, action: Action::Withhold },
                "1 × encrypted part (withhold)",
            ),
            (
                Reason::Records {
                    about: 340,
                    kinds: vec!["name".into(), "date of birth".into()],
                    action: Action::Withhold,
                },
                "records of about 340 people: name, date of birth (withhold)",
            ),
            (Reason::WholeEncrypted, "the message is encrypted as a whole (quarantine)"),
        ];
        for (reason, line) in cases {
            assert_eq!(reason.to_line(), line);
        }
    }

    #[test]
    fn a_stub_has_no_text() {
        let mut outcome = Outcome::unprocessed(Reason::Poison, Verdict::Quarantine);
        assert!(!outcome.has_text());
        outcome.subject = Cleared::mint("a".into());
        assert!(outcome.has_text());
        outcome.html = Some(Cleared::default());
        outcome.drop_text();
        assert!(!outcome.has_text());
        outcome.headers = vec![HeaderField { name: "X-A".into(), value: Cleared::mint("b".into()) }];
        assert!(outcome.has_text());
        outcome.drop_text();
        assert!(!outcome.has_text());
    }
}
