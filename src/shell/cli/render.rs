//! `render`: the files of an environment as they would be deployed. Printed, their secrets are masked; written into a
//! folder with `--out`, they are filled in and only their owner can read them.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::domain::check::group::{Counts, by_environment};
use crate::domain::check::{Finding, Severity};
use crate::domain::environment::EnvName;
use crate::domain::overview::Overview;
use crate::domain::problem::{Problem, code};
use crate::domain::render::Rendering;
use crate::domain::text::sanitise;
use crate::engine::workspace::find;
use crate::engine::{Files, World};
use crate::shell::cli::Context;
use crate::shell::print::{Exit, Role};
use crate::shell::report::{Report, summary, worst_last};

/// What `render` takes.
#[derive(Debug, Args)]
pub struct RenderArguments {
    /// The environment
    #[arg(value_name = "ENV")]
    pub named: Option<String>,
    /// Write the files into this folder, secrets filled in; nothing is overwritten
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Prints or writes the files.
pub async fn run<W: World>(context: &Context<W>, arguments: RenderArguments) -> Result<Exit, Problem> {
    let environment = context.choose(arguments.named.as_deref()).await?.name;
    let overview = context.engine.open(1).await?;
    find(&overview.workspace, &environment)?;
    if let Some(folder) = &arguments.out {
        return write(context, &overview, &environment, folder).await;
    }
    let rendering = context.engine.rendering(&overview.workspace, &environment).await?;
    let masker = &find(&overview.workspace, &environment)?.masker;
    for file in &rendering.files {
        let mut bytes = file.masked();
        // A secret can stand in another value, too.
        if let Ok(text) = String::from_utf8(bytes.clone()) {
            bytes = masker.mask(text).into_bytes();
        }
        if context.out.json() {
            let text = std::str::from_utf8(&bytes).ok();
            context.out.record("file", &json!({ "path": file.path, "text": text }))?;
            continue;
        }
        context
            .out
            .line(context.out.paint(Role::Strong, &format!("==> {} <==", sanitise(file.path.as_bytes()))))?;
        match std::str::from_utf8(&bytes) {
            Ok(text) => text.lines().try_for_each(|line| context.out.line(sanitise(line.as_bytes())))?,
            Err(_) => context.out.line(format!("({} bytes that are no text)", bytes.len()))?,
        }
        context.out.line("")?;
    }
    complain(context, &overview, &rendering)
}

/// The errors that `check` has for the environment, also those of the layers and flags that it is made from.
fn errors<'a>(overview: &'a Overview, rendering: &'a Rendering) -> Vec<&'a Finding> {
    let concerns = |finding: &&Finding| {
        finding.environment.as_ref().is_none_or(|environment| *environment == rendering.environment)
    };
    // Of what is so in all environments the overview has one finding for all.
    let known = |finding: &&Finding| rendering.findings.iter().any(|own| own.problem == finding.problem);
    let of_layers = overview.findings.iter().filter(concerns).filter(|finding| !known(finding));
    of_layers.chain(&rendering.findings).filter(|finding| finding.severity == Severity::Error).collect()
}

/// Says what is wrong with a rendering; its errors make the answer no.
fn complain<W: World>(
    context: &Context<W>,
    overview: &Overview,
    rendering: &Rendering,
) -> Result<Exit, Problem> {
    let errors = errors(overview, rendering);
    if errors.is_empty() {
        return Ok(Exit::Ok);
    }
    if context.out.json() {
        let report = Report::new(overview, false);
        for group in by_environment(errors) {
            context.out.record("finding", &report.record(&group))?;
        }
        return Ok(Exit::CheckFailed);
    }
    let report = Report::new(overview, context.out.live_colour());
    for group in worst_last(&errors) {
        context.out.talk(report.frame(&group));
    }
    let counts = Counts::of(errors.iter().copied());
    context.out.talk(format!("{}: {}", rendering.environment, summary(counts)));
    Ok(Exit::CheckFailed)
}

async fn write<W: World>(
    context: &Context<W>,
    overview: &Overview,
    environment: &EnvName,
    folder: &Path,
) -> Result<Exit, Problem> {
    let rendering = context.engine.render_for_use(&overview.workspace, environment).await?;
    if !errors(overview, &rendering).is_empty() {
        complain(context, overview, &rendering)?;
        return Err(Problem::new(code::CHECK_FAILED, "nothing is written, because the rendering has errors")
            .hint(format!("`alertdeck check {environment}` shows them")));
    }
    for finding in &rendering.findings {
        if ["secret.lines", "secret.short"].contains(&finding.problem.code) {
            context.out.talk(format!("note: {}", finding.problem));
        }
    }
    let files = context.engine.world.files();
    let shown = sanitise(folder.to_string_lossy().as_bytes());
    outside(&context.engine.root, folder, &shown)?;
    // All or nothing: what is there is told before anything is written.
    for file in &rendering.files {
        if files.stands(folder, &file.path)? {
            let there = sanitise(folder.join(&file.path).to_string_lossy().as_bytes());
            return Err(Problem::new("file.unwritten", format!("`{there}` is there already"))
                .hint("choose a folder that does not hold it yet; nothing is overwritten"));
        }
    }
    for file in &rendering.files {
        files.write_private(folder, &file.path, &file.bytes)?;
        if context.out.json() {
            context.out.record("written", &json!({ "path": file.path }))?;
        }
    }
    let mut secrets: Vec<&str> = rendering
        .files
        .iter()
        .flat_map(|file| &file.insertions)
        .filter(|insertion| insertion.secret)
        .map(|insertion| insertion.key.as_str())
        .collect();
    secrets.sort_unstable();
    secrets.dedup();
    if !context.out.json() {
        let count = rendering.files.len();
        let filled = if secrets.is_empty() { "" } else { ", secrets filled in" };
        context.out.talk(format!("wrote {count} files of {environment} to {shown}{filled}"));
    }
    if !secrets.is_empty() {
        context.out.talk(format!(
            "warning: {} can be read there in clear, by you and by whoever can act as you; keep the folder out of git and remove it when you are done",
            secrets.join(", ")
        ));
    }
    Ok(Exit::Ok)
}

/// A folder of the workspace's own would be read as templates, secrets and all.
fn outside(root: &Path, folder: &Path, shown: &str) -> Result<(), Problem> {
    let full = |path: &Path| std::path::absolute(path).ok();
    let (Some(root), Some(folder)) = (full(root), full(folder)) else { return Ok(()) };
    let plain: PathBuf = folder.components().fold(PathBuf::new(), |mut path, part| {
        match part {
            std::path::Component::ParentDir => {
                path.pop();
            }
            std::path::Component::CurDir => {}
            part => path.push(part),
        }
        path
    });
    let own =
        ["config", "rules", "src/config", "src/rules"].iter().any(|own| plain.starts_with(root.join(own)));
    if own {
        return Err(Problem::new("file.unwritten", format!("`{shown}` is a folder of the workspace itself"))
            .why("what is written there would be read as templates, with the secrets in it")
            .hint("choose a folder outside of config/ and rules/"));
    }
    Ok(())
}
