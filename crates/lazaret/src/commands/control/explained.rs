//! `ticket explain` as text: what rules looked at in a message that is no longer there.

use super::table::cell;
use lazaret_scan::Ruleset;
use serde_json::Value;
use std::fmt::Write as _;

/// The answer for one message. Words of a context are named if these rules are still those that judged.
pub(super) fn message(line: &Value, rules: Option<&Ruleset>) -> String {
    let mut out = String::new();
    let force = if line["in_force"] == true { "in force" } else { "no longer in force" };
    let judged = format!("judged by rules {}, {force}", cell(line, "rules"));
    let _ = writeln!(out, "{} message {}, {}; {judged}", cell(line, "ticket"), cell(line, "message"), cell(line, "at"));
    let candidates = line["candidates"].as_array().map(Vec::as_slice).unwrap_or_default();
    if candidates.is_empty() {
        out.push_str("  no rule looked closely at anything\n");
    }
    let width = candidates.iter().map(|c| cell(c, "rule").len()).max().unwrap_or(0);
    for candidate in candidates {
        let what = match candidate["why_not"].as_str() {
            Some(why) => format!("no: {}", plainly(why)),
            None => cell(candidate, "action"),
        };
        let count = candidate["count"].as_u64().filter(|n| *n > 1).map_or(String::new(), |n| format!(" ×{n}"));
        let terms: Vec<String> =
            candidate["terms"].as_array().into_iter().flatten().map(|t| term(candidate, t, rules)).collect();
        let said = candidate["feedback"].as_str().map_or(String::new(), |said| format!(" (said to be {said})"));
        let _ = writeln!(
            out,
            "  {:>3}  {:width$}  {:<10} {:>3}  {what}{count}{said}: {}",
            cell(candidate, "number"),
            cell(candidate, "rule"),
            cell(candidate, "placement"),
            cell(candidate, "score"),
            if terms.is_empty() { "counted over the whole text".to_owned() } else { terms.join(", ") }
        );
    }
    if let Some(unseen) = line["unseen"].as_u64().filter(|n| *n > 0) {
        let _ = writeln!(out, "    0  said to hold {unseen} more that no rule looked at");
    }
    if let Some(dropped) = line["dropped"].as_u64().filter(|n| *n > 0) {
        let _ = writeln!(out, "  {dropped} more far off or within a finding, counted only");
    }
    out
}

/// A reason as a person would say it.
fn plainly(why: &str) -> &str {
    match why {
        "checksum" => "its check digits do not fit",
        "context" => "no word that the rule requires near it",
        "country" => "of a country that is not expected",
        "score" => "below 30 points",
        "overlap" => "another rule's finding stands for it",
        "mark" => "a mark of ours",
        "composite" => "read with others to one record",
        "policy" => "the policy lets it be",
        "shadow" => "the rule is in shadow",
        "exception" => "an exception lets it pass",
        _ => "for an unknown reason",
    }
}

fn term(candidate: &Value, term: &Value, rules: Option<&Ruleset>) -> String {
    let word = || {
        let (rules, word) = (rules?, u16::try_from(term["word"].as_u64()?).ok()?);
        let ix = rules.find(candidate["rule"].as_str()?)?;
        let is_same = u64::from(rules.form(ix)) == candidate["form"].as_u64()?;
        is_same.then(|| rules.context_word(ix, word)).flatten()
    };
    let word = word().map_or(String::new(), |word| format!(" \"{word}\""));
    format!("{} {:+}{word}", cell(term, "name"), term["points"].as_i64().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lazaret_scan::SourceFile;
    use serde_json::json;

    #[test]
    fn a_message_is_explained_without_its_text() {
        let text = "[[rule]]\nid = \"badge\"\nclass = \"custom\"\nkind = \"regex\"\npattern = 'BADGE-[0-9]{4}'\n\
                    context = { near = [\"door\", \"entry\"] }\n\
                    test = [{ text = \"BADGE-1234\", find = [\"BADGE-1234\"] }, { text = \"x\", find = [] }]\n";
        let rules = Ruleset::load_accepted(&[SourceFile { name: "x", text }]).expect("valid");
        let form = rules.form(rules.find("badge").expect("it is there"));
        let term = |name: &str, points: i64, word: Option<u16>| json!({ "name": name, "points": points, "word": word });
        let one = |form: u32, why: Option<&str>, count: u32| {
            json!({ "number": count, "feedback": why.map(|_| "missed"), "rule": "badge", "form": form, "score": 70,
                    "placement": "body", "action": "redact", "count": count, "why_not": why,
                    "terms": [term("base", 80, None), term("near", -10, Some(1))] })
        };
        let line = json!({ "ticket": "LZ-AAAA-BBBB", "message": 1, "at": "2026-01-01T00:00:00Z", "rules": "abc",
                           "in_force": true, "dropped": 2, "unseen": 1,
                           "candidates": [one(form, None, 1), one(form + 1, Some("score"), 3)] });
        let want = "LZ-AAAA-BBBB message 1, 2026-01-01T00:00:00Z; judged by rules abc, in force\n    \
                    1  badge  body        70  redact: base +80, near -10 \"entry\"\n    \
                    3  badge  body        70  no: below 30 points ×3 (said to be missed): base +80, near -10\n    \
                    0  said to hold 1 more that no rule looked at\n  \
                    2 more far off or within a finding, counted only\n";
        assert_eq!(message(&line, Some(&rules)), want);
        let line = json!({ "ticket": "LZ-AAAA-BBBB", "candidates": [], "in_force": false });
        assert!(message(&line, None).contains("no longer in force\n  no rule looked closely"), "{line}");
    }
}
