//! Shows the gate what happens: the log as it comes, the container and its processes twice a second. What it means is
//! decided in `domain::gate`; here is only the waiting.

use std::time::Duration;

use futures_util::StreamExt as _;
use tokio_util::sync::CancellationToken;

use crate::domain::container::{Container, ContainerId};
use crate::domain::environment::GateSettings;
use crate::domain::gate::{Gate, Ruling};
use crate::domain::loader::{condense, telling};
use crate::domain::log::{Assembler, LogBuffer, LogLine, Since};
use crate::domain::mask::Masker;
use crate::domain::problem::{Problem, code};
use crate::engine::{Clock, Docker};

use super::tell::Teller;

/// How often the container and its processes are looked at.
const POLL: Duration = Duration::from_millis(500);

/// How many lines of a log are kept for the sentence that says why, and how many of them a report shows.
const KEPT: usize = 4000;
const SHOWN: usize = 50;

/// How long the rest of a log is waited for after the end.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What the gate watches.
pub(super) struct Watched<'a, D> {
    pub(super) docker: &'a D,
    /// As it was right after its start.
    pub(super) container: &'a Container,
    pub(super) settings: GateSettings,
    /// How many rules must be loaded; `None`: not known.
    pub(super) expected_rules: Option<usize>,
    pub(super) mask: &'a Masker,
}

impl<D: Docker> Watched<'_, D> {
    /// Watches until the gate has decided. Cancelling ends it as interrupted.
    pub(super) async fn watch<C: Clock>(
        &self,
        clock: &C,
        teller: &mut Teller<'_, C>,
        stop: Option<&CancellationToken>,
    ) -> Result<String, Problem> {
        let mut gate = Gate::new(self.settings, self.expected_rules, self.container);
        let began = clock.now();
        let since = self.container.started_at.map_or(Since::Beginning, Since::Time);
        let mut log = std::pin::pin!(self.docker.logs(&self.container.id, since, true));
        let mut log_open = true;
        let mut assembler = Assembler::default();
        let mut next_look = Duration::ZERO;
        let never = CancellationToken::new();
        let stop = stop.unwrap_or(&never);
        loop {
            let at = || Duration::try_from(clock.now().duration_since(began)).unwrap_or_default();
            // First of all: a log that never pauses must not keep it from looking.
            let ruling = if at() >= next_look {
                next_look = at() + POLL;
                Some(self.look(&mut gate, at()).await)
            } else {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => None,
                    () = clock.sleep(next_look.saturating_sub(at())) => None,
                    chunk = log.next(), if log_open => {
                        if let Some(Ok(chunk)) = chunk {
                            let lines = assembler.push(chunk.stderr, &chunk.bytes);
                            self.hear(&mut gate, &lines, at())
                        } else {
                            // The looks go on without it.
                            log_open = false;
                            None
                        }
                    }
                }
            };
            if stop.is_cancelled() {
                return Err(interrupted());
            }
            match ruling {
                Some(Ruling::Pass(text)) => return Ok(text),
                Some(Ruling::Fail(problem)) => return Err(self.explained(problem, clock).await),
                Some(Ruling::Wait(text)) => teller.note(text),
                None => {}
            }
        }
    }

    /// The first line that decides, else the last one.
    fn hear(&self, gate: &mut Gate, lines: &[LogLine], at: Duration) -> Option<Ruling> {
        let mut last = None;
        for line in lines {
            // The engine counts `since` in whole seconds: a line of the life before is none of ours.
            if line.at.is_some_and(|at| self.container.started_at.is_some_and(|start| at < start)) {
                continue;
            }
            let ruling = gate.hear(line, at);
            if matches!(ruling, Ruling::Fail(_)) {
                return Some(ruling);
            }
            last = Some(ruling);
        }
        last
    }

    async fn look(&self, gate: &mut Gate, at: Duration) -> Ruling {
        let container = match self.docker.container(&self.container.id.0).await {
            Ok(container) => container,
            Err(problem) => return gate.see_nothing(&problem, at),
        };
        let alive = container.as_ref().is_some_and(|container| container.state.is_alive());
        if !alive {
            let none = Problem::new(code::ENGINE_REFUSED, "it does not run");
            return gate.see(container.as_ref(), Err(&none), at);
        }
        let table = self.docker.processes(&self.container.id).await;
        gate.see(container.as_ref(), table.as_ref(), at)
    }

    /// The problem with the sentence of the log that says why, and where to look for more.
    async fn explained<C: Clock>(&self, mut problem: Problem, clock: &C) -> Problem {
        let lines = tail(self.docker, &self.container.id, self.mask, clock).await;
        let texts = || lines.iter().map(String::as_str);
        // What a container said last is all there is when nothing in it was a traceback.
        let last = || texts().rfind(|text| !text.trim().is_empty()).map(str::to_owned);
        let why = condense(texts()).or_else(|| if problem.code == "gate.exited" { last() } else { None });
        if let Some(sentence) = why.filter(|sentence| !problem.why.contains(sentence)) {
            problem.why.insert(0, sentence);
        }
        if problem.hint.is_none() {
            let docker = self.docker.endpoint().docker_command();
            problem.hint = Some(format!("all it said: {docker} logs {}", self.container.name));
        }
        problem
    }
}

pub(super) fn interrupted() -> Problem {
    Problem::new(code::INTERRUPTED, "it was stopped by hand")
}

/// The newest lines of a log, sanitised. A log that cannot be read is an empty one. Secrets are taken out first of all:
/// half of one that was cut would not be found any more.
async fn tail<D: Docker, C: Clock>(docker: &D, id: &ContainerId, mask: &Masker, clock: &C) -> Vec<String> {
    let mut kept = LogBuffer::new(KEPT, 4 * 1024 * 1024);
    let mut assembler = Assembler::default();
    let mut log = std::pin::pin!(docker.logs(id, Since::Tail(KEPT), false));
    let mut patience = std::pin::pin!(clock.sleep(LAST_WORDS));
    loop {
        tokio::select! {
            chunk = log.next() => match chunk {
                Some(Ok(chunk)) => {
                    for line in assembler.push(chunk.stderr, &chunk.bytes) {
                        kept.push(line);
                    }
                }
                Some(Err(_)) | None => break,
            },
            () = &mut patience => break,
        }
    }
    for line in assembler.finish() {
        kept.push(line);
    }
    kept.from(0).map(|(_, line)| mask.mask(line.text.clone())).collect()
}

/// The last lines of a log as a report shows them: the telling ones, without secrets.
pub(super) async fn log_tail<D: Docker, C: Clock>(
    docker: &D,
    id: &ContainerId,
    mask: &Masker,
    clock: &C,
) -> Vec<String> {
    let mut lines = telling(tail(docker, id, mask, clock).await.iter().map(String::as_str));
    lines.drain(..lines.len().saturating_sub(SHOWN));
    lines
}
