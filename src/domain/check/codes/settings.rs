//! Codes of what is wrong with `elastalert.yaml` and the variables over it. Each example is small, and is run.

use super::{CONFIG, Code, Example, file};
use crate::domain::check::Severity;

pub(super) const CODES: &[Code] = &[
    Code {
        code: "config.duration",
        severity: Severity::Error,
        title: "a time in the configuration",
        what: "A time of elastalert.yaml is no mapping of units and numbers.",
        why: "ElastAlert makes a duration of it before anything else, and ends.",
        fix: "Write `run_every: {minutes: 5}`.",
        example: Example::Files {
            wrong: &[file(
                "config/elastalert.yaml",
                "rules_folder: /opt/rules\nrun_every: 5\nbuffer_time: {minutes: 15}\nes_host: search\nes_port: 9200\nwriteback_index: elastalert\n",
            )],
            right: &[CONFIG],
        },
    },
    Code {
        code: "config.folder",
        severity: Severity::Error,
        title: "the folder of rules",
        what: "`rules_folder` names a folder that does not exist.",
        why: "ElastAlert ends when it looks for rules there.",
        fix: "Name the folder in which the rules are mounted.",
        example: Example::Files {
            wrong: &[
                file(
                    "config/elastalert.yaml",
                    "rules_folder: /opt/rules/web\nrun_every: {minutes: 1}\nbuffer_time: {minutes: 15}\nes_host: search\nes_port: 9200\nwriteback_index: elastalert\n",
                ),
                file("config/environments/CI.yaml", "order: 10\ntarget: {mounts: {rules: /opt/rules}}\n"),
            ],
            right: &[CONFIG],
        },
    },
    Code {
        code: "config.logging",
        severity: Severity::Error,
        title: "the logging",
        what: "What stands under `logging` is nothing that Python can set up.",
        why: "It is the first thing that ElastAlert does, and its error ends it.",
        fix: "Write `version: 1`, and name only handlers and formatters that are there.",
        example: Example::Files {
            wrong: &[file(
                "config/elastalert.yaml",
                "rules_folder: /opt/rules\nrun_every: {minutes: 1}\nbuffer_time: {minutes: 15}\nes_host: search\nes_port: 9200\nwriteback_index: elastalert\nlogging: {version: 2}\n",
            )],
            right: &[CONFIG],
        },
    },
    Code {
        code: "config.required",
        severity: Severity::Error,
        title: "a required key of the configuration",
        what: "elastalert.yaml lacks a key that must be there.",
        why: "ElastAlert does not start without it.",
        fix: "Add the key, or give its variable in `target.env`.",
        example: Example::Files {
            wrong: &[file(
                "config/elastalert.yaml",
                "rules_folder: /opt/rules\nrun_every: {minutes: 1}\nbuffer_time: {minutes: 15}\nes_host: search\nwriteback_index: elastalert\n",
            )],
            right: &[CONFIG],
        },
    },
    Code {
        code: "config.value",
        severity: Severity::Error,
        title: "a value of the configuration",
        what: "A value of elastalert.yaml has a form that ElastAlert cannot use when it starts.",
        why: "It ends with an error of Python's.",
        fix: "Give the value the form that the message names.",
        example: Example::Files {
            wrong: &[file(
                "config/elastalert.yaml",
                "rules_folder: /opt/rules\nrun_every: {minutes: 1}\nbuffer_time: {minutes: 15}\nes_host: search\nes_port: search\nwriteback_index: elastalert\n",
            )],
            right: &[CONFIG],
        },
    },
    Code {
        code: "config.variable",
        severity: Severity::Error,
        title: "a variable of the container",
        what: "A variable that overrides the configuration begins with two braces.",
        why: "The library that reads it takes it for the name of another variable, and fails.",
        fix: "Write the value itself.",
        example: Example::Files {
            wrong: &[file(
                "config/environments/CI.yaml",
                "order: 10\ntarget: {env: {ES_HOST: \"{{HOST}}\"}}\n",
            )],
            right: &[file("config/environments/CI.yaml", "order: 10\n")],
        },
    },
];
