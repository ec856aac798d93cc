use super::*;
use crate::sink::clean::OWN_COPY_HEADER;
use lazaret_core::{Outcome, Reason, Verdict};
use lazaret_store::TicketRef;

const NOW: i64 = 1_800_000_000;

fn lease(revision: u32) -> DeliveryLease {
    DeliveryLease {
        id: "00000000000000ab".into(),
        ticket: TicketRef("LZ-7K2Q-M4XD".into()),
        message: 1,
        mailbox: "support".into(),
        attempts: 2,
        queued_at: NOW,
        revision,
    }
}

fn view() -> MessageView {
    let outcome = Outcome::unprocessed(Reason::Released, Verdict::Allow);
    let mut view = MessageView::with_files(&outcome, 10, NOW);
    view.digest = "07".repeat(32);
    view.class = "human".into();
    view.date = Some(NOW - 60);
    view.message_id = Some("one@customer.example".into());
    view.references = vec!["zero@acme.example".into()];
    view.subject = "[#123] A question".into();
    view
}

fn composed(revision: u32, view: MessageView) -> (TokenKey, String) {
    let key = TokenKey::new([1; 32]);
    let (from, to) =
        (Addr::parse("support@acme.example").expect("one"), Addr::parse("desk@help.example").expect("one"));
    let letter = compose(&lease(revision), view, (&from, &to), None, &key, NOW).expect("a letter");
    assert_eq!((letter.from, letter.to.as_str()), (None, "desk@help.example"));
    (key, String::from_utf8(letter.octets).expect("ASCII"))
}

fn field<'a>(mail: &'a str, name: &str) -> Option<&'a str> {
    let header = mail.split("\r\n\r\n").next().unwrap_or_default();
    header.split("\r\n").find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[test]
fn a_copy_keeps_what_threads_it_and_says_who_sent_it_on() {
    let (key, mail) = composed(0, view());
    for (name, value) in [
        ("Message-ID", Some("<one@customer.example>")),
        ("References", Some("<zero@acme.example>")),
        ("Subject", Some("[#123] A question")),
        ("Resent-From", Some("<support@acme.example>")),
        ("Resent-To", Some("<desk@help.example>")),
        ("Resent-Date", Some("Fri, 15 Jan 2027 08:00:00 +0000")),
        ("X-Lazaret-Attempt", Some("3")),
        ("X-Lazaret-Ticket", Some("LZ-7K2Q-M4XD")),
        ("Auto-Submitted", None),
    ] {
        assert_eq!(field(&mail, name), value, "{name}\n{mail}");
    }
    let own = field(&mail, OWN_COPY_HEADER).expect("our mark");
    assert!(key.verify_own_copy(own, "support").is_some());
    let id = field(&mail, "Resent-Message-ID").expect("our id").trim_matches(['<', '>']);
    assert_eq!(delivery_of(&key, id).as_deref(), Some("00000000000000ab"));
    assert_eq!(delivery_of(&key, &key.message_id("LZ-7K2Q-M4XD", "00000000000000ab", "x")), None, "a reply's id");
}

#[test]
fn a_released_message_follows_its_stub_under_another_id() {
    let (_, first) = composed(0, view());
    let (_, mail) = composed(1, view());
    assert_ne!(field(&first, "Message-ID"), field(&mail, "Message-ID"));
    assert_eq!(field(&mail, "In-Reply-To"), Some("<one@customer.example>"));
    assert_eq!(field(&mail, "References"), Some("<zero@acme.example> <one@customer.example>"));
}

#[test]
fn a_helpdesk_is_asked_not_to_answer_robots_refused_mail_and_old_mail() {
    type Case = (&'static str, fn(&mut MessageView), bool);
    let cases: [Case; 7] = [
        ("a person's", |_| {}, true),
        ("a product's report", |v| v.class = "report".into(), true),
        ("a robot's", |v| v.class = "auto".into(), false),
        ("a bounce", |v| v.class = "bounce".into(), false),
        ("refused", |v| v.verdict = "reject".into(), false),
        ("old", |v| v.date = Some(NOW - 72 * 3600 - 1), false),
        ("without a date", |v| v.date = None, false),
    ];
    for (what, change, answered) in cases {
        let mut view = view();
        change(&mut view);
        let (_, mail) = composed(0, view);
        assert_eq!(field(&mail, "Auto-Submitted").is_none(), answered, "{what}");
    }
}
