//! The audit trail against somebody who has the disk: every way to change it shows.
#![allow(clippy::unwrap_used)]

mod common;

use common::{NOW, open};
use lazaret_store::*;
use std::path::Path;

fn entry(n: u64) -> AuditEntry {
    AuditEntry {
        uid: 1000,
        name: "jana".into(),
        verb: "ticket show".into(),
        object: format!("LZ-AAAA-AA{n:02}"),
        outcome: "allowed".into(),
    }
}

/// A closed store with a trail of `count` records; answers its end.
async fn trail(dir: &Path, count: u64) -> AuditHead {
    let store = open(dir);
    let mut head = store.audit_head().await.unwrap();
    for n in 0..count {
        head = store.audit(entry(n), NOW + n as i64).await.unwrap();
    }
    store.close().await;
    head
}

async fn verify(dir: &Path, witness: Option<&AuditHead>) -> AuditVerdict {
    let store = open(dir);
    let verdict = store.audit_verify(witness.cloned()).await.unwrap();
    store.close().await;
    verdict
}

fn key(seq: u64) -> Vec<u8> {
    [b"A".as_slice(), &seq.to_be_bytes()].concat()
}

/// Whoever has the disk writes into the database.
fn tamper(dir: &Path, change: impl FnOnce(&sled::Db)) {
    let db = loop {
        // The last handle of this process may still be going.
        match sled::open(dir.join("sled")) {
            Ok(db) => break db,
            Err(_) => std::thread::yield_now(),
        }
    };
    change(&db);
    db.flush().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trail_that_nobody_touched_is_whole_and_goes_on_after_a_start() {
    let dir = tempfile::tempdir().unwrap();
    let first = trail(dir.path(), 5).await;
    let second = trail(dir.path(), 3).await;
    assert_eq!((first.seq, second.seq), (5, 8));
    assert_eq!(AuditHead::parse(&second.to_string()), Some(second.clone()));
    for witness in [None, Some(&first), Some(&second)] {
        let verdict = verify(dir.path(), witness).await;
        assert_eq!((verdict.records, verdict.first_seq, &verdict.head), (8, Some(1), &second));
        assert_eq!(verdict.problems, []);
    }
    let store = open(dir.path());
    let (records, next) = store.audit_page(4).await.unwrap();
    assert_eq!((records.len(), next, records[0].seq), (5, None, 4));
    assert_eq!((records[0].object.as_str(), records[0].at), ("LZ-AAAA-AA03", NOW + 3));
    let long = AuditEntry { name: "x".repeat(201), ..entry(0) };
    assert!(store.audit(long, NOW).await.is_err());
    assert!(store.audit(AuditEntry { name: "x".repeat(200), ..entry(0) }, NOW).await.is_ok());
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_trail_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let head = trail(dir.path(), 0).await;
    assert_eq!(verify(dir.path(), Some(&head)).await.problems, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_tampering_shows() {
    type Change = fn(&sled::Db);
    let table: &[(&str, Change, u64, &str)] = &[
        ("a record is gone", |db| drop(db.remove(key(4)).unwrap()), 4, "missing from here"),
        ("the first is gone", |db| drop(db.remove(key(1)).unwrap()), 1, "missing at the beginning"),
        ("the last is gone", |db| drop(db.remove(key(8)).unwrap()), 8, "missing at the end"),
        ("all are gone", |db| (1..=8).for_each(|n| drop(db.remove(key(n)).unwrap())), 1, "missing at the end"),
        (
            "an octet is another one",
            |db| {
                let mut value = db.get(key(3)).unwrap().unwrap().to_vec();
                *value.last_mut().unwrap() ^= 1;
                db.insert(key(3), value).unwrap();
            },
            3,
            "changed",
        ),
        (
            "two change places",
            |db| {
                let (a, b) = (db.get(key(3)).unwrap().unwrap(), db.get(key(5)).unwrap().unwrap());
                db.insert(key(3), b).unwrap();
                db.insert(key(5), a).unwrap();
            },
            3,
            "changed, moved",
        ),
        (
            "one is put in behind the end",
            |db| {
                let value = db.get(key(8)).unwrap().unwrap();
                db.insert(key(9), value).unwrap();
            },
            9,
            "moved here",
        ),
        (
            "a gap is closed by moving the rest up",
            |db| {
                for n in 4..8 {
                    let next = db.get(key(n + 1)).unwrap().unwrap();
                    db.insert(key(n), next).unwrap();
                }
                db.remove(key(8)).unwrap();
            },
            4,
            "moved here",
        ),
    ];
    for (what, change, seq, says) in table {
        let dir = tempfile::tempdir().unwrap();
        trail(dir.path(), 8).await;
        tamper(dir.path(), change);
        let found = verify(dir.path(), None).await.problems;
        assert!(found.iter().any(|p| p.seq == *seq && p.what.contains(says)), "{what}: {found:?}");
    }
}

/// Copies a directory as it is.
fn copy(from: &Path, to: &Path) {
    let done = std::process::Command::new("cp").arg("-aT").args([from, to]).status().unwrap();
    assert!(done.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_of_the_store_is_found_out_by_a_head_that_was_noted_elsewhere() {
    let (dir, old) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    trail(dir.path(), 5).await;
    copy(dir.path(), old.path());
    let noted = trail(dir.path(), 3).await;
    assert_eq!(verify(old.path(), None).await.problems, [], "in itself it is whole");
    let found = verify(old.path(), Some(&noted)).await.problems;
    assert!(found.iter().any(|p| p.what.contains("before the record that was witnessed")), "{found:?}");
    // And so is one that went on from there another way.
    let store = open(old.path());
    for n in 10..14 {
        store.audit(entry(n), NOW).await.unwrap();
    }
    store.close().await;
    let found = verify(old.path(), Some(&noted)).await.problems;
    assert!(found.iter().any(|p| p.seq == 8 && p.what.contains("another one than was witnessed")), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_erased_after_their_time_and_the_trail_stays_whole() {
    let dir = tempfile::tempdir().unwrap();
    let noted = trail(dir.path(), 8).await;
    let store = open(dir.path());
    let year = NOW + AUDIT_SECS_MAX;
    for (now, first) in [(year, 1), (year + 86_400, 1), (year + 86_401, 9)] {
        store.expire(now).await.unwrap();
        let verdict = store.audit_verify(Some(noted.clone())).await.unwrap();
        assert_eq!((verdict.first_seq, verdict.problems), (Some(first), vec![]), "{}", now - year);
    }
    let (records, _) = store.audit_page(0).await.unwrap();
    assert_eq!((records.len(), records[0].verb.as_str()), (1, "audit expire"));
    assert_eq!(records[0].object, noted.to_string());
    store.audit(entry(1), year + 90_000).await.unwrap();
    store.close().await;
    tamper(dir.path(), |db| drop(db.remove(key(9)).unwrap()));
    let found = verify(dir.path(), None).await.problems;
    assert!(found.iter().any(|p| p.what.contains("missing at the beginning")), "{found:?}");
}
