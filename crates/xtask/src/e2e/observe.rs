//! First contact harms nothing, and one bad mailbox stops no other.

use super::ensure;
use super::home::{Home, MailboxSpec, Replies};
use super::thousand::mailbox;
use crate::process;
use crate::servers::Lab;
use anyhow::Result;
use std::collections::BTreeSet;

pub(super) fn run(lab: &Lab) -> Result<String> {
    let scratch = process::scratch("mails")?;
    mailbox(scratch.path(), 60, 3, 4)?;
    let account = lab.dovecot.account("observe", '/')?;
    account.fill(&scratch.path().join("maildir/new"))?;
    lab.postfix.forget()?;
    let before = account.fingerprint()?;

    let unset = MailboxSpec { start: None, ..MailboxSpec::all("support", &account) };
    let home = Home::new(lab, "observe", &[unset], Replies::Unlimited)?;
    let output = home.run(&["run", "--once"])?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    ensure(!output.status.success(), || "a mailbox without `start` was taken in".into())?;
    ensure(said.contains("63") && said.contains("start"), || {
        format!("no count of what `start` would take in:\n{said}")
    })?;
    ensure(account.fingerprint()? == before, || "a refused start changed the mailbox".into())?;

    let home = Home::new(lab, "observe", &[MailboxSpec::all("support", &account)], Replies::Unlimited)?;
    home.once()?;
    ensure(account.fingerprint()? == before, || "observing changed the mailbox".into())?;
    let daemon = home.daemon()?;
    let tickets = home.tickets()?.len();
    let status = home.ask(&["status"])?;
    drop(daemon);
    ensure(tickets == 60, || format!("{tickets} tickets of 60 mails"))?;
    ensure(!status.is_empty(), || "status says nothing".into())?;
    lab.postfix.settle()?;
    let sent = lab.postfix.delivered()?.len();
    ensure(sent == 0, || format!("observing sent {sent} replies"))?;

    // `now` takes in nothing of what is there.
    let spec = MailboxSpec { start: Some("now"), ..MailboxSpec::all("support", &account) };
    let home = Home::new(lab, "observe", &[spec], Replies::None)?;
    home.once()?;
    let daemon = home.daemon()?;
    let tickets = home.tickets()?.len();
    drop(daemon);
    ensure(tickets == 0, || format!("start = \"now\" made {tickets} tickets of mail that was there"))?;
    Ok("60 tickets, nothing changed, nothing sent".into())
}

/// Enforcing what was there before: refused until it was observed; then nothing of it is touched until an operator says so,
/// and of that only what is still in its folder.
pub(super) fn enforce(lab: &Lab) -> Result<String> {
    let scratch = process::scratch("mails")?;
    mailbox(scratch.path(), 40, 0, 8)?;
    let account = lab.dovecot.account("first", '/')?;
    account.fill(&scratch.path().join("maildir/new"))?;
    let before = account.fingerprint()?;
    lab.postfix.forget()?;
    let home = Home::new(lab, "observe", &[MailboxSpec::all("support", &account)], Replies::Unlimited)?;
    let observe = home.read_config()?;
    let enforce = observe.replacen("mode = \"observe\"", "mode = \"enforce\"", 1);
    home.write_config(&enforce)?;
    let output = home.run(&["run", "--once"])?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure(output.status.code() == Some(78), || format!("enforcing unseen mail ended with {}", output.status))?;
    ensure(said.contains("40 message(s)") && said.contains("lazaret observe report"), || said.clone())?;
    ensure(account.fingerprint()? == before, || "a refused run changed the mailbox".into())?;

    home.write_config(&observe)?;
    let output = home.run(&["run", "--once"])?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    for want in
        ["40 message(s) judged while observing", "start = \"all\", all that was there was judged", "receipt", "LZ-"]
    {
        ensure(said.contains(want), || format!("the report lacks {want:?}:\n{said}"))?;
    }
    home.write_config(&enforce)?;
    home.once()?;
    ensure(account.fingerprint()? == before, || "enforcing touched what was observed".into())?;

    // Agents have worked on one of them meanwhile.
    let daemon = home.daemon()?;
    let lines = home.ask(&["observe", "report"])?;
    let judged = lines.first().and_then(|l| l["messages"].as_u64());
    ensure(judged == Some(40), || format!("{judged:?} messages in the report"))?;
    let worked = std::fs::read_dir(account.maildir.join("cur"))?.chain(std::fs::read_dir(account.maildir.join("new"))?);
    if let Some(file) = worked.flatten().next() {
        std::fs::remove_file(file.path())?;
    }
    let counted = home.ask(&["observe", "enforce"])?;
    ensure(counted.iter().all(|l| l["messages"] == 40 && l["reopened"] == false), || format!("{counted:?}"))?;
    ensure(account.count("INBOX")? == 39, || "counting touched the mailbox".into())?;
    home.ask(&["observe", "enforce", "--yes"])?;
    let moved = || Ok(account.count("INBOX")? == 0 && account.count("Lazaret/Clean")? == 39);
    process::until("what was observed to be enforced", std::time::Duration::from_secs(30), moved)?;
    let left = home.ask(&["observe", "report"])?;
    let tickets = home.tickets()?.len();
    drop(daemon);
    ensure(left.first().is_some_and(|l| l["messages"] == 1), || format!("{left:?}"))?;
    ensure(tickets == 40, || format!("{tickets} tickets of 40 mails"))?;
    lab.postfix.settle()?;
    let sent = lab.postfix.delivered()?.len();
    ensure(sent == 0, || format!("{sent} replies to mail that was observed"))?;
    Ok("40 mails: refused, observed, reported, enforced".into())
}

/// Enforcing after observing: mail that comes a second time, because somebody put it back or because the server numbered the
/// folder anew, leaves INBOX only for the clean folder, itself or as its copy.
pub(super) fn put_back(lab: &Lab) -> Result<String> {
    let scratch = process::scratch("mails")?;
    mailbox(scratch.path(), 40, 0, 6)?;
    let account = lab.dovecot.account("again", '/')?;
    account.fill(&scratch.path().join("maildir/new"))?;
    let home = Home::new(lab, "observe", &[MailboxSpec::all("support", &account)], Replies::None)?;
    home.once()?;
    let config = home.read_config()?;
    home.write_config(&config.replacen("mode = \"observe\"", "mode = \"enforce\"", 1))?;
    home.once()?;
    ensure(account.count("INBOX")? == 40, || "what observing took in was touched later".into())?;

    for round in 1..=2 {
        for (n, raw) in account.mails("INBOX")?.iter().enumerate() {
            account.deliver(&format!("{}.{round}-{n}.again", 1_100_000_000 + n), raw)?;
        }
        home.once()?;
        ensure(account.count("INBOX")? == 40, || format!("round {round}: copies are left in INBOX"))?;
        let (found, mails) = ids(&account.mails("Lazaret/Clean")?);
        ensure(found == 40, || format!("round {round}: {found} of 40 mails are in the clean folder"))?;
        ensure(mails <= 40 * round, || format!("round {round}: the clean folder holds {mails} mails"))?;
    }
    let daemon = home.daemon()?;
    let tickets = home.tickets()?.len();
    drop(daemon);
    ensure(tickets == 40, || format!("{tickets} tickets of 40 mails"))?;
    Ok("40 mails came three times".into())
}

/// What enforcing could not finish is not finished while observing; and a folder that is not there stops no other.
pub(super) fn undone(lab: &Lab) -> Result<String> {
    let scratch = process::scratch("mails")?;
    mailbox(scratch.path(), 20, 0, 7)?;
    let account = lab.dovecot.account("undone", '/')?;
    account.fill(&scratch.path().join("maildir/new"))?;
    // A file where the clean folder would be: tickets are made, nothing can be moved.
    let obstacle = account.maildir.join(".Lazaret.Clean");
    std::fs::write(&obstacle, "")?;
    let home = Home::new(lab, "enforce", &[MailboxSpec::all("support", &account)], Replies::None)?;
    let config = home.read_config()?;
    let output = home.run(&["run", "--once"])?;
    ensure(!output.status.success(), || "a folder that could not be made went unnoticed".into())?;
    std::fs::remove_file(&obstacle)?;

    home.write_config(&config.replacen("mode = \"enforce\"", "mode = \"observe\"", 1))?;
    let before = account.fingerprint()?;
    home.once()?;
    ensure(account.fingerprint()? == before, || "observing finished what enforcing had begun".into())?;

    home.write_config(&config.replacen("folders = [\"INBOX\"]", "folders = [\"Nowhere\", \"INBOX\"]", 1))?;
    let output = home.run(&["run", "--once"])?;
    ensure(!output.status.success(), || "a missing folder went unnoticed".into())?;
    ensure(String::from_utf8_lossy(&output.stderr).contains("Nowhere"), || "the folder is not named".into())?;
    let (left, clean) = (account.count("INBOX")?, account.count("Lazaret/Clean")?);
    ensure((left, clean) == (0, 20), || format!("{left} mails are left in INBOX, {clean} in the clean folder"))?;
    Ok(String::new())
}

/// How many Message-IDs are in these mails, and how many mails they are.
fn ids(mails: &[Vec<u8>]) -> (usize, usize) {
    let ids: BTreeSet<String> = mails.iter().filter_map(|m| crate::servers::field(m, "Message-ID")).collect();
    (ids.len(), mails.len())
}

pub(super) fn two_mailboxes(lab: &Lab) -> Result<String> {
    let scratch = process::scratch("mails")?;
    mailbox(scratch.path(), 40, 0, 5)?;
    // The good one separates folders by `.`, as Dovecot does unless told otherwise.
    let (bad, good) = (lab.dovecot.account("wrong", '/')?, lab.dovecot.account("dots", '.')?);
    for account in [&bad, &good] {
        account.fill(&scratch.path().join("maildir/new"))?;
    }
    let wrong = MailboxSpec { password: "not the password".into(), ..MailboxSpec::all("billing", &bad) };
    let home = Home::new(lab, "enforce", &[wrong, MailboxSpec::all("support", &good)], Replies::None)?;
    let mut daemon = home.daemon()?;
    let worked = process::until("the good mailbox to be emptied", std::time::Duration::from_secs(60), || {
        daemon.alive()?;
        Ok(good.count("INBOX")? == 0 && good.count("Lazaret/Clean")? == 40)
    });
    if let Err(error) = worked {
        return Err(error.context(format!("{}{}", home.log_tail(), lab.dovecot.log())));
    }
    ensure(bad.count("INBOX")? == 40, || "the mailbox with a wrong password was changed".into())?;
    // A server takes its time before it refuses a password.
    process::until("status to name the mailbox that fails, and it alone", std::time::Duration::from_secs(60), || {
        daemon.alive()?;
        let status = home.ask(&["status"])?;
        let failing = |name: &str| {
            let line = status.iter().find(|l| l["kind"] == "mailbox" && l["name"] == name);
            line.map(|l| !l["error"].is_null())
        };
        Ok(failing("billing") == Some(true) && failing("support") == Some(false))
    })?;
    Ok(String::new())
}
