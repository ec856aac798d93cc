//! The clean copy: what agents and helpdesks read in place of the original.
//!
//! ```text
//! header    the original's fields in their order, those of the envelope and our own
//! body      multipart/mixed
//!             multipart/alternative
//!               text/plain
//!               multipart/related
//!                 text/html, and the pictures that it shows
//!             attachments, each as its file or as a note in its place
//! ```
//! Of this only what a message needs. Its first line says what was taken out and whether the customer was told. A message
//! that was set aside gets a stub of facts. Everything in it comes from the ticket, so it is redacted already; what is
//! guarded against here is that a reader's mail program takes redacted text for structure again. All is ASCII, no line is
//! longer than 998 octets, and the same ticket gives the same octets.

mod banner;
mod field;
mod part;

use field::one_line;
use lazaret_store::{AddressView, HeaderView, MessageView, TicketRef};
use part::Part;

use super::letter::is_id;
pub(crate) use lazaret_core::token::OWN_COPY_HEADER;

/// The fields of the envelope, in the order in which they are written where the original had another or none.
const OF_ENVELOPE: [&str; 9] =
    ["Date", "From", "Reply-To", "To", "Cc", "Subject", "Message-ID", "In-Reply-To", "References"];

/// Builds the clean copy or stub of a message. `own_copy` is the value of [`OWN_COPY_HEADER`].
pub(crate) fn clean_copy(view: &MessageView, ticket: &TicketRef, own_copy: &str) -> Vec<u8> {
    let stub = matches!(view.verdict.as_str(), "quarantine" | "reject");
    let Part { header, body } = body(view, ticket, stub);
    let mut out = head(view, ticket, own_copy, stub).into_bytes();
    out.extend_from_slice(format!("MIME-Version: 1.0\r\n{header}\r\n").as_bytes());
    out.extend_from_slice(&body);
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out
}

fn body(view: &MessageView, ticket: &TicketRef, stub: bool) -> Part {
    let lines = banner::banner(view, ticket, stub);
    if stub {
        return part::text("plain", &banner::stub(view, &lines));
    }
    let id = view.digest.get(..16).unwrap_or("copy");
    let html = view.html.as_deref();
    let (shown, others): (Vec<_>, Vec<_>) =
        view.attachments.iter().partition(|attachment| html.is_some_and(|html| part::is_shown_by(attachment, html)));
    let plain = part::text("plain", &format!("{}\n\n{}", lines.join("\n"), view.text));
    let text = match html {
        None => plain,
        Some(html) => {
            let mut page = part::text("html", &banner::with_banner(html, &lines));
            if !shown.is_empty() {
                let parts: Vec<Part> = [page].into_iter().chain(shown.into_iter().map(part::attachment)).collect();
                page = part::multipart("related; type=\"text/html\"", id, &parts);
            }
            part::multipart("alternative", id, &[plain, page])
        }
    };
    if others.is_empty() {
        return text;
    }
    let parts: Vec<Part> = [text].into_iter().chain(others.into_iter().map(part::attachment)).collect();
    part::multipart("mixed", id, &parts)
}

/// The header but for what describes the body.
fn head(view: &MessageView, ticket: &TicketRef, own_copy: &str, stub: bool) -> String {
    let mut out = String::new();
    let is_here = |name: &&str| !view.headers.iter().any(|field| field.name.eq_ignore_ascii_case(name));
    let added =
        OF_ENVELOPE.into_iter().filter(is_here).map(|name| HeaderView { name: name.into(), value: String::new() });
    let mut has_sender = false;
    for HeaderView { name, value } in view.headers.iter().cloned().chain(added) {
        let sender = name.eq_ignore_ascii_case("sender");
        match OF_ENVELOPE.iter().find(|of| of.eq_ignore_ascii_case(&name)) {
            Some(known) => out.push_str(&of_envelope(known, view, ticket, stub)),
            // One that is no address, or a second one, would be a defect.
            None if sender => {
                if let Some(one) = field::mailbox(&value).filter(|_| !std::mem::replace(&mut has_sender, true)) {
                    out.push_str(&field::addresses("Sender", &[one]));
                }
            }
            None => out.push_str(&field::text(&name, &one_line(&value, value.len()))),
        }
    }
    if view.from.len() > 1 && !out.to_ascii_lowercase().contains("\nsender: ") {
        out.push_str(&field::addresses("Sender", &view.from));
    }
    for (name, value) in banner::facts(view, ticket) {
        out.push_str(&field::text(name, &value));
    }
    if !own_copy.is_empty() {
        out.push_str(&field::text(OWN_COPY_HEADER, own_copy));
    }
    out
}

fn of_envelope(name: &str, view: &MessageView, ticket: &TicketRef, stub: bool) -> String {
    let ids = |ids: &mut dyn Iterator<Item = &String>| {
        let good: Vec<String> = ids.filter(|id| is_id(id)).map(|id| format!("<{id}>")).collect();
        if good.is_empty() { String::new() } else { field::text(name, &good.join(" ")) }
    };
    match name {
        "From" if view.from.is_empty() => {
            let nobody = AddressView { name: "Unknown sender".into(), address: field::NO_ADDRESS.0.into() };
            field::addresses(
                name,
                &[AddressView { address: format!("{}@{}", nobody.address, field::NO_ADDRESS.1), ..nobody }],
            )
        }
        "From" => field::addresses(name, &view.from),
        "To" => field::addresses(name, &view.to),
        "Cc" => field::addresses(name, &view.cc),
        "Reply-To" => field::addresses(name, &view.reply_to),
        "Date" => field::text(name, &date(view.date.filter(|date| *date >= 0).unwrap_or(view.at))),
        "Subject" => field::text(name, &subject(view, ticket, stub)),
        "In-Reply-To" => ids(&mut view.in_reply_to.iter()),
        "References" => ids(&mut view.references.iter()),
        _ => {
            let made = format!("{}@{}", view.digest.get(..32).unwrap_or("copy"), field::NO_ADDRESS.1);
            ids(&mut [view.message_id.as_ref().filter(|id| is_id(id)).unwrap_or(&made)].into_iter())
        }
    }
}

/// RFC 5322 3.3, in UTC.
pub(super) fn date(seconds: i64) -> String {
    let time = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

fn subject(view: &MessageView, ticket: &TicketRef, stub: bool) -> String {
    if !stub {
        let subject = one_line(&view.subject, field::TEXT_CHARS_MAX);
        return if subject.is_empty() { "(no subject)".to_owned() } else { subject };
    }
    let what = if view.verdict == "reject" { "Message refused" } else { "Message set aside" };
    let tags = view.subject_refs.iter().filter(|tag| !tag.contains(&ticket.0));
    let all: Vec<String> = [format!("{what} [{}]", ticket.0)].into_iter().chain(tags.cloned()).collect();
    one_line(&all.join(" "), field::TEXT_CHARS_MAX)
}

#[cfg(test)]
mod tests;
