//! One file being rewritten. Writers of formats walk it as their readers did.

use crate::budget::Budget;
use crate::types::{Edit, File, Unwritable};
use crate::{Limits, sniff};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, Range};

/// A file that is being rewritten.
pub(crate) struct Writing<'w> {
    pub(crate) budget: Budget,
    pub(crate) passwords: &'w [String],
    /// By path, each by start.
    edits: BTreeMap<&'w str, Vec<(Range<usize>, &'w str)>>,
    removed: BTreeSet<&'w str>,
    /// Paths that a writer asked for.
    done: BTreeSet<String>,
    depth: usize,
}

impl<'w> Writing<'w> {
    pub(crate) fn new(limits: &Limits, passwords: &'w [String], edits: &'w [Edit]) -> Result<Writing<'w>, Unwritable> {
        let mut by_path: BTreeMap<&str, Vec<(Range<usize>, &str)>> = BTreeMap::new();
        let mut removed = BTreeSet::new();
        for edit in edits {
            match edit {
                Edit::Replace { path, span, with } => by_path.entry(path).or_default().push((span.clone(), with)),
                Edit::Remove { path } => drop(removed.insert(path.as_str())),
            }
        }
        for spans in by_path.values_mut() {
            spans.sort_by_key(|(span, _)| (span.start, span.end));
            let overlap = spans.iter().zip(spans.iter().skip(1)).any(|((a, _), (b, _))| a.end > b.start);
            if overlap || spans.iter().any(|(span, _)| span.is_empty()) {
                return Err(Unwritable::NoSuchPlace);
            }
        }
        Ok(Writing {
            budget: Budget::new(limits),
            passwords: passwords.get(..limits.passwords_max).unwrap_or(passwords),
            edits: by_path,
            removed,
            done: BTreeSet::new(),
            depth: 0,
        })
    }

    /// Rewrites the file itself; every edit must have met its place.
    pub(crate) fn whole(mut self, file: &File<'_>) -> Result<Vec<u8>, Unwritable> {
        let octets = self.file("", file)?;
        let is_done = |path: &&str| self.done.contains(*path);
        match self.edits.keys().all(&is_done) && self.removed.iter().all(is_done) {
            true => Ok(octets),
            false => Err(Unwritable::NoSuchPlace),
        }
    }

    fn file(&mut self, at: &str, file: &File<'_>) -> Result<Vec<u8>, Unwritable> {
        match sniff(file).as_slice() {
            [format] => format.rewrite(at, file, self),
            _ => Err(Unwritable::Ambiguous),
        }
    }

    /// The name and octets that a member has from now on; `None` if it is left out. What no edit is in stays as it is.
    pub(crate) fn member(
        &mut self,
        at: &str,
        name: &str,
        media_type: &str,
        octets: &[u8],
    ) -> Result<Option<(String, Vec<u8>)>, Unwritable> {
        let name_at = format!("{at}/name");
        if self.is_removed(at) {
            self.left_out(at);
            return Ok(None);
        }
        let new_name = replaced(name, self.edits(&name_at))?;
        let file = File { octets, name, media_type, passwords: self.passwords };
        Ok(Some((new_name, self.embedded(at, &file)?)))
    }

    /// The octets of a member without a name of its own.
    pub(crate) fn embedded(&mut self, at: &str, file: &File<'_>) -> Result<Vec<u8>, Unwritable> {
        if !self.touches(at) {
            return Ok(file.octets.to_vec());
        }
        if self.depth >= self.budget.limits.nesting_depth_max && sniff(file).iter().any(|f| f.is_container()) {
            return Err(Unwritable::Unreadable);
        }
        self.depth += 1;
        let octets = self.file(at, file);
        self.depth -= 1;
        octets
    }

    /// The edits of a text, by start. Asking for them says that they are done.
    pub(crate) fn edits(&mut self, at: &str) -> &[(Range<usize>, &'w str)] {
        match self.edits.get(at) {
            Some(edits) => {
                self.done.insert(at.to_owned());
                edits
            }
            None => &[],
        }
    }

    /// Is a member to be left out? Asking says that it is done.
    pub(crate) fn is_removed(&mut self, at: &str) -> bool {
        let is_removed = self.removed.contains(at);
        if is_removed {
            self.done.insert(at.to_owned());
        }
        is_removed
    }

    /// Is anything to be changed at a path or below it, its own name aside?
    pub(crate) fn touches(&self, at: &str) -> bool {
        let own_name = format!("{at}/name");
        self.below(at).any(|path| path != own_name)
    }

    /// Says that a path and all below it is not in the new file, whether an edit names it or not: edits there are done.
    pub(crate) fn left_out(&mut self, at: &str) {
        let below: Vec<String> = self.below(at).map(str::to_owned).collect();
        self.done.extend(below);
    }

    /// Paths of changes at a path or below it.
    fn below(&self, at: &str) -> impl Iterator<Item = &'w str> {
        let from = (Bound::Included(at), Bound::Unbounded);
        let edits =
            self.edits.range::<str, _>(from).map(|(path, _)| *path).take_while(move |path| path.starts_with(at));
        let removed = self.removed.range::<str, _>(from).copied().take_while(move |path| path.starts_with(at));
        edits.chain(removed).filter(move |path| is_below(at, path))
    }
}

/// Is `path` the path `at`, or of something in it?
fn is_below(at: &str, path: &str) -> bool {
    path.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with(['!', '/', '~']))
}

/// A plain text with spans replaced.
pub(crate) fn replaced(text: &str, edits: &[(Range<usize>, &str)]) -> Result<String, Unwritable> {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (span, with) in edits {
        out.push_str(text.get(done..span.start).ok_or(Unwritable::NoSuchPlace)?);
        out.push_str(with);
        done = span.end;
    }
    out.push_str(text.get(done..).ok_or(Unwritable::NoSuchPlace)?);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replace(path: &str, span: Range<usize>, with: &str) -> Edit {
        Edit::Replace { path: path.into(), span, with: with.into() }
    }

    #[test]
    fn edits_that_do_not_fit_are_refused() {
        let file = File { octets: b"card 4111", name: "a.txt", media_type: "", passwords: &[] };
        let limits = Limits::default();
        let rewrite = |edits: &[Edit]| Writing::new(&limits, &[], edits).and_then(|w| w.whole(&file));
        assert_eq!(rewrite(&[replace("", 5..9, "X")]), Ok(b"card X".to_vec()));
        for edits in [
            vec![replace("!2", 0..1, "")],
            vec![replace("", 5..10, "")],
            vec![replace("", 3..3, "")],
            vec![replace("", 0..5, ""), replace("", 4..6, "")],
            vec![Edit::Remove { path: "!1".into() }],
        ] {
            assert_eq!(rewrite(&edits), Err(Unwritable::NoSuchPlace), "{edits:?}");
        }
    }
}
