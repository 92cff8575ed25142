//! What a running deploy tells: each step as it begins, speaks and ends, and at last the verdict. The console and the
//! command line show the same values.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::environment::EnvName;
use crate::domain::plan::{ReleaseNumber, Step};
use crate::domain::problem::Problem;

/// One thing a running deploy says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Progress {
    /// The step it is about.
    pub step: Step,
    /// What happened to it.
    pub event: StepEvent,
}

/// What happened to a step.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum StepEvent {
    /// It began.
    Started,
    /// It has something to say while it runs; the newest note replaces the one before.
    Note {
        /// One line.
        text: String,
    },
    /// It ended well.
    Done {
        /// How long it took.
        took: Duration,
        /// What there is to say about it, in one line; may be empty.
        text: String,
    },
    /// It failed.
    Failed {
        /// Why.
        problem: Problem,
        /// How long it took.
        took: Duration,
    },
}

/// How a deploy ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The new one runs and is proven.
    Healthy,
    /// What runs was already what would be deployed.
    NothingToDo,
    /// The deploy failed before anything that lives was touched.
    Refused,
    /// The deploy failed and the old one runs again and is proven.
    PutBack,
    /// The deploy failed and nothing runs.
    Down,
}

/// The whole outcome of a deploy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeployReport {
    /// The environment.
    pub environment: EnvName,
    /// The release that was tried.
    pub release: ReleaseNumber,
    /// How it ended.
    pub verdict: Verdict,
    /// The container that ran before; `None`: nothing ran, so there was nothing to put back.
    pub before: Option<String>,
    /// Why it was not healthy.
    pub cause: Option<Problem>,
    /// The last lines of the failed container's log, sanitised and with secrets masked.
    pub log_tail: Vec<String>,
    /// What a person types when nothing runs: what brings back what ran before, or, where nothing did, what shows
    /// why the new one is not healthy.
    pub commands: Vec<String>,
    /// How long each step took.
    pub timings: Vec<(Step, Duration)>,
}
