//! The judgement as a table: from a healthy environment one thing is changed, and each time it is said what every rung
//! should be. Unknown is never green, and nothing good stands above a failing rung.

#![expect(
    clippy::too_many_lines,
    clippy::semicolon_if_nothing_returned,
    reason = "one table of small changes"
)]

use std::time::Duration;

use super::*;
use crate::domain::container::{Container, ContainerId, ContainerState, EngineInfo, RestartPolicy};
use crate::domain::loader::Loader;
use crate::domain::problem::{Problem, code};
use crate::domain::process::{Process, ProcessTable};
use crate::domain::remote::{Remote, Seen};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn ready<T>(value: T, second: i64) -> Remote<T> {
    Remote::ready(value, at(second))
}

fn container(state: ContainerState) -> Container {
    Container {
        id: ContainerId("c".repeat(64)),
        name: "elastalert-ci-4".into(),
        image: "image".into(),
        image_id: "sha256:0".into(),
        state,
        labels: [].into(),
        started_at: Some(at(-3600)),
        restart_count: 0,
        restart_policy: RestartPolicy::UnlessStopped,
        pid: Some(10),
        mounts: vec![],
        removes_itself: false,
        tty: false,
    }
}

fn table(args: &[&str]) -> ProcessTable {
    let process = |pid: i64, parent, args: &str| Process {
        pid,
        ppid: parent,
        elapsed: Some(3600),
        threads: Some(5),
        args: args.into(),
    };
    let mut processes = vec![process(10, 1, "docker-init -- entry.sh")];
    processes.extend((11..).zip(args).map(|(pid, args)| process(pid, 10, args)));
    ProcessTable { processes, root: Some(10) }
}

const ELASTALERT: &str = "python3 /usr/bin/elastalert --verbose";

fn heard() -> Loader {
    let mut loader = Loader::default();
    loader.spawned = Some(at(-3599));
    loader.loaded = Some(Seen { value: 2, at: at(-3598) });
    loader.started = Some(at(-3598));
    loader.disabled = Some(Seen { value: vec![], at: at(-8) });
    loader.answered = Some(at(-8));
    loader
}

/// An environment in which all is well, seen 2 s ago.
fn healthy() -> Vitals {
    Vitals {
        now: at(0),
        engine: ready(
            EngineInfo { id: "E".into(), version: "20.10".into(), api: "1.41".into(), time: Some(at(-2)) },
            -2,
        ),
        container: ready(Some(container(ContainerState::Running)), -2),
        baseline: Some(Baseline { started_at: Some(at(-3600)), restart_count: 0 }),
        processes: ready(table(&[ELASTALERT]), -2),
        loader: Some(heard()),
        expected_rules: Some(2),
        search: ready((), -2),
        runs: ready(
            vec![
                RuleRun { rule: "Spike".into(), at: at(-20) },
                RuleRun { rule: "Errors".into(), at: at(-15) },
            ],
            -2,
        ),
        expected_runs: Some(
            ["Spike", "Errors"]
                .map(|rule| ExpectedRun { rule: rule.into(), every: Some(Duration::from_secs(60)) })
                .into(),
        ),
        alerts: ready(AlertCount { sent: 3, failed: 0, failure: None }, -2),
    }
}

type Change = fn(&mut Vitals);

/// The states as letters, lowest rung first: ok, degraded, unknown, failing.
fn letters(ladder: &Ladder) -> String {
    ladder
        .rungs
        .iter()
        .map(|rung| match rung.state {
            State::Ok => 'o',
            State::Degraded => 'd',
            State::Unknown => 'u',
            State::Failing => 'f',
        })
        .collect()
}

fn failed<T>(code: &'static str) -> Remote<T> {
    Remote::Failed { problem: Problem::new(code, "no answer").why("it is down"), last: None }
}

#[test]
fn every_rung_is_judged_by_its_evidence() {
    let cases: &[(&str, Change, &str, &str)] = &[
        ("all is well", |_| {}, "ooooooo", "2 rules loaded, 2 expected"),
        // engine
        ("engine down", |v| v.engine = failed(code::ENGINE_UNREACHABLE), "fuuuuuu", "no answer: it is down"),
        ("engine late", |v| v.engine = failed(code::ENGINE_TIMEOUT), "uoooooo", "no answer: it is down"),
        (
            "engine's clock",
            |v| {
                v.engine = ready(
                    EngineInfo {
                        id: String::new(),
                        version: "1".into(),
                        api: String::new(),
                        time: Some(at(40)),
                    },
                    -2,
                )
            },
            "doooooo",
            "its clock is 42 s off",
        ),
        // container
        ("nothing is deployed", |v| v.container = ready(None, -2), "ouuuuuu", "nothing is deployed"),
        ("not listed", |v| v.container = failed(code::ENGINE_TIMEOUT), "ouooooo", "no answer"),
        (
            "exited",
            |v| {
                v.container =
                    ready(Some(container(ContainerState::Exited { code: 1, out_of_memory: false })), -2)
            },
            "ofuuuuu",
            "elastalert-ci-4 exited with 1",
        ),
        (
            "out of memory",
            |v| {
                v.container =
                    ready(Some(container(ContainerState::Exited { code: 137, out_of_memory: true })), -2)
            },
            "ofuuuuu",
            "killed, out of memory",
        ),
        (
            "paused",
            |v| v.container = ready(Some(container(ContainerState::Paused)), -2),
            "ofuuuuu",
            "is paused",
        ),
        (
            "created",
            |v| v.container = ready(Some(container(ContainerState::Created)), -2),
            "ofuuuuu",
            "never started",
        ),
        (
            "restarting",
            |v| v.container = ready(Some(container(ContainerState::Restarting)), -2),
            "ofuuuuu",
            "is restarting",
        ),
        (
            "policy",
            |v| {
                let mut mortal = container(ContainerState::Running);
                mortal.restart_policy = RestartPolicy::No;
                v.container = ready(Some(mortal), -2);
            },
            "odooooo",
            "restart policy no",
        ),
        (
            "started again by somebody",
            |v| {
                let mut again = container(ContainerState::Running);
                again.started_at = Some(at(-60));
                v.container = ready(Some(again), -2);
            },
            "odoooo",
            "started again",
        ),
        (
            "started again long ago",
            |v| {
                let mut again = container(ContainerState::Running);
                again.started_at = Some(at(-3000));
                again.restart_count = 2;
                v.container = ready(Some(again), -2);
            },
            "ooooooo",
            "runs since 50 min",
        ),
        // process
        ("not looked at", |v| v.processes = Remote::Unknown, "oouoooo", "not looked at yet"),
        ("no ps", |v| v.processes = failed("process.unknown"), "oouoooo", "no answer"),
        ("old table", |v| v.processes = ready(table(&[ELASTALERT]), -45), "oouoooo", "last seen 30 s ago"),
        (
            "absent",
            |v| v.processes = ready(table(&["supervisord"]), -2),
            "oofuuuu",
            "no ElastAlert among 2 processes",
        ),
        (
            "two",
            |v| v.processes = ready(table(&[ELASTALERT, ELASTALERT]), -2),
            "oodoooo",
            "2 ElastAlerts run",
        ),
        (
            "died a while ago",
            |v| {
                let loader = v.loader.as_mut().unwrap();
                loader.deaths = 2;
                loader.died = Some(Seen { value: "exit status 1".into(), at: at(-120) });
            },
            "oodoooo",
            "died 2 times, last 2 min ago",
        ),
        (
            "gave up",
            |v| {
                v.processes = ready(table(&["supervisord"]), -2);
                v.loader.as_mut().unwrap().gave_up = Some(at(-100));
            },
            "oofuuuu",
            "supervisord gave up",
        ),
        // rules
        ("log not read", |v| v.loader = None, "oouo", "the log was not read"),
        ("loading", |v| v.loader.as_mut().unwrap().loaded = None, "ooouooo", "still loading"),
        (
            "silent",
            |v| {
                v.loader.as_mut().unwrap().loaded = None;
                v.processes = ready(table(&["python3 /usr/bin/elastalert --config x"]), -2);
            },
            "ooouooo",
            "without --verbose",
        ),
        ("not known how many", |v| v.expected_rules = None, "ooouooo", "2 rules loaded, how many"),
        ("one skipped", |v| v.expected_rules = Some(3), "ooodooo", "2 rules loaded, 3 expected"),
        (
            "none loaded",
            |v| v.loader.as_mut().unwrap().loaded = Some(Seen { value: 0, at: at(-9) }),
            "ooofuuu",
            "0 rules loaded",
        ),
        (
            "one disabled",
            |v| v.loader.as_mut().unwrap().disabled = Some(Seen { value: vec!["Spike".into()], at: at(-8) }),
            "ooodooo",
            "1 of 2 rules crashed and are disabled: Spike",
        ),
        (
            "all disabled",
            |v| {
                v.loader.as_mut().unwrap().disabled =
                    Some(Seen { value: vec!["a".into(), "b".into()], at: at(-8) })
            },
            "ooofuuu",
            "2 of 2",
        ),
        // search
        (
            "queries fail",
            |v| {
                v.loader.as_mut().unwrap().query_failed =
                    Some(Seen { value: "Error running query: x".into(), at: at(-3) })
            },
            "oooofuu",
            "Error running query: x",
        ),
        (
            "queries failed before",
            |v| v.loader.as_mut().unwrap().query_failed = Some(Seen { value: "x".into(), at: at(-30) }),
            "ooooooo",
            "queries are answered",
        ),
        (
            "only out of our reach",
            |v| v.search = failed(code::SEARCH_UNREACHABLE),
            "ooooooo",
            "does not answer this machine",
        ),
        (
            "out of reach and silent",
            |v| {
                v.search = failed(code::SEARCH_UNREACHABLE);
                v.loader.as_mut().unwrap().answered = None;
            },
            "oooouoo",
            "no answer",
        ),
        // runs
        ("never looked at", |v| v.runs = Remote::Unknown, "ooooouo", "not looked at yet"),
        (
            "one late",
            |v| {
                v.runs = ready(vec![RuleRun { rule: "Spike".into(), at: at(-20) }], -2);
            },
            "ooooodo",
            "1 of 2 rules are late: Errors",
        ),
        ("all late", |v| v.runs = ready(vec![], -2), "ooooofu", "2 of 2 rules are late"),
        (
            "runs of before the start",
            |v| {
                let mut fresh = container(ContainerState::Running);
                fresh.started_at = Some(at(-10));
                v.container = ready(Some(fresh), -2);
                v.baseline = None;
            },
            "ooooouo",
            "0 of 2 rules ran since the start",
        ),
        ("unknown rules", |v| v.expected_runs = None, "ooooouo", "not known"),
        // alerts
        (
            "some not sent",
            |v| v.alerts = ready(AlertCount { sent: 3, failed: 1, failure: Some("refused".into()) }, -2),
            "ooooood",
            "1 of 4 alerts could not be sent in 24 h: refused",
        ),
        (
            "none sent",
            |v| v.alerts = ready(AlertCount { sent: 0, failed: 2, failure: None }, -2),
            "ooooooF",
            "2 of 2",
        ),
        ("alerts not known", |v| v.alerts = failed(code::SEARCH_UNREACHABLE), "oooooou", "no answer"),
    ];
    for (name, change, expected, words) in cases {
        let mut vitals = healthy();
        change(&mut vitals);
        let ladder = vitals.ladder();
        let seen = letters(&ladder);
        assert_eq!(ladder.rungs.len(), 7, "{name}");
        if expected.len() == 7 {
            assert_eq!(seen, expected.to_lowercase(), "{name}: {ladder:#?}");
        }
        assert!(ladder.rungs.iter().any(|rung| rung.evidence.contains(words)), "{name}: {ladder:#?}");
    }
}

#[test]
fn knowing_nothing_is_not_being_well() {
    let ladder = Vitals::unknown(at(0)).ladder();
    assert_eq!(letters(&ladder), "uuuuuuu");
    assert_eq!((ladder.deployed, ladder.state()), (None, State::Unknown));
}

#[test]
fn not_deployed_is_neither_well_nor_failing() {
    let mut vitals = healthy();
    vitals.container = ready(None, -2);
    let ladder = vitals.ladder();
    assert_eq!((ladder.deployed, ladder.state()), (Some(false), State::Unknown));
}

#[test]
fn an_outage_keeps_what_was_seen_with_its_age() {
    let mut vitals = healthy();
    vitals.engine.answer(Err(Problem::new(code::ENGINE_UNREACHABLE, "no answer")), at(0));
    vitals.container.answer(Err(Problem::new(code::ENGINE_UNREACHABLE, "no answer")), at(0));
    let ladder = vitals.ladder();
    assert_eq!(letters(&ladder), "fuuuuuu");
    assert_eq!(ladder.deployed, None, "an outage is not an empty engine");
    assert_eq!(ladder.rung(RungName::Container).unwrap().at, Some(at(-2)));
}

#[test]
fn the_trouble_that_is_named_is_the_one_that_decides() {
    let rung = |name, state| Rung { name, state, evidence: String::new(), at: None };
    let of = |states: &[State]| {
        let rungs = [RungName::Rules, RungName::Search, RungName::Runs].into_iter().zip(states);
        let ladder =
            Ladder { rungs: rungs.map(|(name, state)| rung(name, *state)).collect(), deployed: None };
        ladder.first_trouble().map(|rung| rung.name)
    };
    assert_eq!(of(&[State::Degraded, State::Failing, State::Unknown]), Some(RungName::Search));
    assert_eq!(of(&[State::Ok, State::Degraded, State::Degraded]), Some(RungName::Search));
    assert_eq!(of(&[State::Ok, State::Ok, State::Ok]), None);
}

#[test]
fn the_cause_stands_in_the_evidence() {
    let mut vitals = healthy();
    vitals.processes = ready(table(&["supervisord"]), -2);
    let mut loader = Loader::default();
    for text in [
        "INFO spawned: 'elastalert' with pid 9",
        "Traceback (most recent call last):",
        "elastalert.util.EAException: Error loading file r.yaml: Duplicate rule named x",
        "WARN exited: elastalert (exit status 1; not expected)",
    ] {
        let line = crate::domain::log::LogLine {
            at: Some(at(-5)),
            stream: crate::domain::log::Stream::Stderr,
            level: crate::domain::log::level(text),
            text: text.into(),
        };
        loader.take(&line, at(0));
    }
    vitals.loader = Some(loader);
    let ladder = vitals.ladder();
    let evidence = &ladder.rung(RungName::Process).unwrap().evidence;
    assert_eq!(evidence, "it died 5 s ago (exit status 1; not expected): r.yaml: Duplicate rule named x");
}
