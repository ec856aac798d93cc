//! What documents promise: the README's commands exist, and the sample configuration loads.

use super::Verdict;
use crate::{process, workspace};
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
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
    if checked == 0 {
        bail!("README.md shows no command of the daemon (`lazaret init`, `lazaret check`, `lazaret run`, …)");
    }
    if !readme.contains("cargo xtask test") || !readme.contains("demo") {
        bail!("README.md must show `cargo run --release -- demo` and `cargo xtask test`");
    }
    let sample = root.join("config/lazaret.toml");
    // What the sample names as credentials, so that every line left is about the file itself.
    let credentials = process::scratch("credentials")?;
    for name in ["store-key", "imap", "smtp"] {
        let path = credentials.path().join(name);
        std::fs::write(&path, format!("{}\n", "0f".repeat(32)))?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400))?;
    }
    let output = Command::new(workspace::lazaret())
        .args(["check", "--offline", "--format", "json", "--config"])
        .arg(&sample)
        .env("CREDENTIALS_DIRECTORY", credentials.path())
        .output()?;
    let lines = String::from_utf8_lossy(&output.stdout);
    let errors: Vec<_> = lines.lines().filter(|l| l.contains("\"severity\":\"error\"")).collect();
    if !errors.is_empty() || output.status.code() != Some(0) {
        bail!(
            "`lazaret check --offline` of the sample configuration ended with {}\n{}\n{}",
            output.status,
            errors.join("\n"),
            process::tail(&output.stderr)
        );
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
