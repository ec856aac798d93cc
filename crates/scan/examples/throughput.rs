//! Throughput of the full shipped rule set on files, beside one multi-pattern expression over the same rules' patterns.
//!
//! ```text
//! cargo run --release -p lazaret-scan --example throughput -- FILE…
//! ```
//! The peer is `regex-automata`'s meta engine with ASCII classes, which finds leftmost matches and rules but checks
//! nothing. Both run over the same pieces in the same process, in turns; the best of the turns counts.

use lazaret_scan::shipped::RULE_FILES;
use lazaret_scan::{Hints, Ruleset, SourceFile};
use regex_automata::meta::Regex;
use std::hint::black_box;
use std::time::Instant;

/// Bytes of a piece: about a message.
const PIECE_BYTES: usize = 16 << 10;
const TURNS: usize = 5;

/// What stands in for rules that are no expressions.
const PLAIN: [&str; 6] = [
    r"\b(?:[0-9][ -]?){12,18}[0-9]\b",
    r"\b[0-9]{3}[ -][0-9]{2}[ -][0-9]{4}\b",
    r"\b[A-Z]{2}[0-9]{2}[ ]?(?:[0-9A-Z]{4}[ ]?){2,7}[0-9A-Z]{1,4}\b",
    r"\b[A-Z]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]\b",
    r"\+[0-9][0-9 ()./-]{7,18}[0-9]",
    r"(?i)(?:password|passwort|mot de passe|contrase|pwd|pass|senha|wachtwoord)\s{0,2}(?:is|ist|:|=)\s{0,2}\S{4,64}",
];

fn main() {
    let started = Instant::now();
    let files: Vec<SourceFile<'_>> = RULE_FILES.iter().map(|(name, text)| SourceFile { name, text }).collect();
    let rules = match Ruleset::load_accepted(&files) {
        Ok(rules) => rules,
        Err(all) => return eprintln!("{} complaints, first: {}", all.len(), all.first().map_or("", |d| &d.message)),
    };
    println!("{} rules loaded in {:.1} ms", rules.rules().len(), started.elapsed().as_secs_f64() * 1e3);
    let started = Instant::now();
    let tested = Ruleset::load(&files).is_ok();
    println!("with their examples ({tested}): {:.1} ms", started.elapsed().as_secs_f64() * 1e3);
    let mut pieces: Vec<String> = Vec::new();
    for path in std::env::args().skip(1) {
        match std::fs::read(&path) {
            Ok(bytes) => pieces.extend(cut(&String::from_utf8_lossy(&bytes))),
            Err(error) => eprintln!("{path}: {error}"),
        }
    }
    let bytes: usize = pieces.iter().map(String::len).sum();
    let peer = peer();
    let (mut own_best, mut peer_best) = (f64::MAX, f64::MAX);
    let (mut own_finds, mut peer_finds) = (0, 0);
    for _ in 0..TURNS {
        let started = Instant::now();
        own_finds = pieces.iter().map(|p| black_box(rules.scan(p, &Hints::default())).matches.len()).sum();
        own_best = own_best.min(started.elapsed().as_secs_f64());
        let started = Instant::now();
        peer_finds = pieces.iter().map(|p| black_box(peer.find_iter(p.as_str()).count())).sum();
        peer_best = peer_best.min(started.elapsed().as_secs_f64());
    }
    let rate = |secs: f64| bytes as f64 / 1e6 / secs;
    println!("{} pieces, {bytes} bytes", pieces.len());
    println!("lazaret-scan   {:7.1} MB/s  {own_finds} findings", rate(own_best));
    println!("one meta regex {:7.1} MB/s  {peer_finds} matches", rate(peer_best));
    println!("ratio          {:7.2}", peer_best / own_best);
}

/// Every `pattern` of the files, and plain forms for the rest, as one multi-pattern expression.
fn peer() -> Regex {
    let written = RULE_FILES.iter().flat_map(|(_, text)| text.lines()).filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "pattern").then(|| value.trim().trim_matches('\'').to_owned())
    });
    let patterns: Vec<String> = written.chain(PLAIN.map(str::to_owned)).collect();
    Regex::builder()
        .syntax(regex_automata::util::syntax::Config::new().unicode(false).utf8(false))
        .configure(Regex::config().utf8_empty(false))
        .build_many(&patterns)
        .unwrap_or_else(|error| panic!("the peer does not build: {error}"))
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
