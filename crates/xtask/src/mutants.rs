//! `cargo xtask mutants`: are validators and judges tested? Their code is changed in small ways, drawn by a printed seed,
//! and the tests of the crate must notice. The changes are made by cargo-mutants.

use crate::generate::rng::Rng;
use crate::{process, workspace};
use anyhow::{Context, Result, bail};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

/// What is changed.
const FILES: [&str; 3] = ["crates/scan/src/validator/**", "crates/scan/src/judge*", "crates/scan/src/overlap.rs"];
/// Share of the changes that the tests must notice, in percent.
const KILLED_PERCENT_MIN: usize = 85;

/// How many changes, and which.
#[derive(clap::Args, Debug, Clone)]
pub(crate) struct Args {
    /// Changes to try.
    #[arg(long, default_value_t = 300)]
    count: usize,
    /// Draws the changes [default: the time]
    #[arg(long)]
    seed: Option<u64>,
    /// Changes that are tried side by side.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    std::env::set_current_dir(workspace::root())?;
    if !Command::new("cargo").args(["mutants", "--version"]).output().is_ok_and(|o| o.status.success()) {
        bail!(process::Unavailable("cargo-mutants is not installed: cargo install --locked cargo-mutants".into()));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let seed = args.seed.unwrap_or(now);
    let mut all = list()?;
    all.sort();
    let mut rng = Rng::new(seed);
    let mut drawn = Vec::new();
    while drawn.len() < args.count && !all.is_empty() {
        drawn.push(all.swap_remove(rng.below(all.len())));
    }
    println!("seed {seed}: {} of {} changes", drawn.len(), drawn.len() + all.len());
    let out = workspace::target().join("mutants");
    let mut command = Command::new("cargo");
    command.args(["mutants", "--package=lazaret-scan", "--timeout=120", "--no-shuffle", "--colors=never"]);
    command.arg(format!("--jobs={}", args.jobs)).arg("--output").arg(&out);
    command.args(FILES.iter().map(|file| format!("--file={file}")));
    command.args(drawn.iter().map(|name| format!("--re=^{}$", regex_syntax::escape(name))));
    // It ends with 2 when a change went unnoticed; the count below decides.
    let _ = process::show(&mut command);
    let outcomes = std::fs::read_to_string(out.join("mutants.out/outcomes.json")).context("no outcomes")?;
    let outcomes: serde_json::Value = serde_json::from_str(&outcomes)?;
    let count = |key: &str| outcomes.get(key).and_then(serde_json::Value::as_u64).unwrap_or(0) as usize;
    let (killed, missed) = (count("caught") + count("timeout"), count("missed"));
    let percent = killed * 100 / (killed + missed).max(1);
    println!("seed {seed}: {killed} noticed, {missed} missed, {} did not build: {percent} %", count("unviable"));
    match percent >= KILLED_PERCENT_MIN {
        true => Ok(()),
        false => bail!("{percent} % is less than {KILLED_PERCENT_MIN} %"),
    }
}

/// Every change that could be tried.
fn list() -> Result<Vec<String>> {
    let mut command = Command::new("cargo");
    command.args(["mutants", "--list", "--package=lazaret-scan", "--colors=never"]);
    command.args(FILES.iter().map(|file| format!("--file={file}")));
    let output = process::quiet(&mut command)?;
    Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
}
