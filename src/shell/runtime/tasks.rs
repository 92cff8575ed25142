//! The work that runs beside the loop: one set of tasks, a stop sign for each ticket, and for work whose newest
//! request is the only one that counts a slot that holds no more than one waiting request. A deploy is never in a
//! slot and never dropped.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::app::{Msg, Outcome, Ticket, Work};
use crate::domain::environment::EnvName;
use crate::domain::overview::Overview;
use crate::domain::problem::Problem;
use crate::engine::Edits;
use crate::shell::runtime::use_cases::UseCases;
use crate::shell::terminal::said;

/// How many answers may wait for the loop.
const REPLIES: usize = 256;

/// How many batches of log lines may wait for the loop. Whoever reads the log waits then, not the person.
const LOG_BATCHES: usize = 8;

/// How long a task that watches rests after it panicked.
const REST: Duration = Duration::from_secs(5);

/// What a task is for, which decides what happens to the one before it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Open,
    Diff,
    Plan,
    Deploy(EnvName),
    Follow,
    Watch,
    Changes,
}

impl Kind {
    fn name(&self) -> &'static str {
        match self {
            Self::Open => "reading the workspace",
            Self::Diff => "comparing",
            Self::Plan => "planning",
            Self::Deploy(_) => "deploying",
            Self::Follow => "following a log",
            Self::Watch => "watching",
            Self::Changes => "looking for edits",
        }
    }

    /// Whether a newer request makes an older one worthless.
    fn latest_wins(&self) -> bool {
        matches!(self, Self::Open | Self::Diff | Self::Plan | Self::Watch)
    }

    /// What its ticket is told when the task panicked.
    fn crashed(&self) -> Option<Outcome> {
        let problem =
            Problem::new("alertdeck.crashed", format!("{} ended in a mistake of alertdeck", self.name()))
                .hint("the log file has more; try again");
        Some(match self {
            Self::Open => Outcome::Opened(Err(problem)),
            Self::Diff => Outcome::Diff(Err(problem)),
            Self::Plan => Outcome::Plan(Err(problem)),
            Self::Deploy(environment) => Outcome::Deployed(Err(problem
                .hint(format!("nobody knows how far it came: look with `alertdeck status {environment}`")))),
            Self::Follow => Outcome::Followed(Err(problem)),
            Self::Watch | Self::Changes => return None,
        })
    }
}

struct Running {
    kind: Kind,
    ticket: Option<Ticket>,
    stop: CancellationToken,
}

/// All work that runs.
pub(super) struct Tasks<U> {
    use_cases: U,
    overview: Option<Arc<Overview>>,
    revision: u64,
    set: JoinSet<()>,
    running: HashMap<Id, Running>,
    waiting: HashMap<Kind, (Ticket, Work)>,
    reply: Sender<Msg>,
    log: Sender<Msg>,
}

/// What comes from tasks, in two lanes, so that a log that screams does not keep an answer waiting.
pub(super) struct Lanes {
    /// Answers and facts.
    pub(super) replies: Receiver<Msg>,
    /// Batches of log lines.
    pub(super) logs: Receiver<Msg>,
}

impl<U: UseCases> Tasks<U> {
    pub(super) fn new(use_cases: U) -> (Self, Lanes) {
        let (reply, replies) = mpsc::channel(REPLIES);
        let (log, logs) = mpsc::channel(LOG_BATCHES);
        let tasks = Self {
            use_cases,
            overview: None,
            revision: 0,
            set: JoinSet::new(),
            running: HashMap::new(),
            waiting: HashMap::new(),
            reply,
            log,
        };
        (tasks, Lanes { replies, logs })
    }

    pub(super) fn use_cases(&self) -> &U {
        &self.use_cases
    }

    /// Notes what was read, and watches what it names. A workspace that cannot be read any more does not end the
    /// watching of what was read before.
    pub(super) fn opened(&mut self, overview: &Overview) {
        let overview = Arc::new(overview.clone());
        self.overview = Some(Arc::clone(&overview));
        self.stop_all(&Kind::Watch);
        self.watch(overview, Duration::ZERO);
    }

    fn watch(&mut self, overview: Arc<Overview>, rest: Duration) {
        let (use_cases, reply) = (self.use_cases.clone(), self.reply.clone());
        self.spawn(Kind::Watch, None, |stop| async move {
            tokio::time::sleep(rest).await;
            let (sender, facts) = mpsc::channel(LOG_BATCHES);
            let watch = use_cases.watch(overview, sender);
            let work = async { tokio::join!(watch, forward(facts, reply, |fact| Msg::Fact(Box::new(fact)))) };
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                ((), ()) = work => {}
            }
        });
    }

    /// Looks for edits of the workspace from now on. From when on they are seen is told as `seen`: what is read then
    /// misses none.
    pub(super) fn look_for_edits(&mut self, seen: Msg, rest: Duration) {
        let (changes, reply) = (self.use_cases.changes(), self.reply.clone());
        self.spawn(Kind::Changes, None, |stop| async move {
            tokio::time::sleep(rest).await;
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = tell(changes, reply, seen) => {}
            }
        });
    }

    /// Begins work. A newer request takes the place of an older one where only the newest counts.
    pub(super) fn start(&mut self, ticket: Ticket, work: Work) {
        let kind = match &work {
            Work::Open => Kind::Open,
            Work::Diff { .. } => Kind::Diff,
            Work::Plan { .. } => Kind::Plan,
            Work::Deploy { plan } | Work::Resume { plan, .. } => Kind::Deploy(plan.environment.clone()),
            Work::Follow { .. } => Kind::Follow,
        };
        if kind.latest_wins() && self.stop_all(&kind) {
            self.waiting.insert(kind, (ticket, work));
        } else {
            self.begin(kind, ticket, work);
        }
    }

    fn begin(&mut self, kind: Kind, ticket: Ticket, work: Work) {
        let (use_cases, reply) = (self.use_cases.clone(), self.reply.clone());
        let known = self.overview.clone().ok_or_else(|| {
            Problem::new("workspace.unread", "the workspace was not read yet")
                .hint("wait until its environments are listed")
        });
        match work {
            Work::Open => {
                self.revision += 1;
                let revision = self.revision;
                self.answer(
                    kind,
                    ticket,
                    reply,
                    async move { Outcome::Opened(use_cases.open(revision).await) },
                );
            }
            Work::Diff { environment, against } => self.answer(kind, ticket, reply, async move {
                Outcome::Diff(match known {
                    Ok(overview) => use_cases.diff(overview, environment, against).await.map(Arc::new),
                    Err(problem) => Err(problem),
                })
            }),
            Work::Plan { environment } => self.answer(kind, ticket, reply, async move {
                Outcome::Plan(match known {
                    Ok(overview) => use_cases
                        .plan(overview, environment)
                        .await
                        .map(|(plan, diff)| (Arc::new(plan), Arc::new(diff))),
                    Err(problem) => Err(problem),
                })
            }),
            Work::Follow { environment, since } => {
                let log = self.log.clone();
                // Its end goes the way of its lines, so that it does not overtake them.
                self.answer(kind, ticket, log.clone(), async move {
                    let overview = match known {
                        Ok(overview) => overview,
                        Err(problem) => return Outcome::Followed(Err(problem)),
                    };
                    let (lines, batches) = mpsc::channel(1);
                    let follow = use_cases.follow(overview, environment, since, lines);
                    let (followed, ()) =
                        tokio::join!(follow, forward(batches, log, |batch| Msg::Log { ticket, batch }));
                    Outcome::Followed(followed)
                });
            }
            Work::Resume { plan, way } => self.spawn(kind, Some(ticket), |stop| async move {
                let resumed = match known {
                    Ok(overview) => {
                        let (progress, steps) = mpsc::channel(REPLIES);
                        let environment = plan.environment.clone();
                        let resume = use_cases.resume(overview, environment, way, progress, stop);
                        let steps =
                            forward(steps, reply.clone(), |progress| Msg::Progress { ticket, progress });
                        tokio::join!(resume, steps).0
                    }
                    Err(problem) => Err(problem),
                };
                send(&reply, Msg::Done { ticket, outcome: Outcome::Deployed(resumed) }).await;
            }),
            Work::Deploy { plan } => self.spawn(kind, Some(ticket), |stop| async move {
                let deployed = match known {
                    Ok(overview) => {
                        let (progress, steps) = mpsc::channel(REPLIES);
                        let deploy = use_cases.deploy(overview, plan, progress, stop);
                        let steps =
                            forward(steps, reply.clone(), |progress| Msg::Progress { ticket, progress });
                        tokio::join!(deploy, steps).0
                    }
                    Err(problem) => Err(problem),
                };
                send(&reply, Msg::Done { ticket, outcome: Outcome::Deployed(deployed) }).await;
            }),
        }
    }

    /// Spawns work that may be dropped when it is stopped.
    fn answer(
        &mut self,
        kind: Kind,
        ticket: Ticket,
        lane: Sender<Msg>,
        work: impl Future<Output = Outcome> + Send + 'static,
    ) {
        self.spawn(kind, Some(ticket), |stop| async move {
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                outcome = work => send(&lane, Msg::Done { ticket, outcome }).await,
            }
        });
    }

    fn spawn<F>(&mut self, kind: Kind, ticket: Option<Ticket>, task: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let stop = CancellationToken::new();
        let id = self.set.spawn(task(stop.clone())).id();
        self.running.insert(id, Running { kind, ticket, stop });
    }

    /// Stops the work of a ticket. A deploy puts back what ran before, and goes on until it has.
    pub(super) fn cancel(&mut self, ticket: Ticket) {
        self.waiting.retain(|_, (waiting, _)| *waiting != ticket);
        for running in self.running.values().filter(|running| running.ticket == Some(ticket)) {
            running.stop.cancel();
        }
    }

    fn stop_all(&self, kind: &Kind) -> bool {
        let same = || self.running.values().filter(|running| running.kind == *kind);
        same().for_each(|running| running.stop.cancel());
        same().next().is_some()
    }

    /// Stops everything; deploys too when they are meant as well.
    pub(super) fn stop_everything(&mut self, deploys: bool) {
        self.waiting.clear();
        for running in self.running.values() {
            if deploys || !matches!(running.kind, Kind::Deploy(_)) {
                running.stop.cancel();
            }
        }
    }

    /// The environments that are being deployed.
    pub(super) fn deploying(&self) -> Vec<EnvName> {
        self.running
            .values()
            .filter_map(|running| match &running.kind {
                Kind::Deploy(environment) => Some(environment.clone()),
                _ => None,
            })
            .collect()
    }

    /// What still runs, in words.
    pub(super) fn still_running(&self) -> Vec<&'static str> {
        let mut names: Vec<&str> = self.running.values().map(|running| running.kind.name()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The next task that ended; `None` when none runs. Dropping the wait loses none.
    pub(super) async fn ended(&mut self) -> Option<Vec<Msg>> {
        let end = self.set.join_next_with_id().await?;
        Some(self.clear_away(end))
    }

    /// A task that has ended already.
    pub(super) fn ended_already(&mut self) -> Option<Vec<Msg>> {
        let end = self.set.try_join_next_with_id()?;
        Some(self.clear_away(end))
    }

    fn clear_away(&mut self, end: Result<(Id, ()), JoinError>) -> Vec<Msg> {
        let (id, panic) = match end {
            Ok((id, ())) => (id, None),
            Err(error) => {
                let id = error.id();
                (id, error.try_into_panic().ok())
            }
        };
        let Some(running) = self.running.remove(&id) else { return Vec::new() };
        let mut told = Vec::new();
        if let Some(panic) = panic {
            told.push(Msg::Crashed { task: running.kind.name(), report: said(panic.as_ref()).to_owned() });
            if let (Some(ticket), Some(outcome)) = (running.ticket, running.kind.crashed()) {
                told.push(Msg::Done { ticket, outcome });
            }
            match (&running.kind, self.overview.clone()) {
                (Kind::Watch, Some(overview)) => self.watch(overview, REST),
                (Kind::Changes, _) => self.look_for_edits(Msg::WorkspaceChanged, REST),
                _ => {}
            }
        }
        if let Some((ticket, work)) = self.waiting.remove(&running.kind) {
            self.begin(running.kind, ticket, work);
        }
        told
    }
}

/// Hands on what comes, until nothing more can come. A loop that is gone ends it as well.
async fn forward<T>(mut from: Receiver<T>, to: Sender<Msg>, wrap: impl Fn(T) -> Msg) {
    while let Some(item) = from.recv().await {
        send(&to, wrap(item)).await;
    }
}

async fn tell(edits: impl Stream<Item = Edits>, reply: Sender<Msg>, seen: Msg) {
    let mut edits = std::pin::pin!(edits);
    while let Some(edits) = edits.next().await {
        let msg = match edits {
            Edits::Seen => seen.clone(),
            Edits::Untold(problem) => Msg::Trouble(problem),
            Edits::Made => Msg::WorkspaceChanged,
        };
        send(&reply, msg).await;
    }
}

/// When the loop is gone, nobody is left to be told.
async fn send(lane: &Sender<Msg>, msg: Msg) {
    if lane.send(msg).await.is_err() {
        tracing::debug!("the console has ended");
    }
}
