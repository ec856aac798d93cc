//! The laws of the pipeline over real mail, with the shipped rules. The mail lies outside of the project: at
//! `LAZARET_CORPUS`, else at `../shared/corpus` beside the checkout; where neither is, the run says so.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test may look for files and say what it found"
)]

use lazaret_core::{DigestKey, Limits, MarkKey, Pipeline, Profile, RawMessage, Reason, Setup, Verdict};
use std::path::{Path, PathBuf};

fn corpus() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let given = std::env::var_os("LAZARET_CORPUS").map(PathBuf::from);
    given.into_iter().chain([beside]).find(|path| path.join("mail").is_dir())
}

fn shipped() -> Pipeline {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
    let read = |path: PathBuf| {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        (name, std::fs::read_to_string(&path).expect("a shipped file"))
    };
    let mut rules: Vec<PathBuf> =
        std::fs::read_dir(config.join("rules")).expect("shipped rules").map(|e| e.expect("an entry").path()).collect();
    rules.sort();
    let setup = Setup {
        build_id: "test".into(),
        rules: rules.into_iter().map(read).collect(),
        policy: read(config.join("policy.toml")),
        accepted: true,
        limits: Limits::default(),
        digest_key: DigestKey::new([1; 32]),
        mark_key: MarkKey::new([2; 32]),
        today: "2026-03-01".into(),
    };
    match Pipeline::new(&setup) {
        Ok((pipeline, _)) => pipeline,
        Err(complaints) => panic!("{:?}", complaints.first()),
    }
}

fn mails(corpus: &Path) -> Vec<PathBuf> {
    let sources = std::fs::read_dir(corpus.join("mail")).expect("the corpus").map(|e| e.expect("an entry").path());
    let mut all: Vec<PathBuf> = sources
        .filter(|path| path.is_dir())
        .flat_map(|source| std::fs::read_dir(source).expect("a source").map(|e| e.expect("an entry").path()))
        .filter(|path| path.extension().is_none_or(|e| e != "jsonl" && e != "imap"))
        .collect();
    all.sort();
    all
}

#[test]
fn laws_hold_over_real_mail() {
    let Some(corpus) = corpus() else {
        eprintln!("no corpus at LAZARET_CORPUS or ../shared/corpus: real mail was not tried");
        return;
    };
    let pipeline = shipped();
    let profile = Profile { mailbox: "support".into(), ..Profile::default() };
    let mut counts = [0; 4];
    let mut residue = Vec::new();
    let mails = mails(&corpus);
    assert!(!mails.is_empty());
    for path in &mails {
        let octets = std::fs::read(path).expect("a mail");
        let outcome = pipeline.process(&RawMessage::new(octets), &profile);
        let name = path.strip_prefix(&corpus).unwrap_or(path).display();
        assert!(outcome.verdict == Verdict::Allow || !outcome.reasons.is_empty(), "{name}");
        assert!(outcome.verdict < Verdict::Quarantine || !outcome.has_text(), "{name}");
        if outcome.reasons.contains(&Reason::Residue) {
            residue.push(format!("{name}"));
        }
        counts[outcome.verdict as usize] += 1;
        if outcome.verdict < Verdict::Quarantine {
            // What went out is clean when it comes back.
            let again =
                format!("From: a@b.example\nContent-Type: text/plain; charset=utf-8\n\n{}", outcome.text.as_str());
            let again = pipeline.process(&RawMessage::new(again.into_bytes()), &profile);
            let left =
                |r: &&Reason| matches!(r, Reason::Found { action, .. } if *action >= lazaret_scan::Action::Redact);
            let found: Vec<&Reason> = again.reasons.iter().filter(left).collect();
            assert!(found.is_empty(), "{name}: {found:?}");
        }
    }
    eprintln!("{} mails: {counts:?} allow, redact, quarantine, reject", mails.len());
    // Redaction has to get at everything that the scan finds; a mail that is sealed for want of it is a fault.
    assert!(residue.is_empty(), "{residue:?}");
}
