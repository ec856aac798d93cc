//! Luhn's check (ISO/IEC 7812-1 annex B).

use super::digits;

pub(super) fn check(canonical: &str) -> bool {
    let Some(digits) = digits(canonical) else { return false };
    // A run of one digit passes often and is never a number in use.
    let varied = digits.iter().any(|d| Some(d) != digits.first());
    varied && digits.len() > 1 && sum(&digits).is_multiple_of(10)
}

fn sum(digits: &[u32]) -> u32 {
    let doubled = |d: u32| if d > 4 { 2 * d - 9 } else { 2 * d };
    digits.iter().rev().enumerate().map(|(i, d)| if i % 2 == 1 { doubled(*d) } else { *d }).sum()
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
