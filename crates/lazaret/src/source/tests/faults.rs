//! Every fault has its own answer, none is an empty success, and no answer repeats what the server said.

use super::peer::{Peer, impatient, source};
use crate::config::{Auth, Imap};
use crate::source::{ErrorKind, Fetched, Source, SourceError, Wake};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

const HELLO: &str =
    "S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] canary-4111\nC: T AUTHENTICATE PLAIN AGpvZQBzZWNyZXQ=\n";
const ALL_CAPS: &str = "IMAP4rev1 UIDPLUS MOVE IDLE LITERAL+";
const EXAMINE: &str =
    "C: T EXAMINE \"INBOX\"\nS: * 3 EXISTS\nS: * OK [UIDVALIDITY 9] x\nS: * OK [UIDNEXT 8] x\nS: T OK [READ-ONLY] x\n";
const SELECT: &str =
    "C: T SELECT \"INBOX\"\nS: * 3 EXISTS\nS: * OK [UIDVALIDITY 9] x\nS: * OK [UIDNEXT 8] x\nS: T OK [READ-WRITE] x\n";

fn logged_in(caps: &str, then: &str) -> String {
    format!("{HELLO}S: T OK [CAPABILITY {caps}] canary-4111\n{then}")
}

/// No error may say what the server said.
fn kind(error: &SourceError) -> ErrorKind {
    let texts = [error.to_string(), format!("{error:?}")];
    assert!(texts.iter().all(|text| !text.contains("canary") && !text.contains("secret")), "{texts:?}");
    error.kind()
}

async fn connected(script: &str, caps: &str) -> (Peer, Source) {
    let peer = Peer::start(&[logged_in(caps, script)]).await;
    let mut source = peer.source();
    source.connect().await.expect("the login of the script");
    (peer, source)
}

#[tokio::test]
async fn logins() {
    let cases: [(&str, &str, Result<(), ErrorKind>); 21] = [
        ("told by the status", "S: T OK [CAPABILITY IMAP4rev1] x\n", Ok(())),
        ("asked for", "S: T OK x\nC: T CAPABILITY\nS: * CAPABILITY IMAP4rev1 IDLE\nS: T OK x\n", Ok(())),
        ("told in passing", "S: * CAPABILITY IMAP4rev1\nS: T OK x\n", Ok(())),
        ("refused", "S: T NO canary-4111\n", Err(ErrorKind::Auth)),
        ("refused by code", "S: T NO [AUTHENTICATIONFAILED] canary-4111\n", Err(ErrorKind::Auth)),
        ("expired", "S: T NO [EXPIRED] canary-4111\n", Err(ErrorKind::Auth)),
        ("not now", "S: T NO [UNAVAILABLE] canary-4111\n", Err(ErrorKind::Unavailable)),
        ("not so fast", "S: T NO [THROTTLED] canary-4111\n", Err(ErrorKind::Unavailable)),
        ("an unknown code", "S: T NO [CANARY-4111] canary-4111\n", Err(ErrorKind::Auth)),
        ("not understood", "S: T BAD canary-4111\n", Err(ErrorKind::Protocol)),
        ("hung up", "", Err(ErrorKind::Unavailable)),
        ("hung up politely", "S: * BYE canary-4111\n", Err(ErrorKind::Unavailable)),
        ("half a line", "R: T OK canary", Err(ErrorKind::Unavailable)),
        ("no line at all", "S: canary-4111\n", Err(ErrorKind::Protocol)),
        ("another's status", "S: Z9 OK canary-4111\n", Err(ErrorKind::Unavailable)),
        ("PREAUTH as status", "S: T PREAUTH canary-4111\n", Err(ErrorKind::Protocol)),
        ("makes the parser panic", "S: * OK [ALERT]\u{e9}canary-4111\nS: T OK x\nhold\n", Err(ErrorKind::Protocol)),
        ("one challenge too many", "S: + x\nC: \nS: + x\nhold\n", Err(ErrorKind::Protocol)),
        ("an endless line", "R: * OK \nX: 400000\nhold\n", Err(ErrorKind::Limit)),
        ("a literal of 4 GiB", "S: * 1 FETCH (BODY[] {4294967296}\nhold\n", Err(ErrorKind::Limit)),
        ("endless chatter", "F: 30000 * OK canary-4111\nhold\n", Err(ErrorKind::Limit)),
    ];
    for (name, then, expected) in cases {
        let peer = Peer::start(&[format!("{HELLO}{then}")]).await;
        let mut source = peer.source();
        assert_eq!(source.connect().await.map_err(|error| kind(&error)), expected, "{name}");
        drop(source);
        peer.finish().await;
    }
}

#[tokio::test]
async fn greetings() {
    let cases = [
        ("without a login", "S: * PREAUTH canary-4111\nhold\n", ErrorKind::Protocol),
        ("closed", "S: * BYE canary-4111\n", ErrorKind::Unavailable),
        ("none", "", ErrorKind::Unavailable),
        ("another protocol", "S: 220 canary-4111 ESMTP\nhold\n", ErrorKind::Protocol),
        ("half", "R: * OK canary", ErrorKind::Unavailable),
        ("silence", "hold\n", ErrorKind::Timeout),
        ("no password taken", "S: * OK [CAPABILITY IMAP4rev1 LOGINDISABLED] x\nhold\n", ErrorKind::Unsupported),
    ];
    for (name, script, expected) in cases {
        let peer = Peer::start(&[script.to_owned()]).await;
        let mut source = peer.source();
        impatient(&mut source);
        let error = source.connect().await.expect_err(name);
        assert_eq!(kind(&error), expected, "{name}");
        drop(source);
        peer.finish().await;
    }
}

#[tokio::test]
async fn ways_to_log_in() {
    let done = "S: T OK [CAPABILITY IMAP4rev1] x\n";
    let cases: [(&str, &'static str, &str, Result<(), ErrorKind>); 6] = [
        (
            "PLAIN, asked for",
            "secret",
            "IMAP4rev1 AUTH=PLAIN\nC: T AUTHENTICATE PLAIN\nS: * OK wait\nS: + \nC: AGpvZQBzZWNyZXQ=",
            Ok(()),
        ),
        (
            "PLAIN in UTF-8",
            "pässword",
            "IMAP4rev1 AUTH=PLAIN SASL-IR\nC: T AUTHENTICATE PLAIN AGpvZQBww6Rzc3dvcmQ=",
            Ok(()),
        ),
        ("LOGIN", "secret", "IMAP4rev1\nC: T LOGIN \"joe\" \"secret\"", Ok(())),
        ("LOGIN, quoted", "a\"b\\c d{3}", "IMAP4rev1\nC: T LOGIN \"joe\" \"a\\\"b\\\\c d{3}\"", Ok(())),
        ("LOGIN cannot do it", "pässword", "IMAP4rev1\nhold", Err(ErrorKind::Unsupported)),
        ("NUL", "a\0b", "IMAP4rev1 AUTH=PLAIN\nhold", Err(ErrorKind::Config)),
    ];
    for (name, password, dialog, expected) in cases {
        let script =
            format!("S: * OK x\nC: T CAPABILITY\nS: * CAPABILITY {}\n", dialog.replacen('\n', "\nS: T OK x\n", 1));
        let peer = Peer::start(&[format!("{script}\n{done}")]).await;
        let mut source = source(&peer.imap(), password);
        assert_eq!(source.connect().await.map_err(|error| kind(&error)), expected, "{name}");
        drop(source);
        peer.finish().await;
    }
}

/// A command that prints `token-1`, then `token-2`, and so on.
fn counting_tokens(peer: &Peer) -> Vec<String> {
    let (program, count) = (peer.path("token"), peer.path("count"));
    let script = format!("#!/bin/sh\necho x >> '{0}'\necho token-$(wc -l < '{0}')\n", count.display());
    std::fs::write(&program, script).expect("written");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).expect("made executable");
    vec![program.display().to_string()]
}

#[tokio::test]
async fn a_refused_token_is_fetched_once_more() {
    let encode = |text: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(text)
    };
    let xoauth2 = |token: &str| encode(&format!("user=joe\x01auth=Bearer {token}\x01\x01"));
    for (mechanism, empty, is_second_good) in
        [("XOAUTH2", "", true), ("XOAUTH2", "", false), ("OAUTHBEARER", "AQ==", true)]
    {
        // The port is part of what OAUTHBEARER sends, so its first response is compared by XOAUTH2 alone.
        let first = |token: &str| match mechanism {
            "XOAUTH2" => format!("C: T AUTHENTICATE XOAUTH2\nS: + \nC: {}\n", xoauth2(token)),
            _ => "C: T AUTHENTICATE OAUTHBEARER\nS: + \nL: \n".to_owned(),
        };
        let hello = format!("S: * OK [CAPABILITY IMAP4rev1 AUTH={mechanism}] x\n");
        let refuse = format!("S: + eyJzdGF0dXMiOiI0MDEifQ==\nC: {empty}\nS: T NO [AUTHENTICATIONFAILED] canary-4111\n");
        let accept = "S: T OK [CAPABILITY IMAP4rev1] x\n".to_owned();
        let scripts = [
            format!("{hello}{}{refuse}", first("token-1")),
            format!("{hello}{}{}", first("token-2"), if is_second_good { accept } else { refuse.clone() }),
        ];
        let peer = Peer::start(&scripts).await;
        let command = counting_tokens(&peer);
        let auth = if mechanism == "XOAUTH2" { Auth::XOAuth2(command) } else { Auth::OAuthBearer(command) };
        let mut source = source(&Imap { auth, ..peer.imap() }, "unused");
        let expected = if is_second_good { Ok(()) } else { Err(ErrorKind::Auth) };
        assert_eq!(source.connect().await.map_err(|error| kind(&error)), expected, "{mechanism}");
        drop(source);
        peer.finish().await;
    }
}

#[tokio::test]
async fn certificates_must_fit() {
    let peer = Peer::start(&["hold".to_owned()]).await;
    let stranger = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    std::fs::write(peer.path("stranger.pem"), stranger.cert.pem()).expect("written");
    let ca_file = Some(peer.path("stranger.pem"));
    let error = source(&Imap { ca_file, ..peer.imap() }, "secret").connect().await.expect_err("unknown authority");
    assert_eq!(kind(&error), ErrorKind::Protocol);

    let peer = Peer::start(&["hold".to_owned()]).await;
    let host = "127.0.0.1".to_owned();
    let error = source(&Imap { host, ..peer.imap() }, "secret").connect().await.expect_err("another name");
    assert_eq!(kind(&error), ErrorKind::Protocol);

    let plain = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = plain.local_addr().expect("an address").port();
    let server = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt as _;
        let (mut stream, _) = plain.accept().await.expect("a connection");
        stream.write_all(b"* OK no TLS here\r\n").await.expect("written");
        stream
    });
    let error = source(&Imap { port, ..peer.imap() }, "secret").connect().await.expect_err("no TLS");
    assert_eq!(kind(&error), ErrorKind::Protocol);
    drop(server.await);
    let error = source(&Imap { port, ..peer.imap() }, "secret").connect().await.expect_err("nobody there");
    assert_eq!(kind(&error), ErrorKind::Unavailable);
    let ca_file = Some(peer.path("absent.pem"));
    let error = source(&Imap { ca_file, ..peer.imap() }, "secret").connect().await.expect_err("no authority");
    assert_eq!(kind(&error), ErrorKind::Config);
}

#[tokio::test]
async fn opening_a_folder() {
    let cases = [
        (
            "refused and not listed",
            "S: T NO canary-4111\nC: T LIST \"\" \"INBOX\"\nS: T OK x\n",
            Err(ErrorKind::NoFolder),
        ),
        (
            "refused but listed",
            "S: T NO canary-4111\nC: T LIST \"\" \"INBOX\"\nS: * LIST () \"/\" INBOX\nS: T OK x\n",
            Err(ErrorKind::Unavailable),
        ),
        ("refused by code", "S: T NO [NONEXISTENT] canary-4111\n", Err(ErrorKind::NoFolder)),
        ("not understood", "S: T BAD canary-4111\n", Err(ErrorKind::Protocol)),
        ("lost", "S: * 3 EXISTS\n", Err(ErrorKind::Unavailable)),
        (
            "without UIDVALIDITY",
            "S: * 3 EXISTS\nS: T OK x\nC: T UID SEARCH UID *\nS: * SEARCH 7\nS: T OK x\n",
            Ok((0, 8, 3)),
        ),
        ("of more than 32 bits", "S: * 0 EXISTS\nS: * OK [UIDVALIDITY 99999999999] x\nS: T OK x\n", Ok((0, 0, 0))),
        (
            "as usual",
            "S: * 3 EXISTS\nS: * OK [UIDVALIDITY 9] x\nS: * OK [UIDNEXT 8] x\nS: T OK [READ-ONLY] x\n",
            Ok((9, 8, 3)),
        ),
    ];
    for (name, script, expected) in cases {
        let (peer, mut source) = connected(&format!("C: T EXAMINE \"INBOX\"\n{script}"), ALL_CAPS).await;
        let selected = source.select("INBOX").await.map_err(|error| kind(&error));
        assert_eq!(selected.map(|s| (s.uid_validity, s.uid_next, s.messages)), expected, "{name}");
        drop(source);
        peer.finish().await;
    }
}

#[tokio::test]
async fn listing_uids() {
    let many =
        "C: T EXAMINE \"INBOX\"\nS: * 20001 EXISTS\nS: * OK [UIDVALIDITY 9] x\nS: * OK [UIDNEXT 60100] x\nS: T OK x\n";
    let windows = "C: T UID SEARCH UID 1:20000\nS: * SEARCH 5 19999\nS: T OK x\n\
        C: T UID SEARCH UID 20001:60000\nS: * SEARCH 60000 20001\nS: T OK x\n\
        C: T UID SEARCH UID 60001:*\nS: * SEARCH 60099\nS: T OK x\n";
    let search = "C: T UID SEARCH UID 1:*\n";
    type Case<'a> = (&'a str, &'a str, String, Option<i64>, Result<Vec<u32>, ErrorKind>);
    let cases: [Case<'_>; 8] = [
        ("none", EXAMINE, format!("{search}S: * SEARCH\nS: T OK x\n"), None, Ok(vec![])),
        (
            "some",
            EXAMINE,
            format!("{search}S: * SEARCH 7 3\nS: * 4 EXISTS\nS: * SEARCH 3 5 \nS: T OK x\n"),
            None,
            Ok(vec![3, 5, 7]),
        ),
        (
            "since",
            EXAMINE,
            "C: T UID SEARCH UID 1:* SINCE 1-Feb-1994\nS: * SEARCH 7\nS: T OK x\n".into(),
            Some(760_060_800),
            Ok(vec![7]),
        ),
        ("in windows", many, windows.into(), None, Ok(vec![5, 19_999, 20_001, 60_000, 60_099])),
        (
            "refused",
            EXAMINE,
            format!("{search}S: * SEARCH 3\nS: T NO canary-4111\n"),
            None,
            Err(ErrorKind::Unavailable),
        ),
        ("not understood", EXAMINE, format!("{search}S: T BAD canary-4111\n"), None, Err(ErrorKind::Protocol)),
        ("lost", EXAMINE, format!("{search}S: * SEARCH 3\n"), None, Err(ErrorKind::Unavailable)),
        (
            "ESEARCH",
            EXAMINE,
            format!("{search}S: * ESEARCH (TAG \"x\") UID ALL 1:3\nhold\n"),
            None,
            Err(ErrorKind::Protocol),
        ),
    ];
    for (name, open, script, since, expected) in cases {
        let (peer, mut source) = connected(&format!("{open}{script}"), ALL_CAPS).await;
        source.select("INBOX").await.expect(name);
        assert_eq!(source.uids(since).await.map_err(|error| kind(&error)), expected, "{name}");
        drop(source);
        peer.finish().await;
    }
}

#[tokio::test]
async fn fetching() {
    let fetch = "C: T UID FETCH 3,5 (UID RFC822.SIZE BODY.PEEK[])\n";
    let three = "S: * 1 FETCH (UID 3 RFC822.SIZE 4 BODY[] {4}\nS: abcd)\n";
    type Case<'a> = (&'a str, String, Result<Vec<(u32, u64, usize)>, ErrorKind>);
    let cases: [Case<'_>; 17] = [
        ("one of two", format!("{three}S: T OK x\n"), Ok(vec![(3, 4, 4)])),
        (
            "UID at the end",
            "S: * 1 FETCH (BODY[] {4}\nS: abcd RFC822.SIZE 4 UID 5)\nS: T OK x\n".into(),
            Ok(vec![(5, 4, 4)]),
        ),
        ("quoted", "S: * 1 FETCH (UID 3 RFC822.SIZE 3 BODY[] \"abc\")\nS: T OK x\n".into(), Ok(vec![(3, 3, 3)])),
        (
            "size was an estimate",
            "S: * 1 FETCH (UID 3 RFC822.SIZE 9 BODY[] {4}\nS: abcd)\nS: T OK x\n".into(),
            Ok(vec![(3, 9, 4)]),
        ),
        ("not asked for", "S: * 1 FETCH (UID 4 RFC822.SIZE 4 BODY[] {4}\nS: abcd)\nS: T OK x\n".into(), Ok(vec![])),
        ("without UID", "S: * 1 FETCH (RFC822.SIZE 4 BODY[] {4}\nS: abcd)\nS: T OK x\n".into(), Ok(vec![])),
        ("no body", "S: * 1 FETCH (UID 3 RFC822.SIZE 4 BODY[] NIL)\nS: T OK x\n".into(), Ok(vec![])),
        ("twice", format!("{three}S: * 1 FETCH (UID 3 BODY[] {{2}}\nS: zz)\nS: T OK x\n"), Ok(vec![(3, 4, 4)])),
        (
            "flags and an expunge meanwhile",
            format!("S: * 1 FETCH (FLAGS (\\Seen))\nS: * 2 EXPUNGE\n{three}S: T OK x\n"),
            Ok(vec![(3, 4, 4)]),
        ),
        ("another's status first", format!("S: Z1 OK x\n{three}S: T OK x\n"), Ok(vec![(3, 4, 4)])),
        ("some were expunged", format!("{three}S: T NO [EXPUNGEISSUED] x\n"), Ok(vec![(3, 4, 4)])),
        (
            "exactly as large as allowed",
            "S: * 1 FETCH (UID 3 RFC822.SIZE 100 BODY[] {100}\nX: 100\nS: )\nS: T OK x\n".into(),
            Ok(vec![(3, 100, 100)]),
        ),
        (
            "one octet more",
            "S: * 1 FETCH (UID 3 RFC822.SIZE 100 BODY[] {101}\nX: 101\nS: )\nS: T OK x\nhold\n".into(),
            Err(ErrorKind::Limit),
        ),
        ("refused", format!("{three}S: T NO canary-4111\n"), Err(ErrorKind::Unavailable)),
        (
            "ends in a literal",
            "S: * 1 FETCH (UID 3 RFC822.SIZE 50 BODY[] {50}\nX: 20\n".into(),
            Err(ErrorKind::Unavailable),
        ),
        ("4 GiB", "S: * 1 FETCH (UID 3 BODY[] {4294967296}\nhold\n".into(), Err(ErrorKind::Limit)),
        ("endless", "F: 30000 * 1 FETCH (UID 4 FLAGS ())\nhold\n".into(), Err(ErrorKind::Limit)),
    ];
    for (name, script, expected) in cases {
        let (peer, mut source) = connected(&format!("{EXAMINE}{fetch}{script}"), ALL_CAPS).await;
        source.select("INBOX").await.expect(name);
        let fetched = source.fetch(&[5, 3, 3, 0], 100).await.map_err(|error| kind(&error));
        let fetched = fetched.map(|all| all.iter().map(|f: &Fetched| (f.uid, f.size_bytes, f.octets.len())).collect());
        assert_eq!(fetched, expected, "{name}");
        drop(source);
        peer.finish().await;
    }
}

#[tokio::test]
async fn sizes_and_headers() {
    let script = "C: T UID FETCH 1:3 (UID RFC822.SIZE)\nS: * 1 FETCH (UID 1 RFC822.SIZE 10)\nS: * 2 FETCH (UID 2 RFC822.SIZE 4294967296)\n\
        S: * 1 FETCH (UID 1 X-NEW (1))\nS: * 3 FETCH (UID 3 X-NEW 1)\nS: * 3 FETCH (UID 3 RFC822.SIZE 30)\nS: * 9 FETCH (UID 9 RFC822.SIZE 1)\nS: T OK x\n\
        C: T UID FETCH 2 (UID BODY.PEEK[HEADER]<0.10>)\nS: * 2 FETCH (UID 2 BODY[HEADER]<0> {10}\nS: Subject: x)\nS: T OK x\n\
        C: T UID FETCH 2 (UID BODY.PEEK[HEADER]<0.10>)\nS: * 2 FETCH (UID 2 BODY[HEADER] {14}\nS: Subject: xyzab)\nS: T OK x\n\
        C: T UID FETCH 2 (UID BODY.PEEK[HEADER]<0.10>)\nS: T OK x\n";
    let (peer, mut source) = connected(&format!("{EXAMINE}{script}"), ALL_CAPS).await;
    source.select("INBOX").await.expect("opened");
    assert_eq!(source.sizes(&[1, 2, 3]).await.ok(), Some(vec![(1, 10), (2, u64::MAX), (3, 30)]));
    assert_eq!(source.fetch_header(2, 10).await.map(|octets| octets.len()).ok(), Some(10));
    assert_eq!(source.fetch_header(2, 10).await.map(|octets| octets.len()).ok(), Some(10), "the range was passed over");
    assert_eq!(source.fetch_header(2, 10).await.err().map(|error| kind(&error)), Some(ErrorKind::Unavailable));
    drop(source);
    peer.finish().await;
}

#[tokio::test]
async fn moving_and_removing() {
    let list = "C: T LIST \"\" \"\"\nS: * LIST (\\Noselect) \".\" \"\"\nS: T OK x\n";
    let mark =
        "C: T UID STORE 3,5 +FLAGS.SILENT (\\Deleted)\nS: T OK x\nC: T UID EXPUNGE 3,5\nS: * 1 EXPUNGE\nS: T OK x\n";
    let look = "C: T UID SEARCH UID 3,5\nS: * SEARCH\nS: T OK x\n";
    let still = "C: T UID SEARCH UID 3,5\nS: * SEARCH 5\nS: T OK x\n";
    let target = "\"Lazaret.Clean\"";
    let moves = format!("{list}{SELECT}C: T UID MOVE 3,5 {target}\nS: * OK [COPYUID 9 3,5 1:2] x\nS: T OK x\n");
    let copies = format!("{list}{SELECT}C: T UID COPY 3,5 {target}\nS: T OK x\n{mark}");
    type Case<'a> = (&'a str, &'a str, String, bool, Result<Vec<u32>, ErrorKind>);
    let cases: [Case<'_>; 10] = [
        ("MOVE", ALL_CAPS, format!("{moves}{look}"), true, Ok(vec![3, 5])),
        ("one stays", ALL_CAPS, format!("{moves}{still}"), true, Ok(vec![3])),
        ("COPY", "IMAP4rev1 UIDPLUS", format!("{copies}{look}"), true, Ok(vec![3, 5])),
        ("neither", "IMAP4rev1", String::new(), true, Err(ErrorKind::Unsupported)),
        (
            "no target",
            ALL_CAPS,
            format!("{list}{SELECT}C: T UID MOVE 3,5 {target}\nS: T NO [TRYCREATE] x\n"),
            true,
            Err(ErrorKind::NoFolder),
        ),
        (
            "read-only",
            ALL_CAPS,
            format!("{list}{}", SELECT.replace("READ-WRITE", "READ-ONLY")),
            true,
            Err(ErrorKind::Auth),
        ),
        (
            "another folder of that name",
            ALL_CAPS,
            format!("{list}{}", SELECT.replace("VALIDITY 9", "VALIDITY 10")),
            true,
            Err(ErrorKind::Unavailable),
        ),
        ("remove", ALL_CAPS, format!("{SELECT}{mark}{look}"), false, Ok(vec![3, 5])),
        ("says so but keeps it", ALL_CAPS, format!("{SELECT}{mark}{still}"), false, Ok(vec![3])),
        ("remove without UIDPLUS", "IMAP4rev1 MOVE", String::new(), false, Err(ErrorKind::Unsupported)),
    ];
    for (name, caps, script, is_move, expected) in cases {
        let (peer, mut source) = connected(&format!("{EXAMINE}{script}"), caps).await;
        source.select("INBOX").await.expect(name);
        let gone = if is_move { source.move_to(&[5, 3], "Lazaret/Clean").await } else { source.remove(&[5, 3]).await };
        assert_eq!(gone.map_err(|error| kind(&error)), expected, "{name}");
        drop(source);
        peer.finish().await;
    }
}

#[tokio::test]
async fn appending() {
    let plus = "C: T APPEND \"Clean\" \" 1-Feb-1994 08:09:10 +0000\" {6+}\nC: a\nC: b\nC: \n";
    let asked = "C: T APPEND \"Clean\" \" 1-Feb-1994 08:09:10 +0000\" {6}\nS: * OK wait\nS: + go\nC: a\nC: b\nC: \n";
    let cases = [
        ("LITERAL+", ALL_CAPS, format!("{plus}S: T OK [APPENDUID 9 77] x\n"), Ok(Some(77))),
        ("no UID told", ALL_CAPS, format!("{plus}S: T OK x\n"), Ok(None)),
        ("asked first", "IMAP4rev1", format!("{asked}S: T OK [APPENDUID 9 77] x\n"), Ok(Some(77))),
        (
            "refused before",
            "IMAP4rev1",
            asked.replace("S: + go\nC: a\nC: b\nC: \n", "S: T NO [TRYCREATE] x\n"),
            Err(ErrorKind::NoFolder),
        ),
        ("too big", ALL_CAPS, format!("{plus}S: T NO [TOOBIG] x\n"), Err(ErrorKind::Limit)),
        ("quota", ALL_CAPS, format!("{plus}S: T NO [OVERQUOTA] x\n"), Err(ErrorKind::Unavailable)),
        ("lost", ALL_CAPS, plus.to_owned(), Err(ErrorKind::Unavailable)),
    ];
    for (name, caps, script, expected) in cases {
        let (peer, mut source) = connected(&script, caps).await;
        let uid = source.append("Clean", b"a\nb\r\n", Some(760_090_150)).await;
        assert_eq!(uid.map_err(|error| kind(&error)), expected, "{name}");
        drop(source);
        peer.finish().await;
    }
    let two = "C: T APPEND \"Clean\" {3+}\nC: a\nC: \nS: T OK [APPENDUID 9 1] x\nC: T APPEND \"Clean\" {3+}\nC: b\nC: \nS: T NO [TOOBIG] x\n\
        C: T APPEND \"Clean\" {3+}\nC: c\nC: \nS: T OK [APPENDUID 9 2] x\n";
    let (peer, mut source) = connected(two, ALL_CAPS).await;
    let messages: [(&[u8], Option<i64>); 3] = [(b"a\n", None), (b"b\n", None), (b"c\n", None)];
    let uids = source.append_all("Clean", &messages).await.expect("the connection lasts");
    let uids: Vec<_> = uids.into_iter().map(|uid| uid.map_err(|error| kind(&error))).collect();
    assert_eq!(uids, [Ok(Some(1)), Err(ErrorKind::Limit), Ok(Some(2))]);
    drop(source);
    peer.finish().await;
}

#[tokio::test]
async fn finding_keeps_the_folder_open() {
    let other = "C: T EXAMINE \"Clean\"\nS: * 1 EXISTS\nS: * OK [UIDVALIDITY 4] x\nS: * OK [UIDNEXT 5] x\nS: T OK x\n";
    let script = format!(
        "{EXAMINE}{other}C: T UID SEARCH HEADER X-Lazaret-Copy \"a\\\"b\"\nS: * SEARCH 4\nS: T OK x\n{EXAMINE}\
         C: T UID SEARCH UID 1:*\nS: * SEARCH 3\nS: T OK x\n"
    );
    let (peer, mut source) = connected(&script, ALL_CAPS).await;
    source.select("INBOX").await.expect("opened");
    for (header, value) in [("X\r\nA", "v"), ("", "v"), ("X Y", "v"), ("X", "v\r\nZ1 DELETE INBOX"), ("X", "é")] {
        let error = source.find("Clean", header, value).await.expect_err("refused before anything is sent");
        assert_eq!(kind(&error), ErrorKind::Config);
    }
    assert_eq!(source.find("Clean", "X-Lazaret-Copy", "a\"b").await, Ok(vec![4]));
    assert_eq!(source.uids(None).await, Ok(vec![3]));
    drop(source);
    peer.finish().await;
}

#[tokio::test]
async fn folders_are_made_and_listed() {
    let script = "C: T LIST \"\" \"\"\nS: * LIST (\\Noselect) \".\" \"\"\nS: T OK x\n\
        C: T LIST \"\" \"Lazaret.Entw&APw-rfe\"\nS: T OK x\nC: T CREATE \"Lazaret.Entw&APw-rfe\"\nS: T OK x\n\
        C: T SUBSCRIBE \"Lazaret.Entw&APw-rfe\"\nS: T NO x\n\
        C: T LIST \"\" \"Clean\"\nS: * LIST () \".\" Clean\nS: T OK x\n\
        C: T LIST \"\" \"Full\"\nS: T OK x\nC: T CREATE \"Full\"\nS: T NO [OVERQUOTA] x\nC: T LIST \"\" \"Full\"\nS: T OK x\n\
        C: T LIST \"\" \"*\"\nS: * LIST () \".\" INBOX\nS: * LIST (\\Noselect) \".\" Top\nS: * LIST () \".\" \"Top.Entw&APw-rfe\"\nS: T OK x\n\
        C: T STATUS \"INBOX\" (MESSAGES)\nS: * STATUS INBOX (MESSAGES 4)\nS: T OK x\n\
        C: T STATUS \"Top.Entw&APw-rfe\" (MESSAGES)\nS: T NO x\n";
    let (peer, mut source) = connected(script, ALL_CAPS).await;
    assert_eq!(source.ensure_folder("Lazaret/Entwürfe").await, Ok(()));
    assert_eq!(source.ensure_folder("Clean").await, Ok(()));
    assert_eq!(source.ensure_folder("Clean").await, Ok(()), "asked once");
    assert_eq!(source.ensure_folder("Full").await.map_err(|error| kind(&error)), Err(ErrorKind::Unavailable));
    let folders = source.folders().await.expect("listed");
    let folders: Vec<_> = folders.iter().map(|folder| (folder.name.as_str(), folder.messages)).collect();
    assert_eq!(folders, [("INBOX", 4), ("Top", 0), ("Top/Entwürfe", 0)]);
    drop(source);
    peer.finish().await;
}

#[tokio::test]
async fn waiting() {
    let long = Duration::from_secs(5);
    let cases = [
        (
            "new mail",
            "C: T IDLE\nS: + idling\nS: * OK Still here\nS: * 4 EXISTS\nC: DONE\nS: T OK x\n",
            long,
            Ok(Wake::Changed),
        ),
        ("told at once", "C: T IDLE\nS: * 4 EXISTS\nS: + idling\nC: DONE\nS: T OK x\n", long, Ok(Wake::Changed)),
        (
            "nothing",
            "C: T IDLE\nS: + idling\nS: * OK Still here\nC: DONE\nS: T OK x\n",
            Duration::from_millis(50),
            Ok(Wake::Elapsed),
        ),
        ("refused", "C: T IDLE\nS: T NO x\n", long, Err(ErrorKind::Unavailable)),
        ("hung up", "C: T IDLE\nS: + idling\nS: * BYE canary-4111\n", long, Err(ErrorKind::Unavailable)),
        ("lost", "C: T IDLE\nS: + idling\n", long, Err(ErrorKind::Unavailable)),
    ];
    for (name, script, wait, expected) in cases {
        let (peer, mut source) = connected(&format!("{EXAMINE}{script}"), ALL_CAPS).await;
        source.select("INBOX").await.expect(name);
        assert_eq!(source.wait(wait).await.map_err(|error| kind(&error)), expected, "{name}");
        drop(source);
        peer.finish().await;
    }
    // Told while another command ran: IDLE would not say it again.
    let script = format!("{EXAMINE}C: T UID SEARCH UID 1:*\nS: * 4 EXISTS\nS: * SEARCH 3\nS: T OK x\n");
    let (peer, mut source) = connected(&script, ALL_CAPS).await;
    source.select("INBOX").await.expect("opened");
    source.uids(None).await.expect("listed");
    assert_eq!(source.wait(long).await, Ok(Wake::Changed));
    drop(source);
    peer.finish().await;
}

#[tokio::test]
async fn a_broken_session_is_never_used_again() {
    let search = "C: T UID SEARCH UID 1:*\n";
    let good = format!("{EXAMINE}{search}S: * SEARCH 3\nS: T OK x\n");
    let cases = [
        ("parse error", format!("{EXAMINE}{search}S: ?\nS: T OK x\nhold\n")),
        ("late answer", format!("{EXAMINE}{search}hold\n")),
        ("lost", format!("{EXAMINE}{search}")),
    ];
    for (name, broken) in cases {
        let peer = Peer::start(&[logged_in(ALL_CAPS, &broken), logged_in(ALL_CAPS, &good)]).await;
        let mut source = peer.source();
        impatient(&mut source);
        source.connect().await.expect(name);
        source.select("INBOX").await.expect(name);
        source.uids(None).await.expect_err(name);
        assert_eq!(source.uids(None).await.map_err(|error| kind(&error)), Err(ErrorKind::Unavailable), "{name}");
        source.connect().await.expect(name);
        assert_eq!(source.uids(None).await.map_err(|error| kind(&error)), Err(ErrorKind::Unavailable), "no folder yet");
        source.select("INBOX").await.expect(name);
        assert_eq!(source.uids(None).await, Ok(vec![3]), "{name}");
        drop(source);
        peer.finish().await;
    }
}

#[tokio::test]
async fn a_cancelled_call_breaks_the_session() {
    let peer = Peer::start(&[logged_in(ALL_CAPS, &format!("{EXAMINE}C: T UID SEARCH UID 1:*\nhold\n"))]).await;
    let mut source = peer.source();
    source.connect().await.expect("connected");
    source.select("INBOX").await.expect("opened");
    let cancelled = tokio::time::timeout(Duration::from_millis(50), source.uids(None)).await;
    assert!(cancelled.is_err(), "the script never answers");
    assert_eq!(source.uids(None).await.map_err(|error| kind(&error)), Err(ErrorKind::Unavailable));
    drop(source);
    peer.finish().await;
}

#[tokio::test]
async fn a_source_may_move_between_threads() {
    let peer = Peer::start(&[logged_in(ALL_CAPS, "C: T LOGOUT\nS: * BYE x\nS: T OK x\n")]).await;
    let mut source = peer.source();
    let task = tokio::spawn(async move {
        source.connect().await?;
        source.connect().await?;
        source.logout().await;
        Ok::<(), SourceError>(())
    });
    assert_eq!(task.await.expect("no panic"), Ok(()));
    peer.finish().await;
}

#[tokio::test]
async fn folders_below_inbox() {
    let delimiter = "C: T LIST \"\" \"\"\nS: * LIST (\\Noselect) \".\" \"\"\nS: T OK x\n";
    let refused = "C: T LIST \"\" \"Clean\"\nS: T OK x\nC: T CREATE \"Clean\"\nS: T NO canary-4111\nC: T LIST \"\" \"Clean\"\nS: T OK x\n";
    let made = "C: T LIST \"\" \"INBOX.Clean\"\nS: T OK x\nC: T CREATE \"INBOX.Clean\"\nS: T OK x\nC: T SUBSCRIBE \"INBOX.Clean\"\nS: T OK x\n";
    let append = "C: T APPEND \"INBOX.Clean\" {3+}\nC: a\nC: \nS: T NO [TRYCREATE] x\n";
    let there = "C: T LIST \"\" \"INBOX.Clean\"\nS: * LIST () \".\" INBOX.Clean\nS: T OK x\n";
    let (peer, mut source) = connected(&format!("{refused}{delimiter}{made}{append}{there}"), ALL_CAPS).await;
    assert_eq!(source.ensure_folder("Clean").await, Ok(()));
    assert_eq!(source.append("Clean", b"a\n", None).await.map_err(|error| kind(&error)), Err(ErrorKind::NoFolder));
    assert_eq!(source.ensure_folder("Clean").await, Ok(()), "looked for again, since it was gone");
    drop(source);
    peer.finish().await;

    let neither = "C: T LIST \"\" \"INBOX.Clean\"\nS: T OK x\nC: T CREATE \"INBOX.Clean\"\nS: T NO x\nC: T LIST \"\" \"INBOX.Clean\"\nS: T OK x\n";
    let (peer, mut source) = connected(&format!("{refused}{delimiter}{neither}{refused}{neither}"), ALL_CAPS).await;
    for _ in 0..2 {
        assert_eq!(source.ensure_folder("Clean").await.map_err(|error| kind(&error)), Err(ErrorKind::Unavailable));
    }
    drop(source);
    peer.finish().await;
}
