//! Rules: TOML in, a compiled set out; examples run at load.

use crate::compiled::{Compiled, Scouts};
use crate::{Class, Diagnostic, Severity, SourceFile, loader, selftest};
use std::collections::HashSet;
use std::ops::Range;

/// Index of a rule in its [`Ruleset`]; stable for the life of the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleIx(pub u16);

/// Does a rule act?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleMode {
    /// Its findings have consequences.
    On,
    /// Counted and explained, without consequence.
    Shadow,
}

/// A value that a rule must let pass. Only its keyed digest is known here; whoever holds the key compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Keyed digest of the canonical value, as findings carry it (`k1:…`).
    pub digest: String,
    /// Why it may pass.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it holds, `YYYY-MM-DD`.
    pub expires: String,
}

/// What others may know of a rule.
#[derive(Debug, Clone)]
pub struct RuleInfo {
    /// Its `id`.
    pub id: String,
    /// The class it reports.
    pub class: Class,
    /// The exact type (`us_ssn`, `aws_access_key`).
    pub entity: String,
    /// On or shadow.
    pub mode: RuleMode,
    /// Values that pass in spite of it; expiry is for the caller to judge, who knows the day.
    pub exceptions: Vec<Exception>,
}

/// The id under which published test values are reported, whatever they look like.
pub const TEST_VALUE: &str = "test-value";

/// A compiled, tested set of rules. Cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Ruleset {
    /// The rules, then for each (class, entity) among them one `test-value`.
    infos: Vec<RuleInfo>,
    /// As long as there are rules; a `test-value` has no rule of its own.
    pub(crate) compiled: Vec<Compiled>,
    pub(crate) scouts: Scouts,
    /// Canonical forms of published test values.
    pub(crate) test_values: HashSet<String>,
}

/// An example that a rule must pass.
#[derive(Debug)]
pub(crate) struct Example {
    pub(crate) text: String,
    pub(crate) find: Vec<String>,
    /// Lowest score that counts as found.
    pub(crate) min: u8,
    /// Place of the example in its file.
    pub(crate) span: Range<usize>,
}

/// A rule as read from its file.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) info: RuleInfo,
    pub(crate) compiled: Compiled,
    pub(crate) examples: Vec<Example>,
    /// Ids over which it wins, with their places.
    pub(crate) beats: Vec<(String, Range<usize>)>,
    /// Which of the files it is in.
    pub(crate) file: usize,
    pub(crate) id_span: Range<usize>,
}

impl Ruleset {
    /// Loads rule files, compiles them and runs every example.
    /// Answers the set with its warnings, or every complaint at once.
    pub fn load(files: &[SourceFile<'_>]) -> Result<(Ruleset, Vec<Diagnostic>), Vec<Diagnostic>> {
        let (set, mut complaints, examples) = build(files)?;
        for (at, file, example) in &examples {
            if let Some(file) = files.get(*file) {
                complaints.extend(selftest::run(&set, *at, *file, example));
            }
        }
        if is_refused(&complaints) { Err(complaints) } else { Ok((set, complaints)) }
    }

    /// The same without running the examples: for a text whose hash was accepted before.
    pub fn load_accepted(files: &[SourceFile<'_>]) -> Result<Ruleset, Vec<Diagnostic>> {
        build(files).map(|(set, _, _)| set)
    }

    /// A rule of this set.
    pub fn rule(&self, ix: RuleIx) -> Option<&RuleInfo> {
        self.infos.get(usize::from(ix.0))
    }

    /// All rules in order of their index. Published test values are reported under rules of the id [`TEST_VALUE`],
    /// one for each class and entity, which stand last.
    pub fn rules(&self) -> &[RuleInfo] {
        &self.infos
    }

    /// The `test-value` that stands for a rule's class and entity.
    pub(crate) fn test_value_of(&self, rule: RuleIx) -> Option<RuleIx> {
        let info = self.rule(rule)?;
        let variants = self.infos.iter().enumerate().skip(self.compiled.len());
        let (at, _) = variants.into_iter().find(|(_, v)| v.class == info.class && v.entity == info.entity)?;
        u16::try_from(at).ok().map(RuleIx)
    }
}

type Built = (Ruleset, Vec<Diagnostic>, Vec<(RuleIx, usize, Example)>);

fn build(files: &[SourceFile<'_>]) -> Result<Built, Vec<Diagnostic>> {
    let (loaded, test_values, mut complaints) = loader::load(files);
    let mut set = Ruleset { infos: Vec::new(), compiled: Vec::new(), scouts: Scouts::default(), test_values };
    let ids: Vec<String> = loaded.iter().map(|l| l.info.id.clone()).collect();
    let mut examples = Vec::new();
    for (at, rule) in loaded.into_iter().enumerate() {
        let Loaded { info, mut compiled, examples: texts, beats, file, .. } = rule;
        for (id, span) in beats {
            match (ids.iter().position(|i| *i == id).and_then(|i| u16::try_from(i).ok()), files.get(file)) {
                (Some(ix), _) => compiled.beats.push(RuleIx(ix)),
                (None, Some(file)) => {
                    complaints.push(Diagnostic::error(
                        *file,
                        span,
                        format!("`beats` names a rule `{id}` that does not exist"),
                    ));
                }
                (None, None) => {}
            }
        }
        let ix = RuleIx(u16::try_from(at).unwrap_or(u16::MAX));
        examples.extend(texts.into_iter().map(|example| (ix, file, example)));
        set.infos.push(info);
        set.compiled.push(compiled);
    }
    let mut seen = HashSet::new();
    let variants: Vec<RuleInfo> = set
        .infos
        .iter()
        .filter(|info| seen.insert((info.class, info.entity.clone())))
        .map(|info| RuleInfo { id: TEST_VALUE.to_owned(), mode: RuleMode::On, exceptions: Vec::new(), ..info.clone() })
        .collect();
    if !set.test_values.is_empty() {
        set.infos.extend(variants);
    }
    match Scouts::new(&set.compiled) {
        Some(scouts) => set.scouts = scouts,
        None => complaints
            .extend(files.first().map(|f| Diagnostic::error(*f, 0..0, "the rules together have too many anchors"))),
    }
    if is_refused(&complaints) { Err(complaints) } else { Ok((set, complaints, examples)) }
}

fn is_refused(complaints: &[Diagnostic]) -> bool {
    complaints.iter().any(|c| c.severity == Severity::Error)
}
