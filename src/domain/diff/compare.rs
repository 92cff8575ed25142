//! Compares two sides file by file and line by line. Real bytes decide what differs; only masked, sanitised text goes
//! into the result, and a line of which only the secret differs says so in a word.

use std::ops::Range;

use similar::{Algorithm, DiffTag, TextDiff, capture_diff_slices};

use crate::domain::diff::side::{Side, SideFile};
use crate::domain::diff::{Diff, DiffLine, FileDiff, FileStatus, Hunk, LineChange, Piece};
use crate::domain::render::origin::{MaskedLine, masked_lines};
use crate::domain::text::sanitise;

/// How many lines around a change are shown.
const CONTEXT: usize = 3;

/// Two sides of more changed lines than this, multiplied, are not searched for what they share.
const MOST_WORK: usize = 25_000_000;

/// Lines longer than this are not searched for changed words.
const LONGEST: usize = 2_000;

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

/// A line as it is compared and as it is shown.
struct Line<'a> {
    real: &'a [u8],
    shown: &'a MaskedLine,
    number: usize,
}

impl Line<'_> {
    fn has_hole(&self) -> bool {
        self.shown.masks.iter().any(|(_, hole)| *hole)
    }
}

/// Compares two sides.
pub fn diff(old: &Side, new: &Side) -> Diff {
    let mut paths: Vec<&String> = old.files.keys().chain(new.files.keys()).collect();
    paths.sort();
    paths.dedup();
    let files = paths.into_iter().map(|path| file(path, old, new)).collect();
    Diff { old: old.label.clone(), new: new.label.clone(), files }
}

/// How far two sides are apart, and how many files are not the same.
pub fn distance(old: &Side, new: &Side) -> (Distance, usize) {
    let mut paths: Vec<&String> = old.files.keys().chain(new.files.keys()).collect();
    paths.sort();
    paths.dedup();
    let mut worst = Distance::Same;
    let mut count = 0;
    for path in paths {
        let apart = match (old.files.get(path), new.files.get(path)) {
            (Some(old), Some(new)) => file_distance(old, new),
            _ => Distance::Different,
        };
        count += usize::from(apart == Distance::Different);
        worst = worst.max(apart);
    }
    (worst, count)
}

fn file_distance(old: &SideFile, new: &SideFile) -> Distance {
    if old.bytes == new.bytes && !new.masks.iter().any(|mask| mask.hole) {
        return Distance::Same;
    }
    let (before, after) = (masked_lines(&old.bytes, &old.masks), masked_lines(&new.bytes, &new.masks));
    let (before, after) = (lines(&old.bytes, &before), lines(&new.bytes, &after));
    if before.len() != after.len() {
        return Distance::Different;
    }
    let pairs = before.iter().zip(&after);
    pairs.fold(Distance::Same, |worst, (old, new)| {
        worst.max(match (old.real == new.real, new.has_hole() || old.has_hole()) {
            (_, true) if covers(old, new) => Distance::NotCompared,
            (true, false) => Distance::Same,
            _ => Distance::Different,
        })
    })
}

/// Whether two lines are the same outside of what is masked in either of them.
fn covers(old: &Line<'_>, new: &Line<'_>) -> bool {
    let ends = |line: &Line<'_>| {
        let first = line.shown.masks.first().map_or(line.shown.text.len(), |(range, _)| range.start);
        line.shown.text.get(..first).unwrap_or_default().to_owned()
    };
    let (left, right) = (ends(old), ends(new));
    old.shown.text == new.shown.text || left.starts_with(&right) || right.starts_with(&left)
}

fn lines<'a>(bytes: &'a [u8], masked: &'a [MaskedLine]) -> Vec<Line<'a>> {
    masked
        .iter()
        .enumerate()
        .map(|(index, shown)| Line {
            real: bytes.get(shown.range.clone()).unwrap_or_default(),
            shown,
            number: index + 1,
        })
        .collect()
}

fn file(path: &str, old: &Side, new: &Side) -> FileDiff {
    let (before, after) = (old.files.get(path), new.files.get(path));
    let status = match (before, after) {
        (None, _) => FileStatus::Added,
        (Some(_), None) if new.excluded.iter().any(|excluded| excluded == path) => FileStatus::Excluded,
        (Some(_), None) => FileStatus::Removed,
        (Some(before), Some(after)) if file_distance(before, after) == Distance::Same => {
            FileStatus::Unchanged
        }
        (Some(_), Some(_)) => FileStatus::Changed,
    };
    let mut result = FileDiff { path: path.to_owned(), status, hunks: Vec::new(), added: 0, removed: 0 };
    let is_text = |file: Option<&SideFile>| file.is_none_or(|file| std::str::from_utf8(&file.bytes).is_ok());
    if status == FileStatus::Unchanged || !is_text(before) || !is_text(after) {
        return result;
    }
    let empty = SideFile { bytes: Vec::new().into(), masks: Vec::new(), origins: Vec::new() };
    let (before, after) = (before.unwrap_or(&empty), after.unwrap_or(&empty));
    let shown_before = masked_lines(&before.bytes, &before.masks);
    let shown_after = masked_lines(&after.bytes, &after.masks);
    let old_lines = lines(&before.bytes, &shown_before);
    let new_lines = lines(&after.bytes, &shown_after);
    for group in groups(&old_lines, &new_lines) {
        let mut hunk = Hunk { lines: Vec::new() };
        for (tag, old_range, new_range) in group {
            let old_part = old_lines.get(old_range).unwrap_or_default();
            let new_part = new_lines.get(new_range).unwrap_or_default();
            if tag == DiffTag::Equal {
                for (old, new) in old_part.iter().zip(new_part) {
                    hunk.lines.push(context(old, new, after));
                }
                continue;
            }
            result.removed += old_part.len();
            result.added += new_part.len();
            changes(old_part, new_part, after, &mut hunk.lines);
        }
        result.hunks.push(hunk);
    }
    result
}

type Group = Vec<(DiffTag, Range<usize>, Range<usize>)>;

/// What changed together, with the lines around it.
fn groups(old: &[Line<'_>], new: &[Line<'_>]) -> Vec<Group> {
    // A line with a hole never equals another: nobody knows what it would hold.
    let key = |line: &Line<'_>, side: u8| {
        let hole = line.has_hole().then_some((side, line.number));
        (hole, line.real.to_vec())
    };
    let old_keys: Vec<_> = old.iter().map(|line| key(line, 0)).collect();
    let new_keys: Vec<_> = new.iter().map(|line| key(line, 1)).collect();
    let same = old_keys.iter().zip(&new_keys).take_while(|(old, new)| old == new).count();
    let ends = old_keys.iter().skip(same).rev().zip(new_keys.iter().skip(same).rev());
    let tail = ends.take_while(|(old, new)| old == new).count();
    let (old_rest, new_rest) = (old.len() - same - tail, new.len() - same - tail);
    if old_rest.saturating_mul(new_rest) > MOST_WORK {
        let whole = (DiffTag::Replace, same..same + old_rest, same..same + new_rest);
        return vec![vec![whole]];
    }
    let ops = capture_diff_slices(Algorithm::Myers, &old_keys, &new_keys);
    similar::group_diff_ops(ops, CONTEXT)
        .into_iter()
        .map(|group| group.into_iter().map(|op| op.as_tag_tuple()).collect())
        .collect()
}

fn context(old: &Line<'_>, new: &Line<'_>, side: &SideFile) -> DiffLine {
    DiffLine {
        change: LineChange::Context,
        old: Some(old.number),
        new: Some(new.number),
        pieces: vec![plain(&new.shown.text)],
        origin: origin(side, new),
    }
}

fn plain(text: &str) -> Piece {
    Piece { text: sanitise(text.as_bytes()), changed: false }
}

fn origin(side: &SideFile, line: &Line<'_>) -> Option<String> {
    let range = &line.shown.range;
    let mut found: Vec<&str> = Vec::new();
    for (at, words) in &side.origins {
        let inside = at.start < range.end && at.end > range.start;
        if inside && !found.contains(&words.as_str()) {
            found.push(words);
        }
    }
    (!found.is_empty()).then(|| sanitise(found.join(", ").as_bytes()))
}

/// Lines that changed: old ones, then new ones, each pair with its changed words marked.
fn changes(old: &[Line<'_>], new: &[Line<'_>], side: &SideFile, out: &mut Vec<DiffLine>) {
    let mut removed = Vec::new();
    let mut added = Vec::new();
    for index in 0..old.len().max(new.len()) {
        let (before, after) = match (old.get(index), new.get(index)) {
            (Some(old), Some(new)) => pair(old, new),
            (Some(old), None) => (vec![plain(&old.shown.text)], Vec::new()),
            (None, Some(new)) => (Vec::new(), vec![plain(&new.shown.text)]),
            (None, None) => continue,
        };
        if let Some(line) = old.get(index) {
            removed.push(DiffLine {
                change: LineChange::Removed,
                old: Some(line.number),
                new: None,
                pieces: before,
                origin: None,
            });
        }
        if let Some(line) = new.get(index) {
            added.push(DiffLine {
                change: LineChange::Added,
                old: None,
                new: Some(line.number),
                pieces: after,
                origin: origin(side, line),
            });
        }
    }
    out.append(&mut removed);
    out.append(&mut added);
}

/// The pieces of an old and a new line.
fn pair(old: &Line<'_>, new: &Line<'_>) -> (Vec<Piece>, Vec<Piece>) {
    let secrets = !old.shown.masks.is_empty() && !new.shown.masks.is_empty();
    // What is hidden of a container often reaches to the end of the line.
    let to_the_end = old.shown.masks.last().is_some_and(|(range, _)| range.end == old.shown.text.len());
    if secrets && (old.shown.text == new.shown.text || to_the_end && covers(old, new)) {
        // What is masked differs, or nobody knows.
        let word = if old.has_hole() || new.has_hole() { " (not compared)" } else { " (changed)" };
        return (marked(old.shown, ""), marked(new.shown, word));
    }
    let (before, after) = (sanitise(old.shown.text.as_bytes()), sanitise(new.shown.text.as_bytes()));
    if before == after {
        // Blanks at the end, the line end, or something that is not shown.
        let word = Piece { text: " (blanks or line end)".to_owned(), changed: true };
        return (vec![plain(&before)], vec![plain(&after), word]);
    }
    if before.len() > LONGEST || after.len() > LONGEST {
        return (vec![plain(&before)], vec![plain(&after)]);
    }
    let words = TextDiff::from_unicode_words(&before, &after);
    // Lines that share little are two lines, and marks in them are noise.
    if words.ratio() < 0.3 {
        return (vec![plain(&before)], vec![plain(&after)]);
    }
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for change in words.iter_all_changes() {
        let text = change.value();
        match change.tag() {
            similar::ChangeTag::Equal => {
                push(&mut left, text, false);
                push(&mut right, text, false);
            }
            similar::ChangeTag::Delete => push(&mut left, text, true),
            similar::ChangeTag::Insert => push(&mut right, text, true),
        }
    }
    (left, right)
}

fn push(pieces: &mut Vec<Piece>, text: &str, changed: bool) {
    match pieces.last_mut() {
        Some(last) if last.changed == changed => last.text.push_str(text),
        _ => pieces.push(Piece { text: text.to_owned(), changed }),
    }
}

/// A line with its secrets marked as what changed, and a word behind each.
fn marked(line: &MaskedLine, word: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    for (range, _) in &line.masks {
        push(&mut pieces, &sanitise(line.text.get(at..range.start).unwrap_or_default().as_bytes()), false);
        let secret = line.text.get(range.clone()).unwrap_or_default();
        push(&mut pieces, &sanitise(format!("{secret}{word}").as_bytes()), true);
        at = range.end;
    }
    push(&mut pieces, &sanitise(line.text.get(at..).unwrap_or_default().as_bytes()), false);
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}
