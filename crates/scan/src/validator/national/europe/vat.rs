//! VAT numbers with the letters of their state, as cross-border invoices write them (VIES).

use super::{
    aegean, alpine, baltic, benelux, britain, central, france, germany, iberia, ireland, italy, nordic, southeast,
};

/// A VAT number of a state of the European Union, or of Northern Ireland, Britain, Switzerland, Norway.
pub(super) fn eu_vat(canonical: &str) -> bool {
    let Some((state, rest)) = canonical.split_at_checked(2) else { return false };
    match state {
        "AT" => alpine::at_vat(rest),
        "BE" => rest.len() == 10 && benelux::be_vat(rest),
        "BG" => southeast::bg_vat(rest),
        "CH" => rest.starts_with('E') && alpine::ch_uid(canonical.get(..12).unwrap_or_default()),
        "CY" => aegean::cy_tic(rest),
        "CZ" => central::cz_dic(rest),
        "DE" => germany::vat(rest),
        "DK" => nordic::dk_cvr(rest),
        "EE" => baltic::ee_vat(rest),
        "EL" | "GR" => rest.len() == 9 && aegean::gr_afm(rest),
        "ES" => iberia::nif(rest),
        "FI" => nordic::fi_ytunnus(rest),
        "FR" => france::tva(rest),
        "GB" | "XI" => britain::vat(rest),
        "HR" => southeast::hr_oib(rest),
        "HU" => rest.len() == 8 && central::hu_company(rest),
        "IE" => ireland::vat(rest),
        "IT" => italy::partita_iva(rest),
        "LT" => baltic::lt_vat(rest),
        "LU" => benelux::lu_vat(rest),
        "LV" => baltic::lv_company(rest),
        "MT" => aegean::mt_vat(rest),
        "NL" => benelux::nl_vat(rest),
        "NO" => nordic::no_orgnr(rest.strip_suffix("MVA").unwrap_or(rest)),
        "PL" => central::nip(rest),
        "PT" => iberia::pt_nif(rest),
        "RO" => southeast::ro_cui(rest),
        "SE" => nordic::se_vat(rest),
        "SI" => southeast::si_tax(rest),
        "SK" => central::sk_vat(rest),
        _ => false,
    }
}

/// The prefix alone of a state whose numbers have nine digits, for numbers that were made up or mistyped.
pub(super) fn is_state(canonical: &str) -> bool {
    const STATES: [&str; 8] = ["BG", "CZ", "DE", "EE", "EL", "GB", "LT", "PT"];
    canonical.get(..2).is_some_and(|head| STATES.contains(&head))
}

/// How many characters the number of a state has, its prefix among them; `None` where they vary.
pub(super) fn length(head: &str) -> Option<usize> {
    Some(match head.get(..2)? {
        "DK" | "FI" | "HU" | "LU" | "MT" | "SI" => 10,
        "AT" | "CY" | "DE" | "EE" | "EL" | "ES" | "PT" => 11,
        "BE" | "CH" | "PL" | "SK" => 12,
        "FR" | "HR" | "IT" | "LV" => 13,
        "NL" | "SE" => 14,
        _ => return None,
    })
}
