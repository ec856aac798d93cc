//! What the operator wrote, loaded and checked as one set, and the place from which everything that runs takes it.
//!
//! **Invariant:** a set is accepted whole or not at all. What runs changes by one exchange of a pointer, after everything
//! was loaded and checked; the last accepted rules, policy and templates are kept for the next start.

mod accepted;

use crate::cli::Format;
use crate::clock;
use crate::commands::check;
use crate::config::Config;
use crate::config::changes;
use crate::config::file::{self, Loaded, Text};
use crate::diagnostics::{self, Shown};
use crate::rules::{self, Material};
use crate::templates::Templates;
use crate::worker::BUILD_ID;
pub(crate) use accepted::FILE_NAME as ACCEPTED;
use lazaret_core::pipeline::Setup;
use lazaret_scan::{Diagnostic, SourceFile};
use lazaret_store::StoreKeys;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// A value that is replaced as a whole while others read it. Whoever took it keeps what it was.
#[derive(Debug)]
pub(crate) struct Current<T>(RwLock<Arc<T>>);

impl<T> Current<T> {
    /// The first value.
    pub(crate) fn new(value: T) -> Current<T> {
        Current(RwLock::new(Arc::new(value)))
    }

    /// The value as it is now.
    pub(crate) fn get(&self) -> Arc<T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Another value from now on.
    pub(crate) fn set(&self, value: T) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(value);
    }
}

/// Configuration, rules, policy and templates that belong together.
pub(crate) struct Set {
    pub(crate) config: Arc<Config>,
    pub(crate) material: Material,
    pub(crate) templates: Arc<Templates>,
    /// The configuration as written; empty where there is no file.
    source: Text,
    /// Where it was read from; without it there is nothing to reload.
    path: Option<PathBuf>,
}

/// Why files were refused, with their texts to show lines of.
#[derive(Debug, Default)]
pub(crate) struct Complaints {
    list: Vec<Diagnostic>,
    /// Name, text, and whether its values are masked.
    files: Vec<(String, String, bool)>,
}

impl Complaints {
    fn one(source: &Text, span: std::ops::Range<usize>, message: String, mend: &str) -> Complaints {
        Complaints::of(vec![Diagnostic::error(source.as_source(), span, message).help(mend)], source)
    }

    fn of(list: Vec<Diagnostic>, source: &Text) -> Complaints {
        Complaints { list, files: vec![(source.name.clone(), source.text.clone(), true)] }
    }

    fn add(&mut self, refused: rules::Refused) {
        self.list.extend(refused.complaints);
        self.files.extend(refused.files.into_iter().map(|(name, text)| (name, text, false)));
    }

    fn add_templates(&mut self, complaints: Vec<Diagnostic>) {
        for complaint in &complaints {
            // Only to show the line; what cannot be read is named without it.
            if let Ok(text) = std::fs::read_to_string(&complaint.file) {
                self.files.push((complaint.file.clone(), text, false));
            }
        }
        self.list.extend(complaints);
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// As an operator reads them.
    pub(crate) fn text(&self) -> String {
        diagnostics::text(&self.list, &self.shown(), false)
    }

    /// Prints them.
    pub(crate) fn print(&self, format: Format) {
        diagnostics::print(&self.list, &self.shown(), format);
    }

    fn shown(&self) -> Vec<Shown<'_>> {
        let files = self.files.iter();
        files.map(|(name, text, masked)| Shown { source: SourceFile { name, text }, masked: *masked }).collect()
    }

    fn values(&self) -> Vec<Value> {
        self.list.iter().filter_map(|d| serde_json::from_str(&diagnostics::json(d)).ok()).collect()
    }

    /// The answer to whoever asked for the reload.
    pub(crate) fn answer(&self) -> Value {
        json!({ "accepted": false, "complaints": self.values(), "text": self.text() })
    }
}

impl Set {
    /// A set of what is compiled in, under a configuration that no file holds.
    pub(crate) fn compiled_in(config: Config) -> Result<Set, Complaints> {
        let source = Text::default();
        let mut complaints = Complaints::default();
        match Templates::load(config.templates_dir.as_deref()) {
            Ok(templates) => {
                let (config, templates) = (Arc::new(config), Arc::new(templates));
                Ok(Set { config, material: Material::compiled_in(), templates, source, path: None })
            }
            Err(list) => {
                complaints.add_templates(list);
                Err(complaints)
            }
        }
    }

    /// For a start. With bad rules, policy or templates the last accepted ones run, and `material.degraded` says why;
    /// without any every complaint is answered.
    pub(crate) fn start(path: &Path, loaded: Loaded) -> Result<Set, Complaints> {
        let Loaded { config, source, .. } = loaded;
        let kept = config.state_dir.join(ACCEPTED);
        let (material, templates) = match files(&config) {
            Ok(loaded) => loaded,
            Err(complaints) => match accepted::recall(&kept) {
                Some((material, templates)) => (Material { degraded: complaints.list, ..material }, templates),
                None => return Err(complaints),
            },
        };
        let (config, templates) = (Arc::new(config), Arc::new(templates));
        let set = Set { config, material, templates, source, path: Some(path.to_owned()) };
        if set.material.degraded.is_empty() {
            set.keep();
        }
        Ok(set)
    }

    /// The files as they are now, for a running daemon: everything must be good, and what cannot change while it runs must
    /// not have changed.
    pub(crate) fn reload(&self) -> Result<Set, Complaints> {
        let Some(path) = &self.path else {
            let message = "this run has no configuration file".to_owned();
            return Err(Complaints::one(&self.source, 0..0, message, "start it with one: lazaret run --config FILE"));
        };
        let Loaded { config, source, .. } =
            file::load(path).map_err(|refused| Complaints::of(refused.diagnostics, &refused.source))?;
        let mut complaints = Complaints::of(Vec::new(), &source);
        complaints.list.extend(changes::fixed(&self.config, &config, source.as_source()));
        complaints.list.extend(check::unreadable(&config, source.as_source()));
        match files(&config) {
            Ok((material, templates)) if complaints.list.is_empty() => {
                let (config, templates) = (Arc::new(config), Arc::new(templates));
                Ok(Set { config, material, templates, source, path: Some(path.clone()) })
            }
            Ok(_) => Err(complaints),
            Err(more) => {
                complaints.list.extend(more.list);
                complaints.files.extend(more.files);
                Err(complaints)
            }
        }
    }

    /// The refusal of a set that loads here and not in a worker.
    pub(crate) fn not_by_a_worker(&self) -> Complaints {
        let message = "no worker starts with these rules".to_owned();
        Complaints::one(&self.source, 0..0, message, "see the log; is the machine out of memory or processes?")
    }

    /// The refusal of a set whose reload cannot be recorded.
    pub(crate) fn not_recorded(&self) -> Complaints {
        let message = "the reload cannot be recorded in the audit trail".to_owned();
        Complaints::one(&self.source, 0..0, message, "see lazaret status; is the disk full?")
    }

    /// Keeps rules, policy and templates for a start on which a file is bad.
    pub(crate) fn keep(&self) {
        let own = [&self.config.rules_dir, &self.config.policy, &self.config.templates_dir].iter().any(|p| p.is_some());
        if own {
            // Without a kept copy the next bad file is refused instead of bridged; that is worth no refusal now.
            let _ = accepted::keep(&self.config.state_dir.join(ACCEPTED), &self.material, &self.templates);
        }
    }

    /// What a worker is told.
    pub(crate) fn setup(&self, keys: &StoreKeys) -> Setup {
        Setup {
            build_id: BUILD_ID.to_owned(),
            rules: self.material.rules.clone(),
            policy: self.material.policy.clone(),
            accepted: true,
            limits: self.config.limits,
            digest_key: keys.digest.clone(),
            mark_key: keys.mark.clone(),
            today: clock::today(),
        }
    }

    /// What another set changes: keys of the configuration, and files; and when that takes effect.
    pub(crate) fn changes(&self, next: &Set) -> Vec<Value> {
        let said = |what: String, takes_effect: &str| json!({ "what": what, "takes_effect": takes_effect });
        let keys = changes::between(&self.source.text, &next.source.text);
        let keys = keys.into_iter().map(|key| said(key.clone(), changes::effect(&key)));
        let judging = |set: &Set| [set.material.rules.as_slice(), std::slice::from_ref(&set.material.policy)].concat();
        let judging = changes::of_files(&judging(self), &judging(next));
        let judging = judging.into_iter().map(|file| said(file, changes::effect("rules")));
        let words = changes::of_files(&self.templates.texts(), &next.templates.texts());
        let words = words.into_iter().map(|text| said(text, changes::effect("templates")));
        keys.chain(judging).chain(words).collect()
    }

    /// Do the files say something else than what runs? What cannot be read differs.
    pub(crate) fn differs(&self) -> bool {
        let Some(path) = &self.path else { return false };
        let is_text = std::fs::read_to_string(path).is_ok_and(|text| text == self.source.text);
        !is_text || !self.material.is_on_disk(&self.config) || !self.templates.is_on_disk(&self.config)
    }
}

/// Rules, policy and templates that a configuration names; every complaint at once.
fn files(config: &Config) -> Result<(Material, Templates), Complaints> {
    let mut complaints = Complaints::default();
    let kept = config.state_dir.join(ACCEPTED);
    let material = if config.rules_dir.is_none() && config.policy.is_none() {
        Ok(Material::compiled_in())
    } else {
        Material::check(config.rules_dir.as_deref(), config.policy.as_deref(), accepted::digest(&kept).as_deref())
    };
    let templates = Templates::load(config.templates_dir.as_deref());
    match (material, templates) {
        (Ok(material), Ok(templates)) => Ok((material, templates)),
        (material, templates) => {
            material.err().into_iter().for_each(|refused| complaints.add(refused));
            complaints.add_templates(templates.err().unwrap_or_default());
            Err(complaints)
        }
    }
}
