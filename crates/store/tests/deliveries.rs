//! Deliveries to further sinks: from the commit to their end, over restarts, releases and failures.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use lazaret_core::{Outcome, Reason, Verdict};
use lazaret_store::*;

const ANNA: &str = "anna@mail.example";
const MAIL: &str = "forward:helpdesk@acme.example";
const HOOK: &str = "webhook:https://hooks.acme.example/x";

fn to(targets: &[&str]) -> Vec<Sink> {
    targets.iter().map(|target| Sink { target: (*target).to_owned(), held: false }).collect()
}

fn bound(uid: u32, k2: u32, targets: &[&str]) -> Commit {
    Commit { sinks: to(targets), ..commit(uid, k2, stub(ANNA)) }
}

async fn states(store: &Store) -> Vec<(String, String)> {
    let mut all: Vec<_> = store.deliveries(100).await.unwrap().into_iter().map(|r| (r.target, r.state)).collect();
    all.sort();
    all
}

#[tokio::test]
async fn a_commit_owes_each_sink_one_delivery_and_a_copy_owes_only_what_is_new() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let first = store.commit(bound(1, 1, &[MAIL])).await.unwrap();
    assert_eq!((first.deliveries, first.duplicate), (1, false));
    let same = store.commit(bound(1, 1, &[MAIL])).await.unwrap();
    assert_eq!(same.deliveries, 0);
    let copy = store.commit(bound(2, 1, &[MAIL, HOOK])).await.unwrap();
    assert_eq!((copy.deliveries, copy.duplicate, &copy.ticket), (1, true, &first.ticket));
    assert_eq!(store.counts().await.unwrap().deliveries_waiting, 2);
    let of_ticket = store.deliveries_of(&first.ticket).await.unwrap();
    assert_eq!(of_ticket.len(), 2);
    // Each sink's wait apart.
    assert_eq!(store.deliveries_due(MAIL, NOW, 9).await.unwrap().len(), 1);
    assert_eq!(store.deliveries_due(MAIL, NOW, 9).await.unwrap().len(), 0);
    assert_eq!(store.deliveries_due(HOOK, NOW, 9).await.unwrap().len(), 1);
    store.close().await;
}

#[tokio::test]
async fn what_was_being_sent_at_a_crash_is_sent_again_under_the_same_id() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.commit(bound(1, 1, &[MAIL, HOOK])).await.unwrap();
    let id = store.deliveries_due(MAIL, NOW, 9).await.unwrap()[0].id.clone();
    assert_eq!(store.begin_delivery(&id).await, Ok(0));
    store.close().await;
    let store = open(dir.path());
    let again = store.deliveries_due(MAIL, NOW, 9).await.unwrap();
    assert_eq!((again.len(), &again[0].id, again[0].attempts), (1, &id, 1));
    assert_eq!(store.begin_delivery(&id).await, Ok(1));
    store.settle_delivery(&id, Settled::Accepted { code: 250 }, NOW + 5).await.unwrap();
    store.close().await;
    let store = open(dir.path());
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.deliveries_waiting, counts.deliveries_accepted, counts.deliveries_failed), (1, 1, 0));
    assert!(store.deliveries_due(MAIL, NOW + 9_999, 9).await.unwrap().is_empty());
    let row = store.deliveries(9).await.unwrap().into_iter().find(|r| r.target == MAIL).unwrap();
    assert_eq!((row.state.as_str(), row.ended_at, row.code, row.attempts), ("accepted", Some(NOW + 5), Some(250), 2));
    store.close().await;
}

#[tokio::test]
async fn every_end_of_an_attempt_leads_where_it_should() {
    let table = [
        (Settled::Accepted { code: 250 }, "accepted", None),
        (Settled::Failed { code: Some(410) }, "failed", None),
        (Settled::Deferred { until: NOW + 60, code: Some(503) }, "ready", Some(NOW + 60)),
        (Settled::Unknown, "ready", Some(NOW)),
    ];
    for (settled, state, due) in table {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        store.commit(bound(1, 1, &[HOOK])).await.unwrap();
        let id = store.deliveries_due(HOOK, NOW, 9).await.unwrap()[0].id.clone();
        store.begin_delivery(&id).await.unwrap();
        store.settle_delivery(&id, settled.clone(), NOW).await.unwrap();
        assert_eq!(states(&store).await, [(HOOK.to_owned(), state.to_owned())], "{settled:?}");
        assert_eq!(store.next_delivery_due(HOOK).await.unwrap(), due, "{settled:?}");
        store.close().await;
    }
}

#[tokio::test]
async fn what_is_too_old_fails_and_an_operator_tries_it_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.commit(bound(1, 1, &[MAIL, HOOK])).await.unwrap();
    let late = NOW + DELIVERY_AGE_SECS_MAX;
    assert_eq!(store.deliveries_due(MAIL, late, 9).await.unwrap().len(), 1);
    store.end_delivery_leases().await.unwrap();
    assert!(store.deliveries_due(MAIL, late + 1, 9).await.unwrap().is_empty());
    // Nobody asks for this one any more.
    store.expire(late + 1).await.unwrap();
    assert_eq!(store.counts().await.unwrap().deliveries_failed, 2);
    let id = store.deliveries(9).await.unwrap().into_iter().find(|r| r.target == MAIL).unwrap().id;
    store.retry(&id, late + 2).await.unwrap();
    assert_eq!(store.deliveries_due(MAIL, late + 2, 9).await.unwrap().len(), 1);
    assert_eq!(store.retry_failed_deliveries(late + 2).await, Ok(1));
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.deliveries_failed, counts.deliveries_waiting), (0, 2));
    assert!(matches!(store.retry("0000000000000000", late).await, Err(StoreError::NotFound { .. })));
    store.close().await;
}

#[tokio::test]
async fn what_would_loop_is_recorded_and_not_sent() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let held = vec![Sink { target: MAIL.to_owned(), held: true }];
    let done = store.commit(Commit { sinks: held, ..commit(1, 1, stub(ANNA)) }).await.unwrap();
    assert_eq!(done.deliveries, 0);
    assert!(store.deliveries_due(MAIL, NOW, 9).await.unwrap().is_empty());
    assert_eq!(states(&store).await, [(MAIL.to_owned(), "failed".to_owned())]);
    store.close().await;
}

#[tokio::test]
async fn a_release_hands_out_the_message_once_more_as_another_revision() {
    for while_it_is_sent in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        let refused = Outcome::unprocessed(Reason::Poison, Verdict::Quarantine);
        let kept = Some((sealed(b"octets"), NOW + 999));
        let commit = Commit { sealed: kept, sinks: to(&[HOOK]), ack: Ack::Replace, ..commit(1, 1, refused) };
        store.commit(commit).await.unwrap();
        let lease = store.deliveries_due(HOOK, NOW, 9).await.unwrap().remove(0);
        store.begin_delivery(&lease.id).await.unwrap();
        let row = store.quarantine(9).await.unwrap().remove(0);
        let accepted = || store.settle_delivery(&lease.id, Settled::Accepted { code: 200 }, NOW);
        let release = || store.release(&row.id, digest(1), stub(ANNA), "a mistake".into(), NOW + 1);
        if while_it_is_sent {
            release().await.unwrap();
            assert_eq!(store.deliveries_due(HOOK, NOW + 1, 9).await.unwrap().len(), 0, "it is under way");
            accepted().await.unwrap();
        } else {
            accepted().await.unwrap();
            release().await.unwrap();
        }
        let again = store.deliveries_due(HOOK, NOW + 1, 9).await.unwrap().remove(0);
        assert_eq!((&again.id, again.revision, lease.revision), (&lease.id, 1, 0), "{while_it_is_sent}");
        assert_eq!(store.counts().await.unwrap().deliveries_accepted, 0);
        store.close().await;
    }
}

#[tokio::test]
async fn a_copy_that_bounced_was_not_delivered() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.commit(bound(1, 1, &[MAIL])).await.unwrap();
    let id = store.deliveries_due(MAIL, NOW, 9).await.unwrap()[0].id.clone();
    assert_eq!(store.delivery_bounced(&id, NOW).await, Ok(false), "it is under way");
    store.begin_delivery(&id).await.unwrap();
    store.settle_delivery(&id, Settled::Accepted { code: 250 }, NOW).await.unwrap();
    assert_eq!(store.delivery_bounced(&id, NOW).await, Ok(true));
    assert_eq!(store.delivery_bounced(&id, NOW).await, Ok(false), "it is known");
    assert_eq!(store.delivery_bounced("ffffffffffffffff", NOW).await, Ok(false), "there is none");
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.deliveries_accepted, counts.deliveries_failed), (0, 1));
    store.close().await;
}
