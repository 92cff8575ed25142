//! What the engine tells while it watches. A fact is small, carries when it was seen, and replaces what was known;
//! losing the engine is a fact as well.

use crate::domain::container::{Container, EngineInfo};
use crate::domain::environment::{Endpoint, EnvName};
use crate::domain::health::{Ladder, Sync};
use crate::domain::operation::Operation;
use crate::domain::problem::Problem;
use crate::domain::process::ProcessTable;
use crate::domain::remote::Timestamp;

/// Something that was seen, or could not be.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: FactKind,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq)]
pub enum FactKind {
    /// An engine answered, or did not. `retry` is when it will be asked again.
    Engine {
        /// Where.
        endpoint: Endpoint,
        /// The environments that are deployed there.
        environments: Vec<EnvName>,
        /// Who answered, or why nobody did.
        answer: Result<EngineInfo, Problem>,
        /// When it is asked again.
        retry: Option<Timestamp>,
    },
    /// The containers of an environment: the current one first, kept ones after it.
    Containers {
        /// The environment.
        environment: EnvName,
        /// All of ours that are there.
        answer: Result<Vec<Container>, Problem>,
    },
    /// The processes in the current container.
    Processes {
        /// The environment.
        environment: EnvName,
        /// Its processes.
        answer: Result<ProcessTable, Problem>,
    },
    /// The health of an environment, made from all that is known at that time.
    Health {
        /// The environment.
        environment: EnvName,
        /// Its ladder.
        ladder: Ladder,
    },
    /// What is being done to an environment, by whomever.
    Operation {
        /// The environment.
        environment: EnvName,
        /// What its lock and its journal say.
        operation: Result<Operation, Problem>,
    },
    /// Whether what runs is what would be deployed.
    Sync {
        /// The environment.
        environment: EnvName,
        /// The comparison.
        sync: Result<Sync, Problem>,
    },
}
