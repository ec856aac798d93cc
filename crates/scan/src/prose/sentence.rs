//! What a sentence says about a keyword, after it and before it.

use super::value::{self, Form, Said};
use super::words::{ADVERB, AS, BRIDGE, CHANGE, COPULA, EMPTY, FOLLOWER, KEYWORD, NEGATION, OWN, TO, USER, cjk};
use super::{Found, Keyword, Wanted, blanks, closers, pair, pieces};
use crate::text::{before, byte, char_at};

/// Words between the keyword and its copula or colon at most.
const FILLERS_MAX: usize = 8;
/// Words between a copula and the value at most.
const ADVERBS_MAX: usize = 4;
/// Words before the keyword that are read.
const BACK_MAX: usize = 6;
/// Words in which one is given.
const GIVEN_WORDS_MAX: usize = 10;
/// What answers a question for a password.
const ANSWERS: &[&str] = &[
    "it's", "its", "it", "that's", "c'est", "es", "das", "dat", "het", "det", "to", "è", "é", "este", "это", "це",
    "which", "welches", "qui", "que", "che",
];

/// Verbs by which somebody got it: "the password you sent (x)".
const GIVEN: &str = "sent gave given provided emailed e-mailed mailed supplied texted issued shared assigned received got \
    geschickt geschickte gesendet gesendete gegeben mitgeteilt mitgeteilte erhalten bekommen zugeschickt \
    verstuurd gestuurd gestuurde gekregen ontvangen gegeven envoyé reçu donné fourni communiqué enviado \
    enviada enviaste envió enviaron recibido recibida recibí dado dada facilitado enviou enviaram recebido \
    recebida recebi inviato inviata ricevuto ricevuta fornito fornita skickade skickat fick fått sendte sendt \
    modtog fikk wysłane wysłali przysłali otrzymane otrzymałem otrzymałam poslali poslal dostal прислали \
    прислал получил отправили выдали надіслали отримав";

/// Reads the sentence of a keyword that no separator follows.
pub(super) fn read(keyword: &Keyword<'_>) -> Option<Found> {
    stated(keyword)
        .or_else(|| joined(keyword))
        .or_else(|| answered(keyword))
        .or_else(|| beside(keyword))
        .or_else(|| below(keyword))
        .or_else(|| given(keyword))
        .or_else(|| reversed(keyword))
}

/// Is a lost or wrong one spoken of?
pub(super) fn is_negated(keyword: &Keyword<'_>) -> bool {
    let near = pieces::back(keyword.text, keyword.word.start).take(4).take_while(|p| !p.ends && !p.is_label);
    near.into_iter().any(|p| keyword.roles(p.word) & NEGATION != 0)
}

/// Is setting or changing it spoken of before the keyword?
fn is_changing(keyword: &Keyword<'_>) -> bool {
    let near = pieces::back(keyword.text, keyword.word.start).take(5).take_while(|p| !p.ends && !p.is_label);
    near.into_iter().any(|p| keyword.roles(p.word) & CHANGE != 0)
}

fn value_at(keyword: &Keyword<'_>, at: usize, said: Said) -> Option<Found> {
    if pair::is_second(keyword) {
        return pair::value(keyword, at, said);
    }
    value::at(keyword, at, said, Form::Colon)
}

/// `password for the portal: x`, `password for the portal is now x`, `changed my password to x`.
fn stated(keyword: &Keyword<'_>) -> Option<Found> {
    if matches!(byte(keyword.bytes(), keyword.end), b'.' | b',' | b';' | b'?' | b'!') {
        return None;
    }
    // "my password's now x"
    let rest = keyword.text.get(keyword.end..).unwrap_or_default();
    if let Some(mark) = ["'s ", "\u{2019}s "].iter().find(|m| rest.starts_with(**m)) {
        return after_copula(keyword, keyword.end + mark.len(), Said::Stated);
    }
    let mut words = pieces::forward(keyword.text, closers(keyword.bytes(), keyword.end)).take(FILLERS_MAX).peekable();
    let (mut is_changed, mut is_bridged) = (None, false);
    while let Some(piece) = words.next() {
        let roles = keyword.roles(piece.word);
        if roles & COPULA != 0 && !piece.ends {
            let said = if piece.is_label { Said::Assigned } else { Said::Stated };
            return after_copula(keyword, piece.span.end, said);
        }
        if piece.is_label {
            let is_bracketed = byte(keyword.bytes(), piece.span.start) == b'(';
            let is_over = roles & FOLLOWER != 0 && roles & (ADVERB | BRIDGE) == 0;
            // A line "From: x" is the next label, not the end of this one.
            let lead = keyword.bytes().get(keyword.end..piece.span.start).unwrap_or_default();
            let is_next = lead.contains(&b'\n') && (keyword.is_weak || !is_bridged);
            let is_over = is_over || is_next;
            let is_filler = !is_over && (is_bridged || is_bracketed || roles & (ADVERB | BRIDGE) != 0);
            return is_filler.then(|| value_at(keyword, piece.span.end, Said::Assigned)).flatten();
        }
        if roles & TO != 0 {
            let is_changed = *is_changed.get_or_insert_with(|| is_changing(keyword));
            // "auf x geändert"; "changed in 2019" is a year.
            let is_later = || pieces::forward(keyword.text, piece.span.end).nth(1);
            let is_changed = is_changed || is_later().is_some_and(|p| keyword.roles(p.word) & CHANGE != 0);
            if is_changed && !(keyword.is_digits() && piece.word.eq_ignore_ascii_case("in")) {
                return value_at(keyword, piece.span.end, Said::Stated);
            }
        }
        if roles & CHANGE != 0 && words.peek().is_some_and(|next| keyword.roles(next.word) & TO != 0) {
            is_changed = Some(true);
            continue;
        }
        let is_over = roles & (FOLLOWER | KEYWORD) != 0 && roles & (BRIDGE | OWN) == 0;
        let in_brackets = piece.span.end.checked_sub(1).is_some_and(|i| byte(keyword.bytes(), i) == b')');
        if is_over || piece.ends && !in_brackets {
            return None;
        }
        is_bridged |= roles & BRIDGE != 0 || in_brackets || byte(keyword.bytes(), piece.span.start) == b'(';
    }
    None
}

/// The value after "is", "is now", "was changed to".
fn after_copula(keyword: &Keyword<'_>, at: usize, mut said: Said) -> Option<Found> {
    let mut after = at;
    for piece in pieces::forward(keyword.text, at).take(ADVERBS_MAX) {
        let roles = keyword.roles(piece.word);
        // "is below:"
        let is_pointer = piece.is_label && roles & EMPTY != 0;
        if roles & (ADVERB | TO | CHANGE | COPULA) == 0 && !is_pointer || piece.ends {
            break;
        }
        after = piece.span.end;
        if piece.is_label {
            said = Said::Assigned;
            break;
        }
    }
    value_at(keyword, after, said)
}

/// Scripts that join their particles: 密码已改为abc12345, パスワードはSakura123です.
fn joined(keyword: &Keyword<'_>) -> Option<Found> {
    let is_joined = |c: char| (0xE00..0xE80).contains(&u32::from(c)) || u32::from(c) >= 0x2E80;
    let text = keyword.text;
    if !char_at(text, keyword.end).is_some_and(is_joined) {
        return None;
    }
    let rest = text.get(keyword.end..)?;
    let length: usize =
        rest.chars().take(14).take_while(|c| is_joined(*c) && !"。、，！？；".contains(*c)).map(char::len_utf8).sum();
    let particles = rest.get(..length)?;
    if cjk::NO_VALUE.iter().any(|w| particles.contains(w)) {
        return None;
    }
    let at = blanks(text.as_bytes(), keyword.end + length);
    match byte(text.as_bytes(), at) {
        b':' | b'=' => value_at(keyword, at + 1, Said::Assigned),
        _ => value_at(keyword, at, Said::Stated),
    }
}

/// "Your password? It's x", "here is the password, it is x".
fn answered(keyword: &Keyword<'_>) -> Option<Found> {
    let mark = byte(keyword.bytes(), keyword.end);
    if !matches!(mark, b'?' | b'.' | b',' | b';') {
        return None;
    }
    let mut words = pieces::forward(keyword.text, keyword.end + 1);
    let first = words.next()?;
    if !ANSWERS.iter().any(|a| a.eq_ignore_ascii_case(first.word)) {
        let is_question = mark == b'?' && !first.word.is_empty();
        return is_question.then(|| value_at(keyword, keyword.end + 1, Said::Beside)).flatten();
    }
    after_copula(keyword, first.span.end, Said::Stated)
}

/// `password toor99`
fn beside(keyword: &Keyword<'_>) -> Option<Found> {
    let bytes = keyword.bytes();
    let start = blanks(bytes, closers(bytes, keyword.end));
    if start == keyword.end || matches!(byte(bytes, start), b'\r' | b'\n') {
        return None;
    }
    // `--password x`, not "the base-passwd package"
    let dash = keyword.word.start.saturating_sub(1);
    let is_option = byte(bytes, dash) == b'-' && !before(bytes, dash).is_ascii_alphanumeric();
    if is_option {
        return value::at(keyword, start, Said::Assigned, Form::Equals);
    }
    if keyword.is_weak && !has_user(keyword) {
        return None;
    }
    if pair::is_second(keyword) {
        return None;
    }
    value::at(keyword, start, Said::Beside, Form::Colon)
}

/// `the password you sent (x)`, `the password that we got from you, x, is refused`.
fn given(keyword: &Keyword<'_>) -> Option<Found> {
    if !matches!(byte(keyword.bytes(), keyword.end), b' ' | b',') {
        return None;
    }
    let start = keyword.end + usize::from(byte(keyword.bytes(), keyword.end) == b',');
    let (mut is_apart, mut is_user) = (false, false);
    // Whether somebody was given it is asked last: nearly every sentence ends before.
    let mut before = [""; GIVEN_WORDS_MAX];
    let is_given = |words: &[&str]| {
        let is_verb = |word: &str| GIVEN.split_ascii_whitespace().any(|verb| verb.eq_ignore_ascii_case(word));
        words.iter().any(|word| is_verb(word))
    };
    for (piece, cell) in pieces::forward(keyword.text, start).zip(0..GIVEN_WORDS_MAX) {
        let run = keyword.text.get(piece.span.clone())?;
        let (open, end) = (run.starts_with('('), run.trim_end_matches([',', '.', ';']));
        let is_aside = is_apart && run.len() > end.len() || open && end.ends_with(')');
        if is_aside && is_given(&before) {
            // "to the user (mberg77)"
            if is_user {
                return None;
            }
            return value::at(keyword, piece.span.start + usize::from(open), Said::Beside, Form::Colon);
        }
        let roles = keyword.roles(piece.word);
        if piece.is_label || roles & KEYWORD != 0 || run.ends_with(['.', '?', '!', ';', ')']) {
            return None;
        }
        before.get_mut(cell).into_iter().for_each(|word| *word = piece.word);
        is_apart = run.ends_with(',');
        is_user = roles & USER != 0 && !piece.word.to_ascii_lowercase().ends_with("mail");
    }
    None
}

/// Does a user name or an account stand before it?
fn has_user(keyword: &Keyword<'_>) -> bool {
    let mut near = pieces::back(keyword.text, keyword.word.start).take(BACK_MAX);
    near.any(|p| keyword.roles(p.word) & USER != 0 || p.word.contains('@'))
}

/// The keyword alone on its line, the value alone on the next.
fn below(keyword: &Keyword<'_>) -> Option<Found> {
    let bytes = keyword.bytes();
    let end = blanks(bytes, closers(bytes, keyword.end));
    let head = bytes.get(keyword.word.start.saturating_sub(12)..keyword.word.start)?;
    let is_first = head.iter().rev().take_while(|b| **b != b'\n').all(|b| b" \t>*_#\"-".contains(b));
    let has_line = head.contains(&b'\n') || keyword.word.start <= 12;
    let is_alone = is_first && has_line && matches!(byte(bytes, end), b'\r' | b'\n');
    is_alone.then(|| value::at(keyword, end, Said::Line, Form::Cell)).flatten()
}

/// "Kangaroo77 is my password", "use Kangaroo77 as the password".
fn reversed(keyword: &Keyword<'_>) -> Option<Found> {
    let follower = pieces::forward(keyword.text, keyword.end).next();
    let goes_on = byte(keyword.bytes(), keyword.end) == b' ';
    if goes_on && follower.is_some_and(|p| keyword.roles(p.word) & (FOLLOWER | EMPTY) != 0) {
        return None;
    }
    let mut words = pieces::back(keyword.text, keyword.word.start);
    let mut owners = 0;
    for _ in 0..BACK_MAX {
        let piece = words.next()?;
        if piece.ends || piece.is_label {
            return None;
        }
        let roles = keyword.roles(piece.word);
        if roles & AS != 0 || roles & COPULA != 0 && owners > 0 {
            let value = words.next()?;
            return value::judge_token(keyword, value.span, Said::Reversed);
        }
        let is_name = matches!(keyword.wanted, Wanted::Code) && owners == 0;
        if roles & OWN == 0 && !is_name {
            return None;
        }
        owners += usize::from(roles & OWN != 0);
    }
    None
}
