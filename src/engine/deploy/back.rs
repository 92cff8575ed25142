//! Back to a release: a new one with the files that it had, by the same plan and the same steps as a deploy. Its secrets
//! are filled in as they are today, so that a revoked one does not come back, or are those of the container that is kept
//! of it; the container is set up as it was.

use crate::domain::container::Container;
use crate::domain::diff::{Against, Diff, Sought, State};
use crate::domain::environment::EnvName;
use crate::domain::journal::{Kind, Record};
use crate::domain::label::Labels;
use crate::domain::overview::Overview;
use crate::domain::plan::{self, Desired, Observed, Options, Plan, ReleaseNumber};
use crate::domain::problem::{Problem, code};
use crate::domain::progress::Verdict;
use crate::domain::render::Rendering;
use crate::domain::stored::{Manifest, StoredRelease};
use crate::domain::workspace::Environment;
use crate::engine::running::running_files;
use crate::engine::state::Owned;
use crate::engine::workspace::{Asked, Fetched, find, together};
use crate::engine::{Docker, Engine, World};

use super::{observe, stale};

/// A release that is gone back to.
#[derive(Debug)]
pub(super) struct Returning {
    pub(super) stored: StoredRelease,
    as_it_was: bool,
    /// The environment of today, its container as that of the release.
    pub(super) environment: Environment,
    /// With its secrets; `None` where they cannot be had.
    pub(super) rendering: Option<Rendering>,
    fetched: Fetched,
    observed: Observed,
    pub(super) obstacles: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl<W: World> Engine<W> {
    /// What going back to a release would do now, and how what runs differs from what it had. Without a release it is
    /// the newest one before the current one that was healthy. `as_it_was`: with the files of its kept container.
    pub async fn plan_back(
        &self,
        overview: &Overview,
        environment: &EnvName,
        to: Option<ReleaseNumber>,
        as_it_was: bool,
    ) -> Result<(Plan, Diff), Problem> {
        let today = find(&overview.workspace, environment)?;
        let docker = self.world.docker(today.target.docker.as_ref())?;
        let workspace = overview.workspace.name.as_str();
        let mut back = Box::pin(self.returning(&docker, workspace, today, to, as_it_was)).await?;
        let fetched = std::mem::take(&mut back.fetched);
        let diff = if as_it_was && back.rendering.is_some() {
            let state = State::Release(back.stored.manifest.release);
            let new = Sought { environment: environment.clone(), state };
            Box::pin(self.compare_sides(overview, &Against::Running.of(environment), &new)).await?
        } else {
            self.compare_stored(overview, environment, back.stored.clone(), fetched).await?
        };
        back.observed.changes = diff.count();
        Ok((back.plan(workspace), diff))
    }

    /// Looks for a release, and for all that stands in the way back to it.
    pub(super) async fn returning(
        &self,
        docker: &W::Docker,
        workspace: &str,
        today: &Environment,
        to: Option<ReleaseNumber>,
        as_it_was: bool,
    ) -> Result<Returning, Problem> {
        let name = &today.name;
        let observed = observe(docker, workspace, today).await?;
        let record = wanted(&observed, workspace, name, to)?;
        let to = record.release;
        let state = Owned { docker, workspace, environment: name };
        let image = observed.image.as_ref().map(|image| image.id.as_str());
        let stored = state.stored(to, &observed.containers, image).await?;
        let stored = stored.ok_or_else(|| not_stored(name, to))?;
        let kept =
            observed.ours(workspace, name).into_iter().find(|kept| kept.release() == Some(to)).cloned();
        let way = Way { name, to, kept: kept.as_ref() };
        let (mut obstacles, mut warnings) = (Vec::new(), Vec::new());
        warnings.extend(not_healthy(record));

        let mut environment = stored.manifest.environment(today);
        match set_up_from(docker, &stored.manifest).await? {
            SetUp::ByName => {}
            SetUp::ById(warning) => {
                environment.target.image = Some(stored.manifest.image_id.clone());
                warnings.push(warning);
            }
            SetUp::Not(obstacle) => obstacles.push(obstacle),
        }
        // With the image and the network that it had.
        let observed = observe(docker, workspace, &environment).await?;

        let mut fetched = Fetched::default();
        let mut rendering = None;
        if as_it_was {
            match way.files(docker, &stored, &environment).await {
                Ok(found) => rendering = Some(found),
                Err(obstacle) => obstacles.push(obstacle),
            }
        } else {
            let keys = stored.keys();
            let Asked { secrets, mut missing, notes } = self.fetch(today, &keys, true).await;
            missing.extend(unknown(today, &keys, to));
            obstacles.extend(missing.into_iter().chain(masked(&stored.manifest)).map(|found| way.out(found)));
            let filled = stored.fill(name, &secrets);
            let misshapen = filled.findings.iter().map(|finding| way.out(finding.problem.clone()));
            obstacles.extend(misshapen);
            if obstacles.is_empty() {
                rendering = Some(filled);
            }
            fetched = Fetched { secrets, asked: keys, missing: None, notes: Vec::new() };
            warnings.extend(notes);
        }
        Ok(Returning { stored, as_it_was, environment, rendering, fetched, observed, obstacles, warnings })
    }

    /// What the plan of going back deploys, as it is now.
    pub(super) async fn at_hand_again(
        &self,
        docker: &W::Docker,
        workspace: &str,
        today: &Environment,
        plan: &Plan,
    ) -> Result<(Environment, Rendering), Problem> {
        let Kind::Rollback { to, as_it_was } = plan.kind else {
            return Err(stale("it goes back to no release"));
        };
        let back = self.returning(docker, workspace, today, Some(to), as_it_was).await?;
        if let Some(obstacle) = back.obstacles.into_iter().next() {
            return Err(obstacle);
        }
        if back.environment.target.image.as_ref() != Some(&plan.container.image) {
            return Err(stale("the name of the image means another one now"));
        }
        let rendering = back.rendering.ok_or_else(|| stale("its files cannot be had any more"))?;
        Ok((back.environment, rendering))
    }

    /// What stands in the way back to each release that was tried; nothing where none does, as far as that is known
    /// without running the commands of secrets.
    pub async fn ways_back(
        &self,
        overview: &Overview,
        environment: &EnvName,
        records: &[Record],
    ) -> Result<Vec<(ReleaseNumber, Option<Problem>)>, Problem> {
        let today = find(&overview.workspace, environment)?;
        let docker = self.world.docker(today.target.docker.as_ref())?;
        let workspace = overview.workspace.name.as_str();
        let containers = docker.containers(&Labels::new()).await?;
        let state = Owned { docker: &docker, workspace, environment };
        let mut ways = Vec::new();
        for record in records {
            let to = record.release;
            let image = Some(record.undertaking.container.image.as_str());
            let stored = state.stored(to, &containers, image).await?;
            let obstacle = match stored {
                None => Some(not_stored(environment, to)),
                Some(stored) => self.standing(&docker, today, &stored).await?,
            };
            ways.push((to, obstacle));
        }
        Ok(ways)
    }

    /// The first that stands in the way back to a stored release.
    async fn standing(
        &self,
        docker: &W::Docker,
        today: &Environment,
        stored: &StoredRelease,
    ) -> Result<Option<Problem>, Problem> {
        if let SetUp::Not(obstacle) = set_up_from(docker, &stored.manifest).await? {
            return Ok(Some(obstacle));
        }
        let keys = stored.keys();
        let Asked { missing, .. } = self.fetch(today, &keys, false).await;
        let unknown = unknown(today, &keys, stored.manifest.release);
        Ok(masked(&stored.manifest).or_else(|| together(missing.into_iter().chain(unknown).collect())))
    }
}

impl Returning {
    /// The plan of it.
    pub(super) fn plan(&self, workspace: &str) -> Plan {
        let manifest = &self.stored.manifest;
        let looking = self.stored.fill(&self.environment.name, &std::collections::BTreeMap::new());
        let desired = Desired {
            workspace,
            environment: &self.environment,
            rendering: &looking,
            // What the check finds is about the workspace.
            findings: &[],
            missing_secrets: None,
            revision: manifest.revision.clone(),
            secret_notes: &self.warnings,
        };
        let mut plan = plan::make(&desired, &self.observed, Options { skip_check: true });
        plan.kind = Kind::Rollback { to: manifest.release, as_it_was: self.as_it_was };
        plan.obstacles.splice(0..0, self.obstacles.iter().cloned());
        plan
    }
}

/// The release that is meant.
fn wanted<'a>(
    observed: &'a Observed,
    workspace: &str,
    name: &EnvName,
    to: Option<ReleaseNumber>,
) -> Result<&'a Record, Problem> {
    if let Some(to) = to {
        return observed.records.iter().find(|record| record.release == to).ok_or_else(|| {
            Problem::new("release.unknown", format!("{name} has no release {to}"))
                .hint(format!("alertdeck history {name} shows which it has"))
        });
    }
    let current = observed.current(workspace, name).and_then(Container::release);
    let before = |record: &&Record| current.is_none_or(|current| record.release < current);
    let mut healthy = observed.records.iter().filter(|record| was_healthy(record));
    healthy.find(before).ok_or_else(|| {
        let problem = Problem::new("rollback.none", format!("{name} has no release to go back to"));
        match current {
            Some(current) => problem.why(format!("none before release {current}, which runs, was healthy")),
            None => problem.why("none was ever healthy"),
        }
        .hint(format!("alertdeck history {name} shows which were tried"))
    })
}

fn was_healthy(record: &Record) -> bool {
    record.outcome.as_ref().is_some_and(|outcome| outcome.verdict == Verdict::Healthy)
}

fn not_healthy(record: &Record) -> Option<Problem> {
    if was_healthy(record) {
        return None;
    }
    let problem = Problem::new("rollback.not-healthy", format!("release {} was not healthy", record.release));
    let cause = record.outcome.as_ref().and_then(|outcome| outcome.cause.as_ref());
    Some(match cause {
        Some(cause) => problem.why(cause.to_string()),
        None => problem.why("it never came to its end"),
    })
}

fn not_stored(name: &EnvName, to: ReleaseNumber) -> Problem {
    Problem::new("rollback.not-stored", format!("release {to} is not stored any more"))
        .why("the last five that were healthy and the last five that were not are kept")
        .hint(format!("alertdeck history {name} shows which can be gone back to"))
}

/// A secret that stood in another form than its own was not stored, and nothing can be filled in for it.
fn masked(manifest: &Manifest) -> Option<Problem> {
    (!manifest.masked.is_empty()).then(|| {
        Problem::new("rollback.masked", format!("release {} cannot be filled in again", manifest.release))
            .why(format!("in {} a secret stood in another form than its own", manifest.masked.join(", ")))
    })
}

/// Secrets of the release that the environment has no more.
fn unknown(today: &Environment, keys: &[String], to: ReleaseNumber) -> Vec<Problem> {
    let gone = keys.iter().filter(|key| !today.secrets.contains_key(*key));
    let problem = |key: &String| {
        Problem::new(code::SECRET_MISSING, format!("{} has no secret {key} any more", today.name))
            .why(format!("release {to} has it in its files"))
    };
    gone.map(problem).collect()
}

/// What the container of a release can be set up from.
enum SetUp {
    /// The name of its image means what it meant.
    ByName,
    /// The image is there, and its name means another one.
    ById(Problem),
    /// The image is gone.
    Not(Problem),
}

async fn set_up_from<D: Docker>(docker: &D, manifest: &Manifest) -> Result<SetUp, Problem> {
    let Manifest { image_id, container, release, .. } = manifest;
    let name = &container.image;
    let named = docker.image(name).await?.map(|image| image.id);
    if named.as_ref() == Some(image_id) {
        return Ok(SetUp::ByName);
    }
    if docker.image(image_id).await?.is_some() {
        let now = named.map_or_else(|| "no image".to_owned(), |id| format!("the image {id}"));
        return Ok(SetUp::ById(
            Problem::new("rollback.image-moved", format!("release {release} gets the image {image_id}"))
                .why(format!("the name {name}, by which it was asked for, now means {now}")),
        ));
    }
    Ok(SetUp::Not(
        Problem::new("rollback.image-gone", format!("the image of release {release} is gone"))
            .why(format!("it ran {name}, whose image was {image_id}"))
            .hint("bring that very image back, or go back to a release with another one"),
    ))
}

/// The ways to a release.
struct Way<'a> {
    name: &'a EnvName,
    to: ReleaseNumber,
    kept: Option<&'a Container>,
}

impl Way<'_> {
    /// Names the way that is left when it cannot be filled in.
    fn out(&self, problem: Problem) -> Problem {
        let Self { name, to, kept } = self;
        match kept {
            Some(kept) => {
                let own = problem.hint.as_ref().map(|hint| format!("{hint}; ")).unwrap_or_default();
                problem.hint(format!(
                    "{own}`alertdeck rollback {name} {to} --as-it-was` takes the secrets that {} has",
                    kept.name
                ))
            }
            None => problem,
        }
    }

    /// The files of the kept container.
    async fn files<D: Docker>(
        &self,
        docker: &D,
        stored: &StoredRelease,
        environment: &Environment,
    ) -> Result<Rendering, Problem> {
        let gone = |why: &str| {
            Problem::new("rollback.not-kept", format!("release {} cannot be had as it was", self.to))
                .why(why)
                .hint(format!("alertdeck rollback {} {}, with the secrets of today", self.name, self.to))
        };
        let kept = self.kept.ok_or_else(|| gone("its container is not kept any more"))?;
        let tree = running_files(docker, kept, &environment.target.mounts).await?;
        stored
            .as_it_was(self.name, &tree)
            .ok_or_else(|| gone(&format!("{} does not have the files of that release", kept.name)))
    }
}
