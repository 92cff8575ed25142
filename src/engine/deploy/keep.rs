//! After the gate: the new container is made permanent and what is too old is removed. Only what carries the labels of
//! this environment is ever removed, and never the container that was just replaced.

use std::collections::BTreeSet;

use crate::domain::container::{Container, ContainerId, RestartPolicy};
use crate::domain::label::{self, role};
use crate::domain::plan::{KEPT_RELEASES, ReleaseNumber};
use crate::domain::problem::Problem;
use crate::domain::stored::outdated;
use crate::engine::state::Journal;
use crate::engine::{Docker, World};

use super::Work;
use super::patience::{briefly, patiently};
use super::run::Run;

/// The releases that were proven: what lives, what was made permanent, also when somebody stopped it by hand, and what
/// later ones name.
fn proven(containers: &[Container]) -> BTreeSet<ReleaseNumber> {
    let permanent = |container: &&Container| container.restart_policy != RestartPolicy::No;
    let good = containers.iter().filter(|container| container.state.is_alive() || permanent(container));
    let named = containers.iter().filter_map(|container| container.labels.get(label::PROVEN)?.parse().ok());
    good.filter_map(Container::release).chain(named).collect()
}

/// One that was made before releases named the proven one is not known to have failed.
fn has_failed(container: &Container, proven: &BTreeSet<ReleaseNumber>) -> bool {
    container.labels.contains_key(label::PROVEN)
        && container.release().is_none_or(|release| !proven.contains(&release))
}

/// How many stored releases are taken away at once; those that are older were taken away before.
const MOST_FORGOTTEN: usize = 50;

impl<W: World> Run<'_, W> {
    /// Removes what is too old: containers and volumes, and stored releases.
    pub(super) async fn prune(&self) -> Result<String, Problem> {
        let text = self.work.prune().await?;
        let Some(journal) = &self.journal else { return Ok(text) };
        if let Err(problem) = self.prune_stored(journal).await {
            tracing::warn!(code = problem.code, "stored releases that are too old stay");
        }
        Ok(text)
    }

    async fn prune_stored(&self, journal: &Journal) -> Result<(), Problem> {
        let work = self.work;
        let containers = work.docker.containers(&work.labels()).await?;
        let records = work.state().records(&containers, None).await?;
        let kept = containers.iter().filter(|container| container.has_role(role::ELASTALERT));
        let kept = kept.filter_map(Container::release).collect();
        let mut old = outdated(&records, work.plan.release, &kept);
        old.truncate(MOST_FORGOTTEN);
        if old.is_empty() {
            return Ok(());
        }
        journal.forget(&work.docker, self.now(), &old).await
    }
}

impl<D: Docker> Work<'_, D> {
    /// Lets the engine start the container again by itself, from now on.
    pub(super) async fn make_permanent(&self, id: &ContainerId) -> Result<(), Problem> {
        patiently(|| self.docker.set_restart_policy(id, &RestartPolicy::UnlessStopped)).await
    }

    /// The containers of this environment that run `ElastAlert`, newest release first.
    async fn releases(&self) -> Result<Vec<Container>, Problem> {
        let mut containers = self.docker.containers(&self.labels()).await?;
        containers.retain(|container| container.has_role(role::ELASTALERT));
        containers.sort_by_key(|container| std::cmp::Reverse(container.release()));
        Ok(containers)
    }

    /// The newest release that is known to have been proven; 0 where there is none.
    pub(super) async fn newest_proven(&self) -> Result<ReleaseNumber, Problem> {
        let previous = self.plan.previous.as_ref().and_then(Container::release);
        let proven = proven(&self.releases().await?).into_iter().chain(previous).max();
        Ok(proven.unwrap_or(ReleaseNumber(0)))
    }

    /// Removes the containers and volumes of releases older than the last five that were proven and the last five that
    /// failed, and says what it removed. What cannot be removed now is removed by a later deploy.
    pub(super) async fn prune(&self) -> Result<String, Problem> {
        let containers = self.releases().await?;
        let proven = proven(&containers);
        let previous = self.plan.previous.as_ref().map(|previous| &previous.id);
        let (mut good, mut failed) = (0, 0);
        let (kept, old): (Vec<_>, Vec<_>) = containers.iter().partition(|container| {
            let count = if has_failed(container, &proven) { &mut failed } else { &mut good };
            *count += 1;
            *count <= KEPT_RELEASES || Some(&container.id) == previous || container.state.is_alive()
        });
        let mut removed = BTreeSet::new();
        let mut kept: BTreeSet<ReleaseNumber> = kept.into_iter().filter_map(Container::release).collect();
        for container in old {
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
