//! `cargo xtask docs`: documents that are made from the code, so that nobody writes them by hand.

use crate::{process, workspace};
use anyhow::{Context, Result, bail};
use std::process::Command;

/// Compare, or write.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Write deploy/CONFIG.md anew; without this, fail where it is stale.
    #[arg(long)]
    write: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let folder = workspace::target().join("manual");
    process::show(
        Command::new(workspace::cargo())
            .args(["run", "--quiet", "--locked", "--package", "lazaret", "--", "manual"])
            .arg(&folder)
            .current_dir(workspace::root()),
    )?;
    let made = std::fs::read_to_string(folder.join("CONFIG.md"))?;
    let there = workspace::root().join("deploy/CONFIG.md");
    if std::fs::read_to_string(&there).is_ok_and(|text| text == made) {
        println!("deploy/CONFIG.md is as the code says; everything else is in {}", folder.display());
        return Ok(());
    }
    if !args.write {
        bail!("deploy/CONFIG.md is stale: `cargo xtask docs --write` writes it anew");
    }
    std::fs::write(&there, made).context("cannot write deploy/CONFIG.md")?;
    println!("deploy/CONFIG.md is written");
    Ok(())
}
