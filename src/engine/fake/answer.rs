//! Containers of the fake world being made, and commands that are run in them. What a command prints is said by a test;
//! what nobody says anything about is the preflight, which reads the rules that the container can see.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::domain::container::{ContainerId, Mount, RestartPolicy};
use crate::domain::plan::ContainerSpec;
use crate::domain::problem::{Problem, code};

use super::docker::{FakeDocker, missing};
use super::fault::Call;
use super::program::Launch;
use super::state::{FakeContainer, FakeVolume, Given};
use super::tree::Tree;

type Print = dyn Fn(&Launch, &[String]) -> Option<Vec<u8>> + Send + Sync;

/// Decides what commands print that are run in containers.
#[derive(Clone)]
pub struct Answer(Arc<Print>);

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer")
    }
}

impl Answer {
    /// An answer; it is `None` for a command that is none of its business.
    pub fn new(print: impl Fn(&Launch, &[String]) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(print))
    }
}

impl FakeDocker {
    /// Lets this decide what commands print; the newest that has an answer wins.
    pub fn put_answer(&self, answer: Answer) {
        self.change(|state, _| state.answers.push(answer));
    }

    pub(super) async fn create_as(
        &self,
        spec: &ContainerSpec,
        removes_itself: bool,
    ) -> Result<ContainerId, Problem> {
        self.call(Call::Create, &spec.name, |state, now| {
            let image = state.image(&spec.image).cloned().ok_or_else(|| {
                Problem::new(code::ENGINE_MISSING, format!("no image `{}` on the engine", spec.image))
            })?;
            if let Some(holder) = state.containers.iter().find(|found| found.given.name == spec.name) {
                return Err(Problem::new(
                    code::ENGINE_CONFLICT,
                    format!("the name `{}` is taken on the engine", spec.name),
                )
                .why(format!("container {} holds it", holder.id.0)));
            }
            for mount in &spec.volumes {
                state
                    .volumes
                    .entry(mount.volume.clone())
                    .or_insert_with(|| FakeVolume { labels: mount.labels.clone(), files: Tree::new() });
            }
            let id = state.new_id();
            let mounts = spec.volumes.iter().map(|mount| Mount {
                source: mount.volume.clone(),
                target: mount.target.clone(),
                read_only: mount.read_only,
                volume: true,
            });
            let given = Given {
                name: spec.name.clone(),
                image: spec.image.clone(),
                labels: spec.labels.clone(),
                env: spec.env.clone(),
                mounts: mounts.collect(),
                restart_policy: RestartPolicy::No,
                removes_itself,
                command: spec.command.clone().unwrap_or_default(),
            };
            let mut container = FakeContainer::new(id.clone(), given, &image);
            container.entrypoint.clone_from(&spec.entrypoint);
            container.user.clone_from(&spec.user);
            state.containers.push(container);
            state.note(&id, "create", now);
            Ok(id)
        })
        .await
    }

    pub(super) async fn answer(
        &self,
        id: &ContainerId,
        command: &[String],
        limit: usize,
        time: Duration,
    ) -> Result<Vec<u8>, Problem> {
        let printing = self.call(Call::Output, &id.0, |state, _| {
            let container = state.find(&id.0).ok_or_else(|| missing(&id.0))?;
            if !container.is_running() {
                let what = format!("cannot run a command in container {id}");
                return Err(Problem::new(code::ENGINE_REFUSED, what).why("it is not running"));
            }
            let id = container.id.clone();
            let launch = state.launch(&id).ok_or_else(|| missing(&id.0))?;
            let said = state.answers.iter().rev().find_map(|answer| (answer.0)(&launch, command));
            let mut printed = said.unwrap_or_else(|| launch.prints(command));
            printed.truncate(limit);
            Ok(printed)
        });
        tokio::time::timeout(time, printing).await.unwrap_or_else(|_elapsed| {
            Err(Problem::new(code::ENGINE_TIMEOUT, format!("a command in container {id} takes too long")))
        })
    }
}

impl Launch {
    /// What a command prints when no test says otherwise.
    fn prints(&self, command: &[String]) -> Vec<u8> {
        match command.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["sh", "-c", "echo out; echo err >&2; exit 3"] => b"out\n".to_vec(),
            ["sh", program, ..] if program.ends_with("preflight/run.sh") => self.preflight(),
            _ => Vec::new(),
        }
    }

    /// What a preflight prints here.
    fn preflight(&self) -> Vec<u8> {
        let config = self.env.get("ELASTALERT_CONFIG").map_or("/opt/config/elastalert.yaml", |path| path);
        let rules: Vec<(&str, Option<String>)> =
            self.rules().into_iter().map(|(path, bytes)| (path, Self::lack(bytes))).collect();
        let tried = |kind: &str, path: &str, lack: Option<&str>| {
            let error = lack.map(|lack| {
                json!({ "class": "EAException", "message": format!("'{lack}' is a required property") })
            });
            json!({
                "v": 1, "kind": kind, "path": path, "stage": "options", "error": error,
                "verdict": if lack.is_some() { "refused" } else { "loads" }, "skip_invalid_catches": true,
            })
        };
        let mut lines = vec![json!({ "v": 1, "kind": "image", "elastalert": "2.31.0" })];
        lines.push(tried("config", config, None));
        lines.extend(rules.iter().map(|(path, lack)| tried("rule", path, lack.as_deref())));
        let starts = rules.iter().all(|(_, lack)| lack.is_none());
        lines.push(json!({ "v": 1, "kind": "summary", "starts": starts, "complete": true }));
        lines.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect()
    }
}
