//! Following against the world in memory, on a paused clock. What must hold: every line once and in order, whatever
//! breaks meanwhile, and a mark wherever something happened that the lines do not tell.

use std::collections::BTreeMap;

use tokio::sync::mpsc;

use super::*;
use crate::domain::container::RestartPolicy;
use crate::domain::log::Stream;
use crate::domain::plan::ReleaseNumber;
use crate::engine::fake::{FakeWorld, Given, Program, Script};

fn world() -> FakeWorld {
    let world = FakeWorld::new("2026-01-02T03:04:05Z".parse().unwrap());
    let files = world.files();
    files.put("/w/config/elastalert.yaml", "es_host: es\n");
    files.put("/w/config/environments/CI.yaml", "tokens: { A: 1 }\nsecrets: { HOOK: { env: HOOK } }\n");
    files.set_variable("HOOK", "https://hooks/canary-value");
    world
}

fn ci() -> EnvName {
    "CI".parse().unwrap()
}

/// A container of that release that says a line each second, beginning at once.
fn give(world: &FakeWorld, release: u32, lines: u64) -> ContainerId {
    lay(world, release, lines, true)
}

fn lay(world: &FakeWorld, release: u32, lines: u64, started: bool) -> ContainerId {
    let name = format!("elastalert-ci-{release}");
    let this = name.clone();
    world.default_engine().put_program(Program::new(move |launch| {
        (launch.name == this).then(|| {
            let mut script = Script::new("sleep");
            for second in 0..lines {
                script.say(
                    Duration::from_secs(second) + Duration::from_millis(500),
                    format!("line {release}.{second}"),
                );
            }
            script
        })
    }));
    let given = Given {
        name,
        image: "elastalert".into(),
        labels: label::labels("elastalert", &ci(), label::role::ELASTALERT, Some(ReleaseNumber(release))),
        env: BTreeMap::new(),
        mounts: Vec::new(),
        restart_policy: RestartPolicy::UnlessStopped,
        removes_itself: false,
        command: Vec::new(),
    };
    world.default_engine().give(given, started)
}

/// The texts that come within the time that `act` takes, marks included.
async fn followed(
    world: &FakeWorld,
    since: Since,
    act: impl Future<Output = ()>,
) -> (Vec<String>, Vec<usize>) {
    let engine = Engine::new(world.clone(), "/w".into(), Vec::new());
    let overview = engine.open(1).await.unwrap();
    let (sender, mut receiver) = mpsc::channel(8);
    let (mut texts, mut sizes) = (Vec::new(), Vec::new());
    let name = ci();
    let follow = engine.follow(&overview, &name, since, sender);
    let collect = async {
        while let Some(batch) = receiver.recv().await {
            sizes.push(batch.lines.len());
            texts.extend(batch.lines.into_iter().map(|line| line.text));
        }
    };
    tokio::select! {
        ended = follow => ended.unwrap(),
        () = collect => {}
        () = act => {}
    }
    (texts, sizes)
}

fn seconds(seconds: u64) -> impl Future<Output = ()> {
    tokio::time::sleep(Duration::from_secs(seconds))
}

#[tokio::test(start_paused = true)]
async fn lines_come_as_they_are_said() {
    let world = world();
    give(&world, 4, 3);
    let (texts, _) = followed(&world, Since::Beginning, seconds(10)).await;
    assert_eq!(texts, ["== release 4, container elastalert-ci-4 ==", "line 4.0", "line 4.1", "line 4.2"]);
}

#[tokio::test(start_paused = true)]
async fn the_next_release_takes_over_with_a_mark() {
    let world = world();
    let first = give(&world, 4, 100);
    let docker = world.default_engine();
    let act = async {
        seconds(2).await;
        Docker::stop(&docker, &first, Duration::from_secs(1)).await.unwrap();
        seconds(3).await;
        give(&world, 5, 100);
        seconds(3).await;
    };
    let (texts, _) = followed(&world, Since::Beginning, act).await;
    let marks: Vec<&str> = texts.iter().map(String::as_str).filter(|text| text.starts_with("==")).collect();
    assert_eq!(
        marks,
        [
            "== release 4, container elastalert-ci-4 ==",
            "== elastalert-ci-4 exited with 0 ==",
            "== release 5, container elastalert-ci-5 =="
        ]
    );
    assert_eq!(texts.iter().filter(|text| *text == "line 5.0").count(), 1, "{texts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_container_seen_before_its_first_start_is_not_said_to_start_again() {
    let world = world();
    let first = give(&world, 4, 100);
    let docker = world.default_engine();
    let act = async {
        let new = lay(&world, 5, 100, false);
        seconds(2).await;
        Docker::stop(&docker, &first, Duration::from_secs(1)).await.unwrap();
        seconds(2).await;
        Docker::start(&docker, &new).await.unwrap();
        seconds(3).await;
    };
    let (texts, _) = followed(&world, Since::Beginning, act).await;
    assert!(texts.iter().any(|text| text == "== release 5, container elastalert-ci-5 =="), "{texts:?}");
    assert!(!texts.iter().any(|text| text.contains("again")), "{texts:?}");
    assert_eq!(texts.iter().filter(|text| *text == "line 5.0").count(), 1, "{texts:?}");
}

#[tokio::test(start_paused = true)]
async fn the_old_one_put_back_goes_on_where_it_was() {
    let world = world();
    let old = give(&world, 4, 100);
    let docker = world.default_engine();
    let act = async {
        seconds(2).await;
        Docker::stop(&docker, &old, Duration::from_secs(1)).await.unwrap();
        let new = give(&world, 5, 100);
        seconds(4).await;
        Docker::stop(&docker, &new, Duration::from_secs(1)).await.unwrap();
        Docker::start(&docker, &old).await.unwrap();
        seconds(4).await;
    };
    let (texts, _) = followed(&world, Since::Beginning, act).await;
    let marks: Vec<&str> =
        texts.iter().map(String::as_str).filter(|text| text.starts_with("== release")).collect();
    assert_eq!(
        marks,
        [
            "== release 4, container elastalert-ci-4 ==",
            "== release 5, container elastalert-ci-5 ==",
            "== release 4, container elastalert-ci-4 =="
        ]
    );
    // Said in both of its lives, and shown once for each.
    assert_eq!(texts.iter().filter(|text| *text == "line 4.0").count(), 2, "{texts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_lost_engine_is_waited_for_and_no_line_comes_twice() {
    let world = world();
    give(&world, 4, 60);
    let docker = world.default_engine();
    let act = async {
        seconds(3).await;
        docker.go_down();
        seconds(5).await;
        docker.come_up();
        seconds(20).await;
    };
    let (texts, _) = followed(&world, Since::Beginning, act).await;
    let lines: Vec<&String> = texts.iter().filter(|text| text.starts_with("line")).collect();
    let expected: Vec<String> = (0..lines.len()).map(|second| format!("line 4.{second}")).collect();
    assert_eq!(lines, expected.iter().collect::<Vec<_>>(), "{texts:?}");
    assert!(lines.len() > 20);
    assert!(texts.iter().any(|text| text == "== reconnected =="), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("broke off")), "{texts:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_deployed_is_waited_for() {
    let world = world();
    let act = async {
        seconds(5).await;
        give(&world, 1, 3);
        seconds(5).await;
    };
    let (texts, _) = followed(&world, Since::Tail(10), act).await;
    assert_eq!(
        texts,
        [
            "== nothing is deployed yet; waiting for a container ==",
            "== release 1, container elastalert-ci-1 ==",
            "line 1.0",
            "line 1.1",
            "line 1.2"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_flood_comes_in_few_batches_and_secrets_do_not_come() {
    let world = world();
    world.default_engine().put_program(Program::new(|_| {
        let mut script = Script::new("sleep");
        for number in 0..3_000 {
            script.say(Duration::from_millis(10), format!("{number} to https://hooks/canary-value"));
        }
        Some(script)
    }));
    let given = Given {
        name: "elastalert-ci-1".into(),
        image: "elastalert".into(),
        labels: label::labels("elastalert", &ci(), label::role::ELASTALERT, Some(ReleaseNumber(1))),
        env: BTreeMap::new(),
        mounts: Vec::new(),
        restart_policy: RestartPolicy::No,
        removes_itself: false,
        command: Vec::new(),
    };
    world.default_engine().give(given, true);
    let (texts, sizes) = followed(&world, Since::Beginning, seconds(2)).await;
    assert_eq!(texts.len(), 3_001);
    assert!(sizes.len() <= 12 && sizes.iter().all(|size| *size <= 512), "{sizes:?}");
    assert!(texts.iter().all(|text| !text.contains("canary-value")));
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_never_answered_is_a_problem() {
    let world = world();
    world.default_engine().go_down();
    let engine = Engine::new(world.clone(), "/w".into(), Vec::new());
    let overview = engine.open(1).await.unwrap();
    let (sender, _receiver) = mpsc::channel(8);
    let problem = engine.follow(&overview, &ci(), Since::Beginning, sender).await.unwrap_err();
    assert_eq!(problem.code, code::ENGINE_UNREACHABLE);
}

#[tokio::test(start_paused = true)]
async fn nobody_listens_and_the_following_ends() {
    let world = world();
    give(&world, 1, 1000);
    let engine = Engine::new(world.clone(), "/w".into(), Vec::new());
    let overview = engine.open(1).await.unwrap();
    let (sender, receiver) = mpsc::channel(1);
    drop(receiver);
    tokio::time::timeout(Duration::from_secs(60), engine.follow(&overview, &ci(), Since::Beginning, sender))
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_reading_ends_with_what_is_there() {
    let world = world();
    give(&world, 2, 100);
    seconds(3).await;
    let engine = Engine::new(world.clone(), "/w".into(), Vec::new());
    let overview = engine.open(1).await.unwrap();
    let (sender, mut receiver) = mpsc::channel(8);
    engine.log(&overview, &ci(), Since::Tail(2), sender).await.unwrap();
    let batch = receiver.recv().await.unwrap();
    let texts: Vec<&str> = batch.lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["line 2.1", "line 2.2"]);
    assert_eq!(batch.lines[0].stream, Stream::Stderr);
    let (sender, _receiver) = mpsc::channel(8);
    let absent = engine.log(&overview, &EnvName::default_environment(), Since::Beginning, sender).await;
    assert_eq!(absent.unwrap_err().code, "environment.absent");
}
