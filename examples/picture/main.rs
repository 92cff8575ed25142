//! Draws `docs/console.svg`: starts the real binary's demo in a terminal, goes to a telling screen and writes down its
//! cells. `dev/picture` builds the binary and calls it.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a tool, not the program"
)]

use std::path::Path;
use std::time::Duration;

use terminal::Console;

mod svg;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../../tests/pty/terminal.rs"]
mod terminal;

/// Columns and rows of the picture.
const SIZE: (u16, u16) = (120, 36);

/// The moment at which the made-up world begins, so that the picture is always the same.
const AT: &str = "2026-03-14T03:12:00Z";

fn main() {
    let example = std::env::current_exe().expect("our own path");
    let binary = example.ancestors().nth(2).expect("the folder of the build").join("alertdeck");
    let variables = [("COLORTERM", "truecolor")];
    let mut console = Console::start(binary, SIZE, &["demo", "--at", AT], &variables);
    // What Production would get, while it fails and Staging is dead.
    console.wait_for("3 differ");
    console.press("]");
    console.wait_for("Staging against");
    console.press("]");
    console.wait_for("Production against Default");
    for against in ["CI", "Staging", "what runs"] {
        console.press("a");
        console.wait_for(&format!("Production against {against}"));
    }
    console.wait_for("New administrator");
    while console.take(Duration::from_millis(600)) {}
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let picture = root.join("docs/console.svg");
    std::fs::write(&picture, svg::draw(console.screen(), "alertdeck demo")).expect("the picture is written");
    console.press("q");
    console.end();
}
