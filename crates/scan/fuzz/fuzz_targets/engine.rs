//! See `lazaret_scan::fuzz::engine`, which says what must hold. The rules are loaded before the clock of an input runs.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: lazaret_scan::fuzz::prepare(),
    |data: &[u8]| lazaret_scan::fuzz::engine(data)
);
