//! What one rendered YAML file says about itself: whether it can be read, whether it is one document, and whether it
//! gives what `ElastAlert` cannot do without. Places are those of the template.

use crate::domain::check::Finding;
use crate::domain::position::Lines;
use crate::domain::problem::{Place, Problem};
use crate::domain::render::file::CONFIG;
use crate::domain::yaml::{self, Node, SyntaxError, Value};

/// Keys of `elastalert.yaml` that must be there.
const CONFIG_KEYS: [&str; 6] =
    ["run_every", "es_host", "es_port", "writeback_index", "buffer_time", "rules_folder"];

/// Keys of a rule that must be there.
const RULE_KEYS: [&str; 3] = ["type", "index", "alert"];

/// Checks one file. `path` is the path in the rendering, `shown` the one in the workspace, and `place` finds the
/// place in the template for a byte of the rendered text. `given` says which keys of the configuration the container's
/// environment gives.
pub fn check(
    path: &str,
    shown: &str,
    text: &str,
    documents: &Result<Vec<Node>, SyntaxError>,
    given: &impl Fn(&str) -> bool,
    place: &impl Fn(usize) -> Place,
) -> Vec<Finding> {
    let what = if path == CONFIG { "the configuration" } else { "the rule" };
    let documents = match documents {
        Ok(documents) => documents,
        Err(error) => return vec![syntax(shown, text, error, place)],
    };
    // Only what is complained about has to be found in the text.
    let located;
    let documents = if documents.len() > 1 || documents.iter().any(is_doubtful) {
        located = yaml::parse(text).unwrap_or_default();
        &located
    } else {
        documents
    };
    let mut findings = Vec::new();
    if let Some(second) = documents.get(1) {
        findings.push(Finding::error(
            Problem::new("yaml.documents", "the file holds more than one document")
                .at(place(second.start()))
                .why("ElastAlert ends when it loads one")
                .hint("one rule, one file"),
        ));
    }
    let root = match documents.first() {
        Some(root) if root.value != Value::Null => root,
        _ => {
            findings.push(Finding::error(
                Problem::new("yaml.empty", "the file holds nothing")
                    .at(Place::file(shown))
                    .why("ElastAlert ends when it loads an empty file"),
            ));
            return findings;
        }
    };
    if !matches!(root.value, Value::Mapping(_)) {
        findings.push(Finding::error(
            Problem::new("yaml.mapping", format!("{what} is a mapping, not {}", root.kind()))
                .at(place(root.start())),
        ));
        return findings;
    }
    duplicates(root, place, &mut findings);
    let required: &[&str] = if path == CONFIG { &CONFIG_KEYS } else { &RULE_KEYS };
    // What a rule imports can give what is missing.
    if path == CONFIG || root.get("import").is_none() {
        for key in required.iter().filter(|key| root.get(key).is_none() && !(path == CONFIG && given(key))) {
            let code = if path == CONFIG { "config.missing" } else { "rule.missing" };
            let problem = Problem::new(code, format!("{what} gives no `{key}`"))
                .at(Place::file(shown))
                .why("ElastAlert does not start without it");
            findings.push(Finding::error(problem));
        }
    }
    findings
}

/// Whether something in a document will be complained about by its place.
fn is_doubtful(root: &Node) -> bool {
    !matches!(root.value, Value::Mapping(_) | Value::Null) || has_duplicates(root)
}

fn has_duplicates(node: &Node) -> bool {
    let entries = node.entries();
    entries.iter().enumerate().any(|(index, (key, value))| {
        entries.iter().take(index).any(|(other, _)| other == key) || has_duplicates(value)
    }) || node.items().iter().any(has_duplicates)
}

fn syntax(shown: &str, text: &str, error: &SyntaxError, place: &impl Fn(usize) -> Place) -> Finding {
    let at = if error.line == 0 {
        Place::file(shown)
    } else {
        place(Lines::new(text).offset(error.line, error.column))
    };
    Finding::error(Problem::new("yaml.syntax", "the file is no YAML").at(at).why(error.message.clone()))
}

/// Keys that a mapping gives twice; the last one counts, and the other is read by people only.
fn duplicates(node: &Node, place: &impl Fn(usize) -> Place, findings: &mut Vec<Finding>) {
    for (index, (key, value)) in node.entries().iter().enumerate() {
        let before = node.entries().iter().take(index).find(|(other, _)| other == key);
        if let (Some((first, _)), Some(name)) = (before, key.text())
            && name != "<<"
        {
            findings.push(Finding::warning(
                Problem::new("yaml.duplicate", format!("`{}` is given twice", name.escape_debug()))
                    .at(place(key.start()))
                    .why(format!(
                        "it is already given in line {}; the last one counts",
                        place(first.start()).line
                    )),
            ));
        }
        duplicates(value, place, findings);
    }
    for item in node.items() {
        duplicates(item, place, findings);
    }
}
