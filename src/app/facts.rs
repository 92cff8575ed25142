//! What is known of the world outside: per engine and per environment the newest answers, each with its age and with
//! the problem that keeps us from a newer one. This is the only copy; screens read it.

use std::collections::BTreeMap;

use crate::domain::container::{Container, EngineInfo};
use crate::domain::environment::{Endpoint, EnvName};
use crate::domain::fact::{Fact, FactKind};
use crate::domain::health::{Ladder, Sync};
use crate::domain::operation::Operation;
use crate::domain::problem::Problem;
use crate::domain::process::ProcessTable;
use crate::domain::remote::{Remote, Timestamp};

/// What is known of one engine.
#[derive(Clone, Debug, PartialEq)]
pub struct EngineFacts {
    /// Where it listens.
    pub endpoint: Endpoint,
    /// The environments that are deployed there.
    pub environments: Vec<EnvName>,
    /// Who answered.
    pub answer: Remote<EngineInfo>,
    /// When it is asked again.
    pub retry: Option<Timestamp>,
}

/// What is known of one environment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EnvironmentFacts {
    /// Its containers, the current one first.
    pub containers: Remote<Vec<Container>>,
    /// The processes in the current one.
    pub processes: Remote<ProcessTable>,
    /// Its health.
    pub ladder: Remote<Ladder>,
    /// What is being done to it, by whomever.
    pub operation: Remote<Operation>,
    /// Whether what runs is what would be deployed.
    pub sync: Remote<Sync>,
}

/// All that is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Engines, in the order in which they spoke first.
    pub engines: Vec<EngineFacts>,
    environments: BTreeMap<EnvName, EnvironmentFacts>,
}

impl Facts {
    /// What is known of an environment.
    pub fn environment(&self, name: &EnvName) -> Option<&EnvironmentFacts> {
        self.environments.get(name)
    }

    /// The engine that an environment is deployed on.
    pub fn engine_of(&self, name: &EnvName) -> Option<&EngineFacts> {
        self.engines.iter().find(|engine| engine.environments.contains(name))
    }

    /// The engines that do not answer.
    pub fn unreachable(&self) -> impl Iterator<Item = &EngineFacts> {
        self.engines.iter().filter(|engine| engine.answer.problem().is_some())
    }

    /// Takes in what was seen, and says whether anything but its time is new.
    pub fn apply(&mut self, fact: Fact) -> bool {
        let at = fact.at;
        match fact.what {
            FactKind::Engine { endpoint, environments, answer, retry } => {
                self.apply_engine(endpoint, environments, answer, retry, at)
            }
            FactKind::Containers { environment, answer } => {
                take(&mut self.known(environment).containers, answer, at)
            }
            FactKind::Processes { environment, answer } => {
                take(&mut self.known(environment).processes, answer, at)
            }
            FactKind::Health { environment, ladder } => {
                take_ladder(&mut self.known(environment).ladder, ladder, at)
            }
            FactKind::Operation { environment, operation } => {
                take(&mut self.known(environment).operation, operation, at)
            }
            FactKind::Sync { environment, sync } => take(&mut self.known(environment).sync, sync, at),
        }
    }

    fn known(&mut self, environment: EnvName) -> &mut EnvironmentFacts {
        self.environments.entry(environment).or_default()
    }

    /// What cannot be asked any more is failed as well, and keeps what was seen last.
    fn apply_engine(
        &mut self,
        endpoint: Endpoint,
        environments: Vec<EnvName>,
        answer: Result<EngineInfo, Problem>,
        retry: Option<Timestamp>,
        at: Timestamp,
    ) -> bool {
        if let Err(problem) = &answer {
            for name in &environments {
                let known = self.environments.entry(name.clone()).or_default();
                known.containers.answer(Err(problem.clone()), at);
                known.processes.answer(Err(problem.clone()), at);
                known.operation.answer(Err(problem.clone()), at);
                known.sync.answer(Err(problem.clone()), at);
            }
        }
        if let Some(engine) = self.engines.iter_mut().find(|engine| engine.endpoint == endpoint) {
            let same = engine.environments == environments && engine.retry == retry;
            engine.environments = environments;
            engine.retry = retry;
            // A clock that ticks is no news.
            let answer = answer.map(|info| EngineInfo { time: None, ..info });
            take(&mut engine.answer, answer, at) || !same
        } else {
            let mut first = Remote::Unknown;
            first.answer(answer.map(|info| EngineInfo { time: None, ..info }), at);
            self.engines.push(EngineFacts { endpoint, environments, answer: first, retry });
            true
        }
    }

    /// Forgets engines and environments that the workspace no longer has.
    pub fn keep(&mut self, names: &[EnvName]) {
        self.environments.retain(|name, _| names.contains(name));
        for engine in &mut self.engines {
            engine.environments.retain(|name| names.contains(name));
        }
        self.engines.retain(|engine| !engine.environments.is_empty());
    }
}

/// Takes an answer in, and says whether it is another one than before.
fn take<T: PartialEq>(known: &mut Remote<T>, answer: Result<T, Problem>, at: Timestamp) -> bool {
    let same = match (&*known, &answer) {
        (Remote::Ready(seen), Ok(value)) => seen.value == *value,
        (Remote::Failed { problem, .. }, Err(new)) => problem == new,
        _ => false,
    };
    known.answer(answer, at);
    !same
}

/// The same for a ladder, whose evidence is seen again at each look.
fn take_ladder(known: &mut Remote<Ladder>, ladder: Ladder, at: Timestamp) -> bool {
    let same = known.current().is_some_and(|before| {
        before.deployed == ladder.deployed
            && before.rungs.len() == ladder.rungs.len()
            && before.rungs.iter().zip(&ladder.rungs).all(|(before, now)| {
                (before.name, before.state, &before.evidence) == (now.name, now.state, &now.evidence)
            })
    });
    known.answer(Ok(ladder), at);
    !same
}
