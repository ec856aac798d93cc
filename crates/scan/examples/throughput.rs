//! Speed of the full shipped rule set: mail, adversarial text, many rules, long texts, short texts, loading.
//!
//! ```text
//! cargo run --release -p lazaret-scan --example throughput -- [--peer] [FILE…] [--raw FILE…] [--only ROWS]
//! ```
//! `FILE` is visible text of mails, `--raw` mails as they travel; without files the mail rows are left out. `--peer` runs
//! `regex-automata`'s meta engine beside it, over the same rules' patterns with ASCII classes; it finds leftmost matches
//! and checks nothing, and building it takes a minute. The best of several turns counts. `--only` names the rows to run: mail, raw, adversarial, scaling, linear, latency, load.

#[path = "throughput/texts.rs"]
mod texts;

use lazaret_scan::shipped::RULE_FILES;
use lazaret_scan::{Hints, Ruleset, SourceFile};
use regex_automata::meta::Regex;
use std::hint::black_box;
use std::time::Instant;

/// Bytes of a piece: about a message.
const PIECE_BYTES: usize = 16 << 10;
/// Bytes of one adversarial text.
const ADVERSARIAL_BYTES: usize = 256 << 10;
/// Bytes that the peer is given: with many rules it reads a tenth of a megabyte a second.
const PEER_BYTES: usize = 256 << 10;
const TURNS: usize = 5;

/// What stands in for rules that are no expressions.
const PLAIN: &str = include_str!("throughput/plain-patterns.txt");

/// What the command line asks for.
#[derive(Default)]
struct Args {
    mail: Vec<String>,
    raw: Vec<String>,
    only: Vec<String>,
    peer: bool,
}

impl Args {
    fn read() -> Args {
        let mut args = Args::default();
        let mut into = 0;
        for arg in std::env::args().skip(1) {
            match (arg.as_str(), into) {
                ("--peer", _) => args.peer = true,
                ("--raw", _) => into = 1,
                ("--only", _) => into = 2,
                (_, 0) => args.mail.push(arg),
                (_, 1) => args.raw.push(arg),
                (_, _) => args.only.extend(arg.split(',').map(str::to_owned)),
            }
        }
        args
    }

    fn wants(&self, row: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|o| o == row)
    }
}

fn main() {
    let args = Args::read();
    let files: Vec<SourceFile<'_>> = RULE_FILES.iter().map(|(name, text)| SourceFile { name, text }).collect();
    let before = resident();
    let rules = match Ruleset::load_accepted(&files) {
        Ok(rules) => rules,
        Err(all) => return eprintln!("{} complaints, first: {}", all.len(), all.first().map_or("", |d| &d.message)),
    };
    let held = resident().saturating_sub(before);
    if args.wants("load") {
        load(&files, &rules, held);
    }
    let (mail, raw) = (pieces(&args.mail), pieces(&args.raw));
    if args.wants("mail") && !mail.is_empty() {
        mails("mail text", &rules, &mail, args.peer);
    }
    if args.wants("raw") && !raw.is_empty() {
        mails("raw mails", &rules, &raw, args.peer);
    }
    let sample = if mail.is_empty() { texts::prose(8 << 20) } else { mail.concat() };
    if args.wants("adversarial") {
        for (name, text) in texts::adversarial(ADVERSARIAL_BYTES) {
            let (rate, finds) = measure(&rules, &cut(&text), 2);
            let (whole, _) = measure(&rules, &[text], 2);
            row(&format!("adversarial: {name}"), rate, &format!("{finds} findings; as one text {whole:.1} MB/s"));
        }
    }
    if args.wants("scaling") {
        scaling(&cut(&sample));
    }
    if args.wants("linear") {
        linear(&rules, &sample);
    }
    if args.wants("latency") {
        latency(&rules, &cut(&sample));
    }
}

fn row(name: &str, rate: f64, more: &str) {
    println!("{name:<34} {rate:8.1} MB/s  {more}");
}

/// Best rate of some turns, and what was found.
fn measure(rules: &Ruleset, pieces: &[String], turns: usize) -> (f64, usize) {
    let bytes: usize = pieces.iter().map(String::len).sum();
    let (mut best, mut finds) = (f64::MAX, 0);
    for _ in 0..turns {
        let started = Instant::now();
        finds = pieces.iter().map(|p| black_box(rules.scan(p, &Hints::default())).matches.len()).sum();
        best = best.min(started.elapsed().as_secs_f64());
    }
    (bytes as f64 / 1e6 / best, finds)
}

fn load(files: &[SourceFile<'_>], rules: &Ruleset, held: usize) {
    let (mut plain, mut tested, mut is_ok) = (f64::MAX, f64::MAX, true);
    for _ in 0..TURNS {
        let started = Instant::now();
        is_ok &= Ruleset::load_accepted(files).is_ok();
        plain = plain.min(started.elapsed().as_secs_f64() * 1e3);
        let started = Instant::now();
        is_ok &= Ruleset::load(files).is_ok();
        tested = tested.min(started.elapsed().as_secs_f64() * 1e3);
    }
    let count = rules.rules().iter().filter(|r| r.id != lazaret_scan::TEST_VALUE).count();
    println!("{count} rules: loaded in {plain:.1} ms, with their examples ({is_ok}) {tested:.1} ms");
    println!("resident for the rules: {:.1} MB", held as f64 / 1e6);
}

fn mails(name: &str, rules: &Ruleset, pieces: &[String], with_peer: bool) {
    let bytes: usize = pieces.iter().map(String::len).sum();
    println!("{name}: {} pieces, {bytes} bytes", pieces.len());
    let (own, finds) = measure(rules, pieces, TURNS);
    row("lazaret-scan", own, &format!("{finds} findings"));
    if with_peer {
        beside_peer(own, pieces);
    }
}

fn beside_peer(own: f64, pieces: &[String]) {
    let peer = peer();
    let mut peer_bytes = 0;
    let some: Vec<&String> = pieces
        .iter()
        .take_while(|p| {
            peer_bytes += p.len();
            peer_bytes <= PEER_BYTES.max(p.len())
        })
        .collect();
    let peer_bytes: usize = some.iter().map(|p| p.len()).sum();
    let (mut peer_best, mut peer_finds) = (f64::MAX, 0);
    for _ in 0..2 {
        let started = Instant::now();
        peer_finds = some.iter().map(|p| black_box(peer.find_iter(p.as_str()).count())).sum();
        peer_best = peer_best.min(started.elapsed().as_secs_f64());
    }
    let peer_rate = peer_bytes as f64 / 1e6 / peer_best;
    row("one meta regex", peer_rate, &format!("{peer_finds} matches in the first {peer_bytes} bytes"));
    println!("ratio {:.2}", own / peer_rate);
}

/// Rules like the shipped ones, made up: what more of them cost.
fn scaling(pieces: &[String]) {
    let mut first = 0_f64;
    for count in [10, 100, 1_000] {
        let text = texts::rules(count);
        let files = [SourceFile { name: "synthetic.toml", text: &text }];
        let rules = match Ruleset::load_accepted(&files) {
            Ok(rules) => rules,
            Err(all) => return eprintln!("synthetic rules: {}", all.first().map_or("", |d| &d.message)),
        };
        let (rate, finds) = measure(&rules, pieces, TURNS);
        first = if count == 10 { rate } else { first };
        row(&format!("{count} synthetic rules"), rate, &format!("{finds} findings; keeps {:.2}", rate / first));
    }
}

fn linear(rules: &Ruleset, sample: &str) {
    for megabytes in [1, 10, 100] {
        let bytes = megabytes * 1_000_000;
        let mut text = sample.repeat(bytes / sample.len().max(1) + 1);
        let mut end = bytes;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        let turns = if megabytes == 1 { TURNS } else { 1 };
        let scan = rules.scan(&text, &Hints::default());
        let (rate, _) = measure(rules, &[text], turns);
        row(&format!("one text of {megabytes} MB"), rate, &format!("incomplete: {:?}", scan.incomplete));
    }
}

fn latency(rules: &Ruleset, pieces: &[String]) {
    let mut times: Vec<f64> = Vec::new();
    for piece in pieces.iter().cycle().take(pieces.len().max(2_000)) {
        let started = Instant::now();
        black_box(rules.scan(piece, &Hints::default()));
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or(0.0);
    println!("16 KB pieces: p50 {:.3} ms, p99 {:.3} ms", at(0.5), at(0.99));
}

/// Resident bytes of this process; 0 where the system does not tell.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").trim().parse::<usize>().unwrap_or(0) * 1024
}

/// The patterns of tokens, and plain forms for numbers and passwords, as one multi-pattern expression. Others of our
/// patterns lean on what leads to them and would only slow the peer.
fn peer() -> Regex {
    let tokens = RULE_FILES.iter().filter(|(name, _)| name.starts_with("tokens-"));
    let written = tokens.flat_map(|(_, text)| text.lines()).filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "pattern").then(|| value.trim().trim_matches('\'').to_owned())
    });
    let patterns: Vec<String> = written.chain(PLAIN.lines().map(str::to_owned)).collect();
    Regex::builder()
        .syntax(regex_automata::util::syntax::Config::new().unicode(false).utf8(false))
        .configure(Regex::config().utf8_empty(false))
        .build_many(&patterns)
        .unwrap_or_else(|error| panic!("the peer does not build: {error}"))
}

fn pieces(paths: &[String]) -> Vec<String> {
    let mut all = Vec::new();
    for path in paths {
        match std::fs::read(path) {
            Ok(bytes) => all.extend(cut(&String::from_utf8_lossy(&bytes))),
            Err(error) => eprintln!("{path}: {error}"),
        }
    }
    all
}

/// Pieces of about the size of a message, cut at line ends if there are any.
fn cut(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for line in text.split_inclusive('\n') {
        for part in split(line) {
            if pieces.last().is_none_or(|p| p.len() + part.len() > PIECE_BYTES) {
                pieces.push(String::new());
            }
            if let Some(last) = pieces.last_mut() {
                last.push_str(part);
            }
        }
    }
    pieces.retain(|p| !p.is_empty());
    pieces
}

/// A line in parts no longer than a piece.
fn split(line: &str) -> Vec<&str> {
    let (mut parts, mut rest) = (Vec::new(), line);
    while rest.len() > PIECE_BYTES {
        let mut at = PIECE_BYTES;
        while !rest.is_char_boundary(at) {
            at -= 1;
        }
        let Some((part, more)) = rest.split_at_checked(at) else { break };
        parts.push(part);
        rest = more;
    }
    parts.push(rest);
    parts
}
