//! XOR obfuscation of workbooks (MS-OFFCRYPTO 2.3.7, method 1).

use super::DEFAULTS;

const FILL: [u8; 15] = [0xbb, 0xff, 0xff, 0xba, 0xff, 0xff, 0xb9, 0x80, 0x00, 0xbe, 0x0f, 0x00, 0xbf, 0x0f, 0x00];
const PASSWORD_BYTES: usize = 15;

/// The octets that a stream is mixed with.
pub(crate) struct Key([u8; 16]);

impl Key {
    /// The key, if a password has the key and the check that a file names.
    pub(crate) fn find(key: u16, check: u16, passwords: &[String]) -> Option<Key> {
        let all = passwords.iter().map(String::as_str).chain(DEFAULTS);
        let octets = |password: &str| -> Vec<u8> {
            // One octet of each character, as the programs of its time did.
            let units = password.encode_utf16().map(|unit| unit.to_le_bytes());
            units.map(|[low, high]| if low == 0 { high } else { low }).take(PASSWORD_BYTES).collect()
        };
        let fitting = all.map(octets).find(|password| checksum(password) == check && base_key(password) == key)?;
        let [low, high] = key.to_le_bytes();
        let mixed = |(nth, octet): (usize, u8)| (octet ^ if nth % 2 == 0 { low } else { high }).rotate_left(2);
        let all: Vec<u8> = fitting.into_iter().chain(FILL).take(16).enumerate().map(mixed).collect();
        all.try_into().ok().map(Key)
    }

    /// Decrypts octets; `place` is where their record ends in the stream.
    pub(crate) fn apply(&self, place: usize, octets: &mut [u8]) {
        let key = self.0.iter().cycle().skip(place % 16);
        octets.iter_mut().zip(key).for_each(|(octet, key)| *octet = octet.rotate_left(3) ^ key);
    }
}

fn base_key(password: &[u8]) -> u16 {
    let (mut key, mut base, mut end) = (0u16, 0x8000u16, 0xffffu16);
    let turned = |value: u16| {
        let value = value.rotate_left(1);
        if value & 1 == 1 { value ^ 0x1020 } else { value }
    };
    for octet in password.iter().rev() {
        for bit in 0..7 {
            base = turned(base);
            if octet >> bit & 1 == 1 {
                key ^= base;
            }
        }
        base = turned(base);
        (0..8).for_each(|_| end = turned(end));
    }
    key ^ end
}

fn checksum(password: &[u8]) -> u16 {
    let start = if password.is_empty() { 0 } else { password.len() as u16 ^ 0xce4b };
    password.iter().zip(1..).fold(start, |hash, (octet, nth)| {
        let (octet, nth) = (u32::from(*octet), nth % 15);
        hash ^ ((octet << nth | octet >> (15 - nth)) & 0x7fff) as u16
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_those_of_excel() {
        // ECMA-376 Part 4, 3.3.1.81 has the first; the second is widely known from protected sheets.
        for (password, check) in [(&b"test"[..], 0xcbeb), (b"password", 0x83af)] {
            assert_eq!(checksum(password), check);
        }
    }

    #[test]
    fn a_password_opens_what_it_closed() {
        let key = base_key(b"secret");
        let found = Key::find(key, checksum(b"secret"), &["secret".into()]).unwrap();
        let mut octets = *b"some octets of a record";
        let closed: Vec<u8> = {
            let mix = found.0.iter().cycle().skip(40 % 16);
            octets.iter().zip(mix).map(|(octet, key)| (octet ^ key).rotate_right(3)).collect()
        };
        octets.copy_from_slice(&closed);
        found.apply(40, &mut octets);
        assert_eq!(&octets, b"some octets of a record");
        assert!(Key::find(key, 1, &["secret".into()]).is_none());
    }
}
