//! Which file of one side is compared with which of the other. A rule is known by its name, so that one whose file was
//! renamed is that and no removal; every other file, and a rule without its like, is known by its path.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::domain::diff::side::Side;

/// Files that are compared with each other, by their places in their sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The file of the old side.
    pub old: Option<usize>,
    /// The file of the new side.
    pub new: Option<usize>,
}

/// The pairs of two sides, sorted by the path of the new side, or of the old one where the file is gone.
pub fn pairs(old: &Side, new: &Side) -> Vec<Pair> {
    let mut pairs = by_path(old, new);
    let renamed = by_name(old, new, &pairs);
    if !renamed.is_empty() {
        let taken_old: HashSet<usize> = renamed.iter().map(|(old, _)| *old).collect();
        let taken_new: HashSet<usize> = renamed.iter().map(|(_, new)| *new).collect();
        // A partner that lost its like stands alone.
        pairs = pairs
            .into_iter()
            .flat_map(|pair| {
                let old = pair.old.filter(|old| !taken_old.contains(old));
                let new = pair.new.filter(|new| !taken_new.contains(new));
                match (old, new) {
                    (Some(_), Some(_)) => vec![Pair { old, new }],
                    _ => vec![Pair { old, new: None }, Pair { old: None, new }],
                }
            })
            .filter(|pair| pair.old.is_some() || pair.new.is_some())
            .chain(renamed.iter().map(|(old, new)| Pair { old: Some(*old), new: Some(*new) }))
            .collect();
        let path = |pair: &Pair| {
            let of_new = pair.new.and_then(|at| new.files.get(at));
            of_new.or_else(|| old.files.get(pair.old?)).map(|file| file.path.as_str())
        };
        pairs
            .sort_by(|left, right| (path(left), left.new.is_none()).cmp(&(path(right), right.new.is_none())));
    }
    pairs
}

/// Both sides are sorted by path.
fn by_path(old: &Side, new: &Side) -> Vec<Pair> {
    let mut pairs = Vec::with_capacity(old.files.len().max(new.files.len()));
    let (mut left, mut right) = (0, 0);
    loop {
        let order = match (old.files.get(left), new.files.get(right)) {
            (None, None) => return pairs,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(old), Some(new)) => old.path.cmp(&new.path),
        };
        let pair = Pair {
            old: (order != std::cmp::Ordering::Greater).then_some(left),
            new: (order != std::cmp::Ordering::Less).then_some(right),
        };
        left += usize::from(pair.old.is_some());
        right += usize::from(pair.new.is_some());
        pairs.push(pair);
    }
}

/// Rules that stand under another path on the new side. A name that a side has twice says nothing.
fn by_name<'a>(old: &'a Side, new: &'a Side, pairs: &[Pair]) -> Vec<(usize, usize)> {
    let candidates = pairs.iter().filter(|pair| {
        let files = pair.old.and_then(|at| old.files.get(at)).zip(pair.new.and_then(|at| new.files.get(at)));
        files.is_none_or(|(old, new)| !old.same_bytes(new))
    });
    let called: Vec<_> = candidates
        .map(|pair| {
            let name = |side: &'a Side, at: Option<usize>| at.and_then(|at| side.files.get(at)?.rule());
            (pair, name(old, pair.old), name(new, pair.new))
        })
        .collect();
    // Most rules are called the same on both sides, and cannot be one that was renamed unless another is called so.
    let mut names: HashMap<Cow<'a, str>, (Vec<usize>, Vec<usize>)> = HashMap::new();
    for (_, before, after) in called.iter().filter(|(_, before, after)| before != after) {
        for name in [before, after].into_iter().flatten() {
            names.entry(name.clone()).or_default();
        }
    }
    if names.is_empty() {
        return Vec::new();
    }
    for (pair, before, after) in &called {
        if let Some((at, found)) = pair.old.zip(before.as_ref().and_then(|name| names.get_mut(name))) {
            found.0.push(at);
        }
        if let Some((at, found)) = pair.new.zip(after.as_ref().and_then(|name| names.get_mut(name))) {
            found.1.push(at);
        }
    }
    let mut renamed: Vec<(usize, usize)> = names
        .into_values()
        .filter_map(|(olds, news)| match (olds.as_slice(), news.as_slice()) {
            ([old], [new]) => Some((*old, *new)),
            _ => None,
        })
        .filter(|(at, to)| {
            let paths = old.files.get(*at).zip(new.files.get(*to));
            paths.is_some_and(|(old, new)| old.path != new.path)
        })
        .collect();
    renamed.sort_unstable();
    renamed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diff::side::SideFile;

    fn side(files: &[(&str, &str)]) -> Side {
        let mut side = Side::nothing("x");
        side.files =
            files.iter().map(|(path, text)| SideFile::told(path, text.as_bytes(), Vec::new())).collect();
        side
    }

    fn shown(old: &[(&str, &str)], new: &[(&str, &str)]) -> Vec<String> {
        let (old, new) = (side(old), side(new));
        let path = |side: &Side, at: Option<usize>| {
            at.and_then(|at| side.files.get(at)).map_or("-".to_owned(), |file| file.path.clone())
        };
        pairs(&old, &new)
            .iter()
            .map(|pair| format!("{} {}", path(&old, pair.old), path(&new, pair.new)))
            .collect()
    }

    #[test]
    fn a_rule_whose_file_was_renamed_is_one_rule() {
        assert_eq!(
            shown(
                &[("rules/a.yaml", "name: A\n"), ("rules/m.yaml", "name: M\n")],
                &[("rules/m.yaml", "name: M\n"), ("rules/z.yaml", "name: A\nx: 1\n")]
            ),
            ["rules/m.yaml rules/m.yaml", "rules/a.yaml rules/z.yaml"]
        );
    }

    #[test]
    fn a_rule_that_takes_the_path_of_another_keeps_its_name() {
        assert_eq!(
            shown(
                &[("rules/a.yaml", "name: A\n")],
                &[("rules/a.yaml", "name: C\n"), ("rules/b.yaml", "name: A\n")]
            ),
            ["- rules/a.yaml", "rules/a.yaml rules/b.yaml"]
        );
    }

    #[test]
    fn a_rule_with_another_name_under_the_same_path_is_the_same_rule() {
        assert_eq!(
            shown(&[("rules/a.yaml", "name: A\n")], &[("rules/a.yaml", "name: B\n")]),
            ["rules/a.yaml rules/a.yaml"]
        );
    }

    #[test]
    fn names_that_stand_twice_and_files_that_are_no_rules_go_by_their_paths() {
        let old = [("rules/a.yaml", "name: A\n"), ("rules/b.yaml", "name: A\n")];
        assert_eq!(
            shown(&old, &[("rules/c.yaml", "name: A\n")]),
            ["rules/a.yaml -", "rules/b.yaml -", "- rules/c.yaml"]
        );
        assert_eq!(
            shown(&[("config/a.yaml", "name: A\n")], &[("config/b.yaml", "name: A\n")]),
            ["config/a.yaml -", "- config/b.yaml"]
        );
        assert_eq!(
            shown(&[("rules/a.yaml", "x: [\n")], &[("rules/b.yaml", "x: [\n")]),
            ["rules/a.yaml -", "- rules/b.yaml"]
        );
    }

    #[test]
    fn rules_that_change_places_are_both_renamed() {
        let (a, b) = ("rules/a.yaml", "rules/b.yaml");
        assert_eq!(
            shown(&[(a, "name: A\n"), (b, "name: B\n")], &[(a, "name: B\n"), (b, "name: A\n")]),
            ["rules/b.yaml rules/a.yaml", "rules/a.yaml rules/b.yaml"]
        );
    }
}
