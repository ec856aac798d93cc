//! How findings and candidates stand in a terminal: in their line, with values masked; colours only there.

use clap::builder::styling::{AnsiColor, Style};
use serde_json::Value;
use std::io::{self, Write};

/// Colours, or none.
pub(crate) struct Paint {
    colours: bool,
}

impl Paint {
    /// Colours if it is a terminal.
    pub(crate) fn new(colours: bool) -> Paint {
        Paint { colours }
    }

    fn with(&self, style: Style, text: &str) -> String {
        if self.colours { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    pub(crate) fn bold(&self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    pub(crate) fn dim(&self, text: &str) -> String {
        self.with(Style::new().dimmed(), text)
    }

    /// The colour of an action: the stricter, the redder.
    pub(crate) fn action(&self, action: &str, text: &str) -> String {
        let colour = match action {
            "allow" => AnsiColor::Green,
            "flag" => AnsiColor::Cyan,
            "redact" => AnsiColor::Yellow,
            "withhold" => AnsiColor::Magenta,
            _ => AnsiColor::Red,
        };
        self.with(Style::new().fg_color(Some(colour.into())).bold(), text)
    }
}

/// A text of a line; what could steer a terminal is out.
pub(crate) fn text(value: &Value, key: &str) -> String {
    let text = value.get(key).and_then(Value::as_str).unwrap_or_default();
    text.chars().filter(|c| !c.is_control()).collect()
}

pub(crate) fn number(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or(0)
}

pub(crate) fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// File and number of the message.
pub(crate) fn subject(line: &Value) -> String {
    let number = line.get("message").and_then(Value::as_u64).map_or_else(String::new, |n| format!(" #{n}"));
    format!("{}{number}", text(line, "file"))
}

/// The answer of `scan`: by part, each finding in its line.
pub(crate) fn findings(out: &mut impl Write, line: &Value, paint: &Paint) -> io::Result<()> {
    head(out, line, paint)?;
    let mut part = None;
    for finding in list(line, "findings") {
        of_part(out, &mut part, finding, paint)?;
        let action = text(finding, "action");
        let said = format!("{} {} {action}", text(finding, "rule"), number(finding, "score"));
        excerpt(out, &finding["context"], &action, &said, paint)?;
    }
    tail(out, line, "findings", "nothing found", paint)
}

/// One line with its value, and under the value what is said of it.
pub(crate) fn excerpt(
    out: &mut impl Write,
    context: &Value,
    action: &str,
    said: &str,
    paint: &Paint,
) -> io::Result<()> {
    let (before, value, after) = (text(context, "before"), text(context, "value"), text(context, "after"));
    let (bar, line) = (paint.dim("│"), number(context, "line"));
    writeln!(out, "{line:>6} {bar} {before}{}{after}", paint.action(action, &value))?;
    let (indent, width) = (before.chars().count(), value.chars().count().max(1));
    let carets = paint.action(action, &"^".repeat(width));
    writeln!(out, "{:6} {bar} {:indent$}{carets} {said}", "", "")
}

/// Near misses of one place that are shown with their terms; of the others the names.
const MISSES_MAX: usize = 2;

/// The answer of `rules explain`: by part, what was found with its terms, then the near misses by place, best first. Those
/// that lie in something found are counted; JSON has them all.
pub(crate) fn candidates(out: &mut impl Write, line: &Value, paint: &Paint) -> io::Result<()> {
    head(out, line, paint)?;
    let all = list(line, "candidates");
    for of_part in all.chunk_by(|a, b| text(a, "part") == text(b, "part")) {
        let part = of_part.first().map(|c| text(c, "part")).unwrap_or_default();
        writeln!(out, "  {}", paint.bold(&part))?;
        let is_found = |c: &&Value| {
            let why = c.get("why_not").and_then(Value::as_str);
            matches!(why, None | Some("policy" | "shadow" | "exception"))
        };
        let (found, mut missed): (Vec<&Value>, Vec<&Value>) = of_part.iter().partition(is_found);
        for candidate in &found {
            place(out, candidate, paint)?;
            whole(out, candidate, paint)?;
        }
        let before = missed.len();
        let overlaps =
            |a: &Value, b: &Value| number(a, "start") < number(b, "end") && number(b, "start") < number(a, "end");
        missed.retain(|miss| !found.iter().any(|f| overlaps(f, miss)));
        if missed.len() < before {
            let within = format!("    and {} candidates in what was found", before - missed.len());
            writeln!(out, "{}", paint.dim(&within))?;
        }
        missed.sort_by_key(|c| (number(c, "start"), number(c, "end"), std::cmp::Reverse(number(c, "score"))));
        for of_place in
            missed.chunk_by(|a, b| number(a, "start") == number(b, "start") && number(a, "end") == number(b, "end"))
        {
            let (best, others) = of_place.split_at(of_place.len().min(MISSES_MAX));
            for (nth, candidate) in best.iter().enumerate() {
                if nth == 0 {
                    place(out, candidate, paint)?;
                }
                whole(out, candidate, paint)?;
            }
            if !others.is_empty() {
                let names: Vec<String> = others.iter().map(|c| text(c, "rule")).collect();
                writeln!(out, "      {}", paint.dim(&format!("nor {}", names.join(", "))))?;
            }
        }
    }
    tail(out, line, "candidates", "nothing that a rule looked at", paint)
}

/// Where a candidate stands, and what of it may be shown.
fn place(out: &mut impl Write, candidate: &Value, paint: &Paint) -> io::Result<()> {
    let shown = if candidate.get("value").is_some() { "value" } else { "masked" };
    writeln!(
        out,
        "    {}..{}  {}  {} characters, {}",
        number(candidate, "start"),
        number(candidate, "end"),
        paint.action(&text(candidate, "action"), &text(candidate, shown)),
        number(candidate, "length"),
        text(candidate, "shape"),
    )
}

/// Rule, score, consequence and terms.
fn whole(out: &mut impl Write, candidate: &Value, paint: &Paint) -> io::Result<()> {
    let action = text(candidate, "action");
    let consequence = match candidate.get("why_not").and_then(Value::as_str) {
        Some(why) => paint.dim(&format!("no action: {}", why_in_words(why, &text(candidate, "by")))),
        None => paint.action(&action, &action),
    };
    writeln!(out, "      {} {}  {consequence}", paint.bold(&text(candidate, "rule")), number(candidate, "score"))?;
    let terms: Vec<String> = list(candidate, "terms")
        .iter()
        .map(|t| format!("{} {:+}", text(t, "name"), t.get("points").and_then(Value::as_i64).unwrap_or(0)))
        .collect();
    if !terms.is_empty() {
        writeln!(out, "        {}", terms.join(", "))?;
    }
    if candidate.get("digest").is_some() {
        writeln!(out, "        {}", paint.dim(&text(candidate, "digest")))?;
    }
    Ok(())
}

/// The first reason for no action, as a sentence.
fn why_in_words(why: &str, by: &str) -> String {
    match why {
        "checksum" => "a validator says that it is none".into(),
        "context" => "the rule asks for a word of its context, and none stands near".into(),
        "country" => "it is an identifier of a country that is not expected here".into(),
        "score" => "its score stays below 30".into(),
        "overlap" => format!("the finding of {by} stands for it"),
        "mark" => "it is one of our own marks".into(),
        "composite" => "it is read with others to one record or pair".into(),
        "shadow" => "the rule is in shadow".into(),
        "exception" => "an exception lets this value pass".into(),
        "policy" => "the policy allows it at this score".into(),
        other => other.into(),
    }
}

fn of_part(out: &mut impl Write, part: &mut Option<String>, item: &Value, paint: &Paint) -> io::Result<()> {
    let name = text(item, "part");
    if part.as_ref() != Some(&name) {
        writeln!(out, "  {}", paint.bold(&name))?;
        *part = Some(name);
    }
    Ok(())
}

fn head(out: &mut impl Write, line: &Value, paint: &Paint) -> io::Result<()> {
    writeln!(out, "{}", paint.bold(&subject(line)))?;
    if line.get("error").is_some() {
        writeln!(out, "  {}", paint.action("reject", &format!("error: {}", text(line, "error"))))?;
    }
    Ok(())
}

fn tail(out: &mut impl Write, line: &Value, key: &str, none: &str, paint: &Paint) -> io::Result<()> {
    if line.get("error").is_none() && list(line, key).is_empty() {
        writeln!(out, "  {}", paint.dim(none))?;
    }
    for opaque in list(line, "opaque") {
        let said = format!("{}: not examined ({})", text(opaque, "part"), text(opaque, "reason"));
        writeln!(out, "  {}", paint.action("withhold", &said))?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(print: fn(&mut Vec<u8>, &Value, &Paint) -> io::Result<()>, line: &Value, colours: bool) -> String {
        let mut out = Vec::new();
        print(&mut out, line, &Paint::new(colours)).expect("memory");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn findings_stand_in_their_line_with_the_caret_under_the_value() {
        let line = json!({ "file": "a\u{1b}.eml", "message": 3, "findings": [{
            "rule": "payment-card", "part": "1", "score": 100, "action": "redact",
            "context": { "line": 12, "before": "é card ", "value": "4••8", "after": " ok" },
        }], "opaque": [{ "part": "2", "reason": "picture" }] });
        let want = "a.eml #3\n  1\n    12 │ é card 4••8 ok\n       │        ^^^^ payment-card 100 redact\n  \
                    2: not examined (picture)\n\n";
        assert_eq!(shown(findings, &line, false), want);
        let coloured = shown(findings, &line, true);
        assert!(coloured.contains("\u{1b}[1m\u{1b}[33m4••8\u{1b}[0m"), "{coloured:?}");
        let empty = json!({ "file": "b", "findings": [], "opaque": [] });
        assert_eq!(shown(findings, &empty, false), "b\n  nothing found\n\n");
        let failed = json!({ "file": "b", "error": "not found" });
        assert_eq!(shown(findings, &failed, false), "b\n  error: not found\n\n");
    }

    #[test]
    fn candidates_show_their_terms_and_why_nothing_follows() {
        let candidate = |rule: &str, start: u64, score: u64, why: Value| {
            json!({ "rule": rule, "part": "text", "start": start, "end": start + 9, "masked": "5•••••••4", "length": 9,
                "shape": "ddddddddd", "score": score, "action": "allow", "why_not": why, "by": "au-tfn",
                "terms": [{ "name": "base", "points": 20 }, { "name": "bare", "points": -15 }] })
        };
        let line = json!({ "file": "a", "opaque": [], "candidates": [
            candidate("low", 4, 0, json!("checksum")), candidate("us-ssn", 4, 20, json!("context")),
            candidate("mid", 4, 10, json!("score")), candidate("shadowed", 30, 50, json!("shadow")),
            candidate("beaten", 32, 40, json!("overlap")),
        ] });
        let all = shown(candidates, &line, false);
        for want in [
            "    4..13  5•••••••4  9 characters, ddddddddd\n      us-ssn 20  no action: the rule asks for a word",
            "        base +20, bare -15\n      mid 10  no action: its score stays below 30\n",
            "      nor low\n",
            "  text\n    30..39  5•••••••4  9 characters, ddddddddd\n      shadowed 50  no action: the rule is in shadow\n",
            "    and 1 candidates in what was found\n",
        ] {
            assert!(all.contains(want), "{all}");
        }
    }
}
