//! What differs between two sets of files: per file a status and hunks of lines with the changed words marked. Real
//! bytes are compared; what is kept for showing has its secrets masked, so that a diff can be shown anywhere.

pub mod compare;
pub mod mask;
pub mod side;

use serde::Serialize;

use crate::domain::environment::EnvName;
use crate::domain::plan::ChangeCount;

/// What the rendering of an environment is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Against {
    /// The rendering of another environment.
    Environment(EnvName),
    /// The files that the running container really has.
    Running,
}

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
    /// Its text.
    pub pieces: Vec<Piece>,
    /// Which layer gave the value on this line, in words: `ES_HOST from config/environments/CI.yaml:7`.
    pub origin: Option<String>,
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
    /// What happened to it.
    pub status: FileStatus,
    /// Its hunks; none for a file that is not text.
    pub hunks: Vec<Hunk>,
    /// Lines added.
    pub added: usize,
    /// Lines removed.
    pub removed: usize,
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
            added: of(FileStatus::Added),
            removed: of(FileStatus::Removed) + of(FileStatus::Excluded),
        }
    }
}

#[cfg(test)]
mod tests;
