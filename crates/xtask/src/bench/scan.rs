//! Scanning the visible text of generated mails: the full shipped rule set beside what others use for the same work, in
//! one run over the same bytes. Only the first row checks what it finds; the others match patterns.

use super::{Args, cargo};
use crate::{generate, process, workspace};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Mails at most; more say nothing new.
const MAILS_MAX: usize = 500;
/// Turns of each peer; the best counts.
const TURNS: usize = 5;
/// Presidio is slow: it gets so many bytes.
const PRESIDIO_BYTES: usize = 200_000;

/// What stands in for rules that are no expressions, so that the peers have work of the same kind.
const PLAIN: &str = include_str!("../../../scan/examples/throughput/plain-patterns.txt");

pub(super) fn run(args: &Args) -> Result<()> {
    println!("── scan: the full rule set over the visible text of generated mails, and peers over the same bytes");
    let scratch = process::scratch("scan")?;
    let texts = texts(args, scratch.path())?;
    let whole = scratch.path().join("all.txt");
    let joined: Vec<u8> = texts.iter().map(fs::read).collect::<std::io::Result<Vec<_>>>()?.concat();
    fs::write(&whole, &joined)?;
    let run = [
        "run",
        "--release",
        "--locked",
        "--quiet",
        "--package",
        "lazaret-scan",
        "--example",
        "throughput",
        "--",
        "--peer",
    ];
    process::show(Command::new(cargo()).args(run).args(&texts))?;
    let patterns = patterns(scratch.path())?;
    for (name, measured) in [
        ("ripgrep", ripgrep(&patterns, &whole, joined.len())),
        ("vectorscan", vectorscan(&patterns, &whole, scratch.path())),
        ("presidio-analyzer", presidio(&whole)),
    ] {
        match measured {
            Ok(line) => println!("{name:<22} {line}"),
            Err(error) => println!("{name:<22} not measured: {error}"),
        }
    }
    Ok(())
}

/// The text of every mail, as the program reads it, a file each.
fn texts(args: &Args, scratch: &Path) -> Result<Vec<PathBuf>> {
    generate::run(&generate::Args {
        messages: args.messages.min(MAILS_MAX),
        seed: 1,
        out: scratch.into(),
        copies: 0,
        pii_share: 0.15,
        no_attachments: true,
        crlf: false,
        start: 1_790_000_000,
    })?;
    let mut mails = fs::read_dir(scratch.join("maildir/new"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<PathBuf>>>()?;
    mails.sort();
    let mut command = Command::new(workspace::lazaret());
    let output = process::quiet(command.args(["extract", "--format", "json"]).args(&mails))?;
    let mut texts = Vec::new();
    for (nth, line) in String::from_utf8(output.stdout)?.lines().enumerate() {
        let answer: serde_json::Value = serde_json::from_str(line)?;
        let parts = answer.get("parts").and_then(serde_json::Value::as_array).context("no parts")?;
        let text = parts.iter().filter_map(|part| part.get("text")?.as_str()).collect::<Vec<_>>().join("\n\n");
        let file = scratch.join(format!("{nth:04}.txt"));
        fs::write(&file, text)?;
        texts.push(file);
    }
    Ok(texts)
}

/// The patterns of the rules for tokens, and plain forms for numbers and passwords, one a line. Others of our patterns lean on
/// what leads to them and would only slow the peers.
fn patterns(scratch: &Path) -> Result<PathBuf> {
    let mut all: Vec<String> = PLAIN.lines().map(str::to_owned).collect();
    for entry in fs::read_dir(workspace::root().join("config/rules"))? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with("tokens-") {
            continue;
        }
        let text = fs::read_to_string(entry.path())?;
        all.extend(text.lines().filter_map(|line| {
            let (key, value) = line.split_once('=')?;
            let pattern = value.trim().strip_prefix('\'')?.strip_suffix('\'')?;
            // Names of groups may stand once among all patterns; letters beyond ASCII are several bytes to these.
            let plain = pattern.replace("(?P<value>", "(?:").replace("(?<value>", "(?:");
            let plain: String = plain.chars().map(|c| if c.is_ascii() { c } else { '.' }).collect();
            (key.trim() == "pattern").then(|| format!(r"\b(?:{plain})"))
        }));
    }
    let file = scratch.join("patterns");
    fs::write(&file, all.join("\n") + "\n")?;
    Ok(file)
}

fn ripgrep(patterns: &Path, text: &Path, bytes: usize) -> Result<String> {
    let timed = |file: &Path| -> Result<f64> {
        let mut best = f64::MAX;
        for _ in 0..TURNS {
            let mut command = Command::new("rg");
            command.args(["--no-config", "--no-unicode", "--multiline", "--text", "--threads=1", "--count-matches"]);
            command.args(["--regex-size-limit=1G", "--dfa-size-limit=1G", "--file"]).arg(patterns).arg(file);
            let started = Instant::now();
            let output = command.output().context("apt install ripgrep")?;
            best = best.min(started.elapsed().as_secs_f64());
            // 1: nothing matched.
            let complaint = String::from_utf8_lossy(&output.stderr);
            let first = complaint.lines().find(|l| l.contains("error")).unwrap_or_default();
            anyhow::ensure!(output.status.code().is_some_and(|c| c < 2), "rg refused the patterns: {first}");
        }
        Ok(best)
    };
    // What it takes to start and to build the patterns is no scanning.
    let nothing = text.with_file_name("empty.txt");
    fs::write(&nothing, "")?;
    let start = timed(&nothing)?;
    let took = (timed(text)? - start).max(f64::EPSILON);
    Ok(format!("{:7.1} MB/s  the same patterns, after {:.2} s to build them", bytes as f64 / 1e6 / took, start))
}

fn vectorscan(patterns: &Path, text: &Path, scratch: &Path) -> Result<String> {
    let (source, program) = (scratch.join("vectorscan.c"), scratch.join("vectorscan"));
    fs::write(&source, include_str!("vectorscan.c"))?;
    let mut cc = Command::new("cc");
    cc.args(["-O2", "-I/usr/include/hs", "-o"]).arg(&program).arg(&source).arg("-lhs");
    process::quiet(&mut cc).context("apt install libvectorscan-dev gcc")?;
    let output = process::quiet(Command::new(&program).arg(patterns).arg(text).arg(TURNS.to_string()))?;
    let line = String::from_utf8(output.stdout)?;
    let [rate, count, left_out, matches, built] = line.split_whitespace().collect::<Vec<_>>()[..] else {
        anyhow::bail!("no figures")
    };
    Ok(format!(
        "{rate:>7} MB/s  {count} patterns built in {built} s, {left_out} it does not take, {matches} ends of matches"
    ))
}

fn presidio(text: &Path) -> Result<String> {
    let python = std::env::var_os("PRESIDIO_PYTHON").unwrap_or_else(|| "python3".into());
    let mut command = Command::new(python);
    command.args(["-c", include_str!("presidio.py")]).arg(text).arg(PRESIDIO_BYTES.to_string());
    let output =
        process::quiet(&mut command).context("pip install presidio-analyzer; PRESIDIO_PYTHON names the Python")?;
    let line = String::from_utf8(output.stdout)?;
    let [rate, recognisers, found] = line.split_whitespace().collect::<Vec<_>>()[..] else {
        anyhow::bail!("no figures")
    };
    Ok(format!("{rate:>7} MB/s  {recognisers} recognisers over {PRESIDIO_BYTES} bytes, {found} findings"))
}
