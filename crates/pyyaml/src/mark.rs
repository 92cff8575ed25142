//! Places in a text: one position, and the stretch between two of them. Lines and columns count as PyYAML's marks
//! count, and the byte offset beside them lets an editor cut at exactly that place.

use std::fmt;

/// A position in the text.
///
/// `line` and `column` start at 0 and count characters, as PyYAML's marks do; a byte order mark takes no column.
/// `Display` writes them for people, from 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    /// Offset in bytes from the start of the text.
    pub byte: usize,
    /// Line, from 0.
    pub line: usize,
    /// Column in characters, from 0.
    pub column: usize,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line.saturating_add(1), self.column.saturating_add(1))
    }
}

/// The stretch of text that a node or an event takes: from `start` up to, not including, `end`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// Where it begins.
    pub start: Mark,
    /// The first position behind it.
    pub end: Mark,
}

impl Span {
    /// The bytes that the span covers, to index the source with.
    pub fn bytes(&self) -> std::ops::Range<usize> {
        self.start.byte..self.end.byte
    }
}
