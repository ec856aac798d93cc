//! What the daemon counts, for Prometheus: every event is counted where it is logged, so what can reach a metric is what
//! can reach the log: ids, kinds and counts. Labels are names of mailboxes and words of ours; never anything of a message.
//!
//! [`table`] says what there is. What is a state and no count (mail that waits, room on the disk) is asked for when
//! somebody looks.

pub(crate) mod expose;
pub(crate) mod serve;
mod table;

use crate::event::Event;
use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
pub(crate) use table::{Kind, Metric};

/// Upper bounds of the buckets of every histogram, in seconds.
pub(crate) const BUCKETS_SECONDS: [f64; 12] =
    [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0];
/// Series that are kept; a label whose values do not end must not eat the memory.
const SERIES_MAX: usize = 20_000;

/// The counters of this process.
static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::default);

/// The counters of this process.
pub(crate) fn registry() -> &'static Registry {
    &REGISTRY
}

/// A step in the life of a message whose time is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// A batch from the source.
    Fetch,
    /// One look of a worker at one message, with the wait for a free worker.
    Process,
    /// From outcome to durable ticket.
    Commit,
    /// What is done at the source with a batch.
    Acknowledge,
}

impl Stage {
    const ALL: [Stage; 4] = [Stage::Fetch, Stage::Process, Stage::Commit, Stage::Acknowledge];

    fn as_str(self) -> &'static str {
        match self {
            Stage::Fetch => "fetch",
            Stage::Process => "process",
            Stage::Commit => "commit",
            Stage::Acknowledge => "acknowledge",
        }
    }
}

/// Counts since the start.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    values: Mutex<Values>,
}

/// A metric and the values of its labels, in the order of the table.
type Series = (Metric, Vec<String>);

#[derive(Debug, Default)]
struct Values {
    counters: BTreeMap<Series, u64>,
    histograms: BTreeMap<Metric, [Histogram; Stage::ALL.len()]>,
    /// Since when nothing can leave by the relay.
    relay_down_since: Option<i64>,
    /// What workers are confined with is missing.
    unconfined: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Histogram {
    buckets: [u64; BUCKETS_SECONDS.len()],
    count: u64,
    sum_seconds: f64,
}

impl Registry {
    fn values(&self) -> MutexGuard<'_, Values> {
        // A panic while the lock was held left plain numbers behind; they are still worth reading.
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds to a counter.
    fn add(&self, metric: Metric, labels: &[&str], count: u64) {
        debug_assert_eq!(metric.labels().len(), labels.len(), "{metric:?}");
        let mut values = self.values();
        let full = values.counters.len() >= SERIES_MAX;
        let series = (metric, labels.iter().map(|l| (*l).to_owned()).collect());
        match values.counters.get_mut(&series) {
            Some(counter) => *counter += count,
            None if full => {}
            None => drop(values.counters.insert(series, count)),
        }
    }

    /// The sum of a counter over the series whose first label is this one.
    pub(crate) fn sum(&self, metric: Metric, first: Option<&str>) -> u64 {
        let of = |labels: &[String]| first.is_none_or(|f| labels.first().is_some_and(|l| l == f));
        self.values()
            .counters
            .iter()
            .filter(|((m, labels), _)| *m == metric && of(labels))
            .map(|(_, count)| count)
            .sum()
    }

    /// Since when nothing can leave by the relay.
    pub(crate) fn relay_down_since(&self) -> Option<i64> {
        self.values().relay_down_since
    }

    /// Is something missing that workers are confined with?
    pub(crate) fn is_unconfined(&self) -> bool {
        self.values().unconfined
    }

    /// How long a stage took.
    pub(crate) fn took(&self, stage: Stage, time: Duration) {
        let seconds = time.as_secs_f64();
        let mut values = self.values();
        let stages = values.histograms.entry(Metric::StageSeconds).or_default();
        let Some(of) = stages.get_mut(stage as usize) else { return };
        of.count += 1;
        of.sum_seconds += seconds;
        for (bound, bucket) in BUCKETS_SECONDS.iter().zip(&mut of.buckets) {
            *bucket += u64::from(seconds <= *bound);
        }
    }

    /// A finding of a message that has its ticket.
    pub(crate) fn finding(&self, class: &str, action: &str) {
        self.add(Metric::Findings, &[class, action], 1);
    }

    /// Counts what is logged.
    pub(crate) fn count(&self, event: &Event<'_>) {
        use Event::*;
        match event {
            Committed { key, verdict, class, duplicate: false, .. } => {
                self.add(Metric::Messages, &[&key.mailbox, verdict, class], 1);
            }
            Committed { key, .. } => self.add(Metric::Duplicates, &[&key.mailbox], 1),
            OwnMail { key } => self.add(Metric::OwnMails, &[&key.mailbox], 1),
            FileResidue { key, count } => self.add(Metric::FileResidues, &[&key.mailbox], u64::from(*count)),
            Strike { key, strikes, how } => {
                self.add(Metric::Strikes, &[&key.mailbox, how], 1);
                if *strikes >= 3 {
                    self.add(Metric::Poisoned, &[&key.mailbox], 1);
                }
            }
            DocumentStrike { how, .. } => self.add(Metric::DocumentStrikes, &[how], 1),
            Postponed { key, kind } => self.add(Metric::Postponed, &[&key.mailbox, kind], 1),
            LoggedIn { mailbox } => self.add(Metric::Logins, &[mailbox], 1),
            MailboxFailed { mailbox, .. } => self.add(Metric::MailboxFailures, &[mailbox], 1),
            Acknowledged { mailbox, count } => self.add(Metric::Acknowledged, &[mailbox], *count as u64),
            AckFailed { mailbox, .. } => self.add(Metric::AcknowledgeFailures, &[mailbox], 1),
            LedgerDamaged { mailbox, count } => self.add(Metric::LedgerDamaged, &[mailbox], *count),
            WorkerStarted { .. } => self.add(Metric::WorkersStarted, &[], 1),
            WorkerRetired { why, .. } => self.add(Metric::WorkersRetired, &[why], 1),
            WorkerFailed { .. } => self.add(Metric::WorkerStartFailures, &[], 1),
            Unconfined { .. } => self.values().unconfined = true,
            Reply { state, .. } => self.add(Metric::Replies, &[state], 1),
            RelayFailed { .. } => {
                self.values().relay_down_since.get_or_insert_with(crate::clock::now);
                self.add(Metric::RelayFailures, &[], 1);
            }
            RelayBack => self.values().relay_down_since = None,
            StoreFailed { .. } => self.add(Metric::StoreFailures, &[], 1),
            Denied { .. } => self.add(Metric::SocketDenied, &[], 1),
            Alert { condition, recovered, .. } => {
                self.add(Metric::Alerts, &[condition, if *recovered { "recovery" } else { "onset" }], 1);
            }
            AlertUndelivered { channel, .. } => self.add(Metric::AlertFailures, &[channel], 1),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lazaret_core::MessageKey;

    #[test]
    fn events_are_counted_by_their_kinds() {
        let registry = Registry::default();
        let key =
            |mailbox: &str| MessageKey { mailbox: mailbox.into(), folder: "INBOX".into(), uid_validity: 1, uid: 1 };
        for (mailbox, strikes) in [("a", 1), ("a", 3), ("b", 1)] {
            registry.count(&Event::Strike { key: &key(mailbox), strikes, how: "died" });
        }
        assert_eq!(registry.sum(Metric::Strikes, Some("a")), 2);
        assert_eq!(registry.sum(Metric::Strikes, None), 3);
        assert_eq!(registry.sum(Metric::Poisoned, None), 1);
        assert_eq!(registry.relay_down_since(), None);
        registry.count(&Event::RelayFailed { kind: "timeout" });
        assert!(registry.relay_down_since().is_some());
        registry.count(&Event::RelayBack);
        assert_eq!(registry.relay_down_since(), None);
    }

    #[test]
    fn series_have_a_limit() {
        let registry = Registry::default();
        for n in 0..=SERIES_MAX {
            registry.count(&Event::LoggedIn { mailbox: &n.to_string() });
        }
        assert_eq!(registry.sum(Metric::Logins, None), SERIES_MAX as u64);
        registry.count(&Event::LoggedIn { mailbox: "7" });
        assert_eq!(registry.sum(Metric::Logins, Some("7")), 2, "those that are there go on");
    }
}
