//! From files to renderings: reads the workspace, renders its environments and checks them. The work is done by
//! blocking workers over shared snapshots, so that no thread of the runtime waits for it.

use std::sync::Arc;

use crate::domain::environment::EnvName;
use crate::domain::overview::Overview;
use crate::domain::problem::Problem;
use crate::domain::render::Rendering;
use crate::domain::workspace::Workspace;
use crate::engine::{Engine, World};

impl<W: World> Engine<W> {
    /// Reads the workspace, renders every environment with secrets as holes, checks all of it.
    pub async fn open(&self, _revision: u64) -> Result<Overview, Problem> {
        Err(unread(&self.root.display().to_string()))
    }

    /// The rendering of an environment for looking: secrets are holes and no provider is asked.
    pub async fn rendering(
        &self,
        _workspace: &Arc<Workspace>,
        environment: &EnvName,
    ) -> Result<Rendering, Problem> {
        Err(unread(environment.as_str()))
    }

    /// The rendering of an environment for use: its secrets are fetched from their providers and filled in. One
    /// that is used and cannot be had is the problem
    /// [`code::SECRET_MISSING`](crate::domain::problem::code::SECRET_MISSING).
    pub async fn render_for_use(
        &self,
        _workspace: &Arc<Workspace>,
        environment: &EnvName,
    ) -> Result<Rendering, Problem> {
        Err(unread(environment.as_str()))
    }
}

fn unread(what: &str) -> Problem {
    Problem::new("workspace.unread", format!("this build cannot read {what} yet"))
}
