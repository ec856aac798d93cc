//! What was set aside by mistake comes back, and what people say of judgements is counted.

use super::ensure;
use super::home::{Home, MailboxSpec, Replies, messages};
use super::hostile::plain;
use crate::process;
use crate::servers::Lab;
use anyhow::{Context, Result};

/// A card number that is in no list of test numbers, valid by its check digit.
const CARD: &str = "4556 8213 7702 9144";

pub(super) fn held(lab: &Lab) -> Result<String> {
    let account = lab.dovecot.account("held", '/')?;
    lab.postfix.forget()?;
    let body = format!("Please charge my card {CARD}.\r\n{}", "The export is below, line after line.\r\n".repeat(200));
    account.deliver("1000000000.large", &plain("large@example.com", "cu@example.com", "A long export", "", &body))?;
    let home = Home::new(lab, "enforce", &[MailboxSpec::all("support", &account)], Replies::Unlimited)?;
    let limited = home.read_config()? + "\n[limits]\nmessage_bytes_max = 4096\n";
    home.write_config(&limited)?;
    home.once()?;
    lab.postfix.settle()?;
    let told = lab.postfix.delivered()?;
    ensure(told.len() == 1 && String::from_utf8_lossy(&told[0].raw).contains("too large"), || {
        format!("the customer was not told that the message is too large: {} replies", told.len())
    })?;

    let daemon = home.daemon()?;
    let rows = home.ask(&["held", "list"])?;
    ensure(rows.len() == 1, || format!("held: {rows:?}"))?;
    let ticket = rows[0]["ticket"].as_str().context("a row without its ticket")?.to_owned();
    let refused = home.run(&["held", "release", &ticket, "--reason", "we wait for it"])?;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    ensure(refused.status.code() == Some(1) && said.contains("limits.message_bytes_max"), || {
        format!("a release over the limit ended with {}: {said}", refused.status)
    })?;
    home.write_config(&limited.replace("= 4096", "= \"1MiB\""))?;
    home.ask(&["reload"])?;
    home.ask(&["held", "release", &ticket, "--reason", "we wait for it"])?;
    ensure(home.ask(&["held", "list"])?.is_empty(), || "it is still listed".into())?;
    let tickets = home.tickets()?;
    let found: Vec<_> = messages(&tickets).collect();
    ensure(found.len() == 1 && found[0]["verdict"] == "redact", || format!("{} messages", found.len()))?;
    let text = found[0]["text"].as_str().unwrap_or_default();
    ensure(text.contains("[payment card") && text.contains("line after line"), || {
        "the ticket has not its text".into()
    })?;
    feedback(&home, &ticket)?;
    drop(daemon);

    let copies = account.mails("Lazaret/Clean")?;
    ensure(copies.len() == 1 && account.count("Lazaret/Held")? == 1, || format!("{} copies", copies.len()))?;
    let leaks = copies.iter().any(|c| String::from_utf8_lossy(c).contains(CARD));
    ensure(!leaks, || "a clean copy holds the number".into())?;
    Ok("listed, refused over the limit, taken into its ticket; feedback counted".into())
}

/// Says something of a finding that is not there, which is refused, and that something was missed, which is counted.
fn feedback(home: &Home, ticket: &str) -> Result<()> {
    let explained = home.run(&["ticket", "feedback", ticket, "1", "wrong"])?;
    let said = process::tail(&explained.stderr);
    // Of a stub nothing is kept, so there is no candidate yet: the answer says where to look.
    ensure(explained.status.code() == Some(1) && said.contains("ticket explain"), || {
        format!("feedback on what is not there ended with {}: {said}", explained.status)
    })?;
    home.ask(&["ticket", "feedback", ticket, "0", "missed"])?;
    let stats = home.ask(&["rules", "stats", "--stored", "1d"])?;
    let summary = stats.last().map(|line| line["summary"].clone()).unwrap_or_default();
    ensure(summary["unseen"] == 1, || format!("feedback is not counted: {summary}"))
}
