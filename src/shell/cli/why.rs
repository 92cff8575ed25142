//! `why`: where a value of an environment comes from, from what `ElastAlert` has in the end down to the line of the
//! layer. A secret is told to be one, and by whom it is given.

use clap::Args;

use crate::domain::problem::Problem;
use crate::domain::text::sanitise;
use crate::domain::why::lines::Role as Of;
use crate::domain::why::{Book, Leaf, ask};
use crate::engine::World;
use crate::engine::workspace::find;
use crate::shell::cli::Context;
use crate::shell::print::{Exit, Role};

/// Wide enough for every line that is not cut anyway.
const WIDE: usize = 4_000;

/// What `why` takes.
#[derive(Debug, Args)]
pub struct WhyArguments {
    /// The environment, and what is asked for: a file or a rule, and after a colon the path of a value
    ///
    /// `rules/5xx.yaml:threshold_cur`, `Spike in 5xxs:filter.0.query`, `config/elastalert.yaml:buffer_time.minutes`,
    /// `rules/list.txt:3` for a line. A key that holds a point is quoted: `a."b.c"`. A mapping tells all its values.
    #[arg(value_name = "ENV|PATH", num_args = 0..=2)]
    pub named: Vec<String>,
}

/// Prints the chains.
pub async fn run<W: World>(context: &Context<W>, arguments: WhyArguments) -> Result<Exit, Problem> {
    let (environment, path) = match arguments.named.as_slice() {
        [environment, path] => (Some(environment.as_str()), path),
        [path] if path.contains([':', '/']) || context.environment.is_some() => (None, path),
        _ => {
            return Err(Problem::new("why.nothing", "no value is asked for").hint(
                "name one: alertdeck why CI rules/5xx.yaml:threshold_cur; `alertdeck render` shows the files",
            ));
        }
    };
    let environment = context.choose(environment).await?.name;
    let overview = context.engine.open(1).await?;
    let workspace = &overview.workspace;
    let settings = find(workspace, &environment)?;
    let rendering = context.engine.rendering(workspace, &environment).await?;
    let asked = ask(workspace, &rendering, path)?;
    let book = Book::open(workspace, settings, &rendering, &asked.file)?;
    let leaves = book.find(&asked.path)?;
    if leaves.is_empty() {
        return Err(Problem::new("why.line", format!("{} has no such line", book.source())));
    }
    if context.out.json() {
        for leaf in &leaves {
            context.out.record("value", leaf)?;
        }
        return Ok(Exit::Ok);
    }
    let shown = if asked.path.is_empty() {
        book.source().to_owned()
    } else {
        format!("{}:{}", book.source(), asked.path)
    };
    context
        .out
        .line(context.out.paint(Role::Dim, &format!("{} in {environment}", sanitise(shown.as_bytes()))))?;
    for leaf in &leaves {
        context.out.line("")?;
        print(context, leaf)?;
    }
    Ok(Exit::Ok)
}

fn print<W: World>(context: &Context<W>, leaf: &Leaf) -> Result<(), Problem> {
    for (number, line) in leaf.lines(WIDE).into_iter().enumerate() {
        let text = if number == 0 { line.text } else { format!("  {}", line.text) };
        context.out.line(match line.role {
            Of::Value => context.out.paint(Role::Strong, &text),
            Of::Counts => text,
            Of::Dim => context.out.paint(Role::Dim, &text),
        })?;
    }
    Ok(())
}
