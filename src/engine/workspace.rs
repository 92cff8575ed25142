//! From files to renderings: reads the workspace, renders its environments and checks them. The work is done by
//! blocking workers over shared snapshots, so that no thread of the runtime waits for it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;

use crate::domain::check::Finding;
use crate::domain::environment::EnvName;
use crate::domain::overview::Overview;
use crate::domain::problem::{Problem, code};
use crate::domain::render::kept::Kept;
use crate::domain::render::{Rendering, render_by};
use crate::domain::secret::{self, Secret, SecretSource};
use crate::domain::token::nearest;
use crate::domain::workspace::build::{Sources, build};
use crate::domain::workspace::{Environment, Workspace, assume};
use crate::engine::stop::{Stop, work_while_wanted};
use crate::engine::{Engine, Files, SourceFile, World};

/// How long a file may take to give a secret.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long notes of secrets may take.
const SOON: Duration = Duration::from_secs(1);

/// Secrets by key.
pub(crate) type Secrets = BTreeMap<String, Secret>;

/// What the providers of secrets gave. Whoever was asked need not be asked again: a command may ask the person.
#[derive(Debug, Default)]
pub(crate) struct Fetched {
    pub(crate) secrets: Secrets,
    /// The keys that were asked for, had or not.
    pub(crate) asked: Vec<String>,
    /// What could not be had.
    pub(crate) missing: Option<Problem>,
    /// What is to be said of those that were had.
    pub(crate) notes: Vec<Problem>,
}

/// What asking the providers came to.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) secrets: Secrets,
    /// One problem for each that could not be had.
    pub(crate) missing: Vec<Problem>,
    /// What is to be said of the others.
    pub(crate) notes: Vec<Problem>,
}

impl<W: World> Engine<W> {
    /// Reads the workspace, renders every environment with secrets as holes, checks all of it. One reading at a time:
    /// the wait for the one before holds no thread, and a dropped wait ends its reading at the next look.
    pub async fn open(&self, revision: u64) -> Result<Overview, Problem> {
        let engine = self.clone();
        let mut kept = Arc::clone(&self.kept).lock_owned().await;
        work_while_wanted(move |stop: &Stop| {
            let workspace = engine.read_again(revision, &mut kept.files)?;
            stop.look();
            let (overview, renderings) = Overview::after(workspace, &kept.renderings, stop);
            let before = std::mem::replace(&mut kept.renderings, renderings);
            // To let go of so many things takes its time, which nobody has to wait for.
            tokio::task::spawn_blocking(move || drop(before));
            Ok(overview)
        })
        .await?
    }

    /// The same with a note for each secret that cannot be had now, as far as that is known soon.
    pub async fn open_noted(&self, revision: u64) -> Result<Overview, Problem> {
        let overview = self.open(revision).await?;
        let all = overview.renderings.iter();
        let notes = try_join_all(all.map(|rendering| self.secret_notes(&overview.workspace, rendering)));
        // Nobody waits to see the rules because a file that gives a secret does not answer.
        let notes = tokio::time::timeout(SOON, notes).await.unwrap_or_else(|_elapsed| Ok(Vec::new()))?;
        Ok(overview.with_notes(notes.into_iter().flatten().collect()))
    }

    /// The rendering of an environment for looking: secrets are holes and no provider is asked.
    pub async fn rendering(
        &self,
        workspace: &Arc<Workspace>,
        environment: &EnvName,
    ) -> Result<Rendering, Problem> {
        self.render_with(workspace, environment, Secrets::new()).await
    }

    /// The rendering of an environment for use: its secrets are fetched from their providers and filled in. One
    /// that is used and cannot be had is the problem [`code::SECRET_MISSING`].
    pub async fn render_for_use(
        &self,
        workspace: &Arc<Workspace>,
        environment: &EnvName,
    ) -> Result<Rendering, Problem> {
        let fetched = self.fetch_used(workspace, environment).await?;
        if let Some(problem) = fetched.missing {
            return Err(problem);
        }
        let mut rendering = self.render_with(workspace, environment, fetched.secrets).await?;
        let notes = fetched.notes.into_iter().map(|note| Finding::note(note).within(environment));
        rendering.findings.extend(notes);
        Ok(rendering)
    }

    /// Asks for the secrets that an environment uses.
    pub(crate) async fn fetch_used(
        &self,
        workspace: &Arc<Workspace>,
        environment: &EnvName,
    ) -> Result<Fetched, Problem> {
        let looking = self.rendering(workspace, environment).await?;
        let Asked { secrets, missing, notes } =
            self.fetch(find(workspace, environment)?, &looking.holes, true).await;
        Ok(Fetched { secrets, asked: looking.holes, missing: together(missing), notes })
    }

    /// Asks the providers of these secrets, of commands only when `commands`.
    pub(crate) async fn fetch(&self, environment: &Environment, keys: &[String], commands: bool) -> Asked {
        let mut asked = Asked::default();
        for key in keys {
            let Some(source) = environment.secrets.get(key) else { continue };
            let place = || environment.values.get(key)?.chain.first()?.place.clone();
            let mut lines = false;
            let answer = match source {
                SecretSource::Value(secret) => Ok(secret.clone()),
                SecretSource::Variable(name) => self.world.files().secret_variable(name),
                SecretSource::File(path) => self.secret_file(path).await,
                SecretSource::Command(words) if commands => {
                    self.world.files().secret_command(words, &self.root).await.map(|spoken| {
                        lines = spoken.more;
                        spoken.secret
                    })
                }
                SecretSource::Command(_) => continue,
            };
            match answer {
                Ok(secret) => {
                    let notes = secret::notes(key, source, &secret, lines);
                    asked.notes.extend(notes.into_iter().map(|note| Problem { place: place(), ..note }));
                    asked.secrets.insert(key.clone(), secret);
                }
                Err(cause) => {
                    let provider = source.describe();
                    let mut problem = Problem::new(
                        code::SECRET_MISSING,
                        format!("the secret {key} cannot be had from {provider}"),
                    );
                    problem.why = cause.why;
                    problem.hint = Some(match source {
                        SecretSource::Variable(name) => {
                            format!("set the variable {name} where alertdeck runs")
                        }
                        SecretSource::File(path) => format!("put it into {path}, for your eyes only"),
                        SecretSource::Command(_) => {
                            "try the command by hand, in the workspace's folder".into()
                        }
                        SecretSource::Value(_) => "give it in another way".into(),
                    });
                    problem.place = place();
                    asked.missing.push(problem);
                }
            }
        }
        asked
    }

    /// A secret from a file. A file can lie on another machine, whose answer nobody waits for without end.
    async fn secret_file(&self, path: &str) -> Result<Secret, Problem> {
        let (engine, path) = (self.clone(), self.root.join(path));
        let read = work(move || engine.world.files().secret_file(&path));
        let late = || {
            Problem::new(code::SECRET_MISSING, "the file gives no secret")
                .why(format!("reading it took longer than {} s", PATIENCE.as_secs()))
        };
        tokio::time::timeout(PATIENCE, read).await.map_err(|_elapsed| late())??
    }

    /// What is to be said of the secrets that an environment uses, as notes: those that cannot be had now, because
    /// whoever only looks can do without, and those that are not masked everywhere. Commands are not run for it.
    pub async fn secret_notes(
        &self,
        workspace: &Arc<Workspace>,
        rendering: &Rendering,
    ) -> Result<Vec<Finding>, Problem> {
        let environment = find(workspace, &rendering.environment)?;
        let Asked { missing, notes, .. } = self.fetch(environment, &rendering.holes, false).await;
        let told = missing.into_iter().chain(notes);
        Ok(told.map(|problem| Finding::note(problem).within(&environment.name)).collect())
    }

    pub(crate) async fn render_with(
        &self,
        workspace: &Arc<Workspace>,
        environment: &EnvName,
        secrets: Secrets,
    ) -> Result<Rendering, Problem> {
        let (workspace, environment) = (Arc::clone(workspace), environment.clone());
        work_while_wanted(move |stop| {
            Ok(render_by(&workspace, find(&workspace, &environment)?, &secrets, stop))
        })
        .await?
    }

    /// What stands before `config/` and `rules/` below the root.
    pub(super) fn prefix(&self) -> Result<&'static str, Problem> {
        let holds = |folder: &str| self.world.files().is_dir(&self.root.join(folder));
        PREFIXES
            .into_iter()
            .find(|(folder, _)| holds(folder))
            .map(|(_, prefix)| prefix)
            .ok_or_else(|| no_workspace(&self.root))
    }

    /// Where the files of the workspace lie below its root: the two folders, a configuration beside them, and folders
    /// of rules that the configuration names.
    pub(crate) fn folders(&self) -> Result<Vec<String>, Problem> {
        let prefix = self.prefix()?;
        let files = self.world.files();
        let mut folders = vec![format!("{prefix}config"), format!("{prefix}rules")];
        let at = |found: &[SourceFile], path: &str| {
            found.iter().position(|file| file.path.strip_prefix(prefix) == Some(path))
        };
        let (mut found, _) = files.read_tree(&self.root, &[&format!("{prefix}config")])?;
        let mut config = assume::config(|path| at(&found, path).is_some());
        if config.is_none() {
            let loose = assume::LOOSE.map(|name| format!("{prefix}{name}"));
            (found, _) = files.read_tree(&self.root, &loose.each_ref().map(String::as_str))?;
            config = assume::LOOSE.into_iter().find(|path| at(&found, path).is_some());
            folders.extend(loose);
        }
        let config = config
            .and_then(|path| found.get(at(&found, path)?))
            .and_then(|file| std::str::from_utf8(&file.bytes).ok());
        let more = config.map(assume::wanted).unwrap_or_default();
        let more = more.into_iter().map(|folder| format!("{prefix}{folder}"));
        folders.extend(more.filter(|folder| files.is_dir(&self.root.join(folder))));
        Ok(folders)
    }

    pub(super) fn read(&self, revision: u64) -> Result<Workspace, Problem> {
        self.read_again(revision, &mut Vec::new())
    }

    /// Reads the workspace; files that are what they were are taken from `known`, which is then what there is now.
    fn read_again(&self, revision: u64, known: &mut Vec<SourceFile>) -> Result<Workspace, Problem> {
        let folders = self.folders()?;
        let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
        let (files, problems) = self.world.files().read_tree_again(&self.root, &folders, known)?;
        *known = files.iter().filter(|file| file.stamp.is_some()).cloned().collect();
        let workspace = build(Sources {
            root: self.root.display().to_string(),
            prefix: self.prefix()?,
            revision,
            files: files.into_iter().map(|file| (file.path, file.bytes)).collect(),
            problems,
            set: &self.set,
            octopus: self.octopus,
        });
        Ok(Workspace { only: self.only.clone(), ..workspace })
    }
}

/// What a reading of the workspace leaves for the next one, which is likely to find most of it again.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    files: Vec<SourceFile>,
    renderings: Arc<Kept>,
}

/// Folders that make a folder a workspace, and what stands before `config/` and `rules/` then.
pub const PREFIXES: [(&str, &str); 4] =
    [("config", ""), ("src/config", "src/"), ("rules", ""), ("src/rules", "src/")];

/// That a folder is none.
pub fn no_workspace(root: &Path) -> Problem {
    Problem::new("workspace.missing", format!("`{}` is no workspace", root.display()))
        .why("it holds neither `config/` nor `rules/`, nor `src/config/`")
        .hint("`alertdeck init DIR` makes one")
}

/// Runs work on a thread that may be kept busy.
pub(crate) async fn work<T: Send + 'static>(task: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(task).await.map_err(|error| {
        Problem::new("internal.crash", "a part of alertdeck stopped working")
            .why(if error.is_panic() { "it panicked; its log says where" } else { "it was cancelled" })
            .hint("please report it, with the log")
    })
}

/// The environment of that name, or the problem that there is none.
pub fn find<'a>(workspace: &'a Workspace, name: &EnvName) -> Result<&'a Environment, Problem> {
    workspace.environment(name).ok_or_else(|| {
        let known: Vec<&str> = workspace.environments.iter().map(|known| known.name.as_str()).collect();
        let problem =
            Problem::new("environment.unknown", format!("this workspace has no environment {name}"));
        match nearest(name.as_str(), known.iter().copied()) {
            Some(near) => problem.hint(format!("did you mean {near}?")),
            None => problem.hint(format!("it has {}", known.join(", "))),
        }
    })
}

/// Many missing secrets as one problem.
pub(crate) fn together(mut problems: Vec<Problem>) -> Option<Problem> {
    if problems.len() < 2 {
        return problems.pop();
    }
    let mut all = Problem::new(code::SECRET_MISSING, format!("{} secrets cannot be had", problems.len()));
    all.why = problems.iter().map(ToString::to_string).collect();
    Some(all)
}
