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

/// The answer of `rules explain`: by part, each candidate with its terms.
pub(crate) fn candidates(out: &mut impl Write, line: &Value, paint: &Paint) -> io::Result<()> {
    head(out, line, paint)?;
    let mut part = None;
    for candidate in list(line, "candidates") {
        of_part(out, &mut part, candidate, paint)?;
        let action = text(candidate, "action");
        let shown = if candidate.get("value").is_some() { "value" } else { "masked" };
        let consequence = match candidate.get("why_not").and_then(Value::as_str) {
            Some(why) => paint.dim(&format!("no action: {}", why_in_words(why, &text(candidate, "by")))),
            None => paint.action(&action, &action),
        };
        writeln!(
            out,
            "    {}..{}  {}  {} characters, {}",
            number(candidate, "start"),
            number(candidate, "end"),
            paint.action(&action, &text(candidate, shown)),
            number(candidate, "length"),
            text(candidate, "shape"),
        )?;
        writeln!(out, "      {} {}  {consequence}", paint.bold(&text(candidate, "rule")), number(candidate, "score"))?;
        let terms: Vec<String> = list(candidate, "terms")
            .iter()
            .map(|t| format!("{} {:+}", text(t, "name"), t.get("points").and_then(Value::as_i64).unwrap_or(0)))
            .collect();
        if !terms.is_empty() {
            writeln!(out, "      {}", terms.join(", "))?;
        }
        if candidate.get("digest").is_some() {
            writeln!(out, "      {}", paint.dim(&text(candidate, "digest")))?;
        }
    }
    tail(out, line, "candidates", "nothing that a rule looked at", paint)
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
        let candidate = |why: Value, by: Value| {
            json!({ "rule": "us-ssn", "part": "text", "start": 4, "end": 13, "masked": "5•••••••4", "length": 9,
                "shape": "ddddddddd", "score": 20, "terms": [{ "name": "base", "points": 20 }, { "name": "bare", "points": -15 }],
                "action": "allow", "why_not": why, "by": by })
        };
        let line = json!({ "file": "a", "opaque": [], "candidates": [
            candidate(json!("context"), Value::Null), candidate(json!("overlap"), json!("au-tfn")), candidate(Value::Null, Value::Null),
        ] });
        let all = shown(candidates, &line, false);
        for want in [
            "    4..13  5•••••••4  9 characters, ddddddddd\n      us-ssn 20  no action: the rule asks for a word",
            "no action: the finding of au-tfn stands for it\n      base +20, bare -15\n",
            "us-ssn 20  allow\n",
        ] {
            assert!(all.contains(want), "{all}");
        }
    }
}
