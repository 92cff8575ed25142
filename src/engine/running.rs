//! The files that a container really has, and whether they are what would be deployed. They are read through the
//! archive API, so that the container need not run and nothing is executed in it.

use std::io::Read;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::domain::container::Container;
use crate::domain::diff::compare::{Distance, distance};
use crate::domain::diff::fill::filled;
use crate::domain::diff::mask::Masker;
use crate::domain::diff::side::Side;
use crate::domain::environment::{EnvName, Mounts};
use crate::domain::health::Sync;
use crate::domain::overview::Overview;
use crate::domain::problem::{Problem, code};
use crate::domain::release::{MARKER, Release};
use crate::domain::secret::Secret;
use crate::domain::text::sanitise;
use crate::domain::tree::Tree;
use crate::engine::workspace::{find, work};
use crate::engine::{Docker, Engine, World};

/// The most bytes that are read of one mount.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Reads the files below the `config` and `rules` mounts of a container, running or not. A mount that is not there
/// has no files.
pub async fn running_files<D: Docker>(
    docker: &D,
    container: &Container,
    mounts: &Mounts,
) -> Result<Tree, Problem> {
    let mut tree = Tree::default();
    for (folder, usual) in [("config", &mounts.config), ("rules", &mounts.rules)] {
        let path = mounted(container, folder).unwrap_or(usual);
        let archive = match docker.download(&container.id, path, MOST_BYTES).await {
            Ok(archive) => Zeroizing::new(archive),
            Err(problem) if problem.code == code::ENGINE_MISSING => continue,
            Err(problem) => return Err(problem),
        };
        let name = container.name.clone();
        let files = work(move || unpack(&archive, folder, &name)).await??;
        tree.files.extend(files);
    }
    let marker = tree.files.remove(&format!("config/{MARKER}"));
    tree.release = marker.and_then(|bytes| Release::parse(&bytes));
    Ok(tree)
}

/// The secrets that a container was deployed with, which need not be those of today: its own files tell. Without them
/// what is known from elsewhere is masked all the same, so that they cannot be had is no problem.
pub(crate) async fn deployed_secrets<D: Docker>(
    docker: &D,
    container: &Container,
    mounts: &Mounts,
) -> Result<Vec<(String, Secret)>, Problem> {
    let tree = running_files(docker, container, mounts).await?;
    work(move || tree.secrets()).await
}

/// Where our own volume of that name is mounted: a workspace can have changed its mind since the release.
fn mounted<'a>(container: &'a Container, folder: &str) -> Option<&'a str> {
    let volume = format!("{}-{folder}", container.name);
    let mount = container.mounts.iter().find(|mount| mount.volume && mount.source == volume)?;
    Some(&mount.target)
}

type UnpackedFiles = Vec<(String, Zeroizing<Vec<u8>>)>;

/// The plain files of an archive, under `folder` in place of the top folder that the engine puts in front.
fn unpack(archive: &[u8], folder: &str, container: &str) -> Result<UnpackedFiles, Problem> {
    let broken = |error: std::io::Error| {
        Problem::new("engine.archive", format!("the files of {container} cannot be read"))
            .why(sanitise(error.to_string().as_bytes()))
    };
    let mut files = Vec::new();
    for entry in tar::Archive::new(archive).entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let below: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).skip(1).collect();
        if below.is_empty() || below.contains(&"..") {
            continue;
        }
        let mut bytes = Zeroizing::new(Vec::new());
        entry.read_to_end(&mut bytes).map_err(broken)?;
        files.push((sanitise(format!("{folder}/{}", below.join("/")).as_bytes()), bytes));
    }
    Ok(files)
}

impl<W: World> Engine<W> {
    /// Whether the files of a container are those that the environment would be deployed with. Secrets are asked of
    /// their providers, commands aside, because they could ask the person; where only secrets that could not be had
    /// stand between the two, it is [`Sync::Unknown`].
    pub async fn sync(
        &self,
        overview: &Overview,
        environment: &EnvName,
        docker: &W::Docker,
        container: &Container,
    ) -> Result<Sync, Problem> {
        let label = format!("running {}", container.described());
        let settings = find(&overview.workspace, environment)?;
        let keys: Vec<String> = settings.secrets.keys().cloned().collect();
        let secrets = self.fetch(settings, &keys, false).await.secrets;
        let known = secrets.iter().map(|(key, secret)| (key.clone(), secret.clone())).collect();
        let (old, _) = self.container_side(overview, environment, docker, (container, label), known).await?;
        let looking = overview.rendering(environment).cloned();
        let (workspace, name) = (Arc::clone(&overview.workspace), environment.clone());
        let apart = work(move || {
            let new = filled(&workspace, find(&workspace, &name)?, looking.as_ref(), &secrets);
            Ok(distance(&old, &Side::of(new, workspace)))
        });
        Ok(match apart.await?? {
            (Distance::Same, _) => Sync::InSync,
            (Distance::NotCompared, _) => Sync::Unknown,
            (Distance::Different, files) => Sync::Differs { files },
        })
    }

    /// The files of a container, under a label, and the secrets that it was deployed with. Those that are `known` are
    /// hidden in it, as is whatever else could be one.
    pub(crate) async fn container_side(
        &self,
        overview: &Overview,
        environment: &EnvName,
        docker: &W::Docker,
        (container, label): (&Container, String),
        known: Vec<(String, Secret)>,
    ) -> Result<(Side, Vec<(String, Secret)>), Problem> {
        let workspace = Arc::clone(&overview.workspace);
        let mounts = &find(&workspace, environment)?.target.mounts;
        let tree = running_files(docker, container, mounts).await?;
        let name = environment.clone();
        work(move || {
            let masker = Masker::new(&workspace, find(&workspace, &name)?, known);
            let secrets = tree.secrets();
            Ok((Side::of_container(label, tree, masker), secrets))
        })
        .await?
    }
}
