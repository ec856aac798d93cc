//! Running a rule's own examples. Their texts stand in the rule file, so what is found in them may be shown.

use crate::rules::{Example, Trial};
use crate::text::overlaps;
use crate::{Diagnostic, Hints, Match, RuleIx, Ruleset, SourceFile, Term};
use std::ops::Range;

/// Characters of a value that a complaint shows.
const SHOWN_CHARS_MAX: usize = 60;

/// Runs one example with its rule alone; a complaint if it fails.
pub(crate) fn run(set: &Ruleset, files: &[SourceFile<'_>], trial: &Trial) -> Option<Diagnostic> {
    let example = &trial.example;
    let id = set.rule(trial.rule).map_or("", |info| &info.id);
    let failure = failure(set, trial.rule, example)?;
    let file = files.get(example.file)?;
    let complaint = match &trial.changed_by {
        // Whoever changes a rule knows that it finds other things now; what that is shall be seen.
        Some((by, span)) => {
            let place = Diagnostic::error(*file, example.span.clone(), "");
            let message = format!(
                "changed like this, `{id}` does not hold to its example {} any more ({}:{}): {}",
                example.number, place.file, place.line, failure.message
            );
            Diagnostic::warning(*files.get(*by)?, span.clone(), message)
        }
        None => {
            let message = format!("example {} of `{id}` fails: {}", example.number, failure.message);
            Diagnostic::error(*file, example.span.clone(), message)
        }
    };
    Some(match failure.help {
        Some(help) => complaint.help(help),
        None => complaint,
    })
}

struct Failure {
    message: String,
    help: Option<String>,
}

fn failure(set: &Ruleset, rule: RuleIx, example: &Example) -> Option<Failure> {
    let mut wanted: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    for (nth, value) in example.find.iter().enumerate() {
        let Some(at) = example.text.get(from..).and_then(|rest| rest.find(value.as_str())) else {
            let message = format!("item {} of `find` does not stand in `text`", nth + 1);
            let help = "the items of `find` are pieces of `text`, in its order".to_owned();
            return Some(Failure { message, help: Some(help) });
        };
        wanted.push(from + at..from + at + value.len());
        from += at + value.len();
    }
    let scan = set.scan_only(&example.text, &Hints::default(), Some(rule));
    let found: Vec<&Match> = scan.matches.iter().filter(|m| m.score >= example.min).collect();
    if found.iter().map(|m| &m.span).eq(wanted.iter()) {
        return None;
    }
    let expected = list(wanted.iter().map(|span| value(example, span)));
    let got = list(found.iter().map(|m| format!("{} ({} points)", value(example, &m.span), m.score)));
    let missed = || wanted.iter().find(|w| !found.iter().any(|m| m.span == **w));
    let why = missed().and_then(|span| why(set, rule, example, span, &scan.matches));
    let extra = || found.iter().find(|m| !wanted.contains(&m.span)).map(|m| score(example, &m.span, m.score, &m.terms));
    Some(Failure { message: format!("expected {expected}; found {got}"), help: why.or_else(extra) })
}

/// Why a value was not found.
fn why(set: &Ruleset, rule: RuleIx, example: &Example, span: &Range<usize>, matches: &[Match]) -> Option<String> {
    let min = example.min;
    if let Some(m) = matches.iter().find(|m| m.score < min && overlaps(span, &m.span)) {
        return Some(format!("{}, but `min` asks for {min}", score(example, &m.span, m.score, &m.terms)));
    }
    let near = set.explain(&example.text, &Hints::default()).candidates;
    let candidate = near.iter().find(|c| c.rule == rule && overlaps(span, &c.span) && c.why_not.is_some())?;
    let why = candidate.why_not?.as_str();
    Some(format!("{}; why not: {why}", score(example, &candidate.span, candidate.score, &candidate.terms)))
}

fn score(example: &Example, span: &Range<usize>, score: u8, terms: &[Term]) -> String {
    let terms: Vec<String> = terms.iter().map(|t| format!("{} {:+}", t.name, t.points)).collect();
    let terms = if terms.is_empty() { String::new() } else { format!(" ({})", terms.join(", ")) };
    format!("{} has {score} points{terms}", value(example, span))
}

fn value(example: &Example, span: &Range<usize>) -> String {
    let text = example.text.get(span.clone()).unwrap_or_default();
    let shown: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    if shown.len() < text.len() { format!("`{shown}…`") } else { format!("`{shown}`") }
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() { "nothing".to_owned() } else { items.join(", ") }
}
