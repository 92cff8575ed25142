//! A workspace as a value: its environments and its templates, made from files that somebody else has read. One that
//! is partly broken is still a workspace, with findings that say what is wrong.

pub mod assume;
pub mod build;
mod collect;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::check::Finding;
use crate::domain::environment::{EnvName, GateSettings, Guard, SearchSettings, Target};
use crate::domain::layer::Resolved;
use crate::domain::mask::Masker;
use crate::domain::overlay::Overlay;
use crate::domain::problem::Place;
use crate::domain::secret::SecretSource;
use crate::domain::template::Template;

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
    /// What the layers give to each key, secrets without their value.
    pub values: BTreeMap<String, Resolved>,
    /// Where each secret comes from, by key.
    pub secrets: BTreeMap<String, SecretSource>,
    /// Structural overrides, lowest layer first.
    pub overlays: Vec<Overlay>,
    /// Where the variables of the target are written.
    pub env_places: BTreeMap<String, Place>,
    /// Knows the secrets whose values are known without asking anybody.
    pub masker: Masker,
}

/// A repository of rules and configuration, as it was when its files were read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Workspace {
    /// The name that marks what is ours on an engine.
    pub name: String,
    /// The folder, for display and for relative paths.
    pub root: String,
    /// What stands before `config/` and `rules/` below the root: nothing, or `src/`.
    pub prefix: String,
    /// Counts up with each reading.
    pub revision: u64,
    /// Sorted by order, then name; `Default` first.
    pub environments: Vec<Environment>,
    /// Every template, sorted by path.
    pub templates: Arc<Vec<Template>>,
    /// The texts of the files that name environments, `Sensitive` ones aside, for quoting a line of them.
    pub texts: BTreeMap<String, String>,
    /// Keys that settings such as `target:` use as tokens.
    pub setting_keys: BTreeSet<String>,
    /// Globs of the rules that are asked for; without any it is all of them.
    pub only: Vec<String>,
    /// What is wrong with the workspace itself.
    pub findings: Vec<Finding>,
}

impl Environment {
    /// The value of a key in this environment; `None` when no layer gives one, or when it is a secret.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.values.get(key)?.value.as_deref()
    }
}

impl Workspace {
    /// The template of that path, `config/…` or `rules/…`.
    pub fn template(&self, path: &str) -> Option<&Template> {
        let at = self.templates.binary_search_by(|template| template.path.as_str().cmp(path)).ok()?;
        self.templates.get(at)
    }

    /// The path of the template that is the configuration of `ElastAlert`.
    pub fn config(&self) -> Option<&'static str> {
        assume::config(|path| self.template(path).is_some())
    }

    /// Knows the secrets that stand in files, of all environments.
    pub fn masker(&self) -> Masker {
        self.environments.iter().fold(Masker::default(), |all, environment| all.and(&environment.masker))
    }

    /// The environment of that name.
    pub fn environment(&self, name: &EnvName) -> Option<&Environment> {
        self.environments.iter().find(|environment| environment.name == *name)
    }
}

#[cfg(test)]
mod tests;
