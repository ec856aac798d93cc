//! Raw text cannot be printed for debugging.
fn main() {
    let raw = lazaret_core::Raw::new(String::from("x"));
    println!("{raw:?}");
}
