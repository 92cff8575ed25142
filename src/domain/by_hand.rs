//! What a person asked for beside the workspace: only some of the rules, and values above all layers. It is recorded with
//! a release and shown wherever the release is, because the workspace alone does not give the same again.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobMatcher};
use serde::{Deserialize, Serialize};

use crate::domain::diff::mask::credential;
use crate::domain::problem::Problem;
use crate::domain::rule::is_rule;
use crate::domain::text::sanitise;
use crate::domain::workspace::Environment;
use crate::domain::yaml::{self, Node};

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

/// Which rules are asked for, and what they import; every file that is no rule always is.
#[derive(Debug, Default)]
pub struct Picked {
    globs: Vec<GlobMatcher>,
    imported: BTreeSet<String>,
}

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
        let globs = globs.iter().map(matcher).collect::<Result<_, _>>()?;
        Ok(Self { globs, imported: BTreeSet::new() })
    }

    /// Whether the file of that path is laid out.
    pub fn has(&self, path: &str) -> bool {
        self.globs.is_empty() || !is_rule(path) || self.is_asked_for(path) || self.imported.contains(path)
    }

    /// Whether a glob matches the rule.
    pub fn is_asked_for(&self, path: &str) -> bool {
        let below = path.strip_prefix("rules/").unwrap_or(path);
        let name = below.rsplit('/').next().unwrap_or(below);
        self.globs.iter().any(|glob| glob.is_match(below) || glob.is_match(name))
    }

    /// Takes in what the rules that are asked for import, because without it ElastAlert does not load them. `text` is
    /// what is laid out at a path, and `mount` where the container has the rules.
    #[must_use]
    pub fn with_imports<'p>(
        mut self,
        paths: impl Iterator<Item = &'p str>,
        mount: &str,
        text: impl Fn(&str) -> Option<String>,
    ) -> Self {
        if self.globs.is_empty() {
            return self;
        }
        let asked_for: Vec<&str> = paths.filter(|path| is_rule(path) && self.is_asked_for(path)).collect();
        for rule in asked_for {
            let mut seen = BTreeSet::new();
            let mut open = vec![rule.to_owned()];
            while let Some(path) = open.pop() {
                if !seen.insert(path.clone()) {
                    continue;
                }
                let Some(document) = text(&path).and_then(|text| yaml::parse(&text).ok()) else { continue };
                let Some(import) = document.root.get("import") else { continue };
                let named = import.text().into_iter().chain(import.items().iter().filter_map(Node::text));
                // Also what an imported file imports is looked for from the folder of the rule.
                open.extend(named.filter_map(|named| imported(rule, named, mount)));
            }
            seen.remove(rule);
            self.imported.extend(seen);
        }
        self
    }
}

/// The path in the rendering of what a rule imports, if it is among the rules.
fn imported(rule: &str, named: &str, mount: &str) -> Option<String> {
    let mount = mount.trim_matches('/');
    let folder = rule.rsplit_once('/').map_or("", |(folder, _)| folder);
    let below = folder.strip_prefix("rules").unwrap_or(folder);
    let whole = if named.starts_with('/') { named.to_owned() } else { format!("{mount}/{below}/{named}") };
    let mut steps: Vec<&str> = Vec::new();
    for step in whole.split('/').filter(|step| !step.is_empty() && *step != ".") {
        if step == ".." {
            steps.pop();
        } else {
            steps.push(step);
        }
    }
    let path = steps.join("/");
    let below = path.strip_prefix(mount)?.strip_prefix('/')?;
    Some(format!("rules/{below}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_picked_rule_imports_comes_along_however_it_is_named() {
        let texts = [
            ("rules/web-a.yaml", "import: base.yaml\n"),
            ("rules/base.yaml", "import: [deep/x.yml, web-a.yaml, gone.yaml]\n"),
            ("rules/deep/x.yml", "import: ../web-a.yaml\n"),
            ("rules/team/web-b.yaml", "import: [./y.yaml, ../z.yaml, /opt/rules/q.yaml, /etc/r.yaml, 3]\n"),
            ("rules/team/y.yaml", "import: x.yaml\n"),
            ("rules/team/x.yaml", ""),
            ("rules/z.yaml", "import: [\n"),
            ("rules/q.yaml", "import: {a: b}\n"),
            ("rules/x.yaml", ""),
            ("rules/other.yaml", "import: apart.yaml\n"),
            ("rules/apart.yaml", ""),
        ];
        let text =
            |path: &str| texts.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
        let picked = |glob: &str, mount: &str| {
            let picked = Picked::new(&[glob.to_owned()]).unwrap();
            let picked = picked.with_imports(texts.iter().map(|(path, _)| *path), mount, text);
            let laid_out = texts.iter().map(|(path, _)| *path).filter(|path| picked.has(path));
            laid_out.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(picked("web-a*", "/opt/rules"), "rules/web-a.yaml rules/base.yaml rules/deep/x.yml");
        assert_eq!(
            picked("web-b*", "/opt/rules/"),
            "rules/team/web-b.yaml rules/team/y.yaml rules/team/x.yaml rules/z.yaml rules/q.yaml"
        );
        assert_eq!(
            picked("team/web-b*", "/r").matches("q.yaml").count(),
            0,
            "that is not where the rules are"
        );
        assert_eq!(
            picked("x.yml", "/opt/rules"),
            "rules/web-a.yaml rules/deep/x.yml",
            "from the rule's folder"
        );
    }

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
