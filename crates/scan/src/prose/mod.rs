//! Credentials in prose: a small grammar over a word such as "password" and what stands around it.
//!
//! ```text
//! word filler* separator value      Passwort: Geheim123!    DB_PASSWORD=x    "password": "x"
//! word filler* copula adverb* value the password for the portal is now Kangaroo77
//! word filler* change "to" value    I changed my password to Kangaroo77
//! word value                        ssh root@host password toor99
//! value copula determiner* word     Kangaroo77 is my password, use Kangaroo77 as password
//! user "/" word … user "/" value    user/pass is admin/s3cr3t!
//! header cell … value cells         Username | Password / jdoe | hunter2!
//! ```
//! How strong the value must look depends on how clearly it was said to be one: after `=` nearly anything, after "is" what
//! no sentence would hold ("the password is incorrect"), right after the word only a mix of letters and digits.
//!
//! Work around one word is bounded, and ends at the next keyword, so a text of nothing but keywords is read once.

mod block;
mod code;
mod pair;
mod pieces;
mod sentence;
mod table;
mod value;
mod words;

use crate::context::is_whole_word;
use crate::engine::Term;
use crate::text::{before, byte, char_at};
use std::ops::Range;
use value::{Form, Said};
use words::{ANY, Roles, Tongue};

/// What kind of value is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A password or passphrase word.
    Password,
    /// A key or token: a password of eight characters or more, not of digits alone (`token=4823` in a log is a count).
    Key,
    /// Three to eight digits.
    Pin,
    /// A one-time code: four to eight digits, in one or two groups.
    Code,
    /// A user name and a password: "credentials: admin / s3cr3t!".
    Pair,
    /// Four or more recovery codes.
    Codes,
    /// The key of one-time codes in groups of base32.
    Seed,
}

impl Wanted {
    pub(crate) const NAMES: [&'static str; 7] = ["password", "key", "pin", "code", "pair", "codes", "seed"];

    pub(crate) fn from_name(name: &str) -> Option<Wanted> {
        match name {
            "password" => Some(Wanted::Password),
            "key" => Some(Wanted::Key),
            "pin" => Some(Wanted::Pin),
            "code" => Some(Wanted::Code),
            "pair" => Some(Wanted::Pair),
            "codes" => Some(Wanted::Codes),
            "seed" => Some(Wanted::Seed),
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

/// Keywords that often mean something else: only what looks like a password is one after them.
const WEAK: &[&str] =
    &["pass", "parole", "parola", "clave", "senha", "geslo", "heslo", "login", "access", "token", "šifra"];
/// Words before "pass" that make it another thing.
const PASSES: &[&str] = &[
    "boarding",
    "bus",
    "day",
    "season",
    "ski",
    "guest",
    "visitor",
    "annual",
    "hall",
    "mountain",
    "rail",
    "travel",
    "first",
    "second",
    "third",
    "to",
    "will",
    "did",
    "didn't",
    "not",
    "can",
    "could",
    "may",
    "should",
    "must",
    "parking",
    "gym",
    "free",
    "museum",
    "train",
    "metro",
    "weekly",
    "monthly",
    "daily",
    "event",
    "vip",
    "backstage",
    "city",
    "test",
    "tests",
    "they",
    "we",
    "hunting",
    "conference",
    "multi",
    "pci",
    "let",
    "please",
    "years",
    "interrail",
    "eurail",
    "press",
    "high",
    "low",
    "band",
];

/// Is a hit of a keyword the word, and not a piece of a longer one?
pub(crate) fn is_word(text: &str, word: &Range<usize>) -> bool {
    if is_whole_word(text, word) {
        return true;
    }
    // Names in code: `dbPassword=`, `SpringPassword:`, `my_secrets = "…"`.
    let bytes = text.as_bytes();
    let goes_on = byte(bytes, word.end).is_ascii_alphabetic();
    let end = if goes_on { code::name_end(bytes, word.end) } else { word.end };
    let is_long = word.len() >= 6 && !char_at(text, end).is_some_and(char::is_alphabetic);
    let is_part = goes_on || before(bytes, word.start).is_ascii_alphanumeric();
    is_long && is_part && (separator(text, end).is_some() || code::is_code(text, end))
}

/// Values that a keyword at `word` introduces.
pub(crate) fn read(text: &str, word: Range<usize>, wanted: Wanted) -> Vec<Found> {
    if is_crowded(text, &word) {
        return Vec::new();
    }
    let Some(keyword) = Keyword::new(text, word, wanted) else { return Vec::new() };
    match wanted {
        Wanted::Codes => return block::codes(text, keyword.end).into_iter().collect(),
        Wanted::Seed => return block::seed(text, keyword.end).into_iter().collect(),
        Wanted::Pair => return pair::read(&keyword).into_iter().collect(),
        _ => {}
    }
    if matches!(wanted, Wanted::Password | Wanted::Key) {
        let cells = table::read(text, &keyword.word);
        if !cells.is_empty() {
            let cells = cells.into_iter().filter_map(|cell| value::judge(&keyword, cell, Said::Assigned, Form::Cell));
            return cells.collect();
        }
    }
    keyword.one().into_iter().collect()
}

/// Does another keyword follow at once? Then what follows is read from there, and a text of nothing else costs little.
/// In the header of a table keywords may be neighbours, but not three in a row.
fn is_crowded(text: &str, word: &Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let is_tie = |b: u8| matches!(b, b' ' | b'=' | b':' | b'/' | b'>' | b'-' | b'&' | b'+');
    let is_cell = |b: u8| matches!(b, b',' | b'|' | b';' | b'\t' | b'\n' | b'\r');
    let mut start = word.end;
    let mut has_cell = false;
    while start < word.end + 4 && (is_tie(byte(bytes, start)) || is_cell(byte(bytes, start))) {
        has_cell |= is_cell(byte(bytes, start));
        start += 1;
    }
    let is_keyword = |range: Range<usize>| words::roles(text.get(range).unwrap_or_default(), ANY) & words::KEYWORD != 0;
    let letters = bytes.iter().skip(start).take(16).take_while(|b| b.is_ascii_alphabetic()).count();
    let end = start + letters;
    let goes_on =
        byte(bytes, end).is_ascii_alphanumeric() || matches!(byte(bytes, end), b'_' | b'-' | b'@' | b'!' | b'.');
    // "pass user/pass"
    let second = bytes.iter().skip(end + 1).take(16).take_while(|b| b.is_ascii_alphabetic()).count();
    let is_pair = byte(bytes, end) == b'/' && before(bytes, start) == b' ' && is_keyword(end + 1..end + 1 + second);
    if start == word.end || letters < 2 || goes_on || !is_keyword(start..end) {
        return is_pair && letters >= 2;
    }
    // "Password: secret" ends with a value, if a poor one.
    let is_over = !is_tie(byte(bytes, end)) && !is_cell(byte(bytes, end));
    if !has_cell || is_over {
        return !is_over;
    }
    let mut left = word.start;
    while left + 4 > word.start && (is_tie(before(bytes, left)) || is_cell(before(bytes, left))) {
        left -= 1;
    }
    let letters =
        bytes.get(..left).unwrap_or_default().iter().rev().take(16).take_while(|b| b.is_ascii_alphabetic()).count();
    letters >= 2 && is_keyword(left - letters..left)
}

/// A keyword in its text.
struct Keyword<'t> {
    text: &'t str,
    word: Range<usize>,
    /// Behind the word and a number of it ("password2").
    end: usize,
    wanted: Wanted,
    tongue: Tongue,
    /// It often means something else.
    is_weak: bool,
    /// What is spoken of is lost or wrong.
    is_negated: bool,
}

impl<'t> Keyword<'t> {
    fn new(text: &'t str, word: Range<usize>, wanted: Wanted) -> Option<Keyword<'t>> {
        let name = text.get(word.clone())?;
        let mut end = word.end;
        while byte(text.as_bytes(), end).is_ascii_digit() && end < word.end + 2 {
            end += 1;
        }
        let is_weak = WEAK.iter().any(|w| w.eq_ignore_ascii_case(name));
        let mut keyword = Keyword { text, word, end, wanted, tongue: ANY, is_weak, is_negated: false };
        if name.eq_ignore_ascii_case("pass") && keyword.is_other_pass() {
            return None;
        }
        keyword.tongue = words::tongue(name);
        Some(keyword)
    }

    fn is_digits(&self) -> bool {
        matches!(self.wanted, Wanted::Pin | Wanted::Code)
    }

    fn bytes(&self) -> &'t [u8] {
        self.text.as_bytes()
    }

    fn roles(&self, word: &str) -> Roles {
        words::roles(word, self.tongue)
    }

    /// "Boarding pass", "to pass".
    fn is_other_pass(&self) -> bool {
        let previous = pieces::back(self.text, self.word.start).next();
        previous.is_some_and(|p| PASSES.iter().any(|w| w.eq_ignore_ascii_case(p.word)))
    }

    fn one(mut self) -> Option<Found> {
        let bytes = self.bytes();
        let next = byte(bytes, self.end);
        let joined = matches!(next, b'_' | b'-' | b'.') && byte(bytes, self.end + 1).is_ascii_alphabetic();
        if joined || next.is_ascii_alphabetic() {
            return code::read_name(&self);
        }
        if self.is_in_link() || self.is_in_path() {
            return None;
        }
        self.is_negated = sentence::is_negated(&self);
        if let Some(found) = code::read(&self, self.end) {
            return Some(found);
        }
        if let Some((after, form)) = separator(self.text, self.end) {
            let is_choice = form == Form::Cell && matches!(before(bytes, self.word.start), b'|' | b'(');
            if is_choice && byte(bytes, after) != b' ' {
                return None;
            }
            return if pair::is_second(&self) {
                pair::value(&self, after, Said::Assigned)
            } else {
                code::typed(&self, after).or_else(|| value::at(&self, after, Said::Assigned, form))
            };
        }
        sentence::read(&self)
    }

    /// `docs/choose-a-password`
    fn is_in_path(&self) -> bool {
        let bytes = self.bytes();
        let head = bytes.get(self.word.start.saturating_sub(80)..self.word.start).unwrap_or_default();
        let name = head.rsplit(|b| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'')).next().unwrap_or_default();
        before(bytes, self.word.start) == b'-' && name.contains(&b'/')
    }

    /// The token of a link in a mail that asks to confirm something, and the passcode in the link to a meeting.
    fn is_in_link(&self) -> bool {
        let name = self.text.get(self.word.clone()).unwrap_or_default();
        let is_token = name.eq_ignore_ascii_case("token");
        if !is_token && !name.eq_ignore_ascii_case("pwd") || byte(self.bytes(), self.end) != b'=' {
            return false;
        }
        let head = self.bytes().get(self.word.start.saturating_sub(160)..self.word.start).unwrap_or_default();
        let url = head.rsplit(u8::is_ascii_whitespace).next().unwrap_or_default();
        let is_link = matches!(before(self.bytes(), self.word.start), b'?' | b'&' | b';');
        let holds = |part: &[u8]| url.windows(part.len()).any(|w| w.eq_ignore_ascii_case(part));
        is_link && holds(b"://") && (is_token || holds(b"zoom") || holds(b"webex") || holds(b"meet"))
    }
}

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
        .take_while(|b| matches!(b, b'"' | b'\'' | b'`' | b']' | b')' | b'}' | b'*' | b'\\'))
        .count()
}

/// The end of the separator at `at`, and what it looks like.
fn separator(text: &str, at: usize) -> Option<(usize, Form)> {
    let bytes = text.as_bytes();
    let start = at;
    let at = blanks(bytes, closers(bytes, at));
    let (end, form) = match (byte(bytes, at), byte(bytes, at + 1)) {
        (b':', b'/') | (b'=', b'=') => return None,
        (b':', b'=') | (b'=', b'>') => (at + 2, Form::Equals),
        (b'-', b'>') => (at + 2, Form::Colon),
        (b'=', _) => (at + 1, Form::Equals),
        (b':', _) => (at + 1, Form::Colon),
        (b'|', _) => (at + 1, Form::Cell),
        (b'-', b' ') if at > start => (at + 1, Form::Colon),
        (b'-', b'-') if at > start && byte(bytes, at + 2) == b' ' => (at + 2, Form::Colon),
        (b'.', b'.') => return leader(bytes, at),
        _ => return None,
    };
    // `**Password:** x`
    let stars = bytes.iter().skip(end).take(3).take_while(|b| **b == b'*').count();
    let is_bold = (1..=2).contains(&stars)
        && form == Form::Colon
        && matches!(byte(bytes, end + stars), b' ' | b'\t' | b'\r' | b'\n');
    Some((if is_bold { end + stars } else { end }, form))
}

/// `Password ........: x`
fn leader(bytes: &[u8], at: usize) -> Option<(usize, Form)> {
    let dots = bytes.iter().skip(at).take(80).take_while(|b| **b == b'.').count();
    let end = blanks(bytes, at + dots);
    let has_colon = byte(bytes, end) == b':';
    (has_colon || dots >= 4).then_some((end + usize::from(has_colon), Form::Colon))
}

#[cfg(test)]
mod tests;
