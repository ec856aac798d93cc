//! What documents promise: the README's commands exist, and the sample configuration loads.

use super::Verdict;
use crate::{process, workspace};
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::process::Command;

pub(super) fn run() -> Result<Verdict> {
    let root = workspace::root();
    let readme = std::fs::read_to_string(root.join("README.md")).context("there is no README.md")?;
    let mut checked = 0;
    for words in commands(&readme) {
        let mut command = Command::new(workspace::lazaret());
        command.args(&words).arg("--help");
        process::quiet(&mut command).with_context(|| format!("README.md shows `lazaret {}`", words.join(" ")))?;
        checked += 1;
    }
    if !readme.contains("cargo xtask test") || !readme.contains("demo") {
        bail!("README.md must show `cargo run --release -- demo` and `cargo xtask test`");
    }
    let sample = root.join("config/lazaret.toml");
    let output = Command::new(workspace::lazaret())
        .args(["check", "--offline", "--config"])
        .arg(&sample)
        .env("CREDENTIALS_DIRECTORY", "/nonexistent")
        .output()?;
    // Keys named in the sample are not on this machine (78 is allowed for them); a mistake in the file itself names its line.
    let text = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    if text.contains("lazaret.toml:") {
        bail!("the sample configuration does not load:\n{text}");
    }
    if !matches!(output.status.code(), Some(0 | 78)) {
        bail!("`lazaret check --offline` ended with {}:\n{text}", output.status);
    }
    Ok(Verdict::Passed(format!("{checked} commands of the README exist, the sample configuration loads")))
}

/// `lazaret VERB [VERB]` as they stand in code of the README.
fn commands(readme: &str) -> BTreeSet<Vec<String>> {
    let mut out = BTreeSet::new();
    for (at, _) in readme.match_indices("lazaret ") {
        let before = readme[..at].chars().next_back();
        if !matches!(before, None | Some('`' | '\n' | ' ' | '/')) {
            continue;
        }
        let rest = &readme[at + "lazaret ".len()..];
        let line = rest.split(['`', '\n', '|', '#']).next().unwrap_or_default();
        let words: Vec<String> = line
            .split_whitespace()
            .take_while(|w| w.bytes().all(|b| b.is_ascii_lowercase()))
            .take(2)
            .map(String::from)
            .collect();
        let in_code = readme[..at].lines().next_back().is_some_and(|l| l.contains('`') || l.starts_with("    "))
            || readme[..at].matches("```").count() % 2 == 1;
        if in_code && !words.is_empty() && VERBS.contains(&words[0].as_str()) {
            let two = matches!(words[0].as_str(), "ticket" | "quarantine" | "outbox" | "rules");
            out.insert(words.into_iter().take(if two { 2 } else { 1 }).collect());
        }
    }
    out
}

const VERBS: &[&str] = &[
    "demo",
    "init",
    "check",
    "run",
    "replay",
    "parse",
    "extract",
    "scan",
    "status",
    "ticket",
    "quarantine",
    "outbox",
    "rules",
    "redact",
];

#[cfg(test)]
mod tests {
    #[test]
    fn commands_are_read_out_of_code_only() {
        let readme = "Then lazaret run things.\n`lazaret ticket list --format json`, `lazaret check`\n```\nlazaret scan FILE\n```\n";
        let found: Vec<_> = super::commands(readme).into_iter().map(|w| w.join(" ")).collect();
        assert_eq!(found, ["check", "scan", "ticket list"]);
    }
}
