//! What was already read of a log that is read anew. An engine can only be asked for a log from a whole second on, so
//! a stream that is taken up again repeats lines; they are told from new ones by their times, and those of one and the
//! same time by their text.

use super::LogLine;
use crate::domain::remote::Timestamp;

/// Remembers how far a log was read.
#[derive(Clone, Debug, Default)]
pub struct Overlap {
    last: Option<Timestamp>,
    /// The lines that were said at the very time of the last one.
    at_last: Vec<String>,
    skip_until: Option<Timestamp>,
    /// Lines of that very time that were read before; others of it are new.
    skip: Vec<String>,
    met: bool,
}

impl Overlap {
    /// Nothing was read yet, and what was said before that time is of no interest.
    pub fn from(time: Option<Timestamp>) -> Self {
        let before = time.and_then(|time| time.checked_sub(std::time::Duration::from_nanos(1)).ok());
        Self { skip_until: before, ..Self::default() }
    }

    /// The time of the newest line so far.
    pub fn last(&self) -> Option<Timestamp> {
        self.last
    }

    /// Another stream of the same log begins.
    pub fn resume(&mut self) {
        if self.last.is_some() {
            self.skip_until = self.last;
            self.skip.clone_from(&self.at_last);
        }
        self.met = false;
    }

    /// Whether the stream since then repeated something, which proves that nothing is missing between.
    pub fn met(&self) -> bool {
        self.met
    }

    /// Takes the next line in, and says whether it is a new one. A line without a time always is.
    pub fn is_new(&mut self, line: &LogLine) -> bool {
        let Some(at) = line.at else { return true };
        if self.skip_until.is_some_and(|until| at <= until) && self.was_read(at, &line.text) {
            self.met = true;
            return false;
        }
        if self.last.is_none_or(|last| at > last) {
            self.last = Some(at);
            self.at_last.clear();
        }
        if self.last == Some(at) {
            self.at_last.push(line.text.clone());
        }
        true
    }

    fn was_read(&mut self, at: Timestamp, text: &str) -> bool {
        if self.skip_until.is_some_and(|until| at < until) || self.last.is_none() {
            return true;
        }
        match self.skip.iter().position(|known| known == text) {
            Some(at) => {
                self.skip.swap_remove(at);
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Level, Stream};
    use super::*;

    fn line(at: i64, text: &str) -> LogLine {
        let at = Some(Timestamp::from_second(at).unwrap());
        LogLine { at, stream: Stream::Stderr, level: Level::Info, text: text.into() }
    }

    fn new<'a>(overlap: &mut Overlap, lines: &[(i64, &'a str)]) -> Vec<&'a str> {
        lines.iter().filter(|(at, text)| overlap.is_new(&line(*at, text))).map(|(_, text)| *text).collect()
    }

    #[test]
    fn what_is_repeated_is_left_out_and_nothing_else() {
        let mut overlap = Overlap::default();
        assert_eq!(new(&mut overlap, &[(1, "a"), (2, "b"), (2, "b"), (2, "c")]), ["a", "b", "b", "c"]);
        overlap.resume();
        let again = [(1, "a"), (2, "b"), (2, "b"), (2, "c"), (2, "b"), (2, "d"), (3, "a")];
        assert_eq!(new(&mut overlap, &again), ["b", "d", "a"], "a third `b` of the same time is new");
        assert!(overlap.met());
        overlap.resume();
        assert_eq!(new(&mut overlap, &[(9, "z")]), ["z"]);
        assert!(!overlap.met(), "nothing proves that nothing is missing");
    }

    #[test]
    fn a_log_can_be_read_from_a_time_on() {
        let mut overlap = Overlap::from(Some(Timestamp::from_second(5).unwrap()));
        assert_eq!(new(&mut overlap, &[(4, "a"), (5, "b"), (5, "c"), (6, "d")]), ["b", "c", "d"]);
    }
}
