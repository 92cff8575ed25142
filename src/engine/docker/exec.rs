//! Commands run inside of a container: one that reads `/proc` when there is no `ps`, and the shell that a person opens.
//! Nothing here changes what `ElastAlert` does.

use std::time::Duration;

use bollard::container::LogOutput;
use bollard::exec::{CreateExecOptions, ResizeExecOptions, StartExecOptions, StartExecResults};
use futures_util::{StreamExt as _, TryStreamExt as _};

use super::{QUICK, RealDocker, failure};
use crate::domain::container::ContainerId;
use crate::domain::problem::{Problem, code};
use crate::engine::Terminal;

impl RealDocker {
    /// What a command prints to its standard output, up to so many bytes of it and for so long.
    pub(super) async fn output_of(
        &self,
        id: &ContainerId,
        command: Vec<String>,
        limit: usize,
        time: Duration,
    ) -> Result<Vec<u8>, Problem> {
        let client = self.client()?;
        let what = format!("cannot run a command in container {id}");
        let options = CreateExecOptions {
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            cmd: Some(command),
            ..CreateExecOptions::default()
        };
        let run = async {
            let created = client.create_exec(&id.0, options).await?;
            let started = client.start_exec(&created.id, None::<StartExecOptions>).await?;
            let mut output = Vec::new();
            if let StartExecResults::Attached { output: mut stream, .. } = started {
                while let Some(piece) = stream.try_next().await? {
                    if let LogOutput::StdOut { message } = piece {
                        output.extend_from_slice(&message);
                    }
                    if output.len() >= limit {
                        output.truncate(limit);
                        break;
                    }
                }
            }
            Ok(output)
        };
        self.call(time, &what, run).await
    }

    pub(super) async fn terminal(
        &self,
        id: &ContainerId,
        command: &[String],
        size: (u16, u16),
    ) -> Result<Terminal, Problem> {
        let client = self.client()?;
        let what = format!("cannot open a shell in container {id}");
        let options = CreateExecOptions {
            attach_stdin: Some(true),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            tty: Some(true),
            env: Some(vec!["TERM=xterm-256color".to_owned()]),
            cmd: Some(command.to_vec()),
            ..CreateExecOptions::default()
        };
        let created = self.call(QUICK, &what, client.create_exec(&id.0, options)).await?;
        let options = StartExecOptions { detach: false, tty: true, output_capacity: None };
        let started = self.call(QUICK, &what, client.start_exec(&created.id, Some(options))).await?;
        let StartExecResults::Attached { output, input } = started else {
            return Err(Problem::new(code::ENGINE_REFUSED, what).why("the engine did not attach to it"));
        };
        let endpoint = self.endpoint.clone();
        let output = output.map(move |piece| match piece {
            Ok(piece) => Ok(piece.into_bytes().to_vec()),
            Err(error) => Err(failure::problem(&endpoint, "the connection to the shell broke", &error)),
        });
        let terminal = Terminal { id: created.id, output: output.boxed(), input };
        // It runs already; one of the wrong size is better than none.
        drop(self.resize(&terminal.id, size).await);
        Ok(terminal)
    }

    pub(super) async fn resize(&self, terminal: &str, (width, height): (u16, u16)) -> Result<(), Problem> {
        let client = self.client()?;
        let options = ResizeExecOptions { height, width };
        self.call(QUICK, "cannot resize the shell's terminal", client.resize_exec(terminal, options)).await
    }

    pub(super) async fn exit_code(&self, terminal: &str) -> Result<Option<i64>, Problem> {
        let client = self.client()?;
        let what = "cannot ask how the shell ended";
        let inspected = self.call(QUICK, what, client.inspect_exec(terminal)).await?;
        Ok(inspected.exit_code)
    }
}
