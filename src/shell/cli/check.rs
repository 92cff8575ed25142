//! `check`: what is wrong with the workspace, in all environments or in one. It answers without any engine, and with
//! `--preflight` asks the ElastAlert of the environment's image as well; errors of either end with code 3.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use serde::Serialize;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::domain::check::facts;
use crate::domain::check::{Finding, Severity};
use crate::domain::environment::EnvName;
use crate::domain::overview::Overview;
use crate::domain::preflight::{Preflight, Verdict};
use crate::domain::problem::{Place, Problem};
use crate::engine::World;
use crate::engine::workspace::find;
use crate::shell::cli::Context;
use crate::shell::print::{Exit, Role};
use crate::shell::report::{Report, summary};

/// How many other places of the same finding are named.
const PLACES: usize = 8;

/// What `check` takes.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Only this environment
    #[arg(value_name = "ENV")]
    pub named: Option<String>,
    /// Also ask the ElastAlert of the environment's image, in a container that is gone afterwards
    #[arg(long)]
    pub preflight: bool,
}

/// Prints the findings.
pub async fn run<W: World>(context: &Context<W>, arguments: CheckArguments) -> Result<Exit, Problem> {
    let only: Option<EnvName> = match (&arguments.named, &context.environment) {
        // Nobody names one: all of them.
        (None, None) if !arguments.preflight => None,
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
    let mut missing = Vec::new();
    for rendering in &overview.renderings {
        missing.extend(context.engine.missing_secrets(&overview.workspace, rendering).await?);
    }
    let findings: Vec<&Finding> = overview.findings.iter().chain(&missing).filter(concerns).collect();
    let failed = findings.iter().any(|finding| finding.severity == Severity::Error);
    if context.out.json() {
        for finding in &findings {
            context.out.record("finding", finding)?;
        }
        context.out.record("summary", &json!({ "findings": findings.len(), "failed": failed }))?;
    } else {
        frames(context, &overview, &findings).await?;
        let whom = match (&only, overview.workspace.environments.len()) {
            (Some(only), _) => only.to_string(),
            (None, 1) => "1 environment".to_owned(),
            (None, count) => format!("{count} environments"),
        };
        context.out.line(format!("{whom}: {}", summary(&findings)))?;
    }
    let refused = match only.filter(|_| arguments.preflight) {
        Some(name) => preflight(context, &overview, &name, &findings).await?,
        None => false,
    };
    Ok(if failed || refused { Exit::CheckFailed } else { Exit::Ok })
}

/// Asks the image, prints what it says, and says whether anything is refused.
async fn preflight<W: World>(
    context: &Context<W>,
    overview: &Overview,
    name: &EnvName,
    offline: &[&Finding],
) -> Result<bool, Problem> {
    let out = context.out;
    let image = find(&overview.workspace, name)?.target.image.clone().unwrap_or_default();
    out.status(&format!("asking {image} …"));
    let stop = CancellationToken::new();
    let asking = context.engine.check_in_image(overview, name, &stop);
    let answer = tokio::select! {
        answer = stopped_by_hand(&stop) => answer,
        answer = asking => answer,
    };
    out.status("");
    let (preflight, mut found) = answer?;
    found.sort_by(|left, right| {
        (right.severity, &left.problem.place).cmp(&(left.severity, &right.problem.place))
    });
    // What the check found in the same file need not be said twice; what it did not is what the image is asked for.
    let told: BTreeSet<&str> = offline
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .filter_map(|finding| Some(finding.problem.place.as_ref()?.file.as_str()))
        .collect();
    let is_told = |finding: &Finding| {
        finding.severity == Severity::Error
            && finding.problem.place.as_ref().is_some_and(|place| told.contains(place.file.as_str()))
    };
    let (again, new): (Vec<&Finding>, Vec<&Finding>) = found.iter().partition(|finding| is_told(finding));
    if out.json() {
        for finding in &found {
            out.record("preflight-finding", &Told { finding, offline: is_told(finding) })?;
        }
        for result in std::iter::once(&preflight.config).chain(&preflight.rules) {
            out.record("preflight-result", result)?;
        }
        out.record("preflight", &Counts::of(&preflight, &image, new.len()))?;
    } else {
        if !new.is_empty() {
            out.line("")?;
            out.line(out.paint(Role::Strong, &format!("only {image} can tell:")))?;
            out.line("")?;
            let grouped = grouped(&new);
            frames(context, overview, &grouped.iter().collect::<Vec<_>>()).await?;
        }
        out.line(sentence(&preflight, &image, again.len()))?;
    }
    Ok(preflight.refuses())
}

/// Cancels the preflight when somebody interrupts it; the container is removed before this ends the run.
async fn stopped_by_hand<T>(stop: &CancellationToken) -> Result<T, Problem> {
    if let Err(error) = tokio::signal::ctrl_c().await {
        // Without signals it cannot be interrupted, and that is no reason not to ask.
        tracing::debug!(%error, "signals cannot be heard");
    } else {
        stop.cancel();
    }
    std::future::pending().await
}

async fn frames<W: World>(
    context: &Context<W>,
    overview: &Overview,
    findings: &[&Finding],
) -> Result<(), Problem> {
    let sources = context.engine.sources().await?;
    let report = Report::new(&overview.workspace, &sources, context.out.coloured());
    for finding in findings {
        context.out.line(report.frame(finding))?;
        context.out.line("")?;
    }
    Ok(())
}

/// The same finding in many places once, with the other places named.
fn grouped(findings: &[&Finding]) -> Vec<Finding> {
    let mut order: Vec<(&Finding, Vec<&Place>)> = Vec::new();
    let mut known: BTreeMap<(&str, &str, &[String]), usize> = BTreeMap::new();
    for finding in findings {
        let problem = &finding.problem;
        let key = (problem.code, problem.what.as_str(), problem.why.as_slice());
        if let Some((_, others)) = known.get(&key).and_then(|index| order.get_mut(*index)) {
            others.extend(&problem.place);
        } else {
            known.insert(key, order.len());
            order.push((finding, Vec::new()));
        }
    }
    let with = |(finding, others): (&Finding, Vec<&Place>)| {
        let mut finding = finding.clone();
        if !others.is_empty() {
            let shown: Vec<String> = others.iter().take(PLACES).map(ToString::to_string).collect();
            let more = match others.len().saturating_sub(PLACES) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            finding.problem.why.push(format!("the same at {}{more}", shown.join(", ")));
        }
        finding
    };
    order.into_iter().map(with).collect()
}

/// A finding of the preflight, and whether the check without the image has an error in the same file.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    finding: &'a Finding,
    offline: bool,
}

/// What came out, in numbers.
#[derive(Serialize)]
struct Counts<'a> {
    image: &'a str,
    version: &'a str,
    offline_version: &'a str,
    rules: usize,
    loads: usize,
    refused: usize,
    unsure: usize,
    hangs: usize,
    died: usize,
    only_image: usize,
    starts: bool,
    complete: bool,
}

impl<'a> Counts<'a> {
    fn of(preflight: &'a Preflight, image: &'a str, only_image: usize) -> Self {
        Self {
            image,
            version: &preflight.version,
            offline_version: &facts::elastalert().version,
            rules: preflight.rules.len(),
            loads: preflight.count(Verdict::Loads),
            refused: preflight.count(Verdict::Refused),
            unsure: preflight.count(Verdict::Unsure),
            hangs: preflight.count(Verdict::Hangs),
            died: preflight.count(Verdict::Died),
            only_image,
            starts: preflight.starts,
            complete: preflight.incomplete.is_none(),
        }
    }
}

/// `ElastAlert 2.31.0 in IMAGE: 500 rules, 497 load, 3 refused; it would not start`.
fn sentence(preflight: &Preflight, image: &str, again: usize) -> String {
    let count = |verdict, what: &str| match preflight.count(verdict) {
        0 => None,
        count => Some(format!("{count} {what}")),
    };
    let rules = match preflight.rules.len() {
        1 => "1 rule".to_owned(),
        count => format!("{count} rules"),
    };
    let parts: Vec<String> = [
        Some(rules),
        count(Verdict::Loads, "load"),
        count(Verdict::Refused, "refused"),
        count(Verdict::Unsure, "only the network can tell"),
        count(Verdict::Hangs, "never end loading"),
        count(Verdict::Died, "end ElastAlert"),
        (again > 0).then(|| format!("{again} told above")),
    ]
    .into_iter()
    .flatten()
    .collect();
    let starts = if preflight.starts { "it would start" } else { "it would not start" };
    format!("ElastAlert {} in {image}: {}; {starts}", preflight.version, parts.join(", "))
}
