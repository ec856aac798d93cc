//! US social security number: no check digit; area, group and serial that were never issued.

pub(super) fn check(canonical: &str) -> bool {
    let (Some(area), Some(group), Some(serial)) = (canonical.get(..3), canonical.get(3..5), canonical.get(5..)) else {
        return false;
    };
    let varied = canonical.bytes().any(|b| Some(b) != canonical.bytes().next());
    serial.len() == 4
        && varied
        && canonical.bytes().all(|b| b.is_ascii_digit())
        && !(area == "000" || area == "666" || area.starts_with('9'))
        && group != "00"
        && serial != "0000"
}

#[cfg(test)]
mod tests {
    #[test]
    fn table() {
        for good in ["123456789", "078051120", "001010001", "899991234"] {
            assert!(super::check(good), "{good}");
        }
        for bad in
            ["000121234", "666121234", "900121234", "123001234", "123120000", "111111111", "12345678", "1234567890"]
        {
            assert!(!super::check(bad), "{bad}");
        }
    }
}
