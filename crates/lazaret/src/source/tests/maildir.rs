//! The Maildir source on real files.

use crate::source::{ErrorKind, FolderInfo, Source, Wake};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

const MESSAGE: &[u8] = b"From: a@example.org\nSubject: one\nX-Lazaret-Copy: first\n second\n\nX-Other: body\n";

fn maildir() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for sub in ["tmp", "new", "cur"] {
        fs::create_dir(dir.path().join(sub)).expect("created");
    }
    dir
}

fn source(root: &Path) -> Source {
    Source::Maildir(crate::source::maildir::MaildirSource::open("support", root))
}

fn tree(dir: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(dir).expect("listed").map(|entry| entry.expect("an entry")) {
        found.insert(entry.path().display().to_string());
        if entry.file_type().expect("a type").is_dir() {
            found.extend(tree(&entry.path()));
        }
    }
    found
}

#[tokio::test]
async fn looking_changes_nothing() {
    let dir = maildir();
    fs::write(dir.path().join("new/1.a.host"), MESSAGE).expect("written");
    fs::write(dir.path().join("cur/2.b.host:2,S"), MESSAGE).expect("written");
    fs::write(dir.path().join("cur/.hidden"), b"x").expect("written");
    let before = tree(dir.path());
    let mut source = source(dir.path());
    source.connect().await.expect("there");
    let selected = source.select("INBOX").await.expect("opened");
    assert_eq!((selected.uid_next, selected.messages), (3, 2));
    let uids = source.uids(None).await.expect("listed");
    assert_eq!(uids.len(), 2);
    assert!(uids.is_sorted());
    let sizes = source.sizes(&uids).await.expect("sizes");
    assert!(sizes.iter().all(|(_, size)| *size == MESSAGE.len() as u64) && sizes.len() == 2);
    let fetched = source.fetch(&uids, MESSAGE.len() as u64).await.expect("fetched");
    assert_eq!(
        fetched.iter().map(|f| (f.uid, f.octets.len())).collect::<Vec<_>>(),
        uids.iter().map(|u| (*u, MESSAGE.len())).collect::<Vec<_>>()
    );
    let error = source.fetch(&uids, MESSAGE.len() as u64 - 1).await.err().map(|error| error.kind());
    assert_eq!(error, Some(ErrorKind::Limit));
    assert!(source.fetch(&[3, 4, 5], 100).await.expect("nothing there").is_empty());
    let header = MESSAGE.windows(2).position(|pair| pair == b"\n\n").map(|at| at + 2);
    for uid in &uids {
        assert_eq!(source.fetch_header(*uid, 10_000).await.map(|octets| octets.len()).ok(), header);
        assert_eq!(source.fetch_header(*uid, 10).await.map(|octets| octets.len()).ok(), Some(10));
    }
    let cases = [
        ("x-lazaret-copy", "first second", 2),
        ("X-Lazaret-Copy", "third", 0),
        ("X-Other", "body", 0),
        ("Subject", "", 2),
    ];
    for (header, value, expected) in cases {
        assert_eq!(source.find("INBOX", header, value).await.map(|found| found.len()), Ok(expected), "{header}");
    }
    assert_eq!(tree(dir.path()), before);
    fs::rename(dir.path().join("new/1.a.host"), dir.path().join("cur/1.a.host:2,F")).expect("renamed");
    assert_eq!(source.sizes(&uids).await.map(|sizes| sizes.len()), Ok(2), "the file that was renamed is found again");
}

#[tokio::test]
async fn since_a_day() {
    let dir = maildir();
    for (name, seconds) in [("new/1", 1_000_000), ("new/2", 2_000_000)] {
        let file = fs::File::create(dir.path().join(name)).expect("created");
        file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds)).expect("dated");
    }
    let mut source = source(dir.path());
    source.select("INBOX").await.expect("opened");
    for (since, expected) in
        [(None, 2), (Some(1_000_000), 2), (Some(1_000_001), 1), (Some(2_000_001), 0), (Some(-1), 2)]
    {
        assert_eq!(source.uids(since).await.map(|uids| uids.len()), Ok(expected), "{since:?}");
    }
}

#[tokio::test]
async fn moving_appending_removing() {
    let dir = maildir();
    fs::write(dir.path().join("new/1.a"), MESSAGE).expect("written");
    fs::write(dir.path().join("cur/2.b:2,S"), MESSAGE).expect("written");
    fs::write(dir.path().join("new/3.c"), MESSAGE).expect("written");
    let mut source = source(dir.path());
    source.connect().await.expect("there");
    source.select("INBOX").await.expect("opened");
    let uids = source.uids(None).await.expect("listed");
    assert_eq!(source.move_to(&uids, "Lazaret/Clean").await.map_err(|e| e.kind()), Err(ErrorKind::NoFolder));
    assert_eq!(source.append("Lazaret/Clean", MESSAGE, None).await.map_err(|e| e.kind()), Err(ErrorKind::NoFolder));
    assert_eq!(source.select("Lazaret/Clean").await.map_err(|e| e.kind()), Err(ErrorKind::NoFolder));
    source.ensure_folder("Lazaret/Clean").await.expect("created");
    source.ensure_folder("Lazaret/Clean").await.expect("there already");
    source.select("INBOX").await.expect("opened");
    let (first, rest) = uids.split_first().expect("three");
    assert_eq!(source.move_to(&[*first], "Lazaret/Clean").await, Ok(vec![*first]));
    assert_eq!(source.remove(rest).await, Ok(rest.to_vec()));
    assert_eq!(source.remove(rest).await, Ok(rest.to_vec()), "gone is gone");
    assert_eq!(source.uids(None).await, Ok(vec![]));
    source.append("Lazaret/Clean", MESSAGE, Some(1_000_000)).await.expect("appended");
    assert_eq!(source.find("Lazaret/Clean", "Subject", "one").await.map(|found| found.len()), Ok(2));
    assert_eq!(source.uids(None).await, Ok(vec![]), "the folder before is still the open one");
    assert_eq!(source.select("Lazaret/Clean").await.map(|selected| selected.messages), Ok(2));
    assert_eq!(source.uids(Some(1_000_001)).await.map(|uids| uids.len()), Ok(1), "it has the date it was given");
    assert_eq!(fs::read_dir(dir.path().join(".Lazaret.Clean/tmp")).expect("listed").count(), 0);
    let folder = |name: &str, messages| FolderInfo { name: name.to_owned(), messages };
    assert_eq!(source.folders().await, Ok(vec![folder("INBOX", 0), folder("Lazaret/Clean", 2)]));
    source.logout().await;
    assert_eq!(source.uids(None).await.map_err(|e| e.kind()), Err(ErrorKind::Unavailable));
}

#[tokio::test]
async fn waiting_for_a_file() {
    let dir = maildir();
    let mut source = source(dir.path());
    source.select("INBOX").await.expect("opened");
    assert_eq!(source.wait(Duration::from_millis(10)).await, Ok(Wake::Elapsed));
    let new = dir.path().join("new");
    fs::File::open(&new).and_then(|dir| dir.set_modified(UNIX_EPOCH)).expect("dated");
    let waiter = tokio::spawn(async move { source.wait(Duration::from_secs(20)).await });
    // Mail keeps coming until the waiter has seen some, so it does not matter who is first.
    for number in 0.. {
        if waiter.is_finished() {
            break;
        }
        fs::write(new.join(number.to_string()), MESSAGE).expect("written");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(waiter.await.expect("no panic"), Ok(Wake::Changed));
}

#[tokio::test]
async fn what_is_no_maildir_says_so() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for path in [dir.path().to_owned(), dir.path().join("absent")] {
        assert_eq!(source(&path).connect().await.map_err(|e| e.kind()), Err(ErrorKind::Config));
    }
}

#[tokio::test]
async fn numbers_outlast_the_process() {
    let (dir, state) = (maildir(), maildir());
    let at = |name: &str, seconds: u64| {
        let file = fs::File::create(dir.path().join(name)).expect("created");
        file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds)).expect("dated");
    };
    at("new/z", 1_000);
    at("new/y", 2_000);
    let mut first = source(dir.path()).with_state(state.path());
    let opened = first.select("INBOX").await.expect("opened");
    assert_eq!(opened.uid_next, 3);
    assert_eq!(first.uids(Some(2_000)).await, Ok(vec![2]), "the older file has the lower number");
    assert_eq!(first.remove(&[1]).await, Ok(vec![1]));

    // What comes later is higher, whatever its name and date; what is gone leaves a gap.
    fs::rename(dir.path().join("new/y"), dir.path().join("cur/y:2,S")).expect("renamed");
    at("new/a", 500);
    let mut second = source(dir.path()).with_state(state.path());
    let again = second.select("INBOX").await.expect("opened");
    assert_eq!((again.uid_validity, again.uid_next), (opened.uid_validity, 4));
    assert_eq!(second.uids(None).await, Ok(vec![2, 3]));
    assert_eq!(second.uids(Some(2_000)).await, Ok(vec![2]));
    assert_eq!(fs::read_dir(state.path().join("maildir")).expect("listed").count(), 1);
}
