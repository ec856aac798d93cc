//! What is looked for: one row a condition.

use serde::{Deserialize, Serialize};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    /// Somebody should look today.
    Warning,
    /// Mail is stuck, or will be.
    Critical,
    /// A security incident, or mail that is at risk: now.
    Urgent,
}

impl Severity {
    /// The word in alerts, metrics and status.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Critical => "critical",
            Severity::Urgent => "urgent",
        }
    }
}

/// How a condition ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// When it is not seen any more for `operator.alert_when.recovered_after`.
    WhenGone,
    /// It is something that happened: when it has not happened again for an hour.
    AfterAnHour,
}

macro_rules! conditions {
    ($($condition:ident, $id:literal, $severity:ident, $ends:ident, $text:literal, $mend:literal;)*) => {
        /// A condition that needs somebody.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub(crate) enum Condition {
            $(#[doc = $text] #[serde(rename = $id)] $condition,)*
        }

        impl Condition {
            /// All, the worst first.
            #[cfg(test)]
            pub(crate) const ALL: &[Condition] = &[$(Condition::$condition),*];

            /// Its id, as alerts, metrics and the runbook name it.
            pub(crate) fn id(self) -> &'static str {
                match self { $(Condition::$condition => $id,)* }
            }

            /// How bad it is.
            pub(crate) fn severity(self) -> Severity {
                match self { $(Condition::$condition => Severity::$severity,)* }
            }

            /// How it ends.
            pub(crate) fn ends(self) -> Ends {
                match self { $(Condition::$condition => Ends::$ends,)* }
            }

            /// What it is, in words.
            pub(crate) fn text(self) -> &'static str {
                match self { $(Condition::$condition => $text,)* }
            }

            /// What to do.
            pub(crate) fn mend(self) -> &'static str {
                match self { $(Condition::$condition => $mend,)* }
            }
        }
    };
}

conditions! {
    FileResidue, "file-residue", Urgent, AfterAnHour,
        "a file still held something after redaction and was withheld", "keep the ticket's sealed original and report the format; see lazaret quarantine list";
    Unconfined, "unconfined", Urgent, WhenGone,
        "workers are not confined as they should be", "use a kernel with Landlock and seccomp, and look at SystemCallFilter of the unit";
    Poison, "poison", Urgent, AfterAnHour,
        "a message killed three workers and was sealed unread", "see lazaret quarantine list; export it and open it elsewhere";
    LedgerDamaged, "ledger-damaged", Urgent, AfterAnHour,
        "a record of the ledger could not be read; its message is taken in once more", "check the disk (dmesg, smartctl) and that last night's backup is good";
    Unaccounted, "unaccounted", Critical, WhenGone,
        "messages on the server have no place in the ledger after two looks", "compare lazaret status with the folder; does the server hand these messages out?";
    DiskLow, "disk-low", Critical, WhenGone,
        "the disk is nearly full: nothing is fetched", "free room on the volume of state_dir";
    LoginRefused, "login-refused", Critical, WhenGone,
        "the server refuses the login", "renew the password or token: lazaret check";
    MailboxStopped, "mailbox-stopped", Critical, WhenGone,
        "the mailbox is not pulled", "mend it (lazaret check), then lazaret reload";
    MailboxFailing, "mailbox-failing", Critical, WhenGone,
        "the mailbox cannot be pulled", "is the server up and the way to it open? lazaret check";
    MailWaiting, "mail-waiting", Critical, WhenGone,
        "mail waits without a ticket", "see lazaret status and the journal";
    StoreFailing, "store-failing", Critical, AfterAnHour,
        "the store refused requests", "see the journal; check the disk and its rights";
    RelayFailing, "relay-failing", Critical, WhenGone,
        "nothing can leave by the relay", "is the relay up, are user and secret right? lazaret check";
    OutboxOld, "outbox-old", Warning, WhenGone,
        "replies wait to be sent", "see lazaret outbox list";
    DeliveriesFailed, "deliveries-failed", Critical, WhenGone,
        "a sink refused deliveries for good", "see lazaret outbox list, then lazaret outbox retry --failed";
    DeliveriesOld, "deliveries-old", Warning, WhenGone,
        "deliveries wait for a sink that does not take them", "see lazaret outbox list; is the sink up?";
    BreakerOpen, "breaker-open", Critical, WhenGone,
        "more replies in a minute than the breaker allows: all wait", "see lazaret outbox list, then lazaret outbox resume";
    ReplyUnknown, "reply-unknown", Warning, WhenGone,
        "the relay's answer to a reply is not known; it is not sent again", "see lazaret outbox list; look for the reply in the relay's log";
    WorkerCrashes, "worker-crashes", Warning, WhenGone,
        "workers die often", "see the journal for strikes; report the kind of mail";
    RulesDegraded, "rules-degraded", Warning, WhenGone,
        "rules or policy were refused; the last accepted ones run", "lazaret check";
    ReloadRefused, "reload-refused", Warning, WhenGone,
        "a reload was refused; what ran before goes on", "lazaret check, then lazaret reload";
    Test, "test", Warning, WhenGone,
        "this is a test: alerts arrive", "nothing";
    TokenStale, "token-stale", Warning, WhenGone,
        "the token command gives tokens that are about to expire", "look at the job that renews them";
}

impl Condition {
    /// Does it wake somebody at night?
    pub(crate) fn is_urgent(self) -> bool {
        self.severity() == Severity::Urgent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_has_its_place_in_the_runbook() {
        let page = include_str!("../../../../deploy/RUNBOOK.md");
        for condition in Condition::ALL {
            let heading = format!("### {}", condition.id());
            assert!(page.lines().any(|l| l == heading), "deploy/RUNBOOK.md lacks `{heading}`");
        }
        let headings = page.lines().filter(|l| is_id(l)).count();
        assert_eq!(headings, Condition::ALL.len(), "a condition in deploy/RUNBOOK.md is none any more");
    }

    /// A heading of one word, as conditions have.
    fn is_id(line: &str) -> bool {
        line.strip_prefix("### ").is_some_and(|id| id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
    }
}
