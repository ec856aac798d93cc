//! What one `run --once` did.

use crate::cli::Format;
use crate::config::Mode;
use crate::output::say;
use lazaret_store::Counts;
use serde::Serialize;

/// The difference between two counts of the store, and what is left.
#[derive(Serialize)]
struct Summary {
    mode: &'static str,
    tickets_opened: u64,
    allow: u64,
    redact: u64,
    quarantine: u64,
    reject: u64,
    duplicates: u64,
    replies_accepted: u64,
    replies_failed: u64,
    replies_unknown: u64,
    replies_waiting: u64,
    replies_limited: u64,
    unacknowledged: u64,
    claimed: u64,
    commits: u64,
    syncs: u64,
}

/// Prints it on standard output.
pub(crate) fn print(before: &Counts, after: &Counts, mode: Mode, format: Format) {
    let [allow, redact, quarantine, reject] =
        std::array::from_fn(|i| after.verdicts[i].saturating_sub(before.verdicts[i]));
    let s = Summary {
        mode: if mode == Mode::Observe { "observe" } else { "enforce" },
        tickets_opened: after.tickets.saturating_sub(before.tickets),
        allow,
        redact,
        quarantine,
        reject,
        duplicates: after.duplicates.saturating_sub(before.duplicates),
        replies_accepted: after.outbox_accepted.saturating_sub(before.outbox_accepted),
        replies_failed: after.outbox_failed.saturating_sub(before.outbox_failed),
        replies_unknown: after.outbox_unknown,
        replies_waiting: after.outbox_waiting,
        replies_limited: after.outbox_limited.saturating_sub(before.outbox_limited),
        unacknowledged: after.unacknowledged,
        claimed: after.claimed,
        commits: after.commits.saturating_sub(before.commits),
        syncs: after.syncs.saturating_sub(before.syncs),
    };
    if format == Format::Json {
        say!("{}", serde_json::to_string(&s).unwrap_or_default());
        return;
    }
    say!(
        "{} tickets opened ({} mode): {} allow, {} redact, {} quarantine, {} reject; {} copies linked",
        s.tickets_opened,
        s.mode,
        s.allow,
        s.redact,
        s.quarantine,
        s.reject,
        s.duplicates
    );
    say!(
        "replies: {} accepted, {} failed, {} unknown, {} waiting, {} held back by a limit",
        s.replies_accepted,
        s.replies_failed,
        s.replies_unknown,
        s.replies_waiting,
        s.replies_limited
    );
    if s.unacknowledged > 0 || s.claimed > 0 {
        say!("left for the next run: {} to acknowledge, {} claimed", s.unacknowledged, s.claimed);
    }
}
