//! Mail that holds nothing to take out stays as it is: what is often mistaken for personal data or credentials.

mod common;

use common::{RULES, SHIPPED};
use lazaret_scan::{Action, Hints};
use serde_json::Value;
use std::collections::BTreeMap;

/// Texts of a kind at least.
const KIND_TEXTS_MIN: usize = 20;
/// Kinds whose numbers are shown to agents as a fact; nothing is taken out.
const FLAGGED: [&str; 2] = ["student-number", "class-code"];

/// What the policy would do about a text at most, and the rule that asks for it.
fn strictest(text: &str) -> (Action, &'static str, u8) {
    let scan = RULES.scan(text, &Hints::default());
    assert_eq!(scan.incomplete, None);
    let acts = scan.matches.iter().filter_map(|m| {
        let rule = RULES.rule(m.rule)?;
        Some((SHIPPED.action(rule, m.score), rule.id.as_str(), m.score))
    });
    acts.max_by_key(|(action, ..)| *action).unwrap_or((Action::Allow, "", 0))
}

#[test]
fn look_alikes_are_left_alone() {
    let lines = include_str!("../../../fixtures/scan/benign.jsonl").lines();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for line in lines {
        let case: Value = serde_json::from_str(line).expect("JSON");
        let text = |key: &str| case.get(key).and_then(Value::as_str).expect("a string").to_owned();
        *kinds.entry(text("kind")).or_default() += 1;
        let allowed = if FLAGGED.contains(&text("kind").as_str()) { Action::Flag } else { Action::Allow };
        let (action, rule, score) = strictest(&text("text"));
        if action > allowed {
            wrong.push(format!("{}: {rule} ({score}) would {action}", text("id")));
        }
    }
    assert!(kinds.len() >= 9 && kinds.values().all(|n| *n >= KIND_TEXTS_MIN), "{kinds:?}");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Numbers as they come in mail, from a seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).expect("small")
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    /// `9` a digit, `1` a digit that is not zero, `h` a hexadecimal digit, `A` a capital, `X` a capital or digit,
    /// `b` a letter or digit; others stand for themselves. `isbn13` and the like are made by their own functions.
    fn form(&mut self, form: &str) -> String {
        let one = |dice: &mut Dice, all: &str| char::from(all.as_bytes()[dice.below(all.len())]);
        const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        form.chars()
            .map(|c| match c {
                '9' => one(self, "0123456789"),
                '1' => one(self, "123456789"),
                'h' => one(self, "0123456789abcdef"),
                'A' => one(self, &LETTERS[..26]),
                'X' => one(self, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"),
                'b' => one(self, LETTERS),
                other => other,
            })
            .collect()
    }
}

/// A digit string with its GS1 check digit (GTIN, ISBN-13, SSCC).
fn gs1(digits: String) -> String {
    let sum: u32 =
        digits.bytes().rev().enumerate().map(|(i, b)| u32::from(b - b'0') * if i % 2 == 0 { 3 } else { 1 }).sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

/// A sentence about something that is no personal data, with a number or code in it.
fn sentence(dice: &mut Dice) -> String {
    let epoch = 1_700_000_000 + dice.next() % 90_000_000;
    let value = match dice.below(34) {
        0 => format!("Order {} has not arrived yet.", dice.form("1999999999")),
        1 => format!("Order number {}-{}-{}", dice.form("199"), dice.form("9999999"), dice.form("9999999")),
        2 => format!("Invoice {} of {} is wrong.", dice.form("INV-2026-999999"), dice.form("19 March 2026")),
        3 => format!("Tracking number: {}", dice.form("1999999999999999999999")),
        4 => format!("FedEx tracking {} says delivered.", dice.form("199999999999")),
        5 => format!("UPS 1Z{} left the depot", dice.form("XXXXXX9999999999")),
        6 => format!("Parcel {}AU, consignment {}", dice.form("AA999999999"), dice.form("1999999999999")),
        7 => format!("Sendungsnummer {}", dice.form("19999999999999999999")),
        8 => format!("ISBN {}", gs1(dice.form("978999999999"))),
        9 => format!("The barcode {} does not scan", gs1(dice.form("499999999999"))),
        10 => format!("GTIN {} is out of stock", gs1(dice.form("1999999999999"))),
        11 => format!("timestamp={epoch} level=info msg=\"sync done\""),
        12 => format!(
            "{{\"ts\":{epoch}{},\"id\":\"{}\"}}",
            dice.form("999"),
            dice.form("hhhhhhhh-hhhh-4hhh-ahhh-hhhhhhhhhhhh")
        ),
        13 => format!("commit {} broke the export", dice.form("hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh")),
        14 => format!("Message-ID: <{}@mail.example.com>", dice.form("CAbbbbbbbbbbbbbb_bbbbbbbbbbbbbbbbbbbbbbbbbbbb")),
        15 => format!("Request ID {} failed", dice.form("hhhhhhhh-hhhh-4hhh-8hhh-hhhhhhhhhhhh")),
        16 => format!("sha256:{}", dice.form(&"h".repeat(64))),
        17 => {
            format!("Version {}.{}.{}.{} crashes", dice.form("19"), dice.form("9"), dice.form("9999"), dice.form("99"))
        }
        18 => format!("The total is {},{}.{} EUR", dice.form("199"), dice.form("999"), dice.form("99")),
        19 => format!("Serial number {} of the printer", dice.form("AA9X999999")),
        20 => format!("Case {} is still open", dice.form("199999999")),
        21 => format!("ticket #{}", dice.form("19999999")),
        22 => format!("Meter reading {} kWh on {}", dice.form("199999"), dice.form("2026-03-19")),
        23 => format!("Booking reference {}", dice.form("XXXXXX")),
        24 => {
            format!("Page {} of {}, rows {}-{}", dice.form("1"), dice.form("19"), dice.form("199"), dice.form("1999"))
        }
        25 => format!("SKU {}, part no {}", dice.form("AAA-9999-AA"), dice.form("999-99999-99")),
        26 => format!("Error 0x{} at 0x{}", dice.form("XXXXXXXX"), dice.form("hhhhhhhhhhhhhhhh")),
        27 => format!("Transaction ID {} was refused", dice.form("19999999999999999")),
        28 => format!("Payment reference {}", dice.form("199 999 999 999")),
        29 => {
            format!("Between {} and {} the site was slow", dice.form("2026-01-19 12:39"), dice.form("2026-01-19 13:29"))
        }
        30 => format!("#{} and #{} are our colours", dice.form("hhhhhh"), dice.form("hhhhhh")),
        31 => format!("photo_{}_{}.jpg is attached", dice.form("20260319"), dice.form("199999")),
        32 => format!(
            "[{}] \"GET /a/{} HTTP/1.1\" 200 {}",
            dice.form("19/Mar/2026:12:09:39 +0000"),
            dice.form("199999"),
            dice.form("19999")
        ),
        _ => format!(
            "<img src=\"cid:image{}.png@{}.{}\">",
            dice.form("199"),
            dice.form("99XXXXXX"),
            dice.form("XXXXXXXX")
        ),
    };
    let around =
        ["Hi team, ", "Hello, ", "Please help. ", "We paid by card. ", "My colleague called about this. ", "", "FYI: "];
    let after = [
        " Thanks, Mia",
        " Can you check?",
        " Regards",
        "",
        " It worked last week.",
        " See the password reset page too.",
    ];
    format!("{}{value}{}\n", dice.of(&around), dice.of(&after))
}

#[test]
fn generated_mails_without_personal_data_are_hardly_ever_touched() {
    const MAILS: usize = 20_000;
    let mut dice = Dice(20_261_124);
    let (mut redacted, mut refused, mut first) = (0, 0, BTreeMap::new());
    for _ in 0..MAILS {
        let text: String = (0..3).map(|_| sentence(&mut dice)).collect();
        let (action, rule, score) = strictest(&text);
        redacted += usize::from(action >= Action::Redact);
        refused += usize::from(action >= Action::Quarantine);
        if action >= Action::Redact {
            first.entry(rule).or_insert((score, text));
        }
    }
    // At most 5 in 1,000 lose something, and 1 in 10,000 is refused.
    assert!(
        redacted * 1_000 <= MAILS * 5 && refused * 10_000 <= MAILS,
        "{redacted} redacted, {refused} refused: {first:#?}"
    );
}

#[test]
fn own_accounts_in_quoted_footers_pass() {
    let own = "[[test_value]]\nvalues = [\"GB33BUKB20201555555555\"]\nsource = \"our own account\"\n";
    let mut files = common::files();
    files.push(lazaret_scan::SourceFile { name: "own.toml", text: own });
    let rules = lazaret_scan::Ruleset::load_accepted(&files).expect("valid");
    let policy = lazaret_scan::SourceFile { name: "policy.toml", text: common::POLICY };
    let policy = lazaret_scan::Policy::load(policy, &rules).expect("valid").0;
    let forms = [
        "GB33 BUKB 2020 1555 5555 55",
        "GB33BUKB20201555555555",
        "GB33-BUKB-2020-1555-5555-55",
        "gb33 bukb 2020 1555 5555 55",
    ];
    let frames = [
        "> Acme Ltd, IBAN {}, BIC BUKBGB22",
        ">> Bank: Example Bank, IBAN: {}",
        "-- \nAcme Accounts\nIBAN {}",
        "On Tue, Acme wrote:\n> Please pay to {}",
        "Kind regards\nAcme Ltd | Registered in England 01234567 | IBAN {}",
        "<td>IBAN</td><td>{}</td>",
    ];
    for (form, frame) in forms.iter().flat_map(|form| frames.map(|frame| (form, frame))) {
        let text = frame.replace("{}", form);
        for found in rules.scan(&text, &Hints::default()).matches {
            let rule = rules.rule(found.rule).expect("of the set");
            assert_eq!(policy.action(rule, found.score), Action::Allow, "{} in {frame} with {form}", rule.id);
        }
    }
}
