//! The verbs, one file each, and what they share.

pub(crate) mod check;
pub(crate) mod control;
pub(crate) mod demo;
pub(crate) mod files;
pub(crate) mod init;
pub(crate) mod observe;
mod redact;
pub(crate) mod replay;
pub(crate) mod rules;
mod shown;
pub(crate) mod summary;

use crate::app::App;
use crate::cli::{Cli, Command, Format, RuleFiles};
use crate::config::Config;
use crate::config::file::{self, DEFAULT_PATH, Loaded};
use crate::diagnostics::{self, Shown};
use crate::live::Set;
use crate::output::say;
use crate::rules::{Material, Refused};
use crate::{event, exit, keys};
use lazaret_core::{DigestKey, Limits};
use lazaret_store::Store;
use std::path::{Path, PathBuf};

/// Does what the command line asks for; answers the exit code.
pub(crate) async fn dispatch(cli: Cli) -> u8 {
    let (config, format) = (cli.config.as_deref(), cli.format);
    match cli.command {
        Command::Demo { dir } => demo::run(dir).await,
        Command::Init(options) => init::run(*options, format).await,
        Command::Check { offline, alert_test } => check::run(config, offline, alert_test, format).await,
        Command::Run { once } => run(config, once, format).await,
        Command::Replay { rules, mailbox, paths } => replay(config, &rules, mailbox.as_deref(), &paths, format).await,
        Command::Parse { paths } => files(config, files::Verb::Parse, &RuleFiles::NONE, &paths, format).await,
        Command::Extract { password, paths } => {
            files(config, files::Verb::Extract { password }, &RuleFiles::NONE, &paths, format).await
        }
        Command::Redact { rules, password, output, force, paths } => match material(config, &rules, format) {
            Ok((material, limits)) => {
                let wanted = redact::Wanted { password, output, force };
                redact::run(&wanted, &paths, &material, limits, format).await
            }
            Err(code) => code,
        },
        Command::Scan { rules, jsonl: false, reveal, paths } => {
            files(config, files::Verb::Scan { reveal }, &rules, &paths, format).await
        }
        Command::Scan { rules, jsonl: true, .. } => match material(config, &rules, format) {
            Ok((material, limits)) => files::scan_lines(&material, limits, format).await,
            Err(code) => code,
        },
        Command::Rules(verb) => rules::run(config, verb, format).await,
        Command::Schema { of } => {
            say!("{}", crate::schema::text(of));
            exit::OK
        }
        Command::Manual { dir } => match crate::manual::write(&dir) {
            Ok(()) => exit::OK,
            Err(error) => {
                eprintln!("lazaret: {}: {error}", dir.display());
                exit::UNAVAILABLE
            }
        },
        command => control::run(config, command, format).await,
    }
}

async fn run(path: Option<&Path>, once: bool, format: Format) -> u8 {
    event::start_log();
    let path = path.unwrap_or(Path::new(DEFAULT_PATH));
    let loaded = match loaded(path, format) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let set = match Set::start(path, loaded) {
        Ok(set) => set,
        Err(complaints) => {
            complaints.print(format);
            return exit::CONFIG;
        }
    };
    match App::open(set) {
        Ok(app) => app.run(once, format).await,
        Err(refusal) => {
            eprintln!("lazaret: {}", refusal.message);
            refusal.code
        }
    }
}

async fn files(path: Option<&Path>, verb: files::Verb, rules: &RuleFiles, paths: &[PathBuf], format: Format) -> u8 {
    match material(path, rules, format) {
        Ok((material, limits)) => files::run(verb, paths, &material, limits, format).await,
        Err(code) => code,
    }
}

async fn replay(
    path: Option<&Path>,
    rules: &RuleFiles,
    mailbox: Option<&str>,
    paths: &[PathBuf],
    format: Format,
) -> u8 {
    let (material, limits) = match material(path, rules, format) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    match replay::Stage::new(configured(path).as_ref(), mailbox, &material) {
        Ok(stage) => replay::run(paths, &stage, &material, limits, format).await,
        Err(complaints) => {
            diagnostics::print(&complaints, &[], format);
            exit::CONFIG
        }
    }
}

/// Loads the configuration for a verb that needs one; complaints are printed.
pub(crate) fn load(path: Option<&Path>, format: Format) -> Result<Config, u8> {
    loaded(path.unwrap_or(Path::new(DEFAULT_PATH)), format).map(|loaded| loaded.config)
}

fn loaded(path: &Path, format: Format) -> Result<Loaded, u8> {
    let report = |complaints: &[lazaret_scan::Diagnostic], source: &file::Text| {
        diagnostics::print(complaints, &[Shown { source: source.as_source(), masked: true }], format);
    };
    match file::load(path) {
        Ok(loaded) => {
            report(&loaded.warnings, &loaded.source);
            Ok(loaded)
        }
        Err(refused) => {
            report(&refused.diagnostics, &refused.source);
            Err(exit::CONFIG)
        }
    }
}

/// The configuration for a verb on files, which works without one: the one that is named, else the installed one if it
/// loads.
fn configured(path: Option<&Path>) -> Option<Config> {
    file::load(path.unwrap_or(Path::new(DEFAULT_PATH))).ok().map(|l| l.config)
}

/// Rules, policy and limits for a verb on files: what the command line names, else the configuration, else what is
/// compiled in.
fn material(path: Option<&Path>, files: &RuleFiles, format: Format) -> Result<(Material, Limits), u8> {
    // A configuration that was named must load; the installed one may be somebody else's business.
    let config = match path {
        Some(_) => Some(load(path, format)?),
        None => configured(None),
    };
    let limits = config.as_ref().map(|c| c.limits).unwrap_or_default();
    let files = files.or(config.as_ref());
    let loaded: Result<Material, Refused> = if files.rules.is_none() && files.policy.is_none() {
        Ok(Material::compiled_in())
    } else {
        Material::check(files.rules.as_deref(), files.policy.as_deref(), None)
    };
    let helpers = config.as_ref().map(|c| c.helpers.clone()).unwrap_or_default();
    let digest_key = config.as_ref().and_then(digest_key);
    loaded.map(|m| (Material { digest_key, helpers, ..m }, limits)).map_err(|refused| {
        refused.print(format);
        exit::CONFIG
    })
}

/// The rules that the configuration names, without a word if they do not load.
fn in_force(path: Option<&Path>) -> Option<Material> {
    let config = configured(path)?;
    Material::check(config.rules_dir.as_deref(), config.policy.as_deref(), None).ok()
}

/// The key under which exceptions name values, if this user may read the store key and there is a store.
fn digest_key(config: &Config) -> Option<DigestKey> {
    let root_key = keys::store_key(&config.store_key).ok()?;
    Store::keys_of(&config.state_dir, &config.tenant, &root_key).ok()?.map(|keys| keys.digest)
}

impl RuleFiles {
    const NONE: RuleFiles = RuleFiles { rules: None, policy: None };

    /// What is named here, else what the configuration names.
    fn or(&self, config: Option<&Config>) -> RuleFiles {
        RuleFiles {
            rules: self.rules.clone().or_else(|| config.and_then(|c| c.rules_dir.clone())),
            policy: self.policy.clone().or_else(|| config.and_then(|c| c.policy.clone())),
        }
    }
}
