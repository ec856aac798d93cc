//! The shipped rule files and policy load, and every example in them holds.

mod common;

use lazaret_scan::Ruleset;

#[test]
fn every_example_of_every_file_holds() {
    match Ruleset::load(&common::files()) {
        Ok((_, warnings)) => assert!(warnings.is_empty(), "{}", common::lines(&warnings)),
        Err(all) => panic!("\n{}", common::lines(&all)),
    }
}

#[test]
fn policy_loads() {
    assert!(common::SHIPPED.keeps_nothing("card-security-code"));
}
