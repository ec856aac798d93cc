//! End-to-end tests: the release binary against a real Dovecot and a real Postfix. Each case has accounts and a state
//! directory of its own; the servers are shared.

mod alerts;
mod canary;
mod conversation;
mod crash;
mod helpdesk;
mod home;
mod hostile;
mod hour;
mod moments;
mod needles;
mod observe;
mod pictures;
mod recovery;
mod refuse;
mod reload;
mod sinks;
mod thousand;

pub(crate) use home::{Home, MailboxSpec, Replies};

use crate::servers::Lab;
use crate::stages::Verdict;
use anyhow::{Context, Result, bail};
use std::time::Instant;

type Case = (&'static str, fn(&Lab) -> Result<String>);

const CASES: &[Case] = &[
    ("five mistakes in a configuration", hostile::five_mistakes),
    ("hostile files", hostile::files),
    ("refuses to start", refuse::run),
    ("observe changes nothing", observe::run),
    ("enforcing begins with what was observed", observe::enforce),
    ("mail that comes again after observing is not lost", observe::put_back),
    ("what is undone waits while observing, a missing folder stops no other", observe::undone),
    ("one bad mailbox stops no other", observe::two_mailboxes),
    ("files are read again while mail flows", reload::run),
    ("mail that was too large comes back", recovery::held),
    ("a follow-up joins its ticket", conversation::run),
    ("sinks beside the folder", sinks::run),
    ("tokens and STARTTLS", conversation::tokens),
    ("hostile mail in a mailbox", hostile::mailbox),
    ("an operator's first hour", hour::run),
    ("values in pictures", pictures::run),
    ("a thousand mails", thousand::run),
    ("default limits hold", thousand::default_limits),
    ("what is stuck is heard of", alerts::run),
    ("thirty kills", crash::run),
    ("thirty kills at chosen moments", moments::run),
];

/// Runs the cases whose name holds `filter`.
pub(crate) fn run(lab: &Lab, filter: Option<String>) -> Result<Verdict> {
    let filter = filter.unwrap_or_default();
    let mut count = 0;
    for (name, case) in CASES.iter().filter(|c| c.0.contains(&filter)) {
        let began = Instant::now();
        let detail = case(lab).with_context(|| format!("case `{name}`"))?;
        println!(
            "   {name}: ok in {:.1} s{}{detail}",
            began.elapsed().as_secs_f64(),
            if detail.is_empty() { "" } else { "; " }
        );
        count += 1;
    }
    if count == 0 {
        bail!("no end-to-end case is named like `{filter}`");
    }
    Ok(Verdict::Passed(format!("{count} cases")))
}

/// The canary test.
pub(crate) fn canary(lab: &Lab) -> Result<Verdict> {
    canary::run(lab).map(Verdict::Passed)
}

/// A real helpdesk behind the forward sink.
pub(crate) fn helpdesk(lab: &Lab) -> Result<Verdict> {
    helpdesk::run(lab).map(Verdict::Passed)
}

/// Fails with the words given unless `holds`.
fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<()> {
    if holds { Ok(()) } else { bail!("{}", otherwise()) }
}
