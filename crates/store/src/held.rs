//! Mail that was too large to fetch: its ticket is a stub, its original lies in a folder of its own at the source.

use crate::codec::{Family, Key};
use crate::error::StoreError;
use crate::model::*;
use crate::state::State;
use crate::tickets::{self, Message, Twin};
use lazaret_core::{Digest, Outcome};

fn key(ticket: &TicketRef, message: u32) -> Key {
    Key::new(Family::Held, &[ticket.0.as_bytes(), &message.to_be_bytes()])
}

/// Notes a message that is to be moved where held mail lies.
pub(crate) fn note(state: &mut State, ticket: &TicketRef, message: u32) {
    state.mark(key(ticket, message));
}

/// Held messages of one ticket, or of all; the newest first.
pub(crate) fn list(state: &mut State, ticket: Option<&TicketRef>, limit: usize) -> Result<Vec<HeldRow>, StoreError> {
    let prefix = ticket.map_or_else(|| Key::new(Family::Held, &[]), |ticket| Key::ticket(Family::Held, ticket));
    let mut rows = Vec::new();
    for at in state.scan(&prefix, true, limit) {
        let Some((ticket, message)) = tickets::place_of(&at) else { continue };
        match state.must::<Message>(Family::Message, &Key::message(&ticket, message)) {
            // One damaged record does not hide the others.
            Err(StoreError::Corrupt { .. }) => {}
            stored => rows.push(row(ticket, message, stored?.view)),
        }
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.at));
    Ok(rows)
}

fn row(ticket: TicketRef, message: u32, view: MessageView) -> HeldRow {
    let MessageView { digest, mailbox, at, size_bytes, message_id, .. } = view;
    HeldRow { ticket, message, mailbox, at, size_bytes, digest, message_id }
}

/// Puts in place of a stub what was found in the message when it was fetched after all. `whole` is K2 of its octets: a
/// later copy of them is linked to this ticket.
pub(crate) fn release(
    state: &mut State,
    ticket: &TicketRef,
    message: u32,
    whole: &Digest,
    outcome: &Outcome,
    reason: &str,
    now: i64,
) -> Result<(), StoreError> {
    let at = key(ticket, message);
    if !state.has(&at) {
        return Err(StoreError::NotFound { kind: "held message of", id: ticket.0.clone() });
    }
    tickets::release(state, ticket, message, outcome, reason, now)?;
    let twin = Key::new(Family::Digest, &[&whole.0]);
    if !state.has(&twin) {
        state.put(twin, None, &Twin { ticket: ticket.clone(), message, copies: 0 })?;
    }
    state.remove(at);
    Ok(())
}
