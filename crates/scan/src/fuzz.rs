//! What must hold for any input at all. `cargo xtask fuzz` looks for inputs for which it does not; the inputs it kept are
//! run again by every test run.

use crate::carrier::{Allowance, Carriers};
use crate::shadow::Shadow;
use crate::{Hints, Ruleset, SourceFile, shipped};
use std::sync::LazyLock;

static RULES: LazyLock<Option<Ruleset>> = LazyLock::new(|| {
    let files: Vec<SourceFile<'_>> = shipped::RULE_FILES.iter().map(|(name, text)| SourceFile { name, text }).collect();
    Ruleset::load_accepted(&files).ok()
});

/// Folding keeps the way back: a place in the shadow is a character boundary of the source, in order, within bounds; and
/// carriers map into their span.
pub fn normaliser(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let shadow = Shadow::new(&text);
    let mut last = 0;
    let boundaries = shadow.text().char_indices().map(|(at, _)| at).chain([shadow.text().len()]);
    for at in boundaries {
        let source = shadow.source(&(at..at)).start;
        assert!(source >= last && source <= text.len() && text.is_char_boundary(source), "a way back is wrong");
        last = source;
    }
    let allowance = Allowance::of(text.len());
    let mut carriers = Carriers::new(&text);
    while let Some(carrier) = carriers.next(&allowance) {
        assert!(
            carrier.span.end > carrier.span.start && carrier.span.end <= text.len(),
            "a carrier is not in the text"
        );
        let boundaries: Vec<usize> = carrier.text.char_indices().map(|(i, _)| i).chain([carrier.text.len()]).collect();
        for pair in boundaries.windows(2) {
            let (Some(from), Some(to)) = (pair.first(), pair.last()) else { continue };
            let Some(source) = carrier.source(&(*from..*to)) else { continue };
            let is_within = carrier.span.start <= source.start && source.end <= carrier.span.end;
            assert!(is_within && source.start <= source.end, "a carrier maps out of its span");
            assert!(text.get(source).is_some(), "a carrier maps into a character");
        }
    }
}

/// Loads the rules, which may take longer than any input may.
pub fn prepare() {
    assert!(RULES.is_some(), "the shipped rules do not load");
}

/// A scan ends, its spans are pieces of the text, a second scan says the same, and `explain` agrees.
pub fn engine(data: &[u8]) {
    let Some(rules) = RULES.as_ref() else { return };
    let text = String::from_utf8_lossy(data);
    let hints = Hints::default();
    let scan = rules.scan(&text, &hints);
    for found in &scan.matches {
        let value = text.get(found.span.clone());
        assert!(value.is_some_and(|v| !v.is_empty()), "a span is no piece of the text");
        assert!((30..=100).contains(&found.score), "a score is out of bounds");
        let _ = rules.canonical(found.rule, value.unwrap_or_default());
        assert!(rules.tail(found.rule, value.unwrap_or_default()).is_none_or(|t| t.len() <= 4), "a tail is too long");
    }
    let key = |m: &crate::Match| (m.rule, m.span.clone(), m.score);
    let again = rules.scan(&text, &hints);
    assert!(scan.matches.iter().map(key).eq(again.matches.iter().map(key)), "two scans differ");
    let explained = rules.explain(&text, &hints);
    let found = explained.candidates.iter().filter(|c| c.why_not.is_none()).map(|c| (c.rule, c.span.clone(), c.score));
    let mut found: Vec<_> = found.collect();
    let mut wanted: Vec<_> = scan.matches.iter().map(key).collect();
    let order = |f: &(crate::RuleIx, std::ops::Range<usize>, u8)| (f.1.start, f.1.end, f.0);
    found.sort_by_key(order);
    wanted.sort_by_key(order);
    assert!(found == wanted, "explain and scan differ");
}

/// Any text at all is answered by rules or by complaints that name a place in it.
pub fn loader(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let complaints = match Ruleset::load(&[SourceFile { name: "x.toml", text: &text }]) {
        Ok((set, warnings)) => {
            let _ = set.scan("4111 1111 1111 1111 password: Winter2024! AKIA", &Hints::default());
            warnings
        }
        Err(all) => {
            assert!(!all.is_empty(), "refused without a word");
            all
        }
    };
    for complaint in complaints {
        let lines = text.bytes().filter(|b| *b == b'\n').count() + 1;
        assert!((1..=lines).contains(&complaint.line) && complaint.column >= 1, "a complaint names no place");
        assert!(text.get(complaint.span.clone()).is_some(), "a complaint marks no piece of the text");
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    fn replay(target: &str, run: fn(&[u8])) {
        let folder = format!("{}/fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
        let mut inputs = 0;
        for entry in fs::read_dir(folder).expect("the corpus is there") {
            let data = fs::read(entry.expect("readable").path()).expect("readable");
            run(&data);
            inputs += 1;
        }
        assert!(inputs >= 10, "{inputs} inputs");
    }

    #[test]
    fn kept_inputs_of_the_normaliser() {
        replay("normaliser", super::normaliser);
    }

    #[test]
    fn kept_inputs_of_the_engine() {
        replay("engine", super::engine);
    }

    #[test]
    fn kept_inputs_of_the_loader() {
        replay("loader", super::loader);
    }
}
