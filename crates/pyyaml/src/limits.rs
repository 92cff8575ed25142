//! How much a text may ask for. PyYAML has no such limits but the depth of Python's stack; a program that reads what
//! others wrote needs them, and each has an error of its own.

/// What a document may hold at most. Exceeding one is an error of class [`Limit`](crate::ErrorClass::Limit), except
/// for the depth, which is `RecursionError` as in Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the text.
    pub bytes: usize,
    /// Nodes within nodes.
    pub depth: usize,
    /// Aliases in the document.
    pub aliases: usize,
    /// Values that [`load`](crate::load) makes beyond those that are written, because aliases and merges repeat them.
    pub values: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 256 << 20, depth: 493, aliases: 1_000_000, values: 1_000_000 }
    }
}
