//! The newest lines of a log, bounded by number and by size. Each line has a number that never changes, so that the
//! place of a reader, a mark or a search hit survives what is dropped in front of it.

use std::collections::VecDeque;

use super::{LogBatch, LogLine};

/// The number of a line; the first one ever is 0.
pub type Sequence = u64;

/// What a line costs beside its text.
const OVERHEAD: usize = size_of::<LogLine>();

/// A ring of the newest lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogBuffer {
    lines: VecDeque<LogLine>,
    first: Sequence,
    bytes: usize,
    most_lines: usize,
    most_bytes: usize,
}

impl Default for LogBuffer {
    /// 20,000 lines, 16 MiB.
    fn default() -> Self {
        Self::new(20_000, 16 * 1024 * 1024)
    }
}

impl LogBuffer {
    /// A buffer that keeps at most so many lines and bytes, and at least the newest line.
    pub fn new(most_lines: usize, most_bytes: usize) -> Self {
        Self { lines: VecDeque::new(), first: 0, bytes: 0, most_lines, most_bytes }
    }

    /// Adds a line at the end, and drops what no longer fits at the front.
    pub fn push(&mut self, line: LogLine) {
        self.bytes += cost(&line);
        self.lines.push_back(line);
        while self.lines.len() > 1 && (self.lines.len() > self.most_lines || self.bytes > self.most_bytes) {
            if let Some(dropped) = self.lines.pop_front() {
                self.bytes -= cost(&dropped);
                self.first += 1;
            }
        }
    }

    /// Adds the lines of a batch.
    pub fn extend(&mut self, batch: LogBatch) {
        for line in batch.lines {
            self.push(line);
        }
    }

    /// The number of the oldest line that is still there, which is also how many were dropped.
    pub fn first(&self) -> Sequence {
        self.first
    }

    /// The number that the next line will have, which is also how many there ever were.
    pub fn end(&self) -> Sequence {
        self.first + self.lines.len() as Sequence
    }

    /// How many lines are there.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether no line is there.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The line of that number, unless it was dropped or has not come.
    pub fn get(&self, sequence: Sequence) -> Option<&LogLine> {
        self.lines.get(usize::try_from(sequence.checked_sub(self.first)?).ok()?)
    }

    /// The lines from that number on, or from the oldest one that is there.
    pub fn from(&self, sequence: Sequence) -> impl DoubleEndedIterator<Item = (Sequence, &LogLine)> {
        let skip =
            usize::try_from(sequence.saturating_sub(self.first)).unwrap_or(usize::MAX).min(self.lines.len());
        let first = self.first + skip as Sequence;
        self.lines.range(skip..).enumerate().map(move |(index, line)| (first + index as Sequence, line))
    }
}

fn cost(line: &LogLine) -> usize {
    line.text.len() + OVERHEAD
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Level, Stream};
    use super::*;

    fn line(text: &str) -> LogLine {
        LogLine { at: None, stream: Stream::Stdout, level: Level::Info, text: text.into() }
    }

    #[test]
    fn numbers_survive_what_is_dropped() {
        let mut buffer = LogBuffer::new(3, usize::MAX);
        for text in ["a", "b", "c", "d", "e"] {
            buffer.push(line(text));
        }
        assert_eq!((buffer.first(), buffer.end(), buffer.len()), (2, 5, 3));
        assert_eq!(buffer.get(1), None);
        assert_eq!(buffer.get(4).unwrap().text, "e");
        assert_eq!(buffer.get(5), None);
        let seen: Vec<_> = buffer.from(3).map(|(number, line)| (number, line.text.as_str())).collect();
        assert_eq!(seen, [(3, "d"), (4, "e")]);
        assert_eq!(buffer.from(0).count(), 3);
        assert_eq!(buffer.from(99).count(), 0);
    }

    #[test]
    fn one_huge_line_is_kept() {
        let mut buffer = LogBuffer::new(10, 100);
        buffer.push(line("small"));
        buffer.push(line(&"x".repeat(1000)));
        assert_eq!((buffer.len(), buffer.first()), (1, 1));
        buffer.push(line("next"));
        assert_eq!(buffer.from(0).next().unwrap().1.text, "next");
    }

    proptest! {
        #[test]
        fn it_is_bounded_and_keeps_the_newest(texts in prop::collection::vec("[a-z]{0,40}", 1..60), lines in 1..20_usize, bytes in 200..4000_usize) {
            let mut buffer = LogBuffer::new(lines, bytes);
            for text in &texts {
                buffer.push(line(text));
            }
            prop_assert!(buffer.len() <= lines && (buffer.bytes <= bytes || buffer.len() == 1));
            prop_assert_eq!(buffer.end(), texts.len() as u64);
            for (number, kept) in buffer.from(0) {
                prop_assert_eq!(&kept.text, &texts[usize::try_from(number).unwrap()]);
            }
            prop_assert_eq!(buffer.bytes, buffer.lines.iter().map(cost).sum::<usize>());
        }
    }
}
