//! `observe report`, `observe enforce`: what enforcing would have done, and doing it to mail that was judged while observing.

use super::control::table::{cell, clean};
use serde_json::Value;
use std::fmt::Write as _;

/// The report for people.
pub(crate) fn text(lines: &[Value]) -> String {
    let of = |kind: &'static str| lines.iter().filter(move |l| l["kind"] == kind);
    let mut out = String::new();
    let Some(all) = of("observed").next() else { return "nothing was observed\n".to_owned() };
    let would = &all["would"];
    let _ = writeln!(
        out,
        "{} message(s) judged while observing; enforcing would have\n  moved {} as they are, put clean copies in the place of {}, \
         quarantined {}, refused {}",
        cell(all, "messages"),
        cell(would, "move"),
        cell(would, "clean"),
        cell(would, "quarantine"),
        cell(would, "reject")
    );
    let range = ["oldest_mail_at", "newest_mail_at", "judged_from_at", "judged_until_at"].map(|key| cell(all, key));
    let [oldest, newest, from, until] = range;
    let _ = writeln!(out, "written {oldest} to {newest}, judged {from} to {until}");
    if all["unreadable"].as_u64() > Some(0) {
        let _ = writeln!(out, "{} message(s) of the store cannot be read", cell(all, "unreadable"));
    }
    for folder in of("folder") {
        let ended = match (folder["start"].as_str(), folder["ended_at"].as_str()) {
            (None, _) => "not in the ledger yet".to_owned(),
            (Some(start), None) => format!("start = \"{}\", not all is judged yet", clean(start)),
            (Some(start), Some(at)) => format!("start = \"{}\", all that was there was judged by {at}", clean(start)),
        };
        let _ = writeln!(
            out,
            "  {} {}: {} message(s); {ended}",
            cell(folder, "mailbox"),
            cell(folder, "folder"),
            cell(folder, "messages")
        );
    }
    rules(&mut out, &of("rule").collect::<Vec<_>>());
    let _ = writeln!(out, "\nreplies that would have gone, before limits");
    for reply in of("reply").filter(|r| r["template"].is_string()) {
        let _ = writeln!(out, "  {:>6}  {}", cell(reply, "count"), cell(reply, "template"));
    }
    for reply in of("reply").filter(|r| r["template"].is_null()) {
        let _ = writeln!(out, "  {:>6}  none: {}", cell(reply, "count"), cell(reply, "why_not"));
    }
    if of("unexamined").next().is_some() {
        let _ = writeln!(out, "\nfiles that were not examined");
    }
    for file in of("unexamined") {
        let [count, media, why, action] = ["count", "media_type", "why", "action"].map(|key| cell(file, key));
        let _ = writeln!(out, "  {count:>6}  {media}: {why} ({action})");
    }
    let _ = writeln!(out, "\nsenders' domains (allow, redact, quarantine, reject)");
    for domain in of("sender_domain") {
        let v = ["allow", "redact", "quarantine", "reject"].map(|key| cell(&domain["verdicts"], key));
        let name = match domain["domain"].as_str() {
            Some(name) => clean(name),
            None => format!("{} other(s)", cell(domain, "domains")),
        };
        let _ = writeln!(out, "  {:>6} {:>6} {:>6} {:>6}  {name}", v[0], v[1], v[2], v[3]);
    }
    out
}

fn rules(out: &mut String, rules: &[&Value]) {
    let _ = writeln!(out, "\nrules (messages, findings)");
    if rules.is_empty() {
        let _ = writeln!(out, "  nothing was found");
    }
    for rule in rules {
        let actions: Vec<String> =
            rule["actions"].as_object().into_iter().flatten().map(|(a, n)| format!("{} {n}", clean(a))).collect();
        let _ = writeln!(
            out,
            "  {:>6} {:>6}  {} ({})",
            cell(rule, "messages"),
            cell(rule, "findings"),
            cell(rule, "rule"),
            actions.join(", ")
        );
        for example in rule["examples"].as_array().into_iter().flatten() {
            let mark = example["mark"].as_str().map_or_else(String::new, |mark| format!("  {}", clean(mark)));
            let _ = writeln!(
                out,
                "                 {} in {} at {}{mark}",
                cell(example, "ticket"),
                cell(example, "part"),
                cell(example, "score")
            );
        }
    }
}

/// What `observe enforce` says.
pub(crate) fn enforced(lines: &[Value]) -> String {
    let line = |l: &Value| {
        let [mailbox, folder, count] = ["mailbox", "folder", "messages"].map(|key| cell(l, key));
        if l["reopened"] == true {
            format!(
                "{mailbox} {folder}: {count} message(s) are judged again by the next looks, and enforced; nobody is answered\n"
            )
        } else {
            format!("{mailbox} {folder}: {count} message(s) were judged while observing\n")
        }
    };
    let mut out: String = lines.iter().map(line).collect();
    if lines.iter().any(|l| l["reopened"] == false) {
        out += "nothing was changed. Those that are still in their folder are moved, cleaned or sealed by: lazaret observe enforce --yes\n";
    }
    out
}
