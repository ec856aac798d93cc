//! Every metric: its name, kind, labels and meaning. `deploy/METRICS.md` is this table, and a test compares them.

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It only grows while the daemon lives.
    Counter,
    /// A state.
    Gauge,
    /// Times, in buckets.
    Histogram,
}

impl Kind {
    /// The word of the exposition format.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        }
    }
}

macro_rules! metrics {
    ($($metric:ident, $kind:ident, $name:literal, [$($label:literal),*], $help:literal;)*) => {
        /// A metric.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Metric {
            $(#[doc = $help] $metric,)*
        }

        impl Metric {
            /// All, in the order in which they are shown.
            pub(crate) const ALL: &[Metric] = &[$(Metric::$metric),*];

            /// Its name; the unit stands in it.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Metric::$metric => concat!("lazaret_", $name),)* }
            }

            /// What it is.
            pub(crate) fn kind(self) -> Kind {
                match self { $(Metric::$metric => Kind::$kind,)* }
            }

            /// Names of its labels.
            pub(crate) fn labels(self) -> &'static [&'static str] {
                match self { $(Metric::$metric => &[$($label),*],)* }
            }

            /// What it means.
            pub(crate) fn help(self) -> &'static str {
                match self { $(Metric::$metric => $help,)* }
            }
        }
    };
}

metrics! {
    BuildInfo, Gauge, "build_info", ["version", "mode"], "Always 1; the version and the mode (observe, enforce) stand in its labels.";
    StartTime, Gauge, "start_time_seconds", [], "When the daemon started, in seconds since 1970.";
    Messages, Counter, "messages_total", ["mailbox", "verdict", "class"], "Messages that got their ticket, by verdict and class of mail; copies are not in it.";
    Duplicates, Counter, "duplicates_total", ["mailbox"], "Byte-identical copies of messages that have their ticket.";
    OwnMails, Counter, "own_mails_total", ["mailbox"], "Mails of Lazaret's own that came back; they get no ticket.";
    Findings, Counter, "findings_total", ["class", "action"], "Findings in messages that got their ticket, by class of data and action of the policy.";
    FileResidues, Counter, "file_residues_total", ["mailbox"], "Files in which something was found again after redaction; they are withheld. Any is an incident.";
    Strikes, Counter, "strikes_total", ["mailbox", "how"], "Deaths of workers while they held a message.";
    Poisoned, Counter, "poisoned_total", ["mailbox"], "Messages of which three workers died; sealed unread.";
    DocumentStrikes, Counter, "document_strikes_total", ["how"], "Deaths of processes that read documents; the message went on without the document.";
    Postponed, Counter, "postponed_total", ["mailbox", "why"], "Times that a message was left for the next look, and was not to blame.";
    StageSeconds, Histogram, "stage_seconds", ["stage"], "Time of a stage: fetch and acknowledge of a batch, process and commit of a message.";
    Logins, Counter, "logins_total", ["mailbox"], "Logins that worked after none or after trouble.";
    MailboxFailures, Counter, "mailbox_failures_total", ["mailbox"], "Looks at a mailbox that failed.";
    MailboxUp, Gauge, "mailbox_up", ["mailbox"], "1 if the last look at the mailbox came to its end, else 0.";
    MailboxLogin, Gauge, "mailbox_last_login_timestamp_seconds", ["mailbox"], "Last login, in seconds since 1970; absent if there was none since the start.";
    MailboxMail, Gauge, "mailbox_last_mail_timestamp_seconds", ["mailbox"], "When mail was last taken in, in seconds since 1970; absent if there was none since the start.";
    MailboxLook, Gauge, "mailbox_last_look_timestamp_seconds", ["mailbox"], "When a look at the mailbox last came to its end, in seconds since 1970.";
    Waiting, Gauge, "mailbox_waiting_messages", ["mailbox"], "Messages on the server that have no ticket yet.";
    OldestWaiting, Gauge, "mailbox_oldest_waiting_seconds", ["mailbox"], "How long the oldest of them has been known; 0 if none waits.";
    Failing, Gauge, "mailbox_failing_seconds", ["mailbox"], "How long the mailbox has been failing; 0 if it is not.";
    Held, Gauge, "mailbox_held_messages", ["mailbox"], "Over-size messages put into the held folder since the start.";
    TokenAge, Gauge, "mailbox_token_age_seconds", ["mailbox"], "Age of the bearer token of the last login; absent with a password.";
    Acknowledged, Counter, "acknowledged_total", ["mailbox"], "Messages whose source is done.";
    AcknowledgeFailures, Counter, "acknowledge_failures_total", ["mailbox"], "Attempts to move, replace or remove at the source that failed; they are tried again.";
    ReconcileServer, Gauge, "reconcile_server_messages", ["mailbox"], "UIDs that the server listed at the last look, above the baseline.";
    ReconcileLedger, Gauge, "reconcile_ledger_messages", ["mailbox"], "Those of them that have their place in the ledger.";
    ReconcileUnaccounted, Gauge, "reconcile_unaccounted_messages", ["mailbox"], "Those that were there at the look before, which came to its end, and still have no place. Should be 0.";
    LedgerDamaged, Counter, "ledger_damaged_total", ["mailbox"], "Records of the ledger that could not be read; their messages are taken in once more.";
    Tickets, Gauge, "tickets", [], "Tickets in the store.";
    Claimed, Gauge, "claimed_messages", [], "Messages claimed and not committed.";
    Unacknowledged, Gauge, "unacknowledged_messages", [], "Messages committed whose source is not done.";
    Sealed, Gauge, "sealed_originals", [], "Sealed originals that are kept.";
    Commits, Counter, "store_commits_total", [], "Commits since the start.";
    Syncs, Counter, "store_syncs_total", [], "Synchronisations of files with the disk since the start.";
    SyncSeconds, Counter, "store_sync_seconds_total", [], "Time that synchronisations of the index took since the start.";
    StoreFailures, Counter, "store_failures_total", [], "Requests that the store refused.";
    OutboxWaiting, Gauge, "outbox_waiting_replies", [], "Replies that wait to be sent.";
    OutboxOldest, Gauge, "outbox_oldest_seconds", [], "How long the oldest of them has waited; 0 if none waits.";
    OutboxUnknown, Gauge, "outbox_unknown_replies", [], "Replies whose outcome is not known; never sent again by themselves.";
    NotTold, Gauge, "not_told_replies", [], "Replies that failed, have an unknown outcome, or were held back by a limit.";
    BreakerOpen, Gauge, "breaker_open", [], "1 while the breaker holds all replies back, else 0.";
    Replies, Counter, "replies_total", ["state"], "Ends of attempts to send a reply.";
    RelayFailures, Counter, "relay_failures_total", [], "Times that nothing could leave by the relay.";
    WorkersStarted, Counter, "workers_started_total", [], "Worker processes started.";
    WorkersRetired, Counter, "workers_retired_total", ["why"], "Worker processes retired.";
    WorkerStartFailures, Counter, "worker_start_failures_total", [], "Worker processes that could not be started.";
    WorkersConfined, Gauge, "workers_confined", [], "1 if the kernel confines workers as it should, else 0.";
    DiskFree, Gauge, "disk_free_bytes", [], "Room on the volume of the state directory.";
    DiskReserve, Gauge, "disk_reserve_bytes", [], "Room below which nothing is fetched.";
    RulesDegraded, Gauge, "rules_degraded", [], "1 if rules or policy were refused and the last accepted ones run, else 0.";
    SocketDenied, Counter, "socket_denied_total", [], "Callers of the socket who were refused for want of a role.";
    AlertActive, Gauge, "alert_active", ["condition", "severity", "mailbox"], "1 for each condition that is told and not over; the mailbox is empty where it is none's.";
    Alerts, Counter, "alerts_total", ["condition", "kind"], "Onsets and recoveries of conditions.";
    AlertFailures, Counter, "alert_delivery_failures_total", ["channel"], "Alerts that could not be delivered by mail or webhook; they are tried again.";
}
