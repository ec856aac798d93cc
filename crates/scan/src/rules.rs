//! Rules: TOML in, a compiled set out; examples run at load.

use crate::compiled::{Compiled, Scouts};
use crate::context::Lexicon;
use crate::form::Form;
use crate::{Class, Diagnostic, Severity, SourceFile, loader, nearest, records, selftest};
use std::collections::{BTreeSet, HashMap, HashSet};
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
    /// Which of the files it stands in, and where.
    pub(crate) place: (usize, Range<usize>),
}

impl Exception {
    /// Does it hold on a day (`YYYY-MM-DD`)? An unknown day is the empty text, on which none holds.
    pub fn holds_on(&self, day: &str) -> bool {
        !day.is_empty() && day <= self.expires.as_str()
    }
}

/// Where a rule comes from, and what later files made of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Name of its file.
    pub file: String,
    /// Line of its id, from 1.
    pub line: usize,
    /// `regex`, `digits`, …
    pub kind: String,
    /// Country (ISO 3166-1 alpha-2) whose identifier it finds.
    pub country: Option<String>,
    /// Every `[[adjust]]` and file-level `[[except]]` that names it, as `FILE:LINE`, in the order in which they count.
    pub adjusted: Vec<String>,
    /// Examples in which it must find something.
    pub examples_found: usize,
    /// Examples in which it must find nothing.
    pub examples_clean: usize,
}

impl Origin {
    /// Of what has no file.
    pub const NONE: Origin = Origin {
        file: String::new(),
        line: 0,
        kind: String::new(),
        country: None,
        adjusted: Vec::new(),
        examples_found: 0,
        examples_clean: 0,
    };
}

/// A rule that a later file took out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disabled {
    /// Its id.
    pub id: String,
    /// Name of its file.
    pub file: String,
    /// What took it out, as `FILE:LINE`.
    pub by: String,
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
    /// Words of every context.
    pub(crate) lexicon: Lexicon,
    pub(crate) records: records::Index,
    /// Canonical forms of published test values.
    pub(crate) test_values: HashSet<String>,
    /// As long as `compiled`.
    origins: Vec<Origin>,
    /// As long as `compiled`.
    pub(crate) forms: Vec<u32>,
    disabled: Vec<Disabled>,
}

/// An example that a rule must pass.
#[derive(Debug)]
pub(crate) struct Example {
    pub(crate) text: String,
    pub(crate) find: Vec<String>,
    /// Lowest score that counts as found.
    pub(crate) min: u8,
    /// Which of the files it is in, and where.
    pub(crate) file: usize,
    pub(crate) span: Range<usize>,
    /// Its number in its list, from 1.
    pub(crate) number: usize,
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
    /// Words of `near` and `not_near`, from which the context is built again when a later file changes them.
    pub(crate) words: [Vec<String>; 2],
    pub(crate) origin: Origin,
    /// Of what stands in its table.
    pub(crate) form: Form,
    /// The `[[adjust]]` after which the examples of the rule's own file need not hold any more.
    pub(crate) changed_by: Option<(usize, Range<usize>)>,
}

/// Everything that the files said.
#[derive(Debug, Default)]
pub(crate) struct Loading {
    pub(crate) rules: Vec<Loaded>,
    pub(crate) test_values: HashSet<String>,
    pub(crate) disabled: Vec<Disabled>,
    pub(crate) complaints: Vec<Diagnostic>,
}

impl Ruleset {
    /// Loads rule files, compiles them and runs every example. Later files change earlier ones (`disable`, `[[adjust]]`).
    /// Answers the set with its warnings, or every complaint at once.
    pub fn load(files: &[SourceFile<'_>]) -> Result<(Ruleset, Vec<Diagnostic>), Vec<Diagnostic>> {
        let (set, mut complaints, trials) = build(files)?;
        complaints.extend(trials.iter().filter_map(|trial| selftest::run(&set, files, trial)));
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

    /// Where a rule comes from; `None` for a [`TEST_VALUE`], which has no file.
    pub fn origin(&self, ix: RuleIx) -> Option<&Origin> {
        self.origins.get(usize::from(ix.0))
    }

    /// The rules that later files took out.
    pub fn disabled(&self) -> &[Disabled] {
        &self.disabled
    }

    /// A warning for each exception that is over on a day (`YYYY-MM-DD`); `files` are those that were loaded.
    pub fn expired(&self, files: &[SourceFile<'_>], day: &str) -> Vec<Diagnostic> {
        let all = self.infos.iter().flat_map(|info| info.exceptions.iter().map(move |e| (info, e)));
        let warn = |(info, exception): (&RuleInfo, &Exception)| {
            let message = format!(
                "this exception of `{}` ended on {}: what it let pass is found again",
                info.id, exception.expires
            );
            let (file, span) = exception.place.clone();
            let warning = Diagnostic::warning(*files.get(file)?, span, message);
            Some(warning.help(format!("take it out, or ask {} for a new day", exception.owner)))
        };
        all.filter(|(_, exception)| !exception.holds_on(day)).filter_map(warn).collect()
    }

    /// Classes that composite rules look for in other texts of a message, or in earlier messages of a conversation.
    pub fn classes_beyond(&self, in_thread: bool) -> BTreeSet<Class> {
        self.records.classes_beyond(in_thread).collect()
    }

    /// The word of a rule's context that a term names.
    pub fn context_word(&self, rule: RuleIx, word: u16) -> Option<&str> {
        self.compiled.get(self.base(rule)?)?.context.word(word)
    }

    /// The `test-value` that stands for a rule's class and entity.
    pub(crate) fn test_value_of(&self, rule: RuleIx) -> Option<RuleIx> {
        let info = self.rule(rule)?;
        let variants = self.infos.iter().enumerate().skip(self.compiled.len());
        let (at, _) = variants.into_iter().find(|(_, v)| v.class == info.class && v.entity == info.entity)?;
        u16::try_from(at).ok().map(RuleIx)
    }
}

/// An example to run.
#[derive(Debug)]
pub(crate) struct Trial {
    pub(crate) rule: RuleIx,
    pub(crate) example: Example,
    /// Set: it comes from the rule's own file, and this later `[[adjust]]` may have made it untrue.
    pub(crate) changed_by: Option<(usize, Range<usize>)>,
}

type Built = (Ruleset, Vec<Diagnostic>, Vec<Trial>);

fn build(files: &[SourceFile<'_>]) -> Result<Built, Vec<Diagnostic>> {
    let Loading { rules, test_values, disabled, mut complaints } = loader::load(files);
    let ids: HashMap<String, RuleIx> =
        rules.iter().zip(0_u16..).map(|(loaded, at)| (loaded.info.id.clone(), RuleIx(at))).collect();
    let mut set = Ruleset {
        infos: Vec::new(),
        compiled: Vec::new(),
        scouts: Scouts::default(),
        lexicon: Lexicon::default(),
        records: records::Index::default(),
        test_values,
        origins: Vec::new(),
        forms: rules.iter().map(|rule| Form::whole(rule, files)).collect(),
        disabled,
    };
    let places: Vec<(usize, Range<usize>)> = rules.iter().map(|loaded| (loaded.file, loaded.id_span.clone())).collect();
    let mut trials = Vec::new();
    for (rule, at) in rules.into_iter().zip(0_u16..) {
        let Loaded { info, mut compiled, examples, beats, file, origin, changed_by, .. } = rule;
        for (id, span) in beats {
            match (ids.get(&id), files.get(file)) {
                (Some(ix), _) => compiled.beats.push(*ix),
                // A rule that a later file took out needs no beating.
                (None, Some(file)) if !set.disabled.iter().any(|d| d.id == id) => {
                    let message = format!("`beats` names a rule `{id}` that does not exist");
                    let near =
                        nearest(&id, ids.keys().map(String::as_str)).map(|near| format!("did you mean `{near}`?"));
                    let complaint = Diagnostic::error(*file, span, message);
                    complaints.push(match near {
                        Some(help) => complaint.help(help),
                        None => complaint,
                    });
                }
                (None, _) => {}
            }
        }
        trials.extend(examples.into_iter().map(|example| Trial {
            rule: RuleIx(at),
            changed_by: changed_by.clone().filter(|_| example.file == file),
            example,
        }));
        set.infos.push(info);
        set.compiled.push(compiled);
        set.origins.push(origin);
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
    let lexicon = Lexicon::new(set.compiled.iter_mut().map(|c| &mut c.context));
    match Scouts::new(&set.compiled).zip(lexicon) {
        Some((scouts, lexicon)) => (set.scouts, set.lexicon) = (scouts, lexicon),
        None => complaints.extend(
            files
                .first()
                .map(|f| Diagnostic::error(*f, 0..0, "the rules together have too many anchors or words of context")),
        ),
    }
    match records::Index::new(&set.compiled, set.infos.get(..set.compiled.len()).unwrap_or_default(), files) {
        Ok(index) => set.records = index,
        Err(troubles) => complaints.extend(troubles.into_iter().filter_map(|(at, trouble)| {
            let (file, span) = places.get(at)?.clone();
            Some(Diagnostic::error(*files.get(file)?, span, trouble))
        })),
    }
    if is_refused(&complaints) { Err(complaints) } else { Ok((set, complaints, trials)) }
}

fn is_refused(complaints: &[Diagnostic]) -> bool {
    complaints.iter().any(|c| c.severity == Severity::Error)
}
