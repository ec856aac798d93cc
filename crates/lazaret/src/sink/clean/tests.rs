use super::banner::{banner, with_banner};
use super::*;
use lazaret_store::{Ack, AttachmentView, FindingView, Told};

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
        headers: Vec::new(),
        headers_left_out: 0,
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
        content_id: None,
        inline: false,
        charset: None,
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
        (|_| {}, "[Lazaret: 1 payment card detail taken out; the customer was sent a notice. LZ-7K2Q-M4XD]"),
        (
            |v| v.findings.push(finding("credit_card", "redact", "C7K2QM4X")),
            "[Lazaret: 1 payment card detail taken out; the customer was sent a notice. LZ-7K2Q-M4XD]",
        ),
        (
            |v| {
                v.findings.push(finding("credit_card", "redact", "AAAAAAAA"));
                v.findings.push(finding("secret", "redact", "BBBBBBBB"));
                v.findings.push(finding("date_of_birth", "flag", "DDDDDDDD"));
                v.told = Told::NotSent("auto".into());
            },
            "[Lazaret: 1 password or key and 2 payment card details taken out; the customer had not been told when this was written (auto). LZ-7K2Q-M4XD]",
        ),
        (
            |v| {
                v.findings.clear();
                v.attachments.push(attachment("x.pdf", "withhold", Some("unsupported"), None));
                v.told = Told::Pending;
            },
            "[Lazaret: 1 attachment left out; a notice to the customer was still to be sent when this was written. LZ-7K2Q-M4XD]",
        ),
        (
            |v| (v.findings.clear(), v.told = Told::Unknown).0,
            "[Lazaret: nothing was taken out; it was not known whether the notice to the customer arrived when this was written. LZ-7K2Q-M4XD]",
        ),
        (
            |v| v.verdict = "reject".into(),
            "[Lazaret: this message was refused; the customer was sent a notice. LZ-7K2Q-M4XD]",
        ),
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
    for note in [
        "[withheld: PDF document \"plan.pdf\", 47 KB - its format cannot be examined]",
        "[left out: PDF document \"logo.png\", 47 KB - not in this copy]",
        "[withheld: PDF document, 47 KB - it held personal data]",
    ] {
        assert!(message.contains(&format!("Content-Disposition: inline\r\n\r\n{note}\r\n")), "{note}\n{message}");
    }
    assert!(banner(&view, &ticket(), false)[0].contains("and 3 attachments left out;"));
    view.attachments = vec![attachment("logo.png", "allow", Some("picture"), None); 12];
    view.attachments.iter_mut().for_each(|a| a.file = Some(vec![1]));
    let lines = banner(&view, &ticket(), false);
    assert_eq!(lines[1], "[logo.png (application/pdf, 47 KB) was not examined]");
    assert_eq!((lines.len(), lines[11].as_str()), (12, "[2 more attachments were not examined]"));
}

#[test]
fn fields_of_the_original_stay_in_their_order() {
    let mut view = view();
    let field = |name: &str, value: &str| HeaderView { name: name.into(), value: value.into() };
    view.headers = vec![
        field("subject", ""),
        field("List-Id", "Gr\u{f6}\u{df}e <desk.example.org>"),
        field("X-A", "1"),
        field("Sender", "\"Moss, Mia\" <mia@example.net>"),
        field("Sender", "second@example.net"),
        field("From", ""),
        field("X-A", "2\r\nBcc: x@example.org"),
    ];
    view.headers_left_out = 3;
    let message = copy(&view);
    let head = message.split("\r\n\r\n").next().expect("a header").replace("\r\n ", " ");
    let names: Vec<&str> = head.split("\r\n").filter_map(|line| line.split_once(": ")).map(|(name, _)| name).collect();
    let want = [
        "Subject",
        "List-Id",
        "X-A",
        "Sender",
        "From",
        "X-A",
        "Date",
        "Reply-To",
        "To",
        "Cc",
        "Message-ID",
        "In-Reply-To",
        "References",
        "X-Lazaret-Verdict",
        "X-Lazaret-Ticket",
        "X-Lazaret-Found",
        "X-Lazaret-Fields-Left-Out",
        OWN_COPY_HEADER,
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    ];
    assert_eq!(names, want, "{head}");
    assert!(head.contains("List-Id: =?utf-8?B?R3LDtsOfZQ==?= <desk.example.org>"), "{head}");
    assert!(head.contains("Sender: =?utf-8?b?TW9zcywgTWlh?= <mia@example.net>"), "{head}");
    assert!(head.contains("X-A: 2  Bcc: x@example.org") || head.contains("X-A: 2 Bcc: x@example.org"), "{head}");
}

#[test]
fn pictures_that_the_html_shows_stand_beside_it() {
    let mut view = view();
    let picture = |id: &str, inline: bool| AttachmentView {
        media_type: "image/png".into(),
        content_id: Some(id.into()),
        inline,
        file: Some(vec![0, 255]),
        ..attachment("a.png", "allow", None, None)
    };
    view.html = Some("<img src=\"cid:one@x\"><img src=\"cid:two%40x\">".into());
    view.attachments = vec![picture("one@x", true), picture("two@x", false), picture("three@x", true)];
    let message = copy(&view);
    let kinds: Vec<&str> = message
        .lines()
        .filter_map(|l| l.strip_prefix("Content-Type: "))
        .map(|k| k.split(';').next().unwrap_or(k))
        .collect();
    let want = [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "image/png",
        "image/png",
    ];
    assert_eq!(kinds, want, "{message}");
    assert_eq!(message.matches("Content-Disposition: inline; filename=\"a.png\"").count(), 2, "{message}");
    for id in ["one", "two", "three"] {
        assert!(message.contains(&format!("Content-ID: <{id}@x>\r\n")), "{message}");
    }
    // A picture that is left out is a note, whatever the HTML asks for.
    view.attachments[0].action = "withhold".into();
    assert!(copy(&view).contains("[withheld: picture \"a.png\", 47 KB - it held personal data]"));
    assert_eq!(copy(&view), copy(&view), "the same ticket gives the same octets");
}

#[test]
fn files_keep_what_they_are() {
    let file = |media_type: &str, octets: &[u8]| AttachmentView {
        media_type: media_type.into(),
        file: Some(octets.to_vec()),
        charset: Some("windows-1252".into()),
        ..attachment("", "redact", None, None)
    };
    let long = format!("Subject: x\n\n{}", "y".repeat(999));
    let rows: &[(AttachmentView, &str)] = &[
        (
            file("text/csv", b"a;b"),
            "Content-Type: text/csv; charset=windows-1252\r\nContent-Transfer-Encoding: base64\r\n",
        ),
        (file("image/png", b"a"), "Content-Type: image/png\r\n"),
        (file("multipart/mixed", b"a"), "Content-Type: application/octet-stream\r\n"),
        (file("message/partial", b"a"), "Content-Type: application/octet-stream\r\n"),
        (file("no type", b"a"), "Content-Type: application/octet-stream\r\n"),
        (file("a/b\r\nBcc: x@y", b"a"), "Content-Type: application/octet-stream\r\n"),
        (
            file("message/rfc822", b"Subject: x\n\ny\n"),
            "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n\
             Content-Disposition: attachment; filename=\"message.eml\"\r\n\r\nSubject: x\r\n\r\ny\r\n",
        ),
        (file("message/rfc822", b"no header at all"), "Content-Type: application/octet-stream\r\n"),
        (file("message/rfc822", "Subject: \u{f6}\n\n".as_bytes()), "Content-Type: application/octet-stream\r\n"),
        (file("message/rfc822", long.as_bytes()), "Content-Type: application/octet-stream\r\n"),
    ];
    for (attachment, want) in rows {
        let mut view = view();
        view.attachments = vec![attachment.clone()];
        let message = copy(&view);
        assert!(message.contains(want), "{want}\n{message}");
    }
    // One that was made to hold the boundary gets another.
    let mut view = view();
    view.attachments = vec![file("message/rfc822", b"Subject: x\n\n--=_lazaret.mixed.abababababababab.0\n")];
    assert!(copy(&view).contains("boundary=\"=_lazaret.mixed.abababababababab.1\""));
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
