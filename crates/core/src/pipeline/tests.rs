use super::*;
use crate::Attachment;
use crate::redact::{Coded, Cut};
use std::sync::OnceLock;

pub(crate) const CARD: &str = "4929 1233 4567 8908";
const SSN: &str = "536-22-1234";
const PASSWORD: &str = "Winter2024!";

const POLICY: &str = include_str!("../../tests/data/policy.toml");

fn setup(policy: &str, limits: Limits) -> Setup {
    Setup {
        build_id: "test".into(),
        rules: vec![("rules.toml".into(), include_str!("../../tests/data/rules.toml").into())],
        policy: ("policy.toml".into(), policy.to_owned()),
        accepted: false,
        limits,
        digest_key: DigestKey::new([1; 32]),
        mark_key: MarkKey::new([2; 32]),
        today: "2026-03-01".into(),
    }
}

fn pipeline(policy: &str, limits: Limits) -> Pipeline {
    match Pipeline::new(&setup(policy, limits)) {
        Ok((pipeline, _)) => pipeline,
        Err(complaints) => panic!("{:?}", complaints.first()),
    }
}

pub(crate) fn shipped() -> &'static Pipeline {
    static SHIPPED: OnceLock<Pipeline> = OnceLock::new();
    SHIPPED.get_or_init(|| pipeline(POLICY, Limits::default()))
}

fn run(pipeline: &Pipeline, mail: &str) -> Outcome {
    let mail = mail.replace('\n', "\r\n");
    pipeline.process(&RawMessage::new(mail.into_bytes()), &Profile { mailbox: "support".into(), ..Profile::default() })
}

fn plain(subject: &str, body: &str) -> String {
    format!(
        "From: Mia Moss <mia@customer.example>\nTo: support@acme.example\nSubject: {subject}\nMessage-ID: <1@customer.example>\n\
         Date: Mon, 3 Aug 2026 10:00:00 +0000\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{body}\n"
    )
}

fn mixed(parts: &[(&str, &str)]) -> String {
    let mut mail = String::from(
        "From: Mia Moss <mia@customer.example>\nTo: support@acme.example\nSubject: files\nMIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=\"b\"\n\n",
    );
    for (header, body) in parts {
        mail.push_str(&format!("--b\n{header}\n\n{body}\n"));
    }
    mail.push_str("--b--\n");
    mail
}

/// All text of an outcome, to look for what must not be in it.
pub(crate) fn all_text(outcome: &Outcome) -> String {
    let envelope = &outcome.envelope;
    let names = [&envelope.from, &envelope.to, &envelope.cc, &envelope.reply_to].into_iter().flatten();
    let mut all: Vec<String> = names.map(|address| address.name.to_string()).collect();
    all.extend([outcome.subject.to_string(), outcome.text.to_string()]);
    all.extend(outcome.html.as_ref().map(Cleared::to_string));
    for attachment in &outcome.attachments {
        all.extend([attachment.name.to_string(), attachment.media_type.clone()]);
        all.extend(attachment.text.as_ref().map(Cleared::to_string));
        all.extend(attachment.content_id.clone());
    }
    all.extend(outcome.headers.iter().flat_map(|h| [h.name.clone(), h.value.to_string()]));
    all.extend(envelope.references.iter().chain(&envelope.subject_refs).chain(&outcome.bounced_ids).cloned());
    all.extend(envelope.message_id.iter().chain(&envelope.in_reply_to).chain(&outcome.own_copy).cloned());
    all.join("\n")
}

fn named<'a>(outcome: &'a Outcome, name: &str) -> &'a Attachment {
    outcome.attachments.iter().find(|a| a.name.as_str() == name).expect("an attachment of that name")
}

#[test]
fn clean_mail_passes_whole() {
    let outcome = run(shipped(), &plain("Printer", "Hello,\n\nit does not print.\n"));
    assert_eq!((outcome.verdict, &outcome.reasons[..]), (Verdict::Allow, &[][..]));
    assert_eq!(outcome.subject.as_str(), "Printer");
    assert!(outcome.text.as_str().contains("it does not print."));
    assert_eq!(outcome.envelope.from[0].name.as_str(), "Mia Moss");
    assert_eq!(outcome.envelope.message_id.as_deref(), Some("1@customer.example"));
}

#[test]
fn values_give_way_to_marks_wherever_they_stand() {
    let body =
        format!("my password is {PASSWORD} and my card {CARD}\n\nagain {CARD}, and then type {PASSWORD} there\n");
    let outcome = run(shipped(), &plain(&format!("charge {CARD}"), &body));
    assert_eq!(outcome.verdict, Verdict::Redact, "{:?}", outcome.reasons);
    let text = all_text(&outcome);
    assert!(!text.contains(CARD) && !text.contains(PASSWORD), "{text}");
    let marks: Vec<&str> = mark::spans(&text).into_iter().map(|span| &text[span]).collect();
    assert_eq!(marks.len(), 5, "{text}");
    assert!(marks[0].starts_with("[payment card ••••8908 · "), "{text}");
    assert_eq!(marks.iter().filter(|mark| **mark == marks[0]).count(), 3, "{text}");
    assert_eq!(marks.iter().filter(|mark| mark.starts_with("[password · ")).count(), 2, "{text}");
    let card = outcome.findings.iter().find(|f| f.rule == "payment-card").expect("found");
    assert!(marks[0].contains(&card.tag));
}

#[test]
fn a_refused_mail_leaves_no_text() {
    let outcome = run(shipped(), &plain("my card", &format!("card: {CARD} cvv 777\n")));
    assert_eq!(outcome.verdict, Verdict::Reject, "{:?}", outcome.reasons);
    assert!(outcome.keep_nothing);
    assert!(!outcome.has_text());
    assert_eq!(outcome.envelope.from[0].name.as_str(), "Mia Moss");
    assert_eq!(outcome.reasons[0].verdict(), Verdict::Reject);
}

#[test]
fn names_of_a_stub_are_redacted_too() {
    let mail = plain("my card", &format!("card: {CARD} cvv 777\n")).replace("Mia Moss", &format!("card {CARD}"));
    let outcome = run(shipped(), &mail);
    assert_eq!(outcome.verdict, Verdict::Reject);
    assert!(outcome.envelope.from[0].name.as_str().contains("[payment card"), "{}", outcome.envelope.from[0].name);
    assert!(!all_text(&outcome).contains(CARD));
}

#[test]
fn attachments_are_shown_redacted_or_left_out() {
    let outcome = run(
        shipped(),
        &mixed(&[
            ("Content-Type: text/plain", "see the files"),
            (
                "Content-Type: text/plain; name=\"a.txt\"\nContent-Disposition: attachment; filename=\"a.txt\"",
                "nothing here",
            ),
            (
                "Content-Type: text/plain; name=\"b.txt\"\nContent-Disposition: attachment; filename=\"b.txt\"",
                "social security number 536-22-1234",
            ),
            (
                "Content-Type: image/png; name=\"c.png\"\nContent-Disposition: attachment; filename=\"c.png\"\nContent-Transfer-Encoding: base64",
                "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
            ),
            (
                "Content-Type: application/x-unknown; name=\"d.bin\"\nContent-Disposition: attachment; filename=\"d.bin\"\nContent-Transfer-Encoding: base64",
                "AAECA/+AgYKDhIWGh4iJiouMjY6PkJGSk5SVlpeYmZo=",
            ),
        ]),
    );
    assert_eq!(outcome.verdict, Verdict::Redact, "{:?}", outcome.reasons);
    let seen =
        |name| (named(&outcome, name).action, named(&outcome, name).text.is_some(), named(&outcome, name).opaque);
    assert_eq!(seen("a.txt"), (Action::Allow, true, None));
    assert_eq!(seen("b.txt"), (Action::Redact, true, None));
    assert_eq!(seen("c.png"), (Action::Allow, false, Some(OpaqueWhy::Picture)));
    assert_eq!(seen("d.bin"), (Action::Withhold, false, Some(OpaqueWhy::Unsupported)));
    assert!(!all_text(&outcome).contains(SSN));
}

#[test]
fn a_picture_changes_no_verdict() {
    let strict =
        POLICY.replace("picture = \"allow\", signature = \"allow\"", "picture = \"flag\", signature = \"flag\"");
    assert_ne!(strict, POLICY);
    let picture = "Content-Type: image/png; name=\"c.png\"\nContent-Disposition: attachment; filename=\"c.png\"\nContent-Transfer-Encoding: base64";
    let mail = mixed(&[("Content-Type: text/plain", "see"), (picture, "iVBORw0KGgo=")]);
    let outcome = run(&pipeline(&strict, Limits::default()), &mail);
    assert_eq!(outcome.verdict, Verdict::Allow, "{:?}", outcome.reasons);
}

#[test]
fn html_is_redacted_in_its_source() {
    let html = format!("<html><body><p>card <b>{CARD}</b></p><img alt=\"{SSN} social security\"></body></html>");
    let mail = plain("html", &html).replace("text/plain", "text/html");
    let outcome = run(shipped(), &mail);
    assert_eq!(outcome.verdict, Verdict::Redact, "{:?}", outcome.reasons);
    let html = outcome.html.as_ref().expect("it stays").as_str();
    assert!(html.contains("<b>[payment card ••••8908"), "{html}");
    assert!(outcome.text.as_str().contains("[payment card ••••8908"), "{}", outcome.text);
    let text = all_text(&outcome);
    assert!(!text.contains(CARD) && !text.contains(SSN), "{text}");
}

#[test]
fn an_encrypted_message_is_quarantined() {
    let mail = "From: a@b.example\nTo: support@acme.example\nSubject: x\nMIME-Version: 1.0\n\
        Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=\"b\"\n\n\
        --b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\
        --b\nContent-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n--b--\n";
    let outcome = run(shipped(), mail);
    assert_eq!(outcome.verdict, Verdict::Quarantine);
    assert!(outcome.reasons.contains(&Reason::WholeEncrypted));
    assert!(!outcome.has_text());
}

#[test]
fn too_many_findings_are_a_limit() {
    let body = format!("SSN {SSN}\n").repeat(10);
    let verdict = |findings_max| {
        let limits = Limits { findings_max, ..Limits::default() };
        let outcome = run(&pipeline(POLICY, limits), &plain("x", &body));
        assert!(outcome.findings.len() <= findings_max);
        (outcome.verdict, outcome.reasons.contains(&Reason::OverLimit))
    };
    assert_eq!(verdict(9), (Verdict::Quarantine, true));
    assert_eq!(verdict(10), (Verdict::Redact, false));
    assert_eq!(verdict(11), (Verdict::Redact, false));
}

#[test]
fn a_text_that_was_not_scanned_to_its_end_is_not_shown() {
    let mail = mixed(&[
        ("Content-Type: text/plain", "the body"),
        ("Content-Type: text/plain; name=\"a.txt\"\nContent-Disposition: attachment", "the file"),
    ]);
    let read = || parse::read(&RawMessage::new(mail.clone().into_bytes()), &Profile::default(), &Limits::default());
    let at = |home: Home| read().texts.iter().position(|text| text.home == home).expect("a text of that home");
    let pipeline = shipped();
    for (home, verdict) in [(Home::Body, Verdict::Quarantine), (Home::Attachment(0), Verdict::Redact)] {
        let seen: Vec<Examined> = (0..read().texts.len())
            .map(|i| Examined {
                hits: Vec::new(),
                incomplete: i == at(home),
                people: None,
                looked_at: crate::fingerprint::Gathered::default(),
            })
            .collect();
        let opaque = pipeline.opaque(&read(), &seen);
        assert_eq!(opaque.len(), 1);
        assert_eq!(opaque[0].why, OpaqueWhy::OverLimit);
        assert_eq!(decide(&Evidence { opaque: &opaque, ..Evidence::default() }).verdict, verdict, "{home:?}");
        let cuts = seen.iter().map(|_| Vec::new()).collect();
        let written = pipeline.write(&mut read(), &seen, cuts, &opaque, mark::ENGLISH);
        let mut outcome = run(pipeline, &plain("x", "y"));
        assert!(pipeline.put_texts(&mut outcome, &written, &Values::default(), &Profile::default()));
        let shown = all_text(&outcome);
        assert_eq!(shown.contains("the body"), home != Home::Body, "{shown}");
        assert_eq!(shown.contains("the file"), home == Home::Body, "{shown}");
        assert!(home == Home::Body || outcome.attachments[0].action == Action::Withhold);
    }
}

#[test]
fn ids_and_types_do_not_carry_a_value_out() {
    let mail = plain("x", &format!("my password is {PASSWORD}\n"))
        .replace("<1@customer.example>", &format!("<{PASSWORD}@customer.example>"))
        .replace("MIME-Version", &format!("References: <ok@x.example> <a{PASSWORD}@x.example>\nMIME-Version"));
    let outcome = run(shipped(), &mail);
    assert_eq!(outcome.verdict, Verdict::Redact, "{:?}", outcome.reasons);
    assert!(!all_text(&outcome).contains(PASSWORD), "{}", all_text(&outcome));
    assert_eq!(outcome.envelope.references, ["ok@x.example"]);
}

#[test]
fn the_name_of_a_field_does_not_carry_a_value_out() {
    let long = "X-".to_owned() + &"a".repeat(100);
    let cases = [
        ("X-Note", "header/x-note"),
        ("X-4929123345678908", "header/field"),
        (long.as_str(), "header/field"),
        ("X-\u{e4}", "header/lines"),
    ];
    for (name, part) in cases {
        let mail = plain("x", "y").replace("MIME-Version", &format!("{name}: card {CARD}\nMIME-Version"));
        let outcome = run(shipped(), &mail);
        let parts: Vec<&str> = outcome.findings.iter().map(|f| f.part.as_str()).collect();
        assert!(parts.contains(&part) && !format!("{parts:?}").contains("4929"), "{name}: {parts:?}");
    }
}

#[test]
fn clearing_twice_changes_nothing() {
    let body = format!("my password is {PASSWORD} and my card {CARD}. {PASSWORD} again. SSN {SSN}\n");
    let once = run(shipped(), &plain("x", &body));
    assert_eq!(once.verdict, Verdict::Redact);
    let twice = run(shipped(), &plain("x", once.text.as_str().trim_end()));
    assert_eq!(twice.text.as_str().trim_end(), once.text.as_str().trim_end());
    assert_eq!(twice.verdict, Verdict::Allow, "{:?}", twice.findings);
}

/// What a redaction that fails would hand over.
fn after_bad_redaction(home: Home, form: write::Form, mut values: Values) -> Outcome {
    let profile = Profile::default();
    let read = parse::read(&RawMessage::new(plain("x", "y").into_bytes()), &profile, &Limits::default());
    let judged = Judged {
        verdict: Verdict::Redact,
        reasons: Vec::new(),
        findings: Vec::new(),
        fingerprints: Fingerprints::default(),
        opaque: Vec::new(),
        keep_nothing: false,
        digest: crate::Digest([0; 32]),
        remembered: Remembered::default(),
    };
    let placement = lazaret_scan::Placement::Body;
    let attachment = Attachment {
        part: crate::PartPath::new("2"),
        name: Cleared::default(),
        media_type: "text/plain".into(),
        size_bytes: 1,
        action: Action::Allow,
        text: None,
        opaque: None,
        file: None,
        coverage: crate::Coverage::default(),
        content_id: None,
        inline: false,
        charset: None,
    };
    let pieces = vec![write::Piece { home, placement, form, cut: true, withheld: false }];
    shipped().outcome(read, judged, Written { pieces, attachments: vec![attachment] }, &mut values, &profile)
}

#[test]
fn what_is_still_there_after_redaction_is_taken_out_or_quarantined() {
    let values = || {
        let mut values = Values::default();
        let cut = crate::redact::Cut { span: 0..1, score: 60, action: Action::Redact, mark: "[x]".into() };
        values.add("Zauberwort", &cut);
        values.build();
        values
    };
    let homes = [
        Home::Subject,
        Home::Body,
        Home::Html,
        Home::Attachment(0),
        Home::AttachmentName(0),
        Home::Name(crate::tree::Field::From, 0),
    ];
    // A card with its security code asks for more than to be taken out.
    let refused = format!("card {CARD} cvv 777");
    for home in homes {
        for (text, clear) in [(CARD, true), ("the Zauberwort is", true), (&refused, false), ("nothing left", true)] {
            let form = match home {
                Home::Html => {
                    let html = format!("<p>seen</p><!-- {text} -->");
                    write::Form::Html(crate::html::Html::read(crate::Raw::new(html)))
                }
                _ => write::Form::Plain(text.to_owned()),
            };
            let outcome = after_bad_redaction(home, form, values());
            let verdict = if clear { Verdict::Redact } else { Verdict::Quarantine };
            assert_eq!(outcome.verdict, verdict, "{home:?} {text}");
            assert_eq!(outcome.reasons.contains(&Reason::Residue), !clear, "{home:?} {text}");
            assert!(clear || !outcome.has_text(), "{home:?} {text}");
            assert!(text == "nothing left" || !all_text(&outcome).contains(text), "{home:?} {text}");
        }
    }
}

#[test]
fn redaction_goes_on_for_three_rounds() {
    let mut setup = setup(POLICY, Limits::default());
    let next = "[[rule]]\nid = \"next\"\nclass = \"secret\"\nentity = \"door\"\nkind = \"regex\"\n\
        pattern = '(?:door|· [A-Z2-7]{8}\\])-zone(?P<value>[G-K])'\nscore = { base = 60 }\n\
        test = [{ text = \"door-zoneG\", find = [\"G\"] }, { text = \"-zoneG\", find = [] }]\n";
    setup.rules.push(("next.toml".into(), next.into()));
    let (pipeline, _) = Pipeline::new(&setup).unwrap_or_else(|complaints| panic!("{:?}", complaints.first()));
    // Each letter stands behind a mark once the one before it is a mark.
    for (letters, verdict) in
        [("G", Verdict::Redact), ("GH", Verdict::Redact), ("GHIJ", Verdict::Redact), ("GHIJK", Verdict::Quarantine)]
    {
        let text: String = letters.chars().map(|letter| format!("-zone{letter}")).collect();
        let outcome = run(&pipeline, &plain("x", &format!("door{text}")));
        assert_eq!(outcome.verdict, verdict, "{letters} {}", outcome.text);
        assert_eq!(outcome.reasons.first() == Some(&Reason::Residue), verdict == Verdict::Quarantine, "{letters}");
        let marks = if verdict == Verdict::Redact { letters.len() } else { 0 };
        assert_eq!(mark::spans(outcome.text.as_str()).len(), marks, "{letters} {}", outcome.text);
    }
}

#[test]
fn records_of_many_people_are_counted_by_line() {
    let mut setup = setup(&POLICY.replace("people = 10", "people = 3"), Limits::default());
    let names = "[[rule]]\nid = \"name\"\nclass = \"person\"\nentity = \"person\"\nkind = \"regex\"\n\
        pattern = '(?:Ann|Bob|Cid)'\nscore = { base = 60 }\ntest = [{ text = \"Ann\", find = [\"Ann\"] }, { text = \"Zoe\", find = [] }]\n";
    setup.rules.push(("names.toml".into(), names.into()));
    let (pipeline, _) = Pipeline::new(&setup).unwrap_or_else(|complaints| panic!("{:?}", complaints.first()));
    let cases = [
        ("Ann, SSN 536-22-1234\nBob, SSN 536-22-1235\nCid, SSN 536-22-1236\n", true),
        // Two people, one of them twice; three on one line; three without a number.
        ("Ann, SSN 536-22-1234\nBob, SSN 536-22-1235\nAnn, SSN 536-22-1236\n", false),
        ("Ann, Bob, Cid, SSN 536-22-1234\n", false),
        ("Ann\nBob\nCid\n", false),
    ];
    for (text, bulk) in cases {
        let outcome = run(&pipeline, &plain("list", text));
        assert_eq!(outcome.findings.iter().any(|f| f.class == lazaret_scan::Class::BulkRecords), bulk, "{text}");
        assert_eq!(outcome.text.as_str().contains("[withheld: records of many people]"), bulk, "{}", outcome.text);
        assert!(!all_text(&outcome).contains("536-22-"), "{}", outcome.text);
    }
}

#[test]
fn files_written_into_a_text_leave_it_with_what_they_hold() {
    // "card 4929 1233 4567 8908", "harmless words", a zip file.
    let card = "begin 644 a.txt\n88V%R9\"`T.3(Y(#$R,S,@-#4V-R`X.3`X\n`\nend\n";
    let words = "begin 644 b.txt\n.:&%R;6QE<W,@=V]R9',\n`\nend\n";
    let zip = "begin 644 c.zip\n*4$L#!!0``````\"AH\n`\nend\n";
    let outcome = run(shipped(), &plain("files", &format!("one\n{card}two\n{words}three\n{zip}four")));
    let want = format!("one\n[withheld: payment card]two\n{words}three\n[withheld: broken part]four");
    assert_eq!(outcome.text.as_str().replace("\r\n", "\n").trim_end(), want);
    assert_eq!(outcome.verdict, Verdict::Redact);
    let pgp = "-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----";
    let outcome = run(shipped(), &plain("pgp", &format!("one\n{pgp}\ntwo")));
    assert_eq!(outcome.text.as_str().replace("\r\n", "\n").trim_end(), "one\n[withheld: encrypted part]\ntwo");
}

#[test]
fn pages_in_a_row_are_one() {
    let page = "Content-Type: text/html";
    let outcome = run(shipped(), &mixed(&[(page, "<p>card 4929 1233"), (page, "4567 8908</p>")]));
    assert_eq!(outcome.verdict, Verdict::Quarantine, "{}", all_text(&outcome));
    assert!(!outcome.has_text());
    let outcome = run(shipped(), &mixed(&[(page, "<p>one</p>"), (page, "<p>two</p>")]));
    assert_eq!((outcome.verdict, outcome.html.is_some()), (Verdict::Allow, true));
}

#[test]
fn reports_name_what_was_found_and_never_the_value() {
    let line = |report: Report| {
        let mut out = Vec::new();
        report.disclose_to(&mut out).expect("memory");
        String::from_utf8(out).expect("JSON")
    };
    let mail = plain("x", &format!("card {CARD}\n"));
    let of_mail = line(shipped().scan(
        "a.eml",
        None,
        &RawMessage::new(mail.into_bytes()),
        &Profile::default(),
        Show::Places,
        &mut InProcess::default(),
    ));
    let want = "{\"file\":\"a.eml\",\"findings\":[{\"rule\":\"payment-card\",\"class\":\"credit_card\",\"entity\":\"payment_card\",\
        \"part\":\"1\",\"start\":5,\"end\":24,\"score\":";
    assert!(of_mail.starts_with(want), "{of_mail}");
    assert!(of_mail.ends_with("\"action\":\"redact\"}],\"opaque\":[]}\n"), "{of_mail}");
    let of_text = line(shipped().scan_text("7", &RawMessage::new(format!("card {CARD}").into_bytes())));
    assert!(of_text.starts_with("{\"id\":\"7\",\"findings\":[{\"rule\":\"payment-card\""), "{of_text}");
    assert!(of_text.contains("\"part\":\"text\",\"start\":5,\"end\":24"), "{of_text}");
    let of_file = line(shipped().scan(
        "b.txt",
        Some(3),
        &RawMessage::new(format!("card {CARD}").into_bytes()),
        &Profile::default(),
        Show::Places,
        &mut InProcess::default(),
    ));
    assert!(
        of_file.starts_with("{\"file\":\"b.txt\",\"message\":3,\"findings\":[{\"rule\":\"payment-card\""),
        "{of_file}"
    );
    for line in [of_mail, of_text, of_file] {
        assert!(!line.contains("4929"), "{line}");
    }
}

#[test]
fn an_exception_holds_for_its_value_and_rule_until_its_day() {
    let with = |today: &str, digest_of: &str, rule: &str| {
        let mut setup = setup(POLICY, Limits::default());
        setup.today = today.into();
        let digest = setup.digest_key.exception(lazaret_scan::Class::CreditCard, digest_of);
        let own = format!(
            "[[except]]\nrule = \"{rule}\"\ndigest = \"{digest}\"\nreason = \"demo\"\nowner = \"mia\"\nexpires = 2026-03-01\n"
        );
        setup.rules.push(("own.toml".into(), own));
        let (pipeline, _) = Pipeline::new(&setup).expect("it loads");
        // Written otherwise, it is the same value; with it goes one that is none of the exception's.
        let outcome = run(&pipeline, &plain("x", "my card is 4929-1233-4567-8908 or 4539 5787 6362 1486"));
        let actions: Vec<Action> = outcome.findings.iter().map(|f| f.action).collect();
        (actions, outcome.text.as_str().contains("4929-1233-4567-8908"), outcome.text.as_str().contains("1486\n"))
    };
    let value = "4929123345678908";
    let passes = (vec![Action::Allow, Action::Redact], true, false);
    let none = (vec![Action::Redact, Action::Redact], false, false);
    for (today, value, rule, want) in [
        ("2026-02-28", value, "payment-card", &passes),
        ("2026-03-01", value, "payment-card", &passes),
        ("2026-03-02", value, "payment-card", &none),
        ("", value, "payment-card", &none),
        ("2026-02-28", "4929123345678916", "payment-card", &none),
        ("2026-02-28", value, "card-security-code", &none),
    ] {
        assert_eq!(&with(today, value, rule), want, "{today} {rule}");
    }
}

#[test]
fn a_rule_in_shadow_is_counted_and_changes_nothing() {
    let with = |own: &str, policy: &str| {
        let mut setup = setup(policy, Limits::default());
        setup.rules.push(("own.toml".into(), own.into()));
        let (pipeline, _) = Pipeline::new(&setup).expect("it loads");
        run(&pipeline, &plain("x", &format!("my card is {CARD}")))
    };
    let adjusted = with("[[adjust]]\nid = \"payment-card\"\nmode = \"shadow\"", POLICY);
    let outside = with("", &format!("profiles = [\"secrets\"]\n{POLICY}"));
    for outcome in [adjusted, outside] {
        assert_eq!((outcome.verdict, outcome.reasons.len()), (Verdict::Allow, 0));
        let found: Vec<(&str, Action)> = outcome.findings.iter().map(|f| (f.rule.as_str(), f.action)).collect();
        assert_eq!(found, [("payment-card", Action::Allow)]);
        assert!(outcome.text.as_str().contains(CARD));
    }
}

#[test]
fn explanations_and_lines_mask_values_unless_they_are_revealed() {
    let line = |report: Report| {
        let mut out = Vec::new();
        report.disclose_to(&mut out).expect("memory");
        serde_json::from_slice::<serde_json::Value>(&out).expect("JSON")
    };
    let text = RawMessage::new(format!("first\nmy card is {CARD}, pwd: {PASSWORD}\n").into_bytes());
    let explain =
        |show| line(shipped().explain("a.txt", None, &text, &Profile::default(), show, &mut InProcess::default()));
    let masked = explain(Explain { reveal: false, digests: true });
    let card = &masked["candidates"][0];
    assert_eq!((card["rule"].as_str(), card["action"].as_str()), (Some("payment-card"), Some("redact")), "{masked}");
    assert_eq!((card["masked"].as_str(), card["length"].as_u64()), (Some("4••••••••••••8"), Some(19)));
    assert_eq!(card["shape"].as_str(), Some("dddd dddd dddd dddd"));
    assert!(card["digest"].as_str().is_some_and(|d| d.len() == 35 && d.starts_with("k1:")), "{card}");
    assert!(card["why_not"].is_null() && card["terms"].as_array().is_some_and(|t| t.len() > 2), "{card}");
    let revealed = explain(Explain { reveal: true, digests: false });
    assert_eq!(revealed["candidates"][0]["value"].as_str(), Some(CARD));
    assert!(revealed["candidates"][0]["digest"].is_null());

    let scan = |show| line(shipped().scan("a.txt", None, &text, &Profile::default(), show, &mut InProcess::default()));
    let context = &scan(Show::Masked)["findings"][0]["context"];
    assert_eq!(context["before"].as_str(), Some("my card is "));
    assert_eq!((context["value"].as_str(), context["line"].as_u64()), (Some("4••••••••••••8"), Some(2)));
    assert_eq!(context["after"].as_str(), Some(", pwd: •••••••••••"));
    assert_eq!(scan(Show::Revealed)["findings"][1]["context"]["value"].as_str(), Some(PASSWORD));
    assert!(scan(Show::Places)["findings"][0].get("context").is_none());
    for all in [masked.to_string(), scan(Show::Masked).to_string()] {
        assert!(!all.contains("4929") && !all.contains("Winter"), "{all}");
    }
}

#[test]
fn complaints_are_answered_not_thrown() {
    let mut setup = setup(POLICY, Limits::default());
    setup.policy.1 = "min_score = 1".into();
    assert!(Pipeline::new(&setup).is_err());
    setup.policy.1 = POLICY.into();
    setup.rules[0].1 = "[[rule]]\nid = 7".into();
    let complaints = Pipeline::new(&setup).expect_err("a bad rule");
    assert!(complaints.iter().any(|c| c.file == "rules.toml"), "{complaints:?}");
}

#[test]
fn parts_keep_the_names_that_extract_gives() {
    let outcome = run(shipped(), &plain(&format!("card {CARD}"), &format!("card {CARD}\n")));
    let parts: Vec<&str> = outcome.findings.iter().map(|f| f.part.as_str()).collect();
    assert_eq!(parts, ["header/subject", "1"]);
}

#[test]
fn what_another_reading_of_a_part_holds_is_not_on_the_ticket() {
    // Each mail shows the card in a form that some mail client undoes.
    let escaped = "card =34929 1233 4567 890=38";
    let base64 = "Y2FyZCA0OTI5IDEyMzMgNDU2NyA4OTA4";
    let typed = |encoding: &str| format!("Content-Type: text/plain\nContent-Transfer-Encoding: {encoding}");
    let withheld = [
        (typed("quoted"), escaped.to_owned(), "[withheld: payment card]"),
        (typed("x-quoted-printable"), format!("card {CARD} and {escaped}"), "[withheld: payment card]"),
        (typed("base-64"), base64.to_owned(), "[withheld: payment card]"),
        // A word in another charset does not spoil the reading.
        (typed("quoted"), format!("=e4 {escaped}"), "[withheld: payment card]"),
        // These are read as what they say.
        (typed("(x) quoted-printable"), escaped.to_owned(), "card [payment card"),
        (typed("\"quoted-printable\""), escaped.to_owned(), "card [payment card"),
        (typed("base64,"), base64.to_owned(), "card [payment card"),
        // And nothing is withheld for what stands as it is in both readings.
        (typed("8-bit"), format!("card {CARD}"), "card [payment card"),
    ];
    for (header, body, want) in withheld {
        let outcome = run(shipped(), &mixed(&[(&header, &body)]));
        assert_eq!(outcome.verdict, Verdict::Redact, "{header} {:?}", outcome.reasons);
        assert!(outcome.text.as_str().starts_with(want), "{header}: {}", outcome.text);
    }
    for charset in ["utf-16", "utf-16be", "utf-7", "iso-2022-jp", "hz-gb-2312"] {
        // An even number of letters, so that nothing is left over when each two of them are one sign.
        let body = match charset {
            "utf-7" => "+AGM-card 4929 +ADE-233 4567 8908".to_owned(),
            "iso-2022-jp" => format!("\u{1b}$Bcard {CARD}"),
            "hz-gb-2312" => format!("~{{card {CARD}~}}"),
            _ => format!("a card {CARD}"),
        };
        let outcome = run(shipped(), &mixed(&[(&format!("Content-Type: text/html; charset={charset}"), &body)]));
        assert_eq!(outcome.verdict, Verdict::Redact, "{charset} {:?} {}", outcome.reasons, outcome.text);
        assert!(!all_text(&outcome).contains("4929"), "{charset} {}", outcome.text);
        let withheld = outcome.text.as_str() == "[withheld: payment card]" && outcome.html.is_none();
        assert_eq!(withheld, charset != "utf-7", "{charset} {}", outcome.text);
    }
    let outcome = run(shipped(), &mixed(&[(&typed("8-bit"), "a =3D b")]));
    assert_eq!((outcome.verdict, outcome.text.as_str().trim_end()), (Verdict::Allow, "a =3D b"));
}

#[test]
fn more_values_than_are_remembered_are_a_limit() {
    let body = |count: usize| (0..count).map(|i| format!("password: Winter{i:04}!\n")).collect::<String>();
    for (count, verdict) in [(1_000, Verdict::Redact), (1_001, Verdict::Quarantine)] {
        let outcome = run(shipped(), &plain("x", &body(count)));
        assert_eq!(outcome.verdict, verdict, "{count} {:?}", outcome.reasons);
        assert_eq!(outcome.reasons.contains(&Reason::OverLimit), verdict == Verdict::Quarantine);
    }
}

#[test]
fn a_file_of_more_values_than_are_remembered_is_left_out_alone() {
    let typed = |name: &str| format!("Content-Type: text/plain\nContent-Disposition: attachment; filename={name}");
    let lines = |count: usize| (0..count).map(|i| format!("password: Winter{i:04}!\n")).collect::<String>();
    for (count, action) in [(998, Action::Redact), (999, Action::Redact), (1_000, Action::Withhold)] {
        let last = format!("Winter{:04}!", count - 1);
        let body = format!("my password is {PASSWORD}\nand this too: {last}");
        let parts =
            [("Content-Type: text/plain", body.as_str()), (&typed("a.txt"), &lines(count)), (&typed("b.txt"), "x")];
        let outcome = run(shipped(), &mixed(&parts));
        assert_eq!(
            (outcome.verdict, named(&outcome, "a.txt").action),
            (Verdict::Redact, action),
            "{:?}",
            outcome.reasons
        );
        assert_eq!(named(&outcome, "a.txt").file.is_none(), action == Action::Withhold);
        assert!(named(&outcome, "b.txt").file.is_some());
        // What the file tells leaves the mail all the same.
        assert!(!outcome.text.as_str().contains("Winter"), "{}", outcome.text);
    }
}

#[test]
fn a_value_goes_in_other_letters_and_when_it_is_short() {
    let outcome =
        run(shipped(), &plain("x", "my password is Winter2024!\n\nor type WINTER2024! there, or winter2024!\n"));
    assert_eq!(mark::spans(outcome.text.as_str()).len(), 3, "{}", outcome.text);
    let mut setup = setup(POLICY, Limits::default());
    let door = "[[rule]]\nid = \"door\"\nclass = \"secret\"\nentity = \"pin\"\nkind = \"regex\"\n\
        pattern = 'door code (?P<value>[0-9]{4})'\nscore = { base = 60 }\n\
        test = [{ text = \"door code 1234\", find = [\"1234\"] }, { text = \"door 1234\", find = [] }]\n";
    setup.rules.push(("door.toml".into(), door.into()));
    let (pipeline, _) = Pipeline::new(&setup).unwrap_or_else(|complaints| panic!("{:?}", complaints.first()));
    let outcome = run(&pipeline, &plain("x", "door code 7391\n\ntype 7391 there, not 73915\n"));
    assert_eq!(mark::spans(outcome.text.as_str()).len(), 2, "{}", outcome.text);
    assert!(outcome.text.as_str().contains("not 73915"), "{}", outcome.text);
}

#[test]
fn a_token_in_a_fact_is_found_and_ids_with_one_are_dropped() {
    let mut setup = setup(POLICY, Limits::default());
    let token = "[[rule]]\nid = \"token\"\nclass = \"secret\"\nentity = \"github_token\"\nkind = \"regex\"\n\
        pattern = 'ghp_[0-9A-Za-z]{12}'\nscore = { base = 60 }\n\
        test = [{ text = \"ghp_16C7e42F292c\", find = [\"ghp_16C7e42F292c\"] }, { text = \"ghp_1\", find = [] }]\n";
    setup.rules.push(("token.toml".into(), token.into()));
    let (pipeline, _) = Pipeline::new(&setup).unwrap_or_else(|complaints| panic!("{:?}", complaints.first()));
    let token = "ghp_9aB3xK71mQ2z";
    let threads = |id: &str| format!("In-Reply-To: <{id}@x.example>\nReferences: <ok@x.example> <{id}@x.example>\n");
    let cases = [
        (plain("x", "y").replace("<1@", &format!("<{token}@")), "header/message-id"),
        (plain("x", "y").replace("MIME-Version", &format!("{}MIME-Version", threads(token))), "header/in-reply-to"),
        (plain("x", "y").replace("MIME-Version", &format!("{}MIME-Version", threads(token))), "header/references"),
    ];
    for (mail, part) in cases {
        let outcome = run(&pipeline, &mail);
        assert_eq!(outcome.verdict, Verdict::Redact, "{part} {:?}", outcome.reasons);
        assert!(outcome.findings.iter().any(|f| f.part.as_str() == part && f.rule == "token"), "{part}");
        assert!(!all_text(&outcome).contains(token), "{part} {}", all_text(&outcome));
    }
    for field in ["From", "To", "Cc", "Reply-To", "Return-Path"] {
        let mail = plain("x", "y").replace("MIME-Version", &format!("{field}: <{token}@x.example>\nMIME-Version"));
        let mail = mail.replace("From: Mia Moss <mia@customer.example>\nTo: support@acme.example\n", "");
        let outcome = run(&pipeline, &mail);
        let part = format!("header/{}", field.to_lowercase());
        let found: Vec<&str> = outcome.findings.iter().map(|f| f.part.as_str()).collect();
        assert_eq!((outcome.verdict, found), (Verdict::Redact, vec![part.as_str()]), "{field}");
    }
    // A number that was found elsewhere, without its blanks.
    let mail = plain("x", &format!("card {CARD}\n"))
        .replace("MIME-Version", &format!("{}MIME-Version", threads("4929123345678908")));
    let outcome = run(&pipeline, &mail);
    assert_eq!(
        (outcome.envelope.in_reply_to.as_deref(), &outcome.envelope.references[..]),
        (None, &["ok@x.example".to_owned()][..])
    );
    assert!(outcome.envelope.message_id.is_some());
}

#[test]
fn a_subject_of_plain_letters_under_a_wide_charset_is_read() {
    let outcome = run(shipped(), &plain("=?utf-16?Q?card_4929_1233_4567_8908?=", "y"));
    assert_eq!(outcome.verdict, Verdict::Redact, "{}", outcome.subject);
    assert!(outcome.subject.as_str().starts_with("card [payment card"), "{}", outcome.subject);
}

#[test]
fn records_of_many_people_are_withheld_and_of_few_are_shown() {
    let mut setup = setup(lazaret_scan::shipped::POLICY_FILE.1, Limits::default());
    setup.rules = lazaret_scan::shipped::RULE_FILES.iter().map(|(n, t)| ((*n).into(), (*t).into())).collect();
    setup.accepted = true;
    let (pipeline, _) = Pipeline::new(&setup).unwrap_or_else(|complaints| panic!("{:?}", complaints.first()));
    let given = ["Mia", "Tim", "Anna", "Omar", "Priya", "Jonas", "Lena", "Pavel", "Noemi", "Kofi", "Yuki"];
    let table = |count: usize, join: &str, end: &str| -> String {
        let row = |(i, name): (usize, &&str)| format!("{name} Robinson{join}{:02}/03/2009{end}", i + 1);
        given.iter().take(count).enumerate().map(row).collect()
    };
    let csv = |count| plain("list", &format!("Hello,\n\nName,Date of birth\n{}\nThanks\n", table(count, ",", "\n")));
    let html = |count| {
        let rows = table(count, "</td><td>", "</td></tr><tr><td>");
        let head = "<tr><th>Name</th><th>Date of birth</th></tr>";
        plain("list", &format!("<p>Hello</p><table>{head}<tr><td>{rows}</td></tr></table>"))
            .replace("text/plain", "text/html")
    };
    let file = |count| {
        let list = "Content-Type: text/csv; name=\"a.csv\"\nContent-Disposition: attachment; filename=\"a.csv\"";
        mixed(&[
            ("Content-Type: text/plain", "see the list"),
            (list, &format!("Name;Date of birth\n{}", table(count, ";", "\n"))),
        ])
    };
    let forms: [(&str, &dyn Fn(usize) -> String); 3] = [("csv", &csv), ("html", &html), ("file", &file)];
    for (form, mail) in forms {
        for (count, action) in
            [(2, None), (9, Some(Action::Flag)), (10, Some(Action::Withhold)), (11, Some(Action::Withhold))]
        {
            let outcome = run(&pipeline, &mail(count));
            let records = outcome.reasons.iter().find_map(|reason| match reason {
                Reason::Records { about, kinds, action } => Some((*about as usize, kinds.join(", "), *action)),
                _ => None,
            });
            assert_eq!(records, action.map(|a| (count, "name, date of birth".to_owned(), a)), "{form} {count}");
            let withheld = action == Some(Action::Withhold);
            assert_eq!(outcome.verdict, if withheld { Verdict::Redact } else { Verdict::Allow }, "{form} {count}");
            assert_eq!(all_text(&outcome).contains("Robinson"), !withheld, "{form} {count}\n{}", all_text(&outcome));
        }
    }
}

#[test]
fn a_number_found_with_context_is_found_without_it_in_other_parts() {
    let mut setup = setup(lazaret_scan::shipped::POLICY_FILE.1, Limits::default());
    setup.rules = lazaret_scan::shipped::RULE_FILES.iter().map(|(n, t)| ((*n).into(), (*t).into())).collect();
    setup.accepted = true;
    let (pipeline, _) = Pipeline::new(&setup).unwrap_or_else(|complaints| panic!("{:?}", complaints.first()));
    let text = "Content-Type: text/plain";
    let file = "Content-Type: text/plain; name=\"a.txt\"\nContent-Disposition: attachment; filename=\"a.txt\"";
    // Said in one part, and bare in another form elsewhere: below it, quoted, in an attachment.
    let told = "My tax file number is 626 018 159, thanks";
    let cases = [
        (mixed(&[(text, told), (file, "626018159")]), true),
        (mixed(&[(text, "see the file"), (file, told), (text, "again: 626-018-159")]), true),
        (mixed(&[(text, &format!("{told}\n\nOn Monday you wrote:\n\n\n\n> please take 626018159 as it is\n"))]), true),
        (mixed(&[(text, "see the file"), (file, "626018159")]), false),
        (mixed(&[(text, told), (file, "876543210")]), false),
    ];
    for (mail, known) in cases {
        let outcome = run(&pipeline, &mail);
        let all = all_text(&outcome);
        let left = ["626018159", "626-018-159", "876543210"].iter().any(|value| all.contains(value));
        assert_eq!(left, !known, "{mail}\n{all}");
    }
}

/// What a conversation holds after these outcomes.
fn thread(outcomes: &[&Outcome]) -> Thread {
    let mark_key = MarkKey::new([2; 32]);
    let key = mark_key.thread("LZ-7K2Q-M4XD");
    let values = outcomes.iter().flat_map(|o| &o.remembered.values).map(|value| key.digest(value)).collect();
    let facts = outcomes.iter().fold(crate::Facts::default(), |facts, o| facts | o.remembered.facts);
    Thread { key, values, facts }
}

fn run_in(thread: &Thread, mail: &str) -> Outcome {
    let mail = RawMessage::new(mail.replace('\n', "\r\n").into_bytes());
    shipped().process_in(
        &mail,
        &Profile { mailbox: "support".into(), ..Profile::default() },
        Some(thread),
        &mut InProcess::default(),
    )
}

#[test]
fn a_value_of_the_conversation_needs_no_context_again() {
    let first = run(shipped(), &plain("x", &format!("my SSN is {SSN} and my password is {PASSWORD}\n")));
    assert_eq!((first.verdict, first.remembered.values.len()), (Verdict::Redact, 2), "{:?}", first.findings);
    let bare = "536221234";
    let again = plain("x", &format!("It is {bare}, as I wrote.\n\n> say {PASSWORD}\n> again"));
    assert!(all_text(&run(shipped(), &again)).contains(bare), "alone it says nothing");
    let outcome = run_in(&thread(&[&first]), &again);
    let text = all_text(&outcome);
    assert!(!text.contains(bare) && !text.contains("Winter2024"), "{text}");
    assert_eq!(outcome.verdict, Verdict::Redact);
    let other = plain("x", "It is 536221235, say Winter2025!\n");
    assert_eq!(run_in(&thread(&[&first]), &other).verdict, Verdict::Allow, "another value is none of it");
    // Nothing is kept of what must not be kept.
    let refused = run(shipped(), &plain("x", &format!("card: {CARD} cvv 777\n")));
    assert!(refused.keep_nothing && refused.remembered.values.is_empty());
}

/// A rule made of rules whose members stand in the parts of one message, or in messages of one conversation.
#[test]
fn members_of_a_rule_stand_in_other_parts_and_messages() {
    let rule = |reach: &str| {
        format!(
            "[[rule]]\nid = \"account-of-somebody\"\nclass = \"custom\"\nentity = \"account_of_somebody\"\nkind = \"composite\"\n\
             all = [\"iban\", \"us-ssn\"]\nwithin = \"{reach}\"\nscore = {{ base = 70 }}\n\
             test = [\n{{ text = \"IBAN GB82 WEST 1234 5698 7654 32, SSN 536-22-1234\", find = [\"GB82 WEST 1234 5698 7654 32, SSN 536-22-1234\"] }},\n\
             {{ text = \"none\", find = [] }},\n]\n"
        )
    };
    let of = |reach: &str| {
        let mut setup = setup(lazaret_scan::shipped::POLICY_FILE.1, Limits::default());
        setup.rules = lazaret_scan::shipped::RULE_FILES.iter().map(|(n, t)| ((*n).into(), (*t).into())).collect();
        setup.rules.push(("acme.toml".into(), rule(reach)));
        setup.accepted = true;
        Pipeline::new(&setup).unwrap_or_else(|complaints| panic!("{:?}", complaints.first())).0
    };
    let has = |outcome: &Outcome| outcome.findings.iter().any(|f| f.rule == "account-of-somebody");
    let text = "Content-Type: text/plain";
    let file = "Content-Type: text/plain; name=\"a.txt\"\nContent-Disposition: attachment; filename=\"a.txt\"";
    let (iban, ssn) = ("IBAN GB82 WEST 1234 5698 7654 32", format!("my SSN is {SSN}"));
    let parts = mixed(&[(text, iban), (file, &ssn)]);
    let (line, message, thread_wide) = (of("line"), of("message"), of("thread"));
    for (pipeline, found) in [(&line, false), (&message, true), (&thread_wide, true)] {
        assert_eq!(has(&run(pipeline, &parts)), found);
    }
    let first = run(&thread_wide, &plain("x", iban));
    let before = thread(&[&first]);
    let mail = RawMessage::new(plain("x", &ssn).replace('\n', "\r\n").into_bytes());
    let profile = Profile { mailbox: "support".into(), ..Profile::default() };
    for (pipeline, found) in [(&line, false), (&message, false), (&thread_wide, true)] {
        let outcome = pipeline.process_in(&mail, &profile, Some(&before), &mut InProcess::default());
        assert_eq!(has(&outcome), found);
    }
    assert!(!has(&run(&thread_wide, &plain("x", &ssn))), "alone it has no company");
}

#[test]
fn the_second_half_of_a_credential_is_a_secret() {
    let first = run(shipped(), &plain("Portal", "My username is jdoe, the password will follow separately.\n"));
    assert_eq!(first.verdict, Verdict::Allow, "{:?}", first.findings);
    let told = thread(&[&first]);
    for body in
        ["Kangaroo77\n", "hier: Kangaroo77\n", "Hi,\n\nKangaroo77\n\nThanks\nMia Moss\n\n> My username is jdoe\n"]
    {
        let mail = plain("Re: Portal", body);
        assert_eq!(run(shipped(), &mail).verdict, Verdict::Allow, "alone it says nothing: {body}");
        let outcome = run_in(&told, &mail);
        assert!(!all_text(&outcome).contains("Kangaroo77"), "{body}");
        let found = outcome.findings.first().expect("a finding");
        assert_eq!((found.rule.as_str(), found.entity.as_str()), ("conversation-secret", "password"));
        assert!(found.score >= 60);
        assert_eq!(outcome.verdict, Verdict::Redact);
    }
    for body in [
        "Thanks!",
        "INC0012345",
        "order: Kx48213b",
        "4 May 2026",
        "Mia Moss",
        "It works now, since 10:30.",
        "Windows11",
    ] {
        assert_eq!(run_in(&told, &plain("Re: Portal", body)).verdict, Verdict::Allow, "{body}");
    }
}

#[test]
fn a_subject_announces_the_lone_word_below_it() {
    let outcome = run(shipped(), &plain("Your new password", "Kangaroo77\n"));
    assert!(!all_text(&outcome).contains("Kangaroo77"));
    assert_eq!(outcome.verdict, Verdict::Redact);
    assert_eq!(run(shipped(), &plain("Your new desk", "Kangaroo77\n")).verdict, Verdict::Allow);
}

/// A ZIP, not packed: `note.txt` with the card in it, and `other.txt`.
const ZIP: &str = "UEsDBBQAAAAAAAAAIVwVK3TRKAAAACgAAAAIAAAAbm90ZS50eHRNeSBjYXJkIGlzIDQ5MjkgMTIzMyA0NTY3IDg5MDgsIHRoYW5r\
    cy4KUEsDBBQAAAAAAAAAIVxqaEIqCAAAAAgAAAAJAAAAb3RoZXIudHh0bm90aGluZwpQSwECFAMUAAAAAAAAACFcFSt00SgAAAAo\
    AAAACAAAAAAAAAAAAAAAgAEAAAAAbm90ZS50eHRQSwECFAMUAAAAAAAAACFcamhCKggAAAAIAAAACQAAAAAAAAAAAAAAgAFOAAAA\
    b3RoZXIudHh0UEsFBgAAAAACAAIAbQAAAH0AAAAAAA==";

fn with_zip() -> String {
    let typed = |kind: &str, name: &str| {
        format!("Content-Type: {kind}; name=\"{name}\"\nContent-Disposition: attachment; filename=\"{name}\"")
    };
    mixed(&[
        ("Content-Type: text/plain", "see the files"),
        (&format!("{}\nContent-Transfer-Encoding: base64", typed("application/zip", "a.zip")), ZIP),
        (&typed("text/csv", "b.csv"), &format!("name,card\nMia,{CARD}\nJo,none")),
        (&typed("text/plain", "c.txt"), "nothing here"),
        (&typed("message/rfc822", "d.eml"), &format!("From: jo@example.org\nSubject: x\nX-Note: card {CARD}\n\nhello")),
    ])
}

#[test]
fn values_leave_the_files_that_they_stand_in() {
    let outcome = run(shipped(), &with_zip());
    assert_eq!(outcome.verdict, Verdict::Redact, "{:?}", outcome.reasons);
    let file =
        |name: &str| named(&outcome, name).file.as_ref().map(|f| String::from_utf8_lossy(f.as_bytes()).into_owned());
    let zip = file("a.zip").expect("it is rewritten");
    assert!(zip.starts_with("PK") && !zip.contains("4929") && zip.contains("other.txt"), "{zip}");
    let csv = file("b.csv").expect("it is rewritten");
    assert!(csv.contains("Mia,[payment card") && csv.contains("Jo,none") && !csv.contains("4929"), "{csv}");
    assert_eq!(file("c.txt").map(|text| text.trim_end().to_owned()).as_deref(), Some("nothing here"));
    assert!(file("d.eml").is_none_or(|mail| !mail.contains("4929")), "a header of an enclosed message");
    let actions: Vec<Action> = outcome.attachments.iter().map(|a| a.action).collect();
    assert_eq!(actions[..3], [Action::Redact, Action::Redact, Action::Allow]);
    assert!(outcome.findings.iter().any(|f| f.part.as_str() == "2!1"), "{:?}", outcome.findings);
}

/// A writer with a hole: it says that it has rewritten the file.
struct Careless(InProcess);

impl Documents for Careless {
    fn ask(&mut self, question: &crate::documents::Question<'_>) -> crate::documents::Reply {
        use crate::documents::{Answered, Reply};
        match question.edits {
            Some(_) => Reply(Answered::Written(Zeroizing::new(question.file.octets.to_vec()))),
            None => self.0.ask(question),
        }
    }
}

#[test]
fn a_file_in_which_something_is_left_is_left_out_and_told() {
    let mail = RawMessage::new(with_zip().replace('\n', "\r\n").into_bytes());
    let profile = Profile { mailbox: "support".into(), ..Profile::default() };
    let outcome = shipped().process_in(&mail, &profile, None, &mut Careless(InProcess::default()));
    let zip = named(&outcome, "a.zip");
    assert_eq!((zip.action, zip.file.is_none(), zip.text.is_none()), (Action::Withhold, true, true));
    assert!(outcome.reasons.iter().any(|r| matches!(r, Reason::FileResidue { .. })), "{:?}", outcome.reasons);
    let kept = outcome.attachments.iter().filter_map(|a| a.file.as_ref());
    assert!(kept.into_iter().all(|file| !String::from_utf8_lossy(file.as_bytes()).contains("4929")));
}

/// A writer that hides what it was to take out where no text is read from: in a picture, packed.
struct Hiding(InProcess);

impl Documents for Hiding {
    fn ask(&mut self, question: &crate::documents::Question<'_>) -> crate::documents::Reply {
        use crate::documents::{Answered, Reply};
        use base64::Engine;
        let hole = "UEsDBBQAAAAIAAAAIVyDxGCETAAAAOkAAAAFAAAAcC5wbmfrDPBz5+WS4mJgYOD19HAJAtKMIMwBJBis6maHAqkNni6OISaWRpYK\
        hkbGxgompmbmChaWBhYMjEyDV1TvfvgikB88Xf1c1jklNAEAUEsBAhQDFAAAAAgAAAAhXIPEYIRMAAAA6QAAAAUAAAAAAAAAAAAA\
        AIABAAAAAHAucG5nUEsFBgAAAAABAAEAMwAAAG8AAAAAAA==";
        match question.edits {
            Some(_) => Reply(Answered::Written(Zeroizing::new(
                base64::engine::general_purpose::STANDARD.decode(hole).expect("it is base64"),
            ))),
            None => self.0.ask(question),
        }
    }
}

#[test]
fn a_value_in_a_packed_stream_without_text_is_found() {
    let mail = RawMessage::new(with_zip().replace('\n', "\r\n").into_bytes());
    let outcome = shipped().process_in(&mail, &Profile::default(), None, &mut Hiding(InProcess::default()));
    let zip = named(&outcome, "a.zip");
    assert_eq!((zip.action, zip.file.is_none()), (Action::Withhold, true));
    assert!(outcome.reasons.iter().any(|r| matches!(r, Reason::FileResidue { .. })), "{:?}", outcome.reasons);
}

/// A writer that gives up on every file.
struct Refusing(InProcess);

impl Documents for Refusing {
    fn ask(&mut self, question: &crate::documents::Question<'_>) -> crate::documents::Reply {
        use crate::documents::{Answered, Reply};
        match question.edits {
            Some(_) => Reply(Answered::Unwritable(lazaret_docs::Unwritable::Unreadable)),
            None => self.0.ask(question),
        }
    }
}

#[test]
fn a_pdf_that_cannot_be_rewritten_becomes_one_of_its_redacted_text() {
    use base64::Engine;
    let cases = [("pay with", "a.pdf", "application/pdf"), ("платить", "a.pdf", "application/pdf")];
    for (words, name, media_type) in cases {
        let pdf = lazaret_docs::pdf_of_text(&format!("{words} {CARD} today"));
        let coded = base64::engine::general_purpose::STANDARD.encode(&pdf);
        let head = format!(
            "Content-Type: application/pdf; name=\"{name}\"\nContent-Disposition: attachment\n\
             Content-Transfer-Encoding: base64"
        );
        let mail = mixed(&[("Content-Type: text/plain", "see the file"), (&head, &coded)]);
        let mail = RawMessage::new(mail.replace('\n', "\r\n").into_bytes());
        let profile = Profile { mailbox: "support".into(), ..Profile::default() };
        let outcome = shipped().process_in(&mail, &profile, None, &mut Refusing(InProcess::default()));
        let made = named(&outcome, name);
        assert_eq!((made.action, made.media_type.as_str()), (Action::Redact, media_type));
        let octets = made.file.as_ref().expect("a file").as_bytes();
        let file = lazaret_docs::File { octets, name, media_type, passwords: &[] };
        let read = lazaret_docs::read(&file, &lazaret_docs::Limits::default());
        let texts = read.parts.iter().filter_map(|part| match &part.content {
            lazaret_docs::Content::Text(text) => Some(text.as_str()),
            lazaret_docs::Content::Opaque(_) => None,
        });
        let all = texts.collect::<String>();
        assert!(all.contains("[payment card") && all.contains("today") && !all.contains("4929"), "{all}");
    }
}

#[test]
fn a_value_is_looked_for_as_files_write_it() {
    use base64::Engine;
    let cut = Cut { span: 0..0, score: 90, action: Action::Redact, mark: "[x]".into() };
    let mut values = Values::default();
    values.add("Kangaroo77", &cut);
    values.build();
    let coded_values = Coded::new(&values.spelled());
    let wide: Vec<u8> = "xKangaroo77".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for before in ["", "a", "ab", "abc"] {
        let coded = base64::engine::general_purpose::STANDARD.encode(format!("{before}Kangaroo77 and more"));
        assert!(coded_values.stand_in(coded.as_bytes()), "{before}");
    }
    assert!(coded_values.stand_in(&wide) && coded_values.stand_in(b"x4b616e6761726F6f3737"));
    assert!(coded_values.stand_in(b"..kangaroo77") && !coded_values.stand_in(b"kangaroo 78"));
}

/// Helpers that say the same of every file.
struct Helped(InProcess, crate::documents::Helped);

impl Helped {
    fn saying(text: &str) -> Helped {
        Helped::so(crate::documents::Helped::Text(Zeroizing::new(text.as_bytes().to_vec())))
    }

    fn so(helped: crate::documents::Helped) -> Helped {
        let limits = lazaret_docs::Limits { kept_pictures_bytes_max: 1 << 20, ..lazaret_docs::Limits::default() };
        Helped(InProcess(limits), helped)
    }
}

impl Documents for Helped {
    fn ask(&mut self, question: &crate::documents::Question<'_>) -> crate::documents::Reply {
        self.0.ask(question)
    }

    fn help(&mut self, _: crate::documents::Helper, _: &[u8]) -> crate::documents::Helped {
        self.1.clone()
    }
}

fn with_file(name: &str, media_type: &str, octets: &[u8]) -> RawMessage {
    use base64::Engine;
    let coded = base64::engine::general_purpose::STANDARD.encode(octets);
    let head = format!(
        "Content-Type: {media_type}; name=\"{name}\"\nContent-Disposition: attachment\n\
         Content-Transfer-Encoding: base64"
    );
    let mail = mixed(&[("Content-Type: text/plain", "see the file"), (&head, &coded)]);
    RawMessage::new(mail.replace('\n', "\r\n").into_bytes())
}

#[test]
fn what_is_seen_in_a_picture_is_scanned() {
    let picture = b"\x89PNG\r\n\x1a\n\0\0\0\0IEND\xae\x42\x60\x82";
    let mail = with_file("a.png", "image/png", picture);
    let profile = Profile { mailbox: "support".into(), ..Profile::default() };
    let with = |mut helped: Helped| shipped().process_in(&mail, &profile, None, &mut helped);
    // Nobody looks, or somebody gives up: it passes as one that was not examined.
    for helped in [crate::documents::Helped::Absent, crate::documents::Helped::Failed] {
        let outcome = with(Helped::so(helped));
        let made = named(&outcome, "a.png");
        assert_eq!((made.opaque, made.coverage.scanned_bytes), (Some(OpaqueWhy::Picture), 0));
        assert!(made.file.is_some() && outcome.opaque.len() == 1);
    }
    // It was seen, and holds nothing.
    let outcome = with(Helped::saying("a nice view"));
    let made = named(&outcome, "a.png");
    assert_eq!((made.opaque, made.coverage.unexamined_bytes), (None, 0));
    assert_eq!(made.coverage.scanned_bytes, picture.len() as u64);
    assert!(made.file.as_ref().is_some_and(|file| file.as_bytes() == picture) && outcome.opaque.is_empty());
    // It holds a value: a text stands for it.
    let outcome = with(Helped::saying(&format!("my credit card {CARD} as a picture")));
    assert_eq!(outcome.verdict, Verdict::Redact);
    let made = &outcome.attachments[0];
    let text = String::from_utf8_lossy(made.file.as_ref().expect("a text").as_bytes()).into_owned();
    assert!(made.media_type == "text/plain" && text.contains("as a picture") && !text.contains(CARD), "{text}");
}

#[test]
fn a_pdf_in_which_others_still_find_a_value_is_withheld() {
    use lazaret_docs::{Content, File};
    let pdf = lazaret_docs::pdf_of_text(&format!("pay with {CARD} today"));
    let mail = with_file("a.pdf", "application/pdf", &pdf);
    let profile = Profile { mailbox: "support".into(), ..Profile::default() };
    let is_residue = |outcome: &Outcome| outcome.reasons.iter().any(|r| matches!(r, Reason::FileResidue { .. }));
    for (says, residue, is_rewritten) in [
        (crate::documents::Helped::Absent, false, true),
        (crate::documents::Helped::Text(Zeroizing::new(b"pay with today".to_vec())), false, true),
        (crate::documents::Helped::Text(Zeroizing::new(format!("pay {CARD}").into_bytes())), true, false),
        // Not proved: a PDF of the redacted text.
        (crate::documents::Helped::Failed, false, true),
    ] {
        let is_failed = says == crate::documents::Helped::Failed;
        let outcome = shipped().process_in(&mail, &profile, None, &mut Helped::so(says));
        let made = named(&outcome, "a.pdf");
        assert_eq!((is_residue(&outcome), made.file.is_some()), (residue, is_rewritten));
        let stands_in = made.file.as_ref().is_some_and(|file| {
            let file = File { octets: file.as_bytes(), name: "", media_type: "", passwords: &[] };
            let parts = lazaret_docs::read(&file, &lazaret_docs::Limits::default()).parts;
            let holds = |text: &str| parts.iter().any(|p| matches!(&p.content, Content::Text(t) if t.contains(text)));
            assert!(!holds(CARD));
            holds("could not be")
        });
        assert_eq!(stands_in, is_failed);
    }
}
