//! The gate against every kind of start that was seen in life: quick ones, slow ones, those that never come, those
//! that come and go. Time is a number here, so that a minute of watching takes no time.

use super::*;
use crate::domain::container::{ContainerId, RestartPolicy};
use crate::domain::label::Labels;
use crate::domain::log::{Level, Stream};

const STABLE: u64 = 10;
const DEADLINE: u64 = 60;

fn container() -> Container {
    Container {
        id: ContainerId("c".into()),
        name: "elastalert-ci-2".into(),
        image: "elastalert".into(),
        image_id: "sha256:1".into(),
        state: ContainerState::Running,
        labels: Labels::new(),
        started_at: Some(Timestamp::from_second(100).unwrap()),
        restart_count: 0,
        restart_policy: RestartPolicy::No,
        pid: Some(1),
        mounts: Vec::new(),
        removes_itself: false,
        tty: false,
    }
}

fn gate() -> Gate {
    let settings =
        GateSettings { stable: Duration::from_secs(STABLE), deadline: Duration::from_secs(DEADLINE) };
    Gate::new(settings, Some(3), &container())
}

fn table(pid: i64, threads: u32, flags: &str) -> ProcessTable {
    let process = |pid, ppid, threads, args: &str| Process {
        pid,
        ppid,
        elapsed: None,
        threads: Some(threads),
        args: args.into(),
    };
    ProcessTable {
        processes: vec![
            process(1, 0, 1, "/sbin/docker-init -- /bin/bash /opt/image/entry.sh"),
            process(2, 1, 1, "/opt/venv/bin/python3 /opt/venv/bin/supervisord --nodaemon"),
            process(
                pid,
                2,
                threads,
                &format!("/opt/venv/bin/python3 /opt/venv/bin/elastalert --config /x{flags}"),
            ),
        ],
        root: Some(1),
    }
}

fn nothing() -> ProcessTable {
    let mut table = table(0, 1, "");
    table.processes.pop();
    table
}

fn line(text: &str) -> LogLine {
    LogLine { at: None, stream: Stream::Stderr, level: Level::Info, text: text.into() }
}

fn look(gate: &mut Gate, table: &ProcessTable, second: u64) -> Ruling {
    gate.see(Some(&container()), Ok(table), Duration::from_secs(second))
}

fn code(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Fail(problem) => problem.code,
        Ruling::Wait(_) => "wait",
        Ruling::Pass(_) => "pass",
    }
}

#[test]
fn a_healthy_start_passes_when_it_was_stable_since_the_end_of_its_loading() {
    let mut gate = gate();
    let loading = table(7, 1, " --verbose");
    assert_eq!(code(look(&mut gate, &nothing(), 0)), "wait");
    assert_eq!(code(look(&mut gate, &loading, 1)), "wait");
    assert_eq!(code(look(&mut gate, &loading, 20)), "wait", "loading is not running, however long");
    assert_eq!(code(gate.hear(&line("INFO:elastalert:3 rules loaded"), Duration::from_secs(25))), "wait");
    let running = table(7, 3, " --verbose");
    assert_eq!(code(look(&mut gate, &running, 34)), "wait");
    assert_eq!(
        look(&mut gate, &running, 35),
        Ruling::Pass("3 rules loaded, process 7 stable for 10 s".into())
    );
}

#[test]
fn threads_end_the_loading_of_one_that_does_not_talk() {
    let mut gate = gate();
    assert_eq!(code(look(&mut gate, &table(7, 1, ""), 1)), "wait");
    assert_eq!(code(look(&mut gate, &table(7, 2, ""), 5)), "wait");
    assert_eq!(code(look(&mut gate, &table(7, 2, ""), 15)), "pass");
}

#[test]
fn one_that_talks_must_say_how_many_rules_it_loaded() {
    let mut gate = gate();
    gate.hear(&line("INFO supervisord started"), Duration::ZERO);
    let running = table(7, 3, " --verbose");
    for second in [1, 11, 30, 59] {
        assert_eq!(code(look(&mut gate, &running, second)), "wait");
    }
    assert_eq!(code(look(&mut gate, &running, 60)), "gate.deadline");
}

#[test]
fn another_number_of_rules_is_a_failure() {
    let mut gate = gate();
    assert_eq!(
        code(gate.hear(&line("INFO:elastalert:2 rules loaded"), Duration::from_secs(2))),
        "gate.rules"
    );
}

#[test]
fn one_that_loads_for_ever_is_not_called_healthy() {
    let mut gate = gate();
    for second in 1..60 {
        assert_eq!(code(look(&mut gate, &table(7, 1, " --verbose"), second)), "wait");
    }
    let Ruling::Fail(problem) = look(&mut gate, &table(7, 1, " --verbose"), 60) else { panic!() };
    assert_eq!(problem.to_string(), "ElastAlert did not finish loading in 60 s: process 7 with 1 thread");
}

#[test]
fn a_death_is_seen_whichever_way_it_shows() {
    let dying = |text: &str| code(gate().hear(&line(text), Duration::from_secs(3)));
    assert_eq!(dying("WARN exited: elastalert (exit status 1; not expected)"), "gate.died");
    assert_eq!(
        dying("INFO gave up: elastalert entered FATAL state, too many start retries too quickly"),
        "gate.gave-up"
    );
    assert_eq!(dying("INFO exited: elastalert-logs (exit status 0; expected)"), "wait");

    let mut vanished = gate();
    look(&mut vanished, &table(7, 1, ""), 1);
    assert_eq!(code(look(&mut vanished, &nothing(), 2)), "gate.died");

    let mut flapping = gate();
    look(&mut flapping, &table(7, 3, ""), 1);
    assert_eq!(code(look(&mut flapping, &table(8, 3, ""), 2)), "gate.unstable");

    let state = ContainerState::Exited { code: 1, out_of_memory: false };
    let exited = Container { state, ..container() };
    assert_eq!(code(gate().see(Some(&exited), Ok(&nothing()), Duration::ZERO)), "gate.exited");
    let again = Container { restart_count: 1, ..container() };
    assert_eq!(code(gate().see(Some(&again), Ok(&nothing()), Duration::ZERO)), "gate.restarted");
    let moved = Container { started_at: None, ..container() };
    assert_eq!(code(gate().see(Some(&moved), Ok(&nothing()), Duration::ZERO)), "gate.restarted");
    assert_eq!(code(gate().see(None, Ok(&nothing()), Duration::ZERO)), "gate.gone");
}

#[test]
fn a_path_that_merely_contains_the_word_never_passes() {
    let mut gate = gate();
    let mut table = nothing();
    for args in [
        "/bin/sh /opt/start-elastalert.sh",
        "elastalert-create-index --config /opt/config.yaml",
        "tail -f elastalert.log",
    ] {
        table.processes.push(Process { pid: 9, ppid: 2, elapsed: None, threads: Some(4), args: args.into() });
    }
    assert_eq!(code(look(&mut gate, &table, 1)), "wait");
    let Ruling::Fail(problem) = look(&mut gate, &table, 60) else { panic!() };
    assert_eq!(problem.code, "gate.deadline");
    assert!(problem.why[0].contains("start-elastalert.sh"), "it says what was seen instead: {problem}");
}

#[test]
fn what_cannot_be_asked_is_unknown_and_the_time_runs_on() {
    let mut gate = gate();
    look(&mut gate, &table(7, 3, ""), 1);
    let problem = Problem::new("engine.unreachable", "no engine");
    assert_eq!(code(gate.see_nothing(&problem, Duration::from_secs(30))), "wait");
    assert_eq!(code(gate.see(Some(&container()), Err(&problem), Duration::from_secs(31))), "wait");
    assert_eq!(code(gate.clone().see_nothing(&problem, Duration::from_secs(60))), "gate.deadline");
    assert_eq!(
        code(look(&mut gate, &table(7, 3, ""), 32)),
        "pass",
        "the same process was there all the time"
    );
}
