//! JSON Web Token (RFC 7519): the first segment decodes to a JSON object that names an algorithm.

use super::decode_base64;

pub(super) fn check(canonical: &str) -> bool {
    let header = canonical.split('.').next().unwrap_or_default();
    decode_base64(header.as_bytes())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .is_some_and(|text| text.starts_with('{') && (text.contains("\"alg\"") || text.contains("\"typ\"")))
}

#[cfg(test)]
mod tests {
    #[test]
    fn table() {
        assert!(super::check("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2ln"));
        for bad in ["", "eyJhIjoxfQ.e30.x", "not.a.jwt", "eyJ.eyJ.x"] {
            assert!(!super::check(bad), "{bad}");
        }
    }
}
