//! A rendering with its secrets filled in, to be compared. Only files in which secrets stand are made again; every
//! other one is the one that the rendering for looking has.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::render::file::fill;
use crate::domain::render::{Rendering, render};
use crate::domain::secret::Secret;
use crate::domain::workspace::{Environment, Workspace};

/// The files of an environment with these secrets; one that is not among them stays a hole. `looking` is the rendering
/// of the same workspace with holes, whose findings and hash it keeps.
pub fn filled(
    workspace: &Workspace,
    environment: &Environment,
    looking: Option<&Arc<Rendering>>,
    secrets: &BTreeMap<String, Secret>,
) -> Arc<Rendering> {
    let Some(looking) = looking else { return Arc::new(render(workspace, environment, secrets)) };
    if !looking.holes.iter().any(|key| secrets.contains_key(key)) {
        return Arc::clone(looking);
    }
    let config = workspace.config();
    let mut rendering = Rendering::clone(looking);
    for file in &mut rendering.files {
        if file.insertions.iter().any(|insertion| insertion.secret)
            && let Some(template) = workspace.template(&file.path)
        {
            *file = fill(template, config, environment, secrets);
        }
    }
    rendering.holes.retain(|key| !secrets.contains_key(key));
    Arc::new(rendering)
}
