//! What the fake world promises to those who test on it: one state behind all clones, time that follows tokio's, and
//! the faults that a test arranges. How it answers is the contract suite's business.

use std::time::Duration;

use futures_util::StreamExt as _;

use crate::domain::container::{ContainerState, RestartPolicy};
use crate::domain::label::Labels;
use crate::domain::log::Since;
use crate::domain::plan::{ContainerSpec, VolumeMount};
use crate::domain::problem::code;
use crate::engine::{Docker, World};

use super::*;

fn world() -> FakeWorld {
    FakeWorld::new("2026-01-02T03:04:05Z".parse().unwrap())
}

fn spec(name: &str, command: &[&str]) -> ContainerSpec {
    ContainerSpec {
        name: name.into(),
        image: "debian".into(),
        env: BTreeMap::new(),
        labels: Labels::from([("test".into(), "yes".into())]),
        volumes: vec![VolumeMount {
            volume: "v".into(),
            target: "/data".into(),
            read_only: false,
            labels: Labels::from([("test".into(), "volume".into())]),
        }],
        network: None,
        user: None,
        entrypoint: None,
        command: Some(command.iter().map(|&word| word.to_owned()).collect()),
        cap_add: Vec::new(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_container_lives_as_long_as_its_program() {
    let docker = world().default_engine();
    docker.put_image("debian", "", "");
    let id = docker.create(&spec("a", &["sleep", "60"])).await.unwrap();
    let state = |docker: &FakeDocker| docker.all()[0].state;
    assert_eq!(state(&docker), ContainerState::Created);
    docker.start(&id).await.unwrap();
    assert_eq!(docker.processes(&id).await.unwrap().processes[1].args, "sleep 60");
    assert_eq!(docker.remove(&id).await.unwrap_err().code, code::ENGINE_REFUSED);
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert_eq!(state(&docker), ContainerState::Exited { code: 0, out_of_memory: false });
    assert_eq!(docker.processes(&id).await.unwrap_err().code, code::ENGINE_REFUSED);
    docker.remove(&id).await.unwrap();
    assert!(docker.all().is_empty());
    docker.remove_volume("v").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_log_is_followed_to_the_end_of_the_container() {
    let docker = world().default_engine();
    docker.put_image("debian", "", "");
    let id = docker.create(&spec("a", &["sh", "-c", "echo out; echo err >&2; exit 3"])).await.unwrap();
    docker.start(&id).await.unwrap();
    let chunks: Vec<_> = docker.logs(&id, Since::Beginning, true).map(Result::unwrap).collect().await;
    let texts: Vec<String> =
        chunks.iter().map(|chunk| String::from_utf8_lossy(&chunk.bytes).into_owned()).collect();
    assert_eq!(texts, ["2026-01-02T03:04:05.005000000Z out\n", "2026-01-02T03:04:05.005000000Z err\n"]);
    assert_eq!((chunks[0].stderr, chunks[1].stderr), (false, true));
}

#[tokio::test(start_paused = true)]
async fn a_container_that_dies_comes_back_by_its_policy_and_not_after_a_stop() {
    let docker = world().default_engine();
    docker.put_image("debian", "", "");
    let id = docker.create(&spec("a", &["sleep", "5"])).await.unwrap();
    docker.set_restart_policy(&id, &RestartPolicy::UnlessStopped).await.unwrap();
    docker.start(&id).await.unwrap();
    let events = docker.events(&Labels::new(), None);
    tokio::time::sleep(Duration::from_secs(7)).await;
    assert_eq!((docker.all()[0].restart_count, docker.all()[0].state), (1, ContainerState::Running));
    docker.stop(&id, Duration::from_secs(10)).await.unwrap();
    docker.restart();
    assert_eq!(docker.all()[0].state, ContainerState::Exited { code: 143, out_of_memory: false });
    let actions: Vec<String> = events.take(4).map(|event| event.unwrap().action).collect().await;
    assert_eq!(actions, ["create", "start", "die", "start"]);
}

#[tokio::test(start_paused = true)]
async fn faults_strike_where_they_were_set_and_an_unheard_call_was_done() {
    let world = world();
    let docker = world.default_engine();
    docker.put_image("debian", "", "");
    docker.fail(Fault::new(Call::Create, 1, Trouble::Unheard));
    let problem = docker.create(&spec("a", &["sleep", "5"])).await.unwrap_err();
    assert_eq!(problem.code, code::ENGINE_TIMEOUT);
    let again = docker.create(&spec("a", &["sleep", "5"])).await.unwrap_err();
    assert_eq!(again.code, code::ENGINE_CONFLICT);
    assert!(again.why[0].contains(&docker.all()[0].id.0));
    docker.go_down();
    assert_eq!(world.docker(None).unwrap().info().await.unwrap_err().code, code::ENGINE_UNREACHABLE);
    docker.come_up();
    docker.info().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn files_lie_in_the_volume_and_not_in_the_container() {
    let docker = world().default_engine();
    docker.put_image("debian", "", "app:x:1000:1000::/:/bin/sh\n");
    let id = docker.create(&spec("a", &["sleep", "5"])).await.unwrap();
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(2);
    header.set_mode(0o600);
    header.set_uid(1000);
    header.set_gid(1000);
    builder.append_data(&mut header, "sub/f.txt", &b"hi"[..]).unwrap();
    docker.upload(&id, "/data", builder.into_inner().unwrap()).await.unwrap();
    assert_eq!(docker.files_of("v").unwrap()["sub/f.txt"].bytes.as_deref(), Some(&b"hi"[..]));
    let archive = docker.download(&id, "/data/sub/f.txt", 10_000).await.unwrap();
    let mut archive = tar::Archive::new(archive.as_slice());
    let entry = archive.entries().unwrap().next().unwrap().unwrap();
    assert_eq!(entry.path().unwrap().to_str(), Some("f.txt"));
    let mut read_only = spec("b", &["sleep", "5"]);
    read_only.volumes[0].read_only = true;
    let reader = docker.create(&read_only).await.unwrap();
    assert_eq!(docker.upload(&reader, "/data", Vec::new()).await.unwrap_err().code, code::ENGINE_REFUSED);
    let passwd = docker.download(&id, "/etc/passwd", 10_000).await.unwrap();
    assert!(String::from_utf8_lossy(&passwd).contains("app:x:1000"));
}
