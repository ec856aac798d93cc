//! Agreement of the validators of `lazaret-scan` with python-stdnum, which is run beside them as an oracle: the same
//! numbers, two implementations. Which validator goes with which module, on what numbers, and where the two differ for a
//! reason, is a table (`oracle/pairs.toml`).

use super::{Verdict, python};
use crate::{process, workspace};
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// The release whose verdicts are compared.
const ORACLE: &str = "python-stdnum==2.2";
/// Families of neighbouring numbers for each shape.
const STARTS: u32 = 20;
/// Disagreements shown for one validator.
const SHOWN: usize = 5;
/// Draws other numbers, or those of a run that printed its seed.
const SEED: &str = "LAZARET_ORACLE_SEED";
/// What passed once passes again; looking for new disagreements is for people, who can mend them.
const SEED_DEFAULT: u64 = 20_261_124;

/// What came of one validator.
#[derive(Default)]
struct Count {
    compared: usize,
    valid: usize,
    differing: Vec<String>,
}

pub(super) fn run() -> Result<Verdict> {
    let seed = match std::env::var(SEED) {
        Ok(seed) => seed.parse().with_context(|| format!("{SEED} is not a number"))?,
        Err(_) => SEED_DEFAULT,
    };
    println!("   seed {seed} ({SEED} draws others)");
    let python = python::environment("oracle", &[ORACLE])?;
    let folder = workspace::root().join("crates/xtask/src/stages/oracle");
    let output = process::quiet(
        Command::new(python)
            .arg(folder.join("verdicts.py"))
            .arg(folder.join("pairs.toml"))
            .args([seed.to_string(), STARTS.to_string()]),
    )?;
    let left_out: usize = String::from_utf8_lossy(&output.stderr)
        .lines()
        .filter_map(|line| line.split('\t').nth(1)?.parse::<usize>().ok())
        .sum();
    let counts = compare(&String::from_utf8(output.stdout).context("the oracle wrote no text")?)?;
    let unproven: Vec<_> = counts.iter().filter(|(_, c)| c.valid == 0).map(|(name, _)| name.as_str()).collect();
    if !unproven.is_empty() {
        bail!("not one valid number was tried for: {}", unproven.join(", "));
    }
    let wrong: Vec<String> = counts.iter().filter(|(_, c)| !c.differing.is_empty()).map(describe).collect();
    if !wrong.is_empty() {
        bail!("the oracle disagrees (seed {seed}):\n{}", wrong.join("\n"));
    }
    let compared: usize = counts.values().map(|c| c.compared).sum();
    let valid: usize = counts.values().map(|c| c.valid).sum();
    let without: BTreeSet<_> = lazaret_scan::validators().filter(|name| !counts.contains_key(*name)).collect();
    Ok(Verdict::Passed(format!(
        "{} validators, {compared} numbers ({valid} valid), no disagreement; {left_out} left out for a listed reason; {} \
         validators have no counterpart",
        counts.len(),
        without.len()
    )))
}

/// Compares lines of validator, number, 0 or 1.
fn compare(verdicts: &str) -> Result<BTreeMap<String, Count>> {
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    for line in verdicts.lines() {
        let mut cells = line.split('\t');
        let (Some(name), Some(number), Some(verdict)) = (cells.next(), cells.next(), cells.next()) else {
            bail!("the oracle wrote a line that is none of its own");
        };
        let theirs = verdict == "1";
        let ours = lazaret_scan::validate(name, number)
            .with_context(|| format!("the table of pairs names `{name}`, and there is no such validator"))?;
        let count = counts.entry(name.to_owned()).or_default();
        count.compared += 1;
        count.valid += usize::from(theirs);
        if ours != theirs {
            count.differing.push(format!("{number} ({} here)", if ours { "valid" } else { "invalid" }));
        }
    }
    Ok(counts)
}

fn describe((name, count): (&String, &Count)) -> String {
    let shown = count.differing.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    format!("  {name}: {} of {}: {shown}", count.differing.len(), count.compared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disagreements_are_counted() {
        let counts = compare("luhn\t79927398713\t1\nluhn\t79927398710\t1\nluhn\t79927398711\t0\n").unwrap();
        let luhn = &counts["luhn"];
        assert_eq!((luhn.compared, luhn.valid, luhn.differing.len()), (3, 2, 1));
        assert!(compare("no_such\t1\t1\n").is_err());
        assert!(compare("luhn 1 1\n").is_err());
    }
}
