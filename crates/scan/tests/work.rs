//! Texts that make a scanner work: what rules look at stays in proportion to the length of the text, and below a bound that
//! is written down. Counted are looks, not time, so that a path that grows faster than its text fails wherever it runs.

mod common;

use common::RULES;
use lazaret_scan::Hints;

/// Bytes of the short and of the long text.
const SHORT: usize = 16 << 10;
const LONG: usize = 256 << 10;
/// What a long text may take for each byte more than a short one: its ends weigh less, and some looks begin late.
const SLACK: f64 = 1.25;

/// Numerical Recipes' generator: enough to vary text, the same on every run.
struct Dice(u64);

impl Dice {
    fn of(&mut self, alphabet: &str, n: usize) -> String {
        let mut below = |n: usize| {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % n
        };
        (0..n).map(|_| char::from(alphabet.as_bytes()[below(alphabet.len())])).collect()
    }
}

const DIGITS: &str = "0123456789";
const HEX: &str = "0123456789abcdef";
const CAPITALS: &str = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789";

/// A piece of a text that makes work, made anew each time.
type Piece = fn(&mut Dice) -> String;

/// Each kind of text with the looks that rules may take at it for each byte (places, runs of expressions, candidates), and
/// the bytes that expressions may run over for each of its bytes.
const KINDS: [(&str, Piece, f64, f64); 30] = [
    ("prose", |_| "the printer shows an error since Tuesday, please reset my account again. ".into(), 0.06, 0.05),
    ("1 1 1", |_| "1 ".into(), 2.0, 1.5),
    ("1-1-1-", |_| "1-".into(), 1.5, 2.5),
    ("1.1.1.", |_| "1.".into(), 1.5, 2.5),
    ("1/1/1/", |_| "1/".into(), 0.5, 0.5),
    ("1  1  1", |_| "1  ".into(), 1.5, 1.5),
    ("random single digits", |d| d.of(DIGITS, 1) + " ", 2.0, 1.5),
    ("random groups of two", |d| d.of(DIGITS, 2) + " ", 2.0, 2.5),
    ("random groups of four", |d| d.of(DIGITS, 4) + " ", 1.5, 4.0),
    ("random groups of three with hyphens", |d| d.of(DIGITS, 3) + "-", 0.5, 2.5),
    ("one run of digits", |d| d.of(DIGITS, 64), 0.1, 0.1),
    ("nine digits a line", |d| d.of(DIGITS, 9) + "\n", 0.2, 0.1),
    (
        "near-miss cards",
        |d| format!("4{} {} {} {}, ", d.of(DIGITS, 3), d.of(DIGITS, 4), d.of(DIGITS, 4), d.of(DIGITS, 4)),
        1.5,
        4.0,
    ),
    ("a card word and digits", |d| format!("card {} ", d.of(DIGITS, 1)), 1.0, 0.5),
    ("words for numbers and digits", |d| format!("ssn phone account {} ", d.of(DIGITS, 9)), 1.0, 0.5),
    ("zero-width", |_| "1\u{200b}2\u{200b} ".into(), 0.6, 1.0),
    ("O between digits", |_| "1O1O".into(), 1.0, 0.5),
    ("secret(\"", |_| "secret(\"".into(), 8.0, 1.5),
    ("hex words", |d| d.of(HEX, 40) + " ", 0.3, 1.2),
    ("capitals and digits", |d| d.of(CAPITALS, 9) + " ", 1.0, 2.0),
    ("BEGIN", |_| "-----BEGIN PRIVATE KEY-----\n".into(), 1.0, 0.5),
    ("BEGIN alone", |_| "BEGIN ".into(), 0.1, 0.1),
    ("pw=", |_| "pw=".into(), 0.5, 0.1),
    ("password is", |_| "password is ".into(), 2.0, 0.1),
    ("a@", |_| "a@".into(), 1.0, 0.5),
    ("a@a.", |_| "a@a.".into(), 0.5, 1.5),
    (":", |_| ":".into(), 4.0, 4.0),
    ("=", |_| "=".into(), 0.1, 0.1),
    (":=", |_| "a:1=".into(), 1.0, 1.0),
    ("://", |_| "a://".into(), 1.0, 0.5),
];

fn text(piece: Piece, bytes: usize) -> String {
    let mut dice = Dice(5);
    let mut text = String::with_capacity(bytes + 128);
    while text.len() < bytes {
        text.push_str(&piece(&mut dice));
    }
    text
}

/// Looks and bytes of windows, for each byte of a text.
fn work(text: &str) -> (f64, f64) {
    let works = RULES.work(text);
    let looks: usize = works.iter().map(|w| w.hits + w.windows + w.judged).sum();
    let bytes: usize = works.iter().map(|w| w.bytes).sum();
    (looks as f64 / text.len() as f64, bytes as f64 / text.len() as f64)
}

#[test]
fn work_is_in_proportion_and_bounded() {
    let mut wrong = Vec::new();
    for (name, piece, looks_max, bytes_max) in KINDS {
        let (looks, bytes) = work(&text(piece, SHORT));
        let (looks_long, bytes_long) = work(&text(piece, LONG));
        let is_bounded = looks.max(looks_long) <= looks_max && bytes.max(bytes_long) <= bytes_max;
        let is_linear = looks_long <= looks * SLACK + 0.01 && bytes_long <= bytes * SLACK + 0.1;
        if !is_bounded || !is_linear {
            wrong.push(format!("{name}: looks {looks:.3} and {looks_long:.3}, bytes {bytes:.2} and {bytes_long:.2}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Long windows count as what they are, so this one reaches its bound; no other text is left half examined.
#[test]
fn no_other_bound_is_reached() {
    for (name, piece, _, _) in KINDS {
        let is_whole = RULES.scan(&text(piece, SHORT), &Hints::default()).incomplete.is_none();
        assert_eq!(is_whole, name != "BEGIN", "{name}");
    }
}
