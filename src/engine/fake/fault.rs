//! What goes wrong in the fake world, and when. A fault names a call of the engine and which one of them, and what
//! then happens in place of the answer or before it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::problem::Problem;

use super::docker::FakeDocker;

/// A call of the engine's port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the method of that name")]
pub enum Call {
    Info,
    Containers,
    Container,
    Processes,
    Logs,
    Events,
    Image,
    Pull,
    HasNetwork,
    CreateVolume,
    Volumes,
    RemoveVolume,
    Create,
    Upload,
    Download,
    Start,
    Stop,
    SetRestartPolicy,
    Remove,
    Discard,
    Output,
    OpenTerminal,
    ResizeTerminal,
    TerminalExit,
}

impl Call {
    /// Whether it changes anything on the engine.
    pub fn changes(self) -> bool {
        matches!(
            self,
            Self::Pull
                | Self::CreateVolume
                | Self::RemoveVolume
                | Self::Create
                | Self::Upload
                | Self::Start
                | Self::Stop
                | Self::SetRestartPolicy
                | Self::Remove
                | Self::Discard
        )
    }
}

/// What goes wrong.
#[derive(Clone)]
pub enum Trouble {
    /// The call does nothing and answers this.
    Error(Problem),
    /// The call does nothing, and the time for an answer passes.
    Lost,
    /// The call does its work, but the time for an answer passes.
    Unheard,
    /// The call does nothing and never answers.
    Hang,
    /// The call does its work and never answers.
    Silent,
    /// The call answers that much later.
    Late(Duration),
    /// This happens just before the call does its work.
    Before(Arc<dyn Fn(&FakeDocker) + Send + Sync>),
    /// This happens just after the call did its work.
    After(Arc<dyn Fn(&FakeDocker) + Send + Sync>),
}

impl fmt::Debug for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(problem) => f.debug_tuple("Error").field(problem).finish(),
            Self::Lost => f.write_str("Lost"),
            Self::Unheard => f.write_str("Unheard"),
            Self::Hang => f.write_str("Hang"),
            Self::Silent => f.write_str("Silent"),
            Self::Late(time) => f.debug_tuple("Late").field(time).finish(),
            Self::Before(_) => f.write_str("Before"),
            Self::After(_) => f.write_str("After"),
        }
    }
}

/// One thing that goes wrong.
#[derive(Clone, Debug)]
pub struct Fault {
    /// At this call; `None`: at any call.
    pub call: Option<Call>,
    /// The how manieth of them, from 1, counted from when the fault was set; 0 is each.
    pub nth: usize,
    /// What.
    pub trouble: Trouble,
    pub(super) seen: usize,
}

impl Fault {
    /// At the nth call of that kind, from 1; 0 is each.
    pub fn new(call: Call, nth: usize, trouble: Trouble) -> Self {
        Self { call: Some(call), nth, trouble, seen: 0 }
    }

    /// At the nth call of any kind, from 1; 0 is each.
    pub fn any(nth: usize, trouble: Trouble) -> Self {
        Self { call: None, nth, trouble, seen: 0 }
    }

    /// Counts a call, and says whether this is the one.
    pub(super) fn strikes(&mut self, call: Call) -> bool {
        if self.call.is_some_and(|mine| mine != call) {
            return false;
        }
        self.seen += 1;
        self.nth == 0 || self.nth == self.seen
    }
}
