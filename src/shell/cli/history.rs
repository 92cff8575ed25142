//! `alertdeck history`: every deploy of an environment, newest first: who, from which commit, how it ended and how long it
//! took. With a release it shows that one with its steps.

use jiff::SignedDuration;
use serde::Serialize;

use crate::domain::journal::{GitState, Kind, Record};
use crate::domain::plan::{ReleaseNumber, Step};
use crate::domain::problem::Problem;
use crate::domain::progress::Verdict;
use crate::engine::World;
use crate::shell::cli::Context;
use crate::shell::print::{Exit, Printer, Role};
use crate::shell::table::{Cell, Table};

/// Flags of `history`.
#[derive(Clone, Debug, clap::Args)]
pub struct HistoryArguments {
    /// The environment
    #[arg(value_name = "ENV")]
    pub env: Option<String>,
    /// Only this release, with all that is known of it
    #[arg(value_name = "RELEASE")]
    pub release: Option<ReleaseNumber>,
}

/// Prints the records.
pub async fn run<W: World>(context: &Context<W>, arguments: HistoryArguments) -> Result<Exit, Problem> {
    let out = context.out;
    let name = context.choose(arguments.env.as_deref()).await?.name;
    let overview = context.engine.open(1).await?;
    let mut records = context.engine.history(&overview, &name).await?;
    if let Some(release) = arguments.release {
        records.retain(|record| record.release == release);
        if records.is_empty() {
            return Err(Problem::new("release.unknown", format!("{name} has no release {release}"))
                .hint(format!("alertdeck history {name} shows which it has")));
        }
    }
    let ways = context.engine.ways_back(&overview, &name, &records).await?;
    if out.json() {
        for (record, (_, obstacle)) in records.iter().zip(&ways) {
            out.record(
                "deploy",
                &Told { record, rollback: obstacle.is_none(), obstacle: obstacle.as_ref() },
            )?;
        }
        return Ok(Exit::Ok);
    }
    if let (Some(_), [record], [(_, obstacle)]) = (arguments.release, records.as_slice(), ways.as_slice()) {
        return one(out, record, obstacle.as_ref()).map(|()| Exit::Ok);
    }
    if records.is_empty() {
        out.talk(format!("nothing was ever deployed to {name} by alertdeck"));
        return Ok(Exit::Ok);
    }
    let mut table = Table::new([
        "RELEASE",
        "BEGAN",
        "BY (CLAIMED)",
        "COMMIT",
        "WHAT",
        "CHANGES",
        "VERDICT",
        "TOOK",
        "ROLLBACK",
    ]);
    for (record, (_, obstacle)) in records.iter().zip(&ways) {
        let (role, verdict) = verdict(record);
        table.row(vec![
            record.release.to_string().into(),
            format!("{:.0}", record.began).into(),
            record.undertaking.by.clone().into(),
            commit(record).into(),
            kind(record).into(),
            changes(record).into(),
            Cell::new(role, verdict),
            took(record).into(),
            obstacle.as_ref().map_or_else(|| "yes".to_owned(), |found| format!("no: {}", found.what)).into(),
        ]);
    }
    table.print(&out)?;
    Ok(Exit::Ok)
}

/// A record as programs get it.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    record: &'a Record,
    /// Whether it can be gone back to, as far as that is known without running the commands of secrets.
    rollback: bool,
    /// What stands in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    obstacle: Option<&'a Problem>,
}

fn one(out: Printer, record: &Record, obstacle: Option<&Problem>) -> Result<(), Problem> {
    let (role, verdict) = verdict(record);
    out.line(format!("release {}: {}", record.release, out.paint(role, &verdict)))?;
    let undertaking = &record.undertaking;
    for (what, text) in [
        ("what", kind(record)),
        ("began", format!("{:.0}", record.began)),
        ("by (claimed)", undertaking.by.clone()),
        ("commit", commit(record)),
        ("changes", changes(record)),
        ("image", undertaking.container.image.clone()),
        ("partial", undertaking.by_hand.partial.join(", ")),
        ("set", undertaking.by_hand.set.join(", ")),
        ("replaced", undertaking.previous.as_ref().map(|previous| previous.name.clone()).unwrap_or_default()),
    ] {
        if !text.is_empty() {
            out.line(format!("  {what:<13} {text}"))?;
        }
    }
    let back = obstacle.map_or_else(|| "yes".to_owned(), |found| format!("no: {found}"));
    out.line(format!("  {:<13} {back}", "rollback"))?;
    for (step, took) in steps(record) {
        out.line(format!("  {:<13} {took}", step.name()))?;
    }
    let Some(outcome) = &record.outcome else { return Ok(()) };
    if let Some(cause) = &outcome.cause {
        out.line(format!("  {:<13} {cause}", "cause"))?;
    }
    for line in &outcome.log_tail {
        out.line(format!("  | {line}"))?;
    }
    Ok(())
}

/// Each step and how long it took; of one that was cut off, when it began.
fn steps(record: &Record) -> Vec<(Step, String)> {
    match &record.outcome {
        Some(outcome) => outcome
            .timings
            .iter()
            .map(|(step, took)| (*step, format!("{:.1} s", took.as_secs_f64())))
            .collect(),
        None => record.steps.iter().map(|(step, at)| (*step, format!("began {at:.0}"))).collect(),
    }
}

fn verdict(record: &Record) -> (Role, String) {
    let Some(outcome) = &record.outcome else {
        let step = record.step().map(|step| format!(" in the step {step}")).unwrap_or_default();
        return (Role::Warn, format!("not ended{step}"));
    };
    match outcome.verdict {
        Verdict::Healthy => (Role::Good, "healthy".to_owned()),
        Verdict::NothingToDo => (Role::Good, "nothing to do".to_owned()),
        Verdict::Refused => (Role::Warn, "refused".to_owned()),
        Verdict::PutBack => (Role::Bad, "put back".to_owned()),
        Verdict::Down => (Role::Bad, "down".to_owned()),
    }
}

fn kind(record: &Record) -> String {
    match record.undertaking.kind {
        Kind::Deploy => "deploy".to_owned(),
        Kind::Rollback { to, as_it_was: false } => format!("rollback to {to}"),
        Kind::Rollback { to, as_it_was: true } => format!("rollback to {to}, as it was"),
    }
}

fn commit(record: &Record) -> String {
    record.undertaking.revision.as_ref().map_or_else(String::new, GitState::shown)
}

fn changes(record: &Record) -> String {
    let changes = record.undertaking.changes;
    let said = [
        (changes.changed, "changed"),
        (changes.renamed, "renamed"),
        (changes.added, "added"),
        (changes.removed, "removed"),
    ];
    let said: Vec<String> =
        said.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if said.is_empty() { "none".to_owned() } else { said.join(", ") }
}

fn took(record: &Record) -> String {
    let time: SignedDuration = record.last.duration_since(record.began);
    if record.outcome.is_some() { format!("{} s", time.as_secs()) } else { String::new() }
}
