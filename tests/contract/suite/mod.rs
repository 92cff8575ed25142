//! What every engine must do, as cases over the port `Docker`. The very same cases run against the fake engine and, in
//! `tests/live`, against a real one; the fake may answer only what these cases saw the real one answer.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use alertdeck::domain::container::{Container, ContainerId, ContainerState};
use alertdeck::domain::label::Labels;
use alertdeck::domain::plan::{ContainerSpec, VolumeMount};
use alertdeck::domain::problem::Problem;
use alertdeck::engine::Docker;
use futures_util::FutureExt as _;

mod archives;
mod lives;
mod names;
mod streams;
mod throwaways;

/// On everything that a run of the suite makes; its value is the run's.
pub(crate) const RUN: &str = "alertdeck.test-run";

/// Says something and ends with 3; the fake knows the same command.
pub(crate) const SPEAKER: [&str; 3] = ["sh", "-c", "echo out; echo err >&2; exit 3"];
/// Lives for a minute.
pub(crate) const SLEEPER: [&str; 2] = ["sleep", "60"];

/// An engine, an image on it that has a shell, and a name that no other run has.
#[derive(Clone, Debug)]
pub(crate) struct Bench<D> {
    pub(crate) docker: D,
    pub(crate) image: String,
    pub(crate) run: String,
}

impl<D: Docker> Bench<D> {
    pub(crate) fn labels(&self) -> Labels {
        Labels::from([(RUN.to_owned(), self.run.clone())])
    }

    pub(crate) fn name(&self, name: &str) -> String {
        format!("alertdeck-test-{}-{name}", self.run)
    }

    pub(crate) fn spec(&self, name: &str, command: &[&str]) -> ContainerSpec {
        ContainerSpec {
            name: self.name(name),
            image: self.image.clone(),
            env: [("GREETING".to_owned(), "hello".to_owned())].into(),
            labels: self.labels(),
            volumes: Vec::new(),
            network: None,
            user: Some("0".to_owned()),
            entrypoint: Some(Vec::new()),
            command: Some(command.iter().map(|word| (*word).to_owned()).collect()),
            cap_add: Vec::new(),
        }
    }

    pub(crate) fn mount(&self, volume: &str, target: &str, read_only: bool) -> VolumeMount {
        VolumeMount { volume: self.name(volume), target: target.to_owned(), read_only, labels: self.labels() }
    }

    pub(crate) async fn create(&self, name: &str, command: &[&str]) -> ContainerId {
        self.docker.create(&self.spec(name, command)).await.unwrap()
    }

    pub(crate) async fn inspect(&self, id: &ContainerId) -> Container {
        self.docker.container(&id.0).await.unwrap().unwrap()
    }

    /// Waits until a container is so; engines need a moment.
    pub(crate) async fn until(&self, id: &ContainerId, so: impl Fn(&Container) -> bool) -> Container {
        for _ in 0..200 {
            let container = self.inspect(id).await;
            if so(&container) {
                return container;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("it did not become so within 20 s: {:?}", self.inspect(id).await);
    }

    pub(crate) async fn exited(&self, id: &ContainerId) -> Container {
        self.until(id, |container| matches!(container.state, ContainerState::Exited { .. })).await
    }

    /// Removes everything that carries the label of this run.
    pub(crate) async fn clean(&self) -> Result<(), Problem> {
        for container in self.docker.containers(&self.labels()).await? {
            self.docker
                .set_restart_policy(&container.id, &alertdeck::domain::container::RestartPolicy::No)
                .await?;
            self.docker.stop(&container.id, Duration::from_secs(1)).await?;
            self.docker.remove(&container.id).await?;
        }
        for volume in self.docker.volumes(&self.labels()).await? {
            self.docker.remove_volume(&volume.name).await?;
        }
        Ok(())
    }

    /// Runs one case, and removes what it made, also when it failed.
    pub(crate) async fn check(&self, case: impl Future<Output = ()>) {
        let outcome = AssertUnwindSafe(case).catch_unwind().await;
        let cleaned = self.clean().await;
        if let Err(panic) = outcome {
            std::panic::resume_unwind(panic);
        }
        cleaned.unwrap();
    }
}

/// Calls `$each!` with the name of every case. A case is `async fn(&Bench<D>)`.
#[macro_export]
macro_rules! contract_cases {
    ($each:ident) => {
        $each!(an_engine_says_who_it_is);
        $each!(a_created_container_does_not_run);
        $each!(a_taken_name_is_a_conflict_that_names_its_holder);
        $each!(an_image_that_is_not_there_is_missing);
        $each!(what_is_not_there_is_missing);
        $each!(a_network_is_there_or_not);
        $each!(labels_select_containers_and_volumes);
        $each!(starting_and_stopping_twice_is_a_success);
        $each!(a_running_container_is_not_removed);
        $each!(an_end_keeps_its_exit_code);
        $each!(a_restart_policy_is_kept_and_starts_nothing);
        $each!(a_policy_starts_again_what_died);
        $each!(processes_descend_from_the_first);
        $each!(a_log_is_split_and_carries_times);
        $each!(a_log_goes_on_over_a_restart);
        $each!(a_tail_is_that_many_lines);
        $each!(following_ends_with_the_container);
        $each!(events_tell_the_life_of_ours_only);
        $each!(events_since_a_time_are_told_again);
        $each!(an_archive_comes_back_with_owners_and_modes);
        $each!(an_upload_replaces_and_does_not_delete);
        $each!(a_download_is_bounded);
        $each!(a_throwaway_is_gone_when_it_ends);
        $each!(what_is_discarded_is_gone_whatever_it_did);
        $each!(a_command_says_what_it_prints);
        $each!(a_read_only_mount_refuses_an_upload);
        $each!(a_mounted_folder_gets_its_owner_through_its_parent);
        $each!(a_volume_keeps_files_and_its_first_labels);
        $each!(a_used_volume_is_not_removed);
    };
}

pub(crate) use archives::*;
pub(crate) use lives::*;
pub(crate) use names::*;
pub(crate) use streams::*;
pub(crate) use throwaways::*;
