//! Objects in documents: OLE 1.0 (MS-OLEDS), and files that the Packager wrapped.

use super::bytes::{Bytes, until_nul, utf16};
use super::codepage::Charset;
use crate::reading::Reading;
use crate::{File, Why};

/// A file as the Packager keeps it.
struct Package<'p> {
    name: String,
    /// Where it came from and went to.
    paths: Vec<String>,
    octets: &'p [u8],
}

/// Reads `\objdata` and the like: class, link and the object itself.
pub(crate) fn embedded(at: &str, octets: &[u8], reading: &mut Reading<'_>) {
    let Some((names, native)) = header(octets) else {
        return reading.embedded(at, &File { octets, name: "", media_type: "", passwords: reading.passwords });
    };
    let names = names.join("\n");
    if !names.trim().is_empty() {
        reading.text(&format!("{at}!object"), "text/plain", names, (octets.len() - native.len()) as u64);
    }
    contents(at, native, reading);
}

/// Reads the stream `\x01Ole10Native`.
pub(crate) fn native(at: &str, stream: &[u8], reading: &mut Reading<'_>) {
    reading.decoded(4);
    contents(at, Bytes::from(stream, 4), reading);
}

fn contents(at: &str, native: &[u8], reading: &mut Reading<'_>) {
    match package(native) {
        Some(package) => {
            let rest = native.len().saturating_sub(package.octets.len()) as u64;
            reading.text(&format!("{at}!paths"), "text/plain", package.paths.join("\n"), rest);
            reading.member(at, &package.name, "", package.octets);
        }
        None if native.is_empty() => reading.opaque(at, "application/x-oleobject", Why::Malformed, 0),
        None => reading.embedded(at, &File { octets: native, name: "", media_type: "", passwords: reading.passwords }),
    }
}

/// Class, topic and item of an object, and its data.
fn header(octets: &[u8]) -> Option<(Vec<String>, &[u8])> {
    let kind = octets.u32(4).filter(|kind| matches!(kind, 1 | 2))?;
    let mut at = 8;
    let mut names = Vec::new();
    for _ in 0..3 {
        let length = octets.size(at)?;
        at += 4;
        let name = octets.get(at..at.checked_add(length)?)?;
        names.push(Charset::LATIN.decode(until_nul(name)));
        at += length;
    }
    if kind == 1 {
        return Some((names, Bytes::from(octets, at)));
    }
    // The size is a claim; what follows the object is a picture of it.
    let size = octets.size(at)?;
    Some((names, octets.part(at + 4, size)))
}

fn package(octets: &[u8]) -> Option<Package<'_>> {
    if octets.u16(0)? != 2 {
        return None;
    }
    let text = |at: usize| octets.get(at..).map(until_nul).filter(|text| at + text.len() < octets.len());
    let label = text(2)?;
    let path = text(2 + label.len() + 1)?;
    let mut at = 2 + label.len() + 1 + path.len() + 1 + 4;
    let length = octets.size(at)?;
    let temporary = octets.get(at + 4..(at + 4).checked_add(length)?)?;
    at += 4 + length;
    let size = octets.size(at)?;
    let file = octets.get(at + 4..(at + 4).checked_add(size)?)?;
    at += 4 + size;
    let mut paths: Vec<String> = [path, until_nul(temporary)].map(|path| Charset::LATIN.decode(path)).into();
    let mut name = Charset::LATIN.decode(label);
    // The same three in Unicode: the file that it went to, its label, the file that it came from.
    for nth in 0..3 {
        let Some(length) = octets.size(at).and_then(|length| length.checked_mul(2)) else { break };
        let Some(text) = octets.get(at + 4..(at + 4).saturating_add(length)).map(utf16) else { break };
        at += 4 + length;
        if nth == 1 && !text.is_empty() {
            name = text;
        } else {
            paths.push(text);
        }
    }
    paths.retain(|path| !path.is_empty());
    paths.dedup();
    Some(Package { name, paths, octets: file })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A file as the Packager keeps it.
    pub(crate) fn packaged(name: &str, octets: &[u8]) -> Vec<u8> {
        let path = format!("C:\\users\\{name}\0");
        let mut out = [&[2, 0][..], name.as_bytes(), b"\0", path.as_bytes(), &[0, 0, 3, 0]].concat();
        for part in [path.as_bytes(), octets] {
            out.extend((part.len() as u32).to_le_bytes());
            out.extend(part);
        }
        out
    }

    #[test]
    fn a_package_gives_its_file() {
        let octets = packaged("a.txt", b"inner");
        let package = package(&octets).unwrap();
        assert_eq!((package.name.as_str(), package.octets), ("a.txt", &b"inner"[..]));
        assert_eq!(package.paths, ["C:\\users\\a.txt"]);
        for cut in 0..octets.len() {
            assert!(super::package(&octets[..cut]).is_none(), "{cut}");
        }
    }
}
