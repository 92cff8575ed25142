//! What each command does. A command that cannot be used now does nothing and says why.

use std::sync::Arc;

use crate::domain::journal::Way;
use crate::domain::plan::Plan;

use super::availability::{NAMED, cut_off};
use super::changes::Choice;
use super::command::{Availability, Command, Spec, pane_after, tab_of};
use super::deploy::{Deploy, Question, Running, Stage};
use super::guard::{Decision, decide};
use super::list::{List, Move, Scroll};
use super::model::{Focus, Model, Reading, Tab, Viewports};
use super::prompt::Purpose;
use super::rows::View;
use super::{Effect, Work, typing, update, why};

/// The most bytes that are copied; terminals drop what is longer without a word.
const MOST_COPIED: usize = 64 * 1024;

/// Runs a command, if it can be used now.
pub(super) fn run(model: &mut Model, spec: &Spec, effects: &mut Vec<Effect>) {
    if let Availability::No(reason) = spec.availability(model) {
        model.hint = Some(format!("{}: {reason}", spec.label()));
        return;
    }
    if let Some(tab) = tab_of(spec.command) {
        show(model, tab);
    } else if !(look(model, spec.command) || read(model, spec.command)) {
        change(model, spec, effects);
    }
}

/// Commands that only move.
fn look(model: &mut Model, command: Command) -> bool {
    let page = isize::try_from(page(model)).unwrap_or(1);
    match command {
        Command::Up => go(model, Move::By(-1)),
        Command::Down => go(model, Move::By(1)),
        Command::PageUp => go(model, Move::By(-page)),
        Command::PageDown => go(model, Move::By(page)),
        Command::First => go(model, Move::First),
        Command::Last => go(model, Move::Last),
        Command::ScrollLeft => slide(model, -8),
        Command::ScrollRight => slide(model, 8),
        Command::NextPane => focus(model, pane_after(model.focus, true)),
        Command::PreviousPane => focus(model, pane_after(model.focus, false)),
        Command::Open | Command::OpenRule => focus(model, Focus::Detail),
        Command::ShowCell => {
            show(model, Tab::Diff);
            model.changes.choice = Choice::Default;
            focus(model, Focus::Detail);
        }
        Command::Zoom => model.zoomed = !model.zoomed,
        Command::NextEnvironment => select_environment(model, model.environments.selected + 1),
        Command::PreviousEnvironment => {
            select_environment(model, model.environments.selected.saturating_sub(1));
        }
        Command::Back => back(model),
        _ => return false,
    }
    true
}

/// Commands of the panes that change only what is shown.
fn read(model: &mut Model, command: Command) -> bool {
    let height = model.viewports.detail;
    match command {
        Command::NextChange | Command::PreviousChange => {
            if let Some(text) = &mut model.changes.text {
                text.go_to_change(command == Command::NextChange, height);
            }
        }
        Command::NextValue | Command::PreviousValue => {
            if let Some(file) = &mut model.file {
                file.go_to_mark(command == Command::NextValue, height);
            }
        }
        Command::Against => {
            if let Some(environment) = model.environment_name() {
                model.changes.choice = model.changes.choice.next(&environment, &model.names());
            }
        }
        Command::AgainstOther => typing::begin(model, Purpose::Against),
        Command::ToggleView => {
            let look = &mut model.changes.look;
            look.view = if look.view == View::Text { View::Values } else { View::Text };
        }
        Command::Fold => model.changes.look.fold = !model.changes.look.fold,
        Command::FilterDiff => typing::begin(model, Purpose::FilterDiff),
        Command::NextFile => turn_file(model, true),
        Command::PreviousFile => turn_file(model, false),
        Command::OnlyDifferent => model.rules.only_different = !model.rules.only_different,
        Command::Find if model.focus == Focus::Detail => typing::begin(model, Purpose::SearchLog),
        Command::Find => {
            focus(model, Focus::Rules);
            typing::begin(model, Purpose::FilterRules);
        }
        Command::FilterLog => typing::begin(model, Purpose::FilterLog),
        Command::NextHit | Command::PreviousHit => {
            let room = model.log_room();
            if !model.log.find(command == Command::NextHit, room) {
                model.hint = Some(format!("no further line holds “{}”", model.log.search));
            }
        }
        Command::Wrap => model.log.wrap = !model.log.wrap,
        Command::Times => model.log.times = !model.log.times,
        Command::OnlyTrouble => {
            model.log.only_trouble = !model.log.only_trouble;
            model.log.refilter();
        }
        Command::Help => model.reading = Some((Reading::Help, Scroll::default())),
        Command::Messages => model.reading = Some((Reading::Messages, Scroll::default())),
        Command::FrameDown | Command::FrameUp => {
            let Viewports { frame, frame_rows, .. } = model.viewports;
            let some = isize::try_from((frame / 2).max(1)).unwrap_or(1);
            let by = if command == Command::FrameDown { some } else { -some };
            model.frame.go(Move::By(by), frame_rows, frame);
        }
        Command::Findings => {
            model.findings = List::default();
            model.frame = Scroll::default();
            model.reading = Some((Reading::Findings, Scroll::default()));
        }
        Command::CloseText => model.reading = None,
        Command::Dismiss => model.notices.clear(),
        Command::Why => {
            model.steps = why::steps(model);
            if model.steps.is_none() {
                model.hint = Some("w: the line is on no side that this workspace renders".to_owned());
            }
        }
        Command::CloseWhy => model.steps = None,
        Command::Accept => typing::accept(model),
        Command::Drop => typing::drop(model),
        Command::No => model.question = None,
        _ => return false,
    }
    true
}

/// Commands that want something to happen outside.
fn change(model: &mut Model, spec: &Spec, effects: &mut Vec<Effect>) {
    match spec.command {
        Command::Quit | Command::Interrupt => leave(model, effects),
        Command::Suspend => effects.push(Effect::Suspend),
        Command::Redraw => effects.push(Effect::Redraw),
        Command::Reopen => {
            model.changes.asked = None;
            model.log.retry = true;
            update::open(model, effects);
        }
        Command::Edit => {
            if let Some(place) = model.place_at_cursor() {
                effects.push(Effect::Edit { path: place.file, line: place.line.max(1) });
            }
        }
        Command::Copy => {
            if let Some(text) = model.changes.text.as_ref().and_then(super::rows::DiffText::copied) {
                if text.len() > MOST_COPIED {
                    model.hint = Some("this is more than terminals let programs copy".to_owned());
                    return;
                }
                let lines = text.lines().count();
                let word = if lines == 1 { "line" } else { "lines" };
                model.hint = Some(format!("copied {lines} {word}, if the terminal lets programs copy"));
                effects.push(Effect::Copy(text));
            }
        }
        Command::EditFinding => {
            if let Some(place) = model.finding_place() {
                effects.push(Effect::Edit { path: place.file, line: place.line.max(1) });
            }
        }
        Command::Shell => shell(model, spec, effects),
        Command::Deploy | Command::NewPlan | Command::NewPlanNamed => plan(model, effects),
        Command::DeployNow | Command::DeployYes => deploy(model, effects),
        Command::DeployNamed => {
            let Some(deploying) = &mut model.deploy else { return };
            let name = deploying.environment.clone();
            let Some(review) = deploying.review_mut() else { return };
            review.wrong_name = review.name.text() != name.as_str();
            if !review.wrong_name {
                deploy(model, effects);
            }
        }
        Command::PutBackCutOff => ask_to_resume(model, spec, Way::PutBack, effects),
        Command::FinishCutOff => ask_to_resume(model, spec, Way::Finish, effects),
        Command::LeavePlan | Command::LeaveNaming | Command::CloseReport => {
            if let Some(Deploy { stage: Stage::Planning { ticket }, .. }) = model.deploy.take() {
                effects.push(Effect::Cancel(ticket));
            }
        }
        Command::StopDeploy => model.question = Some(Question::StopDeploy),
        Command::Yes => answer_yes(model, effects),
        _ => {}
    }
}

/// Asks for a plan of the environment of the dialog, or of the selected one.
fn plan(model: &mut Model, effects: &mut Vec<Effect>) {
    let shown = model.deploy.as_ref().map(|deploy| deploy.environment.clone());
    let Some(environment) = shown.or_else(|| model.environment_name()) else { return };
    let (ticket, effect) = model.start(Work::Plan { environment: environment.clone() });
    model.deploy = Some(Deploy::planning(environment, ticket));
    effects.push(effect);
}

/// Carries out the plan that is shown. Whether it may was asked before; it is asked again here, where it counts.
fn deploy(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(review) = model.deploy.as_ref().and_then(Deploy::review) else { return };
    if review.refusal().is_some() {
        return;
    }
    let plan = Arc::clone(&review.plan);
    let (ticket, effect) = model.start(Work::Deploy { plan: Arc::clone(&plan) });
    let now = model.now;
    if let Some(deploy) = &mut model.deploy {
        deploy.stage = Stage::Running(Box::new(Running::new(plan, ticket, now)));
        deploy.scroll = Scroll::default();
    }
    effects.push(effect);
}

/// Goes on with a deploy that was cut off, after as much care as a deploy needs.
fn ask_to_resume(model: &mut Model, spec: &Spec, way: Way, effects: &mut Vec<Effect>) {
    let Some(review) = model.deploy.as_ref().and_then(Deploy::review) else { return };
    match decide(spec.risk, review.plan.guard) {
        Decision::Run => resume(model, way, effects),
        Decision::Confirm => {
            model.question = Some(Question::Resume(review.plan.environment.clone(), way));
        }
        Decision::TypeName => model.hint = Some(NAMED.to_owned()),
        Decision::Refuse(reason) => model.hint = Some(reason.to_owned()),
    }
}

fn resume(model: &mut Model, way: Way, effects: &mut Vec<Effect>) {
    let Some(review) = model.deploy.as_ref().and_then(Deploy::review) else { return };
    let plan = Arc::clone(&review.plan);
    let (ticket, effect) = model.start(Work::Resume { plan: Arc::clone(&plan), way });
    // The plan is of the next release; it is the one before that is gone on with.
    let release = cut_off(model).and_then(|held| held.release).unwrap_or(plan.release);
    let plan = Arc::new(Plan { release, ..(*plan).clone() });
    let now = model.now;
    if let Some(deploy) = &mut model.deploy {
        deploy.stage = Stage::Running(Box::new(Running::resumed(plan, ticket, now, way)));
        deploy.scroll = Scroll::default();
    }
    effects.push(effect);
}

fn shell(model: &mut Model, spec: &Spec, effects: &mut Vec<Effect>) {
    let Some(environment) = model.environment() else { return };
    let name = environment.name.clone();
    match decide(spec.risk, environment.guard) {
        Decision::Run => effects.push(Effect::Shell(name)),
        Decision::Confirm | Decision::TypeName => model.question = Some(Question::Shell(name)),
        Decision::Refuse(reason) => model.hint = Some(reason.to_owned()),
    }
}

/// Ends the program; while a deploy runs it asks first.
fn leave(model: &mut Model, effects: &mut Vec<Effect>) {
    match model.deploy.as_ref().and_then(Deploy::running) {
        None => effects.push(Effect::Quit),
        Some(running) if running.stopping => model.question = Some(Question::LeaveNow),
        Some(_) => model.question = Some(Question::StopAndQuit),
    }
}

fn answer_yes(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(question) = model.question.take() else { return };
    match question {
        Question::Shell(environment) => effects.push(Effect::Shell(environment)),
        Question::LeaveNow => effects.push(Effect::Quit),
        Question::Resume(_, way) => resume(model, way, effects),
        Question::StopDeploy | Question::StopAndQuit => {
            let leaving = question == Question::StopAndQuit;
            match model.deploy.as_mut().and_then(Deploy::running_mut) {
                Some(running) => {
                    running.leaving |= leaving;
                    if !running.stopping {
                        running.stopping = true;
                        effects.push(Effect::Cancel(running.ticket));
                    }
                }
                // It ended while the question stood there.
                None if leaving => effects.push(Effect::Quit),
                None => {}
            }
        }
    }
}

/// Out of the zoom, out of the detail pane, out of a filter: the nearest of them.
fn back(model: &mut Model) {
    let filtered =
        model.focus == Focus::Detail && model.tab == Tab::Diff && !model.changes.look.filter.is_empty();
    if model.zoomed {
        model.zoomed = false;
    } else if filtered {
        model.changes.look.filter.clear();
    } else if model.focus == Focus::Detail {
        focus(model, if model.about_rule { Focus::Rules } else { Focus::Environments });
    } else if !model.rules.filter.is_empty() || model.rules.only_different {
        model.rules.filter.clear();
        model.rules.only_different = false;
    } else {
        focus(model, Focus::Environments);
    }
}

fn focus(model: &mut Model, to: Focus) {
    model.focus = to;
    match to {
        Focus::Environments => model.about_rule = false,
        Focus::Rules => model.about_rule = true,
        Focus::Detail => {}
    }
}

/// Shows a tab of the detail pane; the keys stay where they are.
pub(super) fn show(model: &mut Model, tab: Tab) {
    if model.tab != tab {
        model.tab = tab;
        model.scroll = Scroll::default();
        model.left = 0;
    }
}

/// Selects an environment.
pub(super) fn select_environment(model: &mut Model, index: usize) {
    let count = model.listed().len();
    model.environments.select(index, count, model.viewports.environments);
    model.scroll = Scroll::default();
}

/// Selects a rule.
pub(super) fn select_rule(model: &mut Model, index: usize) {
    let count = model.visible_rules().len();
    model.rules.list.select(index, count, model.viewports.rules);
}

/// Selects a row of the detail pane, where it has a cursor.
pub(super) fn select_detail(model: &mut Model, index: usize) {
    let height = model.viewports.detail;
    match model.tab {
        Tab::Diff => {
            if let Some(text) = &mut model.changes.text {
                text.list.select(index, text.rows.len(), height);
            }
        }
        Tab::File => {
            if let Some(file) = &mut model.file {
                file.list.select(index, file.lines.len(), height);
            }
        }
        Tab::Log | Tab::Health | Tab::Processes => {}
    }
}

/// How many rows a page has where the keys go.
fn page(model: &Model) -> usize {
    let viewports = &model.viewports;
    let rows = if model.reading.is_some() || model.deploy.is_some() || model.steps.is_some() {
        viewports.dialog
    } else {
        match model.focus {
            Focus::Environments => viewports.environments,
            Focus::Rules => viewports.rules,
            Focus::Detail => viewports.detail,
        }
    };
    rows.saturating_sub(1).max(1)
}

/// Moves in whatever has the keys.
pub(super) fn go(model: &mut Model, step: Move) {
    let viewports = model.viewports;
    if let Some((Reading::Findings, _)) = model.reading {
        let count = model.finding_groups().len();
        model.frame = Scroll::default();
        return model.findings.go(step, count, viewports.dialog);
    }
    if let Some((_, scroll)) = &mut model.reading {
        return scroll.go(step, viewports.dialog_rows, viewports.dialog);
    }
    if let Some(steps) = &mut model.steps {
        return steps.go(step);
    }
    if let Some(deploy) = &mut model.deploy {
        return deploy.scroll.go(step, viewports.dialog_rows, viewports.dialog);
    }
    match model.focus {
        Focus::Environments => {
            let count = model.listed().len();
            model.environments.go(step, count, viewports.environments);
        }
        Focus::Rules => {
            let count = model.visible_rules().len();
            model.rules.list.go(step, count, viewports.rules);
        }
        Focus::Detail => go_in_detail(model, step),
    }
}

fn go_in_detail(model: &mut Model, step: Move) {
    let height = model.viewports.detail;
    let room = model.log_room();
    match model.tab {
        Tab::Diff => {
            if let Some(text) = &mut model.changes.text {
                text.list.go(step, text.rows.len(), height);
            }
        }
        Tab::File => {
            if let Some(file) = &mut model.file {
                file.list.go(step, file.lines.len(), height);
            }
        }
        Tab::Log => match step {
            Move::By(rows) if rows < 0 => model.log.up(rows.unsigned_abs(), room),
            Move::By(rows) => model.log.down(rows.unsigned_abs(), room),
            Move::First => model.log.oldest(),
            Move::Last => model.log.follow(),
        },
        Tab::Health | Tab::Processes => model.scroll.go(step, model.viewports.detail_rows, height),
    }
}

/// Scrolls sideways in whatever has the keys.
fn slide(model: &mut Model, columns: isize) {
    let left = if let Some(deploy) = &mut model.deploy {
        Some(&mut deploy.left)
    } else {
        match model.tab {
            Tab::Diff => model.changes.text.as_mut().map(|text| &mut text.left),
            Tab::File => model.file.as_mut().map(|file| &mut file.left),
            Tab::Log => Some(&mut model.log.left),
            Tab::Health | Tab::Processes => Some(&mut model.left),
        }
    };
    if let Some(left) = left {
        *left = left.saturating_add_signed(columns).min(4_000);
    }
}

/// Shows the next or the previous file of the selected environment.
fn turn_file(model: &mut Model, forward: bool) {
    let Some(environment) = model.environment_name() else { return };
    let shown = model.file.as_ref().map_or_else(|| model.chosen_file.clone(), |file| file.path.clone());
    let Some(rendering) = model.overview().and_then(|overview| overview.rendering(&environment)) else {
        return;
    };
    let paths: Vec<String> = rendering.files.iter().map(|file| file.path.clone()).collect();
    let now = paths.iter().position(|path| *path == shown).unwrap_or(0);
    let count = paths.len().max(1);
    let next = if forward { (now + 1) % count } else { (now + count - 1) % count };
    if let Some(path) = paths.get(next) {
        model.about_rule = false;
        model.chosen_file.clone_from(path);
    }
}
