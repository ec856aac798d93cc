//! Codes in rows: recovery codes, and the key of one-time codes in groups of base32.

use super::{Found, Term};
use crate::text::{byte, floor};

/// Bytes after the keyword that are read.
const REACH_BYTES: usize = 1200;
/// Bytes between the keyword and the first code.
const LEAD_BYTES: usize = 240;
/// Codes of a block at least.
const CODES_MIN: usize = 4;

/// Recovery codes after a keyword that ends at `at`: four or more in rows or columns, numbered or not.
pub(super) fn codes(text: &str, at: usize) -> Option<Found> {
    let rest = text.get(at..floor(text, at + REACH_BYTES))?;
    let (mut first, mut end, mut count, mut digits) = (None, 0, 0, 0);
    for token in rest.split([' ', '\t', '\r', '\n', ',', ';', '|']).filter(|t| !t.is_empty()) {
        let start = token.as_ptr() as usize - rest.as_ptr() as usize;
        if first.is_none() && start > LEAD_BYTES {
            break;
        }
        // What follows the next keyword is read from there.
        if first.is_none() && (token.eq_ignore_ascii_case("codes") || token.eq_ignore_ascii_case("code")) {
            break;
        }
        // Numbers of the next sentence are none.
        let lead = rest.get(..start).unwrap_or_default();
        if first.is_none() && !lead.contains('\n') && lead.contains(". ") {
            break;
        }
        let code = token
            .trim_matches(['(', ')', '[', ']', '*', '-', '"', '\'', '.', '\u{2022}', '>', '`', '\u{2610}', '\u{25a1}']);
        let is_mark = code.is_empty() || code.len() <= 2 && code.bytes().all(|b| b.is_ascii_digit());
        if is_mark {
            continue;
        }
        if !is_code(code) {
            if first.is_some() && count >= CODES_MIN {
                break;
            }
            (first, count, digits) = (None, 0, 0);
            continue;
        }
        let code_start = code.as_ptr() as usize - rest.as_ptr() as usize;
        first = first.or(Some(code_start));
        end = code_start + code.len();
        count += 1;
        digits += usize::from(code.bytes().any(|b| b.is_ascii_digit()));
    }
    // Words of a sentence are no codes: most of them hold digits.
    let is_block = count >= CODES_MIN && digits * 3 >= count * 2;
    let first = first.filter(|_| is_block)?;
    Some(Found { span: at + first..at + end, terms: vec![Term::new("block", 25)] })
}

/// Groups of letters and digits, four to sixteen together.
fn is_code(code: &str) -> bool {
    let groups = || code.split('-');
    let is_group = |g: &str| (3..=12).contains(&g.len()) && g.bytes().all(|b| b.is_ascii_alphanumeric());
    let has_digit = code.bytes().any(|b| b.is_ascii_digit());
    let is_single = groups().count() == 1;
    let is_shaped = groups().all(is_group) && groups().count() <= 5 && (4..=35).contains(&code.len());
    // A word without a digit is a code only in groups: `kdwf-qxzm`.
    let is_date = code.len() == 10 && code.starts_with("20") && groups().count() == 3;
    is_shaped && !is_date && (has_digit || !is_single && code.bytes().all(|b| !b.is_ascii_lowercase() || has_digit))
}

/// Groups of base32 after a keyword that ends at `at`: `JBSW Y3DP EHPK 3PXP`.
pub(super) fn seed(text: &str, at: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    let lead = text.get(at..floor(text, at + 64))?;
    let signs = [lead.find([':', '=']), lead.find(" is ").map(|i| i + 3)];
    let skip = signs.into_iter().flatten().min()?;
    let mut start = at + skip + 1;
    while matches!(byte(bytes, start), b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'*' | b'`') && start < at + 80 {
        start += 1;
    }
    let is_base32 = |b: &u8| b.is_ascii_alphabetic() || (b'2'..=b'7').contains(b);
    let (mut end, mut letters, mut digits, mut groups) = (start, 0, 0, 0);
    loop {
        let group = bytes.iter().skip(end).take(65).take_while(|b| is_base32(b)).count();
        let has_end = !byte(bytes, end + group).is_ascii_alphanumeric();
        let fits = if groups == 0 { group == 4 || group >= 16 } else { (1..=4).contains(&group) };
        if !fits || !has_end {
            break;
        }
        let is_case = |f: fn(&u8) -> bool| bytes.iter().skip(end).take(group).all(|b| f(b) || b.is_ascii_digit());
        if !is_case(u8::is_ascii_uppercase) && !is_case(u8::is_ascii_lowercase) {
            break;
        }
        letters += group;
        digits += bytes.iter().skip(end).take(group).filter(|b| b.is_ascii_digit()).count();
        groups += 1;
        end += group;
        if group >= 16 || groups >= 16 || !matches!(byte(bytes, end), b' ' | b'-') {
            break;
        }
        end += 1;
    }
    while end > start && matches!(byte(bytes, end - 1), b' ' | b'-') {
        end -= 1;
    }
    let is_seed = letters >= 16 && digits >= 1;
    is_seed.then(|| Found { span: start..end, terms: vec![Term::new("base32", 30)] })
}
