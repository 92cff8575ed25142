//! What an engine sends for longer than one answer: logs, events, the progress of a pull, archives. A stream ends after
//! its first problem. A silent stream is no problem by itself: whoever waits for one knows how long it may be silent.

use std::time::Duration;

use bollard::container::LogOutput;
use bollard::models::EventMessage;
use bollard::query_parameters::{
    CreateImageOptions, DownloadFromContainerOptions, EventsOptions, LogsOptions,
};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};

use super::{QUICK, RealDocker, SLOW, convert, failure};
use crate::domain::container::ContainerId;
use crate::domain::label::Labels;
use crate::domain::log::Since;
use crate::domain::problem::{Problem, code};
use crate::domain::remote::Timestamp;
use crate::domain::text::sanitise;
use crate::engine::{Chunk, EngineEvent};

/// What is worth looking again for. Never `top` or `exec_*`: we make those ourselves.
const ACTIONS: [&str; 14] = [
    "create",
    "start",
    "die",
    "stop",
    "kill",
    "oom",
    "destroy",
    "pause",
    "unpause",
    "rename",
    "restart",
    "update",
    "health_status",
    "died",
];

impl RealDocker {
    pub(super) fn log_stream(
        &self,
        id: &ContainerId,
        since: Since,
        follow: bool,
    ) -> impl Stream<Item = Result<Chunk, Problem>> + Send + 'static {
        let what = format!("cannot read the log of container {id}");
        let (since, tail) = match since {
            Since::Beginning => (0, "all".to_owned()),
            Since::Tail(lines) => (0, lines.to_string()),
            // The library sends whole seconds, and those in 32 bits.
            Since::Time(at) => (i32::try_from(at.as_second().max(0)).unwrap_or(i32::MAX), "all".to_owned()),
        };
        let options = LogsOptions {
            follow,
            stdout: true,
            stderr: true,
            since,
            timestamps: true,
            tail,
            ..LogsOptions::default()
        };
        let endpoint = self.endpoint.clone();
        let id = id.0.clone();
        // A following stream may be silent for hours, one that is read to its end may not.
        let limit = if follow { None } else { Some(SLOW) };
        from_client(self, what.clone(), limit, move |client| {
            client.with_timeout(QUICK).logs(&id, Some(options)).boxed()
        })
        .map(move |item| match item? {
            Ok(output) => {
                let stderr = matches!(output, LogOutput::StdErr { .. });
                Ok(Chunk { stderr, bytes: output.into_bytes().to_vec() })
            }
            Err(error) => Err(failure::problem(&endpoint, what.clone(), &error)),
        })
    }

    pub(super) fn event_stream(
        &self,
        labels: &Labels,
        since: Option<Timestamp>,
    ) -> impl Stream<Item = Result<EngineEvent, Problem>> + Send + 'static {
        let what = "cannot listen to the engine's events";
        let options = EventsOptions {
            since: since.map(|at| format!("{}.{:09}", at.as_second(), at.subsec_nanosecond())),
            filters: Some(
                [
                    ("type".to_owned(), vec!["container".to_owned()]),
                    ("label".to_owned(), convert::filter(labels)),
                    ("event".to_owned(), ACTIONS.map(str::to_owned).to_vec()),
                ]
                .into(),
            ),
            ..EventsOptions::default()
        };
        let endpoint = self.endpoint.clone();
        from_client(self, what.to_owned(), None, move |client| {
            client.with_timeout(QUICK).events(Some(options)).boxed()
        })
        .filter_map(move |item| {
            let item = match item {
                Ok(Ok(message)) => event(message).map(Ok),
                Ok(Err(error)) => Some(Err(failure::problem(&endpoint, what, &error))),
                Err(problem) => Some(Err(problem)),
            };
            std::future::ready(item)
        })
    }

    pub(super) fn pull_stream(
        &self,
        reference: &str,
    ) -> impl Stream<Item = Result<String, Problem>> + Send + 'static {
        let what = format!("cannot pull image {}", sanitise(reference.as_bytes()));
        let options =
            CreateImageOptions { from_image: Some(tagged(reference)), ..CreateImageOptions::default() };
        let endpoint = self.endpoint.clone();
        from_client(self, what.clone(), Some(SLOW), move |client| {
            client.create_image(Some(options), None, None).boxed()
        })
        .map(move |item| match item? {
            Ok(info) => {
                let mut line = info.status.unwrap_or_default();
                if let Some(id) = info.id {
                    line = format!("{id}: {line}");
                }
                if let Some((current, total)) =
                    info.progress_detail.and_then(|detail| detail.current.zip(detail.total))
                    && total > 0
                {
                    line = format!("{line} {} %", current.saturating_mul(100) / total);
                }
                Ok(sanitise(line.as_bytes()))
            }
            Err(error) => Err(failure::problem(&endpoint, what.clone(), &error)
                .hint("is the name right, and may this machine fetch it? `docker pull` asks the same")),
        })
    }

    pub(super) async fn archive(
        &self,
        id: &ContainerId,
        path: &str,
        limit: usize,
    ) -> Result<Vec<u8>, Problem> {
        let client = self.client()?;
        let what = format!("cannot read {} of container {id}", sanitise(path.as_bytes()));
        let options = DownloadFromContainerOptions { path: path.to_owned() };
        let read = async {
            let mut archive = Vec::new();
            let mut stream = client.download_from_container(&id.0, Some(options)).boxed();
            while let Some(piece) = stream.try_next().await? {
                if archive.len() + piece.len() > limit {
                    return Ok(None);
                }
                archive.extend_from_slice(&piece);
            }
            Ok(Some(archive))
        };
        self.call(SLOW, &what, read).await?.ok_or_else(|| {
            Problem::new(code::ENGINE_REFUSED, what).why(format!("it is larger than {limit} bytes"))
        })
    }
}

/// A stream of the client library's items, which ends after the first problem, ours or the engine's. With a limit, no
/// item may take longer than that.
fn from_client<T: Send + 'static>(
    docker: &RealDocker,
    what: String,
    limit: Option<Duration>,
    open: impl FnOnce(bollard::Docker) -> stream::BoxStream<'static, Result<T, bollard::errors::Error>>,
) -> impl Stream<Item = Result<Result<T, bollard::errors::Error>, Problem>> + Send + 'static {
    let endpoint = docker.endpoint.clone();
    let opened = match docker.client() {
        Ok(client) => open(client).map(Ok).boxed(),
        Err(problem) => stream::once(std::future::ready(Err(problem))).boxed(),
    };
    stream::unfold(Some(opened), move |state| {
        let (endpoint, what) = (endpoint.clone(), what.clone());
        async move {
            let mut items = state?;
            let item = match limit {
                None => items.next().await,
                Some(limit) => match tokio::time::timeout(limit, items.next()).await {
                    Ok(item) => item,
                    Err(_elapsed) => Some(Err(failure::late(&endpoint, what, limit))),
                },
            }?;
            let more = matches!(item, Ok(Ok(_)));
            Some((item, more.then_some(items)))
        }
    })
}

fn event(message: EventMessage) -> Option<EngineEvent> {
    let nanoseconds = message.time_nano.or_else(|| message.time?.checked_mul(1_000_000_000))?;
    Some(EngineEvent {
        id: ContainerId(sanitise(message.actor?.id?.as_bytes())),
        action: sanitise(message.action?.as_bytes()),
        at: Timestamp::from_nanosecond(nanoseconds.into()).ok()?,
    })
}

/// A reference with a tag: without one an engine fetches every tag there is.
fn tagged(reference: &str) -> String {
    let name = reference.rsplit('/').next().unwrap_or(reference);
    if name.contains([':', '@']) { reference.to_owned() } else { format!("{reference}:latest") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_without_a_tag_is_not_every_tag() {
        assert_eq!(tagged("elastalert"), "elastalert:latest");
        assert_eq!(tagged("host:5000/elastalert"), "host:5000/elastalert:latest");
        assert_eq!(tagged("host:5000/elastalert:2"), "host:5000/elastalert:2");
        assert_eq!(tagged("elastalert@sha256:00"), "elastalert@sha256:00");
    }
}
