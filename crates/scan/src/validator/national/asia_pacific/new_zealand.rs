//! New Zealand: taxpayers and patients.

use super::digits;
use super::sums::weighted;

/// IRD number (Inland Revenue, "IRD number validation"): eight or nine digits, two rows of weights mod 11.
pub(super) fn ird(canonical: &str) -> bool {
    let Some(mut digits) = digits(canonical).filter(|d| matches!(d.len(), 8 | 9)) else { return false };
    let number = digits.iter().fold(0_u32, |n, d| n * 10 + d);
    if digits.len() == 8 {
        digits.insert(0, 0);
    }
    let Some((check, body)) = digits.split_last() else { return false };
    let digit = |weights: &[u32]| (11 - weighted(body, weights) % 11) % 11;
    let wanted = match digit(&[3, 2, 7, 6, 5, 4, 3, 2]) {
        10 => digit(&[7, 4, 3, 2, 5, 2, 7, 6]),
        first => first,
    };
    (10_000_000..=150_000_000).contains(&number) && wanted == *check
}

/// National health index (HISO 10046): three letters without I and O; the old form ends with a digit mod 11, the new one
/// with a letter mod 23 (24 letters).
pub(super) fn nhi(canonical: &str) -> bool {
    let value = |c: char| "ABCDEFGHJKLMNPQRSTUVWXYZ".find(c).and_then(|at| u32::try_from(at + 1).ok());
    let of = |c: char| c.to_digit(10).or_else(|| value(c));
    let Some(all) = canonical.chars().map(of).collect::<Option<Vec<u32>>>().filter(|v| v.len() == 7) else {
        return false;
    };
    let is_digit: Vec<bool> = canonical.bytes().map(|b| b.is_ascii_digit()).collect();
    let sum = weighted(&all, &[7, 6, 5, 4, 3, 2]);
    let last = all.last().copied().unwrap_or(0);
    match is_digit.as_slice() {
        [false, false, false, true, true, true, true] => !sum.is_multiple_of(11) && (11 - sum % 11) % 10 == last,
        [false, false, false, true, true, false, false] => 24 - sum % 24 == last,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let cases: [crate::validator::Case; 9] = [
            (ird, "049091850", true),
            (ird, "49091850", true),
            (ird, "136410132", true),
            (ird, "136410133", false),
            (ird, "9125568", false),
            (nhi, "ZAC5361", true),
            (nhi, "ZAC5362", false),
            (nhi, "KLM60PR", true),
            (nhi, "KLM60PB", false),
        ];
        for (check, text, holds) in cases {
            assert_eq!(check(text), holds, "{text}");
        }
    }
}
