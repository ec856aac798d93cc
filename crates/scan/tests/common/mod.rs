//! The shipped rules and policy, as every test of this folder uses them.
#![allow(dead_code, unreachable_pub, reason = "every test file uses a part of it")]

use lazaret_scan::{Diagnostic, Hints, Policy, Ruleset, SourceFile};
use std::sync::LazyLock;

/// Name and text of every shipped rule file.
pub const FILES: [(&str, &str); 7] = [
    ("cards.toml", include_str!("../../../../config/rules/cards.toml")),
    ("banking.toml", include_str!("../../../../config/rules/banking.toml")),
    ("national.toml", include_str!("../../../../config/rules/national.toml")),
    ("contact.toml", include_str!("../../../../config/rules/contact.toml")),
    ("passwords.toml", include_str!("../../../../config/rules/passwords.toml")),
    ("secrets.toml", include_str!("../../../../config/rules/secrets.toml")),
    ("test-values.toml", include_str!("../../../../config/rules/test-values.toml")),
];
/// The shipped policy.
pub const POLICY: &str = include_str!("../../../../config/policy.toml");

/// The shipped rules; their examples are run by the test that is there for it.
pub static RULES: LazyLock<Ruleset> = LazyLock::new(|| {
    let files = FILES.map(|(name, text)| SourceFile { name, text });
    Ruleset::load_accepted(&files).unwrap_or_else(|all| panic!("{}", lines(&all)))
});

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
