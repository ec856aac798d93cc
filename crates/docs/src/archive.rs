//! Archives and compressed streams.

pub(crate) mod ar;
pub(crate) mod cpio;
pub(crate) mod iso;
mod members;
pub(crate) mod rar;
pub(crate) mod seven;
pub(crate) mod stream;
pub(crate) mod tar;
pub(crate) mod zip;

#[cfg(test)]
mod tests;
