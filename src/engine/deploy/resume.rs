//! A deploy that was cut off, gone on with: from any machine, to its end or back to what ran before. What the journal says
//! is what may have been done; what is really there is looked at anew, and both ways end where a deploy may end.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::domain::by_hand::ByHand;
use crate::domain::container::{Container, ContainerState};
use crate::domain::environment::EnvName;
use crate::domain::journal::{Event, Record, Resumption, Way};
use crate::domain::label::{self, role};
use crate::domain::mask::Masker;
use crate::domain::operation::Operation;
use crate::domain::overview::Overview;
use crate::domain::plan::{Fingerprint, Observed, Plan};
use crate::domain::problem::{Problem, code};
use crate::domain::progress::{DeployReport, Progress, Verdict};
use crate::domain::remote::SignedDuration;
use crate::domain::render::Rendering;
use crate::domain::workspace::Environment;
use crate::engine::running::deployed_secrets;
use crate::engine::state::Journal;
use crate::engine::workspace::find;
use crate::engine::{Clock as _, Docker, Engine, World};

use super::lock::nonce;
use super::patience::twice;
use super::run::{Course, Reached, Run};
use super::{Work, observe};

/// How often a lock is looked at that is waited for.
const WAIT: Duration = Duration::from_secs(3);

impl<W: World> Engine<W> {
    /// What is being done to an environment.
    pub async fn operation(&self, overview: &Overview, environment: &EnvName) -> Result<Operation, Problem> {
        let found = find(&overview.workspace, environment)?;
        let docker = self.world.docker(found.target.docker.as_ref())?;
        let observed = observe(&docker, &overview.workspace.name, found).await?;
        Ok(observed.operation(&overview.workspace.name, environment))
    }

    /// Waits until no deploy of an environment goes on; `told` hears who holds it, again whenever that changes. One that
    /// was cut off is not waited for, because nobody ends it.
    pub async fn wait_for_lock(
        &self,
        overview: &Overview,
        environment: &EnvName,
        patience: Duration,
        told: impl Fn(String),
    ) -> Result<(), Problem> {
        let clock = self.world.clock();
        let began = clock.now();
        let mut last = String::new();
        loop {
            let operation = self.operation(overview, environment).await?;
            let Operation::Running(held) = &operation else { return Ok(()) };
            let waited = Duration::try_from(clock.now().duration_since(began)).unwrap_or_default();
            if waited >= patience {
                let problem = operation.obstacle(environment).unwrap_or_else(|| nothing(environment));
                return Err(problem.why(format!("it was waited for {} s", patience.as_secs())));
            }
            let who = held.who();
            if who != last {
                told(format!("waiting: {who}"));
                last = who;
            }
            clock.sleep(WAIT.min(patience.saturating_sub(waited))).await;
        }
    }

    /// Takes the lock of an environment away from whoever holds it; says who that was. Whoever still works under it
    /// stops before the next step.
    pub async fn unlock(&self, overview: &Overview, environment: &EnvName) -> Result<Operation, Problem> {
        let found = find(&overview.workspace, environment)?;
        let docker = self.world.docker(found.target.docker.as_ref())?;
        let workspace = overview.workspace.name.as_str();
        let observed = observe(&docker, workspace, found).await?;
        let operation = observed.operation(workspace, environment);
        if let Some(lock) = observed.lock(workspace, environment) {
            remove(&docker, lock).await?;
        }
        Ok(operation)
    }

    /// Goes on with a deploy that was cut off. An error means that nothing was done; `code::LOCKED` that it goes on
    /// elsewhere. Cancelling `stop` on the way to the end turns back.
    pub async fn resume(
        &self,
        overview: &Overview,
        environment: &EnvName,
        way: Way,
        progress: mpsc::Sender<Progress>,
        stop: CancellationToken,
    ) -> Result<DeployReport, Problem> {
        let workspace = overview.workspace.name.as_str();
        let found = find(&overview.workspace, environment)?;
        let docker = self.world.docker(found.target.docker.as_ref())?;
        self.resume_on(&docker, workspace, found, way, progress, stop).await
    }

    /// The part that begins when the engine is known.
    pub(super) async fn resume_on(
        &self,
        docker: &W::Docker,
        workspace: &str,
        environment: &Environment,
        way: Way,
        progress: mpsc::Sender<Progress>,
        stop: CancellationToken,
    ) -> Result<DeployReport, Problem> {
        let name = &environment.name;
        let asked = self.world.clock().now();
        let observed = observe(docker, workspace, environment).await?;
        let operation = observed.operation(workspace, name);
        let cut_off = match &operation {
            Operation::CutOff(cut_off) => cut_off,
            Operation::Running(_) => return Err(operation.obstacle(name).unwrap_or_else(|| nothing(name))),
            Operation::Idle => return Err(nothing(name)),
        };
        let stale = observed.lock(workspace, name);
        let record = observed.records.first().filter(|record| Some(record.release) == cut_off.release);
        let Some(record) = record else {
            // It had taken the lock and nothing else, or had come to its end and had still to tidy up.
            if let Some(lock) = stale {
                remove(docker, lock).await?;
                tidy_up(docker, lock, &observed).await?;
            }
            return Ok(tidied(environment, &observed, workspace, stale));
        };
        let new = new_container(&observed, record);
        if way == Way::Finish && new.is_none() {
            return Err(Problem::new(
                "resume.unfinishable",
                format!("the deploy of {name} cannot be finished"),
            )
            .why("its container had not been created")
            .hint(format!("alertdeck resume {name} --put-back, and deploy again")));
        }
        let plan = plan_of(environment, &observed, workspace, record);
        // What the new one said is shown and written down: without its secrets known it must not be.
        let secrets = match new {
            Some(new) => twice(|| deployed_secrets(docker, new, &plan.mounts)).await?,
            None => Vec::new(),
        };
        let work = Work {
            docker: docker.clone(),
            workspace,
            environment,
            plan: &plan,
            rendering: none_of(name),
            sources: None,
        };
        if let Some(lock) = stale {
            // By its id: of two who resume at once, the second finds the lock of the first.
            remove(docker, lock).await?;
        }
        let mut run = Run::<W>::new(&work, self, progress, stop);
        run.ahead = observed.engine.time.map_or(SignedDuration::ZERO, |time| time.duration_since(asked));
        run.mask = Masker::default().with(secrets);
        run.nonce = nonce(self.world.clock().now());
        let lock = work.take_lock(&run.nonce, &self.by, run.now()).await?;
        run.heart.is(lock.clone(), record.release);
        run.lock = Some(lock.clone());
        run.made_by = record.nonces.clone();
        let mut journal = Journal::again(lock, record.release, record.entries);
        let resumption = Resumption { by: self.by.clone(), nonce: run.nonce.clone(), way };
        let at = run.now();
        if let Err(problem) = journal.write(docker, at, Event::Resumed(resumption)).await {
            run.give_back().await;
            return Err(problem);
        }
        run.journal = Some(journal);
        run.new = new.map(|new| new.id.clone());
        run.old.clone_from(&record.old);
        run.reached = if record.started() {
            Reached::Started
        } else if record.touched() {
            Reached::Touched
        } else {
            Reached::Lock
        };
        let course = match way {
            Way::Finish => Course::Rest,
            Way::PutBack => Course::Back(cut_off_by(record)),
        };
        Ok(Box::pin(run.go(course)).await)
    }
}

/// The container that the cut-off deploy created. What it called so is believed only with its own number.
fn new_container<'a>(observed: &'a Observed, record: &Record) -> Option<&'a Container> {
    observed.containers.iter().find(|container| {
        container.has_role(role::ELASTALERT)
            && container.labels.get(label::NONCE).is_some_and(|nonce| record.nonces.contains(nonce))
    })
}

/// The plan that was being carried out, as far as going on needs it.
fn plan_of(environment: &Environment, observed: &Observed, workspace: &str, record: &Record) -> Plan {
    let undertaking = &record.undertaking;
    let previous = undertaking.previous.as_ref();
    let previous = previous
        .and_then(|previous| observed.containers.iter().find(|container| container.id == previous.id))
        .or_else(|| observed.current(workspace, &environment.name).filter(|_| record.old.is_none()));
    Plan {
        environment: environment.name.clone(),
        kind: undertaking.kind,
        guard: environment.guard,
        endpoint: observed.endpoint.clone(),
        release: record.release,
        previous: previous.filter(|previous| previous.release() != Some(record.release)).cloned(),
        container: undertaking.container.clone(),
        mounts: undertaking.mounts.clone(),
        gate: undertaking.gate,
        expected_rules: undertaking.expected_rules,
        steps: Vec::new(),
        changes: undertaking.changes,
        obstacles: Vec::new(),
        warnings: Vec::new(),
        by_hand: undertaking.by_hand.clone(),
        revision: undertaking.revision.clone(),
        fingerprint: Fingerprint {
            engine: observed.engine.id.clone(),
            container: previous.map(|container| container.id.0.clone()),
            rendering: undertaking.rendering.clone(),
        },
        nothing_to_do: false,
    }
}

fn cut_off_by(record: &Record) -> Problem {
    let step = record
        .step()
        .map_or_else(|| "before its first step".to_owned(), |step| format!("in the step {step}"));
    Problem::new(code::CUT_OFF, format!("the deploy of release {} was cut off {step}", record.release))
        .why(format!("{} had begun it", record.undertaking.by))
}

fn nothing(name: &EnvName) -> Problem {
    Problem::new("resume.nothing", format!("no deploy of {name} was cut off"))
        .hint(format!("alertdeck status {name} shows what runs"))
}

/// The report of a deploy of which only the lock was left: it had written nothing yet, or all.
fn tidied(
    environment: &Environment,
    observed: &Observed,
    workspace: &str,
    lock: Option<&Container>,
) -> DeployReport {
    let nonce = lock.and_then(|lock| lock.labels.get(label::NONCE));
    let ended = nonce.and_then(|nonce| observed.records.iter().find(|record| record.nonces.contains(nonce)));
    let ended = ended.and_then(|record| Some((record, record.outcome.as_ref()?)));
    let current = observed.current(workspace, &environment.name);
    let what = match ended {
        Some((record, _)) => {
            format!(
                "the deploy of release {} had come to its end, and only its lock was left",
                record.release
            )
        }
        None => "a deploy had taken the lock, and nothing else".to_owned(),
    };
    DeployReport {
        environment: environment.name.clone(),
        release: ended.map_or_else(
            || observed.next_release(workspace, &environment.name),
            |(record, _)| record.release,
        ),
        verdict: ended.map_or(Verdict::Refused, |(_, outcome)| outcome.verdict),
        before: current.map(|container| container.name.clone()),
        cause: Some(Problem::new(code::CUT_OFF, what)),
        log_tail: Vec::new(),
        commands: Vec::new(),
        timings: Vec::new(),
    }
}

/// What is deployed lies on the engine already.
fn none_of(environment: &EnvName) -> Rendering {
    Rendering {
        environment: environment.clone(),
        files: Vec::new(),
        rules: Vec::new(),
        excluded: Vec::new(),
        by_hand: ByHand::default(),
        holes: Vec::new(),
        findings: Vec::new(),
        hash: String::new(),
    }
}

/// Removes a lock. One that is gone already is removed.
async fn remove<D: Docker>(docker: &D, lock: &Container) -> Result<(), Problem> {
    match docker.remove(&lock.id).await {
        Err(problem) if problem.code != code::ENGINE_MISSING => Err(problem),
        _ => Ok(()),
    }
}

/// Removes what was made under a lock, if nothing of it was ever started.
async fn tidy_up<D: Docker>(docker: &D, lock: &Container, observed: &Observed) -> Result<(), Problem> {
    let Some(nonce) = lock.labels.get(label::NONCE) else { return Ok(()) };
    if observed.records.iter().any(|record| record.nonces.contains(nonce) && record.started()) {
        return Ok(());
    }
    let made = |labels: &label::Labels| labels.get(label::NONCE) == Some(nonce);
    let unused = |container: &&Container| {
        container.id != lock.id && made(&container.labels) && container.state == ContainerState::Created
    };
    for container in observed.containers.iter().filter(unused) {
        docker.remove(&container.id).await?;
    }
    let labels = lock.labels.clone();
    let ours =
        labels.into_iter().filter(|(key, _)| [label::WORKSPACE, label::ENVIRONMENT].contains(&key.as_str()));
    for volume in docker.volumes(&ours.collect()).await? {
        if made(&volume.labels) {
            docker.remove_volume(&volume.name).await?;
        }
    }
    Ok(())
}
