//! Base32 (RFC 4648 section 6) without padding: what people may have to type or read out.

const UPPER: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Upper-case text of some octets.
pub(crate) fn encode(octets: &[u8]) -> String {
    let mut out = String::with_capacity(octets.len().div_ceil(5) * 8);
    let (mut bits, mut held) = (0u32, 0u32);
    for octet in octets {
        bits = bits << 8 | u32::from(*octet);
        held += 8;
        while held >= 5 {
            held -= 5;
            push(&mut out, bits >> held);
        }
    }
    if held > 0 {
        push(&mut out, bits << (5 - held));
    }
    out
}

/// Lower-case text of some octets.
pub(crate) fn encode_lower(octets: &[u8]) -> String {
    let mut text = encode(octets);
    text.make_ascii_lowercase();
    text
}

fn push(out: &mut String, bits: u32) {
    let letter = UPPER.get((bits & 31) as usize).copied().unwrap_or(b'A');
    out.push(char::from(letter));
}

/// Is it a character of the alphabet, in either case?
pub(crate) fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || ('2'..='7').contains(&c)
}

/// The octets of a text in either case. `Err` is the position of the first character (in characters, from 1) that is
/// none of the alphabet, or the length where the text ends in bits that no encoder writes.
pub(crate) fn decode(text: &str) -> Result<zeroize::Zeroizing<Vec<u8>>, usize> {
    let mut out = zeroize::Zeroizing::new(Vec::with_capacity(text.len() * 5 / 8));
    let (mut bits, mut held) = (0u32, 0u32);
    let mut at = 0;
    for c in text.chars() {
        at += 1;
        let value = match c {
            'A'..='Z' => c as u32 - 'A' as u32,
            'a'..='z' => c as u32 - 'a' as u32,
            '2'..='7' => c as u32 - '2' as u32 + 26,
            _ => return Err(at),
        };
        bits = (bits << 5 | value) & 0xfff;
        held += 5;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 0xff) as u8);
        }
    }
    if held >= 5 || bits & ((1 << held) - 1) != 0 {
        return Err(at);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_of_rfc_4648() {
        let cases = [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ];
        for (plain, text) in cases {
            assert_eq!(encode(plain.as_bytes()), text);
            assert_eq!(decode(text).as_deref().map(Vec::as_slice), Ok(plain.as_bytes()));
            assert_eq!(decode(&text.to_lowercase()).as_deref().map(Vec::as_slice), Ok(plain.as_bytes()));
        }
    }

    #[test]
    fn what_no_encoder_writes_is_refused() {
        for (text, at) in [("MZ1Q", 3), ("M", 1), ("MZ", 2), ("MZXW6Y=", 7)] {
            assert_eq!(decode(text).err(), Some(at), "{text}");
        }
    }
}
