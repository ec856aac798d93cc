//! The start refuses with a reason and a mend, and what lies on the disk tells nobody anything.
#![allow(clippy::unwrap_used)]

mod common;
use common::*;
use lazaret_store::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const ANNA: &str = "anna.canary@mail.example";

fn refused(options: Options) -> (OpenErrorKind, String) {
    let error = Store::open(options).expect_err("the start is refused");
    (error.kind(), error.to_string())
}

async fn used(dir: &Path) {
    let store = open(dir);
    store.commit(commit(1, 1, stub(ANNA))).await.unwrap();
    store.close().await;
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn every_refusal_has_its_kind_its_reason_and_its_mend() {
    use OpenErrorKind::*;
    type Spoil = fn(&Path) -> Options;
    let table: [(&str, Spoil, OpenErrorKind, &str, &str); 10] = [
        ("no directory", |d| options(&d.join("none")), Config, "does not exist", "install -d"),
        (
            "a file",
            |d| {
                fs::write(d.join("file"), "").unwrap();
                options(&d.join("file"))
            },
            Config,
            "cannot be used",
            "writable directory",
        ),
        (
            "another key",
            |d| Options { root_key: RootKey::new([8; 32]), ..options(d) },
            Key,
            "was made with store key",
            "right key",
        ),
        (
            "another tenant",
            |d| Options { tenant: "other".into(), ..options(d) },
            Config,
            "another tenant",
            "set `tenant`",
        ),
        (
            "no space",
            |d| Options { disk_reserve_bytes: u64::MAX / 2, ..options(d) },
            Full,
            "MiB are free",
            "free some space",
        ),
        (
            "a damaged keyring",
            |d| {
                flip(&d.join("keyring"), 60);
                options(d)
            },
            Damaged,
            "the keyring",
            "backup",
        ),
        (
            "a keyring of the future",
            |d| {
                flip(&d.join("keyring"), 4);
                options(d)
            },
            Damaged,
            "format 0",
            "newer program",
        ),
        (
            "no keyring",
            |d| {
                fs::remove_file(d.join("keyring")).unwrap();
                options(d)
            },
            Damaged,
            "keyring is missing",
            "backup",
        ),
        (
            "no database",
            |d| {
                fs::remove_dir_all(d.join("sled")).unwrap();
                options(d)
            },
            Damaged,
            "database file is missing",
            "backup",
        ),
        (
            "the database of another store",
            |d| {
                let other = tempfile::tempdir().unwrap();
                let dir = other.path().to_owned();
                let run = move || tokio::runtime::Runtime::new().unwrap().block_on(used(&dir));
                std::thread::spawn(run).join().unwrap();
                fs::copy(other.path().join("keyring"), d.join("keyring")).unwrap();
                options(d)
            },
            Damaged,
            "does not decrypt",
            "backup",
        ),
    ];
    for (what, spoil, kind, reason, mend) in table {
        let dir = tempfile::tempdir().unwrap();
        used(dir.path()).await;
        let (found, text) = refused(spoil(dir.path()));
        assert_eq!(found, kind, "{what}: {text}");
        assert!(text.contains(reason) && text.contains(mend) && !text.contains('\n'), "{what}: {text}");
    }
}

#[tokio::test]
async fn a_second_process_is_told_and_the_first_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (kind, text) = refused(options(dir.path()));
    assert_eq!(kind, OpenErrorKind::Locked);
    assert!(text.contains("in use") && text.contains("socket"), "{text}");
    store.commit(commit(1, 1, stub(ANNA))).await.unwrap();
    store.close().await;
    used(dir.path()).await;
}

#[tokio::test]
async fn a_wrong_key_touches_nothing() {
    let dir = tempfile::tempdir().unwrap();
    used(dir.path()).await;
    let look = || files(dir.path()).into_iter().map(|f| (fs::read(&f).unwrap(), f)).collect::<Vec<_>>();
    let before = look();
    refused(Options { root_key: RootKey::new([8; 32]), ..options(dir.path()) });
    assert!(before == look());
    used(dir.path()).await;
}

#[tokio::test]
async fn a_creation_that_was_cut_short_is_begun_again() {
    let dir = tempfile::tempdir().unwrap();
    used(dir.path()).await;
    fs::rename(dir.path().join("keyring"), dir.path().join("keyring.new")).unwrap();
    let store = open(dir.path());
    assert_eq!(store.counts().await.unwrap().tickets, 0);
    store.close().await;
    used(dir.path()).await;
}

#[tokio::test]
async fn keys_stay_the_same_and_are_not_the_root_key() {
    let dir = tempfile::tempdir().unwrap();
    let seed = || {
        let store = open(dir.path());
        let octets = lazaret_core::RawMessage::new(b"octets".to_vec());
        let seen = (*store.keys().portal_seed, store.keys().digest.digest(&octets));
        (store, seen)
    };
    let (store, first) = seed();
    store.close().await;
    let (store, second) = seed();
    store.close().await;
    assert!(first == second && first.0 != [9; 32] && first.0 != [0; 32]);
}

#[tokio::test]
async fn nobody_else_can_read_a_file_whatever_the_umask() {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let before = rustix::process::umask(rustix::fs::Mode::empty());
    let store = open(dir.path());
    let text = "The quick brown fox. ".repeat(1000);
    store.commit(commit(1, 1, outcome(ANNA, "Fox", &text))).await.unwrap();
    for step in ["open", "closed"] {
        let mut dirs = vec![dir.path().to_owned(), dir.path().join("blobs"), dir.path().join("sled")];
        dirs.extend(files(dir.path()));
        assert!(dirs.len() > 8, "{dirs:?}");
        for path in dirs {
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode & 0o077, 0, "{step}: {} has {mode:o}", path.display());
        }
        store.close().await;
    }
    rustix::process::umask(before);
}

/// The spellings in which a value could stand in a file.
fn spellings(value: &str) -> Vec<(&'static str, Vec<u8>)> {
    use base64::Engine as _;
    let utf16 = |f: fn(u16) -> [u8; 2]| value.encode_utf16().flat_map(f).collect::<Vec<u8>>();
    let hex: String = value.bytes().map(|b| format!("{b:02x}")).collect();
    let mut all = vec![
        ("utf-8", value.as_bytes().to_vec()),
        ("utf-16le", utf16(u16::to_le_bytes)),
        ("utf-16be", utf16(u16::to_be_bytes)),
        ("hex", hex.clone().into_bytes()),
        ("HEX", hex.to_uppercase().into_bytes()),
    ];
    // Base64 depends on what stands before: three offsets, without the characters at the ends that neighbours share.
    for offset in 0..3 {
        let padded = [vec![b'x'; offset], value.as_bytes().to_vec()].concat();
        let text = base64::engine::general_purpose::STANDARD_NO_PAD.encode(padded);
        all.push(("base64", text.as_bytes()[4..text.len() - 2].to_vec()));
    }
    all
}

#[tokio::test]
async fn no_planted_value_reaches_the_disk_in_any_spelling() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let canaries = [
        ANNA,
        "Canarysubject",
        "canary-in-the-body",
        "canary-mailbox",
        "canary-folder",
        "canary-draft@reply.example",
        "canary-named",
    ];
    for (n, size) in [(1, 10), (2, 50_000)] {
        let body = format!("canary-in-the-body {}", "and more words follow. ".repeat(size / 20));
        let mut asked = commit(n, n, outcome(ANNA, "Canarysubject", &body));
        asked.key.mailbox = "canary-mailbox".into();
        asked.key.folder = "canary-folder".into();
        asked.sealed = Some((sealed(b"canary-in-the-body"), NOW));
        store.claim(vec![asked.key.clone()]).await.unwrap();
        let reply = draft("canary-draft@reply.example", Template::Receipt);
        let key = asked.key.clone();
        assert!(store.commit(with_reply(asked, reply)).await.unwrap().reply);
        let (_, view) = store.message_of(&key).await.unwrap().unwrap();
        assert!(
            view.text.contains("canary-in-the-body") && view.subject == "Canarysubject" && view.from[0].address == ANNA
        );
    }
    store.remember("canary-named", b"canary-named".to_vec()).await.unwrap();
    store
        .begin_folder("canary-mailbox", "canary-folder", FolderState { uid_validity: 1, baseline_uid: 0 })
        .await
        .unwrap();
    store.expire(NOW + 1).await.unwrap();
    store.close().await;

    // The search must be able to find.
    let planted = dir.path().join("planted");
    let searched = files(dir.path());
    assert!(searched.len() >= 6, "{searched:?}");
    let needles: Vec<(String, Vec<u8>)> = canaries
        .iter()
        .flat_map(|canary| {
            spellings(canary).into_iter().map(move |(how, octets)| (format!("{canary} as {how}"), octets))
        })
        .collect();
    let search = aho_corasick::AhoCorasick::new(needles.iter().map(|(_, octets)| octets)).unwrap();
    let found = |paths: &[std::path::PathBuf]| {
        let mut found = Vec::new();
        for path in paths {
            for hit in search.find_overlapping_iter(&fs::read(path).unwrap()) {
                found.push(format!("{} in {}", needles[hit.pattern().as_usize()].0, path.display()));
            }
        }
        found
    };
    assert_eq!(found(&searched), Vec::<String>::new());
    fs::write(&planted, spellings(ANNA).into_iter().flat_map(|(_, s)| s).collect::<Vec<u8>>()).unwrap();
    assert!(found(&[planted]).len() >= spellings(ANNA).len());
}

#[tokio::test]
async fn a_damaged_file_is_found_by_verify_and_harms_nobody_else() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let text = "The quick brown fox. ".repeat(1000);
    store.commit(commit(1, 1, outcome(ANNA, "Fox", &text))).await.unwrap();
    store.commit(commit(2, 2, stub(ANNA))).await.unwrap();
    let file = files(&dir.path().join("blobs")).pop().unwrap();
    let whole = fs::read(&file).unwrap();
    flip(&file, whole.len() / 2);
    let bad = store.verify(&key(1)).await;
    assert!(matches!(bad, Err(StoreError::Corrupt { kind: "message", .. })), "{bad:?}");
    assert!(store.message_of(&key(1)).await.is_err());
    store.verify(&key(2)).await.unwrap();
    fs::write(&file, &whole[..whole.len() - 1]).unwrap();
    assert!(store.verify(&key(1)).await.is_err());
    fs::write(&file, &whole).unwrap();
    store.verify(&key(1)).await.unwrap();
    fs::remove_file(&file).unwrap();
    assert!(store.verify(&key(1)).await.is_err());
    store.close().await;
}

#[tokio::test]
async fn the_ballast_is_there_and_leftover_files_go() {
    let dir = tempfile::tempdir().unwrap();
    used(dir.path()).await;
    assert_eq!(fs::metadata(dir.path().join("ballast")).unwrap().len(), 16 << 20);
    let store = open(dir.path());
    let text = "The quick brown fox. ".repeat(1000);
    store.commit(commit(2, 2, outcome(ANNA, "Fox", &text))).await.unwrap();
    store.close().await;
    let kept = files(&dir.path().join("blobs")).pop().unwrap();
    let orphan = kept.with_file_name("00112233aabbccdd");
    fs::write(&orphan, b"ciphertext").unwrap();
    used(dir.path()).await;
    assert!(kept.exists() && !orphan.exists());
}
