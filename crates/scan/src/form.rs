//! The form of a rule: a number over all that decides what it matches, so that two sets of rules can be compared without
//! a text. Points, mode, exceptions and examples are no part of it: what they change can be told from a kept score.

use crate::compiled::{Compiled, Kind};
use crate::loader::COMMON_KEYS;
use crate::rules::Loaded;
use crate::{RuleIx, Ruleset, SourceFile};
use toml::de::{DeTable, DeValue};

/// FNV-1a, 32 bits: told from another by chance once in four thousand million, and the same on every machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form(u32);

impl Default for Form {
    fn default() -> Form {
        Form(0x811c_9dc5)
    }
}

impl Form {
    /// Takes a part in; parts do not run into each other.
    fn add(&mut self, part: &str) {
        for byte in part.bytes().chain([0xff]) {
            self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }

    fn add_value(&mut self, value: &DeValue<'_>) {
        match value {
            DeValue::String(text) => self.add(text),
            DeValue::Integer(number) => self.add(number.as_str()),
            DeValue::Float(number) => self.add(number.as_str()),
            DeValue::Boolean(yes) => self.add(if *yes { "true" } else { "false" }),
            DeValue::Datetime(time) => self.add(&time.to_string()),
            DeValue::Array(all) => {
                self.add("[");
                all.iter().for_each(|one| self.add_value(one.get_ref()));
                self.add("]");
            }
            DeValue::Table(table) => {
                self.add("{");
                self.add_table(table, |_| true);
                self.add("}");
            }
        }
    }

    fn add_table(&mut self, table: &DeTable<'_>, wants: impl Fn(&str) -> bool) {
        let mut keys: Vec<(&str, &DeValue<'_>)> =
            table.iter().map(|(key, value)| (key.get_ref().as_ref(), value.get_ref())).collect();
        keys.sort_by_key(|(key, _)| *key);
        for (key, value) in keys.into_iter().filter(|(key, _)| wants(key)) {
            self.add(key);
            self.add_value(value);
        }
    }

    /// What stands in a rule's table; its context may be changed by later files and is added by [`Form::whole`].
    pub(crate) fn of(table: &DeTable<'_>) -> Form {
        const DECIDING: [&str; 6] = ["class", "entity", "kind", "country", "validators", "beats"];
        let mut form = Form::default();
        form.add_table(table, |key| DECIDING.contains(&key) || !COMMON_KEYS.contains(&key));
        form
    }

    /// The rule with its context and the lists of words that it names.
    pub(crate) fn whole(rule: &Loaded, files: &[SourceFile<'_>]) -> u32 {
        let mut form = rule.form;
        let Compiled { context, need_near, kind, score, .. } = &rule.compiled;
        // Points for what fails a check, or for odd groups, also say that such candidates are looked at.
        let looks = [score.invalid.is_some(), score.irregular.is_some()];
        form.add(&format!("{:?} {need_near} {looks:?}", context.within));
        for words in &rule.words {
            form.add("words");
            words.iter().for_each(|word| form.add(word));
        }
        if matches!(kind, Kind::Dictionary(_)) {
            // Which of the lists it names is not asked: a list that changes is rare, and to be told so is no harm.
            let lists = files.iter().filter(|file| file.name.ends_with(".txt"));
            lists.for_each(|file| form.add(file.text));
        }
        form.0
    }
}

impl Ruleset {
    /// The rule of an id.
    pub fn find(&self, id: &str) -> Option<RuleIx> {
        let at = self.rules().iter().position(|rule| rule.id == id)?;
        u16::try_from(at).ok().map(RuleIx)
    }

    /// A number over all that decides what a rule matches: kind, pattern, words, validators, country. Rules of one form
    /// bring the same candidates with the same terms, and may differ in points, mode and exceptions alone. 0 for what has
    /// no rule of its own.
    pub fn form(&self, rule: RuleIx) -> u32 {
        self.forms.get(usize::from(rule.0)).copied().unwrap_or(0)
    }

    /// The points that a rule gives for a term of its `score` table; `None`: the term is none of those (`prefix`, `date`,
    /// …) and its points are the same in every set.
    pub fn points(&self, rule: RuleIx, term: &str) -> Option<i16> {
        let score = &self.compiled.get(self.base(rule)?)?.score;
        Some(match term {
            "base" => score.base,
            "near" => score.near,
            "not_near" => score.not_near,
            "valid" => score.valid,
            "invalid" => score.invalid.unwrap_or(0),
            "bare" => score.bare,
            "grouped" => score.grouped,
            "irregular" => score.irregular.unwrap_or(0),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = r#"
[[rule]]
id = "badge"
class = "custom"
kind = "regex"
pattern = 'BADGE-[0-9]{4}'
context = { near = ["badge", "door"], within = "line" }
score = { base = 40, near = 30 }
test = [{ text = "badge BADGE-1234", find = ["BADGE-1234"] }, { text = "BADGE-", find = [] }]
"#;

    fn load(text: &str) -> Ruleset {
        Ruleset::load(&[SourceFile { name: "x.toml", text }]).expect("valid").0
    }

    #[test]
    fn the_form_changes_with_what_is_matched_and_with_nothing_else() {
        let was = load(RULE).form(RuleIx(0));
        let cases = [
            (RULE.replace("base = 40", "base = 45"), true),
            (RULE.replace("score =", "mode = \"shadow\"\nscore ="), true),
            (format!("{RULE}[[adjust]]\nid = \"badge\"\nscore = {{ near = 20 }}\n"), true),
            (format!("# a comment\n{RULE}"), true),
            (RULE.replace("{4}", "{4,5}"), false),
            (RULE.replace("\"door\"", "\"gate\""), false),
            (RULE.replace("\"line\"", "\"lines\""), false),
            (format!("{RULE}[[adjust]]\nid = \"badge\"\ncontext = {{ near_add = [\"gate\"] }}\n"), false),
            (format!("{RULE}[[adjust]]\nid = \"badge\"\ncontext = {{ required = true }}\n"), false),
        ];
        for (text, same) in cases {
            assert_eq!(load(&text).form(RuleIx(0)) == was, same, "{text}");
        }
    }

    #[test]
    fn points_are_those_after_every_change() {
        let set = load(&format!("{RULE}[[adjust]]\nid = \"badge\"\nscore = {{ near = 20 }}\n"));
        let badge = set.find("badge").expect("it is there");
        for (term, points) in
            [("base", Some(40)), ("near", Some(20)), ("valid", Some(0)), ("prefix", None), ("country", None)]
        {
            assert_eq!(set.points(badge, term), points, "{term}");
        }
        assert_eq!((set.find("gone"), set.points(RuleIx(9), "base"), set.form(RuleIx(9))), (None, None, 0));
    }
}
