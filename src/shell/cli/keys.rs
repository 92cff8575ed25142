//! `alertdeck keys`: every command of the console with its keys, from the same table that the console reads. As
//! Markdown it is `docs/keys.md`.

use serde_json::json;

use crate::app::command::COMMANDS;
use crate::app::help;
use crate::domain::problem::Problem;
use crate::shell::print::{Exit, Printer};

/// Flags of `keys`.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct KeysArguments {
    /// As Markdown, for docs/keys.md
    #[arg(long)]
    markdown: bool,
}

/// Prints them.
pub fn run(out: Printer, arguments: KeysArguments) -> Result<Exit, Problem> {
    out.begin()?;
    if out.json() {
        for spec in COMMANDS {
            let scopes: Vec<&str> = spec.scopes.iter().map(|scope| scope.title()).collect();
            let command = json!({
                "name": spec.name, "does": spec.doc.trim(), "scopes": scopes, "keys": spec.keys,
                "risk": spec.risk.word(),
            });
            out.record("command", &command)?;
        }
    } else if arguments.markdown {
        out.raw(help::markdown().as_bytes())?;
    } else {
        out.line(help::plain().trim_end())?;
    }
    Ok(Exit::Ok)
}
