//! Codes of the workspace itself: its files, its environments, and what is assumed of it. Each example is small,
//! and is run.

use super::{CONFIG, Code, Example, RULE, file, gone, latin1};
use crate::domain::check::Severity;

pub(super) const CODES: &[Code] = &[
    Code {
        code: "assumed.config",
        severity: Severity::Note,
        title: "another file is taken for the configuration",
        what: "There is no config/elastalert.yaml, and a file of another usual name is taken in its place.",
        why: "Nothing is wrong; it is said so that nobody wonders.",
        fix: "Move the file to config/elastalert.yaml.",
        example: Example::Files {
            wrong: &[
                gone("config/elastalert.yaml"),
                file(
                    "config/config.yaml",
                    "rules_folder: /opt/rules\nrun_every: {minutes: 1}\nbuffer_time: {minutes: 15}\nes_host: search\nes_port: 9200\nwriteback_index: elastalert\n",
                ),
            ],
            right: &[CONFIG, gone("config/config.yaml")],
        },
    },
    Code {
        code: "assumed.default",
        severity: Severity::Note,
        title: "there is one environment, Default",
        what: "No file of config/environments/, config/substitutions/ or config/rule_exclusions/ names an environment.",
        why: "Nothing is wrong; everything is rendered and deployed as Default.",
        fix: "Write config/environments/<Env>.yaml; `alertdeck init` writes a set to begin with.",
        example: Example::Files {
            wrong: &[gone("config/environments/CI.yaml")],
            right: &[file("config/environments/CI.yaml", "order: 10\n")],
        },
    },
    Code {
        code: "assumed.folders",
        severity: Severity::Note,
        title: "rules are read from folders beside rules/",
        what: "`rules_folder` names folders of the workspace other than rules/.",
        why: "A container gets one folder of rules, so they are laid out below it.",
        fix: "Move them below rules/ to have them lie as they are deployed.",
        example: Example::Files {
            wrong: &[
                file(
                    "config/elastalert.yaml",
                    "rules_folder: [rules, team]\nrun_every: {minutes: 1}\nbuffer_time: {minutes: 15}\nes_host: search\nes_port: 9200\nwriteback_index: elastalert\n",
                ),
                file("team/more.yaml", "name: More\ntype: any\nindex: logs-*\nalert: debug\n"),
            ],
            right: &[
                CONFIG,
                gone("team/more.yaml"),
                file("rules/team/more.yaml", "name: More\ntype: any\nindex: logs-*\nalert: debug\n"),
            ],
        },
    },
    Code {
        code: "assumed.image-config",
        severity: Severity::Note,
        title: "the image has the configuration",
        what: "The workspace has no configuration, and `target.env` names one by ELASTALERT_CONFIG.",
        why: "Nothing is wrong; what it says cannot be checked without the image.",
        fix: "Nothing, or write config/elastalert.yaml.",
        example: Example::Files {
            wrong: &[
                gone("config/elastalert.yaml"),
                file(
                    "config/environments/Default.yaml",
                    "target: { env: { ELASTALERT_CONFIG: /opt/own.yaml } }\n",
                ),
            ],
            right: &[CONFIG, file("config/environments/Default.yaml", "order: 1\n")],
        },
    },
    Code {
        code: "assumed.mount",
        severity: Severity::Note,
        title: "rules are mounted where the configuration looks for them",
        what: "`rules_folder` names a folder of the container, and nothing else says where rules are mounted.",
        why: "Nothing is wrong; the rules are put where ElastAlert looks.",
        fix: "Say it: `target: { mounts: { rules: … } }`.",
        example: Example::Files {
            wrong: &[file(
                "config/elastalert.yaml",
                "rules_folder: /srv/alerts/rules\nrun_every: {minutes: 1}\nbuffer_time: {minutes: 15}\nes_host: search\nes_port: 9200\nwriteback_index: elastalert\n",
            )],
            right: &[file(
                "config/environments/Default.yaml",
                "target: { mounts: { rules: /srv/alerts/rules } }\n",
            )],
        },
    },
    Code {
        code: "assumed.rules-folder",
        severity: Severity::Note,
        title: "`rules_folder` becomes where the rules are",
        what: "`rules_folder` names a folder that the container does not have.",
        why: "ElastAlert would find no rules, so an overlay names the folder where they are mounted.",
        fix: "Write that folder into the file.",
        example: Example::Files {
            wrong: &[file(
                "config/elastalert.yaml",
                "rules_folder: rules\nrun_every: {minutes: 1}\nbuffer_time: {minutes: 15}\nes_host: search\nes_port: 9200\nwriteback_index: elastalert\n",
            )],
            right: &[CONFIG],
        },
    },
    Code {
        code: "environment.case",
        severity: Severity::Error,
        title: "two environments differ only by case",
        what: "The names of two environments are the same but for capital letters.",
        why: "Their containers and volumes would have the same names.",
        fix: "Give the files of one environment one name.",
        example: Example::Files {
            wrong: &[
                file("config/environments/CI.yaml", "order: 10\n"),
                file("config/substitutions/ci.conf", "TEAM=web\n"),
                file("config/notes.txt", "@@TEAM@@\n"),
                file("config/environments/Default.yaml", "tokens: { TEAM: app }\n"),
            ],
            right: &[
                gone("config/substitutions/ci.conf"),
                file("config/substitutions/CI.conf", "TEAM=web\n"),
            ],
        },
    },
    Code {
        code: "environment.empty",
        severity: Severity::Warning,
        title: "an environment has no values of its own",
        what: "Its file says nothing, or it has exclusions only.",
        why: "It renders as Default does, and its name may be misspelt.",
        fix: "Correct the name of the file, or remove it.",
        example: Example::Files {
            wrong: &[file("config/environments/Prodution.yaml", "")],
            right: &[
                gone("config/environments/Prodution.yaml"),
                file("config/environments/Production.yaml", "order: 30\n"),
            ],
        },
    },
    Code {
        code: "environment.files",
        severity: Severity::Error,
        title: "an environment has two files",
        what: "There is a .yaml and a .yml for one environment.",
        why: "Only one of them counts.",
        fix: "Keep one of the two.",
        example: Example::Files {
            wrong: &[
                file("config/environments/CI.yaml", "order: 10\n"),
                file("config/environments/CI.yml", "guard: confirm\n"),
            ],
            right: &[
                file("config/environments/CI.yaml", "order: 10\nguard: confirm\n"),
                gone("config/environments/CI.yml"),
            ],
        },
    },
    Code {
        code: "environment.key",
        severity: Severity::Error,
        title: "an environment file has an unknown key",
        what: "The key is none of those that an environment file may have at that place.",
        why: "What it was meant to say is not heard.",
        fix: "Correct the key; the nearest one is named.",
        example: Example::Files {
            wrong: &[file("config/environments/CI.yaml", "gaurd: confirm\n")],
            right: &[file("config/environments/CI.yaml", "guard: confirm\n")],
        },
    },
    Code {
        code: "environment.name",
        severity: Severity::Error,
        title: "a file's name cannot name an environment",
        what: "A name begins with a letter or digit and goes on with those, `_`, `.` or `-`.",
        why: "It becomes part of the names of containers and volumes.",
        fix: "Give the file another name.",
        example: Example::Files {
            wrong: &[file("config/environments/C I.yaml", "order: 10\n")],
            right: &[
                gone("config/environments/C I.yaml"),
                file("config/environments/C-I.yaml", "order: 10\n"),
            ],
        },
    },
    Code {
        code: "environment.syntax",
        severity: Severity::Error,
        title: "an environment file is no YAML",
        what: "The file cannot be read as one YAML document. Nothing of it is quoted: secrets may stand in it.",
        why: "Nothing of what it says is heard.",
        fix: "Correct what is at the place that is marked.",
        example: Example::Files {
            wrong: &[file("config/environments/CI.yaml", "target: {\n")],
            right: &[file("config/environments/CI.yaml", "target: { user: elastalert }\n")],
        },
    },
    Code {
        code: "environment.twice",
        severity: Severity::Error,
        title: "an environment file gives a key twice",
        what: "A mapping of the file has the same key twice.",
        why: "Whoever reads one of the two lines believes it, and only one can count.",
        fix: "Keep one of the two.",
        example: Example::Files {
            wrong: &[file("config/environments/CI.yaml", "order: 10\norder: 20\n")],
            right: &[file("config/environments/CI.yaml", "order: 20\n")],
        },
    },
    Code {
        code: "environment.value",
        severity: Severity::Error,
        title: "an environment file has a value of the wrong kind",
        what: "The value is none that the key takes; those that it takes are named.",
        why: "The setting is not heard.",
        fix: "Write one of the values that are named.",
        example: Example::Files {
            wrong: &[file("config/environments/CI.yaml", "guard: sometimes\n")],
            right: &[file("config/environments/CI.yaml", "guard: confirm\n")],
        },
    },
    Code {
        code: "workspace.encoding",
        severity: Severity::Error,
        title: "a layer is not UTF-8",
        what: "A file of a reserved folder is no UTF-8 text.",
        why: "Nothing of what it says is heard.",
        fix: "Save the file as UTF-8.",
        example: Example::Files {
            wrong: &[
                latin1("config/substitutions/Default.conf", "CITY=Köln\n"),
                file("config/notes.txt", "a note\n"),
            ],
            right: &[
                file("config/substitutions/Default.conf", "CITY=Köln\n"),
                file("config/notes.txt", "@@CITY@@\n"),
            ],
        },
    },
    Code {
        code: "workspace.file",
        severity: Severity::Error,
        title: "a file cannot be read",
        what: "It is larger than is read, may not be read, is neither a file nor a folder, or has a name that cannot be used.",
        why: "It would be missing where it is deployed.",
        fix: "Make it a plain file of the workspace, or remove it.",
        example: Example::Words("chmod 000 rules/hosts.txt"),
    },
    Code {
        code: "workspace.folder",
        severity: Severity::Error,
        title: "a file stands where a folder belongs",
        what: "`config` or `rules` is a file.",
        why: "What a workspace is made of lies in folders of those names.",
        fix: "Give the file another name.",
        example: Example::Files {
            wrong: &[gone("rules/errors.yaml"), file("rules", "name: Errors\n")],
            right: &[gone("rules"), RULE],
        },
    },
    Code {
        code: "workspace.large",
        severity: Severity::Error,
        title: "there are too many files",
        what: "The folders of the workspace hold more files than are read; the first one that is not is named.",
        why: "Files from that one on are not deployed.",
        fix: "Keep what is no rule and no configuration out of config/ and rules/.",
        example: Example::Words("a virtual environment or node_modules below rules/"),
    },
    Code {
        code: "workspace.link",
        severity: Severity::Error,
        title: "a link that is not followed",
        what: "It leads out of the workspace, nowhere, back to a folder above it, into the folder of git, or to the files of layers.",
        why: "What is deployed is what the workspace holds, and its secrets are laid out only where a token names them.",
        fix: "Put a plain file or folder in its place, or let it lead to one beside config/ and rules/.",
        example: Example::Words("ln -s /etc/hosts rules/hosts.txt"),
    },
    Code {
        code: "workspace.linked",
        severity: Severity::Note,
        title: "a link that is followed",
        what: "A link of config/ or rules/ leads to a file or folder elsewhere in the workspace.",
        why: "The volumes hold plain files: what it leads to is laid out in its place, and a rule that is there as well under its own path runs twice.",
        fix: "Nothing, if that is meant.",
        example: Example::Words("ln -s ../shared/hosts.txt rules/hosts.txt"),
    },
    Code {
        code: "workspace.name",
        severity: Severity::Error,
        title: "the name of the workspace cannot begin the names of containers",
        what: "It begins with a lower-case letter or digit and goes on with those, `_`, `.` or `-`.",
        why: "Containers and volumes are called by it, and an engine takes no other names.",
        fix: "Write such a name, or none: it is `elastalert` then.",
        example: Example::Files {
            wrong: &[file("config/environments/Default.yaml", "workspace: My Alerts\n")],
            right: &[file("config/environments/Default.yaml", "workspace: my-alerts\n")],
        },
    },
    Code {
        code: "workspace.stray",
        severity: Severity::Warning,
        title: "a file in a reserved folder is not used",
        what: "It stands in a reserved folder, and its name is not of the form that this folder has.",
        why: "It neither says something of an environment nor is it deployed.",
        fix: "Correct its name, or move it.",
        example: Example::Files {
            wrong: &[file("config/environments/notes.txt", "to be done\n")],
            right: &[gone("config/environments/notes.txt"), file("config/notes.txt", "to be done\n")],
        },
    },
    Code {
        code: "workspace.twice",
        severity: Severity::Error,
        title: "two files are to lie at one place",
        what: "Folders beside rules/ are laid out below it, and a file of that path is there already.",
        why: "Only one of the two can be deployed.",
        fix: "Give one of them another name.",
        example: Example::Files {
            wrong: &[
                file(
                    "config/elastalert.yaml",
                    "rules_folder: [rules, team]\nrun_every: {minutes: 1}\nbuffer_time: {minutes: 15}\nes_host: search\nes_port: 9200\nwriteback_index: elastalert\n",
                ),
                file("team/more.yaml", "name: More\ntype: any\nindex: logs-*\nalert: debug\n"),
                file("rules/team/more.yaml", "name: Most\ntype: any\nindex: logs-*\nalert: debug\n"),
            ],
            right: &[
                gone("rules/team/more.yaml"),
                file("rules/team/most.yaml", "name: Most\ntype: any\nindex: logs-*\nalert: debug\n"),
            ],
        },
    },
];
