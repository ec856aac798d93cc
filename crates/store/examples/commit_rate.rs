//! Committed small tickets a second through concurrent commits, beside what the disk alone can do: one append and
//! fdatasync after another, in the same run.
//!
//! `cargo run --release -p lazaret-store --example commit_rate [DIR] [TICKETS] [TASKS]`

use lazaret_core::{Addr, Address, Cleared, Digest, MessageKey, Outcome, Reason, Verdict};
use lazaret_store::{Ack, Commit, Intent, Options, ReplyLimits, RootKey, Store};
use std::io::Write;
use std::time::Instant;

type Failure = Box<dyn std::error::Error>;

fn small(n: u32, from: &str) -> Commit {
    let mut outcome = Outcome::unprocessed(Reason::Released, Verdict::Allow);
    outcome.customer = Addr::parse(from);
    outcome.envelope.from = vec![Address { name: Cleared::default(), addr: Addr::parse(from) }];
    let mut digest = [0; 32];
    // Spread like real digests, so that the tree is hit all over.
    let spread = u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
    digest.iter_mut().zip(spread).for_each(|(to, from)| *to = from);
    Commit {
        key: MessageKey { mailbox: "support".into(), folder: "INBOX".into(), uid_validity: 1, uid: n },
        digest: Digest(digest),
        now: 1_800_000_000 + i64::from(n),
        outcome,
        size_bytes: 2_000,
        join: Vec::new(),
        sealed: None,
        rules: "test".into(),
        ack: Ack::MoveClean,
        reply_new: Intent::Not("observe"),
        reply_joined: Intent::Not("observe"),
        sinks: Vec::new(),
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let dir =
        args.next().map_or_else(std::env::temp_dir, Into::into).join(format!("commit-rate-{}", std::process::id()));
    let tickets: u32 = args.next().map_or(Ok(50_000), |n| n.parse())?;
    let tasks: u32 = args.next().map_or(Ok(256), |n| n.parse())?;
    std::fs::create_dir_all(&dir)?;

    let (appends, secs) = append_rate(&dir.join("append"))?;
    let disk = f64::from(appends) / secs;
    println!("append 700 bytes and fdatasync: {disk:.0} a second");

    let store = Store::open(Options {
        dir: dir.clone(),
        tenant: "bench".into(),
        root_key: RootKey::new([1; 32]),
        cache_bytes: 64 << 20,
        disk_reserve_bytes: 0,
        reply_limits: ReplyLimits::default(),
    })?;
    let began = Instant::now();
    let runs: Vec<_> = (0..tasks)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                for n in (task..tickets).step_by(tasks as usize) {
                    store.commit(small(n, &format!("user{n}@mail.example"))).await?;
                }
                Ok::<(), lazaret_store::StoreError>(())
            })
        })
        .collect();
    for run in runs {
        run.await??;
    }
    let secs = began.elapsed().as_secs_f64();
    let rate = f64::from(tickets) / secs;
    let counts = store.counts().await?;
    println!(
        "commits with {tasks} tasks: {rate:.0} a second, {:.3} syncs a commit, {:.2} times append and fdatasync",
        counts.syncs as f64 / counts.commits as f64,
        rate / disk
    );
    if let Some(secs) = thread_cpu_secs("store") {
        println!("CPU of the store's thread: {:.0} microseconds a commit", secs * 1e6 / f64::from(tickets));
    }
    let one = Instant::now();
    for n in tickets..tickets + 500 {
        store.commit(small(n, "user@mail.example")).await?;
    }
    println!("one after another: {:.0} microseconds each", one.elapsed().as_secs_f64() * 1e6 / 500.0);
    store.close().await;
    let again = Instant::now();
    let store = Store::open(Options {
        dir: dir.clone(),
        tenant: "bench".into(),
        root_key: RootKey::new([1; 32]),
        cache_bytes: 64 << 20,
        disk_reserve_bytes: 0,
        reply_limits: ReplyLimits::default(),
    })?;
    println!("open with {} tickets: {:.0} ms", store.counts().await?.tickets, again.elapsed().as_secs_f64() * 1e3);
    store.close().await;
    std::fs::remove_dir_all(&dir)?;
    Ok(())
}

/// CPU time of the thread of this name so far: unlike the rate it does not depend on what else the machine does. The
/// kernel counts it in hundredths of a second.
fn thread_cpu_secs(name: &str) -> Option<f64> {
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        let dir = task.ok()?.path();
        if std::fs::read_to_string(dir.join("comm")).ok()?.trim() == name {
            let stat = std::fs::read_to_string(dir.join("stat")).ok()?;
            let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
            let ticks = |field: usize| fields.get(field)?.parse::<f64>().ok();
            return Some((ticks(11)? + ticks(12)?) / 100.0);
        }
    }
    None
}

fn append_rate(path: &std::path::Path) -> Result<(u32, f64), Failure> {
    let mut file = std::fs::File::create(path)?;
    let block = [7; 700];
    let began = Instant::now();
    let mut appends = 0;
    while began.elapsed().as_secs_f64() < 1.0 {
        file.write_all(&block)?;
        file.sync_data()?;
        appends += 1;
    }
    Ok((appends, began.elapsed().as_secs_f64()))
}
