//! Binary formats of Office and Outlook. Read alone: what is written back is never one of them.

pub(crate) mod blips;
pub(crate) mod bytes;
pub(crate) mod cfb;
pub(crate) mod codepage;
pub(crate) mod compound;
pub(crate) mod crypt;
pub(crate) mod doc;
pub(crate) mod mapi;
pub(crate) mod msg;
pub(crate) mod ole;
pub(crate) mod ppt;
pub(crate) mod properties;
pub(crate) mod strings;
pub(crate) mod tnef;
pub(crate) mod vba;
pub(crate) mod xls;
pub(crate) mod xlsb;
