//! Values that come from elsewhere, and how sure we are of them. An outage must never look like emptiness, so
//! whatever the engine says is kept as [`Remote`]: with the time it was seen, and with the problem that keeps us
//! from seeing it now.

use crate::domain::problem::Problem;

/// A point in time. It comes from the clock of the world and is only compared and printed here.
pub type Timestamp = jiff::Timestamp;

/// The time from one point to another, which may lie before it.
pub type SignedDuration = jiff::SignedDuration;

/// A value and the time at which it was true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen<T> {
    /// What was seen.
    pub value: T,
    /// When.
    pub at: Timestamp,
}

/// What we know of something that lives elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Remote<T> {
    /// Nobody has asked yet.
    #[default]
    Unknown,
    /// Asked, not answered; `last` is what was seen before.
    Loading {
        /// The value before.
        last: Option<Seen<T>>,
    },
    /// Answered.
    Ready(Seen<T>),
    /// The answer was an error; `last` is what was seen before.
    Failed {
        /// Why there is no current value.
        problem: Problem,
        /// The value before.
        last: Option<Seen<T>>,
    },
}

impl<T> Remote<T> {
    /// The newest value, current or not.
    pub fn last(&self) -> Option<&Seen<T>> {
        match self {
            Self::Unknown => None,
            Self::Loading { last } | Self::Failed { last, .. } => last.as_ref(),
            Self::Ready(seen) => Some(seen),
        }
    }

    /// The value, only if it is current.
    pub fn current(&self) -> Option<&T> {
        match self {
            Self::Ready(seen) => Some(&seen.value),
            Self::Unknown | Self::Loading { .. } | Self::Failed { .. } => None,
        }
    }

    /// Why there is no current value.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Failed { problem, .. } => Some(problem),
            Self::Unknown | Self::Loading { .. } | Self::Ready(_) => None,
        }
    }

    /// A current value.
    pub fn ready(value: T, at: Timestamp) -> Self {
        Self::Ready(Seen { value, at })
    }

    /// Takes an answer, keeping the last value when it is an error.
    pub fn answer(&mut self, answer: Result<T, Problem>, at: Timestamp) {
        *self = match answer {
            Ok(value) => Self::ready(value, at),
            Err(problem) => Self::Failed { problem, last: self.take_last() },
        };
    }

    /// Notes that the value was asked for again.
    pub fn ask(&mut self) {
        *self = Self::Loading { last: self.take_last() };
    }

    fn take_last(&mut self) -> Option<Seen<T>> {
        match std::mem::take(self) {
            Self::Unknown => None,
            Self::Loading { last } | Self::Failed { last, .. } => last,
            Self::Ready(seen) => Some(seen),
        }
    }
}

/// How old something is, in the coarse steps that screens show, so that a frame need not be drawn each second.
///
/// Below 5 s it is `now`; then steps of 5 s, 30 s, a minute, 5 minutes, an hour, a day.
pub fn age(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(at.as_second()).max(0);
    match seconds {
        0..5 => "now".into(),
        5..30 => format!("{} s", seconds / 5 * 5),
        30..60 => "30 s".into(),
        60..300 => format!("{} min", seconds / 60),
        300..3600 => format!("{} min", seconds / 300 * 5),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn an_outage_is_not_emptiness() {
        let mut containers = Remote::ready(vec!["elastalert-ci-1"], at(10));
        containers.answer(Err(Problem::new("engine.unreachable", "no engine")), at(20));
        assert_eq!(containers.current(), None);
        assert_eq!(containers.last().unwrap().value, ["elastalert-ci-1"]);
        assert_eq!(containers.problem().unwrap().code, "engine.unreachable");
    }

    #[test]
    fn ages_change_in_coarse_steps_and_never_run_backwards() {
        let shown: Vec<String> = [0, 4, 5, 29, 30, 59, 60, 299, 300, 3599, 3600, 86_400]
            .iter()
            .map(|s| age(at(0), at(*s)))
            .collect();
        assert_eq!(
            shown,
            ["now", "now", "5 s", "25 s", "30 s", "30 s", "1 min", "4 min", "5 min", "55 min", "1 h", "1 d"]
        );
        assert_eq!(age(at(50), at(0)), "now", "a clock that runs ahead does not make negative ages");
    }
}
