//! cpio: with numbers in hexadecimal digits (`newc`, with and without checksums) and in octal ones (`odc`). Only read.

use super::members::{Item, Walked, give, words};
use crate::File;
use crate::reading::Reading;

/// The last member.
const TRAILER: &[u8] = b"TRAILER!!!";

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    let walked = walk(file.octets, reading.limits().members_max);
    give(at, file.octets, &walked, reading);
}

/// Does one begin here?
pub(crate) fn is_header(octets: &[u8]) -> bool {
    Header::read(octets).is_some()
}

/// What a header says.
struct Header {
    /// Octets that it takes.
    bytes: usize,
    name_bytes: usize,
    data_bytes: usize,
    /// Names and octets end at a multiple of this.
    align: usize,
}

impl Header {
    fn read(octets: &[u8]) -> Option<Header> {
        let is_new = octets.starts_with(b"070701") || octets.starts_with(b"070702");
        let (bytes, radix, align) = if is_new { (110, 16, 4) } else { (76, 8, 1) };
        let header = octets.get(..bytes).filter(|_| is_new || octets.starts_with(b"070707"))?;
        let digits = std::str::from_utf8(header).ok().filter(|h| h.chars().all(|c| c.is_digit(radix)))?;
        let number = |from: usize, to: usize| usize::from_str_radix(digits.get(from..to)?, radix).ok();
        let (name_bytes, data_bytes) =
            if is_new { (number(94, 102)?, number(54, 62)?) } else { (number(59, 65)?, number(65, 76)?) };
        Some(Header { bytes, name_bytes, data_bytes, align })
    }
}

fn walk(octets: &[u8], members_max: usize) -> Walked<'_> {
    let mut walked = Walked::default();
    // Each turn takes a header at least.
    while let Some(header) = octets.get(walked.end..).and_then(Header::read) {
        let from = walked.end;
        let within = |at: usize| at.min(octets.len());
        // Counted from its own beginning: archives stand behind one another at any place.
        let aligned = |at: usize| within((at - from).next_multiple_of(header.align) + from);
        let name_at = from + header.bytes;
        let name_end = within(name_at.saturating_add(header.name_bytes));
        let start = aligned(name_end);
        let end = within(start.saturating_add(header.data_bytes));
        let name = octets.get(name_at..name_end).unwrap_or_default();
        let name = name.strip_suffix(b"\0").unwrap_or(name);
        if name == TRAILER && header.data_bytes == 0 {
            walked.end = start;
            break;
        }
        if walked.items.len() >= members_max {
            walked.is_cut = true;
            break;
        }
        let data = octets.get(start..end).unwrap_or_default();
        let is_whole = data.len() == header.data_bytes;
        walked.items.push(Item { name: words(name), note: String::new(), data, is_whole });
        walked.end = aligned(end);
    }
    walked
}

#[cfg(test)]
mod tests {
    use crate::archive::tests::{bounded, told};

    fn newc(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, data) in members.iter().copied().chain([("TRAILER!!!", b"".as_slice())]) {
            let (size, name_size) = (data.len(), name.len() + 1);
            out.extend(
                format!("070701{:08x}{:08x}{}{size:08X}{}", 7, 0o100_644, "0".repeat(32), "0".repeat(32)).bytes(),
            );
            out.extend(format!("{name_size:08X}{:08x}{name}\0", 0).bytes());
            out.resize(out.len().next_multiple_of(4), 0);
            out.extend_from_slice(data);
            out.resize(out.len().next_multiple_of(4), 0);
        }
        out
    }

    fn odc(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, data) in members.iter().copied().chain([("TRAILER!!!", b"".as_slice())]) {
            let (size, name_size) = (data.len(), name.len() + 1);
            out.extend(format!("070707{}{:011o}{name_size:06o}{size:011o}{name}\0", "0".repeat(42), 0).bytes());
            out.extend_from_slice(data);
        }
        out
    }

    #[test]
    fn members_and_their_names_are_texts() {
        type Make = fn(&[(&str, &[u8])]) -> Vec<u8>;
        for (kind, make) in [("newc", newc as Make), ("odc", odc)] {
            let mut octets = make(&[("Ann Smith.txt", b"one 4111"), ("b", b"two"), ("empty", b"")]);
            octets.resize(octets.len().next_multiple_of(512), 0);
            let want = ["Ann Smith.txt", "one 4111", "b", "two", "empty", ""];
            let texts: Vec<String> = told(&octets).into_iter().map(|(_, text)| text).collect();
            assert_eq!(texts, want, "{kind}");
            // What stands behind the padding is read for itself, also where its last octet is gone.
            octets.extend(make(&[("c", b"three")]));
            for cut in 0..2 {
                let parts = told(&octets[..octets.len() - cut]);
                let behind = parts.iter().find(|(path, _)| path == "!trailing");
                assert!(behind.is_some_and(|(_, text)| text.contains("three")), "{kind}: {parts:?}");
            }
            // Without padding it is an archive again.
            let parts = told(&[make(&[("a", b"one")]), make(&[("c", b"three")])].concat());
            assert!(parts.contains(&("!trailing!1".into(), "three".into())), "{kind}: {parts:?}");
            // A member that is cut off.
            let mut octets = make(&[("a", b"one 4111")]);
            let at = octets.windows(8).position(|w| w == b"one 4111").unwrap();
            octets.truncate(at + 5);
            let parts = told(&octets);
            assert!(parts.contains(&("!1".into(), "malformed".into())), "{kind}: {parts:?}");
            assert!(parts.contains(&("!1~2".into(), "one 4".into())), "{kind}: {parts:?}");
        }
        // Names and sizes as large as a number can be.
        let mut huge = newc(&[("a", b"one")]);
        huge[94..102].copy_from_slice(b"ffffffff");
        huge[54..62].copy_from_slice(b"ffffffff");
        assert!(!told(&huge).is_empty());
    }

    #[test]
    fn members_are_counted() {
        bounded(&newc(&[("a", b"1 "), ("b", b"2 "), ("c", b"3 ")]), 3);
    }
}
