//! Messages that the tests make, and what is read from them.

use crate::{Content, Document, Edit, File, Limits, Unwritable};

fn file(octets: &[u8]) -> File<'_> {
    File { octets, name: "a.eml", media_type: "", passwords: &[] }
}

fn read(octets: &[u8]) -> Document {
    crate::read(&file(octets), &Limits::default())
}

fn told(document: &Document) -> Vec<(&str, &str)> {
    fn text(content: &Content) -> &str {
        match content {
            Content::Text(text) => text.as_str(),
            Content::Opaque(why) => why.as_str(),
        }
    }
    document.parts.iter().map(|p| (p.path.as_str(), text(&p.content))).collect()
}

const MAIL: &str = "From: =?utf-8?Q?J=C3=BCrgen_?= =?utf-8?B?TcO8bGxlcg==?= <j@example.org>\r\n\
Subject: long\r\n subject 4111\r\n\
MIME-Version: 1.0\r\n\
Content-Type: multipart/mixed; boundary=\"b1\"\r\n\
\r\n\
before\r\n\
--b1\r\n\
Content-Type: multipart/alternative; boundary=b1a\r\n\
\r\n\
--b1a\r\n\
Content-Type: text/plain; charset=iso-8859-1\r\n\
Content-Transfer-Encoding: quoted-printable\r\n\
\r\n\
caf=E9 41=\r\n\
11\r\n\
--b1a\r\n\
Content-Type: text/html; charset=utf-8\r\n\
Content-Transfer-Encoding: base64\r\n\
\r\n\
PHA+Y2FyZCA0MTExPC9wPg==\r\n\
--b1a--\r\n\
--b1\r\n\
Content-Type: text/csv; name*0*=utf-8''M%C3%BC; name*1*=ller.csv\r\n\
Content-Disposition: attachment; filename=\"4111.csv\"\r\n\
\r\n\
a;4111\r\n\
--b1\r\n\
Content-Type: message/rfc822\r\n\
\r\n\
From: x@example.org\r\n\
Subject: inner\r\n\
\r\n\
inner 4111\r\n\
--b1--\r\n\
after 4111\r\n";

#[test]
fn headers_bodies_and_attachments_are_read() {
    let document = read(MAIL.as_bytes());
    assert_eq!(
        told(&document),
        [
            (
                "!header",
                "From: Jürgen Müller <j@example.org>\nSubject: long subject 4111\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b1\"\n"
            ),
            ("!1", "before"),
            ("!3", "café 4111"),
            ("!4", "card 4111\n"),
            (
                "!5/header",
                "Content-Type: text/csv; name*0*=utf-8''Mü; name*1*=ller.csv\nContent-Disposition: attachment; filename=\"4111.csv\"\n"
            ),
            ("!5", "a;4111"),
            ("!6!header", "From: x@example.org\nSubject: inner\n"),
            ("!6!1", "inner 4111"),
            ("!7", "after 4111\r\n"),
        ]
    );
}

#[test]
fn values_are_replaced_everywhere() {
    let document = read(MAIL.as_bytes());
    let mut edits = Vec::new();
    for (path, text) in told(&document) {
        for (at, value) in text.match_indices("4111").chain(text.match_indices("Müller")) {
            edits.push(Edit::Replace { path: path.into(), span: at..at + value.len(), with: "[•x]".into() });
        }
    }
    let got = crate::rewrite(&file(MAIL.as_bytes()), &Limits::default(), &edits).expect("is written");
    let again = read(&got);
    let texts = told(&again);
    assert!(texts.iter().all(|(_, text)| !text.contains("4111") && !text.contains("Müller")), "{texts:?}");
    assert_eq!(texts.len(), told(&document).len());
    for (path, want) in [
        ("!3", "café [*x]"),
        ("!4", "card [•x]\n"),
        ("!5", "a;[*x]"),
        ("!6!1", "inner [*x]"),
        ("!6!header", "From: x@example.org\nSubject: inner\n"),
    ] {
        assert!(texts.contains(&(path, want)), "{path} {texts:?}");
    }
    let parsed = mail(&got);
    assert!(parsed.contains("From: Jürgen [*x] <j@example.org>\nSubject: long subject [*x]\n"), "{parsed}");
    assert!(!got.windows(8).any(|w| w == b"NDExMQ=="));
}

fn mail(octets: &[u8]) -> String {
    told(&read(octets)).first().map(|(_, text)| (*text).to_owned()).unwrap_or_default()
}

#[test]
fn parts_are_removed() {
    let edits = [Edit::Remove { path: "!5".into() }, Edit::Remove { path: "!3".into() }];
    let got = crate::rewrite(&file(MAIL.as_bytes()), &Limits::default(), &edits).expect("is written");
    let document = read(&got);
    let texts = told(&document);
    assert!(!texts.iter().any(|(_, text)| text.contains("csv") || text.contains("café")), "{texts:?}");
    assert!(texts.iter().any(|(_, text)| text.contains("inner 4111")), "{texts:?}");
    let plain = b"Subject: x\nFrom: y\n\nbody 4111\n";
    let got = crate::rewrite(&file(plain), &Limits::default(), &[Edit::Remove { path: "!1".into() }]);
    assert_eq!(got, Ok(b"Subject: x\nFrom: y\n\n".to_vec()));
}

#[test]
fn a_text_that_needs_more_than_seven_bits_says_so() {
    let plain = b"Subject: x\nFrom: y\nContent-Type: text/plain; charset=utf-8\n\ncard 4111\n";
    let edits = [Edit::Replace { path: "!1".into(), span: 5..9, with: "[•]".into() }];
    let got = crate::rewrite(&file(plain), &Limits::default(), &edits).expect("is written");
    let want = "Subject: x\nFrom: y\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\ncard [=E2=80=A2]\n";
    assert_eq!(String::from_utf8(got).expect("is text"), want);
}

#[test]
fn what_contradicts_itself_is_read_both_ways() {
    let twice =
        b"From: x\nSubject: y\nContent-Transfer-Encoding: base64\nContent-Transfer-Encoding: 7bit\n\nY2FyZCA0MTEx\n";
    let document = read(twice);
    let texts = told(&document);
    assert!(texts.contains(&("!1", "card 4111")) && texts.contains(&("!1~2", "Y2FyZCA0MTEx\n")), "{texts:?}");
    let edits = [Edit::Replace { path: "!1".into(), span: 5..9, with: String::new() }];
    assert_eq!(crate::rewrite(&file(twice), &Limits::default(), &edits), Err(Unwritable::Ambiguous));
}

#[test]
fn nesting_is_bounded() {
    let mut deep = String::new();
    for level in 0..30_000 {
        deep.push_str(&format!("Content-Type: multipart/mixed; boundary=b{level}\nSubject: x\n\n--b{level}\n"));
    }
    let document = read(deep.as_bytes());
    assert!(document.parts.len() < 100);
    assert!(told(&document).iter().any(|(_, text)| *text == "over_limit"));
    let inner = "From: a\nSubject: b\nContent-Type: message/rfc822\n\n".repeat(30_000);
    let document = read(inner.as_bytes());
    assert_eq!(told(&document).last().map(|p| p.1), Some("over_limit"));
    let many =
        format!("From: a\nSubject: b\nContent-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(30_000));
    let document = read(many.as_bytes());
    assert!(document.parts.len() <= 2100, "{}", document.parts.len());
    assert_eq!(told(&document).last().map(|p| p.1), Some("over_limit"));
}
