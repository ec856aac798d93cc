//! `cargo xtask mutants`: are validators and judges tested? Their code is changed in small ways, drawn by a printed seed,
//! and the tests of the crate must notice. The changes are made by cargo-mutants, in two rounds: the tests within the crate
//! first, which build in a few seconds, and for what these do not notice the tests of its folder `tests`.

use crate::generate::rng::Rng;
use crate::{process, workspace};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

/// What is changed.
const FILES: [&str; 3] = ["crates/scan/src/validator/**", "crates/scan/src/judge*", "crates/scan/src/overlap.rs"];
/// The tests of the second round; the two that are left out take as long as the others together.
const TESTS: [&str; 9] =
    ["beside_marks", "carriers", "complaints", "explain", "forms", "keys", "layers", "national", "sentences"];
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

/// How many changes were noticed and did not build, and which were not noticed.
struct Round {
    killed: usize,
    unviable: usize,
    missed: Vec<String>,
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
    let first = round(args, &drawn, &["--lib".to_owned()], &out.join("within"))?;
    println!("seed {seed}: {} noticed by the tests within, {} not", first.killed, first.missed.len());
    let tests: Vec<String> = TESTS.iter().map(|test| format!("--test={test}")).collect();
    let second = match first.missed.is_empty() {
        true => Round { killed: 0, unviable: 0, missed: Vec::new() },
        false => round(args, &first.missed, &tests, &out.join("beside"))?,
    };
    second.missed.iter().for_each(|name| println!("not noticed: {name}"));
    let (killed, missed) = (first.killed + second.killed, second.missed.len());
    let percent = killed * 100 / (killed + missed).max(1);
    println!("seed {seed}: {killed} noticed, {missed} missed, {} did not build: {percent} %", first.unviable);
    match percent >= KILLED_PERCENT_MIN {
        true => Ok(()),
        false => bail!("{percent} % is less than {KILLED_PERCENT_MIN} %"),
    }
}

/// Tries changes with some of the tests.
fn round(args: &Args, changes: &[String], tests: &[String], out: &Path) -> Result<Round> {
    if out.exists() {
        fs::remove_dir_all(out).with_context(|| format!("cannot empty {}", out.display()))?;
    }
    fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let mut command = Command::new("cargo");
    command.args(["mutants", "--package=lazaret-scan", "--timeout=120", "--no-shuffle", "--colors=never"]);
    command.arg(format!("--jobs={}", args.jobs)).arg("--output").arg(out);
    command.args(FILES.iter().map(|file| format!("--file={file}")));
    command.args(changes.iter().map(|name| format!("--re=^{}$", regex_syntax::escape(name))));
    command.args(tests.iter().map(|test| format!("--cargo-arg={test}")));
    // Nobody reads a backtrace of a changed program, and it builds faster.
    command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("RUST_BACKTRACE", "0");
    // It ends with 2 when a change went unnoticed; the counts decide.
    let _ = process::show(&mut command);
    let lines = |name: &str| -> Result<Vec<String>> {
        let text = fs::read_to_string(out.join("mutants.out").join(name)).with_context(|| format!("no {name}"))?;
        Ok(text.lines().map(str::to_owned).collect())
    };
    Ok(Round {
        killed: lines("caught.txt")?.len() + lines("timeout.txt")?.len(),
        unviable: lines("unviable.txt")?.len(),
        missed: lines("missed.txt")?,
    })
}

/// Every change that could be tried.
fn list() -> Result<Vec<String>> {
    let mut command = Command::new("cargo");
    command.args(["mutants", "--list", "--package=lazaret-scan", "--colors=never"]);
    command.args(FILES.iter().map(|file| format!("--file={file}")));
    let output = process::quiet(&mut command)?;
    Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
}
