//! The state of the console. Facts live here once; what a screen adds is only where it stands: selection, scroll,
//! filter. Nothing here is written except by [`update`](super::update).

use crate::domain::check::frame::marked;
use crate::domain::check::group::{Counts, Group, group};
use crate::domain::environment::EnvName;
use crate::domain::matrix::RuleRow;
use crate::domain::overview::Overview;
use crate::domain::problem::Place;
use crate::domain::remote::{Remote, Timestamp};
use crate::domain::workspace::Environment;

use super::changes::Changes;
use super::deploy::{Deploy, Question};
use super::facts::Facts;
use super::file::FileText;
use super::list::{List, Scroll};
use super::log::{LogPane, Room};
use super::notice::Notices;
use super::prompt::Typing;
use super::rules::Rules;
use super::why::{Origin, Steps};
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

/// A text that lies above the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// All keys.
    Help,
    /// All messages.
    Messages,
    /// What the check found.
    Findings,
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
    /// Rows of the detail pane's text, where it is neither diff, file nor log.
    pub detail_rows: usize,
    /// Rows of the text in whatever lies above the console, as far as there is room.
    pub dialog: usize,
    /// All rows of it.
    pub dialog_rows: usize,
    /// Rows of the finding below the list of them, as far as there is room.
    pub frame: usize,
    /// All rows of it.
    pub frame_rows: usize,
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
    /// Whether the detail pane is about the selected rule and not about the whole environment.
    pub about_rule: bool,
    /// The list of environments.
    pub environments: List,
    /// The list of rules.
    pub rules: Rules,
    /// What the detail pane shows.
    pub tab: Tab,
    /// The tab Diff.
    pub changes: Changes,
    /// The tab File.
    pub file: Option<FileText>,
    /// What is known of the line under the cursor of the tab File.
    pub origin: Origin,
    /// The steps of a line, above the console.
    pub steps: Option<Steps>,
    /// The tab Log.
    pub log: LogPane,
    /// How far the tabs Health and Processes are scrolled.
    pub scroll: Scroll,
    /// Columns that they are scrolled to the right.
    pub left: usize,
    /// Whether the focused pane has the whole screen.
    pub zoomed: bool,
    /// A deploy, from its plan to its verdict.
    pub deploy: Option<Deploy>,
    /// A text above the console, and how far it is scrolled.
    pub reading: Option<(Reading, Scroll)>,
    /// The cursor in what the check found.
    pub findings: List,
    /// How far the finding under it is scrolled.
    pub frame: Scroll,
    /// How much the check found, each finding counted once.
    pub counts: Counts,
    /// A question that waits for yes or no.
    pub question: Option<Question>,
    /// A line that is being typed.
    pub prompt: Option<Typing>,
    /// Messages.
    pub notices: Notices,
    /// Why the last key did nothing; gone with the next one.
    pub hint: Option<String>,
    /// What the last frame had room for.
    pub viewports: Viewports,
    /// The file that the tab File shows when it is not about a rule.
    pub(super) chosen_file: String,
    pub(crate) tickets: u64,
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
            about_rule: false,
            environments: List::default(),
            rules: Rules::default(),
            tab: Tab::default(),
            changes: Changes::default(),
            file: None,
            origin: Origin::default(),
            steps: None,
            log: LogPane::default(),
            scroll: Scroll::default(),
            left: 0,
            zoomed: false,
            deploy: None,
            reading: None,
            findings: List::default(),
            frame: Scroll::default(),
            counts: Counts::default(),
            question: None,
            prompt: None,
            notices: Notices::default(),
            hint: None,
            viewports: Viewports::default(),
            chosen_file: "config/elastalert.yaml".into(),
            tickets: 0,
            opening: None,
            revision: 0,
        }
    }

    /// What the check found, each told once, the worst first.
    pub fn finding_groups(&self) -> Vec<Group<'_>> {
        self.overview().map(|overview| group(overview.findings.iter())).unwrap_or_default()
    }

    /// Where the finding under the cursor is.
    pub fn finding_place(&self) -> Option<Place> {
        let groups = self.finding_groups();
        let selected = self.findings.selected.min(groups.len().checked_sub(1)?);
        let place = groups.get(selected)?.finding.problem.place.as_ref()?;
        Some(marked(&self.overview()?.workspace, place))
    }

    /// Changes whenever what is shown changes; a frame need be drawn only then.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The workspace and what follows from it; the last known one when it cannot be read now.
    pub fn overview(&self) -> Option<&Overview> {
        self.opened.last().map(|seen| &seen.value)
    }

    /// The environments of the workspace, in their order.
    pub fn listed(&self) -> &[Environment] {
        self.overview().map_or(&[], |overview| &overview.workspace.environments)
    }

    /// The names of the environments.
    pub fn names(&self) -> Vec<EnvName> {
        self.listed().iter().map(|environment| environment.name.clone()).collect()
    }

    /// The selected environment.
    pub fn environment(&self) -> Option<&Environment> {
        self.listed().get(self.environments.selected)
    }

    /// The name of the selected environment.
    pub fn environment_name(&self) -> Option<EnvName> {
        self.environment().map(|environment| environment.name.clone())
    }

    /// The rules that are listed.
    pub fn visible_rules(&self) -> Vec<&RuleRow> {
        let rows = self.overview().map_or(&[][..], |overview| &overview.matrix);
        self.rules.visible(rows, self.environment().map(|environment| &environment.name))
    }

    /// The selected rule.
    pub fn rule(&self) -> Option<&RuleRow> {
        self.visible_rules().get(self.rules.list.selected).copied()
    }

    /// The path of the only file that the detail pane is about, if it is about a rule.
    pub fn subject(&self) -> Option<String> {
        if self.about_rule { self.rule().map(|rule| rule.path.clone()) } else { None }
    }

    /// The file and line of the workspace under the cursor.
    pub fn place_at_cursor(&self) -> Option<Place> {
        if let Some(steps) = &self.steps {
            return steps.place();
        }
        let line = |number: usize| u32::try_from(number).unwrap_or(0);
        let place = match (self.focus, self.tab) {
            (Focus::Rules, _) => Place::file(self.rule()?.path.clone()),
            (Focus::Detail, Tab::File) => {
                let file = self.file.as_ref()?;
                let here = self.origin.leaves.first().and_then(|leaf| leaf.place().cloned());
                match here.or_else(|| file.mark().and_then(|mark| mark.place.clone())) {
                    Some(place) => return Some(place),
                    None => Place::line(file.path.clone(), line(file.number())),
                }
            }
            (Focus::Detail, Tab::Diff) => match self.changes.text.as_ref()?.place_at_cursor()? {
                (place, true) => return Some(place),
                (place, false) => place,
            },
            (Focus::Environments | Focus::Detail, _) => return None,
        };
        let workspace = &self.overview()?.workspace;
        let template = workspace.template(&place.file)?;
        Some(Place { file: template.source.clone(), ..place })
    }

    /// The room that the log has for the text of its lines.
    pub fn log_room(&self) -> Room {
        let prefix = if self.log.times { 11 } else { 2 };
        Room {
            height: self.viewports.detail.max(1),
            width: self.viewports.detail_width.saturating_sub(prefix).max(2),
        }
    }

    /// Starts work under a new ticket.
    pub(super) fn start(&mut self, work: Work) -> (Ticket, Effect) {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        (ticket, Effect::Start { ticket, work })
    }
}
