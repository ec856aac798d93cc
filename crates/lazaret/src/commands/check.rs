//! `check`: configuration, rules, policy, templates, keys, logins, the way `run` does them; every complaint at once.

mod sinks;

use crate::cli::Format;
use crate::config::file::{self, DEFAULT_PATH, Loaded, Text};
use crate::config::{Auth, Config, Mailbox, Mode, SecretRef, Source as Place, Transport};
use crate::diagnostics::{self, Shown};
use crate::output::say;
use crate::rules::Material;
use crate::sink::Sink;
use crate::source::{ErrorKind, FolderInfo, Source, SourceError};
use crate::templates::Templates;
use crate::{alerts, exit, keys, tls};
use lazaret_core::ProofMode;
use lazaret_scan::{Diagnostic, Severity, SourceFile, shipped};
use lazaret_store::Store;
use std::path::Path;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Time for one login and the list of folders.
const LOGIN_DEADLINE: Duration = Duration::from_secs(60);

/// What was found; complaints point into the configuration.
pub(crate) struct Report {
    source: Text,
    complaints: Vec<Diagnostic>,
    facts: Vec<Fact>,
    /// Servers that could not be reached; that may pass by itself.
    unreachable: usize,
    /// Complaints about rules and policy, printed already.
    rules: Vec<Diagnostic>,
}

/// Something that was tried and is well.
struct Fact {
    what: String,
    how: String,
}

impl Report {
    fn new(source: Text, complaints: Vec<Diagnostic>) -> Report {
        Report { source, complaints, facts: Vec::new(), unreachable: 0, rules: Vec::new() }
    }

    fn complain(&mut self, severity: Severity, at: &[&str], message: String, mend: &str) {
        let source = self.source.as_source();
        // What has a default may not stand there; its table does.
        let span = (1..=at.len()).rev().find_map(|n| file::span_of(source, at.get(..n)?)).unwrap_or(0..0);
        let complaint = match severity {
            Severity::Error => Diagnostic::error(source, span, message),
            Severity::Warning => Diagnostic::warning(source, span, message),
        };
        self.complaints.push(complaint.help(mend));
    }

    fn fact(&mut self, what: impl Into<String>, how: impl Into<String>) {
        self.facts.push(Fact { what: what.into(), how: how.into() });
    }

    /// How many complaints of each kind there were, those about rules too.
    fn summary(&self) -> String {
        diagnostics::summary(self.complaints.iter().chain(&self.rules))
    }

    fn print(&self, format: Format) -> u8 {
        let source = self.source.as_source();
        let errors = self.complaints.iter().filter(|d| d.severity == Severity::Error).count();
        match format {
            Format::Text => {
                let width = self.facts.iter().map(|f| f.what.chars().count()).max().unwrap_or(0);
                for f in &self.facts {
                    say!("{}{}  {}", f.what, " ".repeat(width - f.what.chars().count()), f.how);
                }
            }
            Format::Json => {
                for f in &self.facts {
                    say!("{}", serde_json::json!({ "checked": f.what, "result": f.how }));
                }
            }
        }
        diagnostics::print(&self.complaints, &[Shown { source, masked: true }], format);
        if format == Format::Text {
            eprintln!("{}", self.summary());
        }
        match (errors, self.unreachable) {
            (0, _) => exit::OK,
            (n, unreachable) if n == unreachable => exit::UNAVAILABLE,
            _ => exit::CONFIG,
        }
    }
}

/// Checks everything; answers the exit code.
pub(crate) async fn run(path: Option<&Path>, offline: bool, alert_test: bool, format: Format) -> u8 {
    let loaded = match file::load(path.unwrap_or(Path::new(DEFAULT_PATH))) {
        Ok(loaded) => loaded,
        Err(refused) => {
            let refused = *refused;
            return Report::new(refused.source, refused.diagnostics).print(format);
        }
    };
    let Loaded { config, warnings, source } = loaded;
    let mut report = Report::new(source, warnings);
    report.fact("config", config_in_words(&config));
    let rules_good = rules(&config, &mut report, format);
    secrets(&config, &mut report);
    advice(&config, &mut report);
    helpers(&config, &mut report);
    if !offline {
        starts(&config, &mut report).await;
        logins(&config, &mut report).await;
    }
    if alert_test {
        test_alert(&config, &mut report).await;
    }
    let code = report.print(format);
    if rules_good { code } else { exit::CONFIG }
}

/// Programs that look at files: started as they will be, confined and fed by a pipe.
fn helpers(config: &Config, report: &mut Report) {
    let helpers = &config.helpers;
    let mend = |package: &str| format!("install the package {package}, or correct the path; it must lie in /usr");
    let (error, tesseract) = (Severity::Error, ["helpers", "tesseract"]);
    match helpers.languages_there() {
        Some(Ok(there)) if !there.is_empty() => {
            let missing = helpers.languages.iter().filter(|language| !there.contains(language));
            for language in missing {
                let message =
                    format!("tesseract does not have the language \"{language}\"; it has {}", there.join(", "));
                let mend = format!(
                    "install the package tesseract-ocr-{}, or take it from the list",
                    language.replace('_', "-")
                );
                report.complain(error, &["helpers", "languages"], message, &mend);
            }
            let used = helpers.languages.join(", ");
            report.fact("tesseract", format!("starts; languages used: {used}; installed: {}", there.join(", ")));
        }
        Some(Ok(_)) => {
            report.complain(error, &tesseract, "it names no language that it has".into(), &mend("tesseract-ocr"))
        }
        Some(Err(how)) => report.complain(error, &tesseract, not_started(how), &mend("tesseract-ocr")),
        None => {}
    }
    match helpers.pdftotext_starts() {
        Some(Ok(())) => report.fact("pdftotext", "starts; rewritten PDFs are read by it too"),
        Some(Err(how)) => {
            report.complain(error, &["helpers", "pdftotext"], not_started(how), &mend("poppler-utils"));
        }
        None => {}
    }
}

fn not_started(how: &str) -> String {
    match how {
        "hung" => "the program does not answer".to_owned(),
        _ => "the program does not start, confined as it must be, or gives up".to_owned(),
    }
}

fn config_in_words(config: &Config) -> String {
    let mode = if config.mode == Mode::Observe { "observe" } else { "enforce" };
    let replies = match config.replies.as_ref().map(|r| &r.transport) {
        Some(Transport::Smtp(smtp)) => format!("replies by {}", smtp.host),
        Some(Transport::Files(_)) => "replies into files".to_owned(),
        None => "no replies".to_owned(),
    };
    format!("tenant {}, mode {mode}, {} mailbox(es), {replies}", config.tenant, config.mailboxes.len())
}

/// Rules, policy and templates; their complaints have lines of their own files.
fn rules(config: &Config, report: &mut Report, format: Format) -> bool {
    // Every example runs, also where this text was accepted before: whoever checks wants to see it all.
    let rules = match Material::check(config.rules_dir.as_deref(), config.policy.as_deref(), None) {
        Ok(material) => {
            material.print_warnings(format);
            report.rules.clone_from(&material.warnings);
            report.fact("rules", rules_in_words(&material));
            true
        }
        Err(refused) => {
            refused.print(format);
            report.rules = refused.complaints;
            false
        }
    };
    match Templates::load(config.templates_dir.as_deref()) {
        Ok(_) => report.fact("templates", "load"),
        Err(complaints) => report.complaints.extend(complaints),
    }
    rules
}

fn rules_in_words(material: &Material) -> String {
    let own = material.rules.iter().filter(|(name, _)| !name.starts_with(shipped::PREFIX)).count();
    let of_own = if own == 0 { String::new() } else { format!(", {own} of them your own") };
    let (set, policy) = material.loaded();
    let profiles = match policy.profiles() {
        [] => String::new(),
        names => format!(", profiles {}", names.join(", ")),
    };
    format!("{} rules in {} file(s){of_own}; the policy loads{profiles}", set.rules().len(), material.rules.len())
}

fn secrets(config: &Config, report: &mut Report) {
    match keys::store_key(&config.store_key) {
        Ok(key) => {
            match Store::fits(&config.state_dir, &config.tenant, &key) {
                Ok(true) => report.fact("store key", "opens the store that is there"),
                Ok(false) => report.fact("store key", "good; there is no store yet, or this user cannot see it"),
                Err(e) => report.complain(Severity::Error, &["store_key"], e.to_string(), "then: lazaret check"),
            }
            if let SecretRef::File(path) = &config.store_key
                && path.starts_with(&config.state_dir)
            {
                let message =
                    "the store key lies inside the state directory: whoever copies the one has the other".into();
                report.complain(
                    Severity::Warning,
                    &["store_key"],
                    message,
                    "keep it elsewhere, such as in /etc/lazaret",
                );
            }
        }
        Err(e) => report.complain(Severity::Error, &["store_key"], format!("store_key: {e}"), "then: lazaret check"),
    }
    report.complaints.extend(unreadable(config, report.source.as_source()));
}

/// Secrets and certificates of mailboxes and replies that cannot be read.
pub(crate) fn unreadable(config: &Config, source: SourceFile<'_>) -> Vec<Diagnostic> {
    const AGAIN: &str = "then: lazaret check";
    const PEM: &str = "name a PEM file";
    let mut out = Vec::new();
    let mut complain = |at: &[&str], message: String, mend| {
        let span = (1..=at.len()).rev().find_map(|n| file::span_of(source, at.get(..n)?)).unwrap_or(0..0);
        out.push(Diagnostic::error(source, span, message).help(mend));
    };
    for (index, mailbox) in config.mailboxes.iter().enumerate() {
        if let Place::Imap(imap) = &mailbox.source {
            let (index, name) = (index.to_string(), &mailbox.name);
            if let Auth::Password(secret) = &imap.auth
                && let Err(e) = keys::secret(secret)
            {
                complain(&["mailbox", &index, "auth", "secret"], format!("mailbox {name}: {e}"), AGAIN);
            }
            if let Err(e) = tls::client_config(imap.ca_file.as_deref()) {
                complain(&["mailbox", &index, "imap", "ca_file"], format!("mailbox {name}: {e}"), PEM);
            }
        }
    }
    let relays =
        [("replies", config.replies.as_ref().map(|r| &r.transport)), ("forward", sinks::relay(config, source))];
    for (table, transport) in relays {
        let Some(Transport::Smtp(smtp)) = transport else { continue };
        if let Some((_, secret)) = &smtp.login
            && let Err(e) = keys::secret(secret)
        {
            complain(&[table, "smtp", "secret"], format!("{table}: {e}"), AGAIN);
        }
        if let Err(e) = tls::client_config(smtp.ca_file.as_deref()) {
            complain(&[table, "smtp", "ca_file"], format!("{table}: {e}"), PEM);
        }
    }
    if let Some(webhook) = &config.webhook {
        if let Some(message) = sinks::weak(webhook) {
            complain(&["webhook", "secret"], format!("webhook: {message}"), AGAIN);
        }
        if let Err(e) = tls::client_config(webhook.ca_file.as_deref()) {
            complain(&["webhook", "ca_file"], format!("webhook: {e}"), PEM);
        }
    }
    out
}

/// What works, but should be looked at.
fn advice(config: &Config, report: &mut Report) {
    for (index, mailbox) in config.mailboxes.iter().enumerate() {
        let index = index.to_string();
        if mailbox.profile.proof == ProofMode::None {
            let message = format!(
                "mailbox {}: sender_proof is \"none\": any sender may be forged, so a recipient gets at most one reply a day",
                mailbox.name
            );
            let mend = "name whose Authentication-Results are to be believed: \"exchange-online\", \"gmail\" or \
                        \"authserv-id:…\"";
            report.complain(Severity::Warning, &["mailbox", &index, "sender_proof"], message, mend);
        }
        if mailbox.start.is_none() {
            let message = format!(
                "mailbox {}: `start` is not set: `run` refuses a mailbox that it does not know yet",
                mailbox.name
            );
            let mend = "write start = \"now\", \"all\" or a day; `lazaret run --once` prints what each takes in";
            report.complain(Severity::Warning, &["mailbox", &index, "start"], message, mend);
        }
    }
    if !config.state_dir.is_dir() {
        let message = "the state directory is not there yet".into();
        let mend = "systemd makes it (StateDirectory=lazaret); by hand: install -d -m 0700 -o USER DIR";
        report.complain(Severity::Warning, &["state_dir"], message, mend);
    }
}

/// A `start` that was changed after its folder was begun has no effect; the running daemon knows.
async fn starts(config: &Config, report: &mut Report) {
    let lines = super::control::status_of(&config.runtime_dir).await.unwrap_or_default();
    for (index, mailbox) in config.mailboxes.iter().enumerate() {
        let line = lines.iter().find(|l| l["kind"] == "mailbox" && l["name"] == mailbox.name.as_str());
        for kept in line.and_then(|l| l["start_kept"].as_array()).into_iter().flatten() {
            let [folder, start] = ["folder", "start"].map(|key| kept[key].as_str().unwrap_or_default());
            let message = format!(
                "mailbox {}: folder {folder:?} was begun with start = \"{start}\"; another `start` has no effect any more",
                mailbox.name
            );
            let mend = format!("write start = \"{start}\" again; a mailbox of another name begins anew");
            report.complain(Severity::Warning, &["mailbox", &index.to_string(), "start"], message, &mend);
        }
    }
}

async fn logins(config: &Config, report: &mut Report) {
    let mut logins = JoinSet::new();
    for (index, mailbox) in config.mailboxes.iter().enumerate() {
        let mailbox = mailbox.clone();
        logins.spawn(async move {
            let folders = folders(&mailbox).await;
            (index, mailbox, folders)
        });
    }
    let mut done: Vec<_> = logins.join_all().await;
    done.sort_by_key(|(index, ..)| *index);
    for (index, mailbox, folders) in done {
        let index = index.to_string();
        match folders {
            Ok(folders) => found(&index, &mailbox, &folders, report),
            Err(e) => {
                let (key, mend) = match e.kind() {
                    ErrorKind::Auth => {
                        ("auth", "look at user and secret, and whether the server allows this way to log in")
                    }
                    _ => ("imap", "is the name right, the server up, and the way to it open?"),
                };
                if e.is_transient() {
                    report.unreachable += 1;
                }
                report.complain(
                    Severity::Error,
                    &["mailbox", &index, key],
                    format!("mailbox {}: {e}", mailbox.name),
                    mend,
                );
            }
        }
    }
    if let Some(replies) = &config.replies {
        probe("replies", &replies.transport, report).await;
    }
    sinks::probes(config, report).await;
}

/// Logs in at a relay; `table` is where it stands.
async fn probe(table: &str, transport: &Transport, report: &mut Report) {
    let probe = match Sink::open(transport) {
        Ok(sink) => sink.probe().await,
        // The secret or CA file: that was complained about already.
        Err(_) => return,
    };
    match probe {
        Ok(()) => report.fact(table, "the relay (or folder) takes them"),
        Err((fault, code)) => {
            report.unreachable += usize::from(code.is_none_or(|c| c < 500));
            let code = code.map_or_else(String::new, |c| format!(" (code {c})"));
            let mend = "look at host, port, tls, user and secret";
            report.complain(Severity::Error, &[table, "smtp"], format!("{table}: {fault}{code}"), mend);
        }
    }
}

/// Sends a test alert by every way that is configured.
async fn test_alert(config: &Config, report: &mut Report) {
    let told = alerts::test(config).await;
    if told.is_empty() {
        let mend = "write operator.alert_to (with a table [replies]) or operator.alert_webhook";
        report.complain(Severity::Error, &["operator"], "no way for alerts is configured".into(), mend);
    }
    for (key, to, result) in told {
        match result {
            Ok(()) => report.fact("test alert", format!("taken for {to}")),
            Err(why) => {
                report.unreachable += 1;
                let mend = "look at the table, and whether the way there is open";
                report.complain(Severity::Error, &["operator", key], format!("test alert to {to}: {why}"), mend);
            }
        }
    }
}

/// Logs in and lists the folders.
pub(crate) async fn folders(mailbox: &Mailbox) -> Result<Vec<FolderInfo>, SourceError> {
    let mut source = Source::open(mailbox, keys::secrets());
    let work = async {
        source.connect().await?;
        source.folders().await
    };
    let late = || SourceError::new(ErrorKind::Timeout, "login");
    let folders = timeout(LOGIN_DEADLINE, work).await.unwrap_or_else(|_| Err(late()));
    let _ = timeout(Duration::from_secs(2), source.logout()).await;
    folders
}

fn found(index: &str, mailbox: &Mailbox, folders: &[FolderInfo], report: &mut Report) {
    let find = |name: &str| {
        folders
            .iter()
            .find(|f| f.name == name || (name.eq_ignore_ascii_case("INBOX") && f.name.eq_ignore_ascii_case(name)))
    };
    let mut counts = Vec::new();
    for (at, folder) in mailbox.folders.iter().enumerate() {
        match find(folder) {
            Some(info) => counts.push(format!("{folder} has {}", info.messages)),
            None => {
                let known: Vec<&str> = folders.iter().map(|f| f.name.as_str()).take(20).collect();
                let message = format!("mailbox {}: there is no folder {folder:?}", mailbox.name);
                let mend = format!("the server has: {}", known.join(", "));
                report.complain(Severity::Error, &["mailbox", index, "folders", &at.to_string()], message, &mend);
            }
        }
    }
    let deliver = &mailbox.deliver;
    let will = if find(&deliver.folder).is_some() { "" } else { " (will be made)" };
    let copies = if deliver.copies { "clean copies go" } else { "what needs no redaction goes" };
    let more = if deliver.targets.is_empty() {
        String::new()
    } else {
        format!(", and to {} more sink(s)", deliver.targets.len())
    };
    report.fact(
        format!("mailbox {}", mailbox.name),
        format!(
            "logged in, {} folder(s); {}; {copies} to {}{will}{more}",
            folders.len(),
            counts.join(", "),
            deliver.folder
        ),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// A configuration whose servers are ports of this machine that nobody listens on.
    fn configured(dir: &Path) -> std::path::PathBuf {
        let port = || {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
            listener.local_addr().expect("bound").port()
        };
        let write = |name: &str, text: &str| {
            let path = dir.join(name);
            std::fs::write(&path, text).expect("written");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("mode set");
            path
        };
        write("store-key", &"0f".repeat(32));
        write("password", "hunter2");
        let text = format!(
            "mode = \"observe\"\nstore_key = \"file:store-key\"\nstate_dir = \"state\"\n[[mailbox]]\nname = \"a\"\n\
             addresses = [\"a@acme.example\"]\nimap = {{ host = \"127.0.0.1\", port = {}, user = \"a\" }}\n\
             auth = {{ kind = \"password\", secret = \"file:password\" }}\n[replies]\n\
             smtp = {{ host = \"127.0.0.1\", port = {}, tls = \"none\" }}\nfrom = \"a@acme.example\"\n",
            port(),
            port()
        );
        write("lazaret.toml", &text)
    }

    #[tokio::test]
    async fn exit_codes_say_whether_to_wait_or_to_mend() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let dir = tempfile::tempdir().expect("a directory");
        let path = configured(dir.path());
        assert_eq!(run(Some(&path), true, false, Format::Text).await, exit::OK, "warnings are no errors");
        assert_eq!(run(Some(&path), false, false, Format::Text).await, exit::UNAVAILABLE, "nobody listens");
        let key = dir.path().join("store-key");
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).expect("mode set");
        assert_eq!(run(Some(&path), true, false, Format::Json).await, exit::CONFIG);
        assert_eq!(run(Some(&path), false, false, Format::Json).await, exit::CONFIG, "what must be mended comes first");
        assert_eq!(run(Some(&dir.path().join("absent")), true, false, Format::Text).await, exit::CONFIG);
    }

    #[test]
    fn every_secret_that_cannot_be_read_is_a_complaint_at_its_place() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = configured(dir.path());
        for name in ["store-key", "password"] {
            std::fs::remove_file(dir.path().join(name)).expect("removed");
        }
        let loaded = file::load(&path).expect("it loads");
        let mut report = Report::new(loaded.source, loaded.warnings);
        secrets(&loaded.config, &mut report);
        let places: Vec<_> = report.complaints.iter().map(|d| (d.line, d.column)).collect();
        assert_eq!(places, [(2, 13), (8, 38)], "{:?}", report.complaints);
    }

    #[tokio::test]
    async fn a_key_that_is_not_the_store_s_is_complained_about() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = configured(dir.path());
        crate::testing::store(&dir.path().join("state")).close().await;
        assert_eq!(run(Some(&path), true, false, Format::Json).await, exit::CONFIG);
        std::fs::write(dir.path().join("store-key"), "07".repeat(32)).expect("written");
        assert_eq!(run(Some(&path), true, false, Format::Json).await, exit::OK);
    }

    #[test]
    fn complaints_about_rules_are_counted() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = configured(dir.path());
        std::fs::create_dir(dir.path().join("rules")).expect("a directory");
        std::fs::write(dir.path().join("rules/mine.toml"), "kind = ").expect("written");
        let text = std::fs::read_to_string(&path).expect("it is there");
        std::fs::write(&path, format!("rules = \"rules\"\n{text}")).expect("written");
        let loaded = file::load(&path).expect("it loads");
        let mut report = Report::new(loaded.source, Vec::new());
        assert!(!rules(&loaded.config, &mut report, Format::Json));
        assert!(!report.summary().starts_with("0 errors"), "{}", report.summary());
    }

    #[test]
    fn folders_that_are_not_there_are_complained_about_with_those_that_are() {
        let dir = tempfile::tempdir().expect("a directory");
        let loaded = file::load(&configured(dir.path())).expect("it loads");
        let mailbox = &loaded.config.mailboxes[0];
        let folder = |name: &str| FolderInfo { name: name.into(), messages: 3 };
        let mut report = Report::new(loaded.source, Vec::new());
        found("0", mailbox, &[folder("inbox"), folder("Sent")], &mut report);
        assert_eq!(report.complaints, [], "INBOX is the same in any case");
        assert!(report.facts[0].how.contains("INBOX has 3"));
        found("0", mailbox, &[folder("Sent")], &mut report);
        assert!(report.complaints[0].help.as_deref().is_some_and(|h| h.contains("Sent")));
    }
}
