//! Findings: what `check` has to say about a workspace, each with a stable code, a severity, a place and a way out.
//! A finding is data: the screens and the command line print the same ones.

pub mod codes;
pub mod command;
pub mod facts;
pub mod files;
pub mod frame;
pub mod group;
pub mod layers;
pub mod lints;
pub mod load;
pub mod loading;
mod span;
pub mod start;

use serde::Serialize;

use crate::domain::environment::EnvName;
use crate::domain::problem::Problem;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not meant.
    Warning,
    /// `ElastAlert` would not load it, or it cannot be rendered.
    Error,
}

impl Severity {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One result of `check`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad.
    pub severity: Severity,
    /// The environment in which it is so; `None`: in all.
    pub environment: Option<EnvName>,
    /// What, where, why and what to do.
    pub problem: Problem,
}

impl Finding {
    /// It would not load, or cannot be rendered; in all environments unless said otherwise.
    pub fn error(problem: Problem) -> Self {
        Self { severity: Severity::Error, environment: None, problem }
    }

    /// Probably not meant.
    pub fn warning(problem: Problem) -> Self {
        Self { severity: Severity::Warning, environment: None, problem }
    }

    /// Worth knowing.
    pub fn note(problem: Problem) -> Self {
        Self { severity: Severity::Note, environment: None, problem }
    }

    /// Says that it is so in one environment.
    #[must_use]
    pub fn within(mut self, environment: &EnvName) -> Self {
        self.environment = Some(environment.clone());
        self
    }
}
