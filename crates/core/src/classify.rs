//! What kind of mail it is: a person's, or a robot's of one sort or another. Every reply asks this first, so the doubtful
//! cases go to the robots' side where a header says so, and to the person's where only words do.
//!
//! The signs are the union of what RFC 3834, RFC 5230 and the ticket systems in use look at.

mod words;

use crate::gate::{Layout, Node};
use crate::html::Html;
use crate::message::ReturnPath;
use crate::parse::fields::{structured, unfold, words};
use crate::tree::{Home, Source, Text};
use crate::{Addr, Class, Envelope, Profile};
use words::{is_answer, says_automatic, says_bounce, tells_failure, tells_failure_as_systems_do};

/// The header of the message itself.
pub(crate) struct Header<'l> {
    layout: &'l Layout<'l>,
    root: Option<&'l Node>,
}

impl<'l> Header<'l> {
    pub(crate) fn new(layout: &'l Layout<'l>, root: Option<&'l Node>) -> Header<'l> {
        Header { layout, root }
    }

    /// Values of a field, in order, folded as they stand.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'l [u8]> + 'a {
        let layout = self.layout;
        self.fields_of_root()
            .filter(move |f| layout_slice(layout, self.root, &f.name).eq_ignore_ascii_case(name.as_bytes()))
            .map(move |f| layout_slice(layout, self.root, &f.value))
    }

    /// All fields, from the top: names in lower case.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (String, &'l [u8])> + '_ {
        let layout = self.layout;
        self.fields_of_root().map(move |f| {
            let name = String::from_utf8_lossy(layout_slice(layout, self.root, &f.name)).to_ascii_lowercase();
            (name, layout_slice(layout, self.root, &f.value))
        })
    }

    fn fields_of_root(&self) -> impl Iterator<Item = &'l crate::gate::FieldSpan> + '_ {
        self.root.into_iter().flat_map(|n| n.fields.iter())
    }

    fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// Values in lower case, on one line.
    fn lower<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        self.all(name).map(|v| unfold(v).trim().to_lowercase())
    }

    /// Media types of the parts that are not inside an enclosed message, the message's own first.
    fn own_types(&self) -> Vec<&'l str> {
        let mut types = Vec::new();
        let mut waiting = vec![0];
        while let Some(node) = waiting.pop().and_then(|at: usize| self.layout.nodes.get(at)) {
            types.push(node.content_type.value.as_str());
            if node.kind == crate::gate::Kind::Multipart {
                waiting.extend(node.children.iter().rev());
            }
        }
        types
    }
}

fn layout_slice<'l>(layout: &'l Layout<'l>, root: Option<&'l Node>, range: &std::ops::Range<usize>) -> &'l [u8] {
    root.map_or(&[], |root| layout.slice(root, range))
}

/// The class of a message.
pub(crate) fn class(
    header: &Header<'_>,
    envelope: &Envelope,
    from: Option<&Addr>,
    profile: &Profile,
    texts: &[Text],
) -> Class {
    if from.is_some_and(|f| profile.own.contains(&f.folded())) {
        return Class::Own;
    }
    let types = header.own_types();
    let report_type = header.all("content-type").next().map(structured).unwrap_or_default();
    let report_type = report_type.param("report-type").unwrap_or_default().to_ascii_lowercase();
    let has = |t: &str| types.contains(&t);
    let subject = header.all("subject").next().map(words).unwrap_or_default().to_lowercase();
    if is_report(&has, &report_type, &subject) {
        return Class::Report;
    }
    let sender = Sender::new(header, envelope);
    if has("message/delivery-status") || has("message/global-delivery-status") || report_type == "delivery-status" {
        return Class::Bounce;
    }
    let body = || plain_text(texts);
    if is_feedback_text(&subject, body, has("message/rfc822")) {
        return Class::Report;
    }
    let automatic = is_automatic(header, &subject);
    if is_bounce(header, &sender, &subject, body) {
        return Class::Bounce;
    }
    if automatic
        || sender.null
        || sender.robot
        || report_type == "multipart/report"
        || is_calendar_reply(header, &types)
    {
        return Class::Auto;
    }
    if is_list(header) {
        return Class::List;
    }
    Class::Human
}

/// Feedback (RFC 5965) and disposition (RFC 8098) reports, and those of DMARC and SMTP TLS.
fn is_report(has: &impl Fn(&str) -> bool, report_type: &str, subject: &str) -> bool {
    const TYPES: [&str; 5] = [
        "message/feedback-report",
        "message/disposition-notification",
        "message/global-disposition-notification",
        "application/tlsrpt+gzip",
        "application/tlsrpt+json",
    ];
    let dmarc = subject.starts_with("report domain:") && subject.contains("submitter:");
    TYPES.iter().any(|t| has(t))
        || matches!(report_type, "feedback-report" | "disposition-notification" | "tlsrpt")
        || dmarc
}

/// Complaints that come as plain mail: some services never moved to RFC 5965.
fn is_feedback_text(subject: &str, body: impl Fn() -> String, encloses: bool) -> bool {
    let subject_says = ["complaint about message from", "abuse report", "email feedback report", "spam complaint"];
    let body_says = ["feedback-type:", "x-hmxmroriginalrecipient:", "this is an email abuse report"];
    let in_body = || {
        let body = body();
        body_says.iter().any(|s| body.contains(s)) || body.contains("received:")
    };
    subject_says.iter().any(|s| subject.starts_with(s)) && (encloses || in_body())
}

/// Who it came from, as far as that tells a robot.
struct Sender {
    /// The reverse-path or the address in From is empty.
    null: bool,
    /// The local part is that of a mail system.
    daemon: bool,
    postmaster: bool,
    /// The local part is one that nobody reads.
    robot: bool,
}

impl Sender {
    fn new(header: &Header<'_>, envelope: &Envelope) -> Sender {
        let locals: Vec<String> = ["from", "sender", "return-path"]
            .iter()
            .flat_map(|name| header.lower(name).collect::<Vec<_>>())
            .map(|value| local_part(&value))
            .collect();
        let any = |test: &dyn Fn(&str) -> bool| locals.iter().any(|l| test(l));
        let empty_from = header.lower("from").any(|v| v.ends_with("<>"));
        let from_names = header.all("from").map(|v| words(v).to_lowercase()).collect::<Vec<_>>();
        let daemon_name = |n: &str| {
            ["mailer-daemon", "mailer daemon", "mail delivery subsystem", "mail delivery system", "mail deliver system"]
                .iter()
                .any(|d| n.trim_start_matches('"').starts_with(d))
        };
        Sender {
            null: envelope.return_path == ReturnPath::Null || empty_from,
            daemon: any(&|l| {
                l.contains("mailer-daemon") || l.contains("mailerdaemon") || l == "mail-daemon" || l == "mailer_daemon"
            }) || from_names.iter().any(|n| daemon_name(n)),
            postmaster: any(&|l| l == "postmaster" || l.starts_with("postmaster+") || l.starts_with("postmaster=")),
            robot: any(&is_robot),
        }
    }
}

fn local_part(value: &str) -> String {
    let address = value.rsplit_once('<').map_or(value, |(_, a)| a).trim_end_matches('>');
    address.split('@').next().unwrap_or_default().trim().trim_matches('"').to_owned()
}

/// Local parts under which no person reads or writes (RFC 3834 section 2, RFC 5230 4.6).
fn is_robot(local: &str) -> bool {
    const WHOLE: [&str; 12] = [
        "noreply",
        "no-reply",
        "no_reply",
        "no.reply",
        "donotreply",
        "do-not-reply",
        "do_not_reply",
        "listserv",
        "majordomo",
        "auto-reply",
        "autoreply",
        "autoresponder",
    ];
    let base = local.split('+').next().unwrap_or_default();
    WHOLE.contains(&base)
        || WHOLE.iter().take(7).any(|w| base.starts_with(&format!("{w}-")) || base.ends_with(&format!("-{w}")))
        || base.starts_with("bounce-")
        || base.starts_with("bounces-")
        || matches!(base, "bounce" | "bounces")
}

fn is_bounce(header: &Header<'_>, sender: &Sender, subject: &str, body: impl Fn() -> String) -> bool {
    let says = || says_bounce(subject);
    let system = sender.daemon || sender.postmaster;
    if header.has("x-failed-recipients") && (system || sender.null || says()) {
        return true;
    }
    // Systems also write welcome mails and notices about bounces; theirs are bounces by their words.
    if system || sender.null || sender.robot {
        let body = body();
        return says() && !body.is_empty() && (tells_failure(&body) || sender.daemon)
            || sender.daemon && tells_failure(&body);
    }
    // Anybody may write of mail that came back, or forward it: without a system's name more is asked.
    !is_answer(subject) && says() && tells_failure_as_systems_do(&body())
}

/// The text of the bodies in lower case, as much as says what a mail is.
fn plain_text(texts: &[Text]) -> String {
    const HEAD_CHARS: usize = 8_000;
    let mut out = String::new();
    for text in texts {
        let raw = match (&text.home, &text.source) {
            (Home::Body | Home::Attachment(_), Source::Plain(raw)) => raw.expose(),
            (Home::Html, Source::Html(page)) => Html::visible(page),
            _ => continue,
        };
        out.extend(raw.chars().take(HEAD_CHARS).flat_map(char::to_lowercase));
        out.push('\n');
    }
    out
}

/// What programs put into the header of mail that no person wrote.
fn is_automatic(header: &Header<'_>, subject: &str) -> bool {
    const PRESENT: [&str; 12] = [
        "x-autorespond",
        "x-autoresponse",
        "x-autoresponder",
        "x-autoreply-from",
        "x-mail-autoreply",
        "x-ms-exchange-inbox-rules-loop",
        "x-no-loop",
        "x-fc-machinegenerated",
        "x-jira-fingerprint",
        "x-servicenow-generated",
        "x-amazon-mail-relay-type",
        "x-failed-recipients",
    ];
    let submitted = header.lower("auto-submitted").any(|v| {
        let word = v.split([';', ' ', '\t', '(']).next().unwrap_or_default().to_owned();
        word != "no"
    });
    let precedence = header
        .lower("precedence")
        .chain(header.lower("x-precedence"))
        .any(|v| matches!(v.as_str(), "auto_reply" | "auto-reply") || (v == "bulk" || v == "junk") && !is_list(header));
    // `DR` and `RN` alone only ask for no receipts; people's mail programs send them too.
    let suppress = header
        .lower("x-auto-response-suppress")
        .any(|v| v.split([',', ' ', ';']).any(|w| matches!(w, "all" | "oof" | "autoreply")));
    let yes = |name: &str| header.lower(name).any(|v| !matches!(v.as_str(), "" | "no" | "false"));
    let looped = header.lower("x-loop").any(|v| !v.is_empty()) && !is_list(header);
    let delivered = header.lower("delivered-to").any(|v| v == "autoresponder");
    submitted
        || precedence
        || suppress
        || looped
        || delivered
        || yes("x-autoreply")
        || yes("x-autogenerated")
        || yes("x-autorespond")
        || header.has("feedback-id") && !is_list(header)
        || PRESENT.iter().any(|n| header.has(n))
        || says_automatic(subject)
}

/// An invitation's answer, sent by a calendar.
fn is_calendar_reply(header: &Header<'_>, types: &[&str]) -> bool {
    if !types.contains(&"text/calendar") {
        return false;
    }
    header.layout.nodes.iter().any(|n| {
        n.content_type.value == "text/calendar"
            && n.content_type.param("method").is_some_and(|m| m.eq_ignore_ascii_case("reply"))
    })
}

fn is_list(header: &Header<'_>) -> bool {
    const PRESENT: [&str; 9] = [
        "list-id",
        "list-unsubscribe",
        "list-help",
        "list-post",
        "list-subscribe",
        "list-owner",
        "mailing-list",
        "x-mailing-list",
        "x-beenthere",
    ];
    PRESENT.iter().any(|n| header.has(n)) || header.lower("precedence").any(|v| v == "list")
}

/// Marked as spam by the mailbox's server.
pub(crate) fn is_junk(header: &Header<'_>) -> bool {
    let level = |name: &str, least: i32| header.lower(name).any(|v| v.parse::<i32>().is_ok_and(|n| n >= least));
    header.lower("x-spam-flag").any(|v| v == "yes")
        || header.lower("x-spam-status").any(|v| v == "yes" || v.starts_with("yes,") || v.starts_with("yes "))
        || header.lower("x-spam").any(|v| v == "yes" || v == "spam")
        || level("x-ms-exchange-organization-scl", 5)
        || header.lower("x-forefront-antispam-report").any(|v| {
            v.split(';').filter_map(|p| p.trim().strip_prefix("scl:")).any(|n| n.parse::<i32>().is_ok_and(|n| n >= 5))
        })
}
