//! What there is to know without any engine: the workspace, its renderings, its rules and its findings. It is made
//! as a whole for each reading of the files, so that what is shown side by side always belongs together.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::check::{Finding, layers};
use crate::domain::environment::EnvName;
use crate::domain::matrix::{self, RuleRow};
use crate::domain::problem::Place;
use crate::domain::render::kept::{Kept, OneByOne, Spread};
use crate::domain::render::{Rendering, search_settings};
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
    pub fn of(workspace: Workspace) -> Self {
        Self::after(workspace, &Kept::default(), &OneByOne).0
    }

    /// The same, with what was kept of an earlier reading; gives what to keep of this one.
    pub fn after(workspace: Workspace, before: &Kept, spread: &impl Spread) -> (Self, Arc<Kept>) {
        let workspace = Arc::new(workspace);
        let kept = Arc::new(Kept::new(&workspace, before, spread));
        let renderings: Vec<Arc<Rendering>> = spread
            .spread(workspace.environments.len(), |at| kept.rendering(at).map(Arc::new))
            .into_iter()
            .flatten()
            .collect();
        (Self::from(Workspace::clone(&workspace), renderings), kept)
    }

    fn from(mut workspace: Workspace, renderings: Vec<Arc<Rendering>>) -> Self {
        for (environment, rendering) in workspace.environments.iter_mut().zip(&renderings) {
            environment.search = search_settings(environment, rendering);
        }
        let masker = workspace.masker();
        let matrix = matrix::rows(&workspace, &renderings, &masker);
        let mut findings = workspace.findings.clone();
        findings.extend(layers::check(&workspace));
        findings.extend(once(&renderings));
        // What a file says is quoted in some, and a file can repeat a secret.
        if !masker.is_empty() {
            for finding in &mut findings {
                finding.problem = masker.problem(finding.problem.clone());
            }
        }
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

    /// The same with notes that the files alone do not give; they come last.
    #[must_use]
    pub fn with_notes(mut self, notes: Vec<Finding>) -> Self {
        if !notes.is_empty() {
            let mut findings = Arc::unwrap_or_clone(self.findings);
            findings.extend(notes);
            self.findings = Arc::new(findings);
        }
        self
    }

    /// The rendering of that environment.
    pub fn rendering(&self, environment: &EnvName) -> Option<&Arc<Rendering>> {
        self.renderings.iter().find(|rendering| rendering.environment == *environment)
    }
}

/// The findings of all renderings. One that holds in every environment is told once, for all.
fn once(renderings: &[Arc<Rendering>]) -> Vec<Finding> {
    let mut found: Vec<(&Finding, Vec<&EnvName>)> = Vec::new();
    let mut known: HashMap<(&str, &str, Option<&Place>), Vec<usize>> = HashMap::new();
    for rendering in renderings {
        for finding in &rendering.findings {
            let problem = &finding.problem;
            let alike = known.entry((problem.code, &problem.what, problem.place.as_ref())).or_default();
            let same = alike.iter().copied().find(|at| {
                found
                    .get(*at)
                    .is_some_and(|(other, _)| other.problem == *problem && other.severity == finding.severity)
            });
            if let Some((_, within)) = same.and_then(|at| found.get_mut(at)) {
                within.push(&rendering.environment);
            } else {
                alike.push(found.len());
                found.push((finding, vec![&rendering.environment]));
            }
        }
    }
    found
        .into_iter()
        .flat_map(|(finding, mut within)| {
            if within.len() >= renderings.len() && renderings.len() > 1 {
                return vec![Finding { environment: None, ..finding.clone() }];
            }
            within.dedup();
            within.into_iter().map(|environment| finding.clone().within(environment)).collect()
        })
        .collect()
}
