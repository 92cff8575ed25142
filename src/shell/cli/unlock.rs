//! `alertdeck unlock`: takes the lock of an environment away from whoever holds it. It always asks for the environment's
//! name, and says whether the holder gave a sign of life lately.

use serde::Serialize;

use crate::domain::environment::{EnvName, Guard};
use crate::domain::operation::{Operation, Progressing};
use crate::domain::problem::{Problem, code};
use crate::engine::World;
use crate::engine::workspace::find;
use crate::shell::cli::Context;
use crate::shell::cli::deploy::{self, Consent};
use crate::shell::print::{Exit, Role};

/// Flags of `unlock`.
#[derive(Clone, Debug, clap::Args)]
pub struct UnlockArguments {
    /// The environment
    #[arg(value_name = "ENV")]
    pub env: Option<String>,
    /// The environment's name once more
    #[arg(long, value_name = "ENV")]
    pub confirm: Option<String>,
}

/// What was done, as programs read it.
#[derive(Serialize)]
struct Unlocked<'a> {
    environment: &'a EnvName,
    /// Who held it.
    #[serde(flatten)]
    held: &'a Progressing,
}

/// Says who holds the lock, asks for the name, and removes the lock.
pub async fn run<W: World>(context: &Context<W>, arguments: UnlockArguments) -> Result<Exit, Problem> {
    let out = context.out;
    let name = context.choose_to_change(arguments.env.as_deref()).await?;
    let overview = context.engine.open(1).await?;
    if find(&overview.workspace, &name)?.guard == Guard::ReadOnly {
        return Err(Problem::new(code::GUARDED, format!("{name} is read-only")));
    }
    let operation = context.engine.operation(&overview, &name).await?;
    let held = match &operation {
        Operation::Running(held) | Operation::CutOff(held) if held.lock.is_some() => held,
        Operation::Idle | Operation::Running(_) | Operation::CutOff(_) => {
            out.talk(format!("nobody holds the lock of {name}"));
            return Ok(Exit::Ok);
        }
    };
    let alive = matches!(operation, Operation::Running(_));
    out.talk(format!("the lock of {name}: {}", held.who()));
    let (role, text) = if alive {
        (Role::Bad, "whoever holds it is alive, and stops before the next step when it is gone")
    } else {
        (Role::Dim, "whoever held it gives no sign of life any more")
    };
    out.talk(out.paint_talk(role, text));
    let consent = Consent { yes: false, confirm: arguments.confirm };
    deploy::confirm(out, Guard::TypeName, &name, "unlock", &consent).await?;
    context.engine.unlock(&overview, &name).await?;
    if out.json() {
        out.record("unlocked", &Unlocked { environment: &name, held })?;
    } else {
        out.line(format!("{name}: unlocked"))?;
    }
    if held.release.is_some() {
        out.talk(format!("what was begun is still half done: alertdeck resume {name}"));
    }
    Ok(Exit::Ok)
}
