//! What is planted: values with valid checksums, each in a line such as customers write, and look-alikes that are none.

use super::checksum::{MEDICARE, TFN, iban_check, luhn_digit, weighted};
use super::prose::{FIRST, LAST, bad_luhn};
use super::rng::Rng;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// One planted value.
#[derive(Debug, Clone)]
pub(crate) struct Planted {
    pub(crate) kind: &'static str,
    /// As written.
    pub(crate) value: String,
    /// The line or lines that carry it.
    pub(crate) line: String,
}

const KINDS: &[(&str, u32)] = &[
    ("credit_card", 22),
    ("iban", 10),
    ("us_ssn", 14),
    ("au_tfn", 10),
    ("au_medicare", 6),
    ("uk_nino", 6),
    ("password", 14),
    ("api_key", 6),
    ("private_key", 2),
    ("student_record", 6),
    ("passport", 2),
    ("date_of_birth", 2),
];

/// Kinds whose check digits or shape are certain enough that a value must never survive in text.
pub(crate) const MUST_VANISH: &[&str] =
    &["credit_card", "iban", "us_ssn", "au_tfn", "uk_nino", "password", "private_key", "aws_key"];

/// Draws one value of the mix.
pub(crate) fn planted(rng: &mut Rng) -> Planted {
    let kind = rng.weighted(KINDS);
    let name = format!("{} {}", rng.pick(FIRST), rng.pick(LAST));
    let (kind, value, line) = match kind {
        "credit_card" => card(rng),
        "iban" => iban(rng),
        "us_ssn" => ssn(rng, &name),
        "au_tfn" => tfn(rng),
        "au_medicare" => medicare(rng),
        "uk_nino" => nino(rng),
        "password" => password(rng, &name),
        "api_key" => api_key(rng),
        "private_key" => private_key(rng),
        "student_record" => {
            let value = format!("s{}", rng.digits(7));
            let birth = format!("{:02}/{:02}/{}", rng.between(1, 29), rng.between(1, 13), rng.between(1995, 2009));
            let line = format!("Student ID: {value}, {name}, DOB {birth}, GPA {}.{}", rng.between(1, 4), rng.digits(2));
            (kind, value, line)
        }
        "passport" => {
            let value = format!("{}{}", char::from(rng.pick(b"ABCEGLMNPRX")), rng.digits(8));
            let line = format!("Passport number {value}, nationality Australian");
            (kind, value, line)
        }
        _ => {
            let value = format!("{:02}/{:02}/{}", rng.between(1, 29), rng.between(1, 13), rng.between(1950, 2008));
            let line = format!("Date of birth: {value}");
            (kind, value, line)
        }
    };
    Planted { kind, value, line }
}

fn card(rng: &mut Rng) -> (&'static str, String, String) {
    let (prefix, length) =
        rng.pick(&[("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("34", 15), ("37", 15), ("6011", 16)]);
    let mut digits = format!("{prefix}{}", rng.digits(length - prefix.len() - 1));
    digits.push(luhn_digit(&digits));
    let groups: &[usize] = if length == 15 { &[4, 6, 5] } else { &[4, 4, 4, 4] };
    let value = grouped(&digits, groups, rng.pick(&["", " ", "-"]));
    let line = match rng.below(4) {
        0 => format!("My card number is {value}, it expires 09/28."),
        1 => format!("Please charge {value} for the renewal."),
        2 => format!("card: {value} cvv {}", rng.digits(3)),
        _ => value.clone(),
    };
    ("credit_card", value, line)
}

fn iban(rng: &mut Rng) -> (&'static str, String, String) {
    let (country, bank, digits) = rng.pick(&[("DE", "", 18), ("GB", "NWBK", 14), ("NL", "ABNA", 10), ("ES", "", 20)]);
    let bban = format!("{bank}{}", rng.digits(digits));
    let plain = format!("{country}{}{bban}", iban_check(country, &bban));
    let value = if rng.chance(0.5) { plain } else { grouped(&plain, &[4; 8], " ") };
    let line = match rng.below(3) {
        0 => format!("Please refund to {value}."),
        1 => format!("IBAN: {value}"),
        _ => format!("our account {value} at the bank"),
    };
    ("iban", value, line)
}

fn ssn(rng: &mut Rng, name: &str) -> (&'static str, String, String) {
    let area = loop {
        let area = rng.between(1, 900);
        if area != 666 {
            break area;
        }
    };
    let value = format!("{area:03}-{:02}-{:04}", rng.between(1, 100), rng.between(1, 10000));
    let line = match rng.below(3) {
        0 => format!("My social security number is {value}."),
        1 => format!("SSN {value}"),
        _ => format!("{name}, {value}, employee"),
    };
    ("us_ssn", value, line)
}

fn tfn(rng: &mut Rng) -> (&'static str, String, String) {
    let digits = loop {
        let digits = format!("{}{}", rng.between(1, 10), rng.digits(8));
        if weighted(&digits, &TFN).is_multiple_of(11) {
            break digits;
        }
    };
    let value = if rng.chance(0.4) { digits } else { grouped(&digits, &[3, 3, 3], " ") };
    let line = match rng.below(3) {
        0 => format!("My TFN is {value}."),
        1 => format!("Tax file number: {value}"),
        _ => format!("tfn {value}"),
    };
    ("au_tfn", value, line)
}

fn medicare(rng: &mut Rng) -> (&'static str, String, String) {
    let first = format!("{}{}", rng.between(2, 7), rng.digits(7));
    let digits = format!("{first}{}{}", weighted(&first, &MEDICARE) % 10, rng.between(1, 10));
    let value = grouped(&digits, &[4, 5, 1], " ");
    let line = format!("Medicare card {value}, valid to 11/27.");
    ("au_medicare", value, line)
}

fn nino(rng: &mut Rng) -> (&'static str, String, String) {
    let prefix: String =
        [rng.pick(b"ABCEGHJKLMNPRSTWXYZ"), rng.pick(b"ABCEGHJKLMPRSTWXYZ")].map(char::from).iter().collect();
    let prefix =
        if ["GB", "NK", "TN", "ZZ", "BG", "KN", "NT"].contains(&prefix.as_str()) { "AB".into() } else { prefix };
    let digits = rng.digits(6);
    let digits = if rng.chance(0.5) { digits } else { format!(" {} ", grouped(&digits, &[2, 2, 2], " ")) };
    let value = format!("{prefix}{digits}{}", rng.pick(&["A", "B", "C", "D"]));
    let line = format!("National insurance number {value}");
    ("uk_nino", value, line)
}

fn password(rng: &mut Rng, name: &str) -> (&'static str, String, String) {
    let stem = rng.pick(&["Summer", "Winter", "Qwerty", "letme1n", "P@ss", "hunter"]);
    let value = format!("{stem}{}{}", rng.digits(3), rng.pick(&["!", "#", "$x", "?z"]));
    let user = name.split(' ').next().unwrap_or(name).to_lowercase();
    let line = match rng.below(5) {
        0 => format!("password: {value}"),
        1 => format!("My password is {value}"),
        2 => format!("user: {user} / pass: {value}"),
        3 => format!("Passwort: {value}"),
        _ => format!("pwd={value}"),
    };
    ("password", value, line)
}

fn api_key(rng: &mut Rng) -> (&'static str, String, String) {
    const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const MIXED: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567abcdefghijklmnopqrstuvwxyz0189";
    // The prefixes are put together here so that no scanner of source code takes this file for a leak.
    let (kind, value) = match rng.below(3) {
        0 => ("aws_key", format!("{}{}", concat!("AK", "IA"), rng.chars(UPPER, 16))),
        1 => ("api_key", format!("{}{}", concat!("gh", "p_"), rng.chars(MIXED, 36))),
        _ => ("api_key", format!("{}{}", concat!("sk_", "live_"), rng.chars(MIXED, 24))),
    };
    let line = if rng.chance(0.5) { format!("the key we use is {value}") } else { format!("API_KEY={value}") };
    (kind, value, line)
}

/// Noise in the armour of a key: it opens nothing. The value is the first line of the noise, which must vanish too.
fn private_key(rng: &mut Rng) -> (&'static str, String, String) {
    let body = STANDARD.encode(rng.bytes(640));
    let lines = wrapped(&body, 64).join("\n");
    let label = concat!("RSA PRIV", "ATE KEY");
    let line = format!("-----BEGIN {label}-----\n{lines}\n-----END {label}-----");
    ("private_key", body[..64].to_string(), line)
}

/// A look-alike that must pass: (kind, value, line).
pub(crate) fn decoy(rng: &mut Rng) -> (&'static str, String, String) {
    match rng.below(4) {
        0 => {
            let value = bad_luhn(rng, 16);
            let line = format!("The serial number of the device is {value}.");
            ("order_number", value, line)
        }
        1 => {
            let value = format!("{}-{}-{}", rng.digits(4), rng.digits(2), rng.digits(3));
            let line = format!("Part {value} does not fit.");
            ("part_number", value, line)
        }
        2 => {
            let value = rng.digits(18);
            let line = format!("Ref DE00{value}");
            ("iban_like", value, line)
        }
        _ => (
            "password_word",
            "password".into(),
            "The password page is blank, I never receive the password reset link.".into(),
        ),
    }
}

fn grouped(text: &str, groups: &[usize], separator: &str) -> String {
    let mut rest = text;
    let mut out = Vec::new();
    for &n in groups {
        if rest.is_empty() {
            break;
        }
        let (head, tail) = rest.split_at(n.min(rest.len()));
        out.push(head);
        rest = tail;
    }
    if !rest.is_empty() {
        out.push(rest);
    }
    out.join(separator)
}

/// ASCII text cut into lines of `width`.
pub(crate) fn wrapped(ascii: &str, width: usize) -> Vec<String> {
    ascii.as_bytes().chunks(width).map(|c| String::from_utf8_lossy(c).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::checksum::luhn;
    use super::*;

    #[test]
    fn planted_values_carry_valid_check_digits() {
        let mut rng = Rng::new(11);
        let mut kinds = std::collections::BTreeMap::<_, usize>::new();
        for _ in 0..3000 {
            let p = planted(&mut rng);
            *kinds.entry(p.kind).or_default() += 1;
            assert!(p.line.contains(&p.value), "{}", p.kind);
            let digits: String = p.value.chars().filter(char::is_ascii_digit).collect();
            match p.kind {
                "credit_card" => assert_eq!(luhn(&digits), 0, "{}", p.value),
                "au_tfn" => assert_eq!(weighted(&digits, &TFN) % 11, 0, "{}", p.value),
                "iban" => {
                    let plain: String = p.value.split(' ').collect();
                    assert_eq!(iban_check(&plain[..2], &plain[4..]), plain[2..4], "{}", p.value);
                }
                "us_ssn" => assert!(!p.value.starts_with("000") && !p.value.starts_with("666"), "{}", p.value),
                _ => {}
            }
        }
        assert_eq!(kinds.len(), KINDS.len() + 1, "every kind, AWS keys counted apart: {kinds:?}");
    }

    #[test]
    fn groups_keep_every_character() {
        assert_eq!(grouped("378282246310005", &[4, 6, 5], " "), "3782 822463 10005");
        assert_eq!(grouped("DE89370400440532013000", &[4; 8], " "), "DE89 3704 0044 0532 0130 00");
        assert_eq!(grouped("12345", &[3], "-"), "123-45");
    }
}
