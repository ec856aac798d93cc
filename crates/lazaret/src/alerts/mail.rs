//! An alert as a mail (RFC 5322, RFC 3834): facts and words of ours.

use super::condition::Severity;
use super::watch::Notice;
use crate::clock;
use crate::config::Replies;
use crate::sink::Letter;
use crate::sink::letter::{self, Unaddressable};
use aws_lc_rs::digest;
use lazaret_core::Addr;
use lettre::address::Envelope;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use std::fmt::Write as _;

/// Alerts that a digest names; of the others it says how many.
const NAMED_MAX: usize = 50;

/// Builds the mail of one alert, or of several at once.
pub(crate) fn compose(
    batch: &[Notice],
    to: &Addr,
    replies: &Replies,
    tenant: &str,
    now: i64,
) -> Result<Letter, Unaddressable> {
    let urgent = batch.iter().any(|n| n.condition.is_urgent() && !n.recovered);
    let id = message_id(batch, to);
    let address = letter::address(to)?;
    let envelope = Envelope::new(None, vec![address.clone()]).map_err(|_| Unaddressable)?;
    let mut builder = Message::builder()
        .envelope(envelope)
        .from(Mailbox::new(Some("Lazaret".to_owned()), letter::address(&replies.from)?))
        .to(Mailbox::new(None, address))
        .subject(subject(batch, tenant))
        .date(letter::time(now))
        .message_id(Some(format!("<{id}@{}>", replies.from.domain())))
        .raw_header(letter::header("Auto-Submitted", "auto-generated".to_owned()))
        .raw_header(letter::header("X-Auto-Response-Suppress", "All".to_owned()))
        .header(ContentType::TEXT_PLAIN);
    if urgent {
        builder = builder
            .raw_header(letter::header("Importance", "high".to_owned()))
            .raw_header(letter::header("X-Priority", "1".to_owned()));
    }
    let message = builder.body(body(batch, tenant)).map_err(|_| Unaddressable)?;
    Ok(Letter { id, from: replies.envelope_from.clone(), to: to.clone(), octets: message.formatted() })
}

/// The same for the same alerts and recipient: a mail that was sent twice is known as one.
fn message_id(batch: &[Notice], to: &Addr) -> String {
    let mut all = to.folded();
    batch.iter().for_each(|n| all += &format!("\n{}", n.id));
    let digest = digest::digest(&digest::SHA256, all.as_bytes());
    let hex = digest.as_ref().iter().take(12).fold(String::new(), |mut out, octet| {
        let _ = write!(out, "{octet:02x}");
        out
    });
    format!("alert.{hex}")
}

fn subject(batch: &[Notice], tenant: &str) -> String {
    match batch {
        [one] => {
            let word = if one.recovered { "over" } else { word(one.condition.severity()) };
            let whose = one.mailbox.as_ref().map(|m| format!("mailbox {m}: ")).unwrap_or_default();
            format!("[lazaret {tenant}] {word}: {whose}{}", one.condition.text())
        }
        many => {
            let over = many.iter().filter(|n| n.recovered).count();
            let urgent = if many.iter().any(|n| n.condition.is_urgent() && !n.recovered) { "URGENT: " } else { "" };
            format!("[lazaret {tenant}] {urgent}{} alerts, {over} over", many.len() - over)
        }
    }
}

fn word(severity: Severity) -> &'static str {
    if severity == Severity::Urgent { "URGENT" } else { severity.as_str() }
}

fn body(batch: &[Notice], tenant: &str) -> String {
    let mut out = String::new();
    for notice in batch.iter().take(NAMED_MAX) {
        let whose = notice.mailbox.as_ref().map(|m| format!("mailbox {m}: ")).unwrap_or_default();
        let _ = writeln!(out, "{whose}{}", notice.condition.text());
        if !notice.detail.is_empty() {
            let _ = writeln!(out, "  {}", notice.detail);
        }
        let since = clock::rfc3339(notice.since);
        if notice.recovered {
            let _ = writeln!(out, "  over at {}, since {since}", clock::rfc3339(notice.at));
        } else {
            let _ = writeln!(out, "  since {since}, {}", notice.condition.severity().as_str());
            let _ = writeln!(out, "  to do: {}", notice.condition.mend());
        }
        let _ = writeln!(out, "  runbook: {}\n", notice.condition.id());
    }
    if let Some(more) = batch.len().checked_sub(NAMED_MAX).filter(|more| *more > 0) {
        let _ = writeln!(out, "and {more} more: lazaret status\n");
    }
    let _ = writeln!(out, "Lazaret, tenant {tenant}. What all that means: deploy/RUNBOOK.md, \"When an alert comes\".");
    out
}

#[cfg(test)]
mod tests {
    use super::super::condition::Condition;
    use super::super::watch::{Reading, Seen, Watch};
    use super::*;
    use crate::config::{AlertWhen, Receipt, Transport};

    fn replies() -> Replies {
        Replies {
            transport: Transport::Files("out".into()),
            from_name: "Acme Support".into(),
            from: Addr::parse("support@acme.example").expect("an address"),
            envelope_from: None,
            receipt: Receipt::NewTicket,
            portal: None,
            phone: None,
            link_lifetime: std::time::Duration::from_secs(3600),
            limits: lazaret_store::ReplyLimits::default(),
            language: "en".into(),
        }
    }

    fn notices(count: usize, condition: Condition) -> Vec<Notice> {
        let when = AlertWhen { mailbox_failing_secs: 0, ..AlertWhen::default() };
        let mut watch = Watch::new(when, vec!["ops@acme.example".into()], false);
        let seen = || Seen::Present { since: Some(100), detail: "timeout".into() };
        let readings = (0..count).map(|n| Reading { condition, mailbox: Some(format!("m{n}")), seen: seen() });
        watch.look(readings.collect(), 100)
    }

    fn composed(batch: &[Notice]) -> String {
        let to = Addr::parse("ops@acme.example").expect("an address");
        let letter = compose(batch, &to, &replies(), "acme", 1_800_000_000).expect("composed");
        assert_eq!(letter.from, None, "envelope sender <>");
        String::from_utf8(letter.octets).expect("ASCII")
    }

    #[test]
    fn an_alert_says_what_since_when_and_what_to_do() {
        let mail = composed(&notices(1, Condition::MailboxFailing));
        for want in [
            "From: Lazaret <support@acme.example>\r\n",
            "To: ops@acme.example\r\n",
            "Subject: [lazaret acme] critical: mailbox m0: the mailbox cannot be pulled\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "timeout",
            "since 1970-01-01T00:01:40Z, critical",
            "to do: ",
            "runbook: mailbox-failing",
        ] {
            assert!(mail.contains(want), "{want}\n{mail}");
        }
        assert!(!mail.contains("Importance"), "{mail}");
        let urgent = composed(&notices(1, Condition::FileResidue));
        assert!(urgent.contains("URGENT: mailbox m0") && urgent.contains("Importance: high"), "{urgent}");
        let id = |mail: &str| mail.lines().find(|l| l.starts_with("Message-ID: ")).map(str::to_owned);
        assert_eq!(id(&mail), id(&composed(&notices(1, Condition::MailboxFailing))), "the same alert has the same id");
        assert_ne!(id(&mail), id(&urgent));
    }

    #[test]
    fn many_at_once_are_one_mail_of_a_bounded_length() {
        for (count, named, more) in
            [(NAMED_MAX - 1, NAMED_MAX - 1, 0), (NAMED_MAX, NAMED_MAX, 0), (NAMED_MAX + 1, NAMED_MAX, 1)]
        {
            let mail = composed(&notices(count, Condition::MailboxFailing));
            assert!(mail.contains(&format!("{count} alerts, 0 over")), "{mail}");
            assert_eq!(mail.matches("runbook: ").count(), named, "{count}");
            assert_eq!(mail.contains(&format!("and {more} more")), more > 0, "{count}");
        }
    }
}
