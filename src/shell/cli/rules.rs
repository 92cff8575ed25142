//! `rules`: every rule of the workspace, and what it is in each environment. With an environment named, only that
//! one's column is shown.

use serde_json::json;

use crate::domain::environment::EnvName;
use crate::domain::matrix;
use crate::domain::problem::Problem;
use crate::engine::World;
use crate::engine::workspace::find;
use crate::shell::cli::Context;
use crate::shell::print::{Exit, Role};
use crate::shell::table::{Cell, Table};

/// Prints the rules.
pub async fn run<W: World>(context: &Context<W>) -> Result<Exit, Problem> {
    let overview = context.engine.open(1).await?;
    let only: Option<EnvName> = context.environment.as_deref().map(str::parse).transpose()?;
    if let Some(only) = &only {
        find(&overview.workspace, only)?;
    }
    let shown = |name: &EnvName| only.as_ref().is_none_or(|only| only == name);
    if context.out.json() {
        for row in overview.matrix.iter() {
            let cells: serde_json::Map<String, serde_json::Value> = row
                .cells
                .iter()
                .filter(|(name, _)| shown(name))
                .map(|(name, cell)| (name.to_string(), json!(cell)))
                .collect();
            let rule = json!({ "name": row.name, "kind": row.kind, "path": row.path, "environments": cells });
            context.out.record("rule", &rule)?;
        }
        return Ok(Exit::Ok);
    }
    let names = overview.workspace.environments.iter().map(|environment| &environment.name);
    let names: Vec<&EnvName> = names.filter(|name| shown(name)).collect();
    let heading = ["RULE", "TYPE", "FILE"].into_iter().chain(names.iter().map(|name| name.as_str()));
    let mut table = Table::new(heading);
    for row in overview.matrix.iter() {
        let mut cells = vec![
            Cell::new(Role::Strong, row.name.as_str()),
            row.kind.as_str().into(),
            Cell::new(Role::Dim, row.path.as_str()),
        ];
        for (_, cell) in row.cells.iter().filter(|(name, _)| shown(name)) {
            let role = match cell {
                matrix::Cell::Same | matrix::Cell::Excluded => Role::Dim,
                matrix::Cell::Differs | matrix::Cell::Overridden => Role::Warn,
                matrix::Cell::Invalid => Role::Bad,
            };
            cells.push(Cell::new(role, cell.word()));
        }
        table.row(cells);
    }
    table.print(&context.out)?;
    Ok(Exit::Ok)
}
