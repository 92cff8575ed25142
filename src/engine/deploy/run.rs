//! The steps of a deploy, one after the other, and what follows from the first that fails: before the old container was
//! touched everything made is removed again, after that the old one is put back. The lock is given back in any case.

use std::panic::AssertUnwindSafe;

use futures_util::{FutureExt as _, StreamExt as _};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::domain::container::{Container, ContainerId, Image};
use crate::domain::journal::{Cause, Event, Old, Outcome, StepBegun, Undertaking};
use crate::domain::label::{self, Labels};
use crate::domain::mask::Masker;
use crate::domain::plan::{self, Step};
use crate::domain::problem::{Problem, code};
use crate::domain::progress::{DeployReport, Progress, Verdict};
use crate::domain::remote::{SignedDuration, Timestamp};
use crate::domain::stored::StoredRelease;
use crate::domain::text::sanitise;
use crate::engine::state::Journal;
use crate::engine::{Clock as _, Docker as _, Engine, World};

use super::Work;
use super::beat::Heart;
use super::gate::{Watched, interrupted};
use super::lock::nonce;
use super::logs;
use super::patience::{briefly, is_unheard, patiently};
use super::tell::Teller;

/// How far a deploy may have come; what was asked for and not heard counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reached {
    /// Nothing was made.
    Nothing,
    /// The lock and the new volumes.
    Lock,
    /// What lived was touched.
    Touched,
    /// The new container was started.
    Started,
}

/// Which way a run goes.
#[derive(Debug)]
pub(super) enum Course {
    /// All of it.
    Whole,
    /// What is left of it, once the new container is created.
    Rest,
    /// Back, for that reason.
    Back(Problem),
}

/// One deploy on its way.
pub(super) struct Run<'a, W: World> {
    pub(super) work: &'a Work<'a, W::Docker>,
    pub(super) clock: &'a W::Clock,
    pub(super) teller: Teller<'a, W::Clock>,
    pub(super) mask: Masker,
    pub(super) engine: &'a Engine<W>,
    pub(super) stop: CancellationToken,
    pub(super) nonce: String,
    /// The numbers of those who had begun what is gone on with.
    pub(super) made_by: Vec<String>,
    pub(super) reached: Reached,
    pub(super) lock: Option<ContainerId>,
    pub(super) journal: Option<Journal>,
    /// By how much the engine's clock is ahead of ours.
    pub(super) ahead: SignedDuration,
    pub(super) heart: Heart,
    new_logs: bool,
    /// The new container.
    pub(super) new: Option<ContainerId>,
    /// Whether the new container was started and is proven to have stopped again.
    pub(super) new_stopped: bool,
    /// The container that ran before; known once it is about to be touched.
    pub(super) old: Option<Old>,
    pub(super) log_tail: Vec<String>,
    pub(super) commands: Vec<String>,
}

impl<'a, W: World> Run<'a, W> {
    pub(super) fn new(
        work: &'a Work<'a, W::Docker>,
        engine: &'a Engine<W>,
        progress: mpsc::Sender<Progress>,
        stop: CancellationToken,
    ) -> Self {
        let clock = engine.world.clock();
        Self {
            work,
            clock,
            teller: Teller::new(clock, progress),
            mask: work.masker(),
            engine,
            stop,
            nonce: nonce(clock.now()),
            made_by: Vec::new(),
            reached: Reached::Nothing,
            lock: None,
            journal: None,
            ahead: SignedDuration::ZERO,
            heart: Heart::default(),
            new_logs: false,
            new: None,
            new_stopped: false,
            old: None,
            log_tail: Vec::new(),
            commands: Vec::new(),
        }
    }

    /// Goes the way that is asked for to its end.
    pub(super) async fn finish(self) -> DeployReport {
        self.go(Course::Whole).await
    }

    /// Goes a way to its end, whatever happens on it, and gives the lock back.
    pub(super) async fn go(self, course: Course) -> DeployReport {
        let (clock, docker, ahead) = (self.clock, &self.work.docker, self.ahead);
        let beating = self.heart.clone();
        tokio::select! {
            biased;
            report = self.on(course) => report,
            never = beating.beat(docker, clock, ahead) => match never {},
        }
    }

    async fn on(mut self, course: Course) -> DeployReport {
        // Code that panics has failed, and what it had touched is put back like after any other failure.
        let gone = AssertUnwindSafe(async {
            match course {
                Course::Whole => self.forward().await,
                Course::Rest => self.rest().await,
                Course::Back(cause) => Err(cause),
            }
        });
        let gone = gone.catch_unwind().await.unwrap_or_else(|_| Err(crashed()));
        let (verdict, cause) = match gone {
            Ok(None) => (Verdict::Healthy, None),
            Ok(Some(flaw)) => (Verdict::Healthy, Some(flaw)),
            Err(problem) => {
                let problem = self.mask.problem(problem);
                self.teller.failed(&problem).await;
                let (verdict, problem) = if self.reached >= Reached::Touched {
                    let ended = self.put_back(problem).await;
                    // Of those that failed only the last ones are evidence, and each has secrets in its volumes.
                    if let Err(problem) = self.prune().await {
                        tracing::warn!(code = problem.code, "what is too old stays");
                    }
                    ended
                } else {
                    (Verdict::Refused, problem)
                };
                (verdict, Some(problem))
            }
        };
        let cause = cause.map(|problem| self.mask.problem(problem));
        self.write_end(verdict, cause.as_ref()).await;
        self.clean_up(verdict).await;
        DeployReport {
            environment: self.work.plan.environment.clone(),
            release: self.work.plan.release,
            verdict,
            before: self.before(),
            cause,
            log_tail: self.log_tail,
            commands: self.commands,
            timings: self.teller.timings,
        }
    }

    /// The way that it should go. Once proven, a flaw does not make it fail.
    async fn forward(&mut self) -> Result<Option<Problem>, Problem> {
        let image = self.image().await?;
        let lock = self.take_lock(&image).await?;
        self.stage(&lock, &image).await?;
        self.preflight().await?;
        self.create().await?;
        self.rest().await
    }

    /// The way from the created container on.
    async fn rest(&mut self) -> Result<Option<Problem>, Problem> {
        let new = self.new.clone().ok_or_else(|| {
            Problem::new(code::ENGINE_MISSING, "the container of this deploy is not there any more")
        })?;
        self.stop_old(&new).await?;
        let container = self.start(&new).await?;
        self.gate(&container).await?;
        self.keep(&new).await
    }

    /// The name of what ran before, as it turned out or as it was planned.
    fn before(&self) -> Option<String> {
        let planned = || self.work.plan.previous.as_ref().map(|previous| previous.name.clone());
        self.old.as_ref().map(|old| old.name.clone()).or_else(planned)
    }

    /// Now, by the engine's clock, so that two machines agree on ages.
    pub(super) fn now(&self) -> Timestamp {
        let now = self.clock.now();
        now.checked_add(self.ahead).unwrap_or(now)
    }

    pub(super) fn interrupted(&self) -> Result<(), Problem> {
        if self.stop.is_cancelled() { Err(interrupted()) } else { Ok(()) }
    }

    async fn image(&mut self) -> Result<Image, Problem> {
        self.teller.begin(Step::Image).await;
        let reference = &self.work.plan.container.image;
        let mut found = self.work.docker.image(reference).await?;
        let text =
            if found.is_some() { format!("{reference} is there") } else { format!("pulled {reference}") };
        if found.is_none() {
            self.pull(reference).await?;
            found = self.work.docker.image(reference).await?;
        }
        let image = found.ok_or_else(|| {
            Problem::new(code::ENGINE_MISSING, format!("{reference} is not there although it was pulled"))
        })?;
        self.teller.done(text).await;
        Ok(image)
    }

    async fn pull(&mut self, reference: &str) -> Result<(), Problem> {
        let mut progress = std::pin::pin!(self.work.docker.pull(reference));
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return Err(interrupted()),
                item = progress.next() => match item {
                    Some(Ok(text)) => self.teller.note(sanitise(text.as_bytes())),
                    Some(Err(problem)) => return Err(problem),
                    None => return Ok(()),
                },
            }
        }
    }

    async fn take_lock(&mut self, image: &Image) -> Result<ContainerId, Problem> {
        self.interrupted()?;
        self.teller.begin(Step::Lock).await;
        let work = self.work;
        self.reached = Reached::Lock;
        let lock = work.take_lock(&self.nonce, &self.engine.by, self.clock.now()).await?;
        self.lock = Some(lock.clone());
        self.own_the_volumes().await?;
        // Only now can nobody else change it.
        work.still_holds(Some(&self.nonce)).await?;
        work.state().make_hand(&image.id).await?;
        let mut journal = Journal::new(lock.clone(), work.plan.release);
        let undertaking = Undertaking::of(work.plan, &self.engine.by, &self.nonce);
        journal.write(&work.docker, self.now(), Event::Begun(Box::new(undertaking))).await?;
        self.heart.is(lock.clone(), work.plan.release);
        self.journal = Some(journal);
        self.teller.done(format!("taken by {}", self.engine.by)).await;
        Ok(lock)
    }

    /// Whether the new volumes came into being with the lock. One that was there before is somebody else's, and filling
    /// it would change what others use.
    async fn own_the_volumes(&mut self) -> Result<(), Problem> {
        let volumes = self.work.docker.volumes(&Labels::new()).await?;
        for mount in &self.work.plan.container.volumes {
            let own = volumes.iter().any(|volume| {
                volume.name == mount.volume && volume.labels.get(label::NONCE) == Some(&self.nonce)
            });
            if !mount.labels.contains_key(label::RELEASE) {
                self.new_logs = own;
            } else if !own {
                return Err(Problem::new(
                    "deploy.name-taken",
                    format!("a volume `{}` is there already, and not ours", mount.volume),
                )
                .hint(
                    "rename or remove it, or set another `workspace` in config/environments/Default.yaml",
                ));
            }
        }
        Ok(())
    }

    async fn stage(&mut self, lock: &ContainerId, image: &Image) -> Result<(), Problem> {
        self.interrupted()?;
        self.enter(Step::Stage).await?;
        let text = self.work.stage(lock, image, self.new_logs, self.clock.now()).await?;
        if let Some(journal) = &self.journal {
            let stored = StoredRelease::of(&self.work.rendering, self.work.plan, &image.id);
            journal.store(&self.work.docker, self.now(), &stored).await?;
        }
        self.teller.done(text).await;
        Ok(())
    }

    async fn create(&mut self) -> Result<(), Problem> {
        self.interrupted()?;
        self.enter(Step::Create).await?;
        let mut spec = self.work.plan.container.clone();
        spec.labels.insert(label::BY.to_owned(), self.engine.by.clone());
        spec.labels.insert(label::NONCE.to_owned(), self.nonce.clone());
        let proven = self.work.newest_proven().await?.to_string();
        spec.labels.insert(label::PROVEN.to_owned(), proven);
        let id = match self.work.docker.create(&spec).await {
            Err(problem) if is_unheard(&problem) => {
                // It may have been created all the same.
                let found = self.work.docker.container(&spec.name).await?;
                let mine = |labels: &Labels| labels.get(label::NONCE) == Some(&self.nonce);
                found.filter(|found| mine(&found.labels)).map(|found| found.id).ok_or(problem)?
            }
            answer => answer?,
        };
        self.new = Some(id.clone());
        self.teller.done(format!("{} ({id})", spec.name)).await;
        Ok(())
    }

    async fn stop_old(&mut self, new: &ContainerId) -> Result<(), Problem> {
        self.interrupted()?;
        self.teller.begin(Step::Stop).await;
        // A container is created without a look at its network, and would only be refused when the old one is down.
        let network = self.work.plan.container.network.as_deref();
        if let Some(absent) = super::absent_network(&self.work.docker, network).await? {
            return Err(plan::no_network(&absent, self.work.docker.endpoint()));
        }
        let mut alive = self.work.alive().await?;
        // A deploy that is gone on with may have started it.
        alive.retain(|container| container.id != *new);
        let previous = self.work.plan.previous.as_ref();
        let found = alive
            .iter()
            .find(|container| previous.is_some_and(|previous| previous.id == container.id))
            .or(previous)
            .map(Old::of);
        // What it was before anything was done to it is known from the journal, not from what was done to it since.
        self.old = self.old.take().or(found);
        self.note(Step::Stop).await?;
        let mut stopped = Vec::new();
        for container in &alive {
            self.reached = Reached::Touched;
            self.teller.note(format!("stopping {}", container.name));
            let how = self.work.stop_for_good(&container.id, self.clock).await?;
            stopped.push(format!("{} {how}", container.name));
        }
        let text = if stopped.is_empty() { "nothing ran".to_owned() } else { stopped.join(", ") };
        self.teller.done(text).await;
        Ok(())
    }

    async fn start(&mut self, new: &ContainerId) -> Result<Container, Problem> {
        self.interrupted()?;
        self.enter(Step::Start).await?;
        let work = self.work;
        let alive = patiently(|| work.alive()).await?;
        if let Some(other) = alive.iter().find(|other| other.id != *new) {
            return Err(Problem::new(
                "deploy.taken-over",
                format!("{} runs for this environment", other.name),
            )
            .why("it was started meanwhile, and two ElastAlerts must not run"));
        }
        self.reached = Reached::Started;
        let container = work.start(new).await?;
        self.teller.done(container.name.clone()).await;
        Ok(container)
    }

    async fn gate(&mut self, container: &Container) -> Result<(), Problem> {
        self.enter(Step::Gate).await?;
        let watched = Watched {
            docker: &self.work.docker,
            container,
            settings: self.work.plan.gate,
            expected_rules: Some(self.work.plan.expected_rules),
            mask: &self.mask,
        };
        let proven = watched.watch(self.clock, &mut self.teller, Some(&self.stop)).await;
        let endpoint = self.work.docker.endpoint();
        let text = match proven {
            Ok(text) => text,
            Err(problem) => {
                let image = self.work.docker.image(&self.work.plan.container.image).await;
                let user = image.ok().flatten().map(|image| image.user).unwrap_or_default();
                return Err(logs::explained(problem, self.work.plan, &user, endpoint));
            }
        };
        self.teller.done(text).await;
        Ok(())
    }

    async fn keep(&mut self, new: &ContainerId) -> Result<Option<Problem>, Problem> {
        self.enter(Step::Keep).await?;
        if let Err(problem) = self.work.make_permanent(new).await {
            let command = format!("{} update --restart=unless-stopped {new}", self.docker_command());
            let problem = Problem::new(
                "deploy.not-permanent",
                "it runs, but would not come back after a restart of the engine",
            )
            .why(problem.to_string())
            .hint(command.clone());
            self.commands.push(command);
            self.teller.failed(&problem).await;
            return Ok(Some(problem));
        }
        // An engine that was restarted between the last look of the gate and the new policy has left it dead.
        let now = patiently(|| self.work.docker.container(&new.0)).await?;
        if now.as_ref().is_none_or(|now| !now.state.is_alive()) {
            let state = now.map_or_else(|| "is gone".to_owned(), |now| now.state.to_string());
            return Err(Problem::new("gate.exited", format!("the container {state} after it was proven")));
        }
        let pruned = match self.prune().await {
            Ok(text) => text,
            Err(problem) => format!(", what is too old could not be removed: {problem}"),
        };
        self.teller.done(format!("restart policy unless-stopped{pruned}")).await;
        Ok(None)
    }

    /// Begins a step: tells of it, and writes it down. What cannot be written down is not done.
    pub(super) async fn enter(&mut self, step: Step) -> Result<(), Problem> {
        self.teller.begin(step).await;
        self.note(step).await
    }

    /// Writes down that a step begins, with what must be known to go on from it. It is written through the lock: once
    /// somebody else has that, nothing can be.
    pub(super) async fn note(&mut self, step: Step) -> Result<(), Problem> {
        let at = self.now();
        let Some(journal) = &mut self.journal else { return Ok(()) };
        let begun = StepBegun { step, new: self.new.clone(), old: self.old.clone() };
        journal.patient = self.reached >= Reached::Touched;
        journal.write(&self.work.docker, at, Event::Step(begun)).await
    }

    /// Writes down how it ended, as well as that can be done.
    async fn write_end(&mut self, verdict: Verdict, cause: Option<&Problem>) {
        let at = self.now();
        let Some(journal) = &mut self.journal else { return };
        let outcome = Outcome {
            verdict,
            cause: cause.map(Cause::from),
            log_tail: self.log_tail.clone(),
            timings: self.teller.timings.clone(),
        };
        let written = journal.write(&self.work.docker, at, Event::Ended(Box::new(outcome))).await;
        if let Err(problem) = written {
            tracing::warn!(code = problem.code, "the journal does not say how the deploy ended");
        }
    }

    /// Gives the lock back, and removes what was made when nothing came of it.
    async fn clean_up(&mut self, verdict: Verdict) {
        let docker = self.docker_command();
        self.give_back().await;
        // One that was never started has nothing to tell, and its volumes hold secrets.
        if verdict != Verdict::Down
            && (Reached::Lock..Reached::Started).contains(&self.reached)
            && let Err(problem) = self.work.remove_traces(&self.nonces()).await
        {
            tracing::warn!(code = problem.code, "what was made for the deploy stays");
            let name = &self.work.plan.container.name;
            self.commands.push(format!("{docker} rm {name}"));
            self.commands.push(format!("{docker} volume rm {name}-config {name}-rules"));
        }
    }

    /// Gives the lock back.
    pub(super) async fn give_back(&mut self) {
        self.heart.stop();
        if self.lock.is_none() && self.reached >= Reached::Lock {
            self.lock = self.find_lock().await;
        }
        if let Some(lock) = self.lock.take()
            && let Err(problem) = self.work.give_back_lock(&lock).await
        {
            tracing::warn!(code = problem.code, "the lock stays");
            self.commands.push(format!("{} rm {lock}", self.docker_command()));
        }
    }

    /// The numbers that what was made carries.
    fn nonces(&self) -> Vec<&str> {
        self.made_by.iter().chain([&self.nonce]).map(String::as_str).collect()
    }

    /// The lock, when its creation was not heard and it is there all the same.
    async fn find_lock(&self) -> Option<ContainerId> {
        let name = crate::domain::plan::lock_name(self.work.workspace, &self.work.plan.environment);
        let found = briefly(|| self.work.docker.container(&name)).await.ok()??;
        (found.labels.get(label::NONCE) == Some(&self.nonce)).then_some(found.id)
    }
}

fn crashed() -> Problem {
    Problem::new("internal.crash", "a part of alertdeck stopped working in the middle of the deploy")
        .why("it panicked; its log says where")
        .hint("please report it, with the log")
}
