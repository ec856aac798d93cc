//! `redact`: the clean copy of the operator's own files, written beside them.

use super::files::{failed, in_words, pool};
use crate::cli::Format;
use crate::progress::Bar;
use crate::rules::Material;
use crate::sink::clean;
use crate::{clock, exit};
use lazaret_core::wire::{Answer, Job, JobKind};
use lazaret_core::{Limits, Outcome, Profile, Raw, RawMessage, Reason, Verdict};
use lazaret_store::{MessageView, TicketRef};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The path of a file that is no message.
const FILE: &str = "text";

/// What the command line asks for.
pub(crate) struct Wanted {
    pub(crate) password: Option<String>,
    pub(crate) output: PathBuf,
    pub(crate) force: bool,
}

/// Writes the clean copy of every file. Exit code 1 if one was not written.
pub(crate) async fn run(wanted: &Wanted, paths: &[PathBuf], material: &Material, limits: Limits, format: Format) -> u8 {
    let pool = pool(material, limits, 1);
    let is_folder = paths.len() > 1 || wanted.output.is_dir();
    if let Some(why) = refusal(&wanted.output, is_folder) {
        eprintln!("lazaret: {}: {why}", wanted.output.display());
        return exit::USAGE;
    }
    let mut taken = BTreeMap::new();
    let bar = Bar::new(paths.len() > 1);
    bar.found(paths.len());
    let mut code = exit::OK;
    for path in paths {
        let file = &*path.to_string_lossy();
        for (index, content) in crate::files::messages(path, limits.message_bytes_max) {
            let done = match content {
                Ok(message) => one(&pool, wanted, path, index, message, is_folder, &mut taken).await,
                Err(error) => Err(error),
            };
            let line = done.unwrap_or_else(|error| {
                code = exit::FAILED;
                failed(file, index, &error)
            });
            match format {
                Format::Json => println!("{line}"),
                Format::Text => println!("{}", row(&line)),
            }
        }
        bar.done(1);
    }
    pool.close().await;
    code
}

/// Why nothing can be written there; a folder that is needed is made.
fn refusal(output: &Path, is_folder: bool) -> Option<String> {
    if output == Path::new("-") {
        return Some("redact writes files; name one, or a folder".into());
    }
    let error = is_folder.then(|| std::fs::create_dir_all(output).err()).flatten()?;
    match error.kind() {
        ErrorKind::AlreadyExists => Some("is a file; several files need a folder after -o".into()),
        _ => Some(crate::files::said(&error)),
    }
}

async fn one(
    pool: &crate::worker::Pool,
    wanted: &Wanted,
    path: &Path,
    index: Option<u64>,
    message: RawMessage,
    is_folder: bool,
    taken: &mut BTreeMap<PathBuf, PathBuf>,
) -> Result<Value, String> {
    let size = message.len() as u64;
    let kind =
        JobKind::Redact { file: path.to_string_lossy().into_owned(), password: wanted.password.clone().map(Raw::new) };
    let outcome = match pool.run(Job { kind, profile: Profile::default(), thread: None, message }).await.1 {
        Ok(Answer::Outcome(outcome)) => *outcome,
        other => return Err(in_words(&other)),
    };
    let reasons: Vec<String> = outcome.reasons.iter().map(Reason::to_line).collect();
    if outcome.verdict >= Verdict::Quarantine {
        return Err(format!("not written: {}", reasons.join("; ")));
    }
    let (octets, ending) = written(&outcome, size).ok_or_else(|| format!("left out: {}", reasons.join("; ")))?;
    let mut name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if let Some(index) = index {
        name.push_str(&format!("-{index}.eml"));
    }
    name.push_str(ending);
    let to = if is_folder { wanted.output.join(name) } else { wanted.output.clone() };
    if let Some(other) = taken.insert(to.clone(), path.to_owned()) {
        let (this, other) = (path.display(), other.display());
        return Err(format!("{this} and {other} would both be {}; redact them into two folders", to.display()));
    }
    if is_same_file(path, &to) {
        return Err(format!("{} is the file itself, which is not written over; name another", to.display()));
    }
    write(&to, &octets, wanted.force).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => format!("{} is there already; --force writes over it", to.display()),
        ErrorKind::NotFound => format!("{}: its folder is not there; make it first", to.display()),
        _ => format!("{}: {}", to.display(), crate::files::said(&error)),
    })?;
    let mut line = json!({
        "file": path.to_string_lossy(),
        "out": to.to_string_lossy(),
        "verdict": outcome.verdict.as_str(),
        "reasons": reasons,
        "attachments": outcome.attachments.iter().map(|a| json!({
            "part": a.part.as_str(), "action": a.action.as_str(), "opaque": a.opaque.map(|why| why.as_str()),
            "scanned_bytes": a.coverage.scanned_bytes, "decoded_bytes": a.coverage.decoded_bytes,
            "unexamined_bytes": a.coverage.unexamined_bytes,
        })).collect::<Vec<_>>(),
        "opaque": outcome.opaque.iter().map(|o| json!({
            "part": o.part.as_str(), "reason": o.why.as_str(), "action": o.action.as_str(),
        })).collect::<Vec<_>>(),
        "as_text": !ending.is_empty(),
    });
    if let (Some(index), Some(map)) = (index, line.as_object_mut()) {
        map.insert("message".into(), index.into());
    }
    Ok(line)
}

/// What is written, and what is put behind its name: nothing, unless a text stands for the file.
fn written(outcome: &Outcome, size: u64) -> Option<(Vec<u8>, &'static str)> {
    match outcome.attachments.as_slice() {
        [only] if only.part.as_str() == FILE => {
            let file = only.file.as_ref()?;
            // It has no name of its own; one that stands in got an ending.
            Some((file.as_bytes().to_vec(), if only.name.is_empty() { "" } else { ".txt" }))
        }
        _ => {
            let view = MessageView::with_files(outcome, size, clock::now());
            Some((clean::clean_copy(&view, &TicketRef(String::new()), ""), ""))
        }
    }
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    let inode = |path: &Path| std::fs::metadata(path).map(|m| (m.dev(), m.ino())).ok();
    inode(one).is_some_and(|inode_of| inode(other) == Some(inode_of))
}

/// Whole or not at all: beside its place first, then there under its name.
fn write(to: &Path, octets: &[u8], force: bool) -> io::Result<()> {
    let name = to.file_name().ok_or(ErrorKind::InvalidInput)?;
    let mut beside = name.to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let beside = to.with_file_name(beside);
    let put = || {
        let mut file = OpenOptions::new().write(true).create_new(true).open(&beside)?;
        file.write_all(octets)?;
        file.sync_all()?;
        match force {
            true => std::fs::rename(&beside, to),
            // A link is refused where something has the name, a renaming is not.
            false => std::fs::hard_link(&beside, to),
        }
    };
    let done = put();
    // Gone already where it was renamed.
    let _ = std::fs::remove_file(&beside);
    done
}

fn row(line: &Value) -> String {
    let word = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
    if let Some(error) = line["error"].as_str() {
        return format!("{:<10} {}  {error}", "-", word("file"));
    }
    let reasons: Vec<&str> = line["reasons"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let sum = |key: &str| -> u64 {
        line["attachments"].as_array().into_iter().flatten().filter_map(|a| a[key].as_u64()).sum()
    };
    let covered = format!(
        "{} bytes scanned, {} of structure, {} not examined",
        sum("scanned_bytes"),
        sum("decoded_bytes"),
        sum("unexamined_bytes")
    );
    let what = if reasons.is_empty() { "nothing was found".to_owned() } else { reasons.join("; ") };
    format!("{:<10} {} -> {}  {what}  ({covered})", word("verdict"), word("file"), word("out"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_whole_or_not_at_all_and_over_nothing_unless_asked() {
        let dir = tempfile::tempdir().expect("a directory");
        let to = dir.path().join("a.txt");
        assert!(write(&to, b"one", false).is_ok());
        assert_eq!(write(&to, b"two", false).map_err(|e| e.kind()), Err(ErrorKind::AlreadyExists));
        assert_eq!(std::fs::read(&to).ok().as_deref(), Some(b"one".as_slice()));
        assert!(write(&to, b"two", true).is_ok());
        assert_eq!(std::fs::read(&to).ok().as_deref(), Some(b"two".as_slice()));
        assert_eq!(write(&dir.path().join("no/b"), b"x", true).map_err(|e| e.kind()), Err(ErrorKind::NotFound));
        // Nothing is left beside it.
        let left: Vec<_> = std::fs::read_dir(dir.path()).expect("listed").flatten().map(|e| e.file_name()).collect();
        assert_eq!(left, ["a.txt"]);
    }

    #[test]
    fn where_nothing_can_be_written_is_said_before_the_work() {
        let dir = tempfile::tempdir().expect("a directory");
        let (file, folder) = (dir.path().join("f"), dir.path().join("made"));
        std::fs::write(&file, b"x").expect("written");
        assert!(refusal(Path::new("-"), false).is_some());
        assert!(refusal(&file, true).is_some_and(|why| why.contains("folder after -o")));
        assert_eq!(refusal(&folder, false), None);
        assert!(!folder.exists(), "one file needs none");
        assert_eq!(refusal(&folder, true), None);
        assert!(folder.is_dir());
        assert!(is_same_file(&file, &dir.path().join("made/../f")) && !is_same_file(&file, &folder));
    }
}
