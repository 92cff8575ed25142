//! What is known of `ElastAlert` without asking it: its rule types, alerters, options, its schema and what it reads from
//! its environment. The table is made by `dev/facts` from one version, and whatever is told from it names that version.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;

use crate::domain::check::lints::near::meant;

/// The table, as `dev/facts` writes it.
const TABLE: &str = include_str!("elastalert.json");

/// What is known of one version of `ElastAlert`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Where the table comes from, and under which licence the schema in it is.
    pub notice: String,
    /// The version, such as `2.31.0`.
    pub version: String,
    /// Rule types by name.
    pub rule_types: BTreeMap<String, RuleType>,
    /// Alerters by name.
    pub alerters: BTreeMap<String, Alerter>,
    /// Names that were alerters in versions before.
    pub gone: BTreeMap<String, Gone>,
    /// Names of the enhancements that need no module.
    pub enhancements: BTreeSet<String>,
    /// The keys of `elastalert.yaml`.
    pub config: Keys,
    /// The keys of a rule.
    pub rule: Keys,
    /// Options of rules and alerters that are, or hold, mappings whose keys are known.
    pub nested: BTreeMap<String, Nested>,
    /// Variables that are read when it starts, and the key of `elastalert.yaml` that each overrides, if any.
    pub environment: BTreeMap<String, Option<String>>,
    /// The JSON Schema (draft 7) that every rule is held against before the configuration's defaults are put in.
    pub schema: Value,
}

/// A type of rules.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleType {
    /// The Python class behind the name.
    pub class: String,
    /// Options that must be there, be it for the schema or for the class.
    pub required: BTreeSet<String>,
    /// Options of this type; those that all types have stand in the schema.
    pub options: BTreeSet<String>,
    /// What its constructor asks for besides.
    pub checks: Vec<Check>,
    /// Whom it asks when it is loaded.
    #[serde(default)]
    pub asks: Option<Asked>,
}

/// A way of telling somebody.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alerter {
    /// The Python class behind the name.
    pub class: String,
    /// Options that must be there, in the rule, in the alerter's own part of it or in `elastalert.yaml`. What the
    /// loader gives every rule is not among them.
    pub required: BTreeSet<String>,
    /// What its constructor asks for besides.
    pub checks: Vec<Check>,
    /// Options that name a file which is read when the rule is loaded, relative to the rule.
    #[serde(default)]
    pub files: Vec<String>,
    /// Whom it asks when it is loaded.
    #[serde(default)]
    pub asks: Option<Asked>,
}

/// Whom a rule asks when it is loaded: without an answer it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asked {
    /// The search engine.
    Search,
    /// Jira.
    Jira,
}

/// What a constructor asks for beyond its required options.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Check {
    /// At least one of these must be there.
    OneOf {
        /// The options.
        options: Vec<String>,
    },
    /// Where an option has this value, others must be there.
    When {
        /// The option.
        option: String,
        /// Its value.
        is: String,
        /// What must be there.
        needs: Vec<String>,
    },
    /// It must not be there.
    Never {
        /// The option.
        option: String,
    },
    /// Its time must divide `buffer_time`, or `run_every` where `use_run_every_query_size` is set.
    Divides {
        /// The option.
        option: String,
    },
}

/// A name that was an alerter once.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gone {
    /// The first version without it, where that is known.
    #[serde(default)]
    pub since: Option<String>,
    /// The alerter that took its place.
    pub instead: Option<String>,
    /// Why it went.
    pub why: String,
}

/// The keys of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// Those that must be there.
    pub required: BTreeSet<String>,
    /// All that are read, by the schema or by the code.
    pub keys: BTreeSet<String>,
    /// Keys in which `ElastAlert` keeps its own notes: in a file they mean nothing.
    #[serde(default)]
    pub notes: BTreeSet<String>,
}

/// The mappings that an option is or holds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nested {
    /// Where they stand.
    pub within: Within,
    /// The keys that are read.
    pub keys: BTreeSet<String>,
    /// Whether the schema refuses others, where the option stands in the rule itself.
    pub closed: bool,
}

/// Where a mapping of known keys stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Within {
    /// The option is that mapping.
    Itself,
    /// The option is a list of such mappings.
    Items,
    /// The option is a mapping of names to such mappings.
    Values,
}

/// What is known of the version that alertdeck speaks for.
pub fn elastalert() -> &'static Facts {
    static FACTS: OnceLock<Facts> = OnceLock::new();
    // A test holds that it can be read.
    FACTS.get_or_init(|| serde_json::from_str(TABLE).unwrap_or_default())
}

impl Facts {
    /// Whether a rule may have this key. Custom fields of Jira are `jira_` and a name that only Jira knows, unless that is
    /// nearly an option's.
    pub fn knows_rule_key(&self, key: &str) -> bool {
        self.rule.keys.contains(key) || key.starts_with("jira_") && self.nearest_key(key).is_none()
    }

    /// Whether `elastalert.yaml` may have this key: one of its own, or the default of a rule's.
    pub fn knows_config_key(&self, key: &str) -> bool {
        self.config.keys.contains(key) || self.knows_rule_key(key)
    }

    /// The known key of a rule or of `elastalert.yaml` that is meant by one written nearly so.
    pub fn nearest_key(&self, key: &str) -> Option<&str> {
        meant(key, self.rule.keys.iter().chain(&self.config.keys).map(String::as_str))
    }
}

impl fmt::Display for Facts {
    /// `ElastAlert 2.31.0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ElastAlert {}", self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read_and_says_whom_it_speaks_for() {
        let read: Facts = serde_json::from_str(TABLE).unwrap();
        assert_eq!(&read, elastalert());
        assert_eq!(elastalert().to_string(), "ElastAlert 2.31.0");
        assert!(elastalert().notice.contains("Apache License"));
    }

    #[test]
    fn rule_types_say_what_they_require() {
        let types = &elastalert().rule_types;
        assert_eq!(types.len(), 12);
        let required = |name: &str| types[name].required.iter().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(required("any"), [""; 0]);
        assert_eq!(required("frequency"), ["num_events", "timeframe"]);
        assert_eq!(required("change"), ["compare_key", "ignore_null", "query_key"]);
        assert_eq!(types["new_term"].asks, Some(Asked::Search));
        let either = ["fields", "query_key"].map(str::to_owned).to_vec();
        assert_eq!(types["new_term"].checks, [Check::OneOf { options: either }]);
    }

    #[test]
    fn an_alerter_that_is_gone_is_not_there_and_what_took_its_place_is() {
        let facts = elastalert();
        assert_eq!(facts.alerters["slack"].required, BTreeSet::from(["slack_webhook_url".to_owned()]));
        assert_eq!(facts.gone["ms_teams"].since.as_deref(), Some("2.30.0"));
        for (name, gone) in &facts.gone {
            assert!(!facts.alerters.contains_key(name), "{name}");
            assert!(gone.instead.as_ref().is_none_or(|name| facts.alerters.contains_key(name)), "{name}");
        }
    }

    #[test]
    fn every_required_and_every_overridden_key_is_a_known_one() {
        let facts = elastalert();
        let options = facts.rule_types.values().flat_map(|each| &each.required);
        let options = options.chain(facts.alerters.values().flat_map(|each| &each.required));
        for key in options.chain(&facts.rule.required) {
            assert!(facts.rule.keys.contains(key), "{key}");
        }
        for key in facts.config.required.iter().chain(facts.environment.values().flatten()) {
            assert!(facts.config.keys.contains(key), "{key}");
        }
    }

    #[test]
    fn keys_that_the_schema_does_not_know_are_known_and_notes_are_not() {
        let facts = elastalert();
        for key in ["is_enabled", "limit_execution", "import", "jira_story_points", "realert", "filter"] {
            assert!(facts.knows_rule_key(key), "{key}");
        }
        for key in ["realertt", "has_run_once", "rule_file"] {
            assert!(!facts.knows_rule_key(key), "{key}");
        }
        assert!(facts.knows_config_key("skip_invalid") && facts.knows_config_key("slack_webhook_url"));
        assert_eq!(facts.nearest_key("realertt"), Some("realert"));
        assert_eq!(facts.nearest_key("filterr"), Some("filter"));
    }

    #[test]
    fn the_schema_has_one_branch_for_each_rule_type_and_one_for_modules() {
        let branches = elastalert().schema["oneOf"].as_array().unwrap();
        let named = branches.iter().filter_map(|branch| branch["properties"]["type"]["enum"][0].as_str());
        let named: BTreeSet<&str> = named.collect();
        assert_eq!(named, elastalert().rule_types.keys().map(String::as_str).collect());
        assert_eq!(branches.len(), named.len() + 1);
    }
}
