//! What an engine says about itself and about a container, in our own words. The engine's own types stop in
//! `engine::docker`; everything else, tests included, works on these.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::environment::EnvName;
use crate::domain::label::{self, Labels};
use crate::domain::plan::ReleaseNumber;
use crate::domain::remote::Timestamp;
use crate::domain::text::sanitise;

/// The engine behind an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EngineInfo {
    /// Its own id, which tells two engines behind one endpoint apart.
    pub id: String,
    /// Its version, such as `20.10.24`.
    pub version: String,
    /// The newest API version it speaks.
    pub api: String,
    /// Its own clock, to compare with ours.
    pub time: Option<Timestamp>,
}

/// An image that is on the engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Image {
    /// Its id, `sha256:…`.
    pub id: String,
    /// The user whom its containers run as, such as `elastalert` or `1000:1000`; empty is root.
    pub user: String,
}

/// The id of a container, 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ContainerId(pub String);

impl ContainerId {
    /// The twelve digits that people use.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl fmt::Display for ContainerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())
    }
}

/// What state a container is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum ContainerState {
    /// Made, never started.
    Created,
    /// Running; says nothing about `ElastAlert`.
    Running,
    /// Frozen.
    Paused,
    /// The engine is about to start it again.
    Restarting,
    /// Stopped.
    Exited {
        /// Exit code of its first process.
        code: i64,
        /// Killed because memory ran out.
        out_of_memory: bool,
    },
    /// Half removed.
    Dead,
}

impl ContainerState {
    /// Whether any process of it may be alive.
    pub fn is_alive(self) -> bool {
        matches!(self, Self::Running | Self::Paused | Self::Restarting)
    }
}

impl fmt::Display for ContainerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Created => f.write_str("created"),
            Self::Running => f.write_str("running"),
            Self::Paused => f.write_str("paused"),
            Self::Restarting => f.write_str("restarting"),
            Self::Exited { out_of_memory: true, .. } => f.write_str("killed, out of memory"),
            Self::Exited { code, .. } => write!(f, "exited with {code}"),
            Self::Dead => f.write_str("dead"),
        }
    }
}

/// When the engine starts a container again by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestartPolicy {
    /// Never.
    No,
    /// Always, even after it was stopped by hand and the engine was restarted.
    Always,
    /// Always, unless it was stopped by hand.
    UnlessStopped,
    /// When it failed, at most so often.
    OnFailure {
        /// 0 is without limit.
        retries: i64,
    },
}

impl fmt::Display for RestartPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::No => f.write_str("no"),
            Self::Always => f.write_str("always"),
            Self::UnlessStopped => f.write_str("unless-stopped"),
            Self::OnFailure { retries } => write!(f, "on-failure:{retries}"),
        }
    }
}

/// One thing mounted in a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mount {
    /// Name of the volume, or path on the engine's host for a bind mount.
    pub source: String,
    /// Path in the container.
    pub target: String,
    /// Whether the container cannot write to it.
    pub read_only: bool,
    /// Whether `source` is a volume.
    pub volume: bool,
}

/// A container as list and inspect show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Container {
    /// Its id.
    pub id: ContainerId,
    /// Its name, without the leading `/`.
    pub name: String,
    /// The image as it was named at creation.
    pub image: String,
    /// The id of that image.
    pub image_id: String,
    /// State.
    pub state: ContainerState,
    /// Labels.
    pub labels: Labels,
    /// When it was last started.
    pub started_at: Option<Timestamp>,
    /// How often the engine started it again.
    pub restart_count: i64,
    /// When the engine starts it again.
    pub restart_policy: RestartPolicy,
    /// Its first process, as the engine's host numbers it; `None` when it does not run.
    pub pid: Option<i64>,
    /// What is mounted.
    pub mounts: Vec<Mount>,
    /// Whether it removes itself when it stops, and so cannot be put back.
    pub removes_itself: bool,
    /// Whether its output is a terminal, and so not split into stdout and stderr.
    pub tty: bool,
}

impl Container {
    /// The environment it belongs to, if its labels say so.
    pub fn environment(&self) -> Option<EnvName> {
        self.labels.get(label::ENVIRONMENT).and_then(|name| name.parse().ok())
    }

    /// The release that made it, if its labels say so.
    pub fn release(&self) -> Option<ReleaseNumber> {
        self.labels.get(label::RELEASE).and_then(|number| number.parse().ok())
    }

    /// From when on what it says belongs to its present life. An engine notes the start a few milliseconds after the
    /// first output may be there, and waits at least 100 ms before it starts something again.
    pub fn life_began(&self) -> Option<Timestamp> {
        self.started_at?.checked_sub(std::time::Duration::from_millis(90)).ok()
    }

    /// How many rules it was given, if its labels say so.
    pub fn rule_count(&self) -> Option<usize> {
        self.labels.get(label::RULE_COUNT).and_then(|count| count.parse().ok())
    }

    /// Which rules it was given, if its labels say that it was not given all.
    pub fn partial(&self) -> Option<&str> {
        self.labels.get(label::PARTIAL).map(String::as_str)
    }

    /// Which values it was given by hand, if its labels say so.
    pub fn set_by_hand(&self) -> Option<&str> {
        self.labels.get(label::SET).map(String::as_str)
    }

    /// Its name, and what it was given by hand.
    pub fn described(&self) -> String {
        let said = [("partial", self.partial()), ("set", self.set_by_hand())];
        said.into_iter().fold(self.name.clone(), |text, (word, said)| match said {
            Some(said) => format!("{text} ({word}: {})", sanitise(said.as_bytes())),
            None => text,
        })
    }

    /// Whether its labels say that it has this role.
    pub fn has_role(&self, role: &str) -> bool {
        self.labels.get(label::ROLE).is_some_and(|found| found == role)
    }
}

/// The container that stands for an environment now: a living one first, else the one of the newest release. Only
/// those whose labels say that they run `ElastAlert` count.
pub fn current(containers: &[Container]) -> Option<&Container> {
    containers
        .iter()
        .filter(|container| container.has_role(label::role::ELASTALERT))
        .max_by_key(|container| (container.state.is_alive(), container.release()))
}
