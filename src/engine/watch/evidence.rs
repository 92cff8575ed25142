//! What is known of one watched environment. The parts of the watching each add their piece; whoever tells the health
//! judges all of it. Nothing is held while anything is waited for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use super::Teller;
use crate::domain::container::{Container, ContainerId, EngineInfo, current};
use crate::domain::environment::{EnvName, Mounts};
use crate::domain::fact::FactKind;
use crate::domain::health::{Baseline, Ladder, Vitals, expected_runs};
use crate::domain::loader::Loader;
use crate::domain::mask::Masker;
use crate::domain::overview::Overview;
use crate::domain::problem::Problem;
use crate::domain::process::ProcessTable;
use crate::domain::remote::{Remote, Timestamp};
use crate::domain::render::search_settings;
use crate::engine::books::Books;
use crate::engine::running::deployed_secrets;
use crate::engine::workspace::work;
use crate::engine::{Clock, Docker, Engine, World};

/// The container that stands for an environment, if there is one, once somebody has looked.
pub(super) type Listed = Option<Deployed>;

/// The container that stands for an environment, if there is one.
pub(super) type Deployed = Option<Container>;

/// One environment while it is watched.
pub(super) struct Watched {
    pub(super) name: EnvName,
    pub(super) books: Option<Books>,
    masker: Mutex<Masker>,
    mounts: Mounts,
    /// The container whose secrets the masker knows.
    learnt: tokio::sync::Mutex<Option<ContainerId>>,
    /// The container that stands for the environment, for those who look into it; `None` until it was looked for.
    pub(super) container: watch::Sender<Listed>,
    /// All that is there of the environment, its lock among it; `None` until it was looked for.
    pub(super) all: watch::Sender<Option<Vec<Container>>>,
    /// Something new is known.
    pub(super) news: Notify,
    /// Hash and number of rules of what the workspace would deploy.
    rendering: Option<(String, usize)>,
    vitals: Mutex<Vitals>,
}

impl<W: World> Engine<W> {
    /// An environment of which nothing is known yet. Secrets are fetched to be kept out of what is shown; no command
    /// is run for that.
    pub(super) async fn watched(&self, overview: &Overview, name: &EnvName) -> Watched {
        let environment = overview.workspace.environment(name);
        let rendering = overview.rendering(name);
        let vitals = Vitals::unknown(self.world.clock().now());
        let mut masker = Masker::default();
        let mut books = None;
        if let Some(environment) = environment {
            masker = self.masker(overview, name).await.unwrap_or_default();
            let settings = rendering.map_or_else(
                || environment.search.clone(),
                |rendering| search_settings(environment, rendering),
            );
            books = settings.url.map(|url| Books { url, index: settings.index });
        }
        Watched {
            name: name.clone(),
            books,
            masker: Mutex::new(masker),
            mounts: environment.map(|environment| environment.target.mounts.clone()).unwrap_or_default(),
            learnt: tokio::sync::Mutex::new(None),
            container: watch::Sender::new(None),
            all: watch::Sender::new(None),
            news: Notify::new(),
            rendering: rendering.map(|rendering| (rendering.hash.clone(), rendering.rules.len())),
            vitals: Mutex::new(vitals),
        }
    }
}

impl Watched {
    /// What keeps the secrets that are known out of what others wrote.
    pub(super) fn masker(&self) -> Masker {
        self.masker.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The same, knowing those that a container was deployed with as well.
    pub(super) async fn masker_of<D: Docker>(&self, docker: &D, container: &Container) -> Masker {
        let mut learnt = self.learnt.lock().await;
        if learnt.as_ref() != Some(&container.id) {
            match deployed_secrets(docker, container, &self.mounts).await {
                Ok(secrets) => {
                    let masker = self.masker().with(secrets);
                    *self.masker.lock().unwrap_or_else(PoisonError::into_inner) = masker;
                    *learnt = Some(container.id.clone());
                }
                Err(problem) => tracing::debug!(%problem, "the secrets of a container are not known"),
            }
        }
        self.masker()
    }

    fn vitals(&self) -> MutexGuard<'_, Vitals> {
        self.vitals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn learn(&self, change: impl FnOnce(&mut Vitals)) {
        change(&mut self.vitals());
        self.news.notify_one();
    }

    /// Reads out of the rendering which rules should run and how often. With thousands of rules that takes a while, in
    /// which the engine is asked already.
    pub(super) async fn expect_runs(&self, overview: &Overview) {
        let Some(rendering) = overview.rendering(&self.name).map(Arc::clone) else { return };
        match work(move || expected_runs(&rendering)).await {
            Ok(expected) => self.learn(|vitals| vitals.expected_runs = Some(expected)),
            Err(problem) => tracing::warn!(%problem, "nobody knows which rules should run"),
        }
    }

    /// What is known, as of now.
    pub(super) fn known(&self, now: Timestamp) -> Vitals {
        let mut vitals = self.vitals().clone();
        vitals.now = now;
        vitals
    }

    /// The engine answered.
    pub(super) fn engine(&self, info: &EngineInfo, at: Timestamp) {
        self.learn(|vitals| vitals.engine.answer(Ok(info.clone()), at));
    }

    /// The engine is lost: what was seen is kept, and is no longer current.
    pub(super) fn lose(&self, problem: &Problem, at: Timestamp) {
        self.learn(|vitals| {
            vitals.engine.answer(Err(problem.clone()), at);
            vitals.container.answer(Err(problem.clone()), at);
            vitals.processes.answer(Err(problem.clone()), at);
        });
    }

    /// The containers of the environment, as they were listed.
    pub(super) fn containers(&self, containers: &[Container], at: Timestamp) {
        let now = current(containers).cloned();
        let before = self.container.borrow().clone().flatten();
        let same = before.as_ref().map(|known| &known.id) == now.as_ref().map(|now| &now.id);
        let same_life =
            same && before.as_ref().map(|known| known.started_at) == now.as_ref().map(|now| now.started_at);
        let expected = now.as_ref().and_then(|container| {
            let same_files = |(hash, count): &(String, usize)| {
                (container.labels.get(crate::domain::label::RENDERING) == Some(hash)).then_some(*count)
            };
            container.rule_count().or_else(|| self.rendering.as_ref().and_then(same_files))
        });
        self.learn(|vitals| {
            if !same {
                vitals.baseline = now.as_ref().map(Baseline::of);
            }
            // What was seen and said in another life says nothing about this one.
            if !same_life {
                vitals.processes = Remote::Unknown;
                vitals.loader = None;
            }
            vitals.expected_rules = expected;
            vitals.container.answer(Ok(now.clone()), at);
        });
        self.container.send_if_modified(|known| {
            let changed = known.as_ref() != Some(&now);
            *known = Some(now);
            changed
        });
    }

    pub(super) fn processes(&self, answer: &Result<ProcessTable, Problem>, at: Timestamp) {
        self.learn(|vitals| vitals.processes.answer(answer.clone(), at));
    }

    pub(super) fn log(&self, loader: Loader) {
        self.learn(|vitals| vitals.loader = Some(loader));
    }

    pub(super) fn ladder(&self, now: Timestamp) -> Ladder {
        self.known(now).ladder()
    }

    pub(super) async fn tell_health(&self, clock: &impl Clock, teller: &Teller) {
        let ladder = self.ladder(clock.now());
        teller.tell(clock, FactKind::Health { environment: self.name.clone(), ladder }).await;
    }
}

/// A table of processes whose command lines hold no secret.
pub(super) fn masked(mut table: ProcessTable, masker: &Masker) -> ProcessTable {
    for process in &mut table.processes {
        process.args = masker.mask(std::mem::take(&mut process.args));
    }
    table
}
