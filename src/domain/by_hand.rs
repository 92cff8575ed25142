//! What a person asked for beside the workspace: only some of the rules, and values above all layers. It is recorded with
//! a release and shown wherever the release is, because the workspace alone does not give the same again.

use globset::{GlobBuilder, GlobMatcher};
use serde::{Deserialize, Serialize};

use crate::domain::diff::mask::credential;
use crate::domain::problem::Problem;
use crate::domain::rule::is_rule;
use crate::domain::text::sanitise;
use crate::domain::workspace::Environment;

/// The layer of values that were given by hand.
pub const SET: &str = "the flag --set";

/// How much of a value is recorded.
const MOST: usize = 80;

/// What was asked for by hand, as it may be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByHand {
    /// Globs of the rules that were asked for, where others were left out; without any it is all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partial: Vec<String>,
    /// Values: `KEY=VALUE`, or `KEY` alone where the value is secret.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set: Vec<String>,
}

impl ByHand {
    /// Whether nothing was.
    pub fn is_empty(&self) -> bool {
        self.partial.is_empty() && self.set.is_empty()
    }
}

/// The values that an environment was given by hand.
pub fn set(environment: &Environment) -> Vec<String> {
    let by_hand = environment
        .values
        .iter()
        .filter(|(_, resolved)| resolved.chain.first().is_some_and(|link| link.layer == SET));
    by_hand
        .map(|(key, resolved)| match &resolved.value {
            Some(value) if !is_credential(key, value) => {
                let shown: String = sanitise(value.as_bytes()).chars().take(MOST).collect();
                let cut = if value.chars().count() > MOST { "…" } else { "" };
                format!("{key}={shown}{cut}")
            }
            _ => key.clone(),
        })
        .collect()
}

/// Whether a value that nobody called a secret looks like one.
fn is_credential(key: &str, value: &str) -> bool {
    let in_address = value.split_once("://").is_some_and(|(_, rest)| rest.contains('@'));
    in_address || credential(format!("{}: {value}", key.to_lowercase()).as_bytes()).is_some()
}

/// Which rules are asked for; every file that is no rule always is.
#[derive(Debug, Default)]
pub struct Picked(Vec<GlobMatcher>);

impl Picked {
    /// Reads the globs; a shell reads them alike.
    pub fn new(globs: &[String]) -> Result<Self, Problem> {
        let matcher = |glob: &String| {
            GlobBuilder::new(glob).literal_separator(true).backslash_escape(true).build().map_or_else(
                |error| {
                    let shown = sanitise(glob.as_bytes());
                    Err(Problem::new("rule.glob", format!("`{shown}` is no glob"))
                        .why(error.kind().to_string()))
                },
                |glob| Ok(glob.compile_matcher()),
            )
        };
        globs.iter().map(matcher).collect::<Result<_, _>>().map(Self)
    }

    /// Whether the file of that path is laid out.
    pub fn has(&self, path: &str) -> bool {
        let below = path.strip_prefix("rules/").unwrap_or(path);
        let name = below.rsplit('/').next().unwrap_or(below);
        self.0.is_empty()
            || !is_rule(path)
            || self.0.iter().any(|glob| glob.is_match(below) || glob.is_match(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_picks_rules_by_name_or_path_and_no_other_file() {
        let picked = Picked::new(&["web-*".to_owned(), "app/*.yml".to_owned()]).unwrap();
        for (path, has) in [
            ("rules/web-a.yaml", true),
            ("rules/x/web-a.yaml", true),
            ("rules/app/b.yml", true),
            ("rules/app/x/b.yml", false),
            ("rules/b.yaml", false),
            ("rules/lists/b.txt", true),
            ("config/elastalert.yaml", true),
        ] {
            assert_eq!(picked.has(path), has, "{path}");
        }
        assert!(Picked::new(&[]).unwrap().has("rules/b.yaml"));
        assert_eq!(Picked::new(&["[".to_owned()]).unwrap_err().code, "rule.glob");
    }

    #[test]
    fn a_value_that_looks_like_a_secret_is_one() {
        for (key, value) in
            [("DB_PASSWORD", "x"), ("A", "https://me:pw@host/"), ("slack_webhook_url", "https://x")]
        {
            assert!(is_credential(key, value), "{key}");
        }
        assert!(!is_credential("ES_HOST", "search.prod"));
    }
}
