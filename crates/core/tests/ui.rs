//! What must not compile: each file in `ui` is one way to let raw text out, or to pass text off as cleared.

#[test]
fn the_wall_holds() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
