//! The newest lines of a log under numbers that never change. It is bounded in lines and in bytes, and counts what it
//! dropped.

use std::collections::VecDeque;

use crate::domain::log::LogLine;

/// Lines kept.
const LINES: usize = 20_000;
/// Bytes of text kept.
const BYTES: usize = 16 << 20;

/// The newest lines.
#[derive(Clone, Debug)]
pub struct Ring {
    lines: VecDeque<LogLine>,
    first: u64,
    bytes: usize,
    most_lines: usize,
    most_bytes: usize,
}

impl Default for Ring {
    fn default() -> Self {
        Self::new(LINES, BYTES)
    }
}

impl Ring {
    /// A ring that holds so many lines and so many bytes of text.
    pub fn new(most_lines: usize, most_bytes: usize) -> Self {
        Self { lines: VecDeque::new(), first: 0, bytes: 0, most_lines, most_bytes }
    }

    /// Adds a line and says which number it got.
    pub fn push(&mut self, line: LogLine) -> u64 {
        self.bytes += line.text.len();
        self.lines.push_back(line);
        while self.lines.len() > 1 && (self.lines.len() > self.most_lines || self.bytes > self.most_bytes) {
            if let Some(dropped) = self.lines.pop_front() {
                self.bytes -= dropped.text.len();
                self.first += 1;
            }
        }
        self.end() - 1
    }

    /// The number of the oldest line; as many were dropped.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The number that the next line gets.
    pub fn end(&self) -> u64 {
        self.first + self.lines.len() as u64
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The line of that number, if it is still there.
    pub fn get(&self, number: u64) -> Option<&LogLine> {
        number.checked_sub(self.first).and_then(|index| self.lines.get(usize::try_from(index).ok()?))
    }
}
