//! Italy and San Marino.

use super::super::calendar::is_day_of_short_year;
use super::sums::luhn;
use super::{exactly, number, values};

/// Values of letters and digits at odd places (DM 12 March 1974).
const ODD: [u32; 36] = [
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10,
    22, 25, 24, 23,
];
/// Letters that stand for digits where two people would have the same code.
const OMOCODIA: &str = "LMNPQRSTUV";

/// Codice fiscale of a person: letters of the name, date of birth (40 added to a woman's day), place, control letter.
pub(super) fn codice_fiscale(canonical: &str) -> bool {
    let all: Vec<char> = canonical.chars().collect();
    let is_digit = |at: usize| all.get(at).is_some_and(|c| c.is_ascii_digit() || OMOCODIA.contains(*c));
    let is_letter = |at: usize| all.get(at).is_some_and(char::is_ascii_uppercase);
    let numeric = [6, 7, 9, 10, 12, 13, 14];
    if all.len() != 16 || !(0..16).all(|at| if numeric.contains(&at) { is_digit(at) } else { is_letter(at) }) {
        return false;
    }
    let digit = |at: usize| {
        let c = all.get(at).copied().unwrap_or_default();
        let place = OMOCODIA.chars().position(|l| l == c).and_then(|at| u32::try_from(at).ok());
        c.to_digit(10).or(place).unwrap_or(0)
    };
    let month =
        all.get(8).and_then(|c| "ABCDEHLMPRST".chars().position(|m| m == *c)).and_then(|m| u32::try_from(m).ok());
    let Some(month) = month.map(|m| m + 1) else { return false };
    let day = number(&[digit(9), digit(10)]);
    let day = if day > 40 { day - 40 } else { day };
    is_day_of_short_year(number(&[digit(6), digit(7)]), month, day) && control(canonical)
}

/// The control letter: odd places by the table, even ones by value, mod 26.
fn control(canonical: &str) -> bool {
    let Some(all) = values(canonical) else { return false };
    let Some((check, body)) = all.split_last() else { return false };
    let odd = |v: u32| usize::try_from(v).ok().and_then(|at| ODD.get(at)).copied().unwrap_or(0);
    let even = |v: u32| if v > 9 { v - 10 } else { v };
    let sum: u32 = body.iter().enumerate().map(|(at, v)| if at % 2 == 0 { odd(*v) } else { even(*v) }).sum();
    *check == sum % 26 + 10
}

/// Partita IVA: eleven digits by Luhn; the office is a province, or one of the special ones.
pub(super) fn partita_iva(canonical: &str) -> bool {
    let Some(all @ [_, _, _, _, _, _, _, o1, o2, o3, _]) = exactly::<11>(canonical) else { return false };
    let is_numbered = all.iter().take(7).any(|d| *d > 0);
    is_numbered && matches!(number(&[o1, o2, o3]), 1..=100 | 120 | 121 | 888 | 999) && luhn(&all).is_multiple_of(10)
}

/// San Marino, codice operatore economico: one to five digits. No check digit.
pub(super) fn san_marino(canonical: &str) -> bool {
    (1..=5).contains(&canonical.len()) && canonical.bytes().all(|b| b.is_ascii_digit())
}
