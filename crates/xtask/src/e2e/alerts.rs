//! A server that goes away and comes back: who is to hear of it does, once each; metrics say the same, and nothing of a mail.

use super::ensure;
use super::home::{Home, MailboxSpec, Replies};
use super::hostile::plain;
use crate::process::{Server, scratch, until};
use crate::servers::{Dovecot, Lab, free_port};
use anyhow::{Context, Result};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

const WAIT: Duration = Duration::from_secs(60);
/// What must stand in no alert and no metric.
const CARD: &str = "4539714829036514";
const OPERATOR: &str = "mailops@ops.example.test";

pub(super) fn run(lab: &Lab) -> Result<String> {
    lab.postfix.forget()?;
    let (dir, port, metrics) = (scratch("dovecot")?, free_port()?, free_port()?);
    let server = Dovecot::start_at(dir.path(), &lab.ca, port)?;
    let account = server.account("alerts", '/')?;
    let mail =
        plain("alerts@example.com", "customer@example.com", "Secret subject", "", &format!("My card is {CARD}."));
    account.deliver("1000000000.mail", &mail)?;
    let spec = MailboxSpec { port: Some(port), ..MailboxSpec::all("support", &account) };
    let home = Home::new(lab, "enforce", &[spec], Replies::Unlimited)?;
    home.write_config(&format!(
        "{}\n[operator]\nalert_to = [\"{OPERATOR}\"]\nmetrics = \"127.0.0.1:{metrics}\"\n\
         [operator.alert_when]\nmailbox_failing = \"1s\"\nrecovered_after = \"1s\"\n",
        home.read_config()?
    ))?;

    let output = home.run(&["check", "--alert-test"])?;
    ensure(String::from_utf8_lossy(&output.stdout).contains("taken for mailops@"), || "no test alert".into())?;
    let mut daemon = home.daemon()?;
    waits(&home, &mut daemon, "the ticket", || Ok(!home.ask(&["ticket", "list"])?.is_empty()))?;
    waits(&home, &mut daemon, "a mailbox that is well", || Ok(get(metrics, "/readyz")?.contains(" 200 OK")))?;
    let page = get(metrics, "/metrics")?;
    for want in [
        "lazaret_messages_total{mailbox=\"support\",verdict=\"redact\",class=\"human\"} 1\n",
        "lazaret_findings_total{class=\"credit_card\",action=\"redact\"} 1\n",
        "lazaret_mailbox_up{mailbox=\"support\"} 1\n",
        "lazaret_reconcile_unaccounted_messages{mailbox=\"support\"} 0\n",
        "lazaret_stage_seconds_count{stage=\"commit\"} 1\n",
    ] {
        ensure(page.contains(want), || format!("no {want} in\n{page}"))?;
    }
    ensure(get(metrics, "/healthz")?.contains(" 200 OK"), || "not live".into())?;
    let well = home.run(&["status", "--exit-code"])?;
    ensure(well.status.code() == Some(0), || String::from_utf8_lossy(&well.stdout).into_owned())?;

    drop(server);
    waits(&home, &mut daemon, "the onset", || {
        Ok(count(lab, "runbook: mailbox-failing", "critical: mailbox support")? == 1)
    })?;
    let ill = home.run(&["status", "--exit-code"])?;
    ensure(ill.status.code() == Some(75), || format!("status --exit-code ended with {}", ill.status))?;
    ensure(String::from_utf8_lossy(&ill.stdout).contains("the mailbox cannot be pulled"), || {
        "status is silent".into()
    })?;
    let page = get(metrics, "/metrics")?;
    let active = "lazaret_alert_active{condition=\"mailbox-failing\",severity=\"critical\",mailbox=\"support\"} 1\n";
    ensure(page.contains(active), || format!("no {active} in\n{page}"))?;

    // A restart while it lasts: what was told is not told again, and its end is told all the same.
    drop(daemon);
    let mut daemon = home.daemon()?;
    let _server = Dovecot::start_at(dir.path(), &lab.ca, port)?;
    waits(&home, &mut daemon, "the recovery", || {
        Ok(count(lab, "runbook: mailbox-failing", "over: mailbox support")? == 1)
    })?;
    let onsets = count(lab, "runbook: mailbox-failing", "critical: mailbox support")?;
    ensure(onsets == 1, || format!("{onsets} onsets"))?;
    drop(daemon);

    lab.postfix.settle()?;
    let alerts: Vec<_> = lab.postfix.delivered()?.into_iter().filter(|d| d.to == OPERATOR).collect();
    ensure(alerts.len() == 3, || format!("{} alerts, not a test, an onset and a recovery", alerts.len()))?;
    for alert in &alerts {
        let text = String::from_utf8_lossy(&alert.raw);
        ensure(alert.field("Auto-Submitted").as_deref() == Some("auto-generated"), || text.to_string())?;
        ensure(!text.contains(CARD) && !text.contains("Secret") && !text.contains("customer@"), || text.to_string())?;
    }
    ensure(!page.contains(CARD) && !page.contains("customer@"), || "a metric holds something of a mail".into())?;
    Ok(format!("{} alerts, {} lines of metrics", alerts.len(), page.lines().count()))
}

/// Waits for something while the daemon lives.
fn waits(home: &Home, daemon: &mut Server, what: &str, mut ready: impl FnMut() -> Result<bool>) -> Result<()> {
    until(what, WAIT, || {
        daemon.alive()?;
        ready()
    })
    .with_context(|| home.log_tail())
}

/// Mails to the operator with both texts in them, header folding undone.
fn count(lab: &Lab, one: &str, other: &str) -> Result<usize> {
    let holds = |raw: &[u8]| {
        let text = String::from_utf8_lossy(raw).replace("\r\n", "\n").replace("\n ", " ");
        text.contains(one) && text.contains(other)
    };
    Ok(lab.postfix.delivered()?.iter().filter(|d| d.to == OPERATOR && holds(&d.raw)).count())
}

/// A page, with its head.
fn get(port: u16, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())?;
    let mut said = String::new();
    stream.read_to_string(&mut said)?;
    Ok(said)
}
