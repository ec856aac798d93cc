//! One message becomes a ticket, or part of one: the only place that makes tickets.

use crate::admission::{self, Admission};
use crate::codec::{Family, Key, sortable};
use crate::deliveries;
use crate::error::StoreError;
use crate::fingerprints;
use crate::held;
use crate::keys::{hex, random};
use crate::ledger::{self, Handle, Phase, Place};
use crate::model::*;
use crate::outbox;
use crate::quarantine;
use crate::state::State;
use crate::thread;
use crate::tickets::{self, Message, Ticket, ToldRef, Twin, view};
use lazaret_core::{Addr, Class, MessageKey, Outcome, Proof, Verdict};

/// Messages of a ticket; a further one opens a new ticket.
pub const TICKET_MESSAGES_MAX: u32 = 1_000;
/// Parties of a ticket; a further sender opens a new ticket.
pub const TICKET_PARTIES_MAX: usize = 64;
/// Tickets that a message is tried against.
pub const JOIN_CANDIDATES_MAX: usize = 32;

/// Why a stranger who holds a token of ours is told nothing.
const THIRD_PARTY: &str = "third-party";

pub(crate) fn commit(state: &mut State, commit: Commit) -> Result<Committed, StoreError> {
    let now = state.clock(commit.now);
    state.tally.commits += 1;
    let before = ledger::handle(state, &commit.key)?;
    let known = before.as_ref().and_then(|h| h.place.clone());
    if let (Some(handle), Some(place)) = (&before, &known)
        && place.digest == commit.digest.0
    {
        return Ok(already_done(handle, place));
    }
    let twin_at = Key::new(Family::Digest, &[&commit.digest.0]);
    let mut done = match state.get::<Twin>(Family::Digest, &twin_at)? {
        Some(twin) => link(state, &commit, twin, twin_at)?,
        None => add(state, &commit, now, twin_at)?,
    };
    done.uid_reused = known.is_some();
    // A copy goes where its first one did not: that may have come while observing, or to another mailbox.
    done.deliveries = deliveries::enqueue(state, &done.ticket, done.message, &commit.key.mailbox, &commit.sinks, now)?;
    let after = Handle {
        phase: if done.ack == Ack::Leave { Phase::Done } else { Phase::Committed },
        strikes: before.as_ref().map_or(0, |h| h.strikes),
        epoch: state.vault.epoch,
        alone: false,
        place: Some(Place { ticket: done.ticket.clone(), message: done.message, digest: commit.digest.0 }),
        ack: Some(done.ack),
    };
    ledger::put_handle(state, &commit.key, before.as_ref(), &after)?;
    Ok(done)
}

fn committed(ticket: &TicketRef, message: u32, ack: Ack) -> Committed {
    let ticket = ticket.clone();
    Committed { ticket, message, joined: false, duplicate: false, reply: false, deliveries: 0, ack, uid_reused: false }
}

/// The same octets under the same UID: only what is to be done at the source may be left.
fn already_done(handle: &Handle, place: &Place) -> Committed {
    let ack = handle.ack.filter(|_| handle.phase == Phase::Committed).unwrap_or(Ack::Leave);
    committed(&place.ticket, place.message, ack)
}

/// The same octets under another UID: a link, no reply. At its source the copy is treated like the first one. It may be the
/// first one, put back by somebody, or the first one may have been left alone while observing: then nothing else is left of
/// what the ticket does not hold. If a sealed original is due for the copy and there was none for the first, it is kept here.
///
/// What was judged while observing is judged anew where it is enforced: the ticket shows what became of it, and what is put in
/// the original's place is made from what was found now.
fn link(state: &mut State, commit: &Commit, mut twin: Twin, at: Key) -> Result<Committed, StoreError> {
    let message_at = Key::message(&twin.ticket, twin.message);
    let mut message: Message = state.must(Family::Message, &message_at)?;
    if !is_at(&message.view, &commit.key) {
        twin.copies = twin.copies.saturating_add(1);
        state.put(at, None, &twin)?;
        state.tally.duplicates += 1;
    }
    if message.view.ack == Ack::Leave && commit.ack != Ack::Leave && message.released.is_none() {
        let ticket_at = Key::ticket(Family::Ticket, &twin.ticket);
        let mut ticket: Ticket = state.must(Family::Ticket, &ticket_at)?;
        tickets::judge_again(state, &twin, &mut ticket, &mut message, &commit.outcome);
        message.view.ack = commit.ack;
        if commit.ack == Ack::MoveHeld {
            held::note(state, &twin.ticket, twin.message);
        }
        state.put(ticket_at, Some(&twin.ticket), &ticket)?;
        state.put(message_at.clone(), Some(&twin.ticket), &message)?;
    }
    let kept = match &message.sealed {
        Some(id) => quarantine::has(state, id)?,
        None => false,
    };
    if let Some((sealed, until)) = commit.sealed.as_ref().filter(|_| !kept) {
        let row = quarantine_row(&message.view, &twin.ticket, commit, *until);
        message.sealed = Some(quarantine::keep(state, row, &commit.digest, sealed)?);
        state.put(message_at, Some(&twin.ticket), &message)?;
    }
    Ok(Committed { duplicate: true, ..committed(&twin.ticket, twin.message, commit.ack) })
}

/// Is it the very message, and not a copy of it in another place?
fn is_at(view: &MessageView, key: &MessageKey) -> bool {
    let place = (view.mailbox.as_str(), view.folder.as_str(), view.uid_validity, view.uid);
    place == (key.mailbox.as_str(), key.folder.as_str(), key.uid_validity, key.uid)
}

fn quarantine_row(message: &MessageView, ticket: &TicketRef, commit: &Commit, until: i64) -> QuarantineRow {
    QuarantineRow {
        id: String::new(),
        ticket: ticket.clone(),
        verdict: message.verdict.clone(),
        reasons: message.reasons.clone(),
        at: commit.now,
        until,
        size_bytes: 0,
        mailbox: commit.key.mailbox.clone(),
    }
}

/// A message that is not known: joins a ticket or opens one.
fn add(state: &mut State, commit: &Commit, now: i64, twin_at: Key) -> Result<Committed, StoreError> {
    let outcome = &commit.outcome;
    let (reference, mut ticket, joined) = match join(state, commit)? {
        Some((reference, ticket)) => (reference, ticket, true),
        None => (open_ticket(state, commit)?, Ticket::new(commit), false),
    };
    let third_party = !joined && matches!(commit.reply_new, Intent::Send(_)) && is_third_party(state, commit)?;
    ticket.messages += 1;
    let number = ticket.messages;
    count_verdict(&mut ticket, outcome.verdict);
    if let Some(count) = state.tally.verdicts.get_mut(outcome.verdict as usize) {
        *count += 1;
    }
    for party in parties(state, outcome) {
        if ticket.parties.len() < TICKET_PARTIES_MAX && !ticket.parties.contains(&party) {
            ticket.parties.push(party);
        }
    }
    let intent = match joined {
        true => &commit.reply_joined,
        false if third_party => &Intent::Not(THIRD_PARTY),
        false => &commit.reply_new,
    };
    let told = tell(state, &reference, &mut ticket, intent, now)?;
    if outcome.class == Class::Bounce && joined {
        ticket.told = ToldRef::Not("bounced: customer not reached".to_owned());
    } else if !joined || matches!(intent, Intent::Send(_)) {
        ticket.told = told.clone();
    }
    let reply = matches!(told, ToldRef::Outbox(_));
    let view = view(commit);
    let sealed = match &commit.sealed {
        Some((sealed, until)) => {
            let row = quarantine_row(&view, &reference, commit, *until);
            Some(quarantine::keep(state, row, &commit.digest, sealed)?)
        }
        None => None,
    };
    let message = Message { view, told, sealed, released: None };
    state.put_fresh(Key::message(&reference, number), Some(&reference), &message)?;
    tickets::keep_files(state, &reference, number, outcome);
    fingerprints::keep(state, commit, &reference, number)?;
    if commit.ack == Ack::MoveHeld {
        held::note(state, &reference, number);
    }
    let ticket_at = Key::ticket(Family::Ticket, &reference);
    if joined {
        state.put(ticket_at, Some(&reference), &ticket)?;
    } else {
        state.put_fresh(ticket_at, Some(&reference), &ticket)?;
    }
    thread::learn(state, &reference, &commit.join, outcome, now)?;
    state.put(twin_at, None, &Twin { ticket: reference.clone(), message: number, copies: 0 })?;
    Ok(Committed { joined, reply, ..committed(&reference, number, commit.ack) })
}

fn count_verdict(ticket: &mut Ticket, verdict: Verdict) {
    if let Some(count) = ticket.verdicts.get_mut(verdict as usize) {
        *count += 1;
    }
}

/// The first candidate that exists, has room, and lets this sender in: staff and parties; a bounce needs our token only,
/// since whoever sends it is never a party. Who is shown to be forged joins nothing. A reference in the subject is no
/// credential, so it needs a proven sender.
fn join(state: &mut State, commit: &Commit) -> Result<Option<(TicketRef, Ticket)>, StoreError> {
    let outcome = &commit.outcome;
    for candidate in commit.join.iter().take(JOIN_CANDIDATES_MAX) {
        let at = Key::ticket(Family::Ticket, &candidate.ticket);
        let Some(ticket) = state.get::<Ticket>(Family::Ticket, &at)? else { continue };
        if may_join(state, &ticket, outcome, candidate.token) && ticket.messages < TICKET_MESSAGES_MAX {
            return Ok(Some((candidate.ticket.clone(), ticket)));
        }
    }
    Ok(None)
}

/// Does the sender hold a token of ours without being a party to any ticket that it names? Somebody in copy, or somebody whom
/// our answer was forwarded to: his mail opens a ticket, but he did not write to us of himself and is told nothing.
fn is_third_party(state: &mut State, commit: &Commit) -> Result<bool, StoreError> {
    let outcome = &commit.outcome;
    let mut holds = false;
    for candidate in commit.join.iter().take(JOIN_CANDIDATES_MAX).filter(|c| c.token) {
        let at = Key::ticket(Family::Ticket, &candidate.ticket);
        let Some(ticket) = state.get::<Ticket>(Family::Ticket, &at)? else { continue };
        if is_party(state, &ticket, outcome) {
            return Ok(false);
        }
        holds = true;
    }
    Ok(holds && outcome.class != Class::Bounce)
}

/// Is the sender staff, or one of those who wrote in the ticket before?
fn is_party(state: &State, ticket: &Ticket, outcome: &Outcome) -> bool {
    outcome.staff || parties(state, outcome).iter().any(|sender| ticket.parties.contains(sender))
}

/// Does a ticket let this sender in, by a token of ours or by a reference in the subject?
pub(crate) fn may_join(state: &State, ticket: &Ticket, outcome: &Outcome, token: bool) -> bool {
    let party = || is_party(state, ticket, outcome);
    match (token, outcome.class) {
        (true, Class::Bounce) => true,
        // A forged sender may have seen the token: everybody in copy has.
        (true, _) => outcome.proof != Proof::Fail && party(),
        (false, _) => outcome.proof == Proof::Pass && party(),
    }
}

/// Keyed hashes of those who count as sender: the customer and a single `From`. Machines that report a bounce are nobody.
fn parties(state: &State, outcome: &Outcome) -> Vec<String> {
    let from = match outcome.envelope.from.as_slice() {
        [only] => only.addr.as_ref(),
        _ => None,
    };
    let everybody = outcome.customer.iter().chain(from).filter(|_| outcome.class != Class::Bounce);
    let mut hashes: Vec<String> = everybody.map(|addr| party(state, addr)).collect();
    hashes.dedup();
    hashes
}

fn party(state: &State, addr: &Addr) -> String {
    hex(&state.vault.keyring.index::<8>(&[b"party", addr.folded().as_bytes()]))
}

/// A fresh reference: 40 random bits, compared with those there are.
fn open_ticket(state: &mut State, commit: &Commit) -> Result<TicketRef, StoreError> {
    let reference = loop {
        let reference = spell(random());
        if !state.has(&Key::ticket(Family::TicketKey, &reference)) {
            break reference;
        }
    };
    state.new_ticket_key(&reference);
    state.mark(Key::new(Family::ByTime, &[&sortable(commit.now), reference.0.as_bytes()]));
    state.tally.tickets += 1;
    Ok(reference)
}

/// Eight characters of base32 (RFC 4648) in two groups.
fn spell(bits: [u8; 5]) -> TicketRef {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let value = bits.iter().fold(0u64, |value, octet| value << 8 | u64::from(*octet));
    let letter = |place: u32| char::from(ALPHABET[(value >> (5 * place)) as usize & 31]);
    let text: String = (0..8).rev().map(letter).collect();
    let (first, second) = text.split_at(4);
    TicketRef(format!("LZ-{first}-{second}"))
}

/// Decides whether somebody is told; what is put into the outbox has passed every limit.
fn tell(
    state: &mut State,
    reference: &TicketRef,
    ticket: &mut Ticket,
    intent: &Intent,
    now: i64,
) -> Result<ToldRef, StoreError> {
    let draft = match intent {
        Intent::Not(why) => return Ok(ToldRef::Not((*why).to_owned())),
        Intent::Send(draft) => draft,
    };
    let receipt = draft.template == Template::Receipt;
    if receipt && ticket.receipt {
        return Ok(ToldRef::Not("limit: one receipt a ticket".to_owned()));
    }
    let held = match admission::admit(state, draft, now, None)? {
        Admission::Now => None,
        Admission::Later(until, limit) => Some((until, limit)),
        Admission::Never(why) => {
            state.tally.limited += 1;
            return Ok(ToldRef::Not(why.to_owned()));
        }
    };
    ticket.receipt |= receipt;
    outbox::enqueue(state, reference, draft, now, held).map(ToldRef::Outbox)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_spelled_in_base32() {
        for (bits, want) in [
            ([0; 5], "LZ-AAAA-AAAA"),
            ([255; 5], "LZ-7777-7777"),
            ([0, 0, 0, 0, 1], "LZ-AAAA-AAAB"),
            ([8, 0, 0, 0, 0], "LZ-BAAA-AAAA"),
        ] {
            assert_eq!(spell(bits).0, want);
        }
    }
}
