//! Binary formats of Office and Outlook.

pub(crate) mod compound;
pub(crate) mod doc;
pub(crate) mod msg;
pub(crate) mod ppt;
pub(crate) mod tnef;
pub(crate) mod xls;
pub(crate) mod xlsb;
