//! How the program waits, prints and reads its flags. Only this layer knows both what the screens ask for and what
//! the engine does.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tokio::runtime::Builder;

use crate::domain::problem::Problem;
use crate::engine::Engine;
use crate::engine::live::RealWorld;
use crate::shell::cli::{Arguments, Context, Verb};
use crate::shell::print::{Exit, Printer};

pub mod cli;
pub mod console;
pub mod log_file;
pub mod print;
pub mod report;
pub mod runtime;
pub mod settings;
pub mod table;
pub mod terminal;

/// How long the end waits for threads that are in the middle of something.
const PATIENCE: Duration = Duration::from_millis(500);

/// Runs the program and says how it ended.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(answer) => return print::usage(&answer).into(),
    };
    let out = Printer::new(arguments.format, settings::plain());
    // Two threads work while this one, which has the terminal, waits and draws.
    let runtime = match Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            out.problem(&Problem::new("runtime.start", "the program cannot start").why(error.to_string()));
            return Exit::Error.into();
        }
    };
    let ended = runtime.block_on(start(arguments, out));
    runtime.shutdown_timeout(PATIENCE);
    match ended {
        Ok(exit) => exit.into(),
        Err(problem) if problem.code == print::READER_GONE => Exit::Ok.into(),
        Err(problem) => {
            out.problem(&problem);
            Exit::from(&problem).into()
        }
    }
}

async fn start(arguments: Arguments, out: Printer) -> Result<Exit, Problem> {
    if let Some(Verb::Demo(demo)) = arguments.verb {
        return cli::demo::run(out, demo).await;
    }
    if let Some(Verb::Keys(keys)) = arguments.verb {
        return cli::keys::run(out, keys);
    }
    if let Some(Verb::Checks(checks)) = arguments.verb {
        return cli::checks::run(out, checks);
    }
    if let Some(Verb::Check(check)) = &arguments.verb
        && let Some(code) = &check.explain
    {
        return cli::check::explain(out, code);
    }
    if let Some(Verb::Init(init)) = arguments.verb {
        let engine = Engine::new(RealWorld::new(settings::docker()), init.folder.clone(), Vec::new());
        return cli::init::run(engine, out, init).await;
    }
    let root = settings::workspace(arguments.workspace)?;
    let world = RealWorld::new(settings::docker());
    let engine =
        Engine::new(world, root, arguments.set).under_octopus(settings::octopus()).signed(settings::person());
    match arguments.verb {
        None => {
            settings::named_at_all(arguments.environment.as_deref())?;
            console::open(engine, out).await
        }
        Some(verb) => {
            let context = Context { engine, out, environment: arguments.environment };
            Box::pin(cli::run(&context, verb)).await
        }
    }
}
