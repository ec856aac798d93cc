//! Estonia, Latvia, Lithuania.

use super::super::calendar::is_day;
use super::sums::{two_stage, weighted};
use super::{digits, exactly, number};

/// The personal code that Estonia and Lithuania share: sex and century, day of birth, serial, a digit in two stages.
fn personal_code(canonical: &str) -> Option<(u32, bool)> {
    let [first, y1, y2, m1, m2, d1, d2, s1, s2, s3, check] = exactly::<11>(canonical)?;
    let body = [first, y1, y2, m1, m2, d1, d2, s1, s2, s3];
    let sum = two_stage(&body, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1], &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 10;
    let century = 1800 + first.saturating_sub(1) / 2 * 100;
    let is_born = (1..=8).contains(&first) && is_day(century + number(&[y1, y2]), number(&[m1, m2]), number(&[d1, d2]));
    (sum == check).then_some((first, is_born))
}

/// Estonia, isikukood.
pub(super) fn ee_ik(canonical: &str) -> bool {
    personal_code(canonical).is_some_and(|(_, is_born)| is_born)
}

/// Lithuania, asmens kodas; one that begins with 9 has no day of birth.
pub(super) fn lt_asmens(canonical: &str) -> bool {
    personal_code(canonical).is_some_and(|(first, is_born)| is_born || first == 9)
}

/// Estonia, VAT (KMKR): weights 3, 7, 1, mod 10.
pub(super) fn ee_vat(canonical: &str) -> bool {
    exactly::<9>(canonical).is_some_and(|d| weighted(&d, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10))
}

/// Estonia, business register: eight digits, the first 1, 7, 8 or 9.
pub(super) fn ee_registrikood(canonical: &str) -> bool {
    let Some([body @ .., check]) = exactly::<8>(canonical) else { return false };
    let sum = two_stage(&body, &[1, 2, 3, 4, 5, 6, 7], &[3, 4, 5, 6, 7, 8, 9]) % 10;
    body.first().is_some_and(|d| matches!(d, 1 | 7..=9)) && sum == check
}

/// The check digit of Latvia's personal code.
fn latvian(body: &[u32]) -> u32 {
    (1 + weighted(body, &[10, 5, 8, 4, 2, 1, 6, 3, 7, 9])) % 11 % 10
}

/// Latvia, personas kods: day of birth, a digit for the century, serial; since July 2017 it begins with 32 and holds no
/// day.
pub(super) fn lv_pk(canonical: &str) -> bool {
    let Some([body @ .., check]) = exactly::<11>(canonical) else { return false };
    let [d1, d2, m1, m2, y1, y2, century, ..] = body;
    let year = 1800 + century * 100 + number(&[y1, y2]);
    let is_born = century < 3 && is_day(year, number(&[m1, m2]), number(&[d1, d2]));
    (number(&[d1, d2]) == 32 || is_born) && latvian(&body) == check
}

/// Latvia, company and VAT number: begins with 4 to 9.
pub(super) fn lv_company(canonical: &str) -> bool {
    let Some(all) = exactly::<11>(canonical) else { return false };
    let sum = weighted(&all, &[9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1]);
    all.first().is_some_and(|d| *d > 3) && sum % 11 == 3
}

/// Lithuania, VAT: nine digits of a company (1 before the last), twelve of others.
pub(super) fn lt_vat(canonical: &str) -> bool {
    let Some(all) = digits(canonical) else { return false };
    let Some((check, body)) = all.split_last() else { return false };
    let row = |start: u32| -> Vec<u32> { (0..).map(|at| (start + at) % 9 + 1).take(body.len()).collect() };
    let is_marked = body.last() == Some(&1);
    matches!(all.len(), 9 | 12) && is_marked && two_stage(body, &row(0), &row(2)) % 10 == *check
}
