//! The one function that changes state: what happened goes in, what should happen comes out. It only routes; what a
//! message means is decided in the file of the screen that it concerns.

use std::sync::Arc;

use crate::domain::check::group::Counts;
use crate::domain::diff::Against;
use crate::domain::environment::EnvName;
use crate::domain::fact::{Fact, FactKind};
use crate::domain::overview::Overview;
use crate::domain::problem::Problem;
use crate::domain::remote::Timestamp;
use crate::domain::workspace::assume::is_assumption;

use super::deploy::{Deploy, Ended, Review, Stage};
use super::list::Move;
use super::model::{Focus, Model, Tab};
use super::prompt::Prompt;
use super::settle::settle;
use super::{Effect, Key, Msg, Outcome, Target, Ticket, Work, act, clock, command, scope, typing};

/// Takes in what happened and gives back what should happen.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let mut effects = Vec::new();
    let shown = match msg {
        Msg::Tick(now) => tick(model, now),
        Msg::Fact(fact) => hear_fact(model, *fact),
        Msg::Viewed(viewports) => {
            let changed = model.viewports != viewports;
            model.viewports = viewports;
            changed
        }
        Msg::Key(key) => press(model, key, &mut effects),
        Msg::Log { ticket, batch } => {
            let ours = model.log.ticket == Some(ticket);
            if ours {
                model.log.hear(batch);
            }
            ours && model.tab == Tab::Log
        }
        Msg::Progress { ticket, progress } => {
            let now = model.now;
            let running = model.deploy.as_mut().and_then(Deploy::running_mut);
            match running.filter(|running| running.ticket == ticket) {
                Some(running) => {
                    running.hear(progress, now);
                    true
                }
                None => false,
            }
        }
        Msg::Done { ticket, outcome } => finish(model, ticket, outcome, &mut effects),
        other => {
            speak(model, other, &mut effects);
            true
        }
    };
    settle(model, &mut effects);
    if shown || !effects.is_empty() {
        model.revision += 1;
    }
    effects
}

/// Messages that always change what is shown.
fn speak(model: &mut Model, msg: Msg, effects: &mut Vec<Effect>) {
    match msg {
        Msg::Started | Msg::WorkspaceChanged => open(model, effects),
        Msg::Paste(text) => typing::paste(model, &text),
        Msg::Point(target) => point(model, &target, effects),
        Msg::Wheel(rows) => act::go(model, Move::By(isize::from(rows))),
        Msg::Trouble(problem) => model.notices.add(problem, model.now),
        Msg::Crashed { task, report } => {
            let problem = Problem::new("task.crashed", format!("the task `{task}` of alertdeck crashed"))
                .why(report)
                .hint("this is a bug; the log file of alertdeck says more");
            model.notices.add(problem, model.now);
        }
        _ => {}
    }
}

/// Asks for the workspace to be read; an older reading is no longer wanted.
pub(super) fn open(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(ticket) = model.opening.take() {
        effects.push(Effect::Cancel(ticket));
    }
    model.opened.ask();
    let (ticket, effect) = model.start(Work::Open);
    model.opening = Some(ticket);
    effects.push(effect);
}

fn tick(model: &mut Model, now: Timestamp) -> bool {
    let before = clock::texts(model);
    model.now = now;
    model.log.tick(now);
    before != clock::texts(model)
}

fn hear_fact(model: &mut Model, fact: Fact) -> bool {
    let before = clock::texts(model);
    if let FactKind::Engine { environments, answer: Ok(_), .. } = &fact.what
        && let Some(environment) = &model.log.environment
        && environments.contains(environment)
    {
        let lost = model.facts.engine_of(environment).is_some_and(|engine| engine.answer.problem().is_some());
        model.log.retry |= lost;
    }
    if let FactKind::Containers { environment, answer: Ok(containers) } = &fact.what
        && let Some(deploy) = model.deploy.as_mut().filter(|deploy| deploy.environment == *environment)
        && let Some(review) = deploy.review_mut()
    {
        review.compare_containers(containers);
    }
    let changed = model.facts.apply(fact);
    changed || before != clock::texts(model)
}

fn press(model: &mut Model, key: Key, effects: &mut Vec<Effect>) -> bool {
    let hinted = model.hint.take().is_some();
    if typing::press(model, key) {
        return true;
    }
    match command::lookup(model, key) {
        Some(spec) => {
            act::run(model, spec, effects);
            true
        }
        None => hinted,
    }
}

fn point(model: &mut Model, target: &Target, effects: &mut Vec<Effect>) {
    match target {
        Target::Row { .. } | Target::Tab(_) if scope::covered(model) => {}
        Target::Row { list: "environments", index } => {
            model.focus = Focus::Environments;
            model.about_rule = false;
            act::select_environment(model, *index);
        }
        Target::Row { list: "rules", index } => {
            model.focus = Focus::Rules;
            model.about_rule = true;
            act::select_rule(model, *index);
        }
        Target::Row { index, .. } => {
            model.focus = Focus::Detail;
            act::select_detail(model, *index);
        }
        Target::Tab(index) => {
            if let Some(tab) = Tab::ALL.get(*index) {
                act::show(model, *tab);
            }
        }
        Target::Command(name) => {
            let found = command::reachable(model).find(|spec| spec.name == *name);
            if let Some(spec) = found {
                act::run(model, spec, effects);
            }
        }
    }
}

/// Takes in what work gave; an answer to an old question is dropped.
fn finish(model: &mut Model, ticket: Ticket, outcome: Outcome, effects: &mut Vec<Effect>) -> bool {
    match outcome {
        Outcome::Opened(answer) if model.opening == Some(ticket) => {
            model.opening = None;
            opened(model, answer);
        }
        Outcome::Diff(answer) if model.changes.ticket == Some(ticket) => {
            model.changes.ticket = None;
            model.changes.diff.answer(answer, model.now);
        }
        Outcome::Followed(answer) if model.log.ticket == Some(ticket) => {
            model.log.ticket = None;
            model.log.ended = Some(answer);
        }
        Outcome::Plan(answer) => return planned(model, ticket, answer),
        Outcome::Deployed(answer) => return deployed(model, ticket, answer, effects),
        Outcome::Opened(_) | Outcome::Diff(_) | Outcome::Followed(_) => return false,
    }
    true
}

fn assumptions(overview: Option<&Overview>) -> Vec<Problem> {
    let all = overview.map(|overview| overview.findings.as_slice()).unwrap_or_default();
    all.iter().filter(|finding| is_assumption(finding)).map(|finding| finding.problem.clone()).collect()
}

/// Takes in a reading of the workspace. The selection follows the names, not the places.
fn opened(model: &mut Model, answer: Result<Overview, Problem>) {
    let environment = model.environment_name();
    let rule = model.rule().map(|rule| rule.path.clone());
    let first = model.overview().is_none();
    if let (Err(problem), false) = (&answer, first) {
        model.notices.add(problem.clone(), model.now);
    }
    // What is assumed is said once, when it is new.
    let known = assumptions(model.overview());
    let more = assumptions(answer.as_ref().ok()).into_iter().filter(|problem| !known.contains(problem));
    more.for_each(|problem| model.notices.add(problem, model.now));
    model.opened.answer(answer, model.now);
    model.counts = Counts::all(&model.finding_groups());
    let names = model.names();
    model.facts.keep(&names);
    let selected = environment.and_then(|name| names.iter().position(|other| *other == name));
    if let Some(index) = selected.or_else(|| first_interesting(&names).filter(|_| first)) {
        model.environments.select(index, names.len(), model.viewports.environments);
    }
    let rows = model.visible_rules();
    let count = rows.len();
    if let Some(index) = rule.and_then(|path| rows.iter().position(|row| row.path == path)) {
        model.rules.list.select(index, count, model.viewports.rules);
    }
    let hash = model
        .deploy
        .as_ref()
        .and_then(|deploy| Some(model.overview()?.rendering(&deploy.environment)?.hash.clone()));
    if let (Some(hash), Some(review)) = (hash, model.deploy.as_mut().and_then(Deploy::review_mut)) {
        review.compare_rendering(&hash);
    }
}

/// The first environment that is deployed anywhere: Default only gives the others their values.
fn first_interesting(names: &[EnvName]) -> Option<usize> {
    names.iter().position(|name| name.as_str() != EnvName::DEFAULT)
}

fn planned(
    model: &mut Model,
    ticket: Ticket,
    answer: Result<(Arc<crate::domain::plan::Plan>, Arc<crate::domain::diff::Diff>), Problem>,
) -> bool {
    let Some(deploy) = model.deploy.as_mut() else { return false };
    if !matches!(deploy.stage, Stage::Planning { ticket: current } if current == ticket) {
        return false;
    }
    deploy.stage = match answer {
        Ok((plan, diff)) => Stage::Review(Box::new(Review::new(plan, diff))),
        Err(problem) => Stage::Unplanned { problem },
    };
    true
}

fn deployed(
    model: &mut Model,
    ticket: Ticket,
    answer: Result<crate::domain::progress::DeployReport, Problem>,
    effects: &mut Vec<Effect>,
) -> bool {
    let now = model.now;
    let Some(deploy) = model.deploy.as_mut() else { return false };
    let Some(running) = deploy.running().filter(|running| running.ticket == ticket) else { return false };
    if running.leaving {
        effects.push(Effect::Quit);
    }
    let seconds = now.as_second().saturating_sub(running.since.as_second());
    let ended = Ended {
        plan: Arc::clone(&running.plan),
        steps: running.steps.clone(),
        outcome: answer,
        took: std::time::Duration::from_secs(u64::try_from(seconds).unwrap_or(0)),
    };
    deploy.stage = Stage::Ended(Box::new(ended));
    deploy.scroll.go(Move::First, 0, 0);
    // What runs is another one now: whatever was compared with it is compared again.
    if model.changes.asked.as_ref().is_some_and(|asked| asked.against == Against::Running) {
        model.changes.asked = None;
    }
    true
}

/// The editor that gets the letters now, if any.
pub(super) fn editor(model: &mut Model) -> Option<&mut Prompt> {
    if model.question.is_some() || model.reading.is_some() {
        return None;
    }
    if let Some(typing) = &mut model.prompt {
        return Some(&mut typing.line);
    }
    let deploy = model.deploy.as_mut().filter(|deploy| deploy.asks_for_name())?;
    deploy.review_mut().map(|review| &mut review.name)
}
