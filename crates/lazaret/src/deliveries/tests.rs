use super::*;
use lazaret_store::TicketRef;

const NOW: i64 = 1_800_000_000;

fn lease(attempts: u32) -> DeliveryLease {
    let (id, ticket) = ("00000000000000ab".to_owned(), TicketRef("LZ-7K2Q-M4XD".into()));
    DeliveryLease { id, ticket, message: 1, mailbox: "support".into(), attempts, queued_at: NOW, revision: 0 }
}

#[test]
fn what_a_webhook_answers_is_taken_refused_or_for_later() {
    for code in [200, 201, 202, 204, 299] {
        assert_eq!(judged(&lease(0), NOW, code, None).settled, Settled::Accepted { code });
    }
    for code in [301, 302, 307, 308, 400, 401, 403, 404, 410, 413, 422] {
        assert_eq!(judged(&lease(0), NOW, code, Some(5)).settled, Settled::Failed { code: Some(code) }, "{code}");
    }
    for code in [408, 425, 429, 500, 502, 503, 504] {
        let attempt = judged(&lease(0), NOW, code, None);
        let Settled::Deferred { until, code: told } = attempt.settled else { panic!("{code} is for later") };
        assert!((NOW + 30..=NOW + 60).contains(&until), "{code}: {}", until - NOW);
        assert_eq!((told, attempt.pause_secs), (Some(code), Some(0)));
    }
}

#[test]
fn a_server_says_when_it_wants_to_be_asked_again() {
    for (asked, waits) in
        [(0, 1), (1, 1), (120, 120), (RETRY_AFTER_SECS_MAX, RETRY_AFTER_SECS_MAX), (u64::MAX, RETRY_AFTER_SECS_MAX)]
    {
        let attempt = judged(&lease(0), NOW, 503, Some(asked));
        let until = NOW + waits as i64;
        assert_eq!(attempt.settled, Settled::Deferred { until, code: Some(503) }, "{asked}");
        assert_eq!(attempt.pause_secs, Some(waits));
    }
}

#[test]
fn waits_grow_from_a_minute_to_an_hour() {
    for (attempts, low, high) in [(0, 30, 60), (3, 240, 480), (20, 1800, 3600), (u32::MAX, 1800, 3600)] {
        let Settled::Deferred { until, .. } = judged(&lease(attempts), NOW, 503, None).settled else { panic!("later") };
        assert!((NOW + low..=NOW + high).contains(&until), "{attempts}: {}", until - NOW);
    }
}
