//! Checks on a candidate's canonical form, one a file, named in rules by `validators = [...]`.
//!
//! A check digit is worth little by itself: of random nine-digit numbers half pass at least one of ten national checks.
//! Rules therefore add points for it and ask for grouping or context beside it.

mod basic_auth;
mod date;
mod iban;
mod jwt;
mod luhn;
mod medicare;
mod mixed;
mod nino;
mod phone;
mod ssn;
mod tfn;

pub(crate) use basic_auth::{decode as decode_base64, decode_with as decode_base64_with};

macro_rules! validators {
    ($($variant:ident = $name:literal, $check:path;)*) => {
        /// A check that a rule can name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Validator { $($variant,)* }

        impl Validator {
            /// Every name.
            pub(crate) const NAMES: &'static [&'static str] = &[$($name,)*];

            pub(crate) fn from_name(name: &str) -> Option<Validator> {
                match name { $($name => Some(Validator::$variant),)* _ => None }
            }

            /// Does the canonical form of a candidate pass?
            pub(crate) fn check(self, canonical: &str) -> bool {
                match self { $(Validator::$variant => $check(canonical),)* }
            }
        }
    };
}

validators! {
    AuMedicare = "au_medicare", medicare::check;
    AuTfn = "au_tfn", tfn::check;
    BasicAuth = "basic_auth", basic_auth::check;
    Date = "date", date::check;
    Iban = "iban", iban::check;
    Jwt = "jwt", jwt::check;
    Luhn = "luhn", luhn::check;
    Mixed = "mixed", mixed::check;
    Phone = "phone", phone::check;
    UkNino = "uk_nino", nino::check;
    UsSsn = "us_ssn", ssn::check;
}

impl Validator {
    /// How many characters of `canonical` the value takes, for values whose length is told by their beginning.
    pub(crate) fn extent(self, canonical: &str) -> Option<usize> {
        match self {
            Validator::Iban => iban::length(canonical),
            _ => None,
        }
    }
}

/// The values of the digits of a string that holds nothing else.
fn digits(text: &str) -> Option<Vec<u32>> {
    text.chars().map(|c| c.to_digit(10)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_no_check_panics_on_odd_input() {
        for name in Validator::NAMES {
            let validator = Validator::from_name(name).expect("listed");
            for odd in ["", "0", "é", "00", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "١٢٣", "\u{0}", "99999999999999999999999999"]
            {
                let _ = validator.check(odd);
                let _ = validator.extent(odd);
            }
        }
        assert_eq!(Validator::from_name("luhm"), None);
    }
}
