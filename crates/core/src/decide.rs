//! The judgement over a message: evidence in, verdict and reasons out. Total and monotone: one more piece of evidence
//! never gives a milder verdict.

use crate::{Finding, Opaque, OpaqueWhy, Reason, Verdict};
use lazaret_scan::Action;

/// All that is known of a message when it is judged.
#[derive(Debug, Default)]
pub(crate) struct Evidence<'a> {
    pub(crate) findings: &'a [Finding],
    pub(crate) opaque: &'a [Opaque],
    /// The message as a whole is encrypted.
    pub(crate) whole_encrypted: bool,
    /// A limit of the message as a whole was hit.
    pub(crate) over_limit: bool,
    /// What was written still held something.
    pub(crate) residue: bool,
}

/// The judgement.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) verdict: Verdict,
    /// Strictest first; never empty unless the verdict is allow.
    pub(crate) reasons: Vec<Reason>,
}

/// Judges. The verdict is the strictest that any reason asks for.
pub(crate) fn decide(evidence: &Evidence<'_>) -> Decision {
    let mut reasons = Vec::new();
    reasons.extend(evidence.whole_encrypted.then_some(Reason::WholeEncrypted));
    reasons.extend(evidence.over_limit.then_some(Reason::OverLimit));
    reasons.extend(evidence.residue.then_some(Reason::Residue));
    reasons.extend(found(evidence.findings));
    reasons.extend(unexamined(evidence.opaque));
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.verdict()));
    let verdict = reasons.iter().map(Reason::verdict).max().unwrap_or(Verdict::Allow);
    Decision { verdict, reasons }
}

/// One reason a rule, with the strictest action among its findings.
fn found(findings: &[Finding]) -> Vec<Reason> {
    let mut acting: Vec<&Finding> = findings.iter().filter(|f| f.action >= Action::Flag).collect();
    acting.sort_by(|a, b| a.rule.cmp(&b.rule));
    acting
        .chunk_by(|a, b| a.rule == b.rule)
        .filter_map(|of_rule| {
            let first = of_rule.first()?;
            Some(Reason::Found {
                rule: first.rule.clone(),
                class: first.class,
                entity: first.entity.clone(),
                count: different(of_rule),
                action: of_rule.iter().map(|f| f.action).max()?,
            })
        })
        .collect()
}

/// How many different values: equal ones share their tag.
fn different(findings: &[&Finding]) -> u32 {
    let mut tags: Vec<&str> = findings.iter().map(|f| f.tag.as_str()).collect();
    tags.sort_unstable();
    tags.dedup();
    u32::try_from(tags.len()).unwrap_or(u32::MAX)
}

/// One reason a kind of trouble. Pictures and signatures are no reason for anything.
fn unexamined(opaque: &[Opaque]) -> Vec<Reason> {
    let quiet = |why| matches!(why, OpaqueWhy::Picture | OpaqueWhy::Signature);
    let mut acting: Vec<&Opaque> = opaque.iter().filter(|o| o.action >= Action::Flag && !quiet(o.why)).collect();
    acting.sort_by_key(|o| o.why);
    acting
        .chunk_by(|a, b| a.why == b.why)
        .filter_map(|of_kind| {
            let why = of_kind.first()?.why;
            let count = u32::try_from(of_kind.len()).unwrap_or(u32::MAX);
            Some(Reason::Unexamined { why, count, action: of_kind.iter().map(|o| o.action).max()? })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PartPath;
    use proptest::prelude::*;

    const WHYS: [OpaqueWhy; 6] = [
        OpaqueWhy::Picture,
        OpaqueWhy::Signature,
        OpaqueWhy::Encrypted,
        OpaqueWhy::Unsupported,
        OpaqueWhy::Malformed,
        OpaqueWhy::OverLimit,
    ];

    fn finding(rule: usize, action: Action) -> Finding {
        Finding {
            rule: format!("rule-{rule}"),
            class: lazaret_scan::Class::Custom,
            entity: "custom".into(),
            part: PartPath::new("1"),
            span: 0..1,
            score: 80,
            action,
            tag: "AAAAAAAA".into(),
        }
    }

    fn part(why: OpaqueWhy, action: Action) -> Opaque {
        Opaque { part: PartPath::new("2"), why, action }
    }

    #[test]
    fn each_kind_of_evidence_has_its_verdict() {
        use Action::{Allow, Flag, Quarantine, Redact, Reject, Withhold};
        type Case = (&'static [(usize, Action)], &'static [(OpaqueWhy, Action)], Verdict, usize);
        let cases: &[Case] = &[
            (&[], &[], Verdict::Allow, 0),
            (&[(1, Allow)], &[], Verdict::Allow, 0),
            (&[(1, Flag)], &[], Verdict::Allow, 1),
            (&[(1, Redact), (1, Flag), (2, Redact)], &[], Verdict::Redact, 2),
            (&[(1, Withhold)], &[], Verdict::Redact, 1),
            (&[(1, Redact), (2, Quarantine)], &[], Verdict::Quarantine, 2),
            (&[(1, Redact), (2, Reject)], &[], Verdict::Reject, 2),
            (&[], &[(OpaqueWhy::Unsupported, Withhold)], Verdict::Redact, 1),
            (&[], &[(OpaqueWhy::Encrypted, Quarantine)], Verdict::Quarantine, 1),
            (&[], &[(OpaqueWhy::Picture, Reject), (OpaqueWhy::Signature, Quarantine)], Verdict::Allow, 0),
        ];
        for (found, opaque, verdict, reasons) in cases {
            let findings: Vec<Finding> = found.iter().map(|(rule, action)| finding(*rule, *action)).collect();
            let opaque: Vec<Opaque> = opaque.iter().map(|(why, action)| part(*why, *action)).collect();
            let decision = decide(&Evidence { findings: &findings, opaque: &opaque, ..Evidence::default() });
            assert_eq!((decision.verdict, decision.reasons.len()), (*verdict, *reasons), "{found:?} {opaque:?}");
        }
        for evidence in [
            Evidence { whole_encrypted: true, ..Evidence::default() },
            Evidence { over_limit: true, ..Evidence::default() },
            Evidence { residue: true, ..Evidence::default() },
        ] {
            assert_eq!(decide(&evidence).verdict, Verdict::Quarantine, "{evidence:?}");
        }
    }

    #[test]
    fn the_strictest_reason_stands_first() {
        let findings = [finding(1, Action::Flag), finding(2, Action::Reject), finding(3, Action::Redact)];
        let decision = decide(&Evidence { findings: &findings, residue: true, ..Evidence::default() });
        let verdicts: Vec<Verdict> = decision.reasons.iter().map(Reason::verdict).collect();
        assert_eq!(verdicts, [Verdict::Reject, Verdict::Quarantine, Verdict::Redact, Verdict::Allow]);
    }

    proptest! {
        #[test]
        fn more_evidence_is_never_milder(
            found in proptest::collection::vec((0usize..4, 0usize..6), 0..8),
            opaque in proptest::collection::vec((0usize..6, 0usize..6), 0..8),
            flags in any::<[bool; 3]>(),
            more in (0usize..4, 0usize..6, 0usize..6, 0usize..5),
        ) {
            let mut findings: Vec<Finding> = found.into_iter().map(|(rule, a)| finding(rule, Action::ALL[a])).collect();
            let mut parts: Vec<Opaque> = opaque.into_iter().map(|(w, a)| part(WHYS[w], Action::ALL[a])).collect();
            let [mut whole_encrypted, mut over_limit, mut residue] = flags;
            let judge = |findings: &[Finding], opaque: &[Opaque], whole_encrypted, over_limit, residue| {
                decide(&Evidence { findings, opaque, whole_encrypted, over_limit, residue })
            };
            let before = judge(&findings, &parts, whole_encrypted, over_limit, residue);
            prop_assert_eq!(before.verdict == Verdict::Allow, before.reasons.iter().all(|r| r.verdict() == Verdict::Allow));
            let (rule, action, why, which) = more;
            match which {
                0 => findings.push(finding(rule, Action::ALL[action])),
                1 => parts.push(part(WHYS[why], Action::ALL[action])),
                2 => whole_encrypted = true,
                3 => over_limit = true,
                _ => residue = true,
            }
            let after = judge(&findings, &parts, whole_encrypted, over_limit, residue);
            prop_assert!(after.verdict >= before.verdict);
            for f in &findings {
                prop_assert!(after.verdict >= Verdict::of(f.action));
            }
        }
    }
}
