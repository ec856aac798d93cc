//! The password of a URL's user information (RFC 3986, 3.2.1): not a placeholder, not a port with something after it.

/// What documentation writes where a password goes.
const PLACEHOLDERS: &[&str] = &[
    "password",
    "passwd",
    "your_password",
    "yourpassword",
    "your-password",
    "mypassword",
    "redacted",
    "hidden",
    "null",
    "none",
    "nil",
    "undefined",
];

pub(super) fn check(canonical: &str) -> bool {
    let lower = canonical.to_ascii_lowercase();
    let is_masked = lower.len() > 1 && lower.bytes().all(|b| matches!(b, b'*' | b'x' | b'.' | b'-' | b'_'));
    let (first, last) = (lower.bytes().next().unwrap_or(0), lower.bytes().last().unwrap_or(0));
    let is_bracketed = matches!((first, last), (b'<' | b'{' | b'[' | b'%', b'>' | b'}' | b']' | b'%')) || first == b'$';
    let port = lower.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    let is_port = port.len() < lower.len() && port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit());
    !PLACEHOLDERS.contains(&&*lower) && !is_masked && !is_bracketed && !is_port
}

#[cfg(test)]
mod tests {
    #[test]
    fn table() {
        for good in ["hunter2", "s3cr3t!", "8000", "x", "pass1", "0-9", "x9-x"] {
            assert!(super::check(good), "{good}");
        }
        for bad in [
            "password",
            "PASSWORD",
            "null",
            "****",
            "xxxxx",
            "<password>",
            "${PW}",
            "$PW",
            "%PW%",
            "[password]",
            "8000;",
            "80,",
        ] {
            assert!(!super::check(bad), "{bad}");
        }
    }
}
