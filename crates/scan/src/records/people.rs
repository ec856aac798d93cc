//! How many people's records a text holds.
//!
//! A record is a row of a table, a line of a list, or a block of `key: value` lines that names somebody and holds one of
//! the classes that the policy asks for beside the name; without a name, two identifiers of different classes. Only
//! records that stand together count: the signatures and addresses of a long thread are no list.

use super::table::lines;
use super::words::fold;
use crate::text::{byte, overlaps};
use crate::{Class, RuleIx, Ruleset};
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use zeroize::Zeroizing;

/// Fewest records that stand together, and fewest people that are reported.
const TOGETHER_MIN: usize = 3;
/// Fewest names with class codes that are a timetable.
const NAMES_MIN: usize = 10;
/// Bytes of the key of a `key: value` line.
const KEY_BYTES_MAX: usize = 32;

/// Records of people in one text. It holds no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct People {
    /// How many different people.
    pub count: u32,
    /// From the first record to the last.
    pub span: Range<usize>,
    /// What the records hold: classes and entities, the commonest first; names before all others.
    pub kinds: Vec<(Class, String)>,
    /// Names and class codes alone, as timetables have them; nothing that the policy asks for.
    pub is_timetable: bool,
}

impl People {
    /// The count to two significant digits: "about 340".
    pub fn about(&self) -> u32 {
        about(self.count)
    }
}

/// A number to two significant digits.
pub fn about(count: u32) -> u32 {
    let mut unit = 1;
    while count / unit >= 100 {
        unit *= 10;
    }
    (count + unit / 2) / unit * unit
}

/// What identifies somebody, the strongest first.
const IDENTIFIERS: [Class; 13] = [
    Class::NationalId,
    Class::TaxId,
    Class::HealthId,
    Class::Passport,
    Class::DriverLicense,
    Class::StudentRecord,
    Class::Email,
    Class::Iban,
    Class::BankAccount,
    Class::CreditCard,
    Class::Phone,
    Class::DateOfBirth,
    Class::Address,
];

/// A row, line or block.
#[derive(Default)]
struct Unit {
    span: Range<usize>,
    /// Lines that hold nothing before it, since the last unit.
    gap: usize,
    name: Option<Zeroizing<String>>,
    found: Vec<(Class, RuleIx, Zeroizing<String>)>,
    has_code: bool,
}

/// What a line is for the count.
#[derive(Clone, PartialEq, Eq)]
enum Line {
    Blank,
    /// Says who wrote to whom.
    Correspondence,
    /// Of a block: its key, folded.
    Pair(String),
    Other,
}

impl Ruleset {
    /// Counts the people whose records stand in `text`; `matches` are rules and spans by start, `needs` the classes of
    /// which a record has one beside the name. `None` for fewer than three. Linear in the text.
    pub fn people(&self, text: &str, matches: &[(RuleIx, Range<usize>)], needs: &[Class]) -> Option<People> {
        if matches.len() < TOGETHER_MIN {
            return None;
        }
        let units = units(self, text, matches);
        records(self, &units, needs).or_else(|| timetable(&units))
    }
}

fn units(set: &Ruleset, text: &str, matches: &[(RuleIx, Range<usize>)]) -> Vec<Unit> {
    let class = |rule: &RuleIx| set.rule(*rule).map(|info| info.class);
    let mut units: Vec<Unit> = Vec::new();
    let mut matches = matches.iter().peekable();
    let mut first_key: Option<String> = None;
    let mut gap = 0;
    let mut signature: Option<usize> = None;
    for line in lines(text) {
        let mut of_line = Vec::new();
        while let Some((rule, span)) = matches.next_if(|(_, span)| span.start < line.end.max(line.start + 1)) {
            of_line.extend(class(rule).map(|class| (class, *rule, span.clone())));
        }
        let depth = quote_depth(text, line.start);
        if is_signature_mark(text, &line) {
            signature = Some(depth);
        } else if signature.is_some_and(|of| of != depth) {
            signature = None;
        }
        let kind = kind(text, &line, &of_line);
        match &kind {
            Line::Blank => {
                first_key = None;
                continue;
            }
            Line::Correspondence => {
                (first_key, gap) = (None, gap + 1);
                continue;
            }
            // A line that goes on with the value above it ends no block.
            Line::Other if !of_line.is_empty() => first_key = None,
            Line::Other | Line::Pair(_) => {}
        }
        let joins = match (&kind, &first_key) {
            (Line::Pair(key), Some(first)) => key != first,
            (Line::Pair(key), None) => {
                first_key = Some(key.clone());
                false
            }
            _ => false,
        };
        let begins = kind != Line::Other || !of_line.is_empty();
        if !begins {
            gap += 1;
            continue;
        }
        if !joins {
            units.push(Unit { span: line.clone(), gap, ..Unit::default() });
            gap = 0;
        }
        let Some(unit) = units.last_mut() else { continue };
        unit.span.end = line.end;
        unit.has_code |= has_code(text, &line);
        for (class, rule, span) in of_line {
            let Some(value) = text.get(span.clone()) else { continue };
            // An address in angle brackets is somebody's who writes or is written to; contacts of a signature likewise.
            let is_contact = matches!(class, Class::Email | Class::Phone) && signature.is_some()
                || class == Class::Email && span.start.checked_sub(1).is_some_and(|i| byte(text.as_bytes(), i) == b'<');
            if class == Class::Person {
                unit.name.get_or_insert_with(|| Zeroizing::new(fold(value)));
            } else if !is_contact && IDENTIFIERS.contains(&class) {
                unit.found.push((class, rule, set.canonical(rule, value)));
            }
        }
    }
    units
}

fn records(set: &Ruleset, units: &[Unit], needs: &[Class]) -> Option<People> {
    let is_record = |unit: &Unit| {
        let needed = |other: Option<Class>| unit.found.iter().any(|(c, ..)| needs.contains(c) && Some(*c) != other);
        match unit.name {
            Some(_) => needed(None),
            None => strongest(unit).is_some_and(|(class, _)| needed(Some(class))),
        }
    };
    let together = together(units, is_record);
    let people: HashSet<&str> = together.iter().filter_map(|unit| identity(unit)).collect();
    if people.len() < TOGETHER_MIN {
        return None;
    }
    let mut counts: BTreeMap<(Class, &str), usize> = BTreeMap::new();
    for unit in &together {
        let of_unit = unit.found.iter().filter_map(|(class, rule, _)| Some((*class, set.rule(*rule)?.entity.as_str())));
        for kind in of_unit.collect::<HashSet<_>>() {
            *counts.entry(kind).or_default() += 1;
        }
    }
    // What stands in a few records only is no kind of the list.
    let mut kinds: Vec<((Class, &str), usize)> = counts.into_iter().filter(|(_, n)| n * 4 >= together.len()).collect();
    kinds.sort_by_key(|(kind, n)| (std::cmp::Reverse(*n), *kind));
    let has_names = together.iter().filter(|u| u.name.is_some()).count() * 2 >= together.len();
    let names = has_names.then(|| (Class::Person, "person".to_owned()));
    let others = kinds.into_iter().map(|((class, entity), _)| (class, entity.to_owned()));
    Some(People {
        count: u32::try_from(people.len()).unwrap_or(u32::MAX),
        span: together.first()?.span.start..together.last()?.span.end,
        kinds: names.into_iter().chain(others).collect(),
        is_timetable: false,
    })
}

/// Names beside codes of classes, and nothing more.
fn timetable(units: &[Unit]) -> Option<People> {
    let together = together(units, |unit| unit.name.is_some() && unit.has_code && unit.found.is_empty());
    let people: HashSet<&str> = together.iter().filter_map(|u| u.name.as_ref().map(|n| n.as_str())).collect();
    (people.len() >= NAMES_MIN).then_some(())?;
    Some(People {
        count: u32::try_from(people.len()).unwrap_or(u32::MAX),
        span: together.first()?.span.start..together.last()?.span.end,
        kinds: vec![(Class::Person, "person".to_owned())],
        is_timetable: true,
    })
}

/// The units that `is_record` holds for and that stand together: at most one other line between two of them.
fn together(units: &[Unit], is_record: impl Fn(&Unit) -> bool) -> Vec<&Unit> {
    let mut all = Vec::new();
    let mut run: Vec<&Unit> = Vec::new();
    let mut others = 0;
    for unit in units {
        others += unit.gap;
        if others > 1 {
            close(&mut run, &mut all);
        }
        if is_record(unit) {
            run.push(unit);
            others = 0;
        } else {
            others += 1;
        }
    }
    close(&mut run, &mut all);
    all
}

fn close<'u>(run: &mut Vec<&'u Unit>, all: &mut Vec<&'u Unit>) {
    if run.len() >= TOGETHER_MIN {
        all.append(run);
    }
    run.clear();
}

fn identity(unit: &Unit) -> Option<&str> {
    unit.name.as_ref().map(|name| name.as_str()).or(strongest(unit).map(|(_, value)| value))
}

fn strongest(unit: &Unit) -> Option<(Class, &str)> {
    IDENTIFIERS.iter().find_map(|class| {
        let (class, _, value) = unit.found.iter().find(|(c, ..)| c == class)?;
        Some((*class, value.as_str()))
    })
}

fn kind(text: &str, line: &Range<usize>, of_line: &[(Class, RuleIx, Range<usize>)]) -> Line {
    let Some(value) = text.get(line.clone()).filter(|v| v.chars().any(char::is_alphanumeric)) else {
        return Line::Blank;
    };
    if is_correspondence(value) {
        return Line::Correspondence;
    }
    let Some(colon) = value.find([':', '=']).filter(|at| (1..=KEY_BYTES_MAX).contains(at)) else { return Line::Other };
    let key = line.start..line.start + colon;
    let is_name = of_line.iter().any(|(_, _, span)| overlaps(span, &key));
    let label = value.get(..colon).and_then(|k| k.split(';').next()).unwrap_or_default();
    let is_label = label.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '/' | '\'' | '*'));
    match is_label && !is_name && label.chars().any(char::is_alphabetic) {
        // "Student 1", "Student 2": one key.
        true => Line::Pair(fold(label).chars().filter(|c| c.is_alphabetic()).collect()),
        false => Line::Other,
    }
}

/// `From: …`, `Cc: …`, `On … wrote:`, or addresses in angle brackets alone.
fn is_correspondence(line: &str) -> bool {
    const FIELDS: [&str; 26] = [
        "from:",
        "to:",
        "cc:",
        "bcc:",
        "reply-to:",
        "sent:",
        "sender:",
        "von:",
        "an:",
        "gesendet:",
        "de:",
        "a:",
        "à:",
        "para:",
        "enviado:",
        "da:",
        "per:",
        "van:",
        "aan:",
        "verzonden:",
        "från:",
        "till:",
        "fra:",
        "til:",
        "do:",
        "od:",
    ];
    const WROTE: [&str; 12] = [
        "wrote:",
        "writes:",
        "schrieb:",
        "écrit :",
        "écrit:",
        "escribió:",
        "escreveu:",
        "ha scritto:",
        "schreef:",
        "skrev:",
        "napisał(a):",
        "пишет:",
    ];
    let small = line.to_lowercase();
    let plain = small.trim_start_matches(['*', ' ', '>']);
    let has_brackets = line.contains('<') && line.contains('@') && line.contains('>');
    FIELDS.iter().any(|f| plain.starts_with(f)) && (line.contains('@') || line.len() < 80 && !plain.contains(", "))
        || WROTE.iter().any(|w| plain.ends_with(w))
        || has_brackets
}

/// The line that begins a signature.
fn is_signature_mark(text: &str, line: &Range<usize>) -> bool {
    matches!(text.get(line.clone()), Some("--" | "-- "))
}

/// Marks of quotation before a line that begins at `start` without them.
fn quote_depth(text: &str, start: usize) -> usize {
    let before = text.get(..start).unwrap_or_default().bytes().rev();
    before.take_while(|b| matches!(b, b'>' | b' ')).filter(|b| *b == b'>').count()
}

/// A code of a class or course: `7B`, `10 C`, `Yr9`, `MAT101`.
fn has_code(text: &str, line: &Range<usize>) -> bool {
    let value = text.get(line.clone()).unwrap_or_default();
    value.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
        let is_class = (1..=2).contains(&digits)
            && word.len() == digits + 1
            && word.bytes().next_back().is_some_and(|b| b.is_ascii_uppercase());
        let is_course = (2..=4).contains(&letters)
            && (1..=3).contains(&(word.len() - letters))
            && word.bytes().skip(letters).all(|b| b.is_ascii_digit())
            && word.bytes().next().is_some_and(|b| b.is_ascii_uppercase());
        is_class || is_course
    })
}
