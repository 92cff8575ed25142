//! Lines on their way to whoever shows them. A batch goes out when it is full or when its first line has waited long
//! enough, whichever is first: counted from the first line, because a log that never rests would else never be shown.

use std::time::Duration;

use tokio::sync::mpsc::Sender;

use crate::domain::log::{LogBatch, LogLine};
use crate::domain::remote::Timestamp;

/// The most lines of a batch.
const MOST: usize = 512;
/// How long the first line of a batch waits for others.
const WAIT: Duration = Duration::from_millis(33);

#[derive(Debug)]
pub(super) struct Batch {
    lines: Vec<LogLine>,
    first: Option<Timestamp>,
    to: Sender<LogBatch>,
}

impl Batch {
    pub(super) fn new(to: Sender<LogBatch>) -> Self {
        Self { lines: Vec::new(), first: None, to }
    }

    /// Adds a line, and says whether the batch is full.
    pub(super) fn add(&mut self, line: LogLine, now: Timestamp) -> bool {
        self.first.get_or_insert(now);
        self.lines.push(line);
        self.lines.len() >= MOST
    }

    /// How long until it should go out; `None` when it is empty.
    pub(super) fn due(&self, now: Timestamp) -> Option<Duration> {
        let waited = Duration::try_from(now.duration_since(self.first?)).unwrap_or_default();
        Some(WAIT.saturating_sub(waited))
    }

    /// Sends what there is; false when nobody listens. It waits for whoever shows the lines, and so does the engine.
    pub(super) async fn send(&mut self) -> bool {
        self.first = None;
        if self.lines.is_empty() {
            return !self.to.is_closed();
        }
        let lines = std::mem::take(&mut self.lines);
        self.to.send(LogBatch { lines }).await.is_ok()
    }

    /// Returns when nobody listens any more.
    pub(super) async fn unheard(&self) {
        self.to.closed().await;
    }
}
