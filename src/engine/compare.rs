//! What differs: the rendering of an environment against that of another one or against the files that the running
//! container really has. Secrets are compared by value where they can be had, and never shown.

use crate::domain::container::current;
use crate::domain::diff::compare::diff;
use crate::domain::diff::side::Side;
use crate::domain::diff::{Against, Diff};
use crate::domain::environment::EnvName;
use crate::domain::label::{labels, role};
use crate::domain::overview::Overview;
use crate::domain::problem::Problem;
use crate::domain::secret::Secret;
use crate::engine::workspace::{Fetched, Secrets, find, work};
use crate::engine::{Docker, Engine, World};

impl<W: World> Engine<W> {
    /// Compares what an environment would be deployed with: the new side is the environment, the old side is
    /// `against`. With nothing deployed, every file is an added one.
    pub async fn compare(
        &self,
        overview: &Overview,
        environment: &EnvName,
        against: Against,
    ) -> Result<Diff, Problem> {
        let (old, new) = match against {
            Against::Environment(other) => self.environments(overview, &other, environment).await?,
            Against::Running => self.running(overview, environment, Fetched::default()).await?,
        };
        work(move || diff(&old, &new)).await
    }

    /// Compares with what runs, by secrets that were asked for already.
    pub(crate) async fn compare_running(
        &self,
        overview: &Overview,
        environment: &EnvName,
        fetched: Fetched,
    ) -> Result<Diff, Problem> {
        let (old, new) = self.running(overview, environment, fetched).await?;
        work(move || diff(&old, &new)).await
    }

    async fn running(
        &self,
        overview: &Overview,
        environment: &EnvName,
        fetched: Fetched,
    ) -> Result<(Side, Side), Problem> {
        let settings = find(&overview.workspace, environment)?;
        let docker = self.world.docker(settings.target.docker.as_ref())?;
        let ours = labels(&overview.workspace.name, environment, role::ELASTALERT, None);
        let containers = docker.containers(&ours).await?;
        if let Some(container) = current(&containers) {
            return self.sides(overview, environment, &docker, container, fetched, true).await;
        }
        let new = self.rendering(&overview.workspace, environment).await?;
        Ok((Side::nothing("nothing deployed"), Side::of(&new)))
    }

    /// Two environments. A secret that both have from the same source is the same one and is not asked for.
    async fn environments(
        &self,
        overview: &Overview,
        old: &EnvName,
        new: &EnvName,
    ) -> Result<(Side, Side), Problem> {
        let workspace = &overview.workspace;
        let (left, right) = (find(workspace, old)?, find(workspace, new)?);
        let mut shared = Secrets::new();
        let mut asked = Vec::new();
        for (key, source) in &left.secrets {
            if right.secrets.get(key) == Some(source) {
                // Any value does, as long as both sides have it; it is masked like every secret.
                shared.insert(key.clone(), Secret::new(format!("the same {key} on both sides")));
            } else {
                asked.push(key.clone());
            }
        }
        let more = right.secrets.keys().filter(|key| !left.secrets.contains_key(*key)).cloned();
        asked.extend(more);
        let (mut of_left, _) = self.fetch(left, &asked, true).await;
        let (mut of_right, _) = self.fetch(right, &asked, true).await;
        of_left.extend(shared.clone());
        of_right.extend(shared);
        let old = self.render_with(workspace, old, of_left).await?;
        let new = self.render_with(workspace, new, of_right).await?;
        work(move || (Side::of(&old), Side::of(&new))).await
    }
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
