//! Europe, with its neighbours in the Caucasus and Central Asia: a file for each country or group of countries.

mod britain;

use super::{Validator, check, digits, exactly, number, sums};

/// The table.
pub(super) const VALIDATORS: &[Validator] = &[
    check("uk_chi", britain::chi),
    check("uk_company", britain::company),
    check("uk_hcn", britain::hcn),
    check("uk_nhs", britain::nhs),
    check("uk_nino", britain::nino),
    check("uk_utr", britain::utr),
    check("uk_vat", britain::vat),
];
