//! Credentials that come in halves: a user name now and the password in the next mail, an encrypted file and its password
//! apart. What a message says is kept as facts, never as values; a mail that is then little more than one word like a
//! password is read by them.

use crate::thread::Facts;

/// Bytes of a mail that is looked at for one lone word.
const LONE_BYTES_MAX: usize = 600;
/// Bytes of a text that are looked at for facts.
const FACTS_BYTES_MAX: usize = 16 << 10;
/// Words beside the one, after what introduces it or before it.
const OTHER_WORDS_MAX: usize = 8;
/// The same where nothing introduces it.
const OTHER_WORDS_BARE_MAX: usize = 3;
/// Characters of a password that is told by its form.
const WORD_CHARS: std::ops::RangeInclusive<usize> = 6..=64;
/// The same where the words say that it is a part of one.
const PART_CHARS_MIN: usize = 4;

/// What a user name is called. The second half of the list is also called so where something else is meant: those need a
/// sign after them.
const USER_NAME: [&str; 18] = [
    "user name",
    "username",
    "user id",
    "userid",
    "login name",
    "benutzername",
    "anmeldename",
    "identifiant",
    "nom d'utilisateur",
    "nombre de usuario",
    "nome utente",
    "gebruikersnaam",
    "nome de utilizador",
    "användarnamn",
    "brugernavn",
    "brukernavn",
    "nazwa użytkownika",
    "uživatelské jméno",
];
const USER_NAME_WITH_SIGN: [&str; 6] = ["login", "user", "usuario", "benutzer", "kennung", "log-in"];

const PASSWORD: [&str; 22] = [
    "password",
    "passwords",
    "passphrase",
    "passcode",
    "pass code",
    "pwd",
    "credentials",
    "passwort",
    "kennwort",
    "zugangsdaten",
    "mot de passe",
    "mots de passe",
    "contraseña",
    "clave",
    "wachtwoord",
    "parola d'ordine",
    "senha",
    "palavra-passe",
    "lösenord",
    "adgangskode",
    "passord",
    "hasło",
];

/// That it comes apart, or in parts.
const APART: [&str; 40] = [
    "separate",
    "separately",
    "another mail",
    "another email",
    "another e-mail",
    "another message",
    "other mail",
    "other email",
    "next mail",
    "next email",
    "next message",
    "second mail",
    "second email",
    "second message",
    "follow-up",
    "to follow",
    "follows",
    "will follow",
    "first half",
    "first part",
    "second half",
    "second part",
    "other half",
    "getrennt",
    "separat",
    "gesondert",
    "weiteren mail",
    "nächsten mail",
    "zweiten mail",
    "folgt",
    "séparément",
    "séparé",
    "autre mail",
    "autre message",
    "suivra",
    "por separado",
    "otro correo",
    "separatamente",
    "aparte",
    "volgt",
];

/// Words of a line that opens or closes a letter.
const CIVIL: &str = "hi hello hey dear good hallo liebe lieber sehr guten moin servus bonjour salut hola buenos ciao buongiorno \
    beste geachte thanks thank cheers regards best kind many sincerely danke viele vielen grüße gruß mfg lg \
    merci cordialement gracias saludos grazie";

/// Words beside a reference, an item or a measure: what they name is no password.
const OTHER_THINGS: &str = "order ref reference ticket case invoice tracking parcel shipment number no nr nummer serial model version \
    build release date time phone tel call room flight booking bestellung rechnung rechnungsnummer bestellnummer \
    sendung commande facture pedido factura file datei error id sku part-number windows browser device";

/// How words begin that have a digit and are no password: products, places, times, references.
const STEMS: &str = "windows win office iphone ipad ios ipados macos macbook galaxy pixel android chrome firefox edge safari \
    ubuntu debian python java version release build room level floor ticket order ref case invoice inv item page \
    line part step section figure table covid port route exchange server";

const MONTHS: &str = "jan feb mar apr may jun jul aug sep oct nov dec";

/// What a text sends, by its words.
pub(super) fn facts(text: &str) -> Facts {
    let text = head(text, FACTS_BYTES_MAX).to_lowercase();
    let mut facts = Facts::default();
    for sentence in text.split(['\n', ';', '!', '?']).flat_map(|line| line.split(". ")) {
        if has_any(sentence, &PASSWORD) && has_any(sentence, &APART) {
            facts = facts | Facts::PASSWORD_FOLLOWS;
        }
        if names_a_user(sentence) {
            facts = facts | Facts::USER_NAME;
        }
    }
    facts
}

/// What a subject says: one that names a password announces it.
pub(super) fn facts_of_subject(subject: &str) -> Facts {
    let subject = head(subject, LONE_BYTES_MAX).to_lowercase();
    match has_any(&subject, &PASSWORD) {
        true => Facts::PASSWORD_FOLLOWS,
        false => Facts::default(),
    }
}

/// Is a user name followed by one?
fn names_a_user(sentence: &str) -> bool {
    let value = |rest: &str, needs_sign: bool| {
        let rest = rest.trim_start();
        let after_sign = rest.strip_prefix([':', '=']).map(str::trim);
        let verbs = ["is ", "ist ", "lautet ", "est ", "es ", "è ", "é ", "är ", "er "];
        let after_verb = || verbs.iter().find_map(|verb| rest.strip_prefix(verb)).map(str::trim);
        let word = |text: &str| {
            text.split_whitespace().next().unwrap_or_default().trim_matches(['"', '\'', ',', '.']).to_owned()
        };
        match (after_sign, needs_sign) {
            (Some(text), _) => !word(text).is_empty(),
            (None, true) => {
                after_verb().is_some_and(|text| word(text).contains(|c: char| c.is_ascii_digit() || "._@".contains(c)))
            }
            (None, false) => after_verb().is_some_and(|text| {
                let word = word(text);
                let others = [
                    "not",
                    "wrong",
                    "incorrect",
                    "invalid",
                    "required",
                    "missing",
                    "unknown",
                    "blank",
                    "the",
                    "my",
                    "a",
                    "no",
                    "locked",
                    "disabled",
                    "same",
                    "correct",
                    "right",
                    "still",
                    "always",
                ];
                word.chars().count() >= 2 && !others.contains(&word.as_str())
            }),
        }
    };
    let after = |names: &[&str], needs_sign: bool| {
        names
            .iter()
            .any(|name| places(sentence, name).any(|end| value(sentence.get(end..).unwrap_or_default(), needs_sign)))
    };
    after(&USER_NAME, false) || after(&USER_NAME_WITH_SIGN, true)
}

/// The one word of a mail that is little more than it, if it is like a password and the facts say that one was to come.
pub(super) fn lone(text: &str, facts: Facts) -> Option<&str> {
    if facts.is_empty() || text.len() > LONE_BYTES_MAX {
        return None;
    }
    // A password is asked for and announced; a user name alone says less.
    let announced = facts.has(Facts::ENCRYPTED | Facts::PASSWORD_FOLLOWS);
    let mut found: Option<(&str, bool)> = None;
    let mut others: Vec<String> = Vec::new();
    for line in text.lines() {
        let first = line.split_whitespace().next().unwrap_or_default();
        let civil = is_listed(CIVIL, &first.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase());
        if civil && found.is_some() && !line.contains(|c: char| c.is_ascii_digit()) {
            // What follows a closing line is a name.
            break;
        }
        let mut before = "";
        for word in line.split_whitespace() {
            let bare = trimmed(word);
            let introduced = before.ends_with([':', '=']);
            let part = others.iter().any(|w| matches!(w.as_str(), "half" | "part" | "rest" | "hälfte" | "teil"));
            if is_like_a_password(bare, introduced || announced, introduced && part) {
                if found.is_some_and(|(other, _)| other != bare) {
                    return None;
                }
                found = Some((bare, introduced));
            } else if !civil && bare.chars().any(char::is_alphanumeric) {
                others.push(bare.to_lowercase());
            }
            before = word;
        }
    }
    let (word, introduced) = found?;
    let few = if introduced { OTHER_WORDS_MAX } else { OTHER_WORDS_BARE_MAX };
    let other_thing = others.iter().any(|other| is_listed(OTHER_THINGS, other));
    (others.len() <= few && !other_thing).then_some(word)
}

/// Without quotes, brackets and the marks of a sentence. An exclamation mark stays where it may be of the password.
fn trimmed(word: &str) -> &str {
    let around = |c: char| {
        matches!(
            c,
            '"' | '\'' | '`' | '(' | ')' | '[' | ']' | '<' | '>' | '“' | '”' | '„' | '*' | ',' | ';' | ':' | '.'
        )
    };
    word.trim_matches(around)
}

fn is_like_a_password(word: &str, announced: bool, part: bool) -> bool {
    let chars = word.chars().count();
    let long = WORD_CHARS.contains(&chars) || part && (PART_CHARS_MIN..=*WORD_CHARS.end()).contains(&chars);
    let has = |of: fn(char) -> bool| word.chars().any(of);
    let (digit, lower, upper) = (has(|c| c.is_ascii_digit()), has(char::is_lowercase), has(char::is_uppercase));
    let sign = word.get(1..).is_some_and(|rest| rest.contains(['@', '#', '$', '%', '^', '*', '_', '!', '?']));
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let inner_sign =
        word.get(1..word.len().saturating_sub(1)).is_some_and(|rest| rest.contains(['@', '#', '$', '%', '^']));
    let strong = lower && (digit && (upper || sign) || upper && inner_sign);
    let weak = lower && digit;
    long && (letters >= 3 || part && letters >= 2) && (strong || announced && weak) && !is_something_else(word)
}

/// A link, an address, a file, a hash, a date, a measure, a product, a reference.
fn is_something_else(word: &str) -> bool {
    let lower = word.to_lowercase();
    let stem: String = lower.chars().take_while(|c| c.is_alphabetic()).collect();
    let tail = lower.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ','));
    let measure = tail.len() < lower.len()
        && !tail.is_empty()
        && tail.chars().all(char::is_alphabetic)
        && word.chars().all(|c| !c.is_uppercase());
    let dotted = lower
        .rsplit_once('.')
        .is_some_and(|(_, end)| (1..=4).contains(&end.len()) && end.chars().all(char::is_alphanumeric));
    let hash = lower.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    let month = lower.split(|c: char| !c.is_alphabetic()).any(|piece| is_listed(MONTHS, piece));
    let address = lower.split_once('@').is_some_and(|(_, host)| host.contains('.'));
    let path = lower.contains(['/', '\\', ':', '|']);
    path || address || dotted || hash || measure || month || is_listed(STEMS, &stem)
}

fn head(text: &str, bytes_max: usize) -> &str {
    let end = (0..=bytes_max.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

/// Is a word in a list with spaces between?
fn is_listed(list: &str, word: &str) -> bool {
    !word.is_empty() && list.split(' ').any(|listed| listed == word)
}

fn has_any(text: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| places(text, phrase).next().is_some())
}

/// Where a phrase ends that stands as whole words.
fn places<'a>(text: &'a str, phrase: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(phrase).map(|(at, found)| (at, at + found.len())).filter_map(|(start, end)| {
        let before = text.get(..start)?.chars().next_back();
        let after = text.get(end..)?.chars().next();
        let whole = !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric);
        whole.then_some(end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_tell_what_was_sent() {
        let (user, follows, nothing) = (Facts::USER_NAME, Facts::PASSWORD_FOLLOWS, Facts::default());
        for (text, want) in [
            ("My username is jdoe, the portal says no.", user),
            ("User name: jdoe\nPortal: west", user),
            ("Benutzername: mmoss", user),
            ("Login: mia.moss", user),
            ("my login is mia.moss", user),
            ("The password will be sent separately.", follows),
            ("Password to follow in another email", follows),
            ("Das Passwort folgt in einer weiteren Mail.", follows),
            ("Le mot de passe suivra", follows),
            ("This is the first half of the password", follows),
            ("username: jdoe, password follows separately", user | follows),
            ("My login is broken", nothing),
            ("My username is wrong", nothing),
            ("I forgot my password", nothing),
            ("A user is locked out.", nothing),
            ("Please send it separately", nothing),
            ("", nothing),
        ] {
            assert_eq!(facts(text), want, "{text}");
        }
    }

    #[test]
    fn a_lone_word_is_read_by_what_was_sent_before() {
        let encrypted = Facts::ENCRYPTED;
        for (text, want) in [
            ("Kangaroo77", Some("Kangaroo77")),
            ("hier: Kangaroo77", Some("Kangaroo77")),
            ("and the second part: roo7", Some("roo7")),
            ("Hi Anna,\n\nKangaroo77\n\nThanks\nMia Moss", Some("Kangaroo77")),
            ("It is \"wombat-Blue4\".", Some("wombat-Blue4")),
            ("here you go: hunter2x", Some("hunter2x")),
            ("Str@nge#day", Some("Str@nge#day")),
            ("thanks!", None),
            ("Thanks Anna Smith", None),
            ("12345678", None),
            ("INC0012345", None),
            ("LZ-7K2Q-M4XD", None),
            ("order: Kx48213b", None),
            ("my reference is Kx48213b", None),
            ("12-Mar-2026", None),
            ("Windows11", None),
            ("It is iPhone15", None),
            ("500mbit", None),
            ("report2026.pdf", None),
            ("mia77@customer.example", None),
            ("https://acme.example/Abc123", None),
            ("9f86d081884c7d65", None),
            ("Kangaroo77 Wombat88", None),
            ("When I open the page of the shop it says Kangaroo77 and then it stops.", None),
            ("", None),
        ] {
            assert_eq!(lone(text, encrypted), want, "{text}");
        }
    }

    #[test]
    fn without_a_fact_no_word_is_a_password() {
        assert_eq!(lone("Kangaroo77", Facts::default()), None);
        assert_eq!(lone("Kangaroo77", Facts::USER_NAME), Some("Kangaroo77"));
        assert_eq!(lone("jdoe85", Facts::USER_NAME), None, "it may be the user name");
    }
}
