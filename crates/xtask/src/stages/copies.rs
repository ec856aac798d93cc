//! Clean copies of many mails, as `redact` writes them, are read by parsers that are not ours: Python's email package and
//! Dovecot. They may have no defect that the original had not, and hold nothing of what was taken out, however it is coded.
//!
//! The mails are generated, and real ones of a corpus where it lies. How they are looked at is `copies/check.py`.

use super::{Verdict, python};
use crate::generate;
use crate::servers::{Lab, PASSWORD};
use crate::{process, workspace};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Generated mails.
const MAILS: usize = 300;
/// Files in one run of `redact` and `scan`.
const FILES_PER_RUN: usize = 200;
/// Troubles shown.
const SHOWN: usize = 20;
/// Where real mail is, if not beside the checkout.
const CORPUS: &str = "LAZARET_CORPUS";

pub(super) fn run(lab: &Lab) -> Result<Verdict> {
    let home = workspace::target().join("copies");
    if home.exists() {
        std::fs::remove_dir_all(&home)?;
    }
    let (sources, written) = (home.join("sources"), home.join("written"));
    std::fs::create_dir_all(&sources)?;
    std::fs::create_dir_all(&written)?;
    generated(&home, &sources)?;
    let real = real(&sources)?;
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&sources)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    files.sort();
    for files in files.chunks(FILES_PER_RUN) {
        // 1: some mail is quarantined, or is none; the check counts those.
        lazaret(&["redact", "-o", &written.to_string_lossy()], files)?;
    }
    std::fs::write(home.join("values.json"), serde_json::to_vec(&values(&files)?)?)?;
    let account = lab.dovecot.account("copies", '/')?;
    // The residue stage's readers look into the files of copies.
    let python = python::environment("residue", python::WRITERS)?;
    let script = workspace::root().join("crates/xtask/src/stages/copies/check.py");
    let check = |hole: &[&str]| -> Result<(BTreeMap<String, u64>, Vec<String>)> {
        let mut command = Command::new(&python);
        command.arg(&script).arg(&home).args([&lab.dovecot.port.to_string(), &account.user, PASSWORD]);
        let report = process::quiet(command.arg(&lab.ca.root).args(hole))?;
        read(&serde_json::from_slice(&report.stdout).context("the check wrote no report")?)
    };
    let (counts, trouble) = check(&[])?;
    let count = |counts: &BTreeMap<String, u64>, what: &str| counts.get(what).copied().unwrap_or(0);
    if !trouble.is_empty() {
        let shown: Vec<&str> = trouble.iter().take(SHOWN).map(String::as_str).collect();
        bail!("{} troubles:\n  {}", trouble.len(), shown.join("\n  "));
    }
    if count(&check(&["hole"])?.0, "values left") == 0 {
        bail!("mails as they came were not found out: the check proves nothing");
    }
    let beside = if real == 0 { format!("; no corpus at {CORPUS} or ../shared/corpus") } else { String::new() };
    let (mails, lost) = (count(&counts, "mails"), count(&counts, "not written"));
    let no_mails = count(&counts, "no mails");
    Ok(Verdict::Passed(format!(
        "copies of {} mails ({real} real), {} values taken out, none left, no defect of ours; {lost} quarantined, \
         {no_mails} no mails{beside}",
        mails - lost - no_mails,
        count(&counts, "values"),
    )))
}

fn generated(home: &Path, sources: &Path) -> Result<()> {
    let out = home.join("generated");
    let args = generate::Args {
        messages: MAILS,
        seed: 7,
        out: out.clone(),
        copies: 0,
        pii_share: 0.6,
        no_attachments: false,
        crlf: true,
        start: 1_772_000_000,
    };
    let mailbox = generate::run(&args)?;
    for message in &mailbox.messages {
        let from = ["cur", "new"].map(|sub| out.join("maildir").join(sub).join(&message.file));
        let from = from.iter().find(|path| path.exists()).context("a generated mail is missing")?;
        std::fs::copy(from, sources.join(format!("generated-{}.eml", message.id)))?;
    }
    Ok(())
}

/// Takes in the mails of a corpus; answers their number, 0 where there is none.
fn real(sources: &Path) -> Result<usize> {
    let given = std::env::var_os(CORPUS).map(PathBuf::from);
    let folder = given.unwrap_or_else(|| workspace::root().join("../shared/corpus")).join("mail");
    let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(0) };
    let mut count = 0;
    for source in entries {
        let source = source?;
        let Ok(list) = std::fs::read_to_string(source.path().join("expect.jsonl")) else { continue };
        for line in list.lines() {
            let row: Value = serde_json::from_str(line)?;
            let name = row["file"].as_str().context("a row of the corpus names no file")?;
            let to = format!("{}-{name}", source.file_name().to_string_lossy());
            std::fs::copy(source.path().join(name), sources.join(to))?;
            count += 1;
        }
    }
    Ok(count)
}

/// What is taken out of each file, by its name: what `scan` finds there.
fn values(files: &[PathBuf]) -> Result<BTreeMap<String, Vec<String>>> {
    let mut all = BTreeMap::new();
    for files in files.chunks(FILES_PER_RUN) {
        let lines = lazaret(&["scan", "--reveal", "--format", "json"], files)?;
        for line in lines.lines() {
            let row: Value = serde_json::from_str(line)?;
            let name =
                row["file"].as_str().and_then(|file| Path::new(file).file_name()).context("a row without a file")?;
            let findings = row["findings"].as_array().into_iter().flatten();
            let taken = findings.filter(|f| matches!(f["action"].as_str(), Some("redact" | "withhold")));
            let values: Vec<String> = taken.filter_map(|f| f["context"]["value"].as_str()).map(str::to_owned).collect();
            all.insert(name.to_string_lossy().into_owned(), values);
        }
    }
    Ok(all)
}

fn lazaret(args: &[&str], files: &[PathBuf]) -> Result<String> {
    let output = Command::new(workspace::lazaret()).args(args).args(files).output()?;
    match output.status.code() {
        Some(0 | 1) => Ok(String::from_utf8(output.stdout)?),
        code => bail!("`{}` ended with {code:?}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr)),
    }
}

fn read(report: &Value) -> Result<(BTreeMap<String, u64>, Vec<String>)> {
    let counts = report.get("counts").context("the report has no counts")?;
    let trouble = report.get("trouble").context("the report has no troubles")?;
    Ok((serde_json::from_value(counts.clone())?, serde_json::from_value(trouble.clone())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read() {
        let report = serde_json::json!({"counts": {"mails": 2}, "trouble": ["a.eml: defects"]});
        let (counts, trouble) = read(&report).expect("a report");
        assert_eq!((counts["mails"], trouble.len()), (2, 1));
        assert!(read(&serde_json::json!({"counts": {}})).is_err());
    }
}
