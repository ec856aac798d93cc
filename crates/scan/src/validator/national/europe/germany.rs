//! Germany: taxpayers, pensions, health insurance, identity cards, doctors, VAT.

use super::super::calendar::is_day_of_short_year;
use super::sums::{hybrid, weighted};
use super::{digits, exactly, number, plain, values};

/// Steueridentifikationsnummer: ISO 7064 mod 11,10; of the first ten digits one occurs twice or three times, the others
/// at most once (BZSt).
pub(super) fn steuer_id(canonical: &str) -> bool {
    let Some([body @ .., _]) = exactly::<11>(canonical) else { return false };
    let count = |digit: u32| body.iter().filter(|d| **d == digit).count();
    let mut repeated = (0..10).map(count).filter(|n| *n > 1);
    matches!((repeated.next(), repeated.next()), (Some(2 | 3), None)) && steuer_id_sum(canonical)
}

/// The same without the rule of repetition, which numbers made up for tests often break.
pub(super) fn steuer_id_sum(canonical: &str) -> bool {
    exactly::<11>(canonical).is_some_and(|d| d.first() != Some(&0) && hybrid(&d, 10) == 1)
}

/// Steuernummer, unified form of thirteen digits: the state's first digits, and 0 in the fifth place (ELSTER).
pub(super) fn steuernummer(canonical: &str) -> bool {
    const STATES: [&str; 16] =
        ["10", "11", "21", "22", "23", "24", "26", "27", "28", "30", "31", "32", "40", "41", "5", "9"];
    match canonical.len() {
        10 | 11 => digits(canonical).is_some(),
        13 => {
            digits(canonical).is_some()
                && canonical.get(4..5) == Some("0")
                && STATES.iter().any(|s| canonical.starts_with(s))
        }
        _ => false,
    }
}

/// Sum of the digits of products, as the pension and health insurers count.
fn crossed(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(d, w)| d * w / 10 + d * w % 10).sum()
}

/// Digits with a letter among them written as its place in the alphabet, two digits.
fn spelled(text: &str) -> Option<Vec<u32>> {
    let mut all = Vec::new();
    for value in values(text)? {
        match value {
            0..=9 => all.push(value),
            letter => all.extend([(letter - 9) / 10, (letter - 9) % 10]),
        }
    }
    Some(all)
}

/// Pension insurance number: region, day of birth, letter of the name, sex and serial, check digit (VKVV § 4).
pub(super) fn rvnr(text: &str) -> bool {
    let text = plain(text);
    let Some([r1, r2, d1, d2, m1, m2, y1, y2]) = text.get(..8).and_then(exactly::<8>) else { return false };
    let is_letter = text.get(8..9).is_some_and(|c| c.bytes().all(|b| b.is_ascii_uppercase()));
    let Some(all) = text.get(..11).and_then(spelled).filter(|_| is_letter && text.len() == 12) else { return false };
    let day = number(&[d1, d2]);
    // Where serials ran out, 50 is added to the day.
    let day = if day > 50 { day - 50 } else { day };
    let check = crossed(&all, &[2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1]) % 10;
    number(&[r1, r2]) > 1
        && is_day_of_short_year(number(&[y1, y2]), number(&[m1, m2]), day)
        && text.get(11..).and_then(exactly::<1>) == Some([check])
}

/// Health insurance number, the part that stays for life: a letter, eight digits, a check digit (§ 290 SGB V).
pub(super) fn kvnr(canonical: &str) -> bool {
    let Some((body, check)) = canonical.split_at_checked(9) else { return false };
    let is_letter = body.bytes().next().is_some_and(|b| b.is_ascii_uppercase());
    let Some(all) = spelled(body).filter(|all| is_letter && all.len() == 10) else { return false };
    exactly::<1>(check) == Some([crossed(&all, &[1, 2, 1, 2, 1, 2, 1, 2, 1, 2]) % 10])
}

/// Identity card or passport: nine characters, with or without the 7-3-1 check digit of ICAO 9303 after them. Vowels and
/// letters that look like digits do not occur.
pub(super) fn ausweis(canonical: &str) -> bool {
    let is_fit = |b: u8| b.is_ascii_digit() || b"CFGHJKLMNPRTVWXYZ".contains(&b);
    let Some(all) = values(canonical).filter(|_| canonical.bytes().all(is_fit)) else { return false };
    let check = |body: &[u32]| weighted(body, &[7, 3, 1, 7, 3, 1, 7, 3, 1]) % 10;
    match all.split_last() {
        Some((last, body)) if body.len() == 9 => check(body) == *last,
        Some((_, body)) => body.len() == 8 && all.iter().any(|v| *v > 9),
        None => false,
    }
}

/// VAT: nine digits, ISO 7064 mod 11,10.
pub(super) fn vat(canonical: &str) -> bool {
    exactly::<9>(canonical).is_some_and(|d| d.first() != Some(&0) && hybrid(&d, 10) == 1)
}

/// A doctor's number for life: six digits, a check digit by weights 4 and 9, two digits of the field (KBV).
pub(super) fn lanr(canonical: &str) -> bool {
    let Some([body @ .., check, _, _]) = exactly::<9>(canonical) else { return false };
    check == (10 - weighted(&body, &[4, 9, 4, 9, 4, 9]) % 10) % 10
}

/// A practice's number: the first two digits are an association of doctors or a kind of hospital. No check digit.
pub(super) fn bsnr(canonical: &str) -> bool {
    let Some([a, b, ..]) = exactly::<9>(canonical) else { return false };
    matches!(number(&[a, b]), 1..=3 | 6..=21 | 24..=28 | 31 | 35 | 37..=41 | 43..=52 | 55 | 57..=58 | 60..=64 | 67..=75
        | 78..=81 | 83 | 85..=88 | 91 | 93..=96 | 98..=99)
}
