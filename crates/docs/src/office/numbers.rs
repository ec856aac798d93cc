//! Numbers of SpreadsheetML as they are shown: dates, leading zeros, digits in groups.

use super::ooxml::with_xml;
use super::package::Package;
use super::xml::Token;
use crate::budget::Budget;
use std::collections::HashMap;

/// Digits that a number is shown with.
const DIGITS_MAX: usize = 30;

/// The formats that styles of cells name.
#[derive(Default)]
pub(crate) struct Formats {
    /// Are days counted from 1904?
    pub(crate) is_1904: bool,
    by_style: Vec<Format>,
}

/// A number format, as far as it changes what is read.
#[derive(Debug, Clone, PartialEq)]
enum Format {
    General,
    Date {
        has_day: bool,
        has_time: bool,
    },
    /// Placeholders and what stands between them, from the left.
    Digits(Vec<Piece>),
}

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    /// Digit that is shown even if it is 0.
    Zero,
    /// Digit that is shown if there is one.
    Digit,
    Point,
    Comma,
    Percent,
    Literal(char),
}

impl Formats {
    /// Takes the formats of a workbook in.
    pub(crate) fn open(&mut self, package: &Package<'_>, styles: &str, budget: &mut Budget) {
        let mut codes: HashMap<u32, String> = HashMap::new();
        let mut ids = Vec::new();
        let mut in_cells = false;
        with_xml(package, styles, budget, |token| match token {
            Token::Start(tag) if tag.local == "numFmt" => {
                if let (Some(Ok(id)), Some(code)) = (tag.raw("numFmtId").map(str::parse), tag.value("formatCode")) {
                    codes.insert(id, code);
                }
            }
            Token::Start(tag) if tag.local == "cellXfs" => in_cells = true,
            Token::Start(tag) if tag.local == "xf" && in_cells => {
                ids.push(tag.raw("numFmtId").and_then(|id| id.parse().ok()).unwrap_or(0));
            }
            Token::End("cellXfs", _) => in_cells = false,
            _ => {}
        });
        self.by_style = ids.iter().map(|id| codes.get(id).map_or_else(|| built_in(*id), |code| parsed(code))).collect();
    }

    /// Does a style show a date or a time?
    pub(crate) fn is_date(&self, style: usize) -> bool {
        matches!(self.by_style.get(style), Some(Format::Date { .. }))
    }

    /// A number as a cell of this style shows it.
    pub(crate) fn shown(&self, raw: &str, style: usize) -> String {
        let Ok(number) = raw.trim().parse::<f64>() else { return raw.to_owned() };
        match self.by_style.get(style).unwrap_or(&Format::General) {
            Format::General => general(raw, number),
            Format::Date { has_day, has_time } => {
                date(number, self.is_1904, *has_day, *has_time).unwrap_or_else(|| raw.to_owned())
            }
            Format::Digits(pieces) => digits(number, pieces).unwrap_or_else(|| general(raw, number)),
        }
    }
}

/// A number with all its digits: programs shorten long ones on the screen, and write them with an exponent.
fn general(raw: &str, number: f64) -> String {
    match raw.contains(['E', 'e']) && number.abs() < 1e21 {
        true => number.to_string(),
        false => raw.to_owned(),
    }
}

/// The formats that have a number alone (ECMA-376, 18.8.30).
fn built_in(id: u32) -> Format {
    match id {
        14..=17 | 27..=31 | 36 | 50..=54 | 57 | 58 => Format::Date { has_day: true, has_time: false },
        18..=21 | 32..=35 | 45..=47 | 55 | 56 => Format::Date { has_day: false, has_time: true },
        22 => Format::Date { has_day: true, has_time: true },
        1 => parsed("0"),
        2 => parsed("0.00"),
        3 | 37 | 38 => parsed("#,##0"),
        4 | 39 | 40 => parsed("#,##0.00"),
        9 => parsed("0%"),
        10 => parsed("0.00%"),
        _ => Format::General,
    }
}

fn parsed(code: &str) -> Format {
    let mut pieces = Vec::new();
    let (mut has_day, mut has_time, mut has_month) = (false, false, false);
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        match c {
            ';' => break,
            '"' => pieces.extend(chars.by_ref().take_while(|c| *c != '"').map(Piece::Literal)),
            '\\' => pieces.extend(chars.next().map(Piece::Literal)),
            // A gap as wide as a character; a character that fills the cell.
            '_' | '*' => drop(chars.next()),
            '[' => {
                let inner: String = chars.by_ref().take_while(|c| *c != ']').collect();
                if let Some(currency) = inner.strip_prefix('$') {
                    pieces.extend(currency.chars().take_while(|c| *c != '-').map(Piece::Literal));
                }
                has_time |= inner.bytes().all(|b| b"hHmMsS".contains(&b)) && !inner.is_empty();
            }
            '0' => pieces.push(Piece::Zero),
            '#' | '?' => pieces.push(Piece::Digit),
            '.' => pieces.push(Piece::Point),
            ',' => pieces.push(Piece::Comma),
            '%' => pieces.push(Piece::Percent),
            'y' | 'Y' | 'd' | 'D' => has_day = true,
            'h' | 'H' | 's' | 'S' => has_time = true,
            'm' | 'M' => has_month = true,
            // Exponents, fractions, texts, `General`: shown as stored.
            'E' | 'e' | '/' | '@' | 'G' | 'g' if !has_day && !has_time && !has_month => return Format::General,
            c => pieces.push(Piece::Literal(c)),
        }
    }
    if has_day || has_time || has_month {
        return Format::Date { has_day: has_day || !has_time, has_time };
    }
    match pieces.iter().any(|piece| matches!(piece, Piece::Zero | Piece::Digit)) && pieces.len() <= 100 {
        true => Format::Digits(pieces),
        false => Format::General,
    }
}

/// A day count as a date; `None` beyond the year 9999.
fn date(number: f64, is_1904: bool, has_day: bool, has_time: bool) -> Option<String> {
    let number = number + if is_1904 { 1462.0 } else { 0.0 };
    if !(0.0..2_958_466.0).contains(&number) {
        return None;
    }
    // In range: checked above.
    let seconds_all = (number * 86_400.0).round() as i64;
    let (days, seconds) = (seconds_all / 86_400, seconds_all % 86_400);
    // There is no 1900-02-29, but it is counted.
    let days = if days < 60 { days + 1 } else { days };
    let time = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if !has_day {
        return Some(time);
    }
    // Days since 0000-03-01 (proleptic Gregorian), by eras of 400 years.
    let z = days + 693_899;
    let (era, of_era) = (z / 146_097, z % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let date = format!("{year:04}-{month:02}-{day:02}");
    Some(if has_time { format!("{date} {time}") } else { date })
}

/// A number in the digits of a format.
fn digits(number: f64, pieces: &[Piece]) -> Option<String> {
    let is_percent = pieces.contains(&Piece::Percent);
    let number = if is_percent { number * 100.0 } else { number };
    if number.abs() >= 1e21 {
        return None;
    }
    let point = pieces.iter().position(|piece| *piece == Piece::Point).unwrap_or(pieces.len());
    let (whole, fraction) = pieces.split_at_checked(point)?;
    let is_placeholder = |piece: &&Piece| matches!(piece, Piece::Zero | Piece::Digit);
    let decimals = fraction.iter().filter(is_placeholder).count().min(DIGITS_MAX);
    let has_groups = whole.contains(&Piece::Comma);
    let text = format!("{:.decimals$}", number.abs());
    let (integer, part) = text.split_once('.').unwrap_or((&text, ""));
    let mut left: Vec<char> = integer.chars().filter(|_| integer != "0").collect();
    let mut out: Vec<char> = Vec::new();
    let first = whole.iter().position(|piece| matches!(piece, Piece::Zero | Piece::Digit));
    let mut count = 0;
    let mut push = |out: &mut Vec<char>, digit: char| {
        if has_groups && count > 0 && count % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
        count += 1;
    };
    // From the right; what is left over stands before the first placeholder.
    for (nth, piece) in whole.iter().enumerate().rev() {
        match piece {
            Piece::Zero => push(&mut out, left.pop().unwrap_or('0')),
            Piece::Digit => left.pop().into_iter().for_each(|digit| push(&mut out, digit)),
            Piece::Literal(c) => out.push(*c),
            Piece::Percent => out.push('%'),
            Piece::Point | Piece::Comma => {}
        }
        if Some(nth) == first {
            while let Some(digit) = left.pop() {
                push(&mut out, digit);
            }
        }
    }
    if number < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        out.push('-');
    }
    out.reverse();
    let mut part = part.chars();
    for piece in fraction {
        match piece {
            Piece::Zero | Piece::Digit => out.extend(part.next()),
            Piece::Literal(c) => out.push(*c),
            Piece::Percent => out.push('%'),
            Piece::Point => out.push('.'),
            Piece::Comma => {}
        }
    }
    Some(out.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_by_their_formats() {
        let cases: &[(&str, &str, &str)] = &[
            ("General", "4111111111111111", "4111111111111111"),
            ("General", "4.111111111111111E15", "4111111111111111"),
            ("General", "0.1", "0.1"),
            ("General", "text", "text"),
            ("00000", "1067", "01067"),
            ("000\\-00\\-0000", "78051120", "078-05-1120"),
            ("000-00-0000", "78051120", "078-05-1120"),
            ("0000\" \"0000", "41111111", "4111 1111"),
            ("(###) ###-####", "5551234567", "(555) 123-4567"),
            ("#,##0.00", "-1234567.891", "-1,234,567.89"),
            ("#,##0 [$€-407];[Red]-#,##0", "1234", "1,234 €"),
            ("0%", "0.25", "25%"),
            ("0", "4111", "4111"),
            ("0.00E+00", "4111", "4111"),
            ("yyyy\\-mm\\-dd", "29221", "1980-01-01"),
            ("m/d/yyyy h:mm", "29221.5", "1980-01-01 12:00:00"),
            ("d.m.yy", "1", "1900-01-01"),
            ("d.m.yy", "61", "1900-03-01"),
            ("d.m.yy", "45351", "2024-02-29"),
            ("[h]:mm:ss", "0.25", "06:00:00"),
            ("d", "99999999", "99999999"),
            ("@", "12", "12"),
        ];
        for (code, raw, want) in cases {
            let formats = Formats { is_1904: false, by_style: vec![parsed(code)] };
            assert_eq!(formats.shown(raw, 0), *want, "{code} {raw}");
        }
        let formats = Formats { is_1904: true, by_style: vec![built_in(14)] };
        assert_eq!(formats.shown("27759", 0), "1980-01-01");
        assert!(formats.is_date(0) && !formats.is_date(1));
    }
}
