//! The same functions against a real server, which `cargo xtask` starts and names in `LAZARET_TEST_IMAP`
//! (`host:port:user:password:ca_file`).

use super::peer::source;
use crate::config::{Auth, Imap, SecretRef};
use crate::source::{BATCH_BYTES_MAX, ErrorKind, Source, Wake, batches};
use std::path::PathBuf;
use std::time::Duration;

const BIG_BYTES: usize = 20 * 1024 * 1024;

/// The account of the environment; `None`: there is none, and that was said.
fn account() -> Option<(Imap, &'static str)> {
    let Ok(named) = std::env::var("LAZARET_TEST_IMAP") else {
        eprintln!("not run: LAZARET_TEST_IMAP is not set");
        return None;
    };
    let mut parts = named.splitn(5, ':').map(str::to_owned);
    let mut part = || parts.next().expect("LAZARET_TEST_IMAP is host:port:user:password:ca_file");
    let (host, port, user, password, ca_file) = (part(), part(), part(), part(), part());
    let imap = Imap {
        host,
        port: port.parse().expect("a port"),
        user,
        auth: Auth::Password(SecretRef::Credential("password".to_owned())),
        ca_file: Some(PathBuf::from(ca_file)),
        batch_messages_max: 64,
    };
    Some((imap, password.leak()))
}

fn message(number: usize, bytes: usize) -> Vec<u8> {
    let mut text = format!(
        "From: a@example.org\r\nTo: b@example.org\r\nSubject: test {number}\r\nMessage-ID: <{number}@example.org>\r\n\
         X-Lazaret-Copy: value-{number}\r\n\r\n"
    );
    while text.len() + 72 < bytes {
        text.push_str("Nothing but text, seventy octets of it with the end of the line.......\r\n");
    }
    text.push_str("end\r\n");
    text.into_bytes()
}

/// An empty folder, made anew.
async fn emptied(source: &mut Source, folder: &str) {
    source.ensure_folder(folder).await.expect("created");
    source.select(folder).await.expect("opened");
    let uids = source.uids(None).await.expect("listed");
    assert_eq!(source.remove(&uids).await, Ok(uids));
}

#[tokio::test]
async fn real_server() {
    let Some((imap, password)) = account() else { return };
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let error = source(&imap, "certainly-not-the-password").connect().await.expect_err("a wrong password");
    assert_eq!(error.kind(), ErrorKind::Auth);

    let mut source = source(&imap, password);
    source.connect().await.expect("logged in");
    source.connect().await.expect("logged in already");
    let (inbox, clean) = ("Lazaret Test/Eingang ü&台", "Lazaret Test/Clean");
    emptied(&mut source, inbox).await;
    emptied(&mut source, clean).await;
    let folders = source.folders().await.expect("listed");
    for name in [inbox, clean] {
        let below_inbox = format!("INBOX/{name}");
        let is_it = |other: &str| other == name || other == below_inbox;
        assert!(folders.iter().any(|folder| is_it(&folder.name) && folder.messages == 0), "{name}");
    }
    assert_eq!(source.select("Lazaret Test/None").await.map_err(|e| e.kind()), Err(ErrorKind::NoFolder));
    assert_eq!(
        source.append("Lazaret Test/None", b"x: y\n\n", None).await.map_err(|e| e.kind()),
        Err(ErrorKind::NoFolder)
    );

    let texts: Vec<Vec<u8>> = (0..100).map(|number| message(number, 10_000 + number)).collect();
    let messages: Vec<(&[u8], Option<i64>)> = texts.iter().map(|text| (text.as_slice(), Some(1_700_000_000))).collect();
    let appended = source.append_all(inbox, &messages).await.expect("appended");
    let appended: Vec<u32> = appended.into_iter().map(|uid| uid.expect("stored").expect("its UID")).collect();
    let selected = source.select(inbox).await.expect("opened");
    assert_eq!(selected.messages, 100);
    assert_ne!(selected.uid_validity, 0);
    assert_eq!(source.uids(None).await.as_deref(), Ok(appended.as_slice()));
    assert_eq!(source.uids(Some(1_700_000_000 - 86_400)).await.as_deref(), Ok(appended.as_slice()));
    assert_eq!(source.uids(Some(1_700_000_000 + 3 * 86_400)).await, Ok(vec![]));

    let sizes = source.sizes(&appended).await.expect("sizes");
    let expected: Vec<(u32, u64)> = appended.iter().zip(&texts).map(|(uid, text)| (*uid, text.len() as u64)).collect();
    assert_eq!(sizes, expected);
    for batch in batches(&sizes, 64) {
        let fetched = source.fetch(&batch, 20_000).await.expect("fetched");
        let got: Vec<(u32, u64)> = fetched.iter().map(|f| (f.uid, f.octets.len() as u64)).collect();
        let want: Vec<(u32, u64)> = sizes.iter().copied().filter(|(uid, _)| batch.contains(uid)).collect();
        assert_eq!(got, want);
    }
    let (first, second) = (appended[0], appended[1]);
    assert_eq!(
        source.fetch_header(first, 100_000).await.map(|h| h.len()).ok(),
        texts[0].windows(4).position(|w| w == b"\r\n\r\n").map(|at| at + 4)
    );
    assert_eq!(source.fetch_header(first, 20).await.map(|h| h.len()).ok(), Some(20));
    assert_eq!(
        source.fetch(&[first, u32::MAX - 1], 20_000).await.map(|f| f.len()).ok(),
        Some(1),
        "an absent UID is left out"
    );

    assert_eq!(source.find(inbox, "X-Lazaret-Copy", "value-99").await, Ok(vec![appended[99]]));
    assert_eq!(source.find(clean, "X-Lazaret-Copy", "value-99").await, Ok(vec![]));
    assert_eq!(source.move_to(&[first, second], clean).await, Ok(vec![first, second]));
    assert_eq!(source.find(clean, "X-Lazaret-Copy", "value-1").await.map(|found| found.len()), Ok(1));
    assert_eq!(source.uids(None).await.map(|uids| uids.len()), Ok(98), "the folder before is still open");
    assert_eq!(source.remove(&appended).await.as_ref(), Ok(&appended));
    assert_eq!(source.uids(None).await, Ok(vec![]));

    let big = message(0, BIG_BYTES);
    let uid = source.append(inbox, &big, None).await.expect("stored").expect("its UID");
    let again = source.select(inbox).await.expect("opened");
    assert_eq!((again.uid_validity, again.messages), (selected.uid_validity, 1));
    let fetched = source.fetch(&[uid], BATCH_BYTES_MAX * 2).await.expect("fetched");
    assert_eq!(fetched.iter().map(|f| f.octets.len()).collect::<Vec<_>>(), [big.len()]);
    assert_eq!(source.fetch(&[uid], 1_000_000).await.err().map(|e| e.kind()), Some(ErrorKind::Limit));
    source.connect().await.expect("connected anew");
    source.select(inbox).await.expect("opened");
    assert_eq!(source.wait(Duration::from_millis(50)).await, Ok(Wake::Elapsed));
    assert_eq!(source.remove(&[uid]).await, Ok(vec![uid]));

    let mut other = self::source(&imap, password);
    other.connect().await.expect("a second login");
    other.ensure_folder(inbox).await.expect("there");
    source.select(inbox).await.expect("opened");
    let (woken, stored) = tokio::join!(source.wait(Duration::from_secs(60)), other.append(inbox, &texts[0], None));
    stored.expect("stored");
    assert_eq!(woken, Ok(Wake::Changed));
    other.logout().await;
    source.logout().await;
}
