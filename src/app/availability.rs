//! Whether a command can be used now, and if not, why. The reason is what a person reads, so each is a sentence about
//! what they see.

use crate::domain::operation::{Operation, Progressing};
use crate::domain::remote::Remote;

use super::command::Availability::{self, No, Yes};
use super::deploy::Stage;
use super::guard::{Decision, Risk, decide};
use super::model::{Model, Tab};
use super::standing::current;

/// It always can.
pub(super) fn always(_: &Model) -> Availability {
    Yes
}

/// A plan can be made.
pub(super) fn deploy(model: &Model) -> Availability {
    match model.environment() {
        None => No("there is no environment to deploy"),
        Some(_) if matches!(model.opened, Remote::Failed { .. }) => {
            No("the workspace cannot be read; what is shown is what it was before")
        }
        Some(_) => Yes,
    }
}

/// Another side can be chosen.
pub(super) fn compare(model: &Model) -> Availability {
    if model.tab == Tab::Diff { Yes } else { No("choose the tab Diff (1) first") }
}

/// There is something under the cursor that can be copied.
pub(super) fn copy(model: &Model) -> Availability {
    let text = model.changes.text.as_ref().and_then(super::rows::DiffText::copied);
    if text.is_some() { Yes } else { No("there is no change under the cursor") }
}

/// There is a file under the cursor.
pub(super) fn edit(model: &Model) -> Availability {
    if model.place_at_cursor().is_some() {
        Yes
    } else {
        No("there is no file of the workspace under the cursor")
    }
}

/// Something is known of the line under the cursor.
pub(super) fn why(model: &Model) -> Availability {
    let any = match model.tab {
        Tab::Diff => model.changes.text.as_ref().and_then(|text| text.numbers_at_cursor()).is_some(),
        _ => !model.origin.leaves.is_empty(),
    };
    if any { Yes } else { No("there is no line under the cursor") }
}

/// Something was searched for.
pub(super) fn searched(model: &Model) -> Availability {
    if model.log.search.is_empty() { No("search with / first") } else { Yes }
}

/// A container runs, and the guard lets a shell in.
pub(super) fn shell(model: &Model) -> Availability {
    let Some(environment) = model.environment() else { return No("there is no environment") };
    if let Decision::Refuse(reason) = decide(Risk::Touches, environment.guard) {
        return No(reason);
    }
    let container = model.facts.environment(&environment.name).and_then(|facts| current(&facts.containers));
    match container {
        Some(container) if container.state.is_alive() => Yes,
        _ => No("no container of this environment runs"),
    }
}

/// The plan may be carried out, with a consent of that kind.
fn deploy_with(model: &Model, wanted: Decision) -> Availability {
    let Some(deploy) = &model.deploy else { return No("there is no plan") };
    match &deploy.stage {
        Stage::Planning { .. } => No("the plan is still being made"),
        Stage::Review(review) => match review.refusal() {
            Some(reason) => No(reason),
            None if review.consent == wanted => Yes,
            None => match review.consent {
                Decision::Confirm => No("this environment asks for y"),
                Decision::TypeName => No("this environment asks for its name"),
                Decision::Run | Decision::Refuse(_) => No("press Enter to deploy"),
            },
        },
        Stage::Unplanned { .. } | Stage::Running(_) | Stage::Ended(_) => No("there is no plan"),
    }
}

/// The plan may be carried out at once.
pub(super) fn deploy_open(model: &Model) -> Availability {
    deploy_with(model, Decision::Run)
}

/// The plan may be carried out after a yes.
pub(super) fn deploy_confirmed(model: &Model) -> Availability {
    deploy_with(model, Decision::Confirm)
}

/// The plan may be carried out after the name was typed.
pub(super) fn deploy_named(model: &Model) -> Availability {
    deploy_with(model, Decision::TypeName)
}

/// Why a cut-off deploy is not gone on with from here where a name has to be typed.
pub(super) const NAMED: &str = "this environment asks for its name: alertdeck resume ENV --confirm ENV";

/// A deploy was cut off, and can be finished.
pub(super) fn finish(model: &Model) -> Availability {
    match cut_off(model) {
        Some(held) if !held.created => No("its container had not been created: put back, and deploy again"),
        _ => put_back(model),
    }
}

/// A deploy was cut off, and what ran before can be put back.
pub(super) fn put_back(model: &Model) -> Availability {
    let review = model.deploy.as_ref().and_then(|deploy| deploy.review());
    let cut_off = review.filter(|review| {
        review.plan.obstacles.iter().any(|obstacle| obstacle.code == crate::domain::problem::code::CUT_OFF)
    });
    match cut_off.map(|review| decide(Risk::Changes, review.plan.guard)) {
        None => No("no deploy was cut off"),
        Some(Decision::Refuse(reason)) => No(reason),
        Some(Decision::TypeName) => No(NAMED),
        Some(Decision::Run | Decision::Confirm) => Yes,
    }
}

/// What is known of the cut-off deploy of the environment of the dialog.
pub(super) fn cut_off(model: &Model) -> Option<&Progressing> {
    let deploy = model.deploy.as_ref()?;
    match model.facts.environment(&deploy.environment)?.operation.last().map(|seen| &seen.value) {
        Some(Operation::CutOff(held)) => Some(held),
        _ => None,
    }
}

/// A new plan makes sense.
pub(super) fn replan(model: &Model) -> Availability {
    match model.deploy.as_ref().map(|deploy| &deploy.stage) {
        Some(Stage::Unplanned { .. } | Stage::Review(_) | Stage::Ended(_)) => Yes,
        _ => No("the plan is still being made"),
    }
}

/// The deploy was not asked to stop before.
pub(super) fn stop(model: &Model) -> Availability {
    match model.deploy.as_ref().and_then(|deploy| deploy.running()) {
        Some(running) if running.stopping => No("it is being stopped; what ran before is put back"),
        _ => Yes,
    }
}

/// Nothing is under way that would stand still half-way.
pub(super) fn suspend(model: &Model) -> Availability {
    match model.deploy.as_ref().and_then(|deploy| deploy.running()) {
        Some(_) => No("a deploy runs, and would stand still half-way"),
        None => Yes,
    }
}

/// The check found something.
pub(super) fn findings(model: &Model) -> Availability {
    if model.opened.last().is_some() { Yes } else { No("the workspace is not read yet") }
}

/// The finding under the cursor has a place.
pub(super) fn edit_finding(model: &Model) -> Availability {
    if model.finding_place().is_some() { Yes } else { No("this finding is in no file") }
}

/// The finding under the cursor is longer than there is room for.
pub(super) fn scroll_finding(model: &Model) -> Availability {
    let room = model.viewports;
    if room.frame_rows > room.frame { Yes } else { No("all of this finding is shown") }
}

/// There are messages.
pub(super) fn messages(model: &Model) -> Availability {
    if model.notices.count() > 0 { Yes } else { No("there are no messages") }
}
