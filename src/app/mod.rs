//! State, commands and the one function that changes state. [`update`] takes what happened and gives back what should
//! happen, as data; it does no I/O, reads no clock, spawns nothing. Facts live once, in the model; screens own
//! selection, scroll and filter.

use std::sync::Arc;

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

/// Names a piece of work. An answer whose ticket is no longer current is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Work that takes time and is done elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// Read the workspace, render every environment, check all of it.
    Open,
    /// Compare an environment.
    Diff {
        /// The new side.
        environment: EnvName,
        /// The old side.
        against: Against,
    },
    /// Make a plan, and the diff that belongs to it.
    Plan {
        /// For this environment.
        environment: EnvName,
    },
    /// Carry out exactly this plan.
    Deploy {
        /// The plan that was confirmed.
        plan: Arc<Plan>,
    },
    /// Go on with a deploy that was cut off.
    Resume {
        /// The plan that found it, and cannot be carried out before.
        plan: Arc<Plan>,
        /// Which way.
        way: Way,
    },
    /// Follow the log of an environment over its containers.
    Follow {
        /// The environment.
        environment: EnvName,
        /// From where.
        since: Since,
    },
}

/// What should happen. Tests compare it.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Start work; its answer carries the ticket.
    Start {
        /// Names it.
        ticket: Ticket,
        /// What.
        work: Work,
    },
    /// Stop work. A deploy that is stopped puts back what ran before.
    Cancel(Ticket),
    /// Open a shell in the container of an environment, with the terminal handed over.
    Shell(EnvName),
    /// Open a file of the workspace in `$EDITOR`, with the terminal handed over.
    Edit {
        /// Path below the workspace root.
        path: String,
        /// Line, from 1.
        line: u32,
    },
    /// Put a text on the clipboard of whoever sits at the terminal.
    Copy(String),
    /// Stop the program, as Ctrl-Z does.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// End the program.
    Quit,
}

/// What work gave.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Of `Work::Open`.
    Opened(Result<Overview, Problem>),
    /// Of `Work::Diff`.
    Diff(Result<Arc<Diff>, Problem>),
    /// Of `Work::Plan`: the plan, and its diff against what runs.
    Plan(Result<(Arc<Plan>, Arc<Diff>), Problem>),
    /// Of `Work::Deploy` and `Work::Resume`.
    Deployed(Result<DeployReport, Problem>),
    /// Of `Work::Follow`: it ended, because it was stopped or because of a problem.
    Followed(Result<(), Problem>),
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// The program started, and edits of the workspace are seen from now on.
    Started,
    /// A frame had room for so much; sent when it is not what the frame before had.
    Viewed(Viewports),
    /// The person pressed a key.
    Key(Key),
    /// The person pasted a text.
    Paste(String),
    /// The person clicked on something that the drawn frame made clickable.
    Point(Target),
    /// The person turned the wheel; negative is up.
    Wheel(i16),
    /// The terminal has another size, in cells.
    Resized {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// The clock. The only way in which time comes in.
    Tick(Timestamp),
    /// The engine saw something.
    Fact(Box<Fact>),
    /// The log said something.
    Log {
        /// Of this following.
        ticket: Ticket,
        /// The lines.
        batch: LogBatch,
    },
    /// A deploy said something.
    Progress {
        /// Of this deploy.
        ticket: Ticket,
        /// What.
        progress: Progress,
    },
    /// Work ended.
    Done {
        /// Which.
        ticket: Ticket,
        /// How.
        outcome: Outcome,
    },
    /// Somebody changed files of the workspace; what was read of it is old.
    WorkspaceChanged,
    /// Something that the shell tried for the person failed, such as opening an editor.
    Trouble(Problem),
    /// A task of ours panicked. Where it was work, its `Done` with an error follows.
    Crashed {
        /// Which.
        task: &'static str,
        /// What it said.
        report: String,
    },
}

pub use key::{Key, KeyCode};
pub use model::{Header, Model, Viewports};
pub use target::Target;
pub use update::update;

pub mod changes;
pub mod clock;
pub mod command;
pub mod deploy;
pub mod facts;
pub mod file;
pub mod guard;
pub mod help;
pub mod key;
pub mod list;
pub mod log;
pub mod model;
pub mod notice;
pub mod prompt;
pub mod rows;
pub mod rules;
pub mod scope;
pub mod standing;
pub mod why;

#[cfg(test)]
pub(crate) mod sample;

mod act;
mod availability;
mod settle;
mod target;
#[cfg(test)]
mod tests;
mod typing;
mod update;
