//! Replies, from the commit that decided them to their end.
//!
//! ```text
//! ready ──sending──▶ sending ──dot_pending──▶ dot-pending ──settle──▶ accepted │ failed │ unknown
//!   ▲                  │                          │
//!   └── deferred, or the daemon died ─────────────┘ deferred with a reply code: the relay has refused it for now
//! ```
//!
//! `dot-pending` is durable before the final dot goes out. From there on only an answer of the relay leads back: a
//! process that died, or a connection that broke, leaves `unknown`, which nothing ever sends again by itself.

use crate::admission::{self, Admission};
use crate::codec::{Family, Key, tail};
use crate::error::StoreError;
use crate::keys::{hex, random, unhex};
use crate::model::*;
use crate::queue::Wait;
use crate::state::State;
use lazaret_core::Addr;
use serde::{Deserialize, Serialize};

/// After this a reply is no longer of use: it fails.
pub const REPLY_AGE_SECS_MAX: i64 = 48 * 3600;

/// State of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Phase {
    Ready,
    Sending,
    DotPending,
    Accepted,
    Failed,
    Unknown,
}

impl Phase {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Phase::Ready => "ready",
            Phase::Sending => "sending",
            Phase::DotPending => "dot-pending",
            Phase::Accepted => "accepted",
            Phase::Failed => "failed",
            Phase::Unknown => "unknown",
        }
    }

    pub(crate) fn is_over(self) -> bool {
        matches!(self, Phase::Accepted | Phase::Failed | Phase::Unknown)
    }

    /// Where the end of an attempt leads; `None` if there can be none.
    fn settle(self, settled: &Settled) -> Option<Phase> {
        match (self, settled) {
            (Phase::Accepted | Phase::Failed | Phase::Unknown, _) => None,
            (_, Settled::Accepted { .. }) => Some(Phase::Accepted),
            (_, Settled::Failed { .. }) => Some(Phase::Failed),
            (_, Settled::Unknown) => Some(Phase::Unknown),
            // Whoever lost the connection after the dot does not know what the relay did with it.
            (Phase::DotPending, Settled::Deferred { code: None, .. }) => Some(Phase::Unknown),
            (_, Settled::Deferred { .. }) => Some(Phase::Ready),
        }
    }

    /// What a start makes of it.
    fn recover(self) -> Phase {
        match self {
            Phase::Sending => Phase::Ready,
            Phase::DotPending => Phase::Unknown,
            other => other,
        }
    }
}

/// Record of a reply.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Reply {
    ticket: TicketRef,
    draft: DraftRecord,
    phase: Phase,
    attempts: u32,
    queued_at: i64,
    due_at: i64,
    code: Option<u16>,
    /// It waits for room in the limit with this number, and is not counted yet.
    #[serde(default)]
    held: Option<u8>,
}

impl Reply {
    /// Its place in the queue. One that waits for a limit is no older than the time at which there is room.
    fn wait(&self, leased: bool) -> Wait {
        let queued_at = if self.held.is_some() { self.due_at.max(self.queued_at) } else { self.queued_at };
        Wait { due_at: self.due_at, queued_at, leased, lane: 0 }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct DraftRecord {
    to: String,
    mailbox: String,
    template: Template,
    kinds: Vec<String>,
    language: String,
    proven: bool,
    in_reply_to: Option<String>,
    references: Vec<String>,
}

impl DraftRecord {
    fn new(draft: &Draft) -> DraftRecord {
        let Draft { to, mailbox, template, kinds, language, proven, in_reply_to, references } = draft.clone();
        let to = to.as_str().to_owned();
        DraftRecord { to, mailbox, template, kinds, language, proven, in_reply_to, references }
    }

    fn draft(self) -> Option<Draft> {
        let DraftRecord { to, mailbox, template, kinds, language, proven, in_reply_to, references } = self;
        let to = Addr::parse(&to)?;
        Some(Draft { to, mailbox, template, kinds, language, proven, in_reply_to, references })
    }
}

fn key(id: u64) -> Key {
    Key::new(Family::Outbox, &[&id.to_be_bytes()])
}

fn waiting(id: u64) -> Key {
    Key::new(Family::Waiting, &[&id.to_be_bytes()])
}

fn parse_id(id: &str) -> Result<u64, StoreError> {
    let missing = || StoreError::NotFound { kind: "reply", id: id.chars().take(32).collect() };
    unhex::<8>(id).map(u64::from_be_bytes).ok_or_else(missing)
}

fn reply(state: &mut State, id: &str) -> Result<(u64, Reply), StoreError> {
    let number = parse_id(id)?;
    let missing = StoreError::NotFound { kind: "reply", id: id.to_owned() };
    state.get(Family::Outbox, &key(number))?.map(|reply| (number, reply)).ok_or(missing)
}

/// Writes a reply and keeps queue, index and counts in step.
fn put(state: &mut State, id: u64, reply: &Reply, leased: bool) -> Result<(), StoreError> {
    let ticket = reply.ticket.clone();
    state.put(key(id), Some(&ticket), reply)?;
    if reply.phase.is_over() {
        state.remove(waiting(id));
        state.queue.set(id, None);
        match reply.phase {
            Phase::Accepted => state.tally.accepted += 1,
            Phase::Failed => state.tally.failed += 1,
            _ => state.tally.unknown += 1,
        }
    } else {
        state.queue.set(id, Some(reply.wait(leased)));
    }
    Ok(())
}

/// Puts a reply in; answers its id: its time and a random part, so that ids sort by time and none comes twice, not even
/// after a restore.
///
/// `held`: until when it waits for which limit.
pub(crate) fn enqueue(
    state: &mut State,
    ticket: &TicketRef,
    draft: &Draft,
    now: i64,
    held: Option<(i64, u8)>,
) -> Result<String, StoreError> {
    let id = loop {
        let secs = u64::from(u32::try_from(now).unwrap_or_default());
        let id = secs << 32 | u64::from(u32::from_be_bytes(random()));
        if !state.has(&key(id)) {
            break id;
        }
    };
    let reply = Reply {
        ticket: ticket.clone(),
        draft: DraftRecord::new(draft),
        phase: Phase::Ready,
        attempts: 0,
        queued_at: now,
        due_at: held.map_or(now, |(until, _)| until),
        code: None,
        held: held.map(|(_, limit)| limit),
    };
    state.mark(waiting(id));
    put(state, id, &reply, false)?;
    Ok(hex(&id.to_be_bytes()))
}

pub(crate) fn due(state: &mut State, now: i64, max: usize) -> Result<Vec<Lease>, StoreError> {
    let mut leases = Vec::new();
    if state.tally.breaker_open_since.is_some() {
        return Ok(leases);
    }
    for id in state.queue.due(0, now) {
        if leases.len() >= max {
            break;
        }
        let read: Result<Reply, StoreError> = state.must(Family::Outbox, &key(id));
        let draft = read.as_ref().ok().and_then(|reply| reply.draft.clone().draft());
        let (Ok(mut reply), Some(draft)) = (read, draft) else {
            // One reply that cannot be read must not hold up the others; it is counted, and named by `outbox`.
            state.queue.set(id, None);
            state.tally.failed += 1;
            continue;
        };
        if now.saturating_sub(reply.queued_at) > REPLY_AGE_SECS_MAX {
            admission::forget(state, &draft, reply.held.take())?;
            reply.phase = Phase::Failed;
            put(state, id, &reply, false)?;
            continue;
        }
        if reply.held.is_some() {
            match admission::admit(state, &draft, now, reply.held)? {
                // Its time begins now.
                Admission::Now => (reply.held, reply.queued_at) = (None, now),
                Admission::Later(until, limit) => (reply.held, reply.due_at) = (Some(limit), until),
                Admission::Never(_) => (reply.held, reply.phase) = (None, Phase::Failed),
            }
            put(state, id, &reply, false)?;
            if reply.held.is_some() || reply.phase.is_over() {
                continue;
            }
        }
        state.queue.set(id, Some(reply.wait(true)));
        let Reply { ticket, attempts, queued_at, .. } = reply;
        leases.push(Lease { id: hex(&id.to_be_bytes()), ticket, draft, attempts, queued_at });
    }
    Ok(leases)
}

pub(crate) fn end_leases(state: &mut State) -> Result<(), StoreError> {
    let leased: Vec<(u64, Wait)> =
        state.queue.waits.iter().filter(|(_, w)| w.leased).map(|(id, w)| (*id, *w)).collect();
    for (id, wait) in leased {
        let read: Result<Reply, StoreError> = state.must(Family::Outbox, &key(id));
        if read.is_ok_and(|reply| reply.phase == Phase::Ready) {
            state.queue.set(id, Some(Wait { leased: false, ..wait }));
        }
    }
    Ok(())
}

pub(crate) fn next_due(state: &State) -> Option<i64> {
    let open = state.tally.breaker_open_since.is_some();
    state.queue.next_due(0).filter(|_| !open)
}

pub(crate) fn sending(state: &mut State, id: &str) -> Result<(), StoreError> {
    let (number, mut reply) = reply(state, id)?;
    if reply.phase != Phase::Ready {
        return Err(wrong(id, reply.phase));
    }
    reply.phase = Phase::Sending;
    reply.attempts = reply.attempts.saturating_add(1);
    put(state, number, &reply, true)
}

pub(crate) fn dot_pending(state: &mut State, id: &str) -> Result<(), StoreError> {
    let (number, mut reply) = reply(state, id)?;
    if reply.phase != Phase::Sending {
        return Err(wrong(id, reply.phase));
    }
    reply.phase = Phase::DotPending;
    put(state, number, &reply, true)
}

pub(crate) fn settle(state: &mut State, id: &str, settled: &Settled, now: i64) -> Result<(), StoreError> {
    let (number, mut reply) = reply(state, id)?;
    reply.phase = reply.phase.settle(settled).ok_or_else(|| wrong(id, reply.phase))?;
    match *settled {
        Settled::Accepted { code } => reply.code = Some(code),
        Settled::Deferred { until, code } => (reply.due_at, reply.code) = (until.max(now), code),
        Settled::Failed { code } => reply.code = code,
        Settled::Unknown => {}
    }
    put(state, number, &reply, false)
}

fn wrong(id: &str, phase: Phase) -> StoreError {
    StoreError::State { kind: "reply", id: id.to_owned(), state: phase.as_str() }
}

/// An operator asks for another try of what is over and was not accepted, an unknown outcome too: he has looked.
pub(crate) fn retry(state: &mut State, id: &str, now: i64) -> Result<(), StoreError> {
    let (number, mut reply) = reply(state, id)?;
    match reply.phase {
        Phase::Failed => state.tally.failed = state.tally.failed.saturating_sub(1),
        Phase::Unknown => state.tally.unknown = state.tally.unknown.saturating_sub(1),
        Phase::Ready => {}
        phase => return Err(wrong(id, phase)),
    }
    state.mark(waiting(number));
    (reply.phase, reply.due_at, reply.queued_at) = (Phase::Ready, now, now);
    put(state, number, &reply, false)
}

pub(crate) fn close_breaker(state: &mut State) -> Result<(), StoreError> {
    state.tally.breaker_open_since = None;
    Ok(())
}

/// How somebody was told, by the reply's record.
pub(crate) fn told(state: &mut State, id: &str) -> Result<Told, StoreError> {
    let (_, reply) = reply(state, id)?;
    Ok(match (reply.phase, reply.code) {
        (Phase::Ready | Phase::Sending | Phase::DotPending, _) => Told::Pending,
        (Phase::Accepted, _) => Told::Accepted,
        (Phase::Unknown, _) => Told::Unknown,
        (Phase::Failed, Some(code)) => Told::NotSent(format!("refused with {code}")),
        (Phase::Failed, None) => Told::NotSent("not delivered in time".to_owned()),
    })
}

pub(crate) fn list(state: &mut State, limit: usize) -> Result<Vec<OutboxRow>, StoreError> {
    let mut rows = Vec::new();
    for at in state.scan(&Key::new(Family::Outbox, &[]), true, limit) {
        let Some(id) = tail::<8>(&at) else { continue };
        let reply: Reply = match state.must(Family::Outbox, &key(u64::from_be_bytes(id))) {
            Err(StoreError::Corrupt { .. }) => {
                rows.push(unreadable(&id));
                continue;
            }
            other => other?,
        };
        rows.push(OutboxRow {
            id: hex(&id),
            due_at: (!reply.phase.is_over()).then_some(reply.due_at),
            ticket: reply.ticket,
            to: reply.draft.to,
            template: reply.draft.template,
            state: reply.phase.as_str().to_owned(),
            attempts: reply.attempts,
            queued_at: reply.queued_at,
            code: reply.code,
        });
    }
    Ok(rows)
}

/// One damaged record does not hide the others.
fn unreadable(id: &[u8; 8]) -> OutboxRow {
    OutboxRow {
        id: hex(id),
        ticket: TicketRef(String::new()),
        to: String::new(),
        template: Template::Receipt,
        state: "unreadable".to_owned(),
        attempts: 0,
        queued_at: 0,
        due_at: None,
        code: None,
    }
}

pub(crate) fn counts(state: &State) -> Counts {
    let tally = &state.tally;
    Counts {
        tickets: tally.tickets,
        verdicts: tally.verdicts,
        duplicates: tally.duplicates,
        claimed: tally.claimed,
        unacknowledged: tally.unacknowledged,
        outbox_waiting: state.queue.waits.len() as u64,
        outbox_oldest_at: state.queue.waits.values().map(|wait| wait.queued_at).min(),
        outbox_unknown: tally.unknown,
        outbox_accepted: tally.accepted,
        outbox_failed: tally.failed,
        outbox_limited: tally.limited,
        sealed: tally.sealed,
        commits: tally.commits,
        syncs: state.syncs,
        sync_micros: state.sync_micros,
        breaker_open_since: tally.breaker_open_since,
        deliveries_waiting: state.deliveries.waits.len() as u64,
        deliveries_oldest_at: state.deliveries.waits.values().map(|wait| wait.queued_at).min(),
        deliveries_accepted: tally.delivered,
        deliveries_failed: tally.undelivered,
    }
}

/// At a start: what was being sent is ready again, what had its final dot pending is unknown.
pub(crate) fn recover(state: &mut State) -> Result<(), StoreError> {
    for at in state.scan(&Key::new(Family::Waiting, &[]), false, usize::MAX) {
        let Some(id) = tail::<8>(&at).map(u64::from_be_bytes) else { continue };
        let mut reply: Reply = state.must(Family::Outbox, &key(id))?;
        let phase = reply.phase.recover();
        if phase == reply.phase {
            state.queue.set(id, Some(reply.wait(false)));
        } else {
            reply.phase = phase;
            put(state, id, &reply, false)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Phase::*;

    #[test]
    fn every_end_of_an_attempt_leads_where_it_should() {
        let accepted = Settled::Accepted { code: 250 };
        let again = Settled::Deferred { until: 9, code: Some(451) };
        let lost = Settled::Deferred { until: 9, code: None };
        let failed = Settled::Failed { code: Some(550) };
        let table = [
            (Ready, &again, Some(Ready)),
            (Ready, &lost, Some(Ready)),
            (Ready, &failed, Some(Failed)),
            (Sending, &accepted, Some(Accepted)),
            (Sending, &lost, Some(Ready)),
            (Sending, &Settled::Unknown, Some(Unknown)),
            (DotPending, &accepted, Some(Accepted)),
            (DotPending, &again, Some(Ready)),
            (DotPending, &lost, Some(Unknown)),
            (DotPending, &failed, Some(Failed)),
            (DotPending, &Settled::Unknown, Some(Unknown)),
            (Accepted, &again, None),
            (Failed, &again, None),
            (Unknown, &again, None),
            (Unknown, &accepted, None),
        ];
        for (from, settled, to) in table {
            assert_eq!(from.settle(settled), to, "{from:?} {settled:?}");
        }
    }

    #[test]
    fn a_start_never_makes_a_pending_dot_ready() {
        let table = [(Ready, Ready), (Sending, Ready), (DotPending, Unknown), (Unknown, Unknown), (Failed, Failed)];
        for (from, to) in table {
            assert_eq!(from.recover(), to);
        }
    }
}
