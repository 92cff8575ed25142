//! The health of an environment as a ladder: engine, container, process, rules, search, runs, alerts. Each rung has
//! a state, its evidence in words and the age of that evidence. Unknown is never green, and a rung above a failing
//! one is unknown.

use std::fmt;

use serde::Serialize;

use crate::domain::remote::Timestamp;

pub use expect::expected_runs;
pub use vitals::{AlertCount, Baseline, ExpectedRun, RuleRun, Vitals};

mod expect;
mod judge;
#[cfg(test)]
mod tests;
mod vitals;

/// A rung of the ladder, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RungName {
    /// The engine answers.
    Engine,
    /// The container runs and was not restarted.
    Container,
    /// `ElastAlert` itself lives.
    Process,
    /// It loaded all rules.
    Rules,
    /// Its queries are answered.
    Search,
    /// Each rule ran when it should have.
    Runs,
    /// Alerts could be sent.
    Alerts,
}

impl RungName {
    /// All rungs, lowest first.
    pub const ALL: [Self; 7] =
        [Self::Engine, Self::Container, Self::Process, Self::Rules, Self::Search, Self::Runs, Self::Alerts];

    /// Its name on screens and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Engine => "engine",
            Self::Container => "container",
            Self::Process => "process",
            Self::Rules => "rules",
            Self::Search => "search",
            Self::Runs => "runs",
            Self::Alerts => "alerts",
        }
    }
}

/// The state of a rung, or of a whole ladder, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// As it should be.
    Ok,
    /// Works, but not as it should.
    Degraded,
    /// We cannot tell.
    Unknown,
    /// Does not work.
    Failing,
}

impl State {
    /// Its word, which stands beside every colour.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Unknown => "unknown",
            Self::Failing => "failing",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One rung with its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rung {
    /// Which one.
    pub name: RungName,
    /// Its state.
    pub state: State,
    /// Why we say so, in words: `12 rules loaded, 12 expected`.
    pub evidence: String,
    /// When that was seen; `None` when it never was.
    pub at: Option<Timestamp>,
}

/// The health of an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ladder {
    /// One rung for each [`RungName`], lowest first.
    pub rungs: Vec<Rung>,
    /// Whether anything of this environment is deployed at all, where that is known.
    pub deployed: Option<bool>,
}

impl Ladder {
    /// The rung that makes the whole what it is, unless all is well: the first one in the state of the whole.
    pub fn first_trouble(&self) -> Option<&Rung> {
        let state = self.state();
        self.rungs.iter().find(|rung| state != State::Ok && rung.state == state)
    }

    /// The state of the whole: the first failing or unknown rung decides, else the worst.
    pub fn state(&self) -> State {
        self.rungs
            .iter()
            .map(|rung| rung.state)
            .find(|state| matches!(state, State::Failing | State::Unknown))
            .or_else(|| self.rungs.iter().map(|rung| rung.state).max())
            .unwrap_or(State::Unknown)
    }
}

/// Whether what runs is what the workspace would deploy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "sync")]
pub enum Sync {
    /// Not compared, or not comparable.
    #[default]
    Unknown,
    /// Nothing is deployed.
    Absent,
    /// The same files.
    InSync,
    /// Files differ.
    Differs {
        /// How many.
        files: usize,
    },
}

impl Rung {
    fn new(name: RungName, state: State, evidence: impl Into<String>, at: Option<Timestamp>) -> Self {
        Self { name, state, evidence: evidence.into(), at }
    }
}

impl Ladder {
    /// The rung of that name.
    pub fn rung(&self, name: RungName) -> Option<&Rung> {
        self.rungs.iter().find(|rung| rung.name == name)
    }
}
