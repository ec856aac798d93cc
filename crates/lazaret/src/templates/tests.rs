use super::*;

fn facts(kinds: &[String]) -> Facts<'_> {
    Facts {
        reference: "LZ-7K2Q-M4XD",
        company: "Acme & Sons",
        link: Some("https://portal.acme.example/upload?t=abc"),
        portal: Some("https://portal.acme.example/upload"),
        until: Some(1_795_000_000),
        phone: Some("+61 3 5550 1234"),
        kinds,
        days: 14,
    }
}

fn kinds(list: &[&str]) -> Vec<String> {
    list.iter().map(|k| (*k).to_owned()).collect()
}

fn built_in() -> Templates {
    Templates::load(None).unwrap_or_else(|complaints| panic!("{complaints:?}"))
}

#[test]
fn what_a_customer_reads() {
    use Template::{Receipt, Refused, Removed};
    let templates = built_in();
    type Case<'a> = (Template, &'a [&'a str], &'a [&'a str], &'a [&'a str]);
    let cases: &[Case<'_>] = &[
        (Receipt, &[], &["has arrived", "LZ-7K2Q-M4XD", "?t=abc"], &["held", "phone ("]),
        (
            Removed,
            &[NAMES[0], NAMES[1], NAMES[3]],
            &[
                "held payment card details, bank details and identity numbers.",
                "18 November 2026, 11:06 UTC",
                "14 days",
            ],
            &["change it"],
        ),
        (Removed, &[SECRET], &["held a password or access key.", "please change it", "+61 3 5550 1234"], &[]),
        (Removed, &[ATTACHMENTS], &["could not be checked"], &["Your message held", "as well"]),
        (Removed, &[NAMES[4], ATTACHMENTS, RECORDS], &["as well", "One example record"], &[]),
        (Removed, &[], &["held details that are not safe"], &["attachment"]),
        (Refused, &[NAMES[0], NOT_KEPT], &["has not received it", "did not keep the original"], &["14 days"]),
        (Refused, &[UNREADABLE], &["could not be checked", "Answer this mail in a few words"], &["It held"]),
        (
            Refused,
            &[UNREADABLE, HELD],
            &["too large to be checked", "unopened in a folder of its own"],
            &["encrypted", "14 days", "erased"],
        ),
    ];
    for (template, list, present, absent) in cases {
        let list = kinds(list);
        let words = templates.render(*template, &["en"], &facts(&list)).expect("a checked text");
        for body in [&words.text, &words.html] {
            let body =
                body.split_whitespace().collect::<Vec<_>>().join(" ").replace("<strong>", "").replace("</strong>", "");
            present.iter().for_each(|p| assert!(body.contains(p), "{template:?} {list:?}: {p} in {body}"));
            absent.iter().for_each(|p| assert!(!body.contains(p), "{template:?} {list:?}: no {p} in {body}"));
        }
        assert!(words.subject.starts_with("Auto: ") && words.subject.ends_with("[LZ-7K2Q-M4XD]"));
        assert!(!words.text.contains("Acme &amp; Sons") && !words.html.contains("Acme & Sons"));
        assert!(words.text.lines().all(|line| line.trim_end() == line), "{template:?} {list:?}: {}", words.text);
        assert!(!words.text.contains("\n\n\n"), "{template:?} {list:?}: {}", words.text);
        assert!(words.text.starts_with("Hello,") && words.text.ends_with("answer.\n"), "{}", words.text);
    }
}

#[test]
fn without_a_portal_there_is_no_link_and_without_a_phone_no_number() {
    let list = kinds(&[SECRET]);
    let bare = Facts { link: None, portal: None, until: None, phone: None, ..facts(&list) };
    for template in [Template::Receipt, Template::Removed, Template::Refused] {
        let words = built_in().render(template, &[], &bare).expect("a checked text");
        assert!(!words.text.contains("http") && !words.html.contains("href"), "{}", words.text);
        assert!(!words.text.contains("+61") && !words.text.contains("none"), "{}", words.text);
    }
}

fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for (path, text) in files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().expect("below the directory")).expect("made");
        std::fs::write(path, text).expect("written");
    }
    dir
}

fn complaints(files: &[(&str, &str)]) -> Vec<String> {
    let dir = directory(files);
    let Err(found) = Templates::load(Some(dir.path())) else { return Vec::new() };
    let base = format!("{}/", dir.path().display());
    found.iter().map(|d| format!("{}:{}: {}", d.file.replace(&base, ""), d.line, d.message)).collect()
}

#[test]
fn an_operator_overrides_one_file_and_adds_a_language() {
    let (_, _, words) = BUILT_IN[0];
    let german = words.replace("Auto: we have", "Auto: wir haben");
    let text = "Referenz {{ reference }}";
    let dir = directory(&[
        ("en/receipt.txt", "Ref {{ reference }}"),
        ("de/words.toml", &german),
        ("de/receipt.txt", text),
        ("de/receipt.html", text),
        ("de/removed.txt", text),
        ("de/removed.html", text),
        ("de/refused.txt", text),
        ("de/refused.html", text),
    ]);
    let templates = Templates::load(Some(dir.path())).unwrap_or_else(|complaints| panic!("{complaints:?}"));
    let cases: [(&[&str], &str); 7] = [
        (&["de"], "de"),
        (&["de-AT"], "de"),
        (&["fr", "de"], "de"),
        (&["fr"], "en"),
        (&["", "xx"], "en"),
        (&[], "en"),
        (&["EN"], "en"),
    ];
    for (wished, got) in cases {
        let words = templates.render(Template::Receipt, wished, &facts(&[])).expect("a checked text");
        assert_eq!(words.language, got, "{wished:?}");
        let (subject, text) = match got {
            "de" => ("Auto: wir haben", "Referenz LZ-"),
            _ => ("Auto: we have", "Ref LZ-"),
        };
        assert!(words.subject.starts_with(subject) && words.text.starts_with(text), "{words:?}");
    }
}

#[test]
fn every_mistake_is_named_with_its_line() {
    let (_, _, words) = BUILT_IN[0];
    let long = format!("{{{{ reference }}}}{}", "x".repeat(OUTPUT_BYTES_MAX - 12));
    let longer = format!("{long}x");
    let cases: Vec<(&str, String, &str)> = vec![
        ("en/receipt.txt", "a\n{{ referense }}".into(), "en/receipt.txt:2: undefined value"),
        ("en/receipt.txt", "a\nb\n{% if %}".into(), "en/receipt.txt:3: syntax error"),
        ("en/receipt.txt", "no reference".into(), "en/receipt.txt:1: the text does not always show"),
        ("en/removed.html", "{% if link %}{{ reference }}{% endif %}".into(), "en/removed.html:1: the text does not"),
        (
            "en/refused.txt",
            "{{ reference }}{% for a in range(9999) %}{% for b in range(9999) %}.{% endfor %}{% endfor %}".into(),
            "en/refused.txt:1: engine ran out of fuel",
        ),
        ("en/receipt.txt", longer, "en/receipt.txt:"),
        ("en/reciept.txt", "x".into(), "en/reciept.txt:1: is no text of a reply"),
        ("english language/receipt.txt", "x".into(), "english language:1: is no language"),
        ("fr/receipt.txt", "{{ reference }}".into(), "fr/receipt.txt:1: the language `fr` has no"),
        ("en/words.toml", words.replace("[list]", "[lost]"), "en/words.toml:"),
        (
            "en/words.toml",
            words.replace("\"bank details\" =", "\"banc details\" ="),
            "en/words.toml:10: `bank details`",
        ),
        ("en/words.toml", words.replace(" [{{ reference }}]", ""), "en/words.toml:5: the subject of `receipt`"),
        ("en/words.toml", words.replace("{{ hour }}", "{{ our }}"), "en/words.toml:"),
    ];
    for (path, text, want) in &cases {
        let found = complaints(&[(path, text)]);
        assert!(found.iter().any(|f| f.starts_with(want)), "{path}: {want}\n{found:#?}");
    }
    assert_eq!(complaints(&[("en/receipt.txt", &long[..OUTPUT_BYTES_MAX])]), Vec::<String>::new());
    let two = complaints(&[("en/receipt.txt", "{{ a }}"), ("en/refused.txt", "{{ b }}")]);
    assert_eq!(two.len(), 2, "all at once: {two:?}");
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let Err(found) = Templates::load(Some(Path::new("/nonexistent/templates"))) else { panic!("it is not there") };
    assert_eq!(found[0].file, "/nonexistent/templates");
}
