use super::*;
use lazaret_store::Ack;

fn view() -> MessageView {
    let person = |name: &str, address: &str| AddressView { name: name.into(), address: address.into() };
    MessageView {
        digest: "ab".repeat(32),
        mailbox: "support".into(),
        folder: "INBOX".into(),
        uid_validity: 1,
        uid: 7,
        size_bytes: 2_000,
        at: 1_795_000_100,
        date: Some(1_795_000_000),
        class: "human".into(),
        verdict: "redact".into(),
        reasons: vec!["2 × payment card (redact)".into()],
        proof: "pass".into(),
        from: vec![person("Mia Größe", "mia@example.net")],
        to: vec![person("", "support@acme.example")],
        cc: vec![person("Jo", "jo@example.org")],
        reply_to: vec![person("", "mia.home@example.net")],
        message_id: Some("m1@example.net".into()),
        in_reply_to: Some("m0@acme.example".into()),
        references: vec!["r0@acme.example".into(), "m0@acme.example".into()],
        subject_refs: vec!["[#123]".into()],
        subject: "Refund [#123]".into(),
        text: "My card is [payment card ••••1111 · C7K2QM4X].\n".into(),
        html: None,
        attachments: Vec::new(),
        findings: vec![finding("credit_card", "redact", "C7K2QM4X")],
        sealed_until: Some(1_796_000_000),
        told: Told::Accepted,
        ack: Ack::Replace,
        copies: 0,
    }
}

fn finding(class: &str, action: &str, tag: &str) -> FindingView {
    FindingView {
        rule: "r".into(),
        class: class.into(),
        entity: "e".into(),
        part: "1".into(),
        start: 0,
        end: 1,
        score: 90,
        action: action.into(),
        tag: tag.into(),
    }
}

fn attachment(name: &str, action: &str, opaque: Option<&str>, text: Option<&str>) -> AttachmentView {
    AttachmentView {
        part: "2".into(),
        name: name.into(),
        media_type: "application/pdf".into(),
        size_bytes: 48_000,
        action: action.into(),
        opaque: opaque.map(str::to_owned),
        text: text.map(str::to_owned),
        file_bytes: None,
        scanned_bytes: 0,
        decoded_bytes: 0,
        unexamined_bytes: 0,
        file: None,
    }
}

fn ticket() -> TicketRef {
    TicketRef("LZ-7K2Q-M4XD".into())
}

fn copy(view: &MessageView) -> String {
    String::from_utf8(clean_copy(view, &ticket(), "v1.7k2qm4xd.abc.def")).expect("ASCII")
}

fn field(message: &str, name: &str) -> Option<String> {
    let head = message.split("\r\n\r\n").next().expect("a header").replace("\r\n ", " ");
    head.split("\r\n").find_map(|line| line.strip_prefix(&format!("{name}: ")).map(str::to_owned))
}

#[test]
fn a_copy_threads_like_its_original() {
    let message = copy(&view());
    for (name, value) in [
        ("To", "support@acme.example"),
        ("Cc", "Jo <jo@example.org>"),
        ("Reply-To", "mia.home@example.net"),
        ("Subject", "Refund [#123]"),
        ("Date", "Wed, 18 Nov 2026 11:06:40 +0000"),
        ("Message-ID", "<m1@example.net>"),
        ("In-Reply-To", "<m0@acme.example>"),
        ("References", "<r0@acme.example> <m0@acme.example>"),
        (OWN_COPY_HEADER, "v1.7k2qm4xd.abc.def"),
    ] {
        assert_eq!(field(&message, name).as_deref(), Some(value), "{name}\n{message}");
    }
    assert!(field(&message, "From").is_some_and(|f| f.ends_with("<mia@example.net>")));
    assert!(message.is_ascii() && !message.replace("\r\n", "").contains(['\r', '\n']));
}

#[test]
fn the_first_line_says_what_was_done() {
    type Change = fn(&mut MessageView);
    let rows: &[(Change, &str)] = &[
        (|_| {}, "[Lazaret: 1 payment card detail taken out; the customer was told. LZ-7K2Q-M4XD]"),
        (
            |v| v.findings.push(finding("credit_card", "redact", "C7K2QM4X")),
            "[Lazaret: 1 payment card detail taken out; the customer was told. LZ-7K2Q-M4XD]",
        ),
        (
            |v| {
                v.findings.push(finding("credit_card", "redact", "AAAAAAAA"));
                v.findings.push(finding("secret", "redact", "BBBBBBBB"));
                v.findings.push(finding("date_of_birth", "flag", "DDDDDDDD"));
                v.told = Told::NotSent("auto".into());
            },
            "[Lazaret: 1 password or key and 2 payment card details taken out; the customer was not told (auto). LZ-7K2Q-M4XD]",
        ),
        (
            |v| {
                v.findings.clear();
                v.attachments.push(attachment("x.pdf", "withhold", Some("unsupported"), None));
                v.told = Told::Pending;
            },
            "[Lazaret: an attachment was left out; the customer is being told. LZ-7K2Q-M4XD]",
        ),
        (
            |v| (v.findings.clear(), v.told = Told::Unknown).0,
            "[Lazaret: nothing was taken out; it is not known whether the customer was told. LZ-7K2Q-M4XD]",
        ),
        (|v| v.verdict = "reject".into(), "[Lazaret: this message was refused; the customer was told. LZ-7K2Q-M4XD]"),
    ];
    for (change, want) in rows {
        let mut view = view();
        change(&mut view);
        let stub = view.verdict == "reject";
        assert_eq!(banner(&view, &ticket(), stub)[0], *want);
    }
}

#[test]
fn attachments_are_text_or_a_note() {
    let mut view = view();
    view.attachments = vec![
        attachment("notes.txt", "redact", None, Some("cleared notes")),
        attachment("../etc/\"list\".xls", "redact", None, Some("cleared list")),
        attachment("plan.pdf", "withhold", Some("unsupported"), Some("must not appear")),
        attachment("logo.png", "allow", Some("picture"), None),
        attachment("", "withhold", None, None),
    ];
    let message = copy(&view);
    assert!(message.contains("filename=\"notes.txt\""), "{message}");
    assert!(message.contains("filename=\"_etc__list_.xls.txt\""), "{message}");
    assert!(message.contains("cleared notes") && message.contains("cleared list"));
    assert!(!message.contains("must not appear"));
    let lines = banner(&view, &ticket(), false);
    assert_eq!(
        lines[1..],
        [
            "[plan.pdf (application/pdf, 47 KB) left out: it could not be checked]",
            "[logo.png (application/pdf, 47 KB) not in this copy]",
            "[attachment without a name (application/pdf, 47 KB) left out: it held personal data]",
        ]
    );
}

#[test]
fn a_stub_has_facts_and_no_content() {
    for (verdict, subject) in
        [("quarantine", "Message set aside [LZ-7K2Q-M4XD] [#123]"), ("reject", "Message refused [LZ-7K2Q-M4XD] [#123]")]
    {
        let mut view = view();
        view.verdict = verdict.into();
        // Stubs have no text in the store; if one had, it would not be shown.
        view.html = Some("<p>CANARY</p>".into());
        view.text = "CANARY".into();
        view.subject = "CANARY".into();
        view.attachments = vec![attachment("CANARY.txt", "redact", None, Some("CANARY"))];
        let message = copy(&view);
        assert!(!message.contains("CANARY"), "{message}");
        assert_eq!(field(&message, "Subject").as_deref(), Some(subject));
        for part in ["From: mia@example.net", "Time: 2026-11-18 11:06 UTC", "Found: 1 payment card detail"] {
            assert!(message.contains(part), "{part}\n{message}");
        }
        view.sealed_until = None;
        assert!(copy(&view).contains("The original was not kept."));
    }
}

#[test]
fn hostile_fields_stay_in_their_place() {
    let mut view = view();
    view.subject = format!("=?utf-8?B?c2VjcmV0?= \r\nBcc: x@y {}", "w".repeat(2_000));
    view.from = vec![
        AddressView { name: "a\r\nBcc: x@y".into(), address: "nonsense".into() },
        AddressView { name: "\"q\" <z@z>, b".into(), address: "mia@example.net".into() },
    ];
    view.to = vec![AddressView { name: String::new(), address: "müller@example.net".into() }];
    view.message_id = Some("x>\r\nBcc: x@y".into());
    view.references = vec!["ok@x".into(), "bad id@x".into()];
    view.text = "a\0b\u{1}\n.\n".into();
    let message = copy(&view);
    let head = message.split("\r\n\r\n").next().expect("a header");
    assert!(!head.lines().any(|l| l.starts_with("Bcc")), "{head}");
    assert!(!field(&message, "Subject").expect("there").contains("=?utf-8?B?c2VjcmV0"), "{head}");
    assert!(field(&message, "Sender").is_some(), "several authors need a sender");
    assert_eq!(field(&message, "References").as_deref(), Some("<ok@x>"));
    assert_eq!(field(&message, "Message-ID"), Some(format!("<{}@lazaret.invalid>", "ab".repeat(16))));
    assert!(message.lines().all(|line| line.len() <= 998));
    assert!(!message.contains(['\0', '\u{1}']));
}

#[test]
fn the_banner_stands_before_all_html() {
    let lines = ["[Lazaret: <1>]".to_owned()];
    for (html, start) in [
        ("<p>x</p>", "<div "),
        ("<!-- <body> --><p>x</p>", "<div "),
        ("<!DOCTYPE html><html><body>x", "<!DOCTYPE html><div "),
        (" <!doctype html \"<!--\">x", " <!doctype html \"<!--\"><div "),
        ("<!doctyp", "<div "),
        ("", "<div "),
    ] {
        let out = with_banner(html, &lines);
        assert!(out.starts_with(start) && out.contains("[Lazaret: &lt;1&gt;]"), "{out}");
    }
    let mut view = view();
    view.html = Some("<p>My card</p>".into());
    let message = copy(&view);
    assert!(field(&message, "Content-Type").is_some_and(|t| t.starts_with("multipart/alternative")));
    assert!(message.contains("text/html") && message.contains("<p>My card</p>"));
}

#[test]
fn no_address_at_all_still_gives_a_mail() {
    let mut view = view();
    (view.from, view.to, view.cc, view.reply_to) = (vec![], vec![], vec![], vec![]);
    view.subject = " ".into();
    let message = copy(&view);
    assert!(field(&message, "From").is_some_and(|f| f.contains("unknown@lazaret.invalid")));
    assert_eq!(field(&message, "Subject").as_deref(), Some("(no subject)"));
}
