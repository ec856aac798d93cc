//! Values planted in support mail, in the sentences that carry them, are found where they stand and would be redacted;
//! numbers that only look like them are not. Seeded, so a failure can be repeated.

mod common;

use common::found;
use lazaret_scan::{Action, Hints};

/// Numerical Recipes' generator: enough to vary examples.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % n
    }

    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    fn of(&mut self, alphabet: &str, n: usize) -> String {
        (0..n).map(|_| char::from(alphabet.as_bytes()[self.below(alphabet.len())])).collect()
    }

    fn digits(&mut self, n: usize) -> String {
        self.of("0123456789", n)
    }
}

fn luhn_digit(body: &str) -> char {
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| match (i % 2, u32::from(b - b'0')) {
            (0, d) if d > 4 => 2 * d - 9,
            (0, d) => 2 * d,
            (_, d) => d,
        })
        .sum();
    char::from_digit((10 - sum % 10) % 10, 10).expect("below 10")
}

fn fours(text: &str, separator: &str) -> String {
    text.as_bytes().chunks(4).map(|c| std::str::from_utf8(c).expect("ASCII")).collect::<Vec<_>>().join(separator)
}

fn card(dice: &mut Dice) -> (String, String) {
    let (prefix, length) =
        [("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("34", 15), ("37", 15), ("6011", 16)][dice.below(7)];
    let mut number = prefix.to_owned() + &dice.digits(length - prefix.len() - 1);
    number.push(luhn_digit(&number));
    let separator = dice.pick(&["", " ", "-"]);
    let value = if length == 15 {
        [&number[..4], &number[4..10], &number[10..]].join(separator)
    } else {
        fours(&number, separator)
    };
    let template = dice.pick(&[
        "My card number is {v}, it expires 09/28.",
        "Please charge {v} for the renewal.",
        "card: {v} cvv 371",
        "{v}",
    ]);
    (template.replace("{v}", &value), value)
}

fn iban(dice: &mut Dice) -> (String, String) {
    let (country, bban) = match dice.below(5) {
        0 => ("DE", dice.digits(18)),
        1 => ("GB", "NWBK".to_owned() + &dice.digits(14)),
        2 => ("NL", "ABNA".to_owned() + &dice.digits(10)),
        3 => ("FR", dice.digits(23)),
        _ => ("ES", dice.digits(20)),
    };
    let rest = format!("{bban}{country}00").chars().fold(0, |n, c| {
        let v = c.to_digit(36).expect("alphanumeric");
        (n * if v > 9 { 100 } else { 10 } + v) % 97
    });
    let number = format!("{country}{:02}{bban}", 98 - rest);
    let value = if dice.below(2) == 0 { number } else { fours(&number, " ") };
    let template = dice.pick(&["Please refund to {v}.", "IBAN: {v}", "our account {v} at the bank"]);
    (template.replace("{v}", &value), value)
}

fn ssn(dice: &mut Dice) -> (String, String) {
    let area = match dice.below(899) + 1 {
        666 => 123,
        n => n,
    };
    let value = format!("{area:03}-{:02}-{:04}", dice.below(99) + 1, dice.below(9_999) + 1);
    let template = dice.pick(&["My social security number is {v}.", "SSN {v}", "Zoë O'Brien, {v}, employee"]);
    (template.replace("{v}", &value), value)
}

fn tfn(dice: &mut Dice) -> (String, String) {
    let number = loop {
        let number = dice.pick(&["1", "4", "8"]).to_owned() + &dice.digits(8);
        let weights = [1, 4, 3, 7, 5, 8, 6, 9, 10];
        let sum: u32 = number.bytes().zip(weights).map(|(b, w)| u32::from(b - b'0') * w).sum();
        if sum.is_multiple_of(11) {
            break number;
        }
    };
    let value = if dice.below(5) < 2 { number } else { [&number[..3], &number[3..6], &number[6..]].join(" ") };
    let template = dice.pick(&["My TFN is {v}.", "Tax file number: {v}", "tfn {v}"]);
    (template.replace("{v}", &value), value)
}

fn nino(dice: &mut Dice) -> (String, String) {
    let d = dice.digits(6);
    let prefix = dice.pick(&["AB", "JG", "WX", "CE", "SY"]);
    let body = if dice.below(2) == 0 {
        format!("{prefix}{d}")
    } else {
        format!("{prefix} {} {} {}", &d[..2], &d[2..4], &d[4..])
    };
    let value = body + dice.pick(&["A", " B", "C", " D"]);
    (format!("National insurance number {value}"), value)
}

fn password(dice: &mut Dice) -> (String, String) {
    let word = dice.pick(&["Summer", "Winter", "Qwerty", "letme1n", "P@ss", "hunter"]);
    let value = format!("{word}{}{}", dice.digits(3), dice.pick(&["!", "#", "$x", "?z"]));
    let template =
        dice.pick(&["password: {v}", "My password is {v}", "user: jürgen / pass: {v}", "Passwort: {v}", "pwd={v}"]);
    (template.replace("{v}", &value), value)
}

fn api_key(dice: &mut Dice) -> (String, String) {
    let base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let base62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let value = match dice.below(3) {
        0 => "AKIA".to_owned() + &dice.of(base32, 16),
        1 => "ghp_".to_owned() + &dice.of(base62, 36),
        _ => "sk_live_".to_owned() + &dice.of(base62, 24),
    };
    (dice.pick(&["the key we use is {v}", "API_KEY={v}"]).replace("{v}", &value), value)
}

fn private_key(dice: &mut Dice) -> (String, String) {
    let body: Vec<String> = (0..13).map(|_| dice.of("ABCDEFGHIJKLMNOPabcdefghijklmnop0123456789+/", 64)).collect();
    let value = format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----", body.join("\n"));
    (value.clone(), value)
}

/// A line and the value in it.
type Maker = fn(&mut Dice) -> (String, String);

/// Bytes of the value that no finding which is redacted covers.
fn left_over(text: &str, value: &str) -> usize {
    let at = text.find(value).expect("planted");
    let scan = common::RULES.scan(text, &Hints::default());
    let redacted: Vec<_> = scan
        .matches
        .iter()
        .filter(|m| common::SHIPPED.action(common::RULES.rule(m.rule).expect("of the set"), m.score) >= Action::Redact)
        .collect();
    (at..at + value.len()).filter(|i| !redacted.iter().any(|m| m.span.contains(i))).count()
}

#[test]
fn planted_values_are_redacted() {
    let makers: [(&str, Maker); 8] = [
        ("card", card),
        ("iban", iban),
        ("ssn", ssn),
        ("tfn", tfn),
        ("nino", nino),
        ("password", password),
        ("api key", api_key),
        ("private key", private_key),
    ];
    let mut dice = Dice(1);
    let around = "We need the invoice before Friday because the old printer depends on it.";
    for (kind, make) in makers {
        for turn in 0..300 {
            let (line, value) = make(&mut dice);
            let texts = [
                (line.clone(), value.clone()),
                (format!("Hello team,\n\n{around}\n\n{line}\n\n{around}\n"), value.clone()),
                (format!("{around} The tracking number is 1Z{}.\n{line}\n{around}", dice.digits(16)), value.clone()),
                (
                    format!("On Monday, Support wrote:\n> {}\n> \n> {around}\n", line.replace('\n', "\n> ")),
                    value.replace('\n', "\n> "),
                ),
            ];
            for (text, value) in texts {
                assert_eq!(left_over(&text, &value), 0, "{kind}, turn {turn}: {text}");
            }
        }
    }
}

#[test]
fn decoys_are_left_alone() {
    let mut dice = Dice(2);
    for _ in 0..500 {
        let bad_luhn = loop {
            let body = dice.pick(&["1", "4", "5", "9"]).to_owned() + &dice.digits(14);
            let last = dice.digits(1);
            if !last.starts_with(luhn_digit(&body)) {
                break body + &last;
            }
        };
        let hex = dice.of("0123456789abcdef", 16);
        let uuid = format!(
            "{}-{}-4{}-a{}-{}",
            dice.of("0123456789abcdef", 8),
            &hex[..4],
            &hex[4..7],
            &hex[7..10],
            dice.of("0123456789abcdef", 12)
        );
        let texts = [
            format!("The serial number of the device is {bad_luhn}."),
            format!("Part {}-{}-{} does not fit.", dice.digits(4), dice.digits(2), dice.digits(3)),
            format!("Ref DE00{}", dice.digits(18)),
            "The password page is blank, I never receive the password reset link.".to_owned(),
            format!("Our order number is SO-{} and the tracking number is 1Z{bad_luhn}.", dice.digits(8)),
            format!(
                "The amount of ${}.12 was charged twice, the reference is INV-2026-{}.",
                dice.digits(4),
                dice.digits(6)
            ),
            format!(
                "The page https://portal.example.com/login/{}?session={hex} only shows a blank link.",
                dice.digits(4)
            ),
            format!("The log says {uuid} login={} status=fails duration={}ms.", dice.digits(4), dice.digits(4)),
            format!(
                "The message says: Error {}: the password could not be restored, please contact your administrator.",
                dice.digits(4)
            ),
            format!("On 2026-03-{} at 12:{} the login fails", 10 + dice.below(18), 10 + dice.below(49)),
        ];
        for text in texts {
            let acted = found(&text, 60)
                .into_iter()
                .filter(|(rule, _)| !rule.starts_with("phone") && !rule.starts_with("email"));
            assert_eq!(acted.collect::<Vec<_>>(), [], "{text}");
        }
    }
}
