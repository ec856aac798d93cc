//! Laws of the pipeline that types cannot state, over generated messages.

use lazaret_core::{Cleared, DigestKey, Limits, MarkKey, Outcome, Pipeline, Profile, RawMessage, Setup, Verdict};
use proptest::prelude::*;
use std::sync::OnceLock;

fn pipeline() -> &'static Pipeline {
    static PIPELINE: OnceLock<Pipeline> = OnceLock::new();
    PIPELINE.get_or_init(|| {
        let setup = Setup {
            build_id: "test".into(),
            rules: vec![("rules.toml".into(), include_str!("data/rules.toml").into())],
            policy: ("policy.toml".into(), include_str!("data/policy.toml").into()),
            accepted: false,
            limits: Limits { text_bytes_max: 1 << 16, parts_max: 20, ..Limits::default() },
            digest_key: DigestKey::new([1; 32]),
            mark_key: MarkKey::new([2; 32]),
            today: "2026-03-01".into(),
        };
        match Pipeline::new(&setup) {
            Ok((pipeline, _)) => pipeline,
            Err(complaints) => panic!("{:?}", complaints.first()),
        }
    })
}

fn run(mail: impl Into<Vec<u8>>) -> Outcome {
    pipeline().process(&RawMessage::new(mail.into()), &Profile::default())
}

/// Every text that leaves with an outcome.
fn texts(outcome: &Outcome) -> Vec<String> {
    let envelope = &outcome.envelope;
    let names = [&envelope.from, &envelope.to, &envelope.cc, &envelope.reply_to].into_iter().flatten();
    let mut all: Vec<String> = names.map(|address| address.name.to_string()).collect();
    all.extend([outcome.subject.to_string(), outcome.text.to_string()]);
    all.extend(outcome.html.as_ref().map(Cleared::to_string));
    for attachment in &outcome.attachments {
        all.extend([attachment.name.to_string(), attachment.media_type.clone()]);
        all.extend(attachment.text.as_ref().map(Cleared::to_string));
    }
    all
}

/// Only the digits: a value that was torn apart would still show here.
fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// A card number of the test rules' range with a right check digit, grouped.
fn card() -> impl Strategy<Value = String> {
    ("4[0-9]{14}", 0usize..3).prop_map(|(body, style)| {
        let sum: u32 = body
            .chars()
            .rev()
            .enumerate()
            .map(|(i, c)| {
                let d = c.to_digit(10).unwrap_or(0);
                if i % 2 == 0 { d * 2 / 10 + d * 2 % 10 } else { d }
            })
            .sum();
        let all = format!("{body}{}", (10 - sum % 10) % 10);
        let groups: Vec<&str> = (0..4).filter_map(|i| all.get(i * 4..i * 4 + 4)).collect();
        groups.join(["", " ", "-"][style])
    })
}

fn ssn() -> impl Strategy<Value = String> {
    (100u32..600, 10u32..99, 1000u32..9999).prop_map(|(a, b, c)| format!("{a}-{b}-{c}"))
}

/// Words around a value, of every script; no digits, so that what is found is what was planted.
fn words() -> impl Strategy<Value = String> {
    "(([a-zA-Zäöüéßøλжיש日本]{1,9}|[.,;:!?()*_=<>&\"'/-])[ \n]){0,12}"
}

/// Where a value is put.
fn mail(place: usize, text: &str) -> String {
    let flat = text.replace('\n', " ").replace(['"', '<', '>', '\\'], "'");
    let (subject, name, file, body, html) = match place {
        0 => (flat.as_str(), "Mia", "a.txt", "hello", "<p>hello</p>".to_owned()),
        1 => ("x", flat.as_str(), "a.txt", "hello", "<p>hello</p>".to_owned()),
        2 => ("x", "Mia", flat.as_str(), "hello", "<p>hello</p>".to_owned()),
        3 => ("x", "Mia", "a.txt", text, "<p>hello</p>".to_owned()),
        _ => {
            let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            ("x", "Mia", "a.txt", "hello", format!("<p>so</p><div title=\"a\">{escaped}</div>"))
        }
    };
    let attached = if place == 5 { text } else { "nothing" };
    format!(
        "From: \"{name}\" <mia@customer.example>\nTo: support@acme.example\nSubject: {subject}\nMIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=\"=b\"\n\n\
         --=b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{body}\n\
         --=b\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{html}\n\
         --=b\nContent-Type: text/plain; charset=utf-8; name=\"{file}\"\n\
         Content-Disposition: attachment; filename=\"{file}\"\n\n{attached}\n--=b--\n"
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn any_octets_are_answered(octets in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let outcome = run(octets.clone());
        prop_assert!(outcome.verdict < Verdict::Quarantine || !outcome.has_text());
        prop_assert!(outcome.verdict == Verdict::Allow || !outcome.reasons.is_empty());
        // With a header before them the octets are a body, in turn of each encoding.
        for encoding in ["8bit", "base64", "quoted-printable"] {
            let mut mail = format!("From: a@b.example\nContent-Type: text/html\nContent-Transfer-Encoding: {encoding}\n\n");
            mail.push_str(&String::from_utf8_lossy(&octets));
            run(mail);
        }
    }

    #[test]
    fn a_planted_number_never_survives(card in card(), ssn in ssn(), before in words(), after in words(), place in 0usize..6) {
        let text = format!("{before} card {card} ssn {ssn} {after}");
        let outcome = run(mail(place, &text));
        prop_assert!(outcome.verdict >= Verdict::Redact, "{:?}", outcome.findings);
        for text in texts(&outcome) {
            let left = digits(&text);
            prop_assert!(!left.contains(&digits(&card)) && !left.contains(&digits(&ssn)), "{}", text);
            prop_assert!(!text.contains(&card) && !text.contains(&ssn), "{}", text);
        }
    }

    #[test]
    fn clearing_twice_changes_nothing(card in card(), ssn in ssn(), before in words(), after in words()) {
        let once = run(mail(3, &format!("{before}\ncard {card} ssn {ssn}\npassword: Winter2024!\n{after}")));
        prop_assume!(once.verdict == Verdict::Redact);
        let twice = run(mail(3, once.text.as_str()));
        prop_assert_eq!(twice.text.as_str().trim_end(), once.text.as_str().trim_end());
        prop_assert_eq!(twice.verdict, Verdict::Allow, "{:?}", twice.findings);
    }

    #[test]
    fn one_more_part_is_never_milder(card in card(), words in words(), which in 0usize..4) {
        let mail = mail(3, &if which % 2 == 0 { format!("card {card}") } else { words });
        let part = match which {
            0 | 1 => "Content-Type: application/pdf; name=\"x.pdf\"\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\nJVBERi0xLjQK",
            2 => "Content-Type: image/png; name=\"x.png\"\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=",
            _ => "Content-Type: text/plain\n\nmy password is Winter2024!",
        };
        let more = mail.replace("\n--=b--\n", &format!("\n--=b\n{part}\n--=b--\n"));
        prop_assert!(run(more).verdict >= run(mail).verdict);
    }

    #[test]
    fn spans_stay_within_their_part(card in card(), before in words(), after in words()) {
        let body = format!("{before} card {card} {after}");
        let mail = format!("From: a@b.example\nContent-Type: text/plain; charset=utf-8\n\n{body}");
        for finding in run(mail).findings {
            prop_assert!(finding.span.start < finding.span.end && finding.span.end <= body.len() + 2, "{:?}", finding.span);
            prop_assert_eq!(finding.part.as_str(), "1");
        }
    }
}
