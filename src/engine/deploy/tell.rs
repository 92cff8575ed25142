//! What a deploy tells while it runs, and how long each step took. A listener that is slow or gone must never hold up
//! a deploy between the stop of the old container and the start of the new one, so telling waits only briefly.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::domain::plan::Step;
use crate::domain::problem::Problem;
use crate::domain::progress::{Progress, StepEvent};
use crate::domain::remote::Timestamp;
use crate::engine::Clock;

/// How long a full queue is waited for before what would be said is dropped.
const PATIENCE: Duration = Duration::from_secs(1);

/// Tells the steps of one deploy.
#[derive(Debug)]
pub(super) struct Teller<'a, C> {
    clock: &'a C,
    to: mpsc::Sender<Progress>,
    running: Option<(Step, Timestamp)>,
    note: String,
    pub(super) timings: Vec<(Step, Duration)>,
}

impl<'a, C: Clock> Teller<'a, C> {
    pub(super) fn new(clock: &'a C, to: mpsc::Sender<Progress>) -> Self {
        Self { clock, to, running: None, note: String::new(), timings: Vec::new() }
    }

    /// A step begins.
    pub(super) async fn begin(&mut self, step: Step) {
        self.running = Some((step, self.clock.now()));
        self.note.clear();
        self.send(step, StepEvent::Started).await;
    }

    /// The running step says something; a listener that does not keep up misses it.
    pub(super) fn note(&mut self, text: impl Into<String>) {
        let text = text.into();
        let Some((step, _)) = self.running else { return };
        if text == self.note {
            return;
        }
        self.note.clone_from(&text);
        drop(self.to.try_send(Progress { step, event: StepEvent::Note { text } }));
    }

    /// The running step ended well.
    pub(super) async fn done(&mut self, text: impl Into<String>) {
        if let Some((step, took)) = self.end() {
            self.send(step, StepEvent::Done { took, text: text.into() }).await;
        }
    }

    /// The running step failed.
    pub(super) async fn failed(&mut self, problem: &Problem) {
        if let Some((step, took)) = self.end() {
            self.send(step, StepEvent::Failed { problem: problem.clone(), took }).await;
        }
    }

    fn end(&mut self) -> Option<(Step, Duration)> {
        let (step, began) = self.running.take()?;
        let took = Duration::try_from(self.clock.now().duration_since(began)).unwrap_or_default();
        self.timings.push((step, took));
        Some((step, took))
    }

    async fn send(&self, step: Step, event: StepEvent) {
        tokio::select! {
            sent = self.to.send(Progress { step, event }) => drop(sent),
            () = self.clock.sleep(PATIENCE) => tracing::warn!("nobody takes the progress of the deploy"),
        }
    }
}
