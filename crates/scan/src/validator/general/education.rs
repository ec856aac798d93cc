//! Numbers of pupils and students: AU unique student identifier, GB unique pupil and learner numbers.

use super::digits;
use crate::validator::sums::weighted;

/// Ten characters without 0, 1, I and O; Luhn's check modulo 32 over their places in the alphabet.
pub(super) fn usi(value: &str) -> bool {
    const ALPHABET: &str = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let places: Option<Vec<usize>> = value.chars().map(|c| ALPHABET.find(c.to_ascii_uppercase())).collect();
    let Some(places) = places.filter(|p| p.len() == 10) else { return false };
    let sum: usize = places
        .iter()
        .rev()
        .enumerate()
        .map(|(nth, place)| {
            let doubled = place * (1 + nth % 2);
            doubled / 32 + doubled % 32
        })
        .sum();
    sum.is_multiple_of(32)
}

/// A letter that checks twelve characters with the weights 2 to 13, modulo 23; the last may be a letter for a while.
pub(super) fn upn(canonical: &str) -> bool {
    const LETTERS: &str = "ABCDEFGHJKLMNPQRTUVWXYZ";
    let Some((letter, rest)) = canonical.split_at_checked(1) else { return false };
    let value = |c: char| c.to_digit(10).or_else(|| u32::try_from(LETTERS.find(c)?).ok());
    let values: Option<Vec<u32>> = rest.chars().map(value).collect();
    let weights: Vec<u32> = (2..=13).collect();
    let Some(values) = values.filter(|v| v.len() == 12) else { return false };
    LETTERS.find(letter) == usize::try_from(weighted(&values, &weights) % 23).ok()
}

/// Ten digits: weights 10 to 2, and ten less the remainder modulo 11.
pub(super) fn uln(canonical: &str) -> bool {
    let Some(all) = digits(canonical).filter(|d| d.len() == 10) else { return false };
    let rest = weighted(&all, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    rest > 0 && all.last() == Some(&(10 - rest))
}

#[cfg(test)]
mod tests {
    #[test]
    fn table() {
        type Case = (fn(&str) -> bool, &'static [&'static str], &'static [&'static str]);
        let cases: [Case; 3] = [
            (super::usi, &["BNGH7C75FN", "bngh7c75fn"], &["BNGH7C75FG", "BNGH7C75F", "BNGH7C75F0"]),
            (super::upn, &["Y820200212001"], &["B820200212001", "Y8202002120010", "1", ""]),
            (super::uln, &["2047183668"], &["1000000001", "20471836681", ""]),
        ];
        for (nth, (check, good, bad)) in cases.into_iter().enumerate() {
            good.iter().for_each(|v| assert!(check(v), "{nth}: {v}"));
            bad.iter().for_each(|v| assert!(!check(v), "{nth}: {v}"));
        }
    }
}
