//! Australian tax file number: weighted sum mod 11, nine digits or the older eight.

use super::digits;

const NINE: [u32; 9] = [1, 4, 3, 7, 5, 8, 6, 9, 10];
const EIGHT: [u32; 8] = [10, 7, 8, 4, 6, 3, 5, 1];

pub(super) fn check(canonical: &str) -> bool {
    let Some(digits) = digits(canonical) else { return false };
    let weights: &[u32] = match digits.len() {
        9 => &NINE,
        8 => &EIGHT,
        _ => return false,
    };
    let sum: u32 = digits.iter().zip(weights).map(|(d, w)| d * w).sum();
    sum > 0 && sum.is_multiple_of(11)
}

#[cfg(test)]
mod tests {
    #[test]
    fn table() {
        for good in ["123456782", "459599230", "37118629"] {
            assert!(super::check(good), "{good}");
        }
        for bad in ["123456783", "000000000", "1234567", "12345678a", ""] {
            assert!(!super::check(bad), "{bad}");
        }
    }
}
