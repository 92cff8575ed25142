//! A diff as rows: which rows there are, where the cursor stands, where the next change begins, what of it is copied.
//! Used by the tab Diff and by the plan of a deploy.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::domain::diff::filter::Filter;
use crate::domain::diff::{
    Class, Diff, DiffLine, FileDiff, FileStatus, Hunk, LineChange, ValueChange, ValueSide, ValueStatus,
};
use crate::domain::problem::Place;

use super::list::List;

/// A row of a diff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// The head of a file.
    File(usize),
    /// Lines between two hunks that are left out.
    Gap,
    /// A file that differs and has no lines to show.
    NoLines(usize),
    /// A file of which no value differs.
    NoValues(usize),
    /// Cosmetic changes of a file that are folded away.
    Folded(usize),
    /// A line: file, hunk, line.
    Line(usize, usize, usize),
    /// Lines side by side: file, hunk, the line on the old side and on the new one.
    Pair(usize, usize, Option<usize>, Option<usize>),
    /// A value: file, value, part.
    Value(usize, usize, Part),
    /// A free row before the head of a file.
    Blank,
}

/// A part of what is told of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Its path.
    Path,
    /// What it was.
    Old,
    /// What it is.
    New,
}

/// How changes are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Line by line.
    #[default]
    Text,
    /// Value by value, as `ElastAlert` reads them.
    Values,
}

/// How a diff is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// How changes are told.
    pub view: View,
    /// Whether cosmetic changes are folded away.
    pub fold: bool,
    /// Whether old and new lines stand side by side.
    pub split: bool,
    /// Only changes of these classes and in these rules, in plain words.
    pub filter: String,
}

/// A diff and its rows.
#[derive(Clone, Debug, PartialEq)]
pub struct DiffText {
    /// The whole diff.
    pub diff: Arc<Diff>,
    /// What is looked at of it.
    pub shown: Arc<Diff>,
    /// The only file that is shown; `None`: all.
    pub only: Option<String>,
    /// How it is looked at.
    pub look: Look,
    /// What is shown, in order.
    pub rows: Vec<Row>,
    /// The rows at which a change begins.
    starts: Vec<usize>,
    /// The cursor.
    pub list: List,
    /// Columns scrolled to the right.
    pub left: usize,
}

impl DiffText {
    /// The rows of a diff, or of one of its files.
    pub fn new(diff: Arc<Diff>, only: Option<String>, look: Look) -> Self {
        let filter = Filter { fold: look.fold, ..Filter::of_words(&look.filter) };
        let shown = filter.apply(&diff, only.as_deref());
        let mut rows = Vec::new();
        for (index, file) in shown.files.iter().enumerate() {
            if file.status == FileStatus::Unchanged {
                continue;
            }
            if !rows.is_empty() {
                rows.push(Row::Blank);
            }
            rows.push(Row::File(index));
            match file.values() {
                Some(values) if look.view == View::Values => push_values(&mut rows, index, values),
                _ => push_lines(&mut rows, index, file, look.split),
            }
            if file.folded > 0 {
                rows.push(Row::Folded(index));
            }
        }
        let (list, starts) = (List::default(), Vec::new());
        let mut text = Self { diff, shown, only, look, rows, starts, list, left: 0 };
        text.starts = (0..text.rows.len()).filter(|row| text.begins(*row)).collect();
        text
    }

    /// A file of what is shown.
    pub fn file(&self, index: usize) -> Option<&FileDiff> {
        self.shown.files.get(index)
    }

    fn hunk(&self, file: usize, hunk: usize) -> Option<&Hunk> {
        self.file(file)?.hunks().get(hunk)
    }

    /// The line of a row; of two side by side the new one.
    pub fn line(&self, row: Row) -> Option<&DiffLine> {
        match row {
            Row::Line(file, hunk, line) => self.hunk(file, hunk)?.lines.get(line),
            Row::Pair(file, hunk, old, new) => self.hunk(file, hunk)?.lines.get(new.or(old)?),
            _ => None,
        }
    }

    /// The two lines of a row that has them side by side.
    pub fn pair(&self, row: Row) -> (Option<&DiffLine>, Option<&DiffLine>) {
        let Row::Pair(file, hunk, old, new) = row else { return (None, None) };
        let lines = self.hunk(file, hunk).map(|hunk| &hunk.lines);
        let line = |at: Option<usize>| lines.and_then(|lines| lines.get(at?));
        (line(old), line(new))
    }

    /// The value of a row.
    pub fn value(&self, row: Row) -> Option<&ValueChange> {
        let Row::Value(file, value, _) = row else { return None };
        self.file(file)?.values()?.get(value)
    }

    /// Whether a row is part of a change.
    fn changes(&self, row: usize) -> bool {
        match self.rows.get(row) {
            Some(Row::NoLines(_) | Row::Value(..)) => true,
            Some(row) => self.line(*row).is_some_and(|line| line.change != LineChange::Context),
            None => false,
        }
    }

    fn begins(&self, row: usize) -> bool {
        match self.rows.get(row) {
            Some(Row::Value(_, _, part)) => *part == Part::Path,
            Some(_) => self.changes(row) && (row == 0 || !self.changes(row - 1)),
            None => false,
        }
    }

    /// Goes to where the next or the previous change begins; stays when there is none.
    pub fn go_to_change(&mut self, forward: bool, height: usize) {
        let selected = self.list.selected;
        let found = if forward {
            self.starts.get(self.starts.partition_point(|row| *row <= selected))
        } else {
            let before = self.starts.partition_point(|row| *row < selected).checked_sub(1);
            before.and_then(|at| self.starts.get(at))
        };
        if let Some(row) = found {
            self.list.select(*row, self.rows.len(), height);
        }
    }

    /// How many changes there are, and which of them the cursor is in or behind.
    pub fn changes_before(&self) -> (usize, usize) {
        (self.starts.partition_point(|row| *row <= self.list.selected), self.starts.len())
    }

    fn row_at_cursor(&self) -> Option<Row> {
        self.rows.get(self.list.selected).copied()
    }

    fn file_at(&self, row: usize) -> Option<usize> {
        let before = self.rows.get(..=row)?;
        before.iter().rev().find_map(|row| match row {
            Row::File(index) => Some(*index),
            _ => None,
        })
    }

    /// The file under the cursor.
    pub fn file_at_cursor(&self) -> Option<&FileDiff> {
        self.file(self.file_at(self.list.selected)?)
    }

    /// Where the value under the cursor comes from, and what a change of it touches.
    pub fn origin_at_cursor(&self) -> (Option<String>, Option<Class>) {
        let Some(row) = self.row_at_cursor() else { return (None, None) };
        if let (Some(value), Row::Value(_, _, part)) = (self.value(row), row) {
            let side = if part == Part::Old { value.old.as_ref() } else { value.new_or_old() };
            return (side.map(|side| side.origin.clone()), Some(value.class));
        }
        let line = self.line(row);
        (line.and_then(|line| line.origin.clone()), line.and_then(|line| line.class))
    }

    /// The place of the workspace under the cursor: where the value is written, else the line of the file.
    pub fn place_at_cursor(&self) -> Option<(Place, bool)> {
        let row = self.row_at_cursor()?;
        let file = self.file_at_cursor()?;
        let number = |line: usize| u32::try_from(line).unwrap_or(1);
        if let (Some(value), Row::Value(_, _, part)) = (self.value(row), row) {
            let side = if part == Part::Old { value.old.as_ref() } else { value.new_or_old() };
            if let Some(place) = side.and_then(|side| side.place.clone()) {
                return Some((place, true));
            }
            let line = value.new.as_ref().map_or(1, |side| side.line);
            return Some((Place::line(file.path.clone(), number(line)), false));
        }
        let line = self.line(row);
        if let Some(place) = line.and_then(|line| line.place.clone()) {
            return Some((place, true));
        }
        let line = line.and_then(|line| line.new).map_or(1, number);
        Some((Place::line(file.path.clone(), line), false))
    }

    /// Puts the cursor where that file and that line of its new side are, or near to it.
    pub(super) fn seek(&mut self, path: &str, line: Option<usize>, height: usize) {
        let mut best = None;
        let mut inside = false;
        for (at, row) in self.rows.iter().enumerate() {
            if let Row::File(index) = row {
                inside = self.file(*index).is_some_and(|file| file.path == path);
                if inside {
                    best = Some(at);
                }
            } else if inside && line.is_some() {
                let here = match self.value(*row) {
                    Some(value) => value.new.as_ref().map(|side| side.line),
                    None => self.line(*row).and_then(|line| line.new),
                };
                let is_new = !matches!(row, Row::Value(_, _, Part::Old | Part::New));
                if is_new && here.is_some() && here <= line {
                    best = Some(at);
                }
            }
        }
        if let Some(at) = best {
            self.list.select(at, self.rows.len(), height);
        }
    }

    /// The file under the cursor, and the numbers of the line there on the old side and on the new one.
    pub(super) fn numbers_at_cursor(&self) -> Option<(&FileDiff, Option<usize>, Option<usize>)> {
        let row = self.row_at_cursor()?;
        let file = self.file_at_cursor()?;
        if let (Some(value), Row::Value(_, _, part)) = (self.value(row), row) {
            let old = value.old.as_ref().map(|side| side.line);
            let new = value.new.as_ref().map(|side| side.line).filter(|_| part != Part::Old);
            return Some((file, old, new));
        }
        let line = self.line(row)?;
        Some((file, line.old, line.new))
    }

    /// The number of the line under the cursor, on the new side.
    pub(super) fn line_at_cursor(&self) -> Option<usize> {
        let row = self.row_at_cursor()?;
        match self.value(row) {
            Some(value) => value.new.as_ref().map(|side| side.line),
            None => self.line(row).and_then(|line| line.new),
        }
    }

    /// The change under the cursor as text; on the head of a file all of the file. Secrets are placeholders in it, as
    /// everywhere in a diff.
    pub fn copied(&self) -> Option<String> {
        let row = self.row_at_cursor()?;
        let mut text = String::new();
        match row {
            Row::Value(..) => write_value(&mut text, self.value(row)?),
            Row::Line(file, hunk, line) => write_change(&mut text, &self.hunk(file, hunk)?.lines, line),
            Row::Pair(file, hunk, old, new) => {
                write_change(&mut text, &self.hunk(file, hunk)?.lines, new.or(old)?);
            }
            _ => {
                let file = self.file_at_cursor()?;
                // Writing to a string does not fail.
                writeln!(text, "{} {}", file.path, file.status.word()).unwrap_or_default();
                match file.values() {
                    Some(values) if self.look.view == View::Values => {
                        for value in values {
                            write_value(&mut text, value);
                        }
                    }
                    _ => {
                        for line in file.hunks().iter().flat_map(|hunk| &hunk.lines) {
                            write_line(&mut text, line);
                        }
                    }
                }
            }
        }
        (!text.is_empty()).then_some(text)
    }
}

fn push_values(rows: &mut Vec<Row>, file: usize, values: &[ValueChange]) {
    if values.is_empty() {
        rows.push(Row::NoValues(file));
    }
    for (index, value) in values.iter().enumerate() {
        rows.push(Row::Value(file, index, Part::Path));
        if value.old.is_some() {
            rows.push(Row::Value(file, index, Part::Old));
        }
        if value.new.is_some() {
            rows.push(Row::Value(file, index, Part::New));
        }
    }
}

fn push_lines(rows: &mut Vec<Row>, index: usize, file: &FileDiff, split: bool) {
    if file.hunks().is_empty() && file.folded == 0 {
        rows.push(Row::NoLines(index));
    }
    for (at, hunk) in file.hunks().iter().enumerate() {
        if at > 0 {
            rows.push(Row::Gap);
        }
        if split {
            push_pairs(rows, index, at, hunk);
        } else {
            rows.extend((0..hunk.lines.len()).map(|line| Row::Line(index, at, line)));
        }
    }
}

/// Old lines on the left, the new ones that took their place on the right.
fn push_pairs(rows: &mut Vec<Row>, file: usize, at: usize, hunk: &Hunk) {
    let (mut olds, mut news) = (Vec::new(), Vec::new());
    let flush = |rows: &mut Vec<Row>, olds: &mut Vec<usize>, news: &mut Vec<usize>| {
        for slot in 0..olds.len().max(news.len()) {
            rows.push(Row::Pair(file, at, olds.get(slot).copied(), news.get(slot).copied()));
        }
        olds.clear();
        news.clear();
    };
    for (index, line) in hunk.lines.iter().enumerate() {
        match line.change {
            LineChange::Removed => {
                if !news.is_empty() {
                    flush(rows, &mut olds, &mut news);
                }
                olds.push(index);
            }
            LineChange::Added => news.push(index),
            LineChange::Context => {
                flush(rows, &mut olds, &mut news);
                rows.push(Row::Pair(file, at, Some(index), Some(index)));
            }
        }
    }
    flush(rows, &mut olds, &mut news);
}

fn write_value(text: &mut String, value: &ValueChange) {
    let side = |side: &Option<ValueSide>| side.as_ref().map_or_else(String::new, |side| side.value.clone());
    let told = match value.status {
        ValueStatus::Added => format!("+ {}: {}", value.path, side(&value.new)),
        ValueStatus::Removed => format!("- {}: {}", value.path, side(&value.old)),
        _ => format!("~ {}: {} → {}", value.path, side(&value.old), side(&value.new)),
    };
    // Writing to a string does not fail.
    writeln!(text, "{told}").unwrap_or_default();
}

fn write_line(text: &mut String, line: &DiffLine) {
    text.push(match line.change {
        LineChange::Context => ' ',
        LineChange::Removed => '-',
        LineChange::Added => '+',
    });
    line.pieces.iter().for_each(|piece| text.push_str(&piece.text));
    text.push('\n');
}

/// The lines that changed together around one of them; a line that did not change alone.
fn write_change(text: &mut String, lines: &[DiffLine], at: usize) {
    let changed = |line: &&DiffLine| line.change != LineChange::Context;
    let before = lines.get(..at).unwrap_or_default().iter().rev().take_while(changed).count();
    let after = lines.get(at..).unwrap_or_default().iter().take_while(changed).count();
    let range = if after == 0 { at..at + 1 } else { at - before..at + after };
    lines.get(range).unwrap_or_default().iter().for_each(|line| write_line(text, line));
}

impl ValueChange {
    /// The new side, or the old one of a value that is gone.
    fn new_or_old(&self) -> Option<&ValueSide> {
        self.new.as_ref().or(self.old.as_ref())
    }
}
