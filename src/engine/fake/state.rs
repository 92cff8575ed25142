//! What an engine of the fake world holds, and how it moves on: images, volumes, containers and their runs. Nothing
//! happens by itself; whoever looks first brings everything up to the present moment.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::domain::container::{
    Container, ContainerId, ContainerState, EngineInfo, Image, Mount, RestartPolicy,
};
use crate::domain::label::Labels;
use crate::domain::remote::Timestamp;
use crate::engine::EngineEvent;

use super::answer::Answer;
use super::fault::{Call, Fault};
use super::program::{Launch, Program};
use super::script::{Alive, Script};
use super::tree::Tree;

/// How many lines of a container's log, and how many events, the engine keeps.
const KEPT: usize = 20_000;
const EVENTS: usize = 256;

/// An image and the files that its containers begin with.
#[derive(Clone, Debug)]
pub(super) struct FakeImage {
    pub(super) image: Image,
    pub(super) files: Tree,
}

/// A volume.
#[derive(Clone, Debug, Default)]
pub(super) struct FakeVolume {
    pub(super) labels: Labels,
    pub(super) files: Tree,
}

/// One life of a container, from its start to its end.
#[derive(Clone, Debug)]
pub(super) struct Run {
    script: Arc<Script>,
    started: Timestamp,
    /// Its processes have this number and those after it on the engine's host.
    base: i64,
    end: Option<(Timestamp, i64, bool)>,
    stopping: bool,
}

impl Run {
    fn elapsed(&self, now: Timestamp) -> Duration {
        Duration::try_from(now.duration_since(self.started)).unwrap_or_default()
    }

    fn lines(&self, until: Timestamp) -> impl Iterator<Item = Said> + use<> {
        let started = self.started;
        self.script.lines(self.elapsed(until)).into_iter().map(move |(at, stderr, text)| Said {
            at: started.saturating_add(at).unwrap_or(started),
            stderr,
            text,
        })
    }
}

/// A line that a container said.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) at: Timestamp,
    pub(super) stderr: bool,
    pub(super) text: String,
}

/// A container that a test or a demo finds there, made by nobody that we know.
#[derive(Clone, Debug)]
pub struct Given {
    /// Its name.
    pub name: String,
    /// Its image, which must be there.
    pub image: String,
    /// Its labels.
    pub labels: Labels,
    /// Its variables.
    pub env: BTreeMap<String, String>,
    /// What it has mounted; volumes are made.
    pub mounts: Vec<Mount>,
    /// When the engine starts it again.
    pub restart_policy: RestartPolicy,
    /// Whether it was started with `--rm`.
    pub removes_itself: bool,
    /// Its command.
    pub command: Vec<String>,
}

/// A container.
#[derive(Clone, Debug)]
pub(super) struct FakeContainer {
    pub(super) id: ContainerId,
    pub(super) given: Given,
    pub(super) image: Image,
    pub(super) entrypoint: Option<Vec<String>>,
    pub(super) user: Option<String>,
    pub(super) layer: Tree,
    pub(super) run: Option<Run>,
    pub(super) log: VecDeque<Said>,
    pub(super) dropped: usize,
    pub(super) starts: u32,
    restart_count: i64,
    started_at: Option<Timestamp>,
    ended: Option<(i64, bool)>,
    resume: Option<Timestamp>,
    stopped_by_hand: bool,
}

impl FakeContainer {
    pub(super) fn new(id: ContainerId, given: Given, image: &FakeImage) -> Self {
        Self {
            id,
            given,
            image: image.image.clone(),
            entrypoint: None,
            user: None,
            layer: image.files.clone(),
            run: None,
            log: VecDeque::new(),
            dropped: 0,
            starts: 0,
            restart_count: 0,
            started_at: None,
            ended: None,
            resume: None,
            stopped_by_hand: false,
        }
    }

    pub(super) fn is_running(&self) -> bool {
        self.run.is_some()
    }

    /// Whether a process of it may be alive, or the engine is about to start it.
    pub(super) fn is_alive(&self) -> bool {
        self.run.is_some() || self.resume.is_some()
    }

    fn state(&self) -> ContainerState {
        match (&self.run, self.resume, self.ended) {
            (Some(_), ..) => ContainerState::Running,
            (None, Some(_), _) => ContainerState::Restarting,
            (None, None, Some((code, out_of_memory))) => ContainerState::Exited { code, out_of_memory },
            (None, None, None) => ContainerState::Created,
        }
    }

    pub(super) fn inspect(&self) -> Container {
        Container {
            id: self.id.clone(),
            name: self.given.name.clone(),
            image: self.given.image.clone(),
            image_id: self.image.id.clone(),
            state: self.state(),
            labels: self.given.labels.clone(),
            started_at: self.started_at,
            restart_count: self.restart_count,
            restart_policy: self.given.restart_policy.clone(),
            pid: self.run.as_ref().map(|run| run.base + 1),
            mounts: {
                let mut mounts = self.given.mounts.clone();
                mounts.sort_by(|one, other| one.target.cmp(&other.target));
                mounts
            },
            removes_itself: self.given.removes_itself,
            tty: false,
        }
    }

    /// Every line so far, the oldest kept first.
    pub(super) fn said(&self, now: Timestamp) -> Vec<Said> {
        let running = self.run.iter().flat_map(|run| run.lines(now));
        self.log.iter().cloned().chain(running).collect()
    }

    /// The processes, and the number that their own numbers are added to.
    pub(super) fn processes(&self, now: Timestamp) -> Option<(i64, Duration, Vec<Alive>)> {
        let run = self.run.as_ref()?;
        let elapsed = run.elapsed(now);
        Some((run.base, elapsed, run.script.processes(elapsed)))
    }

    /// When something about it changes next.
    pub(super) fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let run = self.run.as_ref().and_then(|run| {
            let next = run.script.next(run.elapsed(now)).and_then(|at| run.started.saturating_add(at).ok());
            next.into_iter().chain(run.end.map(|(at, ..)| at)).min()
        });
        run.into_iter().chain(self.resume).min()
    }

    /// When it ends or begins again next.
    pub(super) fn next_end(&self, now: Timestamp) -> Option<Timestamp> {
        let end = self.run.as_ref().and_then(|run| run.end).map(|(at, ..)| at);
        end.into_iter().chain(self.resume).filter(|at| *at > now).min()
    }

    /// Begins to stop; says when it will have stopped.
    pub(super) fn stop(&mut self, now: Timestamp, grace: Duration) -> Option<Timestamp> {
        self.stopped_by_hand = true;
        self.resume = None;
        let run = self.run.as_mut()?;
        let (takes, code) = if run.script.stops_in > grace {
            (grace, 137)
        } else {
            (run.script.stops_in, run.script.stop_code)
        };
        let at = now.saturating_add(takes).unwrap_or(now);
        if run.end.is_none_or(|(end, ..)| end > at) {
            run.end = Some((at, code, false));
        }
        run.stopping = true;
        run.end.map(|(end, ..)| end)
    }
}

/// One engine.
#[derive(Debug)]
pub(super) struct State {
    pub(super) info: EngineInfo,
    pub(super) up: bool,
    pub(super) latency: Duration,
    pub(super) images: BTreeMap<String, FakeImage>,
    pub(super) networks: BTreeSet<String>,
    pub(super) registry: BTreeMap<String, FakeImage>,
    pub(super) volumes: BTreeMap<String, FakeVolume>,
    pub(super) containers: Vec<FakeContainer>,
    /// With a number that only grows, and the labels that its container had.
    pub(super) events: VecDeque<(u64, Labels, EngineEvent)>,
    /// How each opened terminal ended; `None` while it is open.
    pub(super) terminals: BTreeMap<String, Option<i64>>,
    pub(super) programs: Vec<Program>,
    /// What commands print that are run in containers.
    pub(super) answers: Vec<Answer>,
    pub(super) faults: Vec<Fault>,
    pub(super) calls: Vec<(Call, String)>,
    next_event: u64,
    next_id: u64,
    next_pid: i64,
}

impl State {
    pub(super) fn new(info: EngineInfo) -> Self {
        Self {
            info,
            up: true,
            latency: Duration::ZERO,
            images: BTreeMap::new(),
            networks: ["bridge", "host", "none"].map(str::to_owned).into(),
            registry: BTreeMap::new(),
            volumes: BTreeMap::new(),
            containers: Vec::new(),
            events: VecDeque::new(),
            terminals: BTreeMap::new(),
            programs: Vec::new(),
            answers: Vec::new(),
            faults: Vec::new(),
            calls: Vec::new(),
            next_event: 0,
            next_id: 1,
            next_pid: 4000,
        }
    }

    pub(super) fn new_id(&mut self) -> ContainerId {
        let number = self.next_id;
        self.next_id += 1;
        // Spread over all digits, so that short ids differ.
        ContainerId(format!("{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).repeat(4))
    }

    /// An image by name or id.
    pub(super) fn image(&self, reference: &str) -> Option<&FakeImage> {
        let by_id = || self.images.values().find(|found| found.image.id == reference);
        self.images.get(reference).or_else(by_id)
    }

    /// By id, the beginning of one, or name.
    pub(super) fn find(&mut self, id: &str) -> Option<&mut FakeContainer> {
        let exact = self.containers.iter().position(|c| c.id.0 == id || c.given.name == id);
        let place = exact.or_else(|| {
            let begins = |c: &FakeContainer| id.len() >= 4 && c.id.0.starts_with(id);
            self.containers.iter().position(begins)
        })?;
        self.containers.get_mut(place)
    }

    pub(super) fn note(&mut self, id: &ContainerId, action: &str, at: Timestamp) {
        let labels = self.find(&id.0).map(|found| found.given.labels.clone()).unwrap_or_default();
        let event = EngineEvent { id: id.clone(), action: action.to_owned(), at };
        self.events.push_back((self.next_event, labels, event));
        self.next_event += 1;
        while self.events.len() > EVENTS {
            self.events.pop_front();
        }
    }

    /// Brings everything up to now.
    pub(super) fn settle(&mut self, now: Timestamp) {
        let ids: Vec<ContainerId> = self.containers.iter().map(|container| container.id.clone()).collect();
        for id in ids {
            while self.settle_one(&id, now) {}
        }
    }

    fn settle_one(&mut self, id: &ContainerId, now: Timestamp) -> bool {
        let Some(container) = self.find(&id.0) else { return false };
        if let Some((at, code, oom)) = container.run.as_ref().and_then(|run| run.end)
            && at <= now
        {
            self.finish(id, at, code, oom);
            return true;
        }
        if let Some(at) = container.resume
            && at <= now
        {
            container.resume = None;
            container.restart_count += 1;
            self.run(id, at);
            return true;
        }
        false
    }

    fn finish(&mut self, id: &ContainerId, at: Timestamp, code: i64, out_of_memory: bool) {
        let Some(container) = self.find(&id.0) else { return };
        let Some(run) = container.run.take() else { return };
        container.log.extend(run.lines(at));
        while container.log.len() > KEPT {
            container.log.pop_front();
            container.dropped += 1;
        }
        container.ended = Some((code, out_of_memory));
        let again = !run.stopping
            && match container.given.restart_policy {
                RestartPolicy::No => false,
                RestartPolicy::Always | RestartPolicy::UnlessStopped => true,
                RestartPolicy::OnFailure { retries } => {
                    code != 0 && (retries == 0 || container.restart_count < retries)
                }
            };
        if again {
            let doublings = u32::try_from(container.restart_count.clamp(0, 9)).unwrap_or(9);
            let wait = Duration::from_millis(100) * 2_u32.pow(doublings);
            container.resume = at.saturating_add(wait).ok();
        }
        let gone = container.given.removes_itself;
        let stopped = run.stopping;
        self.note(id, "die", at);
        if stopped {
            self.note(id, "stop", at);
        }
        if gone {
            self.note(id, "destroy", at);
            self.containers.retain(|container| container.id != *id);
        }
    }

    /// Ends a container at once, whatever its state, and takes it away.
    pub(super) fn kill(&mut self, id: &str, now: Timestamp) {
        let Some(id) = self.find(id).map(|container| container.id.clone()) else { return };
        if let Some(run) = self.find(&id.0).and_then(|container| container.run.as_mut()) {
            run.stopping = true;
            self.finish(&id, now, 137, false);
        }
        if self.find(&id.0).is_some() {
            self.note(&id, "destroy", now);
            self.containers.retain(|container| container.id != id);
        }
    }

    /// Starts a life of a container.
    pub(super) fn run(&mut self, id: &ContainerId, at: Timestamp) {
        let Some(launch) = self.launch(id) else { return };
        let script = self
            .programs
            .iter()
            .rev()
            .find_map(|program| program.script(&launch))
            .unwrap_or_else(|| launch.usual_script());
        let base = self.next_pid;
        self.next_pid += 100;
        let Some(container) = self.find(&id.0) else { return };
        let end =
            script.exit().and_then(|(after, code, oom)| Some((at.saturating_add(after).ok()?, code, oom)));
        container.run = Some(Run { script: Arc::new(script), started: at, base, end, stopping: false });
        container.started_at = Some(at);
        container.ended = None;
        container.resume = None;
        container.stopped_by_hand = false;
        container.starts += 1;
        self.note(id, "start", at);
    }

    /// Everything a program can see when it starts.
    pub(super) fn launch(&mut self, id: &ContainerId) -> Option<Launch> {
        let container = self.find(&id.0)?.clone();
        let mut files: Tree =
            container.layer.iter().map(|(path, node)| (format!("/{path}"), node.clone())).collect();
        for mount in container.given.mounts.iter().filter(|mount| mount.volume) {
            let volume = self.volumes.get(&mount.source)?;
            files.extend(volume.files.iter().map(|(path, node)| {
                let path =
                    if path.is_empty() { mount.target.clone() } else { format!("{}/{path}", mount.target) };
                (path, node.clone())
            }));
        }
        Some(Launch {
            name: container.given.name.clone(),
            image: container.given.image.clone(),
            entrypoint: container.entrypoint.clone(),
            command: container.given.command.clone(),
            env: container.given.env.clone(),
            labels: container.given.labels.clone(),
            user: container.user.clone().unwrap_or_else(|| container.image.user.clone()),
            starts: container.starts,
            files,
        })
    }

    /// The engine itself is restarted: everything dies, and comes back as its policy says.
    pub(super) fn restart(&mut self, now: Timestamp) {
        self.settle(now);
        let ids: Vec<ContainerId> = self.containers.iter().map(|container| container.id.clone()).collect();
        for id in ids {
            let Some(container) = self.find(&id.0) else { continue };
            let was_alive = container.is_alive();
            let by_hand = container.stopped_by_hand;
            let policy = container.given.restart_policy.clone();
            if let Some(run) = &mut container.run {
                run.stopping = true;
                run.end = Some((now, 137, false));
                self.finish(&id, now, 137, false);
            }
            let again = match policy {
                RestartPolicy::No => false,
                RestartPolicy::Always => was_alive || by_hand,
                RestartPolicy::UnlessStopped => was_alive && !by_hand,
                RestartPolicy::OnFailure { .. } => was_alive,
            };
            if again {
                self.run(&id, now);
            }
        }
    }
}
