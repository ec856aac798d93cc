//! SIGKILL at random, many times over: what was answered is there, one ticket for each K2, no reply twice.
//!
//! A kill keeps what the kernel has; it says nothing of a power cut. That was measured apart: sled's own flush loses
//! answered writes there, flush and fdatasync, as done here, did not (see `tree.rs`).
#![allow(clippy::unwrap_used)]

mod common;
use common::*;
use lazaret_store::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

const DIR: &str = "LAZARET_STORE_CRASH_DIR";
const FROM: &str = "LAZARET_STORE_CRASH_FROM";
const ROUNDS: u32 = 60;

fn crash_options(dir: &Path) -> Options {
    let all = u32::MAX;
    let reply_limits = ReplyLimits {
        proven_per_day_max: all,
        unproven_per_day_max: all,
        domain_per_hour_max: all,
        tenant_per_hour_max: all,
        breaker_per_minute_max: all,
    };
    Options { reply_limits, ..options(dir) }
}

fn say(line: String) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// Takes mails in until it is killed: each K2 comes under two UIDs at the same time.
async fn child(dir: &Path, from: u32) {
    let store = Store::open(crash_options(dir)).unwrap();
    tokio::spawn(send(store.clone()));
    for first in (from..).step_by(8) {
        let wave = (first..first + 8).flat_map(|k2| [(2 * k2, k2), (2 * k2 + 1, k2)]);
        let tasks = wave.map(|(uid, k2)| tokio::spawn(take_in(store.clone(), uid, k2)));
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
    }
}

async fn take_in(store: Store, uid: u32, k2: u32) {
    store.claim(vec![key(uid)]).await.unwrap();
    let mut asked =
        with_reply(commit(uid, k2, stub("anna@mail.example")), draft("anna@mail.example", Template::Receipt));
    if k2.is_multiple_of(5) {
        asked.sealed = Some((sealed(&[k2 as u8; 10_000]), NOW + 1_000));
    }
    let done = store.commit(asked).await.unwrap();
    say(format!("ack {uid} {k2} {}", done.ticket.0));
    if k2.is_multiple_of(2) {
        store.acknowledged(vec![key(uid)]).await.unwrap();
    }
}

async fn send(store: Store) {
    loop {
        for lease in store.due(NOW, 4).await.unwrap() {
            say(format!("lease {}", lease.id));
            store.sending(&lease.id).await.unwrap();
            store.dot_pending(&lease.id).await.unwrap();
            say(format!("dot {}", lease.id));
            store.settle(&lease.id, Settled::Accepted { code: 250 }, NOW).await.unwrap();
        }
        tokio::task::yield_now().await;
    }
}

/// Not a test by itself: what the other one starts.
#[test]
fn the_process_that_is_killed() {
    let (Ok(dir), Ok(from)) = (std::env::var(DIR), std::env::var(FROM)) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(child(Path::new(&dir), from.parse().unwrap()));
}

#[derive(Default)]
struct Ledger {
    /// UID to K2 and ticket.
    acks: BTreeMap<u32, (u32, String)>,
    tickets: BTreeMap<u32, String>,
    dots: BTreeSet<String>,
}

impl Ledger {
    fn line(&mut self, line: &str) {
        // The test harness says things of its own.
        match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["ack", uid, k2, ticket] => {
                let (uid, k2): (u32, u32) = (uid.parse().unwrap(), k2.parse().unwrap());
                self.acks.insert(uid, (k2, (*ticket).to_owned()));
                let first = self.tickets.entry(k2).or_insert_with(|| (*ticket).to_owned());
                assert_eq!(first, ticket, "a second ticket for K2 {k2}");
            }
            ["lease", id] => assert!(!self.dots.contains(*id), "{id} is handed out after its final dot"),
            ["dot", id] => assert!(self.dots.insert((*id).to_owned()), "{id} has a second final dot"),
            _ => {}
        }
    }
}

/// Starts a child, kills it after so many lines, and takes in what it had said by then.
fn kill_after(lines: u32, dir: &Path, from: u32, ledger: &mut Ledger) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_process_that_is_killed", "--nocapture"])
        .env(DIR, dir)
        .env(FROM, from.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut heard = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        heard += 1;
        if heard == lines {
            child.kill().unwrap();
        }
        ledger.line(&line);
    }
    assert!(heard >= lines, "the child ended by itself after {heard} lines: {:?}", child.wait());
    child.wait().unwrap();
}

async fn check(store: &Store, ledger: &Ledger, uids: impl Iterator<Item = u32>) {
    for uid in uids {
        let Some((k2, ticket)) = ledger.acks.get(&uid) else { continue };
        let (found, view) = store.message_of(&key(uid)).await.unwrap().expect("what was answered is there");
        assert_eq!((&found.0, view.digest), (ticket, digest(*k2).to_hex()), "uid {uid}");
        store.verify(&key(uid)).await.unwrap();
    }
}

#[tokio::test]
async fn nothing_answered_is_lost_by_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::default();
    let mut random = u64::from(std::process::id()) | 1;
    println!("seed {random}");
    // Each round goes on where the last one was, and repeats its unfinished part under the same UIDs.
    let mut from = 0;
    for round in 0..ROUNDS {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        // Most rounds die young, some in the middle of much.
        let lines = 2 + (random % 60) as u32 + if round % 10 == 0 { 200 } else { 0 };
        kill_after(lines, dir.path(), from, &mut ledger);
        let store = Store::open(crash_options(dir.path())).unwrap();
        let last = ledger.acks.keys().max().map_or(0, |uid| uid + 1);
        check(&store, &ledger, 2 * from..last).await;
        store.close().await;
        from = ledger.tickets.keys().max().map_or(0, |k2| k2.saturating_sub(4));
    }
    let store = Store::open(crash_options(dir.path())).unwrap();
    check(&store, &ledger, 0..2 * from + 64).await;
    let mut tickets = BTreeMap::new();
    for uid in 0..2 * from + 64 {
        if let Some((ticket, view)) = store.message_of(&key(uid)).await.unwrap() {
            let first = tickets.entry(view.digest).or_insert_with(|| ticket.clone());
            assert_eq!(*first, ticket, "uid {uid}");
        }
    }
    let counts = store.counts().await.unwrap();
    assert_eq!(counts.tickets, tickets.len() as u64);
    assert_eq!(store.tickets(usize::MAX).await.unwrap().len(), tickets.len());
    let rows = store.outbox(usize::MAX).await.unwrap();
    assert_eq!(rows.len(), tickets.len(), "one reply a ticket");
    for row in &rows {
        let over = row.state == "accepted" || row.state == "unknown";
        assert!(over || !ledger.dots.contains(&row.id), "{} is {} after its final dot", row.id, row.state);
    }
    let files = files(&dir.path().join("blobs")).len() as u64;
    assert_eq!(files, counts.sealed, "no leftover");
    println!("{} answers, {} tickets, {} dots, {} files", ledger.acks.len(), tickets.len(), ledger.dots.len(), files);
    store.close().await;
}
