//! How an environment stands, in the few words that a list has room for. It is made from the facts alone, and says
//! what was seen last when nothing can be seen now.

use crate::domain::container::Container;
use crate::domain::environment::EnvName;
use crate::domain::health::{State, Sync};
use crate::domain::plan::ReleaseNumber;
use crate::domain::remote::{Remote, Timestamp};

use super::model::Model;

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
    /// Since when it runs.
    pub since: Option<Timestamp>,
    /// When it was seen last, if it cannot be seen now.
    pub last_seen: Option<Timestamp>,
    /// The first thing that is wrong, in words.
    pub trouble: Option<String>,
}

/// The container that matters: the first of the list.
pub fn current(containers: &Remote<Vec<Container>>) -> Option<&Container> {
    containers.last().and_then(|seen| seen.value.first())
}

/// How the sync of an environment reads.
pub fn sync_words(sync: Option<Sync>) -> String {
    match sync {
        None => "not compared yet".into(),
        Some(Sync::Unknown) => "sync unknown".into(),
        Some(Sync::Absent) => "nothing runs".into(),
        Some(Sync::InSync) => "in sync".into(),
        Some(Sync::Differs { files: 1 }) => "1 file differs".into(),
        Some(Sync::Differs { files }) => format!("{files} files differ"),
    }
}

/// How an environment stands, by the facts of the model.
pub fn standing(model: &Model, environment: &EnvName) -> Standing {
    let facts = model.facts.environment(environment);
    let container = facts.and_then(|facts| current(&facts.containers));
    let mut standing = Standing {
        state: State::Unknown,
        word: "not seen yet",
        sync: facts.and_then(|facts| facts.sync.last()).map(|seen| seen.value),
        release: container.and_then(Container::release),
        since: container
            .filter(|container| container.state.is_alive())
            .and_then(|container| container.started_at),
        last_seen: None,
        trouble: None,
    };
    let engine = model.facts.engine_of(environment);
    if let Some(problem) = engine.and_then(|engine| engine.answer.problem()) {
        standing.state = State::Failing;
        standing.word = "no engine";
        standing.last_seen = engine.and_then(|engine| engine.answer.last()).map(|seen| seen.at);
        standing.trouble = Some(problem.what.clone());
    } else if let Some(ladder) = facts.and_then(|facts| facts.ladder.last()) {
        standing.state = ladder.value.state();
        standing.word = ladder.value.state().word();
        standing.trouble =
            ladder.value.first_trouble().map(|rung| format!("{}: {}", rung.name.name(), rung.evidence));
        if ladder.value.deployed == Some(false) {
            standing.state = State::Unknown;
            standing.word = "not deployed";
        }
    }
    let deploying = model
        .deploy
        .as_ref()
        .is_some_and(|deploy| deploy.environment == *environment && deploy.running().is_some());
    if deploying {
        standing.state = State::Unknown;
        standing.word = "deploying";
    }
    standing
}
