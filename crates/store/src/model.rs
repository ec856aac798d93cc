//! What goes into the store and what comes out. Texts go in as [`Cleared`](lazaret_core::Cleared) only and come out as
//! plain strings in views.

use lazaret_core::{Addr, Digest, MessageKey, Outcome};
use serde::{Deserialize, Serialize};

/// The speakable reference of a ticket: `LZ-7K2Q-M4XD`, 40 random bits in base32 (RFC 4648, without padding). It is no
/// credential.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TicketRef(pub String);

/// A ticket that the message claims to belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinCandidate {
    /// Which.
    pub ticket: TicketRef,
    /// Did a keyed token of ours verify? Else it was named in the subject, and only a proven party joins by that.
    pub token: bool,
}

/// What is to be done at the source once the commit is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ack {
    /// Nothing: observe mode, or our own copy.
    Leave,
    /// Move the original to the clean folder.
    MoveClean,
    /// Append the clean copy or stub to the clean folder, then remove the original.
    Replace,
    /// Move the original to the held folder (over-size).
    MoveHeld,
}

/// Which text a reply has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Template {
    /// The message arrived.
    Receipt,
    /// It arrived; something was taken out.
    Removed,
    /// It reached us, but the team has not received it.
    Refused,
}

/// Everything that a reply is made of; no field could hold a sender's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The one recipient.
    pub to: Addr,
    /// Mailbox whose identity it carries.
    pub mailbox: String,
    /// Which text.
    pub template: Template,
    /// Words of our own for what was found, such as `payment card details`; empty for a receipt.
    pub kinds: Vec<String>,
    /// Language (ISO 639-1) wished for.
    pub language: String,
    /// Is the recipient proven? Limits differ.
    pub proven: bool,
    /// Checked Message-ID of the mail that is answered.
    pub in_reply_to: Option<String>,
    /// Its checked references, oldest first.
    pub references: Vec<String>,
}

/// Is somebody to be told?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// Yes, unless a limit holds it back.
    Send(Draft),
    /// No; the word says why (`auto`, `staff`, `observe`, `backlog`, `list`, `bounce`, `no-address`, `not-a-party`, …).
    Not(&'static str),
}

/// All that one message changes; built once, applied once.
#[derive(Debug)]
pub struct Commit {
    /// K1.
    pub key: MessageKey,
    /// K2.
    pub digest: Digest,
    /// Now, in seconds since 1970.
    pub now: i64,
    /// What the worker gave, checked by the daemon.
    pub outcome: Outcome,
    /// Size of the original in octets.
    pub size_bytes: u64,
    /// Tickets it may join, best first.
    pub join: Vec<JoinCandidate>,
    /// The sealed original and when it is to be erased, where one is kept.
    pub sealed: Option<(lazaret_core::seal::Sealed, i64)>,
    /// Which rules and policy judged it, as a short hash: it stands beside the fingerprints.
    pub rules: String,
    /// What to do at the source, also with a byte-identical copy.
    pub ack: Ack,
    /// Whom to tell if it opens a ticket.
    pub reply_new: Intent,
    /// Whom to tell if it joins one.
    pub reply_joined: Intent,
    /// Further sinks.
    pub sinks: Vec<Sink>,
}

/// A further sink that a message goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sink {
    /// What tells sinks apart, such as `forward:helpdesk@acme.example`.
    pub target: String,
    /// Recorded as failed and not sent, until an operator asks for it: sending would make a loop.
    pub held: bool,
}

/// What a commit did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The ticket.
    pub ticket: TicketRef,
    /// Position of the message in it, from 1.
    pub message: u32,
    /// Was it joined to a ticket that existed?
    pub joined: bool,
    /// Is it a byte-identical copy of a message that has its ticket?
    pub duplicate: bool,
    /// Was a reply put in the outbox?
    pub reply: bool,
    /// Deliveries that were put in the outbox.
    pub deliveries: usize,
    /// What the source has to do.
    pub ack: Ack,
    /// Had this UID a ticket with other octets before? Then the server broke the rule that a UID never changes
    /// (RFC 3501 2.3.1.1); both messages have their tickets.
    pub uid_reused: bool,
}

/// How somebody was told: `accepted | pending | unknown | not sent (reason)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Told {
    /// The relay took it.
    Accepted,
    /// In the outbox.
    Pending,
    /// The connection broke after the final dot: nobody knows. Never resent by itself.
    Unknown,
    /// No; why.
    NotSent(String),
}

/// State of a folder in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderState {
    /// UIDVALIDITY seen last.
    pub uid_validity: u32,
    /// UIDs up to this one were there before `start` and are not touched; 0: none.
    pub baseline_uid: u32,
}

/// What the ledger knows of the UIDs of a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// Never claimed, or claimed and free again; above the baseline; ascending.
    pub unclaimed: Vec<u32>,
    /// Claimed when the daemon died: to be tried alone, one at a time, in this order (fewest strikes first).
    pub suspects: Vec<u32>,
    /// Committed, but what was to be done at the source is not confirmed.
    pub unacknowledged: Vec<(u32, Ack)>,
    /// Of the UIDs asked for, how many have their place in the ledger: claimed, committed, done, or below the baseline.
    pub known: u64,
    /// How many have a record that cannot be read; they are among the suspects, and are taken in once more.
    pub damaged: u64,
}

/// The answer to a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// K1.
    pub key: MessageKey,
    /// Deaths of workers that held it, plus deaths of the daemon while it was alone in flight.
    pub strikes: u32,
}

/// A reply that is due, leased to the caller until it is settled or the daemon ends.
#[derive(Debug, Clone)]
pub struct Lease {
    /// Outbox id, 16 hexadecimal digits; the reply's Message-ID derives from it.
    pub id: String,
    /// The ticket.
    pub ticket: TicketRef,
    /// What to send.
    pub draft: Draft,
    /// Attempts before this one.
    pub attempts: u32,
    /// When it was put in, in seconds since 1970.
    pub queued_at: i64,
}

/// A delivery that is due, leased to the caller until it is settled or the daemon ends.
#[derive(Debug, Clone)]
pub struct DeliveryLease {
    /// Id, 16 hexadecimal digits: depends on ticket, message and sink alone.
    pub id: String,
    /// The ticket.
    pub ticket: TicketRef,
    /// Position of the message in it, from 1.
    pub message: u32,
    /// Mailbox that it came from.
    pub mailbox: String,
    /// Attempts before this one.
    pub attempts: u32,
    /// When it was put in, in seconds since 1970.
    pub queued_at: i64,
    /// How often a release changed the message since it was handed out first.
    pub revision: u32,
}

/// The end of an attempt to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// 2xx after the final dot. The queue id or code, never the server's text.
    Accepted {
        /// Reply code.
        code: u16,
    },
    /// 4xx or no connection, before the final dot: again at this time (seconds since 1970).
    Deferred {
        /// When.
        until: i64,
        /// Reply code, if there was one.
        code: Option<u16>,
    },
    /// 5xx, or too old: never again.
    Failed {
        /// Reply code, if there was one.
        code: Option<u16>,
    },
    /// The final dot went out and no answer came.
    Unknown,
}

/// Limits on replies, persisted with their counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyLimits {
    /// To one proven recipient in 24 hours.
    pub proven_per_day_max: u32,
    /// To one unproven recipient in 24 hours.
    pub unproven_per_day_max: u32,
    /// To one recipient domain in an hour.
    pub domain_per_hour_max: u32,
    /// Of one tenant in an hour.
    pub tenant_per_hour_max: u32,
    /// Of the whole daemon in a minute; beyond it the breaker opens and replies wait for an operator.
    pub breaker_per_minute_max: u32,
}

impl Default for ReplyLimits {
    fn default() -> ReplyLimits {
        ReplyLimits {
            proven_per_day_max: 10,
            unproven_per_day_max: 1,
            domain_per_hour_max: 100,
            tenant_per_hour_max: 500,
            breaker_per_minute_max: 300,
        }
    }
}

/// A ticket in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketRow {
    /// Reference.
    pub ticket: TicketRef,
    /// When it was opened, in seconds since 1970.
    pub opened_at: i64,
    /// Mailbox.
    pub mailbox: String,
    /// Sender's address.
    pub from: String,
    /// Subject, redacted.
    pub subject: String,
    /// Strictest verdict of its messages; `unreadable` if its record is damaged.
    pub verdict: String,
    /// Number of messages.
    pub messages: u32,
    /// How its last answerable message was answered.
    pub told: Told,
}

/// A ticket as an agent sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketView {
    /// Its row.
    pub row: TicketRow,
    /// Messages, oldest first.
    pub messages: Vec<MessageView>,
}

/// One message of a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageView {
    /// K2 in hexadecimal.
    pub digest: String,
    /// Where it came from.
    pub mailbox: String,
    /// Folder.
    pub folder: String,
    /// UIDVALIDITY.
    pub uid_validity: u32,
    /// UID.
    pub uid: u32,
    /// When it was committed, in seconds since 1970.
    pub at: i64,
    /// Size of the original in octets.
    pub size_bytes: u64,
    /// `Date` of the mail, in seconds since 1970.
    pub date: Option<i64>,
    /// Class of mail.
    pub class: String,
    /// Verdict.
    pub verdict: String,
    /// Reasons in words of our own.
    pub reasons: Vec<String>,
    /// Is the sender proven?
    pub proof: String,
    /// Addresses, with redacted names.
    pub from: Vec<AddressView>,
    /// To.
    pub to: Vec<AddressView>,
    /// Cc.
    pub cc: Vec<AddressView>,
    /// Reply-To.
    pub reply_to: Vec<AddressView>,
    /// Message-ID of the mail.
    pub message_id: Option<String>,
    /// In-Reply-To of the mail.
    pub in_reply_to: Option<String>,
    /// References of the mail.
    pub references: Vec<String>,
    /// Helpdesk tags of the original subject.
    pub subject_refs: Vec<String>,
    /// Subject, redacted.
    pub subject: String,
    /// Text, redacted.
    pub text: String,
    /// HTML, redacted.
    pub html: Option<String>,
    /// Attachments.
    pub attachments: Vec<AttachmentView>,
    /// Findings.
    pub findings: Vec<FindingView>,
    /// Is a sealed original kept, and until when (seconds since 1970)?
    pub sealed_until: Option<i64>,
    /// Was somebody told?
    pub told: Told,
    /// What the source had to do.
    pub ack: Ack,
    /// Byte-identical copies that were linked to it.
    pub copies: u32,
    /// The header fields for a copy, in their order; one with an empty value is told by the fields above.
    #[serde(default)]
    pub headers: Vec<HeaderView>,
    /// Fields that could not be kept.
    #[serde(default)]
    pub headers_left_out: u32,
}

/// A header field of a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderView {
    /// As written.
    pub name: String,
    /// Redacted.
    pub value: String,
}

/// Where the next page of messages begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageCursor(pub(crate) Vec<u8>);

/// Some of all messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagePage {
    /// Ticket, position in it from 1, message.
    pub messages: Vec<(TicketRef, u32, MessageView)>,
    /// Messages that cannot be read.
    pub unreadable: u32,
    /// Set if there are more.
    pub next: Option<MessageCursor>,
}

/// An address of a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressView {
    /// Display name, redacted.
    pub name: String,
    /// Address, empty if there was none.
    pub address: String,
}

/// An attachment of a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentView {
    /// Part path.
    pub part: String,
    /// Name, redacted.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Size in octets.
    pub size_bytes: u64,
    /// What was done with it.
    pub action: String,
    /// Why it was not examined, if so.
    pub opaque: Option<String>,
    /// Text, redacted.
    pub text: Option<String>,
    /// Size of its file as it is kept, in octets; absent where it is left out.
    #[serde(default)]
    pub file_bytes: Option<u64>,
    /// Its `Content-ID` without `<>`.
    #[serde(default)]
    pub content_id: Option<String>,
    /// Does it ask to be shown with the text?
    #[serde(default)]
    pub inline: bool,
    /// Charset of its file.
    #[serde(default)]
    pub charset: Option<String>,
    /// Octets of it that gave text.
    #[serde(default)]
    pub scanned_bytes: u64,
    /// Octets of it that are structure, or packed members.
    #[serde(default)]
    pub decoded_bytes: u64,
    /// Octets of it that were not examined.
    #[serde(default)]
    pub unexamined_bytes: u64,
    /// Its file, where it was asked for; never in a record or a listing.
    #[serde(skip)]
    pub file: Option<Vec<u8>>,
}

/// A finding of a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingView {
    /// Rule id.
    pub rule: String,
    /// Class.
    pub class: String,
    /// Entity.
    pub entity: String,
    /// Part path.
    pub part: String,
    /// Start byte.
    pub start: usize,
    /// End byte.
    pub end: usize,
    /// Score.
    pub score: u8,
    /// Action.
    pub action: String,
    /// Keyed tag.
    pub tag: String,
}

/// What is kept of the candidates of a message: no value, no place, no text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FingerprintsView {
    /// Position of the message in its ticket, from 1.
    pub message: u32,
    /// When it was committed, in seconds since 1970.
    pub at: i64,
    /// Which rules and policy judged it, as a short hash.
    pub rules: String,
    /// The candidates, strongest first.
    pub candidates: Vec<CandidateView>,
    /// Candidates of which nothing is kept.
    pub dropped: u32,
    /// Times that somebody said it holds something that no rule looked at.
    #[serde(default)]
    pub unseen: u32,
}

/// What a person says of a judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judgement {
    /// It should have had no consequences.
    Wrong,
    /// It should have had some.
    Missed,
}

/// A candidate of a view, or several that are equal in all that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateView {
    /// Rule id.
    pub rule: String,
    /// Class.
    pub class: String,
    /// The rule's form when it judged: a number over what decides what it matches.
    pub form: u32,
    /// `body | header | name | attachment`.
    pub placement: String,
    /// Score.
    pub score: u8,
    /// How it came about.
    pub terms: Vec<TermView>,
    /// Action.
    pub action: String,
    /// Why nothing followed, if nothing did.
    pub why_not: Option<String>,
    /// How many.
    pub count: u32,
    /// What somebody said of it.
    #[serde(default)]
    pub feedback: Option<Judgement>,
}

/// A term of a score of a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TermView {
    /// What gave it.
    pub name: String,
    /// Points.
    pub points: i16,
    /// The word of the rule's context that gave it, by its place in the rule's list.
    pub word: Option<u16>,
}

/// Where the next page of fingerprints begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FingerprintCursor(pub(crate) Vec<u8>);

/// Some of all fingerprints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FingerprintPage {
    /// Oldest first.
    pub views: Vec<FingerprintsView>,
    /// Set if there are more.
    pub next: Option<FingerprintCursor>,
}

/// A sealed original in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineRow {
    /// Id: the first 16 hexadecimal digits of K2.
    pub id: String,
    /// Its ticket.
    pub ticket: TicketRef,
    /// Verdict.
    pub verdict: String,
    /// Reasons.
    pub reasons: Vec<String>,
    /// Since, in seconds since 1970.
    pub at: i64,
    /// Kept until, in seconds since 1970.
    pub until: i64,
    /// Octets of the sealed file.
    pub size_bytes: u64,
    /// Mailbox.
    pub mailbox: String,
}

/// A message that was too large to fetch, in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRow {
    /// Its ticket, a stub.
    pub ticket: TicketRef,
    /// Position of the message in it, from 1.
    pub message: u32,
    /// Mailbox.
    pub mailbox: String,
    /// Since, in seconds since 1970.
    pub at: i64,
    /// Octets of the original, as the server says.
    pub size_bytes: u64,
    /// Keyed hash of its header, in hexadecimal.
    #[serde(skip)]
    pub digest: String,
    /// Its Message-ID, by which it is found at the source.
    #[serde(skip)]
    pub message_id: Option<String>,
}

/// A reply in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxRow {
    /// Id.
    pub id: String,
    /// Its ticket.
    pub ticket: TicketRef,
    /// Recipient.
    pub to: String,
    /// Template.
    pub template: Template,
    /// `ready | sending | dot-pending | accepted | failed | unknown`; `unreadable` if its record is damaged.
    pub state: String,
    /// Attempts so far.
    pub attempts: u32,
    /// Put in at, in seconds since 1970.
    pub queued_at: i64,
    /// Next attempt at, in seconds since 1970.
    pub due_at: Option<i64>,
    /// Last reply code.
    pub code: Option<u16>,
}

/// A delivery in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryRow {
    /// Id.
    pub id: String,
    /// Its ticket.
    pub ticket: String,
    /// Position of the message in it, from 1.
    pub message: u32,
    /// Mailbox that it came from.
    pub mailbox: String,
    /// The sink.
    pub target: String,
    /// `ready | sending | accepted | failed`; `unreadable` if its record is damaged.
    pub state: String,
    /// Attempts so far.
    pub attempts: u32,
    /// Put in at, in seconds since 1970.
    pub queued_at: i64,
    /// Next attempt at, in seconds since 1970.
    pub due_at: Option<i64>,
    /// When it was over, in seconds since 1970.
    pub ended_at: Option<i64>,
    /// Last reply code.
    pub code: Option<u16>,
}

/// Counts for `status`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Tickets.
    pub tickets: u64,
    /// Messages by verdict: allow, redact, quarantine, reject.
    pub verdicts: [u64; 4],
    /// Byte-identical copies.
    pub duplicates: u64,
    /// Claims without a commit.
    pub claimed: u64,
    /// Commits whose source is not done.
    pub unacknowledged: u64,
    /// Replies waiting.
    pub outbox_waiting: u64,
    /// Oldest waiting reply, in seconds since 1970.
    pub outbox_oldest_at: Option<i64>,
    /// Replies whose outcome is unknown.
    pub outbox_unknown: u64,
    /// Replies accepted.
    pub outbox_accepted: u64,
    /// Replies failed for good.
    pub outbox_failed: u64,
    /// Replies that a limit held back: their customers were not told.
    pub outbox_limited: u64,
    /// Sealed originals.
    pub sealed: u64,
    /// Commits and syncs since start, for the benchmark.
    pub commits: u64,
    /// Syncs since start.
    pub syncs: u64,
    /// Time that syncs of the index took since start, in microseconds.
    pub sync_micros: u64,
    /// Since when the breaker is open and replies wait for the operator, in seconds since 1970.
    pub breaker_open_since: Option<i64>,
    /// Deliveries to further sinks that wait.
    pub deliveries_waiting: u64,
    /// The oldest of them, in seconds since 1970.
    pub deliveries_oldest_at: Option<i64>,
    /// Deliveries accepted.
    pub deliveries_accepted: u64,
    /// Deliveries failed for good, until an operator tries them again.
    pub deliveries_failed: u64,
}

/// What is to be recorded in the audit trail. Words of our own and ids; nothing of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// User of this machine that asked.
    pub uid: u32,
    /// Its name, or what stands for it.
    pub name: String,
    /// What was asked for.
    pub verb: String,
    /// Ticket reference or id of a sealed original; empty if it was about none.
    pub object: String,
    /// What came of it: `allowed`, `denied`, `done`, `failed`.
    pub outcome: String,
}

/// A record of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// Its number, from 1, without gaps.
    pub seq: u64,
    /// Seconds since 1970.
    pub at: i64,
    /// As in [`AuditEntry`].
    pub uid: u32,
    /// As in [`AuditEntry`].
    pub name: String,
    /// As in [`AuditEntry`].
    pub verb: String,
    /// As in [`AuditEntry`].
    pub object: String,
    /// As in [`AuditEntry`].
    pub outcome: String,
}

/// The newest record of the audit trail: noted elsewhere, it proves later that nothing before it is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// Its number; 0 if there is none.
    pub seq: u64,
    /// Its hash, 64 hexadecimal digits.
    pub hash: String,
}

impl AuditHead {
    /// `SEQ:HASH`, as [`Display`](std::fmt::Display) writes it.
    pub fn parse(text: &str) -> Option<AuditHead> {
        let (seq, hash) = text.split_once(':')?;
        let good = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        Some(AuditHead { seq: seq.parse().ok()?, hash: good.then(|| hash.to_owned())? })
    }
}

impl std::fmt::Display for AuditHead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

/// Something that is wrong with the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditProblem {
    /// The number of the record.
    pub seq: u64,
    /// What is wrong, in words of our own.
    pub what: String,
}

/// What a check of the audit trail found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditVerdict {
    /// Records that are there.
    pub records: u64,
    /// The first that is whole; older ones were erased when their time was over.
    pub first_seq: Option<u64>,
    /// The end of the trail, as the store remembers it.
    pub head: AuditHead,
    /// Nothing: the trail is whole.
    pub problems: Vec<AuditProblem>,
}
