//! The texts of replies: compiled in, and overridden file by file from the operator's directory.
//!
//! A directory holds one directory a language (`en/receipt.txt`, `en/receipt.html`, …, `en/words.toml`). All is checked
//! when it is loaded, by rendering every text in every combination of facts: what a customer would see as a mistake, an
//! operator sees as a line and column. A template gets facts of ours and nothing else; see [`Facts`].

use crate::config::Config;
use lazaret_core::notice::{ATTACHMENTS, HELD, NAMES, NOT_KEPT, RECORDS, UNREADABLE};
use lazaret_scan::{Diagnostic, SourceFile, nearest};
use lazaret_store::Template;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;

/// Largest text or HTML of a reply.
pub(crate) const OUTPUT_BYTES_MAX: usize = 64 * 1024;
/// Largest template file.
const FILE_BYTES_MAX: u64 = 64 * 1024;
/// Longest subject.
const SUBJECT_CHARS_MAX: usize = 150;
/// Steps of the template engine for one text.
const FUEL_MAX: u64 = 50_000;
/// The language that is always there.
const LAST_LANGUAGE: &str = "en";
/// The name that stands for a kind of data a reply must not forget: passwords have their own paragraph.
const SECRET: &str = NAMES[2];

const WORDS: &str = "words.toml";
const TEXTS: [&str; 6] = ["receipt.txt", "receipt.html", "removed.txt", "removed.html", "refused.txt", "refused.html"];

/// Language, file name, content.
const BUILT_IN: [(&str, &str, &str); 7] = [
    ("en", WORDS, include_str!("../../../config/templates/en/words.toml")),
    ("en", "receipt.txt", include_str!("../../../config/templates/en/receipt.txt")),
    ("en", "receipt.html", include_str!("../../../config/templates/en/receipt.html")),
    ("en", "removed.txt", include_str!("../../../config/templates/en/removed.txt")),
    ("en", "removed.html", include_str!("../../../config/templates/en/removed.html")),
    ("en", "refused.txt", include_str!("../../../config/templates/en/refused.txt")),
    ("en", "refused.html", include_str!("../../../config/templates/en/refused.html")),
];

/// All texts in all languages, checked.
pub(crate) struct Templates {
    env: Environment<'static>,
    words: BTreeMap<String, Words>,
    files: Files,
}

/// What a reply is told; the strings are the configuration's or our own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts<'a> {
    /// Reference of the ticket.
    pub(crate) reference: &'a str,
    /// Who answers.
    pub(crate) company: &'a str,
    /// Link to the portal.
    pub(crate) link: Option<&'a str>,
    /// Portal without a token.
    pub(crate) portal: Option<&'a str>,
    /// When the link ends, in seconds since 1970.
    pub(crate) until: Option<i64>,
    /// Second channel.
    pub(crate) phone: Option<&'a str>,
    /// Names and hints of [`lazaret_core::notice`].
    pub(crate) kinds: &'a [String],
    /// Days for which a sealed original is kept.
    pub(crate) days: u32,
}

/// A reply's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rendered {
    /// Subject, one line.
    pub(crate) subject: String,
    /// Plain text.
    pub(crate) text: String,
    /// HTML.
    pub(crate) html: String,
    /// Language it is in.
    pub(crate) language: String,
}

/// A text could not be made. The words of the engine are not repeated: they could hold a link.
#[derive(Debug, thiserror::Error)]
#[error("the reply's text could not be made from its template")]
pub(crate) struct RenderError;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    subject: Subjects,
    kinds: BTreeMap<String, String>,
    list: List,
    date: DateWords,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subjects {
    receipt: String,
    removed: String,
    refused: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    and: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct DateWords {
    months: [String; 12],
    format: String,
}

/// The variables of a template.
struct Context<'a> {
    reference: &'a str,
    company: &'a str,
    link: Option<&'a str>,
    portal: Option<&'a str>,
    until: Option<String>,
    phone: Option<&'a str>,
    kinds: Option<String>,
    password: bool,
    attachments: bool,
    records: bool,
    unreadable: bool,
    held: bool,
    kept: bool,
    days: u32,
}

impl Context<'_> {
    fn value(&self) -> Value {
        context! {
            reference => self.reference,
            company => self.company,
            link => self.link,
            portal => self.portal,
            until => self.until.as_deref(),
            phone => self.phone,
            kinds => self.kinds.as_deref(),
            password => self.password,
            attachments => self.attachments,
            records => self.records,
            unreadable => self.unreadable,
            held => self.held,
            kept => self.kept,
            days => self.days,
        }
    }
}

impl Templates {
    /// Loads the compiled-in texts and what `dir` overrides or adds; every complaint at once.
    pub(crate) fn load(dir: Option<&Path>) -> Result<Templates, Vec<Diagnostic>> {
        let (files, complaints) = read(dir);
        Templates::check(files, complaints)
    }

    /// Texts that [`texts`](Templates::texts) gave, checked again.
    pub(crate) fn of_texts(texts: Vec<(String, String)>) -> Result<Templates, Vec<Diagnostic>> {
        let file = |(place, text): (String, String)| {
            let (language, name) = place.split_once('/')?;
            let shown = format!("config/templates/{place}");
            Some(((language.to_owned(), name.to_owned()), File { shown, text }))
        };
        Templates::check(texts.into_iter().filter_map(file).collect(), Vec::new())
    }

    /// Language and file name, with the text.
    pub(crate) fn texts(&self) -> Vec<(String, String)> {
        self.files.iter().map(|((language, name), file)| (format!("{language}/{name}"), file.text.clone())).collect()
    }

    /// Does the disk hold what a configuration named when it was loaded?
    pub(crate) fn is_on_disk(&self, config: &Config) -> bool {
        let (files, _) = read(config.templates_dir.as_deref());
        files.len() == self.files.len()
            && files.iter().all(|(place, file)| self.files.get(place).is_some_and(|f| f.text == file.text))
    }

    fn check(files: Files, mut complaints: Vec<Diagnostic>) -> Result<Templates, Vec<Diagnostic>> {
        let mut env = Environment::new();
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        env.set_fuel(Some(FUEL_MAX));
        let mut words = BTreeMap::new();
        let languages: BTreeSet<&String> = files.keys().map(|(language, _)| language).collect();
        for language in languages {
            complaints.extend(missing(language, &files));
        }
        for ((language, name), file) in &files {
            if name == WORDS {
                match file.words() {
                    Ok(found) => {
                        words.insert(language.clone(), found);
                    }
                    Err(complaint) => complaints.push(complaint),
                }
            } else if let Err(error) = env.add_template_owned(format!("{language}/{name}"), file.text.clone()) {
                complaints.push(file.complaint(&error));
            }
        }
        let templates = Templates { env, words, files };
        if complaints.is_empty() {
            complaints = templates.try_all(&templates.files);
        }
        if complaints.is_empty() { Ok(templates) } else { Err(complaints) }
    }

    /// Makes a reply in the first of `languages` that there is, else in English.
    pub(crate) fn render(
        &self,
        template: Template,
        languages: &[&str],
        facts: &Facts<'_>,
    ) -> Result<Rendered, RenderError> {
        let language = languages.iter().find_map(|wished| self.language(wished)).unwrap_or(LAST_LANGUAGE);
        let words = self.words.get(language).ok_or(RenderError)?;
        let context = self.context(words, facts).map_err(|_| RenderError)?;
        let make = |extension| self.make(&format!("{language}/{}.{extension}", stem(template)), &context);
        Ok(Rendered {
            subject: self.subject(words, template, &context).ok_or(RenderError)?,
            // The engine drops the newline at the end of a file.
            text: make("txt").map_err(|_| RenderError)? + "\n",
            html: make("html").map_err(|_| RenderError)?,
            language: language.to_owned(),
        })
    }

    /// `de-AT` is served by `de-AT`, else by `de`.
    fn language(&self, wished: &str) -> Option<&str> {
        let base = wished.split(['-', '_']).next().unwrap_or_default();
        [wished, base]
            .into_iter()
            .find_map(|name| self.words.keys().find(|have| have.eq_ignore_ascii_case(name)))
            .map(String::as_str)
    }

    fn make(&self, name: &str, context: &Context<'_>) -> Result<String, minijinja::Error> {
        let mut out = Capped(Vec::new());
        self.env.get_template(name)?.render_captured_to(context.value(), &mut out)?;
        // The engine writes whole strings, so what it wrote is UTF-8.
        Ok(String::from_utf8_lossy(&out.0).into_owned())
    }

    fn subject(&self, words: &Words, template: Template, context: &Context<'_>) -> Option<String> {
        let source = match template {
            Template::Receipt => &words.subject.receipt,
            Template::Removed => &words.subject.removed,
            Template::Refused => &words.subject.refused,
        };
        let subject = self.env.render_str(source, context.value()).ok()?;
        let good = !subject.trim().is_empty()
            && subject.chars().count() <= SUBJECT_CHARS_MAX
            && !subject.chars().any(char::is_control)
            && subject.contains(context.reference);
        good.then_some(subject)
    }

    fn context<'a>(&self, words: &Words, facts: &Facts<'a>) -> Result<Context<'a>, minijinja::Error> {
        let has = |what: &str| facts.kinds.iter().any(|k| k == what);
        let names: Vec<&str> =
            NAMES.iter().filter(|n| has(n)).filter_map(|n| words.kinds.get(*n)).map(String::as_str).collect();
        Ok(Context {
            reference: facts.reference,
            company: facts.company,
            link: facts.link,
            portal: facts.portal,
            until: facts.until.map(|at| self.date(words, at)).transpose()?,
            phone: facts.phone,
            kinds: join(&names, &words.list.and),
            password: has(SECRET),
            attachments: has(ATTACHMENTS),
            records: has(RECORDS),
            unreadable: has(UNREADABLE),
            held: has(HELD),
            kept: !has(NOT_KEPT),
            days: facts.days,
        })
    }

    fn date(&self, words: &Words, at: i64) -> Result<String, minijinja::Error> {
        let at =
            jiff::Timestamp::from_second(at).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_zoned(jiff::tz::TimeZone::UTC);
        let month = usize::try_from(at.month() - 1).ok().and_then(|m| words.date.months.get(m));
        let (hour, minute) = (format!("{:02}", at.hour()), format!("{:02}", at.minute()));
        self.env.render_str(
            &words.date.format,
            context! { day => at.day(), month => month, year => at.year(), hour, minute },
        )
    }

    /// Renders everything in every combination of facts; one complaint a file.
    fn try_all(&self, files: &Files) -> Vec<Diagnostic> {
        files.iter().filter_map(|((language, name), file)| self.try_one(language, name, file)).collect()
    }

    fn try_one(&self, language: &str, name: &str, file: &File) -> Option<Diagnostic> {
        let words = self.words.get(language)?;
        for (kinds, linked, phone) in samples() {
            let facts = Facts {
                reference: "LZ-7K2Q-M4XD",
                company: "Acme Support",
                link: linked.then_some("https://portal.acme.example/upload?t=e30"),
                portal: linked.then_some("https://portal.acme.example/upload"),
                until: linked.then_some(1_795_000_000),
                phone: phone.then_some("+61 3 5550 1234"),
                kinds: &kinds,
                days: 14,
            };
            let context = match self.context(words, &facts) {
                Ok(context) => context,
                Err(_) if name == WORDS => return Some(file.error("date", "the date's format cannot be rendered")),
                Err(_) => return None,
            };
            if name == WORDS {
                let all = [Template::Receipt, Template::Removed, Template::Refused];
                let bad = all.into_iter().find(|t| self.subject(words, *t, &context).is_none());
                if let Some(bad) = bad {
                    let why = format!("the subject of `{}` cannot be used", stem(bad));
                    let help =
                        format!("one line of at most {SUBJECT_CHARS_MAX} characters with {{{{ reference }}}} in it");
                    return Some(file.error(stem(bad), why).help(help));
                }
                continue;
            }
            match self.make(&format!("{language}/{name}"), &context) {
                Err(error) => return Some(file.complaint(&error)),
                Ok(text) if !text.contains(facts.reference) => {
                    let complaint = file.error("", "the text does not always show the ticket's reference");
                    return Some(complaint.help("put {{ reference }} outside of any {% if %}"));
                }
                Ok(_) => {}
            }
        }
        None
    }
}

/// The compiled-in texts and what `dir` overrides or adds.
fn read(dir: Option<&Path>) -> (Files, Vec<Diagnostic>) {
    let mut files = BTreeMap::new();
    for (language, name, text) in BUILT_IN {
        let file = File { shown: format!("config/templates/{language}/{name}"), text: text.to_owned() };
        files.insert((language.to_owned(), name.to_owned()), file);
    }
    let mut complaints = Vec::new();
    if let Some(dir) = dir {
        read_directory(dir, &mut files, &mut complaints);
    }
    (files, complaints)
}

/// Combinations of kinds, portal and phone in which each text is tried.
fn samples() -> impl Iterator<Item = (Vec<String>, bool, bool)> {
    let lists: [&[&str]; 9] = [
        &[],
        &NAMES[..1],
        &NAMES,
        &[SECRET, NOT_KEPT],
        &[ATTACHMENTS],
        &[NAMES[4], ATTACHMENTS, RECORDS],
        &[UNREADABLE],
        &[UNREADABLE, ATTACHMENTS, NOT_KEPT],
        &[UNREADABLE, HELD],
    ];
    lists.into_iter().flat_map(|kinds| {
        let kinds: Vec<String> = kinds.iter().map(|k| (*k).to_owned()).collect();
        [(true, true), (true, false), (false, true), (false, false)].map(|(link, phone)| (kinds.clone(), link, phone))
    })
}

fn stem(template: Template) -> &'static str {
    match template {
        Template::Receipt => "receipt",
        Template::Removed => "removed",
        Template::Refused => "refused",
    }
}

/// `a`, `a and b`, `a, b and c`.
fn join(names: &[&str], and: &str) -> Option<String> {
    match names {
        [] => None,
        [one] => Some((*one).to_owned()),
        [most @ .., last] => Some(format!("{} {and} {last}", most.join(", "))),
    }
}

/// Refuses to grow past [`OUTPUT_BYTES_MAX`].
struct Capped(Vec<u8>);

impl Write for Capped {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if self.0.len() + octets.len() > OUTPUT_BYTES_MAX {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the text is too long"));
        }
        self.0.extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct File {
    shown: String,
    text: String,
}

type Files = BTreeMap<(String, String), File>;

impl File {
    fn source(&self) -> SourceFile<'_> {
        SourceFile { name: &self.shown, text: &self.text }
    }

    /// An error at the first line that holds `near`, or at the first line.
    fn error(&self, near: &str, message: impl Into<String>) -> Diagnostic {
        let at = self.text.find(near).unwrap_or(0);
        Diagnostic::error(self.source(), at..at + near.len(), message)
    }

    /// What the template engine says, at its line.
    fn complaint(&self, error: &minijinja::Error) -> Diagnostic {
        let line = error.line().unwrap_or(1).saturating_sub(1);
        let start: usize = self.text.split_inclusive('\n').take(line).map(str::len).sum();
        let end = self.text.get(start..).and_then(|rest| rest.find('\n')).map_or(self.text.len(), |n| start + n);
        let detail = error.detail().map(|d| format!(": {d}")).unwrap_or_default();
        let complaint = Diagnostic::error(self.source(), start..end, format!("{}{detail}", error.kind()));
        complaint.help("the variables of a text are listed at the top of config/templates/en/receipt.txt")
    }

    fn words(&self) -> Result<Words, Diagnostic> {
        let words: Words = toml::from_str(&self.text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            Diagnostic::error(self.source(), span, error.message().to_owned())
        })?;
        match NAMES.iter().find(|name| !words.kinds.contains_key(**name)) {
            Some(name) => Err(self.error("[kinds]", format!("`{name}` is missing under [kinds]"))),
            None => Ok(words),
        }
    }
}

fn missing(language: &str, files: &Files) -> Vec<Diagnostic> {
    let has = |name: &str| files.contains_key(&(language.to_owned(), name.to_owned()));
    let absent = TEXTS.iter().chain([&WORDS]).filter(|name| !has(name));
    let of = |name: &&str| {
        let shown = files.iter().find(|((l, _), _)| l == language).map_or(language, |(_, f)| f.shown.as_str());
        let place = SourceFile { name: shown, text: "" };
        Diagnostic::error(place, 0..0, format!("the language `{language}` has no {name}"))
            .help(format!("copy config/templates/en/{name} to `{language}` and translate it"))
    };
    absent.map(of).collect()
}

/// Reads `dir/LANGUAGE/NAME`. Names that mean nothing are complained of: a misspelt file would be ignored in silence.
fn read_directory(dir: &Path, files: &mut Files, complaints: &mut Vec<Diagnostic>) {
    let mut complain = |path: &Path, message: String, help: Option<String>| {
        let shown = path.display().to_string();
        let complaint = Diagnostic::error(SourceFile { name: &shown, text: "" }, 0..0, message);
        complaints.push(help.into_iter().fold(complaint, Diagnostic::help));
    };
    let languages = match sorted(dir) {
        Ok(languages) => languages,
        Err(error) => return complain(dir, format!("cannot be read: {}", crate::files::said(&error)), None),
    };
    for language_dir in languages.iter().filter(|p| p.is_dir()) {
        let language = language_dir.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
        let known = language.len() <= 12 && language.starts_with(|c: char| c.is_ascii_lowercase());
        if !known || !language.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            complain(language_dir, "is no language".into(), Some("name it as in `en` or `pt-BR` (RFC 5646)".into()));
            continue;
        }
        for path in sorted(language_dir).unwrap_or_default() {
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
            if name.starts_with('.') || name.ends_with('~') {
                continue;
            }
            if !TEXTS.contains(&name.as_str()) && name != WORDS {
                let help = nearest(&name, TEXTS.into_iter().chain([WORDS])).map(|n| format!("did you mean {n}?"));
                complain(&path, "is no text of a reply".into(), help);
                continue;
            }
            match read_file(&path) {
                Ok(text) => {
                    files.insert((language.clone(), name), File { shown: path.display().to_string(), text });
                }
                Err(error) => complain(&path, format!("cannot be read: {}", crate::files::said(&error)), None),
            }
        }
    }
}

fn sorted(dir: &Path) -> io::Result<Vec<std::path::PathBuf>> {
    let mut paths = std::fs::read_dir(dir)?.map(|entry| entry.map(|e| e.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn read_file(path: &Path) -> io::Result<String> {
    if std::fs::metadata(path)?.len() > FILE_BYTES_MAX {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    std::fs::read_to_string(path)
}

#[cfg(test)]
mod tests;
