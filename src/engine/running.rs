//! The files that a container really has, and whether they are what would be deployed. They are read through the
//! archive API, so that the container need not run and nothing is executed in it.

use crate::domain::container::Container;
use crate::domain::environment::{EnvName, Mounts};
use crate::domain::health::Sync;
use crate::domain::overview::Overview;
use crate::domain::problem::Problem;
use crate::domain::tree::Tree;
use crate::engine::{Docker, Engine, World};

/// Reads the files below the `config` and `rules` mounts of a container, running or not.
pub async fn running_files<D: Docker>(
    _docker: &D,
    container: &Container,
    _mounts: &Mounts,
) -> Result<Tree, Problem> {
    Err(unread(&container.name))
}

fn unread(what: &str) -> Problem {
    Problem::new("workspace.unread", format!("this build cannot read {what} yet"))
}

impl<W: World> Engine<W> {
    /// Whether the files of a container are those that the environment would be deployed with. Secrets are asked of
    /// their providers, commands aside; where only secrets that could not be had stand between the two, it is
    /// [`Sync::Unknown`].
    pub async fn sync(
        &self,
        overview: &Overview,
        environment: &EnvName,
        docker: &W::Docker,
        container: &Container,
    ) -> Result<Sync, Problem> {
        let mounts = overview
            .workspace
            .environment(environment)
            .map(|environment| environment.target.mounts.clone())
            .unwrap_or_default();
        running_files(docker, container, &mounts).await.map(|_| Sync::Unknown)
    }
}
