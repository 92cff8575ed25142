//! The terminal as it is, handed to a program on another machine: every key goes there, and what comes back is shown as
//! it came. Leaving puts it back, also when a panic leaves.

use std::io::{self, IsTerminal, Write};

use crossterm::terminal;

use crate::domain::problem::Problem;

/// While this lives, keys are not interpreted here.
#[derive(Debug)]
pub struct Raw(());

impl Raw {
    /// Hands the terminal over; refused where standard input or output is none.
    pub fn enter() -> Result<Self, Problem> {
        let refused = |why: String| {
            Problem::new("terminal.none", "a shell needs a terminal")
                .why(why)
                .hint("run it in a terminal, without redirections")
        };
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(refused("standard input or output is none".into()));
        }
        terminal::enable_raw_mode().map_err(|error| refused(error.to_string()))?;
        Ok(Self(()))
    }

    /// Columns and rows.
    pub fn size() -> (u16, u16) {
        terminal::size().unwrap_or((80, 24))
    }

    /// Shows what came, as it came.
    pub fn show(&self, bytes: &[u8]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        out.flush()
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        if let Err(error) = terminal::disable_raw_mode() {
            tracing::warn!(%error, "the terminal could not be put back");
        }
    }
}
