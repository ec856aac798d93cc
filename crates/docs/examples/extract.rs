//! Prints what `read` gives for files, a JSON line each, in the shape of `lazaret extract`: `extract [--password P] FILE…`.

use lazaret_docs::{Content, File, Limits};

fn main() -> std::io::Result<()> {
    let mut passwords = Vec::new();
    let mut files = Vec::new();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "extract" | "--format" | "json" => {}
            "--password" => passwords.extend(args.next()),
            _ => files.push(arg),
        }
    }
    for name in files {
        let octets = std::fs::read(&name)?;
        let file = File { octets: &octets, name: &name, media_type: "", passwords: &passwords };
        let document = lazaret_docs::read(&file, &Limits::default());
        let parts: Vec<_> = document
            .parts
            .iter()
            .map(|part| {
                let path = if part.path.is_empty() { "text" } else { &part.path };
                match &part.content {
                    Content::Text(text) => {
                        serde_json::json!({"path": path, "media_type": part.media_type, "text": text})
                    }
                    Content::Opaque(why) => {
                        serde_json::json!({"path": path, "media_type": part.media_type, "opaque": why.as_str()})
                    }
                }
            })
            .collect();
        println!("{}", serde_json::json!({"file": name, "parts": parts}));
    }
    Ok(())
}
