//! What is wrong with a file of rules, policy or configuration: where, why, and the mend.

use crate::text::{ceil, floor};
use std::ops::Range;

/// A text to load, with the name by which messages call it.
#[derive(Debug, Clone, Copy)]
pub struct SourceFile<'a> {
    /// File name as the operator knows it.
    pub name: &'a str,
    /// Its whole text.
    pub text: &'a str,
}

/// Does the file still load?
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It loads; the operator should look.
    Warning,
    /// It is refused.
    Error,
}

/// One complaint. The message never repeats a value that could be secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// The file's name.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Bytes of the file that the caret marks.
    pub span: Range<usize>,
    /// What is wrong, one sentence.
    pub message: String,
    /// How to mend it, one sentence.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at a span of `source`; spans out of the text are moved to its end.
    pub fn error(source: SourceFile<'_>, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        let end = source.text.len();
        // A parser may point into a character, where it is none that it reads.
        let start = floor(source.text, span.start.min(end));
        let span = start..ceil(source.text, span.end.clamp(start, end));
        let before = source.text.get(..span.start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        Diagnostic {
            severity: Severity::Error,
            file: source.name.to_owned(),
            line: before.bytes().filter(|b| *b == b'\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            span,
            message: message.into(),
            help: None,
        }
    }

    /// The same as a warning.
    pub fn warning(source: SourceFile<'_>, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(source, span, message) }
    }

    /// Adds the mend.
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }
}

/// The known name nearest to `name` by edit distance, if it is near enough to be a slip of the pen.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|k| (distance(name, k), k))
        .filter(|(d, k)| *d <= 1 + k.len().min(name.len()) / 4)
        .min_by_key(|(d, _)| *d)
        .map(|(_, k)| k)
}

fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, cb) in row.iter_mut().skip(1).zip(&b) {
            let up = *cell;
            *cell = (up + 1).min(left + 1).min(diagonal + usize::from(ca != *cb));
            diagonal = up;
            left = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_that_begins_within_a_character_takes_it_whole() {
        let text = "a\u{fffd}b";
        let complaint = Diagnostic::error(SourceFile { name: "x.toml", text }, 2..3, "");
        assert_eq!((text.get(complaint.span), complaint.column), (Some("\u{fffd}"), 2));
    }
}
