//! Office documents made of XML: packages and flat files.

pub(crate) mod docx;
pub(crate) mod epub;
pub(crate) mod xml;
pub(crate) mod flat;
pub(crate) mod odf;
pub(crate) mod pptx;
pub(crate) mod xlsx;
