//! Every situation at the sizes that matter. A picture that changes is looked at before it is accepted.

use std::sync::Arc;
use std::time::Duration;

use crate::app::sample::{Script, at, log_line, name, plan, unreachable};
use crate::app::{Msg, Outcome, Ticket};
use crate::domain::environment::Guard;
use crate::domain::log::{Level, LogLine};
use crate::domain::plan::{ReleaseNumber, Step};
use crate::domain::problem::Problem;
use crate::domain::progress::{DeployReport, Progress, StepEvent, Verdict};
use crate::ui::Theme;

use super::{draw, picture, symbols};

/// The sizes that every picture is taken at.
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

fn shoot(what: &str, mut script: Script) {
    let theme = Theme::built_in("dark").unwrap();
    for (width, height) in SIZES {
        let (buffer, _) = draw(&mut script, &theme, width, height);
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("{what}_{width}x{height}"), picture(&buffer, &theme));
        });
    }
}

fn flood(script: &mut Script, lines: i64) {
    let line = |n: i64| match n % 9 {
        3 => log_line(n, Level::Warning, &format!("WARNING:elastalert:Skipping hit {n}: no @timestamp")),
        7 => log_line(
            n,
            Level::Error,
            &format!(
                "ERROR:elastalert:Error running query {n}: ConnectionTimeout caused by ReadTimeoutError(HTTPConnectionPool(host='search-ci', port=9200): Read timed out.)"
            ),
        ),
        _ => log_line(
            n,
            Level::Info,
            &format!(
                "INFO:elastalert:Ran Spike in 5xxs from 10:00 to 10:05 UTC: {n} query hits, 0 matches, 0 alerts sent"
            ),
        ),
    };
    script.log((0..lines).map(line).collect());
}

fn deploying(guard: Guard, keys: &str) -> (Script, Ticket) {
    let mut script = Script::running();
    script.planned(guard);
    script.keys(keys);
    let ticket = script.model.deploy.as_ref().unwrap().running().unwrap().ticket;
    for (step, text) in [
        (Step::Image, "is there"),
        (Step::Lock, ""),
        (Step::Stage, "7 files"),
        (Step::Preflight, "5 rules load in ElastAlert 2.32.0"),
        (Step::Create, ""),
    ] {
        script.send(Msg::Progress { ticket, progress: Progress { step, event: StepEvent::Started } });
        let event = StepEvent::Done { took: Duration::from_millis(240), text: text.into() };
        script.send(Msg::Progress { ticket, progress: Progress { step, event } });
    }
    (script, ticket)
}

fn report(verdict: Verdict) -> DeployReport {
    let good = verdict == Verdict::Healthy;
    DeployReport {
        environment: name("CI"),
        release: ReleaseNumber(13),
        verdict,
        before: Some("elastalert-ci-12".into()),
        cause: (!good).then(|| {
            Problem::new("gate.died", "ElastAlert ended 2 s after it was started")
                .why("exit code 1")
                .why("yaml: line 4: could not find expected ':' in rules/web-5xx.yaml")
                .hint("alertdeck check CI names the line")
        }),
        log_tail: if good {
            Vec::new()
        } else {
            vec!["ERROR:elastalert:Error loading file rules/web-5xx.yaml".into()]
        },
        commands: if verdict == Verdict::Down {
            vec![
                "docker start elastalert-ci-12".into(),
                "docker update --restart unless-stopped elastalert-ci-12".into(),
            ]
        } else {
            Vec::new()
        },
        timings: Vec::new(),
    }
}

#[test]
fn nothing_is_read_yet() {
    let mut script = Script::new();
    script.send(Msg::Started);
    shoot("loading", script);
}

#[test]
fn the_workspace_cannot_be_read() {
    let mut script = Script::new();
    script.send(Msg::Started);
    let problem = Problem::new("workspace.missing", "there is no workspace in /home/ana/alerts")
        .why("neither config/ nor src/config/ is there")
        .hint("name one with --workspace, or make one with alertdeck init");
    script.done(Ticket(1), Outcome::Opened(Err(problem)));
    shoot("unreadable", script);
}

#[test]
fn the_diff_of_an_environment() {
    let mut script = Script::running();
    script.keys("<enter> n");
    shoot("diff", script);
}

/// Production against Default, of which several things differ.
fn production(keys: &str) -> Script {
    let mut script = Script::running();
    script.keys("] ] <enter>");
    let ticket = Ticket(script.model.tickets);
    let diff = crate::app::sample::compared("Default", "Production");
    script.done(ticket, Outcome::Diff(Ok(Arc::new(diff))));
    script.keys(keys);
    script
}

#[test]
fn the_diff_by_values() {
    shoot("diff_values", production("v n n"));
}

#[test]
fn the_diff_on_the_whole_screen() {
    shoot("diff_zoomed", production("z n"));
}

#[test]
fn the_diff_of_some_classes() {
    shoot("diff_filtered", production("f / t h r e s h o l d <enter> n"));
}

#[test]
fn what_is_compared_with_is_typed() {
    let mut script = production("A");
    script.keys("<backspace> <backspace>");
    shoot("diff_against", script);
}

#[test]
fn a_revision_that_is_not_there() {
    let mut script = production("a a a a");
    let ticket = Ticket(script.model.tickets);
    let problem = Problem::new("git.revision", "git knows no revision HEAD~9")
        .why("the clone is shallow: its older commits are not there")
        .hint("git fetch --unshallow brings them");
    script.done(ticket, Outcome::Diff(Err(problem)));
    shoot("diff_failed", script);
}

#[test]
fn the_diff_of_one_rule() {
    let mut script = Script::running();
    script.keys("<tab> <down>");
    shoot("rule_diff", script);
}

#[test]
fn a_rendered_file_with_its_origins() {
    let mut script = Script::running();
    script.keys("2 <enter> n");
    shoot("file", script);
}

#[test]
fn a_log_that_is_followed() {
    let mut script = Script::running();
    script.keys("3");
    let mark = LogLine::mark(at(1), "release 12, container elastalert-ci-12");
    script.log(vec![log_line(0, Level::Info, "INFO:elastalert:Starting up"), mark]);
    flood(&mut script, 40);
    shoot("log", script);
}

#[test]
fn a_log_in_a_flood_while_somebody_reads() {
    let mut script = Script::running();
    script.keys("3 <enter>");
    flood(&mut script, 25_000);
    script.keys("/ t i m e o u t <enter> N");
    flood(&mut script, 128);
    shoot("flood", script);
}

#[test]
fn the_ladder_of_one_that_fails() {
    let mut script = Script::running();
    script.keys("4 ] ]");
    shoot("health", script);
}

#[test]
fn the_processes() {
    let mut script = Script::running();
    script.keys("5");
    shoot("processes", script);
}

#[test]
fn the_engine_is_down() {
    let mut script = Script::running();
    script.keys("4");
    script.tick(120);
    script.engine(false);
    shoot("outage", script);
}

#[test]
fn the_engine_was_never_there() {
    let mut script = Script::opened();
    script.engine(false);
    script.keys("3");
    shoot("never_there", script);
}

#[test]
fn messages_and_findings() {
    let mut script = Script::running();
    script
        .send(Msg::Trouble(Problem::new("editor.failed", "the editor `vi` ended with 1").hint("set EDITOR")));
    script.send(Msg::Trouble(unreachable()));
    shoot("notices", script);
}

#[test]
fn what_the_check_found() {
    let mut script = Script::broken();
    script.keys("c");
    shoot("findings", script);
    let mut script = Script::broken();
    script.keys("c <down> <down> <down>");
    shoot("findings_grouped", script);
    let mut script = Script::broken();
    script.keys("c");
    let theme = Theme::built_in("dark").unwrap();
    let (buffer, _) = draw(&mut script, &theme, 80, 24);
    assert!(!symbols(&buffer).contains("rule-26.yaml"), "the end of a long finding is below");
    script.keys("<right> <right>");
    let (buffer, _) = draw(&mut script, &theme, 80, 24);
    assert!(symbols(&buffer).contains("rule-26.yaml"), "{}", symbols(&buffer));
    script.keys("<down>");
    let (buffer, _) = draw(&mut script, &theme, 80, 24);
    assert!(symbols(&buffer).contains("error["), "another finding begins at its head: {}", symbols(&buffer));
    let counted = script.model.counts;
    let listed: usize = script.model.finding_groups().iter().map(|group| group.all().count()).sum();
    assert_eq!(counted.sum(), listed, "the head counts as the list does");
    let mut script = Script::running();
    script.keys("c");
    shoot("findings_none", script);
}

#[test]
fn what_is_assumed_is_read_in_one_line_and_is_no_failure() {
    let mut script = Script::opened();
    let problem = Problem::new("assumed.default", "there is one environment, Default")
        .at(crate::domain::problem::Place::file("config/environments"));
    script.send(Msg::Trouble(problem));
    let (buffer, _) = draw(&mut script, &Theme::built_in("dark").unwrap(), 80, 24);
    let text = symbols(&buffer);
    let line = text.lines().rev().nth(1).unwrap();
    assert!(line.starts_with(" · assumed: there is one environment, Default · "), "{line}");
    script.keys("x");
    let (buffer, _) = draw(&mut script, &Theme::built_in("dark").unwrap(), 80, 24);
    assert!(!symbols(&buffer).contains("assumed"), "x dismisses it");
}

#[test]
fn the_keys() {
    let mut script = Script::running();
    script.keys("?");
    shoot("help", script);
}

#[test]
fn a_plan_is_made() {
    let mut script = Script::running();
    script.keys("d");
    shoot("planning", script);
}

#[test]
fn a_plan_asks_as_its_guard_wants() {
    for (guard, keys) in
        [(Guard::Open, ""), (Guard::Confirm, ""), (Guard::TypeName, "P r o d"), (Guard::ReadOnly, "")]
    {
        let mut script = Script::running();
        script.planned(guard);
        script.keys(keys);
        shoot(&format!("plan_{guard}"), script);
    }
}

#[test]
fn a_plan_that_cannot_be_carried_out() {
    let mut script = Script::running();
    script.keys("d");
    let mut plan = plan("CI", Guard::Confirm);
    plan.obstacles.push(
        Problem::new("secret.missing", "the secret ES_PASSWORD cannot be had")
            .why("the variable ES_PASSWORD is not set")
            .hint("export ES_PASSWORD before alertdeck is started"),
    );
    let ticket = Ticket(script.model.tickets);
    script.done(ticket, Outcome::Plan(Ok((Arc::new(plan), crate::app::sample::diff()))));
    shoot("plan_obstacle", script);
}

#[test]
fn a_deploy_runs() {
    let (mut script, ticket) = deploying(Guard::Open, "<enter>");
    let step = Step::Gate;
    script.send(Msg::Progress { ticket, progress: Progress { step, event: StepEvent::Started } });
    let event = StepEvent::Note { text: "5 of 5 rules are loaded, alive for 4 s of 10 s".into() };
    script.send(Msg::Progress { ticket, progress: Progress { step, event } });
    script.tick(6);
    shoot("deploying", script);
}

#[test]
fn a_running_deploy_is_not_left_without_a_question() {
    let (mut script, _) = deploying(Guard::Confirm, "y");
    script.keys("<ctrl-c>");
    shoot("deploy_question", script);
}

#[test]
fn every_verdict_is_plain() {
    for verdict in [Verdict::Healthy, Verdict::PutBack, Verdict::Down] {
        let (mut script, ticket) = deploying(Guard::Open, "<enter>");
        script.tick(14);
        script.done(ticket, Outcome::Deployed(Ok(report(verdict))));
        shoot(&format!("verdict_{verdict:?}").to_lowercase(), script);
    }
}

#[test]
fn a_first_deploy_that_failed_promises_nothing_to_bring_back() {
    let (mut script, ticket) = deploying(Guard::Open, "<enter>");
    script.tick(14);
    let mut first = report(Verdict::Down);
    first.before = None;
    first.commands = vec!["docker logs --tail 200 elastalert-ci-13".into()];
    script.done(ticket, Outcome::Deployed(Ok(first)));
    shoot("verdict_down_first", script);
}

#[test]
fn a_deploy_that_was_not_begun_says_so() {
    let mut script = Script::running();
    script.planned(Guard::Open);
    script.keys("<enter>");
    let ticket = Ticket(script.model.tickets);
    let why = Problem::new("deploy.stale", "the plan is no longer true").why("another container runs");
    script.done(ticket, Outcome::Deployed(Err(why)));
    shoot("verdict_stale", script);
}

#[test]
fn without_colours_everything_is_still_told_apart() {
    let theme = Theme::built_in("mono").unwrap();
    let mut script = Script::running();
    script.keys("<enter> n");
    let (buffer, _) = draw(&mut script, &theme, 80, 24);
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("mono_80x24", picture(&buffer, &theme));
    });
}
