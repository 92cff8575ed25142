//! The workspace as of a git revision, read with the `git` program: no checkout, no write, no network. The bytes are
//! those that were committed; links are followed as far as they stay within the workspace.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::time::timeout;

use crate::domain::diff::Revision;
use crate::domain::journal::GitState;
use crate::domain::problem::{Place, Problem};
use crate::domain::text::sanitise;
use crate::engine::files_tree::is_layer;
use crate::engine::{RevisionFiles, SourceFile};

/// How long git may take for one answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// The most bytes that are read of one revision.
const MOST_TOTAL: u64 = 128 * 1024 * 1024;

/// The most bytes that a list of files has.
const MOST_LISTED: u64 = 32 * 1024 * 1024;

/// How many links may lead to each other.
const MOST_LINKS: usize = 10;

/// Variables with which git was told about another repository, such as by a hook that runs us.
const FOREIGN: [&str; 7] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
];

/// What a revision has under a path.
#[derive(Clone, Debug)]
struct Entry {
    kind: Kind,
    id: String,
    size: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    File,
    Link,
    Other,
}

/// Reads the files below the folders of a workspace as of a revision.
pub(super) async fn read(
    root: &Path,
    revision: &Revision,
    folders: &[&str],
    most_files: usize,
    most_bytes: u64,
) -> Result<RevisionFiles, Problem> {
    let git = Git { root };
    let prefix = git.prefix().await?;
    let commit = git.commit(revision).await?;
    let wanted: Vec<String> = folders.iter().map(|folder| format!("{prefix}{folder}")).collect();
    let mut entries = git.list(&commit, &prefix, &wanted).await?;
    let mut problems = Vec::new();
    if entries.values().any(|entry| entry.kind == Kind::Link) {
        let all = git.list(&commit, &prefix, &[prefix.trim_end_matches('/').to_owned()]).await?;
        let ids: Vec<String> =
            all.values().filter(|entry| entry.kind == Kind::Link).map(|entry| entry.id.clone()).collect();
        let targets = git.contents(&ids).await?;
        entries = follow(&entries, &all, &targets, &mut problems);
    }
    let mut total = 0;
    entries.retain(|path, entry| {
        let why = if entry.kind == Kind::Other {
            Some("it is a repository of its own")
        } else if entry.size > most_bytes {
            Some("it is too large")
        } else if path.chars().any(char::is_control) {
            Some("its name holds control characters")
        } else {
            None
        };
        if let Some(why) = why {
            problems.push(unread(path, why));
        }
        total += if why.is_none() { entry.size } else { 0 };
        why.is_none()
    });
    if entries.len() > most_files || total > MOST_TOTAL {
        return Err(Problem::new(
            "workspace.large",
            format!("the workspace at {} is too large to be read", revision.as_str()),
        )
        .why(format!("at most {most_files} files of {} MiB are", MOST_TOTAL >> 20)));
    }
    if entries.is_empty() {
        let folder =
            if prefix.is_empty() { "the repository".to_owned() } else { format!("`{}`", shown(&prefix)) };
        return Err(Problem::new(
            "git.empty",
            format!("there was no workspace at {} in {folder}", revision.as_str()),
        )
        .why("it holds neither `config/` nor `src/config/` there"));
    }
    let ids: Vec<String> = entries.values().map(|entry| entry.id.clone()).collect();
    let mut contents = git.contents(&ids).await?;
    let mut files = Vec::with_capacity(entries.len());
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in entries.values() {
        *left.entry(&entry.id).or_default() += 1;
    }
    for (path, entry) in &entries {
        let count = left.entry(&entry.id).or_default();
        *count = count.saturating_sub(1);
        let bytes = if *count == 0 { contents.remove(&entry.id) } else { contents.get(&entry.id).cloned() };
        match bytes {
            Some(bytes) => files.push(SourceFile { path: path.clone(), bytes: bytes.into(), stamp: None }),
            None => return Err(absent(revision)),
        }
    }
    let commit = commit.get(..7).unwrap_or(&commit).to_owned();
    Ok(RevisionFiles { commit, files, problems })
}

/// The state of the repository that holds a workspace.
pub(super) async fn state(root: &Path) -> Option<GitState> {
    let git = Git { root };
    let head =
        git.run(&["rev-parse", "--verify", "--quiet", "HEAD"], &[]).await.ok().filter(|head| head.ok)?;
    // The folder alone: what else a repository holds is not deployed.
    let status = git.run(&["status", "--porcelain", "--", "."], &[]).await.ok();
    Some(GitState {
        commit: shown(String::from_utf8_lossy(&head.out).trim()),
        // Where git cannot tell, nobody may take it for clean.
        dirty: status.is_none_or(|status| !status.ok || !status.out.is_empty()),
    })
}

/// What stands behind the links among the entries, of all that the workspace has.
fn follow(
    entries: &BTreeMap<String, Entry>,
    all: &BTreeMap<String, Entry>,
    targets: &BTreeMap<String, Vec<u8>>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, Entry> {
    let mut found = BTreeMap::new();
    let mut open: Vec<(String, String, usize)> =
        entries.keys().map(|path| (path.clone(), path.clone(), 0)).collect();
    while let Some((path, at, depth)) = open.pop() {
        let Some(entry) = all.get(&at) else {
            // A folder: what lies in it lies behind the link as well.
            let inside = format!("{at}/");
            let below: Vec<&String> = all
                .range(inside.clone()..)
                .map(|(path, _)| path)
                .take_while(|path| path.starts_with(&inside))
                .collect();
            let many = found.len() + open.len() + below.len() > 20_000;
            if below.is_empty() || many {
                problems.push(astray(&path, "the link leads nowhere"));
            } else {
                open.extend(below.iter().filter_map(|file| {
                    let name = file.strip_prefix(&inside)?;
                    Some((format!("{path}/{name}"), (*file).clone(), depth))
                }));
            }
            continue;
        };
        if entry.kind != Kind::Link {
            if is_layer(&at) && !is_layer(&path) {
                problems.push(astray(&path, "the link leads to the files of layers, which are not laid out"));
            } else {
                found.insert(path, entry.clone());
            }
            continue;
        }
        let target = targets.get(&entry.id).and_then(|target| std::str::from_utf8(target).ok());
        match target.and_then(|target| resolve(&at, target)) {
            Some(next) if depth < MOST_LINKS => open.push((path, next, depth + 1)),
            Some(_) => problems.push(astray(&path, "the link leads back to itself")),
            None => problems.push(astray(&path, "the link leads out of the workspace")),
        }
    }
    found
}

/// The path that a link leads to, if that is in the workspace.
fn resolve(link: &str, target: &str) -> Option<String> {
    if target.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = link.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn unread(path: &str, why: &str) -> Problem {
    Problem::new("workspace.file", "the file cannot be read").at(Place::file(shown(path))).why(why)
}

fn astray(path: &str, what: &str) -> Problem {
    Problem::new("workspace.link", what).at(Place::file(shown(path)))
}

fn absent(revision: &Revision) -> Problem {
    Problem::new("git.absent", format!("the files of {} are not all there", revision.as_str()))
        .why("the clone has left them out, and nothing is fetched for looking")
        .hint("git fetch --refetch brings them")
}

fn shown(text: &str) -> String {
    sanitise(text.as_bytes())
}

/// The git program in a folder.
struct Git<'a> {
    root: &'a Path,
}

/// How git ended, and what it said.
struct Answer {
    ok: bool,
    out: Vec<u8>,
    said: String,
}

impl Git<'_> {
    /// Where the workspace is within its repository: nothing, or a path that ends with `/`.
    async fn prefix(&self) -> Result<String, Problem> {
        let answer = self.run(&["rev-parse", "--show-prefix"], &[]).await?;
        if !answer.ok {
            let folder = shown(&self.root.to_string_lossy());
            let problem =
                Problem::new("git.none", format!("`{folder}` is in no git repository that can be read"))
                    .why(answer.said.clone());
            return Err(if answer.said.contains("dubious ownership") {
                problem.hint("git says how to trust it: git config --global --add safe.directory …")
            } else {
                problem
            });
        }
        let text = String::from_utf8_lossy(&answer.out).into_owned();
        Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
    }

    /// The commit that a revision names.
    async fn commit(&self, revision: &Revision) -> Result<String, Problem> {
        let wanted = format!("{}^{{commit}}", revision.as_str());
        let answer =
            self.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted], &[]).await?;
        let text = String::from_utf8_lossy(&answer.out).trim().to_owned();
        if answer.ok && !text.is_empty() {
            return Ok(text);
        }
        let shallow = self.run(&["rev-parse", "--is-shallow-repository"], &[]).await?;
        let problem = Problem::new("git.revision", format!("git knows no revision {}", revision.as_str()));
        Err(if shallow.out.starts_with(b"true") {
            problem
                .why("the clone is shallow: its older commits are not there")
                .hint("git fetch --unshallow brings them")
        } else {
            problem.hint("such as git:HEAD~1, git:v1.2 or git:origin/main")
        })
    }

    /// What a commit has below some paths, by the path within the workspace.
    async fn list(
        &self,
        commit: &str,
        prefix: &str,
        paths: &[String],
    ) -> Result<BTreeMap<String, Entry>, Problem> {
        let mut arguments = vec!["ls-tree", "-r", "-z", "-l", "--full-tree", commit];
        let paths: Vec<&str> = paths.iter().map(String::as_str).filter(|path| !path.is_empty()).collect();
        if !paths.is_empty() {
            arguments.push("--");
            arguments.extend(paths);
        }
        let answer = self.run(&arguments, &[]).await?;
        if !answer.ok {
            return Err(
                Problem::new("git.failed", "git cannot list the files of the revision").why(answer.said)
            );
        }
        let mut entries = BTreeMap::new();
        for line in answer.out.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
            let Ok(line) = std::str::from_utf8(line) else { continue };
            let Some((about, path)) = line.split_once('\t') else { continue };
            let Some(path) = path.strip_prefix(prefix) else { continue };
            let mut words = about.split_ascii_whitespace();
            let (Some(mode), Some(_), Some(id)) = (words.next(), words.next(), words.next()) else {
                continue;
            };
            let size = words.next().and_then(|size| size.parse().ok()).unwrap_or(0);
            let kind = match mode {
                "100644" | "100755" | "100664" => Kind::File,
                "120000" => Kind::Link,
                _ => Kind::Other,
            };
            entries.insert(path.to_owned(), Entry { kind, id: id.to_owned(), size });
        }
        Ok(entries)
    }

    /// The contents of objects by their ids. What the clone has not is left out.
    async fn contents(&self, ids: &[String]) -> Result<BTreeMap<String, Vec<u8>>, Problem> {
        let mut input = String::new();
        for id in ids {
            input.push_str(id);
            input.push('\n');
        }
        let answer = self.run(&["cat-file", "--batch"], input.as_bytes()).await?;
        let broken = || Problem::new("git.failed", "git cannot give the files of the revision");
        if !answer.ok {
            return Err(broken().why(answer.said));
        }
        let mut contents = BTreeMap::new();
        let mut rest = answer.out.as_slice();
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let head = String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned();
            rest = rest.get(end + 1..).unwrap_or_default();
            let mut words = head.split(' ');
            let (Some(id), Some(kind), size) = (words.next(), words.next(), words.next()) else {
                return Err(broken().why("its answer cannot be read"));
            };
            if kind == "missing" {
                continue;
            }
            let size: Option<usize> = size.and_then(|size| size.parse().ok());
            let Some(bytes) = size.and_then(|size| rest.get(..size)) else {
                return Err(broken().why("its answer ended early"));
            };
            contents.insert(id.to_owned(), bytes.to_vec());
            rest = rest.get(bytes.len() + 1..).unwrap_or_default();
        }
        Ok(contents)
    }

    /// Runs git, which never asks anybody anything and never goes to the network.
    async fn run(&self, arguments: &[&str], input: &[u8]) -> Result<Answer, Problem> {
        let mut command = Command::new("git");
        command.arg("--literal-pathspecs").arg("-C").arg(self.root).args(arguments);
        for name in FOREIGN {
            command.env_remove(name);
        }
        command
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let failed = |error: &io::Error| {
            let problem = Problem::new("git.program", "git cannot be run").why(error.to_string());
            if error.kind() == io::ErrorKind::NotFound {
                problem.hint("install git, or compare with something else")
            } else {
                problem
            }
        };
        let work = async {
            let mut child = command.spawn()?;
            let gone = || io::Error::other("its pipes are gone");
            let mut to = child.stdin.take().ok_or_else(gone)?;
            let from = child.stdout.take().ok_or_else(gone)?;
            let errors = child.stderr.take().ok_or_else(gone)?;
            let write = async {
                let written = to.write_all(input).await;
                drop(to);
                // It may end before it has read all; how it ended says more.
                written.or_else(|error| match error.kind() {
                    io::ErrorKind::BrokenPipe => Ok(()),
                    _ => Err(error),
                })
            };
            let read = async {
                let mut out = Vec::new();
                from.take(MOST_TOTAL + MOST_LISTED).read_to_end(&mut out).await.map(|_| out)
            };
            let complain = async {
                let mut said = Vec::new();
                errors.take(4096).read_to_end(&mut said).await.map(|_| said)
            };
            let ((), out, said) = tokio::try_join!(write, read, complain)?;
            let status = child.wait().await?;
            let said = String::from_utf8_lossy(&said).lines().next().unwrap_or_default().to_owned();
            Ok::<_, io::Error>(Answer { ok: status.success(), out, said: shown(&said) })
        };
        match timeout(PATIENCE, work).await {
            Ok(answer) => answer.map_err(|error| failed(&error)),
            Err(_) => Err(Problem::new("git.program", "git does not answer")
                .why(format!("it took longer than {} s", PATIENCE.as_secs()))),
        }
    }
}

#[cfg(test)]
#[path = "files_git_tests.rs"]
mod tests;
