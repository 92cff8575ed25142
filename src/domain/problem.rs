//! What a person is told when something went wrong: what happened, where, why, and what to do about it. It is the
//! only error that reaches a screen, the command line or JSON; its code is stable, its words are not.

use std::fmt;

use serde::Serialize;

/// A place in a text file, counted from 1 as editors do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// Path relative to the workspace root, with `/`.
    pub file: String,
    /// Line, from 1; 0 when only the file is known.
    pub line: u32,
    /// Column in characters, from 1; 0 when only the line is known.
    pub column: u32,
}

impl Place {
    /// A place of which only the file is known.
    pub fn file(file: impl Into<String>) -> Self {
        Self { file: file.into(), line: 0, column: 0 }
    }

    /// A place of which the file and the line are known.
    pub fn line(file: impl Into<String>, line: u32) -> Self {
        Self { file: file.into(), line, column: 0 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
            if self.column > 0 {
                write!(f, ":{}", self.column)?;
            }
        }
        Ok(())
    }
}

/// Stable names of the kinds of problems that code decides on; all others are free text of the form `area.kind`.
pub mod code {
    /// No engine answers at the endpoint.
    pub const ENGINE_UNREACHABLE: &str = "engine.unreachable";
    /// The engine did not answer in time: what it did is unknown, not failed.
    pub const ENGINE_TIMEOUT: &str = "engine.timeout";
    /// The engine refused the request.
    pub const ENGINE_REFUSED: &str = "engine.refused";
    /// The thing asked for does not exist on the engine.
    pub const ENGINE_MISSING: &str = "engine.missing";
    /// The name is taken on the engine.
    pub const ENGINE_CONFLICT: &str = "engine.conflict";
    /// Another deploy of the same environment holds the lock.
    pub const LOCKED: &str = "deploy.locked";
    /// A deploy was cut off, and must be finished or put back first.
    pub const CUT_OFF: &str = "deploy.cut-off";
    /// The world is not as it was when the plan was made.
    pub const PLAN_STALE: &str = "deploy.stale";
    /// The person stopped it.
    pub const INTERRUPTED: &str = "interrupted";
    /// A check found errors.
    pub const CHECK_FAILED: &str = "check.failed";
    /// The guard of the environment does not allow it.
    pub const GUARDED: &str = "guard.refused";
    /// A secret could not be had from its provider.
    pub const SECRET_MISSING: &str = "secret.missing";
    /// The search engine does not answer, or none is named.
    pub const SEARCH_UNREACHABLE: &str = "search.unreachable";
}

/// What happened, where, why, and what to do. Never holds a secret and never raw foreign text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Stable, for programs: `area.kind`.
    pub code: &'static str,
    /// One line without a full stop.
    pub what: String,
    /// The file and line that are to blame, where there are such.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The chain of causes, nearest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
    /// Something to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Problem {
    /// A problem of the given kind, in one line without a full stop.
    pub fn new(code: &'static str, what: impl Into<String>) -> Self {
        Self { code, what: what.into(), place: None, why: Vec::new(), hint: None }
    }

    /// Adds a cause; the nearest one comes first.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why.push(why.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }
}

impl fmt::Display for Problem {
    /// One line: place, what, and the causes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.what)?;
        for why in &self.why {
            write!(f, ": {why}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_reads_as_one_line() {
        let problem = Problem::new("token.unknown", "no value for `ES_HSOT`")
            .at(Place { file: "config/elastalert.yaml".into(), line: 3, column: 10 })
            .why("no layer of CI defines it")
            .hint("did you mean `ES_HOST`?");
        assert_eq!(
            problem.to_string(),
            "config/elastalert.yaml:3:10: no value for `ES_HSOT`: no layer of CI defines it"
        );
    }
}
