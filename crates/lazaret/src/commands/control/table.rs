//! Answers of the daemon as text for people. Whatever came from a mail is shown without control characters, so that no
//! subject can move the cursor or colour the terminal.

use serde_json::Value;
use std::fmt::Write as _;

/// Text without control characters; line breaks become spaces.
pub(in crate::commands) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || is_bidi(c) { ' ' } else { c }).collect()
}

/// Marks that turn the direction of what follows.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

/// The same with line breaks kept.
fn clean_lines(text: &str) -> String {
    text.lines().map(|l| clean(l) + "\n").collect()
}

pub(in crate::commands) fn cell(row: &Value, key: &str) -> String {
    match &row[key] {
        Value::Null => "-".to_owned(),
        Value::String(s) => clean(s),
        Value::Array(list) => list.iter().map(words).collect::<Vec<_>>().join(", "),
        other => words(other),
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::String(s) => clean(s),
        // `{"not-sent": "auto"}`
        Value::Object(map) => map
            .iter()
            .map(|(k, v)| format!("{} ({})", clean(k).replace('-', " "), words(v)))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    }
}

fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max { text.to_owned() } else { text.chars().take(max - 1).chain(['…']).collect() }
}

/// Columns: heading, key, longest.
fn columns(rows: &[Value], columns: &[(&str, &str, usize)], none: &str) -> String {
    if rows.is_empty() {
        return format!("{none}\n");
    }
    let mut lines: Vec<Vec<String>> = vec![columns.iter().map(|(heading, ..)| (*heading).to_owned()).collect()];
    lines.extend(rows.iter().map(|r| columns.iter().map(|(_, key, max)| cut(&cell(r, key), *max)).collect()));
    let width =
        |column: usize| lines.iter().filter_map(|l| l.get(column)).map(|c| c.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let line = |cells: &Vec<String>| {
        let padded: String =
            cells.iter().zip(&widths).map(|(c, w)| format!("{c}{}  ", " ".repeat(w - c.chars().count()))).collect();
        padded.trim_end().to_owned() + "\n"
    };
    lines.iter().map(line).collect()
}

/// Why a reload was refused.
pub(super) fn refused(answer: &Value) -> String {
    clean_lines(answer["text"].as_str().unwrap_or_default())
}

/// What a reload changed.
pub(super) fn reload(answer: &Value) -> String {
    let changed = answer["changed"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut out = String::from(if changed.is_empty() { "reloaded; nothing has changed\n" } else { "reloaded\n" });
    for change in changed {
        let _ = writeln!(out, "  {}: {}", cell(change, "what"), cell(change, "takes_effect"));
    }
    for what in ["added", "restarted", "removed"] {
        let names = cell(&answer["mailboxes"], what);
        if !names.is_empty() {
            let _ = writeln!(out, "  mailboxes {what}: {names}");
        }
    }
    out
}

pub(super) fn audit(rows: &[Value]) -> String {
    let wanted = [
        ("NUMBER", "seq", 10),
        ("AT", "at", 20),
        ("USER", "name", 24),
        ("UID", "uid", 10),
        ("VERB", "verb", 24),
        ("ABOUT", "object", 24),
        ("OUTCOME", "outcome", 40),
    ];
    columns(rows, &wanted, "no such records")
}

/// Whether the audit trail is whole.
pub(super) fn audit_verdict(verdict: &Value) -> String {
    let mut out = String::new();
    for problem in verdict["problems"].as_array().into_iter().flatten() {
        let _ = writeln!(out, "  ! record {}: {}", cell(problem, "seq"), cell(problem, "what"));
    }
    let well =
        if out.is_empty() { "the audit trail is whole" } else { "the audit trail was tampered with or is damaged" };
    let head = format!("{}:{}", cell(&verdict["head"], "seq"), cell(&verdict["head"], "hash"));
    format!("{well}: {} records from {} on\n{out}head  {head}\n", cell(verdict, "records"), cell(verdict, "first_seq"))
}

pub(super) fn tickets(rows: &[Value]) -> String {
    let wanted = [
        ("TICKET", "ticket", 12),
        ("OPENED", "opened_at", 20),
        ("VERDICT", "verdict", 10),
        ("TOLD", "told", 34),
        ("MAILS", "messages", 6),
        ("FROM", "from", 32),
        ("SUBJECT", "subject", 48),
    ];
    columns(rows, &wanted, "no tickets yet")
}

pub(super) fn quarantine(rows: &[Value]) -> String {
    let wanted = [
        ("ID", "id", 16),
        ("TICKET", "ticket", 12),
        ("SINCE", "at", 20),
        ("KEPT UNTIL", "until", 20),
        ("VERDICT", "verdict", 10),
        ("BYTES", "size_bytes", 12),
        ("REASONS", "reasons", 60),
    ];
    columns(rows, &wanted, "nothing is sealed")
}

pub(super) fn held(rows: &[Value]) -> String {
    let wanted = [
        ("TICKET", "ticket", 12),
        ("MESSAGE", "message", 7),
        ("SINCE", "at", 20),
        ("BYTES", "size_bytes", 14),
        ("MAILBOX", "mailbox", 24),
    ];
    columns(rows, &wanted, "nothing is held")
}

pub(super) fn outbox(rows: &[Value]) -> String {
    let wanted = [
        ("ID", "id", 16),
        ("TICKET", "ticket", 12),
        ("KIND", "kind", 8),
        ("STATE", "state", 12),
        ("TEMPLATE", "template", 10),
        ("TRIES", "attempts", 6),
        ("CODE", "code", 4),
        ("QUEUED", "queued_at", 20),
        ("DUE", "due_at", 20),
        ("TO", "to", 40),
    ];
    columns(rows, &wanted, "no replies and no deliveries yet")
}

pub(super) fn released(rows: &[Value]) -> String {
    let name = |r: &Value| cell(r, if r.get("id").is_some() { "id" } else { "ticket" });
    rows.iter().map(|r| format!("{}: {}\n", name(r), cell(r, "released"))).collect()
}

/// A ticket as an agent sees it.
pub(super) fn ticket(view: &Value) -> String {
    let row = &view["row"];
    let mut out = String::new();
    let _ = writeln!(out, "{}  {}", cell(row, "ticket"), cell(row, "subject"));
    let _ = writeln!(
        out,
        "from {}, opened {}, {}, told: {}",
        cell(row, "from"),
        cell(row, "opened_at"),
        cell(row, "verdict"),
        cell(row, "told")
    );
    let messages = view["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (index, message) in messages.iter().enumerate() {
        let from: Vec<String> = addresses(&message["from"]);
        let _ = writeln!(out, "\n── message {} of {}, {}", index + 1, messages.len(), cell(message, "at"));
        let _ = writeln!(out, "from:    {} (sender {})", from.join(", "), cell(message, "proof"));
        let _ = writeln!(out, "verdict: {}", cell(message, "verdict"));
        for reason in message["reasons"].as_array().into_iter().flatten() {
            let _ = writeln!(out, "         {}", words(reason));
        }
        if let Some(until) = message["sealed_until"].as_str() {
            let _ = writeln!(out, "sealed:  the original, until {}", clean(until));
        }
        let _ = writeln!(out, "told:    {}", cell(message, "told"));
        for attachment in message["attachments"].as_array().into_iter().flatten() {
            let _ = writeln!(
                out,
                "file:    {} ({}, {} bytes): {}",
                cell(attachment, "name"),
                cell(attachment, "media_type"),
                cell(attachment, "size_bytes"),
                cell(attachment, "action")
            );
            let _ = writeln!(
                out,
                "         {} bytes scanned, {} of structure, {} not examined",
                cell(attachment, "scanned_bytes"),
                cell(attachment, "decoded_bytes"),
                cell(attachment, "unexamined_bytes")
            );
        }
        if let Some(text) = message["text"].as_str().filter(|t| !t.is_empty()) {
            let _ = write!(out, "\n{}", clean_lines(text));
        }
    }
    out
}

fn addresses(list: &Value) -> Vec<String> {
    let one = |a: &Value| match (a["name"].as_str().unwrap_or_default(), a["address"].as_str().unwrap_or_default()) {
        ("", address) => clean(address),
        (name, address) => format!("{} <{}>", clean(name), clean(address)),
    };
    list.as_array().into_iter().flatten().map(one).collect()
}

/// How the daemon fares.
pub(super) fn status(lines: &[Value]) -> String {
    let mut out = String::new();
    let Some((daemon, mailboxes)) = lines.split_first() else { return out };
    let well = if daemon["healthy"].as_bool() == Some(true) { "well" } else { "needs a look" };
    let _ = writeln!(out, "{well}, mode {}, since {}", cell(daemon, "mode"), cell(daemon, "started_at"));
    for trouble in daemon["troubles"].as_array().into_iter().flatten() {
        let _ = writeln!(out, "  ! {}", words(trouble));
    }
    if daemon.get("tickets").is_none() {
        let _ =
            writeln!(out, "mailboxes  {}, retrying {}", cell(daemon, "mailboxes"), cell(daemon, "mailboxes_retrying"));
        return out;
    }
    let v = &daemon["verdicts"];
    let _ = writeln!(
        out,
        "tickets    {} (mails: {} allowed, {} redacted, {} quarantined, {} rejected, {} copies)",
        cell(daemon, "tickets"),
        cell(v, "allow"),
        cell(v, "redact"),
        cell(v, "quarantine"),
        cell(v, "reject"),
        cell(daemon, "duplicates")
    );
    if let Some(would) = daemon["would"].as_object().map(|_| &daemon["would"]) {
        let _ = writeln!(
            out,
            "enforcing  would have moved {}, cleaned {}, quarantined {}, rejected {}",
            cell(would, "move"),
            cell(would, "clean"),
            cell(would, "quarantine"),
            cell(would, "reject")
        );
    }
    let o = &daemon["outbox"];
    let _ = writeln!(
        out,
        "outbox     {} waiting (oldest {}), {} accepted, {} failed, {} unknown; not told: {}",
        cell(o, "waiting"),
        cell(o, "oldest_at"),
        cell(o, "accepted"),
        cell(o, "failed"),
        cell(o, "unknown"),
        cell(daemon, "not_told")
    );
    let d = &daemon["deliveries"];
    let _ = writeln!(
        out,
        "deliveries {} waiting (oldest {}), {} accepted, {} failed",
        cell(d, "waiting"),
        cell(d, "oldest_at"),
        cell(d, "accepted"),
        cell(d, "failed")
    );
    let _ = writeln!(
        out,
        "work       {} claimed, {} not yet acknowledged at the source, {} sealed originals",
        cell(daemon, "claimed"),
        cell(daemon, "unacknowledged"),
        cell(daemon, "sealed")
    );
    let mib = |key: &str| daemon[key].as_u64().map_or_else(|| "-".to_owned(), |b| format!("{} MiB", b >> 20));
    let _ = writeln!(out, "disk       {} free, reserve {}", mib("disk_free_bytes"), mib("disk_reserve_bytes"));
    let _ = writeln!(out, "audit      {}", cell(daemon, "audit_head"));
    if daemon["rules"].as_str().is_some_and(|rules| !rules.is_empty()) {
        let _ = writeln!(out, "rules      {}", cell(daemon, "rules"));
    }
    if daemon["files_differ"] == true {
        out.push_str("files      differ from what runs: lazaret check, then lazaret reload\n");
    }
    out.push('\n');
    let wanted = [
        ("MAILBOX", "name", 24),
        ("STATE", "state", 10),
        ("LAST LOGIN", "last_login_at", 20),
        ("LAST MAIL", "last_mail_at", 20),
        ("WAITING", "waiting", 8),
        ("OLDEST WAITING", "oldest_waiting_at", 20),
        ("TAKEN", "taken", 8),
        ("HELD", "held", 6),
        ("ERROR", "error", 60),
    ];
    out += &columns(mailboxes, &wanted, "no mailboxes");
    for mailbox in mailboxes.iter().filter(|m| m["sender_proof"].as_bool() == Some(false)) {
        let name = cell(mailbox, "name");
        let _ = writeln!(out, "{name}: sender_proof is \"none\": at most one reply a recipient and day");
    }
    for mailbox in mailboxes {
        let name = cell(mailbox, "name");
        if mailbox["attempts"].as_u64().is_some_and(|attempts| attempts > 0) {
            let (attempts, since) = (cell(mailbox, "attempts"), cell(mailbox, "retrying_since_at"));
            let _ = writeln!(out, "{name}: {attempts} attempts failed since {since}");
        }
        let unaccounted = mailbox["reconcile"]["unaccounted"].as_u64().unwrap_or(0);
        if unaccounted > 0 {
            let _ = writeln!(out, "{name}: {unaccounted} messages on the server have no place in the ledger");
        }
        if mailbox["token_expires_at"].is_string() {
            let _ =
                writeln!(out, "{name}: the token of the last login expires at {}", cell(mailbox, "token_expires_at"));
        }
        for kept in mailbox["start_kept"].as_array().into_iter().flatten() {
            let _ = writeln!(
                out,
                "{} {}: `start` was changed later and has no effect: it was begun with \"{}\"",
                cell(mailbox, "name"),
                cell(kept, "folder"),
                cell(kept, "start")
            );
        }
    }
    if daemon["would"].is_object() {
        out += "what enforcing would have done, by rule, reply, file and domain: lazaret observe report\n";
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_align_and_nothing_escapes() {
        let rows = [
            json!({ "ticket": "LZ-AAAA-BBBB", "subject": "a\u{1b}[31mred\nline\u{202e}", "told": { "not-sent": "auto" }, "from": "ü@x" }),
            json!({ "ticket": "LZ-CCCC-DDDD", "subject": "x".repeat(100), "told": "accepted", "messages": 3, "from": null }),
        ];
        let out = tickets(&rows);
        assert!(!out.contains('\u{1b}') && !out.contains('\u{202e}'), "{out}");
        assert_eq!(out.lines().count(), 3);
        assert!(out.contains("not sent (auto)") && out.contains('…'), "{out}");
        let at = |line: &str, word: &str| line.find(word).map(|i| line[..i].chars().count());
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(at(lines[0], "TOLD"), at(lines[1], "not sent"));
        assert_eq!(at(lines[0], "TOLD"), at(lines[2], "accepted"));
        assert_eq!(tickets(&[]), "no tickets yet\n");
    }

    #[test]
    fn status_says_what_is_wrong() {
        let daemon = json!({ "healthy": false, "mode": "observe", "troubles": ["replies wait"], "tickets": 1,
            "verdicts": { "allow": 1 }, "outbox": { "waiting": 2 }, "would": { "move": 7 }, "disk_free_bytes": 3 << 20 });
        let mailbox = json!({ "name": "support", "state": "retrying", "error": "timeout", "sender_proof": false });
        let out = status(&[daemon, mailbox]);
        for want in
            ["needs a look", "! replies wait", "would have moved 7", "3 MiB free", "support  retrying", "sender_proof"]
        {
            assert!(out.contains(want), "{want}: {out}");
        }
        let out = status(&[json!({ "healthy": true, "mode": "enforce", "mailboxes": 2, "mailboxes_retrying": 0 })]);
        assert!(out.starts_with("well, mode enforce") && out.contains("mailboxes  2"), "{out}");
    }
}
