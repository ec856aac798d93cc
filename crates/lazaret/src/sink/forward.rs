//! A forwarded copy: the clean copy with who sent it on before it (RFC 5322 3.6.6).
//!
//! `From`, `Message-ID`, `References` and `Date` are the customer's, so that any helpdesk threads it. The id of ours in
//! `Resent-Message-ID` names the delivery: a bounce that returns it tells which one did not arrive.

use super::letter::{Unaddressable, address};
use super::{Letter, clean};
use lazaret_core::{Addr, Digest, TokenKey};
use lazaret_store::{DeliveryLease, MessageView};

/// Stands before a delivery's id in the id of a forwarded copy.
const DELIVERY: &str = "d-";

/// Builds the mail of a delivery. `from` is the mailbox's address, `to` the sink's, `now` in seconds since 1970.
pub(crate) fn compose(
    lease: &DeliveryLease,
    mut view: MessageView,
    (from, to): (&Addr, &Addr),
    envelope_from: Option<&Addr>,
    key: &TokenKey,
    now: i64,
) -> Result<Letter, Unaddressable> {
    address(to)?;
    let digest = Digest::from_hex(&view.digest).ok_or(Unaddressable)?;
    let own = key.own_copy(&lease.ticket.0, &lease.mailbox, &digest);
    let unique = format!("{DELIVERY}{}", lease.id);
    let id = key.message_id(&lease.ticket.0, &unique, from.domain());
    if lease.revision > 0 {
        replaces(&mut view, key.message_id(&lease.ticket.0, &format!("{unique}-{}", lease.revision), from.domain()));
    }
    let mut octets = format!(
        "Resent-Date: {}\r\nResent-From: <{}>\r\nResent-To: <{}>\r\nResent-Message-ID: <{id}>\r\nX-Lazaret-Attempt: {}\r\n",
        clean::date(now),
        from.as_str(),
        to.as_str(),
        lease.attempts.saturating_add(1),
    );
    if !wants_answer(&view, now) {
        const OURS: [&str; 2] = ["auto-submitted", "x-auto-response-suppress"];
        // A reader that takes the original's `no` would answer.
        view.headers.retain(|field| !OURS.iter().any(|ours| field.name.eq_ignore_ascii_case(ours)));
        octets.push_str("Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n");
    }
    let mut octets = octets.into_bytes();
    octets.extend(clean::clean_copy(&view, &lease.ticket, &own));
    Ok(Letter { id: lease.id.clone(), from: envelope_from.cloned(), to: to.clone(), octets })
}

/// The delivery that an id of ours names, if it is that of a forwarded copy.
pub(crate) fn delivery_of(key: &TokenKey, id: &str) -> Option<String> {
    let unique = key.verify_unique(id)?;
    let id = unique.strip_prefix(DELIVERY)?;
    id.get(..16).map(str::to_owned)
}

/// A released message follows the stub that told of it: with the same Message-ID a helpdesk would take it for known.
fn replaces(view: &mut MessageView, id: String) {
    let before = view.message_id.replace(id);
    view.references.extend(before.clone());
    view.in_reply_to = before.or(view.in_reply_to.take());
}

/// May a helpdesk answer it by itself? Not what a robot, a list or a mail server wrote, not what was set aside or
/// refused (its sender has our notice), and nothing that is old.
fn wants_answer(view: &MessageView, now: i64) -> bool {
    const YOUNG_SECS_MAX: i64 = 72 * 3600;
    let person = matches!(view.class.as_str(), "human" | "report");
    let readable = !matches!(view.verdict.as_str(), "quarantine" | "reject");
    person && readable && view.date.is_some_and(|date| now.saturating_sub(date) <= YOUNG_SECS_MAX)
}

#[cfg(test)]
mod tests;
