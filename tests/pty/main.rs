//! The real binary in a real terminal: that it takes the terminal, gives it back whatever ends it, and that a person
//! gets done in the demo what the console is for. They wait for what is shown, never for time.

#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::disallowed_methods, reason = "tests")]

mod console;
mod demo;
mod engine;
mod terminal;

/// The real one.
const BINARY: &str = env!("CARGO_BIN_EXE_alertdeck");

/// A size that many have.
const USUAL: (u16, u16) = (120, 40);
