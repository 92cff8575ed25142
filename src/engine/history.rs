//! What became of an environment so far: the records of its journal, and the releases that are stored. Both are read from
//! its engine, so that every colleague sees the same.

use crate::domain::environment::EnvName;
use crate::domain::journal::Record;
use crate::domain::label::{self, Labels};
use crate::domain::overview::Overview;
use crate::domain::plan::ReleaseNumber;
use crate::domain::problem::Problem;
use crate::domain::stored::StoredRelease;
use crate::engine::state::Owned;
use crate::engine::workspace::find;
use crate::engine::{Docker, Engine, World};

impl<W: World> Engine<W> {
    /// What every deploy of an environment came to, newest first.
    pub async fn history(&self, overview: &Overview, environment: &EnvName) -> Result<Vec<Record>, Problem> {
        let looked = self.look_at(overview, environment).await?;
        looked.state(overview, environment).records(&looked.containers, looked.image.as_deref()).await
    }

    /// A release as it is stored on the engine; `None` when it is not kept.
    pub async fn stored_release(
        &self,
        overview: &Overview,
        environment: &EnvName,
        release: ReleaseNumber,
    ) -> Result<Option<StoredRelease>, Problem> {
        let looked = self.look_at(overview, environment).await?;
        let state = looked.state(overview, environment);
        state.stored(release, &looked.containers, looked.image.as_deref()).await
    }

    /// What must be known of an engine to read the state of an environment.
    async fn look_at(
        &self,
        overview: &Overview,
        environment: &EnvName,
    ) -> Result<Looked<W::Docker>, Problem> {
        let found = find(&overview.workspace, environment)?;
        let docker = self.world.docker(found.target.docker.as_ref())?;
        let ours = Labels::from([
            (label::WORKSPACE.to_owned(), overview.workspace.name.clone()),
            (label::ENVIRONMENT.to_owned(), environment.as_str().to_owned()),
        ]);
        let containers = docker.containers(&ours).await?;
        let image = match found.target.image.as_deref() {
            Some(image) if !image.is_empty() => docker.image(image).await?.map(|image| image.id),
            _ => None,
        };
        Ok(Looked { docker, containers, image })
    }
}

/// What is on an engine.
struct Looked<D> {
    docker: D,
    containers: Vec<crate::domain::container::Container>,
    image: Option<String>,
}

impl<D: Docker> Looked<D> {
    fn state<'a>(&'a self, overview: &'a Overview, environment: &'a EnvName) -> Owned<'a, D> {
        Owned { docker: &self.docker, workspace: &overview.workspace.name, environment }
    }
}
