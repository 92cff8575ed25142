//! Lines of a container's log: how bytes become lines, what level a line has, and a ring that holds the newest ones
//! under numbers that never change, so that scrolling and searching survive what is dropped.
//! Text is sanitised before it comes here.

use serde::Serialize;

use crate::domain::remote::Timestamp;

pub use assembler::Assembler;
pub use buffer::{LogBuffer, Sequence};
pub use level::level;
pub(crate) use level::{after_time, is_exception};
pub use overlap::Overlap;

mod assembler;
mod buffer;
mod level;
mod overlap;

/// Where a line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error; `ElastAlert` logs here.
    Stderr,
    /// alertdeck itself: a reconnect, a gap, another container taking over.
    Mark,
}

/// How serious a line is, as its writer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Debug and below.
    Debug,
    /// Info, and lines that do not say.
    Info,
    /// Warning.
    Warning,
    /// Error and critical.
    Error,
}

/// One line of a log, already sanitised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogLine {
    /// When the engine received it.
    pub at: Option<Timestamp>,
    /// Where it came from.
    pub stream: Stream,
    /// How serious it is.
    pub level: Level,
    /// The text, without line end.
    pub text: String,
}

/// Lines that arrived together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LogBatch {
    /// In the order of arrival.
    pub lines: Vec<LogLine>,
}

/// From where a log is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Everything the engine still has.
    Beginning,
    /// The newest so many lines.
    Tail(usize),
    /// From that time on.
    Time(Timestamp),
}

impl LogLine {
    /// A line of our own between those of containers: `== release 4, container elastalert-ci-4 ==`.
    pub fn mark(at: Timestamp, text: &str) -> Self {
        Self { at: Some(at), stream: Stream::Mark, level: Level::Info, text: format!("== {text} ==") }
    }
}
