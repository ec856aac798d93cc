//! Real servers for tests and benches: Dovecot and Postfix on loopback and free ports, with a certificate authority of
//! their own. Everything lies in one scratch directory and ends with it.

mod ca;
mod dovecot;
mod imap;
mod oauth;
mod postfix;
mod rt;
mod sink;

pub(crate) use ca::Ca;
pub(crate) use dovecot::{Account, Dovecot, PASSWORD};
pub(crate) use imap::Imap;
pub(crate) use postfix::{Delivered, Postfix, field};
pub(crate) use rt::{RT_PACKAGES, RequestTracker};
pub(crate) use sink::Sink;

use crate::process;
use anyhow::{Context, Result};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// All servers of a test run.
#[derive(Debug)]
pub(crate) struct Lab {
    // Fields are dropped in this order: servers before their files.
    pub(crate) postfix: Postfix,
    pub(crate) dovecot: Dovecot,
    pub(crate) ca: Ca,
    dir: tempfile::TempDir,
}

impl Lab {
    /// Starts them; answers when they accept connections.
    pub(crate) fn start() -> Result<Lab> {
        if !process::is_root() {
            let message = "Dovecot and Postfix switch users, so these tests need root: run them in a container, or as root;\n\
                           without them: cargo xtask test --skip servers --skip end-to-end --skip canary --skip boot";
            return Err(process::Unavailable(message.into()).into());
        }
        let dir = process::scratch("lab")?;
        let ca = Ca::make(&dir.path().join("ca"))?;
        let dovecot = Dovecot::start(&dir.path().join("dovecot"), &ca)?;
        let postfix = Postfix::start(&dir.path().join("postfix"), &ca, dovecot.auth_socket())?;
        Ok(Lab { postfix, dovecot, ca, dir })
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }
}

/// A port that is free now. Another process could take it before its server does; the start would then say so.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on loopback")?;
    Ok(listener.local_addr()?.port())
}

/// Waits until `server` listens on `port`.
fn listening(server: &mut process::Server, port: u16, logs: &[PathBuf]) -> Result<()> {
    process::until(&format!("port {port}"), Duration::from_secs(20), || {
        server.alive()?;
        Ok(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok())
    })
    .with_context(|| logs.iter().map(|log| process::tail(&std::fs::read(log).unwrap_or_default())).collect::<String>())
}

/// Numeric user and group that mail files belong to: Debian's `mail`.
pub(crate) const MAIL_UID: u32 = 8;
/// Its group.
pub(crate) const MAIL_GID: u32 = 8;
