//! A logs volume outlives its releases, and so may belong to a user that the container no longer runs as. The container
//! then dies of what it may not write, and the way out is a command that nobody knows by heart.

use crate::domain::environment::Endpoint;
use crate::domain::plan::Plan;
use crate::domain::problem::Problem;

/// The problem with the way out as its hint, when what failed was a file below the logs mount.
pub(super) fn explained(mut problem: Problem, plan: &Plan, image_user: &str, endpoint: &Endpoint) -> Problem {
    let logs = plan.mounts.logs.trim_end_matches('/');
    let denied = |why: &String| {
        why.split_once("Permission denied: ").is_some_and(|(_, path)| path.contains(&format!("{logs}/")))
    };
    let volume = plan.container.volumes.iter().find(|mount| mount.target == plan.mounts.logs);
    let user = plan.container.user.as_deref().unwrap_or(image_user).trim();
    if let Some(mount) = volume.filter(|_| !user.is_empty() && problem.why.iter().any(denied)) {
        let (docker, volume, image) = (endpoint.docker_command(), &mount.volume, &plan.container.image);
        problem = problem
            .why(format!("the volume {volume} belongs to another user than {user}, which it runs as now"))
            .hint(format!(
                "{docker} run --rm --network none --user 0 --entrypoint chown -v {volume}:/logs {image} -R {user} /logs"
            ));
    }
    problem
}
