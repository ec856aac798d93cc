//! What documents promise: the commands of README and runbook exist, the walk of TUNING.md prints what it shows, and the
//! sample configuration loads.

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
    for document in ["README.md", "deploy/RUNBOOK.md"] {
        let text = std::fs::read_to_string(root.join(document)).with_context(|| format!("there is no {document}"))?;
        for words in commands(&text) {
            let mut command = Command::new(workspace::lazaret());
            command.args(&words).arg("--help");
            process::quiet(&mut command).with_context(|| format!("{document} shows `lazaret {}`", words.join(" ")))?;
            checked += 1;
        }
    }
    if checked == 0 {
        bail!("README.md shows no command of the daemon (`lazaret init`, `lazaret check`, `lazaret run`, …)");
    }
    if !readme.contains("cargo xtask test") || !readme.contains("demo") {
        bail!("README.md must show `cargo run --release -- demo` and `cargo xtask test`");
    }
    let played = replay(&std::fs::read_to_string(root.join("deploy/TUNING.md")).context("there is no TUNING.md")?)?;
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
    Ok(Verdict::Passed(format!(
        "{checked} commands of README and runbook exist, {played} of TUNING.md print what it says, the sample configuration loads"
    )))
}

/// Plays a walk in an empty folder: a block ```LANGUAGE NAME is a file, ```console holds commands after `$ ` with what they
/// print. Answers how many commands there were.
fn replay(walk: &str) -> Result<usize> {
    let folder = process::scratch("walk")?;
    let path = workspace::path()?;
    let mut count = 0;
    // Odd pieces are the insides of blocks.
    for block in walk.split("```").skip(1).step_by(2) {
        let (title, body) = block.split_once('\n').unwrap_or((block, ""));
        match title.split_once(' ') {
            Some((_, name)) => {
                let file = folder.path().join(name);
                std::fs::create_dir_all(file.parent().context("no folder")?)?;
                std::fs::write(&file, body)?;
            }
            None if title == "console" => {
                for step in body.split("$ ").skip(1) {
                    let (command, want) = step.split_once('\n').unwrap_or((step, ""));
                    let mut shell = Command::new("sh");
                    shell.args(["-c", &format!("exec 2>&1; {command}")]).env("PATH", &path);
                    let output = shell.current_dir(folder.path()).output()?;
                    let got = String::from_utf8_lossy(&output.stdout);
                    if got != want {
                        bail!("TUNING.md shows of `{command}`\n{want}\nbut it prints\n{got}");
                    }
                    count += 1;
                }
            }
            None => {}
        }
    }
    if count == 0 {
        bail!("TUNING.md holds no command");
    }
    Ok(count)
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
        // A sentence in code comes with a capital or a sign; what looks like a verb must be one.
        if let Some(first) = words.first().filter(|_| in_code) {
            const TWO: [&str; 8] = ["audit", "held", "keys", "observe", "outbox", "quarantine", "rules", "ticket"];
            let count = if TWO.contains(&first.as_str()) { 2 } else { 1 };
            out.insert(words.iter().take(count).cloned().collect());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn commands_are_read_out_of_code_only() {
        let readme = "Then lazaret run things.\n`lazaret ticket list --format json`, `lazaret check`\n```\nlazaret scan FILE\n```\n";
        let found: Vec<_> = super::commands(readme).into_iter().map(|w| w.join(" ")).collect();
        assert_eq!(found, ["check", "scan", "ticket list"]);
    }
}
