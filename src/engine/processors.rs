//! Work that falls into parts, done by all processors of this machine at once. Whoever calls it is a thread that may be
//! kept busy.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::domain::render::kept::Spread;

/// More threads than this at once gain little.
const MOST_WORKERS: usize = 8;

/// Work that falls into parts, done by all processors of this machine.
#[derive(Clone, Copy, Debug)]
pub struct Processors;

impl Spread for Processors {
    fn spread<T: Send>(&self, count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
        let most = std::thread::available_parallelism().map_or(1, NonZero::get).min(MOST_WORKERS).min(count);
        if most < 2 {
            return (0..count).map(work).collect();
        }
        let next = AtomicUsize::new(0);
        // Parts are taken a few at a time, so that nobody waits long for the slowest.
        let some = count.div_ceil(most * 16).max(1);
        let take = || {
            let mut done: Vec<(usize, T)> = Vec::new();
            loop {
                let from = next.fetch_add(some, Ordering::Relaxed);
                if from >= count {
                    return done;
                }
                done.extend((from..count.min(from + some)).map(|at| (at, work(at))));
            }
        };
        let mut all: Vec<(usize, T)> = Vec::with_capacity(count);
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..most).map(|_| scope.spawn(take)).collect();
            all.extend(take());
            for other in others {
                match other.join() {
                    Ok(done) => all.extend(done),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
        all.sort_unstable_by_key(|(at, _)| *at);
        all.into_iter().map(|(_, done)| done).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_done_once_and_all_come_back_in_order() {
        for count in [0, 1, 2, 31, 32, 33, 1_000] {
            let done = AtomicUsize::new(0);
            let all = Processors.spread(count, |at| {
                done.fetch_add(1, Ordering::Relaxed);
                at * 3
            });
            assert_eq!(all, (0..count).map(|at| at * 3).collect::<Vec<_>>());
            assert_eq!(done.load(Ordering::Relaxed), count);
        }
    }

    #[test]
    fn a_part_that_panics_panics_here() {
        let caught = std::panic::catch_unwind(|| Processors.spread(100, |at| assert!(at != 77, "no {at}")));
        assert!(caught.is_err());
    }
}
