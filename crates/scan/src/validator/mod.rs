//! Checks on a candidate's canonical form, one a file, named in rules by `validators = [...]`.
//!
//! A check digit is worth little by itself: of random nine-digit numbers half pass at least one of ten national checks.
//! Rules therefore add points for it and ask for grouping or context beside it. A check that its issuer has abandoned may
//! add points (`score.valid`) and must not veto (`score.invalid` is given).

mod credential;
#[cfg(test)]
mod families;
mod general;
mod national;
pub(crate) mod sums;

pub(crate) use credential::{decode_base64, decode_base64_with};

/// A check that a rule can name.
pub(crate) struct Validator {
    /// As rules write it.
    pub(crate) name: &'static str,
    /// Does the canonical form of a candidate pass?
    pub(crate) check: fn(&str) -> bool,
    /// How many characters of a canonical form the value takes, for values whose length is told by their beginning.
    pub(crate) extent: Option<fn(&str) -> Option<usize>>,
}

/// A check, a number, and whether it holds: what tests are tables of.
#[cfg(test)]
pub(crate) type Case = (fn(&str) -> bool, &'static str, bool);

/// One entry of a table of validators.
pub(crate) const fn check(name: &'static str, check: fn(&str) -> bool) -> Validator {
    Validator { name, check, extent: None }
}

impl Validator {
    /// Every validator.
    pub(crate) fn all() -> impl Iterator<Item = &'static Validator> {
        let tables = [general::VALIDATORS, credential::VALIDATORS].into_iter().chain(national::VALIDATORS);
        tables.flatten()
    }

    /// The validator that a rule names.
    pub(crate) fn from_name(name: &str) -> Option<&'static Validator> {
        Validator::all().find(|v| v.name == name)
    }

    /// Is it Luhn's? The digit scout sums that one up as it reads.
    pub(crate) fn is_luhn(&self) -> bool {
        self.name == "luhn"
    }
}

impl PartialEq for Validator {
    fn eq(&self, other: &Validator) -> bool {
        self.name == other.name
    }
}

impl std::fmt::Debug for Validator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// The values of the digits of a string that holds nothing else.
fn digits(text: &str) -> Option<Vec<u32>> {
    let mut all = Vec::with_capacity(text.len());
    for b in text.bytes() {
        all.push(u32::from(b.is_ascii_digit().then(|| b - b'0')?));
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_no_check_panics_on_odd_input() {
        let mut names: Vec<&str> = Validator::all().map(|v| v.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "two validators of one name");
        for validator in Validator::all() {
            for odd in ["", "0", "é", "00", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "١٢٣", "\u{0}", "99999999999999999999999999"]
            {
                let _ = (validator.check)(odd);
                let _ = validator.extent.map(|extent| extent(odd));
            }
        }
        assert_eq!(Validator::from_name("luhm"), None);
    }
}
