//! `cargo xtask test`: stages in order, each with its name, result and time; the first failure ends the run.

mod boot;
mod checks;
mod copies;
mod docs;
mod oracle;
mod packages;
pub(crate) mod python;
mod residue;

use crate::servers::{Lab, RT_PACKAGES};
use crate::{e2e, process, workspace};
use anyhow::{Context, Result, bail};
use std::process::Command;
use std::time::Instant;

/// Run all stages, or some.
#[derive(clap::Args, Debug, Clone, Default)]
pub(crate) struct Args {
    /// Only these stages (and what they cannot do without).
    #[arg(long, value_name = "STAGE")]
    only: Vec<String>,
    /// All but these stages.
    #[arg(long, value_name = "STAGE")]
    skip: Vec<String>,
    /// End-to-end tests whose name holds this; the stage `end-to-end` alone.
    #[arg(long, value_name = "NAME")]
    case: Option<String>,
    /// Test this binary in place of one built here.
    #[arg(long, value_name = "FILE")]
    binary: Option<std::path::PathBuf>,
    /// Also the stage `peers`: other people's helpdesks fed with clean copies. Installs Request Tracker from Debian.
    #[arg(long)]
    peers: bool,
}

/// What stages share.
pub(crate) struct Shared {
    args: Args,
    lab: Option<Lab>,
    built: bool,
}

/// How a stage ended that did not fail.
pub(crate) enum Verdict {
    /// All held; what was seen.
    Passed(String),
    /// It could not be run here; why.
    NotRun(String),
}

type Stage = (&'static str, &'static str, fn(&mut Shared) -> Result<Verdict>);

/// The stage that runs only where it is asked for.
const PEERS: &str = "peers";

const STAGES: &[Stage] = &[
    ("packages", "what the tests need from Debian", |_| packages::check()),
    ("format", "cargo fmt --check", |_| cargo(&["fmt", "--all", "--check"])),
    ("lints", "clippy, warnings are errors", |_| {
        cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"])
    }),
    ("deny", "banned crates, licences, sources", |_| checks::deny()),
    ("unit", "unit, data-driven and compile-fail tests", |_| cargo(&["test", "--workspace", "--locked"])),
    ("oracle", "validators against python-stdnum", |_| oracle::run()),
    ("build", "the binary under test", |c| c.build().map(Verdict::Passed)),
    ("servers", "Dovecot and Postfix on loopback", servers),
    ("source", "the IMAP source against the real server", source),
    ("end-to-end", "the daemon against real servers", |c| {
        let case = c.case();
        e2e::run(c.binary_and_lab()?, case)
    }),
    ("canary", "planted values reach nothing that is written", |c| e2e::canary(c.binary_and_lab()?)),
    ("residue", "nothing is left in redacted documents, by other people's readers", |c| {
        c.build()?;
        residue::run()
    }),
    ("copies", "clean copies of many mails, by other people's parsers", |c| copies::run(c.binary_and_lab()?)),
    ("boot", "the systemd unit in a container", |c| {
        c.build()?;
        boot::run()
    }),
    (PEERS, "Request Tracker behind the forward sink", peers),
    ("docs", "the README's commands and the sample configuration", |c| {
        c.build()?;
        docs::run()
    }),
];

impl Shared {
    fn case(&self) -> Option<String> {
        self.args.case.clone()
    }

    fn build(&mut self) -> Result<String> {
        if !self.built {
            workspace::build()?;
            self.built = true;
        }
        Ok(format!("{}", workspace::lazaret().display()))
    }

    fn lab(&mut self) -> Result<&Lab> {
        if self.lab.is_none() {
            self.lab = Some(Lab::start().context("cannot start the test servers")?);
        }
        self.lab.as_ref().context("no servers")
    }

    fn binary_and_lab(&mut self) -> Result<&Lab> {
        self.build()?;
        self.lab()
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    for name in args.only.iter().chain(&args.skip) {
        if !STAGES.iter().any(|s| s.0 == name) {
            let known: Vec<_> = STAGES.iter().map(|s| s.0).collect();
            bail!("there is no stage `{name}`; stages: {}", known.join(", "));
        }
    }
    let wanted = |name: &str| {
        let asked = if name == PEERS { args.peers } else { args.only.is_empty() };
        (asked || args.only.iter().any(|o| o == name)) && !args.skip.iter().any(|s| s == name)
    };
    if let Some(binary) = &args.binary {
        workspace::use_binary(std::path::absolute(binary)?);
    }
    std::env::set_current_dir(workspace::root()).context("cannot enter the checkout")?;
    let mut shared = Shared { args: args.clone(), lab: None, built: args.binary.is_some() };
    let started = Instant::now();
    let (mut rows, mut not_run) = (Vec::new(), Vec::new());
    for (name, about, stage) in STAGES.iter().filter(|s| wanted(s.0)) {
        println!("── {name}: {about}");
        let began = Instant::now();
        let result = stage(&mut shared);
        let seconds = began.elapsed().as_secs_f64();
        match result {
            Ok(Verdict::Passed(detail)) => {
                println!("   {name} passed in {seconds:.1} s{}{detail}", if detail.is_empty() { "" } else { ": " });
                rows.push(format!("  {name:<12} passed   {seconds:>7.1} s"));
            }
            Ok(Verdict::NotRun(why)) => {
                println!("   {name} NOT RUN: {why}");
                rows.push(format!("  {name:<12} NOT RUN  {seconds:>7.1} s  {why}"));
                not_run.push(*name);
            }
            Err(error) => {
                println!("   {name} FAILED after {seconds:.1} s");
                drop(shared.lab.take());
                return Err(error.context(format!("stage `{name}` failed")));
            }
        }
    }
    drop(shared.lab.take());
    println!("\n{}", rows.join("\n"));
    let note = if not_run.is_empty() { String::new() } else { format!("; not run: {}", not_run.join(", ")) };
    println!("all stages done in {:.0} s{note}", started.elapsed().as_secs_f64());
    Ok(())
}

/// Runs cargo with its own output shown.
fn cargo(args: &[&str]) -> Result<Verdict> {
    process::show(Command::new(workspace::cargo()).args(args))?;
    Ok(Verdict::Passed(String::new()))
}

/// Starts the servers and uses each once, so that a later failure is not theirs.
fn servers(shared: &mut Shared) -> Result<Verdict> {
    let lab = shared.lab()?;
    for separator in ['/', '.'] {
        let account = lab.dovecot.account("probe", separator)?;
        account.deliver("1.probe.test", b"Subject: probe\r\n\r\nprobe\r\n")?;
        let token = lab.dovecot.token(&account)?;
        let mut client = lab.dovecot.client(&account).with_context(|| lab.dovecot.log())?;
        if client.pull("INBOX", 10)? != (1, 25) {
            bail!("Dovecot does not give back the mail that was put into its folder\n{}", lab.dovecot.log());
        }
        crate::servers::Imap::xoauth2(lab.dovecot.port, &lab.ca.root, &account.user, &token)
            .with_context(|| format!("a bearer token was refused\n{}", lab.dovecot.log()))?;
    }
    let (imap, smtp, starttls) = (lab.dovecot.port, lab.postfix.port, lab.postfix.starttls_port);
    Ok(Verdict::Passed(format!("IMAP on {imap}, submission on {smtp} (TLS) and {starttls} (STARTTLS)")))
}

/// Installs the helpdesk and feeds it.
fn peers(shared: &mut Shared) -> Result<Verdict> {
    let packages = packages::need(RT_PACKAGES, std::iter::empty())?;
    println!("   {packages}");
    e2e::helpdesk(shared.binary_and_lab()?)
}

/// Runs the source's own test with the server that it needs, once for each way of separating folders.
fn source(shared: &mut Shared) -> Result<Verdict> {
    let lab = shared.lab()?;
    for separator in ['/', '.'] {
        let account = lab.dovecot.account("source", separator)?;
        let server = format!(
            "localhost:{}:{}:{}:{}",
            lab.dovecot.port,
            account.user,
            crate::servers::PASSWORD,
            lab.ca.root.display()
        );
        process::show(
            Command::new(workspace::cargo())
                .args(["test", "--locked", "--package", "lazaret", "real_server"])
                .env("LAZARET_TEST_IMAP", server),
        )?;
    }
    Ok(Verdict::Passed("folders separated by / and .".into()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn stage_names_are_distinct() {
        let names: std::collections::BTreeSet<_> = super::STAGES.iter().map(|s| s.0).collect();
        assert_eq!(names.len(), super::STAGES.len());
    }
}
