//! `[[mailbox]]`: where mail is pulled from, and what is known of it.

use super::file::{self, Kind, path};
use super::reader::{At, Table};
use super::value::{self, problem};
use super::{Auth, Imap, Mailbox, Source, sinks};
use lazaret_core::{Profile, ProofMode, Reporter};
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// All mailboxes, and the policy that they name.
pub(super) struct Mailboxes {
    pub(super) mailboxes: Vec<Mailbox>,
    pub(super) policy: Option<PathBuf>,
    /// Where each one's `deliver` stands.
    pub(super) delivers: Vec<Range<usize>>,
}

/// One mailbox with the places that later checks point at.
struct Placed {
    mailbox: Mailbox,
    name: Range<usize>,
    folders: Vec<At<String>>,
    deliver: Range<usize>,
    held: Range<usize>,
}

pub(super) fn all(root: &Table<'_>, base: &Path) -> Option<Mailboxes> {
    let mend = "write one [[mailbox]] a mailbox, with name, addresses and imap";
    let tables = root.tables("mailbox");
    if tables.is_empty() {
        // An empty list is as good as none at all.
        if root.has("mailbox") {
            let is_empty = root.is_list("mailbox");
            if is_empty {
                root.reader().error(root.span_of("mailbox"), "there is no mailbox", mend);
            }
        } else {
            root.need("mailbox", None::<()>, mend);
        }
        return None;
    }
    let count = tables.len();
    let mut policy: Option<At<PathBuf>> = None;
    let mut placed = Vec::new();
    for table in tables {
        if let Some(named) = path(&table, "policy", base, Kind::File) {
            match &policy {
                Some(first) if first.value != named => table.reader().error(
                    table.span_of("policy"),
                    "this mailbox names another policy than the one before",
                    "all mailboxes share one policy for now",
                ),
                _ => policy = Some(At { value: named, span: table.span_of("policy") }),
            }
        }
        placed.extend(one(table, base));
    }
    together(root, &placed);
    let whole = placed.len() == count;
    whole.then(|| Mailboxes {
        delivers: placed.iter().map(|p| p.deliver.clone()).collect(),
        mailboxes: placed.into_iter().map(|p| p.mailbox).collect(),
        policy: policy.map(|p| p.value),
    })
}

fn one(t: Table<'_>, base: &Path) -> Option<Placed> {
    let name = t.parsed("name", value::name);
    let name = t.need("name", name, "give it a short name, such as name = \"support\"");
    let addresses = t.list("addresses", value::address);
    let addresses = t.need("addresses", addresses, "list all addresses under which it receives, aliases too");
    if let Some(list) = addresses.as_ref().filter(|l| l.value.is_empty()) {
        t.reader().error(
            list.span.clone(),
            "`mailbox.addresses` is empty",
            "list all addresses under which it receives",
        );
    }
    let source = source(&t, base);
    let folders = match t.list("folders", value::folder) {
        Some(list) if list.value.is_empty() => {
            t.reader().error(list.span, "`mailbox.folders` is empty", "write folders = [\"INBOX\"]");
            None
        }
        Some(list) => Some(list.value),
        None if t.has("folders") => None,
        None => Some(vec![At { value: "INBOX".to_owned(), span: t.span.clone() }]),
    };
    let start = t.text_or_date("start", value::start).map(|s| s.value);
    let deliver = sinks::deliver(&t);
    let held = t.parsed("held", value::folder);
    let proof = t.parsed("sender_proof", proof);
    let staff = t.list("staff", value::domain).map(values).unwrap_or_default();
    let reporters = t.tables("reporters").into_iter().filter_map(reporter).collect();
    let countries = t.list("countries", value::country).map(values).unwrap_or_default();
    let language = t.parsed("language", value::language).map_or_else(|| "en".to_owned(), |l| l.value);
    let deliver_span = deliver.as_ref().map_or(t.span.clone(), |d| d.span.clone());
    let held_span = held.as_ref().map_or(t.span.clone(), |h| h.span.clone());
    t.finish();

    let (name, folders) = (name?, folders?);
    Some(Placed {
        mailbox: Mailbox {
            profile: Profile {
                mailbox: name.value.clone(),
                own: addresses?.value.into_iter().map(|a| a.value.folded()).collect(),
                staff,
                reporters,
                proof: proof.map(|p| p.value).unwrap_or_default(),
                countries,
                language,
            },
            name: name.value,
            source: source?,
            folders: folders.iter().map(|f| f.value.clone()).collect(),
            start,
            deliver: deliver?.value,
            held_folder: held.map_or_else(|| "Lazaret/Held".to_owned(), |h| h.value),
        },
        name: name.span,
        folders,
        deliver: deliver_span,
        held: held_span,
    })
}

fn values<T>(list: At<Vec<At<T>>>) -> Vec<T> {
    list.value.into_iter().map(|at| at.value).collect()
}

fn source(t: &Table<'_>, base: &Path) -> Option<Source> {
    let maildir = path(t, "maildir", base, Kind::Dir);
    let imap = t.table("imap");
    let auth = t.table("auth");
    t.refuse("password", "a password must not stand in this file", INLINE);
    match (t.has("imap"), t.has("maildir")) {
        (true, true) => {
            let message = "a mailbox has either `imap` or `maildir`, not both";
            t.reader().error(t.span_of("maildir"), message, "take one of them out");
            None
        }
        (false, true) => {
            if let Some(auth) = auth {
                let mend = "take `auth` out";
                auth.reader().error(t.span_of("auth"), "`mailbox.auth` has no meaning for a Maildir", mend);
            }
            maildir.map(Source::Maildir)
        }
        (false, false) => {
            if let Some(auth) = auth {
                self::auth(auth, base);
            }
            t.need("imap", None, "write imap = { host = \"…\", user = \"…\" }, or maildir = \"/path\"")
        }
        (true, false) => {
            let auth = auth.map(|a| self::auth(a, base));
            let auth = t.need("auth", auth, "write auth = { kind = \"password\", secret = \"credential:NAME\" }");
            let imap = imap.map(|i| self::imap(i, base));
            let mut imap = imap??;
            imap.auth = auth??;
            Some(Source::Imap(imap))
        }
    }
}

/// The mend for every secret that was written into the file.
pub(super) const INLINE: &str = "change that password, it has been seen; then put it into a file of mode 0600 or a systemd \
                                 credential and write secret = \"file:PATH\" or \"credential:NAME\"";

fn imap(t: Table<'_>, base: &Path) -> Option<Imap> {
    let host = t.parsed("host", value::host);
    let host = t.need("host", host, "write host = \"imap.acme.example\"");
    let port = t.number("port", 1, 65_535).map_or(993, |p| p.value as u16);
    if port == 143 {
        let message = "port 143 is IMAP without TLS from the first octet, which is not spoken";
        t.reader().error(t.span_of("port"), message, "use port 993 (RFC 8314)");
    }
    let user = t.text("user");
    let user = t.need("user", user, "write user = \"support@acme.example\"");
    if let Some(user) = user.as_ref().filter(|u| u.value.is_empty() || u.value.chars().any(char::is_control)) {
        t.reader().error(user.span.clone(), "`mailbox.imap.user` is no user name", "write it as the server knows it");
    }
    let ca_file = path(&t, "ca_file", base, Kind::File);
    let batch = t.number("batch_messages_max", 1, 1_000).map_or(50, |n| n.value as usize);
    for key in ["password", "pass", "secret"] {
        let mend = if key == "secret" { "move it to auth = { kind = \"password\", secret = \"…\" }" } else { INLINE };
        let message =
            if key == "secret" { "`secret` belongs to `auth`" } else { "a password must not stand in this file" };
        t.refuse(key, message, mend);
    }
    t.finish();
    Some(Imap {
        host: host?.value,
        port,
        user: user?.value,
        auth: Auth::XOAuth2(Vec::new()),
        ca_file,
        batch_messages_max: batch,
    })
}

#[derive(Clone, Copy)]
enum AuthKind {
    Password,
    XOAuth2,
    OAuthBearer,
}

fn auth(t: Table<'_>, base: &Path) -> Option<Auth> {
    let kinds =
        [("password", AuthKind::Password), ("xoauth2", AuthKind::XOAuth2), ("oauthbearer", AuthKind::OAuthBearer)];
    let kind = t.choice("kind", &kinds);
    let kind = t.need("kind", kind, "write kind = \"password\", \"xoauth2\" or \"oauthbearer\"");
    let secret = file::secret(&t, "secret", base).map(|s| s.value);
    let command = t.list("token_command", argument);
    for key in ["password", "pass", "token"] {
        t.refuse(key, "a secret must not stand in this file", INLINE);
    }
    if let Some(list) = &command {
        program(&t, list);
    }
    let auth = match kind.map(|k| k.value) {
        Some(AuthKind::Password) => {
            let mend = "take `token_command` out, or write kind = \"xoauth2\"";
            t.refuse("token_command", "`token_command` has no meaning for kind \"password\"", mend);
            let inline = ["password", "pass"].iter().any(|k| t.has(k));
            let secret = if inline {
                secret
            } else {
                t.need("secret", secret, "write secret = \"credential:NAME\" or \"file:PATH\"")
            };
            secret.map(Auth::Password)
        }
        Some(kind) => {
            t.refuse(
                "secret",
                "`secret` has no meaning here: the token is asked for",
                "take it out, or write kind = \"password\"",
            );
            let command =
                t.need("token_command", command, "write token_command = [\"/path/to/program\", \"argument\"]");
            command.map(values).map(|argv| match kind {
                AuthKind::OAuthBearer => Auth::OAuthBearer(argv),
                _ => Auth::XOAuth2(argv),
            })
        }
        None => None,
    };
    t.finish();
    auth
}

fn argument(text: &str) -> Result<String, value::Problem> {
    let good = !text.contains('\0');
    good.then(|| text.to_owned()).ok_or_else(|| problem("holds a NUL", "take it out"))
}

fn program(t: &Table<'_>, argv: &At<Vec<At<String>>>) {
    let mend = "write token_command = [\"/path/to/program\", \"argument\"]; no shell is used";
    match argv.value.first() {
        None => t.reader().error(argv.span.clone(), "`mailbox.auth.token_command` is empty", mend),
        Some(first) if !first.value.starts_with('/') => {
            t.reader().error(first.span.clone(), "the program of `token_command` has no absolute path", mend);
        }
        Some(first) if !std::fs::metadata(&first.value).is_ok_and(|m| m.is_file()) => {
            t.reader().error(first.span.clone(), "the program of `token_command` is not there", mend);
        }
        Some(_) => {}
    }
}

fn proof(text: &str) -> Result<ProofMode, value::Problem> {
    match text {
        "none" => Ok(ProofMode::None),
        "gmail" => Ok(ProofMode::Gmail),
        "exchange-online" => Ok(ProofMode::ExchangeOnline),
        _ => match text.strip_prefix("authserv-id:") {
            Some(id) if value::host(id).is_ok() => Ok(ProofMode::AuthservId(id.to_ascii_lowercase())),
            _ => Err(problem(
                "is no sender proof that is known",
                "write \"exchange-online\", \"gmail\", \"authserv-id:mx.acme.example\" or \"none\"",
            )),
        },
    }
}

fn reporter(t: Table<'_>) -> Option<Reporter> {
    let from = t.parsed("from", value::address);
    let from = t.need("from", from, "write from = \"reports@app.acme.example\"");
    let customer = t.choice("customer", &[("reply-to", true), ("from", false)]);
    t.finish();
    Some(Reporter { from: from?.value.folded(), customer_in_reply_to: customer.is_none_or(|c| c.value) })
}

/// What must hold between mailboxes.
fn together(root: &Table<'_>, placed: &[Placed]) {
    let mut names: HashMap<&str, ()> = HashMap::new();
    let mut pulled: HashMap<(String, String), &str> = HashMap::new();
    for p in placed {
        if names.insert(&p.mailbox.name, ()).is_some() {
            let message = "two mailboxes have the same name";
            root.reader().error(p.name.clone(), message, "the ledger tells mailboxes apart by name: give each its own");
        }
        for folder in &p.folders {
            if pulled.insert(place(&p.mailbox, &folder.value), &p.mailbox.name).is_some() {
                let message = "this folder of this account is pulled twice";
                root.reader().error(folder.span.clone(), message, "take it out of one of the two mailboxes");
            }
        }
    }
    for p in placed {
        let deliver = &p.mailbox.deliver.folder;
        let targets = [("deliver", deliver, &p.deliver), ("held", &p.mailbox.held_folder, &p.held)];
        for (key, folder, span) in targets {
            if pulled.contains_key(&place(&p.mailbox, folder)) {
                let message =
                    format!("the folder of `mailbox.{key}` is also pulled: what is put there would come in again");
                root.reader().error(span.clone(), message, "name a folder that is in no `folders` of this account");
            }
        }
        if place(&p.mailbox, deliver) == place(&p.mailbox, &p.mailbox.held_folder) {
            let message = "`mailbox.held` and `mailbox.deliver` are the same folder: agents would see what was held";
            root.reader().error(p.held.clone(), message, "name another folder, such as held = \"Lazaret/Held\"");
        }
    }
}

/// An account and a folder of it. `INBOX` is the same in any case (RFC 9051 section 5.1).
fn place(mailbox: &Mailbox, folder: &str) -> (String, String) {
    let account = match &mailbox.source {
        Source::Imap(imap) => format!("imap:{}:{}", imap.host, imap.user.to_lowercase()),
        Source::Maildir(path) => format!("maildir:{}", path.canonicalize().unwrap_or_else(|_| path.clone()).display()),
    };
    let folder = if folder.eq_ignore_ascii_case("INBOX") { "INBOX" } else { folder };
    (account, folder.to_owned())
}
