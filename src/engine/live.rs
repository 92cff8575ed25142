//! The real world: Docker Engines, this machine's disk, search engines over HTTP, the clock on the wall. What the
//! environment of the process says about engines comes in as a value; the shell reads it.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::environment::Endpoint;
use crate::domain::problem::Problem;
use crate::domain::remote::Timestamp;
use crate::engine::docker::{DockerSettings, RealDocker, resolve};
use crate::engine::files::{RealFiles, read_small};
use crate::engine::search::RealSearch;
use crate::engine::{Clock, World};

/// Everything outside of the program, for real.
#[derive(Clone, Debug)]
pub struct RealWorld {
    settings: Arc<DockerSettings>,
    files: RealFiles,
    search: RealSearch,
    clock: RealClock,
}

impl RealWorld {
    /// The world, with what the environment of the process says about engines.
    pub fn new(settings: DockerSettings) -> Self {
        Self {
            settings: Arc::new(settings),
            files: RealFiles,
            search: RealSearch::default(),
            clock: RealClock,
        }
    }
}

impl World for RealWorld {
    type Docker = RealDocker;
    type Files = RealFiles;
    type Search = RealSearch;
    type Clock = RealClock;

    fn docker(&self, endpoint: Option<&Endpoint>) -> Result<RealDocker, Problem> {
        let endpoint = match endpoint {
            Some(endpoint) => endpoint.clone(),
            None => resolve(&self.settings, |path| match &self.settings.folder {
                Some(folder) => read_small(&folder.join(path)),
                None => Ok(None),
            })?,
        };
        RealDocker::new(endpoint, self.settings.tls)
    }

    fn files(&self) -> &RealFiles {
        &self.files
    }

    fn search(&self) -> &RealSearch {
        &self.search
    }

    fn clock(&self) -> &RealClock {
        &self.clock
    }
}

/// The clock on the wall.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealClock;

impl Clock for RealClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}
