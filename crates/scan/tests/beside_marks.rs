//! What stands beside a mark, or around one, is found: a mark hides itself alone.

mod common;

use lazaret_scan::Hints;

const MARK: &str = "[password · QKDAM7AX]";

/// The bytes of the text that are found.
fn found(text: &str, value: &str) -> bool {
    let at = text.find(value).expect("the value is in the text");
    let matches = common::RULES.scan(text, &Hints::default()).matches;
    matches.iter().any(|m| m.span.start <= at && m.span.end >= at + value.len())
}

#[test]
fn a_mark_hides_no_neighbour() {
    let cases = [
        ("my password is hunter2x9!MARK", "hunter2x9"),
        ("password: hunter2x9MARK", "hunter2x9"),
        ("password: MARKhunter2x9", "hunter2x9"),
        ("export API_KEY=\"abcdef0123456789abcdef0123MARK\"", "abcdef0123456789abcdef0123"),
        ("Authorization: Bearer abcdef0123456789abcdef0123MARK", "abcdef0123456789abcdef0123"),
    ];
    for (text, value) in cases {
        let text = text.replace("MARK", MARK);
        assert!(found(&text, value), "{text}");
    }
}

#[test]
fn a_mark_alone_is_nothing() {
    for text in
        ["password: MARK", "my password is MARK.", "password: \"MARK\"", "pw=MARK;", "https://admin:MARK@host.example"]
    {
        let text = text.replace("MARK", MARK);
        let matches = common::RULES.scan(&text, &Hints::default()).matches;
        let secrets =
            matches.iter().filter(|m| common::RULES.rule(m.rule).is_some_and(|r| r.class.as_str() == "secret"));
        assert_eq!(secrets.count(), 0, "{text}");
    }
}
