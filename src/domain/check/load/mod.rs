//! Would `ElastAlert` load this? Its loader, followed step by step over the bytes of a rendering, without Python: for
//! each file whether it loads, which error it ends with, and what the rule is then. `facts` says for which version.

mod alerters;
mod client;
mod config;
mod depends;
mod dict;
mod durations;
mod expand;
mod fault;
mod files;
mod folders;
mod import;
mod jinja;
mod logging;
mod modules;
mod new_term;
mod options;
mod outcome;
mod plain;
mod python;
mod read;
mod references;
mod rule;
mod rule_types;
mod schema;
mod start;
#[cfg(test)]
mod tests;
mod value;

use std::collections::BTreeMap;

use crate::domain::render::file::CONFIG;
pub use depends::{Depends, Given, Varying};
pub use outcome::{At, Loaded, Need, Outcome, Refusal, RuleOutcome, Stage, Step};

/// What `ElastAlert` finds when it starts.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// The files that are mounted, by the path that a rendering has: `config/elastalert.yaml`, `rules/…`.
    pub files: BTreeMap<&'a str, &'a [u8]>,
    /// The one among them that is the configuration.
    pub config: &'a str,
    /// The container's environment.
    pub variables: &'a BTreeMap<String, String>,
    /// Where the container has them: a folder in it, and what stands before the paths of the files there.
    pub mounts: Vec<(&'a str, &'a str)>,
    /// The folder in which `ElastAlert` is started.
    pub directory: &'a str,
    /// Whether to say what each rule is once it is loaded.
    pub values: bool,
    /// The one rule that it is told to load: a path, or the name of a file in the folders of rules.
    pub only: Option<&'a str>,
    /// Whether it only pretends to alert, and so makes no alerter.
    pub debug: bool,
}

impl<'a> Input<'a> {
    /// Files that are mounted where `alertdeck` mounts them unless told otherwise, in an image that starts in `/opt`.
    pub fn new(files: &'a BTreeMap<String, Vec<u8>>, variables: &'a BTreeMap<String, String>) -> Self {
        Self::of(files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect(), variables)
    }

    /// The same for files that somebody else holds.
    pub fn of(files: BTreeMap<&'a str, &'a [u8]>, variables: &'a BTreeMap<String, String>) -> Self {
        let mounts = vec![("/opt/config", "config"), ("/opt/rules", "rules")];
        Self {
            files,
            config: CONFIG,
            variables,
            mounts,
            directory: "/opt",
            values: false,
            only: None,
            debug: false,
        }
    }

    /// Asks for the values too.
    #[must_use]
    pub fn with_values(self) -> Self {
        Self { values: true, ..self }
    }
}

pub use rule::{Loader, Opened, taken, twice};

/// What becomes of the configuration and of each rule file in the folders that it names.
pub fn load(input: &Input<'_>) -> Loaded {
    rule::load(input)
}
