//! What a rule says that `ElastAlert` takes, and that is probably not meant: keys that nothing reads, `is_enabled` in
//! quotes, keys that are no strings, commands, folders of backups. Rules that are refused are told of elsewhere.

mod alerters;
pub(super) mod near;

use crate::domain::check::{Finding, facts};
use crate::domain::problem::{Place, Problem};
use crate::domain::render::file::CONFIG;
use crate::domain::yaml::{Node, Value};

/// Looks at one file. `place` finds the place in the template for a byte of the rendered text.
pub fn check(path: &str, root: Option<&Node>, place: &impl Fn(usize) -> Place) -> Vec<Finding> {
    let Some(root) = root else { return Vec::new() };
    let mut findings = Vec::new();
    for (key, value) in root.entries() {
        match key.text() {
            Some(name) => {
                findings.extend(unknown(path, name, key, root, place));
                if name == "is_enabled" && path != CONFIG {
                    findings.extend(enabled(value, place));
                }
                if name == "command" && path != CONFIG {
                    findings.push(Finding::note(
                        Problem::new("rule.exec", "an alert of this rule runs a command")
                            .at(place(key.start()))
                            .why("EXEC: it runs in the container, with the rights of ElastAlert"),
                    ));
                }
            }
            None if matches!(key.value, Value::Bool(_)) => findings.push(Finding::warning(
                Problem::new("rule.key", "a key is read as true or false and not as a name")
                    .at(place(key.start()))
                    .why("on, off, yes and no are booleans in the YAML that ElastAlert reads")
                    .hint("put it into quotes"),
            )),
            None => {}
        }
    }
    findings.extend(alerters::check(root, path == CONFIG, place));
    if path != CONFIG && is_backup(path) {
        findings.push(Finding::warning(
            Problem::new("rule.backup", "the rule lies in a folder of backups")
                .at(Place::file(place(0).file))
                .why("ElastAlert loads every .yaml and .yml below its rules, whatever the folder is called")
                .hint("keep backups outside of rules/, or leave it to git"),
        ));
    }
    findings
}

/// A key that is nearly one that is read.
fn unknown(
    path: &str,
    name: &str,
    key: &Node,
    root: &Node,
    place: &impl Fn(usize) -> Place,
) -> Option<Finding> {
    let facts = facts::elastalert();
    let known = if path == CONFIG { facts.knows_config_key(name) } else { facts.knows_rule_key(name) };
    if known || name == "<<" {
        return None;
    }
    let near = facts.nearest_key(name).filter(|_| !near::is_used(name, root))?;
    Some(Finding::warning(
        Problem::new("rule.unknown", format!("nothing reads `{}`", name.escape_debug()))
            .at(place(key.start()))
            .why(passed(name))
            .hint(format!("did you mean `{near}`?")),
    ))
}

/// What becomes of a key that is not known.
fn passed(name: &str) -> String {
    let facts = facts::elastalert();
    if name.starts_with("jira_") {
        return format!("{facts} takes it for a field that Jira has");
    }
    format!("{facts} passes over keys that it does not know")
}

/// Anything that is not empty enables a rule, the word false included.
fn enabled(value: &Node, place: &impl Fn(usize) -> Place) -> Option<Finding> {
    let text = value.text()?;
    (!text.is_empty()).then(|| {
        Finding::warning(
            Problem::new("rule.enabled", "`is_enabled` is a string, and so the rule is enabled")
                .at(place(value.start()))
                .why("whatever is not empty counts as true")
                .hint("write `is_enabled: false` without quotes"),
        )
    })
}

fn is_backup(path: &str) -> bool {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').any(|folder| {
        let folder = folder.to_ascii_lowercase();
        folder.contains("backup")
            || [".bak", ".old", "_old", "_bak", "~"].iter().any(|end| folder.ends_with(end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::yaml;

    fn told(path: &str, text: &str) -> Vec<String> {
        let document = yaml::parse(text).unwrap();
        let place = |at: usize| Place { file: path.to_owned(), line: 1, column: u32::try_from(at).unwrap() };
        check(path, Some(&document.root), &place)
            .into_iter()
            .map(|finding| finding.problem.code.to_owned())
            .collect()
    }

    #[test]
    fn a_key_that_is_nearly_known_is_told_and_one_of_somebody_own_is_not() {
        assert_eq!(told("rules/a.yaml", "realertt: {minutes: 5}"), ["rule.unknown"]);
        assert_eq!(told("rules/a.yaml", "our_ticket_queue_of_tuesdays: x\njira_points: 5"), [""; 0]);
        assert_eq!(told("rules/a.yaml", "owners: x\nalert_text_args: [owners]"), [""; 0]);
        assert_eq!(told("rules/a.yaml", "jira_asignee: x\njira_server: y"), ["rule.unknown"]);
        assert_eq!(told(CONFIG, "skip_invalidd: true"), ["rule.unknown"]);
        assert_eq!(told(CONFIG, "skip_invalid: true\nslack_webhook_url: x"), [""; 0]);
    }

    #[test]
    fn what_is_taken_and_not_meant_is_told() {
        assert_eq!(told("rules/a.yaml", "is_enabled: 'false'"), ["rule.enabled"]);
        assert_eq!(told("rules/a.yaml", "is_enabled: false"), [""; 0]);
        assert_eq!(told("rules/a.yaml", "is_enabled: ''"), [""; 0]);
        assert_eq!(told("rules/a.yaml", "on: x"), ["rule.key"]);
        assert_eq!(told("rules/a.yaml", "command: [ls]"), ["rule.exec"]);
        assert_eq!(told("rules/rules_backup_20260414/a.yaml", "name: x"), ["rule.backup"]);
        assert_eq!(told("rules/backend/a.yaml", "name: x"), [""; 0]);
    }
}
