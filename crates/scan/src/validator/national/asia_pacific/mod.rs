//! Asia and the Pacific: a file for each country or group of countries.

mod australia;
mod east;
mod india;
mod new_zealand;
mod south_east;

use super::{Validator, check, digits, exactly, number, plain, sums, values};

/// The table.
pub(super) const VALIDATORS: &[Validator] = &[
    check("au_abn", australia::abn),
    check("au_acn", australia::acn),
    check("au_crn", australia::crn),
    check("au_ihi", australia::ihi),
    check("au_medicare", australia::medicare),
    check("au_tfn", australia::tfn),
    check("cn_ric", east::cn_ric),
    check("cn_uscc", east::cn_uscc),
    check("hk_hkid", east::hkid),
    check("hk_hkid_written", |written| east::hkid(&plain(written))),
    check("id_nik", south_east::nik),
    check("id_npwp", south_east::npwp),
    check("in_aadhaar", india::aadhaar),
    check("in_epic", india::epic),
    check("in_gstin", india::gstin),
    check("in_pan", india::pan),
    check("jp_corporate", east::jp_corporate),
    check("jp_my_number", east::jp_my_number),
    check("kr_brn", east::kr_brn),
    check("kr_rrn", east::kr_rrn),
    check("kr_rrn_date", east::kr_rrn_date),
    check("lk_nic", india::lk_nic),
    check("my_nric", south_east::my_nric),
    check("nz_ird", new_zealand::ird),
    check("nz_nhi", new_zealand::nhi),
    check("pk_cnic", india::pk_cnic),
    check("sg_nric", south_east::sg_nric),
    check("sg_uen", south_east::sg_uen),
    check("th_moa", south_east::th_moa),
    check("th_pin", south_east::th_pin),
    check("tw_id", east::tw_id),
    check("tw_ubn", east::tw_ubn),
    check("vn_mst", south_east::vn_mst),
];
