//! What enforcing would have done with the mail that was judged while observing, in facts: counts by verdict, rule, reply,
//! file and sender's domain, with examples that name a ticket and a place and never a value.
//!
//! Who may see content sees it: the mark that stands in the ticket, and every domain. An operator sees the ticket's reference,
//! the part and the score, and a domain only where at least [`DOMAIN_MESSAGES_MIN`] messages came from it: a domain of one
//! person is that person's name.

use crate::config::Config;
use crate::ingest::first;
use lazaret_core::notice::OBSERVED;
use lazaret_scan::marks;
use lazaret_store::{MessageView, Store, StoreError, TicketRef, Told};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Messages of a domain from which on an operator sees its name.
const DOMAIN_MESSAGES_MIN: u64 = 5;
/// Domains that are listed; the others are one line.
const DOMAINS_MAX: usize = 20;
/// Domains, rules and kinds of files that are told apart; of more, only the number is known.
const KINDS_MAX: usize = 10_000;
/// Examples of a rule.
const EXAMPLES_MAX: usize = 3;
/// Types of files that are named; what a sender made up is not.
const TYPES_NAMED: [&str; 24] = [
    "application/gzip",
    "application/json",
    "application/msword",
    "application/octet-stream",
    "application/pdf",
    "application/pgp-encrypted",
    "application/rtf",
    "application/vnd.ms-excel",
    "application/vnd.ms-outlook",
    "application/vnd.ms-powerpoint",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.rar",
    "application/x-7z-compressed",
    "application/x-rar-compressed",
    "application/zip",
    "message/rfc822",
    "text/calendar",
    "text/csv",
    "text/html",
    "text/plain",
];

/// Counts of messages by verdict: allow, redact, quarantine, reject.
type Verdicts = [u64; 4];

/// What one rule found.
#[derive(Debug, Default)]
struct Rule {
    class: String,
    messages: u64,
    findings: u64,
    actions: BTreeMap<String, u64>,
    examples: Vec<Value>,
}

/// What is known of all messages that were judged while observing.
#[derive(Debug, Default)]
pub(crate) struct Report {
    verdicts: Verdicts,
    rules: BTreeMap<String, Rule>,
    /// Text that would have gone, or why none.
    replies: BTreeMap<String, u64>,
    /// Type, why it was not examined, what would have become of it.
    files: BTreeMap<(String, String, String), u64>,
    domains: BTreeMap<String, Verdicts>,
    folders: BTreeMap<(String, String), u64>,
    unreadable: u64,
    first_at: Option<i64>,
    last_at: Option<i64>,
    oldest_mail_at: Option<i64>,
    newest_mail_at: Option<i64>,
}

/// Counts one more of a kind, unless there are too many kinds.
fn entry<K: Ord, V: Default>(map: &mut BTreeMap<K, V>, key: K) -> Option<&mut V> {
    let room = map.len() < KINDS_MAX || map.contains_key(&key);
    room.then(|| map.entry(key).or_default())
}

/// Reads all that was judged while observing and was not enforced since.
pub(crate) async fn gather(store: &Store) -> Result<Report, StoreError> {
    let mut report = Report::default();
    let mut after = None;
    loop {
        let page = store.observed(after).await?;
        report.unreadable += u64::from(page.unreadable);
        page.messages.iter().for_each(|(ticket, _, message)| report.add(ticket, message));
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(report),
        }
    }
}

impl Report {
    fn add(&mut self, ticket: &TicketRef, message: &MessageView) {
        let verdict =
            ["allow", "redact", "quarantine", "reject"].iter().position(|v| *v == message.verdict).unwrap_or(0);
        let count = |verdicts: &mut Verdicts| verdicts.iter_mut().skip(verdict).take(1).for_each(|n| *n += 1);
        count(&mut self.verdicts);
        let earliest = |a: &mut Option<i64>, b: i64| *a = Some(a.map_or(b, |a| a.min(b)));
        let latest = |a: &mut Option<i64>, b: i64| *a = Some(a.map_or(b, |a| a.max(b)));
        earliest(&mut self.first_at, message.at);
        latest(&mut self.last_at, message.at);
        if let Some(date) = message.date {
            earliest(&mut self.oldest_mail_at, date);
            latest(&mut self.newest_mail_at, date);
        }
        *self.folders.entry((message.mailbox.clone(), message.folder.clone())).or_default() += 1;
        let why = match &message.told {
            Told::NotSent(why) => why.clone(),
            // Told later, by somebody who released it.
            _ => "told".to_owned(),
        };
        entry(&mut self.replies, why).into_iter().for_each(|n| *n += 1);
        if let [only] = message.from.as_slice()
            && let Some((_, domain)) = only.address.rsplit_once('@')
        {
            entry(&mut self.domains, domain.to_lowercase()).into_iter().for_each(count);
        }
        for file in message.attachments.iter().filter(|a| a.opaque.is_some()) {
            let named = TYPES_NAMED.contains(&file.media_type.as_str());
            let media = if named { file.media_type.clone() } else { general(&file.media_type).to_owned() };
            let key = (media, file.opaque.clone().unwrap_or_default(), file.action.clone());
            entry(&mut self.files, key).into_iter().for_each(|n| *n += 1);
        }
        self.add_rules(ticket, message);
    }

    fn add_rules(&mut self, ticket: &TicketRef, message: &MessageView) {
        let mut seen = BTreeSet::new();
        for finding in &message.findings {
            let Some(rule) = entry(&mut self.rules, finding.rule.clone()) else { continue };
            rule.class.clone_from(&finding.class);
            rule.findings += 1;
            *rule.actions.entry(finding.action.clone()).or_default() += 1;
            if !seen.insert(finding.rule.as_str()) {
                continue;
            }
            rule.messages += 1;
            if rule.examples.len() < EXAMPLES_MAX {
                rule.examples.push(json!({
                    "ticket": ticket.0, "part": finding.part, "score": finding.score, "action": finding.action,
                    "mark": mark(message, &finding.tag),
                }));
            }
        }
    }

    /// The lines of the report; `content`: may who asks see marks and every domain?
    pub(crate) async fn lines(&self, store: &Store, config: &Config, content: bool) -> Result<Vec<Value>, StoreError> {
        let [allow, redact, quarantine, reject] = self.verdicts;
        let mut lines = vec![json!({
            "kind": "observed", "messages": self.verdicts.iter().sum::<u64>(),
            "would": { "move": allow, "clean": redact, "quarantine": quarantine, "reject": reject },
            "judged_from_at": self.first_at, "judged_until_at": self.last_at,
            "oldest_mail_at": self.oldest_mail_at, "newest_mail_at": self.newest_mail_at, "unreadable": self.unreadable,
        })];
        for mailbox in &config.mailboxes {
            for folder in &mailbox.folders {
                let first = first::recall(store, &mailbox.name, folder).await?;
                let messages = self.folders.get(&(mailbox.name.clone(), folder.clone())).copied().unwrap_or(0);
                lines.push(json!({
                    "kind": "folder", "mailbox": mailbox.name, "folder": folder, "messages": messages,
                    "start": first.as_ref().map(|f| f.start.clone()), "began_at": first.as_ref().map(|f| f.began_at),
                    "ended_at": first.and_then(|f| f.ended_at),
                }));
            }
        }
        let mut rules: Vec<(&String, &Rule)> = self.rules.iter().collect();
        rules.sort_by_key(|(id, rule)| (std::cmp::Reverse(rule.messages), *id));
        lines.extend(rules.into_iter().map(|(id, rule)| {
            let mut examples = rule.examples.clone();
            if !content {
                examples.iter_mut().for_each(|e| e["mark"] = Value::Null);
            }
            json!({
                "kind": "rule", "rule": id, "class": rule.class, "messages": rule.messages, "findings": rule.findings,
                "actions": rule.actions, "examples": examples,
            })
        }));
        lines.extend(self.replies.iter().map(|(why, count)| {
            let template = OBSERVED.contains(&why.as_str()).then(|| why.trim_start_matches("observe: "));
            json!({ "kind": "reply", "template": template, "why_not": template.is_none().then_some(why), "count": count })
        }));
        lines.extend(self.files.iter().map(|((media_type, why, action), count)| {
            json!({ "kind": "unexamined", "media_type": media_type, "why": why, "action": action, "count": count })
        }));
        lines.extend(self.domain_lines(content));
        Ok(lines)
    }

    fn domain_lines(&self, content: bool) -> Vec<Value> {
        let sum = |v: &Verdicts| v.iter().sum::<u64>();
        let line = |domain: Option<&str>, domains: usize, [allow, redact, quarantine, reject]: Verdicts| {
            json!({
                "kind": "sender_domain", "domain": domain, "domains": domains,
                "verdicts": { "allow": allow, "redact": redact, "quarantine": quarantine, "reject": reject },
            })
        };
        let mut sorted: Vec<(&String, &Verdicts)> = self.domains.iter().collect();
        sorted.sort_by_key(|(domain, v)| (std::cmp::Reverse(sum(v)), *domain));
        let shown = sorted.iter().take(DOMAINS_MAX).filter(|(_, v)| content || sum(v) >= DOMAIN_MESSAGES_MIN).count();
        let (named, others) = sorted.split_at(shown.min(sorted.len()));
        let mut lines: Vec<Value> = named.iter().map(|(domain, v)| line(Some(domain), 1, **v)).collect();
        if !others.is_empty() {
            let add = |mut all: Verdicts, (_, v): &(&String, &Verdicts)| {
                all.iter_mut().zip(v.iter()).for_each(|(a, b)| *a += b);
                all
            };
            lines.push(line(None, others.len(), others.iter().fold([0; 4], add)));
        }
        lines
    }
}

/// The first half of a media type, where it is one that is registered.
fn general(media_type: &str) -> &'static str {
    let known = ["application", "audio", "font", "image", "message", "model", "multipart", "text", "video"];
    let top = media_type.split('/').next().unwrap_or_default();
    known.into_iter().find(|k| *k == top).unwrap_or("other")
}

/// The mark with this tag, as it stands in the ticket.
fn mark(message: &MessageView, tag: &str) -> Option<String> {
    if tag.is_empty() {
        return None;
    }
    let texts = [Some(message.text.as_str()), Some(message.subject.as_str()), message.html.as_deref()];
    let files = message.attachments.iter().filter_map(|a| a.text.as_deref());
    texts.into_iter().flatten().chain(files).find_map(|text| {
        text.match_indices(tag).find_map(|(at, _)| {
            let mut from = at.saturating_sub(120);
            while !text.is_char_boundary(from) {
                from += 1;
            }
            let piece = text.get(from..at + tag.len() + 1)?;
            let last = marks::all(piece).pop()?;
            piece.get(last).filter(|mark| mark.contains(tag)).map(str::to_owned)
        })
    })
}

#[cfg(test)]
mod tests;
