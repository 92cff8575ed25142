//! The state of the console. Facts live here once; what a screen adds is only where it stands: selection, scroll,
//! filter. Nothing here is written except by [`update`](super::update).

use crate::domain::environment::EnvName;
use crate::domain::overview::Overview;
use crate::domain::remote::{Remote, Timestamp};
use crate::domain::workspace::Environment;

use super::facts::Facts;
use super::list::List;
use super::{Effect, Ticket, Work};

/// What the header says and nothing changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The folder of the workspace.
    pub workspace: String,
    /// Whether the world is a made-up one.
    pub demo: bool,
    /// The name of the theme.
    pub theme: String,
}

/// Where the keys go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// The list of environments.
    #[default]
    Environments,
    /// The list of rules.
    Rules,
    /// The detail pane.
    Detail,
}

/// What the detail pane shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// What differs.
    #[default]
    Diff,
    /// A rendered file.
    File,
    /// The container's log.
    Log,
    /// The ladder.
    Health,
    /// What runs in the container.
    Processes,
}

impl Tab {
    /// All tabs, in their order.
    pub const ALL: [Self; 5] = [Self::Diff, Self::File, Self::Log, Self::Health, Self::Processes];

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Diff => "Diff",
            Self::File => "File",
            Self::Log => "Log",
            Self::Health => "Health",
            Self::Processes => "Processes",
        }
    }
}

/// How many rows and columns the last frame had for each thing that scrolls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Viewports {
    /// Environments in the list.
    pub environments: usize,
    /// Rules in the list.
    pub rules: usize,
    /// Rows of the detail pane.
    pub detail: usize,
    /// Columns of the detail pane.
    pub detail_width: usize,
    /// Rows of the text in whatever lies above the console.
    pub dialog: usize,
}

/// The state of the console.
#[derive(Clone, Debug)]
pub struct Model {
    /// The time, as the last tick gave it.
    pub now: Timestamp,
    /// What the header says.
    pub header: Header,
    /// The workspace and what follows from it.
    pub opened: Remote<Overview>,
    /// What is known of the world.
    pub facts: Facts,
    /// Where the keys go.
    pub focus: Focus,
    /// The list of environments.
    pub environments: List,
    /// What the detail pane shows.
    pub tab: Tab,
    /// Whether the focused pane has the whole screen.
    pub zoomed: bool,
    /// What the last frame had room for.
    pub viewports: Viewports,
    pub(super) tickets: u64,
    pub(super) opening: Option<Ticket>,
    pub(super) revision: u64,
}

impl Model {
    /// A console that knows nothing yet.
    pub fn new(header: Header, now: Timestamp) -> Self {
        Self {
            now,
            header,
            opened: Remote::Unknown,
            facts: Facts::default(),
            focus: Focus::default(),
            environments: List::default(),
            tab: Tab::default(),
            zoomed: false,
            viewports: Viewports::default(),
            tickets: 0,
            opening: None,
            revision: 0,
        }
    }

    /// Changes whenever what is shown changes; a frame need be drawn only then.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The environments of the workspace, in their order; the last known ones when it cannot be read now.
    pub fn listed(&self) -> &[Environment] {
        self.opened.last().map_or(&[], |opened| &opened.value.workspace.environments)
    }

    /// The selected environment.
    pub fn environment(&self) -> Option<&Environment> {
        self.listed().get(self.environments.selected)
    }

    /// The name of the selected environment.
    pub fn environment_name(&self) -> Option<EnvName> {
        self.environment().map(|environment| environment.name.clone())
    }

    /// Starts work under a new ticket.
    pub(super) fn start(&mut self, work: Work) -> (Ticket, Effect) {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        (ticket, Effect::Start { ticket, work })
    }
}
