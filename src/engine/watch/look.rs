//! One look at an environment, for the `status` verb: the same evidence as the watching collects, judged in the same
//! way, but asked for once. What does not answer is unknown; the rest is still said.

use super::evidence::{Watched, masked};
use super::log::Reader;
use crate::domain::container::current;
use crate::domain::environment::EnvName;
use crate::domain::health::{Ladder, Vitals};
use crate::domain::label::{self, Labels};
use crate::domain::overview::Overview;
use crate::domain::problem::Problem;
use crate::engine::books::Books;
use crate::engine::workspace::find;
use crate::engine::{Clock, Docker, Engine, World};

impl<W: World> Engine<W> {
    /// Everything that can be known of an environment now, and its health.
    pub async fn vitals(&self, overview: &Overview, name: &EnvName) -> Result<(Vitals, Ladder), Problem> {
        let environment = find(&overview.workspace, name)?;
        let watched = self.watched(overview, name).await;
        let clock = self.world.clock();
        let engine = async {
            match self.world.docker(environment.target.docker.as_ref()) {
                Ok(docker) => {
                    if let Err(problem) = self.look_at_engine(overview, &docker, &watched).await {
                        watched.lose(&problem, clock.now());
                    }
                }
                Err(problem) => watched.lose(&problem, clock.now()),
            }
        };
        let books = async {
            if let Some(books) = &watched.books {
                self.ask_books(books, &watched).await;
            }
        };
        tokio::join!(engine, books, watched.expect_runs(overview));
        let mut vitals = watched.known(clock.now());
        // Nobody watched before, so there is nothing to compare with.
        vitals.baseline = None;
        let ladder = vitals.ladder();
        Ok((vitals, ladder))
    }

    async fn look_at_engine(
        &self,
        overview: &Overview,
        docker: &W::Docker,
        watched: &Watched,
    ) -> Result<(), Problem> {
        let clock = self.world.clock();
        let info = docker.info().await?;
        watched.engine(&info, clock.now());
        let labels = Labels::from([
            (label::WORKSPACE.to_owned(), overview.workspace.name.clone()),
            (label::ENVIRONMENT.to_owned(), watched.name.as_str().to_owned()),
        ]);
        let containers = docker.containers(&labels).await?;
        watched.containers(&containers, clock.now());
        let Some(container) = current(&containers) else { return Ok(()) };
        let processes = async {
            if container.state.is_alive() {
                let masker = watched.masker_of(docker, container).await;
                let answer = docker.processes(&container.id).await.map(|table| masked(table, &masker));
                watched.processes(&answer, clock.now());
            }
        };
        let log = async {
            let mut reader = Reader::new(watched.masker_of(docker, container).await);
            let read = async {
                reader.beginning(docker, container, clock).await?;
                reader.newest(docker, container, clock).await
            };
            match read.await {
                Ok(()) => watched.log(reader.loader),
                Err(problem) => tracing::debug!(%problem, "the log was not read"),
            }
        };
        tokio::join!(processes, log);
        Ok(())
    }

    /// Asks the search engine all there is to ask.
    pub(super) async fn ask_books(&self, books: &Books, watched: &Watched) {
        let (search, clock) = (self.world.search(), self.world.clock());
        let (answers, runs, alerts) = tokio::join!(
            books.answers(search, clock),
            books.runs(search, clock),
            books.alerts(search, clock)
        );
        let alerts = alerts.map(|mut alerts| {
            alerts.failure = alerts.failure.map(|failure| watched.masker().mask(failure));
            alerts
        });
        let at = clock.now();
        watched.learn(|vitals| {
            vitals.search.answer(answers, at);
            vitals.runs.answer(runs, at);
            vitals.alerts.answer(alerts, at);
        });
    }
}
