//! Codes of alerters: their names, their options and the files that they read. Each example is small, and is run.

use super::{Code, Example, RULE, file};
use crate::domain::check::Severity;

pub(super) const CODES: &[Code] = &[
    Code {
        code: "alerter.file",
        severity: Severity::Error,
        title: "an alerter's file",
        what: "A file that an alerter reads while the rule is loaded is not there, or does not hold what it must.",
        why: "ElastAlert ends with the error that Python has for it, which `skip_invalid` often does not catch.",
        fix: "Put the file beside the rule, with `user` and `password` in it.",
        example: Example::Files {
            wrong: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert: email\nemail: [ops@example.com]\nsmtp_auth_file: missing.yaml\n",
            )],
            right: &[RULE],
        },
    },
    Code {
        code: "alerter.form",
        severity: Severity::Error,
        title: "the form of an alerter",
        what: "What stands under `alert` is neither a name nor a name with options below it.",
        why: "ElastAlert cannot tell which alerter is meant.",
        fix: "Indent the options of an alerter below its name.",
        example: Example::Files {
            wrong: &[file("rules/errors.yaml", "name: Errors\ntype: any\nindex: logs-*\nalert: 5\n")],
            right: &[RULE],
        },
    },
    Code {
        code: "alerter.key",
        severity: Severity::Warning,
        title: "an option of an alerter is nearly a known one",
        what: "Among the options below an alerter's name, or in a mapping within an option, a key is nearly one that is read.",
        why: "No schema is held against these, so that a slip of the hand loads and does nothing.",
        fix: "Correct the key.",
        example: Example::Files {
            wrong: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert:\n- slack:\n    slack_webhook_url: https://example.com/\n    slack_alert_fields:\n    - titel: Host\n      value: host\n",
            )],
            right: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert:\n- slack:\n    slack_webhook_url: https://example.com/\n    slack_alert_fields:\n    - title: Host\n      value: host\n",
            )],
        },
    },
    Code {
        code: "alerter.option",
        severity: Severity::Error,
        title: "an option of an alerter",
        what: "An alerter is given an option of a form that its constructor does not take.",
        why: "It is made while the rule is loaded, and its error ends loading.",
        fix: "Give the option the form that the message names.",
        example: Example::Files {
            wrong: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert: gelf\ngelf_type: http\n",
            )],
            right: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert: gelf\ngelf_type: http\ngelf_endpoint: http://gelf.example.com\n",
            )],
        },
    },
    Code {
        code: "alerter.removed",
        severity: Severity::Error,
        title: "an alerter that is gone",
        what: "The alerter existed in an earlier version and does no longer.",
        why: "ElastAlert takes the name for a Python module, does not find it and ends.",
        fix: "Use the alerter that took its place.",
        example: Example::Files {
            wrong: &[file("rules/errors.yaml", "name: Errors\ntype: any\nindex: logs-*\nalert: hipchat\n")],
            right: &[RULE],
        },
    },
    Code {
        code: "alerter.required",
        severity: Severity::Error,
        title: "a required option of an alerter",
        what: "An alerter lacks an option without which it cannot send.",
        why: "ElastAlert checks it while it loads the rule, and ends.",
        fix: "Give the option in the rule, below the alerter's name, or in elastalert.yaml.",
        example: Example::Files {
            wrong: &[file("rules/errors.yaml", "name: Errors\ntype: any\nindex: logs-*\nalert: slack\n")],
            right: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert: slack\nslack_webhook_url: https://hooks.example.com/x\n",
            )],
        },
    },
    Code {
        code: "alerter.second",
        severity: Severity::Warning,
        title: "a second alerter where only one counts",
        what: "A mapping under `alert` has more than one entry.",
        why: "ElastAlert takes the first entry for the alerter and passes over the others.",
        fix: "Write a list with an item for each alerter, and options below the name that they belong to.",
        example: Example::Files {
            wrong: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert:\n  slack:\n    slack_webhook_url: https://example.com/\n  debug: {}\n",
            )],
            right: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert:\n- slack:\n    slack_webhook_url: https://example.com/\n- debug\n",
            )],
        },
    },
    Code {
        code: "alerter.unknown",
        severity: Severity::Error,
        title: "an unknown alerter",
        what: "No alerter has that name.",
        why: "ElastAlert takes the name for a Python module, does not find it and ends.",
        fix: "Correct the name; a class of your own is given by its dotted path.",
        example: Example::Files {
            wrong: &[file("rules/errors.yaml", "name: Errors\ntype: any\nindex: logs-*\nalert: slak\n")],
            right: &[RULE],
        },
    },
];
