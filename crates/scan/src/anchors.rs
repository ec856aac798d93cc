//! What every match of an expression must hold: the literals, or the run of digits, by which a scout finds it.

use crate::compiled::Anchors;
use regex_syntax::hir::{Class, Hir, HirKind};
use std::cmp::Reverse;

/// Shortest literal that is rare enough to look for everywhere.
const LITERAL_MIN: usize = 3;
/// Shortest run of digits that is rare enough.
const DIGIT_RUN_MIN: usize = 3;
/// Longer literals are cut: the first bytes are rare enough.
const LITERAL_MAX: usize = 12;
/// Members of a class that counts as alternatives.
const CLASS_MAX: usize = 4;
/// Alternatives of one pattern.
const LITERALS_MAX: usize = 64;

/// The best anchors of an expression, if it has any.
pub(crate) fn find(hir: &Hir) -> Option<Anchors> {
    match literals(hir) {
        Some(set) if set.shortest() >= LITERAL_MIN => {
            let cut = |t: String| t.chars().take(LITERAL_MAX).collect();
            let mut all: Vec<String> = set.all.into_iter().map(cut).collect();
            all.sort();
            all.dedup();
            Some(if set.is_start { Anchors::Prefix(all) } else { Anchors::Inner(all) })
        }
        _ => match digit_run(hir) {
            run if run >= DIGIT_RUN_MIN => Some(Anchors::DigitRun(run)),
            _ => None,
        },
    }
}

/// The anchors that a rule names itself: those that begin every match, stand in it, or stand near it.
pub(crate) fn own(hir: &Hir, named: &[&str]) -> Anchors {
    let named: Vec<String> = named.iter().map(|n| n.to_ascii_lowercase()).collect();
    let Some(set) = literals(hir) else { return Anchors::Own(Vec::new(), named) };
    if set.is_start && set.shortest() > 1 && named.iter().all(|n| set.all.iter().any(|l| n.starts_with(l))) {
        return Anchors::Prefix(named);
    }
    // One letter in common says nothing, one sign does.
    let says = |l: &&String| l.len() > 1 || !l.contains(|c: char| c.is_ascii_alphanumeric());
    let (within, near) = named
        .into_iter()
        .partition(|n: &String| set.all.iter().filter(says).any(|l| n.contains(l.as_str()) || l.contains(n.as_str())));
    Anchors::Own(within, near)
}

/// Literals of which every match holds one, in small letters.
struct Set {
    all: Vec<String>,
    /// Every match begins with one of them.
    is_start: bool,
}

impl Set {
    fn shortest(&self) -> usize {
        self.all.iter().map(String::len).min().unwrap_or(0)
    }

    /// What begins the match first, since an anchored look is the cheapest; then the rare.
    fn rank(&self) -> (bool, usize, bool, Reverse<usize>, usize) {
        let (shortest, is_start) = (self.shortest(), self.is_start);
        (is_start && shortest >= LITERAL_MIN, shortest.min(4), is_start, Reverse(self.all.len()), shortest)
    }
}

enum Piece<'h> {
    Text(String),
    Look,
    Other(&'h Hir),
}

fn pieces<'h>(hir: &'h Hir, out: &mut Vec<Piece<'h>>) {
    match hir.kind() {
        HirKind::Concat(all) => all.iter().for_each(|h| pieces(h, out)),
        HirKind::Capture(capture) => pieces(&capture.sub, out),
        HirKind::Look(_) | HirKind::Empty => out.push(Piece::Look),
        HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
            Ok(text) => text_piece(text.to_ascii_lowercase(), out),
            Err(_) => out.push(Piece::Other(hir)),
        },
        HirKind::Class(class) => match one_letter(class) {
            Some(letter) => text_piece(letter.to_string(), out),
            None => out.push(Piece::Other(hir)),
        },
        HirKind::Repetition(_) | HirKind::Alternation(_) => out.push(Piece::Other(hir)),
    }
}

fn text_piece(text: String, out: &mut Vec<Piece<'_>>) {
    match out.last_mut() {
        Some(Piece::Text(last)) => last.push_str(&text),
        _ => out.push(Piece::Text(text)),
    }
}

/// The letter of a class that is one letter in both cases.
fn one_letter(class: &Class) -> Option<char> {
    let mut letters = members(class, 2)?.into_iter();
    let (first, second) = (letters.next()?, letters.next());
    let is_pair = second.is_none_or(|s| s.eq_ignore_ascii_case(&first));
    is_pair.then_some(first.to_ascii_lowercase())
}

/// The characters of a class, if they are at most `max`.
fn members(class: &Class, max: usize) -> Option<Vec<char>> {
    let ranges: Vec<(u32, u32)> = match class {
        Class::Unicode(c) => c.ranges().iter().map(|r| (u32::from(r.start()), u32::from(r.end()))).collect(),
        Class::Bytes(c) => c.ranges().iter().map(|r| (u32::from(r.start()), u32::from(r.end()))).collect(),
    };
    let total: u32 = ranges.iter().map(|(a, b)| b - a + 1).sum();
    if total as usize > max || ranges.iter().any(|(_, b)| *b > 0x7f) {
        return None;
    }
    ranges.into_iter().flat_map(|(a, b)| a..=b).map(char::from_u32).collect()
}

fn literals(hir: &Hir) -> Option<Set> {
    let mut all = Vec::new();
    pieces(hir, &mut all);
    let first = all.iter().position(|p| !matches!(p, Piece::Look));
    let candidates = all.iter().enumerate().filter_map(|(at, piece)| {
        let is_first = Some(at) == first;
        match piece {
            Piece::Look => None,
            Piece::Text(text) => Some(Set { all: vec![text.clone()], is_start: is_first }),
            Piece::Other(hir) => match hir.kind() {
                HirKind::Repetition(rep) if rep.min > 0 => {
                    literals(&rep.sub).map(|s| Set { is_start: is_first && s.is_start, ..s })
                }
                HirKind::Alternation(branches) => {
                    // The parser takes what branches begin with out of them.
                    let head = at.checked_sub(1).and_then(|i| all.get(i));
                    let set = union(branches, true)?;
                    Some(match head {
                        Some(Piece::Text(head)) if set.is_start => Set {
                            all: set.all.iter().map(|tail| format!("{head}{tail}")).collect(),
                            is_start: first == Some(at - 1),
                        },
                        _ => Set { is_start: is_first && set.is_start, ..set },
                    })
                }
                HirKind::Class(class) => members(class, CLASS_MAX).map(|all| Set {
                    all: all.into_iter().map(|c| c.to_ascii_lowercase().to_string()).collect(),
                    is_start: is_first,
                }),
                _ => None,
            },
        }
    });
    candidates.max_by_key(Set::rank)
}

fn union(branches: &[Hir], is_first: bool) -> Option<Set> {
    let sets: Vec<Set> = branches.iter().map(literals).collect::<Option<_>>()?;
    let is_start = is_first && sets.iter().all(|s| s.is_start);
    let all: Vec<String> = sets.into_iter().flat_map(|s| s.all).collect();
    (all.len() <= LITERALS_MAX).then_some(Set { all, is_start })
}

/// Digits in a row that every match holds.
fn digit_run(hir: &Hir) -> usize {
    let mut all = Vec::new();
    pieces(hir, &mut all);
    let (mut best, mut run) = (0, 0);
    for piece in &all {
        match piece {
            Piece::Text(text) => {
                for c in text.chars() {
                    run = if c.is_ascii_digit() { run + 1 } else { 0 };
                    best = best.max(run);
                }
            }
            Piece::Look => {}
            Piece::Other(hir) => match digits_of(hir) {
                Some(digits) => run += digits,
                None => run = 0,
            },
        }
        best = best.max(run);
    }
    best
}

/// The fewest digits of an expression that matches nothing but digits.
fn digits_of(hir: &Hir) -> Option<usize> {
    let is_digits = |class: &Class| members(class, 10).is_some_and(|m| m.iter().all(char::is_ascii_digit));
    match hir.kind() {
        HirKind::Class(class) if is_digits(class) => Some(1),
        HirKind::Repetition(rep) => digits_of(&rep.sub).map(|n| n * rep.min as usize),
        HirKind::Capture(capture) => digits_of(&capture.sub),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::needs::ByteSet;

    #[test]
    fn table() {
        let cases: [(&str, Option<Anchors>); 10] = [
            (r"[a-z]*(?:hubspot|hapi).{0,9}(?:key|token)", Some(Anchors::Inner(vec!["hapi".into(), "hubspot".into()]))),
            ("sk-[a-z]{20}T3BlbkFJ[a-z]{20}", Some(Anchors::Prefix(vec!["sk-".into()]))),
            ("ghp_[A-Za-z0-9]{36}", Some(Anchors::Prefix(vec!["ghp_".into()]))),
            ("(?:AKIA|ASIA)[A-Z2-7]{16}", Some(Anchors::Prefix(vec!["akia".into(), "asia".into()]))),
            ("(?i)passport no [0-9]", Some(Anchors::Prefix(vec!["passport no ".into()]))),
            ("[a-z]+://x", Some(Anchors::Inner(vec!["://x".into()]))),
            (r"S[12]\d{6}", Some(Anchors::DigitRun(7))),
            (r"(?:abc|d)\d", None),
            ("(?:abc)?[a-z]", None),
            (r"\d{2}-\d{2}", None),
        ];
        for (pattern, wanted) in cases {
            let hir =
                regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).expect("valid");
            assert_eq!(format!("{:?}", find(&hir)), format!("{wanted:?}"), "{pattern}");
        }
    }

    #[test]
    fn named_anchors_have_their_places() {
        let words = |all: &[&str]| all.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        let cases: [(&str, &[&str], Anchors); 5] = [
            ("(?:[a-z]+)@[a-z]+", &["@"], Anchors::Own(words(&["@"]), vec![])),
            ("0x[0-9a-f]{40}", &["0X"], Anchors::Prefix(words(&["0x"]))),
            ("[0-9]{1,3}(?:[.][0-9]{1,3}){3}", &[".0", ".1", "ip"], Anchors::Own(words(&[".0", ".1"]), words(&["ip"]))),
            ("[48][0-9AB]{90}", &["monero"], Anchors::Own(vec![], words(&["monero"]))),
            ("[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}", &[":0", "mac"], Anchors::Own(words(&[":0"]), words(&["mac"]))),
        ];
        for (pattern, named, wanted) in cases {
            let hir =
                regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).expect("valid");
            assert_eq!(format!("{:?}", own(&hir, named)), format!("{wanted:?}"), "{pattern}");
            let alphabet = ByteSet::of(&hir);
            assert!(alphabet.has(b'0') || pattern.contains('@'));
            assert!(!alphabet.has(b' '), "{pattern}");
        }
    }
}
