//! Digits that somebody may have been given: not one digit all through, and not counted up or down, as in examples and
//! forms filled in for show.

use super::digits;

pub(super) fn check(canonical: &str) -> bool {
    let all: Vec<char> = canonical.chars().filter(char::is_ascii_digit).collect();
    let Some(digits) = digits(&all.iter().collect::<String>()) else { return false };
    let steps = |step: u32| digits.iter().zip(digits.iter().skip(1)).all(|(a, b)| (a + step) % 10 == *b);
    digits.len() > 1 && ![0, 1, 9].into_iter().any(steps)
}

#[cfg(test)]
mod tests {
    #[test]
    fn table() {
        for good in ["123456782", "100000000", "AB123457C"] {
            assert!(super::check(good), "{good}");
        }
        for bad in ["00000000", "1111111", "123456789", "1234567890", "0123456", "987654321", "7", "", "GB123456A"] {
            assert!(!super::check(bad), "{bad}");
        }
    }
}
