//! Mail that was too large to fetch: listed until it is released, and then part of its ticket like any other.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use lazaret_core::{Outcome, Reason, Verdict};
use lazaret_store::*;

fn too_large(uid: u32) -> Commit {
    let mut outcome = Outcome::unprocessed(Reason::OverSize, Verdict::Quarantine);
    outcome.envelope.message_id = Some(format!("{uid}@customer.example"));
    Commit { ack: Ack::MoveHeld, now: NOW + i64::from(uid), size_bytes: 1 << 40, ..commit(uid, uid, outcome) }
}

#[tokio::test]
async fn a_held_message_is_listed_until_it_is_released_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.commit(commit(9, 9, stub("bea@customer.example"))).await.unwrap();
    let first = store.commit(too_large(1)).await.unwrap().ticket;
    let second = store.commit(too_large(2)).await.unwrap().ticket;
    // Observed mail stays where it is: nothing is held.
    store.commit(Commit { ack: Ack::Leave, ..too_large(3) }).await.unwrap();
    store.close().await;

    let store = open(dir.path());
    let listed = async || store.held(None, 10).await.unwrap();
    assert_eq!(listed().await.iter().map(|r| &r.ticket).collect::<Vec<_>>(), [&second, &first]);
    assert_eq!(store.held(None, 1).await.unwrap().len(), 1);
    let rows = store.held(Some(&first), 10).await.unwrap();
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((row.size_bytes, row.message_id.as_deref()), (1 << 40, Some("1@customer.example")));
    assert_eq!(row.digest, digest(1).to_hex());

    let found = outcome("anna@customer.example", "the export", "as you asked");
    store.release_held(row, digest(77), found.clone(), "we wait for it".into(), NOW + 50).await.unwrap();
    assert_eq!(listed().await.iter().map(|r| &r.ticket).collect::<Vec<_>>(), [&second]);
    let view = store.ticket(&first).await.unwrap().unwrap();
    assert_eq!((view.row.verdict.as_str(), view.row.subject.as_str()), ("allow", "the export"));
    assert_eq!(view.messages[0].text.trim(), "as you asked");
    let again = store.release_held(row, digest(77), found.clone(), "twice".into(), NOW + 51).await;
    assert!(matches!(again, Err(StoreError::NotFound { .. })), "{again:?}");

    let copy = store.commit(commit(4, 77, found)).await.unwrap();
    assert_eq!((copy.duplicate, copy.ticket), (true, first), "a copy of the whole message is linked");
    // What was observed first is held once it is enforced.
    let third = store.commit(Commit { key: key(5), ..too_large(3) }).await.unwrap().ticket;
    assert_eq!(store.held(Some(&third), 10).await.unwrap().len(), 1);
    store.close().await;
}
