//! `envs`: the environments of the workspace, and which rule chose the one that verbs without a name would take. It
//! asks no engine.

use serde_json::json;

use crate::domain::check::Severity;
use crate::domain::problem::Problem;
use crate::domain::text::sanitise;
use crate::domain::workspace::assume::is_assumption;
use crate::engine::World;
use crate::shell::cli::Context;
use crate::shell::print::{Exit, Role};
use crate::shell::table::{Cell, Table};

/// Prints the environments.
pub async fn run<W: World>(context: &Context<W>) -> Result<Exit, Problem> {
    let overview = context.engine.open(1).await?;
    let choice = context.choose(None).await?;
    let mut table =
        Table::new(["", "NAME", "GUARD", "RULES", "EXCLUDED", "SECRETS", "ERRORS", "IMAGE", "ENGINE"]);
    for (environment, rendering) in overview.workspace.environments.iter().zip(&overview.renderings) {
        // Those of its layers as well, and those that hold everywhere.
        let errors = overview
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .filter(|finding| finding.environment.as_ref().is_none_or(|within| *within == environment.name))
            .count();
        let chosen = environment.name == choice.name;
        let image = environment.target.image.clone();
        let docker = environment.target.docker.as_ref().map(ToString::to_string);
        if context.out.json() {
            context.out.record(
                "environment",
                &json!({
                    "name": environment.name, "order": environment.order, "guard": environment.guard,
                    "chosen": chosen, "rules": rendering.rules.len(), "excluded": rendering.excluded.len(),
                    "secrets": rendering.holes, "errors": errors, "image": image, "engine": docker,
                    "rendering": rendering.hash,
                }),
            )?;
            continue;
        }
        table.row(vec![
            Cell::new(Role::Good, if chosen { "*" } else { "" }),
            Cell::new(Role::Strong, environment.name.as_str()),
            environment.guard.to_string().into(),
            rendering.rules.len().to_string().into(),
            rendering.excluded.len().to_string().into(),
            rendering.holes.len().to_string().into(),
            if errors > 0 { Cell::new(Role::Bad, errors.to_string()) } else { "0".into() },
            image.unwrap_or_else(|| "none".to_owned()).into(),
            docker.unwrap_or_else(|| "this machine's".to_owned()).into(),
        ]);
    }
    let assumed = overview.findings.iter().filter(|finding| is_assumption(finding));
    if context.out.json() {
        for finding in assumed {
            context.out.record("assumed", &finding.problem)?;
        }
        context.out.record("chosen", &json!({ "name": choice.name, "by": choice.by.describe() }))?;
        return Ok(Exit::Ok);
    }
    table.print(&context.out)?;
    context.out.talk(format!("* {} is chosen by {}", choice.name, choice.by.describe()));
    context.out.talk("what runs there, and of which release, is shown by: alertdeck status");
    for finding in assumed {
        context.out.talk(format!("assumed: {}", sanitise(finding.problem.what.as_bytes())));
    }
    if overview.workspace.environment(&choice.name).is_none() {
        context.out.talk(format!("this workspace has no environment {}", choice.name));
    }
    Ok(Exit::Ok)
}
