//! One time of being connected to an engine, from the first answer until it is lost. Everything that is watched goes on
//! side by side, each with its own deadlines, so that one call that hangs holds up nothing else.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use tokio::sync::Notify;

use super::evidence::{Watched, masked};
use super::{Group, Teller};
use crate::domain::container::{Container, EngineInfo, current};
use crate::domain::environment::EnvName;
use crate::domain::fact::FactKind;
use crate::domain::health::{Ladder, Rung, Sync};
use crate::domain::label::{self, Labels};
use crate::domain::operation::{Operation, operation};
use crate::domain::overview::Overview;
use crate::domain::problem::{Problem, code};
use crate::domain::process::ProcessTable;
use crate::engine::state::Owned;
use crate::engine::{Clock, Docker, Engine, World};

/// How often an engine is asked who it is. A stream of events may stall without a word; this does not.
const PULSE: Duration = Duration::from_secs(10);
/// How often containers are listed when nothing is heard.
const LOOK: Duration = Duration::from_secs(15);
/// How long further events are waited for before the list is asked for.
const SETTLE: Duration = Duration::from_millis(150);
/// How often the processes of a running container are looked at.
const POLL: Duration = Duration::from_secs(2);
/// How often the search engine is asked.
const PROBE: Duration = Duration::from_secs(10);
/// How often health is told when nothing in it changed.
const REMIND: Duration = Duration::from_secs(5);
/// How often it is told at most.
const PACE: Duration = Duration::from_millis(200);
/// How often it is judged when nothing is heard: evidence ages.
const JUDGE: Duration = Duration::from_secs(1);

impl<W: World> Engine<W> {
    /// Watches until the engine is lost; says why, and whether it answered at all.
    pub(super) async fn session(
        &self,
        overview: &Arc<Overview>,
        group: &Group<W>,
        docker: &W::Docker,
        watched: &[Watched],
        teller: &Teller,
    ) -> (Problem, bool) {
        let info = match docker.info().await {
            Ok(info) => info,
            Err(problem) => return (problem, false),
        };
        self.tell_engine(group, &info, watched, teller).await;
        let labels = Labels::from([(label::WORKSPACE.to_owned(), overview.workspace.name.clone())]);
        let hint = Notify::new();
        let since = info.time;
        let apart = async {
            let each = watched.iter().map(|watched| self.environment(overview, docker, watched, teller));
            join_all(each).await;
            std::future::pending::<Problem>().await
        };
        let problem = tokio::select! {
            problem = listen(docker, &labels, since, &hint) => problem,
            problem = self.pulse(group, docker, &info, watched, teller) => problem,
            problem = self.look(docker, &labels, &hint, watched, teller) => problem,
            problem = apart => problem,
        };
        (problem, true)
    }

    async fn tell_engine(&self, group: &Group<W>, info: &EngineInfo, watched: &[Watched], teller: &Teller) {
        let clock = self.world.clock();
        for watched in watched {
            watched.engine(info, clock.now());
        }
        let what = FactKind::Engine {
            endpoint: group.endpoint.clone(),
            environments: group.environments.clone(),
            answer: Ok(info.clone()),
            retry: None,
        };
        teller.tell(clock, what).await;
    }

    /// Asks the engine who it is, again and again.
    async fn pulse(
        &self,
        group: &Group<W>,
        docker: &W::Docker,
        first: &EngineInfo,
        watched: &[Watched],
        teller: &Teller,
    ) -> Problem {
        loop {
            self.world.clock().sleep(PULSE).await;
            match docker.info().await {
                Ok(info) if info.id == first.id => self.tell_engine(group, &info, watched, teller).await,
                Ok(info) => {
                    return Problem::new(
                        "engine.other",
                        format!("another engine answers at {}", group.endpoint),
                    )
                    .why(format!("it was {}, now it is {}", first.id, info.id));
                }
                Err(problem) => return problem,
            }
        }
    }

    /// Lists the containers, and again at each hint.
    async fn look(
        &self,
        docker: &W::Docker,
        labels: &Labels,
        hint: &Notify,
        watched: &[Watched],
        teller: &Teller,
    ) -> Problem {
        let clock = self.world.clock();
        loop {
            let all = match docker.containers(labels).await {
                Ok(all) => all,
                Err(problem) => return problem,
            };
            for watched in watched {
                let of_it = |container: &&Container| container.environment().as_ref() == Some(&watched.name);
                let mut containers: Vec<Container> = all.iter().filter(of_it).cloned().collect();
                let whole = Some(containers.clone());
                watched.all.send_if_modified(|known| {
                    let other = *known != whole;
                    *known = whole;
                    other
                });
                containers.retain(|container| container.has_role(label::role::ELASTALERT));
                let first = current(&containers).map(|container| container.id.clone());
                containers.sort_by_key(|container| {
                    (first.as_ref() != Some(&container.id), std::cmp::Reverse(container.release()))
                });
                watched.containers(&containers, clock.now());
                let what = FactKind::Containers { environment: watched.name.clone(), answer: Ok(containers) };
                teller.tell(clock, what).await;
            }
            tokio::select! {
                () = hint.notified() => clock.sleep(SETTLE).await,
                () = clock.sleep(LOOK) => {}
            }
        }
    }

    /// Everything about one environment.
    async fn environment(
        &self,
        overview: &Arc<Overview>,
        docker: &W::Docker,
        watched: &Watched,
        teller: &Teller,
    ) {
        tokio::join!(
            self.poll(docker, watched, teller),
            self.read_log(docker, watched),
            self.probe(watched),
            self.compare_files(overview, docker, watched, teller),
            self.follow_operation(overview, docker, watched, teller),
            self.judge(watched, teller),
        );
    }

    /// Looks at the processes of the current container while it runs.
    async fn poll(&self, docker: &W::Docker, watched: &Watched, teller: &Teller) {
        let clock = self.world.clock();
        let mut container = watched.container.subscribe();
        loop {
            let listed = container.borrow_and_update().clone();
            // Until the list was seen nothing is known, which is not nothing.
            if let Some(now) = &listed {
                let answer = self.processes_of(docker, now.as_ref(), watched).await;
                watched.processes(&answer, clock.now());
                let what = FactKind::Processes { environment: watched.name.clone(), answer };
                teller.tell(clock, what).await;
            }
            let runs = listed.flatten().is_some_and(|now| now.state.is_alive());
            tokio::select! {
                () = clock.sleep(if runs { POLL } else { LOOK }) => {}
                changed = container.changed() => if changed.is_err() { return },
            }
        }
    }

    async fn processes_of(
        &self,
        docker: &W::Docker,
        container: Option<&Container>,
        watched: &Watched,
    ) -> Result<ProcessTable, Problem> {
        match container {
            Some(now) if now.state.is_alive() => {
                let masker = watched.masker_of(docker, now).await;
                docker.processes(&now.id).await.map(|table| masked(table, &masker))
            }
            Some(now) => Err(Problem::new(code::ENGINE_REFUSED, format!("{} has no processes", now.name))
                .why(format!("it is {}", now.state))),
            None => Err(Problem::new(code::ENGINE_MISSING, "nothing is deployed")),
        }
    }

    /// Asks the search engine, and reads `ElastAlert`'s books.
    async fn probe(&self, watched: &Watched) {
        let clock = self.world.clock();
        let Some(books) = &watched.books else {
            let problem = Problem::new(code::SEARCH_UNREACHABLE, "the search engine's address is not known")
                .hint("set `search.url` of the environment");
            watched.learn(|vitals| {
                vitals.search.answer(Err(problem.clone()), clock.now());
                vitals.runs.answer(Err(problem.clone()), clock.now());
                vitals.alerts.answer(Err(problem), clock.now());
            });
            return;
        };
        loop {
            self.ask_books(books, watched).await;
            clock.sleep(PROBE).await;
        }
    }

    /// Compares the files of the current container whenever it is another one or was started again.
    async fn compare_files(
        &self,
        overview: &Arc<Overview>,
        docker: &W::Docker,
        watched: &Watched,
        teller: &Teller,
    ) {
        let clock = self.world.clock();
        let mut container = watched.container.subscribe();
        let mut last = None;
        loop {
            let listed = container.borrow_and_update().clone();
            if let Some(now) = &listed {
                let key = now.as_ref().map(|now| (now.id.clone(), now.started_at));
                if last.as_ref() != Some(&key) {
                    let sync = match now {
                        Some(now) => self.sync(overview, &watched.name, docker, now).await,
                        None => Ok(Sync::Absent),
                    };
                    last = sync.is_ok().then_some(key);
                    teller.tell(clock, FactKind::Sync { environment: watched.name.clone(), sync }).await;
                }
            }
            tokio::select! {
                // What could not be compared is tried again.
                () = clock.sleep(LOOK) => {}
                changed = container.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Reads the journal when anything of the environment changed, and again while a deploy goes on or was cut off.
    async fn follow_operation(
        &self,
        overview: &Overview,
        docker: &W::Docker,
        watched: &Watched,
        teller: &Teller,
    ) {
        let clock = self.world.clock();
        let workspace = overview.workspace.name.as_str();
        let mut all = watched.all.subscribe();
        let mut told = None;
        loop {
            let listed = all.borrow_and_update().clone();
            let mut idle = true;
            if let Some(containers) = listed {
                let operation = operation_of(docker, workspace, &watched.name, &containers).await;
                idle = matches!(operation, Ok(Operation::Idle));
                if told.as_ref() != Some(&operation) {
                    told = Some(operation.clone());
                    let environment = watched.name.clone();
                    teller.tell(clock, FactKind::Operation { environment, operation }).await;
                }
            }
            tokio::select! {
                () = clock.sleep(LOOK), if !idle => {}
                changed = all.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Tells the health when it changed, and now and then.
    async fn judge(&self, watched: &Watched, teller: &Teller) {
        let clock = self.world.clock();
        let mut told: Option<(Ladder, crate::domain::remote::Timestamp)> = None;
        loop {
            let now = clock.now();
            let ladder = watched.ladder(now);
            let due = told.as_ref().is_none_or(|(before, at)| {
                !says_the_same(before, &ladder)
                    || now.duration_since(*at) >= REMIND.try_into().unwrap_or_default()
            });
            if due {
                told = Some((ladder.clone(), now));
                let what = FactKind::Health { environment: watched.name.clone(), ladder };
                teller.tell(clock, what).await;
                clock.sleep(PACE).await;
            }
            tokio::select! {
                () = watched.news.notified() => {}
                () = clock.sleep(JUDGE) => {}
            }
        }
    }
}

/// What the lock and the journal of an environment say.
async fn operation_of<D: Docker>(
    docker: &D,
    workspace: &str,
    environment: &EnvName,
    containers: &[Container],
) -> Result<Operation, Problem> {
    let state = Owned { docker, workspace, environment };
    let records = state.records(containers, None).await?;
    let lock = containers.iter().find(|container| container.has_role(label::role::LOCK));
    Ok(operation(&records, lock, docker.info().await?.time))
}

/// Listens to events until the stream ends; each is a hint to look.
async fn listen<D: Docker>(
    docker: &D,
    labels: &Labels,
    since: Option<crate::domain::remote::Timestamp>,
    hint: &Notify,
) -> Problem {
    let mut events = pin!(docker.events(labels, since));
    while let Some(event) = events.next().await {
        match event {
            Ok(_) => hint.notify_one(),
            Err(problem) => return problem,
        }
    }
    Problem::new(code::ENGINE_UNREACHABLE, format!("the engine at {} hung up", docker.endpoint()))
        .why("its stream of events ended")
}

/// Whether two ladders differ in nothing but the age of their evidence.
fn says_the_same(one: &Ladder, other: &Ladder) -> bool {
    let said = |rung: &Rung| (rung.name, rung.state, rung.evidence.clone());
    one.deployed == other.deployed && one.rungs.iter().map(said).eq(other.rungs.iter().map(said))
}
