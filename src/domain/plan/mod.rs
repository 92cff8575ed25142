//! What a deploy would do, as a value: the changes, the steps with their risks, what makes it impossible, and the
//! fingerprint of the world it was made from. A screen, the `plan` verb and a test read the very same plan, and a
//! deploy carries out exactly the one that was confirmed. It never holds a secret.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::by_hand::ByHand;
use crate::domain::container::Container;
use crate::domain::environment::{Endpoint, EnvName, GateSettings, Guard, Mounts};
use crate::domain::journal::{GitState, Kind};
use crate::domain::label::Labels;
use crate::domain::problem::Problem;

pub use make::{Desired, Network, Observed, Options, locked, make, network, no_network};
pub use setup::{variables, variables_with};

mod make;
#[cfg(test)]
mod make_tests;
mod setup;

/// How many releases of an environment are kept, the current one among them.
pub const KEPT_RELEASES: usize = 5;

/// The number of a release; the first one is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReleaseNumber(pub u32);

impl fmt::Display for ReleaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for ReleaseNumber {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// The steps of a deploy, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The image is there, or is pulled.
    Image,
    /// The lock of the environment is taken.
    Lock,
    /// New volumes are made and filled; nothing that lives is touched.
    Stage,
    /// `ElastAlert` of the image tries to load what was laid out; left out where the check is.
    Preflight,
    /// The new container is created, not started.
    Create,
    /// The old container is stopped, and proven to be.
    Stop,
    /// The new one is started.
    Start,
    /// `ElastAlert` in it is watched until it is proven.
    Gate,
    /// The new one is made permanent, and what is too old removed.
    Keep,
    /// After a failure: the old one is started again and proven.
    PutBack,
}

impl Step {
    /// Its name, as screens and JSON show it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Lock => "lock",
            Self::Stage => "stage",
            Self::Preflight => "preflight",
            Self::Create => "create",
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Gate => "gate",
            Self::Keep => "keep",
            Self::PutBack => "put back",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A step of a plan and what it would do here, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedStep {
    /// Which step.
    pub step: Step,
    /// What it would do: `stop elastalert-ci-3 (running since 2 h)`.
    pub what: String,
}

/// What the world looked like when the plan was made. A deploy is refused when it no longer looks so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fingerprint {
    /// The engine's id.
    pub engine: String,
    /// The id of the container that would be replaced.
    pub container: Option<String>,
    /// The hash of the rendering, secrets left out.
    pub rendering: String,
}

/// How a container is to be created; everything but its files, which come from volumes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerSpec {
    /// `<workspace>-<environment>-<n>`.
    pub name: String,
    /// Image reference.
    pub image: String,
    /// Variables; no secret stands here.
    pub env: BTreeMap<String, String>,
    /// Labels.
    pub labels: Labels,
    /// Volume name by path in the container, and whether it is read-only.
    pub volumes: Vec<VolumeMount>,
    /// Network mode.
    pub network: Option<String>,
    /// User; `None`: the image's.
    pub user: Option<String>,
    /// Entry point; `None`: the image's, empty: none.
    pub entrypoint: Option<Vec<String>>,
    /// Command; `None`: the image's.
    pub command: Option<Vec<String>>,
    /// Added capabilities.
    pub cap_add: Vec<String>,
}

/// A volume and where it is mounted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeMount {
    /// Name of the volume.
    pub volume: String,
    /// Path in the container.
    pub target: String,
    /// Whether the container can only read it.
    pub read_only: bool,
    /// Labels of the volume where creating the container makes it; one that is there keeps its own.
    pub labels: Labels,
}

/// How many files a deploy changes, for a line that tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeCount {
    /// Files that differ.
    pub changed: usize,
    /// Rules whose file has another path.
    pub renamed: usize,
    /// Files that are new.
    pub added: usize,
    /// Files that are gone.
    pub removed: usize,
}

impl ChangeCount {
    /// Whether there is any change.
    pub fn any(self) -> bool {
        self.changed + self.renamed + self.added + self.removed > 0
    }
}

/// What a deploy of one environment would do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// The environment.
    pub environment: EnvName,
    /// What it deploys: the workspace, or what a release had.
    #[serde(flatten)]
    pub kind: Kind,
    /// How careful to be.
    pub guard: Guard,
    /// The engine it would happen on.
    pub endpoint: Endpoint,
    /// The release it would make.
    pub release: ReleaseNumber,
    /// The container that would be replaced.
    pub previous: Option<Container>,
    /// The container that would be created.
    pub container: ContainerSpec,
    /// Where its folders are mounted.
    pub mounts: Mounts,
    /// What the gate asks for.
    pub gate: GateSettings,
    /// How many rule files the loader must report.
    pub expected_rules: usize,
    /// What would be done, in order.
    pub steps: Vec<PlannedStep>,
    /// How many files change against what runs; the diff itself travels beside the plan.
    pub changes: ChangeCount,
    /// Why it cannot be carried out as it is: errors of the check, missing secrets, a foreign container.
    pub obstacles: Vec<Problem>,
    /// What the person should know before the answer: added capabilities, a container that cannot be put back.
    pub warnings: Vec<Problem>,
    /// What was asked for beside the workspace.
    pub by_hand: ByHand,
    /// The state of the repository that it was made from, where it is one.
    pub revision: Option<GitState>,
    /// What the world looked like.
    pub fingerprint: Fingerprint,
    /// What runs is already what would be deployed.
    pub nothing_to_do: bool,
}

/// `<workspace>-<environment>-<n>`, the name of a container; the volumes of a release add `-config` and `-rules`.
pub fn object_name(workspace: &str, environment: &EnvName, release: ReleaseNumber) -> String {
    format!("{workspace}-{}-{release}", environment.slug())
}

/// The name of an environment's lock container.
pub fn lock_name(workspace: &str, environment: &EnvName) -> String {
    format!("{workspace}-{}-lock", environment.slug())
}

/// The name of an environment's logs volume, kept over releases.
pub fn logs_name(workspace: &str, environment: &EnvName) -> String {
    format!("{workspace}-{}-logs", environment.slug())
}

/// The name of an environment's state volume, which holds its journal and its stored releases, and of the container
/// that is never started and through which it is read.
pub fn state_name(workspace: &str, environment: &EnvName) -> String {
    format!("{workspace}-{}-state", environment.slug())
}
