//! `diff`: what would change in an environment, against what runs or against another environment. Secrets are
//! compared and never shown.

use clap::Args;

use crate::domain::diff::{Against, Diff, DiffLine, FileDiff, FileStatus, LineChange};
use crate::domain::problem::Problem;
use crate::domain::text::sanitise;
use crate::engine::World;
use crate::engine::workspace::find;
use crate::shell::cli::Context;
use crate::shell::print::{Exit, Printer, Role};

/// What `diff` takes.
#[derive(Debug, Args)]
pub struct DiffArguments {
    /// The environment
    #[arg(value_name = "ENV")]
    pub named: Option<String>,
    /// What it is compared with: another environment, or `running`; `env:NAME` is always an environment
    #[arg(long, value_name = "ENV|running", default_value = "running")]
    pub against: String,
    /// End with code 2 when there are differences
    #[arg(long)]
    pub exit_code: bool,
    /// Only the rules that match, by file name or by path below rules/; can be given more than once
    #[arg(long, value_name = "GLOB", value_parser = crate::shell::settings::glob)]
    pub rule: Vec<String>,
}

/// Prints the differences.
pub async fn run<W: World>(context: &Context<W>, arguments: DiffArguments) -> Result<Exit, Problem> {
    let environment = context.choose(arguments.named.as_deref()).await?.name;
    let engine = context.engine.clone().only(arguments.rule);
    let overview = engine.open(1).await?;
    find(&overview.workspace, &environment)?;
    let against = match arguments.against.as_str() {
        "running" => Against::Running,
        // No name holds a colon, so that one called `running` can be said as well.
        name => Against::Environment(name.strip_prefix("env:").unwrap_or(name).parse()?),
    };
    let offline = against == Against::Running;
    let diff = engine.compare(&overview, &environment, against).await.map_err(|problem| {
        let unhinted = problem.hint.is_none() && offline;
        if unhinted { problem.hint("`--against Default` needs no engine") } else { problem }
    })?;
    if context.out.json() {
        record(&diff, context.out)?;
    } else {
        print(&diff, context.out)?;
    }
    Ok(if arguments.exit_code && diff.count().any() { Exit::Changes } else { Exit::Ok })
}

/// Prints a diff for programs: a record for each file that differs, and one for all.
pub fn record(diff: &Diff, out: Printer) -> Result<(), Problem> {
    for file in diff.files.iter().filter(|file| file.status != FileStatus::Unchanged) {
        out.record("file", file)?;
    }
    out.record("diff", &serde_json::json!({ "old": diff.old, "new": diff.new, "count": diff.count() }))
}

/// Prints a diff for people.
pub fn print(diff: &Diff, out: Printer) -> Result<(), Problem> {
    for file in diff.files.iter().filter(|file| file.status != FileStatus::Unchanged) {
        print_file(file, out)?;
    }
    let count = diff.count();
    let sides = format!("{} → {}", sanitise(diff.old.as_bytes()), sanitise(diff.new.as_bytes()));
    if count.any() {
        let (changed, added, removed) = (count.changed, count.added, count.removed);
        out.line(format!("{sides}: {changed} changed, {added} added, {removed} removed"))
    } else {
        out.line(format!("{sides}: no differences"))
    }
}

fn print_file(file: &FileDiff, out: Printer) -> Result<(), Problem> {
    let (mark, word, role) = match file.status {
        FileStatus::Changed => ("~", "changed", Role::Warn),
        FileStatus::Added => ("+", "added", Role::Good),
        FileStatus::Removed => ("-", "removed", Role::Bad),
        FileStatus::Excluded => ("-", "excluded", Role::Bad),
        FileStatus::Unchanged => (" ", "unchanged", Role::Dim),
    };
    let path = out.paint(Role::Strong, &sanitise(file.path.as_bytes()));
    let counts =
        if file.hunks.is_empty() { String::new() } else { format!(" +{} -{}", file.added, file.removed) };
    out.line(format!("{} {path} {}{counts}", out.paint(role, mark), out.paint(role, word)))?;
    for (index, hunk) in file.hunks.iter().enumerate() {
        if index > 0 {
            out.line(out.paint(Role::Dim, "            ⋯"))?;
        }
        for line in &hunk.lines {
            out.line(text(line, out))?;
        }
    }
    out.line("")
}

fn text(line: &DiffLine, out: Printer) -> String {
    let number =
        |number: Option<usize>| number.map_or_else(|| "     ".to_owned(), |number| format!("{number:>5}"));
    let (mark, role) = match line.change {
        LineChange::Context => (" ", None),
        LineChange::Removed => ("-", Some(Role::Bad)),
        LineChange::Added => ("+", Some(Role::Good)),
    };
    let numbers = out.paint(Role::Dim, &format!("{} {}", number(line.old), number(line.new)));
    let mut shown = format!("{numbers} ");
    shown.push_str(&role.map_or_else(|| mark.to_owned(), |role| out.paint(role, mark)));
    for piece in &line.pieces {
        match role {
            Some(role) if piece.changed => shown.push_str(&out.paint_marked(role, &piece.text)),
            Some(role) => shown.push_str(&out.paint(role, &piece.text)),
            None => shown.push_str(&piece.text),
        }
    }
    if let Some(origin) = line.origin.as_ref().filter(|_| line.change == LineChange::Added) {
        shown.push_str(&out.paint(Role::Dim, &format!("   ← {origin}")));
    }
    shown.trim_end().to_owned()
}
