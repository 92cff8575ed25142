//! `alertdeck demo`: the very same console on a made-up world. It needs no engine, no network and no workspace, and
//! nothing that is done in it touches anything real.

use crate::app::{Key, KeyCode};
use crate::domain::problem::Problem;
use crate::domain::remote::Timestamp;
use crate::engine::Engine;
use crate::engine::fake::demo;
use crate::shell::console::{self, Settings};
use crate::shell::print::{Exit, Printer};
use crate::shell::terminal::Guests;

/// Flags of `demo`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct DemoArguments {
    /// The moment at which the made-up world begins, for a picture that is always the same
    #[arg(long, hide = true, value_name = "TIME")]
    at: Option<Timestamp>,
    /// The console falls over when this key is pressed: a test looks whether the terminal is put back
    #[arg(long, hide = true, value_name = "KEY")]
    panic_at: Option<char>,
}

/// Opens the console on the demo's world.
pub async fn run(out: Printer, arguments: DemoArguments) -> Result<Exit, Problem> {
    let (world, root) = demo::world(arguments.at.unwrap_or_else(now)).await?;
    let mut engine = Engine::new(world, root, Vec::new());
    "you".clone_into(&mut engine.by);
    let guests = Guests { editor: None, root: None, shell: Vec::new() };
    let mut settings = Settings::from_environment(guests)?;
    settings.demo = true;
    settings.panic_at = arguments.panic_at.map(|key| Key::plain(KeyCode::Char(key)));
    console::console(engine, settings, out).await
}

#[expect(
    clippy::disallowed_methods,
    reason = "the made-up world begins now, and has its own clock from then on"
)]
fn now() -> Timestamp {
    Timestamp::now()
}
