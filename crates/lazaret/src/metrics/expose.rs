//! The text exposition format of Prometheus (version 0.0.4): what was counted, and what is asked for now.

use super::{BUCKETS_SECONDS, Kind, Metric, Registry, Stage};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What is asked for when somebody looks: metric, values of its labels, value.
pub(crate) type Sample = (Metric, Vec<String>, f64);

/// Everything, as text.
pub(crate) fn text(registry: &Registry, samples: Vec<Sample>) -> String {
    let values = registry.values();
    let mut lines: BTreeMap<Metric, String> = BTreeMap::new();
    for ((metric, labels), count) in &values.counters {
        line(lines.entry(*metric).or_default(), metric.name(), metric.labels(), labels, *count as f64);
    }
    for (metric, labels, value) in samples {
        line(lines.entry(metric).or_default(), metric.name(), metric.labels(), &labels, value);
    }
    for (metric, stages) in &values.histograms {
        let out = lines.entry(*metric).or_default();
        for (stage, of) in Stage::ALL.iter().zip(stages) {
            let stage = stage.as_str().to_owned();
            let (bucket, with_bound) = (format!("{}_bucket", metric.name()), ["stage", "le"]);
            for (bound, count) in BUCKETS_SECONDS.iter().zip(of.buckets) {
                line(out, &bucket, &with_bound, &[stage.clone(), bound.to_string()], count as f64);
            }
            line(out, &bucket, &with_bound, &[stage.clone(), "+Inf".to_owned()], of.count as f64);
            line(out, &format!("{}_sum", metric.name()), &["stage"], std::slice::from_ref(&stage), of.sum_seconds);
            line(out, &format!("{}_count", metric.name()), &["stage"], &[stage], of.count as f64);
        }
    }
    drop(values);
    let mut out = String::new();
    for metric in Metric::ALL {
        // A counter without labels is there from the start, so that a rate of it has a beginning.
        let is_plain = metric.kind() == Kind::Counter && metric.labels().is_empty();
        let zero = || format!("{} 0\n", metric.name());
        let Some(body) = lines.remove(metric).or_else(|| is_plain.then(zero)) else { continue };
        let (name, help, kind) = (metric.name(), metric.help(), metric.kind().as_str());
        let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{body}");
    }
    out
}

fn line(out: &mut String, name: &str, labels: &[&str], values: &[String], value: f64) {
    let pairs: Vec<String> = labels.iter().zip(values).map(|(l, v)| format!("{l}=\"{}\"", escaped(v))).collect();
    let labels = if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) };
    let _ = writeln!(out, "{name}{labels} {value}");
}

/// A label's value: backslash, quote and line feed escaped.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use std::time::Duration;

    #[test]
    fn the_text_is_what_prometheus_reads() {
        let registry = Registry::default();
        registry.count(&Event::LoggedIn { mailbox: "a\"b\\c\nd" });
        registry.took(Stage::Commit, Duration::from_millis(3));
        let text = text(&registry, vec![(Metric::DiskFree, vec![], 1024.0)]);
        for want in [
            "# TYPE lazaret_logins_total counter\nlazaret_logins_total{mailbox=\"a\\\"b\\\\c\\nd\"} 1\n",
            "# TYPE lazaret_disk_free_bytes gauge\nlazaret_disk_free_bytes 1024\n",
            "lazaret_stage_seconds_bucket{stage=\"commit\",le=\"0.0025\"} 0\n",
            "lazaret_stage_seconds_bucket{stage=\"commit\",le=\"0.005\"} 1\n",
            "lazaret_stage_seconds_bucket{stage=\"commit\",le=\"+Inf\"} 1\n",
            "lazaret_stage_seconds_sum{stage=\"commit\"} 0.003\n",
            "lazaret_stage_seconds_count{stage=\"commit\"} 1\n",
            "lazaret_relay_failures_total 0\n",
        ] {
            assert!(text.contains(want), "{want}\n{text}");
        }
        assert!(!text.contains("lazaret_tickets"), "what nobody said is not there");
    }

    #[test]
    fn names_follow_the_conventions() {
        for metric in Metric::ALL {
            let (name, kind) = (metric.name(), metric.kind());
            assert_eq!(name.ends_with("_total"), kind == Kind::Counter, "{name}");
            assert!(kind != Kind::Histogram || name.ends_with("_seconds"), "{name}");
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
            assert!(metric.help().ends_with('.'), "{name}");
        }
        assert_eq!(Metric::StageSeconds.labels(), ["stage"], "the only histogram has stages");
    }

    /// `deploy/METRICS.md`, the board and the rules name what is exported, and nothing else.
    #[test]
    fn what_is_documented_is_what_is_exported() {
        let page = include_str!("../../../../deploy/METRICS.md");
        let rows: Vec<String> = Metric::ALL
            .iter()
            .map(|m| format!("| `{}` | {} | {} | {} |", m.name(), m.kind().as_str(), m.labels().join(", "), m.help()))
            .collect();
        let written: Vec<&str> = page.lines().filter(|l| l.starts_with("| `lazaret_")).collect();
        assert_eq!(written, rows, "put this into deploy/METRICS.md:\n{}", rows.join("\n"));
        for (file, text) in [
            ("lazaret.json", include_str!("../../../../deploy/grafana/lazaret.json")),
            ("lazaret.rules.yml", include_str!("../../../../deploy/prometheus/lazaret.rules.yml")),
        ] {
            let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            let named: Vec<&str> = words.filter(|w| w.starts_with("lazaret_")).collect();
            assert!(named.len() > 10, "{file}");
            for name in named {
                let base = ["_bucket", "_sum", "_count"].iter().find_map(|s| name.strip_suffix(s)).unwrap_or(name);
                let known = |m: &&Metric| m.name() == name || m.kind() == Kind::Histogram && m.name() == base;
                assert!(Metric::ALL.iter().any(|m| known(&m)), "{file} names {name}, which is not exported");
            }
        }
    }
}
