//! Why an edit was not made. A text is edited as asked for or not at all; each way to fail says what stood in the way.

use crate::error::Error;
use crate::mark::Mark;
use std::fmt;

/// Why an edit was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EditError {
    /// The text that is to be edited cannot be read.
    Source(Error),
    /// The text is UTF-16, whose bytes are not edited.
    Utf16,
    /// What was named is not there, or is not what it would have to be.
    Target(&'static str),
    /// The mapping has no such key.
    Missing(String),
    /// The mapping has that key already.
    Present(String),
    /// The new value is no single value in YAML.
    Value(String),
    /// A value that YAML cannot write, or not so that it is read back as the same.
    Unwritable(&'static str),
    /// An alias stands for what would change, so that another place would change with it.
    Shared {
        /// The name of the anchor.
        anchor: String,
        /// Where the anchored node stands.
        mark: Mark,
    },
    /// An alias stands for something that would be gone.
    Aliased {
        /// The name of the anchor.
        anchor: String,
        /// Where the anchored node stands.
        mark: Mark,
    },
    /// Two of the edits concern the same place.
    Conflict(Mark),
    /// The edited text would not be readable.
    Unreadable(Error),
    /// Read back, the edited text would mean something else than was asked for.
    Changed {
        /// What differs.
        what: &'static str,
        /// Where, in the edited text.
        mark: Mark,
    },
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(error) => write!(f, "the text cannot be read: {error}"),
            Self::Utf16 => f.write_str("a text in UTF-16 is not edited"),
            Self::Target(why) => f.write_str(why),
            Self::Missing(key) => write!(f, "there is no key {key:?}"),
            Self::Present(key) => write!(f, "the key {key:?} is there already"),
            Self::Value(why) => write!(f, "the new value is not one value: {why}"),
            Self::Unwritable(why) => write!(f, "the value cannot be written: {why}"),
            Self::Shared { anchor, mark } => {
                write!(f, "an alias *{anchor} would change too; its anchor is at {mark}")
            }
            Self::Aliased { anchor, mark } => {
                write!(f, "an alias *{anchor} needs what would be gone; its anchor is at {mark}")
            }
            Self::Conflict(mark) => write!(f, "two edits concern the same place ({mark})"),
            Self::Unreadable(error) => write!(f, "the edited text could not be read: {error}"),
            Self::Changed { what, mark } => {
                write!(f, "the edited text would mean something else: {what} ({mark})")
            }
        }
    }
}

impl std::error::Error for EditError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Source(error) | Self::Unreadable(error) => Some(error),
            _ => None,
        }
    }
}
