//! Nobody outside of the core can say that a text is cleared.
fn main() {
    let _ = lazaret_core::Cleared::mint(String::from("x"));
    let _ = lazaret_core::Cleared(String::from("x"));
    let _: lazaret_core::Cleared = String::from("x").into();
}
