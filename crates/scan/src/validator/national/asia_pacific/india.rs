//! South Asia: India, Pakistan, Sri Lanka.

use super::super::calendar::is_day;
use super::sums::{luhn, verhoeff};
use super::{digits, exactly, number};

/// Aadhaar (UIDAI): begins with 2 to 9, Verhoeff, no palindrome.
pub(super) fn aadhaar(canonical: &str) -> bool {
    let Some(digits) = exactly::<12>(canonical) else { return false };
    let is_palindrome = digits.iter().eq(digits.iter().rev());
    matches!(digits.first(), Some(2..=9)) && !is_palindrome && verhoeff(&digits) == 0
}

/// Permanent account number: five letters, of which the fourth is the kind of holder, four digits, a letter.
pub(super) fn pan(canonical: &str) -> bool {
    let bytes = canonical.as_bytes();
    let is_formed = bytes.len() == 10
        && bytes.iter().take(5).chain(bytes.last()).all(u8::is_ascii_uppercase)
        && bytes.iter().skip(5).take(4).all(u8::is_ascii_digit);
    is_formed
        && bytes.get(3).is_some_and(|b| b"ABCFGHJKLPT".contains(b))
        && bytes.get(5..9).is_some_and(|serial| serial != b"0000")
}

/// Voter's card: three letters and seven digits with Luhn's check.
pub(super) fn epic(canonical: &str) -> bool {
    let Some((letters, rest)) = canonical.split_at_checked(3) else { return false };
    letters.bytes().all(|b| b.is_ascii_uppercase()) && exactly::<7>(rest).is_some_and(|d| luhn(&d).is_multiple_of(10))
}

/// Goods and services tax number: state, the holder's PAN, a serial, Z, and Luhn's check in base 36.
pub(super) fn gstin(canonical: &str) -> bool {
    let Some((state, rest)) = canonical.split_at_checked(2) else { return false };
    let Some((holder, tail)) = rest.split_at_checked(10) else { return false };
    let is_state = exactly::<2>(state).is_some_and(|d| matches!(number(&d), 1..=38 | 97 | 99));
    let sum: Option<u32> = canonical
        .chars()
        .rev()
        .enumerate()
        .map(|(i, c)| {
            let value = c.to_digit(36)? * if i % 2 == 1 { 2 } else { 1 };
            Some(value / 36 + value % 36)
        })
        .sum();
    canonical.len() == 15
        && is_state
        && pan(holder)
        && !tail.starts_with('0')
        && tail.get(1..2) == Some("Z")
        && sum.is_some_and(|sum| sum.is_multiple_of(36))
}

/// Computerised national identity card of Pakistan: province, and a last digit for the sex. No check digit.
pub(super) fn pk_cnic(canonical: &str) -> bool {
    matches!(exactly::<13>(canonical), Some([1..=7, .., sex]) if sex > 0)
}

/// National identity card of Sri Lanka: year and day of birth (500 added for women); nine digits and a letter, since 2016
/// twelve digits.
pub(super) fn lk_nic(canonical: &str) -> bool {
    let (year, day) = match canonical.len() {
        10 if canonical.ends_with(['V', 'X']) => match canonical.get(..9).and_then(exactly::<9>) {
            Some([y1, y2, d1, d2, d3, ..]) => (1900 + number(&[y1, y2]), number(&[d1, d2, d3])),
            None => return false,
        },
        12 => match digits(canonical).as_deref() {
            Some([y1, y2, y3, y4, d1, d2, d3, ..]) => (number(&[*y1, *y2, *y3, *y4]), number(&[*d1, *d2, *d3])),
            _ => return false,
        },
        _ => return false,
    };
    is_day(year, 1, 1) && (1900..=2100).contains(&year) && matches!(day, 1..=366 | 501..=866)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let cases: [crate::validator::Case; 18] = [
            (aadhaar, "511862527601", true),
            (aadhaar, "511862527602", false),
            (aadhaar, "123456789012", false),
            (pan, "KLMPR4417Q", true),
            (pan, "KLMZR4417Q", false),
            (pan, "KLMPR0000Q", false),
            (pan, "KLMP44417Q", false),
            (epic, "KLM0792440", true),
            (epic, "KLM0792441", false),
            (gstin, "27KLMCR6031Q1ZS", true),
            (gstin, "27KLMCR6031Q1ZB", false),
            (pk_cnic, "3520114478123", true),
            (pk_cnic, "3520114478120", false),
            (pk_cnic, "9520114478123", false),
            (lk_nic, "871451234V", true),
            (lk_nic, "198714501234", true),
            (lk_nic, "874001234V", false),
            (lk_nic, "871451234A", false),
        ];
        for (check, text, holds) in cases {
            assert_eq!(check(text), holds, "{text}");
        }
    }
}
