//! Looks random: letters and digits, and not the same few characters over and over.

pub(super) fn check(canonical: &str) -> bool {
    let mut seen = [false; 128];
    for b in canonical.bytes() {
        if let Some(cell) = seen.get_mut(usize::from(b)) {
            *cell = true;
        }
    }
    let distinct = seen.iter().filter(|s| **s).count();
    canonical.bytes().any(|b| b.is_ascii_digit())
        && canonical.bytes().any(|b| b.is_ascii_alphabetic())
        && distinct >= 8.min(canonical.len() / 2)
}

#[cfg(test)]
mod tests {
    #[test]
    fn table() {
        for good in ["wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzq0", "8ae31cacf141669ddfb5da"] {
            assert!(super::check(good), "{good}");
        }
        for bad in ["aaaaaaaaaaaaaaaaaaaaaaaa1", "authenticationhandler", "12345678901234567890", ""] {
            assert!(!super::check(bad), "{bad}");
        }
    }
}
