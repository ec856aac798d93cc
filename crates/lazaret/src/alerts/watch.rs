//! When a condition begins and when it is over. Pure: readings and the time go in, notices come out.
//!
//! ```text
//! absent ──seen──▶ rising ──threshold──▶ raised (told) ──gone──▶ clearing ──hold──▶ absent (told)
//!                    └──gone──▶ absent              ▲──seen again──┘
//! ```
//!
//! What is not known (a mailbox that was not looked at since the restart) leaves everything as it is.

use super::condition::{Condition, Ends};
use crate::config::AlertWhen;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What happened is over when it has not happened again for so long.
const QUIET_SECS: i64 = 3_600;
/// Alerts that wait for their channels; beyond it the oldest are dropped (they stay in the journal).
const NOTICES_MAX: usize = 1_000;

/// What shows for less is not kept over a restart.
const RISING_SECS: i64 = 60;

/// Of what, and whose.
pub(crate) type Key = (Condition, Option<String>);

/// What was seen of a condition in one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) condition: Condition,
    pub(crate) mailbox: Option<String>,
    pub(crate) seen: Seen,
}

/// Is it there?
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Yes, since then if that is known, and with these facts.
    Present { since: Option<i64>, detail: String },
    /// Nobody can tell now.
    Unknown,
}

/// A condition that was seen and is not over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    condition: Condition,
    mailbox: Option<String>,
    since: i64,
    raised_at: Option<i64>,
    gone_at: Option<i64>,
    /// Not kept: the next look knows better.
    #[serde(skip)]
    detail: String,
}

/// A condition that is told and not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Raised {
    pub(crate) condition: Condition,
    pub(crate) mailbox: Option<String>,
    pub(crate) since: i64,
    pub(crate) detail: String,
}

/// An onset or a recovery, until both channels have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Notice {
    /// The same for the same onset or recovery, whatever happens in between.
    pub(crate) id: String,
    pub(crate) condition: Condition,
    pub(crate) mailbox: Option<String>,
    pub(crate) recovered: bool,
    pub(crate) since: i64,
    pub(crate) at: i64,
    pub(crate) detail: String,
    /// Recipients that have it.
    mailed: BTreeSet<String>,
    /// Attempts whose end is not known.
    unknown: u32,
    /// Does the webhook have it?
    posted: bool,
}

impl Notice {
    /// One that says that alerts arrive.
    pub(crate) fn test(now: i64) -> Notice {
        Notice {
            id: format!("test.{now}"),
            condition: Condition::Test,
            mailbox: None,
            recovered: false,
            since: now,
            at: now,
            detail: String::new(),
            mailed: BTreeSet::new(),
            unknown: 0,
            posted: false,
        }
    }
}

/// What is kept over a restart.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Record {
    entries: Vec<Entry>,
    notices: Vec<Notice>,
}

/// The state of all conditions.
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    when: AlertWhen,
    recipients: Vec<String>,
    webhook: bool,
    entries: BTreeMap<Key, Entry>,
    notices: Vec<Notice>,
    /// Counters of this process, as seen last.
    totals: BTreeMap<Key, u64>,
    /// Deaths of workers as seen last, and those of the last hour: when and how many.
    strikes: u64,
    crashes: VecDeque<(i64, u64)>,
}

impl Watch {
    /// Nothing was seen yet.
    pub(crate) fn new(when: AlertWhen, recipients: Vec<String>, webhook: bool) -> Watch {
        Watch {
            when,
            recipients,
            webhook,
            entries: BTreeMap::new(),
            notices: Vec::new(),
            totals: BTreeMap::new(),
            strikes: 0,
            crashes: VecDeque::new(),
        }
    }

    /// Other thresholds and other ways from now on.
    pub(crate) fn configure(&mut self, when: AlertWhen, recipients: Vec<String>, webhook: bool) {
        (self.when, self.recipients, self.webhook) = (when, recipients, webhook);
    }

    /// Takes up a record; one that cannot be read is as none.
    pub(crate) fn restore(&mut self, record: &[u8]) {
        let Record { entries, notices } = serde_json::from_slice(record).unwrap_or_default();
        self.entries = entries.into_iter().map(|e| ((e.condition, e.mailbox.clone()), e)).collect();
        self.notices = notices;
    }

    /// What is to be kept over a restart.
    pub(crate) fn record(&self, now: i64) -> Vec<u8> {
        // What only begins to show is kept too, after a while: a daemon that restarts every ten minutes must not hide an
        // hour of trouble.
        let lasts = |e: &&Entry| e.raised_at.is_some() || now - e.since >= RISING_SECS;
        let entries = self.entries.values().filter(lasts).cloned().collect();
        let record = Record { entries, notices: self.notices.clone() };
        serde_json::to_vec(&record).unwrap_or_default()
    }

    /// By how much a counter of this process grew since the last look, if it did.
    pub(crate) fn grown(&mut self, condition: Condition, mailbox: Option<&str>, total: u64) -> Option<u64> {
        let before = self.totals.insert((condition, mailbox.map(str::to_owned)), total).unwrap_or(0);
        total.checked_sub(before).filter(|more| *more > 0)
    }

    /// Deaths of workers in the last hour, if that is more than is borne.
    pub(crate) fn crashes(&mut self, total: u64, now: i64) -> Option<u64> {
        let more = total.saturating_sub(std::mem::replace(&mut self.strikes, total));
        if more > 0 {
            self.crashes.push_back((now, more));
        }
        while self.crashes.front().is_some_and(|(at, _)| now - at >= 3_600) {
            self.crashes.pop_front();
        }
        let sum = self.crashes.iter().map(|(_, count)| count).sum::<u64>();
        (sum > self.when.worker_crashes_per_hour).then_some(sum)
    }

    /// A token that has less than this left when it is used is stale.
    pub(crate) fn token_left_secs(&self) -> i64 {
        self.when.token_left_secs
    }

    /// One look. Whatever is not among the readings is not there. Answers what began and what is over.
    pub(crate) fn look(&mut self, readings: Vec<Reading>, now: i64) -> Vec<Notice> {
        let mut news = Vec::new();
        let mut named = BTreeSet::new();
        for Reading { condition, mailbox, seen } in readings {
            let key = (condition, mailbox);
            if let Seen::Present { since, detail } = seen {
                let entry = self.entries.entry(key.clone()).or_insert_with(|| Entry {
                    condition: key.0,
                    mailbox: key.1.clone(),
                    since: since.unwrap_or(now),
                    raised_at: None,
                    gone_at: None,
                    detail: String::new(),
                });
                entry.since = entry.since.min(since.unwrap_or(now));
                entry.gone_at = None;
                entry.detail = detail;
                if entry.raised_at.is_none() && now - entry.since >= self.when.threshold_secs(condition) {
                    entry.raised_at = Some(now);
                    news.push(notice(entry, false, now));
                }
            }
            named.insert(key);
        }
        let recovered_secs = self.when.recovered_after_secs;
        self.entries.retain(|key, entry| {
            if named.contains(key) {
                return true;
            }
            if entry.raised_at.is_none() {
                return false;
            }
            let hold = match key.0.ends() {
                Ends::WhenGone => recovered_secs,
                Ends::AfterAnHour => QUIET_SECS,
            };
            let over = now - *entry.gone_at.get_or_insert(now) >= hold;
            if over {
                news.push(notice(entry, true, now));
            }
            !over
        });
        self.notices.extend(news.iter().filter(|_| self.webhook || !self.recipients.is_empty()).cloned());
        let surplus = self.notices.len().saturating_sub(NOTICES_MAX);
        self.notices.drain(..surplus);
        news
    }

    /// What is told and not over.
    pub(crate) fn raised(&self) -> Vec<Raised> {
        let raised = self.entries.values().filter(|e| e.raised_at.is_some());
        let row = |e: &Entry| Raised {
            condition: e.condition,
            mailbox: e.mailbox.clone(),
            since: e.since,
            detail: e.detail.clone(),
        };
        raised.map(row).collect()
    }

    /// What this recipient has not got, oldest first.
    pub(crate) fn due_by_mail(&self, to: &str) -> Vec<Notice> {
        self.notices.iter().filter(|n| !n.mailed.contains(to)).cloned().collect()
    }

    /// The recipient has these, or will never have them.
    pub(crate) fn mailed(&mut self, ids: &BTreeSet<String>, to: &str) {
        for notice in self.notices.iter_mut().filter(|n| ids.contains(&n.id)) {
            notice.mailed.insert(to.to_owned());
        }
    }

    /// Whether the recipient has these is not known: they are sent again, but not for ever.
    pub(crate) fn unknown(&mut self, ids: &BTreeSet<String>, to: &str, most: u32) {
        for notice in self.notices.iter_mut().filter(|n| ids.contains(&n.id)) {
            notice.unknown += 1;
            if notice.unknown > most {
                notice.mailed.insert(to.to_owned());
            }
        }
    }

    /// What the webhook has not got, oldest first.
    pub(crate) fn due_by_webhook(&self) -> Vec<Notice> {
        self.notices.iter().filter(|n| self.webhook && !n.posted).cloned().collect()
    }

    /// The webhook has it, or will never have it.
    pub(crate) fn posted(&mut self, id: &str) {
        for notice in self.notices.iter_mut().filter(|n| n.id == id) {
            notice.posted = true;
        }
    }

    /// Drops what all channels have.
    pub(crate) fn forget_told(&mut self) {
        let (recipients, webhook) = (&self.recipients, self.webhook);
        self.notices.retain(|n| (webhook && !n.posted) || recipients.iter().any(|to| !n.mailed.contains(to)));
    }
}

fn notice(entry: &Entry, recovered: bool, now: i64) -> Notice {
    let mailbox = entry.mailbox.as_deref().unwrap_or("daemon");
    let kind = if recovered { "over" } else { "onset" };
    Notice {
        id: format!("{}.{mailbox}.{}.{kind}", entry.condition.id(), entry.since),
        condition: entry.condition,
        mailbox: entry.mailbox.clone(),
        recovered,
        since: entry.since,
        at: now,
        detail: entry.detail.clone(),
        mailed: BTreeSet::new(),
        unknown: 0,
        posted: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 2_000;
    const TO: &str = "ops@acme.example";

    fn watch() -> Watch {
        let when = AlertWhen { mailbox_failing_secs: 900, recovered_after_secs: 60, ..AlertWhen::default() };
        Watch::new(when, vec![TO.into()], false)
    }

    fn failing(since: Option<i64>) -> Vec<Reading> {
        let seen = Seen::Present { since, detail: "timeout".into() };
        vec![Reading { condition: Condition::MailboxFailing, mailbox: Some("a".into()), seen }]
    }

    fn unknown() -> Vec<Reading> {
        vec![Reading { condition: Condition::MailboxFailing, mailbox: Some("a".into()), seen: Seen::Unknown }]
    }

    fn kinds(news: &[Notice]) -> Vec<bool> {
        news.iter().map(|n| n.recovered).collect()
    }

    #[test]
    fn it_is_told_once_at_its_threshold_and_once_when_it_is_over() {
        let mut w = watch();
        for (now, readings, want) in [
            (1_000, failing(Some(1_000)), vec![]),
            (1_899, failing(Some(1_000)), vec![]),
            (1_900, failing(Some(1_000)), vec![false]),
            (1_901, failing(Some(1_000)), vec![]),
            (2_000, vec![], vec![]),
            (2_059, vec![], vec![]),
            (2_059, failing(Some(2_059)), vec![]),
            (2_100, vec![], vec![]),
            (2_160, vec![], vec![true]),
            (2_161, vec![], vec![]),
        ] {
            assert_eq!(kinds(&w.look(readings, now)), want, "{now}");
        }
    }

    #[test]
    fn what_flaps_below_the_threshold_is_not_told() {
        let mut w = watch();
        for now in 0..100 {
            let readings = if now % 2 == 0 { failing(Some(now * 60)) } else { vec![] };
            assert_eq!(w.look(readings, now * 60), []);
        }
    }

    #[test]
    fn a_restart_repeats_and_loses_nothing() {
        let mut w = watch();
        w.look(failing(Some(0)), 500);
        let mut after = watch();
        after.restore(&w.record(NOW));
        assert_eq!(kinds(&after.look(unknown(), 800)), Vec::<bool>::new(), "not looked at yet");
        assert_eq!(kinds(&after.look(failing(Some(850)), 900)), [false], "the first life's time counts");
        assert_eq!(after.due_by_mail(TO).len(), 1);

        let mut third = watch();
        third.restore(&after.record(NOW));
        assert_eq!(third.due_by_mail(TO), after.due_by_mail(TO), "what was not delivered is delivered");
        third.mailed(&[third.due_by_mail(TO)[0].id.clone()].into(), TO);
        third.forget_told();
        let mut fourth = watch();
        fourth.restore(&third.record(NOW));
        assert_eq!(fourth.due_by_mail(TO), []);
        assert_eq!(fourth.look(failing(Some(1_000)), 1_000), [], "and not again");
        assert_eq!(fourth.look(vec![], 1_100), []);
        let mut fifth = watch();
        fifth.restore(&fourth.record(NOW));
        assert_eq!(kinds(&fifth.look(vec![], 1_160)), [true]);
        fifth.restore(b"damaged");
        assert!(fifth.raised().is_empty());
    }

    #[test]
    fn incidents_are_told_at_once_and_are_over_after_a_quiet_hour() {
        let mut w = watch();
        let seen = || Seen::Present { since: None, detail: "1 file".into() };
        let incident = || vec![Reading { condition: Condition::FileResidue, mailbox: Some("a".into()), seen: seen() }];
        assert_eq!(kinds(&w.look(incident(), 10)), [false]);
        assert_eq!(kinds(&w.look(vec![], 20)), Vec::<bool>::new());
        assert_eq!(kinds(&w.look(incident(), 3_000)), Vec::<bool>::new(), "again within the hour: told already");
        assert_eq!(kinds(&w.look(vec![], 3_010)), Vec::<bool>::new());
        assert_eq!(kinds(&w.look(vec![], 3_010 + QUIET_SECS - 1)), Vec::<bool>::new());
        assert_eq!(kinds(&w.look(vec![], 3_010 + QUIET_SECS)), [true]);
    }

    #[test]
    fn an_unknown_end_is_tried_again_but_not_for_ever() {
        let mut w = watch();
        w.look(failing(Some(0)), 900);
        let ids: BTreeSet<String> = w.due_by_mail(TO).iter().map(|n| n.id.clone()).collect();
        for left in [1, 1, 0] {
            w.unknown(&ids, TO, 2);
            assert_eq!(w.due_by_mail(TO).len(), left);
        }
    }

    #[test]
    fn what_waits_for_its_channels_has_a_limit() {
        let mut w = watch();
        for (count, kept) in [(NOTICES_MAX - 1, NOTICES_MAX - 1), (1, NOTICES_MAX), (1, NOTICES_MAX)] {
            let base = w.entries.len();
            let reading = |n: usize| Reading { mailbox: Some((base + n).to_string()), ..failing(Some(0))[0].clone() };
            let old = w.entries.keys().map(|(c, m)| Reading { condition: *c, mailbox: m.clone(), seen: Seen::Unknown });
            let readings = old.chain((0..count).map(reading)).collect();
            w.look(readings, 900);
            assert_eq!(w.due_by_mail(TO).len(), kept);
        }
    }
}
