//! The native form of a layer, `config/environments/<Env>.yaml`: tokens and secrets, and with them the settings that
//! the plain form does not know: guard, order, overlays, target, gate and search.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::check::Finding;
use crate::domain::environment::Guard;
use crate::domain::environment::fields::{Fields, Written};
use crate::domain::layer::{Entry, Given, Layer};
use crate::domain::overlay::{Overlay, Subject};
use crate::domain::position::Lines;
use crate::domain::problem::{Place, Problem};
use crate::domain::secret::{Secret, SecretSource};
use crate::domain::token::{is_key, tokens};
use crate::domain::workspace::Exclusion;
use crate::domain::yaml::{self, Kind, Node, Value};

const KEYS: &[&str] = &[
    "workspace",
    "order",
    "guard",
    "tokens",
    "secrets",
    "exclude",
    "config",
    "rules",
    "target",
    "gate",
    "search",
];
const SENSITIVE_KEYS: &[&str] = &["tokens", "secrets"];
const TARGET_KEYS: &[&str] =
    &["docker", "image", "build", "network", "mounts", "user", "entrypoint", "command", "env", "cap_add"];
const MOUNT_KEYS: &[&str] = &["config", "rules", "logs"];
const GATE_KEYS: &[&str] = &["stable", "deadline"];
const SEARCH_KEYS: &[&str] = &["url", "index"];
const SOURCE_KEYS: &[&str] = &["env", "file", "command"];

/// What one environment file says, layers and tokens not yet applied.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EnvironmentFile {
    /// The name that marks what is ours on an engine, and where it is written.
    pub workspace: Option<Written>,
    /// Place in the pipeline.
    pub order: Option<i64>,
    /// How careful to be.
    pub guard: Option<Guard>,
    /// Which rules stay out.
    pub exclusions: Vec<Exclusion>,
    /// Structural overrides.
    pub overlays: Vec<Overlay>,
    /// What is run where.
    pub target: TargetSettings,
    /// How long the same process must live.
    pub stable: Option<Duration>,
    /// How long the gate may take.
    pub deadline: Option<Duration>,
    /// Base URL of the search engine.
    pub search_url: Option<Written>,
    /// The writeback index.
    pub search_index: Option<Written>,
}

/// `target:` as written, tokens not yet replaced.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TargetSettings {
    /// Single texts by key: `docker`, `image`, `build`, `network`, `user`, `mounts.config`, …
    pub texts: BTreeMap<&'static str, Written>,
    /// Lists by key: `entrypoint`, `command`, `cap_add`.
    pub lists: BTreeMap<&'static str, Vec<Written>>,
    /// Variables.
    pub env: BTreeMap<String, Written>,
}

impl TargetSettings {
    /// Puts these settings on top of lower ones, key by key.
    #[must_use]
    pub fn over(&self, lower: &Self) -> Self {
        let mut merged = lower.clone();
        merged.texts.extend(self.texts.clone());
        merged.lists.extend(self.lists.clone());
        merged.env.extend(self.env.clone());
        merged
    }
}

impl EnvironmentFile {
    /// Reads a file into settings and its tokens and secrets into the layer. In a `sensitive` file only those two
    /// may stand, every token is a secret, and no message quotes a value.
    pub fn read(
        path: &str,
        text: &str,
        layer: &mut Layer,
        sensitive: bool,
        findings: &mut Vec<Finding>,
    ) -> Self {
        let document = match yaml::parse(text) {
            Ok(document) => document,
            Err(error) => {
                let lines = Lines::new(text);
                // Nothing of the text is repeated: a secret may stand in it, by mistake or because it is sensitive.
                let mut problem = Problem::new("environment.syntax", "the environment file is no YAML")
                    .why(error.discreet());
                problem.place =
                    Some(error.at().map_or_else(|| Place::file(path), |at| lines.place(path, at)));
                findings.push(Finding::error(match error.kind() {
                    Kind::Documents => Problem {
                        what: "the environment file holds more than one document".into(),
                        ..problem
                    },
                    _ => problem,
                }));
                return Self::default();
            }
        };
        let mut fields = Fields::new(path, text, &document.duplicates);
        let mut file = Self::default();
        let known = if sensitive { SENSITIVE_KEYS } else { KEYS };
        for (name, key, value) in fields.entries("the environment file", &document.root, Some(known)) {
            file.read_key(&name, key, value, &mut fields, layer, sensitive);
        }
        findings.append(&mut fields.findings);
        file
    }

    fn read_key(
        &mut self,
        name: &str,
        key: &Node,
        value: &Node,
        fields: &mut Fields<'_>,
        layer: &mut Layer,
        sensitive: bool,
    ) {
        match name {
            "workspace" => self.workspace = fields.scalar(name, value),
            "order" => match &value.value {
                Value::Integer(order) => self.order = order.as_i64(),
                _ => fields.wrong(value, "order is a whole number"),
            },
            "guard" => self.guard = read_guard(value, fields),
            "tokens" => read_tokens(value, fields, layer, sensitive),
            "secrets" => read_secrets(value, fields, layer),
            "exclude" => {
                let globs = fields.list(name, value);
                self.exclusions
                    .extend(globs.into_iter().map(|glob| Exclusion { glob: glob.text, place: glob.place }));
            }
            "config" => self.read_overlays(&Subject::Config, name, value, fields, &layer.name),
            "rules" => {
                for (rule, _, overrides) in fields.entries(name, value, None) {
                    let subject = Subject::Rule(rule.clone());
                    self.read_overlays(&subject, &format!("rules, {rule}"), overrides, fields, &layer.name);
                }
            }
            "target" => self.read_target(value, fields),
            "gate" => {
                for (name, _, value) in fields.entries(name, value, Some(GATE_KEYS)) {
                    let time = read_duration(&name, value, fields);
                    if name == "stable" { self.stable = time } else { self.deadline = time }
                }
            }
            "search" => {
                for (name, _, value) in fields.entries(name, value, Some(SEARCH_KEYS)) {
                    let text = fields.scalar(&name, value);
                    if name == "url" { self.search_url = text } else { self.search_index = text }
                }
            }
            _ => fields.wrong(key, format!("unknown key `{}`", name.escape_debug())),
        }
    }

    fn read_overlays(
        &mut self,
        subject: &Subject,
        name: &str,
        node: &Node,
        fields: &mut Fields<'_>,
        layer: &str,
    ) {
        for (key, at, value) in fields.entries(name, node, None) {
            let place = fields.place(at);
            if holds_token(value) {
                let shown = key.escape_debug();
                fields.findings.push(Finding::error(
                    Problem::new("overlay.token", format!("the overlay of `{shown}` holds a token"))
                        .at(place.clone())
                        .why("overlays are made after the tokens are replaced, so it would stay as it is")
                        .hint("put the token into the template and give it another value in this layer"),
                ));
            }
            self.overlays.push(Overlay {
                subject: subject.clone(),
                key,
                value: value.clone(),
                layer: layer.to_owned(),
                place,
            });
        }
    }

    fn read_target(&mut self, node: &Node, fields: &mut Fields<'_>) {
        for (name, _, value) in fields.entries("target", node, Some(TARGET_KEYS)) {
            match name.as_str() {
                "mounts" => {
                    for (name, _, value) in fields.entries("mounts", value, Some(MOUNT_KEYS)) {
                        let key = match name.as_str() {
                            "config" => "mounts.config",
                            "rules" => "mounts.rules",
                            _ => "mounts.logs",
                        };
                        if let Some(text) = fields.scalar(key, value) {
                            if !text.text.starts_with('/') {
                                fields.wrong(value, format!("{key} is an absolute path in the container"));
                            }
                            self.target.texts.insert(key, text);
                        }
                    }
                }
                "env" => {
                    for (variable, _, value) in fields.entries("env", value, None) {
                        if let Some(text) = fields.scalar(&variable, value) {
                            self.target.env.insert(variable, text);
                        }
                    }
                }
                "entrypoint" | "command" | "cap_add" => {
                    let list = if name == "cap_add" {
                        Some(fields.list(&name, value))
                    } else {
                        fields.words(&name, value)
                    };
                    if let (Some(list), Some(key)) = (list, known(&name)) {
                        self.target.lists.insert(key, list);
                    }
                }
                _ => {
                    if let (Some(text), Some(key)) = (fields.scalar(&name, value), known(&name)) {
                        self.target.texts.insert(key, text);
                    }
                }
            }
        }
    }
}

fn holds_token(node: &Node) -> bool {
    node.text().is_some_and(|text| tokens(text).next().is_some())
        || node.items().iter().any(holds_token)
        || node.entries().iter().any(|(key, value)| holds_token(key) || holds_token(value))
}

fn known(name: &str) -> Option<&'static str> {
    TARGET_KEYS.iter().copied().find(|key| *key == name)
}

fn read_guard(node: &Node, fields: &mut Fields<'_>) -> Option<Guard> {
    const GUARDS: [Guard; 4] = [Guard::Open, Guard::Confirm, Guard::TypeName, Guard::ReadOnly];
    let found = node.text().and_then(|text| GUARDS.into_iter().find(|guard| guard.to_string() == text));
    if found.is_none() {
        fields.wrong(node, "guard is one of open, confirm, type-name, read-only");
    }
    found
}

fn read_duration(name: &str, node: &Node, fields: &mut Fields<'_>) -> Option<Duration> {
    let found = node
        .text()
        .and_then(|text| text.parse::<jiff::SignedDuration>().ok())
        .and_then(|time| Duration::try_from(time).ok());
    if found.is_none() {
        fields.wrong(node, format!("{name} is a time such as 10s or 2m"));
    }
    found
}

fn read_tokens(node: &Node, fields: &mut Fields<'_>, layer: &mut Layer, sensitive: bool) {
    for (key, at, value) in fields.entries("tokens", node, None) {
        if !is_key(&key) {
            fields.wrong(at, "a token is made of letters, digits, `_`, `.` and `-`");
            continue;
        }
        if value.value == Value::Null {
            fields.wrong(at, format!("the token {key} has no value; write \"\" for an empty one"));
            continue;
        }
        let Some(written) = fields.scalar(&key, value) else { continue };
        let given = if sensitive {
            Given::Secret(SecretSource::Value(Secret::new(written.text)))
        } else {
            Given::Plain(written.text)
        };
        let place = fields.place(at);
        layer.add(key, Entry { given, place: Some(place) }, &mut fields.findings);
    }
}

fn read_secrets(node: &Node, fields: &mut Fields<'_>, layer: &mut Layer) {
    for (key, at, value) in fields.entries("secrets", node, None) {
        if !is_key(&key) {
            fields.wrong(at, "a secret's key is made of letters, digits, `_`, `.` and `-`");
            continue;
        }
        let mut source = None;
        // The message names no value: a secret that was written here by mistake must not be shown.
        if let Value::Mapping(entries) = &value.value
            && entries.len() == 1
        {
            for (kind, _, value) in fields.entries(&key, value, Some(SOURCE_KEYS)) {
                source = match kind.as_str() {
                    "env" => fields.scalar("env", value).map(|name| SecretSource::Variable(name.text)),
                    "file" => fields.scalar("file", value).map(|path| SecretSource::File(path.text)),
                    _ => fields.words("command", value).filter(|words| !words.is_empty()).map(|words| {
                        SecretSource::Command(words.into_iter().map(|word| word.text).collect())
                    }),
                };
            }
        }
        let place = fields.place(at);
        if let Some(source) = source {
            layer.add(key, Entry { given: Given::Secret(source), place: Some(place) }, &mut fields.findings);
        } else {
            fields.findings.push(Finding::error(
                Problem::new("secret.source", format!("the secret {key} does not say where it comes from"))
                    .at(place)
                    .hint("write one of { env: NAME }, { file: PATH }, { command: [PROGRAM, ARGUMENT] }"),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (EnvironmentFile, Layer, Vec<Finding>) {
        let mut layer = Layer::new("CI");
        let mut findings = Vec::new();
        let file =
            EnvironmentFile::read("config/environments/CI.yaml", text, &mut layer, false, &mut findings);
        (file, layer, findings)
    }

    fn complaint(text: &str) -> String {
        let (_, _, findings) = read(text);
        assert_eq!(findings.len(), 1, "{findings:?}");
        let problem = &findings[0].problem;
        format!("{problem} | {}", problem.hint.clone().unwrap_or_default())
    }

    #[test]
    fn every_key_of_the_form_is_read() {
        let (file, layer, findings) = read(
            "order: 20\nguard: type-name\ntokens: { ES_HOST: es, ES_PORT: 9200, RATIO: 1.50 }\n\
             secrets:\n  A: { env: A_VARIABLE }\n  B: { file: secrets/b }\n  C: { command: [pass, show, c] }\n\
             exclude: [\"ci*\"]\nconfig:\n  buffer_time: { minutes: 45 }\nrules:\n  Spike in 5xxs: { threshold_cur: 50 }\n\
             target:\n  docker: unix:///var/run/docker.sock\n  image: a/b:@@TAG@@\n  network: n\n  mounts: { config: /c }\n\
             \x20 command: run -v\n  entrypoint: [\"/bin/sh\", \"-c\"]\n  env: { TZ: UTC, N: 1 }\n  cap_add: [SYS_TIME]\n\
             gate: { stable: 10s, deadline: 2m }\nsearch: { url: http://x:9200, index: i }\n",
        );
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!((file.order, file.guard), (Some(20), Some(Guard::TypeName)));
        assert_eq!(layer.entries["ES_PORT"].given, Given::Plain("9200".into()));
        assert_eq!(layer.entries["RATIO"].given, Given::Plain("1.50".into()));
        assert_eq!(
            layer.entries["ES_HOST"].place.as_ref().unwrap().to_string(),
            "config/environments/CI.yaml:3:11"
        );
        assert_eq!(layer.entries["A"].given, Given::Secret(SecretSource::Variable("A_VARIABLE".into())));
        assert_eq!(file.exclusions[0].glob, "ci*");
        assert_eq!(file.overlays.len(), 2);
        assert_eq!(file.overlays[1].subject, Subject::Rule("Spike in 5xxs".into()));
        assert_eq!(file.target.texts["mounts.config"].text, "/c");
        assert_eq!(file.target.lists["command"].len(), 2);
        assert_eq!(file.target.env["N"].text, "1");
        assert_eq!(file.stable, Some(Duration::from_secs(10)));
        assert_eq!(file.deadline, Some(Duration::from_mins(2)));
        assert_eq!(file.search_index.unwrap().text, "i");
    }

    #[test]
    fn an_unknown_key_is_an_error_with_the_nearest_one() {
        assert_eq!(
            complaint("tokns: {}\n"),
            "config/environments/CI.yaml:1:1: unknown key `tokns` in the environment file | did you mean `tokens`?"
        );
        assert!(complaint("target: { imgae: x }\n").ends_with("did you mean `image`?"));
        assert!(complaint("target: { mounts: { logz: /x } }\n").ends_with("did you mean `logs`?"));
    }

    #[test]
    fn values_of_the_wrong_kind_are_told_and_the_rest_is_read() {
        assert!(complaint("guard: maybe\norder: 1\n").contains("guard is one of"));
        assert!(complaint("order: soon\n").contains(":1:8: order is a whole number"));
        assert!(complaint("tokens: [a]\n").contains("tokens is a mapping, not a list"));
        assert!(complaint("tokens: { A: [1] }\n").contains("A is a text, not a list"));
        assert!(complaint("tokens: { A: }\n").contains("has no value"));
        assert!(complaint("gate: { stable: ten }\n").contains("such as 10s"));
        assert!(complaint("target: { command: \"sh -c 'x'\" }\n").contains("write it as a list"));
        assert!(complaint("a: [\n").contains("no YAML"));
        assert!(complaint("order: 1\n---\norder: 2\n").contains("more than one document"));
        assert!(complaint("- a\n").contains("is a mapping, not a list"));
        assert!(
            complaint("a: *canary\n").contains(":1:4: the environment file is no YAML: an alias without")
        );
    }

    #[test]
    fn a_key_given_twice_is_an_error_as_token_or_secret() {
        assert!(complaint("tokens: { A: 1, A: 2 }\n").contains(":1:17: tokens gives `A` twice"));
        assert!(complaint("tokens: { 1: x, \"1\": y }\n").contains("twice"));
        assert!(complaint("tokens: { A: 1 }\nsecrets: { A: { env: A } }\n").contains("gives `A` twice"));
    }

    #[test]
    fn a_number_whose_text_cannot_be_told_is_refused_and_not_written_anew() {
        assert!(complaint("tokens: { A: !!float \"1.10\" }\n").contains("between quotes"));
        let (_, layer, findings) = read("tokens: { A: &a 1.10, B: *a, C: 010, D: on, E: 2024-01-02 }\n");
        assert!(findings.is_empty(), "{findings:?}");
        let written = ["A", "B", "C", "D", "E"].map(|key| layer.entries[key].given.clone());
        let told = ["1.10", "1.10", "010", "on", "2024-01-02"].map(|text| Given::Plain(text.into()));
        assert_eq!(written, told);
    }

    #[test]
    fn an_overlay_holds_no_token() {
        for text in ["config: { a: x@@T@@ }\n", "rules: { R: { filter: [{ b: \"@@T@@\" }] } }\n"] {
            assert!(complaint(text).contains("holds a token"), "{text}");
        }
    }

    #[test]
    fn a_secret_written_by_mistake_is_not_quoted() {
        for text in [
            "secrets: { A: canary }\n",
            "secrets: { A: [canary] }\n",
            "secrets: { A: { env: a, file: canary } }\n",
        ] {
            let complaint = complaint(text);
            assert!(complaint.contains("does not say where it comes from"), "{complaint}");
            assert!(!complaint.contains("canary"), "{complaint}");
        }
    }

    #[test]
    fn an_empty_file_is_an_environment_without_settings() {
        for text in ["", "# nothing yet\n", "tokens:\n"] {
            assert!(read(text).2.is_empty(), "{text:?}");
        }
    }
}
