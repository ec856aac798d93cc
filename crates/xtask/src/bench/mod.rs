//! `cargo xtask bench`: what it costs, as ratios against a named peer measured in the same run. Absolute rates say
//! little on a shared machine.

mod docs;
mod scan;

use crate::e2e::{Home, MailboxSpec, Replies};
use crate::servers::{Account, Lab, Sink};
use crate::workspace::{self, cargo};
use crate::{generate, process};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// One benchmark, or all.
#[derive(clap::Args, Debug, Clone)]
pub(crate) struct Args {
    /// Which one.
    #[arg(value_enum)]
    which: Option<Which>,
    /// Messages of the generated mailbox.
    #[arg(long, default_value_t = 1000)]
    messages: usize,
    /// Measure this binary in place of one built here.
    #[arg(long, value_name = "FILE")]
    binary: Option<std::path::PathBuf>,
    /// Runs of each side; the median counts.
    #[arg(long, default_value_t = 3)]
    runs: usize,
}

#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    /// Messages a second out of Dovecot into tickets and replies.
    EndToEnd,
    /// Scanning against other scanners.
    Scan,
    /// Reading documents against other readers.
    Docs,
    /// Commits against append and fdatasync.
    Store,
    /// Resident memory, idle and at work.
    Memory,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let given = args.binary.as_ref().map(std::path::absolute).transpose()?;
    std::env::set_current_dir(workspace::root())?;
    match given {
        Some(binary) => workspace::use_binary(binary),
        None => workspace::build()?,
    }
    println!("load {}", fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
    let wanted = |which| args.which.is_none_or(|w| w == which);
    if wanted(Which::EndToEnd) {
        end_to_end(args)?;
    }
    if wanted(Which::Scan) {
        scan::run(args)?;
    }
    if wanted(Which::Docs) {
        docs::run(args)?;
    }
    if wanted(Which::Store) {
        example("lazaret-store", "commit_rate", &[])?;
    }
    if wanted(Which::Memory) {
        memory(args)?;
    }
    Ok(())
}

/// A benchmark that lies beside the code it measures.
fn example(package: &str, name: &str, files: &[PathBuf]) -> Result<()> {
    println!("── {package} {name}");
    let run = ["run", "--release", "--locked", "--quiet", "--package", package, "--example", name, "--"];
    process::show(Command::new(cargo()).args(run).args(files))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn mailbox(args: &Args, dir: &std::path::Path) -> Result<generate::Mailbox> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() as i64;
    generate::run(&generate::Args {
        messages: args.messages,
        seed: 1,
        out: dir.into(),
        copies: 0,
        pii_share: 0.15,
        no_attachments: false,
        crlf: true,
        start: now - 12 * 3600,
    })
}

fn end_to_end(args: &Args) -> Result<()> {
    println!(
        "── end-to-end: Dovecot over TLS → tickets → replies to smtp-sink, against a plain pull and append + fdatasync"
    );
    let scratch = process::scratch("bench")?;
    let mailbox = mailbox(args, scratch.path())?;
    let folder = scratch.path().join("maildir/new");
    let lab = Lab::start()?;
    let sink = Sink::start()?;
    let still = lab.dovecot.account("pull", '/')?;
    still.fill(&folder)?;
    // The first look at a folder builds the server's index; both sides are measured with it built.
    lab.dovecot.client(&still)?.pull("INBOX", 50)?;
    let (mut pulls, mut appends, mut daemons, mut summaries) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    // Nothing is deleted between the runs: ext4 avoids inodes that were freed in the last seconds, and looks at each of
    // them again for every file that is made.
    let mut homes = Vec::new();
    for run in 0..args.runs.max(1) {
        pulls.push(rate(args.messages, || {
            let (count, _) = lab.dovecot.client(&still)?.pull("INBOX", 50)?;
            if count != args.messages { bail!("the pull gave {count} messages") } else { Ok(()) }
        })?);
        appends.push(append_and_sync(args.messages, scratch.path())?);
        let account: Account = lab.dovecot.account(&format!("daemon-{run}"), '/')?;
        account.fill(&folder)?;
        lab.dovecot.client(&account)?.pull("INBOX", 50)?;
        let home = Home::new(&lab, "enforce", &[MailboxSpec::all("support", &account)], Replies::Plain(sink.port))?;
        daemons.push(rate(args.messages, || {
            let output =
                process::bounded(&mut home.command(&["run", "--once", "--format", "json"]), Duration::from_secs(600))?;
            if !output.status.success() {
                bail!("`run --once` ended with {}\n{}", output.status, process::tail(&output.stderr));
            }
            summaries.push(String::from_utf8_lossy(&output.stdout).trim().to_string());
            Ok(())
        })?);
        let left = account.count("INBOX")?;
        if left > 0 {
            bail!("{left} messages were left in INBOX: nothing to be compared");
        }
        homes.push(home);
    }
    let (pull, append, daemon) = (median(pulls), median(appends), median(daemons));
    println!("  {} messages, {:.1} MB, median of {}", args.messages, mailbox.bytes as f64 / 1e6, args.runs.max(1));
    println!("  lazaret, start to end     {daemon:>9.0} messages/s");
    println!("  plain pull, one connection{pull:>9.0} messages/s   lazaret/pull   {:.3}", daemon / pull);
    println!("  append 4 KiB + fdatasync  {append:>9.0} messages/s   lazaret/append {:.3}", daemon / append);
    let last = summaries.last().map_or("", |s| s.as_str());
    let summary: serde_json::Value = serde_json::from_str(last).unwrap_or_default();
    let of = |key: &str| summary[key].as_f64().unwrap_or(f64::NAN);
    println!(
        "  syncs of the store        {:>9.2} a message, {:.2} a commit",
        of("syncs") / args.messages as f64,
        of("syncs") / of("commits")
    );
    println!("  last summary: {last}");
    Ok(())
}

/// Things a second.
fn rate(count: usize, work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let began = Instant::now();
    work()?;
    Ok(count as f64 / began.elapsed().as_secs_f64())
}

/// One append of a ticket's size and one fdatasync a message: the least that durable work costs.
fn append_and_sync(count: usize, dir: &std::path::Path) -> Result<f64> {
    let mut file = fs::File::create(dir.join("append"))?;
    let record = vec![0x5a; 4096];
    rate(count, || {
        for _ in 0..count {
            file.write_all(&record)?;
            file.sync_data()?;
        }
        Ok(())
    })
}

fn memory(args: &Args) -> Result<()> {
    println!("── memory: resident octets of the daemon and its workers, against the whole mailbox");
    let scratch = process::scratch("bench")?;
    let mailbox = mailbox(args, scratch.path())?;
    let lab = Lab::start()?;
    let sink = Sink::start()?;
    let account = lab.dovecot.account("memory", '/')?;
    let home = Home::new(&lab, "enforce", &[MailboxSpec::all("support", &account)], Replies::Plain(sink.port))?;
    let mut daemon = home.daemon()?;
    let id = daemon.id();
    std::thread::sleep(Duration::from_secs(2));
    let idle = residents(id);
    let stop = AtomicBool::new(false);
    let peaks = std::thread::scope(|scope| -> Result<BTreeMap<u32, u64>> {
        let watcher = scope.spawn(|| {
            let mut peaks = BTreeMap::new();
            while !stop.load(Ordering::Relaxed) {
                for (pid, bytes) in residents(id) {
                    let peak = peaks.entry(pid).or_insert(0);
                    *peak = bytes.max(*peak);
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            peaks
        });
        account.fill(&scratch.path().join("maildir/new"))?;
        let emptied = process::until("an empty INBOX", Duration::from_secs(300), || {
            daemon.alive()?;
            Ok(account.count("INBOX")? == 0)
        });
        stop.store(true, Ordering::Relaxed);
        let peaks = watcher.join().map_err(|_| anyhow::anyhow!("the watcher panicked"))?;
        emptied.map(|()| peaks)
    })?;
    let mb = |bytes: u64| bytes as f64 / 1e6;
    let of_daemon = |map: &BTreeMap<u32, u64>| map.get(&id).copied().unwrap_or_default();
    let largest_worker =
        |map: &BTreeMap<u32, u64>| map.iter().filter(|(pid, _)| **pid != id).map(|(_, b)| *b).max().unwrap_or_default();
    println!(
        "  idle:    daemon {:>7.1} MB, workers {}, largest {:.1} MB",
        mb(of_daemon(&idle)),
        idle.len() - 1,
        mb(largest_worker(&idle))
    );
    println!(
        "  at work: daemon {:>7.1} MB, workers started {}, largest {:.1} MB",
        mb(of_daemon(&peaks)),
        peaks.len() - 1,
        mb(largest_worker(&peaks))
    );
    println!(
        "  daemon's peak / mailbox of {:.1} MB: {:.3}",
        mailbox.bytes as f64 / 1e6,
        of_daemon(&peaks) as f64 / mailbox.bytes as f64
    );
    Ok(())
}

/// Peak resident octets (VmHWM) of a process and its children, by process id.
fn residents(id: u32) -> BTreeMap<u32, u64> {
    let mut out = BTreeMap::new();
    let mut open = vec![id];
    while let Some(pid) = open.pop() {
        if let Some(bytes) = high_water(pid) {
            out.insert(pid, bytes);
        }
        let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { continue };
        for task in tasks.flatten() {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            open.extend(children.split_whitespace().filter_map(|c| c.parse::<u32>().ok()));
        }
    }
    out
}

fn high_water(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).context("gone").ok()?;
    let kilobytes: u64 =
        status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
