//! A diff as rows: which rows there are, where the cursor stands, where the next change begins. Used by the tab Diff
//! and by the plan of a deploy.

use std::sync::Arc;

use crate::domain::diff::{Against, Diff, DiffLine, FileDiff, FileStatus, LineChange};
use crate::domain::environment::EnvName;
use crate::domain::remote::Remote;

use super::Ticket;
use super::list::List;

/// A row of a diff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// The head of a file.
    File(usize),
    /// Lines between two hunks that are left out.
    Gap,
    /// A file that differs and has no lines to show.
    NoLines,
    /// A line: file, hunk, line.
    Line(usize, usize, usize),
    /// A free row before the head of a file.
    Blank,
}

/// A diff and its rows.
#[derive(Clone, Debug, PartialEq)]
pub struct DiffText {
    /// The diff.
    pub diff: Arc<Diff>,
    /// The only file that is shown; `None`: all.
    pub only: Option<String>,
    /// What is shown, in order.
    pub rows: Vec<Row>,
    /// The cursor.
    pub list: List,
    /// Columns scrolled to the right.
    pub left: usize,
}

impl DiffText {
    /// The rows of a diff, or of one of its files.
    pub fn new(diff: Arc<Diff>, only: Option<String>) -> Self {
        let mut rows = Vec::new();
        for (index, file) in diff.files.iter().enumerate() {
            if file.status == FileStatus::Unchanged || only.as_ref().is_some_and(|only| *only != file.path) {
                continue;
            }
            if !rows.is_empty() {
                rows.push(Row::Blank);
            }
            rows.push(Row::File(index));
            if file.hunks.is_empty() {
                rows.push(Row::NoLines);
            }
            for (hunk_index, hunk) in file.hunks.iter().enumerate() {
                if hunk_index > 0 {
                    rows.push(Row::Gap);
                }
                rows.extend((0..hunk.lines.len()).map(|line| Row::Line(index, hunk_index, line)));
            }
        }
        Self { diff, only, rows, list: List::default(), left: 0 }
    }

    /// A file of the diff.
    pub fn file(&self, index: usize) -> Option<&FileDiff> {
        self.diff.files.get(index)
    }

    /// A line of the diff.
    pub fn line(&self, row: Row) -> Option<&DiffLine> {
        let Row::Line(file, hunk, line) = row else { return None };
        self.diff.files.get(file)?.hunks.get(hunk)?.lines.get(line)
    }

    /// Whether a row is part of a change.
    fn changes(&self, row: usize) -> bool {
        match self.rows.get(row) {
            Some(Row::NoLines) => true,
            Some(row) => self.line(*row).is_some_and(|line| line.change != LineChange::Context),
            None => false,
        }
    }

    /// Goes to where the next or the previous change begins; stays when there is none.
    pub fn go_to_change(&mut self, forward: bool, height: usize) {
        let begins = |row: &usize| self.changes(*row) && (*row == 0 || !self.changes(row - 1));
        let found = if forward {
            (self.list.selected + 1..self.rows.len()).find(begins)
        } else {
            (0..self.list.selected).rev().find(begins)
        };
        if let Some(row) = found {
            self.list.select(row, self.rows.len(), height);
        }
    }

    /// The file under the cursor and the number of the line on the new side, where there is one.
    pub fn at_cursor(&self) -> Option<(&FileDiff, Option<&DiffLine>)> {
        let row = *self.rows.get(self.list.selected)?;
        let file = match row {
            Row::File(index) | Row::Line(index, ..) => index,
            Row::Gap | Row::NoLines | Row::Blank => {
                let before = self.rows.get(..self.list.selected)?;
                before.iter().rev().find_map(|row| match row {
                    Row::File(index) => Some(*index),
                    _ => None,
                })?
            }
        };
        Some((self.file(file)?, self.line(row)))
    }
}

/// What the selected environment is compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// With Default; what Default itself is compared with is what runs.
    #[default]
    Default,
    /// With what runs.
    Running,
    /// With another environment.
    Other(EnvName),
}

impl Choice {
    /// What an environment is compared with under this choice.
    pub fn against(&self, environment: &EnvName) -> Against {
        let default = EnvName::default_environment();
        match self {
            Self::Other(other) if other != environment => Against::Environment(other.clone()),
            Self::Default | Self::Other(_) if *environment != default => Against::Environment(default),
            Self::Default | Self::Other(_) | Self::Running => Against::Running,
        }
    }

    /// The choice after this one: Default, what runs, each other environment.
    #[must_use]
    pub fn next(&self, environment: &EnvName, all: &[EnvName]) -> Self {
        let default = EnvName::default_environment();
        let mut choices = Vec::new();
        if *environment != default {
            choices.push(Self::Default);
        }
        choices.push(Self::Running);
        choices.extend(
            all.iter().filter(|name| *name != environment && **name != default).cloned().map(Self::Other),
        );
        let now = self.against(environment);
        let index = choices.iter().position(|choice| choice.against(environment) == now).unwrap_or(0);
        choices.get((index + 1) % choices.len()).cloned().unwrap_or_default()
    }
}

/// What was asked to be compared. A new one is asked for when it no longer is what is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The environment.
    pub environment: EnvName,
    /// With what.
    pub against: Against,
    /// Of which reading of the workspace.
    pub revision: u64,
    /// The container that ran then, when it matters.
    pub container: Option<String>,
}

/// The tab Diff.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// What is compared with.
    pub choice: Choice,
    /// The answer.
    pub diff: Remote<Arc<Diff>>,
    /// The answer as rows.
    pub text: Option<DiffText>,
    pub(super) asked: Option<Asked>,
    pub(super) ticket: Option<Ticket>,
}

impl Changes {
    /// Makes the rows anew if they are not those of this diff and file. A comparison made again keeps the cursor.
    pub(super) fn lay_out(&mut self, only: Option<&str>) {
        let Some(seen) = self.diff.last() else {
            self.text = None;
            return;
        };
        let diff = &seen.value;
        let before = self.text.as_ref();
        if before.is_some_and(|text| Arc::ptr_eq(&text.diff, diff) && text.only.as_deref() == only) {
            return;
        }
        let mut text = DiffText::new(Arc::clone(diff), only.map(str::to_owned));
        if let Some(before) = before.filter(|before| {
            before.diff.old == diff.old && before.diff.new == diff.new && before.only.as_deref() == only
        }) {
            text.list = before.list;
            text.left = before.left;
            text.list.fit(text.rows.len(), usize::MAX);
        }
        self.text = Some(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> EnvName {
        text.parse().unwrap()
    }

    #[test]
    fn the_choice_goes_round_and_never_compares_an_environment_with_itself() {
        let all = [name("Default"), name("CI"), name("Production")];
        for environment in &all {
            let mut choice = Choice::default();
            let mut seen = Vec::new();
            for _ in 0..4 {
                let against = choice.against(environment);
                assert_ne!(against, Against::Environment(environment.clone()));
                seen.push(against);
                choice = choice.next(environment, &all);
            }
            assert_eq!(seen.first(), seen.get(3));
            assert!(seen.contains(&Against::Running));
        }
    }
}
