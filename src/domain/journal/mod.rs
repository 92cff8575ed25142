//! The journal of an environment: what each deploy wrote down on the engine as it went, one small entry at a time, and
//! nothing is ever written over. Folded, its entries are the history; a record without an end is a deploy that was cut
//! off, and says how far it had come. No secret stands in it: whatever is written was masked before.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::by_hand::ByHand;
use crate::domain::container::{Container, ContainerId, RestartPolicy};
use crate::domain::environment::{GateSettings, Mounts};
use crate::domain::plan::{ChangeCount, ContainerSpec, Plan, ReleaseNumber, Step};
use crate::domain::problem::Problem;
use crate::domain::progress::Verdict;
use crate::domain::remote::Timestamp;
use crate::domain::text::sanitise;

pub use record::{Record, fold};

mod record;

/// The version of the entries' format.
pub const SCHEMA: u32 = 1;

/// One thing that a deploy wrote down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The version of the format.
    pub schema: u32,
    /// When, by the clock of whoever wrote it.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Event {
    /// Somebody took the lock to do this.
    Begun(Box<Undertaking>),
    /// The step begins, and all before it are done.
    Step(StepBegun),
    /// It was cut off, and somebody goes on with it.
    Resumed(Resumption),
    /// Whoever does it still lives; the only entry that is written over.
    Alive,
    /// It came to its end.
    Ended(Box<Outcome>),
}

/// Somebody who goes on with what was cut off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resumption {
    /// Who, as a claim.
    pub by: String,
    /// What is made from now on carries this number.
    pub nonce: String,
    /// Which way.
    pub way: Way,
}

/// The ways to go on with a deploy that was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// To its end.
    Finish,
    /// Back to what ran before.
    PutBack,
}

/// What somebody set out to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Undertaking {
    /// Of which kind it is.
    #[serde(flatten)]
    pub kind: Kind,
    /// Who, as a claim.
    pub by: String,
    /// What it made on the engine carries this number.
    pub nonce: String,
    /// The state of the repository that it was made from, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<GitState>,
    /// How many files change against what ran.
    pub changes: ChangeCount,
    /// What was asked for beside the workspace.
    #[serde(flatten)]
    pub by_hand: ByHand,
    /// The hash of the rendering, secrets left out.
    pub rendering: String,
    /// The container that it creates.
    pub container: ContainerSpec,
    /// Where its folders are mounted.
    pub mounts: Mounts,
    /// What the gate asks for.
    pub gate: GateSettings,
    /// How many rules the loader must report.
    pub expected_rules: usize,
    /// The container that it replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Previous>,
}

impl Undertaking {
    /// What a plan sets out to do.
    pub fn of(plan: &Plan, by: &str, nonce: &str) -> Self {
        Self {
            kind: plan.kind,
            by: by.to_owned(),
            nonce: nonce.to_owned(),
            revision: plan.revision.clone(),
            changes: plan.changes,
            by_hand: plan.by_hand.clone(),
            rendering: plan.fingerprint.rendering.clone(),
            container: plan.container.clone(),
            mounts: plan.mounts.clone(),
            gate: plan.gate,
            expected_rules: plan.expected_rules,
            previous: plan
                .previous
                .as_ref()
                .map(|container| Previous { id: container.id.clone(), name: container.name.clone() }),
        }
    }
}

/// The kinds of undertakings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Kind {
    /// The workspace is deployed.
    Deploy,
    /// What a kept release had is deployed again.
    Rollback {
        /// The release.
        to: ReleaseNumber,
        /// Whether its files are those of its kept container, with the secrets that they had.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        as_it_was: bool,
    },
}

/// The state of the repository that a workspace lies in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitState {
    /// The commit, whole.
    pub commit: String,
    /// Whether files of the workspace differ from those of the commit.
    pub dirty: bool,
}

impl GitState {
    /// The commit as people write it, and a word where files differ from it.
    pub fn shown(&self) -> String {
        let commit = self.commit.get(..7).unwrap_or(&self.commit);
        if self.dirty { format!("{commit}, with edits") } else { commit.to_owned() }
    }
}

/// A container that is to be replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previous {
    /// Its id.
    pub id: ContainerId,
    /// Its name.
    pub name: String,
}

/// A step, and what must be known to go on from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepBegun {
    /// The step.
    pub step: Step,
    /// The new container, once it is created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<ContainerId>,
    /// The container that ran before, once it is about to be touched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Old>,
}

/// The container that ran before, as it was before anything was done to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Old {
    /// Its id.
    pub id: ContainerId,
    /// Its name.
    pub name: String,
    /// When the engine started it again by itself.
    pub policy: RestartPolicy,
    /// When it had been started.
    pub started_at: Option<Timestamp>,
}

impl Old {
    /// A container as it is now.
    pub fn of(container: &Container) -> Self {
        Self {
            id: container.id.clone(),
            name: container.name.clone(),
            policy: container.restart_policy.clone(),
            started_at: container.started_at,
        }
    }
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// Why it was not healthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The last lines of the failed container's log, without secrets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log_tail: Vec<String>,
    /// How long each step took.
    pub timings: Vec<(Step, Duration)>,
}

/// A [`Problem`] that was written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Its code.
    pub code: String,
    /// What happened.
    pub what: String,
    /// The chain of causes, nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
    /// Something to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl From<&Problem> for Cause {
    fn from(problem: &Problem) -> Self {
        Self {
            code: problem.code.to_owned(),
            what: problem.what.clone(),
            why: problem.why.clone(),
            hint: problem.hint.clone(),
        }
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)?;
        self.why.iter().try_for_each(|why| write!(f, ": {why}"))
    }
}

impl Entry {
    /// An entry of now.
    pub fn new(at: Timestamp, event: Event) -> Self {
        Self { schema: SCHEMA, at, event }
    }

    /// The bytes of its file.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Structs of texts, numbers and lists always have a JSON form.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads an entry; `None` when it is half written, or of a format that this version does not know. Whoever reaches
    /// the engine can have written it, so that its texts are foreign ones.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut value: Value = serde_json::from_slice(bytes).ok()?;
        clean(&mut value);
        serde_json::from_value::<Self>(value).ok().filter(|entry| entry.schema == SCHEMA)
    }
}

/// Takes what a terminal would obey out of every text.
fn clean(value: &mut Value) {
    match value {
        Value::String(text) => *text = sanitise(text.as_bytes()),
        Value::Array(values) => values.iter_mut().for_each(clean),
        Value::Object(fields) => fields.values_mut().for_each(clean),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
