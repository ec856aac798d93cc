//! What every validator answers on the neighbours of a number that it accepts, pinned: whoever changes a weight, a
//! range or a length by accident hears of it, for each validator alike.
//!
//! The table says nothing about right and wrong (that is what the tables of cases beside each validator and the
//! comparison with another implementation are for), only that nothing has changed.

#![allow(clippy::indexing_slicing, reason = "a test may stop")]

use super::Validator;

const TABLE: &str = include_str!("../../../../fixtures/scan/validator-families.tsv");
/// What two neighbouring digits are set to: bounds of days, months, years, regions and ranges of prefixes.
const PAIRS: [u8; 34] = [
    0, 1, 9, 10, 11, 12, 13, 19, 20, 21, 23, 28, 29, 30, 31, 32, 33, 39, 40, 41, 49, 50, 51, 59, 60, 61, 65, 70, 79,
    80, 81, 89, 90, 99,
];

/// Letters of a number that are changed together with its check characters.
const LETTERS_MAX: usize = 3;

/// Number by number what is accepted, and how many are.
#[derive(Default)]
struct Answers {
    tried: u32,
    accepted: u32,
    digest: u32,
}

impl Answers {
    fn ask(&mut self, check: fn(&str) -> bool, number: &[u8]) {
        let Ok(text) = std::str::from_utf8(number) else { return };
        self.tried += 1;
        if check(text) {
            self.accepted += 1;
            self.digest = (self.digest ^ self.tried).wrapping_mul(0x0100_0193);
        }
    }
}

/// Every character of the kind of one.
fn kind(b: u8) -> std::ops::RangeInclusive<u8> {
    match b {
        b'0'..=b'9' => b'0'..=b'9',
        b'A'..=b'Z' => b'A'..=b'Z',
        b'a'..=b'z' => b'a'..=b'z',
        _ => b..=b,
    }
}

/// Sets a number's check characters to every value in turn.
fn vary(number: &mut [u8], places: &[usize], then: &mut impl FnMut(&[u8])) {
    let Some((place, rest)) = places.split_first() else { return then(number) };
    let Some(old) = number.get(*place).copied() else { return };
    for b in kind(old) {
        if let Some(cell) = number.get_mut(*place) {
            *cell = b;
        }
        vary(number, rest, then);
    }
    if let Some(cell) = number.get_mut(*place) {
        *cell = old;
    }
}

/// The answers on a number's family: one character changed, one too few or too many, and each two neighbouring digits
/// set to what bounds something, or one of the first letters, with every check character (at `places`).
fn answers(check: fn(&str) -> bool, start: &str, places: &[usize]) -> Answers {
    let mut all = Answers::default();
    let bytes = start.as_bytes();
    let mut number = bytes.to_vec();
    for (at, old) in bytes.iter().enumerate() {
        for b in kind(*old).chain([b'0', b'A', b'a', b'-']) {
            number[at] = b;
            all.ask(check, &number);
        }
        number[at] = *old;
    }
    for other in [&bytes[1..], &bytes[..bytes.len() - 1], &[b"0", bytes].concat(), &[bytes, b"0"].concat()] {
        all.ask(check, other);
    }
    // Letters name a series, a state, a century.
    let letters = |at: &usize| bytes[*at].is_ascii_alphabetic() && !places.contains(at);
    for at in (0..bytes.len()).filter(letters).take(LETTERS_MAX) {
        vary(&mut number, &[&[at], places].concat(), &mut |number| all.ask(check, number));
    }
    for at in 1..bytes.len() {
        if !bytes[at - 1].is_ascii_digit() || !bytes[at].is_ascii_digit() {
            continue;
        }
        // Two check characters are a hundred numbers each time.
        for pair in PAIRS.into_iter().step_by(if places.len() > 1 { 4 } else { 1 }) {
            (number[at - 1], number[at]) = (b'0' + pair / 10, b'0' + pair % 10);
            vary(&mut number, places, &mut |number| all.ask(check, number));
        }
        (number[at - 1], number[at]) = (bytes[at - 1], bytes[at]);
    }
    all
}

/// The lines of a part of the table.
fn hold(part: usize) {
    let mut changed = Vec::new();
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    for line in lines.skip(part).step_by(PARTS) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [name, written, places, ..] = cells.as_slice() else { panic!("{line}: fewer than three cells") };
        let start = &written.replace("\\n", "\n");
        let validator = Validator::from_name(name).unwrap_or_else(|| panic!("{name} is no validator"));
        assert!((validator.check)(start), "{name} does not accept {start}");
        let places: Vec<usize> = places.split_terminator(',').map(|p| p.parse().expect("a number")).collect();
        let answers = answers(validator.check, start, &places);
        let now = format!("{name}\t{written}\t{}\t{}\t{:08x}", cells[2], answers.accepted, answers.digest);
        if now != line {
            changed.push(now);
        }
    }
    assert!(
        changed.is_empty(),
        "other answers than before; if that is meant, these are the lines:\n{}",
        changed.join("\n")
    );
}

/// The table is looked at by several tests, which run side by side.
const PARTS: usize = 2;

#[test]
fn answers_are_the_same_as_before() {
    hold(0);
}

#[test]
fn answers_of_the_other_half_are_the_same_as_before() {
    hold(1);
}

#[test]
fn every_validator_is_in_the_table() {
    let listed: std::collections::BTreeSet<&str> = TABLE.lines().filter_map(|line| line.split('\t').next()).collect();
    let missing: Vec<&str> = Validator::all().map(|v| v.name).filter(|name| !listed.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
