//! One message from its octets to its ticket.

use super::{Context, admit, allowed};
use crate::clock;
use crate::config::{Mailbox, Mode, Receipt};
use crate::event::{Event, emit};
use crate::metrics::{Stage, registry};
use crate::sink::forward;
use lazaret_core::message::ReturnPath;
use lazaret_core::notice::{self, Circumstances, Plan};
use lazaret_core::wire::{Answer, Job, JobKind};
use lazaret_core::{Address, Class, MessageKey, Outcome, Proof, RawMessage, Reason, Thread, TokenKey, Verdict, seal};
use lazaret_store::{Ack, Commit, Draft, Intent, JoinCandidate, Sink, StoreError, Template, TicketRef};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Deaths of workers after which a message is sealed unread.
const STRIKES_MAX: u32 = 3;

/// A message that has its ticket, and what is to be done at its source.
#[derive(Debug)]
pub(crate) struct Settlement {
    pub(crate) key: MessageKey,
    pub(crate) ack: Ack,
    /// Was it committed by an earlier life of the daemon, or is it a copy of one? Then part of it may be done.
    pub(crate) redo: bool,
}

/// How taking in a message ended.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// It has its ticket (or is our own mail).
    Settled(Settlement),
    /// Not this time; it stays at its source and is not to blame.
    Postponed,
    /// The store said no.
    StoreFailed(StoreError),
}

/// Has the workers look at a message, until one answers or three have died of it, and commits what came of it.
pub(super) async fn take_in(
    context: Arc<Context>,
    mailbox: Mailbox,
    key: MessageKey,
    octets: RawMessage,
    strikes: u32,
) -> Arrival {
    match judge(&context, &mailbox, &key, octets, strikes).await {
        Ok(Some((outcome, octets))) => {
            let size = octets.len() as u64;
            settle(&context, &mailbox, key, outcome, octets, size).await
        }
        Ok(None) => postpone(&context, key, "worker").await,
        Err(error) => Arrival::StoreFailed(error),
    }
}

/// The same for a message too large to fetch: only its header is looked at, and the stub says so.
pub(super) async fn take_in_header(
    context: Arc<Context>,
    mailbox: Mailbox,
    key: MessageKey,
    header: RawMessage,
    size: u64,
) -> Arrival {
    match judge(&context, &mailbox, &key, header, 0).await {
        Ok(Some((outcome, header))) => {
            let mut stub = Outcome::unprocessed(Reason::OverSize, Verdict::Quarantine);
            admit::keep_facts(&mut stub, outcome);
            context.status.held(&mailbox.name);
            let ack = allowed(context.config.mode, Ack::MoveHeld);
            commit(&context, &mailbox, key, stub, header, size, ack).await
        }
        Ok(None) => postpone(&context, key, "worker").await,
        Err(error) => Arrival::StoreFailed(error),
    }
}

async fn judge(
    context: &Context,
    mailbox: &Mailbox,
    key: &MessageKey,
    octets: RawMessage,
    mut strikes: u32,
) -> Result<Option<(Outcome, RawMessage)>, StoreError> {
    let mut job = Job { kind: JobKind::Process, profile: mailbox.profile.clone(), thread: None, message: octets };
    while strikes < STRIKES_MAX {
        let began = Instant::now();
        let (back, answer) = context.pool.run_under(&context.setup, job).await;
        registry().took(Stage::Process, began.elapsed());
        job = back;
        match answer {
            Ok(Answer::Outcome(outcome)) => {
                let outcome = admit::checked(*outcome);
                // Which conversation it belongs to is known only now: where that has something to tell, it is looked at
                // once more with it.
                if job.thread.is_none() {
                    job.thread = thread(context, &outcome).await?;
                    if job.thread.is_some() {
                        continue;
                    }
                }
                return Ok(Some((outcome, job.message)));
            }
            Ok(_) => strikes = strike(context, key, "babbled").await?,
            Err(death) if death.is_strike() => strikes = strike(context, key, death.as_str()).await?,
            Err(_) => return Ok(None),
        }
    }
    Ok(Some((Outcome::unprocessed(Reason::Poison, Verdict::Quarantine), job.message)))
}

/// What earlier messages of its conversation left.
async fn thread(context: &Context, outcome: &Outcome) -> Result<Option<Thread>, StoreError> {
    let join = candidates(context, outcome);
    let answers = outcome.envelope.in_reply_to.is_some() || !outcome.envelope.references.is_empty();
    match join.is_empty() && !answers {
        true => Ok(None),
        false => context.store.thread(join, outcome, clock::now()).await,
    }
}

async fn strike(context: &Context, key: &MessageKey, how: &'static str) -> Result<u32, StoreError> {
    let strikes = context.store.strike(key).await?;
    emit(Event::Strike { key, strikes, how });
    Ok(strikes)
}

async fn postpone(context: &Context, key: MessageKey, kind: &'static str) -> Arrival {
    emit(Event::Postponed { key: &key, kind });
    match context.store.release_claims(vec![key]).await {
        Ok(()) => Arrival::Postponed,
        Err(error) => Arrival::StoreFailed(error),
    }
}

async fn settle(
    context: &Context,
    mailbox: &Mailbox,
    key: MessageKey,
    outcome: Outcome,
    octets: RawMessage,
    size_bytes: u64,
) -> Arrival {
    let token = &context.store.keys().token;
    let names: Vec<&str> = context.config.mailboxes.iter().map(|m| m.name.as_str()).collect();
    let bounced = bounced_delivery(token, &outcome);
    if let Some(id) = &bounced {
        match context.store.delivery_bounced(id, clock::now()).await {
            Ok(true) => emit(Event::DeliveryBounced { id }),
            Ok(false) => {}
            Err(error) => return Arrival::StoreFailed(error),
        }
    }
    // A bounce of what was forwarded is known at its delivery now; as a ticket it would be forwarded in its turn.
    if bounced.is_some() || is_own(token, &names, &context.ours, &outcome) {
        emit(Event::OwnMail { key: &key });
        return match context.store.own(key.clone()).await {
            Ok(()) => Arrival::Settled(Settlement { key, ack: Ack::Leave, redo: false }),
            Err(error) => Arrival::StoreFailed(error),
        };
    }
    let ack = match outcome.verdict {
        Verdict::Allow => Ack::MoveClean,
        Verdict::Redact | Verdict::Quarantine | Verdict::Reject => Ack::Replace,
    };
    commit(context, mailbox, key, outcome, octets, size_bytes, allowed(context.config.mode, ack)).await
}

async fn commit(
    context: &Context,
    mailbox: &Mailbox,
    key: MessageKey,
    outcome: Outcome,
    octets: RawMessage,
    size_bytes: u64,
    ack: Ack,
) -> Arrival {
    let keys = context.store.keys();
    let digest = keys.digest.digest(&octets);
    let now = clock::now();
    let sealed = match sealed(context, &outcome, &octets, ack, &digest, now) {
        Ok(sealed) => sealed,
        Err(()) => return postpone(context, key, "seal").await,
    };
    drop(octets);
    let (class, verdict) = (outcome.class.as_str(), outcome.verdict.as_str());
    for reason in &outcome.reasons {
        if let Reason::FileResidue { count } = reason {
            emit(Event::FileResidue { key: &key, count: *count });
        }
    }
    let found: Vec<_> = outcome.findings.iter().map(|f| (f.class.as_str(), f.action.as_str())).collect();
    let commit = Commit {
        join: candidates(context, &outcome),
        reply_new: intent(context, mailbox, &outcome, now, false),
        reply_joined: intent(context, mailbox, &outcome, now, true),
        digest,
        now,
        size_bytes,
        sealed,
        rules: context.rules.clone(),
        sinks: sinks(context, mailbox, &key, &outcome),
        key: key.clone(),
        outcome,
        ack,
    };
    let began = Instant::now();
    let committed = context.store.commit(commit).await;
    registry().took(Stage::Commit, began.elapsed());
    match committed {
        Ok(done) => {
            if !done.duplicate {
                found.iter().for_each(|(class, action)| registry().finding(class, action));
            }
            if done.reply {
                context.nudge.notify_one();
            }
            if done.deliveries > 0 {
                context.nudge_deliveries.send_replace(());
            }
            emit(Event::Committed {
                key: &key,
                ticket: &done.ticket,
                verdict,
                class,
                joined: done.joined,
                duplicate: done.duplicate,
                reply: done.reply,
            });
            Arrival::Settled(Settlement { key, ack: done.ack, redo: done.duplicate })
        }
        Err(error) => Arrival::StoreFailed(error),
    }
}

/// Seals the original where it will be removed from its source, unless a rule says that nothing may be kept.
fn sealed(
    context: &Context,
    outcome: &Outcome,
    octets: &RawMessage,
    ack: Ack,
    digest: &lazaret_core::Digest,
    now: i64,
) -> Result<Option<(seal::Sealed, i64)>, ()> {
    let kept = ack == Ack::Replace && !(outcome.verdict == Verdict::Reject && outcome.keep_nothing);
    if !kept {
        return Ok(None);
    }
    let recipients = &context.config.quarantine.recipients;
    let sealed = seal::seal(octets, recipients, digest.to_hex().as_bytes()).map_err(|_| ())?;
    Ok(Some((sealed, now.saturating_add_unsigned(context.keep_secs))))
}

/// Is it mail of our own: a clean copy whose header verifies, a reply of ours that came back, or mail that proves to be
/// from one of the mailbox's own addresses? It gets no ticket and stays where it is.
///
/// Whoever got a reply of ours knows its Message-ID, and whoever reads clean copies their header; either can be put on
/// another mail. So a reply must also be from an address of ours, and nothing in a copy or a reply may ask for more than
/// to be let through, which nothing of ours does.
///
/// A copy is bound to its mailbox, but a forwarded one may come back to another of ours.
fn is_own(token: &TokenKey, mailboxes: &[&str], ours: &[String], outcome: &Outcome) -> bool {
    let copy = is_copy(token, mailboxes, outcome);
    let id = outcome.envelope.message_id.as_deref();
    let from_us =
        matches!(outcome.envelope.from.as_slice(), [Address { addr: Some(from), .. }] if ours.contains(&from.folded()));
    let reply = from_us && id.and_then(|id| token.verify_message_id(id)).is_some();
    (copy || reply) && outcome.verdict == Verdict::Allow || outcome.class == Class::Own && outcome.proof == Proof::Pass
}

/// Does it carry the header of a clean copy of one of these mailboxes?
fn is_copy(token: &TokenKey, mailboxes: &[&str], outcome: &Outcome) -> bool {
    let copy = outcome.own_copy.as_deref();
    copy.is_some_and(|value| mailboxes.iter().any(|mailbox| token.verify_own_copy(value, mailbox).is_some()))
}

/// The delivery whose forwarded copy a bounce returns.
fn bounced_delivery(token: &TokenKey, outcome: &Outcome) -> Option<String> {
    let null = matches!(outcome.envelope.return_path, ReturnPath::Null | ReturnPath::Unknown);
    let ids = outcome.bounced_ids.iter().filter(|_| null && outcome.class == Class::Bounce);
    ids.filter_map(|id| forward::delivery_of(token, id)).next()
}

/// Where the message goes beside the folder. What carries the mark of a clean copy and is no harmless copy gets a ticket,
/// but is not sent on: it may be on its way round.
fn sinks(context: &Context, mailbox: &Mailbox, key: &MessageKey, outcome: &Outcome) -> Vec<Sink> {
    if context.config.mode == Mode::Observe {
        return Vec::new();
    }
    let names: Vec<&str> = context.config.mailboxes.iter().map(|m| m.name.as_str()).collect();
    let held = is_copy(&context.store.keys().token, &names, outcome);
    let sinks: Vec<Sink> = mailbox.deliver.targets.iter().map(|target| Sink { target: target.name(), held }).collect();
    if held && !sinks.is_empty() {
        emit(Event::LoopHeld { key });
    }
    sinks
}

/// The tickets that the message names, those with a token of ours first.
///
/// A bounce needs no party to its ticket, so it must be what only a mail server writes: a null reverse-path, and our
/// Message-ID in what it returns. What it names in its own header counts as little as anybody's.
fn candidates(context: &Context, outcome: &Outcome) -> Vec<JoinCandidate> {
    let token = &context.store.keys().token;
    let envelope = &outcome.envelope;
    if outcome.class == Class::Bounce {
        let null = matches!(envelope.return_path, ReturnPath::Null | ReturnPath::Unknown);
        let returned = outcome.bounced_ids.iter().filter(|_| null).filter_map(|id| token.verify_message_id(id));
        return returned.take(20).map(|ticket| JoinCandidate { ticket: TicketRef(ticket), token: true }).collect();
    }
    let ids = envelope.references.iter().rev().chain(&envelope.in_reply_to);
    let mut found: Vec<JoinCandidate> = ids
        .filter_map(|id| token.verify_message_id(id))
        .map(|ticket| JoinCandidate { ticket: TicketRef(ticket), token: true })
        .collect();
    let named = envelope.subject_refs.iter().filter(|r| r.starts_with("LZ-"));
    found.extend(named.map(|r| JoinCandidate { ticket: TicketRef(r.clone()), token: false }));
    found.dedup();
    found.truncate(20);
    found
}

/// Is the mail too old to be answered? One without a readable date, or from tomorrow, does not say how old it is, and
/// what does not say it is not answered.
fn is_backlog(date: Option<i64>, now: i64, reply_max_age: Duration) -> bool {
    const CLOCKS_DIFFER_SECS: i64 = 86_400;
    let age = date.map(|date| now.saturating_sub(date));
    !age.is_some_and(|age| (-CLOCKS_DIFFER_SECS..=reply_max_age.as_secs() as i64).contains(&age))
}

fn intent(context: &Context, mailbox: &Mailbox, outcome: &Outcome, now: i64, joined: bool) -> Intent {
    let config = &context.config;
    let Some(replies) = &config.replies else { return Intent::Not("no replies configured") };
    let circumstances = Circumstances {
        observe: config.mode == Mode::Observe,
        backlog: is_backlog(outcome.envelope.date, now, config.reply_max_age),
        receipts: replies.receipt == Receipt::NewTicket,
        joined,
        ours: &context.ours,
    };
    match notice::decide(outcome, &mailbox.profile, &circumstances) {
        Plan::None(why) => Intent::Not(why),
        Plan::Reply { to, template, kinds, proven } => Intent::Send(Draft {
            to,
            mailbox: mailbox.name.clone(),
            template: match template {
                notice::Kind::Receipt => Template::Receipt,
                notice::Kind::Removed => Template::Removed,
                notice::Kind::Refused => Template::Refused,
            },
            kinds: kinds.into_iter().map(str::to_owned).collect(),
            language: outcome.language.clone().unwrap_or_else(|| replies.language.clone()),
            proven,
            in_reply_to: outcome.envelope.message_id.clone(),
            references: outcome.envelope.references.clone(),
        }),
    }
}

#[cfg(test)]
mod who;

#[cfg(test)]
mod tests {
    use super::*;
    use lazaret_core::{Addr, Cleared, Digest};

    #[test]
    fn only_what_is_harmless_and_from_us_is_our_own() {
        let token = TokenKey::new([1; 32]);
        let ours = ["support@acme.example".to_owned()];
        let reply = token.message_id("LZ-7K2Q-M4XD", "1", "acme.example");
        let copy = token.own_copy("LZ-7K2Q-M4XD", "support", &Digest([7; 32]));
        let (us, other) = ("Support@acme.example", "mia@customer.example");
        let cases = [
            ("our reply come back", us, Some(&reply), None, Verdict::Allow, true),
            ("our Message-ID on another's mail", other, Some(&reply), None, Verdict::Allow, false),
            ("our Message-ID on what holds something", us, Some(&reply), None, Verdict::Redact, false),
            ("a clean copy", other, None, Some(&copy), Verdict::Allow, true),
            ("its header on what holds something", other, None, Some(&copy), Verdict::Redact, false),
            ("its header on what was not read", other, None, Some(&copy), Verdict::Quarantine, false),
            ("nothing of ours", us, None, None, Verdict::Allow, false),
        ];
        for (what, from, id, copy, verdict, own) in cases {
            let mut outcome = Outcome::unprocessed(Reason::Poison, verdict);
            outcome.envelope.from = vec![Address { name: Cleared::default(), addr: Addr::parse(from) }];
            outcome.envelope.message_id = id.cloned();
            outcome.own_copy = copy.cloned();
            assert_eq!(is_own(&token, &["support"], &ours, &outcome), own, "{what}");
            assert_eq!(is_own(&token, &["sales", "support"], &ours, &outcome), own, "{what}, of several mailboxes");
        }
        let mut outcome = Outcome::unprocessed(Reason::Poison, Verdict::Allow);
        outcome.class = Class::Own;
        assert!(!is_own(&token, &["support"], &ours, &outcome), "not proven");
        outcome.proof = Proof::Pass;
        assert!(is_own(&token, &["support"], &ours, &outcome), "proven");
    }
}

#[cfg(test)]
mod age {
    use super::*;

    #[test]
    fn mail_is_answered_only_if_it_says_that_it_is_young() {
        let (now, hour) = (1_800_000_000, 3600);
        for (date, backlog) in [
            (Some(now), false),
            (Some(now - 72 * hour), false),
            (Some(now - 72 * hour - 1), true),
            (Some(now + 24 * hour), false),
            (Some(now + 24 * hour + 1), true),
            (None, true),
        ] {
            assert_eq!(is_backlog(date, now, Duration::from_secs(72 * 3600)), backlog, "{date:?}");
        }
    }
}
