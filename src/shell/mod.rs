//! How the program waits, prints and reads its flags. Only this layer knows both what the screens ask for and what
//! the engine does.

use std::process::ExitCode;

use clap::Parser;

use crate::shell::cli::Arguments;
use crate::shell::print::{Exit, Printer};

pub mod cli;
pub mod log_file;
pub mod print;
pub mod runtime;
pub mod settings;
pub mod terminal;

/// Runs the program and says how it ended.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let out = Printer::new(arguments.format, settings::plain());
    match settings::workspace(arguments.workspace).map(|_root| Exit::Ok) {
        Ok(exit) => exit.into(),
        Err(problem) if problem.code == print::READER_GONE => Exit::Ok.into(),
        Err(problem) => {
            out.problem(&problem);
            Exit::from(&problem).into()
        }
    }
}
