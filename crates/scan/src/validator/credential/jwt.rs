//! JSON Web Token (RFC 7519): the first segment decodes to a JSON object that names an algorithm or a type, the second, if
//! it is not encrypted, to a JSON object.

use super::decode_base64;

pub(super) fn check(canonical: &str) -> bool {
    let mut segments = canonical.split('.');
    let Some(header) = segments.next().and_then(object) else { return false };
    let Some(second) = segments.next() else { return false };
    let names = |word: &str| header.contains(word);
    // An encrypted token (RFC 7516) has five segments, and its second is a wrapped key or empty.
    let is_encrypted = names("\"enc\"") || segments.count() == 3;
    (names("\"alg\"") || names("\"typ\"")) && (is_encrypted || object(second).is_some())
}

/// The text of a segment that decodes to an object.
fn object(segment: &str) -> Option<String> {
    let text = decode_base64(segment.as_bytes()).and_then(|bytes| String::from_utf8(bytes).ok())?;
    let inner = text.trim();
    let is_object = inner.starts_with('{') && inner.ends_with('}') && inner.matches('"').count().is_multiple_of(2);
    is_object.then_some(text)
}

#[cfg(test)]
mod tests {
    #[test]
    fn table() {
        // HS256; without an algorithm, and so without a signature; encrypted.
        let good = [
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2ln",
            "eyJhbGciOiJub25lIn0.e30.",
            "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..aXY.Y2lwaGVy.dGFn",
        ];
        for good in good {
            assert!(super::check(good), "{good}");
        }
        // The last two: a header and a payload that were cut.
        let bad = [
            "",
            "eyJhIjoxfQ.e30.x",
            "not.a.jwt",
            "eyJ.eyJ.x",
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ.e30.c2ln",
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIg.c2ln",
            "eyJhbGciOiJub25lIn0",
        ];
        for bad in bad {
            assert!(!super::check(bad), "{bad}");
        }
    }
}
