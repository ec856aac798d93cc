//! `parse`, `extract` and `scan`: the pipeline's eyes on the operator's own files. The octets go to a worker, as
//! everywhere; its finished lines come back.

use crate::cli::Format;
use crate::exit;
use crate::rules::Material;
use crate::worker::{BUILD_ID, Death, Pool};
use lazaret_core::pipeline::Setup;
use lazaret_core::wire::{Answer, Job, JobKind};
use lazaret_core::{DigestKey, Limits, MarkKey, Profile, Raw, RawMessage};
use serde_json::{Value, json};
use std::io::{self, BufRead, Read, Write};
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
    Scan,
}

impl Verb {
    fn job(&self, file: &str, index: Option<u64>) -> JobKind {
        let file = file.to_owned();
        match self {
            Verb::Parse => JobKind::Parse { file, index },
            Verb::Extract { password } => JobKind::Extract { file, index, password: password.clone().map(Raw::new) },
            Verb::Scan => JobKind::Scan { file, index },
        }
    }
}

/// Workers for verbs that need no store: their keys are made for this one invocation.
pub(crate) fn pool(material: &Material, limits: Limits, count: usize) -> Pool {
    let mut key = [0; 32];
    let mut fresh = || {
        aws_lc_rs::rand::fill(&mut key).expect("the system has randomness");
        key
    };
    let (digest_key, mark_key) = (DigestKey::new(fresh()), MarkKey::new(fresh()));
    let setup = Setup {
        build_id: BUILD_ID.to_owned(),
        rules: material.rules.clone(),
        policy: material.policy.clone(),
        accepted: true,
        limits,
        digest_key,
        mark_key,
    };
    Pool::start(setup, count)
}

/// Answers every file with one line (mbox and Maildir: one a message). Exit code 1 if one could not be answered.
pub(crate) async fn run(verb: Verb, paths: &[PathBuf], material: &Material, limits: Limits, format: Format) -> u8 {
    let pool = pool(material, limits, 1);
    let mut code = exit::OK;
    for path in paths {
        let file = &*path.to_string_lossy();
        for (index, content) in crate::files::messages(path, limits.message_bytes_max) {
            let line = match content {
                Ok(message) => answer(&pool, verb.job(file, index), message).await,
                Err(error) => Err(error),
            };
            let line = line.unwrap_or_else(|error| {
                code = exit::FAILED;
                failed(file, index, &error)
            });
            if print(&line, format).is_err() {
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
    let job = Job { kind, profile: Profile::default(), message };
    match pool.run(job).await.1 {
        Ok(Answer::Report(report)) => {
            let mut line = Vec::new();
            report.disclose_to(&mut line).map_err(|e| e.kind().to_string())?;
            serde_json::from_slice(&line).map_err(|_| "the worker gave no JSON".to_owned())
        }
        Ok(_) => Err("the worker gave another answer".into()),
        Err(Death::Hung) => Err("not read within the time limit".into()),
        Err(death) => Err(format!("the worker {}", death.as_str())),
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
