//! Dovecot: IMAP over implicit TLS, Maildir storage; PLAIN and LOGIN by a password file, XOAUTH2 and OAUTHBEARER by signed tokens.

use super::{Ca, Imap, MAIL_GID, MAIL_UID, free_port, listening, oauth};
use crate::process::Server;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Password of every account.
pub(crate) const PASSWORD: &str = "correct horse battery";
/// Accounts that one server can hand out.
const ACCOUNTS: usize = 100;

#[derive(Debug)]
pub(crate) struct Dovecot {
    /// IMAP, TLS from the first octet.
    pub(crate) port: u16,
    dir: PathBuf,
    root: PathBuf,
    accounts: AtomicUsize,
    _server: Server,
}

/// An account and its Maildir.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) user: String,
    /// Its Maildir; INBOX itself, other folders are `.Name` in it.
    pub(crate) maildir: PathBuf,
}

impl Dovecot {
    pub(crate) fn start(dir: &Path, ca: &Ca) -> Result<Dovecot> {
        Dovecot::start_at(dir, ca, free_port()?)
    }

    /// The same at a port that is given: one that was stopped comes back where it was.
    pub(crate) fn start_at(dir: &Path, ca: &Ca, port: u16) -> Result<Dovecot> {
        for sub in ["run", "state", "mail", "keys"] {
            fs::create_dir_all(dir.join(sub))?;
        }
        chown(dir.join("mail"), Some(MAIL_UID), Some(MAIL_GID))
            .context("cannot give the mail folder to its user: not root?")?;
        oauth::install_key(&dir.join("keys"))?;
        fs::write(dir.join("oauth2.conf"), oauth::dovecot_settings(&dir.join("keys")))?;
        fs::write(dir.join("passwd"), passwords(&dir.join("mail")))?;
        let conf = dir.join("dovecot.conf");
        fs::write(&conf, configuration(dir, port, ca))?;
        let mut command = Command::new("dovecot");
        command.arg("-F").arg("-c").arg(&conf);
        let mut server = Server::spawn_logged("dovecot", &command, &dir.join("console"))?;
        listening(&mut server, port, &[dir.join("console"), dir.join("log")])?;
        Ok(Dovecot { port, dir: dir.into(), root: ca.root.clone(), accounts: AtomicUsize::new(0), _server: server })
    }

    /// Where Postfix asks whether a password is right.
    pub(crate) fn auth_socket(&self) -> PathBuf {
        self.dir.join("run/submission-auth")
    }

    /// A fresh account, its folders separated by `separator` (`/` or `.`). `label` stands in its name.
    pub(crate) fn account(&self, label: &str, separator: char) -> Result<Account> {
        let number = self.accounts.fetch_add(1, Ordering::Relaxed);
        if number >= ACCOUNTS {
            bail!("no account left of {ACCOUNTS} for `{label}`");
        }
        let user = format!("{}{number}", if separator == '.' { "dots" } else { "slash" });
        let home = self.dir.join("mail").join(&user);
        let maildir = home.join("Maildir");
        for sub in ["cur", "new", "tmp"] {
            fs::create_dir_all(maildir.join(sub))?;
        }
        give(&home)?;
        Ok(Account { user, maildir })
    }

    /// A logged-in client.
    pub(crate) fn client(&self, account: &Account) -> Result<Imap> {
        Imap::login(self.port, &self.root, &account.user, PASSWORD)
    }

    /// A token for XOAUTH2 and OAUTHBEARER, good for an hour.
    pub(crate) fn token(&self, account: &Account) -> Result<String> {
        oauth::token(&account.user)
    }

    /// The last lines of the server's log.
    pub(crate) fn log(&self) -> String {
        crate::process::tail(&fs::read(self.dir.join("log")).unwrap_or_default())
    }
}

impl Account {
    /// Puts mail into INBOX, in the order of the names in `from`.
    pub(crate) fn fill(&self, from: &Path) -> Result<usize> {
        let mut files: Vec<_> = fs::read_dir(from)?.collect::<std::io::Result<Vec<_>>>()?;
        files.sort_by_key(std::fs::DirEntry::file_name);
        for (n, file) in files.iter().enumerate() {
            // Dovecot numbers new mail by file name.
            let name = format!("{:010}.{n}.generated", 1_000_000_000 + n);
            let temporary = self.maildir.join("tmp").join(&name);
            fs::copy(file.path(), &temporary)?;
            chown(&temporary, Some(MAIL_UID), Some(MAIL_GID))?;
            fs::rename(&temporary, self.maildir.join("new").join(&name))?;
        }
        Ok(files.len())
    }

    /// Puts one mail into INBOX.
    pub(crate) fn deliver(&self, name: &str, raw: &[u8]) -> Result<()> {
        let temporary = self.maildir.join("tmp").join(name);
        fs::write(&temporary, raw)?;
        chown(&temporary, Some(MAIL_UID), Some(MAIL_GID))?;
        Ok(fs::rename(&temporary, self.maildir.join("new").join(name))?)
    }

    /// The directory of a folder, named as IMAP does with `/`.
    fn folder(&self, name: &str) -> PathBuf {
        match name {
            "INBOX" => self.maildir.clone(),
            name => self.maildir.join(format!(".{}", name.replace('/', "."))),
        }
    }

    /// Octets of every mail in a folder; empty if there is no such folder.
    pub(crate) fn mails(&self, folder: &str) -> Result<Vec<Vec<u8>>> {
        self.files(folder)?.iter().map(|path| Ok(fs::read(path)?)).collect()
    }

    /// How many mails are in a folder.
    pub(crate) fn count(&self, folder: &str) -> Result<usize> {
        Ok(self.files(folder)?.len())
    }

    fn files(&self, folder: &str) -> Result<Vec<PathBuf>> {
        let dir = self.folder(folder);
        let mut out = Vec::new();
        for sub in ["cur", "new"] {
            match fs::read_dir(dir.join(sub)) {
                Ok(entries) => {
                    for entry in entries {
                        out.push(entry?.path());
                    }
                }
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                Err(e) => return Err(e.into()),
            }
        }
        out.sort();
        Ok(out)
    }

    /// Everything that tells whether a mailbox was touched: each file's path below the Maildir and its octets' count,
    /// Dovecot's own index files left out.
    pub(crate) fn fingerprint(&self) -> Result<BTreeMap<String, u64>> {
        let mut out = BTreeMap::new();
        let mut folders = vec![self.maildir.clone()];
        for entry in fs::read_dir(&self.maildir)? {
            let path = entry?.path();
            if path.is_dir() && path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.')) {
                folders.push(path);
            }
        }
        for folder in folders {
            for sub in ["cur", "new"] {
                let Ok(entries) = fs::read_dir(folder.join(sub)) else { continue };
                for entry in entries {
                    let path = entry?.path();
                    // Opening a folder for writing moves files from new/ to cur/ with flags in the name; `:2,` alone is
                    // what a client without flags leaves behind.
                    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                    let name = name.strip_suffix(":2,").map_or(name.clone(), String::from);
                    let shown = folder.strip_prefix(&self.maildir).unwrap_or(&folder).join(name);
                    out.insert(shown.to_string_lossy().into_owned(), fs::metadata(&path)?.len());
                }
            }
        }
        Ok(out)
    }
}

/// Gives a directory and what is in it to the mail user.
fn give(dir: &Path) -> Result<()> {
    chown(dir, Some(MAIL_UID), Some(MAIL_GID))?;
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            give(&path)?;
        } else {
            chown(&path, Some(MAIL_UID), Some(MAIL_GID))?;
        }
    }
    Ok(())
}

/// All accounts there can be: Dovecot looks at its password file at most once a second, so none is added later.
fn passwords(mail: &Path) -> String {
    let mut out = String::new();
    for (kind, separator) in [("slash", '/'), ("dots", '.')] {
        for number in 0..ACCOUNTS {
            out.push_str(&format!(
                "{kind}{number}:{{PLAIN}}{PASSWORD}:{MAIL_UID}:{MAIL_GID}::{}/{kind}{number}::userdb_namespace/inbox/separator={separator}\n",
                mail.display()
            ));
        }
    }
    out
}

fn configuration(dir: &Path, port: u16, ca: &Ca) -> String {
    let (dir, certificate, key) = (dir.display(), ca.certificate.display(), ca.key.display());
    format!(
        "base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/log
auth_verbose = yes
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = yes
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 1 secs
auth_username_chars =
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:~/Maildir
mail_max_userip_connections = 100
namespace inbox {{
  inbox = yes
  separator = /
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {dir}/oauth2.conf
}}
passdb {{
  driver = passwd-file
  mechanisms = plain login
  args = {dir}/passwd
}}
userdb {{
  driver = passwd-file
  args = {dir}/passwd
}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service auth {{
  unix_listener submission-auth {{
    mode = 0666
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"
    )
}
