//! The audit trail of the socket: who asked for what. What cannot be recorded is not done.

use super::roles::{Accounts, Caller};
use super::verbs::Verb;
use super::{Failure, SocketContext};
use crate::clock;
use crate::event::{Event, emit};
use lazaret_store::AuditEntry;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Equal denials within this time are one record: whoever asks in a loop must not fill the trail.
const DENIALS: Duration = Duration::from_secs(60);
/// Callers whose denials are counted; beyond that all are forgotten, and recorded anew.
const DENIED_MAX: usize = 1_000;

/// A caller with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Who {
    pub(super) uid: u32,
    pub(super) name: String,
}

impl Who {
    pub(super) fn new(caller: Caller, accounts: &Accounts) -> Who {
        let name = accounts.name(caller.uid).map_or_else(|| caller.uid.to_string(), |n| n.chars().take(32).collect());
        Who { uid: caller.uid, name }
    }
}

/// Denials that were recorded a short while ago, and how many came since.
#[derive(Default)]
pub(super) struct Denials(Mutex<HashMap<(u32, &'static str), Told>>);

/// When, and how many since.
type Told = (Instant, u32);

impl Denials {
    /// The outcome to record, or nothing if an equal one stands there.
    fn outcome(&self, uid: u32, verb: &'static str, now: Instant) -> Option<String> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= DENIED_MAX {
            known.clear();
        }
        let more = match known.get_mut(&(uid, verb)) {
            Some((at, more)) if now.saturating_duration_since(*at) < DENIALS => {
                *more = more.saturating_add(1);
                return None;
            }
            Some((_, more)) => *more,
            None => 0,
        };
        known.insert((uid, verb), (now, 0));
        let outcome = if more == 0 { "denied".to_owned() } else { format!("denied, and {more} times before") };
        Some(outcome)
    }
}

/// Records a denial.
pub(super) async fn denied(context: &SocketContext, denials: &Denials, who: &Who, verb: Verb, object: String) {
    emit(Event::Denied { uid: who.uid, verb: verb.name });
    if let Some(outcome) = denials.outcome(who.uid, verb.name, Instant::now()) {
        // It is denied in any case, and the log has it.
        let _ = record(context, who, verb, object, &outcome).await;
    }
}

/// Records what a caller asked for or what came of it.
pub(super) async fn record(
    context: &SocketContext,
    who: &Who,
    verb: Verb,
    object: String,
    outcome: &str,
) -> Result<(), Failure> {
    let (uid, name, verb, outcome) = (who.uid, who.name.clone(), verb.name.to_owned(), outcome.to_owned());
    let entry = AuditEntry { uid, name, verb, object, outcome };
    match context.store.audit(entry, clock::now()).await {
        Ok(_) => Ok(()),
        Err(error) => {
            emit(Event::StoreFailed { kind: error.to_string() });
            Err(Failure::unavailable(
                "this cannot be recorded in the audit trail, so it is not done: see lazaret status",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_denials_within_a_minute_are_one_record() {
        let denials = Denials::default();
        let table = [
            (0, 1, "a", Some("denied")),
            (1, 1, "a", None),
            (0, 1, "b", Some("denied")),
            (0, 2, "a", Some("denied")),
            (58, 1, "a", None),
            (1, 1, "a", Some("denied, and 2 times before")),
            (60, 1, "a", Some("denied")),
        ];
        let mut now = Instant::now();
        for (wait, uid, verb, want) in table {
            now += Duration::from_secs(wait);
            assert_eq!(denials.outcome(uid, verb, now).as_deref(), want, "{wait} {uid} {verb}");
        }
    }
}
