//! The words of the grammar, a file for each language (or family of languages that share most of them).
//!
//! A word has roles. Words of a keyword's own language and English words count; a keyword that is used everywhere
//! ("password", "PIN") takes the words of all languages except those that mean something else in another one (`own`).

pub(super) mod cjk;
mod de;
mod en;
mod fr;
mod nordic;
mod other;
mod romance;
mod slavic;

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

/// What a word can do in a sentence around a keyword, as bits.
pub(super) type Roles = u16;
/// Says what the keyword is: "is", "lautet".
pub(super) const COPULA: Roles = 1;
/// May stand between a copula and the value: "now", "immer noch".
pub(super) const ADVERB: Roles = 1 << 1;
/// Begins a phrase between the keyword and its colon or copula: "for the portal".
pub(super) const BRIDGE: Roles = 1 << 2;
/// After it no value of this keyword follows: "password reset", "password manager is KeePass2".
pub(super) const FOLLOWER: Roles = 1 << 3;
/// Before the keyword: what is spoken of is a lost or wrong password.
pub(super) const NEGATION: Roles = 1 << 4;
/// Stands where a password would, and is none: "required", "null".
pub(super) const EMPTY: Roles = 1 << 5;
/// A word for a credential.
pub(super) const KEYWORD: Roles = 1 << 6;
/// A frequent word that is no password.
pub(super) const COMMON: Roles = 1 << 7;
/// A verb of changing or setting.
pub(super) const CHANGE: Roles = 1 << 8;
/// Leads to the new value after such a verb: "changed to".
pub(super) const TO: Roles = 1 << 9;
/// May stand between a copula and a keyword that follows the value: "X is my new password".
pub(super) const OWN: Roles = 1 << 10;
/// "use X as password".
pub(super) const AS: Roles = 1 << 11;
/// A word for a user name.
pub(super) const USER: Roles = 1 << 12;
/// "and".
pub(super) const AND: Roles = 1 << 13;

/// Words of one language, separated by spaces.
pub(super) struct Language {
    pub(super) keywords: &'static str,
    pub(super) copulas: &'static str,
    /// Copulas that mean something else in other languages.
    pub(super) own_copulas: &'static str,
    pub(super) adverbs: &'static str,
    pub(super) bridges: &'static str,
    pub(super) followers: &'static str,
    pub(super) negations: &'static str,
    pub(super) empties: &'static str,
    pub(super) common: &'static str,
    pub(super) changes: &'static str,
    pub(super) to: &'static str,
    pub(super) owns: &'static str,
    pub(super) r#as: &'static str,
    pub(super) users: &'static str,
    pub(super) and: &'static str,
}

const LANGUAGES: &[&Language] = &[
    &en::EN,
    &de::DE,
    &de::NL,
    &fr::FR,
    &romance::ES,
    &romance::PT,
    &romance::IT,
    &romance::RO,
    &nordic::SV,
    &nordic::DA,
    &nordic::FI,
    &slavic::PL,
    &slavic::CS,
    &slavic::HR,
    &slavic::RU,
    &slavic::UK,
    &other::HU,
    &other::TR,
    &other::EL,
    &other::VI,
    &other::ID,
    &other::AR,
    &other::HE,
    &cjk::JA,
    &cjk::ZH,
    &cjk::KO,
    &cjk::TH,
];

/// A language, as its place in the table; English is the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tongue(u8);

/// Keywords that are used in every language.
pub(super) const ANY: Tongue = Tongue(0);

#[derive(Default)]
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.0 = (self.0 ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[derive(Default)]
struct Entry {
    /// Roles in any language.
    shared: Roles,
    /// Roles for keywords of that language.
    own: Vec<(u8, Roles)>,
}

type Table = HashMap<&'static str, Entry, BuildHasherDefault<Fnv>>;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::default();
    for (at, language) in LANGUAGES.iter().enumerate() {
        let at = u8::try_from(at).unwrap_or(u8::MAX);
        let lists = [
            (language.keywords, KEYWORD),
            (language.copulas, COPULA),
            (language.adverbs, ADVERB),
            (language.bridges, BRIDGE),
            (language.followers, FOLLOWER),
            (language.negations, NEGATION),
            (language.empties, EMPTY),
            (language.common, COMMON),
            (language.changes, CHANGE),
            (language.to, TO),
            (language.owns, OWN),
            (language.r#as, AS),
            (language.users, USER),
            (language.and, AND),
            (language.own_copulas, 0),
        ];
        for (words, role) in lists {
            for word in words.split_ascii_whitespace() {
                let entry = table.entry(word).or_default();
                let own = if role == 0 { COPULA } else { role };
                entry.shared |= role;
                match entry.own.iter_mut().find(|(l, _)| *l == at) {
                    Some((_, roles)) => *roles |= own,
                    None => entry.own.push((at, own)),
                }
            }
        }
    }
    table
});

/// Bytes of a word that are looked up at most.
const WORD_BYTES_MAX: usize = 48;

/// Calls `then` with the entry of a word in any case.
fn entry(word: &str) -> Option<&'static Entry> {
    if word.is_empty() || word.len() > WORD_BYTES_MAX - 4 {
        return None;
    }
    let mut buffer = [0_u8; WORD_BYTES_MAX];
    if word.is_ascii() {
        let small = buffer.get_mut(..word.len())?;
        small.copy_from_slice(word.as_bytes());
        small.make_ascii_lowercase();
        return TABLE.get(std::str::from_utf8(small).ok()?);
    }
    let mut len = 0;
    for c in word.chars().flat_map(char::to_lowercase) {
        let cell = buffer.get_mut(len..len + c.len_utf8())?;
        len += c.encode_utf8(cell).len();
    }
    TABLE.get(std::str::from_utf8(buffer.get(..len)?).ok()?)
}

/// The roles of a word next to a keyword of a language.
pub(super) fn roles(word: &str, tongue: Tongue) -> Roles {
    let Some(entry) = entry(word) else { return 0 };
    if tongue == ANY {
        return entry.shared | entry.own.iter().find(|(l, _)| *l == 0).map_or(0, |(_, r)| *r);
    }
    // What stands for a value does so in any language.
    let own = entry.own.iter().filter(|(l, _)| *l == 0 || *l == tongue.0);
    own.fold(entry.shared & (EMPTY | COMMON), |all, (_, r)| all | r)
}

/// The language of a keyword, by its last word.
pub(super) fn tongue(keyword: &str) -> Tongue {
    let last = keyword.rsplit([' ', '\'']).next().unwrap_or_default();
    let Some(entry) = entry(last) else { return ANY };
    let mut all = entry.own.iter().filter(|(_, r)| r & KEYWORD != 0);
    match (all.next(), all.next()) {
        (Some((only, _)), None) => Tongue(*only),
        _ => ANY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_count_in_their_own_language() {
        let polish = tongue("hasło");
        assert_ne!(polish, ANY);
        assert_eq!(tongue("password"), ANY);
        assert!(roles("TO", polish) & COPULA != 0);
        assert!(roles("to", ANY) & COPULA == 0);
        assert!(roles("LAUTET", ANY) & COPULA != 0);
        assert!(roles("lautet", polish) & COPULA == 0);
        assert!(roles("ЭТО", tongue("пароль")) & COPULA != 0);
        assert_eq!(roles("", ANY), 0);
        assert_eq!(roles(&"x".repeat(500), ANY), 0);
    }

    #[test]
    fn every_language_has_what_the_grammar_needs() {
        for (at, language) in LANGUAGES.iter().enumerate() {
            assert!(!language.keywords.is_empty() && !language.empties.is_empty(), "{at}");
        }
    }
}
