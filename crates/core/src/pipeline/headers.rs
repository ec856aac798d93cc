//! The header fields of a copy: each is looked at once more, and one in which something is left goes alone.

use super::Pipeline;
use super::write::{Piece, Written};
use crate::redact::Values;
use crate::tree::{Home, Kept, KeptValue};
use crate::{Cleared, HeaderField, Outcome, Profile};
use lazaret_scan::Placement;

impl Pipeline {
    /// Puts the header fields in that hold nothing; the others are counted.
    pub(super) fn put_headers(
        &self,
        to: &mut Outcome,
        kept: Vec<Kept>,
        written: &Written,
        values: &Values,
        profile: &Profile,
    ) {
        let clear = |text: &str| self.is_clear(text, Placement::Header, values, profile);
        // What nobody has looked at: names, and what programs wrote. One look at all of it is enough where it is clean.
        let unseen = kept.iter().map(|field| match &field.value {
            KeptValue::Machinery(value) => format!("{}: {}", field.name, value.expose()),
            _ => field.name.clone(),
        });
        let all_clear = clear(&unseen.collect::<Vec<_>>().join("\n"));
        for (at, Kept { name, value }) in kept.into_iter().enumerate() {
            let value = match value {
                KeptValue::Envelope => Some(String::new()),
                KeptValue::Machinery(value) => {
                    let is_clear = all_clear || clear(&format!("{name}: {}", value.expose()));
                    is_clear.then(|| value.expose().to_owned())
                }
                KeptValue::Text => {
                    let piece = written.pieces.iter().find(|piece| piece.home == Home::Header(at));
                    let piece = piece.filter(|piece| !piece.withheld && (all_clear || clear(&name)));
                    piece.map(Piece::visible).filter(|value| clear(value)).map(str::to_owned)
                }
            };
            match value.filter(|value| !values.stand_in_fact(&name) && !values.stand_in_fact(value)) {
                Some(value) => to.headers.push(HeaderField { name, value: Cleared::mint(value) }),
                None => to.headers_left_out = to.headers_left_out.saturating_add(1),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::outcome::{FIELD_NAME_BYTES_MAX, HEADER_FIELDS_MAX, HEADERS_BYTES_MAX};
    use crate::pipeline::tests::{CARD, shipped};
    use crate::{HeaderField, Outcome, Profile, RawMessage, Verdict};

    fn run(header: &str) -> Outcome {
        let mail = format!(
            "From: Mia <mia@example.net>\r\nTo: support@acme.example\r\nSubject: hi\r\n{header}\r\n\
             Good morning, the printer is broken again.\r\n"
        );
        shipped().process(&RawMessage::new(mail.into_bytes()), &Profile::default())
    }

    fn field(outcome: &Outcome, name: &str) -> Option<String> {
        let of = |h: &&HeaderField| h.name == name;
        outcome.headers.iter().find(of).map(|h| h.value.as_str().to_owned())
    }

    #[test]
    fn fields_stay_in_their_order_and_those_of_the_way_go() {
        let outcome = run("Received: from a by b; date\r\nX-Priority: 1\r\nDate: Tue, 5 Mar 2024 12:00:00 +0000\r\n\
             DKIM-Signature: v=1; b=x\r\nList-Id: Desk <desk.example.org>\r\nX-Desk: one\r\n\
             x-desk: =?utf-8?q?zw=C3=B6lf?=\r\nBcc: c@example.org\r\nDisposition-Notification-To: mia@example.net\r\n\
             Auto-Submitted: no\r\nX-Lazaret-Verdict: allow\r\nContent-Type: text/plain\r\nX-Empty:\r\n");
        let all: Vec<(&str, &str)> = outcome.headers.iter().map(|h| (h.name.as_str(), h.value.as_str())).collect();
        let want = [
            ("From", ""),
            ("To", ""),
            ("Subject", ""),
            ("X-Priority", "1"),
            ("Date", ""),
            ("List-Id", "Desk <desk.example.org>"),
            ("X-Desk", "one"),
            ("x-desk", "zw\u{f6}lf"),
            ("Auto-Submitted", "no"),
        ];
        assert_eq!(all, want);
        assert_eq!((outcome.headers_left_out, outcome.verdict), (0, Verdict::Allow));
    }

    #[test]
    fn a_value_in_a_field_goes_and_what_cannot_be_read_goes_whole() {
        let name = |bytes: usize| "x".repeat(bytes);
        let (longest, longer) = (name(FIELD_NAME_BYTES_MAX), name(FIELD_NAME_BYTES_MAX + 1));
        let named = format!("X-{}", CARD.replace(' ', "-"));
        let rows: &[(String, &str, Option<&str>, u32, Verdict)] = &[
            (format!("X-Note: card {CARD} please"), "X-Note", Some("card [payment card"), 0, Verdict::Redact),
            // What programs write is not judged, so what is found there goes with its field.
            (format!("List-Unsubscribe: <https://x.example/?c={CARD}>"), "List-Unsubscribe", None, 1, Verdict::Allow),
            ("X-Note: =?nonsense?x?abc?=".into(), "X-Note", None, 1, Verdict::Allow),
            ("X-Note: =?utf-8?q?a=EF=BF=BDb?=".into(), "X-Note", None, 1, Verdict::Allow),
            (format!("{named}: hello"), &named, None, 1, Verdict::Allow),
            (format!("{longest}: hello"), &longest, Some("hello"), 0, Verdict::Allow),
            (format!("{longer}: hello"), &longer, None, 1, Verdict::Allow),
            ("Subject: again".into(), "X-None", None, 1, Verdict::Allow),
        ];
        for (header, name, want, left_out, verdict) in rows {
            let outcome = run(&format!("{header}\r\n"));
            let got = field(&outcome, name);
            assert_eq!(got.is_some(), want.is_some(), "{header}: {got:?}");
            assert!(want.is_none_or(|want| got.as_ref().is_some_and(|got| got.starts_with(want))), "{header}: {got:?}");
            assert_eq!((outcome.headers_left_out, outcome.verdict), (*left_out, *verdict), "{header}");
            let left = |text: &str| text.contains("4567");
            assert!(!outcome.headers.iter().any(|h| left(h.value.as_str()) || left(&h.name)), "{header}");
        }
        // A value that another place tells goes from the fields too, whatever their writer.
        let outcome = run(&format!("X-Note: my card is {CARD}\r\nFeedback-ID: {}\r\n", CARD.replace(' ', "")));
        assert_eq!((field(&outcome, "Feedback-ID"), outcome.headers_left_out), (None, 1));
    }

    #[test]
    fn fields_are_bounded_in_number_and_octets() {
        for (count, left_out) in [(HEADER_FIELDS_MAX - 1, 0), (HEADER_FIELDS_MAX, 0), (HEADER_FIELDS_MAX + 1, 1)] {
            let outcome = run(&(0..count).map(|i| format!("X-A{i}: b\r\n")).collect::<String>());
            let kept = outcome.headers.iter().filter(|h| !h.value.is_empty()).count();
            assert_eq!((kept, outcome.headers_left_out), (count.min(HEADER_FIELDS_MAX), left_out));
        }
        for (bytes, left_out) in [(HEADERS_BYTES_MAX - 1, 0), (HEADERS_BYTES_MAX, 0), (HEADERS_BYTES_MAX + 1, 1)] {
            let all = "ab ".repeat(bytes);
            let outcome = run(&format!("X-A: {}c\r\nX-B: d\r\n", &all[..bytes - 2]));
            assert_eq!(outcome.headers_left_out, left_out, "{bytes}");
            assert_eq!(field(&outcome, "X-B").is_some(), left_out == 0, "{bytes}");
        }
    }

    #[test]
    fn a_stub_has_none() {
        let outcome = run(&format!("X-Note: card {CARD} cvv 777\r\n"));
        assert!(outcome.verdict >= Verdict::Quarantine && outcome.headers.is_empty());
    }
}
