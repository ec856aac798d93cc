use super::*;
use lazaret_core::{Outcome, Reason, Verdict};
use lazaret_store::TicketRef;

fn lease(revision: u32) -> DeliveryLease {
    DeliveryLease {
        id: "00000000000000ab".into(),
        ticket: TicketRef("LZ-7K2Q-M4XD".into()),
        message: 1,
        mailbox: "support".into(),
        attempts: 0,
        queued_at: 0,
        revision,
    }
}

/// The example of the Standard Webhooks specification.
#[test]
fn a_signature_is_that_of_the_specification() {
    let signer = Signer::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a secret");
    let body = br#"{"test": 2432232314}"#;
    assert_eq!(
        signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body),
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    );
}

#[test]
fn a_secret_is_long_enough() {
    let text = |length: usize| "s".repeat(length);
    let coded = |length: usize| format!("whsec_{}", STANDARD.encode("s".repeat(length)));
    for (secret, good) in [
        (text(SECRET_BYTES_MIN - 1), false),
        (text(SECRET_BYTES_MIN), true),
        (text(SECRET_BYTES_MIN + 1), true),
        (coded(SECRET_BYTES_MIN - 1), false),
        (coded(SECRET_BYTES_MIN), true),
        ("whsec_this is no base64 at all, whatever it says".to_owned(), false),
    ] {
        assert_eq!(Signer::new(&secret).is_ok(), good, "{secret}");
    }
}

fn file(name: &str, octets: usize, action: &str) -> AttachmentView {
    AttachmentView {
        part: "2".into(),
        name: name.into(),
        media_type: "image/png".into(),
        size_bytes: octets as u64,
        action: action.into(),
        opaque: None,
        text: None,
        file_bytes: Some(octets as u64),
        scanned_bytes: 0,
        decoded_bytes: 0,
        unexamined_bytes: 0,
        file: Some(vec![7; octets]),
        ..empty()
    }
}

fn empty() -> AttachmentView {
    let none = json!({ "part": "", "name": "", "media_type": "", "size_bytes": 0, "action": "", "opaque": null,
        "text": null });
    serde_json::from_value(none).expect("a view")
}

fn read(view: &MessageView, revision: u32, files_bytes_max: u64) -> Value {
    serde_json::from_slice(&document(&lease(revision), view, files_bytes_max)).expect("JSON")
}

fn view(verdict: Verdict) -> MessageView {
    let mut view = MessageView::with_files(&Outcome::unprocessed(Reason::Released, verdict), 10, 0);
    (view.subject, view.text, view.html) = ("A subject".into(), "A text".into(), Some("<p>A text</p>".into()));
    view.attachments = vec![file("a.png", 10, "allow"), file("b.png", 11, "allow"), file("c.png", 1, "withhold")];
    view
}

#[test]
fn files_stand_in_a_document_as_far_as_there_is_room() {
    for (max, want) in [
        (9, [Some("too large"), Some("too large"), Some("withheld")]),
        (10, [None, Some("too large"), Some("withheld")]),
        (20, [None, Some("too large"), Some("withheld")]),
        (21, [None, None, Some("withheld")]),
    ] {
        let document = read(&view(Verdict::Redact), 0, max);
        for (attachment, left_out) in document["attachments"].as_array().expect("a list").iter().zip(want) {
            assert_eq!(attachment["left_out"].as_str(), left_out, "{max}");
            assert_eq!(attachment["content"].is_null(), left_out.is_some(), "{max}");
        }
    }
}

#[test]
fn what_was_set_aside_or_refused_gives_nothing_of_its_content() {
    for (verdict, readable) in
        [(Verdict::Allow, true), (Verdict::Redact, true), (Verdict::Quarantine, false), (Verdict::Reject, false)]
    {
        let document = read(&view(verdict), 0, 100);
        for key in ["subject", "text", "html"] {
            assert_eq!(document[key].is_string(), readable, "{verdict:?} {key}");
        }
        assert_eq!(document["attachments"].as_array().map(Vec::len), Some(if readable { 3 } else { 0 }));
        assert_eq!((&document["version"], &document["ticket"]), (&json!(1), &json!("LZ-7K2Q-M4XD")));
    }
}

#[test]
fn an_id_is_of_a_delivery_and_changes_with_a_release_alone() {
    let signer = Signer::new("0123456789012345678901234567").expect("a secret");
    let id = |revision, now| {
        let headers = headers(&lease(revision), &signer, b"{}", now);
        let of = |name| headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone());
        assert_eq!(of("webhook-id"), of("idempotency-key"));
        of("webhook-id").expect("an id")
    };
    assert_eq!((id(0, 1), id(0, 2)), ("msg_00000000000000ab".to_owned(), "msg_00000000000000ab".to_owned()));
    assert_eq!(id(1, 1), "msg_00000000000000ab_1");
    assert_eq!(read(&view(Verdict::Allow), 1, 0)["id"], "msg_00000000000000ab_1");
}
