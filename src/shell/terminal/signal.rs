//! Signals of the operating system, and stopping ourselves as Ctrl-Z asks for. A signal comes as a value into the
//! loop like everything else.

use std::io;

use rustix::process::{Signal as Number, getpid, kill_process};
use tokio::signal::unix::{Signal as Listener, SignalKind, signal};

/// What the operating system asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// End, as Ctrl-C asks for. A guest that has the terminal is meant, not we.
    Interrupt,
    /// End: terminate, quit, or the terminal is gone.
    End,
    /// Stop, until continued.
    Stop,
    /// We were stopped, and go on. Others have used the terminal meanwhile.
    Continue,
}

/// The signals that we listen to. Once it is made, none of them has its usual effect any more.
#[derive(Debug)]
pub(super) struct Signals {
    interrupt: Listener,
    terminate: Listener,
    quit: Listener,
    hangup: Listener,
    stop: Listener,
    proceed: Listener,
}

impl Signals {
    /// Begins to listen.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            quit: signal(SignalKind::quit())?,
            hangup: signal(SignalKind::hangup())?,
            stop: signal(SignalKind::from_raw(Number::TSTP.as_raw()))?,
            proceed: signal(SignalKind::from_raw(Number::CONT.as_raw()))?,
        })
    }

    /// The next one. Dropping the wait loses none.
    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            biased;
            _ = self.terminate.recv() => Signal::End,
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.quit.recv() => Signal::End,
            _ = self.hangup.recv() => Signal::End,
            _ = self.stop.recv() => Signal::Stop,
            _ = self.proceed.recv() => Signal::Continue,
        }
    }

    /// Stops this process and returns when it was continued in the foreground. Waiting for the signal itself is
    /// needed: the process has more than one thread, and this one may run on for a moment after it asked to be
    /// stopped.
    pub(super) async fn stop(&mut self) {
        loop {
            if let Err(error) = kill_process(getpid(), Number::STOP) {
                tracing::warn!(%error, "cannot stop");
                return;
            }
            if self.proceed.recv().await.is_none() || in_foreground() {
                return;
            }
            // `bg`: the terminal belongs to somebody else, and reading from it would stop us anyway.
        }
    }
}

fn in_foreground() -> bool {
    rustix::termios::tcgetpgrp(rustix::stdio::stdin())
        .map_or(true, |group| group == rustix::process::getpgrp())
}
