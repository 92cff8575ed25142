//! The way back: the new container is stopped for good, the old one started, proven, and given its restart policy
//! again. Where that fails too the environment is down, and the person is told so with the commands to type.

use crate::domain::plan::Step;
use crate::domain::problem::Problem;
use crate::domain::progress::Verdict;
use crate::engine::{Docker as _, World};

use super::gate::{Watched, log_tail};
use super::patience::patiently;
use super::run::{Reached, Run};

/// How the way back ended.
enum Back {
    /// The old one had never stopped.
    Untouched,
    /// The old one runs again and is proven.
    Again(String),
    /// Nothing ran before, and the new one is stopped.
    Nothing,
}

impl<W: World> Run<'_, W> {
    /// Goes back after a failure, and says how that ended.
    pub(super) async fn put_back(&mut self, cause: Problem) -> (Verdict, Problem) {
        self.teller.begin(Step::PutBack).await;
        // The way back goes on whether it can be written down or not.
        if let Err(problem) = self.note(Step::PutBack).await {
            tracing::warn!(code = problem.code, "the journal says nothing of the way back");
        }
        if let Some(id) = self.new.clone().filter(|_| self.reached == Reached::Started) {
            self.log_tail = log_tail(&self.work.docker, &id, &self.mask, self.clock).await;
        }
        match self.way_back().await {
            Ok(Back::Untouched) => {
                self.teller.done("the old one was never stopped").await;
                (Verdict::Refused, cause)
            }
            Ok(Back::Again(text)) => {
                self.teller.done(text).await;
                (Verdict::PutBack, cause)
            }
            Ok(Back::Nothing) => {
                self.teller.done("nothing ran before, and nothing runs now").await;
                self.tell_what_to_type();
                (Verdict::Down, cause)
            }
            Err(problem) => {
                let problem = self.mask.problem(problem);
                self.teller.failed(&problem).await;
                self.tell_what_to_type();
                (Verdict::Down, cause.why(problem.to_string()))
            }
        }
    }

    async fn way_back(&mut self) -> Result<Back, Problem> {
        let work = self.work;
        if let Some(id) = self.new.clone().filter(|_| self.reached == Reached::Started) {
            self.teller.note("stopping the new one");
            work.stop_for_good(&id, self.clock).await?;
            self.new_stopped = true;
        }
        let Some(old) = self.old.clone() else {
            return Ok(Back::Nothing);
        };
        let before = patiently(|| work.docker.container(&old.id.0)).await?;
        let Some(before) = before else {
            return Err(Problem::new(
                "deploy.old-gone",
                format!("{} is gone and cannot be put back", old.name),
            ));
        };
        if before.state.is_alive() && before.started_at == old.started_at {
            patiently(|| work.docker.set_restart_policy(&old.id, &old.policy)).await?;
            return Ok(Back::Untouched);
        }
        let alive = patiently(|| work.alive()).await?;
        if let Some(other) = alive.iter().find(|container| container.id != old.id) {
            return Err(Problem::new(
                "deploy.taken-over",
                format!("{} runs for this environment", other.name),
            )
            .why("somebody else deployed meanwhile, and two ElastAlerts must not run")
            .hint(format!("look at it: {} logs {}", self.docker_command(), other.id)));
        }
        self.teller.note(format!("starting {}", old.name));
        let container = work.start(&old.id).await?;
        let watched = Watched {
            docker: &work.docker,
            container: &container,
            settings: work.plan.gate,
            // What it had laid out is not what this deploy has.
            expected_rules: None,
            mask: &self.mask,
        };
        let proven = watched.watch(self.clock, &mut self.teller, None).await;
        // Also when it is not proven: it is the best there is.
        patiently(|| work.docker.set_restart_policy(&old.id, &old.policy)).await?;
        proven.map(|text| {
            Back::Again(format!("{} runs again: {text}, restart policy {}", old.name, old.policy))
        })
    }

    fn tell_what_to_type(&mut self) {
        let docker = self.docker_command();
        let new = self.new.as_ref().filter(|_| self.reached == Reached::Started);
        if let Some(id) = new.filter(|_| !self.new_stopped) {
            self.commands.push(format!("{docker} stop {id}"));
        }
        if let (None, Some(id)) = (&self.old, new) {
            self.commands.push(format!("{docker} logs --tail 200 {id}"));
        }
        if let Some(old) = &self.old {
            self.commands.push(format!("{docker} start {}", old.id));
            self.commands.push(format!("{docker} update --restart={} {}", old.policy, old.id));
            self.commands.push(format!("{docker} logs --tail 200 {}", old.id));
        }
    }

    pub(super) fn docker_command(&self) -> String {
        self.work.docker.endpoint().docker_command()
    }
}
