//! What each shipped rule costs on a text, dearest first.
//!
//! ```text
//! cargo run --release -p lazaret-scan --example cost -- FILE…
//! ```
//! Counted are the places that lead to a rule, the runs of its expression and their bytes, the candidates weighed, and the
//! findings. Files are visible text of mails.

use lazaret_scan::shipped::RULE_FILES;
use lazaret_scan::{Ruleset, SourceFile, Work};

/// Rules that are shown.
const SHOWN: usize = 60;
/// Bytes of a piece: about a message.
const PIECE_BYTES: usize = 16 << 10;

fn main() {
    let mut pieces: Vec<String> = Vec::new();
    for path in std::env::args().skip(1) {
        match std::fs::read(&path) {
            Ok(bytes) => pieces.extend(cut(&String::from_utf8_lossy(&bytes))),
            Err(error) => eprintln!("{path}: {error}"),
        }
    }
    let files: Vec<SourceFile<'_>> = RULE_FILES.iter().map(|(name, text)| SourceFile { name, text }).collect();
    let Ok(rules) = Ruleset::load_accepted(&files) else { return eprintln!("the shipped rules do not load") };
    counts(&rules, &pieces);
}

fn counts(rules: &Ruleset, pieces: &[String]) {
    let mut total: Vec<Work> = Vec::new();
    for piece in pieces {
        let works = rules.work(piece);
        total.resize(works.len(), Work::default());
        for (sum, work) in total.iter_mut().zip(works) {
            sum.hits += work.hits;
            sum.windows += work.windows;
            sum.bytes += work.bytes;
            sum.judged += work.judged;
            sum.found += work.found;
        }
    }
    let mut all: Vec<(&str, Work)> = rules.rules().iter().map(|r| r.id.as_str()).zip(total).collect();
    // A byte under an expression takes some nanoseconds, the start of one some hundred, a look at a place some ten.
    all.sort_by_key(|(_, w)| std::cmp::Reverse(w.bytes * 3 + w.windows * 200 + w.hits * 20 + w.judged * 60));
    println!("{:>9} {:>9} {:>10} {:>9} {:>9}", "hits", "windows", "bytes", "judged", "found");
    for (id, w) in all.iter().take(SHOWN) {
        println!("{:>9} {:>9} {:>10} {:>9} {:>9} {id}", w.hits, w.windows, w.bytes, w.judged, w.found);
    }
}

/// Pieces of about the size of a message, cut at line ends.
fn cut(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for line in text.split_inclusive('\n') {
        if pieces.last().is_none_or(|p| p.len() + line.len() > PIECE_BYTES) {
            pieces.push(String::new());
        }
        if let Some(last) = pieces.last_mut() {
            last.push_str(line);
        }
    }
    pieces.retain(|p| !p.is_empty());
    pieces
}
