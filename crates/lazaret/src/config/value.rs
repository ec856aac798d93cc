//! How single values are written: durations, sizes, dates, hosts, secret references. Pure; a problem names what was
//! expected and the mend, never what stood there.

use crate::config::{Principal, SecretRef, Start};
use crate::http::Url;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// Why a value is refused, and the mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) what: String,
    pub(super) mend: String,
}

pub(super) fn problem(what: impl Into<String>, mend: impl Into<String>) -> Problem {
    Problem { what: what.into(), mend: mend.into() }
}

/// `30s`, `15m`, `72h`, `14d`, `2w`: a whole number and one unit.
pub(super) fn duration(text: &str) -> Result<Duration, Problem> {
    let wrong = || problem("is not a duration", "write a whole number and a unit: 30s, 15m, 72h, 14d or 2w");
    let (digits, unit) = split_number(text);
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let secs = match unit {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return Err(wrong()),
    };
    number.checked_mul(secs).map(Duration::from_secs).ok_or_else(wrong)
}

/// `512KiB`, `35MiB`, `2GiB`, also kB, MB and GB in powers of ten, and plain octets.
pub(super) fn size_bytes(text: &str) -> Result<u64, Problem> {
    let wrong = || problem("is not a size", "write a whole number and a unit: 4096, 512KiB, 35MiB or 2GiB");
    let (digits, unit) = split_number(text);
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let factor = match unit {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(wrong()),
    };
    number.checked_mul(factor).ok_or_else(wrong)
}

fn split_number(text: &str) -> (&str, &str) {
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at_checked(at).unwrap_or((text, ""));
    (digits, unit.trim_start())
}

/// `now`, `all` or a day.
pub(super) fn start(text: &str) -> Result<Start, Problem> {
    match text {
        "now" => Ok(Start::Now),
        "all" => Ok(Start::All),
        _ => day(text).map(Start::Since),
    }
}

/// A day as seconds since 1970 at 00:00 UTC.
fn day(text: &str) -> Result<i64, Problem> {
    let date: jiff::civil::Date =
        text.parse().map_err(|_| problem("is not a day", "write \"now\", \"all\" or a day such as 2026-03-01"))?;
    let zoned = date.to_zoned(jiff::tz::TimeZone::UTC);
    zoned.map(|z| z.timestamp().as_second()).map_err(|_| problem("is out of range", "write a day such as 2026-03-01"))
}

/// A host name (RFC 1123) or an IP address.
pub(super) fn host(text: &str) -> Result<String, Problem> {
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let name = text.strip_suffix('.').unwrap_or(text);
    if text.parse::<IpAddr>().is_ok() || (name.len() <= 253 && name.split('.').all(label)) {
        return Ok(text.to_ascii_lowercase());
    }
    Err(problem("is not a host name", "write the bare name, such as imap.acme.example, without scheme, port or path"))
}

/// A domain with a dot in it.
pub(super) fn domain(text: &str) -> Result<String, Problem> {
    match host(text) {
        Ok(d) if d.contains('.') && d.parse::<IpAddr>().is_err() => Ok(d),
        _ => Err(problem("is not a domain", "write it as in acme.example, without @")),
    }
}

/// Is it this machine?
pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.parse::<Ipv4Addr>().is_ok_and(|a| a.is_loopback())
        || host.parse::<Ipv6Addr>().is_ok_and(|a| a.is_loopback())
}

/// `credential:NAME` or `file:PATH`.
pub(super) fn secret(text: &str) -> Result<SecretRef, Problem> {
    if let Some(name) = text.strip_prefix("credential:") {
        let good = (1..=255).contains(&name.len())
            && name != "."
            && name != ".."
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        return if good {
            Ok(SecretRef::Credential(name.to_owned()))
        } else {
            Err(problem("names no credential", "use letters, digits, `-`, `_` and `.`, as in \"credential:store-key\""))
        };
    }
    match text.strip_prefix("file:") {
        Some(path) if !path.is_empty() => Ok(SecretRef::File(path.into())),
        _ => Err(problem(
            "does not say where the secret is",
            "write \"credential:NAME\" (systemd) or \"file:PATH\" (mode 0600); the secret itself never stands in this file",
        )),
    }
}

/// Where something is posted to.
pub(super) fn webhook(text: &str) -> Result<Url, Problem> {
    Url::parse(text).map_err(|fault| problem(format!("is no usable webhook: {fault}"), fault.mend()))
}

/// The name of a folder at the server.
pub(super) fn folder(text: &str) -> Result<String, Problem> {
    let good = (1..=1000).contains(&text.len()) && text.trim() == text && !text.chars().any(char::is_control);
    good.then(|| text.to_owned())
        .ok_or_else(|| problem("is not a folder name", "write it as the server lists it, such as \"INBOX\""))
}

/// A short name for ledger, logs and metrics.
pub(super) fn name(text: &str) -> Result<String, Problem> {
    let good = (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    good.then(|| text.to_owned()).ok_or_else(|| {
        problem(
            "is not a plain name",
            "use 1 to 64 letters, digits, `-`, `_` and `.`; it stands in logs and in the ledger",
        )
    })
}

/// `user:NAME` or `group:NAME`.
pub(super) fn principal(text: &str) -> Result<Principal, Problem> {
    let good =
        |n: &str| (1..=64).contains(&n.len()) && !n.contains([':', ',', '/']) && !n.contains(char::is_whitespace);
    match text.split_once(':') {
        Some(("user", n)) if good(n) => Ok(Principal::User(n.to_owned())),
        Some(("group", n)) if good(n) => Ok(Principal::Group(n.to_owned())),
        _ => Err(problem("names neither a user nor a group", "write \"user:NAME\" or \"group:NAME\"")),
    }
}

/// A language, ISO 639-1.
pub(super) fn language(text: &str) -> Result<String, Problem> {
    let good = text.len() == 2 && text.bytes().all(|b| b.is_ascii_lowercase());
    good.then(|| text.to_owned()).ok_or_else(|| problem("is not a language", "write two small letters, such as \"en\""))
}

/// A country, ISO 3166-1 alpha-2.
pub(super) fn country(text: &str) -> Result<String, Problem> {
    let good = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
    good.then(|| text.to_owned())
        .ok_or_else(|| problem("is not a country", "write two capital letters, such as \"AU\""))
}

/// An address that mail can be sent to.
pub(super) fn address(text: &str) -> Result<lazaret_core::Addr, Problem> {
    lazaret_core::Addr::parse(text)
        .ok_or_else(|| problem("is not a mail address", "write it bare, as in support@acme.example"))
}

/// `Display Name <local@domain>` or a bare address.
pub(super) fn named_address(text: &str) -> Result<(String, lazaret_core::Addr), Problem> {
    let wrong = || problem("is not a mail address", "write \"Acme Support <support@acme.example>\"");
    let (name, bare) = match text.split_once('<') {
        Some((name, rest)) => (name.trim().trim_matches('"'), rest.strip_suffix('>').ok_or_else(wrong)?),
        None => ("", text),
    };
    if name.chars().any(char::is_control) || name.len() > 200 {
        return Err(wrong());
    }
    Ok((name.to_owned(), lazaret_core::Addr::parse(bare).ok_or_else(wrong)?))
}

/// The upload portal: https, `{token}` in it exactly once. `none`: there is none.
pub(super) fn portal(text: &str) -> Result<Option<String>, Problem> {
    if text == "none" {
        return Ok(None);
    }
    let mend = "write \"https://HOST/PATH?t={token}\", or \"none\"";
    let rest = text.strip_prefix("https://").ok_or_else(|| problem("is not an https address", mend))?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (name, port) = authority.split_once(':').unwrap_or((authority, "443"));
    if host(name).is_err() || port.parse::<u16>().is_err() {
        return Err(problem("has no host name", mend));
    }
    if rest.matches("{token}").count() != 1 || authority.contains('{') {
        return Err(problem("has no place for the token", mend));
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"')) {
        return Err(problem("is not an https address", mend));
    }
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, secs) in
            [("30s", 30), ("15m", 900), ("72h", 259_200), ("14d", 1_209_600), ("2w", 1_209_600), ("0s", 0)]
        {
            assert_eq!(duration(text), Ok(Duration::from_secs(secs)), "{text}");
        }
        for text in ["", "72", "h", "-1h", "1.5h", "72 hours", "99999999999999999999s", "18446744073709551615w"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes() {
        for (text, bytes) in
            [("0", 0), ("4096", 4096), ("35MiB", 36_700_160), ("35 MiB", 36_700_160), ("1GB", 1_000_000_000)]
        {
            assert_eq!(size_bytes(text), Ok(bytes), "{text}");
        }
        for text in ["", "MiB", "1.5MiB", "35mib", "17179869184GiB", "-1"] {
            assert!(size_bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn days() {
        assert_eq!(start("now"), Ok(Start::Now));
        assert_eq!(start("1970-01-02"), Ok(Start::Since(86_400)));
        for text in ["", "Now", "2026-13-01", "2026-02-30", "1.3.2026"] {
            assert!(start(text).is_err(), "{text}");
        }
    }

    #[test]
    fn portals() {
        assert_eq!(portal("none"), Ok(None));
        assert!(portal("https://p.example/u?t={token}").is_ok_and(|p| p.is_some()));
        for text in [
            "http://p.example/{token}",
            "https://p.example/",
            "https://{token}/x",
            "https:///{token}",
            "https://p.example/{token}{token}",
            "https://p.example/ {token}",
        ] {
            assert!(portal(text).is_err(), "{text}");
        }
    }

    #[test]
    fn secrets_name_a_place() {
        assert_eq!(secret("credential:store-key"), Ok(SecretRef::Credential("store-key".into())));
        for text in ["hunter2", "credential:", "credential:../etc/passwd", "credential:..", "file:", "env:X"] {
            assert!(secret(text).is_err(), "{text}");
        }
    }
}
