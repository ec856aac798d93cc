//! See `lazaret_docs::fuzz::pdf`, which says what must hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lazaret_docs::fuzz::pdf(data));
