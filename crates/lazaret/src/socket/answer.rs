//! The answers: what of the store each role is shown.

use super::roles::Caller;
use super::{Failure, Request, SocketContext};
use crate::config::{Mode, Role};
use crate::event::{Event, emit};
use crate::http::Url;
use crate::metrics::serve::Page;
use crate::status::Disk;
use crate::{clock, exit, observed, portal};
use lazaret_store::{
    AUDIT_UNREADABLE as UNREADABLE, AuditHead, AuditRecord, DeliveryRow, FingerprintsView, OutboxRow, StoreError,
    TicketRef,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::io;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::unix::OwnedWriteHalf;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Rows of one list at most.
const ROWS_MAX: u32 = 10_000;

/// Writes an answer, each piece within a deadline.
pub(super) struct Answer {
    write: OwnedWriteHalf,
    deadline: Duration,
}

/// The last line of an answer that is not whole.
pub(super) fn error(message: &str, code: u8) -> Value {
    json!({ "error": message, "code": code })
}

/// Checks an id of a sealed original.
pub(super) fn quarantine_id(id: &str) -> Result<String, Failure> {
    let good = id.len() == 16 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    good.then(|| id.to_owned())
        .ok_or_else(|| Failure::new("an id has 16 hexadecimal digits; see lazaret quarantine list", exit::USAGE))
}

/// Checks a reference; capitals and dashes do not matter, since people type it from a telephone.
pub(super) fn ticket_ref(text: &str) -> Result<TicketRef, Failure> {
    let plain: String = text.trim().to_ascii_uppercase().chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    let body = plain.strip_prefix("LZ").unwrap_or(&plain);
    let good = body.len() == 8 && body.bytes().all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b));
    match body.split_at_checked(4) {
        Some((a, b)) if good => Ok(TicketRef(format!("LZ-{a}-{b}"))),
        _ => Err(Failure::new("that is no reference; one looks like LZ-7K2Q-M4XD", exit::USAGE)),
    }
}

fn failed(e: StoreError) -> Failure {
    let code = if matches!(e, StoreError::NotFound { .. }) { exit::FAILED } else { exit::UNAVAILABLE };
    Failure::new(e.to_string(), code)
}

/// What a person says is refused for what it says, not for the store.
fn feedback_failed(e: StoreError) -> Failure {
    match &e {
        StoreError::NotFound { kind: "candidate", .. } | StoreError::State { .. } => {
            Failure::new(format!("{e}; see lazaret ticket explain"), exit::FAILED)
        }
        _ => failed(e),
    }
}

impl Answer {
    pub(super) fn new(write: OwnedWriteHalf, deadline: Duration) -> Answer {
        Answer { write, deadline }
    }

    async fn octets(&mut self, octets: &[u8]) -> io::Result<()> {
        for piece in octets.chunks(256 << 10) {
            let late = |_| io::Error::from(io::ErrorKind::TimedOut);
            timeout(self.deadline, self.write.write_all(piece)).await.map_err(late)??;
        }
        Ok(())
    }

    pub(super) async fn line(&mut self, value: &Value) -> io::Result<()> {
        self.octets(format!("{value}\n").as_bytes()).await
    }

    pub(super) async fn end(&mut self) -> io::Result<()> {
        self.line(&json!({ "end": true })).await?;
        self.write.shutdown().await
    }

    pub(super) async fn fail(&mut self, failure: &Failure) -> io::Result<()> {
        self.line(&error(&failure.message, failure.code)).await?;
        self.write.shutdown().await
    }

    async fn lines(&mut self, values: Vec<Value>) -> Result<(), Failure> {
        for mut value in values {
            dates(&mut value);
            self.line(&value).await.map_err(|_| Failure::gone())?;
        }
        Ok(())
    }

    async fn rows<T: Serialize + Send>(&mut self, rows: Vec<T>) -> Result<(), Failure> {
        let values = rows.iter().filter_map(|r| serde_json::to_value(r).ok()).collect();
        self.lines(values).await
    }

    /// Answers everything but a release, for a caller who may.
    pub(super) async fn request(
        &mut self,
        context: &SocketContext,
        request: &Request,
        caller: Caller,
        held: &[Role],
    ) -> Result<(), Failure> {
        let store = &context.store;
        match request {
            Request::Status {} => {
                let counts = store.counts().await.map_err(failed)?;
                let (disk, now) = (Disk::of(&context.config), clock::now());
                if held.contains(&Role::Operator) {
                    let differs = context.differs.clone();
                    context.status.files_differ(tokio::task::spawn_blocking(move || differs()).await.unwrap_or(false));
                    let mut lines = context.status.snapshot(&counts, disk, now);
                    let head = store.audit_head().await.map_err(failed)?;
                    lines.iter_mut().take(1).for_each(|daemon| daemon["audit_head"] = head.to_string().into());
                    self.lines(lines).await
                } else {
                    self.lines(vec![context.status.health(&counts, disk, now)]).await
                }
            }
            Request::ObserveReport {} => {
                let report = observed::gather(store).await.map_err(failed)?;
                let content = held.contains(&Role::Officer) || held.contains(&Role::Agent);
                self.lines(report.lines(store, &context.config, content).await.map_err(failed)?).await
            }
            Request::ObserveEnforce { mailbox, yes } => self.enforce(context, mailbox.as_deref(), *yes).await,
            Request::Metrics {} => match context.status.page(Page::Metrics, store, &context.config).await {
                Ok(text) => self.lines(vec![json!({ "metrics": text })]).await,
                Err(why) => Err(Failure::unavailable(why.trim_end())),
            },
            Request::TicketList { limit } => self.rows(store.tickets(rows(*limit)).await.map_err(failed)?).await,
            Request::TicketShow { ticket } | Request::TicketExport { ticket } => {
                let ticket = ticket_ref(ticket)?;
                match store.ticket(&ticket).await.map_err(failed)? {
                    Some(view) => self.rows(vec![view]).await,
                    None => Err(Failure::new(format!("there is no ticket {}", ticket.0), exit::FAILED)),
                }
            }
            Request::TicketExplain { ticket } => self.explain(context, &ticket_ref(ticket)?).await,
            Request::TicketFeedback { ticket, number, judgement } => {
                let ticket = ticket_ref(ticket)?;
                let rule = store.feedback(&ticket, *number, *judgement).await.map_err(feedback_failed)?;
                self.lines(vec![json!({ "ticket": ticket.0, "number": number, "rule": rule, "feedback": judgement })])
                    .await
            }
            Request::RulesStored { days } => self.stored(context, *days).await,
            Request::QuarantineList { limit } => self.rows(store.quarantine(rows(*limit)).await.map_err(failed)?).await,
            Request::QuarantineShow { id } => {
                let (row, _) = sealed(context, id).await?;
                self.rows(vec![row]).await
            }
            Request::QuarantineExport { id } => {
                let (row, octets) = sealed(context, id).await?;
                emit(Event::QuarantineAccess { uid: caller.uid, verb: request.verb(), id: &row.id });
                self.lines(vec![json!({ "id": row.id, "ticket": row.ticket, "size_bytes": octets.len() })]).await?;
                self.octets(&octets).await.map_err(|_| Failure::gone())
            }
            Request::HeldList { limit } => self.rows(store.held(None, rows(*limit)).await.map_err(failed)?).await,
            Request::OutboxList { limit } => {
                let replies = store.outbox(rows(*limit)).await.map_err(failed)?;
                let deliveries = store.deliveries(rows(*limit)).await.map_err(failed)?;
                let names = held.contains(&Role::Officer);
                let mut all: Vec<OutboxLine> = replies.into_iter().map(|row| OutboxLine::reply(row, names)).collect();
                all.extend(deliveries.into_iter().map(|row| OutboxLine::delivery(row, names)));
                all.sort_by_key(|line| std::cmp::Reverse(line.queued_at));
                all.truncate(rows(*limit));
                self.rows(all).await
            }
            Request::OutboxRetry { id: Some(id) } => {
                let id: String = id.chars().take(32).collect();
                store.retry(&id, clock::now()).await.map_err(failed)?;
                context.nudge.notify_one();
                context.nudge_deliveries.send_replace(());
                self.lines(vec![json!({ "id": id, "state": "ready" })]).await
            }
            Request::OutboxRetry { id: None } => {
                let retried = store.retry_failed_deliveries(clock::now()).await.map_err(failed)?;
                context.nudge_deliveries.send_replace(());
                self.lines(vec![json!({ "retried": retried })]).await
            }
            Request::OutboxResume {} => {
                let waiting = store.counts().await.map_err(failed)?.outbox_waiting;
                store.close_breaker().await.map_err(failed)?;
                context.nudge.notify_one();
                self.lines(vec![json!({ "resumed": waiting })]).await
            }
            Request::Reload {} => self.reload(context).await,
            Request::AuditList { .. } => self.audit(context, request).await,
            Request::AuditVerify { head } => self.audit_verify(context, head.as_deref()).await,
            Request::KeysPortal {} => match portal::jwks(&store.keys().portal_seed) {
                Ok(keys) => self.lines(vec![keys]).await,
                Err(_) => Err(Failure::new("the portal key cannot be used", exit::UNAVAILABLE)),
            },
            // These are done by the caller of this function.
            Request::QuarantineRelease { .. } | Request::HeldRelease { .. } => {
                Err(Failure::new("a release has no answer here", exit::UNAVAILABLE))
            }
        }
    }
}

impl Answer {
    /// The records that fit, newest first.
    async fn audit(&mut self, context: &SocketContext, request: &Request) -> Result<(), Failure> {
        let Request::AuditList { limit, since, actor, ticket } = request else { return Err(Failure::gone()) };
        let ticket = ticket.as_deref().map(ticket_ref).transpose()?.map(|t| t.0);
        // One that cannot be read is never left out.
        let fits = |r: &AuditRecord| {
            r.seq > 0 && r.outcome == UNREADABLE
                || since.is_none_or(|since| r.at >= since)
                    && actor.as_ref().is_none_or(|a| *a == r.name || *a == r.uid.to_string())
                    && ticket.as_ref().is_none_or(|t| *t == r.object)
        };
        let mut newest = std::collections::VecDeque::new();
        let mut from = Some(0);
        while let Some(at) = from {
            let (records, next) = context.store.audit_page(at).await.map_err(failed)?;
            newest.extend(records.into_iter().filter(fits));
            newest.drain(..newest.len().saturating_sub(rows(*limit)));
            from = next;
        }
        self.rows(newest.into_iter().rev().collect()).await
    }

    async fn audit_verify(&mut self, context: &SocketContext, head: Option<&str>) -> Result<(), Failure> {
        let wrong = || Failure::new("a head is SEQ:HASH, as lazaret status and the journal show it", exit::USAGE);
        let head = head.map(|text| AuditHead::parse(text).ok_or_else(wrong)).transpose()?;
        let verdict = context.store.audit_verify(head).await.map_err(failed)?;
        self.rows(vec![verdict]).await
    }

    /// Has everything read again; a refusal comes after every complaint.
    async fn reload(&mut self, context: &SocketContext) -> Result<(), Failure> {
        let (asked, answer) = oneshot::channel();
        let ending = || Failure::new("the daemon is ending", exit::UNAVAILABLE);
        context.reload.send(asked).await.map_err(|_| ending())?;
        let answer = answer.await.map_err(|_| ending())?;
        let accepted = answer["accepted"] == true;
        self.lines(vec![answer]).await?;
        let refused = "reload refused: nothing has changed, what ran goes on";
        if accepted { Ok(()) } else { Err(Failure::new(refused, exit::CONFIG)) }
    }

    /// Has the mailboxes take in again what was judged while observing, or counts it.
    async fn enforce(&mut self, context: &SocketContext, mailbox: Option<&str>, yes: bool) -> Result<(), Failure> {
        let config = &context.config;
        if config.mode == Mode::Observe {
            let why = "mode is \"observe\": nothing is enforced. Set mode = \"enforce\" first, then lazaret reload";
            return Err(Failure::new(why, exit::CONFIG));
        }
        let wanted: Vec<_> = config.mailboxes.iter().filter(|m| mailbox.is_none_or(|name| m.name == name)).collect();
        if wanted.is_empty() {
            return Err(Failure::new("there is no mailbox of this name; see lazaret status", exit::USAGE));
        }
        for mailbox in wanted {
            for folder in &mailbox.folders {
                let (mut messages, mut after) = (0, None);
                loop {
                    let (count, next) =
                        context.store.reopen(&mailbox.name, folder, after, !yes).await.map_err(failed)?;
                    messages += count;
                    after = next;
                    if next.is_none() {
                        break;
                    }
                }
                if yes {
                    emit(Event::ObservedReopened { mailbox: &mailbox.name, folder, messages });
                }
                let line = json!({ "mailbox": mailbox.name, "folder": folder, "messages": messages, "reopened": yes });
                self.lines(vec![line]).await?;
            }
        }
        Ok(())
    }

    /// A line for each message of a ticket of which fingerprints are kept.
    async fn explain(&mut self, context: &SocketContext, ticket: &TicketRef) -> Result<(), Failure> {
        let none = || Failure::new(format!("there is no ticket {}", ticket.0), exit::FAILED);
        let views = context.store.fingerprints_of(ticket).await.map_err(failed)?.ok_or_else(none)?;
        if views.is_empty() {
            let days = lazaret_store::FINGERPRINT_SECS_MAX / 86_400;
            let gone =
                format!("nothing is kept any more of what rules saw in {}: it is erased after {days} days", ticket.0);
            return Err(Failure::new(gone, exit::FAILED));
        }
        // Candidates count on from message to message: `ticket feedback` names them so.
        let mut number = 0;
        let mut line = |view: &FingerprintsView| {
            let mut line = serde_json::to_value(view).ok()?;
            for candidate in line["candidates"].as_array_mut().into_iter().flatten() {
                number += 1;
                candidate["number"] = number.into();
            }
            line["ticket"] = ticket.0.as_str().into();
            line["in_force"] = (view.rules == context.rules).into();
            Some(line)
        };
        self.lines(views.iter().filter_map(&mut line).collect()).await
    }

    /// A line for each message of some days, oldest first. Times stay numbers: a program reads this.
    async fn stored(&mut self, context: &SocketContext, days: u32) -> Result<(), Failure> {
        let from = clock::now().saturating_sub(i64::from(days) * 86_400);
        let mut after = None;
        loop {
            let page = context.store.fingerprints_since(from, after).await.map_err(failed)?;
            let mut octets = Vec::new();
            for view in &page.views {
                // Views of our own always become JSON.
                serde_json::to_writer(&mut octets, view).map_err(|_| Failure::gone())?;
                octets.push(b'\n');
            }
            self.octets(&octets).await.map_err(|_| Failure::gone())?;
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }
}

fn rows(limit: u32) -> usize {
    limit.min(ROWS_MAX) as usize
}

async fn sealed(context: &SocketContext, id: &str) -> Result<(lazaret_store::QuarantineRow, Vec<u8>), Failure> {
    let id = quarantine_id(id)?;
    let found = context.store.sealed(&id).await.map_err(failed)?;
    found.ok_or_else(|| Failure::new(format!("nothing is sealed under {id}"), exit::FAILED))
}

/// A reply or a delivery in one list.
#[derive(Serialize)]
struct OutboxLine {
    id: String,
    ticket: String,
    /// `reply | forward | webhook`.
    kind: String,
    to: String,
    template: Option<lazaret_store::Template>,
    state: String,
    attempts: u32,
    queued_at: i64,
    due_at: Option<i64>,
    ended_at: Option<i64>,
    code: Option<u16>,
}

impl OutboxLine {
    fn reply(row: OutboxRow, names: bool) -> OutboxLine {
        OutboxLine {
            id: row.id,
            ticket: row.ticket.0,
            kind: "reply".to_owned(),
            to: if names { row.to } else { masked(&row.to) },
            template: Some(row.template),
            state: row.state,
            attempts: row.attempts,
            queued_at: row.queued_at,
            due_at: row.due_at,
            ended_at: None,
            code: row.code,
        }
    }

    /// Of a webhook's URL scheme, host and port: its path may be a key.
    fn delivery(row: DeliveryRow, names: bool) -> OutboxLine {
        let (kind, to) = row.target.split_once(':').unwrap_or(("unreadable", ""));
        let to = match (kind, names) {
            ("webhook", _) => Url::parse(to).map_or_else(|_| "…".to_owned(), |url| url.place()),
            (_, true) => to.to_owned(),
            (_, false) => masked(to),
        };
        OutboxLine {
            id: row.id,
            ticket: row.ticket,
            kind: kind.to_owned(),
            to,
            template: None,
            state: row.state,
            attempts: row.attempts,
            queued_at: row.queued_at,
            due_at: row.due_at,
            ended_at: row.ended_at,
            code: row.code,
        }
    }
}

/// Leaves of an address what tells two apart: `j…@acme.example`.
fn masked(to: &str) -> String {
    match to.rsplit_once('@') {
        Some((local, domain)) => format!("{}…@{domain}", local.chars().next().unwrap_or('…')),
        None => "…".to_owned(),
    }
}

/// A view as callers get it.
pub(crate) fn value(view: &impl Serialize) -> Value {
    let mut value = serde_json::to_value(view).unwrap_or_default();
    dates(&mut value);
    value
}

/// Seconds since 1970 under the names that mean a time → RFC 3339 in UTC.
pub(crate) fn dates(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                let time = matches!(key.as_str(), "at" | "date" | "until" | "sealed_until") || key.ends_with("_at");
                match value.as_i64().filter(|_| time) {
                    Some(at) => *value = Value::String(clock::rfc3339(at)),
                    None => dates(value),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(dates),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_as_people_type_them() {
        for text in ["LZ-7K2Q-M4XD", "lz-7k2q-m4xd", "7K2QM4XD", "lz 7k2q m4xd", " LZ-7K2Q-M4XD "] {
            assert_eq!(ticket_ref(text), Ok(TicketRef("LZ-7K2Q-M4XD".into())), "{text}");
        }
        for text in ["", "LZ-", "LZ-7K2Q-M4X", "LZ-7K2Q-M4X1", "LZ-7K2Q-M4XDA", "../../etc", "LZ-ÄÄÄÄ-AAAA"] {
            assert!(ticket_ref(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ids() {
        assert!(quarantine_id("0123456789abcdef").is_ok());
        for text in ["", "0123456789abcde", "0123456789abcdef0", "0123456789ABCDEF", "../../../../etcpw"] {
            assert!(quarantine_id(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_become_rfc_3339() {
        let mut value =
            json!({ "at": 0, "row": [{ "opened_at": 86_400, "until": null, "size_bytes": 5 }], "date": "x" });
        dates(&mut value);
        assert_eq!(
            value,
            json!({ "at": "1970-01-01T00:00:00Z", "row": [{ "opened_at": "1970-01-02T00:00:00Z", "until": null, "size_bytes": 5 }], "date": "x" })
        );
    }

    #[test]
    fn recipients_are_masked() {
        for (to, want) in [("jana@acme.example", "j…@acme.example"), ("ü@x.example", "ü…@x.example"), ("", "…")]
        {
            assert_eq!(masked(to), want);
        }
    }
}
