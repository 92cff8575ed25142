//! Asking an engine again. A call that was not answered is unknown and not failed, so it is repeated only where
//! repeating is harmless, and for a while only: an engine that is restarted comes back within it.

use std::future::Future;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};

use crate::domain::problem::{Problem, code};

/// How long an engine that does not answer is waited for, once something that lives was touched.
const LONGEST: Duration = Duration::from_secs(120);

/// Whether the problem says that the engine could not be heard, and so nothing about what it did.
pub(super) fn is_unheard(problem: &Problem) -> bool {
    matches!(problem.code, code::ENGINE_UNREACHABLE | code::ENGINE_TIMEOUT)
}

/// Asks until the engine is heard, or for two minutes. Only for what may be done twice.
pub(in crate::engine) async fn patiently<T, A, F>(ask: A) -> Result<T, Problem>
where
    A: FnMut() -> F,
    F: Future<Output = Result<T, Problem>>,
{
    within(LONGEST, ask).await
}

/// Asks until the engine is heard, or for a few seconds: for tidying up, which a person can do as well.
pub(in crate::engine) async fn briefly<T, A, F>(ask: A) -> Result<T, Problem>
where
    A: FnMut() -> F,
    F: Future<Output = Result<T, Problem>>,
{
    within(Duration::from_secs(8), ask).await
}

async fn within<T, A, F>(longest: Duration, ask: A) -> Result<T, Problem>
where
    A: FnMut() -> F,
    F: Future<Output = Result<T, Problem>>,
{
    let pauses = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(500))
        .with_max_delay(Duration::from_secs(5))
        .without_max_times()
        .with_total_delay(Some(longest));
    ask.retry(pauses).when(is_unheard).await
}

/// Asks a second time when the first was not heard. Only for what may be done twice.
pub(in crate::engine) async fn twice<T, A, F>(mut ask: A) -> Result<T, Problem>
where
    A: FnMut() -> F,
    F: Future<Output = Result<T, Problem>>,
{
    match ask().await {
        Err(problem) if is_unheard(&problem) => ask().await,
        answer => answer,
    }
}
