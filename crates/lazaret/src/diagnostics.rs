//! Shows complaints the way a compiler does: file, line, column, caret, mend.
//!
//! **Invariant:** of `lazaret.toml` no quoted string, no comment and no bare word after a `=` is ever shown: a secret in a
//! wrong place must not reach a terminal, a log or a ticket of the operator's own helpdesk.

use crate::cli::Format;
use crate::output::say;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use lazaret_scan::{Diagnostic, Severity, SourceFile};
use std::fmt::Write as _;
use std::io::IsTerminal;

/// A file whose lines may be shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown<'a> {
    /// Name and text.
    pub(crate) source: SourceFile<'a>,
    /// Are its values masked?
    pub(crate) masked: bool,
}

/// Prints complaints: text to standard error, JSON Lines to standard output.
pub(crate) fn print(diagnostics: &[Diagnostic], files: &[Shown<'_>], format: Format) {
    match format {
        Format::Text => eprint!("{}", text(diagnostics, files, std::io::stderr().is_terminal())),
        Format::Json => diagnostics.iter().for_each(|d| say!("{}", json(d))),
    }
}

/// One complaint as a JSON object.
pub(crate) fn json(d: &Diagnostic) -> String {
    let severity = if d.severity == Severity::Error { "error" } else { "warning" };
    serde_json::json!({
        "file": d.file, "line": d.line, "column": d.column, "severity": severity, "message": d.message, "help": d.help,
    })
    .to_string()
}

/// Complaints as text. Files that are not given are named without their lines.
pub(crate) fn text(diagnostics: &[Diagnostic], files: &[Shown<'_>], colours: bool) -> String {
    let renderer = if colours { Renderer::styled() } else { Renderer::plain() };
    let ready: Vec<(&str, Masked)> = files.iter().map(|f| (f.source.name, Masked::of(f))).collect();
    let mut out = String::new();
    for d in diagnostics {
        let level = if d.severity == Severity::Error { Level::ERROR } else { Level::WARNING };
        let title = level.primary_title(d.message.as_str());
        // What has no place of its own is about the file as a whole; its first line would say nothing.
        let shown = ready.iter().find(|(name, _)| *name == d.file && !d.span.is_empty());
        let mut group = match shown {
            Some((_, masked)) => {
                let span = masked.span(&d.span);
                let snippet = Snippet::source(masked.text.as_str())
                    .path(d.file.as_str())
                    .annotation(AnnotationKind::Primary.span(span));
                Group::with_title(title).element(snippet)
            }
            None => {
                let origin = Origin::path(d.file.as_str()).line(d.line).char_column(d.column);
                Group::with_title(title).element(origin)
            }
        };
        if let Some(help) = &d.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        let _ = writeln!(out, "{}\n", renderer.render(&[group]));
    }
    out
}

/// The last line of a report: how many of each.
pub(crate) fn summary<'a>(diagnostics: impl IntoIterator<Item = &'a Diagnostic>) -> String {
    let (errors, warnings): (Vec<_>, Vec<_>) = diagnostics.into_iter().partition(|d| d.severity == Severity::Error);
    let (errors, warnings) = (errors.len(), warnings.len());
    let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    format!("{}, {}", plural(errors, "error"), plural(warnings, "warning"))
}

/// A text in which every value is hidden, and where its bytes went.
struct Masked {
    text: String,
    /// Byte of the original → byte of the masked text; empty if nothing moved.
    moved: Vec<usize>,
}

impl Masked {
    fn of(shown: &Shown<'_>) -> Masked {
        if !shown.masked {
            return Masked { text: shown.source.text.to_owned(), moved: Vec::new() };
        }
        let hidden = hide(shown.source.text);
        let mut out = String::with_capacity(shown.source.text.len());
        let mut moved = Vec::with_capacity(shown.source.text.len() + 1);
        for ((at, c), hide) in shown.source.text.char_indices().zip(hidden) {
            moved.resize(at, out.len());
            moved.push(out.len());
            out.push(if hide && !matches!(c, '\n' | '\r') { '•' } else { c });
        }
        moved.resize(shown.source.text.len(), out.len());
        moved.push(out.len());
        Masked { text: out, moved }
    }

    fn span(&self, span: &std::ops::Range<usize>) -> std::ops::Range<usize> {
        let to = |at: usize| self.moved.get(at).copied().unwrap_or(at).min(self.text.len());
        to(span.start)..to(span.end).max(to(span.start))
    }
}

/// For each character: is it part of a value or comment? Written for files that do not parse, too: an open quote hides up
/// to the end of its line, and a bare word is shown only where it is a key, a table name, true, false, a number or a date.
fn hide(text: &str) -> Vec<bool> {
    let chars: Vec<char> = text.chars().collect();
    let mut hidden = vec![false; chars.len()];
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        let end = match c {
            '"' | '\'' => {
                let (inner, end) = quoted(&chars, at);
                hidden[inner].fill(true);
                end
            }
            '#' => {
                let end = line_end(&chars, at);
                hidden[at + 1..end].fill(true);
                end
            }
            c if c.is_whitespace() || "=[]{},.".contains(c) => at + 1,
            _ => {
                let end = word_end(&chars, at);
                if !is_key(&chars, end) && !is_plain_value(&chars, at, end) {
                    hidden[at..end].fill(true);
                }
                end
            }
        };
        at = end.max(at + 1);
    }
    hidden
}

fn line_end(chars: &[char], from: usize) -> usize {
    chars.iter().skip(from).position(|c| *c == '\n').map_or(chars.len(), |n| from + n)
}

fn word_end(chars: &[char], from: usize) -> usize {
    let stop = |c: &char| c.is_whitespace() || "=[]{},\"'#".contains(*c);
    chars.iter().skip(from).position(stop).map_or(chars.len(), |n| from + n)
}

/// What stands between quotes, and where the string ends.
fn quoted(chars: &[char], from: usize) -> (std::ops::Range<usize>, usize) {
    let quote = chars[from];
    let three = |at: usize| (at..at + 3).all(|i| chars.get(i) == Some(&quote));
    let long = three(from);
    let start = from + if long { 3 } else { 1 };
    let mut at = start;
    while at < chars.len() {
        match chars[at] {
            '\\' if quote == '"' => at += 2,
            '\n' if !long => return (start..at, at),
            c if c == quote && !long => return (start..at, at + 1),
            c if c == quote && three(at) => return (start..at, at + 3),
            _ => at += 1,
        }
    }
    (start.min(chars.len())..chars.len(), chars.len())
}

/// Does a `=` follow on the same line, or does a bracket close a table's name?
fn is_key(chars: &[char], end: usize) -> bool {
    match chars.iter().skip(end).find(|c| !matches!(c, ' ' | '\t')) {
        Some('=') => true,
        Some(']') => {
            let line: String = chars.iter().take(end).rev().take_while(|c| **c != '\n').collect();
            line.trim_end().ends_with('[') && !line.contains('=')
        }
        _ => false,
    }
}

fn is_plain_value(chars: &[char], start: usize, end: usize) -> bool {
    let word: String = chars.iter().take(end).skip(start).collect();
    let line: String =
        chars.iter().take(start).rev().take_while(|c| **c != '\n').collect::<Vec<_>>().into_iter().rev().collect();
    let secret = ["pass", "secret", "token", "key", "pin"].iter().any(|w| line.to_lowercase().contains(w));
    let number = word.len() <= 20 && word.chars().all(|c| c.is_ascii_digit() || "+-_:.TZ".contains(c));
    matches!(word.as_str(), "true" | "false") || (number && !secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> String {
        Masked::of(&Shown { source: SourceFile { name: "f", text }, masked: true }).text
    }

    #[test]
    fn values_are_hidden_and_keys_are_not() {
        for (text, want) in [
            ("password = \"hunter2\"", "password = \"•••••••\""),
            ("a = 'x' # note\n", "a = '•' #•••••\n"),
            ("imap = { host = \"ab\", port = 993 }", "imap = { host = \"••\", port = 993 }"),
            ("password = hunter2", "password = •••••••"),
            ("password = 123456", "password = ••••••"),
            ("port = 123456", "port = 123456"),
            ("hunter2", "•••••••"),
            ("on = true\nday = 2026-03-01", "on = true\nday = 2026-03-01"),
            ("[[mailbox]]\n[replies]", "[[mailbox]]\n[replies]"),
            ("a = [hunter2]", "a = [•••••••]"),
            ("a = \"open\nb = 1", "a = \"••••\nb = 1"),
            ("a = \"q\\\"uote\" b", "a = \"•••••••\" •"),
            ("a = \"\"\"two\nlines\"\"\"\nb = 1", "a = \"\"\"•••\n•••••\"\"\"\nb = 1"),
            ("a = \"ü€\"", "a = \"••\""),
            ("a = \"", "a = \""),
            ("a = \"\\", "a = \"•"),
        ] {
            assert_eq!(masked(text), want, "{text}");
        }
    }

    #[test]
    fn the_caret_stands_under_the_place() {
        let text = "tenant = \"äöü\"\nmode = \"of\" # x\n";
        let source = SourceFile { name: "lazaret.toml", text };
        let start = text.find("\"of\"").expect("it is there");
        let d = Diagnostic::error(source, start..start + 4, "no such mode").help("write \"observe\"");
        let shown = super::text(std::slice::from_ref(&d), &[Shown { source, masked: true }], false);
        assert!(shown.contains("--> lazaret.toml:2:8"), "{shown}");
        assert!(shown.contains("2 | mode = \"••\" #••"), "{shown}");
        assert!(shown.contains("  |        ^^^^"), "{shown}");
        assert!(shown.contains("help: write \"observe\""), "{shown}");
        assert!(super::text(&[d], &[], false).contains("lazaret.toml:2:8"), "without its text");
    }
}
