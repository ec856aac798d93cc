//! Words out of lists: names of people, and whatever an operator lists.
//!
//! One pass over the text hashes its words, by default only those that begin with a capital letter, and asks a bitmap;
//! the lists themselves are asked about the few words that pass. Accents and case do not count.

use super::Found;
use crate::blocks::{self, BLOCK};
use crate::text::{before, byte, char_at};
use crate::{RuleIx, SourceFile};
use std::collections::HashMap;
use std::ops::Range;

/// The lists that come with the program.
const SHIPPED: [(&str, &str); 4] = [
    ("given-names", include_str!("../../../../config/words/given-names.txt")),
    ("given-names-common", include_str!("../../../../config/words/given-names-common.txt")),
    ("surnames", include_str!("../../../../config/words/surnames.txt")),
    ("surnames-common", include_str!("../../../../config/words/surnames-common.txt")),
];
/// Lists of all rules together at most: one bit each.
const LISTS_MAX: usize = 64;
/// Bits of the bitmap.
const BITMAP_BITS: usize = 1 << 17;
/// Words that are read after the first one.
const NEXT_WORDS_MAX: usize = 5;
/// Bytes of a word at most: what is longer is none.
const WORD_BYTES_MAX: usize = 64;
/// Words of an entry at most.
const ENTRY_WORDS_MAX: usize = 6;
/// What may stand within a name in small letters.
const PARTICLES: [&str; 26] = [
    "van", "der", "den", "de", "la", "von", "vom", "zu", "bin", "ben", "al", "el", "da", "dos", "das", "di", "du",
    "le", "del", "della", "ten", "ter", "af", "av", "y", "e",
];
/// Capitalised words that are never part of a name, whatever stands before them.
const NO_NAMES: &[&str] = &[
    "about",
    "account",
    "address",
    "after",
    "again",
    "agency",
    "airport",
    "all",
    "also",
    "am",
    "and",
    "any",
    "april",
    "are",
    "as",
    "at",
    "august",
    "avenue",
    "bank",
    "bay",
    "beach",
    "because",
    "been",
    "before",
    "best",
    "board",
    "bridge",
    "building",
    "business",
    "but",
    "by",
    "call",
    "camp",
    "can",
    "card",
    "castle",
    "center",
    "centre",
    "church",
    "city",
    "class",
    "clinic",
    "club",
    "college",
    "com",
    "committee",
    "company",
    "contact",
    "corp",
    "corporation",
    "could",
    "council",
    "country",
    "county",
    "customer",
    "date",
    "day",
    "days",
    "dear",
    "december",
    "department",
    "desk",
    "did",
    "director",
    "district",
    "division",
    "do",
    "does",
    "drive",
    "east",
    "email",
    "engineering",
    "error",
    "february",
    "file",
    "for",
    "foundation",
    "friday",
    "from",
    "fwd",
    "gmbh",
    "good",
    "group",
    "had",
    "hall",
    "has",
    "have",
    "he",
    "hello",
    "her",
    "here",
    "hi",
    "high",
    "his",
    "hospital",
    "hotel",
    "house",
    "how",
    "id",
    "if",
    "in",
    "inc",
    "institute",
    "international",
    "invoice",
    "is",
    "island",
    "it",
    "its",
    "january",
    "july",
    "june",
    "just",
    "kind",
    "lake",
    "lane",
    "library",
    "linux",
    "list",
    "llc",
    "login",
    "ltd",
    "mail",
    "mailing",
    "manager",
    "march",
    "market",
    "meeting",
    "mobile",
    "monday",
    "mount",
    "mountain",
    "museum",
    "name",
    "new",
    "no",
    "north",
    "not",
    "note",
    "november",
    "number",
    "october",
    "of",
    "office",
    "ok",
    "on",
    "online",
    "or",
    "order",
    "our",
    "palace",
    "park",
    "password",
    "phone",
    "place",
    "plc",
    "please",
    "port",
    "post",
    "project",
    "re",
    "ref",
    "regards",
    "report",
    "river",
    "road",
    "room",
    "said",
    "sales",
    "saturday",
    "school",
    "see",
    "sent",
    "september",
    "server",
    "service",
    "services",
    "she",
    "should",
    "sincerely",
    "software",
    "south",
    "square",
    "state",
    "station",
    "street",
    "subject",
    "sunday",
    "support",
    "systems",
    "team",
    "tel",
    "thank",
    "thanks",
    "that",
    "the",
    "their",
    "then",
    "there",
    "they",
    "this",
    "thursday",
    "to",
    "today",
    "tomorrow",
    "tower",
    "town",
    "trust",
    "tuesday",
    "union",
    "university",
    "user",
    "valley",
    "village",
    "was",
    "we",
    "web",
    "wednesday",
    "were",
    "west",
    "what",
    "when",
    "where",
    "which",
    "who",
    "why",
    "will",
    "with",
    "would",
    "wrote",
    "yes",
    "you",
    "your",
];

/// Words of a rule, written in it and named by the lists that hold them.
#[derive(Debug, Default)]
pub(crate) struct List {
    pub(crate) words: Vec<String>,
    pub(crate) files: Vec<String>,
}

/// What must follow the first word.
#[derive(Debug)]
pub(crate) enum Next {
    List(List),
    /// Any capitalised word that can be a name.
    Capitalised,
}

/// A rule of kind `dictionary`.
#[derive(Debug)]
pub(crate) struct Dictionary {
    pub(crate) first: List,
    pub(crate) next: Option<Next>,
    /// Words in small letters count too.
    pub(crate) any_case: bool,
    /// A comma stands between the first word and the next: `Chen, Mia`.
    pub(crate) comma: bool,
    /// The first word is a title: the value is what follows it.
    pub(crate) title: bool,
}

/// Is it the name of a list that comes with the program?
pub(crate) fn is_shipped_list(name: &str) -> bool {
    SHIPPED.iter().any(|(n, _)| *n == name)
}

/// The entries of a list: one a line, `#` begins a comment.
fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(|line| line.split('#').next().unwrap_or_default().trim()).filter(|line| !line.is_empty())
}

#[derive(Debug)]
struct Rule {
    rule: RuleIx,
    first: u64,
    /// Lists of which a word must follow; `None`: nothing must.
    next: Option<u64>,
    next_any: bool,
    any_case: bool,
    comma: bool,
    title: bool,
}

#[derive(Debug)]
struct Entry {
    /// Its words after the first.
    rest: Vec<String>,
    lists: u64,
}

/// All lists of all dictionary rules.
#[derive(Debug)]
pub(crate) struct Words {
    bitmap: Vec<u64>,
    /// By the first word.
    entries: HashMap<String, Vec<Entry>>,
    rules: Vec<Rule>,
    any_case: bool,
}

impl Words {
    /// Builds the lists; `None` without rules. Complains of lists that do not exist and of too many of them.
    pub(crate) fn new<'a>(
        rules: impl Iterator<Item = (usize, &'a Dictionary)>,
        files: &[SourceFile<'_>],
    ) -> Result<Option<Words>, Vec<(usize, String)>> {
        let mut all =
            Words { bitmap: vec![0; BITMAP_BITS / 64], entries: HashMap::new(), rules: Vec::new(), any_case: false };
        let mut complaints = Vec::new();
        // Equal lists share a bit: the shipped ones stand in several rules.
        let mut lists: Vec<(&[String], &[String])> = Vec::new();
        for (at, dictionary) in rules {
            let Ok(ix) = u16::try_from(at) else { continue };
            let mut bit = |list: &'a List, all: &mut Words| {
                let key = (list.words.as_slice(), list.files.as_slice());
                let known = lists.iter().position(|l| *l == key);
                let nth = known.unwrap_or(lists.len());
                if nth >= LISTS_MAX {
                    complaints.push((at, format!("all rules together have more than {LISTS_MAX} lists of words")));
                    return 0;
                }
                if known.is_none() {
                    lists.push(key);
                    complaints.extend(all.add(list, 1 << nth, files).into_iter().map(|text| (at, text)));
                }
                1 << nth
            };
            let first = bit(&dictionary.first, &mut all);
            let (next, next_any) = match &dictionary.next {
                None => (None, false),
                Some(Next::Capitalised) => (Some(0), true),
                Some(Next::List(list)) => (Some(bit(list, &mut all)), false),
            };
            let Dictionary { any_case, comma, title, .. } = *dictionary;
            all.any_case |= any_case;
            all.rules.push(Rule { rule: RuleIx(ix), first, next, next_any, any_case, comma, title });
        }
        match (complaints.is_empty(), all.rules.is_empty()) {
            (false, _) => Err(complaints),
            (true, true) => Ok(None),
            (true, false) => Ok(Some(all)),
        }
    }

    fn add(&mut self, list: &List, bit: u64, files: &[SourceFile<'_>]) -> Vec<String> {
        let mut complaints = Vec::new();
        for word in &list.words {
            self.add_entry(word, bit);
        }
        for name in &list.files {
            let shipped = SHIPPED.iter().find(|(n, _)| n == name).map(|(_, text)| *text);
            match shipped.or_else(|| files.iter().find(|f| f.name == name).map(|f| f.text)) {
                Some(text) => entries(text).for_each(|entry| self.add_entry(entry, bit)),
                None => complaints.push(format!("there is no list `{name}` beside the rule files")),
            }
        }
        complaints
    }

    fn add_entry(&mut self, entry: &str, bit: u64) {
        let mut words = Vec::new();
        let mut at = 0;
        let mut beginnings = Beginnings::new(entry.as_bytes(), true);
        while let Some(word) = next_word(entry, at, &mut beginnings).filter(|_| words.len() < ENTRY_WORDS_MAX) {
            at = word.end;
            words.push(fold(entry.get(word).unwrap_or_default()));
        }
        let mut words = words.into_iter();
        let Some(first) = words.next() else { return };
        let rest: Vec<String> = words.collect();
        let slot = hash(first.as_bytes());
        if let Some(cell) = self.bitmap.get_mut(slot / 64) {
            *cell |= 1 << (slot % 64);
        }
        let entries = self.entries.entry(first).or_default();
        match entries.iter_mut().find(|e| e.rest == rest) {
            Some(entry) => entry.lists |= bit,
            None => entries.push(Entry { rest, lists: bit }),
        }
    }

    /// Everything that the rules find; linear in the text.
    pub(crate) fn find(&self, text: &str) -> Vec<Found> {
        let mut found = Vec::new();
        let mut beginnings = Beginnings::new(text.as_bytes(), self.any_case);
        let mut at = 0;
        while let Some(word) = next_word(text, at, &mut beginnings) {
            at = word.end;
            if !self.may_hold(text, &word) {
                continue;
            }
            let is_capital = char_at(text, word.start).is_some_and(char::is_uppercase);
            let mut reach = word.end;
            for (end, lists) in self.entries_at(text, &word) {
                for rule in self.rules.iter().filter(|r| r.first & lists != 0 && (r.any_case || is_capital)) {
                    if let Some(span) = self.complete(text, rule, word.start..end) {
                        reach = reach.max(span.end);
                        found.push(Found { rule: rule.rule, span });
                    }
                }
            }
            at = reach;
        }
        found
    }

    fn may_hold(&self, text: &str, word: &Range<usize>) -> bool {
        let Some(bytes) = text.as_bytes().get(word.clone()) else { return false };
        let slot = if bytes.is_ascii() {
            hash(bytes)
        } else {
            hash(fold(text.get(word.clone()).unwrap_or_default()).as_bytes())
        };
        self.bitmap.get(slot / 64).is_some_and(|cell| cell >> (slot % 64) & 1 == 1)
    }

    /// Ends of the entries that begin with a word, and the lists they are in.
    fn entries_at(&self, text: &str, word: &Range<usize>) -> Vec<(usize, u64)> {
        let Some(entries) = text.get(word.clone()).and_then(|w| self.entries.get(&fold(w))) else { return Vec::new() };
        let ends = |entry: &Entry| {
            let mut end = word.end;
            for rest in &entry.rest {
                let next = word_after(text, end)?;
                (fold(text.get(next.clone())?) == *rest).then(|| end = next.end)?;
            }
            Some((end, entry.lists))
        };
        entries.iter().filter_map(ends).collect()
    }

    fn lists_at(&self, text: &str, word: &Range<usize>) -> (usize, u64) {
        if !self.may_hold(text, word) {
            return (word.end, 0);
        }
        self.entries_at(text, word).into_iter().fold((word.end, 0), |all, (end, lists)| (all.0.max(end), all.1 | lists))
    }

    /// The value of a rule whose first word stands at `first`.
    fn complete(&self, text: &str, rule: &Rule, first: Range<usize>) -> Option<Range<usize>> {
        let Some(wanted) = rule.next else { return Some(first) };
        let (mut at, mut start) = (first.end, first.start);
        if rule.comma {
            at = text.get(at..)?.starts_with(", ").then_some(at + 1)?;
        } else if rule.title {
            at += usize::from(byte(text.as_bytes(), at) == b'.');
            // "Ms Chen" and "MS CHEN", but not "MS-Exchange" and "Mr NZ".
            let next = word_after(text, at).filter(|_| byte(text.as_bytes(), at) == b' ')?;
            let has_small = |span: Range<usize>| text.get(span).is_some_and(|t| t.contains(char::is_lowercase));
            (has_small(first) == has_small(next)).then_some(())?;
        }
        let mut end = None;
        for nth in 0..NEXT_WORDS_MAX {
            let Some(word) = word_after(text, at) else { break };
            let value = text.get(word.clone())?;
            let is_capital = value.chars().next().is_some_and(char::is_uppercase);
            if nth == 0 && rule.title {
                start = word.start;
            }
            let mut chars = value.chars();
            let is_initial = is_capital && chars.next().is_some() && chars.next().is_none();
            if is_initial {
                at = word.end + usize::from(byte(text.as_bytes(), word.end) == b'.');
                continue;
            }
            let folded = fold(value);
            let (word_end, lists) = self.lists_at(text, &word);
            let is_wanted = lists & wanted != 0 && (is_capital || rule.any_case);
            let is_name = is_capital && value.len() > 1 && NO_NAMES.binary_search(&folded.as_str()).is_err();
            if is_wanted || rule.next_any && is_name {
                end = Some(word_end);
                at = word_end;
            } else if lists & rule.first != 0 && is_capital || PARTICLES.contains(&folded.as_str()) {
                at = word.end;
            } else {
                break;
            }
        }
        end.map(|end| start..end)
    }
}

/// FNV-1a over a word in small letters, folded to the bitmap.
fn hash(word: &[u8]) -> usize {
    let step = |h: u32, b: &u8| (h ^ u32::from(b.to_ascii_lowercase())).wrapping_mul(0x0100_0193);
    let all = word.iter().fold(0x811C_9DC5, step);
    (all ^ all >> 15) as usize % BITMAP_BITS
}

/// A word in small letters and without the accents of Latin letters.
pub(crate) fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(word.len());
    for c in word.chars().flat_map(char::to_lowercase) {
        match plain(c) {
            Some(plain) => out.push_str(plain),
            // A combining accent.
            None if ('\u{300}'..='\u{36f}').contains(&c) => {}
            None => out.push(c),
        }
    }
    out
}

/// The letters without accents for a small Latin letter that has one.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' => "a",
        'ạ' | 'ả' | 'ấ' | 'ầ' | 'ẩ' | 'ẫ' | 'ậ' | 'ắ' | 'ằ' | 'ẳ' | 'ẵ' | 'ặ' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'ẹ' | 'ẻ' | 'ẽ' | 'ế' | 'ề' | 'ể' | 'ễ' | 'ệ' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' | 'ỉ' | 'ị' => "i",
        'ĵ' => "j",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'ơ' => "o",
        'ọ' | 'ỏ' | 'ố' | 'ồ' | 'ổ' | 'ỗ' | 'ộ' | 'ớ' | 'ờ' | 'ở' | 'ỡ' | 'ợ' => "o",
        'œ' => "oe",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ư' => "u",
        'ụ' | 'ủ' | 'ứ' | 'ừ' | 'ử' | 'ữ' | 'ự' => "u",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' | 'ỳ' | 'ỵ' | 'ỷ' | 'ỹ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        'þ' => "th",
        _ => return None,
    })
}

fn is_letter(b: u8) -> bool {
    b.is_ascii_alphabetic()
}

/// Where words of lists may begin: at the first of some letters, a capital unless any counts, and at whatever is not ASCII.
struct Beginnings<'t> {
    bytes: &'t [u8],
    any_case: bool,
    /// Where the block of `mask` begins.
    at: usize,
    mask: u64,
}

impl<'t> Beginnings<'t> {
    fn new(bytes: &'t [u8], any_case: bool) -> Beginnings<'t> {
        let mut all = Beginnings { bytes, any_case, at: 0, mask: 0 };
        all.read(0);
        all
    }

    fn read(&mut self, at: usize) {
        let block = blocks::block(self.bytes, at);
        let (letters, first) = (blocks::mask(&block, |b| b.is_ascii_alphabetic()), before(self.bytes, at));
        let wanted = match self.any_case {
            true => letters,
            false => blocks::mask(&block, |b| b.is_ascii_uppercase()),
        };
        let high = blocks::mask(&block, |b| !b.is_ascii());
        self.mask = wanted & !(letters << 1 | u64::from(first.is_ascii_alphabetic())) | high;
        self.at = at;
    }

    /// The first from `from` on; where one is asked for never lies before where the last one was.
    fn next(&mut self, from: usize) -> Option<usize> {
        if from >= self.at + BLOCK {
            self.read(from / BLOCK * BLOCK);
        }
        loop {
            let ahead = blocks::within(self.mask, from.saturating_sub(self.at), BLOCK);
            if ahead != 0 {
                return Some(self.at + ahead.trailing_zeros() as usize);
            }
            let next = self.at + BLOCK;
            if next >= self.bytes.len() {
                return None;
            }
            self.read(next);
        }
    }
}

/// The next word from `from` on that begins with a capital letter, or with any letter.
fn next_word(text: &str, from: usize, beginnings: &mut Beginnings<'_>) -> Option<Range<usize>> {
    let any_case = beginnings.any_case;
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        at = beginnings.next(at)?;
        let first = char_at(text, at)?;
        let end = word_end(text, at);
        let is_wanted = if any_case { first.is_alphabetic() } else { first.is_uppercase() };
        if is_wanted
            && end - at <= WORD_BYTES_MAX
            && !at.checked_sub(1).is_some_and(|i| byte(bytes, i).is_ascii_digit())
        {
            return Some(at..end);
        }
        at = end.max(at + first.len_utf8());
    }
}

/// Where the word that begins at `at` ends: letters, and an apostrophe between letters, without an English `'s`.
fn word_end(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let mut end = at;
    loop {
        while bytes.get(end).is_some_and(|b| is_letter(*b)) {
            end += 1;
        }
        match bytes.get(end) {
            Some(b'\'') if end > at && end - at <= 2 && is_letter(byte(bytes, end + 1)) => end += 1,
            Some(b) if !b.is_ascii() => match char_at(text, end) {
                Some(c) if c.is_alphabetic() || ('\u{300}'..='\u{36f}').contains(&c) => end += c.len_utf8(),
                _ => return end,
            },
            _ => return end,
        }
    }
}

/// The word after a blank or hyphen at `at`.
fn word_after(text: &str, at: usize) -> Option<Range<usize>> {
    let start = matches!(byte(text.as_bytes(), at), b' ' | b'-').then_some(at + 1)?;
    let end = word_end(text, start);
    (start < end && end - start <= WORD_BYTES_MAX).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dictionary(first: &[&str], next: Option<&[&str]>) -> Dictionary {
        let list = |words: &[&str]| List { words: words.iter().map(|w| (*w).to_owned()).collect(), files: Vec::new() };
        Dictionary {
            first: list(first),
            next: next.map(|n| if n == ["*"] { Next::Capitalised } else { Next::List(list(n)) }),
            any_case: false,
            comma: false,
            title: false,
        }
    }

    fn found(dictionary: Dictionary, text: &str) -> Vec<&str> {
        let words = Words::new([(0, &dictionary)].into_iter(), &[]).expect("few lists").expect("a rule");
        words.find(text).into_iter().filter_map(|f| text.get(f.span)).collect()
    }

    #[test]
    fn what_is_no_name_is_sorted() {
        assert!(NO_NAMES.is_sorted());
    }

    #[test]
    fn words_are_whole_and_capitalised_unless_any_case_counts() {
        let cases: [(&str, &[&str]); 7] = [
            ("Falcon and falcon and Falcons", &["Falcon"]),
            ("(Falcon)'s 9Falcon xFalcon", &["Falcon"]),
            ("the FALCON, Blue Moon-base, Blue Mood", &["FALCON", "Blue Moon"]),
            ("Grün GRÜN Gruen grün", &["Grün", "GRÜN"]),
            ("Иван Иванов", &["Иван"]),
            ("O'Neil and O'Neill", &["O'Neil"]),
            ("Falcon's", &["Falcon"]),
        ];
        for (text, want) in cases {
            assert_eq!(
                found(dictionary(&["falcon", "blue moon", "grun", "иван", "o'neil"], None), text),
                want,
                "{text}"
            );
        }
        let any = Dictionary { any_case: true, ..dictionary(&["falcon"], None) };
        assert_eq!(found(any, "Falcon falcon Falcons"), ["Falcon", "falcon"]);
    }

    #[test]
    fn what_must_follow_follows() {
        let cases: [(&str, &[&str]); 11] = [
            ("Mia Chen wrote", &["Mia Chen"]),
            ("Mia", &[]),
            ("Mia K. Chen-Smith", &["Mia K. Chen-Smith"]),
            ("Mia Anna Chen", &["Mia Anna Chen"]),
            ("Anna van der Berg is", &["Anna van der Berg"]),
            ("mia chen", &[]),
            ("Mia\nChen", &[]),
            ("Mia, Chen", &[]),
            ("Mia Other Chen", &[]),
            ("MIA CHEN", &["MIA CHEN"]),
            ("Mia Chen Anna Smith", &["Mia Chen Anna Smith"]),
        ];
        for (text, want) in cases {
            let rule = dictionary(&["Mia", "Anna"], Some(&["Chen", "Smith", "van der Berg", "Berg"]));
            assert_eq!(found(rule, text), want, "{text}");
        }
        let comma = || Dictionary { comma: true, ..dictionary(&["Chen"], Some(&["Mia", "Anna"])) };
        assert_eq!(found(comma(), "Chen, Mia K."), ["Chen, Mia"]);
        assert_eq!(found(comma(), "Chen Mia"), [""; 0]);
        let title = || Dictionary { title: true, ..dictionary(&["Mr", "Frau"], Some(&["*"])) };
        assert_eq!(
            found(title(), "Dear Mr. Ng, Frau von Stein; Mr Please, MR-Smith, MR Smith, MR SMITH"),
            ["Ng", "von Stein", "SMITH"]
        );
    }

    #[test]
    fn unknown_lists_are_named() {
        let mut rule = dictionary(&["a"], None);
        rule.first.files = vec!["mine.txt".to_owned()];
        let complaints = Words::new([(3, &rule)].into_iter(), &[]).expect_err("not there");
        assert_eq!(complaints, [(3, "there is no list `mine.txt` beside the rule files".to_owned())]);
        let file = SourceFile { name: "mine.txt", text: "# list\nFalcon # bird\n\n Blue Moon \n" };
        let words = Words::new([(3, &rule)].into_iter(), &[file]).expect("there").expect("a rule");
        assert_eq!(words.find("Falcon, Blue Moon, List").len(), 2);
    }

    #[test]
    fn shipped_lists_are_large_and_clean() {
        for (name, text) in SHIPPED {
            let all: Vec<&str> = entries(text).collect();
            assert!(all.len() >= if name.ends_with("common") { 150 } else { 1_500 }, "{name}: {}", all.len());
            for entry in all {
                let is_plain = |c: char| c.is_alphabetic() || matches!(c, ' ' | '-' | '\'');
                assert!(entry.chars().all(is_plain) && entry.len() <= 40, "{name}: {entry}");
            }
        }
    }
}
