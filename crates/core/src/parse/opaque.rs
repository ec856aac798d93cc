//! What a part without readable text is, by its declared type and its first octets. Nothing is unpacked here.

use crate::OpaqueWhy;

/// Is there text in a part of this type, or why not? `None`: it is text, to be decoded.
pub(crate) fn why_opaque(media_type: &str, name: &str, octets: &[u8]) -> Option<OpaqueWhy> {
    let subtype = media_type.split_once('/').map_or("", |(_, s)| s);
    match media_type {
        "application/pgp-signature" | "application/pkcs7-signature" | "application/x-pkcs7-signature" => {
            return Some(OpaqueWhy::Signature);
        }
        "application/pgp-encrypted" => return Some(OpaqueWhy::Encrypted),
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
            let why = if is_enveloped(name, octets) { OpaqueWhy::Encrypted } else { OpaqueWhy::Unsupported };
            return Some(why);
        }
        "message/partial" | "message/external-body" => return Some(OpaqueWhy::Unsupported),
        _ => {}
    }
    let inline = matches!(media_type, "text/plain" | "text/html");
    if !inline && is_pgp_message(octets) || is_encrypted(octets) {
        return Some(OpaqueWhy::Encrypted);
    }
    // Pictures are let through unread, so what can be read is none, whatever it begins with.
    if is_picture(octets) && !is_text(octets) {
        return Some(OpaqueWhy::Picture);
    }
    if is_known_binary(octets) {
        return Some(OpaqueWhy::Unsupported);
    }
    let declared_text = media_type.starts_with("text/")
        || media_type.starts_with("message/")
        || TEXT_NAMES.iter().any(|e| has_extension(name, e));
    if is_text(octets) || declared_text && is_charset_text(octets) {
        return None;
    }
    // A picture by its type alone, say a vendor's own raw format.
    let picture = media_type.starts_with("image/") && !matches!(subtype, "svg+xml" | "svg");
    Some(match (picture, declared_text) {
        (true, _) => OpaqueWhy::Picture,
        (_, true) => OpaqueWhy::Malformed,
        _ => OpaqueWhy::Unsupported,
    })
}

/// Is a part what mail itself made: a signature, an encrypted or partial message? Those are no documents.
pub(crate) fn is_of_mail(media_type: &str, octets: &[u8]) -> bool {
    matches!(
        media_type,
        "application/pgp-signature"
            | "application/pkcs7-signature"
            | "application/x-pkcs7-signature"
            | "application/pgp-encrypted"
            | "application/pkcs7-mime"
            | "application/x-pkcs7-mime"
            | "message/partial"
            | "message/external-body"
    ) || is_pgp_message(octets)
}

/// Names of files that are text, in whatever charset.
const TEXT_NAMES: [&str; 18] = [
    "txt", "csv", "tsv", "log", "md", "json", "xml", "yaml", "yml", "toml", "ini", "conf", "cfg", "sql", "ics", "vcf",
    "htm", "html",
];

/// Does a file name end so?
pub(crate) fn has_extension(name: &str, extension: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, e)| e.trim().eq_ignore_ascii_case(extension))
}

/// Encrypted containers that say so in the clear.
pub(crate) fn is_encrypted(octets: &[u8]) -> bool {
    if octets.starts_with(b"PK\x03\x04") {
        return zip_is_encrypted(octets);
    }
    if is_pdf(octets) {
        return contains(octets, b"/Encrypt");
    }
    if octets.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return ole_is_encrypted(octets);
    }
    // The coder id of 7zAES (7zFormat.txt), in a header that is not itself compressed.
    octets.starts_with(b"7z\xbc\xaf\x27\x1c") && contains(octets, b"\x06\xf1\x07\x01")
}

/// Compound files of Office: the stream of an encrypted OOXML package or presentation, the FILEPASS record of a workbook
/// (MS-XLS 2.4.117, right after the first BOF), the flag of a document (MS-DOC 2.5.2, `fEncrypted`).
fn ole_is_encrypted(octets: &[u8]) -> bool {
    let wide = |name: &str| name.bytes().flat_map(|b| [b, 0]).collect::<Vec<u8>>();
    let sectors = || octets.chunks(512).skip(1);
    let workbook =
        |sector: &[u8]| sector.starts_with(b"\x09\x08\x10\x00\x00\x06") && sector.get(20..22) == Some(b"\x2f\x00");
    let document =
        |sector: &[u8]| sector.starts_with(b"\xec\xa5") && sector.get(11).is_some_and(|flags| flags & 1 == 1);
    contains(octets, &wide("EncryptedPackage"))
        || contains(octets, &wide("EncryptedSummary"))
        || sectors().any(|s| workbook(s) || document(s))
}

/// An armoured file. In a body such a block is text with an opaque part in it.
fn is_pgp_message(octets: &[u8]) -> bool {
    octets.trim_ascii_start().starts_with(b"-----BEGIN PGP MESSAGE-----")
}

/// Bit 0 of the general purpose flags in any local or central header (APPNOTE 4.4.4).
fn zip_is_encrypted(octets: &[u8]) -> bool {
    let flagged = |at: usize| octets.get(at).is_some_and(|flags| flags & 1 == 1);
    positions(octets, b"PK\x01\x02").any(|at| flagged(at + 8)) || flagged(6)
}

/// CMS EnvelopedData (RFC 5652): its object identifier stands in the first octets; without them the name decides.
fn is_enveloped(name: &str, octets: &[u8]) -> bool {
    let head = octets.get(..64).unwrap_or(octets);
    let oid = |last: u8| contains(head, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, last]);
    // EnvelopedData and EncryptedData; SignedData is readable, by other means than ours.
    oid(3) || oid(6) || !oid(2) && !name.to_ascii_lowercase().ends_with(".p7s")
}

fn is_pdf(octets: &[u8]) -> bool {
    contains(octets.get(..1024).unwrap_or(octets), b"%PDF-")
}

/// Signatures of picture formats.
pub(crate) fn is_picture(octets: &[u8]) -> bool {
    const SIGNATURES: [&[u8]; 9] = [
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"GIF87a",
        b"GIF89a",
        b"II*\0",
        b"MM\0*",
        b"\0\0\x01\0",
        b"8BPS",
        b"\xd7\xcd\xc6\x9a",
    ];
    let riff = octets.starts_with(b"RIFF") && octets.get(8..12) == Some(b"WEBP");
    let heif =
        octets.get(4..8) == Some(b"ftyp") && matches!(octets.get(8..12), Some(b"heic" | b"heix" | b"mif1" | b"avif"));
    let bmp = octets.starts_with(b"BM") && octets.get(6..10) == Some(&[0, 0, 0, 0]);
    SIGNATURES.iter().any(|s| octets.starts_with(s)) || riff || heif || bmp
}

/// Signatures of formats that are no text, though some hold readable octets.
fn is_known_binary(octets: &[u8]) -> bool {
    const SIGNATURES: [&[u8]; 14] = [
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"\xd0\xcf\x11\xe0",
        b"{\\rtf",
        b"Rar!",
        b"7z\xbc\xaf\x27\x1c",
        b"\x1f\x8b",
        b"BZh",
        b"\xfd7zXZ",
        b"\x28\xb5\x2f\xfd",
        b"MZ",
        b"\x7fELF",
        b"\x78\x9f\x3e\x22",
        b"%!PS",
    ];
    SIGNATURES.iter().any(|s| octets.starts_with(s)) && !(octets.starts_with(b"MZ") && is_text(octets))
        || is_pdf(octets)
}

/// UTF-8 without control characters that no text has.
pub(crate) fn is_text(octets: &[u8]) -> bool {
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    std::str::from_utf8(octets).is_ok_and(|text| few_controls(text.as_bytes()))
}

/// Text in another charset: UTF-16 by its mark or its pattern of zeros, or octets with hardly a control character.
pub(crate) fn is_charset_text(octets: &[u8]) -> bool {
    octets.starts_with(b"\xff\xfe")
        || octets.starts_with(b"\xfe\xff")
        || few_controls(octets)
        || zeros_alternate(octets)
}

/// UTF-16 without a mark: every second octet is zero, or nearly.
pub(crate) fn zeros_alternate(octets: &[u8]) -> bool {
    let head = octets.get(..256).unwrap_or(octets);
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|&&b| b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    head.len() >= 4 && (even.max(odd) * 4 >= head.len()) && even.min(odd) * 8 <= head.len()
}

/// At most one control character in fifty of the first octets; escape starts ISO-2022 sequences and form feeds divide pages.
fn few_controls(octets: &[u8]) -> bool {
    let head = octets.get(..8192).unwrap_or(octets);
    let odd = |b: &&u8| b.is_ascii_control() && !matches!(**b, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b | 0x1a);
    head.iter().filter(odd).count() * 50 <= head.len()
}

fn contains(octets: &[u8], what: &[u8]) -> bool {
    positions(octets, what).next().is_some()
}

/// Positions at which `what` stands; linear in practice, since the first octet is rare in what is searched.
fn positions<'o>(octets: &'o [u8], what: &'o [u8]) -> impl Iterator<Item = usize> + 'o {
    let first = what.first().copied().unwrap_or(0);
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let found = at + octets.get(at..)?.iter().position(|&b| b == first)?;
            at = found + 1;
            if octets.get(found..)?.starts_with(what) {
                return Some(found);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_type_and_octets() {
        use OpaqueWhy::*;
        const OLE: [u8; 8] = *b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
        let sector = |start: &[u8]| [&OLE[..], &[0; 504], start, &[0; 100]].concat();
        let xls = sector(b"\x09\x08\x10\x00\x00\x06\x05\x00....\xc1\xc0\x01\x00\x06\x03\x00\x00\x2f\x00\x36\x00");
        let doc = sector(b"\xec\xa5\xc1\x00\x5b\xe0\x09\x04\x00\x00\xf0\x13");
        let ole: Vec<u8> = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...."
            .iter()
            .copied()
            .chain(b"EncryptedPackage".iter().flat_map(|&b| [b, 0]))
            .collect();
        let cases: &[(&str, &str, &[u8], Option<OpaqueWhy>)] = &[
            ("image/png", "a.png", b"\x89PNG\r\n\x1a\n\0\0", Some(Picture)),
            ("application/octet-stream", "a.bin", b"\xff\xd8\xff\xe0\0", Some(Picture)),
            ("image/svg+xml", "a.svg", b"<svg>4111</svg>", None),
            ("application/pgp-signature", "", b"-----BEGIN PGP SIGNATURE-----", Some(Signature)),
            ("application/pgp-encrypted", "", b"Version: 1", Some(Encrypted)),
            ("application/octet-stream", "m.asc", b"-----BEGIN PGP MESSAGE-----", Some(Encrypted)),
            (
                "application/pkcs7-mime",
                "smime.p7m",
                b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03",
                Some(Encrypted),
            ),
            (
                "application/pkcs7-mime",
                "smime.p7m",
                b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02",
                Some(Unsupported),
            ),
            ("application/zip", "a.zip", b"PK\x03\x04\x14\0\x01\0", Some(Encrypted)),
            ("application/zip", "a.zip", b"PK\x03\x04\x14\0\0\0", Some(Unsupported)),
            ("application/zip", "a.zip", b"PK\x03\x04\x14\0\0\0..PK\x01\x02\x14\0\x14\0\x01\0", Some(Encrypted)),
            ("application/pdf", "a.pdf", b"%PDF-1.4 << /Encrypt 5 0 R >>", Some(Encrypted)),
            ("application/pdf", "a.pdf", b"%PDF-1.4 << >>", Some(Unsupported)),
            ("application/vnd.ms-excel", "a.xls", &ole, Some(Encrypted)),
            (
                "application/x-7z-compressed",
                "a.7z",
                b"7z\xbc\xaf\x27\x1c\0\x04....\x24\x06\xf1\x07\x01",
                Some(Encrypted),
            ),
            ("application/vnd.ms-excel", "b.xls", &xls, Some(Encrypted)),
            ("application/msword", "b.doc", &doc, Some(Encrypted)),
            ("application/msword", "b.doc", &[&OLE[..], &[0; 1000]].concat(), Some(Unsupported)),
            ("text/csv", "a.csv", b"name;card\nx;4111", None),
            ("text/plain", "", b"GIF89a card 4111", None),
            ("image/gif", "a.gif", b"GIF89a\x01\x00\x01\x00\x80\xff", Some(Picture)),
            ("text/plain", "a.txt", b"gr\xfc\xdfe", None),
            ("text/plain", "a.txt", b"\0\x01\x02\x03\xff\xfe\x04\x05", Some(Malformed)),
            ("application/json", "a.json", b"{\"a\": 1}", None),
            ("application/octet-stream", "a.bin", b"\x01\x02\x03\xff\x80", Some(Unsupported)),
            ("text/plain", "a.txt", b"h\0i\0 \0t\0h\0e\0r\0e\0", None),
        ];
        for (media_type, name, octets, want) in cases {
            assert_eq!(why_opaque(media_type, name, octets), *want, "{media_type} {name}");
        }
    }
}
