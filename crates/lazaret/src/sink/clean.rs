//! The clean copy: what agents and helpdesks read in place of the original.
//!
//! A simple valid mail with the original's addressing, date and threading, so that any helpdesk threads it; its first
//! line says what was taken out and whether the customer was told. A message that was set aside gets a stub of facts.
//! Everything in it comes from the ticket, so it is redacted already; what is guarded against here is that a reader's
//! mail program takes redacted text for structure again.

use super::letter::{header, is_id, time};
use lazaret_store::{AddressView, AttachmentView, FindingView, MessageView, TicketRef, Told};
use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::ContentTransferEncoding;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, Message, MultiPart, SinglePart};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) use lazaret_core::token::OWN_COPY_HEADER;

/// Longest subject and longest name, in characters.
const HEADER_CHARS_MAX: usize = 400;
/// Longest file name, in characters.
const FILE_NAME_CHARS_MAX: usize = 120;
/// Stands where the original had no usable address (RFC 2606 reserves the domain).
const NO_ADDRESS: (&str, &str) = ("unknown", "lazaret.invalid");
/// Endings that a text may keep; others get `.txt`.
const TEXT_ENDINGS: [&str; 4] = [".txt", ".csv", ".log", ".md"];

/// Builds the clean copy or stub of a message. `own_copy` is the value of [`OWN_COPY_HEADER`].
pub(crate) fn clean_copy(view: &MessageView, ticket: &TicketRef, own_copy: &str) -> Vec<u8> {
    let stub = matches!(view.verdict.as_str(), "quarantine" | "reject");
    let banner = banner(view, ticket, stub);
    let text = if stub { facts(view, &banner) } else { format!("{}\n\n{}", banner.join("\n"), view.text) };
    let html = view.html.as_ref().filter(|_| !stub).map(|html| with_banner(html, &banner));
    let plain = part(ContentType::TEXT_PLAIN, &text);
    let files: Vec<SinglePart> = if stub { Vec::new() } else { view.attachments.iter().filter_map(file).collect() };
    let builder = addressed(view, ticket, own_copy, stub);
    let built = match (html, files.is_empty()) {
        (None, true) => builder.singlepart(plain),
        (Some(html), true) => builder.multipart(alternative(plain, &html)),
        (html, false) => {
            let mixed = MultiPart::mixed();
            let body = match html {
                Some(html) => mixed.multipart(alternative(plain, &html)),
                None => mixed.singlepart(plain),
            };
            builder.multipart(files.into_iter().fold(body, MultiPart::singlepart))
        }
    };
    // From, sender, date and envelope are always set, and nothing else can be missing.
    built.map(|message| message.formatted()).unwrap_or_default()
}

fn addressed(view: &MessageView, ticket: &TicketRef, own_copy: &str, stub: bool) -> lettre::message::MessageBuilder {
    let nobody = Address::new_dangerous(NO_ADDRESS.0, NO_ADDRESS.1);
    let from = mailboxes(&view.from);
    let from = if from.is_empty() { vec![Mailbox::new(Some("Unknown sender".into()), nobody.clone())] } else { from };
    // The copy is appended, not sent: the envelope is only what the builder asks for.
    let envelope = Envelope::new(None, vec![nobody]);
    let mut builder = Message::builder().date(time(view.date.unwrap_or(view.at))).subject(subject(view, ticket, stub));
    if let Ok(envelope) = envelope {
        builder = builder.envelope(envelope);
    }
    if let [first, _, ..] = from.as_slice() {
        builder = builder.sender(first.clone());
    }
    builder = from.into_iter().fold(builder, |b, mailbox| b.from(mailbox));
    builder = mailboxes(&view.to).into_iter().fold(builder, |b, mailbox| b.to(mailbox));
    builder = mailboxes(&view.cc).into_iter().fold(builder, |b, mailbox| b.cc(mailbox));
    builder = mailboxes(&view.reply_to).into_iter().fold(builder, |b, mailbox| b.reply_to(mailbox));
    let made = format!("{}@{}", view.digest.get(..32).unwrap_or("copy"), NO_ADDRESS.1);
    let id = view.message_id.as_deref().filter(|id| is_id(id)).unwrap_or(&made);
    builder = builder.message_id(Some(format!("<{id}>")));
    if let Some(id) = view.in_reply_to.as_deref().filter(|id| is_id(id)) {
        builder = builder.in_reply_to(format!("<{id}>"));
    }
    let references: Vec<String> = view.references.iter().filter(|id| is_id(id)).map(|id| format!("<{id}>")).collect();
    if !references.is_empty() {
        builder = builder.raw_header(header("References", references.join(" ")));
    }
    for (name, value) in facts_of(view, ticket) {
        builder = builder.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), value));
    }
    if own_copy.is_empty() {
        return builder;
    }
    builder.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(OWN_COPY_HEADER), own_copy.to_owned()))
}

/// What a helpdesk may sort by: words of ours and numbers.
fn facts_of(view: &MessageView, ticket: &TicketRef) -> Vec<(&'static str, String)> {
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for finding in view.findings.iter().filter(|f| !matches!(f.action.as_str(), "allow" | "flag")) {
        found.entry(&finding.class).or_default().insert(&finding.tag);
    }
    let found: Vec<String> = found.iter().map(|(class, tags)| format!("{class}={}", tags.len())).collect();
    let unexamined: u64 = view.attachments.iter().map(|a| a.unexamined_bytes).sum();
    let mut all = vec![("X-Lazaret-Verdict", view.verdict.clone())];
    if !ticket.0.is_empty() {
        all.push(("X-Lazaret-Ticket", ticket.0.clone()));
    }
    if !found.is_empty() {
        all.push(("X-Lazaret-Found", found.join(", ")));
    }
    if unexamined > 0 {
        all.push(("X-Lazaret-Unexamined-Bytes", unexamined.to_string()));
    }
    all
}

fn subject(view: &MessageView, ticket: &TicketRef, stub: bool) -> String {
    if !stub {
        let subject = one_line(&view.subject, HEADER_CHARS_MAX);
        return if subject.is_empty() { "(no subject)".to_owned() } else { subject };
    }
    let what = if view.verdict == "reject" { "Message refused" } else { "Message set aside" };
    let tags = view.subject_refs.iter().filter(|tag| !tag.contains(&ticket.0));
    let all: Vec<String> = [format!("{what} [{}]", ticket.0)].into_iter().chain(tags.cloned()).collect();
    one_line(&all.join(" "), HEADER_CHARS_MAX)
}

fn mailboxes(views: &[AddressView]) -> Vec<Mailbox> {
    let one = |view: &AddressView| {
        let name = one_line(&view.name, HEADER_CHARS_MAX);
        match view.address.parse::<Address>().ok().filter(|_| view.address.is_ascii()) {
            Some(address) => Some(Mailbox::new(Some(name).filter(|n| !n.is_empty()), address)),
            // What is no address, or one that an IMAP server without UTF-8 would refuse, is shown as a name.
            None => {
                let shown = one_line(&format!("{name} {}", view.address), HEADER_CHARS_MAX);
                let nobody = Address::new_dangerous(NO_ADDRESS.0, NO_ADDRESS.1);
                (!shown.is_empty()).then(|| Mailbox::new(Some(shown), nobody))
            }
        }
    };
    views.iter().filter_map(one).collect()
}

/// The first lines: what was taken out, what is left out, whether the customer was told.
fn banner(view: &MessageView, ticket: &TicketRef, stub: bool) -> Vec<String> {
    let taken = join(&counts(&view.findings));
    let what = match (view.verdict.as_str(), taken) {
        ("reject", _) => "this message was refused".to_owned(),
        ("quarantine", _) => "this message was set aside".to_owned(),
        (_, Some(taken)) => format!("{taken} taken out"),
        (_, None) if view.attachments.iter().any(is_withheld) => "an attachment was left out".to_owned(),
        (_, None) => "nothing was taken out".to_owned(),
    };
    let told = match &view.told {
        Told::Accepted => "the customer was told".to_owned(),
        Told::Pending => "the customer is being told".to_owned(),
        Told::Unknown => "it is not known whether the customer was told".to_owned(),
        Told::NotSent(why) => format!("the customer was not told ({why})"),
    };
    let mut lines = vec![match ticket.0.as_str() {
        "" => format!("[Lazaret: {what}.]"),
        reference => format!("[Lazaret: {what}; {told}. {reference}]"),
    }];
    if !stub {
        lines.extend(view.attachments.iter().filter_map(left_out));
    }
    lines
}

fn is_withheld(attachment: &AttachmentView) -> bool {
    attachment.action == "withhold"
}

/// The line for an attachment that is not in the copy.
fn left_out(attachment: &AttachmentView) -> Option<String> {
    let is_here = attachment.text.is_some() || attachment.file.is_some();
    if is_here && !is_withheld(attachment) && attachment.opaque.is_none() {
        return None;
    }
    let why = match attachment.opaque.as_deref() {
        Some(_) if is_here && !is_withheld(attachment) => "was not examined",
        _ if !is_withheld(attachment) => "not in this copy",
        Some("encrypted") => "left out: it is encrypted and could not be checked",
        Some("malformed") => "left out: it is damaged and could not be checked",
        Some("over_limit") => "left out: it is too large to be checked",
        Some(_) => "left out: it could not be checked",
        None => "left out: it held personal data",
    };
    let name = one_line(&attachment.name, FILE_NAME_CHARS_MAX);
    let name = if name.is_empty() { "attachment without a name".to_owned() } else { name };
    let kind = one_line(&attachment.media_type, FILE_NAME_CHARS_MAX);
    Some(format!("[{name} ({kind}, {}) {why}]", size(attachment.size_bytes)))
}

/// `2 payment card numbers`, most severe first as the findings are ordered by name; equal values count once.
fn counts(findings: &[FindingView]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut counts: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for (i, finding) in findings.iter().enumerate() {
        if matches!(finding.action.as_str(), "allow" | "flag") {
            continue;
        }
        let tag = if finding.tag.is_empty() { format!("#{i}") } else { finding.tag.clone() };
        let (one, many) = noun(&finding.class);
        if seen.insert((one, tag)) {
            counts.entry(one).or_insert((0, many)).0 += 1;
        }
    }
    let phrase = |(one, (n, many)): (&str, (usize, &str))| format!("{n} {}", if n == 1 { one } else { many });
    counts.into_iter().map(phrase).collect()
}

fn noun(class: &str) -> (&'static str, &'static str) {
    match class {
        "credit_card" => ("payment card detail", "payment card details"),
        "iban" | "bank_account" => ("bank account number", "bank account numbers"),
        "secret" => ("password or key", "passwords or keys"),
        "national_id" => ("identity number", "identity numbers"),
        "tax_id" => ("tax number", "tax numbers"),
        "health_id" => ("health number", "health numbers"),
        "passport" => ("passport number", "passport numbers"),
        "driver_license" => ("driving licence number", "driving licence numbers"),
        "crypto_address" => ("crypto currency address", "crypto currency addresses"),
        "bulk_records" => ("list of people's records", "lists of people's records"),
        _ => ("personal detail", "personal details"),
    }
}

/// A stub: kinds and counts, sender, time, why; nothing of the content.
fn facts(view: &MessageView, banner: &[String]) -> String {
    let mut lines = banner.to_vec();
    lines.push(String::new());
    let from: Vec<&str> = view.from.iter().map(|a| a.address.as_str()).filter(|a| !a.is_empty()).collect();
    lines.push(format!("From: {}", if from.is_empty() { "unknown".to_owned() } else { from.join(", ") }));
    lines.push(format!("Time: {}", timestamp(view.date.unwrap_or(view.at))));
    if let Some(found) = join(&counts(&view.findings)) {
        lines.push(format!("Found: {found}"));
    }
    if !view.reasons.is_empty() {
        lines.push(format!("Why: {}", view.reasons.join("; ")));
    }
    lines.push(String::new());
    lines.push(match view.sealed_until {
        Some(until) => format!(
            "The original is kept encrypted until {}. If this was a mistake, the privacy officer can release it.",
            timestamp(until)
        ),
        None => "The original was not kept.".to_owned(),
    });
    lines.join("\n")
}

fn timestamp(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map(|t| t.strftime("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default()
}

fn join(items: &[String]) -> Option<String> {
    match items {
        [] => None,
        [one] => Some(one.clone()),
        [most @ .., last] => Some(format!("{} and {last}", most.join(", "))),
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KB", bytes.div_ceil(1024)),
        _ => format!("{} MB", bytes.div_ceil(1_048_576)),
    }
}

/// The banner stands before all that the HTML holds, so that no comment or attribute of it can swallow the banner; only
/// a document type stays in front, which ends at its first `>` whatever stands in it.
fn with_banner(html: &str, banner: &[String]) -> String {
    let lines: Vec<String> = banner.iter().map(|line| escape(line)).collect();
    let block = format!(
        "<div style=\"border: 1px solid #888888; padding: 8px; margin: 0 0 12px 0; font-family: sans-serif\">{}</div>\r\n",
        lines.join("<br>")
    );
    let has_doctype = html.trim_start().get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype"));
    match html.split_once('>').filter(|_| has_doctype) {
        Some((doctype, rest)) => format!("{doctype}>{block}{rest}"),
        None => format!("{block}{html}"),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn alternative(plain: SinglePart, html: &str) -> MultiPart {
    MultiPart::alternative().singlepart(plain).singlepart(part(ContentType::TEXT_HTML, html))
}

fn part(kind: ContentType, body: &str) -> SinglePart {
    SinglePart::builder().header(kind).body(printable(body))
}

/// An attachment as its file, else its cleared text as a text file.
fn file(attachment: &AttachmentView) -> Option<SinglePart> {
    if is_withheld(attachment) {
        return None;
    }
    if let Some(octets) = &attachment.file {
        let name = file_name(attachment);
        let declared = attachment.media_type.parse().ok().filter(|_| !attachment.media_type.starts_with("multipart/"));
        let binary = || ContentType::parse("application/octet-stream").unwrap_or(ContentType::TEXT_PLAIN);
        // An enclosed message may stand in no encoding (RFC 2046 5.2.1): one that would need it goes as a file.
        let is_message = attachment.media_type.starts_with("message/");
        let plain = octets.is_ascii() && octets.split(|b| *b == b'\n').all(|line| line.len() <= 998);
        return Some(match (is_message, plain) {
            (true, true) => {
                let body = Body::dangerous_pre_encoded(octets.clone(), ContentTransferEncoding::SevenBit);
                Attachment::new(name).body(body, declared.unwrap_or_else(binary))
            }
            (true, false) => Attachment::new(name).body(octets.clone(), binary()),
            (false, _) => Attachment::new(name).body(octets.clone(), declared.unwrap_or_else(binary)),
        });
    }
    let text = attachment.text.as_deref()?;
    let name = file_name(attachment);
    let kept = TEXT_ENDINGS.iter().any(|ending| name.to_lowercase().ends_with(ending));
    let name = if kept { name } else { format!("{name}.txt") };
    Some(Attachment::new(name).body(printable(text), ContentType::TEXT_PLAIN))
}

/// The name of an attachment, safe to be written into a folder.
fn file_name(attachment: &AttachmentView) -> String {
    let name: String = one_line(&attachment.name, FILE_NAME_CHARS_MAX)
        .chars()
        .map(|c| if matches!(c, '/' | '\\' | '"' | ':' | '*' | '?' | '<' | '>' | '|') { '_' } else { c })
        .collect();
    let name = name.trim_start_matches('.');
    if name.is_empty() { "attachment".to_owned() } else { name.to_owned() }
}

/// Without control characters, which some mail programs take for an end of text.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && !matches!(c, '\t' | '\n' | '\r') { ' ' } else { c }).collect()
}

/// One line for a header. `=?` would be taken for an encoded word (RFC 2047) and decoded once more: a way to smuggle
/// text past the scan.
fn one_line(text: &str, chars_max: usize) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(chars_max).collect();
    line.replace("=?", "= ?").trim().to_owned()
}

#[cfg(test)]
mod tests;
