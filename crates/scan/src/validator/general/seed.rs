//! Seed phrases of wallets (BIP 39): words of the English list, and a checksum of 4 to 8 bits in the last of them.

use sha2::{Digest, Sha256};
use std::sync::LazyLock;

static WORDS: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("../../../../../config/words/bip39-english.txt").lines().collect());

/// Does the value begin with a phrase of 12, 15, 18, 21 or 24 words? What follows may be the sentence around it.
pub(super) fn check(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphabetic()).filter(|w| !w.is_empty());
    let numbers: Vec<u16> =
        words.take(24).map_while(|w| WORDS.binary_search(&w).ok().and_then(|at| u16::try_from(at).ok())).collect();
    [24, 21, 18, 15, 12].iter().any(|count| numbers.get(..*count).is_some_and(is_summed))
}

/// Eleven bits a word; of every 33 bits the 33rd belongs to the checksum, all of which stand at the end.
fn is_summed(numbers: &[u16]) -> bool {
    let bits: Vec<u8> = numbers.iter().flat_map(|n| (0..11).rev().map(move |at| u8::from(n >> at & 1 == 1))).collect();
    let (entropy, sum) = bits.split_at_checked(bits.len() / 33 * 32).unwrap_or_default();
    let bytes: Vec<u8> = entropy.chunks(8).map(|bits| bits.iter().fold(0, |all, bit| all << 1 | bit)).collect();
    let first = Sha256::digest(&bytes).first().copied().unwrap_or(0);
    let wanted = (0..sum.len()).map(|at| first >> (7 - at) & 1);
    !sum.is_empty() && sum.iter().copied().eq(wanted)
}

#[cfg(test)]
mod tests {
    #[test]
    fn table() {
        assert!(super::WORDS.is_sorted() && super::WORDS.len() == 2_048);
        let zeros = "abandon ".repeat(11);
        // Entropy of zeros and of ones, as in the test vectors of BIP 39.
        assert!(super::check(&format!("{zeros}about")));
        assert!(super::check(&format!("1. {zeros}, About thanks")));
        assert!(super::check(&format!("{}art", "abandon ".repeat(23))));
        assert!(super::check(&format!("{}vote", "zoo ".repeat(23))));
        assert!(!super::check(&format!("{zeros}abandon")));
        assert!(!super::check(&format!("{zeros}mia")));
        assert!(!super::check(&"abandon ".repeat(11)));
        assert!(!super::check(""));
    }
}
