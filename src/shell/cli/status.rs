//! `alertdeck status`: the health of one environment or of all, rung by rung, with the evidence for each; with `--watch`
//! what changes in it, until it is interrupted. The answer is no when anything that is deployed is not ok.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use tokio::sync::mpsc;

use crate::domain::container::Container;
use crate::domain::environment::EnvName;
use crate::domain::fact::{Fact, FactKind};
use crate::domain::health::{Ladder, Rung, RungName, State, Sync};
use crate::domain::operation::Operation;
use crate::domain::overview::Overview;
use crate::domain::problem::{Problem, code};
use crate::domain::remote::{Timestamp, age};
use crate::engine::{Clock, World};
use crate::shell::cli::Context;
use crate::shell::print::{Exit, Printer, Role};
use crate::shell::table::{Cell, Table};

/// How many facts may wait for being printed.
const QUEUE: usize = 64;

/// What `status` takes.
#[derive(Debug, clap::Args)]
pub struct StatusArguments {
    /// The environment; without one all are shown
    #[arg(value_name = "ENV")]
    pub env: Option<String>,
    /// Go on, and say what changes, until it is interrupted
    #[arg(short, long)]
    pub watch: bool,
}

/// The standing of one environment, for programs.
#[derive(Serialize)]
struct Record<'a> {
    environment: &'a EnvName,
    state: &'static str,
    deployed: Option<bool>,
    container: Option<&'a str>,
    release: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partial: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    set: Option<&'a str>,
    #[serde(flatten)]
    sync: Option<Sync>,
    #[serde(flatten)]
    operation: Option<&'a Operation>,
    rungs: &'a [Rung],
}

/// Prints the standing.
pub async fn run<W: World>(context: &Context<W>, arguments: StatusArguments) -> Result<Exit, Problem> {
    let overview = context.engine.open(1).await?;
    let names: Vec<EnvName> = match (&arguments.env, &context.environment) {
        (None, None) => {
            overview.workspace.environments.iter().map(|environment| environment.name.clone()).collect()
        }
        (named, _) => vec![context.choose(named.as_deref()).await?.name],
    };
    if arguments.watch {
        return watch(context, Arc::new(overview), &names).await;
    }
    let one = names.len() == 1;
    let (mut exit, mut unreachable) = (Exit::Ok, false);
    for name in &names {
        let (vitals, ladder) = context.engine.vitals(&overview, name).await?;
        let container = vitals.container.current().and_then(Option::as_ref);
        let sync = match container {
            Some(container) => synced(context, &overview, name, container).await,
            None => (ladder.deployed == Some(false)).then_some(Sync::Absent),
        };
        unreachable |= vitals
            .engine
            .problem()
            .is_some_and(|problem| matches!(problem.code, code::ENGINE_UNREACHABLE | code::ENGINE_TIMEOUT));
        // Where all are asked for, one that is not deployed is not meant to be.
        if ladder.state() != State::Ok && (one || ladder.deployed != Some(false)) {
            exit = Exit::Changes;
        }
        let operation = match context.engine.operation(&overview, name).await {
            Ok(operation) => Some(operation),
            Err(problem) => {
                tracing::debug!(%problem, "nobody knows what is being done");
                None
            }
        };
        if matches!(operation, Some(Operation::CutOff(_))) {
            exit = Exit::Changes;
        }
        if context.out.json() {
            record(context.out, name, &ladder, container, sync, operation.as_ref())?;
        } else {
            print(context.out, name, &ladder, container, sync, context.engine.world.clock().now())?;
            told(context.out, name, operation.as_ref())?;
        }
    }
    Ok(if unreachable { Exit::Unreachable } else { exit })
}

async fn synced<W: World>(
    context: &Context<W>,
    overview: &Overview,
    name: &EnvName,
    container: &Container,
) -> Option<Sync> {
    let target = overview.workspace.environment(name)?.target.docker.as_ref();
    let docker = context.engine.world.docker(target).ok()?;
    match context.engine.sync(overview, name, &docker, container).await {
        Ok(sync) => Some(sync),
        Err(problem) => {
            tracing::debug!(%problem, "the files were not compared");
            None
        }
    }
}

fn record(
    out: Printer,
    name: &EnvName,
    ladder: &Ladder,
    container: Option<&Container>,
    sync: Option<Sync>,
    operation: Option<&Operation>,
) -> Result<(), Problem> {
    let record = Record {
        environment: name,
        state: ladder.state().word(),
        deployed: ladder.deployed,
        container: container.map(|container| container.name.as_str()),
        release: container.and_then(Container::release).map(|release| release.0),
        partial: container.and_then(Container::partial),
        set: container.and_then(Container::set_by_hand),
        sync,
        operation,
        rungs: &ladder.rungs,
    };
    out.record("status", &record)
}

/// Says what somebody does to it, or has left half done.
fn told(out: Printer, name: &EnvName, operation: Option<&Operation>) -> Result<(), Problem> {
    match operation {
        None | Some(Operation::Idle) => Ok(()),
        Some(Operation::Running(held)) => out.line(format!("  being deployed: {}", held.who())),
        Some(Operation::CutOff(held)) => {
            let text = format!("a deploy was cut off: {}; alertdeck resume {name} goes on", held.who());
            out.line(format!("  {}", out.paint(Role::Bad, &text)))
        }
    }
}

fn role(state: State) -> Role {
    match state {
        State::Ok => Role::Good,
        State::Degraded | State::Unknown => Role::Warn,
        State::Failing => Role::Bad,
    }
}

fn print(
    out: Printer,
    name: &EnvName,
    ladder: &Ladder,
    container: Option<&Container>,
    sync: Option<Sync>,
    now: Timestamp,
) -> Result<(), Problem> {
    let title = out.paint(Role::Strong, name.as_str());
    if ladder.deployed == Some(false) {
        return out.line(format!("{title}  {}", out.paint(Role::Dim, "not deployed")));
    }
    let mut words = vec![title, out.paint(role(ladder.state()), ladder.state().word())];
    if let Some(container) = container {
        let release = container.release().map(|release| format!("release {release}, ")).unwrap_or_default();
        words.push(format!("{release}{}", container.described()));
    }
    words.extend(sync.map(in_words));
    out.line(words.join("  "))?;
    let mut table = Table::new(["  RUNG", "STATE", "SEEN", "EVIDENCE"]);
    for rung in &ladder.rungs {
        table.row(vec![
            format!("  {}", rung.name.name()).into(),
            Cell::new(role(rung.state), rung.state.word()),
            rung.at.map(|at| age(at, now)).unwrap_or_default().into(),
            rung.evidence.clone().into(),
        ]);
    }
    table.print(&out)
}

fn in_words(sync: Sync) -> String {
    match sync {
        Sync::Unknown => "not compared with the workspace".to_owned(),
        Sync::Absent => "not deployed".to_owned(),
        Sync::InSync => "as in the workspace".to_owned(),
        Sync::Differs { files: 1 } => "1 file differs from the workspace".to_owned(),
        Sync::Differs { files } => format!("{files} files differ from the workspace"),
    }
}

/// Says what changes, until it is interrupted.
async fn watch<W: World>(
    context: &Context<W>,
    overview: Arc<Overview>,
    names: &[EnvName],
) -> Result<Exit, Problem> {
    let (sender, mut facts) = mpsc::channel(QUEUE);
    let mut told = BTreeMap::new();
    let printing = async {
        while let Some(fact) = facts.recv().await {
            tell(context.out, names, &mut told, fact)?;
        }
        Ok(())
    };
    tokio::select! {
        printed = printing => printed.map(|()| Exit::Ok),
        () = context.engine.watch(overview, sender) => Ok(Exit::Ok),
        interrupted = tokio::signal::ctrl_c() => {
            interrupted.map_err(|error| Problem::new("signal", "signals cannot be heard").why(error.to_string()))?;
            Ok(Exit::Interrupted)
        }
    }
}

type Told = BTreeMap<(EnvName, RungName), (State, String)>;

fn tell(out: Printer, names: &[EnvName], told: &mut Told, fact: Fact) -> Result<(), Problem> {
    let FactKind::Health { environment, ladder } = fact.what else { return Ok(()) };
    if !names.contains(&environment) {
        return Ok(());
    }
    let mut changed = false;
    for rung in &ladder.rungs {
        let now = (rung.state, rung.evidence.clone());
        let before = told.insert((environment.clone(), rung.name), now.clone());
        // Ages in the evidence go on by themselves; what people wait for is another state.
        if before.is_some_and(|(state, _)| state == rung.state) {
            continue;
        }
        changed = true;
        if !out.json() {
            let at = out.paint(Role::Dim, &fact.at.strftime("%H:%M:%SZ").to_string());
            let state = out.paint(role(rung.state), rung.state.word());
            out.line(format!("{at}  {environment}  {}  {state}  {}", rung.name.name(), rung.evidence))?;
        }
    }
    if changed && out.json() {
        record(out, &environment, &ladder, None, None, None)?;
    }
    Ok(())
}
