//! Office documents made of XML: packages and flat files.

pub(crate) mod crypt;
pub(crate) mod docx;
pub(crate) mod epub;
pub(crate) mod flat;
pub(crate) mod flow;
pub(crate) mod numbers;
pub(crate) mod odf;
pub(crate) mod ooxml;
pub(crate) mod package;
pub(crate) mod parts;
pub(crate) mod pptx;
pub(crate) mod sheet;
pub(crate) mod xlsx;
pub(crate) mod xml;
