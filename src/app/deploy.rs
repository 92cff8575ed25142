//! The dialog of a deploy: the plan is made, shown, confirmed as the guard asks, carried out and judged. A plan that
//! is no longer true says so before anybody confirms it.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::container::Container;
use crate::domain::diff::Diff;
use crate::domain::environment::EnvName;
use crate::domain::journal::Way;
use crate::domain::label::role;
use crate::domain::plan::{Plan, Step};
use crate::domain::problem::Problem;
use crate::domain::progress::{DeployReport, Progress, StepEvent};
use crate::domain::remote::Timestamp;

use super::Ticket;
use super::guard::{Decision, Risk, decide};
use super::list::Scroll;
use super::prompt::Prompt;
use super::rows::{DiffText, Look};

/// A deploy on the screen.
#[derive(Clone, Debug)]
pub struct Deploy {
    /// Of this environment.
    pub environment: EnvName,
    /// How far it is.
    pub stage: Stage,
    /// How far its text is scrolled.
    pub scroll: Scroll,
    /// Columns that the diff is scrolled to the right.
    pub left: usize,
}

/// How far a deploy is.
#[derive(Clone, Debug)]
pub enum Stage {
    /// The plan is being made.
    Planning {
        /// The work that makes it.
        ticket: Ticket,
    },
    /// There is no plan.
    Unplanned {
        /// Why.
        problem: Problem,
    },
    /// The plan waits for an answer.
    Review(Box<Review>),
    /// It is being carried out.
    Running(Box<Running>),
    /// It ended.
    Ended(Box<Ended>),
}

/// A plan that waits for an answer.
#[derive(Clone, Debug)]
pub struct Review {
    /// The plan.
    pub plan: Arc<Plan>,
    /// Its diff against what runs.
    pub text: DiffText,
    /// What must happen before it runs.
    pub consent: Decision,
    /// What is typed, where the name is asked for.
    pub name: Prompt,
    /// Why it is no longer true.
    pub stale: Option<&'static str>,
    /// That the typed name was not the environment's.
    pub wrong_name: bool,
}

/// How a step stands.
#[derive(Clone, Debug, PartialEq)]
pub enum StepState {
    /// Not begun.
    Waiting,
    /// Begun.
    Running {
        /// When.
        since: Timestamp,
        /// What it says.
        note: String,
    },
    /// Ended well.
    Done {
        /// How long it took.
        took: Duration,
        /// What there is to say.
        text: String,
    },
    /// Failed.
    Failed {
        /// How long it took.
        took: Duration,
        /// Why.
        problem: Problem,
    },
}

/// A step and how it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct StepView {
    /// Which.
    pub step: Step,
    /// What it does, in words.
    pub what: String,
    /// How it stands.
    pub state: StepState,
}

/// A deploy that is being carried out.
#[derive(Clone, Debug)]
pub struct Running {
    /// The plan.
    pub plan: Arc<Plan>,
    /// The work.
    pub ticket: Ticket,
    /// When it began.
    pub since: Timestamp,
    /// Its steps.
    pub steps: Vec<StepView>,
    /// It was asked to stop, and puts back what ran before.
    pub stopping: bool,
    /// The program ends when the deploy does.
    pub leaving: bool,
}

/// A deploy that ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The plan.
    pub plan: Arc<Plan>,
    /// Its steps.
    pub steps: Vec<StepView>,
    /// The verdict, or why there is none.
    pub outcome: Result<DeployReport, Problem>,
    /// How long it took.
    pub took: Duration,
}

impl Deploy {
    /// A deploy whose plan is being made.
    pub fn planning(environment: EnvName, ticket: Ticket) -> Self {
        Self { environment, stage: Stage::Planning { ticket }, scroll: Scroll::default(), left: 0 }
    }

    /// Whether a plan waits for the name of its environment.
    pub fn asks_for_name(&self) -> bool {
        self.review()
            .is_some_and(|review| review.consent == Decision::TypeName && review.plan.obstacles.is_empty())
    }

    /// The plan that waits for an answer.
    pub fn review(&self) -> Option<&Review> {
        match &self.stage {
            Stage::Review(review) => Some(review),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub(super) fn review_mut(&mut self) -> Option<&mut Review> {
        match &mut self.stage {
            Stage::Review(review) => Some(review),
            _ => None,
        }
    }

    /// The deploy that is being carried out.
    pub fn running(&self) -> Option<&Running> {
        match &self.stage {
            Stage::Running(running) => Some(running),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub(super) fn running_mut(&mut self) -> Option<&mut Running> {
        match &mut self.stage {
            Stage::Running(running) => Some(running),
            _ => None,
        }
    }
}

impl Review {
    /// A plan that was just made.
    pub fn new(plan: Arc<Plan>, diff: Arc<Diff>) -> Self {
        let consent = decide(Risk::Changes, plan.guard);
        Self {
            text: DiffText::new(diff, None, Look::default()),
            plan,
            consent,
            name: Prompt::new(""),
            stale: None,
            wrong_name: false,
        }
    }

    /// Why it cannot be carried out whatever the person answers.
    pub fn refusal(&self) -> Option<&'static str> {
        match self.consent {
            _ if self.stale.is_some() => Some("the plan is no longer true: make a new one"),
            _ if self.plan.nothing_to_do => Some("there is nothing to do"),
            _ if !self.plan.obstacles.is_empty() => Some("the obstacles must go first"),
            Decision::Refuse(reason) => Some(reason),
            Decision::Run | Decision::Confirm | Decision::TypeName => None,
        }
    }

    /// Notes that the workspace renders to something else than the plan.
    pub(super) fn compare_rendering(&mut self, hash: &str) {
        if self.plan.fingerprint.rendering != hash {
            self.stale = Some("the files of the workspace changed");
        }
    }

    /// Notes that something else runs than what the plan would replace.
    pub(super) fn compare_containers(&mut self, containers: &[Container]) {
        let alive =
            |container: &&Container| container.state.is_alive() && container.has_role(role::ELASTALERT);
        let mut now = containers.iter().filter(alive).map(|container| &container.id);
        let before = self.plan.previous.as_ref();
        let same = match before {
            Some(before) if before.state.is_alive() => now.all(|id| *id == before.id),
            Some(_) | None => now.next().is_none(),
        };
        let gone = before.is_some_and(|before| !containers.iter().any(|now| now.id == before.id));
        if !same || gone {
            self.stale = Some("another container runs than the one this plan would replace");
        }
    }
}

impl Running {
    /// A deploy of a plan that was just started.
    pub fn new(plan: Arc<Plan>, ticket: Ticket, since: Timestamp) -> Self {
        let steps = plan
            .steps
            .iter()
            .map(|planned| StepView {
                step: planned.step,
                what: planned.what.clone(),
                state: StepState::Waiting,
            })
            .collect();
        Self { plan, ticket, since, steps, stopping: false, leaving: false }
    }

    /// A deploy that was cut off and is gone on with.
    pub fn resumed(plan: Arc<Plan>, ticket: Ticket, since: Timestamp, way: Way) -> Self {
        let mut running = Self::new(plan, ticket, since);
        running.steps.retain(|view| way == Way::Finish && view.step >= Step::Stop);
        running
    }

    /// Takes in what the deploy says. A step that the plan did not name, such as putting back, is added.
    pub(super) fn hear(&mut self, progress: Progress, now: Timestamp) {
        let index = self.steps.iter().position(|view| view.step == progress.step).unwrap_or_else(|| {
            self.steps.push(StepView { step: progress.step, what: String::new(), state: StepState::Waiting });
            self.steps.len() - 1
        });
        let Some(view) = self.steps.get_mut(index) else { return };
        view.state = match progress.event {
            StepEvent::Started => StepState::Running { since: now, note: String::new() },
            StepEvent::Note { text } => match view.state {
                StepState::Running { since, .. } => StepState::Running { since, note: text },
                _ => StepState::Running { since: now, note: text },
            },
            StepEvent::Done { took, text } => StepState::Done { took, text },
            StepEvent::Failed { problem, took } => StepState::Failed { took, problem },
        };
    }
}

/// What was asked in a question, and is done after a yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Stop the running deploy.
    StopDeploy,
    /// Stop the running deploy and end the program when it did.
    StopAndQuit,
    /// End the program without waiting for the deploy that was asked to stop.
    LeaveNow,
    /// Go on with a deploy that was cut off.
    Resume(EnvName, Way),
    /// Open a shell in an environment that asks for care.
    Shell(EnvName),
}

impl Question {
    /// The question, and what yes and no mean.
    pub fn words(&self) -> (String, &'static str, &'static str) {
        match self {
            Self::StopDeploy => {
                ("Stop the deploy?".into(), "stop it and put back what ran before", "let it go on")
            }
            Self::StopAndQuit => (
                "A deploy is running. Stop it and leave?".into(),
                "stop it, put back what ran before, then leave",
                "stay, and let it go on",
            ),
            Self::LeaveNow => (
                "What ran before is still being put back. Leave without waiting?".into(),
                "leave now; the environment may be left half way",
                "stay until it is done",
            ),
            Self::Resume(environment, Way::PutBack) => (
                format!("Put back what ran before in {environment}?"),
                "stop what the deploy started, and start what ran before",
                "leave it as it is",
            ),
            Self::Resume(environment, Way::Finish) => (
                format!("Finish the deploy of {environment}?"),
                "stop what ran before, and start what was deployed",
                "leave it as it is",
            ),
            Self::Shell(environment) => (
                format!("Open a shell in {environment}?"),
                "open it; what is done there is done to what runs",
                "do not",
            ),
        }
    }
}
