//! What must hold for any octets at all. `cargo xtask fuzz` looks for files for which it does not; those it kept are run
//! again by every test run.

use crate::reading::Reading;
use crate::writing::Writing;
use crate::{Content, Document, Edit, File, Format, Limits};

/// Limits under which a file of some kilobytes is soon read.
fn limits() -> Limits {
    Limits { inflated_bytes_max: 1 << 22, ratio_free_bytes: 1 << 20, text_bytes_max: 1 << 20, ..Limits::default() }
}

/// A file is read in the format that is asked for, whatever it is; every part is within limits; and what is replaced in it
/// is gone from where it stood.
fn check(format: Format, data: &[u8]) {
    let limits = limits();
    let passwords = ["secret".to_owned()];
    let file = File { octets: data, name: "a.bin", media_type: "", passwords: &passwords };
    let document = read(format, &file, &limits);
    assert!(document.parts.len() <= limits.parts_max + 1, "too many parts");
    for part in &document.parts {
        let is_tame = |c: char| c.is_ascii_alphanumeric() || "!/~._-".contains(c);
        assert!(part.path.chars().all(is_tame) && part.path.len() < 500, "a path holds text of the file");
        if let Content::Text(text) = &part.content {
            assert!(text.len() <= limits.text_bytes_max, "a text is over the limit");
        }
    }
    assert!(read(format, &file, &limits) == document, "two readings differ");
    let edits: Vec<Edit> =
        document.parts.iter().filter_map(|part| first_word(&part.path, &part.content)).take(3).collect();
    for edit in &edits {
        let edits = std::slice::from_ref(edit);
        let written = Writing::new(&limits, &passwords, edits).and_then(|mut w| format.rewrite("", &file, &mut w));
        if let Ok(octets) = written {
            let file = File { octets: &octets, ..file };
            let _ = read(format, &file, &limits);
        }
    }
}

fn read(format: Format, file: &File<'_>, limits: &Limits) -> Document {
    let mut reading = Reading::new(limits, file.passwords);
    format.read("", file, &mut reading);
    reading.finish()
}

/// Takes out the first word of a text.
fn first_word(path: &str, content: &Content) -> Option<Edit> {
    let Content::Text(text) = content else { return None };
    let start = text.find(|c: char| c.is_alphanumeric())?;
    let rest = text.get(start..)?;
    let end = start + rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
    Some(Edit::Replace { path: path.to_owned(), span: start..end, with: "[x]".to_owned() })
}

/// The first octet chooses one of the formats.
fn one_of(formats: &[Format], data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    if let Some(format) = formats.get(usize::from(*first) % formats.len().max(1)) {
        check(*format, rest);
    }
}

/// Office documents made of XML.
pub fn office(data: &[u8]) {
    one_of(&[Format::Docx, Format::Xlsx, Format::Pptx, Format::Odf, Format::FlatOdf, Format::Epub], data);
}

/// Binary formats of Office and Outlook, and RTF.
pub fn legacy(data: &[u8]) {
    use Format::{Compound, Doc, Msg, Ppt, Rtf, Tnef, Xls, Xlsb};
    one_of(&[Doc, Xls, Ppt, Msg, Compound, Tnef, Xlsb, Rtf], data);
}

/// PDF.
pub fn pdf(data: &[u8]) {
    check(Format::Pdf, data);
}

/// Archives and compressed streams.
pub fn archive(data: &[u8]) {
    use Format::{Ar, Bzip2, Compress, Cpio, Gzip, Iso, SevenZip, Tar, Xz, Zip, Zstd};
    one_of(&[Zip, Tar, Gzip, Bzip2, Xz, Zstd, SevenZip, Ar, Cpio, Compress, Iso], data);
}

/// Text formats, mail, pictures.
pub fn text(data: &[u8]) {
    use Format::{Calendar, Html, Mail, Mbox, Picture, Text, Unknown};
    one_of(&[Text, Html, Calendar, Mail, Mbox, Picture, Unknown], data);
}

/// Whatever it is by its content.
pub fn any(data: &[u8]) {
    let file = File { octets: data, name: "", media_type: "", passwords: &[] };
    let formats = crate::sniff(&file);
    assert!(!formats.is_empty(), "a file without a format");
    formats.into_iter().for_each(|format| check(format, data));
}

#[cfg(test)]
mod tests {
    use std::fs;

    #[test]
    fn kept_inputs() {
        type Target = (&'static str, fn(&[u8]));
        let targets: [Target; 6] = [
            ("office", super::office),
            ("legacy", super::legacy),
            ("pdf", super::pdf),
            ("archive", super::archive),
            ("text", super::text),
            ("any", super::any),
        ];
        for (target, run) in targets {
            let folder = format!("{}/fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
            let mut inputs = 0;
            for entry in fs::read_dir(folder).expect("the corpus is there") {
                run(&fs::read(entry.expect("readable").path()).expect("readable"));
                inputs += 1;
            }
            assert!(inputs >= 3, "{target}: {inputs} inputs");
        }
    }
}
