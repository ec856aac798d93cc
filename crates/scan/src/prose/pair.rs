//! A user name and a password in one expression: "user/pass is admin/s3cr3t!", "credentials: admin / s3cr3t!".

use super::value::{self, Form, Said};
use super::words::{AND, COPULA, KEYWORD, USER};
use super::{Found, Keyword, Wanted, blanks, pieces, separator};
use crate::text::{before, byte, floor};

/// Bytes of the user name and what ties it to the password.
const USER_BYTES_MAX: usize = 96;

/// Is the keyword the second half of "user/pass", "user and password"?
pub(super) fn is_second(keyword: &Keyword<'_>) -> bool {
    if keyword.wanted != Wanted::Password {
        return false;
    }
    let bytes = keyword.bytes();
    let start = keyword.word.start;
    let tied = matches!(before(bytes, start), b'/' | b'&' | b'+' | b'|');
    let mut words = pieces::back(keyword.text, if tied { start - 1 } else { start });
    let Some(first) = words.next() else { return false };
    if tied {
        let name = first.word.rsplit(['/', '(', '"', '<']).next().unwrap_or_default();
        return keyword.roles(name) & USER != 0;
    }
    let roles = keyword.roles(first.word);
    let is_and = roles & AND != 0 || matches!(keyword.text.get(first.span.clone()), Some("/" | "&" | "+" | "|"));
    is_and && !first.ends && words.next().is_some_and(|p| !p.is_label && keyword.roles(p.word) & USER != 0)
}

/// Reads what follows "credentials" and the like.
pub(super) fn read(keyword: &Keyword<'_>) -> Option<Found> {
    if matches!(before(keyword.bytes(), keyword.word.start), b'-' | b'_') {
        return None;
    }
    if let Some((after, _)) = separator(keyword.text, keyword.end) {
        return value(keyword, after, Said::Assigned);
    }
    for piece in pieces::forward(keyword.text, keyword.end).take(6) {
        if piece.is_label || keyword.roles(piece.word) & COPULA != 0 {
            return value(keyword, piece.span.end, Said::Stated);
        }
        if piece.ends {
            return None;
        }
    }
    None
}

/// The second half of the pair at `at`.
pub(super) fn value(keyword: &Keyword<'_>, at: usize, said: Said) -> Option<Found> {
    let text = keyword.text;
    let bytes = text.as_bytes();
    let mut start = blanks(bytes, at);
    if matches!(byte(bytes, start), b'\r' | b'\n') {
        start = value::next_line(bytes, start)?;
    }
    while matches!(byte(bytes, start), b'"' | b'\'' | b'(' | b'`' | b'*') {
        start += 1;
    }
    let line = text.get(start..floor(text, start + USER_BYTES_MAX))?;
    let line = line.split(['\r', '\n']).next()?;
    let after = start + second(keyword, line)?;
    let next = pieces::forward(text, after).next()?;
    let is_next_label = next.is_label || keyword.roles(next.word) & KEYWORD != 0;
    // "user and password: jdoe" over a line of its own for the password is no pair.
    (!is_next_label).then(|| value::at(keyword, after, said, Form::Colon)).flatten()
}

/// Where the second half begins.
fn second(keyword: &Keyword<'_>, line: &str) -> Option<usize> {
    let is_login = keyword.wanted == Wanted::Pair && keyword.is_weak;
    let user = line.find(|c: char| c.is_whitespace() || "/:|,;".contains(c)).filter(|at| *at >= 2)?;
    let rest = line.get(user..)?;
    let tie = rest.trim_start();
    let blank = rest.len() - tie.len();
    let tie_len = match tie.chars().next()? {
        '/' if blank > 0 || !is_login => 1,
        ':' if blank == 0 && tie.get(1..).is_some_and(|r| !r.starts_with("//")) => 1,
        '|' | '&' | '+' => 1,
        ',' | ';' if !is_login => 1,
        '-' if blank > 0 => 1,
        _ if blank > 0 && keyword.wanted == Wanted::Password => {
            let word = tie.split_whitespace().next()?;
            if keyword.roles(word) & AND != 0 { word.len() } else { 0 }
        }
        _ => return None,
    };
    Some(user + blank + tie_len)
}
