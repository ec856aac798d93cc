//! Keys of a fixed size in base64 with padding: 32 bytes are 44 characters, 64 bytes are 88.

use super::decode_base64;

pub(super) fn bytes_32(canonical: &str) -> bool {
    is_key(canonical, 32)
}

pub(super) fn bytes_64(canonical: &str) -> bool {
    is_key(canonical, 64)
}

fn is_key(canonical: &str, bytes: usize) -> bool {
    let decoded = decode_base64(canonical.as_bytes());
    canonical.len() == bytes.div_ceil(3) * 4 && decoded.is_some_and(|d| d.len() == bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let (short, long) = (format!("{}=", "q7".repeat(21) + "w"), format!("{}==", "q7".repeat(43)));
        assert!(bytes_32(&short) && !bytes_64(&short));
        assert!(bytes_64(&long) && !bytes_32(&long));
        for bad in ["", "====", "q7q7", &"q".repeat(44), &format!("{}=", "!".repeat(43))] {
            assert!(!bytes_32(bad), "{bad}");
        }
    }
}
