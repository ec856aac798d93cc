//! Ukraine, Russia, Belarus, Kazakhstan, Turkey, the Caucasus.

use super::super::calendar::is_day;
use super::sums::{CheckDigit, modulo, two_stage, weighted};
use super::{digits, exactly, number, values};

/// Ukraine, RNTRC (ІПН) of a person: days since 1900 to the birth, serial, a digit mod 11. The first weight is -1, which
/// is 10 mod 11.
pub(super) fn ua_rntrc(canonical: &str) -> bool {
    const CHECK: CheckDigit = CheckDigit { weights: &[10, 5, 7, 9, 4, 6, 10, 5, 7], modulus: 11, digit: |r| r % 10 };
    CHECK.fits(canonical)
}

/// Ukraine, EDRPOU of a company: weights that go round from 30,000,000 to 60,000,000, in two stages.
pub(super) fn ua_edrpou(canonical: &str) -> bool {
    let Some([body @ .., check]) = exactly::<8>(canonical) else { return false };
    let sum = match body.first() {
        Some(3..=5) => two_stage(&body, &[7, 1, 2, 3, 4, 5, 6], &[9, 3, 4, 5, 6, 7, 8]),
        _ => two_stage(&body, &[1, 2, 3, 4, 5, 6, 7], &[3, 4, 5, 6, 7, 8, 9]),
    };
    sum % 10 == check
}

/// One check digit of an INN.
const fn inn(weights: &'static [u32]) -> CheckDigit {
    CheckDigit { weights, modulus: 11, digit: |r| r % 10 }
}

/// Russia, INN of a company: ten digits.
pub(super) fn ru_inn_company(canonical: &str) -> bool {
    inn(&[2, 4, 10, 3, 5, 9, 4, 6, 8]).fits(canonical)
}

/// Russia, INN of a person: twelve digits, two of them checks.
pub(super) fn ru_inn_person(canonical: &str) -> bool {
    canonical.get(..11).is_some_and(|head| inn(&[7, 2, 4, 10, 3, 5, 9, 4, 6, 8]).fits(head))
        && inn(&[3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]).fits(canonical)
}

/// Russia, INN of either.
pub(super) fn ru_inn(canonical: &str) -> bool {
    ru_inn_company(canonical) || ru_inn_person(canonical)
}

/// Russia, SNILS: nine digits, weights 9 to 1 mod 101, 100 written as 00. Up to 001-001-998 there is no check.
pub(super) fn ru_snils(canonical: &str) -> bool {
    let Some([body @ .., c1, c2]) = exactly::<11>(canonical) else { return false };
    let sum = weighted(&body, &[9, 8, 7, 6, 5, 4, 3, 2, 1]);
    number(&body) > 1_001_998 && sum % 101 % 100 == number(&[c1, c2])
}

/// Russia, register number: of a company thirteen digits mod 11, of a sole trader fifteen mod 13.
pub(super) fn ru_ogrn(canonical: &str) -> bool {
    let Some(check) = canonical.chars().next_back().and_then(|c| c.to_digit(10)) else { return false };
    let rest =
        |by: u32| canonical.get(..canonical.len() - 1).filter(|t| digits(t).is_some()).and_then(|t| modulo(t, by));
    match canonical.len() {
        13 => !canonical.starts_with('0') && rest(11).map(|r| r % 10) == Some(check),
        15 => canonical.starts_with(['3', '4']) && rest(13).map(|r| r % 10) == Some(check),
        _ => false,
    }
}

/// Russia, internal passport: region, year of the form, serial. No check digit.
pub(super) fn ru_passport(canonical: &str) -> bool {
    let Some([r1, r2, y1, y2, serial @ ..]) = exactly::<10>(canonical) else { return false };
    let year = number(&[y1, y2]);
    (1..=99).contains(&number(&[r1, r2])) && (year <= 39 || year >= 97) && number(&serial) > 100
}

/// Belarus, UNP: nine characters, of people with two letters before, mod 11.
pub(super) fn by_unp(canonical: &str) -> bool {
    const LETTERS: &str = "ABCEHKMOPT";
    let (Some(head), Some([body @ .., check])) = (canonical.get(..2), canonical.get(2..).and_then(exactly::<7>)) else {
        return false;
    };
    let mut all = match digits(head) {
        Some(two) => two,
        None => {
            // The second letter counts by its place among those in use.
            let place = head.chars().nth(1).and_then(|c| LETTERS.chars().position(|l| l == c));
            let (Some(first), Some(place)) = (head.get(..1).and_then(values), place) else { return false };
            if !head.chars().all(|c| LETTERS.contains(c)) {
                return false;
            }
            first.into_iter().chain(u32::try_from(place).ok()).collect()
        }
    };
    all.extend(body);
    head.starts_with(['1', '2', '3', '4', '5', '6', '7', 'A', 'B', 'C', 'E', 'H', 'K', 'M'])
        && weighted(&all, &[29, 23, 19, 17, 13, 7, 5, 3]) % 11 == check
}

/// The check digit of Kazakhstan's numbers.
fn kazakh(canonical: &str) -> bool {
    let Some([body @ .., check]) = exactly::<12>(canonical) else { return false };
    two_stage(&body, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], &[3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]) == check
}

/// Kazakhstan, IIN of a person: day of birth, sex and century, serial.
pub(super) fn kz_iin(canonical: &str) -> bool {
    let Some([y1, y2, m1, m2, d1, d2, century, ..]) = exactly::<12>(canonical) else { return false };
    let century = match century {
        1 | 2 => 1800,
        3 | 4 => 1900,
        5 | 6 => 2000,
        _ => return false,
    };
    is_day(century + number(&[y1, y2]), number(&[m1, m2]), number(&[d1, d2])) && kazakh(canonical)
}

/// Kazakhstan, BIN of a company: year and month of registration, 4 to 6 for the kind.
pub(super) fn kz_bin(canonical: &str) -> bool {
    let Some([_, _, m1, m2, kind, ..]) = exactly::<12>(canonical) else { return false };
    (1..=12).contains(&number(&[m1, m2])) && (4..=6).contains(&kind) && kazakh(canonical)
}

/// Turkey, T.C. kimlik no: two check digits.
pub(super) fn tr_tckn(canonical: &str) -> bool {
    let Some([body @ .., c1, c2]) = exactly::<11>(canonical) else { return false };
    let first = (10 - weighted(&body, &[3, 1, 3, 1, 3, 1, 3, 1, 3]) % 10) % 10;
    body.first().is_some_and(|d| *d > 0) && first == c1 && (body.iter().sum::<u32>() + first) % 10 == c2
}

/// Turkey, tax number (VKN).
pub(super) fn tr_vkn(canonical: &str) -> bool {
    let Some([body @ .., check]) = exactly::<10>(canonical) else { return false };
    let term = |(place, digit): (u32, &u32)| match (digit + place) % 10 {
        0 => 0,
        moved => match (moved << place) % 9 {
            0 => 9,
            other => other,
        },
    };
    let sum: u32 = (1..).zip(body.iter().rev()).map(term).sum();
    (10 - sum % 10) % 10 == check
}

/// Azerbaijan, VÖEN: the ninth digit checks, the tenth is 1 for companies and 2 for people.
pub(super) fn az_voen(canonical: &str) -> bool {
    let Some([body @ .., check, kind]) = exactly::<10>(canonical) else { return false };
    matches!(kind, 1 | 2) && weighted(&body, &[4, 1, 8, 6, 2, 7, 5, 3]) % 11 == check
}
