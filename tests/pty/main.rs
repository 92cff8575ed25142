//! The real binary in a real terminal: that it takes the terminal, gives it back whatever ends it, and that a person
//! gets done in the demo what the console is for. They wait for what is shown, never for time.

#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::disallowed_methods, reason = "tests")]

mod console;
mod terminal;
