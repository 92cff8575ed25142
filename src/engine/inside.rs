//! What is inside of the container that stands for an environment: its processes, and a shell in it. Both ask the engine
//! anew, because a person who looks wants to see what is there now.

use crate::domain::container::{Container, current};
use crate::domain::environment::{EnvName, Guard};
use crate::domain::label::{self, Labels};
use crate::domain::mask::Masker;
use crate::domain::overview::Overview;
use crate::domain::problem::{Problem, code};
use crate::domain::process::ProcessTable;
use crate::engine::running::deployed_secrets;
use crate::engine::workspace::find;
use crate::engine::{Docker, Engine, Terminal, World};

/// Opens the better shell where there is one.
const SHELL: [&str; 3] = ["sh", "-c", "if command -v bash >/dev/null 2>&1; then exec bash; else exec sh; fi"];

impl<W: World> Engine<W> {
    /// The container that stands for an environment, and its processes, secrets masked.
    pub async fn processes(
        &self,
        overview: &Overview,
        name: &EnvName,
    ) -> Result<(Container, ProcessTable), Problem> {
        let (docker, container) = self.deployed(overview, name).await?;
        let mut table = docker.processes(&container.id).await?;
        let mounts = &find(&overview.workspace, name)?.target.mounts;
        let deployed = deployed_secrets(&docker, &container, mounts).await.unwrap_or_default();
        let masker = self.masker(overview, name).await?.with(deployed);
        for process in &mut table.processes {
            process.args = masker.mask(std::mem::take(&mut process.args));
        }
        Ok((container, table))
    }

    /// Runs a command, or a shell when it is empty, in the container of an environment, on a terminal of so many
    /// columns and rows.
    pub async fn open_terminal(
        &self,
        overview: &Overview,
        name: &EnvName,
        command: &[String],
        size: (u16, u16),
    ) -> Result<(W::Docker, Terminal), Problem> {
        if find(&overview.workspace, name)?.guard == Guard::ReadOnly {
            return Err(Problem::new(code::GUARDED, format!("no shell is opened in {name}"))
                .why("its guard is read-only, and a shell can change everything"));
        }
        let (docker, container) = self.deployed(overview, name).await?;
        if !container.state.is_alive() {
            return Err(Problem::new(
                code::ENGINE_REFUSED,
                format!("no shell is opened in {}", container.name),
            )
            .why(format!("it is {}", container.state)));
        }
        let command = if command.is_empty() { SHELL.map(str::to_owned).to_vec() } else { command.to_vec() };
        let terminal = docker.open_terminal(&container.id, &command, size).await?;
        Ok((docker, terminal))
    }

    /// What keeps the secrets of an environment out of what others wrote. No command is run to learn them.
    pub(super) async fn masker(&self, overview: &Overview, name: &EnvName) -> Result<Masker, Problem> {
        let settings = find(&overview.workspace, name)?;
        let keys: Vec<String> = settings.secrets.keys().cloned().collect();
        let secrets = self.fetch(settings, &keys, false).await.secrets;
        Ok(Masker::new(secrets.iter().map(|(key, secret)| (key.as_str(), secret))))
    }

    /// The engine and the container that stands for an environment; that there is none is a problem.
    pub async fn deployed(
        &self,
        overview: &Overview,
        name: &EnvName,
    ) -> Result<(W::Docker, Container), Problem> {
        let settings = find(&overview.workspace, name)?;
        let docker = self.world.docker(settings.target.docker.as_ref())?;
        let labels = Labels::from([
            (label::WORKSPACE.to_owned(), overview.workspace.name.clone()),
            (label::ENVIRONMENT.to_owned(), name.as_str().to_owned()),
        ]);
        let containers = docker.containers(&labels).await?;
        let container = current(&containers).cloned().ok_or_else(|| absent(name))?;
        Ok((docker, container))
    }
}

/// Nothing is deployed there.
pub(super) fn absent(name: &EnvName) -> Problem {
    Problem::new("environment.absent", format!("nothing is deployed in {name}"))
        .hint(format!("deploy it: `alertdeck deploy {name}`"))
}
