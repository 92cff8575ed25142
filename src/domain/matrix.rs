//! Rules against environments: in which environment a rule is the same as in `Default`, differs, or is excluded.
//! It is what the list of rules shows.

use std::sync::Arc;

use serde::Serialize;

use crate::domain::check::Severity;
use crate::domain::environment::EnvName;
use crate::domain::render::Rendering;
use crate::domain::rule::{Rule, is_rule};
use crate::domain::workspace::Workspace;

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

/// The rules of a workspace against its renderings, sorted by path. Where `Default` excludes a rule, the first
/// environment that has it stands in for it.
pub fn rows(workspace: &Workspace, renderings: &[Arc<Rendering>]) -> Vec<RuleRow> {
    workspace
        .templates
        .iter()
        .filter(|template| is_rule(&template.path))
        .map(|template| {
            let path = template.path.as_str();
            let file = |rendering: &Arc<Rendering>| rendering.file(path).map(|file| file.bytes.clone());
            let base = renderings.iter().find_map(file);
            let rule = renderings
                .iter()
                .find_map(|rendering| rendering.rule(path).cloned())
                .unwrap_or_else(|| Rule::read(path, None));
            let shown = &template.source;
            let cells = renderings
                .iter()
                .map(|rendering| {
                    let invalid = rendering.findings.iter().any(|finding| {
                        finding.severity == Severity::Error
                            && finding.problem.place.as_ref().is_some_and(|place| place.file == *shown)
                    });
                    let cell = match file(rendering) {
                        None => Cell::Excluded,
                        Some(_) if invalid => Cell::Invalid,
                        Some(file) if base.as_ref() == Some(&file) => Cell::Same,
                        Some(_) => Cell::Differs,
                    };
                    (rendering.environment.clone(), cell)
                })
                .collect();
            RuleRow { path: path.to_owned(), name: rule.name, kind: rule.kind, cells }
        })
        .collect()
}
