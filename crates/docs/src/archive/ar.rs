//! ar, as Debian packages and libraries are written: with long names of GNU and of BSD. Only read.

use super::members::{Item, Walked, give, words};
use crate::File;
use crate::reading::Reading;

/// What it begins with.
pub(crate) const MAGIC: &[u8] = b"!<arch>\n";
/// Octets of a header.
const HEADER: usize = 60;

/// Gives its texts.
pub(crate) fn read(at: &str, file: &File<'_>, reading: &mut Reading<'_>) {
    let walked = walk(file.octets, reading.limits().members_max);
    give(at, file.octets, &walked, reading);
}

fn walk(octets: &[u8], members_max: usize) -> Walked<'_> {
    let mut walked = Walked { end: MAGIC.len(), ..Walked::default() };
    let mut names: &[u8] = &[];
    // Each turn takes a header at least.
    while let Some(header) = octets.get(walked.end..).and_then(|rest| rest.get(..HEADER)) {
        let field = |from: usize, to: usize| header.get(from..to).unwrap_or_default();
        let Some(size) = number(field(48, 58)).filter(|_| field(58, 60) == b"`\n") else { break };
        if walked.items.len() >= members_max {
            walked.is_cut = true;
            break;
        }
        let start = walked.end + HEADER;
        let end = start.saturating_add(size).min(octets.len());
        let mut data = octets.get(start..end).unwrap_or_default();
        let is_whole = data.len() == size;
        let own = field(0, 16).trim_ascii_end();
        let name = match own.strip_prefix(b"#1/").and_then(number) {
            // BSD: the name stands before the octets.
            Some(length) => {
                let (name, rest) = data.split_at_checked(length).unwrap_or((data, &[]));
                data = rest;
                name
            }
            None => match own.strip_prefix(b"/").and_then(number) {
                Some(at) => until(names.get(at..).unwrap_or_default(), b'\n'),
                None => own,
            },
        };
        if own == b"//" {
            names = data;
        }
        let name = if own.starts_with(b"/") && name == own { name } else { name.strip_suffix(b"/").unwrap_or(name) };
        let is_numbers = field(16, 58).iter().all(|b| b.is_ascii_digit() || *b == b' ');
        let note = if is_numbers { String::new() } else { words(field(16, 58)) };
        walked.items.push(Item { name: words(name), note, data, is_whole });
        // The next one begins at an even place.
        walked.end = end.next_multiple_of(2).min(octets.len());
    }
    walked
}

fn until(octets: &[u8], end: u8) -> &[u8] {
    octets.split(|b| *b == end).next().unwrap_or_default()
}

/// Digits, and blanks behind them.
fn number(field: &[u8]) -> Option<usize> {
    std::str::from_utf8(field.trim_ascii()).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::tests::{bounded, told};

    fn header(name: &str, size: usize) -> Vec<u8> {
        format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 100_644).into_bytes()
    }

    fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        for (name, data) in members {
            out.extend(header(name, data.len()));
            out.extend_from_slice(data);
            out.resize(out.len().next_multiple_of(2), b'\n');
        }
        out
    }

    #[test]
    fn members_and_their_names_are_texts() {
        let octets = archive(&[
            ("//", b"a very long name of Ann.txt/\nanother one.txt/\n"),
            ("a.txt/", b"one 4111"),
            ("/29", b"two"),
            ("b.txt", b"odd"),
            ("#1/8", b"c c c.txthree"),
        ]);
        let members: Vec<(String, String)> = told(&octets);
        let of = |path: &str| members.iter().find(|(p, _)| p == path).map(|(_, text)| text.as_str());
        assert_eq!([of("!2/name"), of("!2")], [Some("a.txt"), Some("one 4111")]);
        assert_eq!([of("!3/name"), of("!3")], [Some("another one.txt"), Some("two")]);
        assert_eq!([of("!4/name"), of("!4")], [Some("b.txt"), Some("odd")]);
        assert_eq!([of("!5/name"), of("!5")], [Some("c c c.tx"), Some("three")]);
        assert_eq!(of("!1").map(|text| text.contains("Ann.txt")), Some(true));
    }

    #[test]
    fn nothing_of_a_broken_one_is_lost() {
        let mut octets = archive(&[("a.txt/", b"one"), ("b.txt/", b"two 4111")]);
        octets.truncate(octets.len() - 3);
        let parts = told(&octets);
        assert!(parts.contains(&("!2".into(), "malformed".into())), "{parts:?}");
        assert!(parts.contains(&("!2~2".into(), "two 4".into())), "{parts:?}");
        let mut octets = archive(&[("a.txt/", b"one")]);
        octets.extend(b"behind it 4111");
        assert!(told(&octets).contains(&("!trailing".into(), "behind it 4111".into())));
        let mut octets = archive(&[("a.txt/", b"one")]);
        octets[24..36].copy_from_slice(b"card 4111   ");
        assert!(told(&octets).iter().any(|(path, text)| path == "!1/header" && text.contains("card 4111")));
        // A size that no file has.
        let octets = [MAGIC, &header("a", 9_999_999_999), b"x"].concat();
        assert!(told(&octets).contains(&("!1~2".into(), "x".into())));
    }

    #[test]
    fn members_are_counted() {
        bounded(&archive(&[("a/", b"1 "), ("b/", b"2 "), ("c/", b"3 ")]), 3);
    }
}
