//! The dependency rules of `deny.toml`: by cargo-deny where it is installed, else by a short check of the same lists.

use super::Verdict;
use crate::process;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Banned in what is built; `deny.toml` says why.
const BANNED: &[&str] = &["ring", "native-tls", "openssl-sys", "openssl", "async-std", "rsa"];
/// Licences that may be linked into a work under AGPL-3.0-or-later.
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
    "MIT-0",
    "Unicode-3.0",
    "CDLA-Permissive-2.0",
    "CC0-1.0",
    "BSL-1.0",
    "AGPL-3.0-or-later",
];

pub(super) fn deny() -> Result<Verdict> {
    if Command::new("cargo-deny").arg("--version").output().is_ok_and(|o| o.status.success()) {
        process::show(Command::new("cargo-deny").args(["--all-features", "check", "--hide-inclusion-graph"]))?;
        return Ok(Verdict::Passed("cargo-deny".into()));
    }
    let output = process::quiet(Command::new(super::cargo_path()).args([
        "metadata",
        "--format-version=1",
        "--locked",
        "--filter-platform",
        "x86_64-unknown-linux-gnu",
    ]))?;
    let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo metadata gave no JSON")?;
    let complaints = complaints(&metadata)?;
    if !complaints.is_empty() {
        bail!("{}", complaints.join("\n"));
    }
    let count = reached(&metadata)?.len();
    Ok(Verdict::Passed(format!(
        "cargo-deny is not installed; {count} crates against the same lists, advisories not looked at"
    )))
}

/// Packages that something of the workspace is built with, on this platform and with the features in use.
fn reached(metadata: &Value) -> Result<BTreeSet<String>> {
    let nodes = metadata["resolve"]["nodes"].as_array().context("no resolve graph")?;
    let edges: BTreeMap<&str, Vec<&str>> = nodes
        .iter()
        .filter_map(|n| {
            let to = n["deps"].as_array()?.iter().filter_map(|d| d["pkg"].as_str()).collect();
            Some((n["id"].as_str()?, to))
        })
        .collect();
    let mut open: Vec<&str> =
        metadata["workspace_members"].as_array().context("no members")?.iter().filter_map(Value::as_str).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if seen.insert(id.to_string()) {
            open.extend(edges.get(id).into_iter().flatten());
        }
    }
    Ok(seen)
}

fn complaints(metadata: &Value) -> Result<Vec<String>> {
    let reached = reached(metadata)?;
    let mut out = Vec::new();
    for package in metadata["packages"].as_array().context("no packages")? {
        let (id, name) = (package["id"].as_str().unwrap_or_default(), package["name"].as_str().unwrap_or_default());
        if !reached.contains(id) {
            continue;
        }
        if BANNED.contains(&name) {
            out.push(format!(
                "`{name}` is banned (deny.toml says why); find who asks for it: cargo tree --invert {name}"
            ));
        }
        let licence = package["license"].as_str().unwrap_or("none");
        if !licence_allowed(licence) {
            out.push(format!("`{name}` has the licence `{licence}`, which is not on the list of deny.toml"));
        }
        let source = package["source"].as_str();
        if source.is_some_and(|s| s != "registry+https://github.com/rust-lang/crates.io-index") {
            out.push(format!("`{name}` does not come from crates.io"));
        }
    }
    Ok(out)
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
    fn only_what_is_reached_is_judged() {
        let metadata = serde_json::json!({
            "workspace_members": ["a"],
            "resolve": { "nodes": [
                { "id": "a", "deps": [{ "pkg": "b" }] }, { "id": "b", "deps": [] }, { "id": "c", "deps": [] },
            ]},
            "packages": [
                { "id": "a", "name": "a", "license": "AGPL-3.0-or-later", "source": null },
                { "id": "b", "name": "ring", "license": "MIT", "source": "registry+https://github.com/rust-lang/crates.io-index" },
                { "id": "c", "name": "rsa", "license": "none", "source": "git+https://example.com/c" },
            ],
        });
        let complaints = complaints(&metadata).unwrap();
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(complaints[0].contains("ring"));
    }

    #[test]
    fn the_lists_are_those_of_deny_toml() {
        let text = std::fs::read_to_string(crate::workspace::root().join("deny.toml")).unwrap();
        for name in BANNED.iter().chain(LICENCES) {
            assert!(text.contains(&format!("\"{name}\"")), "deny.toml lacks {name}");
        }
    }
}
