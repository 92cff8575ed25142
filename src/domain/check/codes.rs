//! Every kind of finding about what `ElastAlert` reads, explained: what it is, why it matters, what it looks like and what
//! to do. `docs/checks.md` and the screens take their words from this one table.

use crate::domain::check::Severity::{self, Error, Note, Warning};

/// A kind of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// Its stable name.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// In a few words.
    pub title: &'static str,
    /// What is found.
    pub what: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// What it looks like.
    pub example: &'static str,
    /// What to do.
    pub fix: &'static str,
}

/// The kind of that name.
pub fn code(name: &str) -> Option<&'static Code> {
    CODES.iter().find(|code| code.code == name)
}

macro_rules! codes {
    ($($code:literal $severity:ident $title:literal: $what:literal; $why:literal; $example:literal; $fix:literal.)*) => {
        /// All of them, by area and name.
        pub const CODES: &[Code] = &[$(Code {
            code: $code,
            severity: $severity,
            title: $title,
            what: $what,
            why: $why,
            example: $example,
            fix: $fix,
        }),*];
    };
}

codes! {
    "alerter.file" Error "an alerter's file":
        "A file that an alerter reads while the rule is loaded is not there, or does not hold what it must.";
        "ElastAlert ends with the error that Python has for it, which `skip_invalid` often does not catch.";
        "alert: email\nsmtp_auth_file: missing.yaml";
        "Put the file beside the rule, with `user` and `password` in it.".
    "alerter.form" Error "the form of an alerter":
        "What stands under `alert` is neither a name nor a name with options below it.";
        "ElastAlert cannot tell which alerter is meant.";
        "alert:\n- slack:\n  slack_webhook_url: https://example.com";
        "Indent the options of an alerter below its name.".
    "alerter.option" Error "an option of an alerter":
        "An alerter is given an option of a form that its constructor does not take.";
        "It is made while the rule is loaded, and its error ends loading.";
        "alert: opsgenie\nopsgenie_key: x\nopsgenie_tags: one";
        "Give the option the form that the message names.".
    "alerter.removed" Error "an alerter that is gone":
        "The alerter existed in an earlier version and does no longer.";
        "ElastAlert takes the name for a Python module, does not find it and ends.";
        "alert: ms_teams";
        "Use the alerter that took its place.".
    "alerter.required" Error "a required option of an alerter":
        "An alerter lacks an option without which it cannot send.";
        "ElastAlert checks it while it loads the rule, and ends.";
        "alert: slack";
        "Give the option in the rule, below the alerter's name, or in elastalert.yaml.".
    "alerter.unknown" Error "an unknown alerter":
        "No alerter has that name.";
        "ElastAlert takes the name for a Python module, does not find it and ends.";
        "alert: slak";
        "Correct the name; a class of your own is given by its dotted path.".
    "check.unknown" Note "what only the image can tell":
        "The rule stands on something that alertdeck does not mount or does not follow.";
        "Whether it loads cannot be told without the image.";
        "blacklist: [\"!file /etc/list\"]";
        "Ask the image: `alertdeck check ENV --preflight`.".
    "config.absent" Error "no configuration":
        "There is no elastalert.yaml.";
        "ElastAlert does not start without one.";
        "config/ without elastalert.yaml";
        "Write one; `alertdeck init` makes a commented one.".
    "config.duration" Error "a time in the configuration":
        "A time of elastalert.yaml is no mapping of units and numbers.";
        "ElastAlert makes a duration of it before anything else, and ends.";
        "run_every: 5";
        "Write `run_every: {minutes: 5}`.".
    "config.folder" Error "the folder of rules":
        "`rules_folder` names a folder that does not exist.";
        "ElastAlert ends when it looks for rules there.";
        "rules_folder: /opt/rule";
        "Name the folder in which the rules are mounted.".
    "config.logging" Error "the logging":
        "What stands under `logging` is nothing that Python can set up.";
        "It is the first thing that ElastAlert does, and its error ends it.";
        "logging: {version: 2}";
        "Write `version: 1`, and name only handlers and formatters that are there.".
    "config.required" Error "a required key of the configuration":
        "elastalert.yaml lacks a key that must be there.";
        "ElastAlert does not start without it.";
        "es_host: search\n# and no es_port";
        "Add the key, or give its variable in `target.env`.".
    "config.value" Error "a value of the configuration":
        "A value of elastalert.yaml has a form that ElastAlert cannot use when it starts.";
        "It ends with an error of Python's.";
        "es_port: search";
        "Give the value the form that the message names.".
    "config.variable" Error "a variable of the container":
        "A variable that overrides the configuration begins with two braces.";
        "The library that reads it takes it for the name of another variable, and fails.";
        "ES_HOST={{HOST}}";
        "Write the value itself.".
    "rule.backup" Warning "a folder of backups":
        "A rule lies in a folder whose name speaks of backups.";
        "ElastAlert loads every rule file below its folder, so old copies run too, or clash by name.";
        "rules/rules_backup_20260414/a.yaml";
        "Keep backups outside of rules/; git has the history.".
    "rule.duration" Error "a time in a rule":
        "A time of a rule is no mapping of units and numbers, or more than Python can count.";
        "ElastAlert makes a duration of it while it loads the rule, and ends.";
        "timeframe: {minutes: 1h}";
        "Write units and numbers: `timeframe: {hours: 1}`.".
    "rule.enabled" Warning "`is_enabled` in quotes":
        "`is_enabled` is a string.";
        "Whatever is not empty counts as true, so that the rule runs.";
        "is_enabled: \"false\"";
        "Write `is_enabled: false`.".
    "rule.exec" Note "a rule that runs code":
        "The rule runs a command, or code of a Python module.";
        "EXEC: whoever can write the rule can run that in the container.";
        "alert: command\ncommand: [/bin/notify]";
        "Look at it twice when it changes.".
    "rule.file" Error "a file that a rule names":
        "A file that the rule reads while it is loaded is not there or cannot be read.";
        "ElastAlert ends, whatever `skip_invalid` says.";
        "blacklist: [\"!file /opt/rules/missing.txt\"]";
        "Put the file under rules/ and name it by its path in the container.".
    "rule.import" Error "an import":
        "What the rule imports is not there, is no mapping, or imports itself.";
        "ElastAlert ends, whatever `skip_invalid` says, or never comes to an end.";
        "import: missing.inc";
        "Name the file relative to the rule that is loaded.".
    "rule.jinja" Error "a template that cannot be compiled":
        "The alert's text is no Jinja, or the file that holds it is not there.";
        "It is compiled while the rule is loaded; the error is not one that `skip_invalid` catches.";
        "alert_text_type: alert_text_jinja\nalert_text: \"{{ name\"";
        "Close what was opened, and use only filters that Jinja has.".
    "rule.key" Warning "a key that is no name":
        "A key is read as true or false.";
        "on, off, yes and no are booleans in YAML 1.1; nothing finds such a key.";
        "on: x";
        "Put the key into quotes.".
    "rule.module" Error "a name that is no class":
        "A rule type or enhancement is neither known nor the path of a Python class.";
        "ElastAlert tries to import it, fails and ends.";
        "match_enhancements: [Time]";
        "Correct the name, or give the dotted path of a class.".
    "rule.name" Error "two rules with one name":
        "Two rule files give the same name.";
        "ElastAlert ends at the second one, and the disk decides which that is.";
        "name: Errors, in two files";
        "Give each rule a name of its own.".
    "rule.option" Error "an option of a rule type":
        "An option that the type of the rule needs is missing, or does not go with another one.";
        "ElastAlert checks it while it loads the rule, and ends.";
        "type: frequency\nnum_events: 5\n# and no timeframe";
        "Add the option that the message names.".
    "rule.required" Error "a required key of a rule":
        "The rule, with all that it imports, lacks `type`, `index` or `alert`.";
        "ElastAlert holds every rule against its schema first, and ends.";
        "name: x\nimport: base.inc";
        "Add the key to the rule or to what it imports.".
    "rule.type" Error "the kind of a value":
        "A value is of a kind that ElastAlert does not take there, or there is no such rule type.";
        "ElastAlert ends when it looks at it.";
        "num_events: \"5\"";
        "Write it as the message says; without quotes, for numbers.".
    "rule.unknown" Warning "a key that nothing reads":
        "A key is nearly one that ElastAlert reads, and nothing reads it.";
        "It is passed over in silence, and the default counts.";
        "realertt: {minutes: 5}";
        "Correct the key.".
    "rule.value" Error "a value":
        "A value is none of those that ElastAlert takes there.";
        "ElastAlert ends when it looks at it.";
        "spike_type: upwards";
        "Choose one of the values that the message names.".
    "start.expanded" Warning "a variable of the container":
        "A `$NAME` will be replaced by a variable of the container.";
        "ElastAlert puts it in before it parses the file, in queries too.";
        "query: \"path:$HOME\"";
        "Escape it another way, or rename the variable.".
    "start.override" Note "an overridden key":
        "A variable of the container overrides a key of elastalert.yaml.";
        "The file does not say what will be.";
        "target: {env: {ES_HOST: other}}";
        "Keep one of the two.".
    "yaml.documents" Error "more than one document":
        "The file holds a second document.";
        "ElastAlert ends, whatever `skip_invalid` says.";
        "name: a\n---\nname: b";
        "One rule, one file.".
    "yaml.duplicate" Warning "a key given twice":
        "A mapping gives a key twice.";
        "The last one counts, and people read the first.";
        "index: a\nindex: b";
        "Keep one of them.".
    "yaml.empty" Error "an empty file":
        "The file holds nothing.";
        "ElastAlert ends, whatever `skip_invalid` says.";
        "# only a comment";
        "Fill it, or remove it.".
    "yaml.encoding" Error "not UTF-8":
        "The file is not UTF-8.";
        "ElastAlert ends, whatever `skip_invalid` says.";
        "a name with an umlaut, saved as Latin-1";
        "Save it as UTF-8.".
    "yaml.limit" Error "more than can be checked":
        "The file is longer, deeper or more often aliased than alertdeck follows.";
        "What ElastAlert makes of it is unknown, and nothing good.";
        "aliases of aliases of aliases";
        "Part it.".
    "yaml.mapping" Error "no mapping":
        "The file holds something other than keys and values.";
        "ElastAlert ends, whatever `skip_invalid` says.";
        "- name: x";
        "Begin with a key.".
    "yaml.syntax" Error "no YAML":
        "The file cannot be parsed.";
        "ElastAlert ends; `skip_invalid` catches only errors of the scanner.";
        "name: @@NAME@@";
        "Look at the place that the message names.".
    "yaml.value" Error "a value that Python cannot make":
        "The file is YAML, and a value in it cannot be made.";
        "ElastAlert ends, whatever `skip_invalid` says.";
        "since: 2026-13-45";
        "Put it into quotes, or correct it.".
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_each_is_there_once() {
        assert!(CODES.windows(2).all(|pair| matches!(pair, [one, other] if one.code < other.code)));
        assert_eq!(code("rule.jinja").map(|code| code.severity), Some(Error));
        assert_eq!(code("nothing"), None);
    }

    #[test]
    fn every_code_of_the_loader_is_explained() {
        let mut named = 0;
        for source in [
            include_str!("load/alerters.rs"),
            include_str!("load/client.rs"),
            include_str!("load/config.rs"),
            include_str!("load/durations.rs"),
            include_str!("load/files.rs"),
            include_str!("load/folders.rs"),
            include_str!("load/import.rs"),
            include_str!("load/jinja.rs"),
            include_str!("load/logging.rs"),
            include_str!("load/modules.rs"),
            include_str!("load/new_term.rs"),
            include_str!("load/options.rs"),
            include_str!("load/read.rs"),
            include_str!("load/rule.rs"),
            include_str!("load/rule_types.rs"),
            include_str!("load/schema.rs"),
            include_str!("load/start.rs"),
            include_str!("files.rs"),
            include_str!("lints.rs"),
            include_str!("loading.rs"),
            include_str!("start.rs"),
        ] {
            for word in source.split('"').filter(|word| {
                let area = word.split_once('.').map_or("", |(area, _)| area);
                ["alerter", "check", "config", "rule", "start", "yaml"].contains(&area)
                    && word.chars().all(|char| char.is_ascii_lowercase() || char == '.')
            }) {
                assert!(code(word).is_some(), "{word}");
                named += 1;
            }
        }
        assert!(named > 50, "{named}");
    }
}
