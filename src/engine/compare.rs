//! What differs between any two of: the rendering of an environment, that of another one, the files that a running
//! container or that of a release really has, the workspace as of a git revision. Secrets are compared by value where
//! they can be had, and never shown.

use std::path::Path;
use std::sync::Arc;

use futures_util::future::try_join;

use crate::domain::container::{Container, current};
use crate::domain::diff::compare::diff_of;
use crate::domain::diff::fill::filled;
use crate::domain::diff::mask::Masker;
use crate::domain::diff::side::{Side, Sides};
use crate::domain::diff::then::adopt_secrets;
use crate::domain::diff::{Against, Diff, Revision, Sought, State};
use crate::domain::environment::EnvName;
use crate::domain::label::{labels, role};
use crate::domain::mask;
use crate::domain::overview::Overview;
use crate::domain::plan::ReleaseNumber;
use crate::domain::problem::Problem;
use crate::domain::render::render_by;
use crate::domain::secret::Secret;
use crate::domain::stored::StoredRelease;
use crate::domain::workspace::Workspace;
use crate::domain::workspace::build::{Sources, build};
use crate::engine::stop::work_while_wanted;
use crate::engine::workspace::{Fetched, PREFIXES, Secrets, find, work};
use crate::engine::{Docker, Engine, Files, RevisionFiles, World};

/// What was found of a side before anything secret is asked for.
enum Found<D> {
    /// The rendering of today.
    Rendering,
    /// Nothing runs.
    Nothing,
    /// A container, and what it is called.
    Container { docker: D, container: Box<Container>, label: String },
    /// The files of a revision.
    Revision(Then),
    /// A stored release.
    Stored(Box<StoredRelease>),
}

impl<D> Found<D> {
    fn is_container(&self) -> bool {
        matches!(self, Self::Container { .. })
    }
}

/// The secrets of both sides.
struct Known {
    old: Secrets,
    new: Secrets,
    /// The real ones of both, to be hidden wherever they stand.
    masker: mask::Masker,
}

impl<W: World> Engine<W> {
    /// Compares what an environment would be deployed with: the new side is the environment, the old side is
    /// `against`. With nothing deployed, every file is an added one.
    pub async fn compare(
        &self,
        overview: &Overview,
        environment: &EnvName,
        against: Against,
    ) -> Result<Diff, Problem> {
        let new = Sought::rendering(environment.clone());
        self.compare_sides(overview, &against.of(environment), &new).await
    }

    /// Compares any two sides.
    pub async fn compare_sides(
        &self,
        overview: &Overview,
        old: &Sought,
        new: &Sought,
    ) -> Result<Diff, Problem> {
        self.compare_knowing(overview, old, new, Fetched::default()).await
    }

    /// Compares with what runs, by secrets that were asked for already.
    pub(crate) async fn compare_running(
        &self,
        overview: &Overview,
        environment: &EnvName,
        fetched: Fetched,
    ) -> Result<Diff, Problem> {
        let new = Sought::rendering(environment.clone());
        self.compare_knowing(overview, &Against::Running.of(environment), &new, fetched).await
    }

    async fn compare_knowing(
        &self,
        overview: &Overview,
        old: &Sought,
        new: &Sought,
        fetched: Fetched,
    ) -> Result<Diff, Problem> {
        let found = try_join(self.locate(overview, old), self.locate(overview, new)).await?;
        // Whoever waits for it must not carry all of it along.
        Box::pin(self.compare_found(overview, (old, found.0), (new, found.1), fetched)).await
    }

    /// Compares what runs with a stored release, by secrets that were asked for already.
    pub(crate) async fn compare_stored(
        &self,
        overview: &Overview,
        environment: &EnvName,
        stored: StoredRelease,
        fetched: Fetched,
    ) -> Result<Diff, Problem> {
        let old = Against::Running.of(environment);
        let new = Against::Release(stored.manifest.release).of(environment);
        let found = self.locate(overview, &old).await?;
        let stored = Found::Stored(Box::new(stored));
        Box::pin(self.compare_found(overview, (&old, found), (&new, stored), fetched)).await
    }

    async fn compare_found(
        &self,
        overview: &Overview,
        (old, old_found): (&Sought, Found<W::Docker>),
        (new, new_found): (&Sought, Found<W::Docker>),
        fetched: Fetched,
    ) -> Result<Diff, Problem> {
        let known = self.known(overview, (old, &old_found), (new, &new_found), fetched).await?;
        let Known { old: of_old, new: of_new, masker } = known;
        let sides = try_join(
            self.side(overview, old, old_found, of_old, &masker),
            self.side(overview, new, new_found, of_new, &masker),
        );
        let ((old, old_secrets), (new, new_secrets)) = sides.await?;
        let masker = Arc::new(masker.with(old_secrets).with(new_secrets));
        compared(old.hiding(&masker), new.hiding(&masker)).await
    }

    async fn locate(&self, overview: &Overview, sought: &Sought) -> Result<Found<W::Docker>, Problem> {
        let name = &sought.environment;
        find(&overview.workspace, name)?;
        Ok(match &sought.state {
            State::Rendered => Found::Rendering,
            State::Revision(revision) => Found::Revision(self.then(revision).await?),
            State::Running => {
                let (docker, containers) = self.containers_of(overview, name).await?;
                match current(&containers) {
                    Some(container) => Found::Container {
                        docker,
                        label: format!("running {}", container.described()),
                        container: Box::new(container.clone()),
                    },
                    None => Found::Nothing,
                }
            }
            // The files of a release are in its container, which need not run; when that is gone they are stored.
            State::Release(number) => {
                let (docker, containers) = self.containers_of(overview, name).await?;
                let found = containers.iter().find(|container| container.release() == Some(*number));
                let Some(container) = found else {
                    let stored = Box::pin(self.stored_release(overview, name, *number)).await?;
                    if let Some(stored) = stored {
                        return Ok(Found::Stored(Box::new(stored)));
                    }
                    return Err(no_release(name, *number, &containers));
                };
                Found::Container {
                    docker,
                    label: format!("release {number} ({})", container.described()),
                    container: Box::new(container.clone()),
                }
            }
        })
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

    /// The secrets that a comparison needs. Where the files of a container are compared with a rendering, they are
    /// asked of every provider. Otherwise one that both sides have from the same source is the same on both, and it
    /// is asked for only to be hidden wherever it stands: commands are not run for that.
    async fn known(
        &self,
        overview: &Overview,
        (old, old_found): (&Sought, &Found<W::Docker>),
        (new, new_found): (&Sought, &Found<W::Docker>),
        fetched: Fetched,
    ) -> Result<Known, Problem> {
        let workspace = &overview.workspace;
        let (left, right) = (find(workspace, &old.environment)?, find(workspace, &new.environment)?);
        let mut masker = left.masker.and(&right.masker);
        if matches!(old_found, Found::Nothing) || matches!(new_found, Found::Nothing) {
            return Ok(Known { old: Secrets::new(), new: Secrets::new(), masker });
        }
        let Fetched { secrets: had, asked, .. } = fetched;
        let real = old_found.is_container() != new_found.is_container();
        let same_source = |key: &String| left.secrets.get(key) == right.secrets.get(key);
        let mut sides = [Secrets::new(), Secrets::new()];
        for (side, (here, found)) in sides.iter_mut().zip([(left, old_found), (right, new_found)]) {
            let keys = || here.secrets.keys();
            let wanted = |key: &&String| !asked.contains(*key);
            let needed = |key: &&String| !found.is_container() && (real || !same_source(key));
            let all: Vec<String> = keys().filter(needed).filter(wanted).cloned().collect();
            let secrets = self.fetch(here, &all, true).await.secrets;
            side.extend(had.iter().filter(|(key, _)| here.secrets.contains_key(*key)).map(pair));
            side.extend(secrets);
            let rest: Vec<String> = keys().filter(|key| !needed(key)).filter(wanted).cloned().collect();
            let secrets = self.fetch(here, &rest, false).await.secrets;
            side.extend(secrets);
            masker = masker.with(side.iter().map(pair).collect());
            if !real {
                for key in keys().filter(|key| same_source(key)) {
                    side.entry(key.clone()).or_insert_with(|| same(key));
                }
            }
        }
        let [old, new] = sides;
        Ok(Known { old, new, masker })
    }

    /// A side, and the secrets that were found in it.
    async fn side(
        &self,
        overview: &Overview,
        sought: &Sought,
        found: Found<W::Docker>,
        secrets: Secrets,
        masker: &mask::Masker,
    ) -> Result<(Side, Vec<(String, Secret)>), Problem> {
        let workspace = Arc::clone(&overview.workspace);
        let looking = overview.rendering(&sought.environment).cloned();
        let name = sought.environment.clone();
        match found {
            Found::Nothing => Ok((Side::nothing("nothing deployed"), Vec::new())),
            Found::Rendering => {
                let rendering = work(move || {
                    let environment = find(&workspace, &name)?;
                    let rendering = filled(&workspace, environment, looking.as_ref(), &secrets);
                    Ok(Side::of(rendering, workspace))
                });
                Ok((rendering.await??, Vec::new()))
            }
            Found::Container { docker, container, label } => {
                let known = secrets.into_iter().collect();
                self.container_side(overview, &name, &docker, (&container, label), known).await
            }
            Found::Stored(stored) => {
                let known = secrets.iter().filter(|(key, secret)| **secret != same(key)).map(pair).collect();
                let side = work(move || {
                    let label = format!("release {} (stored)", stored.manifest.release);
                    let rendering = Arc::new(stored.fill(&name, &secrets));
                    let spots = Masker::new(&workspace, find(&workspace, &name)?, known);
                    // The templates that it was made from are not known.
                    let unknown = Arc::new(Workspace::default());
                    Ok(Side::of_revision(label, rendering, unknown, spots))
                });
                Ok((side.await??, Vec::new()))
            }
            Found::Revision(then) => {
                let engine = self.clone();
                let label = format!("{name} at {} ({})", then.revision.as_str(), then.found.commit);
                let known = secrets.iter().filter(|(key, secret)| **secret != same(key)).map(pair).collect();
                let masker = masker.clone();
                let side = work_while_wanted(move |stop| {
                    let today = find(&workspace, &name)?;
                    let shown = format!("git:{}", then.revision.as_str());
                    let mut then = engine.build_then(&workspace, then.found);
                    let at = then.environments.iter().position(|environment| environment.name == name);
                    let Some(environment) = at.and_then(|at| then.environments.get_mut(at)) else {
                        return Err(not_then(&name, &shown, &then));
                    };
                    adopt_secrets(environment, today);
                    let environment = environment.clone();
                    let rendering = Arc::new(render_by(&then, &environment, &secrets, stop));
                    let spots = Masker::new(&workspace, today, known);
                    let found = environment.masker.and(&masker);
                    Ok((Side::of_revision(label, rendering, Arc::new(then), spots), found))
                });
                let (side, found) = side.await??;
                Ok((side, found.known().to_vec()))
            }
        }
    }

    /// The files of a revision, wherever the workspace may have had them.
    async fn then(&self, revision: &Revision) -> Result<Then, Problem> {
        let folders = self.folders_then().await?;
        let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
        let found = self.world.files().revision(&self.root, revision, &folders).await?;
        Ok(Then { revision: revision.clone(), found })
    }

    /// The workspace as of a revision. It has its own layers; its secrets become those of today.
    fn build_then(&self, today: &Workspace, found: RevisionFiles) -> Workspace {
        let holds = |folder: &str| found.files.iter().any(|file| Path::new(&file.path).starts_with(folder));
        let prefix = PREFIXES.into_iter().find(|(folder, _)| holds(folder)).map_or("", |found| found.1);
        let files = found.files.into_iter().map(|file| (file.path, file.bytes)).collect();
        let mut then = build(Sources {
            root: today.root.clone(),
            prefix,
            revision: 0,
            files,
            problems: found.problems,
            set: &self.set,
            octopus: self.octopus,
        });
        then.only.clone_from(&self.only);
        then
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
}

/// The files of a revision.
struct Then {
    revision: Revision,
    found: RevisionFiles,
}

fn pair((key, secret): (&String, &Secret)) -> (String, Secret) {
    (key.clone(), secret.clone())
}

/// Stands for a secret that is the same on both sides. Any value does; it is masked like every secret.
fn same(key: &str) -> Secret {
    Secret::new(format!("the same {key} on both sides"))
}

/// Compares two sides on all processors.
async fn compared(old: Side, new: Side) -> Result<Diff, Problem> {
    work_while_wanted(move |stop| diff_of(&Arc::new(Sides { old, new }), stop)).await
}

fn no_release(environment: &EnvName, number: ReleaseNumber, containers: &[Container]) -> Problem {
    let mut kept: Vec<ReleaseNumber> = containers.iter().filter_map(Container::release).collect();
    kept.sort_unstable();
    let problem = Problem::new(
        "release.missing",
        format!("the files of release {number} of {environment} cannot be read"),
    )
    .why("no container of that release is kept on the engine, and it is not stored there");
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

#[cfg(test)]
#[path = "compare_canary_tests.rs"]
mod canary_tests;
