//! A mail that was wrongly refused comes back: its plain octets, opened off the host, are processed again under a stated
//! reason and update the ticket that they belong to.

use super::{Context, admit};
use lazaret_core::wire::{Answer, Job, JobKind};
use lazaret_core::{RawMessage, Reason, Verdict};

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
    let (_, answer) = context.pool.run(Job { kind: JobKind::Release, profile, message }).await;
    let mut outcome = match answer {
        Ok(Answer::Outcome(outcome)) => admit::checked(*outcome),
        Ok(_) => return Err("the worker gave another answer".into()),
        Err(death) => return Err(format!("the worker {}; the message stays sealed", death.as_str())),
    };
    if outcome.verdict > Verdict::Redact {
        return Err("what redaction left still holds something; the message stays sealed".into());
    }
    outcome.reasons.push(Reason::Released);
    let released = context.store.release(&id, digest, outcome, reason, crate::clock::now()).await;
    released.map(|ticket| format!("released into {}", ticket.0)).map_err(|e| e.to_string())
}
