//! Logs and events: what comes piece by piece, with the engine's own times. A piece is not a line, so the cases look
//! at the joined bytes of each channel.

use std::pin::pin;
use std::time::Duration;

use alertdeck::domain::container::ContainerId;
use alertdeck::domain::log::Since;
use alertdeck::domain::remote::Timestamp;
use alertdeck::engine::Docker;
use futures_util::StreamExt as _;

use super::{Bench, SLEEPER, SPEAKER};

/// The lines of a log so far: whether from standard error, when, what.
async fn lines<D: Docker>(
    docker: &D,
    id: &ContainerId,
    since: Since,
    follow: bool,
) -> Vec<(bool, Timestamp, String)> {
    let mut channels = [Vec::new(), Vec::new()];
    let mut stream = pin!(docker.logs(id, since, follow));
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.unwrap();
        channels[usize::from(chunk.stderr)].extend(chunk.bytes);
    }
    let mut lines = Vec::new();
    for (channel, bytes) in channels.into_iter().enumerate() {
        for line in String::from_utf8(bytes).unwrap().lines() {
            let (at, text) = line.split_once(' ').unwrap();
            lines.push((channel == 1, at.parse().unwrap(), text.to_owned()));
        }
    }
    lines
}

fn texts(lines: &[(bool, Timestamp, String)]) -> Vec<(bool, &str)> {
    lines.iter().map(|(stderr, _, text)| (*stderr, text.as_str())).collect()
}

pub(crate) async fn a_log_is_split_and_carries_times<D: Docker>(bench: &Bench<D>) {
    let id = bench.create("log", &SPEAKER).await;
    assert!(lines(&bench.docker, &id, Since::Beginning, false).await.is_empty(), "nothing was said yet");
    bench.docker.start(&id).await.unwrap();
    let container = bench.exited(&id).await;
    let said = lines(&bench.docker, &id, Since::Beginning, false).await;
    assert_eq!(texts(&said), [(false, "out"), (true, "err")]);
    let started = container.started_at.unwrap();
    for (_, at, text) in &said {
        let seconds = at.as_second() - started.as_second();
        assert!((-1..30).contains(&seconds), "{text} at {at}, started at {started}");
    }
}

pub(crate) async fn a_log_goes_on_over_a_restart<D: Docker>(bench: &Bench<D>) {
    let id = bench.create("relog", &SPEAKER).await;
    bench.docker.start(&id).await.unwrap();
    bench.exited(&id).await;
    bench.docker.start(&id).await.unwrap();
    bench.exited(&id).await;
    let said = lines(&bench.docker, &id, Since::Beginning, false).await;
    assert_eq!(texts(&said), [(false, "out"), (false, "out"), (true, "err"), (true, "err")]);
    let last = said.iter().map(|(_, at, _)| *at).max().unwrap();
    let later = last.saturating_add(Duration::from_secs(2)).unwrap();
    assert!(lines(&bench.docker, &id, Since::Time(later), false).await.is_empty());
    assert!(
        !lines(&bench.docker, &id, Since::Time(last), false).await.is_empty(),
        "that time itself belongs to it"
    );
}

pub(crate) async fn a_tail_is_that_many_lines<D: Docker>(bench: &Bench<D>) {
    let id = bench.create("tail", &SPEAKER).await;
    bench.docker.start(&id).await.unwrap();
    bench.exited(&id).await;
    assert_eq!(lines(&bench.docker, &id, Since::Tail(1), false).await.len(), 1);
    assert_eq!(lines(&bench.docker, &id, Since::Tail(50), false).await.len(), 2);
    assert_eq!(lines(&bench.docker, &id, Since::Tail(0), false).await.len(), 0);
}

pub(crate) async fn following_ends_with_the_container<D: Docker>(bench: &Bench<D>) {
    let id = bench.create("follow", &SLEEPER).await;
    assert!(lines(&bench.docker, &id, Since::Beginning, true).await.is_empty(), "nothing to wait for");
    bench.docker.start(&id).await.unwrap();
    let follow = lines(&bench.docker, &id, Since::Beginning, true);
    let stop = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        bench.docker.stop(&id, Duration::from_secs(5)).await.unwrap();
    };
    let both = async { tokio::join!(follow, stop) };
    let (said, ()) =
        tokio::time::timeout(Duration::from_secs(20), both).await.expect("it ends with the container");
    assert!(said.is_empty());
    let speaker = bench.create("speaker", &SPEAKER).await;
    bench.docker.start(&speaker).await.unwrap();
    bench.exited(&speaker).await;
    let said = lines(&bench.docker, &speaker, Since::Beginning, true).await;
    assert_eq!(texts(&said), [(false, "out"), (true, "err")], "an ended one gives what there is, and ends");
}

/// The actions of one container until its `destroy`.
async fn actions<D: Docker>(bench: &Bench<D>, since: Option<Timestamp>, id: &ContainerId) -> Vec<String> {
    let mut events = pin!(bench.docker.events(&bench.labels(), since));
    let mut actions = Vec::new();
    let listen = async {
        while let Some(event) = events.next().await {
            let event = event.unwrap();
            if event.id == *id {
                actions.push(event.action);
                if actions.last().is_some_and(|action| action == "destroy") {
                    break;
                }
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), listen).await.expect("the end is told");
    actions
}

async fn live<D: Docker>(bench: &Bench<D>, name: &str) -> ContainerId {
    let id = bench.create(name, &SLEEPER).await;
    bench.docker.start(&id).await.unwrap();
    bench.docker.stop(&id, Duration::from_secs(5)).await.unwrap();
    id
}

pub(crate) async fn events_tell_the_life_of_ours_only<D: Docker>(bench: &Bench<D>) {
    let mut foreign = bench.spec("foreign", &SLEEPER);
    foreign.labels = [(super::RUN.to_owned(), format!("{}-foreign", bench.run))].into();
    let mut events = pin!(bench.docker.events(&bench.labels(), None));
    let watch = async {
        let mut seen = Vec::new();
        while let Some(event) = events.next().await {
            let event = event.unwrap();
            seen.push(event.clone());
            if event.action == "destroy" {
                break;
            }
        }
        seen
    };
    let act = async {
        // The stream is asked for when it is first waited for.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let foreign = bench.docker.create(&foreign).await.unwrap();
        bench.docker.remove(&foreign).await.unwrap();
        let id = live(bench, "ours").await;
        bench.docker.remove(&id).await.unwrap();
        id
    };
    let both = async { tokio::join!(watch, act) };
    let (seen, id) = tokio::time::timeout(Duration::from_secs(20), both).await.expect("the end is told");
    assert!(seen.iter().all(|event| event.id == id), "{seen:?}");
    let told: Vec<&str> = seen.iter().map(|event| event.action.as_str()).collect();
    for action in ["create", "start", "die", "stop", "destroy"] {
        assert!(told.contains(&action), "{action} is not among {told:?}");
    }
    assert!(seen.windows(2).all(|pair| pair[0].at <= pair[1].at), "in order");
}

pub(crate) async fn events_since_a_time_are_told_again<D: Docker>(bench: &Bench<D>) {
    let since = bench.docker.info().await.unwrap().time.unwrap();
    let id = live(bench, "past").await;
    bench.docker.remove(&id).await.unwrap();
    let told = actions(bench, Some(since), &id).await;
    assert_eq!(told.first().map(String::as_str), Some("create"), "{told:?}");
    assert!(told.iter().any(|action| action == "start"), "{told:?}");
}
