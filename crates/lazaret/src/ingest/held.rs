//! Mail that was too large to fetch is taken in after all: once the limit was raised, an officer lets it be fetched from
//! the folder where it lies and processed like any other; its stub becomes its ticket.

use super::release::{deliver, judged};
use super::{Context, SourceError};
use crate::clock;
use crate::config::{Mailbox, Mode};
use crate::keys;
use crate::source::Source;
use lazaret_core::RawMessage;
use lazaret_store::{HeldRow, TicketRef};

/// Octets of a header of which K2 of held mail is made.
pub(super) const HEADER_BYTES_MAX: usize = 256 << 10;

/// Takes in the held messages of a ticket, for a stated reason. Values are still taken out, and what would be quarantined
/// stays held. The original stays in its folder: it is not sealed, so nothing else holds it whole.
///
/// Answers a line for the officer, or why not.
pub(crate) async fn release_held(context: &Context, ticket: TicketRef, reason: String) -> Result<String, String> {
    let rows = context.store.held(Some(&ticket), 1_000).await.map_err(|e| e.to_string())?;
    if rows.is_empty() {
        return Err(format!("nothing of {} is held; see lazaret held list", ticket.0));
    }
    let mut told = Vec::new();
    for row in rows {
        told.push(one(context, &row, reason.clone()).await?);
    }
    Ok(told.join("; "))
}

async fn one(context: &Context, row: &HeldRow, reason: String) -> Result<String, String> {
    let bytes_max = context.config.limits.message_bytes_max;
    if row.size_bytes > bytes_max {
        return Err(format!(
            "the message has {} bytes, {bytes_max} is the limit: raise limits.message_bytes_max, reload, and ask again",
            row.size_bytes
        ));
    }
    let mailbox = context.config.mailboxes.iter().find(|m| m.name == row.mailbox);
    let mailbox = mailbox.ok_or("its mailbox is no longer in the configuration")?;
    let message = fetch(context, mailbox, row).await?;
    let whole = context.store.keys().digest.digest(&message);
    let thread = context.store.thread_of(&row.ticket, clock::now()).await.map_err(|e| e.to_string())?;
    let outcome = judged(context, mailbox.profile.clone(), thread, message, "held").await?;
    let released = context.store.release_held(row, whole, outcome, reason, clock::now()).await;
    released.map_err(|e| e.to_string())?;
    context.nudge_deliveries.send_replace(());
    let told = match context.config.mode {
        Mode::Observe => String::new(),
        Mode::Enforce => deliver(context, mailbox, &row.ticket, &row.digest).await,
    };
    Ok(format!(
        "message {} taken into {}{told}; the original is still in {:?}",
        row.message, row.ticket.0, mailbox.held_folder
    ))
}

/// Fetches the original from its folder: the message of that Message-ID whose header is the one that was judged.
async fn fetch(context: &Context, mailbox: &Mailbox, row: &HeldRow) -> Result<RawMessage, String> {
    let by_hand = "raise limits.message_bytes_max and move it back into the folder that is pulled";
    let id = row.message_id.as_deref().ok_or(format!("the message has no Message-ID to be found by: {by_hand}"))?;
    // A connection of its own: the mailbox's is busy with its own work.
    let mut source = Source::open(mailbox, keys::secrets()).with_state(&context.config.state_dir);
    let found = search(context, &mut source, mailbox, row, id).await;
    source.logout().await;
    found.map_err(|e| e.to_string())?.ok_or(format!("it is not in {:?} any more", mailbox.held_folder))
}

async fn search(
    context: &Context,
    source: &mut Source,
    mailbox: &Mailbox,
    row: &HeldRow,
    id: &str,
) -> Result<Option<RawMessage>, SourceError> {
    let limits = context.config.limits;
    source.connect().await?;
    let uids = source.find(&mailbox.held_folder, "Message-ID", id).await?;
    source.select(&mailbox.held_folder).await?;
    for uid in uids {
        let header = source.fetch_header(uid, limits.header_bytes_max.min(HEADER_BYTES_MAX)).await?;
        if context.store.keys().digest.digest(&header).to_hex() != row.digest {
            continue;
        }
        let fetched = source.fetch(&[uid], limits.message_bytes_max).await?;
        return Ok(fetched.into_iter().next().map(|message| message.octets));
    }
    Ok(None)
}
