//! After the gate: the new container is made permanent and what is too old is removed. Only what carries the labels of
//! this environment is ever removed, and never the container that was just replaced.

use std::collections::BTreeSet;

use crate::domain::container::{Container, ContainerId, RestartPolicy};
use crate::domain::label::{self, role};
use crate::domain::plan::{KEPT_RELEASES, ReleaseNumber};
use crate::domain::problem::Problem;
use crate::engine::Docker;

use super::Work;
use super::patience::{briefly, patiently};

impl<D: Docker> Work<'_, D> {
    /// Lets the engine start the container again by itself, from now on.
    pub(super) async fn make_permanent(&self, id: &ContainerId) -> Result<(), Problem> {
        patiently(|| self.docker.set_restart_policy(id, &RestartPolicy::UnlessStopped)).await
    }

    /// Removes the containers and volumes of releases older than the last five, and says what it removed. What cannot
    /// be removed now is removed by a later deploy.
    pub(super) async fn prune(&self) -> Result<String, Problem> {
        let mut containers = self.docker.containers(&self.labels()).await?;
        containers.retain(|container| container.has_role(role::ELASTALERT));
        containers.sort_by_key(|container| std::cmp::Reverse(container.release()));
        let previous = self.plan.previous.as_ref().map(|previous| &previous.id);
        let (kept, old): (Vec<_>, Vec<_>) = containers.iter().enumerate().partition(|(place, container)| {
            *place < KEPT_RELEASES || Some(&container.id) == previous || container.state.is_alive()
        });
        let mut removed = BTreeSet::new();
        let mut kept: BTreeSet<ReleaseNumber> =
            kept.into_iter().filter_map(|(_, container)| container.release()).collect();
        for (_, container) in old {
            match self.docker.remove(&container.id).await {
                Ok(()) => removed.extend(container.release()),
                Err(problem) => {
                    tracing::warn!(code = problem.code, "an old container stays");
                    kept.extend(container.release());
                }
            }
        }
        self.prune_volumes(&kept, &mut removed).await?;
        let removed: Vec<String> = removed.iter().map(ToString::to_string).collect();
        Ok(match removed.as_slice() {
            [] => String::new(),
            [one] => format!(", release {one} removed"),
            many => format!(", releases {} removed", many.join(", ")),
        })
    }

    async fn prune_volumes(
        &self,
        kept: &BTreeSet<ReleaseNumber>,
        removed: &mut BTreeSet<ReleaseNumber>,
    ) -> Result<(), Problem> {
        for volume in self.docker.volumes(&self.labels()).await? {
            let is_of_a_release = [role::CONFIG, role::RULES]
                .iter()
                .any(|role| volume.labels.get(label::ROLE).is_some_and(|found| found == role));
            let release = volume.labels.get(label::RELEASE).and_then(|number| number.parse().ok());
            let Some(release) = release.filter(|release| is_of_a_release && !kept.contains(release)) else {
                continue;
            };
            match self.docker.remove_volume(&volume.name).await {
                Ok(()) => {
                    removed.insert(release);
                }
                Err(problem) => tracing::warn!(code = problem.code, "an old volume stays"),
            }
        }
        Ok(())
    }

    /// Removes what a deploy made that touched nothing: its container and its volumes, known by its nonces. The lock,
    /// which holds the volumes, must be gone.
    pub(super) async fn remove_traces(&self, nonces: &[&str]) -> Result<(), Problem> {
        let mine = |labels: &label::Labels| {
            labels.get(label::NONCE).is_some_and(|found| nonces.contains(&found.as_str()))
        };
        let labels = self.labels();
        let containers: Vec<Container> = briefly(|| self.docker.containers(&labels)).await?;
        for container in containers.iter().filter(|container| mine(&container.labels)) {
            briefly(|| self.docker.remove(&container.id)).await?;
        }
        let volumes = briefly(|| self.docker.volumes(&labels)).await?;
        for volume in volumes.iter().filter(|volume| mine(&volume.labels)) {
            briefly(|| self.docker.remove_volume(&volume.name)).await?;
        }
        Ok(())
    }
}
