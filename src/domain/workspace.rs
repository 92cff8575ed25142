//! A workspace as a value: its environments and its templates, made from files that somebody else has read. One that
//! is partly broken is still a workspace, with findings that say what is wrong.

use std::collections::BTreeMap;

use crate::domain::check::Finding;
use crate::domain::environment::{EnvName, GateSettings, Guard, SearchSettings, Target};
use crate::domain::problem::Place;
use crate::domain::template::Template;

/// Where a secret comes from. Paths and commands are relative to the workspace root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// A variable of the process environment.
    Variable(String),
    /// The content of a file.
    File(String),
    /// The first line that a command prints.
    Command(Vec<String>),
}

/// An exclusion: a glob that keeps rules out of one environment, and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclusion {
    /// The glob; it matches the path below `rules/` or the file name.
    pub glob: String,
    /// Where it stands.
    pub place: Place,
}

/// A named target with its guard, its settings, its exclusions and its secrets, all layers applied.
#[derive(Clone, Debug, PartialEq)]
pub struct Environment {
    /// Its name.
    pub name: EnvName,
    /// Its place in the pipeline; lists are sorted by it, then by name.
    pub order: i64,
    /// How careful to be.
    pub guard: Guard,
    /// What is run where.
    pub target: Target,
    /// What the gate asks for.
    pub gate: GateSettings,
    /// The search engine as this machine reaches it.
    pub search: SearchSettings,
    /// Which rules stay out.
    pub exclusions: Vec<Exclusion>,
    /// Where each secret comes from, by key.
    pub secrets: BTreeMap<String, SecretSource>,
}

/// A repository of rules and configuration, as it was when its files were read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Workspace {
    /// The name that marks what is ours on an engine.
    pub name: String,
    /// The folder, for display and for relative paths.
    pub root: String,
    /// Counts up with each reading.
    pub revision: u64,
    /// Sorted by order, then name; `Default` first.
    pub environments: Vec<Environment>,
    /// Every template, sorted by path.
    pub templates: Vec<Template>,
    /// What is wrong with the workspace itself.
    pub findings: Vec<Finding>,
}

impl Workspace {
    /// The environment of that name.
    pub fn environment(&self, name: &EnvName) -> Option<&Environment> {
        self.environments.iter().find(|environment| environment.name == *name)
    }
}
