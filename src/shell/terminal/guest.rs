//! Other programs that have the terminal for a while: the person's editor, and a shell in a container. They get it as
//! it was before us, and we take it again when they end.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::process::Command;

use crate::domain::environment::EnvName;
use crate::domain::problem::Problem;

/// A program that gets the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guest {
    /// The editor, with a file of the workspace.
    Editor {
        /// Path below the workspace root.
        path: String,
        /// Line, from 1.
        line: u32,
    },
    /// A shell in the container of an environment.
    Shell(EnvName),
}

/// How guests are started.
#[derive(Clone, Debug)]
pub struct Guests {
    /// `$VISUAL` or `$EDITOR`, as written.
    pub editor: Option<String>,
    /// The workspace's folder; `None` when it is not on the disk.
    pub root: Option<PathBuf>,
    /// The command that opens a shell in the container of an environment, whose name is added at its end; empty where
    /// there can be none.
    pub shell: Vec<String>,
}

impl Guests {
    pub(super) fn run(&self, guest: Guest) -> BoxFuture<'static, Result<(), Problem>> {
        let started = match &guest {
            Guest::Editor { path, line } => self.editor(path, *line),
            Guest::Shell(environment) => self.shell(environment),
        };
        async move {
            let mut command = started?;
            let program = command.as_std().get_program().to_string_lossy().into_owned();
            let status = command.status().await.map_err(|error| {
                Problem::new("guest.start", format!("`{program}` cannot be started"))
                    .why(error.to_string())
                    .hint("set $EDITOR to a program that is there")
            })?;
            // What the last command in a shell gave is no trouble of ours.
            if status.success() || matches!(guest, Guest::Shell(_)) {
                return Ok(());
            }
            Err(Problem::new("guest.failed", format!("`{program}` ended with {status}")))
        }
        .boxed()
    }

    fn editor(&self, path: &str, line: u32) -> Result<Command, Problem> {
        let root = self.root.as_deref().ok_or_else(|| {
            Problem::new("guest.no-file", format!("`{path}` cannot be edited"))
                .why("this workspace is not on the disk")
        })?;
        let path = within(root, path)?;
        let words = shell_words::split(self.editor.as_deref().unwrap_or("vi")).map_err(|error| {
            Problem::new("guest.editor", "cannot tell which editor is meant")
                .why(error.to_string())
                .hint("set $EDITOR to a command such as `vim` or `code --wait`")
        })?;
        let (program, arguments) =
            words.split_first().map_or(("vi", &[][..]), |(p, rest)| (p.as_str(), rest));
        let mut command = Command::new(program);
        command.args(arguments).args(at_line(program, &path, line)).current_dir(root);
        Ok(command)
    }

    fn shell(&self, environment: &EnvName) -> Result<Command, Problem> {
        let [program, arguments @ ..] = self.shell.as_slice() else {
            return Err(Problem::new("guest.no-shell", format!("there is no shell in {environment}"))
                .why("its container is not a real one"));
        };
        let mut command = Command::new(program);
        command.args(arguments).arg(environment.as_str());
        Ok(command)
    }
}

/// The file and the line, as this editor wants to hear them. Nearly all know `+7`; these do not.
fn at_line(program: &str, path: &Path, line: u32) -> Vec<OsString> {
    let name = Path::new(program).file_name().unwrap_or_default().to_string_lossy();
    let colon = || {
        let mut text = path.as_os_str().to_owned();
        text.push(format!(":{line}"));
        text
    };
    match name.as_ref() {
        _ if line == 0 => vec![path.into()],
        "code" | "code-insiders" | "codium" | "cursor" | "windsurf" => vec!["--goto".into(), colon()],
        "hx" | "helix" | "subl" | "zed" | "zeditor" => vec![colon()],
        _ => vec![format!("+{line}").into(), path.into()],
    }
}

/// The path of a file of the workspace; nothing outside of it is edited.
fn within(root: &Path, path: &str) -> Result<PathBuf, Problem> {
    let relative = Path::new(path);
    let plain = relative.components().all(|part| matches!(part, std::path::Component::Normal(_)));
    if plain && !path.is_empty() {
        Ok(root.join(relative))
    } else {
        Err(Problem::new("guest.no-file", format!("`{path}` is no file of the workspace")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guests(editor: &str) -> Guests {
        Guests { editor: Some(editor.into()), root: Some("/work space".into()), shell: Vec::new() }
    }

    fn arguments(command: &Command) -> Vec<String> {
        let command = command.as_std();
        std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(|part| part.to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn each_editor_gets_the_line_in_its_own_way() {
        let vim = guests("vim -p").editor("rules/a.yaml", 7).unwrap();
        assert_eq!(arguments(&vim), ["vim", "-p", "+7", "/work space/rules/a.yaml"]);
        let helix = guests("hx").editor("rules/a.yaml", 7).unwrap();
        assert_eq!(arguments(&helix), ["hx", "/work space/rules/a.yaml:7"]);
        let code = guests("'/opt/my editors/code' --wait").editor("rules/a.yaml", 7).unwrap();
        assert_eq!(
            arguments(&code),
            ["/opt/my editors/code", "--wait", "--goto", "/work space/rules/a.yaml:7"]
        );
        let anywhere = guests(" ").editor("rules/a.yaml", 0).unwrap();
        assert_eq!(arguments(&anywhere), ["vi", "/work space/rules/a.yaml"]);
    }

    #[test]
    fn a_file_outside_of_the_workspace_is_not_edited() {
        for path in ["../secrets", "/etc/passwd", "rules/../../x", ""] {
            assert_eq!(guests("vi").editor(path, 1).unwrap_err().code, "guest.no-file", "{path:?}");
        }
    }

    #[test]
    fn a_broken_editor_variable_is_told() {
        assert_eq!(guests("vim '").editor("rules/a.yaml", 1).unwrap_err().code, "guest.editor");
    }

    #[tokio::test]
    async fn a_missing_editor_is_told_by_its_name() {
        let root = tempfile::tempdir().unwrap();
        let guests = Guests {
            editor: Some("/nonexistent/editor".into()),
            root: Some(root.path().into()),
            shell: Vec::new(),
        };
        let problem = guests.run(Guest::Editor { path: "a".into(), line: 1 }).await.unwrap_err();
        assert_eq!(problem.code, "guest.start");
        assert!(problem.what.contains("/nonexistent/editor"));
    }

    #[tokio::test]
    async fn the_demo_has_no_shell_and_says_so() {
        let problem = guests("vi").run(Guest::Shell("CI".parse().unwrap())).await.unwrap_err();
        assert_eq!(problem.code, "guest.no-shell");
    }
}
