//! Which item of a list became which of another. Equal items are the same wherever they stand; of the others those
//! that share most belong together, so that an item put in front does not make every other one a changed one.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hasher as _};

use crate::domain::diff::edit::sequences;
use crate::domain::diff::tree::{Kind, Node};

/// Lists of more items than this, multiplied, are not searched for items that are alike.
const MOST_WORK: usize = 10_000;

/// Items that share less than this are different ones.
const LIKE: f64 = 0.3;

/// Texts longer than this are compared by their words.
const LONGEST: usize = 120;

/// What became of the items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Matched {
    /// Whether items that stayed stand in another order.
    pub(super) reordered: bool,
    /// Items of both lists that are not the same, and those that only one has; in the order of the new list, those
    /// that are gone behind it.
    pub(super) pairs: Vec<(Option<usize>, Option<usize>)>,
}

/// Compares two lists. With `all`, equal items are among the pairs as well.
pub(super) fn compare(old: &[Node], new: &[Node], all: bool) -> Matched {
    let changes = sequences(old.iter().map(|item| item.digest), new.iter().map(|item| item.digest));
    let mut gone: Vec<usize> = changes.iter().flat_map(|(old, _)| old.clone()).collect();
    let mut come: Vec<usize> = changes.iter().flat_map(|(_, new)| new.clone()).collect();
    let mut matched = Matched::default();
    // What is taken out here and put in there was moved.
    let mut by_digest: HashMap<u64, Vec<usize>> = HashMap::new();
    for at in gone.iter().rev() {
        if let Some(item) = old.get(*at) {
            by_digest.entry(item.digest).or_default().push(*at);
        }
    }
    let mut moved = HashSet::new();
    come.retain(|at| {
        let from = new.get(*at).and_then(|item| by_digest.get_mut(&item.digest)).and_then(Vec::pop);
        if let Some(from) = from {
            moved.insert(from);
            if all {
                matched.pairs.push((Some(from), Some(*at)));
            }
        }
        from.is_none()
    });
    matched.reordered = !moved.is_empty();
    gone.retain(|at| !moved.contains(at));
    if all {
        matched.pairs.extend(stayed(&changes, old.len()));
    }
    let (mut free_old, mut free_new): (HashSet<usize>, HashSet<usize>) =
        (gone.iter().copied().collect(), come.iter().copied().collect());
    for (from, to) in alike(old, new, &gone, &come).into_iter().chain(in_place(old, new, &changes)) {
        if free_old.contains(&from) && free_new.contains(&to) {
            free_old.remove(&from);
            free_new.remove(&to);
            matched.pairs.push((Some(from), Some(to)));
        }
    }
    matched.pairs.extend(free_new.into_iter().map(|at| (None, Some(at))));
    matched.pairs.extend(free_old.into_iter().map(|at| (Some(at), None)));
    matched.pairs.sort_by_key(|(old, new)| (new.is_none(), *new, *old));
    matched
}

/// The items that stand on both sides and did not move.
fn stayed(
    changes: &[(std::ops::Range<usize>, std::ops::Range<usize>)],
    count: usize,
) -> Vec<(Option<usize>, Option<usize>)> {
    let mut pairs = Vec::new();
    let (mut old, mut new) = (0, 0);
    for (from, to) in changes.iter().cloned().chain([(count..count, 0..0)]) {
        while old < from.start {
            pairs.push((Some(old), Some(new)));
            old += 1;
            new += 1;
        }
        old = from.end;
        new = to.end;
    }
    pairs
}

/// Pairs of items that are alike, those that share most first.
fn alike(old: &[Node], new: &[Node], gone: &[usize], come: &[usize]) -> Vec<(usize, usize)> {
    if gone.len().saturating_mul(come.len()) > MOST_WORK {
        return Vec::new();
    }
    let features = |items: &[Node], at: &usize| items.get(*at).map(Features::of).unwrap_or_default();
    let olds: Vec<Features> = gone.iter().map(|at| features(old, at)).collect();
    let news: Vec<Features> = come.iter().map(|at| features(new, at)).collect();
    let mut scored: Vec<(f64, usize, usize)> = Vec::new();
    for (from, left) in gone.iter().zip(&olds) {
        for (to, right) in come.iter().zip(&news) {
            let score = left.likeness(right);
            if score >= LIKE {
                scored.push((score, *from, *to));
            }
        }
    }
    scored.sort_by(|left, right| {
        let near = |(_, from, to): &(f64, usize, usize)| (from.abs_diff(*to), *from, *to);
        right.0.total_cmp(&left.0).then_with(|| near(left).cmp(&near(right)))
    });
    let (mut taken_old, mut taken_new) = (HashSet::new(), HashSet::new());
    scored.retain(|(_, from, to)| {
        let free = !taken_old.contains(from) && !taken_new.contains(to);
        if free {
            taken_old.insert(*from);
            taken_new.insert(*to);
        }
        free
    });
    scored.into_iter().map(|(_, from, to)| (from, to)).collect()
}

/// Scalars that stand where other scalars stood.
fn in_place(
    old: &[Node],
    new: &[Node],
    changes: &[(std::ops::Range<usize>, std::ops::Range<usize>)],
) -> Vec<(usize, usize)> {
    let scalar = |node: Option<&Node>| node.is_some_and(|node| matches!(node.kind, Kind::Scalar(_)));
    let pairs = changes.iter().filter(|(from, to)| from.len() == to.len());
    pairs
        .flat_map(|(from, to)| from.clone().zip(to.clone()))
        .filter(|(from, to)| scalar(old.get(*from)) && scalar(new.get(*to)))
        .collect()
}

/// What an item is made of.
#[derive(Default)]
struct Features {
    /// The values with their paths.
    leaves: HashSet<u64>,
    /// The paths alone.
    paths: HashSet<u64>,
    /// The text, where it is nothing but one.
    text: Option<String>,
}

impl Features {
    fn of(node: &Node) -> Self {
        let mut features = Self::default();
        match node.text() {
            Some(text) if text.len() <= LONGEST => features.text = Some(text.to_owned()),
            Some(text) => {
                let words = text.split_whitespace().map(|word| digest(&(0u64, word)));
                features.leaves.extend(words);
            }
            None => features.collect(node, 0),
        }
        features
    }

    fn collect(&mut self, node: &Node, path: u64) {
        match &node.kind {
            Kind::Scalar(_) => {
                self.leaves.insert(digest(&(path, node.digest)));
                self.paths.insert(path);
            }
            // The place of an item says little about it.
            Kind::List(items) => {
                for item in items {
                    self.collect(item, digest(&(path, "[]")));
                }
            }
            Kind::Map(entries) => {
                for (key, value) in entries {
                    self.collect(value, digest(&(path, key.digest)));
                }
            }
        }
    }

    fn likeness(&self, other: &Self) -> f64 {
        match (&self.text, &other.text) {
            (Some(left), Some(right)) => return strsim::normalized_levenshtein(left, right) - 0.2,
            (Some(_), None) | (None, Some(_)) => return 0.0,
            (None, None) => {}
        }
        0.6 * shared(&self.leaves, &other.leaves) + 0.4 * shared(&self.paths, &other.paths)
    }
}

fn digest(value: &impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// How much of two sets is in both, from 0 to 1.
fn shared(left: &HashSet<u64>, right: &HashSet<u64>) -> f64 {
    let both = left.intersection(right).count();
    let all = left.len() + right.len() - both;
    let float = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if all == 0 { 0.0 } else { float(both) / float(all) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diff::tree;
    use proptest::prelude::*;

    fn matched(old: &str, new: &str) -> Matched {
        let (old, new) = (tree::read(old).unwrap(), tree::read(new).unwrap());
        compare(old.items(), new.items(), false)
    }

    fn pairs(old: &str, new: &str) -> Vec<(Option<usize>, Option<usize>)> {
        matched(old, new).pairs
    }

    #[test]
    fn an_item_put_in_front_is_the_only_change() {
        assert_eq!(pairs("[a, b, c]", "[x, a, b, c]"), [(None, Some(0))]);
        assert_eq!(
            pairs(
                "- {query: {term: {status: 500}}}\n- {query: {term: {host: a}}}\n",
                "- {range: {bytes: {gt: 1}}}\n- {query: {term: {status: 404}}}\n- {query: {term: {host: a}}}\n"
            ),
            [(None, Some(0)), (Some(0), Some(1))]
        );
    }

    #[test]
    fn the_best_match_wins_wherever_it_stands() {
        assert_eq!(
            pairs(
                "- {a: 1, b: 2, c: 3}\n- {x: 1, y: 2, z: 3}\n",
                "- {x: 1, y: 2, z: 4}\n- {a: 1, b: 2, c: 4}\n"
            ),
            [(Some(1), Some(0)), (Some(0), Some(1))]
        );
    }

    #[test]
    fn a_scalar_in_the_place_of_another_is_a_changed_one() {
        assert_eq!(pairs("[debug]", "[slack]"), [(Some(0), Some(0))]);
        assert_eq!(pairs("[debug]", "[slack, email]"), [(None, Some(0)), (None, Some(1)), (Some(0), None)]);
        assert_eq!(pairs("[a@example.org, x]", "[x, b@example.org]"), [(Some(0), Some(1))]);
    }

    #[test]
    fn another_order_is_that_and_no_change_of_items() {
        let found = matched("[a, b, c]", "[c, a, b]");
        assert!(found.reordered && found.pairs.is_empty(), "{found:?}");
        assert!(!matched("[a, a]", "[a]").reordered);
    }

    #[test]
    fn lists_with_nothing_in_common_are_compared_in_time() {
        let list =
            |word: &str| (0..20_000).map(|n| format!("- {{{word}{n}: 1}}\n")).collect::<Vec<_>>().concat();
        let found = matched(&list("a"), &list("b"));
        assert_eq!(found.pairs.len(), 40_000);
    }

    proptest! {
        #[test]
        fn every_item_is_accounted_for_once(
            old in prop::collection::vec("[abc]{1,2}", 0..8),
            new in prop::collection::vec("[abc]{1,2}", 0..8),
        ) {
            let read = |items: &[String]| tree::read(&format!("[{}]", items.join(", "))).unwrap();
            let found = compare(read(&old).items(), read(&new).items(), true);
            let mut olds: Vec<usize> = found.pairs.iter().filter_map(|(old, _)| *old).collect();
            let mut news: Vec<usize> = found.pairs.iter().filter_map(|(_, new)| *new).collect();
            olds.sort_unstable();
            news.sort_unstable();
            prop_assert_eq!(olds, (0..old.len()).collect::<Vec<_>>());
            prop_assert_eq!(news, (0..new.len()).collect::<Vec<_>>());
        }
    }
}
