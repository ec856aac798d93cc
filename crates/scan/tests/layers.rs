//! Layers of rule files and profiles: what later files make of earlier ones, and every mistake in them, as data.

use lazaret_scan::{Action, Hints, Policy, RuleIx, RuleMode, Ruleset, Severity, SourceFile, shipped};

const FIRST: &str = r#"
[[rule]]
id      = "acme-student"
class   = "student_record"
kind    = "regex"
pattern = 'S[12]\d{6}'
context = { near = ["student", "pupil"], not_near = ["asset"], within = "line" }
score   = { base = 40, near = 30, not_near = -30 }
test    = [
  { text = "Student S2401234 cannot log in", find = ["S2401234"], min = 60 },
  { text = "asset S2401234", find = [] },
]
[[rule]]
id      = "acme-badge"
class   = "custom"
country = "AU"
kind    = "regex"
pattern = 'BADGE-\d{4}'
score   = { base = 70 }
test    = [{ text = "BADGE-1234", find = ["BADGE-1234"] }, { text = "BADGE", find = [] }]
"#;
const DIGEST: &str = "k1:00112233445566778899aabbccddeeff";

fn load(second: &str) -> Result<(Ruleset, String), String> {
    let files = [SourceFile { name: "first.toml", text: FIRST }, SourceFile { name: "second.toml", text: second }];
    let lines = |all: &[lazaret_scan::Diagnostic]| -> String {
        let line = |d: &lazaret_scan::Diagnostic| {
            let severity = if d.severity == Severity::Error { "error" } else { "warning" };
            let help = d.help.clone().unwrap_or_default();
            format!("{}:{}:{}: {severity}: {} ({help})\n", d.file, d.line, d.column, d.message)
        };
        all.iter().map(line).collect()
    };
    Ruleset::load(&files).map(|(set, warnings)| (set, lines(&warnings))).map_err(|all| lines(&all))
}

/// Rule and score of what is found.
fn scores(set: &Ruleset, text: &str) -> Vec<(String, u8)> {
    let scan = set.scan(text, &Hints::default());
    scan.matches.iter().map(|m| (set.rule(m.rule).expect("a rule of the set").id.clone(), m.score)).collect()
}

#[test]
fn later_files_change_earlier_ones() {
    let student = |score| vec![("acme-student".to_owned(), score)];
    type Case = (&'static str, &'static str, Vec<(String, u8)>);
    let cases: [Case; 8] = [
        ("", "Student S2401234", student(70)),
        ("[[adjust]]\nid = \"acme-student\"\nscore = { near = 50 }", "Student S2401234", student(90)),
        ("[[adjust]]\nid = \"acme-*\"\ncontext = { near_add = [\"enrolment\"] }", "enrolment S2401234", student(70)),
        ("[[adjust]]\nid = \"acme-student\"\ncontext = { near_remove = [\"pupil\"] }", "pupil S2401234", student(40)),
        ("[[adjust]]\nid = \"acme-student\"\ncontext = { not_near_add = [\"room\"] }", "room S2401234", vec![]),
        ("[[adjust]]\nid = \"acme-student\"\ncontext = { required = true }", "it is S2401234", vec![]),
        ("disable = [\"acme-s*\"]", "Student S2401234", vec![]),
        (
            "disable = [\"acme-badge\"]\n[[rule]]\nid = \"acme-badge\"\nclass = \"custom\"\nkind = \"regex\"\n\
             pattern = 'NEW-\\d{4}'\nscore = { base = 50 }\n\
             test = [{ text = \"NEW-1234\", find = [\"NEW-1234\"] }, { text = \"NEW-1\", find = [] }]",
            "NEW-9876 BADGE-1234",
            vec![("acme-badge".to_owned(), 50)],
        ),
    ];
    for (second, text, found) in cases {
        let (set, _) = load(second).unwrap_or_else(|all| panic!("{second}:\n{all}"));
        assert_eq!(scores(&set, text), found, "{second}");
    }
}

#[test]
fn where_a_rule_comes_from_is_known() {
    let second = format!(
        "disable = [\"acme-badge\"]\n[[adjust]]\nid = \"acme-student\"\nmode = \"shadow\"\n\
         [[except]]\nrule = \"acme-student\"\ndigest = \"{DIGEST}\"\nreason = \"demo\"\nowner = \"mia\"\nexpires = 2027-06-30\n"
    );
    let (set, warnings) = load(&second).expect("it loads");
    assert_eq!(warnings, "");
    let rule = &set.rules()[0];
    assert_eq!((rule.mode, rule.exceptions.len()), (RuleMode::Shadow, 1));
    let origin = set.origin(RuleIx(0)).expect("it has a file");
    assert_eq!((origin.file.as_str(), origin.line, origin.kind.as_str()), ("first.toml", 3, "regex"));
    assert_eq!(origin.adjusted, ["second.toml:3", "second.toml:6"]);
    assert_eq!((origin.examples_found, origin.examples_clean), (1, 1));
    let gone = &set.disabled()[0];
    assert_eq!((gone.id.as_str(), gone.file.as_str(), gone.by.as_str()), ("acme-badge", "first.toml", "second.toml:1"));

    let exception = &rule.exceptions[0];
    let holds = ["2027-06-29", "2027-06-30", "2027-07-01", ""].map(|day| exception.holds_on(day));
    assert_eq!(holds, [true, true, false, false]);
    let files = [SourceFile { name: "first.toml", text: FIRST }, SourceFile { name: "second.toml", text: &second }];
    assert!(set.expired(&files, "2027-06-30").is_empty());
    let dead = set.expired(&files, "2027-07-01");
    assert_eq!((dead.len(), dead[0].file.as_str(), dead[0].line), (1, "second.toml", 5));
    assert!(dead[0].message.contains("ended on 2027-06-30"), "{dead:?}");
}

#[test]
fn each_mistake_between_files_has_its_complaint() {
    let except = |changed: &str| {
        format!("[[except]]\nrule = \"acme-student\"\ndigest = \"{DIGEST}\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2027-06-30\n")
            .replacen(changed.split(" -> ").next().unwrap_or_default(), changed.split(" -> ").nth(1).unwrap_or_default(), 1)
    };
    let cases: Vec<(String, &str)> = vec![
        ("disable = [\"acme-studnet\"]".into(), "1:12: error: no earlier file has a rule `acme-studnet` (did you mean `acme-student`?)"),
        ("disable = [\"acme-badge\", \"acme-ba*\"]".into(), "error: no earlier file has a rule `acme-ba*`"),
        ("extend = \"shiped\"".into(), "1:10: error: there is no extend `shiped` (did you mean `shipped`?)"),
        ("[[adjust]]\nid = \"acme-badg\"\nmode = \"on\"".into(), "2:6: error: there is no rule `acme-badg` (did you mean `acme-badge`?)"),
        ("[[adjust]]\nmode = \"on\"".into(), "error: the adjustment has no `id`"),
        ("[[adjust]]\nid = \"acme-badge\"".into(), "2:6: error: the adjustment changes nothing"),
        ("[[adjust]]\nid = \"acme-badge\"\nclass = \"secret\"".into(), "3:1: error: an adjustment has no key `class`"),
        ("[[adjust]]\nid = \"acme-badge\"\nmod = \"shadow\"".into(), "an adjustment has no key `mod` (did you mean `mode`?)"),
        ("[[adjust]]\nid = \"acme-badge\"\ncontext = { near = [\"x\"] }".into(), "the context of an adjustment has no key `near`"),
        (
            "[[adjust]]\nid = \"acme-student\"\ncontext = { near_remove = [\"pupill\"] }".into(),
            "error: the rule has no word `pupill` there (did you mean `pupil`?)",
        ),
        (
            "[[adjust]]\nid = \"acme-badge\"\ncontext = { required = true }".into(),
            "error: `acme-badge` requires words in `near`, and none are left",
        ),
        (
            "[[adjust]]\nid = \"acme-*\"\ntest = [{ text = \"x\", find = [] }]".into(),
            "error: `test` belongs to one rule",
        ),
        (
            "[[adjust]]\nid = \"acme-badge\"\ntest = [{ text = \"BADGE-77\", find = [\"BADGE-77\"] }]".into(),
            "3:9: error: example 1 of `acme-badge` fails: expected `BADGE-77`; found nothing",
        ),
        (
            "[[adjust]]\nid = \"acme-student\"\nscore = { near = 10 }".into(),
            "2:6: warning: changed like this, `acme-student` does not hold to its example 1 any more (first.toml:10): \
             expected `S2401234`; found nothing (`S2401234` has 50 points (base +40, near +10), but `min` asks for 60)",
        ),
        (
            "disable = [\"acme-badge\"]\n[[adjust]]\nid = \"acme-badge\"\nmode = \"shadow\"".into(),
            "3:6: warning: this has no effect: `acme-badge` is disabled (take it out; second.toml:1 disabled the rule)",
        ),
        (except("k1:00 -> k1:0"), "error: `digest` is \"k1:\" and 32 hexadecimal digits"),
        (except("owner = \"o\" -> "), "error: the exception has no `owner`"),
        (except("expires = 2027-06-30 -> "), "error: the exception has no `expires`"),
        (except("acme-student -> acme-studen"), "2:8: error: there is no rule `acme-studen`"),
        (except("") + &except(""), "7:1: warning: `acme-student` has an exception for this digest already"),
        (format!("disable = [\"acme-student\"]\n{}", except("")), "3:8: warning: this has no effect"),
        (
            "[[rule]]\nid = \"acme-badge\"\nclass = \"custom\"\nkind = \"regex\"\npattern = 'AB-\\d{4}'\n\
             test = [{ text = \"AB-1234\", find = [\"AB-1234\"] }, { text = \"x\", find = [] }]".into(),
            "2:6: error: there is a rule `acme-badge` already, in first.toml (give this one another id; or change the \
             other with [[adjust]]; or take it out: disable = [\"acme-badge\"])",
        ),
        (
            "[[rule]]\nid = \"x\"\nclass = \"custom\"\nkind = \"regex\"\npattern = 'AB-\\d{4}'\nbeats = [\"acme-bagde\"]\n\
             test = [{ text = \"AB-1234\", find = [\"AB-1234\"] }, { text = \"x\", find = [] }]".into(),
            "6:10: error: `beats` names a rule `acme-bagde` that does not exist (did you mean `acme-badge`?)",
        ),
        (
            "[[rule]]\nid = \"x\"\nclass = \"custom\"\nkind = \"regex\"\npattern = 'AB-\\d{4}'\n\
             test = [{ text = \"AB-1234\", find = [\"AB-1234\"] }, { text = \"x\", find = [] }, { text = \"x\", find = [] }]".into(),
            "warning: example 3 only repeats example 2",
        ),
    ];
    for (second, wanted) in cases {
        let all = load(&second).map_or_else(|all| all, |(_, warnings)| warnings);
        assert!(all.contains(wanted), "{second}\ngave:\n{all}");
        assert!(all.lines().all(|line| line.starts_with("second.toml:")), "{all}");
    }
}

fn policy(more: &str, tables: &str) -> Result<(Policy, Ruleset), String> {
    let (set, _) = load("").expect("it loads");
    let text = format!("{more}\n{}\n{tables}", shipped::POLICY_FILE.1).replacen("[rule]", "[rule]\n#", 1);
    // Lines for rules that are not in this set.
    let own: String = text
        .lines()
        .filter(|l| !["bic", "card-", "licence-key", "meeting-", "test-value"].iter().any(|p| l.starts_with(p)))
        .map(|l| format!("{l}\n"))
        .collect();
    let file = SourceFile { name: "policy.toml", text: &own };
    let lines = |all: Vec<lazaret_scan::Diagnostic>| {
        all.iter().map(|d| format!("{} ({})\n", d.message, d.help.clone().unwrap_or_default())).collect::<String>()
    };
    Policy::load(file, &set).map(|(policy, _)| policy).map_err(lines).map(|policy| (policy, set))
}

#[test]
fn profiles_make_a_union_in_which_the_strictest_wins() {
    let acme = "[profile.acme]\nselect = [{ rules = [\"acme-*\"], action = \"redact\" }]\n\
                [profile.badges]\nselect = [{ classes = [\"custom\"], action = \"quarantine\", min_score = { quarantine = 65 } }]\n\
                [profile.german]\nselect = [{ classes = [\"custom\", \"student_record\"], countries = [\"DE\"] }]\n";
    let (student, badge) = (0, 1);
    let cases: [(&str, usize, u8, Action); 10] = [
        ("", student, 90, Action::Flag),
        ("", badge, 70, Action::Redact),
        ("profiles = [\"acme\"]", student, 90, Action::Redact),
        ("profiles = [\"acme\"]", student, 50, Action::Flag),
        ("profiles = [\"acme\"]", badge, 70, Action::Redact),
        ("profiles = [\"badges\"]", student, 90, Action::Allow),
        ("profiles = [\"badges\"]", badge, 70, Action::Quarantine),
        ("profiles = [\"acme\", \"badges\"]", badge, 64, Action::Withhold),
        ("profiles = [\"german\"]", badge, 70, Action::Allow),
        ("profiles = [\"german\", \"pci\"]", student, 90, Action::Flag),
    ];
    for (profiles, rule, score, action) in cases {
        let (policy, set) = policy(profiles, acme).unwrap_or_else(|all| panic!("{profiles}: {all}"));
        assert_eq!(policy.action(&set.rules()[rule], score), action, "{profiles} {rule} {score}");
    }
    let (policy, set) = policy("profiles = [\"badges\"]", acme).expect("it loads");
    assert_eq!(set.rules().iter().map(|r| policy.mode(r)).collect::<Vec<_>>(), [RuleMode::Shadow, RuleMode::On]);
    assert_eq!((policy.profiles_of("acme-badge"), policy.profiles_of("acme-student").len()), (vec!["badges"], 0));
    assert_eq!(policy.capped(Action::Withhold).action(&set.rules()[1], 100), Action::Withhold);
}

#[test]
fn a_line_for_one_rule_counts_before_a_line_for_many() {
    let (set, _) = load("").expect("it loads");
    let with = |lines: &str| {
        let text = shipped::POLICY_FILE.1.split("[rule]").next().expect("it has text").to_owned() + "[rule]\n" + lines;
        let (policy, _) = Policy::load(SourceFile { name: "policy.toml", text: &text }, &set).expect("it loads");
        set.rules().iter().map(|rule| policy.action(rule, 100)).collect::<Vec<_>>()
    };
    let (all, badge, one) = (
        "\"*\" = { action = \"allow\" }\n",
        "\"acme-b*\" = { action = \"withhold\" }\n",
        "acme-badge = { action = \"reject\" }\n",
    );
    assert_eq!(with(all), [Action::Allow, Action::Allow]);
    assert_eq!(with(&format!("{all}{badge}")), [Action::Allow, Action::Withhold]);
    assert_eq!(with(&format!("{one}{badge}{all}")), [Action::Allow, Action::Reject]);
}

#[test]
fn each_mistake_in_a_profile_has_its_complaint() {
    let cases = [
        ("profiles = [\"pcii\"]", "", "there is no profile `pcii` (did you mean `pci`?)"),
        ("profiles = [\"acne\"]", "[profile.acme]\nselect = [{ classes = [\"*\"] }]", "(did you mean `acme`?)"),
        ("", "[profile.acme]\nabout = \"x\"", "the profile has no `select`"),
        (
            "",
            "[profile.acme]\nselect = [{ clases = [\"*\"] }]",
            "a selection has no key `clases` (did you mean `classes`?)",
        ),
        ("", "[profile.acme]\nselect = [{ action = \"redact\" }]", "neither `classes` nor `rules`"),
        (
            "",
            "[profile.acme]\nselect = [{ classes = [\"secrets\"] }]",
            "there is no class `secrets` (did you mean `secret`?)",
        ),
        (
            "",
            "[profile.acme]\nselect = [{ rules = [\"acme-bage\"] }]",
            "there is no rule `acme-bage` (did you mean `acme-badge`?)",
        ),
        (
            "",
            "[profile.acme]\nselect = [{ classes = [\"*\"], action = \"redacted\" }]",
            "there is no action `redacted`",
        ),
        (
            "",
            "[profile.acme]\nselect = [{ classes = [\"*\"], min_score = { redact = 90, reject = 80 } }]",
            "`reject` asks for less than the milder action",
        ),
    ];
    for (top, tables, wanted) in cases {
        let all = policy(top, tables).err().unwrap_or_default();
        assert!(all.contains(wanted), "{top}{tables}\ngave:\n{all}");
    }
}
