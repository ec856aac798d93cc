//! See `lazaret_scan::fuzz::normaliser`, which says what must hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lazaret_scan::fuzz::normaliser(data));
