//! Values and rules: what a workspace means, how it is rendered, what differs, what a deploy would do, and how
//! healthy an environment is. Everything here is a pure function over values; no clock, disk, network, thread or
//! environment variable is ever looked at. Time comes in as an argument.

pub mod by_hand;
pub mod check;
pub mod container;
pub mod diff;
pub mod environment;
pub mod fact;
pub mod gate;
pub mod health;
pub mod journal;
pub mod label;
pub mod layer;
pub mod loader;
pub mod log;
pub mod mask;
pub mod matrix;
pub mod operation;
pub mod overlay;
pub mod overview;
pub mod plan;
pub mod position;
pub mod preflight;
pub mod problem;
pub mod process;
pub mod progress;
pub mod release;
pub mod remote;
pub mod render;
pub mod rule;
pub mod secret;
pub mod skeleton;
pub mod stored;
pub mod template;
pub mod text;
pub mod token;
pub mod tree;
pub mod why;
pub mod workspace;
pub mod yaml;
