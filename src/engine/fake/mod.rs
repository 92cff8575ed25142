//! A world that exists only in memory, for tests and for `alertdeck demo`: engines whose containers run scripted
//! programs, a disk, a search engine and a clock that a test can move. It answers only what the contract suite saw
//! the real ones answer, and every clone shares the same world.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::domain::environment::Endpoint;
use crate::domain::problem::Problem;
use crate::domain::remote::Timestamp;
use crate::engine::{Clock, World};

pub use answer::Answer;
pub use docker::FakeDocker;
pub use fault::{Call, Fault, Trouble};
pub use files::{FakeFiles, Hanging};
pub use program::{Behaviour, Fate, Launch, Program};
pub use script::{Event, Repeat, Script};
pub use search::FakeSearch;
pub use state::Given;
pub use tree::{Node, Tree};

mod answer;
mod call;
pub mod demo;
mod docker;
mod fault;
mod files;
mod listen;
mod program;
mod script;
mod search;
mod state;
mod terminal;
mod tree;

#[cfg(test)]
mod tests;

/// Where the engine listens that is asked for when no endpoint is named.
pub const DEFAULT_ENDPOINT: &str = "unix:///var/run/docker.sock";

/// Everything outside of the program, in memory.
#[derive(Clone, Debug)]
pub struct FakeWorld {
    engines: Arc<Mutex<BTreeMap<Endpoint, FakeDocker>>>,
    files: Arc<FakeFiles>,
    search: Arc<FakeSearch>,
    clock: FakeClock,
}

impl FakeWorld {
    /// An empty world in which it is now `base`: one engine that answers at the default endpoint and holds nothing,
    /// an empty disk, a search engine that is not there.
    pub fn new(base: Timestamp) -> Self {
        let clock = FakeClock::new(base);
        let endpoint = Endpoint(DEFAULT_ENDPOINT.to_owned());
        let engine = FakeDocker::new(endpoint.clone(), clock.clone());
        Self {
            engines: Arc::new(Mutex::new(BTreeMap::from([(endpoint, engine)]))),
            files: Arc::new(FakeFiles::default()),
            search: Arc::new(FakeSearch::default()),
            clock,
        }
    }

    /// The engine at an endpoint, to arrange or to look at; it is made, and answers, when there was none.
    pub fn engine(&self, endpoint: &str) -> FakeDocker {
        let endpoint = Endpoint(endpoint.to_owned());
        self.engines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(endpoint.clone())
            .or_insert_with(|| FakeDocker::new(endpoint, self.clock.clone()))
            .clone()
    }

    /// The engine at the default endpoint.
    pub fn default_engine(&self) -> FakeDocker {
        self.engine(DEFAULT_ENDPOINT)
    }
}

impl World for FakeWorld {
    type Docker = FakeDocker;
    type Files = FakeFiles;
    type Search = FakeSearch;
    type Clock = FakeClock;

    fn docker(&self, endpoint: Option<&Endpoint>) -> Result<FakeDocker, Problem> {
        let endpoint = endpoint.map_or(DEFAULT_ENDPOINT, |endpoint| endpoint.0.as_str());
        let known = self
            .engines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&Endpoint(endpoint.to_owned()))
            .cloned();
        Ok(known.unwrap_or_else(|| {
            let nobody = FakeDocker::new(Endpoint(endpoint.to_owned()), self.clock.clone());
            nobody.go_down();
            nobody
        }))
    }

    fn files(&self) -> &FakeFiles {
        &self.files
    }

    fn search(&self) -> &FakeSearch {
        &self.search
    }

    fn clock(&self) -> &FakeClock {
        &self.clock
    }
}

/// A clock that follows tokio's, so that a test which pauses tokio's time pauses the whole world.
#[derive(Clone, Debug)]
pub struct FakeClock {
    base: Timestamp,
    started: tokio::time::Instant,
}

impl FakeClock {
    /// A clock that shows `base` now.
    pub fn new(base: Timestamp) -> Self {
        Self { base, started: tokio::time::Instant::now() }
    }

    /// When tokio's clock reaches that time.
    pub(crate) fn instant(&self, at: Timestamp) -> tokio::time::Instant {
        let after = at.duration_since(self.base);
        self.started + Duration::try_from(after).unwrap_or_default()
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        self.base.saturating_add(self.started.elapsed()).unwrap_or(self.base)
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}
