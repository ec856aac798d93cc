//! What a server can do, and what its status responses mean.

use super::super::error::{ErrorKind, Reply, SourceError};
use super::session::Step;
use async_imap::imap_proto::{Capability, Outcome, ResponseCode, Status};

/// What a server lets us do.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Caps {
    /// RFC 4315.
    pub(super) uidplus: bool,
    /// RFC 6851.
    pub(super) moves: bool,
    /// RFC 2177.
    pub(super) idle: bool,
    /// RFC 7888, of any length.
    pub(super) literal_plus: bool,
    /// RFC 4959.
    pub(super) sasl_ir: bool,
    /// RFC 3501 6.2.3.
    pub(super) login_disabled: bool,
    /// SASL mechanisms.
    pub(super) plain: bool,
    pub(super) xoauth2: bool,
    pub(super) oauthbearer: bool,
}

impl Caps {
    pub(super) fn read(list: &[Capability<'_>]) -> Caps {
        let atom = |name: &str| list.iter().any(|c| matches!(c, Capability::Atom(a) if a.eq_ignore_ascii_case(name)));
        let auth = |name: &str| list.iter().any(|c| matches!(c, Capability::Auth(a) if a.eq_ignore_ascii_case(name)));
        Caps {
            uidplus: atom("UIDPLUS"),
            moves: atom("MOVE"),
            idle: atom("IDLE"),
            literal_plus: atom("LITERAL+"),
            sasl_ir: atom("SASL-IR"),
            login_disabled: atom("LOGINDISABLED"),
            plain: auth("PLAIN"),
            xoauth2: auth("XOAUTH2"),
            oauthbearer: auth("OAUTHBEARER"),
        }
    }
}

/// Response codes that are shown and acted on (RFC 3501, 5530, 6851, 7889, Gmail's THROTTLED), and what they mean for us;
/// `None`: what the step says.
const CODES: [(&str, Option<ErrorKind>); 21] = [
    ("ALREADYEXISTS", None),
    ("AUTHENTICATIONFAILED", Some(ErrorKind::Auth)),
    ("AUTHORIZATIONFAILED", Some(ErrorKind::Auth)),
    ("CANNOT", Some(ErrorKind::Unsupported)),
    ("CLIENTBUG", Some(ErrorKind::Protocol)),
    ("CONTACTADMIN", None),
    ("CORRUPTION", Some(ErrorKind::Unavailable)),
    ("EXPIRED", Some(ErrorKind::Auth)),
    ("EXPUNGEISSUED", Some(ErrorKind::Unavailable)),
    ("INUSE", Some(ErrorKind::Unavailable)),
    ("LIMIT", Some(ErrorKind::Unavailable)),
    ("NONEXISTENT", Some(ErrorKind::NoFolder)),
    ("NOPERM", Some(ErrorKind::Auth)),
    ("OVERQUOTA", Some(ErrorKind::Unavailable)),
    ("PARSE", None),
    ("PRIVACYREQUIRED", Some(ErrorKind::Auth)),
    ("SERVERBUG", Some(ErrorKind::Unavailable)),
    ("THROTTLED", Some(ErrorKind::Unavailable)),
    ("TOOBIG", Some(ErrorKind::Limit)),
    ("TRYCREATE", Some(ErrorKind::NoFolder)),
    ("UNAVAILABLE", Some(ErrorKind::Unavailable)),
];

pub(super) fn verdict(step: &Step, status: &Status, outcome: &Outcome<'_>) -> Result<(), SourceError> {
    let (word, otherwise) = match status {
        Status::Ok => return Ok(()),
        Status::No => ("NO", step.refusal),
        Status::Bad => ("BAD", ErrorKind::Protocol),
        Status::PreAuth | Status::Bye => return Err(step.fails(ErrorKind::Protocol)),
    };
    let reply = reply(word, outcome);
    let kind =
        CODES.iter().find(|(name, _)| Some(*name) == reply.code).and_then(|(_, kind)| *kind).unwrap_or(otherwise);
    Err(SourceError::refused(kind, step.what, reply))
}

pub(super) fn reply(status: &'static str, outcome: &Outcome<'_>) -> Reply {
    let known = |name: &str| CODES.iter().map(|(code, _)| *code).find(|code| code.eq_ignore_ascii_case(name));
    let code = match &outcome.code {
        Some(ResponseCode::TryCreate) => known("TRYCREATE"),
        Some(ResponseCode::Parse) => known("PARSE"),
        Some(_) => None,
        // Codes that the parser does not know are left at the start of the text.
        None => outcome
            .information
            .as_deref()
            .and_then(|text| text.strip_prefix('['))
            .and_then(|text| text.split([' ', ']']).next())
            .and_then(known),
    };
    Reply { status, code }
}
