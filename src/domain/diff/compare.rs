//! Compares two sides file by file: what is the same at one look is left at that, what differs is looked at by lines
//! and by values. Real bytes decide what differs; only masked text goes into the result.

use std::ops::Range;
use std::sync::Arc;

use crate::domain::diff::class::{Class, of_file};
use crate::domain::diff::doc::Doc;
use crate::domain::diff::lines::{self, Half};
use crate::domain::diff::pair::{Pair, pairs};
use crate::domain::diff::quick::Quick;
use crate::domain::diff::side::{Side, SideFile, Sides};
use crate::domain::diff::values::{self, Ranges, ValueChange};
use crate::domain::diff::{Details, Diff, FileDiff, FileStatus, Seen};
use crate::domain::render::kept::{OneByOne, Spread};
use crate::domain::render::origin::masked_lines;
use crate::domain::rule::is_rule;

/// How far two files are apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Distance {
    /// The same.
    Same,
    /// The same, but for secrets whose value could not be had.
    NotCompared,
    /// Different.
    Different,
}

/// Compares two sides.
pub fn diff(old: &Side, new: &Side) -> Diff {
    diff_of(&Arc::new(Sides { old: old.clone(), new: new.clone() }), &OneByOne)
}

/// Compares two sides, as many files at once as there are processors. What is counted of each file is there at once;
/// lines and values of most are made when somebody looks at them.
pub fn diff_of(sides: &Arc<Sides>, spread: &impl Spread) -> Diff {
    let pairs = pairs(&sides.old, &sides.new);
    let quick = Quick::default();
    let files = spread.spread(pairs.len(), |at| pairs.get(at).map(|pair| file(sides, *pair, &quick)));
    Diff {
        old: sides.old.label.clone(),
        new: sides.new.label.clone(),
        files: files.into_iter().flatten().collect(),
    }
}

/// How far two sides are apart, and how many files are not the same.
pub fn distance(old: &Side, new: &Side) -> (Distance, usize) {
    let mut worst = Distance::Same;
    let mut count = 0;
    for pair in pairs(old, new) {
        let files = pair.old.and_then(|at| old.files.get(at)).zip(pair.new.and_then(|at| new.files.get(at)));
        let apart = match files {
            Some((old, new)) if old.path == new.path => file_distance(old, new),
            _ => Distance::Different,
        };
        count += usize::from(apart == Distance::Different);
        worst = worst.max(apart);
    }
    (worst, count)
}

fn file_distance(old: &SideFile, new: &SideFile) -> Distance {
    let same = old.same_bytes(new);
    if !new.has_hole() && (same || !old.has_hole()) {
        return if same { Distance::Same } else { Distance::Different };
    }
    let (old_masks, new_masks) = (old.masks(), new.masks());
    let (before, after) = (masked_lines(old.bytes(), &old_masks), masked_lines(new.bytes(), &new_masks));
    let (before, after) = (lines::lines(old.bytes(), &before), lines::lines(new.bytes(), &after));
    if before.len() != after.len() {
        return Distance::Different;
    }
    before.iter().zip(&after).fold(Distance::Same, |worst, (old, new)| {
        worst.max(match (old.real == new.real, new.has_hole() || old.has_hole()) {
            (_, true) if lines::covers(old, new) => Distance::NotCompared,
            (true, false) => Distance::Same,
            _ => Distance::Different,
        })
    })
}

/// Compares two files that belong together, quickly where that can be done.
pub(super) fn file(sides: &Arc<Sides>, pair: Pair, quick: &Quick) -> FileDiff {
    let (mut result, before, after) = status(sides, pair);
    let count = match (before, after) {
        (Some(before), Some(after)) if result.status == FileStatus::Changed => quick.count(before, after),
        _ => None,
    };
    match count {
        Some(count) => {
            result.classes = count.classes;
            (result.added, result.removed) = (count.added, count.removed);
            (result.rule, result.was) = (Some(count.rule), count.was);
            result.details = Details::later(sides, pair);
        }
        None if result.status != FileStatus::Unchanged => {
            let (whole, seen) = whole(sides, pair);
            result = FileDiff { details: Details::made(seen), ..whole };
        }
        None => {}
    }
    result
}

/// What happened to a file, and nothing else of it.
fn status(sides: &Sides, pair: Pair) -> (FileDiff, Option<&SideFile>, Option<&SideFile>) {
    let Sides { old, new } = sides;
    let (before, after) =
        (pair.old.and_then(|at| old.files.get(at)), pair.new.and_then(|at| new.files.get(at)));
    let path = after.or(before).map(|file| file.path.clone()).unwrap_or_default();
    let status = match (before, after) {
        (None, _) => FileStatus::Added,
        (Some(_), None) if new.excluded.contains(&path) => FileStatus::Excluded,
        (Some(_), None) => FileStatus::Removed,
        (Some(before), Some(after)) if before.path != after.path => FileStatus::Renamed,
        (Some(before), Some(after)) if file_distance(before, after) == Distance::Same => {
            FileStatus::Unchanged
        }
        (Some(_), Some(_)) => FileStatus::Changed,
    };
    let mut result = FileDiff::new(path, status);
    result.from = before.filter(|_| status == FileStatus::Renamed).map(|file| file.path.clone());
    (result, before, after)
}

/// Compares two files that belong together, with all that is to be seen of them.
pub(super) fn whole(sides: &Sides, pair: Pair) -> (FileDiff, Seen) {
    let (mut result, before, after) = status(sides, pair);
    if result.status == FileStatus::Unchanged {
        return (result, Seen::default());
    }
    let is_text = |file: Option<&SideFile>| file.is_none_or(|file| std::str::from_utf8(file.bytes()).is_ok());
    if !is_text(before) || !is_text(after) {
        result.classes.add(of_file(&result.path));
        return (result, Seen::default());
    }
    let yaml = is_yaml(&result.path);
    let seen = look(&mut result, &Doc::new(before, yaml), &Doc::new(after, yaml));
    (result, seen)
}

/// Whether a file is read as YAML by `ElastAlert`, or looks like one that is.
fn is_yaml(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| matches!(ending, "yaml" | "yml"))
}

/// Looks at two files by values and by lines.
fn look(result: &mut FileDiff, old: &Doc<'_>, new: &Doc<'_>) -> Seen {
    let values = values::compare(old, new);
    let (left, right) = match &values {
        Some(values) => (covered(old, values, |ranges| &ranges.0), covered(new, values, |ranges| &ranges.1)),
        None => (unread(old, &result.path), unread(new, &result.path)),
    };
    let (left, right) = (Half { doc: old, classes: left }, Half { doc: new, classes: right });
    let (hunks, changes) = lines::hunks(&left, &right);
    for (from, to) in &changes {
        result.removed += from.len();
        result.added += to.len();
        let touched = left.classes.get(from.clone()).into_iter().chain(right.classes.get(to.clone()));
        let class = touched.flatten().min().copied().unwrap_or(Class::Cosmetic);
        // Values are counted themselves; of the lines those that touch none.
        if values.is_none() || class == Class::Cosmetic {
            result.classes.add(class);
        }
    }
    if let Some(values) = &values {
        for change in values {
            result.classes.add(change.class);
        }
    }
    if is_rule(&result.path) {
        result.rule = name(new).or_else(|| name(old));
        result.was = name(old).filter(|was| result.rule.as_ref().is_some_and(|now| now != was));
    }
    Seen { values, hunks }
}

/// The name of the rule in a file, as it may be shown.
fn name(doc: &Doc<'_>) -> Option<String> {
    let name = doc.root.as_ref()?.get("name")?;
    let text = name.text().filter(|_| doc.hidden(&name.range).is_none())?;
    Some(doc.told(text.lines().next().unwrap_or_default()))
}

/// What the lines of a side touch, as its values tell.
pub(super) fn covered(
    doc: &Doc<'_>,
    values: &[ValueChange],
    side: impl Fn(&Ranges) -> &Vec<Range<usize>>,
) -> lines::Classes {
    let mut classes = vec![Class::Cosmetic; doc.lines.len()];
    let ranges =
        values.iter().flat_map(|change| side(&change.ranges).iter().map(move |range| (range, change)));
    for (range, change) in ranges.filter(|(range, _)| !range.is_empty()) {
        let (first, last) = (doc.line(range.start), doc.line(range.end - 1));
        for class in classes.get_mut(first - 1..last).unwrap_or_default() {
            *class = (*class).min(change.class);
        }
    }
    classes
}

/// What the lines of a side touch that is no YAML, or none that can be read.
fn unread(doc: &Doc<'_>, path: &str) -> lines::Classes {
    let class = of_file(path);
    let of = |text: &str| {
        let text = text.trim_start();
        if text.is_empty() || text.starts_with('#') || text.starts_with(';') {
            Class::Cosmetic
        } else {
            class
        }
    };
    doc.lines.iter().map(|line| if line.masks.is_empty() { of(&line.text) } else { Class::Secret }).collect()
}
