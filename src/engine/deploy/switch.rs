//! Stopping and starting, proven. What a call answers is a hint; what the container is afterwards is the truth, and
//! nothing goes on before that is known.

use std::time::Duration;

use crate::domain::container::{Container, ContainerId, RestartPolicy};
use crate::domain::label::role;
use crate::domain::problem::{Problem, code};
use crate::engine::{Clock, Docker};

use super::Work;
use super::patience::{is_unheard, patiently};

/// How long a container gets to stop by itself.
pub(super) const GRACE: Duration = Duration::from_secs(10);

/// How long after that it may take until the engine says that it stopped.
const AFTER_GRACE: Duration = Duration::from_secs(5);

/// How often a container is asked to stop before it counts as one that does not.
const TRIES: usize = 3;

/// How often the engine is asked meanwhile.
const POLL: Duration = Duration::from_millis(250);

impl<D: Docker> Work<'_, D> {
    /// Every container of this environment that may be alive, newest release first.
    pub(super) async fn alive(&self) -> Result<Vec<Container>, Problem> {
        let mut ours = self.docker.containers(&self.labels()).await?;
        ours.retain(|container| container.has_role(role::ELASTALERT) && container.state.is_alive());
        ours.sort_by_key(|container| std::cmp::Reverse(container.release()));
        Ok(ours)
    }

    /// Stops a container and proves it: first nobody may start it again, then it is stopped, then looked at.
    pub(super) async fn stop_for_good<C: Clock>(
        &self,
        id: &ContainerId,
        clock: &C,
    ) -> Result<String, Problem> {
        match patiently(|| self.docker.set_restart_policy(id, &RestartPolicy::No)).await {
            Err(problem) if problem.code == code::ENGINE_MISSING => return Ok("gone".to_owned()),
            answer => answer?,
        }
        let mut name = id.to_string();
        let mut why = String::new();
        for _ in 0..TRIES {
            let asked = self.docker.stop(id, GRACE).await;
            // An engine that answered has stopped it; one that was not heard may be about to.
            let limit = if asked.as_ref().is_err_and(is_unheard) { GRACE + AFTER_GRACE } else { POLL * 4 };
            let began = clock.now();
            loop {
                let Some(container) = patiently(|| self.docker.container(&id.0)).await? else {
                    return Ok("gone".to_owned());
                };
                if !container.state.is_alive() {
                    return Ok(container.state.to_string());
                }
                why = match &asked {
                    Err(problem) => problem.to_string(),
                    Ok(()) => format!("the engine says that it is {}", container.state),
                };
                name = container.name;
                if Duration::try_from(clock.now().duration_since(began)).unwrap_or_default() > limit {
                    break;
                }
                clock.sleep(POLL).await;
            }
        }
        Err(Problem::new("deploy.not-stopped", format!("{name} did not stop"))
            .why(why)
            .hint(format!("{} kill {id}", self.docker.endpoint().docker_command())))
    }

    /// Starts a container and proves it. `None` for a container that ran and ended at once is still its inspection.
    pub(super) async fn start(&self, id: &ContainerId) -> Result<Container, Problem> {
        let before = patiently(|| self.docker.container(&id.0)).await?;
        let started = |now: &Container| {
            now.state.is_alive() || before.as_ref().is_some_and(|before| now.started_at != before.started_at)
        };
        let mut answer = self.docker.start(id).await;
        for _ in 0..2 {
            if let Err(problem) = &answer
                && !is_unheard(problem)
            {
                return Err(problem.clone());
            }
            let Some(now) = patiently(|| self.docker.container(&id.0)).await? else {
                return Err(Problem::new(code::ENGINE_MISSING, format!("container {id} is gone")));
            };
            if started(&now) {
                return Ok(now);
            }
            // Unheard, and not started: once more.
            answer = self.docker.start(id).await;
        }
        Err(answer
            .err()
            .unwrap_or_else(|| Problem::new("deploy.not-started", format!("container {id} did not start"))))
    }
}
