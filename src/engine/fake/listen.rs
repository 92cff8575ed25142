//! The streams of the fake engine: a container's log, the engine's events, the progress of a pull. Each waits until
//! somebody changes the world or until the script of a container says something, and never just for a while.

use std::time::Duration;

use futures_util::{Stream, StreamExt as _, stream};
use tokio::sync::watch;

use crate::domain::container::ContainerId;
use crate::domain::label::Labels;
use crate::domain::log::Since;
use crate::domain::problem::{Problem, code};
use crate::domain::remote::Timestamp;
use crate::engine::{Chunk, Clock, EngineEvent};

use super::docker::{FakeDocker, carries, missing};
use super::fault::{Call, Trouble};
use super::state::Said;

/// What a look at a log gives.
enum Look {
    Lines(Vec<Said>),
    Wait(Option<Timestamp>),
    End,
    Problem(Problem),
}

struct LogListener {
    docker: FakeDocker,
    id: ContainerId,
    since: Since,
    follow: bool,
    /// The number of the next line, once the first look was taken.
    next: Option<usize>,
    /// The life that is followed.
    life: u32,
    ended: bool,
    version: watch::Receiver<u64>,
}

impl LogListener {
    fn look(&mut self) -> Look {
        if !self.docker.state().up {
            return Look::Problem(self.docker.unreachable());
        }
        let (id, since, follow) = (self.id.clone(), self.since, self.follow);
        let (next, life) = (&mut self.next, &mut self.life);
        self.docker.look(|state, now| {
            let Some(container) = state.find(&id.0) else {
                return if next.is_some() { Look::End } else { Look::Problem(missing(&id.0)) };
            };
            let said = container.said(now);
            let total = container.dropped + said.len();
            let from = *next.get_or_insert_with(|| {
                *life = container.starts;
                container.dropped
                    + match since {
                        Since::Beginning => 0,
                        Since::Tail(count) => said.len().saturating_sub(count),
                        Since::Time(time) => said.partition_point(|line| line.at < time),
                    }
            });
            if total > from {
                *next = Some(total);
                return Look::Lines(said.into_iter().skip(from.saturating_sub(container.dropped)).collect());
            }
            if follow && container.is_running() && container.starts == *life {
                Look::Wait(container.next_change(now))
            } else {
                Look::End
            }
        })
    }
}

struct EventListener {
    docker: FakeDocker,
    labels: Labels,
    since: Timestamp,
    next: u64,
    ended: bool,
    version: watch::Receiver<u64>,
}

impl EventListener {
    /// What is new, and when something changes next.
    fn look(&mut self) -> (Vec<Result<EngineEvent, Problem>>, Option<Timestamp>) {
        let (labels, since, next) = (&self.labels, self.since, &mut self.next);
        self.docker.look(|state, now| {
            let unseen = state.events.iter().filter(|(number, ..)| *number >= *next);
            let ours = unseen.filter(|(_, carried, event)| event.at >= since && carries(carried, labels));
            let fresh = ours.map(|(.., event)| Ok(event.clone())).collect();
            *next = state.events.back().map_or(*next, |(number, ..)| number + 1);
            (fresh, state.containers.iter().filter_map(|found| found.next_end(now)).min())
        })
    }
}

fn chunk(line: &Said) -> Chunk {
    Chunk { stderr: line.stderr, bytes: format!("{:.9} {}\n", line.at, line.text).into_bytes() }
}

async fn wait(docker: &FakeDocker, version: &mut watch::Receiver<u64>, until: Option<Timestamp>) {
    let far = Duration::from_secs(3600);
    let until = until.map_or_else(|| tokio::time::Instant::now() + far, |at| docker.clock.instant(at));
    tokio::select! {
        changed = version.changed() => {
            if changed.is_err() {
                std::future::pending::<()>().await;
            }
        }
        () = tokio::time::sleep_until(until) => {}
    }
}

/// What trouble makes of a stream: its first item, or nothing for ever.
fn troubled<T: Send + 'static>(
    trouble: Option<Trouble>,
) -> Option<stream::BoxStream<'static, Result<T, Problem>>> {
    match trouble? {
        Trouble::Error(problem) => Some(stream::iter([Err(problem)]).boxed()),
        Trouble::Lost | Trouble::Unheard | Trouble::Hang | Trouble::Silent => Some(stream::pending().boxed()),
        Trouble::Late(_) | Trouble::Before(_) | Trouble::After(_) => None,
    }
}

impl FakeDocker {
    pub(super) fn listen_to_log(
        &self,
        id: &ContainerId,
        since: Since,
        follow: bool,
    ) -> impl Stream<Item = Result<Chunk, Problem>> + Send + 'static {
        let (_, trouble) = self.enter(Call::Logs, &id.0);
        if let Some(stream) = troubled(trouble) {
            return stream;
        }
        let listener = LogListener {
            docker: self.clone(),
            id: id.clone(),
            since,
            follow,
            next: None,
            life: 0,
            ended: false,
            version: self.version.subscribe(),
        };
        let batches = stream::unfold(listener, |mut listener| async move {
            if listener.ended {
                return None;
            }
            loop {
                match listener.look() {
                    Look::Lines(lines) => {
                        let chunks: Vec<_> = lines.iter().map(|line| Ok(chunk(line))).collect();
                        return Some((stream::iter(chunks), listener));
                    }
                    Look::Problem(problem) => {
                        listener.ended = true;
                        return Some((stream::iter(vec![Err(problem)]), listener));
                    }
                    Look::End => return None,
                    Look::Wait(until) => {
                        let docker = listener.docker.clone();
                        wait(&docker, &mut listener.version, until).await;
                    }
                }
            }
        });
        batches.flatten().boxed()
    }

    pub(super) fn listen_to_events(
        &self,
        labels: &Labels,
        since: Option<Timestamp>,
    ) -> impl Stream<Item = Result<EngineEvent, Problem>> + Send + 'static {
        let (_, trouble) = self.enter(Call::Events, "");
        if let Some(stream) = troubled(trouble) {
            return stream;
        }
        let listener = EventListener {
            docker: self.clone(),
            labels: labels.clone(),
            since: since.unwrap_or_else(|| self.clock.now()),
            next: 0,
            ended: false,
            version: self.version.subscribe(),
        };
        let batches = stream::unfold(listener, |mut listener| async move {
            loop {
                if listener.ended {
                    return None;
                }
                if !listener.docker.state().up {
                    listener.ended = true;
                    return Some((stream::iter(vec![Err(listener.docker.unreachable())]), listener));
                }
                let (fresh, until) = listener.look();
                if !fresh.is_empty() {
                    return Some((stream::iter(fresh), listener));
                }
                let docker = listener.docker.clone();
                wait(&docker, &mut listener.version, until).await;
            }
        });
        batches.flatten().boxed()
    }

    pub(super) fn listen_to_pull(
        &self,
        reference: &str,
    ) -> impl Stream<Item = Result<String, Problem>> + Send + 'static {
        let (_, trouble) = self.enter(Call::Pull, reference);
        if let Some(stream) = troubled(trouble) {
            return stream;
        }
        let docker = self.clone();
        let reference = reference.to_owned();
        stream::unfold(0, move |step: u32| {
            let (docker, reference) = (docker.clone(), reference.clone());
            async move {
                if step > 3 {
                    return None;
                }
                docker.clock.sleep(Duration::from_millis(200)).await;
                if !docker.state().up {
                    return Some((Err(docker.unreachable()), 4));
                }
                let Some(image) = docker.look(|state, _| state.registry.get(&reference).cloned()) else {
                    let problem = Problem::new(code::ENGINE_MISSING, format!("cannot pull `{reference}`"))
                        .why("manifest unknown");
                    return Some((Err(problem), 4));
                };
                if step == 3 {
                    docker.change(|state, _| state.images.insert(reference, image));
                    return Some((Ok("pull complete".to_owned()), 4));
                }
                Some((Ok(format!("downloading, {} of 3 layers", step + 1)), step + 1))
            }
        })
        .boxed()
    }
}
