//! From a plan to a proven container, or back to the one before. A plan is made from what the engine and the workspace
//! say now; a deploy carries out exactly the plan that was confirmed and refuses when the world has moved since.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::domain::container::Container;
use crate::domain::diff::Diff;
use crate::domain::environment::EnvName;
use crate::domain::journal::Kind;
use crate::domain::label::{self, Labels, role};
use crate::domain::mask::Masker;
use crate::domain::overview::Overview;
use crate::domain::plan::{self, Desired, Network, Observed, Options, Plan};
use crate::domain::problem::{Problem, code};
use crate::domain::progress::{DeployReport, Progress, Verdict};
use crate::domain::remote::{SignedDuration, Timestamp};
use crate::domain::render::Rendering;
use crate::domain::workspace::{Environment, Workspace};
use crate::engine::state::Owned;
use crate::engine::workspace::find;
use crate::engine::{Clock as _, Docker, Engine, Files as _, World};

use run::Run;

mod back;
mod beat;
mod gate;
mod keep;
pub(super) mod lock;
mod logs;
pub(super) mod patience;
mod preflight;
mod put_back;
mod resume;
mod run;
mod stage;
mod switch;
mod tell;
#[cfg(test)]
mod tests;

impl<W: World> Engine<W> {
    /// What a deploy of that environment would do now, and how its files differ from those that run.
    pub async fn plan(
        &self,
        overview: &Overview,
        environment: &EnvName,
        options: Options,
    ) -> Result<(Plan, Diff), Problem> {
        let found = find(&overview.workspace, environment)?;
        let rendering = overview
            .rendering(environment)
            .ok_or_else(|| Problem::new("environment.unknown", format!("{environment} was not rendered")))?;
        let docker = self.world.docker(found.target.docker.as_ref())?;
        let workspace = overview.workspace.name.as_str();
        let mut observed = observe(&docker, workspace, found).await?;
        let mut fetched = self.fetch_used(&overview.workspace, environment).await?;
        let missing = fetched.missing.take();
        let notes = std::mem::take(&mut fetched.notes);
        let diff = Box::pin(self.compare_running(overview, environment, fetched)).await?;
        observed.changes = diff.count();
        let desired = Desired {
            workspace,
            environment: found,
            rendering,
            findings: &overview.findings,
            missing_secrets: missing.as_ref(),
            revision: self.world.files().git_state(&self.root).await,
            secret_notes: &notes,
        };
        Ok((plan::make(&desired, &observed, options), diff))
    }

    /// Carries out a plan. An error means that nothing was begun; once something was, the report says how it ended.
    /// Cancelling `stop` ends it at the safe side: what was not touched stays, what was touched is put back.
    pub async fn deploy(
        &self,
        overview: &Overview,
        plan: &Plan,
        progress: mpsc::Sender<Progress>,
        stop: CancellationToken,
    ) -> Result<DeployReport, Problem> {
        if plan.nothing_to_do {
            return Ok(DeployReport {
                environment: plan.environment.clone(),
                release: plan.release,
                verdict: Verdict::NothingToDo,
                before: plan.previous.as_ref().map(|previous| previous.name.clone()),
                cause: None,
                log_tail: Vec::new(),
                commands: Vec::new(),
                timings: Vec::new(),
            });
        }
        let found = find(&overview.workspace, &plan.environment)?;
        let docker = self.world.docker(found.target.docker.as_ref())?;
        let workspace = overview.workspace.name.as_str();
        let (environment, rendering) = tokio::select! {
            biased;
            () = stop.cancelled() => return Err(gate::interrupted()),
            at_hand = Box::pin(self.at_hand(overview, &docker, found, plan)) => at_hand?,
        };
        // A stored release was rendered from something else.
        let sources = (plan.kind == Kind::Deploy).then(|| &*overview.workspace);
        let work = Work { docker, workspace, environment: &environment, plan, rendering, sources };
        self.carry_out(&work, progress, stop).await
    }

    /// What a plan deploys, with its secrets, and the environment as its container is set up.
    async fn at_hand(
        &self,
        overview: &Overview,
        docker: &W::Docker,
        found: &Environment,
        plan: &Plan,
    ) -> Result<(Environment, Rendering), Problem> {
        let (environment, rendering) = match plan.kind {
            Kind::Deploy => {
                (found.clone(), self.render_for_use(&overview.workspace, &plan.environment).await?)
            }
            Kind::Rollback { .. } => {
                self.at_hand_again(docker, &overview.workspace.name, found, plan).await?
            }
        };
        if rendering.hash != plan.fingerprint.rendering {
            return Err(stale("the files are not those that it was made from"));
        }
        Ok((environment, rendering))
    }

    /// The part of a deploy that begins when everything is at hand.
    pub(super) async fn carry_out(
        &self,
        work: &Work<'_, W::Docker>,
        progress: mpsc::Sender<Progress>,
        stop: CancellationToken,
    ) -> Result<DeployReport, Problem> {
        if let Some(obstacle) = work.plan.obstacles.first() {
            return Err(obstacle.clone());
        }
        let clock = self.world.clock();
        let asked = clock.now();
        let engine_time = work.still_holds(None).await?;
        let mut run = Run::<W>::new(work, self, progress, stop);
        run.ahead = engine_time.map_or(SignedDuration::ZERO, |time| time.duration_since(asked));
        // Everything on the way is in it, and whoever waits for it must not carry that along.
        Ok(Box::pin(run.finish()).await)
    }
}

/// Everything that a deploy works on.
#[derive(Debug)]
pub(super) struct Work<'a, D> {
    pub(super) docker: D,
    pub(super) workspace: &'a str,
    pub(super) environment: &'a Environment,
    pub(super) plan: &'a Plan,
    /// With its secrets filled in.
    pub(super) rendering: Rendering,
    /// What it was rendered from, for places in it; `None`: that is not here.
    pub(super) sources: Option<&'a Workspace>,
}

impl<D: Docker> Work<'_, D> {
    /// The labels that everything of this environment has.
    fn labels(&self) -> Labels {
        Labels::from([
            (label::WORKSPACE.to_owned(), self.workspace.to_owned()),
            (label::ENVIRONMENT.to_owned(), self.plan.environment.as_str().to_owned()),
        ])
    }

    /// The state of its environment.
    fn state(&self) -> Owned<'_, D> {
        Owned { docker: &self.docker, workspace: self.workspace, environment: &self.plan.environment }
    }

    /// Takes every secret that was filled in out of what is told.
    fn masker(&self) -> Masker {
        Masker::filled(&self.rendering)
    }

    /// Whether the world is as it was when the plan was made. What was made under that nonce is our own.
    /// Gives the engine's time, where it tells.
    async fn still_holds(&self, nonce: Option<&str>) -> Result<Option<Timestamp>, Problem> {
        let mut observed = observe(&self.docker, self.workspace, self.environment).await?;
        let own = |labels: &Labels| nonce.is_some() && labels.get(label::NONCE).map(String::as_str) == nonce;
        observed.volumes.retain(|labels| !own(labels));
        observed.containers.retain(|container| !own(&container.labels));
        let name = &self.plan.environment;
        let lock = plan::lock_name(self.workspace, name);
        let held = |found: &&Container| found.name == lock && found.has_role(role::LOCK);
        if let Some(holder) = observed.containers.iter().find(held) {
            return Err(plan::locked(name, holder));
        }
        let before = &self.plan.fingerprint;
        if observed.engine.id != before.engine {
            return Err(stale("another engine answers at that endpoint"));
        }
        let current = observed.current(self.workspace, name).map(|container| container.id.0.as_str());
        if current != before.container.as_deref() {
            return Err(stale("another container runs for this environment"));
        }
        if observed.next_release(self.workspace, name) != self.plan.release {
            return Err(stale("another release was made meanwhile"));
        }
        Ok(observed.engine.time)
    }
}

/// The network that a container would get and that is not there.
async fn absent_network<D: Docker>(docker: &D, mode: Option<&str>) -> Result<Option<String>, Problem> {
    let (name, is_there) = match mode.map(plan::network) {
        None | Some(Network::BuiltIn) => return Ok(None),
        Some(Network::Named(name)) => (name, docker.has_network(name).await?),
        Some(Network::Of(name)) => (name, docker.container(name).await?.is_some()),
    };
    Ok((!is_there).then(|| name.to_owned()))
}

fn stale(why: &str) -> Problem {
    Problem::new(code::PLAN_STALE, "the plan no longer holds").why(why).hint("look at a new plan")
}

/// What is on the engine. The difference of the files is not known here.
async fn observe<D: Docker>(
    docker: &D,
    workspace: &str,
    environment: &Environment,
) -> Result<Observed, Problem> {
    let engine = docker.info().await?;
    let containers = docker.containers(&Labels::new()).await?;
    let ours = Labels::from([(label::WORKSPACE.to_owned(), workspace.to_owned())]);
    let volumes = docker.volumes(&ours).await?.into_iter().map(|volume| volume.labels).collect();
    let image = match environment.target.image.as_deref() {
        Some(image) if !image.is_empty() => docker.image(image).await?,
        _ => None,
    };
    let state = Owned { docker, workspace, environment: &environment.name };
    let records = state.records(&containers, image.as_ref().map(|image| image.id.as_str())).await?;
    let mut observed = Observed {
        records,
        engine,
        endpoint: docker.endpoint().clone(),
        containers,
        volumes,
        image,
        changes: plan::ChangeCount::default(),
        process_lives: false,
        absent_network: absent_network(docker, environment.target.network.as_deref()).await?,
    };
    if let Some(current) = observed.current(workspace, &environment.name) {
        // One whose processes cannot be read is not known to live, and so is deployed anew.
        observed.process_lives =
            docker.processes(&current.id).await.is_ok_and(|table| table.elastalert().is_some());
    }
    Ok(observed)
}
