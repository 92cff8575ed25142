//! `check`: what is wrong with the workspace, in all environments or in one. It answers without any engine, and with
//! `--preflight` asks the ElastAlert of the environment's image as well; errors of either end with code 3.

use std::collections::BTreeSet;

use clap::{Args, ValueEnum};
use globset::{Glob, GlobMatcher};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::domain::check::group::{Counts, Group, by_environment, group};
use crate::domain::check::{Finding, Severity, codes, facts};
use crate::domain::environment::EnvName;
use crate::domain::overview::Overview;
use crate::domain::preflight::{Preflight, Verdict};
use crate::domain::problem::Problem;
use crate::domain::text::sanitise;
use crate::engine::World;
use crate::engine::workspace::find;
use crate::shell::cli::interrupt::Interruptions;
use crate::shell::cli::{Context, checks};
use crate::shell::print::{Exit, Printer, Role};
use crate::shell::report::{Record, Report, summary, worst_last};

/// How wide the entry of a code is.
const EXPLAINED: usize = 78;

/// What `check` takes.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Only this environment
    #[arg(value_name = "ENV")]
    pub named: Option<String>,
    /// Also ask the ElastAlert of the environment's image, in a container that is gone afterwards
    #[arg(long)]
    pub preflight: bool,
    /// Print only findings that are as bad as this, or worse
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub severity: Option<Level>,
    /// Print only findings whose code matches, as `token.*`; can be given more than once
    #[arg(long, value_name = "GLOB", value_parser = code_glob)]
    pub code: Vec<GlobMatcher>,
    /// One line for each finding, as compilers print for editors: PATH:LINE:COLUMN: SEVERITY[CODE]: WHAT
    #[arg(long)]
    pub short: bool,
    /// Fail on these as well as on errors
    #[arg(long, value_enum, value_name = "WHAT")]
    pub deny: Option<Deny>,
    /// Say all there is to say of one code, and check nothing
    #[arg(long, value_name = "CODE", conflicts_with_all = ["named", "preflight", "severity", "code", "short", "deny"])]
    pub explain: Option<String>,
}

/// A severity as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// What ElastAlert would not load, or what cannot be rendered.
    Error,
    /// And what is probably not meant.
    Warning,
    /// And what is worth knowing.
    Note,
}

/// What is as bad as an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Warnings.
    Warnings,
    /// Warnings and notes.
    Notes,
}

impl Level {
    fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Note => Severity::Note,
        }
    }
}

fn code_glob(text: &str) -> Result<GlobMatcher, String> {
    Glob::new(text).map(|glob| glob.compile_matcher()).map_err(|error| error.kind().to_string())
}

impl CheckArguments {
    fn shows(&self, finding: &Finding) -> bool {
        self.severity.is_none_or(|least| finding.severity >= least.severity())
            && (self.code.is_empty() || self.code.iter().any(|glob| glob.is_match(finding.problem.code)))
    }

    /// Whether a finding makes the check fail, printed or not.
    fn fails(&self, finding: &Finding) -> bool {
        finding.severity
            >= match self.deny {
                None => Severity::Error,
                Some(Deny::Warnings) => Severity::Warning,
                Some(Deny::Notes) => Severity::Note,
            }
    }
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
        missing.extend(context.engine.secret_notes(&overview.workspace, rendering).await?);
    }
    let findings: Vec<&Finding> = overview.findings.iter().chain(&missing).filter(concerns).collect();
    let shown: Vec<&Finding> = findings.iter().copied().filter(|finding| arguments.shows(finding)).collect();
    let failed = findings.iter().any(|finding| arguments.fails(finding));
    let report = Report::new(&overview, context.out.coloured());
    if context.out.json() {
        let groups = by_environment(shown.iter().copied());
        for group in &groups {
            context.out.record("finding", &report.record(group))?;
        }
        context
            .out
            .record("summary", &Summary::of(&overview, only.as_ref(), &findings, groups.len(), failed))?;
    } else {
        print(context, &report, &worst_last(&shown), arguments.short)?;
        if !arguments.short {
            tell(context, &overview, &report, only.as_ref(), &findings, &shown)?;
        }
    }
    let refused = match only.filter(|_| arguments.preflight) {
        Some(name) => preflight(context, &overview, &name, &findings, &arguments).await?,
        None => false,
    };
    Ok(if failed || refused { Exit::CheckFailed } else { Exit::Ok })
}

/// Says all there is to say of a code.
pub fn explain(out: Printer, code: &str) -> Result<Exit, Problem> {
    let Some(entry) = codes::find(code) else {
        let shown = sanitise(code.as_bytes());
        let problem = Problem::new("check.code", format!("no finding has the code `{shown}`"));
        return Err(match codes::near(code) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint("`alertdeck checks` lists them"),
        });
    };
    out.begin()?;
    if out.json() {
        out.record("code", &checks::Told::of(entry))?;
    } else {
        out.line(entry.plain(EXPLAINED).trim_end())?;
    }
    Ok(Exit::Ok)
}

/// Prints groups of findings.
fn print<W: World>(
    context: &Context<W>,
    report: &Report<'_>,
    groups: &[Group<'_>],
    short: bool,
) -> Result<(), Problem> {
    for group in groups {
        if short {
            for line in report.short(group) {
                context.out.line(line)?;
            }
        } else {
            context.out.line(report.frame(group))?;
            context.out.line("")?;
        }
    }
    Ok(())
}

/// The counts, for whom they are and for which version they speak.
fn tell<W: World>(
    context: &Context<W>,
    overview: &Overview,
    report: &Report<'_>,
    only: Option<&EnvName>,
    findings: &[&Finding],
    shown: &[&Finding],
) -> Result<(), Problem> {
    let groups = group(findings.iter().copied());
    if only.is_none() && !findings.is_empty() {
        for line in report.by_environment(&groups) {
            context.out.line(line)?;
        }
    }
    let whom = match (only, overview.workspace.environments.len()) {
        (Some(only), _) => only.to_string(),
        (None, 1) => "1 environment".to_owned(),
        (None, count) => format!("{count} environments"),
    };
    let all = Counts::all(&groups);
    let hidden = match all.sum() - Counts::all(&group(shown.iter().copied())).sum() {
        0 => String::new(),
        hidden => format!(", {hidden} of them not shown"),
    };
    context.out.line(format!("{whom}: {}{hidden} ({})", summary(all), facts::elastalert()))?;
    if let Some(worst) = worst_last(shown).last() {
        let code = worst.finding.problem.code;
        context.out.talk(format!("`alertdeck check --explain {code}` says more of a code"));
    }
    Ok(())
}

/// Asks the image, prints what it says, and says whether anything is refused.
async fn preflight<W: World>(
    context: &Context<W>,
    overview: &Overview,
    name: &EnvName,
    offline: &[&Finding],
    arguments: &CheckArguments,
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
    let report = Report::new(overview, out.coloured());
    if out.json() {
        for finding in found.iter().filter(|finding| arguments.shows(finding)) {
            let record = report.record(&Group::single(finding));
            out.record("preflight-finding", &Told { record, offline: is_told(finding) })?;
        }
        for result in std::iter::once(&preflight.config).chain(&preflight.rules) {
            out.record("preflight-result", result)?;
        }
        out.record("preflight", &Tally::of(&preflight, &image, new.len()))?;
    } else {
        let shown: Vec<&Finding> = new.iter().copied().filter(|finding| arguments.shows(finding)).collect();
        if !shown.is_empty() && !arguments.short {
            out.line("")?;
            out.line(out.paint(Role::Strong, &format!("only {image} can tell:")))?;
            out.line("")?;
        }
        print(context, &report, &worst_last(&shown), arguments.short)?;
        if !arguments.short {
            out.line(sentence(&preflight, &image, again.len()))?;
        }
    }
    Ok(preflight.refuses() || found.iter().any(|finding| !is_told(finding) && denied(finding, arguments)))
}

/// Whether a finding of the image fails the check because it was asked to.
fn denied(finding: &Finding, arguments: &CheckArguments) -> bool {
    arguments.deny.is_some() && arguments.fails(finding)
}

/// Cancels the preflight when somebody interrupts it; the container is removed before this ends the run.
async fn stopped_by_hand<T>(stop: &CancellationToken) -> Result<T, Problem> {
    match Interruptions::new() {
        // Without signals it cannot be interrupted, and that is no reason not to ask.
        Err(problem) => tracing::debug!(%problem, "signals cannot be heard"),
        Ok(mut interruptions) => {
            interruptions.next().await;
            stop.cancel();
        }
    }
    std::future::pending().await
}

/// A finding of the preflight, and whether the check without the image has an error in the same file.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    record: Record<'a>,
    offline: bool,
}

/// What a check found, in numbers.
#[derive(Serialize)]
struct Summary<'a> {
    speaks_for: String,
    errors: usize,
    warnings: usize,
    notes: usize,
    shown: usize,
    failed: bool,
    environments: Vec<Of<'a>>,
}

/// The numbers of one environment.
#[derive(Serialize)]
struct Of<'a> {
    name: &'a EnvName,
    errors: usize,
    warnings: usize,
    notes: usize,
}

impl<'a> Summary<'a> {
    fn of(
        overview: &'a Overview,
        only: Option<&EnvName>,
        findings: &[&Finding],
        shown: usize,
        failed: bool,
    ) -> Self {
        let groups = group(findings.iter().copied());
        let Counts { errors, warnings, notes } = Counts::all(&groups);
        let names = overview.workspace.environments.iter().map(|environment| &environment.name);
        let of = |name| {
            let Counts { errors, warnings, notes } = Counts::within(&groups, name);
            Of { name, errors, warnings, notes }
        };
        let environments = names.filter(|name| only.is_none_or(|only| only == *name)).map(of).collect();
        let speaks_for = facts::elastalert().to_string();
        Self { speaks_for, errors, warnings, notes, shown, failed, environments }
    }
}

/// What came out of a preflight, in numbers.
#[derive(Serialize)]
struct Tally<'a> {
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

impl<'a> Tally<'a> {
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
