//! Reading JSON does not make cleared text.
fn main() {
    let _: lazaret_core::Cleared = serde_json::from_str("\"x\"").unwrap();
}
