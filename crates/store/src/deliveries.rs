//! Deliveries to sinks beside the folder: forwarded copies and webhooks, from the commit that decided them to their end.
//!
//! ```text
//! ready ──begin──▶ sending ──settle──▶ accepted │ failed
//!   ▲                 │
//!   └── deferred, unknown, or the daemon died
//! ```
//!
//! Unlike a reply a delivery is sent again when nobody knows whether it arrived: a lost message is worse than a second
//! one, and whoever takes it knows the second by its id, which depends on ticket, message and sink alone. None of the
//! limits on replies apply. Records stay, so that an erasure finds what was handed out, to whom and when.

use crate::codec::{Family, Key, sortable, tail};
use crate::error::StoreError;
use crate::keys::{hex, unhex};
use crate::model::*;
use crate::outbox::Phase;
use crate::queue::Wait;
use crate::state::State;
use serde::{Deserialize, Serialize};

/// A delivery that could not be made for so long fails; an operator can try it again.
pub const DELIVERY_AGE_SECS_MAX: i64 = 48 * 3600;
/// Deliveries that [`expire`] looks at in one request.
const EXPIRE_MAX: usize = 1_000;

/// Record of a delivery.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Delivery {
    ticket: TicketRef,
    message: u32,
    mailbox: String,
    target: String,
    phase: Phase,
    attempts: u32,
    queued_at: i64,
    /// From when its age counts: when it was queued, or when somebody asked for another try.
    since: i64,
    due_at: i64,
    code: Option<u16>,
    ended_at: Option<i64>,
    /// How often a release changed what is handed out.
    revision: u32,
}

fn key(id: u64) -> Key {
    Key::new(Family::Delivery, &[&id.to_be_bytes()])
}

fn open_mark(id: u64) -> Key {
    Key::new(Family::Delivering, &[&id.to_be_bytes()])
}

fn time_mark(at: i64, id: u64) -> Key {
    Key::new(Family::DeliveryTime, &[&sortable(at), &id.to_be_bytes()])
}

fn ticket_mark(ticket: &TicketRef, id: u64) -> Key {
    Key::new(Family::DeliveryTicket, &[ticket.0.as_bytes(), &id.to_be_bytes()])
}

/// The id of a delivery: of the same ticket, message and sink always the same.
fn id_of(state: &State, ticket: &TicketRef, message: u32, target: &str) -> u64 {
    let parts: [&[u8]; 4] = [b"delivery", ticket.0.as_bytes(), &message.to_be_bytes(), target.as_bytes()];
    u64::from_be_bytes(state.vault.keyring.index::<8>(&parts))
}

/// Which queue a sink's deliveries wait in.
fn lane(state: &State, target: &str) -> u64 {
    u64::from_be_bytes(state.vault.keyring.index::<8>(&[b"sink", target.as_bytes()]))
}

fn delivery(state: &mut State, id: &str) -> Result<(u64, Delivery), StoreError> {
    let missing = || StoreError::NotFound { kind: "delivery", id: id.chars().take(32).collect() };
    let number = unhex::<8>(id).map(u64::from_be_bytes).ok_or_else(missing)?;
    state.get(Family::Delivery, &key(number))?.map(|delivery| (number, delivery)).ok_or_else(missing)
}

/// Its place in the queue.
fn wait(state: &State, delivery: &Delivery, leased: bool) -> Wait {
    Wait { due_at: delivery.due_at, queued_at: delivery.queued_at, leased, lane: lane(state, &delivery.target) }
}

/// Writes a delivery and keeps queue, index and counts in step.
fn put(state: &mut State, id: u64, delivery: &Delivery, leased: bool) -> Result<(), StoreError> {
    let ticket = delivery.ticket.clone();
    state.put(key(id), Some(&ticket), delivery)?;
    let over = match delivery.phase {
        Phase::Accepted => Some(&mut state.tally.delivered),
        Phase::Failed => Some(&mut state.tally.undelivered),
        _ => None,
    };
    if let Some(count) = over {
        *count += 1;
        state.remove(open_mark(id));
        state.deliveries.set(id, None);
    } else {
        let wait = wait(state, delivery, leased);
        state.deliveries.set(id, Some(wait));
    }
    Ok(())
}

/// Puts a message's deliveries in, those that were never put in before; answers how many.
pub(crate) fn enqueue(
    state: &mut State,
    ticket: &TicketRef,
    message: u32,
    mailbox: &str,
    sinks: &[Sink],
    now: i64,
) -> Result<usize, StoreError> {
    let mut count = 0;
    for sink in sinks {
        let id = id_of(state, ticket, message, &sink.target);
        if state.has(&key(id)) {
            continue;
        }
        let delivery = Delivery {
            ticket: ticket.clone(),
            message,
            mailbox: mailbox.to_owned(),
            target: sink.target.clone(),
            phase: if sink.held { Phase::Failed } else { Phase::Ready },
            attempts: 0,
            queued_at: now,
            since: now,
            due_at: now,
            code: None,
            ended_at: sink.held.then_some(now),
            revision: 0,
        };
        if !sink.held {
            state.mark(open_mark(id));
            count += 1;
        }
        state.mark(time_mark(now, id));
        state.mark(ticket_mark(ticket, id));
        put(state, id, &delivery, false)?;
    }
    Ok(count)
}

/// A message was changed by a release: what was handed out of it goes out once more.
pub(crate) fn again(state: &mut State, ticket: &TicketRef, message: u32, now: i64) -> Result<(), StoreError> {
    for at in state.scan(&Key::new(Family::DeliveryTicket, &[ticket.0.as_bytes()]), false, usize::MAX) {
        let Some(id) = tail::<8>(&at).map(u64::from_be_bytes) else { continue };
        let mut delivery: Delivery = state.must(Family::Delivery, &key(id))?;
        if delivery.message != message {
            continue;
        }
        // Whoever knows messages by their id must not take it for the one that it has.
        delivery.revision = delivery.revision.saturating_add(1);
        match delivery.phase {
            Phase::Accepted | Phase::Failed => restart(state, id, delivery, now)?,
            Phase::Sending => {
                // Ready, and leased to who sends the older revision: its end makes this one due.
                delivery.phase = Phase::Ready;
                put(state, id, &delivery, true)?;
            }
            _ => put(state, id, &delivery, false)?,
        }
    }
    Ok(())
}

fn restart(state: &mut State, id: u64, mut delivery: Delivery, now: i64) -> Result<(), StoreError> {
    let count = match delivery.phase {
        Phase::Accepted => &mut state.tally.delivered,
        _ => &mut state.tally.undelivered,
    };
    *count = count.saturating_sub(1);
    (delivery.phase, delivery.since, delivery.due_at, delivery.ended_at) = (Phase::Ready, now, now, None);
    state.mark(open_mark(id));
    put(state, id, &delivery, false)
}

/// What is due for one sink, leased to the caller.
pub(crate) fn due(state: &mut State, target: &str, now: i64, max: usize) -> Result<Vec<DeliveryLease>, StoreError> {
    let lane = lane(state, target);
    let mut leases = Vec::new();
    for id in state.deliveries.due(lane, now) {
        if leases.len() >= max {
            break;
        }
        let read: Result<Delivery, StoreError> = state.must(Family::Delivery, &key(id));
        let Ok(mut delivery) = read else {
            // One that cannot be read holds up no other; it is counted, and named by `outbox`.
            state.deliveries.set(id, None);
            state.tally.undelivered += 1;
            continue;
        };
        let Delivery { due_at, queued_at, since, .. } = delivery;
        state.deliveries.set(id, Some(Wait { due_at, queued_at, leased: true, lane }));
        if delivery.phase != Phase::Ready {
            // Whoever sends it will settle it.
            continue;
        }
        if now.saturating_sub(since) > DELIVERY_AGE_SECS_MAX {
            end(state, id, &mut delivery, now)?;
            continue;
        }
        let Delivery { ticket, message, mailbox, attempts, revision, .. } = delivery;
        leases.push(DeliveryLease {
            id: hex(&id.to_be_bytes()),
            ticket,
            message,
            mailbox,
            attempts,
            queued_at,
            revision,
        });
    }
    Ok(leases)
}

fn end(state: &mut State, id: u64, delivery: &mut Delivery, now: i64) -> Result<(), StoreError> {
    (delivery.phase, delivery.ended_at) = (Phase::Failed, Some(now));
    put(state, id, delivery, false)
}

/// When something of a sink is due next.
pub(crate) fn next_due(state: &State, target: &str) -> Option<i64> {
    state.deliveries.next_due(lane(state, target))
}

/// An attempt begins; answers how many there were before it.
pub(crate) fn begin(state: &mut State, id: &str) -> Result<u32, StoreError> {
    let (number, mut delivery) = delivery(state, id)?;
    if delivery.phase != Phase::Ready {
        return Err(wrong(id, delivery.phase));
    }
    let before = delivery.attempts;
    (delivery.phase, delivery.attempts) = (Phase::Sending, before.saturating_add(1));
    put(state, number, &delivery, true)?;
    Ok(before)
}

/// An attempt ended, or was given up before it began.
pub(crate) fn settle(state: &mut State, id: &str, settled: &Settled, now: i64) -> Result<(), StoreError> {
    let (number, mut delivery) = delivery(state, id)?;
    if delivery.phase.is_over() {
        return Err(wrong(id, delivery.phase));
    }
    match *settled {
        // A release changed it during the attempt: what was taken is an older revision.
        Settled::Accepted { code } if delivery.phase == Phase::Ready => {
            (delivery.due_at, delivery.code) = (now, Some(code));
        }
        Settled::Accepted { code } => {
            (delivery.phase, delivery.code, delivery.ended_at) = (Phase::Accepted, Some(code), Some(now));
        }
        Settled::Failed { code } => {
            (delivery.phase, delivery.code, delivery.ended_at) = (Phase::Failed, code, Some(now));
        }
        Settled::Deferred { until, code } => {
            (delivery.phase, delivery.due_at, delivery.code) = (Phase::Ready, until.max(now), code);
        }
        Settled::Unknown => (delivery.phase, delivery.due_at, delivery.code) = (Phase::Ready, now, None),
    }
    put(state, number, &delivery, false)
}

fn wrong(id: &str, phase: Phase) -> StoreError {
    StoreError::State { kind: "delivery", id: id.to_owned(), state: phase.as_str() }
}

/// An operator asks for another try of what failed, or for the next try now.
pub(crate) fn retry(state: &mut State, id: &str, now: i64) -> Result<(), StoreError> {
    let (number, mut delivery) = delivery(state, id)?;
    match delivery.phase {
        Phase::Failed => restart(state, number, delivery, now),
        Phase::Ready => {
            delivery.due_at = now;
            put(state, number, &delivery, false)
        }
        phase => Err(wrong(id, phase)),
    }
}

/// The same of all that failed; answers how many.
pub(crate) fn retry_failed(state: &mut State, now: i64) -> Result<u64, StoreError> {
    // Newest first, until all that are counted are found: what went out long ago is not read.
    let failed = state.tally.undelivered;
    let mut count = 0;
    for at in state.scan(&Key::new(Family::DeliveryTime, &[]), true, usize::MAX) {
        if count >= failed {
            break;
        }
        let Some(id) = tail::<8>(&at).map(u64::from_be_bytes) else { continue };
        let read: Result<Delivery, StoreError> = state.must(Family::Delivery, &key(id));
        if let Ok(delivery) = read
            && delivery.phase == Phase::Failed
        {
            restart(state, id, delivery, now)?;
            count += 1;
        }
    }
    Ok(count)
}

/// A forwarded copy came back: what had been taken for delivered was not. Answers whether there was one.
pub(crate) fn bounced(state: &mut State, id: &str, now: i64) -> Result<bool, StoreError> {
    let Ok((number, mut delivery)) = delivery(state, id) else { return Ok(false) };
    if delivery.phase != Phase::Accepted {
        return Ok(false);
    }
    state.tally.delivered = state.tally.delivered.saturating_sub(1);
    end(state, number, &mut delivery, now)?;
    Ok(true)
}

/// Fails what is too old, also where the configuration names its sink no more.
pub(crate) fn expire(state: &mut State, now: i64) -> Result<(), StoreError> {
    let old: Vec<u64> = state.deliveries.old(now.saturating_sub(DELIVERY_AGE_SECS_MAX), EXPIRE_MAX);
    for id in old {
        let read: Result<Delivery, StoreError> = state.must(Family::Delivery, &key(id));
        if let Ok(mut delivery) = read
            && now.saturating_sub(delivery.since) > DELIVERY_AGE_SECS_MAX
        {
            end(state, id, &mut delivery, now)?;
        }
    }
    Ok(())
}

/// Deliveries, newest first.
pub(crate) fn list(state: &mut State, limit: usize) -> Result<Vec<DeliveryRow>, StoreError> {
    let marks = state.scan(&Key::new(Family::DeliveryTime, &[]), true, limit);
    rows(state, &marks)
}

/// What was handed out of a ticket.
pub(crate) fn of_ticket(state: &mut State, ticket: &TicketRef) -> Result<Vec<DeliveryRow>, StoreError> {
    let marks = state.scan(&Key::new(Family::DeliveryTicket, &[ticket.0.as_bytes()]), false, usize::MAX);
    rows(state, &marks)
}

fn rows(state: &mut State, marks: &[Vec<u8>]) -> Result<Vec<DeliveryRow>, StoreError> {
    let mut rows = Vec::new();
    for id in marks.iter().filter_map(|at| tail::<8>(at)) {
        let read: Result<Delivery, StoreError> = state.must(Family::Delivery, &key(u64::from_be_bytes(id)));
        rows.push(match read {
            // One damaged record does not hide the others.
            Err(StoreError::Corrupt { .. }) => {
                DeliveryRow { id: hex(&id), state: "unreadable".to_owned(), ..DeliveryRow::default() }
            }
            Err(error) => return Err(error),
            Ok(delivery) => DeliveryRow {
                id: hex(&id),
                due_at: (!delivery.phase.is_over()).then_some(delivery.due_at),
                ticket: delivery.ticket.0,
                message: delivery.message,
                mailbox: delivery.mailbox,
                target: delivery.target,
                state: delivery.phase.as_str().to_owned(),
                attempts: delivery.attempts,
                queued_at: delivery.queued_at,
                ended_at: delivery.ended_at,
                code: delivery.code,
            },
        });
    }
    Ok(rows)
}

/// At a start: what was being sent is ready again, at once.
pub(crate) fn recover(state: &mut State) -> Result<(), StoreError> {
    for at in state.scan(&Key::new(Family::Delivering, &[]), false, usize::MAX) {
        let Some(id) = tail::<8>(&at).map(u64::from_be_bytes) else { continue };
        let mut delivery = match state.must::<Delivery>(Family::Delivery, &key(id)) {
            // One that cannot be read does not keep the store shut; it is named by `outbox`.
            Err(StoreError::Corrupt { .. }) => continue,
            read => read?,
        };
        if delivery.phase == Phase::Sending {
            delivery.phase = Phase::Ready;
            put(state, id, &delivery, false)?;
        } else {
            let wait = wait(state, &delivery, false);
            state.deliveries.set(id, Some(wait));
        }
    }
    Ok(())
}
