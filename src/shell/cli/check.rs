//! `check`: what is wrong with the workspace, in all environments or in one. It answers without any engine and ends
//! with code 3 when there are errors.

use clap::Args;
use serde_json::json;

use crate::domain::check::{Finding, Severity};
use crate::domain::environment::EnvName;
use crate::domain::problem::Problem;
use crate::engine::World;
use crate::engine::workspace::find;
use crate::shell::cli::Context;
use crate::shell::print::Exit;
use crate::shell::report::{Report, summary};

/// What `check` takes.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Only this environment
    #[arg(value_name = "ENV")]
    pub named: Option<String>,
}

/// Prints the findings.
pub async fn run<W: World>(context: &Context<W>, arguments: CheckArguments) -> Result<Exit, Problem> {
    let only: Option<EnvName> = match (&arguments.named, &context.environment) {
        // Nobody names one: all of them.
        (None, None) => None,
        (named, _) => Some(context.choose(named.as_deref()).await?.name),
    };
    let overview = context.engine.open(1).await?;
    if let Some(only) = &only {
        find(&overview.workspace, only)?;
    }
    let concerns = |finding: &&Finding| match (&finding.environment, &only) {
        (Some(environment), Some(only)) => environment == only,
        _ => true,
    };
    let findings: Vec<&Finding> = overview.findings.iter().filter(concerns).collect();
    let failed = findings.iter().any(|finding| finding.severity == Severity::Error);
    if context.out.json() {
        for finding in &findings {
            context.out.record("finding", finding)?;
        }
        context.out.record("summary", &json!({ "findings": findings.len(), "failed": failed }))?;
    } else {
        let sources = context.engine.sources().await?;
        let report = Report::new(&overview.workspace, &sources, context.out.coloured());
        for finding in &findings {
            context.out.line(report.frame(finding))?;
            context.out.line("")?;
        }
        let whom = match (&only, overview.workspace.environments.len()) {
            (Some(only), _) => only.to_string(),
            (None, 1) => "1 environment".to_owned(),
            (None, count) => format!("{count} environments"),
        };
        context.out.line(format!("{whom}: {}", summary(&findings)))?;
    }
    Ok(if failed { Exit::CheckFailed } else { Exit::Ok })
}
