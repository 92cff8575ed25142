//! The state of an environment on its engine: the journal and the stored releases, in a volume of their own. It is
//! written through the lock container, so that whoever lost the lock can write no more, and read through a container
//! that is never started and that keeps the volume from being pruned.

use std::collections::BTreeMap;
use std::io::Read as _;

use crate::domain::container::{Container, ContainerId};
use crate::domain::environment::EnvName;
use crate::domain::journal::{Entry, Event, Record, fold};
use crate::domain::label::{self, Labels, role};
use crate::domain::plan::{ContainerSpec, ReleaseNumber, VolumeMount, lock_name, state_name};
use crate::domain::problem::{Problem, code};
use crate::domain::remote::Timestamp;
use crate::domain::stored::{MANIFEST, StoredRelease};
use crate::domain::text::sanitise;
use crate::engine::Docker;
use crate::engine::archive::{Archive, Owner};
use crate::engine::deploy::patience::{patiently, twice};

/// The name of the folder in which the volume is mounted, right below the root.
const FOLDER: &str = "alertdeck";

/// The name of the one entry that is written over.
const ALIVE: &str = "alive";

/// The most bytes of entries, and of one stored release, that are read.
const MOST: usize = 128 * 1024 * 1024;

/// The volume, as the lock and the container that is never started mount it.
pub(super) fn mount(workspace: &str, environment: &EnvName) -> VolumeMount {
    VolumeMount {
        volume: state_name(workspace, environment),
        target: format!("/{FOLDER}"),
        read_only: false,
        labels: label::labels(workspace, environment, role::STATE, None),
    }
}

/// Whose state it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owned<'a, D> {
    pub(super) docker: &'a D,
    pub(super) workspace: &'a str,
    pub(super) environment: &'a EnvName,
}

impl<D: Docker> Owned<'_, D> {
    fn name(&self) -> String {
        state_name(self.workspace, self.environment)
    }

    fn is_ours(&self, labels: &Labels) -> bool {
        let ours = label::labels(self.workspace, self.environment, "", None);
        [label::WORKSPACE, label::ENVIRONMENT].iter().all(|key| labels.get(*key) == ours.get(*key))
    }

    /// The container through which the state can be read, where there is any state. One is made where somebody pruned
    /// it; `image` is any that is there.
    async fn hand(
        &self,
        containers: &[Container],
        image: Option<&str>,
    ) -> Result<Option<ContainerId>, Problem> {
        let name = self.name();
        let lock = lock_name(self.workspace, self.environment);
        let ours = containers.iter().filter(|container| self.is_ours(&container.labels));
        let hand = ours.clone().find(|container| container.name == name).or_else(|| {
            let holds = |container: &&Container| container.mounts.iter().any(|mount| mount.source == name);
            ours.clone().filter(|container| container.name == lock).find(holds)
        });
        if let Some(hand) = hand {
            return Ok(Some(hand.id.clone()));
        }
        let labels = label::labels(self.workspace, self.environment, role::STATE, None);
        let volumes = twice(|| self.docker.volumes(&labels)).await?;
        if !volumes.iter().any(|volume| volume.name == name) {
            return Ok(None);
        }
        let other = ours.map(|container| container.image_id.as_str()).next();
        let Some(image) = image.or(other) else {
            return Err(Problem::new(
                "state.unreadable",
                format!("the history of {} cannot be read", self.environment),
            )
            .why("its volume is read through a container, and no image is there to make one of")
            .hint("deploy, or pull the image of the environment"));
        };
        self.make_hand(image).await.map(Some)
    }

    /// Makes the container through which the state is read. One that somebody else just made is as good.
    pub(super) async fn make_hand(&self, image: &str) -> Result<ContainerId, Problem> {
        let spec = ContainerSpec {
            name: self.name(),
            image: image.to_owned(),
            env: BTreeMap::new(),
            labels: label::labels(self.workspace, self.environment, role::STATE, None),
            volumes: vec![mount(self.workspace, self.environment)],
            network: Some("none".to_owned()),
            user: None,
            entrypoint: None,
            // Never run; without one an image that has no command of its own is refused.
            command: Some(vec!["alertdeck-state".to_owned()]),
            cap_add: Vec::new(),
        };
        let mine = |found: &Container| self.is_ours(&found.labels) && found.has_role(role::STATE);
        let mut found = twice(|| self.docker.container(&spec.name)).await?;
        let mut problem = None;
        if found.is_none() {
            match self.docker.create(&spec).await {
                Ok(id) => return Ok(id),
                Err(refused) => problem = Some(refused),
            }
            found = twice(|| self.docker.container(&spec.name)).await?;
        }
        match found {
            Some(found) if mine(&found) => Ok(found.id),
            Some(found) => Err(Problem::new(
                "deploy.name-taken",
                format!("the name `{}` belongs to a container that is not ours", spec.name),
            )
            .why(format!("{} has it: image {}, {}", found.id, found.image, found.state))
            .hint("rename that container, or set another `workspace` in config/environments/Default.yaml")),
            None => Err(problem.unwrap_or_else(|| {
                Problem::new(code::ENGINE_MISSING, format!("the container `{}` is gone", spec.name))
            })),
        }
    }

    /// The records of the journal, newest first. `containers` are those of the engine, `image` is any that is there.
    pub(super) async fn records(
        &self,
        containers: &[Container],
        image: Option<&str>,
    ) -> Result<Vec<Record>, Problem> {
        let Some(hand) = self.hand(containers, image).await? else { return Ok(Vec::new()) };
        let mut entries = Vec::new();
        for (path, bytes) in self.read(&hand, "journal").await? {
            let mut parts = path.trim_end_matches(".json").split('/');
            let (Some(release), Some(place), None) = (parts.next(), parts.next(), parts.next()) else {
                continue;
            };
            let place = if place == ALIVE { Ok(u32::MAX) } else { place.parse() };
            let (Ok(release), Ok(place)) = (release.parse(), place) else { continue };
            // One that is half written is none: what it was to say had not been done.
            entries.extend(Entry::parse(&bytes).map(|entry| (release, place, entry)));
        }
        Ok(fold(entries))
    }

    /// A stored release; `None` when it is not kept, or of a format that this version does not know.
    pub(super) async fn stored(
        &self,
        release: ReleaseNumber,
        containers: &[Container],
        image: Option<&str>,
    ) -> Result<Option<StoredRelease>, Problem> {
        let Some(hand) = self.hand(containers, image).await? else { return Ok(None) };
        let mut found = self.read(&hand, &format!("releases/{release}.tar")).await?;
        let Some((_, archive)) = found.pop() else { return Ok(None) };
        let broken = |error: std::io::Error| {
            Problem::new("release.unreadable", format!("the stored release {release} cannot be read"))
                .why(sanitise(error.to_string().as_bytes()))
        };
        let files = unpack(&archive).map_err(broken)?.into_iter().collect();
        Ok(StoredRelease::parse(files).filter(|found| {
            let manifest = &found.manifest;
            manifest.release == release && manifest.environment == self.environment.as_str()
        }))
    }

    /// The files below a folder of the state, or that file; none when it is not there.
    async fn read(&self, hand: &ContainerId, path: &str) -> Result<Vec<(String, Vec<u8>)>, Problem> {
        let path = format!("/{FOLDER}/{path}");
        let archive = match twice(|| self.docker.download(hand, &path, MOST)).await {
            Err(problem) if problem.code == code::ENGINE_MISSING => return Ok(Vec::new()),
            answer => answer?,
        };
        unpack(&archive).map_err(|error| {
            Problem::new("state.unreadable", format!("the history of {} cannot be read", self.environment))
                .why(sanitise(error.to_string().as_bytes()))
        })
    }
}

/// The plain files of an archive, by their path below its top folder.
fn unpack(archive: &[u8]) -> Result<Vec<(String, Vec<u8>)>, std::io::Error> {
    let mut files = Vec::new();
    for entry in tar::Archive::new(archive).entries()? {
        let mut entry = entry?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let below: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).skip(1).collect();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        files.push((below.join("/"), bytes));
    }
    Ok(files)
}

/// Writes the journal of one release, through the lock that it is made under.
#[derive(Debug)]
pub(super) struct Journal {
    lock: ContainerId,
    release: ReleaseNumber,
    next: u32,
    /// Whether an engine that does not answer is waited for: once something that lives was touched.
    pub(super) patient: bool,
}

impl Journal {
    /// The journal of a release that begins.
    pub(super) fn new(lock: ContainerId, release: ReleaseNumber) -> Self {
        Self { lock, release, next: 0, patient: false }
    }

    /// The journal of a release that was cut off and is gone on with; it has that many entries.
    pub(super) fn again(lock: ContainerId, release: ReleaseNumber, entries: u32) -> Self {
        Self { lock, release, next: entries, patient: false }
    }

    /// Gives a sign of life.
    pub(super) async fn live<D: Docker>(&self, docker: &D, at: Timestamp) -> Result<(), Problem> {
        let path = format!("journal/{}/{ALIVE}.json", self.release);
        self.upload(docker, &path, &Entry::new(at, Event::Alive).to_bytes(), at).await
    }

    /// Writes an entry. That the lock is gone is the problem `deploy.lock-lost`.
    pub(super) async fn write<D: Docker>(
        &mut self,
        docker: &D,
        at: Timestamp,
        event: Event,
    ) -> Result<(), Problem> {
        let path = format!("journal/{}/{:03}.json", self.release, self.next);
        self.upload(docker, &path, &Entry::new(at, event).to_bytes(), at).await?;
        self.next += 1;
        Ok(())
    }

    /// Stores the release that is made.
    pub(super) async fn store<D: Docker>(
        &self,
        docker: &D,
        at: Timestamp,
        stored: &StoredRelease,
    ) -> Result<(), Problem> {
        let mut archive = Archive::new("release", Owner { uid: 0, gid: 0 }, at);
        // A struct of texts, numbers and lists always has a JSON form.
        archive.file(MANIFEST, &serde_json::to_vec(&stored.manifest).unwrap_or_default());
        for (path, bytes) in &stored.files {
            archive.file(path, bytes);
        }
        let bytes = archive.finish().map_err(|error| packing(&error))?;
        self.upload(docker, &format!("releases/{}.tar", self.release), &bytes, at).await
    }

    /// Takes stored releases away. The archive API deletes nothing, so that an empty file stands where one was, which
    /// counts as none.
    pub(super) async fn forget<D: Docker>(
        &self,
        docker: &D,
        at: Timestamp,
        releases: &[ReleaseNumber],
    ) -> Result<(), Problem> {
        let mut archive = Archive::new(FOLDER, Owner { uid: 0, gid: 0 }, at);
        archive.folders_of("releases/x");
        for release in releases {
            archive.file(&format!("releases/{release}.tar"), &[]);
        }
        self.send(docker, archive).await
    }

    async fn upload<D: Docker>(
        &self,
        docker: &D,
        path: &str,
        bytes: &[u8],
        at: Timestamp,
    ) -> Result<(), Problem> {
        let mut archive = Archive::new(FOLDER, Owner { uid: 0, gid: 0 }, at);
        archive.folders_of(path);
        archive.file(path, bytes);
        self.send(docker, archive).await
    }

    async fn send<D: Docker>(&self, docker: &D, archive: Archive) -> Result<(), Problem> {
        let bytes = archive.finish().map_err(|error| packing(&error))?;
        // The same entry over itself is the same entry.
        let upload = || docker.upload(&self.lock, "/", bytes.clone());
        let answer = if self.patient { patiently(upload).await } else { twice(upload).await };
        answer.map_err(|problem| {
            if problem.code == code::ENGINE_MISSING {
                return lost().why(problem.to_string());
            }
            let mut told = Problem::new("state.unwritten", "the journal of the deploy cannot be written");
            told.why = std::iter::once(problem.what).chain(problem.why).collect();
            if problem.code == code::ENGINE_UNREACHABLE || problem.code == code::ENGINE_TIMEOUT {
                told.code = problem.code;
            }
            told
        })
    }
}

/// That the lock is gone.
pub(super) fn lost() -> Problem {
    Problem::new("deploy.lock-lost", "the lock of this deploy is gone")
        .why("somebody removed it, perhaps with `docker container prune`")
}

fn packing(error: &std::io::Error) -> Problem {
    Problem::new("deploy.archive", "cannot pack what is to be stored").why(error.to_string())
}
