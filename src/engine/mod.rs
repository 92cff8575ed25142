//! The world and the use cases. [`World`] bundles the ports through which anything outside of the program is
//! reached; [`Engine`] offers what a person can ask for, each as one method that the console and the command line
//! call alike. Only `docker`, `files` and `search` name what is behind a port.

mod archive;
mod books;
pub mod changes;
pub mod compare;
pub mod deploy;
pub mod docker;
pub mod fake;
pub mod files;
mod files_create;
mod files_tree;
pub mod follow;
mod git;
pub mod history;
pub mod init;
pub mod inside;
pub mod live;
pub mod preflight;
pub mod processors;
pub mod running;
pub mod search;
mod state;
mod stop;
pub mod watch;
pub mod workspace;

use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt};
use tokio::io::AsyncWrite;

use crate::domain::container::{Container, ContainerId, EngineInfo, Image, RestartPolicy};
use crate::domain::diff::Revision;
use crate::domain::environment::Endpoint;
use crate::domain::journal::GitState;
use crate::domain::label::Labels;
use crate::domain::log::Since;
use crate::domain::plan::ContainerSpec;
use crate::domain::problem::Problem;
use crate::domain::process::ProcessTable;
use crate::domain::remote::Timestamp;
use crate::domain::secret::Secret;
use crate::domain::template::Bytes;

/// Everything outside of the program: engines, the disk, the search engine, the clock.
pub trait World: Clone + Send + Sync + 'static {
    /// An engine.
    type Docker: Docker;
    /// The disk.
    type Files: Files;
    /// A search engine.
    type Search: Search;
    /// Time.
    type Clock: Clock;

    /// The engine at an endpoint, without asking it anything yet. `None` is the one that the environment of the
    /// process names (`DOCKER_HOST`, `DOCKER_CONTEXT`, the current context, the default socket).
    fn docker(&self, endpoint: Option<&Endpoint>) -> Result<Self::Docker, Problem>;
    /// The disk.
    fn files(&self) -> &Self::Files;
    /// The search engine.
    fn search(&self) -> &Self::Search;
    /// Time.
    fn clock(&self) -> &Self::Clock;
}

/// Time, and waiting.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;
    /// Returns after that long.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send;
}

/// A piece of a container's output. It is neither a line nor whole lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Whether it came from standard error.
    pub stderr: bool,
    /// The bytes, with the engine's timestamp before each line.
    pub bytes: Vec<u8>,
}

/// What an engine says about a container of ours while we listen: only a hint to look again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineEvent {
    /// The container.
    pub id: ContainerId,
    /// `start`, `die`, `destroy`, …
    pub action: String,
    /// When, by the engine's clock.
    pub at: Timestamp,
}

/// A volume of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: Labels,
}

/// A command that runs in a container on a terminal of its own.
pub struct Terminal {
    /// Names it on its engine.
    pub id: String,
    /// What it prints. The bytes go to the person's own terminal as they are: the person asked for them.
    pub output: BoxStream<'static, Result<Vec<u8>, Problem>>,
    /// What is typed.
    pub input: Pin<Box<dyn AsyncWrite + Send>>,
}

impl fmt::Debug for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terminal").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What an engine can do for us. Every call has its own deadline; a deadline that passes is
/// [`code::ENGINE_TIMEOUT`](crate::domain::problem::code::ENGINE_TIMEOUT), which means unknown and not failed.
pub trait Docker: Clone + Send + Sync + 'static {
    /// Where it listens.
    fn endpoint(&self) -> &Endpoint;
    /// Who it is.
    fn info(&self) -> impl Future<Output = Result<EngineInfo, Problem>> + Send;
    /// All containers that carry these labels (with a value, or any value when it is empty), inspected.
    fn containers(&self, labels: &Labels) -> impl Future<Output = Result<Vec<Container>, Problem>> + Send;
    /// One container by id or name; `None` when there is no such.
    fn container(&self, id: &str) -> impl Future<Output = Result<Option<Container>, Problem>> + Send;
    /// Its processes; [`code::ENGINE_REFUSED`](crate::domain::problem::code::ENGINE_REFUSED) when it does not run.
    fn processes(&self, id: &ContainerId) -> impl Future<Output = Result<ProcessTable, Problem>> + Send;
    /// Its output, each line with the engine's timestamp in front; with `follow` it ends when the container does,
    /// otherwise with what is there. `Since::Time` may give lines of up to a second before that time.
    fn logs(
        &self,
        id: &ContainerId,
        since: Since,
        follow: bool,
    ) -> impl Stream<Item = Result<Chunk, Problem>> + Send + 'static;
    /// What happens to containers with these labels, from `since` (the engine's clock) on, for ever.
    fn events(
        &self,
        labels: &Labels,
        since: Option<Timestamp>,
    ) -> impl Stream<Item = Result<EngineEvent, Problem>> + Send + 'static;
    /// An image that is there; `None` when it is not.
    fn image(&self, reference: &str) -> impl Future<Output = Result<Option<Image>, Problem>> + Send;
    /// Fetches an image; each item is a line of progress.
    fn pull(&self, reference: &str) -> impl Stream<Item = Result<String, Problem>> + Send + 'static;
    /// Whether there is a network of that name or id.
    fn has_network(&self, name: &str) -> impl Future<Output = Result<bool, Problem>> + Send;
    /// Creates a volume; does nothing when one of that name is there.
    fn create_volume(&self, name: &str, labels: &Labels) -> impl Future<Output = Result<(), Problem>> + Send;
    /// All volumes with these labels.
    fn volumes(&self, labels: &Labels) -> impl Future<Output = Result<Vec<Volume>, Problem>> + Send;
    /// Removes a volume that nothing uses.
    fn remove_volume(&self, name: &str) -> impl Future<Output = Result<(), Problem>> + Send;
    /// Creates a container with restart policy `no` and an init process; does not start it. Volumes that are not
    /// there are made with their labels and stay empty: nothing of the image is copied into them.
    /// [`code::ENGINE_CONFLICT`](crate::domain::problem::code::ENGINE_CONFLICT) when the name is taken; its causes then
    /// name the holder's id, and no volume was made.
    fn create(&self, spec: &ContainerSpec) -> impl Future<Output = Result<ContainerId, Problem>> + Send;
    /// Creates a container that is used once: as [`create`](Self::create), but it keeps no log, may use little memory
    /// and few processes, gains no privileges, and is removed by the engine, with all it holds, as soon as it ends.
    fn create_throwaway(
        &self,
        spec: &ContainerSpec,
    ) -> impl Future<Output = Result<ContainerId, Problem>> + Send;
    /// Unpacks a tar archive under a path of a container, which need not run.
    fn upload(
        &self,
        id: &ContainerId,
        path: &str,
        archive: Vec<u8>,
    ) -> impl Future<Output = Result<(), Problem>> + Send;
    /// A path of a container, which need not run, as a tar archive of at most so many bytes.
    fn download(
        &self,
        id: &ContainerId,
        path: &str,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<u8>, Problem>> + Send;
    /// Starts a container.
    fn start(&self, id: &ContainerId) -> impl Future<Output = Result<(), Problem>> + Send;
    /// Asks a container to stop, and kills it after that long. An already stopped one is a success.
    fn stop(&self, id: &ContainerId, grace: Duration) -> impl Future<Output = Result<(), Problem>> + Send;
    /// Says when the engine starts it again.
    fn set_restart_policy(
        &self,
        id: &ContainerId,
        policy: &RestartPolicy,
    ) -> impl Future<Output = Result<(), Problem>> + Send;
    /// Removes a stopped container.
    fn remove(&self, id: &ContainerId) -> impl Future<Output = Result<(), Problem>> + Send;
    /// Kills a container, if it runs, and removes it with what it holds, volumes without a name as well. One that is
    /// gone already is a success.
    fn discard(&self, id: &ContainerId) -> impl Future<Output = Result<(), Problem>> + Send;
    /// What a command prints to its standard output that is run in a running container, up to so many bytes of it and
    /// for so long.
    fn output(
        &self,
        id: &ContainerId,
        command: &[String],
        limit: usize,
        time: Duration,
    ) -> impl Future<Output = Result<Vec<u8>, Problem>> + Send;
    /// Runs a command in a container, on a terminal of so many columns and rows.
    fn open_terminal(
        &self,
        id: &ContainerId,
        command: &[String],
        size: (u16, u16),
    ) -> impl Future<Output = Result<Terminal, Problem>> + Send;
    /// Says that a terminal has another size, in columns and rows.
    fn resize_terminal(
        &self,
        terminal: &str,
        size: (u16, u16),
    ) -> impl Future<Output = Result<(), Problem>> + Send;
    /// How the command on a terminal ended; `None` while it runs.
    fn terminal_exit(&self, terminal: &str) -> impl Future<Output = Result<Option<i64>, Problem>> + Send;
}

/// A file as it was read: its path relative to the root that was asked for, with `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// `config/elastalert.yaml`.
    pub path: String,
    /// Its bytes.
    pub bytes: Bytes,
    /// What says that it is another one when it is written again; `None` where nothing does for certain.
    pub stamp: Option<Stamp>,
}

/// The files of the workspace as of a revision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RevisionFiles {
    /// The commit, as short as people write it.
    pub commit: String,
    /// The files, their paths relative to the workspace.
    pub files: Vec<SourceFile>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// What the disk says of a file besides its bytes: device and number, length, and when it was written and when anything
/// of it changed, to the nanosecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp(pub [i128; 5]);

/// What there is to say of edits of the workspace.
#[derive(Clone, Debug, PartialEq)]
pub enum Edits {
    /// Every edit from now on is told. It comes first, and once.
    Seen,
    /// The operating system does not tell them; why, and what can be done. They are looked for, or not seen at all.
    Untold(Problem),
    /// Files changed.
    Made,
}

/// The disk, and the processes that give secrets.
pub trait Files: Send + Sync + 'static {
    /// All files below `root/folder` for each folder, sorted by path. Links that leave `root`, special files and
    /// files over the limits are problems, returned beside what could be read.
    fn read_tree(&self, root: &Path, folders: &[&str]) -> Result<(Vec<SourceFile>, Vec<Problem>), Problem>;
    /// The same; of a file that is `known` with the stamp that it has, the bytes are those that were read before.
    fn read_tree_again(
        &self,
        root: &Path,
        folders: &[&str],
        known: &[SourceFile],
    ) -> Result<(Vec<SourceFile>, Vec<Problem>), Problem> {
        let _ = known;
        self.read_tree(root, folders)
    }
    /// Says when something below `root/folder` of one of the folders changed; several edits in a short time are
    /// one. Which folders is asked anew after each edit. A disk that only we write to never changes.
    fn changes(
        &self,
        root: &Path,
        folders: impl Fn() -> Vec<String> + Send + 'static,
    ) -> impl Stream<Item = Edits> + Send + 'static {
        let _ = (root, folders);
        futures_util::stream::iter([Edits::Seen]).chain(futures_util::stream::pending())
    }
    /// The files below `root/folder` for each folder as of a revision of the repository that holds `root`. Nothing is
    /// checked out or fetched.
    fn revision(
        &self,
        root: &Path,
        revision: &Revision,
        folders: &[&str],
    ) -> impl Future<Output = Result<RevisionFiles, Problem>> + Send;
    /// The state of the repository that holds `root`; `None` where there is none that can be read.
    fn git_state(&self, root: &Path) -> impl Future<Output = Option<GitState>> + Send;
    /// Whether a folder exists.
    fn is_dir(&self, path: &Path) -> bool;
    /// Writes a file readable by its owner only, in folders of that kind, and only if it is not there. No link below
    /// `root` is followed.
    fn write_private(&self, root: &Path, path: &str, bytes: &[u8]) -> Result<(), Problem>;
    /// Whether anything is at `path` below `root`; a problem when a folder on the way is a file or a link.
    fn stands(&self, root: &Path, path: &str) -> Result<bool, Problem>;
    /// Makes a file, and the folders above it, without following a link below `root`; `false` when something is there.
    fn create(&self, root: &Path, path: &str, bytes: &[u8]) -> Result<bool, Problem>;
    /// A secret from a file, its last line end taken off.
    fn secret_file(&self, path: &Path) -> Result<Secret, Problem>;
    /// A secret from a variable of the process environment.
    fn secret_variable(&self, name: &str) -> Result<Secret, Problem>;
    /// A secret from the first line of what a command prints, within a time limit. Dropping the wait, or the time limit,
    /// ends the command with all that it started.
    fn secret_command(
        &self,
        command: &[String],
        root: &Path,
    ) -> impl Future<Output = Result<Spoken, Problem>> + Send;
}

/// What a command gave.
#[derive(Debug)]
pub struct Spoken {
    /// Its first line.
    pub secret: Secret,
    /// Whether it printed more than that, blank lines aside.
    pub more: bool,
}

/// A search engine, as far as `ElastAlert`'s own indices go.
pub trait Search: Send + Sync + 'static {
    /// Asks `POST url/path` with a JSON body, or `GET` without one, and returns the JSON answer.
    fn ask(
        &self,
        url: &str,
        path: &str,
        body: Option<serde_json::Value>,
    ) -> impl Future<Output = Result<serde_json::Value, Problem>> + Send;
}

/// The use cases over a world: what the console and the command line can ask for. Each file of this folder adds its
/// own.
#[derive(Clone, Debug)]
pub struct Engine<W> {
    /// What it works on.
    pub world: W,
    /// The workspace's folder.
    pub root: PathBuf,
    /// Values of the topmost layer, from `--set KEY=VALUE`, in the order given.
    pub set: Vec<(String, String)>,
    /// Globs of the rules that are asked for, from `--rule GLOB`; without any it is all of them.
    pub only: Vec<String>,
    /// Whether Octopus Deploy chose the environment; its `Sensitive` file then goes before the local one.
    pub octopus: bool,
    /// Who works, as a claim: it stands on the lock and on what is deployed.
    pub by: String,
    /// What the last reading of the workspace leaves for the next one.
    kept: Arc<tokio::sync::Mutex<workspace::Reading>>,
}

impl<W: World> Engine<W> {
    /// The use cases on this world, for the workspace in that folder.
    pub fn new(world: W, root: PathBuf, set: Vec<(String, String)>) -> Self {
        Self {
            world,
            root,
            set,
            only: Vec::new(),
            octopus: false,
            by: "somebody".to_owned(),
            kept: Arc::default(),
        }
    }

    /// Says which rules are asked for.
    #[must_use]
    pub fn only(mut self, globs: Vec<String>) -> Self {
        self.only = globs;
        self
    }

    /// Says who works.
    #[must_use]
    pub fn signed(mut self, by: String) -> Self {
        self.by = by;
        self
    }

    /// Says whether Octopus Deploy chose the environment.
    #[must_use]
    pub fn under_octopus(mut self, octopus: bool) -> Self {
        self.octopus = octopus;
        self
    }
}
