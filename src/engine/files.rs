//! The disk, and the processes that give secrets. It reads within bounds, follows no link out of the workspace, opens
//! nothing that is not a plain file, and writes files that only their owner can read.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use futures_util::Stream;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;
use walkdir::{DirEntry, WalkDir};
use zeroize::{Zeroize, Zeroizing};

use crate::domain::problem::{Place, Problem, code};
use crate::domain::secret::Secret;
use crate::domain::text::sanitise;
use crate::engine::changes::changes;
use crate::engine::{Files, SourceFile, files_create};

/// The most files that a workspace has.
const MOST_FILES: usize = 5_000;

/// The most files and folders that are looked at; links can make many of a few.
const MOST_ENTRIES: usize = 10 * MOST_FILES;

/// The most bytes that one file has.
const MOST_BYTES: u64 = 1024 * 1024;

/// The most bytes that are read of what a command prints.
const MOST_PRINTED: u64 = 64 * 1024;

/// How long a command may take to give a secret.
const PATIENCE: Duration = Duration::from_secs(10);

/// The disk of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealFiles;

impl Files for RealFiles {
    fn read_tree(&self, root: &Path, folders: &[&str]) -> Result<(Vec<SourceFile>, Vec<Problem>), Problem> {
        let home = root.canonicalize().map_err(|error| {
            Problem::new("workspace.unreadable", format!("cannot read `{}`", shown(root)))
                .why(error.to_string())
        })?;
        let mut reading =
            Reading { root, home, files: Vec::new(), problems: Vec::new(), full: false, seen: 0 };
        for folder in folders {
            reading.folder(folder);
        }
        reading.files.sort_by(|left, right| left.path.cmp(&right.path));
        Ok((reading.files, reading.problems))
    }

    fn changes(&self, root: &Path, folders: Vec<String>) -> impl Stream<Item = ()> + Send + 'static {
        changes(root, &folders.iter().map(String::as_str).collect::<Vec<_>>())
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

    async fn secret_command(&self, command: &[String], root: &Path) -> Result<Secret, Problem> {
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
            BufReader::new(printed.take(MOST_PRINTED)).read_until(b'\n', &mut line).await?;
            if line.len() as u64 >= MOST_PRINTED && !line.ends_with(b"\n") {
                return Ok(None);
            }
            Ok::<_, io::Error>(Some((line, child.wait().await?)))
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
        let Some((mut line, status)) = answer else {
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
        while line.ends_with(b"\n") || line.ends_with(b"\r") {
            line.pop();
        }
        let text = String::from_utf8(std::mem::take(&mut *line)).map_err(|not_text| {
            not_text.into_bytes().zeroize();
            failed("it printed something that is not UTF-8".into())
        })?;
        if text.is_empty() {
            return Err(failed("it printed nothing".into()));
        }
        Ok(Secret::new(text))
    }
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

fn read(path: &Path, most: u64) -> io::Result<Zeroizing<Vec<u8>>> {
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

/// A tree while it is read.
struct Reading<'a> {
    root: &'a Path,
    /// The root without links, to tell what lies in it.
    home: PathBuf,
    files: Vec<SourceFile>,
    problems: Vec<Problem>,
    full: bool,
    seen: usize,
}

/// Why a link is not followed, if it is not.
fn refuse_link(link: &Path, home: &Path) -> Option<&'static str> {
    // One that leads nowhere is told by the walk itself.
    let target = link.canonicalize().ok()?;
    if !target.starts_with(home) {
        return Some("the link leads out of the workspace");
    }
    let above = link.parent().and_then(|folder| folder.canonicalize().ok());
    above
        .is_some_and(|above| above.starts_with(&target))
        .then_some("the link leads back to a folder above it")
}

impl Reading<'_> {
    fn folder(&mut self, folder: &str) {
        let start = self.root.join(folder);
        if !start.exists() {
            return;
        }
        let mut refused = Vec::new();
        let (home, root) = (self.home.clone(), self.root.to_path_buf());
        let walk = WalkDir::new(&start).follow_links(true).sort_by_file_name().into_iter();
        let walk = walk.filter_entry(|entry| {
            let refusal = entry.path_is_symlink().then(|| refuse_link(entry.path(), &home)).flatten();
            if let Some(what) = refusal {
                refused.push(problem(what, &root, entry.path()));
            }
            refusal.is_none()
        });
        for entry in walk {
            match entry {
                Ok(entry) => self.entry(&entry),
                Err(error) => {
                    let path = error.path().unwrap_or(&start).to_path_buf();
                    let looped = error.loop_ancestor().is_some();
                    let what =
                        if looped { "the link leads back to a folder above it" } else { "cannot be read" };
                    let mut problem = problem(what, self.root, &path);
                    if let Some(error) = error.io_error() {
                        problem = problem.why(error.to_string());
                    }
                    self.problems.push(problem);
                }
            }
            self.seen += 1;
            if self.full || self.seen > MOST_ENTRIES {
                break;
            }
        }
        self.problems.append(&mut refused);
    }

    fn entry(&mut self, entry: &DirEntry) {
        let path = entry.path();
        let kind = entry.file_type();
        if kind.is_dir() {
            return;
        }
        if !kind.is_file() {
            self.problems.push(problem("it is neither a file nor a folder", self.root, path));
            return;
        }
        let Some(name) = below(self.root, path).filter(|name| !name.chars().any(char::is_control)) else {
            self.problems.push(
                problem("the name of the file cannot be used", self.root, path)
                    .why("it is not UTF-8 or holds control characters"),
            );
            return;
        };
        if self.files.len() >= MOST_FILES {
            self.full = true;
            self.problems.push(
                Problem::new("workspace.large", format!("there are more than {MOST_FILES} files"))
                    .at(Place::file(name))
                    .why("files from this one on are not read"),
            );
            return;
        }
        match read(path, MOST_BYTES) {
            Ok(mut bytes) => self.files.push(SourceFile { path: name, bytes: std::mem::take(&mut *bytes) }),
            Err(error) => {
                self.problems
                    .push(problem("the file cannot be read", self.root, path).why(error.to_string()));
            }
        }
    }
}

/// The path below the root, with `/`; `None` when it is not UTF-8.
fn below(root: &Path, path: &Path) -> Option<String> {
    let path = path.strip_prefix(root).unwrap_or(path);
    let parts: Option<Vec<&str>> = path.components().map(|part| part.as_os_str().to_str()).collect();
    parts.map(|parts| parts.join("/"))
}

fn problem(what: &str, root: &Path, path: &Path) -> Problem {
    let name = path.strip_prefix(root).unwrap_or(path);
    Problem::new("workspace.file", what).at(Place::file(shown(name)))
}

#[cfg(test)]
mod tests {
    use std::fs::{DirBuilder, OpenOptions};
    use std::io::Write as _;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn file(root: &Path, path: &str, text: &[u8]) {
        let path = root.join(path);
        DirBuilder::new().recursive(true).create(path.parent().unwrap()).unwrap();
        OpenOptions::new().write(true).create_new(true).open(path).unwrap().write_all(text).unwrap();
    }

    fn tree(root: &Path) -> (Vec<String>, Vec<String>) {
        let (files, problems) = RealFiles.read_tree(root, &["config", "rules"]).unwrap();
        (
            files.into_iter().map(|file| file.path).collect(),
            problems.iter().map(ToString::to_string).collect(),
        )
    }

    #[test]
    fn a_tree_is_read_sorted_and_links_inside_are_followed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        file(root, "config/b.yaml", b"b");
        file(root, "config/a.yaml", b"a");
        file(root, "shared/c/list.txt", b"c");
        file(root, "rules/x/r.yaml", b"r");
        symlink("../shared/c", root.join("rules/linked")).unwrap();
        symlink("b.yaml", root.join("config/link.yaml")).unwrap();
        let (files, problems) = tree(root);
        assert_eq!(
            files,
            ["config/a.yaml", "config/b.yaml", "config/link.yaml", "rules/linked/list.txt", "rules/x/r.yaml"]
        );
        assert!(problems.is_empty(), "{problems:?}");
    }

    #[test]
    fn links_out_loops_pipes_and_large_files_are_refused_and_the_rest_is_read() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let root = folder.path();
        file(root, "rules/good.yaml", b"a");
        file(root, "rules/large.yaml", &vec![b'x'; 1024 * 1024 + 1]);
        file(root, "rules/ctrl\u{1b}[2J.yaml", b"a");
        file(outside.path(), "o/secret.yaml", b"canary");
        symlink(outside.path().join("o"), root.join("rules/out")).unwrap();
        symlink(outside.path().join("o/secret.yaml"), root.join("rules/out.yaml")).unwrap();
        symlink("nowhere", root.join("rules/dangling")).unwrap();
        symlink("..", root.join("rules/loop")).unwrap();
        #[expect(clippy::disallowed_types, reason = "the standard library makes no pipes with names")]
        let made = std::process::Command::new("mkfifo").arg(root.join("rules/pipe")).status();
        let (files, problems) = tree(root);
        assert_eq!(files, ["rules/good.yaml"]);
        let all = problems.join("\n");
        for part in [
            "rules/out: the link leads out",
            "rules/out.yaml: the link leads out",
            "rules/dangling",
            "rules/loop",
            "rules/large.yaml: the file cannot be read: it is larger",
        ] {
            assert!(all.contains(part), "{part}: {all}");
        }
        if made.is_ok_and(|status| status.success()) {
            assert!(all.contains("rules/pipe: it is neither"), "{all}");
        }
        assert!(!all.contains('\u{1b}') && !all.contains("canary"), "{all}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(tree(folder.path()), (Vec::new(), Vec::new()));
        let nowhere = RealFiles.read_tree(&folder.path().join("no"), &["config"]);
        assert_eq!(nowhere.unwrap_err().code, "workspace.unreadable");
    }

    #[test]
    fn what_is_written_is_private_and_never_overwrites() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("out");
        RealFiles.write_private(&root, "rules/r.yaml", b"a").unwrap();
        let mode = |path: &str| root.join(path).metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("rules/r.yaml"), mode("rules"), mode("")), (0o600, 0o700, 0o700));
        assert_eq!(RealFiles.write_private(&root, "rules/r.yaml", b"b").unwrap_err().code, "file.unwritten");
        symlink(folder.path(), root.join("config")).unwrap();
        let linked = RealFiles.write_private(&root, "config/a.yaml", b"a").unwrap_err();
        assert!(linked.what.contains("is a link"), "{linked}");
        symlink(folder.path().join("elsewhere"), root.join("rules/l.yaml")).unwrap();
        assert_eq!(RealFiles.write_private(&root, "rules/l.yaml", b"b").unwrap_err().code, "file.unwritten");
        assert!(!folder.path().join("elsewhere").exists() && !folder.path().join("a.yaml").exists());
    }

    #[test]
    fn a_secret_file_loses_its_last_line_end_only() {
        let folder = tempfile::tempdir().unwrap();
        let of = |name: &str, bytes: &[u8]| {
            file(folder.path(), name, bytes);
            RealFiles.secret_file(&folder.path().join(name))
        };
        assert_eq!(of("a", b"x \ny\n\r\n").unwrap().expose(), "x \ny\n");
        for (name, bytes) in [("b", b"".as_slice()), ("c", b"\n"), ("d", b"canary\xff")] {
            let problem = of(name, bytes).unwrap_err();
            assert_eq!(problem.code, code::SECRET_MISSING);
            assert!(!problem.to_string().contains("canary"));
        }
        assert!(RealFiles.secret_file(folder.path()).is_err());
        assert!(RealFiles.secret_variable("ALERTDECK_TEST_SURELY_NOT_SET").is_err());
    }

    #[tokio::test]
    async fn a_command_gives_its_first_line() {
        let folder = tempfile::tempdir().unwrap();
        let run = async |script: &str| {
            let command = ["sh", "-c", script].map(str::to_owned);
            RealFiles.secret_command(&command, folder.path()).await
        };
        assert_eq!(run("printf 'a b\\nmore\\n'").await.unwrap().expose(), "a b");
        assert_eq!(run("printf last").await.unwrap().expose(), "last");
        assert_eq!(run("yes").await.unwrap().expose(), "y");
        for script in ["true", "exit 3", "echo canary; echo canary >&2; exit 1", "printf 'canary\\377\\n'"] {
            let problem = run(script).await.unwrap_err();
            assert_eq!(problem.code, code::SECRET_MISSING, "{script}");
            assert!(!problem.to_string().contains("canary"), "{problem}");
        }
        let nobody = RealFiles.secret_command(&["/no/such/program".to_owned()], folder.path()).await;
        assert!(nobody.is_err());
    }

    #[tokio::test]
    async fn what_keeps_a_command_from_giving_a_secret_is_told() {
        let folder = tempfile::tempdir().unwrap();
        file(folder.path(), "give", b"#!/bin/sh\necho from the workspace\n");
        std::fs::set_permissions(folder.path().join("give"), std::fs::Permissions::from_mode(0o755)).unwrap();
        let run = async |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            RealFiles.secret_command(&words, folder.path()).await
        };
        assert_eq!(run(&["./give"]).await.unwrap().expose(), "from the workspace");
        for (script, why) in [
            ("head -c 3000000 /dev/zero | tr '\\0' x", "longer than 64 KiB"),
            ("read answer && echo canary$answer", "ended with exit status: 1"),
            ("kill -9 $$", "signal: 9"),
        ] {
            let problem = run(&["sh", "-c", script]).await.unwrap_err();
            assert!(problem.to_string().contains(why), "{script}: {problem}");
            assert!(!problem.to_string().contains("canary"), "{problem}");
        }
        assert!(run(&["no-such-program-here"]).await.unwrap_err().to_string().contains("no such program"));
        assert!(run(&["./no-such-file"]).await.unwrap_err().to_string().contains("no such program"));
        assert!(run(&["."]).await.is_err() && run(&[]).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_command_that_waits_for_ever_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        // What it started itself holds the output open, and is ended with it.
        let command = ["sh", "-c", "sleep 600 & echo $! >pid; wait"].map(str::to_owned);
        let problem = RealFiles.secret_command(&command, folder.path()).await.unwrap_err();
        assert!(problem.to_string().contains("longer than 10 s"), "{problem}");
    }
}
