//! Plain octets cannot pass for sealed ones.
fn main() {
    let _ = lazaret_core::seal::Sealed { bytes: Vec::from("plain") };
}
