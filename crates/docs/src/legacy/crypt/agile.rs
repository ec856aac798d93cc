//! Agile encryption (MS-OFFCRYPTO 2.3.4.10): what it is made of stands in XML.

use super::{BLOCK_BYTES, aes, candidates};
use crate::budget::Budget;
use ::base64::Engine;
use ::base64::engine::general_purpose::STANDARD_NO_PAD;

const SEGMENT_BYTES: usize = 4096;
const OF_VERIFIER: [u8; 8] = [0xfe, 0xa7, 0xd2, 0x76, 0x3b, 0x4b, 0x9e, 0x79];
const OF_HASH: [u8; 8] = [0xd7, 0xaa, 0x0f, 0x6d, 0x30, 0x61, 0x34, 0x4e];
const OF_KEY: [u8; 8] = [0x14, 0x6e, 0x0b, 0xe7, 0xab, 0xac, 0xd0, 0xd6];

#[derive(Debug, Clone, Copy)]
enum Hash {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn of(self, parts: &[&[u8]]) -> Vec<u8> {
        fn hash<D: sha2::Digest>(parts: &[&[u8]]) -> Vec<u8> {
            let mut hash = D::new();
            parts.iter().for_each(|part| hash.update(part));
            hash.finalize().to_vec()
        }
        match self {
            Hash::Md5 => hash::<md5::Md5>(parts),
            Hash::Sha1 => hash::<sha1::Sha1>(parts),
            Hash::Sha256 => hash::<sha2::Sha256>(parts),
            Hash::Sha384 => hash::<sha2::Sha384>(parts),
            Hash::Sha512 => hash::<sha2::Sha512>(parts),
        }
    }
}

/// The attributes of one element.
struct Parameters<'x> {
    element: &'x str,
}

impl<'x> Parameters<'x> {
    fn of(xml: &'x str, name: &str) -> Option<Parameters<'x>> {
        let (_, rest) = xml.split_once(name)?;
        Some(Parameters { element: rest.split('>').next()? })
    }

    fn text(&self, name: &str) -> Option<&'x str> {
        let (_, rest) = self.element.split_once(&format!(" {name}=\""))?;
        rest.split('"').next()
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.text(name)?.parse().ok()
    }

    fn octets(&self, name: &str) -> Option<Vec<u8>> {
        base64(self.text(name)?)
    }

    fn hash(&self) -> Option<Hash> {
        Some(match self.text("hashAlgorithm")? {
            "MD5" => Hash::Md5,
            "SHA1" | "SHA-1" => Hash::Sha1,
            "SHA256" | "SHA-256" => Hash::Sha256,
            "SHA384" | "SHA-384" => Hash::Sha384,
            "SHA512" | "SHA-512" => Hash::Sha512,
            _ => return None,
        })
    }

    fn key_bytes(&self) -> Option<usize> {
        let is_known = self.text("cipherAlgorithm")? == "AES" && self.text("cipherChaining")? == "ChainingModeCBC";
        self.number("keyBits").filter(|_| is_known).map(|bits| bits / 8).filter(|bytes| *bytes <= 32)
    }
}

/// Cut or filled up to a length.
fn fitted(mut octets: Vec<u8>, bytes: usize) -> Vec<u8> {
    octets.resize(bytes, 0x36);
    octets
}

/// The package, if a password fits.
pub(super) fn opened(xml: &[u8], body: &[u8], passwords: &[String], budget: &mut Budget) -> Option<Vec<u8>> {
    let xml = std::str::from_utf8(xml).ok()?;
    let data = Parameters::of(xml, "<keyData")?;
    let own = Parameters::of(xml, "encryptedKey")?;
    let key = key(&own, passwords, budget)?;
    let (hash, salt) = (data.hash()?, data.octets("saltValue")?);
    data.key_bytes()?;
    let mut out = Vec::with_capacity(body.len());
    for (nth, segment) in (0u32..).zip(body.chunks(SEGMENT_BYTES)) {
        let start = fitted(hash.of(&[&salt, &nth.to_le_bytes()]), BLOCK_BYTES);
        out.extend(aes(&key, segment, Some(&start))?);
    }
    Some(out)
}

/// The key of the package, encrypted by one from the password.
fn key(own: &Parameters<'_>, passwords: &[String], budget: &mut Budget) -> Option<Vec<u8>> {
    let (hash, salt, key_bytes) = (own.hash()?, own.octets("saltValue")?, own.key_bytes()?);
    let rounds = own.number("spinCount")?;
    let start = fitted(salt.clone(), BLOCK_BYTES);
    for password in candidates(passwords) {
        if !budget.key_rounds(rounds) {
            return None;
        }
        let mut digest = hash.of(&[&salt, &password]);
        for round in 0..rounds as u32 {
            digest = hash.of(&[&round.to_le_bytes(), &digest]);
        }
        let opened = |purpose: &[u8], name: &str| {
            let key = fitted(hash.of(&[&digest, purpose]), key_bytes);
            aes(&key, &own.octets(name)?, Some(&start))
        };
        let input = opened(&OF_VERIFIER, "encryptedVerifierHashInput")?;
        let input = input.get(..own.number("saltSize")?)?;
        let expected = opened(&OF_HASH, "encryptedVerifierHashValue")?;
        let got = hash.of(&[input]);
        if expected.get(..got.len()) == Some(&got) {
            let key = opened(&OF_KEY, "encryptedKeyValue")?;
            return key.get(..key_bytes).map(<[u8]>::to_vec);
        }
    }
    None
}

/// Base64 with blanks in it; padding may be left out.
fn base64(text: &str) -> Option<Vec<u8>> {
    let coded: Vec<u8> = text.bytes().filter(|b| *b != b'=' && !b.is_ascii_whitespace()).collect();
    STANDARD_NO_PAD.decode(coded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn base64_decodes() {
        assert_eq!(base64("aGVsbG8=").as_deref(), Some(&b"hello"[..]));
        assert_eq!(base64("aGVs bG8gIQ==").as_deref(), Some(&b"hello !"[..]));
        assert_eq!(base64("a*"), None);
    }

    #[test]
    fn rounds_that_a_file_asks_for_are_bounded() {
        let xml = |rounds: usize| {
            format!(
                "<keyData saltValue=\"AAAA\" hashAlgorithm=\"SHA1\" cipherAlgorithm=\"AES\" \
                 cipherChaining=\"ChainingModeCBC\" keyBits=\"128\"/><p:encryptedKey spinCount=\"{rounds}\" \
                 saltSize=\"16\" keyBits=\"128\" cipherAlgorithm=\"AES\" cipherChaining=\"ChainingModeCBC\" \
                 hashAlgorithm=\"SHA1\" saltValue=\"AAAA\" encryptedVerifierHashInput=\"AAAAAAAAAAAAAAAAAAAAAA==\" \
                 encryptedVerifierHashValue=\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\" encryptedKeyValue=\"AAAA\"/>"
            )
        };
        // The three passwords of Office are always tried, as far as that goes.
        for (rounds, left) in [(9, 3), (10, 0), (11, 8), (usize::MAX, 30)] {
            let mut budget = Budget::new(&Limits { key_rounds_max: 30, ..Limits::default() });
            assert_eq!(opened(xml(rounds).as_bytes(), &[0; 32], &[], &mut budget), None);
            assert!(!budget.key_rounds(left + 1), "{rounds}");
        }
    }
}
