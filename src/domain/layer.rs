//! Layers: the sources of values, a later one wins. Here is one layer as a value, and its plain form, `KEY=VALUE` one
//! a line, that the deploy procedure before alertdeck used. The native form is in `environment::file`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::check::Finding;
use crate::domain::position::count;
use crate::domain::problem::{Place, Problem};
use crate::domain::secret::{Secret, SecretSource, placeholder};
use crate::domain::token::is_key;

/// What a layer gives to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A value that may be shown.
    Plain(String),
    /// A value that must never be shown, and where it comes from.
    Secret(SecretSource),
}

/// A value of a layer and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The value.
    pub given: Given,
    /// Where; `None` for built-in values and flags.
    pub place: Option<Place>,
}

/// One source of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// `built-in`, `Default`, `CI`, `Sensitive.Local`, `the flag --set`.
    pub name: String,
    /// Its values by key.
    pub entries: BTreeMap<String, Entry>,
}

/// What wins for a key in one environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The value; `None` when it is a secret.
    pub value: Option<String>,
    /// The value that won and those of the layers below it, winner first, secrets as placeholders.
    pub chain: Arc<Vec<LayerValue>>,
}

/// A value of one layer, as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerValue {
    /// The layer's name: `Default`, `CI`, `Sensitive.Local`, `the flag --set`, `built-in`.
    pub layer: String,
    /// The value; for a secret its placeholder.
    pub shown: String,
    /// Where it is written; `None` for built-in values and flags.
    pub place: Option<Place>,
}

impl Layer {
    /// A layer without values.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), entries: BTreeMap::new() }
    }

    /// Takes a value in. A key that the layer already has is an error, whatever it is given: whoever reads one of
    /// the two lines would believe it.
    pub fn add(&mut self, key: String, entry: Entry, findings: &mut Vec<Finding>) {
        if let Some(before) = self.entries.get(&key) {
            let mut problem =
                Problem::new("layer.twice", format!("the layer {} gives `{key}` twice", self.name))
                    .hint("keep one of the two");
            if let Some(first) = &before.place {
                problem = problem.why(format!("it is already given at {first}"));
            }
            problem.place = entry.place;
            findings.push(Finding::error(problem));
            return;
        }
        self.entries.insert(key, entry);
    }

    /// Reads the plain form into the layer. With `secret`, every value is one, and no message quotes a line.
    pub fn read_plain(&mut self, path: &str, text: &str, secret: bool, findings: &mut Vec<Finding>) {
        // The blanks that the procedure took off a line; any other one belongs to the value.
        let blank = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c');
        for (index, line) in text.trim_start_matches('\u{feff}').split('\n').enumerate() {
            let place = Place::line(path, count(index + 1));
            let line = line.trim_matches(blank);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((key, value)) = line.split_once('=') else {
                findings.push(Finding::warning(
                    Problem::new("layer.line", "a line without `=` gives no value")
                        .at(place)
                        .hint("write KEY=VALUE, or begin the line with `#`"),
                ));
                continue;
            };
            // Blanks before a value belong to it, unless the line is written with blanks on both sides.
            let value = if key.ends_with([' ', '\t']) { value.trim_start() } else { value };
            let key = key.trim_end();
            if !is_key(key) {
                let what = if secret { "a line".to_owned() } else { format!("`{}`", key.escape_debug()) };
                findings.push(Finding::error(
                    Problem::new("layer.key", format!("{what} cannot name a value"))
                        .at(place)
                        .why("a key is made of letters, digits, `_`, `.` and `-`"),
                ));
                continue;
            }
            let given = if secret {
                Given::Secret(SecretSource::Value(Secret::new(value.to_owned())))
            } else {
                Given::Plain(value.to_owned())
            };
            self.add(key.to_owned(), Entry { given, place: Some(place) }, findings);
        }
    }
}

/// Puts layers on top of each other, lowest first. A key that is a secret in any of them is one in all, so that a
/// value that stands in for a secret is not shown either.
pub fn resolve(layers: &[Layer]) -> (BTreeMap<String, Resolved>, BTreeMap<String, SecretSource>) {
    let mut values: BTreeMap<String, Resolved> = BTreeMap::new();
    let mut secrets = BTreeMap::new();
    let is_secret = |key: &str| {
        layers
            .iter()
            .any(|layer| layer.entries.get(key).is_some_and(|entry| matches!(entry.given, Given::Secret(_))))
    };
    for layer in layers {
        for (key, entry) in &layer.entries {
            let hidden = is_secret(key);
            let value = match &entry.given {
                Given::Plain(text) if hidden => {
                    secrets.insert(key.clone(), SecretSource::Value(Secret::new(text.clone())));
                    None
                }
                Given::Plain(text) => Some(text.clone()),
                Given::Secret(source) => {
                    secrets.insert(key.clone(), source.clone());
                    None
                }
            };
            let shown = value.clone().unwrap_or_else(|| placeholder(key));
            let link = LayerValue { layer: layer.name.clone(), shown, place: entry.place.clone() };
            let resolved =
                values.entry(key.clone()).or_insert_with(|| Resolved { value: None, chain: Arc::default() });
            resolved.value = value;
            Arc::make_mut(&mut resolved.chain).insert(0, link);
        }
    }
    (values, secrets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(name: &str, text: &str, secret: bool) -> (Layer, Vec<Finding>) {
        let mut layer = Layer::new(name);
        let mut findings = Vec::new();
        layer.read_plain(&format!("config/substitutions/{name}.conf"), text, secret, &mut findings);
        (layer, findings)
    }

    fn codes(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.problem.code).collect()
    }

    #[test]
    fn the_plain_form_splits_at_the_first_sign_and_skips_comments() {
        let (layer, findings) = layer(
            "CI",
            "\u{feff}# why\r\n\r\nURL=http://a/?b=c\r\nES_HOST = es \nEMPTY=\n  # x\nB=  x\n",
            false,
        );
        assert!(findings.is_empty(), "{findings:?}");
        let given = |key: &str| layer.entries[key].given.clone();
        assert_eq!(given("URL"), Given::Plain("http://a/?b=c".into()));
        assert_eq!(given("ES_HOST"), Given::Plain("es".into()));
        assert_eq!(given("B"), Given::Plain("  x".into()), "as the procedure had it");
        assert_eq!(given("EMPTY"), Given::Plain(String::new()));
        assert_eq!(layer.entries["URL"].place.as_ref().unwrap().line, 3);
    }

    #[test]
    fn a_line_that_gives_nothing_is_told() {
        let (_, findings) = layer("CI", "ES_HOST\nA B=1\nA=1\nA=2\n", false);
        assert_eq!(codes(&findings), ["layer.line", "layer.key", "layer.twice"]);
        assert_eq!(findings[2].problem.place.as_ref().unwrap().line, 4);
    }

    #[test]
    fn nothing_of_a_secret_file_is_quoted() {
        let (layer, findings) = layer("Sensitive.Local", "xoxb canary\nxoxb canary=1\nT=canary\n", true);
        assert!(!format!("{findings:?}{layer:?}").contains("canary"));
        assert_eq!(findings.len(), 2);
    }

    #[test]
    fn the_highest_layer_wins_and_the_chain_tells_the_others() {
        let (default, _) = layer("Default", "A=1\nB=2\n", false);
        let (ci, _) = layer("CI", "A=3\n", false);
        let (values, secrets) = resolve(&[default, ci]);
        assert_eq!(values["A"].value.as_deref(), Some("3"));
        let chain: Vec<_> = values["A"].chain.iter().map(|v| (v.layer.as_str(), v.shown.as_str())).collect();
        assert_eq!(chain, [("CI", "3"), ("Default", "1")]);
        assert!(secrets.is_empty());
    }

    #[test]
    fn once_a_secret_always_a_secret() {
        let (default, _) = layer("Default", "T=canary-default\n", false);
        let (sensitive, _) = layer("Sensitive.Local", "T=canary-local\n", true);
        let (set, _) = layer("--set", "T=canary-set\n", false);
        let (values, secrets) = resolve(&[default, sensitive, set]);
        assert_eq!(values["T"].value, None);
        assert!(!format!("{values:?}{secrets:?}").contains("canary"));
        let SecretSource::Value(value) = &secrets["T"] else { panic!() };
        assert_eq!(value.expose(), "canary-set");
    }
}
