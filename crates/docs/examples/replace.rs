//! Replaces values by `[x]` wherever they stand in a file: `replace FILE OUT VALUE…`.

use lazaret_docs::{Content, Edit, File, Limits};

fn main() -> std::io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, out, values @ ..] = args.as_slice() else {
        return Err(std::io::Error::other("replace FILE OUT VALUE…"));
    };
    let octets = std::fs::read(name)?;
    let file = File { octets: &octets, name, media_type: "", passwords: &[] };
    let mut edits = Vec::new();
    for part in lazaret_docs::read(&file, &Limits::default()).parts {
        let Content::Text(text) = &part.content else { continue };
        let mut at = 0;
        while let Some((from, value)) = values
            .iter()
            .filter_map(|value| Some((at + text.get(at..)?.find(value.as_str())?, value)))
            .min_by_key(|(from, value)| (*from, usize::MAX - value.len()))
        {
            at = from + value.len();
            edits.push(Edit::Replace { path: part.path.clone(), span: from..at, with: "[x]".into() });
        }
    }
    let written = lazaret_docs::rewrite(&file, &Limits::default(), &edits);
    let written = written.map_err(|why| std::io::Error::other(why.as_str()))?;
    println!("{} places", edits.len());
    std::fs::write(out, written)
}
