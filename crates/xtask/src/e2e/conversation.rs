//! Follow-ups by our Message-ID, and the logins that hosted mail asks for.

use super::ensure;
use super::home::{Home, MailboxSpec, Replies, messages};
use super::hostile::{plain, program};
use crate::servers::{Delivered, Lab};
use anyhow::{Context, Result};

pub(super) fn run(lab: &Lab) -> Result<String> {
    let account = lab.dovecot.account("thread", '/')?;
    lab.postfix.forget()?;
    let home = Home::new(lab, "enforce", &[MailboxSpec::all("support", &account)], Replies::Unlimited)?;
    account.deliver(
        "1000000000.first",
        &plain("first@example.com", "cu@example.com", "Broken page", "", "The page is blank."),
    )?;
    home.once()?;
    let receipt = one_reply(lab)?;
    let ours = receipt.field("Message-ID").context("the receipt has no Message-ID")?;
    let reference = receipt.field("Subject").unwrap_or_default();
    ensure(reference.contains("[LZ-"), || format!("the receipt's subject names no ticket: {reference}"))?;

    lab.postfix.forget()?;
    let more = format!("In-Reply-To: {ours}\r\nReferences: <first@example.com> {ours}\r\n");
    account.deliver(
        "1000000001.second",
        &plain("second@example.com", "cu@example.com", &format!("Re: {reference}"), &more, "On the phone too."),
    )?;
    // A stranger who quotes the same reference gets a ticket of his own, and no answer: he has the token from somebody.
    account.deliver(
        "1000000002.third",
        &plain("third@example.org", "other@example.org", "Re: Broken page", &more, "And me."),
    )?;
    home.once()?;
    lab.postfix.settle()?;
    let told = lab.postfix.delivered()?;
    ensure(told.is_empty(), || format!("{} replies, the first to {}", told.len(), told[0].to))?;

    let daemon = home.daemon()?;
    let tickets = home.tickets()?;
    drop(daemon);
    let strangers: Vec<_> = messages(&tickets).filter(|m| m["message_id"] == "third@example.org").collect();
    ensure(strangers.len() == 1 && strangers[0]["told"]["not-sent"] == "third-party", || {
        format!("{:?}", strangers.first())
    })?;
    let mut threads: Vec<Vec<&str>> = tickets
        .iter()
        .map(|t| messages(std::slice::from_ref(t)).filter_map(|m| m["message_id"].as_str()).collect())
        .collect();
    threads.sort();
    // An answer to our receipt has its subject, and is no less a person's for that.
    for m in messages(&tickets) {
        ensure(m["class"] == "human", || format!("{} is of class {}", m["message_id"], m["class"]))?;
    }
    ensure(threads == [vec!["first@example.com", "second@example.com"], vec!["third@example.org"]], || {
        format!("tickets hold {threads:?}")
    })?;
    Ok(String::new())
}

fn one_reply(lab: &Lab) -> Result<Delivered> {
    lab.postfix.settle()?;
    let mut replies = lab.postfix.delivered()?;
    ensure(replies.len() == 1, || format!("{} replies, not one\n{}", replies.len(), lab.postfix.log()))?;
    replies.pop().context("no reply")
}

pub(super) fn tokens(lab: &Lab) -> Result<String> {
    let account = lab.dovecot.account("token", '/')?;
    lab.postfix.forget()?;
    account
        .deliver("1000000000.first", &plain("token@example.com", "cu@example.com", "Question", "", "A question."))?;
    let script = lab.dir().join("token");
    program(&script, &format!("#!/bin/sh\nprintf '%s\\n' '{}'\n", lab.dovecot.token(&account)?))?;
    let spec = MailboxSpec { token_command: Some(script), ..MailboxSpec::all("support", &account) };
    let home = Home::new(lab, "enforce", &[spec], Replies::StartTls)?;
    home.once()?;
    ensure(account.count("INBOX")? == 0, || {
        format!("the mail is still there\n{}{}", home.log_tail(), lab.dovecot.log())
    })?;
    one_reply(lab)?;
    Ok(String::new())
}
