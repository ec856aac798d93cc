//! What of the conditions is there now; [`crate::alerts::watch`] decides what follows.

use super::{Disk, Failure, Mailbox, Status};
use crate::alerts::condition::Condition;
use crate::alerts::watch::{Reading, Seen, Watch};
use crate::metrics::Metric;
use lazaret_store::Counts;
use std::sync::atomic::Ordering;

/// Looks at a folder after which mail that is unaccounted for is told.
const UNACCOUNTED_LOOKS: u32 = 2;
/// Conditions of a mailbox that nobody can tell before it was looked at.
const BY_LOOKING: [Condition; 6] = [
    Condition::LoginRefused,
    Condition::MailboxFailing,
    Condition::MailboxStopped,
    Condition::MailWaiting,
    Condition::Unaccounted,
    Condition::TokenStale,
];

fn present(condition: Condition, mailbox: Option<&str>, since: Option<i64>, detail: String) -> Reading {
    Reading { condition, mailbox: mailbox.map(str::to_owned), seen: Seen::Present { since, detail } }
}

fn unknown(condition: Condition, mailbox: Option<&str>) -> Reading {
    Reading { condition, mailbox: mailbox.map(str::to_owned), seen: Seen::Unknown }
}

impl Status {
    pub(super) fn readings(&self, watch: &mut Watch, counts: &Counts, disk: Disk, now: i64) -> Vec<Reading> {
        let mut out = Vec::new();
        for (name, m) in self.states() {
            out.extend(mailbox(&name, &m, watch.token_left_secs()));
            for (condition, metric, what) in [
                (Condition::FileResidue, Metric::FileResidues, "files"),
                (Condition::Poison, Metric::Poisoned, "messages"),
                (Condition::LedgerDamaged, Metric::LedgerDamaged, "records"),
            ] {
                let total = self.counters.sum(metric, Some(&name));
                if let Some(more) = watch.grown(condition, Some(&name), total) {
                    out.push(present(condition, Some(&name), None, format!("{more} {what}")));
                }
            }
        }
        out.extend(self.of_daemon(watch, counts, disk, now));
        out
    }

    fn of_daemon(&self, watch: &mut Watch, counts: &Counts, disk: Disk, now: i64) -> Vec<Reading> {
        let mut out = Vec::new();
        let mut see = |condition, since, detail| out.push(present(condition, None, since, detail));
        if let Some(more) = watch.grown(Condition::StoreFailing, None, self.counters.sum(Metric::StoreFailures, None)) {
            see(Condition::StoreFailing, None, format!("{more} requests"));
        }
        if counts.outbox_unknown > 0 {
            see(Condition::ReplyUnknown, None, format!("{} replies", counts.outbox_unknown));
        }
        if let Some(crashes) = watch.crashes(self.counters.sum(Metric::Strikes, None), now) {
            see(Condition::WorkerCrashes, None, format!("{crashes} in the last hour"));
        }
        if let Some(since) = self.counters.relay_down_since() {
            see(Condition::RelayFailing, Some(since), format!("{} replies wait", counts.outbox_waiting));
        }
        if self.counters.is_unconfined() {
            see(Condition::Unconfined, None, String::new());
        }
        if let Some(since) = counts.outbox_oldest_at {
            see(Condition::OutboxOld, Some(since), format!("{} replies", counts.outbox_waiting));
        }
        if counts.deliveries_failed > 0 {
            see(Condition::DeliveriesFailed, None, format!("{} deliveries", counts.deliveries_failed));
        }
        if let Some(since) = counts.deliveries_oldest_at {
            see(Condition::DeliveriesOld, Some(since), format!("{} deliveries", counts.deliveries_waiting));
        }
        if let Some(since) = counts.breaker_open_since {
            see(Condition::BreakerOpen, Some(since), format!("{} replies wait", counts.outbox_waiting));
        }
        let complaints = self.degraded.load(Ordering::Relaxed);
        if complaints > 0 {
            see(Condition::RulesDegraded, None, format!("{complaints} complaints"));
        }
        let refused = *self.refused.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((at, complaints)) = refused {
            see(Condition::ReloadRefused, Some(at), format!("{complaints} complaints"));
        }
        match disk.free_bytes {
            Some(free) if free < disk.reserve_bytes => {
                see(
                    Condition::DiskLow,
                    None,
                    format!("{} MiB free, reserve {} MiB", free >> 20, disk.reserve_bytes >> 20),
                );
            }
            // A tenth more than the reserve must be free before it is over.
            Some(free) if free < disk.reserve_bytes + disk.reserve_bytes / 10 => {
                out.push(unknown(Condition::DiskLow, None));
            }
            Some(_) => {}
            None => out.push(unknown(Condition::DiskLow, None)),
        }
        out
    }
}

fn mailbox(name: &str, m: &Mailbox, token_left_secs: i64) -> Vec<Reading> {
    if m.is_starting() {
        return BY_LOOKING.map(|condition| unknown(condition, Some(name))).to_vec();
    }
    let mut out = Vec::new();
    let error = || m.error.clone().unwrap_or_default();
    if let Some(since) = m.failing_since {
        // While it fails for one reason, the other ones are neither there nor over.
        let failing = [Condition::LoginRefused, Condition::MailboxFailing, Condition::MailboxStopped];
        let now = match m.failure {
            Failure::Login => Some(Condition::LoginRefused),
            Failure::Other => Some(Condition::MailboxFailing),
            Failure::Stopped => Some(Condition::MailboxStopped),
            Failure::Disk => None,
        };
        out.extend(failing.into_iter().map(|condition| match now == Some(condition) {
            true => present(condition, Some(name), Some(since), error()),
            false => unknown(condition, Some(name)),
        }));
    }
    if let Some(since) = m.waiting_since() {
        out.push(present(Condition::MailWaiting, Some(name), Some(since), format!("{} mails", m.waiting())));
    }
    let count = m.reconciled();
    if count.unaccounted > 0 {
        let detail = format!("server {}, ledger {}, unaccounted {}", count.server, count.ledger, count.unaccounted);
        match m.folders.values().any(|f| f.unaccounted_looks >= UNACCOUNTED_LOOKS) {
            true => out.push(present(Condition::Unaccounted, Some(name), None, detail)),
            false => out.push(unknown(Condition::Unaccounted, Some(name))),
        }
    }
    if let Some(left) = m.token.and_then(|t| Some(t.expires_at? - t.at)).filter(|left| *left < token_left_secs) {
        out.push(present(Condition::TokenStale, Some(name), None, format!("{left} seconds left at the login")));
    }
    out
}
