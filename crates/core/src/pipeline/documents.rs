//! The texts of documents: read by others, scanned here like any text of the message.

use super::Pipeline;
use super::examine::{By, scanned};
use crate::documents::{self, Documents};
use crate::tree::{Home, Message, Source, Text, Unread};
use crate::{OpaqueWhy, PartPath, Raw};
use lazaret_docs::{Content, Coverage, Document};
use lazaret_scan::{Class, Placement};
use zeroize::Zeroizing;

/// Characters of a word that is tried as a password.
const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 3..=64;
/// Passwords of one message that are tried.
const PASSWORDS_MAX: usize = 20;
/// Bytes of a text that is searched for passwords.
const SEARCHED_BYTES_MAX: usize = 64 << 10;

/// What a password is called where one is told for a file, in lower case.
const NAMES: [&str; 22] = [
    "password",
    "passwort",
    "passwd",
    "pwd",
    "pw",
    "pass",
    "passphrase",
    "passcode",
    "kennwort",
    "code",
    "key",
    "mot de passe",
    "mdp",
    "contraseña",
    "clave",
    "wachtwoord",
    "senha",
    "palavra-passe",
    "hasło",
    "lösenord",
    "adgangskode",
    "passord",
];

impl Pipeline {
    /// Has every document of a message read. What is encrypted is tried with the passwords that the message tells, which
    /// stay in memory.
    pub(crate) fn read_documents(&self, read: &mut Message, documents: &mut dyn Documents) {
        for unread in std::mem::take(&mut read.unread) {
            let mut document = documents::read(documents, unread.file.as_file(&read.passwords), &[]);
            if document.as_ref().is_ok_and(is_encrypted) && read.passwords.is_empty() {
                read.passwords = self.passwords(read);
                if !read.passwords.is_empty() {
                    document = documents::read(documents, unread.file.as_file(&read.passwords), &[]);
                }
            }
            read.add_document(&unread, document);
        }
    }

    /// Words of a message that may open a file of it: what the rules take for a secret, and what stands after the name of
    /// one. The surest first, each once.
    fn passwords(&self, read: &Message) -> Zeroizing<Vec<String>> {
        let mut found: Zeroizing<Vec<String>> = Zeroizing::default();
        let bodies = || read.texts.iter().filter(|text| matches!(text.home, Home::Subject | Home::Body | Home::Html));
        for text in bodies() {
            for hit in self.examine_text(scanned(text), text.placement, &[]).hits {
                let By::Rule(ix) = hit.by else { continue };
                if self.rules.rule(ix).is_some_and(|rule| rule.class == Class::Secret) {
                    add_password(&mut found, scanned(text).get(hit.span).unwrap_or_default());
                }
            }
        }
        bodies().for_each(|text| after_names(scanned(text), &mut found));
        found
    }
}

/// A word, and the same without the mark that ends its sentence.
fn add_password(found: &mut Vec<String>, word: &str) {
    let word =
        word.trim_matches(|c: char| matches!(c, '"' | '\'' | '`' | '“' | '”' | '„' | '«' | '»') || c.is_whitespace());
    for word in [word, word.trim_end_matches(['.', ',', ';', ')'])] {
        let fits = PASSWORD_CHARS.contains(&word.chars().count()) && found.len() < PASSWORDS_MAX;
        if fits && !found.iter().any(|known| known == word) {
            found.push(word.to_owned());
        }
    }
}

/// What stands after the name of a password and a sign or verb: `Passwort: x`, `the password is "x"`.
fn after_names(text: &str, found: &mut Vec<String>) {
    let end = (0..=SEARCHED_BYTES_MAX.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    for line in text.get(..end).unwrap_or_default().lines() {
        // Lower case may be of another length: only then is the line not understood.
        let lower = line.to_lowercase();
        for name in NAMES {
            for (at, _) in lower.match_indices(name) {
                let starts =
                    !lower.get(..at).and_then(|head| head.chars().next_back()).is_some_and(char::is_alphanumeric);
                let rest = line.get(at + name.len()..).filter(|_| starts && lower.len() == line.len());
                let Some(rest) = rest.map(str::trim_start) else { continue };
                let verbs = [":", "=", "is ", "ist ", "lautet ", "lautet: ", "est ", "es ", "è ", "é ", "är ", "er "];
                let after = verbs
                    .iter()
                    .find_map(|verb| rest.strip_prefix(verb))
                    .map(|rest| rest.trim_start_matches([':', ' ', '\t']));
                let Some(after) = after else { continue };
                add_password(found, after.split_whitespace().next().unwrap_or_default());
                // A phrase of several words in quotes, or alone on its line.
                add_password(found, after);
            }
        }
    }
}

fn is_encrypted(document: &Document) -> bool {
    document.parts.iter().any(|part| part.content == Content::Opaque(lazaret_docs::Why::Encrypted))
}

impl Message {
    fn add_document(&mut self, unread: &Unread, document: Result<Document, OpaqueWhy>) {
        let size = unread.file.octets.len() as u64;
        let whole = Coverage { unexamined_bytes: size, ..Coverage::default() };
        let Document { parts, coverage, .. } = match document {
            Ok(document) => document,
            Err(why) => {
                self.add_opaque(unread, &unread.path, why);
                self.cover(unread, whole);
                return;
            }
        };
        self.cover(unread, coverage);
        for part in parts {
            let path = PartPath::new(format!("{}{}", unread.path.as_str(), part.path));
            self.types.entry(path.clone()).or_insert(part.media_type);
            match part.content {
                Content::Opaque(why) => self.add_opaque(unread, &path, why.into()),
                Content::Text(text) if text.trim().is_empty() => {}
                Content::Text(text) => {
                    let home = match unread.attachment {
                        // A file that is one text is shown as one.
                        Some(at) if unread.is_attachment && part.path.is_empty() => Home::Attachment(at),
                        Some(at) => Home::Member(at),
                        None => Home::Elsewhere,
                    };
                    let is_name = part.path.ends_with("/name");
                    let placement = if is_name { Placement::Name } else { Placement::Attachment };
                    self.texts.push(Text { path, home, placement, source: Source::Plain(Raw::new(text)) });
                }
            }
        }
    }

    fn add_opaque(&mut self, unread: &Unread, path: &PartPath, why: OpaqueWhy) {
        if *path == unread.path {
            self.whole_encrypted |= unread.is_whole && why == OpaqueWhy::Encrypted;
            let attached =
                unread.attachment.filter(|_| unread.is_attachment).and_then(|at| self.attachments.get_mut(at));
            if let Some(attached) = attached {
                attached.opaque = Some(why);
            }
        }
        self.opaque.push((path.clone(), why));
    }

    fn cover(&mut self, unread: &Unread, with: Coverage) {
        let Some(of) = unread.attachment.and_then(|at| self.attachments.get_mut(at)) else { return };
        of.coverage.scanned_bytes += with.scanned_bytes;
        of.coverage.decoded_bytes += with.decoded_bytes;
        of.coverage.unexamined_bytes += with.unexamined_bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_stand_after_their_name() {
        for (text, want) in [
            ("Password: Kangaroo77", &["Kangaroo77"][..]),
            ("the file's password is \"blue wombat\".", &["blue", "blue wombat\"."]),
            ("Das Passwort lautet: Fjord-12.", &["Fjord-12.", "Fjord-12"]),
            ("PW=abc123, danke", &["abc123,", "abc123", "abc123, danke"]),
            ("mot de passe : été2026", &["été2026"]),
            ("I forgot my password", &[]),
            ("bypass: xyz123", &[]),
        ] {
            let mut found = Vec::new();
            after_names(text, &mut found);
            for word in want {
                assert!(found.iter().any(|f| f == word), "{text}: {found:?}");
            }
            assert_eq!(found.is_empty(), want.is_empty(), "{text}: {found:?}");
        }
    }
}
