//! Stuck mail is heard of: conditions that need somebody are told once when they begin and once when they are over.
//!
//! [`condition`] is the table of what is looked for, [`watch`] decides when something begins and ends, [`mail`] and the
//! webhook carry it out of the house. What was told is kept in the store, so that a restart neither repeats nor loses it.
//!
//! An alert is delivered at least once: a daemon that is killed between the relay's answer and its record sends it again
//! under the same Message-ID. Alerts are made of names of mailboxes, counts and words of ours, never of anything of a mail.

pub(crate) mod condition;
pub(crate) mod mail;
pub(crate) mod watch;

use crate::clock;
use crate::config::{AlertWebhook, Config, Replies};
use crate::event::{Event, emit};
use crate::http::Client;
use crate::live::{Current, Set};
use crate::sink::{Sent, Sink};
use crate::status::{Disk, Status};
use lazaret_core::Addr;
use lazaret_store::Store;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch as channel;
use watch::{Notice, Watch};

/// Name of the record in the store.
const RECORD: &str = "alerts";
/// Time between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// First and longest wait of a channel that does not take alerts, in seconds.
const RETRY_SECS: (i64, i64) = (5, 300);
/// More alerts than this at once go into one mail.
const DIGEST_OVER: usize = 3;
/// Mails in an hour; what comes after waits and goes into one. Urgent ones do not wait.
const MAILS_PER_HOUR_MAX: usize = 20;
/// Time for a whole request to the webhook.
const POST: Duration = Duration::from_secs(20);
/// Times that a mail whose end is not known is sent again.
const UNKNOWN_MAX: u32 = 2;

/// Where alerts go, and what is known of the way there.
pub(crate) struct Alerts {
    set: Arc<Current<Set>>,
    config: Arc<Config>,
    store: Store,
    status: Arc<Status>,
    mail: Way,
    webhook: Way,
    mailed_at: Vec<i64>,
    /// As it was saved last.
    saved: Vec<u8>,
}

/// How a channel fares.
#[derive(Default)]
struct Way {
    failures: u32,
    until: i64,
}

impl Way {
    fn failed(&mut self, now: i64) {
        let (first, longest) = RETRY_SECS;
        self.until = now + first.saturating_mul(1 << self.failures.min(10)).min(longest);
        self.failures = self.failures.saturating_add(1);
    }

    fn is_open(&self, now: i64) -> bool {
        now >= self.until
    }
}

impl Alerts {
    /// Takes up what was told before the restart.
    pub(crate) async fn open(set: Arc<Current<Set>>, store: Store, status: Arc<Status>) -> Alerts {
        let saved = match store.recall(RECORD).await {
            Ok(record) => record.unwrap_or_default(),
            Err(error) => {
                emit(Event::StoreFailed { kind: error.to_string() });
                Vec::new()
            }
        };
        status.watch(|watch| watch.restore(&saved));
        let (mail, webhook, mailed_at) = (Way::default(), Way::default(), Vec::new());
        let config = set.get().config.clone();
        Alerts { set, config, store, status, mail, webhook, mailed_at, saved }
    }

    /// Looks until told to stop.
    pub(crate) async fn run(mut self, mut stop: channel::Receiver<bool>) {
        loop {
            self.look().await;
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// One look: what begins or ends is recorded, told to the journal and to systemd, and delivered.
    async fn look(&mut self) {
        self.config = self.set.get().config.clone();
        let counts = match self.store.counts().await {
            Ok(counts) => counts,
            Err(error) => return emit(Event::StoreFailed { kind: error.to_string() }),
        };
        let now = clock::now();
        let news = self.status.look(&counts, Disk::of(&self.config), now);
        for notice in &news {
            emit(Event::Alert {
                condition: notice.condition.id(),
                mailbox: notice.mailbox.as_deref().unwrap_or_default(),
                recovered: notice.recovered,
                urgent: notice.condition.is_urgent(),
                detail: &notice.detail,
            });
        }
        let line = self.status.line(&counts, now);
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Status(&line)]);
        self.save().await;
        if self.mail.is_open(now) {
            self.mails(now).await;
        }
        if self.webhook.is_open(now) {
            self.webhooks(now).await;
        }
        self.status.watch(Watch::forget_told);
        self.save().await;
    }

    async fn save(&mut self) {
        let record = self.status.watch(|watch| watch.record(clock::now()));
        if record == self.saved {
            return;
        }
        match self.store.remember(RECORD, record.clone()).await {
            Ok(()) => self.saved = record,
            Err(error) => emit(Event::StoreFailed { kind: error.to_string() }),
        }
    }

    /// Mails what is to be mailed, each recipient by itself.
    async fn mails(&mut self, now: i64) {
        self.mailed_at.retain(|at| now - at < 3_600);
        let Some(replies) = &self.config.replies else { return };
        let mut sink = None;
        for to in &self.config.operator.alert_to {
            let due: Vec<Notice> = self.status.watch(|watch| watch.due_by_mail(to.as_str()));
            for batch in batches(due) {
                let urgent = batch.iter().any(|n| n.condition.is_urgent());
                if !urgent && self.mailed_at.len() >= MAILS_PER_HOUR_MAX {
                    continue;
                }
                let Ok(letter) = mail::compose(&batch, to, replies, &self.config.tenant, now) else {
                    emit(Event::AlertUndelivered { channel: "mail", kind: "it cannot be addressed" });
                    self.status.watch(|watch| watch.mailed(&ids(&batch), to.as_str()));
                    continue;
                };
                let sink = match &mut sink {
                    Some(sink) => sink,
                    none => match Sink::open(&replies.transport) {
                        Ok(opened) => none.insert(opened),
                        Err(fault) => return self.mail_failed(&fault.to_string(), now),
                    },
                };
                let sent = sink.deliver(&letter, || async { Ok(()) }).await;
                let kind = said(sent).err().unwrap_or_default();
                match sent {
                    Sent::Accepted { .. } => {
                        self.mail = Way::default();
                        self.mailed_at.push(now);
                        self.status.watch(|watch| watch.mailed(&ids(&batch), to.as_str()));
                    }
                    Sent::Failed { .. } => {
                        emit(Event::AlertUndelivered { channel: "mail", kind: &kind });
                        self.status.watch(|watch| watch.mailed(&ids(&batch), to.as_str()));
                    }
                    Sent::Unknown => {
                        self.status.watch(|watch| watch.unknown(&ids(&batch), to.as_str(), UNKNOWN_MAX));
                        return self.mail_failed(&kind, now);
                    }
                    Sent::Deferred { relay: Some(_), .. } => return self.mail_failed(&kind, now),
                    Sent::Deferred { relay: None, .. } => {
                        // It is this recipient who is not taken now: the others must not wait for him.
                        emit(Event::AlertUndelivered { channel: "mail", kind: &kind });
                        self.mail.failed(now);
                        break;
                    }
                }
            }
        }
        if let Some(mut sink) = sink {
            sink.rest().await;
        }
    }

    fn mail_failed(&mut self, kind: &str, now: i64) {
        emit(Event::AlertUndelivered { channel: "mail", kind });
        self.mail.failed(now);
    }

    /// Posts what is to be posted, one request an alert, in order.
    async fn webhooks(&mut self, now: i64) {
        let Some(webhook) = &self.config.operator.alert_webhook else { return };
        for notice in self.status.watch(|watch| watch.due_by_webhook()) {
            match post(webhook, &notice, &self.config.tenant).await {
                Ok(()) => {
                    self.webhook = Way::default();
                    self.status.watch(|watch| watch.posted(&notice.id));
                }
                Err(kind) => {
                    emit(Event::AlertUndelivered { channel: "webhook", kind: &kind });
                    self.webhook.failed(now);
                    return;
                }
            }
        }
    }
}

/// Posts an alert; whatever is not a 2xx is tried again, under the same key.
async fn post(webhook: &AlertWebhook, notice: &Notice, tenant: &str) -> Result<(), String> {
    let body = serde_json::json!({
        "id": notice.id,
        "event": if notice.recovered { "recovery" } else { "onset" },
        "condition": notice.condition.id(),
        "severity": notice.condition.severity().as_str(),
        "tenant": tenant,
        "mailbox": notice.mailbox,
        "since": clock::rfc3339(notice.since),
        "at": clock::rfc3339(notice.at),
        "text": notice.condition.text(),
        "detail": notice.detail,
        "mend": notice.condition.mend(),
    });
    let client = Client::new(webhook.ca_file.as_deref(), POST).map_err(|fault| fault.to_string())?;
    let headers = [("idempotency-key", notice.id.clone())];
    let posted = client.post(&webhook.url, &headers, "application/json", body.to_string().into_bytes()).await;
    match posted.map_err(|fault| fault.to_string())?.code {
        200..=299 => Ok(()),
        code => Err(format!("answered with code {code}")),
    }
}

/// How a test alert fared: the key of the configuration, where to, and what came of it.
pub(crate) type Told = (&'static str, String, Result<(), String>);

/// Sends a test alert by every way that is configured; no daemon is needed.
pub(crate) async fn test(config: &Config) -> Vec<Told> {
    let notice = Notice::test(clock::now());
    let mut out = Vec::new();
    if let Some(replies) = &config.replies {
        for to in &config.operator.alert_to {
            let result = test_mail(&notice, to, replies, &config.tenant).await;
            out.push(("alert_to", to.as_str().to_owned(), result));
        }
    }
    if let Some(webhook) = &config.operator.alert_webhook {
        // The rest of the address may be a secret.
        out.push(("alert_webhook", webhook.url.place(), post(webhook, &notice, &config.tenant).await));
    }
    out
}

async fn test_mail(notice: &Notice, to: &Addr, replies: &Replies, tenant: &str) -> Result<(), String> {
    let batch = std::slice::from_ref(notice);
    let letter = mail::compose(batch, to, replies, tenant, notice.at).map_err(|e| e.to_string())?;
    let mut sink = Sink::open(&replies.transport).map_err(|fault| fault.to_string())?;
    let sent = sink.deliver(&letter, || async { Ok(()) }).await;
    sink.rest().await;
    said(sent)
}

/// What came of a mail, in words.
fn said(sent: Sent) -> Result<(), String> {
    match sent {
        Sent::Accepted { .. } => Ok(()),
        Sent::Failed { code } => Err(code.map_or_else(|| "refused".into(), |code| format!("refused with code {code}"))),
        Sent::Unknown => Err("no answer after the text".into()),
        Sent::Deferred { relay, .. } => Err(relay.map_or_else(|| "not taken now".into(), |fault| fault.to_string())),
    }
}

/// Few alerts go out one by one; of many, the urgent ones do, and the others in one mail.
fn batches(due: Vec<Notice>) -> Vec<Vec<Notice>> {
    if due.len() <= DIGEST_OVER {
        return due.into_iter().map(|notice| vec![notice]).collect();
    }
    let (urgent, other): (Vec<Notice>, Vec<Notice>) = due.into_iter().partition(|n| n.condition.is_urgent());
    let urgent = match urgent.len() <= DIGEST_OVER {
        true => urgent.into_iter().map(|notice| vec![notice]).collect(),
        false => vec![urgent],
    };
    urgent.into_iter().chain([other].into_iter().filter(|o| !o.is_empty())).collect()
}

fn ids(batch: &[Notice]) -> BTreeSet<String> {
    batch.iter().map(|notice| notice.id.clone()).collect()
}
