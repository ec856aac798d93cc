use super::*;
use crate::testing;
use lazaret_core::{Addr, Address, Cleared, Outcome, Reason, Verdict};
use lazaret_store::{AttachmentView, FindingView};

fn message(from: &str, verdict: Verdict, told: &str) -> MessageView {
    let mut outcome = Outcome::unprocessed(Reason::Released, verdict);
    outcome.envelope.from = vec![Address { name: Cleared::default(), addr: Addr::parse(from) }];
    let view = MessageView::with_files(&outcome, 100, 1_800_000_000);
    MessageView { told: Told::NotSent(told.into()), mailbox: "support".into(), folder: "INBOX".into(), ..view }
}

fn finding(rule: &str, tag: &str) -> FindingView {
    FindingView {
        rule: rule.into(),
        class: "credit_card".into(),
        entity: "credit_card".into(),
        part: "1".into(),
        start: 4,
        end: 20,
        score: 90,
        action: "redact".into(),
        tag: tag.into(),
    }
}

fn file(media_type: &str) -> AttachmentView {
    AttachmentView {
        part: "2".into(),
        name: "geheim.pdf".into(),
        media_type: media_type.into(),
        size_bytes: 5,
        action: "withhold".into(),
        opaque: Some("encrypted".into()),
        text: None,
        file_bytes: None,
        scanned_bytes: 0,
        decoded_bytes: 0,
        unexamined_bytes: 5,
        charset: None,
        content_id: None,
        inline: false,
        file: None,
    }
}

fn report() -> Report {
    let mut report = Report::default();
    let ticket = |n: usize| TicketRef(format!("LZ-AAAA-AAA{n}"));
    for n in 0..5 {
        report.add(&ticket(n), &message("mia@many.example", Verdict::Allow, OBSERVED[0]));
    }
    for n in 0..4 {
        let mut view = message("Jana@Jana-Maier.example", Verdict::Redact, OBSERVED[1]);
        view.text = "card [payment card \u{2022}\u{2022}\u{2022}\u{2022}1111 \u{b7} C7K2QM4X], secret words".into();
        view.findings = vec![finding("payment-card", "C7K2QM4X"), finding("payment-card", "AAAAAAAA")];
        report.add(&ticket(n), &view);
    }
    let mut view = message("robot@list.example", Verdict::Redact, "auto");
    view.attachments = vec![file("application/pdf"), file("application/x-geheim"), file("hunter2/hunter2")];
    report.add(&ticket(9), &view);
    report
}

async fn lines(content: bool) -> Vec<Value> {
    let dir = tempfile::tempdir().expect("a directory");
    let store = testing::store(dir.path());
    let text = "mode = \"observe\"\nstore_key = \"file:k\"\n[[mailbox]]\nname = \"support\"\naddresses = [\"a@acme.example\"]\n\
                maildir = \"/tmp\"\nstart = \"all\"\n";
    let config = testing::config(text, dir.path());
    let lines = report().lines(&store, &config, content).await.expect("a report");
    store.close().await;
    lines
}

#[tokio::test]
async fn an_operator_reads_facts_and_no_content() {
    let lines = lines(false).await;
    let all = serde_json::to_string(&lines).expect("JSON");
    for secret in ["1111", "C7K2QM4X", "secret words", "mia@", "maier", "list.example", "geheim", "hunter2"] {
        assert!(!all.to_lowercase().contains(&secret.to_lowercase()), "{secret}: {all}");
    }
    let of = |kind: &str| lines.iter().filter(|l| l["kind"] == kind).cloned().collect::<Vec<_>>();
    assert_eq!(of("observed")[0]["would"], json!({ "move": 5, "clean": 5, "quarantine": 0, "reject": 0 }));
    assert_eq!((&of("folder")[0]["messages"], &of("folder")[0]["start"]), (&json!(10), &Value::Null));
    let rule = &of("rule")[0];
    assert_eq!((&rule["messages"], &rule["findings"]), (&json!(4), &json!(8)));
    let examples = rule["examples"].as_array().expect("a list");
    assert_eq!((examples.len(), &examples[0]["ticket"]), (3, &json!("LZ-AAAA-AAA0")));
    let replies: Vec<_> = of("reply").iter().map(|l| (l["template"].clone(), l["count"].clone())).collect();
    let want = [(Value::Null, json!(1)), (json!("receipt"), json!(5)), (json!("removed"), json!(4))];
    assert_eq!(replies, want);
    let files: Vec<_> = of("unexamined").iter().map(|l| l["media_type"].clone()).collect();
    assert_eq!(files, ["application", "application/pdf", "other"]);
    let domains: Vec<_> = of("sender_domain").iter().map(|l| (l["domain"].clone(), l["domains"].clone())).collect();
    assert_eq!(domains, [(json!("many.example"), json!(1)), (Value::Null, json!(2))], "four messages are too few");
}

#[tokio::test]
async fn who_sees_tickets_sees_marks_and_domains() {
    let lines = lines(true).await;
    let rule = lines.iter().find(|l| l["kind"] == "rule").expect("a rule");
    assert_eq!(rule["examples"][0]["mark"], "[payment card \u{2022}\u{2022}\u{2022}\u{2022}1111 \u{b7} C7K2QM4X]");
    let all = serde_json::to_string(&lines).expect("JSON");
    assert!(all.contains("jana-maier.example") && !all.contains("secret words") && !all.contains("jana@"), "{all}");
    let text = crate::commands::observe::text(&lines);
    for want in
        ["10 message(s)", "clean copies in the place of 5", "payment-card (redact 8)", "5  receipt", "none: auto"]
    {
        assert!(text.contains(want), "{want}:\n{text}");
    }
}
