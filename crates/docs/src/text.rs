//! Text formats, and what is none.

pub(crate) mod charset;
pub(crate) mod folded;
pub(crate) mod html;
pub(crate) mod mail;
pub(crate) mod mbox;
pub(crate) mod plain;
pub(crate) mod rtf;
pub(crate) mod sections;
pub(crate) mod transfer;
pub(crate) mod unknown;
