//! Digits that somebody may have been given: not one digit all through, and not counted up or down, as in examples and
//! forms filled in for show.

pub(super) fn check(canonical: &str) -> bool {
    let digits = || canonical.bytes().filter(u8::is_ascii_digit);
    let steps = |step: u8| digits().zip(digits().skip(1)).all(|(a, b)| (a - b'0' + step) % 10 == b - b'0');
    digits().nth(1).is_some() && ![0, 1, 9].into_iter().any(steps)
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
