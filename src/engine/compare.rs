//! What differs: the rendering of an environment against that of another one or against the files that the running
//! container really has. Secrets are compared by value where they can be had, and never shown.

use crate::domain::diff::{Against, Diff};
use crate::domain::environment::EnvName;
use crate::domain::overview::Overview;
use crate::domain::problem::Problem;
use crate::engine::{Engine, World};

impl<W: World> Engine<W> {
    /// Compares what an environment would be deployed with: the new side is the environment, the old side is
    /// `against`. With nothing deployed, every file is an added one.
    pub async fn compare(
        &self,
        _overview: &Overview,
        environment: &EnvName,
        _against: Against,
    ) -> Result<Diff, Problem> {
        Err(Problem::new("workspace.unread", format!("this build cannot compare {environment} yet")))
    }
}
