//! `[operator]`, but for its roles: who hears of trouble, when, and where a scraper asks.

use super::reader::Table;
use super::value::{self, Problem, problem};
use super::{AlertWebhook, AlertWhen, Config, Operator};
use crate::config::file::{Kind, path};
use std::net::SocketAddr;
use std::path::Path;

const DAY: u64 = 86_400;

pub(super) fn read(t: &Table<'_>, base: &Path) -> Operator {
    let alert_to = t.list("alert_to", value::address).map(|l| l.value.into_iter().map(|a| a.value).collect());
    let ca_file = path(t, "alert_webhook_ca_file", base, Kind::File);
    let webhook = t.parsed("alert_webhook", value::webhook).map(|url| AlertWebhook { url: url.value, ca_file });
    let open_to_all = t.flag("metrics_open_to_all").is_some_and(|f| f.value);
    let metrics = t.parsed("metrics", |text| listener(text, open_to_all)).map(|m| m.value);
    let alert_when = t.table("alert_when").map_or_else(AlertWhen::default, alert_when);
    Operator { alert_to: alert_to.unwrap_or_default(), alert_webhook: webhook, alert_when, metrics, roles: Vec::new() }
}

/// Complaints that need the rest of the configuration.
pub(super) fn agree(t: &Table<'_>, config: &Config) {
    let reader = t.reader();
    let alert_to = &config.operator.alert_to;
    if !alert_to.is_empty() && config.replies.is_none() && !t.has("replies") {
        let mend = "write a table [replies], or use operator.alert_webhook";
        reader.warning(t.span_of("operator"), "`operator.alert_to` has no effect without a relay", mend);
    }
    if alert_to.iter().any(|to| config.mailboxes.iter().any(|m| m.profile.own.contains(&to.folded()))) {
        let mend = "name a mailbox that Lazaret does not pull";
        reader.error(
            t.span_of("operator"),
            "`operator.alert_to` names an address of a mailbox: alerts would become tickets",
            mend,
        );
    }
}

fn alert_when(t: Table<'_>) -> AlertWhen {
    let d = AlertWhen::default();
    let secs = |key, max, default: i64| t.duration(key, 1, max).map_or(default, |d| d.value.as_secs().cast_signed());
    let out = AlertWhen {
        mailbox_failing_secs: secs("mailbox_failing", 7 * DAY, d.mailbox_failing_secs),
        login_refused_secs: secs("login_refused", 7 * DAY, d.login_refused_secs),
        mail_waiting_secs: secs("mail_waiting", 30 * DAY, d.mail_waiting_secs),
        outbox_oldest_secs: secs("outbox_oldest", 2 * DAY, d.outbox_oldest_secs),
        relay_failing_secs: secs("relay_failing", 2 * DAY, d.relay_failing_secs),
        token_left_secs: secs("token_left", DAY, d.token_left_secs),
        recovered_after_secs: secs("recovered_after", DAY, d.recovered_after_secs),
        worker_crashes_per_hour: t
            .number("worker_crashes_per_hour", 0, 1_000_000)
            .map_or(d.worker_crashes_per_hour, |n| n.value),
    };
    t.finish();
    out
}

fn listener(text: &str, open_to_all: bool) -> Result<SocketAddr, Problem> {
    let address: SocketAddr =
        text.parse().map_err(|_| problem("is no address with a port", "write \"127.0.0.1:9464\" or \"[::1]:9464\""))?;
    if address.ip().is_loopback() || open_to_all {
        return Ok(address);
    }
    Err(problem(
        "can be reached from other machines",
        "write a loopback address, or metrics_open_to_all = true where a firewall stands before it",
    ))
}
