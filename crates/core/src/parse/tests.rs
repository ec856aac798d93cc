//! Whole messages, as data: what is read of them, and what hostile ones cost.

use super::*;
use crate::message::ReturnPath;
use crate::{Limits, ProofMode, Reporter};
use proptest::prelude::*;

fn profile() -> Profile {
    Profile {
        mailbox: "support".to_owned(),
        own: vec!["support@acme.example".to_owned()],
        staff: vec!["acme.example".to_owned()],
        reporters: vec![Reporter { from: "reports@app.example".to_owned(), customer_in_reply_to: true }],
        proof: ProofMode::AuthservId("mx.acme.example".to_owned()),
        ..Profile::default()
    }
}

fn read_octets(octets: &[u8]) -> Message {
    let mut message = read(&RawMessage::new(octets.to_vec()), &profile(), &Limits::default());
    crate::pipeline::tests::shipped().read_documents(&mut message, &mut crate::documents::InProcess::default());
    message
}

/// A message written with line feeds.
fn read_text(text: &str) -> Message {
    read_octets(text.replace('\n', "\r\n").as_bytes())
}

/// `path: text` of every text, HTML as its text.
fn texts(message: &Message) -> Vec<String> {
    message
        .texts
        .iter()
        .map(|t| {
            let text = match &t.source {
                Source::Plain(raw) => raw.expose(),
                Source::Html(page) => page.text().expose(),
            };
            format!("{}: {}", t.path.as_str(), text.trim().replace("\r\n", "|").replace('\n', "|"))
        })
        .collect()
}

fn opaque(message: &Message) -> Vec<String> {
    message.opaque.iter().map(|(path, why)| format!("{} {}", path.as_str(), why.as_str())).collect()
}

fn defects(message: &Message) -> Vec<&'static str> {
    message.defects.iter().map(|d| d.kind).collect()
}

#[test]
fn texts_of_a_message_by_section_number() {
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "one part",
            "Subject: hi\nFrom: Ann <a@b.example>\n\nbody",
            &["header/from: Ann", "header/subject: hi", "1: body"],
        ),
        ("no header", "just text\nand more", &["1: just text|and more"]),
        (
            "other fields",
            "Subject: s\nKeywords: k 1\nX-Note: n\nReceived: by x\nDKIM-Signature: b=abc\n\nb",
            &["header/subject: s", "header/keywords: k 1", "header/x-note: n", "1: b"],
        ),
        ("repeated field", "X-Note: a\nX-Note: b\n\nc", &["header/x-note: a", "header/x-note.2: b", "1: c"]),
        (
            "alternative",
            "Content-Type: multipart/alternative; boundary=b\n\npre\n--b\n\nplain\n--b\nContent-Type: text/html\n\n<p>rich</p>\n--b--\nepi",
            &["preamble: pre", "epilogue: epi", "1: plain", "2: rich"],
        ),
        (
            "nested multiparts",
            "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/alternative; boundary=ab\n\n--ab\n\none\n--ab\n\ntwo\n--ab--\n--a\n\nthree\n--a--\n",
            &["1.1: one", "1.2: two", "2: three"],
        ),
        (
            "enclosed message",
            "Content-Type: multipart/mixed; boundary=a\n\n--a\n\nsee\n--a\nContent-Type: message/rfc822\n\nSubject: in\nX-Secret: s\n\ninner\n--a--\n",
            &["1: see", "2/header: Subject: in", "2/header/x-secret: s", "2.1: inner"],
        ),
        (
            "enclosed multipart",
            "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: message/rfc822\n\nSubject: in\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\none\n--i\nContent-Type: text/csv; name=x.csv\n\n1,2\n--i--\n--a--\n",
            &["1/header: Subject: in", "1.1: one", "1.2/name: x.csv", "1.2: 1,2"],
        ),
        (
            "enclosed in base64",
            "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogaW4NCg0KaW5uZXI=\n",
            &["1/header: Subject: in", "1.1: inner"],
        ),
        (
            "digest",
            "Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: a\n\nx\n--d\n\nSubject: b\n\ny\n--d--\n",
            &["1/header: Subject: a", "1.1: x", "2/header: Subject: b", "2.1: y"],
        ),
        (
            "attachment",
            "Content-Type: multipart/mixed; boundary=a\n\n--a\n\nsee\n--a\nContent-Type: text/csv\nContent-Disposition: attachment; filename*=utf-8''k%C3%A4se.csv\nContent-Description: of Ann\n\n4111\n--a--\n",
            &["1: see", "2/content-description: of Ann", "2/name: käse.csv", "2: 4111"],
        ),
        ("no boundary", "Content-Type: multipart/mixed; boundary=a\n\nlost", &["1: lost"]),
        (
            "stray line in the header",
            "Subject: s\n\tfolded\nhello there\nX-A: b\n\nbody",
            &["header/subject: s\tfolded", "header/lines: hello there", "header/x-a: b", "1: body"],
        ),
        ("split word", "Subject: =?utf-8?B?w6TD?= =?utf-8?B?pA==?= x\n\n", &["header/subject: ää x"]),
        (
            "number over encoded words",
            "Subject: =?utf-8?Q?4111_1111?=\n =?utf-8?Q?_1111_1111?=\n\n",
            &["header/subject: 4111 1111 1111 1111"],
        ),
        (
            "uuencoded file",
            "Subject: s\n\nsee\nbegin 644 a.txt\n#8V%T\n`\nend\n",
            &["header/subject: s", "1!1/name: a.txt", "1!1: cat", "1: see|begin 644 a.txt|#8V%T|`|end"],
        ),
        (
            "group",
            "To: Friends: A <a@b.example>, c@d.example;\n\nx",
            &["header/to/group: Friends", "header/to: A", "1: x"],
        ),
        (
            "no address",
            "From: 4111 1111 <not an address>\n\nx",
            &["header/from/address: notanaddress", "header/from: 4111 1111", "1: x"],
        ),
        (
            "content after a type that lies",
            "Content-Type: text/html\nContent-Type: text/plain\n\n<p>4111</p>",
            &["1/raw: <p>4111</p>", "1: 4111"],
        ),
        ("bad base64", "Content-Transfer-Encoding: base64\n\nplain 4111!\n", &["1/raw: plain 4111!", "1: \u{fffd}"]),
    ];
    for (what, mail, want) in cases {
        let message = read_text(mail);
        let mut got = texts(&message);
        if *what == "bad base64" {
            got.pop();
            assert_eq!(got, want.get(..1).unwrap_or_default(), "{what}");
            continue;
        }
        assert_eq!(got, *want, "{what}");
        assert!(!message.over_limit, "{what}");
    }
}

#[test]
fn paths_are_unique() {
    let mail = "Content-Type: text/plain\nContent-Type: text/html\nContent-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: quoted-printable\nSubject: a\nSubject: b\nSubject: c\nFrom: a b c\nTo: x <y>, z <>, G: a@b.example;, H: c@d.example;\n\na=3Db \u{fffd}";
    let message = read_text(mail);
    let mut paths: Vec<&str> = message.texts.iter().map(|t| t.path.as_str()).collect();
    let count = paths.len();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), count, "{:?}", texts(&message));
}

#[test]
fn what_has_no_text_and_why() {
    let part = |header: &str, body: &str| {
        format!("Content-Type: multipart/mixed; boundary=a\n\n--a\n\nsee\n--a\n{header}\n\n{body}\n--a--\n")
    };
    let cases = [
        (part("Content-Type: image/png\nContent-Transfer-Encoding: base64", "iVBORw0KGgo="), "2 picture", false),
        (part("Content-Type: application/pgp-signature", "-----BEGIN PGP SIGNATURE-----"), "2 signature", false),
        (part("Content-Type: application/pdf\nContent-Transfer-Encoding: base64", "JVBERi0xLjQgL0VuY3J5cHQ="), "2 malformed", false),
        (part("Content-Type: application/x-foo\nContent-Transfer-Encoding: base64", "AAECAwQF/w=="), "2 unsupported", false),
        (part("Content-Type: text/csv\nContent-Transfer-Encoding: base64", "AAECAwQF/w=="), "2 unsupported", false),
        ("Content-Type: multipart/encrypted; boundary=a\n\n--a\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--a\nContent-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\n--a--\n".to_owned(), "1 encrypted,2 encrypted", true),
        ("Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\nContent-Transfer-Encoding: base64\n\nMIAGCSqGSIb3DQEHA6CA\n".to_owned(), "1 encrypted", true),
        (
            part("Content-Type: message/rfc822", "Content-Type: multipart/encrypted; boundary=e\n\n--e\nContent-Type: application/octet-stream\n\nx\n--e--"),
            "2.1 encrypted",
            true,
        ),
        ("Subject: x\n\n-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----\n".to_owned(), "1 encrypted", true),
        ("Subject: x\n\nHello\n-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----\n".to_owned(), "1 encrypted", false),
    ];
    for (mail, want, whole) in cases {
        let message = read_text(&mail);
        assert_eq!((opaque(&message).join(","), message.whole_encrypted), (want.to_owned(), whole), "{mail}");
    }
}

#[test]
fn what_is_let_through_unseen_is_read_where_it_can_be() {
    let mail = "Content-Type: multipart/mixed; boundary=a\n\n--a\n\nsee\n--a\nContent-Type: application/pgp-signature\n\ncard 4111\n--a\nContent-Type: text/plain; name=b.txt\n\nGIF89a 4111\n--a--\n";
    let message = read_text(mail);
    assert_eq!(opaque(&message), ["2 signature"]);
    let seen = texts(&message);
    assert!(seen.contains(&"2/raw: card 4111".to_owned()) && seen.contains(&"3: GIF89a 4111".to_owned()), "{seen:?}");
}

#[test]
fn an_encoding_that_is_named_again_and_again_is_undone_once() {
    let named = "Content-Transfer-Encoding: quoted-printable\nContent-Transfer-Encoding: base64\n".repeat(900);
    let message = read_text(&format!("Subject: x\n{named}\nYWJj=\n"));
    assert!(message.texts.len() <= 6, "{}", message.texts.len());
}

#[test]
fn facts_of_the_header() {
    let message = read_text(
        "Return-Path: <>\nReceived: by a\nReceived: by b\nFrom: \"Lee, Ann\" <Ann@B.Example>\nTo: support@acme.example\nCc: u: x@y.example;\nDate: Tue, 5 Mar 2024 10:00:00 +0100\n\
         Message-ID: <a b@c>\nIn-Reply-To: <r@x> (of Tuesday)\nReferences: <1@x>\n <2@x>\nSubject: Re: [#77] LZ-7K2Q-M4XD\nX-Spam-Flag: YES\nX-Lazaret-Copy: v1.abc\n\nx",
    );
    let e = &message.envelope;
    assert_eq!(e.return_path, ReturnPath::Null);
    assert_eq!(e.from.first().and_then(|a| a.addr.as_ref()).map(|a| a.as_str()), Some("Ann@b.example"));
    assert_eq!(e.cc.len(), 1);
    assert_eq!(e.date, Some(1_709_629_200));
    assert_eq!(e.message_id.as_deref(), Some("ab@c"));
    assert_eq!(e.in_reply_to.as_deref(), Some("r@x"));
    assert_eq!(e.references, ["1@x", "2@x"]);
    assert_eq!(e.subject_refs, ["[#77]", "LZ-7K2Q-M4XD"]);
    assert_eq!((message.junk, message.hops, message.own_copy.as_deref()), (true, 2, Some("v1.abc")));
    assert_eq!(message.customer.as_ref().map(|a| a.as_str()), Some("Ann@b.example"));
}

#[test]
fn long_lists_of_references_keep_both_ends() {
    let all: String = (0..150).map(|n| format!(" <{n}@x>\n")).collect();
    let message = read_text(&format!("References:{all}\nx"));
    let ids = &message.envelope.references;
    assert_eq!(
        (ids.len(), ids.first().map(String::as_str), ids.last().map(String::as_str)),
        (100, Some("0@x"), Some("149@x"))
    );
}

#[test]
fn one_sender_or_none() {
    let pass = "Authentication-Results: mx.acme.example; dmarc=pass\n";
    let cases = [
        ("From: a@b.example\n", Some("a@b.example"), Proof::Pass),
        ("From: a@b.example, c@d.example\n", None, Proof::None),
        ("From: a@b.example\nFrom: c@d.example\n", None, Proof::None),
        ("From: G: a@b.example, c@d.example;\n", None, Proof::None),
        ("From: <a@x.example>(b@y.example)\n", Some("a@x.example"), Proof::Pass),
        ("From: =?utf-8?Q?c=40d.example?= <a@b.example>\n", Some("a@b.example"), Proof::Pass),
        ("From: =?utf-8?Q?c=40d.example=2C_x?=\n", None, Proof::None),
        ("From: \"a@b.example\" <>\n", None, Proof::None),
        ("Subject: x\n", None, Proof::None),
        ("From: reports@app.example\nReply-To: Cust <c@d.example>\n", Some("c@d.example"), Proof::Pass),
        ("From: reports@app.example\nReply-To: c@d.example, e@f.example\n", Some("reports@app.example"), Proof::Pass),
    ];
    for (header, customer, proof) in cases {
        let message = read_text(&format!("{pass}{header}\nx"));
        assert_eq!((message.customer.as_ref().map(|a| a.as_str()), message.proof), (customer, proof), "{header}");
    }
    let unproven = read_text("From: reports@app.example\nReply-To: c@d.example\n\nx");
    assert_eq!(unproven.customer.as_ref().map(|a| a.as_str()), Some("reports@app.example"));
}

#[test]
fn staff_must_be_proven() {
    let mail = "From: mia@acme.example\n\nx";
    assert!(!read_text(mail).staff);
    assert!(read_text(&format!("Authentication-Results: mx.acme.example; dmarc=pass\n{mail}")).staff);
    assert!(!read_text(&format!("Authentication-Results: mx.evil.example; dmarc=pass\n{mail}")).staff);
}

#[test]
fn language_where_it_is_clear() {
    let german = "Guten Tag, seit gestern kann ich mich nicht mehr anmelden, das Kennwort wird nicht angenommen.";
    assert_eq!(
        read_text(&format!("Subject: x\n\n{german}\n> The quoted text is English and longer than the other one.\n"))
            .language
            .as_deref(),
        Some("de")
    );
    assert_eq!(read_text("Subject: x\n\nHilfe").language, None);
}

#[test]
fn bounces_name_what_did_not_arrive() {
    let report = "From: MAILER-DAEMON@x.example\nMessage-ID: <own@x>\nSubject: Undelivered Mail Returned to Sender\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
                  --b\n\nfailed\n--b\nContent-Type: message/delivery-status\n\nStatus: 5.1.1\n--b\nContent-Type: ";
    let cases = [
        format!("{report}message/rfc822\n\nMessage-ID: <gone@x>\nSubject: s\n\nx\n--b--\n"),
        format!("{report}text/rfc822-headers\n\nSubject: s\nMessage-ID: <gone@x>\n\n--b--\n"),
        "From: MAILER-DAEMON@x.example\nSubject: failure notice\n\nuser unknown\n--- Below is a copy\nMessage-ID: <gone@x>\n".to_owned(),
        // What we forwarded has an id of ours beside the customer's.
        format!("{report}message/rfc822\n\nResent-Message-ID: <gone@x>\nSubject: s\n\nx\n--b--\n"),
        format!("{report}text/rfc822-headers\n\nResent-Message-ID: <gone@x>\n\n--b--\n"),
    ];
    for mail in cases {
        let message = read_text(&mail);
        assert_eq!((message.class, message.bounced_ids.join(",")), (Class::Bounce, "gone@x".to_owned()), "{mail}");
    }
}

#[test]
fn classes() {
    use Class::*;
    let cases = [
        ("From: a@b.example\nSubject: printer\n", "does not print", Human),
        ("From: Support@Acme.example\n", "x", Own),
        ("From: a@b.example\nAuto-Submitted: Auto-Replied; x=y\n", "x", Auto),
        ("From: a@b.example\nAuto-Submitted: no\nAuto-Submitted: auto-generated\n", "x", Auto),
        ("From: a@b.example\nAuto-Submitted: no\n", "x", Human),
        ("From: a@b.example\nPrecedence: bulk\n", "x", Auto),
        ("From: a@b.example\nPrecedence: list\n", "x", List),
        ("From: a@b.example\nList-Id: <l.x.example>\n", "x", List),
        ("From: a@b.example\nList-Unsubscribe: <mailto:u@x.example>\nPrecedence: bulk\n", "x", List),
        ("From: a@b.example\nX-Auto-Response-Suppress: DR, RN\n", "x", Human),
        ("From: a@b.example\nX-Auto-Response-Suppress: DR, AutoReply\n", "x", Auto),
        ("From: a@b.example\nX-Autoreply: no\n", "x", Human),
        ("From: no-reply@b.example\n", "x", Auto),
        ("From: noreen@b.example\n", "x", Human),
        ("Return-Path: <>\nFrom: a@b.example\nSubject: hello\n", "x", Auto),
        ("From: a@b.example\nSubject: Automatische Antwort: Anfrage\n", "x", Auto),
        ("From: a@b.example\nSubject: your automatic reply is wrong\n", "x", Human),
        (
            "From: a@b.example\nSubject: delivery failed, where is my parcel\n",
            "the parcel was not delivered to the following",
            Human,
        ),
        (
            "From: a@b.example\nSubject: Fwd: Undelivered Mail Returned to Sender\n",
            "why? 550 5.1.1 user unknown",
            Human,
        ),
        (
            "From: a@b.example\nSubject: Undelivered Mail Returned to Sender\n",
            "host x said: 550 5.1.1 user unknown",
            Bounce,
        ),
        ("From: no-reply@b.example\nSubject: メールエラー通知\n", "送信できませんでした。", Bounce),
        ("From: a@b.example\nSubject: undeliverable mail to you\n", "my mail to you comes back, please help", Human),
        (
            "From: Mail Delivery System <MAILER-DAEMON@b.example>\nSubject: Mail delivery failed\n",
            "user unknown",
            Bounce,
        ),
        ("From: postmaster@b.example\nSubject: Недоставленное сообщение\n", "не может быть доставлен", Bounce),
        (
            "From: a@b.example\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n",
            "--b\n\nread\n--b--",
            Report,
        ),
        ("From: a@b.example\nContent-Type: text/calendar; method=REPLY\n", "BEGIN:VCALENDAR", Auto),
        ("From: a@b.example\nContent-Type: text/calendar; method=REQUEST\n", "BEGIN:VCALENDAR", Human),
    ];
    for (header, body, want) in cases {
        assert_eq!(read_text(&format!("{header}\n{body}")).class, want, "{header}");
    }
}

/// What the bounds are, from both sides.
#[test]
fn limits_are_exact() {
    let limits = Limits {
        parts_max: 3,
        nesting_depth_max: 2,
        header_bytes_max: 100,
        header_fields_max: 3,
        addresses_max: 2,
        ..Limits::default()
    };
    let over = |mail: &str| {
        let message = RawMessage::new(mail.replace('\n', "\r\n").into_bytes());
        let tree = read(&message, &profile(), &limits);
        if tree.over_limit {
            assert!(!tree.texts.iter().any(|t| t.home == Home::Body), "{mail}");
        }
        tree.over_limit
    };
    let parts = |n: usize| format!("Content-Type: multipart/mixed; boundary=a\n\n{}--a--\n", "--a\n\nx\n".repeat(n));
    let nested = |n: usize| format!("{}Subject: x\n\nx", "Content-Type: message/rfc822\n\n".repeat(n));
    let field = |n: usize| format!("S: {}\n\nx", "y".repeat(n - 5));
    let fields = |n: usize| format!("{}\nx", "A: b\n".repeat(n));
    let addresses = |n: usize| format!("To: {}\n\nx", vec!["a@b.example"; n].join(", "));
    let cases: [(&str, [(String, bool); 3]); 5] = [
        ("parts", [2, 3, 4].map(|n| (parts(n), n > 3))),
        ("depth", [1, 2, 3].map(|n| (nested(n), n > 2))),
        ("header octets", [99, 100, 101].map(|n| (field(n), n > 100))),
        ("header fields", [2, 3, 4].map(|n| (fields(n), n > 3))),
        ("addresses", [1, 2, 3].map(|n| (addresses(n), n > 2))),
    ];
    for (what, cases) in cases {
        for (at, (mail, want)) in cases.iter().enumerate() {
            assert_eq!(over(mail), *want, "{what}, case {at}");
        }
    }
    let text = Limits { text_bytes_max: 10, ..Limits::default() };
    for n in [9, 10, 11] {
        let message = read(&RawMessage::new(format!("S: x\n\n{}", "y".repeat(n)).into_bytes()), &profile(), &text);
        assert_eq!(opaque(&message).contains(&"1 over_limit".to_owned()), n > 10);
    }
    let whole = Limits { message_bytes_max: 20, ..Limits::default() };
    for n in [19, 20, 21] {
        let mail = format!("Subject: x\n\n{}", "y".repeat(n - 12));
        let message = read(&RawMessage::new(mail.into_bytes()), &profile(), &whole);
        assert_eq!((message.over_limit, message.texts.len()), (n > 20, if n > 20 { 1 } else { 2 }), "{n}");
    }
}

/// Nothing here may end the process or take memory beyond a small multiple of the message.
#[test]
fn hostile_messages_end_quickly_with_an_answer() {
    let deep = |unit: &str, n: usize| unit.repeat(n).into_bytes();
    let mut inner = b"Subject: x\r\n\r\nx".to_vec();
    for _ in 0..25 {
        let body = base64_of(&inner);
        inner =
            format!("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{body}\r\n").into_bytes();
        if inner.len() > 2_000_000 {
            break;
        }
    }
    let siblings: String = (0..400).map(|n| format!("--a\nContent-Type: multipart/mixed; boundary=z{n}\n\n")).collect();
    let cases: Vec<(&str, Vec<u8>, bool)> = vec![
        ("empty", Vec::new(), false),
        ("zeros", vec![0; 100_000], false),
        ("all octets", (0..=255_u8).cycle().take(100_000).collect(), false),
        ("header without end", [b"Subject: ".to_vec(), vec![b'x'; 8 << 20]].concat(), true),
        ("many fields", deep("X: y\n", 1_000_000), true),
        ("many junk lines", [b"Subject: x\n".to_vec(), deep("junk\n", 200_000)].concat(), true),
        ("nested messages", deep("Content-Type: message/rfc822\n\n", 30_000), true),
        ("nested digests", deep("Content-Type: multipart/digest; boundary=a\n\n--a\n\n", 30_000), true),
        (
            "nested multiparts",
            (0..30_000)
                .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n"))
                .collect::<String>()
                .into_bytes(),
            true,
        ),
        (
            "many parts",
            [b"Content-Type: multipart/mixed; boundary=a\n\n".to_vec(), deep("--a\n\nx\n", 30_000)].concat(),
            true,
        ),
        ("encoded messages in each other", inner, true),
        (
            "multiparts that never begin",
            format!("Content-Type: multipart/mixed; boundary=a\n\n{siblings}{}", "--x\n".repeat(500_000)).into_bytes(),
            false,
        ),
        ("many addresses", format!("To: {}\n\nx", "a@b.example,".repeat(80_000)).into_bytes(), true),
        ("commas", format!("To: {}\n\nx", ",".repeat(1_000_000)).into_bytes(), false),
        ("comments in a date", format!("Date: {}\n\nx", "(".repeat(500_000)).into_bytes(), false),
        ("comments in an address", format!("From: a@b.example {}\n\nx", "(".repeat(500_000)).into_bytes(), false),
        ("words that never end", format!("Subject: {}\n\nx", "=?utf-8?q?x".repeat(80_000)).into_bytes(), false),
        ("parameters", format!("Content-Type: text/plain{}\n\nx", ";a*1*=x".repeat(100_000)).into_bytes(), false),
        ("ids", format!("References: {}\n\nx", "<a@b>".repeat(150_000)).into_bytes(), false),
        (
            "uuencoded files that never end",
            format!("Subject: x\n\n{}", "begin 644 a\n".repeat(300_000)).into_bytes(),
            false,
        ),
        (
            "equals signs",
            format!("Content-Transfer-Encoding: quoted-printable\n\n{}", "=".repeat(2_000_000)).into_bytes(),
            false,
        ),
        ("bare carriage returns", b"From: a@b.example\rSubject: x\r\rbody".to_vec(), false),
    ];
    for (what, octets, over) in cases {
        assert_eq!(read_octets(&octets).over_limit, over, "{what}");
    }
}

fn base64_of(octets: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(octets)
}

#[test]
fn broken_messages_say_so() {
    let cases = [
        ("x", "no-header"),
        ("Date: never\n\nx", "bad-date"),
        ("Content-Type: text/plain; charset=x-none\n\nx", "bad-charset"),
        ("Content-Transfer-Encoding: base64\n\n!!!!\n", "bad-encoding"),
        ("Content-Type: multipart/mixed; boundary=a\n\nx", "no-boundary"),
        ("Content-Type: multipart/mixed; boundary=a\n\n--a\n\nx", "unclosed-boundary"),
        ("Content-Type: text/plain\nContent-Type: text/html\n\nx", "mime-ambiguous"),
        ("Content-Type: multipart/mixed; boundary=a; boundary=b\n\n--a\n\nx\n--a--\n", "mime-ambiguous"),
        (
            "Content-Type: multipart/mixed; boundary=a\n\n--a\n\nx\n--a--\n--a\nContent-Transfer-Encoding: base64\n\neA==\n",
            "stray-parts",
        ),
        ("Subject: a\nSubject: b\n\nx", "duplicate-field"),
        ("Subject: a\nno field\n\nx", "bad-header"),
    ];
    for (mail, defect) in cases {
        assert!(defects(&read_text(mail)).contains(&defect), "{defect}: {:?}", defects(&read_text(mail)));
    }
    assert!(defects(&read_text("Subject: fine\n\nx")).is_empty());
}

/// Pieces of mail that meet each other in every way.
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        &b"Content-Type: multipart/mixed; boundary=a\n"[..],
        b"Content-Type: message/rfc822\n",
        b"Content-Type: text/html\n",
        b"Content-Transfer-Encoding: base64\n",
        b"Content-Transfer-Encoding: quoted-printable\n",
        b"\n",
        b"\n\n",
        b"--a\n",
        b"--a--\n",
        b"--ab\n",
        b"\r\n",
        b"Subject: =?utf-8?B?",
        b"?=",
        b"From: ",
        b"<a@b.example>",
        b"\"",
        b"(",
        b")",
        b",",
        b":",
        b";",
        b"\xff\xfe",
        b"=C3",
        b"name*0*=utf-8''x;",
        b"text",
        b" ",
        b"\t",
        b"\0",
        b"begin 644 x\n",
        b"end\n",
        b"charset=utf-16\n",
        b"wrote:\n",
        b"> q\n",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|p| p.concat())
}

proptest! {
    #[test]
    fn any_octets_give_an_answer(octets in prop_oneof![prop::collection::vec(any::<u8>(), 0..600), fragments()]) {
        let message = read_octets(&octets);
        let mut paths: Vec<&str> = message.texts.iter().map(|t| t.path.as_str()).collect();
        let count = paths.len();
        paths.sort_unstable();
        paths.dedup();
        prop_assert_eq!(paths.len(), count);
        for text in &message.texts {
            if let Home::Attachment(at) | Home::AttachmentName(at) = text.home {
                prop_assert!(at < message.attachments.len());
            }
        }
    }
}
