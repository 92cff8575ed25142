//! With which arguments `ElastAlert` is started, as `supervisord.conf` or the target says: which configuration it is
//! given, whether it loads one rule alone, whether it only pretends to alert. What stands there in a way that is not
//! followed is said so, and never guessed.

use std::collections::BTreeMap;

use crate::domain::environment::Target;
use crate::domain::process::after_elastalert;

mod arguments;
mod findings;
mod supervisord;

pub use arguments::Arguments;
pub use findings::findings;

/// Where supervisord's configuration is unless a variable says otherwise.
const VARIABLE: &str = "ELASTALERT_SUPERVISOR_CONF";

/// How `ElastAlert` is started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Command {
    /// Nothing that is rendered says so: the image does.
    #[default]
    Unsaid,
    /// It is said, in a way that only the container can follow.
    Untold {
        /// Where it is said.
        at: Said,
        /// Why that cannot be followed.
        why: String,
    },
    /// With these arguments.
    Told {
        /// Where they stand.
        at: Said,
        /// The arguments.
        arguments: Arguments,
    },
}

/// Where the command stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// In a file of the rendering, from this byte on.
    File(String, usize),
    /// In `target.entrypoint` or `target.command`.
    Target,
}

/// Which file `ElastAlert` reads its configuration from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Config<'a> {
    /// Whichever the image names; the usual one is taken for it.
    Usual,
    /// A file of the rendering, whether it is there or not.
    Mounted(String),
    /// A path of the container that is not mounted.
    Elsewhere(&'a str),
}

impl Command {
    /// How it is started. `file` gives the bytes of a file of the rendering, `variables` those of the container.
    pub fn of<'f>(
        target: &Target,
        variables: &BTreeMap<String, String>,
        file: impl Fn(&str) -> Option<(&'f str, &'f [u8])>,
    ) -> Self {
        let mut words: Vec<&str> = Vec::new();
        words.extend(target.entrypoint.iter().flatten().map(String::as_str));
        words.extend(target.command.iter().flatten().map(String::as_str));
        if let Some(given) = after_elastalert(&words) {
            let given: Vec<String> = given.iter().map(|word| (*word).to_owned()).collect();
            return Self::Told { at: Said::Target, arguments: Arguments::read(&given, None) };
        }
        let Some(path) = variables.get(VARIABLE) else { return Self::Unsaid };
        let Some(path) = rendered(&[(&target.mounts.config, "config")], path) else { return Self::Unsaid };
        let Some((path, bytes)) = file(&path) else { return Self::Unsaid };
        supervisord::read(path, &String::from_utf8_lossy(bytes), variables)
    }

    /// The arguments, where they are known.
    pub fn arguments(&self) -> Option<&Arguments> {
        if let Self::Told { arguments, .. } = self { Some(arguments) } else { None }
    }

    /// Which configuration it is started with; `mounts` are pairs of a folder of the container and what stands before
    /// the paths of its files in a rendering.
    pub fn config(&self, mounts: &[(&str, &str)]) -> Config<'_> {
        let Some(arguments) = self.arguments() else { return Config::Usual };
        match arguments.config.strip_prefix('/') {
            // Only the image knows in which folder it is started.
            None => Config::Elsewhere(&arguments.config),
            Some(_) => rendered(mounts, &arguments.config)
                .map_or(Config::Elsewhere(&arguments.config), Config::Mounted),
        }
    }

    /// What the preflight is to be told, so that it starts as the process will be.
    pub fn for_preflight(&self) -> Vec<String> {
        let Some(arguments) = self.arguments() else { return Vec::new() };
        let mut words = vec![format!("--config={}", arguments.config)];
        words.extend(arguments.rule.as_ref().map(|rule| format!("--rule={rule}")));
        words.extend(arguments.debug.then(|| "--debug".to_owned()));
        words
    }
}

/// What a rendering calls a path of the container.
fn rendered(mounts: &[(&str, &str)], path: &str) -> Option<String> {
    mounts.iter().find_map(|(mount, files)| {
        let rest = path.strip_prefix(mount.trim_end_matches('/'))?.strip_prefix('/')?;
        let plain = rest.split('/').all(|part| !matches!(part, "" | "." | ".."));
        plain.then(|| format!("{files}/{rest}"))
    })
}

#[cfg(test)]
mod tests;
