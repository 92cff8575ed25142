//! `alertdeck deploy`: shows the plan, asks as the guard of the environment demands, carries it out and says how it
//! ended. The first Ctrl-C puts back what ran before; there is no way to leave it half done.

use std::io::IsTerminal as _;
use std::time::Duration;

use tokio::io::AsyncBufReadExt as _;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::domain::diff::Diff;
use crate::domain::environment::{EnvName, Guard};
use crate::domain::journal::Kind;
use crate::domain::overview::Overview;
use crate::domain::plan::{Options, Plan};
use crate::domain::problem::{Problem, code};
use crate::domain::progress::{DeployReport, Progress, StepEvent, Verdict};
use crate::engine::{Engine, World};
use crate::shell::cli::interrupt::{Interruptions, unless_interrupted};
use crate::shell::cli::{Context, diff, plan};
use crate::shell::print::{Exit, Printer, Role};

/// How many messages of a deploy may wait for being printed.
pub(super) const QUEUE: usize = 64;

/// Flags of `deploy`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct DeployArguments {
    /// The environment
    #[arg(value_name = "ENV")]
    pub env: Option<String>,
    #[command(flatten)]
    pub consent: Consent,
    /// Wait that long for another deploy to end, such as 10m
    #[arg(long, value_name = "TIME", value_parser = crate::shell::settings::time)]
    pub lock_wait: Option<Duration>,
    /// Deploy although the check found errors
    #[arg(long)]
    pub skip_check: bool,
    /// Only the rules that match, by file name or by path below rules/; can be given more than once
    #[arg(long, value_name = "GLOB", value_parser = crate::shell::settings::glob, allow_hyphen_values = true)]
    pub rule: Vec<String>,
}

/// What was agreed to on the command line.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Consent {
    /// Do not ask yes or no
    #[arg(short, long)]
    pub yes: bool,
    /// The environment's name once more, where its guard asks for it
    #[arg(long, value_name = "ENV")]
    pub confirm: Option<String>,
}

/// Plans, asks, deploys.
pub async fn run<W: World>(context: &Context<W>, arguments: DeployArguments) -> Result<Exit, Problem> {
    let out = context.out;
    let name = context.choose_to_change(arguments.env.as_deref()).await?;
    let engine = context.engine.clone().only(arguments.rule.clone());
    let options = Options { skip_check: arguments.skip_check };
    let planning = async {
        let overview = engine.open(1).await?;
        if let Some(patience) = arguments.lock_wait {
            engine.wait_for_lock(&overview, &name, patience, |held| out.status(&held)).await?;
        }
        let (made, compared) = engine.plan(&overview, &name, options).await?;
        Ok((overview, made, compared))
    };
    let (overview, made, compared) = unless_interrupted(planning).await?;
    show_and_carry_out(context, &engine, &overview, (&made, &compared), &arguments.consent).await
}

/// Shows a plan, asks as the guard demands, carries it out and says how it ended.
pub(super) async fn show_and_carry_out<W: World>(
    context: &Context<W>,
    engine: &Engine<W>,
    overview: &Overview,
    (made, compared): (&Plan, &Diff),
    consent: &Consent,
) -> Result<Exit, Problem> {
    let (out, name) = (context.out, &made.environment);
    if out.json() {
        out.record("plan", made)?;
        diff::record(compared, out)?;
    } else {
        plan::talk(out, made, compared);
    }
    if let Some(obstacle) = made.obstacles.first() {
        return Ok(Exit::from(obstacle));
    }
    let stop = CancellationToken::new();
    if !made.nothing_to_do {
        let what = match made.kind {
            Kind::Deploy => "deploy",
            Kind::Rollback { .. } => "roll back",
        };
        unless_interrupted(confirm(out, made.guard, name, what, consent)).await?;
    }
    let (sender, receiver) = mpsc::channel(QUEUE);
    let deploy = async {
        tokio::select! {
            biased;
            report = engine.deploy(overview, made, sender, stop.clone()) => report,
            problem = interruptions(out, &stop) => Err(problem),
        }
    };
    let (report, printed) = tokio::join!(deploy, print_progress(out, receiver));
    let report = report?;
    printed?;
    print_report(out, &report)?;
    Ok(exit(&report))
}

/// What must be had from the person before anything is done.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ask {
    /// Nothing, or it was given already.
    Nothing,
    /// Yes or no.
    YesOrNo,
    /// The environment's name.
    Name,
}

/// What the guard asks for, and whether the flags have answered it. `terminal`: there is somebody to ask.
fn demand(
    guard: Guard,
    name: &EnvName,
    what: &str,
    consent: &Consent,
    terminal: bool,
) -> Result<Ask, Problem> {
    if let Some(given) = &consent.confirm
        && given != name.as_str()
    {
        return Err(Problem::new(code::GUARDED, format!("`--confirm {given}` is not {name}"))
            .why("the name that is confirmed must be that of the environment"));
    }
    let named = consent.confirm.is_some();
    match guard {
        Guard::Open => Ok(Ask::Nothing),
        Guard::Confirm if consent.yes || named => Ok(Ask::Nothing),
        Guard::Confirm if terminal => Ok(Ask::YesOrNo),
        Guard::Confirm => Err(Problem::new(code::GUARDED, format!("nobody said yes to: {what} {name}"))
            .why("its guard asks, and there is no terminal to answer on")
            .hint("add --yes")),
        Guard::TypeName if named => Ok(Ask::Nothing),
        Guard::TypeName if terminal => Ok(Ask::Name),
        Guard::TypeName => Err(Problem::new(code::GUARDED, format!("nobody typed the name {name}"))
            .why("its guard asks for the name, and --yes is not enough")
            .hint(format!("add --confirm {name}"))),
        Guard::ReadOnly => Err(Problem::new(code::GUARDED, format!("{name} is read-only"))),
    }
}

/// Asks what the guard demands.
pub(super) async fn confirm(
    out: Printer,
    guard: Guard,
    name: &EnvName,
    what: &str,
    consent: &Consent,
) -> Result<(), Problem> {
    let terminal = std::io::stdin().is_terminal() && out.live();
    let confirmed = match demand(guard, name, what, consent, terminal)? {
        Ask::Nothing => true,
        Ask::YesOrNo => {
            let answer = ask(out, &format!("{what} {name}? [y/N]")).await?;
            matches!(answer.to_lowercase().as_str(), "y" | "yes")
        }
        Ask::Name => {
            let question = format!("to {what} it, type the name of the environment ({name}):");
            ask(out, &question).await? == name.as_str()
        }
    };
    if confirmed {
        return Ok(());
    }
    Err(Problem::new(code::INTERRUPTED, format!("nothing was done to {name}: it was not confirmed")))
}

async fn ask(out: Printer, question: &str) -> Result<String, Problem> {
    out.talk(out.paint_talk(Role::Strong, question));
    let mut lines = tokio::io::BufReader::new(tokio::io::stdin()).lines();
    let answer = lines
        .next_line()
        .await
        .map_err(|error| Problem::new("terminal.read", "the answer cannot be read").why(error.to_string()))?;
    Ok(answer.unwrap_or_default().trim().to_owned())
}

/// Waits for signals; the first one stops the deploy, which then goes the safe way to its end.
pub(super) async fn interruptions(out: Printer, stop: &CancellationToken) -> Problem {
    let mut interruptions = match Interruptions::new() {
        Ok(interruptions) => interruptions,
        Err(problem) => {
            // Without them it cannot be stopped, and that is no reason not to deploy.
            out.problem(&problem);
            return std::future::pending().await;
        }
    };
    loop {
        interruptions.next().await;
        if stop.is_cancelled() {
            out.talk("still on the way back; leaving now could leave nothing running");
        } else {
            out.talk("stopping: what was not touched stays, what was touched is put back");
            stop.cancel();
        }
    }
}

pub(super) async fn print_progress(
    out: Printer,
    mut progress: mpsc::Receiver<Progress>,
) -> Result<(), Problem> {
    let mut failed = None;
    while let Some(progress) = progress.recv().await {
        // Printing that fails must not end the deploy, only its telling.
        if out.json() {
            failed = failed.or(out.record("progress", &progress).err());
        } else {
            print_step(out, &progress);
        }
    }
    failed.map_or(Ok(()), Err)
}

fn print_step(out: Printer, progress: &Progress) {
    let step = format!("{:<9}", progress.step.name());
    match &progress.event {
        StepEvent::Started => out.status(&step),
        StepEvent::Note { text } => out.status(&format!("{step} {text}")),
        StepEvent::Done { took, text } => {
            let took = out.paint_talk(Role::Dim, &seconds(*took));
            out.talk(format!("{} {step} {text} {took}", out.paint_talk(Role::Good, "✓")));
        }
        StepEvent::Failed { problem, took } => {
            let took = out.paint_talk(Role::Dim, &seconds(*took));
            out.talk(format!("{} {step} {problem} {took}", out.paint_talk(Role::Bad, "✗")));
        }
    }
}

fn seconds(time: Duration) -> String {
    format!("({:.1} s)", time.as_secs_f64())
}

pub(super) fn print_report(out: Printer, report: &DeployReport) -> Result<(), Problem> {
    if out.json() {
        return out.record("report", report);
    }
    if !report.log_tail.is_empty() {
        out.talk(out.paint_talk(Role::Strong, &format!("the last it said, release {}:", report.release)));
        for line in &report.log_tail {
            out.talk(out.paint_talk(Role::Dim, &format!("  {line}")));
        }
    }
    if let Some(cause) = &report.cause {
        out.problem(cause);
    }
    let name = &report.environment;
    let (role, text) = match report.verdict {
        Verdict::Healthy => (Role::Good, format!("{name}: healthy, release {}", report.release)),
        Verdict::NothingToDo => (Role::Good, format!("{name}: nothing to do")),
        Verdict::Refused => (Role::Warn, format!("{name}: refused, nothing was touched")),
        Verdict::PutBack => (Role::Bad, format!("{name}: put back, what ran before runs again")),
        Verdict::Down if report.before.is_none() => (
            Role::Bad,
            format!("{name}: DOWN, as before: nothing ran, and release {} is not healthy", report.release),
        ),
        Verdict::Down => (Role::Bad, format!("{name}: DOWN, nothing proven runs")),
    };
    out.line(out.paint(role, &text))?;
    if !report.commands.is_empty() {
        let first = report.verdict == Verdict::Down && report.before.is_none();
        let title = if first { "look at it, mend it and deploy again:" } else { "by hand:" };
        out.talk(out.paint_talk(Role::Strong, title));
        for command in &report.commands {
            out.talk(format!("  {}", out.paint_talk(Role::Name, command)));
        }
    }
    Ok(())
}

/// As [`exit`], where going back is what was asked for.
pub(super) fn exit_put_back(report: &DeployReport) -> Exit {
    match report.verdict {
        Verdict::Down => Exit::Down,
        _ => Exit::Ok,
    }
}

pub(super) fn exit(report: &DeployReport) -> Exit {
    let interrupted = report.cause.as_ref().is_some_and(|cause| cause.code == code::INTERRUPTED);
    match report.verdict {
        Verdict::Healthy | Verdict::NothingToDo => Exit::Ok,
        Verdict::Down => Exit::Down,
        Verdict::PutBack | Verdict::Refused if interrupted => Exit::Interrupted,
        Verdict::PutBack => Exit::PutBack,
        Verdict::Refused => report.cause.as_ref().map_or(Exit::Error, Exit::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::ReleaseNumber;

    fn report(verdict: Verdict, cause: Option<&'static str>) -> DeployReport {
        DeployReport {
            environment: "CI".parse().unwrap(),
            release: ReleaseNumber(2),
            verdict,
            before: Some("elastalert-ci-12".into()),
            cause: cause.map(|code| Problem::new(code, "x")),
            log_tail: Vec::new(),
            commands: Vec::new(),
            timings: Vec::new(),
        }
    }

    #[test]
    fn every_guard_demands_its_own_and_yes_is_no_name() {
        let consent = |yes: bool, confirm: Option<&str>| Consent { yes, confirm: confirm.map(str::to_owned) };
        let name: EnvName = "Production".parse().unwrap();
        for (guard, yes, confirm, terminal, demanded) in [
            (Guard::Open, false, None, false, Ok(Ask::Nothing)),
            (Guard::Confirm, false, None, true, Ok(Ask::YesOrNo)),
            (Guard::Confirm, false, None, false, Err("add --yes")),
            (Guard::Confirm, true, None, false, Ok(Ask::Nothing)),
            (Guard::Confirm, false, Some("Production"), false, Ok(Ask::Nothing)),
            (Guard::TypeName, true, None, true, Ok(Ask::Name)),
            (Guard::TypeName, true, None, false, Err("add --confirm Production")),
            (Guard::TypeName, false, Some("Production"), false, Ok(Ask::Nothing)),
            (Guard::TypeName, true, Some("production"), true, Err("")),
            (Guard::Open, true, Some("CI"), true, Err("")),
            (Guard::Open, false, Some("Production"), false, Ok(Ask::Nothing)),
            (Guard::ReadOnly, true, Some("Production"), true, Err("")),
        ] {
            let answer = demand(guard, &name, "deploy", &consent(yes, confirm), terminal)
                .map_err(|problem| problem.hint.unwrap_or_default());
            assert_eq!(answer, demanded.map_err(str::to_owned), "{guard} {yes} {confirm:?} {terminal}");
        }
    }

    #[test]
    fn every_end_has_its_exit_code() {
        for (verdict, cause, code) in [
            (Verdict::Healthy, None, 0),
            (Verdict::NothingToDo, None, 0),
            (Verdict::PutBack, Some("gate.died"), 5),
            (Verdict::PutBack, Some(code::INTERRUPTED), 130),
            (Verdict::Down, Some(code::INTERRUPTED), 6),
            (Verdict::Refused, Some(code::LOCKED), 4),
            (Verdict::Refused, Some(code::ENGINE_UNREACHABLE), 8),
            (Verdict::Refused, Some(code::INTERRUPTED), 130),
            (Verdict::Refused, Some("deploy.archive"), 1),
        ] {
            assert_eq!(exit(&report(verdict, cause)) as u8, code, "{verdict:?} {cause:?}");
        }
    }
}
