//! What stands on either side of a comparison, and how a person writes it: an environment and a state of it,
//! `CI@running`. Without the environment it is the one that the other words name.

use std::fmt;
use std::str::FromStr;

use crate::domain::diff::{Against, Revision};
use crate::domain::environment::EnvName;
use crate::domain::plan::ReleaseNumber;
use crate::domain::problem::Problem;

/// In which state an environment is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// As it would be deployed now.
    Rendered,
    /// The files that its running container really has.
    Running,
    /// The files of a release whose container is kept.
    Release(ReleaseNumber),
    /// As it would have been deployed from the workspace as of a git revision.
    Revision(Revision),
}

/// One side of a comparison, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    /// The environment.
    pub environment: EnvName,
    /// Its state.
    pub state: State,
}

/// A side as it is written; the environment may be said elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The environment, where it is named.
    pub environment: Option<EnvName>,
    /// Its state.
    pub state: State,
}

impl Sought {
    /// What an environment would be deployed with now.
    pub fn rendering(environment: EnvName) -> Self {
        Self { environment, state: State::Rendered }
    }
}

impl Spoken {
    /// The side that is meant, of that environment unless another one is named.
    pub fn of(self, environment: &EnvName) -> Sought {
        Sought { environment: self.environment.unwrap_or_else(|| environment.clone()), state: self.state }
    }
}

impl Against {
    /// The side that is meant, of that environment unless another one is named.
    pub fn of(self, environment: &EnvName) -> Sought {
        Spoken::from(self).of(environment)
    }
}

impl From<Against> for Spoken {
    fn from(against: Against) -> Self {
        let here = |state| Self { environment: None, state };
        match against {
            Against::Environment(name) => Self { environment: Some(name), state: State::Rendered },
            Against::Running => here(State::Running),
            Against::Release(number) => here(State::Release(number)),
            Against::Revision(revision) => here(State::Revision(revision)),
        }
    }
}

impl FromStr for Spoken {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        // A revision may hold an `@` of its own; the name of an environment never holds a `:`.
        let Some((name, state)) = text.split_once('@').filter(|(name, _)| !name.contains(':')) else {
            return text.parse::<Against>().map(Self::from);
        };
        let environment: EnvName = name.parse()?;
        let spoken = Self::from(state.parse::<Against>()?);
        if spoken.environment.is_some() {
            return Err(Problem::new("side.state", format!("`{}` is no state", state.escape_debug()))
                .why("behind an environment and an `@` stands what of it is meant")
                .hint(format!(
                    "such as {environment}@running, {environment}@release:3 or {environment}@git:HEAD~1"
                )));
        }
        Ok(Self { environment: Some(environment), ..spoken })
    }
}

impl fmt::Display for Sought {
    /// As it can be read again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.environment;
        match &self.state {
            State::Rendered => Against::Environment(name.clone()).fmt(f),
            State::Running => write!(f, "{name}@running"),
            State::Release(number) => write!(f, "{name}@release:{number}"),
            State::Revision(revision) => write!(f, "{name}@git:{}", revision.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> EnvName {
        name.parse().unwrap()
    }

    #[test]
    fn a_side_is_read_and_written_again() {
        for (text, whole) in [
            ("Staging", "Staging"),
            ("running", "CI@running"),
            ("Staging@running", "Staging@running"),
            ("release:3", "CI@release:3"),
            ("Staging@release:3", "Staging@release:3"),
            ("git:HEAD@{1}", "CI@git:HEAD@{1}"),
            ("Staging@git:HEAD@{1}", "Staging@git:HEAD@{1}"),
            ("environment:running", "environment:running"),
            ("running@running", "running@running"),
        ] {
            let sought = text.parse::<Spoken>().unwrap().of(&name("CI"));
            assert_eq!(sought.to_string(), whole);
            assert_eq!(whole.parse::<Spoken>().unwrap().of(&name("Other")), sought);
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (text, code) in [
            ("CI@Staging", "side.state"),
            ("CI@environment:x", "side.state"),
            ("CI@", "environment.name"),
            ("@running", "environment.name"),
            ("a b@running", "environment.name"),
            ("CI@release:0", "release.number"),
            ("CI@svn:1", "against.unknown"),
        ] {
            assert_eq!(text.parse::<Spoken>().unwrap_err().code, code, "{text}");
        }
    }
}
