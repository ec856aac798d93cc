//! What came to nothing and why, what is known beside the text, and which of several rules stands for one number.

mod common;

use lazaret_scan::{Candidate, Class, Explanation, Hints, Memory, Placement, Ruleset, SourceFile};
use proptest::prelude::*;

const NUMBERS: &str = r#"
[[rule]]
id = "au-nine"
class = "tax_id"
country = "AU"
kind = "digits"
groupings = ["3-3-3"]
validators = ["au_tfn"]
context = { near = ["tfn", "tax file"], not_near = ["order"] }
score = { base = 10, valid = 20, grouped = 20, near = 40, not_near = -40, bare = -15 }
test = [{ text = "tfn 459 599 230", find = ["459 599 230"] }, { text = "459 599 231", find = [] }]

[[rule]]
id = "nl-nine"
class = "national_id"
country = "NL"
kind = "digits"
groupings = ["3-3-3"]
context = { near = ["bsn"] }
score = { base = 30, grouped = 20, near = 20, bare = -15 }
test = [{ text = "bsn 459 599 230", find = ["459 599 230"] }, { text = "459599230", find = [] }]

[[rule]]
id = "company-nine"
class = "company_id"
kind = "digits"
groupings = ["3-3-3"]
context = { near = ["company"] }
score = { base = 35, grouped = 20, near = 20, bare = -15 }
test = [{ text = "company 459 599 230", find = ["459 599 230"] }, { text = "459599230", find = [] }]

[[rule]]
id = "asked-for"
class = "health_id"
kind = "digits"
lengths = [7]
context = { near = ["patient"], required = true }
score = { base = 50, near = 20 }
test = [{ text = "patient 4595992", find = ["4595992"] }, { text = "4595992", find = [] }]
"#;

fn set() -> Ruleset {
    match Ruleset::load(&[SourceFile { name: "n.toml", text: NUMBERS }]) {
        Ok((set, _)) => set,
        Err(all) => panic!("{}", common::lines(&all)),
    }
}

struct Known(Class, &'static str);

impl Memory for Known {
    fn knows(&self, class: Class, canonical: &str) -> bool {
        (class, canonical) == (self.0, self.1)
    }
}

fn why(set: &Ruleset, explanation: &Explanation) -> Vec<String> {
    let line = |c: &Candidate| {
        let id = &set.rule(c.rule).expect("of the set").id;
        format!("{id} {} {}", c.score, c.why_not.map_or("match", |w| w.as_str()))
    };
    explanation.candidates.iter().map(line).collect()
}

#[test]
fn the_first_reason_is_told() {
    let set = set();
    let cases: [(&str, &[&str]); 7] = [
        // Grouped, so it is worth telling that the check failed; bare it could be anything. A company's number hides a
        // person's only by ten points.
        ("459 599 231", &["au-nine 30 checksum", "nl-nine 50 match", "company-nine 55 overlap"]),
        ("459599231", &["nl-nine 15 score", "company-nine 20 score"]),
        ("4595992", &["asked-for 50 context"]),
        ("patient 4595992", &["asked-for 70 match"]),
        ("order 459 599 230 tfn", &["au-nine 50 match", "nl-nine 50 overlap", "company-nine 55 overlap"]),
        ("[payment card ••••1111 · C7K2QM4X]", &[]),
        ("no number", &[]),
    ];
    for (text, wanted) in cases {
        let mut all = why(&set, &set.explain(text, &Hints::default()));
        all.sort_by_key(|line| set.rules().iter().position(|r| line.starts_with(&r.id)));
        assert_eq!(all, wanted, "{text}");
    }
}

#[test]
fn one_number_has_one_finding_and_the_others_in_also() {
    let set = set();
    let (au, nl) = (["AU".to_owned()], ["NL".to_owned()]);
    let cases: [(&str, &[String], &[&str]); 7] = [
        ("459 599 230", &[], &["au-nine", "company-nine", "nl-nine"]),
        ("459 599 230", &au, &["au-nine", "company-nine", "nl-nine"]),
        ("459 599 230", &nl, &["nl-nine", "company-nine", "au-nine"]),
        ("459 599 231", &nl, &["nl-nine", "company-nine"]),
        ("bsn 459 599 230", &[], &["nl-nine", "company-nine", "au-nine"]),
        ("company 459 599 230", &[], &["company-nine", "au-nine", "nl-nine"]),
        ("bsn of the company 459 599 230", &[], &["nl-nine", "company-nine", "au-nine"]),
    ];
    for (text, countries, wanted) in cases {
        let scan = set.scan(text, &Hints { countries, ..Hints::default() });
        let [one] = scan.matches.as_slice() else { panic!("{} matches in {text}", scan.matches.len()) };
        let ids: Vec<&str> = std::iter::once(&one.rule)
            .chain(&one.also)
            .filter_map(|rule| set.rule(*rule).map(|info| info.id.as_str()))
            .collect();
        // Ties of rank among the others are settled by score alone.
        assert_eq!(ids.first(), wanted.first(), "{text} {countries:?}");
        let (mut ids, mut wanted) = (ids, wanted.to_vec());
        ids.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(ids, wanted, "{text} {countries:?}");
    }
}

#[test]
fn what_is_known_needs_no_context() {
    let set = set();
    let known = Known(Class::HealthId, "4595992");
    let hints = Hints { memory: Some(&known), ..Hints::default() };
    let scores =
        |text: &str, hints: &Hints<'_>| set.scan(text, hints).matches.iter().map(|m| m.score).collect::<Vec<_>>();
    assert_eq!(scores("4595992 and 4595993", &Hints::default()), []);
    assert_eq!(scores("4595992 and 4595993", &hints), [60]);
    assert_eq!(scores("patient 4595992", &hints), [70]);
    let tax = Known(Class::TaxId, "459599230");
    assert_eq!(scores("459599230", &Hints { memory: Some(&tax), ..Hints::default() }), [60]);
    // What fails its check is not known, whatever is remembered.
    let wrong = Known(Class::TaxId, "459599231");
    assert_eq!(scores("459599231", &Hints { memory: Some(&wrong), ..Hints::default() }), []);
    let explained = set.explain("4595992", &hints);
    let term = explained.candidates.first().and_then(|c| c.terms.last().map(|t| (t.name, t.points)));
    assert_eq!(term, Some(("known", 10)));
}

#[test]
fn countries_are_a_prior() {
    let set = set();
    let (au, nl) = (["AU".to_owned()], ["NL".to_owned()]);
    let score = |text: &str, countries: &[String], id: &str| {
        let explained = set.explain(text, &Hints { countries, ..Hints::default() });
        let mut of_rule = explained.candidates.iter().filter(|c| set.rule(c.rule).is_some_and(|r| r.id == id));
        of_rule.next().map(|c| (c.score, c.why_not.map_or("match", |w| w.as_str())))
    };
    assert_eq!(score("459 599 230", &[], "au-nine"), Some((50, "match")));
    assert_eq!(score("459 599 230", &au, "au-nine"), Some((55, "match")));
    assert_eq!(score("459 599 230", &nl, "au-nine"), Some((50, "overlap")));
    assert_eq!(score("459599230", &nl, "au-nine"), Some((15, "country")));
    assert_eq!(score("tfn 459599230", &nl, "au-nine"), Some((70, "match")));
}

#[test]
fn bare_numbers_weigh_less_in_headers_and_names() {
    let placed = |text: &str, placement| {
        let scan = common::RULES.scan(text, &Hints { placement, ..Hints::default() });
        scan.matches.first().map_or(0, |m| m.score)
    };
    for (text, less) in [("4929123345678908", 5), ("4929 1233 4567 8908", 0), ("card 4929123345678908", 0)] {
        let body = placed(text, Placement::Body);
        for (placement, less) in [(Placement::Header, less), (Placement::Name, less), (Placement::Attachment, 0)] {
            assert_eq!(placed(text, placement), body - less, "{text} {placement:?}");
        }
    }
}

#[test]
fn terms_name_the_word_that_gave_them() {
    let set = set();
    let explained = set.explain("Tax File: 459 599 230, order 7", &Hints::default());
    let words: Vec<_> = explained
        .candidates
        .iter()
        .flat_map(|c| c.terms.iter().map(|t| (t.name, t.word.and_then(|w| set.context_word(c.rule, w)))))
        .filter(|(_, word)| word.is_some())
        .collect();
    assert_eq!(words, [("near", Some("tax file")), ("not_near", Some("order"))]);
}

/// Pieces of which most candidates of the shipped rules can come.
fn text() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        2 => "\\PC{0,8}",
        4 => prop::sample::select(vec![
            "password", " is ", "=", ": ", "\n", "\n> ", " ", "-", "|", "card ", "tfn ", "order ", "medicare ", "4929 1233 4567 8908",
            "4929123345678909", "GB82 WEST 1234 5698 7654 32", "536-22-1234", "459 599 230", "AB 12 34 56 C", "hunter2!", "https://a:b3cd@c.example",
            "[password · QKDAM7AX]", "\u{200b}", "pin 4471", "+44 1632 960123", "Y2FyZCA0OTI5MTIzMzQ1Njc4OTA4", "1,2,3 ", "12.05.2026",
        ]).prop_map(str::to_owned),
        2 => "[0-9]{1,12}",
        1 => "[A-Za-z0-9]{1,24}",
    ];
    prop::collection::vec(pieces, 0..20).prop_map(|p| p.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_explanation_holds_what_a_scan_finds(text in text(), is_home in any::<bool>()) {
        let countries = if is_home { vec!["GB".to_owned()] } else { Vec::new() };
        let hints = Hints { countries: &countries, ..Hints::default() };
        let scan = common::RULES.scan(&text, &hints);
        let explained = common::RULES.explain(&text, &hints);
        prop_assert_eq!(scan.incomplete, explained.incomplete);
        let told: Vec<_> = explained.candidates.iter().filter(|c| c.why_not.is_none()).collect();
        prop_assert_eq!(scan.matches.len(), told.len());
        for (found, told) in scan.matches.iter().zip(told) {
            prop_assert_eq!((found.rule, &found.span, found.score, &found.terms), (told.rule, &told.span, told.score, &told.terms));
        }
    }
}
