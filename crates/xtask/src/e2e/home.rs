//! One installation of the daemon in a scratch directory: configuration, keys, state, log.

use crate::process::{self, Server, bounded, until};
use crate::servers::{Account, Lab, PASSWORD};
use crate::workspace;
use anyhow::{Context, Result, bail};
use lazaret_core::seal::OpeningKey;
use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// A mailbox of the configuration.
#[derive(Debug, Clone)]
pub(crate) struct MailboxSpec {
    pub(crate) name: &'static str,
    pub(crate) account: Account,
    /// `None`: the key is left out.
    pub(crate) start: Option<&'static str>,
    pub(crate) password: String,
    /// In place of a password: prints a bearer token.
    pub(crate) token_command: Option<PathBuf>,
    /// Where its server listens, if it is not the shared one.
    pub(crate) port: Option<u16>,
}

impl MailboxSpec {
    /// A mailbox whose mail is all taken in.
    pub(crate) fn all(name: &'static str, account: &Account) -> MailboxSpec {
        MailboxSpec {
            name,
            account: account.clone(),
            start: Some("all"),
            password: PASSWORD.into(),
            token_command: None,
            port: None,
        }
    }
}

/// How replies leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replies {
    /// No `[replies]` table.
    None,
    /// Postfix, implicit TLS, limits out of the way.
    Unlimited,
    /// Postfix, implicit TLS, limits as shipped.
    Limited,
    /// Postfix, STARTTLS, limits out of the way.
    StartTls,
    /// A server on this port of loopback, without TLS or login, limits out of the way.
    Plain(u16),
}

/// An installation.
#[derive(Debug)]
pub(crate) struct Home {
    dir: tempfile::TempDir,
    accounts: Vec<Account>,
}

/// No command of a test may run longer.
const COMMAND_WAIT: Duration = Duration::from_secs(600);

impl Home {
    /// Writes configuration and keys. `mode` is `observe` or `enforce`.
    pub(crate) fn new(lab: &Lab, mode: &str, mailboxes: &[MailboxSpec], replies: Replies) -> Result<Home> {
        let accounts = mailboxes.iter().map(|spec| spec.account.clone()).collect();
        let home = Home { dir: process::scratch("home")?, accounts };
        let mut bytes = [0u8; 32];
        fs::File::open("/dev/urandom").and_then(|mut f| std::io::Read::read_exact(&mut f, &mut bytes))?;
        let key: String = bytes.iter().fold(String::new(), |mut out, b| {
            let _ = write!(out, "{b:02x}");
            out
        });
        home.secret("store-key", &key)?;
        home.secret("smtp", PASSWORD)?;
        let (opening, recipient) = OpeningKey::generate();
        home.secret("quarantine-key", &opening.reveal_once())?;
        let mut config = format!(
            "tenant = \"acme\"\nmode = \"{mode}\"\nstore_key = \"file:{}\"\nstate_dir = \"{}\"\nruntime_dir = \"{}\"\n\
             poll_interval = \"1s\"\nreply_max_age = \"30d\"\nquarantine = {{ recipients = [\"{recipient}\"] }}\n",
            home.path("store-key").display(),
            home.state_dir().display(),
            home.path("run").display(),
        );
        for dir in [home.path("run"), home.state_dir()] {
            fs::create_dir_all(&dir)?;
            fs::set_permissions(&dir, fs::Permissions::from_mode(0o700))?;
        }
        for spec in mailboxes {
            home.mailbox(lab, spec, &mut config)?;
        }
        home.replies(lab, mailboxes, replies, &mut config)?;
        home.write_config(&config)?;
        if mode == "enforce" {
            home.begin()?;
        }
        Ok(home)
    }

    /// Begins the ledger of the mailboxes while they are empty: mail that is there before would have to be observed first.
    fn begin(&self) -> Result<()> {
        let mut away = Vec::new();
        for account in &self.accounts {
            let aside = account.maildir.join("tmp/begin");
            fs::create_dir_all(&aside)?;
            for sub in ["new", "cur"] {
                let Ok(entries) = fs::read_dir(account.maildir.join(sub)) else { continue };
                for entry in entries {
                    let (from, to) = (entry?.path(), aside.join(away.len().to_string()));
                    fs::rename(&from, &to)?;
                    away.push((from, to));
                }
            }
        }
        // A mailbox that is meant to fail fails here as well.
        let ran = self.run(&["run", "--once"]);
        for (from, to) in away {
            fs::rename(to, from)?;
        }
        ran.map(drop)
    }

    fn mailbox(&self, lab: &Lab, spec: &MailboxSpec, config: &mut String) -> Result<()> {
        let secret = format!("imap-{}", spec.name);
        self.secret(&secret, &spec.password)?;
        let port = spec.port.unwrap_or(lab.dovecot.port);
        let (ca, user) = (lab.ca.root.display(), &spec.account.user);
        let auth = match &spec.token_command {
            Some(program) => {
                format!("{{ kind = \"xoauth2\", token_command = [\"{}\", \"{user}\"] }}", program.display())
            }
            None => format!("{{ kind = \"password\", secret = \"file:{}\" }}", self.path(&secret).display()),
        };
        let addresses = match spec.name {
            "support" => "\"support@desk.example.test\", \"billing@desk.example.test\", \"help@desk.example.test\", \"it@desk.example.test\"".into(),
            name => format!("\"{name}@desk.example.test\""),
        };
        write!(
            config,
            "\n[[mailbox]]\nname = \"{}\"\naddresses = [{addresses}]\n\
             imap = {{ host = \"localhost\", port = {port}, user = \"{user}\", ca_file = \"{ca}\" }}\nauth = {auth}\n\
             folders = [\"INBOX\"]\ndeliver = \"folder:Lazaret/Clean\"\nsender_proof = \"authserv-id:mx.desk.example.test\"\n\
             staff = [\"desk.example.test\"]\n",
            spec.name
        )?;
        if let Some(start) = spec.start {
            writeln!(config, "start = \"{start}\"")?;
        }
        Ok(())
    }

    fn replies(&self, lab: &Lab, mailboxes: &[MailboxSpec], replies: Replies, config: &mut String) -> Result<()> {
        let (port, tls) = match replies {
            Replies::None => return Ok(()),
            Replies::Unlimited | Replies::Limited => (lab.postfix.port, "implicit"),
            Replies::StartTls => (lab.postfix.starttls_port, "starttls"),
            Replies::Plain(port) => (port, "none"),
        };
        let login = match (replies, mailboxes.first()) {
            (Replies::Plain(_), _) | (_, None) => String::new(),
            (_, Some(first)) => format!(
                ", user = \"{}\", secret = \"file:{}\", ca_file = \"{}\"",
                first.account.user,
                self.path("smtp").display(),
                lab.ca.root.display()
            ),
        };
        let host = if matches!(replies, Replies::Plain(_)) { "127.0.0.1" } else { "localhost" };
        let from = mailboxes.first().map_or("support", |m| m.name);
        write!(
            config,
            "\n[replies]\nsmtp = {{ host = \"{host}\", port = {port}, tls = \"{tls}\"{login} }}\n\
             from = \"Desk Support <{from}@desk.example.test>\"\nportal = \"https://portal.desk.example.test/upload?t={{token}}\"\n"
        )?;
        if replies != Replies::Limited {
            config.push_str(
                "\n[replies.limits]\nproven_per_day_max = 100000\nunproven_per_day_max = 100000\ndomain_per_hour_max = 100000\n\
                 tenant_per_hour_max = 100000\nbreaker_per_minute_max = 100000\n",
            );
        }
        Ok(())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.path("lazaret.toml")
    }

    pub(crate) fn read_config(&self) -> Result<String> {
        Ok(fs::read_to_string(self.config())?)
    }

    pub(crate) fn write_config(&self, text: &str) -> Result<()> {
        Ok(fs::write(self.config(), text)?)
    }

    pub(crate) fn state_dir(&self) -> PathBuf {
        self.path("state")
    }

    /// What the daemon wrote: log and standard output.
    pub(crate) fn log(&self) -> PathBuf {
        self.path("log")
    }

    pub(crate) fn log_tail(&self) -> String {
        process::tail(&fs::read(self.log()).unwrap_or_default())
    }

    /// Writes a file of mode 0600.
    pub(crate) fn secret(&self, name: &str, text: &str) -> Result<()> {
        let path = self.path(name);
        fs::write(&path, format!("{text}\n"))?;
        Ok(fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?)
    }

    /// Takes over the store of another home, with its keys.
    pub(crate) fn adopt_store(&self, other: &Home) -> Result<()> {
        fs::remove_dir_all(self.state_dir())?;
        process::quiet(Command::new("cp").arg("-aT").arg(other.state_dir()).arg(self.state_dir()))?;
        fs::copy(other.path("store-key"), self.path("store-key"))?;
        self.begin()
    }

    /// `lazaret ARGS… --config` of this home.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(workspace::lazaret());
        command.args(args).arg("--config").arg(self.config());
        command
    }

    /// Runs a verb to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Result<Output> {
        bounded(&mut self.command(args), COMMAND_WAIT)
    }

    /// `run --once` with everything logged; its output is appended to [`Home::log`]. Exit codes 0 and 75 are good.
    pub(crate) fn once(&self) -> Result<Value> {
        let output =
            bounded(self.command(&["run", "--once", "--format", "json"]).env("RUST_LOG", "trace"), COMMAND_WAIT)?;
        use std::io::Write;
        let mut log = fs::OpenOptions::new().create(true).append(true).open(self.log())?;
        log.write_all(&output.stderr)?;
        log.write_all(&output.stdout)?;
        if !matches!(output.status.code(), Some(0 | 75)) {
            bail!(
                "`run --once` ended with {}\n{}{}",
                output.status,
                process::tail(&output.stdout),
                process::tail(&output.stderr)
            );
        }
        let stdout = String::from_utf8_lossy(&output.stdout);
        let last = stdout.lines().rfind(|l| l.starts_with('{')).context("`run --once` printed no summary")?;
        Ok(serde_json::from_str(last)?)
    }

    /// Starts the daemon; answers when its socket does.
    pub(crate) fn daemon(&self) -> Result<Server> {
        let mut server = self.daemon_without_waiting()?;
        until("the daemon's socket", Duration::from_secs(30), || {
            server.alive().with_context(|| self.log_tail())?;
            Ok(self.run(&["status", "--format", "json"])?.status.success())
        })
        .with_context(|| self.log_tail())?;
        Ok(server)
    }

    pub(crate) fn daemon_without_waiting(&self) -> Result<Server> {
        Server::spawn_logged("lazaret", self.command(&["run"]).env("RUST_LOG", "trace"), &self.log())
    }

    /// Runs a socket verb; answers its lines.
    pub(crate) fn ask(&self, args: &[&str]) -> Result<Vec<Value>> {
        let output = self.run(&[args, &["--format", "json"]].concat())?;
        if !output.status.success() {
            bail!("`lazaret {}` ended with {}\n{}", args.join(" "), output.status, process::tail(&output.stderr));
        }
        let text = String::from_utf8(output.stdout)?;
        text.lines().map(|l| serde_json::from_str(l).with_context(|| format!("no JSON: {l:.200}"))).collect()
    }

    /// Every ticket as exported, of a running daemon. `row` holds the list's line.
    pub(crate) fn tickets(&self) -> Result<Vec<Value>> {
        let mut out = Vec::new();
        for row in self.ask(&["ticket", "list", "--limit", "10000"])? {
            let reference = row["ticket"].as_str().context("a ticket without reference")?;
            out.extend(self.ask(&["ticket", "export", reference])?);
        }
        Ok(out)
    }
}

/// Messages of exported tickets.
pub(crate) fn messages(tickets: &[Value]) -> impl Iterator<Item = &Value> {
    tickets.iter().flat_map(|t| t["messages"].as_array().into_iter().flatten())
}

/// Every file below a directory with its octets.
pub(crate) fn files_below(dir: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut out = Vec::new();
    let mut open = vec![dir.to_path_buf()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).with_context(|| format!("cannot list {}", dir.display()))? {
            let path = entry?.path();
            let kind = fs::symlink_metadata(&path)?.file_type();
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_file() {
                let octets = fs::read(&path)?;
                out.push((path, octets));
            }
        }
    }
    Ok(out)
}
