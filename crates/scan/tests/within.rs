//! How far the words of a rule's context, and the members of a rule made of rules, may stand apart.

use lazaret_scan::{Hints, Ruleset, SourceFile};

fn rules(text: &str) -> Ruleset {
    match Ruleset::load(&[SourceFile { name: "acme.toml", text }]) {
        Ok((rules, _)) => rules,
        Err(all) => panic!("{:?}", all.iter().map(|d| &d.message).collect::<Vec<_>>()),
    }
}

fn found<'t>(rules: &Ruleset, text: &'t str) -> Vec<&'t str> {
    let scan = rules.scan(text, &Hints::default());
    scan.matches.iter().filter_map(|m| text.get(m.span.clone())).collect()
}

/// A rule of each kind that reads context, with `within` and two examples in which the word stands beside it.
fn of_kind(kind: &str, within: &str) -> Ruleset {
    let shape = match kind {
        "digits" => "lengths = [7]",
        "token" => "shapes = [\"AA99999\"]",
        _ => "pattern = '[A-Z]{2}\\d{5}'",
    };
    let value = if kind == "digits" { "4711223" } else { "QX47112" };
    rules(&format!(
        "[[rule]]\nid = \"acme-number\"\nclass = \"custom\"\nentity = \"acme_number\"\nkind = \"{kind}\"\n{shape}\n\
         context = {{ near = [\"acme\", \"wombat no\"], within = \"{within}\", required = true }}\nscore = {{ base = 40, near = 30 }}\n\
         test = [\n{{ text = \"acme {value}\", find = [\"{value}\"] }},\n{{ text = \"{value}\", find = [] }},\n]\n"
    ))
}

#[test]
fn words_of_context_reach_as_far_as_within_says() {
    let far = "x ".repeat(400);
    for kind in ["digits", "token", "regex"] {
        let value = if kind == "digits" { "4711223" } else { "QX47112" };
        // Text around the value, and whether it is found within a cell, a line, the lines beside, the message.
        let cases: [(&str, &str, [bool; 4]); 9] = [
            ("acme ", "", [true, true, true, true]),
            ("acme\t", "\tx", [false, true, true, true]),
            ("acme | ", " | x", [false, true, true, true]),
            ("a;acme;", ";x", [false, true, true, true]),
            ("mia,acme ", ",x", [true, true, true, true]),
            ("acme\n", "", [false, false, true, true]),
            ("acme\n\n\n\n", "", [false, false, false, true]),
            ("", "\n\n\nthe Wombat No is above", [false, false, false, true]),
            ("acmes\n", "", [false, false, false, false]),
        ];
        for (at, within) in ["cell", "line", "lines", "message"].into_iter().enumerate() {
            let rules = of_kind(kind, within);
            for (before, after, is_found) in cases {
                let text = format!("{before}{value}{after}");
                let wanted = is_found.get(at).copied().unwrap_or_default();
                assert_eq!(!found(&rules, &text).is_empty(), wanted, "{kind} {within}: {text:?}");
            }
            let text = format!("acme {far}{value}");
            assert_eq!(!found(&rules, &text).is_empty(), within == "message", "{kind} {within}");
        }
    }
}

#[test]
fn a_word_against_counts_in_the_cell_where_the_cell_is_asked() {
    let of = |within: &str| {
        rules(&format!(
            "[[rule]]\nid = \"acme-number\"\nclass = \"custom\"\nentity = \"acme_number\"\nkind = \"token\"\nshapes = [\"AA99999\"]\n\
             context = {{ not_near = [\"serial\"], within = \"{within}\" }}\nscore = {{ base = 40, not_near = -40 }}\n\
             test = [\n{{ text = \"QX47112\", find = [\"QX47112\"] }},\n{{ text = \"serial QX47112\", find = [] }},\n]\n"
        ))
    };
    for (within, text, count) in
        [("cell", "serial\tQX47112\tx", 1), ("cell", "a\tserial QX47112", 0), ("line", "serial\tQX47112\tx", 0)]
    {
        assert_eq!(found(&of(within), text).len(), count, "{within}: {text}");
    }
}

#[test]
fn members_stand_together_as_far_as_within_says() {
    let of = |within: &str| {
        let member = |id: &str, letter: &str| {
            format!(
                "[[rule]]\nid = \"{id}\"\nclass = \"custom\"\nentity = \"{id}\"\nkind = \"token\"\nshapes = [\"{letter}99999\"]\n\
                 score = {{ base = 30 }}\ntest = [\n{{ text = \"{letter}47112\", find = [\"{letter}47112\"] }},\n\
                 {{ text = \"x\", find = [] }},\n]\n"
            )
        };
        rules(&format!(
            "{}{}[[rule]]\nid = \"both\"\nclass = \"custom\"\nentity = \"both\"\nkind = \"composite\"\nall = [\"acme-q\", \"acme-k\"]\n\
             within = \"{within}\"\nscore = {{ base = 70 }}\ntest = [\n{{ text = \"Q47112 K47112\", find = [\"Q47112 K47112\"] }},\n\
             {{ text = \"Q47112\", find = [] }},\n]\n",
            member("acme-q", "Q"),
            member("acme-k", "K"),
        ))
    };
    let cases = [
        ("Q47112, K11823", [true, true, true, true]),
        ("a\tQ47112 K11823\tb", [true, true, true, true]),
        ("a\tQ47112\tK11823", [false, true, true, true]),
        ("| Q47112 | K11823 |", [false, true, true, true]),
        ("Q47112\nK11823", [false, false, true, true]),
        ("Q47112\n\n\n\nK11823", [false, false, false, true]),
        ("Q47112\n\n\n\nQ11823", [false, false, false, false]),
    ];
    for (at, within) in ["cell", "line", "lines:2", "message"].into_iter().enumerate() {
        let rules = of(within);
        for (text, is_found) in cases {
            let has = rules.scan(text, &Hints::default()).matches.iter().any(|m| m.score == 70);
            assert_eq!(has, is_found.get(at).copied().unwrap_or_default(), "{within}: {text:?}");
        }
    }
    // Without a conversation a rule for it sees what the text holds.
    assert!(of("thread").scan(cases[0].0, &Hints::default()).matches.iter().any(|m| m.score == 70));
}

#[test]
fn another_reach_is_refused_with_the_ones_that_there_are() {
    for (line, mend) in [
        ("kind = \"composite\"\nall = [\"person\", \"iban\"]\nwithin = \"page\"", "`message` or `thread`"),
        ("kind = \"token\"\nshapes = [\"Q99999\"]\ncontext = { near = [\"acme\"], within = \"row\" }", "cell"),
    ] {
        let text = format!(
            "[[rule]]\nid = \"both\"\nclass = \"custom\"\nentity = \"both\"\n{line}\nscore = {{ base = 70 }}\ntest = []\n"
        );
        let all = Ruleset::load(&[SourceFile { name: "acme.toml", text: &text }]).expect_err("refused");
        let says = |d: &lazaret_scan::Diagnostic| {
            d.help.as_deref().is_some_and(|help| help.contains(mend)) || d.message.contains(mend)
        };
        assert!(all.iter().any(says), "{:?}", all.iter().map(|d| (&d.message, &d.help)).collect::<Vec<_>>());
    }
}
