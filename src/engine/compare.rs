//! What differs: the rendering of an environment against that of another one, against the files that the running
//! container or that of a release really has, or against the workspace as of a git revision. Secrets are compared by
//! value where they can be had, and never shown.

use std::path::Path;
use std::sync::Arc;

use futures_util::future::try_join_all;

use crate::domain::container::{Container, current};
use crate::domain::diff::compare::{diff, file};
use crate::domain::diff::mask::Masker;
use crate::domain::diff::pair::pairs;
use crate::domain::diff::side::Side;
use crate::domain::diff::then::adopt_secrets;
use crate::domain::diff::{Against, Diff, Revision};
use crate::domain::environment::EnvName;
use crate::domain::label::{labels, role};
use crate::domain::overview::Overview;
use crate::domain::plan::ReleaseNumber;
use crate::domain::problem::Problem;
use crate::domain::render::render;
use crate::domain::secret::Secret;
use crate::domain::workspace::Workspace;
use crate::domain::workspace::build::{Sources, build};
use crate::engine::workspace::{Fetched, PREFIXES, Secrets, find, work};
use crate::engine::{Docker, Engine, Files, World};

/// Sides of fewer files than this are not worth sharing the work.
const FEW: usize = 200;

impl<W: World> Engine<W> {
    /// Compares what an environment would be deployed with: the new side is the environment, the old side is
    /// `against`. With nothing deployed, every file is an added one.
    pub async fn compare(
        &self,
        overview: &Overview,
        environment: &EnvName,
        against: Against,
    ) -> Result<Diff, Problem> {
        let (old, new) = match against {
            Against::Environment(other) => self.environments(overview, &other, environment).await?,
            Against::Running => self.running(overview, environment, Fetched::default()).await?,
            Against::Release(number) => self.release(overview, environment, number).await?,
            Against::Revision(revision) => self.revision(overview, environment, &revision).await?,
        };
        compared(old, new).await
    }

    /// Compares with what runs, by secrets that were asked for already.
    pub(crate) async fn compare_running(
        &self,
        overview: &Overview,
        environment: &EnvName,
        fetched: Fetched,
    ) -> Result<Diff, Problem> {
        let (old, new) = self.running(overview, environment, fetched).await?;
        compared(old, new).await
    }

    /// The engine of an environment, and the containers on it that run or ran its ElastAlert.
    async fn containers_of(
        &self,
        overview: &Overview,
        environment: &EnvName,
    ) -> Result<(W::Docker, Vec<Container>), Problem> {
        let settings = find(&overview.workspace, environment)?;
        let docker = self.world.docker(settings.target.docker.as_ref())?;
        let ours = labels(&overview.workspace.name, environment, role::ELASTALERT, None);
        let containers = docker.containers(&ours).await?;
        Ok((docker, containers))
    }

    async fn running(
        &self,
        overview: &Overview,
        environment: &EnvName,
        fetched: Fetched,
    ) -> Result<(Side, Side), Problem> {
        let (docker, containers) = self.containers_of(overview, environment).await?;
        if let Some(container) = current(&containers) {
            let old = (container, format!("running {}", container.described()));
            return self.sides(overview, environment, &docker, old, fetched, true).await;
        }
        let new = self.rendering(&overview.workspace, environment).await?;
        let new = Side::of(Arc::new(new), Arc::clone(&overview.workspace));
        Ok((Side::nothing("nothing deployed"), new))
    }

    /// The files of a release are in its container, which need not run.
    async fn release(
        &self,
        overview: &Overview,
        environment: &EnvName,
        number: ReleaseNumber,
    ) -> Result<(Side, Side), Problem> {
        let (docker, containers) = self.containers_of(overview, environment).await?;
        let found = containers.iter().find(|container| container.release() == Some(number));
        let Some(container) = found else {
            return Err(no_release(environment, number, &containers));
        };
        let old = (container, format!("release {number} ({})", container.described()));
        self.sides(overview, environment, &docker, old, Fetched::default(), true).await
    }

    /// The workspace as of a revision has its own layers; its secrets are those of today, which makes them the same
    /// on both sides. They are asked for only to be hidden wherever they stand.
    async fn revision(
        &self,
        overview: &Overview,
        environment: &EnvName,
        revision: &Revision,
    ) -> Result<(Side, Side), Problem> {
        let today = find(&overview.workspace, environment)?;
        let folders = self.folders_then().await?;
        let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
        let found = self.world.files().revision(&self.root, revision, &folders).await?;
        let keys: Vec<String> = today.secrets.keys().cloned().collect();
        let (known, _) = self.fetch(today, &keys, false).await;
        let mut secrets = known.clone();
        for key in keys {
            secrets.entry(key).or_insert_with_key(|key| same(key));
        }
        let shown = format!("git:{}", revision.as_str());
        let label = format!("{environment} at {} ({})", revision.as_str(), found.commit);
        let engine = self.clone();
        let (workspace, name) = (Arc::clone(&overview.workspace), environment.clone());
        work(move || {
            let holds =
                |folder: &str| found.files.iter().any(|file| Path::new(&file.path).starts_with(folder));
            let prefix = PREFIXES.into_iter().find(|(folder, _)| holds(folder)).map_or("", |found| found.1);
            let files = found.files.into_iter().map(|file| (file.path, file.bytes.into())).collect();
            let mut then = build(Sources {
                root: workspace.root.clone(),
                prefix,
                revision: 0,
                files,
                problems: found.problems,
                set: &engine.set,
                octopus: engine.octopus,
            });
            then.only.clone_from(&engine.only);
            let today = find(&workspace, &name)?;
            let environment = then.environments.iter_mut().find(|environment| environment.name == name);
            let Some(environment) = environment else {
                return Err(not_then(&name, &shown, &then));
            };
            adopt_secrets(environment, today);
            let environment = environment.clone();
            let old = Arc::new(render(&then, &environment, &secrets));
            let new = Arc::new(render(&workspace, today, &secrets));
            let known = known.into_iter().collect();
            let masker = Masker::new(&workspace, today, known);
            Ok((Side::of_revision(label, old, Arc::new(then), masker), Side::of(new, workspace)))
        })
        .await?
    }

    /// Where the files of the workspace may have been: wherever one can have them, and where they are today.
    async fn folders_then(&self) -> Result<Vec<String>, Problem> {
        let engine = self.clone();
        let mut folders = work(move || engine.folders()).await??;
        folders.extend(["config", "rules", "src/config", "src/rules"].map(str::to_owned));
        folders.sort();
        folders.dedup();
        Ok(folders)
    }

    /// Two environments. A secret that both have from the same source is the same one and is not asked for.
    async fn environments(
        &self,
        overview: &Overview,
        old: &EnvName,
        new: &EnvName,
    ) -> Result<(Side, Side), Problem> {
        let workspace = &overview.workspace;
        let (left, right) = (find(workspace, old)?, find(workspace, new)?);
        let mut shared = Secrets::new();
        let mut asked = Vec::new();
        for (key, source) in &left.secrets {
            if right.secrets.get(key) == Some(source) {
                shared.insert(key.clone(), same(key));
            } else {
                asked.push(key.clone());
            }
        }
        let more = right.secrets.keys().filter(|key| !left.secrets.contains_key(*key)).cloned();
        asked.extend(more);
        let (mut of_left, _) = self.fetch(left, &asked, true).await;
        let (mut of_right, _) = self.fetch(right, &asked, true).await;
        of_left.extend(shared.clone());
        of_right.extend(shared);
        let old = self.render_with(workspace, old, of_left);
        let new = self.render_with(workspace, new, of_right);
        let (old, new) = futures_util::future::try_join(old, new).await?;
        let side = |rendering| Side::of(Arc::new(rendering), Arc::clone(workspace));
        Ok((side(old), side(new)))
    }
}

/// Stands for a secret that is the same on both sides. Any value does; it is masked like every secret.
fn same(key: &str) -> Secret {
    Secret::new(format!("the same {key} on both sides"))
}

/// Compares two sides, large ones on as many threads as there are processors.
async fn compared(old: Side, new: Side) -> Result<Diff, Problem> {
    let (old, new) = (Arc::new(old), Arc::new(new));
    if old.files.len() + new.files.len() < FEW {
        return work(move || diff(&old, &new)).await;
    }
    let sides = (Arc::clone(&old), Arc::clone(&new));
    let all = Arc::new(work(move || pairs(&sides.0, &sides.1)).await?);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    let share = all.len().div_ceil(threads).max(1);
    let shares = (0..threads).map(|thread| {
        let (old, new, all) = (Arc::clone(&old), Arc::clone(&new), Arc::clone(&all));
        work(move || {
            let share = all.iter().skip(thread * share).take(share);
            share.map(|pair| file(&old, &new, *pair)).collect::<Vec<_>>()
        })
    });
    let files = try_join_all(shares).await?.into_iter().flatten().collect();
    Ok(Diff { old: old.label.clone(), new: new.label.clone(), files })
}

fn no_release(environment: &EnvName, number: ReleaseNumber, containers: &[Container]) -> Problem {
    let mut kept: Vec<ReleaseNumber> = containers.iter().filter_map(Container::release).collect();
    kept.sort_unstable();
    let problem = Problem::new(
        "release.missing",
        format!("the files of release {number} of {environment} cannot be read"),
    )
    .why("no container of that release is kept on the engine");
    if kept.is_empty() {
        return problem.why("it keeps none of this environment").hint("nothing is deployed there yet");
    }
    let kept: Vec<String> = kept.iter().map(|number| format!("release:{number}")).collect();
    problem.hint(format!("it keeps {}", kept.join(", ")))
}

fn not_then(name: &EnvName, revision: &str, then: &Workspace) -> Problem {
    let known: Vec<&str> = then.environments.iter().map(|known| known.name.as_str()).collect();
    Problem::new("environment.unknown", format!("there was no environment {name} at {revision}"))
        .hint(format!("it had {}", known.join(", ")))
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "compare_sources_tests.rs"]
mod sources_tests;
