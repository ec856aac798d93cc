//! The facts as JSON for the socket, as one line for systemd, and as samples for the scraper.

use super::{Disk, Failure, Mailbox, Status};
use crate::alerts::condition::Condition;
use crate::alerts::watch::Raised;
use crate::clock;
use crate::config::{Config, Mode};
use crate::metrics::expose::Sample;
use crate::metrics::serve::Page;
use crate::metrics::{self, Metric};
use lazaret_store::{Counts, Store};
use serde_json::{Value, json};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

/// Conditions that the line for systemd names.
const NAMED_MAX: usize = 3;

impl Status {
    /// What everybody on the machine may know: is it well?
    pub(crate) fn health(&self, counts: &Counts, disk: Disk, now: i64) -> Value {
        self.health_of(self.peek(counts, disk, now).raised().is_empty())
    }

    fn health_of(&self, healthy: bool) -> Value {
        let states = self.states();
        let retrying = |m: &Mailbox| m.failing_since.is_some() && m.failure != Failure::Stopped;
        json!({
            "kind": "daemon",
            "healthy": healthy,
            "mode": self.mode_word(),
            "started_at": self.started_at,
            "mailboxes": states.len(),
            "mailboxes_retrying": states.iter().filter(|(_, m)| retrying(m)).count(),
        })
    }

    /// All facts: a line for the daemon, one for each mailbox.
    pub(crate) fn snapshot(&self, counts: &Counts, disk: Disk, now: i64) -> Vec<Value> {
        let raised = self.peek(counts, disk, now).raised();
        let mut daemon = self.health_of(raised.is_empty());
        let [allow, redact, quarantine, reject] = counts.verdicts;
        let refused = *self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let mut facts = json!({
            "troubles": raised.iter().map(words).collect::<Vec<_>>(),
            "alerts": raised.iter().map(alert).collect::<Vec<_>>(),
            "rules": *self.rules.lock().unwrap_or_else(PoisonError::into_inner),
            "rules_degraded": self.degraded.load(Ordering::Relaxed),
            "reload_refused_at": refused.map(|(at, _)| at),
            "reload_complaints": refused.map_or(0, |(_, complaints)| complaints),
            "files_differ": self.files_differ.load(Ordering::Relaxed),
            "disk_free_bytes": disk.free_bytes,
            "disk_reserve_bytes": disk.reserve_bytes,
            "tickets": counts.tickets,
            "verdicts": { "allow": allow, "redact": redact, "quarantine": quarantine, "reject": reject },
            "duplicates": counts.duplicates,
            "claimed": counts.claimed,
            "unacknowledged": counts.unacknowledged,
            "sealed": counts.sealed,
            "outbox": {
                "waiting": counts.outbox_waiting,
                "oldest_at": counts.outbox_oldest_at,
                "accepted": counts.outbox_accepted,
                "failed": counts.outbox_failed,
                "unknown": counts.outbox_unknown,
            },
            "deliveries": {
                "waiting": counts.deliveries_waiting,
                "oldest_at": counts.deliveries_oldest_at,
                "accepted": counts.deliveries_accepted,
                "failed": counts.deliveries_failed,
            },
            "not_told": not_told(counts),
            "would": null,
        });
        if self.mode() == Mode::Observe {
            facts["would"] = json!({ "move": allow, "clean": redact, "quarantine": quarantine, "reject": reject });
        }
        if let (Value::Object(daemon), Value::Object(facts)) = (&mut daemon, facts) {
            daemon.extend(facts);
        }
        let mailboxes = self.states().into_iter().map(|(name, m)| self.mailbox(&name, &m));
        std::iter::once(daemon).chain(mailboxes).collect()
    }

    fn mailbox(&self, name: &str, m: &Mailbox) -> Value {
        let state = match (m.failing_since, m.look_at) {
            (Some(_), _) if m.failure == Failure::Stopped => "refused",
            (Some(_), _) => "retrying",
            (None, Some(_)) => "ok",
            (None, None) => "starting",
        };
        let count = m.reconciled();
        let kept = m.start_kept.iter().map(|(folder, start)| json!({ "folder": folder, "start": start }));
        json!({
            "kind": "mailbox", "name": name, "state": state, "error": m.error,
            "last_login_at": m.login_at, "last_mail_at": m.mail_at, "last_look_at": m.look_at,
            "taken": m.taken, "held": m.held, "waiting": m.waiting(), "oldest_waiting_at": m.waiting_since(),
            "retrying_since_at": m.failing_since, "attempts": m.attempts, "failures": m.failures,
            "reconcile": { "server": count.server, "ledger": count.ledger, "unaccounted": count.unaccounted },
            "token_at": m.token.map(|t| t.at), "token_expires_at": m.token.and_then(|t| t.expires_at),
            "sender_proof": !self.is_unproven(name),
            "start_kept": kept.collect::<Vec<_>>(),
        })
    }

    /// The short facts for systemd, as of the last look at the conditions.
    pub(crate) fn line(&self, counts: &Counts, now: i64) -> String {
        let states = self.states();
        let retrying = states.iter().filter(|(_, m)| m.failing_since.is_some()).count();
        let waiting: usize = states.iter().map(|(_, m)| m.waiting()).sum();
        let raised = self.watch(|watch| watch.raised());
        let mut line = format!("{}: {} mailboxes, {retrying} failing", self.mode_word(), states.len());
        line += &format!("; {waiting} mails wait, {} replies", counts.outbox_waiting);
        if let Some(oldest) = counts.outbox_oldest_at {
            line += &format!(" (oldest {} s)", now.saturating_sub(oldest).max(0));
        }
        if !raised.is_empty() {
            let named: Vec<String> = raised.iter().take(NAMED_MAX).map(short).collect();
            let more = raised.len().saturating_sub(NAMED_MAX);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            line += &format!("; needs a look: {}{more}", named.join(", "));
        }
        line
    }

    /// Does it take mail in: is there room, and was one mailbox at least looked at and is well? Else says what is wrong.
    fn ready(&self, disk: Disk) -> Result<(), &'static str> {
        if disk.free_bytes.is_some_and(|free| free < disk.reserve_bytes) {
            return Err(Condition::DiskLow.id());
        }
        let well = self.states().iter().any(|(_, m)| m.look_at.is_some() && m.failing_since.is_none());
        well.then_some(()).ok_or("no mailbox is well")
    }

    /// A page for the scraper.
    pub(crate) async fn page(&self, page: Page, store: &Store, config: &Config) -> Result<String, String> {
        let counts = store.counts().await.map_err(|_| "the store does not answer\n".to_owned())?;
        let (disk, now) = (Disk::of(config), clock::now());
        match page {
            Page::Metrics => Ok(metrics::expose::text(metrics::registry(), self.samples(&counts, disk, now))),
            Page::Health => Ok("ok\n".to_owned()),
            Page::Ready => self.ready(disk).map(|()| "ready\n".to_owned()).map_err(|why| format!("{why}\n")),
        }
    }

    /// What the scraper asks for now.
    fn samples(&self, counts: &Counts, disk: Disk, now: i64) -> Vec<Sample> {
        let raised = self.watch(|watch| watch.raised());
        let mut out: Vec<Sample> = Vec::new();
        let version = env!("CARGO_PKG_VERSION").to_owned();
        out.push((Metric::BuildInfo, vec![version, self.mode_word().to_owned()], 1.0));
        for (name, m) in self.states() {
            out.extend(of_mailbox(&name, &m, now));
        }
        for alert in &raised {
            let labels = [alert.condition.id(), alert.condition.severity().as_str()].map(str::to_owned);
            let mailbox = alert.mailbox.clone().unwrap_or_default();
            out.push((Metric::AlertActive, labels.into_iter().chain([mailbox]).collect(), 1.0));
        }
        let flag = |holds: bool| f64::from(u8::from(holds));
        let age = |at: Option<i64>| at.map_or(0, |at| now.saturating_sub(at).max(0)) as f64;
        let mut plain = vec![
            (Metric::StartTime, self.started_at as f64),
            (Metric::Tickets, counts.tickets as f64),
            (Metric::Claimed, counts.claimed as f64),
            (Metric::Unacknowledged, counts.unacknowledged as f64),
            (Metric::Sealed, counts.sealed as f64),
            (Metric::Commits, counts.commits as f64),
            (Metric::Syncs, counts.syncs as f64),
            (Metric::SyncSeconds, counts.sync_micros as f64 / 1e6),
            (Metric::OutboxWaiting, counts.outbox_waiting as f64),
            (Metric::OutboxOldest, age(counts.outbox_oldest_at)),
            (Metric::OutboxUnknown, counts.outbox_unknown as f64),
            (Metric::NotTold, not_told(counts) as f64),
            (Metric::BreakerOpen, flag(counts.breaker_open_since.is_some())),
            (Metric::WorkersConfined, flag(!self.counters.is_unconfined())),
            (Metric::DiskReserve, disk.reserve_bytes as f64),
            (Metric::RulesDegraded, flag(self.degraded.load(Ordering::Relaxed) > 0)),
        ];
        plain.extend(disk.free_bytes.map(|free| (Metric::DiskFree, free as f64)));
        out.extend(plain.into_iter().map(|(metric, value)| (metric, Vec::new(), value)));
        out
    }
}

fn of_mailbox(name: &str, m: &Mailbox, now: i64) -> Vec<Sample> {
    let age = |at: Option<i64>| at.map_or(0, |at| now.saturating_sub(at).max(0)) as f64;
    let up = m.look_at.is_some() && m.failing_since.is_none();
    let count = m.reconciled();
    let always = [
        (Metric::MailboxUp, f64::from(u8::from(up))),
        (Metric::Waiting, m.waiting() as f64),
        (Metric::OldestWaiting, age(m.waiting_since())),
        (Metric::Failing, age(m.failing_since)),
        (Metric::Held, m.held as f64),
        (Metric::ReconcileServer, count.server as f64),
        (Metric::ReconcileLedger, count.ledger as f64),
        (Metric::ReconcileUnaccounted, count.unaccounted as f64),
    ];
    let known = [
        (Metric::MailboxLogin, m.login_at.map(|at| at as f64)),
        (Metric::MailboxMail, m.mail_at.map(|at| at as f64)),
        (Metric::MailboxLook, m.look_at.map(|at| at as f64)),
        (Metric::TokenAge, m.token.map(|t| age(Some(t.at)))),
    ];
    let known = known.into_iter().filter_map(|(metric, value)| Some((metric, value?)));
    always.into_iter().chain(known).map(|(metric, value)| (metric, vec![name.to_owned()], value)).collect()
}

/// Customers who were not told.
fn not_told(counts: &Counts) -> u64 {
    counts.outbox_failed + counts.outbox_unknown + counts.outbox_limited
}

fn short(alert: &Raised) -> String {
    match &alert.mailbox {
        Some(mailbox) => format!("{} ({mailbox})", alert.condition.id()),
        None => alert.condition.id().to_owned(),
    }
}

/// What needs a look, with the mend, in words of our own.
fn words(alert: &Raised) -> String {
    let whose = alert.mailbox.as_ref().map(|m| format!("mailbox {m}: ")).unwrap_or_default();
    let detail = if alert.detail.is_empty() { String::new() } else { format!(" ({})", alert.detail) };
    format!("{whose}{}{detail}: {}", alert.condition.text(), alert.condition.mend())
}

fn alert(alert: &Raised) -> Value {
    json!({
        "condition": alert.condition.id(),
        "severity": alert.condition.severity().as_str(),
        "mailbox": alert.mailbox,
        "since_at": alert.since,
        "detail": alert.detail,
    })
}
