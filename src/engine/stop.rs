//! Work that is given up when nobody waits for it any more. A thread that computes cannot be dropped as a wait can: it
//! looks, between the parts of its work, whether whoever asked is still there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::domain::problem::Problem;
use crate::domain::render::kept::Spread;
use crate::engine::processors::Processors;
use crate::engine::workspace::work;

/// Says whether work is still wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

/// What unwinds the thread whose work nobody wants. It is no panic: no hook hears of it.
struct GivenUp;

impl Stop {
    /// Goes on while the work is wanted; else it ends here, wherever that is.
    pub(crate) fn look(&self) {
        if self.0.load(Ordering::Relaxed) {
            std::panic::resume_unwind(Box::new(GivenUp));
        }
    }
}

/// Parts are done by all processors, and each begins with a look.
impl Spread for Stop {
    fn spread<T: Send>(&self, count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
        Processors.spread(count, |at| {
            self.look();
            work(at)
        })
    }
}

/// The wait for work. When it is dropped, the work is no longer wanted.
struct Wait(Stop);

impl Drop for Wait {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

/// Runs work on a thread that may be kept busy, as long as this wait is not dropped.
pub(crate) async fn work_while_wanted<T: Send + 'static>(
    task: impl FnOnce(&Stop) -> T + Send + 'static,
) -> Result<T, Problem> {
    let stop = Stop::default();
    let _wait = Wait(stop.clone());
    work(move || task(&stop)).await
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    struct Ended(mpsc::Sender<()>);

    impl Drop for Ended {
        fn drop(&mut self) {
            self.0.send(()).unwrap();
        }
    }

    #[tokio::test]
    async fn work_without_end_ends_when_its_wait_is_dropped() {
        for parts in [1, 1_000] {
            let (begun, has_begun) = tokio::sync::oneshot::channel();
            let (ended, has_ended) = mpsc::channel();
            let wait = work_while_wanted(move |stop| {
                let _ended = Ended(ended);
                begun.send(()).unwrap();
                stop.spread(parts, |_| {
                    loop {
                        stop.look();
                        std::thread::yield_now();
                    }
                })
            });
            tokio::select! {
                biased;
                _ = wait => unreachable!("it has no end"),
                begun = has_begun => begun.unwrap(),
            }
            tokio::task::spawn_blocking(move || has_ended.recv().unwrap()).await.unwrap();
        }
    }

    #[tokio::test]
    async fn work_that_is_waited_for_comes_to_its_end() {
        let sum = work_while_wanted(|stop| stop.spread(100, |at| at).into_iter().sum::<usize>()).await;
        assert_eq!(sum.unwrap(), 4_950);
    }
}
