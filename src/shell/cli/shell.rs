//! `alertdeck shell`: a shell in the container of an environment, on this terminal. Keys go there as they are pressed,
//! so that Ctrl-C interrupts what runs there and not us.

use std::pin::pin;

use futures_util::StreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::signal::unix::{SignalKind, signal};

use crate::domain::problem::Problem;
use crate::engine::{Docker, Terminal, World};
use crate::shell::cli::Context;
use crate::shell::print::Exit;
use crate::shell::terminal::Raw;

/// What `shell` takes.
#[derive(Debug, clap::Args)]
pub struct ShellArguments {
    /// The environment
    #[arg(value_name = "ENV")]
    pub env: Option<String>,
    /// A command instead of a shell
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// Opens the shell, and returns when it ends.
pub async fn run<W: World>(context: &Context<W>, arguments: ShellArguments) -> Result<Exit, Problem> {
    let name = context.choose_to_change(arguments.env.as_deref()).await?;
    let overview = context.engine.open(1).await?;
    // Asked for first: without a terminal nothing is started there.
    let raw = Raw::enter()?;
    let opened = context.engine.open_terminal(&overview, &name, &arguments.command, Raw::size()).await;
    let (docker, mut terminal) = opened?;
    connect(&docker, &mut terminal, &raw).await?;
    drop(raw);
    if arguments.command.is_empty() {
        // How the last command in a shell ended is not how the shell did.
        return Ok(Exit::Ok);
    }
    let code = docker.terminal_exit(&terminal.id).await?;
    Ok(if code.is_none_or(|code| code == 0) { Exit::Ok } else { Exit::Error })
}

/// Carries bytes to and fro until the command ends.
async fn connect<D: Docker>(docker: &D, terminal: &mut Terminal, raw: &Raw) -> Result<(), Problem> {
    let broken = |error: std::io::Error| {
        Problem::new("terminal.broken", "the terminal does not take part any more").why(error.to_string())
    };
    let mut resized = signal(SignalKind::window_change()).map_err(broken)?;
    let mut keys = pin!(tokio::io::stdin());
    let mut pressed = vec![0; 4096];
    let mut typing = true;
    loop {
        tokio::select! {
            piece = terminal.output.next() => match piece {
                Some(piece) => raw.show(&piece?).map_err(broken)?,
                None => return Ok(()),
            },
            count = keys.read(&mut pressed), if typing => {
                let count = count.map_err(broken)?;
                typing = count > 0;
                let bytes = pressed.get(..count).unwrap_or_default();
                // A command that has ended takes no more keys; its output says that it ended.
                let sent = async { terminal.input.write_all(bytes).await?; terminal.input.flush().await };
                typing = typing && sent.await.is_ok();
            }
            _ = resized.recv() => {
                if let Err(problem) = docker.resize_terminal(&terminal.id, Raw::size()).await {
                    tracing::debug!(%problem, "the shell was not told the new size");
                }
            }
        }
    }
}
