//! Watches every engine that environments are deployed on, for ever: who answers, which containers there are, which
//! processes live in them, what their logs and the search engine say. Events of an engine are only hints to look again;
//! what list and inspect say is the truth. An engine that is lost is said to be lost, and asked again by itself.

mod evidence;
mod log;
mod look;
mod session;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use futures_util::future::join_all;
use tokio::sync::mpsc::Sender;

use crate::domain::environment::{Endpoint, EnvName};
use crate::domain::fact::{Fact, FactKind};
use crate::domain::overview::Overview;
use crate::domain::problem::Problem;
use crate::engine::{Clock, Docker, Engine, World};
use evidence::Watched;

/// The first pause before a lost engine is asked again.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest one.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// The environments behind one endpoint, and the engine there, or why it cannot be named.
struct Group<W: World> {
    endpoint: Endpoint,
    environments: Vec<EnvName>,
    docker: Result<W::Docker, Problem>,
}

/// Sends facts; when nobody listens any more the watching is about to be dropped, so that is no problem.
#[derive(Clone, Debug)]
struct Teller {
    facts: Sender<Fact>,
}

impl Teller {
    async fn tell(&self, clock: &impl Clock, what: FactKind) {
        if self.facts.send(Fact { at: clock.now(), what }).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl<W: World> Engine<W> {
    /// Watches all environments of a workspace until it is dropped.
    pub async fn watch(&self, overview: Arc<Overview>, facts: Sender<Fact>) {
        let teller = Teller { facts };
        let groups = self.groups(&overview);
        join_all(groups.iter().map(|group| self.supervise(&overview, group, &teller))).await;
    }

    /// The environments by the engine they are deployed on.
    fn groups(&self, overview: &Overview) -> Vec<Group<W>> {
        let mut groups: Vec<Group<W>> = Vec::new();
        for environment in &overview.workspace.environments {
            let target = environment.target.docker.as_ref();
            let docker = self.world.docker(target);
            let endpoint = match &docker {
                Ok(docker) => docker.endpoint().clone(),
                Err(_) => target.cloned().unwrap_or_else(|| Endpoint("the current Docker context".into())),
            };
            match groups.iter_mut().find(|group| group.endpoint == endpoint) {
                Some(group) => group.environments.push(environment.name.clone()),
                None => groups.push(Group { endpoint, environments: vec![environment.name.clone()], docker }),
            }
        }
        groups
    }

    /// Watches one engine; each time it is lost, says so, waits, and starts over.
    async fn supervise(&self, overview: &Arc<Overview>, group: &Group<W>, teller: &Teller) {
        let clock = self.world.clock();
        let watched: Vec<Watched> =
            join_all(group.environments.iter().map(|name| self.watched(overview, name))).await;
        let pauses = ExponentialBuilder::new()
            .with_min_delay(FIRST_PAUSE)
            .with_max_delay(LONGEST_PAUSE)
            .with_jitter()
            .without_max_times();
        let mut pause = pauses.build();
        let expect = async {
            for watched in &watched {
                watched.expect_runs(overview).await;
            }
        };
        let connect = async {
            loop {
                let problem = match &group.docker {
                    Ok(docker) => {
                        let (problem, answered) =
                            self.session(overview, group, docker, &watched, teller).await;
                        if answered {
                            pause = pauses.build();
                        }
                        problem
                    }
                    Err(problem) => problem.clone(),
                };
                tracing::info!(endpoint = %group.endpoint, %problem, "the engine is lost");
                // Jitter adds to the longest pause; nobody waits longer than that.
                let wait = pause.next().unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE);
                let retry = clock.now().checked_add(wait).ok();
                let what = FactKind::Engine {
                    endpoint: group.endpoint.clone(),
                    environments: group.environments.clone(),
                    answer: Err(problem.clone()),
                    retry,
                };
                teller.tell(clock, what).await;
                for watched in &watched {
                    watched.lose(&problem, clock.now());
                    watched.tell_health(clock, teller).await;
                }
                clock.sleep(wait).await;
            }
        };
        tokio::join!(expect, connect);
    }
}
