//! `alertdeck checks`: every code that a finding can have, from the one table that tells of them. As Markdown it is
//! `docs/checks.md`.

use serde::Serialize;

use crate::domain::check::Severity;
use crate::domain::check::codes::{self, Code};
use crate::domain::problem::Problem;
use crate::shell::print::{Exit, Printer};

/// Flags of `checks`.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct ChecksArguments {
    /// As Markdown, for docs/checks.md
    #[arg(long)]
    markdown: bool,
}

/// A code as programs read it.
#[derive(Debug, Serialize)]
pub struct Told<'a> {
    code: &'a str,
    severity: Severity,
    title: &'a str,
    what: &'a str,
    why: &'a str,
    fix: &'a str,
}

impl Told<'_> {
    /// What an entry of the table says.
    pub fn of(entry: &Code) -> Self {
        let Code { code, severity, title, what, why, fix, .. } = *entry;
        Self { code, severity, title, what, why, fix }
    }
}

/// Prints them.
pub fn run(out: Printer, arguments: ChecksArguments) -> Result<Exit, Problem> {
    out.begin()?;
    if out.json() {
        for entry in codes::all() {
            out.record("code", &Told::of(entry))?;
        }
    } else if arguments.markdown {
        out.raw(codes::markdown().as_bytes())?;
    } else {
        out.line(codes::plain().trim_end())?;
    }
    Ok(Exit::Ok)
}
