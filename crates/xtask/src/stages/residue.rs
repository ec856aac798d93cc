//! Documents with values in every hiding place go through `redact`; then nothing of a value may be left, by octets and by
//! other people's readers, every word that is no value must be, and LibreOffice must open what was written.
//!
//! What is planted where is `residue/plant.py` and its neighbours; how it is looked for is `residue/check.py`. A writer with
//! a hole, made on purpose, shows that the search finds what is left.

use super::{Verdict, python};
use crate::{process, workspace};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Documents of each format.
const DOCUMENTS: u32 = 10;
/// Draws other values, or those of a run that printed its seed.
const SEED: &str = "LAZARET_RESIDUE_SEED";
const SEED_DEFAULT: &str = "20261124";
/// Troubles shown.
const SHOWN: usize = 20;

/// What came of the documents of one format.
type Counts = BTreeMap<String, u64>;

pub(super) fn run() -> Result<Verdict> {
    let seed = std::env::var(SEED).unwrap_or_else(|_| SEED_DEFAULT.to_owned());
    println!("   seed {seed} ({SEED} draws others)");
    let python = python::environment("residue", python::WRITERS)?;
    let scripts = workspace::root().join("crates/xtask/src/stages/residue");
    let home = workspace::target().join("residue-documents");
    let (sources, written, rows) = (home.join("sources"), home.join("written"), home.join("planted.jsonl"));
    if home.exists() {
        std::fs::remove_dir_all(&home)?;
    }
    std::fs::create_dir_all(&written)?;
    let planted = process::quiet(
        Command::new(&python).arg(scripts.join("plant.py")).arg(&sources).args([DOCUMENTS.to_string(), seed]),
    )?;
    std::fs::write(&rows, &planted.stdout)?;
    redact(&sources, &written)?;
    let check = |hole: &[&str]| -> Result<(BTreeMap<String, Counts>, Vec<String>)> {
        let report = process::quiet(
            Command::new(&python).arg(scripts.join("check.py")).args([&sources, &rows, &written]).args(hole),
        )?;
        read(&serde_json::from_slice(&report.stdout).context("the check wrote no report")?)
    };
    let (formats, trouble) = check(&[])?;
    for (format, counts) in &formats {
        println!("   {format:<5} {}", line(counts));
    }
    let sum = |what: &str| formats.values().filter_map(|counts| counts.get(what)).sum::<u64>();
    if sum("residue") + sum("words lost") > 0 || !trouble.is_empty() {
        bail!("{} values left, {} words lost:\n  {}", sum("residue"), sum("words lost"), shown(&trouble));
    }
    let (holes, _) = check(&["hole"])?;
    if holes.values().filter_map(|counts| counts.get("residue")).sum::<u64>() == 0 {
        bail!("a writer with a hole was not found out: the check proves nothing");
    }
    let files = sum("files");
    let detail = format!(
        "{files} documents of {} formats, {} values, none left; {} not written",
        formats.len(),
        sum("planted"),
        sum("not written")
    );
    Ok(Verdict::Passed(detail))
}

fn redact(sources: &Path, written: &Path) -> Result<()> {
    let mut files: Vec<_> =
        std::fs::read_dir(sources)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    files.sort();
    let output = Command::new(workspace::lazaret()).arg("redact").args(files).arg("-o").arg(written).output()?;
    // 1: some file could not be rewritten; the check counts those.
    match output.status.code() {
        Some(0 | 1) => Ok(()),
        code => bail!("`redact` ended with {code:?}: {}", String::from_utf8_lossy(&output.stderr)),
    }
}

fn read(report: &Value) -> Result<(BTreeMap<String, Counts>, Vec<String>)> {
    let formats = report.get("formats").context("the report has no formats")?;
    let trouble = report.get("trouble").context("the report has no troubles")?;
    Ok((serde_json::from_value(formats.clone())?, serde_json::from_value(trouble.clone())?))
}

fn line(counts: &Counts) -> String {
    let words = ["files", "planted", "residue", "opened", "words", "words lost", "not written"];
    let all = words.iter().filter_map(|word| counts.get(*word).map(|count| format!("{word} {count}")));
    all.collect::<Vec<_>>().join(", ")
}

fn shown(trouble: &[String]) -> String {
    trouble.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("\n  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_and_told() {
        let report = serde_json::json!({"formats": {"csv": {"files": 2, "residue": 1}}, "trouble": ["a.csv: cell"]});
        let (formats, trouble) = read(&report).expect("a report");
        assert_eq!(line(&formats["csv"]), "files 2, residue 1");
        assert_eq!(shown(&trouble), "a.csv: cell");
        assert!(read(&serde_json::json!({"formats": {}})).is_err());
    }
}
