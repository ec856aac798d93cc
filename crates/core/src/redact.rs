//! Redaction: spans out, marks in. Pure over texts; what is cut is decided elsewhere.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use lazaret_scan::Action;
use std::ops::Range;
use std::rc::Rc;
use zeroize::Zeroizing;

/// A span to take out of a text, and the mark that takes its place.
#[derive(Clone)]
pub(crate) struct Cut {
    pub(crate) span: Range<usize>,
    pub(crate) score: u8,
    pub(crate) action: Action,
    pub(crate) mark: Rc<str>,
}

/// The union of some cuts: disjoint, ordered, within the text and at character boundaries. Cuts that overlap become one,
/// under the mark of the strictest, then the surest, then the longest of them.
pub(crate) fn union(text: &str, mut cuts: Vec<Cut>) -> Vec<(Range<usize>, String)> {
    for cut in &mut cuts {
        cut.span = snap(text, &cut.span);
    }
    cuts.retain(|cut| !cut.span.is_empty());
    cuts.sort_by_key(|cut| cut.span.start);
    let mut out: Vec<Cut> = Vec::new();
    for cut in cuts {
        match out.last_mut().filter(|last| cut.span.start < last.span.end) {
            Some(last) => {
                let end = last.span.end.max(cut.span.end);
                if rank(&cut) > rank(last) {
                    // The mark moves; what ranks for the next one is what the mark stands for.
                    let start = last.span.start;
                    *last = Cut { span: start..end, ..cut };
                } else {
                    last.span.end = end;
                }
            }
            None => out.push(cut),
        }
    }
    out.into_iter().map(|cut| (cut.span, cut.mark.as_ref().to_owned())).collect()
}

fn rank(cut: &Cut) -> (Action, u8, usize) {
    (cut.action, cut.score, cut.span.len())
}

/// A span moved outwards to character boundaries and into the text.
pub(crate) fn snap(text: &str, span: &Range<usize>) -> Range<usize> {
    let mut start = span.start.min(text.len());
    let mut end = span.end.clamp(start, text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

/// The text with each span replaced. Spans are as [`union`] gives them.
pub(crate) fn replace(text: &str, spans: &[(Range<usize>, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (span, mark) in spans {
        out.push_str(text.get(at..span.start).unwrap_or_default());
        out.push_str(mark);
        at = span.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// Values shorter than this are not looked for elsewhere: they stand anywhere by chance.
pub(crate) const VALUE_BYTES_MIN: usize = 6;
/// Distinct values of one message that are looked for elsewhere.
const VALUES_MAX: usize = 1_000;
/// Bytes of all of them.
const VALUES_BYTES_MAX: usize = 256 << 10;

/// The values that were found anywhere in a message and are taken out, to be taken out wherever else they stand: a
/// password that was recognised by the word before it is repeated further down without that word.
#[derive(Default)]
pub(crate) struct Values {
    texts: Vec<Zeroizing<String>>,
    cuts: Vec<Cut>,
    bytes: usize,
    finder: Option<AhoCorasick>,
}

impl Values {
    /// Adds a value; the first mark of a value stays. What is beyond the bounds is left to the scan of each text.
    pub(crate) fn add(&mut self, value: &str, cut: &Cut) {
        let fits = self.texts.len() < VALUES_MAX && self.bytes + value.len() <= VALUES_BYTES_MAX;
        if value.len() < VALUE_BYTES_MIN || !fits || self.texts.iter().any(|known| known.as_str() == value) {
            return;
        }
        self.bytes += value.len();
        self.texts.push(Zeroizing::new(value.to_owned()));
        self.cuts.push(cut.clone());
    }

    /// Gets ready to look.
    pub(crate) fn build(&mut self) {
        if self.texts.is_empty() {
            return;
        }
        self.finder = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(self.texts.iter().map(|t| t.as_str()))
            .ok();
    }

    /// Where they stand in a text.
    pub(crate) fn cuts(&self, text: &str) -> Vec<Cut> {
        let Some(finder) = &self.finder else { return Vec::new() };
        finder
            .find_iter(text)
            .filter_map(|m| Some(Cut { span: m.range(), ..self.cuts.get(m.pattern().as_usize())?.clone() }))
            .collect()
    }

    /// Does one of them stand in a text, or the text in one of them?
    pub(crate) fn touch(&self, text: &str) -> bool {
        self.finder.as_ref().is_some_and(|finder| finder.is_match(text))
            || text.len() >= VALUE_BYTES_MIN && self.texts.iter().any(|value| value.contains(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(span: Range<usize>, score: u8, action: Action, mark: &str) -> Cut {
        Cut { span, score, action, mark: mark.into() }
    }

    fn clear(text: &str, cuts: Vec<Cut>) -> String {
        replace(text, &union(text, cuts))
    }

    #[test]
    fn unions_carry_the_best_mark() {
        let r = Action::Redact;
        let cases = [
            (vec![cut(2..4, 60, r, "A")], "01A456789"),
            (vec![cut(2..4, 60, r, "A"), cut(4..6, 60, r, "B")], "01AB6789"),
            (vec![cut(2..5, 60, r, "A"), cut(4..6, 70, r, "B")], "01B6789"),
            (vec![cut(2..5, 70, r, "A"), cut(4..6, 60, r, "B")], "01A6789"),
            (vec![cut(2..9, 60, r, "A"), cut(3..4, 60, r, "B")], "01A9"),
            (vec![cut(2..5, 90, r, "A"), cut(4..6, 60, Action::Withhold, "B")], "01B6789"),
            (vec![cut(4..6, 60, r, "B"), cut(0..3, 60, r, "A"), cut(2..5, 60, r, "C")], "A6789"),
            (vec![cut(8..99, 60, r, "A"), cut(50..60, 60, r, "B")], "01234567A"),
            (vec![cut(3..3, 60, r, "A")], "0123456789"),
            (vec![], "0123456789"),
        ];
        for (cuts, want) in cases {
            assert_eq!(clear("0123456789", cuts), want);
        }
        assert_eq!(clear("aöb", vec![cut(2..3, 60, r, "X")]), "aXb");
    }

    #[test]
    fn a_value_goes_wherever_it_stands() {
        let mut values = Values::default();
        values.add("hunter2", &cut(0..0, 80, Action::Redact, "[A]"));
        values.add("hunter22", &cut(0..0, 80, Action::Redact, "[B]"));
        values.add("hunter2", &cut(0..0, 80, Action::Redact, "[later]"));
        values.add("12345", &cut(0..0, 80, Action::Redact, "[C]"));
        values.build();
        let text = "hunter2, hunter22 and 12345 or Hunter2";
        assert_eq!(clear(text, values.cuts(text)), "[A], [B] and 12345 or Hunter2");
        assert!(
            values.touch("x-hunter2-x")
                && values.touch("hunter")
                && !values.touch("hunt")
                && !values.touch("other text")
        );
    }

    #[test]
    fn values_are_bounded() {
        let mut values = Values::default();
        for i in 0..VALUES_MAX + 1 {
            values.add(&format!("value{i:05}"), &cut(0..0, 80, Action::Redact, "[A]"));
        }
        assert_eq!(values.texts.len(), VALUES_MAX);
        let mut values = Values::default();
        values.add(&"x".repeat(VALUES_BYTES_MAX - 1), &cut(0..0, 80, Action::Redact, "[A]"));
        values.add("abcdef", &cut(0..0, 80, Action::Redact, "[A]"));
        assert_eq!(values.texts.len(), 1);
    }

    proptest! {
        #[test]
        fn unions_are_disjoint_ordered_and_within(
            text in "\\PC{0,60}",
            spans in proptest::collection::vec((0usize..80, 0usize..80), 0..12),
        ) {
            let cuts = spans.iter().map(|(a, b)| cut(*a..*b, 60, Action::Redact, "#")).collect();
            let union = union(&text, cuts);
            let mut end = 0;
            for (span, _) in &union {
                prop_assert!(span.start >= end && span.start < span.end);
                prop_assert!(text.get(span.clone()).is_some());
                end = span.end;
            }
            for (a, b) in spans {
                for at in (a..b).filter(|at| *at < text.len()) {
                    prop_assert!(union.iter().any(|(span, _)| span.contains(&at)), "byte {} survived", at);
                }
            }
            let kept: usize = text.len() - union.iter().map(|(span, _)| span.len()).sum::<usize>();
            prop_assert_eq!(replace(&text, &union).len(), kept + union.len());
        }
    }
}
