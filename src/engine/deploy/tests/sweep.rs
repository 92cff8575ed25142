//! Every call of a deploy fails once, in every way, and every moment is one at which the person may stop it. Whatever
//! happens, there are never two, and the verdict is what is true on the engine.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::domain::container::RestartPolicy;
use crate::domain::plan::Step;
use crate::domain::problem::{Problem, code};
use crate::domain::progress::Verdict;
use crate::engine::fake::{Call, FakeDocker, Fate, Fault, Trouble};

use super::bench::{Bench, Ended, good};

/// The calls of such a deploy that are worth a fault, by their number: of those that only watch, the first few.
async fn moments(fate: Option<&Fate>) -> Vec<usize> {
    let bench = Bench::with_release_1().await;
    if let Some(fate) = fate {
        bench.release_meets("2", fate.clone());
    }
    let rendering = good("two");
    let plan = bench.plan(&rendering).await;
    let before = bench.docker.calls().len();
    bench.carry_out(&plan, rendering, CancellationToken::new()).await;
    let calls = bench.docker.calls().split_off(before);
    let watches = |call: &Call| matches!(call, Call::Container | Call::Processes);
    let mut in_a_row = 0;
    let mut moments = Vec::new();
    for (index, (call, _)) in calls.iter().enumerate() {
        in_a_row = if watches(call) { in_a_row + 1 } else { 0 };
        if in_a_row <= 4 {
            moments.push(index + 1);
        }
    }
    moments
}

fn true_to(bench: &Bench, ended: &Ended, what: &str) {
    bench.check(ended);
    let Ok(report) = &ended.result else {
        assert_eq!(bench.living(), ("elastalert-ci-1".into(), RestartPolicy::UnlessStopped), "{what}");
        return;
    };
    match report.verdict {
        Verdict::Healthy => {
            let (name, policy) = bench.living();
            assert_eq!(name, "elastalert-ci-2", "{what}");
            assert!(policy == RestartPolicy::UnlessStopped || report.cause.is_some(), "{what}");
        }
        Verdict::Refused | Verdict::PutBack => {
            assert_eq!(bench.living(), ("elastalert-ci-1".into(), RestartPolicy::UnlessStopped), "{what}");
        }
        Verdict::Down => assert!(!report.commands.is_empty(), "{what}"),
        Verdict::NothingToDo => panic!("{what}: there was something to do"),
    }
}

async fn deploy_with(trouble: Trouble, nth: usize, fate: Option<Fate>) -> (Bench, Ended) {
    let bench = Bench::with_release_1().await;
    if let Some(fate) = fate {
        bench.release_meets("2", fate);
    }
    let rendering = good("two");
    let plan = bench.plan(&rendering).await;
    bench.docker.fail(Fault::any(nth, trouble));
    let ended = bench.carry_out(&plan, rendering, CancellationToken::new()).await;
    (bench, ended)
}

#[tokio::test(start_paused = true)]
async fn one_call_that_fails_on_the_way_forward_never_makes_two_or_a_wrong_verdict() {
    every_call_fails(None).await;
}

#[tokio::test(start_paused = true)]
async fn one_call_that_fails_on_the_way_back_never_makes_two_or_a_wrong_verdict() {
    every_call_fails(Some(Fate::DiesLoading("bad".into()))).await;
}

async fn every_call_fails(fate: Option<Fate>) {
    let troubles = || {
        [
            Trouble::Error(Problem::new(code::ENGINE_REFUSED, "refused")),
            Trouble::Error(Problem::new(code::ENGINE_UNREACHABLE, "unreachable")),
            Trouble::Lost,
            Trouble::Unheard,
        ]
    };
    for nth in moments(fate.as_ref()).await {
        for trouble in troubles() {
            let what = format!("{trouble:?} at call {nth}, {fate:?}");
            let (bench, ended) = deploy_with(trouble, nth, fate.clone()).await;
            true_to(&bench, &ended, &what);
            // What the engine refuses on the way back is no lost call.
            let lost = !what.starts_with("Error(Problem { code: \"engine.refused\"");
            if let Ok(report) = &ended.result
                && (lost || !ended.steps().contains(&Step::PutBack))
            {
                assert_ne!(
                    report.verdict,
                    Verdict::Down,
                    "{what}: one lost call is no reason to be down: {report:?}"
                );
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_restarted_at_any_moment_leaves_one_or_says_down() {
    for nth in moments(None).await {
        let restart = Trouble::Before(Arc::new(FakeDocker::restart));
        let (bench, ended) = deploy_with(restart, nth, None).await;
        true_to(&bench, &ended, &format!("restart at call {nth}"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_person_can_stop_it_at_any_moment() {
    for nth in moments(None).await {
        let bench = Bench::with_release_1().await;
        let rendering = good("two");
        let plan = bench.plan(&rendering).await;
        let stop = CancellationToken::new();
        let token = stop.clone();
        bench.docker.fail(Fault::any(nth, Trouble::Before(Arc::new(move |_| token.cancel()))));
        let ended = bench.carry_out(&plan, rendering, stop).await;
        true_to(&bench, &ended, &format!("stopped at call {nth}"));
        assert_ne!(ended.verdict(), Verdict::Down);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_vanishes_at_any_moment_never_makes_two() {
    for nth in moments(None).await {
        let prune =
            Trouble::Before(Arc::new(|docker: &FakeDocker| docker.remove_by_force("elastalert-ci-lock")));
        let (bench, ended) = deploy_with(prune, nth, None).await;
        true_to(&bench, &ended, &format!("pruned at call {nth}"));
    }
}
