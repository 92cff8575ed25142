//! Rules against environments: in which environment a rule is the same as in `Default`, differs, or is excluded.
//! It is what the list of rules shows.

use serde::Serialize;

use crate::domain::environment::EnvName;

/// What a rule is in one environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cell {
    /// Rendered to the same bytes as in `Default`.
    Same,
    /// Rendered to other bytes.
    Differs,
    /// Kept out by an exclusion.
    Excluded,
    /// Has a finding of severity error.
    Invalid,
}

/// One rule and what it is in each environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleRow {
    /// `rules/…`.
    pub path: String,
    /// Its name, as rendered for `Default`.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// One for each environment, in the workspace's order.
    pub cells: Vec<(EnvName, Cell)>,
}
