//! Addresses and keys of cryptocurrencies.
//!
//! Base58Check (Bitcoin), Bech32 and Bech32m (BIP 173, BIP 350), the capitals of Ethereum's addresses (EIP-55) and
//! Monero's blocks. All of them check 30 bits or more, so a value that passes is one.

use super::keccak::keccak256;
use sha2::{Digest, Sha256};

const BITCOIN: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const RIPPLE: &str = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";
/// Characters of a Base58 value at most: an extended key has 111.
const BASE58_CHARS_MAX: usize = 120;

/// Bytes of a Base58 value; the work grows with the square of its length, which is bounded.
fn base58(text: &str, alphabet: &str) -> Option<Vec<u8>> {
    if text.len() > BASE58_CHARS_MAX {
        return None;
    }
    let mut bytes: Vec<u8> = Vec::new();
    for c in text.chars() {
        let mut carry = alphabet.find(c)?;
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = u8::try_from(carry & 0xff).ok()?;
            carry >>= 8;
        }
        while carry > 0 {
            bytes.insert(0, u8::try_from(carry & 0xff).ok()?);
            carry >>= 8;
        }
    }
    let zero = alphabet.chars().next()?;
    let zeros = text.chars().take_while(|c| *c == zero).count();
    Some([vec![0; zeros], bytes].concat())
}

/// The payload of a Base58Check value.
fn base58check(text: &str, alphabet: &str) -> Option<Vec<u8>> {
    let bytes = base58(text, alphabet)?;
    let (payload, check) = bytes.split_at_checked(bytes.len().checked_sub(4)?)?;
    let sum = Sha256::digest(Sha256::digest(payload));
    sum.starts_with(check).then(|| payload.to_vec())
}

fn is_payload(text: &str, lengths: &[usize], versions: &[&[u8]]) -> bool {
    base58check(text, BITCOIN)
        .is_some_and(|p| lengths.contains(&p.len()) && versions.iter().any(|version| p.starts_with(version)))
}

/// Bitcoin, to a key hash or a script hash.
pub(super) fn bitcoin(value: &str) -> bool {
    is_payload(value, &[21], &[&[0x00], &[0x05]])
}

/// Litecoin, Dogecoin, Dash, Zcash (transparent), TRON, and XRP in its own alphabet.
pub(super) fn altcoin(value: &str) -> bool {
    const ONE: &[&[u8]] = &[&[0x30], &[0x32], &[0x1e], &[0x16], &[0x4c], &[0x10], &[0x41]];
    is_payload(value, &[21], ONE)
        || is_payload(value, &[22], &[&[0x1c, 0xb8], &[0x1c, 0xbd]])
        || base58check(value, RIPPLE).is_some_and(|p| p.len() == 21 && p.first() == Some(&0))
}

/// A private key in the wallet import format: Bitcoin, Litecoin, Dogecoin, Dash.
pub(super) fn private_key(value: &str) -> bool {
    is_payload(value, &[33, 34], &[&[0x80], &[0xb0], &[0x9e], &[0xcc]])
}

/// An extended key (BIP 32, SLIP 132), public or private by its prefix.
pub(super) fn extended_key(value: &str) -> bool {
    base58check(value, BITCOIN).is_some_and(|p| p.len() == 78)
}

/// What the sum of a Bech32 value comes to, over its human-readable part and its data; with the data.
fn bech32(value: &str) -> Option<(u32, String, Vec<u8>)> {
    const ALPHABET: &str = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let lower = value.to_ascii_lowercase();
    if value != lower && value != value.to_ascii_uppercase() || value.len() > 128 {
        return None;
    }
    let (head, data) = lower.rsplit_once('1')?;
    let data: Vec<u8> = data.chars().map(|c| u8::try_from(ALPHABET.find(c)?).ok()).collect::<Option<_>>()?;
    let high = head.bytes().map(|b| b >> 5);
    let low = head.bytes().map(|b| b & 31);
    let all = high.chain([0]).chain(low).chain(data.iter().copied());
    let sum = all.fold(1_u32, |sum, v| {
        let top = sum >> 25;
        let next = (sum & 0x01ff_ffff) << 5 ^ u32::from(v);
        (0_u32..).zip(GENERATOR).fold(next, |next, (i, g)| if top >> i & 1 == 1 { next ^ g } else { next })
    });
    let payload = data.get(..data.len().checked_sub(6)?)?.to_vec();
    Some((sum, head.to_owned(), payload))
}

/// A segregated witness address of Bitcoin or Litecoin: version, length of the program, and the sum for that version.
pub(super) fn segwit(value: &str) -> bool {
    const BECH32M: u32 = 0x2bc8_30a3;
    let Some((sum, head, data)) = bech32(value) else { return false };
    let Some((version, program)) = data.split_first() else { return false };
    let bytes = program.len() * 5 / 8;
    let is_padded = program.len() * 5 % 8 < 5 && {
        let spare = program.len() * 5 % 8;
        program.last().is_none_or(|last| u32::from(*last) & ((1 << spare) - 1) == 0)
    };
    let is_length = if *version == 0 { matches!(bytes, 20 | 32) } else { (2..=40).contains(&bytes) };
    matches!(head.as_str(), "bc" | "tb" | "ltc")
        && *version <= 16
        && is_padded
        && is_length
        && sum == if *version == 0 { 1 } else { BECH32M }
}

/// An address of Cardano.
pub(super) fn cardano(value: &str) -> bool {
    bech32(value)
        .is_some_and(|(sum, head, data)| sum == 1 && matches!(head.as_str(), "addr" | "stake") && data.len() > 40)
}

/// An address of Ethereum whose capitals are its check; one without capitals has none.
pub(super) fn ethereum(value: &str) -> bool {
    let Some(hex) = value.strip_prefix("0x").filter(|h| h.len() == 40) else { return false };
    let hash = keccak256(hex.to_ascii_lowercase().as_bytes());
    let nibbles = hash.iter().flat_map(|b| [b >> 4, b & 15]);
    let has_both = hex.bytes().any(|b| b.is_ascii_lowercase()) && hex.bytes().any(|b| b.is_ascii_uppercase());
    has_both
        && hex.bytes().zip(nibbles).all(|(b, nibble)| match b {
            b'0'..=b'9' => true,
            b'a'..=b'f' => nibble < 8,
            b'A'..=b'F' => nibble >= 8,
            _ => false,
        })
}

/// An address of Monero: Base58 in blocks of eleven characters, checked by Keccak.
pub(super) fn monero(value: &str) -> bool {
    let chunks: Vec<char> = value.chars().collect();
    let mut bytes = Vec::new();
    for block in chunks.chunks(11) {
        let size = match block.len() {
            11 => 8,
            7 => 5,
            _ => return false,
        };
        let Some(number) = block.iter().try_fold(0_u128, |n, c| Some(n * 58 + BITCOIN.find(*c)? as u128)) else {
            return false;
        };
        if number >> (8 * size) != 0 {
            return false;
        }
        bytes.extend(number.to_be_bytes().into_iter().skip(16 - size));
    }
    let Some((payload, check)) = bytes.split_at_checked(bytes.len().saturating_sub(4)) else { return false };
    matches!(payload.len(), 65 | 73)
        && matches!(payload.first(), Some(18 | 19 | 42))
        && keccak256(payload).starts_with(check)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All addresses below stand in the specifications named above, or are made from zeros.
    #[test]
    fn table() {
        type Case = (fn(&str) -> bool, &'static [&'static str], &'static [&'static str]);
        let cases: [Case; 7] = [
            (
                bitcoin,
                &["1111111111111111111114oLvT2", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"],
                &["1111111111111111111114oLvT3", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLl", "", "1"],
            ),
            (
                segwit,
                &[
                    "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
                    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
                    "BC1SW50QGDZ25J",
                ],
                &[
                    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
                    "bc1qW508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
                    "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",
                    "BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R",
                    "bc1pw5dgrnzv",
                    "bc1gmk9yu",
                ],
            ),
            (
                ethereum,
                &["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"],
                &["0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "0x"],
            ),
            (
                private_key,
                &["5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"],
                &["5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTK", "1111111111111111111114oLvT2"],
            ),
            (
                extended_key,
                &[
                    "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8",
                ],
                &[
                    "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet9",
                ],
            ),
            (
                altcoin,
                &[
                    "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
                    "rrrrrrrrrrrrrrrrrrrrrhoLvTp",
                    "LKKHMBjCU89fyFNgSRprDoD8Jb25N8uWvd",
                    "M7zVKQKmtV5Rc7erVGVVC3khZbXxsS5HEX",
                    "D5ERdEN1gsouFSs7zsq7VYJxyWP6dP28H1",
                    "9rXbkMyi1S6thykRoXAZcY8fwUKYsy6cXE",
                    "XanAvE5GMB8CsPH78B9moJq9viEVKvCS4f",
                    "7SVyqiBykMKdoNuuf1AehnVxASmtdfqsFF",
                    "TA4Y62o6YC2Zsck9rZVGTvqW1AQ7X9zTnj",
                    "t1Hxw6JqWMnhDK5jRCieg5bFHM2qt7UtQvu",
                    "t3Jex1rKwuh1bQFRrKpKGWDcDVZ8bbQuNrB",
                ],
                &["rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTi", "1111111111111111111114oLvT2"],
            ),
            (
                monero,
                &["888tNkZrPN6JsEgekjMnABU4TBzc2Dt29EPAvkRxbANsAnjyPbb3iQ1YBRk1UXcdRsiKc9dhwMVgN5S9cQUiyoogDavup3H"],
                &[
                    "888tNkZrPN6JsEgekjMnABU4TBzc2Dt29EPAvkRxbANsAnjyPbb3iQ1YBRk1UXcdRsiKc9dhwMVgN5S9cQUiyoogDavup3J",
                    "88",
                ],
            ),
        ];
        for (nth, (check, good, bad)) in cases.into_iter().enumerate() {
            good.iter().for_each(|v| assert!(check(v), "{nth}: {v}"));
            bad.iter().for_each(|v| assert!(!check(v), "{nth}: {v}"));
        }
        assert!(!cardano("addr1qxy"));
        // One letter alone is no pattern of capitals, whatever the hash says of it.
        assert!((0..40_u32).all(|n| !ethereum(&format!("0x{n:039}a")) && !ethereum(&format!("0x{n:039}A"))));
    }
}
