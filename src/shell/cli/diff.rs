//! `diff`: what differs between any two of an environment as it would be deployed, what runs, a release and a git
//! revision. Secrets are compared and never shown.

use std::sync::Arc;

use clap::{Args, ValueEnum};

use crate::domain::diff::filter::Filter;
use crate::domain::diff::{
    Class, ClassCount, Diff, DiffLine, FileDiff, FileStatus, LineChange, Piece, Sought, Spoken, State,
    ValueChange, ValueSide, ValueStatus,
};
use crate::domain::environment::EnvName;
use crate::domain::problem::Problem;
use crate::domain::text::sanitise;
use crate::engine::World;
use crate::engine::processors::Processors;
use crate::engine::workspace::{find, work};
use crate::shell::cli::Context;
use crate::shell::print::{Exit, Printer, Role};

const SIDES: &str = "\
A side is an environment, a state, or both with an @ between them; without an environment it is the one that is looked at:
  CI                 as it would be deployed now
  CI@running         the files that its running container really has
  CI@release:3       the files of release 3, whose container is kept
  CI@git:HEAD~1      as it would have been deployed from that git revision

  alertdeck diff CI                                       what a deploy would change
  alertdeck diff CI --against release:3                   … since release 3
  alertdeck diff CI@running --against Staging@running     what runs here and there
  alertdeck diff CI@git:v2 --against git:v1               from one revision to another";

/// What `diff` takes.
#[derive(Debug, Args)]
#[command(after_help = SIDES)]
pub struct DiffArguments {
    /// The new side: an environment as it would be deployed, or another state of it, such as `CI@running`
    #[arg(value_name = "SIDE")]
    pub named: Option<String>,
    /// The old side: an environment, a state of the one that is looked at, or a state of another one
    #[arg(long, value_name = "SIDE", default_value = "running")]
    pub against: String,
    /// Lines as they are written, values as ElastAlert reads them, or only which files differ and by how much
    #[arg(long, value_enum, default_value_t = View::Text)]
    pub view: View,
    /// Leave out what ElastAlert does not read: comments, blanks, order of keys
    #[arg(long, value_enum, value_name = "WHAT")]
    pub fold: Option<Fold>,
    /// Only changes of these classes, such as `endpoint,exec`; can be given more than once
    #[arg(long, value_name = "CLASS", value_delimiter = ',')]
    pub class: Vec<String>,
    /// Only rules that fit, by name, path below rules/ or file name; can be given more than once
    #[arg(long, value_name = "GLOB")]
    pub rule: Vec<String>,
    /// End with code 2 when there are differences
    #[arg(long)]
    pub exit_code: bool,
}

/// How a diff is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum View {
    /// Lines, with the changed words marked.
    Text,
    /// Values with their paths, what they were and are, and where each comes from.
    Values,
    /// The files alone, with how many lines and which classes.
    Files,
}

/// What is folded away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Fold {
    /// What is no change of a value.
    Cosmetic,
}

impl DiffArguments {
    fn filter(&self) -> Result<Filter, Problem> {
        let classes = self.class.iter().map(|class| class.parse::<Class>()).collect::<Result<_, _>>()?;
        let mut filter = Filter { classes, fold: self.fold.is_some(), ..Filter::default() };
        self.rule.iter().try_for_each(|glob| filter.rule(glob))?;
        Ok(filter)
    }
}

/// Prints the differences.
pub async fn run<W: World>(context: &Context<W>, arguments: DiffArguments) -> Result<Exit, Problem> {
    let filter = arguments.filter()?;
    let against: Spoken = arguments.against.parse()?;
    let (named, state) = match arguments.named.as_deref().map(str::parse::<Spoken>).transpose()? {
        Some(spoken) => (spoken.environment, spoken.state),
        None => (None, State::Rendered),
    };
    let environment = context.choose(named.as_ref().map(EnvName::as_str)).await?.name;
    let (old, new) = (against.of(&environment), Sought { environment, state });
    // An environment beside itself is a question with an answer; a state of it is most likely a slip.
    if old == new && new.state != State::Rendered {
        return Err(Problem::new("diff.same", format!("both sides are {new}")).hint(
            "say what it is compared with: --against Default, release:N, git:REVISION or ENV@running",
        ));
    }
    let overview = context.engine.open(1).await?;
    find(&overview.workspace, &new.environment)?;
    let needs_engine =
        [&old, &new].iter().any(|side| matches!(side.state, State::Running | State::Release(_)));
    let diff = context.engine.compare_sides(&overview, &old, &new).await.map_err(|problem| {
        let unhinted = problem.hint.is_none() && needs_engine;
        if unhinted { problem.hint("`--against Default` needs no engine") } else { problem }
    })?;
    let diff = filter.apply(&Arc::new(diff), None);
    if arguments.view != View::Files {
        let all = Arc::clone(&diff);
        work(move || all.prepare(&Processors)).await?;
    }
    if context.out.json() && arguments.view == View::Files {
        differing(&diff).try_for_each(|file| context.out.record("file", &file.counted()))?;
        total(&diff, context.out)?;
    } else if context.out.json() {
        record(&diff, context.out)?;
    } else {
        print_view(&diff, arguments.view, context.out)?;
    }
    let differs = differing(&diff).any(|file| !file.is_folded());
    Ok(if arguments.exit_code && differs { Exit::Changes } else { Exit::Ok })
}

fn differing(diff: &Diff) -> impl Iterator<Item = &FileDiff> {
    diff.files.iter().filter(|file| file.status != FileStatus::Unchanged)
}

/// Prints a diff for programs: a record for each file that differs, and one for all.
pub fn record(diff: &Diff, out: Printer) -> Result<(), Problem> {
    for file in differing(diff) {
        out.record("file", file)?;
    }
    total(diff, out)
}

fn total(diff: &Diff, out: Printer) -> Result<(), Problem> {
    let all = serde_json::json!({
        "old": diff.old,
        "new": diff.new,
        "count": diff.count(),
        "classes": diff.classes(),
    });
    out.record("diff", &all)
}

/// Prints a diff for people, as lines.
pub fn print(diff: &Diff, out: Printer) -> Result<(), Problem> {
    print_view(diff, View::Text, out)
}

fn print_view(diff: &Diff, view: View, out: Printer) -> Result<(), Problem> {
    for file in differing(diff) {
        out.line(head(file, out))?;
        if view == View::Files {
            continue;
        }
        match (view, file.values()) {
            (View::Values, Some(values)) => values.iter().try_for_each(|change| value(change, out))?,
            _ => lines(file, out)?,
        }
        if file.folded > 0 {
            let word = if file.folded == 1 { "change" } else { "changes" };
            out.line(out.paint(Role::Dim, &format!("            {} cosmetic {word} folded", file.folded)))?;
        }
        out.line("")?;
    }
    let count = diff.count();
    let sides = format!("{} → {}", sanitise(diff.old.as_bytes()), sanitise(diff.new.as_bytes()));
    if !count.any() {
        return out.line(format!("{sides}: no differences"));
    }
    let renamed = if count.renamed > 0 { format!("{} renamed, ", count.renamed) } else { String::new() };
    let (changed, added, removed) = (count.changed, count.added, count.removed);
    let classes = classes(&diff.classes());
    out.line(format!("{sides}: {changed} changed, {renamed}{added} added, {removed} removed{classes}"))
}

fn classes(count: &ClassCount) -> String {
    if count.0.is_empty() { String::new() } else { format!("  ({})", count.words()) }
}

fn head(file: &FileDiff, out: Printer) -> String {
    let (mark, role) = match file.status {
        FileStatus::Changed | FileStatus::Renamed => ("~", Role::Warn),
        FileStatus::Added => ("+", Role::Good),
        FileStatus::Removed | FileStatus::Excluded => ("-", Role::Bad),
        FileStatus::Unchanged => (" ", Role::Dim),
    };
    let path = out.paint(Role::Strong, &sanitise(file.path.as_bytes()));
    let mut text = format!("{} {path} {}", out.paint(role, mark), out.paint(role, file.status.word()));
    if let Some(from) = &file.from {
        text = format!("{text} from {}", sanitise(from.as_bytes()));
    }
    if file.added + file.removed > 0 {
        text = format!("{text} +{} -{}", file.added, file.removed);
    }
    text.push_str(&out.paint(Role::Dim, &classes(&file.classes)));
    if let Some(was) = &file.was {
        text.push_str(&out.paint(Role::Dim, &format!("  the rule was called “{was}”")));
    }
    text
}

fn value(change: &ValueChange, out: Printer) -> Result<(), Problem> {
    let text = |side: &Option<ValueSide>| side.as_ref().map(|side| side.value.clone()).unwrap_or_default();
    let (old, new) = (text(&change.old), text(&change.new));
    let (mark, role, what) = match change.status {
        ValueStatus::Added => ("+", Role::Good, new),
        ValueStatus::Removed => ("-", Role::Bad, old),
        ValueStatus::Reordered => ("~", Role::Warn, format!("{old} → {new} (another order)")),
        ValueStatus::Changed | ValueStatus::NotCompared => ("~", Role::Warn, format!("{old} → {new}")),
    };
    let path = out.paint(Role::Strong, &change.path);
    let class = out.paint(Role::Dim, change.class.name());
    out.line(format!("    {} {path}: {what}   {class}", out.paint(role, mark)))?;
    for (word, side) in [("was", &change.old), ("now", &change.new)] {
        if let Some(side) = side {
            out.line(out.paint(Role::Dim, &format!("        {word}: {}", side.origin)))?;
        }
    }
    Ok(())
}

fn lines(file: &FileDiff, out: Printer) -> Result<(), Problem> {
    for (index, hunk) in file.hunks().iter().enumerate() {
        if index > 0 {
            out.line(out.paint(Role::Dim, "            ⋯"))?;
        }
        let mut said = None;
        for line in &hunk.lines {
            // What a change touches is said once.
            let class = line.class.filter(|class| said != Some(*class));
            said = line.class;
            out.line(text(line, class, out))?;
        }
    }
    Ok(())
}

fn text(line: &DiffLine, class: Option<Class>, out: Printer) -> String {
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
    for Piece { text, changed, .. } in line.stretches() {
        match role {
            Some(role) if changed => shown.push_str(&out.paint_marked(role, &text)),
            Some(role) => shown.push_str(&out.paint(role, &text)),
            None => shown.push_str(&text),
        }
    }
    let origin = line.origin.as_ref().filter(|_| line.change == LineChange::Added);
    let tail: Vec<String> = class
        .map(|class| class.name().to_owned())
        .into_iter()
        .chain(origin.map(|from| format!("← {from}")))
        .collect();
    if !tail.is_empty() {
        shown.push_str(&out.paint(Role::Dim, &format!("   {}", tail.join(" "))));
    }
    shown.trim_end().to_owned()
}
