//! Facts that a sender writes and nobody reads as text: message ids and the local parts of addresses. No rule that goes by
//! words or chance letters is asked about them (ids are chance letters), only those that know a key or token by its form.

use super::Pipeline;
use super::examine::By;
use crate::mark;
use crate::message::ReturnPath;
use crate::tree::Message;
use crate::{Addr, Digest, Finding, PartPath};
use lazaret_scan::{Action, Class, Placement};

/// Secrets that are told by the words around them or by their disorder alone.
const BY_WORDS: [&str; 12] = [
    "bearer_token",
    "command_line_password",
    "generic_secret",
    "http_basic_auth",
    "meeting_passcode",
    "one_time_code",
    "password",
    "password_hash",
    "pin",
    "recovery_codes",
    "totp_seed",
    "url_password",
];

impl Pipeline {
    /// Findings in the facts. An id that holds one is dropped. An address stays, since no reply could be sent without it; its
    /// finding is on the ticket and counts for the verdict, which may be to redact although nothing is cut there. Tags of the
    /// subject are not asked here: the subject is scanned as a text, and what it held goes from them too.
    pub(super) fn take_facts(&self, read: &mut Message, digest: &Digest) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut clean = |path: &str, text: &str| {
            let found = self.fact(path, text, digest);
            let clean = found.iter().all(|finding| finding.action < Action::Redact);
            findings.extend(found);
            clean
        };
        let envelope = &mut read.envelope;
        envelope.message_id = envelope.message_id.take().filter(|id| clean("header/message-id", id));
        envelope.in_reply_to = envelope.in_reply_to.take().filter(|id| clean("header/in-reply-to", id));
        envelope.references.retain(|id| clean("header/references", id));
        read.bounced_ids.retain(|id| clean("header/message-id", id));
        let lists =
            [("from", &envelope.from), ("reply-to", &envelope.reply_to), ("to", &envelope.to), ("cc", &envelope.cc)];
        let addresses = lists.into_iter().flat_map(|(name, list)| list.iter().map(move |a| (name, a.addr.as_ref())));
        let sender = match &envelope.return_path {
            ReturnPath::Addr(addr) => Some(addr),
            _ => None,
        };
        let local = |addr: &Addr| addr.as_str().rsplit_once('@').map(|(local, _)| local.to_owned());
        for (name, addr) in addresses.chain([("return-path", sender)]) {
            if let Some(local) = addr.and_then(local) {
                clean(&format!("header/{name}"), &local);
            }
        }
        for attached in &mut read.attachments {
            let path = format!("{}/content-id", attached.path.as_str());
            attached.shown.content_id = attached.shown.content_id.take().filter(|id| clean(&path, id));
        }
        findings
    }

    fn fact(&self, path: &str, text: &str, digest: &Digest) -> Vec<Finding> {
        let mut findings = Vec::new();
        for hit in self.examine_text(text, Placement::Header, &[]).hits {
            let (Some(known), By::Rule(ix)) = (self.known(hit.by), hit.by) else { continue };
            if known.class != Class::Secret || BY_WORDS.contains(&known.entity) {
                continue;
            }
            let value = text.get(hit.span.clone()).unwrap_or_default();
            let canonical = self.rules.canonical(ix, value);
            findings.push(Finding {
                rule: known.rule.to_owned(),
                class: known.class,
                entity: known.entity.to_owned(),
                part: PartPath::new(path),
                tag: mark::tag(&self.mark_key, known.class, known.entity, &canonical, digest),
                span: hit.span,
                score: hit.score,
                action: hit.action,
            });
        }
        findings
    }
}
