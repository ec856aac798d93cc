//! Postfix: submission over implicit TLS and STARTTLS with a login, every mail delivered into one Maildir to be counted.

use super::{Ca, MAIL_GID, MAIL_UID, free_port, listening};
use crate::process::{Server, quiet};
use anyhow::{Context, Result};
use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Debug)]
pub(crate) struct Postfix {
    /// Submission, TLS from the first octet.
    pub(crate) port: u16,
    /// Submission, STARTTLS required.
    pub(crate) starttls_port: u16,
    dir: PathBuf,
    _server: Server,
}

/// A mail that Postfix delivered.
#[derive(Debug, Clone)]
pub(crate) struct Delivered {
    /// Envelope recipient.
    pub(crate) to: String,
    /// Envelope sender; empty for `<>`.
    pub(crate) from: String,
    pub(crate) raw: Vec<u8>,
}

impl Delivered {
    /// The unfolded value of the first field of that name.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        field(&self.raw, name)
    }
}

/// The unfolded value of the first header field of that name in a message.
pub(crate) fn field(raw: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(raw);
    let mut found: Option<String> = None;
    for line in text.lines() {
        if line.is_empty() {
            break;
        }
        match &mut found {
            Some(value) if line.starts_with([' ', '\t']) => value.push_str(line),
            Some(_) => break,
            None => {
                let head = line.split_once(':').filter(|(key, _)| key.eq_ignore_ascii_case(name));
                found = head.map(|(_, value)| value.trim().to_string());
            }
        }
    }
    found
}

impl Postfix {
    pub(crate) fn start(dir: &Path, ca: &Ca, auth: PathBuf) -> Result<Postfix> {
        for sub in ["conf", "queue", "data", "mail"] {
            fs::create_dir_all(dir.join(sub))?;
        }
        quiet(Command::new("chown").arg("postfix").arg(dir.join("data")))?;
        chown(dir.join("mail"), Some(MAIL_UID), Some(MAIL_GID))
            .context("cannot give the mail folder to its user: not root?")?;
        let (port, starttls_port) = (free_port()?, free_port()?);
        fs::write(dir.join("conf/main.cf"), main_cf(dir, ca, &auth))?;
        fs::write(dir.join("conf/master.cf"), master_cf(port, starttls_port))?;
        // `check` makes the queue's folders. The master is started without the script that would detach it.
        quiet(Command::new("/usr/sbin/postfix").arg("-c").arg(dir.join("conf")).arg("check"))?;
        let mut command = Command::new("/usr/lib/postfix/sbin/master");
        command.arg("-c").arg(dir.join("conf")).arg("-s");
        let mut server = Server::spawn_logged("postfix", &command, &dir.join("console"))?;
        for port in [port, starttls_port] {
            listening(&mut server, port, &[dir.join("console"), dir.join("log")])?;
        }
        Ok(Postfix { port, starttls_port, dir: dir.into(), _server: server })
    }

    /// Everything delivered so far.
    pub(crate) fn delivered(&self) -> Result<Vec<Delivered>> {
        let mut out = Vec::new();
        for sub in ["new", "cur"] {
            let Ok(entries) = fs::read_dir(self.dir.join("mail/all").join(sub)) else { continue };
            for entry in entries {
                let raw = fs::read(entry?.path())?;
                let to = field(&raw, "X-Original-To").unwrap_or_default();
                let from = field(&raw, "Return-Path").unwrap_or_default().trim_matches(['<', '>']).to_string();
                out.push(Delivered { to, from, raw });
            }
        }
        Ok(out)
    }

    /// Waits until nothing is on its way.
    pub(crate) fn settle(&self) -> Result<()> {
        crate::process::until("an empty mail queue", std::time::Duration::from_secs(60), || {
            for queue in ["maildrop", "incoming", "active", "deferred"] {
                if has_file(&self.dir.join("queue").join(queue))? {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }

    /// Forgets what was delivered.
    pub(crate) fn forget(&self) -> Result<()> {
        self.settle()?;
        match fs::remove_dir_all(self.dir.join("mail/all")) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e.into()),
            _ => Ok(()),
        }
    }

    /// The last lines of the server's log.
    pub(crate) fn log(&self) -> String {
        crate::process::tail(&fs::read(self.dir.join("log")).unwrap_or_default())
    }
}

fn has_file(dir: &Path) -> Result<bool> {
    let Ok(entries) = fs::read_dir(dir) else { return Ok(false) };
    for entry in entries {
        let path = entry?.path();
        if !path.is_dir() || has_file(&path)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn main_cf(dir: &Path, ca: &Ca, auth: &Path) -> String {
    let (dir, auth) = (dir.display(), auth.display());
    let (certificate, key) = (ca.certificate.display(), ca.key.display());
    format!(
        "compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {dir}/log
maillog_file_prefixes = {dir}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.desk.example.test
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
mynetworks =
virtual_mailbox_domains = static:ALL
virtual_mailbox_maps = static:all/
virtual_mailbox_base = {dir}/mail
virtual_minimum_uid = 1
virtual_uid_maps = static:{MAIL_UID}
virtual_gid_maps = static:{MAIL_GID}
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {auth}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
smtpd_client_connection_count_limit = 0
smtpd_peername_lookup = no
smtp_tls_security_level = none
"
    )
}

fn master_cf(port: u16, starttls_port: u16) -> String {
    format!(
        "127.0.0.1:{port} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
127.0.0.1:{starttls_port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
tlsmgr unix - - n 1000? 1 tlsmgr
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn fields_unfold_and_end_at_the_empty_line() {
        let raw = b"To: a\r\nReferences: <1@x>\r\n <2@x>\r\nSubject: s\r\n\r\nX-Not: here\r\n";
        for (name, value) in [("to", Some("a")), ("References", Some("<1@x> <2@x>")), ("X-Not", None)] {
            assert_eq!(super::field(raw, name).as_deref(), value, "{name}");
        }
    }
}
