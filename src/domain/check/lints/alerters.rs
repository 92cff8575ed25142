//! Options of alerters, which the loader takes as they are: keys that are nearly known ones, and a second alerter where
//! only the first one counts. Looked at are those below an alerter's name and the mappings within options.

use super::{near, passed};
use crate::domain::check::facts::{Nested, Within};
use crate::domain::check::{Finding, facts};
use crate::domain::problem::{Place, Problem};
use crate::domain::yaml::{Node, Value};

/// Where the options of alerters are looked at.
struct Looking<'a, P> {
    root: &'a Node,
    place: &'a P,
    findings: Vec<Finding>,
}

/// Looks at the options of a rule, or of the configuration, whose alerters are those that are told of errors.
pub(super) fn check(root: &Node, is_config: bool, place: &impl Fn(usize) -> Place) -> Vec<Finding> {
    let mut looking = Looking { root, place, findings: Vec::new() };
    // What the schema refuses in a rule is told by the loader; it never sees the configuration.
    looking.options(root, is_config);
    if let Some(named) = root.get(if is_config { "notify_alert" } else { "alert" }) {
        looking.alerters(named);
    }
    looking.findings
}

impl<P: Fn(usize) -> Place> Looking<'_, P> {
    fn alerters(&mut self, named: &Node) {
        let items = match &named.value {
            Value::Sequence(items) => items.as_slice(),
            _ => std::slice::from_ref(named),
        };
        for item in items {
            let Some(((name, options), more)) = item.entries().split_first() else { continue };
            let Some(name) = name.text() else { continue };
            for (key, _) in options.entries() {
                self.option(name, key);
            }
            self.options(options, true);
            let known = facts::elastalert().alerters.contains_key(name) || name.contains('.');
            if let Some((second, _)) = more.first().filter(|_| known) {
                self.second(name, second);
            }
        }
    }

    /// Only the first entry of a mapping is an alerter.
    fn second(&mut self, name: &str, second: &Node) {
        let Some(text) = second.text() else { return };
        let facts = facts::elastalert();
        let problem = Problem::new("alerter.second", format!("`{}` is passed over", text.escape_debug()))
            .at((self.place)(second.start()))
            .why(format!(
                "only the first entry of a mapping is an alerter, and that is `{}`",
                name.escape_debug()
            ));
        self.findings.push(Finding::warning(if facts.alerters.contains_key(text) {
            problem.hint(format!("begin a list item of its own: `- {text}`"))
        } else {
            problem.hint(format!("options of `{}` stand below its name, indented", name.escape_debug()))
        }));
    }

    /// A key among the options below an alerter's name.
    fn option(&mut self, alerter: &str, key: &Node) {
        let facts = facts::elastalert();
        let Some(name) = key.text().filter(|name| !facts.knows_rule_key(name)) else { return };
        let Some(near) = facts.nearest_key(name).filter(|_| !near::is_used(name, self.root)) else { return };
        let alerter = alerter.escape_debug();
        self.unknown(name, key, &format!("among the options of `{alerter}`"), near);
    }

    /// The mappings within the options of a rule, of the configuration or of an alerter. `all`: also those of which the
    /// schema refuses what it does not know, where it is not asked.
    fn options(&mut self, options: &Node, all: bool) {
        for (name, nested) in facts::elastalert().nested.iter().filter(|(_, nested)| all || !nested.closed) {
            let Some(value) = options.get(name) else { continue };
            match nested.within {
                Within::Itself => self.mapping(name, nested, value),
                Within::Items => value.items().iter().for_each(|item| self.mapping(name, nested, item)),
                Within::Values => {
                    value.entries().iter().for_each(|(_, value)| self.mapping(name, nested, value));
                }
            }
        }
    }

    fn mapping(&mut self, option: &str, nested: &Nested, mapping: &Node) {
        for (key, _) in mapping.entries() {
            let Some(name) = key.text().filter(|name| !nested.keys.contains(*name)) else { continue };
            if let Some(near) = near::meant(name, nested.keys.iter().map(String::as_str)) {
                self.unknown(name, key, &format!("in `{option}`"), near);
            }
        }
    }

    fn unknown(&mut self, name: &str, key: &Node, within: &str, near: &str) {
        let problem =
            Problem::new("alerter.key", format!("nothing reads `{}` {within}", name.escape_debug()))
                .at((self.place)(key.start()))
                .why(passed(name))
                .hint(format!("did you mean `{near}`?"));
        self.findings.push(Finding::warning(problem));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::yaml;

    fn told(text: &str, is_config: bool) -> Vec<String> {
        let document = yaml::parse(text).unwrap();
        let place = |at: usize| Place { file: "a".to_owned(), line: 1, column: u32::try_from(at).unwrap() };
        let found = check(&document.root, is_config, &place);
        found
            .into_iter()
            .map(|finding| format!("{}: {}", finding.problem.code, finding.problem.what))
            .collect()
    }

    fn rule(text: &str) -> Vec<String> {
        told(text, false)
    }

    #[test]
    fn options_below_a_name_are_looked_at_in_every_form() {
        let what = ["alerter.key: nothing reads `slack_chanel_override` among the options of `slack`"];
        assert_eq!(rule("alert: {slack: {slack_chanel_override: x}}"), what);
        assert_eq!(rule("alert: [debug, {slack: {slack_chanel_override: x}}]"), what);
        assert_eq!(rule("x: &x {slack_chanel_override: x}\nalert: [{slack: {<<: *x}}]"), what);
        assert_eq!(
            rule("alert: [{slack: {slack_channel_override: x, alert_text: y, our_team: z}}]"),
            [""; 0]
        );
        assert_eq!(rule("alert: [{slack: {owners: x, alert_text: '{{ owners }}'}}]"), [""; 0]);
        assert_eq!(rule("alert: [{jira: {jira_story_points: 5}}]"), [""; 0]);
        assert_eq!(told("notify_alert: [{slack: {slack_chanel_override: x}}]", true), what);
    }

    #[test]
    fn mappings_within_options_are_looked_at_where_the_schema_does_not() {
        let what = ["alerter.key: nothing reads `titel` in `slack_alert_fields`"];
        assert_eq!(rule("alert: [{slack: {slack_alert_fields: [{titel: a, value: b}]}}]"), what);
        assert_eq!(told("slack_alert_fields: [{titel: a}]", true), what);
        assert_eq!(rule("slack_alert_fields: [{titel: a}]"), [""; 0], "the schema refuses it");
        let what = ["alerter.key: nothing reads `hive_api_key` in `hive_connection`"];
        assert_eq!(rule("hive_connection: {hive_api_key: a, hive_host: b}"), what);
        let what = ["alerter.key: nothing reads `index_alerts_name` in `indexer_connection`"];
        assert_eq!(rule("indexer_connection: {index_alerts_name: a, es_host: b}"), what);
        let what = ["alerter.key: nothing reads `feild` in `opsgenie_details`"];
        assert_eq!(rule("alert: [{opsgenie: {opsgenie_details: {Host: {feild: host}, Text: x}}}]"), what);
        let free = "http_post2_payload: {valu: x}\nalert_text_kw: {titel: x}\nhive_alert_config: {titel: x}";
        assert_eq!(rule(free), [""; 0]);
    }

    #[test]
    fn a_second_alerter_of_a_mapping_is_told() {
        let email = ["alerter.second: `email` is passed over"];
        assert_eq!(rule("alert: [{slack: {}, email: {}}]"), email);
        assert_eq!(rule("alert: {slack: {}, email: {}}"), email);
        assert_eq!(rule("alert:\n- slack:\n    a: b\n  email: [x]"), email);
        assert_eq!(rule("alert: [{slack: {}}, {email: {}}]"), [""; 0]);
    }
}
