//! Every line of the log: an enum whose fields are ids, kinds and counts. The `tracing` macros are used here and nowhere
//! else, so that what can reach a log can be read on one page.

use crate::metrics::registry;
use lazaret_core::MessageKey;
use lazaret_store::TicketRef;
use std::io::{IsTerminal, Write as _};
use tracing::{Level, Metadata, debug, error, info, warn};
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// What happened.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    /// The daemon is ready.
    Ready { mailboxes: usize, workers: usize, observe: bool },
    /// It was told to end.
    Draining,
    /// It has ended in order.
    Stopped,
    /// The rules or the policy were refused; the last accepted ones run.
    RulesDegraded { complaints: usize },
    /// Configuration, rules, policy and templates were read again and are in force.
    Reloaded { changes: usize, rules: &'a str },
    /// They were refused; what ran goes on.
    ReloadRefused { complaints: usize },
    /// Logged in.
    LoggedIn { mailbox: &'a str },
    /// A cycle of a mailbox failed; it is tried again.
    MailboxFailed { mailbox: &'a str, kind: &'a str, retry_secs: u64 },
    /// Messages were claimed.
    Claimed { mailbox: &'a str, count: usize },
    /// A worker died, hung or panicked while it held a message.
    Strike { key: &'a MessageKey, strikes: u32, how: &'static str },
    /// A ticket exists.
    Committed {
        key: &'a MessageKey,
        ticket: &'a TicketRef,
        verdict: &'static str,
        class: &'static str,
        joined: bool,
        duplicate: bool,
        reply: bool,
    },
    /// Files still held something after redaction: a fault of a writer of ours. They are withheld.
    FileResidue { key: &'a MessageKey, count: u32 },
    /// A mail of our own came back; it is in the ledger and nowhere else.
    OwnMail { key: &'a MessageKey },
    /// A message is of another size than the server had said; what was received counts.
    SizeDiffers { key: &'a MessageKey, announced_bytes: u64, received_bytes: u64 },
    /// A message could not be taken in this time; it stays where it is.
    Postponed { key: &'a MessageKey, kind: &'static str },
    /// The source is done with these.
    Acknowledged { mailbox: &'a str, count: usize },
    /// What was to be done at the source failed; it is tried again.
    AckFailed { mailbox: &'a str, kind: &'a str },
    /// UIDVALIDITY of a folder changed.
    UidValidityChanged { mailbox: &'a str, folder: &'a str },
    /// `start` was changed after the folder was begun: the one it was begun with counts.
    StartKept { mailbox: &'a str, folder: &'a str, kept: &'a str },
    /// Everything that the start of a folder took in has been judged.
    Observed { mailbox: &'a str, folder: &'a str, messages: u64 },
    /// An operator has mail that was judged while observing judged again, and enforced.
    ObservedReopened { mailbox: &'a str, folder: &'a str, messages: u64 },
    /// Too little room on the disk: nothing is fetched.
    DiskLow { free_bytes: u64, reserve_bytes: u64 },
    /// A worker was started.
    WorkerStarted { slot: usize },
    /// A worker was retired.
    WorkerRetired { slot: usize, messages: u32, why: &'static str },
    /// A worker wrote to standard error; what it wrote is not shown.
    WorkerStderr { slot: usize, bytes: usize },
    /// A process that reads documents died, hung or answered nonsense; the message went on without that document.
    DocumentStrike { slot: usize, strikes: u32, how: &'static str },
    /// A program that is not ours died, hung, refused or said too much; its file counts as one that it did not look at.
    HelperFailed { slot: usize, helper: &'static str, how: &'static str },
    /// The kernel lacks something that workers are confined with.
    Unconfined { landlock: bool, seccomp: bool },
    /// A worker could not be started.
    WorkerFailed { slot: usize, kind: String },
    /// A reply's attempt ended.
    Reply { id: &'a str, ticket: &'a TicketRef, state: &'static str, code: Option<u16> },
    /// A delivery's attempt ended.
    Delivery { id: &'a str, ticket: &'a TicketRef, kind: &'static str, state: &'static str, code: Option<u16> },
    /// A sink beside the folder failed; its deliveries wait.
    SinkFailed { kind: &'static str, retry_secs: u64 },
    /// A forwarded copy came back.
    DeliveryBounced { id: &'a str },
    /// A message that carries our own mark is not delivered further: that would make a loop.
    LoopHeld { key: &'a MessageKey },
    /// Replies cannot leave; they wait.
    RelayFailed { kind: &'a str },
    /// Replies can leave again.
    RelayBack,
    /// A condition that needs somebody began, or is over.
    Alert { condition: &'static str, mailbox: &'a str, recovered: bool, urgent: bool, detail: &'a str },
    /// An alert could not be delivered.
    AlertUndelivered { channel: &'static str, kind: &'a str },
    /// Records of the ledger cannot be read; their messages are taken in once more.
    LedgerDamaged { mailbox: &'a str, count: u64 },
    /// The server's UIDs against the ledger.
    Reconciled { mailbox: &'a str, folder: &'a str, server: u64, ledger: u64, unaccounted: u64 },
    /// A caller of the socket was refused.
    Denied { uid: u32, verb: &'a str },
    /// A caller of the socket handled quarantined content.
    QuarantineAccess { uid: u32, verb: &'a str, id: &'a str },
    /// The end of the audit trail; noted here, it proves later that nothing was cut off.
    AuditHead { head: &'a str },
    /// Sealed originals whose time was over were erased.
    Expired { count: usize },
    /// The store said no.
    StoreFailed { kind: String },
}

/// Writes an event to the log.
pub(crate) fn emit(event: Event<'_>) {
    use Event::*;
    registry().count(&event);
    match event {
        Ready { mailboxes, workers, observe } => info!(mailboxes, workers, observe, "ready"),
        Draining => info!("draining"),
        Stopped => info!("stopped"),
        Reloaded { changes, rules } => info!(changes, rules, "reloaded"),
        ReloadRefused { complaints } => error!(complaints, "reload refused, what ran goes on: see lazaret check"),
        RulesDegraded { complaints } => error!(complaints, "rules refused, last accepted ones run"),
        LoggedIn { mailbox } => info!(mailbox, "logged in"),
        MailboxFailed { mailbox, kind, retry_secs } => warn!(mailbox, kind, retry_secs, "mailbox failed"),
        Claimed { mailbox, count } => debug!(mailbox, count, "claimed"),
        Strike { key, strikes, how } => warn!(mailbox = %key.mailbox, uid = key.uid, strikes, how, "strike"),
        Committed { key, ticket, verdict, class, joined, duplicate, reply } => {
            info!(mailbox = %key.mailbox, uid = key.uid, ticket = %ticket.0, verdict, class, joined, duplicate, reply, "committed")
        }
        FileResidue { key, count } => {
            error!(mailbox = %key.mailbox, uid = key.uid, count, "files hold a residue, withheld")
        }
        OwnMail { key } => info!(mailbox = %key.mailbox, uid = key.uid, "own mail"),
        SizeDiffers { key, announced_bytes, received_bytes } => {
            debug!(mailbox = %key.mailbox, uid = key.uid, announced_bytes, received_bytes, "size differs")
        }
        Postponed { key, kind } => warn!(mailbox = %key.mailbox, uid = key.uid, kind, "postponed"),
        Acknowledged { mailbox, count } => debug!(mailbox, count, "acknowledged"),
        AckFailed { mailbox, kind } => warn!(mailbox, kind, "acknowledge failed"),
        UidValidityChanged { mailbox, folder } => warn!(mailbox, folder, "UIDVALIDITY changed"),
        StartKept { mailbox, folder, kept } => {
            warn!(mailbox, folder, kept, "start was changed later: the one that the folder was begun with counts")
        }
        Observed { mailbox, folder, messages } => info!(mailbox, folder, messages, "all that was there is judged"),
        ObservedReopened { mailbox, folder, messages } => {
            warn!(mailbox, folder, messages, "what was observed is enforced")
        }
        DiskLow { free_bytes, reserve_bytes } => error!(free_bytes, reserve_bytes, "disk low, intake stopped"),
        WorkerStarted { slot } => debug!(slot, "worker started"),
        WorkerRetired { slot, messages, why } => debug!(slot, messages, why, "worker retired"),
        WorkerStderr { slot, bytes } => warn!(slot, bytes, "worker wrote to standard error"),
        DocumentStrike { slot, strikes, how } => warn!(slot, strikes, how, "document not read"),
        HelperFailed { slot, helper, how } => warn!(slot, helper, how, "file not looked at by a helper"),
        Unconfined { landlock, seccomp } => {
            error!(landlock, seccomp, "workers are not confined as they should be: this kernel lacks it")
        }
        WorkerFailed { slot, kind } => error!(slot, kind, "worker not started"),
        Reply { id, ticket, state, code } => info!(id, ticket = %ticket.0, state, code, "reply"),
        Delivery { id, ticket, kind, state: "failed", code } => {
            error!(id, ticket = %ticket.0, kind, state = "failed", code, "delivery")
        }
        Delivery { id, ticket, kind, state, code } => info!(id, ticket = %ticket.0, kind, state, code, "delivery"),
        SinkFailed { kind, retry_secs } => warn!(kind, retry_secs, "sink failed, deliveries wait"),
        DeliveryBounced { id } => error!(id, "a forwarded copy came back"),
        LoopHeld { key } => error!(mailbox = %key.mailbox, uid = key.uid, "not delivered further: it would loop"),
        RelayFailed { kind } => warn!(kind, "relay failed, replies wait"),
        RelayBack => info!("replies can leave again"),
        Alert { condition, mailbox, recovered: true, detail, .. } => info!(condition, mailbox, detail, "over"),
        Alert { condition, mailbox, urgent, detail, .. } => error!(condition, mailbox, urgent, detail, "needs a look"),
        AlertUndelivered { channel, kind } => error!(channel, kind, "alert not delivered"),
        LedgerDamaged { mailbox, count } => error!(mailbox, count, "records of the ledger cannot be read"),
        Reconciled { mailbox, folder, server, ledger, unaccounted: 0 } => {
            debug!(mailbox, folder, server, ledger, unaccounted = 0, "reconcile")
        }
        Reconciled { mailbox, folder, server, ledger, unaccounted } => {
            warn!(mailbox, folder, server, ledger, unaccounted, "reconcile")
        }
        Denied { uid, verb } => warn!(uid, verb, "denied"),
        QuarantineAccess { uid, verb, id } => warn!(uid, verb, id, "quarantine"),
        AuditHead { head } => info!(head, "audit trail"),
        Expired { count } => info!(count, "sealed originals erased"),
        StoreFailed { kind } => error!(kind, "store failed"),
    }
}

/// Starts the log on standard error. `RUST_LOG` sets its level (default `info`); `LAZARET_LOG_FORMAT=json` its form.
///
/// Dependencies never get below `info`, whatever the operator asks for: IMAP and SMTP crates write whole commands,
/// passwords included, at `trace`. Records of the `log` crate are not forwarded at all.
pub(crate) fn start_log() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let capped = filter_fn(|meta| *meta.level() <= Level::INFO || is_ours(meta.target()));
    let json = std::env::var("LAZARET_LOG_FORMAT").is_ok_and(|f| f == "json");
    // systemd says whether standard error is the journal; there each line begins with its priority.
    let is_journal = std::env::var_os("JOURNAL_STREAM").is_some();
    let out = tracing_subscriber::fmt::layer().with_writer(Priorities { is_journal }).with_target(false);
    let layer = if json {
        out.json().flatten_event(true).boxed()
    } else {
        out.with_ansi(std::io::stderr().is_terminal()).boxed()
    };
    // A second call (tests in one process) finds the log started.
    let _ = tracing_subscriber::registry().with(layer.with_filter(capped).with_filter(filter)).try_init();
}

/// Standard error, with the priority of each line before it where the journal reads (sd-daemon(3)): without it everything
/// would be `info` there, and `journalctl -p err` would show nothing.
struct Priorities {
    is_journal: bool,
}

impl<'a> MakeWriter<'a> for Priorities {
    type Writer = std::io::StderrLock<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        std::io::stderr().lock()
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Self::Writer {
        let mut out = std::io::stderr().lock();
        if self.is_journal {
            // What cannot be written to standard error can be said nowhere.
            let _ = out.write_all(priority(*meta.level()));
        }
        out
    }
}

fn priority(level: Level) -> &'static [u8] {
    match level {
        Level::ERROR => b"<3>",
        Level::WARN => b"<4>",
        Level::INFO => b"<6>",
        _ => b"<7>",
    }
}

fn is_ours(target: &str) -> bool {
    target == "lazaret" || target.starts_with("lazaret::")
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn only_our_own_targets_may_trace() {
        for (target, ours) in [
            ("lazaret", true),
            ("lazaret::event", true),
            ("lazaret_evil", false),
            ("async_imap::imap_stream", false),
            ("imap_proto", false),
            ("lettre::transport", false),
            ("rustls", false),
            ("sled", false),
        ] {
            assert_eq!(is_ours(target), ours, "{target}");
        }
    }
}
