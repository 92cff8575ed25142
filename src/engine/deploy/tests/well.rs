//! Deploys that go well: the first one, the next ones, and what is on the engine afterwards. A deploy that repeats what
//! runs does nothing.

use tokio_util::sync::CancellationToken;

use crate::domain::container::{Container, RestartPolicy};
use crate::domain::label::{self, role};
use crate::domain::plan::{ReleaseNumber, Step};
use crate::domain::progress::Verdict;
use crate::domain::release::{MARKER, Release};

use super::bench::{Bench, SECRET, good};

#[tokio::test(start_paused = true)]
async fn a_first_deploy_ends_with_a_proven_container_that_comes_back() {
    let bench = Bench::new();
    let ended = bench.deploy(good("one")).await;
    assert_eq!(ended.verdict(), Verdict::Healthy, "{:?}", ended.result);
    bench.check(&ended);
    assert_eq!(bench.living(), ("elastalert-ci-1".into(), RestartPolicy::UnlessStopped));
    assert_eq!(
        ended.steps(),
        [
            Step::Image,
            Step::Lock,
            Step::Stage,
            Step::Preflight,
            Step::Create,
            Step::Stop,
            Step::Start,
            Step::Gate,
            Step::Keep
        ]
    );
    let took: Vec<Step> = ended.report().timings.iter().map(|(step, _)| *step).collect();
    assert_eq!(took, ended.steps());
    let new = &bench.alive()[0];
    assert_eq!(new.labels[label::BY], "ann@laptop");
    assert_eq!(new.labels[label::RENDERING], "one");
    assert!(ended.told.iter().any(|told| format!("{told:?}").contains("2 rules loaded")));
}

#[tokio::test(start_paused = true)]
async fn files_lie_in_the_volumes_readable_by_their_user_alone() {
    let bench = Bench::with_release_1().await;
    let config = bench.docker.files_of("elastalert-ci-1-config").unwrap();
    let rules = bench.docker.files_of("elastalert-ci-1-rules").unwrap();
    let text = |bytes: &Option<Vec<u8>>| String::from_utf8(bytes.clone().unwrap()).unwrap();
    assert!(text(&config["elastalert.yaml"].bytes).contains(SECRET), "the secret is where it is used");
    for (path, node) in config.iter().chain(&rules) {
        assert_eq!((node.uid, node.gid), (1000, 1000), "{path}");
        assert_eq!(node.mode, if node.bytes.is_some() { 0o600 } else { 0o700 }, "{path}");
    }
    let paths: Vec<&str> = rules.keys().map(String::as_str).collect();
    assert_eq!(paths, ["", "a.yaml", "deep", "deep/er", "deep/er/b.yaml", "lists", "lists/hosts.txt"]);
    let marker = text(&config[MARKER].bytes);
    let release = Release::parse(marker.as_bytes()).unwrap();
    assert_eq!((release.release, release.rendering.as_str()), (1, "one"));
    assert!(!marker.contains(SECRET));
    let logs = bench.docker.files_of("elastalert-ci-logs").unwrap();
    assert_eq!((logs[""].uid, logs[""].mode), (1000, 0o755));
}

#[tokio::test(start_paused = true)]
async fn the_next_release_replaces_the_one_before_and_keeps_it() {
    let bench = Bench::with_release_1().await;
    let ended = bench.deploy(good("two")).await;
    assert_eq!(ended.verdict(), Verdict::Healthy);
    bench.check(&ended);
    assert_eq!(bench.living().0, "elastalert-ci-2");
    let old = bench.ours().into_iter().find(|container| container.name == "elastalert-ci-1").unwrap();
    assert_eq!((old.state.is_alive(), old.restart_policy), (false, RestartPolicy::No));
    bench.docker.restart();
    assert_eq!(bench.living().0, "elastalert-ci-2", "after a restart of the engine there is still only one");
}

#[tokio::test(start_paused = true)]
async fn what_runs_already_is_not_deployed_again() {
    let bench = Bench::with_release_1().await;
    assert!(bench.plan(&good("one")).await.nothing_to_do);
    assert!(!bench.plan(&good("two")).await.nothing_to_do);
}

#[tokio::test(start_paused = true)]
async fn only_the_last_five_releases_stay() {
    let bench = Bench::with_release_1().await;
    for hash in ["2", "3", "4", "5", "6", "7"] {
        let ended = bench.deploy(good(hash)).await;
        assert_eq!(ended.verdict(), Verdict::Healthy);
        bench.check(&ended);
    }
    let mut releases: Vec<u32> = bench.ours().iter().filter_map(Container::release).map(|r| r.0).collect();
    releases.sort_unstable();
    assert_eq!(releases, [3, 4, 5, 6, 7]);
    let volumes = bench.docker.volume_names();
    assert!(
        !volumes.contains(&"elastalert-ci-2-config".to_owned())
            && volumes.contains(&"elastalert-ci-3-rules".to_owned())
    );
    assert!(
        volumes.contains(&"elastalert-ci-logs".to_owned())
            && volumes.contains(&"elastalert-rules".to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn an_image_that_is_missing_is_pulled_before_anything_is_touched() {
    let bench = Bench::new();
    bench.docker.take_image(super::bench::IMAGE);
    bench.docker.publish_image(super::bench::IMAGE, "1000:1000", "");
    let ended = bench.deploy(good("one")).await;
    assert_eq!(ended.verdict(), Verdict::Healthy, "{:?}", ended.result);
    bench.check(&ended);
    assert!(ended.told.iter().any(|told| told.step == Step::Image && format!("{told:?}").contains("layers")));
}

#[tokio::test(start_paused = true)]
async fn a_slow_listener_does_not_hold_up_a_deploy() {
    let bench = Bench::with_release_1().await;
    let rendering = good("two");
    let plan = bench.plan(&rendering).await;
    let work = crate::engine::deploy::Work {
        docker: bench.docker.clone(),
        workspace: "elastalert",
        environment: &bench.environment,
        plan: &plan,
        rendering,
        sources: None,
    };
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let report = bench.engine.carry_out(&work, sender, CancellationToken::new()).await.unwrap();
    drop(receiver);
    assert_eq!((report.verdict, report.release), (Verdict::Healthy, ReleaseNumber(2)));
}

#[tokio::test(start_paused = true)]
async fn every_other_one_that_lives_is_stopped_as_well() {
    let bench = Bench::with_release_1().await;
    // Somebody started the kept release 1 by hand beside release 2.
    assert_eq!(bench.deploy(good("two")).await.verdict(), Verdict::Healthy);
    let old = bench.ours().into_iter().find(|container| container.name == "elastalert-ci-1").unwrap();
    crate::engine::Docker::start(&bench.docker, &old.id).await.unwrap();
    assert_eq!(bench.alive().len(), 2);
    let ended = bench.deploy(good("three")).await;
    assert_eq!(ended.verdict(), Verdict::Healthy, "{:?}", ended.result);
    assert_eq!(bench.living().0, "elastalert-ci-3");
    assert!(bench.docker.all().iter().all(|container| !container.has_role(role::LOCK)));
}
