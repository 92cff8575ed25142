//! Codes of rules: their keys, values, times, imports, templates and what runs code. Each example is small, and is run.

use super::{Code, Example, RULE, file, gone};
use crate::domain::check::Severity;

pub(super) const CODES: &[Code] = &[
    Code {
        code: "check.unknown",
        severity: Severity::Note,
        title: "what only the image can tell",
        what: "The rule stands on something that alertdeck does not mount or does not follow.",
        why: "Whether it loads cannot be told without the image.",
        fix: "Ask the image: `alertdeck check ENV --preflight`.",
        example: Example::Files {
            wrong: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: blacklist\nindex: logs-*\nalert: debug\ncompare_key: user\nblacklist: [\"!file /etc/list\"]\n",
            )],
            right: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: blacklist\nindex: logs-*\nalert: debug\ncompare_key: user\nblacklist: [root]\n",
            )],
        },
    },
    Code {
        code: "rule.backup",
        severity: Severity::Warning,
        title: "a folder of backups",
        what: "A rule lies in a folder whose name speaks of backups.",
        why: "ElastAlert loads every rule file below its folder, so old copies run too, or clash by name.",
        fix: "Keep backups outside of rules/; git has the history.",
        example: Example::Files {
            wrong: &[file(
                "rules/rules_backup_20260414/old.yaml",
                "name: Old\ntype: any\nindex: logs-*\nalert: debug\n",
            )],
            right: &[gone("rules/rules_backup_20260414/old.yaml")],
        },
    },
    Code {
        code: "rule.duration",
        severity: Severity::Error,
        title: "a time in a rule",
        what: "A time of a rule is no mapping of units and numbers, or more than Python can count.",
        why: "ElastAlert makes a duration of it while it loads the rule, and ends.",
        fix: "Write units and numbers: `timeframe: {hours: 1}`.",
        example: Example::Files {
            wrong: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert: debug\nrealert: {days: 9999999999}\n",
            )],
            right: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert: debug\nrealert: {days: 9}\n",
            )],
        },
    },
    Code {
        code: "rule.enabled",
        severity: Severity::Warning,
        title: "`is_enabled` in quotes",
        what: "`is_enabled` is a string.",
        why: "Whatever is not empty counts as true, so that the rule runs.",
        fix: "Write `is_enabled: false`.",
        example: Example::Files {
            wrong: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert: debug\nis_enabled: \"false\"\n",
            )],
            right: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert: debug\nis_enabled: false\n",
            )],
        },
    },
    Code {
        code: "rule.exec",
        severity: Severity::Note,
        title: "a rule that runs code",
        what: "The rule runs a command, or code of a Python module.",
        why: "EXEC: whoever can write the rule can run that in the container.",
        fix: "Look at it twice when it changes.",
        example: Example::Files {
            wrong: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert: command\ncommand: [/bin/notify]\n",
            )],
            right: &[RULE],
        },
    },
    Code {
        code: "rule.file",
        severity: Severity::Error,
        title: "a file that a rule names",
        what: "A file that the rule reads while it is loaded is not there or cannot be read.",
        why: "ElastAlert ends, whatever `skip_invalid` says.",
        fix: "Put the file under rules/ and name it by its path in the container.",
        example: Example::Files {
            wrong: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: blacklist\nindex: logs-*\nalert: debug\ncompare_key: user\nblacklist: [\"!file /opt/rules/missing.txt\"]\n",
            )],
            right: &[file("rules/missing.txt", "root\n")],
        },
    },
    Code {
        code: "rule.import",
        severity: Severity::Error,
        title: "an import",
        what: "What the rule imports is not there, is no mapping, or imports itself.",
        why: "ElastAlert ends, whatever `skip_invalid` says, or never comes to an end.",
        fix: "Name the file relative to the rule that is loaded.",
        example: Example::Files {
            wrong: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert: debug\nimport: missing.inc\n",
            )],
            right: &[RULE],
        },
    },
    Code {
        code: "rule.jinja",
        severity: Severity::Error,
        title: "a template that cannot be compiled",
        what: "The alert's text is no Jinja, or the file that holds it is not there.",
        why: "It is compiled while the rule is loaded; the error is not one that `skip_invalid` catches.",
        fix: "Close what was opened, and use only filters that Jinja has.",
        example: Example::Files {
            wrong: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert: debug\nalert_text_type: alert_text_jinja\nalert_text: \"{{ name\"\n",
            )],
            right: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert: debug\nalert_text_type: alert_text_jinja\nalert_text: \"{{ name }}\"\n",
            )],
        },
    },
    Code {
        code: "rule.key",
        severity: Severity::Warning,
        title: "a key that is no name",
        what: "A key is read as true or false.",
        why: "on, off, yes and no are booleans in YAML 1.1; nothing finds such a key.",
        fix: "Put the key into quotes.",
        example: Example::Files {
            wrong: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert: debug\non: x\n",
            )],
            right: &[RULE],
        },
    },
    Code {
        code: "rule.module",
        severity: Severity::Error,
        title: "a name that is no class",
        what: "A rule type or enhancement is neither known nor the path of a Python class.",
        why: "ElastAlert tries to import it, fails and ends.",
        fix: "Correct the name, or give the dotted path of a class.",
        example: Example::Files {
            wrong: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert: debug\nmatch_enhancements: [Time]\n",
            )],
            right: &[RULE],
        },
    },
    Code {
        code: "rule.option",
        severity: Severity::Error,
        title: "an option of a rule type",
        what: "An option that the type of the rule needs is missing, or does not go with another one.",
        why: "ElastAlert checks it while it loads the rule, and ends.",
        fix: "Add the option that the message names.",
        example: Example::Files {
            wrong: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: metric_aggregation\nindex: logs-*\nalert: debug\nmetric_agg_key: size\nmetric_agg_type: avg\n",
            )],
            right: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: metric_aggregation\nindex: logs-*\nalert: debug\nmetric_agg_key: size\nmetric_agg_type: avg\nmax_threshold: 5\n",
            )],
        },
    },
    Code {
        code: "rule.required",
        severity: Severity::Error,
        title: "a required key of a rule",
        what: "The rule, with all that it imports, lacks `type`, `index` or `alert`.",
        why: "ElastAlert holds every rule against its schema first, and ends.",
        fix: "Add the key to the rule or to what it imports.",
        example: Example::Files {
            wrong: &[file("rules/errors.yaml", "name: Errors\ntype: any\nindex: logs-*\n")],
            right: &[RULE],
        },
    },
    Code {
        code: "rule.type",
        severity: Severity::Error,
        title: "the kind of a value",
        what: "A value is of a kind that ElastAlert does not take there, or there is no such rule type.",
        why: "ElastAlert ends when it looks at it.",
        fix: "Write it as the message says; without quotes, for numbers.",
        example: Example::Files {
            wrong: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: frequency\nindex: logs-*\nalert: debug\ntimeframe: {minutes: 5}\nnum_events: \"5\"\n",
            )],
            right: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: frequency\nindex: logs-*\nalert: debug\ntimeframe: {minutes: 5}\nnum_events: 5\n",
            )],
        },
    },
    Code {
        code: "rule.unknown",
        severity: Severity::Warning,
        title: "a key that nothing reads",
        what: "A key is nearly one that ElastAlert reads, and nothing reads it.",
        why: "It is passed over in silence, and the default counts.",
        fix: "Correct the key.",
        example: Example::Files {
            wrong: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert: debug\nrealertt: {minutes: 5}\n",
            )],
            right: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert: debug\nrealert: {minutes: 5}\n",
            )],
        },
    },
    Code {
        code: "rule.value",
        severity: Severity::Error,
        title: "a value",
        what: "A value is none of those that ElastAlert takes there.",
        why: "ElastAlert ends when it looks at it.",
        fix: "Choose one of the values that the message names.",
        example: Example::Files {
            wrong: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: spike\nindex: logs-*\nalert: debug\nspike_height: 3\ntimeframe: {minutes: 5}\nspike_type: upwards\n",
            )],
            right: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: spike\nindex: logs-*\nalert: debug\nspike_height: 3\ntimeframe: {minutes: 5}\nspike_type: up\n",
            )],
        },
    },
];
