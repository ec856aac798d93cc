//! Discord bot tokens: the first segment is base64 of the bot's id, a number of 17 to 20 digits.

use super::decode_base64;

pub(super) fn check(canonical: &str) -> bool {
    let id = canonical.split('.').next().unwrap_or_default();
    let digits = decode_base64(id.as_bytes()).unwrap_or_default();
    (17..=20).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    #[test]
    fn table() {
        assert!(super::check("MTIzNDU2Nzg5MDEyMzQ1Njc4.GqXw2L.aaaa")); // 123456789012345678
        for bad in ["", "MTIzNDU2Nzg5MDEy.GqXw2L.aaaa", "bm90IGEgbnVtYmVyIGF0IGFs.GqXw2L.aaaa", "....", "é.é"] {
            assert!(!super::check(bad), "{bad}");
        }
    }
}
