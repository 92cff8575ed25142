//! What the loop asks of the engine, as one trait: the engine on any world answers it, and so do the scripts of the
//! loop's tests. The answers are values of the domain.

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
use crate::domain::plan::Plan;
use crate::domain::problem::Problem;
use crate::domain::progress::{DeployReport, Progress};
use crate::domain::remote::Timestamp;
use crate::engine::Edits;

/// The use cases of the console.
pub trait UseCases: Clone + Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;
    /// Reads, renders and checks the workspace.
    fn open(&self, revision: u64) -> impl Future<Output = Result<Overview, Problem>> + Send;
    /// Says from when on edits of the workspace are seen, and when files of it change; several changes in a short time
    /// are one.
    fn changes(&self) -> impl Stream<Item = Edits> + Send + 'static;
    /// Compares an environment.
    fn diff(
        &self,
        overview: Arc<Overview>,
        environment: EnvName,
        against: Against,
    ) -> impl Future<Output = Result<Diff, Problem>> + Send;
    /// Plans a deploy; the diff is against what runs.
    fn plan(
        &self,
        overview: Arc<Overview>,
        environment: EnvName,
    ) -> impl Future<Output = Result<(Plan, Diff), Problem>> + Send;
    /// Carries out a plan. When it is told to stop, it puts back what ran before and then ends.
    fn deploy(
        &self,
        overview: Arc<Overview>,
        plan: Arc<Plan>,
        progress: Sender<Progress>,
        stop: CancellationToken,
    ) -> impl Future<Output = Result<DeployReport, Problem>> + Send;
    /// Goes on with a deploy that was cut off.
    fn resume(
        &self,
        overview: Arc<Overview>,
        environment: EnvName,
        way: Way,
        progress: Sender<Progress>,
        stop: CancellationToken,
    ) -> impl Future<Output = Result<DeployReport, Problem>> + Send;
    /// Follows the log of an environment.
    fn follow(
        &self,
        overview: Arc<Overview>,
        environment: EnvName,
        since: Since,
        lines: Sender<LogBatch>,
    ) -> impl Future<Output = Result<(), Problem>> + Send;
    /// Watches all environments until it is dropped; reconnects by itself.
    fn watch(&self, overview: Arc<Overview>, facts: Sender<Fact>) -> impl Future<Output = ()> + Send;
}
