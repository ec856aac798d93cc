//! Volumes that the tests make, and what is read from them.

use super::walk::{RECORDS_MAX, SECTOR, Walk};
use crate::archive::tests::{bounded, told};
use crate::{File, Limits, Unwritable};

/// A record of a folder.
fn record(name: &[u8], sector: usize, size: usize, is_folder: bool, fields: &[u8]) -> Vec<u8> {
    let both = |n: usize| [(n as u32).to_le_bytes(), (n as u32).to_be_bytes()].concat();
    let mut out = vec![0, 0];
    out.extend(both(sector));
    out.extend(both(size));
    out.extend([0; 7]);
    out.push(if is_folder { 2 } else { 0 });
    out.extend([0, 0, 1, 0, 0, 1]);
    out.push(name.len() as u8);
    out.extend_from_slice(name);
    out.resize(out.len().next_multiple_of(2), 0);
    out.extend_from_slice(fields);
    out.resize(out.len().next_multiple_of(2), 0);
    out[0] = out.len() as u8;
    out
}

struct Volume(Vec<u8>);

impl Volume {
    fn put(&mut self, sector: usize, at: usize, octets: &[u8]) {
        let at = sector * SECTOR + at;
        let end = (at + octets.len()).next_multiple_of(SECTOR);
        self.0.resize(self.0.len().max(end), 0);
        self.0[at..at + octets.len()].copy_from_slice(octets);
    }

    fn descriptor(&mut self, sector: usize, kind: u8, publisher: &[u8], root: usize) {
        self.put(sector, 0, &[kind]);
        self.put(sector, 1, b"CD001\x01");
        self.put(sector, 318, publisher);
        if kind == 2 {
            self.put(sector, 88, b"%/E");
        }
        self.put(sector, 156, &record(&[0], root, SECTOR, true, &[]));
    }
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

/// A folder with a file in it, and files with long names; every value ends in 4111.
fn volume() -> Volume {
    let mut volume = Volume(vec![0; 16 * SECTOR]);
    volume.descriptor(16, 1, b"publisher 4111", 20);
    volume.descriptor(17, 2, &wide("J\u{f6}rg 4111"), 21);
    volume.put(18, 0, b"\xffCD001\x01");
    let own = [record(&[0], 20, SECTOR, true, &[]), record(&[1], 20, SECTOR, true, &[])].concat();
    let long = b"NM\x0e\x01\0long 4111CE\x1c\x01\x19\0\0\0\0\0\0\x19\x05\0\0\0\0\0\0\x05\x0a\0\0\0\0\0\0\x0a";
    let link = b"SL\x0c\x01\0\0\x05lnk41";
    let root = [
        own.clone(),
        record(b"FOLDER", 22, SECTOR, true, &[]),
        record(b"A.TXT;1", 23, 8, false, long),
        record(b"LINK", 0, 0, false, link),
    ];
    volume.put(20, 0, &root.concat());
    let joliet = [own, record(&wide("a long.txt"), 23, 8, false, &[]), record(&wide("only.txt"), 24, 9, false, &[])];
    volume.put(21, 0, &joliet.concat());
    // The folder holds itself, too.
    let inner = [record(b"B.TXT;1", 26, 8, false, &[]), record(b"ROUND", 22, SECTOR, true, &[])];
    volume.put(22, 0, &inner.concat());
    volume.put(23, 0, b"one 4111");
    volume.put(23, 100, b"slack 4111");
    volume.put(24, 0, b"only 4111");
    volume.put(25, 5, b"NM\x0a\0\0-more");
    volume.put(26, 0, b"two 4111");
    volume.put(28, 50, b"in no file 4111");
    volume
}

#[test]
fn files_names_and_gaps_are_texts() {
    let octets = volume().0;
    let parts = told(&octets);
    let texts: Vec<&str> = parts.iter().map(|(_, text)| text.as_str()).collect();
    for text in [
        "one 4111",
        "two 4111",
        "only 4111",
        "slack 4111",
        "in no file 4111",
        "a long.txt",
        "long 4111-more\nA.TXT;1",
        "/lnk41",
        "B.TXT;1",
        "FOLDER",
    ] {
        assert!(texts.contains(&text), "{text}: {parts:?}");
    }
    let of = |path: &str| parts.iter().find(|(p, _)| p == path).map(|(_, text)| text.clone());
    assert_eq!(of("!volume"), Some("publisher 4111\nJ\u{f6}rg 4111\n".into()));
    // What stands in the folders of both kinds is read once.
    assert_eq!(texts.iter().filter(|text| **text == "one 4111").count(), 1);
    let file = File { octets: &octets, name: "", media_type: "", passwords: &[] };
    assert_eq!(crate::rewrite(&file, &Limits::default(), &[]), Err(Unwritable::Format));
    let coverage = crate::read(&file, &Limits::default()).coverage;
    let sum = coverage.scanned_bytes + coverage.decoded_bytes + coverage.unexamined_bytes;
    assert_eq!(sum, octets.len() as u64);
}

#[test]
fn what_lies_beyond_the_end_is_malformed() {
    let mut volume = volume();
    volume.put(22, 0, &record(b"B.TXT;1", 28, 3 * SECTOR, false, &[]));
    let parts = told(&volume.0);
    assert!(parts.iter().any(|(path, text)| path == "!4" && text == "malformed"), "{parts:?}");
    for cut in (0..volume.0.len()).step_by(333) {
        told(&volume.0[..cut]);
    }
}

#[test]
fn what_files_are_together_is_bounded() {
    let mut volume = Volume(vec![0; 16 * SECTOR]);
    volume.descriptor(16, 1, b"", 20);
    volume.put(18, 0, b"");
    let files: Vec<u8> = (0..3u8).flat_map(|n| record(&[b'A' + n], 21, 100 - usize::from(n), false, &[])).collect();
    volume.put(20, 0, &files);
    volume.put(21, 0, &[b'x'; 100]);
    // 100, 99 and 98 octets of the same place.
    for (most, want) in [(296, 1), (297, 0), (298, 0)] {
        let limits = Limits { inflated_bytes_max: most, ..Limits::default() };
        let file = File { octets: &volume.0, name: "", media_type: "", passwords: &[] };
        let parts = crate::read(&file, &limits).parts;
        let over = parts.iter().filter(|p| p.content == crate::Content::Opaque(crate::Why::OverLimit)).count();
        assert_eq!(over, want, "{most}");
    }
    bounded(&volume.0, 3);
}

#[test]
fn records_are_counted() {
    for (count, is_cut) in [(RECORDS_MAX - 1, false), (RECORDS_MAX, false), (RECORDS_MAX + 1, true)] {
        let mut volume = Volume(vec![0; 16 * SECTOR]);
        volume.put(16, 0, &[1]);
        volume.put(16, 1, b"CD001\x01");
        volume.put(16, 156, &record(&[0], 17, count, true, &[]));
        // Each is a record of an octet, too short to be one.
        volume.put(17, 0, &vec![1; count]);
        let mut walk = Walk::new(&volume.0, 10);
        walk.all();
        assert_eq!((walk.is_cut, walk.entries.len()), (is_cut, 0), "{count}");
    }
}
