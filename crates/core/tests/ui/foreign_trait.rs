//! Nobody outside can teach raw text to show itself.
impl std::fmt::Display for lazaret_core::Raw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("x")
    }
}

fn main() {}
