//! The sums that check digits are made of. All take the values of digits, leftmost first.

/// Sum of digits times weights, as far as both go.
pub(crate) fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(d, w)| d * w).sum()
}

/// A last digit that follows from a weighted sum of the digits before it: the form of most national numbers.
pub(crate) struct CheckDigit {
    /// One for each digit before the last.
    pub(crate) weights: &'static [u32],
    pub(crate) modulus: u32,
    /// The check digit that a remainder gives; a number whose remainder gives more than 9 is never issued.
    pub(crate) digit: fn(u32) -> u32,
}

impl CheckDigit {
    /// The check digit of `body`.
    pub(crate) fn of(&self, body: &[u32]) -> u32 {
        (self.digit)(weighted(body, self.weights) % self.modulus)
    }

    /// Is the last digit the check digit of the others?
    pub(crate) fn holds(&self, digits: &[u32]) -> bool {
        let Some((check, body)) = digits.split_last() else { return false };
        body.len() == self.weights.len() && self.of(body) == *check
    }

    /// The same for a string; false for one that holds anything but digits.
    pub(crate) fn fits(&self, text: &str) -> bool {
        // Numbers of another length are none, and nothing is read of them.
        text.len() == self.weights.len() + 1 && super::digits(text).is_some_and(|digits| self.holds(&digits))
    }
}

/// The two-stage check digit of the Baltic states and Kazakhstan: mod 11 with one row of weights, with a second row where
/// the first leaves 10.
pub(crate) fn two_stage(body: &[u32], first: &[u32], second: &[u32]) -> u32 {
    let rest = weighted(body, first) % 11;
    if rest < 10 { rest } else { weighted(body, second) % 11 }
}

/// Luhn's sum (ISO/IEC 7812-1 annex B), from the right, the last digit counted once; valid if a multiple of ten.
pub(crate) fn luhn(digits: &[u32]) -> u32 {
    let doubled = |d: u32| if d > 4 { 2 * d - 9 } else { 2 * d };
    digits.iter().rev().enumerate().map(|(i, d)| if i % 2 == 1 { doubled(*d) } else { *d }).sum()
}

/// A decimal string modulo a small number, letters as 10 to 35 (ISO 7064 mod 97-10 and the like); `None` for others.
pub(crate) fn modulo(text: &str, by: u32) -> Option<u32> {
    text.chars().try_fold(0, |rest, c| {
        let value = c.to_digit(36)?;
        Some(if value > 9 { rest * 100 + value } else { rest * 10 + value } % by)
    })
}

/// ISO 7064 pure system mod 11,2: valid if 1. The last value may be 10, which is written `X`.
pub(crate) fn mod_11_2(values: &[u32]) -> u32 {
    values.iter().fold(0, |sum, d| (sum * 2 + d) % 11)
}

/// ISO 7064 hybrid system mod M+1,M (11,10 for digits; 37,36 for digits and letters): valid if 1.
pub(crate) fn hybrid(values: &[u32], modulus: u32) -> u32 {
    let step = |check: u32, d: &u32| {
        let before = if check == 0 { modulus } else { check };
        (before * 2 % (modulus + 1) + d) % modulus
    };
    values.iter().fold(modulus / 2, step)
}

/// Verhoeff's check: valid if 0.
pub(crate) fn verhoeff(digits: &[u32]) -> u32 {
    const D: [[u32; 10]; 10] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
        [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
        [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
        [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
        [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
        [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
        [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
        [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
        [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    ];
    const P: [[u32; 10]; 8] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
        [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
        [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
        [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
        [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
        [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
        [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
    ];
    let cell = |table: &[u32; 10], at: u32| usize::try_from(at).ok().and_then(|i| table.get(i)).copied().unwrap_or(0);
    let permuted = |(nth, d): (usize, &u32)| P.get(nth % 8).map_or(0, |row| cell(row, *d));
    digits
        .iter()
        .rev()
        .enumerate()
        .map(permuted)
        .fold(0, |all, d| usize::try_from(all).ok().and_then(|i| D.get(i)).map_or(0, |row| cell(row, d)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Vec<u32> {
        text.chars().filter_map(|c| c.to_digit(36)).collect()
    }

    #[test]
    fn published_examples() {
        assert_eq!(luhn(&digits("79927398713")) % 10, 0);
        assert_eq!(luhn(&digits("79927398710")) % 10, 7);
        assert_eq!(modulo("3214282912345698765432161182", 97), Some(1));
        assert_eq!(modulo("12-3", 97), None);
        assert_eq!(mod_11_2(&[0, 7, 9, 4, 0]), 1); // ISO 7064, 0794 with its check digit 0
        assert_eq!(hybrid(&digits("07945"), 10), 1);
        assert_eq!(hybrid(&digits("A12425GABC1234002M"), 36), 1);
        assert_eq!(verhoeff(&digits("2363")), 0);
        assert_ne!(verhoeff(&digits("2364")), 0);
        assert_eq!(weighted(&[1, 2, 3], &[3, 2, 1]), 10);
    }

    #[test]
    fn check_digits_are_last_and_of_the_right_count() {
        let check = CheckDigit { weights: &[3, 2], modulus: 11, digit: |r| 11 - r };
        for (text, holds) in
            [("127", false), ("124", true), ("1240", false), ("12", false), ("", false), ("a24", false)]
        {
            assert_eq!(check.fits(text), holds, "{text}");
        }
        assert_eq!(check.of(&[1, 4]), 11); // 3 + 8 = 11 leaves 0: never issued
        assert!(!check.fits("141"));
        assert_eq!(two_stage(&[1, 2], &[1, 2], &[3, 4]), 5);
        assert_eq!(two_stage(&[2, 4], &[1, 2], &[3, 4]), 0);
    }
}
