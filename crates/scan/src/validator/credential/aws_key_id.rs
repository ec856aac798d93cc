//! AWS access key ids: four letters, then base32 in which newer keys carry the number of their account.

/// Accounts have twelve digits.
const ACCOUNT_MAX: u64 = 999_999_999_999;

pub(super) fn check(canonical: &str) -> bool {
    let Some((_, body)) = canonical.split_at_checked(4) else { return false };
    if body.len() != 16 {
        return false;
    }
    // The first ten characters are 50 bits: one that is always set in keys with an account, 40 of account, nine of the key.
    let head = body.bytes().take(10).try_fold(0_u64, |value, b| Some(value << 5 | base32(b)?));
    let is_base32 = body.bytes().all(|b| base32(b).is_some());
    let is_old = head.is_some_and(|bits| bits >> 49 == 0);
    is_base32 && (is_old || account(head.unwrap_or_default()) <= ACCOUNT_MAX)
}

fn account(head: u64) -> u64 {
    head >> 9 & ((1 << 40) - 1)
}

fn base32(b: u8) -> Option<u64> {
    match b {
        b'A'..=b'Z' => Some(u64::from(b - b'A')),
        b'2'..=b'7' => Some(u64::from(b - b'2') + 26),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for good in ["AKIAKE7CRLBQBNCCN2DH", "ASIAU67M7B3JEDJ2FSUL", "AKIAIQZ2W3E4R5T6Y7UA"] {
            assert!(check(good), "{good}");
        }
        // Not base32, too short, an account of more than twelve digits.
        for bad in ["AKIA0189ABCDEFGHIJKL", "AKIAKE7CRLBQBNCCN2D", "AKIA77777777AAAAAAAA", "", "AKI"] {
            assert!(!check(bad), "{bad}");
        }
    }
}
