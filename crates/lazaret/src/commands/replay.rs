//! `replay`: files through the pipeline; nothing is touched, kept or sent.

use super::files::{failed, pool};
use crate::cli::Format;
use crate::clock;
use crate::config::{Config, Receipt};
use crate::exit;
use crate::rules::Material;
use crate::templates::{Facts, Templates};
use crate::worker::Pool;
use lazaret_core::notice::{self, Circumstances, Plan};
use lazaret_core::wire::{Answer, Job, JobKind};
use lazaret_core::{Addr, Limits, Outcome, Profile, RawMessage};
use lazaret_store::Template;
use serde_json::{Value, json};
use std::path::PathBuf;

/// What a replay pretends to be.
pub(crate) struct Stage {
    profile: Profile,
    templates: Templates,
    receipts: bool,
    company: String,
    phone: Option<String>,
    portal: Option<String>,
    language: String,
    days: u32,
}

impl Stage {
    /// A mailbox of the configuration (the first unless one is named), or a bare one.
    pub(crate) fn new(
        config: Option<&Config>,
        mailbox: Option<&str>,
        material: &Material,
    ) -> Result<Stage, Vec<lazaret_scan::Diagnostic>> {
        let templates = Templates::load(config.and_then(|c| c.templates_dir.as_deref()))?;
        let replies = config.and_then(|c| c.replies.as_ref());
        Ok(Stage {
            profile: config
                .and_then(|c| c.mailboxes.iter().find(|m| mailbox.is_none_or(|name| m.name == name)))
                .map(|m| m.profile.clone())
                .unwrap_or_default(),
            templates,
            receipts: replies.is_none_or(|r| r.receipt == Receipt::NewTicket),
            company: replies.map_or_else(|| "Support".into(), |r| r.from_name.clone()),
            phone: replies.and_then(|r| r.phone.clone()),
            portal: replies.and_then(|r| r.portal.clone()),
            language: replies.map_or_else(|| "en".into(), |r| r.language.clone()),
            days: (material.keep_secs / 86_400) as u32,
        })
    }
}

/// Prints one line a message. Exit code 1 if one could not be judged.
pub(crate) async fn run(paths: &[PathBuf], stage: &Stage, material: &Material, limits: Limits, format: Format) -> u8 {
    let pool = pool(material, limits, 1);
    let mut code = exit::OK;
    for file in paths {
        let path = &*file.to_string_lossy();
        for (index, content) in crate::files::messages(file, limits.message_bytes_max) {
            let judged = match content {
                Ok(message) => judge(&pool, stage, message).await,
                Err(error) => Err(error),
            };
            match (judged, format) {
                (Ok(outcome), Format::Json) => println!("{}", line(path, index, &outcome, stage)),
                (Ok(outcome), Format::Text) => println!("{}", row(path, index, &outcome)),
                (Err(error), _) => {
                    code = exit::FAILED;
                    println!("{}", failed(path, index, &error));
                }
            }
        }
    }
    code
}

async fn judge(pool: &Pool, stage: &Stage, message: RawMessage) -> Result<Outcome, String> {
    let job = Job { kind: JobKind::Process, profile: stage.profile.clone(), thread: None, message };
    match pool.run(job).await.1 {
        Ok(Answer::Outcome(outcome)) => Ok(*outcome),
        Ok(_) => Err("the worker gave another answer".into()),
        Err(death) => Err(format!("the worker {}", death.as_str())),
    }
}

fn row(path: &str, index: Option<u64>, outcome: &Outcome) -> String {
    let reasons: Vec<String> = outcome.reasons.iter().map(lazaret_core::Reason::to_line).collect();
    let number = index.map_or_else(String::new, |i| format!("#{i}"));
    // A control character of a subject must not reach the terminal.
    let subject: String = outcome.subject.as_str().chars().filter(|c| !c.is_control()).take(60).collect();
    format!(
        "{:<10} {:<7} {path}{number}  {subject}  {}",
        outcome.verdict.as_str(),
        outcome.class.as_str(),
        reasons.join("; ")
    )
}

/// One object as the documentation of the command line fixes it.
pub(crate) fn line(file: &str, index: Option<u64>, outcome: &Outcome, stage: &Stage) -> Value {
    let mut line = json!({
        "file": file,
        "message_id": outcome.envelope.message_id,
        "class": outcome.class.as_str(),
        "verdict": outcome.verdict.as_str(),
        "reasons": outcome.reasons.iter().map(lazaret_core::Reason::to_line).collect::<Vec<_>>(),
        "findings": outcome.findings.iter().map(finding).collect::<Vec<_>>(),
        "opaque": outcome.opaque.iter()
            .map(|o| json!({ "part": o.part.as_str(), "reason": o.why.as_str() })).collect::<Vec<_>>(),
        "ticket": ticket(outcome),
        "thread": { "token": false, "references": outcome.envelope.references },
        "notice": notice(outcome, stage),
    });
    if let (Some(index), Some(map)) = (index, line.as_object_mut()) {
        map.insert("message".into(), index.into());
    }
    line
}

fn finding(f: &lazaret_core::Finding) -> Value {
    json!({
        "rule": f.rule, "class": f.class.as_str(), "entity": f.entity, "part": f.part.as_str(),
        "start": f.span.start, "end": f.span.end, "score": f.score, "action": f.action.as_str(),
    })
}

fn ticket(outcome: &Outcome) -> Value {
    let from: Vec<Value> = outcome
        .envelope
        .from
        .iter()
        .map(|a| json!({ "name": a.name.as_str(), "address": a.addr.as_ref().map(Addr::as_str) }))
        .collect();
    json!({
        "subject": outcome.subject.as_str(),
        "from": from,
        "text": outcome.text.as_str(),
        "html": outcome.html.as_ref().map(lazaret_core::Cleared::as_str),
        "attachments": outcome.attachments.iter().map(|a| json!({
            "name": a.name.as_str(), "media_type": a.media_type, "size": a.size_bytes, "action": a.action.as_str(),
        })).collect::<Vec<_>>(),
    })
}

fn notice(outcome: &Outcome, stage: &Stage) -> Value {
    let circumstances = Circumstances { receipts: stage.receipts, ..Circumstances::default() };
    let Plan::Reply { to, template, kinds, .. } = notice::decide(outcome, &stage.profile, &circumstances) else {
        return Value::Null;
    };
    let (template, name) = match template {
        notice::Kind::Receipt => (Template::Receipt, "receipt"),
        notice::Kind::Removed => (Template::Removed, "removed"),
        notice::Kind::Refused => (Template::Refused, "refused"),
    };
    let kinds: Vec<String> = kinds.into_iter().map(str::to_owned).collect();
    let portal = stage.portal.as_ref().map(|p| p.replace("{token}", ""));
    let facts = Facts {
        reference: "LZ-AAAA-AAAA",
        company: &stage.company,
        link: portal.as_deref(),
        portal: portal.as_deref(),
        until: portal.as_ref().map(|_| clock::now() + 72 * 3600),
        phone: stage.phone.as_deref(),
        kinds: &kinds,
        days: stage.days,
    };
    let languages = [outcome.language.as_deref().unwrap_or(&stage.language), &stage.language];
    match stage.templates.render(template, &languages, &facts) {
        Ok(r) => {
            json!({ "to": to.as_str(), "template": name, "language": r.language, "subject": r.subject, "text": r.text })
        }
        Err(_) => Value::Null,
    }
}
