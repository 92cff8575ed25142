//! `alertdeck plan`: what a deploy would do now, with its diff, its steps and what stands in the way. The very same
//! text is shown before a deploy asks for its confirmation.

use crate::domain::diff::{Diff, FileDiff, FileStatus, LineChange};
use crate::domain::journal::Kind;
use crate::domain::plan::{Options, Plan};
use crate::domain::problem::Problem;
use crate::engine::World;
use crate::shell::cli::{Context, diff};
use crate::shell::print::{Exit, Printer, Role};

/// How many lines of hunks a plan shows; `alertdeck diff` shows all.
const HUNK_LINES: usize = 200;

/// Flags of `plan`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct PlanArguments {
    /// The environment
    #[arg(value_name = "ENV")]
    pub env: Option<String>,
    /// Plan a deploy although the check found errors
    #[arg(long)]
    pub skip_check: bool,
    /// Only the rules that match, by file name or by path below rules/; can be given more than once
    #[arg(long, value_name = "GLOB", value_parser = crate::shell::settings::glob, allow_hyphen_values = true)]
    pub rule: Vec<String>,
}

/// Makes a plan and shows it. Changes are exit code 2; what stands in the way has its own.
pub async fn run<W: World>(context: &Context<W>, arguments: PlanArguments) -> Result<Exit, Problem> {
    let out = context.out;
    let name = context.choose(arguments.env.as_deref()).await?.name;
    let engine = context.engine.clone().only(arguments.rule);
    let overview = engine.open(1).await?;
    let options = Options { skip_check: arguments.skip_check };
    let (plan, compared) = engine.plan(&overview, &name, options).await?;
    print(out, &plan, &compared)
}

/// Prints a plan as data, and says whether it changes anything.
pub(super) fn print(out: Printer, plan: &Plan, compared: &Diff) -> Result<Exit, Problem> {
    if out.json() {
        out.record("plan", plan)?;
        diff::record(compared, out)?;
    } else {
        for line in lines(plan, compared, &|role, text| out.paint(role, text)) {
            out.line(line)?;
        }
    }
    Ok(match plan.obstacles.first() {
        Some(obstacle) => Exit::from(obstacle),
        None if plan.nothing_to_do => Exit::Ok,
        None => Exit::Changes,
    })
}

/// Shows a plan as talk, before something is asked.
pub(super) fn talk(out: Printer, plan: &Plan, diff: &Diff) {
    for line in lines(plan, diff, &|role, text| out.paint_talk(role, text)) {
        out.talk(line);
    }
}

type Paint<'a> = &'a dyn Fn(Role, &str) -> String;

fn lines(plan: &Plan, diff: &Diff, paint: Paint<'_>) -> Vec<String> {
    let mut lines = vec![format!(
        "{} on {}, guard {}",
        paint(Role::Strong, plan.environment.as_str()),
        paint(Role::Name, &plan.endpoint.0),
        plan.guard
    )];
    if plan.nothing_to_do {
        let runs = plan.previous.as_ref().map_or("", |previous| previous.name.as_str());
        lines.push(paint(Role::Good, &format!("nothing to do: {runs} is what would be deployed")));
    } else {
        let replaces = match &plan.previous {
            Some(previous) => format!("replaces {} ({})", previous.described(), previous.state),
            None => "nothing runs now".to_owned(),
        };
        let content = match plan.kind {
            Kind::Deploy => String::new(),
            Kind::Rollback { to, as_it_was: false } => format!(" with what release {to} had"),
            Kind::Rollback { to, as_it_was: true } => {
                format!(" with what release {to} had, its secrets as they were")
            }
        };
        lines.push(format!("release {}{content}, {replaces}", plan.release));
        lines.push(changes(plan));
        lines.extend(files(diff, paint));
        lines.push(paint(Role::Strong, "steps"));
        let step = |(index, step): (usize, &crate::domain::plan::PlannedStep)| {
            format!("  {}  {:<7} {}", index + 1, step.step.name(), step.what)
        };
        lines.extend(plan.steps.iter().enumerate().map(step));
    }
    for warning in &plan.warnings {
        lines.extend(problem(Role::Warn, "warning", warning, paint));
    }
    for obstacle in &plan.obstacles {
        lines.extend(problem(Role::Bad, "cannot be deployed", obstacle, paint));
    }
    lines
}

fn changes(plan: &Plan) -> String {
    let count = plan.changes;
    if !count.any() {
        return "no file changes".to_owned();
    }
    let parts = [
        ("changed", count.changed),
        ("renamed", count.renamed),
        ("added", count.added),
        ("removed", count.removed),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(_, count)| *count > 0).map(|(word, count)| format!("{count} {word}")).collect();
    format!("files: {}", parts.join(", "))
}

fn problem(role: Role, word: &str, problem: &Problem, paint: Paint<'_>) -> Vec<String> {
    let mut lines = vec![format!("{} {}", paint(role, &format!("{word}:")), problem.what)];
    lines.extend(problem.why.iter().map(|why| format!("  because {why}")));
    lines.extend(problem.hint.iter().map(|hint| format!("  {} {hint}", paint(Role::Good, "hint:"))));
    lines
}

/// The files that differ, and their hunks as far as they fit.
fn files(diff: &Diff, paint: Paint<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut room = HUNK_LINES;
    for file in diff.files.iter().filter(|file| file.status != FileStatus::Unchanged) {
        let (mark, role) = match file.status {
            FileStatus::Added => ("+", Role::Good),
            FileStatus::Removed | FileStatus::Excluded => ("-", Role::Bad),
            FileStatus::Changed | FileStatus::Renamed | FileStatus::Unchanged => ("~", Role::Warn),
        };
        let count = format!("+{} -{}", file.added, file.removed);
        lines.push(format!("  {} {} {}", paint(role, mark), file.path, paint(Role::Dim, &count)));
        // Of a file that is wholly new or gone its name says enough.
        if matches!(file.status, FileStatus::Changed | FileStatus::Renamed) {
            lines.extend(hunks(file, paint, &mut room));
        }
    }
    if room == 0 {
        lines.push(paint(Role::Dim, "    … `alertdeck diff` shows all of it"));
    }
    lines
}

fn hunks(file: &FileDiff, paint: Paint<'_>, room: &mut usize) -> Vec<String> {
    let mut lines = Vec::new();
    for hunk in file.hunks() {
        for line in &hunk.lines {
            if *room == 0 {
                return lines;
            }
            *room -= 1;
            let text: String = line.pieces.iter().map(|piece| piece.text.as_str()).collect();
            let origin = line.origin.as_ref().filter(|_| line.change != LineChange::Removed);
            let origin = origin.map(|origin| paint(Role::Dim, &format!("   {origin}")));
            let shown = match line.change {
                LineChange::Context => paint(Role::Dim, &format!("      {text}")),
                LineChange::Removed => paint(Role::Bad, &format!("    - {text}")),
                LineChange::Added => paint(Role::Good, &format!("    + {text}")),
            };
            lines.push(format!("{shown}{}", origin.unwrap_or_default()));
        }
    }
    lines
}
