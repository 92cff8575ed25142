//! All evidence about one environment, each piece with the time it was seen. It is collected by whoever watches and
//! judged as a whole, so that the console and the `status` verb say the same about the same evidence.

use std::time::Duration;

use serde::Serialize;

use crate::domain::container::{Container, EngineInfo};
use crate::domain::loader::Loader;
use crate::domain::process::ProcessTable;
use crate::domain::remote::{Remote, Timestamp};

/// What a container was when it was first seen; it should be the same later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Baseline {
    /// When it had been started.
    pub started_at: Option<Timestamp>,
    /// How often the engine had started it again.
    pub restart_count: i64,
}

impl Baseline {
    /// What a container is now.
    pub fn of(container: &Container) -> Self {
        Self { started_at: container.started_at, restart_count: container.restart_count }
    }
}

/// The newest run that `ElastAlert` wrote down for a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleRun {
    /// The rule's name, sanitised.
    pub rule: String,
    /// When it wrote that.
    pub at: Timestamp,
}

/// A rule that should run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedRun {
    /// The rule's name, sanitised.
    pub rule: String,
    /// How often; `None` when that is not known, and then it is not judged.
    pub every: Option<Duration>,
}

/// Alerts of the last day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AlertCount {
    /// Sent.
    pub sent: u64,
    /// Not sent.
    pub failed: u64,
    /// Why the newest one was not sent, sanitised and with secrets masked.
    pub failure: Option<String>,
}

/// Everything that the health of an environment is judged by.
#[derive(Clone, Debug, PartialEq)]
pub struct Vitals {
    /// The time at which it is judged.
    pub now: Timestamp,
    /// Who answers.
    pub engine: Remote<EngineInfo>,
    /// The current container; `None`: nothing is deployed.
    pub container: Remote<Option<Container>>,
    /// What that container was when it was first seen.
    pub baseline: Option<Baseline>,
    /// Its processes.
    pub processes: Remote<ProcessTable>,
    /// What its log said since it was started; `None`: the log was not read.
    pub loader: Option<Loader>,
    /// How many rules it was given; `None`: not known.
    pub expected_rules: Option<usize>,
    /// Our own question to the search engine.
    pub search: Remote<()>,
    /// The newest run of each rule.
    pub runs: Remote<Vec<RuleRun>>,
    /// The rules that should run; `None`: not known.
    pub expected_runs: Option<Vec<ExpectedRun>>,
    /// Alerts of the last day.
    pub alerts: Remote<AlertCount>,
}

impl Vitals {
    /// Nothing is known yet.
    pub fn unknown(now: Timestamp) -> Self {
        Self {
            now,
            engine: Remote::Unknown,
            container: Remote::Unknown,
            baseline: None,
            processes: Remote::Unknown,
            loader: None,
            expected_rules: None,
            search: Remote::Unknown,
            runs: Remote::Unknown,
            expected_runs: None,
            alerts: Remote::Unknown,
        }
    }
}
