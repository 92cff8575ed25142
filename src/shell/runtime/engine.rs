//! The use cases of the console, as the engine has them. Nothing is decided here; each is one call.

use std::sync::Arc;

use futures_util::Stream;
use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

use crate::domain::diff::{Against, Diff};
use crate::domain::environment::EnvName;
use crate::domain::fact::Fact;
use crate::domain::journal::Way;
use crate::domain::log::{LogBatch, Since};
use crate::domain::overview::Overview;
use crate::domain::plan::{Options, Plan};
use crate::domain::problem::Problem;
use crate::domain::progress::{DeployReport, Progress};
use crate::domain::remote::Timestamp;
use crate::engine::processors::Processors;
use crate::engine::workspace::work;
use crate::engine::{Clock, Edits, Engine, Files, World};
use crate::shell::runtime::UseCases;

/// What the workspace is made of, below its root; one of the two pairs is there.
const FOLDERS: [&str; 4] = ["config", "rules", "src/config", "src/rules"];

impl<W: World> UseCases for Engine<W> {
    fn now(&self) -> Timestamp {
        self.world.clock().now()
    }

    async fn open(&self, revision: u64) -> Result<Overview, Problem> {
        self.open_noted(revision).await
    }

    fn changes(&self) -> impl Stream<Item = Edits> + Send + 'static {
        let engine = self.clone();
        let folders = move || {
            // Beside the usual ones those that the workspace has now.
            let mut folders = engine.folders().unwrap_or_default();
            folders.extend(FOLDERS.map(str::to_owned));
            folders.sort();
            folders.dedup();
            folders
        };
        self.world.files().changes(&self.root, folders)
    }

    async fn diff(
        &self,
        overview: Arc<Overview>,
        environment: EnvName,
        against: Against,
    ) -> Result<Diff, Problem> {
        let diff = self.compare(&overview, &environment, against).await?;
        // The console makes rows of all of it, in a thread that must not be kept busy.
        work(move || {
            diff.prepare(&Processors);
            diff
        })
        .await
    }

    async fn plan(&self, overview: Arc<Overview>, environment: EnvName) -> Result<(Plan, Diff), Problem> {
        Self::plan(self, &overview, &environment, Options::default()).await
    }

    async fn deploy(
        &self,
        overview: Arc<Overview>,
        plan: Arc<Plan>,
        progress: Sender<Progress>,
        stop: CancellationToken,
    ) -> Result<DeployReport, Problem> {
        Self::deploy(self, &overview, &plan, progress, stop).await
    }

    async fn resume(
        &self,
        overview: Arc<Overview>,
        environment: EnvName,
        way: Way,
        progress: Sender<Progress>,
        stop: CancellationToken,
    ) -> Result<DeployReport, Problem> {
        Self::resume(self, &overview, &environment, way, progress, stop).await
    }

    async fn follow(
        &self,
        overview: Arc<Overview>,
        environment: EnvName,
        since: Since,
        lines: Sender<LogBatch>,
    ) -> Result<(), Problem> {
        Self::follow(self, &overview, &environment, since, lines).await
    }

    async fn watch(&self, overview: Arc<Overview>, facts: Sender<Fact>) {
        Self::watch(self, overview, facts).await;
    }
}
