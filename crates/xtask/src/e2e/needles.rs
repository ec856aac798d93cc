//! The search for values that must not be anywhere: as written, in UTF-16, base64 at every alignment, quoted-printable
//! and hex; in the octets as they stand and with line breaks taken out.

use aho_corasick::{AhoCorasick, MatchKind};
use anyhow::{Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use std::path::Path;

/// Values and their encodings, ready to be searched for.
pub(crate) struct Needles {
    automaton: AhoCorasick,
    /// For each pattern: which value, which encoding.
    of: Vec<(usize, &'static str)>,
    /// What a report calls each value: never the value.
    labels: Vec<String>,
    searched: std::cell::Cell<u64>,
}

/// Shorter values would be found by chance.
const VALUE_BYTES_MIN: usize = 8;

impl Needles {
    /// Values with a label each.
    pub(crate) fn new(values: &[(String, String)]) -> Result<Needles> {
        let (mut patterns, mut of, mut labels) = (Vec::<Vec<u8>>::new(), Vec::new(), Vec::new());
        for (label, value) in values {
            if value.len() < VALUE_BYTES_MIN {
                bail!("the value of {label} is too short to be searched for");
            }
            for (encoding, pattern) in encodings(value) {
                of.push((labels.len(), encoding));
                patterns.push(pattern);
            }
            labels.push(label.clone());
        }
        let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&patterns)?;
        Ok(Needles { automaton, of, labels, searched: std::cell::Cell::new(0) })
    }

    /// Octets searched so far.
    pub(crate) fn searched_bytes(&self) -> u64 {
        self.searched.get()
    }

    /// Which values are in some octets, and how they were written.
    pub(crate) fn find(&self, octets: &[u8]) -> Vec<String> {
        self.searched.set(self.searched.get() + octets.len() as u64);
        let mut out = std::collections::BTreeSet::new();
        let joined: Vec<u8> = octets.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
        let soft = without_soft_breaks(octets);
        for text in [octets, &joined, &soft] {
            for found in self.automaton.find_overlapping_iter(text) {
                let (value, encoding) = self.of[found.pattern().as_usize()];
                let beside = |at: Option<usize>| at.and_then(|i| text.get(i)).is_some_and(u8::is_ascii_digit);
                let digits = text[found.start()].is_ascii_digit() && text[found.end() - 1].is_ascii_digit();
                // A run of digits inside a longer one is another number.
                let inside = digits && (beside(found.start().checked_sub(1)) || beside(Some(found.end())));
                if encoding != "as written" || !inside {
                    out.insert(format!("{} ({encoding})", self.labels[value]));
                }
            }
        }
        out.into_iter().collect()
    }

    /// Fails if a value is in `octets`, naming the place.
    pub(crate) fn absent(&self, place: &str, octets: &[u8]) -> Result<()> {
        let found = self.find(octets);
        if !found.is_empty() {
            bail!("{place} holds {}: {}", found.len(), found.iter().take(5).cloned().collect::<Vec<_>>().join(", "));
        }
        Ok(())
    }

    /// The same for every file below a directory, names included.
    pub(crate) fn absent_below(&self, dir: &Path) -> Result<()> {
        for (path, octets) in super::home::files_below(dir)? {
            let name = path.display().to_string();
            self.absent(&format!("the name {name}"), name.as_bytes())?;
            self.absent(&name, &octets)?;
        }
        Ok(())
    }
}

fn without_soft_breaks(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len());
    let mut i = 0;
    while i < octets.len() {
        match &octets[i..] {
            [b'=', b'\r', b'\n', ..] => i += 3,
            [b'=', b'\n', ..] => i += 2,
            [b, ..] => {
                out.push(*b);
                i += 1;
            }
            [] => break,
        }
    }
    out
}

fn encodings(value: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = value.as_bytes();
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    let mut out = vec![
        ("as written", bytes.to_vec()),
        ("UTF-16LE", value.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("UTF-16BE", value.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        ("hex", hex.to_uppercase().into_bytes()),
        ("hex", hex.into_bytes()),
    ];
    let wide: Vec<u8> = value.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, octets) in [("base64", bytes), ("base64 of UTF-16LE", &wide)] {
        // The alignment inside a base64 text is one of three; characters that depend on neighbours are left out.
        for lead in 0..3 {
            let padded = [vec![0; lead], octets.to_vec()].concat();
            let encoded = STANDARD_NO_PAD.encode(&padded);
            let first = [0, 2, 3][lead];
            let last = encoded.len() - usize::from(!padded.len().is_multiple_of(3));
            out.push((name, encoded.as_bytes()[first..last].to_vec()));
        }
    }
    let quoted: String = bytes
        .iter()
        .map(|b| {
            if b.is_ascii_graphic() && *b != b'=' || *b == b' ' {
                char::from(*b).to_string()
            } else {
                format!("={b:02X}")
            }
        })
        .collect();
    if quoted != value {
        out.push(("quoted-printable", quoted.into_bytes()));
    }
    let escaped = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    if escaped != value {
        out.push(("HTML", escaped.into_bytes()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;

    fn needles() -> Needles {
        Needles::new(&[
            ("one".into(), "4539 1111 2222".into()),
            ("two".into(), "hunter<42>=é".into()),
            ("three".into(), "123456782".into()),
        ])
        .expect("built")
    }

    #[test]
    fn every_encoding_is_found_at_every_alignment() {
        let needles = needles();
        for value in ["4539 1111 2222", "hunter<42>=é"] {
            for lead in 0..4 {
                let text = format!("{}{value} and so on", "x".repeat(lead));
                assert!(!needles.find(STANDARD.encode(&text).as_bytes()).is_empty(), "{value} {lead}");
                assert!(!needles.find(text.as_bytes()).is_empty());
                let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                assert!(!needles.find(&wide).is_empty());
            }
        }
        assert!(!needles.find(b"4539 1111=\r\n 2222").is_empty());
        assert!(!needles.find(b"hunter<42>=3D=C3=A9").is_empty());
        assert!(!needles.find(b"hunter&lt;42&gt;=\xc3\xa9").is_empty());
    }

    #[test]
    fn a_line_break_hides_nothing() {
        let encoded = STANDARD.encode("aaaa 4539 1111 2222 bbbb");
        let (head, tail) = encoded.split_at(12);
        assert!(!needles().find(format!("{head}\r\n{tail}").as_bytes()).is_empty());
    }

    #[test]
    fn other_text_and_longer_numbers_are_not_found() {
        for text in ["4539 1111 2223", "91234567820", "hunter42"] {
            assert!(needles().find(text.as_bytes()).is_empty(), "{text}");
        }
        assert!(!needles().find(b"tfn 123456782.").is_empty());
    }

    #[test]
    fn short_values_are_refused() {
        assert!(Needles::new(&[("x".into(), "1234567".into())]).is_err());
    }
}
