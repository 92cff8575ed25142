//! Starting, stopping, dying and being started again. What an engine answers to a repeated call is a success, since
//! whoever resumes a broken deploy repeats calls.

use std::time::Duration;

use alertdeck::domain::container::{ContainerState, RestartPolicy};
use alertdeck::domain::problem::code;
use alertdeck::engine::Docker;

use super::{Bench, SLEEPER, SPEAKER};

const GRACE: Duration = Duration::from_secs(5);

pub(crate) async fn starting_and_stopping_twice_is_a_success<D: Docker>(bench: &Bench<D>) {
    let docker = &bench.docker;
    let id = bench.create("twice", &SLEEPER).await;
    docker.start(&id).await.unwrap();
    let first = bench.inspect(&id).await;
    assert_eq!(first.state, ContainerState::Running);
    assert!(first.pid.is_some_and(|pid| pid > 0) && first.started_at.is_some());
    docker.start(&id).await.unwrap();
    assert_eq!(bench.inspect(&id).await.started_at, first.started_at, "the second start did nothing");
    docker.stop(&id, GRACE).await.unwrap();
    let stopped = bench.inspect(&id).await;
    // The init process hands the request on, and the sleeper dies of it.
    assert_eq!(stopped.state, ContainerState::Exited { code: 143, out_of_memory: false });
    assert_eq!((stopped.pid, stopped.started_at), (None, first.started_at));
    docker.stop(&id, GRACE).await.unwrap();
    docker.start(&id).await.unwrap();
    assert!(bench.inspect(&id).await.started_at > first.started_at);
    let never = bench.create("never", &SLEEPER).await;
    docker.stop(&never, GRACE).await.unwrap();
    assert_eq!(bench.inspect(&never).await.state, ContainerState::Created, "it never ran");
}

pub(crate) async fn a_running_container_is_not_removed<D: Docker>(bench: &Bench<D>) {
    let id = bench.create("kept", &SLEEPER).await;
    bench.docker.start(&id).await.unwrap();
    assert_eq!(bench.docker.remove(&id).await.unwrap_err().code, code::ENGINE_REFUSED);
    bench.docker.stop(&id, GRACE).await.unwrap();
    bench.docker.remove(&id).await.unwrap();
    assert_eq!(bench.docker.container(&id.0).await.unwrap(), None);
    assert_eq!(bench.docker.remove(&id).await.unwrap_err().code, code::ENGINE_MISSING);
}

pub(crate) async fn an_end_keeps_its_exit_code<D: Docker>(bench: &Bench<D>) {
    let id = bench.create("speaker", &SPEAKER).await;
    bench.docker.start(&id).await.unwrap();
    let ended = bench.exited(&id).await;
    assert_eq!(ended.state, ContainerState::Exited { code: 3, out_of_memory: false });
    assert_eq!(ended.restart_count, 0);
}

pub(crate) async fn a_restart_policy_is_kept_and_starts_nothing<D: Docker>(bench: &Bench<D>) {
    let id = bench.create("policy", &SLEEPER).await;
    for policy in [
        RestartPolicy::Always,
        RestartPolicy::UnlessStopped,
        RestartPolicy::OnFailure { retries: 2 },
        RestartPolicy::No,
    ] {
        bench.docker.set_restart_policy(&id, &policy).await.unwrap();
        let container = bench.inspect(&id).await;
        assert_eq!((container.restart_policy, container.state), (policy, ContainerState::Created));
    }
    bench.docker.set_restart_policy(&id, &RestartPolicy::UnlessStopped).await.unwrap();
    bench.docker.start(&id).await.unwrap();
    bench.docker.stop(&id, GRACE).await.unwrap();
    assert!(!bench.inspect(&id).await.state.is_alive(), "stopped by hand is stopped");
}

pub(crate) async fn a_policy_starts_again_what_died<D: Docker>(bench: &Bench<D>) {
    let id = bench.create("again", &SPEAKER).await;
    bench.docker.set_restart_policy(&id, &RestartPolicy::OnFailure { retries: 2 }).await.unwrap();
    bench.docker.start(&id).await.unwrap();
    let ended = bench
        .until(&id, |container| {
            container.restart_count == 2 && matches!(container.state, ContainerState::Exited { .. })
        })
        .await;
    assert_eq!(ended.state, ContainerState::Exited { code: 3, out_of_memory: false });
}

pub(crate) async fn processes_descend_from_the_first<D: Docker>(bench: &Bench<D>) {
    let id = bench.create("table", &SLEEPER).await;
    assert_eq!(bench.docker.processes(&id).await.unwrap_err().code, code::ENGINE_REFUSED, "never started");
    bench.docker.start(&id).await.unwrap();
    let first = bench.inspect(&id).await.pid;
    let table = bench.docker.processes(&id).await.unwrap();
    assert_eq!(table.root, first);
    let root = table.root.unwrap();
    assert!(table.processes.iter().any(|process| process.pid == root), "{table:?}");
    let sleeper = table.processes.iter().find(|process| process.args == "sleep 60").unwrap();
    assert_eq!(sleeper.ppid, root, "the init process is the first, the command its child");
    assert_eq!(sleeper.threads, Some(1));
    assert!(sleeper.elapsed.is_some_and(|seconds| seconds < 60));
    bench.docker.stop(&id, GRACE).await.unwrap();
    assert_eq!(bench.docker.processes(&id).await.unwrap_err().code, code::ENGINE_REFUSED, "stopped");
}
