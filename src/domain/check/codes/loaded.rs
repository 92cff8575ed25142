//! Codes of the files that ElastAlert loads: whether they are YAML, and what it cannot do without. Each
//! example is small, and is run.

use super::{CONFIG, Code, Example, RULE, file, gone, latin1};
use crate::domain::check::Severity;

pub(super) const CODES: &[Code] = &[
    Code {
        code: "config.absent",
        severity: Severity::Error,
        title: "there is no configuration of ElastAlert",
        what: "The workspace has no config/elastalert.yaml, nor one under another usual name.",
        why: "ElastAlert does not start without it.",
        fix: "Write one, as `alertdeck init` does; or name the image's own by ELASTALERT_CONFIG in `target.env`.",
        example: Example::Files { wrong: &[gone("config/elastalert.yaml")], right: &[CONFIG] },
    },
    Code {
        code: "rule.glob",
        severity: Severity::Error,
        title: "`--rule` is no glob",
        what: "The pattern that picks rules cannot be read as a glob.",
        why: "Nobody could say which rules are meant.",
        fix: "Close the bracket, or write the file's name without signs that mean something in a glob.",
        example: Example::Words("alertdeck plan CI --rule '[x'"),
    },
    Code {
        code: "rule.name",
        severity: Severity::Error,
        title: "two rules have the same name",
        what: "Two files of the environment give rules of one `name`; a file without one is called by its path.",
        why: "ElastAlert ends when it loads the second one.",
        fix: "Give one of the two another name, or exclude one.",
        example: Example::Files {
            wrong: &[file("rules/more.yaml", "name: Errors\ntype: any\nindex: logs-*\nalert: debug\n")],
            right: &[file("rules/more.yaml", "name: More errors\ntype: any\nindex: logs-*\nalert: debug\n")],
        },
    },
    Code {
        code: "rules.none",
        severity: Severity::Error,
        title: "there are no rules",
        what: "The environment has no rule file, or exclusions keep all of them out.",
        why: "An ElastAlert without rules runs and never alerts.",
        fix: "Put a rule below rules/, in a file that ends with .yaml or .yml.",
        example: Example::Files {
            wrong: &[gone("rules/errors.yaml"), file("rules/errors.yaml.off", "name: Errors\n")],
            right: &[RULE],
        },
    },
    Code {
        code: "start.arguments",
        severity: Severity::Error,
        title: "ElastAlert does not take the arguments it is started with",
        what: "The command in supervisord.conf, or in `target.entrypoint`, gives ElastAlert an option that it does not know, or one without its value.",
        why: "ElastAlert ends at once, whatever its files say.",
        fix: "Write the option as `elastalert --help` has it.",
        example: Example::Files {
            wrong: &[file(
                "config/supervisord.conf",
                "[program:elastalert]\ncommand=elastalert --config /opt/config/elastalert.yaml --verbos2\n",
            )],
            right: &[file(
                "config/supervisord.conf",
                "[program:elastalert]\ncommand=elastalert --config /opt/config/elastalert.yaml --verbose\n",
            )],
        },
    },
    Code {
        code: "start.command",
        severity: Severity::Note,
        title: "how ElastAlert is started cannot be told",
        what: "The command is a script, holds what only the container knows, or names a configuration that is not mounted.",
        why: "What check says of the rules holds with the configuration of the workspace; the process may have another one.",
        fix: "Start elastalert itself, with `--config %(ENV_ELASTALERT_CONFIG)s`.",
        example: Example::Files {
            wrong: &[file(
                "config/supervisord.conf",
                "[program:elastalert]\ncommand=sh -c 'elastalert --config /opt/config/elastalert.yaml'\n",
            )],
            right: &[file(
                "config/supervisord.conf",
                "[program:elastalert]\ncommand=elastalert --config /opt/config/elastalert.yaml --verbose\n",
            )],
        },
    },
    Code {
        code: "start.config",
        severity: Severity::Error,
        title: "ElastAlert is started with a configuration that is not there",
        what: "The command names a file of a mounted folder, and the rendering has no such file.",
        why: "ElastAlert ends when it starts.",
        fix: "Name the file that is there, or `%(ENV_ELASTALERT_CONFIG)s`, which always is.",
        example: Example::Files {
            wrong: &[file(
                "config/supervisord.conf",
                "[program:elastalert]\ncommand=elastalert --config /opt/config/elastalert.yml\n",
            )],
            right: &[file(
                "config/supervisord.conf",
                "[program:elastalert]\ncommand=elastalert --config /opt/config/elastalert.yaml --verbose\n",
            )],
        },
    },
    Code {
        code: "start.debug",
        severity: Severity::Warning,
        title: "ElastAlert only pretends to alert",
        what: "ElastAlert is started with `--debug`.",
        why: "It makes no alerter and tells its log what it would have sent: nobody is alerted.",
        fix: "Write `--verbose` instead, which logs as much and alerts.",
        example: Example::Files {
            wrong: &[file(
                "config/supervisord.conf",
                "[program:elastalert]\ncommand=elastalert --config /opt/config/elastalert.yaml --debug\n",
            )],
            right: &[file(
                "config/supervisord.conf",
                "[program:elastalert]\ncommand=elastalert --config /opt/config/elastalert.yaml --verbose\n",
            )],
        },
    },
    Code {
        code: "start.expanded",
        severity: Severity::Warning,
        title: "ElastAlert replaces a `$NAME` when it starts",
        what: "Before ElastAlert reads a file it puts variables of its container in place of $NAME and ${NAME}.",
        why: "What the file shows is not what ElastAlert has.",
        fix: "Write the value out, as a token if it differs by environment.",
        example: Example::Files {
            wrong: &[file(
                "rules/errors.yaml",
                "name: Errors in $HOME\ntype: any\nindex: logs-*\nalert: debug\n",
            )],
            right: &[file(
                "rules/errors.yaml",
                "name: Errors at home\ntype: any\nindex: logs-*\nalert: debug\n",
            )],
        },
    },
    Code {
        code: "start.override",
        severity: Severity::Note,
        title: "a variable of the container overrides a key",
        what: "`target.env` gives the container a variable such as ES_HOST, which ElastAlert prefers to the file.",
        why: "What the file shows is not what ElastAlert has.",
        fix: "Take the variable out, or the key.",
        example: Example::Files {
            wrong: &[file("config/environments/Default.yaml", "target: { env: { ES_HOST: other } }\n")],
            right: &[file("config/environments/Default.yaml", "config: { es_host: other }\n")],
        },
    },
    Code {
        code: "start.other",
        severity: Severity::Warning,
        title: "ElastAlert is started with another configuration",
        what: "The command names a file that is there, and beside it lies one that usually is the configuration.",
        why: "Overlays, and what alertdeck reads in the configuration, go by the usual one; ElastAlert never sees it.",
        fix: "Keep one of the two.",
        example: Example::Files {
            wrong: &[
                file(
                    "config/supervisord.conf",
                    "[program:elastalert]\ncommand=elastalert --config /opt/config/mine.yaml\n",
                ),
                file(
                    "config/mine.yaml",
                    "rules_folder: /opt/rules\nrun_every: {minutes: 1}\nbuffer_time: {minutes: 15}\nes_host: search\nes_port: 9200\nwriteback_index: elastalert\n",
                ),
            ],
            right: &[file(
                "config/supervisord.conf",
                "[program:elastalert]\ncommand=elastalert --config /opt/config/elastalert.yaml --verbose\n",
            )],
        },
    },
    Code {
        code: "start.rule",
        severity: Severity::Warning,
        title: "ElastAlert is started for one rule alone",
        what: "ElastAlert is started with `--rule`.",
        why: "It looks at no other rule: the rest never alerts.",
        fix: "Take the option out; `exclude` keeps rules out of an environment.",
        example: Example::Files {
            wrong: &[file(
                "config/supervisord.conf",
                "[program:elastalert]\ncommand=elastalert --config /opt/config/elastalert.yaml --rule errors.yaml\n",
            )],
            right: &[file(
                "config/supervisord.conf",
                "[program:elastalert]\ncommand=elastalert --config /opt/config/elastalert.yaml --verbose\n",
            )],
        },
    },
    Code {
        code: "yaml.documents",
        severity: Severity::Error,
        title: "a file holds more than one document",
        what: "A second document begins at a line of `---`.",
        why: "ElastAlert reads one document of a file, and ends at a second one.",
        fix: "One rule, one file.",
        example: Example::Files {
            wrong: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert: debug\n---\nname: More\n",
            )],
            right: &[file(
                "rules/errors.yaml",
                "---\nname: Errors\ntype: any\nindex: logs-*\nalert: debug\n",
            )],
        },
    },
    Code {
        code: "yaml.duplicate",
        severity: Severity::Warning,
        title: "a key is given twice",
        what: "A mapping has the same key twice, as Python compares keys.",
        why: "The last one counts without a word; whoever reads the first one believes it.",
        fix: "Keep one of the two.",
        example: Example::Files {
            wrong: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nindex: metrics-*\nalert: debug\n",
            )],
            right: &[file("rules/errors.yaml", "name: Errors\ntype: any\nindex: metrics-*\nalert: debug\n")],
        },
    },
    Code {
        code: "yaml.empty",
        severity: Severity::Error,
        title: "a file holds nothing",
        what: "The file is empty, or all of it is comments.",
        why: "ElastAlert ends when it loads it.",
        fix: "Remove the file, or give it another ending than .yaml and .yml.",
        example: Example::Files {
            wrong: &[file("rules/later.yaml", "# to be written\n")],
            right: &[gone("rules/later.yaml")],
        },
    },
    Code {
        code: "yaml.encoding",
        severity: Severity::Error,
        title: "a file that ElastAlert loads is not UTF-8",
        what: "The bytes of the file are no UTF-8 text.",
        why: "ElastAlert cannot read it.",
        fix: "Save the file as UTF-8.",
        example: Example::Files {
            wrong: &[latin1("rules/errors.yaml", "name: Störung\ntype: any\nindex: logs-*\nalert: debug\n")],
            right: &[file("rules/errors.yaml", "name: Störung\ntype: any\nindex: logs-*\nalert: debug\n")],
        },
    },
    Code {
        code: "yaml.limit",
        severity: Severity::Error,
        title: "a file is more than can be checked",
        what: "It holds a value that contains itself, aliases that unfold to very much, or is nested too deep.",
        why: "Nothing more can be said of it, and ElastAlert may not come to an end with it.",
        fix: "Write it without that.",
        example: Example::Files {
            wrong: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert: debug\nfilter: &filter [*filter]\n",
            )],
            right: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert: debug\nfilter: []\n",
            )],
        },
    },
    Code {
        code: "yaml.mapping",
        severity: Severity::Error,
        title: "a file is no mapping",
        what: "The configuration and every rule are mappings of keys to values.",
        why: "ElastAlert cannot make anything of a list or a text.",
        fix: "Write keys and values.",
        example: Example::Files { wrong: &[file("rules/errors.yaml", "- name: Errors\n")], right: &[RULE] },
    },
    Code {
        code: "yaml.syntax",
        severity: Severity::Error,
        title: "a file is no YAML",
        what: "PyYAML, which ElastAlert reads with, cannot read the file; the message is its own.",
        why: "ElastAlert ends when it loads it; `skip_invalid` catches only some of these errors.",
        fix: "Correct what is at the place that is marked, or begins before it.",
        example: Example::Files {
            wrong: &[file("rules/errors.yaml", "name: Errors\ntype: any\nindex: [logs-*\nalert: debug\n")],
            right: &[RULE],
        },
    },
    Code {
        code: "yaml.value",
        severity: Severity::Error,
        title: "Python cannot make a value of what YAML has",
        what: "The file is YAML, and one of its scalars is none in Python, such as a date that there is not.",
        why: "ElastAlert ends when it loads it, whatever `skip_invalid` says.",
        fix: "Correct the value, or put it between quotes.",
        example: Example::Files {
            wrong: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert: debug\ndescription: 2024-13-45\n",
            )],
            right: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert: debug\ndescription: \"2024-13-45\"\n",
            )],
        },
    },
];
