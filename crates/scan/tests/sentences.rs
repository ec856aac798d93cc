//! Credentials as people write them: sentences with a value, their twins without one, and the same in many languages.

mod common;

use common::{RULES, SHIPPED};
use lazaret_scan::{Action, Hints};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Range;

const SENTENCES: &str = include_str!("../../../fixtures/scan/sentences.jsonl");
const FRAMES: &str = include_str!("../../../fixtures/scan/sentences-frames.jsonl");
const BENIGN: &str = include_str!("../../../fixtures/scan/sentences-benign.jsonl");
const FORMS: &str = include_str!("../../../fixtures/scan/sentences-forms.jsonl");
/// From this score on a value is taken out.
const REDACT: u8 = 60;

fn rows(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect()
}

fn word<'v>(row: &'v Value, key: &str) -> &'v str {
    row[key].as_str().unwrap_or_else(|| panic!("`{key}` is missing in {row}"))
}

/// Is the value covered by findings that are redacted, and nothing but punctuation with it?
fn is_found(text: &str, secret: &str) -> bool {
    let at = text.find(secret).expect("the sentence holds it");
    let wanted = at..at + secret.len();
    let covers = |span: &Range<usize>| span.start <= wanted.start && wanted.end <= span.end;
    let is_tight = |span: &Range<usize>| {
        let left = text.get(span.start..wanted.start).expect("on boundaries");
        let right = text.get(wanted.end..span.end).expect("on boundaries");
        left.chars().chain(right.chars()).all(|c| c.is_ascii_punctuation())
    };
    RULES
        .scan(text, &Hints::default())
        .matches
        .iter()
        .any(|m| m.score >= REDACT && covers(&m.span) && is_tight(&m.span))
}

/// What the shipped policy would do something about.
fn actions(text: &str) -> Vec<String> {
    let all = RULES.scan(text, &Hints::default()).matches;
    let rule = all.iter().filter_map(|m| RULES.rule(m.rule).map(|rule| (rule, m)));
    let acted = rule.filter(|(rule, m)| SHIPPED.action(rule, m.score) != Action::Allow);
    acted.map(|(rule, m)| format!("{} {}", rule.id, text.get(m.span.clone()).unwrap_or_default())).collect()
}

#[test]
fn sentences_and_their_twins() {
    let all = rows(SENTENCES);
    assert_eq!(all.len(), 23);
    let missed: Vec<&str> =
        all.iter().filter(|r| !is_found(word(r, "text"), word(r, "secret"))).map(|r| word(r, "text")).collect();
    assert!(missed.len() <= 2, "missed: {missed:?}");
    for row in &all {
        let twins = row["twins"].as_array().expect("a list");
        assert!(twins.len() >= 3, "{row}");
        for twin in twins.iter().filter_map(Value::as_str) {
            assert_eq!(actions(twin), [""; 0], "{twin}");
        }
    }
}

/// A made-up password; each number gives another one.
fn password(seed: usize) -> String {
    let heads =
        ["Kastanie", "bluefin", "Tr4mway", "xq7Lm", "Velvet", "mango", "Sommer", "gLacier", "Pepper", "riverbed"];
    let tails = ["47", "!29", "&Rail8", "2pZ", "#Otter9", "_tree55", "2023!", "99x", "$31", "+K4"];
    let at = |list: [&'static str; 10], n: usize| *list.get(n % 10).expect("ten");
    format!("{}{}", at(heads, seed), at(tails, seed / 10 + seed * 3))
}

#[test]
fn languages() {
    let mut counts: BTreeMap<String, (usize, usize, usize)> = BTreeMap::new();
    let mut missed = Vec::new();
    let mut seed = 0;
    for row in rows(FRAMES) {
        let count = counts.entry(word(&row, "language").to_owned()).or_default();
        count.0 += 1;
        for _ in 0..5 {
            seed += 1;
            let secret = password(seed);
            let text = word(&row, "frame").replace("{}", &secret);
            count.1 += 1;
            if is_found(&text, &secret) { count.2 += 1 } else { missed.push(text) }
        }
    }
    assert!(counts.len() >= 14);
    for (language, (frames, values, found)) in &counts {
        assert!(*frames >= 6 && found * 10 >= values * 9, "{language}: {frames} {values} {found} {missed:?}");
    }
}

#[test]
fn sentences_without_a_value_stay_whole() {
    let all = rows(BENIGN);
    assert!(all.len() >= 100);
    for row in all {
        let text = word(&row, "text");
        assert_eq!(actions(text), [""; 0], "{text}");
    }
}

/// Forms beyond the sentences: programs, markup, tables, quoted lines, codes. A row without a secret is one to leave alone.
#[test]
fn forms() {
    let all = rows(FORMS);
    let (with, without): (Vec<&Value>, Vec<&Value>) = all.iter().partition(|row| row["secret"].is_string());
    assert!(with.len() >= 80 && without.len() >= 100, "{} {}", with.len(), without.len());
    for row in with {
        assert!(is_found(word(row, "text"), word(row, "secret")), "{row}");
    }
    for row in without {
        assert_eq!(actions(word(row, "text")), [""; 0], "{row}");
    }
}
