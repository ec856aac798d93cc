//! Fingerprints of what a scan looked at: the same walk over a text that gives its findings.

use super::Pipeline;
use super::examine::{By, Examined, Hit, scanned, stands_outside};
use crate::fingerprint::{Fingerprint, Fingerprints, Gathered, TermPrint, Why};
use crate::tree::Text;
use crate::{Profile, mark};
use lazaret_scan::{Action, Candidate, Hints, Memory, Placement, Term, WhyNot};
use std::ops::Range;

/// Score below which a near miss is too far off to be kept.
const NEAR_SCORE_MIN: u8 = 15;
/// Score from which a finding may be acted on: near misses within it tell nothing.
const COVERS_SCORE_MIN: u8 = 60;

/// Where something was found: the starts of findings, each with the furthest end of those up to it.
struct Found(Vec<(usize, usize)>);

impl Found {
    fn new(candidates: &[Candidate]) -> Found {
        let surely = candidates.iter().filter(|c| c.why_not.is_none() && c.score >= COVERS_SCORE_MIN);
        let mut spans: Vec<(usize, usize)> = surely.map(|c| (c.span.start, c.span.end)).collect();
        spans.sort_unstable();
        let mut furthest = 0;
        for (_, end) in &mut spans {
            furthest = furthest.max(*end);
            *end = furthest;
        }
        Found(spans)
    }

    /// Does it lie within one finding, or within several that follow each other?
    fn covers(&self, span: &Range<usize>) -> bool {
        let upto = self.0.partition_point(|(start, _)| *start <= span.start);
        upto.checked_sub(1).and_then(|at| self.0.get(at)).is_some_and(|(_, end)| *end >= span.end)
    }
}

/// A candidate without its place; equal ones are one.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Seen {
    by: By,
    placement: Placement,
    score: u8,
    terms: Vec<Term>,
    action: Action,
    why_not: Option<Why>,
}

impl Pipeline {
    /// Examines a text of a message as [`Pipeline::examine`] does, and gathers what rules looked at. Near misses that are
    /// far off, and those within what was found, are counted only: pieces of one card number fit many rules.
    pub(super) fn examine_closely(&self, text: &Text, profile: &Profile, memory: Option<&dyn Memory>) -> Examined {
        let (placement, source) = (text.placement, scanned(text));
        let explanation = self.rules.scan_closely(source, &Hints { placement, countries: &profile.countries, memory });
        let marks = mark::spans(source);
        let scan = explanation.scan();
        let mut looked_at = Gathered::default();
        let found = Found::new(&explanation.candidates);
        for mut candidate in explanation.candidates {
            if candidate.why_not.is_none() && !stands_outside(source, &candidate.span, &marks) {
                candidate.why_not = Some(WhyNot::Mark);
            }
            let (action, why_not) = match candidate.why_not {
                Some(why) => (Action::Allow, Some(why.as_str())),
                None => self.consequence(&candidate, source.get(candidate.span.clone()).unwrap_or_default()),
            };
            let Candidate { rule, span, score, terms, .. } = candidate;
            let is_idle = score < NEAR_SCORE_MIN || found.covers(&span);
            let why_not = why_not.and_then(Why::from_name);
            match is_idle && why_not.is_some_and(Why::is_near_miss) {
                true => looked_at.leave_out(),
                false => looked_at.add(Seen { by: By::Rule(rule), placement, score, terms, action, why_not }),
            }
        }
        let seen = self.follow_up(source, scan);
        // What is counted over a whole text has no terms.
        for Hit { by, action, score, .. } in seen.hits.iter().filter(|hit| !matches!(hit.by, By::Rule(_))) {
            let why_not = (*action == Action::Allow).then_some(Why::Policy);
            looked_at.add(Seen { by: *by, placement, score: *score, terms: Vec::new(), action: *action, why_not });
        }
        Examined { looked_at, ..seen }
    }

    /// The fingerprints of a message, from what rules looked at in all of its texts.
    pub(super) fn fingerprints(&self, seen: Vec<Examined>) -> Fingerprints {
        let mut all = Gathered::default();
        seen.into_iter().for_each(|seen| all.extend(seen.looked_at));
        all.finish(|seen, count| self.print(seen, count))
    }

    fn print(&self, seen: Seen, count: u32) -> Option<Fingerprint> {
        let Seen { by, placement, score, terms, action, why_not } = seen;
        let known = self.known(by)?;
        let form = if let By::Rule(rule) = by { self.rules.form(rule) } else { 0 };
        let term = |t: Term| TermPrint { name: t.name.to_owned(), points: t.points, word: t.word };
        Some(Fingerprint {
            rule: known.rule.to_owned(),
            class: known.class,
            form,
            placement,
            score,
            terms: terms.into_iter().map(term).collect(),
            action,
            why_not,
            count,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::Setup;
    use crate::{DigestKey, Limits, MarkKey, RawMessage};

    const POLICY: &str = include_str!("../../tests/data/policy.toml");
    const RULES: &str = include_str!("../../tests/data/rules.toml");

    fn pipeline(more: &str) -> Pipeline {
        let setup = Setup {
            build_id: "test".into(),
            rules: vec![("rules.toml".into(), RULES.into()), ("more.toml".into(), more.into())],
            policy: ("policy.toml".into(), POLICY.into()),
            accepted: true,
            limits: Limits::default(),
            digest_key: DigestKey::new([1; 32]),
            mark_key: MarkKey::new([2; 32]),
            today: "2026-03-01".into(),
        };
        Pipeline::new(&setup).unwrap_or_else(|all| panic!("{:?}", all.first())).0
    }

    fn prints(pipeline: &Pipeline, subject: &str, body: &str) -> Fingerprints {
        let mail = format!(
            "From: Mia Moss <mia@customer.example>\r\nTo: support@acme.example\r\nSubject: {subject}\r\n\r\n{body}\r\n"
        );
        pipeline.process(&RawMessage::new(mail.into_bytes()), &Profile::default()).fingerprints
    }

    const BADGE: &str = r#"
[[rule]]
id = "badge"
class = "custom"
kind = "regex"
pattern = 'BADGE-[0-9]{4}'
context = { near = ["door", "entry"] }
score = { base = 20, near = 50 }
test = [{ text = "entry BADGE-1234", find = ["BADGE-1234"] }, { text = "BADGE-1234", find = [] }]

[[rule]]
id = "shadowed"
class = "custom"
kind = "regex"
mode = "shadow"
pattern = 'LOCKER[0-9]{4}'
score = { base = 70 }
test = [{ text = "LOCKER1234", find = ["LOCKER1234"] }, { text = "LOCKER", find = [] }]
"#;

    #[test]
    fn hits_near_misses_and_shadow_stand_there_with_their_terms() {
        let pipeline = pipeline(BADGE);
        let body = "My entry code is BADGE-7731.\r\n\r\nA\r\n\r\nLOCKER4242 and LOCKER4343";
        let all = prints(&pipeline, "BADGE-1188", body).all;
        let of = |rule: &str| -> Vec<String> {
            let line = |f: &Fingerprint| {
                let terms: Vec<String> =
                    f.terms.iter().map(|t| format!("{}{:+}{:?}", t.name, t.points, t.word)).collect();
                let why = f.why_not.map_or("-", Why::as_str);
                format!("{:?} {} {} {} {why} x{}", f.placement, f.score, terms.join(" "), f.action, f.count)
            };
            all.iter().filter(|f| f.rule == rule).map(line).collect()
        };
        assert_eq!(
            of("badge"),
            ["Body 70 base+20None near+50Some(1) redact - x1", "Header 20 base+20None allow score x1"]
        );
        assert_eq!(of("shadowed"), ["Body 70 base+70None allow shadow x2"]);
        let form = pipeline.rules().form(pipeline.rules().find("badge").expect("it is there"));
        assert!(all.iter().filter(|f| f.rule == "badge").all(|f| f.form == form && form != 0));
    }

    #[test]
    fn near_misses_that_tell_nothing_are_counted_only() {
        let rules = |base: i16| {
            let rule = "[[rule]]\nid = \"digits\"\nclass = \"custom\"\nkind = \"regex\"\npattern = 'VOUCHER[0-9]{2}'\n";
            let test =
                "test = [{ text = \"door VOUCHER12\", find = [\"VOUCHER12\"] }, { text = \"VOUCHER\", find = [] }]\n";
            format!("{BADGE}\n{rule}context = {{ near = [\"door\"] }}\nscore = {{ base = {base}, near = 80 }}\n{test}")
        };
        let seen = |base| {
            let prints = prints(&pipeline(&rules(base)), "x", "it is VOUCHER12");
            (prints.all.iter().filter(|f| f.rule == "digits").count(), prints.dropped)
        };
        let (below, at, above) = (seen(14), seen(15), seen(16));
        assert_eq!((below.0, at.0, above.0), (0, 1, 1));
        assert_eq!((below.1, above.1), (at.1 + 1, at.1));
        let found = |spans: &[(usize, usize)]| {
            let candidate = |(start, end): &(usize, usize)| Candidate {
                rule: lazaret_scan::RuleIx(0),
                span: *start..*end,
                score: 60,
                terms: Vec::new(),
                why_not: None,
            };
            Found::new(&spans.iter().map(candidate).collect::<Vec<_>>())
        };
        for (span, covered) in
            [(10..20, true), (12..15, true), (9..15, false), (15..21, false), (30..31, true), (25..26, false)]
        {
            assert_eq!(found(&[(30, 40), (10, 20)]).covers(&span), covered, "{span:?}");
        }
        assert!(!found(&[]).covers(&(0..1)));
    }

    #[test]
    fn no_value_stands_in_a_fingerprint_in_any_form() {
        let pipeline = pipeline(BADGE);
        let planted = ["4929123345678908", "536-22-1234", "Winter2024!", "BADGE-7731", "DE89370400440532013000"];
        let body = format!(
            "password: {}\r\ncard {}\r\nSSN {}\r\nentry {}\r\niban {}",
            planted[2], planted[0], planted[1], planted[3], planted[4]
        );
        let prints = prints(&pipeline, &format!("{} and {}", planted[0], planted[3]), &body);
        assert!(prints.all.iter().filter(|f| f.action >= Action::Redact).count() >= 3, "{prints:?}");
        let kept = format!("{prints:?}").to_lowercase();
        let squeezed: String = kept.chars().filter(char::is_ascii_alphanumeric).collect();
        for value in planted.iter().map(|v| v.to_lowercase()) {
            let plain: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
            assert!(!kept.contains(&value) && !squeezed.contains(&plain), "a value stands there");
            let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
            assert!(digits.len() < 6 || !squeezed.contains(&digits[digits.len() - 6..]), "an end of a value");
        }
        assert!(!kept.contains("mia") && !kept.contains("moss") && !kept.contains("customer"));
    }

    #[test]
    fn the_same_findings_come_with_and_without_fingerprints() {
        let pipeline = pipeline(BADGE);
        let text = "entry BADGE-7731, card 4929 1233 4567 8908, password: Winter2024!, LOCKER4242";
        let mail = format!("Subject: x\r\n\r\n{text}\r\n");
        let read = crate::parse::read(&RawMessage::new(mail.into_bytes()), &Profile::default(), &Limits::default());
        let mut looked_at = Vec::new();
        for text in &read.texts {
            let hits =
                |seen: &Examined| -> Vec<_> { seen.hits.iter().map(|h| (h.span.clone(), h.score, h.action)).collect() };
            let plain = pipeline.examine(text, &Profile::default(), None);
            looked_at.push(pipeline.examine_closely(text, &Profile::default(), None));
            assert_eq!(looked_at.last().map(hits), Some(hits(&plain)));
        }
        assert!(!pipeline.fingerprints(looked_at).all.is_empty());
    }
}
