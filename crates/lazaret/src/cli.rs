//! The command line.

use crate::exit;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

/// Support mail that is safe to read: pulls mailboxes, takes out personal data and credentials, makes tickets, answers.
///
/// Start with `lazaret demo`, then `lazaret init`.
#[derive(Debug, Parser)]
#[command(name = "lazaret", version, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// Configuration file [default: /etc/lazaret/lazaret.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// How results are printed; json is one object a line
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// JSON Lines.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The whole path on the bundled sample mailbox: no server, nothing to configure
    Demo {
        /// Where store and replies go [default: a new temporary directory]
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    /// Write a commented configuration, make keys, log in, list the folders
    Init(Box<Init>),
    /// Check configuration, rules, policy, templates, keys and logins
    Check {
        /// No logins
        #[arg(long)]
        offline: bool,
    },
    /// The daemon
    Run {
        /// End when every message is claimed and no reply is due
        #[arg(long)]
        once: bool,
    },
    /// .eml, mbox and Maildir through the whole pipeline; nothing is changed or sent
    Replay {
        #[command(flatten)]
        rules: RuleFiles,
        /// Take addresses, staff and sender proof of this mailbox of the configuration
        #[arg(long, value_name = "NAME")]
        mailbox: Option<String>,
        /// Files and folders
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// The message as understood; raw content, for your own files
    Parse {
        /// .eml and mbox files, Maildirs
        #[arg(required = true, value_name = "FILE")]
        paths: Vec<PathBuf>,
    },
    /// What text each part yields, or why not; raw content, for your own files
    Extract {
        /// Password of encrypted documents
        #[arg(long, value_name = "PASSWORD")]
        password: Option<String>,
        /// Files
        #[arg(required = true, value_name = "FILE")]
        paths: Vec<PathBuf>,
    },
    /// Findings in files, or in {"id","text"} lines on standard input
    Scan {
        #[command(flatten)]
        rules: RuleFiles,
        /// Read {"id","text"} lines on standard input
        #[arg(long, conflicts_with = "paths")]
        jsonl: bool,
        /// Files, or - for standard input
        #[arg(required_unless_present = "jsonl", value_name = "FILE")]
        paths: Vec<PathBuf>,
    },
    /// Rule work
    #[command(subcommand)]
    Rules(Rules),
    /// How the daemon fares
    Status {
        /// Exit 75 when something needs a look, for monitoring
        #[arg(long)]
        exit_code: bool,
    },
    /// Tickets
    #[command(subcommand)]
    Ticket(Ticket),
    /// Sealed originals
    #[command(subcommand)]
    Quarantine(Quarantine),
    /// Replies
    #[command(subcommand)]
    Outbox(Outbox),
    /// Keys for others
    #[command(subcommand)]
    Keys(Keys),
    /// One worker process; started by the daemon
    #[command(hide = true)]
    Worker,
}

/// Rules and policy in place of those of the configuration.
#[derive(Debug, Args)]
pub(crate) struct RuleFiles {
    /// Folder of rule files [default: the configuration's, else the compiled-in ones]
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Option<PathBuf>,
    /// Policy file [default: the configuration's, else the compiled-in one]
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
}

/// Rule work.
#[derive(Debug, Subcommand)]
pub(crate) enum Rules {
    /// List the rules with class, entity, mode and action
    List {
        #[command(flatten)]
        rules: RuleFiles,
    },
    /// Run every example that stands in the rules
    Test {
        #[command(flatten)]
        rules: RuleFiles,
    },
}

/// Tickets.
#[derive(Debug, Subcommand)]
pub(crate) enum Ticket {
    /// List them, newest first
    List {
        /// At most so many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
    /// Show one as an agent sees it
    Show {
        /// Reference, such as LZ-7K2Q-M4XD
        #[arg(value_name = "TICKET")]
        ticket: String,
    },
    /// One as JSON, with everything that is known of it
    Export {
        /// Reference, such as LZ-7K2Q-M4XD
        #[arg(value_name = "TICKET")]
        ticket: String,
    },
}

/// Sealed originals.
#[derive(Debug, Subcommand)]
pub(crate) enum Quarantine {
    /// List them, newest first
    List {
        /// At most so many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
    /// Show one: ticket, verdict, reasons, until when it is kept
    Show {
        /// Id, 16 hexadecimal digits
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Write the sealed file, to be opened elsewhere
    Export {
        /// Id, 16 hexadecimal digits
        #[arg(value_name = "ID")]
        id: String,
        /// Where to [default: ID.sealed]
        #[arg(short, long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Open a sealed file with the private key; needs no daemon and belongs on another machine
    Open {
        /// What `quarantine export` wrote
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// File of the private key, mode 0600
        #[arg(long, value_name = "KEYFILE")]
        key: PathBuf,
        /// Where to [default: standard output]
        #[arg(short, long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Give the opened message, on standard input, back to its ticket; it is processed again
    Release {
        /// Id, 16 hexadecimal digits
        #[arg(value_name = "ID")]
        id: String,
        /// Why; it stands in the log
        #[arg(long, value_name = "WORDS")]
        reason: String,
    },
}

/// Replies.
#[derive(Debug, Subcommand)]
pub(crate) enum Outbox {
    /// List them, newest first
    List {
        /// At most so many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
    /// Let replies go out again after the breaker stopped them
    Resume,
}

/// Keys for others.
#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// The public keys with which a portal verifies links (JWKS)
    Portal,
}

/// `lazaret init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Where the configuration and the store key go
    #[arg(default_value = "/etc/lazaret", value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Name of the mailbox, for logs
    #[arg(long, value_name = "NAME")]
    pub(crate) mailbox: Option<String>,
    /// Address under which it receives; again for each alias
    #[arg(long = "address", value_name = "ADDRESS")]
    pub(crate) addresses: Vec<String>,
    /// IMAP server
    #[arg(long, value_name = "HOST")]
    pub(crate) imap_host: Option<String>,
    /// Port
    #[arg(long, value_name = "PORT", default_value_t = 993)]
    pub(crate) imap_port: u16,
    /// File of certificate authorities to trust in place of the platform's
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// A Maildir on this machine in place of IMAP
    #[arg(long, value_name = "DIR", conflicts_with_all = ["imap_host", "user", "password_file"])]
    pub(crate) maildir: Option<PathBuf>,
    /// User name [default: the first address]
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// File that holds the password, mode 0600
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// SMTP server for replies; without it none are configured
    #[arg(long, value_name = "HOST")]
    pub(crate) smtp_host: Option<String>,
    /// Its port
    #[arg(long, value_name = "PORT", default_value_t = 465)]
    pub(crate) smtp_port: u16,
    /// State directory
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,
    /// Directory of the local socket
    #[arg(long, value_name = "DIR")]
    pub(crate) runtime_dir: Option<PathBuf>,
    /// Write the private quarantine key to this file, once; it belongs on another machine
    #[arg(long, value_name = "FILE")]
    pub(crate) quarantine_key_out: Option<PathBuf>,
    /// Use this public quarantine key and make no pair
    #[arg(long, value_name = "KEY", conflicts_with = "quarantine_key_out")]
    pub(crate) quarantine_recipient: Option<String>,
    /// Send a test reply to this address of yours
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) test_reply: Option<String>,
    /// No logins
    #[arg(long)]
    pub(crate) offline: bool,
}

/// Reads the command line; on help, version or a mistake prints and answers the exit code.
pub(crate) fn parse() -> Result<Cli, ExitCode> {
    Cli::try_parse().map_err(|error| {
        let _ = error.print();
        ExitCode::from(if error.use_stderr() { exit::USAGE } else { exit::OK })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_holds() {
        Cli::command().debug_assert();
    }

    #[test]
    fn commands() {
        for (line, good) in [
            ("lazaret demo", true),
            ("lazaret init", true),
            ("lazaret init /tmp/x --mailbox a --imap-host h --user u --password-file p --offline", true),
            ("lazaret init --maildir /m --imap-host h", false),
            ("lazaret check --offline --config /x", true),
            ("lazaret --config /x run --once", true),
            ("lazaret parse --format json a.eml b.eml", true),
            ("lazaret parse", false),
            ("lazaret scan --jsonl --format json", true),
            ("lazaret scan --jsonl a.eml", false),
            ("lazaret scan --rules r -", true),
            ("lazaret scan", false),
            ("lazaret rules test", true),
            ("lazaret ticket show LZ-AAAA-BBBB", true),
            ("lazaret ticket list --limit 0", false),
            ("lazaret quarantine open f --key k -o out", true),
            ("lazaret quarantine open f", false),
            ("lazaret quarantine release 0123456789abcdef", false),
            ("lazaret quarantine release 0123456789abcdef --reason x", true),
            ("lazaret outbox list", true),
            ("lazaret outbox resume", true),
            ("lazaret keys portal", true),
            ("lazaret worker", true),
            ("lazaret --format xml status", false),
            ("lazaret frobnicate", false),
        ] {
            assert_eq!(Cli::try_parse_from(line.split(' ')).is_ok(), good, "{line}");
        }
    }
}
