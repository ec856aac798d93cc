//! What holds for every text: no panic, spans in bounds, linear bookkeeping, and nothing left after redaction.

mod common;

use lazaret_scan::{Action, Class, Hints, RuleInfo, RuleMode};
use proptest::prelude::*;

/// Pieces that mean something to the scanner, mixed with anything.
fn text() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        3 => "\\PC{0,12}",
        2 => prop::sample::select(vec![
            "password", "Passwort:", " is ", "=", ": ", "\n", "\n> ", " ", "  ", "-", ".", "/", "|", "\t", "card ", "cvv 371", "4929 1233 4567 8908",
            "4929123345678908", "371449635398431", "DE89370400440532013001", "GB82 WEST 1234 5698 7654 32", "536-22-1234", "tfn 459 599 230",
            "AB 12 34 56 C", "hunter2!", "\"", "'", "[", "]", "https://a:b3cd@c.example", "-----BEGIN PRIVATE KEY-----", "AKIA", "ghp_",
            "Y2FyZCA0OTI5MTIzMzQ1Njc4OTA4", "[password · QKDAM7AX]", "\u{200b}", "\u{a0}", "４９２９", "é", "パスワード", "pin", "user | pass\n", "+44 1632 960123",
            "mia@example.com", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.abc", "recovery codes: ", "8f3a-1b2c 77aa-91be", "\r\n", "curl -u a:bcd9", "secret",
            "&#52;929 1233 4567 8908", "&amp;", "&nbsp;", "%34929", "%20", "\\u0034", "\\x41", "=\n", "=3D", "=E2=80=93", "=?utf-8?q?card_", "?=", "<b>", "</b>",
            "<!-- x -->", "four nine two nine one two three three four five six seven eight nine oh eight", "3439323920313233332034353637203839 3038",
            "34393239203132333320343536372038393038", "4️⃣", "pаssword", "[payment card \u{2022}\u{2022}\u{2022}\u{2022}1111 \u{b7} C7K2QM4X]", "exp 09/28", "Hello, order 4411-22 is late",
        ]).prop_map(str::to_owned),
        1 => "[0-9]{1,20}",
        1 => "[A-Za-z0-9]{1,24}",
    ];
    prop::collection::vec(pieces, 0..24).prop_map(|p| p.concat())
}

/// Rounds of redaction after which nothing may be left.
const ROUNDS_MAX: usize = 3;

/// The text with a mark for the union of everything found.
fn redacted(text: &str) -> String {
    let mut spans: Vec<_> =
        common::RULES.scan(text, &Hints::default()).matches.iter().map(|m| m.span.clone()).collect();
    spans.sort_by_key(|s| s.start);
    let (mut clean, mut at) = (String::new(), 0);
    for span in spans {
        if span.start >= at {
            clean.push_str(&text[at..span.start]);
            clean.push_str("[password · QKDAM7AX]");
        }
        at = at.max(span.end);
    }
    clean + &text[at..]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spans_are_in_bounds_and_sorted(text in text()) {
        let scan = common::RULES.scan(&text, &Hints::default());
        prop_assert_eq!(scan.incomplete, None);
        let mut last = 0;
        for m in &scan.matches {
            prop_assert!(m.span.start < m.span.end && text.get(m.span.clone()).is_some());
            prop_assert!(m.span.start >= last && m.score >= 30 && m.score <= 100);
            last = m.span.start;
            let value = &text[m.span.clone()];
            prop_assert!(common::RULES.tail(m.rule, value).is_none_or(|t| t.len() == 4));
            let _ = common::RULES.canonical(m.rule, value);
        }
    }

    /// A mark is a boundary that the value was not, so what touched a value can come to stand alone and be found then
    /// (`8908curl -u a:b`): redacting converges in few rounds instead of one, and each round only adds marks.
    #[test]
    fn nothing_is_left_after_redaction(text in text()) {
        let mut clean = text.clone();
        let mut rounds = 0;
        while !common::found(&clean, 60).is_empty() {
            clean = redacted(&clean);
            rounds += 1;
            prop_assert!(rounds <= ROUNDS_MAX, "{:?} in {:?} from {:?}", common::found(&clean, 60), clean, text);
        }
    }

    #[test]
    fn policy_is_monotone(class in 0..Class::ALL.len(), score in 0_u8..100, id in prop::sample::select(vec!["x", "card-security-code", "test-value"])) {
        let info = RuleInfo { id: id.to_owned(), class: Class::ALL[class], entity: String::new(), mode: RuleMode::On, exceptions: Vec::new() };
        let policy = &*common::SHIPPED;
        prop_assert!(policy.action(&info, score) <= policy.action(&info, score + 1));
        let shadow = RuleInfo { mode: RuleMode::Shadow, ..info };
        prop_assert_eq!(policy.action(&shadow, score), Action::Allow);
    }
}
