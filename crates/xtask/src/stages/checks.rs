//! The dependency rules of `deny.toml`: by cargo-deny where it is installed, else by a short check of the same lists.

use super::Verdict;
use crate::{process, workspace};
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::process::Command;

/// Banned in what is built; `deny.toml` says why.
const BANNED: &[&str] = &["ring", "native-tls", "openssl-sys", "openssl", "async-std", "rsa"];
/// Licences of crates that may be linked: permissive ones.
const LICENCES: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "0BSD",
    "Zlib",
    "Unlicense",
    "bzip2-1.0.6",
    "MIT-0",
    "Unicode-3.0",
    "CDLA-Permissive-2.0",
    "CC0-1.0",
    "BSL-1.0",
];

pub(super) fn deny() -> Result<Verdict> {
    if Command::new("cargo-deny").arg("--version").output().is_ok_and(|o| o.status.success()) {
        process::show(Command::new("cargo-deny").args(["--all-features", "check", "--hide-inclusion-graph"]))?;
        return Ok(Verdict::Passed("cargo-deny".into()));
    }
    // `cargo metadata` lists optional dependencies behind weak features that are off (ring below rustls-webpki, for one);
    // `cargo tree` knows what is built.
    let output = process::quiet(Command::new(workspace::cargo()).args([
        "tree",
        "--workspace",
        "--locked",
        "--edges=normal,build,dev",
        "--target=all",
        "--prefix=none",
        "--format={p}|{l}",
    ]))?;
    let tree = String::from_utf8(output.stdout).context("cargo tree gave no text")?;
    let crates: BTreeSet<&str> = tree.lines().map(|l| l.trim_end_matches(" (*)")).filter(|l| !l.is_empty()).collect();
    let complaints: Vec<String> = crates.iter().flat_map(|line| complaints(line)).collect();
    if !complaints.is_empty() {
        bail!("{}", complaints.join("\n"));
    }
    Ok(Verdict::Passed(format!(
        "cargo-deny is not installed; {} crates against the same lists, advisories not looked at",
        crates.len()
    )))
}

/// What is wrong with a line `name vVERSION[ (origin)]|licence` of cargo tree.
fn complaints(line: &str) -> Vec<String> {
    let (package, licence) = line.split_once('|').unwrap_or((line, ""));
    let mut words = package.split(' ');
    let name = words.next().unwrap_or_default();
    let mut out = Vec::new();
    // The workspace's own crates are not published and carry no licence here.
    if package.contains("(/") {
        return out;
    }
    if BANNED.contains(&name) {
        out.push(format!(
            "`{name}` is banned (deny.toml says why); who asks for it: cargo tree --target all --invert {name}"
        ));
    }
    if !licence_allowed(licence) {
        out.push(format!("`{name}` has the licence `{licence}`, which is not on the list of deny.toml"));
    }
    // Crates of the public registry have no origin.
    let origin = words.nth(1).unwrap_or_default();
    if !matches!(origin, "" | "(proc-macro)") {
        out.push(format!("`{name}` does not come from the public registry"));
    }
    out
}

/// An SPDX expression is allowed if one alternative of each of its conjuncts is.
fn licence_allowed(expression: &str) -> bool {
    let normal = expression.replace('/', " OR ");
    // Conjunctions of parenthesised alternatives are the only nesting that occurs; anything else is refused, and seen.
    normal.split(" AND ").all(|conjunct| {
        let conjunct = conjunct.trim().trim_start_matches('(').trim_end_matches(')');
        conjunct.split(" OR ").any(|l| LICENCES.contains(&l.trim()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licence_expressions() {
        for (expression, allowed) in [
            ("MIT", true),
            ("MIT OR Apache-2.0", true),
            ("MIT/Apache-2.0", true),
            ("GPL-3.0-only", false),
            ("GPL-3.0-only OR MIT", true),
            ("MIT AND GPL-2.0-only", false),
            ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
            ("ISC AND (Apache-2.0 OR ISC)", true),
            ("none", false),
        ] {
            assert_eq!(licence_allowed(expression), allowed, "{expression}");
        }
    }

    #[test]
    fn lines_of_cargo_tree() {
        for (line, wrong) in [
            ("serde v1.0.0|MIT OR Apache-2.0", 0),
            ("serde_derive v1.0.0 (proc-macro)|MIT OR Apache-2.0", 0),
            ("lazaret v0.1.0 (/src/crates/lazaret)|AGPL-3.0-or-later", 0),
            ("ring v0.17.0|Apache-2.0 AND ISC", 1),
            ("mystery v1.0.0|", 1),
            ("rsa v0.9.0 (https://example.com/rsa#1)|GPL-3.0-only", 3),
        ] {
            assert_eq!(complaints(line).len(), wrong, "{line}");
        }
    }

    #[test]
    fn the_lists_are_those_of_deny_toml() {
        let text = std::fs::read_to_string(crate::workspace::root().join("deny.toml")).unwrap();
        for name in BANNED.iter().chain(LICENCES) {
            assert!(text.contains(&format!("\"{name}\"")), "deny.toml lacks {name}");
        }
    }
}
