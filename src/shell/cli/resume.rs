//! `alertdeck resume`: goes on with a deploy that was cut off, to its end or back to what ran before. Without a way it only
//! says what was cut off, and where.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::domain::journal::Way;
use crate::domain::operation::Operation;
use crate::domain::problem::Problem;
use crate::engine::World;
use crate::engine::workspace::find;
use crate::shell::cli::Context;
use crate::shell::cli::deploy::{self, Consent};
use crate::shell::print::{Exit, Role};

/// Flags of `resume`.
#[derive(Clone, Debug, clap::Args)]
pub struct ResumeArguments {
    /// The environment
    #[arg(value_name = "ENV")]
    pub env: Option<String>,
    /// Go on to the end: stop the old one, start the new one, prove it
    #[arg(long, conflicts_with = "put_back")]
    pub finish: bool,
    /// Go back: stop the new one, start the old one, prove it
    #[arg(long)]
    pub put_back: bool,
    #[command(flatten)]
    pub consent: Consent,
}

/// Says what was cut off, asks, and goes on.
pub async fn run<W: World>(context: &Context<W>, arguments: ResumeArguments) -> Result<Exit, Problem> {
    let out = context.out;
    let name = context.choose_to_change(arguments.env.as_deref()).await?;
    let overview = context.engine.open(1).await?;
    let guard = find(&overview.workspace, &name)?.guard;
    let operation = context.engine.operation(&overview, &name).await?;
    if out.json() {
        out.record("operation", &operation)?;
    }
    match &operation {
        Operation::Idle => {
            out.talk(format!("no deploy of {name} was cut off"));
            return Ok(Exit::Ok);
        }
        Operation::Running(held) => out.talk(format!("{name} is being deployed: {}", held.who())),
        Operation::CutOff(held) => {
            let text = format!("a deploy of {name} was cut off: {}", held.who());
            out.talk(out.paint_talk(Role::Bad, &text));
        }
    }
    let way = match (arguments.finish, arguments.put_back) {
        (true, _) => Way::Finish,
        (_, true) => Way::PutBack,
        _ => {
            return Err(operation.obstacle(&name).unwrap_or_else(|| {
                Problem::new("resume.way", "nobody says which way").hint("add --finish or --put-back")
            }));
        }
    };
    let what = match way {
        Way::Finish => "finish",
        Way::PutBack => "put back",
    };
    deploy::confirm(out, guard, &name, what, &arguments.consent).await?;
    let stop = CancellationToken::new();
    let (sender, receiver) = mpsc::channel(deploy::QUEUE);
    let resumed = async {
        tokio::select! {
            biased;
            report = context.engine.resume(&overview, &name, way, sender, stop.clone()) => report,
            problem = deploy::interruptions(out, &stop) => Err(problem),
        }
    };
    let (report, printed) = tokio::join!(resumed, deploy::print_progress(out, receiver));
    let report = report?;
    printed?;
    deploy::print_report(out, &report)?;
    Ok(match way {
        // Put back is what was asked for.
        Way::PutBack => deploy::exit_put_back(&report),
        Way::Finish => deploy::exit(&report),
    })
}
