//! One reply as a message (RFC 5322, RFC 3834): our texts, our headers, and of the answered mail its checked ids only.

use super::Letter;
use crate::templates::Rendered;
use lazaret_core::{Addr, TokenKey};
use lazaret_store::Lease;
use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use std::time::{Duration, SystemTime};

/// The header that carries our Message-ID a second time: some relays write their own Message-ID over ours, and a loop
/// has to be seen all the same. Its value is keyed.
pub(crate) const LOOP_HEADER: &str = "X-Lazaret-Reply";
/// Ids of the answered mail's thread that a reply repeats, the newest ones.
const REFERENCES_MAX: usize = 20;

/// Who answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sender<'a> {
    /// Display name.
    pub(crate) name: &'a str,
    /// `From`.
    pub(crate) from: &'a Addr,
    /// Envelope sender; `None` is `<>`.
    pub(crate) envelope_from: Option<&'a Addr>,
}

/// The reply cannot be addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the reply cannot be addressed")]
pub(crate) struct Unaddressable;

/// Builds the reply of a lease. The same lease always has the same Message-ID.
pub(crate) fn compose(
    lease: &Lease,
    words: &Rendered,
    sender: &Sender<'_>,
    key: &TokenKey,
    now: i64,
) -> Result<Letter, Unaddressable> {
    let id = key.message_id(&lease.ticket.0, &lease.id, sender.from.domain());
    let to = address(&lease.draft.to)?;
    let envelope = Envelope::new(None, vec![to.clone()]).map_err(|_| Unaddressable)?;
    let name = Some(sender.name.trim()).filter(|name| !name.is_empty()).map(str::to_owned);
    let mut builder = Message::builder()
        .envelope(envelope)
        .from(Mailbox::new(name, address(sender.from)?))
        .to(Mailbox::new(None, to))
        .subject(words.subject.clone())
        .date(time(now))
        .message_id(Some(format!("<{id}>")));
    if let Some(answered) = lease.draft.in_reply_to.as_deref().filter(|id| is_id(id)) {
        builder = builder
            .in_reply_to(format!("<{answered}>"))
            .raw_header(header("References", references(&lease.draft.references, answered)));
    }
    let language = words.language.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    for (name, value) in [
        ("Auto-Submitted", "auto-replied".to_owned()),
        ("Precedence", "bulk".to_owned()),
        ("X-Auto-Response-Suppress", "All".to_owned()),
        ("Content-Language", language),
        (LOOP_HEADER, id),
    ] {
        builder = builder.raw_header(header(name, value));
    }
    let part = |kind: ContentType, body: &str| SinglePart::builder().header(kind).body(body.to_owned());
    let bodies = MultiPart::alternative()
        .singlepart(part(ContentType::TEXT_PLAIN, &words.text))
        .singlepart(part(ContentType::TEXT_HTML, &words.html));
    let message = builder.multipart(bodies).map_err(|_| Unaddressable)?;
    Ok(Letter {
        id: lease.id.clone(),
        from: sender.envelope_from.cloned(),
        to: lease.draft.to.clone(),
        octets: message.formatted(),
    })
}

/// The address in lettre's form.
pub(crate) fn address(addr: &Addr) -> Result<Address, Unaddressable> {
    addr.as_str().parse().map_err(|_| Unaddressable)
}

/// A header whose name is a constant of ours.
pub(crate) fn header(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

pub(crate) fn time(seconds: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

/// Is it a message id that can stand between `<>` in a header: printable ASCII, no white space, no angle brackets?
pub(super) fn is_id(id: &str) -> bool {
    (1..=250).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>')
}

/// The thread's ids, oldest first, and last the one that is answered (RFC 5322 3.6.4). The first is kept, since it
/// names the thread; of the others the newest.
fn references(ids: &[String], answered: &str) -> String {
    let good: Vec<&str> = ids.iter().map(String::as_str).filter(|id| is_id(id) && *id != answered).collect();
    let skipped = good.len().saturating_sub(REFERENCES_MAX - 1);
    let kept = good.iter().take(1).chain(good.iter().skip(1.max(skipped))).copied();
    let all: Vec<String> = kept.chain([answered]).map(|id| format!("<{id}>")).collect();
    all.join(" ")
}

#[cfg(test)]
mod tests;
