//! A webhook's document and its signature (Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp`, `webhook-signature`).
//!
//! The document holds what the clean copy holds: a message that was set aside or refused gives kinds, counts and reasons,
//! nothing of its content. Fields are only ever added to version 1.

use crate::clock;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lazaret_store::{AddressView, AttachmentView, DeliveryLease, MessageView, Told};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Version of the document.
const VERSION: u32 = 1;
/// Octets of a secret, at least (Standard Webhooks: 24 to 64).
const SECRET_BYTES_MIN: usize = 24;

/// The secret is too short, or is `whsec_` and no base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the webhook's secret needs 24 bytes or more, or `whsec_` and their base64: openssl rand -base64 32")]
pub(crate) struct WeakSecret;

/// Signs documents.
pub(crate) struct Signer(hmac::Key);

impl Signer {
    /// Takes a secret as it is written: `whsec_` and base64, else its octets.
    pub(crate) fn new(secret: &str) -> Result<Signer, WeakSecret> {
        let octets = match secret.strip_prefix("whsec_") {
            Some(text) => STANDARD.decode(text).map_err(|_| WeakSecret)?,
            None => secret.as_bytes().to_vec(),
        };
        if octets.len() < SECRET_BYTES_MIN {
            return Err(WeakSecret);
        }
        Ok(Signer(hmac::Key::new(hmac::HMAC_SHA256, &octets)))
    }

    /// `v1,` and the base64 of HMAC-SHA-256 over id, time (seconds since 1970) and body.
    fn sign(&self, id: &str, at: i64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(format!("{id}.{at}.").as_bytes());
        context.update(body);
        format!("v1,{}", STANDARD.encode(context.sign()))
    }
}

/// The id of a delivery at its receiver: the same at every attempt.
fn public_id(lease: &DeliveryLease) -> String {
    match lease.revision {
        0 => format!("msg_{}", lease.id),
        revision => format!("msg_{}_{revision}", lease.id),
    }
}

/// What stands before a document: who it is, and that it is ours.
pub(crate) fn headers(lease: &DeliveryLease, signer: &Signer, body: &[u8], now: i64) -> Vec<(&'static str, String)> {
    let id = public_id(lease);
    vec![
        ("webhook-signature", signer.sign(&id, now, body)),
        ("webhook-timestamp", now.to_string()),
        ("idempotency-key", id.clone()),
        ("webhook-id", id),
        ("x-lazaret-attempt", lease.attempts.saturating_add(1).to_string()),
    ]
}

/// The document of a message; its files as base64 as far as `files_bytes_max` octets reach.
pub(crate) fn document(lease: &DeliveryLease, view: &MessageView, files_bytes_max: u64) -> Vec<u8> {
    let readable = !matches!(view.verdict.as_str(), "quarantine" | "reject");
    let content = |text: &str| if readable { json!(text) } else { Value::Null };
    let mut left = files_bytes_max;
    let files: Vec<Value> = view.attachments.iter().filter(|_| readable).map(|a| attachment(a, &mut left)).collect();
    let mut found: BTreeMap<&str, u64> = BTreeMap::new();
    for finding in view.findings.iter().filter(|f| !matches!(f.action.as_str(), "allow" | "flag")) {
        *found.entry(&finding.class).or_default() += 1;
    }
    let document = json!({
        "version": VERSION,
        "type": "message",
        "id": public_id(lease),
        "ticket": lease.ticket.0,
        "message": lease.message,
        "mailbox": lease.mailbox,
        "at": clock::rfc3339(view.at),
        "class": view.class,
        "verdict": view.verdict,
        "reasons": view.reasons,
        "found": found,
        "proof": view.proof,
        "told": told(&view.told),
        "from": addresses(&view.from),
        "to": addresses(&view.to),
        "cc": addresses(&view.cc),
        "reply_to": addresses(&view.reply_to),
        "date": view.date.map(clock::rfc3339),
        "message_id": view.message_id,
        "in_reply_to": view.in_reply_to,
        "references": view.references,
        "subject_refs": view.subject_refs,
        "subject": content(&view.subject),
        "text": content(&view.text),
        "html": view.html.as_deref().map_or(Value::Null, content),
        "attachments": files,
        "sealed_until": view.sealed_until.map(clock::rfc3339),
    });
    document.to_string().into_bytes()
}

fn addresses(list: &[AddressView]) -> Vec<Value> {
    list.iter().map(|a| json!({ "name": a.name, "address": a.address })).collect()
}

fn attachment(a: &AttachmentView, left: &mut u64) -> Value {
    let withheld = a.action == "withhold";
    let file = a.file.as_ref().filter(|_| !withheld);
    let fits = file.filter(|octets| octets.len() as u64 <= *left);
    *left -= fits.map_or(0, |octets| octets.len() as u64);
    let left_out = match (withheld, file, fits) {
        (true, _, _) => Some("withheld"),
        (_, Some(_), None) => Some("too large"),
        (_, None, _) if a.text.is_none() => Some("not kept"),
        _ => None,
    };
    json!({
        "part": a.part,
        "name": a.name,
        "media_type": a.media_type,
        "size": a.size_bytes,
        "action": a.action,
        "opaque": a.opaque,
        "text": a.text.as_deref().filter(|_| !withheld),
        "content": fits.map(|octets| STANDARD.encode(octets)),
        "left_out": left_out,
    })
}

fn told(told: &Told) -> String {
    match told {
        Told::Accepted => "accepted".to_owned(),
        Told::Pending => "pending".to_owned(),
        Told::Unknown => "unknown".to_owned(),
        Told::NotSent(why) => format!("not sent ({why})"),
    }
}

#[cfg(test)]
mod tests;
