//! The last accepted rules, policy and templates, in one file of the state directory. It is replaced by a rename, so that
//! whenever the daemon dies, the old or the new one is there whole.

use crate::rules::{self, Material};
use crate::templates::{self, Templates};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Name of the file in the state directory.
pub(crate) const FILE_NAME: &str = "accepted.json";
/// A larger file is not ours.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// What is kept. `digest` is of build, rules and policy; texts that do not fit it are not used.
#[derive(Serialize, Deserialize)]
struct Kept {
    digest: String,
    rules: Vec<(String, String)>,
    policy: (String, String),
    templates: Vec<(String, String)>,
}

/// Keeps a set, unless it is there already.
pub(super) fn keep(path: &Path, material: &Material, templates: &Templates) -> io::Result<()> {
    let kept = Kept {
        digest: material.digest(),
        rules: material.rules.clone(),
        policy: material.policy.clone(),
        templates: templates.texts(),
    };
    let octets = serde_json::to_vec(&kept)?;
    if fs::read(path).is_ok_and(|there| there == octets) {
        return Ok(());
    }
    let fresh = path.with_extension("new");
    let mut file = File::create(&fresh)?;
    file.write_all(&octets)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
}

/// The digest of the rules and the policy that are kept: those need no second test.
pub(super) fn digest(path: &Path) -> Option<String> {
    read(path).map(|kept| kept.digest)
}

/// What is kept, if it is whole and of this build.
pub(super) fn recall(path: &Path) -> Option<(Material, Templates)> {
    let kept = read(path)?;
    let fits = rules::digest(&kept.rules, &kept.policy) == kept.digest;
    let material = fits.then(|| rules::accept(kept.rules, kept.policy, true).ok()).flatten()?;
    Some((material, templates::Templates::of_texts(kept.templates).ok()?))
}

fn read(path: &Path) -> Option<Kept> {
    let small = fs::metadata(path).is_ok_and(|m| m.len() <= FILE_BYTES_MAX);
    let octets = small.then(|| fs::read(path).ok()).flatten()?;
    serde_json::from_slice(&octets).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_set_comes_back_and_a_changed_or_cut_one_does_not() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join(FILE_NAME);
        let (material, templates) = (Material::compiled_in(), Templates::load(None).expect("compiled in"));
        keep(&path, &material, &templates).expect("it is kept");
        assert_eq!(digest(&path), Some(material.digest()));
        let (back, texts) = recall(&path).expect("it comes back");
        assert_eq!((back.rules, back.policy), (material.rules.clone(), material.policy.clone()));
        assert_eq!(texts.texts(), templates.texts());
        let whole = fs::read(&path).expect("there");
        let policy = serde_json::to_string(&material.policy.1).expect("JSON");
        let text = String::from_utf8(whole.clone()).expect("UTF-8");
        fs::write(&path, text.replace(&policy, "\"changed\"")).expect("written");
        assert!(recall(&path).is_none(), "its digest does not hold");
        for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
            fs::write(&path, &whole[..cut]).expect("written");
            assert!(recall(&path).is_none() && digest(&path).is_none(), "cut at {cut}");
        }
        // What a daemon that was killed left is written over.
        fs::write(path.with_extension("new"), "half").expect("written");
        keep(&path, &material, &templates).expect("it is kept");
        assert!(recall(&path).is_some());
    }
}
