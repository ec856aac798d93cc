//! UK national insurance number: no check digit; letters and prefixes that are never issued.

pub(super) fn check(canonical: &str) -> bool {
    let (Some(prefix), Some(digits), Some(suffix)) = (canonical.get(..2), canonical.get(2..8), canonical.get(8..))
    else {
        return false;
    };
    let second_is_o = prefix.ends_with('O');
    prefix.bytes().all(|b| b.is_ascii_uppercase() && !b"DFIQUV".contains(&b))
        && !second_is_o
        && !["BG", "GB", "NK", "KN", "TN", "NT", "ZZ"].contains(&prefix)
        && digits.bytes().all(|b| b.is_ascii_digit())
        && ["A", "B", "C", "D"].contains(&suffix)
}

#[cfg(test)]
mod tests {
    #[test]
    fn table() {
        for good in ["AB123456C", "JG103759A", "OE123456D"] {
            assert!(super::check(good), "{good}");
        }
        for bad in ["BG123456A", "DA123456A", "AO123456A", "AB123456E", "AB12345C", "AB1234567", ""] {
            assert!(!super::check(bad), "{bad}");
        }
    }
}
