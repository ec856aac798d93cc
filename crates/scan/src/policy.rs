//! The policy: evidence in, consequence out. Total and monotone.

use crate::engine::SCORE_MIN;
use crate::profile::{self, Chosen, Grip};
use crate::reader::{Reader, Value};
use crate::{Action, Class, Diagnostic, RuleInfo, RuleMode, Ruleset, Severity, SourceFile, glob};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::de::DeTable;

/// What is kept of a message that lost something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// How long the sealed original is kept, in seconds; 0: not at all.
    pub sealed_original_secs: u64,
    /// It is kept longer if the customer has not been told yet.
    pub until_told: bool,
}

/// When many people's records in one part are one finding more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bulk {
    /// From so many people on.
    pub people: u32,
    /// Classes of which each person must have one.
    pub needs: Vec<Class>,
}

/// Why a part could not be examined; each has its own line in the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unexamined {
    /// A picture.
    Picture,
    /// A detached signature.
    Signature,
    /// Encrypted.
    Encrypted,
    /// A format that is not read.
    Unsupported,
    /// Broken.
    Malformed,
    /// Beyond a limit.
    OverLimit,
}

impl Unexamined {
    const NAMES: [(&'static str, Unexamined); 6] = [
        ("picture", Unexamined::Picture),
        ("signature", Unexamined::Signature),
        ("encrypted", Unexamined::Encrypted),
        ("unsupported", Unexamined::Unsupported),
        ("malformed", Unexamined::Malformed),
        ("over_limit", Unexamined::OverLimit),
    ];
}

/// A rule's own line.
#[derive(Debug, Clone, Copy, Default)]
struct Own {
    action: Option<Action>,
    keeps_nothing: bool,
}

/// A loaded policy.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Lowest score for each action; none is needed for `allow`.
    min_score: BTreeMap<Action, u8>,
    classes: BTreeMap<Class, Action>,
    rules: BTreeMap<String, Own>,
    unexamined: BTreeMap<Unexamined, Action>,
    keep: Keep,
    bulk: Bulk,
    /// `None`: no profile is chosen, every rule acts.
    profiles: Option<Chosen>,
}

/// What may stand at the top of a policy.
pub const POLICY_KEYS: [&str; 8] = ["profiles", "min_score", "bulk", "unexamined", "keep", "action", "rule", "profile"];

/// Keys of `keep`.
pub const KEEP_KEYS: [&str; 2] = ["sealed_original", "until_told"];
/// Keys of `bulk`.
pub const BULK_KEYS: [&str; 2] = ["people", "needs"];

/// Keys of `unexamined`.
pub(crate) fn unexamined_names() -> Vec<&'static str> {
    Unexamined::NAMES.iter().map(|(name, _)| *name).collect()
}

impl Policy {
    /// Loads a policy; `rules` lets it complain of rule ids that do not exist.
    pub fn load(file: SourceFile<'_>, rules: &Ruleset) -> Result<(Policy, Vec<Diagnostic>), Vec<Diagnostic>> {
        Policy::read(file, rules, None)
    }

    /// The same policy with these profiles in place of those that it chooses.
    pub fn load_choosing(
        file: SourceFile<'_>,
        rules: &Ruleset,
        profiles: &[String],
    ) -> Result<Policy, Vec<Diagnostic>> {
        Policy::read(file, rules, Some(profiles)).map(|(policy, _)| policy)
    }

    fn read(
        file: SourceFile<'_>,
        rules: &Ruleset,
        choose: Option<&[String]>,
    ) -> Result<(Policy, Vec<Diagnostic>), Vec<Diagnostic>> {
        let reader = Reader::new(file);
        let parsed = reader.parse();
        let top = parsed.get_ref();
        reader.check_keys(top, &POLICY_KEYS, "a policy");
        let policy = Policy {
            min_score: section(&reader, top, "min_score").map(|t| read_min_score(&reader, t, true)).unwrap_or_default(),
            classes: section(&reader, top, "action").map(|t| read_actions(&reader, t)).unwrap_or_default(),
            rules: top
                .get("rule")
                .and_then(|v| reader.table(v, "rule"))
                .map(|t| read_rules(&reader, t, rules))
                .unwrap_or_default(),
            unexamined: section(&reader, top, "unexamined").map(|t| read_unexamined(&reader, t)).unwrap_or_default(),
            keep: section(&reader, top, "keep").map_or(DEFAULT_KEEP, |t| read_keep(&reader, t)),
            bulk: read_bulk(&reader, top),
            profiles: profile::read(&reader, top, rules, choose),
        };
        let complaints = reader.finish();
        let is_refused = complaints.iter().any(|c| c.severity == Severity::Error);
        if is_refused { Err(complaints) } else { Ok((policy, complaints)) }
    }

    /// The action for one finding: the rule's own line, else the stricter of its class's and its profiles', lowered until
    /// the score reaches `min_score`. A rule in shadow has none.
    pub fn action(&self, rule: &RuleInfo, score: u8) -> Action {
        if self.mode(rule) == RuleMode::Shadow {
            return Action::Allow;
        }
        let of_class = self.classes.get(&rule.class).copied().unwrap_or(Action::Withhold);
        let own = self.rules.get(&rule.id).and_then(|own| own.action);
        let with = |grip: Option<&Grip>| {
            let of_profile = grip.and_then(|g| g.action).unwrap_or(Action::Allow);
            let wanted = own.unwrap_or(of_class.max(of_profile));
            let min = |a: &Action| grip.and_then(|g| g.min_score.get(a)).or_else(|| self.min_score.get(a));
            let is_reached = |a: &Action| *a <= wanted && min(a).is_none_or(|min| score >= *min);
            Action::ALL.into_iter().rev().find(is_reached).unwrap_or(Action::Allow)
        };
        match &self.profiles {
            Some(chosen) => chosen.of(&rule.id).map(|grip| with(Some(grip))).max().unwrap_or(Action::Allow),
            None => with(None),
        }
    }

    /// Does a rule act? One in shadow, and one that no chosen profile names, only counts.
    pub fn mode(&self, rule: &RuleInfo) -> RuleMode {
        profile::mode(self.profiles.as_ref(), &rule.id, rule.mode)
    }

    /// Names of the chosen profiles; empty: none, and every rule acts.
    pub fn profiles(&self) -> &[String] {
        self.profiles.as_ref().map_or(&[], |chosen| &chosen.names)
    }

    /// Names of the chosen profiles that hold a rule.
    pub fn profiles_of(&self, rule_id: &str) -> Vec<&str> {
        let Some(chosen) = &self.profiles else { return Vec::new() };
        let grips = chosen.grips.get(rule_id).into_iter().flatten();
        let mut names: Vec<&str> = grips.filter_map(|(at, _)| chosen.names.get(*at)).map(String::as_str).collect();
        names.dedup();
        names
    }

    /// The same policy with no action stricter than `most`: for a message that an officer released.
    pub fn capped(&self, most: Action) -> Policy {
        let mut capped = self.clone();
        let own = capped.rules.values_mut().filter_map(|own| own.action.as_mut());
        let grips = capped.profiles.iter_mut().flat_map(|chosen| chosen.grips.values_mut().flatten());
        let held = grips.filter_map(|(_, grip)| grip.action.as_mut());
        for action in own.chain(held).chain(capped.classes.values_mut()).chain(capped.unexamined.values_mut()) {
            *action = (*action).min(most);
        }
        capped
    }

    /// The action for a class without a finding of a rule, such as bulk records.
    pub fn class_action(&self, class: Class) -> Action {
        self.classes.get(&class).copied().unwrap_or(Action::Withhold)
    }

    /// The action for a part that could not be examined.
    pub fn unexamined(&self, why: Unexamined) -> Action {
        self.unexamined.get(&why).copied().unwrap_or(Action::Withhold)
    }

    /// What is kept of the original.
    pub fn keep(&self) -> Keep {
        self.keep
    }

    /// When a part holds records of many people.
    pub fn bulk(&self) -> &Bulk {
        &self.bulk
    }

    /// Does this rule say that nothing of the message may be kept?
    pub fn keeps_nothing(&self, rule_id: &str) -> bool {
        let held = self.profiles.iter().flat_map(|chosen| chosen.of(rule_id)).any(|grip| grip.keeps_nothing);
        held || self.rules.get(rule_id).is_some_and(|own| own.keeps_nothing)
    }
}

const DEFAULT_KEEP: Keep = Keep { sealed_original_secs: 14 * 86_400, until_told: true };
pub(crate) const ACTIONS: [&str; 6] = ["allow", "flag", "redact", "withhold", "quarantine", "reject"];

/// A table of the file that must be there.
fn section<'t, 'v>(reader: &Reader<'_>, top: &'t DeTable<'v>, key: &str) -> Option<&'t DeTable<'v>> {
    let Some(value) = top.get(key) else {
        reader.error(0..0, format!("the policy has no `{key}`"));
        return None;
    };
    reader.table(value, key)
}

/// Lowest scores by action, rising with it; `whole`: every action must be there.
pub(crate) fn read_min_score(reader: &Reader<'_>, table: &DeTable<'_>, whole: bool) -> BTreeMap<Action, u8> {
    reader.check_keys(table, ACTIONS.get(1..).unwrap_or_default(), "`min_score`");
    let mut all = BTreeMap::new();
    let mut least = 0;
    for action in Action::ALL.into_iter().skip(1) {
        let Some(value) = table.get(action.as_str()) else {
            if whole {
                reader.error(span_of(table), format!("`min_score` has no `{action}`"));
            }
            continue;
        };
        let Some(score) = reader.integer(value, action.as_str(), 0..101).and_then(|n| u8::try_from(n).ok()) else {
            continue;
        };
        if score < least {
            reader.error(
                value.span(),
                format!("`{action}` asks for less than the milder action before it, which asks for {least}"),
            );
        }
        if score < SCORE_MIN {
            let message = format!("`{action}` asks for {score} points, but below {SCORE_MIN} nothing is reported");
            reader.warn_help(value.span(), message, format!("write {SCORE_MIN} or more"));
        }
        least = least.max(score);
        all.insert(action, score);
    }
    all
}

/// Where a table stands, as well as its first key tells.
fn span_of(table: &DeTable<'_>) -> Range<usize> {
    table.keys().map(|k| k.span()).min_by_key(|s| s.start).unwrap_or(0..0)
}

fn read_actions(reader: &Reader<'_>, table: &DeTable<'_>) -> BTreeMap<Class, Action> {
    reader.check_keys(table, &ACTIONS, "`action`");
    let names: Vec<&str> = Class::ALL.iter().map(|c| c.as_str()).collect();
    let mut all = BTreeMap::new();
    for action in Action::ALL {
        for (name, span) in table.get(action.as_str()).map(|v| reader.strings(v, action.as_str())).unwrap_or_default() {
            match Class::from_name(name) {
                None => reader.unknown(span, "there is no class", name, &names),
                Some(class) => {
                    if let Some(other) = all.insert(class, action) {
                        reader.error_help(
                            span,
                            format!("class `{class}` stands under `{other}` and under `{action}`"),
                            "every class stands under exactly one action",
                        );
                    }
                }
            }
        }
    }
    let missing: Vec<&str> = Class::ALL.iter().filter(|c| !all.contains_key(c)).map(|c| c.as_str()).collect();
    if !missing.is_empty() {
        let message = format!("no action for: {}", missing.join(", "));
        reader.error_help(span_of(table), message, "every class stands under exactly one action");
    }
    all
}

fn read_rules(reader: &Reader<'_>, table: &DeTable<'_>, rules: &Ruleset) -> BTreeMap<String, Own> {
    let known: Vec<&str> = rules.rules().iter().map(|r| r.id.as_str()).collect();
    let mut all = BTreeMap::new();
    let mut many: Vec<(&str, Own)> = Vec::new();
    for (key, value) in table {
        let id: &str = key.get_ref();
        let fits = known.iter().any(|name| glob(id, name));
        if let Some(disabled) = rules.disabled().iter().find(|d| glob(id, &d.id) && !fits) {
            let message = format!("this has no effect: `{id}` is disabled");
            reader.warn_help(key.span(), message, format!("take it out; {} disabled the rule", disabled.by));
        } else if !fits {
            reader.unknown_of_many(key.span(), "there is no rule", id, &known, "`lazaret rules list` names all");
        }
        let Some(own) = reader.table(value, id) else { continue };
        reader.check_keys(own, &["action", "keep"], "a rule's line");
        let action = own.get("action").and_then(|v| reader.name(v, "action", &ACTIONS, Action::from_name));
        let keeps_nothing =
            own.get("keep").and_then(|v| reader.name(v, "keep", &["nothing"], |n| (n == "nothing").then_some(())));
        let own = Own { action, keeps_nothing: keeps_nothing.is_some() };
        match id.contains('*') {
            true => many.push((id, own)),
            false => drop(all.insert(id.to_owned(), own)),
        }
    }
    // A line for one rule counts before a line for many, and of those the longer.
    many.sort_by_key(|(pattern, _)| std::cmp::Reverse(pattern.len()));
    for (pattern, own) in many {
        for id in known.iter().filter(|id| glob(pattern, id)) {
            all.entry((*id).to_owned()).or_insert(own);
        }
    }
    all
}

fn read_unexamined(reader: &Reader<'_>, table: &DeTable<'_>) -> BTreeMap<Unexamined, Action> {
    let names: Vec<&str> = Unexamined::NAMES.iter().map(|(n, _)| *n).collect();
    reader.check_keys(table, &names, "`unexamined`");
    let mut all = BTreeMap::new();
    for (name, why) in Unexamined::NAMES {
        match table.get(name) {
            Some(value) => {
                let action = reader.name(value, name, &ACTIONS, Action::from_name);
                let is_quiet = matches!(why, Unexamined::Picture | Unexamined::Signature);
                if is_quiet && action > Some(Action::Flag) {
                    let message = format!("`{name}` can be \"allow\" or \"flag\": half of all mail has one");
                    reader.error_help(value.span(), message, "what a rule finds in one still counts");
                }
                all.extend(action.map(|a| (why, a)));
            }
            None => reader.error(span_of(table), format!("`unexamined` has no `{name}`")),
        }
    }
    all
}

fn read_keep(reader: &Reader<'_>, table: &DeTable<'_>) -> Keep {
    reader.check_keys(table, &KEEP_KEYS, "`keep`");
    let secs = table.get("sealed_original").and_then(|v| read_duration(reader, v));
    let until_told = table.get("until_told").and_then(|v| reader.boolean(v, "until_told"));
    Keep {
        sealed_original_secs: secs.unwrap_or(DEFAULT_KEEP.sealed_original_secs),
        until_told: until_told.unwrap_or(DEFAULT_KEEP.until_told),
    }
}

/// Longest time that an original is kept: ten years, in seconds.
const KEEP_SECS_MAX: u64 = 3_650 * 86_400;

fn read_duration(reader: &Reader<'_>, value: Value<'_, '_>) -> Option<u64> {
    let text = reader.string(value, "sealed_original")?;
    let units = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];
    let read = units.iter().find_map(|(unit, secs)| text.strip_suffix(unit)?.parse::<u64>().ok()?.checked_mul(*secs));
    match read.or((text == "0").then_some(0)).filter(|secs| *secs <= KEEP_SECS_MAX) {
        Some(secs) => Some(secs),
        None => {
            reader.error_help(
                value.span(),
                "not a time, or longer than ten years",
                "a number and d, h, m or s, for example \"14d\"",
            );
            None
        }
    }
}

fn read_bulk(reader: &Reader<'_>, top: &DeTable<'_>) -> Bulk {
    let mut bulk = Bulk { people: 10, needs: Vec::new() };
    let Some(table) = section(reader, top, "bulk") else { return bulk };
    reader.check_keys(table, &BULK_KEYS, "`bulk`");
    let people = table.get("people").and_then(|v| reader.integer(v, "people", 2..1_000_001));
    bulk.people = people.and_then(|n| u32::try_from(n).ok()).unwrap_or(bulk.people);
    let names: Vec<&str> = Class::ALL.iter().map(|c| c.as_str()).collect();
    for (name, span) in table.get("needs").map(|v| reader.strings(v, "needs")).unwrap_or_default() {
        match Class::from_name(name) {
            Some(class) => bulk.needs.push(class),
            None => reader.unknown(span, "there is no class", name, &names),
        }
    }
    bulk
}
