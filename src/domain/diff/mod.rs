//! What differs between two sets of files: per file a status and hunks of lines with the changed words marked. Real
//! bytes are compared; what is kept for showing has its secrets masked, so that a diff can be shown anywhere.

mod against;
pub mod class;
pub mod compare;
mod details;
mod doc;
mod edit;
pub mod fill;
pub mod filter;
mod lines;
mod lists;
pub mod mask;
pub mod pair;
mod quick;
pub mod side;
mod sought;
pub mod then;
pub mod tree;
pub mod values;

use serde::Serialize;

use crate::domain::plan::ChangeCount;
use crate::domain::problem::Place;
use crate::domain::render::kept::Spread;

pub use crate::domain::yaml::Token;
pub use against::{Against, Revision};
pub use class::{Class, ClassCount};
pub use details::{Details, Seen};
pub use sought::{Sought, Spoken, State};
pub use values::{ValueChange, ValueSide, ValueStatus};

/// What happened to a file from the old side to the new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileStatus {
    /// The same bytes.
    Unchanged,
    /// Other bytes.
    Changed,
    /// Only on the new side.
    Added,
    /// Only on the old side.
    Removed,
    /// Only on the old side, because the environment of the new side excludes it.
    Excluded,
    /// A rule of the same name under another path; its bytes may differ as well.
    Renamed,
}

impl FileStatus {
    /// In one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Changed => "changed",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Excluded => "excluded",
            Self::Renamed => "renamed",
        }
    }
}

/// What happened to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineChange {
    /// On both sides.
    Context,
    /// Only on the old side.
    Removed,
    /// Only on the new side.
    Added,
}

/// A stretch of a line; `changed` marks the words that make the difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// Sanitised, secrets masked.
    pub text: String,
    /// Whether it is part of what changed within the line.
    pub changed: bool,
    /// What it is in YAML.
    #[serde(skip)]
    pub token: Token,
}

/// One line of a hunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DiffLine {
    /// What happened to it.
    pub change: LineChange,
    /// Its number on the old side.
    pub old: Option<usize>,
    /// Its number on the new side.
    pub new: Option<usize>,
    /// Its text. In JSON those pieces are one that are marked alike.
    #[serde(serialize_with = "marked_alike")]
    pub pieces: Vec<Piece>,
    /// What it touches; nothing for a line on both sides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// Which layer gave the value on this line, in words: `ES_HOST from config/environments/CI.yaml:7`.
    pub origin: Option<String>,
    /// Where that layer says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

impl DiffLine {
    /// Its text, in stretches that are marked alike.
    pub fn stretches(&self) -> Vec<Piece> {
        stretches(&self.pieces)
    }
}

fn stretches(pieces: &[Piece]) -> Vec<Piece> {
    let mut found: Vec<Piece> = Vec::new();
    for piece in pieces {
        match found.last_mut() {
            Some(last) if last.changed == piece.changed => last.text.push_str(&piece.text),
            _ => found.push(Piece { token: Token::Plain, ..piece.clone() }),
        }
    }
    found
}

fn marked_alike<S: serde::Serializer>(pieces: &[Piece], to: S) -> Result<S::Ok, S::Error> {
    stretches(pieces).serialize(to)
}

/// Lines that changed together, with the lines around them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hunk {
    /// In order.
    pub lines: Vec<DiffLine>,
}

/// One file of a diff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileDiff {
    /// Path on the new side, or on the old one when it is gone.
    pub path: String,
    /// Path on the old side, where it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What happened to it.
    pub status: FileStatus,
    /// The name of the rule in it; only told of files that differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The name that the rule had, where it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// How many changes there are of each class: values where the file is YAML, else groups of lines; what is
    /// cosmetic is counted in groups of lines.
    pub classes: ClassCount,
    /// Lines added.
    pub added: usize,
    /// Lines removed.
    pub removed: usize,
    /// How many cosmetic changes are folded away.
    #[serde(skip_serializing_if = "is_zero")]
    pub folded: usize,
    /// Its lines and values.
    #[serde(flatten)]
    pub details: Details,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl FileDiff {
    /// A file of which nothing but its status is known.
    pub fn new(path: String, status: FileStatus) -> Self {
        Self {
            path,
            from: None,
            status,
            rule: None,
            was: None,
            classes: ClassCount::default(),
            added: 0,
            removed: 0,
            folded: 0,
            details: Details::default(),
        }
    }

    /// What `ElastAlert` reads differently; `None` for a file that is no YAML. Made when it is asked for first.
    pub fn values(&self) -> Option<&[ValueChange]> {
        self.details.seen().values.as_deref()
    }

    /// Its hunks; none for a file that is not text. Made when they are asked for first.
    pub fn hunks(&self) -> &[Hunk] {
        &self.details.seen().hunks
    }

    /// What is counted of it, without its lines and values.
    #[must_use]
    pub fn counted(&self) -> Self {
        Self { details: Details::default(), ..self.clone() }
    }

    /// Whether all that changed in it is folded away.
    pub fn is_folded(&self) -> bool {
        let cosmetic = self.classes.0.keys().all(|class| *class == Class::Cosmetic);
        self.folded > 0 && self.status == FileStatus::Changed && cosmetic
    }
}

/// What differs between two sets of files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// What the old side is: `Default`, `running elastalert-ci-3`.
    pub old: String,
    /// What the new side is.
    pub new: String,
    /// Sorted by path; unchanged files are among them, without hunks.
    pub files: Vec<FileDiff>,
}

impl Diff {
    /// How many files differ.
    pub fn count(&self) -> ChangeCount {
        let of = |status| self.files.iter().filter(|file| file.status == status).count();
        ChangeCount {
            changed: of(FileStatus::Changed),
            renamed: of(FileStatus::Renamed),
            added: of(FileStatus::Added),
            removed: of(FileStatus::Removed) + of(FileStatus::Excluded),
        }
    }

    /// Makes the lines and values of all files now, so that nobody waits for them later.
    pub fn prepare(&self, spread: &impl Spread) {
        spread.spread(self.files.len(), |at| {
            self.files.get(at).map(|file| file.details.seen().hunks.len());
        });
    }

    /// How many changes there are of each class.
    pub fn classes(&self) -> ClassCount {
        let mut all = ClassCount::default();
        self.files.iter().for_each(|file| all.merge(&file.classes));
        all
    }
}

#[cfg(test)]
mod tests;
