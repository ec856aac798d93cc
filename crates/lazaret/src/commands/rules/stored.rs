//! `rules stats` and `rules diff --stored`: what the daemon keeps of the candidates of 90 days. The mails are gone; scores
//! can be counted and weighed again, and what cannot be known from them is said.

use super::diff::rules_of;
use crate::cli::{Format, RuleFiles, RulesDiff};
use crate::commands::{configured, control, load};
use crate::exit;
use crate::rules::{Material, Refused};
use lazaret_core::{Verdict, Why};
use lazaret_scan::{Action, Class, Policy, RuleIx, Ruleset, TEST_VALUE};
use lazaret_store::{CandidateView, FingerprintsView, Judgement};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

/// Lowest score of a finding.
const FOUND: i16 = 30;
/// Score to which a value that is known from elsewhere in a message is raised.
const KNOWN: i16 = 60;
/// The id under which many people's records report.
const BULK: &str = "bulk-records";
/// Terms of a score table that stand in a score only if they give points.
const SILENT: [&str; 7] = ["near", "not_near", "valid", "invalid", "bare", "grouped", "irregular"];

// ---- stats

/// What one rule did.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Deeds {
    hits: u64,
    near_misses: u64,
    /// Another rule's finding stood for it.
    covered: u64,
    flag: u64,
    redact: u64,
    withhold: u64,
    quarantine: u64,
    reject: u64,
    allow: u64,
    shadow: u64,
    excepted: u64,
    /// Said to be wrong, and said to be missed.
    wrong: u64,
    missed: u64,
}

impl Deeds {
    fn count(&mut self, candidate: &CandidateView) {
        let n = u64::from(candidate.count);
        match candidate.feedback {
            Some(Judgement::Wrong) => self.wrong += 1,
            Some(Judgement::Missed) => self.missed += 1,
            None => {}
        }
        let why = candidate.why_not.as_deref().map(Why::from_name);
        let cell = match (why, Action::from_name(&candidate.action)) {
            (None, Some(Action::Flag)) => &mut self.flag,
            (None, Some(Action::Redact)) => &mut self.redact,
            (None, Some(Action::Withhold)) => &mut self.withhold,
            (None, Some(Action::Quarantine)) => &mut self.quarantine,
            (None, Some(Action::Reject)) => &mut self.reject,
            (Some(Some(Why::Policy)), _) => &mut self.allow,
            (Some(Some(Why::Shadow)), _) => &mut self.shadow,
            (Some(Some(Why::Exception)), _) => &mut self.excepted,
            (Some(Some(Why::Overlap | Why::Mark | Why::Composite)), _) => {
                self.covered += n;
                return;
            }
            _ => {
                self.near_misses += n;
                return;
            }
        };
        *cell += n;
        self.hits += n;
    }
}

#[derive(Default)]
struct Seen {
    messages: u64,
    candidates: u64,
    dropped: u64,
    /// Said to be missed where no rule looked.
    unseen: u64,
}

impl Seen {
    fn count(&mut self, view: &FingerprintsView) {
        self.messages += 1;
        self.candidates += view.candidates.iter().map(|c| u64::from(c.count)).sum::<u64>();
        self.dropped += u64::from(view.dropped);
        self.unseen += u64::from(view.unseen);
    }

    fn in_words(&self, days: u32) -> String {
        let dropped = if self.dropped == 0 {
            String::new()
        } else {
            format!(" ({} more far off or within a finding, counted only)", self.dropped)
        };
        let unseen = if self.unseen == 0 {
            String::new()
        } else {
            format!("; {} said to be missed where no rule looked", self.unseen)
        };
        format!("{} message(s) of {days} day(s), {} candidate(s){dropped}{unseen}", self.messages, self.candidates)
    }
}

/// Counts by rule.
pub(super) async fn stats(config: Option<&Path>, days: u32, format: Format) -> u8 {
    let mut rules: BTreeMap<String, Deeds> = BTreeMap::new();
    let mut seen = Seen::default();
    let count = |view: FingerprintsView| {
        seen.count(&view);
        view.candidates.iter().for_each(|c| rules.entry(c.rule.clone()).or_default().count(c));
    };
    let code = control::stored(config, days, format, count).await;
    if code == exit::OK {
        // Whoever closed the output wants no more.
        let _ = print_stats(&rules, &seen, days, format);
    }
    code
}

fn print_stats(rules: &BTreeMap<String, Deeds>, seen: &Seen, days: u32, format: Format) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if format == Format::Json {
        for (rule, deeds) in rules {
            let mut line = serde_json::to_value(deeds).unwrap_or_default();
            line["rule"] = rule.as_str().into();
            writeln!(out, "{line}")?;
        }
        let Seen { messages, candidates, dropped, unseen } = seen;
        let summary = json!({
            "days": days, "messages": messages, "candidates": candidates, "dropped": dropped, "unseen": unseen
        });
        return writeln!(out, "{}", json!({ "summary": summary }));
    }
    if !rules.is_empty() {
        let width = rules.keys().map(String::len).max().unwrap_or(0);
        writeln!(
            out,
            "{:width$}  {:>6} {:>6} {:>7}  {:>5} {:>6} {:>8} {:>10} {:>6} {:>6} {:>6} {:>8}  {:>5} {:>6}",
            "rule",
            "hits",
            "near",
            "covered",
            "flag",
            "redact",
            "withhold",
            "quarantine",
            "reject",
            "allow",
            "shadow",
            "excepted",
            "wrong",
            "missed"
        )?;
        let mut rows: Vec<_> = rules.iter().collect();
        rows.sort_by_key(|(id, d)| (std::cmp::Reverse((d.hits, d.near_misses)), id.as_str()));
        for (rule, d) in rows {
            writeln!(
                out,
                "{rule:width$}  {:>6} {:>6} {:>7}  {:>5} {:>6} {:>8} {:>10} {:>6} {:>6} {:>6} {:>8}  {:>5} {:>6}",
                d.hits,
                d.near_misses,
                d.covered,
                d.flag,
                d.redact,
                d.withhold,
                d.quarantine,
                d.reject,
                d.allow,
                d.shadow,
                d.excepted,
                d.wrong,
                d.missed
            )?;
        }
    }
    writeln!(out, "{}", seen.in_words(days))
}

// ---- diff

/// One set of rules with the policy.
struct Side {
    set: Ruleset,
    policy: Policy,
    ids: BTreeMap<String, RuleIx>,
}

impl Side {
    fn new(material: &Material) -> Side {
        let (set, policy) = material.loaded();
        let ids = set.rules().iter().zip(0_u16..).filter(|(rule, _)| rule.id != TEST_VALUE);
        let ids = ids.map(|(rule, at)| (rule.id.clone(), RuleIx(at))).collect();
        Side { set, policy, ids }
    }

    fn form(&self, id: &str) -> Option<u32> {
        self.ids.get(id).map(|ix| self.set.form(*ix))
    }

    /// What this side would do about a candidate; `None`: the rule is another one than when it judged.
    fn judge(&self, candidate: &CandidateView) -> Option<Action> {
        let why = candidate.why_not.as_deref();
        let is_found = why.is_none_or(|why| Why::from_name(why).is_some_and(Why::is_found));
        if candidate.rule == BULK {
            let class = Class::from_name(&candidate.class)?;
            return Some(if is_found { self.policy.class_action(class) } else { Action::Allow });
        }
        if candidate.rule == TEST_VALUE {
            let info = self.set.rules().iter().find(|r| r.id == TEST_VALUE && r.class.as_str() == candidate.class)?;
            return Some(if is_found { self.policy.action(info, candidate.score) } else { Action::Allow });
        }
        let Some(ix) = self.ids.get(&candidate.rule).copied() else {
            // Counts over a whole text have no form; their consequence is the program's.
            return if candidate.form == 0 { None } else { Some(Action::Allow) };
        };
        if self.set.form(ix) != candidate.form {
            return None;
        }
        let info = self.set.rule(ix)?;
        let score = self.score(ix, candidate);
        let may_be = match why {
            Some("exception") => info.exceptions.is_empty(),
            Some("score") => true,
            _ => is_found,
        };
        let is_enough = may_be && i16::from(score) >= FOUND;
        Some(if is_enough { self.policy.action(info, score) } else { Action::Allow })
    }

    /// The score from its terms, with this side's points.
    fn score(&self, ix: RuleIx, candidate: &CandidateView) -> u8 {
        let points = |name: &str, was: i16| self.set.points(ix, name).unwrap_or(was);
        let has = |name: &str| candidate.terms.iter().any(|t| t.name == name);
        let counted = candidate.terms.iter().filter(|t| t.name != "known");
        let sum = counted.fold(0_i16, |sum, t| sum.saturating_add(points(&t.name, t.points)));
        // Points of 0 leave no term, and every score has a base.
        let sum = if has("base") { sum } else { sum.saturating_add(points("base", 0)) };
        let sum = if has("known") { sum.max(KNOWN) } else { sum };
        u8::try_from(sum.clamp(0, 100)).unwrap_or(0)
    }
}

/// Why nothing can be said of a rule from what is kept.
fn unknown(old: &Side, new: &Side) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for (id, ix) in &new.ids {
        let Some(was) = old.ids.get(id) else {
            all.insert(id.clone(), "a new rule".to_owned());
            continue;
        };
        if old.set.form(*was) != new.set.form(*ix) {
            all.insert(id.clone(), "what it matches has changed: pattern, words, validators or country".to_owned());
            continue;
        }
        let none = |side: &Side, ix: RuleIx, name: &str| side.set.points(ix, name).unwrap_or(0) == 0;
        let began = SILENT.iter().filter(|name| none(old, *was, name) && !none(new, *ix, name));
        let began: Vec<&str> = began.copied().collect();
        if !began.is_empty() {
            let why = format!("no points before, so it was not kept where it held: {}", began.join(", "));
            all.insert(id.clone(), why);
        }
    }
    all
}

/// How often what follows from a rule's candidates differs.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Differs {
    acts: u64,
    lets_go: u64,
    changed: u64,
    /// Messages whose verdict by findings alone changes, among those in which this rule differs.
    verdicts: u64,
}

#[derive(Default)]
struct Totals {
    rules: BTreeMap<String, Differs>,
    seen: Seen,
    /// Candidates that another form of their rule judged, by rule.
    other_form: BTreeMap<String, u64>,
    different: u64,
    verdicts: u64,
}

impl Totals {
    fn count(&mut self, old: &Side, new: &Side, unknown: &BTreeMap<String, String>, view: &FingerprintsView) {
        self.seen.count(view);
        let (mut before, mut after) = (Verdict::Allow, Verdict::Allow);
        let mut touched: Vec<&str> = Vec::new();
        for candidate in view.candidates.iter().filter(|c| !unknown.contains_key(&c.rule)) {
            let n = u64::from(candidate.count);
            let (Some(was), Some(is)) = (old.judge(candidate), new.judge(candidate)) else {
                if candidate.form != 0 {
                    *self.other_form.entry(candidate.rule.clone()).or_default() += n;
                }
                continue;
            };
            (before, after) = (before.max(Verdict::of(was)), after.max(Verdict::of(is)));
            if was == is {
                continue;
            }
            let differs = self.rules.entry(candidate.rule.clone()).or_default();
            match (was, is) {
                (Action::Allow, _) => differs.acts += n,
                (_, Action::Allow) => differs.lets_go += n,
                _ => differs.changed += n,
            }
            if !touched.contains(&candidate.rule.as_str()) {
                touched.push(&candidate.rule);
            }
        }
        self.different += u64::from(!touched.is_empty());
        if before != after {
            self.verdicts += 1;
            for rule in touched {
                self.rules.entry(rule.to_owned()).or_default().verdicts += 1;
            }
        }
    }
}

/// Compares two sets on what is kept; answers 1 if anything differs.
pub(super) async fn diff(config: Option<&Path>, options: &RulesDiff, days: u32, format: Format) -> u8 {
    let loaded = match config.map(|path| load(Some(path), format)).transpose() {
        Ok(loaded) => loaded.or_else(|| configured(None)),
        Err(code) => return code,
    };
    let policy = RuleFiles { rules: None, policy: options.policy.clone() }.or(loaded.as_ref()).policy;
    let open = |side: &Path| Material::check(rules_of(side), policy.as_deref(), None);
    let sides = open(&options.old).and_then(|old| Ok((Side::new(&old), Side::new(&open(&options.new)?))));
    let (old, new) = match sides {
        Ok(sides) => sides,
        Err(refused) => {
            let refused: Refused = refused;
            refused.print(format);
            return exit::CONFIG;
        }
    };
    let unknown = unknown(&old, &new);
    let mut totals = Totals::default();
    let code = control::stored(config, days, format, |view| totals.count(&old, &new, &unknown, &view)).await;
    if code != exit::OK {
        return code;
    }
    let gone: Vec<&str> = old.ids.keys().filter(|id| new.form(id).is_none()).map(String::as_str).collect();
    // Whoever closed the output wants no more.
    let _ = print_diff(&totals, &unknown, &gone, days, format);
    if totals.different > 0 { exit::FAILED } else { exit::OK }
}

fn print_diff(
    totals: &Totals,
    unknown: &BTreeMap<String, String>,
    gone: &[&str],
    days: u32,
    format: Format,
) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let Totals { rules, seen, other_form, different, verdicts } = totals;
    if format == Format::Json {
        let Seen { messages, candidates, dropped, .. } = seen;
        let summary = json!({
            "rules": rules, "unknown": unknown, "gone": gone, "judged_by_another_form": other_form, "days": days,
            "messages": messages, "candidates": candidates, "dropped": dropped, "different": different,
            "verdicts": verdicts,
        });
        return writeln!(out, "{}", json!({ "summary": summary }));
    }
    if !rules.is_empty() {
        let width = rules.keys().map(String::len).max().unwrap_or(0);
        writeln!(out, "{:width$}  {:>6}  {:>7}  {:>7}  {:>8}", "rule", "acts", "lets go", "changed", "verdicts")?;
        for (rule, d) in rules {
            writeln!(out, "{rule:width$}  {:>6}  {:>7}  {:>7}  {:>8}", d.acts, d.lets_go, d.changed, d.verdicts)?;
        }
        writeln!(out)?;
    }
    writeln!(out, "{}: {different} differ, {verdicts} verdict(s) change by findings alone", seen.in_words(days))?;
    if !unknown.is_empty() {
        writeln!(out, "\ncannot be known from what is kept; try it on files (rules diff OLD NEW PATH) or in shadow:")?;
        let width = unknown.keys().map(String::len).max().unwrap_or(0);
        for (rule, why) in unknown {
            writeln!(out, "  {rule:width$}  {why}")?;
        }
    }
    if !other_form.is_empty() {
        writeln!(out, "\njudged when the rule matched otherwise, and left out:")?;
        for (rule, count) in other_form {
            writeln!(out, "  {rule}: {count} candidate(s)")?;
        }
    }
    if !gone.is_empty() {
        writeln!(out, "\ngone: {}; what other rules would find where these stood is not known", gone.join(", "))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lazaret_scan::{SourceFile, shipped};
    use lazaret_store::TermView;

    const RULES: &str = r#"
[[rule]]
id = "badge"
class = "custom"
kind = "regex"
pattern = 'BADGE-[0-9]{4}'
context = { near = ["door", "entry"] }
score = { base = 25, near = 45 }
test = [{ text = "entry BADGE-1234", find = ["BADGE-1234"] }, { text = "BADGE-1234", find = [] }]
"#;

    const OTHER: &str = r#"
[[rule]]
id = "other"
class = "custom"
kind = "regex"
pattern = 'QQ[0-9]{9}'
test = [{ text = "QQ123456789", find = ["QQ123456789"] }, { text = "QQ", find = [] }]
"#;

    fn side(rules: &str) -> Side {
        let files = [SourceFile { name: "x.toml", text: rules }];
        let set = Ruleset::load_accepted(&files).expect("valid");
        let policy = shipped::POLICY_FILE.1.split("[rule]").next().expect("it has text");
        let (policy, _) = Policy::load(SourceFile { name: "p", text: policy }, &set).expect("valid");
        let ids = set.rules().iter().zip(0_u16..).map(|(r, at)| (r.id.clone(), RuleIx(at))).collect();
        Side { set, policy, ids }
    }

    fn candidate(side: &Side, terms: &[(&str, i16)], why_not: Option<&str>, action: &str) -> CandidateView {
        let score = terms.iter().map(|(_, p)| *p).sum::<i16>().clamp(0, 100) as u8;
        let term = |(name, points): &(&str, i16)| TermView { name: (*name).into(), points: *points, word: None };
        CandidateView {
            rule: "badge".into(),
            class: "custom".into(),
            form: side.form("badge").expect("it is there"),
            placement: "body".into(),
            score,
            terms: terms.iter().map(term).collect(),
            action: action.into(),
            why_not: why_not.map(str::to_owned),
            count: 2,
            feedback: None,
        }
    }

    fn view(candidates: Vec<CandidateView>) -> FingerprintsView {
        FingerprintsView { message: 1, at: 0, rules: String::new(), candidates, dropped: 1, unseen: 2 }
    }

    #[test]
    fn other_points_modes_and_rules_are_weighed_again() {
        let old = side(RULES);
        let miss = || candidate(&old, &[("base", 25)], Some("score"), "allow");
        let hit = || candidate(&old, &[("base", 25), ("near", 45)], None, "redact");
        let lone = || candidate(&old, &[("base", 70)], Some("context"), "allow");
        let known = || candidate(&old, &[("base", 25), ("known", 35)], None, "redact");
        let adjust = |what: &str| format!("{RULES}[[adjust]]\nid = \"badge\"\n{what}\n");
        let none = OTHER.to_owned();
        let cases = [
            ("the same", RULES.to_owned(), (0, 0, 0)),
            ("more for its shape", adjust("score = { base = 60 }"), (2, 0, 0)),
            ("less for a word", adjust("score = { near = 4 }"), (0, 2, 0)),
            ("only to flag", adjust("score = { near = 10 }"), (0, 0, 2)),
            ("shadow", adjust("mode = \"shadow\""), (0, 4, 0)),
            ("gone", none, (0, 4, 0)),
        ];
        for (what, rules, want) in cases {
            let new = side(&rules);
            let mut totals = Totals::default();
            let unknown = unknown(&old, &new);
            assert!(!unknown.contains_key("badge"), "{what}");
            totals.count(&old, &new, &unknown, &view(vec![miss(), hit(), lone(), known()]));
            let d = totals.rules.remove("badge").unwrap_or_default();
            assert_eq!((d.acts, d.lets_go, d.changed), want, "{what}");
            assert_eq!((totals.different > 0, totals.seen.dropped), (want != (0, 0, 0), 1), "{what}");
        }
    }

    #[test]
    fn what_scores_cannot_tell_is_listed() {
        let old = side(RULES);
        let cases = [
            (RULES.replace("{4}", "{5}"), "badge", "what it matches"),
            (RULES.replace("\"door\"", "\"gate\""), "badge", "what it matches"),
            (format!("{RULES}{OTHER}"), "other", "a new rule"),
            (
                RULES.replace("near = 45", "near = 45, bare = -5"),
                "badge",
                "no points before, so it was not kept where it held: bare",
            ),
        ];
        for (rules, id, why) in cases {
            let said = unknown(&old, &side(&rules));
            assert!(said.len() == 1 && said[id].starts_with(why), "{said:?}");
        }
        let mut totals = Totals::default();
        let of_other = CandidateView { form: 5, ..candidate(&old, &[("base", 25)], Some("score"), "allow") };
        totals.count(&old, &side(RULES), &BTreeMap::new(), &view(vec![of_other]));
        assert_eq!((totals.other_form["badge"], totals.different), (2, 0));
    }

    #[test]
    fn deeds_are_counted_by_what_followed() {
        let old = side(RULES);
        let mut deeds = Deeds::default();
        for (why, action) in [
            (None, "redact"),
            (None, "flag"),
            (Some("policy"), "allow"),
            (Some("shadow"), "allow"),
            (Some("exception"), "allow"),
            (Some("score"), "allow"),
            (Some("context"), "allow"),
            (Some("overlap"), "allow"),
        ] {
            deeds.count(&candidate(&old, &[("base", 25)], why, action));
        }
        let want = Deeds {
            hits: 10,
            near_misses: 4,
            covered: 2,
            flag: 2,
            redact: 2,
            allow: 2,
            shadow: 2,
            excepted: 2,
            ..Deeds::default()
        };
        assert_eq!(deeds, want);
    }
}
