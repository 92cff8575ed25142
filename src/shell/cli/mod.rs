//! The command line: flags, verbs, and one file for each verb. A verb calls a use case of the engine and prints what
//! it gives; it has no logic of its own. Without a verb the console opens.

pub mod check;
pub mod checks;
pub mod demo;
pub mod deploy;
pub mod diff;
pub mod envs;
pub mod history;
pub mod init;
mod interrupt;
pub mod keys;
pub mod logs;
pub mod plan;
pub mod render;
pub mod resume;
pub mod rollback;
pub mod rules;
pub mod shell;
pub mod status;
pub mod top;
pub mod unlock;
pub mod why;

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Parser, Subcommand};

use crate::domain::environment::EnvName;
use crate::domain::problem::Problem;
use crate::engine::{Engine, World};
use crate::shell::cli::interrupt::unless_interrupted;
use crate::shell::print::{Exit, Format, Printer};
use crate::shell::settings::{self, Choice, ChosenBy};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::White.on_default().bold())
    .usage(AnsiColor::White.on_default().bold())
    .literal(AnsiColor::Cyan.on_default());

/// A terminal operations console for ElastAlert.
///
/// Without a command it opens the console. Every command prints data on standard output and talk on standard error.
#[derive(Debug, Parser)]
#[command(name = "alertdeck", version, styles = STYLES, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Arguments {
    /// The workspace's folder; else the nearest one upward that holds config/
    #[arg(long, global = true, value_name = "DIR", env = "ALERTDECK_WORKSPACE")]
    pub workspace: Option<PathBuf>,
    /// The environment; Octopus Deploy decides where it runs us, and $ENVIRONMENT where nobody says
    #[arg(short, long, global = true, value_name = "ENV")]
    pub environment: Option<String>,
    /// A value above all layers; can be given more than once
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = settings::set)]
    pub set: Vec<(String, String)>,
    /// How data is printed
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// What to do
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

const EXIT_CODES: &str = "Exit codes: 0 yes or nothing to do, 1 error, 2 changes or no, 3 check failed, 4 locked, \
5 deploy failed and put back, 6 down, 8 engine unreachable, 130 interrupted.";

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// The environments, and which one is chosen by what
    Envs,
    /// The rules, and in which environment each differs or is excluded
    Rules,
    /// The files of an environment as they would be deployed, secrets masked
    Render(render::RenderArguments),
    /// Where a value comes from, down to the line of the layer that gave it
    Why(why::WhyArguments),
    /// What would change in an environment
    Diff(diff::DiffArguments),
    /// What is wrong with the workspace
    Check(check::CheckArguments),
    /// The codes that findings can have
    Checks(checks::ChecksArguments),
    /// The console on a made-up world: needs no engine, no network, no workspace
    Demo(demo::DemoArguments),
    /// Make a workspace to begin with, or add what one lacks; nothing is written over
    Init(init::InitArguments),
    /// The keys of the console
    Keys(keys::KeysArguments),
    /// What a deploy would do now
    Plan(plan::PlanArguments),
    /// Deploy an environment, and put back what ran before if it fails
    Deploy(deploy::DeployArguments),
    /// Deploy what a release of before had, as a new one
    Rollback(rollback::RollbackArguments),
    /// Go on with a deploy that was cut off, to its end or back to what ran before
    Resume(resume::ResumeArguments),
    /// Take the lock of an environment away from whoever holds it
    Unlock(unlock::UnlockArguments),
    /// What every deploy of an environment came to
    History(history::HistoryArguments),
    /// How healthy an environment is, or all of them
    Status(status::StatusArguments),
    /// What an environment's container says
    Logs(logs::LogsArguments),
    /// The processes in an environment's container
    Top(top::TopArguments),
    /// A shell in an environment's container
    Shell(shell::ShellArguments),
}

/// What every verb gets: the use cases, the printer and the environment that was asked for.
#[derive(Debug)]
pub struct Context<W> {
    /// The use cases.
    pub engine: Engine<W>,
    /// Prints.
    pub out: Printer,
    /// `--environment`, as given.
    pub environment: Option<String>,
}

/// Carries out a verb.
pub async fn run<W: World>(context: &Context<W>, verb: Verb) -> Result<Exit, Problem> {
    context.out.begin()?;
    settings::named_at_all(context.environment.as_deref())?;
    match verb {
        Verb::Envs => envs::run(context).await,
        Verb::Rules => rules::run(context).await,
        Verb::Render(arguments) => Box::pin(unless_interrupted(render::run(context, arguments))).await,
        Verb::Why(arguments) => why::run(context, arguments).await,
        Verb::Diff(arguments) => Box::pin(unless_interrupted(diff::run(context, arguments))).await,
        Verb::Check(arguments) => check::run(context, arguments).await,
        Verb::Status(arguments) => status::run(context, arguments).await,
        Verb::Logs(arguments) => logs::run(context, arguments).await,
        Verb::Top(arguments) => top::run(context, arguments).await,
        Verb::Shell(arguments) => shell::run(context, arguments).await,
        // It was dealt with before a workspace was looked for.
        Verb::Demo(arguments) => demo::run(context.out, arguments).await,
        Verb::Init(arguments) => init::run(context.engine.clone(), context.out, arguments).await,
        Verb::Keys(arguments) => keys::run(context.out, arguments),
        Verb::Checks(arguments) => checks::run(context.out, arguments),
        Verb::Plan(arguments) => Box::pin(unless_interrupted(plan::run(context, arguments))).await,
        Verb::Deploy(arguments) => deploy::run(context, arguments).await,
        Verb::Rollback(arguments) => Box::pin(rollback::run(context, arguments)).await,
        Verb::Resume(arguments) => resume::run(context, arguments).await,
        Verb::Unlock(arguments) => unlock::run(context, arguments).await,
        Verb::History(arguments) => history::run(context, arguments).await,
    }
}

impl<W: World> Context<W> {
    /// The environment for a verb that only looks. `argument` is the verb's own ENV.
    pub async fn choose(&self, argument: Option<&str>) -> Result<Choice, Problem> {
        let asked = match (argument, self.environment.as_deref()) {
            (Some(argument), Some(flag)) if argument != flag => {
                return Err(Problem::new(
                    "environment.twice",
                    format!("two environments are named: `{argument}` and `--environment {flag}`"),
                ));
            }
            (argument, flag) => argument.or(flag),
        };
        let choice = settings::choose(asked).await?;
        if let Some(asked) = asked
            && choice.by == ChosenBy::Octopus
            && choice.name.as_str() != asked
        {
            self.out.talk(format!("Octopus Deploy chose {}; `{asked}` is not used", choice.name));
        }
        Ok(choice)
    }

    /// The environment for a verb that changes something: without a terminal it must be named.
    pub async fn choose_to_change(&self, argument: Option<&str>) -> Result<EnvName, Problem> {
        let choice = self.choose(argument).await?;
        if choice.by == ChosenBy::Nobody && !self.out.live() {
            return Err(Problem::new("environment.unnamed", "no environment is named")
                .why("without a terminal nothing is changed in Default unless somebody says so")
                .hint("name it: --environment Default"));
        }
        Ok(choice.name)
    }
}
