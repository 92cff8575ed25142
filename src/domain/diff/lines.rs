//! What differs line by line: hunks with the lines around them, the changed words marked, each line in parts for its
//! colours. Real bytes are compared; only masked, sanitised text goes into the result, and a line of which only the
//! secret differs says so in a word.

use std::ops::Range;

use similar::TextDiff;

use crate::domain::diff::class::Class;
use crate::domain::diff::doc::Doc;
use crate::domain::diff::edit;
use crate::domain::diff::{DiffLine, Hunk, LineChange, Piece};
use crate::domain::render::origin::MaskedLine;
use crate::domain::text::sanitise;
use crate::domain::yaml::{Painted, Token};

/// How many lines around a change are shown.
const CONTEXT: usize = 3;

/// Lines longer than this are not searched for changed words.
const LONGEST: usize = 2_000;

/// So many changed lines of a file are searched for changed words; nobody reads the marks of more.
const MOST_MARKED: usize = 2_000;

/// What each line of a side touches; one that no value touches is cosmetic.
pub(super) type Classes = Vec<Class>;

/// A line as it is compared and as it is shown.
pub(super) struct Line<'a> {
    pub(super) real: &'a [u8],
    pub(super) shown: &'a MaskedLine,
    number: usize,
}

impl Line<'_> {
    pub(super) fn has_hole(&self) -> bool {
        self.shown.masks.iter().any(|(_, hole)| *hole)
    }
}

/// What tells lines apart. One with a hole never equals another: nobody knows what it would hold.
#[derive(PartialEq, Eq, Hash)]
struct Key<'a> {
    hole: Option<(u8, usize)>,
    bytes: &'a [u8],
}

impl AsRef<[u8]> for Key<'_> {
    fn as_ref(&self) -> &[u8] {
        self.bytes
    }
}

pub(super) fn lines<'a>(bytes: &'a [u8], masked: &'a [MaskedLine]) -> Vec<Line<'a>> {
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

/// Whether two lines are the same outside of what is masked in either of them.
pub(super) fn covers(old: &Line<'_>, new: &Line<'_>) -> bool {
    let ends = |line: &Line<'_>| {
        let first = line.shown.masks.first().map_or(line.shown.text.len(), |(range, _)| range.start);
        line.shown.text.get(..first).unwrap_or_default().to_owned()
    };
    let (left, right) = (ends(old), ends(new));
    old.shown.text == new.shown.text || left.starts_with(&right) || right.starts_with(&left)
}

/// A side, and what its lines touch.
pub(super) struct Half<'a> {
    pub(super) doc: &'a Doc<'a>,
    pub(super) classes: Classes,
}

/// The hunks of two files, and the changes that they are made of.
pub(super) fn hunks(old: &Half<'_>, new: &Half<'_>) -> (Vec<Hunk>, Vec<edit::Change>) {
    let before = lines(old.doc.bytes, &old.doc.lines);
    let after = lines(new.doc.bytes, &new.doc.lines);
    let changes = edit::lines(before.iter().map(|line| key(line, 0)), after.iter().map(|line| key(line, 1)));
    let mut hunks = Vec::new();
    let mut room = MOST_MARKED;
    for group in groups(&changes) {
        let mut lines = Vec::new();
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let lead = first.0.start.min(first.1.start).min(CONTEXT);
        let mut at = (first.0.start - lead, first.1.start - lead);
        for (from, to) in group {
            context(&before, &after, at, from.start - at.0, new, &mut lines);
            let olds = before.get(from.clone()).unwrap_or_default();
            let news = after.get(to.clone()).unwrap_or_default();
            let marked = room.min(olds.len().min(news.len()));
            room -= marked;
            changed((olds, news), (old, new), marked, &mut lines);
            at = (from.end, to.end);
        }
        let rest = (before.len() - last.0.end).min(after.len() - last.1.end).min(CONTEXT);
        context(&before, &after, at, rest, new, &mut lines);
        hunks.push(Hunk { lines });
    }
    (hunks, changes)
}

fn key<'a>(line: &Line<'a>, side: u8) -> Key<'a> {
    Key { hole: line.has_hole().then_some((side, line.number)), bytes: line.real }
}

/// Changes whose surroundings touch.
fn groups(changes: &[edit::Change]) -> Vec<&[edit::Change]> {
    changes.chunk_by(|left, right| right.0.start - left.0.end <= 2 * CONTEXT).collect()
}

fn context(
    before: &[Line<'_>],
    after: &[Line<'_>],
    at: (usize, usize),
    count: usize,
    side: &Half<'_>,
    out: &mut Vec<DiffLine>,
) {
    let olds = before.get(at.0..at.0 + count).unwrap_or_default();
    let news = after.get(at.1..at.1 + count).unwrap_or_default();
    out.extend(olds.iter().zip(news).map(|(old, new)| {
        let (origin, place) = side.doc.layers(&new.shown.range).unzip();
        DiffLine {
            change: LineChange::Context,
            old: Some(old.number),
            new: Some(new.number),
            pieces: painted(new.shown, side.doc).pieces(&[]),
            class: None,
            origin,
            place: place.flatten(),
        }
    }));
}

/// Lines that changed: old ones, then new ones, the first pairs with their changed words marked.
fn changed(
    (old, new): (&[Line<'_>], &[Line<'_>]),
    (left, right): (&Half<'_>, &Half<'_>),
    marked: usize,
    out: &mut Vec<DiffLine>,
) {
    let class = |half: &Half<'_>, line: &Line<'_>| {
        Some(half.classes.get(line.number - 1).copied().unwrap_or(Class::Cosmetic))
    };
    let mut added = Vec::new();
    for index in 0..old.len().max(new.len()) {
        let (before, after) = match (old.get(index), new.get(index)) {
            (Some(old), Some(new)) => pair(old, new, (left.doc, right.doc), index < marked),
            (Some(old), None) => (painted(old.shown, left.doc).pieces(&[]), Vec::new()),
            (None, Some(new)) => (Vec::new(), painted(new.shown, right.doc).pieces(&[])),
            (None, None) => continue,
        };
        if let Some(line) = old.get(index) {
            let (origin, place) = left.doc.layers(&line.shown.range).unzip();
            out.push(DiffLine {
                change: LineChange::Removed,
                old: Some(line.number),
                new: None,
                pieces: before,
                class: class(left, line),
                origin,
                place: place.flatten(),
            });
        }
        if let Some(line) = new.get(index) {
            let (origin, place) = right.doc.layers(&line.shown.range).unzip();
            added.push(DiffLine {
                change: LineChange::Added,
                old: None,
                new: Some(line.number),
                pieces: after,
                class: class(right, line),
                origin,
                place: place.flatten(),
            });
        }
    }
    out.append(&mut added);
}

/// A line as it may be shown, and what its parts are.
struct Shown {
    text: String,
    tokens: Painted,
}

fn painted(line: &MaskedLine, doc: &Doc<'_>) -> Shown {
    let text = sanitise(line.text.as_bytes());
    let mut painted = Shown { tokens: Vec::new(), text };
    // Where something was made visible or taken out, the parts would no longer fit.
    if doc.tokens.is_empty() || painted.text != line.text {
        return painted;
    }
    let first = line.masks.first().map_or(line.text.len(), |(range, _)| range.start);
    let mut put = |from: usize, count: usize, to: usize| {
        let begin = doc.tokens.partition_point(|(range, _)| range.end <= from);
        for (range, token) in doc.tokens.get(begin..).unwrap_or_default() {
            if range.start >= from + count {
                break;
            }
            let (start, end) = (range.start.max(from) - from, range.end.min(from + count) - from);
            painted.tokens.push((to + start..to + end, *token));
        }
    };
    put(line.range.start, first, 0);
    if let Some((last, _)) = line.masks.last() {
        // What stands behind the last secret is found from the end of the line.
        let tail = line.text.len() - last.end;
        let real = doc.bytes.get(line.range.clone()).unwrap_or_default();
        let end = real.len() - real.iter().rev().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        if let Some(from) = end.checked_sub(tail) {
            put(line.range.start + from, tail, last.end);
        }
    }
    painted
}

impl Shown {
    /// The text in pieces, cut where a part or a changed stretch begins or ends.
    fn pieces(&self, changed: &[Range<usize>]) -> Vec<Piece> {
        let mut cuts = vec![0, self.text.len()];
        cuts.extend(
            self.tokens.iter().map(|(range, _)| range).chain(changed).flat_map(|at| [at.start, at.end]),
        );
        cuts.sort_unstable();
        cuts.dedup();
        let ends = cuts.iter().skip(1);
        let mut pieces: Vec<Piece> = Vec::new();
        for (start, end) in cuts.iter().zip(ends) {
            let Some(text) = self.text.get(*start..*end) else {
                // A cut within a letter cannot come from what the text was cut out of.
                return vec![Piece {
                    text: self.text.clone(),
                    changed: !changed.is_empty(),
                    token: Token::Plain,
                }];
            };
            let at = self.tokens.partition_point(|(range, _)| range.end <= *start);
            let token = self
                .tokens
                .get(at)
                .filter(|(range, _)| range.start <= *start)
                .map_or(Token::Plain, |found| found.1);
            let marked = changed.iter().any(|range| range.contains(start));
            match pieces.last_mut() {
                Some(last) if last.changed == marked && last.token == token => last.text.push_str(text),
                _ => pieces.push(Piece { text: text.to_owned(), changed: marked, token }),
            }
        }
        pieces
    }
}

/// The pieces of an old and a new line; with `words`, those that changed are marked.
fn pair(
    old: &Line<'_>,
    new: &Line<'_>,
    (left, right): (&Doc<'_>, &Doc<'_>),
    words: bool,
) -> (Vec<Piece>, Vec<Piece>) {
    let secrets = !old.shown.masks.is_empty() && !new.shown.masks.is_empty();
    // What is hidden of a container often reaches to the end of the line.
    let to_the_end = old.shown.masks.last().is_some_and(|(range, _)| range.end == old.shown.text.len());
    if secrets && (old.shown.text == new.shown.text || to_the_end && covers(old, new)) {
        // What is masked differs, or nobody knows.
        let word = if old.has_hole() || new.has_hole() { " (not compared)" } else { " (changed)" };
        return (marked(old.shown, ""), marked(new.shown, word));
    }
    let (before, after) = (painted(old.shown, left), painted(new.shown, right));
    let plain = (before.pieces(&[]), after.pieces(&[]));
    if before.text == after.text {
        // Blanks at the end, the line end, or something that is not shown.
        let word = Piece { text: " (blanks or line end)".to_owned(), changed: true, token: Token::Plain };
        return (plain.0, plain.1.into_iter().chain([word]).collect());
    }
    if !words || before.text.len() > LONGEST || after.text.len() > LONGEST {
        return plain;
    }
    let words = TextDiff::from_unicode_words(&before.text, &after.text);
    // Lines that share little are two lines, and marks in them are noise.
    if words.ratio() < 0.3 {
        return plain;
    }
    let (mut olds, mut news) = (Vec::new(), Vec::new());
    let (mut from, mut to) = (0, 0);
    for change in words.iter_all_changes() {
        let length = change.value().len();
        if change.tag() != similar::ChangeTag::Insert {
            if change.tag() == similar::ChangeTag::Delete {
                olds.push(from..from + length);
            }
            from += length;
        }
        if change.tag() != similar::ChangeTag::Delete {
            if change.tag() == similar::ChangeTag::Insert {
                news.push(to..to + length);
            }
            to += length;
        }
    }
    (before.pieces(&olds), after.pieces(&news))
}

/// A line with its secrets marked as what changed, and a word behind each.
fn marked(line: &MaskedLine, word: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut push = |text: &str, changed: bool| {
        let text = sanitise(text.as_bytes());
        match pieces.last_mut() {
            Some(last) if last.changed == changed => last.text.push_str(&text),
            _ => pieces.push(Piece { text, changed, token: Token::Plain }),
        }
    };
    let mut at = 0;
    for (range, _) in &line.masks {
        push(line.text.get(at..range.start).unwrap_or_default(), false);
        let secret = line.text.get(range.clone()).unwrap_or_default();
        push(&format!("{secret}{word}"), true);
        at = range.end;
    }
    push(line.text.get(at..).unwrap_or_default(), false);
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}
