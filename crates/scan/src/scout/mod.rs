//! Scouts: what in a text is worth asking a rule about. They look at every byte once; judges look at what they bring.

pub(crate) mod anchor;
pub(crate) mod around;
pub(crate) mod digit;
pub(crate) mod lead;
pub(crate) mod number;
pub(crate) mod shape;
pub(crate) mod token;
