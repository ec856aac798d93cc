//! What a copy says of itself: its first lines, the stub of a message that was set aside, facts for a helpdesk to sort by.

use super::part;
use lazaret_store::{FindingView, MessageView, TicketRef, Told};
use std::collections::{BTreeMap, BTreeSet};

/// Attachments that were not examined are named up to this number.
const LINES_MAX: usize = 10;

/// The first lines: what was taken out, what is left out, whether the customer was told. A copy is never written again, so
/// what may change later is told as it was when the copy was written.
pub(super) fn banner(view: &MessageView, ticket: &TicketRef, stub: bool) -> Vec<String> {
    let left_out = match view.attachments.iter().filter(|attachment| part::is_left_out(attachment)).count() {
        0 => None,
        1 => Some("1 attachment left out".to_owned()),
        n => Some(format!("{n} attachments left out")),
    };
    let taken = join(&counts(&view.findings)).map(|taken| format!("{taken} taken out"));
    let what = match view.verdict.as_str() {
        "reject" => "this message was refused".to_owned(),
        "quarantine" => "this message was set aside".to_owned(),
        _ => {
            let all: Vec<String> = taken.into_iter().chain(left_out).collect();
            join(&all).unwrap_or_else(|| "nothing was taken out".to_owned())
        }
    };
    let told = match &view.told {
        Told::Accepted => "the customer was sent a notice".to_owned(),
        Told::Pending => "a notice to the customer was still to be sent when this was written".to_owned(),
        Told::Unknown => "it was not known whether the notice to the customer arrived when this was written".to_owned(),
        Told::NotSent(why) => format!("the customer had not been told when this was written ({why})"),
    };
    let mut lines = vec![match ticket.0.as_str() {
        "" => format!("[Lazaret: {what}.]"),
        reference => format!("[Lazaret: {what}; {told}. {reference}]"),
    }];
    if !stub {
        let unexamined: Vec<String> = view.attachments.iter().filter_map(part::unexamined_line).collect();
        let more = unexamined.len().saturating_sub(LINES_MAX);
        lines.extend(unexamined.into_iter().take(LINES_MAX));
        if more > 0 {
            lines.push(format!("[{more} more attachments were not examined]"));
        }
    }
    lines
}

/// `2 payment card numbers`, most severe first as the findings are ordered by name; equal values count once.
fn counts(findings: &[FindingView]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut counts: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for (i, finding) in findings.iter().enumerate() {
        if matches!(finding.action.as_str(), "allow" | "flag") {
            continue;
        }
        let tag = if finding.tag.is_empty() { format!("#{i}") } else { finding.tag.clone() };
        let (one, many) = noun(&finding.class);
        if seen.insert((one, tag)) {
            counts.entry(one).or_insert((0, many)).0 += 1;
        }
    }
    let phrase = |(one, (n, many)): (&str, (usize, &str))| format!("{n} {}", if n == 1 { one } else { many });
    counts.into_iter().map(phrase).collect()
}

fn noun(class: &str) -> (&'static str, &'static str) {
    match class {
        "credit_card" => ("payment card detail", "payment card details"),
        "iban" | "bank_account" => ("bank account number", "bank account numbers"),
        "secret" => ("password or key", "passwords or keys"),
        "national_id" => ("identity number", "identity numbers"),
        "tax_id" => ("tax number", "tax numbers"),
        "health_id" => ("health number", "health numbers"),
        "passport" => ("passport number", "passport numbers"),
        "driver_license" => ("driving licence number", "driving licence numbers"),
        "crypto_address" => ("crypto currency address", "crypto currency addresses"),
        "bulk_records" => ("list of people's records", "lists of people's records"),
        _ => ("personal detail", "personal details"),
    }
}

/// A stub: kinds and counts, sender, time, why; nothing of the content.
pub(super) fn stub(view: &MessageView, banner: &[String]) -> String {
    let mut lines = banner.to_vec();
    lines.push(String::new());
    let from: Vec<&str> = view.from.iter().map(|a| a.address.as_str()).filter(|a| !a.is_empty()).collect();
    lines.push(format!("From: {}", if from.is_empty() { "unknown".to_owned() } else { from.join(", ") }));
    lines.push(format!("Time: {}", timestamp(view.date.unwrap_or(view.at))));
    if let Some(found) = join(&counts(&view.findings)) {
        lines.push(format!("Found: {found}"));
    }
    if !view.reasons.is_empty() {
        lines.push(format!("Why: {}", view.reasons.join("; ")));
    }
    lines.push(String::new());
    lines.push(match view.sealed_until {
        Some(until) => format!(
            "The original was put away encrypted, to be kept until {}. If this was a mistake, the privacy officer can release it.",
            timestamp(until)
        ),
        None => "The original was not kept.".to_owned(),
    });
    lines.join("\n")
}

fn timestamp(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map(|t| t.strftime("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default()
}

fn join(items: &[String]) -> Option<String> {
    match items {
        [] => None,
        [one] => Some(one.clone()),
        [most @ .., last] => Some(format!("{} and {last}", most.join(", "))),
    }
}

/// What a helpdesk may sort by: words of ours and numbers.
pub(super) fn facts(view: &MessageView, ticket: &TicketRef) -> Vec<(&'static str, String)> {
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for finding in view.findings.iter().filter(|f| !matches!(f.action.as_str(), "allow" | "flag")) {
        found.entry(&finding.class).or_default().insert(&finding.tag);
    }
    let found: Vec<String> = found.iter().map(|(class, tags)| format!("{class}={}", tags.len())).collect();
    let unexamined: u64 = view.attachments.iter().map(|a| a.unexamined_bytes).sum();
    let mut all = vec![("X-Lazaret-Verdict", view.verdict.clone())];
    if !ticket.0.is_empty() {
        all.push(("X-Lazaret-Ticket", ticket.0.clone()));
    }
    if !found.is_empty() {
        all.push(("X-Lazaret-Found", found.join(", ")));
    }
    if unexamined > 0 {
        all.push(("X-Lazaret-Unexamined-Bytes", unexamined.to_string()));
    }
    if view.headers_left_out > 0 {
        all.push(("X-Lazaret-Fields-Left-Out", view.headers_left_out.to_string()));
    }
    all
}

/// The banner stands before all that the HTML holds, so that no comment or attribute of it can swallow the banner; only
/// a document type stays in front, which ends at its first `>` whatever stands in it.
pub(super) fn with_banner(html: &str, banner: &[String]) -> String {
    let lines: Vec<String> = banner.iter().map(|line| escape(line)).collect();
    let block = format!(
        "<div style=\"border: 1px solid #888888; padding: 8px; margin: 0 0 12px 0; font-family: sans-serif\">{}</div>\r\n",
        lines.join("<br>")
    );
    let has_doctype = html.trim_start().get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype"));
    match html.split_once('>').filter(|_| has_doctype) {
        Some((doctype, rest)) => format!("{doctype}>{block}{rest}"),
        None => format!("{block}{html}"),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
