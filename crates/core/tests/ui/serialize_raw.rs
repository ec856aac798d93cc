//! Raw text cannot be serialised.
fn main() {
    let raw = lazaret_core::Raw::new(String::from("x"));
    let _ = serde_json::to_string(&raw);
}
