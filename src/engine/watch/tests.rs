//! The watching against the world in memory, on a paused clock. It is looked at what is told of a healthy environment,
//! of an engine that goes away and comes back, of a container that dies, and of two environments behind one engine.

use std::collections::BTreeMap;

use tokio::sync::mpsc;

use super::*;
use crate::domain::container::{ContainerId, RestartPolicy};
use crate::domain::health::{Ladder, RungName, State};
use crate::domain::label;
use crate::domain::operation::Operation;
use crate::domain::plan::ReleaseNumber;
use crate::domain::problem::code;
use crate::engine::fake::{Call, DEFAULT_ENDPOINT, Event, FakeWorld, Fault, Given, Program, Script, Trouble};

const ELASTALERT: &str = "python3 /usr/bin/elastalert --verbose";

fn world() -> FakeWorld {
    let world = FakeWorld::new("2026-01-02T03:04:05Z".parse().unwrap());
    let files = world.files();
    files.put("/w/config/elastalert.yaml", "es_host: es\nes_port: 9200\nwriteback_index: status\nrun_every:\n  minutes: 1\nrules_folder: /opt/rules\nbuffer_time:\n  minutes: 1\n");
    files.put("/w/config/environments/Default.yaml", "tokens: { A: 1 }\n");
    files.put("/w/config/environments/CI.yaml", "tokens: { A: 2 }\nsecrets: { HOOK: { env: HOOK } }\n");
    files.put("/w/rules/a.yaml", "name: Spike\ntype: any\nindex: x\nalert: debug\n");
    files.set_variable("HOOK", "https://hooks/canary-value");
    world
}

fn engine(world: &FakeWorld) -> Engine<FakeWorld> {
    Engine::new(world.clone(), "/w".into(), Vec::new())
}

fn ci() -> EnvName {
    "CI".parse().unwrap()
}

/// An `ElastAlert` of that release that says so and runs.
fn give(world: &FakeWorld, environment: &EnvName, release: u32, lines: &[&str]) -> ContainerId {
    let mut labels =
        label::labels("elastalert", environment, label::role::ELASTALERT, Some(ReleaseNumber(release)));
    labels.insert(label::RULE_COUNT.into(), "1".into());
    let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    let name = format!("elastalert-{}-{release}", environment.slug());
    let this = name.clone();
    world.default_engine().put_program(Program::new(move |launch| {
        (launch.name == this).then(|| {
            let mut script = Script::new("docker-init -- entry.sh");
            script.push(Duration::ZERO, Event::Spawn { pid: 2, parent: 1, args: ELASTALERT.into() });
            for line in &lines {
                script.say(Duration::from_millis(10), line.clone());
            }
            script
        })
    }));
    let given = Given {
        name,
        image: "elastalert".into(),
        labels,
        env: BTreeMap::new(),
        mounts: Vec::new(),
        restart_policy: RestartPolicy::UnlessStopped,
        removes_itself: false,
        command: Vec::new(),
    };
    world.default_engine().give(given, true)
}

const HEALTHY: [&str; 4] = [
    "INFO spawned: 'elastalert' with pid 2",
    "INFO:elastalert:1 rules loaded",
    "INFO:elastalert:Starting up",
    "INFO:elastalert:Queried rule Spike from A to B: 0 / 0 hits",
];

/// What is told within that time.
async fn told(engine: &Engine<FakeWorld>, time: Duration, act: impl Future<Output = ()>) -> Vec<Fact> {
    let overview = Arc::new(engine.open(1).await.unwrap());
    let (sender, mut receiver) = mpsc::channel(256);
    let mut facts = Vec::new();
    let collect = async {
        while let Some(fact) = receiver.recv().await {
            facts.push(fact);
        }
    };
    tokio::select! {
        () = engine.watch(overview, sender) => {}
        () = collect => {}
        () = async { act.await; tokio::time::sleep(time).await } => {}
    }
    facts
}

fn ladder(facts: &[Fact], name: &EnvName) -> Ladder {
    facts
        .iter()
        .rev()
        .find_map(|fact| match &fact.what {
            FactKind::Health { environment, ladder } if environment == name => Some(ladder.clone()),
            _ => None,
        })
        .unwrap()
}

fn state(ladder: &Ladder, name: RungName) -> State {
    ladder.rung(name).unwrap().state
}

fn engines(facts: &[Fact]) -> Vec<bool> {
    facts
        .iter()
        .filter_map(|fact| match &fact.what {
            FactKind::Engine { answer, .. } => Some(answer.is_ok()),
            _ => None,
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_healthy_environment_is_told_as_such() {
    let world = world();
    give(&world, &ci(), 1, &HEALTHY);
    let facts = told(&engine(&world), Duration::from_secs(4), async {}).await;
    let ladder = ladder(&facts, &ci());
    for name in [RungName::Engine, RungName::Container, RungName::Process, RungName::Rules, RungName::Search]
    {
        assert_eq!(state(&ladder, name), State::Ok, "{ladder:#?}");
    }
    assert_eq!(ladder.deployed, Some(true));
    let tables = facts.iter().filter(|fact| matches!(&fact.what, FactKind::Processes { answer: Ok(_), .. }));
    assert!(tables.count() >= 2, "its processes are looked at again and again");
    let listed = facts.iter().find_map(|fact| match &fact.what {
        FactKind::Containers { environment, answer: Ok(containers) } if *environment == ci() => {
            Some(containers.len())
        }
        _ => None,
    });
    assert_eq!(listed, Some(1));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_deployed_is_not_unhealthy() {
    let world = world();
    give(&world, &ci(), 1, &HEALTHY);
    let facts = told(&engine(&world), Duration::from_secs(3), async {}).await;
    let ladder = ladder(&facts, &EnvName::default_environment());
    assert_eq!(ladder.deployed, Some(false));
    assert!(facts.iter().any(|fact| matches!(
        &fact.what,
        FactKind::Sync { environment, sync: Ok(crate::domain::health::Sync::Absent) }
            if *environment == EnvName::default_environment()
    )));
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_is_down_is_asked_again_ever_more_rarely() {
    let world = world();
    world.default_engine().go_down();
    let facts = told(&engine(&world), Duration::from_secs(60), async {}).await;
    let retries: Vec<i64> = facts
        .iter()
        .filter_map(|fact| match &fact.what {
            FactKind::Engine { answer: Err(problem), retry, environments, endpoint } => {
                assert_eq!(problem.code, code::ENGINE_UNREACHABLE);
                assert_eq!((environments.len(), endpoint.0.as_str()), (2, DEFAULT_ENDPOINT));
                Some(retry.unwrap().duration_since(fact.at).as_millis().try_into().unwrap())
            }
            _ => None,
        })
        .collect();
    assert!(retries[0] >= 500 && retries[0] <= 1000, "{retries:?}");
    assert!(retries.iter().all(|wait| *wait <= 15_000), "{retries:?}");
    assert!((5..20).contains(&retries.len()), "{retries:?}");
    assert_eq!(state(&ladder(&facts, &ci()), RungName::Engine), State::Failing);
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_comes_back_is_noticed_and_listed_anew() {
    let world = world();
    give(&world, &ci(), 1, &HEALTHY);
    let docker = world.default_engine();
    let act = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        docker.go_down();
        tokio::time::sleep(Duration::from_secs(20)).await;
        docker.come_up();
    };
    let facts = told(&engine(&world), Duration::from_secs(20), act).await;
    let answers = engines(&facts);
    assert_eq!((answers.first(), answers.last()), (Some(&true), Some(&true)));
    assert!(answers.contains(&false));
    assert_eq!(state(&ladder(&facts, &ci()), RungName::Process), State::Ok);
}

#[tokio::test(start_paused = true)]
async fn a_container_that_stops_is_told_soon() {
    let world = world();
    let id = give(&world, &ci(), 1, &HEALTHY);
    let docker = world.default_engine();
    let act = async {
        tokio::time::sleep(Duration::from_secs(4)).await;
        crate::engine::Docker::stop(&docker, &id, Duration::from_secs(1)).await.unwrap();
    };
    let facts = told(&engine(&world), Duration::from_secs(1), act).await;
    let ladder = ladder(&facts, &ci());
    assert_eq!(state(&ladder, RungName::Container), State::Failing, "{ladder:#?}");
    assert_eq!(state(&ladder, RungName::Process), State::Unknown);
}

#[tokio::test(start_paused = true)]
async fn another_release_takes_over() {
    let world = world();
    let id = give(&world, &ci(), 1, &HEALTHY);
    let docker = world.default_engine();
    let act = async {
        tokio::time::sleep(Duration::from_secs(4)).await;
        crate::engine::Docker::stop(&docker, &id, Duration::from_secs(1)).await.unwrap();
        give(&world, &ci(), 2, &HEALTHY);
    };
    let facts = told(&engine(&world), Duration::from_secs(20), act).await;
    let newest = facts
        .iter()
        .rev()
        .find_map(|fact| match &fact.what {
            FactKind::Containers { environment, answer: Ok(containers) } if *environment == ci() => {
                Some(containers)
            }
            _ => None,
        })
        .unwrap();
    let names: Vec<&str> = newest.iter().map(|container| container.name.as_str()).collect();
    assert_eq!(names, ["elastalert-ci-2", "elastalert-ci-1"], "the current one first");
    let ladder = ladder(&facts, &ci());
    assert_eq!(state(&ladder, RungName::Container), State::Ok, "{ladder:#?}");
    assert_eq!(state(&ladder, RungName::Rules), State::Ok);
}

#[tokio::test(start_paused = true)]
async fn one_hung_call_holds_up_nothing_else() {
    let world = world();
    give(&world, &ci(), 1, &HEALTHY);
    world.default_engine().fail(Fault::new(Call::Processes, 1, Trouble::Hang));
    let facts = told(&engine(&world), Duration::from_secs(30), async {}).await;
    let ladder = ladder(&facts, &ci());
    assert_eq!(state(&ladder, RungName::Process), State::Unknown);
    assert_eq!(state(&ladder, RungName::Rules), State::Ok, "{ladder:#?}");
    assert!(engines(&facts).len() >= 3, "the engine is still asked who it is");
}

#[tokio::test(start_paused = true)]
async fn secrets_in_a_log_do_not_come_out() {
    let world = world();
    let mut lines = HEALTHY.to_vec();
    lines.push("ERROR:elastalert:Error running query: https://hooks/canary-value said no");
    give(&world, &ci(), 1, &lines);
    let facts = told(&engine(&world), Duration::from_secs(4), async {}).await;
    assert!(!format!("{facts:?}").contains("canary-value"));
    assert!(format!("{facts:?}").contains("‹secret HOOK›"));
}

#[tokio::test(start_paused = true)]
async fn nothing_new_is_told_rarely() {
    let world = world();
    give(&world, &ci(), 1, &HEALTHY);
    let facts = told(&engine(&world), Duration::from_secs(60), async {}).await;
    let told = facts
        .iter()
        .filter(|fact| matches!(&fact.what, FactKind::Health { environment, .. } if *environment == ci()));
    assert!((10..40).contains(&told.count()));
}

#[tokio::test(start_paused = true)]
async fn one_look_says_the_same() {
    let world = world();
    give(&world, &ci(), 1, &HEALTHY);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let engine = engine(&world);
    let overview = engine.open(1).await.unwrap();
    let (vitals, ladder) = engine.vitals(&overview, &ci()).await.unwrap();
    assert_eq!(vitals.expected_rules, Some(1));
    for name in [RungName::Engine, RungName::Container, RungName::Process, RungName::Rules, RungName::Search]
    {
        assert_eq!(state(&ladder, name), State::Ok, "{ladder:#?}");
    }
    let unknown = engine.vitals(&overview, &"CJ".parse().unwrap()).await.unwrap_err();
    assert_eq!(unknown.code, "environment.unknown");
    world.default_engine().go_down();
    let (_, ladder) = engine.vitals(&overview, &ci()).await.unwrap();
    assert_eq!((state(&ladder, RungName::Engine), ladder.deployed), (State::Failing, None));
}

#[tokio::test(start_paused = true)]
async fn a_lock_is_told_as_a_deploy_and_without_a_sign_of_life_as_cut_off() {
    let world = world();
    give(&world, &ci(), 1, &HEALTHY);
    let act = async {
        tokio::time::sleep(Duration::from_secs(20)).await;
        let mut labels = label::labels("elastalert", &ci(), label::role::LOCK, None);
        labels.insert(label::BY.into(), "bob@desk".into());
        labels.insert(label::SINCE.into(), format!("{:.0}", world.clock().now()));
        let lock = Given {
            name: "elastalert-ci-lock".into(),
            image: "elastalert".into(),
            labels,
            env: BTreeMap::new(),
            mounts: Vec::new(),
            restart_policy: RestartPolicy::No,
            removes_itself: false,
            command: Vec::new(),
        };
        world.default_engine().give(lock, false);
        tokio::time::sleep(Duration::from_secs(100)).await;
        world.default_engine().remove_by_force("elastalert-ci-lock");
    };
    let facts = told(&engine(&world), Duration::from_secs(30), act).await;
    let operations: Vec<String> = facts
        .iter()
        .filter_map(|fact| match &fact.what {
            FactKind::Operation { environment, operation: Ok(operation) } if *environment == ci() => {
                let by = match operation {
                    Operation::Idle => "",
                    Operation::Running(held) | Operation::CutOff(held) => held.by.as_str(),
                };
                Some(format!("{} {by}", serde_json::to_value(operation).unwrap()["operation"]))
            }
            _ => None,
        })
        .collect();
    assert_eq!(operations, ["\"idle\" ", "\"running\" bob@desk", "\"cut-off\" bob@desk", "\"idle\" "]);
}
