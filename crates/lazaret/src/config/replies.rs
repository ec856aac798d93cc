//! `[replies]`: how customers are answered.

use super::file::{self, Kind, path};
use super::mailbox::INLINE;
use super::reader::Table;
use super::value::{self, problem};
use super::{Receipt, Replies, Smtp, SmtpTls, Transport};
use lazaret_store::ReplyLimits;
use std::path::Path;
use std::time::Duration;

pub(super) fn read(t: Table<'_>, base: &Path) -> Option<Replies> {
    let transport = transport(&t, base);
    let from = t.parsed("from", value::named_address).map(|f| f.value);
    let from = t.need("from", from, "write from = \"Acme Support <support@acme.example>\"");
    let envelope_from = envelope_from(&t);
    let receipt = t.choice("receipt", &[("new-ticket", Receipt::NewTicket), ("never", Receipt::Never)]);
    let portal = t.parsed("portal", value::portal).and_then(|p| p.value);
    let phone = t.parsed("phone", phone).map(|p| p.value);
    let lifetime = t.duration("link_lifetime", 3_600, 14 * 86_400);
    let language = t.parsed("language", value::language).map_or_else(|| "en".to_owned(), |l| l.value);
    let limits = t.table("limits").map_or_else(ReplyLimits::default, limits);
    for key in ["password", "pass"] {
        t.refuse(key, "a password must not stand in this file", INLINE);
    }
    t.finish();
    let (from_name, from) = from?;
    Some(Replies {
        transport: transport?,
        from_name,
        from,
        envelope_from,
        receipt: receipt.map_or(Receipt::NewTicket, |r| r.value),
        portal,
        phone,
        link_lifetime: lifetime.map_or(Duration::from_secs(72 * 3_600), |d| d.value),
        limits,
        language,
    })
}

/// `<>`, or an address.
pub(super) fn envelope_from(t: &Table<'_>) -> Option<lazaret_core::Addr> {
    let parsed = t.parsed("envelope_from", |text| match text {
        "<>" | "" => Ok(None),
        _ => value::address(text)
            .map(Some)
            .map_err(|p| problem(p.what, "write \"<>\" or a bare address that is not answered")),
    });
    parsed.and_then(|e| e.value)
}

fn transport(t: &Table<'_>, base: &Path) -> Option<Transport> {
    let files = path(t, "files", base, Kind::Any);
    let smtp = t.table("smtp").map(|s| smtp(s, "replies.smtp", base));
    match (t.has("smtp"), t.has("files")) {
        (true, true) => {
            let message = "replies leave by `smtp` or into `files`, not both";
            t.reader().error(t.span_of("files"), message, "take one of them out; `files` is for trials");
            None
        }
        (false, true) => files.map(Transport::Files),
        (false, false) => {
            t.need("smtp", None, "write smtp = { host = \"…\", port = 465 }, or files = \"DIR\" for a trial")
        }
        (true, false) => smtp?.map(Transport::Smtp),
    }
}

/// A submission server; `name` is that of its table.
pub(super) fn smtp(t: Table<'_>, name: &str, base: &Path) -> Option<Smtp> {
    let host = t.parsed("host", value::host);
    let host = t.need("host", host, "write host = \"smtp.acme.example\"");
    let port_set = t.number("port", 1, 65_535);
    let choices = [("implicit", SmtpTls::Implicit), ("starttls", SmtpTls::StartTls), ("none", SmtpTls::PlainLoopback)];
    let tls_set = t.choice("tls", &choices);
    let port = port_set.map_or(465, |p| p.value as u16);
    let tls =
        tls_set.map_or(if port == 587 || port == 25 { SmtpTls::StartTls } else { SmtpTls::Implicit }, |c| c.value);
    if let Some(host) = host.as_ref().filter(|h| tls == SmtpTls::PlainLoopback && !value::is_loopback(&h.value)) {
        t.reader().error(
            host.span.clone(),
            "plain-text SMTP is only spoken to this machine itself",
            "write tls = \"implicit\" (port 465) or \"starttls\" (port 587), or a loopback host such as 127.0.0.1",
        );
    }
    let user = t.text("user");
    let secret = file::secret(&t, "secret", base);
    let ca_file = path(&t, "ca_file", base, Kind::File);
    let mut inline = false;
    for key in ["password", "pass"] {
        t.refuse(key, "a password must not stand in this file", INLINE);
        inline |= t.has(key);
    }
    let login = match (user, secret) {
        (Some(user), Some(secret)) => Some((user.value, secret.value)),
        (Some(_), None) if !t.has("secret") && !inline => {
            let mend = "add secret = \"credential:NAME\" or \"file:PATH\", or take `user` out";
            t.reader().error(t.span_of("user"), format!("`{name}` has a `user` but no `secret`"), mend);
            None
        }
        (None, Some(_)) if !t.has("user") => {
            let mend = "add user = \"…\", or take `secret` out";
            t.reader().error(t.span_of("secret"), format!("`{name}` has a `secret` but no `user`"), mend);
            None
        }
        _ => None,
    };
    t.finish();
    Some(Smtp { host: host?.value, port, tls, login, ca_file })
}

fn phone(text: &str) -> Result<String, value::Problem> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let good = text.len() <= 40
        && (3..=20).contains(&digits)
        && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b' ' | b'+' | b'-' | b'(' | b')' | b'.' | b'/'));
    good.then(|| text.to_owned()).ok_or_else(|| {
        problem("is not a telephone number", "write it as customers dial it, such as \"+61 3 5550 1234\"")
    })
}

fn limits(t: Table<'_>) -> ReplyLimits {
    let d = ReplyLimits::default();
    let read = |key, default: u32| t.number(key, 0, 1_000_000).map_or(default, |n| n.value as u32);
    let out = ReplyLimits {
        proven_per_day_max: read("proven_per_day_max", d.proven_per_day_max),
        unproven_per_day_max: read("unproven_per_day_max", d.unproven_per_day_max),
        domain_per_hour_max: read("domain_per_hour_max", d.domain_per_hour_max),
        tenant_per_hour_max: read("tenant_per_hour_max", d.tenant_per_hour_max),
        breaker_per_minute_max: read("breaker_per_minute_max", d.breaker_per_minute_max),
    };
    if out.unproven_per_day_max > out.proven_per_day_max {
        t.reader().warning(
            t.span_of("unproven_per_day_max"),
            "unproven senders get more replies than proven ones",
            "an unproven sender may be a victim whose address was forged: 1 is a good value",
        );
    }
    t.finish();
    out
}
