//! Bad files: one readable complaint for each mistake, with its place, all at once.

mod common;

use lazaret_scan::{Action, Class, Keep, Policy, RuleInfo, RuleMode, Ruleset, SourceFile, Unexamined};

const GOOD: &str = r#"
[[rule]]
id      = "acme-student-number"
class   = "student_record"
entity  = "acme_student_number"
kind    = "regex"
pattern = 'S[12]\d{6}'
mode    = "shadow"
context = { near = ["student", "pupil"], not_near = ["asset", "serial"], within = "line" }
score   = { base = 40, near = 30, not_near = -30 }
except  = [{ digest = "k1:7f3a0123456789abcdef0123456789ab", reason = "our demo student", owner = "mia", expires = 2027-06-30 }]
test    = [
  { text = "Student S2401234 cannot log in", find = ["S2401234"] },
  { text = "Serial S2401234 of the printer", find = [] },
]
"#;

fn complaints(text: &str) -> String {
    match Ruleset::load(&[SourceFile { name: "x.toml", text }]) {
        Ok(_) => String::new(),
        Err(all) => all
            .iter()
            .map(|d| format!("{}:{}: {} ({})\n", d.line, d.column, d.message, d.help.clone().unwrap_or_default()))
            .collect(),
    }
}

#[test]
fn the_sample_loads() {
    let (set, warnings) = Ruleset::load(&[SourceFile { name: "x.toml", text: GOOD }]).expect("valid");
    assert!(warnings.is_empty());
    let rule = &set.rules()[0];
    assert_eq!(
        (rule.id.as_str(), rule.mode, rule.class),
        ("acme-student-number", RuleMode::Shadow, Class::StudentRecord)
    );
    assert_eq!(rule.exceptions[0].expires, "2027-06-30");
}

#[test]
fn each_mistake_has_its_complaint() {
    let cases: [(&str, &str, &[&str]); 16] = [
        (
            "pattern =",
            "patern =",
            &["7:1: a rule of kind regex has no key `patern` (did you mean `pattern`?)", "the rule has no `pattern`"],
        ),
        (
            "\"student_record\"",
            "\"student_records\"",
            &["4:11: there is no class `student_records` (did you mean `student_record`?)"],
        ),
        ("\"regex\"", "\"regexp\"", &["6:11: there is no kind `regexp` (did you mean `regex`?)"]),
        (r"S[12]\d{6}", r"S(?=1)\d{6}", &["7:13: the pattern is refused: look-around"]),
        (r"S[12]\d{6}", r"(S)\1\d{6}", &["7:15: the pattern is refused: backreferences"]),
        (r"S[12]\d{6}", r"(?:S[12]\d{6})?", &["7:11: the pattern is refused: it matches the empty text"]),
        (r"S[12]\d{6}", r"(?:S[12]\d{6}[a-z]{900}){0,900}S\d{3}", &["7:11: the pattern is refused: it is too large"]),
        (r"S[12]\d{6}", r"S[12]", &["7:11: the pattern has no anchor"]),
        ("\"shadow\"", "\"shade\"", &["8:11: there is no mode `shade` (did you mean `shadow`?)"]),
        ("near = 30,", "near = \"x\",", &["`near` must be a whole number, this is a string"]),
        ("within = \"line\"", "within = \"lin\"", &["there is no within `lin` (did you mean `line`?)"]),
        ("base = 40", "base = 400", &["`base` must be from -100 to 100"]),
        ("expires = 2027-06-30", "expires = \"soon\"", &["`expires` must be a day"]),
        (
            "find = [\"S2401234\"]",
            "find = [\"S9\"]",
            &["13:3: example 1 of `acme-student-number` fails: item 1 of `find` does not stand in `text`"],
        ),
        ("find = []", "find = [\"Serial\"]", &["`test` has no example in which the rule must find nothing"]),
        (
            "base = 40, near = 30",
            "base = 10, near = 10",
            &["13:3: example 1 of `acme-student-number` fails: expected `S2401234`; found nothing"],
        ),
    ];
    for (from, to, wanted) in cases {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "{from}");
        let all = complaints(&text);
        for wanted in wanted {
            assert!(all.contains(wanted), "{to}:\n{all}");
        }
    }
}

#[test]
fn all_at_once_and_duplicates() {
    let text = format!("{GOOD}{GOOD}{}", GOOD.replace("\"regex\"", "7").replace("acme-student", "other"));
    let all = complaints(&text);
    assert!(
        all.contains("there is a rule `acme-student-number` already") && all.contains("`kind` must be a string"),
        "{all}"
    );
    // A rule that is refused for another reason too.
    let all = complaints(&format!("{GOOD}{}", GOOD.replace("\"regex\"", "7")));
    assert!(all.contains("rule `acme-student-number` already") && all.contains("`kind` must be a string"), "{all}");
    let all = complaints("[[rule]]\nid = \"x\"\nkind = [\n");
    assert!(all.contains("not valid TOML"), "{all}");
    assert!(complaints("[[rules]]\n").contains("did you mean `rule`?"));
    assert!(complaints("[[test_value]]\nvalues = []\n").contains("`source` is missing"));
}

#[test]
fn pattern_length_has_a_limit() {
    for (bytes, refused) in [(2_047, false), (2_048, false), (2_049, true)] {
        let pad = bytes - "S2401234(?:)?".len();
        let pattern = format!("S2401234(?:{})?", "y".repeat(pad));
        assert_eq!(pattern.len(), bytes);
        let all = complaints(&GOOD.replacen(r"S[12]\d{6}", &pattern, 1));
        assert_eq!(all.contains("longer than 2048 bytes"), refused, "{bytes}: {all}");
    }
}

fn policy(from: &str, to: &str) -> Result<Policy, String> {
    let text = common::POLICY.replacen(from, to, 1);
    let file = SourceFile { name: "policy.toml", text: &text };
    Policy::load(file, &common::RULES).map(|(p, _)| p).map_err(|all| common::lines(&all))
}

#[test]
fn policy_complaints() {
    let cases = [
        ("\"vehicle_plate\", ", "", "no action for: vehicle_plate"),
        (
            "\"date_of_birth\", \"student_record\"]",
            "\"date_of_birth\", \"student_record\", \"email\"]",
            "class `email` stands under `allow` and under `flag`",
        ),
        ("flag       = [\"date_of_birth\"", "flag       = [\"date_of_brith\"", "there is no class `date_of_brith`"),
        ("card-security-code =", "card-securty-code =", "there is no rule `card-securty-code`"),
        ("keep = \"nothing\"", "keep = \"nothin\"", "there is no keep `nothin`"),
        ("redact = 60", "redact = 20", "`redact` asks for less than the milder action before it"),
        ("withhold = 60,", "", "`min_score` has no `withhold`"),
        ("\"14d\"", "\"14 days\"", "not a time"),
        ("picture = \"allow\"", "picture = \"alow\"", "there is no picture `alow`"),
        ("people = 10", "people = 1", "`people` must be from 2"),
        ("signature = \"allow\"", "signature = \"withhold\"", "`signature` can be \"allow\" or \"flag\""),
        ("[action]", "[actions]", "a policy has no key `actions`"),
    ];
    for (from, to, wanted) in cases {
        assert!(common::POLICY.contains(from), "{from}");
        let all = policy(from, to).err().unwrap_or_default();
        assert!(all.contains(wanted), "{to}: {all}");
    }
}

#[test]
fn policy_answers() {
    let p = policy("", "").expect("the shipped policy loads");
    let rule = |id: &str, class| RuleInfo {
        id: id.into(),
        class,
        entity: String::new(),
        mode: RuleMode::On,
        exceptions: Vec::new(),
    };
    let cases = [
        ("payment-card", Class::CreditCard, 29, Action::Allow),
        ("payment-card", Class::CreditCard, 30, Action::Flag),
        ("payment-card", Class::CreditCard, 59, Action::Flag),
        ("payment-card", Class::CreditCard, 60, Action::Redact),
        ("payment-card", Class::CreditCard, 100, Action::Redact),
        ("card-security-code", Class::CreditCard, 60, Action::Withhold),
        ("card-security-code", Class::CreditCard, 80, Action::Quarantine),
        ("card-security-code", Class::CreditCard, 95, Action::Reject),
        ("test-value", Class::Secret, 100, Action::Allow),
        ("us-ssn", Class::NationalId, 60, Action::Redact),
        ("email-address", Class::Email, 100, Action::Allow),
        ("date-of-birth", Class::DateOfBirth, 100, Action::Flag),
    ];
    for (id, class, score, action) in cases {
        assert_eq!(p.action(&rule(id, class), score), action, "{id} at {score}");
    }
    assert!(p.keeps_nothing("card-security-code") && !p.keeps_nothing("payment-card"));
    assert_eq!(p.keep(), Keep { sealed_original_secs: 14 * 86_400, until_told: true });
    assert_eq!(p.unexamined(Unexamined::Picture), Action::Allow);
    assert_eq!(p.unexamined(Unexamined::Encrypted), Action::Withhold);
    assert_eq!(p.class_action(Class::BulkRecords), Action::Withhold);
    assert_eq!((p.bulk().people, p.bulk().needs.len()), (10, 6));
}
