//! What every store must do, engine or not: the ledger, tickets, replies and sealed originals, seen through the door.
#![allow(clippy::unwrap_used)]

mod common;
use common::*;
use lazaret_core::{Class, Digest, Outcome, Proof, Verdict};
use lazaret_store::*;
use std::collections::BTreeSet;

const ANNA: &str = "anna@mail.example";

#[tokio::test]
async fn a_message_gets_its_ticket_and_can_be_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let claims = store.claim(vec![key(1)]).await.unwrap();
    assert_eq!(claims, [Claim { key: key(1), strikes: 0 }]);
    assert_eq!(store.counts().await.unwrap().claimed, 1);
    let done = store.commit(commit(1, 1, outcome(ANNA, "Printer", "It does not print."))).await.unwrap();
    assert_eq!(
        (done.message, done.joined, done.duplicate, done.reply, done.ack),
        (1, false, false, false, Ack::MoveClean)
    );
    assert!(done.ticket.0.len() == 12 && done.ticket.0.starts_with("LZ-"), "{:?}", done.ticket);
    store.verify(&key(1)).await.unwrap();
    store.close().await;

    let store = open(dir.path());
    let (ticket, message) = store.message_of(&key(1)).await.unwrap().unwrap();
    assert_eq!(ticket, done.ticket);
    assert_eq!((message.subject.as_str(), message.text.trim(), message.uid), ("Printer", "It does not print.", 1));
    assert_eq!(message.digest, digest(1).to_hex());
    let view = store.ticket(&ticket).await.unwrap().unwrap();
    assert_eq!(view.messages, [message]);
    assert_eq!((view.row.from.as_str(), view.row.verdict.as_str(), view.row.messages), (ANNA, "allow", 1));
    assert_eq!(view.row.told, Told::NotSent("observe".into()));
    assert_eq!(store.tickets(10).await.unwrap(), [view.row]);
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.tickets, counts.verdicts, counts.claimed, counts.unacknowledged), (1, [1, 0, 0, 0], 0, 1));
    assert_eq!(store.ticket(&TicketRef("LZ-NONE-NONE".into())).await.unwrap(), None);
    assert_eq!(store.message_of(&key(2)).await.unwrap(), None);
    assert!(store.verify(&key(2)).await.is_err());
    store.close().await;
}

#[tokio::test]
async fn tickets_are_listed_newest_first_and_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for n in 1..=5 {
        let mut commit = commit(n, n, stub(ANNA));
        commit.now = NOW + i64::from(n);
        store.commit(commit).await.unwrap();
    }
    let times = |rows: Vec<TicketRow>| rows.into_iter().map(|row| row.opened_at - NOW).collect::<Vec<_>>();
    assert_eq!(times(store.tickets(3).await.unwrap()), [5, 4, 3]);
    assert_eq!(times(store.tickets(100).await.unwrap()), [5, 4, 3, 2, 1]);
    store.close().await;
}

#[tokio::test]
async fn copies_give_one_ticket_and_links_also_in_one_batch() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let both = (1..=20).map(|uid| {
        let store = store.clone();
        let commit = with_reply(commit(uid, 1, stub(ANNA)), draft(ANNA, Template::Receipt));
        tokio::spawn(async move { store.commit(commit).await.unwrap() })
    });
    let mut done = Vec::new();
    for task in both.collect::<Vec<_>>() {
        done.push(task.await.unwrap());
    }
    assert_eq!(done.iter().map(|d| &d.ticket).collect::<BTreeSet<_>>().len(), 1);
    assert_eq!(done.iter().filter(|d| !d.duplicate && d.reply && d.ack == Ack::MoveClean).count(), 1);
    assert_eq!(done.iter().filter(|d| d.duplicate && !d.reply && d.ack == Ack::MoveClean).count(), 19);
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.tickets, counts.duplicates, counts.verdicts[0], counts.outbox_waiting), (1, 19, 1, 1));
    let (_, message) = store.message_of(&key(20)).await.unwrap().unwrap();
    assert_eq!(message.copies, 19);
    store.verify(&key(20)).await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn what_a_copy_leaves_at_the_source() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.commit(commit(1, 1, stub(ANNA))).await.unwrap();
    let table = [
        (Ack::Leave, Ack::Leave),
        // The first one may have been left where it was, or somebody put it back: this may be the last one there is.
        (Ack::MoveClean, Ack::MoveClean),
        (Ack::Replace, Ack::Replace),
        // Only its header was seen: nobody knows whether it is the same mail.
        (Ack::MoveHeld, Ack::MoveHeld),
    ];
    for (uid, (asked, given)) in (2..).zip(table) {
        let done = store.commit(Commit { ack: asked, ..commit(uid, 1, stub(ANNA)) }).await.unwrap();
        assert_eq!((done.duplicate, done.ack), (true, given), "{asked:?}");
    }
    store.close().await;
}

#[tokio::test]
async fn a_copy_brings_the_sealed_original_that_the_first_one_had_not() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.commit(Commit { ack: Ack::Leave, ..commit(1, 1, stub(ANNA)) }).await.unwrap();
    for uid in [2, 3] {
        let sealed = Some((sealed(b"octets"), NOW + 100));
        store.commit(Commit { ack: Ack::Replace, sealed, ..commit(uid, 1, stub(ANNA)) }).await.unwrap();
    }
    assert_eq!(store.quarantine(10).await.unwrap().len(), 1);
    assert_eq!(store.counts().await.unwrap().sealed, 1);
    let (_, message) = store.message_of(&key(1)).await.unwrap().unwrap();
    assert_eq!(message.sealed_until, Some(NOW + 100));
    store.close().await;
}

#[tokio::test]
async fn the_same_uid_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let first = store.commit(commit(1, 1, stub(ANNA))).await.unwrap();
    let again = store.commit(commit(1, 1, stub(ANNA))).await.unwrap();
    assert_eq!(again, first);
    store.acknowledged(vec![key(1)]).await.unwrap();
    let done = store.commit(commit(1, 1, stub(ANNA))).await.unwrap();
    assert_eq!((done.ack, done.duplicate, done.uid_reused), (Ack::Leave, false, false));
    // The server gave other octets under the same UID: a message of its own.
    let other = store.commit(commit(1, 2, stub(ANNA))).await.unwrap();
    assert!(other.uid_reused && !other.duplicate && other.ticket != first.ticket);
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.tickets, counts.duplicates, counts.unacknowledged), (2, 0, 1));
    store.close().await;
}

#[tokio::test]
async fn who_joins_a_ticket() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let ticket = store.commit(commit(1, 1, stub(ANNA))).await.unwrap().ticket;
    let (token, named) = (true, false);
    let table = [
        ("a party with our token", ANNA, Class::Human, Proof::None, false, token, true),
        ("a forged party with our token", ANNA, Class::Human, Proof::Fail, false, token, false),
        ("other case", "Anna@MAIL.example", Class::Human, Proof::None, false, token, true),
        ("a proven party by subject", ANNA, Class::Human, Proof::Pass, false, named, true),
        ("an unproven party by subject", ANNA, Class::Human, Proof::None, false, named, false),
        ("a forged party by subject", ANNA, Class::Human, Proof::Fail, false, named, false),
        ("a stranger with our token", "eve@evil.example", Class::Human, Proof::Pass, false, token, false),
        ("a stranger by subject", "eve@evil.example", Class::Human, Proof::Pass, false, named, false),
        ("a bounce with our token", "mailer-daemon@mx.example", Class::Bounce, Proof::None, false, token, true),
        ("a bounce by subject", "mailer-daemon@mx.example", Class::Bounce, Proof::None, false, named, false),
        ("the machine of that bounce", "mailer-daemon@mx.example", Class::Human, Proof::Pass, false, token, false),
        ("staff with our token", "tom@acme.example", Class::Human, Proof::Pass, true, token, true),
        ("staff, now a party", "tom@acme.example", Class::Human, Proof::Pass, false, token, true),
    ];
    for (n, (what, from, class, proof, staff, token, joins)) in (2..).zip(table) {
        let mut outcome = stub(from);
        (outcome.class, outcome.proof, outcome.staff) = (class, proof, staff);
        let join = vec![
            JoinCandidate { ticket: TicketRef("LZ-GONE-GONE".into()), token: true },
            JoinCandidate { ticket: ticket.clone(), token },
        ];
        let done = store.commit(Commit { join, ..commit(n, n, outcome) }).await.unwrap();
        assert_eq!((done.joined, done.ticket == ticket), (joins, joins), "{what}");
    }
    let view = store.ticket(&ticket).await.unwrap().unwrap();
    assert_eq!(view.row.messages as usize, view.messages.len());
    assert_eq!(view.messages.len(), 7);
    store.close().await;
}

#[tokio::test]
async fn a_stranger_who_holds_a_token_is_told_nothing() {
    const EVE: &str = "eve@evil.example";
    let dir = tempfile::tempdir().unwrap();
    let limits = ReplyLimits { domain_per_hour_max: 100, ..ReplyLimits::default() };
    let store = Store::open(Options { reply_limits: limits, ..options(dir.path()) }).unwrap();
    let ticket = store.commit(commit(1, 1, stub(ANNA))).await.unwrap().ticket;
    let other = store.commit(commit(2, 2, stub(EVE))).await.unwrap().ticket;
    let (is_told, third) = (None, Some("third-party"));
    let held = |ticket: &TicketRef, token| JoinCandidate { ticket: ticket.clone(), token };
    let gone = held(&TicketRef("LZ-GONE-GONE".into()), true);
    let table = [
        ("a stranger with a token", EVE, Class::Human, false, vec![held(&ticket, true)], third),
        (
            "one with the token of a ticket that is gone, too",
            EVE,
            Class::Human,
            false,
            vec![gone.clone(), held(&ticket, true)],
            third,
        ),
        ("a party", ANNA, Class::Human, false, vec![held(&ticket, true)], is_told),
        ("a party that is forged", "forged", Class::Human, false, vec![held(&ticket, true)], is_told),
        (
            "a party to another ticket that it names",
            EVE,
            Class::Human,
            false,
            vec![held(&ticket, true), held(&other, true)],
            is_told,
        ),
        ("staff", "tom@acme.example", Class::Human, true, vec![held(&ticket, true)], is_told),
        ("a bounce", "mailer-daemon@mx.example", Class::Bounce, false, vec![held(&ticket, true)], is_told),
        ("the token of a ticket that is gone", EVE, Class::Human, false, vec![gone], is_told),
        ("a reference, which is no credential", EVE, Class::Human, false, vec![held(&ticket, false)], is_told),
        ("nothing", EVE, Class::Human, false, vec![], is_told),
    ];
    for (n, (what, from, class, staff, join, not)) in (3..).zip(table) {
        let (from, proof) = if from == "forged" { (ANNA, Proof::Fail) } else { (from, Proof::Pass) };
        let mut outcome = stub(from);
        (outcome.class, outcome.proof, outcome.staff) = (class, proof, staff);
        // Not only receipts: whoever is told of what was taken out learns as much.
        let draft = draft(&format!("u{n}@d{n}.example"), Template::Removed);
        let done = store.commit(Commit { join, ..with_reply(commit(n, n, outcome), draft) }).await.unwrap();
        assert_eq!(done.reply, not.is_none(), "{what}");
        let (_, message) = store.message_of(&key(n)).await.unwrap().unwrap();
        let told = not.map_or(Told::Pending, |why| Told::NotSent(why.into()));
        assert_eq!(message.told, told, "{what}");
    }
    store.close().await;
}

#[tokio::test]
async fn a_bounce_marks_its_ticket_and_a_later_answer_takes_the_mark_away() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let first = with_reply(commit(1, 1, stub(ANNA)), draft(ANNA, Template::Receipt));
    let ticket = store.commit(first).await.unwrap().ticket;
    let join = vec![JoinCandidate { ticket: ticket.clone(), token: true }];
    let mut bounce = stub("mailer-daemon@mx.example");
    bounce.class = Class::Bounce;
    store.commit(Commit { join: join.clone(), ..commit(2, 2, bounce) }).await.unwrap();
    let told = |view: Option<TicketView>| view.unwrap().row.told;
    assert_eq!(told(store.ticket(&ticket).await.unwrap()), Told::NotSent("bounced: customer not reached".into()));
    let notice = with_reply(commit(3, 3, stub(ANNA)), draft(ANNA, Template::Removed));
    assert!(store.commit(Commit { join, ..notice }).await.unwrap().reply);
    assert_eq!(told(store.ticket(&ticket).await.unwrap()), Told::Pending);
    store.close().await;
}

/// Commits `n` messages of their own tickets with this reply; answers how many were put in.
async fn replies(store: &Store, from: u32, n: u32, draft: &Draft, now: i64) -> usize {
    let mut sent = 0;
    for uid in from..from + n {
        let done =
            store.commit(Commit { now, ..with_reply(commit(uid, uid, stub(ANNA)), draft.clone()) }).await.unwrap();
        sent += usize::from(done.reply);
    }
    sent
}

#[tokio::test]
async fn limits_on_replies_hold_survive_a_restart_and_a_clock_set_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let receipt = draft(ANNA, Template::Receipt);
    let unproven = Draft { proven: false, ..draft("ben@mail.example", Template::Receipt) };
    assert_eq!(replies(&store, 1, 9, &receipt, NOW).await, 9);
    assert_eq!(replies(&store, 10, 3, &receipt, NOW).await, 1);
    assert_eq!(replies(&store, 20, 3, &unproven, NOW).await, 1);
    // A detail makes no other recipient.
    for (uid, address) in [(24, "ben+1@mail.example"), (25, "Ben+2@mail.example")] {
        let tagged = Draft { proven: false, ..draft(address, Template::Receipt) };
        assert_eq!(replies(&store, uid, 1, &tagged, NOW).await, 0, "{address}");
    }
    // Receipts do not eat notices, and other spellings are the same recipient.
    let notice = draft("ANNA@mail.example", Template::Removed);
    // Ten go, ten wait for room, and of the others the ticket says it.
    assert_eq!(replies(&store, 30, 25, &notice, NOW).await, 20);
    let refused = draft(ANNA, Template::Refused);
    assert_eq!(replies(&store, 60, 1, &refused, NOW).await, 0);
    let (_, message) = store.message_of(&key(60)).await.unwrap().unwrap();
    assert_eq!(message.told, Told::NotSent("limit: replies to one recipient in a day".into()));
    store.close().await;

    let store = open(dir.path());
    assert_eq!(replies(&store, 100, 1, &receipt, NOW + 86_000).await, 0);
    assert_eq!(replies(&store, 101, 1, &receipt, NOW - 400 * 86_400).await, 0);
    assert_eq!(replies(&store, 102, 11, &receipt, NOW + 100_000).await, 10);
    store.close().await;
}

/// One answer a day in all; a notice that comes after the receipt is the next day's, before anything that came later.
#[tokio::test]
async fn a_notice_waits_for_its_limit_and_is_eaten_by_no_receipt() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let to = |template| Draft { proven: false, ..draft("ben@mail.example", template) };
    let told = |store: &Store, uid| {
        let (store, key) = (store.clone(), key(uid));
        async move { store.message_of(&key).await.unwrap().unwrap().1.told }
    };
    assert_eq!(replies(&store, 1, 1, &to(Template::Receipt), NOW).await, 1);
    assert_eq!(replies(&store, 2, 1, &to(Template::Removed), NOW + 60).await, 1);
    assert_eq!(replies(&store, 3, 1, &to(Template::Refused), NOW + 61).await, 0, "one waits, no second one");
    assert_eq!(told(&store, 2).await, Told::Pending);
    assert_eq!(store.due(NOW + 70, 10).await.unwrap().len(), 1, "the receipt alone");
    store.close().await;

    let store = open(dir.path());
    // The limit holds for a day; the notice has its place from the moment on which it ends.
    let day = 86_400;
    let first = store.due(NOW + day - 7_200, 10).await.unwrap();
    assert_eq!(first.iter().map(|l| l.draft.template).collect::<Vec<_>>(), [Template::Receipt], "within the day");
    store.sending(&first[0].id).await.unwrap();
    store.dot_pending(&first[0].id).await.unwrap();
    store.settle(&first[0].id, Settled::Accepted { code: 250 }, NOW + 71).await.unwrap();
    let free = store.next_due().await.unwrap().unwrap();
    assert!((NOW + day..=NOW + day * 13 / 12).contains(&free), "{}", free - NOW);
    assert_eq!(store.counts().await.unwrap().outbox_oldest_at, Some(free), "it is not stuck: it waits");
    assert_eq!(replies(&store, 4, 1, &to(Template::Receipt), free).await, 0, "a receipt does not go before it");
    let lease = store.due(free, 10).await.unwrap();
    assert_eq!(lease.len(), 1);
    assert_eq!((lease[0].draft.template, lease[0].queued_at), (Template::Removed, free));
    assert_eq!(replies(&store, 5, 1, &to(Template::Receipt), free + 60).await, 0, "it was that day's answer");
    store.close().await;
}

/// What finds no room for two days fails, and leaves its place to others.
#[tokio::test]
async fn a_notice_does_not_wait_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let to = |template| Draft { proven: false, ..draft("ben@mail.example", template) };
    assert_eq!(replies(&store, 1, 1, &to(Template::Receipt), NOW).await, 1);
    assert_eq!(replies(&store, 2, 1, &to(Template::Removed), NOW).await, 1);
    let late = NOW + lazaret_store::REPLY_AGE_SECS_MAX + 1;
    assert!(store.due(late, 10).await.unwrap().is_empty());
    let (_, message) = store.message_of(&key(2)).await.unwrap().unwrap();
    assert_eq!(message.told, Told::NotSent("not delivered in time".into()));
    assert_eq!(replies(&store, 3, 1, &to(Template::Receipt), late).await, 1, "its place is free");
    store.close().await;
}

/// Judged while observing, enforced later: the ticket has what was found then, no copy is counted, nobody is told.
#[tokio::test]
async fn what_was_observed_is_judged_again_when_it_is_enforced() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let folder = FolderState { uid_validity: key(1).uid_validity, baseline_uid: 0 };
    store.begin_folder(&key(1).mailbox, &key(1).folder, folder).await.unwrap();
    for uid in 1..=3 {
        let observed = Commit { ack: Ack::Leave, ..commit(uid, uid, outcome(ANNA, "Old", "Old words.")) };
        store.commit(observed).await.unwrap();
    }
    store.commit(commit(4, 4, stub(ANNA))).await.unwrap();
    let page = store.observed(None).await.unwrap();
    assert_eq!((page.messages.len(), page.unreadable, page.next), (3, 0, None));
    let reopen = |count_only| store.reopen("support", "INBOX", None, count_only);
    assert_eq!(reopen(true).await.unwrap(), (3, None));
    let survey = store.survey("support", "INBOX", key(1).uid_validity, vec![1, 2, 3, 4]).await.unwrap();
    assert!(survey.unclaimed.is_empty(), "counting changes nothing");
    assert_eq!(reopen(false).await.unwrap(), (3, None));
    assert_eq!(reopen(false).await.unwrap(), (0, None));
    let survey = store.survey("support", "INBOX", key(1).uid_validity, vec![1, 2, 4]).await.unwrap();
    assert_eq!(survey.unclaimed, [1, 2], "what is still there");
    store.claim(vec![key(1)]).await.unwrap();
    let mut again = with_reply(commit(1, 1, outcome(ANNA, "New", "New words.")), draft(ANNA, Template::Removed));
    again.outcome.verdict = lazaret_core::Verdict::Redact;
    let done = store.commit(Commit { ack: Ack::Replace, ..again }).await.unwrap();
    assert_eq!((done.ack, done.reply, done.joined), (Ack::Replace, false, false));
    let (_, message) = store.message_of(&key(1)).await.unwrap().unwrap();
    assert_eq!((message.subject.as_str(), message.verdict.as_str(), message.ack), ("New", "redact", Ack::Replace));
    assert_eq!((message.copies, message.told), (0, Told::NotSent("observe".into())));
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.tickets, counts.duplicates, counts.verdicts), (4, 0, [3, 1, 0, 0]));
    assert_eq!(store.observed(None).await.unwrap().messages.len(), 2);
    store.close().await;
}

#[tokio::test]
async fn limits_of_domain_tenant_and_ticket() {
    let dir = tempfile::tempdir().unwrap();
    let limits = ReplyLimits { domain_per_hour_max: 3, tenant_per_hour_max: 5, ..ReplyLimits::default() };
    let store = Store::open(Options { reply_limits: limits, ..options(dir.path()) }).unwrap();
    let to = |n: u32, domain: &str| draft(&format!("u{n}@{domain}.example"), Template::Receipt);
    let mut sent = Vec::new();
    for n in 1..=8 {
        let domain = if n <= 4 { "one" } else { "two" };
        sent.push(replies(&store, n, 1, &to(n, domain), NOW).await);
    }
    assert_eq!(sent, [1, 1, 1, 0, 1, 1, 0, 0]);
    assert_eq!(replies(&store, 9, 1, &to(9, "three"), NOW + 3_599).await, 0);
    assert_eq!(replies(&store, 10, 1, &to(10, "one"), NOW + 4_000).await, 1);
    // One receipt a ticket, but a notice passes.
    let (ticket, _) = store.message_of(&key(10)).await.unwrap().unwrap();
    for (uid, template, goes) in [(11, Template::Receipt, false), (12, Template::Removed, true)] {
        let mut outcome = stub(ANNA);
        outcome.staff = true;
        let mut commit = with_reply(commit(uid, uid, outcome), draft(ANNA, template));
        commit.join = vec![JoinCandidate { ticket: ticket.clone(), token: true }];
        let done = store.commit(Commit { now: NOW + 4_000, ..commit }).await.unwrap();
        assert_eq!((done.joined, done.reply), (true, goes), "{template:?}");
    }
    store.close().await;
}

#[tokio::test]
async fn beyond_its_rate_the_breaker_opens_until_a_person_closes_it() {
    let dir = tempfile::tempdir().unwrap();
    let limits = ReplyLimits { breaker_per_minute_max: 3, ..ReplyLimits::default() };
    let store = Store::open(Options { reply_limits: limits.clone(), ..options(dir.path()) }).unwrap();
    let receipt = draft(ANNA, Template::Receipt);
    assert_eq!(replies(&store, 1, 3, &receipt, NOW).await, 3);
    assert_eq!(store.counts().await.unwrap().breaker_open_since, None);
    assert_eq!(replies(&store, 4, 1, &receipt, NOW).await, 1);
    store.close().await;
    let store = Store::open(Options { reply_limits: limits, ..options(dir.path()) }).unwrap();
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.breaker_open_since, counts.outbox_waiting), (Some(NOW), 4));
    assert!(store.due(NOW, 10).await.unwrap().is_empty());
    assert_eq!(store.next_due().await.unwrap(), None);
    store.close_breaker().await.unwrap();
    assert_eq!(store.next_due().await.unwrap(), Some(NOW));
    assert_eq!(store.due(NOW, 10).await.unwrap().len(), 4);
    store.close().await;
}

#[tokio::test]
async fn the_life_of_a_reply() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let sent = Draft {
        kinds: vec!["payment card details".into()],
        in_reply_to: Some("a@b".into()),
        references: vec!["c@d".into(), "a@b".into()],
        ..draft(ANNA, Template::Removed)
    };
    let done = store.commit(with_reply(commit(1, 1, stub(ANNA)), sent.clone())).await.unwrap();
    assert_eq!(store.due(NOW - 1, 10).await.unwrap().len(), 0);
    let lease = store.due(NOW, 10).await.unwrap().pop().unwrap();
    assert_eq!((&lease.draft, &lease.ticket, lease.attempts, lease.queued_at), (&sent, &done.ticket, 0, NOW));
    assert_eq!(lease.id.len(), 16);
    assert!(store.due(NOW, 10).await.unwrap().is_empty(), "leased");
    store.end_leases().await.unwrap();
    assert_eq!(store.due(NOW, 10).await.unwrap().len(), 1, "free again");
    let id = lease.id.as_str();
    assert!(matches!(store.dot_pending(id).await, Err(StoreError::State { state: "ready", .. })));
    store.sending(id).await.unwrap();
    store.settle(id, Settled::Deferred { until: NOW + 60, code: Some(451) }, NOW).await.unwrap();
    assert_eq!(store.next_due().await.unwrap(), Some(NOW + 60));
    assert!(store.due(NOW + 59, 10).await.unwrap().is_empty());
    let lease = store.due(NOW + 60, 10).await.unwrap().pop().unwrap();
    assert_eq!((lease.id.as_str(), lease.attempts), (id, 1));
    store.sending(id).await.unwrap();
    store.dot_pending(id).await.unwrap();
    let told = store.ticket(&done.ticket).await.unwrap().unwrap().messages[0].told.clone();
    assert_eq!(told, Told::Pending);
    store.settle(id, Settled::Accepted { code: 250 }, NOW + 61).await.unwrap();
    let row = store.outbox(10).await.unwrap().pop().unwrap();
    assert_eq!((row.state.as_str(), row.attempts, row.code, row.due_at), ("accepted", 2, Some(250), None));
    assert_eq!(store.ticket(&done.ticket).await.unwrap().unwrap().row.told, Told::Accepted);
    assert!(store.settle(id, Settled::Failed { code: None }, NOW).await.is_err());
    assert!(matches!(store.sending("0000000000000000").await, Err(StoreError::NotFound { .. })));
    assert!(matches!(store.sending("no id").await, Err(StoreError::NotFound { .. })));
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.outbox_waiting, counts.outbox_accepted, counts.outbox_oldest_at), (0, 1, None));
    store.close().await;
}

#[tokio::test]
async fn a_restart_sends_what_had_no_dot_and_never_what_had() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(replies(&store, 1, 3, &draft(ANNA, Template::Receipt), NOW).await, 3);
    let leases = store.due(NOW, 10).await.unwrap();
    let [ready, sending, dot] = [0, 1, 2].map(|n| leases[n].id.clone());
    store.sending(&sending).await.unwrap();
    store.sending(&dot).await.unwrap();
    store.dot_pending(&dot).await.unwrap();
    store.close().await;

    let store = open(dir.path());
    let due: BTreeSet<String> = store.due(NOW, 10).await.unwrap().into_iter().map(|l| l.id).collect();
    assert_eq!(due, BTreeSet::from([ready, sending]));
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.outbox_waiting, counts.outbox_unknown), (2, 1));
    let row = store.outbox(10).await.unwrap().into_iter().find(|row| row.id == dot).unwrap();
    assert_eq!(row.state, "unknown");
    store.close().await;
    let store = open(dir.path());
    assert_eq!(store.counts().await.unwrap().outbox_unknown, 1);
    store.close().await;
}

#[tokio::test]
async fn a_reply_of_more_than_48_hours_fails() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(replies(&store, 1, 1, &draft(ANNA, Template::Receipt), NOW).await, 1);
    let lease = store.due(NOW + REPLY_AGE_SECS_MAX, 1).await.unwrap().pop().unwrap();
    store.settle(&lease.id, Settled::Deferred { until: NOW + REPLY_AGE_SECS_MAX, code: None }, NOW).await.unwrap();
    assert!(store.due(NOW + REPLY_AGE_SECS_MAX + 1, 1).await.unwrap().is_empty());
    let (_, message) = store.message_of(&key(1)).await.unwrap().unwrap();
    assert_eq!(message.told, Told::NotSent("not delivered in time".into()));
    assert_eq!(store.counts().await.unwrap().outbox_failed, 1);
    store.close().await;
}

#[tokio::test]
async fn claims_strikes_and_suspects() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let survey = |store: Store| async move { store.survey("support", "INBOX", 7, vec![4, 3, 2, 1, 4]).await.unwrap() };
    assert_eq!(survey(store.clone()).await.unclaimed, [1, 2, 3, 4]);
    store.claim(vec![key(1), key(2), key(3)]).await.unwrap();
    assert_eq!(survey(store.clone()).await, Survey { unclaimed: vec![4], known: 3, ..Survey::default() });
    assert_eq!((store.strike(&key(1)).await.unwrap(), store.strike(&key(1)).await.unwrap()), (1, 2));
    assert!(store.strike(&key(4)).await.is_err(), "not claimed");
    store.release_claims(vec![key(1), key(2)]).await.unwrap();
    assert_eq!(survey(store.clone()).await.unclaimed, [1, 2, 4]);
    assert_eq!(store.claim(vec![key(1)]).await.unwrap()[0].strikes, 2);
    store.own(key(4)).await.unwrap();
    store.close().await;

    let store = open(dir.path());
    let found = survey(store.clone()).await;
    assert_eq!((found.unclaimed, found.suspects), (vec![2], vec![3, 1]), "who has strikes comes last");
    assert_eq!(store.counts().await.unwrap().claimed, 2);
    assert_eq!(store.begin_alone(&key(1)).await.unwrap(), 2, "a claim found open is no strike");
    store.close().await;
    let store = open(dir.path());
    assert_eq!(store.begin_alone(&key(1)).await.unwrap(), 3, "a death while alone is one");
    assert_eq!(store.begin_alone(&key(1)).await.unwrap(), 3, "and counts once");
    assert_eq!(store.begin_alone(&key(3)).await.unwrap(), 0);
    store.release_claims(vec![key(3)]).await.unwrap();
    store.commit(commit(1, 1, stub(ANNA))).await.unwrap();
    assert!(store.begin_alone(&key(1)).await.is_err());
    assert_eq!(store.claim(vec![key(1)]).await.unwrap(), [], "it has its ticket");
    store.close().await;
    let store = open(dir.path());
    let found = survey(store.clone()).await;
    assert_eq!((found.unclaimed, found.suspects), (vec![2, 3], vec![]));
    assert_eq!(found.unacknowledged, [(1, Ack::MoveClean)]);
    store.close().await;
}

#[tokio::test]
async fn three_deaths_of_the_daemon_with_one_alone_are_three_strikes() {
    let dir = tempfile::tempdir().unwrap();
    for strikes in [0, 1, 2, 3] {
        let store = open(dir.path());
        assert_eq!(store.begin_alone(&key(1)).await.unwrap(), strikes);
        store.close().await;
    }
}

#[tokio::test]
async fn folders_baselines_and_a_new_uid_validity() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(store.folder("support", "INBOX").await.unwrap(), None);
    let state = FolderState { uid_validity: 7, baseline_uid: 10 };
    store.begin_folder("support", "INBOX", state.clone()).await.unwrap();
    assert_eq!(store.folder("support", "INBOX").await.unwrap(), Some(state));
    assert_eq!(store.folder("support", "Other").await.unwrap(), None);
    let found = store.survey("support", "INBOX", 7, vec![9, 10, 11, 12, 13]).await.unwrap();
    assert_eq!(found.unclaimed, [11, 12, 13]);
    store.claim(vec![key(11), key(12)]).await.unwrap();
    store.commit(commit(12, 12, stub(ANNA))).await.unwrap();
    let gone = store.survey("support", "INBOX", 7, vec![13]).await.unwrap();
    assert_eq!((gone.unacknowledged, gone.unclaimed), (vec![(12, Ack::MoveClean)], vec![13]), "gone, but not done");

    store.begin_folder("support", "INBOX", FolderState { uid_validity: 8, baseline_uid: 0 }).await.unwrap();
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.claimed, counts.unacknowledged), (0, 0));
    let found = store.survey("support", "INBOX", 8, vec![1, 2]).await.unwrap();
    assert_eq!(found, Survey { unclaimed: vec![1, 2], ..Survey::default() });
    assert_eq!(store.survey("support", "INBOX", 7, vec![]).await.unwrap().unacknowledged, []);
    let mut again = commit(1, 12, stub(ANNA));
    again.key.uid_validity = 8;
    assert!(store.commit(again).await.unwrap().duplicate, "known by its octets");
    store.close().await;
}

#[tokio::test]
async fn sealed_originals_are_kept_exported_released_and_erased() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut refused = stub(ANNA);
    refused.verdict = Verdict::Quarantine;
    let kept = sealed(&vec![7; 100_000]);
    let octets = kept.as_bytes().to_vec();
    let asked = Commit { ack: Ack::Replace, sealed: Some((kept, NOW + 10)), ..commit(1, 1, refused) };
    let done = store.commit(asked).await.unwrap();
    let row = store.quarantine(10).await.unwrap().pop().unwrap();
    assert_eq!((row.id.as_str(), &row.ticket, row.until), (&digest(1).to_hex()[..16], &done.ticket, NOW + 10));
    assert_eq!((row.verdict.as_str(), row.size_bytes), ("quarantine", octets.len() as u64));
    assert_eq!(store.sealed(&row.id).await.unwrap(), Some((row.clone(), octets)));
    assert_eq!(store.sealed("0000000000000000").await.unwrap(), None);
    store.verify(&key(1)).await.unwrap();

    let outcome = outcome(ANNA, "Printer", "It does not print.");
    let reason = || "asked for by the customer".to_owned();
    let wrong = store.release(&row.id, digest(2), outcome.clone(), reason(), NOW).await;
    assert_eq!(wrong, Err(StoreError::DigestMismatch));
    let unknown = store.release("0000000000000000", digest(1), outcome.clone(), reason(), NOW).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })));
    assert_eq!(store.release(&row.id, digest(1), outcome, reason(), NOW).await.unwrap(), done.ticket);
    let view = store.ticket(&done.ticket).await.unwrap().unwrap();
    assert_eq!((view.row.subject.as_str(), view.row.verdict.as_str(), view.messages.len()), ("Printer", "allow", 1));
    assert_eq!((view.messages[0].text.trim(), view.messages[0].sealed_until), ("It does not print.", Some(NOW + 10)));
    assert_eq!(store.counts().await.unwrap().verdicts, [1, 0, 0, 0]);

    assert_eq!(store.expire(NOW + 9).await.unwrap(), 0);
    assert_eq!(files(&dir.path().join("blobs")).len(), 1);
    assert_eq!(store.expire(NOW + 10).await.unwrap(), 1);
    assert_eq!(files(&dir.path().join("blobs")).len(), 0, "the file is gone at once");
    assert_eq!((store.quarantine(10).await.unwrap(), store.counts().await.unwrap().sealed), (vec![], 0));
    assert_eq!(store.sealed(&row.id).await.unwrap(), None);
    store.verify(&key(1)).await.unwrap();
    let view = store.ticket(&done.ticket).await.unwrap().unwrap();
    assert_eq!(view.messages[0].sealed_until, None);
    store.close().await;
}

#[tokio::test]
async fn originals_whose_ids_begin_alike_are_both_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for n in [1u8, 2] {
        let mut octets = [9; 32];
        octets[31] = n;
        let sealed = Some((sealed(&[n]), NOW));
        let commit = Commit { digest: Digest(octets), sealed, ..commit(n.into(), 0, stub(ANNA)) };
        store.commit(commit).await.unwrap();
        store.verify(&key(n.into())).await.unwrap();
    }
    let ids: BTreeSet<String> = store.quarantine(10).await.unwrap().into_iter().map(|row| row.id).collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    store.close().await;
}

#[tokio::test]
async fn texts_of_every_size_around_the_bound_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let sizes = [0, 2_000, 3_000, 3_200, 3_400, 3_600, 3_800, 4_000, 4_096, 5_000, 70_000, 300_000];
    let line = "The quick brown fox jumps over the lazy dog near the old stone bridge.\r\n";
    for (n, size) in (1..).zip(sizes) {
        let text: String = line.chars().cycle().take(size).collect();
        let outcome = outcome(ANNA, "Size", &text);
        let want = outcome.text.as_str().to_owned();
        store.commit(commit(n, n, outcome)).await.unwrap();
        store.verify(&key(n)).await.unwrap();
        let (_, message) = store.message_of(&key(n)).await.unwrap().unwrap();
        assert!(message.text == want && message.text.len() + 200 >= size, "{size}");
    }
    let files = files(&dir.path().join("blobs")).len();
    assert!((4..=10).contains(&files), "{files} of {} are files", sizes.len());
    store.close().await;
}

#[tokio::test]
async fn named_records() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(store.recall("rules").await.unwrap(), None);
    for size in [0, 10, 4_000, 100_000, 20] {
        let bytes: Vec<u8> = (0..size).map(|n| n as u8).collect();
        store.remember("rules", bytes.clone()).await.unwrap();
        assert_eq!(store.recall("rules").await.unwrap(), Some(bytes), "{size}");
    }
    assert_eq!(files(&dir.path().join("blobs")).len(), 0, "what was replaced is erased");
    assert_eq!(store.recall("other").await.unwrap(), None);
    store.close().await;
    assert_eq!(store.recall("rules").await, Err(StoreError::Closed));
}

#[tokio::test]
async fn a_commit_costs_few_syncs_and_a_group_shares_them() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let syncs = |store: Store| async move { store.counts().await.unwrap().syncs };
    // The first file also makes its directory.
    store.commit(Commit { sealed: Some((sealed(&[0; 9000]), NOW)), ..commit(1, 1, stub(ANNA)) }).await.unwrap();
    let before = syncs(store.clone()).await;
    store.commit(commit(2, 2, stub(ANNA))).await.unwrap();
    let plain = syncs(store.clone()).await;
    store.commit(Commit { sealed: Some((sealed(&[0; 9000]), NOW)), ..commit(3, 3, stub(ANNA)) }).await.unwrap();
    let with_file = syncs(store.clone()).await;
    assert!(plain - before <= 2 && with_file - plain <= 4, "{before} {plain} {with_file}");
    let tasks = (10..500).map(|n| {
        let store = store.clone();
        tokio::spawn(async move { store.commit(commit(n, n, stub(ANNA))).await.unwrap() })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let shared = syncs(store.clone()).await - with_file;
    assert!(shared < 490, "{shared} syncs for 490 commits");
    assert_eq!(store.counts().await.unwrap().commits, 493);
    store.close().await;
}

/// Commits a message with these candidates; answers whether it joined.
async fn joins(store: &Store, n: u32, from: &str, staff: bool, join: Vec<JoinCandidate>) -> bool {
    let mut outcome = stub(from);
    outcome.staff = staff;
    store.commit(Commit { join, ..commit(n, n, outcome) }).await.unwrap().joined
}

#[tokio::test]
async fn a_ticket_has_a_bounded_number_of_messages() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let ticket = store.commit(commit(1, 1, stub(ANNA))).await.unwrap().ticket;
    let join = vec![JoinCandidate { ticket: ticket.clone(), token: true }];
    let tasks = (2..=TICKET_MESSAGES_MAX - 1).map(|n| {
        let (store, join) = (store.clone(), join.clone());
        tokio::spawn(async move { assert!(joins(&store, n, ANNA, false, join).await) })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert!(joins(&store, TICKET_MESSAGES_MAX, ANNA, false, join.clone()).await, "the last one");
    assert!(!joins(&store, TICKET_MESSAGES_MAX + 1, ANNA, false, join).await, "one more opens a ticket");
    let view = store.ticket(&ticket).await.unwrap().unwrap();
    assert_eq!(view.messages.len() as u32, TICKET_MESSAGES_MAX);
    store.close().await;
}

#[tokio::test]
async fn a_ticket_has_a_bounded_number_of_parties() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let ticket = store.commit(commit(1, 1, stub(ANNA))).await.unwrap().ticket;
    let join = || vec![JoinCandidate { ticket: ticket.clone(), token: true }];
    let person = |n: u32| format!("tom{n}@acme.example");
    let max = TICKET_PARTIES_MAX as u32;
    for n in 2..=max + 1 {
        assert!(joins(&store, n, &person(n), true, join()).await, "staff always joins");
    }
    for (n, party) in [(max - 1, true), (max, true), (max + 1, false)] {
        assert_eq!(joins(&store, 1_000 + n, &person(n), false, join()).await, party, "party {n}");
    }
    store.close().await;
}

#[tokio::test]
async fn a_message_is_tried_against_a_bounded_number_of_tickets() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let ticket = store.commit(commit(1, 1, stub(ANNA))).await.unwrap().ticket;
    let max = JOIN_CANDIDATES_MAX as u32;
    for (place, found) in [(max - 1, true), (max, true), (max + 1, false)] {
        let mut join =
            vec![JoinCandidate { ticket: TicketRef("LZ-GONE-GONE".into()), token: true }; place as usize - 1];
        join.push(JoinCandidate { ticket: ticket.clone(), token: true });
        assert_eq!(joins(&store, 100 + place, ANNA, false, join).await, found, "place {place}");
    }
    store.close().await;
}

/// Fingerprints as a worker gives them.
fn fingerprinted(from: &str, scores: &[u8]) -> lazaret_core::Outcome {
    use lazaret_core::{Fingerprint, TermPrint, Why};
    use lazaret_scan::{Action, Class, Placement};
    let one = |score: &u8| Fingerprint {
        rule: "payment-card".into(),
        class: Class::CreditCard,
        form: 9,
        placement: Placement::Body,
        score: *score,
        terms: vec![TermPrint { name: "near".into(), points: 20, word: Some(2) }],
        action: Action::Allow,
        why_not: Some(Why::Score),
        count: 1,
    };
    let mut outcome = stub(from);
    outcome.fingerprints.all = scores.iter().map(one).collect();
    outcome
}

#[tokio::test]
async fn fingerprints_are_read_by_ticket_and_by_time_and_erased_after_ninety_days() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut tickets = Vec::new();
    for n in 1..=3 {
        let mut commit = commit(n, n, fingerprinted(ANNA, &[10 + n as u8]));
        commit.now = NOW + i64::from(n);
        commit.rules = format!("set-{n}");
        tickets.push(store.commit(commit).await.unwrap().ticket);
    }
    store.close().await;

    let store = open(dir.path());
    let views = store.fingerprints_of(&tickets[1]).await.unwrap().unwrap();
    let [view] = views.as_slice() else { panic!("{views:?}") };
    assert_eq!((view.message, view.at, view.rules.as_str(), view.dropped), (1, NOW + 2, "set-2", 0));
    let [one] = view.candidates.as_slice() else { panic!("{view:?}") };
    assert_eq!((one.rule.as_str(), one.score, one.why_not.as_deref()), ("payment-card", 12, Some("score")));
    assert_eq!(one.terms, [TermView { name: "near".into(), points: 20, word: Some(2) }]);
    assert_eq!(store.fingerprints_of(&TicketRef("LZ-NONE-NONE".into())).await.unwrap(), None);

    let since = async |from| {
        let page = store.fingerprints_since(from, None).await.unwrap();
        assert_eq!(page.next, None);
        page.views.into_iter().map(|v| v.at - NOW).collect::<Vec<_>>()
    };
    assert_eq!((since(NOW).await, since(NOW + 2).await, since(NOW + 4).await), (vec![1, 2, 3], vec![2, 3], vec![]));
    for (now, left) in [(NOW + 1 + FINGERPRINT_SECS_MAX - 1, 3), (NOW + 1 + FINGERPRINT_SECS_MAX, 2)] {
        assert_eq!(store.expire(now).await.unwrap(), 0, "only sealed originals are told");
        assert_eq!(since(NOW).await.len(), left);
    }
    assert_eq!(store.fingerprints_of(&tickets[0]).await.unwrap(), Some(Vec::new()), "the ticket stays");
    store.close().await;
}

#[tokio::test]
async fn many_fingerprints_come_in_pages() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut made = tokio::task::JoinSet::new();
    for n in 1..=1_001 {
        let store = store.clone();
        made.spawn(async move {
            let mut commit = commit(n, n, fingerprinted(ANNA, &[50]));
            commit.now = NOW + i64::from(n % 7);
            store.commit(commit).await.unwrap()
        });
    }
    while made.join_next().await.is_some() {}
    let (mut next, mut sizes, mut times) = (None, Vec::new(), Vec::new());
    loop {
        let page = store.fingerprints_since(NOW, next).await.unwrap();
        sizes.push(page.views.len());
        times.extend(page.views.iter().map(|v| v.at));
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [500, 500, 1]);
    assert!(times.is_sorted());
    store.close().await;
}

#[tokio::test]
async fn fingerprints_cost_no_sync_and_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let before = store.counts().await.unwrap().syncs;
    let scores: Vec<u8> = (0..200).map(|n| n % 100).collect();
    let done = store.commit(commit(1, 1, fingerprinted(ANNA, &scores))).await.unwrap();
    assert_eq!(store.counts().await.unwrap().syncs - before, 1);
    let [view] = &store.fingerprints_of(&done.ticket).await.unwrap().unwrap()[..] else { panic!("one message") };
    let (kept, dropped) = (view.candidates.len(), view.dropped as usize);
    assert!(kept > 50 && kept + dropped == 200, "{kept} {dropped}");
    assert!(!files(dir.path()).iter().any(|f| f.to_string_lossy().contains("blob/")), "{:?}", files(dir.path()));
    store.close().await;
}

#[tokio::test]
async fn what_a_conversation_holds_is_told_to_its_later_messages_for_90_days() {
    use lazaret_core::{Facts, Remembered, ValueDigest};
    const DAY: i64 = 86_400;
    let value = |n: u8| ValueDigest([n; 16]);
    let mail = |from: &str, id: &str, answers: Option<&str>, values: &[u8], facts: Facts| {
        let mut outcome = stub(from);
        outcome.envelope.message_id = Some(id.into());
        outcome.envelope.in_reply_to = answers.map(str::to_owned);
        outcome.remembered = Remembered { values: values.iter().map(|n| value(*n)).collect(), facts };
        outcome
    };
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let none = Facts::default();
    let first = store.commit(commit(1, 1, mail(ANNA, "a@mail", None, &[1, 2], Facts::USER_NAME))).await.unwrap();
    let before = store.counts().await.unwrap();
    let second = mail(ANNA, "b@mail", Some("a@mail"), &[3], none);
    let token = |ticket: &TicketRef| vec![JoinCandidate { ticket: ticket.clone(), token: true }];
    // By a token of ours, and by the mail that it answers.
    for join in [token(&first.ticket), Vec::new()] {
        let thread = store.thread(join, &second, NOW).await.unwrap().unwrap();
        assert_eq!((thread.values.len(), thread.facts), (2, Facts::USER_NAME));
        let key = store.keys().mark.thread(&first.ticket.0);
        assert!(thread.values.contains(&key.digest(&value(1))) && !thread.values.contains(&key.digest(&value(3))));
    }
    // Nobody else is told.
    let stranger = mail("eve@other.example", "c@mail", Some("a@mail"), &[], none);
    assert!(store.thread(token(&first.ticket), &stranger, NOW).await.unwrap().is_none());
    let forged = Outcome { proof: Proof::Fail, ..mail(ANNA, "d@mail", Some("a@mail"), &[], none) };
    assert!(store.thread(token(&first.ticket), &forged, NOW).await.unwrap().is_none());
    assert!(store.thread(Vec::new(), &mail(ANNA, "e@mail", Some("x@mail"), &[], none), NOW).await.unwrap().is_none());
    // A second ticket of the same conversation tells it on; it survives a restart.
    let other = store.commit(commit(2, 2, second)).await.unwrap();
    assert!(other.ticket != first.ticket && !other.joined);
    store.close().await;
    let store = open(dir.path());
    let third = mail(ANNA, "f@mail", Some("b@mail"), &[], none);
    let thread = store.thread(Vec::new(), &third, NOW + 89 * DAY).await.unwrap().unwrap();
    assert_eq!(thread.values.len(), 3);
    assert!(store.thread_of(&other.ticket, NOW).await.unwrap().is_some());
    assert!(store.thread(Vec::new(), &third, NOW + 90 * DAY).await.unwrap().is_none());
    store.expire(NOW + 91 * DAY).await.unwrap();
    assert!(store.thread_of(&first.ticket, NOW).await.unwrap().is_none(), "erased, not hidden");
    let counts = store.counts().await.unwrap();
    assert_eq!(counts.tickets, before.tickets + 1);
    store.close().await;
}
