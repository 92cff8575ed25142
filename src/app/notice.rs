//! Messages that wait to be read: several, each with its age, and none pushes another one out unseen. The same problem
//! said again only counts up.

use crate::domain::problem::Problem;
use crate::domain::remote::Timestamp;

/// How many are kept.
const MOST: usize = 50;

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// When it was said last.
    pub at: Timestamp,
    /// What it says.
    pub problem: Problem,
    /// How often it was said.
    pub count: usize,
}

/// All messages, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notices {
    all: Vec<Notice>,
    dropped: usize,
}

impl Notices {
    /// Adds one.
    pub fn add(&mut self, problem: Problem, at: Timestamp) {
        let same =
            |notice: &Notice| notice.problem.code == problem.code && notice.problem.what == problem.what;
        let count = match self.all.iter().position(same) {
            Some(index) => self.all.remove(index).count + 1,
            None => 1,
        };
        self.all.push(Notice { at, problem, count });
        if self.all.len() > MOST {
            self.all.remove(0);
            self.dropped += 1;
        }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// All, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Notice> {
        self.all.iter().rev()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// How many older ones were dropped.
    pub fn dropped(&self) -> usize {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_problem_counts_up_and_old_ones_are_counted_when_dropped() {
        let mut notices = Notices::default();
        let at = Timestamp::from_second(1).unwrap();
        for index in 0..60 {
            notices.add(Problem::new("a.b", format!("problem {}", index.min(54))), at);
        }
        assert_eq!(notices.newest_first().next().unwrap().count, 6);
        assert_eq!((notices.count(), notices.dropped()), (50, 5));
    }
}
