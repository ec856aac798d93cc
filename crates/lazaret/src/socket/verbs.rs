//! Every verb of the socket in one table: its name, who may, and what the audit trail holds of it.

use super::Request;
use super::answer::{quarantine_id, ticket_ref};
use crate::config::Role;

/// What is recorded of a verb. Denials always are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trail {
    /// Nothing: it shows health or public keys.
    Nothing,
    /// Who looked, before anything is shown.
    Look,
    /// Who asked, before anything is done; and what came of it.
    Change,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verb {
    /// In words of our own.
    pub(super) name: &'static str,
    /// Roles of which one is needed; none: everybody may.
    pub(super) needs: &'static [Role],
    pub(super) trail: Trail,
}

const ANYBODY: &[Role] = &[];
const OPERATOR: &[Role] = &[Role::Operator];
const AUDITOR: &[Role] = &[Role::Auditor];
const OFFICER: &[Role] = &[Role::Officer];
const READERS: &[Role] = &[Role::Agent, Role::Officer];
const TUNERS: &[Role] = &[Role::Agent, Role::Operator, Role::Officer];
const KEEPERS: &[Role] = &[Role::Operator, Role::Officer];

impl Request {
    /// The row of this request. A new verb does not compile without one.
    pub(super) fn row(&self) -> Verb {
        let row = |name, needs, trail| Verb { name, needs, trail };
        match self {
            Request::Status {} => row("status", ANYBODY, Trail::Nothing),
            Request::Metrics {} => row("metrics", &[Role::Operator, Role::Auditor], Trail::Nothing),
            Request::KeysPortal {} => row("keys portal", ANYBODY, Trail::Nothing),
            Request::ObserveReport {} => row("observe report", TUNERS, Trail::Look),
            Request::ObserveEnforce { .. } => row("observe enforce", KEEPERS, Trail::Change),
            Request::TicketList { .. } => row("ticket list", READERS, Trail::Look),
            Request::TicketShow { .. } => row("ticket show", READERS, Trail::Look),
            Request::TicketExport { .. } => row("ticket export", READERS, Trail::Look),
            Request::TicketExplain { .. } => row("ticket explain", TUNERS, Trail::Look),
            Request::TicketFeedback { .. } => row("ticket feedback", TUNERS, Trail::Change),
            Request::RulesStored { .. } => row("rules stored", KEEPERS, Trail::Look),
            Request::QuarantineList { .. } => row("quarantine list", OFFICER, Trail::Look),
            Request::QuarantineShow { .. } => row("quarantine show", OFFICER, Trail::Look),
            Request::QuarantineExport { .. } => row("quarantine export", OFFICER, Trail::Look),
            Request::QuarantineRelease { .. } => row("quarantine release", OFFICER, Trail::Change),
            Request::HeldList { .. } => row("held list", KEEPERS, Trail::Look),
            Request::HeldRelease { .. } => row("held release", OFFICER, Trail::Change),
            Request::OutboxList { .. } => row("outbox list", KEEPERS, Trail::Look),
            Request::OutboxResume {} => row("outbox resume", KEEPERS, Trail::Change),
            Request::OutboxRetry { .. } => row("outbox retry", KEEPERS, Trail::Change),
            Request::Reload {} => row("reload", OPERATOR, Trail::Change),
            Request::AuditList { .. } => row("audit list", AUDITOR, Trail::Look),
            Request::AuditVerify { .. } => row("audit verify", AUDITOR, Trail::Look),
        }
    }

    /// The verb in words of our own.
    pub(crate) fn verb(&self) -> &'static str {
        self.row().name
    }

    /// What it is about: a reference or an id in its one form, else nothing. What a caller typed is recorded no other way.
    pub(super) fn object(&self) -> String {
        match self {
            Request::TicketShow { ticket }
            | Request::TicketExport { ticket }
            | Request::TicketExplain { ticket }
            | Request::TicketFeedback { ticket, .. }
            | Request::HeldRelease { ticket, .. } => ticket_ref(ticket).map(|t| t.0).unwrap_or_default(),
            Request::QuarantineShow { id }
            | Request::QuarantineExport { id }
            | Request::QuarantineRelease { id, .. } => quarantine_id(id).unwrap_or_default(),
            _ => String::new(),
        }
    }
}
