//! Tokens whose last six characters are the CRC-32 of those before them, in base 62 (GitHub since 2021, npm).

/// Digits of base 62 in the order that GitHub and npm use.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Characters of the checksum.
const CHECKSUM_CHARS: usize = 6;

pub(super) fn check(canonical: &str) -> bool {
    let body = canonical.rsplit('_').next().unwrap_or_default();
    let Some((random, sum)) = body.len().checked_sub(CHECKSUM_CHARS).and_then(|at| body.split_at_checked(at)) else {
        return false;
    };
    let value = sum.bytes().try_fold(0_u64, |value, b| {
        let digit = DIGITS.iter().position(|d| *d == b)?;
        Some(value * 62 + digit as u64)
    });
    value == Some(u64::from(crc32(random.as_bytes())))
}

/// CRC-32 as in IEEE 802.3, bit by bit: tokens are short and few.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, b| {
        (0..8).fold(crc ^ u32::from(*b), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926); // the check value of the standard
        let random = "Qm3tZ7wYb1Lx9RkVd5Ns2HfGj8Pc4A";
        let mut sum = [b'0'; CHECKSUM_CHARS];
        let mut rest = crc32(random.as_bytes()) as usize;
        for cell in sum.iter_mut().rev() {
            *cell = *DIGITS.get(rest % 62).expect("below 62");
            rest /= 62;
        }
        let good = format!("ghp_{random}{}", std::str::from_utf8(&sum).expect("ASCII"));
        assert!(check(&good));
        assert!(check(&good.replace("ghp_", "npm_")));
        for bad in
            [good.replace("Qm", "mQ"), good.replace("A", "B"), "ghp_".into(), "ghp_é12345".into(), "000000".into()]
        {
            assert_eq!(check(&bad), bad == "000000", "{bad}");
        }
    }
}
