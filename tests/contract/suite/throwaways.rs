//! Containers that are used once, and commands that are run in them. What is in such a container may be secret, so that
//! nothing of it may stay on the engine, however it ends.

use std::time::Duration;

use alertdeck::domain::container::ContainerId;
use alertdeck::domain::problem::code;
use alertdeck::engine::Docker;

use super::{Bench, SLEEPER, SPEAKER};

const TIME: Duration = Duration::from_secs(20);

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

async fn is_gone<D: Docker>(bench: &Bench<D>, id: &ContainerId) -> bool {
    // The engine takes a moment to remove what ended.
    for _ in 0..100 {
        if bench.docker.container(&id.0).await.unwrap().is_none() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    false
}

pub(crate) async fn a_throwaway_is_gone_when_it_ends<D: Docker>(bench: &Bench<D>) {
    let id = bench.docker.create_throwaway(&bench.spec("once", &SLEEPER)).await.unwrap();
    assert!(bench.inspect(&id).await.removes_itself);
    bench.docker.start(&id).await.unwrap();
    bench.docker.stop(&id, Duration::from_secs(5)).await.unwrap();
    assert!(is_gone(bench, &id).await);
    let taken = bench.docker.create_throwaway(&bench.spec("once", &SLEEPER)).await.unwrap();
    let again = bench.docker.create_throwaway(&bench.spec("once", &SLEEPER)).await.unwrap_err();
    assert_eq!(again.code, code::ENGINE_CONFLICT);
    bench.docker.discard(&taken).await.unwrap();
}

pub(crate) async fn what_is_discarded_is_gone_whatever_it_did<D: Docker>(bench: &Bench<D>) {
    let mut spec = bench.spec("running", &SLEEPER);
    spec.volumes = vec![bench.mount("kept", "/data", false)];
    let running = bench.docker.create(&spec).await.unwrap();
    bench.docker.start(&running).await.unwrap();
    let created = bench.create("created", &SLEEPER).await;
    for id in [&running, &created] {
        bench.docker.discard(id).await.unwrap();
        assert!(is_gone(bench, id).await);
        bench.docker.discard(id).await.unwrap();
    }
    let volumes = bench.docker.volumes(&bench.labels()).await.unwrap();
    assert_eq!(volumes.len(), 1, "a volume with a name is somebody else's business");
}

pub(crate) async fn a_command_says_what_it_prints<D: Docker>(bench: &Bench<D>) {
    let id = bench.create("host", &SLEEPER).await;
    let command = words(&SPEAKER);
    let early = bench.docker.output(&id, &command, 100, TIME).await.unwrap_err();
    assert_eq!(early.code, code::ENGINE_REFUSED, "it does not run yet");
    bench.docker.start(&id).await.unwrap();
    assert_eq!(bench.docker.output(&id, &command, 100, TIME).await.unwrap(), b"out\n");
    assert_eq!(
        bench.docker.output(&id, &command, 2, TIME).await.unwrap(),
        b"ou",
        "no more than was asked for"
    );
    let nobody = ContainerId("0".repeat(64));
    let missing = bench.docker.output(&nobody, &command, 100, TIME).await.unwrap_err();
    assert_eq!(missing.code, code::ENGINE_MISSING);
}
