//! `alertdeck rollback`: a release of before, deployed again as a new one. What it would do is shown, asked for and told
//! as of a deploy; `--plan` only shows it.

use std::time::Duration;

use crate::domain::plan::ReleaseNumber;
use crate::domain::problem::Problem;
use crate::engine::World;
use crate::shell::cli::deploy::{self, Consent};
use crate::shell::cli::interrupt::unless_interrupted;
use crate::shell::cli::{Context, plan};
use crate::shell::print::Exit;

/// Flags of `rollback`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct RollbackArguments {
    /// The environment
    #[arg(value_name = "ENV")]
    pub env: Option<String>,
    /// The release; without it the newest one before the current one that was healthy
    #[arg(value_name = "RELEASE")]
    pub release: Option<ReleaseNumber>,
    /// Only show what it would do
    #[arg(long)]
    pub plan: bool,
    /// With the secrets that its kept container has, and not those of today
    #[arg(long)]
    pub as_it_was: bool,
    #[command(flatten)]
    pub consent: Consent,
    /// Wait that long for another deploy to end, such as 10m
    #[arg(long, value_name = "TIME", value_parser = crate::shell::settings::time)]
    pub lock_wait: Option<Duration>,
}

/// Plans, asks, goes back.
pub async fn run<W: World>(context: &Context<W>, arguments: RollbackArguments) -> Result<Exit, Problem> {
    let out = context.out;
    let env = arguments.env.as_deref();
    let name =
        if arguments.plan { context.choose(env).await?.name } else { context.choose_to_change(env).await? };
    let engine = &context.engine;
    let planning = async {
        let overview = engine.open(1).await?;
        if let Some(patience) = arguments.lock_wait {
            engine.wait_for_lock(&overview, &name, patience, |held| out.status(&held)).await?;
        }
        let planned = engine.plan_back(&overview, &name, arguments.release, arguments.as_it_was).await?;
        Ok((overview, planned))
    };
    let (overview, (made, compared)) = unless_interrupted(planning).await?;
    if arguments.plan {
        return plan::print(out, &made, &compared);
    }
    deploy::show_and_carry_out(context, engine, &overview, (&made, &compared), &arguments.consent).await
}
