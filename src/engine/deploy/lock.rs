//! The lock of an environment: a container that is created and never started. Its name can be given only once, on
//! whatever machine the deploy runs, and it mounts the new volumes so that they can be filled through it.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use crate::domain::container::ContainerId;
use crate::domain::label::{self, role};
use crate::domain::plan::{self, ContainerSpec, VolumeMount, lock_name};
use crate::domain::problem::{Problem, code};
use crate::domain::remote::Timestamp;
use crate::engine::{Docker, state};

use super::Work;
use super::patience::{briefly, is_unheard};

/// A number that no other deploy has, on this machine or another.
pub(in crate::engine) fn nonce(now: Timestamp) -> String {
    // The standard library seeds each of these from the operating system.
    let random = RandomState::new().build_hasher().finish();
    format!("{random:016x}{:016x}", now.as_nanosecond() & i128::from(u64::MAX))
}

impl<D: Docker> Work<'_, D> {
    /// Takes the lock; the new volumes come into being with it, and with its nonce on their labels.
    pub(super) async fn take_lock(
        &self,
        nonce: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<ContainerId, Problem> {
        let spec = self.lock(nonce, by, now);
        // Between a refusal and the look at the holder the holder may let go: then it is worth a second try.
        for _ in 0..2 {
            let problem = match self.docker.create(&spec).await {
                Ok(id) => return Ok(id),
                Err(problem) => problem,
            };
            if problem.code != code::ENGINE_CONFLICT && !is_unheard(&problem) {
                return Err(problem);
            }
            let Some(holder) = self.docker.container(&spec.name).await? else {
                if is_unheard(&problem) {
                    return Err(problem);
                }
                continue;
            };
            if holder.labels.get(label::NONCE).is_some_and(|found| found == nonce) {
                return Ok(holder.id);
            }
            return Err(plan::locked(&self.plan.environment, &holder));
        }
        Err(Problem::new(
            code::LOCKED,
            format!("{} is being deployed by somebody else", self.plan.environment),
        )
        .why("the lock changed hands while it was asked for")
        .hint("try again"))
    }

    fn lock(&self, nonce: &str, by: &str, now: Timestamp) -> ContainerSpec {
        let name = &self.plan.environment;
        let mut labels = label::labels(self.workspace, name, role::LOCK, None);
        labels.insert(label::NONCE.to_owned(), nonce.to_owned());
        labels.insert(label::BY.to_owned(), by.to_owned());
        labels.insert(label::SINCE.to_owned(), format!("{now:.0}"));
        let writable = |mount: &VolumeMount| {
            let mut mount = VolumeMount { read_only: false, ..mount.clone() };
            mount.labels.insert(label::NONCE.to_owned(), nonce.to_owned());
            mount
        };
        ContainerSpec {
            name: lock_name(self.workspace, name),
            image: self.plan.container.image.clone(),
            env: BTreeMap::new(),
            labels,
            volumes: self
                .plan
                .container
                .volumes
                .iter()
                .map(writable)
                .chain([state::mount(self.workspace, name)])
                .collect(),
            network: Some("none".to_owned()),
            user: None,
            entrypoint: None,
            // Never run; without one an image that has no command of its own is refused.
            command: Some(vec!["alertdeck-lock".to_owned()]),
            cap_add: Vec::new(),
        }
    }

    /// Gives the lock back. One that is gone already is given back.
    pub(super) async fn give_back_lock(&self, lock: &ContainerId) -> Result<(), Problem> {
        match briefly(|| self.docker.remove(lock)).await {
            Err(problem) if problem.code != code::ENGINE_MISSING => Err(problem),
            _ => Ok(()),
        }
    }
}
