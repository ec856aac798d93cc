//! Reading documents against other people's readers, by format: each side starts a process and reads one large file.

use super::{Args, median};
use crate::stages::python;
use crate::{process, workspace};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::process::Command;
use std::time::Instant;

/// A document and what others needed for it.
#[derive(Deserialize)]
struct Row {
    file: String,
    bytes: u64,
    seconds: BTreeMap<String, f64>,
}

pub(super) fn run(args: &Args) -> Result<()> {
    println!("── docs: `extract` against pdftotext, LibreOffice and python's readers; one large file each");
    let python = python::environment("residue", python::WRITERS)?;
    let folder = workspace::target().join("bench-documents");
    let script = workspace::root().join("crates/xtask/src/bench/docs/peers.py");
    let rows = process::quiet(Command::new(python).arg(script).arg(&folder).arg(args.runs.to_string()))?;
    println!("  {:<12} {:>9} {:>9}  ratio to", "file", "KB", "MB/s");
    for line in String::from_utf8(rows.stdout)?.lines() {
        let row: Row = serde_json::from_str(line).context("the peers wrote no report")?;
        let mut ours = Vec::new();
        for _ in 0..args.runs {
            let began = Instant::now();
            let output = Command::new(workspace::lazaret())
                .args(["extract", "--format", "json"])
                .arg(folder.join(&row.file))
                .output()?;
            ours.push(began.elapsed().as_secs_f64());
            if !output.status.success() {
                bail!("`extract {}` failed", row.file);
            }
        }
        let ours = median(ours);
        let rate = row.bytes as f64 / 1e6 / ours;
        let ratios = row.seconds.iter().map(|(name, theirs)| format!("{name} {:.1}", theirs / ours));
        println!("  {:<12} {:>9} {rate:>9.1}  {}", row.file, row.bytes / 1000, ratios.collect::<Vec<_>>().join(", "));
    }
    Ok(())
}
