//! The shell that a person opens in a container of the fake world. It gives back what is typed, as a terminal does,
//! and ends at `exit`; it runs nothing, because there is nothing to run.

use futures_util::{StreamExt as _, stream};
use tokio::io::{AsyncReadExt as _, DuplexStream};

use crate::domain::container::ContainerId;
use crate::domain::problem::{Problem, code};
use crate::engine::Terminal;

use super::docker::{FakeDocker, missing};
use super::fault::Call;

struct Shell {
    docker: FakeDocker,
    id: String,
    typed: DuplexStream,
    line: Vec<u8>,
    greeting: Option<Vec<u8>>,
    ended: bool,
}

impl Shell {
    /// What the terminal shows next; `None` when the shell has ended.
    async fn next(&mut self) -> Option<Vec<u8>> {
        if let Some(greeting) = self.greeting.take() {
            return Some(greeting);
        }
        if self.ended {
            return None;
        }
        let mut bytes = [0; 256];
        let count = self.typed.read(&mut bytes).await.unwrap_or(0);
        let mut shown = Vec::new();
        for byte in bytes.iter().take(count) {
            if !matches!(byte, b'\r' | b'\n') {
                self.line.push(*byte);
                shown.push(*byte);
                continue;
            }
            shown.extend_from_slice(b"\r\n");
            if self.line == b"exit" {
                self.ended = true;
                break;
            }
            self.line.clear();
            shown.extend_from_slice(b"$ ");
        }
        if count == 0 || self.ended {
            self.ended = true;
            self.docker.change(|state, _| state.terminals.insert(self.id.clone(), Some(0)));
        }
        Some(shown)
    }
}

impl FakeDocker {
    pub(super) async fn open_shell(&self, id: &ContainerId, command: &[String]) -> Result<Terminal, Problem> {
        let terminal = self
            .call(Call::OpenTerminal, &id.0, |state, _| {
                let container = state.find(&id.0).ok_or_else(|| missing(&id.0))?;
                if !container.is_running() {
                    let what = format!("cannot open a shell in container {id}");
                    return Err(Problem::new(code::ENGINE_REFUSED, what).why("it is not running"));
                }
                let terminal = state.new_id().0;
                state.terminals.insert(terminal.clone(), None);
                Ok(terminal)
            })
            .await?;
        let (input, typed) = tokio::io::duplex(1024);
        let greeting = format!("{}: nothing is run here; `exit` ends it\r\n$ ", command.join(" "));
        let shell = Shell {
            docker: self.clone(),
            id: terminal.clone(),
            typed,
            line: Vec::new(),
            greeting: Some(greeting.into_bytes()),
            ended: false,
        };
        let output = stream::unfold(shell, |mut shell| async move {
            let shown = shell.next().await?;
            Some((Ok(shown), shell))
        });
        Ok(Terminal { id: terminal, output: output.boxed(), input: Box::pin(input) })
    }
}
