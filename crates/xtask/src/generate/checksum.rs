//! Check digits, and the two checksums that zip and PNG files need.

/// Luhn sum modulo 10 (ISO/IEC 7812-1); 0 for a valid number.
pub(crate) fn luhn(digits: &str) -> u32 {
    let mut sum = 0;
    for (i, d) in digits.bytes().rev().map(|b| u32::from(b - b'0')).enumerate() {
        let d = if i % 2 == 1 { d * 2 } else { d };
        sum += if d > 9 { d - 9 } else { d };
    }
    sum % 10
}

/// The digit that makes `digits` followed by it valid.
pub(crate) fn luhn_digit(digits: &str) -> char {
    let rest = luhn(&format!("{digits}0"));
    char::from(b'0' + ((10 - rest) % 10) as u8)
}

/// The two check digits of an IBAN (ISO 13616).
pub(crate) fn iban_check(country: &str, bban: &str) -> String {
    let mut rest = 0u32;
    for c in bban.chars().chain(country.chars()).chain("00".chars()) {
        let value = c.to_digit(36).unwrap_or(0);
        rest = if value > 9 { (rest * 100 + value) % 97 } else { (rest * 10 + value) % 97 };
    }
    format!("{:02}", 98 - rest)
}

/// Weighted sum of the leading digits.
pub(crate) fn weighted(digits: &str, weights: &[u32]) -> u32 {
    digits.bytes().zip(weights).map(|(b, w)| u32::from(b - b'0') * w).sum()
}

/// Weights of an Australian tax file number; the sum is a multiple of 11.
pub(crate) const TFN: [u32; 9] = [1, 4, 3, 7, 5, 8, 6, 9, 10];
/// Weights of an Australian Medicare number; the sum modulo 10 is the ninth digit.
pub(crate) const MEDICARE: [u32; 8] = [1, 3, 7, 9, 1, 3, 7, 9];

const CRC_TABLE: [u32; 256] = {
    let mut table = [0u32; 256];
    let mut n = 0;
    while n < 256 {
        let mut c = n as u32;
        let mut k = 0;
        while k < 8 {
            c = if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 };
            k += 1;
        }
        table[n] = c;
        n += 1;
    }
    table
};

/// CRC-32 as zip and PNG use it.
pub(crate) fn crc32(parts: &[&[u8]]) -> u32 {
    let mut c = u32::MAX;
    for b in parts.iter().flat_map(|p| p.iter()) {
        c = CRC_TABLE[((c ^ u32::from(*b)) & 0xff) as usize] ^ (c >> 8);
    }
    !c
}

/// Adler-32 (RFC 1950).
pub(crate) fn adler32(data: &[u8]) -> u32 {
    let (mut a, mut b) = (1u32, 0u32);
    for chunk in data.chunks(5552) {
        for x in chunk {
            a += u32::from(*x);
            b += a;
        }
        a %= 65521;
        b %= 65521;
    }
    (b << 16) | a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luhn_of_published_numbers() {
        for (number, valid) in
            [("4111111111111111", true), ("378282246310005", true), ("4111111111111112", false), ("0", true)]
        {
            assert_eq!(luhn(number) == 0, valid, "{number}");
        }
        assert_eq!(luhn_digit("411111111111111"), '1');
        assert_eq!(luhn_digit("7992739871"), '3');
    }

    #[test]
    fn iban_of_published_examples() {
        for iban in
            ["DE89370400440532013000", "GB82WEST12345698765432", "NL91ABNA0417164300", "FR1420041010050500013M02606"]
        {
            assert_eq!(iban_check(&iban[..2], &iban[4..]), iban[2..4], "{iban}");
        }
    }

    #[test]
    fn weights_of_published_examples() {
        assert_eq!(weighted("123456782", &TFN) % 11, 0);
        assert_ne!(weighted("123456783", &TFN) % 11, 0);
        assert_eq!(weighted("29536409", &MEDICARE) % 10, weighted("2953640908", &MEDICARE) % 10);
    }

    #[test]
    fn file_checksums_of_the_check_string() {
        assert_eq!(crc32(&[b"1234", b"56789"]), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }
}
