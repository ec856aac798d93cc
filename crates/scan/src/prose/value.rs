//! Is it a password? Judged by its characters and by how clearly it was said to be one.

use super::{Wanted, blanks};
use crate::engine::Term;
use crate::marks;
use crate::text::{byte, floor};
use std::ops::Range;

/// How a value was introduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// By a separator.
    Assigned,
    /// By "is" and the like.
    Stated,
    /// It only stands next to the word.
    Beside,
}

/// What the separator looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `=`: configuration; the value ends at `;` and `&` too.
    Equals,
    /// `:` and others.
    Colon,
    /// A cell of a table.
    Cell,
}

type Judged = Option<(Range<usize>, Vec<Term>)>;

/// Characters of a key or token at least.
const KEY_CHARS_MIN: usize = 8;
/// Bytes of a value at most.
const VALUE_BYTES_MAX: usize = 256;
/// Words that stand where a password would, in forms, documentation and code.
const NO_PASSWORDS: &[&str] = &[
    "required",
    "optional",
    "none",
    "null",
    "nil",
    "undefined",
    "true",
    "false",
    "yes",
    "no",
    "empty",
    "hidden",
    "password",
    "passwd",
    "passwort",
    "pass",
    "pwd",
    "value",
    "text",
    "string",
    "str",
    "varchar",
    "invalid",
    "incorrect",
    "wrong",
    "expired",
    "reset",
    "changed",
    "forgotten",
    "forgot",
    "unknown",
    "unchanged",
    "n/a",
    "na",
    "tbd",
    "todo",
    "example",
    "redacted",
    "removed",
    "secret",
    "your_password",
    "yourpassword",
    "your-password",
    "mypassword",
    "my_password",
    "see",
    "below",
    "above",
    "please",
    "enter",
    "same",
    "sent",
    "separately",
    "not",
    "the",
    "a",
    "an",
    "is",
    "was",
    "missing",
    "blank",
    "attached",
    "erforderlich",
    "requis",
    "obligatorio",
    "self",
    "this",
    "process",
    "username",
    "user",
    "login",
    "email",
    "and",
    "or",
    "prompt",
    "ask",
    "stdin",
    "input",
    "env",
    "xxxx",
    "abcd",
    "type",
    "char",
    "int",
    "ok",
    "failed",
    "failure",
    "success",
    "error",
    "protected",
    "encrypted",
    "set",
    "disabled",
    "enabled",
    "default",
    "confirm",
    "new",
    "old",
];

/// The value that starts at or after `at`.
pub(super) fn judge_at(text: &str, at: usize, said: Said, form: Form, wanted: Wanted) -> Judged {
    let bytes = text.as_bytes();
    let mut start = blanks(bytes, at);
    let mut own_line = false;
    if matches!(byte(bytes, start), b'\r' | b'\n') && said == Said::Assigned {
        start = next_line(bytes, start)?;
        own_line = true;
    }
    if let Some(mark) = marks::at(text, start) {
        // What is written against a mark was not taken out with it.
        if !byte(bytes, mark.end).is_ascii_alphanumeric() {
            return None;
        }
        start = mark.end;
    }
    let quote = byte(bytes, start + usize::from(byte(bytes, start) == b'\\'));
    if matches!(quote, b'"' | b'\'' | b'`') {
        let from = start + 1 + usize::from(byte(bytes, start) == b'\\');
        return judge_quoted(text, from, quote, said, wanted);
    }
    let token = token(text, start, form)?;
    let token = trim(text, token);
    if own_line && !is_alone(bytes, token.end) {
        return None;
    }
    let form = if own_line { Form::Cell } else { form };
    judge(text, token, said, form, wanted)
}

/// The start of the next line that is not empty, one empty line at most between.
fn next_line(bytes: &[u8], at: usize) -> Option<usize> {
    let skipped = bytes.iter().skip(at).take(12).take_while(|b| matches!(b, b'\r' | b'\n' | b' ' | b'>')).count();
    let ends = bytes.iter().skip(at).take(skipped).filter(|b| **b == b'\n').count();
    (ends <= 2).then_some(at + skipped)
}

/// Is there nothing more on the line than punctuation?
fn is_alone(bytes: &[u8], at: usize) -> bool {
    let rest = bytes.iter().skip(at).take(VALUE_BYTES_MAX).take_while(|b| **b != b'\n');
    rest.into_iter().all(|b| b.is_ascii_whitespace() || matches!(b, b'.' | b',' | b';' | b')' | b'"' | b'*'))
}

/// The run of characters without a space; in scripts without spaces, its ASCII part.
fn token(text: &str, start: usize, form: Form) -> Option<Range<usize>> {
    let rest = text.get(start..floor(text, start + VALUE_BYTES_MAX + 1))?;
    let ends = |c: char| {
        c.is_whitespace()
            || matches!(c, '"' | '<' | '>' | '`')
            || (0x3000..0xff00).contains(&u32::from(c))
            || form == Form::Equals && matches!(c, ';' | '&' | '\'')
    };
    let length = rest.find(ends).unwrap_or(rest.len());
    (length > 0 && length <= VALUE_BYTES_MAX).then_some(start..start + length)
}

/// Takes off what belongs to the sentence.
fn trim(text: &str, token: Range<usize>) -> Range<usize> {
    let value = text.get(token.clone()).unwrap_or_default();
    let left = value.len() - value.trim_start_matches(['*', '(', '[', '\'']).len();
    let has_stars = value.starts_with('*');
    let end = |c: char| matches!(c, '.' | ',' | ';' | ':' | ')' | ']' | '\'' | '}') || has_stars && c == '*';
    let right = value.trim_end_matches(end).len();
    token.start + left.min(right)..token.start + right
}

fn judge_quoted(text: &str, from: usize, quote: u8, said: Said, wanted: Wanted) -> Judged {
    let rest = text.get(from..floor(text, from + VALUE_BYTES_MAX + 1))?;
    let length = rest.bytes().position(|b| b == quote || b == b'\n').filter(|i| byte(rest.as_bytes(), *i) == quote)?;
    let span = from..from + rest.get(..length)?.trim_end_matches('\\').len();
    let value = text.get(span.clone())?;
    let alphabetic = value.chars().all(|c| c.is_alphabetic() || c == ' ');
    if is_placeholder(value) || marks::hides(text, &span) || alphabetic && value.split(' ').count() > 6 {
        return None;
    }
    let fits = match wanted {
        Wanted::Password => value.chars().count() >= 4 && !NO_PASSWORDS.contains(&value.to_lowercase().as_str()),
        Wanted::Key => is_key(value),
        Wanted::Pin => is_pin(value),
    };
    (fits && said != Said::Beside).then(|| (span, vec![said.term(), Term::new("quoted", 20)]))
}

impl Said {
    fn term(self) -> Term {
        match self {
            Said::Assigned => Term::new("assigned", 20),
            Said::Stated => Term::new("stated", 15),
            Said::Beside => Term::new("beside", 5),
        }
    }
}

fn is_key(value: &str) -> bool {
    value.chars().count() >= KEY_CHARS_MIN && !value.bytes().all(|b| b.is_ascii_digit())
}

fn is_pin(value: &str) -> bool {
    (3..=8).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit())
}

/// Judges the characters of a value.
pub(super) fn judge(text: &str, span: Range<usize>, said: Said, form: Form, wanted: Wanted) -> Judged {
    let value = text.get(span.clone())?;
    if is_placeholder(value) || marks::hides(text, &span) {
        return None;
    }
    if wanted == Wanted::Pin {
        let points = Term::new("digits", if said == Said::Beside { 10 } else { 20 });
        return is_pin(value).then(|| (span, vec![said.term(), points]));
    }
    let chars = Chars::of(value);
    if wanted == Wanted::Key && !is_key(value) {
        return None;
    }
    let is_last = is_alone(text.as_bytes(), span.end);
    let strength = strength(value, &chars, said, form, is_last)?;
    Some((span, vec![said.term(), strength]))
}

/// How much a value looks like a password; `None`: not enough for how it was said.
fn strength(value: &str, chars: &Chars, said: Said, form: Form, is_last: bool) -> Option<Term> {
    if chars.all < 4 || looks_like_address(value) && said != Said::Assigned || is_code(value, form) {
        return None;
    }
    let is_no_password = NO_PASSWORDS.contains(&value.trim_end_matches(['!', '?']).to_lowercase().as_str());
    let strong = chars.letters > 0 && chars.digits > 0
        || chars.symbols > 0 && (chars.letters > 0 || chars.digits > 0)
        || chars.mixed_case;
    let fits = match said {
        Said::Assigned => strong && !is_url(value),
        Said::Stated => strong && chars.all >= 5 && !is_reference(value),
        Said::Beside => {
            chars.letters >= 3 && chars.digits > 0 && chars.all >= 6 && !is_reference(value) && !value.contains('=')
        }
    };
    if is_no_password {
        return None;
    }
    if fits {
        return Some(Term::new("strong", 25));
    }
    let only_digits = chars.digits == chars.all;
    if only_digits && said != Said::Beside && (said == Said::Assigned || is_last) {
        return Some(Term::new("digits", 10));
    }
    let is_plain_word = chars.letters == chars.all;
    let is_weak = match form {
        Form::Equals => said == Said::Assigned && chars.letters > 0 && !is_url(value),
        Form::Colon => said == Said::Assigned && is_plain_word && is_last && chars.all >= 5,
        Form::Cell => false,
    };
    is_weak.then_some(Term::new("word", 0))
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
}

impl Chars {
    fn of(value: &str) -> Chars {
        let inner = value.trim_end_matches(['!', '?']);
        let pairs = value.chars().zip(value.chars().skip(1));
        Chars {
            all: value.chars().count(),
            letters: value.chars().filter(|c| c.is_alphabetic()).count(),
            digits: value.chars().filter(char::is_ascii_digit).count(),
            symbols: inner.chars().filter(|c| "!@#$%^&*+=?~_{}\\|".contains(*c)).count(),
            mixed_case: pairs.into_iter().filter(|(a, b)| a.is_lowercase() && b.is_uppercase()).count() > 0,
        }
    }
}

/// What stands for a value: masks, template variables, elements, our marks' remains.
fn is_placeholder(value: &str) -> bool {
    let Some(first) = value.chars().next() else { return true };
    let is_mask =
        value.chars().all(|c| matches!(c, '*' | '•' | '●' | '·' | 'x' | 'X' | '.' | '-' | '_' | '#' | '?' | '…'));
    is_mask
        || value.starts_with("{{")
        || value.starts_with("${")
        || value.starts_with("$(")
        || value.starts_with("<%")
        || first == '<'
        || first == '['
        || first == '•'
        || first == '{' && value.ends_with('}')
        || first == '%' && value.ends_with('%')
        || first == '$' && is_variable(value)
        || value.starts_with("&lt;")
        || ["your", "insert_", "insert-"].iter().any(|p| value.to_ascii_lowercase().starts_with(p))
}

/// A name of a shell variable after `$`.
fn is_variable(value: &str) -> bool {
    let rest = || value.chars().skip(1);
    let is_name = rest().all(|c| c.is_ascii_alphabetic() || c == '_');
    is_name && (value.contains('_') || rest().all(|c| c.is_ascii_uppercase()))
}

fn is_url(value: &str) -> bool {
    value.contains("://") || value.starts_with("www.")
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
    let is_path = value.contains('.') && value.chars().all(is_name) && !value.contains(|c: char| c.is_ascii_digit());
    let is_call = value.split_once('(').is_some_and(|(name, _)| name.len() >= 3 && name.chars().all(is_name));
    is_call || value.contains("](") || form == Form::Equals && is_path
}

/// An order number, a version, a date: capitals, digits and hyphens, or digits with dots.
fn is_reference(value: &str) -> bool {
    let has_hyphen = value.contains('-');
    let is_capital =
        value.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '-' | '/' | '.'));
    let letters = value.chars().filter(|c| c.is_alphabetic()).count();
    let is_version = letters <= 1 && value.contains('.');
    let is_count = letters <= 2 && value.chars().next().is_some_and(|c| c.is_ascii_digit());
    has_hyphen && is_capital || is_version || is_count && value.len() <= 5
}
