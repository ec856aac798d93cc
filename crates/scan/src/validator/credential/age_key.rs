//! Secret keys of age: Bech32 (BIP 173) with the prefix `AGE-SECRET-KEY-`, checksum included.

const CHARSET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const PREFIX: &[u8] = b"age-secret-key-";

pub(super) fn check(canonical: &str) -> bool {
    let lower = canonical.to_ascii_lowercase();
    let Some(data) = lower.strip_prefix("age-secret-key-1") else { return false };
    let values = data.bytes().map(|b| CHARSET.iter().position(|c| *c == b).and_then(|at| u32::try_from(at).ok()));
    let Some(values) = values.collect::<Option<Vec<u32>>>() else { return false };
    let high = PREFIX.iter().map(|b| u32::from(b >> 5));
    let low = PREFIX.iter().map(|b| u32::from(b & 31));
    polymod(high.chain([0]).chain(low).chain(values)) == 1
}

fn polymod(values: impl Iterator<Item = u32>) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    values.fold(1, |sum, value| {
        let top = sum >> 25;
        let sum = (sum & 0x1ff_ffff) << 5 ^ value;
        GENERATOR.iter().enumerate().fold(sum, |sum, (bit, g)| if top >> bit & 1 == 1 { sum ^ g } else { sum })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key of which the checksum is right.
    fn key(data: &str) -> String {
        let mut sum = "qqqqqq".to_owned();
        let values = |text: &str| -> Vec<u32> {
            let at = |b| CHARSET.iter().position(|c| *c == b).expect("of the charset");
            text.bytes().map(|b| at(b) as u32).collect()
        };
        let high = PREFIX.iter().map(|b| u32::from(b >> 5));
        let all = high.chain([0]).chain(PREFIX.iter().map(|b| u32::from(b & 31)));
        let rest = polymod(all.chain(values(&format!("{data}{sum}")))) ^ 1;
        sum = (0..6)
            .map(|i| char::from(*CHARSET.get((rest >> (5 * (5 - i)) & 31) as usize).expect("five bits")))
            .collect();
        format!("age-secret-key-1{data}{sum}").to_ascii_uppercase()
    }

    #[test]
    fn table() {
        let good = key("w8x5zqz0vh3jn54khce6mua7lqpzry9x8gf2tvdw0s3jn54khcee");
        assert!(check(&good), "{good}");
        for bad in [good.replace("W8", "8W"), good.replace("AGE", "EGA"), "AGE-SECRET-KEY-1".into(), String::new()] {
            assert!(!check(&bad), "{bad}");
        }
    }
}
