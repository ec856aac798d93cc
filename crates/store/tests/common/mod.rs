//! What the tests share: a store in a temporary directory, and messages for it.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use lazaret_core::pipeline::{Pipeline, Setup};
use lazaret_core::seal::{Sealed, seal};
use lazaret_core::{
    Addr, Address, Cleared, Digest, DigestKey, Limits, MarkKey, MessageKey, Outcome, Profile, Proof, RawMessage,
};
use lazaret_store::*;
use std::path::Path;
use std::sync::OnceLock;

/// A time that is no special one.
pub const NOW: i64 = 1_800_000_000;

const POLICY: &str = r#"
min_score  = { flag = 30, redact = 60, withhold = 60, quarantine = 80, reject = 95 }
bulk       = { people = 10, needs = ["date_of_birth"] }
unexamined = { picture = "allow", signature = "allow", encrypted = "withhold", unsupported = "withhold", malformed = "withhold", over_limit = "withhold" }
keep       = { sealed_original = "14d", until_told = true }
[action]
allow      = ["email", "phone", "person", "address", "postal_code", "url", "date", "age", "ip_address", "mac_address", "vehicle_plate", "company_id"]
flag       = ["date_of_birth", "student_record"]
redact     = ["credit_card", "iban", "bank_account", "national_id", "tax_id", "health_id", "passport", "driver_license", "crypto_address", "secret", "custom"]
withhold   = ["bulk_records"]
"#;

fn pipeline() -> &'static Pipeline {
    static PIPELINE: OnceLock<Pipeline> = OnceLock::new();
    PIPELINE.get_or_init(|| {
        let setup = Setup {
            build_id: "test".into(),
            rules: Vec::new(),
            policy: ("policy.toml".into(), POLICY.into()),
            accepted: true,
            limits: Limits::default(),
            digest_key: DigestKey::new([1; 32]),
            mark_key: MarkKey::new([2; 32]),
            today: "2026-03-01".into(),
        };
        Pipeline::new(&setup).map_err(|_| "the policy of the tests is refused").unwrap().0
    })
}

/// What a worker would give for this mail.
pub fn outcome(from: &str, subject: &str, text: &str) -> Outcome {
    let mail = format!(
        "From: {from}\r\nTo: help@acme.example\r\nSubject: {subject}\r\nMessage-ID: <{from}.id@mail.example>\r\n\r\n{text}\r\n"
    );
    let mut outcome = pipeline().process(&RawMessage::new(mail.into_bytes()), &Profile::default());
    outcome.proof = Proof::Pass;
    outcome
}

/// A cheap outcome without text.
pub fn stub(from: &str) -> Outcome {
    let mut outcome = Outcome::unprocessed(lazaret_core::Reason::Released, lazaret_core::Verdict::Allow);
    outcome.proof = Proof::Pass;
    outcome.customer = Addr::parse(from);
    outcome.envelope.from = vec![Address { name: Cleared::default(), addr: Addr::parse(from) }];
    outcome
}

pub fn options(dir: &Path) -> Options {
    Options {
        dir: dir.to_owned(),
        tenant: "acme".into(),
        root_key: RootKey::new([9; 32]),
        cache_bytes: 8 << 20,
        disk_reserve_bytes: 0,
        reply_limits: ReplyLimits::default(),
    }
}

/// Opens a store; the last handle of this process may still be going.
pub fn open(dir: &Path) -> Store {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        match Store::open(options(dir)) {
            Err(OpenError::Locked { .. }) if std::time::Instant::now() < end => std::thread::yield_now(),
            other => return other.unwrap(),
        }
    }
}

pub fn key(uid: u32) -> MessageKey {
    MessageKey { mailbox: "support".into(), folder: "INBOX".into(), uid_validity: 7, uid }
}

/// K2 number `n`.
pub fn digest(n: u32) -> Digest {
    let mut octets = [0x5a; 32];
    octets[..4].copy_from_slice(&n.to_be_bytes());
    Digest(octets)
}

pub fn draft(to: &str, template: Template) -> Draft {
    Draft {
        to: Addr::parse(to).unwrap(),
        mailbox: "support".into(),
        template,
        kinds: Vec::new(),
        language: "en".into(),
        proven: true,
        in_reply_to: None,
        references: Vec::new(),
    }
}

/// A commit that tells nobody.
pub fn commit(uid: u32, k2: u32, outcome: Outcome) -> Commit {
    Commit {
        key: key(uid),
        digest: digest(k2),
        now: NOW,
        outcome,
        size_bytes: 1000,
        join: Vec::new(),
        sealed: None,
        rules: "test".into(),
        ack: Ack::MoveClean,
        reply_new: Intent::Not("observe"),
        reply_joined: Intent::Not("follow-up"),
        sinks: Vec::new(),
    }
}

pub fn with_reply(mut commit: Commit, draft: Draft) -> Commit {
    commit.reply_new = Intent::Send(draft.clone());
    commit.reply_joined = Intent::Send(draft);
    commit
}

pub fn sealed(octets: &[u8]) -> Sealed {
    let (_, recipient) = lazaret_core::seal::OpeningKey::generate();
    seal(&RawMessage::new(octets.to_vec()), &[recipient], b"test").unwrap()
}

/// Every file below a directory.
pub fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
