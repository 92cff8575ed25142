//! From the key to the verdict. Nothing is deployed without a plan, without the consent that the guard asks for, or on
//! a world that is no longer the plan's.

use std::sync::Arc;

use crate::app::deploy::{Question, Stage};
use crate::app::sample::{Script, container, diff, name, overview, plan};
use crate::app::{Effect, Msg, Outcome, Ticket, Work};
use crate::domain::environment::Guard;
use crate::domain::fact::FactKind;
use crate::domain::journal::Way;
use crate::domain::plan::ReleaseNumber;
use crate::domain::problem::{Problem, code};
use crate::domain::progress::{DeployReport, Verdict};

fn deploys(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Start { work: Work::Deploy { .. }, .. }))
}

fn report(verdict: Verdict) -> DeployReport {
    DeployReport {
        environment: name("CI"),
        release: ReleaseNumber(13),
        verdict,
        before: Some("elastalert-ci-12".into()),
        cause: None,
        log_tail: Vec::new(),
        commands: Vec::new(),
        timings: Vec::new(),
    }
}

fn running() -> (Script, Ticket) {
    let mut script = Script::running();
    script.planned(Guard::Open);
    script.keys("<enter>");
    let ticket = script.model.deploy.as_ref().unwrap().running().unwrap().ticket;
    (script, ticket)
}

#[test]
fn a_plan_is_made_first_and_leaving_it_changes_nothing() {
    let mut script = Script::running();
    let effects = script.keys("d");
    let ticket = Ticket(script.model.tickets);
    assert_eq!(effects, [Effect::Start { ticket, work: Work::Plan { environment: name("CI") } }]);
    assert_eq!(script.keys("d"), [], "nothing can be confirmed before the plan is there");
    assert_eq!(script.keys("<esc>"), [Effect::Cancel(ticket)]);
    script.done(ticket, Outcome::Plan(Ok((Arc::new(plan("CI", Guard::Open)), diff()))));
    assert!(script.model.deploy.is_none(), "a plan that nobody waits for any more is dropped");
}

#[test]
fn an_open_environment_takes_enter_and_a_key_held_down_deploys_nothing() {
    let mut script = Script::running();
    script.planned(Guard::Open);
    assert_eq!(script.keys("d d d"), [], "the key that asks for the plan does not answer it");
    let effects = script.keys("<enter>");
    let ticket = Ticket(script.model.tickets);
    let work = Work::Deploy { plan: Arc::new(plan("CI", Guard::Open)) };
    assert_eq!(effects, [Effect::Start { ticket, work }], "exactly the plan that was shown");
}

#[test]
fn every_guard_takes_its_own_answer_and_no_other() {
    for (guard, no, yes) in [
        (Guard::Open, "y", "<enter>"),
        (Guard::Confirm, "<enter> d", "y"),
        (Guard::TypeName, "y <backspace> <enter> c i <enter> <backspace> <backspace>", "C I <enter>"),
        (Guard::ReadOnly, "<enter> d y C I <enter>", ""),
    ] {
        let mut script = Script::running();
        script.planned(guard);
        assert!(!deploys(&script.keys(no)), "{guard}: {no}");
        assert_eq!(deploys(&script.keys(yes)), !yes.is_empty(), "{guard}: {yes}");
    }
    let mut script = Script::running();
    script.planned(Guard::ReadOnly);
    script.keys("y");
    assert_eq!(script.model.hint.as_deref(), Some("y: this environment is read-only (its guard)"));
}

#[test]
fn a_name_can_be_pasted_but_the_enter_is_pressed() {
    let mut script = Script::running();
    script.planned(Guard::TypeName);
    assert_eq!(script.send(Msg::Paste("CI\n".into())), []);
    assert!(deploys(&script.keys("<enter>")));
}

#[test]
fn an_obstacle_and_nothing_to_do_cannot_be_confirmed_away() {
    let mut blocked = plan("CI", Guard::Open);
    blocked.obstacles.push(Problem::new("check.failed", "two errors"));
    let mut idle = plan("CI", Guard::Open);
    idle.nothing_to_do = true;
    for plan in [blocked, idle] {
        let mut script = Script::running();
        script.keys("d");
        let ticket = Ticket(script.model.tickets);
        script.done(ticket, Outcome::Plan(Ok((Arc::new(plan), diff()))));
        assert!(!deploys(&script.keys("<enter> d y")));
        assert!(script.model.hint.is_some());
    }
}

#[test]
fn a_deploy_that_was_cut_off_is_gone_on_with_from_its_plan_as_carefully_as_it_was_begun() {
    let cut_off = |guard| {
        let mut plan = plan("CI", guard);
        plan.obstacles.push(Problem::new(code::CUT_OFF, "a deploy of CI was cut off"));
        let mut script = Script::running();
        script.keys("d");
        let ticket = Ticket(script.model.tickets);
        script.done(ticket, Outcome::Plan(Ok((Arc::new(plan), diff()))));
        script
    };
    let resumes = |effects: &[Effect], wanted: Way| {
        effects.iter().any(
            |effect| matches!(effect, Effect::Start { work: Work::Resume { way, .. }, .. } if *way == wanted),
        )
    };
    for (keys, way) in [("b", Way::PutBack), ("f", Way::Finish)] {
        assert!(resumes(&cut_off(Guard::Open).keys(keys), way), "{keys}");
        let mut asked = cut_off(Guard::Confirm);
        assert!(!resumes(&asked.keys(keys), way), "{keys}");
        assert_eq!(asked.model.question, Some(Question::Resume(name("CI"), way)));
        assert!(resumes(&asked.keys("y"), way), "{keys}");
        for guard in [Guard::TypeName, Guard::ReadOnly] {
            let mut refused = cut_off(guard);
            assert!(!resumes(&refused.keys(keys), way), "{guard} {keys}");
            assert!(refused.model.hint.is_some() && refused.model.question.is_none(), "{guard} {keys}");
        }
        let mut early = cut_off(Guard::Open);
        let held = crate::domain::operation::Progressing {
            by: "bob@desk".into(),
            since: String::new(),
            release: Some(ReleaseNumber(12)),
            step: None,
            touched: false,
            created: false,
            last: None,
            lock: None,
        };
        let operation = Ok(crate::domain::operation::Operation::CutOff(held));
        early.fact(FactKind::Operation { environment: name("CI"), operation });
        assert_eq!(
            resumes(&early.keys(keys), way),
            way == Way::PutBack,
            "nothing was created to be finished"
        );
        let shown = early.model.deploy.as_ref().and_then(|deploy| deploy.running());
        assert!(
            shown.is_none_or(|running| running.plan.release == ReleaseNumber(12)),
            "the one that was begun"
        );
        let mut whole = Script::running();
        whole.planned(Guard::Open);
        assert!(!resumes(&whole.keys(keys), way), "nothing was cut off");
    }
}

#[test]
fn a_plan_is_stale_when_another_container_runs() {
    let mut script = Script::running();
    script.planned(Guard::Open);
    let same = vec![container("CI", 12)];
    script.fact(FactKind::Containers { environment: name("CI"), answer: Ok(same) });
    assert!(script.model.deploy.as_ref().unwrap().review().unwrap().stale.is_none());
    let other = vec![container("CI", 13), container("CI", 12)];
    script.fact(FactKind::Containers { environment: name("CI"), answer: Ok(other) });
    assert!(!deploys(&script.keys("<enter>")));
    assert!(script.model.hint.as_ref().unwrap().contains("no longer true"));
    let effects = script.keys("r");
    assert!(matches!(effects.as_slice(), [Effect::Start { work: Work::Plan { .. }, .. }]), "{effects:?}");
}

#[test]
fn a_plan_is_stale_when_the_files_changed_and_not_when_they_were_only_read_again() {
    let mut script = Script::running();
    script.planned(Guard::Open);
    script.send(Msg::WorkspaceChanged);
    let ticket = script.model.opening.unwrap();
    script.done(ticket, Outcome::Opened(Ok(overview(2))));
    assert!(script.model.deploy.as_ref().unwrap().review().unwrap().stale.is_none());
    script.send(Msg::WorkspaceChanged);
    let ticket = script.model.opening.unwrap();
    let mut changed = overview(3);
    for rendering in &mut changed.renderings {
        Arc::make_mut(rendering).hash = "another".into();
    }
    script.done(ticket, Outcome::Opened(Ok(changed)));
    assert_eq!(
        script.model.deploy.as_ref().unwrap().review().unwrap().stale,
        Some("the files of the workspace changed")
    );
    assert!(!deploys(&script.keys("<enter>")));
}

#[test]
fn the_plan_that_the_engine_found_stale_offers_a_new_one() {
    let (mut script, ticket) = running();
    script.done(ticket, Outcome::Deployed(Err(Problem::new(code::PLAN_STALE, "the world moved"))));
    let effects = script.keys("r");
    assert!(matches!(effects.as_slice(), [Effect::Start { work: Work::Plan { .. }, .. }]), "{effects:?}");
}

#[test]
fn a_running_deploy_is_stopped_only_after_a_yes_and_only_once() {
    let (mut script, ticket) = running();
    assert_eq!(script.keys("<esc>"), []);
    assert_eq!(script.model.question, Some(Question::StopDeploy));
    assert_eq!(script.keys("n"), [], "no lets it go on");
    assert_eq!(script.keys("<esc> y"), [Effect::Cancel(ticket)]);
    assert_eq!(script.keys("<esc> y"), [], "it is being stopped already");
    script.done(ticket, Outcome::Deployed(Ok(report(Verdict::PutBack))));
    assert!(matches!(script.model.deploy.as_ref().unwrap().stage, Stage::Ended(_)));
}

#[test]
fn leaving_during_a_deploy_asks_and_then_waits_for_the_verdict() {
    let (mut script, ticket) = running();
    assert_eq!(script.keys("<ctrl-c>"), []);
    assert_eq!(script.model.question, Some(Question::StopAndQuit));
    assert_eq!(script.keys("<ctrl-c>"), [], "a second Ctrl-C is no answer");
    assert_eq!(script.keys("y"), [Effect::Cancel(ticket)]);
    assert_eq!(script.done(ticket, Outcome::Deployed(Ok(report(Verdict::PutBack)))), [Effect::Quit]);
    let (mut script, ticket) = running();
    assert_eq!(script.keys("<ctrl-c> y <ctrl-c>"), [Effect::Cancel(ticket)]);
    assert_eq!(script.model.question, Some(Question::LeaveNow));
    assert_eq!(script.keys("y"), [Effect::Quit]);
}

#[test]
fn a_verdict_stays_until_it_is_closed_and_what_runs_is_compared_again() {
    let mut script = Script::running();
    script.keys("a a a");
    script.planned(Guard::Open);
    script.keys("<enter>");
    let ticket = script.model.deploy.as_ref().unwrap().running().unwrap().ticket;
    let effects = script.done(ticket, Outcome::Deployed(Ok(report(Verdict::Healthy))));
    assert!(matches!(effects.as_slice(), [.., Effect::Start { work: Work::Diff { .. }, .. }]), "{effects:?}");
    script.keys("j k");
    assert!(script.model.deploy.is_some());
    script.keys("<esc>");
    assert!(script.model.deploy.is_none());
    let late = Outcome::Deployed(Ok(report(Verdict::Down)));
    assert_eq!(script.done(ticket, late), [], "an answer to an old deploy is dropped");
}

#[test]
fn without_a_deploy_both_ways_out_are_quick() {
    for key in ["q", "<ctrl-c>"] {
        assert_eq!(Script::running().keys(key), [Effect::Quit]);
    }
}
