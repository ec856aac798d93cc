//! The Americas: a file for each country or group of countries.

mod brazil;
mod canada;
mod central;
mod mexico;
mod south;
mod united_states;

use super::{Validator, check, digits, exactly, number, plain, sums};

/// The table.
pub(super) const VALIDATORS: &[Validator] = &[
    check("ar_cuit", south::cuit),
    check("br_cnpj", brazil::cnpj),
    check("br_cnpj_written", |written| brazil::cnpj(&plain(written))),
    check("br_cns", brazil::cns),
    check("br_cpf", brazil::cpf),
    check("br_pis", brazil::pis),
    check("br_titulo", brazil::titulo),
    check("ca_bc_phn", canada::bc_phn),
    check("ca_bn", canada::bn),
    check("ca_ohip", canada::ohip),
    check("ca_ramq", canada::ramq),
    check("ca_sin", canada::sin),
    check("cl_rut", south::rut),
    check("co_nit", south::nit),
    check("cr_cedula", central::cr_cedula),
    check("cu_ni", central::cu_ni),
    check("do_cedula", central::do_cedula),
    check("do_rnc", central::do_rnc),
    check("ec_ci", south::ec_ci),
    check("ec_ruc", south::ec_ruc),
    check("gt_nit", central::gt_nit),
    check("mx_curp", mexico::curp),
    check("mx_nss", mexico::nss),
    check("mx_rfc", mexico::rfc),
    check("pe_cui", south::pe_cui),
    check("pe_ruc", south::pe_ruc),
    check("py_ruc", south::py_ruc),
    check("sv_dui", central::sv_dui),
    check("sv_nit", central::sv_nit),
    check("us_atin", united_states::atin),
    check("us_ein", united_states::ein),
    check("us_itin", united_states::itin),
    check("us_ptin", united_states::ptin),
    check("us_ssn", united_states::ssn),
    check("uy_ci", south::uy_ci),
    check("uy_rut", south::uy_rut),
    check("ve_rif", south::ve_rif),
];
