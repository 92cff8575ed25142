//! What is known of the world outside: per engine and per environment the newest answers, each with its age and with
//! the problem that keeps us from a newer one. This is the only copy; screens read it.

use std::collections::BTreeMap;

use crate::domain::container::{Container, EngineInfo};
use crate::domain::environment::{Endpoint, EnvName};
use crate::domain::fact::{Fact, FactKind};
use crate::domain::health::{Ladder, Sync};
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

    /// Takes in what was seen.
    pub fn apply(&mut self, fact: Fact) {
        let at = fact.at;
        match fact.what {
            FactKind::Engine { endpoint, environments, answer, retry } => {
                if let Err(problem) = &answer {
                    for name in &environments {
                        let known = self.environments.entry(name.clone()).or_default();
                        known.containers.answer(Err(problem.clone()), at);
                        known.processes.answer(Err(problem.clone()), at);
                        known.sync.answer(Err(problem.clone()), at);
                    }
                }
                let known = self.engines.iter_mut().find(|engine| engine.endpoint == endpoint);
                if let Some(engine) = known {
                    engine.environments = environments;
                    engine.answer.answer(answer, at);
                    engine.retry = retry;
                } else {
                    let mut first = Remote::Unknown;
                    first.answer(answer, at);
                    self.engines.push(EngineFacts { endpoint, environments, answer: first, retry });
                }
            }
            FactKind::Containers { environment, answer } => {
                self.environments.entry(environment).or_default().containers.answer(answer, at);
            }
            FactKind::Processes { environment, answer } => {
                self.environments.entry(environment).or_default().processes.answer(answer, at);
            }
            FactKind::Health { environment, ladder } => {
                self.environments.entry(environment).or_default().ladder.answer(Ok(ladder), at);
            }
            FactKind::Sync { environment, sync } => {
                self.environments.entry(environment).or_default().sync.answer(sync, at);
            }
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
