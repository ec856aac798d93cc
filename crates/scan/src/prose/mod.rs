//! Credentials in prose: a small grammar over a word such as "password" and what follows it.
//!
//! ```text
//! word filler* separator value      Passwort: Geheim123!    DB_PASSWORD=x    "password": "x"
//! word filler* copula adverb* value the password for the portal is now Kangaroo77
//! word value                        ssh root@host password toor99
//! header cell … value cells         Username | Password / jdoe | hunter2!
//! ```
//! How strong the value must look depends on how clearly it was said to be one: after `=` nearly anything, after "is" what
//! no sentence would hold ("the password is incorrect"), right after the word only a mix of letters and digits.

mod table;
mod value;
mod words;

use crate::context::is_whole_word;
use crate::engine::Term;
use crate::text::{before, byte, char_at};
use std::ops::Range;
use value::{Form, Said};
use words::{ADVERBS, COPULAS, FOLLOWERS, NEGATIONS, PREPOSITIONS};

/// What kind of value is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A password or passphrase word.
    Password,
    /// A key or token: a password of eight characters or more, not of digits alone (`token=4823` in a log is a count).
    Key,
    /// Three to eight digits.
    Pin,
}

impl Wanted {
    pub(crate) const NAMES: [&'static str; 3] = ["password", "key", "pin"];

    pub(crate) fn from_name(name: &str) -> Option<Wanted> {
        match name {
            "password" => Some(Wanted::Password),
            "key" => Some(Wanted::Key),
            "pin" => Some(Wanted::Pin),
            _ => None,
        }
    }
}

/// The words of a prose rule.
#[derive(Debug)]
pub(crate) struct Prose {
    pub(crate) words: Vec<String>,
    pub(crate) wanted: Wanted,
}

/// A value, and what speaks for it.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) span: Range<usize>,
    pub(crate) terms: Vec<Term>,
}

/// Words between the keyword and its copula at most.
const FILLERS_MAX: usize = 6;

/// Is a hit of a keyword the word, and not a piece of a longer one?
pub(crate) fn is_word(text: &str, word: &Range<usize>) -> bool {
    if is_whole_word(text, word) {
        return true;
    }
    // Names in code: `dbPassword=`, `SpringPassword:`, `SLAPIKEY :`.
    let bytes = text.as_bytes();
    let is_long = word.len() >= 6 && !char_at(text, word.end).is_some_and(char::is_alphabetic);
    is_long && before(bytes, word.start).is_ascii_alphanumeric() && separator(text, word.end).is_some()
}

/// Values that a keyword at `word` introduces.
pub(crate) fn read(text: &str, word: Range<usize>, wanted: Wanted) -> Vec<Found> {
    let bytes = text.as_bytes();
    let mut at = word.end;
    while byte(bytes, at).is_ascii_digit() && at < word.end + 2 {
        at += 1;
    }
    if matches!(byte(bytes, at), b'_' | b'-' | b'.') && byte(bytes, at + 1).is_ascii_alphabetic() {
        return Vec::new();
    }
    let cells = table::read(text, &word);
    if !cells.is_empty() {
        let cells = cells.into_iter().filter_map(|cell| value::judge(text, cell, Said::Assigned, Form::Cell, wanted));
        return cells.map(|(span, terms)| Found { span, terms }).collect();
    }
    let negated = is_negated(text, word.start);
    let found = assigned(text, at, wanted).or_else(|| stated(text, at, wanted)).or_else(|| beside(text, at, wanted));
    let finish = |(span, mut terms, is_assigned): (Range<usize>, Vec<Term>, bool)| {
        if negated && !is_assigned {
            terms.push(Term::new("negation", -15));
        }
        Found { span, terms }
    };
    found.into_iter().map(finish).collect()
}

type Reading = Option<(Range<usize>, Vec<Term>, bool)>;

/// Skips blanks on the line.
fn blanks(bytes: &[u8], at: usize) -> usize {
    at + bytes.iter().skip(at).take(64).take_while(|b| matches!(b, b' ' | b'\t')).count()
}

/// Skips what closes a quoted or bracketed keyword.
fn closers(bytes: &[u8], at: usize) -> usize {
    at + bytes
        .iter()
        .skip(at)
        .take(4)
        .take_while(|b| matches!(b, b'"' | b'\'' | b'`' | b']' | b')' | b'*' | b'\\'))
        .count()
}

/// The separator at `at`, and where it ends.
fn separator(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let start = at;
    let at = blanks(bytes, closers(bytes, at));
    let end = match (byte(bytes, at), byte(bytes, at + 1)) {
        (b':', b'/') | (b'=', b'=') => return None,
        (b':', b'=') | (b'=', b'>') | (b'-', b'>') => at + 2,
        (b':' | b'=' | b'|', _) => at + 1,
        (b'-', b' ') if at > start => at + 1,
        _ => return japanese(text, at),
    };
    // `**Password:** x`
    Some(closers_bold(bytes, end))
}

fn closers_bold(bytes: &[u8], at: usize) -> usize {
    let stars = bytes.iter().skip(at).take(3).take_while(|b| **b == b'*').count();
    if stars > 0 && matches!(byte(bytes, at + stars), b' ' | b'\t') { at + stars } else { at }
}

/// Particles that stand for a copula right after the word in scripts without spaces.
fn japanese(text: &str, at: usize) -> Option<usize> {
    let c = char_at(text, at)?;
    matches!(c, 'は' | '是' | '为' | '為' | '는' | '은').then_some(at + c.len_utf8())
}

fn assigned(text: &str, at: usize, wanted: Wanted) -> Reading {
    let (after, pipe) = match separator(text, at) {
        Some(after) => (after, byte(text.as_bytes(), after - 1) == b'|'),
        None => (after_fillers(text, at)?, false),
    };
    let form = match before(text.as_bytes(), after) {
        b'=' => Form::Equals,
        _ if pipe => Form::Cell,
        _ => Form::Colon,
    };
    let (span, terms) = value::judge_at(text, after, Said::Assigned, form, wanted)?;
    Some((span, terms, true))
}

/// `password for the portal: x`: where the colon ends.
fn after_fillers(text: &str, at: usize) -> Option<usize> {
    let mut words = words_at(text, at).take(FILLERS_MAX).peekable();
    if !words.peek().is_some_and(|(w, _)| PREPOSITIONS.contains(&w.to_lowercase().as_str())) {
        return None;
    }
    for (word, end) in words {
        if word.ends_with(':') {
            return Some(end);
        }
        if ends_clause(word) {
            return None;
        }
    }
    None
}

fn stated(text: &str, at: usize, wanted: Wanted) -> Reading {
    let mut found = None;
    for (word, end) in words_at(text, at).take(FILLERS_MAX) {
        let lower = word.to_lowercase();
        if COPULAS.contains(&lower.as_str()) {
            found = Some(end);
            break;
        }
        if ends_clause(word) || FOLLOWERS.contains(&lower.as_str()) {
            return None;
        }
    }
    let mut after = found?;
    for (word, end) in words_at(text, after).take(3) {
        if !ADVERBS.contains(&word.to_lowercase().as_str()) {
            break;
        }
        after = end;
    }
    let (span, terms) = value::judge_at(text, after, Said::Stated, Form::Colon, wanted)?;
    Some((span, terms, false))
}

fn beside(text: &str, at: usize, wanted: Wanted) -> Reading {
    let bytes = text.as_bytes();
    let start = blanks(bytes, closers(bytes, at));
    if start == at {
        return None;
    }
    let (span, terms) = value::judge_at(text, start, Said::Beside, Form::Colon, wanted)?;
    Some((span, terms, false))
}

/// Words of the line from `at` on, each with its end.
fn words_at(text: &str, at: usize) -> impl Iterator<Item = (&str, usize)> {
    let line = text.get(at..).unwrap_or_default();
    let line = line
        .get(..line.bytes().take(200).position(|b| b == b'\n').unwrap_or(crate::text::floor(line, 200)))
        .unwrap_or_default();
    line.split([' ', '\t', '\r']).filter(|w| !w.is_empty()).map(move |w| {
        let start = w.as_ptr() as usize - text.as_ptr() as usize;
        (w, start + w.len())
    })
}

fn ends_clause(word: &str) -> bool {
    word.ends_with(['.', ',', ';', '?', '!', ':', ')'])
}

fn is_negated(text: &str, at: usize) -> bool {
    let from = crate::text::floor(text, at.saturating_sub(48));
    let head = text.get(from..at).unwrap_or_default();
    let clause = head.rsplit(['.', ';', '\n', '!', '?']).next().unwrap_or_default();
    clause.split_whitespace().rev().take(4).any(|w| NEGATIONS.contains(&w.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str) -> Vec<&str> {
        let lower = text.to_lowercase();
        let words = ["password", "passwort", "mot de passe", "pwd", "pw", "pass", "パスワード"];
        let Some((at, word)) = words
            .iter()
            .filter_map(|w| lower.find(w).map(|at| (at, *w)))
            .min_by_key(|(at, w)| (*at, usize::MAX - w.len()))
        else {
            return Vec::new();
        };
        let word = at..at + word.len();
        if !is_word(text, &word) {
            return Vec::new();
        }
        read(text, word, Wanted::Password).iter().filter_map(|f| text.get(f.span.clone())).collect()
    }

    #[test]
    fn values() {
        let cases = [
            ("my password is Winter2024!", "Winter2024!"),
            ("password: hunter2", "hunter2"),
            ("Passwort: Geheim123!", "Geheim123!"),
            ("Mot de passe : Soleil2023", "Soleil2023"),
            ("pw - Tr0ub4dor&3", "Tr0ub4dor&3"),
            ("The password for the portal is now Kangaroo77 thanks", "Kangaroo77"),
            ("Username jdoe Password Summer!23", "Summer!23"),
            ("Password:\nSummer!23\n", "Summer!23"),
            ("password for the portal: Kangaroo77.", "Kangaroo77"),
            ("{\"password\": \"a b c\"}", "a b c"),
            ("dbPassword=xyzzy", "xyzzy"),
            ("DB_PASSWORD=8ae31cacf141669ddfb5da", "8ae31cacf141669ddfb5da"),
            ("Password=P@ssw0rd1;Server=x", "P@ssw0rd1"),
            ("Password: sunshine", "sunshine"),
            ("my password is \"sunshine\"", "sunshine"),
            ("ssh root@10.0.0.1 password toor99", "toor99"),
            ("**Password:** Summer!23", "Summer!23"),
            ("password: 8ThyF#1*@96%x", "8ThyF#1*@96%x"),
            ("パスワード:Sakura123", "Sakura123"),
            ("パスワードはSakura123です", "Sakura123"),
            ("password = 12345678", "12345678"),
        ];
        for (text, value) in cases {
            assert_eq!(find(text), [value], "{text}");
        }
    }

    #[test]
    fn sentences_without_a_value() {
        let cases = [
            "I forgot my password",
            "my password is not working",
            "please reset the password",
            "Password: required field",
            "Password: required",
            "password policy: 12 characters",
            "password is required",
            "the password is incorrect, the page shows Error 1234",
            "The password page is blank, I never receive the password reset link.",
            "password: ********",
            "password: {{password}}",
            "password: <password>",
            "password=$PASSWORD",
            "password=${PASS}",
            "password: [password · QKDAM7AX]",
            "my password is [password · QKDAM7AX].",
            "password reset for INV-2026-123456 is late",
            "password manager is KeePass2",
            "passwordless login is Fido2",
            "password = getPassword()",
            "password = user.password",
            "password == other",
            "pass: 3/5 tests?",
            "the password is 8 characters",
            "Cannot log in: password https://example.com/reset2",
        ];
        for text in cases {
            assert_eq!(find(text), [""; 0], "{text}");
        }
    }
}
