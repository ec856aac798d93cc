//! Marks: what stands in a text where a value stood. `[payment card ••••1111 · C7K2QM4X]`: the kind of value, at most
//! the last four characters of a card or account, and a keyed tag that is the same for the same value.

use crate::{Digest, MarkKey, base32};
use lazaret_scan::Class;
use lazaret_scan::marks::{BEFORE_TAG, DOTS, TAG_LETTERS, is_tail};
use std::ops::Range;

/// The words of one language.
#[derive(Debug)]
pub(crate) struct Words {
    /// ISO 639-1.
    language: &'static str,
    /// What a value of an exact type is called, where its class alone says too little.
    entities: &'static [(&'static str, &'static str)],
    /// What a value of a class is called.
    class: fn(Class) -> &'static str,
    /// What stands for a part that is left out.
    withheld: &'static str,
}

/// Every language that marks are written in. One more is one more table.
static LANGUAGES: &[&Words] = &[ENGLISH];

pub(crate) static ENGLISH: &Words = &Words {
    language: "en",
    entities: &[
        ("card_security_code", "card security code"),
        ("card_expiry", "card expiry date"),
        ("card_track_data", "card track data"),
        ("us_ssn", "social security number"),
        ("us_itin", "taxpayer number"),
        ("au_tfn", "tax file number"),
        ("au_medicare", "Medicare number"),
        ("uk_nino", "national insurance number"),
        ("gb_nino", "national insurance number"),
        ("uk_nhs", "NHS number"),
        ("gb_nhs", "NHS number"),
        ("nl_bsn", "citizen service number"),
        ("password", "password"),
        ("url_password", "password"),
        ("command_line_password", "password"),
        ("pin", "PIN"),
        ("one_time_code", "one-time code"),
        ("recovery_codes", "recovery codes"),
        ("totp_seed", "one-time code key"),
        ("meeting_passcode", "meeting passcode"),
        ("generic_secret", "password or key"),
        ("private_key", "private key"),
        ("age_secret_key", "private key"),
        ("pgp_private_key", "private key"),
        ("ssh_private_key", "private key"),
        ("pem_private_key", "private key"),
        ("connection_string", "connection string"),
        ("jwt", "access token"),
        ("bearer_token", "access token"),
        ("http_basic_auth", "login header"),
        ("seed_phrase", "recovery phrase"),
    ],
    class: |class| match class {
        Class::CreditCard => "payment card",
        Class::Iban => "IBAN",
        Class::BankAccount => "bank account",
        Class::NationalId => "identity number",
        Class::TaxId => "tax number",
        Class::CompanyId => "company number",
        Class::HealthId => "health number",
        Class::Passport => "passport number",
        Class::DriverLicense => "driving licence number",
        Class::VehiclePlate => "number plate",
        Class::Phone => "phone number",
        Class::Email => "e-mail address",
        Class::Address => "street address",
        Class::PostalCode => "postal code",
        Class::Person => "name",
        Class::Date => "date",
        Class::DateOfBirth => "date of birth",
        Class::Age => "age",
        Class::IpAddress => "IP address",
        Class::MacAddress => "hardware address",
        Class::Url => "link",
        Class::CryptoAddress => "crypto address",
        Class::Secret => "access key",
        Class::StudentRecord => "student record",
        Class::BulkRecords => "records of many people",
        Class::Custom => "protected value",
    },
    withheld: "withheld",
};

/// The words for a language (ISO 639-1), English where there are none.
pub(crate) fn words(language: &str) -> &'static Words {
    LANGUAGES.iter().copied().find(|w| w.language.eq_ignore_ascii_case(language)).unwrap_or(ENGLISH)
}

/// What a value is called.
pub(crate) fn kind(class: Class, entity: &str, words: &Words) -> &'static str {
    words.entities.iter().find(|(name, _)| *name == entity).map_or_else(|| (words.class)(class), |(_, kind)| kind)
}

/// The line that stands for a part that is left out.
pub(crate) fn withheld(kind: &str, words: &Words) -> String {
    format!("[{}: {kind}]", words.withheld)
}

/// The mark of a value.
pub(crate) fn mark(kind: &str, tail: Option<&str>, tag: &str) -> String {
    match tail.filter(|t| is_tail(t)) {
        Some(tail) => format!("[{kind}{DOTS}{tail}{BEFORE_TAG}{tag}]"),
        None => format!("[{kind}{BEFORE_TAG}{tag}]"),
    }
}

/// The tag of a value. Types whose values could be enumerated by who knows the key (or by who sees that two tickets have
/// the same tag) are keyed per message by its digest.
pub(crate) fn tag(key: &MarkKey, class: Class, entity: &str, canonical: &str, message: &Digest) -> String {
    let salt: &[u8] = if is_enumerable(class, entity) { &message.0 } else { &[] };
    let mac = key.mac(&[b"mark", entity.as_bytes(), canonical.as_bytes(), salt]);
    base32::encode(&mac).chars().take(TAG_LETTERS).collect()
}

fn is_enumerable(class: Class, entity: &str) -> bool {
    matches!(class, Class::Secret | Class::DateOfBirth | Class::Date | Class::Age | Class::PostalCode)
        || entity.split('_').any(|word| matches!(word, "pin" | "cvv" | "cvc" | "security" | "expiry"))
}

/// The marks that stand in a text, by start.
pub(crate) fn spans(text: &str) -> Vec<Range<usize>> {
    lazaret_scan::marks::all(text)
}

#[cfg(test)]
fn kinds(words: &'static Words) -> impl Iterator<Item = &'static str> {
    words.entities.iter().map(|(_, kind)| *kind).chain(Class::ALL.iter().map(|class| (words.class)(*class)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lazaret_scan::marks::KINDS;

    #[test]
    fn every_kind_is_known_to_the_scanner() {
        for kind in LANGUAGES.iter().flat_map(|words| kinds(words)) {
            assert!(KINDS.contains(&kind), "{kind}");
        }
    }

    #[test]
    fn every_mark_is_known_again() {
        for words in LANGUAGES {
            for kind in kinds(words) {
                for tail in [None, Some("1111"), Some("x")] {
                    let mark = mark(kind, tail, "C7K2QM4X");
                    let text = format!("my {mark}, then [x · C7K2QM4X] and {mark}");
                    let found: Vec<&str> = spans(&text).into_iter().filter_map(|s| text.get(s)).collect();
                    assert_eq!(found, [mark.as_str(), mark.as_str()], "{kind}");
                }
            }
        }
    }

    #[test]
    fn a_mark_has_no_room_for_a_value() {
        let forged = [
            "[4111111111111111 · C7K2QM4X]",
            "[payment card 4111111111111111 · C7K2QM4X]",
            "[payment card ••••41111 · C7K2QM4X]",
            "[payment card ••••11 11 · C7K2QM4X]",
            "[payment card · c7k2qm4x]",
            "[payment card · C7K2QM4]",
            "[payment card · C7K2QM4XX]",
            "[payment card · C7K2QM4X",
            "payment card · C7K2QM4X]",
        ];
        for text in forged {
            assert!(spans(text).is_empty(), "{text}");
        }
        assert_eq!(mark("payment card", Some("41111"), "C7K2QM4X"), "[payment card · C7K2QM4X]");
    }

    #[test]
    fn tags_follow_the_value_and_secrets_the_message_too() {
        let key = MarkKey::new([1; 32]);
        let (a, b) = (Digest([1; 32]), Digest([2; 32]));
        let card =
            |key: &MarkKey, message: &Digest| tag(key, Class::CreditCard, "credit_card", "4111111111111111", message);
        assert_eq!(card(&key, &a), card(&key, &b));
        assert_ne!(card(&key, &a), card(&MarkKey::new([2; 32]), &a));
        assert_eq!(card(&key, &a).len(), TAG_LETTERS);
        for (class, entity) in [
            (Class::Secret, "password"),
            (Class::DateOfBirth, "date_of_birth"),
            (Class::CreditCard, "card_security_code"),
            (Class::Custom, "door_pin"),
        ] {
            assert_ne!(tag(&key, class, entity, "123", &a), tag(&key, class, entity, "123", &b), "{entity}");
            assert_eq!(tag(&key, class, entity, "123", &a), tag(&key, class, entity, "123", &a), "{entity}");
        }
    }
}
