//! Signs of life: while a deploy goes on, it says so on the engine every few seconds. Whoever finds a lock whose holder
//! has been silent for long knows that nobody is there any more.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::container::ContainerId;
use crate::domain::operation::BEAT;
use crate::domain::plan::ReleaseNumber;
use crate::domain::remote::SignedDuration;
use crate::engine::state::Journal;
use crate::engine::{Clock, Docker};

/// Whose life it is, once the lock is taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Heart(Arc<Mutex<Option<(ContainerId, ReleaseNumber)>>>);

impl Heart {
    /// Says whose life it is from now on.
    pub(super) fn is(&self, lock: ContainerId, release: ReleaseNumber) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((lock, release));
    }

    /// Says that nobody holds the lock any more.
    pub(super) fn stop(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Gives signs of life for ever. One that cannot be given is left out.
    pub(super) async fn beat<D: Docker, C: Clock>(
        &self,
        docker: &D,
        clock: &C,
        ahead: SignedDuration,
    ) -> Infallible {
        loop {
            clock.sleep(BEAT).await;
            let whose = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let Some((lock, release)) = whose else { continue };
            let now = clock.now();
            let at = now.checked_add(ahead).unwrap_or(now);
            if let Err(problem) = Journal::new(lock, release).live(docker, at).await {
                tracing::debug!(code = problem.code, "no sign of life could be given");
            }
        }
    }
}
