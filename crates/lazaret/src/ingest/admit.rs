//! Nothing that a worker answers is trusted: it may have been taken over by the message that it looked at. Addresses
//! and ids are checked again here; keys, clock and references are the daemon's own.

use lazaret_core::thread::MESSAGE_VALUES_MAX;
use lazaret_core::{Class, Outcome, Reason, Verdict};

/// Octets of a Message-ID that is kept.
const ID_BYTES_MAX: usize = 250;
/// References that are kept.
const REFERENCES_MAX: usize = 100;

/// The outcome with everything dropped that is not what it claims to be, and a verdict that its own reasons bear out.
pub(super) fn checked(mut outcome: Outcome) -> Outcome {
    let envelope = &mut outcome.envelope;
    envelope.message_id = envelope.message_id.take().filter(|id| is_id(id));
    envelope.in_reply_to = envelope.in_reply_to.take().filter(|id| is_id(id));
    envelope.references.retain(|id| is_id(id));
    envelope.references.truncate(REFERENCES_MAX);
    envelope.subject_refs.retain(|r| r.len() <= 40 && r.chars().all(|c| c.is_ascii_graphic()));
    outcome.fingerprints = outcome.fingerprints.checked();
    outcome.bounced_ids.retain(|id| is_id(id));
    outcome.bounced_ids.truncate(REFERENCES_MAX);
    outcome.remembered.values.truncate(MESSAGE_VALUES_MAX);
    outcome.language = outcome.language.filter(|l| l.len() == 2 && l.bytes().all(|b| b.is_ascii_lowercase()));
    let found = outcome.findings.iter().map(|f| Verdict::of(f.action));
    let strictest = found.chain(outcome.reasons.iter().map(Reason::verdict)).max();
    if strictest.is_some_and(|v| v > outcome.verdict) {
        // It contradicts itself: fail closed.
        outcome.verdict = Verdict::Quarantine.max(outcome.verdict);
        outcome.drop_text();
    }
    outcome
}

/// Takes over who wrote when to whom, for a stub of a message that was not examined.
pub(super) fn keep_facts(stub: &mut Outcome, from: Outcome) {
    stub.envelope = from.envelope;
    stub.customer = from.customer;
    stub.proof = from.proof;
    stub.staff = from.staff;
    stub.junk = from.junk;
    stub.hops = from.hops;
    stub.class = if from.class == Class::Own { Class::Human } else { from.class };
}

/// A Message-ID (RFC 5322 3.6.4) as we keep it: printable, without white space or angle brackets, bounded.
fn is_id(id: &str) -> bool {
    (3..=ID_BYTES_MAX).contains(&id.len())
        && id.chars().all(|c| !c.is_whitespace() && !c.is_control() && c != '<' && c != '>')
}

#[cfg(test)]
mod tests {
    use super::{checked, is_id};
    use lazaret_core::{Outcome, Reason, Verdict};

    #[test]
    fn a_verdict_is_never_milder_than_its_reasons() {
        let mut outcome = Outcome::unprocessed(Reason::WholeEncrypted, Verdict::Quarantine);
        outcome.verdict = Verdict::Allow;
        assert_eq!(checked(outcome).verdict, Verdict::Quarantine);
        let outcome = Outcome::unprocessed(Reason::Poison, Verdict::Quarantine);
        assert_eq!(checked(outcome).verdict, Verdict::Quarantine);
    }

    #[test]
    fn ids_are_bounded_and_printable() {
        let long = "a".repeat(250);
        let longer = "a".repeat(251);
        for (id, good) in [
            ("a@b", true),
            (long.as_str(), true),
            (longer.as_str(), false),
            ("", false),
            ("a b@c", false),
            ("a\r\nBcc: x@y", false),
            ("<a@b>", false),
        ] {
            assert_eq!(is_id(id), good, "{} octets", id.len());
        }
    }
}
