//! What people say of judgements: taken in, read beside the candidates, refused where it makes no sense, erased with them.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use lazaret_core::{Fingerprint, TermPrint, Why};
use lazaret_scan::{Action, Class, Placement};
use lazaret_store::*;

/// A message on which one rule acted, and another came near.
fn judged(from: &str) -> lazaret_core::Outcome {
    let one = |rule: &str, why_not: Option<Why>| Fingerprint {
        rule: rule.into(),
        class: Class::CreditCard,
        form: 9,
        placement: Placement::Body,
        score: 70,
        terms: vec![TermPrint { name: "base".into(), points: 70, word: None }],
        action: if why_not.is_some() { Action::Allow } else { Action::Redact },
        why_not,
        count: 1,
    };
    let mut outcome = stub(from);
    outcome.fingerprints.all = vec![one("acted", None), one("near", Some(Why::Score))];
    outcome
}

#[tokio::test]
async fn what_is_said_stands_beside_its_candidate_until_both_are_erased() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let from = "anna@customer.example";
    let ticket = store.commit(commit(1, 1, judged(from))).await.unwrap().ticket;
    let mut second = commit(2, 2, judged(from));
    second.join = vec![JoinCandidate { ticket: ticket.clone(), token: true }];
    (second.outcome.envelope.in_reply_to, second.now) = (Some("x@y.example".into()), NOW + 5);
    assert!(store.commit(second).await.unwrap().joined);

    use Judgement::{Missed, Wrong};
    type Case = (u32, Judgement, Result<Option<&'static str>, &'static str>);
    let cases: [Case; 9] = [
        (1, Wrong, Ok(Some("acted"))),
        (1, Missed, Err("candidate 1 is a finding: it was not missed")),
        (2, Wrong, Err("candidate 2 is no finding: nothing followed from it")),
        (4, Missed, Ok(Some("near"))),
        (4, Missed, Ok(Some("near"))),
        (5, Missed, Err("no candidate 5")),
        (0, Wrong, Err("candidate 0 is nothing that was found, so it can only be missed")),
        (0, Missed, Ok(None)),
        (0, Missed, Ok(None)),
    ];
    for (number, judgement, want) in cases {
        let got = store.feedback(&ticket, number, judgement).await.map_err(|e| e.to_string());
        assert_eq!(got.as_ref().map(Option::as_deref).map_err(String::as_str), want, "{number} {judgement:?}");
    }
    let unknown = store.feedback(&TicketRef("LZ-NONE-NONE".into()), 1, Wrong).await;
    assert_eq!(unknown.map_err(|e| e.to_string()), Err("no ticket LZ-NONE-NONE".into()));
    store.close().await;

    let store = open(dir.path());
    let seen = |views: Vec<FingerprintsView>| -> Vec<_> {
        views.iter().map(|v| (v.candidates.iter().map(|c| c.feedback).collect::<Vec<_>>(), v.unseen)).collect()
    };
    let want = vec![(vec![Some(Wrong), None], 0), (vec![None, Some(Missed)], 2)];
    assert_eq!(seen(store.fingerprints_of(&ticket).await.unwrap().unwrap()), want);
    assert_eq!(seen(store.fingerprints_since(NOW, None).await.unwrap().views), want);

    store.expire(NOW + FINGERPRINT_SECS_MAX).await.unwrap();
    assert_eq!(seen(store.fingerprints_of(&ticket).await.unwrap().unwrap()).len(), 1);
    let again = store.feedback(&ticket, 3, Missed).await;
    assert!(again.is_err(), "candidates count from the first message that is kept: {again:?}");
    assert_eq!(store.feedback(&ticket, 2, Missed).await, Ok(Some("near".into())));
    store.close().await;
}

#[tokio::test]
async fn what_no_rule_saw_is_counted_up_to_a_limit() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let ticket = store.commit(commit(1, 1, judged("anna@customer.example"))).await.unwrap().ticket;
    for n in 1..=UNSEEN_MAX + 1 {
        store.feedback(&ticket, 0, Judgement::Missed).await.unwrap();
        let views = store.fingerprints_of(&ticket).await.unwrap().unwrap();
        assert_eq!(views[0].unseen, n.min(UNSEEN_MAX));
    }
    store.close().await;
}
