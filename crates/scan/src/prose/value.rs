//! Is it a password? Judged by its characters and by how clearly it was said to be one.

use super::words::{
    self, ADVERB, AND, BRIDGE, CHANGE, COMMON, COPULA, EMPTY, FOLLOWER, KEYWORD, NEGATION, Roles, USER,
};
use super::{Found, Keyword, Wanted, blanks};
use crate::engine::Term;
use crate::marks;
use crate::text::{before, byte, floor};
use std::ops::Range;

/// How a value was introduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// By a separator.
    Assigned,
    /// By "is" and the like.
    Stated,
    /// By a label on the line before.
    Line,
    /// It only stands next to the word.
    Beside,
    /// It stands before: "x is my password".
    Reversed,
}

/// What the separator looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `=`: configuration; the value ends where the next pair begins.
    Equals,
    /// `:` and others.
    Colon,
    /// A cell of a table, or a line of its own.
    Cell,
}

/// Characters of a key or token at least.
const KEY_CHARS_MIN: usize = 8;
/// The same for one that only stands next to the word.
const KEY_BESIDE_MIN: usize = 12;
/// Bytes of a value at most.
const VALUE_BYTES_MAX: usize = 256;
/// Points off after "I forgot my password", for what was not assigned.
const NEGATED: i16 = -15;
/// Roles of words that no pass-phrase holds: a sentence stands there.
const NOT_PHRASE: Roles = COMMON | COPULA | FOLLOWER | KEYWORD | NEGATION | BRIDGE | ADVERB | USER | AND | CHANGE;
/// What a PIN opens.
const DOORS: &str = "alarm door gate garage safe locker lockbox keypad entry entrance phone handset sim voicemail card debit \
    atm bank tablet ipad iphone unlock security admin kiosk till terminal parental tür haustür garagen tresor \
    handy karten mailbox telefon porte portail coffre carte puerta tarjeta alarma porta cofre cartão allarme \
    carta cancello deur poort kluis pas dörr larm kort drzwi karta";
/// Parts of a value that stands for one.
const STAND_INS: &[&str] = &[
    "fake",
    "example",
    "dummy",
    "placeholder",
    "your_",
    "your-",
    "yourpass",
    "yoursecret",
    "yourkey",
    "yourtoken",
    "insert",
    "changeme",
    "change_me",
    "change-me",
    "redacted",
    "removed",
    "xxxx",
    "lorem",
    "sample",
    "replace",
    "filtered",
    "scrubbed",
    "not_set",
    "notset",
    "undefined",
    "<your",
    "todo",
];

/// The value that starts at or after `at`.
pub(super) fn at(keyword: &Keyword<'_>, at: usize, said: Said, form: Form) -> Option<Found> {
    let text = keyword.text;
    let bytes = text.as_bytes();
    let mut start = blanks(bytes, at);
    let mut own_line = false;
    if matches!(byte(bytes, start), b'\r' | b'\n') && said != Said::Beside {
        start = next_line(bytes, start)?;
        own_line = said == Said::Assigned || said == Said::Line;
    }
    if let Some(mark) = marks::at(text, start) {
        // What is written against a mark was not taken out with it.
        if !byte(bytes, mark.end).is_ascii_alphanumeric() {
            return None;
        }
        start = mark.end;
    }
    start += usize::from(byte(bytes, start) == b'@' && byte(bytes, start + 1) == b'"');
    let escaped = usize::from(byte(bytes, start) == b'\\');
    let quote = byte(bytes, start + escaped);
    if matches!(quote, b'"' | b'\'' | b'`') {
        let from = start + 1 + escaped;
        let rest = text.get(from..floor(text, from + VALUE_BYTES_MAX + 1))?;
        let ends = |(i, b): &(usize, u8)| {
            *b == quote && (escaped == 1 || *i == 0 || byte(rest.as_bytes(), i - 1) != b'\\') || *b == b'\n'
        };
        let length =
            rest.bytes().enumerate().find(ends).map(|(i, _)| i).filter(|i| byte(rest.as_bytes(), *i) == quote)?;
        let span = from..from + rest.get(..length)?.trim_end_matches('\\').len();
        if own_line && !is_alone(bytes, from + length) {
            return None;
        }
        return quoted(keyword, span, said);
    }
    // `[#9f86d081` is the tag of a ticket in a subject.
    if bytes.get(start..).is_some_and(|rest| rest.starts_with(b"[#")) {
        return None;
    }
    let token = token(text, start, form, said)?;
    let token = match keyword.wanted {
        Wanted::Code | Wanted::Pin => digits(text, token),
        _ => trim(text, token),
    };
    if own_line && !is_alone(bytes, token.end) {
        return None;
    }
    let form = if own_line { Form::Cell } else { form };
    judge(keyword, token.clone(), said, form).or_else(|| phrase(keyword, token.start, said, own_line))
}

/// A run of characters that was found before the keyword.
pub(super) fn judge_token(keyword: &Keyword<'_>, span: Range<usize>, said: Said) -> Option<Found> {
    let span = match keyword.wanted {
        Wanted::Code | Wanted::Pin => digits(keyword.text, span),
        _ => trim(keyword.text, span),
    };
    let value = keyword.text.get(span.clone())?;
    let is_quoted = before(keyword.bytes(), span.start) == b'"';
    let value = value.trim_end_matches(['"', '\'']).len();
    let span = span.start..span.start + value;
    if is_quoted { quoted(keyword, span, Said::Stated) } else { judge(keyword, span, said, Form::Colon) }
}

/// The content of an element of markup.
pub(super) fn element(keyword: &Keyword<'_>, at: usize) -> Option<Found> {
    let text = keyword.text;
    let rest = text.get(at..floor(text, at + VALUE_BYTES_MAX))?;
    let length = rest.find(['<', '\n'])?;
    let body = rest.get(..length)?;
    let start = at + body.len() - body.trim_start().len();
    let span = start..start + body.trim().len();
    if span.is_empty() || body.trim().contains(' ') {
        return None;
    }
    let form = if byte(text.as_bytes(), at + length) == b'<' { Form::Equals } else { Form::Cell };
    judge(keyword, span, Said::Assigned, form)
}

/// The start of the next line that is not empty, one empty line at most between.
pub(super) fn next_line(bytes: &[u8], at: usize) -> Option<usize> {
    let skipped =
        bytes.iter().skip(at).take(40).take_while(|b| matches!(b, b'\r' | b'\n' | b' ' | b'>' | b'\t')).count();
    let ends = bytes.iter().skip(at).take(skipped).filter(|b| **b == b'\n').count();
    (ends <= 2).then_some(at + skipped)
}

/// Is there nothing more on the line than punctuation or a comment?
fn is_alone(bytes: &[u8], at: usize) -> bool {
    for (i, b) in bytes.iter().enumerate().skip(at).take(VALUE_BYTES_MAX) {
        match b {
            b'\n' => return true,
            b'#' if i > at => return true,
            b'/' if i > at && byte(bytes, i + 1) == b'/' => return true,
            b'.' | b',' | b';' | b')' | b'"' | b'*' | b'}' | b']' => {}
            b if b.is_ascii_whitespace() => {}
            _ => return false,
        }
    }
    true
}

/// Does `name=` begin here?
fn is_pair(rest: &str) -> bool {
    let name = rest.trim_start_matches([' ', '&', ';', ',']);
    let name = name.strip_prefix("amp;").unwrap_or(name);
    let length = name
        .bytes()
        .take(32)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b' ' | b'.'))
        .count();
    length > 0 && byte(name.as_bytes(), length) == b'='
}

/// The run of characters without a space; in scripts without spaces, its ASCII part.
fn token(text: &str, start: usize, form: Form, said: Said) -> Option<Range<usize>> {
    let rest = text.get(start..floor(text, start + VALUE_BYTES_MAX + 1))?;
    let mut length = rest.len();
    let mut signs = 0;
    for (at, c) in rest.char_indices() {
        let after = || rest.get(at + 1..).unwrap_or_default();
        let ends = match c {
            '"' | '<' | '`' => true,
            '>' => after().chars().next().is_none_or(|c| c.is_whitespace() || matches!(c, '<' | '>' | '.' | ',')),
            '[' if marks::at(text, start + at).is_some() => true,
            '\'' | ')' | ']' if said == Said::Stated && form == Form::Equals => true,
            '\'' => form == Form::Equals,
            ';' if form == Form::Equals => {
                is_pair(after()) || after().starts_with([' ', '\r', '\n']) || after().is_empty()
            }
            '&' | ',' if form == Form::Equals => is_pair(after()),
            '=' | ':' | '|' => {
                // `a=b=c=d=e` is a list, and a text of nothing else is not read twice.
                signs += 1;
                if signs > 3 && after().starts_with(|c: char| c.is_ascii_alphanumeric()) {
                    return None;
                }
                false
            }
            c => {
                c.is_whitespace() || (0x3000..0xff00).contains(&u32::from(c)) || (0xE00..0xE80).contains(&u32::from(c))
            }
        };
        if ends {
            length = at;
            break;
        }
    }
    (length > 0 && length <= VALUE_BYTES_MAX).then_some(start..start + length)
}

/// Takes off what belongs to the sentence.
fn trim(text: &str, token: Range<usize>) -> Range<usize> {
    let value = text.get(token.clone()).unwrap_or_default();
    let left = value.len() - value.trim_start_matches(['*', '(', '[', '\'', '"']).len();
    let has_stars = value.starts_with('*');
    let mut body = value.get(left..).unwrap_or_default();
    while let Some(last) = body.chars().next_back() {
        let is_open = |open: char| body.contains(open);
        let is_end = match last {
            '.' | ',' | ';' | ':' | '\'' | '"' => true,
            ')' => !is_open('('),
            ']' => !is_open('['),
            '}' => !is_open('{'),
            '*' => has_stars,
            '\\' => left == 0 && body.len() > 1 && body.ends_with("\\"),
            _ => false,
        };
        if !is_end {
            break;
        }
        body = body.get(..body.len() - last.len_utf8()).unwrap_or_default();
    }
    token.start + left..token.start + left + body.len()
}

/// The digits of a code: one or two groups, letters and a hyphen before them (`G-482913`).
fn digits(text: &str, token: Range<usize>) -> Range<usize> {
    let bytes = text.as_bytes();
    let mut start = token.start;
    while start < token.end && matches!(byte(bytes, start), b'*' | b'(' | b'[' | b'\'' | b'"' | b'#') {
        start += 1;
    }
    let run = |at: usize| bytes.iter().skip(at).take(16).take_while(|b| b.is_ascii_digit()).count();
    if byte(bytes, start).is_ascii_uppercase() && byte(bytes, start + 1) == b'-' {
        let end = start + 2 + run(start + 2);
        return start..end;
    }
    let first = run(start);
    let mut end = start + first;
    if (3..=4).contains(&first) && matches!(byte(bytes, end), b' ' | b'-') && run(end + 1) == first {
        end += 1 + first;
    }
    let is_glued = byte(bytes, end).is_ascii_alphanumeric()
        || matches!(byte(bytes, end), b'-' | b'/') && byte(bytes, end + 1).is_ascii_alphanumeric();
    // `12.5`, `10:30`
    let is_number = matches!(byte(bytes, end), b'.' | b',' | b':') && byte(bytes, end + 1).is_ascii_digit();
    // `4577 441 2927` is the number of a meeting, an order, a telephone.
    let goes_on = byte(bytes, end) == b' ' && run(end + 1) >= 3;
    if is_glued || is_number || goes_on { start..start } else { start..end }
}

/// Judges what stood in quotes.
pub(super) fn quoted(keyword: &Keyword<'_>, span: Range<usize>, said: Said) -> Option<Found> {
    let value = keyword.text.get(span.clone())?;
    let alphabetic = value.chars().all(|c| c.is_alphabetic() || c == ' ');
    let opens_badly = value.starts_with([')', ',', ';', ' ', '}', ':', '=', '+', '.', '\''])
        || !value.chars().any(char::is_alphanumeric);
    if is_placeholder(value)
        || marks::hides(keyword.text, &span)
        || alphabetic && value.split(' ').count() > 6
        || opens_badly
    {
        return None;
    }
    let roles = words::roles(value.trim_end_matches(['!', '?', '.']), keyword.tongue);
    let chars = Chars::of(value);
    let is_strong = chars.is_strong();
    let fits = match keyword.wanted {
        Wanted::Password | Wanted::Pair => {
            chars.all >= 4 && roles & (EMPTY | KEYWORD | FOLLOWER) == 0 && !is_label(value, keyword)
        }
        Wanted::Key => {
            is_key(value)
                && (is_strong || chars.all >= 12 && !value.contains(' '))
                && !is_path(value)
                && !is_label(value, keyword)
        }
        Wanted::Pin => is_pin(value),
        Wanted::Code => is_code_digits(value),
        Wanted::Codes | Wanted::Seed => false,
    };
    let is_clear = match said {
        Said::Beside | Said::Reversed => is_strong && !is_reference(value),
        Said::Stated => {
            is_strong || keyword.wanted != Wanted::Key && !value.contains(' ') || value.split(' ').count() >= 3
        }
        Said::Assigned | Said::Line => !is_url(value),
    };
    (fits && is_clear).then(|| found(keyword, span, said, Term::new("quoted", 20)))
}

/// `#add-password`, `policy/ChangePassword`: a name in a program or a page.
fn names_itself(value: &str) -> bool {
    let is_joined = value.contains(['#', '-', '/', ':', '_', '.']) && !value.contains(|c: char| c.is_ascii_digit());
    is_joined && ["password", "passwd", "passwort", "secret", "token"].iter().any(|w| holds(value, w))
}

/// `"user password"`, `"password_field"`: what a label or a key of a program holds.
fn is_label(value: &str, keyword: &Keyword<'_>) -> bool {
    let is_words = value.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-' | b' ' | b'.'));
    names_itself(value)
        || is_words
            && (value.contains(['_', '-', '.']) || value.contains(' '))
            && value
                .split(['_', '-', ' ', '.'])
                .any(|w| w.len() > 3 && words::roles(w, keyword.tongue) & (KEYWORD | EMPTY | FOLLOWER) != 0)
}

impl Said {
    fn term(self) -> Term {
        match self {
            Said::Assigned => Term::new("assigned", 20),
            Said::Stated => Term::new("stated", 15),
            Said::Line => Term::new("line", 10),
            Said::Beside => Term::new("beside", 5),
            Said::Reversed => Term::new("reversed", 5),
        }
    }
}

fn found(keyword: &Keyword<'_>, span: Range<usize>, said: Said, term: Term) -> Found {
    let mut terms = vec![said.term(), term];
    if keyword.is_negated && said != Said::Assigned {
        terms.push(Term::new("negation", NEGATED));
    }
    Found { span, terms }
}

fn is_key(value: &str) -> bool {
    value.chars().count() >= KEY_CHARS_MIN && !value.bytes().all(|b| b.is_ascii_digit())
}

fn is_pin(value: &str) -> bool {
    (3..=8).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit())
}

fn is_code_digits(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let is_plain = value.bytes().all(|b| b.is_ascii_digit() || matches!(b, b' ' | b'-'));
    let has_prefix = value.split_once('-').is_some_and(|(letter, _)| letter.len() == 1);
    (4..=8).contains(&digits) && (is_plain || has_prefix)
}

/// "Alarm PIN", "Haustür-PIN": a word says what the PIN opens.
fn is_door(keyword: &Keyword<'_>) -> bool {
    let previous = super::pieces::back(keyword.text, keyword.word.start).next();
    keyword.wanted == Wanted::Pin
        && previous.is_some_and(|p| {
            !p.ends
                && !p.is_label
                && DOORS.split_ascii_whitespace().any(|door| door.eq_ignore_ascii_case(p.word.trim_end_matches('-')))
        })
}

/// What follows a number that makes it a count, an amount, or the postal code of a town.
fn is_count(keyword: &Keyword<'_>, end: usize, said: Said) -> bool {
    let next = super::pieces::forward(keyword.text, end).next();
    let on_line = byte(keyword.bytes(), end) == b' ';
    next.is_some_and(|p| {
        let is_town = said == Said::Beside && p.word.chars().next().is_some_and(char::is_uppercase);
        on_line && (words::roles(p.word, keyword.tongue) & FOLLOWER != 0 || is_town || p.word == "%")
    })
}

/// Judges the characters of a value.
pub(super) fn judge(keyword: &Keyword<'_>, span: Range<usize>, said: Said, form: Form) -> Option<Found> {
    let text = keyword.text;
    let value = text.get(span.clone())?;
    if is_placeholder(value) || marks::hides(text, &span) {
        return None;
    }
    if matches!(keyword.wanted, Wanted::Pin | Wanted::Code) {
        let fits = if keyword.wanted == Wanted::Pin { is_pin(value) } else { is_code_digits(value) };
        let is_short = said != Said::Assigned && value.len() < 4 || said == Said::Reversed && value.len() < 4;
        let is_year = value.len() == 4 && (value.starts_with("19") || value.starts_with("20"));
        let is_door = said == Said::Beside && value.len() >= 4 && !is_year && is_door(keyword);
        let is_last = is_door || is_alone(text.as_bytes(), span.end);
        let points = Term::new("digits", if said != Said::Beside { 20 } else { 10 + 5 * i16::from(is_last) });
        // "the PIN 2019 model"
        let is_year = is_year && said == Said::Beside && byte(text.as_bytes(), span.end) == b' ';
        let fits = fits && !is_short && !is_year && (is_door || !is_count(keyword, span.end, said));
        return fits.then(|| found(keyword, span, said, points));
    }
    let chars = Chars::of(value);
    if keyword.wanted == Wanted::Key && !is_key(value) {
        return None;
    }
    let is_last = is_alone(text.as_bytes(), span.end);
    let strength = strength(keyword, value, &chars, said, form, is_last)?;
    if strength.name == "digits" && form != Form::Equals && is_count(keyword, span.end, said) {
        return None;
    }
    Some(found(keyword, span, said, strength))
}

/// How much a value looks like a password; `None`: not enough for how it was said.
fn strength(keyword: &Keyword<'_>, value: &str, chars: &Chars, said: Said, form: Form, is_last: bool) -> Option<Term> {
    let said_so = matches!(said, Said::Assigned | Said::Line);
    if chars.all < 4 || looks_like_address(value) && !said_so || is_code(value, form) {
        return None;
    }
    let bare = value.trim_end_matches(['!', '?']);
    let roles = words::roles(bare, keyword.tongue);
    if roles & (EMPTY | KEYWORD) != 0 || is_label(bare, keyword) {
        return None;
    }
    let strong = chars.is_strong();
    let is_key = keyword.wanted == Wanted::Key;
    let fits = match said {
        Said::Assigned => {
            let is_other = is_url(value) || is_rooted(value) || form == Form::Cell && value.contains('|');
            let is_no_key = is_key && (is_path(value) || chars.digits + chars.symbols == 0);
            strong && !is_other && !is_no_key
        }
        Said::Line => strong && chars.has_digit_or_symbol() && chars.all >= 6 && !is_reference(value) && is_last,
        Said::Stated => {
            strong
                && chars.all >= 5
                && chars.is_mixed()
                && !is_reference(value)
                && !is_path(value)
                && !is_product(value)
        }
        Said::Beside | Said::Reversed => {
            chars.letters >= 3
                && chars.has_digit_or_symbol()
                && chars.all >= if is_key { KEY_BESIDE_MIN } else { 6 }
                && (chars.digits > 0 || said == Said::Beside && chars.symbols > 0 && chars.has_both_cases)
                && !is_reference(value)
                && !value.contains(['=', '/'])
                && !is_product(value)
        }
    };
    if fits {
        return Some(Term::new("strong", 25));
    }
    if keyword.is_weak && !strong {
        return None;
    }
    let only_digits = chars.digits == chars.all;
    if only_digits && !is_key && (said == Said::Assigned || said == Said::Stated && is_last) {
        return Some(Term::new("digits", 10));
    }
    let is_plain_word = value.chars().all(|c| c.is_alphabetic() || c == '-') && chars.letters > chars.all / 2;
    let is_normal = roles & (COMMON | FOLLOWER | NEGATION | COPULA) != 0;
    let is_weak = match form {
        Form::Equals => {
            said == Said::Assigned && chars.letters > 0 && !is_url(value) && !is_normal && !(is_key && is_path(value))
        }
        Form::Colon => said == Said::Assigned && is_plain_word && is_last && chars.all >= 5 && !is_normal && !is_key,
        Form::Cell => false,
    };
    // What is no word in any language: `qzkxwvbt`.
    let is_odd = said == Said::Stated && is_last && is_unpronounceable(value) && chars.all >= 6 && !is_key;
    (is_weak || is_odd).then_some(Term::new("word", if is_odd { 10 } else { 0 }))
}

/// Three or more words that follow a colon to the end of the line: a pass-phrase.
fn phrase(keyword: &Keyword<'_>, start: usize, said: Said, own_line: bool) -> Option<Found> {
    if keyword.wanted != Wanted::Password || said != Said::Assigned {
        return None;
    }
    let text = keyword.text;
    let line = text.get(start..floor(text, start + 96))?.split(['\r', '\n']).next()?;
    let line = line.trim_end_matches([' ', '\t', '.']);
    let name = text.get(keyword.word.clone())?;
    let least = if name.to_ascii_lowercase().contains("phrase") || own_line { 3 } else { 4 };
    let (mut count, mut empties) = (0, 0);
    for word in line.split(' ') {
        // One such word may be among them: "correct horse battery staple".
        let roles = words::roles(word, keyword.tongue);
        empties += usize::from(roles & EMPTY != 0);
        let is_word = word.chars().count() >= 3 && word.chars().all(|c| c.is_lowercase());
        if !is_word || roles & NOT_PHRASE != 0 || empties > 1 {
            return None;
        }
        count += 1;
    }
    let fits = (least..=10).contains(&count) && line.len() < 96;
    fits.then(|| found(keyword, start..start + line.len(), said, Term::new("phrase", 10)))
}

/// Characters by kind.
struct Chars {
    all: usize,
    letters: usize,
    digits: usize,
    /// Symbols that no sentence has in or next to a word; a last `!` or `?` is none.
    symbols: usize,
    /// A capital after a small letter.
    mixed_case: bool,
    has_both_cases: bool,
}

impl Chars {
    fn of(value: &str) -> Chars {
        let inner = value.trim_end_matches(['!', '?']);
        let pairs = value.chars().zip(value.chars().skip(1));
        Chars {
            all: value.chars().count(),
            letters: value.chars().filter(|c| c.is_alphabetic()).count(),
            digits: value.chars().filter(char::is_ascii_digit).count(),
            symbols: inner.chars().filter(|c| "!@#$%^&*+=?~_{}\\|§€£".contains(*c)).count(),
            mixed_case: pairs.into_iter().filter(|(a, b)| a.is_lowercase() && b.is_uppercase()).count() > 0,
            has_both_cases: value.chars().any(char::is_lowercase) && value.chars().any(char::is_uppercase),
        }
    }

    fn is_strong(&self) -> bool {
        self.letters > 0 && self.digits > 0
            || self.symbols > 0 && (self.letters > 0 || self.digits > 0)
            || self.mixed_case
    }

    fn has_digit_or_symbol(&self) -> bool {
        self.digits > 0 || self.symbols > 0
    }

    /// More than a name in two capitals ("KeePass") or a number with a unit.
    fn is_mixed(&self) -> bool {
        self.has_digit_or_symbol() && self.letters >= 2
    }
}

/// Consonants in a row that no word has.
fn is_unpronounceable(value: &str) -> bool {
    let mut run = 0;
    let is_word = value.bytes().all(|b| b.is_ascii_lowercase());
    is_word
        && value.bytes().any(|b| {
            run = if b"aeiouy".contains(&b) { 0 } else { run + 1 };
            run >= 6
        })
}

/// Does a value hold a word, in any case?
fn holds(value: &str, word: &str) -> bool {
    value.as_bytes().windows(word.len()).any(|w| w.eq_ignore_ascii_case(word.as_bytes()))
}

/// What stands for a value: masks, template variables, elements, our marks' remains.
fn is_placeholder(value: &str) -> bool {
    let value = value.trim_start_matches(['"', '\'']);
    let Some(first) = value.chars().next() else { return true };
    let is_mask =
        value.chars().all(|c| matches!(c, '*' | '•' | '●' | '·' | 'x' | 'X' | '.' | '-' | '_' | '#' | '?' | '…' | '∗'));
    is_mask
        || ["{{", "${", "$(", "<%", "#{", "%{", "&lt;", "%(", "@{", "$["].iter().any(|p| value.starts_with(p))
        || value.starts_with("***")
        || value.contains('\u{fffd}')
        || first == '<'
        || first == '!' && value.bytes().skip(1).all(|b| b.is_ascii_lowercase())
        || first == '['
        || first == '•'
        || first == '{' && value.ends_with('}')
        || first == '%' && (value.ends_with('%') || value.len() <= 2)
        || first == '$' && is_variable(value)
        || first == '(' && value.ends_with(')')
        || STAND_INS.iter().any(|p| holds(value, p))
}

/// A name of a shell variable after `$`.
fn is_variable(value: &str) -> bool {
    let rest = || value.chars().skip(1);
    let is_name = rest().all(|c| c.is_ascii_alphabetic() || c == '_');
    let is_member = value.contains("->") || value.contains("::") || value.contains("[");
    is_member
        || is_name
            && (value.contains('_') || rest().all(|c| c.is_ascii_uppercase()) || rest().all(|c| c.is_ascii_lowercase()))
        || value.starts_with("$env:")
}

fn is_url(value: &str) -> bool {
    value.contains("://") || value.starts_with("www.")
}

/// `/home/joe/x`, `C:\\Users\\joe`
fn is_rooted(value: &str) -> bool {
    let is_unix = value.starts_with(['/', '~', '.']) && value.matches('/').count() > 1;
    is_unix || value.get(1..3).is_some_and(|c| c == ":\\") || value.starts_with("\\\\")
}

/// A file, a folder or a reference to one.
fn is_path(value: &str) -> bool {
    let is_rooted = value.starts_with(['/', '~', '.']) || value.get(1..3).is_some_and(|c| c == ":\\");
    let steps = value.matches('/').count();
    let extension = value
        .rsplit_once('.')
        .is_some_and(|(_, e)| (2..=4).contains(&e.len()) && e.bytes().all(|b| b.is_ascii_lowercase()));
    let is_plain = value.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-~:\\".contains(&b));
    is_plain && (is_rooted && steps > 0 && (steps > 1 || extension) || extension && value.len() > 6 || is_url(value))
}

/// An address or a link is what the sentence speaks of, not a password.
fn looks_like_address(value: &str) -> bool {
    let is_mail = value.rsplit_once('@').is_some_and(|(_, host)| {
        host.rsplit_once('.').is_some_and(|(_, top)| top.len() >= 2 && top.chars().all(|c| c.is_ascii_alphabetic()))
    });
    is_mail || is_url(value)
}

/// An expression of a program.
fn is_code(value: &str, form: Form) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | ':' | '>' | '-');
    let no_digit = !value.contains(|c: char| c.is_ascii_digit());
    let is_member = value.contains('.') && value.chars().all(is_name) && no_digit;
    let is_call = value.split_once('(').is_some_and(|(name, _)| name.len() >= 3 && name.chars().all(is_name));
    let is_index = value.ends_with('[')
        || value.split_once('[').is_some_and(|(name, _)| name.len() >= 3 && name.chars().all(is_name));
    // self.password, args.secret, this->token
    let named = || {
        value
            .split(['.', '_', ':', '>', '-'])
            .next_back()
            .is_some_and(|last| words::roles(last, words::ANY) & KEYWORD != 0)
    };
    let is_variable =
        value.chars().all(|c| c.is_alphanumeric() || c == '_') && value.contains('_') && no_digit && named();
    let is_entity = value.starts_with("->")
        || value.starts_with("this.")
        || value.starts_with("self.")
        || value.starts_with("process.env");
    is_call
        || is_index
        || is_entity
        || is_variable
        || value.contains("](")
        || is_member && (form == Form::Equals || named())
}

/// An order number, a version, a date: capitals, digits and hyphens, or digits with dots.
fn is_reference(value: &str) -> bool {
    let has_hyphen = value.contains('-');
    let is_capital =
        value.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '-' | '/' | '.'));
    let letters = value.chars().filter(|c| c.is_alphabetic()).count();
    let is_version = letters <= 1 && value.contains('.');
    let is_count = letters <= 2 && value.chars().next().is_some_and(|c| c.is_ascii_digit());
    let is_hash = value.starts_with('#') && value.bytes().skip(1).all(|b| b.is_ascii_digit());
    has_hyphen && is_capital || is_version || is_count && value.len() <= 5 || is_hash
}

/// "Windows10", "Office365", "SHA-256": a name and a number that many sentences hold.
fn is_product(value: &str) -> bool {
    const PRODUCTS: &[&str] = &[
        "windows",
        "office",
        "win",
        "iphone",
        "ipad",
        "android",
        "chrome",
        "firefox",
        "safari",
        "outlook",
        "ios",
        "macos",
        "sha",
        "md",
        "aes",
        "rsa",
        "utf",
        "base",
        "http",
        "https",
        "tls",
        "ssl",
        "ipv",
        "log",
        "web",
        "version",
        "step",
        "page",
        "section",
        "ticket",
        "case",
        "error",
        "line",
        "build",
        "server",
        "user",
        "room",
        "level",
        "microsoft",
        "exchange",
        "python",
        "java",
        "php",
        "mysql",
        "oracle",
        "keepass",
        "keepassx",
        "keepassxc",
        "bitwarden",
        "1password",
        "lastpass",
        "phase",
        "stage",
        "oauth",
        "pbkdf",
        "argon",
        "scrypt",
        "pdf",
        "excel",
        "sharepoint",
        "sap",
        "netware",
        "release",
        "chapter",
        "item",
        "id",
        "covid",
    ];
    let head = value.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
    let has_tail = head.len() < value.len();
    has_tail && PRODUCTS.iter().any(|p| p.eq_ignore_ascii_case(head)) || value.eq_ignore_ascii_case("1password")
}
