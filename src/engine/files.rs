//! The disk, and the processes that give secrets. It reads within bounds, follows no link out of the workspace, opens
//! nothing that is not a plain file, and writes files that only their owner can read.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use futures_util::Stream;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;
use zeroize::{Zeroize, Zeroizing};

use crate::domain::diff::Revision;
use crate::domain::journal::GitState;
use crate::domain::problem::{Problem, code};
use crate::domain::secret::Secret;
use crate::domain::text::sanitise;
use crate::engine::changes::changes;
use crate::engine::files_tree::{self, MOST_FILES};
use crate::engine::{Edits, Files, RevisionFiles, SourceFile, Spoken, files_create, git};

/// The most bytes that one file has.
pub(super) const MOST_BYTES: u64 = 1024 * 1024;

/// The most bytes that are read of what a command prints.
const MOST_PRINTED: u64 = 64 * 1024;

/// How long a command may take to give a secret.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long what a command printed last is waited for when it has ended.
const AFTER_END: Duration = Duration::from_millis(200);

/// The disk of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealFiles;

impl Files for RealFiles {
    fn read_tree(&self, root: &Path, folders: &[&str]) -> Result<(Vec<SourceFile>, Vec<Problem>), Problem> {
        self.read_tree_again(root, folders, &[])
    }

    fn read_tree_again(
        &self,
        root: &Path,
        folders: &[&str],
        known: &[SourceFile],
    ) -> Result<(Vec<SourceFile>, Vec<Problem>), Problem> {
        files_tree::read_tree(root, folders, known)
    }

    fn changes(
        &self,
        root: &Path,
        folders: impl Fn() -> Vec<String> + Send + 'static,
    ) -> impl Stream<Item = Edits> + Send + 'static {
        changes(root, folders)
    }

    async fn revision(
        &self,
        root: &Path,
        revision: &Revision,
        folders: &[&str],
    ) -> Result<RevisionFiles, Problem> {
        git::read(root, revision, folders, MOST_FILES, MOST_BYTES).await
    }

    async fn git_state(&self, root: &Path) -> Option<GitState> {
        git::state(root).await
    }

    fn is_dir(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn write_private(&self, root: &Path, path: &str, bytes: &[u8]) -> Result<(), Problem> {
        if files_create::create_private(root, path, bytes)? {
            return Ok(());
        }
        Err(Problem::new("file.unwritten", format!("`{}` is there already", shown(&root.join(path))))
            .hint("choose a folder that does not hold it yet; nothing is overwritten"))
    }

    fn stands(&self, root: &Path, path: &str) -> Result<bool, Problem> {
        files_create::stands(root, path)
    }

    fn create(&self, root: &Path, path: &str, bytes: &[u8]) -> Result<bool, Problem> {
        files_create::create(root, path, bytes)
    }

    fn secret_file(&self, path: &Path) -> Result<Secret, Problem> {
        let failed = |why: String| missing(&format!("the file {}", shown(path)), why);
        let kind = fs::metadata(path).map_err(|error| failed(error.to_string()))?;
        if !kind.is_file() {
            return Err(failed("it is no plain file".into()));
        }
        let bytes = read(path, MOST_BYTES).map_err(|error| failed(error.to_string()))?;
        let text = std::str::from_utf8(&bytes).map_err(|_not_text| failed("it is not UTF-8".into()))?;
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.is_empty() {
            return Err(failed("it is empty".into()));
        }
        Ok(Secret::new(text.to_owned()))
    }

    #[expect(clippy::disallowed_methods, reason = "the name of the variable comes from the workspace")]
    fn secret_variable(&self, name: &str) -> Result<Secret, Problem> {
        let failed =
            |why: &str| missing(&format!("the variable {}", sanitise(name.as_bytes())), why.to_owned());
        // The value is never put into an error: that of `var` would quote one that is not UTF-8.
        match std::env::var(name) {
            Ok(value) if value.is_empty() => Err(failed("it is empty")),
            Ok(value) => Ok(Secret::new(value)),
            Err(std::env::VarError::NotPresent) => Err(failed("it is not set")),
            Err(std::env::VarError::NotUnicode(_)) => Err(failed("it is not UTF-8")),
        }
    }

    async fn secret_command(&self, command: &[String], root: &Path) -> Result<Spoken, Problem> {
        let (program, arguments) =
            command.split_first().ok_or_else(|| missing("a command", "it has no words".to_owned()))?;
        let failed = |why: String| missing(&format!("the command {}", sanitise(program.as_bytes())), why);
        let path = Path::new(program);
        // A path is one from the workspace, wherever we were started; a mere name is looked for in `PATH`.
        let path = if program.contains('/') { root.join(path) } else { path.to_path_buf() };
        let mut child = Command::new(path)
            .args(arguments)
            .current_dir(root)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // What it complains about may quote the secret, and would tear the screen.
            .stderr(Stdio::null())
            // In the background of the terminal, which is ours: it cannot read keys that are meant for us.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => failed("there is no such program".into()),
                _ => failed(error.to_string()),
            })?;
        let group = Group(child.id());
        let printed = child.stdout.take().ok_or_else(|| failed("its output is lost".into()))?;
        let answer = async {
            let mut line = Zeroizing::new(Vec::with_capacity(1024));
            let mut printed = BufReader::new(printed.take(MOST_PRINTED));
            printed.read_until(b'\n', &mut line).await?;
            if line.len() as u64 >= MOST_PRINTED && !line.ends_with(b"\n") {
                return Ok(None);
            }
            let mut more = Zeroizing::new(Vec::with_capacity(1024));
            let status = tokio::select! {
                biased;
                read = printed.read_to_end(&mut more) => {
                    read?;
                    drop(printed);
                    child.wait().await?
                }
                // What it started may hold its output open for ever.
                status = child.wait() => {
                    let status = status?;
                    drop(timeout(AFTER_END, printed.read_to_end(&mut more)).await);
                    status
                }
            };
            let more = more.iter().any(|byte| !byte.is_ascii_whitespace());
            Ok::<_, io::Error>(Some((line, more, status)))
        };
        let answer = timeout(PATIENCE, answer)
            .await
            .map_err(|_elapsed| {
                failed(format!(
                    "it took longer than {} s; it gets neither a terminal nor an input, so it must not ask",
                    PATIENCE.as_secs()
                ))
            })?
            .map_err(|error| failed(error.to_string()))?;
        let Some((mut line, more, status)) = answer else {
            return Err(failed(format!("its first line is longer than {} KiB", MOST_PRINTED / 1024)));
        };
        // It has ended, and what it started may go on.
        std::mem::forget(group);
        // A command that goes on printing after its first line ends with a broken pipe, which is no failure.
        let broken_pipe = status.signal() == Some(13) || status.code() == Some(128 + 13);
        let went_on = broken_pipe && line.ends_with(b"\n");
        if !status.success() && !went_on {
            return Err(failed(format!("it ended with {status}")));
        }
        let secret = only_line(&mut line, more).map_err(|why| failed(why.to_owned()))?;
        Ok(Spoken { secret, more })
    }
}

/// The secret in the first line that a command printed, or why there is none. `more`: it printed others.
fn only_line(line: &mut Vec<u8>, more: bool) -> Result<Secret, &'static str> {
    while line.ends_with(b"\n") || line.ends_with(b"\r") {
        line.pop();
    }
    let text = String::from_utf8(std::mem::take(line)).map_err(|not_text| {
        not_text.into_bytes().zeroize();
        "it printed something that is not UTF-8"
    })?;
    let secret = Secret::new(text);
    let text = secret.expose();
    Err(if text.is_empty() && more {
        "its first line is empty, and that is the one that is taken"
    } else if text.is_empty() {
        "it printed nothing"
    } else if text.contains('\r') {
        "a carriage return stands in its first line"
    } else if more && text.starts_with("-----BEGIN ") {
        "it printed a key or a certificate of several lines, and only the first line is taken; \
         `file:` takes all of them"
    } else {
        return Ok(secret);
    })
}

/// The processes of a command that gives a secret. They end with whoever waits for them.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        let pid = self.0.and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid
            && rustix::process::kill_process_group(pid, rustix::process::Signal::KILL).is_err()
        {
            tracing::debug!("the command has ended");
        }
    }
}

fn missing(provider: &str, why: String) -> Problem {
    Problem::new(code::SECRET_MISSING, format!("{provider} gives no secret")).why(why)
}

pub(super) fn shown(path: &Path) -> String {
    sanitise(path.to_string_lossy().as_bytes())
}

pub(super) fn read(path: &Path, most: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    #[expect(clippy::disallowed_methods, reason = "this is the file that reads the disk")]
    let file = File::open(path)?;
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other(format!("it is larger than {} KiB", most / 1024)));
    }
    Ok(bytes)
}

/// A plain file outside of the workspace, such as the docker command's settings; `None` when there is none.
pub(crate) fn read_small(path: &Path) -> Result<Option<Vec<u8>>, Problem> {
    match read(path, MOST_BYTES) {
        Ok(mut bytes) => Ok(Some(std::mem::take(&mut *bytes))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(Problem::new("file.unreadable", format!("cannot read `{}`", shown(path)))
                .why(error.to_string()))
        }
    }
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
