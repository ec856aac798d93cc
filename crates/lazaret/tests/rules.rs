//! The rule verbs as an operator calls them: the built program, files in a folder, what it prints and answers.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const OWN: &str = r#"
disable = ["au-medicare"]

[[adjust]]
id      = "us-ssn"
mode    = "shadow"

[[rule]]
id      = "acme-badge"
class   = "custom"
kind    = "regex"
pattern = 'BADGE-\d{4}'
score   = { base = 70 }
test    = [
  { text = "BADGE-1234", find = ["BADGE-1234"] },
  { text = "the BADGE", find = [] },
]
"#;
const MAIL: &str = "From: Mia Moss <mia@customer.example>\nTo: support@acme.example\nSubject: BADGE-4711\n\
                    Date: Mon, 3 Aug 2026 10:00:00 +0000\n\nmy card is 4929 1233 4567 8908\n";

struct Place(TempDir);

impl Place {
    fn new() -> Place {
        let dir = tempfile::tempdir().expect("a directory");
        fs::create_dir(dir.path().join("rules")).expect("made");
        fs::write(dir.path().join("rules/acme.toml"), OWN).expect("written");
        fs::write(dir.path().join("a.eml"), MAIL).expect("written");
        Place(dir)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, line: &str) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lazaret"));
        // A configuration that is installed on this machine is not this test's.
        command.current_dir(self.0.path()).args(line.split(' '));
        let Output { status, stdout, stderr } = command.output().expect("it starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        (status.code().expect("it ends by itself"), text(stdout), text(stderr))
    }

    fn json(&self, line: &str) -> (i32, Vec<Value>) {
        let (code, out, err) = self.run(&format!("{line} --format json"));
        let lines: Vec<Value> = out.lines().map(|l| serde_json::from_str(l).expect("one object a line")).collect();
        assert!(!lines.is_empty(), "{line}: {err}");
        (code, lines)
    }
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("written");
}

#[test]
fn a_folder_with_one_file_keeps_the_shipped_rules() {
    let place = Place::new();
    let (code, rows) = place.json("rules list --rules rules");
    let row = |id: &str| rows.iter().find(|r| r["rule"] == id).unwrap_or_else(|| panic!("no {id}"));
    assert!(code == 0 && rows.len() > 50, "{code} {}", rows.len());
    let source = row("payment-card")["source"].as_str().expect("a place");
    assert!(source.starts_with("shipped/cards.toml:"), "{source}");
    assert_eq!(row("acme-badge")["source"], "rules/acme.toml:9");
    assert_eq!((&row("us-ssn")["mode"], &row("us-ssn")["action"]), (&"shadow".into(), &"allow".into()));
    assert_eq!(row("us-ssn")["adjusted"], serde_json::json!(["rules/acme.toml:5"]));
    assert_eq!(row("au-medicare")["mode"], "disabled");

    for (filter, wanted) in [
        ("acme-*", vec!["acme-badge"]),
        ("acme-* us-ssn --mode shadow", vec!["us-ssn"]),
        ("--mode disabled", vec!["au-medicare"]),
        ("acme-* --class custom", vec!["acme-badge"]),
        ("card-security-code acme-badge --profile pci", vec!["card-security-code"]),
        ("us-ssn acme-badge --country US", vec!["us-ssn"]),
    ] {
        let (_, rows) = place.json(&format!("rules list --rules rules {filter}"));
        let ids: Vec<&str> = rows.iter().filter_map(|r| r["rule"].as_str()).collect();
        assert_eq!(ids, wanted, "{filter}");
    }
    for (line, wanted) in [
        ("rules list --profile pcii", "did you mean `pci`?"),
        ("rules list payment-crad", "did you mean `payment-card`?"),
        ("rules list --class secrets", "did you mean `secret`?"),
    ] {
        let (code, _, err) = place.run(line);
        assert!(code == 64 && err.contains(wanted), "{line}: {code} {err}");
    }
}

#[test]
fn a_bad_file_is_shown_with_its_lines_and_all_mistakes_at_once() {
    let place = Place::new();
    let bad =
        OWN.replace("us-ssn", "us-snn").replace("pattern", "patern").replace("[\"au-medicare\"]", "[\"au-medicar\"]");
    write(&place.path("rules/acme.toml"), &bad);
    let (code, out, err) = place.run("rules test rules");
    assert!(code == 1 && out.is_empty(), "{code} {out}");
    for wanted in [
        "--> rules/acme.toml:2:12",
        "error: no earlier file has a rule `au-medicar`",
        "2 | disable = [\"au-medicar\"]\n  |            ^^^^^^^^^^^^",
        "help: did you mean `au-medicare`?",
        "error: there is no rule `us-snn`",
        "error: a rule of kind regex has no key `patern`",
        "help: did you mean `pattern`?",
    ] {
        assert!(err.contains(wanted), "no {wanted:?} in:\n{err}");
    }
    let (_, lines) = place.json("rules test rules");
    assert!(lines.iter().all(|l| l["file"] == "rules/acme.toml" && l["line"].as_u64() > Some(1)), "{lines:?}");
}

#[test]
fn tests_count_by_file_and_name_thin_rules_and_dead_exceptions() {
    let place = Place::new();
    let dead = "[[except]]\nrule = \"us-ssn\"\ndigest = \"k1:00112233445566778899aabbccddeeff\"\nreason = \"r\"\n\
                owner = \"mia\"\nexpires = 2020-01-31\n";
    write(&place.path("rules/b.toml"), dead);
    let (code, out, err) = place.run("rules test rules");
    assert_eq!(code, 0, "{err}");
    assert!(
        out.contains("rules/acme.toml:9: acme-badge has 1 example(s) that it finds and 1 that it must not"),
        "{out}"
    );
    assert!(out.contains("1 exception(s), 1 over"), "{out}");
    assert!(err.contains("ended on 2020-01-31") && err.contains("ask mia for a new day"), "{err}");
    let (_, lines) = place.json("rules test rules");
    let own = lines.iter().find(|l| l["file"] == "rules/acme.toml").expect("its line");
    assert_eq!((own["rules"].as_u64(), own["examples"].as_u64()), (Some(1), Some(2)));
}

#[test]
fn values_are_shown_only_when_they_are_asked_for() {
    let place = Place::new();
    for verb in ["scan --rules rules", "rules explain --rules rules", "rules diff shipped rules"] {
        for format in ["", " --format json"] {
            let (_, masked, _) = place.run(&format!("{verb}{format} a.eml"));
            assert!(!masked.contains("4711") && !masked.contains("4929"), "{verb}{format}: {masked}");
            let (_, revealed, _) = place.run(&format!("{verb}{format} --reveal a.eml"));
            assert!(revealed.contains("4711"), "{verb}{format}: {revealed}");
        }
    }
    let (code, out, _) = place.run("scan --rules rules a.eml");
    assert_eq!(code, 0);
    assert!(out.contains("  header/subject\n     1 │ B••••••••1\n       │ ^^^^^^^^^^ acme-badge 70 redact\n"), "{out}");
    assert!(!out.contains('\u{1b}'), "no colours where it is no terminal");
}

#[test]
fn explanations_give_terms_and_consequence() {
    let place = Place::new();
    write(&place.path("b.txt"), "my ssn is 536-22-1234, card 4929 1233 4567 8908");
    let (code, lines) = place.json("rules explain --rules rules b.txt a.eml");
    assert_eq!((code, lines.len()), (0, 2));
    let of = |rule: &str| {
        let all = lines[0]["candidates"].as_array().expect("a list");
        all.iter()
            .find(|c| c["rule"] == rule && c["why_not"] != "overlap")
            .unwrap_or_else(|| panic!("no {rule}"))
            .clone()
    };
    assert_eq!((of("us-ssn")["why_not"].as_str(), of("us-ssn")["action"].as_str()), (Some("shadow"), Some("allow")));
    assert_eq!(of("payment-card")["action"], "redact");
    assert!(of("payment-card")["terms"].as_array().is_some_and(|t| t.iter().any(|t| t["name"] == "base")));
    assert_eq!(of("payment-card")["shape"], "dddd dddd dddd dddd");
    assert!(of("payment-card").get("digest").is_none(), "without the store's key a digest would mean nothing");
}

#[test]
fn differences_are_counted_and_change_the_exit_code() {
    let place = Place::new();
    let (code, lines) = place.json("rules diff shipped rules a.eml");
    assert_eq!((code, lines.len()), (1, 2));
    assert_eq!(lines[0]["found"][0]["rule"], "acme-badge");
    assert_eq!(lines[0]["found"][0]["context"]["value"], "B••••••••1");
    assert_eq!(lines[1]["summary"]["rules"]["acme-badge"]["found"], 1);
    let (code, lines) = place.json("rules diff rules rules a.eml");
    assert_eq!((code, lines[1]["summary"]["different"].as_u64()), (0, Some(0)));

    // The other way round, over a folder, with a change of the score and of the verdict.
    fs::create_dir(place.path("mails")).expect("made");
    write(&place.path("mails/a.eml"), &MAIL.replace("card is 4929 1233 4567 8908", "mail"));
    write(&place.path("stricter.toml"), &format!("{OWN}[[adjust]]\nid = \"acme-badge\"\nscore = {{ base = 50 }}\n"));
    let (code, lines) = place.json("rules diff rules stricter.toml mails");
    assert_eq!(code, 1);
    assert_eq!(lines[0]["changed"][0]["old"], serde_json::json!({ "score": 70, "action": "redact" }));
    assert_eq!(lines[0]["changed"][0]["action"], "flag");
    assert_eq!(lines[0]["verdict"], serde_json::json!({ "old": "redact", "new": "allow" }));
    let (code, out, _) = place.run("rules diff shipped rules nowhere.eml");
    assert!(code == 1 && out.contains("error"), "{out}");
}

#[test]
fn profiles_put_the_rest_into_shadow() {
    let place = Place::new();
    let shipped = include_str!("../../../config/policy.toml");
    write(&place.path("policy.toml"), &format!("profiles = [\"secrets\"]\n{shipped}"));
    let (_, lines) = place.json("scan --policy policy.toml a.eml");
    let card = lines[0]["findings"].as_array().expect("a list").iter().find(|f| f["rule"] == "payment-card");
    assert_eq!(card.expect("it is found")["action"], "allow");
    write(&place.path("policy.toml"), &format!("profiles = [\"secrts\"]\n{shipped}"));
    let (code, _, err) = place.run("scan --policy policy.toml a.eml");
    assert!(code == 78 && err.contains("--> policy.toml:1:13") && err.contains("did you mean `secrets`?"), "{err}");
}

#[test]
fn schemas_are_json() {
    let place = Place::new();
    for of in ["rules", "policy", "profile", "config"] {
        let (code, out, _) = place.run(&format!("schema {of}"));
        let schema: Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!((code, schema["type"].as_str()), (0, Some("object")), "{of}");
    }
}

/// `lazaret rules list | head -1`: nobody reads the rest, and that is no fault.
#[test]
fn a_reader_that_has_enough_is_no_fault() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lazaret"));
    command.args(["rules", "list"]).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}
