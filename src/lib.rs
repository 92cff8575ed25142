//! alertdeck, a terminal operations console for `ElastAlert`. This library is the whole program; `main.rs` only
//! calls [`shell::main`].
//!
//! ```text
//!             domain          values and rules; knows nobody
//!            ↗      ↖
//!       engine        app     engine: the world and the use cases;  app: state, commands, update
//!           ↖        ↗   ↖
//!             shell  →    ui  ui: state → frame;  shell: waits, spawns, prints, reads flags
//!               ↑
//!             main
//! ```
//!
//! A diamond and not a chain: `app` says what it wants as data ([`app::Effect`]), `engine` says what happened in
//! `domain` values, and only `shell` knows both. `tests/structure` keeps it so. The words used everywhere are
//! listed in `docs/architecture.md`.

pub mod app;
pub mod domain;
pub mod engine;
pub mod shell;
pub mod ui;
