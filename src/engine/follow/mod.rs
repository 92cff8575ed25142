//! The log of an environment, over all its containers: when one ends, the next is waited for, and when the connection
//! breaks, it is taken up where it broke. What happened in between is said by marks in the log itself, and never
//! silently. Lines go out in batches, so that a flood costs a screen no more than a trickle.

mod batch;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use futures_util::StreamExt as _;
use tokio::sync::mpsc::Sender;

use crate::domain::container::{Container, ContainerId, current};
use crate::domain::environment::{EnvName, Mounts};
use crate::domain::label::{self, Labels};
use crate::domain::log::{Assembler, LogBatch, LogLine, Overlap, Since};
use crate::domain::mask::Masker;
use crate::domain::overview::Overview;
use crate::domain::problem::{Problem, code};
use crate::domain::remote::Timestamp;
use crate::engine::inside::absent;
use crate::engine::running::deployed_secrets;
use crate::engine::workspace::find;
use crate::engine::{Clock, Docker, Engine, World};
use batch::Batch;

/// How often the next container is looked for.
const LOOK: Duration = Duration::from_secs(1);
/// How often a silent log's container is looked at: a connection may be dead without a word.
const STILL_THERE: Duration = Duration::from_secs(15);
/// The first and the longest pause before a lost engine is asked again.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(15));

/// How a stream of one container's log ended.
enum Ended {
    /// With the container.
    Quietly,
    /// Because the engine was lost, or did not go on.
    Lost(Problem),
    /// Nobody listens any more.
    Unheard,
}

/// What is remembered of a container whose log was read.
struct Read {
    overlap: Overlap,
    started_at: Option<Timestamp>,
}

struct Following<'a, W: World> {
    world: &'a W,
    docker: W::Docker,
    labels: Labels,
    masker: Masker,
    /// Where containers mount their files, which name the secrets that they were deployed with.
    mounts: Mounts,
    batch: Batch,
    /// Whose log was read how far.
    read: HashMap<ContainerId, Read>,
    /// When the following began.
    began: Timestamp,
    /// Whose lines came last.
    shown: Option<ContainerId>,
}

impl<W: World> Engine<W> {
    /// Follows the log of an environment until it is dropped or nobody listens. An engine that does not answer at all
    /// is a problem; one that is lost later is waited for.
    pub async fn follow(
        &self,
        overview: &Overview,
        environment: &EnvName,
        since: Since,
        lines: Sender<LogBatch>,
    ) -> Result<(), Problem> {
        let mut following = self.following(overview, environment, lines).await?;
        following.run(since).await
    }

    /// The log of the container that stands for an environment now, to its end.
    pub async fn log(
        &self,
        overview: &Overview,
        environment: &EnvName,
        since: Since,
        lines: Sender<LogBatch>,
    ) -> Result<(), Problem> {
        let mut following = self.following(overview, environment, lines).await?;
        let Some(container) = following.current().await? else {
            return Err(absent(environment));
        };
        match following.stream(&container, since, None).await {
            Ended::Lost(problem) => Err(problem),
            Ended::Quietly | Ended::Unheard => {
                following.batch.send().await;
                Ok(())
            }
        }
    }

    async fn following(
        &self,
        overview: &Overview,
        environment: &EnvName,
        lines: Sender<LogBatch>,
    ) -> Result<Following<'_, W>, Problem> {
        let settings = find(&overview.workspace, environment)?;
        let docker = self.world.docker(settings.target.docker.as_ref())?;
        let masker = self.masker(overview, environment).await?;
        let labels = Labels::from([
            (label::WORKSPACE.to_owned(), overview.workspace.name.clone()),
            (label::ENVIRONMENT.to_owned(), environment.as_str().to_owned()),
            (label::ROLE.to_owned(), label::role::ELASTALERT.to_owned()),
        ]);
        Ok(Following {
            world: &self.world,
            docker,
            labels,
            masker,
            mounts: settings.target.mounts.clone(),
            batch: Batch::new(lines),
            read: HashMap::new(),
            began: self.world.clock().now(),
            shown: None,
        })
    }
}

impl<W: World> Following<'_, W> {
    async fn current(&self) -> Result<Option<Container>, Problem> {
        Ok(current(&self.docker.containers(&self.labels).await?).cloned())
    }

    async fn run(&mut self, since: Since) -> Result<(), Problem> {
        let pauses = ExponentialBuilder::new()
            .with_min_delay(PAUSES.0)
            .with_max_delay(PAUSES.1)
            .with_jitter()
            .without_max_times();
        let mut pause = pauses.build();
        let (mut first, mut lost) = (true, false);
        loop {
            let found = match self.current().await {
                Ok(found) => found,
                Err(problem) if first => return Err(problem),
                Err(problem) => {
                    if !lost {
                        self.mark(&format!("{}; waiting for it", problem.what)).await;
                        lost = true;
                    }
                    if !self.pause(pause.next().unwrap_or(PAUSES.1).min(PAUSES.1)).await {
                        return Ok(());
                    }
                    continue;
                }
            };
            let was_first = std::mem::take(&mut first);
            let Some(container) = found.filter(|found| was_first || self.is_worth_reading(found, lost))
            else {
                if was_first {
                    self.mark("nothing is deployed yet; waiting for a container").await;
                }
                if !self.pause(LOOK).await {
                    return Ok(());
                }
                continue;
            };
            let announced = self.announce(&container).await;
            let since = if was_first { since } else { Since::Time(self.began) };
            let ended = self.stream(&container, since, Some(announced)).await;
            pause = pauses.build();
            lost = match ended {
                Ended::Unheard => return Ok(()),
                Ended::Lost(problem) => {
                    self.mark(&format!("the log of {} broke off: {}", container.name, problem.what)).await;
                    if !self.pause(PAUSES.0).await {
                        return Ok(());
                    }
                    true
                }
                Ended::Quietly => {
                    if let Ok(Some(now)) = self.docker.container(&container.id.0).await
                        && !now.state.is_alive()
                    {
                        self.mark(&format!("{} {}", now.name, now.state)).await;
                    }
                    false
                }
            };
        }
    }

    /// Whether a container has something to say that was not read: it lives, or it is another or lived again.
    fn is_worth_reading(&self, container: &Container, lost: bool) -> bool {
        let known = self.read.get(&container.id);
        lost || container.state.is_alive() || known.is_none_or(|read| read.started_at != container.started_at)
    }

    /// Says whose log it is that follows, where that is not plain; and whether it said so.
    async fn announce(&mut self, container: &Container) -> bool {
        let known = self.read.get(&container.id);
        let announced = if self.shown.as_ref() != Some(&container.id) {
            let release =
                container.release().map(|release| format!("release {release}, ")).unwrap_or_default();
            self.mark(&format!("{release}container {}", container.name)).await;
            true
        } else if let Some(read) = known.filter(|read| read.started_at != container.started_at) {
            // One that was only created when it was first looked at has not run before.
            let again = if read.started_at.is_some() { " again" } else { "" };
            self.mark(&format!("{} was started{again}", container.name)).await;
            true
        } else {
            false
        };
        self.shown = Some(container.id.clone());
        announced
    }

    /// Reads one container's log: all that is new in it, and where it is followed until the container ends. It is said
    /// that a log is taken up again, unless something else was just announced.
    async fn stream(&mut self, container: &Container, since: Since, follow: Option<bool>) -> Ended {
        let (follow, announced) = (follow.is_some(), follow == Some(true));
        let clock = self.world.clock();
        if !self.read.contains_key(&container.id) {
            match deployed_secrets(&self.docker, container, &self.mounts).await {
                Ok(secrets) => self.masker = self.masker.with(secrets),
                Err(problem) => tracing::debug!(%problem, "the secrets of a container are not known"),
            }
        }
        let known = self.read.remove(&container.id);
        let resumed = known.as_ref().and_then(|read| read.overlap.last());
        let mut overlap = known.map_or_else(
            || match since {
                Since::Time(at) => Overlap::from(Some(at)),
                Since::Beginning | Since::Tail(_) => Overlap::default(),
            },
            |read| read.overlap,
        );
        overlap.resume();
        let since = resumed.map_or(since, Since::Time);
        let mut assembler = Assembler::default();
        let mut said_gap = resumed.is_none();
        let mut ended = Ended::Quietly;
        {
            let mut chunks = pin!(self.docker.logs(&container.id, since, follow));
            loop {
                let due = self.batch.due(clock.now());
                let chunk = tokio::select! {
                    biased;
                    // A batch waits for its time from its first line on, however fast lines come.
                    () = clock.sleep(due.unwrap_or_default()), if due.is_some() => {
                        if !self.batch.send().await { ended = Ended::Unheard; break }
                        continue;
                    }
                    chunk = chunks.next() => chunk,
                    () = clock.sleep(STILL_THERE), if follow => {
                        if self.is_dead(container).await {
                            ended = Ended::Lost(stalled(container));
                            break;
                        }
                        continue;
                    }
                };
                let lines = match chunk {
                    Some(Ok(chunk)) => assembler.push(chunk.stderr, &chunk.bytes),
                    Some(Err(problem)) => {
                        ended = Ended::Lost(problem);
                        break;
                    }
                    None => {
                        let rest = assembler.finish();
                        self.take(rest, &mut overlap, &mut said_gap, announced, clock.now()).await;
                        break;
                    }
                };
                if !self.take(lines, &mut overlap, &mut said_gap, announced, clock.now()).await {
                    ended = Ended::Unheard;
                    break;
                }
            }
        }
        if !self.batch.send().await {
            ended = Ended::Unheard;
        }
        self.read.insert(container.id.clone(), Read { overlap, started_at: container.started_at });
        ended
    }

    /// Takes lines into the batch; false when nobody listens.
    async fn take(
        &mut self,
        lines: Vec<LogLine>,
        overlap: &mut Overlap,
        said_gap: &mut bool,
        announced: bool,
        now: Timestamp,
    ) -> bool {
        for mut line in lines {
            if !overlap.is_new(&line) {
                continue;
            }
            if !*said_gap {
                *said_gap = true;
                if !overlap.met() {
                    self.batch.add(LogLine::mark(now, "taken up again, lines may be missing"), now);
                } else if !announced {
                    self.batch.add(LogLine::mark(now, "reconnected"), now);
                }
            }
            line.text = self.masker.mask(line.text);
            if self.batch.add(line, now) && !self.batch.send().await {
                return false;
            }
        }
        true
    }

    /// Whether a silent log's container, or its engine, is no longer there.
    async fn is_dead(&self, container: &Container) -> bool {
        !matches!(
            self.docker.container(&container.id.0).await,
            Ok(Some(now)) if now.state.is_alive() && now.started_at == container.started_at
        )
    }

    async fn mark(&mut self, text: &str) {
        let now = self.world.clock().now();
        self.batch.add(LogLine::mark(now, text), now);
        self.batch.send().await;
    }

    /// Waits; false when nobody listens any more.
    async fn pause(&self, time: Duration) -> bool {
        tokio::select! {
            () = self.world.clock().sleep(time) => true,
            () = self.batch.unheard() => false,
        }
    }
}

fn stalled(container: &Container) -> Problem {
    Problem::new(code::ENGINE_TIMEOUT, "the engine says nothing any more")
        .why(format!("{} is not as it was, and its log did not end", container.name))
}
