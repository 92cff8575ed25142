//! Where a command can be used. A scope is one place; what is active at a time is a short list of scopes, innermost
//! first, and every such list that can occur is known, so that a test can prove that no key means two things.

use super::deploy::Stage;
use super::model::{Focus, Model, Reading, Tab};

/// A place in which commands can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everywhere.
    Always,
    /// The console, with nothing above it.
    Console,
    /// The list of environments.
    Environments,
    /// The list of rules.
    Rules,
    /// The tab Diff of the detail pane.
    Diff,
    /// The tab File of it.
    File,
    /// The tab Log of it.
    Log,
    /// The tab Health of it.
    Health,
    /// The tab Processes of it.
    Processes,
    /// A plan that waits for a key.
    Plan,
    /// A plan that waits for the name of its environment.
    Naming,
    /// A deploy that runs.
    Deploying,
    /// A deploy that ended.
    Report,
    /// A text to read: help, messages.
    Reading,
    /// What the check found.
    Findings,
    /// A question with yes and no.
    Question,
    /// The steps that lead to a value.
    Why,
    /// A line that is typed.
    Typing,
}

impl Scope {
    /// Its name in help and documentation.
    pub fn title(self) -> &'static str {
        match self {
            Self::Always => "Everywhere",
            Self::Console => "Console",
            Self::Environments => "Environments",
            Self::Rules => "Rules",
            Self::Diff => "Diff",
            Self::File => "File",
            Self::Log => "Log",
            Self::Health => "Health",
            Self::Processes => "Processes",
            Self::Plan => "Plan of a deploy",
            Self::Naming => "Plan that asks for a name",
            Self::Deploying => "Running deploy",
            Self::Report => "Ended deploy",
            Self::Reading => "Help, messages",
            Self::Findings => "Findings",
            Self::Question => "Question",
            Self::Why => "Why a value is what it is",
            Self::Typing => "Typed line",
        }
    }
}

/// Every list of scopes that can be active at a time, innermost first.
pub const CONTEXTS: &[&[Scope]] = &[
    &[Scope::Environments, Scope::Console, Scope::Always],
    &[Scope::Rules, Scope::Console, Scope::Always],
    &[Scope::Diff, Scope::Console, Scope::Always],
    &[Scope::File, Scope::Console, Scope::Always],
    &[Scope::Log, Scope::Console, Scope::Always],
    &[Scope::Health, Scope::Console, Scope::Always],
    &[Scope::Processes, Scope::Console, Scope::Always],
    &[Scope::Plan, Scope::Always],
    &[Scope::Naming, Scope::Always],
    &[Scope::Deploying, Scope::Always],
    &[Scope::Report, Scope::Always],
    &[Scope::Reading, Scope::Always],
    &[Scope::Findings, Scope::Always],
    &[Scope::Why, Scope::Always],
    &[Scope::Question, Scope::Always],
    &[Scope::Typing, Scope::Always],
];

/// The scopes that are active now, innermost first. What lies on top gets the keys.
pub fn active(model: &Model) -> &'static [Scope] {
    if model.question.is_some() {
        context(Scope::Question)
    } else if let Some((reading, _)) = model.reading {
        context(if reading == Reading::Findings { Scope::Findings } else { Scope::Reading })
    } else {
        beneath(model)
    }
}

/// Whether something lies above the console and has its keys and clicks.
pub fn covered(model: &Model) -> bool {
    model.question.is_some() || model.reading.is_some() || model.deploy.is_some() || model.steps.is_some()
}

/// The scopes that are active once the text or the question on top is closed.
pub fn beneath(model: &Model) -> &'static [Scope] {
    context(if model.prompt.is_some() {
        Scope::Typing
    } else if model.steps.is_some() {
        Scope::Why
    } else if let Some(deploy) = &model.deploy {
        match &deploy.stage {
            Stage::Planning { .. } | Stage::Unplanned { .. } | Stage::Review(_)
                if !deploy.asks_for_name() =>
            {
                Scope::Plan
            }
            Stage::Planning { .. } | Stage::Unplanned { .. } | Stage::Review(_) => Scope::Naming,
            Stage::Running(_) => Scope::Deploying,
            Stage::Ended(_) => Scope::Report,
        }
    } else {
        match (model.focus, model.tab) {
            (Focus::Environments, _) => Scope::Environments,
            (Focus::Rules, _) => Scope::Rules,
            (Focus::Detail, Tab::Diff) => Scope::Diff,
            (Focus::Detail, Tab::File) => Scope::File,
            (Focus::Detail, Tab::Log) => Scope::Log,
            (Focus::Detail, Tab::Health) => Scope::Health,
            (Focus::Detail, Tab::Processes) => Scope::Processes,
        }
    })
}

fn context(innermost: Scope) -> &'static [Scope] {
    CONTEXTS.iter().find(|context| context.first() == Some(&innermost)).copied().unwrap_or_default()
}
