//! Limits on replies, held by the store itself: whoever asks, what is put into the outbox has passed them all, and they
//! survive a restart.

use crate::codec::{Family, Key};
use crate::error::StoreError;
use crate::keys::random;
use crate::model::{Draft, Template};
use crate::state::State;
use crate::window::{Span, Window};
use lazaret_core::Addr;

/// May a reply go?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Yes; it is counted.
    Now,
    /// It is a notice and has to wait until a time for the limit with this number.
    Later(i64, u8),
    /// No; the word says which limit holds it back.
    Never(&'static str),
}

/// What is counted of a reply, in the order of the numbers of [`Admission::Later`].
struct Limit {
    span: Span,
    at: Key,
    window: Window,
    max: u32,
    word: &'static str,
}

impl Limit {
    fn put(mut self, state: &mut State, now: i64, add: bool) -> Result<(), StoreError> {
        if add {
            self.window.add(self.span, now);
        }
        state.put_hinted(self.at, day_hint(self.window.at), None, &self.window)
    }
}

/// Is there room for this reply? If so it is counted.
///
/// An unproven recipient gets so many answers a day in all, whatever they are. Elsewhere receipts and notices are counted
/// apart, so a receipt never eats a notice, and proven and unproven recipients as well: a flood of forged mail uses up what
/// is left for forged mail, and no customer's answer. Only answers to proven recipients open the breaker.
///
/// A notice that finds no room waits for it, and later replies do not go before it; so no receipt eats it there either. As
/// many wait for a limit as it lets through; of more, the ticket says that nobody was told.
pub(crate) fn admit(state: &mut State, draft: &Draft, now: i64, held: Option<u8>) -> Result<Admission, StoreError> {
    let mut limits = limits(state, draft)?;
    if let Some(own) = held.and_then(|n| limits.get_mut(usize::from(n))) {
        own.window.held = own.window.held.saturating_sub(1);
    }
    // One that has waited is in front of those that wait.
    let before = |limit: &Limit, number: usize| if held == Some(number as u8) { 0 } else { limit.window.held };
    let full = (0_u8..).zip(&mut limits).find(|(number, limit)| {
        let count = limit.window.clone().count(limit.span, now);
        count.saturating_add(before(limit, usize::from(*number))) >= limit.max
    });
    if let Some((number, limit)) = full {
        if draft.template == Template::Receipt || limit.window.held >= limit.max {
            let word = limit.word;
            if held.is_some() {
                forget(state, draft, held)?;
            }
            return Ok(Admission::Never(word));
        }
        limit.window.held += 1;
        let slice = limit.span.secs() / 12;
        let at = limit.window.frees_at(limit.span, now, limit.max).max(now.saturating_add(slice));
        for limit in limits {
            limit.put(state, now, false)?;
        }
        return Ok(Admission::Later(at, number));
    }
    if draft.proven {
        let (at, mut minute) = window(state, Span::Minute, "daemon", "", "")?;
        if minute.count(Span::Minute, now) >= state.limits.breaker_per_minute_max {
            state.tally.breaker_open_since.get_or_insert(now);
        }
        minute.add(Span::Minute, now);
        state.put_hinted(at, day_hint(minute.at), None, &minute)?;
    }
    for limit in limits {
        limit.put(state, now, true)?;
    }
    Ok(Admission::Now)
}

/// A notice that waited will not go.
pub(crate) fn forget(state: &mut State, draft: &Draft, held: Option<u8>) -> Result<(), StoreError> {
    let limits = limits(state, draft)?;
    if let Some(mut limit) = held.and_then(|n| limits.into_iter().nth(usize::from(n))) {
        limit.window.held = limit.window.held.saturating_sub(1);
        let now = limit.window.at;
        limit.put(state, now, false)?;
    }
    Ok(())
}

fn limits(state: &mut State, draft: &Draft) -> Result<Vec<Limit>, StoreError> {
    let limits = state.limits.clone();
    let kind = match (draft.template == Template::Receipt, draft.proven) {
        (true, true) => "receipt",
        (false, true) => "notice",
        (true, false) => "receipt-unproven",
        (false, false) => "notice-unproven",
    };
    let (to_one, recipient_max) =
        if draft.proven { (kind, limits.proven_per_day_max) } else { ("unproven", limits.unproven_per_day_max) };
    let recipient = mailbox_of(&draft.to);
    let domain = draft.to.domain();
    let (day, hour) = (Span::Day, Span::Hour);
    let (domain_max, tenant_max) = (limits.domain_per_hour_max, limits.tenant_per_hour_max);
    let mut counted = vec![
        (day, "recipient", to_one, recipient.as_str(), recipient_max, "limit: replies to one recipient in a day"),
        (hour, "domain", kind, domain, domain_max, "limit: replies to one domain in an hour"),
        (hour, "tenant", kind, "", tenant_max, "limit: replies in an hour"),
    ];
    if !draft.proven {
        let word = "limit: replies to unproven senders in a minute";
        counted.push((Span::Minute, "daemon", "unproven", "", limits.breaker_per_minute_max, word));
    }
    let one = |(span, what, kind, who, max, word): (Span, &str, &str, &str, u32, &'static str)| {
        let (at, window) = window(state, span, what, kind, who)?;
        Ok(Limit { span, at, window, max, word })
    };
    counted.into_iter().map(one).collect()
}

/// The mailbox behind an address: `anna+shop@…` is read by who reads `anna@…` (RFC 5233), so a forged sender with a new
/// detail in each mail is one recipient. Where an address is not read so, a limit is shared that was not meant to be.
fn mailbox_of(addr: &Addr) -> String {
    let folded = addr.folded();
    match folded.rsplit_once('@').and_then(|(local, domain)| Some((local.split_once('+')?.0, domain))) {
        Some((base, domain)) if !base.is_empty() => format!("{base}@{domain}"),
        _ => folded,
    }
}

fn window(state: &mut State, span: Span, what: &str, kind: &str, who: &str) -> Result<(Key, Window), StoreError> {
    let parts: [&[u8]; 5] = [b"window", &[span as u8], what.as_bytes(), kind.as_bytes(), who.as_bytes()];
    let at = Key::new(Family::Window, &[&state.vault.keyring.index::<16>(&parts)]);
    let window = state.get(Family::Window, &at)?.unwrap_or_default();
    Ok((at, window))
}

/// Day of the last change, modulo 256: old windows are found without decrypting them.
fn day_hint(now: i64) -> u8 {
    now.div_euclid(Span::Day.secs()).rem_euclid(256) as u8
}

/// Windows that an expiry looks at.
const WINDOWS_MAX: usize = 1_000;

/// Forgets windows without a reply for more than two days, in one 256th of them, picked at random: over a day of calls
/// each is met.
pub(crate) fn expire_windows(state: &mut State, now: i64) -> Result<(), StoreError> {
    let part = Key::new(Family::Window, &[&random::<1>()]);
    for at in state.scan(&part, false, WINDOWS_MAX) {
        let key = Key::new(Family::Window, &[at.get(1..).unwrap_or_default()]);
        let Some(hint) = state.hint(Family::Window, &key)? else { continue };
        // More than half a circle back is a clock that was set back.
        if (3..=128).contains(&day_hint(now).wrapping_sub(hint)) {
            state.remove(key);
        }
    }
    Ok(())
}
