//! What a worker does with one message: read, scan, judge, redact, scan again.
//!
//! ```text
//! octets ─parse::read─▶ texts ─examine─▶ hits ─decide─▶ verdict ─write─▶ cleared texts ─scan again─▶ Outcome
//! ```
//! Nothing here fails: what cannot be examined is evidence, and evidence only ever makes the verdict stricter. A message
//! that is quarantined or refused leaves no text behind, only facts, findings and reasons.

mod again;
mod credentials;
mod documents;
mod examine;
mod except;
mod explain;
mod facts;
mod files;
mod headers;
mod lines;
mod memory;
mod prints;
mod readings;
mod shown;
mod write;

use crate::decide::{Decision, Evidence, decide};
use crate::documents::{Documents, InProcess};
use crate::fingerprint::Fingerprints;
use crate::redact::Values;
use crate::report::Report;
use crate::tree::{Home, Message};
use crate::{
    Cleared, Digest, DigestKey, Finding, Limits, MarkKey, Opaque, OpaqueWhy, Outcome, Profile, Raw, RawMessage, Reason,
    Remembered, Thread, Verdict, mark, parse, report,
};
use examine::Examined;
pub use explain::Explain;
use lazaret_scan::{Action, Diagnostic, Policy, RuleIx, Ruleset, SourceFile, Unexamined};
pub use lines::Show;
use std::sync::Arc;
use write::Written;
use zeroize::Zeroizing;

/// All that a worker is told before its first message.
#[derive(Clone)]
pub struct Setup {
    /// Of the parent's binary.
    pub build_id: String,
    /// Rule files: name and text.
    pub rules: Vec<(String, String)>,
    /// The policy file: name and text.
    pub policy: (String, String),
    /// Were exactly these rules accepted before? Then their examples are not run again.
    pub accepted: bool,
    /// Bounds of one message.
    pub limits: Limits,
    /// For K2 of a message, which salts the tags of what could be enumerated.
    pub digest_key: DigestKey,
    /// For the tags of marks.
    pub mark_key: MarkKey,
    /// The day in UTC, `YYYY-MM-DD`, by which exceptions end; empty: none holds.
    pub today: String,
}

/// A loaded setup. It has no state besides: each message is answered as if it were the first.
pub struct Pipeline {
    rules: Arc<Ruleset>,
    policy: Policy,
    limits: Limits,
    digest_key: DigestKey,
    mark_key: MarkKey,
    today: String,
}

impl Pipeline {
    /// Loads rules and policy. Answers what to warn of, or every complaint at once.
    pub fn new(setup: &Setup) -> Result<(Pipeline, Vec<Diagnostic>), Vec<Diagnostic>> {
        let files: Vec<SourceFile<'_>> = setup.rules.iter().map(|(name, text)| SourceFile { name, text }).collect();
        let (rules, mut warnings) = match setup.accepted {
            true => (Ruleset::load_accepted(&files)?, Vec::new()),
            false => Ruleset::load(&files)?,
        };
        let (name, text) = &setup.policy;
        let (policy, more) = Policy::load(SourceFile { name, text }, &rules)?;
        warnings.extend(more);
        let pipeline = Pipeline {
            rules: Arc::new(rules),
            policy,
            limits: setup.limits,
            digest_key: setup.digest_key.clone(),
            mark_key: setup.mark_key.clone(),
            today: setup.today.clone(),
        };
        Ok((pipeline, warnings))
    }

    /// The rules in force.
    pub fn rules(&self) -> &Ruleset {
        &self.rules
    }

    /// The policy in force.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Answers one message, whose documents are read in this process.
    pub fn process(&self, message: &RawMessage, profile: &Profile) -> Outcome {
        self.process_in(message, profile, None, &mut InProcess(self.limits.documents))
    }

    /// Answers one message of a conversation, of which earlier messages told this.
    pub fn process_in(
        &self,
        message: &RawMessage,
        profile: &Profile,
        thread: Option<&Thread>,
        documents: &mut dyn Documents,
    ) -> Outcome {
        let read = parse::read(message, profile, &self.limits);
        self.process_read(read, self.digest_key.digest(message), profile, thread, documents)
    }

    /// Answers a file of the operator's own: a message as ever, anything else as its one attachment.
    pub fn redact(
        &self,
        file: &str,
        message: &RawMessage,
        profile: &Profile,
        password: Option<&Raw>,
        documents: &mut dyn Documents,
    ) -> Outcome {
        let name = file.rsplit('/').next().unwrap_or(file);
        // A mail without a header is one still, if its name says so.
        let is_message = report::is_message(message.expose()) || name.to_ascii_lowercase().ends_with(".eml");
        let mut read = match is_message {
            true => parse::read(message, profile, &self.limits),
            false => parse::read_file(name, message, &self.limits),
        };
        read.passwords.extend(password.iter().map(|password| password.expose().to_owned()));
        self.process_read(read, self.digest_key.digest(message), profile, None, documents)
    }

    fn process_read(
        &self,
        mut read: Message,
        digest: Digest,
        profile: &Profile,
        thread: Option<&Thread>,
        documents: &mut dyn Documents,
    ) -> Outcome {
        self.read_documents(&mut read, documents);
        let mut seen = self.examine_all(&read.texts, profile, thread);
        let text = memory::written(&read);
        self.add_second_half(&read, &mut seen, &text, thread);
        let mut remembered = self.remember(&read, &seen, self.facts(&read, &text));
        let marked = self.mark_all(&read, &seen, &digest, mark::words(&profile.language));
        let mut findings = marked.findings;
        findings.extend(self.take_facts(&mut read, &digest));
        let opaque = self.opaque(&read, &seen);
        let over_limit = read.over_limit || findings.len() > self.limits.findings_max || marked.values.over_limit();
        let evidence = Evidence {
            findings: &findings,
            opaque: &opaque,
            whole_encrypted: read.whole_encrypted,
            over_limit,
            residue: false,
        };
        let Decision { verdict, mut reasons } = decide(&evidence);
        examine::name_records(&mut reasons, &seen);
        let keep_nothing = findings.iter().any(|f| f.action == Action::Reject && self.policy.keeps_nothing(&f.rule));
        findings.truncate(self.limits.findings_max);
        if keep_nothing {
            remembered.values.clear();
        }
        let words = mark::words(&profile.language);
        let plans = self.plan_files(&read, &seen, &marked.cuts, &marked.overfull, &opaque, words);
        let written = self.write(&mut read, &seen, marked.cuts, &opaque, words);
        let fingerprints = self.fingerprints(seen);
        let judged = Judged { verdict, reasons, findings, fingerprints, opaque, keep_nothing, digest, remembered };
        let files: Vec<_> = std::mem::take(&mut read.attachments).into_iter().zip(plans).collect();
        let (passwords, mut values) = (std::mem::take(&mut read.passwords), marked.values);
        let mut outcome = self.outcome(read, judged, written, &mut values, profile);
        if outcome.verdict < Verdict::Quarantine {
            self.put_files(&mut outcome, &files, &passwords, &values, profile, documents);
        }
        outcome
    }

    /// Answers a message that an officer released: values are still taken out and parts withheld, but no finding asks for
    /// quarantine or refusal any more. What is encrypted as a whole or keeps a residue stays in quarantine.
    pub fn release(
        &self,
        message: &RawMessage,
        profile: &Profile,
        thread: Option<&Thread>,
        documents: &mut dyn Documents,
    ) -> Outcome {
        let lenient = Pipeline {
            rules: self.rules.clone(),
            policy: self.policy.capped(Action::Withhold),
            limits: self.limits,
            digest_key: self.digest_key.clone(),
            mark_key: self.mark_key.clone(),
            today: self.today.clone(),
        };
        lenient.process_in(message, profile, thread, documents)
    }

    /// Scans a file: a mail by its texts, anything else as the text `text`. The report says what the policy would do.
    pub fn scan(
        &self,
        file: &str,
        index: Option<u64>,
        message: &RawMessage,
        profile: &Profile,
        show: Show,
        documents: &mut dyn Documents,
    ) -> Report {
        let read = self.read_any(file, message, profile, &[], documents);
        self.scan_read(file, index, &read, profile, show)
    }

    /// What text each part of a file yields, or why not: a mail by its parts, anything else from the part `text` on.
    pub fn extract(
        &self,
        file: &str,
        index: Option<u64>,
        message: &RawMessage,
        profile: &Profile,
        password: Option<&Raw>,
        documents: &mut dyn Documents,
    ) -> Report {
        let passwords: Vec<String> = password.iter().map(|password| password.expose().to_owned()).collect();
        let passwords = Zeroizing::new(passwords);
        report::extracted(file, index, &self.read_any(file, message, profile, &passwords, documents))
    }

    /// Reads a file of the operator's own, whatever it is.
    fn read_any(
        &self,
        file: &str,
        message: &RawMessage,
        profile: &Profile,
        passwords: &[String],
        documents: &mut dyn Documents,
    ) -> Message {
        let name = file.rsplit('/').next().unwrap_or(file);
        let mut read = match report::is_message(message.expose()) {
            true => parse::read(message, profile, &self.limits),
            false => parse::read_file(name, message, &self.limits),
        };
        read.passwords = Zeroizing::new(passwords.to_vec());
        self.read_documents(&mut read, documents);
        read
    }

    /// Scans one text, given in UTF-8, as the part `text`.
    pub fn scan_text(&self, id: &str, text: &RawMessage) -> Report {
        self.scan_line(id, text)
    }

    /// Everything but the message's own facts, put together. Names are written for a stub too.
    fn outcome(
        &self,
        read: Message,
        judged: Judged,
        mut written: Written,
        values: &mut Values,
        profile: &Profile,
    ) -> Outcome {
        let mut outcome = Outcome {
            class: read.class,
            staff: read.staff,
            proof: read.proof,
            envelope: read.envelope,
            customer: read.customer,
            verdict: judged.verdict,
            reasons: judged.reasons,
            findings: judged.findings,
            fingerprints: judged.fingerprints,
            opaque: judged.opaque,
            subject: Cleared::default(),
            text: Cleared::default(),
            html: None,
            attachments: Vec::new(),
            headers: Vec::new(),
            headers_left_out: read.fields_left_out,
            keep_nothing: judged.keep_nothing,
            language: read.language,
            own_copy: read.own_copy,
            bounced_ids: read.bounced_ids,
            junk: read.junk,
            hops: read.hops,
            remembered: judged.remembered,
        };
        let passed = outcome.verdict < Verdict::Quarantine;
        let mut rounds = 0;
        let whole = loop {
            let whole = self.put_names(&mut outcome, &written, values, profile)
                && (!passed || self.put_texts(&mut outcome, &written, values, profile));
            let again = !whole && rounds < again::ROUNDS_MAX;
            if !again || !self.redact_again(&mut written, values, &judged.digest, profile) {
                break whole;
            }
            rounds += 1;
        };
        write::screen_facts(&mut outcome, values);
        if passed && (!whole || values.over_limit()) {
            outcome.verdict = Verdict::Quarantine;
            outcome.reasons.insert(0, Reason::Residue);
        }
        if outcome.verdict >= Verdict::Quarantine {
            outcome.drop_text();
        } else {
            self.put_headers(&mut outcome, read.kept, &written, values, profile);
        }
        outcome
    }

    /// Every part without text and every text that was not scanned to its end, with what the policy does about it.
    fn opaque(&self, read: &Message, seen: &[Examined]) -> Vec<Opaque> {
        let unread = read.opaque.iter().map(|(part, why)| Opaque {
            part: part.clone(),
            why: *why,
            action: self.unexamined(*why),
        });
        let unfinished = read.texts.iter().zip(seen).filter(|(_, seen)| seen.incomplete).map(|(text, _)| {
            // Half a scan of what a ticket always shows is no scan of the message.
            let least = match text.home {
                Home::Subject | Home::Body | Home::Html => Action::Quarantine,
                _ => Action::Withhold,
            };
            let why = OpaqueWhy::OverLimit;
            Opaque { part: self.public_path(&text.path), why, action: self.unexamined(why).max(least) }
        });
        unread.chain(unfinished).collect()
    }

    fn unexamined(&self, why: OpaqueWhy) -> Action {
        let action = self.policy.unexamined(match why {
            OpaqueWhy::Picture => Unexamined::Picture,
            OpaqueWhy::Signature => Unexamined::Signature,
            OpaqueWhy::Encrypted => Unexamined::Encrypted,
            OpaqueWhy::Unsupported => Unexamined::Unsupported,
            OpaqueWhy::Malformed => Unexamined::Malformed,
            OpaqueWhy::OverLimit => Unexamined::OverLimit,
        });
        match why {
            // Logos and signatures are in half of all mail; they never change what happens to it.
            OpaqueWhy::Picture | OpaqueWhy::Signature => action.min(Action::Flag),
            _ => action,
        }
    }

    /// What the policy does about a finding. A rule in shadow only counts.
    fn action(&self, rule: RuleIx, score: u8) -> Action {
        self.rules.rule(rule).map_or(Action::Allow, |info| self.policy.action(info, score))
    }
}

/// The judgement and what it rests on.
struct Judged {
    verdict: Verdict,
    reasons: Vec<Reason>,
    findings: Vec<Finding>,
    fingerprints: Fingerprints,
    opaque: Vec<Opaque>,
    keep_nothing: bool,
    /// K2 of the message, for tags.
    digest: Digest,
    remembered: Remembered,
}

impl std::fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pipeline({} rules)", self.rules.rules().len())
    }
}

#[cfg(test)]
pub(crate) mod tests;
