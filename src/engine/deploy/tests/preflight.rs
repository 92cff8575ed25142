//! The preflight as a step of a deploy. What the loader of the image refuses touches nothing, and what keeps it from being
//! asked keeps nobody from deploying.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::domain::container::RestartPolicy;
use crate::domain::label::role;
use crate::domain::plan::Step;
use crate::domain::problem::code;
use crate::domain::progress::{StepEvent, Verdict};
use crate::engine::fake::{Answer, Call, Fault, Trouble};

use super::bench::{Bench, Ended, broken, good};

/// Release 1 runs as it did, and nothing else of ours is there.
fn untouched(bench: &Bench, ended: &Ended) {
    assert_eq!(ended.verdict(), Verdict::Refused, "{:?}", ended.result);
    bench.check(ended);
    assert_eq!(bench.living(), ("elastalert-ci-1".into(), RestartPolicy::UnlessStopped));
    assert_eq!(bench.alive()[0].started_at, Some("2026-01-02T03:04:05Z".parse().unwrap()));
    assert_eq!(bench.ours().len(), 1);
    let roles = [role::LOCK, role::PREFLIGHT];
    assert!(bench.docker.all().iter().all(|found| roles.iter().all(|role| !found.has_role(role))));
    let volumes = bench.docker.volume_names();
    assert!(volumes.iter().all(|name| !name.contains("-2-")), "{volumes:?}");
}

fn done(ended: &Ended) -> String {
    let text = ended.told.iter().find_map(|told| match &told.event {
        StepEvent::Done { text, .. } if told.step == Step::Preflight => Some(text.clone()),
        _ => None,
    });
    text.unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn what_the_loader_refuses_is_told_in_its_words_and_touches_nothing() {
    let bench = Bench::with_release_1().await;
    let ended = bench.deploy(broken()).await;
    untouched(&bench, &ended);
    assert_eq!(ended.steps(), [Step::Image, Step::Lock, Step::Stage, Step::Preflight]);
    assert!(ended.cause().contains("rules/b.yaml"), "{}", ended.cause());
    assert!(ended.cause().contains("'alert' is a required property"), "{}", ended.cause());
    let cause = ended.report().cause.as_ref().unwrap();
    assert_eq!(cause.code, code::CHECK_FAILED);
    assert!(cause.hint.as_ref().unwrap().contains("--skip-check"));
}

#[tokio::test(start_paused = true)]
async fn it_comes_before_the_container_is_created_and_says_what_loads() {
    let bench = Bench::with_release_1().await;
    let ended = bench.deploy(good("two")).await;
    assert_eq!(ended.verdict(), Verdict::Healthy);
    assert_eq!(ended.steps()[2..5], [Step::Stage, Step::Preflight, Step::Create]);
    assert!(done(&ended).starts_with("2 rules load in ElastAlert "), "{}", done(&ended));
}

#[tokio::test(start_paused = true)]
async fn it_is_left_out_where_the_check_is() {
    let bench = Bench::with_release_1().await;
    let before = bench.docker.calls().len();
    let ended = bench.deploy_unchecked(good("two")).await;
    assert_eq!(ended.verdict(), Verdict::Healthy);
    assert!(!ended.steps().contains(&Step::Preflight));
    assert!(bench.docker.calls().split_off(before).iter().all(|(call, _)| *call != Call::Output));
}

#[tokio::test(start_paused = true)]
async fn an_image_that_cannot_be_asked_is_deployed_all_the_same() {
    let bench = Bench::with_release_1().await;
    let line = r#"{"v": 1, "kind": "image", "error": "no Python in the image can import elastalert"}"#;
    bench.docker.put_answer(Answer::new(move |_, _| Some(line.into())));
    let ended = bench.deploy(good("two")).await;
    assert_eq!(ended.verdict(), Verdict::Healthy, "{:?}", ended.result);
    bench.check(&ended);
    assert!(done(&ended).contains("no Python in the image can import elastalert"), "{}", done(&ended));
}

#[tokio::test(start_paused = true)]
async fn a_person_can_stop_it_in_the_middle() {
    let bench = Bench::with_release_1().await;
    let rendering = good("two");
    let plan = bench.plan(&rendering).await;
    bench.docker.fail(Fault::new(Call::Output, 1, Trouble::Hang));
    let stop = CancellationToken::new();
    let (ended, ()) = tokio::join!(bench.carry_out(&plan, rendering, stop.clone()), async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        stop.cancel();
    });
    untouched(&bench, &ended);
    assert_eq!(ended.report().cause.as_ref().unwrap().code, code::INTERRUPTED);
}
