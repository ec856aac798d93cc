//! Basic credentials (RFC 7617): base64 of `user:password`, printable.

pub(super) fn check(canonical: &str) -> bool {
    decode(canonical.as_bytes()).is_some_and(|bytes| {
        let colon = bytes.iter().position(|b| *b == b':');
        colon.is_some_and(|at| at + 1 < bytes.len()) && bytes.iter().all(|b| (0x20..0x7f).contains(b) || *b >= 0x80)
    })
}

/// Decodes base64 of either alphabet (RFC 4648), with or without padding; `None` if a character is of neither.
/// A single character left over at the end is ignored.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    decode_with(text, |byte| out.push(byte))?;
    Some(out)
}

/// The same, byte by byte.
pub(crate) fn decode_with(text: &[u8], mut each: impl FnMut(u8)) -> Option<()> {
    let (mut bits, mut have) = (0_u32, 0_u32);
    let padding = text.iter().rev().take_while(|b| **b == b'=').count();
    for b in text.iter().take(text.len() - padding) {
        let value = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        have += 6;
        if have >= 8 {
            have -= 8;
            each(u8::try_from(bits >> have & 0xff).unwrap_or(0));
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        assert_eq!(decode(b"am9lOmh1bnRlcjI=").as_deref(), Some(b"joe:hunter2".as_slice()));
        assert_eq!(decode(b"_-8"), decode(b"/+8="));
        assert_eq!(decode(b"a b"), None);
        assert!(check("am9lOmh1bnRlcjI="));
        assert!(!check("am9lLg=="));
        assert!(!check("YXV0aGVudGljYXRpb24="));
        assert!(!check("am9lOg=="));
    }
}
