//! An environment: a named target with its guard, its place in the pipeline, where and how it is deployed and what
//! its gate asks for. The values of its layers are in `layer`, how it is read from files in `workspace`.

pub mod fields;
pub mod file;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

use crate::domain::problem::Problem;

/// The name of an environment: `[A-Za-z0-9][A-Za-z0-9_.-]*`, case kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvName(Arc<str>);

impl EnvName {
    /// The environment whose layers every other one stands on.
    pub const DEFAULT: &'static str = "Default";

    /// The environment `Default`.
    pub fn default_environment() -> Self {
        Self(Self::DEFAULT.into())
    }

    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in the lower case that the names of containers and volumes take.
    pub fn slug(&self) -> String {
        self.0.to_lowercase()
    }
}

impl FromStr for EnvName {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let ok = text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
        if ok {
            Ok(Self(text.into()))
        } else {
            Err(Problem::new(
                "environment.name",
                format!("`{}` cannot name an environment", text.escape_debug()),
            )
            .why("a name begins with a letter or digit and goes on with those, `_`, `.` or `-`"))
        }
    }
}

impl Serialize for EnvName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for EnvName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How careful the console is in an environment, from least to most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guard {
    /// Changes run at once.
    Open,
    /// Changes ask yes or no.
    #[default]
    Confirm,
    /// Changes ask for the name of the environment.
    TypeName,
    /// Changes are refused.
    ReadOnly,
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Confirm => "confirm",
            Self::TypeName => "type-name",
            Self::ReadOnly => "read-only",
        })
    }
}

/// Where an engine listens: `unix:///var/run/docker.sock`, `tcp://host:2375`. Shown before every change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Endpoint(pub String);

impl Endpoint {
    /// The command with which a person speaks to that engine: `docker`, with the engine where it is not the usual one.
    pub fn docker_command(&self) -> String {
        match self.0.as_str() {
            "unix:///var/run/docker.sock" | "npipe:////./pipe/docker_engine" => "docker".to_owned(),
            other => format!("docker -H {other}"),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where the three folders are mounted in the container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mounts {
    /// Rendered `config/`, read-only.
    pub config: String,
    /// Rendered `rules/`, read-only.
    pub rules: String,
    /// Logs, kept over releases.
    pub logs: String,
}

impl Default for Mounts {
    /// The places that the deploy procedure before alertdeck used.
    fn default() -> Self {
        Self { config: "/opt/config".into(), rules: "/opt/rules".into(), logs: "/opt/logs".into() }
    }
}

/// What is run where. Tokens in its texts are already replaced; secrets cannot stand in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Target {
    /// The engine as the workspace names it; `None`: `DOCKER_HOST`, `DOCKER_CONTEXT` or the current context.
    pub docker: Option<Endpoint>,
    /// The image; `None` when neither the target nor the token `IMAGE_ID` names one.
    pub image: Option<String>,
    /// A build context for that image, relative to the workspace root.
    pub build: Option<String>,
    /// The container's network mode.
    pub network: Option<String>,
    /// Where the folders are mounted.
    pub mounts: Mounts,
    /// The user in the container; `None`: the image's.
    pub user: Option<String>,
    /// The entry point; `None`: the image's.
    pub entrypoint: Option<Vec<String>>,
    /// The command; `None`: the image's.
    pub command: Option<Vec<String>>,
    /// Variables on top of those that every deploy sets.
    pub env: BTreeMap<String, String>,
    /// Capabilities added to the engine's default set.
    pub cap_add: Vec<String>,
}

/// What the gate of a deploy asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateSettings {
    /// How long the same process must live, counted from the end of loading.
    pub stable: Duration,
    /// How long all of it may take.
    pub deadline: Duration,
}

impl Default for GateSettings {
    fn default() -> Self {
        Self { stable: Duration::from_secs(10), deadline: Duration::from_secs(60) }
    }
}

/// The search engine as this machine reaches it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SearchSettings {
    /// Base URL; default: `es_host`, `es_port` and `use_ssl` of the rendered `elastalert.yaml`.
    pub url: Option<String>,
    /// The writeback index; default: `writeback_index` of the rendered `elastalert.yaml`.
    pub index: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_environments_are_plain() {
        for good in ["CI", "Production", "eu-west.1", "9_a"] {
            assert_eq!(good.parse::<EnvName>().unwrap().as_str(), good);
        }
        for bad in ["", ".hidden", "-x", "a b", "a/b", "Überall", "a\u{1b}[2J"] {
            assert_eq!(bad.parse::<EnvName>().unwrap_err().code, "environment.name", "{bad:?}");
        }
    }

    #[test]
    fn guards_are_ordered_by_care() {
        assert!(Guard::Open < Guard::Confirm && Guard::TypeName < Guard::ReadOnly);
    }
}
