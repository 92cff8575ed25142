//! The port, call by call. Each says in words what it was about to do, so that a failure reads as a sentence; what an
//! engine answers to a repeated call (already started, already stopped) is a success.

use std::time::Duration;

use bollard::models::{ContainerCreateBody, ContainerUpdateBody, VolumeCreateRequest};
use bollard::query_parameters::{
    CreateContainerOptions, InspectContainerOptions, InspectNetworkOptions, ListContainersOptions,
    ListVolumesOptions, RemoveContainerOptions, RemoveVolumeOptions, StartContainerOptions,
    StopContainerOptions, TopOptions, UploadToContainerOptions,
};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};

use super::{AT_ONCE, QUICK, RealDocker, SLOW, convert, failure, processes};
use crate::domain::container::{Container, ContainerId, EngineInfo, Image, RestartPolicy};
use crate::domain::environment::Endpoint;
use crate::domain::label::Labels;
use crate::domain::log::Since;
use crate::domain::plan::ContainerSpec;
use crate::domain::problem::{Problem, code};
use crate::domain::process::ProcessTable;
use crate::domain::remote::Timestamp;
use crate::domain::text::sanitise;
use crate::engine::{Chunk, Docker, EngineEvent, Terminal, Volume};

impl Docker for RealDocker {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    async fn info(&self) -> Result<EngineInfo, Problem> {
        let what = "cannot ask the engine who it is";
        let client = self.client()?;
        let version = self.call(QUICK, what, client.version()).await?;
        let info = self.call(QUICK, what, client.info()).await?;
        let clean = |text: Option<String>| text.map(|text| sanitise(text.as_bytes())).unwrap_or_default();
        Ok(EngineInfo {
            id: clean(info.id.or(info.name)),
            version: clean(version.version),
            api: clean(version.api_version),
            time: convert::time(info.system_time.as_deref()),
        })
    }

    async fn containers(&self, labels: &Labels) -> Result<Vec<Container>, Problem> {
        let client = self.client()?;
        let options = ListContainersOptions {
            all: true,
            filters: Some([("label".to_owned(), convert::filter(labels))].into()),
            ..ListContainersOptions::default()
        };
        let listed =
            self.call(QUICK, "cannot list containers", client.list_containers(Some(options))).await?;
        let mut found: Vec<Container> = stream::iter(listed.into_iter().filter_map(|listed| listed.id))
            .map(|id| async move { self.container(&id).await })
            .buffer_unordered(AT_ONCE)
            // One that went away meanwhile is not an error.
            .try_filter_map(|container| std::future::ready(Ok(container)))
            .try_collect()
            .await?;
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    async fn container(&self, id: &str) -> Result<Option<Container>, Problem> {
        let client = self.client()?;
        let what = format!("cannot inspect container {}", shown(id));
        let call = client.inspect_container(id, None::<InspectContainerOptions>);
        match self.within(QUICK, &what, call).await? {
            Ok(inspected) => Ok(Some(convert::container(inspected))),
            Err(error) if failure::is_missing(&error) => Ok(None),
            Err(error) => Err(failure::problem(&self.endpoint, what, &error)),
        }
    }

    async fn has_network(&self, name: &str) -> Result<bool, Problem> {
        let client = self.client()?;
        let what = format!("cannot inspect network {}", shown(name));
        let call = client.inspect_network(name, None::<InspectNetworkOptions>);
        match self.within(QUICK, &what, call).await? {
            Ok(_) => Ok(true),
            Err(error) if failure::is_missing(&error) => Ok(false),
            Err(error) => Err(failure::problem(&self.endpoint, what, &error)),
        }
    }

    async fn processes(&self, id: &ContainerId) -> Result<ProcessTable, Problem> {
        let client = self.client()?;
        let what = format!("cannot list the processes of container {id}");
        let Some(container) = self.container(&id.0).await? else {
            return Err(Problem::new(code::ENGINE_MISSING, what).why("there is no such container"));
        };
        if container.pid.is_none() || !container.state.is_alive() {
            return Err(Problem::new(code::ENGINE_REFUSED, what).why(format!("it is {}", container.state)));
        }
        for columns in [Some(processes::COLUMNS), None] {
            let options = columns.map(|columns| TopOptions { ps_args: columns.to_owned() });
            let call = client.top_processes(&id.0, options);
            let Ok(answer) = self.within(QUICK, &what, call).await? else { continue };
            let titles = answer.titles.unwrap_or_default();
            let rows = answer.processes.unwrap_or_default();
            if let Some(table) = processes::from_top(&titles, &rows, container.pid) {
                return Ok(table);
            }
        }
        let output = self.output_of(id, processes::script(), processes::OUTPUT, QUICK).await?;
        processes::from_proc(&String::from_utf8_lossy(&output)).ok_or_else(|| {
            Problem::new("process.unknown", what)
                .why("the engine's host has no usable `ps`, and the container no shell that reads /proc")
                .hint("install procps on the engine's host")
        })
    }

    fn logs(
        &self,
        id: &ContainerId,
        since: Since,
        follow: bool,
    ) -> impl Stream<Item = Result<Chunk, Problem>> + Send + 'static {
        self.log_stream(id, since, follow)
    }

    fn events(
        &self,
        labels: &Labels,
        since: Option<Timestamp>,
    ) -> impl Stream<Item = Result<EngineEvent, Problem>> + Send + 'static {
        self.event_stream(labels, since)
    }

    async fn image(&self, reference: &str) -> Result<Option<Image>, Problem> {
        let client = self.client()?;
        let what = format!("cannot inspect image {}", shown(reference));
        match self.within(QUICK, &what, client.inspect_image(reference)).await? {
            Ok(image) => Ok(Some(Image {
                id: image.id.map(|id| sanitise(id.as_bytes())).unwrap_or_default(),
                user: image
                    .config
                    .and_then(|config| config.user)
                    .map(|user| sanitise(user.as_bytes()))
                    .unwrap_or_default(),
            })),
            Err(error) if failure::is_missing(&error) => Ok(None),
            Err(error) => Err(failure::problem(&self.endpoint, what, &error)),
        }
    }

    fn pull(&self, reference: &str) -> impl Stream<Item = Result<String, Problem>> + Send + 'static {
        self.pull_stream(reference)
    }

    async fn create_volume(&self, name: &str, labels: &Labels) -> Result<(), Problem> {
        let client = self.client()?;
        let request = VolumeCreateRequest {
            name: Some(name.to_owned()),
            labels: Some(labels.clone().into_iter().collect()),
            ..VolumeCreateRequest::default()
        };
        let what = format!("cannot create volume {}", shown(name));
        self.call(QUICK, &what, client.create_volume(request)).await.map(drop)
    }

    async fn volumes(&self, labels: &Labels) -> Result<Vec<Volume>, Problem> {
        let client = self.client()?;
        let options =
            ListVolumesOptions { filters: Some([("label".to_owned(), convert::filter(labels))].into()) };
        let listed = self.call(QUICK, "cannot list volumes", client.list_volumes(Some(options))).await?;
        let mut volumes: Vec<Volume> = listed
            .volumes
            .unwrap_or_default()
            .into_iter()
            .map(|volume| Volume {
                name: sanitise(volume.name.as_bytes()),
                labels: convert::labels(Some(volume.labels)),
            })
            .collect();
        volumes.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(volumes)
    }

    async fn remove_volume(&self, name: &str) -> Result<(), Problem> {
        let client = self.client()?;
        let what = format!("cannot remove volume {}", shown(name));
        self.call(QUICK, &what, client.remove_volume(name, None::<RemoveVolumeOptions>)).await
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId, Problem> {
        self.create_as(spec, convert::creation(spec)).await
    }

    async fn create_throwaway(&self, spec: &ContainerSpec) -> Result<ContainerId, Problem> {
        self.create_as(spec, convert::throwaway(spec)).await
    }

    async fn upload(&self, id: &ContainerId, path: &str, archive: Vec<u8>) -> Result<(), Problem> {
        let client = self.client()?;
        let what = format!("cannot write {} of container {id}", shown(path));
        let options =
            UploadToContainerOptions { path: path.to_owned(), ..UploadToContainerOptions::default() };
        let body = bollard::body_full(archive.into());
        self.call(SLOW, &what, client.upload_to_container(&id.0, Some(options), body)).await
    }

    async fn download(&self, id: &ContainerId, path: &str, limit: usize) -> Result<Vec<u8>, Problem> {
        self.archive(id, path, limit).await
    }

    async fn start(&self, id: &ContainerId) -> Result<(), Problem> {
        let client = self.client()?;
        // Mounting and networks may take a while on a busy engine.
        let limit = QUICK * 3;
        let what = format!("cannot start container {id}");
        self.call(limit, &what, client.start_container(&id.0, None::<StartContainerOptions>)).await
    }

    async fn stop(&self, id: &ContainerId, grace: Duration) -> Result<(), Problem> {
        let client = self.client()?;
        let seconds = i32::try_from(grace.as_secs()).unwrap_or(i32::MAX);
        let options = StopContainerOptions { t: Some(seconds), ..StopContainerOptions::default() };
        let what = format!("cannot stop container {id}");
        self.call(grace + QUICK * 2, &what, client.stop_container(&id.0, Some(options))).await
    }

    async fn set_restart_policy(&self, id: &ContainerId, policy: &RestartPolicy) -> Result<(), Problem> {
        let client = self.client()?;
        let update = ContainerUpdateBody {
            restart_policy: Some(convert::engine_policy(policy)),
            ..ContainerUpdateBody::default()
        };
        let what = format!("cannot set the restart policy of container {id} to {policy}");
        self.call(QUICK, &what, client.update_container(&id.0, update)).await
    }

    async fn remove(&self, id: &ContainerId) -> Result<(), Problem> {
        let client = self.client()?;
        let what = format!("cannot remove container {id}");
        self.call(QUICK * 3, &what, client.remove_container(&id.0, None::<RemoveContainerOptions>)).await
    }

    async fn discard(&self, id: &ContainerId) -> Result<(), Problem> {
        let client = self.client()?;
        let what = format!("cannot remove container {id}");
        let options = RemoveContainerOptions { force: true, v: true, ..RemoveContainerOptions::default() };
        let call = client.remove_container(&id.0, Some(options));
        match self.within(QUICK * 3, &what, call).await? {
            Err(error) if !failure::is_going(&error) => Err(failure::problem(&self.endpoint, what, &error)),
            _ => Ok(()),
        }
    }

    async fn output(
        &self,
        id: &ContainerId,
        command: &[String],
        limit: usize,
        time: Duration,
    ) -> Result<Vec<u8>, Problem> {
        self.output_of(id, command.to_vec(), limit, time).await
    }

    async fn open_terminal(
        &self,
        id: &ContainerId,
        command: &[String],
        size: (u16, u16),
    ) -> Result<Terminal, Problem> {
        self.terminal(id, command, size).await
    }

    async fn resize_terminal(&self, terminal: &str, size: (u16, u16)) -> Result<(), Problem> {
        self.resize(terminal, size).await
    }

    async fn terminal_exit(&self, terminal: &str) -> Result<Option<i64>, Problem> {
        self.exit_code(terminal).await
    }
}

impl RealDocker {
    async fn create_as(
        &self,
        spec: &ContainerSpec,
        body: ContainerCreateBody,
    ) -> Result<ContainerId, Problem> {
        let client = self.client()?;
        let what = format!("cannot create container {}", shown(&spec.name));
        let options =
            CreateContainerOptions { name: Some(spec.name.clone()), ..CreateContainerOptions::default() };
        match self.within(QUICK, &what, client.create_container(Some(options), body)).await? {
            Ok(created) => Ok(ContainerId(created.id)),
            Err(error) => Err(failure::creation(&self.endpoint, what, &error)),
        }
    }
}

/// A name as it is said in a problem.
fn shown(name: &str) -> String {
    sanitise(name.as_bytes())
}
