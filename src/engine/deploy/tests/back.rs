//! Back to a release of before: a new one with its files, its secrets as they are today or as they were. What cannot be
//! had says why, and a release that dies on the way is put back like any other.

use tokio_util::sync::CancellationToken;

use crate::domain::container::RestartPolicy;
use crate::domain::journal::Kind;
use crate::domain::label;
use crate::domain::plan::{Plan, ReleaseNumber};
use crate::domain::problem::{Problem, code};
use crate::domain::progress::Verdict;
use crate::domain::secret::{Secret, SecretSource};
use crate::engine::deploy::back::Returning;
use crate::engine::deploy::observe;
use crate::engine::fake::{Behaviour, Fate};

use super::bench::{Bench, Ended, IMAGE, SECRET, broken, good, rendering};

const WORKSPACE: &str = "elastalert";
const KEY: &str = "SLACK_WEBHOOK";

/// Releases 1 and 2, of which the second runs, and a provider that gives the secret.
async fn two() -> Bench {
    let mut bench = Bench::with_release_1().await;
    assert_eq!(bench.deploy(good("two")).await.verdict(), Verdict::Healthy);
    gives(&mut bench, SECRET);
    bench
}

fn gives(bench: &mut Bench, value: &str) {
    let source = SecretSource::Value(Secret::new(value.into()));
    bench.environment.secrets.insert(KEY.into(), source);
}

async fn returning(bench: &Bench, to: Option<u32>, as_it_was: bool) -> Result<Returning, Problem> {
    let to = to.map(ReleaseNumber);
    bench.engine.returning(&bench.docker, WORKSPACE, &bench.environment, to, as_it_was).await
}

async fn plan(bench: &Bench, to: Option<u32>, as_it_was: bool) -> Plan {
    returning(bench, to, as_it_was).await.unwrap().plan(WORKSPACE)
}

async fn back(bench: &Bench, to: Option<u32>, as_it_was: bool) -> Ended {
    let plan = plan(bench, to, as_it_was).await;
    assert!(plan.obstacles.is_empty(), "{:?}", plan.obstacles);
    let at_hand = bench.engine.at_hand_again(&bench.docker, WORKSPACE, &bench.environment, &plan);
    let (_, rendering) = at_hand.await.unwrap();
    let ended = bench.carry_out(&plan, rendering, CancellationToken::new()).await;
    bench.check(&ended);
    ended
}

/// The one thing that stands in the way.
async fn obstacle(bench: &Bench, to: u32, as_it_was: bool) -> Problem {
    let mut obstacles = plan(bench, Some(to), as_it_was).await.obstacles;
    assert_eq!(obstacles.len(), 1, "{obstacles:?}");
    obstacles.remove(0)
}

fn text(bench: &Bench, volume: &str, path: &str) -> String {
    let files = bench.docker.files_of(volume).unwrap();
    String::from_utf8(files[path].bytes.clone().unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_ran_before_runs_again_as_a_new_release() {
    let bench = two().await;
    let ended = back(&bench, None, false).await;
    assert_eq!(ended.verdict(), Verdict::Healthy, "{:?}", ended.result);
    assert_eq!(bench.living(), ("elastalert-ci-3".into(), RestartPolicy::UnlessStopped));
    for (volume, marker) in [("config", true), ("rules", false)] {
        let mut sides = ["1", "3"]
            .map(|number| bench.docker.files_of(&format!("elastalert-ci-{number}-{volume}")).unwrap());
        if marker {
            sides = sides.map(|mut side| {
                side.remove(crate::domain::release::MARKER);
                side
            });
        }
        assert_eq!(sides[0], sides[1], "{volume}");
    }
    let of = |name: &str| bench.ours().into_iter().find(|found| found.name == name).unwrap();
    let (first, third) = (of("elastalert-ci-1"), of("elastalert-ci-3"));
    for key in [label::RENDERING, label::SPEC, label::RULE_COUNT] {
        assert_eq!(first.labels[key], third.labels[key], "{key}");
    }
    assert_eq!(third.labels[label::RELEASE], "3");
    let records = observe(&bench.docker, WORKSPACE, &bench.environment).await.unwrap().records;
    assert_eq!(records.len(), 3);
    let to = ReleaseNumber(1);
    assert_eq!(records[0].undertaking.kind, Kind::Rollback { to, as_it_was: false });
    assert!(plan(&bench, Some(1), false).await.nothing_to_do, "it runs already");
    // It is stored like any other, and the one before it is the one to go back to.
    assert!(returning(&bench, Some(3), false).await.unwrap().obstacles.is_empty());
    assert_eq!(returning(&bench, None, false).await.unwrap().stored.manifest.release, ReleaseNumber(2));
}

#[tokio::test(start_paused = true)]
async fn a_rollback_that_dies_is_put_back() {
    let bench = two().await;
    bench.release_meets("3", Fate::DiesLoading("bad".into()));
    let ended = back(&bench, Some(1), false).await;
    assert_eq!(ended.verdict(), Verdict::PutBack);
    assert_eq!(bench.living(), ("elastalert-ci-2".into(), RestartPolicy::UnlessStopped));
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_was_changed_is_that_of_today() {
    let mut bench = two().await;
    gives(&mut bench, "https://new.example/hook");
    assert_eq!(back(&bench, Some(1), false).await.verdict(), Verdict::Healthy);
    let config = text(&bench, "elastalert-ci-3-config", "elastalert.yaml");
    assert!(config.ends_with("slack_webhook_url: https://new.example/hook\n"), "{config}");
    let state = bench.docker.files_of("elastalert-ci-state").unwrap();
    let told = |node: crate::engine::fake::Node| node.bytes.unwrap_or_default();
    let all: Vec<u8> = state.into_values().flat_map(told).collect();
    assert!(!String::from_utf8_lossy(&all).contains("new.example"));
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_changes_the_shape_of_the_file_is_refused() {
    let mut bench = two().await;
    gives(&mut bench, "hook\nrules_folder: /elsewhere");
    let found = obstacle(&bench, 1, false).await;
    assert_eq!(found.code, "token.shape");
    assert!(!format!("{found:?}").contains("elsewhere"), "{found:?}");
}

#[tokio::test(start_paused = true)]
async fn where_the_secret_cannot_be_had_the_kept_container_has_it() {
    let mut bench = two().await;
    bench.environment.secrets.insert(KEY.into(), SecretSource::Variable("NOT_SET".into()));
    let found = obstacle(&bench, 1, false).await;
    assert_eq!(found.code, code::SECRET_MISSING);
    assert!(found.hint.unwrap().contains("alertdeck rollback CI 1 --as-it-was"));
    let ended = back(&bench, Some(1), true).await;
    assert_eq!(ended.verdict(), Verdict::Healthy, "{:?}", ended.result);
    assert!(text(&bench, "elastalert-ci-3-config", "elastalert.yaml").contains(SECRET));
    let mut records = observe(&bench.docker, WORKSPACE, &bench.environment).await.unwrap().records;
    let to = ReleaseNumber(1);
    assert_eq!(records.remove(0).undertaking.kind, Kind::Rollback { to, as_it_was: true });

    // Once it is gone nothing has it.
    bench.docker.remove_by_force("elastalert-ci-1");
    assert_eq!(obstacle(&bench, 1, true).await.code, "rollback.not-kept");
    let hint = obstacle(&bench, 1, false).await.hint.unwrap();
    assert!(!hint.contains("--as-it-was"), "{hint}");
    bench.environment.secrets.clear();
    assert!(obstacle(&bench, 1, false).await.what.contains("no secret SLACK_WEBHOOK any more"));
}

#[tokio::test(start_paused = true)]
async fn files_that_somebody_changed_are_not_those_of_the_release() {
    let bench = two().await;
    bench.docker.cut_file("elastalert-ci-1-config", "elastalert.yaml", 20);
    assert_eq!(obstacle(&bench, 1, true).await.code, "rollback.not-kept");
}

#[tokio::test(start_paused = true)]
async fn an_image_that_is_gone_is_told_and_one_that_lost_its_name_is_found() {
    let bench = two().await;
    bench.docker.move_image(IMAGE, "kept:1");
    let made = plan(&bench, Some(1), false).await;
    assert!(made.obstacles.is_empty(), "{:?}", made.obstacles);
    assert!(made.warnings.iter().any(|warning| warning.code == "rollback.image-moved"));
    assert!(made.container.image.starts_with("sha256:"), "{}", made.container.image);
    bench.release_behaves("3", Behaviour::default());
    assert_eq!(back(&bench, Some(1), false).await.verdict(), Verdict::Healthy);
    bench.docker.take_image("kept:1");
    let gone = obstacle(&bench, 1, false).await;
    assert_eq!(gone.code, "rollback.image-gone");
    assert!(gone.why[0].contains(IMAGE), "{gone:?}");
}

#[tokio::test(start_paused = true)]
async fn what_was_masked_cannot_be_filled_again() {
    let mut bench = Bench::new();
    let rule = "name: n\ntype: any\nalert: debug\nauth: eG94Yi1jYW5hcnktN2YzYS8r\n";
    assert_eq!(bench.deploy(rendering(&[("a.yaml", rule)], "one")).await.verdict(), Verdict::Healthy);
    assert_eq!(bench.deploy(good("two")).await.verdict(), Verdict::Healthy);
    gives(&mut bench, SECRET);
    let found = obstacle(&bench, 1, false).await;
    assert_eq!(found.code, "rollback.masked");
    assert!(found.why[0].contains("rules/a.yaml") && found.hint.unwrap().contains("--as-it-was"));
    assert_eq!(back(&bench, Some(1), true).await.verdict(), Verdict::Healthy);
    assert_eq!(text(&bench, "elastalert-ci-3-rules", "a.yaml"), rule);
}

#[tokio::test(start_paused = true)]
async fn only_what_was_healthy_is_gone_back_to_unless_it_is_named() {
    let mut bench = Bench::with_release_1().await;
    gives(&mut bench, SECRET);
    assert_eq!(returning(&bench, None, false).await.unwrap_err().code, "rollback.none");
    assert_eq!(returning(&bench, Some(9), false).await.unwrap_err().code, "release.unknown");
    assert_eq!(bench.deploy_unchecked(broken()).await.verdict(), Verdict::PutBack);
    assert_eq!(bench.deploy(good("three")).await.verdict(), Verdict::Healthy);
    let found = returning(&bench, None, false).await.unwrap();
    assert_eq!(found.stored.manifest.release, ReleaseNumber(1));
    let made = plan(&bench, Some(2), false).await;
    assert!(made.warnings.iter().any(|warning| warning.code == "rollback.not-healthy"), "{made:?}");
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_stale_when_the_name_of_the_image_moved() {
    let bench = two().await;
    let made = plan(&bench, Some(1), false).await;
    bench.docker.move_image(IMAGE, "kept:1");
    let at_hand = bench.engine.at_hand_again(&bench.docker, WORKSPACE, &bench.environment, &made);
    assert_eq!(at_hand.await.unwrap_err().code, code::PLAN_STALE);
}

#[tokio::test(start_paused = true)]
async fn only_the_last_five_stay_stored_and_one_whose_container_is_gone_is_among_them() {
    let mut bench = two().await;
    for hash in ["3", "4", "5", "6", "7"] {
        assert_eq!(bench.deploy(good(hash)).await.verdict(), Verdict::Healthy);
    }
    gives(&mut bench, SECRET);
    bench.docker.remove_by_force("elastalert-ci-4");
    for release in [1, 2] {
        assert_eq!(returning(&bench, Some(release), false).await.unwrap_err().code, "rollback.not-stored");
    }
    for release in [3, 4, 7] {
        assert!(returning(&bench, Some(release), false).await.unwrap().obstacles.is_empty(), "{release}");
    }
    assert_eq!(back(&bench, Some(4), false).await.verdict(), Verdict::Healthy);
}
