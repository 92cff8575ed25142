//! Where values come from: the chains of the line under the cursor of the tab File, and the list of steps that one key
//! opens over a line of a file or of a diff. Each step's file can be opened from there.

use std::sync::Arc;

use crate::domain::diff::Against;
use crate::domain::environment::EnvName;
use crate::domain::overview::Overview;
use crate::domain::problem::Place;
use crate::domain::why::lines::Line;
use crate::domain::why::{Book, Leaf};

use super::list::Move;
use super::model::{Model, Tab};

/// The line under the cursor of the tab File.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// What stands on it, each value with its chain.
    pub leaves: Vec<Leaf>,
    of: Option<(EnvName, String, u64)>,
    book: Option<Arc<Book>>,
    line: u32,
}

/// The steps of a line, to walk along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steps {
    /// The environment.
    pub environment: EnvName,
    /// The values of the line.
    pub leaves: Vec<Leaf>,
    /// The step under the cursor, counted over all values and their steps.
    pub selected: usize,
}

impl Steps {
    /// How many there are: the values, and their steps.
    pub fn count(&self) -> usize {
        self.leaves.iter().map(|leaf| leaf.chain.len() + 1).sum()
    }

    /// All of it as lines of at most so many cells, each with its number among the steps; an empty line parts values.
    pub fn lines(&self, width: usize) -> Vec<Option<(usize, Line)>> {
        let mut lines = Vec::new();
        let mut before = 0;
        for leaf in &self.leaves {
            if !lines.is_empty() {
                lines.push(None);
            }
            lines.extend(leaf.lines(width).into_iter().map(|line| Some((before + line.step, line))));
            before += leaf.chain.len() + 1;
        }
        lines
    }

    /// The file and line that the step under the cursor names.
    pub fn place(&self) -> Option<Place> {
        let mut at = self.selected;
        for leaf in &self.leaves {
            if at == 0 {
                return leaf.place().cloned();
            }
            if let Some(step) = leaf.chain.get(at - 1) {
                return step.source().cloned();
            }
            at -= leaf.chain.len() + 1;
        }
        None
    }

    pub(super) fn go(&mut self, step: Move) {
        let last = self.count().saturating_sub(1);
        self.selected = match step {
            Move::By(rows) => self.selected.saturating_add_signed(rows).min(last),
            Move::First => 0,
            Move::Last => last,
        };
    }
}

fn book(overview: &Overview, environment: &EnvName, file: &str) -> Option<Book> {
    let settings = overview.workspace.environment(environment)?;
    Book::open(&overview.workspace, settings, overview.rendering(environment)?, file).ok()
}

/// Looks up the line under the cursor of the tab File, if it is another one than before.
pub(super) fn settle(model: &mut Model) {
    let Some(file) = model.file.as_ref().filter(|_| model.tab == Tab::File) else { return };
    let line = u32::try_from(file.number()).unwrap_or(0);
    let of = Some((file.environment.clone(), file.path.clone(), file.revision));
    let same = model.origin.of == of;
    if same && model.origin.line == line {
        return;
    }
    let book = if same {
        model.origin.book.take()
    } else {
        let found = model.overview().and_then(|overview| book(overview, &file.environment, &file.path));
        found.map(Arc::new)
    };
    let leaves = book.as_ref().map(|book| book.line(line)).unwrap_or_default();
    model.origin = Origin { leaves, of, book, line };
}

/// The steps of the line under the cursor; of a line that is gone those of the side that has it.
pub(super) fn steps(model: &Model) -> Option<Steps> {
    let environment = model.environment_name()?;
    let (environment, leaves) = match model.tab {
        Tab::File => (environment, model.origin.leaves.clone()),
        Tab::Diff => {
            let (file, old, new) = model.changes.text.as_ref()?.numbers_at_cursor()?;
            let other = match model.changes.choice.against(&environment) {
                Against::Environment(other) => Some(other),
                Against::Running | Against::Release(_) | Against::Revision(_) => None,
            };
            let (environment, path, line) = match (new, old, other) {
                (Some(line), ..) => (environment, &file.path, line),
                (None, Some(line), Some(other)) => (other, file.from.as_ref().unwrap_or(&file.path), line),
                _ => return None,
            };
            let book = book(model.overview()?, &environment, path)?;
            let leaves = book.line(u32::try_from(line).ok()?);
            (environment, leaves)
        }
        Tab::Log | Tab::Health | Tab::Processes => return None,
    };
    (!leaves.is_empty()).then_some(Steps { environment, leaves, selected: 0 })
}
