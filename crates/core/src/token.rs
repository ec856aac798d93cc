//! Tokens by which our own mail is known again: a keyed Message-ID that names a ticket, and the header of our copies.
//!
//! Both are `name.….mac` in lower-case base32, so a relay or a helpdesk that changes the case of an id does no harm. The
//! MAC has 130 bits of HMAC-SHA-256; the domain is not under it, since relays rewrite domains and it names nothing.

use crate::{Digest, TokenKey, base32};
use aws_lc_rs::constant_time::verify_slices_are_equal;

/// The header of our own copies.
pub const OWN_COPY_HEADER: &str = "X-Lazaret-Copy";

/// Octets of an id at most: some helpdesks keep 255 and cut in silence.
pub const ID_BYTES_MAX: usize = 250;

const MAC_LETTERS: usize = 26;
const TICKET_LETTERS: usize = 8;
const UNIQUE_LETTERS_MAX: usize = 64;
const DOMAIN_BYTES_MAX: usize = ID_BYTES_MAX - "lz...@".len() - TICKET_LETTERS - UNIQUE_LETTERS_MAX - MAC_LETTERS;

impl TokenKey {
    /// A Message-ID (RFC 5322 3.6.4, without `<>`) that names `ticket` (`LZ-XXXX-XXXX`): at most [`ID_BYTES_MAX`] octets.
    /// The same arguments always give the same id. `unique` is what tells the mails of one ticket apart; one that has
    /// other characters than letters, digits and hyphens, or more than 64, is replaced by its hash. A `ticket` that is no
    /// reference gives an id that never verifies.
    pub fn message_id(&self, ticket: &str, unique: &str, domain: &str) -> String {
        let ticket = letters_of(ticket).unwrap_or_else(|| "none".to_owned());
        let unique = self.tame(unique);
        let mac = self.text_mac(&[b"message-id", ticket.as_bytes(), unique.as_bytes()]);
        format!("lz.{ticket}.{unique}.{mac}@{}", tame_domain(domain))
    }

    /// The ticket (`LZ-XXXX-XXXX`) that an id names, if we made it. Takes any text; `<>`, white space around it and case
    /// do not matter.
    pub fn verify_message_id(&self, id: &str) -> Option<String> {
        let id = lower(id)?;
        let (local, _) = id.split_once('@')?;
        let [tag, ticket, unique, mac] = pieces(local)?;
        let good = tag == "lz" && is_ticket(ticket) && !unique.is_empty();
        let same = self.is_mac(&[b"message-id", ticket.as_bytes(), unique.as_bytes()], mac);
        (good && same).then(|| written(ticket))
    }

    /// What was given as `unique`, in lower case, of an id that we made; of one that was replaced, its hash.
    pub fn verify_unique(&self, id: &str) -> Option<String> {
        self.verify_message_id(id)?;
        let id = lower(id)?;
        let [_, _, unique, _] = pieces(id.split_once('@')?.0)?;
        Some(unique.to_owned())
    }

    /// The value of [`OWN_COPY_HEADER`] for the clean copy that stands for the message `digest` of `mailbox`.
    pub fn own_copy(&self, ticket: &str, mailbox: &str, digest: &Digest) -> String {
        let ticket = letters_of(ticket).unwrap_or_else(|| "none".to_owned());
        let which = first_letters(&digest.0);
        let mac = self.text_mac(&[b"own-copy", ticket.as_bytes(), mailbox.as_bytes(), which.as_bytes()]);
        format!("v1.{ticket}.{which}.{mac}")
    }

    /// The ticket that a copy stands for, if we made it for this mailbox.
    pub fn verify_own_copy(&self, value: &str, mailbox: &str) -> Option<String> {
        let value = lower(value)?;
        let [tag, ticket, which, mac] = pieces(&value)?;
        let good = tag == "v1" && is_ticket(ticket);
        let same = self.is_mac(&[b"own-copy", ticket.as_bytes(), mailbox.as_bytes(), which.as_bytes()], mac);
        (good && same).then(|| written(ticket))
    }

    fn text_mac(&self, parts: &[&[u8]]) -> String {
        first_letters(&self.mac(parts))
    }

    fn is_mac(&self, parts: &[&[u8]], mac: &str) -> bool {
        verify_slices_are_equal(self.text_mac(parts).as_bytes(), mac.as_bytes()).is_ok()
    }

    fn tame(&self, unique: &str) -> String {
        let tame = (1..=UNIQUE_LETTERS_MAX).contains(&unique.len())
            && unique.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if tame { unique.to_ascii_lowercase() } else { self.text_mac(&[b"unique", unique.as_bytes()]) }
    }
}

/// The domain as far as it fits an id: its last labels, and only characters of host names.
fn tame_domain(domain: &str) -> String {
    let mut domain: String =
        domain.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.')).collect::<String>();
    domain.make_ascii_lowercase();
    let mut rest = domain.trim_matches('.');
    while rest.len() > DOMAIN_BYTES_MAX {
        rest = rest.split_once('.').map_or("", |(_, tail)| tail);
    }
    if rest.is_empty() { "lazaret.invalid".to_owned() } else { rest.to_owned() }
}

fn lower(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')).unwrap_or(text);
    (text.len() <= ID_BYTES_MAX).then(|| text.to_ascii_lowercase())
}

fn pieces(text: &str) -> Option<[&str; 4]> {
    let mut pieces = text.split('.');
    let four = [pieces.next()?, pieces.next()?, pieces.next()?, pieces.next()?];
    pieces.next().is_none().then_some(four)
}

fn first_letters(octets: &[u8]) -> String {
    base32::encode_lower(octets).chars().take(MAC_LETTERS).collect()
}

fn is_ticket(letters: &str) -> bool {
    letters.len() == TICKET_LETTERS && letters.chars().all(base32::is_letter)
}

/// `LZ-7K2Q-M4XD` to `7k2qm4xd`.
fn letters_of(ticket: &str) -> Option<String> {
    let (tag, tail) = ticket.split_once('-')?;
    let (a, b) = tail.split_once('-')?;
    let letters = format!("{a}{b}").to_ascii_lowercase();
    (tag.eq_ignore_ascii_case("lz") && a.len() == 4 && is_ticket(&letters)).then_some(letters)
}

/// `7k2qm4xd` to `LZ-7K2Q-M4XD`.
fn written(letters: &str) -> String {
    let upper = letters.to_ascii_uppercase();
    let (a, b) = upper.split_at_checked(4).unwrap_or((&upper, ""));
    format!("LZ-{a}-{b}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TICKET: &str = "LZ-7K2Q-M4XD";

    fn key(seed: u8) -> TokenKey {
        TokenKey::new([seed; 32])
    }

    #[test]
    fn ids_verify_whatever_a_relay_does_to_their_case() {
        let id = key(1).message_id(TICKET, "0192-AB", "Mail.Acme.Example");
        assert!(id.starts_with("lz.7k2qm4xd.0192-ab."), "{id}");
        assert!(id.ends_with("@mail.acme.example"), "{id}");
        let other_domain = id.replace("mail.acme.example", "relay.example");
        for seen in [id.clone(), id.to_uppercase(), format!(" <{id}> "), other_domain] {
            assert_eq!(key(1).verify_message_id(&seen).as_deref(), Some(TICKET), "{seen}");
        }
        assert_eq!(key(2).verify_message_id(&id), None);
        assert_eq!(key(1).verify_unique(&id).as_deref(), Some("0192-ab"));
        assert_eq!((key(2).verify_unique(&id), key(1).verify_unique("lz@x")), (None, None));
    }

    #[test]
    fn every_changed_character_counts() {
        let id = key(1).message_id(TICKET, "17", "acme.example");
        let local = id.split_once('@').expect("made so").0.len();
        for at in 0..local {
            let mut bytes = id.clone().into_bytes();
            bytes[at] = if bytes[at] == b'a' { b'b' } else { b'a' };
            let changed = String::from_utf8(bytes).expect("ASCII");
            assert_eq!(key(1).verify_message_id(&changed), None, "{at}");
        }
        for cut in 0..local {
            let cut = format!("{}@acme.example", &id[..cut]);
            assert_eq!(key(1).verify_message_id(&cut), None, "{cut}");
        }
    }

    #[test]
    fn ids_are_never_long_and_always_verify() {
        let long = "a".repeat(63);
        let longest = format!("{long}.{long}.{long}.{}", "b".repeat(61));
        let domains = ["acme.example", longest.as_str(), &"x".repeat(300), "", "a b\r\nBcc: x", "münchen.example"];
        let uniques = ["1", &"u".repeat(64), &"u".repeat(65), "", "a.b", "ü", "a@b>\r\n"];
        for domain in domains {
            for unique in uniques {
                let id = key(1).message_id(TICKET, unique, domain);
                assert!(id.len() <= ID_BYTES_MAX, "{}", id.len());
                assert!(id.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>'), "{id}");
                assert_eq!(key(1).verify_message_id(&id).as_deref(), Some(TICKET), "{id}");
            }
        }
        assert_ne!(key(1).message_id(TICKET, "a.b", "x"), key(1).message_id(TICKET, "a.c", "x"));
    }

    #[test]
    fn copies_are_bound_to_their_mailbox() {
        let value = key(1).own_copy(TICKET, "support", &Digest([7; 32]));
        assert_eq!(key(1).verify_own_copy(&value, "support").as_deref(), Some(TICKET));
        assert_eq!(key(1).verify_own_copy(&value, "sales"), None);
        assert_eq!(key(2).verify_own_copy(&value, "support"), None);
        assert_ne!(value, key(1).own_copy(TICKET, "support", &Digest([8; 32])));
        // An id is no copy and a copy is no id.
        let id = key(1).message_id(TICKET, "17", "support");
        assert_eq!(key(1).verify_own_copy(id.split_once('@').expect("made so").0, "support"), None);
        assert_eq!(key(1).verify_message_id(&format!("{value}@support")), None);
    }

    #[test]
    fn what_is_no_reference_gives_no_token() {
        for ticket in ["", "LZ-7K2Q-M4X", "LZ-7K2Q-M4XD5", "LZ7K2QM4XD", "LZ-7K2Q-M401", "XX-7K2Q-M4XD", "LZ-7K2-QM4XD"]
        {
            let id = key(1).message_id(ticket, "17", "acme.example");
            assert_eq!(key(1).verify_message_id(&id), None, "{ticket}");
            let copy = key(1).own_copy(ticket, "support", &Digest([7; 32]));
            assert_eq!(key(1).verify_own_copy(&copy, "support"), None, "{ticket}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "\\PC{0,300}", noise in proptest::collection::vec(any::<char>(), 0..60)) {
            let noise: String = noise.into_iter().collect();
            for text in [text.clone(), noise.clone(), format!("lz.{text}.{noise}.x@y"), format!("lz.aaaaaaaa.1.{noise}@x")] {
                prop_assert_eq!(key(1).verify_message_id(&text), None);
                prop_assert_eq!(key(1).verify_own_copy(&text, "support"), None);
            }
            let id = key(1).message_id(TICKET, &text, &noise);
            prop_assert_eq!(key(1).verify_message_id(&id), Some(TICKET.to_owned()));
        }
    }
}
