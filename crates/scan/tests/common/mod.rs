//! The shipped rules and policy, as every test of this folder uses them.
#![allow(dead_code, unreachable_pub, reason = "every test file uses a part of it")]

use lazaret_scan::{Diagnostic, Hints, Policy, Ruleset, SourceFile};
use std::sync::LazyLock;

/// Name and text of every shipped rule file.
pub fn files() -> Vec<SourceFile<'static>> {
    lazaret_scan::shipped::RULE_FILES.iter().map(|(name, text)| SourceFile { name, text }).collect()
}
/// The shipped policy.
pub const POLICY: &str = lazaret_scan::shipped::POLICY_FILE.1;

/// The shipped rules; their examples are run by the test that is there for it.
pub static RULES: LazyLock<Ruleset> =
    LazyLock::new(|| Ruleset::load_accepted(&files()).unwrap_or_else(|all| panic!("{}", lines(&all))));

/// The shipped policy.
pub static SHIPPED: LazyLock<Policy> = LazyLock::new(|| {
    let file = SourceFile { name: "policy.toml", text: POLICY };
    Policy::load(file, &RULES).unwrap_or_else(|all| panic!("{}", lines(&all))).0
});

/// Complaints, one a line.
pub fn lines(all: &[Diagnostic]) -> String {
    all.iter().map(|d| format!("{}:{}:{}: {}\n", d.file, d.line, d.column, d.message)).collect()
}

/// What is found at a score or above: rule and value.
pub fn found(text: &str, min: u8) -> Vec<(String, &str)> {
    let scan = RULES.scan(text, &Hints::default());
    assert_eq!(scan.incomplete, None);
    let read = |m: &lazaret_scan::Match| {
        let rule = RULES.rule(m.rule).expect("a rule of the set");
        (rule.id.clone(), text.get(m.span.clone()).expect("on character boundaries"))
    };
    scan.matches.iter().filter(|m| m.score >= min).map(read).collect()
}
