//! The engine of the fake world, behind the same port as the real one. Containers hold scripted programs; everything
//! else follows the engine as it was seen: names are reserved at creation, read-only mounts refuse uploads, a
//! container that runs cannot be removed.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::Stream;
use tokio::sync::watch;

use crate::domain::container::{Container, ContainerId, EngineInfo, Image, Mount, RestartPolicy};
use crate::domain::environment::Endpoint;
use crate::domain::label::Labels;
use crate::domain::log::Since;
use crate::domain::plan::ContainerSpec;
use crate::domain::problem::{Problem, code};
use crate::domain::process::{Process, ProcessTable};
use crate::domain::remote::Timestamp;
use crate::engine::{Chunk, Docker, EngineEvent, Terminal, Volume};

use super::FakeClock;
use super::fault::Call;
use super::state::{FakeContainer, FakeVolume, State};
use super::tree::{self, Tree};

/// An engine in memory. Clones are the same engine.
#[derive(Clone, Debug)]
pub struct FakeDocker {
    pub(super) endpoint: Endpoint,
    pub(super) clock: FakeClock,
    pub(super) state: Arc<Mutex<State>>,
    pub(super) version: Arc<watch::Sender<u64>>,
}

impl FakeDocker {
    /// An engine that answers and holds nothing.
    pub fn new(endpoint: Endpoint, clock: FakeClock) -> Self {
        let info = EngineInfo {
            id: format!("FAKE:{}", endpoint.0),
            version: "20.10.24".to_owned(),
            api: "1.41".to_owned(),
            time: None,
        };
        Self {
            endpoint,
            clock,
            state: Arc::new(Mutex::new(State::new(info))),
            version: Arc::new(watch::Sender::new(0)),
        }
    }
}

/// Whether an object carries these labels: with that value, or with any when it is empty.
pub(super) fn carries(labels: &Labels, wanted: &Labels) -> bool {
    wanted.iter().all(|(key, value)| labels.get(key).is_some_and(|found| value.is_empty() || found == value))
}

pub(super) fn missing(id: &str) -> Problem {
    Problem::new(code::ENGINE_MISSING, format!("no container `{id}` on the engine"))
}

/// Where a path of a container really is: the volume mounted there and the path in it, or the container's own layer.
fn place(container: &FakeContainer, path: &str) -> (Option<Mount>, String) {
    let holds = |mount: &&Mount| {
        mount.volume
            && path.strip_prefix(&mount.target).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let mount = container.given.mounts.iter().filter(holds).max_by_key(|mount| mount.target.len()).cloned();
    let below = mount.as_ref().map_or(path, |mount| path.strip_prefix(&mount.target).unwrap_or(path));
    (mount, tree::join("", below))
}

fn tree_of<'a>(state: &'a mut State, id: &str, mount: Option<&Mount>) -> Result<&'a mut Tree, Problem> {
    match mount {
        Some(mount) => state
            .volumes
            .get_mut(&mount.source)
            .map(|volume| &mut volume.files)
            .ok_or_else(|| Problem::new(code::ENGINE_MISSING, format!("no volume `{}`", mount.source))),
        None => state.find(id).map(|container| &mut container.layer).ok_or_else(|| missing(id)),
    }
}

impl Docker for FakeDocker {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    async fn info(&self) -> Result<EngineInfo, Problem> {
        self.call(Call::Info, "", |state, now| Ok(EngineInfo { time: Some(now), ..state.info.clone() })).await
    }

    async fn containers(&self, labels: &Labels) -> Result<Vec<Container>, Problem> {
        self.call(Call::Containers, "", |state, _| {
            let all = state.containers.iter().map(FakeContainer::inspect);
            let mut ours: Vec<Container> =
                all.filter(|container| carries(&container.labels, labels)).collect();
            ours.sort_by(|one, other| one.name.cmp(&other.name));
            Ok(ours)
        })
        .await
    }

    async fn container(&self, id: &str) -> Result<Option<Container>, Problem> {
        self.call(Call::Container, id, |state, _| Ok(state.find(id).map(|found| found.inspect()))).await
    }

    async fn has_network(&self, name: &str) -> Result<bool, Problem> {
        self.call(Call::HasNetwork, name, |state, _| Ok(state.networks.contains(name))).await
    }

    async fn processes(&self, id: &ContainerId) -> Result<ProcessTable, Problem> {
        self.call(Call::Processes, &id.0, |state, now| {
            let container = state.find(&id.0).ok_or_else(|| missing(&id.0))?;
            let (base, elapsed, alive) = container.processes(now).ok_or_else(|| {
                Problem::new(code::ENGINE_REFUSED, format!("container {id} is not running"))
            })?;
            let processes = alive.into_iter().map(|process| Process {
                pid: base + i64::from(process.pid),
                ppid: if process.parent == 0 { base - 1 } else { base + i64::from(process.parent) },
                elapsed: Some(elapsed.saturating_sub(process.since).as_secs()),
                threads: Some(process.threads),
                args: process.args,
            });
            Ok(ProcessTable { processes: processes.collect(), root: Some(base + 1) })
        })
        .await
    }

    fn logs(
        &self,
        id: &ContainerId,
        since: Since,
        follow: bool,
    ) -> impl Stream<Item = Result<Chunk, Problem>> + Send + 'static {
        self.listen_to_log(id, since, follow)
    }

    fn events(
        &self,
        labels: &Labels,
        since: Option<Timestamp>,
    ) -> impl Stream<Item = Result<EngineEvent, Problem>> + Send + 'static {
        self.listen_to_events(labels, since)
    }

    async fn image(&self, reference: &str) -> Result<Option<Image>, Problem> {
        self.call(Call::Image, reference, |state, _| {
            Ok(state.image(reference).map(|found| found.image.clone()))
        })
        .await
    }

    fn pull(&self, reference: &str) -> impl Stream<Item = Result<String, Problem>> + Send + 'static {
        self.listen_to_pull(reference)
    }

    async fn create_volume(&self, name: &str, labels: &Labels) -> Result<(), Problem> {
        self.call(Call::CreateVolume, name, |state, _| {
            let fresh = || FakeVolume { labels: labels.clone(), files: Tree::new() };
            state.volumes.entry(name.to_owned()).or_insert_with(fresh);
            Ok(())
        })
        .await
    }

    async fn volumes(&self, labels: &Labels) -> Result<Vec<Volume>, Problem> {
        self.call(Call::Volumes, "", |state, _| {
            let all = state.volumes.iter();
            let ours = all.filter(|(_, volume)| carries(&volume.labels, labels));
            Ok(ours
                .map(|(name, volume)| Volume { name: name.clone(), labels: volume.labels.clone() })
                .collect())
        })
        .await
    }

    async fn remove_volume(&self, name: &str) -> Result<(), Problem> {
        self.call(Call::RemoveVolume, name, |state, _| {
            let uses = |c: &FakeContainer| c.given.mounts.iter().any(|m| m.volume && m.source == name);
            if let Some(user) = state.containers.iter().find(|container| uses(container)) {
                return Err(Problem::new(code::ENGINE_REFUSED, format!("cannot remove volume {name}"))
                    .why(format!("container {} has it mounted", user.id)));
            }
            let gone = state.volumes.remove(name);
            gone.map(|_| ()).ok_or_else(|| {
                Problem::new(code::ENGINE_MISSING, format!("no volume `{name}` on the engine"))
            })
        })
        .await
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId, Problem> {
        self.create_as(spec, false).await
    }

    async fn create_throwaway(&self, spec: &ContainerSpec) -> Result<ContainerId, Problem> {
        self.create_as(spec, true).await
    }

    async fn upload(&self, id: &ContainerId, path: &str, archive: Vec<u8>) -> Result<(), Problem> {
        self.call(Call::Upload, path, |state, _| {
            let refused = |why: String| {
                Problem::new(code::ENGINE_REFUSED, format!("cannot write {path} of container {id}")).why(why)
            };
            let entries = tree::unpack(&archive).map_err(|error| refused(error.to_string()))?;
            // The folder itself and every entry may lie in a mount of its own.
            let within = |entry: &str| format!("{}/{entry}", path.trim_end_matches('/'));
            let container = state.find(&id.0).ok_or_else(|| missing(&id.0))?;
            let mut places = vec![place(container, path)];
            places.extend(entries.iter().map(|(entry, _)| place(container, &within(entry))));
            if places.iter().any(|(mount, _)| mount.as_ref().is_some_and(|mount| mount.read_only)) {
                return Err(refused(
                    "the engine answered 500: mounted volume is marked read-only".to_owned(),
                ));
            }
            let (mount, below) = place(container, path);
            // Whatever is mounted in a folder makes that folder.
            let holds_a_mount = container.given.mounts.iter().any(|mount| {
                let rest = mount.target.strip_prefix(path.trim_end_matches('/'));
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            });
            let is_there = tree::has_folder(tree_of(state, &id.0, mount.as_ref())?, &below);
            if !is_there && !holds_a_mount {
                return Err(Problem::new(
                    code::ENGINE_MISSING,
                    format!("no folder `{path}` in container {id}"),
                ));
            }
            for ((_, node), (mount, below)) in entries.into_iter().zip(places.into_iter().skip(1)) {
                tree_of(state, &id.0, mount.as_ref())?.insert(below, node);
            }
            Ok(())
        })
        .await
    }

    async fn download(&self, id: &ContainerId, path: &str, limit: usize) -> Result<Vec<u8>, Problem> {
        self.call(Call::Download, path, |state, _| {
            let container = state.find(&id.0).ok_or_else(|| missing(&id.0))?;
            let (mount, below) = place(container, path);
            let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
            let tree = tree_of(state, &id.0, mount.as_ref())?;
            let packed = tree::pack(tree, &below, &last).map_err(|error| {
                Problem::new(code::ENGINE_REFUSED, format!("cannot pack `{path}`")).why(error.to_string())
            })?;
            let packed = packed.ok_or_else(|| {
                Problem::new(code::ENGINE_MISSING, format!("no `{path}` in container {id}"))
            })?;
            if packed.len() > limit {
                return Err(Problem::new(
                    code::ENGINE_REFUSED,
                    format!("`{path}` of container {id} is larger than {limit} bytes"),
                ));
            }
            Ok(packed)
        })
        .await
    }

    async fn start(&self, id: &ContainerId) -> Result<(), Problem> {
        self.call(Call::Start, &id.0, |state, now| {
            let container = state.find(&id.0).ok_or_else(|| missing(&id.0))?;
            let id = container.id.clone();
            if !container.is_running() {
                state.run(&id, now);
            }
            Ok(())
        })
        .await
    }

    async fn stop(&self, id: &ContainerId, grace: Duration) -> Result<(), Problem> {
        let stopped = self
            .call(Call::Stop, &id.0, |state, now| {
                let container = state.find(&id.0).ok_or_else(|| missing(&id.0))?;
                Ok(container.stop(now, grace))
            })
            .await?;
        if let Some(at) = stopped {
            tokio::time::sleep_until(self.clock.instant(at)).await;
            self.change(|_, _| ());
        }
        Ok(())
    }

    async fn set_restart_policy(&self, id: &ContainerId, policy: &RestartPolicy) -> Result<(), Problem> {
        self.call(Call::SetRestartPolicy, &id.0, |state, _| {
            let container = state.find(&id.0).ok_or_else(|| missing(&id.0))?;
            container.given.restart_policy = policy.clone();
            Ok(())
        })
        .await
    }

    async fn remove(&self, id: &ContainerId) -> Result<(), Problem> {
        self.call(Call::Remove, &id.0, |state, now| {
            let container = state.find(&id.0).ok_or_else(|| missing(&id.0))?;
            let id = container.id.clone();
            if container.is_alive() {
                return Err(Problem::new(code::ENGINE_REFUSED, format!("cannot remove container {id}"))
                    .why("the engine answered 409: it is running"));
            }
            state.note(&id, "destroy", now);
            state.containers.retain(|container| container.id != id);
            Ok(())
        })
        .await
    }

    async fn discard(&self, id: &ContainerId) -> Result<(), Problem> {
        self.call(Call::Discard, &id.0, |state, now| {
            state.kill(&id.0, now);
            Ok(())
        })
        .await
    }

    async fn output(
        &self,
        id: &ContainerId,
        command: &[String],
        limit: usize,
        time: Duration,
    ) -> Result<Vec<u8>, Problem> {
        self.answer(id, command, limit, time).await
    }

    async fn open_terminal(
        &self,
        id: &ContainerId,
        command: &[String],
        _size: (u16, u16),
    ) -> Result<Terminal, Problem> {
        self.open_shell(id, command).await
    }

    async fn resize_terminal(&self, terminal: &str, _size: (u16, u16)) -> Result<(), Problem> {
        self.call(Call::ResizeTerminal, terminal, |_, _| Ok(())).await
    }

    async fn terminal_exit(&self, terminal: &str) -> Result<Option<i64>, Problem> {
        self.call(Call::TerminalExit, terminal, |state, _| {
            state
                .terminals
                .get(terminal)
                .copied()
                .ok_or_else(|| Problem::new(code::ENGINE_MISSING, "cannot ask how the shell ended"))
        })
        .await
    }
}
