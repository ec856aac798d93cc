//! A table of TOML, asked key by key. What was asked for is what is known, so whatever is left over is a slip of the pen;
//! every trouble becomes a complaint with its span, and reading goes on.

use super::value::Problem;
use lazaret_scan::{Diagnostic, SourceFile, nearest};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

const NOT_TOML: &str = "not TOML: ";

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

/// Collects what is wrong with one file.
pub(super) struct Reader<'a> {
    source: SourceFile<'a>,
    complaints: RefCell<Vec<Diagnostic>>,
    /// Lines that do not parse as TOML: what seems missing may stand in the part that was not understood.
    broken: RefCell<Vec<usize>>,
    /// Every key that was asked for, by its path, and what it takes; for the manual.
    takes: RefCell<BTreeMap<String, String>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: SourceFile<'a>) -> Reader<'a> {
        Reader { source, complaints: RefCell::default(), broken: RefCell::default(), takes: RefCell::default() }
    }

    pub(super) fn parse(&self) -> Spanned<DeTable<'a>> {
        let (table, errors) = DeTable::parse_recoverable(self.source.text);
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            let message = error.message().lines().next().unwrap_or_default().to_owned();
            let complaint = Diagnostic::error(self.source, span, format!("{NOT_TOML}{message}"));
            let mut broken = self.broken.borrow_mut();
            if !broken.contains(&complaint.line) {
                broken.push(complaint.line);
                self.complaints
                    .borrow_mut()
                    .push(complaint.help("strings stand in double quotes, lists in [ ], tables in { }"));
            }
        }
        table
    }

    pub(super) fn error(&self, span: Range<usize>, message: impl Into<String>, mend: impl Into<String>) {
        self.complaints.borrow_mut().push(Diagnostic::error(self.source, span, message).help(mend));
    }

    pub(super) fn warning(&self, span: Range<usize>, message: impl Into<String>, mend: impl Into<String>) {
        self.complaints.borrow_mut().push(Diagnostic::warning(self.source, span, message).help(mend));
    }

    /// Complaints in the order of the file. What was made of a line that is not TOML is not complained about again.
    pub(super) fn finish(self) -> Vec<Diagnostic> {
        let broken = self.broken.into_inner();
        let mut all = self.complaints.into_inner();
        all.retain(|d| d.message.starts_with(NOT_TOML) || !broken.contains(&d.line));
        all.sort_by_key(|d| d.span.start);
        all
    }

    /// Keys that were asked for, as `mailbox.imap.host`, with what each takes.
    pub(super) fn takes(&self) -> BTreeMap<String, String> {
        self.takes.borrow().clone()
    }

    pub(super) fn root<'r>(&'r self, table: &'r Spanned<DeTable<'r>>) -> Table<'r> {
        Table::new(self, "", 0..0, table.get_ref())
    }
}

/// One table.
pub(super) struct Table<'r> {
    reader: &'r Reader<'r>,
    /// As it is called in messages: `mailbox.imap`, empty for the file.
    name: String,
    pub(super) span: Range<usize>,
    entries: &'r DeTable<'r>,
    asked: RefCell<Vec<&'static str>>,
    /// One of several, `[[name]]`.
    listed: bool,
}

impl<'r> Table<'r> {
    fn new(reader: &'r Reader<'r>, name: &str, span: Range<usize>, entries: &'r DeTable<'r>) -> Table<'r> {
        Table { reader, name: name.to_owned(), span, entries, asked: RefCell::default(), listed: false }
    }

    fn shown(&self) -> String {
        if self.listed { format!("[[{}]]", self.name) } else { format!("[{}]", self.name) }
    }

    pub(super) fn reader(&self) -> &'r Reader<'r> {
        self.reader
    }

    fn path(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    fn entry(&self, key: &'static str) -> Option<&'r Spanned<DeValue<'r>>> {
        self.asked.borrow_mut().push(key);
        self.entries.get(key)
    }

    /// Does the key stand there at all?
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Is the value of a key a list?
    pub(super) fn is_list(&self, key: &str) -> bool {
        self.entries.get(key).is_some_and(|v| v.get_ref().is_array())
    }

    /// Where a key stands, else the table.
    pub(super) fn span_of(&self, key: &str) -> Range<usize> {
        self.entries.get_key_value(key).map_or(self.span.clone(), |(k, _)| k.span())
    }

    /// Complains about a key that must not stand here.
    pub(super) fn refuse(&self, key: &'static str, message: &str, mend: &str) {
        if self.entry(key).is_some() {
            self.reader.error(self.span_of(key), message, mend);
        }
    }

    /// Keeps what a key takes, unless its reader said it more exactly before.
    fn note(&self, key: &str, takes: impl FnOnce() -> String) {
        self.reader.takes.borrow_mut().entry(self.path(key)).or_insert_with(takes);
    }

    fn typed<T>(&self, key: &'static str, wanted: &str, take: impl Fn(&'r DeValue<'r>) -> Option<T>) -> Option<At<T>> {
        self.note(key, || wanted.to_owned());
        let found = self.entry(key)?;
        match take(found.get_ref()) {
            Some(value) => Some(At { value, span: found.span() }),
            None => {
                let message = format!("`{}` is {}, but must be {wanted}", self.path(key), kind(found.get_ref()));
                self.reader.error(found.span(), message, example(wanted, key));
                None
            }
        }
    }

    fn checked<T>(&self, key: &str, span: Range<usize>, result: Result<T, Problem>) -> Option<At<T>> {
        match result {
            Ok(value) => Some(At { value, span }),
            Err(p) => {
                self.reader.error(span, format!("`{}` {}", self.path(key), p.what), p.mend);
                None
            }
        }
    }

    pub(super) fn text(&self, key: &'static str) -> Option<At<String>> {
        self.typed(key, "a string", |v| v.as_str().map(str::to_owned))
    }

    pub(super) fn parsed<T>(&self, key: &'static str, parse: impl FnOnce(&str) -> Result<T, Problem>) -> Option<At<T>> {
        let text = self.text(key)?;
        self.checked(key, text.span, parse(&text.value))
    }

    /// A string or a bare TOML date, read by the same function.
    pub(super) fn text_or_date<T>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Problem>,
    ) -> Option<At<T>> {
        let text = self.typed(key, "a string or a day", |v| {
            v.as_str().map(str::to_owned).or_else(|| v.as_datetime().map(ToString::to_string))
        })?;
        self.checked(key, text.span, parse(&text.value))
    }

    pub(super) fn flag(&self, key: &'static str) -> Option<At<bool>> {
        self.typed(key, "true or false", DeValue::as_bool)
    }

    /// A whole number within bounds, both included.
    pub(super) fn number(&self, key: &'static str, min: u64, max: u64) -> Option<At<u64>> {
        self.note(key, || if max == u64::MAX { format!("a number from {min}") } else { format!("{min} to {max}") });
        let at = self.typed(key, "a whole number", |v| v.as_integer().map(integer))?;
        self.bounded(key, at, min, max, "")
    }

    /// A number of octets, or a string with a unit, within bounds.
    pub(super) fn bytes(&self, key: &'static str, min: u64, max: u64) -> Option<At<u64>> {
        self.note(key, || format!("a size, {} to {}", size_words(min), size_words(max)));
        let at = self.typed(key, "a size", |v| match v {
            DeValue::String(text) => Some(super::value::size_bytes(text)),
            _ => v.as_integer().map(|i| Ok(integer(i).unwrap_or(u64::MAX))),
        })?;
        let at = self.checked(key, at.span, at.value)?;
        self.bounded(key, At { value: Some(at.value), span: at.span }, min, max, " bytes")
    }

    fn bounded(&self, key: &str, at: At<Option<u64>>, min: u64, max: u64, unit: &str) -> Option<At<u64>> {
        match at.value {
            Some(n) if (min..=max).contains(&n) => Some(At { value: n, span: at.span }),
            _ => {
                let message = format!("`{}` is out of bounds", self.path(key));
                self.reader.error(at.span, message, format!("from {min} to {max}{unit}"));
                None
            }
        }
    }

    /// A duration within bounds in seconds.
    pub(super) fn duration(&self, key: &'static str, min: u64, max: u64) -> Option<At<std::time::Duration>> {
        self.note(key, || format!("a duration, {} to {}", span_words(min), span_words(max)));
        let at = self.parsed(key, super::value::duration)?;
        if (min..=max).contains(&at.value.as_secs()) {
            return Some(at);
        }
        let message = format!("`{}` is out of bounds", self.path(key));
        self.reader.error(at.span, message, format!("from {} to {}", span_words(min), span_words(max)));
        None
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&self, key: &'static str, choices: &[(&str, T)]) -> Option<At<T>> {
        self.note(key, || choices.iter().map(|(word, _)| format!("\"{word}\"")).collect::<Vec<_>>().join(" or "));
        let text = self.text(key)?;
        if let Some((_, value)) = choices.iter().find(|(word, _)| *word == text.value) {
            return Some(At { value: *value, span: text.span });
        }
        let words: Vec<String> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        let mend = match nearest(&text.value, choices.iter().map(|(word, _)| *word)) {
            Some(word) => format!("did you mean \"{word}\"? Known: {}", words.join(", ")),
            None => format!("write one of {}", words.join(", ")),
        };
        self.reader.error(text.span, format!("`{}` has a value that is not known", self.path(key)), mend);
        None
    }

    /// A list of strings, each read by the same function; `None` if the key is absent or any item is wrong.
    pub(super) fn list<T>(
        &self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, Problem>,
    ) -> Option<At<Vec<At<T>>>> {
        let array = self.typed(key, "a list of strings", DeValue::as_array)?;
        let mut out = Vec::new();
        let mut whole = true;
        for item in array.value.iter() {
            let Some(text) = item.get_ref().as_str() else {
                let message = format!("`{}` holds {}, but must hold strings", self.path(key), kind(item.get_ref()));
                self.reader.error(item.span(), message, example("a list of strings", key));
                whole = false;
                continue;
            };
            match self.checked(key, item.span(), parse(text)) {
                Some(at) => out.push(at),
                None => whole = false,
            }
        }
        whole.then_some(At { value: out, span: array.span })
    }

    /// A sub-table.
    pub(super) fn table(&self, key: &'static str) -> Option<Table<'r>> {
        let at = self.typed(key, "a table", DeValue::as_table)?;
        Some(Table::new(self.reader, &self.path(key), at.span, at.value))
    }

    /// A list of tables; wrong items are complained about and left out.
    pub(super) fn tables(&self, key: &'static str) -> Vec<Table<'r>> {
        let Some(array) = self.typed(key, "a list of tables", DeValue::as_array) else {
            return Vec::new();
        };
        let path = self.path(key);
        let table = |item: &'r Spanned<DeValue<'r>>| match item.get_ref().as_table() {
            Some(entries) => Some(Table { listed: true, ..Table::new(self.reader, &path, item.span(), entries) }),
            None => {
                let message = format!("`{path}` holds {}, but must hold tables", kind(item.get_ref()));
                self.reader.error(item.span(), message, example("a list of tables", key));
                None
            }
        };
        array.value.iter().filter_map(table).collect()
    }

    /// Complains if the key is not there at all. A value that is there but wrong was complained about already.
    pub(super) fn need<T>(&self, key: &'static str, value: Option<T>, mend: &str) -> Option<T> {
        if value.is_none() && !self.has(key) && self.reader.broken.borrow().is_empty() {
            let whose = if self.name.is_empty() { "the file".to_owned() } else { self.shown() };
            self.reader.error(self.span.clone(), format!("{whose} lacks `{key}`"), mend);
        }
        value
    }

    /// Complains about every key that nobody asked for.
    pub(super) fn finish(self) {
        let asked = self.asked.borrow().clone();
        for (key, _) in self.entries.iter() {
            let name = key.get_ref().as_ref();
            if asked.contains(&name) {
                continue;
            }
            let place =
                if self.name.is_empty() { "at the top of the file".to_owned() } else { format!("in {}", self.shown()) };
            let mend = match nearest(name, asked.iter().copied()) {
                Some(known) => format!("did you mean `{known}`?"),
                None => {
                    let mut known = asked.clone();
                    known.sort_unstable();
                    known.dedup();
                    format!("known {place}: {}", known.join(", "))
                }
            };
            // A key may be anything, a secret without its name too; what is not shaped like a key is not repeated.
            let plain = name.len() <= 40 && name.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b'-'));
            let shown =
                if plain { format!("`{name}` is not known {place}") } else { format!("a key is not known {place}") };
            self.reader.error(key.span(), shown, mend);
        }
    }
}

fn integer(i: &toml::de::DeInteger<'_>) -> Option<u64> {
    u64::from_str_radix(i.as_str().trim_start_matches('+'), i.radix()).ok()
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn example(wanted: &str, key: &str) -> String {
    match wanted {
        "a string" => format!("put it in quotes: {key} = \"…\""),
        "a string or a day" => format!("write {key} = \"now\" or {key} = 2026-03-01"),
        "true or false" => format!("write {key} = true or {key} = false"),
        "a whole number" => "write digits without quotes".to_owned(),
        "a size" => format!("write {key} = \"35MiB\" or a number of bytes"),
        "a list of strings" => format!("write {key} = [\"…\", \"…\"]"),
        "a list of tables" => format!("write [[{key}]] on a line of its own, or {key} = [{{ … }}]"),
        _ => format!("write {key} = {{ … }}, or [{key}] on a line of its own"),
    }
}

fn size_words(bytes: u64) -> String {
    let units = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = units.iter().find(|(bits, _)| bytes > 0 && bytes.is_multiple_of(1 << bits));
    unit.map_or_else(|| bytes.to_string(), |(bits, name)| format!("{}{name}", bytes >> bits))
}

fn span_words(secs: u64) -> String {
    match secs {
        s if s > 0 && s % 86_400 == 0 => format!("{}d", s / 86_400),
        s if s > 0 && s % 3_600 == 0 => format!("{}h", s / 3_600),
        s => format!("{s}s"),
    }
}
