//! May this mail be answered, and with which of our texts?
//!
//! One table decides, the first row that fits wins; a row that says no gives the word that the ticket shows behind
//! `told: not sent`. It follows RFC 3834 section 2 and RFC 5230 section 4.5, and the rule that an answer carries facts
//! of ours only: [`Plan`] has no field that could hold a sender's words.
//!
//! * A missing `Return-Path` is unknown, not null. A null one is never answered.
//! * With a proof (a DMARC pass), a `Return-Path` in another organisation is fine: forwarders and mail services have
//!   one. Without a proof it must be in the organisation of `From`, else anybody could aim our answers at a third person.
//! * Blind copies and expanded lists are not answered: one of the mailbox's own addresses must stand in `To` or `Cc`
//!   (`support+tag@…` counts as `support@…`). `Delivered-To` is not asked, as it names us in either case.
//! * Who is not proven may be answered (the store allows one answer a day), but is never told which kind of data was found.

use crate::message::ReturnPath;
use crate::{Addr, Address, Class, OpaqueWhy, Outcome, Profile, Proof, ProofMode, Reason, Reporter, Verdict};
use lazaret_scan::Action;

/// What the daemon knows beside the message.
#[derive(Debug, Clone, Copy, Default)]
pub struct Circumstances<'a> {
    /// Observe mode: nothing is sent.
    pub observe: bool,
    /// Older than `reply_max_age`, there before `start`, or restored.
    pub backlog: bool,
    /// Does who opens a ticket get a receipt?
    pub receipts: bool,
    /// Does it join a ticket that exists?
    pub joined: bool,
    /// Addresses of all configured mailboxes, in lower case: two of ours never answer each other.
    pub ours: &'a [String],
}

/// Which of our texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The message arrived.
    Receipt,
    /// It arrived; something was taken out.
    Removed,
    /// It reached us, but the team has not received it.
    Refused,
}

/// What is to be done about an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// Send one.
    Reply {
        /// The one recipient.
        to: Addr,
        /// Which text.
        template: Kind,
        /// What it may name, see [`NAMES`] and [`HINTS`].
        kinds: Vec<&'static str>,
        /// Is the recipient proven? Limits differ.
        proven: bool,
    },
    /// None; the word says why.
    None(&'static str),
}

/// Names of kinds of data, in the order in which an answer lists them. Health and pupil data are never named: they are
/// personal details.
pub const NAMES: [&str; 5] =
    ["payment card details", "bank details", "a password or access key", "identity numbers", "personal details"];

/// Facts that change the wording without naming a kind of data; told also to who is not proven.
pub const HINTS: [&str; 5] = [ATTACHMENTS, RECORDS, UNREADABLE, NOT_KEPT, HELD];

/// An attachment could not be examined and did not reach the team.
pub const ATTACHMENTS: &str = "attachments";
/// Records of many people were taken out.
pub const RECORDS: &str = "records";
/// The message was set aside because it could not be examined, not because of what was found.
pub const UNREADABLE: &str = "unreadable";
/// Nothing of the message was kept.
pub const NOT_KEPT: &str = "not-kept";
/// The message is too large to be fetched: it lies unopened, and unsealed, in a folder of the mailbox.
pub const HELD: &str = "held";

/// Why nobody is told while observing: the text that would have gone, in the order receipt, removal notice, refusal.
pub const OBSERVED: [&str; 3] = ["observe: receipt", "observe: removed", "observe: refused"];

/// More `Received` fields than this mean a loop.
pub const HOPS_MAX: u32 = 25;

/// Decides whether and how a message is answered.
pub fn decide(outcome: &Outcome, profile: &Profile, circumstances: &Circumstances<'_>) -> Plan {
    let facts = Facts::of(outcome, profile);
    if let Some((why, _)) = REFUSALS.iter().find(|(_, holds)| holds(&facts, circumstances)) {
        return Plan::None(why);
    }
    let Some(to) = outcome.customer.clone() else { return Plan::None("no-address") };
    let proven = outcome.proof == Proof::Pass;
    let (template, kinds) = match outcome.verdict {
        Verdict::Quarantine | Verdict::Reject => (Kind::Refused, told(outcome, proven)),
        _ if removed(outcome) => (Kind::Removed, told(outcome, proven)),
        _ if circumstances.joined => return Plan::None("follow-up"),
        _ if !circumstances.receipts => return Plan::None("receipts-off"),
        _ => (Kind::Receipt, Vec::new()),
    };
    if circumstances.observe {
        return Plan::None(match template {
            Kind::Receipt => OBSERVED[0],
            Kind::Removed => OBSERVED[1],
            Kind::Refused => OBSERVED[2],
        });
    }
    Plan::Reply { to, template, kinds, proven }
}

/// Names of what was taken out, in the order of [`NAMES`]; for the first line of a clean copy and for proven senders.
pub fn removed_names(outcome: &Outcome) -> Vec<&'static str> {
    let found: Vec<&str> = removed_classes(outcome).map(name).collect();
    NAMES.into_iter().filter(|n| found.contains(n)).collect()
}

struct Facts<'a> {
    outcome: &'a Outcome,
    profile: &'a Profile,
    from: Option<&'a Addr>,
    reporter: Option<&'a Reporter>,
}

impl<'a> Facts<'a> {
    fn of(outcome: &'a Outcome, profile: &'a Profile) -> Facts<'a> {
        let from = match outcome.envelope.from.as_slice() {
            [one] => one.addr.as_ref(),
            _ => None,
        };
        let reporter =
            from.and_then(|from| profile.reporters.iter().find(|r| r.from.eq_ignore_ascii_case(from.as_str())));
        Facts { outcome, profile, from, reporter }
    }

    fn customer(&self) -> Option<&Addr> {
        self.outcome.customer.as_ref()
    }
}

/// One row: the word, and when it holds.
type Row = (&'static str, fn(&Facts<'_>, &Circumstances<'_>) -> bool);

/// Who is never answered; first match wins.
const REFUSALS: &[Row] = &[
    ("own", |f, _| f.outcome.class == Class::Own),
    ("bounce", |f, _| f.outcome.class == Class::Bounce || f.outcome.envelope.return_path == ReturnPath::Null),
    ("report", |f, _| f.outcome.class == Class::Report),
    ("list", |f, _| f.outcome.class == Class::List),
    ("auto", |f, _| f.outcome.class == Class::Auto),
    ("no-address", |f, _| f.from.is_none() || f.customer().is_none()),
    ("own", |f, c| f.from.into_iter().chain(f.customer()).any(|a| is_ours(a, f.profile, c.ours))),
    ("staff", |f, _| f.reporter.is_none() && f.outcome.staff || f.customer().is_some_and(|a| is_staff(a, f.profile))),
    ("auto", |f, _| f.customer().is_some_and(is_robot)),
    ("junk", |f, _| f.outcome.junk),
    ("loop", |f, _| f.outcome.hops > HOPS_MAX),
    ("not-addressed", |f, _| !addressed(f)),
    ("unverified", |f, _| unverified(f)),
    ("backlog", |_, c| c.backlog),
];

/// Local parts that no person reads (RFC 3834 section 2; RFC 2142 names `postmaster`).
fn is_robot(addr: &Addr) -> bool {
    let local = addr.local().to_lowercase();
    let plain: String = local.chars().filter(|c| !matches!(c, '-' | '_' | '.')).collect();
    let exact = ["mailerdaemon", "postmaster", "noreply", "donotreply", "nobody"];
    exact.contains(&plain.as_str())
        || ["noreply", "donotreply", "mailerdaemon"].iter().any(|p| plain.starts_with(p) || plain.ends_with(p))
        || local.starts_with("owner-")
        || local.ends_with("-request")
        || local.ends_with("-owner")
        || local.starts_with("bounce")
        || local.ends_with("-bounces")
}

fn is_ours(addr: &Addr, profile: &Profile, ours: &[String]) -> bool {
    profile.own.iter().chain(ours).any(|own| is_alias(addr, own))
}

fn is_alias(addr: &Addr, own: &str) -> bool {
    let folded = addr.folded();
    if folded.eq_ignore_ascii_case(own) {
        return true;
    }
    let (Some((local, domain)), Some((own_local, own_domain))) = (folded.rsplit_once('@'), own.rsplit_once('@')) else {
        return false;
    };
    domain.eq_ignore_ascii_case(own_domain)
        && local.split_once('+').is_some_and(|(base, _)| base.eq_ignore_ascii_case(own_local))
}

fn is_staff(addr: &Addr, profile: &Profile) -> bool {
    let domain = addr.domain();
    profile.staff.iter().any(|s| domain == s || domain.strip_suffix(s.as_str()).is_some_and(|d| d.ends_with('.')))
}

fn addressed(f: &Facts<'_>) -> bool {
    let ours = |a: &Address| a.addr.as_ref().is_some_and(|a| f.profile.own.iter().any(|own| is_alias(a, own)));
    f.outcome.envelope.to.iter().chain(&f.outcome.envelope.cc).any(ours)
}

fn unverified(f: &Facts<'_>) -> bool {
    match f.outcome.proof {
        Proof::Pass => false,
        Proof::Fail => true,
        // A reporter names a third person: only one that is proven may, where proof is to be had at all.
        Proof::None if f.reporter.is_some() && f.profile.proof != ProofMode::None => true,
        Proof::None => match (&f.outcome.envelope.return_path, f.from) {
            (ReturnPath::Addr(path), Some(from)) => !same_organisation(path.domain(), from.domain()),
            _ => false,
        },
    }
}

/// Are two domains of one organisation? Without a list of public suffixes: one is the other's parent, or both have the
/// same registrable part, where `co.uk` and its like (a short label under a country) count as a suffix. It errs
/// towards "no", which costs an answer and never sends one astray.
fn same_organisation(a: &str, b: &str) -> bool {
    let under = |child: &str, parent: &str| {
        parent.contains('.') && child.strip_suffix(parent).is_some_and(|head| head.is_empty() || head.ends_with('.'))
    };
    under(a, b) || under(b, a) || registrable(a).is_some_and(|part| Some(part) == registrable(b))
}

fn registrable(domain: &str) -> Option<&str> {
    let mut from_right = domain.rmatch_indices('.').map(|(i, _)| i);
    let top = from_right.next()?;
    let second = from_right.next();
    let second_start = second.map_or(0, |i| i + 1);
    let second_label = domain.get(second_start..top)?;
    let country_suffix = domain.len() - top == 3 && second_label.len() <= 3;
    let start = match (country_suffix, second) {
        (false, _) => second_start,
        (true, Some(_)) => from_right.next().map_or(0, |i| i + 1),
        (true, None) => return None,
    };
    domain.get(start..)
}

/// Was anything taken out that the sender should hear of? Pictures and signatures never count.
fn removed(outcome: &Outcome) -> bool {
    removed_classes(outcome).next().is_some() || set_aside(outcome)
}

fn removed_classes(outcome: &Outcome) -> impl Iterator<Item = lazaret_scan::Class> + '_ {
    let found = outcome.findings.iter().map(|f| (f.class, f.action));
    let reasons = outcome.reasons.iter().filter_map(|r| match r {
        Reason::Found { class, action, .. } => Some((*class, *action)),
        Reason::Records { action, .. } => Some((lazaret_scan::Class::BulkRecords, *action)),
        _ => None,
    });
    found.chain(reasons).filter(|(_, action)| *action >= Action::Redact).map(|(class, _)| class)
}

fn set_aside(outcome: &Outcome) -> bool {
    let quiet = |why: OpaqueWhy| matches!(why, OpaqueWhy::Picture | OpaqueWhy::Signature);
    outcome.opaque.iter().any(|o| o.action >= Action::Withhold && !quiet(o.why))
        || outcome.attachments.iter().any(|a| a.action >= Action::Withhold && a.opaque.is_some_and(|why| !quiet(why)))
}

fn name(class: lazaret_scan::Class) -> &'static str {
    use lazaret_scan::Class as Data;
    let [card, bank, secret, identity, personal] = NAMES;
    match class {
        Data::CreditCard => card,
        Data::Iban | Data::BankAccount => bank,
        Data::Secret => secret,
        Data::NationalId | Data::TaxId | Data::Passport | Data::DriverLicense => identity,
        _ => personal,
    }
}

/// What an answer may say was found: names to a proven sender only, hints to everybody.
fn told(outcome: &Outcome, proven: bool) -> Vec<&'static str> {
    let mut out = if proven { removed_names(outcome) } else { Vec::new() };
    if set_aside(outcome) {
        out.push(ATTACHMENTS);
    }
    if removed_classes(outcome).any(|c| c == lazaret_scan::Class::BulkRecords) {
        out.push(RECORDS);
    }
    if removed_classes(outcome).next().is_none() && outcome.verdict >= Verdict::Quarantine {
        out.push(UNREADABLE);
    }
    if outcome.keep_nothing {
        out.push(NOT_KEPT);
    }
    if outcome.reasons.contains(&crate::outcome::Reason::OverSize) {
        out.push(HELD);
    }
    out
}

#[cfg(test)]
mod tests;
