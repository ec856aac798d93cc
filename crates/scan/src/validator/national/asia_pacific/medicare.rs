//! Australian Medicare card: eight digits, their check digit, the issue number, and on some the person's number.

use super::digits;

const WEIGHTS: [u32; 8] = [1, 3, 7, 9, 1, 3, 7, 9];

pub(super) fn check(canonical: &str) -> bool {
    let Some(digits) = digits(canonical) else { return false };
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(d, w)| d * w).sum();
    matches!(digits.len(), 10 | 11)
        && digits.first().is_some_and(|d| (2..=6).contains(d))
        && digits.get(8) == Some(&(sum % 10))
        && digits.get(9).is_some_and(|d| *d > 0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn table() {
        for good in ["2123456701", "21234567011"] {
            assert!(super::check(good), "{good}");
        }
        for bad in ["2123456711", "2123456700", "1123456701", "212345670", ""] {
            assert!(!super::check(bad), "{bad}");
        }
    }
}
