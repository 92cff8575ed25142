//! Deploys on the fake world with a paused clock: what goes well, what goes wrong in every way that has a name, and
//! what holds afterwards in each case. The names of the tests are the faults of the reference.

mod back;
mod bench;
mod cut;
mod faults;
mod journal;
mod laws;
mod logs;
mod preflight;
mod sweep;
mod well;
