use super::*;
use lazaret_store::{Draft, Template, TicketRef};

pub(crate) fn lease(to: &str) -> Lease {
    Lease {
        id: "00112233aabbccdd".into(),
        ticket: TicketRef("LZ-7K2Q-M4XD".into()),
        draft: Draft {
            to: Addr::parse(to).expect("an address"),
            mailbox: "support".into(),
            template: Template::Receipt,
            kinds: Vec::new(),
            language: "en".into(),
            proven: true,
            in_reply_to: Some("a1@mail.example.net".into()),
            references: vec!["a0@mail.example.net".into()],
        },
        attempts: 0,
        queued_at: 0,
    }
}

fn words(text: &str) -> Rendered {
    let html = format!("<p>{text}</p>");
    Rendered { subject: "Auto: we have it [LZ-7K2Q-M4XD]".into(), text: text.into(), html, language: "en".into() }
}

fn composed(lease: &Lease, text: &str) -> String {
    let from = Addr::parse("support@acme.example").expect("an address");
    let sender = Sender { name: "Acme Größe", from: &from, envelope_from: None };
    let letter = compose(lease, &words(text), &sender, &TokenKey::new([3; 32]), 1_795_000_000).expect("addressable");
    String::from_utf8(letter.octets).expect("ASCII")
}

/// The header, unfolded.
fn fields(message: &str) -> Vec<(String, String)> {
    let head = message.split("\r\n\r\n").next().expect("a header").replace("\r\n ", " ");
    let field = |line: &str| line.split_once(": ").map(|(n, v)| (n.to_owned(), v.to_owned()));
    head.split("\r\n").filter_map(field).collect()
}

#[test]
fn the_header_of_an_answer() {
    let message = composed(&lease("mia@example.net"), "hello");
    let fields = fields(&message);
    let one = |name: &str| {
        let found: Vec<&str> = fields.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect();
        assert_eq!(found.len(), 1, "{name} in {fields:?}");
        found[0].to_owned()
    };
    for (name, value) in [
        ("To", "mia@example.net"),
        ("Subject", "Auto: we have it [LZ-7K2Q-M4XD]"),
        ("Auto-Submitted", "auto-replied"),
        ("Precedence", "bulk"),
        ("X-Auto-Response-Suppress", "All"),
        ("In-Reply-To", "<a1@mail.example.net>"),
        ("References", "<a0@mail.example.net> <a1@mail.example.net>"),
        ("Content-Language", "en"),
        ("MIME-Version", "1.0"),
        ("Date", "Wed, 18 Nov 2026 11:06:40 +0000"),
    ] {
        assert_eq!(one(name), value, "{name}");
    }
    assert!(one("From").ends_with("<support@acme.example>"));
    assert!(one("Content-Type").starts_with("multipart/alternative"));
    let id = one("Message-ID");
    assert_eq!(id, format!("<{}>", one(LOOP_HEADER)));
    let named = TokenKey::new([3; 32]).verify_message_id(&id);
    assert_eq!(named.as_deref(), Some("LZ-7K2Q-M4XD"));
    // The same lease, rendered again later, has the same id.
    assert_eq!(message.matches(&id).count(), 1);
    assert!(composed(&lease("mia@example.net"), "again").contains(&id));
}

#[test]
fn ids_that_could_break_a_header_are_left_out() {
    for bad in ["", "a b@c", "a>\r\nBcc: x@y", "<a@b>", "ä@b", &"x".repeat(251)] {
        let mut lease = lease("mia@example.net");
        lease.draft.in_reply_to = Some(bad.to_owned());
        lease.draft.references = vec![bad.to_owned()];
        let names: Vec<String> = fields(&composed(&lease, "x")).into_iter().map(|(n, _)| n).collect();
        assert!(!names.iter().any(|n| n == "In-Reply-To" || n == "References" || n == "Bcc"), "{bad:?} {names:?}");
    }
    let mut lease = lease("mia@example.net");
    lease.draft.in_reply_to = Some("x".repeat(250));
    assert!(fields(&composed(&lease, "x")).iter().any(|(n, v)| n == "In-Reply-To" && v.len() == 252));
}

#[test]
fn a_long_thread_keeps_its_first_and_newest_ids() {
    let ids: Vec<String> = (0..100).map(|n| format!("{n}@x")).collect();
    let kept = references(&ids, "100@x");
    let kept: Vec<&str> = kept.split(' ').collect();
    assert_eq!((kept.len(), kept[0], kept[1], kept[20]), (21, "<0@x>", "<81@x>", "<100@x>"));
    assert_eq!(references(&ids[..2], "1@x"), "<0@x> <1@x>");
    assert_eq!(references(&[], "1@x"), "<1@x>");
    assert_eq!(references(&ids[..20], "20@x").split(' ').count(), 21);
}

#[test]
fn text_cannot_leave_its_place() {
    let message = composed(&lease("mia@example.net"), ".\r\n.\r\nQUIT\nbare\n\u{1F600} ü");
    assert!(message.is_ascii());
    assert!(!message.replace("\r\n", "").contains(['\r', '\n']), "every line ends with CRLF");
    assert!(message.lines().all(|line| line.len() <= 998));
}
