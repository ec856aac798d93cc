//! `verbs parse|extract --format json FILE…`: the two verbs over files, as the corpus script calls them.

use lazaret_core::{Limits, Profile, RawMessage, report};
use std::io::{self, Write};

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mut out = io::stdout().lock();
    let (profile, limits) = (Profile::default(), Limits::default());
    let mut files = args.iter().skip(1).filter(|a| !a.starts_with("--") && a.as_str() != "json");
    files.try_for_each(|file| {
        let message = RawMessage::new(std::fs::File::open(file).and_then(|mut f| {
            let mut octets = Vec::new();
            io::Read::read_to_end(&mut f, &mut octets).map(|_| octets)
        })?);
        let line = match args.first().map(String::as_str) {
            Some("extract") => report::extract(file, None, &message, &profile, &limits),
            _ => report::parse(file, None, &message, &profile, &limits),
        };
        line.disclose_to(&mut out)
    })?;
    out.flush()
}
