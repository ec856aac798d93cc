use super::*;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

fn options(dir: &Path, arguments: &[&str]) -> Init {
    use clap::Parser;
    let dir = dir.display().to_string();
    let line = ["lazaret", "init", &dir, "--offline"].into_iter().chain(arguments.iter().copied());
    match crate::cli::Cli::try_parse_from(line).map(|c| c.command) {
        Ok(crate::cli::Command::Init(init)) => *init,
        other => panic!("{other:?}"),
    }
}

fn password(dir: &Path) -> PathBuf {
    let path = dir.join("pw");
    write_new(&path, "hun\"ter2\n", 0o600).map_err(|s| s.0).expect("written");
    path
}

fn mode(path: &Path) -> u32 {
    path.metadata().expect("it is there").permissions().mode() & 0o777
}

#[tokio::test]
async fn a_configuration_that_loads_and_keys_that_open() {
    let top = tempfile::tempdir().expect("a directory");
    let (dir, pw, key) = (top.path().join("etc"), password(top.path()), top.path().join("quarantine.key"));
    let arguments = [
        "--mailbox",
        "help",
        "--address",
        "help@acme.example",
        "--address",
        "support@acme.example",
        "--imap-host",
        "imap.acme.example",
        "--user",
        "he\"lp",
        "--smtp-host",
        "smtp.acme.example",
        "--password-file",
        pw.to_str().expect("UTF-8"),
        "--quarantine-key-out",
        key.to_str().expect("UTF-8"),
        "--state-dir",
        "state",
    ];
    assert_eq!(run(options(&dir, &arguments), Format::Text).await, exit::OK);
    let loaded = file::load(&dir.join("lazaret.toml")).expect("it loads");
    assert_eq!(loaded.warnings, []);
    let config = loaded.config;
    assert_eq!(config.mailboxes[0].name, "help");
    assert_eq!(config.mailboxes[0].profile.own, ["help@acme.example", "support@acme.example"]);
    assert_eq!(config.mode, crate::config::Mode::Observe);
    assert!(config.replies.is_some() && config.state_dir.is_absolute());
    let crate::config::Source::Imap(imap) = &config.mailboxes[0].source else { panic!("not IMAP") };
    assert_eq!(imap.user, "he\"lp");
    let crate::config::Auth::Password(secret) = &imap.auth else { panic!("no password") };
    assert_eq!(keys::secret(secret).expect("readable").as_str(), "hun\"ter2");
    assert!(keys::store_key(&config.store_key).is_ok());
    let opening = OpeningKey::parse(&keys::secret_file(&key).expect("readable")).expect("a key");
    assert_eq!(&[opening.recipient().clone()], config.quarantine.recipients.as_slice());
    for secret in ["credentials/store-key", "credentials/help-imap", "credentials/smtp", "../quarantine.key"] {
        assert_eq!(mode(&dir.join(secret)), 0o600, "{secret}");
    }
    assert!(!loaded.source.text.contains("hun\"ter2") && !loaded.source.text.contains("ter2"), "no secret in it");
}

#[tokio::test]
async fn nothing_is_overwritten() {
    let top = tempfile::tempdir().expect("a directory");
    let pw = password(top.path());
    let arguments =
        ["--address", "a@acme.example", "--imap-host", "i.example", "--password-file", pw.to_str().expect("UTF-8")];
    let dir = top.path().join("etc");
    assert_eq!(run(options(&dir, &arguments), Format::Text).await, exit::OK);
    let before = std::fs::read(dir.join("lazaret.toml")).expect("there");
    let key = std::fs::read(dir.join("credentials/store-key")).expect("there");
    assert_eq!(run(options(&dir, &arguments), Format::Text).await, exit::USAGE);
    std::fs::remove_file(dir.join("lazaret.toml")).expect("removed");
    assert_eq!(run(options(&dir, &arguments), Format::Text).await, exit::OK);
    assert_eq!(std::fs::read(dir.join("credentials/store-key")).expect("there"), key, "a store may depend on it");
    let loaded = file::load(&dir.join("lazaret.toml")).expect("it loads");
    assert!(loaded.config.replies.is_none(), "without --smtp-host nobody is answered");
    assert_ne!(std::fs::read(dir.join("lazaret.toml")).expect("there"), before, "another quarantine pair");
}

#[tokio::test]
async fn a_maildir_needs_no_password() {
    let top = tempfile::tempdir().expect("a directory");
    let maildir = top.path().to_str().expect("UTF-8");
    let dir = top.path().join("etc");
    let arguments = ["--address", "a@acme.example", "--maildir", maildir];
    assert_eq!(run(options(&dir, &arguments), Format::Json).await, exit::OK);
    let config = file::load(&dir.join("lazaret.toml")).expect("it loads").config;
    assert!(matches!(&config.mailboxes[0].source, crate::config::Source::Maildir(p) if p == top.path()));
}

#[tokio::test]
async fn what_would_not_load_is_not_written() {
    let top = tempfile::tempdir().expect("a directory");
    let pw = password(top.path());
    let pw = pw.to_str().expect("UTF-8");
    for (index, arguments) in [
        ["--address", "no address", "--imap-host", "i.example", "--password-file", pw],
        ["--address", "a@acme.example", "--imap-host", "https://i.example", "--password-file", pw],
        ["--address", "a@acme.example", "--imap-host", "i.example", "--password-file", "/nonexistent"],
        ["--address", "a@acme.example", "--imap-host", "i.example", "--quarantine-recipient", "nonsense"],
    ]
    .iter()
    .enumerate()
    {
        let dir = top.path().join(index.to_string());
        assert_eq!(run(options(&dir, arguments), Format::Text).await, exit::USAGE, "{arguments:?}");
        assert!(!dir.exists(), "{arguments:?}");
    }
}

#[test]
fn the_test_reply_is_a_mail() {
    let addr = |a| Addr::parse(a).expect("an address");
    let letter = test_letter(&addr("s@acme.example"), None, &addr("me@acme.example"), "0011223344556677");
    let text = String::from_utf8(letter.octets).expect("ASCII");
    assert!(text.starts_with("From: <s@acme.example>\r\nTo: <me@acme.example>\r\nSubject: "));
    assert!(text.contains("\r\nAuto-Submitted: auto-generated\r\n") && text.contains("\r\n\r\nThis is a test"));
    assert!(text.lines().all(|l| !l.starts_with(' ')), "{text}");
}
