//! Every kind of value in every carrier: what mail does to a value on its way must not hide it.

mod common;

use lazaret_scan::Hints;
use proptest::prelude::*;
use std::fmt::Write as _;

/// A kind of value: the rule's entity, a sentence with `{}` where it stands, and the value.
const ENTITIES: &[(&str, &str, &str)] = &[
    ("payment_card", "my card {} thanks", "4929 1233 4567 8908"),
    ("iban", "please refund to IBAN {} thanks", "DE89 3704 0044 0532 0130 00"),
    ("us_ssn", "my SSN is {} thanks", "536-22-1234"),
    ("au_tfn", "my tax file number is {} thanks", "459 599 230"),
    ("uk_nino", "my national insurance number is {} thanks", "AB 12 34 56 C"),
    ("email", "write to {} thanks", "mia.keller@example.com"),
    ("aws_access_key", "the key is {} thanks", "AKIAQ3EGRIVK7TWNX4ZL"),
    ("password", "my password is {} thanks", "Kangaroo77!x"),
    ("phone", "call me on {} thanks", "+44 1632 960123"),
    ("passport", "my passport number is {} thanks", "E41720958"),
    (
        "jwt",
        "token: {} thanks",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI0ODIxNyJ9.Qm9sZGx5R29XaGVyZU5vT25lSGFz",
    ),
];

/// What a carrier does to the sentence: the whole text, and the bytes of the value in it.
type Carry = fn(sentence: &str, value: &str) -> (String, String);

fn around(sentence: &str, value: &str) -> (String, String) {
    (sentence.replace("{}", value), value.to_owned())
}

/// The value is written in another way, the sentence stays.
fn each(sentence: &str, value: &str, f: impl Fn(char) -> String) -> (String, String) {
    let written: String = value.chars().map(f).collect();
    around(sentence, &written)
}

/// All of the sentence is written in another way.
fn whole(sentence: &str, value: &str, f: impl Fn(char) -> String) -> (String, String) {
    let text = sentence.replace("{}", value).chars().map(&f).collect();
    (text, value.chars().map(f).collect())
}

fn base64(bytes: &[u8]) -> String {
    let alphabet: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let n = chunk.iter().fold(0_usize, |n, b| n << 8 | usize::from(*b)) << (8 * (3 - chunk.len()));
        (0..=chunk.len()).for_each(|i| out.push(alphabet[n >> (18 - 6 * i) & 63]));
        out.push_str(&"=".repeat(3 - chunk.len()));
    }
    out
}

fn encoded(sentence: &str, value: &str, f: impl Fn(&[u8]) -> String) -> (String, String) {
    let run = f(sentence.replace("{}", value).as_bytes());
    (format!("see {run} below"), run)
}

/// Cuts a value after its middle group, or in its middle; `at` comes in between.
fn middle(value: &str, at: &str, keep_blank: bool) -> String {
    let cuts: Vec<usize> = value.char_indices().filter(|(_, c)| matches!(c, ' ' | '-')).map(|(i, _)| i).collect();
    let cut = cuts.get(cuts.len() / 2).map_or(value.len() / 2, |i| i + 1);
    let (head, tail) = value.split_at(cut);
    let head = if keep_blank { head } else { head.trim_end() };
    format!("{head}{at}{tail}")
}

const CARRIERS: &[(&str, Carry)] = &[
    ("plain", around),
    ("no-break space", |s, v| each(s, v, |c| if c == ' ' { "\u{a0}".into() } else { c.into() })),
    ("narrow no-break space", |s, v| each(s, v, |c| if c == ' ' { "\u{202f}".into() } else { c.into() })),
    ("en dash", |s, v| each(s, v, |c| if matches!(c, ' ' | '-') { "\u{2013}".into() } else { c.into() })),
    ("zero-width space", |s, v| each(s, v, |c| format!("{c}\u{200b}"))),
    ("soft hyphen", |s, v| around(s, &middle(v, "\u{ad}", true))),
    ("full width", |s, v| {
        each(s, v, |c| match u32::from(c) {
            0x21..=0x7e => char::from_u32(u32::from(c) + 0xFEE0).expect("in the block").into(),
            _ => c.into(),
        })
    }),
    ("mathematical", |s, v| {
        each(s, v, |c| match c {
            '0'..='9' => char::from_u32(0x1D7CE + u32::from(c) - 0x30).expect("a digit").into(),
            'A'..='Z' => char::from_u32(0x1D400 + u32::from(c) - 0x41).expect("a letter").into(),
            'a'..='z' => char::from_u32(0x1D41A + u32::from(c) - 0x61).expect("a letter").into(),
            _ => c.into(),
        })
    }),
    ("decimal entities", |s, v| each(s, v, |c| format!("&#{};", u32::from(c)))),
    ("hexadecimal entities", |s, v| whole(s, v, |c| format!("&#x{:x};", u32::from(c)))),
    ("named entities", |s, v| {
        each(s, v, |c| match c {
            ' ' => "&nbsp;".into(),
            '@' => "&commat;".into(),
            '-' => "&hyphen;".into(),
            '.' => "&period;".into(),
            '+' => "&plus;".into(),
            '!' => "&excl;".into(),
            _ => c.into(),
        })
    }),
    ("entities twice", |s, v| each(s, v, |c| format!("&amp;#{};", u32::from(c)))),
    ("percent", |s, v| each(s, v, |c| format!("%{:02X}", u32::from(c)))),
    ("form", |s, v| {
        whole(s, v, |c| match c {
            ' ' => "%20".into(),
            '+' => "%2B".into(),
            '@' => "%40".into(),
            '!' => "%21".into(),
            _ => c.into(),
        })
    }),
    ("backslash u", |s, v| each(s, v, |c| format!("\\u{:04x}", u32::from(c)))),
    ("backslash x", |s, v| each(s, v, |c| format!("\\x{:02x}", u32::from(c)))),
    ("base64", |s, v| encoded(s, v, base64)),
    ("base64 for URLs", |s, v| encoded(s, v, |b| base64(b).replace('+', "-").replace('/', "_").replace('=', ""))),
    ("base64 twice", |s, v| encoded(s, v, |b| base64(base64(b).as_bytes()))),
    ("base64 of UTF-16", |s, v| encoded(s, v, |b| base64(&b.iter().flat_map(|b| [*b, 0]).collect::<Vec<u8>>()))),
    ("hexadecimal", |s, v| {
        encoded(s, v, |b| {
            b.iter().fold(String::new(), |mut all, b| {
                let _ = write!(all, "{b:02x}");
                all
            })
        })
    }),
    ("hexadecimal with colons", |s, v| {
        encoded(s, v, |b| b.iter().map(|b| format!("{b:02X}")).collect::<Vec<_>>().join(":"))
    }),
    ("quoted-printable", |s, v| each(s, v, |c| format!("={:02X}", u32::from(c)))),
    ("soft line end", |s, v| around(s, &middle(v, "=\n", true))),
    ("soft line end, quoted", |s, v| around(s, &middle(v, "=\r\n> ", true))),
    ("line end", |s, v| around(s, &middle(v, "\n", false))),
    ("quoted reply", |s, v| around(&format!("> {s}"), &middle(v, "\n> ", false))),
    ("format=flowed", |s, v| around(s, &middle(v, "\n", true))),
    ("inline tags", |s, v| {
        let (head, tail) = v.split_at(v.len() / 2);
        around(s, &format!("{head}</b><span class=\"x\">{tail}"))
    }),
    ("comment", |s, v| {
        let (head, tail) = v.split_at(v.len() / 2);
        around(s, &format!("{head}<!-- x --><wbr>{tail}"))
    }),
    ("comma-separated cell", |s, v| around(&format!("id,note\n7,\"{s}\"\n8,\"none\""), v)),
    ("JSON value", |s, v| around(&format!("{{\"id\":7,\"note\":\"{s}\"}}"), v)),
    ("XML element", |s, v| around(&format!("<row><note>{s}</note></row>"), v)),
    ("markdown table", |s, v| around(&format!("| id | note |\n| --- | --- |\n| 7 | {s} |"), v)),
    ("encoded word, Q", |s, v| {
        let (text, value) = whole(s, v, |c| {
            if c == ' ' {
                "_".into()
            } else if c.is_ascii_alphanumeric() {
                c.into()
            } else {
                format!("={:02X}", u32::from(c))
            }
        });
        (format!("Subject: =?utf-8?q?{text}?="), value)
    }),
    ("encoded word, B", |s, v| {
        let run = base64(s.replace("{}", v).as_bytes());
        (format!("Subject: =?UTF-8?B?{run}?="), run)
    }),
    ("upper case", |s, v| {
        let (text, value) = around(s, v);
        (text.to_uppercase(), value.to_uppercase())
    }),
    ("lower case", |s, v| {
        let (text, value) = around(s, v);
        (text.to_lowercase(), value.to_lowercase())
    }),
    ("colon before", |s, v| around(&s.replace(" {}", ":{}"), v)),
    ("full stop after", |s, v| around(&s.replace("{} thanks", "{}."), v)),
    ("comma after", |s, v| around(&s.replace("{} ", "{}, "), v)),
    ("in parentheses", |s, v| around(&s.replace("{}", "({})"), v)),
    ("in quotes", |s, v| around(&s.replace("{}", "\"{}\""), v)),
    ("in typographic quotes", |s, v| around(&s.replace("{}", "\u{201c}{}\u{201d}"), v)),
    ("at the end", |s, v| around(s.trim_end_matches(" thanks"), v)),
    ("at the start", |s, v| {
        around("{}", v)
            .0
            .split_once('\u{0}')
            .map_or_else(|| around(&format!("{{}} {}", s.replace(" {} thanks", "")), v), |_| around(s, v))
    }),
];

/// Pairs that make no sense, with the reason.
const NO_SENSE: &[(&str, &str, &str)] = &[
    ("email", "en dash", "has no groups"),
    ("email", "line end", "cut in the middle of a word, two words of prose are left"),
    ("email", "quoted reply", "the same"),
    ("email", "format=flowed", "the same"),
    ("password", "line end", "the same"),
    ("password", "quoted reply", "the same"),
    ("password", "format=flowed", "the same"),
    ("password", "at the start", "a password is told by the words before it"),
    ("aws_access_key", "lower case", "keys are capitals"),
    ("passport", "line end", "cut in the middle of a word"),
    ("passport", "quoted reply", "the same"),
    ("passport", "format=flowed", "the same"),
    ("jwt", "lower case", "base64 in one case says nothing"),
    ("jwt", "upper case", "the same"),
];

fn covered(text: &str, value: &str) -> bool {
    let Some(at) = text.find(value) else { return false };
    let want: Vec<usize> = value.char_indices().filter(|(_, c)| c.is_alphanumeric()).map(|(i, _)| at + i).collect();
    let found = common::RULES.scan(text, &Hints::default()).matches;
    let acted: Vec<_> = found.iter().filter(|m| m.score >= 60).map(|m| m.span.clone()).collect();
    want.iter().all(|i| acted.iter().any(|s| s.contains(i)))
}

#[test]
fn every_value_in_every_carrier() {
    let (mut all, mut missed) = (0, String::new());
    for (entity, sentence, value) in ENTITIES {
        for (name, carry) in CARRIERS {
            if NO_SENSE.iter().any(|(e, c, _)| e == entity && c == name) {
                continue;
            }
            all += 1;
            let (text, written) = carry(sentence, value);
            if !covered(&text, &written) {
                let _ = writeln!(missed, "{entity} in {name}: {text:?}");
            }
        }
    }
    let failures = missed.lines().count();
    assert!(failures * 20 <= all, "{failures} of {all} are missed:\n{missed}");
}

/// Carriers that keep the way back of every character.
const EXACT: &[&str] = &[
    "plain",
    "no-break space",
    "zero-width space",
    "full width",
    "mathematical",
    "decimal entities",
    "entities twice",
    "percent",
    "backslash u",
    "backslash x",
    "quoted-printable",
    "soft line end",
    "inline tags",
    "comment",
];

/// The canonical forms of what is acted on and covers the value.
fn canonical_forms(text: &str, value: &str) -> Vec<String> {
    let at = text.find(value).expect("the value is in the text");
    // Invisible characters at the end belong to the value or not.
    let end = at + value.trim_end_matches('\u{200b}').len();
    let found = common::RULES.scan(text, &Hints::default()).matches;
    let whole = found.iter().filter(|m| m.score >= 60 && m.span.start <= at && m.span.end >= end);
    whole.map(|m| common::RULES.canonical(m.rule, &text[m.span.clone()]).to_string()).collect()
}

#[test]
fn equal_values_are_equal_in_every_carrier() {
    for (entity, sentence, value) in ENTITIES {
        let (text, written) = around(sentence, value);
        let wanted = canonical_forms(&text, &written);
        assert!(!wanted.is_empty(), "{entity}");
        for (name, carry) in CARRIERS.iter().filter(|(name, _)| EXACT.contains(name)) {
            let (text, written) = carry(sentence, value);
            let forms = canonical_forms(&text, &written);
            assert!(forms.iter().any(|f| wanted.contains(f)), "{entity} in {name}: {text:?} gives {}", forms.len());
        }
    }
}

/// Paragraphs that hold nothing.
const BENIGN: &[&str] = &[
    "Hello, the printer on floor 3 prints blank pages since Monday.",
    "Order 4411-22 was shipped on 2026-03-04, see https://shop.example/orders/4411?ref=mail&x=1.",
    "Total: 1,299.00 EUR\nTax: 19 %\nInvoice 2026-0117",
    "<p>Thanks &amp; regards</p>",
    "a=b&c=%20d&amp;e=3D",
    "commit 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
    "[payment card \u{2022}\u{2022}\u{2022}\u{2022}1111 \u{b7} C7K2QM4X]",
    "Grüße aus Köln, カードの番号, Привет",
    "\u{200b}\u{feff}",
    "",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// What is covered in a sentence alone is covered among other paragraphs.
    #[test]
    fn values_are_covered_among_other_text(
        entity in 0..ENTITIES.len(),
        carrier in 0..CARRIERS.len(),
        before in prop::collection::vec(prop::sample::select(BENIGN), 0..4),
        after in prop::collection::vec(prop::sample::select(BENIGN), 0..4),
    ) {
        let ((_, sentence, value), (_, carry)) = (ENTITIES[entity], CARRIERS[carrier]);
        let (text, written) = carry(sentence, value);
        let all = format!("{}\n\n{text}\n\n{}", before.join("\n\n"), after.join("\n\n"));
        prop_assert!(!covered(&text, &written) || covered(&all, &written), "{:?}", all);
    }
}
