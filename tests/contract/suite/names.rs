//! Names, labels and what is not there. A name is a reservation, which makes it a lock; a label is the identity by
//! which we know our own.

use std::time::Duration;

use alertdeck::domain::container::{ContainerId, ContainerState, RestartPolicy};
use alertdeck::domain::label::Labels;
use alertdeck::domain::log::Since;
use alertdeck::domain::problem::code;
use alertdeck::engine::Docker;
use futures_util::StreamExt as _;

use super::{Bench, RUN, SLEEPER};

pub(crate) async fn an_engine_says_who_it_is<D: Docker>(bench: &Bench<D>) {
    let info = bench.docker.info().await.unwrap();
    assert!(!info.id.is_empty() && !info.version.is_empty() && !info.api.is_empty(), "{info:?}");
    assert!(info.time.is_some(), "an engine tells its time");
    assert_eq!(bench.docker.info().await.unwrap().id, info.id);
}

pub(crate) async fn a_created_container_does_not_run<D: Docker>(bench: &Bench<D>) {
    let mut spec = bench.spec("new", &SLEEPER);
    spec.volumes = vec![bench.mount("v", "/opt/rules", true), bench.mount("w", "/opt/config", false)];
    let id = bench.docker.create(&spec).await.unwrap();
    assert_eq!(id.0.len(), 64);
    let container = bench.inspect(&id).await;
    assert_eq!(container.id, id);
    assert_eq!(container.name, spec.name);
    assert_eq!(container.image, bench.image);
    assert_eq!(container.image_id, bench.docker.image(&bench.image).await.unwrap().unwrap().id);
    assert_eq!(container.state, ContainerState::Created);
    assert_eq!((container.pid, container.started_at, container.restart_count), (None, None, 0));
    assert_eq!(container.restart_policy, RestartPolicy::No);
    assert!(!container.removes_itself && !container.tty);
    assert_eq!(container.labels.get(RUN), Some(&bench.run));
    let mounts: Vec<_> = container
        .mounts
        .iter()
        .map(|m| (m.source.clone(), m.target.as_str(), m.read_only, m.volume))
        .collect();
    assert_eq!(
        mounts,
        [(bench.name("w"), "/opt/config", false, true), (bench.name("v"), "/opt/rules", true, true)]
    );
    assert_eq!(
        bench.docker.container(&spec.name).await.unwrap().unwrap().id,
        id,
        "found by its name as well"
    );
}

pub(crate) async fn a_taken_name_is_a_conflict_that_names_its_holder<D: Docker>(bench: &Bench<D>) {
    let holder = bench.create("lock", &SLEEPER).await;
    let mut second = bench.spec("lock", &SLEEPER);
    second.volumes = vec![bench.mount("never", "/opt/x", false)];
    let problem = bench.docker.create(&second).await.unwrap_err();
    assert_eq!(problem.code, code::ENGINE_CONFLICT);
    assert!(problem.why.iter().any(|why| why.contains(&holder.0)), "{problem}");
    assert!(bench.docker.volumes(&bench.labels()).await.unwrap().is_empty(), "the loser made no volume");
    bench.docker.remove(&holder).await.unwrap();
    bench.docker.create(&second).await.unwrap();
}

pub(crate) async fn an_image_that_is_not_there_is_missing<D: Docker>(bench: &Bench<D>) {
    let mut spec = bench.spec("noimage", &SLEEPER);
    spec.image = "alertdeck/no-such-image:0".into();
    assert_eq!(bench.docker.create(&spec).await.unwrap_err().code, code::ENGINE_MISSING);
    assert_eq!(bench.docker.image(&spec.image).await.unwrap(), None);
    assert!(bench.docker.image(&bench.image).await.unwrap().unwrap().id.starts_with("sha256:"));
}

pub(crate) async fn what_is_not_there_is_missing<D: Docker>(bench: &Bench<D>) {
    let docker = &bench.docker;
    let id = ContainerId("0".repeat(64));
    assert_eq!(docker.container(&id.0).await.unwrap(), None);
    let answers = [
        docker.start(&id).await.unwrap_err(),
        docker.stop(&id, Duration::from_secs(1)).await.unwrap_err(),
        docker.remove(&id).await.unwrap_err(),
        docker.set_restart_policy(&id, &RestartPolicy::No).await.unwrap_err(),
        docker.upload(&id, "/opt", Vec::new()).await.unwrap_err(),
        docker.download(&id, "/opt", 10).await.unwrap_err(),
        docker.processes(&id).await.unwrap_err(),
        docker.remove_volume(&bench.name("none")).await.unwrap_err(),
        Box::pin(docker.logs(&id, Since::Beginning, false)).next().await.unwrap().unwrap_err(),
    ];
    for (index, problem) in answers.iter().enumerate() {
        assert_eq!(problem.code, code::ENGINE_MISSING, "answer {index}: {problem}");
    }
}

pub(crate) async fn labels_select_containers_and_volumes<D: Docker>(bench: &Bench<D>) {
    let mut spec = bench.spec("one", &SLEEPER);
    spec.labels.insert("alertdeck.test-kind".into(), "a b=c".into());
    let one = bench.docker.create(&spec).await.unwrap();
    let two = bench.create("two", &SLEEPER).await;
    let found = async |more: &[(&str, &str)]| {
        let mut labels = bench.labels();
        labels.extend(more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        let found = bench.docker.containers(&labels).await.unwrap();
        found.into_iter().map(|container| container.id).collect::<Vec<_>>()
    };
    assert_eq!(found(&[]).await, [one.clone(), two], "by name");
    assert_eq!(found(&[("alertdeck.test-kind", "a b=c")]).await, std::slice::from_ref(&one));
    assert_eq!(found(&[("alertdeck.test-kind", "")]).await, [one], "any value");
    assert!(found(&[("alertdeck.test-kind", "other")]).await.is_empty());
    bench.docker.create_volume(&bench.name("v"), &bench.labels()).await.unwrap();
    let volumes = bench.docker.volumes(&bench.labels()).await.unwrap();
    assert_eq!(volumes.len(), 1);
    assert_eq!((volumes[0].name.clone(), volumes[0].labels.clone()), (bench.name("v"), bench.labels()));
    let other = Labels::from([(RUN.to_owned(), "another".to_owned())]);
    assert!(bench.docker.volumes(&other).await.unwrap().is_empty());
}

pub(crate) async fn a_network_is_there_or_not<D: Docker>(bench: &Bench<D>) {
    assert!(bench.docker.has_network("bridge").await.unwrap());
    assert!(!bench.docker.has_network(&format!("no-{}", bench.run)).await.unwrap());
}
