//! Postfix's `smtp-sink`: takes mail and throws it away. What replies cost without a mail server's own work.

use super::free_port;
use crate::process::{Server, until};
use anyhow::Result;
use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Sink {
    /// Plain SMTP on loopback.
    pub(crate) port: u16,
    _server: Server,
}

impl Sink {
    pub(crate) fn start() -> Result<Sink> {
        let port = free_port()?;
        let mut command = Command::new("/usr/sbin/smtp-sink");
        if crate::process::is_root() {
            command.args(["-u", "nobody"]);
        }
        command.arg(format!("127.0.0.1:{port}")).arg("256");
        let mut server = Server::spawn("smtp-sink", &command)?;
        until("smtp-sink", Duration::from_secs(10), || {
            server.alive()?;
            Ok(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok())
        })?;
        Ok(Sink { port, _server: server })
    }
}
