//! `parse`, `extract`, `scan` and `rules explain`: the pipeline's eyes on the operator's own files. The octets go to a worker, as
//! everywhere; its finished lines come back.

use super::shown::{self, Paint};
use crate::cli::Format;
use crate::rules::Material;
use crate::worker::{BUILD_ID, Death, Pool};
use crate::{clock, exit};
use lazaret_core::pipeline::Setup;
use lazaret_core::wire::{Answer, Job, JobKind};
use lazaret_core::{DigestKey, Explain, Limits, MarkKey, Profile, Raw, RawMessage, Show};
use serde_json::{Value, json};
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::PathBuf;

/// Octets of one line of `scan --jsonl`.
const LINE_BYTES_MAX: u64 = 32 << 20;

/// Which verb.
pub(crate) enum Verb {
    /// The message as understood.
    Parse,
    /// The text that each part yields.
    Extract {
        /// Opens encrypted documents.
        password: Option<String>,
    },
    /// Findings.
    Scan {
        /// Shows the values.
        reveal: bool,
    },
    /// Candidates and their scores.
    Explain {
        /// Shows the values.
        reveal: bool,
        /// Shows the digests by which exceptions name values.
        digests: bool,
    },
}

impl Verb {
    fn job(&self, file: &str, index: Option<u64>, format: Format) -> JobKind {
        let file = file.to_owned();
        match self {
            Verb::Parse => JobKind::Parse { file, index },
            Verb::Extract { password } => JobKind::Extract { file, index, password: password.clone().map(Raw::new) },
            Verb::Scan { reveal } => {
                let show = match (reveal, format) {
                    (true, _) => Show::Revealed,
                    (false, Format::Text) => Show::Masked,
                    (false, Format::Json) => Show::Places,
                };
                JobKind::Scan { file, index, show }
            }
            Verb::Explain { reveal, digests } => {
                JobKind::Explain { file, index, show: Explain { reveal: *reveal, digests: *digests } }
            }
        }
    }
}

impl Verb {
    fn print(&self, line: &Value, format: Format) -> io::Result<()> {
        let mut out = io::stdout().lock();
        let paint = Paint::new(out.is_terminal());
        match (self, format) {
            (Verb::Scan { .. }, Format::Text) => shown::findings(&mut out, line, &paint),
            (Verb::Explain { .. }, Format::Text) => shown::candidates(&mut out, line, &paint),
            _ => print(line, format),
        }
    }
}

/// Workers for verbs that need no store: their keys are made for this one invocation, but for the one by which exceptions
/// name values.
pub(crate) fn pool(material: &Material, limits: Limits, count: usize) -> Pool {
    let mut key = [0; 32];
    let mut fresh = || {
        aws_lc_rs::rand::fill(&mut key).expect("the system has randomness");
        key
    };
    let digest_key = material.digest_key.clone().unwrap_or_else(|| DigestKey::new(fresh()));
    let mark_key = MarkKey::new(fresh());
    let setup = Setup {
        build_id: BUILD_ID.to_owned(),
        rules: material.rules.clone(),
        policy: material.policy.clone(),
        accepted: true,
        limits,
        digest_key,
        mark_key,
        today: clock::today(),
    };
    Pool::start(setup, count, &material.helpers)
}

/// Answers every file with one line (mbox and Maildir: one a message). Exit code 1 if one could not be answered.
pub(crate) async fn run(verb: Verb, paths: &[PathBuf], material: &Material, limits: Limits, format: Format) -> u8 {
    let pool = pool(material, limits, 1);
    let mut code = exit::OK;
    for path in paths {
        let file = &*path.to_string_lossy();
        for (index, content) in crate::files::messages(path, limits.message_bytes_max) {
            let line = match content {
                Ok(message) => answer(&pool, verb.job(file, index, format), message).await,
                Err(error) => Err(error),
            };
            let line = line.unwrap_or_else(|error| {
                code = exit::FAILED;
                failed(file, index, &error)
            });
            if verb.print(&line, format).is_err() {
                return exit::OK; // nobody reads any more
            }
        }
    }
    code
}

/// Answers `{"id","text"}` lines of standard input.
pub(crate) async fn scan_lines(material: &Material, limits: Limits, format: Format) -> u8 {
    let pool = pool(material, limits, 1);
    let (mut code, mut number) = (exit::OK, 0_u64);
    let mut input = io::BufReader::with_capacity(1 << 20, io::stdin());
    loop {
        let mut line = Vec::new();
        match input.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line) {
            Ok(0) => return code,
            Ok(_) => number += 1,
            Err(_) => return exit::UNAVAILABLE,
        }
        let answer = match serde_json::from_slice::<Value>(&line) {
            Ok(Value::Object(mut row)) => {
                let id = row.get("id").map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
                match (id, row.remove("text")) {
                    (Some(id), Some(Value::String(text))) => {
                        let message = RawMessage::new(text.into_bytes());
                        let line = answer(&pool, JobKind::ScanText { id: id.clone() }, message).await;
                        line.unwrap_or_else(|error| json!({ "id": id, "error": error }))
                    }
                    _ => json!({ "line": number, "error": "expected {\"id\": …, \"text\": …}" }),
                }
            }
            _ => json!({ "line": number, "error": "not a JSON object" }),
        };
        if answer.get("error").is_some() {
            code = exit::FAILED;
        }
        if print(&answer, format).is_err() {
            return exit::OK;
        }
    }
}

/// Has a worker answer; a worker that dies of a file is replaced, and the file gets an error.
async fn answer(pool: &Pool, kind: JobKind, message: RawMessage) -> Result<Value, String> {
    line_of(pool.run(Job { kind, profile: Profile::default(), thread: None, message }).await.1)
}

/// The line that a worker finished.
pub(crate) fn line_of(answer: Result<Answer, Death>) -> Result<Value, String> {
    match answer {
        Ok(Answer::Report(report)) => {
            let mut line = Vec::new();
            report.disclose_to(&mut line).map_err(|e| e.kind().to_string())?;
            serde_json::from_slice(&line).map_err(|_| "the worker gave no JSON".to_owned())
        }
        other => Err(in_words(&other)),
    }
}

/// What an answer that is of no use was.
pub(crate) fn in_words(answer: &Result<Answer, Death>) -> String {
    match answer {
        Ok(_) => "the worker gave another answer".into(),
        Err(Death::Hung) => "not read within the time limit".into(),
        Err(death) => format!("the worker {}", death.as_str()),
    }
}

pub(crate) fn failed(file: &str, index: Option<u64>, error: &str) -> Value {
    match index {
        Some(index) => json!({ "file": file, "message": index, "error": error }),
        None => json!({ "file": file, "error": error }),
    }
}

fn print(line: &Value, format: Format) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match format {
        Format::Json => writeln!(out, "{line}"),
        Format::Text => {
            text(&mut out, line, 0)?;
            writeln!(out)
        }
    }
}

/// Keys and values, indented; long texts keep their lines.
fn text(out: &mut impl Write, value: &Value, depth: usize) -> io::Result<()> {
    let Value::Object(map) = value else { return writeln!(out, "{:depth$}{value}", "") };
    for (key, value) in map {
        match value {
            Value::Null => {}
            Value::String(s) if s.contains('\n') => {
                writeln!(out, "{:depth$}{key}:", "")?;
                for line in s.lines() {
                    writeln!(out, "{:depth$}  {line}", "")?;
                }
            }
            Value::String(s) => writeln!(out, "{:depth$}{key}: {s}", "")?,
            Value::Array(list) if list.iter().any(Value::is_object) => {
                writeln!(out, "{:depth$}{key}:", "")?;
                for item in list {
                    text(out, item, depth + 2)?;
                    writeln!(out)?;
                }
            }
            Value::Array(list) if list.is_empty() => {}
            Value::Array(list) => {
                let words: Vec<String> = list.iter().map(|v| v.as_str().map_or(v.to_string(), str::to_owned)).collect();
                writeln!(out, "{:depth$}{key}: {}", "", words.join(", "))?;
            }
            other => writeln!(out, "{:depth$}{key}: {other}", "")?,
        }
    }
    Ok(())
}
