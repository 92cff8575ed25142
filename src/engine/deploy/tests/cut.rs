//! A deploy that is cut off at any moment, as by `kill -9`: before the engine did what it was asked, or after it did and
//! before that was heard. Whoever comes next, from another clone, sees that and reaches a sound state both ways.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::domain::container::RestartPolicy;
use crate::domain::journal::Way;
use crate::domain::label::role;
use crate::domain::operation::Operation;
use crate::domain::problem::{Problem, code};
use crate::domain::progress::{DeployReport, Verdict};
use crate::engine::Engine;
use crate::engine::deploy::observe;
use crate::engine::fake::{Behaviour, Call, Fate, Fault, Trouble};

use super::bench::{Bench, ci, good};

/// The moments of a deploy that are worth a cut, by the number of the call: of those that only watch, the first few.
async fn moments(fate: Option<&Fate>) -> Vec<usize> {
    let bench = Bench::with_release_1().await;
    if let Some(fate) = fate {
        bench.release_meets("2", fate.clone());
    }
    let before = bench.docker.calls().len();
    bench.deploy(good("two")).await;
    let calls = bench.docker.calls().split_off(before);
    let watches = |call: &Call| matches!(call, Call::Container | Call::Processes | Call::Logs);
    let mut in_a_row = 0;
    let mut moments = Vec::new();
    for (index, (call, _)) in calls.iter().enumerate() {
        in_a_row = if watches(call) { in_a_row + 1 } else { 0 };
        if in_a_row <= 2 && call.changes() || in_a_row == 1 {
            moments.push(index + 1);
        }
    }
    moments
}

/// Deploys until the call hangs, and is gone.
async fn cut_at(nth: usize, trouble: Trouble, fate: Option<&Fate>) -> Bench {
    let bench = Bench::with_release_1().await;
    if let Some(fate) = fate {
        bench.release_meets("2", fate.clone());
    }
    let rendering = good("two");
    let plan = bench.plan(&rendering).await;
    bench.docker.fail(Fault::any(nth, trouble));
    let deploy = bench.carry_out(&plan, rendering, CancellationToken::new());
    drop(tokio::time::timeout(Duration::from_secs(600), deploy).await);
    bench.docker.calm();
    tokio::time::sleep(Duration::from_secs(60)).await;
    bench
}

async fn operation(bench: &Bench) -> Operation {
    let observed = observe(&bench.docker, "elastalert", &bench.environment).await.unwrap();
    observed.operation("elastalert", &ci())
}

async fn resume(bench: &Bench, way: Way) -> Result<DeployReport, Problem> {
    let mut elsewhere = Engine::new(bench.engine.world.clone(), "/elsewhere".into(), Vec::new());
    elsewhere.by = "bob@desk".into();
    let (sender, _receiver) = mpsc::channel(64);
    let stop = CancellationToken::new();
    elsewhere.resume_on(&bench.docker, "elastalert", &bench.environment, way, sender, stop).await
}

/// One lives, it is the one that the report says, nobody holds the lock, and the next deploy succeeds.
async fn sound(bench: &Bench, report: &DeployReport, what: &str) {
    let living = bench.living();
    let expected = match report.verdict {
        Verdict::Healthy => "elastalert-ci-2",
        Verdict::PutBack | Verdict::Refused => "elastalert-ci-1",
        other => panic!("{what}: {other:?}: {report:?}"),
    };
    assert_eq!(living, (expected.to_owned(), RestartPolicy::UnlessStopped), "{what}: {report:?}");
    bench.never_two();
    assert!(bench.docker.all().iter().all(|container| !container.has_role(role::LOCK)), "{what}");
    assert_eq!(operation(bench).await, Operation::Idle, "{what}");
    bench.release_behaves("2", Behaviour::default());
    let next = bench.deploy(good("three")).await;
    assert_eq!(next.verdict(), Verdict::Healthy, "{what}: {:?}", next.result);
    bench.check(&next);
}

async fn every_cut(way: Way, fate: Option<Fate>) {
    let mut cuts = 0;
    for nth in moments(fate.as_ref()).await {
        for trouble in [Trouble::Hang, Trouble::Silent] {
            let what = format!("{trouble:?} at call {nth}, {way:?}, {fate:?}");
            let bench = cut_at(nth, trouble, fate.as_ref()).await;
            let found = operation(&bench).await;
            if found == Operation::Idle {
                // Nothing had begun, or all had ended.
                assert_eq!(bench.alive().len(), 1, "{what}");
                continue;
            }
            assert!(matches!(found, Operation::CutOff(_)), "{what}: {found:?}");
            cuts += 1;
            let plan = bench.plan(&good("four")).await;
            assert!(plan.obstacles.iter().any(|obstacle| obstacle.code == code::CUT_OFF), "{what}");
            let report = match resume(&bench, way).await {
                Ok(report) => report,
                Err(problem) => {
                    assert_eq!(problem.code, "resume.unfinishable", "{what}");
                    resume(&bench, Way::PutBack).await.unwrap()
                }
            };
            sound(&bench, &report, &what).await;
        }
    }
    assert!(cuts > 20, "only {cuts} cuts were tried");
}

#[tokio::test(start_paused = true)]
async fn a_deploy_that_is_cut_off_anywhere_can_be_finished() {
    every_cut(Way::Finish, None).await;
}

#[tokio::test(start_paused = true)]
async fn a_deploy_that_is_cut_off_anywhere_can_be_put_back() {
    every_cut(Way::PutBack, None).await;
}

#[tokio::test(start_paused = true)]
async fn a_way_back_that_is_cut_off_anywhere_can_be_gone_on_with() {
    every_cut(Way::PutBack, Some(Fate::DiesLoading("bad".into()))).await;
}

#[tokio::test(start_paused = true)]
async fn one_that_goes_on_is_not_taken_for_cut_off() {
    let bench = Bench::with_release_1().await;
    bench.release_meets("2", Fate::LoadsForEver);
    let rendering = good("two");
    let plan = bench.plan(&rendering).await;
    let deploy = bench.carry_out(&plan, rendering, CancellationToken::new());
    let meanwhile = async {
        tokio::time::sleep(Duration::from_secs(50)).await;
        let found = operation(&bench).await;
        let Operation::Running(held) = &found else { panic!("{found:?}") };
        assert_eq!((held.by.as_str(), held.step), ("ann@laptop", Some(crate::domain::plan::Step::Gate)));
        assert_eq!(resume(&bench, Way::PutBack).await.unwrap_err().code, code::LOCKED);
    };
    let (ended, ()) = tokio::join!(deploy, meanwhile);
    assert_eq!(ended.verdict(), Verdict::PutBack);
}

#[tokio::test(start_paused = true)]
async fn of_two_who_resume_one_does_and_the_other_hears_who() {
    let bench = cut_at_the_gate().await;
    let (one, other) = tokio::join!(resume(&bench, Way::PutBack), resume(&bench, Way::Finish));
    let locked = |answer: &Result<DeployReport, Problem>| {
        answer.as_ref().is_err_and(|problem| problem.code == code::LOCKED)
    };
    assert!(locked(&one) != locked(&other), "{one:?} {other:?}");
    bench.never_two();
    assert_eq!(bench.alive().len(), 1);
}

async fn cut_at_the_gate() -> Bench {
    let bench = Bench::with_release_1().await;
    bench.release_meets("2", Fate::LoadsForEver);
    let rendering = good("two");
    let plan = bench.plan(&rendering).await;
    let deploy = bench.carry_out(&plan, rendering, CancellationToken::new());
    drop(tokio::time::timeout(Duration::from_secs(20), deploy).await);
    tokio::time::sleep(Duration::from_secs(60)).await;
    bench
}

#[tokio::test(start_paused = true)]
async fn nothing_that_was_cut_off_is_nothing_to_resume() {
    let bench = Bench::with_release_1().await;
    assert_eq!(resume(&bench, Way::Finish).await.unwrap_err().code, "resume.nothing");
}
