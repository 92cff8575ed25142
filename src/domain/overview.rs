//! What there is to know without any engine: the workspace, its renderings, its rules and its findings. It is made
//! as a whole for each reading of the files, so that what is shown side by side always belongs together.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::check::{Finding, layers};
use crate::domain::environment::EnvName;
use crate::domain::matrix::{self, RuleRow};
use crate::domain::render::{Rendering, render, search_settings};
use crate::domain::workspace::Workspace;

/// The workspace and all that follows from it without any engine.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Overview {
    /// The workspace.
    pub workspace: Arc<Workspace>,
    /// One rendering for each environment, in the same order, secrets as holes.
    pub renderings: Vec<Arc<Rendering>>,
    /// Rules against environments.
    pub matrix: Arc<Vec<RuleRow>>,
    /// All findings, worst first.
    pub findings: Arc<Vec<Finding>>,
}

impl Overview {
    /// Renders every environment of a workspace with secrets as holes, and checks all of it.
    pub fn of(mut workspace: Workspace) -> Self {
        let holes = BTreeMap::new();
        let renderings: Vec<Arc<Rendering>> = workspace
            .environments
            .iter()
            .map(|environment| Arc::new(render(&workspace, environment, &holes)))
            .collect();
        for (environment, rendering) in workspace.environments.iter_mut().zip(&renderings) {
            environment.search = search_settings(environment, rendering);
        }
        let matrix = matrix::rows(&workspace, &renderings);
        let mut findings = workspace.findings.clone();
        findings.extend(layers::check(&workspace));
        findings.extend(once(&renderings));
        findings.sort_by(|left, right| {
            (right.severity, &left.problem.place, &left.environment).cmp(&(
                left.severity,
                &right.problem.place,
                &right.environment,
            ))
        });
        Self {
            workspace: Arc::new(workspace),
            renderings,
            matrix: Arc::new(matrix),
            findings: Arc::new(findings),
        }
    }

    /// The rendering of that environment.
    pub fn rendering(&self, environment: &EnvName) -> Option<&Arc<Rendering>> {
        self.renderings.iter().find(|rendering| rendering.environment == *environment)
    }
}

/// The findings of all renderings. One that holds in every environment is told once, for all.
fn once(renderings: &[Arc<Rendering>]) -> Vec<Finding> {
    let mut found: Vec<(Finding, usize)> = Vec::new();
    for rendering in renderings {
        for finding in &rendering.findings {
            let same = |(other, _): &&mut (Finding, usize)| {
                other.problem == finding.problem && other.severity == finding.severity
            };
            match found.iter_mut().find(same) {
                Some((_, times)) => *times += 1,
                None => found.push((Finding { environment: None, ..finding.clone() }, 1)),
            }
        }
    }
    found
        .into_iter()
        .flat_map(|(finding, times)| {
            if times >= renderings.len() && renderings.len() > 1 {
                return vec![finding];
            }
            let here = renderings
                .iter()
                .filter(|rendering| rendering.findings.iter().any(|other| other.problem == finding.problem));
            here.map(|rendering| finding.clone().within(&rendering.environment)).collect()
        })
        .collect()
}
