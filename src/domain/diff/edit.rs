//! What was taken out of a sequence and what was put in, in time near to linear whatever the two hold. Short sequences
//! are searched as git does it; long ones are cut first where both have the same rare thing, and what still is long
//! there is compared piece by piece.

use std::hash::Hash;
use std::ops::Range;

use imara_diff::{
    Algorithm, Diff, IndentHeuristic, IndentLevel, InternedInput, Interner, NoSliderHeuristic,
    SliderHeuristic, Token,
};

/// What stands in both at the same place as far as it goes: the old range that the new range took the place of.
pub(super) type Change = (Range<usize>, Range<usize>);

/// Two sequences of more items than this, multiplied, are not searched as a whole. The search takes as many steps when
/// a handful of items stands there over and over.
const MOST_WORK: usize = 4_000_000;

/// How long the pieces are that are compared where nothing rare is shared.
const PIECE: usize = 1_000;

/// The changes from one sequence to another.
pub(super) fn sequences<T: Hash + Eq>(
    old: impl Iterator<Item = T>,
    new: impl Iterator<Item = T>,
) -> Vec<Change> {
    let input = input(old, new);
    search(&input, || NoSliderHeuristic)
}

/// The changes from one text to another, line by line; where a change could begin on several lines, it begins on one
/// that is not within a block.
pub(super) fn lines<T: Hash + Eq + AsRef<[u8]>>(
    old: impl Iterator<Item = T>,
    new: impl Iterator<Item = T>,
) -> Vec<Change> {
    let input = input(old, new);
    let indent = |token: Token| {
        let line: &T = &input.interner[token];
        IndentLevel::for_ascii_line(line.as_ref().iter().copied(), 8)
    };
    search(&input, || IndentHeuristic::new(indent))
}

fn input<T: Hash + Eq>(old: impl Iterator<Item = T>, new: impl Iterator<Item = T>) -> InternedInput<T> {
    let mut input = InternedInput { before: Vec::new(), after: Vec::new(), interner: Interner::new(0) };
    input.update_before(old);
    input.update_after(new);
    input
}

fn search<T: Hash + Eq, H: SliderHeuristic>(
    input: &InternedInput<T>,
    heuristic: impl Fn() -> H,
) -> Vec<Change> {
    let count = input.interner.num_tokens();
    let mut changes: Vec<Change> = Vec::new();
    for (from, to) in stretches(&input.before, &input.after, count as usize) {
        let before = input.before.get(from.clone()).unwrap_or_default();
        let after = input.after.get(to.clone()).unwrap_or_default();
        let mut diff = Diff::default();
        // The histogram would be nicer to read here and there, and takes quadratic time on more texts.
        diff.compute_with(Algorithm::Myers, before, after, count);
        diff.postprocess_with(before, after, heuristic());
        for hunk in diff.hunks() {
            let wide = |range: Range<u32>, at: usize| at + range.start as usize..at + range.end as usize;
            let (old, new) = (wide(hunk.before, from.start), wide(hunk.after, to.start));
            match changes.last_mut() {
                Some(last) if last.0.end == old.start && last.1.end == new.start => {
                    last.0.end = old.end;
                    last.1.end = new.end;
                }
                _ => changes.push((old, new)),
            }
        }
    }
    changes
}

/// Stretches of both sequences that are compared with each other, in order; together they are all of both.
fn stretches(old: &[Token], new: &[Token], count: usize) -> Vec<Change> {
    if old.len().saturating_mul(new.len()) <= MOST_WORK {
        return vec![(0..old.len(), 0..new.len())];
    }
    let same = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let rest = old.iter().skip(same).rev().zip(new.iter().skip(same).rev());
    let tail = rest.take_while(|(old, new)| old == new).count();
    let (old_end, new_end) = (old.len() - tail, new.len() - tail);
    let mut found = vec![(0..same, 0..same)];
    let mut at = (same, same);
    let anchors = anchors(old, new, &(same..old_end, same..new_end), count);
    for (from, to) in anchors.into_iter().chain([(old_end, new_end)]) {
        pieces(at.0..from, at.1..to, &mut found);
        at = (from, to);
    }
    found.push((old_end..old.len(), new_end..new.len()));
    found
}

/// A stretch as a whole, or in pieces that are short enough to be searched.
fn pieces(old: Range<usize>, new: Range<usize>, out: &mut Vec<Change>) {
    if old.len().saturating_mul(new.len()) <= MOST_WORK {
        out.push((old, new));
        return;
    }
    let count = old.len().max(new.len()).div_ceil(PIECE);
    let cut = |range: &Range<usize>, at: usize| range.start + range.len() * at / count;
    out.extend((0..count).map(|at| (cut(&old, at)..cut(&old, at + 1), cut(&new, at)..cut(&new, at + 1))));
}

/// The longest run of items that both have exactly once, in the same order.
fn anchors(old: &[Token], new: &[Token], within: &Change, count: usize) -> Vec<(usize, usize)> {
    const NEVER: usize = usize::MAX;
    const OFTEN: usize = usize::MAX - 1;
    let once = |tokens: &[Token], within: &Range<usize>| {
        let mut at = vec![NEVER; count];
        for index in within.clone() {
            let slot = tokens.get(index).and_then(|token| at.get_mut(token.0 as usize));
            if let Some(slot) = slot {
                *slot = if *slot == NEVER { index } else { OFTEN };
            }
        }
        at
    };
    let (in_old, in_new) = (once(old, &within.0), once(new, &within.1));
    let mut pairs: Vec<(usize, usize)> =
        in_old.into_iter().zip(in_new).filter(|(from, to)| *from < OFTEN && *to < OFTEN).collect();
    pairs.sort_unstable();
    // Of each length the run that ends earliest, and for each pair the one before it.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    let to = |at: &usize| pairs.get(*at).map_or(0, |pair| pair.1);
    for (index, pair) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| to(end) < pair.1);
        before.push(length.checked_sub(1).and_then(|at| ends.get(at)).copied());
        match ends.get_mut(length) {
            Some(end) => *end = index,
            None => ends.push(index),
        }
    }
    let mut run = Vec::with_capacity(ends.len());
    let mut next = ends.last().copied();
    while let Some(index) = next {
        run.extend(pairs.get(index));
        next = before.get(index).copied().flatten();
    }
    run.reverse();
    run
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn made<T: Clone>(old: &[T], new: &[T], changes: &[Change]) -> Vec<T> {
        let mut made = old.to_vec();
        for (from, to) in changes.iter().rev() {
            made.splice(from.clone(), new[to.clone()].iter().cloned());
        }
        made
    }

    #[test]
    fn a_change_begins_where_a_block_begins() {
        let old = ["a:", "  x", "b:", "  x"];
        let new = ["a:", "  x", "c:", "  x", "b:", "  x"];
        assert_eq!(lines(old.iter(), new.iter()), [(2..2, 2..4)]);
    }

    #[test]
    fn long_texts_are_cut_at_what_is_rare_and_stay_exact() {
        let old: Vec<u32> = (0..9_000).map(|i| if i % 3 == 0 { i } else { 0 }).collect();
        let mut new = old.clone();
        new.remove(4_000);
        new.splice(7_000..7_000, [1, 2]);
        new[100] = 1;
        let changes = sequences(old.iter(), new.iter());
        assert_eq!(made(&old, &new, &changes), new);
        let size: usize = changes.iter().map(|(from, to)| from.len().max(to.len())).sum();
        assert!(size <= 6, "{changes:?}");
    }

    #[test]
    fn a_handful_of_lines_over_and_over_takes_no_quadratic_time() {
        let (old, new): (Vec<usize>, Vec<usize>) = (0..40_000).map(|i| (i * i % 7 % 4, i % 5 % 4)).unzip();
        assert_eq!(made(&old, &new, &sequences(old.iter(), new.iter())), new);
    }

    proptest! {
        #[test]
        fn the_old_one_and_its_changes_are_the_new_one(
            old in prop::collection::vec(0u8..4, 0..30),
            new in prop::collection::vec(0u8..4, 0..30),
        ) {
            prop_assert_eq!(made(&old, &new, &sequences(old.iter(), new.iter())), new);
        }

        #[test]
        fn anchors_go_up_on_both_sides(
            old in prop::collection::vec(0u32..30, 0..30),
            new in prop::collection::vec(0u32..30, 0..30),
        ) {
            let tokens = |items: &[u32]| items.iter().map(|item| Token(*item)).collect::<Vec<_>>();
            let (olds, news) = (tokens(&old), tokens(&new));
            let found = anchors(&olds, &news, &(0..old.len(), 0..new.len()), 30);
            prop_assert!(found.is_sorted_by(|left, right| left.0 < right.0 && left.1 < right.1));
            prop_assert!(found.iter().all(|(from, to)| old[*from] == new[*to]));
        }
    }
}
