//! What the log of the current container says about its `ElastAlert`. It is read from the container's start until the
//! end of loading was said, in bounded pieces, and from then on only what is new: a log of months is not read whole.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt as _;

use super::evidence::{Listed, Watched};
use crate::domain::container::Container;
use crate::domain::loader::Loader;
use crate::domain::log::{Assembler, LogLine, Overlap, Since};
use crate::domain::mask::Masker;
use crate::domain::problem::Problem;
use crate::domain::remote::Timestamp;
use crate::engine::{Clock, Docker, Engine, World};

/// How much of the beginning is read in search of the end of loading. One failed load is 250 kB, and supervisord
/// tries four times.
const BEGINNING: usize = 4 * 1024 * 1024;
/// How many of the newest lines are read after that.
const NEWEST: usize = 2_000;
/// How long to wait before a log that could not be read is read again.
const AGAIN: Duration = Duration::from_secs(2);

/// Reads into a loader; what was read before, as told by its time, is left out.
pub(super) struct Reader {
    pub(super) loader: Loader,
    masker: Masker,
    assembler: Assembler,
    overlap: Overlap,
}

impl Reader {
    pub(super) fn new(masker: Masker) -> Self {
        Self {
            loader: Loader::default(),
            masker,
            assembler: Assembler::default(),
            overlap: Overlap::default(),
        }
    }

    fn push(&mut self, stderr: bool, bytes: &[u8], now: Timestamp) {
        let lines = self.assembler.push(stderr, bytes);
        self.take(lines, now);
    }

    fn take(&mut self, lines: Vec<LogLine>, now: Timestamp) {
        for mut line in lines {
            if !self.overlap.is_new(&line) {
                continue;
            }
            line.text = self.masker.mask(line.text);
            self.loader.take(&line, now);
        }
    }

    /// Begins another stream of the same log, which may repeat what was read.
    fn next_stream(&mut self) {
        self.assembler = Assembler::default();
        self.overlap.resume();
    }

    /// Reads the beginning: until loading ended, the log ends, or enough was read.
    pub(super) async fn beginning<D: Docker>(
        &mut self,
        docker: &D,
        container: &Container,
        clock: &impl Clock,
    ) -> Result<(), Problem> {
        let since = container.life_began().map_or(Since::Beginning, Since::Time);
        // Lines of an earlier life that were said in the same second are none of this one's.
        self.overlap = Overlap::from(container.life_began());
        let mut stream = pin!(docker.logs(&container.id, since, false));
        let mut read = 0;
        while let Some(chunk) = stream.next().await {
            let chunk = chunk?;
            read += chunk.bytes.len();
            self.push(chunk.stderr, &chunk.bytes, clock.now());
            if self.loader.has_loaded() || read > BEGINNING {
                return Ok(());
            }
        }
        let rest = self.assembler.finish();
        self.take(rest, clock.now());
        Ok(())
    }

    /// Reads what came after the beginning, up to now.
    pub(super) async fn newest<D: Docker>(
        &mut self,
        docker: &D,
        container: &Container,
        clock: &impl Clock,
    ) -> Result<(), Problem> {
        self.next_stream();
        let mut stream = pin!(docker.logs(&container.id, Since::Tail(NEWEST), false));
        while let Some(chunk) = stream.next().await {
            let chunk = chunk?;
            self.push(chunk.stderr, &chunk.bytes, clock.now());
        }
        let rest = self.assembler.finish();
        self.take(rest, clock.now());
        Ok(())
    }
}

impl<W: World> Engine<W> {
    /// Keeps reading the log of whatever container is the current one.
    pub(super) async fn read_log(&self, docker: &W::Docker, watched: &Watched) {
        let clock = self.world.clock();
        let mut container = watched.container.subscribe();
        loop {
            let now = container.borrow_and_update().clone();
            let life =
                |container: &Listed| {
                    container.as_ref().and_then(Option::as_ref).as_ref().map(|container| {
                        (container.id.clone(), container.started_at, container.state.is_alive())
                    })
                };
            let this = life(&now);
            let ended = tokio::select! {
                ended = async {
                    match &now {
                        Some(Some(now)) if now.started_at.is_some() => self.follow_life(docker, now, watched).await,
                        _ => std::future::pending().await,
                    }
                } => ended,
                // Another container, or the same one started again; everything else about it is no news here.
                changed = container.wait_for(|container| life(container) != this) => {
                    if changed.is_err() { return }
                    continue;
                }
            };
            if let Err(problem) = ended {
                tracing::debug!(environment = %watched.name, %problem, "the log was not read");
                clock.sleep(AGAIN).await;
                continue;
            }
            // The stream ends with the container; what there is to know of it is known.
            if container.wait_for(|container| life(container) != this).await.is_err() {
                return;
            }
        }
    }

    async fn follow_life(
        &self,
        docker: &W::Docker,
        container: &Container,
        watched: &Watched,
    ) -> Result<(), Problem> {
        let clock = self.world.clock();
        let mut reader = Reader::new(watched.masker_of(docker, container).await);
        reader.beginning(docker, container, clock).await?;
        watched.log(reader.loader.clone());
        reader.next_stream();
        let mut stream = pin!(docker.logs(&container.id, Since::Tail(NEWEST), true));
        while let Some(chunk) = stream.next().await {
            let chunk = chunk?;
            let before = reader.loader.clone();
            reader.push(chunk.stderr, &chunk.bytes, clock.now());
            if reader.loader != before {
                watched.log(reader.loader.clone());
            }
        }
        let rest = reader.assembler.finish();
        reader.take(rest, clock.now());
        watched.log(reader.loader.clone());
        Ok(())
    }
}
