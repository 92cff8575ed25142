//! Scripts: keys and facts go in, and what comes out is compared whole. Each test is one thing that a person at the
//! console relies on.

mod deploys;
mod diffs;
mod moves;

use std::sync::Arc;

use crate::domain::check::Finding;
use crate::domain::diff::Against;
use crate::domain::fact::FactKind;
use crate::domain::health::{RungName, State};
use crate::domain::log::{Level, LogBatch, Since};
use crate::domain::operation::Operation;
use crate::domain::problem::Problem;

use super::model::Tab;
use super::sample::{Script, at, container, diff, ladder, log_line, name, overview};
use super::standing::standing;
use super::{Effect, Msg, Outcome, Ticket, Work};

fn start(ticket: u64, work: Work) -> Effect {
    Effect::Start { ticket: Ticket(ticket), work }
}

fn compare(ticket: u64, environment: &str, against: Against) -> Effect {
    start(ticket, Work::Diff { environment: name(environment), against })
}

fn with_default() -> Against {
    Against::Environment(name("Default"))
}

#[test]
fn the_start_opens_the_workspace_and_then_compares_what_is_selected() {
    let mut script = Script::new();
    assert_eq!(script.send(Msg::Started), [start(1, Work::Open)]);
    let effects = script.done(Ticket(1), Outcome::Opened(Ok(overview(1))));
    assert_eq!(
        effects,
        [compare(2, "CI", with_default())],
        "the first environment that is deployed is selected"
    );
    assert_eq!(script.keys("<up> <down>").len(), 4, "each selection is asked for once");
}

#[test]
fn an_older_reading_is_cancelled_and_its_answer_dropped() {
    let mut script = Script::new();
    script.send(Msg::Started);
    assert_eq!(script.send(Msg::WorkspaceChanged), [Effect::Cancel(Ticket(1)), start(2, Work::Open)]);
    assert_eq!(script.done(Ticket(1), Outcome::Opened(Ok(overview(1)))), []);
    assert!(script.model.overview().is_none(), "a stale result is dropped");
    script.done(Ticket(2), Outcome::Opened(Ok(overview(2))));
    assert_eq!(script.model.overview().unwrap().workspace.revision, 2);
}

#[test]
fn what_is_assumed_about_the_workspace_is_said_once() {
    let mut script = Script::new();
    script.send(Msg::Started);
    let mut assumed = overview(1);
    let note = Finding::note(Problem::new("assumed.default", "there is one environment, Default"));
    Arc::make_mut(&mut assumed.findings).push(note);
    script.done(Ticket(1), Outcome::Opened(Ok(assumed.clone())));
    assert_eq!(script.model.notices.count(), 1);
    script.model.notices.clear();
    script.send(Msg::WorkspaceChanged);
    script.done(Ticket(script.model.opening.unwrap().0), Outcome::Opened(Ok(assumed)));
    assert_eq!(script.model.notices.count(), 0, "it was said already");
}

#[test]
fn the_latest_selection_wins() {
    let mut script = Script::opened();
    assert_eq!(script.keys("<down>"), [Effect::Cancel(Ticket(2)), compare(3, "Staging", with_default())]);
    script.done(Ticket(2), Outcome::Diff(Ok(diff())));
    assert_eq!(script.model.changes.diff.current(), None, "the answer for CI is not shown under Staging");
    script.done(Ticket(3), Outcome::Diff(Ok(diff())));
    assert!(script.model.changes.diff.current().is_some());
    assert_eq!(
        script.keys("a"),
        [compare(4, "Staging", Against::Environment(name("CI")))],
        "nothing is left to cancel"
    );
}

#[test]
fn what_runs_is_compared_again_when_another_container_runs() {
    let mut script = Script::running();
    script.keys("a a a");
    let ticket = Ticket(script.model.tickets);
    script.done(ticket, Outcome::Diff(Ok(diff())));
    let containers = FactKind::Containers { environment: name("CI"), answer: Ok(vec![container("CI", 13)]) };
    assert_eq!(script.fact(containers.clone()), [compare(ticket.0 + 1, "CI", Against::Running)]);
    assert_eq!(script.fact(containers), [], "the same container is no news");
    assert!(script.model.changes.diff.last().is_some(), "the old answer stands until the new one is there");
}

#[test]
fn a_log_is_followed_while_it_is_looked_at_and_only_of_one_environment() {
    let mut script = Script::opened();
    script.done(Ticket(2), Outcome::Diff(Ok(diff())));
    let follow = |environment| Work::Follow { environment: name(environment), since: Since::Tail(1_000) };
    assert_eq!(script.keys("3"), [start(3, follow("CI"))]);
    script.log(vec![log_line(0, Level::Info, "one")]);
    assert_eq!(script.keys("4 3"), [], "another tab does not end it");
    assert_eq!(script.keys("]"), [Effect::Cancel(Ticket(3)), start(4, follow("Staging"))]);
    let late = LogBatch { lines: vec![log_line(0, Level::Info, "of CI")] };
    script.send(Msg::Log { ticket: Ticket(3), batch: late });
    assert!(script.model.log.lines.is_empty(), "a line of CI is never shown under Staging");
}

#[test]
fn a_log_that_was_lost_is_followed_again_when_the_engine_is_back() {
    let mut script = Script::running();
    script.keys("3");
    let ticket = script.model.log.ticket.unwrap();
    script.engine(false);
    assert_eq!(script.done(ticket, Outcome::Followed(Err(Problem::new("engine.unreachable", "gone")))), []);
    assert_eq!(
        script
            .fact(FactKind::Sync { environment: name("CI"), sync: Ok(crate::domain::health::Sync::InSync) }),
        []
    );
    let effects = script.engine(true);
    assert!(matches!(effects.as_slice(), [Effect::Start { work: Work::Follow { .. }, .. }]), "{effects:?}");
    assert_eq!(script.engine(true), [], "and only once");
}

#[test]
fn an_outage_keeps_what_was_seen_last_and_says_so() {
    let mut script = Script::running();
    script.tick(120);
    script.engine(false);
    let seen = standing(&script.model, &name("CI"));
    assert_eq!((seen.word, seen.state), ("no engine", State::Failing));
    assert_eq!(seen.release.unwrap().0, 12, "an outage is not emptiness");
    assert_eq!(seen.last_seen, Some(at(0)));
    script.engine(true);
    assert_eq!(
        standing(&script.model, &name("CI")).word,
        "out of date",
        "an engine that is back proves nothing"
    );
    let ladder = ladder(RungName::Alerts, State::Ok, "no alert failed to be sent");
    script.fact(FactKind::Health { environment: name("CI"), ladder });
    assert_eq!(standing(&script.model, &name("CI")).word, "ok");
}

#[test]
fn a_judgement_that_nobody_renews_is_not_believed() {
    let mut script = Script::running();
    script.tick(50);
    assert_eq!(standing(&script.model, &name("CI")).word, "ok");
    assert!(script.tick(61), "and the screen is drawn, although nobody said anything");
    let seen = standing(&script.model, &name("CI"));
    assert_eq!((seen.word, seen.state, seen.last_seen), ("out of date", State::Unknown, Some(at(0))));
}

#[test]
fn a_comparison_that_fails_while_the_engine_answers_is_unknown() {
    let mut script = Script::running();
    let sync = Err(Problem::new("engine.timeout", "no answer in time"));
    script.fact(FactKind::Sync { environment: name("CI"), sync });
    assert_eq!(standing(&script.model, &name("CI")).sync, Some(crate::domain::health::Sync::Unknown));
}

#[test]
fn what_somebody_else_does_to_an_environment_is_not_taken_for_illness() {
    let mut script = Script::running();
    let held = crate::domain::operation::Progressing {
        by: "bob@desk".into(),
        since: "2026-01-02T03:04:05Z".into(),
        release: None,
        step: Some(crate::domain::plan::Step::Gate),
        touched: true,
        created: true,
        last: None,
        lock: None,
    };
    for (operation, word, state) in [
        (Operation::Running(held.clone()), "deploying", State::Unknown),
        (Operation::CutOff(held), "cut off", State::Failing),
        (Operation::Idle, "ok", State::Ok),
    ] {
        script.fact(FactKind::Operation { environment: name("CI"), operation: Ok(operation) });
        let seen = standing(&script.model, &name("CI"));
        assert_eq!((seen.word, seen.state), (word, state));
        assert_eq!(seen.trouble.is_some_and(|trouble| trouble.contains("bob@desk")), word != "ok");
    }
}

#[test]
fn nothing_is_drawn_when_nothing_changed() {
    let mut script = Script::running();
    script.keys("4");
    assert!(!script.tick(1), "no shown age reads differently");
    assert!(!script.tick(2));
    assert!(script.tick(9), "the evidence reads 15 s instead of 5 s");
    let revision = script.model.revision();
    script.fact(FactKind::Health {
        environment: name("CI"),
        ladder: ladder(RungName::Alerts, State::Ok, "no alert failed to be sent"),
    });
    script.engine(true);
    script.keys("Q");
    script.send(Msg::Viewed(script.model.viewports));
    assert_eq!(script.model.revision(), revision, "the same facts and an unbound key change nothing");
    script.keys("<tab>");
    assert_ne!(script.model.revision(), revision);
}

#[test]
fn the_selection_follows_the_name_when_the_workspace_changes() {
    let mut script = Script::running();
    script.keys("] <tab> <down> <down>");
    let rule = script.model.rule().unwrap().path.clone();
    script.send(Msg::WorkspaceChanged);
    let mut changed = overview(2);
    let mut workspace = (*changed.workspace).clone();
    workspace.environments.remove(1);
    changed.workspace = Arc::new(workspace);
    let mut matrix = (*changed.matrix).clone();
    matrix.remove(0);
    changed.matrix = Arc::new(matrix);
    script.done(Ticket(script.model.opening.unwrap().0), Outcome::Opened(Ok(changed)));
    assert_eq!(script.model.environment_name(), Some(name("Staging")));
    assert_eq!(script.model.rule().unwrap().path, rule);
}

#[test]
fn a_workspace_that_cannot_be_read_any_more_stays_on_the_screen() {
    let mut script = Script::running();
    script.send(Msg::WorkspaceChanged);
    let ticket = script.model.opening.unwrap();
    script.done(ticket, Outcome::Opened(Err(Problem::new("workspace.missing", "it is gone"))));
    assert_eq!(script.model.names().len(), 4);
    assert_eq!(script.model.notices.count(), 1);
    assert_eq!(script.keys("d"), [], "but nothing is deployed from it");
    assert!(script.model.hint.as_ref().unwrap().contains("cannot be read"));
}

#[test]
fn crashes_and_troubles_are_said_and_none_is_lost() {
    let mut script = Script::running();
    script.send(Msg::Crashed { task: "diff", report: "index out of bounds".into() });
    script.send(Msg::Trouble(Problem::new("editor.failed", "no editor")));
    let said: Vec<String> =
        script.model.notices.newest_first().map(|notice| notice.problem.to_string()).collect();
    assert_eq!(said, ["no editor", "the task `diff` of alertdeck crashed: index out of bounds"]);
    script.keys("x");
    assert_eq!(script.model.notices.count(), 0);
}

#[test]
fn a_secret_is_a_placeholder_in_every_state() {
    let mut script = Script::running();
    script.keys("2");
    assert_eq!(script.model.tab, Tab::File);
    let file = script.model.file.as_ref().unwrap();
    assert!(file.lines.iter().any(|line| line.text == "es_password: ‹secret ES_PASSWORD›"));
}
