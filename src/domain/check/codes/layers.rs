//! Codes of layers and of what they give: tokens, secrets, overlays, exclusions. Each example is
//! small, and is run.

use super::{Code, Example, file, latin1};
use crate::domain::check::Severity;

pub(super) const CODES: &[Code] = &[
    Code {
        code: "exclusion.glob",
        severity: Severity::Error,
        title: "an exclusion is no glob",
        what: "The pattern of an exclusion cannot be read as a glob.",
        why: "It keeps no rule out, so that rules run which are not meant to.",
        fix: "Close the bracket, or write the file's name without signs that mean something in a glob.",
        example: Example::Files {
            wrong: &[file("config/environments/CI.yaml", "exclude: [\"[ci*\"]\n")],
            right: &[
                file("config/environments/CI.yaml", "exclude: [\"ci*\"]\n"),
                file("rules/ci-smoke.yaml", "name: Smoke\ntype: any\nindex: logs-*\nalert: debug\n"),
            ],
        },
    },
    Code {
        code: "exclusion.unused",
        severity: Severity::Warning,
        title: "an exclusion matches no file",
        what: "No file below rules/ matches the glob, neither by its name nor by its path.",
        why: "The rule that it was written for may have another name now, and runs.",
        fix: "Write the glob for the name that the rule's file has, or take it out.",
        example: Example::Files {
            wrong: &[
                file("config/environments/CI.yaml", "exclude: [smoke.yaml]\n"),
                file("rules/ci-smoke.yaml", "name: Smoke\ntype: any\nindex: logs-*\nalert: debug\n"),
            ],
            right: &[file("config/environments/CI.yaml", "exclude: [ci-smoke.yaml]\n")],
        },
    },
    Code {
        code: "layer.key",
        severity: Severity::Error,
        title: "something that cannot be a key stands before the `=`",
        what: "A key is made of letters, digits, `_`, `.` and `-`.",
        why: "No token can name it, so its value is lost.",
        fix: "Write a key of those signs, or begin the line with `#`.",
        example: Example::Files {
            wrong: &[file("config/substitutions/CI.conf", "time out=15\n")],
            right: &[
                file("config/substitutions/CI.conf", "TIMEOUT=15\n"),
                file("config/notes.txt", "@@TIMEOUT@@\n"),
                file("config/substitutions/Default.conf", "TIMEOUT=10\n"),
            ],
        },
    },
    Code {
        code: "layer.line",
        severity: Severity::Warning,
        title: "a line without `=` gives no value",
        what: "Every line of a .conf layer is KEY=VALUE, blank, or begins with `#`.",
        why: "What the line was meant to give is not given.",
        fix: "Write KEY=VALUE, or begin the line with `#`.",
        example: Example::Files {
            wrong: &[file("config/substitutions/CI.conf", "values of CI\n")],
            right: &[file("config/substitutions/CI.conf", "# values of CI\n")],
        },
    },
    Code {
        code: "layer.twice",
        severity: Severity::Error,
        title: "a layer gives a key twice",
        what: "The same key has two values in one layer: in one file, in its two forms, or as token and secret.",
        why: "Whoever reads one of the two lines believes it, and only one can win.",
        fix: "Keep one of the two.",
        example: Example::Files {
            wrong: &[
                file("config/substitutions/Default.conf", "TEAM=web\nTEAM=app\n"),
                file("config/notes.txt", "of @@TEAM@@\n"),
            ],
            right: &[file("config/substitutions/Default.conf", "TEAM=app\n")],
        },
    },
    Code {
        code: "overlay.refused",
        severity: Severity::Error,
        title: "an overlay cannot be made in place",
        what: "The file cannot be edited so that only what the overlay names changes.",
        why: "An overlay keeps comments, order and everything else; where it cannot, nothing is guessed.",
        fix: "Put a token at that place of the template, and give it another value in the environment.",
        example: Example::Files {
            wrong: &[
                file(
                    "rules/errors.yaml",
                    "name: Errors\ntype: any\nindex: logs-*\nalert: debug\nrealert: &time {minutes: 5}\nexponential_realert: *time\n",
                ),
                file("config/environments/CI.yaml", "rules: { Errors: { realert: { hours: 1 } } }\n"),
            ],
            right: &[file(
                "rules/errors.yaml",
                "name: Errors\ntype: any\nindex: logs-*\nalert: debug\nrealert: {minutes: 5}\nexponential_realert: {minutes: 5}\n",
            )],
        },
    },
    Code {
        code: "overlay.rule",
        severity: Severity::Error,
        title: "an overlay names a rule that there is not",
        what: "No rule of the environment has the name that the overlay is for. It is the rule's `name`, not its file's.",
        why: "The rule runs without what the overlay was to change.",
        fix: "Write the name as the rule has it; the nearest one is named.",
        example: Example::Files {
            wrong: &[file("config/environments/CI.yaml", "rules: { Erors: { realert: { hours: 1 } } }\n")],
            right: &[file("config/environments/CI.yaml", "rules: { Errors: { realert: { hours: 1 } } }\n")],
        },
    },
    Code {
        code: "overlay.token",
        severity: Severity::Error,
        title: "an overlay holds a token",
        what: "Overlays are made after tokens are replaced, so a token in one stays as it is.",
        why: "ElastAlert would be given the token itself.",
        fix: "Write the value out, or put the token into the template.",
        example: Example::Files {
            wrong: &[file("config/environments/CI.yaml", "config: { es_host: \"@@HOST@@\" }\n")],
            right: &[file("config/environments/CI.yaml", "config: { es_host: search.ci }\n")],
        },
    },
    Code {
        code: "secret.lines",
        severity: Severity::Note,
        title: "a command printed more than the secret",
        what: "Of what a command prints the first line is the secret, as with `pass show`, which prints notes below it.",
        why: "A value that was meant to have several lines would be cut; one that only begins a key is refused.",
        fix: "Let the command print the value alone. A value of several lines comes from a file.",
        example: Example::Words(
            "secrets: { HOOK: { command: [pass, show, hook] } } where notes stand below the value",
        ),
    },
    Code {
        code: "secret.missing",
        severity: Severity::Note,
        title: "a secret cannot be had here and now",
        what: "The provider of a secret that the environment uses does not give it on this machine. Commands are not run to find out.",
        why: "Whoever only looks can do without; a deploy from here ends before it changes anything.",
        fix: "Set the variable or put the file where alertdeck runs, if it is to deploy from here.",
        example: Example::Words("secrets: { HOOK: { env: HOOK } } where the variable HOOK is not set"),
    },
    Code {
        code: "secret.short",
        severity: Severity::Note,
        title: "a secret is too short to be masked in logs",
        what: "Values of fewer than six bytes are not looked for in logs, processes and what other programs say.",
        why: "So short a value stands in too many places by chance. Where alertdeck itself puts it in, it is masked all the same.",
        fix: "Take a longer one. What is no secret can be a token.",
        example: Example::Words("secrets: { PIN: { env: PIN } } where the variable PIN is `1234`"),
    },
    Code {
        code: "secret.source",
        severity: Severity::Error,
        title: "a secret does not say where it comes from",
        what: "A secret names one provider: an environment variable, a file or a command.",
        why: "It could not be had when it is used. A secret itself has no place in a layer that is committed.",
        fix: "Write one of { env: NAME }, { file: PATH }, { command: [PROGRAM, ARGUMENT] }.",
        example: Example::Files {
            wrong: &[file("config/environments/Default.yaml", "secrets: { HOOK: {} }\n")],
            right: &[
                file("config/environments/Default.yaml", "secrets: { HOOK: { env: HOOK } }\n"),
                file("config/notes.txt", "@@HOOK@@\n"),
            ],
        },
    },
    Code {
        code: "token.altered",
        severity: Severity::Warning,
        title: "YAML does not read the whole value",
        what: "A part of the value is taken as a comment, as an escape or as blanks where it is put in.",
        why: "ElastAlert has less than the layer gives.",
        fix: "Put the token between single quotes in the template.",
        example: Example::Files {
            wrong: &[
                file("config/substitutions/Default.conf", "NAME=Errors #1\n"),
                file("rules/errors.yaml", "name: @@NAME@@\ntype: any\nindex: logs-*\nalert: debug\n"),
            ],
            right: &[file("rules/errors.yaml", "name: '@@NAME@@'\ntype: any\nindex: logs-*\nalert: debug\n")],
        },
    },
    Code {
        code: "token.encoding",
        severity: Severity::Warning,
        title: "a token in a file that is not UTF-8 is not replaced",
        what: "A file that is not UTF-8 passes through as it is, with its tokens.",
        why: "The token itself reaches the container.",
        fix: "Save the file as UTF-8.",
        example: Example::Files {
            wrong: &[
                file("config/substitutions/Default.conf", "TEAM=web\n"),
                file("config/of.txt", "@@TEAM@@\n"),
                latin1("config/notes.txt", "für @@TEAM@@\n"),
            ],
            right: &[file("config/notes.txt", "für @@TEAM@@\n")],
        },
    },
    Code {
        code: "token.mark",
        severity: Severity::Warning,
        title: "`@@` that begins or ends no token",
        what: "The marks stand where no key is between them.",
        why: "They stay as they are, and a token may have been meant.",
        fix: "Write @@KEY@@, with letters, digits, `_`, `.` and `-` between the marks.",
        example: Example::Files {
            wrong: &[
                file("config/substitutions/Default.conf", "TEAM=web\n"),
                file("config/notes.txt", "@@TEAM@@ and @@ TEAM @@\n"),
            ],
            right: &[file("config/notes.txt", "@@TEAM@@ and @@TEAM@@\n")],
        },
    },
    Code {
        code: "token.nested",
        severity: Severity::Error,
        title: "a value holds a token",
        what: "Values are put in once and are not searched for tokens again.",
        why: "ElastAlert would be given the token itself.",
        fix: "Write the value out, or put both tokens into the template.",
        example: Example::Files {
            wrong: &[
                file("config/substitutions/Default.conf", "HOST=search\nURL=http://@@HOST@@:9200\n"),
                file("config/notes.txt", "@@HOST@@ @@URL@@\n"),
            ],
            right: &[file("config/substitutions/Default.conf", "HOST=search\nURL=http://search:9200\n")],
        },
    },
    Code {
        code: "token.partial",
        severity: Severity::Note,
        title: "only some environments have a value for a key",
        what: "The key has a value in some environments and in others it has none.",
        why: "A template that uses it renders only where there is one.",
        fix: "Give it one in Default, so that every environment has one.",
        example: Example::Files {
            wrong: &[
                file("config/environments/CI.yaml", "tokens: { TEAM: web }\n"),
                file("config/environments/Production.yaml", "order: 30\n"),
            ],
            right: &[
                file("config/environments/Default.yaml", "tokens: { TEAM: app }\n"),
                file("config/notes.txt", "@@TEAM@@\n"),
            ],
        },
    },
    Code {
        code: "token.same",
        severity: Severity::Note,
        title: "an environment gives the value that there is already",
        what: "The layer of the environment gives a key what the layer below gives it too.",
        why: "The line changes nothing, and will when the other one changes.",
        fix: "Take the line out, unless it is meant to stay when the other changes.",
        example: Example::Files {
            wrong: &[
                file("config/environments/Default.yaml", "tokens: { TEAM: web }\n"),
                file("config/environments/CI.yaml", "tokens: { TEAM: web }\n"),
                file("config/notes.txt", "@@TEAM@@\n"),
            ],
            right: &[file("config/environments/CI.yaml", "order: 10\n")],
        },
    },
    Code {
        code: "token.secret",
        severity: Severity::Error,
        title: "a secret stands in a setting",
        what: "A setting such as `target` uses a token whose value is a secret.",
        why: "Settings are shown and become variables and labels of a container.",
        fix: "Put the secret into a file of config/ or rules/.",
        example: Example::Files {
            wrong: &[file(
                "config/environments/Default.yaml",
                "secrets: { TAG: { env: TAG } }\ntarget: { image: \"elastalert:@@TAG@@\" }\n",
            )],
            right: &[file(
                "config/environments/Default.yaml",
                "tokens: { TAG: 2.31.0 }\ntarget: { image: \"elastalert:@@TAG@@\" }\n",
            )],
        },
    },
    Code {
        code: "token.shape",
        severity: Severity::Error,
        title: "a value changes the YAML around it",
        what: "With the value put in, the file means something else than with a harmless word in its place.",
        why: "A value is one scalar. One that opens a list, ends a string or adds a key changes what ElastAlert is told.",
        fix: "Put the token between quotes in the template, or take the sign out of the value.",
        example: Example::Files {
            wrong: &[
                file("config/substitutions/Default.conf", "NAME=Errors: all of them\n"),
                file("rules/errors.yaml", "name: @@NAME@@\ntype: any\nindex: logs-*\nalert: debug\n"),
            ],
            right: &[file("rules/errors.yaml", "name: '@@NAME@@'\ntype: any\nindex: logs-*\nalert: debug\n")],
        },
    },
    Code {
        code: "token.unknown",
        severity: Severity::Error,
        title: "a token has no value",
        what: "No layer of the environment gives the key a value.",
        why: "The token would reach ElastAlert as it is, so nothing is rendered.",
        fix: "Correct the key, the nearest known one is named, or give it a value.",
        example: Example::Files {
            wrong: &[
                file("config/substitutions/Default.conf", "TEAM=web\n"),
                file("config/notes.txt", "@@TEAM@@ @@TAEM@@\n"),
            ],
            right: &[file("config/notes.txt", "@@TEAM@@ @@TEAM@@\n")],
        },
    },
    Code {
        code: "token.unused",
        severity: Severity::Warning,
        title: "nothing uses a value",
        what: "A layer gives a key a value, and no template and no setting holds its token.",
        why: "The key may be misspelt here or in the template.",
        fix: "Correct the key, or take the line out.",
        example: Example::Files {
            wrong: &[file("config/substitutions/Default.conf", "TEAM=web\n")],
            right: &[file("config/notes.txt", "@@TEAM@@\n")],
        },
    },
];
