//! Running a rule's own examples. The texts are the operator's, but what is found in them is named by place and kind.

use crate::rules::Example;
use crate::text::overlaps;
use crate::{Diagnostic, Hints, RuleIx, Ruleset, SourceFile};
use std::ops::Range;

/// Runs one example with the rule alone; a complaint if it fails.
pub(crate) fn run(set: &Ruleset, rule: RuleIx, file: SourceFile<'_>, example: &Example) -> Option<Diagnostic> {
    let id = set.rule(rule).map_or("", |info| &info.id);
    let entity = set.rule(rule).map_or("", |info| &info.entity);
    let complain = |message: String| Some(Diagnostic::error(file, example.span.clone(), message));
    let mut wanted: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    for (nth, value) in example.find.iter().enumerate() {
        let Some(at) = example.text.get(from..).and_then(|rest| rest.find(value.as_str())) else {
            return complain(format!("example of `{id}`: item {} of `find` does not stand in `text`", nth + 1));
        };
        wanted.push(from + at..from + at + value.len());
        from += at + value.len();
    }
    let scan = set.scan_only(&example.text, &Hints::default(), Some(rule));
    let found: Vec<_> = scan.matches.iter().filter(|m| m.score >= example.min).collect();
    if found.iter().map(|m| &m.span).eq(wanted.iter()) {
        return None;
    }
    let list = |spans: Vec<String>| if spans.is_empty() { "nothing".to_owned() } else { spans.join(", ") };
    let expected = list(wanted.iter().map(|w| format!("{entity} at {}..{}", w.start, w.end)).collect());
    let got = list(
        found.iter().map(|m| format!("{entity} at {}..{} ({} points)", m.span.start, m.span.end, m.score)).collect(),
    );
    let below = scan
        .matches
        .iter()
        .filter(|m| m.score < example.min && wanted.iter().any(|w| overlaps(w, &m.span)))
        .map(|m| format!("; {}..{} reached only {} of {} points", m.span.start, m.span.end, m.score, example.min))
        .collect::<String>();
    complain(format!("example of `{id}` failed: expected {expected}; found {got}{below}"))
}
