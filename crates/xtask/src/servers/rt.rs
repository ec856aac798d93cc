//! Request Tracker from Debian's packages: configuration and SQLite database of its own in a scratch directory, mail
//! handed over by `rt-mailgate` through RT's web server, and what RT sends kept in files.

use super::{free_port, listening};
use crate::process::{Server, bounded, quiet, tail};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What it needs from Debian.
pub(crate) const RT_PACKAGES: &[&str] = &["request-tracker5", "rt5-clients", "rt5-db-sqlite", "rt5-standalone"];
/// RT's server, which runs without a web server in front.
const SERVER: &str = "/usr/share/request-tracker5/libexec/rt-server";
/// How long RT may take for one mail or one question.
const WAIT: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub(crate) struct RequestTracker {
    dir: PathBuf,
    port: u16,
    _server: Server,
}

impl RequestTracker {
    /// Makes the database below `dir` and starts RT, which writes to customers as `address`.
    pub(crate) fn start(dir: &Path, address: &str) -> Result<RequestTracker> {
        let filters = dir.join("lib/RT/Interface/Email/Filter");
        for folder in [&filters, &dir.join("mason"), &dir.join("var"), &dir.join("sent"), &dir.join("taken")] {
            fs::create_dir_all(folder)?;
        }
        let port = free_port()?;
        let fill = |text: &str| {
            let place = dir.display().to_string();
            text.replace("{dir}", &place).replace("{port}", &port.to_string()).replace("{address}", address)
        };
        fs::write(dir.join("RT_SiteConfig.pm"), fill(include_str!("rt/RT_SiteConfig.pm")))?;
        fs::write(filters.join("References.pm"), include_str!("rt/References.pm"))?;
        fs::write(dir.join("sendmail"), fill("#!/bin/sh\nexec cat >\"$(mktemp '{dir}/sent/XXXXXXXX')\"\n"))?;
        fs::set_permissions(dir.join("sendmail"), fs::Permissions::from_mode(0o755))?;
        // SQLite has no administrator; without a name and a password the program would ask for them.
        let nobody = ["--dba", "none", "--dba-password", "none"];
        quiet(with(dir, "rt-setup-database-5").args(["--action", "init", "--skip-create"]).args(nobody))
            .context("cannot make RT's database")?;
        perl(dir, include_str!("rt/rights.pl")).context("cannot let mail into RT's queue")?;
        let mut command = with(dir, SERVER);
        command.args(["--host", "127.0.0.1", "--port", &port.to_string()]);
        let mut server = Server::spawn_logged("rt-server", &command, &dir.join("log"))?;
        listening(&mut server, port, &[dir.join("log")])?;
        Ok(RequestTracker { dir: dir.into(), port, _server: server })
    }

    /// Hands a mail over as a mail server does by an alias: to the queue General, as correspondence.
    pub(crate) fn take(&self, raw: &[u8]) -> Result<()> {
        let file = self.dir.join("taken").join(fs::read_dir(self.dir.join("taken"))?.count().to_string());
        fs::write(&file, raw)?;
        let mut command = Command::new("sh");
        command.args(["-c", "exec rt-mailgate-5 \"$@\" <\"$0\""]).arg(&file);
        command.args(["--queue", "General", "--action", "correspond", "--timeout", "60"]);
        command.args(["--url", &format!("http://127.0.0.1:{}/", self.port)]);
        let output = bounded(&mut command, WAIT)?;
        if !output.status.success() {
            let log = tail(&fs::read(self.dir.join("log")).unwrap_or_default());
            bail!("rt-mailgate ended with {}\n{}{}{log}", output.status, tail(&output.stdout), tail(&output.stderr));
        }
        Ok(())
    }

    /// Every mail that RT sent.
    pub(crate) fn sent(&self) -> Result<Vec<Vec<u8>>> {
        fs::read_dir(self.dir.join("sent"))?.map(|entry| Ok(fs::read(entry?.path())?)).collect()
    }

    /// Every ticket as RT's own interface gives it out, in the order of their numbers.
    pub(crate) fn tickets(&self) -> Result<Vec<Value>> {
        let printed = perl(&self.dir, include_str!("rt/tickets.pl"))?;
        serde_json::from_slice(&printed).context("RT's tickets are no JSON array")
    }
}

/// A command with RT's configuration in `dir`.
fn with(dir: &Path, program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("RT_SITE_CONFIG", dir.join("RT_SiteConfig.pm")).env("PERL5LIB", dir.join("lib"));
    // Debian's own pieces of configuration stay out.
    command.env("RT_SITE_CONFIG_DIR", dir.join("none"));
    command
}

/// Runs a program in RT's own interface; answers what it printed.
fn perl(dir: &Path, program: &str) -> Result<Vec<u8>> {
    let output = bounded(with(dir, "perl").args(["-e", program]), WAIT)?;
    if !output.status.success() {
        bail!("a program in RT ended with {}\n{}", output.status, tail(&output.stderr));
    }
    Ok(output.stdout)
}
