//! Profiles: which rules act, how strictly and from which score, for a law or a standard. Several make a union in which the
//! strictest wins; what none of them names is in shadow.

use crate::policy::{ACTIONS, read_min_score};
use crate::reader::{Reader, Value};
use crate::{Action, Class, RuleIx, RuleMode, Ruleset, SourceFile, TEST_VALUE, glob, shipped};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::de::DeTable;

/// Keys of a profile, in a file of its own or as `[profile.NAME]` of a policy.
pub const PROFILE_KEYS: [&str; 2] = ["about", "select"];
/// Keys of one selection.
pub const SELECT_KEYS: [&str; 6] = ["classes", "rules", "countries", "action", "min_score", "keep"];

/// What one selection says of the rules that it names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grip {
    /// The action, if it is stricter than what the policy says of the class.
    pub(crate) action: Option<Action>,
    /// Scores in place of the policy's.
    pub(crate) min_score: BTreeMap<Action, u8>,
    pub(crate) keeps_nothing: bool,
}

/// The profiles that a policy chose.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chosen {
    /// Their names.
    pub(crate) names: Vec<String>,
    /// For each rule id what holds it, with the place of the profile in `names`.
    pub(crate) grips: BTreeMap<String, Vec<(usize, Grip)>>,
}

impl Chosen {
    /// What holds a rule; empty: none of the profiles names it.
    pub(crate) fn of(&self, rule: &str) -> impl Iterator<Item = &Grip> {
        self.grips.get(rule).into_iter().flatten().map(|(_, grip)| grip)
    }
}

/// Reads `profiles = [...]` (or takes `choose` in its place) and `[profile.NAME]` of a policy; `None` if no profile is
/// chosen.
pub(crate) fn read(
    reader: &Reader<'_>,
    top: &DeTable<'_>,
    rules: &Ruleset,
    choose: Option<&[String]>,
) -> Option<Chosen> {
    let own: Vec<(&str, Value<'_, '_>)> = match top.get("profile").and_then(|v| reader.table(v, "profile")) {
        Some(table) => table.iter().map(|(key, value)| (&**key.get_ref(), value)).collect(),
        None => Vec::new(),
    };
    let mut chosen = Chosen::default();
    // What is not chosen is read all the same: its mistakes should not wait for the day on which it is.
    for (name, value) in &own {
        if let Some(table) = reader.table(value, name) {
            read_profile(reader, table, value.span(), rules, None, &mut chosen);
        }
    }
    chosen.grips.clear();
    let known: Vec<&str> =
        own.iter().map(|(name, _)| *name).chain(shipped::PROFILE_FILES.iter().map(|(n, _)| *n)).collect();
    let choice = match choose {
        Some(names) => names.iter().map(|name| (name.as_str(), 0..0)).collect(),
        None => reader.strings(top.get("profiles")?, "profiles"),
    };
    for (name, span) in choice {
        if chosen.names.iter().any(|n| n == name) {
            reader.warn_help(span, format!("the profile `{name}` is chosen twice"), "once is enough");
            continue;
        }
        let at = Some(chosen.names.len());
        if let Some((_, value)) = own.iter().find(|(own, _)| *own == name) {
            chosen.names.push(name.to_owned());
            if let Some(table) = value.get_ref().as_table() {
                // Complained about above.
                read_profile(&Reader::new(reader.file), table, value.span(), rules, at, &mut chosen);
            }
        } else if let Some(text) = shipped_text(name) {
            chosen.names.push(name.to_owned());
            let file = Reader::new(SourceFile { name, text });
            read_profile(&file, file.parse().get_ref(), 0..0, rules, at, &mut chosen);
        } else {
            reader.unknown(span, "there is no profile", name, &known);
        }
    }
    Some(chosen)
}

fn shipped_text(name: &str) -> Option<&'static str> {
    shipped::PROFILE_FILES.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
}

fn read_profile(
    reader: &Reader<'_>,
    table: &DeTable<'_>,
    span: Range<usize>,
    rules: &Ruleset,
    at: Option<usize>,
    chosen: &mut Chosen,
) {
    reader.check_keys(table, &PROFILE_KEYS, "a profile");
    table.get("about").and_then(|v| reader.string(v, "about"));
    let Some(select) = table.get("select") else {
        reader.error_help(
            span,
            "the profile has no `select`",
            "select = [{ classes = [\"secret\"], action = \"redact\" }]",
        );
        return;
    };
    for value in reader.list(select, "select") {
        let Some(table) = reader.table(value, "select") else { continue };
        reader.check_keys(table, &SELECT_KEYS, "a selection");
        let grip = read_grip(reader, table);
        for ix in selected(reader, table, value.span(), rules) {
            if let (Some(info), Some(at)) = (rules.rule(ix), at) {
                let grips = chosen.grips.entry(info.id.clone()).or_default();
                // Of published test values there are many under one id, which has a line of its own.
                if info.id != TEST_VALUE || grips.is_empty() {
                    grips.push((at, grip.clone()));
                }
            }
        }
    }
}

fn read_grip(reader: &Reader<'_>, table: &DeTable<'_>) -> Grip {
    let min_score = table.get("min_score").and_then(|v| reader.table(v, "min_score"));
    let keep = table.get("keep").and_then(|v| reader.name(v, "keep", &["nothing"], |n| (n == "nothing").then_some(())));
    Grip {
        action: table.get("action").and_then(|v| reader.name(v, "action", &ACTIONS, Action::from_name)),
        min_score: min_score.map(|t| read_min_score(reader, t, false)).unwrap_or_default(),
        keeps_nothing: keep.is_some(),
    }
}

/// The rules that a selection names: by class or id, of a country or of none.
fn selected(reader: &Reader<'_>, table: &DeTable<'_>, span: Range<usize>, rules: &Ruleset) -> Vec<RuleIx> {
    let strings = |key: &str| table.get(key).map(|v| reader.strings(v, key)).unwrap_or_default();
    let (classes, ids, countries) = (strings("classes"), strings("rules"), strings("countries"));
    let names: Vec<&str> = Class::ALL.iter().map(|c| c.as_str()).collect();
    for (class, span) in &classes {
        if !names.iter().any(|name| glob(class, name)) {
            reader.unknown(span.clone(), "there is no class", class, &names);
        }
    }
    let known: Vec<&str> = rules.rules().iter().map(|r| r.id.as_str()).collect();
    for (id, span) in &ids {
        if !known.iter().any(|name| glob(id, name)) && !rules.disabled().iter().any(|d| glob(id, &d.id)) {
            reader.unknown_of_many(span.clone(), "there is no rule", id, &known, "`lazaret rules list` names all");
        }
    }
    if classes.is_empty() && ids.is_empty() {
        reader.error_help(span, "the selection names neither `classes` nor `rules`", "classes = [\"*\"] names all");
    }
    let fits = |(info, at): (&crate::RuleInfo, u16)| {
        let is_named = classes.iter().any(|(class, _)| glob(class, info.class.as_str()))
            || ids.iter().any(|(id, _)| glob(id, &info.id));
        let country = rules.origin(RuleIx(at)).and_then(|o| o.country.as_deref());
        let is_there = countries.is_empty() || country.is_none_or(|c| countries.iter().any(|(known, _)| *known == c));
        (is_named && is_there).then_some(RuleIx(at))
    };
    rules.rules().iter().zip(0_u16..).filter_map(fits).collect()
}

/// The mode of a rule under the chosen profiles.
pub(crate) fn mode(chosen: Option<&Chosen>, rule: &str, own: RuleMode) -> RuleMode {
    match chosen {
        Some(chosen) if !chosen.grips.contains_key(rule) => RuleMode::Shadow,
        _ => own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_profile_reads_and_selects_rules_that_are_there() {
        let files: Vec<SourceFile<'_>> =
            shipped::RULE_FILES.iter().map(|(name, text)| SourceFile { name, text }).collect();
        let rules = Ruleset::load_accepted(&files).expect("the shipped rules load");
        for (name, text) in shipped::PROFILE_FILES {
            let reader = Reader::new(SourceFile { name, text });
            let top = reader.parse();
            let mut chosen = Chosen::default();
            read_profile(&reader, top.get_ref(), 0..0, &rules, Some(0), &mut chosen);
            let complaints = reader.finish();
            assert!(complaints.is_empty(), "{name}: {complaints:?}");
            assert!(chosen.grips.keys().any(|id| id != TEST_VALUE), "{name} selects nothing");
        }
    }
}
