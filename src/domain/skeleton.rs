//! The files of a workspace to begin with, and which of them a workspace still lacks. They fit each other and what is
//! there: a value is given only where something uses it, and a token is written only where it has a value.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::domain::token::tokens;

/// The image that a new workspace runs.
pub const IMAGE: &str = "alertdeck/elastalert:2.31.0";

const CONFIG: &str = include_str!("../../skeleton/elastalert.yaml");
const RULE: &str = include_str!("../../skeleton/example.yaml");
const SUPERVISORD: &str = include_str!("../../skeleton/supervisord.conf");

/// Tokens of the files above: the key, its value in Default and its values in CI, Staging and Production, where they
/// differ, and what it is.
const TOKENS: [(&str, &str, [&str; 3], &str); 8] = [
    ("ES_HOST", "elasticsearch", ["", "", ""], "the search engine, as the container reaches it"),
    ("ES_PORT", "9200", ["", "", ""], ""),
    ("ES_TLS", "false", ["", "", ""], ""),
    (
        "WRITEBACK_INDEX",
        "elastalert_status",
        ["elastalert_ci", "elastalert_staging", "elastalert_production"],
        "ElastAlert's own indices begin with it",
    ),
    ("RUN_EVERY_SECONDS", "60", ["10", "", ""], ""),
    ("BUFFER_MINUTES", "15", ["", "", "45"], ""),
    ("LOGS", "logs-*", ["", "", ""], "the indices that the rules read"),
    ("APP_ERRORS", "20", ["5", "", "50"], "a threshold of one rule"),
];

/// What a workspace has already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Present {
    /// What stands before `config/` and `rules/`: nothing, or `src/`.
    pub prefix: String,
    /// The configuration of `ElastAlert`, by its path in the rendering.
    pub config: Option<String>,
    /// How many files give values to environments.
    pub layers: usize,
    /// The keys that have a value in every environment.
    pub keys: BTreeSet<String>,
    /// The tokens that its files use: they get a value where this knows one.
    pub used: BTreeSet<String>,
    /// How many rules there are.
    pub rules: usize,
    /// Whether there is a `supervisord.conf`.
    pub supervisord: bool,
    /// The text of `.gitignore`.
    pub ignored: Option<String>,
}

/// A file to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its path below the workspace's folder.
    pub path: String,
    /// Its text; or, in words, why it is not needed.
    pub text: Result<String, String>,
}

/// The files to begin with, in the order of their making. `image` is what is to run.
pub fn files(present: &Present, image: &str) -> Vec<Wanted> {
    let prefix = &present.prefix;
    let wanted = |path: &str, text| Wanted { path: format!("{prefix}{path}"), text };
    let own_layers = present.layers == 0;
    let fitting = |text: &str| if own_layers { text.to_owned() } else { written_out(text, &present.keys) };
    let mut used: BTreeSet<&str> = present.used.iter().map(String::as_str).collect();
    let mut files = Vec::new();
    if let Some(path) = &present.config {
        files.push(wanted(path, Err("it is the configuration".to_owned())));
    } else {
        used.extend(tokens(CONFIG).map(|token| token.key));
        files.push(wanted("config/elastalert.yaml", Ok(fitting(CONFIG))));
    }
    if present.supervisord {
        files.push(wanted("config/supervisord.conf", Err("it is there".to_owned())));
    } else if has_supervisord(image) {
        files.push(wanted("config/supervisord.conf", Ok(SUPERVISORD.to_owned())));
    }
    let rule = match present.rules {
        0 => {
            used.extend(tokens(RULE).map(|token| token.key));
            wanted("rules/example.yaml", Ok(fitting(RULE)))
        }
        1 => wanted("rules", Err("there is a rule".to_owned())),
        count => wanted("rules", Err(format!("there are {count} rules"))),
    };
    if own_layers {
        let config = present.config.as_deref().unwrap_or("config/elastalert.yaml");
        files.push(wanted("config/environments/Default.yaml", Ok(default(&used, image, config))));
        for (index, (name, text)) in ENVIRONMENTS.iter().enumerate() {
            let text = format!("{text}{}", values(&used, index));
            files.push(wanted(&format!("config/environments/{name}.yaml"), Ok(text)));
        }
    } else {
        let why = format!("environments are there: {} files give them values", present.layers);
        files.push(wanted("config/environments", Err(why)));
    }
    files.push(rule);
    let lines = [
        format!("/{prefix}config/substitutions/Sensitive.*.conf"),
        format!("/{prefix}config/environments/Sensitive.*.yaml"),
    ];
    let text = match &present.ignored {
        None => Ok(format!("# Secrets of this machine, for alertdeck.\n{}\n", lines.join("\n"))),
        Some(text) => {
            let named = |line: &&String| {
                !text
                    .lines()
                    .any(|other| other.trim().trim_start_matches('/') == line.trim_start_matches('/'))
            };
            let missing: Vec<&str> = lines.iter().filter(named).map(String::as_str).collect();
            Err(match missing.as_slice() {
                [] => "it is there".to_owned(),
                missing => format!("it is there; add to it: {}", missing.join(" ")),
            })
        }
    };
    files.push(Wanted { path: ".gitignore".to_owned(), text });
    files
}

const ENVIRONMENTS: [(&str, &str); 3] = [
    (
        "CI",
        "# For trying a change: quick, easily alarmed, and nobody is woken up. What is not said here is as in Default.yaml.\n\
         order: 10\nguard: open\n",
    ),
    ("Staging", "# What goes to Production next.\norder: 20\nguard: confirm\n"),
    (
        "Production",
        "# Changed only by who types its name.\norder: 30\nguard: type-name\n\
         # An overlay, for what no token reaches: a key of the configuration, or of one rule by its name.\n\
         # config:\n#   max_threads: 20\n# rules:\n#   Application errors: { priority: 1 }\n\
         # Rules that stay out, by file name or by path below rules/.\n# exclude: [\"ci-*\"]\n",
    ),
];

/// Whether an image starts `ElastAlert` by supervisord, as that of the older procedure did.
fn has_supervisord(image: &str) -> bool {
    !image.contains("elastalert2")
}

fn values(used: &BTreeSet<&str>, environment: usize) -> String {
    let mut text = String::new();
    for (key, _, others, _) in TOKENS.iter().filter(|(key, ..)| used.contains(key)) {
        let value = others.get(environment).copied().unwrap_or_default();
        if value.is_empty() {
            continue;
        }
        if text.is_empty() {
            text.push_str("tokens:\n");
        }
        // Writing to a string does not fail.
        writeln!(text, "  {key}: {value}").unwrap_or_default();
    }
    text
}

fn default(used: &BTreeSet<&str>, image: &str, config: &str) -> String {
    let mut text = String::from(
        "# The lowest layer: what a value is unless an environment says otherwise. Every key is optional.\n\
         workspace: elastalert        # begins the names of containers and volumes; another one for each repository\n\
         order: 0                     # its place in the pipeline\n\
         guard: confirm               # how careful to be: open | confirm | type-name | read-only\n\n\
         tokens:\n  NETWORK: bridge                      # the network of the container, by its name\n",
    );
    for (key, value, _, what) in TOKENS.iter().filter(|(key, ..)| used.contains(key)) {
        let value = if value.ends_with('*') { format!("\"{value}\"") } else { (*value).to_owned() };
        let line = format!("  {key}: {value}");
        let line = if what.is_empty() { line } else { format!("{line:<38} # {what}") };
        writeln!(text, "{line}").unwrap_or_default();
    }
    text.push_str(
        "\n# Secrets come from a variable, a file or a command when they are needed, and are never shown or stored here.\n\
         # secrets:\n#   SLACK_WEBHOOK: { env: SLACK_WEBHOOK }    # or { file: PATH }, or { command: [pass, show, slack] }\n\n",
    );
    writeln!(text, "target:\n  image: {image}\n  network: \"@@NETWORK@@\"").unwrap_or_default();
    if !has_supervisord(image) {
        let file = config.strip_prefix("config/").unwrap_or("elastalert.yaml");
        writeln!(
            text,
            "  # Of itself this image looks for its configuration elsewhere.\n  entrypoint: [elastalert, --config, /opt/config/{file}, --verbose]"
        )
        .unwrap_or_default();
    }
    text.push_str(
        "  # docker: ssh://host or tcp://host:2376    # default: DOCKER_HOST, DOCKER_CONTEXT, this machine's\n\n\
         # How long the new ElastAlert must live before it is kept, and how long all of it may take.\n\
         gate: { stable: 10s, deadline: 60s }\n\n\
         # The search engine as this machine reaches it; without it, as the container does.\n\
         # search: { url: \"http://127.0.0.1:9200\" }\n",
    );
    text
}

/// A text with the tokens written out that nothing gives a value to.
fn written_out(text: &str, known: &BTreeSet<String>) -> String {
    TOKENS
        .iter()
        .filter(|(key, ..)| !known.contains(*key))
        .fold(text.to_owned(), |text, (key, value, ..)| text.replace(&format!("@@{key}@@"), value))
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::domain::check::Finding;
    use crate::domain::overview::Overview;
    use crate::domain::template::Bytes;
    use crate::domain::workspace::build::{Sources, build};

    /// What `check` says about these files.
    fn check(prefix: &'static str, files: Vec<(String, String)>) -> Vec<Finding> {
        let file = |(path, text): (String, String)| (path, Bytes::from(text.into_bytes()));
        let sources = Sources {
            root: "/w".into(),
            prefix,
            revision: 1,
            files: files.into_iter().filter(|(path, _)| path != ".gitignore").map(file).collect(),
            problems: Vec::new(),
            set: &[],
            octopus: false,
        };
        Overview::of(build(sources)).findings.to_vec()
    }

    fn made(present: &Present, image: &str) -> Vec<(String, String)> {
        files(present, image).into_iter().filter_map(|file| Some((file.path, file.text.ok()?))).collect()
    }

    #[test]
    fn a_new_workspace_has_no_findings() {
        for image in [IMAGE, "jertel/elastalert2:2.31.0"] {
            for prefix in ["", "src/"] {
                let present = Present { prefix: prefix.to_owned(), ..Present::default() };
                let files = made(&present, image);
                let findings = check(prefix, files.clone());
                assert!(findings.is_empty(), "{findings:#?} {files:?}");
            }
        }
    }

    #[test]
    fn what_is_added_fits_what_is_there() {
        let config = "es_host: a\nes_port: 1\nrules_folder: /opt/rules\nrun_every: {minutes: 1}\nbuffer_time: {minutes: 1}\nwriteback_index: w\n";
        let theirs = [
            ("config/elastalert.yaml", config),
            ("rules/theirs.yaml", "name: T\ntype: any\nindex: i\nalert: debug\n"),
            ("config/substitutions/Default.conf", "ES_HOST=theirs\n"),
        ];
        for mask in 0..8_usize {
            let there: Vec<_> = (0..3).filter(|bit| mask & (1 << bit) != 0).map(|bit| theirs[bit]).collect();
            let has = |path: &str| there.iter().any(|(other, _)| *other == path);
            let present = Present {
                config: has("config/elastalert.yaml").then(|| "config/elastalert.yaml".to_owned()),
                rules: usize::from(has("rules/theirs.yaml")),
                layers: usize::from(has("config/substitutions/Default.conf")),
                keys: if has("config/substitutions/Default.conf") {
                    BTreeSet::from(["ES_HOST".to_owned()])
                } else {
                    BTreeSet::new()
                },
                ..Present::default()
            };
            let mut files = made(&present, IMAGE);
            assert!(files.iter().all(|(path, _)| !has(path)), "nothing that is there is made");
            files.extend(there.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())));
            let mut findings = check("", files.clone());
            // With a configuration of their own nothing uses the value, which is theirs as well.
            findings
                .retain(|finding| finding.problem.code != "token.unused" || !has("config/elastalert.yaml"));
            assert!(findings.is_empty(), "{mask}: {findings:#?} {files:#?}");
        }
    }

    #[test]
    fn what_was_begun_and_not_ended_is_ended() {
        let all = made(&Present::default(), IMAGE);
        let config = all[0].clone();
        let used = tokens(&config.1).map(|token| token.key.to_owned()).collect();
        let present = Present { config: Some(config.0.clone()), used, ..Present::default() };
        let mut files = made(&present, IMAGE);
        files.insert(0, config);
        assert_eq!(files, all);
    }

    #[test]
    fn a_list_of_ignored_files_is_left_and_what_it_lacks_is_told() {
        let of = |text: &str| {
            let present = Present { ignored: Some(text.to_owned()), ..Present::default() };
            files(&present, IMAGE).pop().unwrap().text.unwrap_err()
        };
        assert_eq!(
            of("/target\n"),
            "it is there; add to it: /config/substitutions/Sensitive.*.conf /config/environments/Sensitive.*.yaml"
        );
        assert_eq!(
            of("config/substitutions/Sensitive.*.conf\n/config/environments/Sensitive.*.yaml"),
            "it is there"
        );
    }
}
