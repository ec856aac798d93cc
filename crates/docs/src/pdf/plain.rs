//! A simple PDF of text, for files that cannot be rewritten in place.

use super::encoding;
use super::output::{HELVETICA, deflated, tail, text_to};
use super::write::width;

/// A4, in points.
const PAGE: (f64, f64) = (595.0, 842.0);
const MARGIN: f64 = 50.0;
const SIZE: f64 = 10.0;
const LEADING: f64 = 14.0;
/// Pages at most; what comes then is left out, and said so.
const PAGES_MAX: usize = 2000;

/// A PDF of a text, line by line, in Helvetica. Tabs are wide spaces, long lines are broken between words, and characters
/// outside of Windows-1252 are question marks. The same text always gives the same octets.
pub fn pdf_of_text(text: &str) -> Vec<u8> {
    let per_page = ((PAGE.1 - 2.0 * MARGIN) / LEADING) as usize;
    let lines: Vec<Vec<u8>> = text.lines().flat_map(broken).collect();
    let mut pages: Vec<&[Vec<u8>]> = lines.chunks(per_page).collect();
    let rest = [b"(The text goes on.)".to_vec()];
    if pages.len() > PAGES_MAX {
        pages.truncate(PAGES_MAX - 1);
        pages.push(&rest);
    }
    if pages.is_empty() {
        pages.push(&[]);
    }
    let mut out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut offsets = Vec::new();
    let mut add = |out: &mut Vec<u8>, body: &[u8]| {
        offsets.push(out.len());
        out.extend(format!("{} 0 obj\n", offsets.len()).bytes());
        out.extend(body);
        out.extend(b"\nendobj\n");
    };
    let kids: Vec<String> = (0..pages.len()).map(|nth| format!("{} 0 R", 4 + 2 * nth)).collect();
    add(&mut out, b"<</Type/Catalog/Pages 2 0 R>>");
    let (wide, high) = PAGE;
    let tree = format!(
        "<</Type/Pages/Count {}/Kids[{}]/MediaBox[0 0 {wide} {high}]/Resources<</Font<</F1 3 0 R>>>>>>",
        pages.len(),
        kids.join(" ")
    );
    add(&mut out, tree.as_bytes());
    add(&mut out, HELVETICA);
    for (nth, lines) in pages.iter().enumerate() {
        add(&mut out, format!("<</Type/Page/Parent 2 0 R/Contents {} 0 R>>", 5 + 2 * nth).as_bytes());
        let mut content = format!("BT /F1 {SIZE} Tf {LEADING} TL {MARGIN} {} Td\n", high - MARGIN - SIZE).into_bytes();
        for line in *lines {
            text_to(&mut content, line);
            content.extend(b" Tj T*\n");
        }
        content.extend(b"ET\n");
        let packed = deflated(&content);
        let mut stream = format!("<</Filter/FlateDecode/Length {}>>\nstream\n", packed.len()).into_bytes();
        stream.extend(packed);
        stream.extend(b"\nendstream");
        add(&mut out, &stream);
    }
    let start = out.len();
    tail(&mut out, &offsets, 1, None, start);
    out
}

/// A line, broken where it is too wide.
fn broken(line: &str) -> Vec<Vec<u8>> {
    let room = (PAGE.0 - 2.0 * MARGIN) / SIZE;
    let octets = encoding::win_ansi(&line.replace('\t', "    "));
    let mut lines = Vec::new();
    let mut current: Vec<u8> = Vec::new();
    let mut used = 0.0;
    for word in octets.split_inclusive(|octet| *octet == b' ') {
        let wide = width(word);
        if used > 0.0 && used + wide > room {
            lines.push(std::mem::take(&mut current));
            used = 0.0;
        }
        for octet in word {
            let wide = width(&[*octet]);
            if used > 0.0 && used + wide > room {
                lines.push(std::mem::take(&mut current));
                used = 0.0;
            }
            current.push(*octet);
            used += wide;
        }
    }
    lines.push(current);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Content, File, Limits};

    #[test]
    fn the_text_comes_back() {
        let long = "word ".repeat(60);
        for (text, want) in [
            ("", ""),
            ("Grüße (a\\b)\nzweite 5 €", "Grüße (a\\b)\nzweite 5 €\n"),
            ("日本", "??\n"),
            (long.as_str(), "word word"),
        ] {
            let pdf = pdf_of_text(text);
            assert_eq!(pdf, pdf_of_text(text));
            let file = File { octets: &pdf, name: "", media_type: "", passwords: &[] };
            let document = crate::read(&file, &Limits::default());
            let Some(Content::Text(found)) = document.parts.first().map(|part| &part.content) else { panic!("{text}") };
            assert!(found.starts_with(want), "{text}: {found}");
            let count = |text: &str| text.split_whitespace().count();
            assert_eq!(count(found), count(text), "no word is lost");
        }
    }
}
