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

/// What a person says of a judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Said {
    /// Found, and should not be.
    Wrong,
    /// Not found, and should be.
    Missed,
}

impl Said {
    /// As the store takes it.
    pub(crate) fn as_given(self) -> lazaret_store::Judgement {
        match self {
            Said::Wrong => lazaret_store::Judgement::Wrong,
            Said::Missed => lazaret_store::Judgement::Missed,
        }
    }
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
        /// Send a test alert by every way that is configured
        #[arg(long, conflicts_with = "offline")]
        alert_test: bool,
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
    /// The clean copy of a mail or of any document: values taken out where they stand, and proof that they are gone
    ///
    /// One line a file says what was taken out and what could not be examined. A file that may not be passed on (it would be
    /// quarantined, or something is left in it) is not written, and the exit code is 1.
    Redact {
        #[command(flatten)]
        rules: RuleFiles,
        /// Password of encrypted documents
        #[arg(long, value_name = "PASSWORD")]
        password: Option<String>,
        /// Where it is written: a file, or a folder for several
        #[arg(short, long, value_name = "OUT")]
        output: PathBuf,
        /// Write over files that are there
        #[arg(long)]
        force: bool,
        /// Files
        #[arg(required = true, value_name = "FILE")]
        paths: Vec<PathBuf>,
    },
    /// Findings in files, or in {"id","text"} lines on standard input
    ///
    /// Text shows each finding in its line, with every value masked. Everything found at 30 points or above is there, with
    /// what the policy would do; a rule in shadow, and one that no chosen profile names, shows `allow`.
    Scan {
        #[command(flatten)]
        rules: RuleFiles,
        /// Read {"id","text"} lines on standard input
        #[arg(long, conflicts_with = "paths")]
        jsonl: bool,
        /// Show the values, in JSON too
        #[arg(long, conflicts_with = "jsonl")]
        reveal: bool,
        /// Files, or - for standard input
        #[arg(required_unless_present = "jsonl", value_name = "FILE")]
        paths: Vec<PathBuf>,
    },
    /// Rule work
    #[command(subcommand)]
    Rules(Rules),
    /// JSON Schema of a file, for editors
    Schema {
        /// Which file
        of: Schema,
    },
    /// Manual pages, completions for shells, JSON Schemas and the table of all configuration keys, into a folder
    Manual {
        /// The folder; it is made if it is not there
        #[arg(value_name = "DIR")]
        dir: PathBuf,
    },
    /// Have the running daemon read configuration, rules, policy and templates again
    ///
    /// All of them are loaded and checked first; if anything is wrong, every complaint is shown, the exit code is 78, and
    /// what ran goes on. No mail is lost by it: a message is finished under what it began with.
    Reload,
    /// How the daemon fares
    Status {
        /// Exit 75 when something needs a look, for monitoring
        #[arg(long)]
        exit_code: bool,
    },
    /// Mail that was judged while observing
    #[command(subcommand)]
    Observe(Observe),
    /// Everything that is counted, as Prometheus reads it
    Metrics,
    /// Tickets
    #[command(subcommand)]
    Ticket(Ticket),
    /// Sealed originals
    #[command(subcommand)]
    Quarantine(Quarantine),
    /// Mail that was too large to fetch
    #[command(subcommand)]
    Held(Held),
    /// Replies
    #[command(subcommand)]
    Outbox(Outbox),
    /// Who asked the daemon for what
    #[command(subcommand)]
    Audit(Audit),
    /// Keys for others
    #[command(subcommand)]
    Keys(Keys),
    /// One worker process; started by the daemon
    #[command(hide = true)]
    Worker,
    /// One process that reads documents; started by the daemon
    #[command(hide = true)]
    Documents,
    /// The stage before one program that is not ours; started by the daemon
    #[command(hide = true)]
    Helper,
}

/// Which JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Schema {
    /// A rule file.
    Rules,
    /// The policy.
    Policy,
    /// A profile.
    Profile,
    /// The configuration, lazaret.toml.
    Config,
}

impl Schema {
    /// As the command line calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Schema::Rules => "rules",
            Schema::Policy => "policy",
            Schema::Profile => "profile",
            Schema::Config => "config",
        }
    }
}

/// Rules and policy in place of those of the configuration.
#[derive(Debug, Args)]
pub(crate) struct RuleFiles {
    /// Folder of rule files, or one file; they extend the compiled-in rules, unless one of them says extend = "none"
    /// [default: the configuration's]
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Option<PathBuf>,
    /// Policy file [default: the configuration's, else the compiled-in one]
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
}

/// Rule work.
#[derive(Debug, Subcommand)]
pub(crate) enum Rules {
    /// List the rules: class, entity, mode, what the policy does at full score, where each comes from
    List(RulesList),
    /// Run every example that stands in the rules; counts by file, rules with few examples, exceptions that are over
    Test {
        #[command(flatten)]
        rules: RuleFiles,
        /// The same as --rules
        #[arg(value_name = "DIR", conflicts_with = "rules")]
        dir: Option<PathBuf>,
    },
    /// Everything that a rule looked at in files: score terms, consequence, and for near misses the first reason for none
    Explain {
        #[command(flatten)]
        rules: RuleFiles,
        /// Show the values, in JSON too
        #[arg(long)]
        reveal: bool,
        /// Files, or - for standard input
        #[arg(required = true, value_name = "FILE")]
        paths: Vec<PathBuf>,
    },
    /// What other rules would do to your mails: newly found, no longer found, changed; exit code 1 if anything differs
    Diff(RulesDiff),
    /// What each rule did in the days that are kept: hits, near misses, actions, shadow; asks the daemon
    Stats {
        /// So many days back, at most 90
        #[arg(long, value_name = "DAYS", default_value = "30d", value_parser = days)]
        stored: u32,
    },
    /// Write an exception: a value that a rule lets pass until a day
    Except(RulesExcept),
}

/// `lazaret rules list`.
#[derive(Debug, Args)]
pub(crate) struct RulesList {
    #[command(flatten)]
    pub(crate) files: RuleFiles,
    /// Only rules of these ids; * stands for any characters
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// Only rules of a class; * stands for any characters
    #[arg(long, value_name = "CLASS")]
    pub(crate) class: Option<String>,
    /// Only rules of a country (AU, DE, …)
    #[arg(long, value_name = "COUNTRY")]
    pub(crate) country: Option<String>,
    /// Only rules that are on, in shadow or disabled
    #[arg(long, value_name = "MODE")]
    pub(crate) mode: Option<ListMode>,
    /// Only rules of a profile, with what it does; again for each profile
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Vec<String>,
}

/// What a rule does, for `rules list`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListMode {
    /// It acts.
    On,
    /// It counts.
    Shadow,
    /// A later file took it out.
    Disabled,
}

/// `lazaret rules diff`.
#[derive(Debug, Args)]
pub(crate) struct RulesDiff {
    /// Folder or file of the rules as they were, or `shipped` for the compiled-in ones alone
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,
    /// Folder or file of the rules as they will be, or `shipped`
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,
    /// Policy file for both [default: the configuration's, else the compiled-in one]
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Show the values, in JSON too
    #[arg(long)]
    pub(crate) reveal: bool,
    /// Compare on what the daemon keeps of so many days in place of files: scores, no texts
    #[arg(long, value_name = "DAYS", conflicts_with = "paths", value_parser = days)]
    pub(crate) stored: Option<u32>,
    /// .eml, mbox and text files, Maildirs, folders of them
    #[arg(required_unless_present = "stored", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

/// `30d` → 30.
fn days(text: &str) -> Result<u32, String> {
    const DAYS_MAX: u32 = (lazaret_store::FINGERPRINT_SECS_MAX / 86_400) as u32;
    let days = text.strip_suffix('d').and_then(|n| n.parse().ok()).filter(|n| (1..=DAYS_MAX).contains(n));
    days.ok_or_else(|| format!("write days from 1d to {DAYS_MAX}d"))
}

/// `lazaret rules except`.
#[derive(Debug, Args)]
pub(crate) struct RulesExcept {
    /// The rule
    #[arg(value_name = "RULE")]
    pub(crate) rule: String,
    /// File that holds the value alone, or - for standard input; it is not kept
    #[arg(long, value_name = "FILE", required_unless_present = "digest", conflicts_with = "digest")]
    pub(crate) value_file: Option<PathBuf>,
    /// Digest of the value, as `rules explain` shows it
    #[arg(long, value_name = "DIGEST")]
    pub(crate) digest: Option<String>,
    /// Why it may pass
    #[arg(long, value_name = "WORDS")]
    pub(crate) reason: String,
    /// Who answers for it
    #[arg(long, value_name = "NAME")]
    pub(crate) owner: String,
    /// The last day on which it holds, such as 2027-06-30
    #[arg(long, value_name = "DAY")]
    pub(crate) expires: String,
    /// Rule file that it goes into [default: exceptions.toml in the configured rule folder]
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// Mail that was judged while observing.
#[derive(Debug, Subcommand)]
pub(crate) enum Observe {
    /// What enforcing would have done: by verdict, rule, reply, file and sender's domain, with examples without values
    Report,
    /// Enforce what was observed: mail that is still in its folder is judged again, then moved, cleaned or sealed
    ///
    /// For mode "enforce", which by itself leaves alone what was judged while observing: people may have worked on it since.
    /// Without --yes it only counts. Nobody is answered.
    Enforce {
        /// Only this mailbox
        #[arg(long, value_name = "NAME")]
        mailbox: Option<String>,
        /// Do it
        #[arg(long)]
        yes: bool,
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
    /// What rules looked at in one, and why something followed or nothing; kept for 90 days, without any text
    Explain {
        /// Reference, such as LZ-7K2Q-M4XD
        #[arg(value_name = "TICKET")]
        ticket: String,
    },
    /// Says that a judgement was wrong, or that something was missed; `rules stats` counts it
    Feedback {
        /// Reference, such as LZ-7K2Q-M4XD
        #[arg(value_name = "TICKET")]
        ticket: String,
        /// Number of the candidate in `ticket explain`; 0: something that no rule looked at
        number: u32,
        /// Was it found and should not be, or not found and should be?
        judgement: Said,
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
        /// Why; it is kept with the ticket
        #[arg(long, value_name = "WORDS")]
        reason: String,
    },
}

/// Mail that was too large to fetch.
#[derive(Debug, Subcommand)]
pub(crate) enum Held {
    /// List it, newest first
    List {
        /// At most so many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
    /// Fetch and process that of one ticket after all, once limits.message_bytes_max was raised
    Release {
        /// Reference, such as LZ-7K2Q-M4XD
        #[arg(value_name = "TICKET")]
        ticket: String,
        /// Why; it is kept with the ticket
        #[arg(long, value_name = "WORDS")]
        reason: String,
    },
}

/// Replies and deliveries to further sinks.
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
    /// Try again what failed or has an unknown outcome, or now what waits
    Retry {
        /// An id of `outbox list`
        #[arg(required_unless_present = "failed", conflicts_with = "failed")]
        id: Option<String>,
        /// Every delivery that failed; no replies
        #[arg(long)]
        failed: bool,
    },
}

/// The audit trail.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// List what was asked for, newest first
    List {
        /// At most so many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        /// Not older than a day (2026-11-30) or a time back from now (36h, 7d)
        #[arg(long, value_name = "WHEN", value_parser = since)]
        since: Option<i64>,
        /// Of this user alone, by name or number
        #[arg(long, value_name = "USER")]
        actor: Option<String>,
        /// About this ticket alone
        #[arg(long, value_name = "REF")]
        ticket: Option<String>,
    },
    /// Check that no record was changed, removed, moved or added
    ///
    /// With a head that was noted elsewhere (the journal has one every hour, `lazaret status` shows the newest) it also shows
    /// whether the end was cut off, or an older copy of the store put back. Exit code 1: something is wrong.
    Verify {
        /// A head, as the journal and the status show it
        #[arg(long, value_name = "SEQ:HASH")]
        head: Option<String>,
    },
}

/// A day, or so many minutes, hours or days before now, in seconds since 1970.
fn since(text: &str) -> Result<i64, String> {
    let wrong = || "write a day such as 2026-11-30, or 90m, 36h, 7d".to_owned();
    if let Ok(day) = text.parse::<jiff::civil::Date>() {
        return day.to_zoned(jiff::tz::TimeZone::UTC).map(|z| z.timestamp().as_second()).map_err(|_| wrong());
    }
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let secs = match unit {
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let number: u32 = number.parse().map_err(|_| wrong())?;
    Ok(crate::clock::now().saturating_sub(i64::from(number) * secs))
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
            ("lazaret scan --reveal a.eml", true),
            ("lazaret scan --reveal --jsonl", false),
            ("lazaret rules test", true),
            ("lazaret rules test dir --policy p", true),
            ("lazaret rules test dir --rules r", false),
            ("lazaret rules list payment-* --class credit_card --mode shadow --profile pci --profile uk", true),
            ("lazaret rules list --mode off", false),
            ("lazaret rules explain --reveal - a.eml", true),
            ("lazaret rules explain", false),
            ("lazaret rules diff shipped new a.eml b.mbox", true),
            ("lazaret rules diff old new", false),
            ("lazaret rules diff old new --stored 30d", true),
            ("lazaret rules diff old new --stored 91d", false),
            ("lazaret rules diff old new --stored 0d", false),
            ("lazaret rules diff old new --stored 30d a.eml", false),
            ("lazaret rules stats", true),
            ("lazaret rules stats --stored 7d", true),
            ("lazaret rules stats --stored 7", false),
            ("lazaret ticket explain LZ-AAAA-BBBB", true),
            ("lazaret ticket feedback LZ-AAAA-BBBB 3 wrong", true),
            ("lazaret ticket feedback LZ-AAAA-BBBB 0 missed", true),
            ("lazaret ticket feedback LZ-AAAA-BBBB 3 right", false),
            ("lazaret ticket feedback LZ-AAAA-BBBB wrong", false),
            ("lazaret rules except r --value-file v --reason w --owner o --expires 2027-01-01", true),
            ("lazaret rules except r --digest k1:0 --value-file v --reason w --owner o --expires 2027-01-01", false),
            ("lazaret rules except r --reason w --owner o --expires 2027-01-01", false),
            ("lazaret rules except r --value-file v --owner o --expires 2027-01-01", false),
            ("lazaret rules except r --value-file v --reason w --expires 2027-01-01", false),
            ("lazaret rules except r --value-file v --reason w --owner o", false),
            ("lazaret manual dir", true),
            ("lazaret manual", false),
            ("lazaret schema rules", true),
            ("lazaret schema mail", false),
            ("lazaret ticket show LZ-AAAA-BBBB", true),
            ("lazaret ticket list --limit 0", false),
            ("lazaret quarantine open f --key k -o out", true),
            ("lazaret quarantine open f", false),
            ("lazaret quarantine release 0123456789abcdef", false),
            ("lazaret quarantine release 0123456789abcdef --reason x", true),
            ("lazaret held list", true),
            ("lazaret held release LZ-AAAA-BBBB", false),
            ("lazaret held release LZ-AAAA-BBBB --reason x", true),
            ("lazaret outbox list", true),
            ("lazaret outbox resume", true),
            ("lazaret outbox retry 0123456789abcdef", true),
            ("lazaret outbox retry --failed", true),
            ("lazaret outbox retry", false),
            ("lazaret outbox retry 0123456789abcdef --failed", false),
            ("lazaret keys portal", true),
            ("lazaret worker", true),
            ("lazaret --format xml status", false),
            ("lazaret frobnicate", false),
        ] {
            assert_eq!(Cli::try_parse_from(line.split(' ')).is_ok(), good, "{line}");
        }
    }
}
