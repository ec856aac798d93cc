//! Africa and the Middle East: a file for each region.

mod east;
mod gulf;
mod near_east;
mod north;
mod south;
mod west;

use super::{Validator, check, digits, exactly, number, sums, values};

/// The table.
pub(super) const VALIDATORS: &[Validator] = &[
    check("ae_id", gulf::ae_id),
    check("ae_trn", gulf::ae_trn),
    check("bh_cpr", gulf::bh_cpr),
    check("bw_omang", south::bw_omang),
    check("eg_id", north::eg_id),
    check("gh_tin", west::gh_tin),
    check("gn_nifp", west::gn_nifp),
    check("il_company", near_east::il_company),
    check("il_id", near_east::il_id),
    check("ir_company", near_east::ir_company),
    check("ir_id", near_east::ir_id),
    check("jo_id", near_east::jo_id),
    check("ke_pin", east::ke_pin),
    check("kw_civil_id", gulf::kw_civil_id),
    check("ly_id", north::ly_id),
    check("ma_ice", north::ma_ice),
    check("mu_nid", south::mu_nid),
    check("mz_nuit", south::mz_nuit),
    check("ng_nin", west::ng_nin),
    check("qa_qid", gulf::qa_qid),
    check("rw_id", east::rw_id),
    check("sa_id", gulf::sa_id),
    check("sa_vat", gulf::sa_vat),
    check("sn_ninea", west::sn_ninea),
    check("south_born", south::south_born),
    check("sy_id", near_east::sy_id),
    check("tn_mf", north::tn_mf),
    check("tz_nida", east::tz_nida),
    check("ug_nin", east::ug_nin),
    check("za_id", south::za_id),
    check("za_tax", south::za_tax),
    check("zm_nrc", south::zm_nrc),
    check("zw_id", south::zw_id),
];
