//! Configuration, as meant. `config/file.rs` mirrors the TOML as written; only the conversion complains, all at once.

pub(crate) mod changes;
pub(crate) mod file;
mod mailbox;
#[cfg(test)]
mod mistakes;
mod operator;
mod reader;
mod replies;
mod sinks;
mod value;

use crate::alerts::condition::Condition;
use crate::http::Url;
use crate::worker::Helpers;
use lazaret_core::{Limits, Profile};
use lazaret_store::ReplyLimits;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Everything the daemon was told, checked.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Directory of the store and of the last accepted rules.
    pub(crate) state_dir: PathBuf,
    /// Directory of the local socket.
    pub(crate) runtime_dir: PathBuf,
    /// Tenant; `default` if the file names none.
    pub(crate) tenant: String,
    /// Observe or enforce.
    pub(crate) mode: Mode,
    /// Where the store's root key is.
    pub(crate) store_key: SecretRef,
    /// To whom originals are sealed.
    pub(crate) quarantine: Quarantine,
    /// Mailboxes, at least one.
    pub(crate) mailboxes: Vec<Mailbox>,
    /// Replies; `None`: nobody is ever answered.
    pub(crate) replies: Option<Replies>,
    /// How copies leave by mail; `None`: none does.
    pub(crate) forward: Option<Forward>,
    /// How documents go to webhooks; `None`: none does.
    pub(crate) webhook: Option<Webhook>,
    /// Directory of rule files; `None`: the compiled-in ones.
    pub(crate) rules_dir: Option<PathBuf>,
    /// Policy file; `None`: the compiled-in one.
    pub(crate) policy: Option<PathBuf>,
    /// Directory of templates; `None`: the compiled-in ones.
    pub(crate) templates_dir: Option<PathBuf>,
    /// Worker processes.
    pub(crate) workers: usize,
    /// Mail older than this gets a ticket, never a reply.
    pub(crate) reply_max_age: Duration,
    /// Time between two looks at a mailbox.
    pub(crate) poll_interval: Duration,
    /// Bounds of one message.
    pub(crate) limits: Limits,
    /// Programs that look at files.
    pub(crate) helpers: Helpers,
    /// Free bytes of the state volume below which nothing is fetched.
    pub(crate) disk_reserve_bytes: u64,
    /// Octets of memory that the store may use for pages.
    pub(crate) cache_bytes: u64,
    /// Operator settings.
    pub(crate) operator: Operator,
}

/// Does the daemon change anything at the source, or send?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Reads, judges, makes tickets; changes nothing at the source, sends nothing.
    Observe,
    /// Does what the verdicts ask for.
    Enforce,
}

/// Where a secret is; never the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SecretRef {
    /// A systemd credential of this name, in `$CREDENTIALS_DIRECTORY`.
    Credential(String),
    /// A file, mode 0600 or stricter, owned by the user of the daemon or root.
    File(PathBuf),
}

/// Sealing.
#[derive(Debug, Clone)]
pub(crate) struct Quarantine {
    /// Public keys; at least one in enforce mode.
    pub(crate) recipients: Vec<lazaret_core::seal::Recipient>,
    /// Does release need a second person?
    pub(crate) four_eyes: bool,
}

/// One mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mailbox {
    /// Name in ledger, logs and metrics.
    pub(crate) name: String,
    /// What a worker is told.
    pub(crate) profile: Profile,
    /// Where the mail is.
    pub(crate) source: Source,
    /// Folders that are pulled.
    pub(crate) folders: Vec<String>,
    /// What of the mail that is there already is taken; `None`: `run` refuses a mailbox not yet in the ledger.
    pub(crate) start: Option<Start>,
    /// Where clean copies go.
    pub(crate) deliver: Deliver,
    /// Where mail that is too large is put.
    pub(crate) held_folder: String,
}

impl Mailbox {
    /// Messages that are fetched in one command.
    pub(crate) fn batch_messages_max(&self) -> usize {
        match &self.source {
            Source::Imap(imap) => imap.batch_messages_max,
            Source::Maildir(_) => 64,
        }
    }
}

/// A place that mail is pulled from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// An IMAP server.
    Imap(Imap),
    /// A Maildir on this machine.
    Maildir(PathBuf),
}

/// An IMAP account; TLS from the first octet (RFC 8314), no other way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Imap {
    /// Host name, checked against the certificate.
    pub(crate) host: String,
    /// Port, 993 unless told.
    pub(crate) port: u16,
    /// User name.
    pub(crate) user: String,
    /// Login.
    pub(crate) auth: Auth,
    /// PEM file of certificate authorities to trust in place of the platform's.
    pub(crate) ca_file: Option<PathBuf>,
    /// Messages and octets asked for in one command.
    pub(crate) batch_messages_max: usize,
}

/// How to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Auth {
    /// AUTHENTICATE PLAIN, else LOGIN.
    Password(SecretRef),
    /// SASL XOAUTH2; the token is the command's standard output. No shell.
    XOAuth2(Vec<String>),
    /// SASL OAUTHBEARER (RFC 7628).
    OAuthBearer(Vec<String>),
}

/// What of the mail that was there before is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// Nothing.
    Now,
    /// All.
    All,
    /// What the server received on that day or later (IMAP SINCE), seconds since 1970 at 00:00 UTC.
    Since(i64),
}

/// Where clean copies go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Deliver {
    /// Folder of the same account. Originals that need no redaction are moved there in any case.
    pub(crate) folder: String,
    /// Was a folder named? Else nothing is appended to it: other originals are removed once ticket and sealed original
    /// are read back.
    pub(crate) copies: bool,
    /// Further sinks.
    pub(crate) targets: Vec<Target>,
}

/// A sink beside the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// The clean copy as a mail to this address.
    Forward(lazaret_core::Addr),
    /// A signed document to this URL.
    Webhook(Url),
}

impl Target {
    /// As it is written in the configuration and in the store: what tells two apart.
    pub(crate) fn name(&self) -> String {
        match self {
            Target::Forward(to) => format!("forward:{}", to.as_str()),
            Target::Webhook(url) => format!("webhook:{}", url.as_str()),
        }
    }

    /// `forward` or `webhook`.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Target::Forward(_) => "forward",
            Target::Webhook(_) => "webhook",
        }
    }
}

/// How copies leave by mail.
#[derive(Debug, Clone)]
pub(crate) struct Forward {
    /// Transport.
    pub(crate) transport: Transport,
    /// Envelope sender; `None` is `<>`.
    pub(crate) envelope_from: Option<lazaret_core::Addr>,
}

/// How documents go to webhooks.
#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    /// With what they are signed.
    pub(crate) secret: SecretRef,
    /// PEM file of certificate authorities to trust in place of the platform's.
    pub(crate) ca_file: Option<PathBuf>,
    /// Octets of files in one document; further files are named only.
    pub(crate) files_bytes_max: u64,
}

/// A host name (RFC 1123) or an IP address, in lower case; `None` if it is neither.
pub(crate) fn host(text: &str) -> Option<String> {
    value::host(text).ok()
}

/// Is it this machine?
pub(crate) fn is_loopback(host: &str) -> bool {
    value::is_loopback(host)
}

/// How customers are answered.
#[derive(Debug, Clone)]
pub(crate) struct Replies {
    /// Transport.
    pub(crate) transport: Transport,
    /// `From` of every reply: display name and address.
    pub(crate) from_name: String,
    /// Its address.
    pub(crate) from: lazaret_core::Addr,
    /// Envelope sender; `None` is `<>`.
    pub(crate) envelope_from: Option<lazaret_core::Addr>,
    /// Who gets a receipt.
    pub(crate) receipt: Receipt,
    /// Upload portal with `{token}` in it; `None`: the wording without a link.
    pub(crate) portal: Option<String>,
    /// Second channel for a password.
    pub(crate) phone: Option<String>,
    /// Life of a portal link.
    pub(crate) link_lifetime: Duration,
    /// Limits.
    pub(crate) limits: ReplyLimits,
    /// Default language of replies.
    pub(crate) language: String,
}

/// How replies leave.
#[derive(Debug, Clone)]
pub(crate) enum Transport {
    /// A submission server.
    Smtp(Smtp),
    /// One `.eml` file a reply, for trials and tests.
    Files(PathBuf),
}

/// A submission server (RFC 6409).
#[derive(Debug, Clone)]
pub(crate) struct Smtp {
    /// Host name, checked against the certificate.
    pub(crate) host: String,
    /// Port.
    pub(crate) port: u16,
    /// TLS.
    pub(crate) tls: SmtpTls,
    /// User and password, where it asks for them.
    pub(crate) login: Option<(String, SecretRef)>,
    /// PEM file of certificate authorities to trust in place of the platform's.
    pub(crate) ca_file: Option<PathBuf>,
}

/// TLS of a submission server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SmtpTls {
    /// From the first octet (port 465).
    Implicit,
    /// STARTTLS, required (port 587).
    StartTls,
    /// None; only to a loopback address.
    PlainLoopback,
}

/// Who gets a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receipt {
    /// Who opens a ticket.
    NewTicket,
    /// Nobody: the helpdesk sends its own.
    Never,
}

/// Operator settings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Operator {
    /// Who hears of trouble.
    pub(crate) alert_to: Vec<lazaret_core::Addr>,
    /// Where alerts are posted as JSON.
    pub(crate) alert_webhook: Option<AlertWebhook>,
    /// When something is an alert.
    pub(crate) alert_when: AlertWhen,
    /// Where metrics and health are served.
    pub(crate) metrics: Option<SocketAddr>,
    /// Role → `user:NAME` or `group:NAME`.
    pub(crate) roles: Vec<(Role, Principal)>,
}

/// Where alerts are posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AlertWebhook {
    /// The address.
    pub(crate) url: Url,
    /// PEM file of certificate authorities to trust in place of the platform's.
    pub(crate) ca_file: Option<PathBuf>,
}

/// How long something may last before it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AlertWhen {
    pub(crate) mailbox_failing_secs: i64,
    pub(crate) login_refused_secs: i64,
    pub(crate) mail_waiting_secs: i64,
    pub(crate) outbox_oldest_secs: i64,
    pub(crate) relay_failing_secs: i64,
    /// A token with less left at a login is stale.
    pub(crate) token_left_secs: i64,
    /// So long it must be gone before it counts as over.
    pub(crate) recovered_after_secs: i64,
    /// More deaths of workers than this are told.
    pub(crate) worker_crashes_per_hour: u64,
}

impl Default for AlertWhen {
    fn default() -> AlertWhen {
        AlertWhen {
            mailbox_failing_secs: 15 * 60,
            login_refused_secs: 60,
            mail_waiting_secs: 3_600,
            outbox_oldest_secs: 3_600,
            relay_failing_secs: 5 * 60,
            token_left_secs: 5 * 60,
            recovered_after_secs: 60,
            worker_crashes_per_hour: 5,
        }
    }
}

impl AlertWhen {
    /// How long a condition may last before it is told, in seconds.
    pub(crate) fn threshold_secs(&self, condition: Condition) -> i64 {
        match condition {
            Condition::MailboxFailing => self.mailbox_failing_secs,
            Condition::LoginRefused => self.login_refused_secs,
            Condition::MailWaiting => self.mail_waiting_secs,
            Condition::OutboxOld | Condition::DeliveriesOld => self.outbox_oldest_secs,
            Condition::RelayFailing => self.relay_failing_secs,
            _ => 0,
        }
    }
}

/// What a caller of the local socket may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    /// Starts, stops, sees counts; no content.
    Operator,
    /// Reads redacted tickets.
    Agent,
    /// Approves, exports, erases; handles sealed originals.
    Officer,
    /// Reads the audit trail.
    Auditor,
}

/// A user or group of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Principal {
    /// A user name.
    User(String),
    /// A group name.
    Group(String),
}
