//! Limits on replies, held by the store itself: whoever asks, what is put into the outbox has passed them all, and they
//! survive a restart.

use crate::codec::{Family, Key};
use crate::error::StoreError;
use crate::keys::random;
use crate::model::{Draft, Template};
use crate::state::State;
use crate::window::{Span, Window};
use lazaret_core::Addr;

/// Is there room for this reply? If so it is counted; if not, the word says which limit holds it back.
///
/// Receipts and notices are counted apart: a receipt never eats a notice. Proven and unproven recipients are counted
/// apart, too: a flood of forged mail uses up what is left for forged mail, and no customer's answer. Only answers to
/// proven recipients open the breaker; those to others are simply refused beyond it.
pub(crate) fn admit(state: &mut State, draft: &Draft, now: i64) -> Result<Result<(), &'static str>, StoreError> {
    let limits = state.limits.clone();
    let kind = match (draft.template == Template::Receipt, draft.proven) {
        (true, true) => "receipt",
        (false, true) => "notice",
        (true, false) => "receipt-unproven",
        (false, false) => "notice-unproven",
    };
    let recipient_max = if draft.proven { limits.proven_per_day_max } else { limits.unproven_per_day_max };
    let recipient = mailbox_of(&draft.to);
    let counted = [
        (Span::Day, "recipient", kind, recipient.as_str(), recipient_max, "limit: replies to one recipient in a day"),
        (
            Span::Hour,
            "domain",
            kind,
            draft.to.domain(),
            limits.domain_per_hour_max,
            "limit: replies to one domain in an hour",
        ),
        (Span::Hour, "tenant", kind, "", limits.tenant_per_hour_max, "limit: replies in an hour"),
    ];
    let mut windows = Vec::with_capacity(counted.len());
    for (span, what, kind, who, max, word) in counted {
        let (at, mut window) = window(state, span, what, kind, who)?;
        if window.count(span, now) >= max {
            return Ok(Err(word));
        }
        windows.push((span, at, window));
    }
    let crowd = if draft.proven { "" } else { "unproven" };
    let (at, mut minute) = window(state, Span::Minute, "daemon", crowd, "")?;
    if minute.count(Span::Minute, now) >= limits.breaker_per_minute_max {
        if !draft.proven {
            return Ok(Err("limit: replies to unproven senders in a minute"));
        }
        state.tally.breaker_open_since.get_or_insert(now);
    }
    windows.push((Span::Minute, at, minute));
    for (span, at, mut window) in windows {
        window.add(span, now);
        state.put_hinted(at, day_hint(window.at), None, &window)?;
    }
    Ok(Ok(()))
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
