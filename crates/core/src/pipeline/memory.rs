//! What one part of a message tells about another, and earlier messages of a conversation about this one: a value found
//! once with context is found again without it.

use super::Pipeline;
use super::examine::{By, Examined, Hit, scanned};
use crate::thread::{Facts, MESSAGE_VALUES_MAX, Recall, Remembered, Thread, ValueDigest};
use crate::tree::{Home, Message, Text};
use crate::{OpaqueWhy, Profile, visible};
use lazaret_scan::{Action, Class, Memory};
use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{Hash, Hasher};
use std::ops::Range;
use zeroize::Zeroizing;

/// Lowest score of a finding that is remembered.
const SCORE_MIN: u8 = 60;
/// Fewest digits of a value that is remembered: shorter ones stand anywhere by chance.
const DIGITS_MIN: usize = 6;
/// Score of a credential that is one by what the rest of its conversation says.
const CREDENTIAL_SCORE: u8 = 70;
/// Words of a text that are looked up in a conversation.
const WORDS_MAX: usize = 4_096;
/// Stands for any value of a class: that there was one. No value is empty.
const ANY_VALUE: &str = "";
/// Bytes of a secret that is known again by its letters.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 6..=64;

/// Values by class and canonical form: those of this message, and digests of those before it.
#[derive(Default)]
pub(super) struct Known<'a> {
    values: BTreeMap<Class, HashSet<Value>>,
    /// Classes found in a text of this message, as far as a rule made of rules asks for them.
    classes: BTreeSet<Class>,
    thread: Option<Recall<'a>>,
}

/// A value that is wiped, looked up by its text.
#[derive(PartialEq, Eq)]
struct Value(Zeroizing<String>);

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.as_str().hash(state);
    }
}

impl Borrow<str> for Value {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Memory for Known<'_> {
    fn knows(&self, class: Class, canonical: &str) -> bool {
        let here = self.values.get(&class).is_some_and(|values| values.contains(canonical));
        here || has_digits(canonical) && self.thread.as_ref().is_some_and(|thread| thread.knows(class, canonical))
    }

    fn holds(&self, class: Class, in_thread: bool) -> bool {
        let before = || self.thread.as_ref().is_some_and(|thread| thread.knows(class, ANY_VALUE));
        self.classes.contains(&class) || in_thread && before()
    }
}

fn has_digits(canonical: &str) -> bool {
    canonical.bytes().filter(u8::is_ascii_digit).count() >= DIGITS_MIN
}

impl Pipeline {
    /// Scans all texts of a message, and those with numbers in them once more with what the others and earlier messages
    /// told. A value without digits needs none of this within a message: it is taken out wherever it stands.
    pub(super) fn examine_all(&self, texts: &[Text], profile: &Profile, thread: Option<&Thread>) -> Vec<Examined> {
        let mut seen: Vec<Examined> = texts.iter().map(|text| self.examine_closely(text, profile, None)).collect();
        let values = self.known_values(texts, &seen);
        let thread = thread.filter(|thread| !thread.values.is_empty()).map(|t| Recall::new(&self.mark_key, t));
        let classes = self.classes(&seen, false);
        let has_company = !classes.is_empty() || thread.is_some() && !self.rules.classes_beyond(true).is_empty();
        if values.is_empty() && thread.is_none() && !has_company {
            return seen;
        }
        let known = Known { values, classes, thread };
        for (text, seen) in texts.iter().zip(&mut seen) {
            if has_company || scanned(text).bytes().any(|b| b.is_ascii_digit() || !b.is_ascii()) {
                *seen = self.examine_closely(text, profile, Some(&known));
            }
            if let Some(thread) = &known.thread {
                self.add_secrets(scanned(text), secrets_again(scanned(text), thread), seen);
            }
        }
        seen
    }

    /// What the texts of a message tell each other, if they do.
    pub(super) fn remembered(&self, texts: &[Text], profile: &Profile) -> Option<Known<'_>> {
        let seen: Vec<Examined> = texts.iter().map(|text| self.examine(text, profile, None)).collect();
        let (values, classes) = (self.known_values(texts, &seen), self.classes(&seen, false));
        (!values.is_empty() || !classes.is_empty()).then_some(Known { values, classes, thread: None })
    }

    /// The classes of what was found, as far as a rule made of rules asks other texts, or later messages, for them.
    fn classes(&self, seen: &[Examined], in_thread: bool) -> BTreeSet<Class> {
        let mut asked = self.rules.classes_beyond(in_thread);
        if !asked.is_empty() {
            let rules = seen.iter().flat_map(|seen| &seen.hits).filter_map(|hit| match hit.by {
                By::Rule(ix) => self.rules.rule(ix),
                _ => None,
            });
            let found: BTreeSet<Class> = rules.map(|rule| rule.class).collect();
            asked.retain(|class| found.contains(class));
        }
        asked
    }

    fn known_values(&self, texts: &[Text], seen: &[Examined]) -> BTreeMap<Class, HashSet<Value>> {
        let mut known: BTreeMap<Class, HashSet<Value>> = BTreeMap::new();
        for (class, canonical, _) in self.sure_values(texts, seen) {
            if has_digits(&canonical) {
                known.entry(class).or_default().insert(Value(canonical));
            }
        }
        known
    }

    /// Class, canonical form and spelling of what was surely found.
    fn sure_values<'a>(
        &'a self,
        texts: &'a [Text],
        seen: &'a [Examined],
    ) -> impl Iterator<Item = (Class, Zeroizing<String>, &'a str)> {
        let hits = texts.iter().zip(seen).flat_map(|(text, seen)| seen.hits.iter().map(move |hit| (text, hit)));
        hits.filter(|(_, hit)| hit.score >= SCORE_MIN && hit.action >= Action::Redact).filter_map(|(text, hit)| {
            let By::Rule(ix) = hit.by else { return None };
            let value = scanned(text).get(hit.span.clone())?;
            Some((self.rules.rule(ix)?.class, self.rules.canonical(ix, value), value))
        })
    }

    /// What later messages of the conversation are told of this one.
    pub(super) fn remember(&self, read: &Message, seen: &[Examined], facts: Facts) -> Remembered {
        let classes = self.classes(seen, true);
        let mut values: BTreeSet<ValueDigest> =
            classes.into_iter().map(|class| self.mark_key.value_digest(class, ANY_VALUE)).collect();
        for (class, canonical, spelled) in self.sure_values(&read.texts, seen) {
            if values.len() >= MESSAGE_VALUES_MAX {
                break;
            }
            if has_digits(&canonical) {
                values.insert(self.mark_key.value_digest(class, &canonical));
            }
            // By its letters: nothing but the word itself will stand there again.
            if class == Class::Secret && SECRET_BYTES.contains(&spelled.len()) && is_unlike_a_word(spelled) {
                values.insert(self.mark_key.value_digest(Class::Secret, &spelling(spelled)));
            }
        }
        Remembered { values: values.into_iter().take(MESSAGE_VALUES_MAX).collect(), facts }
    }

    /// What the message itself sends, as facts: by what its writer wrote, without quotations, and by its parts.
    pub(super) fn facts(&self, read: &Message, written: &str) -> Facts {
        let encrypted = read.opaque.iter().any(|(_, why)| *why == OpaqueWhy::Encrypted) && !read.whole_encrypted;
        let encrypted = if encrypted { Facts::ENCRYPTED } else { Facts::default() };
        encrypted | super::credentials::facts(written) | super::credentials::facts_of_subject(subject(read))
    }

    /// The second half of a credential: a mail that is little more than one word like a password, where its subject, its
    /// parts or its conversation say that one was to come.
    pub(super) fn add_second_half(
        &self,
        read: &Message,
        seen: &mut [Examined],
        written: &str,
        thread: Option<&Thread>,
    ) {
        let before = thread.map_or(Facts::default(), |thread| thread.facts);
        let encrypted = self.facts(read, "");
        let Some(word) = super::credentials::lone(written, before | encrypted) else { return };
        for (text, seen) in read.texts.iter().zip(seen) {
            if matches!(text.home, Home::Body | Home::Html) {
                let spans = whole_words(scanned(text), word).collect::<Vec<_>>();
                self.add_secrets(scanned(text), spans, seen);
            }
        }
    }

    fn add_secrets(&self, text: &str, spans: Vec<Range<usize>>, seen: &mut Examined) {
        let marks = crate::mark::spans(text);
        for span in spans {
            let taken =
                |hit: &Hit| hit.action >= Action::Redact && hit.span.start < span.end && span.start < hit.span.end;
            if seen.hits.iter().any(taken) || !super::examine::stands_outside(text, &span, &marks) {
                continue;
            }
            let action = self.policy.class_action(Class::Secret);
            seen.hits.push(Hit { by: By::Conversation, span, score: CREDENTIAL_SCORE, action });
        }
        seen.hits.sort_by_key(|hit| hit.span.start);
    }
}

fn subject(read: &Message) -> &str {
    read.texts.iter().find(|text| text.home == Home::Subject).map_or("", scanned)
}

/// What the writer of a message wrote, without quotations and signature.
pub(super) fn written(read: &Message) -> Zeroizing<String> {
    Zeroizing::new(visible::of(&read.texts))
}

/// The words of a text that were a secret of the conversation before.
fn secrets_again(text: &str, thread: &Recall<'_>) -> Vec<Range<usize>> {
    words(text)
        .filter(|(_, word)| SECRET_BYTES.contains(&word.len()) && is_unlike_a_word(word))
        .take(WORDS_MAX)
        .filter(|(_, word)| thread.knows(Class::Secret, &spelling(word)))
        .map(|(at, word)| at..at + word.len())
        .collect()
}

/// Words between white space, without the marks around them.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let around =
        |c: char| matches!(c, '"' | '\'' | '(' | ')' | '<' | '>' | '[' | ']' | '`' | '“' | '”' | '„' | ',' | ';' | ':');
    let mut at = 0;
    text.split(char::is_whitespace).map(move |raw| {
        let start = at + (raw.len() - raw.trim_start_matches(around).len());
        at = text.len().min(at + raw.len() + next_len(text, at + raw.len()));
        (start, raw.trim_matches(around))
    })
}

/// Length of the character at a place.
fn next_len(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
}

/// A secret without the full stop or mark of a sentence after it.
fn spelling(word: &str) -> Zeroizing<String> {
    Zeroizing::new(word.trim_end_matches(['.', '!', '?', ',']).to_owned())
}

/// Has it a digit or sign, or capitals within, which words of a language have not?
fn is_unlike_a_word(word: &str) -> bool {
    let word = word.trim_end_matches(['.', '!', '?', ',']);
    let sign = |c: char| c.is_ascii_digit() || matches!(c, '@' | '#' | '$' | '%' | '^' | '*' | '_' | '=' | '!' | '?');
    word.chars().any(sign) && word.chars().any(char::is_alphabetic)
}

/// Where a word stands by itself.
fn whole_words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    text.match_indices(word).map(|(at, found)| at..at + found.len()).filter(|span| {
        let before = text.get(..span.start).and_then(|head| head.chars().next_back());
        let after = text.get(span.end..).and_then(|tail| tail.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_places() {
        let text = "  say \"Kangaroo77\",\u{a0}(übel) x";
        let found: Vec<&str> = words(text).filter(|(_, w)| !w.is_empty()).map(|(_, w)| w).collect();
        assert_eq!(found, ["say", "Kangaroo77", "übel", "x"]);
        for (at, word) in words(text) {
            assert_eq!(text.get(at..at + word.len()), Some(word));
        }
    }
}
