//! Numbers as a sheet shows them (ECMA-376 18.8.30, MS-XLS 2.4.126).

use crate::legacy::bytes::civil;

/// Digits of a number that a sheet keeps.
const DIGITS: usize = 15;
const DECIMALS_MAX: usize = 30;

/// The formats that need not be in a file.
pub(crate) fn built_in(id: u16) -> &'static str {
    match id {
        1 => "0",
        2 => "0.00",
        3 => "#,##0",
        4 => "#,##0.00",
        5 | 6 => "$#,##0",
        7 | 8 => "$#,##0.00",
        9 => "0%",
        10 => "0.00%",
        11 => "0.00E+00",
        14 => "m/d/yyyy",
        15 => "d-mmm-yy",
        16 => "d-mmm",
        17 => "mmm-yy",
        18 => "h:mm AM/PM",
        19 => "h:mm:ss AM/PM",
        20 => "h:mm",
        21 => "h:mm:ss",
        22 => "m/d/yyyy h:mm",
        27..=36 | 50..=58 => "yyyy-mm-dd",
        37 | 38 => "#,##0",
        39 | 40 => "#,##0.00",
        45 => "mm:ss",
        46 => "[h]:mm:ss",
        47 => "mm:ss.0",
        48 => "##0.0E+0",
        49 => "@",
        _ => "General",
    }
}

/// A number as its format shows it.
pub(crate) fn shown(value: f64, format: &str, is_1904: bool) -> String {
    formatted(value, format, is_1904).unwrap_or_else(|| general(value))
}

/// A number without a format: 15 digits, no exponent where that is readable.
pub(crate) fn general(value: f64) -> String {
    if !value.is_finite() {
        return "#NUM!".into();
    }
    let size = value.abs();
    if size != 0.0 && !(1e-9..1e21).contains(&size) {
        return format!("{value:e}");
    }
    // As many digits behind the point as the digits before it leave.
    let before = if size < 1.0 { 1 } else { size.log10().floor() as usize + 1 };
    let text = format!("{value:.*}", DIGITS.saturating_sub(before));
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".into() } else { text.to_owned() }
}

/// A number in a format; `None` if the format says nothing.
fn formatted(value: f64, format: &str, is_1904: bool) -> Option<String> {
    let sections = sections(format);
    let nth = match sections.len() {
        0 | 1 => 0,
        2 => usize::from(value < 0.0),
        _ if value == 0.0 => 2,
        _ => usize::from(value < 0.0),
    };
    let section = sections.get(nth).or(sections.first())?;
    if section.iter().any(|token| matches!(token, Token::General)) {
        return None;
    }
    if section.iter().any(|token| matches!(token, Token::Date(..))) {
        return date(value, section, is_1904);
    }
    if !section.iter().any(|token| matches!(token, Token::Digit(_))) {
        // Text alone would hide the number.
        return None;
    }
    let is_signed = value < 0.0 && nth == 0;
    number(value.abs(), section).map(|text| if is_signed { format!("-{text}") } else { text })
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    General,
    Literal(char),
    Digit(char),
    Point,
    Comma,
    Percent,
    Exponent,
    /// A letter of a date and how often it stands.
    Date(char, usize),
    HalfDay,
    /// Hours, minutes or seconds that do not start anew.
    Elapsed(char),
}

fn sections(format: &str) -> Vec<Vec<Token>> {
    let mut sections = vec![Vec::new()];
    let mut chars = format.chars().take(1024).peekable();
    while let Some(c) = chars.next() {
        let token = match c {
            ';' if sections.len() < 4 => {
                sections.push(Vec::new());
                continue;
            }
            '"' => {
                let text: Vec<char> = chars.by_ref().take_while(|c| *c != '"').collect();
                if let Some(section) = sections.last_mut() {
                    section.extend(text.into_iter().map(Token::Literal));
                }
                continue;
            }
            '\\' | '!' => chars.next().map(Token::Literal),
            '_' => chars.next().map(|_| Token::Literal(' ')),
            '*' => {
                chars.next();
                None
            }
            '[' => {
                let inner: String = chars.by_ref().take_while(|c| *c != ']').collect();
                bracket(&inner, &mut sections);
                continue;
            }
            '0' | '#' | '?' => Some(Token::Digit(c)),
            '.' => Some(Token::Point),
            ',' => Some(Token::Comma),
            '%' => Some(Token::Percent),
            'E' | 'e' if matches!(chars.peek(), Some('+' | '-')) => {
                chars.next();
                Some(Token::Exponent)
            }
            'G' | 'g' => {
                // General, in whatever language.
                while chars.peek().is_some_and(|c| c.is_alphabetic()) {
                    chars.next();
                }
                Some(Token::General)
            }
            'A' | 'a' if matches!(chars.peek(), Some('M' | 'm' | '/')) => {
                while chars.peek().is_some_and(|c| matches!(c, 'A' | 'M' | 'P' | '/' | 'a' | 'm' | 'p')) {
                    chars.next();
                }
                Some(Token::HalfDay)
            }
            'y' | 'm' | 'd' | 'h' | 's' | 'Y' | 'M' | 'D' | 'H' | 'S' => {
                let letter = c.to_ascii_lowercase();
                let mut count = 1;
                while chars.peek().is_some_and(|next| next.to_ascii_lowercase() == letter) {
                    chars.next();
                    count += 1;
                }
                Some(Token::Date(letter, count))
            }
            '@' => Some(Token::General),
            _ => Some(Token::Literal(c)),
        };
        if let Some(section) = sections.last_mut() {
            section.extend(token);
        }
    }
    sections
}

/// `[h]` counts on, `[$€-407]` is a currency, `[Red]` and `[>100]` do not show.
fn bracket(inner: &str, sections: &mut [Vec<Token>]) {
    let Some(section) = sections.last_mut() else { return };
    let is_one = |letter: char| !inner.is_empty() && inner.chars().all(|c| c.eq_ignore_ascii_case(&letter));
    if let Some(letter) = ['h', 'm', 's'].into_iter().find(|letter| is_one(*letter)) {
        section.push(Token::Date(letter, 0));
        section.push(Token::Elapsed(letter));
    } else if let Some(currency) = inner.strip_prefix('$') {
        section.extend(currency.split('-').next().unwrap_or_default().chars().map(Token::Literal));
    }
}

fn number(value: f64, section: &[Token]) -> Option<String> {
    if section.contains(&Token::Exponent) {
        let decimals = section.iter().skip_while(|t| **t != Token::Point).take_while(|t| **t != Token::Exponent);
        let decimals = decimals.filter(|t| matches!(t, Token::Digit(_))).count().min(DECIMALS_MAX);
        return Some(format!("{value:.decimals$E}"));
    }
    if section.contains(&Token::Literal('/')) {
        return None;
    }
    let is_digit = |token: &Token| matches!(token, Token::Digit(_));
    let point = section.iter().position(|token| *token == Token::Point).unwrap_or(section.len());
    let (before, after) = section.split_at_checked(point)?;
    let decimals = after.iter().filter(|token| is_digit(token)).count().min(DECIMALS_MAX);
    let percents = section.iter().filter(|token| **token == Token::Percent).count().min(4);
    let last = before.iter().rposition(is_digit);
    let first = before.iter().position(is_digit);
    // A comma between digits groups by thousands; behind the last one it divides by them.
    let is_grouped = matches!((first, last), (Some(first), Some(last))
        if before.iter().take(last).skip(first).any(|token| *token == Token::Comma));
    let behind = section.iter().skip(section.iter().rposition(is_digit).map_or(0, |last| last + 1));
    let divisions = behind.take_while(|token| **token == Token::Comma).count().min(4);
    let scaled = value * 100f64.powi(percents as i32) / 1000f64.powi(divisions as i32);
    if scaled >= 1e21 || !scaled.is_finite() {
        return None;
    }
    let text = format!("{scaled:.decimals$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = whole_part(whole, before, is_grouped);
    let mut fraction = fraction.chars();
    for token in after {
        match token {
            Token::Point => out.push('.'),
            Token::Digit(_) => out.extend(fraction.next()),
            Token::Percent => out.push('%'),
            Token::Literal(c) => out.push(*c),
            _ => {}
        }
    }
    Some(out.trim().to_owned())
}

/// Digits go to their places from the right; what is too many stands before the first.
fn whole_part(whole: &str, tokens: &[Token], is_grouped: bool) -> String {
    let mut digits = whole.trim_start_matches('0').chars().rev().peekable();
    let mut out = Vec::new();
    let mut count = 0;
    let mut put = |digit: char, out: &mut Vec<char>| {
        if is_grouped && count > 0 && count % 3 == 0 {
            out.push(',');
        }
        count += 1;
        out.push(digit);
    };
    let mut left = tokens.iter().filter(|token| matches!(token, Token::Digit(_))).count();
    for token in tokens.iter().rev() {
        match token {
            Token::Digit(kind) => {
                left -= 1;
                match digits.next() {
                    Some(digit) => put(digit, &mut out),
                    None if *kind == '0' => put('0', &mut out),
                    None => {}
                }
                if left == 0 {
                    digits.by_ref().for_each(|digit| put(digit, &mut out));
                }
            }
            Token::Percent => out.push('%'),
            Token::Literal(c) => out.push(*c),
            _ => {}
        }
    }
    out.into_iter().rev().collect()
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];

fn date(value: f64, section: &[Token], is_1904: bool) -> Option<String> {
    const DAYS_1900_TO_1970: i64 = 25_569;
    const DAYS_1904_TO_1970: i64 = 24_107;
    if !(0.0..3_000_000.0).contains(&value) {
        return None;
    }
    // Shown to the second; a fraction of one belongs to it.
    let seconds = (value * 86_400.0 + 1e-4).floor() as i64;
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let since_1970 = match is_1904 {
        true => days - DAYS_1904_TO_1970,
        // The day 60 is 1900-02-29, which never was.
        false if days < 60 => days - DAYS_1900_TO_1970 + 1,
        false => days - DAYS_1900_TO_1970,
    };
    let (year, month, day) = civil(since_1970);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    let is_half = section.contains(&Token::HalfDay);
    let name = |names: &[&'static str], nth: i64| names.get(usize::try_from(nth).ok()?).copied();
    let short = |name: &str, count: usize| name.chars().take(count).collect::<String>();
    let mut out = String::new();
    for (nth, token) in section.iter().enumerate() {
        let text = match *token {
            Token::Date(_, 0) => continue,
            Token::Elapsed('h') => (seconds / 3600).to_string(),
            Token::Elapsed('m') => (seconds / 60).to_string(),
            Token::Elapsed(_) => seconds.to_string(),
            Token::Date('y', count) if count > 2 => format!("{year:04}"),
            Token::Date('y', _) => format!("{:02}", year % 100),
            Token::Date('m', count) if count < 3 && is_minute(section, nth) => padded(minute, count),
            Token::Date('m', count) if count < 3 => padded(month, count),
            Token::Date('m', count) => {
                let month = name(&MONTHS, month - 1)?;
                short(
                    month,
                    if count == 3 {
                        3
                    } else if count == 5 {
                        1
                    } else {
                        9
                    },
                )
            }
            Token::Date('d', count) if count < 3 => padded(day, count),
            Token::Date('d', count) => short(name(&DAYS, since_1970.rem_euclid(7))?, if count == 3 { 3 } else { 9 }),
            Token::Date('h', count) if is_half => padded((hour + 11) % 12 + 1, count),
            Token::Date('h', count) => padded(hour, count),
            Token::Date(_, count) => padded(second, count),
            Token::HalfDay => if hour < 12 { "AM" } else { "PM" }.to_owned(),
            Token::Literal(c) => c.to_string(),
            Token::Point => ".".into(),
            Token::Comma => ",".into(),
            _ => continue,
        };
        out.push_str(&text);
    }
    Some(out.trim_end_matches('.').trim().to_owned())
}

fn padded(number: i64, count: usize) -> String {
    if count >= 2 { format!("{number:02}") } else { number.to_string() }
}

/// `m` is a minute after an hour or before a second.
fn is_minute(section: &[Token], nth: usize) -> bool {
    let letter = |token: &Token| match token {
        Token::Date(letter, _) => Some(*letter),
        _ => None,
    };
    let before = section.iter().take(nth).rev().find_map(letter);
    let after = section.iter().skip(nth + 1).find_map(letter);
    before == Some('h') || after == Some('s')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_in_a_sheet() {
        let cases: [(f64, &str, &str); 30] = [
            (1234.5, "General", "1234.5"),
            (0.1 + 0.2, "General", "0.3"),
            (123456789012345.0, "General", "123456789012345"),
            (1.5e-12, "General", "1.5e-12"),
            (-0.0, "General", "0"),
            (1234.5, "#,##0.00", "1,234.50"),
            (-1234567.0, "#,##0", "-1,234,567"),
            (7.0, "00000", "00007"),
            (123456789.0, "000-00-0000", "123-45-6789"),
            (5551234567.0, "(000) 000-0000", "(555) 123-4567"),
            (4111111111111111.0, "0.00E+00", "4.11E15"),
            (0.256, "0.0%", "25.6%"),
            (1234567.0, "0.0,", "1234.6"),
            (-5.0, "0;(0)", "(5)"),
            (0.0, "0;-0;\\n\\o\\n\\e", "0"),
            (3.0, "0\\ \\k\\g", "3 kg"),
            (3.0, "[$€-407] 0.00", "€ 3.00"),
            (12.0, "\"No. \"0", "No. 12"),
            (12.0, "[Red]0", "12"),
            (0.5, "# ?/?", "0.5"),
            (43891.0, "yyyy-mm-dd", "2020-03-01"),
            (43891.75, "m/d/yy h:mm AM/PM", "3/1/20 6:00 PM"),
            (43891.75, "d. mmmm yyyy hh:mm:ss", "1. March 2020 18:00:00"),
            (43891.0, "ddd", "Sun"),
            (1.5, "[h]:mm", "36:00"),
            (1.0, "yyyy-mm-dd", "1900-01-01"),
            (61.0, "yyyy-mm-dd", "1900-03-01"),
            (12345.0, "\"hidden\"", "12345"),
            (0.0, "#", ""),
            (1e300, "#,##0", "1e300"),
        ];
        for (value, format, want) in cases {
            assert_eq!(shown(value, format, false), want, "{value} {format}");
        }
        assert_eq!(shown(0.0, "yyyy-mm-dd", true), "1904-01-01");
    }

    #[test]
    fn no_format_is_too_odd() {
        for format in ["", ";;;", "\"", "\\", "[", "[$", "_", "*", "E+", "0.0.0", "%%%%%", "h:h:m:m:s:s", ",,0,,,,"] {
            for value in [0.0, 1.0, -1.0, 1e20, 1e-20, f64::MAX, f64::NAN, f64::INFINITY, 2958465.0] {
                shown(value, format, false);
            }
        }
    }
}
