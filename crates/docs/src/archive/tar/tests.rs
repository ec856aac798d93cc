//! Archives that the tests make, and what is read from them.

use crate::{Content, Document, Edit, File, Limits, Unwritable};
use tar::{Builder, EntryType, Header};

fn header(name: &str, size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.set_path(name).expect("fits");
    header.set_size(size);
    header.set_mode(0o640);
    header.set_mtime(1_000_000);
    header.set_username("ann").expect("fits");
    header.set_cksum();
    header
}

fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, content) in members {
        builder.append(&header(name, content.len() as u64), *content).expect("writes");
    }
    builder.into_inner().expect("finishes")
}

fn file(octets: &[u8]) -> File<'_> {
    File { octets, name: "a.tar", media_type: "", passwords: &[] }
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

/// A record header of PAX before a member.
fn pax(records: &[(&str, &str)], member: &[u8]) -> Vec<u8> {
    let body: String = records
        .iter()
        .map(|(key, value)| {
            let bare = key.len() + value.len() + 3;
            let length = if bare + 2 < 100 { bare + 2 } else { bare + 3 };
            format!("{length} {key}={value}\n")
        })
        .collect();
    let mut header = header("PaxHeaders/x", body.len() as u64);
    header.set_entry_type(EntryType::XHeader);
    header.set_cksum();
    let mut octets = header.as_bytes().to_vec();
    octets.extend(body.as_bytes());
    octets.resize(octets.len().next_multiple_of(512), 0);
    octets.extend(member);
    octets
}

#[test]
fn members_are_read() {
    let octets = archive(&[("a.txt", b"hello"), ("dir/b.txt", b"world")]);
    assert_eq!(
        told(&read(&octets)),
        [("!1/name", "a.txt"), ("!1", "hello"), ("!2/name", "dir/b.txt"), ("!2", "world"), ("!owners", "ann\n")]
    );
    // Old headers without a magic word, long names, links, what stands behind.
    let mut builder = Builder::new(Vec::new());
    let mut old = Header::new_old();
    old.set_path("old.txt").expect("fits");
    old.set_size(3);
    old.set_cksum();
    builder.append(&old, b"old".as_slice()).expect("writes");
    let long = "x/".repeat(80) + "end.txt";
    let mut gnu = Header::new_gnu();
    gnu.set_size(4);
    builder.append_data(&mut gnu, &long, b"long".as_slice()).expect("writes");
    let mut link = Header::new_gnu();
    link.set_entry_type(EntryType::Symlink);
    link.set_size(0);
    builder.append_link(&mut link, "l", "/etc/passwd").expect("writes");
    let mut octets = builder.into_inner().expect("finishes");
    octets.extend(b"and more");
    assert_eq!(
        told(&read(&octets)),
        [
            ("!1/name", "old.txt"),
            ("!1", "old"),
            ("!2/name", long.as_str()),
            ("!2", "long"),
            ("!3/link", "/etc/passwd"),
            ("!3/name", "l"),
            ("!trailing", "and more"),
        ]
    );
}

#[test]
fn pax_headers_are_read_and_sizes_that_differ_give_both_readings() {
    let member = archive(&[("a.txt", b"hello")]);
    let octets = pax(&[("path", "Ann Smith.txt"), ("comment", "card 4111")], &member);
    assert_eq!(told(&read(&octets))[..3], [("!1/name", "Ann Smith.txt"), ("!1", "hello"), ("!owners", "ann\n")]);
    assert!(told(&read(&octets)).contains(&("!notes", "comment=card 4111\n")));
    // By PAX the second member is the content of the first.
    let inner = archive(&[("hidden.txt", b"secret")]);
    let mut member = header("a.bin", 3).as_bytes().to_vec();
    member.extend(b"abc");
    member.resize(1024, 0);
    member.extend(&inner);
    let octets = pax(&[("size", "1536")], &member);
    let document = read(&octets);
    let texts = told(&document);
    assert!(texts.contains(&("!2", "abc")) && texts.contains(&("!3", "secret")), "{texts:?}");
    let file = file(&octets);
    assert_eq!(crate::rewrite(&file, &Limits::default(), &[]), Err(Unwritable::Ambiguous));
}

#[test]
fn what_is_cut_off_or_sparse_is_named() {
    let octets = archive(&[("a.txt", &[b'x'; 2000])]);
    let document = read(&octets[..1000]);
    assert_eq!(told(&document)[..2], [("!1/name", "a.txt"), ("!1", "malformed")]);
    let mut sparse = Header::new_gnu();
    sparse.set_path("s.bin").expect("fits");
    sparse.set_entry_type(EntryType::GNUSparse);
    sparse.set_size(4);
    sparse.set_cksum();
    let mut octets = sparse.as_bytes().to_vec();
    octets.extend(b"data");
    octets.resize(1024 + 1024, 0);
    assert_eq!(told(&read(&octets)), [("!1/name", "s.bin"), ("!1", "unsupported"), ("!1~2", "data")]);
    let limits = Limits { members_max: 3, ..Limits::default() };
    for (count, is_over) in [(2, false), (3, false), (4, true)] {
        let names: Vec<String> = (0..count).map(|n| format!("{n}")).collect();
        let members: Vec<_> = names.iter().map(|name| (name.as_str(), b"x".as_slice())).collect();
        let octets = archive(&members);
        let document = crate::read(&file(&octets), &limits);
        assert_eq!(told(&document).iter().any(|(_, text)| *text == "over_limit"), is_over, "{count}");
    }
}

#[test]
fn members_are_replaced_renamed_and_removed() {
    let octets = archive(&[("Ann/a.txt", b"card 4111 1111"), ("b.txt", b"gone"), ("c.txt", b"stays")]);
    let octets = pax(&[("comment", "card 4111")], &octets);
    let replace = |path: &str, span, with: &str| Edit::Replace { path: path.into(), span, with: with.into() };
    let long = "z".repeat(120);
    let edits = [
        replace("!1/name", 0..3, &long),
        replace("!1", 5..14, "[a much longer mark than what stood here]"),
        Edit::Remove { path: "!2".into() },
        replace("!owners", 0..3, "[user]"),
        replace("!notes", 8..12, ""),
    ];
    let got = crate::rewrite(&file(&octets), &Limits::default(), &edits).expect("is written");
    let name = format!("{long}/a.txt");
    assert_eq!(
        told(&read(&got)),
        [
            ("!1/name", name.as_str()),
            ("!1", "card [a much longer mark than what stood here]"),
            ("!2/name", "c.txt"),
            ("!2", "stays"),
            ("!owners", "[user]\n"),
        ]
    );
    let mut archive = tar::Archive::new(got.as_slice());
    let modes: Vec<_> =
        archive.entries().expect("opens").map(|e| e.expect("reads").header().mode().expect("m")).collect();
    assert_eq!(modes, [0o640, 0o640]);
    for value in [b"4111".as_slice(), b"Ann", b"ann"] {
        assert!(!got.windows(value.len()).any(|w| w == value));
    }
}
