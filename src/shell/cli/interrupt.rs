//! What asks a verb to end: Ctrl-C, `kill`, and a terminal that is gone. A verb that listens ends in order, and leaves
//! nothing behind on an engine.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::domain::problem::{Problem, code};

/// The signals that we listen to. Once it is made, none of them ends this process by itself.
#[derive(Debug)]
pub(super) struct Interruptions {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Interruptions {
    /// Begins to listen.
    pub(super) fn new() -> Result<Self, Problem> {
        let listen = |kind| {
            signal(kind).map_err(|error| {
                Problem::new("signal.listen", "cannot listen to signals").why(error.to_string())
            })
        };
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one. Dropping the wait loses none.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}

/// Works until a signal asks to end. What was begun is then dropped, and with it the processes that it waits for, such
/// as the command of a secret, which has a process group of its own and does not hear Ctrl-C.
pub(super) async fn unless_interrupted<T>(
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    match Interruptions::new() {
        Ok(mut interruptions) => tokio::select! {
            biased;
            answer = work => answer,
            () = interruptions.next() => Err(Problem::new(code::INTERRUPTED, "interrupted")),
        },
        Err(problem) => {
            tracing::debug!(%problem, "signals cannot be heard");
            work.await
        }
    }
}

#[cfg(test)]
mod tests {
    use rustix::process::{Signal as Number, getpid, kill_process};

    use super::*;

    #[tokio::test]
    async fn each_way_of_being_asked_to_end_is_heard() {
        let mut interruptions = Interruptions::new().unwrap();
        for number in [Number::INT, Number::TERM, Number::HUP] {
            kill_process(getpid(), number).unwrap();
            interruptions.next().await;
        }
    }
}
