//! Telephone numbers: a country code that is assigned (ITU-T E.164) and a national number that its plan allows.
//!
//! The plans are those of libphonenumber, one expression for each country code. An expression is compiled when the first
//! number of its country is looked at: all of them would take longer than every other rule together.

use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};
use std::sync::{LazyLock, OnceLock};

struct Plan {
    code: &'static str,
    pattern: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

static PLANS: LazyLock<Vec<Plan>> = LazyLock::new(|| {
    let lines = include_str!("phone-plans.txt").lines().filter(|l| !l.starts_with('#'));
    let plan = |(code, pattern)| Plan { code, pattern, compiled: OnceLock::new() };
    lines.filter_map(|l| l.split_once(' ')).map(plan).collect()
});

impl Plan {
    /// Is it the whole of a national number?
    fn allows(&self, national: &str) -> bool {
        let compile = || {
            let ascii = syntax::Config::new().unicode(false).utf8(false);
            let config = Regex::config().hybrid(false).dfa(false).onepass(false);
            Regex::builder().syntax(ascii).configure(config).build(&format!("(?:{})$", self.pattern)).ok()
        };
        let regex = self.compiled.get_or_init(compile);
        regex.as_ref().is_some_and(|r| r.is_match(Input::new(national).anchored(Anchored::Yes)))
    }
}

/// A number as dialled from abroad, with or without the sign or digits for that.
pub(super) fn check(canonical: &str) -> bool {
    let prefixes = ["+", "011", "00", "010", ""];
    prefixes.iter().filter_map(|p| canonical.strip_prefix(p)).any(is_international)
}

fn is_international(number: &str) -> bool {
    let varied = number.bytes().any(|b| Some(b) != number.bytes().next());
    let is_plain = number.len() <= 18 && number.bytes().all(|b| b.is_ascii_digit());
    varied
        && is_plain
        && (1..=3).any(|digits| {
            let Some((code, national)) = number.split_at_checked(digits) else { return false };
            let Ok(at) = PLANS.binary_search_by(|p| p.code.cmp(code)) else { return false };
            // A trunk zero in parentheses, as in +49 (0)30, is dialled within the country only.
            let forms = [Some(national), national.strip_prefix('0')];
            forms.into_iter().flatten().any(|n| n.len() <= 15 && PLANS.get(at).is_some_and(|plan| plan.allows(n)))
        })
}

/// What may be a number in a country's own form: mostly zeros is a measure or a placeholder, and nothing begins with three.
pub(super) fn shape(canonical: &str) -> bool {
    let zeros = canonical.bytes().filter(|b| *b == b'0').count();
    let varied = canonical.bytes().any(|b| Some(b) != canonical.bytes().next());
    varied && zeros * 4 <= canonical.len() * 3 && !canonical.starts_with("000")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_plan_compiles_and_stands_in_order() {
        assert!(PLANS.len() > 200 && PLANS.is_sorted_by_key(|p| p.code));
        for plan in PLANS.iter() {
            plan.allows("");
            assert!(plan.compiled.get().is_some_and(Option::is_some), "{}", plan.code);
        }
    }

    #[test]
    fn table() {
        for good in ["12025550143", "441632960123", "493023125123", "4903023125123", "0061355501234", "35315550123"] {
            assert!(check(good), "{good}");
        }
        for bad in ["1202555014", "120255501433", "999", "0012", "", "11111111111", "28123456789", "+441632", "é"] {
            assert!(!check(bad), "{bad}");
        }
    }

    #[test]
    fn shapes() {
        for good in ["2025550143", "0800100200", "0487234671"] {
            assert!(shape(good), "{good}");
        }
        for bad in ["0000000", "0001234567", "1000000001", "5555555", ""] {
            assert!(!shape(bad), "{bad}");
        }
    }
}
