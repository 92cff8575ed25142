//! How every call to the fake engine goes: it is counted, it may meet trouble that a test arranged, and only then it
//! works on the state as it is at that moment. Also what a test arranges and looks at directly.

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::container::{Container, ContainerId, Image};
use crate::domain::problem::{Problem, code};
use crate::domain::remote::Timestamp;
use crate::engine::{Clock, EngineEvent};

use super::docker::FakeDocker;
use super::fault::{Call, Fault, Trouble};
use super::program::Program;
use super::state::{FakeContainer, FakeImage, FakeVolume, Given, State};
use super::tree::{Node, Tree};

/// How long a call waits for its answer, as the real port does.
const DEADLINE: Duration = Duration::from_secs(10);

impl FakeDocker {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the state as it is now.
    pub(super) fn look<T>(&self, work: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        let now = self.clock.now();
        let mut state = self.state();
        state.settle(now);
        work(&mut state, now)
    }

    /// Changes the state, and wakes whoever follows a log or listens to events.
    pub(super) fn change<T>(&self, work: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        let changed = self.look(work);
        self.version.send_modify(|version| *version += 1);
        changed
    }

    pub(super) fn unreachable(&self) -> Problem {
        Problem::new(code::ENGINE_UNREACHABLE, format!("no engine answers at {}", self.endpoint))
            .why("connection refused")
            .hint("start the engine, or name another one with `target.docker` or DOCKER_HOST")
    }

    fn no_answer(&self, call: Call) -> Problem {
        Problem::new(
            code::ENGINE_TIMEOUT,
            format!("the engine at {} did not answer `{call:?}` in {DEADLINE:?}", self.endpoint),
        )
    }

    /// Counts a call and says what trouble it meets.
    pub(super) fn enter(&self, call: Call, about: &str) -> (Duration, Option<Trouble>) {
        let mut state = self.state();
        state.calls.push((call, about.to_owned()));
        let mut met = None;
        for fault in &mut state.faults {
            if fault.strikes(call) && met.is_none() {
                met = Some(fault.trouble.clone());
            }
        }
        (state.latency, met)
    }

    fn work<T>(
        &self,
        call: Call,
        work: impl FnOnce(&mut State, Timestamp) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        if !self.state().up {
            return Err(self.unreachable());
        }
        if call.changes() { self.change(work) } else { self.look(work) }
    }

    /// One call, with all that can happen to it.
    pub(super) async fn call<T: Send>(
        &self,
        call: Call,
        about: &str,
        work: impl FnOnce(&mut State, Timestamp) -> Result<T, Problem> + Send,
    ) -> Result<T, Problem> {
        let (latency, trouble) = self.enter(call, about);
        if !latency.is_zero() {
            self.clock.sleep(latency).await;
        }
        match trouble {
            None => self.work(call, work),
            Some(Trouble::Error(problem)) => Err(problem),
            Some(Trouble::Lost) => {
                self.clock.sleep(DEADLINE).await;
                Err(self.no_answer(call))
            }
            Some(Trouble::Unheard) => {
                drop(self.work(call, work));
                self.clock.sleep(DEADLINE).await;
                Err(self.no_answer(call))
            }
            Some(Trouble::Hang) => std::future::pending().await,
            Some(Trouble::Silent) => {
                drop(self.work(call, work));
                std::future::pending().await
            }
            Some(Trouble::Late(time)) => {
                self.clock.sleep(time).await;
                self.work(call, work)
            }
            Some(Trouble::Before(happens)) => {
                happens(self);
                self.work(call, work)
            }
            Some(Trouble::After(happens)) => {
                let answer = self.work(call, work);
                happens(self);
                answer
            }
        }
    }
}

/// Arranging, and looking without asking.
impl FakeDocker {
    /// The engine stops answering; what runs goes on.
    pub fn go_down(&self) {
        self.change(|state, _| state.up = false);
    }

    /// The engine answers again.
    pub fn come_up(&self) {
        self.change(|state, _| state.up = true);
    }

    /// The engine is restarted: everything dies, and comes back as its policy says.
    pub fn restart(&self) {
        self.change(State::restart);
    }

    /// Another engine stands behind the endpoint from now on.
    pub fn set_engine_id(&self, id: &str) {
        self.change(|state, _| id.clone_into(&mut state.info.id));
    }

    /// How long every call takes.
    pub fn set_latency(&self, latency: Duration) {
        self.state().latency = latency;
    }

    /// Arranges trouble.
    pub fn fail(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// Ends all arranged trouble.
    pub fn calm(&self) {
        self.state().faults.clear();
    }

    /// Makes a network.
    pub fn put_network(&self, name: &str) {
        self.change(|state, _| state.networks.insert(name.to_owned()));
    }

    /// Removes a network.
    pub fn take_network(&self, name: &str) {
        self.change(|state, _| state.networks.remove(name));
    }

    /// Puts an image there, with a user (empty is root) and the lines of its `/etc/passwd`.
    pub fn put_image(&self, reference: &str, user: &str, passwd: &str) {
        let image = image(reference, user, passwd);
        self.change(|state, _| state.images.insert(reference.to_owned(), image));
    }

    /// Takes an image away.
    pub fn take_image(&self, reference: &str) {
        self.change(|state, _| state.images.remove(reference));
    }

    /// Gives an image another name in place of its own.
    pub fn move_image(&self, from: &str, to: &str) {
        self.change(|state, _| {
            if let Some(image) = state.images.remove(from) {
                state.images.insert(to.to_owned(), image);
            }
        });
    }

    /// Lets an image be pulled.
    pub fn publish_image(&self, reference: &str, user: &str, passwd: &str) {
        let image = image(reference, user, passwd);
        self.change(|state, _| state.registry.insert(reference.to_owned(), image));
    }

    /// Lets a program decide what containers do; the newest that has a script for one wins.
    pub fn put_program(&self, program: Program) {
        self.change(|state, _| state.programs.push(program));
    }

    /// Puts a container there and starts it, unless told not to. Its image is made when it is not there.
    pub fn give(&self, given: Given, start: bool) -> ContainerId {
        let now = self.clock.now();
        self.put(given, start.then_some(now))
    }

    /// Puts a container there that was started at that time and runs since then.
    pub fn give_since(&self, given: Given, started: Timestamp) -> ContainerId {
        self.put(given, Some(started))
    }

    fn put(&self, given: Given, started: Option<Timestamp>) -> ContainerId {
        self.change(|state, _| {
            let reference = given.image.clone();
            let image = state.images.entry(reference.clone()).or_insert_with(|| image(&reference, "", ""));
            let image = image.clone();
            for mount in given.mounts.iter().filter(|mount| mount.volume) {
                state.volumes.entry(mount.source.clone()).or_default();
            }
            let id = state.new_id();
            state.containers.push(FakeContainer::new(id.clone(), given, &image));
            if let Some(started) = started {
                state.run(&id, started);
            }
            id
        })
    }

    /// Puts files into a volume, which is made when it is not there; readable by that user only.
    pub fn fill_volume(
        &self,
        name: &str,
        labels: &BTreeMap<String, String>,
        files: &[(&str, &str)],
        uid: u64,
    ) {
        self.change(|state, _| {
            let volume = state
                .volumes
                .entry(name.to_owned())
                .or_insert_with(|| FakeVolume { labels: labels.clone(), files: Tree::new() });
            for (path, text) in files {
                let node = Node { bytes: Some(text.as_bytes().to_vec()), mode: 0o600, uid, gid: uid };
                volume.files.insert((*path).to_owned(), node);
            }
        });
    }

    /// Removes a container whatever its state, as `docker rm -f` does.
    pub fn remove_by_force(&self, id: &str) {
        self.change(|state, now| {
            if let Some(id) = state.find(id).map(|container| container.id.clone()) {
                state.note(&id, "destroy", now);
                state.containers.retain(|container| container.id != id);
            }
        });
    }

    /// Every container, inspected.
    pub fn all(&self) -> Vec<Container> {
        self.look(|state, _| state.containers.iter().map(FakeContainer::inspect).collect())
    }

    /// The files of a volume; `None` when it is not there.
    pub fn files_of(&self, volume: &str) -> Option<Tree> {
        self.look(|state, _| state.volumes.get(volume).map(|volume| volume.files.clone()))
    }

    /// Cuts a file of a volume, as an engine leaves it that dies while it writes.
    pub fn cut_file(&self, volume: &str, path: &str, length: usize) {
        self.change(|state, _| {
            let node = state.volumes.get_mut(volume).and_then(|volume| volume.files.get_mut(path));
            if let Some(bytes) = node.and_then(|node| node.bytes.as_mut()) {
                bytes.truncate(length);
            }
        });
    }

    /// The names of all volumes.
    pub fn volume_names(&self) -> Vec<String> {
        self.look(|state, _| state.volumes.keys().cloned().collect())
    }

    /// What happened to containers, the newest 256 of it.
    pub fn history(&self) -> Vec<EngineEvent> {
        self.look(|state, _| state.events.iter().map(|(.., event)| event.clone()).collect())
    }

    /// The calls so far, with what they were about.
    pub fn calls(&self) -> Vec<(Call, String)> {
        self.state().calls.clone()
    }

    /// Variables and labels of a container: all that anyone who reaches the engine can read of it.
    pub fn readable(&self, id: &ContainerId) -> Option<String> {
        self.look(|state, _| {
            state.find(&id.0).map(|found| format!("{:?}{:?}", found.given, found.entrypoint))
        })
    }
}

fn image(reference: &str, user: &str, passwd: &str) -> FakeImage {
    let id = format!(
        "sha256:{:0>64}",
        reference.bytes().fold(7_u64, |sum, byte| sum * 31 % 0xffff_fffb + u64::from(byte))
    );
    let node = |bytes: Option<Vec<u8>>| Node {
        mode: if bytes.is_some() { 0o644 } else { 0o755 },
        bytes,
        uid: 0,
        gid: 0,
    };
    let files = Tree::from([
        ("etc".to_owned(), node(None)),
        (
            "etc/passwd".to_owned(),
            node(Some(format!("root:x:0:0:root:/root:/bin/sh\n{passwd}").into_bytes())),
        ),
    ]);
    FakeImage { image: Image { id, user: user.to_owned() }, files }
}
