//! Sinks beside the folder: secrets, relays, webhooks. Nothing is posted: a webhook is only connected to.

use super::{Report, probe};
use crate::config::{Config, Target, Transport, Webhook, file};
use crate::deliveries::POST_DEADLINE;
use crate::http::Client;
use crate::keys;
use crate::sink::webhook::Signer;
use lazaret_scan::{Severity, SourceFile};

fn forwards(config: &Config) -> bool {
    let mut targets = config.mailboxes.iter().flat_map(|m| &m.deliver.targets);
    targets.any(|target| matches!(target, Target::Forward(_)))
}

/// The relay of `[forward]`, where it has one of its own.
pub(super) fn relay<'a>(config: &'a Config, source: SourceFile<'_>) -> Option<&'a Transport> {
    file::span_of(source, &["forward", "smtp"])?;
    config.forward.as_ref().map(|forward| &forward.transport)
}

/// Why nothing can be signed, if so.
pub(super) fn weak(webhook: &Webhook) -> Option<String> {
    match keys::secret(&webhook.secret) {
        Ok(secret) => Signer::new(&secret).err().map(|weak| weak.to_string()),
        Err(error) => Some(error.to_string()),
    }
}

/// Logs in at the relay, and connects to every webhook.
pub(super) async fn probes(config: &Config, report: &mut Report) {
    if let Some(transport) = relay(config, report.source.as_source()).filter(|_| forwards(config)) {
        probe("forward", transport, report).await;
    }
    let Some(webhook) = &config.webhook else { return };
    let Ok(client) = Client::new(webhook.ca_file.as_deref(), POST_DEADLINE) else { return };
    for (index, mailbox) in config.mailboxes.iter().enumerate() {
        for target in &mailbox.deliver.targets {
            let Target::Webhook(url) = target else { continue };
            match client.probe(url).await {
                Ok(()) => report.fact("webhook", format!("{} is there", url.place())),
                Err(fault) => {
                    report.unreachable += 1;
                    let message = format!("mailbox {}: webhook {}: {fault}", mailbox.name, url.place());
                    let at = ["mailbox", &index.to_string(), "deliver"];
                    report.complain(Severity::Error, &at, message, "look at host, port and `webhook.ca_file`");
                }
            }
        }
    }
}
