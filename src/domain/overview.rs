//! What there is to know without any engine: the workspace, its renderings, its rules and its findings. It is made
//! as a whole for each reading of the files, so that what is shown side by side always belongs together.

use std::sync::Arc;

use crate::domain::check::Finding;
use crate::domain::environment::EnvName;
use crate::domain::matrix::RuleRow;
use crate::domain::render::Rendering;
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
    /// The rendering of that environment.
    pub fn rendering(&self, environment: &EnvName) -> Option<&Arc<Rendering>> {
        self.renderings.iter().find(|rendering| rendering.environment == *environment)
    }
}
