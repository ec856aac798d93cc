//! What the tests need from Debian: looked for, and installed only where that is expected.

use super::Verdict;
use crate::process::{self, Unavailable};
use anyhow::{Context, Result};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

const NEEDED: &[&str] = &[
    "dovecot-imapd",
    "postfix",
    "openssl",
    "systemd-container",
    "dbus",
    "dpkg-dev",
    "xz-utils",
    "util-linux",
    "python3-venv",
    "poppler-utils",
    "qrencode",
    "tesseract-ocr",
];
/// Packages of a program that other packages bring too.
const PROGRAMS: &[(&str, &str)] = &[
    ("soffice", "libreoffice-writer-nogui"),
    ("soffice", "libreoffice-calc-nogui"),
    ("soffice", "libreoffice-impress-nogui"),
];
/// Debian's switch for services: 101 says "do not start" (invoke-rc.d).
const POLICY: &str = "/usr/sbin/policy-rc.d";

pub(super) fn check() -> Result<Verdict> {
    let programs = PROGRAMS.iter().filter(|(program, _)| !on_path(program)).map(|(_, package)| *package);
    need(NEEDED, programs).map(Verdict::Passed)
}

/// The packages `needed` are there, or are installed, and those of `more` too; answers which.
pub(super) fn need(needed: &[&'static str], more: impl Iterator<Item = &'static str>) -> Result<String> {
    let missing: Vec<_> = needed.iter().copied().filter(|p| !installed(p)).chain(more).collect();
    if missing.is_empty() {
        return Ok(format!("{} there", needed.join(", ")));
    }
    let line = format!("apt-get install --no-install-recommends {}", missing.join(" "));
    let ci = std::env::var("CI").is_ok_and(|v| v == "true");
    if !process::is_root() && !ci {
        let message = format!("the tests need packages that are not installed; as root:\n\n    {line}\n");
        return Err(Unavailable(message).into());
    }
    let sudo: &[&str] = if process::is_root() { &[] } else { &["sudo", "-n"] };
    install(sudo, &missing).with_context(|| Unavailable(format!("could not install; the command is: {line}")))?;
    Ok(format!("installed {}", missing.join(", ")))
}

fn installed(package: &str) -> bool {
    let query = Command::new("dpkg-query").args(["--show", "--showformat=${db:Status-Status}", package]).output();
    query.is_ok_and(|o| o.status.success() && o.stdout == b"installed")
}

fn on_path(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

fn install(sudo: &[&str], missing: &[&str]) -> Result<()> {
    let root = |program: &str| {
        let mut command = Command::new(sudo.first().copied().unwrap_or(program));
        if let Some((_, rest)) = sudo.split_first() {
            command.args(rest).arg(program);
        }
        command
    };
    // With a policy of our own only where we may write it; a CI user with sudo relies on the image's.
    let _policy = if process::is_root() { Some(KeepStopped::new()?) } else { None };
    if missing.contains(&"postfix") {
        let mut child = root("debconf-set-selections").stdin(Stdio::piped()).spawn()?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(b"postfix postfix/main_mailer_type select No configuration\n")?;
        }
        child.wait()?;
    }
    process::quiet(root("apt-get").args(["update", "--quiet"]))?;
    process::quiet(
        root("env")
            .args([
                "DEBIAN_FRONTEND=noninteractive",
                "apt-get",
                "install",
                "--yes",
                "--quiet",
                "--no-install-recommends",
            ])
            .args(missing),
    )?;
    Ok(())
}

/// While this lives, packages do not start services; then what was there before is there again.
struct KeepStopped {
    before: Option<(Vec<u8>, u32)>,
}

impl KeepStopped {
    fn new() -> Result<KeepStopped> {
        let before = match fs::read(POLICY) {
            Ok(text) => Some((text, fs::metadata(POLICY)?.permissions().mode())),
            Err(_) => None,
        };
        put(b"#!/bin/sh\nexit 101\n", 0o755)?;
        Ok(KeepStopped { before })
    }
}

impl Drop for KeepStopped {
    fn drop(&mut self) {
        let restored = match self.before.take() {
            Some((text, mode)) => put(&text, mode),
            None => fs::remove_file(POLICY).map_err(Into::into),
        };
        if let Err(error) = restored {
            eprintln!("cannot restore {POLICY}: {error}");
        }
    }
}

fn put(text: &[u8], mode: u32) -> Result<()> {
    fs::write(Path::new(POLICY), text).with_context(|| format!("cannot write {POLICY}"))?;
    Ok(fs::set_permissions(POLICY, fs::Permissions::from_mode(mode))?)
}
