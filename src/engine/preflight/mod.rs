//! Asks the `ElastAlert` of an image whether it would load a rendering, in one container that is used for nothing else
//! and gone afterwards. It has no network, nothing of what runs is touched, and secrets are in it only while it lives.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::domain::check::command::Command;
use crate::domain::check::{Finding, facts};
use crate::domain::container::ContainerId;
use crate::domain::environment::{EnvName, Mounts};
use crate::domain::label::{self, role};
use crate::domain::mask::Masker;
use crate::domain::overview::Overview;
use crate::domain::plan::{ContainerSpec, variables};
use crate::domain::preflight::{Context, Preflight, findings, read};
use crate::domain::problem::{Problem, code};
use crate::domain::remote::Timestamp;
use crate::domain::render::Rendering;
use crate::engine::archive::{Archive, Owner, owner};
use crate::engine::deploy::lock::nonce;
use crate::engine::deploy::patience::{briefly, twice};
use crate::engine::workspace::find;
use crate::engine::{Clock as _, Docker, Engine, World};

#[cfg(test)]
mod tests;

/// The program that is run in the container, and its parts.
const SCRIPT: [(&str, &str); 5] = [
    ("run.sh", include_str!("script/run.sh")),
    ("preflight.py", include_str!("script/preflight.py")),
    ("attempt.py", include_str!("script/attempt.py")),
    ("telling.py", include_str!("script/telling.py")),
    ("world.py", include_str!("script/world.py")),
];

/// Where it lies in the container.
const FOLDER: &str = "alertdeck-preflight";

/// How much of what it prints is read: 5,000 rules with a page of complaints each.
const OUTPUT: usize = 32 * 1024 * 1024;

/// How long one rule may take.
const RULE: Duration = Duration::from_secs(10);
/// How long all of them may take: this, and some thirty times what each takes on an idle machine.
const ALL: Duration = Duration::from_secs(60);
const EACH: Duration = Duration::from_millis(40);
/// How long the engine may take beyond that to say so.
const SLACK: Duration = Duration::from_secs(20);
/// How long the container lives beyond that if nobody removes it.
const REST: Duration = Duration::from_secs(40);

/// What is tried, and in what: everything that a deploy would give `ElastAlert`.
#[derive(Clone, Copy, Debug)]
pub struct Trial<'a> {
    /// The workspace's name, for the labels.
    pub workspace: &'a str,
    /// The rendering, its secrets filled in.
    pub rendering: &'a Rendering,
    /// The image.
    pub image: &'a str,
    /// The user; `None`: the image's.
    pub user: Option<&'a str>,
    /// The variables.
    pub env: &'a BTreeMap<String, String>,
    /// Where the folders are.
    pub mounts: &'a Mounts,
    /// What the process will be started with.
    pub command: &'a Command,
}

impl<W: World> Engine<W> {
    /// Tries an environment as it would be deployed now, and says what was found. An image that is not there is not
    /// fetched: that is a problem.
    pub async fn check_in_image(
        &self,
        overview: &Overview,
        name: &EnvName,
        stop: &CancellationToken,
    ) -> Result<(Preflight, Vec<Finding>), Problem> {
        let environment = find(&overview.workspace, name)?;
        let target = &environment.target;
        let image = target.image.as_deref().filter(|image| !image.is_empty()).ok_or_else(|| {
            Problem::new("preflight.image", format!("{name} names no image"))
                .hint("set `target.image` in config/environments/Default.yaml, or the token IMAGE_ID")
        })?;
        let holes = self.rendering(&overview.workspace, name).await?;
        let rendering = tokio::select! {
            biased;
            () = stop.cancelled() => return Err(interrupted()),
            rendering = self.render_for_use(&overview.workspace, name) => rendering?,
        };
        let docker = self.world.docker(target.docker.as_ref())?;
        let variables = variables(environment, &holes);
        // A secret must not come into the arguments of a process, so it is read where none is filled in.
        let file = |path: &str| holes.file(path).map(|file| (file.path.as_str(), file.bytes.as_slice()));
        let command = Command::of(target, &variables, file);
        let trial = Trial {
            workspace: &overview.workspace.name,
            rendering: &rendering,
            image,
            user: target.user.as_deref(),
            env: &variables,
            mounts: &target.mounts,
            command: &command,
        };
        let preflight = self.preflight(&docker, trial, stop).await?;
        let context = Context {
            workspace: &overview.workspace,
            rendering: &rendering,
            mounts: &target.mounts,
            facts: facts::elastalert(),
        };
        let mut found = findings(&preflight.0, context);
        // The others were told without the image.
        let lines = |finding: &&Finding| finding.problem.code == "secret.lines";
        found.extend(rendering.findings.iter().filter(lines).cloned());
        found.extend(preflight.1.map(|left| Finding::warning(left).within(name)));
        Ok((preflight.0, found))
    }

    /// Tries a rendering in an image that is on the engine. Beside the answer stands the problem, if there is one, that
    /// the container could not be removed. Cancelling `stop` removes it and ends with [`code::INTERRUPTED`].
    pub async fn preflight(
        &self,
        docker: &W::Docker,
        trial: Trial<'_>,
        stop: &CancellationToken,
    ) -> Result<(Preflight, Option<Problem>), Problem> {
        let found = docker.image(trial.image).await?.ok_or_else(|| {
            Problem::new(code::ENGINE_MISSING, format!("the image {} is not on the engine", trial.image))
                .why(format!("the engine at {} does not have it", docker.endpoint()))
                .hint(format!("fetch it: {} pull {}", docker.endpoint().docker_command(), trial.image))
        })?;
        let now = self.world.clock().now();
        let spec = trial.container(now);
        let user = trial.user.unwrap_or(&found.user);
        let made = docker.create_throwaway(&spec).await;
        let answer = match &made {
            Ok(id) => tokio::select! {
                biased;
                () = stop.cancelled() => Err(interrupted()),
                answer = trial.ask(docker, id, user, now) => answer,
            },
            Err(problem) => Err(problem.clone()),
        };
        // One of which nothing was heard may be there all the same, and has no secret in it yet.
        let id = made.unwrap_or_else(|_unheard| ContainerId(spec.name.clone()));
        let left = briefly(|| docker.discard(&id)).await.err().map(|problem| {
            let by_hand = format!("{} rm -fv {}", docker.endpoint().docker_command(), spec.name);
            let mut left =
                Problem::new("preflight.left", "the container of the preflight could not be removed").why(
                    format!(
                        "it holds the environment's secrets, and removes itself within {} s",
                        trial.life().as_secs()
                    ),
                );
            left.why.extend(problem.why);
            left.hint(format!("remove it: {by_hand}"))
        });
        match answer {
            Ok(output) => Ok((read(&output, &Masker::filled(trial.rendering))?, left)),
            Err(mut problem) => {
                problem.why.extend(left.map(|left| left.to_string()));
                Err(Masker::filled(trial.rendering).problem(problem))
            }
        }
    }
}

impl Trial<'_> {
    /// How long the rules may take, all together.
    fn patience(&self) -> Duration {
        ALL + EACH * u32::try_from(self.rendering.rules.len()).unwrap_or(u32::MAX)
    }

    /// How long the container lives if nobody removes it.
    fn life(&self) -> Duration {
        self.patience() + SLACK + REST
    }

    /// The container. It begins by waiting, because files go into it only once it removes itself when it ends.
    fn container(&self, now: Timestamp) -> ContainerSpec {
        let name = &self.rendering.environment;
        let nonce = nonce(now);
        let unique = nonce.get(..12).unwrap_or(&nonce);
        ContainerSpec {
            name: format!("{}-{}-preflight-{unique}", self.workspace, name.slug()),
            image: self.image.to_owned(),
            env: self.env.clone(),
            labels: label::labels(self.workspace, name, role::PREFLIGHT, None),
            volumes: Vec::new(),
            network: Some("none".to_owned()),
            user: self.user.map(str::to_owned),
            entrypoint: Some(Vec::new()),
            command: Some(vec!["sleep".to_owned(), self.life().as_secs().to_string()]),
            cap_add: Vec::new(),
        }
    }

    async fn ask<D: Docker>(
        &self,
        docker: &D,
        id: &ContainerId,
        user: &str,
        now: Timestamp,
    ) -> Result<Vec<u8>, Problem> {
        twice(|| docker.start(id)).await?;
        let owner = owner(docker, id, user).await?;
        let failed = |error: std::io::Error| {
            Problem::new("deploy.archive", "cannot pack the files for the preflight").why(error.to_string())
        };
        for archive in self.archives(owner, now) {
            let bytes = archive.finish().map_err(failed)?;
            twice(|| docker.upload(id, "/", bytes.clone())).await?;
        }
        let mut command = vec!["sh".to_owned(), format!("/{FOLDER}/run.sh")];
        command.extend(["--rule-seconds".to_owned(), RULE.as_secs().to_string()]);
        command.extend(["--seconds".to_owned(), self.patience().as_secs().to_string()]);
        command.extend(self.command.for_preflight());
        docker.output(id, &command, OUTPUT, self.patience() + SLACK).await
    }

    /// The files: those of the rendering, as a deploy lays them out, and the program that tries them.
    fn archives(&self, owner: Owner, now: Timestamp) -> Vec<Archive> {
        let folder = |path: &str, of: &str| {
            let mut archive = Archive::new(path.trim_start_matches('/'), owner, now);
            archive.folder("", 0o700);
            for file in &self.rendering.files {
                if let Some(path) = file.path.strip_prefix(of) {
                    archive.folders_of(path);
                    archive.file(path, &file.bytes);
                }
            }
            archive
        };
        let mut logs = Archive::new(self.mounts.logs.trim_start_matches('/'), owner, now);
        logs.folder("", 0o755);
        let mut script = Archive::new(FOLDER, owner, now);
        script.folder("", 0o700);
        for (name, text) in SCRIPT {
            script.file(name, text.as_bytes());
        }
        vec![folder(&self.mounts.config, "config/"), folder(&self.mounts.rules, "rules/"), logs, script]
    }
}

fn interrupted() -> Problem {
    Problem::new(code::INTERRUPTED, "the preflight was interrupted")
}
