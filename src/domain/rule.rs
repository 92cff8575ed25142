//! A rule as the console needs it: its name, type and alerters, read from one rendered file. What `ElastAlert`
//! itself would say about it is `check`.

use serde::{Deserialize, Serialize};

use crate::domain::yaml::{Node, Value};

/// One rule, one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// `rules/…`.
    pub path: String,
    /// Its name; the path without its ending when it gives none, as `ElastAlert` does.
    pub name: String,
    /// `frequency`, `spike`, …; empty when it gives none.
    pub kind: String,
    /// The alerters.
    pub alerts: Vec<String>,
    /// Whether `is_enabled` lets it run.
    pub enabled: bool,
}

/// Whether `ElastAlert` loads the file of that path as a rule: YAML below `rules/`, where no folder begins with `..`.
pub fn is_rule(path: &str) -> bool {
    path.strip_prefix("rules/").is_some_and(|below| {
        let mut folders = below.rsplit('/');
        let file = folders.next().unwrap_or_default();
        std::path::Path::new(file).extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
            && !folders.any(|folder| folder.starts_with(".."))
    })
}

impl Rule {
    /// The rule in a file; `root` is what it holds, if it could be read at all.
    pub fn read(path: &str, root: Option<&Node>) -> Self {
        let text = |key: &str| {
            root.and_then(|root| root.get(key)).and_then(Node::text).map(|text| shown(text).to_owned())
        };
        let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
        Self {
            path: path.to_owned(),
            name: text("name").unwrap_or_else(|| stem.to_owned()),
            kind: text("type").unwrap_or_default(),
            alerts: root.and_then(|root| root.get("alert")).map(alerts).unwrap_or_default(),
            enabled: root.and_then(|root| root.get("is_enabled")).is_none_or(Node::is_truthy),
        }
    }
}

/// A name with a line break in it would break every list.
fn shown(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// One alerter, or a list of them, each a name or a mapping whose key is the name.
fn alerts(node: &Node) -> Vec<String> {
    let of = |node: &Node| {
        node.text()
            .or_else(|| node.entries().first().and_then(|(key, _)| key.text()))
            .map(|text| shown(text).to_owned())
    };
    match &node.value {
        Value::Sequence(items) => items.iter().filter_map(of).collect(),
        _ => of(node).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::yaml::parse;

    fn read(text: &str) -> Rule {
        Rule::read("rules/web/a.yaml", Some(&parse(text).unwrap().root))
    }

    #[test]
    fn a_rule_tells_its_name_type_and_alerters() {
        let rule = read("name: A b\ntype: spike\nalert:\n- slack\n- email: {to: x}\n- post\n");
        assert_eq!((rule.name.as_str(), rule.kind.as_str()), ("A b", "spike"));
        assert_eq!(rule.alerts, ["slack", "email", "post"]);
        assert_eq!(read("alert: debug\n").alerts, ["debug"]);
    }

    #[test]
    fn a_rule_without_name_is_called_as_its_file() {
        assert_eq!(read("type: any\n").name, "rules/web/a");
        assert_eq!(Rule::read("rules/x.yaml", None).name, "rules/x");
    }

    #[test]
    fn a_text_enables_a_rule_even_when_it_says_false() {
        assert!(!read("is_enabled: false\n").enabled);
        assert!(read("is_enabled: \"false\"\n").enabled && read("is_enabled: 2024-01-02\n").enabled);
        assert!(!read("is_enabled: Off\n").enabled && !read("is_enabled:\n").enabled);
        assert!(read("name: x\n").enabled);
    }

    #[test]
    fn rules_are_yaml_below_rules() {
        assert!(is_rule("rules/a.yaml") && is_rule("rules/x/b.yml"));
        for path in
            ["config/a.yaml", "rules/a.yaml.bak", "rules/list.txt", "rules/..data/a.yaml", "rules/.yaml"]
        {
            assert!(!is_rule(path), "{path}");
        }
    }
}
