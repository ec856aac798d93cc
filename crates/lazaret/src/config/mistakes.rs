//! Mistakes as data: a line of a good configuration is replaced, and these complaints must come, at this place.

use super::file::parse;
use lazaret_scan::SourceFile;
use std::path::Path;

const GOOD: &str = r#"tenant = "acme"
mode = "observe"
store_key = "credential:store-key"
[[mailbox]]
name = "support"
addresses = ["support@acme.example"]
imap = { host = "imap.acme.example", user = "support@acme.example" }
auth = { kind = "password", secret = "credential:imap" }
[replies]
smtp = { host = "smtp.acme.example", port = 465 }
from = "Acme <support@acme.example>"
[operator]
alert_to = ["ops@acme.example"]
"#;

/// Line, what stands there instead, complaints as `line:column: message`.
const MISTAKES: &[(usize, &str, &[&str])] = &[
    (1, "tenant = 5", &["1:10: `tenant` is a whole number, but must be a string"]),
    (1, "tenant = \"\"", &["1:10: `tenant` is not a plain name"]),
    (1, "tenant = \"a b\"", &["1:10: `tenant` is not a plain name"]),
    (1, "tennant = \"acme\"", &["1:1: `tennant` is not known at the top of the file"]),
    (1, "tenant = \"acme", &["1:15: not TOML: invalid basic string, expected `\"`"]),
    (1, "tenant = \"a\"\ntenant = \"b\"", &["2:1: not TOML: duplicate key"]),
    (1, "=5", &["1:1: not TOML: unquoted keys cannot be empty, expected letters, numbers, `-`, `_`"]),
    (1, "hunter2", &["1:8: not TOML: key with no value, expected `=`"]),
    (1, "zzzz = 1", &["1:1: `zzzz` is not known at the top of the file"]),
    (1, "\"geheim hunter2\" = 1", &["1:1: a key is not known at the top of the file"]),
    (
        2,
        "mode = \"enforce\"",
        &["2:1: mode \"enforce\" needs `quarantine.recipients`: without a key nothing can be sealed"],
    ),
    (2, "mode = \"observ\"", &["2:8: `mode` has a value that is not known"]),
    (2, "mode = true", &["2:8: `mode` is true or false, but must be a string"]),
    (2, "", &["1:1: the file lacks `mode`"]),
    (2, "mode = \"off\"", &["2:8: `mode` has a value that is not known"]),
    (3, "", &["1:1: the file lacks `store_key`"]),
    (3, "store_key = \"hunter2\"", &["3:13: `store_key` does not say where the secret is"]),
    (3, "store_key = \"credential:../x\"", &["3:13: `store_key` names no credential"]),
    (3, "store_key = [\"a\"]", &["3:13: `store_key` is a list, but must be a string"]),
    (3, "store_key = { file = \"x\" }", &["3:13: `store_key` is a table, but must be a string"]),
    (3, "store_key = \"file:k\"\nstate_dir = \"\"", &["4:13: `state_dir` is no path"]),
    (3, "store_key = \"file:k\"\nrules = \"absent\"", &["4:9: `rules` names no directory"]),
    (3, "store_key = \"file:k\"\npolicy = \"absent.toml\"", &["4:10: `policy` names no readable file"]),
    (3, "store_key = \"file:k\"\nworkers = 0", &["4:11: `workers` is out of bounds"]),
    (3, "store_key = \"file:k\"\nworkers = \"two\"", &["4:11: `workers` is a string, but must be a whole number"]),
    (3, "store_key = \"file:k\"\nworkers = 1.5", &["4:11: `workers` is a fraction, but must be a whole number"]),
    (3, "store_key = \"file:k\"\nworkers = -1", &["4:11: `workers` is out of bounds"]),
    (3, "store_key = \"file:k\"\nreply_max_age = \"72\"", &["4:17: `reply_max_age` is not a duration"]),
    (
        3,
        "store_key = \"file:k\"\nreply_max_age = 72",
        &["4:17: `reply_max_age` is a whole number, but must be a string"],
    ),
    (3, "store_key = \"file:k\"\nreply_max_age = \"400d\"", &["4:17: `reply_max_age` is out of bounds"]),
    (3, "store_key = \"file:k\"\npoll_interval = \"0s\"", &["4:17: `poll_interval` is out of bounds"]),
    (3, "store_key = \"file:k\"\ndisk_reserve_bytes = \"1 gig\"", &["4:22: `disk_reserve_bytes` is not a size"]),
    (
        3,
        "store_key = \"file:k\"\nquarantine = { recipients = [\"nonsense\"] }",
        &["4:30: `quarantine.recipients` holds what is no public quarantine key: it does not begin with lzq1"],
    ),
    (
        3,
        "store_key = \"file:k\"\nquarantine = { recipients = \"x\" }",
        &["4:29: `quarantine.recipients` is a string, but must be a list of strings"],
    ),
    (
        3,
        "store_key = \"file:k\"\nquarantine = { four_eyes = \"yes\" }",
        &["4:28: `quarantine.four_eyes` is a string, but must be true or false"],
    ),
    (
        3,
        "store_key = \"file:k\"\nlimits = { message_bytes_max = \"35mb\" }",
        &["4:32: `limits.message_bytes_max` is not a size"],
    ),
    (
        3,
        "store_key = \"file:k\"\nlimits = { message_bytes_max = 10 }",
        &["4:32: `limits.message_bytes_max` is out of bounds"],
    ),
    (3, "store_key = \"file:k\"\nlimits = { parts_maximum = 10 }", &["4:12: `parts_maximum` is not known in [limits]"]),
    (
        3,
        "store_key = \"file:k\"\nlimits = { worker_retire_bytes = \"1GiB\" }",
        &["4:12: `limits.worker_retire_bytes` is not below `limits.worker_bytes_max`"],
    ),
    (
        3,
        "store_key = \"file:k\"\nlimits = { wall_secs_max = 5 }",
        &["4:12: `limits.wall_secs_max` is below `limits.cpu_secs_max`, which could then never be reached"],
    ),
    (4, "[mailbox]", &["4:1: `mailbox` is a table, but must be a list of tables"]),
    (4, "[[mailboxes]]", &["1:1: the file lacks `mailbox`", "4:3: `mailboxes` is not known at the top of the file"]),
    (5, "", &["4:1: [[mailbox]] lacks `name`"]),
    (5, "name = \"sup port\"", &["5:8: `mailbox.name` is not a plain name"]),
    (5, "name = \"support\"\npassword = \"hunter2\"", &["6:1: a password must not stand in this file"]),
    (6, "", &["4:1: [[mailbox]] lacks `addresses`"]),
    (
        6,
        "addresses = []",
        &[
            "6:13: `mailbox.addresses` is empty",
            "9:2: `replies.from` is no address of any mailbox: what customers answer will not come back here",
        ],
    ),
    (
        6,
        "addresses = \"support@acme.example\"",
        &["6:13: `mailbox.addresses` is a string, but must be a list of strings"],
    ),
    (6, "addresses = [\"support\"]", &["6:14: `mailbox.addresses` is not a mail address"]),
    (
        6,
        "addresses = [\"a@b.example\", 5, \"@\"]",
        &[
            "6:29: `mailbox.addresses` holds a whole number, but must hold strings",
            "6:32: `mailbox.addresses` is not a mail address",
        ],
    ),
    (7, "", &["4:1: [[mailbox]] lacks `imap`"]),
    (
        7,
        "imap = { host = \"https://imap.acme.example/\", user = \"x\" }",
        &["7:17: `mailbox.imap.host` is not a host name"],
    ),
    (
        7,
        "imap = { host = \"imap.acme.example\", port = 99999, user = \"x\" }",
        &["7:45: `mailbox.imap.port` is out of bounds"],
    ),
    (
        7,
        "imap = { host = \"imap.acme.example\", port = \"993\", user = \"x\" }",
        &["7:45: `mailbox.imap.port` is a string, but must be a whole number"],
    ),
    (
        7,
        "imap = { host = \"imap.acme.example\", port = 143, user = \"x\" }",
        &["7:38: port 143 is IMAP without TLS from the first octet, which is not spoken"],
    ),
    (7, "imap = { host = \"imap.acme.example\" }", &["7:8: [mailbox.imap] lacks `user`"]),
    (
        7,
        "imap = { host = \"imap.acme.example\", user = \"x\", password = \"hunter2\" }",
        &["7:50: a password must not stand in this file"],
    ),
    (
        7,
        "imap = { host = \"imap.acme.example\", user = \"x\", ca_file = \"absent.pem\" }",
        &["7:60: `mailbox.imap.ca_file` names no readable file"],
    ),
    (
        7,
        "imap = { host = \"imap.acme.example\", user = \"x\", tls = false }",
        &["7:50: `tls` is not known in [mailbox.imap]"],
    ),
    (
        7,
        "maildir = \"absent\"",
        &["7:11: `mailbox.maildir` names no directory", "8:1: `mailbox.auth` has no meaning for a Maildir"],
    ),
    (8, "", &["4:1: [[mailbox]] lacks `auth`"]),
    (8, "auth = { kind = \"password\", password = \"hunter2\" }", &["8:29: a secret must not stand in this file"]),
    (8, "auth = { kind = \"password\" }", &["8:8: [mailbox.auth] lacks `secret`"]),
    (
        8,
        "auth = { kind = \"pasword\", secret = \"credential:x\" }",
        &["8:17: `mailbox.auth.kind` has a value that is not known"],
    ),
    (8, "auth = { kind = \"xoauth2\" }", &["8:8: [mailbox.auth] lacks `token_command`"]),
    (
        8,
        "auth = { kind = \"xoauth2\", token_command = [\"token\"] }",
        &["8:45: the program of `token_command` has no absolute path"],
    ),
    (8, "auth = { kind = \"xoauth2\", token_command = [] }", &["8:44: `mailbox.auth.token_command` is empty"]),
    (
        8,
        "auth = { kind = \"xoauth2\", token_command = \"/bin/sh\" }",
        &["8:44: `mailbox.auth.token_command` is a string, but must be a list of strings"],
    ),
    (8, "auth = { secret = \"credential:x\" }", &["8:8: [mailbox.auth] lacks `kind`"]),
    (
        8,
        "auth = { kind = \"xoauth2\", secret = \"file:x\", token_command = [\"/bin/sh\"] }",
        &["8:28: `secret` has no meaning here: the token is asked for"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\nfolders = []",
        &["9:11: `mailbox.folders` is empty"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\nfolders = [\"INBOX\", \"inbox\"]",
        &["9:21: this folder of this account is pulled twice"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\nstart = \"yesterday\"",
        &["9:9: `mailbox.start` is not a day"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\nstart = 2026-02-30",
        &["9:9: not TOML: invalid date, expected day between 01 and 28"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\nstart = 5",
        &["9:9: `mailbox.start` is a whole number, but must be a string or a day"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\ndeliver = \"Clean\"",
        &["9:11: `mailbox.deliver` is no place for clean copies"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\ndeliver = \"forward:desk\"",
        &["9:11: `mailbox.deliver` is not a mail address"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\ndeliver = [\"folder:Clean\", \"forward:support@acme.example\"]",
        &["9:11: `mailbox.deliver` forwards into mailbox \"support\": copies would come in again"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\ndeliver = [\"folder:Clean\", \"folder:Other\"]",
        &["9:28: `mailbox.deliver` names a second folder, or the same sink twice"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\ndeliver = [\"forward:a@b.example\", \"forward:a@b.example\"]",
        &["9:35: `mailbox.deliver` names a second folder, or the same sink twice"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\ndeliver = []",
        &["9:11: `mailbox.deliver` names no sink, or too many"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\ndeliver = \"webhook:https://h.example/\"",
        &["9:11: `mailbox.deliver` has a webhook, but there is no secret to sign with"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\ndeliver = [\"folder:Clean\", \"webhook:h.example/x\"]",
        &["9:28: `mailbox.deliver` is no usable webhook: it does not begin with https://"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\ndeliver = [\"folder:Clean\", \"webhook:http://h.example/\"]",
        &["9:28: `mailbox.deliver` is no usable webhook: http is only spoken to this machine itself"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\ndeliver = [\"folder:Clean\", \"webhook:https:///x\"]",
        &["9:28: `mailbox.deliver` is no usable webhook: it has no host name"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\ndeliver = [\"folder:Clean\", \"webhook:https://h.example:99999/\"]",
        &["9:28: `mailbox.deliver` is no usable webhook: its port is no number from 1 to 65535"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\ndeliver = [\"folder:Clean\", \"webhook:https://u:p@h.example/\"]",
        &["9:28: `mailbox.deliver` is no usable webhook: a login stands in it"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\ndeliver = [\"folder:Clean\", \"webhook:https://h.example/#x\"]",
        &["9:28: `mailbox.deliver` is no usable webhook: it has a part after `#`, which is never sent"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\ndeliver = [\"folder:Clean\", \"webhook:https://h.example/ x\"]",
        &["9:28: `mailbox.deliver` is no usable webhook: it holds white space, quotes or letters beyond ASCII"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\ndeliver = \"folder:Inbox\"",
        &["9:11: the folder of `mailbox.deliver` is also pulled: what is put there would come in again"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\nheld = \"Lazaret/Clean\"",
        &["9:8: `mailbox.held` and `mailbox.deliver` are the same folder: agents would see what was held"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\nsender_proof = \"google\"",
        &["9:16: `mailbox.sender_proof` is no sender proof that is known"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\nstaff = [\"@acme.example\"]",
        &["9:10: `mailbox.staff` is not a domain"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\ncountries = [\"au\"]",
        &["9:14: `mailbox.countries` is not a country"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\nlanguage = \"english\"",
        &["9:12: `mailbox.language` is not a language"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\nreporters = [{ customer = \"reply-to\" }]",
        &["9:14: [[mailbox.reporters]] lacks `from`"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\nreporters = [\"a@b.example\"]",
        &["9:14: `mailbox.reporters` holds a string, but must hold tables"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\n[[mailbox]]\nname = \"support\"\naddresses = [\"b@acme.example\"]\nimap = { host = \"IMAP.acme.example\", user = \"Support@acme.example\" }\nauth = { kind = \"password\", secret = \"credential:imap\" }",
        &["9:1: this folder of this account is pulled twice", "10:8: two mailboxes have the same name"],
    ),
    (
        8,
        "auth = { kind = \"password\", secret = \"credential:imap\" }\n[[mailbox]]\nname = \"b\"\naddresses = [\"b@acme.example\"]\nfolders = [\"Lazaret/Clean\"]\nimap = { host = \"imap.acme.example\", user = \"support@acme.example\" }\nauth = { kind = \"password\", secret = \"credential:imap\" }",
        &[
            "4:1: the folder of `mailbox.deliver` is also pulled: what is put there would come in again",
            "9:1: the folder of `mailbox.deliver` is also pulled: what is put there would come in again",
        ],
    ),
    (10, "", &["9:1: [replies] lacks `smtp`"]),
    (
        10,
        "smtp = { host = \"smtp.acme.example\", port = 25, tls = \"none\" }",
        &["10:17: plain-text SMTP is only spoken to this machine itself"],
    ),
    (
        10,
        "smtp = { host = \"smtp.acme.example\", tls = \"ssl\" }",
        &["10:44: `replies.smtp.tls` has a value that is not known"],
    ),
    (10, "smtp = { port = 465 }", &["10:8: [replies.smtp] lacks `host`"]),
    (
        10,
        "smtp = { host = \"smtp.acme.example\", user = \"x\" }",
        &["10:38: `replies.smtp` has a `user` but no `secret`"],
    ),
    (
        10,
        "smtp = { host = \"smtp.acme.example\", user = \"x\", password = \"hunter2\" }",
        &["10:50: a password must not stand in this file"],
    ),
    (
        10,
        "smtp = { host = \"smtp.acme.example\", secret = \"file:x\" }",
        &["10:38: `replies.smtp` has a `secret` but no `user`"],
    ),
    (10, "smtp = \"smtp.acme.example\"", &["10:8: `replies.smtp` is a string, but must be a table"]),
    (
        10,
        "smtp = { host = \"smtp.acme.example\" }\nfiles = \"out\"",
        &["11:1: replies leave by `smtp` or into `files`, not both"],
    ),
    (11, "", &["9:1: [replies] lacks `from`"]),
    (11, "from = \"Acme\"", &["11:8: `replies.from` is not a mail address"]),
    (
        11,
        "from = \"Acme <other@acme.example>\"",
        &["9:2: `replies.from` is no address of any mailbox: what customers answer will not come back here"],
    ),
    (
        11,
        "from = \"Acme <support@acme.example>\"\nenvelope_from = \"nobody\"",
        &["12:17: `replies.envelope_from` is not a mail address"],
    ),
    (
        11,
        "from = \"Acme <support@acme.example>\"\nreceipt = \"always\"",
        &["12:11: `replies.receipt` has a value that is not known"],
    ),
    (
        11,
        "from = \"Acme <support@acme.example>\"\nportal = \"http://p.example/{token}\"",
        &["12:10: `replies.portal` is not an https address"],
    ),
    (
        11,
        "from = \"Acme <support@acme.example>\"\nportal = \"https://p.example/\"",
        &["12:10: `replies.portal` has no place for the token"],
    ),
    (
        11,
        "from = \"Acme <support@acme.example>\"\nphone = \"call us\"",
        &["12:9: `replies.phone` is not a telephone number"],
    ),
    (
        11,
        "from = \"Acme <support@acme.example>\"\nlink_lifetime = \"30d\"",
        &["12:17: `replies.link_lifetime` is out of bounds"],
    ),
    (
        11,
        "from = \"Acme <support@acme.example>\"\nlimits = { proven_per_day = 5 }",
        &["12:12: `proven_per_day` is not known in [replies.limits]"],
    ),
    (
        11,
        "from = \"Acme <support@acme.example>\"\nlimits = { unproven_per_day_max = 50 }",
        &["12:12: unproven senders get more replies than proven ones"],
    ),
    (13, "alert_to = [\"ops\"]", &["13:13: `operator.alert_to` is not a mail address"]),
    (13, "roles = { agent = \"support\" }", &["13:19: `operator.roles.agent` names neither a user nor a group"]),
    (
        13,
        "roles = { officer = [\"user:jana\", \"uid:5\"] }",
        &["13:35: `operator.roles.officer` names neither a user nor a group"],
    ),
    (13, "roles = { admin = \"user:root\" }", &["13:11: `admin` is not known in [operator.roles]"]),
    (
        13,
        "alert_to = [\"Support@acme.example\"]",
        &["12:2: `operator.alert_to` names an address of a mailbox: alerts would become tickets"],
    ),
    (
        13,
        "alert_webhook = \"http://a.example/x\"",
        &["13:17: `operator.alert_webhook` is no usable webhook: http is only spoken to this machine itself"],
    ),
    (
        13,
        "alert_webhook = \"https:///x\"",
        &["13:17: `operator.alert_webhook` is no usable webhook: it has no host name"],
    ),
    (
        13,
        "alert_webhook = \"https://a.example:x/\"",
        &["13:17: `operator.alert_webhook` is no usable webhook: its port is no number from 1 to 65535"],
    ),
    (13, "metrics = \"9464\"", &["13:11: `operator.metrics` is no address with a port"]),
    (13, "metrics = \"0.0.0.0:9464\"", &["13:11: `operator.metrics` can be reached from other machines"]),
    (13, "metrics = \"0.0.0.0:9464\"\nmetrics_open_to_all = true", &[]),
    (13, "alert_when = { mail_waiting = \"0s\" }", &["13:31: `operator.alert_when.mail_waiting` is out of bounds"]),
    (13, "alert_when = { mail_wating = \"1h\" }", &["13:16: `mail_wating` is not known in [operator.alert_when]"]),
    (13, "alert_too = []", &["13:1: `alert_too` is not known in [operator]"]),
];

fn complaints(text: &str, base: &Path) -> Vec<String> {
    let (config, found) = parse(SourceFile { name: "lazaret.toml", text }, base);
    let errors = found.iter().any(|d| d.severity == lazaret_scan::Severity::Error);
    assert_eq!(config.is_none(), errors, "refused exactly when there is an error: {found:?}");
    for d in &found {
        assert!(d.help.as_ref().is_some_and(|h| !h.is_empty()), "without a mend: {d:?}");
    }
    found.iter().map(|d| format!("{}:{}: {}", d.line, d.column, d.message)).collect()
}

fn shown(found: &[lazaret_scan::Diagnostic], source: SourceFile<'_>) -> String {
    crate::diagnostics::text(found, &[crate::diagnostics::Shown { source, masked: true }], false)
}

fn with_line(line: usize, text: &str) -> String {
    let lines = GOOD.lines().enumerate().map(|(i, l)| if i + 1 == line { text } else { l });
    lines.map(|l| format!("{l}\n")).collect()
}

#[test]
fn five_mistakes_five_messages() {
    let text = GOOD
        .replace("mode = \"observe\"", "mode = \"observing\"")
        .replace("name = \"support\"", "nmae = \"support\"\nname = \"support\"")
        .replace("port = 465", "port = \"465\"")
        .replace("kind = \"password\"", "kind = \"password\", password = \"hunter2\"")
        .replace("ops@acme.example", "ops");
    let got = complaints(&text, Path::new("."));
    assert_eq!(
        got,
        [
            "2:8: `mode` has a value that is not known",
            "5:1: `nmae` is not known in [[mailbox]]",
            "9:29: a secret must not stand in this file",
            "11:45: `replies.smtp.port` is a string, but must be a whole number",
            "14:13: `operator.alert_to` is not a mail address",
        ]
    );
    let source = SourceFile { name: "lazaret.toml", text: &text };
    let (_, found) = parse(source, Path::new("."));
    let shown = shown(&found, source);
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("did you mean `name`?"), "{shown}");
    assert_eq!(shown.matches("--> lazaret.toml:").count(), 5, "{shown}");
}

#[test]
fn every_password_in_the_file_is_refused_and_never_shown() {
    for (table, line) in [("imap", 7), ("auth", 8), ("smtp", 10)] {
        let good = GOOD.lines().nth(line - 1).expect("the line is there");
        let text = with_line(line, &good.replace(" }", ", password = \"hunter2\" }"));
        let source = SourceFile { name: "lazaret.toml", text: &text };
        let (config, found) = parse(source, Path::new("."));
        assert!(config.is_none() && found.iter().any(|d| d.message.contains("must not stand in this file")), "{table}");
        let shown = shown(&found, source);
        assert!(!shown.contains("hunter2") && !format!("{found:?}").contains("hunter2"), "{shown}");
    }
}

#[test]
fn what_is_good_loads() {
    let dir = tempfile::tempdir().expect("a directory");
    assert_eq!(complaints(GOOD, dir.path()), [""; 0]);
    let (_, recipient) = lazaret_core::seal::OpeningKey::generate();
    for text in [
        GOOD.replace("\"observe\"", &format!("\"enforce\"\nquarantine = {{ recipients = [\"{recipient}\"] }}")),
        GOOD.replace("port = 465", "port = 2525, tls = \"none\"").replace("smtp.acme.example", "127.0.0.1"),
        GOOD.replace(
            "[operator]",
            "[operator]\nroles = { agent = [\"group:support\", \"user:ann\"], officer = \"user:jana\" }",
        ),
        GOOD.replace("name =", "start = 2026-03-01\nname ="),
        format!("\u{feff}{GOOD}"),
        GOOD.replace('\n', "\r\n"),
    ] {
        assert_eq!(complaints(&text, dir.path()), [""; 0], "{text}");
    }
}

#[test]
fn the_sample_loads() {
    let dir = tempfile::tempdir().expect("a directory");
    let sample = include_str!("../../../../config/lazaret.toml");
    assert_eq!(complaints(sample, dir.path()), [""; 0]);
    // Every key that is commented out is one that is known.
    let key = |l: &str| {
        l.strip_prefix("# ").is_some_and(|l| l.split_once(" = ").is_some_and(|(k, _)| !k.contains([' ', '"'])))
    };
    let keys: Vec<usize> = sample.lines().enumerate().filter(|(_, l)| key(l)).map(|(i, _)| i).collect();
    assert!(keys.len() > 50, "the sample has {} keys that are commented out", keys.len());
    for at in keys {
        let lines = sample.lines().enumerate().map(|(i, l)| if i == at { l.trim_start_matches("# ") } else { l });
        let text: String = lines.map(|l| format!("{l}\n")).collect();
        let unknown =
            complaints(&text, dir.path()).into_iter().find(|c| c.contains("not known") || c.contains("not TOML"));
        assert_eq!(unknown, None, "line {}", at + 1);
    }
    let (config, _) = parse(SourceFile { name: "lazaret.toml", text: sample }, dir.path());
    let config = config.expect("it has just loaded");
    assert_eq!(config.mode, super::Mode::Observe);
    assert!(config.mailboxes.iter().all(|m| m.start.is_none()), "a first run must ask");
}

#[test]
fn copies_need_a_relay() {
    let dir = tempfile::tempdir().expect("a directory");
    let replies =
        "[replies]\nsmtp = { host = \"smtp.acme.example\", port = 465 }\nfrom = \"Acme <support@acme.example>\"\n";
    assert!(GOOD.contains(replies));
    let want = "9:11: `mailbox.deliver` forwards, but there is no relay";
    for forward in ["", "[forward]\n", "[forward]\nenvelope_from = \"<>\"\n"] {
        let text = GOOD.replace(replies, &format!("deliver = \"forward:desk@help.example\"\n{forward}"));
        let found = complaints(&text, dir.path());
        assert!(found.iter().any(|c| c.starts_with(want)), "{found:?}");
    }
}

#[test]
fn mistakes() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut wrong = String::new();
    for (line, text, want) in MISTAKES {
        let got = complaints(&with_line(*line, text), dir.path());
        if got != *want {
            wrong += &format!("    ({line}, {text:?}, &{got:?}),\n");
        }
    }
    assert!(wrong.is_empty(), "got instead:\n{wrong}");
    assert!(MISTAKES.len() >= 50);
}
