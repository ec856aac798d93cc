//! Luhn's check (ISO/IEC 7812-1 annex B).

use super::digits;
use crate::validator::sums::luhn;

pub(super) fn check(canonical: &str) -> bool {
    let Some(digits) = digits(canonical) else { return false };
    // A run of one digit passes often and is never a number in use.
    let varied = digits.iter().any(|d| Some(d) != digits.first());
    varied && digits.len() > 1 && luhn(&digits).is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    #[test]
    fn table() {
        for good in ["4111111111111111", "378282246310005", "6304000000000000", "79927398713"] {
            assert!(super::check(good), "{good}");
        }
        for bad in ["4111111111111112", "378282246310006", "0000000000000000", "", "0", "411111111111111a"] {
            assert!(!super::check(bad), "{bad}");
        }
    }
}
