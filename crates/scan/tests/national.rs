//! Numbers of states: found behind their label in each published form, silent without it.

mod common;

use lazaret_scan::Hints;
use std::collections::BTreeSet;

const CASES: [&str; 2] = [
    include_str!("../../../fixtures/scan/national-africa-middle-east.tsv"),
    include_str!("../../../fixtures/scan/national-europe.tsv"),
];

fn cases() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    CASES.iter().flat_map(|cases| cases.lines()).filter(|line| !line.starts_with('#')).map(|line| {
        let mut cells = line.split('\t');
        let mut next = || cells.next().expect("three cells");
        (next(), next(), next())
    })
}

/// Entities and scores of what covers the value.
fn found(text: &str, value: &str) -> Vec<(String, u8)> {
    let start = text.find(value).expect("the value is in the text");
    let scan = common::RULES.scan(text, &Hints::default());
    let covers = scan.matches.iter().filter(|m| m.span.start <= start && start + value.len() <= m.span.end);
    covers.filter_map(|m| Some((common::RULES.rule(m.rule)?.entity.clone(), m.score))).collect()
}

#[test]
fn labelled_numbers_are_found() {
    let missed: Vec<&str> = cases()
        .filter(|(_, text, value)| !found(text, value).iter().any(|(_, score)| *score >= 60))
        .map(|(_, text, _)| text)
        .collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

/// States that share a scheme and a word for it report one of them.
#[test]
fn nearly_all_are_found_under_their_own_name() {
    let of_others: BTreeSet<&str> = cases()
        .filter(|(entity, text, value)| !found(text, value).iter().any(|(found, _)| found == entity))
        .map(|(entity, _, _)| entity)
        .collect();
    let shared = BTreeSet::from(["ba_jmb", "me_jmbg", "sk_ico", "sk_rodne_cislo"]);
    assert!(of_others.is_subset(&shared), "{of_others:#?}");
}

/// Seven to twelve digits with nothing around them come to nothing, whatever check digit they pass.
#[test]
fn bare_digits_are_left_alone() {
    let touched: Vec<&str> = cases()
        .filter(|(_, _, value)| value.bytes().all(|b| b.is_ascii_digit()) && value.len() <= 12)
        .filter(|(_, _, value)| {
            let scan = common::RULES.scan(value, &Hints::default());
            scan.matches.iter().any(|m| m.score >= 60)
        })
        .map(|(_, _, value)| value)
        .collect();
    assert!(touched.is_empty(), "{touched:#?}");
}
