//! A mail that was wrongly refused comes back: its plain octets, opened off the host, are processed again under a stated
//! reason and update the ticket that they belong to.

use super::{Context, admit};
use crate::config::{Mailbox, Mode};
use crate::keys;
use crate::sink::clean;
use crate::source::Source;
use lazaret_core::wire::{Answer, Job, JobKind};
use lazaret_core::{Digest, Outcome, Profile, RawMessage, Reason, Thread, Verdict};
use lazaret_store::TicketRef;

/// Processes a released message again. Its K2 must be the one that was sealed. Values are still taken out: a release
/// lifts quarantine and refusal, not redaction.
///
/// Answers a line for the officer, or why not.
pub(crate) async fn release(
    context: &Context,
    id: String,
    message: RawMessage,
    reason: String,
) -> Result<String, String> {
    let digest = context.store.keys().digest.digest(&message);
    if digest.to_hex().get(..16) != Some(id.as_str()) {
        return Err("these are not the octets that were sealed under this id".into());
    }
    let row = context.store.sealed(&id).await.map_err(|e| e.to_string())?;
    let Some((row, _)) = row else { return Err("nothing is sealed under this id".into()) };
    let mailbox = context.config.mailboxes.iter().find(|m| m.name == row.mailbox);
    let profile = mailbox.map(|m| m.profile.clone()).unwrap_or_default();
    let thread = context.store.thread_of(&row.ticket, crate::clock::now()).await.map_err(|e| e.to_string())?;
    let outcome = judged(context, profile, thread, message, "sealed").await?;
    let released = context.store.release(&id, digest, outcome, reason, crate::clock::now()).await;
    let ticket = released.map_err(|e| e.to_string())?;
    context.nudge_deliveries.send_replace(());
    let told = match mailbox.filter(|_| context.config.mode == Mode::Enforce) {
        None => String::new(),
        Some(mailbox) => deliver(context, mailbox, &ticket, &digest.to_hex()).await,
    };
    Ok(format!("released into {}{told}", ticket.0))
}

/// What a message comes to once quarantine is lifted; one that would be set aside all the same stays what it is.
pub(super) async fn judged(
    context: &Context,
    profile: Profile,
    thread: Option<Thread>,
    message: RawMessage,
    stays: &str,
) -> Result<Outcome, String> {
    let job = Job { kind: JobKind::Release, profile, thread, message };
    let (_, answer) = context.pool.run_under(&context.setup, job).await;
    let mut outcome = match answer {
        Ok(Answer::Outcome(outcome)) => admit::checked(*outcome),
        Ok(_) => return Err("the worker gave another answer".into()),
        Err(death) => return Err(format!("the worker {}; the message stays {stays}", death.as_str())),
    };
    if outcome.verdict > Verdict::Redact {
        let why: Vec<String> = outcome.reasons.iter().map(Reason::to_line).collect();
        return Err(format!("the message stays {stays}: {}", why.join("; ")));
    }
    outcome.reasons.push(Reason::Released);
    Ok(outcome)
}

/// Puts the clean copy of a released message into the folder where agents read, and says how that went; the stub that
/// told of it stays. `digest` is that of the message in its ticket.
pub(super) async fn deliver(context: &Context, mailbox: &Mailbox, ticket: &TicketRef, digest: &str) -> String {
    if !mailbox.deliver.copies {
        return String::new();
    }
    match put(context, mailbox, ticket, digest).await {
        Ok(()) => "; its clean copy is in the folder".into(),
        Err(kind) => format!("; its clean copy could not be put into the folder: {kind}"),
    }
}

async fn put(context: &Context, mailbox: &Mailbox, ticket: &TicketRef, hex: &str) -> Result<(), String> {
    let view = context.store.ticket(ticket).await.map_err(|e| e.to_string())?;
    let message = view.and_then(|v| (1..).zip(v.messages).find(|(_, m)| m.digest == hex));
    let (number, message) = message.ok_or("the ticket has no such message")?;
    let message = context.store.with_files(ticket, number, message).await.map_err(|e| e.to_string())?;
    let digest = Digest::from_hex(hex).ok_or("the ticket has no such message")?;
    let own = context.store.keys().token.own_copy(&ticket.0, &mailbox.name, &digest);
    let copy = clean::clean_copy(&message, ticket, &own);
    let folder = &mailbox.deliver.folder;
    // A connection of its own: the mailbox's is busy with its own work.
    let mut source = Source::open(mailbox, keys::secrets()).with_state(&context.config.state_dir);
    let put = async {
        source.connect().await?;
        source.ensure_folder(folder).await?;
        source.append_all(folder, &[(copy.as_slice(), message.date.or(Some(message.at)))]).await
    };
    let answers = put.await.map_err(|e| e.to_string())?;
    source.logout().await;
    answers.into_iter().try_for_each(|answer| answer.map(drop)).map_err(|e| e.to_string())
}
