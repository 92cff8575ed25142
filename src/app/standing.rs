//! How an environment stands, in the few words that a list has room for. It is made from the facts alone, and says
//! what was seen last when nothing can be seen now.

use crate::domain::container::Container;
use crate::domain::environment::EnvName;
use crate::domain::health::{Ladder, State, Sync};
use crate::domain::operation::Operation;
use crate::domain::plan::ReleaseNumber;
use crate::domain::remote::{Remote, Seen, Timestamp};

use super::model::Model;

/// The word of an environment whose engine does not answer.
pub const NO_ENGINE: &str = "no engine";

/// How an environment stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its state, for glyph and colour.
    pub state: State,
    /// Its state in a word or two.
    pub word: &'static str,
    /// Whether what runs is what would be deployed.
    pub sync: Option<Sync>,
    /// The release that runs, or ran when it was seen last.
    pub release: Option<ReleaseNumber>,
    /// Which rules it was given, where it was not given all.
    pub partial: Option<String>,
    /// Since when it runs.
    pub since: Option<Timestamp>,
    /// When it was seen last, if it cannot be seen now.
    pub last_seen: Option<Timestamp>,
    /// The rung that decides its state, in words.
    pub trouble: Option<String>,
}

/// The container that matters: the first of the list.
pub fn current(containers: &Remote<Vec<Container>>) -> Option<&Container> {
    containers.last().and_then(|seen| seen.value.first())
}

/// How the sync of an environment reads.
pub fn sync_words(sync: Option<Sync>) -> String {
    match sync {
        None => "not compared".into(),
        Some(Sync::Unknown) => "sync unknown".into(),
        Some(Sync::Absent) => "nothing runs".into(),
        Some(Sync::InSync) => "in sync".into(),
        Some(Sync::Differs { files: 1 }) => "1 file differs".into(),
        Some(Sync::Differs { files }) => format!("{files} files differ"),
    }
}

/// A judgement older than this is no longer believed; one is made every few seconds.
const BELIEVED: i64 = 60;

/// How an environment stands, by the facts of the model.
pub fn standing(model: &Model, environment: &EnvName) -> Standing {
    let facts = model.facts.environment(environment);
    let container = facts.and_then(|facts| current(&facts.containers));
    let engine = model.facts.engine_of(environment);
    let outage = engine.and_then(|engine| engine.answer.problem());
    let mut standing = Standing {
        state: State::Unknown,
        word: "not seen yet",
        sync: facts.and_then(|facts| sync(&facts.sync, outage.is_some())),
        release: container.and_then(Container::release),
        partial: container.and_then(Container::partial).map(str::to_owned),
        since: container
            .filter(|container| container.state.is_alive())
            .and_then(|container| container.started_at),
        last_seen: None,
        trouble: None,
    };
    let ladder = facts.and_then(|facts| facts.ladder.last());
    if let Some(problem) = outage {
        standing.state = State::Failing;
        standing.word = NO_ENGINE;
        standing.last_seen = engine.and_then(|engine| engine.answer.last()).map(|seen| seen.at);
        standing.trouble = Some(problem.what.clone());
    } else if let Some(seen) = ladder {
        judge(&mut standing, seen, model.now);
    }
    let deploying = model
        .deploy
        .as_ref()
        .is_some_and(|deploy| deploy.environment == *environment && deploy.running().is_some());
    if deploying {
        standing.state = State::Unknown;
        standing.word = "deploying";
    } else if outage.is_none() {
        operate(&mut standing, environment, facts.and_then(|facts| facts.operation.current()));
    }
    standing
}

/// Says what somebody else is doing to it, or has left half done.
fn operate(standing: &mut Standing, environment: &EnvName, operation: Option<&Operation>) {
    match operation {
        None | Some(Operation::Idle) => {}
        Some(Operation::Running(held)) => {
            standing.state = State::Unknown;
            standing.word = "deploying";
            standing.trouble = Some(held.who());
        }
        Some(Operation::CutOff(held)) => {
            standing.state = State::Failing;
            standing.word = "cut off";
            standing.trouble = Some(format!("alertdeck resume {environment}: {}", held.who()));
        }
    }
}

/// Takes over what a ladder says, unless nobody has looked for long.
fn judge(standing: &mut Standing, seen: &Seen<Ladder>, now: Timestamp) {
    let ladder = &seen.value;
    standing.state = ladder.state();
    standing.word = ladder.state().word();
    standing.trouble = ladder.first_trouble().map(|rung| format!("{}: {}", rung.name.name(), rung.evidence));
    if ladder.deployed == Some(false) {
        standing.state = State::Unknown;
        standing.word = "not deployed";
    }
    if now.as_second().saturating_sub(seen.at.as_second()) > BELIEVED {
        standing.trouble = Some(format!("nobody looked since it was {}", standing.word));
        standing.state = State::Unknown;
        standing.word = "out of date";
        standing.last_seen = Some(seen.at);
    }
}

/// The newest comparison. One that failed is unknown; in an outage the last one stands, with its age beside it.
fn sync(known: &Remote<Sync>, outage: bool) -> Option<Sync> {
    match known {
        Remote::Failed { .. } if !outage => Some(Sync::Unknown),
        known => known.last().map(|seen| seen.value),
    }
}
