//! Raw text cannot be shown.
fn main() {
    let raw = lazaret_core::Raw::new(String::from("x"));
    println!("{raw}");
}
