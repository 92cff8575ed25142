//! After every message: what is shown is compared with what was asked for. What is missing is asked for once, and what
//! nobody looks at any more is stopped. No screen starts work of its own.

use std::sync::Arc;

use crate::domain::diff::Against;
use crate::domain::log::Since;
use crate::domain::remote::Remote;

use super::changes::Asked;
use super::file::FileText;
use super::model::{Model, Tab};
use super::standing::current;
use super::{Effect, Work};

/// How many lines of the past a log begins with.
pub(super) const TAIL: usize = 1_000;

/// From how many columns on the two sides of a diff stand side by side.
const SPLIT: usize = 126;

/// Brings selections into their lists, and asks for what is shown and not there.
pub(super) fn settle(model: &mut Model, effects: &mut Vec<Effect>) {
    let count = model.listed().len();
    model.environments.fit(count, model.viewports.environments);
    let count = model.visible_rules().len();
    model.rules.list.fit(count, model.viewports.rules);
    compare(model, effects);
    let only = model.subject();
    model.changes.look.split = model.viewports.detail_width >= SPLIT;
    model.changes.lay_out(only.as_deref(), model.viewports.detail);
    render(model);
    super::why::settle(model);
    follow(model, effects);
}

/// Asks for the comparison that the tab Diff shows.
fn compare(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(environment) = model.environment_name().filter(|_| model.tab == Tab::Diff) else { return };
    let against = model.changes.choice.against(&environment);
    let facts = model.facts.environment(&environment);
    let container = facts
        .filter(|_| against == Against::Running)
        .filter(|facts| facts.containers.current().is_some())
        .and_then(|facts| current(&facts.containers))
        .map(|container| container.id.0.clone());
    let revision = model.overview().map_or(0, |overview| overview.workspace.revision);
    let wanted = Asked { environment, against, revision, container };
    if model.changes.asked.as_ref() == Some(&wanted) {
        return;
    }
    if let Some(ticket) = model.changes.ticket.take() {
        effects.push(Effect::Cancel(ticket));
    }
    let same_sides = model
        .changes
        .asked
        .as_ref()
        .is_some_and(|asked| asked.environment == wanted.environment && asked.against == wanted.against);
    if same_sides {
        model.changes.diff.ask();
    } else {
        model.changes.diff = Remote::Loading { last: None };
    }
    let work = Work::Diff { environment: wanted.environment.clone(), against: wanted.against.clone() };
    let (ticket, effect) = model.start(work);
    model.changes.ticket = Some(ticket);
    model.changes.asked = Some(wanted);
    effects.push(effect);
}

/// Lays out the file that the tab File shows.
fn render(model: &mut Model) {
    let Some(environment) = model.environment_name().filter(|_| model.tab == Tab::File) else { return };
    let path = model.subject().unwrap_or_else(|| model.chosen_file.clone());
    let Some(overview) = model.overview() else { return };
    let revision = overview.workspace.revision;
    let before = model.file.as_ref();
    if before
        .is_some_and(|file| file.environment == environment && file.path == path && file.revision == revision)
    {
        return;
    }
    let rendered = overview.rendering(&environment).map(Arc::clone);
    let found = rendered.as_ref().and_then(|rendering| rendering.files.iter().find(|file| file.path == path));
    let masker = model.environment().map(|environment| environment.masker.clone()).unwrap_or_default();
    let masker = &masker;
    let mut text = found.map(|file| FileText::new(environment, revision, file, masker));
    if let (Some(text), Some(before)) = (&mut text, before.filter(|before| before.path == path)) {
        text.list = before.list;
        text.left = before.left;
        text.list.fit(text.lines.len(), model.viewports.detail);
    }
    model.file = text;
}

/// Follows the log of the selected environment while the tab Log is shown.
fn follow(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(environment) = model.environment_name().filter(|_| model.tab == Tab::Log) else { return };
    let lost = matches!(model.log.ended, Some(Err(_)));
    let reachable =
        model.facts.engine_of(&environment).is_some_and(|engine| engine.answer.current().is_some());
    if model.log.environment.as_ref() == Some(&environment) && !(lost && model.log.retry && reachable) {
        return;
    }
    if let Some(ticket) = model.log.ticket.take() {
        effects.push(Effect::Cancel(ticket));
    }
    let (ticket, effect) =
        model.start(Work::Follow { environment: environment.clone(), since: Since::Tail(TAIL) });
    model.log.begin(environment, ticket);
    effects.push(effect);
}
