//! `cargo xtask fuzz`: cargo-fuzz on what reads foreign text and files, for a given time each. Kept inputs lie beside the
//! targets (`crates/*/fuzz/corpus`) and are run again by every test run; new ones are collected under `target/fuzz`.

use crate::{process, workspace};
use anyhow::{Context, Result, bail};
use std::fs;
use std::process::Command;

/// Targets by the crate that they are in; see `lazaret_scan::fuzz` and `lazaret_docs::fuzz` for what must hold.
const TARGETS: [(&str, &str); 9] = [
    ("normaliser", "scan"),
    ("engine", "scan"),
    ("loader", "scan"),
    ("office", "docs"),
    ("legacy", "docs"),
    ("pdf", "docs"),
    ("archive", "docs"),
    ("text", "docs"),
    ("any", "docs"),
];

/// Which target, and how long.
#[derive(clap::Args, Debug, Clone)]
pub(crate) struct Args {
    /// One target [default: all]
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(TARGETS.map(|(name, _)| name)))]
    target: Option<String>,
    /// Seconds for each target.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    std::env::set_current_dir(workspace::root())?;
    if !Command::new("cargo").args(["fuzz", "--version"]).output().is_ok_and(|o| o.status.success()) {
        bail!(process::Unavailable(
            "cargo-fuzz is not installed: cargo install --locked cargo-fuzz; rustup toolchain install nightly".into()
        ));
    }
    for (target, package) in TARGETS.into_iter().filter(|t| args.target.as_deref().is_none_or(|wanted| wanted == t.0)) {
        let folder = format!("crates/{package}/fuzz");
        let found = workspace::target().join("fuzz").join(target);
        fs::create_dir_all(&found).with_context(|| format!("cannot make {}", found.display()))?;
        println!("── {target}: {} s", args.seconds);
        let mut command = Command::new("cargo");
        command.env("RUSTUP_TOOLCHAIN", "nightly").args(["fuzz", "run", "--fuzz-dir", &folder, target]);
        command.arg(&found).arg(format!("{folder}/corpus/{target}")).arg("--");
        command.arg(format!("-max_total_time={}", args.seconds));
        // A message's text of 16 KiB takes less than a millisecond; ten seconds is a hang.
        command.args(["-timeout=10", "-rss_limit_mb=2048", "-max_len=16384", "-print_final_stats=1", "-verbosity=0"]);
        process::show(&mut command)?;
    }
    Ok(())
}
