//! Addresses of mail (RFC 5321): what looks like one and is a file name is none.

/// Endings of file names that are no top-level domains of mail.
const FILES: &[&str] =
    &["png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "html", "php", "json", "xml", "pdf", "txt"];

pub(super) fn check(value: &str) -> bool {
    let Some((local, domain)) = value.rsplit_once('@') else { return false };
    let Some((_, top)) = domain.rsplit_once('.') else { return false };
    let top = top.to_lowercase();
    !local.is_empty()
        && local.len() <= 64
        && !local.ends_with('.')
        && !local.contains("..")
        && !FILES.contains(&top.as_str())
        && domain.len() <= 253
}

#[cfg(test)]
mod tests {
    #[test]
    fn table() {
        for good in ["a@b.co", "a.b+c@d.example.museum", "\"a b\"@c.example"] {
            assert!(super::check(good), "{good}");
        }
        for bad in ["a@b", "logo@2x.png", "a..b@c.de", "a.@c.de", "@c.de", "", "ab.de"] {
            assert!(!super::check(bad), "{bad}");
        }
        assert!(!super::check(&format!("{}@c.de", "a".repeat(65))));
    }
}
