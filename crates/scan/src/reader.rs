//! Typed reading of TOML that complains instead of failing: every wrong key and type at once, each with its place.

use crate::{Diagnostic, Severity, SourceFile, nearest};
use std::cell::RefCell;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A file being read, and what is wrong with it so far.
pub(crate) struct Reader<'a> {
    pub(crate) file: SourceFile<'a>,
    complaints: RefCell<Vec<Diagnostic>>,
}

/// A value with its place in the file.
pub(crate) type Value<'t, 'a> = &'t Spanned<DeValue<'a>>;

impl<'a> Reader<'a> {
    pub(crate) fn new(file: SourceFile<'a>) -> Reader<'a> {
        Reader { file, complaints: RefCell::default() }
    }

    /// The whole file as a table; syntax errors are complaints.
    pub(crate) fn parse(&self) -> Spanned<DeTable<'a>> {
        let (table, errors) = DeTable::parse_recoverable(self.file.text);
        for error in errors {
            let end = self.file.text.len();
            self.error(error.span().unwrap_or(end..end), format!("not valid TOML: {}", error.message()));
        }
        table
    }

    /// How many errors there are so far.
    pub(crate) fn errors(&self) -> usize {
        self.complaints.borrow().iter().filter(|c| c.severity == Severity::Error).count()
    }

    pub(crate) fn error(&self, span: Range<usize>, message: impl Into<String>) {
        self.complaints.borrow_mut().push(Diagnostic::error(self.file, span, message));
    }

    pub(crate) fn warn_help(&self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.complaints.borrow_mut().push(Diagnostic::warning(self.file, span, message).help(help));
    }

    pub(crate) fn error_help(&self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.complaints.borrow_mut().push(Diagnostic::error(self.file, span, message).help(help));
    }

    /// The line on which a span begins, from 1.
    pub(crate) fn line(&self, span: &Range<usize>) -> usize {
        let before = self.file.text.as_bytes().get(..span.start).unwrap_or_default();
        before.iter().filter(|b| **b == b'\n').count() + 1
    }

    /// All complaints, in order of their place.
    pub(crate) fn finish(self) -> Vec<Diagnostic> {
        let mut complaints = self.complaints.into_inner();
        complaints.sort_by_key(|c| c.span.start);
        complaints
    }

    /// Complains of keys that are not known.
    pub(crate) fn check_keys(&self, table: &DeTable<'_>, known: &[&str], what: &str) {
        for key in table.keys() {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                self.unknown(key.span(), &format!("{what} has no key"), name, known);
            }
        }
    }

    /// Complains of a name that is none of the known.
    pub(crate) fn unknown(&self, span: Range<usize>, what: &str, name: &str, known: &[&str]) {
        let help = match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are: {}", known.join(", ")),
        };
        self.error_help(span, format!("{what} `{name}`"), help);
    }

    /// The same where the known are too many to list.
    pub(crate) fn unknown_of_many(&self, span: Range<usize>, what: &str, name: &str, known: &[&str], help: &str) {
        let help = match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => help.to_owned(),
        };
        self.error_help(span, format!("{what} `{name}`"), help);
    }

    fn wrong(&self, value: Value<'_, '_>, what: &str, wanted: &str) {
        let have = value.get_ref().type_str();
        self.error(value.span(), format!("`{what}` must be {wanted}, this is {} {have}", article(have)));
    }

    pub(crate) fn table<'t, 'v>(&self, value: Value<'t, 'v>, what: &str) -> Option<&'t DeTable<'v>> {
        value.get_ref().as_table().or_else(|| {
            self.wrong(value, what, "a table");
            None
        })
    }

    pub(crate) fn list<'t, 'v>(&self, value: Value<'t, 'v>, what: &str) -> Vec<Value<'t, 'v>> {
        match value.get_ref().as_array() {
            Some(array) => array.iter().collect(),
            None => {
                self.wrong(value, what, "a list");
                Vec::new()
            }
        }
    }

    /// A string that is not empty.
    pub(crate) fn string<'t>(&self, value: Value<'t, '_>, what: &str) -> Option<&'t str> {
        match value.get_ref().as_str() {
            Some("") => self.error(value.span(), format!("`{what}` is empty")),
            Some(text) => return Some(text),
            None => self.wrong(value, what, "a string"),
        }
        None
    }

    /// A string that may be empty.
    pub(crate) fn text<'t>(&self, value: Value<'t, '_>, what: &str) -> Option<&'t str> {
        value.get_ref().as_str().or_else(|| {
            self.wrong(value, what, "a string");
            None
        })
    }

    pub(crate) fn integer(&self, value: Value<'_, '_>, what: &str, bounds: Range<i64>) -> Option<i64> {
        let Some(integer) = value.get_ref().as_integer() else {
            self.wrong(value, what, "a whole number");
            return None;
        };
        match i64::from_str_radix(integer.as_str(), integer.radix()).ok().filter(|n| bounds.contains(n)) {
            Some(n) => Some(n),
            None => {
                let last = bounds.end - 1;
                self.error(value.span(), format!("`{what}` must be from {} to {last}", bounds.start));
                None
            }
        }
    }

    pub(crate) fn boolean(&self, value: Value<'_, '_>, what: &str) -> Option<bool> {
        value.get_ref().as_bool().or_else(|| {
            self.wrong(value, what, "true or false");
            None
        })
    }

    /// A list of strings, none of them empty.
    pub(crate) fn strings<'t>(&self, value: Value<'t, '_>, what: &str) -> Vec<(&'t str, Range<usize>)> {
        let items = self.list(value, what);
        items.into_iter().filter_map(|item| Some((self.string(item, what)?, item.span()))).collect()
    }

    /// One of some names.
    pub(crate) fn name<T>(
        &self,
        value: Value<'_, '_>,
        what: &str,
        known: &[&str],
        find: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let name = self.string(value, what)?;
        find(name).or_else(|| {
            self.unknown(value.span(), &format!("there is no {what}"), name, known);
            None
        })
    }
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}
