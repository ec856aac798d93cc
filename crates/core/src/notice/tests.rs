use super::*;
use crate::{Cleared, Envelope, Finding, Opaque, PartPath};
use lazaret_scan::Class as Data;
use proptest::prelude::*;

fn addr(text: &str) -> Addr {
    Addr::parse(text).expect("a test's address")
}

fn person(text: &str) -> Address {
    Address { name: Cleared::default(), addr: Addr::parse(text) }
}

fn profile() -> Profile {
    Profile {
        mailbox: "support".into(),
        own: vec!["support@acme.example".into(), "help@acme.example".into()],
        staff: vec!["acme.example".into()],
        reporters: vec![Reporter { from: "no-reply@app.acme.example".into(), customer_in_reply_to: true }],
        proof: ProofMode::Gmail,
        ..Profile::default()
    }
}

/// A proven customer's plain new mail.
fn mail() -> Outcome {
    Outcome {
        class: Class::Human,
        proof: Proof::Pass,
        envelope: Envelope {
            from: vec![person("mia@example.net")],
            to: vec![person("support@acme.example")],
            return_path: ReturnPath::Addr(addr("mia@example.net")),
            ..Envelope::default()
        },
        customer: Some(addr("mia@example.net")),
        ..Outcome::unprocessed(Reason::Released, Verdict::Allow)
    }
}

fn now() -> Circumstances<'static> {
    Circumstances { receipts: true, ..Circumstances::default() }
}

fn from(o: &mut Outcome, text: &str) {
    o.envelope.from = vec![person(text)];
    o.envelope.return_path = ReturnPath::Addr(addr(text));
    o.customer = Addr::parse(text);
}

fn finding(class: Data, action: Action) -> Finding {
    Finding {
        rule: "rule".into(),
        class,
        entity: "entity".into(),
        part: PartPath::new("1"),
        span: 0..4,
        score: 90,
        action,
        tag: "C7K2QM4X".into(),
    }
}

fn opaque(why: OpaqueWhy, action: Action) -> Opaque {
    Opaque { part: PartPath::new("2"), why, action }
}

fn found(o: &mut Outcome, verdict: Verdict, class: Data, action: Action) {
    o.verdict = verdict;
    o.findings.push(finding(class, action));
}

/// What comes out, short enough for a table: the reason, or the text with its kinds, `?` if unproven.
fn short(plan: &Plan) -> String {
    match plan {
        Plan::None(why) => format!("no: {why}"),
        Plan::Reply { template, kinds, proven, .. } => {
            format!("{template:?}{} {}", if *proven { "" } else { "?" }, kinds.join(", ")).trim_end().to_owned()
        }
    }
}

type Change = fn(&mut Outcome, &mut Profile, &mut Circumstances<'static>);

#[test]
fn the_table_row_by_row() {
    static OURS: std::sync::LazyLock<Vec<String>> = std::sync::LazyLock::new(|| vec!["sales@other.example".into()]);
    let rows: &[(&str, Change, &str)] = &[
        ("a plain new mail", |_, _, _| {}, "Receipt"),
        ("automatic", |o, _, _| o.class = Class::Auto, "no: auto"),
        ("bounce", |o, _, _| o.class = Class::Bounce, "no: bounce"),
        ("list", |o, _, _| o.class = Class::List, "no: list"),
        ("report", |o, _, _| o.class = Class::Report, "no: report"),
        ("own", |o, _, _| o.class = Class::Own, "no: own"),
        ("null return path", |o, _, _| o.envelope.return_path = ReturnPath::Null, "no: bounce"),
        ("no return path is unknown", |o, _, _| o.envelope.return_path = ReturnPath::Unknown, "Receipt"),
        ("no From", |o, _, _| o.envelope.from.clear(), "no: no-address"),
        ("two From", |o, _, _| o.envelope.from.push(person("b@example.net")), "no: no-address"),
        ("From is no address", |o, _, _| o.envelope.from = vec![person("nonsense")], "no: no-address"),
        ("no customer", |o, _, _| o.customer = None, "no: no-address"),
        ("own alias", |o, _, _| from(o, "help@acme.example"), "no: own"),
        ("own alias with a tag", |o, _, _| from(o, "Help+x@Acme.example"), "no: own"),
        ("other mailbox of ours", |o, _, c| (from(o, "sales@other.example"), c.ours = &OURS).0, "no: own"),
        ("neighbour of another mailbox", |o, _, c| (from(o, "sale@other.example"), c.ours = &OURS).0, "Receipt"),
        ("staff", |o, _, _| o.staff = true, "no: staff"),
        ("staff address, unproven", |o, _, _| from(o, "jo@acme.example"), "no: staff"),
        ("staff address below the domain", |o, _, _| from(o, "jo@dev.acme.example"), "no: staff"),
        ("only ends like staff", |o, _, _| from(o, "jo@notacme.example"), "Receipt"),
        ("no-reply", |o, _, _| from(o, "no-reply@example.net"), "no: auto"),
        ("noreply with a tail", |o, _, _| from(o, "noreply-orders@example.net"), "no: auto"),
        ("service.no_reply", |o, _, _| from(o, "service.no_reply@example.net"), "no: auto"),
        ("do.not.reply", |o, _, _| from(o, "Do.Not.Reply@example.net"), "no: auto"),
        ("mailer-daemon", |o, _, _| from(o, "MAILER-DAEMON@example.net"), "no: auto"),
        ("postmaster", |o, _, _| from(o, "postmaster@example.net"), "no: auto"),
        ("owner-", |o, _, _| from(o, "owner-list@example.net"), "no: auto"),
        ("-request", |o, _, _| from(o, "list-request@example.net"), "no: auto"),
        ("bounces", |o, _, _| from(o, "bounces+7@example.net"), "no: auto"),
        ("a person called Norbert", |o, _, _| from(o, "norbert.reply@example.net"), "Receipt"),
        ("junk", |o, _, _| o.junk = true, "no: junk"),
        ("25 hops", |o, _, _| o.hops = 25, "Receipt"),
        ("26 hops", |o, _, _| o.hops = 26, "no: loop"),
        ("blind copy", |o, _, _| o.envelope.to = vec![person("other@example.org")], "no: not-addressed"),
        ("no To at all", |o, _, _| o.envelope.to.clear(), "no: not-addressed"),
        ("in Cc", |o, _, _| (o.envelope.to.clear(), o.envelope.cc.push(person("HELP@acme.example"))).0, "Receipt"),
        ("To with a tag", |o, _, _| o.envelope.to = vec![person("support+web@acme.example")], "Receipt"),
        ("proof fails", |o, _, _| o.proof = Proof::Fail, "no: unverified"),
        ("no proof where there could be one", |o, _, _| o.proof = Proof::None, "Receipt?"),
        ("no proof to be had", |o, p, _| (o.proof = Proof::None, p.proof = ProofMode::None).0, "Receipt?"),
        (
            "no proof, path elsewhere",
            |o, _, _| (o.proof = Proof::None, o.envelope.return_path = ReturnPath::Addr(addr("x@evil.example"))).0,
            "no: unverified",
        ),
        (
            "no proof, path below the domain",
            |o, _, _| (o.proof = Proof::None, o.envelope.return_path = ReturnPath::Addr(addr("x@b.example.net"))).0,
            "Receipt?",
        ),
        (
            "no proof, no path",
            |o, _, _| (o.proof = Proof::None, o.envelope.return_path = ReturnPath::Unknown).0,
            "Receipt?",
        ),
        (
            "proof, path elsewhere",
            |o, _, _| o.envelope.return_path = ReturnPath::Addr(addr("x@esp.example")),
            "Receipt",
        ),
        ("backlog", |_, _, c| c.backlog = true, "no: backlog"),
        ("observe", |_, _, c| c.observe = true, "no: observe: receipt"),
        (
            "observe, a card",
            |o, _, c| (found(o, Verdict::Redact, Data::CreditCard, Action::Redact), c.observe = true).0,
            "no: observe: removed",
        ),
        (
            "observe, a quarantined password",
            |o, _, c| (found(o, Verdict::Quarantine, Data::Secret, Action::Quarantine), c.observe = true).0,
            "no: observe: refused",
        ),
        ("observe hides no better reason", |o, _, c| (o.junk = true, c.observe = true).0, "no: junk"),
        ("follow-up", |_, _, c| c.joined = true, "no: follow-up"),
        ("receipts off", |_, _, c| c.receipts = false, "no: receipts-off"),
        (
            "follow-up with a card",
            |o, _, c| (found(o, Verdict::Redact, Data::CreditCard, Action::Redact), c.joined = true).0,
            "Removed payment card details",
        ),
        (
            "a card, receipts off",
            |o, _, c| (found(o, Verdict::Redact, Data::CreditCard, Action::Redact), c.receipts = false).0,
            "Removed payment card details",
        ),
        ("flagged only", |o, _, _| found(o, Verdict::Allow, Data::DateOfBirth, Action::Flag), "Receipt"),
        (
            "health and bank",
            |o, _, _| {
                found(o, Verdict::Redact, Data::HealthId, Action::Redact);
                found(o, Verdict::Redact, Data::Iban, Action::Redact);
            },
            "Removed bank details, personal details",
        ),
        (
            "a password from nobody proven",
            |o, _, _| (found(o, Verdict::Redact, Data::Secret, Action::Redact), o.proof = Proof::None).0,
            "Removed?",
        ),
        (
            "many records",
            |o, _, _| found(o, Verdict::Redact, Data::BulkRecords, Action::Withhold),
            "Removed personal details, records",
        ),
        (
            "unread attachment alone",
            |o, _, _| (o.opaque.push(opaque(OpaqueWhy::Unsupported, Action::Withhold)), o.verdict = Verdict::Redact).0,
            "Removed attachments",
        ),
        (
            "picture and signature left out",
            |o, _, _| {
                o.opaque.push(opaque(OpaqueWhy::Picture, Action::Withhold));
                o.opaque.push(opaque(OpaqueWhy::Signature, Action::Withhold));
                o.verdict = Verdict::Redact;
            },
            "Receipt",
        ),
        (
            "quarantined password",
            |o, _, _| found(o, Verdict::Quarantine, Data::Secret, Action::Quarantine),
            "Refused a password or access key",
        ),
        (
            "rejected, nothing kept",
            |o, _, _| (found(o, Verdict::Reject, Data::CreditCard, Action::Reject), o.keep_nothing = true).0,
            "Refused payment card details, not-kept",
        ),
        (
            "encrypted as a whole",
            |o, _, _| (o.verdict = Verdict::Quarantine, o.reasons = vec![Reason::WholeEncrypted]).0,
            "Refused unreadable",
        ),
        (
            "reasons name what findings no longer do",
            |o, _, _| {
                o.verdict = Verdict::Reject;
                let (class, action) = (Data::Passport, Action::Reject);
                o.reasons = vec![Reason::Found { rule: "r".into(), class, entity: String::new(), count: 3, action }];
            },
            "Refused identity numbers",
        ),
        (
            "a reporter for a customer",
            |o, _, _| (o.envelope.from = vec![person("no-reply@app.acme.example")], o.staff = true).0,
            "Receipt",
        ),
        (
            "a reporter without proof",
            |o, _, _| (o.envelope.from = vec![person("no-reply@app.acme.example")], o.proof = Proof::None).0,
            "no: unverified",
        ),
        (
            "a reporter for staff",
            |o, _, _| {
                o.envelope.from = vec![person("no-reply@app.acme.example")];
                o.customer = Some(addr("jo@acme.example"));
            },
            "no: staff",
        ),
        ("unprocessed", |o, _, _| *o = Outcome::unprocessed(Reason::Poison, Verdict::Quarantine), "no: no-address"),
    ];
    for (name, change, want) in rows {
        let (mut outcome, mut profile, mut circumstances) = (mail(), profile(), now());
        change(&mut outcome, &mut profile, &mut circumstances);
        assert_eq!(short(&decide(&outcome, &profile, &circumstances)), *want, "{name}");
    }
}

#[test]
fn only_what_was_too_large_to_fetch_is_said_to_be_held() {
    for (reason, held) in [(crate::Reason::OverSize, true), (crate::Reason::Poison, false)] {
        let stub = Outcome::unprocessed(reason, Verdict::Quarantine);
        assert!(told(&stub, false).contains(&UNREADABLE));
        assert_eq!(told(&stub, false).contains(&HELD), held);
    }
}

#[test]
fn the_answer_goes_to_the_customer_alone() {
    let mut outcome = mail();
    outcome.envelope.reply_to = vec![person("elsewhere@example.org")];
    outcome.envelope.cc = vec![person("third@example.org")];
    let Plan::Reply { to, .. } = decide(&outcome, &profile(), &now()) else { panic!("a plain mail is answered") };
    assert_eq!(to, addr("mia@example.net"));
}

#[test]
fn organisations() {
    for (a, b, same) in [
        ("example.net", "example.net", true),
        ("mail.example.net", "example.net", true),
        ("a.example.net", "b.example.net", true),
        ("example.net", "example.org", false),
        ("notexample.net", "example.net", false),
        ("a.co.uk", "b.co.uk", false),
        ("mail.a.co.uk", "www.a.co.uk", true),
        ("co.uk", "a.co.uk", true),
        ("uk", "a.co.uk", false),
        ("net", "example.net", false),
        ("a.com.au", "b.com.au", false),
        ("x.de", "mail.x.de", true),
        ("", "example.net", false),
        ("localhost", "localhost", false),
    ] {
        assert_eq!(same_organisation(a, b), same, "{a} {b}");
        assert_eq!(same_organisation(b, a), same, "{b} {a}");
    }
}

proptest! {
    /// Whatever stands in a mail, an answer is made of our own words: no eight characters in a row come from it.
    #[test]
    fn an_answer_repeats_nothing(words in "[a-z0-9@.]{8,60}", class in 0..Data::ALL.len(), verdict in 0..4usize) {
        let mut outcome = mail();
        outcome.subject = Cleared::mint(words.clone());
        outcome.text = Cleared::mint(words.clone());
        let data = Data::ALL.get(class).copied().unwrap_or(Data::Custom);
        outcome.verdict = Verdict::ALL.get(verdict).copied().unwrap_or(Verdict::Allow);
        outcome.findings.push(Finding { rule: words.clone(), entity: words, ..finding(data, Action::Redact) });
        if let Plan::Reply { kinds, .. } = decide(&outcome, &profile(), &now()) {
            prop_assert!(kinds.iter().all(|k| NAMES.contains(k) || HINTS.contains(k)));
        }
    }
}
