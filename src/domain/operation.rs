//! What is being done to an environment right now, beside its health and its sync: nothing, a deploy that goes on, or one
//! that was cut off. A lock alone does not tell: whoever held it may be gone, and then its signs of life have ended.

use std::time::Duration;

use serde::Serialize;

use crate::domain::container::{Container, ContainerId};
use crate::domain::environment::EnvName;
use crate::domain::journal::Record;
use crate::domain::label;
use crate::domain::plan::{ReleaseNumber, Step};
use crate::domain::problem::{Problem, code};
use crate::domain::remote::Timestamp;
use crate::domain::text::sanitise;

/// How often a deploy that goes on gives a sign of life.
pub const BEAT: Duration = Duration::from_secs(10);

/// After how long without one it counts as cut off.
pub const SILENCE: Duration = Duration::from_secs(45);

/// What is being done to an environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "operation")]
pub enum Operation {
    /// Nothing.
    #[default]
    Idle,
    /// A deploy goes on.
    Running(Progressing),
    /// A deploy was cut off, and nobody has finished it or put back what ran before.
    CutOff(Progressing),
}

/// A deploy that has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Progressing {
    /// Who began it, as a claim.
    pub by: String,
    /// Since when, as whoever began it wrote.
    pub since: String,
    /// The release that it makes; `None`: it had not come so far.
    pub release: Option<ReleaseNumber>,
    /// The step that it is in.
    pub step: Option<Step>,
    /// Whether what ran before may have been touched.
    pub touched: bool,
    /// Whether the new container may be there, so that it can be gone on with.
    pub created: bool,
    /// The last sign of life.
    pub last: Option<Timestamp>,
    /// The lock, where it is still there.
    pub lock: Option<ContainerId>,
}

/// What is being done, by the journal (newest record first), the lock container and the engine's clock.
pub fn operation(records: &[Record], lock: Option<&Container>, now: Option<Timestamp>) -> Operation {
    let open = records.first().filter(|record| record.outcome.is_none());
    let text = |key: &str| {
        let found = lock.and_then(|lock| lock.labels.get(key));
        found.map_or_else(|| "unknown".to_owned(), |text| sanitise(text.as_bytes()))
    };
    let held_for = |record: &&Record| {
        let nonce = lock.and_then(|lock| lock.labels.get(label::NONCE));
        nonce.is_none_or(|nonce| record.nonces.contains(nonce))
    };
    // A lock that is not of the newest record has not written its own yet.
    let open = open.filter(held_for);
    let progressing = match (open, lock) {
        (None, None) => return Operation::Idle,
        (Some(record), _) => Progressing {
            by: record.undertaking.by.clone(),
            since: format!("{:.0}", record.began),
            release: Some(record.release),
            step: record.step(),
            touched: record.touched(),
            created: record.new.is_some() || record.step() == Some(Step::Create),
            last: Some(record.last),
            lock: lock.map(|lock| lock.id.clone()),
        },
        (None, Some(lock)) => Progressing {
            by: text(label::BY),
            since: text(label::SINCE),
            release: None,
            step: None,
            touched: false,
            created: false,
            last: lock.labels.get(label::SINCE).and_then(|since| since.parse().ok()),
            lock: Some(lock.id.clone()),
        },
    };
    let silent = match (progressing.last, now) {
        (Some(last), Some(now)) => {
            now.duration_since(last).try_into().is_ok_and(|age: Duration| age > SILENCE)
        }
        // Whoever cannot tell must not break a lock.
        _ => false,
    };
    if lock.is_none() || silent { Operation::CutOff(progressing) } else { Operation::Running(progressing) }
}

impl Operation {
    /// Why no deploy can begin now, where none can.
    pub fn obstacle(&self, environment: &EnvName) -> Option<Problem> {
        match self {
            Self::Idle => None,
            Self::Running(held) => Some(
                Problem::new(code::LOCKED, format!("{environment} is being deployed by somebody else"))
                    .why(held.who())
                    .hint(format!(
                        "wait for it: --lock-wait 10m; when nobody is deploying any more: alertdeck unlock {environment}"
                    )),
            ),
            Self::CutOff(held) => {
                let problem = Problem::new(code::CUT_OFF, format!("a deploy of {environment} was cut off"));
                let finish = if held.created { " or --finish" } else { "" };
                Some(
                    problem
                        .why(held.who())
                        .why(if held.touched {
                            "what ran before may be stopped"
                        } else {
                            "what ran before was not touched"
                        })
                        .hint(format!("alertdeck resume {environment} --put-back{finish}")),
                )
            }
        }
    }
}

impl Progressing {
    /// Who does what, since when.
    pub fn who(&self) -> String {
        let Self { by, since, release, step, .. } = self;
        let release = release.map(|release| format!(" release {release}")).unwrap_or_default();
        let step = step.map(|step| format!(", in the step {step}")).unwrap_or_default();
        let last = self.last.map(|last| format!(", last sign of life {last:.0}")).unwrap_or_default();
        format!("{by} began{release} at {since}{step}{last}")
    }
}
