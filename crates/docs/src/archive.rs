//! Archives and compressed streams.

pub(crate) mod rar;
pub(crate) mod seven;
pub(crate) mod stream;
pub(crate) mod tar;
pub(crate) mod zip;
