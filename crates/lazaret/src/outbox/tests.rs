use super::*;

#[test]
fn waits_grow_spread_and_end() {
    for (failures, low, high) in [(0, 30, 60), (1, 60, 120), (5, 960, 1920), (6, 1800, 3600), (200, 1800, 3600)] {
        for id in 0..50 {
            let wait = backoff(ENTRY_WAIT_SECS, failures, &id);
            assert!((low..=high).contains(&wait), "{failures}: {wait}");
        }
    }
    let waits: std::collections::BTreeSet<u64> = (0..50).map(|id| entry_wait(&format!("{id:016x}"), 6)).collect();
    assert!(waits.len() > 30, "different entries wait differently: {waits:?}");
    assert_eq!(entry_wait("00ff", 3), entry_wait("00ff", 3));
}

#[test]
fn what_the_store_is_told() {
    let again = || Settled::Deferred { until: 99, code: None };
    for (sent, want) in [
        (Sent::Accepted { code: 250 }, Settled::Accepted { code: 250 }),
        (Sent::Failed { code: Some(550) }, Settled::Failed { code: Some(550) }),
        (Sent::Unknown, Settled::Unknown),
        (Sent::Deferred { code: Some(451), relay: None }, Settled::Deferred { until: 99, code: Some(451) }),
        (Sent::Deferred { code: None, relay: Some(Fault::Tls) }, Settled::Deferred { until: 99, code: None }),
    ] {
        assert_eq!(settled(sent, again()), want);
    }
}
