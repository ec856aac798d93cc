//! What the tests of several modules begin with.

use crate::config::{Config, file::parse};
use lazaret_scan::SourceFile;
use lazaret_store::{Options, ReplyLimits, RootKey, Store};
use std::path::Path;

/// A configuration that has nothing wrong, as if it lay in `dir`.
pub(crate) fn config(text: &str, dir: &Path) -> Config {
    let (config, complaints) = parse(SourceFile { name: "t", text }, dir);
    config.unwrap_or_else(|| panic!("{complaints:?}"))
}

/// A store in `dir` of the tenant that configurations have by default; each octet of its key is 7.
pub(crate) fn store(dir: &Path) -> Store {
    std::fs::create_dir_all(dir).expect("a directory");
    Store::open(Options {
        dir: dir.to_owned(),
        tenant: "default".into(),
        root_key: RootKey::new([7; 32]),
        cache_bytes: 8 << 20,
        disk_reserve_bytes: 0,
        reply_limits: ReplyLimits::default(),
    })
    .expect("a store")
}
