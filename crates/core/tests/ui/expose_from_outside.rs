//! Nobody outside of the core can look inside.
fn main() {
    let message = lazaret_core::RawMessage::new(Vec::new());
    let _: &[u8] = message.expose();
}
