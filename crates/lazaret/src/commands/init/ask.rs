//! What `init` needs to know: from the command line, else asked on a terminal.

use crate::cli::Init;
use crate::keys;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use zeroize::Zeroizing;

/// What the configuration is made of.
pub(super) struct Answers {
    pub(super) name: String,
    pub(super) addresses: Vec<String>,
    pub(super) place: Place,
    /// Written to files of mode 0600, never into the configuration.
    pub(super) password: Option<Zeroizing<String>>,
}

/// Where the mail is.
pub(super) enum Place {
    Imap { host: String, port: u16, user: String },
    Maildir(PathBuf),
}

/// Is there somebody to ask?
pub(super) fn terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for what may be left out; nothing where there is nobody to ask.
pub(super) fn optional(question: &str) -> Option<String> {
    if !terminal() {
        return None;
    }
    eprint!("{question} (empty: none): ");
    let typed = line().ok()?;
    Some(typed.trim().to_owned()).filter(|t| !t.is_empty())
}

/// Collects everything, or says which option is missing.
pub(super) fn all(options: &Init) -> Result<Answers, String> {
    let terminal = terminal();
    let get = |given: Option<String>, option: &str, question: &str, default: Option<&str>| match (given, default) {
        (Some(given), _) => Ok(given),
        (None, default) if terminal => question_on_terminal(question, default),
        (None, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err(format!("{option} is missing (there is no terminal to ask on)")),
    };
    let name = get(options.mailbox.clone(), "--mailbox", "Short name of the mailbox, for logs", Some("support"))?;
    let addresses = match options.addresses.as_slice() {
        [] => {
            let question = "Its addresses, aliases too, separated by spaces";
            let typed = get(options.user.clone().filter(|u| u.contains('@')), "--address", question, None)?;
            typed.split([' ', ',']).filter(|a| !a.is_empty()).map(str::to_owned).collect()
        }
        given => given.to_vec(),
    };
    if let Some(dir) = &options.maildir {
        return Ok(Answers { name, addresses, place: Place::Maildir(dir.clone()), password: None });
    }
    let host = get(options.imap_host.clone(), "--imap-host", "IMAP server", None)?;
    let user = get(options.user.clone(), "--user", "User name there", addresses.first().map(String::as_str))?;
    let password = match &options.password_file {
        Some(path) => keys::secret_file(path).map_err(|e| e.to_string())?,
        None if terminal => password_on_terminal(&user)?,
        None => return Err("--password-file is missing (there is no terminal to ask on)".into()),
    };
    Ok(Answers {
        name,
        addresses,
        place: Place::Imap { host, port: options.imap_port, user },
        password: Some(password),
    })
}

fn question_on_terminal(question: &str, default: Option<&str>) -> Result<String, String> {
    loop {
        match default {
            Some(default) => eprint!("{question} [{default}]: "),
            None => eprint!("{question}: "),
        }
        let line = line()?;
        match (line.trim(), default) {
            ("", Some(default)) => return Ok(default.to_owned()),
            ("", None) => {}
            (typed, _) => return Ok(typed.to_owned()),
        }
    }
}

fn line() -> Result<String, String> {
    let _ = io::stderr().flush();
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line) {
        Ok(0) | Err(_) => Err("no answer".into()),
        Ok(_) => Ok(line),
    }
}

/// Asks without showing what is typed; where the terminal cannot be told so, does not ask.
fn password_on_terminal(user: &str) -> Result<Zeroizing<String>, String> {
    let echo = |word: &str| Command::new("stty").arg(word).stdin(Stdio::inherit()).status().is_ok_and(|s| s.success());
    if !echo("-echo") {
        return Err("the terminal cannot hide what is typed; use --password-file".into());
    }
    eprint!("Password of {user} (not shown): ");
    let typed = line().map(Zeroizing::new);
    echo("echo");
    eprintln!();
    let typed = Zeroizing::new(typed?.trim_end_matches(['\n', '\r']).to_owned());
    if typed.is_empty() { Err("no password".into()) } else { Ok(typed) }
}
