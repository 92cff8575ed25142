//! Deploys that go wrong, each in a way that was seen in life. Before anything was touched they leave no trace, after
//! that they put back what ran, and where that fails too they say what to type.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::domain::container::{Container, RestartPolicy};
use crate::domain::label::role;
use crate::domain::plan::Step;
use crate::domain::problem::{Problem, code};
use crate::domain::progress::Verdict;
use crate::engine::fake::{Behaviour, Call, FakeDocker, Fate, Fault, Given, Trouble};

use super::bench::{Bench, Ended, IMAGE, SECRET, broken, good};

fn refused() -> Trouble {
    Trouble::Error(Problem::new(code::ENGINE_REFUSED, "the engine refused").why("no space left on device"))
}

fn before(happens: impl Fn(&FakeDocker) + Send + Sync + 'static) -> Trouble {
    Trouble::Before(Arc::new(happens))
}

/// Nothing of the deploy is left, and the old one runs as it did.
fn left_no_trace(bench: &Bench, ended: &Ended) {
    assert_eq!(ended.verdict(), Verdict::Refused, "{:?}", ended.result);
    bench.check(ended);
    assert_eq!(bench.living(), ("elastalert-ci-1".into(), RestartPolicy::UnlessStopped));
    assert_eq!(
        bench.alive()[0].started_at,
        Some("2026-01-02T03:04:05Z".parse().unwrap()),
        "it was never stopped"
    );
    assert_eq!(bench.ours().len(), 1);
    let volumes = bench.docker.volume_names();
    assert_eq!(
        volumes,
        [
            "elastalert-ci-1-config",
            "elastalert-ci-1-rules",
            "elastalert-ci-logs",
            "elastalert-ci-state",
            "elastalert-rules"
        ]
    );
    assert!(ended.report().commands.is_empty());
}

/// The old one runs again with its restart policy, and the new one stays where it is, stopped.
fn put_back(bench: &Bench, ended: &Ended) {
    assert_eq!(ended.verdict(), Verdict::PutBack, "{:?}", ended.result);
    bench.check(ended);
    assert_eq!(bench.living(), ("elastalert-ci-1".into(), RestartPolicy::UnlessStopped));
    let new = bench.ours().into_iter().find(|container| container.name == "elastalert-ci-2").unwrap();
    assert_eq!((new.state.is_alive(), new.restart_policy), (false, RestartPolicy::No));
    bench.docker.restart();
    assert_eq!(bench.living().0, "elastalert-ci-1", "it survives a restart of the engine");
}

fn took(ended: &Ended, step: Step) -> Duration {
    ended.report().timings.iter().find(|(other, _)| *other == step).unwrap().1
}

#[tokio::test(start_paused = true)]
async fn fault_1_an_image_that_cannot_be_pulled_touches_nothing() {
    let bench = Bench::with_release_1().await;
    bench.docker.take_image(IMAGE);
    let ended = bench.deploy(good("two")).await;
    assert_eq!(ended.verdict(), Verdict::Refused);
    assert_eq!(ended.steps(), [Step::Image]);
    assert!(ended.cause().contains("manifest unknown"), "{}", ended.cause());
    assert_eq!(bench.living().0, "elastalert-ci-1");
}

#[tokio::test(start_paused = true)]
async fn fault_2_a_container_that_cannot_be_created_touches_nothing() {
    let bench = Bench::with_release_1().await;
    // After the lock and the container of the preflight.
    bench.docker.fail(Fault::new(Call::Create, 3, refused()));
    left_no_trace(&bench, &bench.deploy(good("two")).await);
}

#[tokio::test(start_paused = true)]
async fn fault_3_a_container_that_exits_at_once_is_put_back_at_once() {
    let bench = Bench::with_release_1().await;
    let said = format!("yaml.scanner.ScannerError: found {SECRET}");
    bench.release_meets("2", Fate::Exits(1, said));
    let ended = bench.deploy(good("two")).await;
    assert!(took(&ended, Step::Gate) < Duration::from_secs(2), "by its end and not by the deadline");
    assert_eq!(
        ended.cause(),
        "the container exited with 1: yaml.scanner.ScannerError: found ‹secret SLACK_WEBHOOK›"
    );
    assert_eq!(ended.report().log_tail.len(), 1);
    put_back(&bench, &ended);
}

#[tokio::test(start_paused = true)]
async fn fault_3_a_broken_rule_is_named() {
    let bench = Bench::with_release_1().await;
    let ended = bench.deploy_unchecked(broken()).await;
    assert_eq!(
        ended.cause(),
        "ElastAlert died (exit status 1; not expected): /opt/rules/b.yaml: Invalid Rule file: /opt/rules/b.yaml: 'alert' is a required property"
    );
    assert!(took(&ended, Step::Gate) < Duration::from_secs(3));
    assert!(ended.report().log_tail.iter().any(|line| line.contains("exited: elastalert")));
    put_back(&bench, &ended);
}

#[tokio::test(start_paused = true)]
async fn fault_4_a_container_without_elastalert_fails_at_the_deadline_and_says_what_was_seen() {
    let bench = Bench::with_release_1().await;
    bench.release_meets("2", Fate::Absent);
    let ended = bench.deploy(good("two")).await;
    assert!(ended.cause().contains("supervisord"), "{}", ended.cause());
    assert!(took(&ended, Step::Gate) >= Duration::from_secs(60));
    put_back(&bench, &ended);
}

#[tokio::test(start_paused = true)]
async fn fault_6_one_that_comes_and_goes_is_not_healthy() {
    let bench = Bench::with_release_1().await;
    bench.release_meets("2", Fate::Flaps(Duration::from_secs(4)));
    let ended = bench.deploy(good("two")).await;
    assert!(ended.cause().starts_with("ElastAlert died"), "{}", ended.cause());
    put_back(&bench, &ended);
}

#[tokio::test(start_paused = true)]
async fn one_process_for_20_seconds_that_dies_while_loading_is_not_healthy() {
    let bench = Bench::with_release_1().await;
    let fate = Fate::DiesLoading("Error initializing rule r: Error searching for existing terms".into());
    bench.release_behaves("2", Behaviour { load: Duration::from_secs(20), fate, ..Behaviour::default() });
    let ended = bench.deploy(good("two")).await;
    assert!(ended.cause().contains("Error initializing rule r"), "{}", ended.cause());
    assert!(took(&ended, Step::Gate) >= Duration::from_secs(20));
    put_back(&bench, &ended);
}

#[tokio::test(start_paused = true)]
async fn one_that_loads_for_ever_is_not_healthy() {
    let bench = Bench::with_release_1().await;
    bench.release_meets("2", Fate::LoadsForEver);
    put_back(&bench, &bench.deploy(good("two")).await);
}

#[tokio::test(start_paused = true)]
async fn fault_7_one_that_must_be_killed_is_stopped_all_the_same() {
    let bench = Bench::new();
    bench.docker.put_program(crate::engine::fake::Program::new(|launch| {
        let mut script = launch.elastalert(&Behaviour::default());
        script.stops_in = Duration::from_secs(3600);
        launch.name.ends_with("-1").then_some(script)
    }));
    assert_eq!(bench.deploy(good("one")).await.verdict(), Verdict::Healthy);
    let ended = bench.deploy(good("two")).await;
    assert_eq!(ended.verdict(), Verdict::Healthy, "{:?}", ended.result);
    assert!(ended.told.iter().any(|told| format!("{told:?}").contains("exited with 137")));
    bench.check(&ended);
}

#[tokio::test(start_paused = true)]
async fn fault_8_a_stop_that_is_not_heard_is_looked_at_and_gone_on_from() {
    for trouble in [Trouble::Unheard, Trouble::Lost] {
        let bench = Bench::with_release_1().await;
        bench.docker.fail(Fault::new(Call::Stop, 1, trouble));
        let ended = bench.deploy(good("two")).await;
        assert_eq!(ended.verdict(), Verdict::Healthy, "{:?}", ended.result);
        bench.check(&ended);
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_cannot_be_stopped_goes_on_as_it_was() {
    let bench = Bench::with_release_1().await;
    bench.docker.fail(Fault::new(Call::Stop, 0, refused()));
    let ended = bench.deploy(good("two")).await;
    assert!(ended.cause().contains("did not stop"), "{}", ended.cause());
    left_no_trace(&bench, &ended);
}

#[tokio::test(start_paused = true)]
async fn fault_8_an_engine_that_goes_away_after_the_stop_is_waited_for() {
    let bench = Bench::with_release_1().await;
    let docker = bench.docker.clone();
    bench.docker.fail(Fault::new(Call::Stop, 1, Trouble::After(Arc::new(FakeDocker::go_down))));
    let comes_back = async {
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            docker.come_up();
        }
    };
    let ended = tokio::select! {
        ended = bench.deploy(good("two")) => ended,
        () = comes_back => unreachable!(),
    };
    assert_eq!(ended.verdict(), Verdict::Healthy, "{:?}", ended.result);
    bench.check(&ended);
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_stays_away_after_the_stop_ends_as_down_with_commands() {
    let bench = Bench::with_release_1().await;
    bench.docker.fail(Fault::new(Call::Stop, 1, Trouble::After(Arc::new(FakeDocker::go_down))));
    let ended = bench.deploy(good("two")).await;
    assert_eq!(ended.verdict(), Verdict::Down);
    let commands = ended.report().commands.join("\n");
    assert!(commands.contains("docker start ") && commands.contains("docker rm "), "{commands}");
}

#[tokio::test(start_paused = true)]
async fn fault_10_an_engine_restarted_under_the_gate_leads_back_to_the_old_one() {
    let bench = Bench::with_release_1().await;
    bench.docker.fail(Fault::new(Call::Processes, 4, before(FakeDocker::restart)));
    let ended = bench.deploy(good("two")).await;
    put_back(&bench, &ended);
}

#[tokio::test(start_paused = true)]
async fn fault_12_cancelling_before_the_stop_leaves_no_trace_and_after_it_puts_back() {
    let cancelled_at = async |call: Call, nth: usize| {
        let bench = Bench::with_release_1().await;
        let stop = CancellationToken::new();
        let token = stop.clone();
        bench.docker.fail(Fault::new(call, nth, before(move |_| token.cancel())));
        let rendering = good("two");
        let plan = bench.plan(&rendering).await;
        let ended = bench.carry_out(&plan, rendering, stop).await;
        assert_eq!(ended.report().cause.as_ref().unwrap().code, code::INTERRUPTED);
        (bench, ended)
    };
    let early = [
        (Call::Image, 1),
        (Call::Create, 1),
        (Call::Upload, 1),
        (Call::Create, 2),
        (Call::Start, 1),
        (Call::Create, 3),
    ];
    for (call, nth) in early {
        let (bench, ended) = cancelled_at(call, nth).await;
        left_no_trace(&bench, &ended);
    }
    for (call, nth) in [(Call::Start, 2), (Call::Processes, 4)] {
        let (bench, ended) = cancelled_at(call, nth).await;
        put_back(&bench, &ended);
    }
    let (bench, ended) = cancelled_at(Call::Stop, 1).await;
    assert_eq!(ended.verdict(), Verdict::PutBack);
    bench.check(&ended);
    let left: Vec<String> = bench.ours().into_iter().map(|container| container.name).collect();
    assert_eq!(left, ["elastalert-ci-1"], "one that was never started does not stay");
}

#[tokio::test(start_paused = true)]
async fn fault_14_of_two_who_start_together_one_deploys_and_the_other_hears_who() {
    let bench = Bench::with_release_1().await;
    let plan = bench.plan(&good("two")).await;
    let (one, two) = tokio::join!(
        bench.carry_out(&plan, good("two"), CancellationToken::new()),
        bench.carry_out(&plan, good("two"), CancellationToken::new()),
    );
    let won = |ended: &Ended| ended.result.as_ref().is_ok_and(|report| report.verdict == Verdict::Healthy);
    let (winner, loser) = if won(&one) { (one, two) } else { (two, one) };
    assert_eq!(winner.verdict(), Verdict::Healthy);
    bench.check(&winner);
    assert_eq!(bench.living().0, "elastalert-ci-2");
    let cause = match loser.result {
        Ok(report) => {
            assert_eq!(report.verdict, Verdict::Refused);
            report.cause.unwrap()
        }
        Err(problem) => problem,
    };
    assert_eq!(cause.code, code::LOCKED, "{cause:?}");
}

#[tokio::test(start_paused = true)]
async fn a_held_lock_says_who_holds_it_since_when_and_the_way_out() {
    let bench = Bench::with_release_1().await;
    let plan = bench.plan(&good("two")).await;
    let held = Given {
        name: "elastalert-ci-lock".into(),
        image: IMAGE.into(),
        labels: {
            let mut labels =
                crate::domain::label::labels("elastalert", &super::bench::ci(), role::LOCK, None);
            labels.insert(crate::domain::label::BY.into(), "bob@desk".into());
            labels.insert(crate::domain::label::SINCE.into(), "2026-01-02T03:00:00Z".into());
            labels
        },
        env: std::collections::BTreeMap::new(),
        mounts: Vec::new(),
        restart_policy: RestartPolicy::No,
        removes_itself: false,
        command: Vec::new(),
    };
    let id = bench.docker.give(held, false);
    let ended = bench.carry_out(&plan, good("two"), CancellationToken::new()).await;
    let cause = ended.result.unwrap_err();
    assert_eq!(cause.code, code::LOCKED);
    assert!(cause.why[0].contains("bob@desk") && cause.why[0].contains("03:00:00"), "{cause:?}");
    assert!(cause.hint.unwrap().contains("alertdeck unlock CI"));
    assert!(bench.docker.all().iter().any(|container| container.id == id), "the lock of another stays");
    assert_eq!(bench.docker.volume_names().len(), 5, "who does not get the lock makes no volumes");
}

#[tokio::test(start_paused = true)]
async fn fault_16_a_plan_is_refused_when_the_world_moved() {
    let bench = Bench::with_release_1().await;
    let plan = bench.plan(&good("two")).await;
    assert_eq!(bench.deploy(good("other")).await.verdict(), Verdict::Healthy);
    let ended = bench.carry_out(&plan, good("two"), CancellationToken::new()).await;
    assert_eq!(ended.result.unwrap_err().code, code::PLAN_STALE);
    let plan = bench.plan(&good("three")).await;
    bench.docker.set_engine_id("ANOTHER");
    let ended = bench.carry_out(&plan, good("three"), CancellationToken::new()).await;
    assert_eq!(ended.result.unwrap_err().code, code::PLAN_STALE);
}

#[tokio::test(start_paused = true)]
async fn fault_17_a_full_disk_while_staging_touches_nothing() {
    let bench = Bench::with_release_1().await;
    bench.docker.fail(Fault::new(Call::Upload, 2, refused()));
    let ended = bench.deploy(good("two")).await;
    assert!(ended.cause().contains("no space left"), "{}", ended.cause());
    left_no_trace(&bench, &ended);
}

#[tokio::test(start_paused = true)]
async fn fault_22_an_old_one_that_is_gone_cannot_be_put_back_and_that_is_said() {
    let bench = Bench::with_release_1().await;
    bench.release_meets("2", Fate::Absent);
    bench.docker.fail(Fault::new(Call::Start, 2, before(|docker| docker.remove_by_force("elastalert-ci-1"))));
    let ended = bench.deploy(good("two")).await;
    assert_eq!(ended.verdict(), Verdict::Down);
    assert!(ended.cause().contains("is gone and cannot be put back"), "{}", ended.cause());
    bench.check(&ended);
    assert!(bench.alive().is_empty());
}

#[tokio::test(start_paused = true)]
async fn fault_23_when_putting_back_fails_too_it_is_down_with_the_commands() {
    let bench = Bench::with_release_1().await;
    bench.release_meets("2", Fate::Absent);
    bench.docker.fail(Fault::new(Call::Start, 3, refused()));
    let ended = bench.deploy(good("two")).await;
    assert_eq!(ended.verdict(), Verdict::Down);
    bench.check(&ended);
    let old = bench.ours().into_iter().find(|container| container.name == "elastalert-ci-1").unwrap();
    let commands = &ended.report().commands;
    assert_eq!(ended.report().before.as_deref(), Some("elastalert-ci-1"));
    assert_eq!(commands.first(), Some(&format!("docker start {}", old.id)), "{commands:?}");
    assert!(commands.contains(&format!("docker update --restart=unless-stopped {}", old.id)), "{commands:?}");
}

#[tokio::test(start_paused = true)]
async fn a_first_deploy_that_fails_is_down_because_nothing_ran() {
    let bench = Bench::new();
    let ended = bench.deploy_unchecked(broken()).await;
    assert_eq!(ended.verdict(), Verdict::Down);
    assert_eq!(ended.report().before, None);
    assert!(!ended.cause().contains("put back"), "{}", ended.cause());
    let new = bench.ours().into_iter().find(|container| container.name == "elastalert-ci-1").unwrap();
    assert_eq!(
        ended.report().commands,
        [format!("docker logs --tail 200 {}", new.id)],
        "no way back there is"
    );
    let hint = ended.report().cause.as_ref().unwrap().hint.clone().unwrap();
    assert_eq!(hint, "all it said: docker logs elastalert-ci-1");
    bench.check(&ended);
    assert!(bench.alive().is_empty());
    let again = bench.deploy(good("two")).await;
    assert_eq!(again.verdict(), Verdict::Healthy, "what it left behind is in nobody's way");
    assert_eq!(bench.living().0, "elastalert-ci-2");
}

#[tokio::test(start_paused = true)]
async fn fault_24_a_name_that_is_somebody_elses_is_left_alone() {
    let bench = Bench::with_release_1().await;
    let plan = bench.plan(&good("two")).await;
    let taken = Given {
        name: "elastalert-ci-2".into(),
        image: IMAGE.into(),
        labels: std::collections::BTreeMap::new(),
        env: std::collections::BTreeMap::new(),
        mounts: Vec::new(),
        restart_policy: RestartPolicy::No,
        removes_itself: false,
        command: vec!["sleep".into(), "100000".into()],
    };
    let id = bench.docker.give(taken, true);
    let ended = bench.carry_out(&plan, good("two"), CancellationToken::new()).await;
    assert_eq!(ended.verdict(), Verdict::Refused);
    bench.check(&ended);
    assert!(bench.docker.all().iter().any(|container| container.id == id && container.state.is_alive()));
    let again = bench.deploy(good("two")).await;
    assert_eq!(again.verdict(), Verdict::Healthy, "the next number is nobody's");
    assert_eq!(bench.living().0, "elastalert-ci-3");
    bench.check(&again);
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_was_pruned_stops_the_deploy_at_the_safe_side() {
    let bench = Bench::with_release_1().await;
    bench.docker.fail(Fault::new(
        Call::Create,
        2,
        before(|docker| docker.remove_by_force("elastalert-ci-lock")),
    ));
    let ended = bench.deploy(good("two")).await;
    assert!(ended.cause().contains("lock"), "{}", ended.cause());
    left_no_trace(&bench, &ended);
}

#[tokio::test(start_paused = true)]
async fn an_old_one_that_is_not_proven_either_keeps_running_and_is_called_down() {
    let bench = Bench::with_release_1().await;
    bench.release_meets("1", Fate::LoadsForEver);
    let ended = bench.deploy_unchecked(broken()).await;
    assert_eq!(ended.verdict(), Verdict::Down);
    bench.check(&ended);
    assert_eq!(bench.living(), ("elastalert-ci-1".into(), RestartPolicy::UnlessStopped));
}

#[tokio::test(start_paused = true)]
async fn a_network_that_is_not_there_is_told_before_anything_is_stopped() {
    let mut bench = Bench::with_release_1().await;
    bench.environment.target.network = Some("alerts".into());
    let plan = bench.plan(&good("two")).await;
    assert_eq!(plan.obstacles.iter().map(|found| found.code).collect::<Vec<_>>(), ["deploy.network"]);
    bench.docker.put_network("alerts");
    // It goes at the last look: one for the plan, one when the deploy begins, one under the lock.
    bench.docker.fail(Fault::new(Call::HasNetwork, 4, before(|docker| docker.take_network("alerts"))));
    let ended = bench.deploy(good("two")).await;
    assert_eq!(ended.report().cause.as_ref().unwrap().code, "deploy.network", "{}", ended.cause());
    left_no_trace(&bench, &ended);
}

/// The releases whose containers are there, and those whose volumes are.
fn kept(bench: &Bench) -> (Vec<u32>, Vec<u32>) {
    let mut releases: Vec<u32> = bench.ours().iter().filter_map(Container::release).map(|r| r.0).collect();
    releases.sort_unstable();
    let of = |name: &String| name.strip_prefix("elastalert-ci-")?.strip_suffix("-config")?.parse().ok();
    let mut volumes: Vec<u32> = bench.docker.volume_names().iter().filter_map(of).collect();
    volumes.sort_unstable();
    (releases, volumes)
}

#[tokio::test(start_paused = true)]
async fn of_those_that_failed_the_last_five_stay_and_none_takes_the_place_of_a_good_one() {
    let bench = Bench::with_release_1().await;
    assert_eq!(bench.deploy(good("two")).await.verdict(), Verdict::Healthy);
    for number in 3..=9 {
        let ended = bench.deploy_unchecked(broken()).await;
        assert_eq!(ended.verdict(), Verdict::PutBack, "{number}: {}", ended.cause());
        bench.check(&ended);
    }
    let left = vec![1, 2, 5, 6, 7, 8, 9];
    assert_eq!(kept(&bench), (left.clone(), left));
    assert_eq!(bench.living().0, "elastalert-ci-2");
    assert_eq!(bench.deploy(good("ten")).await.verdict(), Verdict::Healthy);
    let left = vec![1, 2, 5, 6, 7, 8, 9, 10];
    assert_eq!(kept(&bench), (left.clone(), left));
}

#[tokio::test(start_paused = true)]
async fn the_last_good_one_stays_however_many_fail_after_it_is_down() {
    let bench = Bench::with_release_1().await;
    let old = bench.alive().remove(0);
    crate::engine::Docker::stop(&bench.docker, &old.id, Duration::from_secs(1)).await.unwrap();
    for number in 2..=9 {
        let ended = bench.deploy_unchecked(broken()).await;
        assert_eq!(ended.verdict(), Verdict::Down, "{number}: {}", ended.cause());
    }
    // It is what somebody would start again by hand.
    let left = vec![1, 5, 6, 7, 8, 9];
    assert_eq!(kept(&bench), (left.clone(), left));
}
